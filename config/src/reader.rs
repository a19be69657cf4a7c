//! Reads typed values out of a document without stopping at the first error.
//!
//! Serde stops at the first error and forgets lines, so the files are read by hand: every read
//! that fails leaves a [`Problem`] and a stand-in value, and the config is thrown away at the end
//! if there is any problem.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;
use rust_decimal::Decimal;

use crate::problem::{Problem, closest, did_you_mean};
use crate::tree::{At, Node, PREFIX, Value};

/// A text that does not mean what it should, and what was probably meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bad {
    /// What is wrong and what is accepted.
    pub message: String,
    /// What was probably meant.
    pub hint: Option<String>,
}

impl Bad {
    /// Without a hint.
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), hint: None }
    }

    /// With a hint, if there is one.
    #[must_use]
    pub fn hint(mut self, hint: Option<String>) -> Self {
        self.hint = hint;
        self
    }
}

impl fmt::Display for Bad {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        match &self.hint {
            Some(hint) => write!(f, " ({hint})"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Bad {}

/// The path of a key in a table, quoted as TOML would if it is no bare word.
pub(crate) fn join_key(table: &str, key: &str) -> String {
    let bare = !key.is_empty() && key.chars().all(|c| c.is_alphanumeric() || "_-".contains(c));
    let key = if bare { key.to_owned() } else { format!("{key:?}") };
    if table.is_empty() { key } else { format!("{table}.{key}") }
}

/// Where the keys of a file stand, so that other crates can name file and line of what they check.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Places {
    /// The file.
    pub file: PathBuf,
    places: BTreeMap<String, At>,
}

impl Places {
    /// A problem with a key such as `params.site`; a key that is absent takes the line of the table
    /// that should hold it.
    pub fn problem(&self, key: &str, message: impl Into<String>) -> Problem {
        let mut ancestor = key;
        let at = loop {
            match (self.places.get(ancestor), ancestor.rsplit_once('.')) {
                (Some(at), _) => break Some(at),
                (None, Some((parent, _))) => ancestor = parent,
                (None, None) => break None,
            }
        };
        // Only a key that the environment sets itself is placed there, not its neighbours.
        let at = at.filter(|at| ancestor == key || matches!(at, At::Line(_)));
        problem_at(&self.file, at, key, message.into())
    }
}

fn problem_at(file: &Path, at: Option<&At>, key: &str, message: String) -> Problem {
    let (file, line, key) = match at {
        Some(At::Env(name)) => (Path::new(""), None, name.as_str()),
        Some(At::Line(line)) => (file, Some(*line), key),
        None => (file, None, key),
    };
    Problem { file: file.to_owned(), line, key: key.to_owned(), message, hint: None }
}

/// Collects what is wrong with one file.
#[derive(Debug)]
pub(crate) struct Sink {
    places: RefCell<Places>,
    problems: RefCell<Vec<Problem>>,
}

impl Sink {
    pub fn new(file: &Path) -> Self {
        let places = Places { file: file.to_owned(), places: BTreeMap::new() };
        Self { places: RefCell::new(places), problems: RefCell::default() }
    }

    /// Reads a whole document.
    pub fn read<T>(&self, root: &BTreeMap<String, Node>, read: impl FnOnce(&mut Section<'_>) -> T) -> T {
        let section = Section { sink: self, path: String::new(), at: None, table: root, known: Vec::new() };
        section.read(read)
    }

    pub fn push(&self, problem: Problem) {
        self.problems.borrow_mut().push(problem);
    }

    pub fn into_parts(self) -> (Places, Vec<Problem>) {
        (self.places.into_inner(), self.problems.into_inner())
    }
}

/// One table of a document while it is read. Every key that is asked for is known; when the table
/// has been read, the others are reported.
#[derive(Debug)]
pub(crate) struct Section<'a> {
    sink: &'a Sink,
    path: String,
    at: Option<&'a At>,
    table: &'a BTreeMap<String, Node>,
    known: Vec<&'static str>,
}

const NO_TABLE: &BTreeMap<String, Node> = &BTreeMap::new();

impl<'a> Section<'a> {
    fn read<T>(mut self, read: impl FnOnce(&mut Self) -> T) -> T {
        let value = read(&mut self);
        self.report_unknown();
        value
    }

    fn key_path(&self, key: &str) -> String {
        join_key(&self.path, key)
    }

