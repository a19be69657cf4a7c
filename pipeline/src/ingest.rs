//! From one landed segment to rows in the store.
//!
//! A segment is mapped as a whole, deduplicated table by table and written in blocks, one insert each. The block's token
//! names segment, table, block, pipeline version and generation, so an insert repeated after a crash adds nothing, and
//! one made by a corrected pipeline is not swallowed.

use crate::frame::{Rows, latest, to_arrow_stream};
use crate::map::{Mapped, Mapper};
use crate::{PIPELINE_VERSION, PipelineError};
use bytes::Bytes;
use inflow_config::{Config, Connection, SharedClock};
use inflow_connectors::landing::{Segment, read_segment};
use inflow_connectors::spec::spec;
use inflow_connectors::{SegmentSink, SinkError, StoredCounts};
use inflow_store::{QuarantineRow, SegmentRow, Store, UnknownWordRow};
use std::collections::BTreeMap;
use std::sync::Arc;
use tracing::{Instrument, info_span};

/// Rows of one insert. Well under the engine's own block size, so that one insert is one block, and a function of the
/// landing alone.
const BLOCK_ROWS: usize = 50_000;

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
    columns: Vec<&'static str>,
    number: usize,
    rows: usize,
    body: Bytes,
}

/// A segment mapped, before it is stored.
struct Prepared {
    blocks: Vec<Block>,
    faults: Vec<crate::map::Fault>,
    unknown_words: BTreeMap<String, u64>,
    records: u64,
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
        let connection = self
            .config
            .connection(&segment.connection)
            .cloned()
            .ok_or_else(|| PipelineError::NoConnection { segment: segment.id.clone(), connection: segment.connection.clone() })?;
        let (config, owned) = (Arc::clone(&self.config), segment.clone());
        let prepared = tokio::task::spawn_blocking(move || prepare(&config, &connection, &owned))
            .await
            .map_err(|error| PipelineError::Stopped(error.to_string()))??;
        let mut rows = 0;
        for block in prepared.blocks {
            let token = format!("{}/{}/{}/{PIPELINE_VERSION}/{}", segment.id, block.table, block.number, self.generation);
            let insert = self.store.insert(&self.database, block.table, &block.columns, "ArrowStream", block.body, &token);
            insert.instrument(info_span!(target: "timing", "insert")).await?;
            rows += block.rows as u64;
        }
        let now = self.clock.now();
        let faults: Vec<QuarantineRow> = prepared
            .faults
            .iter()
            .map(|fault| QuarantineRow {
                connection: segment.connection.clone(),
                stream: segment.stream.clone(),
                segment: segment.id.clone(),
                line: fault.line,
                field: fault.field.clone(),
                reason: fault.reason.clone(),
                seen_at: now,
            })
            .collect();
        let quarantined = distinct_lines(&prepared.faults);
        let words: Vec<UnknownWordRow> = prepared
            .unknown_words
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
        self.store.set_aside(&segment.id, &faults, &words).await?;
        self.store
            .record_segment(&SegmentRow {
                segment: segment.id.clone(),
                connection: segment.connection.clone(),
                stream: segment.stream.clone(),
                kind: segment.kind.to_string(),
                fetched_at: segment.fetched_at,
                records: prepared.records,
                rows,
                quarantined,
                pipeline_version: PIPELINE_VERSION,
                generation: self.generation,
            })
            .await?;
        Ok(StoredCounts { rows, quarantined })
    }
}

#[async_trait::async_trait]
impl SegmentSink for Pipeline {
    async fn store(&self, segment: &Segment) -> Result<StoredCounts, SinkError> {
        self.ingest(segment).await.map_err(|error| SinkError::of(&error))
    }
}

fn prepare(config: &Config, connection: &Connection, segment: &Segment) -> Result<Prepared, PipelineError> {
    let no_stream = || PipelineError::Mapping {
        segment: segment.id.clone(),
        reason: format!("connector {} has no stream {}", segment.connector, segment.stream),
    };
    let stream = segment.stream_spec().ok_or_else(no_stream)?;
    let none = BTreeMap::new();
    let stages = spec(&segment.connector).map_or(&none, |board| &board.stages);
    let mapper = Mapper::new(config, connection, stream, stages, &segment.id, segment.fetched_at);
    let maps = info_span!(target: "timing", "map").entered();
    let mut mapped = Mapped::new();
    let mut records = 0;
    for line in read_segment(segment)? {
        let line = line?;
        records += 1;
        mapper.line(records, &line, &mut mapped);
    }
    drop(maps);
    let _frames = info_span!(target: "timing", "frame").entered();
    let mut blocks = Vec::new();
    for (table, rows) in mapped.tables {
        blocks.extend(cut(rows, table)?);
    }
    Ok(Prepared { blocks, faults: mapped.faults, unknown_words: mapped.unknown_words, records })
}

fn cut(rows: Rows, table: &'static crate::frame::Table) -> Result<Vec<Block>, PipelineError> {
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let frame = latest(&rows.into_frame()?, table.key)?;
    let mut blocks = Vec::new();
    for (number, start) in (0..frame.height()).step_by(BLOCK_ROWS).enumerate() {
        let mut part = frame.slice(start as i64, BLOCK_ROWS);
        let rows = part.height();
        let body = Bytes::from(to_arrow_stream(&mut part)?);
        blocks.push(Block { table: table.name, columns: table.columns.iter().map(|(name, _)| *name).collect(), number, rows, body });
    }
    Ok(blocks)
}

fn distinct_lines(faults: &[crate::map::Fault]) -> u64 {
    let mut lines: Vec<u64> = faults.iter().map(|fault| fault.line).collect();
    lines.sort_unstable();
    lines.dedup();
    lines.len() as u64
}
