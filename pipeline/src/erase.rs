//! Forgetting a person.
//!
//! Who is meant is found through the links: all rows of the same person, and what linking holds to be the same case, also
//! where only a name says so. Landing is rewritten first: the person's ids become H(erase key, id), digests go, the lines stay as
//! anonymous counts with one mark in common, so that whoever was one person and one case stays one.
//! Then the derived tables are replayed from it, so nothing that names the person can be left in them, and every count
//! stays. Tombstones are written before anything else: a board that delivers the person again brings nothing back. A crash
//! on the way loses nothing: until the replay the store still finds the person, and erasing again finishes the work.

use crate::PipelineError;
use chrono::{DateTime, Utc};
use inflow_config::{Config, SharedClock};
use inflow_connectors::identity::{Digest, IdentityKeys, Person, Source, digest_person};
use inflow_connectors::landing::{Erasure, rewrite_segments};
use inflow_store::{Param, Store, array_literal};
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::Path;

/// Who is to be forgotten.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// By a phone number, in any form that a person writes.
    Phone(String),
    /// By a mail address.
    Email(String),
    /// By connection and candidate id.
    Candidate(String, String),
    /// By connection and application id.
    Application(String, String),
}

impl Target {
    /// A candidate, `CONNECTION:ID`.
    ///
    /// # Errors
    /// When there is no colon.
    pub fn candidate(key: &str) -> Result<Self, PipelineError> {
        qualified(key, "a candidate of the form CONNECTION:ID").map(|(connection, id)| Self::Candidate(connection, id))
    }

    /// An application, `CONNECTION:ID`.
    ///
    /// # Errors
    /// When there is no colon.
    pub fn application(key: &str) -> Result<Self, PipelineError> {
        qualified(key, "an application of the form CONNECTION:ID").map(|(connection, id)| Self::Application(connection, id))
    }

    fn what(&self) -> &'static str {
        match self {
            Self::Phone(_) => "this phone number",
            Self::Email(_) => "this mail address",
            Self::Candidate(..) => "this candidate",
            Self::Application(..) => "this application",
        }
    }
}

fn qualified(key: &str, expected: &'static str) -> Result<(String, String), PipelineError> {
    match key.split_once(':') {
        Some((connection, id)) if !connection.is_empty() && !id.is_empty() => Ok((connection.to_owned(), id.to_owned())),
        _ => Err(PipelineError::BadTarget { given: key.to_owned(), expected }),
    }
}

/// What was done; it names nobody.
#[derive(Debug, Clone, Serialize)]
pub struct Receipt {
    /// When.
    pub erased_at: DateTime<Utc>,
    /// Connections that knew the person.
    pub connections: Vec<String>,
    /// Candidate rows made anonymous.
    pub candidates: u64,
    /// Applications that stay as anonymous counts.
    pub applications: u64,
    /// Segments of landing rewritten.
    pub segments: u64,
    /// Lines of landing changed.
    pub lines: u64,
    /// Tombstones that keep the person from coming back.
    pub tombstones: u64,
}

/// What the store knows of the person.
#[derive(Debug, Default)]
struct Known {
    candidates: BTreeSet<(String, String)>,
    applications: BTreeSet<(String, String)>,
    digests: BTreeSet<Digest>,
}

/// Writes tombstones and rewrites landing. The caller replays the receipt's connections next, then calls [`done`].
///
/// # Errors
/// [`PipelineError::NoPerson`] when nobody is meant; else when landing or store refuse.
pub async fn erase(
    store: &Store,
    config: &Config,
    clock: &SharedClock,
    data_dir: &Path,
    keys: &IdentityKeys,
    target: &Target,
) -> Result<Receipt, PipelineError> {
    let known = find(store, config, keys, target).await?;
    if known.candidates.is_empty() && known.applications.is_empty() {
        return Err(PipelineError::NoPerson { what: target.what().to_owned() });
    }
    let mut tombstones: BTreeSet<String> = known.digests.iter().filter_map(|digest| keys.tombstone(digest)).collect();
    tombstones.extend(known.candidates.iter().map(|(connection, id)| keys.tombstone_source(Source::Candidate, connection, id)));
    tombstones.extend(known.applications.iter().map(|(connection, id)| keys.tombstone_source(Source::Application, connection, id)));
    store.add_tombstones(&tombstones.iter().cloned().collect::<Vec<_>>()).await?;
    let erasure = Erasure {
        digests: known.digests.iter().filter(|d| d.kind.links()).map(|d| d.hex.clone()).collect(),
        applications: known.applications.clone(),
        candidates: known.candidates.clone(),
    };
    // The keys are not to be copied about, so the rewriting stays on this thread.
    let rewritten = tokio::task::block_in_place(|| rewrite_segments(data_dir, keys, &erasure))?;
    // Landing may have told of more cases of the same person than the store did.
    let mut more: BTreeSet<String> =
        rewritten.candidates.keys().map(|(connection, id)| keys.tombstone_source(Source::Candidate, connection, id)).collect();
    more.extend(rewritten.applications.keys().map(|(connection, id)| keys.tombstone_source(Source::Application, connection, id)));
    let more: Vec<String> = more.difference(&tombstones).cloned().collect();
    store.add_tombstones(&more).await?;
    let candidates: BTreeSet<_> = known.candidates.iter().chain(rewritten.candidates.keys()).collect();
    let applications: BTreeSet<_> = known.applications.iter().chain(rewritten.applications.keys()).collect();
    let connections: BTreeSet<String> = candidates.iter().chain(&applications).map(|(connection, _)| connection.clone()).collect();
    Ok(Receipt {
        erased_at: clock.now(),
        connections: connections.into_iter().collect(),
        candidates: candidates.len() as u64,
        applications: applications.len() as u64,
        segments: rewritten.segments.len() as u64,
        lines: rewritten.lines,
        tombstones: (tombstones.len() + more.len()) as u64,
    })
}

