//! The connector `mailbox`: messages of files or of an IMAP folder, by templates into cases, cases into landing.

mod server;

use std::collections::HashSet;
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use inflow_config::{Config, Connection, Problem};

use super::land::{Lander, recover};
use super::line::{LineMaker, References};
use super::{Probe, PullContext, PullOutcome, Stop};
use crate::error::{PullError, PullErrorKind};
use crate::file::expand;
use crate::http::Http;
use crate::mail::{Board, Cases, Fit, LARGEST_MESSAGE, Mail, Mbox, Reading, Tally, Templates, parse_templates, problems};
use crate::spec::{Kind, MAILBOX_CONNECTOR, Stream, spec};

/// Endings of files that hold messages; a file without one can be an mbox too.
const ENDINGS: &[&str] = &["eml", "mbox", "mbx"];
/// How Outlook's own format begins.
const OUTLOOK: &[u8] = &[0xD0, 0xCF, 0x11, 0xE0];

/// Pulls a mailbox: its files when the connection has a `path`, else its folder on the server.
pub(super) async fn pull_mailbox(
    ctx: &PullContext<'_>,
    connection: &Connection,
    started_at: DateTime<Utc>,
    outcome: &mut PullOutcome,
) -> Result<(), Stop> {
    outcome.count(recover(ctx, &connection.name).await?);
    match &connection.path {
        Some(path) => {
            let files = message_files(&ctx.config.resolve(path))?;
            read_files(ctx, connection, &files, started_at, outcome).await
        }
        None => server::read(ctx, connection, started_at, outcome).await,
    }
}

/// `inflow import applications FILE.eml`.
pub(super) async fn import_mail(
    ctx: &PullContext<'_>,
    connection: &Connection,
    kind: Kind,
    files: &[PathBuf],
    started_at: DateTime<Utc>,
    outcome: &mut PullOutcome,
) -> Result<(), Stop> {
    if kind != Kind::Applications {
        let error = PullError::new(PullErrorKind::Configuration, format!("mail tells of applications, not of {kind}"));
        return Err(error.with_hint("inflow import applications FILE...").into());
    }
    read_files(ctx, connection, files, started_at, outcome).await
}

/// The stream that cases are landed in.
fn stream() -> Result<&'static Stream, PullError> {
    let stream = spec(MAILBOX_CONNECTOR).and_then(|spec| spec.streams.first());
    stream.ok_or_else(|| PullError::new(PullErrorKind::Store, "the built-in spec of the mailbox is broken"))
}

/// The company's own template file.
fn own_templates(config: &Config, connection: &Connection) -> Result<Vec<Board>, PullError> {
    let Some(path) = connection.mapping.as_ref().map(|path| config.resolve(path)) else { return Ok(Vec::new()) };
    let wrong = |message: String| PullError::new(PullErrorKind::Configuration, message);
    let text = std::fs::read_to_string(&path).map_err(|error| {
        wrong(format!("the template file {} cannot be read: {error}", path.display()))
            .with_hint("paths in a connection start at the folder of inflow.toml")
    })?;
    let board = parse_templates(&text, &path.display().to_string());
    Ok(vec![board.map_err(|error| wrong(error.to_string()).with_hint("the words of templates are explained in the connectors' README"))?])
}

/// Signs in and counts the messages that a first pull would look at; of files, those that tell of a case.
pub(super) async fn probe(http: &Http, config: &Config, connection: &Connection, now: DateTime<Utc>) -> Result<Probe, PullError> {
    let Some(path) = connection.path.as_ref().map(|path| config.resolve(path)) else {
        return server::probe(http, config, connection, now).await;
    };
    let templates = Templates::new(own_templates(config, connection)?, config.connection_timezone(connection));
    let mut records = 0;
    for file in message_files(&path)? {
        read_file(&file, &mut |bytes| {
            records += usize::from(Mail::read(bytes).is_some_and(|mail| matches!(templates.read(&mail), Reading::Fits(_))));
            true
        })?;
    }
    Ok(Probe { stream: stream()?.name.clone(), place: path.display().to_string(), records, requests: 0 })
}

/// What only the mailbox can check about its connection.
pub(crate) fn check_mailbox(config: &Config, connection: &Connection) -> Vec<Problem> {
    let mut problems = problems(connection);
    if let Err(error) = own_templates(config, connection) {
        let problem = connection.problem("mapping", error.message);
        problems.push(Problem { hint: error.hint, ..problem });
    }
    problems
}

/// Everything on the way of messages to landing.
struct Intake<'a> {
    ctx: &'a PullContext<'a>,
    connection: &'a Connection,
    templates: Templates,
    stream: &'static Stream,
    /// Loaded when the first message tells of a case.
    cases: Option<Cases<'a>>,
    maker: LineMaker<'a>,
    lander: Lander<'a>,
    tally: Tally,
    started_at: DateTime<Utc>,
    /// Cases of the messages looked at since the last landing.
    told: Vec<Told>,
}

/// What one message told.
struct Told {
    at: DateTime<Utc>,
    message: String,
    fit: Fit,
}

