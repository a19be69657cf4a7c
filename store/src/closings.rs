//! Months that were closed, typed: who closed and reopened them, and what was frozen under which hash.

use bytes::Bytes;
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::STATE_DATABASE;
use crate::error::StoreError;
use crate::store::Store;

/// A closing of a month, and its reopening when there was one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClosingRow {
    /// First day of the month.
    pub month: NaiveDate,
    /// How often the month was closed, this time included.
    pub number: u32,
    /// Running number of all closings, from 1.
    pub sequence: u32,
    /// First service day that it froze.
    pub from_day: NaiveDate,
    /// Last day of the month.
    pub to_day: NaiveDate,
    /// When it was closed.
    pub closed_at: DateTime<Utc>,
    /// By whom.
    pub closed_by: String,
    /// Why, although it did not tie, after the names of the wallets or the bank that were off; empty: it tied.
    pub despite: String,
    /// The base currency.
    pub base: String,
    /// What it froze, a decimal in the base currency.
    pub total: String,
    /// Part of it: later changes of months that had been closed before.
    pub carried: String,
    /// Rows of `closed_costs`.
    pub lines: u64,
    /// Versions of all definitions, a JSON object.
    pub versions: String,
    /// Version of the program.
    pub program: String,
    /// Hash of the closing made before; empty: there was none.
    pub previous: String,
    /// Hash of what was frozen, in hexadecimal.
    pub hash: String,
    /// When it was reopened.
    pub reopened_at: Option<DateTime<Utc>>,
    /// By whom.
    pub reopened_by: String,
    /// Why.
    pub reopen_reason: String,
}

/// Tables whose rows a closing freezes, each with a partition for it.
const FROZEN: [&str; 4] = ["closed_costs", "closed_figures", "closed_sources", "closed_people"];

impl Store {
    /// All closings, in the order in which they were made.
    pub async fn closings(&self) -> Result<Vec<ClosingRow>, StoreError> {
        let sql = "SELECT * EXCEPT (version, total, carried), toDecimalString(total, 2) AS total, toDecimalString(carried, 2) AS carried \
                   FROM closings FINAL ORDER BY sequence";
        let settings = [("database", STATE_DATABASE), ("date_time_output_format", "iso")];
        let rows = self.0.writer.rows(sql, &[], &settings).await?;
        let read = |row| serde_json::from_value(Value::Object(row));
        rows.into_iter()
            .map(read)
            .collect::<Result<_, _>>()
            .map_err(|error| StoreError::Answer { what: "the closings".to_owned(), message: error.to_string() })
    }

    /// Notes a closing, or its reopening: from here on it counts.
    pub async fn record_closing(&self, row: &ClosingRow) -> Result<(), StoreError> {
        let instant = |at: DateTime<Utc>| at.format("%Y-%m-%d %H:%M:%S%.3f").to_string();
        let mut value = json!(row);
        value["closed_at"] = json!(instant(row.closed_at));
        value["reopened_at"] = json!(row.reopened_at.map(instant));
        value["version"] = json!(self.next_version().await?);
        self.insert(STATE_DATABASE, "closings", &[], "JSONEachRow", Bytes::from(value.to_string()), "").await
    }

    /// Forgets what a closing froze that was cut off before it was noted.
    pub async fn forget_frozen(&self, month: NaiveDate, number: u32) -> Result<(), StoreError> {
        let partition = vec![format!("('{month}', {number})")];
        for table in FROZEN {
            self.drop_partitions(STATE_DATABASE, table, &partition).await?;
        }
        Ok(())
    }
}
