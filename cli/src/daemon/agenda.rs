//! What is planned, for who asks.

use chrono::{DateTime, Utc};
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

/// The connections that are kept to a schedule or watched.
#[derive(Debug, Default)]
pub struct Agenda(Mutex<BTreeMap<String, Entry>>);

/// One connection of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Entry {
    /// When it is pulled next; `None`: never again by a schedule.
    pub next: Option<DateTime<Utc>>,
    /// Due times left out because a pull was still running.
    pub skipped: u64,
    /// Whether its folder is watched.
    pub watched: bool,
}

impl Agenda {
    /// Notes the next due time.
    pub fn plan(&self, connection: &str, next: Option<DateTime<Utc>>) {
        self.with(connection, |entry| entry.next = next);
    }

    /// Notes due times left out.
    pub fn skip(&self, connection: &str, times: u32) {
        self.with(connection, |entry| entry.skipped += u64::from(times));
    }

    /// Notes that the folder is watched.
    pub fn watch(&self, connection: &str) {
        self.with(connection, |entry| entry.watched = true);
    }

    /// All of it, by connection.
    pub fn entries(&self) -> BTreeMap<String, Entry> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn with(&self, connection: &str, change: impl FnOnce(&mut Entry)) {
        change(self.0.lock().unwrap_or_else(PoisonError::into_inner).entry(connection.to_owned()).or_default());
    }
}
