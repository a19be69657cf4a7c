//! The request log: one line of JSON for each request, one file for each day, credentials redacted.
//!
//! It answers what was asked of a board and what came of it, and holds neither headers nor bodies.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use chrono::{DateTime, Days, NaiveDate, Utc};
use reqwest::{Method, Request, StatusCode};
use serde::Serialize;
use tokio::time::Instant;

use super::Endpoint;

/// Days whose files are kept, today included.
const DAYS: u64 = 14;

/// A line.
#[derive(Debug, Serialize)]
struct Entry<'a> {
    /// When it was sent.
    at: DateTime<Utc>,
    connection: &'a str,
    method: &'a str,
    /// Redacted.
    url: &'a str,
    /// Of the answer; none when there was no answer.
    status: Option<u16>,
    /// Of the body, decompressed.
    bytes: usize,
    /// Until the whole answer was here, or the request was given up.
    ms: u128,
    /// 1 for the first of a request's attempts.
    attempt: u32,
    error: Option<&'a str>,
}

/// A request on its way: its line is written when this is dropped, also when the pull is stopped before the answer.
#[derive(Debug)]
pub(super) struct Line<'a> {
    journal: &'a Journal,
    connection: &'a str,
    method: Method,
    url: String,
    at: DateTime<Utc>,
    sent: Instant,
    attempt: u32,
    pub(super) status: Option<StatusCode>,
    pub(super) bytes: usize,
    /// In the end; until then, that it was given up.
    pub(super) error: Option<String>,
}

impl Drop for Line<'_> {
    fn drop(&mut self) {
        self.journal.write(&Entry {
            at: self.at,
            connection: self.connection,
            method: self.method.as_str(),
            url: &self.url,
            status: self.status.map(|status| status.as_u16()),
            bytes: self.bytes,
            ms: self.sent.elapsed().as_millis(),
            attempt: self.attempt,
            error: self.error.as_deref(),
        });
    }
}

/// Writes the request log of a data folder.
#[derive(Debug)]
pub(super) struct Journal {
    folder: PathBuf,
    day: Mutex<Option<(NaiveDate, File)>>,
}

impl Journal {
    /// Under `requests/` of the data folder.
    pub(super) fn new(data_dir: &Path) -> Journal {
        Journal { folder: data_dir.join("requests"), day: Mutex::new(None) }
    }

    /// Begins the line of a request that is about to be sent.
    pub(super) fn line<'a>(&'a self, endpoint: &'a Endpoint, request: &Request, attempt: u32, at: DateTime<Utc>) -> Line<'a> {
        Line {
            journal: self,
            connection: &endpoint.connection,
            method: request.method().clone(),
            url: endpoint.redactor.url(request.url()),
            at,
            sent: Instant::now(),
            attempt,
            status: None,
            bytes: 0,
            error: Some("given up before its answer was here".to_owned()),
        }
    }

    /// Adds a line. A disk that refuses it does not stop a pull; the log of the process says so.
    fn write(&self, entry: &Entry<'_>) {
        if let Err(error) = self.try_write(entry) {
            tracing::warn!(folder = %self.folder.display(), %error, "the request log cannot be written");
        }
    }

    fn try_write(&self, entry: &Entry<'_>) -> std::io::Result<()> {
        let mut line = serde_json::to_vec(entry)?;
        line.push(b'\n');
        let today = entry.at.date_naive();
        let mut day = self.day.lock().unwrap_or_else(PoisonError::into_inner);
        let file = match &mut *day {
            Some((open, file)) if *open == today => file,
            other => &mut other.insert((today, self.open(today)?)).1,
        };
        // One write for a line: lines of two processes do not mix.
        file.write_all(&line)
    }

    fn open(&self, today: NaiveDate) -> std::io::Result<File> {
        DirBuilder::new().recursive(true).mode(0o700).create(&self.folder)?;
        self.forget(today)?;
        OpenOptions::new().create(true).append(true).mode(0o600).open(self.folder.join(format!("{today}.ndjson")))
    }

    fn forget(&self, today: NaiveDate) -> std::io::Result<()> {
        let Some(oldest) = today.checked_sub_days(Days::new(DAYS - 1)) else { return Ok(()) };
        for entry in std::fs::read_dir(&self.folder)? {
            let path = entry?.path();
            let day = path.file_stem().and_then(|name| name.to_str()?.parse::<NaiveDate>().ok());
            if path.extension().is_some_and(|end| end == "ndjson") && day.is_some_and(|day| day < oldest) {
                std::fs::remove_file(path)?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn entry(at: &str) -> Entry<'static> {
        Entry {
            at: at.parse().unwrap(),
            connection: "tea",
            method: "GET",
            url: "https://b.example/v1",
            status: Some(200),
            bytes: 12,
            ms: 3,
            attempt: 1,
            error: None,
        }
    }

    #[test]
    fn a_file_a_day_and_fourteen_of_them() {
        let folder = tempfile::tempdir().unwrap();
        let requests = folder.path().join("requests");
        std::fs::create_dir(&requests).unwrap();
        for name in ["2026-10-01.ndjson", "2026-09-30.ndjson", "2025-01-01.ndjson", "notes.ndjson", "2025-01-01.txt"] {
            std::fs::write(requests.join(name), "x\n").unwrap();
        }
        let journal = Journal::new(folder.path());
        journal.write(&entry("2026-10-14T23:59:59Z"));
        journal.write(&entry("2026-10-14T23:59:59Z"));
        journal.write(&entry("2026-10-15T00:00:00Z"));
        let mut names: Vec<String> =
            std::fs::read_dir(&requests).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        assert_eq!(names, ["2025-01-01.txt", "2026-10-14.ndjson", "2026-10-15.ndjson", "notes.ndjson"]);
        let file = requests.join("2026-10-14.ndjson");
        let text = std::fs::read_to_string(&file).unwrap();
        assert_eq!(text.lines().count(), 2);
        assert_eq!(
            text.lines().next().unwrap(),
            r#"{"at":"2026-10-14T23:59:59Z","connection":"tea","method":"GET","url":"https://b.example/v1","status":200,"bytes":12,"ms":3,"attempt":1,"error":null}"#
        );
        assert_eq!(std::fs::metadata(file).unwrap().permissions().mode() & 0o777, 0o600);
    }
}
