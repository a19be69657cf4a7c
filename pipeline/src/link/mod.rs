//! Which candidate rows are one person.
//!
//! Rows that carry the digest of the same whole phone or mail, or of the same number in a mail address, or of the same full name and
//! year of birth, are compared; what they tell is weighed ([`model`], Fellegi and Sunter's way) and what weighs enough is joined
//! ([`persons`]). A name alone never joins; masked and relay numbers make no digest at all. A phone or mail under more than
//! [`DESK_LIMIT`] different people is a shared desk (an agency's mailbox, a shop's phone) and joins nobody. The person's id is the
//! smallest member key. What somebody decided in `decisions.toml` goes before all that ([`crate::decisions`]).
//!
//! A row takes part while an application or another case that is there names it as its candidate.

pub mod decided;
mod desk;
pub mod evidence;
pub mod model;
pub mod persons;
mod read;
pub mod rows;

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

/// The persons as rows of `candidate_links`, sorted by key.
pub fn links<'r>(rows: &'r Rows, found: &Persons) -> Vec<Link<'r>> {
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
    let row = |at: usize| {
        let person = found.person[at] as usize;
        let has = |kind: Kind| !kind.among(rows.values(at)).is_empty();
        Link {
            connection: rows.connection(at),
            source_id: rows.source_id(at),
            person_id: format!("{}/{}", rows.connection(person), rows.source_id(person)),
            basis: found.basis[at].words(),
            members: members[person],
            connections: connections[person],
            linkable: u8::from(has(Kind::Phone) || has(Kind::Mail)),
        }
    };
    (0..rows.len()).map(row).collect()
}

fn write(link: &Link<'_>, rows: &mut RowBinary) {
    rows.text(link.connection)
        .text(link.source_id)
        .text(&link.person_id)
        .texts(&link.basis)
        .u32(link.members)
        .u16(link.connections)
        .u8(link.linkable);
}

/// Reads the candidates of a database, links them and replaces its table `candidate_links`; then the applications, which stand
/// on that (see [`application_link`]).
///
/// # Errors
/// When the store refuses, or the decisions cannot be followed.
pub async fn relink(store: &Store, config: &Config, database: &str) -> Result<(), PipelineError> {
    let model = Model::shipped().map_err(|error| PipelineError::Stopped(error.to_string()))?;
    let decisions = Decisions::load(&config.dir)?;
    let rows = read::read(store, database).await?;
    let weighing = tokio::task::spawn_blocking(move || {
        let found = persons::persons(&rows, &model, &Decided::of(&decisions.candidates, &rows));
        (rows, found)
    });
    let (rows, found) = weighing.await.map_err(|error| PipelineError::Stopped(error.to_string()))?;
    let links = links(&rows, &found);
    let columns = ["connection", "source_id", "person_id", "basis", "members", "connections", "linkable"];
    refill(store, database, "candidate_links", &columns, binary_blocks(&links, write)).await?;
    application_link::relink(store, config, database).await?;
    Ok(())
}