    fn take(&mut self, key: &'static str) -> Option<&'a Node> {
        self.known.push(key);
        let node = self.table.get(key)?;
        self.note(self.key_path(key), &node.at);
        Some(node)
    }

    fn note(&self, path: String, at: &At) {
        let mut places = self.sink.places.borrow_mut();
        places.places.insert(path, at.clone());
    }

    /// Reports a problem with a key of this table.
    pub fn complain(&self, key: &str, bad: Bad) {
        let at = self.table.get(key).map_or(self.at, |node| Some(&node.at));
        self.complain_at(at, &self.key_path(key), bad);
    }

    fn complain_at(&self, at: Option<&At>, path: &str, bad: Bad) {
        let file = self.sink.places.borrow().file.clone();
        let mut problem = problem_at(&file, at, path, bad.message);
        problem.hint = bad.hint;
        self.sink.push(problem);
    }

    /// Whether the key is written.
    pub fn has(&self, key: &str) -> bool {
        self.table.contains_key(key)
    }

    /// A key that may be absent.
    pub fn optional<T>(&mut self, key: &'static str, parse: impl FnOnce(&Node) -> Result<T, Bad>) -> Option<T> {
        let node = self.take(key)?;
        match parse(node) {
            Ok(value) => Some(value),
            Err(bad) => {
                self.complain(key, bad);
                None
            }
        }
    }

    /// A key that must be there; `stand_in` is only ever part of a config that is refused.
    pub fn required<T>(&mut self, key: &'static str, stand_in: T, parse: impl FnOnce(&Node) -> Result<T, Bad>) -> T {
        if !self.has(key) {
            self.known.push(key);
            self.complain(key, Bad::new("missing, and it has no default"));
            return stand_in;
        }
        self.optional(key, parse).unwrap_or(stand_in)
    }

    /// A table; one that is absent is read as an empty one.
    pub fn section<T>(&mut self, key: &'static str, read: impl FnOnce(&mut Section<'_>) -> T) -> T {
        let node = self.take(key);
        let (table, at) = match node.map(|node| (&node.value, &node.at)) {
            Some((Value::Table(table), at)) => (table, Some(at)),
            Some((value, _)) => {
                self.complain(key, expected("a table", value));
                (NO_TABLE, None)
            }
            None => (NO_TABLE, None),
        };
        let section = Section { sink: self.sink, path: self.key_path(key), at, table, known: Vec::new() };
        section.read(read)
    }

    /// A list of tables, `[[key]]`; none if it is absent.
    pub fn sections<T>(&mut self, key: &'static str, mut read: impl FnMut(&mut Section<'_>) -> T) -> Vec<T> {
        let Some(node) = self.take(key) else {
            return Vec::new();
        };
        let Value::List(items) = &node.value else {
            let hint = matches!(node.value, Value::Table(_)).then(|| format!("write [[{}]] instead of [{0}]", self.key_path(key)));
            self.complain(key, expected("a list of tables", &node.value).hint(hint));
            return Vec::new();
        };
        let mut values = Vec::new();
        for (index, item) in items.iter().enumerate() {
            let path = format!("{}[{index}]", self.key_path(key));
            self.note(path.clone(), &item.at);
            match &item.value {
                Value::Table(table) => {
                    let section = Section { sink: self.sink, path, at: Some(&item.at), table, known: Vec::new() };
                    values.push(section.read(&mut read));
                }
                other => self.complain_at(Some(&item.at), &path, expected("a table", other)),
            }
        }
        values
    }

    /// A table whose keys the user chooses.
    pub fn map<T>(&mut self, key: &'static str, parse: impl Fn(&Node) -> Result<T, Bad>) -> BTreeMap<String, T> {
        let Some(node) = self.take(key) else {
            return BTreeMap::new();
        };
        let Value::Table(table) = &node.value else {
            self.complain(key, expected("a table", &node.value));
            return BTreeMap::new();
        };
        let inner = Section { sink: self.sink, path: self.key_path(key), at: Some(&node.at), table, known: Vec::new() };
        let mut values = BTreeMap::new();
        for (name, item) in table {
            inner.note(inner.key_path(name), &item.at);
            match parse(item) {
                Ok(value) => {
                    values.insert(name.clone(), value);
                }
                Err(bad) => inner.complain(name, bad),
            }
        }
        values
    }

    fn report_unknown(&self) {
        for (key, node) in self.table {
            if self.known.contains(&key.as_str()) {
                continue;
            }
            let mut node = node;
            let mut path = self.key_path(key);
            // A section that the environment made is unknown by its leaf, which carries the name.
            while let (At::Env(_), Value::Table(inner)) = (&node.at, &node.value) {
                let Some((name, first)) = inner.first_key_value() else {
                    break;
                };
                path = format!("{path}.{name}");
                node = first;
            }
            let accepted = self.known.join(", ");
            let message = format!("unknown key, accepted here: {accepted}");
            let hint = match &node.at {
                At::Line(_) => did_you_mean(key, self.known.iter().copied()),
                At::Env(_) => closest(key, self.known.iter().copied()).map(|meant| {
                    let meant = self.key_path(meant).replace('.', "__").to_uppercase();
                    format!("did you mean `{PREFIX}{meant}`?")
                }),
            };
            self.complain_at(Some(&node.at), &path, Bad::new(message).hint(hint));
        }
    }
}
