//! `Field`: how one column is read from a record. The pipeline reads landed lines with it.

use std::collections::BTreeMap;
use std::fmt;

use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;
use rust_decimal::Decimal;
use serde::de::value::MapAccessDeserializer;
use serde::de::{self, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};

use super::columns::{Column, FieldType};
use super::path::Path;
use super::request::is_false;
use super::template::{Template, fits};
use super::time::{Precision, TimeFormat};
use super::words::{bool_of, decimal_of, scalar_text, unescape};

/// How one column is read. In TOML either a path (`title = "text"`) or a table.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Field {
    /// Paths in the order tried: the first that has a value counts, objects passed over. (`path` gives one.)
    #[serde(rename = "first_of")]
    pub paths: Vec<Path>,
    /// Before `paths`: all values of all these paths, joined.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub all_of: Vec<Path>,
    /// Made when the paths find nothing: a text with `{path}` from the record, such as an address with an id. No value
    /// when one of them is absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<Template>,
    /// Values that say nothing (`0`, `N/A`, `# Locations`); `#` stands for a number. Compared without case.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub ignore: Vec<String>,
    /// Between joined values; `", "` for lists, a line feed for `all_of`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub join: Option<String>,
    /// Another type than the column's own (html for a text column, say).
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub kind: Option<FieldType>,
    /// Time format; the stream's when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub format: Option<TimeFormat>,
    /// The value when nothing is found; a field with only a default is a constant.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default: Option<String>,
    /// The value is an id of a reference stream; read this path of the entry instead.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lookup: Option<Lookup>,
    /// Words of the source to words of the column; compared without case. A word that is not
    /// listed stays as it is.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub words: BTreeMap<String, String>,
    /// A word that is not listed says nothing.
    #[serde(skip_serializing_if = "is_false")]
    pub listed: bool,
    /// Decimals are multiplied by this: "0.01" for cents, "1000" for thousands.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scale: Option<Decimal>,
    /// The value is the number of values at the paths: of elements, where a path ends with a list.
    #[serde(skip_serializing_if = "is_false")]
    pub count: bool,
    /// The field has a value only when this holds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub when: Option<When>,
}

/// Replaces an id by a value of the reference entry with that id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lookup {
    /// Name of a stream of kind `reference`.
    pub stream: String,
    /// Path in the entry. The id itself stays when the entry is unknown.
    pub value: Path,
}

/// A condition on a record.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct When {
    /// The value looked at.
    pub path: Path,
    /// Looked up first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lookup: Option<Lookup>,
    /// Holds when the value is one of these words.
    #[serde(default, skip_serializing_if = "Vec::is_empty", deserialize_with = "one_or_many")]
    pub is: Vec<String>,
    /// Holds when the value is none of these words (an absent value is none of them).
    #[serde(default, skip_serializing_if = "Vec::is_empty", deserialize_with = "one_or_many")]
    pub not: Vec<String>,
    /// Holds when the value has one of these texts in it.
    #[serde(default, skip_serializing_if = "Vec::is_empty", deserialize_with = "one_or_many")]
    pub contains: Vec<String>,
    /// Holds when a value is there (true) or not (false).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exists: Option<bool>,
    /// Another condition that must hold too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub also: Option<Box<When>>,
}

/// What a field is read from.
#[derive(Debug, Clone, Copy)]
pub struct Scope<'v> {
    /// The record (`r` of a landed line).
    pub record: &'v Value,
    /// The element of an `each`; the record itself outside of one.
    pub element: &'v Value,
    /// Reference entries by stream and id (`x` of a landed line).
    pub lookups: Option<&'v Map<String, Value>>,
    /// Zone of naive times.
    pub zone: Tz,
    /// Time format of fields that name none.
    pub time_format: &'v TimeFormat,
    /// When the record was fetched: relative times are counted from it.
    pub fetched: Option<DateTime<Utc>>,
}

