//! Delivered files through the streams that they fit, and their records into landing.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use inflow_config::Connection;
use tokio::sync::Semaphore;
use tracing::{Instrument, info_span};

use super::file_lines::{FileLines, Taken};
use super::land::{Lander, header, store_together};
use super::line::{LineMaker, References};
use super::newest::Newest;
use super::packing::Spool;
use super::{PullContext, PullOutcome, Stop};
use crate::error::{PullError, PullErrorKind};
use crate::file::{Delivery, Fit, LineFile, Plain, RowIds, Source, plain_lines};
use crate::landing::SegmentHeader;
use crate::spec::Stream;
use crate::state::Landed;

/// The streams that may read a file.
pub(super) struct Streams<'s> {
    readers: Vec<&'s Stream>,
    /// The stream is a mapping: segments carry it, as they do words of the company's own specs.
    mapping: bool,
    /// What does not fit is a mistake in the file: no other stream was meant.
    alone: bool,
}

impl<'s> Streams<'s> {
    /// A mapping file.
    pub(super) fn of_mapping(stream: &'s Stream) -> Streams<'s> {
        Streams { readers: vec![stream], mapping: true, alone: true }
    }

    /// Streams of one kind, asked for by a person.
    pub(super) fn of_board(streams: Vec<&'s Stream>) -> Streams<'s> {
        Streams { alone: streams.len() == 1, readers: streams, mapping: false }
    }

    /// All streams of a board, for a folder of its files.
    pub(super) fn of_folder(streams: Vec<&'s Stream>) -> Streams<'s> {
        Streams { readers: streams, mapping: false, alone: false }
    }
}

/// What a complete list is, of several files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Snapshot {
    /// All files together: they were named together.
    All,
    /// The newest file of each stream: the others are older states of the same list.
    Newest,
}

/// Deliveries that are read at one time in this process: each keeps both cores busy, and more would only need more memory.
const TOGETHER: u32 = 2;
static READ: Semaphore = Semaphore::const_new(TOGETHER as usize);

/// A delivery of so many bytes is read alone: of each of its records the place is held.
const LARGE: u64 = 256 << 20;

/// Records of a delivery that is small: what was landed before is asked for by their keys, and what they bring is stored together.
const FEW: usize = 20_000;

/// Reads the files and lands what is new or changed. A file that cannot be taken is an error; the others are read.
pub(super) async fn deliver(
    ctx: &PullContext<'_>,
    connection: &Connection,
    streams: &Streams<'_>,
    files: &[PathBuf],
    snapshot: Snapshot,
    started_at: DateTime<Utc>,
    outcome: &mut PullOutcome,
) -> Result<(), Stop> {
    // Never closed; without a turn the files would only be read a little early.
    let size: u64 = files.iter().filter_map(|file| Some(std::fs::metadata(file).ok()?.len())).sum();
    let turn = READ.acquire_many(if size < LARGE { 1 } else { TOGETHER }).await;
    let tombstones: HashSet<String> = ctx.state.tombstones().await.map_err(|error| PullError::own(&error))?;
    let references = References::new();
    let zone = ctx.config.connection_timezone(connection);
    let country = &ctx.config.settings.company.country;
    let make =
        |stream| LineMaker::new(stream, &connection.name, country, ctx.keys, &tombstones, &references).with_parties(ctx.config, connection);
    let own = streams.mapping || crate::spec::built_in(&connection.connector).is_none();
    let head = |stream| header(ctx, &connection.name, &connection.connector, stream, own, started_at);
    let readers = streams.readers.iter().copied();
    let mut readings: Vec<Reading<'_>> = readers.map(|stream| Reading::new(stream, make(stream), head(stream), zone, snapshot)).collect();
    let mut errors = Vec::new();
    for file in in_order(files, snapshot) {
        if ctx.shutdown.is_cancelled() {
            return Err(Stop::Shutdown);
        }
        let plain = take_lines(streams, &file, &mut readings);
        let taken = if plain { Ok(()) } else { take_file(ctx, connection, streams, &file, &mut readings) };
        errors.extend(taken.err());
        let fetched: u64 = readings.iter().map(|reading| reading.fetched).sum();
        let name = streams.readers.first().map_or("", |stream| stream.name.as_str());
        ctx.progress.page(&connection.name, name, fetched);
    }
    // An older state of a list may be broken: a newer one replaced it.
    errors.extend(readings.iter_mut().filter_map(|reading| reading.error.take()));
    let mut known = Known::of(ctx, &connection.name, &readings).await?;
    let few = readings.iter().map(|reading| reading.fetched).sum::<u64>() <= FEW as u64;
    for reading in &mut readings {
        reading.newest.settle();
    }
    let mut waiting = Vec::new();
    let mut landed = Ok(());
    for reading in readings {
        let stream = reading.stream;
        let before = known.take(ctx, &connection.name, stream).await?;
        let mut lander = Lander::knowing(before, ctx, &connection.name, &connection.connector, stream, own, started_at);
        lander.expect_many(reading.newest.each_once(), !stream.complete);
        if few {
            lander.store_later();
        }
        landed = Box::pin(reading.land(&mut lander, outcome)).instrument(info_span!(target: "timing", "land")).await;
        // Also of a delivery that broke off, what was landed is stored.
        landed = landed.and(lander.settle().await);
        waiting.extend(lander.take_waiting());
        outcome.count(lander.counts);
        if landed.is_err() {
            break;
        }
    }
    drop(turn);
    let stored = store_together(ctx, waiting).await.map(|counts| outcome.count(counts));
    landed.and(stored)?;
    errors.into_iter().next().map_or(Ok(()), |error| Err(error.at(&connection.name).into()))
}

/// What was landed before of the records of a delivery.
struct Known {
    /// By stream.
    found: HashMap<String, HashMap<u64, Landed>>,
}

impl Known {
    /// Asks for what the keys of small lists say, at one go.
    async fn of(ctx: &PullContext<'_>, connection: &str, readings: &[Reading<'_>]) -> Result<Known, PullError> {
        let mut all = Vec::new();
        let mut keys_of = Vec::new();
        for reading in readings {
            if let Some(keys) = reading.keys() {
                all.extend_from_slice(&keys);
                keys_of.push((reading.stream.name.as_str(), keys));
            }
        }
        let streams: Vec<&str> = keys_of.iter().filter(|(_, keys)| !keys.is_empty()).map(|(stream, _)| *stream).collect();
        let landed = if all.is_empty() {
            HashMap::new()
        } else {
            ctx.state.landed_of(connection, &streams, &all).await.map_err(|error| PullError::own(&error))?
        };
        let mut found = HashMap::new();
        for (stream, keys) in keys_of {
            let of_stream = keys.iter().filter_map(|key| Some((*key, *landed.get(key)?))).collect();
            found.insert(stream.to_owned(), of_stream);
        }
        Ok(Known { found })
    }

    /// What was landed of a stream: of its keys, or all.
    async fn take(&mut self, ctx: &PullContext<'_>, connection: &str, stream: &Stream) -> Result<HashMap<u64, Landed>, PullError> {
        match self.found.remove(&stream.name) {
            Some(found) => Ok(found),
            None => ctx.state.landed(connection, &stream.name).await.map_err(|error| PullError::own(&error)),
        }
    }
}

/// Oldest first where the newest counts; else as given.
fn in_order(files: &[PathBuf], snapshot: Snapshot) -> Vec<PathBuf> {
    let mut files = files.to_vec();
    if snapshot == Snapshot::Newest {
        let changed = |file: &Path| std::fs::metadata(file).and_then(|meta| meta.modified()).unwrap_or(SystemTime::UNIX_EPOCH);
        files.sort_by_cached_key(|file| (changed(file), file.clone()));
    }
    files
}

/// Gives a plain file of lines to every stream that it fits, without holding it in memory. False, and nothing taken, when it has
/// to be opened as a whole.
fn take_lines(streams: &Streams<'_>, file: &Path, readings: &mut [Reading<'_>]) -> bool {
    let mut found = Vec::new();
    for (at, reading) in readings.iter().enumerate() {
        match plain_lines(file, reading.stream, streams.alone) {
            Plain::Fits => {}
            Plain::Other => continue,
            Plain::Unknown => return false,
        }
        let Some(mut lines) = LineFile::open(file) else { return false };
        let Some(scan) = reading.newest.scan(&mut lines, &reading.maker) else { return false };
        // Records of another list.
        if !streams.alone && !scan.has_ids() {
            continue;
        }
        found.push((at, lines, scan));
    }
    let taken = !found.is_empty();
    for (at, lines, scan) in found {
        if let Some(reading) = readings.get_mut(at) {
            reading.begin();
            reading.fetched += scan.lines();
            reading.newest.take_file(lines, scan);
        }
    }
    taken
}

