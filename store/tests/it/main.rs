//! The store on the real engine: over HTTP as strangers see it, and through its own handle.
//!
//! A process has one engine on one folder, so all tests of a process share a store; each uses a database
//! or rows of its own. Tests that need a folder of their own run as child processes of this binary.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod access;
mod alerts;
mod client;
mod driver;
mod folder;
mod formats;
mod hostile;
mod http;
mod kept;
mod limits;
mod native;
mod reader;
mod repost_plan;
mod state;
mod support;
mod writes;
