//! Finding libchdb, the ClickHouse engine as a library, and fetching it once.
//!
//! Order: the file named by `INFLOW_LIBCHDB`; the cache folder; then `npm pack` of chDB's own package,
//! through whatever registry npm is configured for, its size and SHA-512 checked. The cache folder is
//! the user's (`$XDG_CACHE_HOME/inflow` or `~/.cache/inflow`), not the data folder: the engine is
//! half a gigabyte, the same for every data folder, and belongs in no backup.

mod archive;
mod fetch;

use std::path::{Path, PathBuf};

use inflow_config::Explain;

use crate::progress::Progress;

/// The package that is fetched on this platform.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Package {
    /// Name and version for npm.
    pub spec: &'static str,
    /// Version, names the folder in the cache.
    pub version: &'static str,
    /// Size of the tarball in bytes.
    pub size: u64,
    /// SHA-512 of the tarball, base64.
    pub sha512: &'static str,
    /// Where the library is in it.
    pub member: &'static str,
    /// Size of the library in bytes.
    pub library_size: u64,
}

/// The package for 64-bit x86 Linux with glibc, the one platform it is published and was tested for.
pub const PACKAGE: Package = Package {
    spec: "@chdb/lib-linux-x64-gnu@26.7.3-stable.1",
    version: "26.7.3-stable.1",
    size: 177_817_999,
    sha512: "XP97mMqnc5tZpKQywR8N7cLTsHNiTmHr30pC5mzo3jWmukjKn2IBa60c2B/gWUNcuFjOMjWoorQICCqBVj5wpw==",
    member: "package/libchdb.so",
    library_size: 566_330_096,
};

/// Environment variable that names the library.
pub const VARIABLE: &str = "INFLOW_LIBCHDB";

/// Why there is no engine.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// `INFLOW_LIBCHDB` names what is no file.
    #[error("{VARIABLE} names {}, which is not a file", path.display())]
    NotAFile {
        /// What it names.
        path: PathBuf,
    },
    /// There is no package for this platform.
    #[error("the ClickHouse engine cannot be fetched for {platform}")]
    Platform {
        /// Operating system and processor.
        platform: String,
    },
    /// There is no folder to keep it in.
    #[error("there is no cache folder for the ClickHouse engine: neither XDG_CACHE_HOME nor HOME is set")]
    NoCache,
    /// npm is not installed.
    #[error("the ClickHouse engine is fetched with npm, and npm is not installed")]
    NoNpm,
    /// npm failed, most often for want of a network.
    #[error("npm could not fetch {spec}: {message}")]
    Npm {
        /// What was asked for.
        spec: &'static str,
        /// Last line of what npm said.
        message: String,
    },
    /// What came is not what was expected.
    #[error("the package {spec} that npm fetched is not the expected one: {message}")]
    Mismatch {
        /// What was asked for.
        spec: &'static str,
        /// Size or digest, expected and found.
        message: String,
    },
    /// Not enough room.
    #[error("the ClickHouse engine needs {needed} MB in {}, and {free} MB are free", folder.display())]
    Space {
        /// The cache folder.
        folder: PathBuf,
        /// Megabytes needed.
        needed: u64,
        /// Megabytes free.
        free: u64,
    },
    /// A file of the cache folder.
    #[error("cannot {action} {}: {source}", path.display())]
    File {
        /// What was being done.
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The library does not load, or lacks a function.
    #[error("the ClickHouse engine {} does not load: {message}", path.display())]
    Load {
        /// The library.
        path: PathBuf,
        /// What the loader said.
        message: String,
    },
    /// The engine of this process runs on another folder.
    #[error("the ClickHouse engine of this process runs on {} and cannot also open {}", running.display(), path.display())]
    Elsewhere {
        /// The storage folder asked for.
        path: PathBuf,
        /// The one it runs on.
        running: PathBuf,
    },
    /// The library loads and does not start.
    #[error("the ClickHouse engine does not start on {}", path.display())]
    Start {
        /// The storage folder.
        path: PathBuf,
    },
}

