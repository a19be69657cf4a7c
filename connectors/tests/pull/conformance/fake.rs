//! A board that speaks for any spec: it serves the fixtures of each list in the way that the spec says the board pages,
//! and misbehaves on demand.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::Response;
use inflow_connectors::examine::records_of;
use inflow_connectors::spec::{Answer, Auth, Kind, Method, Paginate, Path, Request as Form, Spec, Step, Stream};
use serde_json::{Map, Value, json};

/// How the board misbehaves on the list under test.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    None,
    /// Lists hold nothing.
    Empty,
    /// Every request.
    Status(u16),
    /// The first request only.
    Once(u16),
    /// The first request only, with `Retry-After: 1`.
    RetryAfter,
    /// No answer ever.
    Hang,
    /// The connection breaks off in the body.
    Reset,
    /// A body that ends too early.
    Truncated,
    /// A web page in place of data, or another page in place of the page.
    OtherPage,
    /// The list is an object.
    NoList,
    /// Records without their ids.
    NoIds,
    /// Every page is the first page.
    SamePage,
    /// Times far in the future.
    Future,
    /// Text with everything that is hard about it.
    Unicode,
    /// More than anybody should take.
    Giant,
}

/// Titles for [`Fault::Unicode`]: beyond the basic plane, right to left, combining, zero width.
pub const HARD_TITLE: &str = "厨师 👩‍🍳 𠮷野家 שלום e\u{301} \u{200b}";

pub struct Fake {
    pub url: String,
    script: Arc<Script>,
    task: tokio::task::JoinHandle<()>,
}

impl Drop for Fake {
    fn drop(&mut self) {
        self.task.abort();
    }
}

struct Script {
    spec: &'static Spec,
    /// Answers by stream, and by `stream.key` for second calls.
    fixtures: BTreeMap<String, Vec<u8>>,
    stream: String,
    fault: Fault,
    /// Requests for the list under test.
    asked: AtomicUsize,
    /// Statuses given for it.
    statuses: Mutex<Vec<u16>>,
    /// Requests that fit no list.
    strange: Mutex<Vec<String>>,
}

/// Pages that a paged list is served in.
const PAGES: usize = 3;

impl Fake {
    pub async fn start(spec: &'static Spec, stream: &Stream, fault: Fault) -> Fake {
        let folder = PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").unwrap()).join("fixtures").join(&spec.name);
        let mut fixtures = BTreeMap::new();
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_stem().unwrap().to_string_lossy().into_owned();
            fixtures.insert(name, std::fs::read(path).unwrap());
        }
        let script = Arc::new(Script {
            spec,
            fixtures,
            stream: stream.name.clone(),
            fault,
            asked: AtomicUsize::new(0),
            statuses: Mutex::default(),
            strange: Mutex::default(),
        });
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let router = Router::new().fallback(answer).with_state(Arc::clone(&script));
        let task = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Fake { url, script, task }
    }

    /// Requests for the list under test.
    pub fn asked(&self) -> usize {
        self.script.asked.load(Ordering::SeqCst)
    }

    /// Statuses given for the list under test.
    pub fn statuses(&self) -> Vec<u16> {
        self.script.statuses.lock().unwrap().clone()
    }

    /// Requests that fit no list of the spec.
    pub fn strange(&self) -> Vec<String> {
        self.script.strange.lock().unwrap().clone()
    }

    /// Different ids that the whole list holds.
    pub fn expected(&self) -> usize {
        let stream = self.script.spec.stream(&self.script.stream).unwrap();
        let mut ids = std::collections::BTreeSet::new();
        for page in 0..self.script.pages(stream) {
            let body = self.script.page(stream, page, &self.url);
            let records = records_of(self.script.spec, stream, &body, Some(&json!({"id": "parent"}))).unwrap();
            ids.extend(records.iter().filter_map(|record| stream.source_id(record)));
        }
        ids.len()
    }
}

async fn answer(State(script): State<Arc<Script>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, 1 << 20).await.unwrap_or_default();
    let body: Value = serde_json::from_slice(&body).unwrap_or(Value::Null);
    let query: BTreeMap<String, String> =
        url::form_urlencoded::parse(parts.uri.query().unwrap_or_default().as_bytes()).into_owned().collect();
    let host = parts.headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default().to_owned();
    let asked = Asked { method: parts.method.as_str().to_owned(), path: parts.uri.path().to_owned(), query, body, headers: parts.headers };
    script.reply(&asked, &format!("http://{host}")).await
}

