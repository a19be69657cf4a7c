//! The loopback server: many boards, each under its own path prefix.
//!
//! A request meets, in this order: the log, the injected faults, the sign-in, the limit, and then
//! the board's own answer. Limits run on the monotonic clock, so a paused tokio clock steers them.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::Response;
use bytes::Bytes;
use futures::stream;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio::time::Instant;
use url::{Url, form_urlencoded};

use crate::board::{Board, BoardRequest, Reply};
use crate::error::SimulatorError;
use crate::fault::{Fault, FaultKind, retype, strike};
use crate::limit::{Bucket, Limit, Verdict};

const MAX_REQUEST_BODY: usize = 1 << 20;

/// A request that reached the server, without its credentials.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// The board asked.
    pub board: String,
    /// `GET`, `POST`.
    pub method: String,
    /// Path after the board's prefix.
    pub path: String,
    /// Query parameters, decoded once.
    pub query: Vec<(String, String)>,
    /// Status answered.
    pub status: u16,
    /// Since the server started.
    pub at: Duration,
}

impl Seen {
    /// The first value of a query parameter.
    pub fn param(&self, key: &str) -> Option<&str> {
        self.query.iter().find(|(name, _)| name == key).map(|(_, value)| value.as_str())
    }
}

/// Boards on an ephemeral loopback port. Stops when dropped.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    state: Arc<Served>,
    task: JoinHandle<()>,
}

#[derive(Debug)]
struct Served {
    boards: Mutex<BTreeMap<String, Running>>,
    seen: Mutex<Vec<Seen>>,
    started: Instant,
}

#[derive(Debug)]
struct Running {
    board: Board,
    bucket: Option<Bucket>,
    faults: Vec<Fault>,
}

impl Running {
    fn new(board: Board) -> Self {
        let bucket = board.limit.map(|limit| Bucket::new(limit, Instant::now()));
        Self { board, bucket, faults: Vec::new() }
    }
}

