//! The connector `mailbox`: messages of files or of an IMAP folder, by templates into cases, cases into landing.

use std::collections::HashSet;
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use inflow_config::{Config, Connection, Problem};

use super::land::{Lander, recover};
use super::line::{LineMaker, References};
use super::{PullContext, PullOutcome, Stop};
use crate::error::{PullError, PullErrorKind};
use crate::file::expand;
use crate::mail::{
    Board, Cases, Fit, Folder, LARGEST_MESSAGE, Limits, Listed, Mail, Mbox, Reading, Settings, Tally, Templates, parse_templates, problems,
};
use crate::spec::{BudgetWindow, Kind, MAILBOX_CONNECTOR, Stream, spec};

/// Endings of files that hold messages; a file without one can be an mbox too.
const ENDINGS: &[&str] = &["eml", "mbox", "mbx"];
/// How Outlook's own format begins.
const OUTLOOK: &[u8] = &[0xD0, 0xCF, 0x11, 0xE0];

/// Messages whose headers are asked for at once; the cursor moves after each such round.
const ROUND: usize = 200;
/// Messages before the cursor that are read again: a server may show a message later than its number says.
const LOOKBACK: u32 = 50;
/// Of larger messages only the beginning is fetched: the text stands before the attachments.
const WHOLE: u32 = 512 << 10;
/// Bytes of whole messages fetched with one command.
const BATCH: u64 = 8 << 20;

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
        None => read_server(ctx, connection, started_at, outcome).await,
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
    cases: Cases<'a>,
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
        // In the order of time, whatever the order of files.
        told.sort_by(|a, b| (a.at, &a.message).cmp(&(b.at, &b.message)));
        for Told { at, message, fit } in told {
            self.cases.take(&fit, at, &message, &mut self.maker);
        }
        for line in self.cases.drain() {
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
        if let Err(error) = read_file(file, &mut intake) {
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
        cases: Cases::load(ctx.data_dir, ctx.keys, &connection.name, stream, zone).map_err(|error| PullError::own(&error))?,
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

fn read_file(path: &Path, intake: &mut Intake<'_>) -> Result<(), PullError> {
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
            intake.bytes(&message.map_err(unreadable)?);
            if intake.ctx.shutdown.is_cancelled() {
                break;
            }
        }
        return Ok(());
    }
    let mut bytes = Vec::new();
    reader.take(LARGEST_MESSAGE as u64).read_to_end(&mut bytes).map_err(unreadable)?;
    intake.bytes(&bytes);
    Ok(())
}

impl Intake<'_> {
    fn bytes(&mut self, bytes: &[u8]) {
        match Mail::read(bytes) {
            Some(mail) => self.message(&mail, None),
            None => {
                self.tally.seen += 1;
                self.tally.unreadable += 1;
            }
        }
    }
}

/// Reads what is new in a folder on a server.
async fn read_server(
    ctx: &PullContext<'_>,
    connection: &Connection,
    started_at: DateTime<Utc>,
    outcome: &mut PullOutcome,
) -> Result<(), Stop> {
    let today = started_at.with_timezone(&ctx.config.connection_timezone(connection)).date_naive();
    let settings = Settings::read(ctx.config, connection, today)?;
    let stream = stream()?;
    let stored = ctx.state.cursor(&connection.name, &stream.name).await.map_err(|error| PullError::own(&error))?;
    let stored = stored.as_deref().map(Cursor::read).transpose()?;
    let tombstones: HashSet<String> = ctx.state.tombstones().await.map_err(|error| PullError::own(&error))?;
    let references = References::new();
    let mut intake = open(ctx, connection, &tombstones, &references, started_at).await?;
    let mut folder = settings.server.open(&settings.folder, &limits(ctx, connection, &settings)?).await?;
    let read = read_folder(&mut intake, &mut folder, &settings, stored, stream).await;
    // What was read before an error stays; after a shutdown it is read again.
    let landed = if matches!(read, Err(Stop::Shutdown)) { Ok(()) } else { intake.land().await };
    outcome.requests += folder.close().await;
    intake.report(outcome);
    read?;
    Ok(landed?)
}

/// The commands that the connection, or else the connector, allows.
fn limits(ctx: &PullContext<'_>, connection: &Connection, settings: &Settings) -> Result<Limits, PullError> {
    let windows: Vec<BudgetWindow> = if connection.budget.is_empty() {
        spec(MAILBOX_CONNECTOR).map(|spec| spec.budget.clone()).unwrap_or_default()
    } else {
        connection.budget.iter().map(|window| BudgetWindow { requests: window.requests, per: window.per }).collect()
    };
    let server = &settings.server;
    let address = url::Url::parse(&format!("imaps://{}:{}", server.host, server.port)).map_err(|error| {
        PullError::new(PullErrorKind::Configuration, format!("params.host: {:?} is not the name of a server: {error}", server.host))
    })?;
    Ok(Limits { budget: ctx.http.budget(&address, &server.user, &windows, 1), shutdown: ctx.shutdown.clone() })
}

