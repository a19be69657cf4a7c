//! A board that answers from a list, an engine memory, a store that remembers lines.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use chrono::{DateTime, Utc};
use inflow_config::{Config, Connection, FixedClock, SecretRef, SharedClock};
use inflow_connectors::http::{Http, HttpOptions};
use inflow_connectors::identity::IdentityKeys;
use inflow_connectors::landing::{Line, Segment, SegmentHeader, list_segments, read_segment};
use inflow_connectors::spec::Kind;
use inflow_connectors::{
    Health, Landed, MappedLines, NoProgress, PullContext, PullOutcome, PullState, ReadLines, Run, SegmentSink, SinkError, Statement,
    StatementCheck, StatementFault, StoredCounts, import, pull,
};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

/// An answer of the board.
#[derive(Debug, Clone)]
pub struct Reply {
    pub status: u16,
    pub headers: Vec<(&'static str, String)>,
    pub body: String,
}

impl Reply {
    pub fn json(body: &Value) -> Reply {
        Reply { status: 200, headers: vec![("content-type", "application/json".into())], body: body.to_string() }
    }

    pub fn status(status: u16) -> Reply {
        Reply { status, headers: Vec::new(), body: String::new() }
    }

    pub fn header(mut self, name: &'static str, value: impl Into<String>) -> Reply {
        self.headers.push((name, value.into()));
        self
    }
}

/// A request that the board saw.
#[derive(Debug, Clone)]
pub struct Seen {
    pub path: String,
    pub query: String,
    pub authorization: Option<String>,
    pub proxy_authorization: Option<String>,
    /// The body as JSON; null when there is none.
    pub body: Value,
}

type Answers = dyn Fn(&Seen, usize) -> Reply + Send + Sync;

#[derive(Clone)]
struct BoardState {
    answers: Arc<Answers>,
    seen: Arc<Mutex<Vec<Seen>>>,
}

/// A board on loopback.
pub struct Board {
    pub url: String,
    seen: Arc<Mutex<Vec<Seen>>>,
    task: tokio::task::JoinHandle<()>,
}

impl Drop for Board {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Board {
    /// Answers by request and by the number of requests before it.
    pub async fn start(answers: impl Fn(&Seen, usize) -> Reply + Send + Sync + 'static) -> Board {
        let state = BoardState { answers: Arc::new(answers), seen: Arc::default() };
        let seen = Arc::clone(&state.seen);
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let router = Router::new().fallback(answer).with_state(state);
        let task = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Board { url, seen, task }
    }

    pub fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }
}

async fn answer(State(state): State<BoardState>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = axum::body::to_bytes(body, 1 << 20).await.unwrap_or_default();
    let seen = Seen {
        path: parts.uri.path().to_owned(),
        query: parts.uri.query().unwrap_or_default().to_owned(),
        authorization: parts.headers.get("authorization").map(|value| value.to_str().unwrap().to_owned()),
        proxy_authorization: parts.headers.get("proxy-authorization").map(|value| value.to_str().unwrap().to_owned()),
        body: serde_json::from_slice(&body).unwrap_or_default(),
    };
    let number = {
        let mut all = state.seen.lock().unwrap();
        all.push(seen.clone());
        all.len() - 1
    };
    let reply = (state.answers)(&seen, number);
    let mut response = Response::builder().status(StatusCode::from_u16(reply.status).unwrap());
    for (name, value) in reply.headers {
        response = response.header(name, value);
    }
    response.body(Body::from(reply.body)).unwrap()
}

#[derive(Default)]
struct Memory {
    cursors: HashMap<(String, String), String>,
    landed: HashMap<(String, String), HashMap<u64, Landed>>,
    stored: BTreeMap<String, Vec<Line>>,
    /// Stream of each stored segment.
    streams: HashMap<String, String>,
    health: HashMap<String, Health>,
    runs: Vec<Run>,
    tombstones: HashSet<String>,
}

/// Engine memory and store in one.
#[derive(Default)]
pub struct World {
    memory: Mutex<Memory>,
    /// Fail the store of a segment this often.
    pub failures: AtomicUsize,
    /// What is wrong with statements.
    pub faults: Mutex<Vec<StatementFault>>,
    /// The statement that was checked last.
    pub checked: Mutex<Checked>,
}

/// A statement that was checked: rows of its lines, and its totals with the number of lines above each.
#[derive(Debug, Default, PartialEq)]
pub struct Checked {
    pub rows: Vec<u64>,
    pub sums: Vec<(String, usize)>,
}

impl World {
    pub fn lines(&self) -> Vec<Line> {
        self.memory.lock().unwrap().stored.values().flatten().cloned().collect()
    }

