//! Amounts as whole numbers, and how one is divided without losing a cent.

/// Ten-thousandths of a unit of a currency, or of a unit of a wallet: what the ledger's decimals hold.
pub const TEN_THOUSANDTHS: i64 = 10_000;

/// Rates have eight decimals: base units for one unit of a currency.
pub const RATE_ONE: i64 = 100_000_000;

/// The quotient rounded half up, away from zero; `b` above zero.
pub fn half_up(a: i128, b: i128) -> i128 {
    let rounded = (2 * a.abs() + b) / (2 * b);
    if a < 0 { -rounded } else { rounded }
}

/// An amount in ten-thousandths of a currency as cents of the base currency, at a rate of eight decimals. `None` when it is beyond all amounts.
pub fn cents(amount: i64, rate: i64) -> Option<i64> {
    i64::try_from(half_up(i128::from(amount) * i128::from(rate), 10_000_000_000)).ok().filter(|cents| cents.abs() < MOST)
}

/// The store's `Decimal(18, 2)` holds less than this many cents.
const MOST: i64 = 1_000_000_000_000_000_000;

/// The part of an amount that lies between `from` and `to` of `all` equal steps: the difference of the rounded cumulative amounts, so that parts
/// add up to the whole whatever the cut.
pub fn part(amount: i64, from: i64, to: i64, all: i64) -> i64 {
    let until = |steps: i64| half_up(i128::from(amount) * i128::from(steps), i128::from(all.max(1)));
    (until(to) - until(from)) as i64
}

/// Calls `each` with the days from `from` to `until`, both included, and the cents of each, where there are any.
pub fn spread(cents: i64, from: i32, until: i32, mut each: impl FnMut(i32, i64)) {
    let days = i64::from(until - from) + 1;
    for (day, at) in (from..=until).zip(0_i64..) {
        let part = part(cents, at, at + 1, days);
        if part != 0 {
            each(day, part);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_go_away_from_zero() {
        assert_eq!([5, 4, -5, -4, 15, 0].map(|a| half_up(a, 10)), [1, 0, -1, 0, 2, 0]);
        // 12.345 of the base currency is 12.35; 100 dollars at 7.1234 are 712.34.
        assert_eq!(cents(123_450, RATE_ONE), Some(1_235));
        assert_eq!(cents(1_000_000, 712_340_000), Some(71_234));
        assert_eq!(cents(i64::MAX, i64::MAX), None);
    }

    #[test]
    fn a_hundred_over_three_days() {
        let mut days = Vec::new();
        spread(10_000, 5, 7, |day, cents| days.push((day, cents)));
        assert_eq!(days, [(5, 3_333), (6, 3_334), (7, 3_333)]);
        days.clear();
        spread(-2, 1, 4, |day, cents| days.push((day, cents)));
        assert_eq!(days.iter().map(|(_, cents)| cents).sum::<i64>(), -2);
    }
}
