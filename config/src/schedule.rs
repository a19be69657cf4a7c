//! When a connection is pulled: cron with six fields, in the connection's own zone.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Offset, SubsecRound, TimeDelta, TimeZone, Utc};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

use crate::problem::Bad;

/// No zone sets its clock back further.
const LONGEST_REPEAT: TimeDelta = TimeDelta::hours(3);

/// A cron expression of six fields: second, minute, hour, day of month, month, day of week
/// (1 to 7 from Sunday, or SUN to SAT).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Cron(cron::Schedule);

impl Cron {
    /// The expression as it was written.
    pub fn as_str(&self) -> &str {
        self.0.source()
    }

    /// The first instant after `after` at which it is due in `zone`; `None` if it never is again.
    ///
    /// An hour that daylight saving skips is not due, one that happens twice is due twice.
    pub fn next_after(&self, after: DateTime<Utc>, zone: Tz) -> Option<DateTime<Utc>> {
        // The parser's iterator gives the first of two equal times of day only, even when it starts after that.
        let mut firsts = self.0.after(&after.with_timezone(&zone)).map(|next| next.with_timezone(&Utc));
        let once = firsts.find(|next| *next > after);
        let again = self.in_repeated_hour(after, zone);
        once.into_iter().chain(again).min()
    }

    /// The first instant after `after` in an hour that happens for the second time: that `after` is in, or that begins
    /// within the next few hours.
    fn in_repeated_hour(&self, after: DateTime<Utc>, zone: Tz) -> Option<DateTime<Utc>> {
        let offset = |at: DateTime<Utc>| zone.offset_from_utc_datetime(&at.naive_utc()).fix();
        let (mut before, mut since) = (after - LONGEST_REPEAT, after + LONGEST_REPEAT);
        let (summer, winter) = (offset(before), offset(since));
        if summer.local_minus_utc() <= winter.local_minus_utc() {
            return None;
        }
        // The second at which the clock is set back.
        while since - before > TimeDelta::seconds(1) {
            let middle = before + (since - before) / 2;
            if offset(middle) == summer { before = middle } else { since = middle }
        }
        let set_back = since.trunc_subsecs(0);
        let repeated = TimeDelta::seconds(i64::from(summer.local_minus_utc() - winter.local_minus_utc()));
        let from = after.max(set_back - TimeDelta::seconds(1));
        let next = self.0.after(&from.with_timezone(&winter)).next()?.with_timezone(&Utc);
        (next < set_back + repeated).then_some(next)
    }
}

impl fmt::Display for Cron {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Cron {
    type Err = Bad;

    fn from_str(text: &str) -> Result<Self, Bad> {
        let fields = text.split_whitespace().count();
        let shape = "accepted: six fields \"second minute hour day month weekday\", such as \"0 */15 * * * *\"";
        if fields == 5 {
            return Err(
                Bad::new(format!("`{text}` is not a schedule, {shape}")).hint(Some(format!("five fields lack the seconds: \"0 {text}\"")))
            );
        }
        if fields != 6 {
            return Err(Bad::new(format!("`{text}` is not a schedule, {shape}")));
        }
        let schedule =
            text.parse::<cron::Schedule>().map_err(|_| Bad::new(format!("`{text}` is not a schedule, {shape}")).hint(wrong_field(text)))?;
        // Six fields name no year, so what fires at all fires within the years that any four-yearly day takes.
        if schedule.after(&DateTime::UNIX_EPOCH).next().is_none() {
            let message = format!("the schedule `{text}` never fires: no month that it names has such a day");
            return Err(Bad::new(message).hint(Some("30 and 31 February do not exist, nor does 31 April".to_owned())));
        }
        Ok(Self(schedule))
    }
}

const FIELDS: [(&str, &str); 6] = [
    ("second", "0 to 59"),
    ("minute", "0 to 59"),
    ("hour", "0 to 23"),
    ("day of month", "1 to 31"),
    ("month", "1 to 12 or JAN to DEC"),
    ("weekday", "1 to 7 from Sunday or SUN to SAT"),
];

/// Finds the field that is wrong by trying each one alone, since the parser names none.
fn wrong_field(text: &str) -> Option<String> {
    text.split_whitespace().enumerate().find_map(|(at, field)| {
        let alone: Vec<&str> = (0..6).map(|index| if index == at { field } else { "*" }).collect();
        let (name, accepted) = FIELDS.get(at)?;
        match alone.join(" ").parse::<cron::Schedule>() {
            Ok(_) => None,
            Err(_) => Some(format!("the {name} `{field}` must be {accepted}")),
        }
    })
}

impl From<Cron> for String {
    fn from(cron: Cron) -> Self {
        cron.as_str().to_owned()
    }
}

impl TryFrom<String> for Cron {
    type Error = Bad;

