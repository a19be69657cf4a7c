//! What people said to advice.

use chrono::{DateTime, SubsecRound, Utc};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::error::StoreError;
use crate::random;
use crate::state::with;
use crate::store::Store;

/// A decision on an advice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DecisionRow {
    /// Its id; [`Store::decide`] gives it one.
    pub id: String,
    /// When; [`Store::decide`] takes the store's clock.
    pub decided_at: DateTime<Utc>,
    /// The advice, such as `budget/attended/boss`.
    pub advice: String,
    /// `accepted` or `rejected`.
    pub verdict: String,
    /// Who decided, by name.
    pub decided_by: String,
    /// Prefix of the token that said so.
    pub token: String,
    /// Why.
    pub reason: String,
    /// What the advice said then, a JSON object.
    pub stated: String,
}

impl Store {
    /// Keeps a decision, and says so in the audit in the name of `actor`; it comes back with its id and instant.
    pub async fn decide(&self, actor: &str, decision: DecisionRow) -> Result<DecisionRow, StoreError> {
        let decision = DecisionRow { id: random::id(), decided_at: self.clock().now().trunc_subsecs(3), ..decision };
        self.put("decisions", &[with(&decision, [])?], "").await?;
        let detail = json!({
            "decision": decision.id, "advice": decision.advice, "verdict": decision.verdict, "decided_by": decision.decided_by,
            "reason": decision.reason,
        });
        self.audit(actor, "decide", &detail.to_string()).await?;
        Ok(decision)
    }

    /// The newest decision on each advice.
    pub async fn decisions_that_hold(&self) -> Result<Vec<DecisionRow>, StoreError> {
        self.typed("SELECT * FROM decisions ORDER BY decided_at DESC, id DESC LIMIT 1 BY advice", &[]).await
    }
}
