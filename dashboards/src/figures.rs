//! What the page and the API are answered from.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use axum::http::StatusCode;
use chrono::{DateTime, NaiveDate, Utc};
use inflow_actions::alert::link::AlertSigner;
use inflow_actions::feed::Openings;
use inflow_actions::repost::link::Signer;
use inflow_analytics::{AnalyticsError, Part, Query, Report, Unmapped};
use inflow_config::Config;
use inflow_store::{
    Acknowledged, After, AlertDecisionRow, AlertEventRow, AuditRow, DecisionRow, MessageRow, RepostDecision, RepostLeftRow, RepostSlotRow,
    RunFilter, RunRow, Store, StoreError, TokenRow, TokenUse,
};
use prometheus_client::registry::Registry;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::failure::Failure;
use crate::measures::{self, Measure};
use crate::reports::Reports;

/// Where figures come from: the store, or a stand-in in tests.
#[async_trait]
pub(crate) trait Figures: Send + Sync + 'static {
    /// One metric.
    async fn report(&self, query: &Query) -> Result<Report, Failure>;
    /// The connections that have been tried, by name.
    async fn health(&self) -> Result<BTreeMap<String, Health>, Failure>;
    /// Words that nobody mapped, by connection.
    async fn unmapped(&self) -> Result<BTreeMap<String, Vec<Unmapped>>, Failure>;
    /// What changes when figures may have changed.
    async fn stamp(&self) -> Result<Stamp, Failure>;
    /// How far the data reaches.
    async fn reach(&self) -> Result<Reach, Failure>;
    /// Fails when the store does not answer, or its tables are being exchanged.
    async fn ready(&self) -> Result<(), Failure>;
    /// What the store tells of itself to Prometheus.
    async fn measures(&self) -> Result<Vec<Measure>, Failure>;
    /// What the process counted.
    fn register(&self, registry: &mut Registry);
    /// A part of one metric's rows, in the order of their keys.
    async fn part(&self, query: &Query, part: &Part) -> Result<Report, Failure>;
    /// A word that is another whenever what figures read may be; none when nobody can tell.
    fn generation(&self) -> Option<String>;
    /// Runs, newest first, after one of them.
    async fn runs(&self, filter: &RunFilter, after: Option<&After>, limit: usize) -> Result<Vec<RunRow>, Failure>;
    /// All tokens.
    async fn tokens(&self) -> Result<Arc<Vec<TokenRow>>, Failure>;
    /// Adds to how much tokens are used.
    async fn record_uses(&self, uses: &[TokenUse]) -> Result<(), Failure>;
    /// Says who did what.
    async fn audit(&self, actor: &str, action: &str, detail: &str) -> Result<(), Failure>;
    /// Who did what, newest first, after one line of it.
    async fn audited(&self, after: Option<&After>, limit: usize) -> Result<Vec<AuditRow>, Failure>;
    /// Decisions, newest first, after one of them.
    async fn decisions(&self, after: Option<&After>, limit: usize) -> Result<Vec<DecisionRow>, Failure>;
    /// The newest decision on each advice.
    async fn decided(&self) -> Result<Vec<DecisionRow>, Failure>;
    /// Keeps a decision.
    async fn decide(&self, actor: &str, decision: DecisionRow) -> Result<DecisionRow, Failure>;
    /// Slots of reposts from an instant to before another, of one channel or all.
    async fn repost_slots(&self, channel: Option<&str>, from: DateTime<Utc>, before: DateTime<Utc>) -> Result<Vec<RepostSlotRow>, Failure>;
    /// Postings that the newest plan gave no slot.
    async fn repost_left(&self, channel: Option<&str>) -> Result<Vec<RepostLeftRow>, Failure>;
    /// One slot.
    async fn repost_slot(&self, slot: &str) -> Result<Option<RepostSlotRow>, Failure>;
    /// Keeps that a slot was carried out, or is not to be.
    async fn decide_repost(&self, actor: &str, slot: &str, done: bool) -> Result<RepostDecision, Failure>;
    /// The company's own openings, as the public may see them.
    async fn openings(&self, now: DateTime<Utc>) -> Result<Openings, Failure>;
    /// Who signs the links of to-dos.
    fn signer(&self) -> Result<Signer, Failure>;
    /// What people were told of alerts, and what they said.
    async fn alert_notes(&self) -> Result<AlertNotes, Failure>;
    /// An alert that people were told of.
    async fn alert_told(&self, alert: &str) -> Result<Option<AlertEventRow>, Failure>;
    /// Keeps that somebody sees to an alert.
    async fn acknowledge_alert(&self, actor: &str, alert: &str) -> Result<Acknowledged, Failure>;
    /// Who signs the links of alerts.
    fn alert_signer(&self) -> Result<AlertSigner, Failure>;
}

