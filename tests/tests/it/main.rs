//! End to end: the real command, the real engine, boards on loopback.

mod crash;
mod demo;
mod erase;
mod messages;
mod recordings;
mod world;
