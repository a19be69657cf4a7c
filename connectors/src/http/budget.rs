//! Request budgets: several windows at once, per host and credential, and the board's own word.
//!
//! A governor quota of `N per W` with a burst of N lets almost 2 N requests into one window (the
//! burst, then what refills). Here a burst of `b` refills one by one every `W / (N - b + 1)`, so that
//! no window of length W, wherever it starts, ever holds more than N requests.

use std::num::NonZeroU32;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use governor::clock::Clock;
use governor::middleware::NoOpMiddleware;
use governor::state::{InMemoryState, NotKeyed};
use governor::{Quota, RateLimiter};
use tokio::time::Instant;

use crate::spec::BudgetWindow;

/// Governor's clock on tokio's, so that tests can pause both.
#[derive(Debug, Clone, Copy)]
struct TokioClock {
    start: Instant,
}

impl Clock for TokioClock {
    type Instant = Duration;

    fn now(&self) -> Duration {
        self.start.elapsed()
    }
}

type Limiter = RateLimiter<NotKeyed, InMemoryState, TokioClock, NoOpMiddleware<Duration>>;

/// The budget of one credential at one host.
#[derive(Debug)]
pub struct Budget {
    /// Longest window first: the waits for shorter ones are allowed for in the longer.
    windows: Vec<Limiter>,
    clock: TokioClock,
    /// One request at a time takes from the windows, in the order of asking.
    turn: tokio::sync::Mutex<()>,
    not_before: Mutex<Option<Instant>>,
}

/// The budget is used up for longer than a pull waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UsedUp {
    /// How long until the next request is allowed.
    pub wait: Duration,
}

/// A pull waits this long for its budget; after that it ends and the next one goes on.
pub const LONGEST_WAIT: Duration = Duration::from_mins(10);

impl Budget {
    /// A budget of windows; with none, requests are not held back.
    pub fn new(windows: &[BudgetWindow]) -> Budget {
        let clock = TokioClock { start: Instant::now() };
        let mut sorted: Vec<&BudgetWindow> = windows.iter().collect();
        sorted.sort_by_key(|window| window.per);
        let mut shorter = Duration::ZERO;
        let mut limiters = Vec::new();
        for window in sorted {
            limiters.extend(quota(window.requests, window.per + shorter).map(|quota| RateLimiter::direct_with_clock(quota, clock)));
            shorter += window.per;
        }
        limiters.reverse();
        Budget { windows: limiters, clock, turn: tokio::sync::Mutex::new(()), not_before: Mutex::new(None) }
    }

    /// Waits for a request's turn.
    pub async fn acquire(&self) -> Result<(), UsedUp> {
        let _turn = self.turn.lock().await;
        self.wait_for_pause().await?;
        for window in &self.windows {
            while let Err(not_yet) = window.check() {
                let wait = not_yet.wait_time_from(self.clock.now());
                if wait > LONGEST_WAIT {
                    return Err(UsedUp { wait });
                }
                tokio::time::sleep(wait).await;
            }
        }
        // An answer that arrived meanwhile may have asked for a pause.
        self.wait_for_pause().await
    }

    async fn wait_for_pause(&self) -> Result<(), UsedUp> {
        loop {
            let until = *self.not_before.lock().unwrap_or_else(PoisonError::into_inner);
            let Some(wait) = until.map(|until| until.saturating_duration_since(Instant::now())) else { return Ok(()) };
            if wait.is_zero() {
                return Ok(());
            }
            if wait > LONGEST_WAIT {
                return Err(UsedUp { wait });
            }
            tokio::time::sleep(wait).await;
        }
    }

    /// Nobody asks for so long: the board said so.
    pub fn pause(&self, wait: Duration) {
        let until = Instant::now() + wait;
        let mut not_before = self.not_before.lock().unwrap_or_else(PoisonError::into_inner);
        if not_before.is_none_or(|known| known < until) {
            *not_before = Some(until);
        }
    }
}

fn quota(requests: u32, per: Duration) -> Option<Quota> {
    // Short windows hardly need a burst; long ones must not make the first page wait for hours.
    let share = if per <= Duration::from_secs(10) { 5 } else { 2 };
    let burst = (requests / share).max(1);
    let refills = requests.checked_sub(burst)? + 1;
    let nanos = per.as_nanos().div_ceil(u128::from(refills));
    let refill = Duration::from_nanos(u64::try_from(nanos).ok()?);
    Some(Quota::with_period(refill)?.allow_burst(NonZeroU32::new(burst)?))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn window(requests: u32, seconds: u64) -> BudgetWindow {
        BudgetWindow { requests, per: Duration::from_secs(seconds) }
    }

    /// Instants at which `count` requests were let through.
    async fn run(budget: &Budget, count: usize) -> Vec<Duration> {
        let start = Instant::now();
        let mut times = Vec::new();
        while times.len() < count {
            match budget.acquire().await {
                Ok(()) => times.push(start.elapsed()),
                Err(used_up) => tokio::time::sleep(used_up.wait).await,
            }
        }
        times
    }

    fn most_in_any(times: &[Duration], per: Duration) -> usize {
        times.iter().map(|start| times.iter().filter(|t| *t >= start && **t < *start + per).count()).max().unwrap_or(0)
    }

    #[tokio::test(start_paused = true)]
    async fn several_windows_are_kept_at_once() {
        let windows = [window(8, 1), window(60, 60), window(250, 86_400)];
        let times = run(&Budget::new(&windows), 300).await;
        for window in &windows {
            assert!(most_in_any(&times, window.per) <= window.requests as usize, "{window:?}");
        }
        // And it is not simply stopped: more than half of what an hour allows comes through.
        let hour = times.iter().filter(|t| **t < Duration::from_hours(1)).count();
        assert!(hour >= 125, "{hour} in the first hour");
    }

    #[tokio::test(start_paused = true)]
    async fn a_pause_holds_everyone_back() {
        let budget = Budget::new(&[window(100, 1)]);
        budget.pause(Duration::from_secs(30));
        budget.pause(Duration::from_secs(5));
        let start = Instant::now();
        budget.acquire().await.unwrap();
        assert_eq!(start.elapsed().as_secs(), 30);
    }

    #[tokio::test(start_paused = true)]
    async fn a_long_wait_is_refused_not_slept_through() {
        let budget = Budget::new(&[window(1, 86_400)]);
        budget.acquire().await.unwrap();
        let used_up = budget.acquire().await.unwrap_err();
        assert!(used_up.wait > LONGEST_WAIT);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]
        #[test]
        fn no_window_is_ever_exceeded(a in 1u32..20, b in 1u32..60, short in 1u64..5, long in 5u64..40) {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
            let windows = [window(a, short), window(b, long)];
            let times = runtime.block_on(async { run(&Budget::new(&windows), 120).await });
            for window in &windows {
                prop_assert!(most_in_any(&times, window.per) <= window.requests as usize, "{:?}", window);
            }
        }
    }
}
