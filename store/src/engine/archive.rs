//! Checking a tarball and taking one file out of it.

use std::fs::File;
use std::io::{self, Read, Write};
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::read::GzDecoder;
use sha2::{Digest, Sha512};

use super::{EngineError, Package};
use crate::progress::Progress;

const BUFFER: usize = 1 << 20;

/// Compares size and SHA-512 with what the package should have.
pub(super) fn check(package: &Package, tarball: &Path) -> Result<(), EngineError> {
    let mismatch = |message: String| EngineError::Mismatch { spec: package.spec, message };
    let mut file = File::open(tarball).map_err(EngineError::file("read", tarball))?;
    let size = file.metadata().map_err(EngineError::file("read", tarball))?.len();
    if size != package.size {
        return Err(mismatch(format!("{size} bytes instead of {}", package.size)));
    }
    let mut digest = Sha512::new();
    let mut buffer = vec![0_u8; BUFFER];
    loop {
        let read = file.read(&mut buffer).map_err(EngineError::file("read", tarball))?;
        let Some(bytes) = buffer.get(..read).filter(|bytes| !bytes.is_empty()) else { break };
        digest.update(bytes);
    }
    let found = STANDARD.encode(digest.finalize());
    if found == package.sha512 { Ok(()) } else { Err(mismatch(format!("its SHA-512 is {found}"))) }
}

/// Writes the package's library to `target`, in place under its name only when whole and on disk.
pub(super) fn unpack(package: &Package, tarball: &Path, scratch: &Path, target: &Path, progress: &dyn Progress) -> Result<(), EngineError> {
    let written = scratch.join("libchdb.so");
    let file = File::open(tarball).map_err(EngineError::file("read", tarball))?;
    let mut archive = tar::Archive::new(GzDecoder::new(io::BufReader::with_capacity(BUFFER, file)));
    let entries = archive.entries().map_err(EngineError::file("unpack", tarball))?;
    for entry in entries {
        let mut entry = entry.map_err(EngineError::file("unpack", tarball))?;
        if entry.path().map_err(EngineError::file("unpack", tarball))?.as_ref() != Path::new(package.member) {
            continue;
        }
        let mut output = File::create(&written).map_err(EngineError::file("write", &written))?;
        copy(&mut entry, &mut output, progress).map_err(EngineError::file("write", &written))?;
        output.sync_all().map_err(EngineError::file("write", &written))?;
        let size = output.metadata().map_err(EngineError::file("read", &written))?.len();
        if size != package.library_size {
            return Err(EngineError::Mismatch {
                spec: package.spec,
                message: format!("its library has {size} bytes instead of {}", package.library_size),
            });
        }
        return std::fs::rename(&written, target).map_err(EngineError::file("write", target));
    }
    Err(EngineError::Mismatch { spec: package.spec, message: format!("it holds no {}", package.member) })
}

fn copy(from: &mut impl Read, to: &mut impl Write, progress: &dyn Progress) -> io::Result<()> {
    let mut buffer = vec![0_u8; BUFFER];
    let mut done = 0_u64;
    loop {
        let read = from.read(&mut buffer)?;
        let Some(bytes) = buffer.get(..read).filter(|bytes| !bytes.is_empty()) else { return Ok(()) };
        to.write_all(bytes)?;
        done += bytes.len() as u64;
        progress.advance(done);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::progress::Silent;

    fn tarball(folder: &Path, member: &str, content: &[u8]) -> (std::path::PathBuf, Package) {
        let path = folder.join("package.tgz");
        let mut builder = tar::Builder::new(flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast()));
        let mut header = tar::Header::new_gnu();
        header.set_size(content.len() as u64);
        header.set_mode(0o755);
        header.set_cksum();
        builder.append_data(&mut header, member, content).unwrap();
        let bytes = builder.into_inner().unwrap().finish().unwrap();
        std::fs::write(&path, &bytes).unwrap();
        let sha512: &'static str = Box::leak(STANDARD.encode(Sha512::digest(&bytes)).into_boxed_str());
        let size = bytes.len() as u64;
        let package = Package { spec: "x@1", version: "1", size, sha512, member: "package/libchdb.so", library_size: 5 };
        (path, package)
    }

    #[test]
    fn a_good_tarball_gives_its_library() {
        let folder = tempfile::tempdir().unwrap();
        let (path, package) = tarball(folder.path(), "package/libchdb.so", b"hello");
        check(&package, &path).unwrap();
        let target = folder.path().join("out.so");
        unpack(&package, &path, folder.path(), &target, &Silent).unwrap();
        assert_eq!(std::fs::read(target).unwrap(), b"hello");
    }

    #[test]
    fn a_changed_or_cut_tarball_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let (path, package) = tarball(folder.path(), "package/libchdb.so", b"hello");
        let mut bytes = std::fs::read(&path).unwrap();
        let last = bytes.len() - 9;
        bytes[last] ^= 1;
        std::fs::write(&path, &bytes).unwrap();
        assert!(check(&package, &path).unwrap_err().to_string().contains("SHA-512"));
        bytes.pop();
        std::fs::write(&path, &bytes).unwrap();
        assert!(check(&package, &path).unwrap_err().to_string().contains("bytes instead of"));
    }

    #[test]
    fn a_tarball_without_the_library_or_with_a_short_one_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("out.so");
        for (member, content) in [("package/other.so", b"hello".as_slice()), ("package/libchdb.so", b"hell")] {
            let (path, package) = tarball(folder.path(), member, content);
            assert!(unpack(&package, &path, folder.path(), &target, &Silent).is_err(), "{member}");
            assert!(!target.exists());
        }
    }
}
