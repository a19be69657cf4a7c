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
//! was cut off goes out in the next pass. An alert that was told stays the same one until it is told to have ended, wherever a later analysis puts its first day;
//! what begins on the same day after that is another one ([`next_key`]).

use chrono::NaiveDate;
use inflow_store::{AlertEvent, AlertEventRow, MessageRow, MessageState};

mod decide;
pub mod link;
mod standing;
mod teller;

pub use decide::{decide, is_silenced};
pub use standing::{Now, Standing, standing};
pub use teller::{Memory, Teller, Told};

/// Key of the first alert of a rule and slice that began on a day.
pub fn key(rule: &str, slice: &str, raised_on: NaiveDate) -> String {
    hashed(&[rule, slice, &raised_on.to_string()])
}

/// Key of an alert that begins: that of its rule, its slice and the day on which it began, and how many of those were told to have begun before. It is for who
/// knows that none of them is open.
pub fn next_key(events: &[AlertEventRow], rule: &str, slice: &str, raised_on: NaiveDate) -> String {
    let is_of =
        |row: &&AlertEventRow| row.event == AlertEvent::Begin && row.rule == rule && row.slice == slice && row.raised_on == raised_on;
    match events.iter().filter(is_of).count() {
        0 => key(rule, slice, raised_on),
        before => hashed(&[rule, slice, &raised_on.to_string(), &before.to_string()]),
    }
}

/// Whether somebody has the letter of an event.
pub fn has_arrived(event: &AlertEventRow, messages: &[MessageRow]) -> bool {
    messages.iter().any(|row| row.message == event.letter && row.state == MessageState::Sent)
}

fn hashed(parts: &[&str]) -> String {
    blake3::hash(parts.join("\u{0}").as_bytes()).to_hex().chars().take(24).collect()
}
