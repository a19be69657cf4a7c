//! Pulling a board over HTTP.

use std::collections::HashSet;

use chrono::{DateTime, Duration, Utc};
use chrono_tz::Tz;
use inflow_config::Connection;
use serde_json::{Map, Value};

use super::land::{Lander, recover};
use super::line::{LineMaker, Made, References};
use super::pager::{Next, Pager};
use super::target::{Param, Target};
use super::{PullContext, PullOutcome, Stop, shape};
use crate::error::{PullError, PullErrorKind};
use crate::http::Answer;
use crate::spec::{Cursor, Kind, Request, Stream, Success, scalar_text};

pub(super) async fn pull_board(
    ctx: &PullContext<'_>,
    connection: &Connection,
    started_at: DateTime<Utc>,
    outcome: &mut PullOutcome,
) -> Result<(), Stop> {
    outcome.count(recover(ctx, &connection.name).await?);
    let spec = crate::spec::spec(&connection.connector).ok_or_else(|| crate::check::unknown_connector(&connection.connector))?;
    let target = Target::new(ctx.http, ctx.config, connection, spec)?;
    let tombstones = ctx.state.tombstones().await.map_err(|error| PullError::own(&error))?;
    let mut pull = BoardPull { ctx, connection, target, started_at, tombstones, references: References::new(), outcome };
    let active: Vec<&'static Stream> = spec.streams.iter().filter(|stream| pull.is_active(stream)).collect();
    if active.is_empty() {
        return Err(PullError::new(PullErrorKind::Configuration, "none of its lists can be pulled with what is set")
            .with_hint(format!("set at least one of {} in the connection's file", spec.any_of.join(", ")))
            .into());
    }
    let mut first_error = None;
    for stream in active {
        let place = format!("{}: {}", connection.name, stream.name);
        match pull.stream(stream).await {
            Ok(()) => {}
            Err(Stop::Failed(error)) => {
                let error = error.at(place);
                let alone = matches!(error.kind, PullErrorKind::BadResponse | PullErrorKind::ChangedShape | PullErrorKind::ServerError);
                // Another list may still work; a lookup list that is missing would damage the others.
                if !alone || stream.kind == Kind::Reference {
                    return Err(first_error.unwrap_or(error).into());
                }
                first_error.get_or_insert(error);
            }
            Err(stop) => return Err(stop),
        }
    }
    first_error.map_or(Ok(()), |error| Err(error.into()))
}

struct BoardPull<'a, 'o> {
    ctx: &'a PullContext<'a>,
    connection: &'a Connection,
    target: Target<'a>,
    started_at: DateTime<Utc>,
    tombstones: HashSet<String>,
    references: References,
    outcome: &'o mut PullOutcome,
}

impl BoardPull<'_, '_> {
    fn is_active(&self, stream: &Stream) -> bool {
        stream.request.as_ref().is_some_and(|request| self.target.active(request))
    }

    async fn stream(&mut self, stream: &'static Stream) -> Result<(), Stop> {
        let Some(form) = &stream.request else { return Ok(()) };
        if stream.kind == Kind::Reference {
            return self.reference(stream, form).await;
        }
        let zone = stream.timezone.unwrap_or_else(|| self.ctx.config.connection_timezone(self.connection));
        let stored = self.ctx.state.cursor(&self.connection.name, &stream.name).await.map_err(|error| PullError::own(&error))?;
        let since = match &form.cursor {
            Some(cursor) => cursor_param(cursor, stream, stored.as_deref(), zone)?,
            None => None,
        };
        let mut lander = Lander::new(self.ctx, &self.connection.name, &self.connection.connector, stream, false, self.started_at).await?;
        let references = std::mem::take(&mut self.references);
        let result = self.land_pages(stream, form, since, &references, &mut lander, zone).await;
        self.references = references;
        let ended = match result {
            Ok(ended) => Ok(ended),
            // What was fetched before the error is whole pages: they stay.
            Err(Stop::Failed(error)) if error.kind != PullErrorKind::Store => lander.flush().await.and(Err(error)).map_err(Stop::from),
            Err(stop) => Err(stop),
        };
        let ended = match ended {
            Ok(ended) => self.close(stream, &mut lander, &ended).await.map(|()| ended),
            Err(stop) => Err(stop),
        };
        self.outcome.count(lander.counts);
        let ended = ended?;
        if let (Some(cursor), Some(_)) = (ended.cursor, &form.cursor) {
            let text = cursor.to_rfc3339_opts(chrono::SecondsFormat::Millis, true);
            if stored.as_deref() != Some(&text) {
                let committed = self.ctx.state.commit_cursor(&self.connection.name, &stream.name, &text).await;
                committed.map_err(|error| PullError::own(&error))?;
            }
        }
        Ok(())
    }

