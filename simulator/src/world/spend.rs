//! The ledger: what the channels cost.
//!
//! The amounts are chosen so that they do not divide evenly by day, yet leave nothing to taste where
//! the definition is silent: a foreign entry is booked on, and serves, days of one exchange rate.

use chrono::{Datelike, Days, NaiveDate};
use rust_decimal::Decimal;
use serde::Serialize;

use super::calendar::Span;
use super::dice::Dice;

/// A line of the ledger.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Entry {
    /// Document line; the statement of Douyin has none.
    pub id: String,
    /// Which delivered ledger holds it.
    pub book: Book,
    /// Channel id, or empty for cost that belongs to none.
    pub channel: &'static str,
    /// Shop, or empty for cost of the whole company.
    pub store: &'static str,
    /// Kind, as in the table `spend`.
    pub kind: &'static str,
    /// Day of booking.
    pub booked_on: NaiveDate,
    /// First day of service.
    pub from: NaiveDate,
    /// Last day of service, included.
    pub to: NaiveDate,
    /// The bill, one a channel and month, or the contract of a package.
    pub document: String,
    /// What of a package was used.
    pub item: &'static str,
    /// Units bought, given or used, if counted.
    pub units: Option<u32>,
    /// Net amount; negative for a refund, zero where only units are counted.
    pub net: Decimal,
    /// Whether value-added tax comes on top.
    pub taxed: bool,
    /// CNY or USD.
    pub currency: &'static str,
    /// What it was before a correction, if it was corrected.
    pub corrected_from: Option<Decimal>,
}

/// The delivered ledgers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Book {
    /// The company's own ledger, lines numbered.
    Ledger,
    /// Douyin's statement, lines not numbered.
    DouyinStatement,
}

/// Currency, first day as (month, day) of 2026, yuan for 1/10000 unit.
pub(crate) struct Rate(pub(crate) &'static str, (u32, u32), i64);

/// The rates of the configuration, oldest first.
pub(crate) const RATES: [Rate; 2] = [Rate("USD", (1, 1), 71_234), Rate("USD", (8, 1), 70_865)];

impl Rate {
    pub(crate) fn from(&self) -> NaiveDate {
        day(self.1.0, self.1.1)
    }

    pub(crate) fn value(&self) -> Decimal {
        Decimal::new(self.2, 4)
    }
}

/// Yuan for one unit of a currency on a day; 1 for the yuan itself.
pub(crate) fn rate(currency: &str, day: NaiveDate) -> Decimal {
    let rate = RATES.iter().rfind(|rate| rate.0 == currency && rate.from() <= day);
    rate.map_or(Decimal::ONE, Rate::value)
}

fn day(month: u32, day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, month, day).unwrap_or_default()
}

/// The package: its contract, what it entitles to, how many, and what one of them costs.
pub(crate) const PACKAGE: (&str, &str, u32, u32) = ("HT-2026-061", "resume_downloads", 250, 20);
/// Prepaid accounts are the head office's, whoever uses them.
const HEAD_OFFICE: &str = "总部";

impl Entry {
    /// The account at the board.
    pub fn account(&self) -> &'static str {
        if self.store.is_empty() || self.kind == "consumption" { HEAD_OFFICE } else { self.store }
    }
}

const COSMETICS: &str = "美妆店";
const APPLIANCES: &str = "家电店";
const FOOD: &str = "食品店";
const CLOTHING: &str = "服装店";
const CHAIN: &str = "餐饮连锁";

struct Ledger {
    dice: Dice,
    span: Span,
    entries: Vec<Entry>,
}

pub(crate) fn invent(scenario: &str, seed: u64, span: Span) -> Vec<Entry> {
    let mut ledger = Ledger { dice: Dice::new(scenario, seed, "ledger"), span, entries: Vec::new() };
    ledger.subscriptions();
    ledger.clicks();
    ledger.used();
    ledger.days();
    ledger.refreshes();
    ledger.refunds();
    ledger.not_cost();
    ledger.statement();
    ledger.corrections();
    ledger.entries
}