// A poisoned lock here means another test thread panicked: its log is still worth reading.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Server {
    /// Serves the boards on a free port of 127.0.0.1.
    pub async fn start(boards: Vec<Board>) -> Result<Self, SimulatorError> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.map_err(SimulatorError::Listen)?;
        let address = listener.local_addr().map_err(SimulatorError::Listen)?;
        let boards = boards.into_iter().map(|board| (board.name.clone(), Running::new(board))).collect();
        let state = Arc::new(Served { boards: Mutex::new(boards), seen: Mutex::default(), started: Instant::now() });
        let router = Router::new().fallback(answer).with_state(Arc::clone(&state));
        let task = tokio::spawn(async move {
            if let Err(error) = axum::serve(listener, router).await {
                tracing::error!(%error, "the simulated boards stopped");
            }
        });
        Ok(Self { address, state, task })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Base address of a board, `http://127.0.0.1:PORT/NAME`, without a trailing slash: what a
    /// connection's `base_url` takes in place of the real board's.
    pub fn url(&self, board: &str) -> Url {
        let mut url = Url::from(HttpAddress(self.address));
        url.set_path(board);
        url
    }

    /// Every request so far, in order of arrival.
    pub fn requests(&self) -> Vec<Seen> {
        lock(&self.state.seen).clone()
    }

    /// Empties the log.
    pub fn forget(&self) {
        lock(&self.state.seen).clear();
    }

    /// Breaks a board.
    pub fn inject(&self, board: &str, fault: Fault) -> Result<(), SimulatorError> {
        self.with(board, |running| running.faults.push(fault))
    }

    /// Mends a board.
    pub fn mend(&self, board: &str) -> Result<(), SimulatorError> {
        self.with(board, |running| running.faults.clear())
    }

    /// Puts another board in the place of the one of the same name, or adds it: a board whose data
    /// moved on between two pulls.
    pub fn put(&self, board: Board) {
        lock(&self.state.boards).insert(board.name.clone(), Running::new(board));
    }

    fn with(&self, board: &str, change: impl FnOnce(&mut Running)) -> Result<(), SimulatorError> {
        let mut boards = lock(&self.state.boards);
        let running = boards.get_mut(board).ok_or_else(|| SimulatorError::UnknownBoard(board.to_owned()))?;
        change(running);
        Ok(())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

struct HttpAddress(SocketAddr);

impl From<HttpAddress> for Url {
    fn from(address: HttpAddress) -> Self {
        let text = format!("http://{}", address.0);
        match Self::parse(&text) {
            Ok(url) => url,
            Err(error) => unreachable!("a socket address makes an address: {text}: {error}"),
        }
    }
}

/// What the locked part of a request decided.
enum Course {
    Answer { board: Board, fault: Option<FaultKind>, limit: Option<(Limit, Verdict)> },
    Stop(Reply, Option<(Limit, Verdict)>),
}

async fn answer(State(state): State<Arc<Served>>, request: Request) -> Response {
    let at = state.started.elapsed();
    let (parts, body) = request.into_parts();
    let (name, path) = split_prefix(parts.uri.path());
    let body = to_bytes(body, MAX_REQUEST_BODY).await.unwrap_or_default();
    let query = form_urlencoded::parse(parts.uri.query().unwrap_or_default().as_bytes()).into_owned().collect();
    let request = BoardRequest { method: parts.method.to_string(), path, query, body };
    let course = decide(&state, &name, &request, &parts.headers);
    let (reply, fault, limit) = match course {
        Course::Stop(reply, limit) => (reply, None, limit),
        Course::Answer { board, fault, limit } => (board.answers.respond(&request), fault, limit),
    };
    lock(&state.seen).push(Seen {
        board: name,
        method: request.method,
        path: request.path,
        query: request.query,
        status: reply.status.as_u16(),
        at,
    });
    if let Some(FaultKind::Slow(delay)) = &fault {
        tokio::time::sleep(*delay).await;
    }
    render(reply, fault, limit)
}

/// `/lever/v1/postings` is the path `/v1/postings` of the board `lever`.
fn split_prefix(path: &str) -> (String, String) {
    let path = path.trim_start_matches('/');
    match path.split_once('/') {
        Some((board, rest)) => (board.to_owned(), format!("/{rest}")),
        None => (path.to_owned(), "/".to_owned()),
    }
}

fn decide(state: &Served, name: &str, request: &BoardRequest, headers: &HeaderMap) -> Course {
    let mut boards = lock(&state.boards);
    let Some(running) = boards.get_mut(name) else {
        return Course::Stop(Reply::not_found(), None);
    };
    let fault = strike(&mut running.faults, request);
    match fault {
        Some(FaultKind::Status(status)) => {
            let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
            return Course::Stop(Reply::error(status, "InjectedFault", "the simulated board was told to fail"), None);
        }
        Some(FaultKind::RateLimited { retry_after }) => return Course::Stop(too_many(retry_after), None),
        _ => {}
    }
    if !running.board.auth.admits(headers) {
        return Course::Stop(Reply::error(StatusCode::UNAUTHORIZED, "Unauthorized", "the key is not valid"), None);
    }
    let limit = running.bucket.as_mut().map(|bucket| (bucket.limit(), bucket.take(Instant::now())));
    match limit {
        Some((_, verdict)) if !verdict.admitted => Course::Stop(too_many(verdict.reset), limit),
        _ => Course::Answer { board: running.board.clone(), fault, limit },
    }
}

fn too_many(retry_after: u64) -> Reply {
    let mut reply = Reply::error(StatusCode::TOO_MANY_REQUESTS, "TooManyRequests", "the rate limit is exceeded");
    reply.headers.push(("retry-after".to_owned(), retry_after.to_string()));
    reply
}

fn render(mut reply: Reply, fault: Option<FaultKind>, limit: Option<(Limit, Verdict)>) -> Response {
    if let Some(FaultKind::Retype { field, value }) = &fault {
        retype(&mut reply.body, field, value);
    }
    let mut bytes = reply.body.to_string().into_bytes();
    let mut response = Response::builder().status(reply.status);
    for (name, value) in &reply.headers {
        response = response.header(name, value);
    }
    if let Some((limit, verdict)) = limit {
        response = response
            .header("x-ratelimit-limit", limit.requests)
            .header("x-ratelimit-remaining", verdict.remaining)
            .header("x-ratelimit-reset", limit.reset(verdict));
        // The instants that a board tells are by the clock that it tells.
        if let Some(wall) = limit.wall {
            response = response.header(header::DATE, wall.format("%a, %d %b %Y %H:%M:%S GMT").to_string());
        }
    }
    let body = match fault {
        Some(FaultKind::Html(page)) => {
            response = response.header(header::CONTENT_TYPE, "text/html; charset=utf-8");
            return finish(response.body(Body::from(page)));
        }
        Some(FaultKind::Truncated) => {
            bytes.truncate(bytes.len() / 2);
            Body::from(bytes)
        }
        Some(FaultKind::Reset) => {
            bytes.truncate(bytes.len() / 2);
            let gone = std::io::Error::from(std::io::ErrorKind::ConnectionReset);
            Body::from_stream(stream::iter([Ok(Bytes::from(bytes)), Err(gone)]))
        }
        _ => Body::from(bytes),
    };
    finish(response.header(header::CONTENT_TYPE, "application/json; charset=utf-8").body(body))
}

// A recorded header that HTTP does not allow is a fault of the recording; say so to the client.
fn finish(response: Result<Response, axum::http::Error>) -> Response {
    response.unwrap_or_else(|error| {
        let mut failed = Response::new(Body::from(format!("the simulated answer cannot be sent: {error}")));
        *failed.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
        failed
    })
}