/// What is known of alerts beside how they stand.
#[derive(Debug, Clone, Default)]
pub(crate) struct AlertNotes {
    /// What people were to be told.
    pub(crate) events: Vec<AlertEventRow>,
    /// What they said.
    pub(crate) decisions: Vec<AlertDecisionRow>,
    /// What became of the letters.
    pub(crate) messages: Vec<MessageRow>,
}

/// How a connection is doing.
#[derive(Debug, Clone, Default, Serialize)]
pub(crate) struct Health {
    pub(crate) channels: Vec<String>,
    /// `ok` or `failing`.
    pub(crate) status: String,
    pub(crate) last_attempt_at: Option<DateTime<Utc>>,
    pub(crate) last_success_at: Option<DateTime<Utc>>,
    pub(crate) failing_since: Option<DateTime<Utc>>,
    pub(crate) error_kind: String,
    pub(crate) error: String,
    /// Records that could not be understood and wait to be looked at.
    pub(crate) quarantined: u64,
}

/// How far the data reaches.
#[derive(Debug, Clone, Default, Serialize)]
pub(crate) struct Reach {
    /// First and last day with anything, in the company's zone; nothing in an empty store.
    pub(crate) first: Option<NaiveDate>,
    pub(crate) last: Option<NaiveDate>,
    /// Stores that rows name.
    #[serde(skip)]
    pub(crate) stores: Vec<String>,
}

/// A page that is open asks for this now and then, and for figures only when it has changed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Stamp {
    /// Versions of the last analysis, closing and pull, as one word that is compared and not read.
    pub(crate) stamp: String,
    /// An analysis is under way: some figures are new already, others not yet.
    pub(crate) analysing: bool,
}

/// The store's own answers.
pub(crate) struct StoreFigures {
    pub(crate) store: Store,
    pub(crate) config: Arc<Config>,
    pub(crate) reports: Reports,
}

const REACH: &str = "
SELECT toString(min(first)) AS first, toString(max(last)) AS last, count() AS found
FROM
(
    SELECT toDate(min(entered_at), {tz:String}) AS first, toDate(max(entered_at), {tz:String}) AS last FROM inflow.application_stages HAVING count() > 0
    UNION ALL
    SELECT toDate(min(quarter), {tz:String}), toDate(max(quarter), {tz:String}) FROM inflow.posting_quarters WHERE posted + posted_day_only > 0 HAVING count() > 0
    UNION ALL
    SELECT min(day), max(day) FROM inflow.spend_days HAVING count() > 0
)";

const STORES: &str = "
SELECT DISTINCT store FROM
(
    SELECT DISTINCT toString(store) AS store FROM inflow.application_stages
    UNION ALL SELECT DISTINCT toString(store) FROM inflow.posting_quarters
    UNION ALL SELECT DISTINCT toString(store) FROM inflow.spend_days
)
WHERE store != '' ORDER BY store LIMIT 1000";

// Of tables with a row for each analysis, closing and connection: nothing that grows with the data is read.
const STAMP: &str = "
SELECT
    concat(
        toString((SELECT max(version) FROM inflow_state.analysed)), '-',
        toString((SELECT max(version) FROM inflow_state.closings)), '-',
        toString((SELECT max(version) FROM inflow_state.connection_health))) AS stamp,
    (SELECT count() FROM inflow_state.analysed FINAL WHERE inputs = '') > 0 AS analysing";

