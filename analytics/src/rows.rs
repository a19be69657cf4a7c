//! Rows that a job made, on their way into a mart.

use bytes::Bytes;
use chrono::{DateTime, NaiveDate};
use inflow_store::RowBinary;

use crate::AnalyticsError;
use crate::analyze::Marts;

/// Bytes of rows that are sent at one time.
const BODY: usize = 16 << 20;

/// Days since 1970, as a `Date` has them.
pub(crate) fn day_number(date: NaiveDate) -> i32 {
    (date - DateTime::UNIX_EPOCH.date_naive()).num_days() as i32
}

/// Rows in bodies of a bounded size.
#[derive(Default)]
pub(crate) struct Rows {
    row: RowBinary,
    bodies: Vec<Bytes>,
}

impl Rows {
    /// A row of each.
    pub(crate) fn of<T>(all: &[T], mut write: impl FnMut(&mut RowBinary, &T)) -> Self {
        let mut rows = Self::default();
        for one in all {
            write(rows.next(), one);
        }
        rows
    }

    /// Where the next row goes.
    pub(crate) fn next(&mut self) -> &mut RowBinary {
        if self.row.size() >= BODY {
            self.bodies.push(std::mem::take(&mut self.row).finish());
        }
        &mut self.row
    }
}

impl Marts<'_> {
    /// Puts rows, in `RowBinary` and with all columns, in the place of all that a table holds, in one step.
    pub(crate) async fn refill(&self, table: &str, mut rows: Rows) -> Result<(), AnalyticsError> {
        rows.bodies.push(rows.row.finish());
        self.refill_with(table, "RowBinary", rows.bodies).await
    }

    /// The same of rows in another format.
    pub(crate) async fn refill_with(&self, table: &str, format: &str, bodies: Vec<Bytes>) -> Result<(), AnalyticsError> {
        let done = self.store.refill_table(self.db, table, &[], format, bodies).await;
        done.map_err(AnalyticsError::store(format!("cannot rebuild {table}")))?;
        tracing::debug!(db = self.db, table, "mart rebuilt");
        Ok(())
    }
}
