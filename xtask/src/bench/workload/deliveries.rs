//! The generated deliveries: made once for each scale, seed and kind.

use super::Workload;
use super::tell::say;
use anyhow::{Context, Result, bail};
use std::io::Read;
use std::path::{Path, PathBuf};

/// A folder with `raw/` and `truth/`.
#[derive(Debug)]
pub struct Deliveries {
    /// The folder.
    pub folder: PathBuf,
}

/// Makes them, unless they are there.
pub fn make(asked: &Workload, root: &Path, scratch: &Path) -> Result<Deliveries> {
    let seed = asked.seed.map_or_else(String::new, |seed| format!("-seed{seed}"));
    let hard = if asked.hard { "-hard" } else { "" };
    let folder = scratch.join(format!("sf{}{seed}{hard}", asked.sf));
    let deliveries = Deliveries { folder };
    // The generator writes this file last.
    if deliveries.truth().join("expected_metrics.json").is_file() {
        return Ok(deliveries);
    }
    let generator = asked.generator(root)?.join("gen.py");
    say(&format!("generating {}", deliveries.folder.display()));
    let mut command = asked.script(&generator);
    command.arg("--sf").arg(&asked.sf).arg("--out").arg(&deliveries.folder);
    if let Some(seed) = asked.seed {
        command.arg("--seed").arg(seed.to_string());
    }
    if asked.hard {
        command.arg("--hard");
    }
    let status = command.status().with_context(|| format!("{} could not be started", asked.python.display()))?;
    if !status.success() {
        bail!(
            "the generator failed ({status})\nhint: it needs numpy and orjson; --python FILE or INFLOW_PYTHON names a Python that has them"
        );
    }
    Ok(deliveries)
}

impl Deliveries {
    /// The folder of the files.
    pub fn raw(&self) -> PathBuf {
        self.folder.join("raw")
    }

    /// The folder of what is true of them.
    pub fn truth(&self) -> PathBuf {
        self.folder.join("truth")
    }

    /// The files, sorted.
    pub fn files(&self) -> Result<Vec<PathBuf>> {
        files(&self.raw())
    }

    /// Reads all files, so that every run finds them in the page cache. Returns their bytes.
    pub fn warm(&self) -> Result<u64> {
        let mut bytes = 0;
        let mut buffer = vec![0; 1 << 20];
        for path in self.files()? {
            let mut file = std::fs::File::open(&path)?;
            loop {
                match file.read(&mut buffer)? {
                    0 => break,
                    read => bytes += read as u64,
                }
            }
        }
        Ok(bytes)
    }
}

/// The files of a folder, sorted.
pub fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries = std::fs::read_dir(folder).with_context(|| format!("{} cannot be read", folder.display()))?;
    let mut files = entries.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>>>()?;
    files.sort();
    Ok(files)
}
