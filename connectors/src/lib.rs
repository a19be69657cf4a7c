//! Connector engine: budgets, retry, paging, cursors, identity digests, landing; board specs.

mod error;
pub mod http;
pub mod identity;
pub mod landing;
pub mod spec;

pub use error::{PullError, PullErrorKind};
