//! `/feed/..`: the company's own openings, for everybody, where `[feed] enabled = true` says so; otherwise there is nothing at these addresses.
//!
//! Nothing of these answers stands on a token or session. They hold what [`inflow_actions::feed`] reads, which is what the public can see already.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Path, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, LAST_MODIFIED};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, Utc};
use inflow_actions::feed::{Openings, indeed, is_id, page, rss};
use tokio::sync::Mutex;
use tokio::time::Instant;

use crate::failure::Failure;
use crate::router::Shared;
use crate::tag;

/// Openings as they were read last. Anybody may ask, so they are read by one at a time and by nobody again for a while.
pub(crate) type Kept = Mutex<Option<(Instant, Arc<Openings>)>>;

/// So long they are good for everybody.
const GOOD_FOR: Duration = Duration::from_mins(1);
/// Feeds are asked for every few hours; a page may be as old as this.
const KEPT: &str = "public, max-age=300";
/// The page of an opening holds text and data; a crawler reads both, nothing runs.
const POLICY: &str = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// `/feed/indeed.xml` and `/feed/rss.xml`.
pub(crate) async fn document(State(shared): State<Shared>, Path(name): Path<String>, headers: HeaderMap) -> Result<Response, Failure> {
    let openings = openings(&shared, matches!(name.as_str(), "indeed.xml" | "rss.xml")).await?;
    let (text, kind) = if name == "indeed.xml" {
        (indeed(&openings).text, "application/xml; charset=utf-8")
    } else {
        let no_site =
            || Failure::new(StatusCode::NOT_FOUND, "an RSS feed needs the company's site").hint("`site` under [feed] in inflow.toml");
        (rss(&openings).ok_or_else(no_site)?.text, "application/rss+xml; charset=utf-8")
    };
    Ok(answer(text, kind, openings.changed_at, &headers))
}

/// `/feed/jobs/{id}`: the page of an opening, with schema.org `JobPosting`.
pub(crate) async fn job(State(shared): State<Shared>, Path(id): Path<String>, headers: HeaderMap) -> Result<Response, Failure> {
    let openings = openings(&shared, is_id(&id)).await?;
    let gone = || Failure::new(StatusCode::NOT_FOUND, "there is no such opening, or it is closed");
    let text = openings.get(&id).and_then(|opening| page(&openings, opening)).ok_or_else(gone)?;
    Ok(answer(text, "text/html; charset=utf-8", openings.changed_at, &headers))
}

async fn openings(shared: &Shared, known: bool) -> Result<Arc<Openings>, Failure> {
    if !shared.config.settings.feed.enabled || !known {
        return Err(Failure::new(StatusCode::NOT_FOUND, "there is nothing here"));
    }
    let mut kept = shared.openings.lock().await;
    if let Some((_, openings)) = kept.as_ref().filter(|(read, _)| read.elapsed() < GOOD_FOR) {
        return Ok(Arc::clone(openings));
    }
    let openings = Arc::new(shared.figures.openings(shared.clock.now()).await?);
    *kept = Some((Instant::now(), Arc::clone(&openings)));
    Ok(openings)
}

fn answer(text: String, kind: &'static str, changed_at: DateTime<Utc>, asked: &HeaderMap) -> Response {
    let tag = tag::tag(&text);
    let mut response = if tag::seen(asked, &tag) { tag::unchanged(&tag) } else { (StatusCode::OK, [(ETAG, tag)], text).into_response() };
    let head = response.headers_mut();
    if response_is_whole(head) {
        head.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    }
    head.insert(CACHE_CONTROL, HeaderValue::from_static(KEPT));
    head.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    if let Ok(at) = HeaderValue::from_str(&changed_at.format("%a, %d %b %Y %H:%M:%S GMT").to_string()) {
        head.insert(LAST_MODIFIED, at);
    }
    response
}

/// A 304 has no content and so no type.
fn response_is_whole(head: &HeaderMap) -> bool {
    head.contains_key(CONTENT_TYPE)
}
