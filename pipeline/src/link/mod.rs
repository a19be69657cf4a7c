//! Which candidate rows are one person.
//!
//! Rows that carry the digest of the same whole phone or mail, or of the same number in a mail address, or of the same full name and
//! year of birth, are compared; what they tell is weighed ([`model`], Fellegi and Sunter's way) and what weighs enough is joined
//! ([`persons`]). A name alone never joins; masked and relay numbers make no digest at all. A phone or mail under more than
//! [`DESK_LIMIT`] different people is a shared desk (an agency's mailbox, a shop's phone) and joins nobody. The person's id is the
//! smallest member key. What somebody decided in `decisions.toml` goes before all that ([`crate::decisions`]).
//!
//! When little is new, only what that reaches is linked anew ([`changed`]), to the same result.
//!
//! A row takes part while an application or another case that is there names it as its candidate.

pub(crate) mod changed;
pub mod decided;
mod desk;
pub mod evidence;
pub mod model;
pub mod persons;
pub(crate) mod read;
pub mod rows;
mod spool;

use crate::changes::Scope;
use crate::decisions::Decisions;
use crate::refill::{BLOCK_ROWS, Next};
use crate::{PipelineError, application_link};
use decided::Decided;
pub use desk::DESK_LIMIT;
use inflow_config::Config;
use inflow_store::{RowBinary, Store};
use model::Model;
use persons::Persons;
use read::Among;
use rows::{Kind, Row, Rows};

/// Digest kinds that make a row linkable.
pub(crate) const LINKING: &[&str] = &["phone_e164", "email_exact", "email_canonical"];

/// The person of one candidate row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link<'r> {
    /// Connection.
    pub connection: &'r str,
    /// Candidate's id at the source.
    pub source_id: &'r str,
    /// Hash of the two.
    pub candidate: u64,
    /// Smallest member key, `connection/source_id`.
    pub person_id: String,
    /// What this row has in common with others of its person.
    pub basis: Vec<&'static str>,
    /// Rows of this person.
    pub members: u32,
    /// Connections that know this person.
    pub connections: u16,
    /// 1 when the row carries a usable key.
    pub linkable: u8,
    /// The candidate of the smallest row that evidence leads to.
    pub component: u64,
    /// What the row is compared with others under.
    pub compared: Vec<u64>,
}

/// Persons as rows of `candidate_links`, told row by row, in the order of the rows.
pub struct Links {
    found: Persons,
    /// By the smallest row of a person: its rows, and the connections that know it.
    members: Vec<u32>,
    connections: Vec<u16>,
    /// Hashes of the rows so far.
    hashes: Vec<u64>,
    /// Keys of the smallest rows so far of persons of several rows: the rows, where their keys end, and the keys, one after another.
    smallest: Vec<u32>,
    ends: Vec<usize>,
    keys: String,
}

impl Links {
    /// None told yet.
    pub fn new(rows: &Rows, found: Persons) -> Self {
        let mut members = vec![0_u32; rows.len()];
        let mut connections = vec![0_u16; rows.len()];
        // Rows are sorted by connection: the last one seen tells whether there is another.
        let mut last: Vec<u16> = vec![u16::MAX; rows.len()];
        for (row, person) in found.person.iter().enumerate() {
            let person = *person as usize;
            members[person] += 1;
            if last[person] != rows.connection(row) {
                connections[person] += 1;
            }
            last[person] = rows.connection(row);
        }
        Self { found, members, connections, hashes: Vec::new(), smallest: Vec::new(), ends: Vec::new(), keys: String::new() }
    }

    /// The next row's.
    pub fn link<'r>(&mut self, row: Row<'r>) -> Link<'r> {
        let (at, person) = (row.number as usize, self.found.person[row.number as usize]);
        let (members, own) = (self.members[person as usize], format!("{}/{}", row.connection, row.source_id));
        self.hashes.push(row.hash);
        if members > 1 && person == row.number {
            self.smallest.push(person);
            self.keys.push_str(&own);
            self.ends.push(self.keys.len());
        }
        let has = |kind: Kind| !kind.among(row.values).is_empty();
        Link {
            connection: row.connection,
            source_id: row.source_id,
            candidate: row.hash,
            person_id: self.key(person).map_or(own, str::to_owned),
            basis: self.found.basis[at].words(),
            members,
            connections: self.connections[person as usize],
            linkable: u8::from(has(Kind::Phone) || has(Kind::Mail)),
            component: self.hashes[self.found.component[at] as usize],
            compared: persons::compared(row.values),
        }
    }

    fn key(&self, person: u32) -> Option<&str> {
        let at = self.smallest.binary_search(&person).ok()?;
        let from = at.checked_sub(1).map_or(0, |before| self.ends[before]);
        self.keys.get(from..self.ends[at])
    }
}

