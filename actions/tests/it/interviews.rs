//! Ninety days of AI interviews: invented candidates whose answers to a reminder and a call are stated beforehand, and the ladder that leads them.

use std::collections::BTreeMap;
use std::path::Path;

use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Asia::Shanghai;
use inflow_actions::process::{Case, Invitation};
use inflow_config::{Config, InvitationKind};
use inflow_connectors::identity::IdentityKeys;
use inflow_store::{StepKind, StepRow, StepState};

const PROCESS: &str = r#"
catch_up = "24h"
[quiet]
from = "21:00"
to = "08:30"
[contacts]
url = "CONTACTS/{application}"
[[processor]]
id = "provider"
country = "CN"
hosts = ["HOST"]
contract_from = 2026-01-01
contract_until = 2026-12-31
[[gateway]]
id = "sms"
shape = "webhook"
processor = "provider"
url = "GATEWAY"
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

/// The ladder with its ATS and its gateway at these addresses.
pub fn config(folder: &Path, contacts: &str, gateway: &str) -> Config {
    let host = url::Url::parse(gateway).unwrap().host_str().unwrap().to_owned();
    let process = PROCESS.replace("CONTACTS", contacts).replace("GATEWAY", gateway).replace("HOST", &host);
    let receiver = "[[receiver]]\nid = \"hr\"\nshape = \"wecom\"\nurl = \"file:hook\"\n";
    for (name, text) in [("inflow.toml", ""), ("messages.toml", receiver), ("process.toml", &process)] {
        std::fs::write(folder.join(name), text).unwrap();
    }
    Config::load(&folder.join("inflow.toml"), &Vec::new).unwrap_or_else(|error| panic!("{error}"))
}

pub fn keys() -> IdentityKeys {
    IdentityKeys::from_bytes([7; 32], [9; 32])
}

pub fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}
/// SplitMix64: the same days at every run.
pub struct Chance(pub u64);

