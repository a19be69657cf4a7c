//! Telling a person how far a long step is.

use std::fmt;

/// Is told of a step that takes a while, in bytes.
pub trait Progress: Send + Sync + fmt::Debug {
    /// A step begins. `total` is its size in bytes; 0 when unknown.
    fn begin(&self, what: &str, total: u64);
    /// So many bytes are done.
    fn advance(&self, done: u64);
    /// The step is over, well or not.
    fn end(&self);
}

/// Tells nobody.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silent;

impl Progress for Silent {
    fn begin(&self, _: &str, _: u64) {}
    fn advance(&self, _: u64) {}
    fn end(&self) {}
}
