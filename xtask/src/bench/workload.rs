//! `cargo xtask bench workload`: the release binary on generated deliveries of twelve channels, from files to reports,
//! measured, checked against the truth that was generated with them, and beside other tools on the same files.
//!
//! The generator and the peers are not part of this repository: `--workload DIR` (or `INFLOW_WORKLOAD`) says where they are, and
//! `--python` which Python has what they import. What they print stays theirs; here it is added up.

mod company;
mod day;
mod deliveries;
mod pairs;
mod peers;
pub(super) mod tell;
mod truth;

use anyhow::{Context, Result, bail};
use clap::Args;
use company::{Company, Measured};
use std::path::{Path, PathBuf};
use std::process::Command;
use tell::{say, table};

/// `cargo xtask bench workload`
#[derive(Debug, Args)]
pub struct Workload {
    /// Scale: 1 is 100 000 postings, a million applications, 980 MB
    #[arg(long, default_value = "0.1")]
    sf: String,
    /// Seed of the generator [default: its own]
    #[arg(long)]
    seed: Option<u64>,
    /// Near-duplicates with larger edits, and look-alikes that are none
    #[arg(long)]
    hard: bool,
    /// Runs; medians are printed
    #[arg(long, default_value_t = 3)]
    runs: usize,
    /// Also time one more day on top of a loaded store
    #[arg(long)]
    day: bool,
    /// Folder of the peers, copied aside before they run: their figures beside ours
    #[arg(long, value_name = "DIR")]
    peers: Option<PathBuf>,
    /// A peer to run (may be given again) [default: chdb_peer]
    #[arg(long = "peer", value_name = "NAME")]
    peer: Vec<String>,
    /// Folder of the generator
    #[arg(long = "workload", env = "INFLOW_WORKLOAD", value_name = "DIR")]
    generator_in: Option<PathBuf>,
    /// Python that has numpy and orjson, and what the peers need
    #[arg(long, env = "INFLOW_PYTHON", default_value = "python3", value_name = "FILE")]
    python: PathBuf,
    /// Where deliveries and stores are made [default: bench/ in the target folder]
    #[arg(long, value_name = "DIR")]
    scratch: Option<PathBuf>,
    /// A binary that is built already [default: cargo build --release]
    #[arg(long, value_name = "FILE")]
    binary: Option<PathBuf>,
    /// Write all figures to this file too
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Keep the store of the last run
    #[arg(long)]
    keep: bool,
}

impl Workload {
    /// Measures, compares, prints.
    ///
    /// # Errors
    /// When something cannot be run, or a figure differs from the truth.
    pub fn run(&self, root: &Path) -> Result<()> {
        let target = target_folder(root)?;
        let scratch = self.scratch.clone().unwrap_or_else(|| target.join("bench"));
        std::fs::create_dir_all(&scratch).with_context(|| format!("{} cannot be made", scratch.display()))?;
        let binary = self.binary(root, &target)?;
        let deliveries = deliveries::make(self, root, &scratch)?;
        let bytes = deliveries.warm()?;
        say(&format!("{}: {} files, {:.0} MB", deliveries.folder.display(), deliveries.files()?.len(), bytes as f64 / 1e6));

        let company = Company::new(root, &scratch, &binary, &deliveries.raw())?;
        let runs = (0..self.runs.max(1)).map(|_| company.cold()).collect::<Result<Vec<_>>>()?;
        let own = Measured::median(&runs);
        tell::stages(&own, bytes);
        let checked = truth::check(&company, &deliveries.truth())?;
        tell::checks(&checked);

        let day = if self.day { Some(day::measure(self, &deliveries, &company)?) } else { None };
        if let Some(day) = &day {
            table(
                &["a day on top", "wall s", "cpu s", "peak MB"],
                &[day.total.cells("import, links, marts"), day.load.cells("(the load before)")],
            );
        }
        let peers = match &self.peers {
            Some(folder) => peers::run(self, folder, &scratch, &deliveries)?,
            None => Vec::new(),
        };
        tell::ratios(&own, &peers);
        if let Some(file) = &self.json {
            let all = serde_json::json!({
                "sf": self.sf, "seed": self.seed, "hard": self.hard, "runs": runs, "median": own, "bytes": bytes,
                "checks": checked, "day": day, "peers": peers,
            });
            std::fs::write(file, serde_json::to_string_pretty(&all)? + "\n")
                .with_context(|| format!("{} cannot be written", file.display()))?;
        }
        if !self.keep {
            company.clear()?;
        }
        let wrong = checked.figures.iter().filter(|figure| !figure.agrees).count();
        if wrong > 0 {
            bail!("{wrong} figures differ from the truth");
        }
        Ok(())
    }

    fn binary(&self, root: &Path, target: &Path) -> Result<PathBuf> {
        if let Some(binary) = &self.binary {
            return std::path::absolute(binary).with_context(|| format!("{} is no file", binary.display()));
        }
        crate::step(root, "release build", crate::cargo().args(["build", "--release", "--locked", "--package", "inflow"]))?;
        Ok(target.join("release/inflow"))
    }

    /// The folder of the generator: as told, or beside the repository.
    fn generator(&self, root: &Path) -> Result<PathBuf> {
        let folder = self.generator_in.clone().unwrap_or_else(|| root.join("../shared/workload"));
        if !folder.join("gen.py").is_file() {
            bail!("{} has no gen.py\nhint: --workload DIR or INFLOW_WORKLOAD says where the generator is", folder.display());
        }
        Ok(folder)
    }

    fn script(&self, file: &Path) -> Command {
        let mut command = Command::new(&self.python);
        command.arg(file);
        command
    }
}

fn target_folder(root: &Path) -> Result<PathBuf> {
    let metadata = cargo_metadata::MetadataCommand::new().manifest_path(root.join("Cargo.toml")).no_deps().exec();
    Ok(metadata.context("cargo metadata failed")?.target_directory.into_std_path_buf())
}
