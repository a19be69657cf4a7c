//! An application as linking sees it, and when two of them can be the same case.

use std::collections::HashMap;

/// A text of which only equality matters; the first is the empty one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Word(u32);

impl Word {
    /// Whether there is a text at all.
    pub fn is_told(self) -> bool {
        self.0 != 0
    }

    /// Both are told and equal.
    pub fn agrees(self, other: Self) -> bool {
        self.is_told() && self == other
    }

    /// Both are told and not equal.
    pub fn differs(self, other: Self) -> bool {
        self.is_told() && other.is_told() && self != other
    }
}

/// Texts by number: a million applications name some hundred jobs and channels.
#[derive(Debug)]
pub struct Words {
    texts: Vec<String>,
    numbers: HashMap<String, Word>,
}

impl Default for Words {
    fn default() -> Self {
        Self { texts: vec![String::new()], numbers: HashMap::from([(String::new(), Word(0))]) }
    }
}

impl Words {
    /// The number of a text.
    pub fn word(&mut self, text: &str) -> Word {
        if let Some(known) = self.numbers.get(text) {
            return *known;
        }
        let word = Word(u32::try_from(self.texts.len()).unwrap_or(u32::MAX));
        self.texts.push(text.to_owned());
        self.numbers.insert(text.to_owned(), word);
        word
    }

    /// The text of a number.
    pub fn text(&self, word: Word) -> &str {
        self.texts.get(word.0 as usize).map_or("", String::as_str)
    }
}

/// How well a connection knows the channel of a case, the best first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Evidence {
    /// The connection carries this channel alone: the board's own export or mail.
    OwnChannel,
    /// A system of many sources names it: somebody chose the word.
    Named,
    /// The row names no source, and the connection's `channel` stands in.
    Fallback,
    /// No channel is known (`unknown:..`).
    Unknown,
}

impl Evidence {
    /// Whether it says of which channel the case is; the others say nothing that could be contradicted.
    pub fn claims(self) -> bool {
        matches!(self, Self::OwnChannel | Self::Named)
    }
}

/// When a case began, as far as a connection tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Begun {
    /// At this instant (ms since 1970; the start of the day when only that is told) on this local day of the connection.
    On {
        /// The instant.
        ms: i64,
        /// Days since 1970-01-01.
        day: i32,
    },
    /// Nothing is told: it was there by this day, on which it was first seen.
    By {
        /// The instant.
        ms: i64,
        /// Days since 1970-01-01.
        day: i32,
    },
    /// Nothing is told and nothing was seen.
    Untold,
}

impl Begun {
    /// Days between two, when both tell theirs.
    pub fn apart(self, other: Self) -> Option<u32> {
        match (self, other) {
            (Self::On { day: a, .. }, Self::On { day: b, .. }) => Some(a.abs_diff(b)),
            _ => None,
        }
    }

    /// Whether both can be the same beginning, told days being at most `window` apart.
    fn within(self, other: Self, window: u32) -> bool {
        match (self, other) {
            (Self::On { day: a, .. }, Self::On { day: b, .. }) => a.abs_diff(b) <= window,
            // Seen by a day: it began before, or on the day after where the zones differ.
            (Self::On { day, .. }, Self::By { day: seen, .. }) | (Self::By { day: seen, .. }, Self::On { day, .. }) => day <= seen + 1,
            _ => true,
        }
    }

    /// The instant, for the order of equals.
    pub fn ms(self) -> i64 {
        match self {
            Self::On { ms, .. } | Self::By { ms, .. } => ms,
            Self::Untold => i64::MAX,
        }
    }
}

/// One application.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Application {
    /// Place of the connection in the sorted list of names.
    pub connection: u16,
    /// Id at the source.
    pub source_id: Box<str>,
    /// Hash of the person's id (`candidate_links`).
    pub person: u64,
    /// Whether the candidate row carries a usable key (whole phone or mail).
    pub linkable: bool,
    /// Hashes of the digests of whole names.
    pub names: Vec<u64>,
    /// The channel that the connection gives it.
    pub channel: Word,
    /// How well the connection knows it.
    pub evidence: Evidence,
    /// Requisition's id, the posting's where the application has none.
    pub requisition: Word,
    /// The job's title, normalised.
    pub title: Word,
    /// Store.
    pub store: Word,
    /// `applied_at` of exact or day precision: the local day.
    pub applied_day: Option<i32>,
    /// When the case began.
    pub begun: Begun,
    /// hired, rejected, withdrawn; nothing for an open case.
    pub outcome: Word,
}

/// What tells that two applications are for the same job, the best first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Job {
    /// The same requisition id.
    Requisition,
    /// The same title.
    Title,
    /// One of them does not say.
    Untold,
}

/// How far apart the tellings of one case may be.
#[derive(Debug, Clone, Copy)]
pub struct Rules {
    /// Days between the beginnings that two connections tell.
    pub window_days: u32,
    /// The same for tellings that contradict each other on the channel, and for what only a name joins.
    pub adjacent_days: u32,
}

impl Default for Rules {
    fn default() -> Self {
        Self { window_days: 14, adjacent_days: 1 }
    }
}

impl Application {
    /// The job that both can be for, or `None`.
    pub fn same_job(&self, other: &Self) -> Option<Job> {
        if self.requisition.agrees(other.requisition) {
            Some(Job::Requisition)
        } else if self.title.agrees(other.title) {
            Some(Job::Title)
        } else if self.title.differs(other.title) {
            None
        } else {
            Some(Job::Untold)
        }
    }

    /// Whether each names another channel.
    pub fn contradicts(&self, other: &Self) -> bool {
        self.evidence.claims() && other.evidence.claims() && self.channel != other.channel
    }

    /// Whether both can be tellings of one case, as far as job, time, channel and keys go. It does not say that they are.
    ///
    /// Two applications of one connection are two. Different usable keys are different persons. Two boards that each
    /// deliver a resume of their own delivered two; where somebody chose a word in a third system, the word may be wrong, but
    /// only a resume for the same named job on the same or the next day is taken for the same one: people do go from board
    /// to board.
    pub fn can_be(&self, other: &Self, rules: Rules) -> bool {
        let keys = !(self.linkable && other.linkable && self.person != other.person);
        let Some(job) = self.same_job(other) else { return false };
        let both_own = self.evidence == Evidence::OwnChannel && other.evidence == Evidence::OwnChannel;
        let near = self.begun.apart(other.begun).is_some_and(|days| days <= rules.adjacent_days);
        let channel = !self.contradicts(other) || (!both_own && job != Job::Untold && near);
        self.connection != other.connection && keys && channel && self.begun.within(other.begun, rules.window_days)
    }

    /// Connection and id: unique, and the order of the last resort.
    pub fn key(&self) -> (u16, &str) {
        (self.connection, &self.source_id)
    }
}
