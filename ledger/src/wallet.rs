//! Prepaid accounts: what their units cost, by the moving weighted average.
//!
//! A wallet counts in units of its board (直豆) where a recharge says how many it bought, else in money. It keeps
//! `opening + recharge + bonus - consumption - refund - expiry = closing`, in units and in what they cost.

use crate::amount::half_up;
use crate::line::Word;

/// What bonus units do to the price of the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Bonus {
    /// They lower it.
    #[default]
    Average,
    /// They cost nothing and are used last.
    Last,
}

/// In what a wallet counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Measure {
    /// Units of the board.
    Units,
    /// Money of a currency.
    Money(Word),
}

/// What a wallet holds: units in ten-thousandths, and what they cost in cents of the base currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Holding {
    /// Units that were paid for, and with [`Bonus::Average`] those that were given too.
    units: i64,
    /// Units that were given and are used last.
    free: i64,
    value: i64,
    /// Units and value when there were last any, for what is used beyond them.
    last: (i64, i64),
}

impl Holding {
    /// Units in hand, ten-thousandths; below zero when more was used than came.
    pub fn units(&self) -> i64 {
        self.units.saturating_add(self.free)
    }

    /// What they cost, in cents.
    pub fn value(&self) -> i64 {
        self.value
    }

    /// Units that were paid for.
    pub fn put_in(&mut self, units: i64, cents: i64) {
        self.units = self.units.saturating_add(units);
        self.value = self.value.saturating_add(cents);
    }

    /// Units that cost nothing.
    pub fn give(&mut self, units: i64, bonus: Bonus) {
        match bonus {
            Bonus::Average => self.units = self.units.saturating_add(units),
            Bonus::Last => self.free = self.free.saturating_add(units),
        }
    }

    /// Takes units and gives what they cost. The last unit takes what is left of the value, so nothing is lost to rounding; what is used beyond all
    /// units costs what the last ones did, and the wallet is below zero until it is filled.
    pub fn take(&mut self, units: i64) -> i64 {
        if self.units > 0 {
            self.last = (self.units, self.value);
        }
        let paid = units.min(self.units.max(0));
        let free = (units - paid).min(self.free.max(0));
        let beyond = units - paid - free;
        let mut cost = if paid == 0 {
            0
        } else if paid == self.units {
            self.value
        } else {
            half_up(i128::from(self.value) * i128::from(paid), i128::from(self.units)) as i64
        };
        if beyond > 0 && self.last.0 > 0 {
            cost += half_up(i128::from(self.last.1) * i128::from(beyond), i128::from(self.last.0)) as i64;
        }
        self.units = self.units.saturating_sub(paid.saturating_add(beyond));
        self.free -= free;
        self.value = self.value.saturating_sub(cost);
        cost
    }

    /// Takes what costs so much, of which nobody says how many units it was.
    pub fn take_value(&mut self, cents: i64) {
        self.value = self.value.saturating_sub(cents);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: i64 = 10_000;

    /// 1 000 units for 900.00 and 200 given: each costs 0.75 by the average; used last, a paid one costs 0.90.
    #[test]
    fn bonus_units_lower_the_price_or_are_used_last() {
        let mut wallet = Holding::default();
        wallet.put_in(1_000 * ONE, 90_000);
        wallet.give(200 * ONE, Bonus::Average);
        assert_eq!(wallet.take(400 * ONE), 30_000);
        assert_eq!((wallet.units(), wallet.value()), (800 * ONE, 60_000));

        let mut wallet = Holding::default();
        wallet.put_in(1_000 * ONE, 90_000);
        wallet.give(200 * ONE, Bonus::Last);
        assert_eq!([400, 600, 150].map(|units| wallet.take(units * ONE)), [36_000, 54_000, 0]);
        assert_eq!((wallet.units(), wallet.value()), (50 * ONE, 0));
    }

    #[test]
    fn the_last_unit_takes_the_rest() {
        let mut wallet = Holding::default();
        wallet.put_in(3 * ONE, 100);
        assert_eq!([1, 1, 1].map(|units| wallet.take(units * ONE)).iter().sum::<i64>(), 100);
        assert_eq!(wallet.value(), 0);
    }

    #[test]
    fn what_is_used_beyond_costs_what_the_last_did() {
        let mut wallet = Holding::default();
        wallet.put_in(10 * ONE, 1_000);
        assert_eq!(wallet.take(12 * ONE), 1_200);
        assert_eq!((wallet.units(), wallet.value()), (-2 * ONE, -200));
        wallet.put_in(10 * ONE, 1_000);
        assert_eq!((wallet.units(), wallet.value()), (8 * ONE, 800));
    }
}