/// A value read by a [`Field`].
#[derive(Debug, Clone, PartialEq)]
pub enum Cell {
    /// Text, never empty.
    Text(String),
    /// A whole number.
    Integer(i64),
    /// A decimal number.
    Decimal(Decimal),
    /// An instant and how exactly it is known.
    Time(DateTime<Utc>, Precision),
    /// A calendar day.
    Day(NaiveDate),
    /// true or false.
    Bool(bool),
}

impl Cell {
    /// The text of a text cell.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Cell::Text(text) => Some(text),
            _ => None,
        }
    }
}

impl fmt::Display for Cell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Cell::Text(text) => f.write_str(text),
            Cell::Integer(number) => write!(f, "{number}"),
            Cell::Decimal(number) => write!(f, "{number}"),
            Cell::Time(at, precision) => write!(f, "{} ({})", at.to_rfc3339_opts(chrono::SecondsFormat::AutoSi, true), precision.as_str()),
            Cell::Day(day) => write!(f, "{day}"),
            Cell::Bool(flag) => write!(f, "{flag}"),
        }
    }
}

impl<'v> Scope<'v> {
    /// The same scope of a record fetched at that instant.
    #[must_use]
    pub fn fetched(self, at: DateTime<Utc>) -> Scope<'v> {
        Scope { fetched: Some(at), ..self }
    }

    /// The value at a path: in the element, or in the record for `$` paths.
    pub fn first(&self, path: &Path) -> Option<&'v Value> {
        path.first(if path.is_from_record() { self.record } else { self.element })
    }

    fn all(&self, path: &Path) -> Vec<&'v Value> {
        path.all(if path.is_from_record() { self.record } else { self.element })
    }

    /// The entry of a reference stream.
    fn entry(&self, lookup: &Lookup, id: &str) -> Option<&'v Value> {
        lookup.value.first(self.lookups?.get(&lookup.stream)?.get(id)?)
    }

    /// Text at a path, looked up where asked; `None` when absent, empty or not a scalar.
    pub fn text(&self, path: &Path, lookup: Option<&Lookup>) -> Option<String> {
        let text = scalar_text(self.first(path)?)?;
        match lookup.and_then(|lookup| self.entry(lookup, &text)) {
            Some(found) => scalar_text(found),
            None => Some(text),
        }
    }
}

impl When {
    /// Whether the condition holds.
    pub fn holds(&self, scope: &Scope<'_>) -> bool {
        let there = scope.first(&self.path).is_some();
        let text = scope.text(&self.path, self.lookup.as_ref());
        let text = text.map(|text| text.to_lowercase());
        let listed = |words: &[String]| text.as_ref().is_some_and(|text| words.iter().any(|word| word.to_lowercase() == *text));
        let within = |words: &[String]| text.as_ref().is_some_and(|text| words.iter().any(|word| text.contains(&word.to_lowercase())));
        self.exists.is_none_or(|wanted| wanted == there)
            && (self.is.is_empty() || listed(&self.is))
            && (self.not.is_empty() || !listed(&self.not))
            && (self.contains.is_empty() || within(&self.contains))
            && self.also.as_ref().is_none_or(|also| also.holds(scope))
    }

    /// This condition and those that must hold too.
    pub fn all(&self) -> impl Iterator<Item = &When> {
        std::iter::successors(Some(self), |when| when.also.as_deref())
    }

    /// Every lookup with the path that gives the id.
    pub fn lookups(&self) -> impl Iterator<Item = (&Lookup, &Path)> {
        self.all().filter_map(|when| Some((when.lookup.as_ref()?, &when.path)))
    }
}

impl Field {
    /// A field that reads one path.
    pub fn at(path: Path) -> Field {
        Field { paths: vec![path], ..Field::default() }
    }

    /// Every path that the field reads, its condition included.
    pub fn reads(&self) -> impl Iterator<Item = &Path> {
        let made = self.text.iter().flat_map(Template::paths);
        self.paths.iter().chain(&self.all_of).chain(made).chain(self.when.iter().flat_map(When::all).map(|when| &when.path))
    }

