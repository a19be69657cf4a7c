//! A ClickHouse HTTP interface over the embedded engine, for our own client, curl, Grafana and any other.
//!
//! What it takes: `POST /` and `GET /` with the statement in `query`, in the body or in a form; settings and
//! `param_*` in the address; rows of an INSERT in the body, streamed; `decompress=1`, gzip. What it gives: the
//! result, streamed where its format allows; `compress=1`, gzip, lz4; errors by status, header and text. Answers to
//! readers are kept until something is written (`kept.rs`); `Cache-Status` says so. A `GET` only reads. Not spoken: sessions (each request is its own), external tables, `SET` and `USE` across requests.

mod access;
mod encode;
mod fault;
mod formats;
mod frames;
mod hello;
mod kept;
mod reader;
mod request;
mod run;
mod written;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, Response, StatusCode, header};
use axum::serve::ListenerExt;
use bytes::{Bytes, BytesMut};
use futures::{StreamExt, stream};
use tokio::net::TcpListener;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;

pub use access::{Access, READER, WRITER};
pub use fault::{Fault, code_of};
pub use run::insert;

use crate::embedded::{Engine, Role, Surroundings};
use crate::ffi::Counters;
use crate::measures::Kept;
use crate::random;
use crate::sql::{Shape, head, shape};
use encode::{Encoder, Packing};
use fault::code;
use kept::{Answer, Answers, Unkept};
use request::{Asked, Incoming, LONGEST_STATEMENT, open_body, settings_for};
use run::{Begin, Job, Running};
pub use written::{ViewArgument, ViewCall, ViewValue, WriteOut};

/// Readers' statements that run at once; more wait, then are turned away.
const READERS_AT_ONCE: usize = 16;
const READERS_WAIT: Duration = Duration::from_secs(10);
/// A statement's head is looked for in this much of a body.
const FIRST_LOOK: usize = 64 << 10;
/// Time for the network to take the text of a late error before the connection breaks.
const LAST_WORDS: Duration = Duration::from_millis(50);

#[derive(Debug)]
struct Endpoint {
    engine: Arc<Engine>,
    access: Access,
    readers: Arc<Semaphore>,
    answers: Option<Answers>,
    write_out: Option<WriteOut>,
    server_name: HeaderValue,
}

/// Serves until told to stop. Pieces of an answer are sent at once: the end of one would else wait 40 ms for the client to say that it has the rest.
/// Answers to readers are kept up to `kept` bytes of them; views that they read are written out by `write_out`.
pub async fn serve(
    listener: TcpListener,
    engine: Arc<Engine>,
    access: Access,
    kept: u64,
    write_out: Option<WriteOut>,
    stop: CancellationToken,
) -> std::io::Result<()> {
    let answers = Answers::new(kept, engine.measures().clone());
    let server_name = HeaderValue::from_str(&host_name()).unwrap_or(HeaderValue::from_static("inflow"));
    let endpoint =
        Arc::new(Endpoint { engine, access, readers: Arc::new(Semaphore::new(READERS_AT_ONCE)), answers, write_out, server_name });
    let listener = listener.tap_io(|connection| {
        // Only slower without it.
        let _ = connection.set_nodelay(true);
    });
    let router = Router::new().fallback(answer).with_state(endpoint).layer(axum::extract::DefaultBodyLimit::disable());
    axum::serve(listener, router).with_graceful_shutdown(stop.cancelled_owned()).await
}

fn host_name() -> String {
    rustix::system::uname().nodename().to_string_lossy().into_owned()
}

/// Binds the address.
pub async fn bind(address: SocketAddr) -> std::io::Result<TcpListener> {
    TcpListener::bind(address).await
}

async fn answer(State(endpoint): State<Arc<Endpoint>>, request: Request) -> Response<Body> {
    let mut asked = Asked::from_parts(request.uri().query().unwrap_or_default(), request.headers());
    let query_id = asked.query_id.clone().unwrap_or_else(random::id);
    match endpoint.answer(request, &mut asked, &query_id).await {
        Ok(response) => response,
        Err(fault) => {
            tracing::debug!(query_id, code = fault.code, "{}", fault.text);
            fault.response(&query_id, asked.framed_result)
        }
    }
}

