//! Cases out of messages. Everything a board writes of one person for one title within three days is one application:
//! the second message finds the line that the first one made and adds to it.
//!
//! What was landed is the memory: a case keeps its id whatever is read again, in whatever order, and a message read
//! twice changes nothing.

use std::collections::{BTreeSet, HashMap};
use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use chrono::{DateTime, Duration, SecondsFormat, Utc};
use chrono_tz::Tz;
use inflow_config::Stage;
use serde_json::{Map, Value, json};
use unicode_normalization::UnicodeNormalization;

use super::mbox::Mbox;
use super::message::Mail;
use super::pattern::Slot;
use super::reading::{Fit, Reading, Templates};
use crate::identity::{Digest, DigestKind, Flag, Identity, IdentityKeys};
use crate::landing::{LandingError, Line, LineIdentity, content_hash, list_connection_segments, read_segment};
use crate::pull::{LineMaker, Made};
use crate::spec::Stream;

/// Messages further apart tell of another application.
const WINDOW: Duration = Duration::days(3);

/// The cases of a mailbox, those landed and those of this pull.
pub(crate) struct Cases<'a> {
    keys: &'a IdentityKeys,
    connection: &'a str,
    stream: &'a Stream,
    zone: Tz,
    /// Start of the pull: when what changes now changed.
    now: DateTime<Utc>,
    known: Vec<Case>,
    /// Cases by the digests of their people.
    people: HashMap<[u8; 16], Vec<usize>>,
    ids: HashMap<String, usize>,
    /// Cases whose line is to be landed.
    changed: BTreeSet<usize>,
}

struct Case {
    id: String,
    board: String,
    title: Option<String>,
    first: DateTime<Utc>,
    last: DateTime<Utc>,
    digests: BTreeSet<Digest>,
    /// `None`: the person was erased, and messages about them bring nothing back.
    line: Option<Line>,
}

impl<'a> Cases<'a> {
    /// The cases landed so far. `zone` cuts days.
    pub(crate) fn load(
        data_dir: &Path,
        keys: &'a IdentityKeys,
        connection: &'a str,
        stream: &'a Stream,
        zone: Tz,
        now: DateTime<Utc>,
    ) -> Result<Cases<'a>, LandingError> {
        let mut cases = Cases {
            keys,
            connection,
            stream,
            zone,
            now,
            known: Vec::new(),
            people: HashMap::new(),
            ids: HashMap::new(),
            changed: BTreeSet::new(),
        };
        let mut last: HashMap<String, Line> = HashMap::new();
        for segment in list_connection_segments(data_dir, connection)?.iter().filter(|segment| segment.stream == stream.name) {
            for line in read_segment(segment)? {
                let line = line?;
                last.insert(line.id.clone(), line);
            }
        }
        let mut lines: Vec<Line> = last.into_values().filter(|line| !line.id.starts_with("erased-")).collect();
        lines.sort_by(|a, b| a.id.cmp(&b.id));
        for line in lines {
            if let Some(case) = Case::of_line(line) {
                cases.add(case);
            }
        }
        Ok(cases)
    }

    /// Takes what a message tells. `at` is when, `message_id` stands for a person that has no digest.
    pub(crate) fn take(&mut self, fit: &Fit, at: DateTime<Utc>, message_id: &str, maker: &mut LineMaker<'_>) {
        let record = record(fit, at, self.now);
        let digests: BTreeSet<Digest> =
            maker.identity(&record, "").map(|identity| identity.digests.into_iter().collect()).unwrap_or_default();
        let title = fit.taken.get(Slot::Title).map(folded);
        let near = self.find(&fit.board, title.as_deref(), at, &digests);
        let id = match near.and_then(|index| self.known.get(index)) {
            Some(case) => case.id.clone(),
            None => self.new_id(fit, title.as_deref(), at, &digests, message_id),
        };
        // Somebody without a digest (张女士, no phone) is found again by the message's own id.
        let found = near.or_else(|| self.ids.get(&id).copied());
        let line = match maker.make(record, Some(id.clone())) {
            Made::Line(line) => Some(*line),
            Made::Erased(_) => None,
        };
        if let Some(index) = found {
            self.join(index, at, title, digests, line, maker);
        } else {
            let index = self.add(Case { id, board: fit.board.clone(), title, first: at, last: at, digests, line });
            self.changed.insert(index);
        }
    }

    /// The lines that changed since the last call.
    pub(crate) fn drain(&mut self) -> Vec<Line> {
        let changed = std::mem::take(&mut self.changed);
        changed.into_iter().filter_map(|index| self.known.get(index)?.line.clone()).collect()
    }

    fn add(&mut self, case: Case) -> usize {
        let index = self.known.len();
        for digest in case.digests.iter().filter(|digest| tells(digest)) {
            self.people.entry(digest.value).or_default().push(index);
        }
        self.ids.insert(case.id.clone(), index);
        self.known.push(case);
        index
    }

    /// The case that is nearest in time among those of the person, board and title.
    fn find(&self, board: &str, title: Option<&str>, at: DateTime<Utc>, digests: &BTreeSet<Digest>) -> Option<usize> {
        let of_person: BTreeSet<usize> =
            digests.iter().filter(|digest| tells(digest)).filter_map(|digest| self.people.get(&digest.value)).flatten().copied().collect();
        let near = of_person.into_iter().filter_map(|index| {
            let case = self.known.get(index)?;
            let same_title = title.is_none() || case.title.is_none() || case.title.as_deref() == title;
            let distance = (case.first - at).max(at - case.last).max(Duration::zero());
            (case.board == board && same_title && distance <= WINDOW && same_person(&case.digests, digests)).then_some((distance, index))
        });
        near.min().map(|(_, index)| index)
    }

    fn join(
        &mut self,
        index: usize,
        at: DateTime<Utc>,
        title: Option<String>,
        digests: BTreeSet<Digest>,
        line: Option<Line>,
        maker: &LineMaker<'_>,
    ) {
        let Some(case) = self.known.get_mut(index) else { return };
        case.first = case.first.min(at);
        case.last = case.last.max(at);
        case.title = case.title.take().or(title);
        for digest in digests {
            if tells(&digest) && !case.digests.contains(&digest) {
                self.people.entry(digest.value).or_default().push(index);
            }
            case.digests.insert(digest);
        }
        if let (Some(known), Some(line)) = (&mut case.line, line)
            && merge(known, line, self.now, maker)
        {
            self.changed.insert(index);
        }
    }

    /// An id once and for good: digest of connection, board, person, title and day.
    fn new_id(&self, fit: &Fit, title: Option<&str>, at: DateTime<Utc>, digests: &BTreeSet<Digest>, message_id: &str) -> String {
        let kinds = [DigestKind::PhoneE164, DigestKind::EmailExact, DigestKind::NameExact];
        let first = kinds.iter().find_map(|kind| digests.iter().find(|digest| digest.kind == *kind));
        let who = first.map_or_else(|| message_id.to_owned(), |digest| digest.hex().to_string());
        let day = at.with_timezone(&self.zone).date_naive().to_string();
        self.keys.row_id(&[self.connection, &self.stream.name, &fit.board, &who, title.unwrap_or_default(), &day])
    }
}

