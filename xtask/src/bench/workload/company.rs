//! A company whose connections read the deliveries, and the binary at work in it.

use anyhow::{Context, Result, bail};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

/// First and last day of the generated deliveries.
const PERIOD: [&str; 4] = ["--from", "2024-03-01", "--to", "2026-02-28"];

/// The core reports: what came, how far it went, what it cost, when it happened.
const REPORTS: [&str; 7] = ["volume", "conversion", "spend", "cost_per_resume", "cost_per_onboarded", "posting_heat", "application_heat"];

/// A configuration in a folder of its own, beside the data folders of the runs.
#[derive(Debug)]
pub struct Company {
    folder: PathBuf,
    binary: PathBuf,
}

/// What one run took.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Measured {
    /// From starting the first process to the end of the last one.
    pub wall_s: f64,
    /// Processor time, user and system, all threads.
    pub cpu_s: f64,
    /// Greatest resident memory of a process.
    pub peak_mb: u64,
    /// By stage, in order of processor time.
    pub stages: BTreeMap<String, Stage>,
}

/// A stage, as the binary's `--timings` says it.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
pub struct Stage {
    /// How often it was begun.
    pub count: u64,
    /// From beginning to end, waits included.
    pub elapsed_s: f64,
    /// On its own threads.
    pub busy_s: f64,
    /// Processor time on its own threads.
    pub cpu_s: f64,
    /// Processor time of the process meanwhile, the engine's threads included.
    pub process_cpu_s: f64,
}

#[derive(Deserialize)]
struct Timings {
    cpu_s: f64,
    peak_rss_mb: u64,
    stages: BTreeMap<String, Stage>,
}

impl Company {
    /// Copies the configuration of the workload and points it at `raw`.
    pub fn new(root: &Path, scratch: &Path, binary: &Path, raw: &Path) -> Result<Self> {
        let folder = scratch.join("company");
        remove(&folder)?;
        copy_tree(&root.join("tests/workload"), &folder)?;
        let company = Self { folder, binary: binary.to_owned() };
        company.read_from(raw)?;
        Ok(company)
    }

    /// Lets the connections read this folder.
    pub fn read_from(&self, raw: &Path) -> Result<()> {
        let link = self.folder.join("raw");
        if link.is_symlink() {
            std::fs::remove_file(&link)?;
        }
        std::os::unix::fs::symlink(std::path::absolute(raw)?, &link).with_context(|| format!("{} cannot be linked", link.display()))
    }

    /// Deliveries to reports in an empty data folder.
    pub fn cold(&self) -> Result<Measured> {
        remove(&self.data())?;
        self.pass()
    }

    /// Deliveries to reports in the data folder that is there.
    pub fn pass(&self) -> Result<Measured> {
        let mut measured = self.load()?;
        let [from, first, to, last] = PERIOD;
        let report: Vec<&str> = ["report"].into_iter().chain(REPORTS).chain(["--by", "channel", from, first, to, last]).collect();
        measured.add(&self.measure(&report)?);
        Ok(measured)
    }

    /// Deliveries to marts.
    pub fn load(&self) -> Result<Measured> {
        self.measure(&["run", "--once", "--quiet"])
    }

    /// The folder of landing and store.
    pub fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    /// One of the metrics over the whole period.
    pub fn report(&self, metric: &str, by: &str) -> Result<Vec<Value>> {
        let [from, first, to, last] = PERIOD;
        let out = self.run(&["report", metric, "--by", by, from, first, to, last, "--format", "json"])?;
        let document: Value = serde_json::from_str(&out).with_context(|| format!("the report {metric} is no JSON"))?;
        Ok(document["rows"].as_array().cloned().unwrap_or_default())
    }

    /// Rows of a query, tab-separated.
    pub fn query(&self, sql: &str) -> Result<String> {
        self.run(&["query", sql, "--format", "TSV"])
    }

    /// Removes the company.
    pub fn clear(&self) -> Result<()> {
        remove(&self.folder)
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.binary);
        command.args(arguments).current_dir(&self.folder).args(["--data-dir", "data", "--lang", "en", "--no-color"]);
        command
    }

    fn run(&self, arguments: &[&str]) -> Result<String> {
        let output = self.command(arguments).output().with_context(|| format!("{} could not be started", self.binary.display()))?;
        if !output.status.success() {
            bail!("inflow {} failed ({}):\n{}", arguments.join(" "), output.status, String::from_utf8_lossy(&output.stderr));
        }
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }

    fn measure(&self, arguments: &[&str]) -> Result<Measured> {
        let file = self.folder.join("timings.json");
        let started = Instant::now();
        self.run(&[arguments, &["--timings", "timings.json"]].concat())?;
        let wall_s = started.elapsed().as_secs_f64();
        let timings: Timings = serde_json::from_str(&std::fs::read_to_string(&file)?).context("the timings are not as expected")?;
        Ok(Measured { wall_s, cpu_s: timings.cpu_s, peak_mb: timings.peak_rss_mb, stages: timings.stages })
    }
}