struct Asked {
    method: String,
    path: String,
    query: BTreeMap<String, String>,
    body: Value,
    headers: HeaderMap,
}

impl Script {
    async fn reply(&self, asked: &Asked, base: &str) -> Response {
        if let Some(token) = self.token(asked) {
            return plain(200, "application/json", token.to_string().into_bytes());
        }
        if asked.path == "/robots.txt" {
            return plain(404, "text/plain", Vec::new());
        }
        match self.find(asked) {
            Some(Target::List(stream)) => self.list(stream, asked, base).await,
            Some(Target::Detail(key, answer)) => match self.fixtures.get(&key) {
                Some(body) => plain(200, content_type(answer), body.clone()),
                None => plain(404, "text/plain", Vec::new()),
            },
            None => {
                self.strange.lock().unwrap().push(format!("{} {}", asked.method, asked.path));
                plain(404, "text/plain", Vec::new())
            }
        }
    }

    /// The answer to a request for a token.
    fn token(&self, asked: &Asked) -> Option<Value> {
        let Auth::Token { url, token, expires, .. } = &self.spec.auth else { return None };
        let path = url.split_once("://").map_or(url.as_str(), |(_, rest)| rest.find('/').and_then(|at| rest.get(at..)).unwrap_or("/"));
        let path = path.split_once('}').map_or(path, |(_, rest)| rest);
        if asked.method != "POST" || !asked.path.ends_with(path) {
            return None;
        }
        let mut answer = json!({"code": 0});
        set(&mut answer, token, json!("token-1"));
        if let Some(expires) = expires {
            set(&mut answer, expires, json!(7200));
        }
        Some(answer)
    }

    fn find(&self, asked: &Asked) -> Option<Target<'_>> {
        let mut best: Option<(usize, Target<'_>)> = None;
        let mut offer = |weight: usize, target| {
            if best.as_ref().is_none_or(|(known, _)| weight > *known) {
                best = Some((weight, target));
            }
        };
        for stream in &self.spec.streams {
            let Some(form) = &stream.request else { continue };
            let said = |(name, text): &(&String, &String)| asked.query.get(*name).is_some_and(|value| fit(text, value).is_some());
            let fixed: usize = form.query.iter().filter(said).count();
            // A parameter whose param is not set is left out. The address of a next page is the board's own: it holds what the
            // board needs.
            let mut fixed_names = form.query.iter().filter(|(_, text)| !text.contains('{')).map(|(name, _)| name);
            let whole = asked.query.contains_key("fake_page") || fixed_names.all(|name| asked.query.contains_key(name));
            let fits = whole && asked.method == method(form.method);
            if fits && let Some(weight) = fit(&form.path, &asked.path) {
                // Two streams may read one list: it is then the one under test that is asked for.
                let tried = usize::from(stream.name == self.stream);
                offer(weight * 100 + fixed * 10 + 2 + tried, Target::List(stream));
            }
            for detail in &form.detail {
                if asked.method == method(detail.method)
                    && let Some(weight) = fit(&detail.path, &asked.path)
                {
                    let named = detail.query.keys().filter(|name| asked.query.contains_key(*name)).count();
                    offer(weight * 100 + named * 10 + 1, Target::Detail(format!("{}.{}", stream.name, detail.key), &detail.answer));
                }
            }
        }
        best.map(|(_, target)| target)
    }

    async fn list(&self, stream: &Stream, asked: &Asked, base: &str) -> Response {
        let Some(form) = &stream.request else { return plain(404, "text/plain", Vec::new()) };
        let page = page_asked(form, asked);
        if stream.name != self.stream {
            return plain(200, content_type(&stream.answer), self.page(stream, page, base));
        }
        let number = self.asked.fetch_add(1, Ordering::SeqCst);
        let response = self.faulty(stream, form, asked, page, number, base).await;
        self.statuses.lock().unwrap().push(response.status().as_u16());
        response
    }

