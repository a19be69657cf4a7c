//! Benchmarks: each builds with optimisation only what it measures, prints what it found, and fails when a promise is not kept.

use anyhow::Result;
use clap::Subcommand;
use std::path::{Path, PathBuf};

mod panels;
mod workload;

#[derive(Subcommand)]
pub enum Bench {
    /// 200 connections against boards on loopback: budgets, rate, memory, processor, and what a refusing board costs the others
    Connections {
        /// How long all are pulled; windows are not scaled
        #[arg(long, default_value_t = 5.0)]
        minutes: f64,
        /// How many connections
        #[arg(long, default_value_t = 200)]
        connections: usize,
        /// How long each of the two runs takes that are compared, without and with refusing boards
        #[arg(long, default_value_t = 30)]
        compare_seconds: u64,
    },
    /// Simulated worlds with known truth: coverage of intervals, false alarms and delay, bias, forecasts, regret of advice
    Stats {
        /// How many worlds of each topic
        #[arg(long, default_value_t = 500)]
        worlds: u32,
        /// What they are drawn from
        #[arg(long, default_value_t = 1)]
        seed: u64,
        /// One topic alone
        #[arg(long)]
        only: Option<String>,
    },
    /// What runs once for each record or pair, function by function
    Kernels,
    /// Viewers of a dashboard on a ClickHouse endpoint that is served on this machine: time of refreshes, and what came out of the cache
    Viewers {
        /// Statements of the dashboard, each ending with a semicolon at the end of its line; `$now` is the second of asking
        #[arg(long)]
        statements: PathBuf,
        /// Where the endpoint is
        #[arg(long, default_value = "http://127.0.0.1:8123/")]
        url: String,
        /// File with the password of readers, where one is needed
        #[arg(long)]
        password_file: Option<PathBuf>,
        /// How many viewers
        #[arg(long, default_value_t = 50)]
        viewers: u32,
        /// Seconds from one refresh to the next
        #[arg(long, default_value_t = 10.0)]
        every: f64,
        /// How long they look
        #[arg(long, default_value_t = 60.0)]
        seconds: f64,
    },
    /// Deliveries of twelve channels into reports: time, processor time, memory, and every figure against the truth
    Workload(workload::Workload),
    /// Every statement of Grafana's dashboards against a store that is served: p50 and p95
    Panels(panels::Panels),
}

pub fn run(root: &Path, bench: &Bench) -> Result<()> {
    match bench {
        Bench::Connections { minutes, connections, compare_seconds } => {
            // The connectors alone need little of the rest.
            let mut command = super::cargo_with(&["bench", "--locked", "--package", "inflow-connectors", "--bench", "connections", "--"]);
            command.args(["--minutes", &minutes.to_string(), "--connections", &connections.to_string()]);
            command.args(["--compare-seconds", &compare_seconds.to_string()]);
            super::step(root, "connections", &mut command)
        }
        Bench::Kernels => super::step(
            root,
            "kernels",
            &mut super::cargo_with(&["bench", "--locked", "--package", "inflow-pipeline", "--bench", "kernels"]),
        ),
        Bench::Stats { worlds, seed, only } => {
            let mut command = super::cargo_with(&["bench", "--locked", "--package", "inflow-statistics", "--bench", "worlds", "--"]);
            command.args(["--worlds", &worlds.to_string(), "--seed", &seed.to_string()]);
            if let Some(topic) = only {
                command.args(["--only", topic]);
            }
            super::step(root, "stats", &mut command)
        }
        Bench::Viewers { statements, url, password_file, viewers, every, seconds } => {
            let mut command = super::cargo_with(&["bench", "--locked", "--package", "inflow-store", "--bench", "viewers", "--"]);
            command.arg("--statements").arg(std::path::absolute(statements)?).args(["--url", url, "--viewers", &viewers.to_string()]);
            command.args(["--every", &every.to_string(), "--seconds", &seconds.to_string()]);
            if let Some(file) = password_file {
                command.arg("--password-file").arg(std::path::absolute(file)?);
            }
            super::step(root, "viewers", &mut command)
        }
        Bench::Workload(workload) => workload.run(root),
        Bench::Panels(panels) => panels.run(root),
    }
}
