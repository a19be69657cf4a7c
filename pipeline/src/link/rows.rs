//! Candidate rows in few bytes: each digest is a number of 64 bits with its kind in the first four.

use super::persons;
use super::spool::{Blocks, Spool};
use std::io;
use std::path::Path;

/// What a value was made of. A name in letters and one in characters are different kinds, since that they differ says nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Kind {
    /// What the rows of one erased person have in common.
    Erased = 1,
    /// Phone number.
    Phone = 2,
    /// Mail address as its provider delivers it.
    Mail = 3,
    /// Its part before the @.
    Local = 4,
    /// The number in that.
    Digits = 5,
    /// Full name in Chinese characters.
    Name = 6,
    /// Full name in letters.
    LatinName = 7,
    /// The first in pinyin.
    Pinyin = 8,
    /// The letters of the second.
    LatinPinyin = 9,
    /// Family name in Chinese characters.
    Surname = 10,
    /// Last word of a name in letters.
    LatinSurname = 11,
    /// Year of birth.
    Birth = 12,
    /// Family name and form of address of a masked name.
    Addressed = 13,
    /// A posting that the person applied for: the last, for rows that differ in nothing else say the same.
    Posting = 14,
}

const KIND_BITS: u32 = 60;

/// The digest kinds that linking reads, as the store names them, and what they become: of a name in characters, and of one in letters.
pub(super) const KINDS: [(&str, Kind, Kind); 10] = [
    ("erased", Kind::Erased, Kind::Erased),
    ("phone_e164", Kind::Phone, Kind::Phone),
    ("email_canonical", Kind::Mail, Kind::Mail),
    ("email_local", Kind::Local, Kind::Local),
    ("email_digits", Kind::Digits, Kind::Digits),
    ("name_exact", Kind::Name, Kind::LatinName),
    ("name_pinyin", Kind::Pinyin, Kind::LatinPinyin),
    ("surname", Kind::Surname, Kind::LatinSurname),
    ("name_addressed", Kind::Addressed, Kind::Addressed),
    ("birth_year", Kind::Birth, Kind::Birth),
];

impl Kind {
    /// The kind of a digest, by the store's word for it; none when linking does not read it.
    pub fn of(word: &str, latin: bool) -> Option<Self> {
        let (_, chinese, letters) = KINDS.iter().find(|(known, ..)| *known == word)?;
        Some(if latin { *letters } else { *chinese })
    }

    /// A value of this kind; four bits of the digest make room for it.
    pub fn value(self, digest: u64) -> u64 {
        (self as u64) << KIND_BITS | digest & ((1 << KIND_BITS) - 1)
    }

    /// Whether a value is of this kind.
    pub fn is_of(self, value: u64) -> bool {
        value >> KIND_BITS == self as u64
    }

    /// The values of this kind among sorted ones.
    pub fn among(self, values: &[u64]) -> &[u64] {
        let from = values.partition_point(|value| value >> KIND_BITS < self as u64);
        let to = values.partition_point(|value| value >> KIND_BITS <= self as u64);
        &values[from..to]
    }
}

/// A value without its kind.
pub fn bare(value: u64) -> u64 {
    value & ((1 << KIND_BITS) - 1)
}

/// First and last day, since 1970, on which a person is known to have applied; empty when none is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Days {
    /// The first; after the last when none is known.
    pub first: u16,
    /// The last.
    pub last: u16,
}

impl Default for Days {
    fn default() -> Self {
        Self { first: u16::MAX, last: 0 }
    }
}

impl Days {
    /// Both together.
    #[must_use]
    pub fn with(self, other: Self) -> Self {
        Self { first: self.first.min(other.first), last: self.last.max(other.last) }
    }

    /// Both in the lower half of a word.
    fn word(self) -> u64 {
        u64::from(self.first) << 16 | u64::from(self.last)
    }

    fn of_word(word: u64) -> Self {
        Self { first: (word >> 16) as u16, last: word as u16 }
    }

    /// Days between the two; none when either is unknown.
    pub fn between(self, other: Self) -> Option<u16> {
        let known = self.first <= self.last && other.first <= other.last;
        known.then(|| other.first.saturating_sub(self.last).max(self.first.saturating_sub(other.last)))
    }
}

/// Words that are gathered before they are written: of rows, and of each slice of groups.
const BLOCKS: (usize, usize) = if cfg!(test) { (40, 12) } else { (1 << 17, 1 << 13) };

/// Groups of rows that share a key come in so many slices, of which one at a time is in memory.
const SLICES: usize = 64;

/// Candidate rows, sorted by key: the number of a row is its rank. Few bytes of each are in memory, and the rest on disk when they are many: once in their
/// order, and once for each key under which they are compared.
#[derive(Debug)]
pub struct Rows {
    connections: Vec<String>,
    connection: Vec<u16>,
    ordered: Spool,
    slices: Vec<Spool>,
}

/// One of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Row<'r> {
    /// Its number.
    pub number: u32,
    /// Connection.
    pub connection: &'r str,
    /// Candidate's id at the source.
    pub source_id: &'r str,
    /// Hash of the two, as the store has it.
    pub hash: u64,
    /// Sorted values.
    pub values: &'r [u64],
    /// When it applied.
    pub days: Days,
}

impl Rows {
    /// None yet; what memory does not hold goes into a file without a name in a folder.
    pub fn new(folder: &Path) -> Self {
        let slices = (0..SLICES).map(|_| Spool::new(folder, BLOCKS.1)).collect();
        Self { connections: Vec::new(), connection: Vec::new(), ordered: Spool::new(folder, BLOCKS.0), slices }
    }

