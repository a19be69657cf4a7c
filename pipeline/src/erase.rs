//! Forgetting a person.
//!
//! Who is meant is found through the links: all rows of the same person, and what linking holds to be the same case, also
//! where only a name says so. A phone or mail that other people have too (an agency's mailbox, a recycled number) is theirs and stays,
//! unless it is what was asked for: then all who have it go. Landing is rewritten first: the person's ids become H(erase key, id),
//! digests go, the lines stay as anonymous counts. Lines of one person or one case get one mark in common and stay one; people who only
//! shared a phone do not become one.
//! Then the derived tables are replayed from it, so nothing that names the person can be left in them, and every count
//! stays. Tombstones are written before anything else: a board that delivers the person again brings nothing back. A crash
//! on the way loses nothing: until the replay the store still finds the person, and erasing again finishes the work.

use crate::PipelineError;
use chrono::{DateTime, Utc};
use inflow_config::{Config, SharedClock};
use inflow_connectors::identity::{Digest, DigestKind, IdentityKeys, Person, Source, digest_person};
use inflow_connectors::landing::{Erasure, rewrite_segments};
use inflow_store::{COMMAND_LINE, Param, Store, array_literal};
use serde::Serialize;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
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
    /// Candidates, and the person that linking has them for.
    candidates: BTreeMap<(String, String), String>,
    applications: BTreeMap<(String, String), Application>,
    digests: BTreeSet<Digest>,
}

/// An application of the person.
#[derive(Debug)]
struct Application {
    candidate: String,
    /// Empty while no other connection tells of the case.
    case: String,
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
    tombstones.extend(known.candidates.keys().map(|(connection, id)| keys.tombstone_source(Source::Candidate, connection, id)));
    tombstones.extend(known.applications.keys().map(|(connection, id)| keys.tombstone_source(Source::Application, connection, id)));
    store.add_tombstones(&tombstones.iter().cloned().collect::<Vec<_>>()).await?;
    let erasure = known.erasure();
    // The keys are not to be copied about, so the rewriting stays on this thread.
    let rewritten = tokio::task::block_in_place(|| rewrite_segments(data_dir, keys, &erasure))?;
    // Landing may have told of more cases of the same person than the store did.
    let mut more: BTreeSet<String> =
        rewritten.candidates.keys().map(|(connection, id)| keys.tombstone_source(Source::Candidate, connection, id)).collect();
    more.extend(rewritten.applications.keys().map(|(connection, id)| keys.tombstone_source(Source::Application, connection, id)));
    let more: Vec<String> = more.difference(&tombstones).cloned().collect();
    store.add_tombstones(&more).await?;
    let candidates: BTreeSet<_> = known.candidates.keys().chain(rewritten.candidates.keys()).collect();
    let applications: BTreeSet<_> = known.applications.keys().chain(rewritten.applications.keys()).collect();
    store.forget_steps(&applications.iter().map(|key| (*key).clone()).collect::<Vec<_>>()).await?;
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
    store.audit(COMMAND_LINE, "erase", &detail).await?;
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
        Target::Phone(_) | Target::Email(_) => (
            "hasAny(arrayMap(d -> lower(hex(d)), digest_value), {digests:Array(String)})",
            vec![("digests", array_literal(digests.iter().map(Digest::hex)))],
        ),
        Target::Candidate(connection, id) => {
            ("(connection, source_id) = ({connection:String}, {id:String})", vec![("connection", connection.clone()), ("id", id.clone())])
        }
        Target::Application(connection, id) => (
            "(connection, source_id) IN (SELECT connection, candidate_source_id FROM inflow.applications WHERE connection = {connection:String} AND source_id = {id:String})",
            vec![("connection", connection.clone()), ("id", id.clone())],
        ),
    };
    let mut known = Known::default();
    known.learn(store, start, &params).await?;
    // A case that a name joined leads to rows that no digest leads to: they are believed to be this person's.
    loop {
        let before = known.candidates.len();
        let (connections, ids) = key_arrays(known.applications.keys());
        let cases = "(connection, source_id) IN (SELECT connection, candidate_source_id FROM inflow.applications WHERE (connection, source_id) IN \
                     (SELECT connection, source_id FROM inflow.application_links WHERE case_id IN (SELECT case_id FROM inflow.application_links \
                     WHERE (connection, source_id) IN (SELECT key.1, key.2 FROM (SELECT arrayJoin(arrayZip({connections:Array(String)}, {ids:Array(String)})) AS key)))))";
        known.learn(store, cases, &[("connections", connections), ("ids", ids)]).await?;
        if known.candidates.len() == before {
            known.learn_cases(store).await?;
            known.learn_unnamed(store).await?;
            known.leave_to_others(store).await?;
            // What was asked for goes, whoever has it.
            known.digests.extend(digests);
            return Ok(known);
        }
    }
}

