//! Who holds the data folder, and how others find the holder.
//!
//! `lock` is held with flock for the life of the holder: the system drops it when the process ends, however
//! it ends. `endpoint.json` tells others its address; `clickhouse.password` is the password of the user
//! `inflow`, made once, readable by the owner only.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use url::Url;

use crate::error::StoreError;
use crate::random;

/// What the holder says of itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    /// Process id.
    pub pid: u32,
    /// Address of ClickHouse: the endpoint, or the server of `store.url`.
    pub url: Url,
    /// Whether `url` is a server and not the holder's endpoint.
    pub server: bool,
}

/// The lock on a data folder.
#[derive(Debug)]
pub struct FolderLock {
    file: Option<File>,
    folder: PathBuf,
    /// The engine of this process runs on the folder, and will until the process ends.
    pub in_use: bool,
}

/// Locks of folders that this process no longer uses and its engine still holds: it may take them up again,
/// other processes may not.
static PARKED: Mutex<Vec<(PathBuf, File)>> = Mutex::new(Vec::new());

impl Drop for FolderLock {
    fn drop(&mut self) {
        if let Some(file) = self.file.take().filter(|_| self.in_use) {
            PARKED.lock().unwrap_or_else(PoisonError::into_inner).push((self.folder.clone(), file));
        }
    }
}

/// Takes the lock, or says who has it.
pub fn take(folder: &Path) -> Result<Result<FolderLock, Option<Holder>>, StoreError> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true).mode(0o700).create(folder).map_err(StoreError::file("create", folder))?;
    let folder = fs::canonicalize(folder).map_err(StoreError::file("open", folder))?;
    let mut parked = PARKED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(position) = parked.iter().position(|(parked, _)| *parked == folder) {
        let (folder, file) = parked.swap_remove(position);
        return Ok(Ok(FolderLock { file: Some(file), folder, in_use: true }));
    }
    let path = folder.join("lock");
    let file = OpenOptions::new().create(true).truncate(false).write(true).open(&path).map_err(StoreError::file("open", &path))?;
    match file.try_lock() {
        Ok(()) => Ok(Ok(FolderLock { file: Some(file), folder, in_use: false })),
        Err(TryLockError::WouldBlock) => Ok(Err(read_holder(&folder))),
        Err(TryLockError::Error(error)) => Err(StoreError::file("lock", path)(error)),
    }
}

/// What the holder has written of itself, if it has.
pub fn read_holder(folder: &Path) -> Option<Holder> {
    let text = fs::read(folder.join("endpoint.json")).ok()?;
    serde_json::from_slice(&text).ok()
}

impl FolderLock {
    /// Tells others where the endpoint is.
    pub fn announce(&self, holder: &Holder) -> Result<(), StoreError> {
        let path = self.folder.join("endpoint.json");
        let text = serde_json::to_vec(holder).map_err(io::Error::other).map_err(StoreError::file("write", &path))?;
        write_durably(&path, &text)
    }

    /// Takes the word back.
    pub fn withdraw(&self) {
        // A stale word is harmless: without the lock held nobody believes it.
        let _ = fs::remove_file(self.folder.join("endpoint.json"));
    }
}

/// Writes a file of the owner's in one step: whole or not at all, also after a power cut.
pub fn write_durably(path: &Path, bytes: &[u8]) -> Result<(), StoreError> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let temporary = path.with_extension("tmp");
    let write = || -> io::Result<()> {
        let mut file = OpenOptions::new().create(true).truncate(true).write(true).mode(0o600).open(&temporary)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&temporary, path)?;
        File::open(folder)?.sync_all()
    };
    write().map_err(StoreError::file("write", path))
}

/// The password of the user `inflow`; made on first use.
pub fn password(folder: &Path) -> Result<SecretString, StoreError> {
    let path = folder.join("clickhouse.password");
    if let Some(password) = read_password(&path)? {
        return Ok(password);
    }
    let text = random::secret::<24>().map_err(io::Error::other).map_err(StoreError::file("make a password for", &path))?;
    write_durably(&path, format!("{text}\n").as_bytes())?;
    Ok(text.into())
}

fn read_password(path: &Path) -> Result<Option<SecretString>, StoreError> {
    let mut text = String::new();
    match File::open(path).and_then(|file| file.take(4096).read_to_string(&mut text)) {
        Ok(_) if text.trim().is_empty() => Ok(None),
        Ok(_) => Ok(Some(text.trim().into())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(StoreError::file("read", path)(error)),
    }
}
