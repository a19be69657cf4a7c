//! When a connection is due: its cron in its zone, a little later so that not all ask at once.
//!
//! Nothing here sleeps or reads a clock: [`Planner::step`] is told the time and says what to do, so that daylight saving,
//! overruns and clocks that jump can be tried out at any instant.

use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;
use inflow_config::Cron;
use std::time::Duration;

/// Jitter is at most this, and at most a tenth of the interval.
const LONGEST_JITTER: TimeDelta = TimeDelta::seconds(60);
/// A clock that is set back further than this has jumped; less is the ordinary correction of a clock.
const JUMP: TimeDelta = TimeDelta::seconds(60);
/// Due times that are counted one by one.
const MOST_COUNTED: u32 = 1_000;

/// A due time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Due {
    /// The instant of the cron expression.
    pub tick: DateTime<Utc>,
    /// The same with the connection's jitter: when it is pulled.
    pub at: DateTime<Utc>,
}

/// A connection's cron, zone and jitter.
#[derive(Debug, Clone)]
pub struct Timetable {
    cron: Cron,
    zone: Tz,
    /// Share of the longest jitter that is this connection's, by its name: the same at every start.
    share: f64,
}

impl Timetable {
    /// No run is later than this after its tick.
    pub const LATEST: TimeDelta = LONGEST_JITTER;

    /// Of the connection with that name.
    pub fn new(connection: &str, cron: Cron, zone: Tz) -> Self {
        let hash = blake3::hash(connection.as_bytes());
        let number = hash.as_bytes().first_chunk::<4>().map_or(0, |bytes| u32::from_le_bytes(*bytes));
        Self { cron, zone, share: f64::from(number) / f64::from(u32::MAX) }
    }

    /// The first due time whose tick is after `after`.
    pub fn next(&self, after: DateTime<Utc>) -> Option<Due> {
        let tick = self.cron.next_after(after, self.zone)?;
        let interval = self.cron.next_after(tick, self.zone).map_or(TimeDelta::zero(), |following| following - tick);
        let room = (interval / 10).min(LONGEST_JITTER).num_milliseconds();
        let jitter = TimeDelta::milliseconds((room as f64 * self.share) as i64);
        Some(Due { tick, at: tick + jitter })
    }
}

/// What to do now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Pull. `missed` more due times passed before anybody looked: while the daemon was not running, or the machine slept.
    Pull {
        /// How many.
        missed: u32,
    },
    /// Nothing for so long, as far as the clock can be trusted.
    Wait(Duration),
    /// Nothing ever again.
    Never,
}

/// Goes through the due times of one connection.
#[derive(Debug, Clone)]
pub struct Planner {
    timetable: Timetable,
    /// Ticks up to here are dealt with; `None`: never pulled.
    done: Option<DateTime<Utc>>,
    /// The latest time that was told.
    seen: DateTime<Utc>,
}

impl Planner {
    /// `last` is the last attempt that is on record: what was due since is pulled once, right away, and so is what was
    /// never pulled.
    pub fn new(timetable: Timetable, last: Option<DateTime<Utc>>, now: DateTime<Utc>) -> Self {
        // An attempt on record from the future was made with a wrong clock: it says nothing.
        Self { timetable, done: last.map(|last| last.min(now)), seen: now }
    }

    /// What to do at `now`.
    pub fn step(&mut self, now: DateTime<Utc>) -> Step {
        self.look(now);
        let Some(done) = self.done else {
            self.done = Some(now);
            return Step::Pull { missed: 0 };
        };
        match self.timetable.next(done) {
            None => Step::Never,
            Some(due) if due.at > now => Step::Wait((due.at - now).to_std().unwrap_or_default()),
            Some(due) => {
                self.done = Some(due.tick);
                Step::Pull { missed: self.pass(now) }
            }
        }
    }

    /// A pull ended at `now`. Due times that came meanwhile are skipped, and counted.
    pub fn pulled(&mut self, now: DateTime<Utc>) -> u32 {
        self.look(now);
        self.pass(now)
    }

    /// The next due time.
    pub fn next(&self) -> Option<Due> {
        self.timetable.next(self.done.unwrap_or(self.seen))
    }