impl Measured {
    fn add(&mut self, other: &Measured) {
        self.wall_s += other.wall_s;
        self.cpu_s += other.cpu_s;
        self.peak_mb = self.peak_mb.max(other.peak_mb);
        for (name, stage) in &other.stages {
            self.stages.entry(name.clone()).or_default().add(stage);
        }
    }

    /// The medians of runs, each figure by itself.
    pub fn median(runs: &[Measured]) -> Measured {
        let of = |read: &dyn Fn(&Measured) -> f64| median(runs.iter().map(read).collect());
        let names: std::collections::BTreeSet<&String> = runs.iter().flat_map(|run| run.stages.keys()).collect();
        let stage = |name: &String| {
            let of = |read: &dyn Fn(&Stage) -> f64| of(&|run| run.stages.get(name).map_or(0.0, read));
            Stage {
                count: of(&|stage| stage.count as f64) as u64,
                elapsed_s: of(&|stage| stage.elapsed_s),
                busy_s: of(&|stage| stage.busy_s),
                cpu_s: of(&|stage| stage.cpu_s),
                process_cpu_s: of(&|stage| stage.process_cpu_s),
            }
        };
        Measured {
            wall_s: of(&|run| run.wall_s),
            cpu_s: of(&|run| run.cpu_s),
            peak_mb: of(&|run| run.peak_mb as f64) as u64,
            stages: names.into_iter().map(|name| (name.clone(), stage(name))).collect(),
        }
    }

    /// A row of a table.
    pub fn cells(&self, name: &str) -> Vec<String> {
        vec![name.to_owned(), format!("{:.2}", self.wall_s), format!("{:.2}", self.cpu_s), self.peak_mb.to_string()]
    }
}

impl Stage {
    fn add(&mut self, other: &Stage) {
        self.count += other.count;
        self.elapsed_s += other.elapsed_s;
        self.busy_s += other.busy_s;
        self.cpu_s += other.cpu_s;
        self.process_cpu_s += other.process_cpu_s;
    }
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let half = values.len() / 2;
    match (values.get(half), values.get(half.wrapping_sub(1))) {
        (Some(upper), Some(lower)) if values.len().is_multiple_of(2) => f64::midpoint(*lower, *upper),
        (Some(middle), _) => *middle,
        _ => 0.0,
    }
}

/// Removes a folder that may not be there.
pub fn remove(folder: &Path) -> Result<()> {
    match std::fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("{} cannot be removed", folder.display()))
        }
        _ => Ok(()),
    }
}

/// Copies a folder with all that is in it.
pub fn copy_tree(from: &Path, to: &Path) -> Result<()> {
    std::fs::create_dir_all(to)?;
    for entry in std::fs::read_dir(from).with_context(|| format!("{} cannot be read", from.display()))? {
        let entry = entry?;
        let (kind, target) = (entry.file_type()?, to.join(entry.file_name()));
        if kind.is_dir() {
            copy_tree(&entry.path(), &target)?;
        } else if kind.is_symlink() {
            std::os::unix::fs::symlink(std::fs::read_link(entry.path())?, &target)?;
        } else if kind.is_file() {
            std::fs::copy(entry.path(), &target)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{Measured, Stage, median};

    #[test]
    fn a_median_is_the_middle_one_or_between_the_two() {
        assert!((median(vec![3.0, 1.0, 2.0]) - 2.0).abs() < 1e-9);
        assert!((median(vec![4.0, 1.0, 2.0, 3.0]) - 2.5).abs() < 1e-9);
        assert!(median(Vec::new()).abs() < 1e-9);
    }

    #[test]
    fn medians_are_taken_stage_by_stage() {
        let run = |wall_s: f64, cpu_s: f64| Measured {
            wall_s,
            stages: [("land".to_owned(), Stage { count: 2, cpu_s, ..Stage::default() })].into(),
            ..Measured::default()
        };
        let median = Measured::median(&[run(5.0, 0.1), run(1.0, 0.3), run(2.0, 0.2)]);
        assert!((median.wall_s - 2.0).abs() < 1e-9 && (median.stages["land"].cpu_s - 0.2).abs() < 1e-9);
        assert_eq!(median.stages["land"].count, 2);
    }
}
