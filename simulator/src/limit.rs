//! Rate limits as boards keep them: a bucket that refills.

use std::time::Duration;

use chrono::{DateTime, Utc};
use tokio::time::Instant;

/// Requests a board lets through: `burst` at once, refilled at `requests` per `per`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit {
    /// Requests of the window; also the `X-RateLimit-Limit` header.
    pub requests: u32,
    /// The window.
    pub per: Duration,
    /// Requests let through at once before the refill counts.
    pub burst: u32,
    /// The clock on the board's wall, for boards that tell the end of a window as seconds since
    /// 1970; the others tell seconds from now.
    pub wall: Option<DateTime<Utc>>,
}

impl Limit {
    /// As many at once as in the window.
    pub fn new(requests: u32, per: Duration) -> Self {
        Self { requests, per, burst: requests, wall: None }
    }

    /// The same limit with another burst.
    #[must_use]
    pub fn burst(mut self, burst: u32) -> Self {
        self.burst = burst;
        self
    }

    /// The same limit, told as seconds since 1970 by a clock that stands at `now`.
    #[must_use]
    pub fn wall(mut self, now: DateTime<Utc>) -> Self {
        self.wall = Some(now);
        self
    }

    /// How the board writes the end of its window.
    pub(crate) fn reset(&self, verdict: Verdict) -> i64 {
        let wait = i64::try_from(verdict.reset).unwrap_or(i64::MAX);
        self.wall.map_or(wait, |wall| wall.timestamp().saturating_add(wait))
    }
}

/// The bucket of one board.
#[derive(Debug)]
pub(crate) struct Bucket {
    limit: Limit,
    tokens: f64,
    filled: Instant,
}

/// What the bucket said to a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Verdict {
    pub(crate) admitted: bool,
    pub(crate) remaining: u32,
    /// Whole seconds until one more request passes, at least 1.
    pub(crate) reset: u64,
}

impl Bucket {
    pub(crate) fn new(limit: Limit, now: Instant) -> Self {
        Self { limit, tokens: f64::from(limit.burst), filled: now }
    }

    pub(crate) fn limit(&self) -> Limit {
        self.limit
    }

    pub(crate) fn take(&mut self, now: Instant) -> Verdict {
        let per_second = f64::from(self.limit.requests) / self.limit.per.as_secs_f64();
        let refill = now.saturating_duration_since(self.filled).as_secs_f64() * per_second;
        self.tokens = (self.tokens + refill).min(f64::from(self.limit.burst));
        self.filled = now;
        let admitted = self.tokens >= 1.0;
        if admitted {
            self.tokens -= 1.0;
        }
        let wait = ((1.0 - self.tokens).max(0.0) / per_second).ceil() as u64;
        Verdict { admitted, remaining: self.tokens as u32, reset: wait.max(1) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lets_the_burst_through_and_refills() {
        let start = Instant::now();
        let mut bucket = Bucket::new(Limit::new(10, Duration::from_secs(1)).burst(20), start);
        let admitted = (0..25).filter(|_| bucket.take(start).admitted).count();
        assert_eq!(admitted, 20);
        assert_eq!(bucket.take(start), Verdict { admitted: false, remaining: 0, reset: 1 });
        let later = start + Duration::from_millis(500);
        assert_eq!((0..25).filter(|_| bucket.take(later).admitted).count(), 5);
    }

    #[test]
    fn says_how_long_a_slow_window_takes() {
        let start = Instant::now();
        let mut bucket = Bucket::new(Limit::new(2, Duration::from_mins(1)), start);
        bucket.take(start);
        bucket.take(start);
        assert_eq!(bucket.take(start).reset, 30);
    }
}