/// Gives a file to every stream that it fits: all of it, or nothing when something is wrong with it. An error that
/// belongs to one stream is kept there.
fn take_file(
    ctx: &PullContext<'_>,
    connection: &Connection,
    streams: &Streams<'_>,
    file: &Path,
    readings: &mut [Reading<'_>],
) -> Result<(), PullError> {
    let reads = info_span!(target: "timing", "read");
    let delivery =
        reads.in_scope(|| Delivery::open(file)).inspect_err(|_| readings.iter_mut().for_each(|reading| reading.whole = false))?;
    let mut needs = Vec::new();
    let mut made = Vec::new();
    let mut broken = Vec::new();
    for (at, reading) in readings.iter_mut().enumerate() {
        let source = match reads.in_scope(|| delivery.fit(reading.stream, streams.alone)) {
            Fit::Rows(source) => Ok(source),
            Fit::Broken(error) => Err(error),
            Fit::Other(need) => {
                needs.push(format!("{} needs {need}", reading.stream.name));
                continue;
            }
        };
        let lines = info_span!(target: "timing", "lines");
        match source.and_then(|source| lines.in_scope(|| reading.lines(ctx, connection, &delivery, source))) {
            Ok(lines) => made.push((at, lines)),
            Err(error) => broken.push((at, error.at(&connection.name))),
        }
    }
    if made.is_empty() && broken.is_empty() {
        let message = format!("{}: no list of {} reads it: {}", file.display(), connection.connector, needs.join("; "));
        return Err(PullError::new(PullErrorKind::File, message).with_hint("move the file away, or compare it with an export of the board"));
    }
    let whole = broken.is_empty();
    for (at, lines) in made {
        if let Some(reading) = readings.get_mut(at) {
            if whole { reading.take(lines) } else { reading.whole = false }
        }
    }
    for (at, error) in broken {
        if let Some(reading) = readings.get_mut(at) {
            reading.fail(error);
        }
    }
    Ok(())
}

/// One stream over the files of a delivery.
struct Reading<'a> {
    stream: &'a Stream,
    maker: LineMaker<'a>,
    /// Of its segments.
    header: SegmentHeader,
    newest: Newest<'a>,
    /// Keys of erased people that were listed.
    erased: Vec<u64>,
    zone: Tz,
    fetched: u64,
    /// Only the newest file counts.
    replaces: bool,
    /// Something was delivered and nothing of it is missing.
    whole: bool,
    delivered: bool,
    error: Option<PullError>,
}

