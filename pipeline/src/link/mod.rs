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

use crate::changes::Scope;
use crate::decisions::Decisions;
use crate::refill::{binary_blocks, refill};
use crate::{PipelineError, application_link};
use decided::Decided;
pub use desk::DESK_LIMIT;
use inflow_config::Config;
use inflow_store::{RowBinary, Store};
use model::Model;
use persons::Persons;
use rows::{Kind, Rows};

/// Digest kinds that make a row linkable.
pub(crate) const LINKING: &[&str] = &["phone_e164", "email_exact", "email_canonical"];

/// The person of one candidate row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link<'r> {
    /// Connection.
    pub connection: &'r str,
    /// Candidate's id at the source.
    pub source_id: &'r str,
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
}

/// Persons as rows of `candidate_links`.
struct Links<'r> {
    rows: &'r Rows,
    found: &'r Persons,
    /// By the smallest row of a person: its rows, and the connections that know it.
    members: Vec<u32>,
    connections: Vec<u16>,
}

impl<'r> Links<'r> {
    fn new(rows: &'r Rows, found: &'r Persons) -> Self {
        let mut members = vec![0_u32; rows.len()];
        let mut connections = vec![0_u16; rows.len()];
        // Rows are sorted by connection: the last one seen tells whether there is another.
        let mut last: Vec<Option<usize>> = vec![None; rows.len()];
        for (row, person) in found.person.iter().enumerate() {
            let person = *person as usize;
            members[person] += 1;
            if last[person].is_none_or(|before| rows.connection(before) != rows.connection(row)) {
                connections[person] += 1;
            }
            last[person] = Some(row);
        }
        Self { rows, found, members, connections }
    }

    fn link(&self, at: usize) -> Link<'r> {
        let (rows, person) = (self.rows, self.found.person[at] as usize);
        let has = |kind: Kind| !kind.among(rows.values(at)).is_empty();
        Link {
            connection: rows.connection(at),
            source_id: rows.source_id(at),
            person_id: format!("{}/{}", rows.connection(person), rows.source_id(person)),
            basis: self.found.basis[at].words(),
            members: self.members[person],
            connections: self.connections[person],
            linkable: u8::from(has(Kind::Phone) || has(Kind::Mail)),
        }
    }
}

/// The persons as rows of `candidate_links`, sorted by key.
pub fn links<'r>(rows: &'r Rows, found: &'r Persons) -> Vec<Link<'r>> {
    let links = Links::new(rows, found);
    (0..rows.len()).map(|at| links.link(at)).collect()
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

fn write(link: &Link<'_>, (candidate, component): (u64, u64), compared: &[u64], version: u64, rows: &mut RowBinary) {
    rows.text(link.connection)
        .text(link.source_id)
        .text(&link.person_id)
        .texts(&link.basis)
        .u32(link.members)
        .u16(link.connections)
        .u8(link.linkable)
        .u64(candidate)
        .u64(component)
        .numbers(compared)
        .u64(version);
}

/// Links the candidates of a database: its table `candidate_links`; then the applications, which stand on that (see [`application_link`]). What
/// did not change since the last time is left as it is; the applications that what changed reaches are in [`crate::changes::CHANGED_APPLICATIONS`] then.
///
/// # Errors
/// When the store refuses, or the decisions cannot be followed.
pub async fn relink(store: &Store, config: &Config, database: &str, scope: &Scope) -> Result<(), PipelineError> {
    let model = Model::shipped().map_err(|error| PipelineError::Stopped(error.to_string()))?;
    let decisions = Decisions::load(&config.dir)?;
    if let Scope::Changed(_) = scope {
        let changed = changed::Changed::begin(store, database, scope).await?;
        changed.relink(model, &decisions).await?;
        application_link::relink_changed(store, config, database, scope).await?;
        return changed.end().await;
    }
    store.rebuild_table(database, "case_candidates", &read::naming(database), &[], &[]).await?;
    let read::Read { rows, hashes } = read::read(store, database, None).await?;
    let (rows, found) = weigh_all(rows, model, &decisions).await?;
    let links = Links::new(&rows, &found);
    let numbers: Vec<usize> = (0..rows.len()).collect();
    let write_row = |at: &usize, body: &mut RowBinary| {
        let hashes = (hashes[*at], hashes[found.component[*at] as usize]);
        write(&links.link(*at), hashes, &persons::compared(rows.values(*at)), 0, body);
    };
    refill(store, database, "candidate_links", &COLUMNS, binary_blocks(&numbers, write_row)).await?;
    application_link::relink(store, config, database).await?;
    Ok(())
}

/// Who is who, found beside the tasks that wait for the store.
async fn weigh_all(rows: Rows, model: Model, decisions: &Decisions) -> Result<(Rows, Persons), PipelineError> {
    let decided = Decided::of(&decisions.candidates, &rows);
    let weighing = tokio::task::spawn_blocking(move || {
        let found = persons::persons(&rows, &model, &decided);
        (rows, found)
    });
    weighing.await.map_err(|error| PipelineError::Stopped(error.to_string()))
}
