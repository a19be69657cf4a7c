//! From a record to a landed line: identity digested, text masked, the rest dropped.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use inflow_config::{Config, Connection};
use serde_json::{Map, Value};

use super::pick::{Allowed, Dropped};
use crate::identity::{
    Digest, HexDigest, Identity, IdentityKeys, Person, Source, digest_person, full_name, keep_party, mask_text, may_hide, party_form,
};
use crate::landing::{Line, LineIdentity, canonical_text, content_hash};
use crate::spec::{Care, Field, FieldType, HEALTH_CERTIFICATE, Kind, Lookup, Path, Stream, TimeFormat, When, keep_lawful, scalar_text};

/// Reference entries by stream and id.
pub(crate) type References = BTreeMap<String, BTreeMap<String, Value>>;

/// Makes lines of one stream.
pub(crate) struct LineMaker<'a> {
    stream: &'a Stream,
    connection: &'a str,
    country: &'a str,
    keys: &'a IdentityKeys,
    tombstones: &'a HashSet<String>,
    references: &'a References,
    allowed: Allowed,
    /// What is kept of a health certificate among other assessments.
    certificate: Option<Allowed>,
    masked: Vec<Path>,
    /// What is said of people in free words.
    traits: Vec<Path>,
    coded: Vec<Path>,
    /// Who pays or is paid.
    links: Vec<Path>,
    parties: Vec<Path>,
    /// What payments are said to be for.
    purposes: Vec<Path>,
    /// Names of channels and of the company, which are no person's.
    known_parties: Arc<HashSet<String>>,
    /// What changes by itself from day to day (`3 days ago`): no change of the record.
    volatile: Vec<Path>,
    /// Lookups with the absolute path of the id.
    lookups: Vec<(Lookup, Path)>,
    dropped: Dropped,
}

/// A record, taken or not.
pub(crate) enum Made {
    /// To be landed if it changed.
    Line(Box<Line>),
    /// Of an erased person; the key says that it was listed.
    Erased(u64),
}