    /// Adds a row that sorts after all before it. Values are sorted here; repeats are dropped.
    ///
    /// # Errors
    /// When the disk is full, or cannot be written for another reason.
    pub fn push(&mut self, connection: &str, source_id: &str, hash: u64, mut values: Vec<u64>, days: Days) -> io::Result<()> {
        if self.connections.last().is_none_or(|last| last != connection) {
            self.connections.push(connection.to_owned());
        }
        values.sort_unstable();
        values.dedup();
        let number = self.len() as u64;
        self.connection.push(u16::try_from(self.connections.len() - 1).unwrap_or(u16::MAX));
        let told = days.word() | (values.len() as u64) << 32;
        for (key, mark) in persons::keys(&values) {
            // Keys are digests behind the bits of their kind: any of their low bits spread evenly.
            let slice = (key % SLICES as u64) as usize;
            self.slices[slice].push([key, number | u64::from(mark) << 32, told].into_iter().chain(values.iter().copied()))?;
        }
        let text = source_id.as_bytes().chunks(8).map(|bytes| {
            let mut word = [0; 8];
            word[..bytes.len()].copy_from_slice(bytes);
            u64::from_le_bytes(word)
        });
        self.ordered.push([hash, source_id.len() as u64, told].into_iter().chain(values.iter().copied()).chain(text))
    }

    /// How many.
    pub fn len(&self) -> usize {
        self.connection.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.connection.is_empty()
    }

    /// Number of the connection of a row.
    pub(super) fn connection(&self, row: usize) -> u16 {
        self.connection[row]
    }

    /// Reads them from the first.
    ///
    /// # Errors
    /// When the disk cannot be read.
    pub fn read(&mut self) -> io::Result<Reading<'_>> {
        Ok(Reading {
            blocks: self.ordered.read()?,
            connections: &self.connections,
            connection: &self.connection,
            next: 0,
            words: Vec::new(),
        })
    }

    /// Rows by the keys under which they are compared, a slice of the keys after another.
    pub(super) fn slices(&mut self) -> impl Iterator<Item = io::Result<Slice>> {
        self.slices.iter_mut().map(|spool| Ok(Slice::new(spool.words()?)))
    }
}

/// Rows in their order, as they are read.
pub struct Reading<'r> {
    blocks: Blocks<'r>,
    connections: &'r [String],
    connection: &'r [u16],
    next: u32,
    words: Vec<u64>,
}

impl Reading<'_> {
    /// Hands over the next some thousand rows; false when there are none left.
    ///
    /// # Errors
    /// When the disk cannot be read.
    pub fn next(&mut self, mut take: impl FnMut(Row<'_>)) -> io::Result<bool> {
        if !self.blocks.next(&mut self.words)? {
            return Ok(false);
        }
        let (mut rest, mut text) = (self.words.as_slice(), Vec::new());
        while let [hash, length, told, more @ ..] = rest {
            let (many, length) = ((told >> 32) as usize, *length as usize);
            let (values, more) = more.split_at(many);
            let (words, more) = more.split_at(length.div_ceil(8));
            text.clear();
            text.extend(words.iter().flat_map(|word| word.to_le_bytes()));
            let source_id = text.get(..length).and_then(|bytes| str::from_utf8(bytes).ok()).unwrap_or_default();
            let connection = &self.connections[usize::from(self.connection[self.next as usize])];
            take(Row { number: self.next, connection, source_id, hash: *hash, values, days: Days::of_word(*told) });
            self.next += 1;
            rest = more;
        }
        Ok(true)
    }

    /// Hands over all of them that are left.
    ///
    /// # Errors
    /// When the disk cannot be read.
    pub fn each(mut self, mut take: impl FnMut(Row<'_>)) -> io::Result<()> {
        while self.next(&mut take)? {}
        Ok(())
    }
}

/// Rows of some keys.
pub(super) struct Slice {
    words: Vec<u64>,
    /// Key, whether it is an erased person's mark, number of the row; where it stands.
    order: Vec<((u64, u32, u32), usize)>,
}

/// A row of a group.
#[derive(Debug, Clone, Copy)]
pub(super) struct Member<'r> {
    pub(super) number: u32,
    pub(super) values: &'r [u64],
    pub(super) days: Days,
}

/// Rows that share a key, in their order.
pub(super) struct Group<'r> {
    pub(super) key: u64,
    /// Whether the key is what the rows of an erased person have in common.
    pub(super) mark: bool,
    pub(super) rows: Vec<Member<'r>>,
}

impl Slice {
    fn new(words: Vec<u64>) -> Self {
        let (mut order, mut at) = (Vec::new(), 0);
        while let Some([key, row, told]) = words.get(at..at + 3) {
            order.push(((*key, (row >> 32) as u32, *row as u32), at));
            at += 3 + (told >> 32) as usize;
        }
        order.sort_unstable();
        Self { words, order }
    }

    /// The groups of more than one row.
    pub(super) fn groups(&self) -> impl Iterator<Item = Group<'_>> {
        let together = self.order.chunk_by(|((a, a_mark, _), _), ((b, b_mark, _), _)| (a, a_mark) == (b, b_mark));
        together.filter(|group| group.len() > 1).map(|group| {
            let ((key, mark, _), _) = group[0];
            let member = |((.., number), at): &((u64, u32, u32), usize)| {
                let told = self.words[at + 2];
                Member { number: *number, values: &self.words[at + 3..at + 3 + (told >> 32) as usize], days: Days::of_word(told) }
            };
            Group { key, mark: mark == 1, rows: group.iter().map(member).collect() }
        })
    }
}
