//! Commands that write, run inside the process that holds the data folder.
//!
//! One process holds the folder; a second one that wants to write sends its command line there, over a Unix socket in the
//! folder, and prints what comes back as if it had run itself. Jobs run one after the other. Three things keep others out:
//! the socket and the token are readable by the owner only, the peer must be the same user, and it must know the token,
//! which is made anew whenever a process takes the folder.

mod client;
mod queue;
mod server;
mod wire;

pub use client::{standing, write};
pub use server::{Server, ServerParts};
