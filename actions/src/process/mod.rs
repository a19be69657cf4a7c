//! Leading cases from stage to stage by `process.toml`: reminders, tasks, gates, deadlines.
//!
//! ```text
//! facts of a case ─┐
//!  (store, no names)├─► engine: what stands now ─► remembered in the store ─► runner ─► contact data ─► gateway ─► candidate
//! process.toml ─────┘         (pure)               planned, sent once          │        (ATS or vault,   └─ mail, SMS, webhook
//!                                                                              └─► tasks, proposals: a person decides
//! ```
//!
//! [`engine`] says what is due and reads neither clock nor store. [`Runner`] remembers each step before it leaves and notes what became of it, so that
//! who is stopped at any instant goes on where it stood: at least once, under a key by which a gateway knows a message again. Phone, mail and name
//! of a candidate are asked for when a message leaves and are written nowhere. Nobody is rejected by this: a proposal waits for a person.

pub mod case;
mod contacts;
pub mod engine;
mod facts;
pub mod gate;
mod message;
mod runner;
mod sms;
mod vault;
mod ways;
pub mod words;

pub use case::{Assessment, Case, Invitation};
pub use contacts::{Contact, ContactSource, Contacts, opt_out_digests, vault_within};
pub use engine::{Action, Blocked, Due, Look};
pub use facts::{Facts, read_cases};
pub use gate::Standing;
pub use message::Filled;
pub use runner::{HORIZON, Memory, Pass, Round, Runner, Ways};
pub use ways::Gateways;
