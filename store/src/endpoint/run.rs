//! Running statements on the engine's blocking calls and handing their results to the network.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use bytes::Bytes;
use tokio::runtime::Handle;
use tokio::sync::{OwnedSemaphorePermit, mpsc, oneshot};

use super::encode::{Encoder, Packing};
use super::fault::{Fault, code};
use super::formats::{Joiner, Joint, joint};
use super::reader;
use super::request::is_narrowing;
use super::written::{self, WriteOut};
use crate::embedded::{Engine, Role, Surroundings};
use crate::ffi::{Connection, Counters};
use crate::measures::Outcome;
use crate::sql::{Shape, Tokens, shape};
use crate::writes::{Noted, Target};

/// How long a client may leave its result unread before the statement is given up.
const PATIENCE: Duration = Duration::from_mins(2);
/// Time for the network to take the rows before the text of a late error.
const BEFORE_LATE_ERROR: Duration = Duration::from_millis(50);
/// Pieces that wait for the network.
const AHEAD: usize = 2;
/// Errors that another wording of the same statement would have too: rows, bytes and time of it or of its result, memory, and that it was stopped.
const LIMITS: [u32; 7] = [158, 159, 210, 241, 307, 394, 396];

/// A statement with a result.
#[derive(Debug, Clone)]
pub struct Job {
    /// The engine.
    pub engine: Arc<Engine>,
    /// For whom.
    pub role: Role,
    /// Database, settings and tag.
    pub surroundings: Surroundings,
    /// The statement.
    pub sql: String,
    /// Writes the views out that a reader's statement calls.
    pub write_out: Option<WriteOut>,
    /// Values of its parameters.
    pub params: Vec<(String, String)>,
    /// Format when it names none.
    pub default_format: Option<String>,
    /// Whether the result is wanted in one piece.
    pub whole: bool,
    /// Packing of the result.
    pub packing: Packing,
    /// Marks the text of an error that comes after the result has begun.
    pub exception_tag: String,
}

/// What is known when a result begins.
#[derive(Debug)]
pub struct Begin {
    /// Its format.
    pub format: String,
    /// What was read and written, when the statement has ended already.
    pub counters: Counters,
    /// Whether it has no byte at all.
    pub empty: bool,
}

/// A result under way. Dropping it stops the statement.
#[derive(Debug)]
pub struct Running {
    pieces: mpsc::Receiver<Result<Bytes, Fault>>,
    _stop: StopOnDrop,
    _permit: Option<OwnedSemaphorePermit>,
}

impl Running {
    /// The next piece; after an error nothing comes.
    pub async fn next(&mut self) -> Option<Result<Bytes, Fault>> {
        self.pieces.recv().await
    }
}

/// Stops a statement whose client has gone. The engine forgets a stop that comes before the statement
/// is registered, so it is repeated until the statement's thread is through.
#[derive(Debug)]
struct StopOnDrop {
    engine: Arc<Engine>,
    tag: Option<String>,
    state: Arc<State>,
}

#[derive(Debug, Default)]
struct State {
    finished: AtomicBool,
    abandoned: AtomicBool,
}

impl Drop for StopOnDrop {
    fn drop(&mut self) {
        self.state.abandoned.store(true, Ordering::Release);
        let (Some(tag), Ok(runtime)) = (self.tag.take(), Handle::try_current()) else { return };
        if self.state.finished.load(Ordering::Acquire) {
            return;
        }
        let (engine, state) = (Arc::clone(&self.engine), Arc::clone(&self.state));
        runtime.spawn_blocking(move || {
            for _ in 0..100 {
                if state.finished.load(Ordering::Acquire) {
                    return;
                }
                if let Err(error) = engine.kill(&tag) {
                    tracing::debug!(error = error.0, "a statement whose client left could not be stopped");
                    return;
                }
                std::thread::sleep(Duration::from_millis(50));
            }
        });
    }
}

/// Runs a statement; gives its result once the first piece is there, so that most errors still get a status.
pub async fn query(job: Job, permit: Option<OwnedSemaphorePermit>) -> Result<(Begin, Running), Fault> {
    let (begin_sender, begin) = oneshot::channel();
    let (sender, pieces) = mpsc::channel(AHEAD);
    let state = Arc::new(State::default());
    let stop = StopOnDrop { engine: Arc::clone(&job.engine), tag: job.surroundings.tag.clone(), state: Arc::clone(&state) };
    let runtime = Handle::current();
    tokio::task::spawn_blocking(move || {
        let (tag, packing, role, engine) = (job.exception_tag.clone(), job.packing, job.role, Arc::clone(&job.engine));
        let started = Instant::now();
        let mut out = Out { begin: Some(begin_sender), sender, runtime, encoder: Some(Encoder::new(packing)) };
        let done = work(job, &mut out, &state);
        engine.measures().statement(role, ended(&done, &state), started.elapsed());
        if let Err(fault) = done {
            out.fail(fault, &tag);
        }
        state.finished.store(true, Ordering::Release);
    });
    let begin = begin.await.unwrap_or_else(|_| Err(Fault::new(1002, "the statement's thread has ended")))?;
    Ok((begin, Running { pieces, _stop: stop, _permit: permit }))
}

