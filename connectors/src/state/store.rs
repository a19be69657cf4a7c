//! The store as the engine's memory.

use std::collections::{HashMap, HashSet};

use async_trait::async_trait;
use inflow_store::{HealthRow, LandedRow, RunRow, Store, StoreError};

use super::{Health, Landed, PullState, Run, SinkError};

#[expect(clippy::needless_pass_by_value, reason = "used with map_err")]
fn failed(error: StoreError) -> SinkError {
    SinkError::of(&error)
}

fn by_key(rows: HashMap<u64, (u64, bool)>) -> HashMap<u64, Landed> {
    rows.into_iter().map(|(key_hash, (content_hash, gone))| (key_hash, Landed { key_hash, content_hash, gone })).collect()
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
        Ok(by_key(Store::landed(self, connection, stream).await.map_err(failed)?))
    }

    async fn landed_of(&self, connection: &str, streams: &[&str], keys: &[u64]) -> Result<HashMap<u64, Landed>, SinkError> {
        Ok(by_key(Store::landed_of(self, connection, streams, keys).await.map_err(failed)?))
    }

    async fn commit_landed(&self, connection: &str, stream: &str, rows: &[Landed], token: &str) -> Result<(), SinkError> {
        let rows: Vec<LandedRow> =
            rows.iter().map(|row| LandedRow { key_hash: row.key_hash, content_hash: row.content_hash, gone: row.gone }).collect();
        Store::commit_landed(self, connection, stream, &rows, token).await.map_err(failed)
    }

    async fn stored_segments(&self, connection: &str) -> Result<HashSet<String>, SinkError> {
        Store::stored_segments(self, connection).await.map_err(failed)
    }

    async fn tombstones(&self) -> Result<HashSet<String>, SinkError> {
        Store::tombstones(self).await.map_err(failed)
    }

    async fn health(&self, connection: &str) -> Result<Option<Health>, SinkError> {
        let found = Store::health_of(self, connection).await.map_err(failed)?;
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
        let noted = self.record_run(&row);
        let Some(health) = health else { return noted.await.map_err(failed) };
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
        let (noted, health) = futures::join!(noted, self.record_health(&row));
        noted.and(health).map_err(failed)
    }
}
