//! A TOML document as a tree of values that know where they were written.

use std::collections::BTreeMap;
use std::path::Path;

use toml::de::{DeTable, DeValue};
use toml::value::Datetime;

use crate::problem::Problem;

/// A value and its place.
#[derive(Debug, Clone)]
pub(crate) struct Node {
    pub value: Value,
    pub at: At,
}

/// Where a value was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum At {
    /// Line of a file, from 1.
    Line(usize),
    /// The environment variable of this name.
    Env(String),
}

#[derive(Debug, Clone)]
pub(crate) enum Value {
    Text(String),
    Integer(i128),
    Float(String),
    Bool(bool),
    Time(Datetime),
    List(Vec<Node>),
    Table(BTreeMap<String, Node>),
}

impl Value {
    /// What it is, for messages.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Text(_) => "a text",
            Self::Integer(_) => "a whole number",
            Self::Float(_) => "a number with a point",
            Self::Bool(_) => "true or false",
            Self::Time(_) => "a date or time",
            Self::List(_) => "a list",
            Self::Table(_) => "a table",
        }
    }
}

/// Parses a document; all syntax errors at once.
pub(crate) fn parse(file: &Path, text: &str) -> Result<BTreeMap<String, Node>, Vec<Problem>> {
    let (table, errors) = DeTable::parse_recoverable(text);
    if !errors.is_empty() {
        return Err(errors.iter().map(|error| syntax(file, text, error)).collect());
    }
    Ok(entries(table.into_inner(), text))
}

fn syntax(file: &Path, text: &str, error: &toml::de::Error) -> Problem {
    let message = format!("not valid TOML: {}", error.message());
    let hint =
        error.message().starts_with("invalid unquoted key").then(|| "put a name of other letters into quotes: \"门店\" = ..".to_owned());
    Problem { line: error.span().map(|span| line_of(text, span.start)), hint, ..Problem::in_file(file, message) }
}

fn entries(table: DeTable<'_>, text: &str) -> BTreeMap<String, Node> {
    table
        .into_iter()
        .map(|(key, value)| {
            let line = line_of(text, key.span().start);
            (key.into_inner().into_owned(), node(value.into_inner(), line, text))
        })
        .collect()
}

fn node(value: DeValue<'_>, line: usize, text: &str) -> Node {
    let value = match value {
        DeValue::String(string) => Value::Text(string.into_owned()),
        DeValue::Integer(integer) => {
            match i128::from_str_radix(integer.as_str(), integer.radix()) {
                Ok(integer) => Value::Integer(integer),
                // Longer than any number we take: kept as it was written, to be named in the message.
                Err(_) => Value::Float(integer.to_string()),
            }
        }
        DeValue::Float(float) => Value::Float(float.to_string()),
        DeValue::Boolean(boolean) => Value::Bool(boolean),
        DeValue::Datetime(datetime) => Value::Time(datetime),
        DeValue::Array(array) => Value::List(
            array
                .into_iter()
                .map(|item| {
                    let line = line_of(text, item.span().start);
                    node(item.into_inner(), line, text)
                })
                .collect(),
        ),
        DeValue::Table(table) => Value::Table(entries(table, text)),
    };
    Node { value, at: At::Line(line) }
}

fn line_of(text: &str, offset: usize) -> usize {
    1 + text.bytes().take(offset).filter(|byte| *byte == b'\n').count()
}

/// Prefix of the environment variables that override `inflow.toml`.
pub(crate) const PREFIX: &str = "INFLOW__";

/// Lays `INFLOW__SECTION__KEY` variables over a document. What they may hold is checked when the
/// key is read, so that an unknown one is reported like an unknown key.
pub(crate) fn overlay(root: &mut BTreeMap<String, Node>, variables: Vec<(String, String)>) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut variables = variables;
    variables.sort();
    for (name, value) in variables {
        let Some(path) = name.strip_prefix(PREFIX) else {
            continue;
        };
        let path = path.to_lowercase();
        let parts: Vec<&str> = path.split("__").collect();
        let leaf = Node { value: Value::Text(value), at: At::Env(name.clone()) };
        if let Err(message) = set(root, &parts, leaf) {
            problems.push(Problem { key: name, ..Problem::in_file(Path::new(""), message) });
        }
    }
    problems
}

fn set(table: &mut BTreeMap<String, Node>, path: &[&str], leaf: Node) -> Result<(), String> {
    match path {
        [] => Ok(()),
        path if path.contains(&"") => Err("the name of an override must be INFLOW__SECTION__KEY".to_owned()),
        [key] => {
            if let Some(Node { value: value @ (Value::Table(_) | Value::List(_)), .. }) = table.get(*key) {
                return Err(format!("`{key}` is {}, which the environment cannot override", value.kind()));
            }
            table.insert((*key).to_owned(), leaf);
            Ok(())
        }
        [section, rest @ ..] => {
            let at = leaf.at.clone();
            let inner = table.entry((*section).to_owned()).or_insert_with(|| Node { value: Value::Table(BTreeMap::new()), at });
            match &mut inner.value {
                Value::Table(inner) => set(inner, rest, leaf),
                other => Err(format!("`{section}` is {}, which has no keys of its own", other.kind())),
            }
        }
    }
}
