//! The ladder with everything in memory: a gateway that fails three calls of ten, and a process that is stopped between two notes on every day.
//! `killed.rs` does the same to real processes on the real engine.

use std::collections::{BTreeMap, HashSet};
use std::sync::Mutex;

use chrono::{DateTime, TimeDelta, Timelike, Utc};
use chrono_tz::Asia::Shanghai;
use inflow_actions::process::{Case, Contact, ContactSource, Filled, Memory, Runner, Ways, opt_out_digests};
use inflow_actions::send::{Letter, SendError};
use inflow_config::{Config, Gateway, Receiver};
use inflow_store::{StepKind, StepRow, StepState, StoreError};

use crate::interviews::{self, Candidate, Chance, DAYS, World, at, first, keys, number};

fn config() -> Config {
    let folder = tempfile::tempdir().unwrap();
    interviews::config(folder.path(), "https://sms.company.example/contacts", "https://sms.company.example/send")
}

/// Remembers in memory; after so many notes it fails, as if the process had been killed there.
#[derive(Default)]
struct Notes {
    rows: Mutex<BTreeMap<String, StepRow>>,
    left: Mutex<Option<usize>>,
    opt_outs: Mutex<HashSet<String>>,
    killed: Mutex<usize>,
}

impl Memory for Notes {
    async fn steps(&self, since: DateTime<Utc>) -> Result<Vec<StepRow>, StoreError> {
        let rows = self.rows.lock().unwrap();
        let told = |row: &&StepRow| row.state.is_pending() || row.kind == StepKind::Known || row.due_at >= since || row.last_at >= since;
        Ok(rows.values().filter(told).cloned().collect())
    }

    async fn note(&self, rows: &[StepRow]) -> Result<(), StoreError> {
        if rows.is_empty() {
            return Ok(());
        }
        if let Some(left) = self.left.lock().unwrap().as_mut() {
            let Some(fewer) = left.checked_sub(1) else {
                *self.killed.lock().unwrap() += 1;
                return Err(StoreError::Answer { what: "nothing".to_owned(), message: "killed".to_owned() });
            };
            *left = fewer;
        }
        self.rows.lock().unwrap().extend(rows.iter().map(|row| (row.key.clone(), row.clone())));
        Ok(())
    }

    async fn opt_outs(&self) -> Result<HashSet<String>, StoreError> {
        Ok(self.opt_outs.lock().unwrap().clone())
    }
}

/// A gateway that knows a key again, and fails so often: before it has taken the message, or after.
struct Provider {
    chance: Mutex<Chance>,
    fails: f64,
    calls: Mutex<usize>,
    /// By key: the phone, and when it was first taken.
    taken: Mutex<BTreeMap<String, String>>,
    new: Mutex<Vec<String>>,
    told: Mutex<BTreeMap<String, usize>>,
}

impl Provider {
    fn new(fails: f64) -> Self {
        Self {
            chance: Mutex::new(Chance(77)),
            fails,
            calls: Mutex::default(),
            taken: Mutex::default(),
            new: Mutex::default(),
            told: Mutex::default(),
        }
    }

    fn answer(&self, take: impl FnOnce()) -> Result<(), SendError> {
        *self.calls.lock().unwrap() += 1;
        let (fails, before) = {
            let mut chance = self.chance.lock().unwrap();
            (chance.next() < self.fails, chance.next() < 0.5)
        };
        if fails && before {
            return Err(SendError::later("cannot be reached"));
        }
        take();
        if fails { Err(SendError::later("answered with HTTP status 504")) } else { Ok(()) }
    }
}

impl Ways for Provider {
    async fn send(&self, _gateway: &Gateway, contact: &Contact, message: &Filled) -> Result<(), SendError> {
        self.answer(|| {
            if self.taken.lock().unwrap().insert(message.key.clone(), contact.phone.clone()).is_none() {
                self.new.lock().unwrap().push(contact.phone.clone());
            }
        })
    }

    async fn tell(&self, _receiver: &Receiver, letter: &Letter) -> Result<(), SendError> {
        assert!(
            !letter.text.contains("19900") && !letter.text.contains("测试"),
            "a group is told of no name and no number: {}",
            letter.text
        );
        self.answer(|| *self.told.lock().unwrap().entry(letter.key.clone()).or_default() += 1)
    }
}