async fn read_folder(
    intake: &mut Intake<'_>,
    folder: &mut Folder,
    settings: &Settings,
    stored: Option<Cursor>,
    stream: &Stream,
) -> Result<(), Stop> {
    let server = &settings.server;
    let mailbox = intake.ctx.keys.row_id(&["mailbox", &server.host, &server.user, &settings.folder]);
    // Numbers mean nothing after the server numbered its messages anew, or in another folder.
    let known = stored.filter(|stored| stored.mailbox == mailbox && stored.validity == folder.validity).map(|stored| stored.uid);
    let uids = match known {
        Some(uid) => folder.from_uid(uid.saturating_sub(LOOKBACK).max(1)).await?,
        None => folder.since(settings.since).await?,
    };
    let mut cursor = Cursor { mailbox, validity: folder.validity, uid: known.unwrap_or_default() };
    for round in uids.chunks(ROUND) {
        let listed = folder.headers(round).await?;
        read_round(intake, folder, listed).await?;
        intake.land().await?;
        let last = round.last().copied().unwrap_or_default();
        if last > cursor.uid {
            cursor.uid = last;
            let committed = intake.ctx.state.commit_cursor(&intake.connection.name, &stream.name, &cursor.to_string()).await;
            committed.map_err(|error| PullError::own(&error))?;
        }
        intake.ctx.progress.page(&intake.connection.name, &stream.name, intake.tally.seen);
    }
    Ok(())
}

/// Fetches of the listed messages those that can tell of an application.
async fn read_round(intake: &mut Intake<'_>, folder: &mut Folder, listed: Vec<Listed>) -> Result<(), Stop> {
    let mut batch: Vec<Listed> = Vec::new();
    let mut bytes = 0;
    for message in listed {
        let Some(header) = Mail::read(&message.header) else {
            intake.tally.seen += 1;
            intake.tally.unreadable += 1;
            continue;
        };
        if !intake.templates.wants(&header) {
            intake.tally.seen += 1;
            intake.tally.other += 1;
            continue;
        }
        if message.size > WHOLE {
            let fetched = folder.messages(&[message.uid], Some(WHOLE)).await?;
            intake.fetched(&[message], fetched);
            continue;
        }
        bytes += u64::from(message.size);
        batch.push(message);
        if bytes >= BATCH {
            fetch(intake, folder, &mut batch).await?;
            bytes = 0;
        }
    }
    fetch(intake, folder, &mut batch).await
}

async fn fetch(intake: &mut Intake<'_>, folder: &mut Folder, batch: &mut Vec<Listed>) -> Result<(), Stop> {
    if batch.is_empty() {
        return Ok(());
    }
    let uids: Vec<u32> = batch.iter().map(|message| message.uid).collect();
    let fetched = folder.messages(&uids, None).await?;
    intake.fetched(&std::mem::take(batch), fetched);
    Ok(())
}

impl Intake<'_> {
    fn fetched(&mut self, listed: &[Listed], messages: Vec<(u32, Vec<u8>)>) {
        for (uid, bytes) in messages {
            let received_at = listed.iter().find(|message| message.uid == uid).and_then(|message| message.received_at);
            match Mail::read(&bytes) {
                Some(mail) => self.message(&mail, received_at),
                None => self.tally.unreadable += 1,
            }
        }
    }
}

/// How far a folder was read.
#[derive(Debug, PartialEq, Eq)]
struct Cursor {
    /// Stands for server, user and folder.
    mailbox: String,
    validity: u32,
    uid: u32,
}

impl std::fmt::Display for Cursor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {} {}", self.mailbox, self.validity, self.uid)
    }
}

impl Cursor {
    fn read(text: &str) -> Result<Cursor, PullError> {
        let words: Vec<&str> = text.split(' ').collect();
        let read = || match words.as_slice() {
            [mailbox, validity, uid] => {
                Some(Cursor { mailbox: (*mailbox).to_owned(), validity: validity.parse().ok()?, uid: uid.parse().ok()? })
            }
            _ => None,
        };
        read().ok_or_else(|| {
            PullError::new(PullErrorKind::Configuration, format!("the stored cursor {text:?} is not one of a mailbox"))
                .with_hint("it was not written by this program; delete its row from inflow_state.cursors to read everything again")
        })
    }
}
