//! The engine's loop. One pull of a connection: what an interrupted pull left is stored first; then
//! each stream is asked page by page within its budget, new and changed records are landed, landed
//! segments are stored, and only then the cursor moves.
//!
//! ```text
//! board --page--> records --digest, mask, allow list--> lines --changed?--> segment (durable)
//!                                                                 landed hashes, store, cursor
//! ```

mod act;
mod answered;
mod board;
mod conditional;
mod cursor;
mod deliver;
mod detail;
mod file_lines;
mod import;
mod land;
mod line;
mod mailbox;
mod newest;
mod packing;
mod pager;
mod pick;
mod place;
mod probe;
mod records;
mod robots;
mod shape;
mod split;
mod target;
mod watch;
mod webhook;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use chrono::{DateTime, Utc};
use inflow_config::{Config, Connection, SharedClock};
use tokio_util::sync::CancellationToken;

use crate::breaker;
use crate::error::{PullError, PullErrorKind};
use crate::http::Http;
use crate::identity::IdentityKeys;
use crate::spec::{FILE_CONNECTOR, MAILBOX_CONNECTOR, Spec, Stream, WEBHOOK_CONNECTOR};
use crate::state::{Health, PullState, Run, SegmentSink};
use land::LandCounts;

pub use act::{Called, refresh, refresh_of};
pub use import::import;
pub(crate) use import::read_mapping;
pub(crate) use line::{LineMaker, Made};
pub(crate) use mailbox::check_mailbox;
pub use probe::{Probe, probe};
pub(crate) use records::Outside;
pub use watch::{DeliveredFile, delivered_files};
pub use webhook::{Nonces, Unsigned, Webhook, WebhookDelivery, receive_webhook, refuse_webhook};
pub(crate) use webhook::{PARAMS as WEBHOOK_PARAMS, SECRETS as WEBHOOK_SECRETS, Scheme as WebhookScheme};

/// The records of an answer, shaped as the words of a stream say.
pub(crate) fn shaped_records(
    stream: &crate::spec::Stream,
    body: serde_json::Value,
    outside: records::Outside<'_>,
) -> Result<Vec<serde_json::Value>, PullError> {
    Ok(records::shape(stream, shape::records(stream, body)?, outside))
}

/// The same for records that are a list already.
pub(crate) fn shaped_list(stream: &crate::spec::Stream, records: Vec<serde_json::Value>) -> Vec<serde_json::Value> {
    records::shape(stream, records, Outside { parent: None, given: &serde_json::Map::new() })
}

/// Everything a pull works with.
#[derive(Clone)]
pub struct PullContext<'a> {
    /// Cursors, landed hashes, runs, health: the store.
    pub state: &'a dyn PullState,
    /// The configuration.
    pub config: &'a Config,
    /// The clock.
    pub clock: SharedClock,
    /// Identity and erase key.
    pub keys: &'a IdentityKeys,
    /// Data folder; segments go under `landing/`.
    pub data_dir: &'a Path,
    /// Stores segments: the pipeline.
    pub sink: &'a dyn SegmentSink,
    /// The client for boards, shared by all connections.
    pub http: &'a Http,
    /// Ends pulls between two requests; nothing is left half done.
    pub shutdown: CancellationToken,
    /// Told about each page.
    pub progress: &'a dyn PullProgress,
}

/// Hears how a pull goes.
pub trait PullProgress: Send + Sync {
    /// `fetched` records of a stream so far.
    fn page(&self, connection: &str, stream: &str, fetched: u64) {
        let _ = (connection, stream, fetched);
    }
}

/// Hears nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoProgress;

impl PullProgress for NoProgress {}

/// What a pull did.
#[derive(Debug, Clone, Default)]
pub struct PullOutcome {
    /// Connection.
    pub connection: String,
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
    /// Columns of the source that are not landed, by stream (`stream.column`).
    pub dropped_columns: BTreeMap<String, DroppedColumn>,
    /// What people should know and no count says.
    pub notes: Vec<Note>,
    /// Why it ended early.
    pub error: Option<PullError>,
    /// Shutdown was asked for before it was done.
    pub stopped: bool,
}

/// A sentence for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// English.
    pub en: String,
    /// Chinese.
    pub zh: String,
}

/// A column that was dropped before landing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct DroppedColumn {
    /// Values that it had.
    pub values: u64,
    /// What it tells of people is never kept, whatever a mapping says.
    pub never_kept: bool,
}

impl PullOutcome {
    fn drop_columns(&mut self, stream: &Stream, maker: &LineMaker<'_>) {
        for (column, values) in maker.dropped() {
            let never_kept = stream.never_kept(column).is_some();
            let dropped = self.dropped_columns.entry(format!("{}.{column}", stream.name)).or_default();
            dropped.values += values;
            dropped.never_kept |= never_kept;
        }
    }

