//! The two keys: one for identity digests, one for erasure. Both live outside the data folder.

use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use inflow_config::{Config, Explain, SecretRef};
use secrecy::ExposeSecret;

use super::{Digest, DigestKind, KeyId};

/// Which id of a source a tombstone stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// An application.
    Application,
    /// A candidate.
    Candidate,
}

/// The keys. Prints nothing of itself.
pub struct IdentityKeys {
    identity: [u8; 32],
    erase: [u8; 32],
    key_id: KeyId,
}

impl std::fmt::Debug for IdentityKeys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "IdentityKeys({})", self.key_id.as_str())
    }
}

/// Keys that cannot be read or made.
#[derive(Debug, thiserror::Error)]
pub enum IdentityError {
    /// The place of the key cannot be read.
    #[error("{name} ({place}) cannot be read: {reason}")]
    Unreadable {
        /// `identity.key` or `identity.erase_key`.
        name: &'static str,
        /// As written in the configuration.
        place: String,
        /// Why.
        reason: String,
    },
    /// What stands there is no key.
    #[error("{name} ({place}) does not hold a key of 64 hex digits")]
    NotAKey {
        /// `identity.key` or `identity.erase_key`.
        name: &'static str,
        /// As written in the configuration.
        place: String,
    },
    /// A new key file cannot be written.
    #[error("{name} cannot be made at {}: {source}", .path.display())]
    Unwritable {
        /// `identity.key` or `identity.erase_key`.
        name: &'static str,
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// Both keys are the same.
    #[error("identity.key and identity.erase_key hold the same key")]
    Same,
}

impl Explain for IdentityError {
    fn hint(&self) -> Option<String> {
        Some(match self {
            IdentityError::Unreadable { .. } => "check that the file exists and that you may read it".to_owned(),
            IdentityError::NotAKey { .. } => {
                "restore the key from your backup; with a new one, people already known are not recognised".to_owned()
            }
            IdentityError::Unwritable { path, .. } => {
                format!("make {} writable, or name another place under [identity]", path.display())
            }
            IdentityError::Same => "remove one of them if it was never used; a new one is made".to_owned(),
        })
    }
}

impl IdentityKeys {
    /// The keys that the configuration names. Key files that do not exist are made with 32 random
    /// bytes (as hex), readable by the owner only; nothing else makes them.
    pub fn load_or_create(config: &Config) -> Result<IdentityKeys, IdentityError> {
        let settings = &config.settings.identity;
        let identity = load("identity.key", &settings.key, &config.dir)?;
        let erase = load("identity.erase_key", &settings.erase_key, &config.dir)?;
        if identity == erase {
            return Err(IdentityError::Same);
        }
        Ok(IdentityKeys::from_bytes(identity, erase))
    }

    /// Keys from their bytes.
    pub fn from_bytes(identity: [u8; 32], erase: [u8; 32]) -> IdentityKeys {
        let own = blake3::hash(&identity).to_hex();
        // A key's digest has 64 hex digits, so it always has an id.
        let key_id = own.get(..8).and_then(KeyId::parse).unwrap_or_default();
        IdentityKeys { identity, erase, key_id }
    }

    /// Known keys, for tests.
    #[cfg(test)]
    pub(crate) fn fixed_for_tests() -> IdentityKeys {
        IdentityKeys::from_bytes([7; 32], [9; 32])
    }

    /// First 8 hex digits of the identity key's own digest.
    pub fn key_id(&self) -> &str {
        self.key_id.as_str()
    }

    /// The digest of a normalised form.
    pub fn digest(&self, kind: DigestKind, form: &str) -> Digest {
        let value = first_16(&keyed(&self.identity, "digest", &[kind.as_str(), form]));
        Digest { kind, normaliser: kind.normaliser(), key_id: self.key_id, value }
    }

    /// A recruiter's pseudonymous code: `r-` and 10 hex digits.
    pub fn recruiter_code(&self, name: &str) -> String {
        let folded = name.trim().to_lowercase();
        format!("r-{}", hex_of(&keyed(&self.identity, "recruiter", &[&folded]), 10))
    }

