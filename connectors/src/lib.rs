//! Connector engine: budgets, retry, paging, cursors, identity digests, landing; board specs.

pub mod identity;
pub mod landing;
pub mod spec;
