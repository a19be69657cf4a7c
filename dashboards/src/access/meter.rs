//! How many requests a token has sent: in this minute, and since it was last told to the store.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use axum::http::{HeaderMap, HeaderName, HeaderValue};
use chrono::{DateTime, Utc};
use inflow_store::TokenUse;
use tokio::time::Instant;

/// What limits are of.
const WINDOW: Duration = Duration::from_mins(1);
const POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");
const LEFT: HeaderName = HeaderName::from_static("ratelimit");

/// What is left of a minute's requests, this one counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Quota {
    limit: u32,
    pub(crate) left: u32,
    /// Whole seconds until the minute is over.
    pub(crate) seconds: u64,
    /// Whether the request was one too many.
    pub(crate) over: bool,
}

impl Quota {
    /// `RateLimit` and `RateLimit-Policy`, as draft-ietf-httpapi-ratelimit-headers-10 writes them.
    pub(crate) fn write(self, headers: &mut HeaderMap) {
        let said = [
            (POLICY, format!("\"token\";q={};w={}", self.limit, WINDOW.as_secs())),
            (LEFT, format!("\"token\";r={};t={}", self.left, self.seconds)),
        ];
        for (name, text) in said {
            if let Ok(value) = HeaderValue::from_str(&text) {
                headers.insert(name, value);
            }
        }
    }
}

#[derive(Debug)]
struct Counted {
    since: Instant,
    in_window: u32,
    untold: TokenUse,
}

/// The counts of this process. A minute begins with its first request, so that what a client is told is what holds.
#[derive(Debug, Default)]
pub(crate) struct Meter(Mutex<HashMap<String, Counted>>);

impl Meter {
    /// Counts a request.
    pub(crate) fn count(&self, token: &str, per_minute: u32, now: DateTime<Utc>) -> Quota {
        let instant = Instant::now();
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let counted = all.entry(token.to_owned()).or_insert_with(|| Counted { since: instant, in_window: 0, untold: none(token, now) });
        if instant.duration_since(counted.since) >= WINDOW {
            (counted.since, counted.in_window) = (instant, 0);
        }
        let over = counted.in_window >= per_minute;
        counted.in_window = counted.in_window.saturating_add(1);
        counted.untold.requests += 1;
        counted.untold.refused += u64::from(over);
        counted.untold.last_used_at = now;
        let rest = WINDOW.saturating_sub(instant.duration_since(counted.since));
        Quota {
            limit: per_minute,
            left: per_minute.saturating_sub(counted.in_window),
            seconds: rest.as_millis().div_ceil(1000) as u64,
            over,
        }
    }

    /// Counts what was refused for another reason.
    pub(crate) fn refused(&self, token: &str) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(counted) = all.get_mut(token) {
            counted.untold.refused += 1;
        }
    }

    /// What the store has not been told yet. Who cannot tell it gives it [back](Meter::back).
    pub(crate) fn untold(&self) -> Vec<TokenUse> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let used = all.values_mut().filter(|counted| counted.untold.requests > 0);
        used.map(|counted| {
            let next = none(&counted.untold.prefix, counted.untold.last_used_at);
            std::mem::replace(&mut counted.untold, next)
        })
        .collect()
    }

    /// What could not be told is told with the next.
    pub(crate) fn back(&self, uses: Vec<TokenUse>) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for one in uses {
            if let Some(counted) = all.get_mut(&one.prefix) {
                counted.untold.requests += one.requests;
                counted.untold.refused += one.refused;
            }
        }
    }
}

fn none(token: &str, now: DateTime<Utc>) -> TokenUse {
    TokenUse { prefix: token.to_owned(), requests: 0, refused: 0, last_used_at: now }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_minute_has_as_many_requests_as_the_token_may_send() {
        let meter = Meter::default();
        let now: DateTime<Utc> = "2026-11-20T08:00:00Z".parse().unwrap();
        let ask = |token: &str| meter.count(token, 2, now);
        assert_eq!(ask("a"), Quota { limit: 2, left: 1, seconds: 60, over: false });
        tokio::time::advance(Duration::from_millis(20_500)).await;
        assert_eq!(ask("a"), Quota { limit: 2, left: 0, seconds: 40, over: false });
        assert!(ask("a").over && !ask("b").over, "each token by itself");
        tokio::time::advance(Duration::from_millis(39_500)).await;
        assert_eq!(ask("a"), Quota { limit: 2, left: 1, seconds: 60, over: false });
        meter.refused("b");
        let mut told = meter.untold();
        told.sort_by(|a, b| a.prefix.cmp(&b.prefix));
        let of = |one: &TokenUse| (one.prefix.clone(), one.requests, one.refused);
        assert_eq!(told.iter().map(of).collect::<Vec<_>>(), [("a".to_owned(), 4, 1), ("b".to_owned(), 1, 1)]);
        assert!(meter.untold().is_empty());
        meter.back(told);
        assert_eq!(meter.untold().len(), 2);
    }

    #[test]
    fn the_headers_are_those_of_the_draft() {
        let mut headers = HeaderMap::new();
        Quota { limit: 600, left: 599, seconds: 12, over: false }.write(&mut headers);
        assert_eq!(headers["ratelimit-policy"], "\"token\";q=600;w=60");
        assert_eq!(headers["ratelimit"], "\"token\";r=599;t=12");
    }
}