/// The ATS.
struct Ats;

impl ContactSource for Ats {
    async fn contact(&self, case: &Case) -> Result<Option<Contact>, SendError> {
        let number = number(&case.application);
        let phone = format!("199{number:08}");
        Ok(Some(Contact { phone, name: format!("测试{number}"), ..Contact::default() }))
    }
}

const EVERY: TimeDelta = TimeDelta::minutes(30);

#[tokio::test]
async fn the_ladder_cuts_the_no_shows_as_its_truth_says_and_does_no_step_twice() {
    let config = config();
    let (notes, provider, keys) = (Notes::default(), Provider::new(0.3), keys());
    let runner = Runner { memory: &notes, contacts: &Ats, ways: &provider, config: &config, keys: &keys };
    let mut world = World::new();
    let mut chance = Chance(5);
    let (mut now, end) = (first(), first() + TimeDelta::days(DAYS + 8));
    let mut crash = 0;
    while now < end {
        let of_day = now.with_timezone(&Shanghai).time().num_seconds_from_midnight();
        if of_day == 0 {
            // A pass of each day in working hours, at which many steps leave, ends after so many notes.
            crash = 8 * 3600 + 1800 * (1.0 + chance.next() * 6.0) as u32;
        }
        *notes.left.lock().unwrap() = (of_day >= crash && crash != 0).then(|| (chance.next() * 3.0) as usize);
        let cases: Vec<Case> = world.recent(now).map(|(number, own)| own.case(number, now)).collect();
        let passed = runner.pass(&cases, now).await;
        if passed.is_err() {
            crash = 0;
        }
        for phone in provider.new.lock().unwrap().drain(..) {
            world.remind(&phone, now);
        }
        // HR calls in working hours, an hour after a task has appeared, and says so.
        let hour = now.with_timezone(&Shanghai).hour();
        if (9..18).contains(&hour) {
            let mut rows = notes.rows.lock().unwrap();
            for task in rows.values_mut().filter(|row| row.kind == StepKind::Task && row.state == StepState::Open) {
                if task.first_at + TimeDelta::hours(1) <= now {
                    world.call(&task.application, now);
                    (task.state, task.last_at) = (StepState::Done, now);
                }
            }
        }
        now += EVERY;
    }
    let rows: Vec<StepRow> = notes.rows.lock().unwrap().values().cloned().collect();
    world.judge(&rows, EVERY);
    let tasks = rows.iter().filter(|row| row.kind == StepKind::Task).count();
    let told = provider.told.lock().unwrap();
    assert!(told.len() * 100 >= tasks * 97, "{} of {tasks} before it was done", told.len());
    // It was stopped every day, and calls failed.
    assert!(*notes.killed.lock().unwrap() as i64 >= DAYS * 8 / 10, "{} times", notes.killed.lock().unwrap());
    let calls = *provider.calls.lock().unwrap();
    let arrived = world.reminded.values().map(Vec::len).sum::<usize>() + told.len();
    assert!(calls * 10 >= arrived * 13, "{calls} calls for {arrived}");
}

/// One candidate who was invited at nine and forgets it.
struct One {
    config: Config,
    notes: Notes,
    provider: Provider,
}

impl One {
    fn new() -> Self {
        Self { config: config(), notes: Notes::default(), provider: Provider::new(0.0) }
    }

    async fn pass(&self, cases: &[Case], now: &str) -> Vec<(String, StepState)> {
        let keys = keys();
        let runner = Runner { memory: &self.notes, contacts: &Ats, ways: &self.provider, config: &self.config, keys: &keys };
        runner.pass(cases, at(now)).await.unwrap();
        let rows = self.notes.rows.lock().unwrap();
        let steps = rows.values().filter(|row| !matches!(row.kind, StepKind::Known | StepKind::Notice));
        let mut steps: Vec<(String, StepState)> = steps.map(|row| (row.step.clone(), row.state)).collect();
        steps.sort_by(|a, b| a.0.cmp(&b.0));
        steps
    }
}

fn forgetful(now: &str) -> Vec<Case> {
    let mut chance = Chance(1);
    let mut candidate = Candidate::new(at("2026-08-03T01:00:00Z"), &mut chance);
    (candidate.opened, candidate.taken) = (None, None);
    vec![candidate.case(0, at(now))]
}

