//! Deliveries that were taken, so that the same one again changes nothing, also after a restart.
//!
//! `hooks/<connection>.seen` in the data folder: a line for each, its instant in milliseconds and its nonce. The nonce is
//! keyed, so the file says nothing of anybody.

use std::collections::{HashSet, VecDeque};
use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use chrono::{DateTime, TimeDelta, Utc};

use crate::landing::LandingError;

/// What is remembered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Memory {
    /// Deliveries of so long.
    For(TimeDelta),
    /// So many deliveries.
    Last(usize),
}

/// The deliveries that were taken.
#[derive(Debug)]
pub struct Nonces {
    path: PathBuf,
    memory: Memory,
    seen: HashSet<u64>,
    order: VecDeque<(i64, u64)>,
    /// Lines in the file, forgotten ones among them.
    lines: usize,
}

/// A file with at least so many lines, half of them forgotten, is written anew.
const WORTH_WRITING: usize = 1_024;

impl Nonces {
    pub(super) fn open(data_dir: &Path, connection: &str, memory: Memory) -> Result<Nonces, LandingError> {
        let folder = data_dir.join("hooks");
        fs::create_dir_all(&folder).map_err(LandingError::io("cannot make", &folder))?;
        let path = folder.join(format!("{connection}.seen"));
        let text = match fs::read_to_string(&path) {
            Err(error) if error.kind() == ErrorKind::NotFound => String::new(),
            read => read.map_err(LandingError::io("cannot read", &path))?,
        };
        let mut nonces = Nonces { path, memory, seen: HashSet::new(), order: VecDeque::new(), lines: 0 };
        // A line cut off by a crash was never answered for.
        for line in text.lines() {
            nonces.lines += 1;
            let read = line.split_once(' ').and_then(|(at, nonce)| Some((at.parse().ok()?, u64::from_str_radix(nonce, 16).ok()?)));
            if let Some((at, nonce)) = read.filter(|_| line.len() > 17) {
                nonces.remember(at, nonce);
            }
        }
        if !text.is_empty() && !text.ends_with('\n') {
            nonces.rewrite()?;
        }
        Ok(nonces)
    }

    /// Whether a delivery was taken.
    pub fn contains(&self, nonce: u64) -> bool {
        self.seen.contains(&nonce)
    }

    /// Remembers deliveries, durably. Call it when they are stored.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn add(&mut self, taken: &[u64], now: DateTime<Utc>) -> Result<(), crate::error::PullError> {
        self.append(taken, now.timestamp_millis()).map_err(|error| crate::error::PullError::own(&error))
    }

    fn append(&mut self, taken: &[u64], now: i64) -> Result<(), LandingError> {
        let mut text = String::new();
        for nonce in taken {
            text.push_str(&line(now, *nonce));
            self.remember(now, *nonce);
        }
        self.forget(now);
        if self.lines >= WORTH_WRITING && self.order.len() * 2 <= self.lines {
            return self.rewrite();
        }
        self.lines += taken.len();
        let mut file =
            OpenOptions::new().create(true).append(true).open(&self.path).map_err(LandingError::io("cannot write", &self.path))?;
        file.write_all(text.as_bytes()).and_then(|()| file.sync_data()).map_err(LandingError::io("cannot write", &self.path))
    }

    fn remember(&mut self, at: i64, nonce: u64) {
        if self.seen.insert(nonce) {
            self.order.push_back((at, nonce));
        }
    }

    fn forget(&mut self, now: i64) {
        while let Some((at, nonce)) = self.order.front().copied() {
            let too_much = match self.memory {
                Memory::For(time) => at < now - time.num_milliseconds(),
                Memory::Last(most) => self.order.len() > most,
            };
            if !too_much {
                return;
            }
            self.order.pop_front();
            self.seen.remove(&nonce);
        }
    }

    /// Aside, synced, renamed: the file is the old one or the new one.
    fn rewrite(&mut self) -> Result<(), LandingError> {
        let draft = self.path.with_extension("tmp");
        let lines: Vec<String> = self.order.iter().map(|(at, nonce)| line(*at, *nonce)).collect();
        let text = lines.concat();
        let write = || {
            let mut file = File::create(&draft)?;
            file.write_all(text.as_bytes())?;
            file.sync_all()?;
            fs::rename(&draft, &self.path)
        };
        write().map_err(LandingError::io("cannot write", &self.path))?;
        self.lines = self.order.len();
        Ok(())
    }
}

/// A line of the file.
fn line(at: i64, nonce: u64) -> String {
    format!("{at} {nonce:016x}\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_790_000_000 + second, 0).unwrap()
    }

    fn open(folder: &Path) -> Nonces {
        Nonces::open(folder, "ats", Memory::For(TimeDelta::seconds(100))).unwrap()
    }

    #[test]
    fn what_was_taken_is_known_after_a_restart_and_forgotten_in_time() {
        let folder = tempfile::tempdir().unwrap();
        let mut nonces = open(folder.path());
        nonces.add(&[1, u64::MAX], at(0)).unwrap();
        assert!(nonces.contains(1) && nonces.contains(u64::MAX) && !nonces.contains(2));
        let mut nonces = open(folder.path());
        assert!(nonces.contains(1) && nonces.contains(u64::MAX));
        nonces.add(&[2], at(100)).unwrap();
        assert!(nonces.contains(1), "just within its time");
        nonces.add(&[3], at(101)).unwrap();
        assert!(!nonces.contains(1) && nonces.contains(2));
    }

    #[test]
    fn a_line_that_was_cut_off_is_left_out_and_the_next_one_is_whole() {
        let folder = tempfile::tempdir().unwrap();
        open(folder.path()).add(&[1, 2], at(0)).unwrap();
        let path = folder.path().join("hooks/ats.seen");
        let text = fs::read_to_string(&path).unwrap();
        fs::write(&path, text.get(..text.len() - 9).unwrap()).unwrap();
        let mut nonces = open(folder.path());
        assert!(nonces.contains(1) && !nonces.contains(2));
        nonces.add(&[3], at(1)).unwrap();
        let nonces = open(folder.path());
        assert!(nonces.contains(1) && nonces.contains(3));
    }

    #[test]
    fn the_file_does_not_grow_for_ever() {
        let folder = tempfile::tempdir().unwrap();
        let mut nonces = Nonces::open(folder.path(), "ats", Memory::Last(10)).unwrap();
        for number in 0..5_000 {
            nonces.append(&[number], 0).unwrap();
        }
        assert!(nonces.contains(4_999) && nonces.contains(4_990) && !nonces.contains(4_989));
        let lines = fs::read_to_string(folder.path().join("hooks/ats.seen")).unwrap().lines().count();
        assert!(lines < 2 * WORTH_WRITING, "{lines}");
    }
}
