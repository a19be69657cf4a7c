//! Lines into segments, segments into the store: only what is new or changed.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};
use futures::future::{join_all, try_join_all};
use tokio_util::task::AbortOnDropHandle;
use tracing::{Instrument, info_span};

use super::PullContext;
use super::packing::{Draft, Packing};
use crate::error::{PullError, PullErrorKind};
use crate::identity::NORMALISER;
use crate::landing::{
    LandingError, Line, Segment, SegmentHeader, content_hash, list_connection_segments, list_segments_beside, read_segment,
};
use crate::spec::Stream;
use crate::state::{Landed, SegmentIntake, SinkError, StoredCounts};

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
    packing: Packing<'a>,
    known: HashMap<u64, Landed>,
    seen: HashSet<u64>,
    /// Each key comes once: what is landed of it need not be looked up again.
    each_once: bool,
    /// What is listed need not be known: nothing can be missing.
    never_gone: bool,
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
            packing: Packing::new(ctx, header),
            known,
            seen: HashSet::new(),
            each_once: false,
            never_gone: false,
            storing: None,
            waiting: None,
            counts: LandCounts::default(),
        }
    }

    /// Lines will come by the thousand: they are written and mapped on every core. Of a delivery in which each key comes once, or of a list of which
    /// nothing can be missing, less is kept in memory.
    pub(crate) fn expect_many(&mut self, each_once: bool, never_gone: bool) {
        self.packing.expect_many();
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
        if !self.never_gone {
            self.seen.insert(key_hash);
        }
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
        &self.packing.header().spec
    }

    /// Number of different keys listed so far.
    pub(crate) fn listed_count(&self) -> u64 {
        self.seen.len() as u64
    }

    /// Lands a line unless nothing changed.
    pub(crate) async fn push(&mut self, mut line: Line) -> Result<(), PullError> {
        self.listed(line.key_hash);
        if let Some(known) = self.known.get(&line.key_hash) {
            if known.content_hash == line.content_hash && known.gone == line.gone {
                return Ok(());
            }
            line.back = known.gone && !line.gone;
        }
        let now = Landed::of(&line);
        if !self.each_once {
            self.known.insert(line.key_hash, now);
        }
        self.counts.landed += 1;
        if self.packing.push(line, now)? {
            self.close_segment().await?;
        }
        Ok(())
    }

    /// Whether a record is new or changed.
    pub(crate) fn is_news(&self, row: &Landed) -> bool {
        self.known.get(&row.key_hash).is_none_or(|known| known.content_hash != row.content_hash || known.gone != row.gone)
    }

    /// Lands the lines of a segment that was made before, as they are. Gives it back when they have to be landed one by one: some are no
    /// news or were gone, or a key may come twice.
    pub(super) async fn push_draft(&mut self, draft: Draft) -> Result<Option<Draft>, PullError> {
        let is_back = |row: &Landed| self.known.get(&row.key_hash).is_some_and(|known| known.gone);
        let as_it_is = self.each_once && draft.rows.iter().all(|row| self.is_news(row) && !is_back(row));
        // What is still open goes on.
        if !as_it_is || (!draft.full && !self.packing.is_empty()) {
            return Ok(Some(draft));
        }
        self.close_segment().await?;
        if !self.never_gone {
            self.seen.extend(draft.rows.iter().map(|row| row.key_hash));
        }
        self.counts.landed += draft.rows.len() as u64;
        let full = draft.full;
        self.packing.resume(draft);
        if full {
            self.close_segment().await?;
        }
        Ok(None)
    }

    /// Lands what a complete list no longer has, as it was landed last.
    pub(crate) async fn push_gone(&mut self) -> Result<(), PullError> {
        let mut missing: HashSet<u64> =
            self.known.values().filter(|known| !known.gone && !self.seen.contains(&known.key_hash)).map(|known| known.key_hash).collect();
        if missing.is_empty() {
            return Ok(());
        }
        let segments = list_connection_segments(self.ctx.data_dir, &self.packing.header().connection).map_err(own)?;
        let mut gone = Vec::new();
        for segment in segments.iter().rev().filter(|segment| segment.stream == self.packing.header().stream) {
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
        let Some(Draft { writer: Some(writer), intake, rows, .. }) = self.packing.close()? else { return Ok(()) };
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
            rows.push(Landed::of(&line));
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
    let mut rows: Vec<Landed> = rows.iter().rev().copied().collect();
    rows.sort_by_key(|row| row.key_hash);
    rows.dedup_by_key(|row| row.key_hash);
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
