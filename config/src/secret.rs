//! Secrets are referred to, never written into a config file.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use crate::problem::{Bad, Explain};

/// Where a secret is: `env:NAME` or `file:PATH`. Holds no secret itself.
///
/// A relative path is taken from the folder of the config file; `~/` is the home folder.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct SecretRef(Source);

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Source {
    Env(String),
    File(PathBuf),
}

/// A secret that cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    /// The environment variable is not set, or empty.
    #[error("environment variable {name} is not set")]
    Unset {
        /// Name of the variable.
        name: String,
    },
    /// The variable's value is not Unicode.
    #[error("environment variable {name} is not valid UTF-8")]
    NotText {
        /// Name of the variable.
        name: String,
    },
    /// The file cannot be read.
    #[error("secret file {} cannot be read: {source}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The file has nothing in it.
    #[error("secret file {} is empty", path.display())]
    Empty {
        /// The file.
        path: PathBuf,
    },
    /// The reference starts with `~/` and there is no home folder.
    #[error("secret file {} is in the home folder, and HOME is not set", path.display())]
    Homeless {
        /// The file as it was written.
        path: PathBuf,
    },
}

impl Explain for SecretError {
    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Unset { name } | Self::NotText { name } => {
                format!("set {name} in the environment of inflow, or refer to a file")
            }
            Self::Unreadable { path, .. } | Self::Empty { path } => {
                format!("put the secret into {}, and nothing else", path.display())
            }
            Self::Homeless { .. } => "set HOME, or write the whole path".to_owned(),
        })
    }
}

impl SecretRef {
    /// A reference to an environment variable.
    pub fn env(name: impl Into<String>) -> Self {
        Self(Source::Env(name.into()))
    }

    /// A reference to a file.
    pub fn file(path: impl Into<PathBuf>) -> Self {
        Self(Source::File(path.into()))
    }

    /// Whether it refers to an environment variable.
    pub fn is_env(&self) -> bool {
        matches!(self.0, Source::Env(_))
    }

    /// The file it refers to, if it refers to one: `~/` expanded, relative paths under `base`.
    pub fn path(&self, base: &Path) -> Result<Option<PathBuf>, SecretError> {
        match &self.0 {
            Source::Env(_) => Ok(None),
            Source::File(path) => expand(path, base).map(Some),
        }
    }

    /// Reads the secret, without white space around it. `base` is the folder of the config file.
    pub fn read(&self, base: &Path) -> Result<SecretString, SecretError> {
        match &self.0 {
            Source::Env(name) => match std::env::var(name) {
                Ok(value) if !value.trim().is_empty() => Ok(value.trim().into()),
                Err(std::env::VarError::NotUnicode(_)) => Err(SecretError::NotText { name: name.clone() }),
                _ => Err(SecretError::Unset { name: name.clone() }),
            },
            Source::File(path) => {
                let path = expand(path, base)?;
                match std::fs::read_to_string(&path) {
                    Ok(text) if text.trim().is_empty() => Err(SecretError::Empty { path }),
                    Ok(text) => Ok(text.trim().into()),
                    Err(source) => Err(SecretError::Unreadable { path, source }),
                }
            }
        }
    }
}

fn expand(path: &Path, base: &Path) -> Result<PathBuf, SecretError> {
    match path.strip_prefix("~") {
        Ok(rest) => std::env::home_dir()
            .filter(|home| !home.as_os_str().is_empty())
            .map(|home| home.join(rest))
            .ok_or_else(|| SecretError::Homeless { path: path.to_owned() }),
        Err(_) => Ok(base.join(path)),
    }
}

impl fmt::Display for SecretRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Source::Env(name) => write!(f, "env:{name}"),
            Source::File(path) => write!(f, "file:{}", path.display()),
        }
    }
}

impl FromStr for SecretRef {
    type Err = Bad;

    /// The text is never repeated in the error: it may be the secret itself.
    fn from_str(text: &str) -> Result<Self, Bad> {
        let syntax = || Bad::new("a secret must be env:NAME or file:PATH");
        match text.split_once(':') {
            Some(("env", name)) if is_variable(name) => Ok(Self::env(name)),
            Some(("env", _)) => Err(syntax().hint(Some("a variable's name has letters, digits and _ only".to_owned()))),
            Some(("file", path)) if !path.is_empty() => Ok(Self::file(path)),
            Some(("file", _)) => Err(syntax().hint(Some("the path is empty".to_owned()))),
            _ => Err(syntax().hint(Some("the value itself never belongs in a config file".to_owned()))),
        }
    }
}

fn is_variable(name: &str) -> bool {
    !name.is_empty() && !name.starts_with(|c: char| c.is_ascii_digit()) && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

impl From<SecretRef> for String {
    fn from(secret: SecretRef) -> Self {
        secret.to_string()
    }
}

impl TryFrom<String> for SecretRef {
    type Error = Bad;

    fn try_from(text: String) -> Result<Self, Bad> {
        text.parse()
    }
}

impl schemars::JsonSchema for SecretRef {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "SecretRef".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": "string",
            "pattern": "^(env:[A-Za-z_][A-Za-z0-9_]*|file:.+)$",
            "description": "Where the secret is: env:NAME or file:PATH (relative to inflow.toml; ~/ is the home folder)",
            "examples": ["env:LEVER_KEY", "file:~/.config/inflow/lever.key"]
        })
    }
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;

    fn parse(text: &str) -> SecretRef {
        text.parse().unwrap()
    }

    #[test]
    fn reads_a_file_beside_the_config_without_white_space() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("lever.key"), "  s3cret\n").unwrap();
        let secret = parse("file:lever.key").read(folder.path()).unwrap();
        assert_eq!(secret.expose_secret(), "s3cret");
    }

    #[test]
    fn reads_the_environment() {
        let secret = parse("env:CARGO_PKG_NAME").read(Path::new("."));
        assert_eq!(secret.unwrap().expose_secret(), "inflow-config");
    }

    #[test]
    fn says_what_is_missing_and_what_to_do() {
        let folder = tempfile::tempdir().unwrap();
        let error = parse("env:INFLOW_NO_SUCH_SECRET").read(folder.path());
        let error = error.unwrap_err();
        assert_eq!(error.to_string(), "environment variable INFLOW_NO_SUCH_SECRET is not set");
        assert!(error.hint().unwrap().contains("INFLOW_NO_SUCH_SECRET"));

        std::fs::write(folder.path().join("empty"), "\n").unwrap();
        let error = parse("file:empty").read(folder.path()).unwrap_err();
        assert!(matches!(error, SecretError::Empty { .. }), "{error}");
        let error = parse("file:none").read(folder.path()).unwrap_err();
        assert!(matches!(error, SecretError::Unreadable { .. }), "{error}");
    }

    #[test]
    fn a_tilde_is_the_home_folder() {
        let path = parse("file:~/keys/lever").path(Path::new("/etc")).unwrap();
        assert!(path.as_ref().unwrap().ends_with("keys/lever"));
        assert!(!path.unwrap().starts_with("/etc"));
    }

    #[test]
    fn a_secret_in_clear_is_refused_and_not_repeated() {
        for text in ["hunter2", "env:", "env:A-B", "env:1A", "file:", "FILE:x", ""] {
            let bad = text.parse::<SecretRef>().unwrap_err().to_string();
            assert!(bad.starts_with("a secret must be env:NAME or file:PATH"), "{bad}");
            assert!(!bad.contains("hunter2"));
        }
    }
}
