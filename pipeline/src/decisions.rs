//! What a person decided against the machine: `decisions.toml` beside `inflow.toml`. Replay reads it again, so it outlives every
//! rebuilding; a line taken out undoes it.
//!
//! ```toml
//! [[candidates]]
//! same = ["moka/c12", "boss/b7"]
//!
//! [[postings]]
//! different = ["boss/4711", "zhaopin/0815"]
//! ```
//!
//! A key is `connection/id at the source`, as the tables have it.

use inflow_config::Explain;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Name of the file.
pub const FILE: &str = "decisions.toml";

/// Connection and id at the source.
pub type Key = (String, String);

/// All decisions.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Decisions {
    /// About candidate rows.
    pub candidates: Vec<Decision>,
    /// About postings.
    pub postings: Vec<Decision>,
}

/// One entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// All these are one.
    Same(Vec<Key>),
    /// No two of these are one.
    Different(Vec<Key>),
}

/// A decisions file that cannot be followed.
#[derive(Debug, thiserror::Error)]
pub enum DecisionsError {
    /// It cannot be read.
    #[error("{} cannot be read: {source}", .path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// It is no TOML of this shape.
    #[error("{}: {source}", .path.display())]
    Shape {
        /// The file.
        path: PathBuf,
        /// Where and why.
        source: Box<toml::de::Error>,
    },
    /// An entry decides nothing.
    #[error("{}: entry {number} of [[{table}]] {reason}", .path.display())]
    Entry {
        /// The file.
        path: PathBuf,
        /// `candidates` or `postings`.
        table: &'static str,
        /// Counted from 1.
        number: usize,
        /// What is wrong.
        reason: String,
    },
}

impl Explain for DecisionsError {
    fn hint(&self) -> Option<String> {
        match self {
            Self::Unreadable { .. } => Some("check that the file exists and that you may read it".to_owned()),
            Self::Shape { .. } | Self::Entry { .. } => {
                Some("an entry is `same = [..]` or `different = [..]` with two or more keys of the form connection/id".to_owned())
            }
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    candidates: Vec<Entry>,
    #[serde(default)]
    postings: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    #[serde(default)]
    same: Vec<String>,
    #[serde(default)]
    different: Vec<String>,
}

impl Decisions {
    /// Reads the decisions beside a configuration; none when there is no such file.
    ///
    /// # Errors
    /// When there is one that cannot be followed to the letter.
    pub fn load(config_dir: &Path) -> Result<Self, DecisionsError> {
        let path = config_dir.join(FILE);
        match std::fs::read_to_string(&path) {
            Ok(text) => Self::read(&path, &text),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Self::default()),
            Err(source) => Err(DecisionsError::Unreadable { path, source }),
        }
    }

    fn read(path: &Path, text: &str) -> Result<Self, DecisionsError> {
        let shape = |source| DecisionsError::Shape { path: path.to_owned(), source: Box::new(source) };
        let file: File = toml::from_str(text).map_err(shape)?;
        let entry = |table, number, reason| DecisionsError::Entry { path: path.to_owned(), table, number, reason };
        let all = |table: &'static str, entries: Vec<Entry>| -> Result<Vec<Decision>, DecisionsError> {
            let decisions =
                entries.into_iter().enumerate().map(|(at, found)| decision(found).map_err(|reason| entry(table, at + 1, reason)));
            let decisions = decisions.collect::<Result<Vec<_>, _>>()?;
            match contradiction(&decisions) {
                Some((number, (a, b))) => {
                    let reason = format!("keeps apart {}/{} and {}/{}, which other entries make one", a.0, a.1, b.0, b.1);
                    Err(entry(table, number, reason))
                }
                None => Ok(decisions),
            }
        };
        Ok(Self { candidates: all("candidates", file.candidates)?, postings: all("postings", file.postings)? })
    }
}