/// Columns of `candidate_links`, as [`write`] writes them.
const COLUMNS: [&str; 11] = [
    "connection",
    "source_id",
    "person_id",
    "basis",
    "members",
    "connections",
    "linkable",
    "candidate",
    "component",
    "compared",
    "version",
];

fn write(link: &Link<'_>, version: u64, rows: &mut RowBinary) {
    rows.text(link.connection)
        .text(link.source_id)
        .text(&link.person_id)
        .texts(&link.basis)
        .u32(link.members)
        .u16(link.connections)
        .u8(link.linkable)
        .u64(link.candidate)
        .u64(link.component)
        .numbers(&link.compared)
        .u64(version);
}

/// Links the candidates of a database: its table `candidate_links`; then the applications, which stand on that (see [`application_link`]). What
/// did not change since the last time is left as it is; the applications that what changed reaches are in [`crate::changes::CHANGED_APPLICATIONS`] then.
///
/// # Errors
/// When the store refuses, or the decisions cannot be followed.
pub async fn relink(store: &Store, config: &Config, database: &str, scope: &Scope) -> Result<(), PipelineError> {
    if let Scope::Changed(_) = scope {
        let model = Model::shipped().map_err(|error| PipelineError::Stopped(error.to_string()))?;
        let decisions = Decisions::load(&config.dir)?;
        let changed = changed::Changed::begin(store, database, scope).await?;
        changed.relink(model, &decisions).await?;
        application_link::relink_changed(store, config, database, scope).await?;
        return changed.end().await;
    }
    relink_candidates(store, config, database, AT_ONCE).await?;
    application_link::relink(store, config, database).await
}

/// Candidates that are read in one statement at most, where several connections bring them.
const AT_ONCE: u64 = 1_000_000;

/// Links all candidates, reading them by connection when there are more than `at_once`.
///
/// # Errors
/// As [`relink`].
pub async fn relink_candidates(store: &Store, config: &Config, database: &str, at_once: u64) -> Result<(), PipelineError> {
    let model = Model::shipped().map_err(|error| PipelineError::Stopped(error.to_string()))?;
    let decisions = Decisions::load(&config.dir)?;
    let connections = read::connections(store, database, at_once).await?;
    let named = Next::begin(store, database, "case_candidates").await?;
    let mut among: Vec<Among<'_>> = connections.iter().map(|name| Among::Connection(name)).collect();
    for connection in &connections {
        named.select(&read::naming(database, Some(connection))).await?;
    }
    if connections.is_empty() {
        named.select(&read::naming(database, None)).await?;
        among.push(Among::All);
    }
    named.put_in_place().await?;
    let rows = read::read(store, database, &among).await?;
    let (mut rows, mut links) = weigh_all(store, rows, model, &decisions).await?;
    let next = Next::begin(store, database, "candidate_links").await?;
    let mut reading = rows.read().map_err(PipelineError::aside(store))?;
    let mut more = true;
    while more {
        let (mut many, mut body) = (0, RowBinary::default());
        while more && many < BLOCK_ROWS {
            let write_row = |row: Row<'_>| {
                write(&links.link(row), 0, &mut body);
                many += 1;
            };
            more = reading.next(write_row).map_err(PipelineError::aside(store))?;
        }
        next.insert(&COLUMNS, [("RowBinary", body.finish())]).await?;
    }
    next.put_in_place().await
}

/// Who is who, found beside the tasks that wait for the store.
async fn weigh_all(store: &Store, mut rows: Rows, model: Model, decisions: &Decisions) -> Result<(Rows, Links), PipelineError> {
    let decisions = decisions.candidates.clone();
    let weighing = tokio::task::spawn_blocking(move || {
        let decided = Decided::of(&decisions, &mut rows)?;
        let found = persons::persons(&mut rows, &model, &decided)?;
        let links = Links::new(&rows, found);
        Ok((rows, links))
    });
    weighing.await.map_err(|error| PipelineError::Stopped(error.to_string()))?.map_err(PipelineError::aside(store))
}
