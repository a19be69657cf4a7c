//! Time as boards write it, read into UTC with its precision.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Duration, LocalResult, NaiveDate, NaiveDateTime, TimeZone, Utc};
use chrono_tz::Tz;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use serde_json::Value;

/// How a board writes an instant.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum TimeFormat {
    /// Milliseconds since 1970 (`epoch_ms`).
    EpochMs,
    /// Seconds since 1970 (`epoch_s`).
    EpochS,
    /// With an offset or Z (`rfc3339`).
    Rfc3339,
    /// `Wed, 19 Aug 2026 23:10:38 GMT`, as feeds write it, or ISO 8601, as other feeds do (`rfc2822`).
    Rfc2822,
    /// As people say it, counted from the fetch instant: `Posted Yesterday`, `3天前发布`, `10:54发布`, `02-26`
    /// (`relative`; see [`super::relative`]). What is only a bound (`30+ Days Ago`) is no instant.
    Relative,
    /// `2026-03-01`, `2026/3/1 9:05`, `2026年3月1日`, with or without an offset; naive ones are in the
    /// connection's zone, a date alone has the precision of a day (`iso_local`, the default).
    #[default]
    IsoLocal,
    /// A strftime pattern such as `%d/%m/%Y %H:%M`, naive in the connection's zone unless it has `%z`.
    Pattern(String),
}

/// How exactly an instant is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Precision {
    /// To the second or better.
    Exact,
    /// The local day only; the instant is the start of that day.
    Day,
    /// Seen by then: the fetch instant.
    Observed,
}

impl Precision {
    /// The word stored in the tables.
    pub fn as_str(self) -> &'static str {
        match self {
            Precision::Exact => "exact",
            Precision::Day => "day",
            Precision::Observed => "observed",
        }
    }
}

impl TimeFormat {
    /// Reads a JSON value. `None` for null and empty text.
    pub fn read(&self, value: &Value, zone: Tz) -> Result<Option<(DateTime<Utc>, Precision)>, String> {
        self.read_at(value, zone, None)
    }

    /// The same, with the fetch instant that relative times are counted from. `None` for a relative bound too
    /// (`30+ Days Ago`): it is no instant.
    pub fn read_at(&self, value: &Value, zone: Tz, fetched: Option<DateTime<Utc>>) -> Result<Option<(DateTime<Utc>, Precision)>, String> {
        let text = match value {
            Value::Null => return Ok(None),
            Value::String(text) if text.trim().is_empty() => return Ok(None),
            Value::String(text) => Cow::Borrowed(text.trim()),
            Value::Number(number) => Cow::Owned(number.to_string()),
            _ => return Err(format!("expected a time ({self}), found {}", super::field::shape(value))),
        };
        if let (TimeFormat::Relative, Some(now)) = (self, fetched)
            && let Some(said) = super::relative::read(&text, zone, now)
        {
            return Ok(match said {
                super::relative::Relative::At(at, precision) => Some((at, precision)),
                super::relative::Relative::Bound => None,
            });
        }
        self.read_text(&text, zone).map(Some).ok_or_else(|| format!("{text:?} is not a time ({self})"))
    }

    /// The day of a text such as `2026-03-01`, where the format reads it as that: most are written so, and need neither a clock nor a zone.
    pub(super) fn plain_day(&self, value: &Value) -> Option<NaiveDate> {
        let as_it_is = match self {
            TimeFormat::IsoLocal => true,
            TimeFormat::Pattern(pattern) => pattern == ISO_DAY,
            _ => false,
        };
        if as_it_is { iso_day(value.as_str()?) } else { None }
    }