    /// Lines of one stream.
    pub fn lines_of(&self, stream: &str) -> Vec<Line> {
        let memory = self.memory.lock().unwrap();
        let mine = memory.stored.iter().filter(|(id, _)| memory.streams.get(*id).is_some_and(|known| known == stream));
        mine.flat_map(|(_, lines)| lines.clone()).collect()
    }

    pub fn ids(&self) -> Vec<String> {
        let mut ids: Vec<String> = self.lines().into_iter().map(|line| line.id).collect();
        ids.sort();
        ids
    }

    pub fn cursor(&self, connection: &str, stream: &str) -> Option<String> {
        self.memory.lock().unwrap().cursors.get(&(connection.to_owned(), stream.to_owned())).cloned()
    }

    pub fn health(&self, connection: &str) -> Option<Health> {
        self.memory.lock().unwrap().health.get(connection).cloned()
    }

    pub fn runs(&self) -> Vec<Run> {
        self.memory.lock().unwrap().runs.clone()
    }

    pub fn bury(&self, tombstone: String) {
        self.memory.lock().unwrap().tombstones.insert(tombstone);
    }

    pub fn set_cursor(&self, connection: &str, stream: &str, cursor: &str) {
        self.memory.lock().unwrap().cursors.insert((connection.to_owned(), stream.to_owned()), cursor.to_owned());
    }
}

#[async_trait]
impl PullState for World {
    async fn cursor(&self, connection: &str, stream: &str) -> Result<Option<String>, SinkError> {
        Ok(World::cursor(self, connection, stream))
    }

    async fn commit_cursor(&self, connection: &str, stream: &str, cursor: &str) -> Result<(), SinkError> {
        self.set_cursor(connection, stream, cursor);
        Ok(())
    }

    async fn landed(&self, connection: &str, stream: &str) -> Result<HashMap<u64, Landed>, SinkError> {
        let key = (connection.to_owned(), stream.to_owned());
        Ok(self.memory.lock().unwrap().landed.get(&key).cloned().unwrap_or_default())
    }

    async fn landed_of(&self, connection: &str, streams: &[&str], keys: &[u64]) -> Result<HashMap<u64, Landed>, SinkError> {
        let memory = self.memory.lock().unwrap();
        let known = streams.iter().filter_map(|stream| memory.landed.get(&(connection.to_owned(), (*stream).to_owned())));
        Ok(known.flatten().filter(|(key, _)| keys.contains(key)).map(|(key, landed)| (*key, *landed)).collect())
    }

    async fn commit_landed(&self, connection: &str, stream: &str, rows: &[Landed], _: &str) -> Result<(), SinkError> {
        let key = (connection.to_owned(), stream.to_owned());
        let mut memory = self.memory.lock().unwrap();
        memory.landed.entry(key).or_default().extend(rows.iter().map(|row| (row.key_hash, *row)));
        Ok(())
    }

    async fn stored_segments(&self, _: &str) -> Result<HashSet<String>, SinkError> {
        Ok(self.memory.lock().unwrap().stored.keys().cloned().collect())
    }

    async fn tombstones(&self) -> Result<HashSet<String>, SinkError> {
        Ok(self.memory.lock().unwrap().tombstones.clone())
    }

    async fn health(&self, connection: &str) -> Result<Option<Health>, SinkError> {
        Ok(World::health(self, connection))
    }

