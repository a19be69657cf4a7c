//! What the last analysis recommends.

use std::collections::BTreeMap;

use inflow_config::Config;
use inflow_store::Store;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::audit::{Audit, audit};
use super::card::ModelCard;
use super::traits::Reason;
use crate::AnalyticsError;
use crate::analyze::Marts;
use crate::report::known_channels;

/// What an application is ordered by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Basis {
    /// Its score.
    Model,
    /// How many tags of a persona it carries, where there is no score.
    TagRules,
}

/// An open application.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Recommended {
    /// Connection of the application that stands for the case.
    pub connection: String,
    /// Its id there.
    pub source_id: String,
    /// Channel.
    pub channel: String,
    /// Store, or empty.
    pub store: String,
    /// Department, or empty.
    pub department: String,
    /// When the resume came, UTC, as the engine writes it.
    pub applied_at: String,
    /// The same as a day of the channel's zone.
    pub local_day: String,
    /// What it is ordered by.
    pub basis: Basis,
    /// Chance of being taken on and staying; none with tag rules.
    pub score: Option<f64>,
    /// 95 % interval of the chance, of the weights alone: what one person does is less sure than this.
    pub low: Option<f64>,
    /// Its upper end.
    pub high: Option<f64>,
    /// With tag rules: tags of the persona that the application carries.
    pub carried: u32,
    /// With tag rules: tags of the persona.
    pub wanted: u32,
    /// The greatest first.
    pub reasons: Vec<Reason>,
    /// See [`ModelCard::model_version`].
    pub model_version: String,
    /// See [`ModelCard::fitted_at`].
    pub fitted_at: String,
}

impl Recommended {
    /// What it is ordered by, the greatest first.
    pub(super) fn rank(&self) -> f64 {
        self.score.unwrap_or_else(|| f64::from(self.carried) / f64::from(self.wanted.max(1)))
    }
}

/// Which open applications.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RecommendQuery {
    /// Only of these channels; empty: of all.
    pub channels: Vec<String>,
    /// Only of these stores; empty: of all.
    pub stores: Vec<String>,
    /// How many, the best first.
    pub top: usize,
    /// Groups by application, for an audit.
    pub groups: Option<BTreeMap<String, String>>,
}

/// Which open applications to look at first, and what that advice is worth.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Recommendation {
    /// None while recommendations are off.
    pub model: Option<ModelCard>,
    /// Open applications of the channels and stores asked for.
    pub open: usize,
    /// The first of them.
    pub applications: Vec<Recommended>,
    /// Over all of them; none when no groups were delivered.
    pub audit: Option<Audit>,
}

/// Reads what the last analysis recommends.
pub async fn recommendations(store: &Store, config: &Config, query: &RecommendQuery) -> Result<Recommendation, AnalyticsError> {
    known_channels(config, &query.channels)?;
    let marts = Marts::live(store, config);
    let failed = || AnalyticsError::store("cannot read the recommendations");
    let card = store.rows(&marts.here("SELECT * FROM inflow.recommendation_model LIMIT 1"), &[]).await.map_err(failed())?;
    let model: Option<ModelCard> = typed("recommendation_model", card)?.into_iter().next();
    let rows = store.rows(&marts.here("SELECT * FROM inflow.recommendations"), &[]).await.map_err(failed())?;
    let mut rows: Vec<Recommended> = typed("recommendations", rows)?;
    let of = |wanted: &[String], has: &String| wanted.is_empty() || wanted.contains(has);
    rows.retain(|row| of(&query.channels, &row.channel) && of(&query.stores, &row.store));
    rows.sort_by(|a, b| b.rank().total_cmp(&a.rank()).then_with(|| (&a.applied_at, &a.source_id).cmp(&(&b.applied_at, &b.source_id))));
    let audit = query.groups.as_ref().map(|groups| audit(&rows, groups));
    let open = rows.len();
    rows.truncate(query.top);
    Ok(Recommendation { model, open, applications: rows, audit })
}

fn typed<T: DeserializeOwned>(table: &str, rows: Vec<serde_json::Map<String, Value>>) -> Result<Vec<T>, AnalyticsError> {
    let typed = |row| serde_json::from_value(Value::Object(row)).map_err(|source| AnalyticsError::row(table, source));
    rows.into_iter().map(typed).collect()
}
