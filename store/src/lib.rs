//! ClickHouse: embedded engine, ClickHouse-HTTP endpoint, client, migrations, state.
//!
//! ```no_run
//! # async fn example() -> Result<(), inflow_store::StoreError> {
//! use inflow_store::{Store, StoreOptions};
//!
//! let store = Store::open(StoreOptions::new("inflow-data")).await?;
//! let rows = store.rows("SELECT channel, count() AS n FROM applications GROUP BY channel", &[]).await?;
//! # let _ = rows;
//! store.shutdown().await;
//! # Ok(()) }
//! ```
//!
//! There is one code path: the official `clickhouse` crate over HTTP. `store.url` names a server; without it
//! the engine is a library in this process ([`engine`] finds it), and an endpoint in front of it speaks
//! ClickHouse's HTTP interface to our own client and to any other. The rows of our own inserts alone are given to the engine
//! as they are.

pub mod engine;

mod alerts;
mod analysed;
mod budget_plans;
mod client;
mod closings;
mod decisions;
mod embedded;
mod endpoint;
mod error;
mod ffi;
mod insert;
mod lock;
mod measures;
mod messages;
mod migrations;
mod native;
mod options;
mod pages;
mod progress;
mod random;
mod repost_plan;
mod reposts;
mod row_binary;
mod row_reader;
mod shadow;
mod sql;
mod state;
mod steps;
mod store;
mod tokens;
mod writes;

use std::path::PathBuf;

pub use alerts::{Acknowledged, AlertDecision, AlertDecisionRow, AlertEvent, AlertEventRow};
pub use analysed::{Reading, Standing, within_segments};
pub use budget_plans::BudgetPlanRow;
pub use client::Param;
pub use closings::ClosingRow;
pub use decisions::DecisionRow;
pub use endpoint::{READER, ViewArgument, ViewCall, ViewValue, WRITER, WriteOut};
pub use error::StoreError;
pub use insert::InsertInto;
pub use messages::{MessageRow, MessageState};
pub use native::NativeBlock;
pub use options::StoreOptions;
pub use pages::{After, AuditRow, RunFilter};
pub use progress::{Progress, Silent};
pub use repost_plan::{RepostCall, RepostConclusion, RepostDecision, RepostLeftRow, RepostSlotRow, RepostState};
pub use reposts::RepostRow;
pub use row_binary::RowBinary;
pub use row_reader::Fields;
pub use sql::{quote_name, quote_text};
pub use state::{COMMAND_LINE, HealthRow, LandedRow, QuarantineRow, RunRow, SegmentRow, UnknownWordRow};
pub use steps::{StepKind, StepRow, StepState};
pub use store::{Store, User};
pub use tokens::{TokenRow, TokenUse};
pub use writes::changes_by_itself;

/// Database of what comes from landing alone.
pub const DERIVED_DATABASE: &str = "inflow";
/// Database of what survives a replay.
pub const STATE_DATABASE: &str = "inflow_state";
/// Database that a replay fills.
pub const SHADOW_DATABASE: &str = "inflow_shadow";

/// An array of strings as the value of a parameter `{name:Array(String)}`.
///
/// ```
/// assert_eq!(inflow_store::array_literal(["a", "it's"]), r"['a','it\'s']");
/// ```
pub fn array_literal<T: AsRef<str>>(items: impl IntoIterator<Item = T>) -> String {
    let quoted: Vec<String> = items.into_iter().map(|item| quote_text(item.as_ref())).collect();
    format!("[{}]", quoted.join(","))
}

/// Finds the engine or fetches it into the default cache folder. Blocking: it may take minutes.
pub fn engine_install(progress: &dyn Progress) -> Result<PathBuf, engine::EngineError> {
    engine::install(None, progress)
}

/// Where the engine is, if it is here already.
pub fn engine_locate() -> Result<Option<PathBuf>, engine::EngineError> {
    engine::locate(None)
}

/// Ends the process with this status, at once and without a teardown of the engine, which crashes now and then.
/// Everything that was answered is as safe as it would be at a power cut. Streams of one's own are to be flushed before.
pub fn end_process(status: u8) -> ! {
    ffi::end(status.into())
}
