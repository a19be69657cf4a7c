//! Landing: what was fetched or imported, less identity in clear, in segments that replay.
//!
//! A segment is `landing/<connection>/<stream>/<id>.ndjson.zst`: a header line, then a line a record.
//! It is written to `.tmp`, synced, renamed and its folder synced, so a segment is whole or absent.
//! Its id is `<fetch ms, 13 digits>-<number, 4 digits>-<8 hex of its lines>`; ids sort by time.
//!
//! ```text
//! {"inflow":1,"connection":"lever-eu","connector":"lever","stream":"opportunities","kind":"applications",
//!  "fetched_at":1790000000000,"normaliser":1,"key_id":"1f2e3d4c","spec":"<hash>","records":2}
//! {"id":"7f..","k":1,"h":2,"r":{..},"i":{"c":"c1","d":[["phone_e164",1,"1f2e3d4c","<hex>"]],"f":[]},"x":{"stages":{..}}}
//! ```

mod read;
mod rewrite;
mod write;

use std::cell::RefCell;
use std::collections::HashSet;
use std::io::Write;
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use inflow_config::Explain;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::identity::{Digest, Flag};
use crate::spec::{Kind, Stream};

pub use read::{Lines, RawLines, read_lines, read_segment};
pub use rewrite::{Erasure, Rewritten, rewrite_segments};
pub(crate) use write::LineBlock;
pub use write::{SegmentHeader, SegmentWriter, clean_leftovers};

/// A segment on disk.
#[derive(Debug, Clone, PartialEq)]
pub struct Segment {
    /// Its id, also the file's name.
    pub id: String,
    /// Connection that fetched it.
    pub connection: String,
    /// That connection's connector.
    pub connector: String,
    /// Stream of the connector.
    pub stream: String,
    /// What it holds.
    pub kind: Kind,
    /// Start of the pull.
    pub fetched_at: DateTime<Utc>,
    /// The file.
    pub path: PathBuf,
    /// Number of records.
    pub records: u64,
    /// Version of the normalisers behind its digests.
    pub normaliser: u16,
    /// Id of the identity key.
    pub key_id: String,
    /// Hash of the spec or mapping.
    pub spec: String,
    /// The mapping itself, for the `file` connector: replay needs no other file.
    pub mapping: Option<Stream>,
}

impl Segment {
    /// How its lines are read: the mapping in its header, or the board's stream. `None` when this
    /// binary no longer knows the board or the stream.
    pub fn stream_spec(&self) -> Option<&Stream> {
        self.mapping.as_ref().or_else(|| crate::spec::spec(&self.connector)?.stream(&self.stream))
    }
}

/// One record as landed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Line {
    /// Id at the source; empty when the record has none (the pipeline quarantines it).
    pub id: String,
    /// Keyed hash of connection, stream and id.
    #[serde(rename = "k")]
    pub key_hash: u64,
    /// Hash of everything below.
    #[serde(rename = "h")]
    pub content_hash: u64,
    /// The allow-listed part of the record.
    #[serde(rename = "r")]
    pub record: Value,
    /// Who it is about, for applications.
    #[serde(rename = "i", default, skip_serializing_if = "Option::is_none")]
    pub identity: Option<LineIdentity>,
    /// Entries of reference streams that the record points to, by stream and id.
    #[serde(rename = "x", default, skip_serializing_if = "Map::is_empty")]
    pub lookups: Map<String, Value>,
    /// Missing from the last complete list: `record` repeats what was landed last.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub gone: bool,
    /// Listed again after it was gone. Like `gone` it asks for a version not older than the fetch
    /// instant: the board's own times say nothing about leaving a list and coming back to it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub back: bool,
}

/// A candidate as landed.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct LineIdentity {
    /// The candidate's id at the source; the application's own when the source has none.
    #[serde(rename = "c")]
    pub candidate: String,
    /// Keyed digests.
    #[serde(rename = "d", default)]
    pub digests: Vec<Digest>,
    /// What keeps the person from linking.
    #[serde(rename = "f", default)]
    pub flags: Vec<Flag>,
}

/// Landing that cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum LandingError {
    /// The disk refused.
    #[error("{action} {}: {source}", .path.display())]
    Io {
        /// What was tried, e.g. "cannot write".
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A segment holds something else.
    #[error("segment {} is damaged at line {line}: {reason}", .path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// From 1, the header not counted; 0 is the header.
        line: u64,
        /// What is wrong.
        reason: String,
    },
}

impl Explain for LandingError {
    fn hint(&self) -> Option<String> {
        Some(match self {
            LandingError::Io { .. } => "check the disk's space and permissions".to_owned(),
            LandingError::Damaged { .. } => "restore the file from a backup".to_owned(),
        })
    }

    fn exit_code(&self) -> u8 {
        match self {
            LandingError::Io { .. } => 1,
            LandingError::Damaged { .. } => 2,
        }
    }
}

