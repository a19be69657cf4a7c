//! Rebuilding tables beside the ones in use, and putting the new ones in their place.
//!
//! One table changes places in one step. A whole database does so table by table, under a journal that is
//! on disk before the first step: a process that dies in between leaves it, and the next start goes on from it.
//! The journal names each new table by its UUID, so that a step already done is known as done.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use crate::client::Param;
use crate::error::StoreError;
use crate::lock::write_durably;
use crate::migrations::{DERIVED, migrate};
use crate::sql::quote_name;
use crate::store::Store;
use crate::{DERIVED_DATABASE, SHADOW_DATABASE};

#[derive(Debug, Serialize, Deserialize)]
struct Journal {
    /// Tables and the UUIDs of their new contents.
    tables: Vec<(String, String)>,
}

/// A table, the one that was filled beside it, and the statement that drops that.
struct Beside {
    current: String,
    next: String,
    drop: String,
}

/// Stands while tables change places, however that ends.
struct Unsettled<'a>(&'a AtomicBool);

impl<'a> Unsettled<'a> {
    fn new(flag: &'a AtomicBool) -> Self {
        flag.store(true, Ordering::Release);
        Unsettled(flag)
    }
}

impl Drop for Unsettled<'_> {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Release);
    }
}

impl Store {
    /// Makes an empty database with the derived tables, and gives its name. One left over is dropped first.
    pub async fn create_shadow(&self) -> Result<String, StoreError> {
        self.writable()?;
        self.drop_shadow().await?;
        migrate(&self.0.writer, SHADOW_DATABASE, DERIVED, &**self.clock()).await?;
        Ok(SHADOW_DATABASE.to_owned())
    }

    /// Drops the shadow database, with nothing left of it on disk.
    pub async fn drop_shadow(&self) -> Result<(), StoreError> {
        self.execute(&format!("DROP DATABASE IF EXISTS {SHADOW_DATABASE} SYNC"), &[], NO_LIMIT_ON_DROPS).await
    }

    /// Puts the shadow's tables in the place of the derived ones, and drops what was there before. Views stay.
    pub async fn exchange_shadow(&self) -> Result<(), StoreError> {
        self.writable()?;
        let sql = "SELECT name, toString(uuid) AS uuid FROM system.tables WHERE database = {database:String} AND engine NOT LIKE '%View' ORDER BY name";
        let rows = self.rows(sql, &[("database", SHADOW_DATABASE.to_owned())]).await?;
        let tables =
            rows.iter().filter_map(|row| Some((row.get("name")?.as_str()?.to_owned(), row.get("uuid")?.as_str()?.to_owned()))).collect();
        let journal = Journal { tables };
        let text = serde_json::to_vec(&journal)
            .map_err(|error| StoreError::Answer { what: "the exchange".to_owned(), message: error.to_string() })?;
        write_durably(&self.journal_path(), &text)?;
        self.exchange(&journal).await
    }

    /// Goes on with an exchange that a process left half done. Called when the store opens.
    pub(crate) async fn finish_exchange(&self) -> Result<(), StoreError> {
        let path = self.journal_path();
        let text = match std::fs::read(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(StoreError::file("read", path)(error)),
        };
        let journal = serde_json::from_slice(&text).map_err(std::io::Error::other).map_err(StoreError::file("read", path))?;
        tracing::info!("finishing the exchange of tables that an earlier run began");
        self.exchange(&journal).await
    }

    async fn exchange(&self, journal: &Journal) -> Result<(), StoreError> {
        let _unsettled = Unsettled::new(&self.0.exchanging);
        for (table, uuid) in &journal.tables {
            match self.uuid(DERIVED_DATABASE, table).await? {
                Some(current) if current == *uuid => {}
                Some(_) => {
                    let name = quote_name(table);
                    self.execute(&format!("EXCHANGE TABLES {DERIVED_DATABASE}.{name} AND {SHADOW_DATABASE}.{name}"), &[], &[]).await?;
                }
                None => {
                    let name = quote_name(table);
                    self.execute(&format!("RENAME TABLE {SHADOW_DATABASE}.{name} TO {DERIVED_DATABASE}.{name}"), &[], &[]).await?;
                }
            }
        }
        self.drop_shadow().await?;
        let path = self.journal_path();
        std::fs::remove_file(&path).map_err(StoreError::file("remove", path))
    }

    async fn uuid(&self, database: &str, table: &str) -> Result<Option<String>, StoreError> {
        let sql = "SELECT toString(uuid) AS uuid FROM system.tables WHERE database = {database:String} AND name = {table:String}";
        let rows = self.rows(sql, &[("database", database.to_owned()), ("table", table.to_owned())]).await?;
        Ok(rows.first().and_then(|row| row.get("uuid")?.as_str().map(str::to_owned)))
    }

