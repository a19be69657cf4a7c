//! Errors that reach a person: one clear sentence that names the place, and a hint.

use std::fmt;
use std::path::{Path, PathBuf};

/// What the command line needs to know about an error besides its message.
///
/// Every library error enum of the project implements this.
pub trait Explain: std::error::Error {
    /// What the person can do about it, as one sentence without a full stop.
    fn hint(&self) -> Option<String> {
        None
    }

    /// 1 when the user can fix it, 2 when it is ours.
    fn exit_code(&self) -> u8 {
        1
    }
}

/// One thing that is wrong in a config file or in an override from the environment.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Problem {
    /// The file, as it was named on the command line; empty for an environment variable.
    pub file: PathBuf,
    /// Line of the key, from 1; absent for environment variables and for a file as a whole.
    pub line: Option<usize>,
    /// Path of the key (`company.timezone`, `budget[0].per`) or name of the environment variable.
    pub key: String,
    /// What is wrong, in lower case and without a full stop.
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
}

impl Problem {
    /// A problem with a file as a whole.
    pub fn in_file(file: &Path, message: impl Into<String>) -> Self {
        Self { file: file.to_owned(), line: None, key: String::new(), message: message.into(), hint: None }
    }

    /// The same problem with a hint.
    #[must_use]
    pub fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let file = self.file.display().to_string();
        let line = self.line.map(|line| line.to_string()).unwrap_or_default();
        let place = [file, line].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(":");
        for part in [place.as_str(), self.key.as_str()] {
            if !part.is_empty() {
                write!(f, "{part}: ")?;
            }
        }
        f.write_str(&self.message)?;
        match &self.hint {
            Some(hint) => write!(f, " ({hint})"),
            None => Ok(()),
        }
    }
}

/// Everything that is wrong with a configuration, in the order of files and lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigError {
    /// At least one problem.
    pub problems: Vec<Problem>,
}

impl fmt::Display for ConfigError {
    /// All problems, one a line.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.problems.iter().enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            write!(f, "{problem}")?;
        }
        Ok(())
    }
}

impl std::error::Error for ConfigError {}

impl Explain for ConfigError {
    fn hint(&self) -> Option<String> {
        Some("fix what is named, then `inflow validate` checks it again".to_owned())
    }
}

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

/// The accepted word nearest to a given one, when it is near enough to be what was meant.
///
/// Case does not count, so `asia/shanghai` finds `Asia/Shanghai`.
pub fn closest<'a>(given: &str, accepted: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let given = given.to_lowercase();
    // A third of the letters may be wrong: two slips in `timezone`, none in `to`.
    let limit = given.chars().count() / 3;
    accepted
        .into_iter()
        .map(|word| (strsim::osa_distance(&given, &word.to_lowercase()), word))
        .filter(|(distance, _)| *distance <= limit)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, word)| word)
}

/// ``did you mean `word`?``, when one of the accepted words is near.
pub fn did_you_mean<'a>(given: &str, accepted: impl IntoIterator<Item = &'a str>) -> Option<String> {
    closest(given, accepted).map(|word| format!("did you mean `{word}`?"))
}
