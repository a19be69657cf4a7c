//! Days on which people apply differently: the classes that a forecast learns a factor for.

use chrono::{Datelike, NaiveDate};
use chrono_tz::Tz;
use inflow_statistics::forecast::ORDINARY;
use serde::Serialize;

/// The mid-year shopping festival around 18 June and the one around 11 November, and what shops hire for them.
const MID_YEAR: u8 = 1;
const DOUBLE_ELEVEN: u8 = 2;
/// The two weeks before New Year's Eve, the holiday itself, and the weeks after it in which people change jobs.
const BEFORE_NEW_YEAR: u8 = 3;
const NEW_YEAR: u8 = 4;
const AFTER_NEW_YEAR: u8 = 5;

/// The first day of the lunar year by year from 2020 (Purple Mountain Observatory's calendar, GB/T 33661-2017).
const FIRST_DAYS: [(u32, u32); 21] = [
    (1, 25),
    (2, 12),
    (2, 1),
    (1, 22),
    (2, 10),
    (1, 29),
    (2, 17),
    (2, 6),
    (1, 26),
    (2, 13),
    (2, 3),
    (1, 23),
    (2, 11),
    (1, 31),
    (2, 19),
    (2, 8),
    (1, 28),
    (2, 15),
    (2, 4),
    (1, 24),
    (2, 12),
];
const FIRST_YEAR: i32 = 2020;

/// The class of a local day: ordinary everywhere but in Chinese zones.
pub(super) fn class(zone: Tz, day: NaiveDate) -> u8 {
    if !matches!(zone, Tz::Asia__Shanghai | Tz::Asia__Urumqi | Tz::Asia__Chongqing | Tz::Asia__Harbin | Tz::PRC) {
        return ORDINARY;
    }
    match (day.month(), day.day()) {
        (6, 1..=18) => return MID_YEAR,
        (11, 1..=11) => return DOUBLE_ELEVEN,
        _ => {}
    }
    let Some(first) = lunar_new_year(day.year()) else { return ORDINARY };
    match (day - first).num_days() {
        -15..=-2 => BEFORE_NEW_YEAR,
        -1..=6 => NEW_YEAR,
        7..=27 => AFTER_NEW_YEAR,
        _ => ORDINARY,
    }
}

/// Occasions that move a business, and not only who applies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Occasion {
    /// The mid-year shopping festival: 1 to 18 June, about the 18th.
    MidYear,
    /// Double 11: 1 to 11 November, about the 11th.
    DoubleEleven,
    /// Lunar New Year, from its eve to the sixth day of the year.
    LunarNewYear,
}

impl Occasion {
    /// All of them.
    pub(crate) const ALL: [Self; 3] = [Self::MidYear, Self::DoubleEleven, Self::LunarNewYear];
}

/// The occasion of a local day, and whether it is the day that the occasion is about.
pub(crate) fn occasion(zone: Tz, day: NaiveDate) -> Option<(Occasion, bool)> {
    match class(zone, day) {
        MID_YEAR => Some((Occasion::MidYear, day.day() == 18)),
        DOUBLE_ELEVEN => Some((Occasion::DoubleEleven, day.day() == 11)),
        NEW_YEAR => Some((Occasion::LunarNewYear, lunar_new_year(day.year()) == Some(day))),
        _ => None,
    }
}

/// The first day of the lunar year that begins in a year, where it is known.
pub(super) fn lunar_new_year(year: i32) -> Option<NaiveDate> {
    let (month, day) = FIRST_DAYS.get(usize::try_from(year - FIRST_YEAR).ok()?)?;
    NaiveDate::from_ymd_opt(year, *month, *day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lunar_year_begins_when_it_does() {
        let of = |zone: Tz, day: &str| class(zone, day.parse().unwrap());
        // 17 February 2026 is the first day of the year of the horse; its eve is a holiday too.
        assert_eq!(of(Tz::Asia__Shanghai, "2026-02-14"), BEFORE_NEW_YEAR);
        assert_eq!(of(Tz::Asia__Shanghai, "2026-02-16"), NEW_YEAR);
        assert_eq!(of(Tz::Asia__Shanghai, "2026-02-23"), NEW_YEAR);
        assert_eq!(of(Tz::Asia__Shanghai, "2026-02-24"), AFTER_NEW_YEAR);
        assert_eq!(of(Tz::Asia__Shanghai, "2026-03-17"), ORDINARY);
        assert_eq!(of(Tz::America__New_York, "2026-02-17"), ORDINARY);
        assert_eq!(of(Tz::Asia__Shanghai, "2026-11-11"), DOUBLE_ELEVEN);
        assert_eq!(of(Tz::Asia__Shanghai, "2050-02-01"), ORDINARY);
        let of = |day: &str| occasion(Tz::Asia__Shanghai, day.parse().unwrap());
        assert_eq!([of("2026-11-01"), of("2026-11-11")], [Some((Occasion::DoubleEleven, false)), Some((Occasion::DoubleEleven, true))]);
        assert_eq!([of("2026-02-17"), of("2026-02-24")], [Some((Occasion::LunarNewYear, true)), None]);
        assert_eq!(occasion(Tz::Europe__Berlin, "2026-11-11".parse().unwrap()), None);
    }

    /// The lunar year begins with the new moon nearest to the beginning of spring: never before 21 January nor after 20 February.
    #[test]
    fn first_days_are_where_they_can_be() {
        for (year, (month, day)) in (FIRST_YEAR..).zip(FIRST_DAYS) {
            let first = NaiveDate::from_ymd_opt(year, month, day).unwrap();
            assert!((21..=51).contains(&first.ordinal()), "{first}");
            // And with the new moon: whole months of 29.53 days after 25 January 2020, give or take what the moon varies.
            let months =
                f64::from(first.signed_duration_since(NaiveDate::from_ymd_opt(2020, 1, 25).unwrap()).num_days() as i32) / 29.530_589;
            assert!((months - months.round()).abs() * 29.53 < 1.2, "{first}");
        }
    }
}
