//! Reports for people from invented figures, alerts from a store, and receivers on loopback.

#![expect(clippy::unwrap_used, reason = "a test ends at the first thing that is not as it should be")]

mod alerts;
mod briefs;
mod company;
mod interviews;
mod killed;
mod ladder;
mod reach;
mod receivers;