impl Endpoint {
    async fn answer(&self, request: Request, asked: &mut Asked, query_id: &str) -> Result<Response<Body>, Fault> {
        self.access.check_site(request.headers())?;
        match request.uri().path() {
            "/ping" | "/replicas_status" => return Ok(Response::new(Body::from("Ok.\n"))),
            "/" => {}
            path => return Ok(plain(StatusCode::NOT_FOUND, format!("There is no handle {path}\n\nUse / or /ping\n"))),
        }
        if !matches!(*request.method(), Method::GET | Method::POST | Method::HEAD) {
            return Ok(plain(StatusCode::METHOD_NOT_ALLOWED, "Use GET or POST\n".to_owned()));
        }
        let headers = request.headers().clone();
        let read_only_method = *request.method() != Method::POST;
        // Checked again below: a form may carry credentials too.
        let mut role = self.access.role(&headers, asked)?;
        if role == Role::Reader && asked.framed_body {
            return Err(Fault::denied("decompress=1"));
        }
        let body = open_body(request, asked).await?;
        if asked.user.is_some() {
            role = self.access.role(&headers, asked)?;
        }
        if role == Role::Reader
            && let Some(database) = &asked.database
            && !reader::DATABASES.contains(&database.as_str())
        {
            return Err(Fault::denied(format!("database {database}")));
        }
        let surroundings = Surroundings {
            database: Some(asked.database.clone().unwrap_or_else(|| reader::DATABASES[0].to_owned())),
            settings: settings_for(role, self.engine.limits(), asked)?,
            tag: Some(random::id()),
            read_only: role == Role::Reader || read_only_method,
        };
        let started = Instant::now();
        match statement(asked, body, role).await? {
            Statement::Query(sql) => self.query(asked, &headers, role, surroundings, sql, query_id, started).await,
            Statement::Insert { text, format, rows, body } => {
                if surroundings.read_only {
                    return Err(Fault::new(code::READONLY, "Cannot execute query in readonly mode: use POST for INSERT"));
                }
                let params = std::mem::take(&mut asked.params);
                let inserting = run::insert(&self.engine, surroundings, text, format, params);
                let counters = feed(inserting, rows, body).await?;
                let mut response = Response::new(Body::empty());
                self.describe(&mut response, query_id, None, counters, started);
                Ok(response)
            }
        }
    }

    #[expect(clippy::too_many_arguments, reason = "one call, whose arguments are the parts of a request")]
    async fn query(
        &self,
        asked: &mut Asked,
        headers: &HeaderMap,
        role: Role,
        surroundings: Surroundings,
        sql: String,
        query_id: &str,
        started: Instant,
    ) -> Result<Response<Body>, Fault> {
        let packing = Packing::choose(headers, asked.framed_result);
        if asked.default_format.as_deref() == Some("Native") {
            let name = self.server_name.to_str().unwrap_or_default();
            let facts = hello::Facts { name, version: self.engine.version(), timezone: self.engine.timezone() };
            if let Some(block) = hello::answer(&sql, asked.protocol, facts) {
                let body = pack(packing, block)?;
                let answer = Answer { format: "Native".to_owned(), body, counters: Counters::default() };
                return Ok(self.given(&answer, packing, query_id, started));
            }
        }
        let exception_tag = random::id().chars().filter(char::is_ascii_alphanumeric).take(16).collect::<String>();
        let job = Job {
            engine: Arc::clone(&self.engine),
            role,
            surroundings,
            sql,
            write_out: self.write_out,
            params: std::mem::take(&mut asked.params),
            default_format: asked.default_format.take(),
            whole: asked.whole,
            packing,
            exception_tag: exception_tag.clone(),
        };
        let (mut response, kept) = match self.key(&job).await {
            Some(key) => Box::pin(self.kept(key, job, query_id, started)).await?,
            None => (self.run(job, query_id, started).await?, Kept::bypass),
        };
        let headers = response.headers_mut();
        if role == Role::Reader {
            self.engine.measures().answered(kept);
            headers.insert("Cache-Status", HeaderValue::from_static(cache_status(kept)));
        }
        if let Ok(tag) = HeaderValue::from_str(&exception_tag) {
            headers.insert("X-ClickHouse-Exception-Tag", tag);
        }
        Ok(response)
    }

