//! Pulling a board over HTTP: each list page by page, second calls for what changed, and the cursor last.

use std::collections::HashSet;
use std::sync::atomic::{AtomicU64, Ordering};

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use futures::{StreamExt, TryStreamExt};
use inflow_config::Connection;
use serde_json::Value;
use url::Url;

use super::answered::{check_success, read};
use super::conditional::{self, Validators};
use super::cursor::{cursor_of, cursor_param};
use super::detail::Outlines;
use super::land::{Lander, recover};
use super::line::{LineMaker, Made, References};
use super::pager::{Next, Pager};
use super::place::Place;
use super::robots::Robots;
use super::split::{self, Extent};
use super::target::{Param, Target};
use super::{Outside, PullContext, PullOutcome, Stop, records, shape};
use crate::error::{PullError, PullErrorKind};
use crate::http::Answer;
use crate::spec::{Answer as Form, Detail, Kind, Request, Stream, TimeFormat, scalar_text};

/// Second calls that are on their way at once; the budget holds them back further.
const DETAILS_AT_ONCE: usize = 4;

/// After so many second calls what they gave is stored, so that an interrupted pull need not repeat them.
const DETAILS_A_FLUSH: usize = 200;

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
    let requests = AtomicU64::new(0);
    let mut pull = BoardPull {
        ctx,
        connection,
        target,
        started_at,
        tombstones,
        references: References::new(),
        requests: &requests,
        robots: None,
        turn: tokio::sync::Mutex::new(None),
        outcome,
    };
    let active: Vec<&'static Stream> = spec.streams.iter().filter(|stream| pull.is_active(stream)).collect();
    if active.is_empty() {
        return Err(PullError::new(PullErrorKind::Configuration, "none of its lists can be pulled with what is set")
            .with_hint(format!("set at least one of {} in the connection's file", spec.any_of.join(", ")))
            .into());
    }
    let result = pull.streams(&active).await;
    outcome.requests += requests.load(Ordering::Relaxed);
    result
}

struct BoardPull<'a, 'o> {
    ctx: &'a PullContext<'a>,
    connection: &'a Connection,
    target: Target<'a>,
    started_at: DateTime<Utc>,
    tombstones: HashSet<String>,
    references: References,
    requests: &'o AtomicU64,
    /// What the site's robots.txt says, where pages are read.
    robots: Option<Robots>,
    /// When the last page was asked for, where the site wants pauses between them.
    turn: tokio::sync::Mutex<Option<tokio::time::Instant>>,
    outcome: &'o mut PullOutcome,
}

impl BoardPull<'_, '_> {
    fn is_active(&self, stream: &Stream) -> bool {
        stream.request.as_ref().is_some_and(|request| self.target.active(request))
    }