    async fn record(&self, run: &Run, health: Option<&Health>) -> Result<(), SinkError> {
        let mut memory = self.memory.lock().unwrap();
        memory.runs.push(run.clone());
        memory.health.extend(health.map(|health| (health.connection.clone(), health.clone())));
        Ok(())
    }
}

/// Notes what it is shown.
struct Examiner<'w> {
    world: &'w World,
    lines: usize,
}

impl StatementCheck for Examiner<'_> {
    fn map(&self, first: usize, lines: &[Line]) -> (MappedLines, ReadLines) {
        (Box::new(()), Box::new((first, lines.len())))
    }

    fn take(&mut self, read: ReadLines) {
        let (first, lines) = *read.downcast::<(usize, usize)>().unwrap();
        assert_eq!(first, self.lines, "lines come in their order, each once");
        self.lines += lines;
    }

    fn faults(self: Box<Self>, statement: &Statement<'_>) -> Vec<StatementFault> {
        assert_eq!(statement.rows.len(), self.lines);
        let sums = statement.sums.iter().map(|sum| (sum.label.to_owned(), sum.above)).collect();
        *self.world.checked.lock().unwrap() = Checked { rows: statement.rows.clone(), sums };
        self.world.faults.lock().unwrap().clone()
    }
}

#[async_trait]
impl SegmentSink for World {
    fn check<'s>(&'s self, header: &SegmentHeader) -> Option<Box<dyn StatementCheck + 's>> {
        assert!(header.kind.is_statement(), "{}", header.kind);
        Some(Box::new(Examiner { world: self, lines: 0 }))
    }

    async fn store(&self, segment: &Segment) -> Result<StoredCounts, SinkError> {
        if self.failures.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)).is_ok() {
            return Err(SinkError { message: "the disk is full".into(), hint: None, exit_code: 2 });
        }
        let lines: Vec<Line> = read_segment(segment).unwrap().map(Result::unwrap).collect();
        assert_eq!(lines.len() as u64, segment.records);
        let counts = StoredCounts { rows: segment.records, quarantined: 0 };
        let mut memory = self.memory.lock().unwrap();
        memory.streams.insert(segment.id.clone(), segment.stream.clone());
        memory.stored.insert(segment.id.clone(), lines);
        Ok(counts)
    }
}

/// Everything that a pull needs, in a temporary folder.
pub struct Rig {
    pub folder: tempfile::TempDir,
    pub config: Config,
    pub world: World,
    pub keys: IdentityKeys,
    pub http: Http,
    pub now: DateTime<Utc>,
    pub shutdown: CancellationToken,
}

pub fn at(text: &str) -> DateTime<Utc> {
    DateTime::parse_from_rfc3339(text).unwrap().with_timezone(&Utc)
}

impl Rig {
    pub fn new() -> Rig {
        Rig::with_settings("")
    }

    pub fn with_settings(extra: &str) -> Rig {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("inflow.toml");
        std::fs::write(&file, format!("[company]\nname = \"Tea House\"\n{extra}")).unwrap();
        std::fs::write(folder.path().join("key"), "s3cret\n").unwrap();
        let config = Config::load(&file, &Vec::new).unwrap();
        let now = at("2026-10-01T00:00:00Z");
        let clock: SharedClock = Arc::new(FixedClock(now));
        let mut options = HttpOptions::of(&config, clock, Some(&folder.path().join("data")));
        options.settings.connect_timeout = options.settings.connect_timeout.min(Duration::from_secs(2));
        options.settings.timeout = options.settings.timeout.min(Duration::from_secs(2));
        Rig {
            config,
            world: World::default(),
            keys: IdentityKeys::from_bytes([7; 32], [9; 32]),
            http: Http::new(options).unwrap(),
            now,
            shutdown: CancellationToken::new(),
            folder,
        }
    }

    /// Waits longer for boards than a test of slow ones can.
    pub fn be_patient(&mut self) {
        let clock: SharedClock = Arc::new(FixedClock(self.now));
        let mut options = HttpOptions::of(&self.config, clock, Some(&self.data_dir()));
        options.settings.connect_timeout = Duration::from_mins(2);
        options.settings.timeout = Duration::from_mins(2);
        self.http = Http::new(options).unwrap();
    }

