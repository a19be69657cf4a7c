//! Plans of money that somebody kept.

use chrono::{DateTime, NaiveDate, SubsecRound, Utc};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::error::StoreError;
use crate::random;
use crate::state::with;
use crate::store::Store;

/// A kept plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BudgetPlanRow {
    /// Its id; [`Store::keep_budget_plan`] gives it one.
    pub id: String,
    /// The instant up to which the store was read.
    pub made_at: DateTime<Utc>,
    /// Who kept it, by name.
    pub kept_by: String,
    /// Its scenario; empty: none.
    pub scenario: String,
    /// `attended` or `onboarded`.
    pub people: String,
    /// Weeks that the money is for.
    pub weeks: u32,
    /// The last day whose spend was known.
    pub last_day: NaiveDate,
    /// What was asked, a JSON object.
    pub question: String,
    /// All figures, a JSON object.
    pub plan: String,
    /// Versions of the definitions, a JSON object.
    pub definitions: String,
    /// Version of the program.
    pub program: String,
}

impl Store {
    /// Keeps a plan, and says so in the audit in the name of `actor`; it comes back with its id.
    pub async fn keep_budget_plan(&self, actor: &str, row: BudgetPlanRow) -> Result<BudgetPlanRow, StoreError> {
        let row = BudgetPlanRow { id: random::id(), made_at: row.made_at.trunc_subsecs(3), ..row };
        self.put("budget_plans", &[with(&row, [])?], "").await?;
        let detail = json!({"plan": row.id, "kept_by": row.kept_by, "scenario": row.scenario, "people": row.people, "weeks": row.weeks});
        self.audit(actor, "keep plan", &detail.to_string()).await?;
        Ok(row)
    }

    /// All kept plans, newest first.
    pub async fn budget_plans(&self) -> Result<Vec<BudgetPlanRow>, StoreError> {
        self.typed("SELECT * FROM budget_plans ORDER BY made_at DESC, id DESC", &[]).await
    }
}
