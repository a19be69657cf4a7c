//! What people were told of alerts, and what they said of them.

use chrono::{DateTime, NaiveDate, SubsecRound, Utc};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::error::StoreError;
use crate::store::Store;

/// Something that people are told of an alert, once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AlertEventRow {
    /// Key of rule, slice and the day on which it began.
    pub alert: String,
    /// What is told.
    pub event: AlertEvent,
    /// Rule of `alerts.toml`, or `channel_drop` or `connection`.
    pub rule: String,
    /// Whose figure; of a connection its name.
    pub slice: String,
    /// Channels that it is of.
    pub channels: Vec<String>,
    /// The day on which it began.
    pub raised_on: NaiveDate,
    /// When it was planned.
    pub at: DateTime<Utc>,
    /// The message that tells it, of several together.
    pub letter: String,
    /// Ids in `messages.toml`.
    pub receivers: Vec<String>,
    /// What is told.
    pub text: String,
}

/// What is told of an alert.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AlertEvent {
    /// That it began.
    Begin,
    /// That it still stands, to others too.
    Escalation,
    /// That it ended.
    End,
}

impl AlertEvent {
    /// The word in the store.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Begin => "begin",
            Self::Escalation => "escalation",
            Self::End => "end",
        }
    }
}

/// What somebody said of alerts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AlertDecisionRow {
    /// Of an acknowledgement the key of the alert.
    pub id: String,
    /// What it is.
    pub kind: AlertDecision,
    /// Of a silence; empty: any.
    pub rule: String,
    /// Of a silence; empty: any.
    pub slice: String,
    /// Of a silence; empty: any.
    pub channel: String,
    /// Of a silence: until when.
    pub until: Option<DateTime<Utc>>,
    /// Why.
    pub reason: String,
    /// Who.
    pub decided_by: String,
    /// When.
    pub at: DateTime<Utc>,
}

/// What somebody can say of alerts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AlertDecision {
    /// That it is seen to.
    Ack,
    /// That nobody is to be told for a while.
    Silence,
}

/// What an acknowledgement came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Acknowledged {
    /// It is kept.
    Kept(AlertEventRow),
    /// Somebody acknowledged it before.
    Before(AlertEventRow, AlertDecisionRow),
    /// Nobody was told of such an alert.
    Unknown,
}

fn instant(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%d %H:%M:%S%.3f").to_string()
}

impl Store {
    /// What people were told, by instant.
    pub async fn alert_events(&self) -> Result<Vec<AlertEventRow>, StoreError> {
        self.typed("SELECT * EXCEPT version FROM alert_events FINAL ORDER BY at, alert, event", &[]).await
    }

    /// Remembers what people are told, all of it at once.
    pub async fn note_alert_events(&self, rows: &[AlertEventRow]) -> Result<(), StoreError> {
        if rows.is_empty() {
            return Ok(());
        }
        let version = self.next_version().await?;
        let written = rows.iter().map(|row| {
            let mut value = json!(row);
            (value["at"], value["version"]) = (json!(instant(row.at)), json!(version));
            value
        });
        self.put("alert_events", &written.collect::<Vec<_>>(), "").await
    }

    /// What people said of alerts, by instant.
    pub async fn alert_decisions(&self) -> Result<Vec<AlertDecisionRow>, StoreError> {
        self.typed("SELECT * EXCEPT version FROM alert_decisions FINAL ORDER BY at, id", &[]).await
    }

    /// An alert that people were told of, by its key or the beginning of it.
    pub async fn alert_told(&self, key: &str) -> Result<Option<AlertEventRow>, StoreError> {
        let sql = "SELECT * EXCEPT version FROM alert_events FINAL WHERE startsWith(alert, {key:String}) AND event = 'begin' ORDER BY at DESC LIMIT 1";
        Ok(self.typed(sql, &[("key", key.to_owned())]).await?.into_iter().next())
    }

    /// Notes that somebody sees to an alert, once: a second one finds who did. Says so in the audit.
    pub async fn acknowledge_alert(&self, actor: &str, key: &str, reason: &str) -> Result<Acknowledged, StoreError> {
        let _turn = self.0.deciding.lock().await;
        let Some(told) = self.alert_told(key).await?.filter(|_| !key.is_empty()) else { return Ok(Acknowledged::Unknown) };
        let before = self.alert_decisions().await?.into_iter().find(|row| row.kind == AlertDecision::Ack && row.id == told.alert);
        if let Some(before) = before {
            return Ok(Acknowledged::Before(told, before));
        }
        let at = self.clock().now().trunc_subsecs(3);
        self.put_alert_decision(&AlertDecisionRow {
            id: told.alert.clone(),
            kind: AlertDecision::Ack,
            rule: told.rule.clone(),
            slice: told.slice.clone(),
            channel: String::new(),
            until: None,
            reason: reason.to_owned(),
            decided_by: actor.to_owned(),
            at,
        })
        .await?;
        let detail = json!({"alert": told.alert, "rule": told.rule, "slice": told.slice, "reason": reason});
        self.audit(actor, "alert ack", &detail.to_string()).await?;
        Ok(Acknowledged::Kept(told))
    }

    /// Notes that nobody is to be told of some alerts for a while. Says so in the audit.
    pub async fn silence_alerts(&self, row: &AlertDecisionRow) -> Result<(), StoreError> {
        let _turn = self.0.deciding.lock().await;
        self.put_alert_decision(row).await?;
        let detail = json!({"rule": row.rule, "slice": row.slice, "channel": row.channel, "until": row.until, "reason": row.reason});
        self.audit(&row.decided_by, "alert silence", &detail.to_string()).await
    }

    async fn put_alert_decision(&self, row: &AlertDecisionRow) -> Result<(), StoreError> {
        let mut value = json!(row);
        value["at"] = json!(instant(row.at));
        value["until"] = json!(row.until.map(instant));
        value["version"] = json!(self.next_version().await?);
        self.put("alert_decisions", &[value], "").await
    }
}
