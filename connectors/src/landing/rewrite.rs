//! Erasure in landing: a person's lines stay as anonymous counts.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde_json::Value;

use super::read::read_segment;
use super::write::{SegmentHeader, write_whole};
use super::{LandingError, Line, LineIdentity, Segment, content_hash, list_segments};
use crate::identity::{IdentityKeys, Source};
use crate::spec::{Field, Kind, Path as FieldPath, scalar_text};

/// Whom to erase: what is known of one person, or of the several who share a phone. Each is known by a key; the lines of one key
/// stay one person in every count.
#[derive(Debug, Clone, Default)]
pub struct Erasure {
    /// Digests whose every line goes, and whose they are; only those that link may stand here, since a name is not a person.
    /// The key is empty when several people have it: a line that nothing else tells of then stands for itself.
    pub digests: BTreeMap<[u8; 16], String>,
    /// Application ids by connection, and whose they are.
    pub applications: BTreeMap<(String, String), String>,
    /// Candidate ids by connection, and whose they are.
    pub candidates: BTreeMap<(String, String), String>,
}

/// What an erasure changed, and what it found on the way.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rewritten {
    /// Ids of the segments that were rewritten; their ids and record counts stay.
    pub segments: Vec<String>,
    /// Number of lines changed.
    pub lines: u64,
    /// Applications of the person found in landing: (connection, id before) to the id after.
    pub applications: BTreeMap<(String, String), String>,
    /// Candidates likewise.
    pub candidates: BTreeMap<(String, String), String>,
}

/// What an erased id begins with.
const ERASED: &str = "erased-";
/// Column of the number that a company gives to who works for it.
const EMPLOYEE: &str = "employee";
/// Ids at least this long are replaced inside texts and in other lines too.
const DISTINCTIVE: usize = 8;
/// Shorter ids than this are replaced only where the mapping says that an id stands: `12` may be a price.
const TELLING: usize = 5;

/// Rewrites every segment that tells of a person: ids become [`IdentityKeys::erased_id`], digests and
/// flags make place for one that says nothing ([`IdentityKeys::erased_person`]) but keeps a person's
/// lines one person in every count (by the key that was asked for, so that a rewriting that was cut off goes on alike), hashes are made anew. In the person's own lines the ids are replaced wherever they
/// stand in the record (short ones only where the mapping says so); in other lines of the connection
/// only long ids are. Each segment is replaced as a whole, so a crash leaves it old or
/// new, and running again finishes the work.
///
/// The person's other applications in landing (same candidate id or a digest in common) are found
/// and erased too; [`Rewritten`] names them, for the store and the tombstones.
pub fn rewrite_segments(data_dir: &Path, keys: &IdentityKeys, erasure: &Erasure) -> Result<Rewritten, LandingError> {
    let segments = list_segments(data_dir)?;
    let mut wanted = erasure.clone();
    // A candidate id found in one segment may lead to applications in another: repeat until quiet.
    loop {
        let before = (wanted.applications.len(), wanted.candidates.len(), wanted.digests.len());
        for segment in &segments {
            if wanted.is_empty_for(segment) {
                continue;
            }
            for line in read_segment(segment)? {
                wanted.learn(segment, &line?);
            }
        }
        if before == (wanted.applications.len(), wanted.candidates.len(), wanted.digests.len()) {
            break;
        }
    }
    let names = Names::new(keys, &wanted);
    let mut rewritten =
        Rewritten { applications: names.applications.clone(), candidates: names.candidates.clone(), ..Rewritten::default() };
    for segment in &segments {
        let lines = rewrite_segment(segment, keys, &wanted, &names)?;
        if lines > 0 {
            rewritten.lines += lines;
            rewritten.segments.push(segment.id.clone());
        }
    }
    Ok(rewritten)
}

impl Erasure {
    fn is_empty_for(&self, segment: &Segment) -> bool {
        let mut ids = self.applications.keys().chain(self.candidates.keys());
        self.digests.is_empty() && !ids.any(|(connection, _)| *connection == segment.connection)
    }

