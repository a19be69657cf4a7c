//! Reading specs and mapping files: what serde cannot see (unknown columns, lookups of nothing,
//! identity that would be landed) is refused here, all at once.

use std::collections::BTreeSet;

use inflow_config::{Explain, Stage, did_you_mean};

use super::answer::Answer;
use super::columns::{CERTIFICATE_COLUMNS, DAILY_COUNTERS, FieldType, HEALTH_CERTIFICATE, Kind};
use super::field::{Field, When};
use super::path::{Path, Step};
use super::request::{Detail, Paginate, Request};
use super::sensitive::{Sensitive, sensitive};
use super::stream::{EventMap, Stream};
use super::{Auth, Spec};

/// A spec or mapping file that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", .problems.iter().map(|problem| format!("{file}: {problem}")).collect::<Vec<_>>().join("\n"))]
pub struct SpecError {
    /// The file.
    pub file: String,
    /// Every problem, one sentence each.
    pub problems: Vec<String>,
}

impl Explain for SpecError {
    fn hint(&self) -> Option<String> {
        Some("the words of specs and mapping files are explained in the connectors' README".to_owned())
    }
}

/// Reads a board's spec.
pub fn parse_spec(text: &str, file: &str) -> Result<Spec, SpecError> {
    let spec: Spec = read(text, file)?;
    let mut found = Found::default();
    check_spec(&spec, &mut found);
    found.result(spec, file)
}

/// Reads a mapping file: one stream that reads files. Its name defaults to its kind.
pub fn parse_mapping(text: &str, file: &str) -> Result<Stream, SpecError> {
    let mut stream: Stream = read(text, file)?;
    if stream.name.is_empty() {
        stream.kind.as_str().clone_into(&mut stream.name);
    }
    let mut found = Found::default();
    if stream.request.is_some() {
        found.add("request", "a mapping reads files and has no `request`");
    }
    if stream.kind == Kind::Reference {
        found.add("kind", "a mapping cannot deliver `reference`");
    }
    check_stream(&stream, &BTreeSet::new(), &mut found);
    found.result(stream, file)
}

fn read<T: serde::de::DeserializeOwned>(text: &str, file: &str) -> Result<T, SpecError> {
    toml::from_str(text).map_err(|error| {
        let line = error.span().map(|span| text.bytes().take(span.start).filter(|byte| *byte == b'\n').count() + 1);
        let message = error.message().trim().replace('\n', " ");
        let problem = line.map_or_else(|| message.clone(), |line| format!("line {line}: {message}"));
        SpecError { file: file.to_owned(), problems: vec![problem] }
    })
}

#[derive(Default)]
pub(super) struct Found(Vec<String>);

impl Found {
    pub(super) fn add(&mut self, key: &str, message: impl std::fmt::Display) {
        self.0.push(format!("{key}: {message}"));
    }

    fn result<T>(self, value: T, file: &str) -> Result<T, SpecError> {
        if self.0.is_empty() {
            return Ok(value);
        }
        Err(SpecError { file: file.to_owned(), problems: self.0 })
    }
}

fn check_spec(spec: &Spec, found: &mut Found) {
    let known: BTreeSet<&str> = spec.params.keys().chain(spec.secrets.keys()).map(String::as_str).collect();
    if spec.concurrency == 0 {
        found.add("concurrency", "is at least 1");
    }
    let asks = spec.streams.iter().any(|stream| stream.request.is_some());
    if spec.budget.is_empty() && asks {
        found.add("budget", "a board needs at least one window");
    }
    if spec.base_url.is_empty() && asks {
        found.add("base_url", "a board that is asked needs an address");
    }
    for window in &spec.budget {
        if window.requests == 0 || window.per.is_zero() {
            found.add("budget", "a window needs at least one request and a length");
        }
    }
    for name in &spec.any_of {
        unknown_name(name, &known, "any_of", found);
    }
    placeholders(&spec.base_url, &known, "base_url", found);
    for text in auth_texts(&spec.auth) {
        placeholders(text, &known, "auth", found);
    }
    for (header, value) in &spec.headers {
        placeholders(value, &known, &format!("headers.{header}"), found);
    }
    if let Some(refresh) = &spec.actions.refresh {
        refresh.check(&known, found);
        if spec.base_url.is_empty() || spec.budget.is_empty() {
            found.add("actions", "a board that is told to do something needs `base_url` and `budget`");
        }
    }
    let references: BTreeSet<&str> = spec.streams.iter().filter(|s| s.kind == Kind::Reference).map(|s| s.name.as_str()).collect();
    let mut names = BTreeSet::new();
    let mut before = BTreeSet::new();
    for stream in &spec.streams {
        if stream.name.is_empty() {
            found.add("stream", "a stream needs a `name`");
        } else if !names.insert(stream.name.as_str()) {
            found.add("stream", format!("two streams are called {}", stream.name));
        }
        match &stream.request {
            Some(request) => {
                check_request(request, &stream.name, &known, &before, found);
                for name in stream.answer.placeholder_names() {
                    unknown_name(name, &known, &format!("{}.answer", stream.name), found);
                }
                for name in &stream.given {
                    if !spec.params.contains_key(name) {
                        found.add(&format!("{}.given", stream.name), format!("{name} is no param of this board"));
                    }
                }
            }
            None if stream.file.is_some() => {}
            None => found.add(&stream.name, "a stream of a board needs `request`, or `file`"),
        }
        if stream.id.is_empty() && stream.id_else.is_empty() && stream.request.is_some() {
            found.add(&stream.name, "a stream of a board needs `id`");
        }
        if stream.kind == Kind::Reference {
            before.insert(stream.name.as_str());
        }
        check_stream(stream, &references, found);
    }
}

