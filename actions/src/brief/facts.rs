//! The metric reports that a report for people is made of.

use std::collections::BTreeMap;

use chrono::{DateTime, Days, NaiveDate, Utc};
use chrono_tz::Tz;
use inflow_analytics::{AnalyticsError, NO_DIMENSION, Query, Report, report};
use inflow_config::{BriefKind, Config};
use inflow_store::{HealthRow, Store, StoreError};
use rust_decimal::Decimal;
use serde_json::{Map, Value};

use super::period::Period;
use crate::words::{value, word};

/// Days that are looked back on for how an alert stands: the longest rule judges whole months.
const JUDGED: u64 = 34;

/// Which report, of what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// What it covers.
    pub period: Period,
    /// Event time up to which the store is read.
    pub now: DateTime<Utc>,
    /// Only these channels; empty: all.
    pub channels: Vec<String>,
}

/// A metric by channel and over everything.
#[derive(Debug, Clone)]
pub struct Figures {
    /// A row for each channel (and stage).
    pub channels: Report,
    /// A row (for each stage).
    pub whole: Report,
}

/// The metrics of a period.
#[derive(Debug, Clone)]
pub struct Counts {
    /// `volume`.
    pub volume: Figures,
    /// `activity`.
    pub activity: Figures,
    /// `spend`.
    pub spend: Figures,
    /// `step_rate`.
    pub steps: Figures,
    /// `cost_per_resume`; not read for a day.
    pub per_resume: Option<Figures>,
    /// `cost_per_attended`; not read for a day.
    pub per_attended: Option<Figures>,
    /// `cost_per_onboarded`; not read for a day.
    pub per_onboarded: Option<Figures>,
    /// `no_show` over everything.
    pub no_show: Report,
}

/// A connection that fails.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Broken {
    /// The connection.
    pub connection: String,
    /// Channels that it feeds.
    pub channels: Vec<String>,
    /// Since when nothing came: its last success; `None`: never anything.
    pub since: Option<DateTime<Utc>>,
}

/// All that a report for people shows.
#[derive(Debug, Clone)]
pub struct Facts {
    /// What was asked.
    pub asked: Asked,
    /// The company's zone.
    pub zone: Tz,
    /// The period.
    pub counts: Box<Counts>,
    /// What it is compared with.
    pub before: Box<Counts>,
    /// `activity` by channel from the begin of what it is compared with up to now. Only its `observed` is read: cases that a connection's first
    /// pull found as they were, on a day that nobody told, and which may be of either period or of none.
    pub found: Report,
    /// `volume` by day over both periods of a week; of others nothing is read.
    pub days: Option<Report>,
    /// `budget` of the month that holds the last day.
    pub budgets: Report,
    /// `threshold`.
    pub alerts: Report,
    /// `alert_cause` of those that stand now.
    pub causes: Report,
    /// `channel_drop` by channel.
    pub drops: Report,
    /// Connections that fail now.
    pub broken: Vec<Broken>,
}

impl Facts {
    /// Reads them.
    ///
    /// # Errors
    /// When the metrics have not been installed ([`inflow_analytics::analyze`]), a channel is none, or the store fails.
    pub async fn read(store: &Store, config: &Config, asked: Asked) -> Result<Self, AnalyticsError> {
        // What all these reports take while they are read is not to be part of whoever waits.
        Box::pin(Self::gathered(store, config, asked)).await
    }

    async fn gathered(store: &Store, config: &Config, asked: Asked) -> Result<Self, AnalyticsError> {
        let Asked { period, now, channels } = &asked;
        let zone = config.settings.company.timezone;
        let today = now.with_timezone(&zone).date_naive();
        let reader = Reader { store, config, channels };
        let long = period.kind != BriefKind::Day;
        let counts = Box::new(reader.counts(*period, *now, long).await?);
        let before = Box::new(reader.counts(period.before(), period.as_of_before(*now, zone), long).await?);
        let days = if period.kind == BriefKind::Week {
            Some(reader.ask("volume", &["day"], period.before().from, period.to, *now).await?)
        } else {
            None
        };
        let last = period.to.min(today);
        let back = |days: u64| last.checked_sub_days(Days::new(days)).unwrap_or(last);
        Ok(Self {
            budgets: reader.ask("budget", &[], last, last, *now).await?,
            alerts: reader.ask("threshold", &[NO_DIMENSION], back(JUDGED), last, *now).await?,
            causes: reader.ask("alert_cause", &[NO_DIMENSION], back(JUDGED), last, *now).await?,
            drops: reader.ask("channel_drop", &["channel"], period.from.min(back(1)), last, *now).await?,
            broken: broken(&store.health().await.map_err(unread)?, channels),
            found: reader.ask("activity", &["channel"], period.before().from, period.to.max(today), *now).await?,
            counts,
            before,
            days,
            zone,
            asked,
        })
    }

    /// Cases of a channel that are in a stage since a day that nobody told.
    pub fn undated(&self, channel: &str, stage: &str) -> Decimal {
        of_stage(&self.found, channel, stage).and_then(|row| value(row, "observed")).unwrap_or_default()
    }

    /// How many there were, unless the figure says none while there are cases of unknown day: then that is not known.
    pub fn dated<'r>(&self, figure: Figure<'r>, channel: &str, stage: &str) -> Figure<'r> {
        let is_none = figure.value.is_some_and(|number| number.is_zero());
        Figure { value: figure.value.filter(|_| !is_none || self.undated(channel, stage).is_zero()), ..figure }
    }

    /// Base currency.
    pub fn currency<'c>(&self, config: &'c Config) -> &'c str {
        config.settings.company.currency.as_str()
    }
}

