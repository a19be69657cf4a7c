//! Lines into segments, segments into the store: only what is new or changed.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};
use futures::future::{join_all, try_join_all};
use rayon::prelude::*;
use tokio_util::task::AbortOnDropHandle;
use tracing::{Instrument, info_span};

use super::PullContext;
use crate::error::{PullError, PullErrorKind};
use crate::identity::NORMALISER;
use crate::landing::{
    LandingError, Line, LineBlock, Segment, SegmentHeader, SegmentWriter, content_hash, list_connection_segments, list_segments_beside,
    read_segment,
};
use crate::spec::Stream;
use crate::state::{Landed, MappedLines, SegmentIntake, SinkError, StoredCounts};

/// Uncompressed size at which a segment is closed before it is full.
const LARGEST_SEGMENT: usize = 16 << 20;

/// Lines of a list that wait in memory to be written and mapped: very many lists may be pulled at one time.
const FEW: usize = 16;

/// The same of a delivery of files, which is large, and one of two at a time: enough for every core.
const MANY: usize = 1_024;

/// Lines that one thread writes and maps at one time: part of a segment's text, so the same on every machine.
const PART: usize = 128;

/// Counts of what was landed and stored.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct LandCounts {
    pub(crate) landed: u64,
    pub(crate) rows: u64,
    pub(crate) quarantined: u64,
}

/// Lands the lines of one stream.
pub(crate) struct Lander<'a> {
    ctx: &'a PullContext<'a>,
    header: SegmentHeader,
    known: HashMap<u64, Landed>,
    seen: HashSet<u64>,
    writer: Option<SegmentWriter>,
    /// Maps the lines of the present segment.
    intake: Option<Box<dyn SegmentIntake>>,
    /// Lines of the present segment that are not written yet.
    lines: Vec<Line>,
    /// So many wait.
    together: usize,
    /// Each key comes once: what is landed of it need not be looked up again.
    each_once: bool,
    /// What is listed need not be known: nothing can be missing.
    never_gone: bool,
    /// What the present segment says of its keys.
    rows: Vec<Landed>,
    /// The segment before, on its way into the store while the next one is landed. Nothing is written any more once the pull has ended,
    /// however it ended: who waits for the folder would else meet it. A segment that is cut off so is stored by the next pull.
    storing: Option<AbortOnDropHandle<Result<StoredCounts, SinkError>>>,
    /// Segments that are durable and wait for those of the delivery's other streams, when they are to be stored together.
    waiting: Option<Vec<Waiting>>,
    pub(crate) counts: LandCounts,
}

/// A segment that is to be remembered and stored.
pub(crate) struct Waiting {
    segment: Segment,
    rows: Vec<Landed>,
    intake: Box<dyn SegmentIntake>,
}

