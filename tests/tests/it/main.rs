//! End to end: the real command, the real engine, boards on loopback.

#![expect(clippy::unwrap_used, reason = "a test ends at the first thing that is not as it should be")]

mod api;
mod briefs;
mod by_change;
mod crash;
mod daemon;
mod demo;
mod erase;
mod exports;
mod feed;
mod fifty;
mod finance;
mod grafana;
mod holder;
mod kinds;
mod links;
mod messages;
mod own_board;
mod page;
mod persons;
mod process;
mod recordings;
mod refreshes;
mod repost_world;
mod reposts;
mod statements;
mod stories;
mod suggest;
mod webhooks;
mod words;
mod workbook;
mod workload;
mod world;
