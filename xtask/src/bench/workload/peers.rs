//! Other tools on the same files, in the same run.

use super::Workload;
use super::company::{copy_tree, remove};
use super::deliveries::Deliveries;
use super::tell::say;
use anyhow::{Context, Result, bail};
use serde::{Deserialize, Serialize};
use std::path::Path;

/// The peer that is run when none is named.
const DEFAULT: &str = "chdb_peer";

/// A phase as a peer prints it: one JSON object a line.
#[derive(Debug, Clone, Deserialize, Serialize)]
pub struct Phase {
    /// What was done.
    #[serde(rename = "phase")]
    pub name: String,
    /// Seconds.
    pub wall: f64,
    /// Processor seconds.
    pub cpu: f64,
    /// Greatest resident memory.
    pub hwm_mb: u64,
}

/// All phases of a peer.
#[derive(Debug, Clone, Serialize)]
pub struct Peer {
    /// Its script, without the ending.
    pub name: String,
    /// In order.
    pub phases: Vec<Phase>,
}

impl Peer {
    /// Phases of the job itself: bounds that a script measures beside it, and a second run of the queries, are left out.
    pub fn job(&self) -> impl Iterator<Item = &Phase> {
        self.phases.iter().filter(|phase| !phase.name.starts_with("FLOOR") && !phase.name.ends_with(" warm"))
    }
}

/// Runs the peers that were asked for.
pub fn run(asked: &Workload, folder: &Path, scratch: &Path, deliveries: &Deliveries) -> Result<Vec<Peer>> {
    let aside = scratch.join("peers");
    remove(&aside)?;
    // They write beside themselves, and read the generator's words from the folder above.
    copy_tree(folder, &aside.join("peers"))?;
    let generator = folder.join("../gen.py");
    std::fs::copy(&generator, aside.join("gen.py")).with_context(|| format!("{} cannot be read", generator.display()))?;
    let names = if asked.peer.is_empty() { vec![DEFAULT.to_owned()] } else { asked.peer.clone() };
    names.into_iter().map(|name| one(asked, &aside, name, deliveries)).collect()
}

fn one(asked: &Workload, aside: &Path, name: String, deliveries: &Deliveries) -> Result<Peer> {
    say(&format!("peer {name}"));
    let script = aside.join("peers").join(format!("{name}.py"));
    let output = asked.script(&script).arg(&deliveries.folder).arg(&asked.sf).output();
    let output = output.with_context(|| format!("{} could not be started", asked.python.display()))?;
    if !output.status.success() {
        bail!("the peer {name} failed ({}):\n{}", output.status, String::from_utf8_lossy(&output.stderr));
    }
    let phases = phases(&String::from_utf8_lossy(&output.stdout));
    if phases.is_empty() {
        bail!("the peer {name} printed no phase");
    }
    Ok(Peer { name, phases })
}

fn phases(text: &str) -> Vec<Phase> {
    text.lines().filter(|line| line.starts_with('{')).filter_map(|line| serde_json::from_str(line).ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::{Peer, phases};

    #[test]
    fn bounds_and_warm_queries_are_no_part_of_the_job() {
        let text = "{\"tool\": \"x\", \"phase\": \"ingest\", \"wall\": 2.0, \"cpu\": 3.5, \"hwm_mb\": 10}\nwords\n{\"phase\": \"queries 6 warm\", \"wall\": 1, \"cpu\": 1, \"hwm_mb\": 1}\n{\"phase\": \"FLOOR a\", \"wall\": 1, \"cpu\": 1, \"hwm_mb\": 1}\n";
        let peer = Peer { name: "x".to_owned(), phases: phases(text) };
        assert_eq!(peer.phases.len(), 3);
        assert_eq!(peer.job().map(|phase| phase.name.as_str()).collect::<Vec<_>>(), ["ingest"]);
    }
}