impl EngineError {
    fn file(action: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> EngineError {
        let path = path.into();
        move |source| EngineError::File { action, path, source }
    }
}

impl Explain for EngineError {
    fn hint(&self) -> Option<String> {
        Some(match self {
            EngineError::NotAFile { .. } => format!("let {VARIABLE} name libchdb.so, or unset it"),
            EngineError::Platform { .. } => {
                format!("take libchdb from chDB's release archive and let {VARIABLE} name it, or set store.url to a ClickHouse server")
            }
            EngineError::NoCache => "set store.cache_dir in inflow.toml".to_owned(),
            EngineError::NoNpm => {
                format!("install Node.js, which brings npm; or let {VARIABLE} name a libchdb.so; or set store.url to a ClickHouse server")
            }
            EngineError::Npm { spec, .. } => format!(
                "with a network run `inflow engine install`; without one, run `npm pack {spec}` elsewhere, unpack it here \
                 and let {VARIABLE} name its libchdb.so"
            ),
            EngineError::Mismatch { .. } => {
                "run `inflow engine install` again; if it stays so, the npm mirror alters packages: try another".to_owned()
            }
            EngineError::Space { .. } => "free some room, or set store.cache_dir in inflow.toml to another disk".to_owned(),
            EngineError::File { .. } => "check that the folder exists and belongs to you, or set store.cache_dir".to_owned(),
            EngineError::Load { .. } => format!("remove the file and run `inflow engine install`, or let {VARIABLE} name another"),
            EngineError::Elsewhere { .. } => "open the other folder in a process of its own".to_owned(),
            EngineError::Start { .. } => {
                "see that no other process uses the folder and that the disk is not full; logs with --log debug".to_owned()
            }
        })
    }
}

/// Where the engine is, if it is here already; nothing is fetched.
pub fn locate(cache_dir: Option<&Path>) -> Result<Option<PathBuf>, EngineError> {
    if let Some(named) = std::env::var_os(VARIABLE).filter(|value| !value.is_empty()) {
        let path = PathBuf::from(named);
        return if path.is_file() { Ok(Some(path)) } else { Err(EngineError::NotAFile { path }) };
    }
    let path = library_path(&cache_folder(cache_dir)?);
    Ok(is_whole(&path).then_some(path))
}

/// Finds the engine, or fetches it into the cache folder. Blocking: it may take minutes.
pub fn install(cache_dir: Option<&Path>, progress: &dyn Progress) -> Result<PathBuf, EngineError> {
    if let Some(found) = locate(cache_dir)? {
        return Ok(found);
    }
    if !cfg!(all(target_os = "linux", target_arch = "x86_64", target_env = "gnu")) {
        return Err(EngineError::Platform { platform: format!("{} on {}", std::env::consts::OS, std::env::consts::ARCH) });
    }
    let folder = cache_folder(cache_dir)?;
    fetch::fetch(&PACKAGE, &folder, &library_path(&folder), progress)
}

/// The folder that is used: `cache_dir`, or `inflow` in the user's cache folder.
pub fn cache_folder(cache_dir: Option<&Path>) -> Result<PathBuf, EngineError> {
    if let Some(folder) = cache_dir {
        return Ok(folder.join("engine"));
    }
    let set = |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    set("XDG_CACHE_HOME")
        .or_else(|| set("HOME").map(|home| home.join(".cache")))
        .map(|cache| cache.join("inflow").join("engine"))
        .ok_or(EngineError::NoCache)
}

fn library_path(folder: &Path) -> PathBuf {
    folder.join(PACKAGE.version).join("libchdb.so")
}

/// The file is put in place by a rename, so its size is enough to know it is whole.
fn is_whole(path: &Path) -> bool {
    std::fs::metadata(path).is_ok_and(|meta| meta.is_file() && meta.len() == PACKAGE.library_size)
}