impl<'a> LineMaker<'a> {
    pub(crate) fn new(
        stream: &'a Stream,
        connection: &'a str,
        country: &'a str,
        keys: &'a IdentityKeys,
        tombstones: &'a HashSet<String>,
        references: &'a References,
    ) -> LineMaker<'a> {
        let care = Cares::of(stream);
        let allowed = Allowed::new(&stream.landed_paths());
        LineMaker {
            stream,
            connection,
            country,
            keys,
            tombstones,
            references,
            allowed: if stream.kind.is_about_people() { allowed.personal() } else { allowed },
            certificate: (stream.kind == Kind::Assessments).then(|| Allowed::new(&stream.certificate_paths())),
            masked: care.masked,
            traits: care.traits,
            coded: care.coded,
            links: care.links,
            parties: care.parties,
            purposes: care.purposes,
            known_parties: Arc::default(),
            volatile: care.volatile,
            lookups: care.lookups,
            dropped: Dropped::default(),
        }
    }

    /// With the names that stand for channels, and the company's own: as payer or payee they are kept.
    pub(crate) fn with_parties(mut self, config: &Config, connection: &Connection) -> LineMaker<'a> {
        if !self.parties.is_empty() {
            let channels = config.channels.iter().flat_map(|channel| [&channel.id, &channel.name.zh, &channel.name.en]);
            let names = channels.chain(connection.source_map.keys()).chain([&config.settings.company.name]);
            self.known_parties = Arc::new(names.map(|name| party_form(name)).filter(|form| !form.is_empty()).collect());
        }
        self
    }

    /// Another maker of the same lines, for another thread.
    pub(crate) fn fork(&self) -> LineMaker<'a> {
        LineMaker {
            allowed: self.allowed.clone(),
            certificate: self.certificate.clone(),
            masked: self.masked.clone(),
            traits: self.traits.clone(),
            coded: self.coded.clone(),
            links: self.links.clone(),
            parties: self.parties.clone(),
            purposes: self.purposes.clone(),
            known_parties: self.known_parties.clone(),
            volatile: self.volatile.clone(),
            lookups: self.lookups.clone(),
            dropped: Dropped::default(),
            ..*self
        }
    }

    /// Counts what another maker of the same lines dropped.
    pub(crate) fn join(&mut self, other: LineMaker<'a>) {
        self.dropped.add(other.dropped);
    }

    /// Key of a record with this id.
    pub(crate) fn key_of(&self, id: &str) -> u64 {
        self.keys.record_key(self.connection, &self.stream.name, id)
    }

    /// The line of a record. `id` overrides the record's own (files without ids).
    pub(crate) fn make(&mut self, record: Value, id: Option<String>) -> Made {
        let id = id.or_else(|| self.stream.source_id(&record)).unwrap_or_default();
        let identity = self.identity(&record, &id);
        let erased = self.is_erased(&record, &id, identity.as_ref());
        let allowed = self.certificate.as_ref().filter(|_| is_certificate(self.stream, &record)).unwrap_or(&self.allowed);
        let names = if self.traits.is_empty() { Vec::new() } else { self.names(&record) };
        let mut kept = allowed.pick(record, "", &mut self.dropped).unwrap_or(Value::Null);
        for path in &self.traits {
            path.change(&mut kept, &mut |value| keep_lawful(value, &names));
        }
        for path in &self.masked {
            path.change(&mut kept, &mut mask_value);
        }
        for path in &self.coded {
            path.change(&mut kept, &mut |value| {
                if let Some(name) = scalar_text(value) {
                    *value = Value::String(self.keys.recruiter_code(&name));
                }
            });
        }
        for path in &self.links {
            path.change(&mut kept, &mut |value| {
                *value = scalar_text(value).and_then(|link| host_of(&link)).map_or(Value::Null, Value::String);
            });
        }
        self.keep_parties(&mut kept);
        let lookups = self.entries(&kept);
        let content_hash = match self.steady(&kept) {
            Some(steady) => content_hash(&steady, identity.as_ref(), &lookups),
            None => content_hash(&kept, identity.as_ref(), &lookups),
        };
        // A record without an id is told apart by its content until the pipeline quarantines it.
        let key_hash =
            if id.is_empty() { self.keys.record_key(self.connection, &self.stream.name, &canonical_text(&kept)) } else { self.key_of(&id) };
        if erased {
            return Made::Erased(key_hash);
        }
        Made::Line(Box::new(Line { id, key_hash, content_hash, record: kept, identity, lookups, gone: false, back: false }))
    }

    /// Makes codes of the people among payers and payees. What a payment to a person is said to be for may name that person, or another.
    fn keep_parties(&self, kept: &mut Value) {
        let mut any_person = false;
        for path in &self.parties {
            path.change(kept, &mut |value| {
                if let Some(name) = scalar_text(value) {
                    let (party, person) = keep_party(self.keys, &name, &|form| self.known_parties.contains(form));
                    *value = Value::String(party);
                    any_person |= person;
                }
            });
        }
        if any_person {
            for path in &self.purposes {
                path.change(kept, &mut |value| *value = Value::Null);
            }
        }
    }

    /// A record without what changes by itself; `None` when nothing does.
    fn steady(&self, kept: &Value) -> Option<Value> {
        if self.volatile.is_empty() {
            return None;
        }
        let mut steady = kept.clone();
        for path in &self.volatile {
            path.change(&mut steady, &mut |value| *value = Value::Null);
        }
        Some(steady)
    }

    /// Key of a record as a list shows it, and a hash of what the list says of it: whether a second call would tell
    /// anything new. `None` for a record without an id.
    pub(crate) fn outline(&self, record: &Value) -> Option<(u64, u64)> {
        let id = self.stream.source_id(record)?;
        let kept = self.allowed.pick(record.clone(), "", &mut Dropped::default()).unwrap_or(Value::Null);
        let steady = self.steady(&kept).unwrap_or(kept);
        let hash = content_hash(&steady, self.identity(record, &id).as_ref(), &Map::new());
        Some((self.keys.record_key(self.connection, &self.stream.name, &id), hash))
    }

    /// Digests of the person of a record, before anything is dropped. `None` when the record says nothing of a person.
    pub(crate) fn identity(&self, record: &Value, id: &str) -> Option<LineIdentity> {
        if !self.stream.kind.is_about_people() {
            return None;
        }
        let texts = |paths: &[Path]| -> Vec<String> { paths.iter().flat_map(|path| path.all(record)).flat_map(texts_of).collect() };
        let paths = &self.stream.identity;
        let person = Person {
            names: self.names(record),
            phones: texts(&paths.phone),
            emails: texts(&paths.email),
            births: texts(&paths.birth_year),
        };
        let identity = digest_person(self.keys, &person, self.country);
        let named = self.stream.candidate.as_ref().and_then(|path| path.first(record)).and_then(scalar_text);
        let nobody = identity.digests.is_empty() && identity.flags.is_empty();
        if named.is_none() && nobody && self.stream.kind != Kind::Applications {
            return None;
        }
        let candidate = named.unwrap_or_else(|| self.own_candidate(id, &identity));
        Some(LineIdentity { candidate, digests: identity.digests, flags: identity.flags })
    }

    /// The names of the person of a record, in clear: for digests, and to be taken out of text.
    fn names(&self, record: &Value) -> Vec<String> {
        let paths = &self.stream.identity;
        let part = |path: &Option<Path>| path.as_ref().and_then(|path| path.first(record)).and_then(scalar_text);
        let whole = paths.name.iter().flat_map(|path| path.all(record)).flat_map(texts_of);
        whole.chain(full_name(part(&paths.given), part(&paths.family))).collect()
    }

    /// The candidate of a row whose source names none: one for all rows of the stream that say the same of a person with a
    /// phone or mail. A person may have very many rows, and a digest on very many candidates is taken for a shared desk; whereas
    /// rows under other names, as a desk has them, stay candidates of their own, and no candidate has less than one of its
    /// rows says. A row without phone or mail stands for its person alone.
    ///
    /// Such an id may be that of somebody else among the connection's candidates, so the stream stands before it, except
    /// where it is the application's own.
    pub(crate) fn own_candidate(&self, id: &str, identity: &Identity) -> String {
        let stream = &self.stream.name;
        if !identity.digests.iter().any(|digest| digest.kind.links()) {
            return if self.stream.kind == Kind::Applications { id.to_owned() } else { format!("{stream}/{id}") };
        }
        let digests: Vec<HexDigest> = identity.digests.iter().map(Digest::hex).collect();
        let told = digests.iter().map(|digest| &**digest).chain(identity.flags.iter().map(|flag| flag.as_str()));
        let parts: Vec<&str> = ["candidate", self.connection, stream].into_iter().chain(told).collect();
        format!("{stream}/{}", self.keys.row_id(&parts))
    }

    fn is_erased(&self, record: &Value, id: &str, identity: Option<&LineIdentity>) -> bool {
        if self.tombstones.is_empty() {
            return false;
        }
        let erased = |source, id: &str| self.tombstones.contains(&self.keys.tombstone_source(source, self.connection, id));
        let application = match (&self.stream.application, self.stream.kind) {
            (Some(path), _) => path.first(record).and_then(scalar_text),
            (None, Kind::Applications) => Some(id.to_owned()),
            _ => None,
        };
        application.is_some_and(|id| erased(Source::Application, &id))
            || identity.is_some_and(|identity| {
                erased(Source::Candidate, &identity.candidate)
                    || identity
                        .digests
                        .iter()
                        .flat_map(|digest| self.keys.tombstones(digest))
                        .any(|tombstone| self.tombstones.contains(&tombstone))
            })
    }

    /// Columns of the source that were dropped. What identifies a person was used, not dropped: it is
    /// no news for the report.
    pub(crate) fn dropped(&self) -> impl Iterator<Item = (&String, u64)> {
        self.dropped.columns().filter(|(name, _)| {
            let outer = name.parse::<Path>().ok();
            outer.is_none_or(|outer| !self.stream.identity.all().any(|path| path.is_within(&outer)))
        })
    }

    fn entries(&self, record: &Value) -> Map<String, Value> {
        let mut found = Map::new();
        for (lookup, path) in &self.lookups {
            let Some(entries) = self.references.get(&lookup.stream) else { continue };
            for id in path.all(record).into_iter().filter_map(scalar_text) {
                if let Some(entry) = entries.get(&id) {
                    let stream = found.entry(lookup.stream.clone()).or_insert_with(|| Value::Object(Map::new()));
                    if let Value::Object(stream) = stream {
                        stream.insert(id, entry.clone());
                    }
                }
            }
        }
        found
    }
}

