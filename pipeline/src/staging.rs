//! Tables that live as long as a step: what was taken so far, beside the tables that readers see.

use crate::PipelineError;
use inflow_store::{RowBinary, Store};

/// A table of a step.
pub(crate) struct Staging<'s> {
    store: &'s Store,
    database: &'s str,
    table: &'static str,
}

impl<'s> Staging<'s> {
    /// An empty table of another's columns; one that a step cut off left behind is dropped.
    pub(crate) async fn create(store: &'s Store, database: &'s str, table: &'static str, like: &str) -> Result<Self, PipelineError> {
        let staging = Self { store, database, table };
        staging.discard().await?;
        store.execute(&format!("CREATE TABLE {} AS {database}.{like}", staging.name()), &[], &[]).await?;
        Ok(staging)
    }

    /// An empty table of some columns.
    pub(crate) async fn create_as(store: &'s Store, database: &'s str, table: &'static str, columns: &str) -> Result<Self, PipelineError> {
        let staging = Self { store, database, table };
        staging.discard().await?;
        store.execute(&format!("CREATE TABLE {} ({columns}) ENGINE = MergeTree ORDER BY tuple()", staging.name()), &[], &[]).await?;
        Ok(staging)
    }

    /// An empty table of some columns that is held in memory: what a change reaches is little.
    pub(crate) async fn in_memory(store: &'s Store, database: &'s str, table: &'static str, columns: &str) -> Result<Self, PipelineError> {
        let staging = Self { store, database, table };
        store.execute(&format!("CREATE OR REPLACE TABLE {} ({columns}) ENGINE = Memory", staging.name()), &[], &[]).await?;
        Ok(staging)
    }

    /// What a SELECT gives that sees every version of a row, but where it says FINAL; held in memory.
    pub(crate) async fn of(store: &'s Store, database: &'s str, table: &'static str, select: &str) -> Result<Self, PipelineError> {
        let staging = Self { store, database, table };
        let sql = format!("CREATE OR REPLACE TABLE {} ENGINE = Memory AS {select}", staging.name());
        store.execute(&sql, &[], &[("final", "0")]).await?;
        Ok(staging)
    }

    /// The same on disk, sorted, for what need not fit the memory.
    pub(crate) async fn sorted(
        store: &'s Store,
        database: &'s str,
        table: &'static str,
        by: &str,
        select: &str,
    ) -> Result<Self, PipelineError> {
        let staging = Self { store, database, table };
        let sql = format!("CREATE OR REPLACE TABLE {} ENGINE = MergeTree ORDER BY ({by}) AS {select}", staging.name());
        store.execute(&sql, &[], &[("final", "0")]).await?;
        Ok(staging)
    }

    /// A table that stays, emptied.
    pub(crate) async fn emptied(store: &'s Store, database: &'s str, table: &'static str) -> Result<Self, PipelineError> {
        let staging = Self { store, database, table };
        store.execute(&format!("TRUNCATE TABLE {}", staging.name()), &[], &[]).await?;
        Ok(staging)
    }

    /// Adds what a SELECT gives that sees every version of a row, but where it says FINAL.
    pub(crate) async fn select(&self, select: &str) -> Result<(), PipelineError> {
        self.store.execute(&format!("INSERT INTO {} {select}", self.name()), &[], &[("final", "0")]).await?;
        Ok(())
    }

    /// Its name with the database's.
    pub(crate) fn name(&self) -> String {
        format!("{}.{}", self.database, self.table)
    }

    /// Adds rows.
    pub(crate) async fn insert(&self, columns: &[&str], rows: RowBinary) -> Result<(), PipelineError> {
        self.store.insert(self.database, self.table, columns, "RowBinary", rows.finish(), "").await?;
        Ok(())
    }

    /// Copies its rows to a table of the same columns.
    pub(crate) async fn pour_into(&self, table: &str) -> Result<(), PipelineError> {
        let sql = format!("INSERT INTO {}.{table} SELECT * FROM {}", self.database, self.name());
        self.store.execute(&sql, &[], &[]).await?;
        Ok(())
    }

    /// Ends it.
    pub(crate) async fn drop(self) -> Result<(), PipelineError> {
        self.discard().await
    }

    async fn discard(&self) -> Result<(), PipelineError> {
        self.store.execute(&format!("DROP TABLE IF EXISTS {} SYNC", self.name()), &[], &[]).await?;
        Ok(())
    }
}
