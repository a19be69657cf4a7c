//! The newest state of each record of a delivery. Exports overlap: landing the older states too would land them again
//! each time, since only the last one is remembered.
//!
//! Of a plain file of lines only the places of its records are kept; the lines are read again when they are landed.

use std::path::Path;

use chrono_tz::Tz;
use rayon::prelude::*;
use serde_json::Value;
use tracing::info_span;

use super::land::Lander;
use super::line::{LineMaker, Made};
use super::packing::Draft;
use crate::error::{PullError, PullErrorKind};
use crate::file::{Halt, LineFile, parts};
use crate::landing::Line;
use crate::spec::{Sieve, Stream};

/// See the module.
pub(super) struct Newest<'s> {
    stream: &'s Stream,
    times: Times<'s>,
    sources: Vec<Held>,
    /// By source and number, whether a record counts, once that was settled.
    counting: Vec<Vec<bool>>,
    /// A record has no id.
    unkeyed: bool,
}

/// What is known of millions of records until all files were looked at: where each is, its key and its time. Which are replaced by newer ones is
/// found at the end, a part of the keys at a time, so that no table of all keys is held besides.
enum Held {
    /// Segments that were made already.
    Drafts(Vec<Draft>, Vec<Seen>),
    /// A file, and its records in parts.
    File(LineFile, Vec<Vec<Seen>>),
}

/// Parts of the keys.
const PARTS: u64 = 16;

/// A file's lines as a first pass sees them.
pub(super) struct Scan {
    /// In parts.
    records: Vec<Vec<Seen>>,
    lines: u64,
    with_ids: u64,
}

/// A record: its number in its source from 0, whether it has an id, the key of that, and its time in milliseconds.
#[derive(Debug, Clone, Copy)]
pub(super) struct Seen {
    index: u32,
    has_id: bool,
    key: u64,
    at: i64,
}

impl Seen {
    /// A line, by its number in its source. One without an id stands for itself: the pipeline quarantines it.
    pub(super) fn of(line: &Line, number: usize, at: i64) -> Seen {
        Seen { index: number as u32, has_id: !line.id.is_empty(), key: line.key_hash, at }
    }
}

/// Times of the records of a stream.
#[derive(Debug, Clone, Copy)]
pub(super) struct Times<'s> {
    stream: &'s Stream,
    zone: Tz,
}