    /// Reads text. `None` when it does not follow the format.
    pub fn read_text(&self, text: &str, zone: Tz) -> Option<(DateTime<Utc>, Precision)> {
        match self {
            TimeFormat::EpochMs => {
                let ms = text.parse::<i64>().ok()?;
                Some((DateTime::from_timestamp_millis(ms)?, Precision::Exact))
            }
            TimeFormat::EpochS => {
                let seconds = text.parse::<f64>().ok().filter(|s| s.is_finite() && s.abs() < 1e12)?;
                Some((DateTime::from_timestamp_millis((seconds * 1000.0).round() as i64)?, Precision::Exact))
            }
            TimeFormat::Rfc3339 => Some((DateTime::parse_from_rfc3339(text).ok()?.with_timezone(&Utc), Precision::Exact)),
            // Feeds that should write it so, and write ISO 8601.
            TimeFormat::Rfc2822 => match DateTime::parse_from_rfc2822(text) {
                Ok(instant) => Some((instant.with_timezone(&Utc), Precision::Exact)),
                Err(_) => iso_local(text, zone),
            },
            // What is not relative after all is a date in full.
            TimeFormat::IsoLocal => iso_local(text, zone),
            TimeFormat::Relative => iso_local(text, zone).or_else(|| iso_local(&super::relative::fold(text), zone)),
            TimeFormat::Pattern(pattern) => with_pattern(text, pattern, zone),
        }
    }

    /// Writes an instant, e.g. as the value of a request parameter. Patterns and `iso_local` are
    /// written in `zone`.
    pub fn write(&self, instant: DateTime<Utc>, zone: Tz) -> String {
        match self {
            TimeFormat::EpochMs => instant.timestamp_millis().to_string(),
            TimeFormat::EpochS => instant.timestamp().to_string(),
            TimeFormat::Rfc3339 => instant.to_rfc3339_opts(chrono::SecondsFormat::Millis, true),
            TimeFormat::Rfc2822 => instant.to_rfc2822(),
            TimeFormat::IsoLocal | TimeFormat::Relative => instant.with_timezone(&zone).format("%Y-%m-%dT%H:%M:%S").to_string(),
            TimeFormat::Pattern(pattern) => instant.with_timezone(&zone).format(pattern).to_string(),
        }
    }
}

/// The instant of a local clock reading. A reading that never happened (daylight saving) moves to
/// the first one that did; of two, the earlier counts.
pub fn local_instant(naive: NaiveDateTime, zone: Tz) -> Option<DateTime<Utc>> {
    let mut reading = naive;
    for _ in 0..8 {
        match zone.from_local_datetime(&reading) {
            LocalResult::Single(instant) | LocalResult::Ambiguous(instant, _) => {
                return Some(instant.with_timezone(&Utc));
            }
            LocalResult::None => reading = reading.checked_add_signed(Duration::minutes(15))?,
        }
    }
    None
}

fn start_of_day(day: NaiveDate, zone: Tz) -> Option<(DateTime<Utc>, Precision)> {
    Some((local_instant(day.and_hms_opt(0, 0, 0)?, zone)?, Precision::Day))
}

fn iso_local(text: &str, zone: Tz) -> Option<(DateTime<Utc>, Precision)> {
    super::iso::read(text, zone).or_else(|| by_patterns(text, zone))
}

/// Every spelling, one pattern after another.
pub(super) fn by_patterns(text: &str, zone: Tz) -> Option<(DateTime<Utc>, Precision)> {
    if let Ok(instant) = DateTime::parse_from_rfc3339(text) {
        return Some((instant.with_timezone(&Utc), Precision::Exact));
    }
    let utc = text.strip_suffix("UTC").or_else(|| text.strip_suffix('Z'));
    let plain: String = utc
        .unwrap_or(text)
        .trim_end()
        .chars()
        .filter_map(|c| match c {
            // A dot in a time of day separates fractions of a second.
            '.' if text.contains([':', '：']) => Some(c),
            '年' | '月' | '/' | '.' => Some('-'),
            '日' => None,
            'T' | '\u{3000}' => Some(' '),
            '：' => Some(':'),
            other => Some(other),
        })
        .collect();
    for pattern in ["%Y-%m-%d %H:%M:%S %z", "%Y-%m-%d %H:%M:%S%.f%z", "%Y-%m-%d %H:%M%z"] {
        if let Ok(instant) = DateTime::parse_from_str(&plain, pattern) {
            return Some((instant.with_timezone(&Utc), Precision::Exact));
        }
    }
    if utc.is_some() {
        return naive(&plain).map(|reading| (reading.and_utc(), Precision::Exact));
    }
    if let Some(reading) = naive(&plain) {
        return Some((local_instant(reading, zone)?, Precision::Exact));
    }
    let in_digits = NaiveDate::parse_from_str(&plain, "%Y-%m-%d").or_else(|_| NaiveDate::parse_from_str(&plain, "%Y%m%d"));
    start_of_day(in_digits.ok().or_else(|| english_day(text))?, zone)
}