    /// A person's pseudonymous code as payer or payee: `p-` and 10 hex digits, which [`super::is_party_code`] knows.
    pub fn party_code(&self, name: &str) -> String {
        let folded = name.trim().to_lowercase();
        format!("p-{}", hex_of(&keyed(&self.identity, "party", &[&folded]), 10))
    }

    /// The keyed hash under which a record is remembered in `landed`.
    pub fn record_key(&self, connection: &str, stream: &str, source_id: &str) -> u64 {
        first_u64(&keyed(&self.identity, "landed", &[connection, stream, source_id]))
    }

    /// An id for a row whose source has none: 16 hex digits over its parts.
    pub fn row_id(&self, parts: &[&str]) -> String {
        hex_of(&keyed(&self.identity, "row", parts), 16)
    }

    /// Tombstone of a digest. Only digests that link have one: a name is not a person.
    pub fn tombstone(&self, digest: &Digest) -> Option<String> {
        self.tombstone_under(digest, digest.normaliser)
    }

    /// All tombstones under which a digest may have been erased: those of earlier versions of its normaliser too.
    pub fn tombstones(&self, digest: &Digest) -> impl Iterator<Item = String> {
        (1..=digest.normaliser).filter_map(|normaliser| self.tombstone_under(digest, normaliser))
    }

    fn tombstone_under(&self, digest: &Digest, normaliser: u16) -> Option<String> {
        let normaliser = normaliser.to_string();
        let hex = digest.hex();
        let parts = [digest.kind.as_str(), normaliser.as_str(), digest.key_id.as_str(), &*hex];
        digest.kind.links().then(|| hex_of(&keyed(&self.erase, "tombstone digest", &parts), 32))
    }

    /// Tombstone of an id at a source.
    pub fn tombstone_source(&self, source: Source, connection: &str, source_id: &str) -> String {
        let domain = match source {
            Source::Application => "tombstone application",
            Source::Candidate => "tombstone candidate",
        };
        hex_of(&keyed(&self.erase, domain, &[connection, source_id]), 32)
    }

    /// What the lines of an erased person have in common from then on. `first` is any one of the person's ids or digests;
    /// without the erase key it leads nowhere.
    pub fn erased_person(&self, first: &[&str]) -> Digest {
        let value = first_16(&keyed(&self.erase, "erased person", first));
        Digest { kind: DigestKind::Erased, normaliser: DigestKind::Erased.normaliser(), key_id: self.key_id, value }
    }

