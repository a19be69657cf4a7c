//! Durations, sizes and request windows, written as text: `"10s"`, `"800MiB"`.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::problem::Bad;
use crate::reader::Section;
use crate::values::{parsed, whole};

const DURATION_UNITS: [(&str, u64); 5] = [("ms", 1), ("s", 1_000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000)];

const SIZE_UNITS: [(&str, u64); 7] =
    [("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30), ("kB", 1_000), ("MB", 1_000_000), ("GB", 1_000_000_000), ("B", 1)];

/// Parses a duration of one unit: `250ms`, `10s`, `15m`, `1h`, `7d`.
pub fn parse_duration(text: &str) -> Result<Duration, Bad> {
    scaled(text, &DURATION_UNITS).filter(|millis| *millis > 0).map(Duration::from_millis).ok_or_else(|| {
        Bad::new(format!("`{text}` is not a duration, accepted: a whole number above 0 with ms, s, m, h or d, such as \"10s\""))
    })
}

/// Parses a size in bytes: `800MiB`, `2GB`.
pub fn parse_bytes(text: &str) -> Result<u64, Bad> {
    scaled(text, &SIZE_UNITS).ok_or_else(|| {
        Bad::new(format!("`{text}` is not a size, accepted: a whole number with KiB, MiB, GiB, kB, MB, GB or B, such as \"800MiB\""))
    })
}

/// Splits a number from its unit; `None` when either is not known or the product does not fit.
fn scaled(text: &str, units: &[(&str, u64)]) -> Option<u64> {
    let text = text.trim();
    let end = text.find(|c: char| !c.is_ascii_digit())?;
    let (number, unit) = text.split_at_checked(end)?;
    let (_, factor) = units.iter().find(|(name, _)| *name == unit.trim())?;
    number.parse::<u64>().ok()?.checked_mul(*factor)
}

/// Writes a duration the way [`parse_duration`] reads it, in the largest unit that is whole.
pub fn format_duration(duration: Duration) -> String {
    let millis = u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
    let (unit, factor) = DURATION_UNITS.into_iter().rev().find(|(_, factor)| millis.is_multiple_of(*factor)).unwrap_or(("ms", 1));
    format!("{}{unit}", millis / factor)
}

/// How many requests may be sent in any stretch of time of this length.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Window {
    /// Number of requests, at least 1.
    #[schemars(range(min = 1))]
    pub requests: u32,
    /// Length of the window, such as "1s" or "1h".
    #[serde(with = "duration_text")]
    #[schemars(with = "DurationText")]
    pub per: Duration,
}

impl Window {
    pub(crate) fn read(section: &mut Section<'_>) -> Self {
        Self {
            requests: section.required("requests", 1, |node| whole(node, 1, u32::MAX)),
            per: section.required("per", Duration::from_secs(1), |node| parsed(node, parse_duration)),
        }
    }
}

/// A duration as text, for `#[serde(with = "inflow_config::duration_text")]`.
pub mod duration_text {
    use std::time::Duration;

    use serde::{Deserialize as _, Deserializer, Serializer, de::Error as _};

    /// Writes `"10s"`.
    pub fn serialize<S: Serializer>(value: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&super::format_duration(*value))
    }

    /// Reads `"10s"`.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
        let text = String::deserialize(deserializer)?;
        super::parse_duration(&text).map_err(D::Error::custom)
    }
}

/// Writes a size the way [`parse_bytes`] reads it, in the largest unit that is whole.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature that serde calls")]
pub(crate) fn size_text<S: serde::Serializer>(bytes: &u64, serializer: S) -> Result<S::Ok, S::Error> {
    let units = [("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)];
    let (unit, factor) = units.into_iter().find(|(_, factor)| *bytes > 0 && bytes.is_multiple_of(*factor)).unwrap_or(("B", 1));
    serializer.serialize_str(&format!("{}{unit}", bytes / factor))
}

/// Describes a duration in the JSON Schema.
pub(crate) struct DurationText;

impl schemars::JsonSchema for DurationText {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Duration".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": "string",
            "pattern": "^[0-9]+ *(ms|s|m|h|d)$",
            "examples": ["10s", "15m"]
        })
    }
}

/// Describes a size in bytes in the JSON Schema.
pub(crate) struct SizeText;

impl schemars::JsonSchema for SizeText {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Size".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": "string",
            "pattern": "^[0-9]+ *(KiB|MiB|GiB|kB|MB|GB|B)$",
            "examples": ["800MiB"]
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations() {
        for (text, millis) in [("250ms", 250), ("10s", 10_000), ("15m", 900_000), ("1 h", 3_600_000), ("7d", 604_800_000)] {
            assert_eq!(parse_duration(text).unwrap(), Duration::from_millis(millis));
        }
        for text in ["", "10", "s", "0s", "-1s", "1.5s", "10 min", "99999999999999999999s", "18446744073709551615d"] {
            assert!(parse_duration(text).is_err(), "{text}");
        }
    }

    #[test]
    fn durations_are_written_as_they_are_read() {
        for text in ["250ms", "10s", "90s", "15m", "1h", "7d"] {
            assert_eq!(format_duration(parse_duration(text).unwrap()), text);
        }
    }

    #[test]
    fn sizes() {
        assert_eq!(parse_bytes("800MiB").unwrap(), 838_860_800);
        assert_eq!(parse_bytes("2 GB").unwrap(), 2_000_000_000);
        for text in ["800", "800mib", "lots", "99999999999GiB"] {
            assert!(parse_bytes(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_window_is_text_for_serde() {
        let window: Window = toml::from_str("requests = 10\nper = \"1s\"").unwrap();
        assert_eq!(window, Window { requests: 10, per: Duration::from_secs(1) });
        assert_eq!(serde_json::to_string(&window).unwrap(), r#"{"requests":10,"per":"1s"}"#);
    }
}