impl<'a> Reading<'a> {
    fn new(stream: &'a Stream, maker: LineMaker<'a>, header: SegmentHeader, zone: Tz, snapshot: Snapshot) -> Reading<'a> {
        // An answer of the board that was kept as a file is a page, not the list.
        let page = stream.file.is_none() && stream.request.is_some();
        let replaces = stream.complete && snapshot == Snapshot::Newest && !page;
        let whole = !(page && snapshot == Snapshot::Newest);
        let newest = Newest::new(stream, zone);
        Reading { stream, maker, header, newest, erased: Vec::new(), zone, fetched: 0, replaces, whole, delivered: false, error: None }
    }

    /// The lines of a file: all of it, or none.
    fn lines(
        &mut self,
        ctx: &PullContext<'_>,
        connection: &Connection,
        delivery: &Delivery,
        source: Source<'_>,
    ) -> Result<Taken, PullError> {
        let ids = RowIds::new(ctx.keys, &connection.name, self.stream, self.zone);
        let spool = Spool::new(ctx, self.header.clone(), self.stream.kind.is_statement());
        let times = self.newest.times();
        let mut made = FileLines::new(self.stream, &mut self.maker, ids, &times, spool);
        let here = |error: PullError| error.at(format!("{}: {}", connection.name, delivery.path().display()));
        let sums = delivery.read(self.stream, source, &mut |rows| made.add(rows).map_err(here))?;
        made.finish(delivery.path(), &sums).map_err(here)
    }

    /// Another file of the delivery.
    fn begin(&mut self) {
        if self.replaces {
            self.newest = Newest::new(self.stream, self.zone);
            self.erased.clear();
            self.fetched = 0;
            self.whole = true;
            self.error = None;
        }
        self.delivered = true;
    }

    fn take(&mut self, taken: Taken) {
        self.begin();
        self.fetched += (taken.seen.len() + taken.erased.len()) as u64;
        self.newest.take(taken.drafts, taken.seen);
        self.erased.extend(taken.erased);
    }

    fn fail(&mut self, error: PullError) {
        self.whole = false;
        self.error.get_or_insert(error);
    }

    /// The keys of a small list, if they are all that has to be known of what was landed before. What a complete list lacks is gone.
    fn keys(&self) -> Option<Vec<u64>> {
        if self.stream.complete && self.delivered { None } else { self.newest.keys(FEW) }
    }

    async fn land(self, lander: &mut Lander<'_>, outcome: &mut PullOutcome) -> Result<(), PullError> {
        let Reading { stream, mut maker, newest, erased, fetched, whole, delivered, .. } = self;
        outcome.fetched += fetched;
        // A statement that is read in parts holds a lot at once.
        Box::pin(newest.land(lander, &mut maker)).await?;
        for key_hash in erased {
            lander.listed(key_hash);
        }
        // A delivery with a file that could not be read, or none at all, is not complete.
        if stream.complete && whole && delivered {
            lander.push_gone().await?;
        }
        lander.flush().await?;
        outcome.drop_columns(stream, &maker);
        Ok(())
    }
}