    /// Whom the line is about, if it is one of these people: by its ids, which are one person's, before its digests.
    fn person_of(&self, segment: &Segment, line: &Line) -> Option<String> {
        let at = |id: &str| (segment.connection.clone(), id.to_owned());
        let application = application_of(segment, line);
        let identity = line.identity.as_ref();
        let candidate = identity.and_then(|identity| self.candidates.get(&at(&identity.candidate)));
        if let Some(person) = candidate.or_else(|| self.applications.get(&at(application.as_ref()?))) {
            return Some(person.clone());
        }
        let digests = identity?.digests.iter().filter(|digest| digest.kind.links());
        let people: BTreeSet<&String> = digests.filter_map(|digest| self.digests.get(&digest.value)).collect();
        match (people.len(), people.last()) {
            (0, _) => None,
            (1, Some(person)) if !person.is_empty() => Some((*person).clone()),
            _ => Some(format!("{}/{}", segment.connection, identity.map_or("", |identity| &identity.candidate))),
        }
    }

    /// Takes what a line of the person tells into the search. Digests are not: a shared mailbox must
    /// not pull in strangers.
    fn learn(&mut self, segment: &Segment, line: &Line) {
        let Some(person) = self.person_of(segment, line) else { return };
        let at = |id: &str| (segment.connection.clone(), id.to_owned());
        if let Some(id) = application_of(segment, line) {
            self.applications.entry(at(&id)).or_insert_with(|| person.clone());
        }
        if let Some(identity) = line.identity.as_ref().filter(|identity| !identity.candidate.is_empty()) {
            self.candidates.entry(at(&identity.candidate)).or_insert(person);
        }
    }
}

/// The application that a line is about: the one that it names, or the line's own. A posting or an opening may have the
/// id of somebody's application and is not about it.
fn application_of(segment: &Segment, line: &Line) -> Option<String> {
    let path = segment.stream_spec().and_then(|stream| stream.application.as_ref());
    let id = match path {
        Some(path) => path.first(&line.record).and_then(scalar_text),
        None => (segment.kind == Kind::Applications).then(|| line.id.clone()),
    };
    id.filter(|id| !id.is_empty())
}

/// What each id is called afterwards.
struct Names {
    applications: BTreeMap<(String, String), String>,
    candidates: BTreeMap<(String, String), String>,
}

impl Names {
    fn new(keys: &IdentityKeys, wanted: &Erasure) -> Names {
        let name = |source: Source, ids: &BTreeMap<(String, String), String>| {
            let named = ids.keys().filter(|(_, id)| !id.is_empty() && !id.starts_with(ERASED));
            named.map(|(connection, id)| ((connection.clone(), id.clone()), keys.erased_id(source, connection, id))).collect()
        };
        Names { applications: name(Source::Application, &wanted.applications), candidates: name(Source::Candidate, &wanted.candidates) }
    }

    fn of<'n>(&'n self, connection: &'n str) -> impl Iterator<Item = (&'n str, &'n str)> {
        let all = self.applications.iter().chain(&self.candidates);
        all.filter(move |((owner, _), _)| owner == connection).map(|((_, id), name)| (id.as_str(), name.as_str()))
    }
}

fn rewrite_segment(segment: &Segment, keys: &IdentityKeys, wanted: &Erasure, names: &Names) -> Result<u64, LandingError> {
    let mut body = Vec::new();
    let mut changed = 0;
    for line in read_segment(segment)? {
        let line = line?;
        let mut after = line.clone();
        erase_line(segment, keys, wanted, names, &mut after);
        if after != line {
            changed += 1;
        }
        serde_json::to_writer(&mut body, &after).map_err(std::io::Error::from).map_err(LandingError::io("cannot write", &segment.path))?;
        body.push(b'\n');
    }
    if changed > 0 {
        let body = zstd::encode_all(body.as_slice(), 3).map_err(LandingError::io("cannot write", &segment.path))?;
        write_whole(&segment.path, &header(segment), &body)?;
    }
    Ok(changed)
}