    fn try_from(text: String) -> Result<Self, Bad> {
        text.parse()
    }
}

impl schemars::JsonSchema for Cron {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Cron".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": "string",
            "pattern": "^ *[^ ]+( +[^ ]+){5} *$",
            "description": "Cron with six fields: second minute hour day month weekday (1 to 7 from Sunday)",
            "examples": ["0 */15 * * * *"]
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_due_in_the_zone() {
        let cron: Cron = "0 30 9 * * MON-FRI".parse().unwrap();
        // A Saturday.
        let after = "2026-11-21T00:00:00Z".parse().unwrap();
        let next = cron.next_after(after, chrono_tz::Asia::Shanghai).unwrap();
        assert_eq!(next.to_rfc3339(), "2026-11-23T01:30:00+00:00");
    }

    #[test]
    fn an_hour_that_happens_twice_is_due_twice() {
        let at = |text: &str| text.parse::<DateTime<Utc>>().unwrap();
        let berlin = chrono_tz::Europe::Berlin;
        // On 25 October 2026, 3:00 becomes 2:00 at 01:00 UTC.
        let daily: Cron = "0 30 2 * * *".parse().unwrap();
        let mut tick = at("2026-10-24T12:00:00Z");
        for expected in ["2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z", "2026-10-26T01:30:00Z"] {
            tick = daily.next_after(tick, berlin).unwrap();
            assert_eq!(tick, at(expected));
        }
        for zone in [berlin, chrono_tz::America::New_York, chrono_tz::Australia::Lord_Howe, chrono_tz::Asia::Shanghai] {
            let quarters: Cron = "0 */15 * * * *".parse().unwrap();
            let mut tick = at("2026-01-01T00:00:00Z");
            while tick < at("2027-01-01T00:00:00Z") {
                let next = quarters.next_after(tick, zone).unwrap();
                assert_eq!(next - tick, TimeDelta::minutes(15), "{zone} after {tick}");
                tick = next;
            }
        }
    }

    #[test]
    fn an_hour_that_is_skipped_is_not_due() {
        let daily: Cron = "0 30 2 * * *".parse().unwrap();
        let next = daily.next_after("2026-03-28T12:00:00Z".parse().unwrap(), chrono_tz::Europe::Berlin).unwrap();
        assert_eq!(next.to_rfc3339(), "2026-03-30T00:30:00+00:00");
    }

    #[test]
    fn names_the_field_that_is_wrong() {
        let bad = |text: &str| text.parse::<Cron>().unwrap_err().to_string();
        let shape = "accepted: six fields \"second minute hour day month weekday\", such as \"0 */15 * * * *\"";
        assert_eq!(
            bad("*/15 * * * *"),
            format!("`*/15 * * * *` is not a schedule, {shape} (five fields lack the seconds: \"0 */15 * * * *\")")
        );
        assert_eq!(bad("0 61 * * * *"), format!("`0 61 * * * *` is not a schedule, {shape} (the minute `61` must be 0 to 59)"));
        assert_eq!(bad("hourly"), format!("`hourly` is not a schedule, {shape}"));
    }
}
