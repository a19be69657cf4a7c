//! Writing segments so that a crash leaves a whole segment or none.

use std::cell::RefCell;
use std::fs::File;
use std::io::{BufRead, BufReader, Cursor, Read, Write};
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use zstd::bulk::Compressor;

use super::{LandingError, Line, Segment, entries, folders, landing_dir};
use crate::spec::{Kind, Stream};

/// First line of a segment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SegmentHeader {
    /// Version of the format: 1.
    pub inflow: u32,
    /// See [`Segment`]; likewise the fields below.
    pub connection: String,
    /// Connector.
    pub connector: String,
    /// Stream.
    pub stream: String,
    /// Kind.
    pub kind: Kind,
    /// Fetch instant in milliseconds.
    pub fetched_at: i64,
    /// Normaliser version.
    pub normaliser: u16,
    /// Identity key's id.
    pub key_id: String,
    /// Hash of the spec or mapping.
    pub spec: String,
    /// Number of records.
    pub records: u64,
    /// The mapping, for files.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mapping: Option<Stream>,
}

impl SegmentHeader {
    pub(super) fn segment(self, id: String, path: PathBuf) -> Segment {
        Segment {
            id,
            connection: self.connection,
            connector: self.connector,
            stream: self.stream,
            kind: self.kind,
            fetched_at: DateTime::from_timestamp_millis(self.fetched_at).unwrap_or(DateTime::<Utc>::UNIX_EPOCH),
            path,
            records: self.records,
            normaliser: self.normaliser,
            key_id: self.key_id,
            spec: self.spec,
            mapping: self.mapping,
        }
    }
}

/// Collects lines and writes them as one segment. Lines are compressed frame by frame as they come; the
/// file appears when [`SegmentWriter::finish`] has made it durable.
pub struct SegmentWriter {
    folder: PathBuf,
    header: SegmentHeader,
    /// Lines of the next frame.
    plain: Vec<u8>,
    /// Compressed frames.
    body: Vec<u8>,
    hasher: blake3::Hasher,
    bytes: usize,
}

/// Some lines of a segment, compressed: a frame of its file.
pub(crate) struct LineBlock {
    frame: Vec<u8>,
    hash: blake3::Hash,
    lines: u64,
    bytes: usize,
}

thread_local! {
    /// Blocks are made on the few threads that work on deliveries: making a compressor for each would take longer than a block does.
    static PACKER: RefCell<Option<Compressor<'static>>> = const { RefCell::new(None) };
}

impl LineBlock {
    /// Writes lines as they stand in a segment.
    pub(crate) fn of(lines: &[Line]) -> std::io::Result<LineBlock> {
        let text = text_of(lines)?;
        let frame = PACKER.with_borrow_mut(|kept| {
            let packer = match kept {
                Some(packer) => packer,
                None => kept.insert(Compressor::new(LEVEL)?),
            };
            packer.compress(&text)
        })?;
        Ok(LineBlock { frame, hash: blake3::hash(&text), lines: lines.len() as u64, bytes: text.len() })
    }
}

fn text_of(lines: &[Line]) -> std::io::Result<Vec<u8>> {
    let mut text = Vec::with_capacity(lines.len() * 512);
    for line in lines {
        serde_json::to_writer(&mut text, line)?;
        text.push(b'\n');
    }
    Ok(text)
}

impl std::fmt::Debug for SegmentWriter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SegmentWriter").field("header", &self.header).field("bytes", &self.bytes).finish_non_exhaustive()
    }
}

/// Compression level: a segment is written once and read a few times. Of the demo's landing in frames of
/// 128 kB level 3 makes no less, at two thirds of the speed.
const LEVEL: i32 = 1;

/// Lines that come a few at a time are compressed when so many bytes are there. A compressor kept open for each list that is
/// being pulled would hold some 3 MB for each; so it is needed for a moment only.
const FRAME: usize = 128 << 10;

impl SegmentWriter {
    /// Starts a segment; on disk it begins with [`SegmentWriter::finish`]. `header.records` is counted here.
    pub fn new(data_dir: &Path, mut header: SegmentHeader) -> SegmentWriter {
        header.records = 0;
        let folder = landing_dir(data_dir).join(&header.connection).join(&header.stream);
        SegmentWriter { folder, header, plain: Vec::new(), body: Vec::new(), hasher: blake3::Hasher::new(), bytes: 0 }
    }

    /// Adds some records.
    pub fn push(&mut self, lines: &[Line]) -> Result<(), LandingError> {
        let text = text_of(lines).map_err(LandingError::io("cannot write to", &self.folder))?;
        self.hasher.update(&text);
        self.bytes += text.len();
        self.header.records += lines.len() as u64;
        self.plain.extend_from_slice(&text);
        if self.plain.len() >= FRAME { self.end_frame() } else { Ok(()) }
    }

