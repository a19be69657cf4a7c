//! Simulated worlds whose truth is known: what intervals, detectors, forecasts and advice promise, counted.
//!
//! `cargo xtask bench stats [--worlds 500] [--seed 1] [--only TOPIC]`. Each topic prints its table and gives verdicts; one that is not kept fails
//! the run. A world is drawn by rules of its own and never by the estimator that it judges.

#![expect(clippy::print_stdout, reason = "the table is what this program is for")]

use std::process::ExitCode;

mod budget;
mod conversion;
mod demand;
mod draws;
mod drops;
mod drops_of_stores;
mod forecast;
mod intervals;
mod posting_hour;
mod ranking;
mod recommendation;

/// What was promised and what was found.
pub struct Verdict {
    /// What is promised, with its bound.
    pub promise: String,
    /// What was found.
    pub found: String,
    /// Whether it is kept.
    pub kept: bool,
}

impl Verdict {
    /// A share that must lie between two bounds.
    pub fn share(promise: &str, found: f64, low: f64, high: f64) -> Self {
        Self { promise: promise.to_owned(), found: format!("{:.2} %", found * 100.0), kept: (low..=high).contains(&found) }
    }
}

/// A topic: how many worlds, the seed they are drawn from.
type Topic = fn(worlds: u32, seed: u64) -> Vec<Verdict>;

/// One line a topic.
const TOPICS: &[(&str, Topic)] = &[
    ("budget", budget::run),
    ("conversion", conversion::run),
    ("demand", demand::run),
    ("drops", drops::run),
    ("drops_of_stores", drops_of_stores::run),
    ("forecast", forecast::run),
    ("intervals", intervals::run),
    ("posting_hour", posting_hour::run),
    ("ranking", ranking::run),
    ("recommendation", recommendation::run),
];

fn main() -> ExitCode {
    let mut worlds = 500;
    let mut seed = 1;
    let mut only = None;
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--worlds" => worlds = arguments.next().and_then(|value| value.parse().ok()).unwrap_or(worlds),
            "--seed" => seed = arguments.next().and_then(|value| value.parse().ok()).unwrap_or(seed),
            "--only" => only = arguments.next(),
            _ => {}
        }
    }
    let mut broken = 0;
    for (name, topic) in TOPICS.iter().filter(|(name, _)| only.as_deref().is_none_or(|only| only == *name)) {
        println!("== {name}: {worlds} worlds, seed {seed}");
        for verdict in topic(worlds, seed) {
            println!("{} {}: {}", if verdict.kept { "kept  " } else { "BROKEN" }, verdict.promise, verdict.found);
            broken += u32::from(!verdict.kept);
        }
    }
    if broken > 0 {
        println!("{broken} promises are not kept");
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}
