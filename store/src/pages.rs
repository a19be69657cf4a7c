//! Lists that grow, a page at a time, newest first.
//!
//! A page begins after the last row of the one before, named by its instant and id, and not at a number of rows: what is
//! written meanwhile stands before the first page and moves nothing, so that who walks through meets each row once.

use chrono::{DateTime, Utc};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::client::Param;
use crate::decisions::DecisionRow;
use crate::error::StoreError;
use crate::state::RunRow;
use crate::store::Store;

/// The row after which a page begins.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct After {
    /// Its instant, to the millisecond.
    pub at: DateTime<Utc>,
    /// Its id.
    pub id: String,
}

/// Which runs; empty lists: all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RunFilter {
    /// Connections.
    pub connections: Vec<String>,
    /// `ok` or `failed`.
    pub statuses: Vec<String>,
}

/// A line of the audit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditRow {
    /// When.
    pub at: DateTime<Utc>,
    /// Which line; of lines that had no id, a hash of what they say.
    pub id: String,
    /// Who: a person, a token's name, or [`crate::COMMAND_LINE`].
    pub actor: String,
    /// What, such as `erase`, `close`, `token add`.
    pub action: String,
    /// On what, as a JSON object or a sentence.
    pub detail: String,
}

const RUNS: &str = "SELECT * FROM runs FINAL WHERE (empty({connections:Array(String)}) OR has({connections:Array(String)}, toString(connection))) \
    AND (empty({statuses:Array(String)}) OR has({statuses:Array(String)}, toString(status)))";
const DECISIONS: &str = "SELECT * FROM decisions";
// What was written twice, before lines had ids, is one line.
const AUDIT: &str =
    "SELECT DISTINCT at, if(id != '', id, hex(sipHash128(action, detail))) AS id, actor, toString(action) AS action, detail FROM audit";

impl Store {
    /// At most `limit` runs, newest first, after one of them.
    pub async fn runs_after(&self, filter: &RunFilter, after: Option<&After>, limit: usize) -> Result<Vec<RunRow>, StoreError> {
        let narrowed = [("connections", crate::array_literal(&filter.connections)), ("statuses", crate::array_literal(&filter.statuses))];
        self.after(RUNS, ["started_at", "run_id"], &narrowed, after, limit).await
    }

    /// At most `limit` decisions, newest first, after one of them.
    pub async fn decisions_after(&self, after: Option<&After>, limit: usize) -> Result<Vec<DecisionRow>, StoreError> {
        self.after(DECISIONS, ["decided_at", "id"], &[], after, limit).await
    }

    /// At most `limit` lines of the audit, newest first, after one of them.
    pub async fn audit_after(&self, after: Option<&After>, limit: usize) -> Result<Vec<AuditRow>, StoreError> {
        self.after(AUDIT, ["at", "id"], &[], after, limit).await
    }

    async fn after<T: DeserializeOwned>(
        &self,
        all: &str,
        [at, id]: [&str; 2],
        params: &[Param<'_>],
        after: Option<&After>,
        limit: usize,
    ) -> Result<Vec<T>, StoreError> {
        let mut params = params.to_vec();
        params.push(("limit", limit.to_string()));
        let mut later = String::new();
        if let Some(after) = after {
            later = format!("WHERE ({at}, {id}) < ({{after_at:DateTime64(3, 'UTC')}}, {{after_id:String}})");
            params.push(("after_at", after.at.format("%Y-%m-%d %H:%M:%S%.3f").to_string()));
            params.push(("after_id", after.id.clone()));
        }
        let sql = format!("SELECT * FROM ({all}) {later} ORDER BY {at} DESC, {id} DESC LIMIT {{limit:UInt32}}");
        self.typed(&sql, &params).await
    }
}