fn header(segment: &Segment) -> SegmentHeader {
    SegmentHeader {
        inflow: 1,
        connection: segment.connection.clone(),
        connector: segment.connector.clone(),
        stream: segment.stream.clone(),
        kind: segment.kind,
        fetched_at: segment.fetched_at.timestamp_millis(),
        normaliser: segment.normaliser,
        key_id: segment.key_id.clone(),
        spec: segment.spec.clone(),
        records: segment.records,
        mapping: segment.mapping.clone(),
    }
}

fn erase_line(segment: &Segment, keys: &IdentityKeys, wanted: &Erasure, names: &Names, line: &mut Line) {
    let person = wanted.person_of(segment, line);
    let own = person.is_some();
    for (id, name) in names.of(&segment.connection) {
        if id.len() >= if own { TELLING } else { DISTINCTIVE } {
            replace(&mut line.record, id, name, own);
        }
        if own {
            for path in id_paths(segment) {
                path.change(&mut line.record, &mut |value| {
                    if scalar_text(value).as_deref() == Some(id) {
                        *value = Value::String(name.to_owned());
                    }
                });
            }
        }
    }
    let Some(person) = person else { return };
    let key = |id: &str| (segment.connection.clone(), id.to_owned());
    if segment.kind.tells_of_a_case() {
        erase_own_id(segment, keys, line);
    } else if let Some(name) = names.applications.get(&key(&line.id)) {
        line.id.clone_from(name);
    } else if let Some((id, name)) = names.of(&segment.connection).find(|(id, _)| line.id.contains(id)) {
        // An event's own id may be made of the application's.
        line.id = line.id.replace(id, name);
    }
    if let Some(identity) = &mut line.identity {
        let candidate = names.candidates.get(&key(&identity.candidate)).cloned();
        let candidate = candidate.unwrap_or_else(|| identity.candidate.clone());
        *identity = LineIdentity { candidate, digests: vec![keys.erased_person(&[&person])], flags: Vec::new() };
    }
    line.key_hash = keys.record_key(&segment.connection, &segment.stream, &line.id);
    line.content_hash = content_hash(&line.record, line.identity.as_ref(), &line.lookups);
}

/// A row that tells of a case has an id of its own, often the person's: an employee's number.
fn erase_own_id(segment: &Segment, keys: &IdentityKeys, line: &mut Line) {
    if line.id.starts_with(ERASED) {
        return;
    }
    let name = keys.erased_id(Source::Candidate, &segment.connection, &format!("{}/{}", segment.stream, line.id));
    if let Some(stream) = segment.stream_spec() {
        // A day or a kind may be part of an id, and tells of nobody.
        let read_as =
            |path: &FieldPath, column: &str| stream.fields.get(column).is_some_and(|field| field.reads().any(|read| read == path));
        let telling = |path: &&FieldPath| stream.fields.keys().all(|column| column == EMPLOYEE || !read_as(path, column));
        let employee = stream.fields.get(EMPLOYEE).into_iter().flat_map(Field::reads);
        for path in stream.id.iter().filter(telling).chain(employee) {
            path.change(&mut line.record, &mut |value| {
                if !value.is_null() {
                    *value = Value::String(name.clone());
                }
            });
        }
    }
    line.id = name;
}

/// Where the ids of a person stand in a record.
fn id_paths(segment: &Segment) -> Vec<&FieldPath> {
    let stream = segment.stream_spec();
    stream.map(|stream| stream.id.iter().chain(&stream.candidate).chain(&stream.application).collect()).unwrap_or_default()
}

/// Replaces an id in a value: whole texts, long ids inside texts and, in the person's own lines, numbers.
fn replace(value: &mut Value, id: &str, name: &str, own: bool) {
    match value {
        Value::String(text) if text == id => name.clone_into(text),
        Value::String(text) if id.len() >= DISTINCTIVE && text.contains(id) => *text = text.replace(id, name),
        Value::Number(number) if own && number.to_string() == id => *value = Value::String(name.to_owned()),
        Value::Array(list) => list.iter_mut().for_each(|inner| replace(inner, id, name, own)),
        Value::Object(map) => map.values_mut().for_each(|inner| replace(inner, id, name, own)),
        _ => {}
    }
}