impl Times<'_> {
    /// The time of a record: the latest that its version paths say.
    pub(super) fn of(&self, record: &Value) -> i64 {
        let times = self.stream.version.iter().flat_map(|path| path.all(record));
        let read = times.filter_map(|value| self.stream.time_format.read(value, self.zone).ok().flatten());
        read.map(|(instant, _)| instant.timestamp_millis()).max().unwrap_or(i64::MIN)
    }
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
        let times = Times { stream, zone: stream.timezone.unwrap_or(zone) };
        Self { stream, times, sources: Vec::new(), counting: Vec::new(), unkeyed: false }
    }

    /// Times of its records.
    pub(super) fn times(&self) -> Times<'s> {
        self.times
    }

    /// The keys of all records, each once, for a delivery of few; `None` when there are more than `most` records, or one without an id, whose key
    /// shows only when it is made.
    pub(super) fn keys(&self, most: usize) -> Option<Vec<u64>> {
        let records: usize = self.sources.iter().map(Held::len).sum();
        if self.unkeyed || records > most {
            return None;
        }
        let mut keys: Vec<u64> = self.sources.iter().flat_map(Held::seen).map(|seen| seen.key).collect();
        keys.sort_unstable();
        keys.dedup();
        Some(keys)
    }

    /// Takes the lines of a file, and what is known of them.
    pub(super) fn take(&mut self, drafts: Vec<Draft>, seen: Vec<Seen>) {
        self.unkeyed |= seen.iter().any(|seen| !seen.has_id);
        self.sources.push(Held::Drafts(drafts, seen));
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
                let index = u32::try_from(number - 1).map_err(|_| Halt::Unfit)?;
                Ok(Seen { index, has_id: key.is_some(), key: key.unwrap_or_default(), at: self.times.of(&record) })
            })
            .collect()
        };
        let take = |mut part: Vec<Seen>| {
            // They are kept until all files were looked at.
            part.shrink_to_fit();
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
        self.unkeyed |= scan.with_ids < scan.lines;
        self.sources.push(Held::File(file, scan.records));
    }

    /// Whether every record has an id, so that each key is landed once.
    pub(super) fn each_once(&self) -> bool {
        !self.unkeyed
    }

    /// By source and number, whether a record counts: of two states of one key the one with the later time, of equal times the one delivered last.
    fn counting(&self) -> Vec<Vec<bool>> {
        let mut counts: Vec<Vec<bool>> = self.sources.iter().map(|held| vec![false; held.end()]).collect();
        let mut count = |source: u32, index: u32| {
            if let Some(counts) = counts.get_mut(source as usize).and_then(|of_source| of_source.get_mut(index as usize)) {
                *counts = true;
            }
        };
        let records = || (0_u32..).zip(&self.sources).flat_map(|(source, held)| held.seen().map(move |seen| (source, seen)));
        for (source, seen) in records().filter(|(_, seen)| !seen.has_id) {
            count(source, seen.index);
        }
        for part in 0..PARTS {
            let of_part = records().filter(|(_, seen)| seen.has_id && seen.key % PARTS == part);
            let mut states: Vec<(u64, i64, u32, u32)> = of_part.map(|(source, seen)| (seen.key, seen.at, source, seen.index)).collect();
            states.par_sort_unstable();
            for (at, (key, _, source, index)) in states.iter().enumerate() {
                if states.get(at + 1).is_none_or(|(next, ..)| next != key) {
                    count(*source, *index);
                }
            }
        }
        counts
    }

    /// Finds which records count, when all were taken. What else is known of them is let go, before anything is landed.
    pub(super) fn settle(&mut self) {
        self.counting = self.counting();
        self.sources.iter_mut().for_each(Held::forget);
    }

    /// Lands what counts, in the order of the delivery.
    pub(super) async fn land(mut self, lander: &mut Lander<'_>, maker: &mut LineMaker<'_>) -> Result<(), PullError> {
        if self.counting.len() < self.sources.len() {
            self.settle();
        }
        for (source, counts) in self.sources.into_iter().zip(self.counting) {
            match source {
                Held::Drafts(drafts, _) => Box::pin(land_drafts(drafts, &counts, lander)).await?,
                Held::File(file, _) => Box::pin(land_file(file, &counts, lander, maker)).await?,
            }
        }
        Ok(())
    }
}

impl Held {
    /// Number of records.
    fn len(&self) -> usize {
        match self {
            Held::Drafts(_, records) => records.len(),
            Held::File(_, parts) => parts.iter().map(Vec::len).sum(),
        }
    }

    /// All records.
    fn seen(&self) -> impl Iterator<Item = &Seen> {
        let parts = match self {
            Held::Drafts(_, records) => std::slice::from_ref(records),
            Held::File(_, parts) => parts,
        };
        parts.iter().flatten()
    }

    /// The number after the last record's.
    fn end(&self) -> usize {
        match self {
            Held::Drafts(_, records) => records.len(),
            Held::File(_, parts) => parts.iter().rev().find_map(|part| part.last()).map_or(0, |seen| seen.index as usize + 1),
        }
    }

    /// Lets go of what is known of the records.
    fn forget(&mut self) {
        match self {
            Held::Drafts(_, records) => *records = Vec::new(),
            Held::File(_, parts) => *parts = Vec::new(),
        }
    }
}

/// Lands the lines of segments that count: segments as they are where they can be.
async fn land_drafts(drafts: Vec<Draft>, mut counts: &[bool], lander: &mut Lander<'_>) -> Result<(), PullError> {
    for draft in drafts {
        let (counting, rest) = counts.split_at_checked(draft.rows.len()).unwrap_or((counts, &[]));
        counts = rest;
        let draft = if counting.iter().all(|counts| *counts) { lander.push_draft(draft).await? } else { Some(draft) };
        let Some(draft) = draft else { continue };
        let rows = || draft.rows.iter().zip(counting).filter(|(_, counts)| **counts).map(|(row, _)| row);
        if !rows().any(|row| lander.is_news(row)) {
            rows().for_each(|row| lander.listed(row.key_hash));
            continue;
        }
        for (line, _) in draft.into_lines().zip(counting).filter(|(_, counts)| **counts) {
            lander.push(line?).await?;
        }
    }
    Ok(())
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