    async fn faulty(&self, stream: &Stream, form: &Form, asked: &Asked, page: usize, number: usize, base: &str) -> Response {
        let kind = content_type(&stream.answer);
        let body = || self.page(stream, page, base);
        match self.fault {
            Fault::Status(status) => plain(status, "text/plain", Vec::new()),
            Fault::Once(status) if number == 0 => plain(status, "text/plain", Vec::new()),
            Fault::RetryAfter if number == 0 => with(plain(429, "text/plain", Vec::new()), "retry-after", "1"),
            Fault::Hang => {
                tokio::time::sleep(Duration::from_mins(10)).await;
                plain(200, kind, body())
            }
            Fault::Reset => {
                let mut half = body();
                half.truncate(half.len() / 2);
                let parts = vec![Ok(half), Err(std::io::Error::other("cut"))];
                let stream = Body::from_stream(futures::stream::iter(parts));
                Response::builder().status(200).header(header::CONTENT_TYPE, kind).body(stream).unwrap()
            }
            Fault::Truncated => {
                let mut half = body();
                half.truncate(half.len() * 2 / 3);
                plain(200, kind, half)
            }
            Fault::OtherPage => plain(200, "text/html", b"<html><body><h1>Are you human?</h1></body></html>".to_vec()),
            Fault::Giant => plain(200, kind, vec![b' '; 3 << 20]),
            Fault::SamePage => self.paged(stream, form, 0, base, plain(200, kind, self.page(stream, 0, base))),
            _ => {
                let body = body();
                let tag = format!("\"{}\"", blake3::hash(&body).to_hex());
                if asked.headers.get(header::IF_NONE_MATCH).is_some_and(|known| known.to_str().ok() == Some(&tag)) {
                    return plain(304, kind, Vec::new());
                }
                self.paged(stream, form, page, base, with(plain(200, kind, body), "etag", &tag))
            }
        }
    }

    /// Adds the `Link` header of a page that is not the last.
    fn paged(&self, stream: &Stream, form: &Form, page: usize, base: &str, response: Response) -> Response {
        match form.paginate {
            Paginate::Link { .. } if page + 1 < self.pages(stream) => {
                let next = format!("<{base}{}?fake_page={}>; rel=\"next\"", concrete(&form.path), page + 1);
                with(response, "link", &next)
            }
            _ => response,
        }
    }

    fn pages(&self, stream: &Stream) -> usize {
        let Some(form) = &stream.request else { return 1 };
        let one = stream.answer != Answer::Json || form.paginate == Paginate::None || stream.kind == Kind::Reference;
        if one || self.fault == Fault::Empty || stream.name != self.stream { 1 } else { PAGES }
    }

    /// The body of a page.
    fn page(&self, stream: &Stream, page: usize, base: &str) -> Vec<u8> {
        let Some(form) = &stream.request else { return Vec::new() };
        let raw = self.fixtures.get(&stream.name).unwrap_or_else(|| panic!("no fixture of {}", stream.name));
        if stream.answer != Answer::Json {
            return raw.clone();
        }
        let mut body: Value = serde_json::from_slice(raw).unwrap();
        let pages = self.pages(stream);
        let samples = stream.records.first(&body).and_then(Value::as_array).cloned().unwrap_or_default();
        let size = page_size(&form.paginate).unwrap_or(samples.len()).max(samples.len());
        let count = if pages == 1 || page >= pages {
            samples.len()
        } else if page + 1 == pages {
            1
        } else {
            size
        };
        let mine = stream.name == self.stream;
        let mut list: Vec<Value> = (0..count)
            .map(|at| {
                let mut record = samples.get(at % samples.len()).cloned().unwrap_or_default();
                if pages > 1 {
                    self.same_list(stream).for_each(|stream| rename(stream, &mut record, page * size + at));
                }
                record
            })
            .collect();
        if page >= pages || (mine && self.fault == Fault::Empty) {
            list.clear();
        }
        if mine {
            self.spoil(stream, form, &mut list);
        }
        let all = if pages == 1 { list.len() } else { size * (pages - 1) + 1 };
        let records = if mine && self.fault == Fault::NoList { json!({"a": 1}) } else { Value::Array(list) };
        set(&mut body, &stream.records, records);
        let more = page + 1 < pages;
        match &form.paginate {
            Paginate::Offset { total: Some(total), .. } => set(&mut body, total, json!(all)),
            Paginate::Page { last: Some(path), .. } => set(&mut body, path, json!(!more)),
            Paginate::Page { pages: Some(path), .. } => set(&mut body, path, json!(pages)),
            Paginate::Token { token, has_next, .. } => {
                set(&mut body, token, if more { json!(format!("t{}", page + 1)) } else { Value::Null });
                if let Some(has_next) = has_next {
                    set(&mut body, has_next, json!(more));
                }
            }
            Paginate::Next { next, .. } => {
                let address = format!("{base}{}?fake_page={}", concrete(&form.path), page + 1);
                set(&mut body, next, if more { json!(address) } else { Value::Null });
            }
            _ => {}
        }
        if let (Some(split), false) = (&form.split, self.fault == Fault::NoList) {
            set(&mut body, &split.total, json!(all));
        }
        body.to_string().into_bytes()
    }

