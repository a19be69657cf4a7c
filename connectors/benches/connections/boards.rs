//! The boards: a process of its own, so that what is measured of the engine is the engine's alone. Each board has its own port,
//! serves the fixtures of its spec as a list without an end, in the way that the spec says the board pages, and writes down when
//! each request reached it.

use std::collections::BTreeMap;
use std::path::Path as FilePath;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::response::Response;
use inflow_connectors::spec::{Method, Paginate, Path, Request as Form, Step, Stream};
use serde_json::{Map, Value, json};

use super::mix::{Manner, Plan};

/// Records of a page where the size is the board's choice.
const PAGE: usize = 20;

/// Stands in the ids of a page's template; the page's own number of as many digits takes its place.
const MARK: &str = "907153";

/// The number of the first page, of as many digits as [`MARK`].
const FIRST: usize = 100_000;

/// A board on a port of its own.
pub struct Board {
    /// Where it is.
    pub url: String,
    desk: Arc<Desk>,
    task: tokio::task::JoinHandle<()>,
}

impl Drop for Board {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Board {
    /// Opens it; instants count from `epoch`.
    pub async fn open(plan: Plan, epoch: Instant) -> std::io::Result<Board> {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("http://{}", listener.local_addr()?);
        let desk = Arc::new(Desk { lists: lists(&plan, &url), plan, epoch, arrivals: Mutex::default(), strange: Mutex::default() });
        let router = Router::new().fallback(answer).with_state(Arc::clone(&desk));
        let task = tokio::spawn(async move {
            if let Err(error) = axum::serve(listener, router).await {
                tracing::error!(%error, "a board is closed");
            }
        });
        Ok(Board { url, desk, task })
    }