/// A client that leaves once it has all it wants does not make a statement one that was cancelled.
fn ended<T>(done: &Result<T, Fault>, state: &State) -> Outcome {
    match done {
        Ok(_) => Outcome::ok,
        Err(_) if state.abandoned.load(Ordering::Acquire) => Outcome::cancelled,
        Err(_) => Outcome::error,
    }
}

fn client_left() -> Fault {
    Fault::new(210, "the client stopped reading")
}

fn work(job: Job, out: &mut Out, state: &State) -> Result<(), Fault> {
    let mut session = job.engine.session(&job.surroundings)?;
    let (sql, reads) = match job.role {
        Role::Reader => (admitted(&job, &mut session)?, true),
        Role::Writer => {
            let reads = check_writer(&mut session, &job.sql)?;
            (job.sql, reads)
        }
    };
    let (clause, streamable) = match shape(sql.as_bytes()) {
        Shape::Select { format, totals } => (format, !totals),
        Shape::Insert { format, .. } | Shape::Other { format } => (format, false),
    };
    let format = clause.or(job.default_format).unwrap_or_else(|| "TabSeparated".to_owned());
    let joint = joint(&format);
    if state.abandoned.load(Ordering::Acquire) {
        return Err(client_left());
    }
    let target = (!reads).then(|| Target::of(sql.as_bytes(), job.surroundings.database.as_deref()));
    let noted = target.map(|target| job.engine.writes().note(target));
    let reshaped = job.surroundings.settings.iter().any(|(name, _)| name == "extremes" || name.ends_with("array_of_rows"));
    let streamed = streamable && !job.whole && !reshaped && joint != Joint::Whole;
    let mut giving = Giving { session, format, params: job.params, joint: streamed.then_some(joint) };
    let written = job.write_out.filter(|_| job.role == Role::Reader).and_then(|by| written::write_out(&sql, by));
    if let Some(written) = written {
        match giving.give(&written, out, None) {
            // A store of before these definitions, or a mistake: the statement as it was sent has the result, or the right message.
            Err(fault) if out.begin.is_some() && !LIMITS.contains(&fault.code) => {
                tracing::debug!(code = fault.code, "views are read as they are");
            }
            done => return done,
        }
    }
    giving.give(&sql, out, noted)
}

/// A statement's way from the engine to the network.
struct Giving {
    session: Connection,
    format: String,
    params: Vec<(String, String)>,
    /// How pieces are joined; none: the result is wanted whole.
    joint: Option<Joint>,
}

impl Giving {
    fn give(&mut self, sql: &str, out: &mut Out, noted: Option<Noted<'_>>) -> Result<(), Fault> {
        let Some(joint) = self.joint else {
            let output = self.session.query(sql.as_bytes(), &self.format, &self.params)?;
            let counters = output.counters();
            // Who wrote and is told so reads what was written.
            drop(noted);
            out.begin(self.format.clone(), counters, output.as_ref().is_empty());
            out.piece(Bytes::from_owner(output))?;
            return out.finish();
        };
        let mut stream = self.session.stream(sql.as_bytes(), &self.format, &self.params)?;
        let mut joiner = Joiner::new(joint);
        while let Some(piece) = stream.next()? {
            let piece = joiner.join(Bytes::from_owner(piece)).map_err(|misfit| Fault::new(1002, misfit.to_string()))?;
            if piece.is_empty() {
                continue;
            }
            out.begin(self.format.clone(), Counters::default(), false);
            out.piece(piece)?;
        }
        let end = joiner.end();
        out.begin(self.format.clone(), Counters::default(), end.is_empty());
        out.piece(end)?;
        out.finish()
    }
}

/// A reader's text as it is to be run. Limits that the request names are those of its result, and not of what is read to judge it.
fn admitted(job: &Job, session: &mut Connection) -> Result<String, Fault> {
    let (limits, others): (Vec<_>, Vec<_>) = job.surroundings.settings.iter().cloned().partition(|(name, _)| is_narrowing(name));
    if limits.is_empty() {
        return reader::admit(&job.engine, session, &job.sql, &job.params);
    }
    let mut judging = job.engine.session(&Surroundings { settings: others, ..job.surroundings.clone() })?;
    reader::admit(&job.engine, &mut judging, &job.sql, &job.params)
}

/// A writer may do all that one statement can, but for files named by client-side clauses. True for one that leaves no trace.
fn check_writer(session: &mut Connection, sql: &str) -> Result<bool, Fault> {
    if Tokens::new(sql.as_bytes()).any(|token| token.is("OUTFILE") || token.is("INFILE")) {
        return Err(Fault::new(code::NOT_IMPLEMENTED, "INTO OUTFILE and FROM INFILE are the client's business, not the server's"));
    }
    match session.classify(sql.as_bytes()) {
        Some(analysis) if analysis.statements > 1 => Err(Fault::new(code::SYNTAX_ERROR, "Multi-statements are not allowed")),
        analysis => Ok(analysis.is_some_and(|analysis| analysis.read_only)),
    }
}