/// Keys as two arrays of the same length.
fn key_arrays<'k>(keys: impl Iterator<Item = &'k (String, String)> + Clone) -> (String, String) {
    (array_literal(keys.clone().map(|(connection, _)| connection)), array_literal(keys.map(|(_, id)| id)))
}

/// The pairs of two arrays, `connections` and `ids`.
const PAIRS: &str = "(SELECT key.1, key.2 FROM (SELECT arrayJoin(arrayZip({connections:Array(String)}, {ids:Array(String)})) AS key))";

impl Known {
    /// Adds the candidates that a condition finds, all rows of the same persons, and their applications.
    async fn learn(&mut self, store: &Store, start: &str, params: &[Param<'_>]) -> Result<(), PipelineError> {
        let persons = format!(
            "(connection, source_id) IN (SELECT connection, source_id FROM inflow.candidate_links WHERE person_id IN \
             (SELECT person_id FROM inflow.candidate_links WHERE (connection, source_id) IN (SELECT connection, source_id FROM inflow.candidates WHERE {start})))"
        );
        let sql = format!(
            "SELECT c.connection AS connection, c.source_id AS source_id, c.digest_kind AS digest_kind, c.digest_normaliser AS digest_normaliser, \
             c.key_id AS key_id, arrayMap(d -> lower(hex(d)), c.digest_value) AS digest, l.person_id AS person \
             FROM (SELECT * FROM inflow.candidates WHERE {start} OR {persons}) AS c \
             LEFT JOIN inflow.candidate_links AS l ON l.connection = c.connection AND l.source_id = c.source_id"
        );
        for row in store.rows(&sql, params).await? {
            let key = (text(row.get("connection")), text(row.get("source_id")));
            let person = Some(text(row.get("person"))).filter(|person| !person.is_empty());
            let person = person.unwrap_or_else(|| own_key(&key.0, &key.1));
            self.candidates.insert(key, person);
            self.digests.extend(row_digests(&row));
        }
        let sql = format!(
            "SELECT connection, source_id, candidate_source_id FROM inflow.applications WHERE (connection, candidate_source_id) IN \
             (SELECT connection, source_id FROM inflow.candidates WHERE {start} OR {persons})"
        );
        for row in store.rows(&sql, params).await? {
            let application = Application { candidate: text(row.get("candidate_source_id")), case: String::new() };
            self.applications.insert((text(row.get("connection")), text(row.get("source_id"))), application);
        }
        Ok(())
    }

    /// Which applications are one case.
    async fn learn_cases(&mut self, store: &Store) -> Result<(), PipelineError> {
        let (connections, ids) = key_arrays(self.applications.keys());
        let sql = format!("SELECT connection, source_id, case_id FROM inflow.application_links WHERE (connection, source_id) IN {PAIRS}");
        for row in store.rows(&sql, &[("connections", connections), ("ids", ids)]).await? {
            if let Some(application) = self.applications.get_mut(&(text(row.get("connection")), text(row.get("source_id")))) {
                application.case = text(row.get("case_id"));
            }
        }
        Ok(())
    }

    /// Rows that no case names any more are nobody's to linking. Of those under a phone or mail of the person, the ones of the same
    /// name are the person's; the others go with the phone, if that goes.
    async fn learn_unnamed(&mut self, store: &Store) -> Result<(), PipelineError> {
        let of = |wanted: &dyn Fn(&Digest) -> bool| array_literal(self.digests.iter().filter(|digest| wanted(digest)).map(Digest::hex));
        let keys = of(&|digest| digest.kind.links());
        let names = of(&|digest| matches!(digest.kind, DigestKind::NameExact | DigestKind::NamePinyin));
        let sql = "WITH arrayMap(d -> lower(hex(d)), digest_value) AS digest \
                   SELECT connection, source_id FROM inflow.candidates WHERE hasAny(digest, {keys:Array(String)}) AND hasAny(digest, {names:Array(String)}) \
                   AND (connection, source_id) NOT IN (SELECT connection, source_id FROM inflow.candidate_links)";
        for row in store.rows(sql, &[("keys", keys), ("names", names)]).await? {
            let key = (text(row.get("connection")), text(row.get("source_id")));
            let own = own_key(&key.0, &key.1);
            self.candidates.entry(key).or_insert(own);
        }
        Ok(())
    }

    /// Leaves out the digests that somebody else has too.
    async fn leave_to_others(&mut self, store: &Store) -> Result<(), PipelineError> {
        let (connections, ids) = key_arrays(self.candidates.keys());
        let digests = array_literal(self.digests.iter().filter(|digest| digest.kind.links()).map(Digest::hex));
        let sql = format!(
            "WITH arrayMap(d -> lower(hex(d)), digest_value) AS digest \
             SELECT DISTINCT arrayJoin(arrayIntersect(digest, {{digests:Array(String)}})) AS shared FROM inflow.candidates \
             WHERE hasAny(digest, {{digests:Array(String)}}) AND (connection, source_id) NOT IN {PAIRS} \
             AND (connection, source_id) IN (SELECT connection, source_id FROM inflow.candidate_links)"
        );
        let rows = store.rows(&sql, &[("digests", digests), ("connections", connections), ("ids", ids)]).await?;
        let shared: BTreeSet<String> = rows.iter().map(|row| text(row.get("shared"))).collect();
        self.digests.retain(|digest| !shared.contains(&*digest.hex()));
        Ok(())
    }

    /// Whose each line is: persons that a case joins are one.
    fn erasure(&self) -> Erasure {
        let person_of = |connection: &str, candidate: &str| {
            let known = self.candidates.get(&(connection.to_owned(), candidate.to_owned()));
            known.cloned().unwrap_or_else(|| own_key(connection, candidate))
        };
        let mut people = People::default();
        for ((connection, _), application) in &self.applications {
            if !application.case.is_empty() {
                people.join(&person_of(connection, &application.candidate), &format!("~{}", application.case));
            }
        }
        let candidates: BTreeMap<_, _> = self.candidates.iter().map(|(key, person)| (key.clone(), people.root(person))).collect();
        let of_application = |((connection, id), application): (&(String, String), &Application)| {
            ((connection.clone(), id.clone()), people.root(&person_of(connection, &application.candidate)))
        };
        let applications = self.applications.iter().map(of_application).collect();
        let everybody: BTreeSet<&String> = candidates.values().collect();
        let whose = if everybody.len() == 1 { everybody.first().map(|person| (*person).clone()) } else { None };
        let digests = self.digests.iter().filter(|digest| digest.kind.links());
        let digests = digests.map(|digest| (digest.value, whose.clone().unwrap_or_default())).collect();
        Erasure { digests, applications, candidates }
    }
}

/// How a candidate that no link knows is called.
fn own_key(connection: &str, candidate: &str) -> String {
    format!("{connection}/{candidate}")
}

/// Names that stand for one another; the smallest for all.
#[derive(Debug, Default)]
struct People(BTreeMap<String, String>);

impl People {
    fn root(&self, name: &str) -> String {
        let mut name = name;
        while let Some(next) = self.0.get(name) {
            name = next;
        }
        name.to_owned()
    }