    /// What an erased id is called from then on: `erased-` and 16 hex digits.
    pub fn erased_id(&self, source: Source, connection: &str, source_id: &str) -> String {
        let domain = match source {
            Source::Application => "erased application",
            Source::Candidate => "erased candidate",
        };
        format!("erased-{}", hex_of(&keyed(&self.erase, domain, &[connection, source_id]), 16))
    }
}

/// Keyed BLAKE3 over parts that cannot run into each other.
fn keyed(key: &[u8; 32], domain: &str, parts: &[&str]) -> blake3::Hash {
    // One piece is hashed much quicker than several small ones.
    let mut whole = Vec::with_capacity(domain.len() + 8 + parts.iter().map(|part| part.len() + 8).sum::<usize>());
    for part in std::iter::once(&domain).chain(parts) {
        whole.extend_from_slice(&(part.len() as u64).to_le_bytes());
        whole.extend_from_slice(part.as_bytes());
    }
    blake3::keyed_hash(key, &whole)
}

fn hex_of(hash: &blake3::Hash, digits: usize) -> String {
    hash.to_hex().get(..digits).unwrap_or_default().to_owned()
}

fn first_16(hash: &blake3::Hash) -> [u8; 16] {
    hash.as_bytes().first_chunk::<16>().copied().unwrap_or_default()
}

pub(crate) fn first_u64(hash: &blake3::Hash) -> u64 {
    hash.as_bytes().first_chunk::<8>().map_or(0, |bytes| u64::from_le_bytes(*bytes))
}

fn load(name: &'static str, place: &SecretRef, base: &Path) -> Result<[u8; 32], IdentityError> {
    let unreadable = |reason: String| IdentityError::Unreadable { name, place: place.to_string(), reason };
    if let Some(path) = place.path(base).map_err(|error| unreadable(error.to_string()))? {
        create_if_absent(name, &path)?;
    }
    let text = place.read(base).map_err(|error| unreadable(error.to_string()))?;
    blake3::Hash::from_hex(text.expose_secret().trim())
        .map(|hash| *hash.as_bytes())
        .map_err(|_| IdentityError::NotAKey { name, place: place.to_string() })
}

/// Writes a new key beside its place, then links it there: two first starts at once agree on one key,
/// and no reader sees half of it.
fn create_if_absent(name: &'static str, path: &Path) -> Result<(), IdentityError> {
    if path.exists() {
        return Ok(());
    }
    let unwritable = |source| IdentityError::Unwritable { name, path: path.to_owned(), source };
    let folder = path.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder).map_err(unwritable)?;
    let bytes: [u8; 32] = rand::random();
    let draft = folder.join(format!(".{}.{}", std::process::id(), name));
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true).mode(0o600);
    let written = options.open(&draft).and_then(|mut file| {
        writeln!(file, "{}", blake3::Hash::from_bytes(bytes).to_hex())?;
        file.sync_all()
    });
    let linked = written.and_then(|()| match std::fs::hard_link(&draft, path) {
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
        other => other,
    });
    let removed = std::fs::remove_file(&draft);
    linked.and(removed).map_err(unwritable)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn makes_a_private_key_once() {
        let folder = tempfile::tempdir().unwrap();
        let place = SecretRef::file("keys/identity.key");
        let first = load("identity.key", &place, folder.path()).unwrap();
        assert_eq!(load("identity.key", &place, folder.path()).unwrap(), first);
        let meta = std::fs::metadata(folder.path().join("keys/identity.key")).unwrap();
        assert_eq!(meta.permissions().mode() & 0o777, 0o600);
        assert_eq!(std::fs::read_dir(folder.path().join("keys")).unwrap().count(), 1);
    }

    #[test]
    fn a_damaged_key_is_refused_not_replaced() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("k"), "abc\n").unwrap();
        let error = load("identity.key", &SecretRef::file("k"), folder.path()).unwrap_err();
        assert_eq!(error.to_string(), "identity.key (file:k) does not hold a key of 64 hex digits");
        assert_eq!(std::fs::read_to_string(folder.path().join("k")).unwrap(), "abc\n");
    }

    #[test]
    fn parts_cannot_run_into_each_other() {
        let keys = IdentityKeys::fixed_for_tests();
        assert_ne!(keys.row_id(&["ab", "c"]), keys.row_id(&["a", "bc"]));
        let id = |source| keys.tombstone_source(source, "moka", "12");
        assert_ne!(id(Source::Application), id(Source::Candidate));
    }

    #[test]
    fn who_was_erased_under_an_earlier_normaliser_stays_erased() {
        let keys = IdentityKeys::fixed_for_tests();
        let now = keys.digest(DigestKind::PhoneE164, "+8619900000001");
        let then = Digest { normaliser: 1, ..now };
        let tombstone = keys.tombstone(&then).unwrap();
        assert_ne!(Some(&tombstone), keys.tombstone(&now).as_ref());
        assert!(keys.tombstones(&now).any(|known| known == tombstone));
    }

    #[test]
    fn names_leave_no_tombstone() {
        let keys = IdentityKeys::fixed_for_tests();
        assert!(keys.tombstone(&keys.digest(DigestKind::NameExact, "林小雨")).is_none());
        assert!(keys.tombstone(&keys.digest(DigestKind::EmailExact, "a@b.cn")).is_some());
    }
}