fn unread(source: StoreError) -> AnalyticsError {
    AnalyticsError::Store { what: "cannot read the connections' health".to_owned(), source: Box::new(source) }
}

struct Reader<'a> {
    store: &'a Store,
    config: &'a Config,
    channels: &'a [String],
}

impl Reader<'_> {
    async fn counts(&self, period: Period, as_of: DateTime<Utc>, long: bool) -> Result<Counts, AnalyticsError> {
        let cost = |metric: &'static str| long.then_some(metric);
        Ok(Counts {
            volume: self.both("volume", period, as_of).await?,
            activity: self.both("activity", period, as_of).await?,
            spend: self.both("spend", period, as_of).await?,
            steps: self.both("step_rate", period, as_of).await?,
            per_resume: self.either(cost("cost_per_resume"), period, as_of).await?,
            per_attended: self.either(cost("cost_per_attended"), period, as_of).await?,
            per_onboarded: self.either(cost("cost_per_onboarded"), period, as_of).await?,
            no_show: self.ask("no_show", &[NO_DIMENSION], period.from, period.to, as_of).await?,
        })
    }

    async fn either(&self, metric: Option<&str>, period: Period, as_of: DateTime<Utc>) -> Result<Option<Figures>, AnalyticsError> {
        match metric {
            Some(metric) => self.both(metric, period, as_of).await.map(Some),
            None => Ok(None),
        }
    }

    async fn both(&self, metric: &str, period: Period, as_of: DateTime<Utc>) -> Result<Figures, AnalyticsError> {
        Ok(Figures {
            channels: self.ask(metric, &["channel"], period.from, period.to, as_of).await?,
            whole: self.ask(metric, &[NO_DIMENSION], period.from, period.to, as_of).await?,
        })
    }

    async fn ask(&self, metric: &str, by: &[&str], from: NaiveDate, to: NaiveDate, as_of: DateTime<Utc>) -> Result<Report, AnalyticsError> {
        let filters = match self.channels {
            [] => BTreeMap::new(),
            channels => BTreeMap::from([("channel".to_owned(), channels.to_vec())]),
        };
        let by = by.iter().map(|name| (*name).to_owned()).collect();
        let query = Query { metric: metric.to_owned(), version: None, by, from, to, tz: None, as_of, filters };
        // Large, and awaited many times over.
        Box::pin(report(self.store, self.config, &query)).await
    }
}

/// The connections that fail and feed one of the channels.
fn broken(health: &[HealthRow], channels: &[String]) -> Vec<Broken> {
    let concerns = |row: &&HealthRow| channels.is_empty() || row.channels.iter().any(|channel| channels.contains(channel));
    health
        .iter()
        .filter(|row| row.status != "ok")
        .filter(concerns)
        .map(|row| Broken { connection: row.connection.clone(), channels: row.channels.clone(), since: row.last_success_at })
        .collect()
}

/// A row of a report.
pub type Row = Map<String, Value>;

/// A figure as it stands in a report, with how far to trust it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Figure<'r> {
    /// The number; `None`: it is not known.
    pub value: Option<Decimal>,
    /// ok, few, partial or `no_data`.
    pub status: &'r str,
    /// Share of the period that was delivered.
    pub covered: Option<Decimal>,
}

impl<'r> Figure<'r> {
    /// A column of a row; a row that is not there is not known.
    pub fn of(row: Option<&'r Row>, column: &str) -> Self {
        match row {
            None => Self { value: None, status: "no_data", covered: None },
            Some(row) => Self { value: value(row, column), status: word(row, "status"), covered: value(row, "covered") },
        }
    }

    /// Whether it can be compared with another period.
    pub fn is_whole(&self) -> bool {
        self.status == "ok" || self.status == "few"
    }
}

/// The only row over everything.
pub fn whole(report: &Report) -> Option<&Row> {
    report.rows.first()
}

/// The row of a channel.
pub fn of_channel<'r>(report: &'r Report, channel: &str) -> Option<&'r Row> {
    report.rows.iter().find(|row| word(row, "channel") == channel)
}

/// The row of a stage, of a channel where the report tells them apart.
pub fn of_stage<'r>(report: &'r Report, channel: &str, stage: &str) -> Option<&'r Row> {
    report.rows.iter().find(|row| word(row, "channel") == channel && word(row, "stage") == stage)
}

/// The row of a step. From invited to attended interviews are judged by their appointments where any is known, else by days, as the metric does.
pub fn of_step<'r>(report: &'r Report, channel: &str, from: &str, to: &str) -> Option<&'r Row> {
    let mut rows: Vec<&Row> = report
        .rows
        .iter()
        .filter(|row| word(row, "channel") == channel && word(row, "from_stage") == from && word(row, "to_stage") == to)
        .collect();
    rows.sort_by_key(|row| word(row, "basis") != "scheduled");
    let known = |row: &&&Row| ["denominator", "pooled_denominator"].iter().any(|column| value(row, column).is_some_and(|n| !n.is_zero()));
    rows.iter().find(known).or_else(|| rows.last()).copied()
}

/// Interviews by appointment: due in the period and past. `None`: no appointment is known of late.
pub fn appointments(report: &Report) -> Option<&Row> {
    of_step(report, "", "invited", "attended").filter(|row| word(row, "basis") == "scheduled")
}

/// The channels of the reports in their order, each once.
pub fn channels<'r>(reports: &[&'r Report]) -> Vec<&'r str> {
    let mut all: Vec<&str> = Vec::new();
    for channel in reports.iter().flat_map(|report| &report.rows).map(|row| word(row, "channel")) {
        if !channel.is_empty() && !all.contains(&channel) {
            all.push(channel);
        }
    }
    all
}
