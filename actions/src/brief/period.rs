//! What a report covers: whole local days of the company's zone.

use chrono::{DateTime, Datelike, Days, Months, NaiveDate, TimeDelta, TimeZone, Timelike, Utc, Weekday};
use chrono_tz::Tz;
use inflow_config::{BriefKind, Lang};

use crate::words::{pick, weekday};

/// What a report covers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Period {
    /// A day, a week from Monday to Sunday, or a month.
    pub kind: BriefKind,
    /// First local day.
    pub from: NaiveDate,
    /// Last local day, included.
    pub to: NaiveDate,
}

impl Period {
    /// The day, week or month that holds a day.
    pub fn of(kind: BriefKind, day: NaiveDate) -> Self {
        let (from, to) = match kind {
            BriefKind::Day => (day, day),
            BriefKind::Week => {
                let week = day.week(Weekday::Mon);
                (week.first_day(), week.last_day())
            }
            BriefKind::Month => {
                let first = day.with_day(1).unwrap_or(day);
                (first, first.checked_add_months(Months::new(1)).and_then(|next| next.pred_opt()).unwrap_or(first))
            }
        };
        Self { kind, from, to }
    }

    /// What is asked for when no day is named: today, or the last whole week or month.
    pub fn newest(kind: BriefKind, today: NaiveDate) -> Self {
        match kind {
            BriefKind::Day => Self::of(kind, today),
            BriefKind::Week | BriefKind::Month => {
                let running = Self::of(kind, today);
                running.from.pred_opt().map_or(running, |day| Self::of(kind, day))
            }
        }
    }

    /// What is reported at a due time: of days, the one that is ending, so before noon the one before.
    pub fn due(kind: BriefKind, tick: DateTime<Utc>, zone: Tz) -> Self {
        let local = tick.with_timezone(&zone);
        let today = local.date_naive();
        match kind {
            BriefKind::Day if local.hour() < 12 => Self::of(kind, today.pred_opt().unwrap_or(today)),
            _ => Self::newest(kind, today),
        }
    }

    /// What it is compared with: the same weekday before, the week or the month before.
    #[must_use]
    pub fn before(self) -> Self {
        let day = match self.kind {
            BriefKind::Day | BriefKind::Week => self.from.checked_sub_days(Days::new(7)),
            BriefKind::Month => self.from.checked_sub_months(Months::new(1)),
        };
        day.map_or(self, |day| Self::of(self.kind, day))
    }

    /// Up to when events count: now; of what it is compared with, the same local time of the day that corresponds, so that a day that is
    /// not over is not set against a whole one.
    pub fn as_of_before(self, now: DateTime<Utc>, zone: Tz) -> DateTime<Utc> {
        let over = self.to.succ_opt().and_then(|next| zone.from_local_datetime(&next.and_time(chrono::NaiveTime::MIN)).earliest());
        if over.is_none_or(|over| now >= over) {
            return now;
        }
        let back = self.from - self.before().from;
        let local = now.with_timezone(&zone).naive_local() - back;
        // An hour that daylight saving skipped is taken at what the clock showed an hour later.
        zone.from_local_datetime(&local)
            .latest()
            .or_else(|| zone.from_local_datetime(&(local + TimeDelta::hours(1))).latest())
            .map_or(now - back, |at| at.with_timezone(&Utc))
    }

    /// `10月31日 周六`, `26 Oct – 1 Nov 2026`, `2026-10`.
    pub fn title(self, lang: Lang) -> String {
        let (from, to) = (self.from, self.to);
        match (self.kind, lang) {
            (BriefKind::Day, Lang::Zh) => format!("{}月{}日 {}", from.month(), from.day(), weekday(lang, from)),
            (BriefKind::Day, Lang::En) => format!("{} {}", weekday(lang, from), from.format("%-d %b %Y")),
            (BriefKind::Week, Lang::Zh) => {
                let end = if from.year() == to.year() { String::new() } else { format!("{}年", to.year()) };
                format!("{}年{}月{}日 – {end}{}月{}日", from.year(), from.month(), from.day(), to.month(), to.day())
            }
            (BriefKind::Week, Lang::En) => format!("{} – {}", from.format("%-d %b"), to.format("%-d %b %Y")),
            (BriefKind::Month, _) => from.format("%Y-%m").to_string(),
        }
    }

