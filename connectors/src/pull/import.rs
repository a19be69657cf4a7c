//! Files instead of requests: the `file` connector's folder, and `inflow import`.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use inflow_config::Connection;

use super::land::{Lander, recover};
use super::line::{LineMaker, Made, References};
use super::{PullContext, PullOutcome, Stop, conclude};
use crate::error::{PullError, PullErrorKind};
use crate::file::{RowIds, expand, read_rows};
use crate::landing::Line;
use crate::spec::{FILE_CONNECTOR, Kind, Stream, parse_mapping};

/// Imports files into a connection: by `mapping`, else the connection's own, else the board's stream
/// of that kind. The files together are one delivery: with `complete = true`, what they do not have is
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
    let configured = connection.mapping.as_ref().map(|path| ctx.config.resolve(path));
    let stream = match mapping.map(Path::to_owned).or(configured) {
        Some(path) => (read_mapping(&path)?, true),
        None => (board_stream(connection, kind)?.clone(), false),
    };
    if stream.0.kind != kind {
        return Err(PullError::new(PullErrorKind::Configuration, format!("the mapping is for {}, not for {kind}", stream.0.kind))
            .with_hint(format!("import {} with it, or name another mapping", stream.0.kind))
            .into());
    }
    land_files(ctx, connection, &stream.0, stream.1, files, started_at, outcome).await
}

/// Reads a connection's folder.
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
    land_files(ctx, connection, &stream, true, &files, started_at, outcome).await
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

fn board_stream(connection: &Connection, kind: Kind) -> Result<&'static Stream, PullError> {
    let spec = crate::spec::spec(&connection.connector);
    let stream = spec.and_then(|spec| spec.streams.iter().find(|stream| stream.kind == kind));
    stream.ok_or_else(|| {
        PullError::new(PullErrorKind::Configuration, format!("nothing says how {kind} are read from these files"))
            .with_hint("name a mapping file with --mapping, or `mapping` in the connection's file")
    })
}

async fn land_files(
    ctx: &PullContext<'_>,
    connection: &Connection,
    stream: &Stream,
    mapping: bool,
    files: &[PathBuf],
    started_at: DateTime<Utc>,
    outcome: &mut PullOutcome,
) -> Result<(), Stop> {
    let tombstones: HashSet<String> = ctx.state.tombstones().await.map_err(|error| PullError::own(&error))?;
    let references = References::new();
    let country = &ctx.config.settings.company.country;
    let zone = ctx.config.connection_timezone(connection);
    let mut maker = LineMaker::new(stream, &connection.name, country, ctx.keys, &tombstones, &references);
    let mut lander = Lander::new(ctx, &connection.name, &connection.connector, stream, mapping, started_at).await?;
    let mut newest = Newest::new(stream, zone);
    let mut first_error = None;
    for file in files {
        if ctx.shutdown.is_cancelled() {
            return Err(Stop::Shutdown);
        }
        // A file is taken as a whole or not at all; the others are not its business.
        let rows = match read_rows(file, stream) {
            Ok(rows) => rows,
            Err(error) => {
                first_error.get_or_insert(error);
                continue;
            }
        };
        outcome.fetched += rows.len() as u64;
        let mut ids = RowIds::new(ctx.keys, &connection.name, stream, zone);
        let mut lines = Vec::with_capacity(rows.len());
        let mut bad = None;
        for row in &rows {
            let identity = maker.identity(&row.record, "");
            match ids.id(row, identity.as_ref()) {
                Ok(id) => lines.push(maker.make(&row.record, Some(id))),
                Err(error) => {
                    bad = Some(error.at(format!("{}: {}", connection.name, file.display())));
                    break;
                }
            }
        }
        if let Some(error) = bad {
            first_error.get_or_insert(error);
            continue;
        }
        for made in lines {
            match made {
                Made::Line(line) => newest.take(*line),
                Made::Erased(key_hash) => lander.listed(key_hash),
            }
        }
        ctx.progress.page(&connection.name, &stream.name, outcome.fetched);
    }
    for line in newest.lines {
        lander.push(line).await?;
    }
    // A delivery with an unreadable file, or none at all, is not complete.
    if stream.complete && first_error.is_none() && !files.is_empty() {
        lander.push_gone().await?;
    }
    lander.flush().await?;
    outcome.count(lander.counts);
    outcome.dropped_columns.extend(maker.dropped().map(|column| format!("{}.{column}", stream.name)));
    first_error.map_or(Ok(()), |error| Err(error.at(&connection.name).into()))
}

/// The newest state of each record of a delivery. Exports overlap: landing the older states too would land them again
/// each time, since only the last one is remembered.
struct Newest<'s> {
    stream: &'s Stream,
    zone: chrono_tz::Tz,
    lines: Vec<Line>,
    places: HashMap<u64, (usize, i64)>,
}

impl<'s> Newest<'s> {
    fn new(stream: &'s Stream, zone: chrono_tz::Tz) -> Self {
        Self { stream, zone: stream.timezone.unwrap_or(zone), lines: Vec::new(), places: HashMap::new() }
    }

    /// Of two states the one with the later time counts, of equal times the one delivered last.
    fn take(&mut self, line: Line) {
        let times = self.stream.version.iter().flat_map(|path| path.all(&line.record));
        let read = times.filter_map(|value| self.stream.time_format.read(value, self.zone).ok().flatten());
        let at = read.map(|(instant, _)| instant.timestamp_millis()).max().unwrap_or(i64::MIN);
        match self.places.entry(line.key_hash) {
            // A line without an id stands for itself: the pipeline quarantines it.
            _ if line.id.is_empty() => self.lines.push(line),
            Entry::Vacant(slot) => {
                slot.insert((self.lines.len(), at));
                self.lines.push(line);
            }
            Entry::Occupied(mut slot) => {
                let (place, known) = *slot.get();
                if at >= known
                    && let Some(old) = self.lines.get_mut(place)
                {
                    *old = line;
                    slot.insert((place, at));
                }
            }
        }
    }
}