fn auth_texts(auth: &Auth) -> Vec<&str> {
    match auth {
        Auth::None => Vec::new(),
        Auth::Basic { user, password } => vec![user, password],
        Auth::Bearer { token } => vec![token],
        Auth::Header { value, .. } | Auth::Query { value, .. } => vec![value],
        Auth::Token { url, form, json, basic, .. } => {
            let basic = basic.iter().flat_map(|(user, password)| [user, password]);
            std::iter::once(url).chain(form.values()).chain(json.values()).chain(basic).map(String::as_str).collect()
        }
    }
}

fn unknown_name(name: &str, known: &BTreeSet<&str>, key: &str, found: &mut Found) {
    if !known.contains(name) {
        found.add(key, format!("{name} is neither a param nor a secret of this board"));
    }
}

/// Names between braces of a text.
pub(crate) fn placeholder_names(text: &str) -> impl Iterator<Item = &str> {
    text.split('{').skip(1).filter_map(|rest| rest.split_once('}').map(|(name, _)| name))
}

fn placeholders(text: &str, known: &BTreeSet<&str>, key: &str, found: &mut Found) {
    for name in placeholder_names(text) {
        unknown_name(name, known, key, found);
    }
}

fn check_request(request: &Request, stream: &str, known: &BTreeSet<&str>, before: &BTreeSet<&str>, found: &mut Found) {
    let key = |part: &str| format!("{stream}.request.{part}");
    let mut known = known.clone();
    if let Some(each) = &request.each {
        known.insert("each");
        if !before.contains(each.stream.as_str()) {
            found.add(&key("each"), format!("{} is not a stream of kind reference that stands before this one", each.stream));
        }
    }
    if let Paginate::Page { param, .. } | Paginate::Offset { param, .. } = &request.paginate {
        known.insert(param);
    }
    let known = &known;
    placeholders(&request.path, known, &key("path"), found);
    for (name, value) in &request.query {
        placeholders(value, known, &key(&format!("query.{name}")), found);
    }
    for detail in &request.detail {
        check_detail(detail, &key(&format!("detail.{}", detail.key)), known, found);
    }
    if request.split.is_some() && request.method != super::request::Method::Post {
        found.add(&key("split"), "facets are asked for in the body of a POST");
    }
    for name in request.needs.iter().chain(&request.unless) {
        unknown_name(name, known, &key("needs"), found);
    }
    if let Paginate::Offset { limit: 0, .. } | Paginate::Page { limit: 0, .. } = request.paginate {
        found.add(&key("paginate"), "a page holds at least one record");
    }
    if let Some(cursor) = &request.cursor {
        if cursor.param.is_empty() {
            found.add(&key("cursor"), "a cursor needs the parameter that takes it");
        }
        if cursor.token.is_some() {
            if !cursor.fields.is_empty() || cursor.format.is_some() || !cursor.lookback.is_zero() || request.each.is_some() {
                found.add(&key("cursor.token"), "the board's own mark stands alone: no `fields`, `format`, `lookback`, and no `each`");
            }
        } else if cursor.lookback.is_zero() {
            found.add(&key("cursor.lookback"), "boards fill in late: look back at least one second");
        }
    }
}

