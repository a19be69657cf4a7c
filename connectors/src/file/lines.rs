//! Large files of one JSON object a line, read in passes over the file instead of as a whole: what is kept between the
//! passes is a few bytes a line.
//!
//! Only plain files are read so: UTF-8, every line an object. Anything else is left to [`super::Delivery`], which knows
//! the other encodings and says what is wrong and where.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::ops::Range;
use std::path::{Path, PathBuf};

use memchr::{memchr, memchr_iter, memrchr};
use rayon::prelude::*;

/// Bytes that are read at one time; a line may be longer.
const CHUNK: usize = 4 << 20;

/// Bytes of lines that one thread works on at a time.
const PART: usize = 256 << 10;

/// A line longer than this is no record.
const LONGEST_LINE: usize = 64 << 20;

/// Why a pass stopped.
#[derive(Debug)]
pub(crate) enum Halt {
    /// The disk.
    Io(std::io::Error),
    /// The file is not plain, or not what it was in an earlier pass.
    Unfit,
}

/// A file of lines that was plain when it was opened.
#[derive(Debug)]
pub(crate) struct LineFile {
    pub(crate) path: PathBuf,
    file: File,
    /// As many bytes as it had then: what is written to it meanwhile is the next delivery's.
    length: u64,
}

impl LineFile {
    /// Opens a file that looks plain.
    pub(crate) fn open(path: &Path) -> Option<LineFile> {
        let mut file = File::open(path).ok()?;
        let length = file.metadata().ok().filter(std::fs::Metadata::is_file)?.len();
        let mut head = [0; 512];
        let read = file.read(&mut head).ok()?;
        let head = head.get(..read)?;
        let start = head.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(head).trim_ascii_start();
        start.starts_with(b"{").then(|| LineFile { path: path.to_owned(), file, length })
    }

    /// Calls `work` on all lines, part by part on every core, with the part's first line number (from 1), and `take` on what it made, in order. Empty
    /// lines are counted and left out.
    pub(crate) fn pass<R: Send>(
        &mut self,
        work: impl Fn(u64, &[&[u8]]) -> Result<R, Halt> + Sync,
        mut take: impl FnMut(R) -> Result<(), Halt>,
    ) -> Result<(), Halt> {
        let mut chunks = Chunks::new(&mut self.file, self.length)?;
        while let Some((line, text)) = chunks.next()? {
            let parts = parts(text, line);
            let made: Vec<Result<R, Halt>> = parts
                .into_par_iter()
                .map(|(line, part)| {
                    let lines: Vec<&[u8]> = text.get(part).unwrap_or_default().split(|byte| *byte == b'\n').collect();
                    work(line, &lines)
                })
                .collect();
            for made in made {
                take(made?)?;
            }
        }
        Ok(())
    }

    /// The next part of the file for a pass that its caller drives.
    pub(crate) fn chunks(&mut self) -> Result<Chunks<'_>, Halt> {
        Chunks::new(&mut self.file, self.length)
    }
}

/// Whole lines, some megabytes at a time.
#[derive(Debug)]
pub(crate) struct Chunks<'f> {
    file: &'f mut File,
    left: u64,
    buffer: Vec<u8>,
    /// Bytes of the buffer that were handed out.
    used: usize,
    /// Number of the next line.
    line: u64,
}

