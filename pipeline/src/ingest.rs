//! From landed lines to rows in the store.
//!
//! A segment's lines are mapped as they are landed (or read from the segment, when it is replayed or was left by a
//! crash), deduplicated table by table and written in blocks, one insert each. The block's token names segment, table,
//! block, pipeline version and generation, so an insert repeated after a crash adds nothing, and one made by a corrected
//! pipeline is not swallowed.

use crate::frame::{Lineage, Row, Rows, Table};
use crate::map::unfit::Unfit;
use crate::map::{Fault, Mapped, Mapper};
use crate::{PIPELINE_VERSION, PipelineError, statement};
use async_trait::async_trait;
use bytes::Bytes;
use chrono::{DateTime, Utc};
use futures::future::try_join_all;
use inflow_config::{Config, SharedClock};
use inflow_connectors::landing::{Line, Segment, SegmentHeader, read_segment};
use inflow_connectors::spec::{Stream, spec};
use inflow_connectors::{MappedLines, SegmentIntake, SegmentSink, SinkError, StatementCheck, StoredCounts};
use inflow_store::{InsertInto, QuarantineRow, SegmentRow, Store, UnknownWordRow};
use std::collections::BTreeMap;
use std::sync::Arc;
use tracing::{Instrument, info_span};

/// Rows of one insert. Well under the engine's own block size, so that one insert is one block, and a function of the
/// landing alone.
const BLOCK_ROWS: usize = 50_000;

/// Rows of a table that are not worth an insert of their own. They go in together with those of other segments, without a
/// token: rows that are inserted again after a crash are equal in key and version to those that are there, so they are one.
const FEW_ROWS: usize = 2_000;

/// Writes segments into one database: the live one, or a replay's shadow.
#[derive(Debug, Clone)]
pub struct Pipeline {
    store: Store,
    config: Arc<Config>,
    clock: SharedClock,
    database: String,
    generation: u32,
}

/// A block ready to be inserted.
struct Block {
    table: &'static str,
    number: usize,
    rows: usize,
    body: Bytes,
}

/// Lines mapped, in order.
pub(crate) struct Read {
    mapped: Mapped,
    lines: u64,
}

impl Read {
    pub(crate) fn new() -> Self {
        Self { mapped: Mapped::new(), lines: 0 }
    }

    /// The next line, as the entry of the ledger that it is.
    pub(crate) fn entry(&mut self, row: &Row, unfit: Vec<Unfit>) {
        self.lines += 1;
        match unfit.into_iter().next() {
            None => self.mapped.push(row),
            Some(Unfit { column, reason, .. }) => self.mapped.faults.push(Fault { line: self.lines, field: column, reason }),
        }
    }
}

impl Pipeline {
    /// A pipeline into the live database.
    pub fn live(store: Store, config: Arc<Config>, clock: SharedClock) -> Self {
        Self { store, config, clock, database: inflow_store::DERIVED_DATABASE.to_owned(), generation: 0 }
    }

    /// A pipeline into another database of the same tables; `generation` tells its inserts from those before.
    pub fn into_database(store: Store, config: Arc<Config>, clock: SharedClock, database: &str, generation: u32) -> Self {
        Self { store, config, clock, database: database.to_owned(), generation }
    }

    /// Maps, deduplicates and stores one segment, and records it as stored.
    ///
    /// # Errors
    /// When the segment cannot be read, its connection is no longer configured, or the store refuses.
    pub async fn ingest(&self, segment: &Segment) -> Result<StoredCounts, PipelineError> {
        let mapper = mapper_of(&self.config, segment)?;
        let owned = segment.clone();
        let read = tokio::task::spawn_blocking(move || read_whole(&mapper, &owned)).await;
        self.write(segment, read.map_err(|error| PipelineError::Stopped(error.to_string()))??, false).await
    }

    /// Deduplicates and stores what was made of a segment's lines, and records it as stored. A `new` segment was landed just now.
    async fn write(&self, segment: &Segment, read: Read, new: bool) -> Result<StoredCounts, PipelineError> {
        let lineage = Lineage {
            connection: segment.connection.clone(),
            segment: segment.id.clone(),
            fetched_at: segment.fetched_at.timestamp_millis(),
        };
        let Mapped { tables, faults, unknown_words } = read.mapped;
        let mut rows = 0;
        let tables = tables.into_iter().filter(|(_, made)| !made.is_empty());
        let (few, many): (Vec<_>, Vec<_>) = tables.partition(|(_, made)| made.len() <= FEW_ROWS);
        for (table, made) in many {
            let lineage = lineage.clone();
            let frames = info_span!(target: "timing", "frame");
            let blocks = tokio::task::spawn_blocking(move || frames.in_scope(|| cut(&made, table, &lineage))).await;
            for block in blocks.map_err(|error| PipelineError::Stopped(error.to_string()))? {
                // By name, since blocks were once cut in another order.
                let token = format!("{}/{}/sorted {}/{PIPELINE_VERSION}/{}", segment.id, block.table, block.number, self.generation);
                let insert = self.store.insert(&self.database, block.table, &[], "Native", block.body, &token);
                insert.instrument(info_span!(target: "timing", "insert")).await?;
                rows += block.rows as u64;
            }
        }
        let frames = info_span!(target: "timing", "frame");
        let blocks: Vec<Block> = frames.in_scope(|| few.into_iter().flat_map(|(table, made)| cut(&made, table, &lineage)).collect());
        drop(frames);
        rows += blocks.iter().map(|block| block.rows as u64).sum::<u64>();
        let inserts = blocks.into_iter().map(|block| {
            let into = InsertInto { database: &self.database, table: block.table, columns: &[], format: "Native" };
            self.store.insert_together(into, block.body).instrument(info_span!(target: "timing", "insert"))
        });
        try_join_all(inserts).await?;
        let quarantined = distinct_lines(&faults);
        self.set_aside(segment, faults, unknown_words, new).await?;
        self.store
            .record_segment(&SegmentRow {
                segment: segment.id.clone(),
                connection: segment.connection.clone(),
                stream: segment.stream.clone(),
                kind: segment.kind.to_string(),
                fetched_at: segment.fetched_at,
                records: read.lines,
                rows,
                quarantined,
                pipeline_version: PIPELINE_VERSION,
                generation: self.generation,
            })
            .await?;
        Ok(StoredCounts { rows, quarantined })
    }

