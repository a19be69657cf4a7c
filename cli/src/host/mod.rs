//! What everything in the process that holds a data folder shares: scheduled pulls, jobs of other processes, webhooks.

mod analyses;
mod gate;

pub use analyses::Analyses;
pub use gate::{Feeding, Gate};

use async_trait::async_trait;
use inflow_connectors::http::{Http, HttpOptions};
use inflow_connectors::landing::{Line, Segment, SegmentHeader};
use inflow_connectors::{MappedLines, PullError, SegmentIntake, SegmentSink, SinkError, StatementCheck, StoredCounts};
use inflow_pipeline::Pipeline;
use std::sync::{Arc, OnceLock};
use tokio::sync::Semaphore;

/// Segments that are made into rows at one time.
///
/// This is where pulls are limited: mapping a segment and inserting its rows takes memory and a processor, waiting for a
/// board or for its budget takes neither. A limit on pulls as a whole would let a few boards that hang keep all others
/// from starting.
const SEGMENTS_AT_ONCE: usize = 8;

/// The shared parts. One for each data folder that the process holds.
#[derive(Debug)]
pub struct Host {
    /// Who may touch landing and store.
    pub gate: Gate,
    /// Analyses, one after the other.
    pub analyses: Analyses,
    /// Held by whoever sends messages, so that none goes out twice.
    pub sending: tokio::sync::Mutex<()>,
    /// Held by whoever calls for refreshes: limits are looked at before each call, so two at one time would break them.
    pub carrying: tokio::sync::Mutex<()>,
    http: OnceLock<Arc<Http>>,
    turns: Arc<Semaphore>,
}

impl Default for Host {
    fn default() -> Self {
        Self {
            gate: Gate::default(),
            analyses: Analyses::default(),
            sending: tokio::sync::Mutex::default(),
            carrying: tokio::sync::Mutex::default(),
            http: OnceLock::new(),
            turns: Arc::new(Semaphore::new(SEGMENTS_AT_ONCE)),
        }
    }
}

impl Host {
    /// The client for boards: budgets are shared through it, so there is one for all, made with the first options given.
    pub fn http(&self, options: HttpOptions) -> Result<Arc<Http>, PullError> {
        if let Some(http) = self.http.get() {
            return Ok(Arc::clone(http));
        }
        let made = Arc::new(Http::new(options)?);
        Ok(Arc::clone(self.http.get_or_init(|| made)))
    }

    /// Writes down which budgets are used, so that the next process does not spend them again.
    pub fn close(&self) {
        if let Some(http) = self.http.get() {
            http.close();
        }
    }

    /// The pipeline behind the limit of segments at one time.
    pub fn sink(&self, pipeline: Pipeline) -> TurnedSink {
        TurnedSink { pipeline, turns: Arc::clone(&self.turns) }
    }
}

/// Stores a segment when it has a turn.
#[derive(Debug)]
pub struct TurnedSink {
    pipeline: Pipeline,
    turns: Arc<Semaphore>,
}

#[async_trait]
impl SegmentSink for TurnedSink {
    fn begin(&self, header: &SegmentHeader) -> Option<Box<dyn SegmentIntake>> {
        let intake = self.pipeline.begin(header)?;
        Some(Box::new(TurnedIntake { intake, turns: Arc::clone(&self.turns) }))
    }

    fn check<'s>(&'s self, header: &SegmentHeader) -> Option<Box<dyn StatementCheck + 's>> {
        self.pipeline.check(header)
    }

    async fn store(&self, segment: &Segment) -> Result<StoredCounts, SinkError> {
        // Never closed; without a turn the segment would only be stored a little early.
        let _turn = self.turns.acquire().await;
        self.pipeline.store(segment).await
    }
}

/// A segment that is mapped while it is landed, and stored when it has a turn.
struct TurnedIntake {
    intake: Box<dyn SegmentIntake>,
    turns: Arc<Semaphore>,
}

#[async_trait]
impl SegmentIntake for TurnedIntake {
    fn map(&self, lines: &[Line]) -> MappedLines {
        self.intake.map(lines)
    }

    fn take(&mut self, mapped: MappedLines) {
        self.intake.take(mapped);
    }

    async fn store(self: Box<Self>, segment: &Segment) -> Result<StoredCounts, SinkError> {
        let Self { intake, turns } = *self;
        let _turn = turns.acquire().await;
        intake.store(segment).await
    }
}
