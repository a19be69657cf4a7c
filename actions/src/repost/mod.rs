//! When to refresh which posting: [`plan()`] decides and does nothing else, [`Situation::read`] asks the store what it decides on, and what
//! comes of it is kept in the store, shown as a calendar ([`calendar_file`]) and handed to people with links that say done or skip ([`link`]).
//!
//! [`carry`] carries slots out where that needs no person. A refresh brings a posting that is there up again. Nothing here ever publishes a second one.

mod calendar;
pub mod carry;
mod ics;
pub mod link;
mod plan;
mod read;
mod reason;
mod rows;
mod todo;

pub use calendar::{Calendar, UnknownYear};
pub use ics::calendar_file;
pub use plan::{
    Advice, Against, ChannelState, Estimate, Heat, HeatCell, Left, Pace, Plan, PostingState, Situation, Slot, Taken, Why, WhyNot, plan,
};
pub use read::ReadError;
pub use reason::{Sentence, outcome_sentence};
pub use rows::{left_row, slot_key, slot_row};
pub use todo::letter;
