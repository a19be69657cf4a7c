//! Days on which fewer people apply than on others of their weekday, by country.
//!
//! Kept: what moves applications for days. Holidays of a single day in spring and autumn, and the working weekends around long holidays, are not.

use chrono::{Datelike, NaiveDate};

use super::calendar::lunar_new_year;

/// Public holidays of fixed dates.
const PUBLIC: u8 = 0;
/// Lunar New Year and the days around it, when next to nobody applies.
const LUNAR_NEW_YEAR: u8 = 1;

/// The kind of a special day in a country (ISO 3166 code), numbered from 0; none for a usual day.
pub(crate) fn special(country: &str, day: NaiveDate) -> Option<u8> {
    if (day.month(), day.day()) == (1, 1) {
        return Some(PUBLIC);
    }
    if country != "CN" {
        return None;
    }
    if lunar_new_year(day.year()).is_some_and(|lunar| (-4..10).contains(&(day - lunar).num_days())) {
        return Some(LUNAR_NEW_YEAR);
    }
    matches!((day.month(), day.day()), (4, 4..=6) | (5, 1..=5) | (10, 1..=7)).then_some(PUBLIC)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_long_holidays_of_china() {
        let kind = |day: &str| special("CN", day.parse().unwrap());
        assert_eq!([kind("2026-02-16"), kind("2026-02-17"), kind("2026-03-01")], [Some(LUNAR_NEW_YEAR), Some(LUNAR_NEW_YEAR), None]);
        assert_eq!([kind("2026-09-30"), kind("2026-10-01"), kind("2026-10-08")], [None, Some(PUBLIC), None]);
        assert_eq!(special("US", "2026-10-01".parse().unwrap()), None);
    }
}