    /// Every lookup of the field with the paths that give the id.
    pub fn lookups(&self) -> impl Iterator<Item = (&Lookup, &Path)> {
        let own = self.lookup.iter().flat_map(|lookup| self.paths.iter().chain(&self.all_of).map(move |p| (lookup, p)));
        own.chain(self.when.iter().flat_map(When::lookups))
    }

    /// Reads the field for a column: its type unless the field names one, its accepted words checked.
    /// The error says what was found and what was expected, without the value of text columns.
    pub fn read_column(&self, column: &Column, scope: &Scope<'_>) -> Result<Option<Cell>, String> {
        let cell = self.read(column.value, scope)?;
        if let (false, Some(Cell::Text(word))) = (column.accepted.is_empty(), &cell)
            && !column.accepted.contains(&word.as_str())
        {
            return Err(format!("{} is {word:?}, not one of {}; map the word under `words`", column.name, column.accepted.join(", ")));
        }
        Ok(cell)
    }

    /// Reads the field as `kind` unless the field itself names a type.
    pub fn read(&self, kind: FieldType, scope: &Scope<'_>) -> Result<Option<Cell>, String> {
        if self.when.as_ref().is_some_and(|when| !when.holds(scope)) {
            return Ok(None);
        }
        if self.count {
            return Ok(self.counted(scope));
        }
        let kind = self.kind.unwrap_or(kind);
        if !self.all_of.is_empty()
            && let Some(text) = self.joined(scope, kind)?
        {
            return Ok(Some(Cell::Text(text)));
        }
        for (at, path) in self.paths.iter().enumerate() {
            // An object where another path reads what is inside of it is another way of writing, no fault.
            let more = at + 1 < self.paths.len();
            if more && scope.first(path).is_some_and(Value::is_object) && self.lookup.is_none() {
                continue;
            }
            if let Some(cell) = self.read_path(path, kind, scope)? {
                return Ok(Some(cell));
            }
        }
        if let Some(text) = self.text.as_ref().and_then(|template| template.fill(scope)) {
            return self.cell(&Value::String(text), kind, scope);
        }
        match &self.default {
            Some(text) => self.cell(&Value::String(text.clone()), kind, scope),
            None => Ok(None),
        }
    }

    /// The number of values at the first path that has any; a list counts as its elements, and an empty one as none of
    /// them.
    fn counted(&self, scope: &Scope<'_>) -> Option<Cell> {
        let found = self.paths.iter().map(|path| scope.all(path)).find(|found| !found.is_empty())?;
        let count: usize = found.iter().map(|value| value.as_array().map_or(1, |list| list.iter().filter(|v| !v.is_null()).count())).sum();
        i64::try_from(count).ok().map(Cell::Integer)
    }

    fn read_path(&self, path: &Path, kind: FieldType, scope: &Scope<'_>) -> Result<Option<Cell>, String> {
        let Some(value) = scope.first(path) else { return Ok(None) };
        if let Some(lookup) = &self.lookup {
            let id = scalar_text(value).ok_or_else(|| unexpected("an id", value))?;
            let entry = scope.entry(lookup, &id).cloned().unwrap_or(Value::String(id));
            return self.cell(&entry, kind, scope);
        }
        // Several values of one path are a list; only text can hold them.
        if matches!(kind, FieldType::Text | FieldType::Html | FieldType::EscapedHtml) {
            // Most are one text at one place.
            if let (Value::String(_), true, true) = (value, path.is_plain(), self.ignore.is_empty() && !self.listed) {
                return Ok(scalar_text(value).map(|text| self.text_cell(text, kind)));
            }
            let values = self.telling(scope.all(path));
            let separator = self.join.as_deref().unwrap_or(", ");
            return Ok(join(&values, separator)?.map(|text| self.text_cell(text, kind)));
        }
        if self.says_nothing(value) {
            return Ok(None);
        }
        self.cell(value, kind, scope)
    }

