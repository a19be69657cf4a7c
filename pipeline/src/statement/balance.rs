//! Running balances: whether each follows from the one before and the line, and whether any is below zero.
//!
//! Statements do not say how they are to be read, so that every way is tried which some board uses, and what is left open by the best one is wrong:
//! newest or oldest first (the dates say, or either if they do not); a balance in units or in money; amounts signed, or as their kind has
//! them; lines of one instant in any order.

use super::{amount, note, of_line, same};
use crate::frame::{Cell, Row};
use inflow_connectors::StatementFault;
use inflow_connectors::spec::{Cell as Value, FieldType, Kind, Scope, Stream};
use rust_decimal::Decimal;
use std::collections::{BTreeMap, HashMap};

/// A line of a statement that may state balances.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    /// Its number in the statement, from 0.
    at: usize,
    /// Number of its wallet.
    wallet: u32,
    flow: Flow,
    /// Nothing else is wrong with it: what it does to the balance is known.
    known: bool,
    /// When, in milliseconds, as exactly as the line says.
    when: Option<i64>,
    money: Option<Decimal>,
    /// Given ones included.
    units: Option<Decimal>,
    balance: Option<Decimal>,
}

/// The lines of a statement and their wallets.
#[derive(Debug, Default)]
pub(super) struct Entries {
    all: Vec<Entry>,
    /// Numbers of wallets by channel, account and currency.
    wallets: hashbrown::HashMap<String, u32>,
    /// The name of the wallet that is looked for.
    name: String,
    /// Any balance is stated.
    stated: bool,
}

impl Entries {
    /// Adds a line. `row` is the entry that it is; `known`: nothing else is wrong with it.
    pub(super) fn push(&mut self, at: usize, row: &Row, known: bool, stream: &Stream, scope: &Scope<'_>) {
        let decimal = |column: &str| Some(row.get_text(column)).filter(|text| !text.is_empty())?.parse::<Decimal>().ok();
        let booked = stream.fields.get("booked_on").and_then(|field| field.read(FieldType::Time, scope).ok().flatten());
        let when = match (booked, row.get("booked_on")) {
            (Some(Value::Time(instant, _)), _) => Some(instant.timestamp_millis()),
            (_, Cell::Day(day)) => Some(i64::from(*day) * 86_400_000),
            _ => None,
        };
        let units = decimal("units");
        let given = decimal("bonus_units").filter(|_| row.get_text("kind") == "recharge").unwrap_or_default();
        let bank = stream.kind == Kind::BankLines;
        self.name.clear();
        for column in ["channel", "account", "currency"] {
            // A bank account is one, whoever is paid from it.
            self.name.push_str(if bank && column == "channel" { "" } else { row.get_text(column) });
            self.name.push('\u{1f}');
        }
        let wallet = self.wallet();
        let entry = Entry {
            at,
            wallet,
            when,
            // What a bank line moved has its sign already.
            flow: if bank { Flow::In } else { Flow::of(row.get_text("kind")) },
            // The money that moved is what the line says, tax and all.
            money: decimal(if bank { "amount" } else { "gross" }),
            units: units.map(|units| units + given),
            balance: decimal("balance"),
            known,
        };
        self.stated |= entry.balance.is_some();
        self.all.push(entry);
    }

    /// Adds the lines of another part of the statement after these.
    pub(super) fn append(&mut self, next: Self) {
        let mut numbers = vec![0; next.wallets.len()];
        for (name, local) in next.wallets {
            self.name = name;
            let number = self.wallet();
            if let Some(slot) = numbers.get_mut(local as usize) {
                *slot = number;
            }
        }
        let number = |local: u32| numbers.get(local as usize).copied().unwrap_or_default();
        self.all.extend(next.all.into_iter().map(|entry| Entry { wallet: number(entry.wallet), ..entry }));
        self.stated |= next.stated;
    }

    /// The number of the wallet that is looked for.
    fn wallet(&mut self) -> u32 {
        let next = self.wallets.len() as u32;
        match self.wallets.get(self.name.as_str()) {
            Some(number) => *number,
            None => *self.wallets.entry(self.name.clone()).or_insert(next),
        }
    }
}

/// What a line does to its wallet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Flow {
    In,
    Out,
    /// Out, unless it was paid beside the wallet.
    Beside,
    /// As boards differ.
    Either,
}

impl Flow {
    pub(super) fn of(kind: &str) -> Flow {
        match kind {
            "recharge" | "bonus_credit" => Flow::In,
            "consumption" | "cpc" | "daily" | "refresh" | "expiry" => Flow::Out,
            "package" | "package_unit" | "subscription" | "referral_bonus" | "headhunter_fee" => Flow::Beside,
            _ => Flow::Either,
        }
    }
}

/// What a balance counts.
#[derive(Debug, Clone, Copy)]
enum Measure {
    Money,
    Units,
}

