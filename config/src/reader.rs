//! Reads typed values out of a document without stopping at the first error.
//!
//! Serde stops at the first error and forgets lines, so the files are read by hand: every read
//! that fails leaves a [`Problem`] and a stand-in value, and the config is thrown away at the end
//! if there is any problem.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::Path;

use crate::places::{Places, join_key, problem_at};
use crate::problem::{Bad, Problem, closest, did_you_mean};
use crate::tree::{At, Node, PREFIX, Value};
use crate::values::expected;

/// Collects what is wrong with one file.
#[derive(Debug)]
pub(crate) struct Sink {
    places: RefCell<Places>,
    problems: RefCell<Vec<Problem>>,
    unknown: RefCell<Vec<Unknown>>,
}

/// A key that nothing asked for. It is reported when the whole file has been read, for only then
/// is it known whether it is a key of the file's top that slipped into a table.
#[derive(Debug)]
struct Unknown {
    table: String,
    key: String,
    /// What follows the key in an environment variable that made the table.
    rest: String,
    at: At,
    known: Vec<&'static str>,
}

impl Sink {
    pub fn new(file: &Path) -> Self {
        let places = Places { file: file.to_owned(), places: BTreeMap::new() };
        Self { places: RefCell::new(places), problems: RefCell::default(), unknown: RefCell::default() }
    }

    /// Reads a whole document.
    pub fn read<T>(&self, root: &BTreeMap<String, Node>, read: impl FnOnce(&mut Section<'_>) -> T) -> T {
        let mut section = Section { sink: self, path: String::new(), at: None, table: root, known: Vec::new() };
        let value = read(&mut section);
        section.note_unknown();
        for unknown in self.unknown.take() {
            let problem = unknown.problem(&self.places.borrow().file, &section.known);
            self.push(problem);
        }
        value
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
        self.note_unknown();
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

    /// Reports a problem with this table as a whole.
    pub fn complain_here(&self, bad: Bad) {
        self.complain_at(self.at, &self.path, bad);
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
                // What an empty table would lack is not worth a word.
                return Sink::new(Path::new("")).read(NO_TABLE, read);
            }
            None => (NO_TABLE, self.at),
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

    fn note_unknown(&self) {
        for (key, node) in self.table {
            if !self.known.contains(&key.as_str()) {
                self.note_leaves(key, String::new(), node);
            }
        }
    }

    /// A table that the environment made is unknown by its leaves, which carry the variables' names.
    fn note_leaves(&self, key: &str, rest: String, node: &Node) {
        if let (At::Env(_), Value::Table(inner)) = (&node.at, &node.value) {
            for (name, leaf) in inner {
                self.note_leaves(key, format!("{rest}.{name}"), leaf);
            }
            return;
        }
        self.sink.unknown.borrow_mut().push(Unknown {
            table: self.path.clone(),
            key: key.to_owned(),
            rest,
            at: node.at.clone(),
            known: self.known.clone(),
        });
    }
}

impl Unknown {
    /// `top` are the keys of the file outside of any table.
    fn problem(&self, file: &Path, top: &[&str]) -> Problem {
        let message = format!("unknown key, accepted here: {}", self.known.join(", "));
        let hint = match &self.at {
            At::Line(_) if !self.table.is_empty() && top.contains(&self.key.as_str()) => {
                Some(format!("`{}` belongs to the file as a whole: write it above the first [table]", self.key))
            }
            At::Line(_) => did_you_mean(&self.key, self.known.iter().copied()),
            At::Env(_) => closest(&self.key, self.known.iter().copied()).map(|meant| {
                let variable = format!("{}{}", join_key(&self.table, meant), self.rest);
                format!("did you mean `{PREFIX}{}`?", variable.replace('.', "__").to_uppercase())
            }),
        };
        let path = format!("{}{}", join_key(&self.table, &self.key), self.rest);
        Problem { hint, ..problem_at(file, Some(&self.at), &path, message) }
    }
}