const QUARANTINED: &str =
    "SELECT toString(connection) AS connection, count() AS records FROM inflow_state.quarantine FINAL GROUP BY connection";

#[async_trait]
impl Figures for StoreFigures {
    async fn report(&self, query: &Query) -> Result<Report, Failure> {
        let making = async { inflow_analytics::report(&self.store, &self.config, query).await.map_err(refused) };
        self.reports.get(query, self.store.writes(), self.store.clock().now(), making).await
    }

    async fn health(&self) -> Result<BTreeMap<String, Health>, Failure> {
        let rows = self.store.health().await.map_err(|error| Failure::explained(&error))?;
        let waiting = self.rows(QUARANTINED, &[]).await?;
        let waiting: BTreeMap<&str, u64> =
            waiting.iter().filter_map(|row| Some((text(row, "connection")?, row.get("records")?.as_u64()?))).collect();
        let health = rows.into_iter().map(|row| {
            let quarantined = waiting.get(row.connection.as_str()).copied().unwrap_or_default();
            let health = Health {
                channels: row.channels,
                status: row.status,
                last_attempt_at: Some(row.last_attempt_at),
                last_success_at: row.last_success_at,
                failing_since: row.failing_since,
                error_kind: row.error_kind,
                error: row.error,
                quarantined,
            };
            (row.connection, health)
        });
        Ok(health.collect())
    }

    async fn unmapped(&self) -> Result<BTreeMap<String, Vec<Unmapped>>, Failure> {
        inflow_analytics::unmapped_words(&self.store, &self.config).await.map_err(|error| Failure::explained(&error))
    }

    async fn stamp(&self) -> Result<Stamp, Failure> {
        let rows = self.rows(STAMP, &[]).await?;
        let row = rows.first();
        Ok(Stamp {
            stamp: row.and_then(|row| text(row, "stamp")).unwrap_or_default().to_owned(),
            analysing: row.and_then(|row| row.get("analysing")?.as_u64()).is_some_and(|running| running > 0),
        })
    }

    async fn reach(&self) -> Result<Reach, Failure> {
        let zone = self.config.settings.company.timezone.name().to_owned();
        let spans = self.rows(REACH, &[("tz", zone)]).await?;
        let stores = self.rows(STORES, &[]).await?;
        let span = spans.first().filter(|row| row.get("found").and_then(Value::as_u64).is_some_and(|found| found > 0));
        let day = |column| span.and_then(|row| text(row, column)).and_then(|day| day.parse().ok());
        Ok(Reach {
            first: day("first"),
            last: day("last"),
            stores: stores.iter().filter_map(|row| text(row, "store")).map(str::to_owned).collect(),
        })
    }

    async fn ready(&self) -> Result<(), Failure> {
        if !self.store.is_settled() {
            return Err(Failure::new(StatusCode::SERVICE_UNAVAILABLE, "tables are being exchanged"));
        }
        self.rows("SELECT 1 AS one", &[]).await.map(|_| ())
    }

    async fn measures(&self) -> Result<Vec<Measure>, Failure> {
        let ties = self.report(&measures::ties_query(&self.config, self.store.clock().now())).await.ok();
        measures::gather(&self.store, &self.config, ties.as_ref()).await.map_err(|error| Failure::explained(&error))
    }

    fn register(&self, registry: &mut Registry) {
        self.store.register_measures(registry);
    }

    async fn part(&self, query: &Query, part: &Part) -> Result<Report, Failure> {
        inflow_analytics::report_part(&self.store, &self.config, query, part).await.map_err(refused)
    }

    fn generation(&self) -> Option<String> {
        self.store.generation()
    }

    async fn runs(&self, filter: &RunFilter, after: Option<&After>, limit: usize) -> Result<Vec<RunRow>, Failure> {
        self.store.runs_after(filter, after, limit).await.map_err(failed)
    }

    async fn tokens(&self) -> Result<Arc<Vec<TokenRow>>, Failure> {
        self.store.tokens().await.map_err(failed)
    }

    async fn record_uses(&self, uses: &[TokenUse]) -> Result<(), Failure> {
        self.store.record_uses(uses).await.map_err(failed)
    }