    pub fn data_dir(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    fn context<'a>(&'a self, data_dir: &'a Path) -> PullContext<'a> {
        PullContext {
            state: &self.world,
            config: &self.config,
            clock: Arc::new(FixedClock(self.now)),
            keys: &self.keys,
            data_dir,
            sink: &self.world,
            http: &self.http,
            shutdown: self.shutdown.clone(),
            progress: &NoProgress,
        }
    }

    pub async fn pull(&self, connection: &Connection) -> PullOutcome {
        let data_dir = self.data_dir();
        pull(&self.context(&data_dir), connection).await
    }

    pub async fn import(&self, connection: &Connection, kind: Kind, files: &[PathBuf], mapping: Option<&Path>) -> PullOutcome {
        let data_dir = self.data_dir();
        import(&self.context(&data_dir), connection, kind, files, mapping).await
    }

    /// A file in the rig's folder.
    pub fn file(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, bytes).unwrap();
        path
    }

    /// Everything that is on disk under landing, decompressed.
    pub fn on_disk(&self) -> String {
        let segments = list_segments(&self.data_dir()).unwrap();
        let all = segments.iter().map(|segment| {
            let bytes = std::fs::read(&segment.path).unwrap();
            String::from_utf8(zstd::decode_all(bytes.as_slice()).unwrap()).unwrap()
        });
        all.collect()
    }
}

/// A connection to a board at `url`.
pub fn connection(name: &str, connector: &str, url: &str) -> Connection {
    let mut connection = Connection::new(name, connector);
    connection.channel = Some("careers".into());
    connection.base_url = Some(url.parse().unwrap());
    match connector {
        "greenhouse" => {
            connection.params.insert("board_token".into(), "tea".into());
        }
        "lever" => {
            connection.secrets.insert("api_key".into(), SecretRef::file("key"));
        }
        "moka" => {
            connection.params.insert("org_id".into(), "tea".into());
            connection.secrets.insert("api_key".into(), SecretRef::file("key"));
        }
        _ => {}
    }
    connection
}

/// A Greenhouse job.
pub fn job(id: u64, title: &str, updated_at: &str) -> Value {
    json!({
        "id": id, "title": title, "updated_at": updated_at, "first_published": "2026-09-01T08:00:00Z",
        "company_name": "Tea House", "location": {"name": "Hangzhou"}, "absolute_url": format!("https://tea.example/{id}"),
        "content": "&lt;p&gt;Tea&lt;/p&gt;", "departments": [{"name": "Kitchen"}], "internal_note": "call 13900001234"
    })
}

pub fn jobs(list: &[Value]) -> Reply {
    Reply::json(&json!({"jobs": list}))
}

/// A Lever opportunity.
pub fn opportunity(id: &str, contact: &str, name: &str, phone: &str, updated_at: Option<i64>) -> Value {
    json!({
        "id": id, "contact": contact, "name": name, "phones": [{"type": "mobile", "value": phone}],
        "emails": [format!("{}@example.com", contact)], "headline": format!("{name}, 13900001234"),
        "sources": ["BOSS"], "origin": "applied", "stageChanges": [{"toStageId": "s1", "updatedAt": 1_789_600_000_000_i64, "userId": "Wang Manager"}],
        "applications": [], "archived": null, "owner": "Wang Manager", "createdAt": 1_789_600_000_000_i64, "updatedAt": updated_at,
        "opportunityLocation": "Shanghai"
    })
}

/// Answers of a Lever account with these opportunities; `site` postings are empty.
pub fn lever(seen: &Seen, opportunities: &[Value]) -> Reply {
    let data = match seen.path.as_str() {
        "/v1/stages" => json!([{"id": "s1", "text": "New applicant"}]),
        "/v1/archive_reasons" => json!([{"id": "r1", "text": "Hired", "type": "hired"}]),
        "/v1/opportunities" => json!(opportunities),
        _ => json!([]),
    };
    Reply::json(&json!({"data": data, "hasNext": false}))
}
