//! Where the keys of a file stand.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::problem::Problem;
use crate::tree::At;

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
    pub(crate) places: BTreeMap<String, At>,
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

pub(crate) fn problem_at(file: &Path, at: Option<&At>, key: &str, message: String) -> Problem {
    let (file, line, key) = match at {
        Some(At::Env(name)) => (Path::new(""), None, name.as_str()),
        Some(At::Line(line)) => (file, Some(*line), key),
        None => (file, None, key),
    };
    Problem { file: file.to_owned(), line, key: key.to_owned(), message, hint: None }
}
