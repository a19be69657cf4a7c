//! What people decided about postings: `decisions.toml` beside `inflow.toml`. It is configuration, so replay reads it too.
//!
//! ```toml
//! [[postings]]
//! same = ["boss_hz/8f21c0", "zhaopin_a/CC120J40"]
//!
//! [[postings]]
//! different = ["boss_hz/8f21c0", "boss_hz/77aa10"]
//! ```

use crate::PipelineError;
use serde::Deserialize;
use std::path::Path;

/// The file's name.
pub const FILE: &str = "decisions.toml";

/// Decisions about postings.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Decisions {
    /// Pairs of keys that are of one job.
    pub same: Vec<(String, String)>,
    /// Pairs of keys that are not.
    pub different: Vec<(String, String)>,
}

#[derive(Deserialize)]
struct File {
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
    /// Reads the file in a folder; a file that is not there decides nothing.
    ///
    /// # Errors
    /// When the file cannot be read, or an entry is none.
    pub fn load(folder: &Path) -> Result<Self, PipelineError> {
        let path = folder.join(FILE);
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Self::default()),
            Err(error) => return Err(PipelineError::Decisions { path, reason: error.to_string() }),
        };
        Self::read(&text).map_err(|reason| PipelineError::Decisions { path, reason })
    }

    fn read(text: &str) -> Result<Self, String> {
        let file: File = toml::from_str(text).map_err(|error| error.to_string().trim_end().to_owned())?;
        let mut decisions = Self::default();
        for (number, entry) in (1..).zip(file.postings) {
            let (keys, into) = match (entry.same.len(), entry.different.len()) {
                (2.., 0) => (entry.same, &mut decisions.same),
                (0, 2..) => (entry.different, &mut decisions.different),
                _ => {
                    return Err(format!(
                        "entry {number} of [[postings]] has neither `same` nor `different` with at least two keys, or has both"
                    ));
                }
            };
            if let Some(key) = keys.iter().find(|key| !key.contains('/')) {
                return Err(format!("entry {number} of [[postings]]: {key:?} is no key; keys are connection/source_id"));
            }
            for (at, one) in keys.iter().enumerate() {
                into.extend(keys.iter().skip(at + 1).map(|other| (one.clone(), other.clone())));
            }
        }
        Ok(decisions)
    }

    /// All keys that are named, each once.
    pub fn keys(&self) -> Vec<String> {
        let mut keys: Vec<String> = self.same.iter().chain(&self.different).flat_map(|(a, b)| [a.clone(), b.clone()]).collect();
        keys.sort_unstable();
        keys.dedup();
        keys
    }
}

#[cfg(test)]
mod tests {
    use super::Decisions;

    #[test]
    fn an_entry_names_two_or_more() {
        let read =
            Decisions::read("[[postings]]\nsame = [\"a/1\", \"a/2\", \"b/1\"]\n[[postings]]\ndifferent = [\"a/1\", \"c/1\"]").unwrap();
        assert_eq!(read.same.len(), 3);
        assert_eq!(read.different, [("a/1".to_owned(), "c/1".to_owned())]);
        assert_eq!(read.keys(), ["a/1", "a/2", "b/1", "c/1"]);
        for (text, expected) in [
            ("[[postings]]\nsame = [\"a/1\"]", "entry 1"),
            ("[[postings]]\nsame = [\"a/1\", \"b\"]", "no key"),
            ("[[postings]]\nsam = [\"a/1\", \"b/1\"]", "unknown field"),
        ] {
            assert!(Decisions::read(text).unwrap_err().contains(expected), "{text}");
        }
        assert_eq!(Decisions::read("[[persons]]\nsame = []").unwrap(), Decisions::default());
    }
}