    /// All pages are in: what is missing from a complete list is gone, and the rest is stored.
    async fn close(&self, stream: &Stream, lander: &mut Lander<'_>, ended: &Ended) -> Result<(), Stop> {
        // Pages shift while they are walked: a list that is shorter than announced is not complete.
        let whole = ended.total.is_none_or(|total| lander.listed_count() >= total);
        if stream.complete && whole {
            lander.push_gone().await?;
        }
        Ok(lander.flush().await?)
    }

    async fn land_pages(
        &mut self,
        stream: &'static Stream,
        form: &'static Request,
        since: Option<Param>,
        references: &References,
        lander: &mut Lander<'_>,
        zone: Tz,
    ) -> Result<Ended, Stop> {
        let tombstones = self.tombstones.clone();
        let country = self.ctx.config.settings.company.country.clone();
        let mut maker = LineMaker::new(stream, &self.connection.name, &country, self.ctx.keys, &tombstones, references);
        let mut pages = Pages::new(form, since);
        let mut latest = None;
        let mut fetched = 0;
        while let Some(records) = self.page(stream, form, &mut pages, zone).await? {
            fetched += records.len() as u64;
            self.outcome.fetched += records.len() as u64;
            for record in &records {
                latest = latest.max(cursor_of(form, stream, record, zone));
                match maker.make(record, None) {
                    Made::Line(line) => lander.push(*line).await?,
                    Made::Erased(key_hash) => lander.listed(key_hash),
                }
            }
            self.ctx.progress.page(&self.connection.name, &stream.name, fetched);
        }
        let dropped = maker.dropped().map(|column| format!("{}.{column}", stream.name));
        self.outcome.dropped_columns.extend(dropped);
        let by_clock = form.cursor.as_ref().is_some_and(|cursor| cursor.fields.is_empty());
        // A board whose clock is ahead must not make us skip what it has not written yet.
        let cursor = if by_clock { Some(self.started_at) } else { latest.map(|latest| latest.min(self.started_at)) };
        Ok(Ended { cursor, total: pages.pager.total })
    }

    async fn reference(&mut self, stream: &'static Stream, form: &'static Request) -> Result<(), Stop> {
        let mut pages = Pages::new(form, None);
        let allowed = super::pick::Allowed::new(stream.id.iter().chain(&stream.keep));
        let mut entries = std::collections::BTreeMap::new();
        while let Some(records) = self.page(stream, form, &mut pages, Tz::UTC).await? {
            for record in &records {
                let kept = allowed.pick(record, "", &mut std::collections::BTreeSet::new());
                if let (Some(id), Some(kept)) = (stream.source_id(record), kept) {
                    entries.insert(id, kept);
                }
            }
        }
        self.references.insert(stream.name.clone(), entries);
        Ok(())
    }

    /// The records of the next page; `None` after the last.
    async fn page(&mut self, stream: &Stream, form: &Request, pages: &mut Pages<'_>, zone: Tz) -> Result<Option<Vec<Value>>, Stop> {
        let request = match std::mem::replace(&mut pages.next, Next::Done) {
            Next::Done => return Ok(None),
            Next::Params(mut params) => {
                params.extend(pages.since.iter().cloned());
                self.target.request(stream, form, &params)?
            }
            Next::Follow(url) => self.target.follow(*url, form)?,
        };
        let url = request.url().clone();
        let answer = self.fetch(&request).await?;
        let body = parse(&answer, &url)?;
        for test in &form.success {
            check_success(test, &body)?;
        }
        pages.next = Next::Done;
        let headers = answer.headers;
        let (body, count) = counted(stream, body);
        let next = pages.pager.next(&body, &headers, &url, count)?;
        let records = shape::records(stream, body)?;
        shape::check(stream, &records, zone)?;
        pages.next = next;
        Ok(Some(records))
    }

