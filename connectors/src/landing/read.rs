//! Reading segments.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};

use super::write::SegmentHeader;
use super::{LandingError, Line, Segment};

/// The lines of a segment after its header, as text.
pub struct RawLines {
    path: PathBuf,
    reader: Box<dyn BufRead + Send>,
    line: u64,
}

impl std::fmt::Debug for RawLines {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "RawLines({}, line {})", self.path.display(), self.line)
    }
}

/// The records of a segment.
#[derive(Debug)]
pub struct Lines(RawLines);

/// The records of a segment, in order.
pub fn read_segment(segment: &Segment) -> Result<Lines, LandingError> {
    read_lines(segment).map(Lines)
}

/// The lines of a segment without parsing them, header skipped: what a columnar JSON reader wants.
pub fn read_lines(segment: &Segment) -> Result<RawLines, LandingError> {
    let mut lines = open(&segment.path)?;
    lines.next().transpose()?;
    lines.line = 0;
    Ok(lines)
}

pub(super) fn read_header(path: &Path) -> Result<Segment, LandingError> {
    let damaged = |reason: String| LandingError::Damaged { path: path.to_owned(), line: 0, reason };
    let mut lines = open(path)?;
    let first = lines.next().transpose()?.ok_or_else(|| damaged("it is empty".to_owned()))?;
    let header: SegmentHeader = serde_json::from_str(&first).map_err(|error| damaged(error.to_string()))?;
    if header.inflow != 1 {
        return Err(damaged(format!("its format is {}, this binary reads 1", header.inflow)));
    }
    Ok(header.segment(id_of(path), path.to_owned()))
}

/// The id of the segment that a file holds.
pub(super) fn id_of(path: &Path) -> String {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    name.strip_suffix(".ndjson.zst").unwrap_or(name).to_owned()
}

fn open(path: &Path) -> Result<RawLines, LandingError> {
    let file = File::open(path).map_err(LandingError::io("cannot read", path))?;
    let decoder = zstd::Decoder::new(file).map_err(LandingError::io("cannot read", path))?;
    Ok(RawLines { path: path.to_owned(), reader: Box::new(BufReader::with_capacity(1 << 17, decoder)), line: 0 })
}

impl RawLines {
    /// Everything that is left, as one block of lines.
    pub fn read_all(mut self) -> Result<Vec<u8>, LandingError> {
        let mut all = Vec::new();
        self.reader.read_to_end(&mut all).map_err(LandingError::io("cannot read", &self.path))?;
        Ok(all)
    }
}

impl Iterator for RawLines {
    type Item = Result<String, LandingError>;

    fn next(&mut self) -> Option<Self::Item> {
        let mut text = String::new();
        match self.reader.read_line(&mut text) {
            Ok(0) => None,
            Ok(_) => {
                self.line += 1;
                text.truncate(text.trim_end_matches('\n').len());
                Some(Ok(text))
            }
            Err(error) => Some(Err(LandingError::Damaged { path: self.path.clone(), line: self.line + 1, reason: error.to_string() })),
        }
    }
}

impl Iterator for Lines {
    type Item = Result<Line, LandingError>;

    fn next(&mut self) -> Option<Self::Item> {
        let text = match self.0.next()? {
            Ok(text) => text,
            Err(error) => return Some(Err(error)),
        };
        Some(serde_json::from_str(&text).map_err(|error| LandingError::Damaged {
            path: self.0.path.clone(),
            line: self.0.line,
            reason: error.to_string(),
        }))
    }
}
