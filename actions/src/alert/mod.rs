//! Tells people of alerts as they begin and end, each once.
//!
//! ```text
//! thresholds, channel drops, health of connections ─► Standing ─┐
//! what was told and acknowledged (the store) ───────────────────┼─► decide ─► events, noted ─► letters ─► mail, group robots
//! alerts.toml: who, when, silences ─────────────────────────────┘
//! ```
//!
//! [`decide`] is a pure function: what stands, what was told, the rules and the instant in; what is to be told out. An event is a row of the store before
//! anything leaves, under the key of rule, slice and the day on which the alert began; so nothing is told twice, however often it is analysed again, and what
//! was cut off goes out in the next pass. An alert that was told stays the same one until it is told to have ended, wherever a later analysis puts its first day.

mod decide;
pub mod link;
mod standing;
mod teller;

pub use decide::{decide, is_silenced};
pub use standing::{Now, Standing, standing};
pub use teller::{Memory, Teller, Told};

/// Key of an alert: of its rule, its slice and the day on which it began.
pub fn key(rule: &str, slice: &str, raised_on: chrono::NaiveDate) -> String {
    hashed(&[rule, slice, &raised_on.to_string()])
}

fn hashed(parts: &[&str]) -> String {
    blake3::hash(parts.join("\u{0}").as_bytes()).to_hex().chars().take(24).collect()
}
