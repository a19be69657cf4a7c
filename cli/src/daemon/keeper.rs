//! Waits for the due times of one connection.

use super::agenda::Agenda;
use super::plan::{Planner, Step};
use inflow_config::Clock;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// The clock is looked at this often however long the wait: it may jump, and a machine may sleep.
const LOOK: Duration = Duration::from_secs(30);

/// Waits until a connection is due and gives the number of due times that passed unseen before. `None` with `stop`, or
/// when nothing is ever due again. Tell [`Planner::pulled`] when the pull has ended.
pub async fn due(connection: &str, planner: &mut Planner, clock: &dyn Clock, agenda: &Agenda, stop: &CancellationToken) -> Option<u32> {
    while !stop.is_cancelled() {
        let step = planner.step(clock.now());
        agenda.plan(connection, planner.next().map(|due| due.at));
        match step {
            Step::Never => return None,
            Step::Pull { missed } => return Some(missed),
            Step::Wait(time) => {
                tokio::select! {
                    () = stop.cancelled() => {}
                    () = tokio::time::sleep(time.min(LOOK)) => {}
                }
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::daemon::plan::Timetable;
    use chrono::{DateTime, TimeDelta, Utc};
    use std::sync::atomic::{AtomicI64, Ordering};
    use tokio::time::Instant;

    /// Goes with tokio's paused time, and can be set.
    #[derive(Debug)]
    struct TestClock {
        start: Instant,
        base: DateTime<Utc>,
        shift: AtomicI64,
    }

    impl TestClock {
        fn new() -> Self {
            Self { start: Instant::now(), base: "2026-11-22T08:00:00Z".parse().unwrap(), shift: AtomicI64::new(0) }
        }

        fn jump(&self, seconds: i64) {
            self.shift.fetch_add(seconds, Ordering::SeqCst);
        }
    }

    impl Clock for TestClock {
        fn now(&self) -> DateTime<Utc> {
            self.base + TimeDelta::from_std(self.start.elapsed()).unwrap() + TimeDelta::seconds(self.shift.load(Ordering::SeqCst))
        }
    }

    fn planner(cron: &str, clock: &TestClock) -> Planner {
        Planner::new(Timetable::new("any", cron.parse().unwrap(), chrono_tz::UTC), Some(clock.now()), clock.now())
    }

    /// Keeps to a schedule until `stop`: when it was due, and how often due times were missed and skipped.
    async fn keep(cron: &str, clock: &TestClock, takes: Duration, stop: &CancellationToken) -> Vec<(DateTime<Utc>, u32, u32)> {
        let (mut planner, agenda, mut pulls) = (planner(cron, clock), Agenda::default(), Vec::new());
        while let Some(missed) = due("any", &mut planner, clock, &agenda, stop).await {
            let began = clock.now();
            tokio::time::sleep(takes).await;
            pulls.push((began, missed, planner.pulled(clock.now())));
        }
        pulls
    }

    async fn after(time: Duration, what: impl FnOnce()) {
        tokio::time::sleep(time).await;
        what();
    }

    #[tokio::test(start_paused = true)]
    async fn is_due_in_time_and_ends_when_told() {
        let (clock, stop) = (TestClock::new(), CancellationToken::new());
        let ending = after(Duration::from_secs(5 * 60 + 30), || stop.cancel());
        let (pulls, ()) = tokio::join!(keep("0 * * * * *", &clock, Duration::from_secs(1), &stop), ending);
        assert_eq!(pulls.len(), 5, "{pulls:?}");
        for ((at, missed, skipped), minute) in pulls.iter().zip(1..) {
            let late = *at - (clock.base + TimeDelta::minutes(minute));
            assert!((TimeDelta::zero()..=TimeDelta::seconds(7)).contains(&late), "{at}");
            assert_eq!((*missed, *skipped), (0, 0));
        }
    }

    #[tokio::test(start_paused = true)]
    async fn due_times_during_a_long_pull_are_skipped() {
        let (clock, stop) = (TestClock::new(), CancellationToken::new());
        let ending = after(Duration::from_mins(8), || stop.cancel());
        let (pulls, ()) = tokio::join!(keep("0 * * * * *", &clock, Duration::from_secs(150), &stop), ending);
        let skipped: Vec<u32> = pulls.iter().map(|(_, _, skipped)| *skipped).collect();
        assert_eq!(skipped, [2, 2, 2], "two of every three minutes");
    }

    #[tokio::test(start_paused = true)]
    async fn a_clock_that_jumps_ahead_is_noticed_within_half_a_minute() {
        let (clock, stop, begun) = (TestClock::new(), CancellationToken::new(), Instant::now());
        let jumping = async {
            after(Duration::from_secs(100), || clock.jump(3 * 24 * 3_600)).await;
            after(LOOK, || ()).await;
            let seen = begun.elapsed();
            stop.cancel();
            seen
        };
        let (pulls, _) = tokio::join!(keep("0 0 3 * * *", &clock, Duration::ZERO, &stop), jumping);
        assert_eq!(pulls.len(), 1, "{pulls:?}");
        assert_eq!(pulls[0].1, 2, "three nights passed, one pull");
    }

    #[tokio::test(start_paused = true)]
    async fn the_agenda_knows_what_comes_next() {
        let (clock, stop, agenda) = (TestClock::new(), CancellationToken::new(), Agenda::default());
        let mut planner = planner("0 0 9 * * *", &clock);
        let waiting = tokio::time::timeout(Duration::from_secs(1), due("any", &mut planner, &clock, &agenda, &stop)).await;
        assert!(waiting.is_err());
        let next = agenda.entries()["any"].next.unwrap();
        let late = next - (clock.base + TimeDelta::hours(1));
        assert!((TimeDelta::zero()..=TimeDelta::seconds(60)).contains(&late), "{next}");
    }
}