    /// The streams that read this list, each by an id of its own.
    fn same_list(&self, stream: &Stream) -> impl Iterator<Item = &Stream> {
        let list = |stream: &Stream| {
            let path = stream.request.as_ref().map(|form| form.path.clone());
            (path, stream.records.clone(), stream.explode.clone())
        };
        let wanted = list(stream);
        let mut ids = std::collections::BTreeSet::new();
        self.spec.streams.iter().filter(move |other| list(other) == wanted).filter(move |other| ids.insert(other.id.clone()))
    }

    fn spoil(&self, stream: &Stream, form: &Form, list: &mut [Value]) {
        for record in list {
            match self.fault {
                // The list holds ids and nothing else.
                Fault::NoIds if !record.is_object() => *record = Value::Null,
                Fault::NoIds => {
                    for path in &id_paths(stream, record) {
                        inner(stream, record, &mut |record| path.change(record, &mut |value| *value = Value::Null));
                    }
                }
                Fault::Future => {
                    let future = chrono::DateTime::parse_from_rfc3339("2031-01-01T00:00:00Z").unwrap().to_utc();
                    let text = stream.time_format.write(future, chrono_tz::UTC);
                    let cursor = form.cursor.iter().flat_map(|cursor| &cursor.fields);
                    for path in cursor {
                        path.change(record, &mut |value| {
                            *value = if value.is_number() { text.parse::<i64>().map_or(Value::Null, Value::from) } else { json!(text) };
                        });
                    }
                }
                Fault::Unicode => {
                    for path in stream.fields.get("title").iter().flat_map(|field| &field.paths) {
                        inner(stream, record, &mut |record| path.change(record, &mut |value| *value = json!(HARD_TITLE)));
                    }
                }
                _ => {}
            }
        }
    }
}

enum Target<'s> {
    List(&'s Stream),
    Detail(String, &'s Answer),
}

/// Runs on the records that a list record stands for: those inside it when it is taken apart.
fn inner(stream: &Stream, record: &mut Value, run: &mut dyn FnMut(&mut Value)) {
    match &stream.explode {
        Some(path) => path.change(record, &mut |value| {
            if let Value::Array(list) = value {
                list.iter_mut().for_each(&mut *run);
            }
        }),
        None => run(record),
    }
}

/// Where a record has its ids. One that a hook makes comes from what second calls are made with.
fn id_paths(stream: &Stream, record: &Value) -> Vec<Path> {
    let mut paths: Vec<Path> = stream.id.iter().chain(&stream.id_else).cloned().collect();
    if stream.hook.is_some() && stream.id.iter().all(|path| path.first(record).is_none()) {
        let texts = stream.request.iter().flat_map(|request| &request.detail).map(|detail| detail.path.as_str());
        let names = texts.flat_map(|text| text.split("{$").skip(1).filter_map(|rest| rest.split_once('}')));
        paths.extend(names.filter_map(|(name, _)| name.parse().ok()));
    }
    paths
}

/// Gives a copied record ids of its own.
fn rename(stream: &Stream, record: &mut Value, at: usize) {
    if !record.is_object() {
        *record = json!(format!("{record}-{at}"));
        return;
    }
    let paths: Vec<Path> = id_paths(stream, record).into_iter().filter(|path| !stream.id_else.contains(path)).collect();
    let mut count = 0;
    inner(stream, record, &mut |record| {
        let number = at * 50 + count;
        count += 1;
        for path in &paths {
            path.change(record, &mut |value| {
                *value = match value.take() {
                    Value::Number(_) => json!(1_000_000 + number),
                    Value::String(text) => json!(format!("{text}-{number}")),
                    other => other,
                };
            });
        }
    });
}

/// What stands in a text in place of a placeholder, up to the character that follows it.
fn captured(template: &str, text: &str, name: &str) -> Option<String> {
    let (before, after) = template.split_once(&format!("{{{name}}}"))?;
    let last = before.rsplit('}').next()?;
    let rest = if last.is_empty() { text } else { text.rsplit_once(last)?.1 };
    let end = after.chars().next().and_then(|next| rest.find(next)).unwrap_or(rest.len());
    rest.get(..end).map(str::to_owned)
}

fn page_size(form: &Paginate) -> Option<usize> {
    match form {
        Paginate::Offset { limit, .. } | Paginate::Page { limit, .. } => Some(*limit as usize),
        _ => None,
    }
}

/// Writes a value at a path of keys, making objects on the way.
fn set(body: &mut Value, path: &Path, value: Value) {
    let mut place = body;
    for step in path.steps() {
        place = match step {
            Step::Key(key) => {
                if !place.is_object() {
                    *place = Value::Object(Map::new());
                }
                place.as_object_mut().unwrap().entry(key.clone()).or_insert(Value::Null)
            }
            Step::Index(index) => place.get_mut(*index).unwrap_or_else(|| panic!("{path} is not in the fixture")),
            Step::Each | Step::Where(..) => panic!("{path} has no one place"),
        };
    }
    *place = value;
}

fn method(method: Method) -> &'static str {
    match method {
        Method::Get => "GET",
        Method::Post => "POST",
    }
}