impl Chunks<'_> {
    fn new(file: &mut File, length: u64) -> Result<Chunks<'_>, Halt> {
        file.seek(SeekFrom::Start(0)).map_err(Halt::Io)?;
        Ok(Chunks { file, left: length, buffer: Vec::new(), used: 0, line: 1 })
    }

    /// The next lines with the number of the first of them, without the line break of the last.
    pub(crate) fn next(&mut self) -> Result<Option<(u64, &[u8])>, Halt> {
        let first = self.line == 1 && self.used == 0;
        self.buffer.drain(..self.used);
        self.used = 0;
        let mut searched = 0;
        loop {
            let found = memrchr(b'\n', self.buffer.get(searched..).unwrap_or_default()).map(|at| at + searched);
            let end = match found {
                Some(end) if self.buffer.len() >= CHUNK || self.left == 0 => end,
                _ if self.left == 0 && self.buffer.is_empty() => return Ok(None),
                _ if self.left == 0 => self.buffer.len(),
                None if self.buffer.len() > LONGEST_LINE => return Err(Halt::Unfit),
                _ => {
                    searched = if found.is_some() { 0 } else { self.buffer.len() };
                    self.fill()?;
                    continue;
                }
            };
            // The last line of a file may lack its line break.
            let end = if self.left == 0 { self.buffer.len() } else { end + 1 };
            self.used = end;
            let text = self.buffer.get(..end).unwrap_or_default();
            let line = self.line;
            self.line += memchr_iter(b'\n', text).count() as u64;
            let text = text.strip_suffix(b"\n").unwrap_or(text);
            let text = if first { text.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(text) } else { text };
            return Ok(Some((line, text)));
        }
    }

    fn fill(&mut self) -> Result<(), Halt> {
        let wanted = usize::try_from(self.left).unwrap_or(CHUNK).min(CHUNK);
        let start = self.buffer.len();
        self.buffer.resize(start + wanted, 0);
        self.file.read_exact(self.buffer.get_mut(start..).unwrap_or_default()).map_err(Halt::Io)?;
        self.left -= wanted as u64;
        Ok(())
    }
}

/// A text cut between lines, with the number of the first line of each part.
pub(crate) fn parts(text: &[u8], first: u64) -> Vec<(u64, Range<usize>)> {
    let mut parts = Vec::new();
    let (mut start, mut line) = (0, first);
    while start < text.len() {
        let wanted = start.saturating_add(PART);
        let rest = text.get(wanted..).unwrap_or_default();
        let end = memchr(b'\n', rest).map_or(text.len(), |at| wanted + at);
        parts.push((line, start..end));
        line += memchr_iter(b'\n', text.get(start..end).unwrap_or_default()).count() as u64 + 1;
        start = end + 1;
    }
    parts
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn lines_of(bytes: &[u8]) -> Vec<(u64, String)> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.ndjson");
        std::fs::write(&path, bytes).unwrap();
        let mut file = LineFile::open(&path).unwrap();
        let mut found = Vec::new();
        let number = |first: u64, lines: &[&[u8]]| -> Vec<(u64, String)> {
            let texts = lines.iter().map(|line| String::from_utf8(line.to_vec()).unwrap());
            (first..).zip(texts).filter(|(_, text)| !text.is_empty()).collect()
        };
        file.pass(
            |first, lines| Ok(number(first, lines)),
            |lines| {
                found.extend(lines);
                Ok(())
            },
        )
        .unwrap();
        found
    }

    #[test]
    fn lines_keep_their_numbers_over_chunks() {
        let long = "x".repeat(CHUNK / 3);
        let text: String =
            (1..=20).map(|number| if number % 5 == 0 { "\n".to_owned() } else { format!("{{\"{number}\":\"{long}\"}}\n") }).collect();
        let found = lines_of(text.as_bytes());
        assert_eq!(found.len(), 16);
        assert!(found.iter().all(|(number, text)| text.starts_with(&format!("{{\"{number}\":"))));
    }

    proptest! {
        #[test]
        fn every_line_is_read_once(lengths in prop::collection::vec(0_usize..3_000, 1..60), ended: bool, marked: bool) {
            let mut text = if marked { "\u{feff}{}\n".to_owned() } else { "{}\n".to_owned() };
            let lines: Vec<String> = lengths.iter().map(|length| "y".repeat(*length)).collect();
            text.push_str(&lines.join("\n"));
            if ended {
                text.push('\n');
            }
            let expected: Vec<(u64, String)> = (2..).zip(lines).filter(|(_, line)| !line.is_empty()).collect();
            let found = lines_of(text.as_bytes());
            prop_assert_eq!(&found[0].1, "{}");
            prop_assert_eq!(&found[1..], &expected);
        }
    }

    #[test]
    fn other_files_are_not_plain() {
        let folder = tempfile::tempdir().unwrap();
        for (name, bytes) in [("a.csv", &b"a,b\n"[..]), ("b.json", b"[{}]"), ("c.ndjson", b""), ("d.ndjson", b"\xFF\xFE{\0")] {
            std::fs::write(folder.path().join(name), bytes).unwrap();
            assert!(LineFile::open(&folder.path().join(name)).is_none(), "{name}");
        }
        assert!(LineFile::open(folder.path()).is_none());
    }
}
