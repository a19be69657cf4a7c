//! Second calls, only for records that a list shows new or changed.

use std::collections::HashMap;

use super::PullContext;
use crate::error::PullError;
use crate::spec::Stream;
use crate::state::Landed;

/// What lists showed of each record when its second call was made last. Kept like what was landed, after it.
pub(crate) struct Outlines<'a> {
    ctx: &'a PullContext<'a>,
    connection: &'a str,
    key: String,
    known: HashMap<u64, u64>,
    fresh: Vec<Landed>,
    /// Commits so far in this pull; part of the token that makes a repeat harmless.
    commits: u32,
}

impl<'a> Outlines<'a> {
    pub(crate) async fn new(ctx: &'a PullContext<'a>, connection: &'a str, stream: &Stream) -> Result<Outlines<'a>, PullError> {
        let key = format!("{}#list", stream.name);
        let known = ctx.state.landed(connection, &key).await.map_err(|error| PullError::own(&error))?;
        let known = known.into_values().map(|row| (row.key_hash, row.content_hash)).collect();
        Ok(Outlines { ctx, connection, key, known, fresh: Vec::new(), commits: 0 })
    }

    /// Whether the list says of a record what it said when its second call was made.
    pub(crate) fn is_known(&self, key_hash: u64, hash: u64) -> bool {
        self.known.get(&key_hash) == Some(&hash)
    }

    /// Notes what the list says of a record whose second call was made.
    pub(crate) fn note(&mut self, key_hash: u64, hash: u64) {
        self.known.insert(key_hash, hash);
        self.fresh.push(Landed { key_hash, content_hash: hash, gone: false });
    }

    /// Number of records noted and not yet remembered.
    pub(crate) fn pending(&self) -> usize {
        self.fresh.len()
    }

    /// Remembers what was noted: its lines are landed and stored.
    pub(crate) async fn commit(&mut self, started_ms: i64) -> Result<(), PullError> {
        let rows = std::mem::take(&mut self.fresh);
        if rows.is_empty() {
            return Ok(());
        }
        self.commits += 1;
        let token = format!("{}/{}/{started_ms}/{}", self.connection, self.key, self.commits);
        self.ctx.state.commit_landed(self.connection, &self.key, &rows, &token).await.map_err(|error| PullError::own(&error))
    }
}
