//! Which due time of a message is the newest.

use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;
use inflow_config::Cron;

/// How far back is looked, step by step, so that few due times are walked through whether there are many a minute or one a year.
const BACK: [TimeDelta; 6] =
    [TimeDelta::minutes(1), TimeDelta::hours(1), TimeDelta::days(1), TimeDelta::days(8), TimeDelta::days(32), TimeDelta::days(366)];

/// The newest due time after `since`, up to `now`; those before it are left out for good.
pub fn newest_due(cron: &Cron, zone: Tz, since: DateTime<Utc>, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    BACK.into_iter().find_map(|back| {
        let mut newest = None;
        let mut tick = cron.next_after(since.max(now - back), zone);
        while let Some(due) = tick.filter(|due| *due <= now) {
            newest = Some(due);
            tick = cron.next_after(due, zone);
        }
        newest
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    fn newest(cron: &str, zone: Tz, since: &str, now: &str) -> Option<DateTime<Utc>> {
        newest_due(&cron.parse().unwrap(), zone, at(since), at(now))
    }

    #[test]
    fn half_past_six_in_shanghai() {
        let daily = "0 30 18 * * *";
        let zone = Tz::Asia__Shanghai;
        assert_eq!(newest(daily, zone, "2026-11-27T00:00:00Z", "2026-11-27T10:29:59Z"), None);
        assert_eq!(newest(daily, zone, "2026-11-27T00:00:00Z", "2026-11-27T10:30:00Z"), Some(at("2026-11-27T10:30:00Z")));
        assert_eq!(
            newest(daily, zone, "2026-11-20T00:00:00Z", "2026-11-27T09:00:00Z"),
            Some(at("2026-11-26T10:30:00Z")),
            "of seven the newest"
        );
        assert_eq!(newest(daily, zone, "2026-11-27T10:30:00Z", "2026-11-28T09:00:00Z"), None, "what was due before is not due again");
    }

    #[test]
    fn half_past_six_moves_with_daylight_saving() {
        let daily = "0 30 18 * * *";
        let zone = Tz::America__New_York;
        let since = "2026-10-01T00:00:00Z";
        assert_eq!(newest(daily, zone, since, "2026-10-31T23:00:00Z"), Some(at("2026-10-31T22:30:00Z")));
        assert_eq!(newest(daily, zone, since, "2026-11-01T23:00:00Z"), Some(at("2026-10-31T22:30:00Z")), "an hour later in winter");
        assert_eq!(newest(daily, zone, since, "2026-11-01T23:30:00Z"), Some(at("2026-11-01T23:30:00Z")));
        // 02:30 of 8 March is skipped, 01:30 of 1 November happens twice: no day is lost, and the second is the newest.
        assert_eq!(newest("0 30 2 * * *", zone, "2026-03-01T00:00:00Z", "2026-03-08T23:00:00Z"), Some(at("2026-03-07T07:30:00Z")));
        assert_eq!(newest("0 30 1 * * *", zone, since, "2026-11-01T12:00:00Z"), Some(at("2026-11-01T06:30:00Z")));
    }

    #[test]
    fn many_a_minute_and_one_a_year() {
        assert_eq!(newest("* * * * * *", Tz::UTC, "2020-01-01T00:00:00Z", "2026-11-27T10:30:00Z"), Some(at("2026-11-27T10:30:00Z")));
        assert_eq!(newest("0 0 9 1 1 *", Tz::UTC, "2020-01-01T00:00:00Z", "2026-11-27T10:30:00Z"), Some(at("2026-01-01T09:00:00Z")));
        assert_eq!(
            newest("0 0 9 * * MON", Tz::Asia__Shanghai, "2026-11-01T00:00:00Z", "2026-11-27T10:30:00Z"),
            Some(at("2026-11-23T01:00:00Z"))
        );
    }
}
