//! Files instead of requests: the `file` connector's folder, and `inflow import`.

use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use inflow_config::Connection;

use super::deliver::{Snapshot, Streams, deliver};
use super::land::recover;
use super::{PullContext, PullOutcome, Stop, conclude};
use crate::error::{PullError, PullErrorKind};
use crate::file::expand;
use crate::spec::{FILE_CONNECTOR, Kind, MAILBOX_CONNECTOR, Spec, Stream, parse_mapping};

/// Imports files into a connection: by `mapping`, else the connection's own, else the board's streams
/// of that kind that fit. The files together are one delivery: with `complete = true`, what they do not have is
/// gone.
pub async fn import(ctx: &PullContext<'_>, connection: &Connection, kind: Kind, files: &[PathBuf], mapping: Option<&Path>) -> PullOutcome {
    let started_at = ctx.clock.now();
    let mut outcome = PullOutcome { connection: connection.name.clone(), ..PullOutcome::default() };
    let result = import_all(ctx, connection, kind, files, mapping, started_at, &mut outcome).await;
    // An import beside a board says nothing about the board.
    let with_health = connection.connector == FILE_CONNECTOR;
    conclude(ctx, connection, started_at, outcome, result, with_health).await
}

async fn import_all(
    ctx: &PullContext<'_>,
    connection: &Connection,
    kind: Kind,
    files: &[PathBuf],
    mapping: Option<&Path>,
    started_at: DateTime<Utc>,
    outcome: &mut PullOutcome,
) -> Result<(), Stop> {
    outcome.count(recover(ctx, &connection.name).await?);
    if connection.connector == MAILBOX_CONNECTOR && mapping.is_none() {
        return super::mailbox::import_mail(ctx, connection, kind, files, started_at, outcome).await;
    }
    let configured = connection.mapping.as_ref().map(|path| ctx.config.resolve(path));
    let Some(path) = mapping.map(Path::to_owned).or(configured) else {
        let streams = board_streams(connection, kind)?;
        return deliver(ctx, connection, &Streams::of_board(streams), files, Snapshot::All, started_at, outcome).await;
    };
    let stream = read_mapping(&path)?;
    if stream.kind != kind {
        return Err(PullError::new(PullErrorKind::Configuration, format!("the mapping is for {}, not for {kind}", stream.kind))
            .with_hint(format!("import {} with it, or name another mapping", stream.kind))
            .into());
    }
    deliver(ctx, connection, &Streams::of_mapping(&stream), files, Snapshot::All, started_at, outcome).await
}

/// Reads the folder of a connection whose connector has a spec: every file by the streams that it fits.
pub(super) async fn pull_folder(
    ctx: &PullContext<'_>,
    connection: &Connection,
    spec: &'static Spec,
    started_at: DateTime<Utc>,
    outcome: &mut PullOutcome,
) -> Result<(), Stop> {
    outcome.count(recover(ctx, &connection.name).await?);
    // Without a folder it is fed by `inflow import` alone.
    let Some(path) = &connection.path else { return Ok(()) };
    let streams = spec.streams.iter().filter(|stream| stream.kind != Kind::Reference).collect();
    let files = expand(&ctx.config.resolve(path))?;
    deliver(ctx, connection, &Streams::of_folder(streams), &files, Snapshot::Newest, started_at, outcome).await
}

/// Reads the folder of the `file` connector by its mapping.
pub(super) async fn pull_files(
    ctx: &PullContext<'_>,
    connection: &Connection,
    started_at: DateTime<Utc>,
    outcome: &mut PullOutcome,
) -> Result<(), Stop> {
    outcome.count(recover(ctx, &connection.name).await?);
    let missing =
        |key: &str, hint: &str| PullError::new(PullErrorKind::Configuration, format!("`{key}` is not set")).with_hint(hint.to_owned());
    // A connection without a folder is fed by `inflow import` alone.
    let Some(path) = &connection.path else { return Ok(()) };
    let mapping =
        connection.mapping.as_ref().ok_or_else(|| missing("mapping", "name the mapping file that says how its columns are read"))?;
    let stream = read_mapping(&ctx.config.resolve(mapping))?;
    if let Some(kind) = connection.kind.as_deref().filter(|kind| *kind != stream.kind.as_str()) {
        return Err(PullError::new(PullErrorKind::Configuration, format!("the connection says {kind}, its mapping {}", stream.kind)).into());
    }
    let files = expand(&ctx.config.resolve(path))?;
    deliver(ctx, connection, &Streams::of_mapping(&stream), &files, Snapshot::Newest, started_at, outcome).await
}

/// Reads a mapping file.
pub(crate) fn read_mapping(path: &Path) -> Result<Stream, PullError> {
    let text = std::fs::read_to_string(path).map_err(|error| {
        PullError::new(PullErrorKind::Configuration, format!("the mapping {} cannot be read: {error}", path.display()))
            .with_hint("paths in a connection start at the folder of inflow.toml")
    })?;
    parse_mapping(&text, &path.display().to_string())
        .map_err(|error| PullError::new(PullErrorKind::Configuration, error.to_string()).with_hint("fix the mapping file"))
}

/// The streams of a board that can read a file of that kind: those made for files, else the one that is asked over HTTP
/// (an answer of the board, kept as a file).
fn board_streams(connection: &Connection, kind: Kind) -> Result<Vec<&'static Stream>, PullError> {
    let spec = crate::spec::spec(&connection.connector);
    let of_kind: Vec<&Stream> = spec.iter().flat_map(|spec| &spec.streams).filter(|stream| stream.kind == kind).collect();
    let for_files: Vec<&Stream> = of_kind.iter().copied().filter(|stream| stream.file.is_some()).collect();
    let streams = if for_files.is_empty() { of_kind.into_iter().take(1).collect() } else { for_files };
    if streams.is_empty() {
        return Err(PullError::new(PullErrorKind::Configuration, format!("nothing says how {kind} are read from these files"))
            .with_hint("name a mapping file with --mapping, or `mapping` in the connection's file"));
    }
    Ok(streams)
}
