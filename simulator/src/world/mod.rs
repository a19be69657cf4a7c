//! An invented company whose recruiting is known to the last application.
//!
//! A world holds what happened; `deliver` and `boards` bring it into the shape of boards and export
//! files, and [`Truth`] is counted from the world itself, never from what the product made of it.

mod calendar;
mod candidates;
mod dice;
mod funnel;
mod plan;
mod postings;
mod spend;

use std::fmt;
use std::sync::OnceLock;

use chrono::{DateTime, NaiveDate, Utc};
use inflow_config::Stage;
use serde::Serialize;

use crate::truth::Truth;

pub(crate) use calendar::{cell, instant, local_day};
pub(crate) use plan::{CHANNELS, Route, SHOPS, channel};
pub use spend::{Book, Entry};
pub(crate) use spend::{PACKAGE, RATES, rate};

/// How exactly the source tells an instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Precision {
    /// To the second.
    Exact,
    /// Only the day in the company's zone is told.
    Day,
    /// Nothing is told: it was so when it was seen.
    Observed,
}

/// A stage that an application reached, as far as the source tells it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Reached {
    /// The stage.
    pub stage: Stage,
    /// When; start of the local day when only the day is told.
    pub at: DateTime<Utc>,
    /// How exactly the source tells it.
    pub precision: Precision,
    /// True when this takes back the earlier events of the stage.
    pub retracts: bool,
    /// Why, of a terminal stage.
    pub reason: Option<&'static str>,
}

/// An invented person. Names, numbers and addresses are made up and look it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Person {
    /// `测试甲0001`.
    pub name: String,
    /// Eleven digits, structurally a Chinese mobile number.
    pub phone: String,
    /// Under `example.invalid`, which no mail server serves.
    pub email: String,
    /// Year of birth.
    pub birth_year: i32,
}

/// What an application shows of the person behind it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Shown {
    /// The whole value.
    Whole,
    /// With stars in the middle, as boards show it before an exchange.
    Masked,
    /// Nothing.
    Absent,
}

/// One candidate's case.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Application {
    /// Id at the source that delivers it.
    pub id: String,
    /// Id of the candidate at that source.
    pub candidate_id: String,
    /// Channel id of `channels.toml`.
    pub channel: &'static str,
    /// The source as the delivering system spells it.
    pub source_word: &'static str,
    /// One of the five shops.
    pub store: &'static str,
    /// Department, or the restaurant of the chain.
    pub department: String,
    /// Index into [`World::people`].
    pub person: usize,
    /// Whether the phone is told.
    pub phone: Shown,
    /// Whether the mail address is told.
    pub email: Shown,
    /// Index into [`World::postings`].
    pub posting: usize,
    /// Whether the company found the person, and not the person the company.
    pub searched: bool,
    /// First contact.
    pub first_at: DateTime<Utc>,
    /// When the resume came; `None` when none came, or the source does not tell.
    pub applied_at: Option<DateTime<Utc>>,
    /// Every stage with its instant that the source tells, in order of time.
    pub events: Vec<Reached>,
    /// How exactly the source tells `applied_at` and `first_at`.
    pub precision: Precision,
    /// Last move, by which sources answer who asks for changes only.
    pub moved_at: DateTime<Utc>,
}

/// One advertisement.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Posting {
    /// Id at the source that delivers it.
    pub id: String,
    /// Channel id of `channels.toml`.
    pub channel: &'static str,
    /// One of the five shops.
    pub store: &'static str,
    /// Department, or the restaurant of the chain.
    pub department: String,
    /// Title.
    pub title: &'static str,
    /// City in Chinese.
    pub city: &'static str,
    /// Pay a month in yuan, from and to.
    pub pay: (u32, u32),
    /// Publication.
    pub posted_at: DateTime<Utc>,
    /// How exactly the source tells it.
    pub precision: Precision,
    /// End, if it has ended.
    pub closed_at: Option<DateTime<Utc>>,
}

/// A company, its recruiting and its boards. Made by [`scenario`].
pub struct World {
    /// Name of the scenario.
    pub scenario: &'static str,
    /// Seed it was made from.
    pub seed: u64,
    /// The instant at which the world stands still.
    pub now: DateTime<Utc>,
    /// First local day of the history.
    pub from: NaiveDate,
    /// Last local day of the history: the day of `now`.
    pub to: NaiveDate,
    /// Everybody who appears in applications.
    pub people: Vec<Person>,
    /// All advertisements.
    pub postings: Vec<Posting>,
    /// All applications.
    pub applications: Vec<Application>,
    /// The ledger as it is after all corrections.
    pub ledger: Vec<Entry>,
    truth: OnceLock<Truth>,
}

impl fmt::Debug for World {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("World")
            .field("scenario", &self.scenario)
            .field("seed", &self.seed)
            .field("now", &self.now)
            .field("postings", &self.postings.len())
            .field("applications", &self.applications.len())
            .field("ledger", &self.ledger.len())
            .finish_non_exhaustive()
    }
}

/// Names that [`scenario`] knows.
pub fn scenarios() -> &'static [&'static str] {
    &["seed"]
}

/// The world of this name, the same for the same seed; `None` for an unknown name.
pub fn scenario(name: &str, seed: u64) -> Option<World> {
    let scenario = scenarios().iter().find(|known| **known == name)?;
    let span = plan::span();
    let now = plan::now();
    let postings = postings::invent(scenario, seed, span, now);
    let (people, applications) = candidates::invent(scenario, seed, span, now, &postings);
    let ledger = spend::invent(scenario, seed, span);
    Some(World { scenario, seed, now, from: span.first, to: span.last, people, postings, applications, ledger, truth: OnceLock::new() })
}

impl World {
    /// What a pull of everything must find, counted on first use.
    pub fn truth(&self) -> &Truth {
        self.truth.get_or_init(|| Truth::of(self))
    }
}