    async fn audit(&self, actor: &str, action: &str, detail: &str) -> Result<(), Failure> {
        self.store.audit(actor, action, detail).await.map_err(failed)
    }

    async fn audited(&self, after: Option<&After>, limit: usize) -> Result<Vec<AuditRow>, Failure> {
        self.store.audit_after(after, limit).await.map_err(failed)
    }

    async fn decisions(&self, after: Option<&After>, limit: usize) -> Result<Vec<DecisionRow>, Failure> {
        self.store.decisions_after(after, limit).await.map_err(failed)
    }

    async fn decided(&self) -> Result<Vec<DecisionRow>, Failure> {
        self.store.decisions_that_hold().await.map_err(failed)
    }

    async fn decide(&self, actor: &str, decision: DecisionRow) -> Result<DecisionRow, Failure> {
        self.store.decide(actor, decision).await.map_err(failed)
    }

    async fn repost_slots(&self, channel: Option<&str>, from: DateTime<Utc>, before: DateTime<Utc>) -> Result<Vec<RepostSlotRow>, Failure> {
        self.store.repost_slots(channel, from, before).await.map_err(failed)
    }

    async fn repost_left(&self, channel: Option<&str>) -> Result<Vec<RepostLeftRow>, Failure> {
        self.store.repost_left(channel).await.map_err(failed)
    }

    async fn repost_slot(&self, slot: &str) -> Result<Option<RepostSlotRow>, Failure> {
        self.store.repost_slot(slot).await.map_err(failed)
    }

    async fn decide_repost(&self, actor: &str, slot: &str, done: bool) -> Result<RepostDecision, Failure> {
        self.store.decide_repost(actor, slot, done).await.map_err(failed)
    }

    async fn openings(&self, now: DateTime<Utc>) -> Result<Openings, Failure> {
        if !self.store.is_settled() {
            return Err(Failure::new(StatusCode::SERVICE_UNAVAILABLE, "tables are being exchanged"));
        }
        Openings::read(&self.store, &self.config, now).await.map_err(|error| {
            // Anybody may ask, and the reason may name a folder.
            tracing::error!(%error, "the feed cannot be read");
            Failure::new(StatusCode::INTERNAL_SERVER_ERROR, "the openings cannot be read now")
        })
    }

    fn signer(&self) -> Result<Signer, Failure> {
        Signer::of(&self.store).map_err(failed)
    }

    async fn alert_notes(&self) -> Result<AlertNotes, Failure> {
        Ok(AlertNotes {
            events: self.store.alert_events().await.map_err(failed)?,
            decisions: self.store.alert_decisions().await.map_err(failed)?,
            messages: self.store.messages().await.map_err(failed)?,
        })
    }

    async fn alert_told(&self, alert: &str) -> Result<Option<AlertEventRow>, Failure> {
        self.store.alert_told(alert).await.map_err(failed)
    }

    async fn acknowledge_alert(&self, actor: &str, alert: &str) -> Result<Acknowledged, Failure> {
        self.store.acknowledge_alert(actor, alert, "").await.map_err(failed)
    }

    fn alert_signer(&self) -> Result<AlertSigner, Failure> {
        AlertSigner::of(&self.store).map_err(failed)
    }
}

#[expect(clippy::needless_pass_by_value, reason = "given to map_err")]
fn failed(error: StoreError) -> Failure {
    Failure::explained(&error)
}

#[expect(clippy::needless_pass_by_value, reason = "given to map_err")]
fn refused(error: AnalyticsError) -> Failure {
    match error {
        // Nothing is wrong with the request; it comes too early.
        AnalyticsError::NotAnalyzed { .. } => Failure::explained(&error).status(StatusCode::CONFLICT),
        _ => Failure::explained(&error),
    }
}

impl StoreFigures {
    async fn rows(&self, sql: &str, params: &[(&str, String)]) -> Result<Vec<Map<String, Value>>, Failure> {
        self.store.rows(sql, params).await.map_err(|error| Failure::explained(&error))
    }
}

fn text<'a>(row: &'a Map<String, Value>, column: &str) -> Option<&'a str> {
    row.get(column).and_then(Value::as_str)
}
