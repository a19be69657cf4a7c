//! Tokens of the API and the page: who has one, what it may do, how much it is used. What a token opens is the affair of
//! who serves; here it is a hash.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::error::StoreError;
use crate::state::with;
use crate::store::Store;

/// A token as it is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenRow {
    /// What it begins with after `inflow_`; no two tokens have the same.
    pub prefix: String,
    /// Whose it is; one name has one token that holds.
    pub name: String,
    /// BLAKE3 of the token, in hexadecimal.
    pub hash: String,
    /// `admin`, `manager`, `recruiter`, `finance` or `auditor`.
    pub role: String,
    /// Of a recruiter: what it is narrowed to.
    pub requisitions: Vec<String>,
    /// Requests that it may send in a minute.
    pub per_minute: u32,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// From when on it opens nothing any more; `None`: it does not expire.
    pub expires_at: Option<DateTime<Utc>>,
    /// When it was revoked.
    pub revoked_at: Option<DateTime<Utc>>,
}

impl TokenRow {
    /// Whether it opens anything at an instant.
    pub fn holds(&self, now: DateTime<Utc>) -> bool {
        self.revoked_at.is_none() && self.expires_at.is_none_or(|end| now < end)
    }
}

/// How much a token was used: in all, or since it was last told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenUse {
    /// The token.
    pub prefix: String,
    /// Requests, refused ones included.
    pub requests: u64,
    /// Requests that were refused: over the limit, or beyond the role.
    pub refused: u64,
    /// When the last one came.
    pub last_used_at: DateTime<Utc>,
}

impl Store {
    /// All tokens, oldest first, those included that hold no more. Read once and kept until one is written.
    pub async fn tokens(&self) -> Result<Arc<Vec<TokenRow>>, StoreError> {
        let mut kept = self.0.tokens.lock().await;
        if let Some(tokens) = &*kept {
            return Ok(Arc::clone(tokens));
        }
        let sql = "SELECT * EXCEPT version FROM tokens FINAL ORDER BY created_at, prefix";
        let tokens: Arc<Vec<TokenRow>> = Arc::new(self.typed(sql, &[]).await?);
        // Beside the process that holds the folder, another writes.
        if self.is_holder() {
            *kept = Some(Arc::clone(&tokens));
        }
        Ok(tokens)
    }

    /// Keeps a token, or what has become of it: from here on it counts.
    pub async fn record_token(&self, row: &TokenRow) -> Result<(), StoreError> {
        let mut kept = self.0.tokens.lock().await;
        let row = with(row, [("version", json!(self.next_version().await?))])?;
        // Whatever becomes of the insert, the next one who asks reads anew.
        *kept = None;
        self.put("tokens", &[row], "").await
    }

    /// Adds to how much tokens are used.
    pub async fn record_uses(&self, uses: &[TokenUse]) -> Result<(), StoreError> {
        if uses.is_empty() {
            return Ok(());
        }
        let rows = uses.iter().map(|one| with(one, [("day", json!(one.last_used_at.date_naive()))]));
        let rows: Vec<Value> = rows.collect::<Result<_, _>>()?;
        self.put("token_uses", &rows, "").await
    }

    /// How much each token was used, of those that were.
    pub async fn token_uses(&self) -> Result<Vec<TokenUse>, StoreError> {
        let sql = "SELECT prefix, sum(u.requests) AS requests, sum(u.refused) AS refused, max(u.last_used_at) AS last_used_at \
                   FROM token_uses AS u GROUP BY prefix ORDER BY prefix SETTINGS final = 0";
        self.typed(sql, &[]).await
    }
}
