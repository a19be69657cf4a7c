//! Landing segments to normalised, deduplicated, linked rows in the store.
//!
//! ```text
//! lines as they are landed (or of a segment) -> rows by the stream's mapping, in columns -> latest version a key
//!                       -> ClickHouse's native format, one insert a block -> tables;   what fails -> quarantine
//! ```
//!
//! [`Pipeline`] is the sink that the connector engine gives its segments to; [`replay`] feeds it all landing again, into
//! a shadow database; [`link`] finds which candidate rows are one person, [`application_link`] which applications are one case, [`cluster`] which postings
//! are of one job; [`erase`] forgets a person.

pub mod application_link;
pub mod changes;
pub mod channel;
pub mod cluster;
pub mod decisions;
pub mod erase;
mod error;
pub mod frame;
pub mod html;
mod ingest;
pub mod link;
pub mod map;
pub mod normalise;
mod refill;
pub mod replay;
mod sets;
mod staging;
mod statement;
pub mod tables;
pub mod version;

pub use error::PipelineError;
pub use ingest::Pipeline;

/// Raised when the rows made of the same landing change: part of every insert's token.
pub const PIPELINE_VERSION: u32 = 3;
