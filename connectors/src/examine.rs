//! A spec against answers: recorded ones, or fixtures written by hand. A path that finds nothing in any of them is
//! most likely a mistake.
//!
//! Fixtures of a board are `<folder>/<stream>.<ending>`, and `<stream>.<key>.<ending>` for the second call `as = "<key>"`;
//! the ending is `json`, `xml` or `html`, or that of a file for streams that are read from files.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use serde_json::{Map, Value};

use crate::answer::convert;
use crate::pull::{Outside, shaped_records};
use crate::spec::{Answer, FileFormat, Kind, Spec, StageWords, Stream};

/// What a stream's mapping found in records.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// The stream.
    pub stream: String,
    /// Number of records.
    pub records: usize,
    /// Fields, events and paths that found nothing in any record.
    pub nothing: BTreeSet<String>,
    /// Values that could not be read: field and reason.
    pub unreadable: BTreeSet<String>,
    /// Columns of the first record as read.
    pub first: Vec<(String, String)>,
    /// Stage events of the first record that tells any.
    pub events: Vec<String>,
}

/// Reference entries by stream.
pub type Entries = BTreeMap<String, Value>;

/// When and where the records of an examination were fetched.
#[derive(Debug, Clone, Copy)]
pub struct Fetched {
    /// The instant that relative times are counted from.
    pub at: DateTime<Utc>,
    /// The connection's zone.
    pub zone: Tz,
}

/// Reads every field, event and path of a stream in records.
pub fn examine(spec: &Spec, stream: &Stream, records: &[Value], references: &Entries, fetched: Fetched) -> Found {
    let mut found = Found { stream: stream.name.clone(), records: records.len(), ..Found::default() };
    let lookups: Map<String, Value> = references.clone().into_iter().collect();
    let scope = |record| stream.scope(record, Some(&lookups), fetched.zone).fetched(fetched.at);
    for (name, field) in &stream.fields {
        let Some(column) = stream.kind.column(name) else { continue };
        let mut any = false;
        for (at, record) in records.iter().enumerate() {
            match field.read_column(column, &scope(record)) {
                Ok(Some(cell)) => {
                    any = true;
                    if at == 0 {
                        found.first.push((name.clone(), cell.to_string()));
                    }
                }
                Ok(None) => {}
                Err(reason) => drop(found.unreadable.insert(format!("{name}: {reason}"))),
            }
        }
        if !any {
            found.nothing.insert(name.clone());
        }
    }
    events(spec, stream, records, &scope, fetched.at, &mut found);
    let person = &stream.identity;
    let parts = [("given", &person.given), ("family", &person.family)].map(|(what, path)| (what, path.as_slice()));
    let whole = [("name", &person.name), ("phone", &person.phone), ("email", &person.email), ("birth_year", &person.birth_year)];
    for (what, paths) in whole.map(|(what, paths)| (what, paths.as_slice())).into_iter().chain(parts) {
        if !paths.is_empty() && records.iter().all(|record| paths.iter().all(|path| path.first(record).is_none())) {
            found.nothing.insert(format!("identity {what}"));
        }
    }
    let plain = stream.version.iter().chain(&stream.keep);
    let cursor = stream.request.iter().filter_map(|request| request.cursor.as_ref()).flat_map(|cursor| &cursor.fields);
    for path in plain.chain(cursor).chain(&stream.candidate) {
        if records.iter().all(|record| path.first(record).is_none()) {
            found.nothing.insert(format!("path {path}"));
        }
    }
    let has_id = !stream.id.is_empty() || !stream.id_else.is_empty();
    if has_id && records.iter().any(|record| stream.source_id(record).is_none()) {
        found.unreadable.insert("id: a record has none".to_owned());
    }
    found
}

fn events<'s>(
    spec: &Spec,
    stream: &'s Stream,
    records: &'s [Value],
    scope: &dyn Fn(&'s Value) -> crate::spec::Scope<'s>,
    at: DateTime<Utc>,
    found: &mut Found,
) {
    let mut told: BTreeSet<String> = BTreeSet::new();
    let words = StageWords::new(&BTreeMap::new(), stream, &spec.stages);
    for record in records {
        for map in &stream.events {
            let alone = Stream { events: vec![map.clone()], ..stream.clone() };
            let (read, bad) = alone.read_events(&scope(record), at, &words);
            if !read.is_empty() {
                told.insert(map.name.clone());
            }
            if found.events.len() < 12 {
                found
                    .events
                    .extend(read.iter().map(|event| format!("{} {} ({})", event.stage.as_str(), event.at.to_rfc3339(), event.word)));
            }
            found.unreadable.extend(bad.into_iter().map(|bad| format!("{}: {}", bad.field, bad.reason)));
        }
    }
    let silent = stream.events.iter().filter(|event| !told.contains(&event.name));
    found.nothing.extend(silent.map(|event| format!("event {}", event.name)));
}

/// The records of one answer, shaped as a pull would; second calls excepted. There is no connection to say its
/// params: their defaults count, or their names in braces.
///
/// # Errors
/// One sentence that says what the answer is instead.
pub fn records_of(spec: &Spec, stream: &Stream, bytes: &[u8], parent: Option<&Value>) -> Result<Vec<Value>, String> {
    let body = convert(bytes, None, &with_defaults(spec, &stream.answer)).map_err(|error| error.to_string())?;
    let given = stream.given.iter().map(|name| (name.clone(), Value::from(param(spec, name)))).collect();
    shaped_records(stream, body, Outside { parent, given: &given }).map_err(|error| error.message)
}

