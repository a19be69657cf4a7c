//! Marts and metrics against the real engine.

mod conversion;
mod definitions;
mod heat;
mod spend;
mod stages;
mod volume;
mod world;