impl Chance {
    pub fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((z ^ (z >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
    }

    pub fn hours(&mut self, from: f64, to: f64) -> TimeDelta {
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

pub const TRUTH_WITHOUT: f64 = FORGETFUL * (1.0 - REMEMBERS) + BUSY * (1.0 - FINDS_TIME) + GONE;
pub const TRUTH_WITH: f64 =
    FORGETFUL * (1.0 - REMEMBERS) * (1.0 - REMINDED) * (1.0 - CALLED_FORGETFUL) + BUSY * (1.0 - FINDS_TIME) * (1.0 - CALLED_BUSY) + GONE;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Prompt,
    Forgetful,
    Busy,
    Gone,
}

/// A candidate, with what would happen by itself and what a reminder and a call would do.
#[derive(Debug, Clone)]
pub struct Candidate {
    pub kind: Kind,
    pub sent: DateTime<Utc>,
    pub opened: Option<DateTime<Utc>>,
    pub taken: Option<DateTime<Utc>>,
    /// How long after a reminder it is opened, and how long after that taken; `None`: it does nothing.
    by_reminder: Option<(TimeDelta, TimeDelta)>,
    /// How long after a call it is taken.
    by_call: Option<TimeDelta>,
}

impl Candidate {
    pub fn new(sent: DateTime<Utc>, chance: &mut Chance) -> Self {
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

    pub fn is_no_show(&self) -> bool {
        self.taken.is_none_or(|taken| taken > self.deadline())
    }

    pub fn remind(&mut self, now: DateTime<Utc>) {
        if let Some((open_in, take_in)) = self.by_reminder {
            let opened = now + open_in;
            self.opened = Some(self.opened.map_or(opened, |own| own.min(opened)));
            self.taken = Some(self.taken.map_or(opened + take_in, |own| own.min(opened + take_in)));
        }
    }

    pub fn call(&mut self, now: DateTime<Utc>) {
        if let Some(take_in) = self.by_call {
            let taken = now + take_in;
            self.taken = Some(self.taken.map_or(taken, |own| own.min(taken)));
            self.opened = self.opened.or(self.taken);
        }
    }

    /// What the ATS tells by an instant.
    pub fn case(&self, number: usize, now: DateTime<Utc>) -> Case {
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

pub const DAYS: i64 = 90;

/// Midnight of the first day in Shanghai.
pub fn first() -> DateTime<Utc> {
    at("2026-07-31T16:00:00Z")
}

fn candidates() -> Vec<Candidate> {
    let mut chance = Chance(2026);
    let days = (0..DAYS).flat_map(|day| (0..14).map(move |_| day));
    // Between nine and eighteen of Shanghai.
    days.map(|day| Candidate::new(first() + TimeDelta::days(day) + chance.hours(9.0, 18.0), &mut chance)).collect()
}

/// Everybody, and what reached them.
pub struct World {
    pub people: Vec<Candidate>,
    /// No-shows if nothing had been done.
    without: usize,
    pub reminded: BTreeMap<usize, Vec<DateTime<Utc>>>,
    pub called: BTreeMap<usize, DateTime<Utc>>,
}

impl World {
    pub fn new() -> Self {
        let people = candidates();
        let without = people.iter().filter(|candidate| candidate.is_no_show()).count();
        Self { people, without, reminded: BTreeMap::new(), called: BTreeMap::new() }
    }

    /// A reminder has come to this phone.
    pub fn remind(&mut self, phone: &str, now: DateTime<Utc>) {
        let number: usize = phone.trim_start_matches("199").parse().unwrap();
        self.reminded.entry(number).or_default().push(now);
        self.people[number].remind(now);
    }

    /// HR calls whom a task names.
    pub fn call(&mut self, application: &str, now: DateTime<Utc>) {
        let number = number(application);
        assert_eq!(self.called.insert(number, now), None, "nobody is called twice");
        self.people[number].call(now);
    }

    /// Those of whom something may be due, as the ATS tells them at an instant.
    pub fn recent(&self, now: DateTime<Utc>) -> impl Iterator<Item = (usize, &Candidate)> {
        let recent =
            move |candidate: &Candidate| candidate.sent <= now && (candidate.sent > now - TimeDelta::days(9) || candidate.taken.is_none());
        self.people.iter().enumerate().filter(move |(_, candidate)| recent(candidate))
    }

    /// That no-shows fell as the truth says, and that everybody got exactly the steps that were due; `every` is the time between two passes.
    pub fn judge(&self, rows: &[StepRow], every: TimeDelta) {
        let (n, without) = (self.people.len() as f64, self.without);
        let with = self.people.iter().filter(|candidate| candidate.is_no_show()).count();
        let within = |k: usize, truth: f64| (k as f64 / n - truth).abs() < 3.0 * (truth * (1.0 - truth) / n).sqrt();
        assert!(
            within(without, TRUTH_WITHOUT) && within(with, TRUTH_WITH),
            "{without} and {with} of {n}; {TRUTH_WITHOUT} and {TRUTH_WITH}"
        );
        assert!((TRUTH_WITHOUT - 0.18).abs() < 0.01 && (TRUTH_WITH - 0.05).abs() < 0.01, "the world of the seed's restaurant chain");

        let step = |number: usize, step: &str| {
            let of = |row: &&StepRow| row.application == format!("a{number}") && row.step == step && row.kind != StepKind::Notice;
            rows.iter().filter(of).collect::<Vec<_>>()
        };
        for (number, candidate) in self.people.iter().enumerate() {
            let arrived = self.reminded.get(&number).map_or(0, Vec::len);
            let due = matches!(candidate.kind, Kind::Forgetful | Kind::Gone);
            assert_eq!(arrived, usize::from(due), "{number} {candidate:?}");
            assert!(step(number, "remind").len() <= 1 && step(number, "call").len() <= 1);
            for at in self.reminded.get(&number).into_iter().flatten() {
                let time = at.with_timezone(&Shanghai).time();
                assert!(time >= "08:30:00".parse().unwrap() && time < "21:00:00".parse().unwrap(), "quiet hours: {at}");
                assert!(*at >= candidate.sent + TimeDelta::hours(12));
            }
            let day_over = candidate.sent + TimeDelta::hours(24);
            let tasks = step(number, "call").len();
            match candidate.taken {
                Some(taken) if taken <= day_over => assert_eq!(tasks, 0, "{candidate:?}"),
                // One pass may have ended before it planned, and the next come when it was taken.
                Some(taken) if taken <= day_over + every * 2 => {}
                _ => assert_eq!(tasks, 1, "{candidate:?}"),
            }
            // Nobody is rejected: it is proposed, and waits.
            let proposals = step(number, "end");
            assert_eq!(proposals.len(), usize::from(candidate.taken.is_none()), "{candidate:?}");
            assert!(proposals.iter().all(|row| row.state == StepState::Open), "until somebody decides");
        }
        // Every task has its notice, to the group that asked for it.
        let tasks = rows.iter().filter(|row| row.kind == StepKind::Task).count();
        assert_eq!(tasks, rows.iter().filter(|row| row.kind == StepKind::Notice).count());
        assert!(rows.iter().all(|row| !matches!(row.state, StepState::Planned | StepState::Begun | StepState::Failed)), "nothing is left");
        // Nothing that is remembered names anybody.
        let written = format!("{rows:?}");
        assert!(!written.contains("19900") && !written.contains("测试"));
    }
}

/// The candidate of an application.
pub fn number(application: &str) -> usize {
    application.trim_start_matches('a').parse().unwrap()
}
