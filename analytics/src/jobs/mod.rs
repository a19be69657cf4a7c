//! What SQL cannot say: a job reads marts, asks `inflow-statistics`, and writes one mart, which a metric's view reads.
//!
//! A job depends on the marts, the configuration and the clock, never on what it wrote before, so that a replay and an analysis
//! of everything give the same rows. They run after each analysis, and those of the clock
//! when nothing new came too. They look at days and weeks, not at applications; the rules of personas do, as statements of the engine, and the
//! recommendation, of the newest ten thousand.

use chrono::{DateTime, Utc};
use futures::future::BoxFuture;
use inflow_config::Config;
use serde::Serialize;
use tokio::sync::OnceCell;

use crate::AnalyticsError;
use crate::analyze::Marts;
use days::ChannelDays;

mod bank;
mod budget;
pub(crate) mod calendar;
mod causes;
mod days;
mod drops;
mod forecast;
mod holidays;
mod personas;
mod posting_times;
mod recommendation;
mod stores;
mod thresholds;

/// A job: its name in `inflow analyze <name>`, which is the name of the table that it fills, and how.
pub(crate) struct Job {
    pub(crate) name: &'static str,
    /// Whether its result changes as time passes, though nothing new came.
    pub(crate) of_the_clock: bool,
    /// Whether it reads the mart `hires`, which is made beside the other jobs.
    pub(crate) of_hires: bool,
    /// When its table stays as it is.
    pub(crate) stays: Stays,
    pub(crate) run: for<'a> fn(&'a Desk<'a>) -> BoxFuture<'a, Result<(), AnalyticsError>>,
}

/// When the table of a job is what the job would make of it again, so that it need not run. Configuration and program are what they were:
/// when they are not, everything is made anew.
pub(crate) enum Stays {
    /// It cannot be known cheaply.
    Never,
    /// No rows came to these tables.
    Without(&'static [&'static str]),
    /// The same, and this statement counts no row of the job's table that time has made untrue.
    WithoutUnless(&'static [&'static str], fn(&Desk<'_>) -> String),
}

/// One line a job; those that read another's table come after it.
pub(crate) const JOBS: &[Job] = &[
    Job { name: "application_tags", of_the_clock: false, of_hires: false, stays: Stays::Never, run: personas::run },
    Job { name: "forecasts", of_the_clock: true, of_hires: false, stays: Stays::Never, run: |desk| Box::pin(forecast::run(desk)) },
    Job { name: drops::TABLE, of_the_clock: true, of_hires: false, stays: Stays::Never, run: drops::run },
    Job { name: budget::TABLE, of_the_clock: true, of_hires: false, stays: Stays::Never, run: |desk| Box::pin(budget::run(desk)) },
    Job {
        name: posting_times::TABLE,
        of_the_clock: true,
        of_hires: false,
        stays: Stays::Never,
        run: |desk| Box::pin(posting_times::run(desk)),
    },
    Job {
        name: recommendation::TABLE,
        of_the_clock: true,
        of_hires: true,
        stays: Stays::Never,
        run: |desk| Box::pin(recommendation::run(desk)),
    },
    Job { name: bank::BANK, of_the_clock: false, of_hires: false, stays: Stays::Without(bank::BANK_READS), run: bank::bank },
    Job {
        name: bank::INVOICES,
        of_the_clock: true,
        of_hires: false,
        stays: Stays::WithoutUnless(bank::INVOICES_READ, bank::overtaken),
        run: bank::invoices,
    },
    // Some of the metrics that rules watch read the hires.
    Job { name: thresholds::TABLE, of_the_clock: true, of_hires: true, stays: Stays::Never, run: |desk| Box::pin(thresholds::run(desk)) },
    Job { name: causes::TABLE, of_the_clock: true, of_hires: true, stays: Stays::Never, run: |desk| Box::pin(causes::run(desk)) },
];

/// What a job works with.
pub(crate) struct Desk<'a> {
    pub(crate) marts: &'a Marts<'a>,
    pub(crate) config: &'a Config,
    /// The instant up to which the marts are looked at.
    pub(crate) now: DateTime<Utc>,
    days: OnceCell<ChannelDays>,
}

impl<'a> Desk<'a> {
    pub(crate) fn new(marts: &'a Marts<'a>, config: &'a Config, now: DateTime<Utc>) -> Self {
        Self { marts, config, now, days: OnceCell::new() }
    }

    /// The days of channels, read when the first job asks for them.
    pub(crate) async fn days(&self) -> Result<&ChannelDays, AnalyticsError> {
        self.days.get_or_try_init(|| ChannelDays::read(self)).await
    }

    /// Puts rows in the place of all that a table holds, in one step. A row serialises as an object of the table's columns; dates and instants
    /// as ClickHouse reads them.
    pub(crate) async fn write<R: Serialize>(&self, table: &str, rows: &[R]) -> Result<(), AnalyticsError> {
        let mut body = Vec::new();
        for row in rows {
            serde_json::to_writer(&mut body, row).map_err(|source| AnalyticsError::row(table, source))?;
            body.push(b'\n');
        }
        let done = self.marts.store.refill_table(self.marts.db, table, &[], "JSONEachRow", [body.into()]).await;
        done.map_err(AnalyticsError::store(format!("cannot rebuild {table}")))
    }
}
