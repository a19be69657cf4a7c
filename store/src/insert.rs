//! Inserts: rows in a format, as one block. The embedded engine gets them as they are; only to a server they travel over HTTP.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use bytes::Bytes;
use tokio::sync::oneshot;
use tokio::sync::oneshot::error::TryRecvError;

use crate::client::{summary, took};
use crate::embedded::Surroundings;
use crate::error::StoreError;
use crate::sql::quote_name;
use crate::store::Store;
use crate::{DERIVED_DATABASE, endpoint, random};

/// Settings under which an insert is one block, so that its token stands for all of its rows or none.
const ONE_BLOCK: &[(&str, &str)] = &[
    ("max_insert_block_size", "1000000000"),
    ("min_insert_block_size_rows", "1000000000"),
    ("min_insert_block_size_bytes", "17179869184"),
    ("input_format_parallel_parsing", "0"),
    ("max_insert_threads", "1"),
    ("async_insert", "0"),
    // A misspelt field is a mistake, not a default.
    ("input_format_skip_unknown_fields", "0"),
    // What other programs write for instants; ours come as RFC 3339.
    ("date_time_input_format", "best_effort"),
];

/// How many milliseconds an insert waits before it is tried again when the engine's memory is full: merges hold most of it then, and end by themselves. What it
/// wrote before has the same token, so nothing is there twice.
const MEMORY_FULL: [u64; 7] = [200, 500, 1_000, 2_000, 4_000, 8_000, 15_000];

/// The code of ClickHouse for it, `MEMORY_LIMIT_EXCEEDED`.
const MEMORY_LIMIT_EXCEEDED: u32 = 241;

/// Where rows go, and how they are written.
#[derive(Debug, Clone, Copy)]
pub struct InsertInto<'a> {
    /// Database.
    pub database: &'a str,
    /// Table.
    pub table: &'a str,
    /// Columns; none: all of the table's, or those that the format names itself.
    pub columns: &'a [&'a str],
    /// Format in which blocks of rows may follow one another: `RowBinary`, `JSONEachRow`, `Native`, ..
    pub format: &'a str,
}

impl InsertInto<'_> {
    fn statement(&self) -> String {
        let names: Vec<String> = self.columns.iter().map(|name| quote_name(name)).collect();
        let columns = if names.is_empty() { String::new() } else { format!(" ({})", names.join(", ")) };
        format!("INSERT INTO {}.{}{columns}", quote_name(self.database), quote_name(self.table))
    }
}

/// Rows that wait for the turn of their table.
#[derive(Debug, Default)]
pub(crate) struct Together(Mutex<HashMap<String, Arc<Queue>>>);

#[derive(Debug, Default)]
struct Queue {
    turn: tokio::sync::Mutex<()>,
    waiting: Mutex<Vec<(Bytes, oneshot::Sender<()>)>>,
}

impl Together {
    fn queue(&self, what: String) -> Arc<Queue> {
        Arc::clone(self.0.lock().unwrap_or_else(PoisonError::into_inner).entry(what).or_default())
    }
}

impl Store {
    /// Inserts rows in a format (`Native`, `JSONEachRow`, ..) as one block, which is there whole or not at all.
    /// A second insert of the same token into the same table adds nothing; an empty token always adds. No columns:
    /// all of the table's.
    ///
    /// # Errors
    /// When ClickHouse refuses, or this process may only read.
    pub async fn insert(
        &self,
        database: &str,
        table: &str,
        columns: &[&str],
        format: &str,
        body: Bytes,
        token: &str,
    ) -> Result<(), StoreError> {
        self.insert_into(InsertInto { database, table, columns, format }, body, token).await
    }

    /// Inserts few rows, together with those that others insert into the same table at the same time: whoever comes while an
    /// insert is under way waits, and the next insert takes all who wait. For tables where equal rows are one: a row may be
    /// inserted again when what it waited for broke off.
    ///
    /// # Errors
    /// When ClickHouse refuses, or this process may only read.
    pub async fn insert_together(&self, into: InsertInto<'_>, body: Bytes) -> Result<(), StoreError> {
        self.writable()?;
        if body.is_empty() {
            return Ok(());
        }
        let queue = self.0.together.queue(format!("{} {}", into.statement(), into.format));
        loop {
            let (done, mut told) = oneshot::channel();
            queue.waiting.lock().unwrap_or_else(PoisonError::into_inner).push((body.clone(), done));
            let _turn = queue.turn.lock().await;
            match told.try_recv() {
                Ok(()) => return Ok(()),
                // It was taken along by an insert that failed or was cut off.
                Err(TryRecvError::Closed) => continue,
                Err(TryRecvError::Empty) => {}
            }
            let mut waiting = std::mem::take(&mut *queue.waiting.lock().unwrap_or_else(PoisonError::into_inner));
            // Who gave up does not want its rows written.
            waiting.retain(|(_, done)| !done.is_closed());
            let bodies: Vec<&[u8]> = waiting.iter().map(|(body, _)| body.as_ref()).collect();
            let inserted = self.insert_into(into, Bytes::from(bodies.concat()), "").await;
            if inserted.is_err() && waiting.len() > 1 {
                // One of the others may be to blame. They try again when this is through.
                drop(waiting);
                return self.insert_into(into, body, "").await;
            }
            inserted?;
            for (_, done) in waiting {
                // Who no longer listens needs no answer.
                let _ = done.send(());
            }
            return Ok(());
        }
    }

    async fn insert_into(&self, into: InsertInto<'_>, body: Bytes, token: &str) -> Result<(), StoreError> {
        self.writable()?;
        if body.is_empty() {
            return Ok(());
        }
        // Without a token ClickHouse takes equal rows for a repetition and drops them.
        let token = if token.is_empty() { random::id() } else { token.to_owned() };
        let mut settings: Vec<(&str, &str)> = ONE_BLOCK.to_vec();
        settings.push(("insert_deduplication_token", &token));
        for pause in MEMORY_FULL {
            match Box::pin(self.insert_once(into, body.clone(), &settings)).await {
                Err(StoreError::Query { code: MEMORY_LIMIT_EXCEEDED, message, .. }) => {
                    tracing::debug!(table = into.table, message, "an insert waits for memory");
                    tokio::time::sleep(Duration::from_millis(pause)).await;
                }
                done => return done,
            }
        }
        Box::pin(self.insert_once(into, body, &settings)).await
    }

    async fn insert_once(&self, into: InsertInto<'_>, body: Bytes, settings: &[(&str, &str)]) -> Result<(), StoreError> {
        let statement = into.statement();
        let Some(engine) = &self.0.engine else {
            return self.0.writer.insert(&format!("{statement} FORMAT {}", into.format), body, settings).await;
        };
        let surroundings = Surroundings {
            database: Some(DERIVED_DATABASE.to_owned()),
            settings: settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
            tag: Some(random::id()),
            read_only: false,
        };
        let (what, started) = (summary(&statement), Instant::now());
        let inserting = endpoint::insert(engine, surroundings, statement.into_bytes(), into.format.to_owned(), Vec::new());
        // One that failed already says why when it is finished.
        inserting.send(body).await;
        let done = inserting.finish().await;
        took(&what, started);
        done.map(drop).map_err(|fault| StoreError::Query { what, code: fault.code, message: fault.text })
    }
}
