//! The company's own mailbox as a source: messages are read by templates into cases, one for each person, title and
//! board within three days.
//!
//! ```text
//! .eml, mbox, IMAP --Mail--> templates (mail/*.toml) --Fit--> Cases --lines--> landing
//! ```
//!
//! Boards notify as they like: a mail that somebody applied, another with the resume, a third that an interview was
//! accepted. All of them tell one case. Only what the templates name is read; attachments stay where they are.

mod cases;
mod folder;
mod forward;
mod html;
mod imap;
mod mbox;
mod message;
mod pattern;
mod person;
mod reading;
mod settings;
mod template;

pub(crate) use cases::{Cases, records_of_file};
pub(crate) use imap::{Folder, Limits, Listed};
pub(crate) use mbox::{LARGEST_MESSAGE, Mbox};
pub(crate) use message::Mail;
pub(crate) use reading::{Fit, Reading, Tally, Templates};
pub(crate) use settings::{Settings, problems};
pub(crate) use template::{Board, parse as parse_templates};
