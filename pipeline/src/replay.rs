//! Rebuilding derived tables from landing, in a shadow database that is exchanged for the live one at the end.

use crate::link::relink;
use crate::{Pipeline, PipelineError, cluster, tables};
use chrono::NaiveDate;
use inflow_config::{Config, SharedClock};
use inflow_connectors::landing::list_segments;
use inflow_store::{Store, array_literal};
use std::path::Path;
use std::sync::Arc;

/// Which part of landing is read again; the rest of the rows is carried over.
#[derive(Debug, Clone, Default)]
pub struct Scope {
    /// Only these connections; empty for all.
    pub connections: Vec<String>,
    /// Only segments fetched on or after this UTC day.
    pub from: Option<NaiveDate>,
}

impl Scope {
    fn is_whole(&self) -> bool {
        self.connections.is_empty() && self.from.is_none()
    }

    fn covers(&self, segment: &inflow_connectors::landing::Segment) -> bool {
        (self.connections.is_empty() || self.connections.contains(&segment.connection))
            && self.from.is_none_or(|day| segment.fetched_at.date_naive() >= day)
    }
}

/// What a replay did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Replayed {
    /// Segments read.
    pub segments: u64,
    /// Rows made.
    pub rows: u64,
    /// Lines that made no row.
    pub quarantined: u64,
}

/// Builds the shadow database. The caller fills its marts and exchanges it (`Store::exchange_shadow`); until then the
/// live tables are untouched, and a replay that stops half-way leaves nothing but a shadow that the next one drops.
///
/// # Errors
/// When a segment cannot be read or the store refuses.
pub async fn rebuild(
    store: &Store,
    config: &Arc<Config>,
    clock: &SharedClock,
    data_dir: &Path,
    scope: &Scope,
) -> Result<(String, Replayed), PipelineError> {
    let shadow = store.create_shadow().await?;
    if !scope.is_whole() {
        carry_over(store, &shadow, scope).await?;
    }
    let generation = next_generation(store).await?;
    let pipeline = Pipeline::into_database(store.clone(), Arc::clone(config), Arc::clone(clock), &shadow, generation);
    let mut replayed = Replayed::default();
    let segments: Vec<_> = list_segments(data_dir)?.into_iter().filter(|segment| scope.covers(segment)).collect();
    // What the new reading quarantines replaces what the old one did.
    let ids: Vec<String> = segments.iter().map(|segment| segment.id.clone()).collect();
    store.forget_set_aside(&ids).await?;
    for segment in segments {
        let counts = pipeline.ingest(&segment).await?;
        replayed.segments += 1;
        replayed.rows += counts.rows;
        replayed.quarantined += counts.quarantined;
    }
    relink(store, config, &shadow).await?;
    cluster::recluster(store, config, &shadow).await?;
    Ok((shadow, replayed))
}

/// One more than any generation that a segment was stored in.
async fn next_generation(store: &Store) -> Result<u32, PipelineError> {
    let rows = store.rows("SELECT max(generation) AS greatest FROM inflow_state.segments", &[]).await?;
    let greatest = rows.first().and_then(|row| row.get("greatest")?.as_u64()).unwrap_or(0);
    Ok(u32::try_from(greatest).unwrap_or(u32::MAX).saturating_add(1))
}

async fn carry_over(store: &Store, shadow: &str, scope: &Scope) -> Result<(), PipelineError> {
    let from = scope.from.map(|day| day.to_string()).unwrap_or_default();
    let connections = array_literal(&scope.connections);
    for table in tables::ALL {
        let sql = format!(
            "INSERT INTO {shadow}.{name} SELECT * FROM {live}.{name} WHERE \
             (notEmpty({{connections:Array(String)}}) AND NOT has({{connections:Array(String)}}, connection)) \
             OR ({{from:String}} != '' AND fetched_at < toDateTime64(if({{from:String}} = '', '1970-01-01', {{from:String}}), 3, 'UTC'))",
            name = table.name,
            live = inflow_store::DERIVED_DATABASE
        );
        // Every version is carried, deleted ones too, not only what FINAL shows.
        store.execute(&sql, &[("connections", connections.clone()), ("from", from.clone())], &[("final", "0")]).await?;
    }
    Ok(())
}
