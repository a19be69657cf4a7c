//! Reposts that were carried out by plan: what measures at which hour to post.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::STATE_DATABASE;
use crate::error::StoreError;
use crate::store::Store;

/// A repost or refresh that was carried out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RepostRow {
    /// Idempotency key of the planned slot; told again it replaces what was told before.
    pub plan: String,
    /// Connection of the posting.
    pub connection: String,
    /// Its id there.
    pub posting_source_id: String,
    /// Channel.
    pub channel: String,
    /// Hour of the slot in the channel's zone, 0 to 23.
    pub hour: u8,
    /// Working hours that it was drawn from at random; none when advice put it there.
    pub drawn_from: Option<Vec<u8>>,
    /// When it was carried out.
    pub reposted_at: DateTime<Utc>,
}

impl Store {
    /// Notes reposts that were carried out, each plan once.
    pub async fn note_reposts(&self, reposts: &[RepostRow]) -> Result<(), StoreError> {
        if reposts.is_empty() {
            return Ok(());
        }
        let version = self.next_version().await?;
        let mut body = Vec::new();
        for one in reposts {
            let row = json!({
                "plan": one.plan, "connection": one.connection, "posting_source_id": one.posting_source_id, "channel": one.channel,
                "hour": one.hour, "drawn": u8::from(one.drawn_from.is_some()), "hours": one.drawn_from.clone().unwrap_or_default(),
                "reposted_at": one.reposted_at.format("%Y-%m-%d %H:%M:%S%.3f").to_string(), "version": version,
            });
            body.extend(row.to_string().into_bytes());
            body.push(b'\n');
        }
        self.insert(STATE_DATABASE, "reposts", &[], "JSONEachRow", body.into(), "").await
    }
}
