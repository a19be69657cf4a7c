//! What is due for a case. Nothing here reads a clock or a store: the same facts at the same instant always give the same steps under the same
//! keys, so that whoever stopped in between finds what is left to do by asking again.
//!
//! A step stands from its due time until something that its rule waits for has happened. What stands and is not remembered yet is to be done; what is
//! remembered, not done, and stands no longer is obsolete.

use std::time::Duration;

use chrono::{DateTime, Days, NaiveDate, NaiveTime, TimeDelta, TimeZone, Utc};
use chrono_tz::Tz;
use inflow_config::{Ending, Gate, Ladder, LadderFrom, Process, ProcessStep, Quiet, Unless};

use super::case::{Case, Invitation};
use super::gate::Standing;

/// Warnings of certificates are due at this local hour.
const WARN_AT: u32 = 9;

/// A step that stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Due {
    /// Idempotency key: of process, rule, step, case and subject.
    pub key: String,
    /// Ladder, gate or stage.
    pub rule: String,
    /// Step of it.
    pub step: String,
    /// The invitation, day of a certificate, or stage that it is about.
    pub subject: String,
    /// Since when it is due, quiet hours left out.
    pub due_at: DateTime<Utc>,
    /// What is to be done.
    pub action: Action,
    /// Whether it is due however long ago it began: warnings of what is still to come, and what a gate held back.
    pub ageless: bool,
}

/// What is to be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// A template goes to the candidate.
    Message(String),
    /// Somebody is to do something: in words of the file, or of [`task_words`](super::words::task_words).
    Task {
        /// What.
        what: String,
        /// Receivers who are told.
        notify: Vec<String>,
    },
    /// Somebody is to decide whether the case ends.
    Propose {
        /// How.
        ending: Ending,
        /// Receivers who are told.
        notify: Vec<String>,
    },
}

/// A stage that a case cannot go to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Blocked {
    /// The gate.
    pub gate: String,
    /// The stage before which it stands.
    pub before: String,
    /// How it stands.
    pub standing: Standing,
}

/// Where and when it is looked.
#[derive(Debug, Clone, Copy)]
pub struct Look<'l> {
    /// The process of the case.
    pub process: &'l Process,
    /// When candidates are left alone.
    pub quiet: Option<Quiet>,
    /// The company's zone.
    pub zone: Tz,
    /// The instant.
    pub now: DateTime<Utc>,
}

