//! Ninety days of AI interviews under a clock of the test: invented candidates whose answers to a reminder and a call are stated beforehand, a
//! gateway that fails three calls of ten, and a process that is stopped between two notes on every day.

use std::collections::{BTreeMap, HashSet};
use std::sync::Mutex;

use chrono::{DateTime, TimeDelta, Timelike, Utc};
use chrono_tz::Asia::Shanghai;
use inflow_actions::process::{Case, Contact, ContactSource, Filled, Invitation, Memory, Runner, Ways, opt_out_digests};
use inflow_actions::send::{Letter, SendError};
use inflow_config::{Config, Gateway, InvitationKind, Receiver};
use inflow_connectors::identity::IdentityKeys;
use inflow_store::{StepKind, StepRow, StepState, StoreError};

const PROCESS: &str = r#"
catch_up = "24h"
[quiet]
from = "21:00"
to = "08:30"
[contacts]
url = "https://localhost/{application}"
[[processor]]
id = "provider"
country = "CN"
hosts = ["sms.company.example"]
contract_from = 2026-01-01
contract_until = 2026-12-31
[[gateway]]
id = "sms"
shape = "webhook"
processor = "provider"
url = "https://sms.company.example/send"
body = '{"to": "{phone}", "text": "{text}"}'
[[template]]
id = "reminder"
gateway = "sms"
text = "{name}: {deadline}"
[[process]]
id = "shops"
[[process.stage]]
id = "invited"
[[process.stage]]
id = "ai_interview"
invitation = "ai"
[[process.ladder]]
id = "ai"
invitation = "ai"
[[process.ladder.step]]
id = "remind"
after = "12h"
unless = ["opened"]
send = "reminder"
[[process.ladder.step]]
id = "call"
after = "24h"
unless = ["taken"]
task = "call"
notify = ["hr"]
[[process.ladder.step]]
id = "end"
after = "6d"
unless = ["taken"]
propose = "rejected"
"#;

fn config() -> Config {
    let folder = tempfile::tempdir().unwrap();
    let receiver = "[[receiver]]\nid = \"hr\"\nshape = \"wecom\"\nurl = \"env:A\"\n";
    for (name, text) in [("inflow.toml", ""), ("messages.toml", receiver), ("process.toml", PROCESS)] {
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    Config::load(&folder.path().join("inflow.toml"), &Vec::new).unwrap_or_else(|error| panic!("{error}"))
}

fn keys() -> IdentityKeys {
    IdentityKeys::from_bytes([7; 32], [9; 32])
}

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

/// SplitMix64: the same days at every run.
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((z ^ (z >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
    }

    fn hours(&mut self, from: f64, to: f64) -> TimeDelta {
        TimeDelta::seconds(((from + (to - from) * self.next()) * 3600.0) as i64)
    }
}

/// The truth of the world. Shares of invited people: who opens and takes it by himself; who forgets it unless reminded; who opens it and has no
/// time unless called; who is gone whatever happens.
const FORGETFUL: f64 = 0.14;
const BUSY: f64 = 0.09;
const GONE: f64 = 0.035;
/// Who forgets remembers by himself in the end; a reminder works; a call works on who did not react to it.
const REMEMBERS: f64 = 0.35;
const REMINDED: f64 = 0.75;
const CALLED_FORGETFUL: f64 = 0.6;
/// Who is busy finds time in the end; a call works.
const FINDS_TIME: f64 = 0.45;
const CALLED_BUSY: f64 = 0.8;

const TRUTH_WITHOUT: f64 = FORGETFUL * (1.0 - REMEMBERS) + BUSY * (1.0 - FINDS_TIME) + GONE;
const TRUTH_WITH: f64 =
    FORGETFUL * (1.0 - REMEMBERS) * (1.0 - REMINDED) * (1.0 - CALLED_FORGETFUL) + BUSY * (1.0 - FINDS_TIME) * (1.0 - CALLED_BUSY) + GONE;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Prompt,
    Forgetful,
    Busy,
    Gone,
}

/// A candidate, with what would happen by itself and what a reminder and a call would do.
#[derive(Debug, Clone)]
struct Candidate {
    kind: Kind,
    sent: DateTime<Utc>,
    opened: Option<DateTime<Utc>>,
    taken: Option<DateTime<Utc>>,
    /// How long after a reminder it is opened, and how long after that taken; `None`: it does nothing.
    by_reminder: Option<(TimeDelta, TimeDelta)>,
    /// How long after a call it is taken.
    by_call: Option<TimeDelta>,
}

impl Candidate {
    fn new(sent: DateTime<Utc>, chance: &mut Chance) -> Self {
        let kind = match chance.next() {
            share if share < FORGETFUL => Kind::Forgetful,
            share if share < FORGETFUL + BUSY => Kind::Busy,
            share if share < FORGETFUL + BUSY + GONE => Kind::Gone,
            _ => Kind::Prompt,
        };
        let opened = sent + chance.hours(0.2, 10.0);
        let soon = opened + chance.hours(0.1, 6.0);
        let late = sent + chance.hours(26.0, 60.0);
        let (by_itself, reminded, called) = (chance.next(), chance.next(), chance.next());
        let (open_in, take_in, call_in) = (chance.hours(0.1, 2.0), chance.hours(0.1, 1.0), chance.hours(0.5, 5.0));
        let mut candidate = Self { kind, sent, opened: Some(opened), taken: Some(soon), by_reminder: None, by_call: None };
        match kind {
            Kind::Prompt => {}
            Kind::Forgetful => {
                candidate.taken = Some(late).filter(|_| by_itself < REMEMBERS);
                candidate.opened = candidate.taken.map(|taken| taken - TimeDelta::minutes(30));
                candidate.by_reminder = Some((open_in, take_in)).filter(|_| reminded < REMINDED);
                candidate.by_call = Some(call_in).filter(|_| called < CALLED_FORGETFUL);
            }
            Kind::Busy => {
                candidate.taken = Some(late).filter(|_| by_itself < FINDS_TIME);
                candidate.by_call = Some(call_in).filter(|_| called < CALLED_BUSY);
            }
            Kind::Gone => (candidate.opened, candidate.taken) = (None, None),
        }
        candidate
    }

    fn deadline(&self) -> DateTime<Utc> {
        self.sent + TimeDelta::hours(72)
    }

    fn is_no_show(&self) -> bool {
        self.taken.is_none_or(|taken| taken > self.deadline())
    }

    fn remind(&mut self, now: DateTime<Utc>) {
        if let Some((open_in, take_in)) = self.by_reminder {
            let opened = now + open_in;
            self.opened = Some(self.opened.map_or(opened, |own| own.min(opened)));
            self.taken = Some(self.taken.map_or(opened + take_in, |own| own.min(opened + take_in)));
        }
    }

    fn call(&mut self, now: DateTime<Utc>) {
        if let Some(take_in) = self.by_call {
            let taken = now + take_in;
            self.taken = Some(self.taken.map_or(taken, |own| own.min(taken)));
            self.opened = self.opened.or(self.taken);
        }
    }

    /// What the ATS tells by an instant.
    fn case(&self, number: usize, now: DateTime<Utc>) -> Case {
        let by_now = |at: Option<DateTime<Utc>>| at.filter(|at| *at <= now);
        let invitation = Invitation {
            id: format!("i{number}"),
            kind: Some(InvitationKind::Ai),
            sent_at: Some(self.sent),
            opened_at: by_now(self.opened),
            taken_at: by_now(self.taken),
            deadline_at: Some(self.deadline()),
            ..Invitation::default()
        };
        Case {
            connection: "ats".to_owned(),
            application: format!("a{number}"),
            candidate: format!("p{number}"),
            invitations: vec![invitation],
            ..Case::default()
        }
    }
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
        let number: usize = case.application.trim_start_matches('a').parse().unwrap();
        let phone = format!("199{number:08}");
        Ok(Some(Contact { phone, name: format!("测试{number}"), ..Contact::default() }))
    }
}