    async fn streams(&mut self, active: &[&'static Stream]) -> Result<(), Stop> {
        let mut asked = 0;
        let robots = Robots::of(&self.target, &mut asked).await;
        self.requests.fetch_add(asked, Ordering::Relaxed);
        self.robots = robots?;
        let mut first_error = None;
        for stream in active {
            let place = format!("{}: {}", self.connection.name, stream.name);
            match self.stream(stream).await {
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
        // A spec of the company's own may be gone when its landing is read again: its words travel with it.
        let own = crate::spec::built_in(&self.connection.connector).is_none();
        let mut lander = Lander::new(self.ctx, &self.connection.name, &self.connection.connector, stream, own, self.started_at).await?;
        let references = std::mem::take(&mut self.references);
        let marked = since.is_some() && form.cursor.as_ref().is_some_and(|cursor| cursor.token.is_some());
        let mut result = self.land_pages(stream, form, since, &references, &mut lander, zone).await;
        // A mark grows old, or too much happened since.
        if let (true, Err(Stop::Failed(error))) = (marked, &result)
            && error.kind == PullErrorKind::BadResponse
        {
            tracing::info!(
                connection = self.connection.name,
                stream = stream.name,
                "the board takes its mark no longer: asking for everything"
            );
            result = self.land_pages(stream, form, None, &references, &mut lander, zone).await;
        }
        self.references = references;
        let ended = match result {
            Ok(ended) => Ok(ended),
            // What was fetched before the error, or before we were asked to stop, is whole pages: they stay.
            Err(Stop::Failed(error)) if error.kind != PullErrorKind::Store => lander.flush().await.and(Err(error)).map_err(Stop::from),
            Err(Stop::Shutdown) => lander.flush().await.map_err(Stop::from).and(Err(Stop::Shutdown)),
            Err(stop) => Err(stop),
        };
        let ended = match ended {
            Ok(ended) => self.close(stream, &mut lander, &ended).await.map(|()| ended),
            Err(stop) => Err(stop),
        };
        self.outcome.count(lander.counts);
        let ended = ended?;
        let reached = form.cursor.as_ref().and_then(|cursor| match cursor.token {
            Some(_) => ended.token,
            None => ended.cursor.map(|cursor| cursor.to_rfc3339_opts(chrono::SecondsFormat::Millis, true)),
        });
        if let Some(text) = reached
            && stored.as_deref() != Some(&text)
        {
            let committed = self.ctx.state.commit_cursor(&self.connection.name, &stream.name, &text).await;
            committed.map_err(|error| PullError::own(&error))?;
        }
        if let Some(validators) = ended.validators {
            validators.commit(self.ctx, &self.connection.name, stream).await?;
        }
        Ok(())
    }

    /// All pages are in: what is missing from a complete list is gone, and the rest is stored.
    async fn close(&self, stream: &Stream, lander: &mut Lander<'_>, ended: &Ended) -> Result<(), Stop> {
        // Pages shift while they are walked: a list that is shorter than announced is not complete.
        let whole = ended.whole && lander.listed_count() >= ended.total;
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
        let (country, name) = (self.ctx.config.settings.company.country.clone(), self.connection.name.clone());
        let maker =
            LineMaker::new(stream, &name, &country, self.ctx.keys, &tombstones, references).with_parties(self.ctx.config, self.connection);
        let outlines = if form.detail.is_empty() { None } else { Some(Outlines::new(self.ctx, &self.connection.name, stream).await?) };
        let mut walk = Walk { stream, form, since, zone, maker, outlines, ended: Ended::default(), latest: None, fetched: 0 };
        let places = Self::places(form, references);
        for place in places {
            self.walk_parts(&mut walk, lander, place, 0).await?;
        }
        if let Some(outlines) = &mut walk.outlines {
            lander.flush().await?;
            outlines.commit(self.started_at.timestamp_millis()).await?;
        }
        self.outcome.drop_columns(stream, &walk.maker);
        let by_clock = form.cursor.as_ref().is_some_and(|cursor| cursor.fields.is_empty());
        // A board whose clock is ahead must not make us skip what it has not written yet.
        walk.ended.cursor = if by_clock { Some(self.started_at) } else { walk.latest.map(|latest| latest.min(self.started_at)) };
        Ok(walk.ended)
    }

    /// Where a list is asked from: once, or once for each entry of another list.
    fn places<'r>(form: &Request, references: &'r References) -> Vec<Place<'r>> {
        let Some(each) = &form.each else { return vec![Place::default()] };
        let entries = references.get(&each.stream).into_iter().flatten();
        let places = entries.filter_map(|(id, entry)| {
            let value = match &each.value {
                Some(path) => scalar_text(path.first(entry)?)?,
                None => id.clone(),
            };
            Some(Place { each: Some(value), parent: Some(entry), ..Place::default() })
        });
        places.collect()
    }

    /// Walks a list, facet by facet where the board would not show all of it.
    async fn walk_parts(&mut self, walk: &mut Walk<'_>, lander: &mut Lander<'_>, place: Place<'_>, depth: usize) -> Result<(), Stop> {
        let Some(split) = &walk.form.split else { return self.walk(walk, lander, &place).await };
        let mut pages = Pages::new(walk.form, walk.since.clone());
        let Some(first) = self.ask_page(walk.stream, walk.form, &mut pages, &place, None).await? else { return Ok(()) };
        let applied = place.body.get(&split.into).and_then(Value::as_object).cloned().unwrap_or_default();
        let Page::Body { body, .. } = first else { return Ok(()) };
        match split::extent(split, &body, &applied) {
            Extent::Parts { parts, covers } if depth < split::DEEPEST => {
                walk.ended.whole &= covers;
                for part in parts {
                    let mut inner = place.clone();
                    inner.body.insert(split.into.clone(), Value::Object(part));
                    Box::pin(self.walk_parts(walk, lander, inner, depth + 1)).await?;
                }
                Ok(())
            }
            Extent::Whole => self.walk(walk, lander, &place).await,
            Extent::Parts { .. } | Extent::Indivisible => {
                walk.ended.whole = false;
                tracing::warn!(connection = self.connection.name, stream = walk.stream.name, "the board shows only a part of this list");
                self.walk(walk, lander, &place).await
            }
        }
    }

    async fn walk(&mut self, walk: &mut Walk<'_>, lander: &mut Lander<'_>, place: &Place<'_>) -> Result<(), Stop> {
        let (stream, form) = (walk.stream, walk.form);
        let conditional = conditional::applies(form);
        let known = if conditional { Validators::stored(self.ctx, &self.connection.name, stream, lander.spec_hash()).await? } else { None };
        let given = self.target.given(stream);
        let mut pages = Pages::new(form, walk.since.clone());
        while let Some(page) = self.ask_page(stream, form, &mut pages, place, known.as_ref()).await? {
            let Page::Body { body, url, headers } = page else {
                lander.all_listed();
                return Ok(());
            };
            if conditional {
                walk.ended.validators = Validators::of(&headers, lander.spec_hash());
            }
            let count = stream.records.first(&body).and_then(Value::as_array).map_or(0, Vec::len);
            let next = pages.pager.next(&body, &headers, &url, count)?;
            if let Some(path) = form.cursor.as_ref().and_then(|cursor| cursor.token.as_ref()) {
                walk.ended.token = path.first(&body).and_then(scalar_text);
            }
            let outside = Outside { parent: place.parent, given: &given };
            let listed = records::shape(stream, shape::records(stream, body)?, outside);
            shape::check(stream, &listed, walk.zone, self.started_at)?;
            pages.next = next;
            walk.fetched += listed.len() as u64;
            self.outcome.fetched += listed.len() as u64;
            for record in &listed {
                walk.latest = walk.latest.max(cursor_of(form, stream, record, walk.zone));
            }
            if form.detail.is_empty() {
                land(walk, lander, &listed).await?;
            } else {
                self.land_detailed(walk, lander, listed, &url, place).await?;
            }
            self.ctx.progress.page(&self.connection.name, &stream.name, walk.fetched);
        }
        walk.ended.total += pages.pager.total.unwrap_or(0);
        Ok(())
    }

    /// Lands the records of a page after their second calls; what the list shows unchanged is only noted.
    async fn land_detailed(
        &mut self,
        walk: &mut Walk<'_>,
        lander: &mut Lander<'_>,
        listed: Vec<Value>,
        url: &Url,
        place: &Place<'_>,
    ) -> Result<(), Stop> {
        let Some(mut outlines) = walk.outlines.take() else { return Ok(()) };
        let (mut fresh, mut elsewhere) = (Vec::new(), Vec::new());
        let count = listed.len();
        let always = walk.form.detail.iter().any(|detail| detail.always);
        for record in listed {
            match walk.maker.outline(&record) {
                Some((key, hash)) if !always && outlines.is_known(key, hash) && lander.is_present(key) => lander.listed(key),
                Some(outline) => fresh.push((record, Some(outline))),
                None => fresh.push((record, None)),
            }
        }
        for part in in_parts(fresh, DETAILS_A_FLUSH) {
            self.authorise().await?;
            let calls = part.into_iter().map(|(record, outline)| self.detailed(walk.form, record, outline, url, place));
            let asked = calls.len();
            let detailed: Vec<_> = futures::stream::iter(calls).buffered(DETAILS_AT_ONCE).try_collect().await?;
            let mut whole = Vec::with_capacity(detailed.len());
            if asked > 1 && detailed.iter().all(|(found, _)| matches!(found, Detailed::Gone)) {
                return Err(all_gone(walk.stream, asked).into());
            }
            for (found, outline) in detailed {
                match (found, outline) {
                    (Detailed::Whole(record), outline) => {
                        whole.push(record);
                        if let Some((key, hash)) = outline {
                            outlines.note(key, hash);
                        }
                    }
                    // Taken down since it was listed: the next list will say so.
                    (Detailed::Gone, Some((key, _))) => lander.listed(key),
                    (Detailed::Gone | Detailed::None, _) => {}
                    (Detailed::Elsewhere(error), _) => elsewhere.push(error),
                }
            }
            shape::check(walk.stream, &whole, walk.zone, self.started_at)?;
            land(walk, lander, &whole).await?;
            if outlines.pending() >= DETAILS_A_FLUSH {
                lander.flush().await?;
                outlines.commit(self.started_at.timestamp_millis()).await?;
            }
        }
        walk.outlines = Some(outlines);
        match elsewhere.pop() {
            // Not one of the links stays on the host: an empty list would hide that.
            Some(error) if elsewhere.len() + 1 == count => Err(error.into()),
            _ => Ok(()),
        }
    }

    /// A record with the answers of its second calls.
    async fn detailed(
        &self,
        form: &Request,
        mut record: Value,
        outline: Option<(u64, u64)>,
        url: &Url,
        place: &Place<'_>,
    ) -> Result<(Detailed, Option<(u64, u64)>), Stop> {
        for detail in &form.detail {
            let scope = crate::spec::Scope {
                record: &record,
                element: &record,
                lookups: None,
                zone: Tz::UTC,
                time_format: &TimeFormat::IsoLocal,
                fetched: None,
            };
            if detail.when.as_ref().is_some_and(|when| !when.holds(&scope)) {
                continue;
            }
            let from = Place { record: Some(&record), ..place.clone() };
            let request = match self.target.detail(detail, form.public, url, &from) {
                // A page's link to elsewhere is not one of its own jobs.
                Err(error) if detail.required && error.kind == PullErrorKind::BadResponse => {
                    return Ok((Detailed::Elsewhere(error), outline));
                }
                request => request?,
            };
            match self.ask_detail(detail, &request).await {
                Ok(Value::Null) if detail.required => return Ok((Detailed::None, outline)),
                Err(Stop::Failed(error)) if detail.required && error.kind == PullErrorKind::ChangedShape => {
                    return Ok((Detailed::None, outline));
                }
                Ok(value) => {
                    if let Some(map) = record.as_object_mut() {
                        map.insert(detail.key.clone(), value);
                    }
                }
                Err(Stop::Failed(error)) if matches!(error.status, Some(404 | 410)) => {
                    if !detail.optional {
                        return Ok((Detailed::Gone, outline));
                    }
                }
                Err(stop) => return Err(stop),
            }
        }
        Ok((Detailed::Whole(record), outline))
    }

    async fn ask_detail(&self, detail: &Detail, request: &reqwest::Request) -> Result<Value, Stop> {
        let answer = self.fetch(request).await?;
        let mut body = read(&answer, request.url(), self.target.form(&detail.answer)?.as_ref())?;
        for test in &detail.success {
            match check_success(test, &body) {
                Err(_) if detail.optional => return Ok(Value::Null),
                passed => passed?,
            }
        }
        let mut found = None;
        detail.record.change(&mut body, &mut |value| found = Some(value.take()));
        Ok(found.unwrap_or(Value::Null))
    }

    async fn reference(&mut self, stream: &'static Stream, form: &'static Request) -> Result<(), Stop> {
        let allowed = super::pick::Allowed::new(stream.id.iter().chain(&stream.id_else).chain(&stream.keep));
        let mut entries = std::collections::BTreeMap::new();
        let given = self.target.given(stream);
        let references = std::mem::take(&mut self.references);
        for place in Self::places(form, &references) {
            let mut pages = Pages::new(form, None);
            while let Some(page) = self.ask_page(stream, form, &mut pages, &place, None).await? {
                let Page::Body { body, url, headers } = page else { break };
                let count = stream.records.first(&body).and_then(Value::as_array).map_or(0, Vec::len);
                let next = pages.pager.next(&body, &headers, &url, count)?;
                let outside = Outside { parent: place.parent, given: &given };
                let listed = records::shape(stream, shape::records(stream, body)?, outside);
                shape::check(stream, &listed, Tz::UTC, self.started_at)?;
                pages.next = next;
                for record in &listed {
                    let kept = allowed.pick(record.clone(), "", &mut super::pick::Dropped::default());
                    if let (Some(id), Some(kept)) = (stream.source_id(record), kept) {
                        entries.insert(id, kept);
                    }
                }
            }
        }
        self.references = references;
        self.references.insert(stream.name.clone(), entries);
        Ok(())
    }

    /// The next page of a list; `None` after the last.
    async fn ask_page(
        &mut self,
        stream: &Stream,
        form: &Request,
        pages: &mut Pages<'_>,
        place: &Place<'_>,
        known: Option<&Validators>,
    ) -> Result<Option<Page>, Stop> {
        self.authorise().await?;
        let mut request = match std::mem::replace(&mut pages.next, Next::Done) {
            Next::Done => return Ok(None),
            Next::Params(mut params) => {
                params.extend(pages.since.iter().cloned());
                self.target.request(stream, form, &params, place)?
            }
            Next::Follow(url) => self.target.follow(*url, stream, form, place)?,
        };
        if let Some(known) = known {
            known.put(&mut request);
        }
        let url = request.url().clone();
        let answer = self.fetch(&request).await?;
        if answer.status == reqwest::StatusCode::NOT_MODIFIED {
            return Ok(Some(Page::NotModified));
        }
        let body = read(&answer, &url, self.target.form(&stream.answer)?.as_ref())?;
        for test in &form.success {
            check_success(test, &body)?;
        }
        Ok(Some(Page::Body { body, url: Box::new(url), headers: Box::new(answer.headers) }))
    }

    /// Gets a token first where the board wants one.
    async fn authorise(&mut self) -> Result<(), Stop> {
        let Some(request) = self.target.token_request()? else { return Ok(()) };
        let answer = self.fetch(&request).await?;
        let body = read(&answer, request.url(), &Form::Json)?;
        Ok(self.target.take_token(&body)?)
    }

    async fn fetch(&self, request: &reqwest::Request) -> Result<Answer, Stop> {
        let mut asked = 0;
        let fetch = async {
            if let Some(robots) = &self.robots {
                robots.check(request.url())?;
                self.pause(robots).await;
            }
            let answer = self.target.fetch(request, &mut asked).await;
            self.requests.fetch_add(asked, Ordering::Relaxed);
            answer
        };
        tokio::select! {
            biased;
            () = self.ctx.shutdown.cancelled() => Err(Stop::Shutdown),
            answer = fetch => Ok(answer?),
        }
    }
}

impl BoardPull<'_, '_> {
    /// Waits as long as the site wants between two pages.
    async fn pause(&self, robots: &Robots) {
        let Some(delay) = robots.delay() else { return };
        let mut last = self.turn.lock().await;
        if let Some(last) = *last {
            tokio::time::sleep_until(last + delay).await;
        }
        *last = Some(tokio::time::Instant::now());
    }
}

/// One list on its way into landing.
struct Walk<'w> {
    stream: &'static Stream,
    form: &'static Request,
    since: Option<Param>,
    zone: Tz,
    maker: LineMaker<'w>,
    outlines: Option<Outlines<'w>>,
    ended: Ended,
    latest: Option<DateTime<Utc>>,
    fetched: u64,
}

