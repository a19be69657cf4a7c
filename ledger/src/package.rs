//! Packages of entitlements: what each costs, what was used, and what was lost.

use crate::amount::{half_up, part};
use crate::line::Word;

/// By what the price of a package is given to what it entitles to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// Every unit costs the same.
    Unit,
    /// In proportion to stated prices.
    Price,
}

/// The terms of a package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Terms {
    /// Document of the line that bought it.
    pub document: Word,
    /// By what its price is divided.
    pub by: By,
    /// Word, units and stated price of each item, in ten-thousandths; units above zero.
    pub items: Vec<(Word, i64, i64)>,
}

/// An entitlement of a package that was bought: units in ten-thousandths, cost in cents of the base currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entitlement {
    /// Number of the line that bought it.
    pub line: u32,
    /// By what its cost was found.
    pub by: By,
    /// Which.
    pub item: Word,
    /// First and last day of validity.
    pub valid: (i32, i32),
    /// Units that it entitles to.
    pub entitled: i64,
    /// Units that were used.
    pub used: i64,
    /// What it cost.
    pub cost: i64,
    /// What of it became cost by use.
    pub cost_used: i64,
}

impl Entitlement {
    /// Divides the cost of a package among its items; they add up to the cent.
    pub fn of(terms: &Terms, line: u32, valid: (i32, i32), cents: i64) -> Vec<Self> {
        let weight = |(_, units, price): &(Word, i64, i64)| i128::from(if terms.by == By::Price { *price } else { *units });
        let all: i128 = terms.items.iter().map(weight).sum::<i128>().max(1);
        let until = |weight: i128| half_up(i128::from(cents) * weight, all) as i64;
        let mut before = 0;
        let items = terms.items.iter().map(|item| {
            let cost = until(before + weight(item)) - until(before);
            before += weight(item);
            Self { line, by: terms.by, item: item.0, valid, entitled: item.1, used: 0, cost, cost_used: 0 }
        });
        items.collect()
    }

    /// Units that are left.
    pub fn left(&self) -> i64 {
        self.entitled - self.used
    }

    /// Whether it can be used on a day.
    pub fn is_valid_on(&self, day: i32) -> bool {
        (self.valid.0..=self.valid.1).contains(&day)
    }

    /// Uses units, at most those that are left, and gives what they cost: the difference of the rounded cumulative cost.
    pub fn take(&mut self, units: i64) -> i64 {
        let until = self.used + units.min(self.left());
        let cost = part(self.cost, self.used, until, self.entitled);
        self.used = until;
        self.cost_used += cost;
        cost
    }

    /// What the units cost that were never used.
    pub fn rest(&self) -> i64 {
        self.cost - self.cost_used
    }
}