    fn count(&mut self, counts: LandCounts) {
        self.landed += counts.landed;
        self.rows += counts.rows;
        self.quarantined += counts.quarantined;
    }
}

/// Why a pull ends early.
pub(crate) enum Stop {
    Failed(PullError),
    Shutdown,
}

impl From<PullError> for Stop {
    fn from(error: PullError) -> Stop {
        Stop::Failed(error)
    }
}

/// Pulls every stream of a connection, records the run and the connection's health. Errors are in
/// the outcome: one connection never stops another.
pub async fn pull(ctx: &PullContext<'_>, connection: &Connection) -> PullOutcome {
    let started_at = ctx.clock.now();
    let mut outcome = PullOutcome { connection: connection.name.clone(), ..PullOutcome::default() };
    if connection.connector == WEBHOOK_CONNECTOR {
        // Nobody is asked, and that says nothing about the sender.
        let result = land::recover(ctx, &connection.name).await.map(|counts| outcome.count(counts));
        return conclude(ctx, connection, started_at, outcome, result.map_err(Stop::from), false).await;
    }
    let result = if connection.connector == FILE_CONNECTOR {
        import::pull_files(ctx, connection, started_at, &mut outcome).await
    } else if connection.connector == MAILBOX_CONNECTOR {
        mailbox::pull_mailbox(ctx, connection, started_at, &mut outcome).await
    } else if let Some(spec) = crate::spec::spec(&connection.connector).filter(|spec| reads_files(connection, spec)) {
        import::pull_folder(ctx, connection, spec, started_at, &mut outcome).await
    } else {
        board::pull_board(ctx, connection, started_at, &mut outcome).await
    };
    conclude(ctx, connection, started_at, outcome, result, true).await
}

/// A connection with a folder reads it instead of asking; a board that only exports files is never asked.
fn reads_files(connection: &Connection, spec: &Spec) -> bool {
    connection.path.is_some() || spec.streams.iter().all(|stream| stream.request.is_none())
}

async fn conclude(
    ctx: &PullContext<'_>,
    connection: &Connection,
    started_at: DateTime<Utc>,
    mut outcome: PullOutcome,
    result: Result<(), Stop>,
    with_health: bool,
) -> PullOutcome {
    match result {
        Ok(()) => {}
        Err(Stop::Shutdown) => {
            outcome.stopped = true;
            return outcome;
        }
        Err(Stop::Failed(error)) => outcome.error = Some(error.at(&connection.name)),
    }
    let finished_at = ctx.clock.now();
    let error = outcome.error.as_ref().map(|error| (error.kind.as_str().to_owned(), error.to_string()));
    let run = Run {
        run_id: run_id(ctx, &connection.name, started_at),
        connection: connection.name.clone(),
        started_at,
        finished_at,
        requests: outcome.requests,
        fetched: outcome.fetched,
        landed: outcome.landed,
        rows: outcome.rows,
        quarantined: outcome.quarantined,
        error,
    };
    let kind = outcome.error.as_ref().map(|error| error.kind);
    let recorded = record(ctx, connection, &run, kind, with_health).await;
    if let (Err(error), None) = (recorded, &outcome.error) {
        outcome.error = Some(error.at(&connection.name));
    }
    outcome
}

async fn record(
    ctx: &PullContext<'_>,
    connection: &Connection,
    run: &Run,
    kind: Option<PullErrorKind>,
    with_health: bool,
) -> Result<(), PullError> {
    let own = |error| PullError::own(&error);
    if !with_health {
        return ctx.state.record(run, None).await.map_err(own);
    }
    let before = ctx.state.health(&connection.name).await.map_err(own)?;
    let failed = kind.is_some();
    let (failures, open_until) = breaker::after(before.as_ref(), &connection.name, kind, run.finished_at);
    let since = before.as_ref().and_then(|before| before.failing_since);
    let health = Health {
        connection: connection.name.clone(),
        channels: channels(connection),
        last_attempt_at: run.started_at,
        last_success_at: if failed { before.and_then(|before| before.last_success_at) } else { Some(run.started_at) },
        failing_since: failed.then(|| since.unwrap_or(run.started_at)),
        error: run.error.clone(),
        failures,
        open_until,
    };
    ctx.state.record(run, Some(&health)).await.map_err(own)
}

/// Channels that a connection feeds, as far as its configuration names them.
pub fn channels(connection: &Connection) -> Vec<String> {
    let named: BTreeSet<&String> = connection.channel.iter().chain(connection.source_map.values()).collect();
    named.into_iter().cloned().collect()
}

fn run_id(ctx: &PullContext<'_>, connection: &str, started_at: DateTime<Utc>) -> String {
    let ms = started_at.timestamp_millis();
    format!("{ms:013}-{}", ctx.keys.row_id(&["run", connection, &ms.to_string()]))
}
