//! The engine against a board on loopback, with its memory and its store in memory.

#![expect(clippy::unwrap_used, reason = "a test fails where it stands")]

mod ats;
mod bank;
mod board;
mod conformance;
mod connections;
mod crash;
mod erase;
mod faults;
mod files;
mod imap;
mod mailbox;
mod payloads;
mod requests;
mod statements;
mod support;