    /// The key of an answer that may be kept: a reader's, of a SELECT that gives the same until something is written.
    async fn key(&self, job: &Job) -> Option<kept::Key> {
        if job.role != Role::Reader || self.answers.is_none() || !kept::is_select(&job.sql) {
            return None;
        }
        let mut traits = self.engine.traits(&job.sql);
        if traits.is_none() {
            let engine = Arc::clone(&self.engine);
            let read = tokio::task::spawn_blocking(move || engine.read_views()).await;
            if let Ok(Err(error)) = read {
                tracing::debug!(error = error.0, "no answer is kept");
            }
            traits = self.engine.traits(&job.sql);
        }
        let traits = traits.filter(|traits| !traits.unsteady)?;
        Some(kept::key(job, job.packing, &self.engine.writes().stamp(traits)))
    }

    /// Gives the answer of this key, or makes it. One that turns out to be large goes to whoever made it, as it comes.
    async fn kept(&self, key: kept::Key, job: Job, query_id: &str, started: Instant) -> Result<(Response<Body>, Kept), Fault> {
        let packing = job.packing;
        let Some(answers) = &self.answers else { return Ok((self.run(job, query_id, started).await?, Kept::bypass)) };
        if let Some(answer) = answers.get(&key).await {
            return Ok((self.given(&answer, packing, query_id, started), Kept::hit));
        }
        let again = job.clone();
        let mut made = false;
        let mut large = None;
        let making = async {
            made = true;
            let permit = self.admit_reader().await.map_err(Unkept::Failed)?;
            let (begin, running) = run::query(job, Some(permit)).await.map_err(Unkept::Failed)?;
            match whole(begin, running, answers.largest()).await? {
                Collected::Whole(answer) => Ok(Arc::new(answer)),
                Collected::Large(begin, pieces, running) => {
                    large = Some((begin, pieces, running));
                    Err(Unkept::TooLarge)
                }
            }
        };
        let answer = answers.make(key, making).await;
        if let Some((begin, pieces, running)) = large {
            return Ok((self.streamed(&begin, pieces, running, packing, query_id, started), Kept::bypass));
        }
        match answer.as_ref().map_err(AsRef::as_ref) {
            Ok(answer) => Ok((self.given(answer, packing, query_id, started), if made { Kept::miss } else { Kept::collapsed })),
            Err(Unkept::Failed(fault)) => Err(fault.clone()),
            Err(Unkept::TooLarge) => Ok((self.run(again, query_id, started).await?, Kept::bypass)),
        }
    }

    /// Runs a statement for one client alone.
    async fn run(&self, job: Job, query_id: &str, started: Instant) -> Result<Response<Body>, Fault> {
        let permit = match job.role {
            Role::Writer => None,
            Role::Reader => Some(self.admit_reader().await?),
        };
        let packing = job.packing;
        let (begin, running) = run::query(job, permit).await?;
        Ok(self.streamed(&begin, Vec::new(), running, packing, query_id, started))
    }

    fn streamed(
        &self,
        begin: &Begin,
        pieces: Vec<Bytes>,
        running: Running,
        packing: Packing,
        query_id: &str,
        started: Instant,
    ) -> Response<Body> {
        if begin.empty {
            let nothing = Answer { format: begin.format.clone(), body: Bytes::new(), counters: begin.counters };
            return self.given(&nothing, packing, query_id, started);
        }
        let mut response = Response::new(body_of(pieces, running));
        self.describe(&mut response, query_id, Some(&begin.format), begin.counters, started);
        if let Some(encoding) = packing.content_encoding() {
            response.headers_mut().insert(header::CONTENT_ENCODING, HeaderValue::from_static(encoding));
        }
        response
    }