/// A balance that does not follow.
#[derive(Debug, Clone, Copy)]
struct Break<'e> {
    entry: &'e Entry,
    stated: Decimal,
    /// The balance before, and its line.
    before: Decimal,
    line: usize,
    /// What it should be.
    expected: Decimal,
}

/// Balances that are wrong; `rows` has the row of each line. A wallet holds no less than nothing; a bank account may be overdrawn (`bank`).
pub(super) fn check(entries: &Entries, rows: &[u64], bank: bool) -> Vec<StatementFault> {
    // Of a statement that states no balance none can be wrong.
    if !entries.stated {
        return Vec::new();
    }
    let hint = if bank {
        note(
            "a line is missing or was changed: export all lines of these days again, unfiltered; if its balances are of something else, say unchecked = \"balance\" under [file] of a mapping",
            "可能有行缺失或被改动,请重新导出这些日期的全部流水(不加筛选);若余额另有口径,可在映射的 [file] 中写 unchecked = \"balance\"",
        )
    } else {
        note(
            "a line is missing or was changed: compare with the source; if its balances are of something else, say unchecked = \"balance\" under [file] of the mapping",
            "可能有行缺失或被改动,请与来源核对;若余额另有口径,可在映射的 [file] 中写 unchecked = \"balance\"",
        )
    };
    let mut faults = Vec::new();
    for entry in entries.all.iter().filter(|_| !bank) {
        if let Some(balance) = entry.balance.filter(|balance| balance.is_sign_negative() && !balance.is_zero()) {
            let said = note(format!("the balance {} is below zero", amount(balance)), format!("余额 {} 小于零", amount(balance)));
            faults.push(of_line(entry.at, "balance", said, &hint));
        }
    }
    let mut of_wallet: Vec<Vec<&Entry>> = vec![Vec::new(); entries.wallets.len()];
    for entry in &entries.all {
        of_wallet.get_mut(entry.wallet as usize).into_iter().for_each(|of_wallet| of_wallet.push(entry));
    }
    // In the order of their names.
    let named =
        entries.wallets.iter().filter_map(|(name, number)| Some((name.as_str(), std::mem::take(of_wallet.get_mut(*number as usize)?))));
    let wallets: BTreeMap<&str, Vec<&Entry>> = named.collect();
    for broken in wallets.into_values().flat_map(breaks) {
        let Break { entry, stated, before, line, expected } = broken;
        let row = rows.get(line).copied().unwrap_or_default();
        let by = expected - before;
        let (sign_en, sign_zh) = if by.is_sign_negative() { ("less", "减") } else { ("plus", "加") };
        let said = note(
            format!(
                "the balance is {}, but {} in row {row} {sign_en} {} makes {}",
                amount(stated),
                amount(before),
                amount(by.abs()),
                amount(expected)
            ),
            format!(
                "余额为 {},而第 {row} 行的 {} {sign_zh} {} 应为 {}",
                amount(stated),
                amount(before),
                amount(by.abs()),
                amount(expected)
            ),
        );
        faults.push(of_line(entry.at, "balance", said, &hint));
    }
    faults
}

/// What does not follow in one wallet, read in the way that explains most.
fn breaks(entries: Vec<&Entry>) -> Vec<Break<'_>> {
    let has_units = entries.iter().any(|entry| entry.units.is_some());
    let measures: &[Measure] = if has_units { &[Measure::Units, Measure::Money] } else { &[Measure::Money] };
    let mut best: Option<Vec<Break<'_>>> = None;
    for order in orders(entries) {
        for measure in measures {
            let found = Walk::new(&order, *measure).along(&order);
            if found.is_empty() {
                return found;
            }
            if best.as_ref().is_none_or(|best| found.len() < best.len()) {
                best = Some(found);
            }
        }
    }
    best.unwrap_or_default()
}

/// Oldest first, as the dates say; both ways when they do not. Where the rows are not in the order of their times, as they stand and sorted.
fn orders(entries: Vec<&Entry>) -> Vec<Vec<&Entry>> {
    let times = || entries.iter().filter_map(|entry| entry.when);
    let rising = times().zip(times().skip(1)).filter(|(a, b)| a < b).count();
    let falling = times().zip(times().skip(1)).filter(|(a, b)| a > b).count();
    let reversed: Vec<&Entry> = entries.iter().rev().copied().collect();
    let dated = times().count() == entries.len();
    let mut orders = match (rising, falling) {
        (up, down) if up > down => vec![entries],
        (up, down) if up < down => vec![reversed],
        _ => vec![entries, reversed],
    };
    // Sorted by something else, or by the time at which the board wrote the line down: either may be how balances follow.
    if dated && rising.min(falling) > 0 {
        for at in 0..orders.len() {
            let mut sorted = orders.get(at).cloned().unwrap_or_default();
            sorted.sort_by_key(|entry| entry.when);
            orders.push(sorted);
        }
    }
    orders
}

/// One way to read a wallet's lines.
struct Walk {
    measure: Measure,
    /// What goes out is written below zero.
    signed: bool,
}