impl Case {
    /// A case as it was landed.
    fn of_line(line: Line) -> Option<Case> {
        let text = |key: &str| line.record.get(key).and_then(Value::as_str);
        let instant = |key: &str| DateTime::parse_from_rfc3339(text(key)?).ok().map(|at| at.with_timezone(&Utc));
        Some(Case {
            id: line.id.clone(),
            board: text("board")?.to_owned(),
            title: text("title").map(folded),
            first: instant("first_at")?,
            last: instant("last_at")?,
            digests: line.identity.iter().flat_map(|identity| identity.digests.iter().copied()).collect(),
            line: Some(line),
        })
    }
}

/// What lets a person be found again in the same mailbox.
fn tells(digest: &Digest) -> bool {
    digest.kind.links() || digest.kind == DigestKind::NameExact
}

/// A phone or address in common, or the name and nothing that speaks against it.
fn same_person(known: &BTreeSet<Digest>, new: &BTreeSet<Digest>) -> bool {
    let shared = |wanted: &dyn Fn(DigestKind) -> bool| known.intersection(new).any(|digest| wanted(digest.kind));
    let differ = |kind: DigestKind| [known, new].iter().all(|digests| digests.iter().any(|digest| digest.kind == kind));
    shared(&DigestKind::links)
        || (shared(&|kind| kind == DigestKind::NameExact) && !differ(DigestKind::PhoneE164) && !differ(DigestKind::EmailExact))
}

fn folded(title: &str) -> String {
    title.nfkc().filter(|c| !c.is_whitespace()).collect::<String>().to_lowercase()
}

fn written(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}

/// What the messages of an mbox tell, by the templates that come with the program: the records of an examination.
pub(crate) fn records_of_file(path: &Path) -> std::io::Result<Vec<Value>> {
    let templates = Templates::new(Vec::new(), Tz::UTC);
    let mut records = Vec::new();
    for message in Mbox::new(BufReader::new(File::open(path)?)) {
        let Some(mail) = Mail::read(&message?) else { continue };
        if let Reading::Fits(fit) = templates.read(&mail)
            && let Some(at) = fit.at
        {
            records.push(record(&fit, at, at));
        }
    }
    Ok(records)
}