    fn journal_path(&self) -> PathBuf {
        self.data_dir().join("exchange.journal")
    }

    /// Fills a table anew from SELECTs (columns in the table's order) that run one after the other, each with memory of its own, and puts it
    /// in place in one step: whoever reads sees the old rows or the new ones.
    pub async fn rebuild_table(
        &self,
        database: &str,
        table: &str,
        selects: &[String],
        params: &[Param<'_>],
        settings: &[(&str, &str)],
    ) -> Result<(), StoreError> {
        let Beside { current, next, drop } = self.fill_beside(database, table, selects, params, settings).await?;
        self.execute(&format!("EXCHANGE TABLES {current} AND {next}"), &[], &[]).await?;
        self.execute(&drop, &[], NO_LIMIT_ON_DROPS).await
    }

    /// Fills a table anew with rows in a format (`JSONEachRow`, ..) and puts it in place in one step, as
    /// [`rebuild_table`](Self::rebuild_table) does; of very many rows one body after the other. No columns: all of the table's.
    pub async fn refill_table(
        &self,
        database: &str,
        table: &str,
        columns: &[&str],
        format: &str,
        bodies: impl IntoIterator<Item = Bytes, IntoIter: Send> + Send,
    ) -> Result<(), StoreError> {
        let Beside { current, next, drop } = self.empty_beside(database, table).await?;
        for body in bodies.into_iter().filter(|body| !body.is_empty()) {
            self.insert(database, &format!("{table}_next"), columns, format, body, "").await?;
        }
        self.execute(&format!("EXCHANGE TABLES {current} AND {next}"), &[], &[]).await?;
        self.execute(&drop, &[], NO_LIMIT_ON_DROPS).await
    }

    /// Fills one partition of a table anew from SELECTs (columns in the table's order, all rows in that partition), one after the other, and puts
    /// it in place in one step.
    pub async fn rebuild_partition(
        &self,
        database: &str,
        table: &str,
        partition: &str,
        selects: &[String],
        params: &[Param<'_>],
        settings: &[(&str, &str)],
    ) -> Result<(), StoreError> {
        let Beside { current, next, drop } = self.fill_beside(database, table, selects, params, settings).await?;
        let filled = self.rows(&format!("SELECT count() > 0 AS filled FROM {next}"), &[]).await?;
        // Nothing does not replace anything.
        let put = if filled.first().and_then(|row| row.get("filled")?.as_u64()) == Some(1) {
            format!("ALTER TABLE {current} REPLACE PARTITION {partition} FROM {next}")
        } else {
            format!("ALTER TABLE {current} DROP PARTITION {partition}")
        };
        self.execute(&put, &[], NO_LIMIT_ON_DROPS).await?;
        self.execute(&drop, &[], NO_LIMIT_ON_DROPS).await
    }

    /// A new table of the same columns beside one.
    async fn empty_beside(&self, database: &str, table: &str) -> Result<Beside, StoreError> {
        self.writable()?;
        let current = format!("{}.{}", quote_name(database), quote_name(table));
        let next = format!("{}.{}", quote_name(database), quote_name(&format!("{table}_next")));
        let drop = format!("DROP TABLE IF EXISTS {next} SYNC");
        self.execute(&drop, &[], NO_LIMIT_ON_DROPS).await?;
        self.execute(&format!("CREATE TABLE {next} AS {current}"), &[], &[]).await?;
        Ok(Beside { current, next, drop })
    }

    /// The same, filled from SELECTs.
    async fn fill_beside(
        &self,
        database: &str,
        table: &str,
        selects: &[String],
        params: &[Param<'_>],
        settings: &[(&str, &str)],
    ) -> Result<Beside, StoreError> {
        let beside = self.empty_beside(database, table).await?;
        let settings = [&[("database", database)], settings].concat();
        for select in selects {
            self.execute(&format!("INSERT INTO {} {select}", beside.next), params, &settings).await?;
        }
        Ok(beside)
    }

    /// Drops partitions of a table.
    pub async fn drop_partitions(&self, database: &str, table: &str, partitions: &[String]) -> Result<(), StoreError> {
        if partitions.is_empty() {
            return Ok(());
        }
        let table = format!("{}.{}", quote_name(database), quote_name(table));
        let drops: Vec<String> = partitions.iter().map(|partition| format!("DROP PARTITION {partition}")).collect();
        self.execute(&format!("ALTER TABLE {table} {}", drops.join(", ")), &[], NO_LIMIT_ON_DROPS).await
    }
}

/// Servers refuse to drop tables of more than 50 GB without these.
const NO_LIMIT_ON_DROPS: &[(&str, &str)] = &[("max_table_size_to_drop", "0"), ("max_partition_size_to_drop", "0")];
