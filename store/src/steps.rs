//! What is done for cases by `process.toml`, and who wants no messages.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::error::StoreError;
use crate::store::Store;
use crate::{STATE_DATABASE, array_literal};

/// A step that is planned or was done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepRow {
    /// Idempotency key.
    pub key: String,
    /// Process, by its id in `process.toml`.
    pub process: String,
    /// Ladder, gate or stage of it.
    pub rule: String,
    /// Step of the rule.
    pub step: String,
    /// What it is.
    pub kind: StepKind,
    /// Connection of the application.
    pub connection: String,
    /// Its id there.
    pub application: String,
    /// What of the case it is about: an invitation, an assessment, a stage.
    pub subject: String,
    /// Template, words of the task, ending that is proposed, or key of the task that a notice tells of.
    pub what: String,
    /// Of a notice: id in `messages.toml`.
    pub receiver: String,
    /// What became of it.
    pub state: StepState,
    /// How often it was handed over.
    pub attempts: u32,
    /// When it was due.
    pub due_at: DateTime<Utc>,
    /// When it was planned.
    pub first_at: DateTime<Utc>,
    /// When its state last changed.
    pub last_at: DateTime<Utc>,
    /// When it is tried again.
    pub next_at: Option<DateTime<Utc>>,
    /// What the last attempt met, without addresses and texts.
    pub error: String,
    /// Who did, confirmed or dismissed it.
    pub decided_by: String,
    /// Why.
    pub reason: String,
}

/// What a step is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StepKind {
    /// No step: since when the process is known.
    Known,
    /// To the candidate.
    Message,
    /// For a person.
    Task,
    /// Waits for a person's decision.
    Proposal,
    /// Tells a receiver of a task or proposal.
    Notice,
}

/// What became of a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StepState {
    /// To be sent.
    Planned,
    /// Handed over; whether it arrived is not known.
    Begun,
    /// It was taken.
    Sent,
    /// It did not arrive, and is tried again.
    Failed,
    /// It did not arrive, and is not tried again by itself.
    GivenUp,
    /// The candidate wants no messages.
    OptedOut,
    /// There is no phone or mail to send it to.
    Unreachable,
    /// Too late to be sent.
    Lapsed,
    /// No longer due.
    Obsolete,
    /// Waits for a person.
    Open,
    /// Done by a person.
    Done,
    /// Confirmed by a person.
    Confirmed,
    /// Turned down by a person.
    Dismissed,
}

impl StepState {
    /// Whether something is still to happen.
    pub fn is_pending(self) -> bool {
        matches!(self, Self::Planned | Self::Begun | Self::Failed | Self::Open)
    }

    /// The word in the store.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Planned => "planned",
            Self::Begun => "begun",
            Self::Sent => "sent",
            Self::Failed => "failed",
            Self::GivenUp => "given_up",
            Self::OptedOut => "opted_out",
            Self::Unreachable => "unreachable",
            Self::Lapsed => "lapsed",
            Self::Obsolete => "obsolete",
            Self::Open => "open",
            Self::Done => "done",
            Self::Confirmed => "confirmed",
            Self::Dismissed => "dismissed",
        }
    }
}

const PENDING: &str = "('planned', 'begun', 'failed', 'open')";

impl Store {
    /// What is still to happen, what was due or changed after `since`, and since when processes are known; by due time.
    pub async fn steps(&self, since: DateTime<Utc>) -> Result<Vec<StepRow>, StoreError> {
        let sql = format!(
            "SELECT * EXCEPT version FROM process_steps FINAL WHERE state IN {PENDING} OR kind = 'known' \
             OR due_at >= fromUnixTimestamp64Milli({{since:Int64}}) OR last_at >= fromUnixTimestamp64Milli({{since:Int64}}) ORDER BY due_at, key"
        );
        self.typed(&sql, &[("since", since.timestamp_millis().to_string())]).await
    }

    /// The steps whose keys begin so.
    pub async fn steps_of_key(&self, prefix: &str) -> Result<Vec<StepRow>, StoreError> {
        let sql =
            "SELECT * EXCEPT version FROM process_steps FINAL WHERE startsWith(key, {prefix:String}) AND kind != 'known' ORDER BY key";
        self.typed(sql, &[("prefix", prefix.to_owned())]).await
    }

    /// Remembers steps, each in the place of what was remembered under its key.
    pub async fn note_steps(&self, rows: &[StepRow]) -> Result<(), StoreError> {
        if rows.is_empty() {
            return Ok(());
        }
        let version = self.next_version().await?;
        let instant = |at: DateTime<Utc>| at.format("%Y-%m-%d %H:%M:%S%.3f").to_string();
        let rows: Vec<_> = rows
            .iter()
            .map(|row| {
                let mut value = json!(row);
                for (name, at) in [("due_at", row.due_at), ("first_at", row.first_at), ("last_at", row.last_at)] {
                    value[name] = json!(instant(at));
                }
                value["next_at"] = json!(row.next_at.map(instant));
                value["version"] = json!(version);
                value
            })
            .collect();
        self.put("process_steps", &rows, "").await
    }

    /// Forgets the steps of applications, by connection and id: their person is erased.
    pub async fn forget_steps(&self, applications: &[(String, String)]) -> Result<(), StoreError> {
        if applications.is_empty() {
            return Ok(());
        }
        let connections = array_literal(applications.iter().map(|(connection, _)| connection));
        let ids = array_literal(applications.iter().map(|(_, id)| id));
        let sql = format!(
            "DELETE FROM {STATE_DATABASE}.process_steps WHERE has(arrayZip({{connections:Array(String)}}, {{ids:Array(String)}}), \
             (toString(connection), application))"
        );
        self.execute(&sql, &[("connections", connections), ("ids", ids)], &[]).await
    }

    /// Who wants no messages, as keyed hashes.
    pub async fn opt_outs(&self) -> Result<HashSet<String>, StoreError> {
        let rows = self.state_rows("SELECT digest FROM process_opt_outs FINAL WHERE withdrawn = 0", &[]).await?;
        Ok(rows.iter().filter_map(|row| row.get("digest")?.as_str().map(str::to_owned)).collect())
    }

    /// Remembers who wants no messages, or wants them again.
    pub async fn note_opt_outs(&self, digests: &[String], withdrawn: bool) -> Result<(), StoreError> {
        let (version, at) = (self.next_version().await?, self.clock().now());
        let row = |digest: &String| json!({"digest": digest, "at": at, "withdrawn": u8::from(withdrawn), "version": version});
        self.put("process_opt_outs", &digests.iter().map(row).collect::<Vec<_>>(), "").await
    }
}