    /// The values that say something; a list is opened for that.
    fn telling<'v>(&self, values: Vec<&'v Value>) -> Vec<&'v Value> {
        if self.ignore.is_empty() && !self.listed {
            return values;
        }
        let opened = values.into_iter().flat_map(|value| match value {
            Value::Array(list) => list.iter().collect(),
            other => vec![other],
        });
        opened.filter(|value| !self.says_nothing(value)).collect()
    }

    fn says_nothing(&self, value: &Value) -> bool {
        if self.ignore.is_empty() && !self.listed {
            return false;
        }
        let ignored = |text: &str| self.ignore.iter().any(|pattern| fits(pattern, text));
        scalar_text(value).is_some_and(|text| ignored(&text) || (self.listed && self.mapped(&text).is_none()))
    }

    fn joined(&self, scope: &Scope<'_>, kind: FieldType) -> Result<Option<String>, String> {
        let values = self.telling(self.all_of.iter().flat_map(|path| scope.all(path)).collect());
        let separator = self.join.as_deref().unwrap_or("\n");
        let text = if kind == FieldType::Text { join_once(&values, separator)? } else { join(&values, separator)? };
        Ok(text.map(|text| if kind == FieldType::EscapedHtml { unescape(&text) } else { text }))
    }

    fn text_cell(&self, text: String, kind: FieldType) -> Cell {
        let text = if kind == FieldType::EscapedHtml { unescape(&text) } else { text };
        Cell::Text(self.word(text))
    }

    fn word(&self, text: String) -> String {
        if self.words.is_empty() {
            return text;
        }
        self.mapped(&text).cloned().unwrap_or(text)
    }

    fn mapped(&self, text: &str) -> Option<&String> {
        let folded = text.to_lowercase();
        self.words.get(text).or_else(|| self.words.iter().find(|(word, _)| word.to_lowercase() == folded).map(|(_, mapped)| mapped))
    }

    fn cell(&self, value: &Value, kind: FieldType, scope: &Scope<'_>) -> Result<Option<Cell>, String> {
        match kind {
            FieldType::Time => {
                let format = self.format.as_ref().unwrap_or(scope.time_format);
                Ok(format.read_at(value, scope.zone, scope.fetched)?.map(|(instant, precision)| Cell::Time(instant, precision)))
            }
            FieldType::Day => {
                let format = self.format.as_ref().unwrap_or(scope.time_format);
                if let Some(day) = format.plain_day(value) {
                    return Ok(Some(Cell::Day(day)));
                }
                let read = format.read_at(value, scope.zone, scope.fetched)?;
                Ok(read.map(|(instant, _)| Cell::Day(instant.with_timezone(&scope.zone).date_naive())))
            }
            _ => {
                let text = match value {
                    Value::String(_) => scalar_text(value),
                    other => join(&[other], self.join.as_deref().unwrap_or(", "))?,
                };
                let Some(text) = text else { return Ok(None) };
                let Cell::Text(text) = self.text_cell(text, kind) else { return Ok(None) };
                self.scalar(text, kind).map(Some)
            }
        }
    }

    fn scalar(&self, text: String, kind: FieldType) -> Result<Cell, String> {
        match kind {
            FieldType::Decimal => {
                let number = decimal_of(&text).ok_or_else(|| format!("{text:?} is not a number"))?;
                let scaled = match self.scale {
                    Some(scale) => number.checked_mul(scale).ok_or_else(|| format!("{text:?} is too large"))?,
                    None => number,
                };
                Ok(Cell::Decimal(scaled.normalize()))
            }
            FieldType::Integer => text.parse().map(Cell::Integer).map_err(|_| format!("{text:?} is not a whole number")),
            FieldType::Bool => bool_of(&text).map(Cell::Bool).ok_or_else(|| format!("{text:?} is not true or false")),
            _ => Ok(Cell::Text(text)),
        }
    }
}

fn join(values: &[&Value], separator: &str) -> Result<Option<String>, String> {
    let mut parts = Vec::new();
    gather(values, &mut parts)?;
    Ok((!parts.is_empty()).then(|| parts.join(separator)))
}

