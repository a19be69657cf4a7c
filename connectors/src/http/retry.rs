//! What is worth asking again, and when.

use std::time::Duration;

use chrono::{DateTime, Utc};
use rand::Rng;
use reqwest::StatusCode;
use reqwest::header::{HeaderMap, RETRY_AFTER};

use super::limits;

/// How often a request is made in all.
pub const ATTEMPTS: u32 = 4;

/// A board that asks for more patience than this ends the pull; the next one goes on.
pub const LONGEST_RETRY_AFTER: Duration = Duration::from_mins(5);

/// A board that asks for more is asked again after so long.
pub const LONGEST_PAUSE: Duration = Duration::from_hours(24);

const FIRST_BACKOFF: Duration = Duration::from_millis(500);
const LONGEST_BACKOFF: Duration = Duration::from_secs(30);

/// Whether an answer may be different next time.
pub fn is_transient(status: StatusCode) -> bool {
    matches!(status.as_u16(), 408 | 425 | 429 | 500 | 502 | 503 | 504)
}

/// Wait before attempt `attempt + 1`: doubling, capped, between half of it and all of it at random.
pub fn backoff(attempt: u32) -> Duration {
    let whole = FIRST_BACKOFF.saturating_mul(1 << attempt.saturating_sub(1).min(10)).min(LONGEST_BACKOFF);
    whole.mul_f64(rand::rng().random_range(0.5..=1.0))
}

/// `Retry-After` in seconds or as a date.
pub fn retry_after(headers: &HeaderMap, now: DateTime<Utc>) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse::<u64>() {
        return Some(Duration::from_secs(seconds));
    }
    let date = limits::instant(text)?;
    Some((date - limits::board_clock(headers, now).unwrap_or(now)).to_std().unwrap_or(Duration::ZERO))
}

#[cfg(test)]
mod tests {
    use reqwest::header::{DATE, HeaderValue};

    use super::*;

    fn now() -> DateTime<Utc> {
        DateTime::from_timestamp(1_790_000_000, 0).unwrap()
    }

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        let mut headers = HeaderMap::new();
        assert_eq!(retry_after(&headers, now()), None);
        headers.insert(RETRY_AFTER, HeaderValue::from_static("7"));
        assert_eq!(retry_after(&headers, now()), Some(Duration::from_secs(7)));
        let date = (now() + chrono::Duration::seconds(9)).format("%a, %d %b %Y %H:%M:%S GMT").to_string();
        headers.insert(RETRY_AFTER, HeaderValue::from_str(&date).unwrap());
        assert_eq!(retry_after(&headers, now()), Some(Duration::from_secs(9)));
        let behind = (now() + chrono::Duration::seconds(7)).format("%a, %d %b %Y %H:%M:%S GMT").to_string();
        headers.insert(DATE, HeaderValue::from_str(&behind).unwrap());
        assert_eq!(retry_after(&headers, now()), Some(Duration::from_secs(2)), "by the board's clock");
    }

    #[test]
    fn backoff_doubles_within_its_cap() {
        for attempt in 1..40 {
            let wait = backoff(attempt);
            let whole = FIRST_BACKOFF.saturating_mul(1 << (attempt - 1).min(10)).min(LONGEST_BACKOFF);
            assert!(wait >= whole / 2 && wait <= whole, "attempt {attempt}: {wait:?}");
        }
    }
}
