//! What a case of several tellings is: its channel, and what they say differently.

use super::application::{Application, Evidence, Word, Words};
use super::cases::Basis;
use chrono::{DateTime, NaiveDate, TimeDelta};
use std::collections::{BTreeSet, HashMap};

/// A row of `application_links`.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Link {
    /// Connection.
    pub connection: String,
    /// Application's id at the source.
    pub source_id: String,
    /// Smallest member key, `connection/source_id`.
    pub case_id: String,
    /// 1 for the member that stands for the case.
    pub place: usize,
    /// Applications of the case.
    pub members: usize,
    /// What joined this row.
    pub basis: Vec<&'static str>,
    /// The channel for which the case counts.
    pub channel: String,
}

/// A row of `application_conflicts`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
pub struct Conflict {
    /// The case.
    pub case_id: String,
    /// channel, applied_at, outcome, posting, same_name.
    pub field: &'static str,
    /// Who tells, in the order of place.
    pub connections: Vec<String>,
    /// The ids of their applications.
    pub source_ids: Vec<String>,
    /// What each says; empty: nothing.
    pub told: Vec<String>,
    /// What counts.
    pub taken: String,
    /// Why.
    pub reason: &'static str,
    /// The channel for which the case counts.
    pub channel: String,
    /// Store.
    pub store: String,
    /// When the case began, as ClickHouse reads it.
    pub at: Option<String>,
}

/// All applications with the names of what they hold numbers for.
pub struct Book<'a> {
    /// The applications.
    pub applications: &'a [Application],
    /// Names of the connections, sorted.
    pub connections: &'a [String],
    /// Their texts.
    pub words: &'a Words,
    /// What joined each.
    pub basis: &'a [Basis],
}

impl Book<'_> {
    fn connection(&self, at: usize) -> String {
        self.connections.get(usize::from(self.applications[at].connection)).cloned().unwrap_or_default()
    }

    fn key(&self, at: usize) -> String {
        format!("{}/{}", self.connection(at), self.applications[at].source_id)
    }

    fn text(&self, word: Word) -> String {
        self.words.text(word).to_owned()
    }

    fn smallest_key(&self, members: &[usize]) -> String {
        members.iter().map(|at| self.key(*at)).min().unwrap_or_default()
    }

    /// The links of a case and its conflicts.
    pub fn judge(&self, mut members: Vec<usize>) -> (Vec<Link>, Vec<Conflict>) {
        self.in_place(&mut members);
        let case_id = self.smallest_key(&members);
        let channel = self.text(self.applications[members[0]].channel);
        let link = |(place, at): (usize, &usize)| Link {
            connection: self.connection(*at),
            source_id: self.applications[*at].source_id.to_string(),
            case_id: case_id.clone(),
            place: place + 1,
            members: members.len(),
            basis: self.basis[*at].words(),
            channel: channel.clone(),
        };
        let links = members.iter().enumerate().map(link).collect();
        let found = [self.channel(&members), self.applied_at(&members), self.outcome(&members), self.posting(&members)];
        let conflicts = found.into_iter().flatten().map(|said| self.conflict(&members, said)).collect();
        (links, conflicts)
    }

    /// Applications that may be one person's and stay apart, since a name alone does not say whose.
    /// `cases` holds the case of each linked one.
    pub fn doubt(&self, mut members: Vec<usize>, cases: &HashMap<usize, String>) -> Conflict {
        self.in_place(&mut members);
        let case_of = |at: &usize| cases.get(at).cloned().unwrap_or_else(|| self.key(*at));
        let told = members.iter().map(case_of).collect();
        self.conflict(&members, Said { field: "same_name", told, taken: String::new(), reason: "ambiguous" })
    }

    /// The best evidence of the channel first, then the earliest, then by name of the connection, of which each member has another.
    fn in_place(&self, members: &mut [usize]) {
        members.sort_by_key(|at| {
            let application = &self.applications[*at];
            (application.evidence, application.begun, application.key())
        });
    }

    fn conflict(&self, members: &[usize], said: Said) -> Conflict {
        let first = &self.applications[members[0]];
        let store = members.iter().map(|at| self.applications[*at].store).find(|store| store.is_told()).unwrap_or_default();
        let at = members.iter().map(|at| self.applications[*at].begun.ms()).min().filter(|ms| *ms != i64::MAX);
        Conflict {
            case_id: self.smallest_key(members),
            field: said.field,
            connections: members.iter().map(|at| self.connection(*at)).collect(),
            source_ids: members.iter().map(|at| self.applications[*at].source_id.to_string()).collect(),
            told: said.told,
            taken: said.taken,
            reason: said.reason,
            channel: self.text(first.channel),
            store: self.text(store),
            at: at.and_then(DateTime::from_timestamp_millis).map(|at| at.format("%Y-%m-%d %H:%M:%S%.3f").to_string()),
        }
    }

    /// Fallbacks and unknown words say nothing that could be contradicted.
    fn channel(&self, members: &[usize]) -> Option<Said> {
        let claim = |at: &usize| {
            let application = &self.applications[*at];
            if application.evidence.claims() { application.channel } else { Word::default() }
        };
        let told: Vec<Word> = members.iter().map(claim).collect();
        let taken = &self.applications[members[0]];
        let rival =
            members.iter().zip(&told).find(|(_, word)| word.differs(taken.channel)).map(|(at, _)| self.applications[*at].evidence)?;
        let reason = if taken.evidence == Evidence::OwnChannel && rival != Evidence::OwnChannel { "own_channel" } else { "earliest" };
        Some(Said { field: "channel", told: self.texts(&told), taken: self.text(taken.channel), reason })
    }

    fn applied_at(&self, members: &[usize]) -> Option<Said> {
        let days: Vec<Option<i32>> = members.iter().map(|at| self.applications[*at].applied_day).collect();
        let distinct: BTreeSet<i32> = days.iter().copied().flatten().collect();
        let earliest = distinct.first().filter(|_| distinct.len() > 1)?;
        let told = days.iter().map(|day| day.map(spell_day).unwrap_or_default()).collect();
        Some(Said { field: "applied_at", told, taken: spell_day(*earliest), reason: "earliest" })
    }

    /// The marts hold every stage that anybody tells.
    fn outcome(&self, members: &[usize]) -> Option<Said> {
        let told: Vec<Word> = members.iter().map(|at| self.applications[*at].outcome).collect();
        let distinct: BTreeSet<&str> = told.iter().filter(|word| word.is_told()).map(|word| self.words.text(*word)).collect();
        if distinct.len() < 2 {
            return None;
        }
        let taken = distinct.into_iter().collect::<Vec<_>>().join(", ");
        Some(Said { field: "outcome", told: self.texts(&told), taken, reason: "all_count" })
    }

    /// The same requisition under two titles.
    fn posting(&self, members: &[usize]) -> Option<Said> {
        let told: Vec<Word> = members.iter().map(|at| self.applications[*at].title).collect();
        let taken = told.iter().copied().find(|word| word.is_told())?;
        if !told.iter().any(|word| word.differs(taken)) {
            return None;
        }
        Some(Said { field: "posting", told: self.texts(&told), taken: self.text(taken), reason: "first_told" })
    }

    fn texts(&self, words: &[Word]) -> Vec<String> {
        words.iter().map(|word| self.text(*word)).collect()
    }
}

/// What the members say of a field.
struct Said {
    field: &'static str,
    told: Vec<String>,
    taken: String,
    reason: &'static str,
}

fn spell_day(day: i32) -> String {
    NaiveDate::default().checked_add_signed(TimeDelta::days(i64::from(day))).map(|day| day.to_string()).unwrap_or_default()
}