/// Placeholders of a second call: the record's own (`{$path}`) beside the connection's.
fn check_detail(detail: &Detail, key: &str, known: &BTreeSet<&str>, found: &mut Found) {
    let texts = std::iter::once(&detail.path).chain(detail.query.values());
    for name in texts.flat_map(|text| placeholder_names(text)) {
        match name.strip_prefix('$') {
            Some(path) => {
                if let Err(error) = path.trim_start_matches('.').parse::<Path>() {
                    found.add(key, error);
                }
            }
            None => unknown_name(name, known, key, found),
        }
    }
    if detail.key.is_empty() {
        found.add(key, "a second call needs `as`, the key that its answer is put under");
    }
    check_answer(&detail.answer, key, found);
    for name in detail.answer.placeholder_names() {
        unknown_name(name, known, key, found);
    }
}

/// Selectors that hold a param are read when it is known.
fn check_answer(answer: &Answer, key: &str, found: &mut Found) {
    if !answer.has_placeholders()
        && let Err(error) = crate::answer::check_selectors(answer)
    {
        found.add(key, error);
    }
}

fn check_stream(stream: &Stream, references: &BTreeSet<&str>, found: &mut Found) {
    let name = stream.name.as_str();
    check_answer(&stream.answer, name, found);
    let early = stream.only.iter().chain(stream.omit.iter().map(|omit| &omit.when));
    if early.flat_map(When::lookups).next().is_some() {
        found.add(name, "`only` and `omit` are decided before lists are joined and cannot look anything up");
    }
    if let Some(hook) = stream.hook.as_deref().filter(|hook| crate::hook::hook(hook).is_none()) {
        let known: Vec<&str> = crate::hook::HOOKS.iter().map(|hook| hook.name).collect();
        found.add(name, format!("there is no hook {hook}: one of {}", known.join(", ")));
    }
    if stream.kind == Kind::Reference {
        if !stream.fields.is_empty() || !stream.events.is_empty() || !stream.identity.is_empty() {
            found.add(name, "a reference list has neither fields nor events nor identity; use `keep`");
        }
        return;
    }
    for (column, field) in &stream.fields {
        check_column(stream, column, field, references, found);
    }
    for event in &stream.events {
        check_event(stream, event, references, found);
    }
    check_kind(stream, found);
    if let Some(request) = &stream.request
        && request.cursor.is_some()
        && stream.complete
    {
        found.add(name, "a stream with a cursor asks for a part only and cannot be `complete`");
    }
    check_identity(stream, found);
    check_sensitive(stream, found);
}

/// For each kind what it cannot do without: one of these columns, and the sentence that says so.
pub(crate) fn needed_columns(kind: Kind) -> &'static [(&'static [&'static str], &'static str)] {
    match kind {
        Kind::Postings => &[(&["title"], "postings need the field `title`")],
        Kind::Spend => &[
            (&["channel"], "spend needs the field `channel`"),
            (&["kind"], "spend needs the field `kind`"),
            (&["booked_on", "service_from"], "spend needs the field `booked_on` or `service_from`"),
            (&["net", "gross"], "spend needs the field `net` or `gross`"),
        ],
        Kind::BankLines => &[
            (&["booked_on"], "bank_lines need the field `booked_on`"),
            (&["amount", "debit", "credit"], "bank_lines need the field `amount`, or `debit` and `credit`"),
        ],
        Kind::Invoices => &[
            (&["number"], "invoices need the field `number`"),
            (&["issued_on"], "invoices need the field `issued_on`"),
            (&["gross", "net"], "invoices need the field `gross` or `net`"),
        ],
        Kind::Requisitions => &[(&["title"], "requisitions need the field `title`")],
        Kind::ChannelDaily => &[(&["day"], "channel_daily needs the field `day`")],
        Kind::Employment => {
            &[(&["onboard_on", "agreed_on", "left_on", "status"], "employment needs one of `onboard_on`, `agreed_on`, `left_on`, `status`")]
        }
        Kind::Assessments => &[
            (&["kind"], "assessments need the field `kind`"),
            (&["result", "score", "status", "valid_until"], "assessments need one of `result`, `score`, `status`, `valid_until`"),
        ],
        Kind::Invitations => &[(
            &["sent_at", "scheduled_at", "attended_at", "result"],
            "invitations need one of `sent_at`, `scheduled_at`, `attended_at`, `result`",
        )],
        Kind::Applications | Kind::Events | Kind::Reference => &[],
    }
}

