//! What the engine remembers between pulls, and who stores what it lands.

mod store;

use std::any::Any;
use std::collections::{HashMap, HashSet};

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use inflow_config::Explain;

use crate::landing::{Line, Segment, SegmentHeader};
use crate::statement::StatementCheck;

/// The store, or the pipeline in front of it, failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct SinkError {
    /// What happened.
    pub message: String,
    /// What to do.
    pub hint: Option<String>,
    /// 1: the user can fix it; 2: ours.
    pub exit_code: u8,
}

impl SinkError {
    /// From any explained error.
    pub fn of(error: &dyn Explain) -> SinkError {
        SinkError { message: error.to_string(), hint: error.hint(), exit_code: error.exit_code() }
    }
}

impl Explain for SinkError {
    fn hint(&self) -> Option<String> {
        self.hint.clone()
    }

    fn exit_code(&self) -> u8 {
        self.exit_code
    }
}

/// What became of a segment's lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct StoredCounts {
    /// Rows inserted.
    pub rows: u64,
    /// Lines quarantined.
    pub quarantined: u64,
}

/// Takes segments into the store. Called again with the same segment after a crash; the result must
/// be the same. When it returns, the rows are durable and the segment is recorded as stored.
#[async_trait]
pub trait SegmentSink: Send + Sync {
    /// Takes the lines of a segment while they are landed, so that they are not read again. `None`: they are read from
    /// the segment.
    fn begin(&self, header: &SegmentHeader) -> Option<Box<dyn SegmentIntake>> {
        let _ = header;
        None
    }

    /// What looks at the lines of a statement before they are landed under this header. Whoever makes no rows of lines has none.
    fn check<'s>(&'s self, header: &SegmentHeader) -> Option<Box<dyn StatementCheck + 's>> {
        let _ = header;
        None
    }

    /// Stores one segment.
    async fn store(&self, segment: &Segment) -> Result<StoredCounts, SinkError>;
}

/// Some lines of a segment as a sink wants them.
pub type MappedLines = Box<dyn Any + Send>;

/// A segment on its way into the store while its lines are landed.
#[async_trait]
pub trait SegmentIntake: Send + Sync {
    /// Makes rows of some lines; lines of one segment are mapped side by side.
    fn map(&self, lines: &[Line]) -> MappedLines;

    /// Takes what was made of the next lines, in the order of the segment.
    fn take(&mut self, mapped: MappedLines);

    /// Stores the segment, which is durable by now, as [`SegmentSink::store`] does.
    async fn store(self: Box<Self>, segment: &Segment) -> Result<StoredCounts, SinkError>;
}

/// What was landed last under a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Landed {
    /// [`crate::identity::IdentityKeys::record_key`].
    pub key_hash: u64,
    /// [`crate::landing::content_hash`].
    pub content_hash: u64,
    /// Missing from the last complete list.
    pub gone: bool,
}

impl Landed {
    /// Of a line.
    pub(crate) fn of(line: &Line) -> Landed {
        Landed { key_hash: line.key_hash, content_hash: line.content_hash, gone: line.gone }
    }
}

/// One pull, for the table of runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    /// Unique.
    pub run_id: String,
    /// Connection.
    pub connection: String,
    /// Start.
    pub started_at: DateTime<Utc>,
    /// End.
    pub finished_at: DateTime<Utc>,
    /// Requests made.
    pub requests: u64,
    /// Records delivered.
    pub fetched: u64,
    /// Records new or changed.
    pub landed: u64,
    /// Rows stored.
    pub rows: u64,
    /// Lines quarantined.
    pub quarantined: u64,
    /// Class and sentence of the error that ended it.
    pub error: Option<(String, String)>,
}

/// How a connection is, for everyone who shows its numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Health {
    /// Connection.
    pub connection: String,
    /// Channels that it feeds.
    pub channels: Vec<String>,
    /// Last try.
    pub last_attempt_at: DateTime<Utc>,
    /// Last try that went through.
    pub last_success_at: Option<DateTime<Utc>>,
    /// Start of the present run of failures.
    pub failing_since: Option<DateTime<Utc>>,
    /// Class and sentence of the present error.
    pub error: Option<(String, String)>,
    /// Failures in a row that the breaker counts.
    pub failures: u32,
    /// No scheduled pull before: see [`crate::breaker`].
    pub open_until: Option<DateTime<Utc>>,
}

/// The engine's memory. The store has it; tests keep it in memory.
#[async_trait]
pub trait PullState: Send + Sync {
    /// The cursor committed last.
    async fn cursor(&self, connection: &str, stream: &str) -> Result<Option<String>, SinkError>;
    /// Commits a cursor. Called only when everything before it is stored.
    async fn commit_cursor(&self, connection: &str, stream: &str, cursor: &str) -> Result<(), SinkError>;
    /// Everything landed last, by key.
    async fn landed(&self, connection: &str, stream: &str) -> Result<HashMap<u64, Landed>, SinkError>;
    /// What was landed last under some of the keys of these streams.
    async fn landed_of(&self, connection: &str, streams: &[&str], keys: &[u64]) -> Result<HashMap<u64, Landed>, SinkError>;
    /// Remembers what a segment landed; `token` makes a repeat harmless.
    async fn commit_landed(&self, connection: &str, stream: &str, rows: &[Landed], token: &str) -> Result<(), SinkError>;
    /// Ids of the connection's segments that are in the store.
    async fn stored_segments(&self, connection: &str) -> Result<HashSet<String>, SinkError>;
    /// Tombstones of the erased.
    async fn tombstones(&self) -> Result<HashSet<String>, SinkError>;
    /// The connection's health as recorded last.
    async fn health(&self, connection: &str) -> Result<Option<Health>, SinkError>;
    /// Records a pull and, unless it was an import beside it, the connection's health after it.
    async fn record(&self, run: &Run, health: Option<&Health>) -> Result<(), SinkError>;
}