/// The same, each text once: several paths often say the same place.
fn join_once(values: &[&Value], separator: &str) -> Result<Option<String>, String> {
    let mut parts = Vec::new();
    gather(values, &mut parts)?;
    let mut seen = std::collections::HashSet::new();
    parts.retain(|part| seen.insert(part.clone()));
    Ok((!parts.is_empty()).then(|| parts.join(separator)))
}

fn gather(values: &[&Value], parts: &mut Vec<String>) -> Result<(), String> {
    for value in values {
        match value {
            Value::Null => {}
            Value::Array(list) => gather(&list.iter().collect::<Vec<_>>(), parts)?,
            Value::Object(_) => return Err(unexpected("text", value)),
            scalar => parts.extend(scalar_text(scalar)),
        }
    }
    Ok(())
}

fn unexpected(wanted: &str, value: &Value) -> String {
    format!("expected {wanted}, found {}", shape(value))
}

/// The JSON type of a value, for messages.
pub fn shape(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

/// Accepts `"word"` and `["word", "word"]`.
pub(super) fn one_or_many<'de, D, T>(deserializer: D) -> Result<Vec<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    struct OneOrMany<T>(std::marker::PhantomData<T>);
    impl<'de, T: Deserialize<'de>> Visitor<'de> for OneOrMany<T> {
        type Value = Vec<T>;
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("text or a list of texts")
        }
        fn visit_str<E: de::Error>(self, text: &str) -> Result<Vec<T>, E> {
            Ok(vec![T::deserialize(de::value::StrDeserializer::new(text))?])
        }
        fn visit_seq<A: de::SeqAccess<'de>>(self, sequence: A) -> Result<Vec<T>, A::Error> {
            Vec::deserialize(de::value::SeqAccessDeserializer::new(sequence))
        }
    }
    deserializer.deserialize_any(OneOrMany(std::marker::PhantomData))
}

/// The table form, as written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FieldTable {
    path: Option<Path>,
    #[serde(default)]
    first_of: Vec<Path>,
    #[serde(default)]
    all_of: Vec<Path>,
    text: Option<Template>,
    #[serde(default)]
    ignore: Vec<String>,
    join: Option<String>,
    #[serde(rename = "type")]
    kind: Option<FieldType>,
    format: Option<TimeFormat>,
    default: Option<String>,
    lookup: Option<Lookup>,
    #[serde(default)]
    words: BTreeMap<String, String>,
    #[serde(default)]
    listed: bool,
    scale: Option<Decimal>,
    #[serde(default)]
    count: bool,
    when: Option<When>,
}

impl FieldTable {
    fn field(self) -> Result<Field, &'static str> {
        let mut paths = self.first_of;
        if let Some(path) = self.path {
            if !paths.is_empty() {
                return Err("a field has either `path` or `first_of`");
            }
            paths.push(path);
        }
        if paths.is_empty() && self.all_of.is_empty() && self.text.is_none() && self.default.is_none() {
            return Err("a field needs `path`, `first_of`, `all_of`, `text` or `default`");
        }
        if self.count && paths.is_empty() {
            return Err("`count` counts the values at a `path`");
        }
        Ok(Field {
            paths,
            all_of: self.all_of,
            text: self.text,
            ignore: self.ignore,
            join: self.join,
            kind: self.kind,
            format: self.format,
            default: self.default,
            lookup: self.lookup,
            words: self.words,
            listed: self.listed,
            scale: self.scale,
            count: self.count,
            when: self.when,
        })
    }
}

impl<'de> Deserialize<'de> for Field {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct FieldForm;
        impl<'de> Visitor<'de> for FieldForm {
            type Value = Field;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a path or a table with `path`, `first_of`, `all_of`, `text` or `default`")
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Field, E> {
                text.parse().map(Field::at).map_err(E::custom)
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Field, A::Error> {
                FieldTable::deserialize(MapAccessDeserializer::new(map))?.field().map_err(de::Error::custom)
            }
        }
        deserializer.deserialize_any(FieldForm)
    }
}