impl<'a> Lander<'a> {
    pub(crate) async fn new(
        ctx: &'a PullContext<'a>,
        connection: &str,
        connector: &str,
        stream: &Stream,
        mapping: bool,
        fetched_at: DateTime<Utc>,
    ) -> Result<Lander<'a>, PullError> {
        let known = ctx.state.landed(connection, &stream.name).await.map_err(|error| PullError::own(&error))?;
        Ok(Lander::knowing(known, ctx, connection, connector, stream, mapping, fetched_at))
    }

    /// The same when what was landed before of all keys that will come is known already.
    pub(crate) fn knowing(
        known: HashMap<u64, Landed>,
        ctx: &'a PullContext<'a>,
        connection: &str,
        connector: &str,
        stream: &Stream,
        mapping: bool,
        fetched_at: DateTime<Utc>,
    ) -> Lander<'a> {
        let header = header(ctx, connection, connector, stream, mapping, fetched_at);
        Lander {
            ctx,
            header,
            known,
            seen: HashSet::new(),
            writer: None,
            intake: None,
            lines: Vec::new(),
            together: FEW,
            each_once: false,
            never_gone: false,
            rows: Vec::new(),
            storing: None,
            waiting: None,
            counts: LandCounts::default(),
        }
    }

    /// Lines will come by the thousand: they are written and mapped on every core. Of a delivery in which each key comes once, or of a list of which
    /// nothing can be missing, less is kept in memory.
    pub(crate) fn expect_many(&mut self, each_once: bool, never_gone: bool) {
        self.together = MANY;
        self.each_once = each_once;
        self.never_gone = never_gone;
    }

    /// Segments are to be stored together with those of other streams: [`Lander::take_waiting`] gives them.
    pub(crate) fn store_later(&mut self) {
        self.waiting = Some(Vec::new());
    }

    /// Segments that are durable and not yet stored.
    pub(crate) fn take_waiting(&mut self) -> Vec<Waiting> {
        self.waiting.take().unwrap_or_default()
    }

    /// Notes that a key was listed, without landing anything.
    pub(crate) fn listed(&mut self, key_hash: u64) {
        self.seen.insert(key_hash);
    }

    /// Whether a key is landed and was listed last time.
    pub(crate) fn is_present(&self, key_hash: u64) -> bool {
        self.known.get(&key_hash).is_some_and(|known| !known.gone)
    }

    /// Notes that everything that was there last time is there still.
    pub(crate) fn all_listed(&mut self) {
        self.seen.extend(self.known.values().filter(|known| !known.gone).map(|known| known.key_hash));
    }

    /// Hash of the words that say how the stream is read.
    pub(crate) fn spec_hash(&self) -> &str {
        &self.header.spec
    }

    /// Number of different keys listed so far.
    pub(crate) fn listed_count(&self) -> u64 {
        self.seen.len() as u64
    }

    /// Lands a line unless nothing changed.
    pub(crate) async fn push(&mut self, mut line: Line) -> Result<(), PullError> {
        if !self.never_gone {
            self.seen.insert(line.key_hash);
        }
        if let Some(known) = self.known.get(&line.key_hash) {
            if known.content_hash == line.content_hash && known.gone == line.gone {
                return Ok(());
            }
            line.back = known.gone && !line.gone;
        }
        let now = Landed { key_hash: line.key_hash, content_hash: line.content_hash, gone: line.gone };
        if !self.each_once {
            self.known.insert(line.key_hash, now);
        }
        self.rows.push(now);
        self.lines.push(line);
        self.counts.landed += 1;
        let most = self.ctx.config.settings.landing.segment_records as u64;
        let full = self.lines.len() as u64 + self.writer.as_ref().map_or(0, SegmentWriter::records) >= most;
        if full || self.lines.len() >= self.together {
            self.write()?;
        }
        if full || self.writer.as_ref().is_some_and(|writer| writer.bytes() >= LARGEST_SEGMENT) {
            self.close_segment().await?;
        }
        Ok(())
    }

    /// Writes and maps the lines that wait for it, on every core.
    fn write(&mut self) -> Result<(), PullError> {
        let lines = std::mem::take(&mut self.lines);
        if lines.is_empty() {
            return Ok(());
        }
        let writer = if let Some(writer) = &mut self.writer {
            writer
        } else {
            // Rows of a whole segment in memory are for a delivery; of very many lists they would be too many.
            self.intake = if self.together == MANY { self.ctx.sink.begin(&self.header) } else { None };
            self.writer.insert(SegmentWriter::new(self.ctx.data_dir, self.header.clone()).map_err(own)?)
        };
        if self.intake.is_none() {
            return info_span!(target: "timing", "land").in_scope(|| writer.push(&lines)).map_err(own);
        }
        let intake = self.intake.as_deref();
        let parts: Vec<(std::io::Result<LineBlock>, Option<MappedLines>)> = lines
            .par_chunks(PART)
            .map(|part| {
                let block = info_span!(target: "timing", "land").in_scope(|| LineBlock::of(part));
                (block, intake.map(|intake| info_span!(target: "timing", "map").in_scope(|| intake.map(part))))
            })
            .collect();
        for (block, mapped) in parts {
            let block = block.map_err(LandingError::io("cannot write", self.ctx.data_dir)).map_err(own)?;
            writer.append(&block).map_err(own)?;
            if let (Some(intake), Some(mapped)) = (&mut self.intake, mapped) {
                intake.take(mapped);
            }
        }
        Ok(())
    }

    /// Lands what a complete list no longer has, as it was landed last.
    pub(crate) async fn push_gone(&mut self) -> Result<(), PullError> {
        let mut missing: HashSet<u64> =
            self.known.values().filter(|known| !known.gone && !self.seen.contains(&known.key_hash)).map(|known| known.key_hash).collect();
        if missing.is_empty() {
            return Ok(());
        }
        let segments = list_connection_segments(self.ctx.data_dir, &self.header.connection).map_err(own)?;
        let mut gone = Vec::new();
        for segment in segments.iter().rev().filter(|segment| segment.stream == self.header.stream) {
            let mut found: HashMap<u64, Line> = HashMap::new();
            for line in read_segment(segment).map_err(own)? {
                let line = line.map_err(own)?;
                if missing.contains(&line.key_hash) {
                    // The last one of a segment counts.
                    found.insert(line.key_hash, line);
                }
            }
            missing.retain(|key| !found.contains_key(key));
            gone.extend(found.into_values());
            if missing.is_empty() {
                break;
            }
        }
        gone.sort_by(|a, b| a.id.cmp(&b.id));
        for line in gone {
            self.push(Line { gone: true, back: false, ..line }).await?;
        }
        Ok(())
    }

    /// Makes the present segment durable, and waits until all segments are in the store.
    pub(crate) async fn flush(&mut self) -> Result<(), PullError> {
        self.close_segment().await?;
        self.settle().await
    }

    /// Waits for the segment that is on its way into the store.
    pub(crate) async fn settle(&mut self) -> Result<(), PullError> {
        let Some(storing) = self.storing.take() else { return Ok(()) };
        let stored = storing.await.map_err(|error| PullError::new(PullErrorKind::Store, error.to_string()))?;
        self.count(stored.map_err(|error| PullError::own(&error))?);
        Ok(())
    }

    fn count(&mut self, stored: StoredCounts) {
        self.counts.rows += stored.rows;
        self.counts.quarantined += stored.quarantined;
    }

    /// Makes the present segment durable and gives it to the store, one at a time.
    async fn close_segment(&mut self) -> Result<(), PullError> {
        self.write()?;
        let (rows, intake) = (std::mem::take(&mut self.rows), self.intake.take());
        let Some(writer) = self.writer.take() else { return Ok(()) };
        let Some(segment) = writer.finish().map_err(own)? else { return Ok(()) };
        let intake = match (&mut self.waiting, intake) {
            (Some(waiting), Some(intake)) => {
                waiting.push(Waiting { segment, rows, intake });
                return Ok(());
            }
            (_, intake) => intake,
        };
        remember(self.ctx, &segment, &rows).await?;
        self.settle().await?;
        if let Some(intake) = intake {
            let storing = tokio::spawn(async move { intake.store(&segment).await }.in_current_span());
            self.storing = Some(AbortOnDropHandle::new(storing));
        } else {
            let stored = self.ctx.sink.store(&segment).await.map_err(|error| PullError::own(&error))?;
            self.count(stored);
        }
        Ok(())
    }
}