impl Intake<'_> {
    /// Takes one message. `received_at` is when the server took it, for messages that say no time themselves.
    fn message(&mut self, mail: &Mail, received_at: Option<DateTime<Utc>>) {
        self.tally.seen += 1;
        match self.templates.read(mail) {
            Reading::Fits(fit) => {
                self.tally.attachments += mail.attachments as u64;
                match fit.at.or(received_at) {
                    // A clock that is ahead must not put an application into the future.
                    Some(at) => self.told.push(Told { at: at.min(self.started_at), message: mail.key(), fit: *fit }),
                    None => self.tally.undated += 1,
                }
            }
            Reading::Ignored => self.tally.ignored += 1,
            Reading::Unfit(sender) => *self.tally.unfit.entry(sender).or_default() += 1,
            Reading::Other => self.tally.other += 1,
        }
    }

    /// Lands what was told, and gives it to the store.
    async fn land(&mut self) -> Result<(), PullError> {
        let mut told = std::mem::take(&mut self.told);
        if told.is_empty() {
            return Ok(());
        }
        if self.cases.is_none() {
            let zone = self.ctx.config.connection_timezone(self.connection);
            let (ctx, name) = (self.ctx, &self.connection.name);
            let loaded = Cases::load(ctx.data_dir, ctx.keys, name, self.stream, zone, self.started_at);
            self.cases = Some(loaded.map_err(|error| PullError::own(&error))?);
        }
        let Some(cases) = &mut self.cases else { return Ok(()) };
        // In the order of time, whatever the order of files.
        told.sort_by(|a, b| (a.at, &a.message).cmp(&(b.at, &b.message)));
        for Told { at, message, fit } in told {
            cases.take(&fit, at, &message, &mut self.maker);
        }
        for line in cases.drain() {
            self.lander.push(line).await?;
        }
        self.lander.flush().await
    }

    fn report(&self, outcome: &mut PullOutcome) {
        outcome.fetched += self.tally.seen;
        outcome.count(self.lander.counts);
        for (sender, count) in &self.tally.unfit {
            tracing::warn!(connection = self.connection.name, sender, count, "mail of a known board fits no template");
        }
        outcome.notes.extend(self.tally.notes());
        self.ctx.progress.page(&self.connection.name, "resumes", outcome.fetched);
    }
}

/// Reads files into the connection. A file that cannot be read does not stop the others.
async fn read_files(
    ctx: &PullContext<'_>,
    connection: &Connection,
    files: &[PathBuf],
    started_at: DateTime<Utc>,
    outcome: &mut PullOutcome,
) -> Result<(), Stop> {
    let tombstones: HashSet<String> = ctx.state.tombstones().await.map_err(|error| PullError::own(&error))?;
    let references = References::new();
    let mut intake = open(ctx, connection, &tombstones, &references, started_at).await?;
    let mut first_error = None;
    for file in files {
        if ctx.shutdown.is_cancelled() {
            return Err(Stop::Shutdown);
        }
        let shutdown = ctx.shutdown.clone();
        let read = read_file(file, &mut |bytes| {
            intake.bytes(bytes);
            !shutdown.is_cancelled()
        });
        if let Err(error) = read {
            first_error.get_or_insert(error.at(&connection.name));
        }
    }
    let landed = intake.land().await;
    intake.report(outcome);
    landed?;
    first_error.map_or(Ok(()), |error| Err(error.into()))
}

async fn open<'a>(
    ctx: &'a PullContext<'a>,
    connection: &'a Connection,
    tombstones: &'a HashSet<String>,
    references: &'a References,
    started_at: DateTime<Utc>,
) -> Result<Intake<'a>, PullError> {
    let stream = stream()?;
    let zone = ctx.config.connection_timezone(connection);
    let country = &ctx.config.settings.company.country;
    Ok(Intake {
        ctx,
        connection,
        templates: Templates::new(own_templates(ctx.config, connection)?, zone),
        stream,
        cases: None,
        maker: LineMaker::new(stream, &connection.name, country, ctx.keys, tombstones, references),
        lander: Lander::new(ctx, &connection.name, &connection.connector, stream, false, started_at).await?,
        tally: Tally::default(),
        started_at,
        told: Vec::new(),
    })
}

/// The files of a path that hold messages; a Maildir's are in `cur` and `new`.
pub(super) fn message_files(path: &Path) -> Result<Vec<PathBuf>, PullError> {
    if !path.is_dir() {
        return expand(path);
    }
    if path.join("cur").is_dir() {
        let mut files = expand(&path.join("cur").join("*"))?;
        files.extend(expand(&path.join("new").join("*"))?);
        return Ok(files);
    }
    let files = expand(&path.join("*"))?;
    let holds_mail = |file: &PathBuf| {
        let ending = file.extension().and_then(|ending| ending.to_str()).map(str::to_lowercase);
        ending.is_none_or(|ending| ENDINGS.contains(&ending.as_str()))
    };
    Ok(files.into_iter().filter(holds_mail).collect())
}

/// Gives each message of a file to `take`, until that says no.
fn read_file(path: &Path, take: &mut dyn FnMut(&[u8]) -> bool) -> Result<(), PullError> {
    let fail = |reason: String, hint: &str| {
        PullError::new(PullErrorKind::File, format!("{}: {reason}", path.display())).with_hint(hint.to_owned())
    };
    let unreadable =
        |error: std::io::Error| fail(format!("cannot be read: {error}"), "check that the file exists and that you may read it");
    let mut reader = BufReader::new(File::open(path).map_err(unreadable)?);
    let start = reader.fill_buf().map_err(unreadable)?;
    if start.starts_with(OUTLOOK) {
        return Err(fail("it is a message in Outlook's own format".to_owned(), "save it as .eml, or read the mailbox over IMAP"));
    }
    if start.starts_with(b"From ") {
        for message in Mbox::new(reader) {
            if !take(&message.map_err(unreadable)?) {
                break;
            }
        }
        return Ok(());
    }
    let mut bytes = Vec::new();
    reader.take(LARGEST_MESSAGE as u64).read_to_end(&mut bytes).map_err(unreadable)?;
    take(&bytes);
    Ok(())
}

impl Intake<'_> {
    fn bytes(&mut self, bytes: &[u8]) {
        if let Some(mail) = Mail::read(bytes) {
            self.message(&mail, None);
        } else {
            self.tally.seen += 1;
            self.tally.unreadable += 1;
        }
    }
}