    async fn set_aside(&self, segment: &Segment, faults: Vec<Fault>, words: BTreeMap<String, u64>, new: bool) -> Result<(), PipelineError> {
        let now = self.clock.now();
        let faults: Vec<QuarantineRow> = faults
            .into_iter()
            .map(|fault| QuarantineRow {
                connection: segment.connection.clone(),
                stream: segment.stream.clone(),
                segment: segment.id.clone(),
                line: fault.line,
                field: fault.field,
                reason: fault.reason,
                seen_at: now,
            })
            .collect();
        let words: Vec<UnknownWordRow> = words
            .into_iter()
            .map(|(word, records)| UnknownWordRow {
                connection: segment.connection.clone(),
                stream: segment.stream.clone(),
                segment: segment.id.clone(),
                word,
                records,
                seen_at: now,
            })
            .collect();
        Ok(self.store.set_aside(&segment.id, &faults, &words, new).await?)
    }
}

#[async_trait]
impl SegmentSink for Pipeline {
    fn begin(&self, header: &SegmentHeader) -> Option<Box<dyn SegmentIntake>> {
        // What cannot be read says so when the segment is stored.
        let fetched_at = DateTime::from_timestamp_millis(header.fetched_at)?;
        let mapper = mapper(&self.config, &header.connection, &header.connector, &header.stream, header.mapping.as_ref(), fetched_at)?;
        Some(Box::new(Intake { pipeline: self.clone(), mapper, read: Read::new() }))
    }

    fn check<'s>(&'s self, header: &SegmentHeader) -> Option<Box<dyn StatementCheck + 's>> {
        let fetched_at = DateTime::from_timestamp_millis(header.fetched_at)?;
        let mapper = mapper(&self.config, &header.connection, &header.connector, &header.stream, header.mapping.as_ref(), fetched_at)?;
        Some(Box::new(statement::Check::new(mapper)))
    }

    async fn store(&self, segment: &Segment) -> Result<StoredCounts, SinkError> {
        self.ingest(segment).await.map_err(|error| SinkError::of(&error))
    }
}

/// What maps the lines of a stream. `None` when the connection or the stream is not known.
fn mapper(
    config: &Config,
    connection: &str,
    connector: &str,
    stream: &str,
    mapping: Option<&Stream>,
    fetched_at: DateTime<Utc>,
) -> Option<Mapper> {
    let board = spec(connector);
    let stream = mapping.or_else(|| board?.stream(stream))?;
    let none = BTreeMap::new();
    let stages = board.map_or(&none, |board| &board.stages);
    Some(Mapper::new(config, config.connection(connection)?, stream, stages, fetched_at))
}

fn mapper_of(config: &Config, segment: &Segment) -> Result<Mapper, PipelineError> {
    if config.connection(&segment.connection).is_none() {
        return Err(PipelineError::NoConnection { segment: segment.id.clone(), connection: segment.connection.clone() });
    }
    let mapping = segment.mapping.as_ref();
    let known = mapper(config, &segment.connection, &segment.connector, &segment.stream, mapping, segment.fetched_at);
    known.ok_or_else(|| PipelineError::Mapping {
        segment: segment.id.clone(),
        reason: format!("connector {} has no stream {}", segment.connector, segment.stream),
    })
}

/// Maps the lines of a segment while they are landed.
struct Intake {
    pipeline: Pipeline,
    mapper: Mapper,
    read: Read,
}

#[async_trait]
impl SegmentIntake for Intake {
    fn map(&self, lines: &[Line]) -> MappedLines {
        let mut read = Read::new();
        for line in lines {
            read.lines += 1;
            self.mapper.line(read.lines, line, &mut read.mapped);
        }
        Box::new(read)
    }

    fn take(&mut self, mapped: MappedLines) {
        if let Ok(next) = mapped.downcast::<Read>() {
            self.read.mapped.append(next.mapped, self.read.lines);
            self.read.lines += next.lines;
        }
    }

    async fn store(self: Box<Self>, segment: &Segment) -> Result<StoredCounts, SinkError> {
        let Intake { pipeline, read, .. } = *self;
        pipeline.write(segment, read, true).await.map_err(|error| SinkError::of(&error))
    }
}

fn read_whole(mapper: &Mapper, segment: &Segment) -> Result<Read, PipelineError> {
    let _maps = info_span!(target: "timing", "map").entered();
    let mut read = Read::new();
    for line in read_segment(segment)? {
        let line = line?;
        read.lines += 1;
        mapper.line(read.lines, &line, &mut read.mapped);
    }
    Ok(read)
}

fn cut(rows: &Rows, table: &'static Table, lineage: &Lineage) -> Vec<Block> {
    let kept = rows.latest();
    let parts = kept.chunks(BLOCK_ROWS).enumerate();
    parts.map(|(number, part)| Block { table: table.name, number, rows: part.len(), body: rows.block(part, lineage).into() }).collect()
}

fn distinct_lines(faults: &[Fault]) -> u64 {
    let mut lines: Vec<u64> = faults.iter().map(|fault| fault.line).collect();
    lines.sort_unstable();
    lines.dedup();
    lines.len() as u64
}