impl LandingError {
    pub(crate) fn io(action: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> LandingError {
        let path = path.to_owned();
        move |source| LandingError::Io { action, path, source }
    }
}

/// Folder of all segments.
pub fn landing_dir(data_dir: &Path) -> PathBuf {
    data_dir.join("landing")
}

/// Every segment, sorted by id and, for equal ids, by connection and stream.
pub fn list_segments(data_dir: &Path) -> Result<Vec<Segment>, LandingError> {
    let mut segments = Vec::new();
    for connection in folders(&landing_dir(data_dir))? {
        segments.extend(connection_segments(&connection)?);
    }
    sort(&mut segments);
    Ok(segments)
}

/// Every segment of one connection, sorted by id.
pub fn list_connection_segments(data_dir: &Path, connection: &str) -> Result<Vec<Segment>, LandingError> {
    let mut segments = connection_segments(&landing_dir(data_dir).join(connection))?;
    sort(&mut segments);
    Ok(segments)
}

/// The segments of one connection that are not among these, sorted by id. Nothing is read of the others, of which there
/// may be very many.
pub(crate) fn list_segments_beside(data_dir: &Path, connection: &str, ids: &HashSet<String>) -> Result<Vec<Segment>, LandingError> {
    let mut segments = segments_in(&landing_dir(data_dir).join(connection), &|id| !ids.contains(id))?;
    sort(&mut segments);
    Ok(segments)
}

fn sort(segments: &mut [Segment]) {
    segments.sort_by(|a, b| (&a.id, &a.connection, &a.stream).cmp(&(&b.id, &b.connection, &b.stream)));
}

fn connection_segments(connection: &Path) -> Result<Vec<Segment>, LandingError> {
    segments_in(connection, &|_| true)
}

fn segments_in(connection: &Path, wanted: &dyn Fn(&str) -> bool) -> Result<Vec<Segment>, LandingError> {
    let mut segments = Vec::new();
    for stream in folders(connection)? {
        for file in entries(&stream)? {
            if file.extension().is_some_and(|extension| extension == "zst") && wanted(&read::id_of(&file)) {
                segments.push(read::read_header(&file)?);
            }
        }
    }
    Ok(segments)
}

fn folders(folder: &Path) -> Result<Vec<PathBuf>, LandingError> {
    Ok(entries(folder)?.into_iter().filter(|path| path.is_dir()).collect())
}

/// Paths in a folder, sorted; none when there is no folder.
fn entries(folder: &Path) -> Result<Vec<PathBuf>, LandingError> {
    let listing = match std::fs::read_dir(folder) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        listing => listing.map_err(LandingError::io("cannot list", folder))?,
    };
    let paths: Result<Vec<PathBuf>, std::io::Error> = listing.map(|entry| Ok(entry?.path())).collect();
    let mut paths = paths.map_err(LandingError::io("cannot list", folder))?;
    paths.sort();
    Ok(paths)
}

thread_local! {
    /// What is hashed next: a new one for each line would cost as much as the hash.
    static TEXT: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// Hash of a text that is written for it.
fn hash_of(write: impl FnOnce(&mut Vec<u8>)) -> blake3::Hash {
    TEXT.with_borrow_mut(|text| {
        text.clear();
        write(text);
        blake3::hash(text)
    })
}

/// Hash of a line's content: stable whatever the order of keys.
pub fn content_hash(record: &Value, identity: Option<&LineIdentity>, lookups: &Map<String, Value>) -> u64 {
    let hash = hash_of(|text| {
        feed(text, record);
        if let Some(identity) = identity {
            text.extend_from_slice(identity.candidate.as_bytes());
            for digest in &identity.digests {
                text.extend_from_slice(digest.kind.as_str().as_bytes());
                text.extend_from_slice(digest.hex().as_bytes());
            }
            for flag in &identity.flags {
                text.extend_from_slice(flag.as_str().as_bytes());
            }
        }
        if !lookups.is_empty() {
            feed_object(text, lookups);
        }
    });
    crate::identity::first_u64(&hash)
}

/// The hash of a value whatever the order of its keys, for digests of whole rows.
pub(crate) fn canonical_hash(value: &Value) -> blake3::Hash {
    hash_of(|text| feed(text, value))
}

/// The same as text.
pub(crate) fn canonical_text(value: &Value) -> String {
    canonical_hash(value).to_hex().to_string()
}

/// Writes a value so that different values never read alike.
fn feed(text: &mut Vec<u8>, value: &Value) {
    match value {
        Value::Object(map) => feed_object(text, map),
        Value::Array(list) => {
            text.push(b'[');
            for element in list {
                feed(text, element);
            }
            text.push(b']');
        }
        Value::String(string) => {
            text.push(b'"');
            text.extend_from_slice(&(string.len() as u64).to_le_bytes());
            text.extend_from_slice(string.as_bytes());
        }
        Value::Null => text.extend_from_slice(b"#null;"),
        scalar => {
            text.push(b'#');
            // Writing to memory does not fail.
            let _ = write!(text, "{scalar}");
            text.push(b';');
        }
    }
}

/// Keys come sorted: an object of `serde_json` is a tree.
fn feed_object(text: &mut Vec<u8>, map: &Map<String, Value>) {
    text.push(b'{');
    for (key, inner) in map {
        text.extend_from_slice(&(key.len() as u64).to_le_bytes());
        text.extend_from_slice(key.as_bytes());
        feed(text, inner);
    }
    text.push(b'}');
}