impl Look<'_> {
    /// The steps of a case that stand now, each once.
    pub fn standing(&self, case: &Case) -> Vec<Due> {
        if case.ended {
            return Vec::new();
        }
        let mut due = Vec::new();
        for ladder in &self.process.ladder {
            self.ladder(case, ladder, &mut due);
        }
        for gate in &self.process.gate {
            self.gate(case, gate, &mut due);
        }
        self.deadlines(case, &mut due);
        due.retain(|step| step.due_at <= self.now);
        due
    }

    /// The gates that are closed before the next stage of a case.
    pub fn blocked(&self, case: &Case) -> Vec<Blocked> {
        let closed = |gate: &&Gate| !case.ended && self.comes_to(case, gate) && !self.gate_standing(case, gate).is_open();
        let blocked =
            |gate: &Gate| Blocked { gate: gate.id.clone(), before: gate.before.clone(), standing: self.gate_standing(case, gate) };
        self.process.gate.iter().filter(closed).map(blocked).collect()
    }

    fn today(&self) -> NaiveDate {
        self.now.with_timezone(&self.zone).date_naive()
    }

    fn gate_standing(&self, case: &Case, gate: &Gate) -> Standing {
        Standing::of(gate, case, self.today())
    }

    /// Whether a case stands right before a gate.
    fn comes_to(&self, case: &Case, gate: &Gate) -> bool {
        let (Some(place), Some((furthest, _))) = (self.process.place(&gate.before), case.furthest(self.process)) else { return false };
        furthest + 1 >= place && furthest < place
    }

    fn ladder(&self, case: &Case, ladder: &Ladder, due: &mut Vec<Due>) {
        if let Some(stage) = &ladder.stage {
            let place = self.process.place(stage);
            if let Some(began) = place.and_then(|place| case.reached(self.process, place)) {
                self.steps(case, ladder, stage, began, None, due);
            }
        }
        for invitation in case.invitations.iter().filter(|own| ladder.invitation.is_some() && own.kind == ladder.invitation && !own.over) {
            let began = match ladder.from {
                LadderFrom::Sent => invitation.sent_at,
                LadderFrom::Taken => invitation.taken_at,
            };
            if let Some(began) = began {
                self.steps(case, ladder, &invitation.id, began, Some(invitation), due);
            }
        }
    }

    fn steps(
        &self,
        case: &Case,
        ladder: &Ladder,
        subject: &str,
        began: DateTime<Utc>,
        invitation: Option<&Invitation>,
        due: &mut Vec<Due>,
    ) {
        for step in &ladder.step {
            let happened = step.unless.iter().any(|unless| self.happened(*unless, case, ladder, began, invitation));
            let Some(open_since) = self.free_since(case, step) else { continue };
            if happened {
                continue;
            }
            let held_back = open_since.is_some_and(|since| since > began + delta(step.delay()));
            let at = (began + delta(step.delay())).max(open_since.unwrap_or(began));
            let action = match (&step.send, &step.task, step.propose) {
                (Some(template), ..) => Action::Message(template.clone()),
                (_, Some(what), _) => Action::Task { what: what.clone(), notify: step.notify.clone() },
                (_, _, Some(ending)) => Action::Propose { ending, notify: step.notify.clone() },
                _ => continue,
            };
            due.push(self.due(case, &ladder.id, &step.id, subject, at, action, held_back));
        }
    }

    /// Since when nothing holds the step back; `None`: something does.
    #[expect(clippy::option_option, reason = "held back, free for an unknown time, free since an instant")]
    fn free_since(&self, case: &Case, step: &ProcessStep) -> Option<Option<DateTime<Utc>>> {
        let Some(toward) = &step.toward else { return Some(None) };
        let mut since = None;
        for gate in self.process.gate.iter().filter(|gate| gate.before == *toward) {
            match self.gate_standing(case, gate) {
                Standing::Open { since: opened, .. } => since = since.max(opened),
                _ => return None,
            }
        }
        Some(since)
    }

    fn happened(&self, unless: Unless, case: &Case, ladder: &Ladder, began: DateTime<Utc>, invitation: Option<&Invitation>) -> bool {
        match unless {
            Unless::Opened => invitation.is_some_and(|own| own.seen_at().is_some()),
            Unless::Replied => invitation.is_some_and(|own| own.answered_at().is_some()),
            Unless::Taken => invitation.is_some_and(|own| own.taken_at.is_some()),
            Unless::Invited => {
                let own = invitation.map(|own| own.id.as_str());
                case.invitations.iter().any(|other| Some(other.id.as_str()) != own && other.sent_at.is_some_and(|at| at >= began))
            }
            Unless::Moved => {
                let from = match (&ladder.stage, ladder.invitation) {
                    (Some(stage), _) => self.process.place(stage),
                    (None, kind) => self.process.stage.iter().position(|stage| stage.invitation.is_some() && stage.invitation == kind),
                };
                match (case.furthest(self.process), from) {
                    (Some((furthest, _)), Some(from)) => furthest > from,
                    // The interview is no stage of the process: any stage entered since it began counts.
                    (Some((_, at)), None) => at > began,
                    (None, _) => false,
                }
            }
        }
    }

    fn gate(&self, case: &Case, gate: &Gate, due: &mut Vec<Due>) {
        let standing = self.gate_standing(case, gate);
        if let Standing::Open { until: Some(until), .. } = standing {
            self.warn(case, gate, until, due);
        }
        let Some(place) = self.process.place(&gate.before).filter(|_| !standing.is_open()) else { return };
        if let Some(at) = case.reached(self.process, place) {
            let action = Action::Task { what: format!("gate:{}", gate.assessment.as_str()), notify: gate.notify.clone() };
            due.push(self.due(case, &gate.id, "passed", &gate.before, at, action, false));
        } else if let (Some(template), true, Some((_, at))) = (&gate.send, self.comes_to(case, gate), case.furthest(self.process)) {
            due.push(self.due(case, &gate.id, "ask", &gate.before, at, Action::Message(template.clone()), false));
        }
    }

    /// The warning nearest to the end; earlier ones are overtaken by it.
    fn warn(&self, case: &Case, gate: &Gate, until: NaiveDate, due: &mut Vec<Due>) {
        let warnings = gate.warn_days.iter().filter_map(|days| {
            let day = until.checked_sub_days(Days::new(u64::from(*days)))?;
            Some((*days, local(self.zone, day, NaiveTime::from_hms_opt(WARN_AT, 0, 0)?)?))
        });
        if let Some((days, at)) = warnings.filter(|(_, at)| *at <= self.now).max_by_key(|(_, at)| *at) {
            let what = format!("expires:{}:{until}", gate.assessment.as_str());
            let action = Action::Task { what, notify: gate.notify.clone() };
            due.push(self.due(case, &gate.id, &format!("warn_{days}"), &until.to_string(), at, action, true));
        }
    }

    /// The stage that a case is in, when it has been there too long.
    fn deadlines(&self, case: &Case, due: &mut Vec<Due>) {
        let Some((place, at)) = case.furthest(self.process) else { return };
        let Some(stage) = self.process.stage.get(place) else { return };
        if let Some(within) = stage.within {
            let action = Action::Task { what: format!("overdue:{}", stage.id), notify: stage.notify.clone() };
            due.push(self.due(case, &stage.id, "within", &stage.id, at + delta(within), action, false));
        }
    }

    #[expect(clippy::too_many_arguments, reason = "the parts of a step")]
    fn due(&self, case: &Case, rule: &str, step: &str, subject: &str, at: DateTime<Utc>, action: Action, ageless: bool) -> Due {
        let due_at = if matches!(action, Action::Message(_)) { self.awake(at) } else { at };
        let parts = [&self.process.id, rule, step, &case.connection, &case.application, subject];
        Due { key: key(&parts), rule: rule.to_owned(), step: step.to_owned(), subject: subject.to_owned(), due_at, action, ageless }
    }

    /// The instant, or the end of the quiet hours that it is in.
    pub fn awake(&self, at: DateTime<Utc>) -> DateTime<Utc> {
        let Some(Quiet { from, to }) = self.quiet else { return at };
        let local_at = at.with_timezone(&self.zone).naive_local();
        let (day, time) = (local_at.date(), local_at.time());
        let end = match (from < to, time >= from, time < to) {
            (true, true, true) | (false, false, true) => Some(day),
            (false, true, _) => day.succ_opt(),
            _ => None,
        };
        end.and_then(|day| local(self.zone, day, to)).map_or(at, |end| end.max(at))
    }
}

/// An instant by the clock on the wall: the first where it happens twice, an hour later where it does not happen.
fn local(zone: Tz, day: NaiveDate, time: NaiveTime) -> Option<DateTime<Utc>> {
    let wall = day.and_time(time);
    let at = zone.from_local_datetime(&wall).earliest().or_else(|| zone.from_local_datetime(&(wall + TimeDelta::hours(1))).earliest());
    at.map(|at| at.with_timezone(&Utc))
}

fn delta(duration: Duration) -> TimeDelta {
    TimeDelta::from_std(duration).unwrap_or(TimeDelta::MAX / 4)
}

/// A key of these parts and no others: 32 hex digits.
pub fn key(parts: &[&str]) -> String {
    let mut hasher = blake3::Hasher::new();
    for part in parts {
        hasher.update(&(part.len() as u64).to_le_bytes());
        hasher.update(part.as_bytes());
    }
    hasher.finalize().to_hex().chars().take(32).collect()
}

#[cfg(test)]
mod tests;
