//! Candidate rows in few bytes: each digest is a number of 64 bits with its kind in the first four.

use std::ops::Range;

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
    /// A posting that the person applied for.
    Posting = 13,
}

const KIND_BITS: u32 = 60;

/// The digest kinds that linking reads, as the store names them, and what they become: of a name in characters, and of one in letters.
pub(super) const KINDS: [(&str, Kind, Kind); 9] = [
    ("erased", Kind::Erased, Kind::Erased),
    ("phone_e164", Kind::Phone, Kind::Phone),
    ("email_canonical", Kind::Mail, Kind::Mail),
    ("email_local", Kind::Local, Kind::Local),
    ("email_digits", Kind::Digits, Kind::Digits),
    ("name_exact", Kind::Name, Kind::LatinName),
    ("name_pinyin", Kind::Pinyin, Kind::LatinPinyin),
    ("surname", Kind::Surname, Kind::LatinSurname),
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

    /// Days between the two; none when either is unknown.
    pub fn between(self, other: Self) -> Option<u16> {
        let known = self.first <= self.last && other.first <= other.last;
        known.then(|| other.first.saturating_sub(self.last).max(self.first.saturating_sub(other.last)))
    }
}

/// Candidate rows, sorted by key: the number of a row is its rank.
#[derive(Debug, Default)]
pub struct Rows {
    connections: Vec<String>,
    connection: Vec<u16>,
    texts: String,
    text_ends: Vec<usize>,
    values: Vec<u64>,
    value_ends: Vec<usize>,
    days: Vec<Days>,
}

impl Rows {
    /// Adds a row that sorts after all before it. Values are sorted here; repeats are dropped.
    pub fn push(&mut self, connection: &str, source_id: &str, mut values: Vec<u64>, days: Days) {
        if self.connections.last().is_none_or(|last| last != connection) {
            self.connections.push(connection.to_owned());
        }
        values.sort_unstable();
        values.dedup();
        self.connection.push(u16::try_from(self.connections.len() - 1).unwrap_or(u16::MAX));
        self.texts.push_str(source_id);
        self.text_ends.push(self.texts.len());
        self.values.extend(values);
        self.value_ends.push(self.values.len());
        self.days.push(days);
    }

    /// How many.
    pub fn len(&self) -> usize {
        self.days.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.days.is_empty()
    }

    /// Connection of a row.
    pub fn connection(&self, row: usize) -> &str {
        &self.connections[usize::from(self.connection[row])]
    }

    /// Candidate's id at the source.
    pub fn source_id(&self, row: usize) -> &str {
        self.texts.get(span(&self.text_ends, row)).unwrap_or_default()
    }

    /// Sorted values of a row.
    pub fn values(&self, row: usize) -> &[u64] {
        &self.values[span(&self.value_ends, row)]
    }

    /// When it applied.
    pub fn days(&self, row: usize) -> Days {
        self.days[row]
    }

    /// Finds a row.
    pub fn find(&self, connection: &str, source_id: &str) -> Option<usize> {
        let key = (connection, source_id);
        let mut range = 0..self.len();
        while !range.is_empty() {
            let middle = range.start.midpoint(range.end);
            match (self.connection(middle), self.source_id(middle)).cmp(&key) {
                std::cmp::Ordering::Less => range.start = middle + 1,
                std::cmp::Ordering::Greater => range.end = middle,
                std::cmp::Ordering::Equal => return Some(middle),
            }
        }
        None
    }
}

fn span(ends: &[usize], at: usize) -> Range<usize> {
    at.checked_sub(1).map_or(0, |before| ends[before])..ends[at]
}