    /// A whole answer. An empty one is an empty body, packed in nothing: drivers look at its length.
    fn given(&self, answer: &Answer, packing: Packing, query_id: &str, started: Instant) -> Response<Body> {
        let mut response = Response::new(Body::from(answer.body.clone()));
        self.describe(&mut response, query_id, Some(&answer.format), answer.counters, started);
        if let Some(encoding) = packing.content_encoding().filter(|_| !answer.body.is_empty()) {
            response.headers_mut().insert(header::CONTENT_ENCODING, HeaderValue::from_static(encoding));
        }
        response
    }

    async fn admit_reader(&self) -> Result<OwnedSemaphorePermit, Fault> {
        let crowded = || Fault::new(202, "Too many simultaneous queries of user reader");
        let acquired = tokio::time::timeout(READERS_WAIT, Arc::clone(&self.readers).acquire_owned()).await;
        acquired.map_err(|_| crowded())?.map_err(|_| crowded())
    }

    fn describe(&self, response: &mut Response<Body>, query_id: &str, format: Option<&str>, counters: Counters, started: Instant) {
        let headers = response.headers_mut();
        let summary = format!(
            r#"{{"read_rows":"{}","read_bytes":"{}","written_rows":"{}","written_bytes":"{}","elapsed_ns":"{}"}}"#,
            counters.read_rows,
            counters.read_bytes,
            counters.written_rows,
            counters.written_bytes,
            started.elapsed().as_nanos()
        );
        let mut put = |name: &'static str, value: &str| {
            if let Ok(value) = HeaderValue::from_str(value) {
                headers.insert(name, value);
            }
        };
        put("X-ClickHouse-Query-Id", query_id);
        put("X-ClickHouse-Timezone", self.engine.timezone());
        put("X-ClickHouse-Summary", &summary);
        put("X-Content-Type-Options", "nosniff");
        if let Some(format) = format {
            put("X-ClickHouse-Format", format);
            put("Content-Type", formats::media_type(format));
        }
        headers.insert("X-ClickHouse-Server-Display-Name", self.server_name.clone());
    }
}

fn plain(status: StatusCode, text: String) -> Response<Body> {
    let mut response = Response::new(Body::from(text));
    *response.status_mut() = status;
    response
}

/// RFC 9211.
fn cache_status(kept: Kept) -> &'static str {
    match kept {
        Kept::hit => "inflow; hit",
        Kept::miss => "inflow; fwd=uri-miss; stored",
        Kept::collapsed => "inflow; fwd=uri-miss; collapsed",
        Kept::bypass => "inflow; fwd=bypass",
    }
}

fn pack(packing: Packing, plain: Vec<u8>) -> Result<Bytes, Fault> {
    let unpackable = |error: std::io::Error| Fault::new(1002, error.to_string());
    let mut encoder = Encoder::new(packing);
    let mut packed = BytesMut::from(encoder.push(Bytes::from(plain)).map_err(unpackable)?);
    packed.extend_from_slice(&encoder.finish().map_err(unpackable)?);
    Ok(packed.freeze())
}

enum Collected {
    Whole(Answer),
    Large(Begin, Vec<Bytes>, Running),
}

/// Takes an answer together, unless it becomes larger than `most` bytes. An error late in it is known before anything is sent.
async fn whole(begin: Begin, mut running: Running, most: usize) -> Result<Collected, Unkept> {
    let mut pieces = Vec::new();
    let mut size = 0;
    while let Some(piece) = running.next().await {
        let piece = piece.map_err(Unkept::Failed)?;
        size += piece.len();
        pieces.push(piece);
        if size > most {
            return Ok(Collected::Large(begin, pieces, running));
        }
    }
    let body = if begin.empty { Bytes::new() } else { Bytes::from(pieces.concat()) };
    Ok(Collected::Whole(Answer { format: begin.format, body, counters: begin.counters }))
}

/// What has come, then what comes.
fn body_of(pieces: Vec<Bytes>, running: Running) -> Body {
    let come = stream::iter(pieces.into_iter().map(Ok::<Bytes, std::io::Error>));
    let comes = stream::unfold(running, |mut running| async move {
        match running.next().await? {
            Ok(piece) => Some((Ok(piece), running)),
            Err(fault) => {
                tokio::time::sleep(LAST_WORDS).await;
                Some((Err(std::io::Error::other(fault.text)), running))
            }
        }
    });
    Body::from_stream(come.chain(comes))
}

