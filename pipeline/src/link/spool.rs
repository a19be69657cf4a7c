//! Records of 64-bit words on their way from one step to the next: in memory while they are few, in a file without a name beyond that.

use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// Records in the order in which they were added.
#[derive(Debug)]
pub(super) struct Spool {
    folder: PathBuf,
    /// Words that are gathered before they are written.
    block: usize,
    gathered: Vec<u64>,
    /// Blocks of whole records, each after the number of its words.
    file: Option<File>,
}

impl Spool {
    /// An empty one, whose file would lie in a folder.
    pub(super) fn new(folder: &Path, block: usize) -> Self {
        Self { folder: folder.to_owned(), block, gathered: Vec::new(), file: None }
    }

    /// Adds a record.
    ///
    /// # Errors
    /// When the disk is full, or cannot be written for another reason.
    pub(super) fn push(&mut self, record: impl IntoIterator<Item = u64>) -> io::Result<()> {
        self.gathered.extend(record);
        if self.gathered.len() < self.block {
            return Ok(());
        }
        let file = match &mut self.file {
            Some(file) => file,
            none => none.insert(tempfile::tempfile_in(&self.folder)?),
        };
        let mut bytes = Vec::with_capacity((self.gathered.len() + 1) * 8);
        bytes.extend((self.gathered.len() as u64).to_le_bytes());
        for word in self.gathered.drain(..) {
            bytes.extend(word.to_le_bytes());
        }
        // It may have been read meanwhile.
        file.seek(SeekFrom::End(0))?;
        file.write_all(&bytes)
    }

    /// Reads it from its first record.
    ///
    /// # Errors
    /// When the disk cannot be read.
    pub(super) fn read(&mut self) -> io::Result<Blocks<'_>> {
        let file = match &mut self.file {
            None => None,
            Some(file) => {
                file.rewind()?;
                Some(BufReader::new(&*file))
            }
        };
        Ok(Blocks { file, rest: Some(&self.gathered), bytes: Vec::new() })
    }

    /// All its words.
    ///
    /// # Errors
    /// When the disk cannot be read.
    pub(super) fn words(&mut self) -> io::Result<Vec<u64>> {
        let (mut blocks, mut words, mut all) = (self.read()?, Vec::new(), Vec::new());
        while blocks.next(&mut words)? {
            all.append(&mut words);
        }
        Ok(all)
    }
}

/// The blocks of a spool, one after another.
pub(super) struct Blocks<'s> {
    file: Option<BufReader<&'s File>>,
    rest: Option<&'s [u64]>,
    bytes: Vec<u8>,
}

impl Blocks<'_> {
    /// The next whole records, in place of what `words` held; false when there are none left.
    ///
    /// # Errors
    /// When the disk cannot be read.
    pub(super) fn next(&mut self, words: &mut Vec<u64>) -> io::Result<bool> {
        words.clear();
        if let Some(file) = &mut self.file {
            let mut length = [0; 8];
            if file.read(&mut length[..1])? == 1 {
                file.read_exact(&mut length[1..])?;
                let length = usize::try_from(u64::from_le_bytes(length)).unwrap_or(usize::MAX);
                self.bytes.resize(length.saturating_mul(8), 0);
                file.read_exact(&mut self.bytes)?;
                words.extend(self.bytes.as_chunks::<8>().0.iter().map(|bytes| u64::from_le_bytes(*bytes)));
                return Ok(true);
            }
            self.file = None;
        }
        let rest = self.rest.take().unwrap_or_default();
        words.extend_from_slice(rest);
        Ok(!rest.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_went_in_comes_out_as_often_as_it_is_read() {
        let folder = tempfile::tempdir().unwrap();
        for block in [1, 7, 64, 10_000] {
            let mut spool = Spool::new(folder.path(), block);
            assert!(spool.words().unwrap().is_empty());
            let mut expected = Vec::new();
            for record in 0..300_u64 {
                let words: Vec<u64> = (0..record % 5).map(|word| record << 32 | word).collect();
                spool.push(words.iter().copied()).unwrap();
                expected.extend(words);
                if record % 100 == 0 {
                    assert_eq!(spool.words().unwrap(), expected);
                }
            }
            assert_eq!(spool.words().unwrap(), expected);
            assert_eq!(spool.words().unwrap(), expected);
            // Blocks hold whole records: none is cut.
            let (mut blocks, mut words) = (spool.read().unwrap(), Vec::new());
            while blocks.next(&mut words).unwrap() {
                assert_eq!(words[0] & 0xFF, 0);
            }
        }
        assert_eq!(folder.path().read_dir().unwrap().count(), 0);
    }
}
