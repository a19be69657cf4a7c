//! Tables that live as long as a step: what was taken so far, beside the tables that readers see.

use crate::PipelineError;
use inflow_store::{RowBinary, Store};

/// A table of a step.
pub(super) struct Staging<'s> {
    store: &'s Store,
    database: &'s str,
    table: &'static str,
}

impl<'s> Staging<'s> {
    /// An empty table of another's columns; one that a step cut off left behind is dropped.
    pub(super) async fn create(store: &'s Store, database: &'s str, table: &'static str, like: &str) -> Result<Self, PipelineError> {
        let staging = Self { store, database, table };
        staging.discard().await?;
        store.execute(&format!("CREATE TABLE {} AS {database}.{like}", staging.name()), &[], &[]).await?;
        Ok(staging)
    }

    /// An empty table of one column.
    pub(super) async fn create_as(store: &'s Store, database: &'s str, table: &'static str, column: &str) -> Result<Self, PipelineError> {
        let staging = Self { store, database, table };
        staging.discard().await?;
        store.execute(&format!("CREATE TABLE {} ({column}) ENGINE = MergeTree ORDER BY tuple()", staging.name()), &[], &[]).await?;
        Ok(staging)
    }

    /// Its name with the database's.
    pub(super) fn name(&self) -> String {
        format!("{}.{}", self.database, self.table)
    }

    /// Adds rows.
    pub(super) async fn insert(&self, columns: &[&str], rows: RowBinary) -> Result<(), PipelineError> {
        self.store.insert(self.database, self.table, columns, "RowBinary", rows.finish(), "").await?;
        Ok(())
    }

    /// Copies its rows to a table of the same columns.
    pub(super) async fn pour_into(&self, table: &str) -> Result<(), PipelineError> {
        let sql = format!("INSERT INTO {}.{table} SELECT * FROM {}", self.database, self.name());
        self.store.execute(&sql, &[], &[]).await?;
        Ok(())
    }

    /// Ends it.
    pub(super) async fn drop(self) -> Result<(), PipelineError> {
        self.discard().await
    }

    async fn discard(&self) -> Result<(), PipelineError> {
        self.store.execute(&format!("DROP TABLE IF EXISTS {} SYNC", self.name()), &[], &[]).await?;
        Ok(())
    }
}
