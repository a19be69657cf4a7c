//! The engine against a board on loopback, with its memory and its store in memory.

mod board;
mod crash;
mod erase;
mod faults;
mod files;
mod payloads;
mod support;
