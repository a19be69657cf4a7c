//! Connector engine: budgets, retry, paging, cursors, identity digests, landing; board specs.

pub mod spec;