    /// When requests reached it, in nanoseconds, in order.
    pub fn arrivals(&self) -> Vec<u64> {
        self.desk.arrivals.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Requests that fit no list of its spec.
    pub fn strange(&self) -> Vec<String> {
        self.desk.strange.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

struct Desk {
    plan: Plan,
    lists: Vec<List>,
    epoch: Instant,
    arrivals: Mutex<Vec<u64>>,
    strange: Mutex<Vec<String>>,
}

/// What is answered at an address.
struct List {
    method: &'static str,
    path: String,
    /// How its pages are asked for; a second call has none.
    form: Option<&'static Form>,
    size: usize,
    endless: bool,
    body: String,
    /// The address of the next page, for the `Link` header.
    next: Option<String>,
}

struct Asked {
    method: String,
    path: String,
    query: BTreeMap<String, String>,
    body: Value,
}

async fn answer(State(desk): State<Arc<Desk>>, request: Request) -> Response {
    // The lock is held while the clock is read: what is written down is in order.
    {
        let mut arrivals = desk.arrivals.lock().unwrap_or_else(PoisonError::into_inner);
        arrivals.push(u64::try_from(desk.epoch.elapsed().as_nanos()).unwrap_or(u64::MAX));
    }
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, 1 << 20).await.unwrap_or_default();
    let query = url::form_urlencoded::parse(parts.uri.query().unwrap_or_default().as_bytes()).into_owned().collect();
    let asked = Asked {
        method: parts.method.as_str().to_owned(),
        path: parts.uri.path().to_owned(),
        query,
        body: serde_json::from_slice(&body).unwrap_or_default(),
    };
    tokio::time::sleep(desk.plan.latency).await;
    match desk.plan.manner {
        Manner::Refuses => respond(429, Vec::new(), Body::empty()),
        Manner::RefusesFor(seconds) => respond(429, vec![("retry-after", seconds.to_string())], Body::empty()),
        Manner::Healthy | Manner::Slow => desk.page(&asked),
        Manner::Resets => {
            let parts = vec![Ok("{\"half\": ".to_owned()), Err(std::io::Error::other("cut"))];
            respond(200, Vec::new(), Body::from_stream(futures::stream::iter(parts)))
        }
    }
}

fn respond(status: u16, headers: Vec<(&'static str, String)>, body: Body) -> Response {
    let mut response = Response::new(body);
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or_default();
    for (name, value) in std::iter::once(("content-type", "application/json".to_owned())).chain(headers) {
        if let Ok(value) = value.parse() {
            response.headers_mut().insert(header::HeaderName::from_static(name), value);
        }
    }
    response
}

impl Desk {
    fn page(&self, asked: &Asked) -> Response {
        let fitting = self.lists.iter().filter(|list| list.method == asked.method);
        let best = fitting.filter_map(|list| Some((fit(&list.path, &asked.path)?, list))).max_by_key(|(weight, list)| {
            // Two lists may stand at one address: it is the endless one that is asked for.
            (*weight, list.endless)
        });
        let Some((_, list)) = best else {
            let mut strange = self.strange.lock().unwrap_or_else(PoisonError::into_inner);
            strange.push(format!("{} {}", asked.method, asked.path));
            return respond(404, Vec::new(), Body::empty());
        };
        if !list.endless {
            return respond(200, Vec::new(), Body::from(list.body.clone()));
        }
        let page = list.form.map_or(0, |form| page_asked(form, list.size, asked));
        let number = (FIRST + page).to_string();
        let body = list.body.replace(MARK, &number);
        let next = list.next.iter().map(|next| ("link", format!("<{}>; rel=\"next\"", next.replace(MARK, &number))));
        respond(200, next.collect(), Body::from(body))
    }
}

/// Everything that a board answers.
fn lists(plan: &Plan, url: &str) -> Vec<List> {
    let spec = plan.spec();
    let folder = FilePath::new(&std::env::var("CARGO_MANIFEST_DIR").unwrap_or_default()).join("fixtures").join(&spec.name);
    let fixture = |name: &str| std::fs::read_to_string(folder.join(format!("{name}.json"))).unwrap_or_default();
    let mut lists = Vec::new();
    for stream in &spec.streams {
        let Some(form) = &stream.request else { continue };
        let endless = stream.name == plan.stream;
        let size = page_size(&form.paginate);
        let next = format!("{url}{}?page_number={MARK}", concrete(&form.path));
        let body = template(stream, form, &fixture(&stream.name), endless.then_some((size, &next)));
        let link = endless && matches!(form.paginate, Paginate::Link { .. });
        lists.push(List {
            method: method(form.method),
            path: form.path.clone(),
            form: Some(form),
            size,
            endless,
            body,
            next: link.then_some(next),
        });
        for detail in &form.detail {
            let body = fixture(&format!("{}.{}", stream.name, detail.key));
            let (method, path) = (method(detail.method), detail.path.clone());
            lists.push(List { method, path, form: None, size: 0, endless: false, body, next: None });
        }
    }
    lists
}

/// A page of the list with [`MARK`] where its number goes; of a list that ends, its only page.
fn template(stream: &Stream, form: &Form, fixture: &str, endless: Option<(usize, &String)>) -> String {
    let mut body: Value = serde_json::from_str(fixture).unwrap_or_default();
    let samples = stream.records.first(&body).and_then(Value::as_array).cloned().unwrap_or_default();
    if let Some((size, _)) = endless {
        let records = samples.iter().cycle().take(size).cloned().enumerate().map(|(at, record)| renamed(stream, record, at));
        let records: Vec<Value> = records.collect();
        set(&mut body, &stream.records, Value::Array(records));
    }
    let more = endless.is_some();
    let total = form.split.as_ref().map_or(1_000_000, |split| split.over);
    match &form.paginate {
        Paginate::Offset { total: Some(path), .. } if more => set(&mut body, path, json!(total)),
        Paginate::Page { last: Some(path), .. } => set(&mut body, path, json!(!more)),
        Paginate::Page { pages: Some(path), .. } if more => set(&mut body, path, json!(total)),
        Paginate::Token { token, has_next, .. } => {
            set(&mut body, token, if more { json!(format!("t{MARK}")) } else { Value::Null });
            if let Some(path) = has_next {
                set(&mut body, path, json!(more));
            }
        }
        Paginate::Next { next, .. } => set(&mut body, next, endless.map_or(Value::Null, |(_, next)| json!(next))),
        _ => {}
    }
    body.to_string()
}

/// A copied record with ids of its own.
fn renamed(stream: &Stream, mut record: Value, at: usize) -> Value {
    let mut paths: Vec<Path> = stream.id.iter().chain(&stream.id_else).cloned().collect();
    if stream.hook.is_some() {
        // A hook makes the id of what second calls are made with.
        let texts = stream.request.iter().flat_map(|request| &request.detail).map(|detail| detail.path.as_str());
        let names = texts.flat_map(|text| text.split("{$").skip(1).filter_map(|rest| rest.split_once('}')));
        paths.extend(names.filter_map(|(name, _)| name.parse().ok()));
    }
    let mut inside = 0;
    let mut rename = |record: &mut Value| {
        let number = format!("{MARK}{at:03}{inside}");
        inside += 1;
        for path in &paths {
            path.change(record, &mut |value| {
                *value = match value.take() {
                    Value::Number(_) => number.parse::<u64>().map_or(Value::Null, Value::from),
                    Value::String(text) => json!(format!("{text}-{number}")),
                    other => other,
                };
            });
        }
    };
    match &stream.explode {
        Some(path) => path.change(&mut record, &mut |value| value.as_array_mut().into_iter().flatten().for_each(&mut rename)),
        None => rename(&mut record),
    }
    record
}

/// Records of a page: what is asked for where a shorter page would be the last, else the board's choice.
fn page_size(form: &Paginate) -> usize {
    match form {
        Paginate::Offset { limit, total: None, .. } | Paginate::Page { limit, pages: None, last: None, .. } => *limit as usize,
        Paginate::Offset { limit, .. } | Paginate::Page { limit, .. } => PAGE.min(*limit as usize),
        _ => PAGE,
    }
}

/// Writes a value at a path of keys, making objects on the way.
fn set(body: &mut Value, path: &Path, value: Value) {
    let mut place = body;
    for step in path.steps() {
        let inner = match step {
            Step::Key(key) => {
                if !place.is_object() {
                    *place = Value::Object(Map::new());
                }
                place.as_object_mut().map(|map| map.entry(key.clone()).or_insert(Value::Null))
            }
            Step::Index(index) => place.get_mut(*index),
            Step::Each | Step::Where(..) => None,
        };
        let Some(inner) = inner else { return };
        place = inner;
    }
    *place = value;
}

fn method(method: Method) -> &'static str {
    match method {
        Method::Get => "GET",
        Method::Post => "POST",
    }
}

/// The number of the page that a request asks for, from 0.
fn page_asked(form: &Form, size: usize, asked: &Asked) -> usize {
    if let Some(page) = asked.query.get("page_number").and_then(|page| page.parse::<usize>().ok()) {
        return page + 1 - FIRST;
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
        Paginate::Offset { param, .. } => number(param).unwrap_or(0) / size.max(1),
        Paginate::Page { param, start, .. } => number(param).map_or(0, |page| page.saturating_sub(*start as usize)),
        Paginate::Token { param, .. } => {
            value(param).and_then(|token| token.strip_prefix('t')?.parse::<usize>().ok()).map_or(0, |page| page + 1 - FIRST)
        }
        _ => 0,
    }
}

/// What stands in a text in place of a placeholder, up to the character that follows it.
fn captured(template: &str, text: &str, name: &str) -> Option<String> {
    let (before, after) = template.split_once(&format!("{{{name}}}"))?;
    let last = before.rsplit('}').next()?;
    let rest = if last.is_empty() { text } else { text.rsplit_once(last)?.1 };
    let end = after.chars().next().and_then(|next| rest.find(next)).unwrap_or(rest.len());
    rest.get(..end).map(str::to_owned)
}

/// A path with something in place of its placeholders.
fn concrete(template: &str) -> String {
    let pieces: Vec<&str> = literals(template).collect();
    pieces.join("x")
}

/// What stands between the placeholders of a template.
fn literals(template: &str) -> impl Iterator<Item = &str> {
    template.split('{').enumerate().map(|(at, piece)| if at == 0 { piece } else { piece.split_once('}').map_or("", |(_, rest)| rest) })
}

/// How many characters of a template a path fits literally; `None` when it does not fit.
fn fit(template: &str, path: &str) -> Option<usize> {
    let pieces: Vec<&str> = literals(template).collect();
    let (first, others) = pieces.split_first()?;
    let mut left = path.strip_prefix(first)?;
    for (at, piece) in others.iter().enumerate() {
        if at + 1 == others.len() {
            return (left.len() > piece.len() && left.ends_with(piece)).then(|| pieces.iter().map(|piece| piece.len()).sum());
        }
        left = left.split_once(piece)?.1;
    }
    left.is_empty().then_some(first.len())
}