struct Out {
    begin: Option<oneshot::Sender<Result<Begin, Fault>>>,
    sender: mpsc::Sender<Result<Bytes, Fault>>,
    runtime: Handle,
    encoder: Option<Encoder>,
}

impl Out {
    fn begin(&mut self, format: String, counters: Counters, empty: bool) {
        if let Some(begin) = self.begin.take() {
            // A client that left is noticed at the next piece.
            let _ = begin.send(Ok(Begin { format, counters, empty }));
        }
    }

    fn piece(&mut self, piece: Bytes) -> Result<(), Fault> {
        if piece.is_empty() {
            return Ok(());
        }
        let Some(encoder) = &mut self.encoder else { return Ok(()) };
        let packed = encoder.push(piece).map_err(|error| Fault::new(1002, error.to_string()))?;
        self.send(packed)
    }

    fn finish(&mut self) -> Result<(), Fault> {
        let Some(encoder) = self.encoder.take() else { return Ok(()) };
        let rest = encoder.finish().map_err(|error| Fault::new(1002, error.to_string()))?;
        self.send(rest)
    }

    fn send(&mut self, bytes: Bytes) -> Result<(), Fault> {
        if bytes.is_empty() {
            return Ok(());
        }
        self.runtime.block_on(self.sender.send_timeout(Ok(bytes), PATIENCE)).map_err(|_| client_left())
    }

    /// Before the result has begun an error is the answer; after that it is told in the result's own
    /// stream, in the way that clients of ClickHouse 25.11 and later look for, and the stream breaks off.
    fn fail(&mut self, fault: Fault, tag: &str) {
        if let Some(begin) = self.begin.take() {
            let _ = begin.send(Err(fault));
            return;
        }
        // Clients look for the text at the end of one read: let them read what came before.
        std::thread::sleep(BEFORE_LATE_ERROR);
        let message = format!("{}\n", fault.text);
        let block = format!("\r\n__exception__\r\n{tag}\r\n{message}{} {tag}\r\n__exception__\r\n", message.len());
        if self.piece(Bytes::from(block)).is_ok() {
            let _ = self.runtime.block_on(self.sender.send_timeout(Err(fault), PATIENCE));
        }
    }
}

/// Rows for an INSERT, or their end. Without an end the insert is abandoned.
#[derive(Debug)]
pub enum Rows {
    /// Bytes in the insert's format.
    Bytes(Bytes),
    /// All rows have come.
    End,
}

/// An INSERT under way.
#[derive(Debug)]
pub struct Inserting {
    rows: mpsc::Sender<Rows>,
    outcome: oneshot::Receiver<Result<Counters, Fault>>,
    _stop: StopOnDrop,
}

/// Starts an INSERT whose rows are sent one by one.
pub fn insert(
    engine: &Arc<Engine>,
    surroundings: Surroundings,
    statement: Vec<u8>,
    format: String,
    params: Vec<(String, String)>,
) -> Inserting {
    let (rows, receiver) = mpsc::channel(AHEAD);
    let (sender, outcome) = oneshot::channel();
    let state = Arc::new(State::default());
    let stop = StopOnDrop { engine: Arc::clone(engine), tag: surroundings.tag.clone(), state: Arc::clone(&state) };
    let engine = Arc::clone(engine);
    tokio::task::spawn_blocking(move || {
        let started = Instant::now();
        let noted = engine.writes().note(Target::of(&statement, surroundings.database.as_deref()));
        let result = insert_rows(&engine, &surroundings, &statement, &format, &params, receiver);
        drop(noted);
        engine.measures().statement(Role::Writer, ended(&result, &state), started.elapsed());
        state.finished.store(true, Ordering::Release);
        let _ = sender.send(result);
    });
    Inserting { rows, outcome, _stop: stop }
}

impl Inserting {
    /// Sends bytes. False when the insert has failed already; [`Inserting::outcome`] says why.
    pub async fn send(&self, bytes: Bytes) -> bool {
        self.rows.send(Rows::Bytes(bytes)).await.is_ok()
    }

    /// Commits, and says what was written or what failed.
    pub async fn finish(self) -> Result<Counters, Fault> {
        // A failed insert no longer listens; its outcome says why.
        let _ = self.rows.send(Rows::End).await;
        self.outcome.await.unwrap_or_else(|_| Err(Fault::new(1002, "the insert's thread has ended")))
    }
}

fn insert_rows(
    engine: &Engine,
    surroundings: &Surroundings,
    statement: &[u8],
    format: &str,
    params: &[(String, String)],
    mut rows: mpsc::Receiver<Rows>,
) -> Result<Counters, Fault> {
    let mut session = engine.session(surroundings)?;
    let mut stream = session.insert(statement, format, params)?;
    loop {
        match rows.blocking_recv() {
            Some(Rows::Bytes(bytes)) => stream.append(&bytes)?,
            Some(Rows::End) => return Ok(stream.finish()?),
            None => {
                stream.abandon();
                return Err(Fault::new(210, "the client left before its rows had ended"));
            }
        }
    }
}
