//! What the store's columns can hold. A value beyond is set aside with its row: one of them would else make the store refuse the
//! whole block, and with it everything that came along, at every attempt.

use super::{Read, fault};
use crate::frame::Cell;
use crate::version;
use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;

/// 2149-06-06, the last day of ClickHouse's `Date`, which begins in 1970.
const LAST_DAY: i32 = 65_535;
/// 1900-01-01, where ClickHouse's `DateTime64` begins.
const FIRST_MS: i64 = -2_208_988_800_000;
/// The end of 2099: later ones do not fit into what the marts pack an instant into.
const LAST_MS: i64 = 4_102_444_799_999;

/// Columns of ends that sources put into the far future to say that there is none (`9999-12-31`): the last that can be is as good.
const ENDS: &[&str] = &["closed_at", "deadline_at", "due_on", "probation_until", "valid_until"];

/// A day of a column.
pub(super) fn day(name: &str, day: NaiveDate) -> Read<Cell> {
    match version::day_number(day) {
        number @ 0..=LAST_DAY => Ok(Cell::Day(number)),
        later if later > LAST_DAY && ENDS.contains(&name) => Ok(Cell::Day(LAST_DAY)),
        _ => Err(fault(name, format!("{day} is not between 1970-01-01 and 2149-06-06"))),
    }
}

/// An instant of a column.
pub(super) fn instant(name: &str, at: DateTime<Utc>) -> Read<Cell> {
    match at.timestamp_millis() {
        ms @ FIRST_MS..=LAST_MS => Ok(Cell::Instant(ms)),
        later if later > LAST_MS && ENDS.contains(&name) => Ok(Cell::Instant(LAST_MS)),
        _ => Err(fault(name, format!("{at} is not between 1900 and 2099"))),
    }
}

/// A number of a column, by the digits before the point that the column has.
pub(super) fn decimal(name: &str, number: Decimal) -> Read<Cell> {
    let most = match name {
        "pay_months" | "tax_rate" => Decimal::ONE_THOUSAND,
        _ => Decimal::from(100_000_000_000_000_i64),
    };
    if number.abs() < most { Ok(Cell::Text(number.to_string())) } else { Err(fault(name, format!("{number} is too large"))) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("left_on", "1970-01-01", Some(0))]
    #[case("left_on", "2149-06-06", Some(65_535))]
    #[case("left_on", "2149-06-07", None)]
    #[case("left_on", "1969-12-31", None)]
    #[case("valid_until", "9999-12-31", Some(65_535))]
    #[case("valid_until", "0001-01-01", None)]
    fn days(#[case] column: &str, #[case] text: &str, #[case] expected: Option<i32>) {
        assert_eq!(day(column, text.parse().unwrap()).ok(), expected.map(Cell::Day));
    }

    #[rstest]
    #[case("applied_at", "1900-01-01T00:00:00Z", Some(FIRST_MS))]
    #[case("applied_at", "1899-12-31T23:59:59Z", None)]
    #[case("applied_at", "2099-12-31T23:59:59.999Z", Some(LAST_MS))]
    #[case("applied_at", "2100-01-01T00:00:00Z", None)]
    #[case("closed_at", "9999-12-31T23:59:59Z", Some(LAST_MS))]
    fn instants(#[case] column: &str, #[case] text: &str, #[case] expected: Option<i64>) {
        assert_eq!(instant(column, text.parse().unwrap()).ok(), expected.map(Cell::Instant));
    }

    #[rstest]
    #[case("gross", "99999999999999.9999", true)]
    #[case("gross", "-100000000000000", false)]
    #[case("pay_months", "1000", false)]
    fn numbers(#[case] column: &str, #[case] text: &str, #[case] fits: bool) {
        assert_eq!(decimal(column, text.parse().unwrap()).is_ok(), fits);
    }
}