/// `Mar 1, 2026`, `1 March 2026`.
pub(super) fn english_day(text: &str) -> Option<NaiveDate> {
    if !text.chars().any(|c| c.is_ascii_alphabetic()) {
        return None;
    }
    let plain = text.replace([',', '.'], " ");
    ["%B %d %Y", "%d %B %Y"]
        .iter()
        .find_map(|pattern| NaiveDate::parse_from_str(&plain.split_whitespace().collect::<Vec<_>>().join(" "), pattern).ok())
}

fn naive(text: &str) -> Option<NaiveDateTime> {
    ["%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%d %H:%M"].iter().find_map(|pattern| NaiveDateTime::parse_from_str(text, pattern).ok())
}

/// The pattern of a day as ISO 8601 has it.
const ISO_DAY: &str = "%Y-%m-%d";

/// A day in ten characters: `2026-03-01`.
fn iso_day(text: &str) -> Option<NaiveDate> {
    let [y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2] = *text.as_bytes() else { return None };
    let number =
        |digits: &[u8]| digits.iter().try_fold(0_u32, |sum, digit| digit.is_ascii_digit().then(|| sum * 10 + u32::from(digit - b'0')));
    NaiveDate::from_ymd_opt(number(&[y1, y2, y3, y4])?.cast_signed(), number(&[m1, m2])?, number(&[d1, d2])?)
}

fn with_pattern(text: &str, pattern: &str, zone: Tz) -> Option<(DateTime<Utc>, Precision)> {
    if let (ISO_DAY, Some(day)) = (pattern, iso_day(text)) {
        return start_of_day(day, zone);
    }
    if let Ok(instant) = DateTime::parse_from_str(text, pattern) {
        return Some((instant.with_timezone(&Utc), Precision::Exact));
    }
    if let Ok(reading) = NaiveDateTime::parse_from_str(text, pattern) {
        return Some((local_instant(reading, zone)?, Precision::Exact));
    }
    start_of_day(NaiveDate::parse_from_str(text, pattern).ok()?, zone)
}

impl FromStr for TimeFormat {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "epoch_ms" => Ok(TimeFormat::EpochMs),
            "epoch_s" => Ok(TimeFormat::EpochS),
            "rfc3339" => Ok(TimeFormat::Rfc3339),
            "rfc2822" => Ok(TimeFormat::Rfc2822),
            "iso_local" => Ok(TimeFormat::IsoLocal),
            "relative" => Ok(TimeFormat::Relative),
            pattern if pattern.contains('%') => {
                let bad = chrono::format::StrftimeItems::new(pattern).any(|item| matches!(item, chrono::format::Item::Error));
                if bad {
                    return Err(format!("{pattern:?} is not a strftime pattern"));
                }
                Ok(TimeFormat::Pattern(pattern.to_owned()))
            }
            other => Err(format!(
                "{other:?} is not a time format: one of epoch_ms, epoch_s, rfc3339, rfc2822, iso_local, relative or a pattern like %Y-%m-%d %H:%M"
            )),
        }
    }
}

