//! Errors of analytics.

use chrono::NaiveDate;
use inflow_config::{Explain, Lang, Problem, did_you_mean};
use inflow_store::StoreError;

use crate::closing::Refusal;

/// What can go wrong with a report or with rebuilding the marts.
#[derive(Debug, thiserror::Error)]
pub enum AnalyticsError {
    /// No metric of that name.
    #[error("there is no metric `{name}`, accepted: {}", accepted.join(", "))]
    UnknownMetric {
        /// The name given.
        name: String,
        /// The metrics there are.
        accepted: Vec<String>,
    },
    /// The metric has no such version.
    #[error("{metric} has no version {version}, accepted: {}", accepted.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "))]
    UnknownVersion {
        /// The metric.
        metric: String,
        /// The version given.
        version: u32,
        /// Its versions, the current one last.
        accepted: Vec<u32>,
    },
    /// The metric cannot be cut by that.
    #[error("{metric} has no dimension `{name}`, accepted: {}", accepted.join(", "))]
    UnknownDimension {
        /// The metric.
        metric: String,
        /// The dimension given.
        name: String,
        /// The dimensions it has.
        accepted: Vec<String>,
    },
    /// Two of day, week and month at once.
    #[error("{metric} by both `{first}` and `{second}`: a report has one of day, week and month")]
    TwoPeriods {
        /// The metric.
        metric: String,
        /// The first period asked for.
        first: String,
        /// The second.
        second: String,
    },
    /// The metric cannot be filtered by that.
    #[error("{metric} cannot be filtered by `{name}`, accepted: {}", accepted.join(", "))]
    UnknownFilter {
        /// The metric.
        metric: String,
        /// The filter given.
        name: String,
        /// The filters there are.
        accepted: Vec<String>,
    },
    /// A filter names a channel that the configuration does not have.
    #[error("there is no channel `{name}`, accepted: {}", accepted.join(", "))]
    UnknownChannel {
        /// The name given.
        name: String,
        /// The channels there are.
        accepted: Vec<String>,
    },
    /// The last day lies before the first.
    #[error("the period ends on {to}, before it begins on {from}")]
    Backwards {
        /// First day.
        from: NaiveDate,
        /// Last day.
        to: NaiveDate,
    },
    /// No analysis of that name.
    #[error("there is no analysis `{name}`, accepted: {}", accepted.join(", "))]
    UnknownJob {
        /// The name given.
        name: String,
        /// The analyses there are.
        accepted: Vec<String>,
    },
    /// The views of the metrics are not installed.
    #[error("{metric} has not been prepared in this store")]
    NotAnalyzed {
        /// The metric.
        metric: String,
    },
    /// A month may not be closed or reopened.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// Something that a plan stands on is not known.
    #[error("{what}")]
    Unplannable {
        /// What.
        what: String,
        /// How to say it.
        hint: String,
    },
    /// Rules of `alerts.toml` that no metric bears out.
    #[error("{}", problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
    Alerts {
        /// At least one problem, each with its place.
        problems: Vec<Problem>,
    },
    /// Work beside the engine ended before it was done.
    #[error("an analysis stopped: {what}")]
    Stopped {
        /// Why.
        what: String,
    },
    /// A row of a mart is not what it should be as JSON.
    #[error("a row of {table} does not fit: {source}")]
    Row {
        /// The mart.
        table: String,
        /// Why.
        source: serde_json::Error,
    },
    /// The database failed.
    #[error("{what}: {source}")]
    Store {
        /// What was being done.
        what: String,
        /// Why it failed.
        source: Box<StoreError>,
    },
}

impl AnalyticsError {
    pub(crate) fn store(what: impl Into<String>) -> impl FnOnce(StoreError) -> Self {
        let what = what.into();
        move |source| Self::Store { what, source: Box::new(source) }
    }

    pub(crate) fn row(table: &str, source: serde_json::Error) -> Self {
        Self::Row { table: table.to_owned(), source }
    }
}

impl Explain for AnalyticsError {
    fn hint(&self) -> Option<String> {
        let near = |name: &str, accepted: &[String]| did_you_mean(name, accepted.iter().map(String::as_str));
        match self {
            Self::UnknownMetric { name, accepted } => {
                near(name, accepted).or_else(|| Some("`inflow report` without a metric lists them with their meaning".to_owned()))
            }
            Self::UnknownDimension { name, accepted, .. }
            | Self::UnknownFilter { name, accepted, .. }
            | Self::UnknownChannel { name, accepted }
            | Self::UnknownJob { name, accepted } => near(name, accepted),
            Self::UnknownVersion { accepted, .. } => accepted.last().map(|version| format!("version {version} is the current one")),
            Self::TwoPeriods { first, .. } => Some(format!("keep `{first}` and leave the other out")),
            Self::Backwards { .. } => Some("--from is the first day and --to the last, both included".to_owned()),
            Self::NotAnalyzed { .. } => Some("run `inflow run --once` or `inflow analyze` first".to_owned()),
            Self::Refused(refusal) => Some(refusal.advice(Lang::En)),
            Self::Unplannable { hint, .. } => Some(hint.clone()),
            Self::Alerts { .. } => Some("fix what is named, then `inflow validate` checks it again".to_owned()),
            Self::Row { .. } | Self::Stopped { .. } => None,
            Self::Store { source, .. } => source.hint(),
        }
    }

    fn exit_code(&self) -> u8 {
        match self {
            Self::Store { source, .. } => source.exit_code(),
            Self::Row { .. } | Self::Stopped { .. } => 2,
            _ => 1,
        }
    }
}
