//! 200 connections at once against boards on loopback that write down every request: is each within its budget, does it use what
//! the budget allows, what does that take of the machine, and what does a board that refuses everything cost the others?
//!
//! `cargo xtask bench connections [--minutes 5] [--connections 200] [--compare-seconds 30]`. Time is not scaled: a window of a
//! minute takes a minute. Linux only (`/proc`).

#![expect(clippy::print_stdout, reason = "the table is what this program is for")]

mod boards;
mod judge;
mod mix;
mod process;
mod pulling;

use std::collections::BTreeMap;
use std::error::Error;
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use inflow_connectors::spec::BudgetWindow;
use mix::{Manner, Plan};
use process::Seen;
use pulling::Measured;

/// The least part of the allowed rate that a board with enough to fetch is asked at.
const LEAST_SHARE: f64 = 0.95;
/// Boards state no shorter windows. A window of W and a way of L to the board and back allow W / (W + L) of the rate at most to
/// anyone who must not be above it however long each request is on its way.
const SHORTEST: Duration = Duration::from_secs(1);
const MOST_MEMORY: u64 = 400 << 20;
const MOST_CORES: f64 = 1.0;
/// What refusing boards may cost any other, in seconds.
const MOST_DELAY: f64 = 1.0;

struct Options {
    minutes: f64,
    connections: usize,
    compare: Duration,
}

impl Options {
    fn read(arguments: &[String]) -> Result<Options, Box<dyn Error>> {
        let mut options = Options { minutes: 5.0, connections: 200, compare: Duration::from_secs(30) };
        // Cargo adds `--bench`.
        let mut words = arguments.iter().filter(|word| *word != "--bench");
        while let Some(word) = words.next() {
            let value = words.next().ok_or_else(|| format!("{word} needs a number"))?;
            match word.as_str() {
                "--minutes" => options.minutes = value.parse()?,
                "--connections" => options.connections = value.parse()?,
                "--compare-seconds" => options.compare = Duration::from_secs(value.parse()?),
                _ => return Err(format!("{word} is unknown: there are --minutes, --connections and --compare-seconds").into()),
            }
        }
        Ok(options)
    }
}

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    if let [word, file] = arguments.as_slice()
        && word == process::BOARDS
    {
        runtime.block_on(process::serve(Path::new(file)))?;
        return Ok(ExitCode::SUCCESS);
    }
    runtime.block_on(bench(&Options::read(&arguments)?))
}