enum Statement {
    Query(String),
    Insert { text: Vec<u8>, format: String, rows: Bytes, body: Option<Incoming> },
}

/// Puts the statement together from `query` and the body, and finds where rows begin.
async fn statement(asked: &mut Asked, body: Option<Incoming>, role: Role) -> Result<Statement, Fault> {
    let mut text = BytesMut::from(asked.query.take().unwrap_or_default().as_bytes());
    let Some(mut body) = body else { return finish_statement(text, asked, role) };
    if !text.is_empty() && head(&text) == "INSERT" {
        refuse_insert(role)?;
        if let Some(statement) = insert_statement(&text, asked) {
            return Ok(with_body(statement, body));
        }
    }
    if !text.is_empty() {
        text.extend_from_slice(b"\n");
    }
    let mut enough = FIRST_LOOK;
    loop {
        let ended = body.read_until(&mut text, enough).await?;
        if head(&text) == "INSERT" {
            refuse_insert(role)?;
            if let Some(Statement::Insert { text, format, rows, .. }) =
                insert_statement(&text, asked).filter(|found| ended || has_format(found))
            {
                return Ok(Statement::Insert { text, format, rows, body: Some(body) });
            }
        }
        if ended {
            return finish_statement(text, asked, role);
        }
        if enough >= LONGEST_STATEMENT {
            return Err(Fault::new(code::QUERY_IS_TOO_LARGE, format!("the statement is longer than {LONGEST_STATEMENT} bytes")));
        }
        enough = LONGEST_STATEMENT;
    }
}

fn refuse_insert(role: Role) -> Result<(), Fault> {
    match role {
        Role::Writer => Ok(()),
        Role::Reader => Err(Fault::new(code::READONLY, "user reader may only read: SELECT, SHOW, DESCRIBE, EXPLAIN")),
    }
}

fn finish_statement(text: BytesMut, asked: &Asked, role: Role) -> Result<Statement, Fault> {
    if head(&text) == "INSERT" {
        refuse_insert(role)?;
        if let Some(statement) = insert_statement(&text, asked) {
            return Ok(statement);
        }
    }
    if text.trim_ascii().is_empty() {
        return Err(Fault::new(code::SYNTAX_ERROR, "Empty query"));
    }
    if text.len() > LONGEST_STATEMENT {
        return Err(Fault::new(code::QUERY_IS_TOO_LARGE, format!("the statement is longer than {LONGEST_STATEMENT} bytes")));
    }
    match String::from_utf8(text.into()) {
        Ok(sql) => Ok(Statement::Query(sql)),
        Err(_) => Err(Fault::new(code::BAD_ARGUMENTS, "the statement is not UTF-8")),
    }
}

/// An INSERT with rows; `None` for INSERT .. SELECT.
fn insert_statement(text: &[u8], asked: &Asked) -> Option<Statement> {
    let Shape::Insert { statement, format, rows } = shape(text) else { return None };
    let format = format.or_else(|| asked.default_format.clone()).unwrap_or_else(|| "Values".to_owned());
    Some(Statement::Insert { text: text.get(..statement)?.to_vec(), format, rows: Bytes::copy_from_slice(text.get(rows..)?), body: None })
}

/// Whether the end of the statement has been seen, and not just the end of what was read.
fn has_format(statement: &Statement) -> bool {
    matches!(statement, Statement::Insert { rows, .. } if !rows.is_empty())
}

fn with_body(statement: Statement, body: Incoming) -> Statement {
    match statement {
        Statement::Insert { text, format, rows, .. } => Statement::Insert { text, format, rows, body: Some(body) },
        query @ Statement::Query(_) => query,
    }
}

async fn feed(inserting: run::Inserting, rows: Bytes, body: Option<Incoming>) -> Result<Counters, Fault> {
    if !rows.is_empty() && !inserting.send(rows).await {
        return inserting.finish().await;
    }
    if let Some(mut body) = body {
        while let Some(bytes) = body.next().await? {
            if !inserting.send(bytes).await {
                break;
            }
        }
    }
    inserting.finish().await
}