fn decision(entry: Entry) -> Result<Decision, String> {
    let (keys, make): (_, fn(Vec<Key>) -> Decision) = match (entry.same.is_empty(), entry.different.is_empty()) {
        (false, true) => (entry.same, Decision::Same),
        (true, false) => (entry.different, Decision::Different),
        (true, true) => return Err("names nothing".to_owned()),
        (false, false) => return Err("says both same and different".to_owned()),
    };
    let mut read = Vec::with_capacity(keys.len());
    for key in &keys {
        match key.split_once('/') {
            Some((connection, id)) if !connection.is_empty() && !id.is_empty() => read.push((connection.to_owned(), id.to_owned())),
            _ => return Err(format!("has the key {key:?}, which is not of the form connection/id")),
        }
    }
    read.sort_unstable();
    let named = read.len();
    read.dedup();
    match (read.len(), named - read.len()) {
        (_, 1..) => Err("names a key twice".to_owned()),
        (0 | 1, _) => Err("names one key only".to_owned()),
        _ => Ok(make(read)),
    }
}

/// An entry that keeps apart what others make one, counted from 1, and the pair.
fn contradiction(decisions: &[Decision]) -> Option<(usize, (&Key, &Key))> {
    let mut numbers: BTreeMap<&Key, usize> = BTreeMap::new();
    for decision in decisions {
        let (Decision::Same(keys) | Decision::Different(keys)) = decision;
        for key in keys {
            let next = numbers.len();
            numbers.entry(key).or_insert(next);
        }
    }
    let mut sets = crate::sets::Sets::new(numbers.len());
    for decision in decisions {
        if let Decision::Same(keys) = decision {
            keys.windows(2).for_each(|pair| sets.join(numbers[&pair[0]], numbers[&pair[1]]));
        }
    }
    for (at, decision) in decisions.iter().enumerate() {
        let Decision::Different(keys) = decision else { continue };
        let mut seen: BTreeMap<usize, &Key> = BTreeMap::new();
        for key in keys {
            if let Some(other) = seen.insert(sets.root(numbers[key]), key) {
                return Some((at + 1, (other, key)));
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    fn read(text: &str) -> Result<Decisions, String> {
        Decisions::read(Path::new(FILE), text).map_err(|error| error.to_string())
    }

    #[test]
    fn reads_both_tables_and_no_file_is_no_decision() {
        let text = "[[candidates]]\nsame = [\"moka/c12\", \"boss/b/7\"]\n[[postings]]\ndifferent = [\"boss/1\", \"boss/2\", \"boss/3\"]\n";
        let key = |connection: &str, id: &str| (connection.to_owned(), id.to_owned());
        let decisions = read(text).unwrap();
        assert_eq!(decisions.candidates, [Decision::Same(vec![key("boss", "b/7"), key("moka", "c12")])]);
        assert_eq!(decisions.postings, [Decision::Different(vec![key("boss", "1"), key("boss", "2"), key("boss", "3")])]);
        assert_eq!(Decisions::load(tempfile::tempdir().unwrap().path()).unwrap(), Decisions::default());
    }

    #[rstest]
    #[case("[[candidates]]\n", "decisions.toml: entry 1 of [[candidates]] names nothing")]
    #[case("[[postings]]\nsame = [\"a/1\"]\n", "decisions.toml: entry 1 of [[postings]] names one key only")]
    #[case("[[candidates]]\nsame = [\"a/1\", \"a/1\"]\n", "decisions.toml: entry 1 of [[candidates]] names a key twice")]
    #[case(
        "[[candidates]]\nsame = [\"a:1\", \"a/2\"]\n",
        "decisions.toml: entry 1 of [[candidates]] has the key \"a:1\", which is not of the form connection/id"
    )]
    #[case(
        "[[candidates]]\nsame = [\"a/1\", \"a/2\"]\ndifferent = [\"a/1\", \"a/3\"]\n",
        "decisions.toml: entry 1 of [[candidates]] says both same and different"
    )]
    #[case(
        "[[candidates]]\nsame = [\"a/1\", \"a/2\"]\n[[candidates]]\nsame = [\"a/2\", \"a/3\"]\n[[candidates]]\ndifferent = [\"a/1\", \"a/3\"]\n",
        "decisions.toml: entry 3 of [[candidates]] keeps apart a/1 and a/3, which other entries make one"
    )]
    fn refuses_what_decides_nothing_or_both(#[case] text: &str, #[case] expected: &str) {
        assert_eq!(read(text).unwrap_err(), expected);
    }

    #[test]
    fn an_unknown_word_is_told_with_its_line() {
        assert!(read("[[candidates]]\nequal = [\"a/1\", \"a/2\"]\n").unwrap_err().contains("line 2"));
    }
}