/// Notes the erasure in the audit, once the replay has taken the person out of the store.
///
/// # Errors
/// When the store refuses.
pub async fn done(store: &Store, receipt: &Receipt) -> Result<(), PipelineError> {
    let detail = serde_json::to_string(receipt).map_err(|error| PipelineError::Stopped(error.to_string()))?;
    store.audit("erase", &detail).await?;
    Ok(())
}

async fn find(store: &Store, config: &Config, keys: &IdentityKeys, target: &Target) -> Result<Known, PipelineError> {
    let person = match target {
        Target::Phone(phone) => Some(Person { phones: vec![phone.clone()], ..Person::default() }),
        Target::Email(email) => Some(Person { emails: vec![email.clone()], ..Person::default() }),
        _ => None,
    };
    let digests: Vec<Digest> = person
        .map(|person| {
            digest_person(keys, &person, &config.settings.company.country).digests.into_iter().filter(|d| d.kind.links()).collect()
        })
        .unwrap_or_default();
    let (start, params) = match target {
        Target::Phone(_) | Target::Email(_) => {
            ("hasAny(digest, {digests:Array(String)})", vec![("digests", array_literal(digests.iter().map(|d| &d.hex)))])
        }
        Target::Candidate(connection, id) => {
            ("(connection, source_id) = ({connection:String}, {id:String})", vec![("connection", connection.clone()), ("id", id.clone())])
        }
        Target::Application(connection, id) => (
            "(connection, source_id) IN (SELECT connection, candidate_source_id FROM inflow.applications WHERE connection = {connection:String} AND source_id = {id:String})",
            vec![("connection", connection.clone()), ("id", id.clone())],
        ),
    };
    let mut known = Known::default();
    known.digests.extend(digests);
    known.learn(store, start, &params).await?;
    // A case that a name joined leads to rows that no digest leads to: they are believed to be this person's.
    loop {
        let before = known.candidates.len();
        let (connections, ids) = key_arrays(&known.applications);
        let cases = "(connection, source_id) IN (SELECT connection, candidate_source_id FROM inflow.applications WHERE (connection, source_id) IN \
                     (SELECT connection, source_id FROM inflow.application_links WHERE case_id IN (SELECT case_id FROM inflow.application_links \
                     WHERE (connection, source_id) IN (SELECT key.1, key.2 FROM (SELECT arrayJoin(arrayZip({connections:Array(String)}, {ids:Array(String)})) AS key)))))";
        known.learn(store, cases, &[("connections", connections), ("ids", ids)]).await?;
        if known.candidates.len() == before {
            return Ok(known);
        }
    }
}

/// Keys as two arrays of the same length.
fn key_arrays(keys: &BTreeSet<(String, String)>) -> (String, String) {
    (array_literal(keys.iter().map(|(connection, _)| connection)), array_literal(keys.iter().map(|(_, id)| id)))
}

impl Known {
    /// Adds the candidates that a condition finds, all rows of the same persons, and their applications.
    async fn learn(&mut self, store: &Store, start: &str, params: &[Param<'_>]) -> Result<(), PipelineError> {
        let persons = format!(
            "(connection, source_id) IN (SELECT connection, source_id FROM inflow.candidate_links WHERE person_id IN \
             (SELECT person_id FROM inflow.candidate_links WHERE (connection, source_id) IN (SELECT connection, source_id FROM inflow.candidates WHERE {start})))"
        );
        let sql = format!(
            "SELECT connection, source_id, digest_kind, digest_normaliser, digest_key, digest FROM inflow.candidates WHERE {start} OR {persons}"
        );
        for row in store.rows(&sql, params).await? {
            self.candidates.insert((text(row.get("connection")), text(row.get("source_id"))));
            self.digests.extend(row_digests(&row));
        }
        let sql = format!(
            "SELECT connection, source_id FROM inflow.applications WHERE (connection, candidate_source_id) IN \
             (SELECT connection, source_id FROM inflow.candidates WHERE {start} OR {persons})"
        );
        for row in store.rows(&sql, params).await? {
            self.applications.insert((text(row.get("connection")), text(row.get("source_id"))));
        }
        Ok(())
    }
}

fn row_digests(row: &serde_json::Map<String, Value>) -> Vec<Digest> {
    let list = |name: &str| row.get(name).and_then(Value::as_array).cloned().unwrap_or_default();
    let (kinds, normalisers, key_ids, digests) = (list("digest_kind"), list("digest_normaliser"), list("digest_key"), list("digest"));
    kinds
        .into_iter()
        .zip(normalisers)
        .zip(key_ids)
        .zip(digests)
        .filter_map(|(((kind, normaliser), key), digest)| serde_json::from_value(Value::Array(vec![kind, normaliser, key, digest])).ok())
        .collect()
}

fn text(value: Option<&Value>) -> String {
    value.and_then(Value::as_str).unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::Target;

    #[test]
    fn keys_are_qualified_by_their_connection() {
        assert_eq!(Target::application("lever-main:a:b").unwrap(), Target::Application("lever-main".into(), "a:b".into()));
        assert_eq!(Target::candidate("90bb80d6").unwrap_err().to_string(), "\"90bb80d6\" is not a candidate of the form CONNECTION:ID");
    }
}
