//! Connector engine: budgets, retry, paging, cursors, identity digests, landing; board specs.

pub mod answer;
pub mod breaker;
pub mod catalogue;
mod check;
mod error;
pub mod examine;
mod file;
pub mod hook;
pub mod http;
pub mod identity;
pub mod landing;
mod mail;
mod pull;
pub mod spec;
mod state;
mod statement;
mod suggest;

pub use check::check_connection;
pub use error::{PullError, PullErrorKind};
pub use pull::{
    Called, DeliveredFile, DroppedColumn, NoProgress, Nonces, Note, Probe, PullContext, PullOutcome, PullProgress, Unsigned, Webhook,
    WebhookDelivery, channels, delivered_files, import, probe, pull, receive_webhook, refresh, refresh_of, refuse_webhook,
};
pub use state::{Health, Landed, MappedLines, PullState, Run, SegmentIntake, SegmentSink, SinkError, StoredCounts};
pub use statement::{ReadLines, Statement, StatementCheck, StatementFault, StatementPlace, StatementSum};
pub use suggest::{Suggestion, suggest_mapping};
