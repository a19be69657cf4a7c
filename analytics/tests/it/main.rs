//! Marts and metrics against the real engine.
#![expect(clippy::unwrap_used, reason = "a helper that fails fails its test")]

mod assessments;
mod bank;
mod budget;
mod budget_actual;
mod cases;
mod changes;
mod closing;
mod conversion;
mod definitions;
mod demand;
mod drops;
mod edges;
mod estimates;
mod fairness;
mod fill;
mod forecast;
mod heat;
mod hires;
mod invitations;
mod month_end;
mod outcomes;
mod personas;
mod posting_time;
mod recommendation;
mod reference;
mod retention;
mod slices;
mod sources;
mod spans;
mod spend;
mod stages;
mod steps;
mod thresholds;
mod volume;
mod world;
