//! The newest state of each record of a delivery. Exports overlap: landing the older states too would land them again
//! each time, since only the last one is remembered.
//!
//! Of a plain file of lines only the places of its records are kept; the lines are read again when they are landed.

use std::path::Path;

use chrono_tz::Tz;
use hashbrown::HashTable;
use rayon::prelude::*;
use serde_json::Value;
use tracing::info_span;

use super::land::Lander;
use super::line::{LineMaker, Made};
use crate::error::{PullError, PullErrorKind};
use crate::file::{Halt, LineFile, parts};
use crate::landing::Line;
use crate::spec::{Sieve, Stream};

/// See the module.
pub(super) struct Newest<'s> {
    stream: &'s Stream,
    zone: Tz,
    sources: Vec<Held>,
    /// Where the newest state of each key is, and their numbers by key: a delivery of millions is held so.
    places: Vec<Place>,
    by_key: HashTable<u32>,
    /// A record has no id.
    unkeyed: bool,
}

/// Records of a file, with those that a newer state replaced left out.
enum Held {
    /// In memory.
    Lines(Vec<Option<Line>>),
    /// By number, from 0, whether a line of the file counts.
    File(LineFile, Vec<bool>),
}

#[derive(Debug, Clone, Copy)]
struct Place {
    key: u64,
    source: u32,
    index: u32,
    /// Its time in milliseconds.
    at: i64,
}

/// A file's lines as a first pass sees them.
pub(super) struct Scan {
    /// In parts, each let go of when it was looked at.
    records: Vec<Vec<Seen>>,
    lines: u64,
    with_ids: u64,
}

/// A line: its number from 1, whether it has an id, the key of that, and its time.
#[derive(Debug, Clone, Copy)]
struct Seen {
    line: u32,
    has_id: bool,
    key: u64,
    at: i64,
}

impl Scan {
    /// Whether any record has an id.
    pub(super) fn has_ids(&self) -> bool {
        self.with_ids > 0 || self.lines == 0
    }

    /// Number of records.
    pub(super) fn lines(&self) -> u64 {
        self.lines
    }
}

impl<'s> Newest<'s> {
    pub(super) fn new(stream: &'s Stream, zone: Tz) -> Self {
        Self {
            stream,
            zone: stream.timezone.unwrap_or(zone),
            sources: Vec::new(),
            places: Vec::new(),
            by_key: HashTable::new(),
            unkeyed: false,
        }
    }

    /// The time of a record: the latest that its version paths say.
    fn time_of(&self, record: &Value) -> i64 {
        let times = self.stream.version.iter().flat_map(|path| path.all(record));
        let read = times.filter_map(|value| self.stream.time_format.read(value, self.zone).ok().flatten());
        read.map(|(instant, _)| instant.timestamp_millis()).max().unwrap_or(i64::MIN)
    }

    /// The keys of all records, for a delivery of few; `None` when there are more than `most`, or a record without an id, whose key shows only
    /// when it is made.
    pub(super) fn keys(&self, most: usize) -> Option<Vec<u64>> {
        if self.unkeyed || self.places.len() > most {
            return None;
        }
        Some(self.places.iter().map(|place| place.key).collect())
    }

    /// Takes a record that is in memory.
    pub(super) fn take(&mut self, line: Line) {
        // A line without an id stands for itself: the pipeline quarantines it.
        let key = (!line.id.is_empty()).then_some(line.key_hash);
        self.unkeyed |= key.is_none();
        let at = self.time_of(&line.record);
        if !matches!(self.sources.last(), Some(Held::Lines(_))) {
            self.sources.push(Held::Lines(Vec::new()));
        }
        let source = self.sources.len() - 1;
        if let Some(Held::Lines(lines)) = self.sources.last_mut() {
            lines.push(Some(line));
            let index = lines.len() - 1;
            if let Some(key) = key {
                self.place(Place { key, source: source as u32, index: index as u32, at });
            }
        }
    }

    /// Reads ids and times of a file's lines. `None` when it is not plain.
    pub(super) fn scan(&self, file: &mut LineFile, maker: &LineMaker<'_>) -> Option<Scan> {
        let stream = self.stream;
        let sieve = Sieve::new(stream.id.iter().chain(&stream.id_else).chain(&stream.version));
        let mut scan = Scan { records: Vec::new(), lines: 0, with_ids: 0 };
        let work = |first: u64, lines: &[&[u8]]| -> Result<Vec<Seen>, Halt> {
            let _reads = info_span!(target: "timing", "read").entered();
            let full = (first..).zip(lines).filter(|(_, line)| !line.trim_ascii().is_empty());
            full.map(|(number, line)| {
                let text = std::str::from_utf8(line).map_err(|_| Halt::Unfit)?;
                let record = sieve.read(text).map_err(|_| Halt::Unfit)?;
                let key = stream.source_id(&record).filter(|id| !id.is_empty()).map(|id| maker.key_of(&id));
                let line = u32::try_from(number).map_err(|_| Halt::Unfit)?;
                Ok(Seen { line, has_id: key.is_some(), key: key.unwrap_or_default(), at: self.time_of(&record) })
            })
            .collect()
        };
        let take = |part: Vec<Seen>| {
            scan.with_ids += part.iter().filter(|seen| seen.has_id).count() as u64;
            scan.lines += part.len() as u64;
            scan.records.push(part);
            Ok(())
        };
        file.pass(work, take).ok()?;
        Some(scan)
    }