async fn bench(options: &Options) -> Result<ExitCode, Box<dyn Error>> {
    let span = Duration::from_secs_f64(options.minutes * 60.0);
    let mut plans = mix::plans(options.connections);
    mix::misbehave(&mut plans);
    let boards = plans.len();
    println!("{} connections to {boards} boards for {} min", options.connections, options.minutes);
    let main = pulling::run(&plans, span).await?;
    table(&plans, &main, span);

    println!("the same for {} s, and again with one board in ten answering 429 to everything", options.compare.as_secs());
    let quiet = mix::plans(options.connections);
    let mut refused = quiet.clone();
    mix::refuse(&mut refused);
    let without = pulling::run(&quiet, options.compare).await?;
    let with = pulling::run(&refused, options.compare).await?;

    let mut verdicts = main_verdicts(&plans, &main, span);
    verdicts.push(delays(&refused, &without, &with));
    let mut worst = within_budgets(&refused, &with);
    worst.what = "requests in a window, the runs with and without 429";
    verdicts.push(worst);
    let passed = verdicts.iter().all(|verdict| verdict.holds);
    for Verdict { holds, what, found } in verdicts {
        println!("{} {what}: {found}", if holds { "ok    " } else { "FAILED" });
    }
    Ok(if passed { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

struct Verdict {
    holds: bool,
    what: &'static str,
    found: String,
}

fn main_verdicts(plans: &[Plan], main: &Measured, span: Duration) -> Vec<Verdict> {
    let shares = |stated: bool| {
        let boards = healthy(plans, main).filter(move |(plan, _)| stated == plan.windows().iter().all(|window| window.per >= SHORTEST));
        let mut shares: Vec<(f64, &str)> = boards.map(|(plan, seen)| (share(plan, seen, main, span), plan.name.as_str())).collect();
        shares.sort_by(|a, b| a.0.total_cmp(&b.0));
        shares
    };
    let (shares, short) = (shares(true), shares(false));
    let (least, whose) = shares.first().copied().unwrap_or_default();
    let median = shares.get(shares.len() / 2).copied().unwrap_or_default().0;
    let shorter = short.first().map_or_else(String::new, |(least, whose)| {
        format!("; windows under a second, for which the way to the board counts: least {:.1} % ({whose})", least * 100.0)
    });
    let cores = main.cpu.as_secs_f64() / main.wall.as_secs_f64();
    let strange: Vec<&String> = main.log.boards.iter().flat_map(|seen| &seen.strange).collect();
    let failed: Vec<String> = main.errors.iter().filter(|(name, _)| is_healthy(plans, name)).map(|(_, error)| error.clone()).collect();
    let troubles = strange.len() + failed.len();
    let trouble = strange.first().copied().or(failed.first()).map_or_else(String::new, |first| format!(", the first: {first}"));
    vec![
        within_budgets(plans, main),
        Verdict {
            holds: least >= LEAST_SHARE,
            what: "share of the allowed rate used, boards with enough to fetch",
            found: format!(
                "least {:.1} % ({whose}), median {:.1} % (at least {:.0} %){shorter}",
                least * 100.0,
                median * 100.0,
                LEAST_SHARE * 100.0
            ),
        },
        Verdict {
            holds: main.peak < MOST_MEMORY,
            what: "memory at most",
            found: format!("{} MB (under {} MB), {} records landed", main.peak >> 20, MOST_MEMORY >> 20, main.landed),
        },
        Verdict {
            holds: cores <= MOST_CORES,
            what: "cores",
            found: format!("{cores:.2} (at most {MOST_CORES:.0}): {:.1} s in {:.1} s", main.cpu.as_secs_f64(), main.wall.as_secs_f64()),
        },
        Verdict {
            holds: main.stopping < Duration::from_secs(5),
            what: "stopping",
            found: format!("{:.2} s (under 5 s)", main.stopping.as_secs_f64()),
        },
        Verdict { holds: troubles == 0, what: "errors and unknown requests at boards that behave", found: format!("{troubles}{trouble}") },
    ]
}

fn healthy<'a>(plans: &'a [Plan], measured: &'a Measured) -> impl Iterator<Item = (&'a Plan, &'a Seen)> {
    plans.iter().zip(&measured.log.boards).filter(|(plan, _)| plan.manner == Manner::Healthy)
}

fn is_healthy(plans: &[Plan], connection: &str) -> bool {
    let board = connection.rsplit_once('-').map_or(connection, |(board, _)| board);
    plans.iter().any(|plan| plan.name == board && plan.manner == Manner::Healthy)
}

/// Requests that came within the span, as part of those that the budget allows.
fn share(plan: &Plan, seen: &Seen, measured: &Measured, span: Duration) -> f64 {
    let allowed = judge::allowed(&plan.windows(), span);
    came(seen, measured, span) as f64 / allowed.max(1) as f64
}

fn came(seen: &Seen, measured: &Measured, span: Duration) -> usize {
    let end = measured.log.start + span.as_nanos() as u64;
    seen.arrivals.partition_point(|arrival| *arrival < end)
}

fn within_budgets(plans: &[Plan], measured: &Measured) -> Verdict {
    let mut worst = (0.0, String::new());
    let (mut windows, mut above) = (0, 0);
    for (plan, seen) in plans.iter().zip(&measured.log.boards) {
        for window in plan.windows() {
            let most = judge::most_within(&seen.arrivals, window.per);
            let ratio = most as f64 / f64::from(window.requests);
            windows += 1;
            above += usize::from(most > window.requests as usize);
            if ratio > worst.0 {
                worst = (ratio, format!("{most} of {} ({})", text(&window), plan.name));
            }
        }
    }
    let requests: usize = measured.log.boards.iter().map(|seen| seen.arrivals.len()).sum();
    let found = format!("{above} of {windows} windows above their budget, {requests} requests; the fullest: {}", worst.1);
    Verdict { holds: above == 0, what: "requests in a window", found }
}

fn delays(plans: &[Plan], without: &Measured, with: &Measured) -> Verdict {
    let from_start = |measured: &Measured, at: usize| -> Vec<u64> {
        measured
            .log
            .boards
            .get(at)
            .map_or_else(Vec::new, |seen| seen.arrivals.iter().map(|at| at.saturating_sub(measured.log.start)).collect())
    };
    let others = plans.iter().enumerate().filter(|(_, plan)| plan.manner == Manner::Healthy);
    let delays = others.map(|(at, plan)| (judge::delay(&from_start(without, at), &from_start(with, at)), plan.name.as_str()));
    let mut delays: Vec<(f64, &str)> = delays.collect();
    delays.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (worst, whose) = delays.last().copied().unwrap_or_default();
    let median = delays.get(delays.len() / 2).copied().unwrap_or_default().0;
    Verdict {
        holds: worst < MOST_DELAY && !delays.is_empty(),
        what: "delay of any request of the others",
        found: format!("at worst {worst:.3} s ({whose}), median of the boards {median:.3} s (under {MOST_DELAY:.0} s)"),
    }
}

/// A line for each spec and budget.
fn table(plans: &[Plan], measured: &Measured, span: Duration) {
    let mut rows: BTreeMap<(String, String, String), Row> = BTreeMap::new();
    for (plan, seen) in plans.iter().zip(&measured.log.boards) {
        let windows: Vec<String> = plan.windows().iter().map(text).collect();
        let manner = if plan.manner == Manner::Healthy { String::new() } else { format!("{:?}", plan.manner) };
        let row = rows.entry((manner, plan.spec.clone(), windows.join(", "))).or_insert(Row { least: f64::INFINITY, ..Row::default() });
        row.boards += 1;
        row.requests += seen.arrivals.len();
        row.least = row.least.min(share(plan, seen, measured, span));
        row.fullest = plan.windows().iter().fold(row.fullest, |fullest, window| {
            fullest.max(judge::most_within(&seen.arrivals, window.per) as f64 / f64::from(window.requests))
        });
    }
    println!("{:<20} {:<16} {:<44} {:>6} {:>8} {:>8} {:>8}", "connector", "manner", "budget", "boards", "requests", "used", "fullest");
    for ((manner, spec, windows), row) in rows {
        let (least, fullest) = (row.least * 100.0, row.fullest * 100.0);
        println!("{spec:<20} {manner:<16} {windows:<44} {:>6} {:>8} {least:>6.1} % {fullest:>6.1} %", row.boards, row.requests);
    }
}

#[derive(Default)]
struct Row {
    boards: usize,
    requests: usize,
    least: f64,
    fullest: f64,
}

fn text(window: &BudgetWindow) -> String {
    format!("{}/{}", window.requests, inflow_config::format_duration(window.per))
}