/// A path with something in place of its placeholders.
fn concrete(template: &str) -> String {
    let mut path = String::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        path.push_str(before);
        path.push('x');
        rest = after.split_once('}').map_or("", |(_, tail)| tail);
    }
    path.push_str(rest);
    if path.starts_with('/') { path } else { format!("/{path}") }
}

/// How many characters of a template a path fits literally; `None` when it does not fit.
fn fit(template: &str, path: &str) -> Option<usize> {
    if template.is_empty() {
        return (path.is_empty() || path == "/").then_some(0);
    }
    let mut pieces = Vec::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        pieces.push(before);
        rest = after.split_once('}').map_or("", |(_, tail)| tail);
    }
    pieces.push(rest);
    let (first, others) = pieces.split_first()?;
    let mut left = path.strip_prefix(first)?;
    for (at, piece) in others.iter().enumerate() {
        if at + 1 == others.len() {
            if !left.ends_with(piece) || left.len() == piece.len() {
                return None;
            }
            left = "";
        } else {
            left = left.split_once(piece)?.1;
        }
    }
    (left.is_empty()).then(|| pieces.iter().map(|piece| piece.len()).sum())
}

fn content_type(answer: &Answer) -> &'static str {
    match answer {
        Answer::Json => "application/json",
        Answer::JsonApi => "application/vnd.api+json",
        Answer::Xml { .. } => "application/xml",
        _ => "text/html; charset=utf-8",
    }
}

fn plain(status: u16, kind: &str, body: Vec<u8>) -> Response {
    Response::builder().status(StatusCode::from_u16(status).unwrap()).header(header::CONTENT_TYPE, kind).body(Body::from(body)).unwrap()
}

fn with(mut response: Response, name: &'static str, value: &str) -> Response {
    response.headers_mut().insert(name, value.parse().unwrap());
    response
}

/// The number of a page that a request asks for.
fn page_asked(form: &Form, asked: &Asked) -> usize {
    if let Some(page) = asked.query.get("fake_page") {
        return page.parse().unwrap();
    }
    let value = |name: &str| -> Option<String> {
        if form.method == Method::Post {
            let value = asked.body.get(name)?;
            return value.as_str().map(str::to_owned).or_else(|| Some(value.to_string()));
        }
        // The number may stand in the path, or inside of another parameter.
        let inside = form.query.iter().find_map(|(key, text)| captured(text, asked.query.get(key)?, name));
        asked.query.get(name).cloned().or(inside).or_else(|| captured(&form.path, &asked.path, name))
    };
    let number = |name: &str| value(name).and_then(|text| text.parse::<usize>().ok());
    match &form.paginate {
        Paginate::Offset { param, limit, .. } => number(param).unwrap_or(0) / *limit as usize,
        Paginate::Page { param, start, .. } => number(param).map_or(0, |page| page.saturating_sub(*start as usize)),
        Paginate::Token { param, .. } => value(param).and_then(|token| token.strip_prefix('t')?.parse().ok()).unwrap_or(0),
        _ => 0,
    }
}