/// True when a record says itself that it is a health certificate; a mapping that says so is held to its status by
/// [`crate::spec::parse_mapping`].
fn is_certificate(stream: &Stream, record: &Value) -> bool {
    let paths = stream.fields.get("kind").into_iter().flat_map(Field::reads);
    let mut words = paths.flat_map(|path| path.all(record)).filter_map(scalar_text);
    words.any(|word| word.eq_ignore_ascii_case(HEALTH_CERTIFICATE))
}

/// Scalars of a value; a list of texts is several.
fn texts_of(value: &Value) -> Vec<String> {
    match value {
        Value::Array(list) => list.iter().filter_map(scalar_text).collect(),
        scalar => scalar_text(scalar).into_iter().collect(),
    }
}

/// The host of a link, as it is written with or without its scheme; `None` where there is none.
fn host_of(link: &str) -> Option<String> {
    let link = link.trim();
    let whole = if link.contains("://") { link.to_owned() } else { format!("https://{link}") };
    let host = url::Url::parse(&whole).ok()?.host_str()?.to_lowercase();
    host.contains('.').then_some(host)
}

fn mask_value(value: &mut Value) {
    match value {
        Value::String(text) => {
            if may_hide(text) {
                *text = mask_text(text);
            }
        }
        Value::Array(list) => list.iter_mut().for_each(mask_value),
        Value::Object(map) => map.values_mut().for_each(mask_value),
        Value::Number(number) => {
            // A phone number can come as a number.
            let text = number.to_string();
            if may_hide(&text) {
                let masked = mask_text(&text);
                if masked.starts_with('[') {
                    *value = Value::String(masked);
                }
            }
        }
        Value::Null | Value::Bool(_) => {}
    }
}