/// Remembers and stores segments, all at one time: the store puts in together what comes together.
pub(crate) async fn store_together(ctx: &PullContext<'_>, waiting: Vec<Waiting>) -> Result<LandCounts, PullError> {
    try_join_all(waiting.iter().map(|waiting| remember(ctx, &waiting.segment, &waiting.rows))).await?;
    let stored = waiting.into_iter().map(async |Waiting { segment, intake, .. }| intake.store(&segment).await);
    // One that fails does not keep the others from being stored.
    let mut counts = LandCounts::default();
    let mut failed = Ok(());
    for stored in join_all(stored).await {
        match stored {
            Ok(stored) => {
                counts.rows += stored.rows;
                counts.quarantined += stored.quarantined;
            }
            Err(error) => failed = Err(PullError::own(&error)),
        }
    }
    failed.map(|()| counts)
}

/// Gives to the store what a crash left between landing and store. The segments are durable, so the
/// result is that of the pull that was cut off.
pub(crate) async fn recover(ctx: &PullContext<'_>, connection: &str) -> Result<LandCounts, PullError> {
    crate::landing::clean_leftovers(ctx.data_dir, connection).map_err(own)?;
    let stored = ctx.state.stored_segments(connection).await.map_err(|error| PullError::own(&error))?;
    let segments = list_segments_beside(ctx.data_dir, connection, &stored).map_err(own)?;
    let mut counts = LandCounts::default();
    for segment in &segments {
        tracing::info!(segment = segment.id, connection, "storing a segment that an interrupted pull left");
        let mut rows = Vec::new();
        for line in read_segment(segment).map_err(own)? {
            let line = line.map_err(own)?;
            rows.push(Landed { key_hash: line.key_hash, content_hash: line.content_hash, gone: line.gone });
        }
        remember(ctx, segment, &rows).await?;
        let stored = ctx.sink.store(segment).await.map_err(|error| PullError::own(&error))?;
        counts.rows += stored.rows;
        counts.quarantined += stored.quarantined;
    }
    Ok(counts)
}

/// Notes what landing holds now. It comes before the store: a segment that the store does not know is always given to it again.
async fn remember(ctx: &PullContext<'_>, segment: &Segment, rows: &[Landed]) -> Result<(), PullError> {
    // A record delivered twice in one segment is remembered as it came last.
    let last: std::collections::BTreeMap<u64, Landed> = rows.iter().map(|row| (row.key_hash, *row)).collect();
    let rows: Vec<Landed> = last.into_values().collect();
    let commit = ctx.state.commit_landed(&segment.connection, &segment.stream, &rows, &segment.id);
    commit.instrument(info_span!(target: "timing", "remember")).await.map_err(|error| PullError::own(&error))
}

/// What is said of a segment of a stream before it has lines.
pub(crate) fn header(
    ctx: &PullContext<'_>,
    connection: &str,
    connector: &str,
    stream: &Stream,
    mapping: bool,
    fetched_at: DateTime<Utc>,
) -> SegmentHeader {
    SegmentHeader {
        inflow: 1,
        connection: connection.to_owned(),
        connector: connector.to_owned(),
        stream: stream.name.clone(),
        kind: stream.kind,
        fetched_at: fetched_at.timestamp_millis(),
        normaliser: NORMALISER,
        key_id: ctx.keys.key_id().to_owned(),
        spec: spec_hash(stream),
        records: 0,
        mapping: mapping.then(|| stream.clone()),
    }
}

fn spec_hash(stream: &Stream) -> String {
    let text = serde_json::to_value(stream).unwrap_or_default();
    let hash = content_hash(&text, None, &serde_json::Map::new());
    format!("{hash:016x}")
}

#[expect(clippy::needless_pass_by_value, reason = "used with map_err")]
fn own(error: LandingError) -> PullError {
    PullError::own(&error)
}
