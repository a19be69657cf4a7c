//! Sending reports: what is due, to whom, in which shape, and that it arrives once.

mod courier;
mod due;
mod error;
mod letter;
mod mail;
mod outbox;
mod reach;
mod webhook;

pub use courier::{Compose, Courier, Note, Outgoing, Round};
pub(crate) use courier::{MOST, backoff};
pub use due::newest_due;
pub use error::SendError;
pub use letter::{Attachment, Letter, language, letter, test_letter};
pub use outbox::Outbox;
pub(crate) use outbox::cause;