/// What second calls made of a record.
enum Detailed {
    /// The record with their answers.
    Whole(Value),
    /// The board no longer has it.
    Gone,
    /// It is no record: what makes it one is not there.
    None,
    /// It stands on another host, which is not asked.
    Elsewhere(PullError),
}

/// A page of a list.
enum Page {
    Body { body: Value, url: Box<Url>, headers: Box<reqwest::header::HeaderMap> },
    NotModified,
}

/// Where a list ended.
struct Ended {
    cursor: Option<DateTime<Utc>>,
    /// The board's own mark of this end.
    token: Option<String>,
    /// Records that the board announced.
    total: u64,
    /// Nothing was left out knowingly.
    whole: bool,
    validators: Option<Validators>,
}

impl Default for Ended {
    fn default() -> Ended {
        Ended { cursor: None, token: None, total: 0, whole: true, validators: None }
    }
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

async fn land(walk: &mut Walk<'_>, lander: &mut Lander<'_>, records: &[Value]) -> Result<(), Stop> {
    for record in records {
        match walk.maker.make(record.clone(), None) {
            Made::Line(line) => lander.push(*line).await?,
            Made::Erased(key_hash) => lander.listed(key_hash),
        }
    }
    Ok(())
}

/// One record may be taken down between its list and its second call, not all of them.
fn all_gone(stream: &Stream, asked: usize) -> PullError {
    let message = format!("none of {asked} records of {} is there any more when it is asked for by itself", stream.name);
    PullError::new(PullErrorKind::ChangedShape, message)
        .with_hint("the address of its second call changed, or [params] name another site; nothing of this answer was taken")
}

fn in_parts<T>(all: Vec<T>, size: usize) -> Vec<Vec<T>> {
    let mut parts = Vec::new();
    let mut rest = all.into_iter().peekable();
    while rest.peek().is_some() {
        parts.push(rest.by_ref().take(size).collect());
    }
    parts
}