fn check_kind(stream: &Stream, found: &mut Found) {
    let (name, kind) = (stream.name.as_str(), stream.kind);
    let has = |columns: &[&str]| columns.iter().any(|column| stream.fields.contains_key(*column));
    for (columns, sentence) in needed_columns(kind) {
        if !has(columns) {
            found.add(name, sentence);
        }
    }
    let counters: Vec<&str> = DAILY_COUNTERS.iter().map(|(counter, _)| *counter).collect();
    if kind == Kind::ChannelDaily && !has(&counters) {
        found.add(name, format!("channel_daily needs at least one of {}", counters.join(", ")));
    }
    if kind == Kind::Events && (stream.application.is_none() || stream.events.is_empty()) {
        found.add(name, "events need `application` and at least one of `events`");
    }
    if !stream.events.is_empty() && !matches!(kind, Kind::Applications | Kind::Events) {
        found.add(name, "only applications and events have `events`");
    }
    if !stream.entry_key.is_empty() && kind != Kind::Spend {
        found.add(name, "`entry_key` belongs to spend; elsewhere say `id`");
    }
    if !kind.is_statement() && stream.file.as_ref().is_some_and(|form| !form.unchecked.is_empty()) {
        found.add(name, "`unchecked` belongs to spend, bank_lines and invoices: only statements are held to their totals and balances");
    }
    check_person(stream, found);
    check_certificate(stream, found);
}

/// Of whom a record tells.
fn check_person(stream: &Stream, found: &mut Found) {
    let (name, kind) = (stream.name.as_str(), stream.kind);
    if stream.candidate.is_some() && !kind.is_about_people() {
        found.add(name, format!("`candidate` belongs to applications, employment, assessments and invitations, not to {kind}"));
    }
    if !stream.identity.is_empty() && !kind.is_about_people() {
        found.add(name, format!("{kind} are not about one person and have no `identity`"));
    }
    if stream.application.is_some() && !kind.tells_of_a_case() && !matches!(kind, Kind::Applications | Kind::Events) {
        found.add(name, format!("`application` belongs to events, employment, assessments and invitations, not to {kind}"));
    }
    if !kind.tells_of_a_case() {
        return;
    }
    if stream.application.is_none() && stream.candidate.is_none() && stream.identity.is_empty() {
        found.add(name, format!("{kind} need `application`, `candidate` or `identity`, which say whose they are"));
    }
    // The candidate's own row says who it is, and more of it than most sheets do.
    if stream.candidate.is_some() && !stream.identity.is_empty() {
        found.add(name, "`candidate` says already who it is: leave out `identity`");
    }
}

/// What a health certificate says beside its status and validity is a diagnosis, and is none of our business.
fn check_certificate(stream: &Stream, found: &mut Found) {
    let kinds = stream.fields.get("kind").into_iter().flat_map(|field| field.words.values().chain(&field.default));
    if stream.kind != Kind::Assessments || !kinds.into_iter().any(|kind| kind == HEALTH_CERTIFICATE) {
        return;
    }
    let more = stream.fields.keys().map(String::as_str).filter(|column| !CERTIFICATE_COLUMNS.contains(column));
    let more: Vec<&str> = more.chain((!stream.keep.is_empty()).then_some("keep")).collect();
    if !more.is_empty() {
        let message = format!(
            "of a health certificate only status and valid_until are kept, not {}; other assessments have a mapping of their own",
            more.join(", ")
        );
        found.add(&stream.name, message);
    }
}

fn check_column(stream: &Stream, name: &str, field: &Field, references: &BTreeSet<&str>, found: &mut Found) {
    let key = format!("{}.fields.{name}", stream.name);
    let Some(column) = stream.kind.column(name) else {
        let known: Vec<&str> = stream.kind.columns().iter().map(|column| column.name).collect();
        let meant = did_you_mean(name, known.iter().copied());
        let meant = meant.unwrap_or_else(|| format!("one of {}", known.join(", ")));
        found.add(&key, format!("{} has no column {name}; {meant}", stream.kind));
        return;
    };
    if let Some(kind) = field.kind
        && !fits(column.value, kind)
    {
        found.add(&key, format!("the column holds {:?} and cannot be read as {kind:?}", column.value).to_lowercase());
    }
    for word in field.words.values().chain(&field.default) {
        if !column.accepted.is_empty() && !column.accepted.contains(&word.as_str()) && !field.words.contains_key(word) {
            found.add(&key, format!("{word:?} is not one of {}", column.accepted.join(", ")));
        }
    }
    check_lookups(&key, field, references, found);
}