impl Ledger {
    fn add(&mut self, channel: &'static str, store: &'static str, kind: &'static str, (from, to): (NaiveDate, NaiveDate), net: Decimal) {
        let id = format!("PZ2026-{:05}", self.entries.len() + 1);
        let booked_on = from;
        let payee = if channel.is_empty() { "agency" } else { channel };
        self.entries.push(Entry {
            id,
            book: Book::Ledger,
            channel,
            store,
            kind,
            booked_on,
            from,
            to,
            document: format!("D{}-{payee}", booked_on.format("%Y%m")),
            item: "",
            units: None,
            taxed: true,
            net,
            currency: "CNY",
            corrected_from: None,
        });
    }

    fn last(&mut self, change: impl FnOnce(&mut Entry)) {
        if let Some(entry) = self.entries.last_mut() {
            change(entry);
        }
    }

    /// Periods that begin before the history, end after it, and do not divide into whole cents.
    fn subscriptions(&mut self) {
        for (store, cents) in [(COSMETICS, 3_680_000), (FOOD, 2_888_800), (CLOTHING, 1_999_900), (CHAIN, 5_555_500)] {
            self.add("boss", store, "subscription", (day(1, 1), day(12, 31)), Decimal::new(cents, 2));
        }
        for (store, cents) in [(COSMETICS, 999_900), (APPLIANCES, 1_100_000), (CLOTHING, 876_543), (CHAIN, 1_000_001)] {
            for (from, to) in [((4, 1), (6, 30)), ((7, 1), (9, 30)), ((10, 1), (12, 31))] {
                self.add("zhaopin", store, "subscription", (day(from.0, from.1), day(to.0, to.1)), Decimal::new(cents, 2));
            }
        }
        let next_spring = NaiveDate::from_ymd_opt(2027, 3, 14).unwrap_or_default();
        self.add("liepin", APPLIANCES, "subscription", (day(3, 15), next_spring), Decimal::new(2_880_000, 2));
        let (contract, _, units, price) = PACKAGE;
        self.add("lagou", CLOTHING, "package", (day(6, 10), day(9, 9)), Decimal::from(units * price));
        self.last(|entry| contract.clone_into(&mut entry.document));
        self.add("lagou", CLOTHING, "subscription", (day(9, 10), day(12, 9)), Decimal::new(480_000, 2));
        for (from, to) in [((5, 3), (7, 31)), ((8, 1), (10, 31))] {
            self.add("linkedin", "", "subscription", (day(from.0, from.1), day(to.0, to.1)), Decimal::from(1_700));
            self.last(in_dollars);
        }
        for month in 5..=10 {
            let last = day(month, 1) + Days::new(u64::from(day(month, 1).num_days_in_month()) - 1);
            self.add("wuba58", CHAIN, "subscription", (day(month, 1), last), Decimal::from(1_000));
        }
    }

    /// Clicks are billed a day, some with fractions of a cent: 12.345 rounds half up to 12.35.
    fn clicks(&mut self) {
        for date in self.span.days() {
            if self.dice.chance(0.8) {
                let net = Decimal::new(self.dice.range(2_250, 9_000) * 10 + 5 * self.dice.range(0, 1), 3);
                self.add("boss", COSMETICS, "cpc", (date, date), net);
            }
        }
        for date in self.span.days() {
            if self.dice.chance(0.7) {
                let net = Decimal::new(self.dice.range(210, 1_480), 2);
                self.add("indeed", CLOTHING, "cpc", (date, date), net);
                self.last(in_dollars);
            }
        }
    }

    /// What is used of prepaid accounts: BOSS counts beans, Kuaishou money, and the package downloads. Accounts are filled on the first of a month,
    /// before anything of it is used.
    fn used(&mut self) {
        let (contract, item, mut left, _) = PACKAGE;
        for date in self.span.days().into_iter().filter(|date| date.day() > 1) {
            if self.dice.chance(0.8) {
                let beans = self.dice.range(30, 110) as u32;
                self.units("boss", CHAIN, "consumption", date, beans);
            }
            for (store, most) in [(FOOD, 4_500), (CHAIN, 7_000)] {
                if self.dice.chance(0.8) {
                    let net = Decimal::new(self.dice.range(most / 4, most), 2);
                    self.add("kuaishou", store, "consumption", (date, date), net);
                    self.last(|entry| entry.taxed = false);
                }
            }
            let working = date.weekday().number_from_monday() <= 5 && (day(6, 10)..=day(9, 9)).contains(&date);
            if working && self.dice.chance(0.9) {
                let downloads = left.min(self.dice.range(1, 5) as u32);
                left -= downloads;
                self.units("lagou", CLOTHING, "package_unit", date, downloads);
                self.last(|entry| (entry.document, entry.item) = (contract.to_owned(), item));
            }
        }
    }