#[tokio::test]
async fn who_wants_no_messages_gets_none() {
    let one = One::new();
    one.pass(&[], "2026-08-01T00:00:00Z").await;
    one.notes.opt_outs.lock().unwrap().extend(opt_out_digests(&keys(), &one.config, "+86 199-0000-0000", ""));
    let steps = one.pass(&forgetful("2026-08-04T00:30:00Z"), "2026-08-04T00:30:00Z").await;
    assert_eq!(steps, [("remind".to_owned(), StepState::OptedOut)], "however the number is written");
    assert!(one.provider.taken.lock().unwrap().is_empty());
    // Taken back later, an old reminder is not sent after all.
    one.notes.opt_outs.lock().unwrap().clear();
    one.pass(&forgetful("2026-08-04T00:40:00Z"), "2026-08-04T00:40:00Z").await;
    assert!(one.provider.taken.lock().unwrap().is_empty());
}

#[tokio::test]
async fn after_a_standstill_messages_lapse_and_tasks_do_not() {
    let one = One::new();
    one.pass(&[], "2026-08-01T00:00:00Z").await;
    let steps = one.pass(&forgetful("2026-08-07T02:00:00Z"), "2026-08-07T02:00:00Z").await;
    assert_eq!(steps, [("call".to_owned(), StepState::Open), ("remind".to_owned(), StepState::Lapsed)]);
}

#[tokio::test]
async fn what_was_due_before_a_process_was_known_is_not_done() {
    let one = One::new();
    assert_eq!(one.pass(&forgetful("2026-08-05T02:00:00Z"), "2026-08-05T02:00:00Z").await, []);
    assert_eq!(one.pass(&forgetful("2026-08-05T02:30:00Z"), "2026-08-05T02:30:00Z").await, []);
    let later = one.pass(&forgetful("2026-08-09T02:00:00Z"), "2026-08-09T02:00:00Z").await;
    assert_eq!(later, [("end".to_owned(), StepState::Open)], "and what is due later is");
}

#[tokio::test]
async fn a_contract_that_ended_holds_messages_back() {
    let mut one = One::new();
    one.pass(&[], "2026-08-01T00:00:00Z").await;
    one.config.processes.processor[0].contract_until = Some("2026-08-03".parse().unwrap());
    let steps = one.pass(&forgetful("2026-08-04T00:30:00Z"), "2026-08-04T00:30:00Z").await;
    assert_eq!(steps, [("remind".to_owned(), StepState::Failed)]);
    let error = one.notes.rows.lock().unwrap().values().find(|row| row.step == "remind").unwrap().error.clone();
    assert_eq!(error, "the contract with provider does not hold today");
    assert!(one.provider.taken.lock().unwrap().is_empty());
    one.config.processes.processor[0].contract_until = Some("2027-08-03".parse().unwrap());
    let steps = one.pass(&forgetful("2026-08-04T00:45:00Z"), "2026-08-04T00:45:00Z").await;
    assert_eq!(steps, [("remind".to_owned(), StepState::Sent)]);
}

#[tokio::test]
async fn what_waits_for_an_application_that_is_gone_waits_no_more() {
    let one = One::new();
    one.pass(&[], "2026-08-01T00:00:00Z").await;
    one.pass(&forgetful("2026-08-04T02:00:00Z"), "2026-08-04T02:00:00Z").await;
    let steps = one.pass(&[], "2026-08-04T03:00:00Z").await;
    assert_eq!(steps, [("call".to_owned(), StepState::Obsolete), ("remind".to_owned(), StepState::Sent)]);
}

#[tokio::test]
async fn a_task_ends_when_the_case_does() {
    let one = One::new();
    one.pass(&[], "2026-08-01T00:00:00Z").await;
    one.pass(&forgetful("2026-08-04T02:00:00Z"), "2026-08-04T02:00:00Z").await;
    let mut cases = forgetful("2026-08-04T03:00:00Z");
    cases[0].ended = true;
    let steps = one.pass(&cases, "2026-08-04T03:00:00Z").await;
    assert_eq!(steps, [("call".to_owned(), StepState::Obsolete), ("remind".to_owned(), StepState::Sent)]);
}