fn fits(column: FieldType, asked: FieldType) -> bool {
    match column {
        FieldType::Text => matches!(asked, FieldType::Text | FieldType::Html | FieldType::EscapedHtml),
        FieldType::Time => asked == FieldType::Time,
        FieldType::Day => asked == FieldType::Day,
        other => asked == other,
    }
}

fn check_lookups(key: &str, field: &Field, references: &BTreeSet<&str>, found: &mut Found) {
    for (lookup, _) in field.lookups() {
        if !references.contains(lookup.stream.as_str()) {
            found.add(key, format!("looks up {}, which is not a stream of kind reference", lookup.stream));
        }
    }
}

fn check_event(stream: &Stream, event: &EventMap, references: &BTreeSet<&str>, found: &mut Found) {
    let key = format!("{}.events.{}", stream.name, event.name);
    for (part, field) in event.fields() {
        check_lookups(&format!("{key}.{part}"), field, references, found);
    }
    let conditions = event.when.iter().flat_map(When::lookups).map(|(lookup, _)| lookup);
    for lookup in conditions.filter(|lookup| !references.contains(lookup.stream.as_str())) {
        found.add(&key, format!("looks up {}, which is not a stream of kind reference", lookup.stream));
    }
    if let Some(word) = &event.stage.default
        && word.parse::<Stage>().is_err()
        && !stream.stages.contains_key(word)
    {
        found.add(&key, format!("{word:?} is not a stage: one of {}", Stage::ALL.map(Stage::as_str).join(", ")));
    }
}

/// What is never kept of people cannot be mapped.
fn check_sensitive(stream: &Stream, found: &mut Found) {
    for path in stream.landed_paths() {
        if let Some(what) = path.steps().iter().filter_map(key).find_map(|key| stream.never_kept(key)) {
            let message = format!("{path} tells of {}, which is never kept; leave it out of the mapping", what.about());
            found.add(&stream.name, message);
        }
    }
}

fn key(step: &Step) -> Option<&str> {
    match step {
        Step::Key(key) => Some(key),
        Step::Index(_) | Step::Each | Step::Where(..) => None,
    }
}

/// Identity must never be landed in clear, so no path that is landed may hold it.
fn check_identity(stream: &Stream, found: &mut Found) {
    let landed = stream.landed_paths();
    for identity in stream.identity.all() {
        if let Some(path) = landed.iter().find(|path| identity.is_within(path) || path.is_within(identity)) {
            let key = format!("{}.identity", stream.name);
            found.add(&key, format!("{identity} identifies a person but {path} would be landed in clear"));
        }
    }
}

impl Stream {
    /// What a column of its records would tell of a person, when that is never kept. Of health certificates, state and
    /// validity may be.
    pub fn never_kept(&self, column: &str) -> Option<Sensitive> {
        let personal = self.kind.is_about_people() || self.kind == Kind::Events;
        column.split('.').filter(|_| personal).find_map(|part| sensitive(part, self.kind == Kind::Assessments))
    }

    /// Every path that is landed, from the record: those the mapping reads and `keep`. The rest of a
    /// record is dropped before anything touches the disk.
    pub fn landed_paths(&self) -> BTreeSet<Path> {
        self.paths_of(|_| true)
    }

    /// Of those, what is landed of a health certificate.
    pub(crate) fn certificate_paths(&self) -> BTreeSet<Path> {
        let mut paths = self.paths_of(|column| CERTIFICATE_COLUMNS.contains(&column));
        paths.retain(|path| !self.keep.contains(path));
        paths
    }

    fn paths_of(&self, wanted: impl Fn(&str) -> bool) -> BTreeSet<Path> {
        let base = Path::default();
        let mut paths: BTreeSet<Path> = BTreeSet::new();
        let simple = self.id.iter().chain(&self.id_else).chain(&self.entry_key).chain(&self.candidate).chain(&self.application);
        paths.extend(simple.chain(&self.version).chain(&self.keep).cloned());
        if let Some(cursor) = self.request.as_ref().and_then(|request| request.cursor.as_ref()) {
            paths.extend(cursor.fields.iter().cloned());
        }
        for (_, field) in self.fields.iter().filter(|(column, _)| wanted(column)) {
            paths.extend(field.reads().map(|path| base.join(path)));
        }
        for event in &self.events {
            let conditions = event.when.iter().flat_map(When::all).map(|when| &when.path);
            let own = event.fields().flat_map(|(_, field)| field.reads()).chain(conditions).chain(&event.id);
            paths.extend(own.map(|path| event.absolute(path)));
        }
        paths
    }
}

#[cfg(test)]
#[path = "check_tests.rs"]
mod tests;