    /// What the report is called: `招聘日报`, `Daily recruiting report`.
    pub fn name(self, lang: Lang) -> &'static str {
        match self.kind {
            BriefKind::Day => pick(lang, "Recruiting, daily", "招聘日报"),
            BriefKind::Week => pick(lang, "Recruiting, weekly", "招聘周报"),
            BriefKind::Month => pick(lang, "Channels, monthly", "月度渠道分析表"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    fn span(period: Period) -> String {
        format!("{} {}", period.from, period.to)
    }

    #[test]
    fn a_day_a_week_a_month_and_those_before() {
        use BriefKind::{Day, Month, Week};
        for (kind, on, this, before, newest) in [
            (Day, "2026-03-01", "2026-03-01 2026-03-01", "2026-02-22 2026-02-22", "2026-03-01 2026-03-01"),
            (Week, "2026-01-01", "2025-12-29 2026-01-04", "2025-12-22 2025-12-28", "2025-12-22 2025-12-28"),
            (Month, "2028-02-29", "2028-02-01 2028-02-29", "2028-01-01 2028-01-31", "2028-01-01 2028-01-31"),
        ] {
            let period = Period::of(kind, day(on));
            assert_eq!([span(period), span(period.before()), span(Period::newest(kind, day(on)))], [this, before, newest]);
        }
    }

    #[test]
    fn a_morning_reports_the_day_before_and_an_evening_its_own() {
        let zone = Tz::Asia__Shanghai;
        // 18:30 and 08:00 in Shanghai.
        assert_eq!(Period::due(BriefKind::Day, at("2026-11-27T10:30:00Z"), zone).from, day("2026-11-27"));
        assert_eq!(Period::due(BriefKind::Day, at("2026-11-27T00:00:00Z"), zone).from, day("2026-11-26"));
        assert_eq!(Period::due(BriefKind::Week, at("2026-11-30T01:00:00Z"), zone).from, day("2026-11-23"));
        assert_eq!(Period::due(BriefKind::Month, at("2026-12-01T01:00:00Z"), zone).from, day("2026-11-01"));
    }

    #[test]
    fn a_day_that_is_not_over_is_set_against_as_much_of_the_one_before() {
        let today = Period::of(BriefKind::Day, day("2026-11-27"));
        assert_eq!(today.as_of_before(at("2026-11-27T10:30:00Z"), Tz::Asia__Shanghai), at("2026-11-20T10:30:00Z"));
        assert_eq!(today.as_of_before(at("2026-11-27T16:00:00Z"), Tz::Asia__Shanghai), at("2026-11-27T16:00:00Z"), "over: whole days");
        // New York left daylight saving on 1 November: 18:30 was an hour earlier in UTC the week before.
        let after = Period::of(BriefKind::Day, day("2026-11-05"));
        assert_eq!(after.as_of_before(at("2026-11-05T23:30:00Z"), Tz::America__New_York), at("2026-10-29T22:30:00Z"));
        // 02:30 of 8 March does not exist there.
        let skipped = Period::of(BriefKind::Day, day("2026-03-15"));
        assert_eq!(skipped.as_of_before(at("2026-03-15T06:30:00Z"), Tz::America__New_York), at("2026-03-08T07:30:00Z"));
    }

    #[test]
    fn titles_are_read_on_a_phone() {
        let title = |kind, on: &str, lang| Period::of(kind, day(on)).title(lang);
        assert_eq!(title(BriefKind::Day, "2026-11-27", Lang::Zh), "11月27日 周五");
        assert_eq!(title(BriefKind::Day, "2026-11-27", Lang::En), "Fri 27 Nov 2026");
        assert_eq!(title(BriefKind::Week, "2025-12-31", Lang::Zh), "2025年12月29日 – 2026年1月4日");
        assert_eq!(title(BriefKind::Week, "2026-11-27", Lang::En), "23 Nov – 29 Nov 2026");
        assert_eq!(title(BriefKind::Month, "2026-11-27", Lang::Zh), "2026-11");
    }
}
