//! Texts made of a record's own values: an address with an id in it.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::field::Scope;
use super::path::Path;

/// A text with `{path}` placeholders that are read from the record.
///
/// ```
/// use inflow_connectors::spec::Template;
/// let template: Template = "https://jobs.example/{given.company}/{id}".parse()?;
/// assert_eq!(template.paths().count(), 2);
/// # Ok::<(), String>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    /// Each placeholder with the text before it.
    parts: Vec<(String, Path)>,
    /// The text after the last placeholder.
    tail: String,
}

impl Template {
    /// Every path that it reads.
    pub fn paths(&self) -> impl Iterator<Item = &Path> {
        self.parts.iter().map(|(_, path)| path)
    }

    /// The text; `None` when one of its values is absent.
    pub fn fill(&self, scope: &Scope<'_>) -> Option<String> {
        let mut filled = String::new();
        for (before, path) in &self.parts {
            filled.push_str(before);
            filled.push_str(&scope.text(path, None)?);
        }
        filled.push_str(&self.tail);
        Some(filled)
    }
}

impl fmt::Display for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (before, path) in &self.parts {
            write!(f, "{before}{{{path}}}")?;
        }
        f.write_str(&self.tail)
    }
}

impl FromStr for Template {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('{') {
            let (path, tail) = after.split_once('}').ok_or_else(|| format!("{text:?} has a {{ that is not closed"))?;
            parts.push((before.to_owned(), path.parse::<Path>().map_err(|error| error.to_string())?));
            rest = tail;
        }
        if parts.is_empty() {
            return Err(format!("{text:?} reads nothing from the record: a constant is a `default`"));
        }
        Ok(Template { parts, tail: rest.to_owned() })
    }
}

impl Serialize for Template {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Template {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

/// Whether a text is what a pattern says: the same without case, `#` standing for a number.
pub(super) fn fits(pattern: &str, text: &str) -> bool {
    let (pattern, text) = (pattern.to_lowercase(), text.trim().to_lowercase());
    let mut rest = text.as_str();
    let mut pieces = pattern.split('#');
    let Some(after) = pieces.next().and_then(|first| rest.strip_prefix(first)) else { return false };
    rest = after;
    for piece in pieces {
        let number = rest.trim_start_matches(|c: char| c.is_ascii_digit());
        let Some(after) = (number.len() < rest.len()).then(|| number.strip_prefix(piece)).flatten() else { return false };
        rest = after;
    }
    rest.is_empty()
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use serde_json::json;

    use super::super::field::Field;
    use super::super::{FieldType, TimeFormat};
    use super::*;

    fn read(field: &str, record: &serde_json::Value) -> Option<String> {
        let field: Field =
            toml::from_str::<std::collections::BTreeMap<String, Field>>(&format!("f = {field}")).unwrap().remove("f").unwrap();
        let format = TimeFormat::IsoLocal;
        let scope = Scope { record, element: record, lookups: None, zone: chrono_tz::UTC, time_format: &format, fetched: None };
        field.read(FieldType::Text, &scope).unwrap().map(|cell| cell.to_string())
    }

    #[test]
    fn a_text_is_made_of_the_records_values() {
        let record = json!({"id": 7, "given": {"site": "tea"}, "url": ""});
        assert_eq!(read("{ path = \"url\", text = \"https://{given.site}.example/{id}\" }", &record).unwrap(), "https://tea.example/7");
        assert_eq!(read("{ text = \"https://{given.site}.example/{no}\" }", &record), None, "half an address is none");
        let template: Template = "a{b[0].c}d".parse().unwrap();
        assert_eq!(template.to_string(), "a{b[0].c}d");
        assert!("nothing".parse::<Template>().is_err());
        assert!("{open".parse::<Template>().is_err());
    }

    #[test]
    fn values_that_say_nothing_are_passed_over() {
        let record = json!({"a": "3 Locations", "b": ["N/A", "Lyon"]});
        assert_eq!(read("{ first_of = [\"a\", \"b\"], ignore = [\"# locations\", \"n/a\"] }", &record).unwrap(), "Lyon");
        assert_eq!(read("{ all_of = [\"a\", \"b\"], ignore = [\"# locations\"], join = \"; \" }", &record).unwrap(), "N/A; Lyon");
    }

    #[test]
    fn words_that_are_not_listed_say_nothing() {
        let field = "{ path = \"per\", words = { Hourly = \"hour\", year = \"year\" }, listed = true }";
        assert_eq!(read(field, &json!({"per": "HOURLY"})).unwrap(), "hour");
        assert_eq!(read(field, &json!({"per": "fortnight"})), None);
        let field = "{ first_of = [\"place\", \"place.name\"] }";
        assert_eq!(read(field, &json!({"place": {"name": "Lyon"}})).unwrap(), "Lyon", "an object is another way of writing");
    }

    #[rstest]
    #[case("# Locations", "3 locations", true)]
    #[case("# Locations", "12 Locations", true)]
    #[case("# Locations", "Locations", false)]
    #[case("# Locations", "3 Locations in Lyon", false)]
    #[case("0", "0", true)]
    #[case("0", "10", false)]
    #[case("#+#", "1+23", true)]
    fn numbers_stand_behind_a_hash(#[case] pattern: &str, #[case] text: &str, #[case] expected: bool) {
        assert_eq!(fits(pattern, text), expected);
    }
}
