//! The store as the engine's memory.

use std::collections::{HashMap, HashSet};

use async_trait::async_trait;
use inflow_store::{HealthRow, LandedRow, RunRow, Store, StoreError};

use super::{Health, Landed, PullState, Run, SinkError};

#[expect(clippy::needless_pass_by_value, reason = "used with map_err")]
fn failed(error: StoreError) -> SinkError {
    SinkError::of(&error)
}

#[async_trait]
impl PullState for Store {
    async fn cursor(&self, connection: &str, stream: &str) -> Result<Option<String>, SinkError> {
        Store::cursor(self, connection, stream).await.map_err(failed)
    }

    async fn commit_cursor(&self, connection: &str, stream: &str, cursor: &str) -> Result<(), SinkError> {
        Store::commit_cursor(self, connection, stream, cursor).await.map_err(failed)
    }

    async fn landed(&self, connection: &str, stream: &str) -> Result<HashMap<u64, Landed>, SinkError> {
        let rows = Store::landed(self, connection, stream).await.map_err(failed)?;
        let landed = rows.into_iter().map(|(key_hash, (content_hash, gone))| (key_hash, Landed { key_hash, content_hash, gone }));
        Ok(landed.collect())
    }

    async fn commit_landed(&self, connection: &str, stream: &str, rows: &[Landed], token: &str) -> Result<(), SinkError> {
        let rows: Vec<LandedRow> =
            rows.iter().map(|row| LandedRow { key_hash: row.key_hash, content_hash: row.content_hash, gone: row.gone }).collect();
        Store::commit_landed(self, connection, stream, &rows, token).await.map_err(failed)
    }

    async fn stored_segments(&self) -> Result<HashSet<String>, SinkError> {
        Store::stored_segments(self).await.map_err(failed)
    }

    async fn tombstones(&self) -> Result<HashSet<String>, SinkError> {
        Store::tombstones(self).await.map_err(failed)
    }

    async fn health(&self, connection: &str) -> Result<Option<Health>, SinkError> {
        let rows = Store::health(self).await.map_err(failed)?;
        let found = rows.into_iter().find(|row| row.connection == connection);
        Ok(found.map(|row| Health {
            connection: row.connection,
            channels: row.channels,
            last_attempt_at: row.last_attempt_at,
            last_success_at: row.last_success_at,
            failing_since: row.failing_since,
            error: (!row.error_kind.is_empty()).then_some((row.error_kind, row.error)),
            failures: row.failures,
            open_until: row.open_until,
        }))
    }

    async fn record(&self, run: &Run, health: Option<&Health>) -> Result<(), SinkError> {
        let (error_kind, error) = run.error.clone().unwrap_or_default();
        let row = RunRow {
            run_id: run.run_id.clone(),
            connection: run.connection.clone(),
            started_at: run.started_at,
            finished_at: run.finished_at,
            status: if run.error.is_some() { "failed" } else { "ok" }.to_owned(),
            requests: run.requests,
            fetched: run.fetched,
            landed: run.landed,
            rows: run.rows,
            quarantined: run.quarantined,
            error_kind,
            error,
        };
        self.record_run(&row).await.map_err(failed)?;
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
            failures: health.failures,
            open_until: health.open_until,
        };
        self.record_health(&row).await.map_err(failed)
    }
}
