//! Rebuilding derived tables from landing, in a shadow database that is exchanged for the live one at the end.

use crate::changes::Scope as Everything;
use crate::link::relink;
use crate::{Pipeline, PipelineError, cluster, tables};
use chrono::NaiveDate;
use inflow_config::{Config, SharedClock};
use inflow_connectors::landing::list_segments;
use inflow_store::{Store, array_literal};
use std::collections::BTreeMap;
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
    relink(store, config, &shadow, &Everything::All).await?;
    cluster::recluster(store, config, &shadow, &Everything::All).await?;
    Ok((shadow, replayed))
}

/// Rows of a connection that the live tables have and the new ones have not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Loss {
    /// Table.
    pub table: &'static str,
    /// Connection.
    pub connection: String,
    /// Rows in the live table.
    pub before: u64,
    /// Rows in the new one.
    pub after: u64,
}

/// Of so many rows one may go without a question: a word that is ignored by now, a row that is told apart better.
const ONE_IN: u64 = 100;

/// Compares the new tables with the live ones before they change places. Landing that is lost or cannot be read by this version would
/// otherwise empty a store without a word.
///
/// # Errors
/// When the store refuses.
pub async fn losses(store: &Store, shadow: &str) -> Result<Vec<Loss>, PipelineError> {
    let mut losses = Vec::new();
    for table in tables::ALL {
        let before = rows_by_connection(store, inflow_store::DERIVED_DATABASE, table.name).await?;
        let after = rows_by_connection(store, shadow, table.name).await?;
        for (connection, before) in before {
            let after = after.get(&connection).copied().unwrap_or_default();
            if is_loss(before, after) {
                losses.push(Loss { table: table.name, connection, before, after });
            }
        }
    }
    Ok(losses)
}

fn is_loss(before: u64, after: u64) -> bool {
    let fewer = before.saturating_sub(after);
    fewer > before / ONE_IN && (fewer > 1 || after == 0)
}

async fn rows_by_connection(store: &Store, database: &str, table: &str) -> Result<BTreeMap<String, u64>, PipelineError> {
    let sql = format!(
        "SELECT toString(connection) AS connection, count() AS rows FROM {database}.{table} FINAL WHERE deleted = 0 GROUP BY connection"
    );
    let rows = store.rows(&sql, &[]).await?;
    Ok(rows.iter().filter_map(|row| Some((row.get("connection")?.as_str()?.to_owned(), row.get("rows")?.as_u64()?))).collect())
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

#[cfg(test)]
mod tests {
    use super::is_loss;

    #[test]
    fn a_few_rows_may_go_and_not_many_nor_all() {
        for (before, after, expected) in [
            (0, 0, false),
            (1, 0, true),
            (3, 2, false),
            (3, 1, true),
            (100, 99, false),
            (1_000, 990, false),
            (1_000, 989, true),
            (5, 9, false),
        ] {
            assert_eq!(is_loss(before, after), expected, "{before} {after}");
        }
    }
}
