//! The breaker: a connection that keeps failing is left alone for a while, longer each time, and then
//! tried once. Whatever it says, the connection's health reads failing until a pull goes through, so
//! that its channels show "no data since .." and never zero.
//!
//! ```text
//! closed --3 answers that are no use, or 5 failures to get one--> open (5 min, doubling to 6 h)
//!    ^                                                              |  time is over
//!    +--- success --- half open: one pull decides <-----------------+
//!                            failure: open again, for longer
//! ```
//!
//! The daemon asks [`decide`] before a scheduled pull. A pull that a person asks for always goes, and
//! counts like any other.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

use crate::error::PullErrorKind;
use crate::state::Health;

const FIRST_PAUSE: Duration = Duration::from_mins(5);
const LONGEST_PAUSE: Duration = Duration::from_hours(6);

/// What a scheduled pull may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// Go.
    Closed,
    /// Go; this pull decides whether the breaker closes again.
    HalfOpen,
    /// Wait.
    Open {
        /// Until then.
        until: DateTime<Utc>,
    },
}

/// Whether a connection of that health may be pulled by schedule.
pub fn decide(health: Option<&Health>, now: DateTime<Utc>) -> Decision {
    match health.and_then(|health| health.open_until) {
        None => Decision::Closed,
        Some(until) if until > now => Decision::Open { until },
        Some(_) => Decision::HalfOpen,
    }
}

/// The breaker after a pull that ended at `now`: failures in a row, and until when it is open.
pub(crate) fn after(
    before: Option<&Health>,
    connection: &str,
    error: Option<PullErrorKind>,
    now: DateTime<Utc>,
) -> (u32, Option<DateTime<Utc>>) {
    let Some(error) = error else { return (0, None) };
    let (failures, open_until) = before.map_or((0, None), |before| (before.failures, before.open_until));
    let Some(limit) = tolerated(error) else { return (failures, open_until) };
    let failures = failures.saturating_add(1);
    // Half open, one failure is enough, of whatever class.
    let Some(times) = failures.checked_sub(limit).or(open_until.map(|_| 0)) else { return (failures, None) };
    (failures, Some(now + pause(connection, times)))
}

/// Failures in a row that open the breaker; none for those that say nothing about the board.
fn tolerated(error: PullErrorKind) -> Option<u32> {
    match error {
        PullErrorKind::Unauthorised | PullErrorKind::ChangedShape | PullErrorKind::BadResponse => Some(3),
        PullErrorKind::Unreachable | PullErrorKind::ServerError | PullErrorKind::RateLimited => Some(5),
        PullErrorKind::BudgetUsedUp | PullErrorKind::File | PullErrorKind::Configuration | PullErrorKind::Store => None,
    }
}

/// Doubles with each failure; a fifth of it depends on the connection, so that connections which fail
/// together do not come back together.
fn pause(connection: &str, times: u32) -> TimeDelta {
    let whole = FIRST_PAUSE.saturating_mul(1 << times.min(16)).min(LONGEST_PAUSE);
    let hash = blake3::hash(format!("{connection}\n{times}").as_bytes());
    let part = f64::from(hash.as_bytes().first().copied().unwrap_or(0)) / 255.0;
    TimeDelta::from_std(whole.mul_f64(0.8 + part / 5.0)).unwrap_or(TimeDelta::MAX)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn start() -> DateTime<Utc> {
        DateTime::from_timestamp(1_790_000_000, 0).unwrap()
    }

    fn health(failures: u32, open_until: Option<DateTime<Utc>>) -> Health {
        Health {
            connection: "tea".into(),
            channels: Vec::new(),
            last_attempt_at: start(),
            last_success_at: None,
            failing_since: Some(start()),
            error: Some(("unreachable".into(), String::new())),
            failures,
            open_until,
        }
    }

    /// Fails again and again, each time at the first instant allowed; how long the breaker was open each time.
    fn fail(error: PullErrorKind, times: u32) -> Vec<Option<Duration>> {
        let mut now = start();
        let mut before = None;
        let mut pauses = Vec::new();
        for _ in 0..times {
            let (failures, open_until) = after(before.as_ref(), "tea", Some(error), now);
            pauses.push(open_until.map(|until| (until - now).to_std().unwrap()));
            now = open_until.unwrap_or(now);
            before = Some(health(failures, open_until));
        }
        pauses
    }

    #[rstest]
    #[case(PullErrorKind::Unauthorised, 3)]
    #[case(PullErrorKind::ChangedShape, 3)]
    #[case(PullErrorKind::BadResponse, 3)]
    #[case(PullErrorKind::Unreachable, 5)]
    #[case(PullErrorKind::ServerError, 5)]
    #[case(PullErrorKind::RateLimited, 5)]
    fn opens_after_so_many_and_for_longer_each_time(#[case] error: PullErrorKind, #[case] limit: usize) {
        let pauses = fail(error, 20);
        assert!(pauses[..limit - 1].iter().all(Option::is_none), "{pauses:?}");
        let mut whole = FIRST_PAUSE;
        for pause in &pauses[limit - 1..] {
            let pause = pause.unwrap();
            assert!(pause >= whole.mul_f64(0.799) && pause <= whole, "{pause:?} of {whole:?}");
            whole = (whole * 2).min(LONGEST_PAUSE);
        }
    }

    #[rstest]
    #[case(PullErrorKind::BudgetUsedUp)]
    #[case(PullErrorKind::Configuration)]
    #[case(PullErrorKind::Store)]
    #[case(PullErrorKind::File)]
    fn what_says_nothing_about_the_board_is_not_counted(#[case] error: PullErrorKind) {
        assert!(fail(error, 20).iter().all(Option::is_none));
        let open = health(4, Some(start()));
        assert_eq!(after(Some(&open), "tea", Some(error), start()), (4, Some(start())));
    }

    #[test]
    fn half_open_one_pull_decides() {
        assert_eq!(decide(None, start()), Decision::Closed);
        assert_eq!(decide(Some(&health(2, None)), start()), Decision::Closed);
        let until = start() + TimeDelta::minutes(5);
        let open = health(3, Some(until));
        assert_eq!(decide(Some(&open), start()), Decision::Open { until });
        assert_eq!(decide(Some(&open), until), Decision::HalfOpen);
        assert_eq!(after(Some(&open), "tea", None, until), (0, None));
        // Three in a row would not be enough for this class, but the breaker was open already.
        let (failures, again) = after(Some(&open), "tea", Some(PullErrorKind::Unreachable), until);
        assert!(failures == 4 && again.is_some_and(|again| again > until));
    }

    #[test]
    fn connections_that_fail_together_come_back_apart() {
        let pauses: std::collections::BTreeSet<_> = ["a", "b", "c", "d", "e"].iter().map(|name| pause(name, 2)).collect();
        assert!(pauses.len() >= 4);
        assert_eq!(pause("a", 2), pause("a", 2));
    }
}