    /// Adds records that are compressed already.
    pub(crate) fn append(&mut self, block: &LineBlock) -> Result<(), LandingError> {
        self.end_frame()?;
        self.hasher.update(block.hash.as_bytes());
        self.bytes += block.bytes;
        self.header.records += block.lines;
        self.body.extend_from_slice(&block.frame);
        Ok(())
    }

    fn end_frame(&mut self) -> Result<(), LandingError> {
        if !self.plain.is_empty() {
            let frame = zstd::bulk::compress(&self.plain, LEVEL).map_err(LandingError::io("cannot write to", &self.folder))?;
            self.body.extend_from_slice(&frame);
            self.plain.clear();
        }
        Ok(())
    }

    /// Number of records so far.
    pub fn records(&self) -> u64 {
        self.header.records
    }

    /// Bytes so far, before compression.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// Its records, when they are not to be landed as they are.
    pub(crate) fn into_lines(self) -> impl Iterator<Item = Result<Line, LandingError>> {
        let SegmentWriter { folder, body, plain, .. } = self;
        let text = zstd::Decoder::new(Cursor::new(body)).map(|body| BufReader::new(body).chain(Cursor::new(plain)));
        let lines = text.map(|text| text.lines().map(|line| Ok(serde_json::from_str(&line?)?)));
        let (lines, failed) = match lines {
            Ok(lines) => (Some(lines), None),
            Err(error) => (None, Some(Err(error))),
        };
        let all = failed.into_iter().chain(lines.into_iter().flatten());
        all.map(move |line| line.map_err(LandingError::io("cannot read again what is landed in", &folder)))
    }

    /// Makes the segment durable. `None` when there are no records.
    pub fn finish(mut self) -> Result<Option<Segment>, LandingError> {
        if self.header.records == 0 {
            return Ok(None);
        }
        self.end_frame()?;
        let hash: String = self.hasher.finalize().to_hex().chars().take(8).collect();
        std::fs::create_dir_all(&self.folder).map_err(LandingError::io("cannot make", &self.folder))?;
        let id = next_id(&self.folder, self.header.fetched_at, &hash)?;
        let path = self.folder.join(format!("{id}.ndjson.zst"));
        write_whole(&path, &self.header, &self.body)?;
        Ok(Some(self.header.segment(id, path)))
    }
}

/// The id of the next segment: numbered after those of the same instant.
fn next_id(folder: &Path, fetched_at: i64, hash: &str) -> Result<String, LandingError> {
    let prefix = format!("{fetched_at:013}-");
    let numbers = entries(folder)?.into_iter().filter_map(|path| {
        let name = path.file_name()?.to_str()?.strip_suffix(".ndjson.zst")?.to_owned();
        name.strip_prefix(&prefix)?.split('-').next()?.parse::<u32>().ok()
    });
    Ok(format!("{prefix}{:04}-{hash}", numbers.max().map_or(0, |last| last + 1)))
}

/// Header and body as frames of one file: `.tmp`, sync, rename, sync of the folder.
pub(super) fn write_whole(path: &Path, header: &SegmentHeader, body: &[u8]) -> Result<(), LandingError> {
    let draft = path.with_extension("tmp");
    let mut first = serde_json::to_vec(header).map_err(std::io::Error::from).map_err(LandingError::io("cannot write", path))?;
    first.push(b'\n');
    let write = || -> std::io::Result<()> {
        let first = zstd::encode_all(first.as_slice(), LEVEL)?;
        let mut file = File::create(&draft)?;
        file.write_all(&first)?;
        file.write_all(body)?;
        file.sync_all()?;
        std::fs::rename(&draft, path)?;
        sync_folders(path)
    };
    write().map_err(LandingError::io("cannot write", path))
}

/// The name of a file is durable when its folder is; a new folder when its parent is.
fn sync_folders(path: &Path) -> std::io::Result<()> {
    for folder in path.ancestors().skip(1).take(3) {
        File::open(folder)?.sync_all()?;
    }
    Ok(())
}

/// Removes what a crash left half written.
pub fn clean_leftovers(data_dir: &Path, connection: &str) -> Result<usize, LandingError> {
    let mut removed = 0;
    for stream in folders(&landing_dir(data_dir).join(connection))? {
        for file in entries(&stream)? {
            if file.extension().is_some_and(|extension| extension == "tmp") {
                std::fs::remove_file(&file).map_err(LandingError::io("cannot remove", &file))?;
                removed += 1;
            }
        }
    }
    Ok(removed)
}
