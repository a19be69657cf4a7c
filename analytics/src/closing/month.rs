//! A calendar month, such as 2026-10.

use std::fmt;
use std::str::FromStr;

use chrono::{Datelike, Days, Months, NaiveDate};

/// A calendar month.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Month(NaiveDate);

impl Month {
    /// The month in which a day lies.
    pub fn of(day: NaiveDate) -> Self {
        Self(day.with_day(1).unwrap_or(day))
    }

    /// Its first day.
    pub fn first(self) -> NaiveDate {
        self.0
    }

    /// Its last day.
    pub fn last(self) -> NaiveDate {
        self.next().0.checked_sub_days(Days::new(1)).unwrap_or(self.0)
    }

    /// The month after it.
    #[must_use]
    pub fn next(self) -> Self {
        Self(self.0.checked_add_months(Months::new(1)).unwrap_or(self.0))
    }
}

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.format("%Y-%m"))
    }
}

impl FromStr for Month {
    type Err = String;

    /// Reads `2026-10`: four digits, a hyphen, two digits, from 1970 to 2148, as days of the store do.
    fn from_str(text: &str) -> Result<Self, String> {
        let shaped =
            text.len() == 7 && text.bytes().enumerate().all(|(at, byte)| if at == 4 { byte == b'-' } else { byte.is_ascii_digit() });
        let day = if shaped { format!("{text}-01").parse::<NaiveDate>().ok() } else { None };
        day.filter(|day| (1970..=2148).contains(&day.year())).map(Self).ok_or_else(|| format!("{text:?} is not a month such as 2026-10"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn months_are_read_and_written_alike() {
        let month: Month = "2024-02".parse().unwrap();
        assert_eq!(
            (month.to_string(), month.last().to_string(), month.next().to_string()),
            ("2024-02".into(), "2024-02-29".into(), "2024-03".into())
        );
        assert_eq!("2026-12".parse::<Month>().unwrap().next().to_string(), "2027-01");
        assert_eq!(Month::of("2026-10-31".parse().unwrap()).first().to_string(), "2026-10-01");
        for wrong in ["2026-13", "2026-1", "2026-10-01", "202610", "october", "1969-12", "2149-01", "+026-10"] {
            assert_eq!(wrong.parse::<Month>().unwrap_err(), format!("{wrong:?} is not a month such as 2026-10"));
        }
    }
}
