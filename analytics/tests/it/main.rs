//! Marts and metrics against the real engine.
#![expect(clippy::unwrap_used, reason = "a helper that fails fails its test")]

mod cases;
mod changes;
mod conversion;
mod definitions;
mod edges;
mod heat;
mod invitations;
mod spans;
mod spend;
mod stages;
mod steps;
mod volume;
mod world;