const DAYS: i64 = 90;
const EVERY: TimeDelta = TimeDelta::minutes(30);

fn candidates() -> Vec<Candidate> {
    let (mut chance, first) = (Chance(2026), at("2026-07-31T16:00:00Z"));
    let days = (0..DAYS).flat_map(|day| (0..14).map(move |_| day));
    // Between nine and eighteen of Shanghai.
    days.map(|day| Candidate::new(first + TimeDelta::days(day) + chance.hours(9.0, 18.0), &mut chance)).collect()
}

#[tokio::test]
async fn the_ladder_cuts_the_no_shows_as_its_truth_says_and_does_no_step_twice() {
    let config = config();
    let (notes, provider, keys) = (Notes::default(), Provider::new(0.3), keys());
    let runner = Runner { memory: &notes, contacts: &Ats, ways: &provider, config: &config, keys: &keys };
    let mut people = candidates();
    let without = people.iter().filter(|candidate| candidate.is_no_show()).count();
    let mut chance = Chance(5);
    let mut called: BTreeMap<usize, DateTime<Utc>> = BTreeMap::new();
    let mut reminded: BTreeMap<usize, Vec<DateTime<Utc>>> = BTreeMap::new();
    let (mut now, end) = (at("2026-07-31T16:00:00Z"), at("2026-07-31T16:00:00Z") + TimeDelta::days(DAYS + 8));
    let mut crash = 0;
    while now < end {
        let of_day = now.with_timezone(&Shanghai).time().num_seconds_from_midnight();
        if of_day == 0 {
            // A pass of each day in working hours, at which many steps leave, ends after so many notes.
            crash = 8 * 3600 + 1800 * (1.0 + chance.next() * 6.0) as u32;
        }
        *notes.left.lock().unwrap() = (of_day >= crash && crash != 0).then(|| (chance.next() * 3.0) as usize);
        let recent = |candidate: &&(usize, &Candidate)| {
            candidate.1.sent <= now && (candidate.1.sent > now - TimeDelta::days(9) || candidate.1.taken.is_none())
        };
        let cases: Vec<Case> = people.iter().enumerate().filter(|c| recent(&c)).map(|(number, own)| own.case(number, now)).collect();
        let passed = runner.pass(&cases, now).await;
        if passed.is_err() {
            crash = 0;
        }
        for phone in provider.new.lock().unwrap().drain(..) {
            let number: usize = phone.trim_start_matches("199").parse().unwrap();
            reminded.entry(number).or_default().push(now);
            people[number].remind(now);
        }
        // HR calls in working hours, an hour after a task has appeared, and says so.
        let hour = now.with_timezone(&Shanghai).hour();
        if (9..18).contains(&hour) {
            let mut rows = notes.rows.lock().unwrap();
            for task in rows.values_mut().filter(|row| row.kind == StepKind::Task && row.state == StepState::Open) {
                if task.first_at + TimeDelta::hours(1) <= now {
                    let number: usize = task.application.trim_start_matches('a').parse().unwrap();
                    assert_eq!(called.insert(number, now), None, "nobody is called twice");
                    people[number].call(now);
                    (task.state, task.last_at) = (StepState::Done, now);
                }
            }
        }
        now += EVERY;
    }
    let with = people.iter().filter(|candidate| candidate.is_no_show()).count();
    let n = people.len() as f64;
    let within = |k: usize, truth: f64| (k as f64 / n - truth).abs() < 3.0 * (truth * (1.0 - truth) / n).sqrt();
    assert!(within(without, TRUTH_WITHOUT) && within(with, TRUTH_WITH), "{without} and {with} of {n}; {TRUTH_WITHOUT} and {TRUTH_WITH}");
    assert!((TRUTH_WITHOUT - 0.18).abs() < 0.01 && (TRUTH_WITH - 0.05).abs() < 0.01, "the world of the seed's restaurant chain");

    // Exactly the steps that are due.
    let rows = notes.rows.lock().unwrap();
    let step = |number: usize, step: &str| {
        let of = |row: &&StepRow| row.application == format!("a{number}") && row.step == step && row.kind != StepKind::Notice;
        rows.values().filter(of).collect::<Vec<_>>()
    };
    for (number, candidate) in people.iter().enumerate() {
        let arrived = reminded.get(&number).map_or(0, Vec::len);
        let due = matches!(candidate.kind, Kind::Forgetful | Kind::Gone);
        assert_eq!(arrived, usize::from(due), "{number} {candidate:?}");
        assert!(step(number, "remind").len() <= 1 && step(number, "call").len() <= 1);
        for at in reminded.get(&number).into_iter().flatten() {
            let time = at.with_timezone(&Shanghai).time();
            assert!(time >= "08:30:00".parse().unwrap() && time < "21:00:00".parse().unwrap(), "quiet hours: {at}");
            assert!(*at >= candidate.sent + TimeDelta::hours(12));
        }
        let day_over = candidate.sent + TimeDelta::hours(24);
        let tasks = step(number, "call").len();
        match candidate.taken {
            Some(taken) if taken <= day_over => assert_eq!(tasks, 0, "{candidate:?}"),
            // One pass may have ended before it planned, and the next come when it was taken.
            Some(taken) if taken <= day_over + EVERY * 2 => {}
            _ => assert_eq!(tasks, 1, "{candidate:?}"),
        }
        // Nobody is rejected: it is proposed, and waits.
        let proposals = step(number, "end");
        assert_eq!(proposals.len(), usize::from(candidate.taken.is_none()), "{candidate:?}");
        assert!(proposals.iter().all(|row| row.state == StepState::Open), "until somebody decides");
    }
    // Every task was told of, to the group that asked for it.
    let tasks: Vec<&StepRow> = rows.values().filter(|row| row.kind == StepKind::Task).collect();
    let notices = rows.values().filter(|row| row.kind == StepKind::Notice).count();
    assert_eq!(tasks.len(), notices);
    let told = provider.told.lock().unwrap();
    assert!(told.len() * 100 >= tasks.len() * 97, "{} of {} before it was done", told.len(), tasks.len());
    assert!(rows.values().all(|row| !matches!(row.state, StepState::Planned | StepState::Begun | StepState::Failed)), "nothing is left");
    // It was stopped every day, calls failed, and of all that the store holds nothing that names anybody.
    assert!(*notes.killed.lock().unwrap() as i64 >= DAYS * 8 / 10, "{} times", notes.killed.lock().unwrap());
    let calls = *provider.calls.lock().unwrap();
    let arrived = reminded.values().map(Vec::len).sum::<usize>() + told.len();
    assert!(calls * 10 >= arrived * 13, "{calls} calls for {arrived}");
    let written = format!("{rows:?}");
    assert!(!written.contains("19900") && !written.contains("测试"));
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
    let candidate = Candidate { opened: None, taken: None, ..Candidate::new(at("2026-08-03T01:00:00Z"), &mut chance) };
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