    fn join(&mut self, a: &str, b: &str) {
        let (a, b) = (self.root(a), self.root(b));
        match a.cmp(&b) {
            std::cmp::Ordering::Less => self.0.insert(b, a),
            std::cmp::Ordering::Greater => self.0.insert(a, b),
            std::cmp::Ordering::Equal => None,
        };
    }
}

fn row_digests(row: &serde_json::Map<String, Value>) -> Vec<Digest> {
    let list = |name: &str| row.get(name).and_then(Value::as_array).cloned().unwrap_or_default();
    let key = row.get("key_id").cloned().unwrap_or_default();
    let (kinds, normalisers, digests) = (list("digest_kind"), list("digest_normaliser"), list("digest"));
    kinds
        .into_iter()
        .zip(normalisers)
        .zip(digests)
        .filter_map(|((kind, normaliser), digest)| serde_json::from_value(Value::Array(vec![kind, normaliser, key.clone(), digest])).ok())
        .collect()
}

fn text(value: Option<&Value>) -> String {
    value.and_then(Value::as_str).unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(id: &str) -> (String, String) {
        ("c".to_owned(), id.to_owned())
    }

    #[test]
    fn people_of_one_case_are_one_and_people_of_one_phone_are_not() {
        let mut known = Known::default();
        for (id, person) in [("1", "c/1"), ("2", "c/1"), ("3", "c/3"), ("4", "c/4")] {
            known.candidates.insert(key(id), person.to_owned());
            let case = if matches!(id, "2" | "3") { "c/a2" } else { "" };
            known.applications.insert(key(&format!("a{id}")), Application { candidate: id.to_owned(), case: case.to_owned() });
        }
        let keys = IdentityKeys::from_bytes([1; 32], [2; 32]);
        known.digests.insert(keys.digest(DigestKind::PhoneE164, "+8619900000001"));
        let erasure = known.erasure();
        let of = |id: &str| (erasure.candidates[&key(id)].clone(), erasure.applications[&key(&format!("a{id}"))].clone());
        assert_eq!(of("1"), of("3"));
        assert_eq!(of("2"), of("3"));
        assert_ne!(of("1"), of("4"));
        assert!(erasure.digests.values().all(String::is_empty), "the phone is nobody's alone");
    }

    #[test]
    fn keys_are_qualified_by_their_connection() {
        assert_eq!(Target::application("lever-main:a:b").unwrap(), Target::Application("lever-main".into(), "a:b".into()));
        assert_eq!(Target::candidate("90bb80d6").unwrap_err().to_string(), "\"90bb80d6\" is not a candidate of the form CONNECTION:ID");
    }
}
