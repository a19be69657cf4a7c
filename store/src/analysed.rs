//! What the last analysis stood on, so that the next one need only look at what is new.

use bytes::Bytes;
use serde_json::{Map, Value, json};

use crate::error::StoreError;
use crate::row_binary::RowBinary;
use crate::store::Store;
use crate::{STATE_DATABASE, array_literal};

/// A segment whose rows are in the store, and how they were read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reading {
    /// The segment.
    pub segment: String,
    /// Hash of rows, pipeline version and generation.
    pub reading: u64,
    /// Records in it.
    pub records: u64,
}

/// What is stored, against what the last analysis saw.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// The last analysis went through, stood on the same inputs, and all that it saw stands as it was then.
    pub holds: bool,
    /// Segments that it did not see.
    pub new: Vec<Reading>,
    /// Records that it saw.
    pub seen: u64,
}

/// A stored segment's reading, in SQL.
const READINGS: &str = "SELECT segment, sipHash64(rows, pipeline_version, generation) AS reading, records FROM segments FINAL";

impl Store {
    /// Compares what is stored with what the last analysis saw. `inputs` is a hash of all else that it stands on.
    pub async fn standing(&self, inputs: &str) -> Result<Standing, StoreError> {
        let here = [("database", STATE_DATABASE)];
        let analysed = self.0.writer.rows("SELECT inputs FROM analysed FINAL", &[], &here).await?;
        let same = analysed.first().and_then(|row| row.get("inputs")?.as_str()) == Some(inputs);
        let sql = format!(
            "SELECT s.segment AS segment, s.reading AS reading, s.records AS records, a.segment != '' AS seen, a.reading = s.reading AS unchanged \
             FROM ({READINGS}) AS s FULL OUTER JOIN (SELECT segment, reading FROM analysed_segments FINAL) AS a ON s.segment = a.segment \
             ORDER BY segment"
        );
        let mut standing = Standing { holds: same, new: Vec::new(), seen: 0 };
        for row in self.0.writer.rows(&sql, &[], &here).await? {
            match (number(&row, "seen") != 0, number(&row, "unchanged") != 0) {
                (true, true) => standing.seen += number(&row, "records"),
                // Read anew, or gone.
                (true, false) => standing.holds = false,
                (false, _) => standing.new.push(reading(&row)),
            }
        }
        Ok(standing)
    }

    /// All stored segments, for an analysis of everything.
    pub async fn readings(&self) -> Result<Vec<Reading>, StoreError> {
        let rows = self.0.writer.rows(READINGS, &[], &[("database", STATE_DATABASE)]).await?;
        Ok(rows.iter().map(reading).collect())
    }

    /// Notes that what was computed is being changed. An analysis that is cut off leaves it so, and the next one looks at everything.
    pub async fn begin_analysis(&self) -> Result<(), StoreError> {
        self.note_inputs("").await
    }

    /// Notes what an analysis stood on that went through: these segments beside those seen before, or, after one of everything, these alone.
    pub async fn end_analysis(&self, inputs: &str, seen: &[Reading], everything: bool) -> Result<(), StoreError> {
        if everything {
            self.execute(&format!("TRUNCATE TABLE {STATE_DATABASE}.analysed_segments"), &[], &[]).await?;
        }
        let mut rows = RowBinary::default();
        for reading in seen {
            rows.text(&reading.segment).u64(reading.reading);
        }
        self.insert(STATE_DATABASE, "analysed_segments", &["segment", "reading"], "RowBinary", rows.finish(), "").await?;
        self.note_inputs(inputs).await
    }

    async fn note_inputs(&self, inputs: &str) -> Result<(), StoreError> {
        let row = json!({"id": 1, "inputs": inputs, "version": self.next_version().await?});
        self.insert(STATE_DATABASE, "analysed", &[], "JSONEachRow", Bytes::from(row.to_string()), "").await
    }
}

/// A row of [`READINGS`].
fn reading(row: &Map<String, Value>) -> Reading {
    let segment = row.get("segment").and_then(Value::as_str).unwrap_or_default().to_owned();
    Reading { segment, reading: number(row, "reading"), records: number(row, "records") }
}

fn number(row: &Map<String, Value>, key: &str) -> u64 {
    row.get(key).and_then(Value::as_u64).unwrap_or_default()
}

/// A condition on rows: that one of these segments brought them.
pub fn within_segments(column: &str, segments: &[Reading]) -> String {
    format!("{column} IN {}", array_literal(segments.iter().map(|reading| &reading.segment)))
}