/// Where a wallet stands.
#[derive(Debug, Clone, Copy)]
struct State {
    balance: Decimal,
    line: usize,
    /// What it should be, after a balance that did not follow: when the next line follows from this, only that one was wrong.
    expected: Option<Decimal>,
}

impl Walk {
    fn new(entries: &[&Entry], measure: Measure) -> Walk {
        let mut walk = Walk { measure, signed: false };
        let out = entries.iter().filter(|entry| matches!(entry.flow, Flow::Out | Flow::Beside)).map(|entry| walk.number(entry));
        let (below, above) = out.fold((0, 0), |(below, above), number| match number {
            number if number.is_zero() => (below, above),
            number if number.is_sign_negative() => (below + 1, above),
            _ => (below, above + 1),
        });
        walk.signed = below > 0 && below >= above;
        walk
    }

    fn number(&self, entry: &Entry) -> Decimal {
        let number = match self.measure {
            Measure::Money => entry.money,
            Measure::Units => entry.units,
        };
        number.unwrap_or_default()
    }

    /// What the line may have done to the balance, the usual first.
    fn effects(&self, entry: &Entry) -> impl Iterator<Item = Decimal> + Clone {
        let number = self.number(entry);
        let out = if self.signed { number } else { -number };
        let (usual, other) = match entry.flow {
            Flow::In => (number, None),
            Flow::Out => (out, None),
            Flow::Beside => (out, Some(Decimal::ZERO)),
            Flow::Either => (number, Some(-number)),
        };
        std::iter::once(usual).chain(other)
    }

    /// What does not follow, oldest first.
    fn along<'e>(&self, mut order: &[&'e Entry]) -> Vec<Break<'e>> {
        let mut found = Vec::new();
        let mut state = None;
        while let Some(first) = order.first() {
            let length = order.iter().take_while(|entry| entry.when == first.when && entry.when.is_some()).count().max(1);
            let (run, rest) = order.split_at(length);
            let (mut after, broken) = self.straight(state, run);
            if broken.is_empty() {
                state = after;
            } else {
                match self.in_any_order(state, run) {
                    Some(end) => after = Some(end),
                    None => found.extend(broken),
                }
                state = after;
            }
            order = rest;
        }
        found
    }

    /// Lines one after the other.
    fn straight<'e>(&self, mut state: Option<State>, run: &[&'e Entry]) -> (Option<State>, Vec<Break<'e>>) {
        let mut broken = Vec::new();
        for &entry in run {
            let stands = |balance| State { balance, line: entry.at, expected: None };
            state = match (state.filter(|_| entry.known), entry.balance) {
                (None, stated) => stated.map(stands),
                (Some(before), None) => self.effects(entry).next().map(|by| State { balance: before.balance + by, ..before }),
                (Some(before), Some(stated)) => {
                    let mut befores = std::iter::once(before.balance).chain(before.expected);
                    if befores.any(|balance| self.effects(entry).any(|by| same(balance + by, stated))) {
                        Some(stands(stated))
                    } else {
                        let expected = before.balance + self.effects(entry).next().unwrap_or_default();
                        broken.push(Break { entry, stated, before: before.balance, line: before.line, expected });
                        Some(State { expected: Some(expected), ..stands(stated) })
                    }
                }
            };
        }
        (state, broken)
    }

    /// Lines of one instant: whether they follow from each other in some order, each from a balance that another one left. The balance that is left
    /// over is the last one. (Lines that only follow from each other in a circle would pass: together they move nothing.)
    fn in_any_order(&self, state: Option<State>, run: &[&Entry]) -> Option<State> {
        if run.iter().any(|entry| !entry.known || entry.balance.is_none()) {
            return None;
        }
        let mut left: HashMap<Decimal, (u32, usize)> = HashMap::new();
        let stated = run.iter().filter_map(|entry| Some((entry.balance?, entry.at)));
        for (balance, line) in stated.chain(state.map(|state| (state.balance, state.line))) {
            left.entry(balance.normalize()).or_insert((0, line)).0 += 1;
        }
        // Where the file begins, the first balance is of no line.
        let mut unknown = state.is_none();
        let mut one_way: Vec<&Entry> = run.to_vec();
        one_way.sort_by_key(|entry| self.effects(entry).count());
        for entry in one_way {
            let balance = entry.balance?;
            let from =
                self.effects(entry).map(|by| (balance - by).normalize()).find(|from| left.get(from).is_some_and(|(count, _)| *count > 0));
            match from.and_then(|from| left.get_mut(&from)) {
                Some((count, _)) => *count -= 1,
                None if unknown => unknown = false,
                None => return None,
            }
        }
        // None is left over of a circle that began with it; wherever it began, it ends there.
        let end = left.into_iter().find(|(_, (count, _))| *count > 0).map(|(balance, (_, line))| (balance, line));
        let (balance, line) = end.or_else(|| run.last().and_then(|entry| Some((entry.balance?, entry.at))))?;
        Some(State { balance, line, expected: None })
    }
}