    /// A clock that was set back a good deal: what lies between is due again, from now on.
    fn look(&mut self, now: DateTime<Utc>) {
        if now + JUMP < self.seen {
            self.done = self.done.map(|done| done.min(now));
        }
        self.seen = now;
    }

    /// Leaves out all that is due by `now`.
    fn pass(&mut self, now: DateTime<Utc>) -> u32 {
        let mut passed = 0;
        while let Some(due) = self.timetable.next(self.done.unwrap_or(now)).filter(|due| due.at <= now) {
            self.done = Some(due.tick);
            passed += 1;
            if passed == MOST_COUNTED {
                // The rest is as late; only the next tick matters.
                self.done = self.done.max(Some(now - LONGEST_JITTER));
                break;
            }
        }
        passed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    fn timetable(cron: &str, zone: Tz) -> Timetable {
        // Without jitter, so that the ticks can be read.
        Timetable { share: 0.0, ..Timetable::new("any", cron.parse().unwrap(), zone) }
    }

    fn wait(step: Step) -> TimeDelta {
        match step {
            Step::Wait(time) => TimeDelta::from_std(time).unwrap(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn waits_pulls_and_waits_again() {
        let mut planner = Planner::new(timetable("0 */15 * * * *", Tz::UTC), Some(at("2026-11-22T08:00:00Z")), at("2026-11-22T08:01:00Z"));
        assert_eq!(wait(planner.step(at("2026-11-22T08:01:00Z"))), TimeDelta::minutes(14));
        assert_eq!(wait(planner.step(at("2026-11-22T08:14:59Z"))), TimeDelta::seconds(1));
        assert_eq!(planner.step(at("2026-11-22T08:15:00Z")), Step::Pull { missed: 0 });
        assert_eq!(planner.pulled(at("2026-11-22T08:15:20Z")), 0);
        assert_eq!(wait(planner.step(at("2026-11-22T08:15:20Z"))), TimeDelta::seconds(14 * 60 + 40));
        assert_eq!(planner.next().unwrap().tick, at("2026-11-22T08:30:00Z"));
    }

    #[test]
    fn what_was_due_while_nobody_looked_is_pulled_once() {
        let now = at("2026-11-22T08:01:00Z");
        let mut planner = Planner::new(timetable("0 0 * * * *", Tz::UTC), Some(at("2026-11-22T03:00:01Z")), now);
        assert_eq!(planner.step(now), Step::Pull { missed: 4 });
        assert_eq!(planner.pulled(now), 0);
        assert_eq!(wait(planner.step(now)), TimeDelta::minutes(59));
    }

    #[test]
    fn what_was_never_pulled_is_pulled_at_once_and_what_was_pulled_in_time_is_not() {
        let now = at("2026-11-22T08:01:00Z");
        let mut planner = Planner::new(timetable("0 0 3 * * *", Tz::UTC), None, now);
        assert_eq!(planner.step(now), Step::Pull { missed: 0 });
        let mut planner = Planner::new(timetable("0 0 3 * * *", Tz::UTC), Some(at("2026-11-22T03:00:09Z")), now);
        assert_eq!(wait(planner.step(now)), TimeDelta::minutes(18 * 60 + 59));
    }

    #[test]
    fn a_pull_that_takes_longer_than_the_interval_skips_what_came_due() {
        let mut planner = Planner::new(timetable("*/10 * * * * *", Tz::UTC), Some(at("2026-11-22T08:00:00Z")), at("2026-11-22T08:00:01Z"));
        assert_eq!(planner.step(at("2026-11-22T08:00:10Z")), Step::Pull { missed: 0 });
        assert_eq!(planner.pulled(at("2026-11-22T08:00:45Z")), 3, "20, 30 and 40");
        assert_eq!(wait(planner.step(at("2026-11-22T08:00:45Z"))), TimeDelta::seconds(5));
    }

    #[test]
    fn a_machine_that_slept_pulls_once() {
        let mut planner = Planner::new(timetable("* * * * * *", Tz::UTC), Some(at("2026-11-22T08:00:00Z")), at("2026-11-22T08:00:00Z"));
        let later = at("2026-11-25T08:00:00Z");
        assert_eq!(planner.step(later), Step::Pull { missed: MOST_COUNTED });
        planner.pulled(later);
        assert!(wait(planner.step(later)) <= TimeDelta::seconds(1), "however long it slept");
    }

    #[test]
    fn a_clock_set_back_does_not_silence_a_connection() {
        let mut planner = Planner::new(timetable("0 0 * * * *", Tz::UTC), Some(at("2026-11-22T08:00:00Z")), at("2026-11-22T08:10:00Z"));
        assert_eq!(wait(planner.step(at("2026-11-22T08:10:00Z"))), TimeDelta::minutes(50));
        // Set back by a day: the next full hour of that day counts, not tomorrow's.
        assert_eq!(wait(planner.step(at("2026-11-21T08:10:00Z"))), TimeDelta::minutes(50));
        assert_eq!(planner.step(at("2026-11-21T09:00:00Z")), Step::Pull { missed: 0 });
        // Corrected by seconds: what is done is not done again.
        assert_eq!(planner.pulled(at("2026-11-21T09:00:05Z")), 0);
        assert_eq!(wait(planner.step(at("2026-11-21T08:59:58Z"))), TimeDelta::seconds(60 * 60 + 2));
    }

    #[test]
    fn an_attempt_of_the_future_is_not_believed() {
        let now = at("2026-11-22T08:10:00Z");
        let mut planner = Planner::new(timetable("0 0 * * * *", Tz::UTC), Some(at("2031-01-01T00:00:00Z")), now);
        assert_eq!(wait(planner.step(now)), TimeDelta::minutes(50));
    }

    #[test]
    fn daylight_saving() {
        let zone = chrono_tz::Europe::Berlin;
        // In the night of 29 March 2026 the hour from 2 to 3 does not exist: 2:30 is not due that day.
        let half_past_two = timetable("0 30 2 * * *", zone);
        assert_eq!(half_past_two.next(at("2026-03-28T12:00:00Z")).unwrap().tick, at("2026-03-30T00:30:00Z"));
        // In the night of 25 October the hour from 2 to 3 happens twice, and so does 2:30.
        let first = half_past_two.next(at("2026-10-24T12:00:00Z")).unwrap().tick;
        let second = half_past_two.next(first).unwrap().tick;
        assert_eq!((first, second), (at("2026-10-25T00:30:00Z"), at("2026-10-25T01:30:00Z")));
        // A daily nine o'clock stays nine o'clock.
        let nine = timetable("0 0 9 * * *", zone);
        assert_eq!(nine.next(at("2026-03-28T12:00:00Z")).unwrap().tick, at("2026-03-29T07:00:00Z"));
        assert_eq!(nine.next(at("2026-10-24T12:00:00Z")).unwrap().tick, at("2026-10-25T08:00:00Z"));
    }

    #[test]
    fn jitter_is_within_its_bounds_and_always_the_same() {
        let after = at("2026-11-22T08:00:00Z");
        let mut different = std::collections::BTreeSet::new();
        for number in 0..200 {
            let name = format!("connection_{number}");
            for (cron, most) in [("*/10 * * * * *", 1_000), ("0 */5 * * * *", 30_000), ("0 0 3 * * *", 60_000)] {
                let due = Timetable::new(&name, cron.parse().unwrap(), Tz::UTC).next(after).unwrap();
                let jitter = (due.at - due.tick).num_milliseconds();
                assert!((0..=most).contains(&jitter), "{name} {cron}: {jitter}");
                let again = Timetable::new(&name, cron.parse().unwrap(), Tz::UTC).next(after).unwrap();
                assert_eq!(due, again);
                different.insert((cron, jitter / (most / 10)));
            }
        }
        assert!(different.len() >= 30, "spread over all tenths: {different:?}");
    }

    #[test]
    fn a_schedule_that_ended_is_never_due() {
        // Six fields name no year, and the configuration refuses 30 February; the calendar of the crate ends with 2100.
        let now = at("2101-01-01T00:00:00Z");
        let mut planner = Planner::new(timetable("0 0 0 29 2 *", Tz::UTC), Some(now), now);
        assert_eq!(planner.step(now), Step::Never);
    }
}