/// The record of one message. Name, phone and address are digested before it is landed.
fn record(fit: &Fit, at: DateTime<Utc>, now: DateTime<Utc>) -> Value {
    let applied = (fit.stage == Stage::Applied).then(|| written(at));
    json!({
        "board": fit.board,
        "title": fit.taken.get(Slot::Title),
        "city": fit.taken.get(Slot::City),
        "name": fit.taken.get(Slot::Name),
        "phone": fit.taken.get(Slot::Phone),
        "email": fit.taken.get(Slot::Email),
        "first_at": written(at),
        "applied_at": applied,
        "last_at": written(at),
        "changed_at": now.to_rfc3339_opts(SecondsFormat::Millis, true),
        "stages": [{"stage": fit.stage.as_str(), "at": written(at)}],
    })
}

/// Adds what another message of the case tells; false when that is nothing new. Every change is later than the one
/// before it, also within one pull: the row's version is made of it.
fn merge(known: &mut Line, new: Line, now: DateTime<Utc>, maker: &LineMaker<'_>) -> bool {
    let (Value::Object(record), Value::Object(more)) = (&mut known.record, new.record) else { return false };
    for (key, value) in more {
        let slot = record.entry(key.clone()).or_insert(Value::Null);
        match key.as_str() {
            "first_at" | "applied_at" => keep(slot, value, |new, known| new < known),
            "last_at" => keep(slot, value, |new, known| new > known),
            "changed_at" => {}
            "stages" => merge_stages(slot, value),
            _ if slot.is_null() => *slot = value,
            _ => {}
        }
    }
    if let (Some(identity), Some(more)) = (&mut known.identity, new.identity) {
        merge_people(identity, more);
        // Who is told of more is told apart from cases that tell less, so that what was learnt is not lost to them.
        let person = Identity { digests: identity.digests.clone(), flags: identity.flags.clone() };
        identity.candidate = maker.own_candidate(&known.id, &person);
    }
    if content_hash(&known.record, known.identity.as_ref(), &known.lookups) == known.content_hash {
        return false;
    }
    let before = known.record.get("changed_at").and_then(Value::as_str).and_then(|text| DateTime::parse_from_rfc3339(text).ok());
    let after_it = before.map(|before| before.with_timezone(&Utc) + Duration::milliseconds(1));
    let changed_at = after_it.map_or(now, |after_it| after_it.max(now));
    if let Some(record) = known.record.as_object_mut() {
        record.insert("changed_at".to_owned(), changed_at.to_rfc3339_opts(SecondsFormat::Millis, true).into());
    }
    known.content_hash = content_hash(&known.record, known.identity.as_ref(), &known.lookups);
    true
}

/// Instants are written alike, so their text sorts as they do.
fn keep(slot: &mut Value, value: Value, better: impl Fn(&str, &str) -> bool) {
    let replace = match (slot.as_str(), value.as_str()) {
        (Some(known), Some(new)) => better(new, known),
        (None, Some(_)) => true,
        _ => false,
    };
    if replace {
        *slot = value;
    }
}

/// Each stage once, at the earliest instant.
fn merge_stages(slot: &mut Value, more: Value) {
    let mut stages: Map<String, Value> = Map::new();
    for list in [slot.take(), more] {
        let Value::Array(list) = list else { continue };
        for entry in list {
            let (Some(stage), Some(at)) = (entry.get("stage").and_then(Value::as_str), entry.get("at")) else { continue };
            keep(stages.entry(stage.to_owned()).or_insert(Value::Null), at.clone(), |new, known| new < known);
        }
    }
    let mut list: Vec<Value> = stages.into_iter().map(|(stage, at)| json!({"stage": stage, "at": at})).collect();
    list.sort_by(|a, b| (a["at"].as_str(), a["stage"].as_str()).cmp(&(b["at"].as_str(), b["stage"].as_str())));
    *slot = Value::Array(list);
}

/// A whole phone or address that a later message gave makes the masked one of an earlier no matter.
fn merge_people(known: &mut LineIdentity, more: LineIdentity) {
    // One name in Chinese characters is enough.
    let chinese = [&*known, &more]
        .into_iter()
        .any(|told| told.digests.iter().any(|digest| digest.kind == DigestKind::NameExact) && !told.flags.contains(&Flag::LatinName));
    let digests: BTreeSet<Digest> = known.digests.drain(..).chain(more.digests).collect();
    let flags: BTreeSet<Flag> = known.flags.drain(..).chain(more.flags).collect();
    let has = |kind: DigestKind| digests.iter().any(|digest| digest.kind == kind);
    let settled = |flag: &Flag| match flag {
        Flag::MaskedPhone | Flag::InvalidPhone => has(DigestKind::PhoneE164),
        Flag::InvalidEmail => has(DigestKind::EmailExact),
        Flag::LatinName => chinese,
        Flag::RelayPhone => false,
    };
    known.flags = flags.into_iter().filter(|flag| !settled(flag)).collect();
    known.digests = digests.into_iter().collect();
}

#[cfg(test)]
#[path = "cases_tests.rs"]
mod tests;
