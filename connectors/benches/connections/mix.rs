//! The boards that the benchmark pulls: real specs with their real budgets, some with windows that a company set itself, and a
//! few boards that misbehave.

use std::time::Duration;

use inflow_config::{Connection, SecretRef, Window};
use inflow_connectors::spec::{BudgetWindow, Spec, spec};
use serde::{Deserialize, Serialize};

/// How a board behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Manner {
    /// Answers every request, and its list has no end.
    Healthy,
    /// 429 to everything, without a word about when to come back.
    Refuses,
    /// 429 to everything with `Retry-After` of so many seconds.
    RefusesFor(u32),
    /// Answers after seconds.
    Slow,
    /// Breaks off in the body of every answer.
    Resets,
}

/// A board of the run.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Plan {
    /// Unique.
    pub name: String,
    /// Its spec.
    pub spec: String,
    /// The list that has no end.
    pub stream: String,
    /// How it behaves.
    pub manner: Manner,
    /// How long it takes to answer.
    pub latency: Duration,
    /// Windows that the connection sets itself, as (requests, milliseconds); with none, those of the spec hold.
    pub own: Vec<(u32, u64)>,
    /// Connections that pull it with the same credential.
    pub connections: u32,
}

/// (spec, list, boards): what a large company and its agencies might have. Those with small budgets are the most, as in life.
const FAMILIES: [(&str, &str, usize); 18] = [
    ("lever", "postings", 10),
    ("smartrecruiters", "postings", 12),
    ("smartrecruiters_api", "jobs", 4),
    ("workday", "jobs", 16),
    ("greenhouse_harvest", "jobs", 6),
    ("teamtailor_api", "jobs", 6),
    ("workable_spi", "jobs", 12),
    ("recruitee_ats", "placements", 6),
    ("moka", "jobs", 10),
    ("himalayas", "jobs", 10),
    ("arbeitnow", "job_board", 12),
    ("adzuna", "search", 8),
    ("usajobs", "search", 12),
    ("eightfold", "jobs", 16),
    ("eightfold", "pcsx_positions", 6),
    ("oracle_orc", "requisitions", 16),
    ("rippling", "site_jobs", 12),
    ("teamtailor", "jobs", 13),
];

/// Windows that companies set themselves: short, long, several at once, one request at a time.
const OWN: [&[(u32, u64)]; 6] = [
    &[(2, 500)],
    &[(20, 5_000)],
    &[(3, 1_000), (100, 60_000)],
    &[(1, 2_000)],
    &[(10, 1_000), (50, 15_000)],
    &[(45, 20_000), (240, 120_000)],
];

/// Boards with two connections each, which share one budget.
const SHARED: usize = 5;

/// Boards that misbehave in the main run; the others are healthy.
const MANNERS: [Manner; 8] = [
    Manner::Refuses,
    Manner::RefusesFor(2),
    Manner::Refuses,
    Manner::RefusesFor(900),
    Manner::Slow,
    Manner::Slow,
    Manner::Resets,
    Manner::Resets,
];

/// Every this-many-th board has windows of the company's own.
const OWN_EVERY: usize = 7;

/// Boards for so many connections.
pub fn plans(connections: usize) -> Vec<Plan> {
    let all = FAMILIES.iter().map(|(_, _, count)| count).sum::<usize>().max(1);
    // Families take turns, so that a smaller run is a mix too.
    let mut turns: Vec<(usize, &str, &str)> =
        FAMILIES.iter().flat_map(|(spec, stream, count)| (0..*count).map(move |at| (at * all / count, *spec, *stream))).collect();
    turns.sort_unstable();
    let mut plans = Vec::new();
    let mut left = connections;
    for (at, (_, spec, stream)) in turns.iter().cycle().enumerate() {
        if left == 0 {
            break;
        }
        let shared = if at % 37 == 11 && at / 37 < SHARED && left > 1 { 2 } else { 1 };
        left -= shared;
        let own = if at % OWN_EVERY == 3 { OWN[at / OWN_EVERY % OWN.len()].to_vec() } else { Vec::new() };
        plans.push(Plan {
            name: format!("{spec}-{at}"),
            spec: (*spec).to_owned(),
            stream: (*stream).to_owned(),
            manner: Manner::Healthy,
            // From a board next door to one in another country; a rate of N per second and a way of L to the board and back
            // allow no more than N / (1 s + L), whoever asks.
            latency: Duration::from_millis([3, 8, 12, 20, 30][at % 5]),
            own,
            connections: shared as u32,
        });
    }
    plans
}

/// Makes some of the boards misbehave in every way.
pub fn misbehave(plans: &mut [Plan]) {
    let step = (plans.len() / MANNERS.len()).max(1);
    for (plan, manner) in plans.iter_mut().skip(step / 2).step_by(step).zip(MANNERS) {
        plan.manner = manner;
        if manner == Manner::Slow {
            plan.latency = Duration::from_secs(3);
        }
    }
}

/// Makes one board in ten answer 429, with and without `Retry-After`.
pub fn refuse(plans: &mut [Plan]) {
    for (at, plan) in plans.iter_mut().skip(4).step_by(10).enumerate() {
        plan.manner = if at % 2 == 0 { Manner::Refuses } else { Manner::RefusesFor(2) };
    }
}

impl Plan {
    /// Its spec.
    pub fn spec(&self) -> &'static Spec {
        spec(&self.spec).unwrap_or_else(|| panic!("there is no spec {}", self.spec))
    }

    /// The windows that hold.
    pub fn windows(&self) -> Vec<BudgetWindow> {
        if self.own.is_empty() {
            return self.spec().budget.clone();
        }
        self.own.iter().map(|(requests, ms)| BudgetWindow { requests: *requests, per: Duration::from_millis(*ms) }).collect()
    }

    /// The connections that pull it at `url`. Every secret is the file `key`.
    pub fn connections(&self, url: &str) -> Vec<Connection> {
        (0..self.connections).map(|number| self.connection(url, number)).collect()
    }

    fn connection(&self, url: &str, number: u32) -> Connection {
        let spec = self.spec();
        let mut connection = Connection::new(format!("{}-{number}", self.name), self.spec.clone());
        connection.channel = Some("careers".into());
        connection.base_url = url.parse().ok();
        let form = spec.stream(&self.stream).and_then(|stream| stream.request.as_ref());
        let (unless, needs) = form.map(|form| (form.unless.as_slice(), form.needs.as_slice())).unwrap_or_default();
        for (name, need) in &spec.params {
            if unless.contains(name) || !(need.required || needs.contains(name)) {
                continue;
            }
            connection.params.insert(name.clone(), need.default.clone().unwrap_or_else(|| format!("x-{name}")));
        }
        for name in spec.secrets.keys().filter(|name| !unless.contains(name)) {
            connection.secrets.insert(name.clone(), SecretRef::file("key"));
        }
        connection.budget = self.own.iter().map(|(requests, ms)| Window { requests: *requests, per: Duration::from_millis(*ms) }).collect();
        connection
    }
}
