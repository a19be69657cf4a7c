//! A folder on a mail server: what is new in it, round by round.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use inflow_config::{Config, Connection};
use tokio_util::sync::CancellationToken;

use super::{Intake, open, stream};
use crate::error::{PullError, PullErrorKind};
use crate::http::Http;
use crate::mail::{Folder, Limits, Listed, Mail, Settings};
use crate::pull::line::References;
use crate::pull::{Probe, PullContext, PullOutcome, Stop};
use crate::spec::{BudgetWindow, MAILBOX_CONNECTOR, spec};

/// Messages whose headers are asked for at once; the cursor moves after each such round.
const ROUND: usize = 200;
/// Messages before the cursor that are read again: a server may show a message later than its number says.
const LOOKBACK: u32 = 50;
/// Of larger messages only the beginning is fetched: the text stands before the attachments.
const WHOLE: u32 = 512 << 10;
/// Bytes of whole messages fetched with one command.
const BATCH: u64 = 8 << 20;

/// Signs in, opens the folder and counts what a first pull would look at.
pub(super) async fn probe(http: &Http, config: &Config, connection: &Connection, now: DateTime<Utc>) -> Result<Probe, PullError> {
    let today = now.with_timezone(&config.connection_timezone(connection)).date_naive();
    let settings = Settings::read(config, connection, today)?;
    let limits = limits(http, connection, &settings, CancellationToken::new())?;
    let found = async {
        let mut folder = settings.server.open(&settings.folder, &limits).await?;
        let records = folder.since(settings.since).await?.len();
        Ok(Probe { stream: settings.folder.clone(), place: settings.server.host.clone(), records, requests: folder.close().await })
    };
    found.await.map_err(|stop| match stop {
        Stop::Failed(error) => error,
        Stop::Shutdown => PullError::new(PullErrorKind::Unreachable, "it was interrupted"),
    })
}

/// Reads what is new in a folder on a server.
pub(super) async fn read(
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
    let mut folder = settings.server.open(&settings.folder, &limits(ctx.http, connection, &settings, ctx.shutdown.clone())?).await?;
    let read = read_folder(&mut intake, &mut folder, &settings, stored).await;
    // What was read before an error stays; after a shutdown it is read again.
    let landed = if matches!(read, Err(Stop::Shutdown)) { Ok(()) } else { intake.land().await };
    outcome.requests += folder.close().await;
    intake.report(outcome);
    read?;
    Ok(landed?)
}

/// The commands that the connection, or else the connector, allows.
fn limits(http: &Http, connection: &Connection, settings: &Settings, shutdown: CancellationToken) -> Result<Limits, PullError> {
    let windows: Vec<BudgetWindow> = if connection.budget.is_empty() {
        spec(MAILBOX_CONNECTOR).map(|spec| spec.budget.clone()).unwrap_or_default()
    } else {
        connection.budget.iter().map(|window| BudgetWindow { requests: window.requests, per: window.per }).collect()
    };
    let server = &settings.server;
    let address = url::Url::parse(&format!("imaps://{}:{}", server.host, server.port)).map_err(|error| {
        PullError::new(PullErrorKind::Configuration, format!("params.host: {:?} is not the name of a server: {error}", server.host))
    })?;
    Ok(Limits { budget: http.budget(&address, &server.user, &windows, 1), shutdown })
}

async fn read_folder(intake: &mut Intake<'_>, folder: &mut Folder, settings: &Settings, stored: Option<Cursor>) -> Result<(), Stop> {
    let stream = intake.stream;
    let server = &settings.server;
    let mailbox = intake.ctx.keys.row_id(&["mailbox", &server.host, &server.user, &settings.folder]);
    // Numbers mean nothing after the server numbered its messages anew, or in another folder.
    let known = stored.filter(|stored| stored.mailbox == mailbox && stored.validity == folder.validity).map(|stored| stored.uid);
    let uids = match known {
        Some(uid) => folder.numbered_from(uid.saturating_sub(LOOKBACK).max(1)).await?,
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
