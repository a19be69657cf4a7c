//! Clusters of postings that are of one job: reposts, and near-duplicates across channels.
//!
//! ```text
//! posting -> form (what is compared) -> bands -> candidates -> compared -> pairs -> components -> cluster
//! ```
//!
//! Each step depends on the postings alone: who is compared with whom and what comes of it is a matter of two forms, never of what else
//! there is or what came first. So a new day's postings probe the bands that are stored, only the clusters which they bridge
//! are made anew, and a replay finds the same. `docs/near-duplicates.md` says how well it does.
//!
//! - [`form`], [`text`]: what is compared
//! - [`signature`], [`candidates`]: which pairs are worth it
//! - [`compare`]: the decision
//! - [`component`]: clusters of decisions, guarded against chains
//! - [`decisions`]: what people decided
//! - [`explain`]: why a posting is where it is

pub mod candidates;
pub mod compare;
pub mod component;
pub mod decisions;
pub mod explain;
pub mod form;
#[cfg(test)]
mod labelled_tests;
mod pending;
mod settle;
pub mod signature;
#[cfg(test)]
mod tests;
pub mod text;

use crate::PipelineError;
use crate::changes::{CHANGED_POSTINGS, Scope};
use crate::staging::Staging;
use decisions::Decisions;
use inflow_config::Config;
use inflow_store::Store;

/// Brings the clusters of a database up to its postings, or to those of them that a scope names: `posting_clusters`, and what it stands on. Returns how many postings
/// changed their cluster or are new in one; which ones, and which the segments of the scope brought, is in [`CHANGED_POSTINGS`] then.
///
/// # Errors
/// When `decisions.toml` is wrong or the store refuses.
pub async fn recluster(store: &Store, config: &Config, database: &str, scope: &Scope) -> Result<u64, PipelineError> {
    let changed = Staging::emptied(store, database, CHANGED_POSTINGS).await?;
    if let Some(brought) = scope.brought("segment") {
        let postings = format!("SELECT connection, source_id FROM {database}.postings WHERE {brought}");
        let news = store.rows(&format!("{postings} LIMIT 1 SETTINGS final = 0"), &[]).await?;
        let events = format!("SELECT connection, posting_source_id FROM {database}.posting_events WHERE {brought}");
        changed.select(&format!("{postings} UNION DISTINCT {events}")).await?;
        if news.is_empty() {
            // The decisions are those of the last analysis.
            return Ok(0);
        }
    }
    let decisions = Decisions::load(&config.dir)?;
    while pending::take_batch(store, database, scope).await? {}
    settle::settle(store, database, &decisions, scope, &changed).await
}
