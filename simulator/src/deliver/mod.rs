//! A world as a configuration folder: settings, connections, mappings and export files.
//!
//! ```text
//! inflow.toml  channels.toml
//! connections/  moka_*.toml lever_*.toml greenhouse_*.toml   boards on loopback
//!               douyin.toml douyin_postings.toml ..          exports
//! mappings/     how the exports' columns are read
//! exports/      csv (one in GBK) and ndjson files, the ledger
//! keys/         keys of the simulated boards and of the identity digests
//! truth.json    what a pull must find
//! ```

mod config;
mod ledgers;
mod mappings;
mod sheets;
mod table;

use std::fs;
use std::io::Write;
use std::path::Path;

use crate::error::SimulatorError;
use crate::server::Server;
use crate::world::World;

/// A file of the folder, by its path in it.
pub(crate) struct File {
    pub(crate) path: String,
    pub(crate) bytes: Vec<u8>,
    /// Readable by the owner only.
    pub(crate) secret: bool,
}

impl File {
    pub(crate) fn new(path: impl Into<String>, bytes: impl Into<Vec<u8>>) -> Self {
        Self { path: path.into(), bytes: bytes.into(), secret: false }
    }

    pub(crate) fn secret(path: impl Into<String>, bytes: impl Into<Vec<u8>>) -> Self {
        Self { secret: true, ..Self::new(path, bytes) }
    }
}

impl World {
    /// Writes a complete configuration folder for this world, its boards being those of `server`.
    /// Files that are there already are replaced, others are left alone.
    pub fn write_config(&self, dir: &Path, server: &Server) -> Result<(), SimulatorError> {
        let mut files = config::files(self, server);
        files.extend(mappings::files());
        files.extend(sheets::files(self));
        files.extend(ledgers::files(self));
        files.push(File::new("truth.json", format!("{:#}\n", self.truth().to_json())));
        files.iter().try_for_each(|file| write(dir, file))
    }
}

fn write(dir: &Path, file: &File) -> Result<(), SimulatorError> {
    let path = dir.join(&file.path);
    let failed = |source| SimulatorError::Write { path: path.clone(), source };
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(failed)?;
    }
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    if file.secret {
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    }
    options.open(&path).and_then(|mut open| open.write_all(&file.bytes)).map_err(failed)
}