impl fmt::Display for TimeFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            TimeFormat::EpochMs => "epoch_ms",
            TimeFormat::EpochS => "epoch_s",
            TimeFormat::Rfc3339 => "rfc3339",
            TimeFormat::Rfc2822 => "rfc2822",
            TimeFormat::IsoLocal => "iso_local",
            TimeFormat::Relative => "relative",
            TimeFormat::Pattern(pattern) => pattern,
        })
    }
}

impl Serialize for TimeFormat {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for TimeFormat {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use chrono_tz::America::New_York;
    use chrono_tz::Asia::Shanghai;
    use rstest::rstest;
    use serde_json::json;

    use super::*;

    #[rstest]
    #[case("2026-03-01", "2026-02-28T16:00:00Z", Precision::Day)]
    #[case("2026/3/1", "2026-02-28T16:00:00Z", Precision::Day)]
    #[case("2026.3.1", "2026-02-28T16:00:00Z", Precision::Day)]
    #[case("2026年3月1日", "2026-02-28T16:00:00Z", Precision::Day)]
    #[case("2026年3月1日 9:05", "2026-03-01T01:05:00Z", Precision::Exact)]
    #[case("2026-03-01 09:05:07", "2026-03-01T01:05:07Z", Precision::Exact)]
    #[case("2026-03-01T09:05:07.250", "2026-03-01T01:05:07.250Z", Precision::Exact)]
    #[case("2026-03-01T09:05:07-04:00", "2026-03-01T13:05:07Z", Precision::Exact)]
    #[case("2026-08-05 09:41:37 UTC", "2026-08-05T09:41:37Z", Precision::Exact)]
    fn reads_local_times(#[case] text: &str, #[case] expected: &str, #[case] precision: Precision) {
        let expected = DateTime::parse_from_rfc3339(expected).unwrap().with_timezone(&Utc);
        assert_eq!(TimeFormat::IsoLocal.read_text(text, Shanghai), Some((expected, precision)));
    }

    #[test]
    fn a_clock_reading_that_never_happened_moves_forward() {
        let (instant, _) = TimeFormat::IsoLocal.read_text("2026-03-08 02:30", New_York).unwrap();
        assert_eq!(instant.to_rfc3339(), "2026-03-08T07:00:00+00:00");
    }

    #[rstest]
    #[case("2026-03-01")]
    #[case("2026-02-30")]
    #[case("2026-3-1")]
    #[case("0026-03-01")]
    #[case(" 2026-03-01")]
    #[case("2026-03-0x")]
    #[case("+026-03-01")]
    fn a_day_read_the_short_way_is_that_of_its_pattern(#[case] text: &str) {
        let pattern = TimeFormat::Pattern(ISO_DAY.to_owned());
        let slow = NaiveDate::parse_from_str(text, ISO_DAY).ok();
        let plain = pattern.plain_day(&json!(text));
        assert!(plain.is_none() || plain == slow, "{plain:?} {slow:?}");
        assert_eq!(pattern.read_text(text, New_York).map(|(at, _)| at.with_timezone(&New_York).date_naive()), slow);
        assert_eq!(plain, TimeFormat::IsoLocal.plain_day(&json!(text)));
    }

    #[test]
    fn refuses_what_is_not_a_time() {
        assert!(TimeFormat::EpochMs.read(&json!("soon"), Shanghai).is_err());
        assert!(TimeFormat::Rfc3339.read(&json!({"at": 1}), Shanghai).is_err());
        assert_eq!(TimeFormat::Rfc3339.read(&json!(" "), Shanghai), Ok(None));
        assert!("epoch".parse::<TimeFormat>().is_err());
        assert!("%Q".parse::<TimeFormat>().is_err());
    }

    #[test]
    fn writes_patterns_in_the_zone() {
        let instant = DateTime::parse_from_rfc3339("2026-02-28T16:00:00Z").unwrap().with_timezone(&Utc);
        assert_eq!(TimeFormat::Pattern("%Y-%m-%d".into()).write(instant, Shanghai), "2026-03-01");
        assert_eq!(TimeFormat::EpochMs.write(instant, Shanghai), "1772294400000");
    }
}
