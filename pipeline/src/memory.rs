//! The connector engine's memory, kept in the store.

use async_trait::async_trait;
use inflow_connectors::{Health, Landed, PullState, Run, SinkError};
use inflow_store::{HealthRow, LandedRow, RunRow, Store, StoreError};
use std::collections::{HashMap, HashSet};

/// Cursors, hashes of what was landed, runs and health, in the store's state database.
#[derive(Debug, Clone)]
pub struct Memory(pub Store);

fn sink(error: StoreError) -> SinkError {
    SinkError::of(&error)
}

#[async_trait]
impl PullState for Memory {
    async fn cursor(&self, connection: &str, stream: &str) -> Result<Option<String>, SinkError> {
        self.0.cursor(connection, stream).await.map_err(sink)
    }

    async fn commit_cursor(&self, connection: &str, stream: &str, cursor: &str) -> Result<(), SinkError> {
        self.0.commit_cursor(connection, stream, cursor).await.map_err(sink)
    }

    async fn landed(&self, connection: &str, stream: &str) -> Result<HashMap<u64, Landed>, SinkError> {
        let rows = self.0.landed(connection, stream).await.map_err(sink)?;
        Ok(rows.into_iter().map(|(key_hash, (content_hash, gone))| (key_hash, Landed { key_hash, content_hash, gone })).collect())
    }

    async fn commit_landed(&self, connection: &str, stream: &str, rows: &[Landed], token: &str) -> Result<(), SinkError> {
        let rows: Vec<LandedRow> =
            rows.iter().map(|row| LandedRow { key_hash: row.key_hash, content_hash: row.content_hash, gone: row.gone }).collect();
        self.0.commit_landed(connection, stream, &rows, token).await.map_err(sink)
    }

    async fn stored_segments(&self) -> Result<HashSet<String>, SinkError> {
        self.0.stored_segments().await.map_err(sink)
    }

    async fn tombstones(&self) -> Result<HashSet<String>, SinkError> {
        self.0.tombstones().await.map_err(sink)
    }

    async fn health(&self, connection: &str) -> Result<Option<Health>, SinkError> {
        let rows = self.0.health().await.map_err(sink)?;
        Ok(rows.into_iter().find(|row| row.connection == connection).map(|row| Health {
            connection: row.connection,
            channels: row.channels,
            last_attempt_at: row.last_attempt_at,
            last_success_at: row.last_success_at,
            failing_since: row.failing_since,
            error: (!row.error_kind.is_empty()).then_some((row.error_kind, row.error)),
        }))
    }

    async fn record(&self, run: &Run, health: Option<&Health>) -> Result<(), SinkError> {
        let (error_kind, error) = run.error.clone().unwrap_or_default();
        let status = if run.error.is_some() { "failed" } else { "ok" };
        let row = RunRow {
            run_id: run.run_id.clone(),
            connection: run.connection.clone(),
            started_at: run.started_at,
            finished_at: run.finished_at,
            status: status.to_owned(),
            requests: run.requests,
            fetched: run.fetched,
            landed: run.landed,
            rows: run.rows,
            quarantined: run.quarantined,
            error_kind,
            error,
        };
        self.0.record_run(&row).await.map_err(sink)?;
        let Some(health) = health else { return Ok(()) };
        let (error_kind, error) = health.error.clone().unwrap_or_default();
        let row = HealthRow {
            connection: health.connection.clone(),
            channels: health.channels.clone(),
            status: if health.error.is_some() { "failing" } else { "ok" }.to_owned(),
            last_attempt_at: health.last_attempt_at,
            last_success_at: health.last_success_at,
            failing_since: health.failing_since,
            error_kind,
            error,
        };
        self.0.record_health(&row).await.map_err(sink)
    }
}
