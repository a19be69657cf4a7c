//! Working days: weekdays, public holidays, weekends that are worked in their place, and the company's own exceptions.

use chrono::{Datelike, NaiveDate};
use inflow_config::{Config, Holidays, Reposts};

/// What China's State Council announced for a year (国务院办公厅关于部分节假日安排的通知): stretches of days off as (month, first day, month, last
/// day), and the weekend days that are worked in their place.
struct Year {
    number: i32,
    off: &'static [(u32, u32, u32, u32)],
    worked: &'static [(u32, u32)],
}

const CHINA: [Year; 2] = [
    Year {
        number: 2025,
        off: &[(1, 1, 1, 1), (1, 28, 2, 4), (4, 4, 4, 6), (5, 1, 5, 5), (5, 31, 6, 2), (10, 1, 10, 8)],
        worked: &[(1, 26), (2, 8), (4, 27), (9, 28), (10, 11)],
    },
    Year {
        number: 2026,
        off: &[(1, 1, 1, 3), (2, 15, 2, 23), (4, 4, 4, 6), (5, 1, 5, 5), (6, 19, 6, 21), (9, 25, 9, 27), (10, 1, 10, 7)],
        worked: &[(1, 4), (2, 14), (2, 28), (5, 9), (9, 20), (10, 10)],
    },
];

/// Holidays of a fixed date by China's regulation (全国年节及纪念日放假办法), for years whose arrangement is not known.
const FIXED: [(u32, u32); 6] = [(1, 1), (5, 1), (5, 2), (10, 1), (10, 2), (10, 3)];

/// A year whose arrangement of holidays this program does not know: only those of a fixed date are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct UnknownYear(pub i32);

/// Which days are worked.
#[derive(Debug, Clone, Copy)]
pub struct Calendar<'c> {
    rules: &'c Reposts,
    china: bool,
}

impl<'c> Calendar<'c> {
    /// By `reposts.toml`, and the company's country where that leaves the choice to it.
    pub fn of(config: &'c Config) -> Self {
        Self::new(&config.reposts, &config.settings.company.country)
    }

    /// The same of rules alone, and an ISO 3166 code.
    pub fn new(rules: &'c Reposts, country: &str) -> Self {
        let china = match rules.holidays {
            Holidays::China => true,
            Holidays::Company => country == "CN",
            Holidays::None => false,
        };
        Self { rules, china }
    }

    /// Whether a local day is worked. The company's own days go before the public ones.
    pub fn is_worked(&self, day: NaiveDate) -> bool {
        if self.rules.days_off.contains(&day) {
            return false;
        }
        if self.rules.workdays.contains(&day) {
            return true;
        }
        let usual = self.rules.working_days.contains(&day.weekday());
        if !self.china {
            return usual;
        }
        let date = (day.month(), day.day());
        match CHINA.iter().find(|known| known.number == day.year()) {
            Some(known) if known.worked.contains(&date) => true,
            Some(known) => usual && !known.off.iter().any(|(m1, d1, m2, d2)| ((*m1, *d1)..=(*m2, *d2)).contains(&date)),
            None => usual && !FIXED.contains(&date),
        }
    }

    /// Years of a period whose holidays are not known, unless the company has said something of them itself.
    pub fn unknown(&self, from: NaiveDate, to: NaiveDate) -> Vec<UnknownYear> {
        let told = |year: i32| self.rules.days_off.iter().chain(&self.rules.workdays).any(|day| day.year() == year);
        let unknown = |year: &i32| self.china && CHINA.iter().all(|known| known.number != *year) && !told(*year);
        (from.year()..=to.year()).filter(unknown).map(UnknownYear).collect()
    }
}

#[cfg(test)]
mod tests {
    use chrono::Weekday;

    use super::*;

    #[test]
    fn china_works_some_weekends_and_rests_some_weekdays() {
        let rules = Reposts::default();
        let calendar = Calendar::new(&rules, "CN");
        let worked = |day: &str| calendar.is_worked(day.parse().unwrap());
        // 10 October 2026 is a Saturday that is worked, 6 October a Tuesday that is not; 24 February is the first day after the Spring Festival.
        assert_eq!([worked("2026-10-10"), worked("2026-10-06"), worked("2026-10-08")], [true, false, true]);
        assert_eq!([worked("2026-02-14"), worked("2026-02-16"), worked("2026-02-23"), worked("2026-02-24")], [true, false, false, true]);
        assert_eq!([worked("2026-11-28"), worked("2026-11-27")], [false, true]);
        let elsewhere = Calendar::new(&rules, "US");
        assert!(elsewhere.is_worked("2026-10-06".parse().unwrap()) && !elsewhere.is_worked("2026-10-10".parse().unwrap()));
    }

    #[test]
    fn the_table_is_of_weekends_that_are_worked() {
        for year in &CHINA {
            for (month, day) in year.worked {
                let day = NaiveDate::from_ymd_opt(year.number, *month, *day).unwrap();
                assert!(matches!(day.weekday(), Weekday::Sat | Weekday::Sun), "{day}");
                let date = (day.month(), day.day());
                assert!(!year.off.iter().any(|(m1, d1, m2, d2)| ((*m1, *d1)..=(*m2, *d2)).contains(&date)), "{day}");
            }
        }
    }

    #[test]
    fn the_company_has_the_last_word_and_says_what_the_program_does_not_know() {
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        let rules = Reposts { days_off: vec![day("2026-12-24")], workdays: vec![day("2026-10-06")], ..Reposts::default() };
        let calendar = Calendar::new(&rules, "CN");
        assert!(!calendar.is_worked(day("2026-12-24")) && calendar.is_worked(day("2026-10-06")));
        assert_eq!(calendar.unknown(day("2026-12-20"), day("2027-01-10")), [UnknownYear(2027)]);
        assert!(!calendar.is_worked(day("2027-10-01")) && calendar.is_worked(day("2027-10-07")));
        let told = Reposts { days_off: vec![day("2027-02-08")], ..Reposts::default() };
        assert_eq!(Calendar::new(&told, "CN").unknown(day("2026-12-20"), day("2027-01-10")), []);
        assert_eq!(Calendar::new(&rules, "DE").unknown(day("2026-12-20"), day("2027-01-10")), []);
    }
}