    async fn fetch(&mut self, request: &reqwest::Request) -> Result<Answer, Stop> {
        let fetch = self.ctx.http.fetch(request, &self.target.endpoint, &mut self.outcome.requests);
        tokio::select! {
            biased;
            () = self.ctx.shutdown.cancelled() => Err(Stop::Shutdown),
            answer = fetch => Ok(answer?),
        }
    }
}

/// Where a list ended.
struct Ended {
    cursor: Option<DateTime<Utc>>,
    total: Option<u64>,
}

struct Pages<'s> {
    pager: Pager<'s>,
    since: Option<Param>,
    next: Next,
}

impl<'s> Pages<'s> {
    fn new(form: &'s Request, since: Option<Param>) -> Pages<'s> {
        let pager = Pager::new(&form.paginate);
        let next = Next::Params(pager.first());
        Pages { pager, since, next }
    }
}

fn counted(stream: &Stream, body: Value) -> (Value, usize) {
    let count = stream.records.first(&body).and_then(Value::as_array).map_or(0, Vec::len);
    (body, count)
}

fn parse(answer: &Answer, url: &url::Url) -> Result<Value, PullError> {
    let host = url.host_str().unwrap_or_default();
    serde_json::from_slice(answer.data(host)?).map_err(|error| {
        let what = if error.is_eof() { "JSON that is cut off" } else { "something that is not JSON" };
        let place = format!("line {}, column {}", error.line(), error.column());
        PullError::new(PullErrorKind::BadResponse, format!("{host} answered with {what} ({place})"))
            .with_hint("nothing of this answer was taken; the next pull asks again")
    })
}

/// Some boards say that they failed inside an answer with status 200.
fn check_success(test: &Success, body: &Value) -> Result<(), PullError> {
    let found = test.path.first(body);
    if found == Some(&test.equals) || (found.is_none() && test.optional) {
        return Ok(());
    }
    let said = test.message.as_ref().and_then(|path| path.first(body)).and_then(scalar_text);
    let said = said.map_or_else(String::new, |text| format!(": {}", crate::identity::mask_text(&text)));
    let message = format!("the board refused the request inside an answer with status 200{said}");
    Err(PullError::new(PullErrorKind::BadResponse, message).with_hint("check the credential's rights and [params] of the connection"))
}

/// The parameter that asks only for what changed since the stored cursor, less the lookback.
fn cursor_param(cursor: &Cursor, stream: &Stream, stored: Option<&str>, zone: Tz) -> Result<Option<Param>, PullError> {
    let Some(stored) = stored else {
        return Ok(cursor.first.as_ref().map(|first| Param::text(&cursor.param, first.clone())));
    };
    let instant = DateTime::parse_from_rfc3339(stored).map_err(|_| {
        PullError::new(PullErrorKind::Configuration, format!("the stored cursor {stored:?} is not an instant"))
            .with_hint("it was not written by this program; delete its row from inflow_state.cursors to pull everything again")
    })?;
    let lookback = Duration::from_std(cursor.lookback).unwrap_or(Duration::zero());
    let from = instant.with_timezone(&Utc) - lookback;
    let format = cursor.format.as_ref().unwrap_or(&stream.time_format);
    Ok(Some(Param::text(&cursor.param, format.write(from, zone))))
}

/// The latest of a record's cursor times.
fn cursor_of(form: &Request, stream: &Stream, record: &Value, zone: Tz) -> Option<DateTime<Utc>> {
    let cursor = form.cursor.as_ref()?;
    let scope = stream.scope(record, None::<&Map<String, Value>>, zone);
    let times = cursor.fields.iter().filter_map(|path| {
        let value = scope.first(path)?;
        stream.time_format.read(value, scope.zone).ok().flatten()
    });
    times.map(|(instant, _)| instant).max()
}
