//! Tables that linking computes anew: typed rows are read as a stream, and a new table takes the old one's place in one step.

use crate::PipelineError;
use bytes::Bytes;
use futures::TryStreamExt;
use inflow_store::{Store, User};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Rows of one insert, which is one block.
pub(crate) const BLOCK_ROWS: usize = 200_000;

/// Reads the rows of a SELECT, each handed over as soon as it is here: nothing but the current piece is held.
///
/// The row's type is what serde reads from a JSON array of the columns: a tuple. 64-bit integers are numbers.
///
/// # Errors
/// When the store refuses, or a row is not of the type, which would be a fault of ours.
pub(crate) async fn for_each_row<T: DeserializeOwned>(store: &Store, sql: &str, take: impl FnMut(T)) -> Result<(), PipelineError> {
    for_each(store, &format!("{sql}\nSETTINGS output_format_json_quote_64bit_integers = 0"), take).await
}

/// The same of every version of a row, but where the SELECT says FINAL.
///
/// # Errors
/// Likewise.
pub(crate) async fn for_each_version<T: DeserializeOwned>(store: &Store, sql: &str, take: impl FnMut(T)) -> Result<(), PipelineError> {
    for_each(store, &format!("{sql}\nSETTINGS output_format_json_quote_64bit_integers = 0, final = 0"), take).await
}

async fn for_each<T: DeserializeOwned>(store: &Store, sql: &str, mut take: impl FnMut(T)) -> Result<(), PipelineError> {
    let mut pieces = std::pin::pin!(store.stream(sql, &[], "JSONCompactEachRow", User::Writer).await?);
    let mut rest: Vec<u8> = Vec::new();
    while let Some(piece) = pieces.try_next().await? {
        let Some(end) = piece.iter().rposition(|byte| *byte == b'\n') else {
            rest.extend_from_slice(&piece);
            continue;
        };
        let (whole, begun) = piece.split_at(end + 1);
        rest.extend_from_slice(whole);
        read_lines(&rest, &mut take)?;
        rest.clear();
        rest.extend_from_slice(begun);
    }
    read_lines(&rest, &mut take)
}

fn read_lines<T: DeserializeOwned>(lines: &[u8], take: &mut impl FnMut(T)) -> Result<(), PipelineError> {
    for row in serde_json::Deserializer::from_slice(lines).into_iter::<T>() {
        take(row.map_err(|error| PipelineError::Stopped(format!("a row of the store cannot be read: {error}")))?);
    }
    Ok(())
}

/// Rows of one block of a format.
pub(crate) type Block = (&'static str, Bytes);

/// Blocks of rows as JSON.
///
/// # Errors
/// When a row cannot be written, which would be a fault of ours.
pub(crate) fn json_blocks<T: Serialize>(rows: &[T]) -> Result<Vec<Block>, PipelineError> {
    let block = |rows: &[T]| {
        let mut body = Vec::new();
        for row in rows {
            serde_json::to_writer(&mut body, row).map_err(|error| PipelineError::Stopped(error.to_string()))?;
            body.push(b'\n');
        }
        Ok(("JSONEachRow", Bytes::from(body)))
    };
    rows.chunks(BLOCK_ROWS).map(block).collect()
}

/// A table that is filled beside the one of the same columns whose place it takes in one step: whoever reads sees the old rows or
/// the new ones.
pub(crate) struct Next<'s> {
    store: &'s Store,
    database: &'s str,
    table: &'s str,
}

impl<'s> Next<'s> {
    /// An empty one.
    pub(crate) async fn begin(store: &'s Store, database: &'s str, table: &'s str) -> Result<Self, PipelineError> {
        let next = Self { store, database, table };
        next.drop().await?;
        store.execute(&format!("CREATE TABLE {} AS {}", next.name(), next.current()), &[], &[]).await?;
        Ok(next)
    }

    /// Its name while it is filled.
    pub(crate) fn name(&self) -> String {
        format!("{}.{}_next", self.database, self.table)
    }

    /// The table that is read meanwhile.
    pub(crate) fn current(&self) -> String {
        format!("{}.{}", self.database, self.table)
    }

    /// Takes over the rows for which a condition holds.
    pub(crate) async fn keep(&self, condition: &str) -> Result<(), PipelineError> {
        let sql = format!("INSERT INTO {} SELECT * FROM {} WHERE {condition}", self.name(), self.current());
        Ok(self.store.execute(&sql, &[], &[]).await?)
    }

    /// Adds what a SELECT gives.
    pub(crate) async fn select(&self, select: &str) -> Result<(), PipelineError> {
        Ok(self.store.execute(&format!("INSERT INTO {} {select}", self.name()), &[], &[]).await?)
    }

    /// Adds rows.
    pub(crate) async fn insert(&self, columns: &[&str], blocks: impl IntoIterator<Item = Block>) -> Result<(), PipelineError> {
        for (format, body) in blocks {
            self.store.insert(self.database, &format!("{}_next", self.table), columns, format, body, "").await?;
        }
        Ok(())
    }

    /// Puts it in place.
    pub(crate) async fn put_in_place(self) -> Result<(), PipelineError> {
        self.store.execute(&format!("EXCHANGE TABLES {} AND {}", self.current(), self.name()), &[], &[]).await?;
        self.drop().await
    }

    async fn drop(&self) -> Result<(), PipelineError> {
        Ok(self.store.execute(&format!("DROP TABLE IF EXISTS {} SYNC", self.name()), &[], &[]).await?)
    }
}
