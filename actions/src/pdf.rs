//! A page as PDF, printed by a Chromium that the machine has.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use inflow_config::Explain;
use tokio::process::Command;

/// The variable that names one.
const VARIABLE: &str = "INFLOW_CHROMIUM";
/// What it is called by distributions and vendors.
const NAMES: [&str; 6] = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "microsoft-edge"];
/// A page of ours is printed in one or two seconds.
const PATIENCE: Duration = Duration::from_secs(90);

/// Why a page was not printed.
#[derive(Debug, thiserror::Error)]
pub enum PdfError {
    /// There is none.
    #[error("a PDF is printed by Chromium, and this machine has none on its path")]
    Absent,
    /// The one that was named is not there.
    #[error("{VARIABLE} names {}, which is no program", .0.display())]
    NotThere(PathBuf),
    /// It did not print.
    #[error("{} did not print the page: {reason}", program.display())]
    Failed {
        /// The program.
        program: PathBuf,
        /// What it said last.
        reason: String,
    },
    /// A file beside it cannot be written or read.
    #[error("the page cannot be printed: {0}")]
    File(#[from] std::io::Error),
}

impl Explain for PdfError {
    fn hint(&self) -> Option<String> {
        match self {
            Self::Absent => {
                Some(format!("install the package chromium, name one with {VARIABLE}, or use --html and print it from any browser"))
            }
            Self::NotThere(_) => Some("it takes the path of a Chromium or Chrome".to_owned()),
            Self::Failed { .. } => Some("--html writes the page, which any browser prints".to_owned()),
            Self::File(_) => None,
        }
    }
}

/// The Chromium that prints: the one that the variable names, else the first on the path.
pub fn chromium() -> Result<PathBuf, PdfError> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    found(std::env::var_os(VARIABLE).filter(|name| !name.is_empty()), &path)
}

fn found(named: Option<OsString>, path: &OsString) -> Result<PathBuf, PdfError> {
    if let Some(named) = named {
        let named = PathBuf::from(named);
        return if named.is_file() { Ok(named) } else { Err(PdfError::NotThere(named)) };
    }
    let mut places = std::env::split_paths(path).flat_map(|folder| NAMES.map(|name| folder.join(name)));
    places.find(|place| place.is_file()).ok_or(PdfError::Absent)
}

/// The page on A4, with the margins that it asks for itself.
pub async fn print(program: &Path, page: &str) -> Result<Vec<u8>, PdfError> {
    let folder = tempfile::tempdir()?;
    let [html, pdf] = ["page.html", "page.pdf"].map(|name| folder.path().join(name));
    std::fs::write(&html, page)?;
    let mut command = Command::new(program);
    command.args(["--headless", "--disable-gpu", "--disable-extensions", "--no-first-run", "--no-pdf-header-footer"]);
    // It refuses its sandbox to root. What it opens is our own page, which runs nothing and fetches nothing.
    if rustix::process::geteuid().is_root() {
        command.arg("--no-sandbox");
    }
    let mut to = OsString::from("--print-to-pdf=");
    to.push(&pdf);
    let mut profile = OsString::from("--user-data-dir=");
    profile.push(folder.path().join("profile"));
    command.arg(profile).arg(to).arg(&html).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).kill_on_drop(true);
    let failed = |reason: String| PdfError::Failed { program: program.to_owned(), reason };
    let ended = tokio::time::timeout(PATIENCE, command.output()).await.map_err(|_| failed("it did not come to an end".to_owned()))?;
    let said = ended.map_err(|error| failed(error.to_string()))?;
    match std::fs::read(&pdf) {
        Ok(bytes) if bytes.starts_with(b"%PDF") => Ok(bytes),
        _ => {
            let words = String::from_utf8_lossy(&said.stderr).lines().last().unwrap_or("it said nothing").to_owned();
            Err(failed(words))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_has_none_is_told_what_to_do() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().as_os_str().to_owned();
        let error = found(None, &path).unwrap_err();
        assert!(error.hint().unwrap().contains("--html") && error.exit_code() == 1);
        let error = found(Some("/nowhere/chrome".into()), &path).unwrap_err();
        assert_eq!(error.to_string(), "INFLOW_CHROMIUM names /nowhere/chrome, which is no program");
        std::fs::write(folder.path().join("chromium"), "").unwrap();
        assert_eq!(found(None, &path).unwrap(), folder.path().join("chromium"));
    }

    #[tokio::test]
    async fn what_prints_nothing_is_named() {
        let error = print(Path::new("/bin/false"), "<p>").await.unwrap_err();
        assert_eq!(error.to_string(), "/bin/false did not print the page: it said nothing");
    }
}