    /// Takes the records of a file that was scanned.
    pub(super) fn take_file(&mut self, file: LineFile, scan: Scan) {
        let source = self.sources.len() as u32;
        let last = scan.records.iter().rev().find_map(|part| part.last());
        let mut counts = vec![false; last.map_or(0, |seen| seen.line as usize)];
        for seen in scan.records.iter().flatten() {
            if let Some(counts) = counts.get_mut(seen.line as usize - 1) {
                *counts = true;
            }
        }
        self.sources.push(Held::File(file, counts));
        let many = usize::try_from(scan.with_ids).unwrap_or_default();
        self.places.reserve_exact(many);
        self.by_key.reserve(many, |at| self.places[*at as usize].key);
        self.unkeyed |= scan.with_ids < scan.lines;
        for seen in scan.records.into_iter().flatten().filter(|seen| seen.has_id) {
            self.place(Place { key: seen.key, source, index: seen.line - 1, at: seen.at });
        }
    }

    /// Whether every record has an id, so that each key is landed once.
    pub(super) fn each_once(&self) -> bool {
        !self.unkeyed
    }

    /// Of two states the one with the later time counts, of equal times the one delivered last.
    fn place(&mut self, new: Place) {
        // Keys are hashes.
        let places = &self.places;
        let known = self.by_key.find(new.key, |at| places[*at as usize].key == new.key);
        let older = match known.and_then(|at| self.places.get_mut(*at as usize)) {
            None => {
                let at = self.places.len() as u32;
                self.places.push(new);
                self.by_key.insert_unique(new.key, at, |at| self.places[*at as usize].key);
                return;
            }
            Some(known) if new.at >= known.at => std::mem::replace(known, new),
            Some(_) => new,
        };
        match self.sources.get_mut(older.source as usize) {
            Some(Held::Lines(lines)) => {
                if let Some(line) = lines.get_mut(older.index as usize) {
                    *line = None;
                }
            }
            Some(Held::File(_, counts)) => {
                if let Some(counts) = counts.get_mut(older.index as usize) {
                    *counts = false;
                }
            }
            None => {}
        }
    }

    /// Lands what is left, in the order of the delivery.
    pub(super) async fn land(self, lander: &mut Lander<'_>, maker: &mut LineMaker<'_>) -> Result<(), PullError> {
        drop((self.places, self.by_key));
        for source in self.sources {
            match source {
                Held::Lines(lines) => {
                    for line in lines.into_iter().flatten() {
                        lander.push(line).await?;
                    }
                }
                Held::File(file, counts) => land_file(file, &counts, lander, maker).await?,
            }
        }
        Ok(())
    }
}

/// Reads the lines of a file that count, makes records of them on every core, and lands them.
async fn land_file(mut file: LineFile, counts: &[bool], lander: &mut Lander<'_>, maker: &mut LineMaker<'_>) -> Result<(), PullError> {
    let path = file.path.clone();
    let mut chunks = file.chunks().map_err(|halt| changed(&path, halt))?;
    while let Some((first, text)) = chunks.next().map_err(|halt| changed(&path, halt))? {
        let one: &LineMaker<'_> = maker;
        let made: Vec<Result<(LineMaker<'_>, Vec<Made>), Halt>> = parts(text, first)
            .into_par_iter()
            .map(|(line, part)| {
                let _makes = info_span!(target: "timing", "lines").entered();
                let mut maker = one.fork();
                let lines = text.get(part).unwrap_or_default().split(|byte| *byte == b'\n').zip(line as usize - 1..);
                let lines = lines.filter(|(_, at)| counts.get(*at).copied().unwrap_or(false));
                let made: Result<Vec<Made>, Halt> =
                    lines.map(|(line, _)| Ok(maker.make(serde_json::from_slice(line).map_err(|_| Halt::Unfit)?, None))).collect();
                Ok((maker, made?))
            })
            .collect();
        let mut done = Vec::with_capacity(made.len());
        for part in made {
            done.push(part.map_err(|halt| changed(&path, halt))?);
        }
        for (other, lines) in done {
            maker.join(other);
            for made in lines {
                match made {
                    Made::Line(line) => lander.push(*line).await?,
                    Made::Erased(key_hash) => lander.listed(key_hash),
                }
            }
        }
    }
    Ok(())
}

fn changed(path: &Path, halt: Halt) -> PullError {
    let reason = match halt {
        Halt::Io(error) => format!("cannot be read any more: {error}"),
        Halt::Unfit => "was changed while it was read".to_owned(),
    };
    PullError::new(PullErrorKind::File, format!("{}: {reason}", path.display()))
        .with_hint("write a file beside its place and move it there when it is whole; the next pull reads it again")
}