/// Which paths of a stream need what before landing.
#[derive(Default)]
struct Cares {
    masked: Vec<Path>,
    traits: Vec<Path>,
    coded: Vec<Path>,
    links: Vec<Path>,
    parties: Vec<Path>,
    purposes: Vec<Path>,
    volatile: Vec<Path>,
    lookups: Vec<(Lookup, Path)>,
}

impl Cares {
    fn of(stream: &Stream) -> Cares {
        let mut cares = Cares::default();
        let base = Path::default();
        for (name, field) in &stream.fields {
            let care = stream.kind.column(name).map_or(Care::Mask, |column| column.care);
            cares.add(field, care, &|path| base.join(path));
            let timed = stream.kind.column(name).is_some_and(|column| matches!(column.value, FieldType::Time | FieldType::Day));
            if timed && *field.format.as_ref().unwrap_or(&stream.time_format) == TimeFormat::Relative {
                cares.volatile.extend(field.paths.iter().map(|path| base.join(path)));
            }
        }
        for event in &stream.events {
            for (part, field) in event.fields() {
                let care = match part {
                    "recruiter" => Care::Code,
                    "reason" => Care::Mask,
                    _ => Care::Keep,
                };
                cares.add(field, care, &|path| event.absolute(path));
            }
            let conditions = event.when.iter().flat_map(When::lookups);
            cares.lookups.extend(conditions.map(|(lookup, path)| (lookup.clone(), event.absolute(path))));
        }
        cares.masked.extend(stream.mask.iter().chain(&stream.keep).cloned());
        // What names a row must stay as it is, whatever else is read from it.
        let ids = stream.id.iter().chain(&stream.entry_key).chain(&stream.candidate).chain(&stream.application);
        let ids: Vec<&Path> = ids.chain(&stream.version).collect();
        cares.masked.retain(|path| !ids.contains(&path));
        // A column that both pays and says what for is the payer's.
        cares.purposes.retain(|path| !ids.contains(&path) && !cares.parties.contains(path));
        cares.traits.sort();
        cares.traits.dedup();
        cares.masked.sort();
        cares.masked.dedup();
        cares.coded.sort();
        cares.coded.dedup();
        cares
    }

    fn add(&mut self, field: &Field, care: Care, absolute: &dyn Fn(&Path) -> Path) {
        self.lookups.extend(field.lookups().map(|(lookup, path)| (lookup.clone(), absolute(path))));
        let made = field.text.iter().flat_map(crate::spec::Template::paths);
        let paths = field.paths.iter().chain(&field.all_of).chain(made).map(absolute);
        match care {
            // The id of an entry is not text of people.
            Care::Mask if field.lookup.is_none() => self.masked.extend(paths),
            Care::Traits if field.lookup.is_none() => {
                let paths: Vec<Path> = paths.collect();
                self.traits.extend(paths.iter().cloned());
                self.masked.extend(paths);
            }
            Care::Purpose if field.lookup.is_none() => {
                let paths: Vec<Path> = paths.collect();
                self.purposes.extend(paths.iter().cloned());
                self.masked.extend(paths);
            }
            Care::Code => self.coded.extend(paths),
            Care::Party => self.parties.extend(paths),
            Care::Host => self.links.extend(paths),
            _ => {}
        }
    }
}