/// Puts the answer of a second call into records, as a pull would into the one that it was made for.
///
/// # Errors
/// One sentence that says what the answer is instead, or that there is no such call.
pub fn add_detail(spec: &Spec, stream: &Stream, key: &str, bytes: &[u8], records: &mut [Value]) -> Result<(), String> {
    let mut details = stream.request.iter().flat_map(|request| &request.detail);
    let detail = details.find(|detail| detail.key == key).ok_or_else(|| format!("{} has no second call {key}", stream.name))?;
    let mut body = convert(bytes, None, &with_defaults(spec, &detail.answer)).map_err(|error| error.to_string())?;
    let mut value = None;
    detail.record.change(&mut body, &mut |found| value = Some(found.take()));
    for map in records.iter_mut().filter_map(Value::as_object_mut) {
        map.insert(key.to_owned(), value.clone().unwrap_or_default());
    }
    Ok(())
}

fn param(spec: &Spec, name: &str) -> String {
    spec.params.get(name).and_then(|need| need.default.clone()).unwrap_or_else(|| format!("{{{name}}}"))
}

/// An answer's form with the defaults of the params in its selectors.
fn with_defaults(spec: &Spec, answer: &Answer) -> Answer {
    let fill = |text: &str| -> Result<String, std::convert::Infallible> {
        let names: Vec<&String> = spec.params.keys().filter(|name| text.contains(&format!("{{{name}}}"))).collect();
        Ok(names.into_iter().fold(text.to_owned(), |text, name| text.replace(&format!("{{{name}}}"), &param(spec, name))))
    };
    let Ok(filled) = answer.filled(fill);
    filled
}

/// Entries of a reference stream, as lookups read them.
pub fn entries_of(stream: &Stream, records: &[Value]) -> Value {
    records.iter().filter_map(|record| Some((stream.source_id(record)?, record.clone()))).collect::<Map<_, _>>().into()
}

/// Every stream of a spec against the fixtures in a folder.
///
/// # Errors
/// One sentence naming the file that is missing or cannot be read.
pub fn examine_fixtures(spec: &Spec, folder: &Path, fetched: Fetched) -> Result<Vec<Found>, String> {
    let mut references = Entries::new();
    let mut all = Vec::new();
    for stream in &spec.streams {
        let parent = parent_of(stream, &references);
        let records = fixture_records(spec, stream, folder, parent.as_ref())?;
        if stream.kind == Kind::Reference {
            references.insert(stream.name.clone(), entries_of(stream, &records));
        }
        all.push(examine(spec, stream, &records, &references, fetched));
    }
    Ok(all)
}

/// The first entry of the list that a stream is asked for each entry of.
fn parent_of(stream: &Stream, references: &Entries) -> Option<Value> {
    let each = stream.request.as_ref()?.each.as_ref()?;
    references.get(&each.stream)?.as_object()?.values().next().cloned()
}

fn fixture_records(spec: &Spec, stream: &Stream, folder: &Path, parent: Option<&Value>) -> Result<Vec<Value>, String> {
    if stream.file.as_ref().is_some_and(|form| form.format == Some(FileFormat::Mail)) {
        // What the templates make of messages.
        let path = fixture(folder, &stream.name, &["mbox"])?;
        return crate::mail::records_of_file(&path).map_err(|error| format!("{}: {error}", path.display()));
    }
    if stream.request.is_none() {
        let path = fixture(folder, &stream.name, &["xlsx", "csv", "ndjson", "json", "html", "xml"])?;
        return crate::file::records_of_file(&path, stream).map_err(|error| error.message);
    }
    let path = fixture(folder, &stream.name, endings(&stream.answer))?;
    let bytes = std::fs::read(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    let mut records = records_of(spec, stream, &bytes, parent).map_err(|reason| format!("{}: {reason}", path.display()))?;
    for detail in stream.request.iter().flat_map(|request| &request.detail) {
        let path = fixture(folder, &format!("{}.{}", stream.name, detail.key), endings(&detail.answer))?;
        let bytes = std::fs::read(&path).map_err(|error| format!("{}: {error}", path.display()))?;
        add_detail(spec, stream, &detail.key, &bytes, &mut records).map_err(|reason| format!("{}: {reason}", path.display()))?;
    }
    Ok(records)
}

fn endings(answer: &Answer) -> &'static [&'static str] {
    match answer {
        Answer::Json | Answer::JsonApi => &["json"],
        Answer::Xml { .. } => &["xml"],
        _ => &["html"],
    }
}

fn fixture(folder: &Path, name: &str, endings: &[&str]) -> Result<PathBuf, String> {
    let tried: Vec<PathBuf> = endings.iter().map(|ending| folder.join(format!("{name}.{ending}"))).collect();
    let found = tried.iter().find(|path| path.is_file()).cloned();
    found.ok_or_else(|| format!("{}.{}: there is no such fixture", folder.join(name).display(), endings.join(" or .")))
}
