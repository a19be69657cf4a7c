//! Reports that were sent to people: what, of which period, to whom, and what became of it.

use bytes::Bytes;
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::STATE_DATABASE;
use crate::error::StoreError;
use crate::store::Store;

/// A message of one period to one receiver.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MessageRow {
    /// Its id in `messages.toml`.
    pub message: String,
    /// First day of the period; 1970-01-01 with [`MessageState::Known`].
    pub period: NaiveDate,
    /// Id of the receiver in `messages.toml`; empty with [`MessageState::Known`].
    pub receiver: String,
    /// day, week or month.
    pub kind: String,
    /// What became of it.
    pub state: MessageState,
    /// How often it was handed over.
    pub attempts: u32,
    /// The first attempt.
    pub first_at: DateTime<Utc>,
    /// The last attempt, or its answer.
    pub last_at: DateTime<Utc>,
    /// When it is tried again.
    pub next_at: Option<DateTime<Utc>>,
    /// What the last attempt met, without addresses and keys.
    pub error: String,
}

/// What became of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MessageState {
    /// The message is known since `first_at`; nothing was due yet.
    Known,
    /// Handed over; whether it arrived is not known.
    Begun,
    /// The receiver has it.
    Sent,
    /// It did not arrive, and is tried again.
    Failed,
    /// It did not arrive, and is not tried again by itself.
    GivenUp,
}

impl Store {
    /// All that is remembered of messages, by message, period and receiver.
    pub async fn messages(&self) -> Result<Vec<MessageRow>, StoreError> {
        let sql = "SELECT * EXCEPT version FROM messages FINAL ORDER BY message, period, receiver";
        let settings = [("database", STATE_DATABASE), ("date_time_output_format", "iso")];
        let rows = self.0.writer.rows(sql, &[], &settings).await?;
        let read = |row| serde_json::from_value(Value::Object(row));
        rows.into_iter()
            .map(read)
            .collect::<Result<_, _>>()
            .map_err(|error| StoreError::Answer { what: "the messages".to_owned(), message: error.to_string() })
    }

    /// Remembers what became of a message, in the place of what was remembered before.
    pub async fn note_message(&self, row: &MessageRow) -> Result<(), StoreError> {
        let instant = |at: DateTime<Utc>| at.format("%Y-%m-%d %H:%M:%S%.3f").to_string();
        let mut value = json!(row);
        value["first_at"] = json!(instant(row.first_at));
        value["last_at"] = json!(instant(row.last_at));
        value["next_at"] = json!(row.next_at.map(instant));
        value["version"] = json!(self.next_version().await?);
        self.insert(STATE_DATABASE, "messages", &[], "JSONEachRow", Bytes::from(value.to_string()), "").await
    }
}