    /// An entry that counts units and names no amount.
    fn units(&mut self, channel: &'static str, store: &'static str, kind: &'static str, date: NaiveDate, units: u32) {
        self.add(channel, store, kind, (date, date), Decimal::ZERO);
        self.last(|entry| (entry.units, entry.taxed) = (Some(units), false));
    }

    fn days(&mut self) {
        for date in self.span.days() {
            self.add("job51", APPLIANCES, "daily", (date, date), Decimal::new(8_888, 2));
            if self.dice.chance(0.5) {
                self.add("job51", CHAIN, "daily", (date, date), Decimal::new(6_667, 2));
            }
            // An agency that works for no one channel.
            if date.weekday() == chrono::Weekday::Mon {
                self.add("", "", "daily", (date, date), Decimal::new(33_333, 2));
            }
        }
    }

    fn refreshes(&mut self) {
        for (channel, store, cents) in [("zhaopin", COSMETICS, 350), ("wuba58", APPLIANCES, 275), ("wuba58", FOOD, 333)] {
            for date in self.span.days() {
                let units = self.dice.range(0, 9) as u32;
                if units > 0 {
                    self.add(channel, store, "refresh", (date, date), Decimal::new(cents, 2) * Decimal::from(units));
                    self.last(|entry| entry.units = Some(units));
                }
            }
        }
    }

    fn refunds(&mut self) {
        self.add("job51", APPLIANCES, "refund", (day(9, 30), day(9, 30)), Decimal::new(-50_000, 2));
        self.add("kuaishou", FOOD, "refund", (day(10, 12), day(10, 12)), Decimal::new(-12_345, 2));
        self.last(|entry| entry.taxed = false);
        self.add("boss", COSMETICS, "refund", (day(7, 7), day(7, 7)), Decimal::new(-9_999, 2));
    }

    /// Entries that are not cost of a day: prepaid money and gifts; and bonuses, which are.
    fn not_cost(&mut self) {
        for month in 5..=10 {
            let first = day(month, 1);
            self.add("boss", "", "recharge", (first, first), Decimal::from(2_000));
            self.last(|entry| entry.units = Some(2_000));
            self.units("boss", "", "bonus_credit", first, 150);
            self.add("kuaishou", "", "recharge", (first, first), Decimal::from(2_000));
            self.last(|entry| entry.taxed = false);
            self.add("referral", CHAIN, "referral_bonus", (day(month, 28), day(month, 28)), Decimal::from(2_000));
            self.last(|entry| entry.taxed = false);
        }
    }

    /// Douyin's statement numbers no lines; two equal lines of one day are two entries.
    fn statement(&mut self) {
        for date in self.span.days() {
            let lines = if self.dice.chance(0.1) { 2 } else { 1 };
            let store = self.dice.one_of(&[COSMETICS, FOOD, CLOTHING, CHAIN]);
            let net = Decimal::new(self.dice.range(4_000, 19_000), 2);
            for _ in 0..lines {
                self.add("douyin", store, "cpc", (date, date), net);
                self.last(|entry| {
                    entry.book = Book::DouyinStatement;
                    entry.id = String::new();
                    entry.taxed = false;
                });
            }
        }
    }

    /// Some lines were delivered with another amount first.
    fn corrections(&mut self) {
        for entry in self.entries.iter_mut().filter(|entry| entry.book == Book::Ledger) {
            if self.dice.chance(0.01) && !entry.net.is_zero() {
                entry.corrected_from = Some(entry.net * Decimal::from(2));
            }
        }
    }
}

fn in_dollars(entry: &mut Entry) {
    (entry.currency, entry.taxed) = ("USD", false);
}
