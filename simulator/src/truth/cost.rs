//! Accrual of the ledger by service day.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use rust_decimal::{Decimal, RoundingStrategy};

use crate::world::{Entry, PACKAGE, World, rate};

/// Kinds that are cost of their service days. Recharges never are, nor are gifts of a board.
const ACCRUED: [&str; 6] = ["daily", "cpc", "subscription", "refresh", "refund", "referral_bonus"];

/// Cost by store (absent: all) and channel, of the service days from `from` to `to`.
pub(super) fn accrued(world: &World, from: NaiveDate, to: NaiveDate) -> BTreeMap<(Option<&'static str>, &'static str), Decimal> {
    let mut sums = BTreeMap::new();
    let mut add = |store: &'static str, channel: &'static str, amount: Decimal| {
        for store in [None, Some(store)] {
            *sums.entry((store, channel)).or_default() += amount;
        }
    };
    for entry in world.ledger.iter().filter(|entry| ACCRUED.contains(&entry.kind)) {
        let channel = if entry.channel.is_empty() { "unallocated" } else { entry.channel };
        add(entry.store, channel, within(entry, rate(entry.currency, entry.booked_on), from, to));
    }
    for (entry, _, amount) in used(world).into_iter().chain(of_the_package(world)).filter(|(_, day, _)| (from..=to).contains(day)) {
        add(entry.store, entry.channel, amount);
    }
    sums
}

/// What was used of prepaid accounts, on which day, and what it cost: a unit costs what all units in hand cost on average, gifts included.
fn used(world: &World) -> Vec<(&Entry, NaiveDate, Decimal)> {
    let mut moves: Vec<&Entry> =
        world.ledger.iter().filter(|entry| ["recharge", "bonus_credit", "consumption"].contains(&entry.kind)).collect();
    moves.sort_by_key(|entry| entry.booked_on);
    let mut wallets: BTreeMap<&str, (Decimal, Decimal)> = BTreeMap::new();
    let mut costs = Vec::new();
    for entry in moves {
        let (units, value) = wallets.entry(entry.channel).or_default();
        let moved = entry.units.map_or(entry.net, Decimal::from);
        if entry.kind == "consumption" {
            let cost = cents(*value * moved / *units);
            (*units, *value) = (*units - moved, *value - cost);
            costs.push((entry, entry.booked_on, cost));
        } else {
            (*units, *value) = (*units + moved, *value + entry.net);
        }
    }
    costs
}

/// What was used of the package at its price, and on its last day what was not.
fn of_the_package(world: &World) -> Vec<(&Entry, NaiveDate, Decimal)> {
    let (_, _, mut left, price) = PACKAGE;
    let mut costs = Vec::new();
    for entry in world.ledger.iter().filter(|entry| entry.kind == "package_unit") {
        let units = entry.units.unwrap_or_default();
        left -= units;
        costs.push((entry, entry.booked_on, Decimal::from(units * price)));
    }
    let package = world.ledger.iter().filter(|entry| entry.kind == "package");
    costs.extend(package.map(|package| (package, package.to, Decimal::from(left * price))));
    costs
}

fn cents(amount: Decimal) -> Decimal {
    amount.round_dp_with_strategy(2, RoundingStrategy::MidpointAwayFromZero)
}

/// The part of an entry that falls on the days from `from` to `to`: the difference of what has
/// accrued by the end and what had accrued the day before.
fn within(entry: &Entry, rate: Decimal, from: NaiveDate, to: NaiveDate) -> Decimal {
    let days = (entry.to - entry.from).num_days() + 1;
    let upto = |day: NaiveDate| {
        let served = ((day - entry.from).num_days() + 1).clamp(0, days);
        cents(entry.net * rate * Decimal::from(served) / Decimal::from(days))
    };
    upto(to) - from.pred_opt().map_or(Decimal::ZERO, upto)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::Book;

    fn entry(from: &str, to: &str, net: &str) -> Entry {
        let from: NaiveDate = from.parse().unwrap();
        Entry {
            id: "1".into(),
            book: Book::Ledger,
            channel: "boss",
            store: "",
            kind: "subscription",
            booked_on: from,
            from,
            to: to.parse().unwrap(),
            document: String::new(),
            item: "",
            units: None,
            taxed: true,
            net: net.parse().unwrap(),
            currency: "CNY",
            corrected_from: None,
        }
    }

    fn day(entry: &Entry, day: &str) -> String {
        let day = day.parse().unwrap();
        within(entry, Decimal::ONE, day, day).to_string()
    }

    #[test]
    fn days_are_differences_of_the_rounded_cumulative() {
        // 100.00 over 3 days: 33.33, 66.67, 100.00.
        let entry = entry("2026-05-01", "2026-05-03", "100.00");
        assert_eq!(["2026-05-01", "2026-05-02", "2026-05-03", "2026-05-04"].map(|at| day(&entry, at)), ["33.33", "33.34", "33.33", "0.00"]);
    }

    #[test]
    fn half_a_cent_rounds_up() {
        assert_eq!(day(&entry("2026-05-01", "2026-05-01", "12.345"), "2026-05-01"), "12.35");
    }

    #[test]
    fn a_period_sums_its_days() {
        let entry = entry("2026-01-01", "2026-12-31", "36800.00");
        let (from, to) = ("2026-05-03".parse().unwrap(), "2026-10-31".parse().unwrap());
        let days: Decimal = NaiveDate::iter_days(&from).take_while(|at| *at <= to).map(|at| within(&entry, Decimal::ONE, at, at)).sum();
        assert_eq!(within(&entry, Decimal::ONE, from, to), days);
    }
}
