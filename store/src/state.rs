//! What survives a replay, typed: cursors, what was landed, segments, runs, health, quarantine, tombstones, audit.

use std::collections::{HashMap, HashSet};

use bytes::{Buf, Bytes};
use chrono::{DateTime, Utc};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::client::Param;
use crate::error::StoreError;
use crate::insert::InsertInto;
use crate::random::{self, hexadecimal};
use crate::row_binary::RowBinary;
use crate::store::Store;
use crate::{STATE_DATABASE, array_literal, quote_text};

/// What was landed of one source id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct LandedRow {
    /// Keyed hash of the source id.
    pub key_hash: u64,
    /// Hash of its content.
    pub content_hash: u64,
    /// Whether it is missing from the last complete listing.
    pub gone: bool,
}

/// A segment whose rows are in the store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SegmentRow {
    /// Its id.
    pub segment: String,
    /// Connection it came through.
    pub connection: String,
    /// Stream of the connector.
    pub stream: String,
    /// Kind of records.
    pub kind: String,
    /// When it was fetched.
    pub fetched_at: DateTime<Utc>,
    /// Records in it.
    pub records: u64,
    /// Rows it gave.
    pub rows: u64,
    /// Records set aside.
    pub quarantined: u64,
    /// Version of the pipeline that stored it.
    pub pipeline_version: u32,
    /// Counts the replays.
    pub generation: u32,
}

/// One pull of one connection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunRow {
    /// Its id.
    pub run_id: String,
    /// The connection.
    pub connection: String,
    /// When it began.
    pub started_at: DateTime<Utc>,
    /// When it ended.
    pub finished_at: DateTime<Utc>,
    /// `ok` or `failed`.
    pub status: String,
    /// Requests sent.
    pub requests: u64,
    /// Records that the board delivered.
    pub fetched: u64,
    /// Records new or changed.
    pub landed: u64,
    /// Rows stored.
    pub rows: u64,
    /// Records set aside.
    pub quarantined: u64,
    /// Kind of failure, or empty.
    pub error_kind: String,
    /// Failure in a sentence, or empty.
    pub error: String,
}

/// How a connection is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HealthRow {
    /// The connection.
    pub connection: String,
    /// Channels that it feeds.
    pub channels: Vec<String>,
    /// `ok` or `failing`.
    pub status: String,
    /// Last attempt.
    pub last_attempt_at: DateTime<Utc>,
    /// Last success.
    pub last_success_at: Option<DateTime<Utc>>,
    /// First failure since the last success.
    pub failing_since: Option<DateTime<Utc>>,
    /// Kind of failure, or empty.
    pub error_kind: String,
    /// Failure in a sentence, or empty.
    pub error: String,
    /// Failures in a row that the breaker counts.
    pub failures: u32,
    /// No scheduled pull before; `None`: the breaker is closed.
    pub open_until: Option<DateTime<Utc>>,
}

/// A record that was set aside. The record itself stays in landing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct QuarantineRow {
    /// The connection.
    pub connection: String,
    /// Stream of the connector.
    pub stream: String,
    /// Segment.
    pub segment: String,
    /// Line in it, from 1, the header not counted.
    pub line: u64,
    /// Field.
    pub field: String,
    /// What is wrong with it.
    pub reason: String,
    /// When it was seen.
    pub seen_at: DateTime<Utc>,
}

/// A stage word that nobody mapped, in one segment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnknownWordRow {
    /// The connection.
    pub connection: String,
    /// Stream of the connector.
    pub stream: String,
    /// Segment.
    pub segment: String,
    /// The word.
    pub word: String,
    /// Records of the segment that say it.
    pub records: u64,
    /// When it was seen.
    pub seen_at: DateTime<Utc>,
}

/// Who acts where nobody signed in: whoever may run the command.
pub const COMMAND_LINE: &str = "command line";

/// Bytes of one row of `landed` as RowBinary: two hashes and a flag.
const LANDED_WIDTH: usize = 17;

/// Rows that are inserted together with those of others.
const FEW: usize = 5_000;

impl Store {
    /// The cursor of a stream, once one was committed.
    pub async fn cursor(&self, connection: &str, stream: &str) -> Result<Option<String>, StoreError> {
        let sql = "SELECT cursor FROM cursors WHERE connection = {connection:String} AND stream = {stream:String}";
        let rows = self.state_rows(sql, &of_stream(connection, stream)).await?;
        Ok(rows.first().and_then(|row| row.get("cursor")?.as_str().map(str::to_owned)))
    }

    /// Sets the cursor of a stream. Call it when the rows before it are stored.
    pub async fn commit_cursor(&self, connection: &str, stream: &str, cursor: &str) -> Result<(), StoreError> {
        let version = self.next_version().await?;
        let row =
            json!({"connection": connection, "stream": stream, "cursor": cursor, "committed_at": self.clock().now(), "version": version});
        self.put("cursors", &[row], "").await
    }

    /// What was landed last of each source id of a stream: key hash to content hash and whether it is gone.
    pub async fn landed(&self, connection: &str, stream: &str) -> Result<HashMap<u64, (u64, bool)>, StoreError> {
        let sql = "SELECT key_hash, content_hash, gone FROM landed WHERE connection = {connection:String} AND stream = {stream:String}";
        let bytes = self.0.writer.bytes(sql, &of_stream(connection, stream), "RowBinary", &[("database", STATE_DATABASE)]).await?;
        landed_rows(bytes)
    }

    /// The same of some key hashes alone, of any of these streams: what few records bring is not worth reading all that was landed.
    pub async fn landed_of(&self, connection: &str, streams: &[&str], keys: &[u64]) -> Result<HashMap<u64, (u64, bool)>, StoreError> {
        if keys.is_empty() {
            return Ok(HashMap::new());
        }
        let bytes: Vec<u8> = keys.iter().flat_map(|key| key.to_le_bytes()).collect();
        // One text is read by the engine much quicker than as many numbers. Versions are compared here, for few rows, and not by `final`.
        let sql = format!(
            "SELECT key_hash, argMax(content_hash, version), argMax(gone, version) FROM landed \
             WHERE connection = {{connection:String}} AND stream IN ({}) \
             AND key_hash IN (SELECT arrayJoin(reinterpret(unhex('{}'), 'Array(UInt64)'))) GROUP BY key_hash",
            streams.iter().map(|stream| quote_text(stream)).collect::<Vec<_>>().join(", "),
            hexadecimal(&bytes)
        );
        let longest = (sql.len() + 1).to_string();
        let settings = [("database", STATE_DATABASE), ("final", "0"), ("max_query_size", longest.as_str())];
        landed_rows(self.0.writer.bytes(&sql, &[("connection", connection.to_owned())], "RowBinary", &settings).await?)
    }

    /// Notes what was landed. The same token a second time adds nothing.
    pub async fn commit_landed(&self, connection: &str, stream: &str, rows: &[LandedRow], token: &str) -> Result<(), StoreError> {
        if rows.is_empty() {
            return Ok(());
        }
        let version = self.next_version().await?;
        let mut body = RowBinary::default();
        for row in rows {
            body.text(connection).text(stream).u64(row.key_hash).u64(row.content_hash).u8(u8::from(row.gone)).u64(version);
        }
        let columns = ["connection", "stream", "key_hash", "content_hash", "gone", "version"];
        let into = InsertInto { database: STATE_DATABASE, table: "landed", columns: &columns, format: "RowBinary" };
        if rows.len() <= FEW {
            // A repetition is the same rows of a later version.
            return self.insert_together(into, body.finish()).await;
        }
        self.insert(into.database, into.table, into.columns, into.format, body.finish(), token).await
    }

    fn version_now(&self) -> u64 {
        u64::try_from(self.clock().now().timestamp_millis()).unwrap_or(0) << 20
    }

    /// Whether a segment's rows are stored.
    pub async fn segment_stored(&self, segment: &str) -> Result<bool, StoreError> {
        let rows =
            self.state_rows("SELECT 1 FROM segments WHERE segment = {segment:String} LIMIT 1", &[("segment", segment.to_owned())]).await?;
        Ok(!rows.is_empty())
    }

    /// All segments of a connection whose rows are stored.
    pub async fn stored_segments(&self, connection: &str) -> Result<HashSet<String>, StoreError> {
        let sql = "SELECT segment AS text FROM segments WHERE connection = {connection:String} SETTINGS final = 0";
        self.texts(sql, &[("connection", connection.to_owned())]).await
    }

    /// Notes that a segment's rows are stored.
    pub async fn record_segment(&self, row: &SegmentRow) -> Result<(), StoreError> {
        let version = self.next_version().await?;
        let row = with(row, [("stored_at", json!(self.clock().now())), ("version", json!(version))])?;
        self.put_together("segments", &[row]).await
    }

    /// Notes a run.
    pub async fn record_run(&self, row: &RunRow) -> Result<(), StoreError> {
        self.put_together("runs", &[with(row, [])?]).await
    }

    /// Notes how a connection is.
    pub async fn record_health(&self, row: &HealthRow) -> Result<(), StoreError> {
        let version = self.next_version().await?;
        self.put_together("connection_health", &[with(row, [("version", json!(version))])?]).await
    }

    /// How the connections are, by name.
    pub async fn health(&self) -> Result<Vec<HealthRow>, StoreError> {
        self.typed("SELECT * EXCEPT version FROM connection_health ORDER BY connection", &[]).await
    }

    /// How one connection is.
    pub async fn health_of(&self, connection: &str) -> Result<Option<HealthRow>, StoreError> {
        let sql = "SELECT * EXCEPT version FROM connection_health WHERE connection = {connection:String} ORDER BY version DESC LIMIT 1 SETTINGS final = 0";
        Ok(self.typed(sql, &[("connection", connection.to_owned())]).await?.pop())
    }

    /// The last runs, newest first.
    pub async fn runs(&self, limit: u32) -> Result<Vec<RunRow>, StoreError> {
        let sql = "SELECT * FROM runs ORDER BY started_at DESC, connection LIMIT {limit:UInt32}";
        self.typed(sql, &[("limit", limit.to_string())]).await
    }

    /// Sets records of a segment aside, with the stage words that nobody mapped. What was set aside of it before, by
    /// another mapping, is forgotten, unless the segment is `new`; setting the same aside again changes nothing.
    pub async fn set_aside(&self, segment: &str, rows: &[QuarantineRow], words: &[UnknownWordRow], new: bool) -> Result<(), StoreError> {
        let sql = "SELECT 1 FROM quarantine WHERE segment = {segment:String} LIMIT 1 \
            UNION ALL SELECT 1 FROM unknown_words WHERE segment = {segment:String} LIMIT 1";
        if !new && !self.state_rows(sql, &[("segment", segment.to_owned())]).await?.is_empty() {
            self.forget_set_aside(&[segment.to_owned()]).await?;
        }
        let rows = rows.iter().map(|row| with(row, [])).collect::<Result<Vec<_>, _>>()?;
        self.put_together("quarantine", &rows).await?;
        let words = words.iter().map(|row| with(row, [])).collect::<Result<Vec<_>, _>>()?;
        self.put_together("unknown_words", &words).await
    }

    /// Forgets what was set aside of some segments: they are about to be read anew.
    pub async fn forget_set_aside(&self, segments: &[String]) -> Result<(), StoreError> {
        let segments = array_literal(segments);
        for table in ["quarantine", "unknown_words"] {
            let sql = format!("DELETE FROM {STATE_DATABASE}.{table} WHERE has({{segments:Array(String)}}, segment)");
            self.execute(&sql, &[("segments", segments.clone())], &[]).await?;
        }
        Ok(())
    }

    /// Stage words that nobody mapped: connection, word, and records that say it.
    pub async fn unknown_stage_words(&self) -> Result<Vec<(String, String, u64)>, StoreError> {
        let sql = "SELECT toString(connection) AS connection, word, sum(records) AS records FROM unknown_words FINAL \
            GROUP BY connection, word ORDER BY connection, records DESC, word";
        let rows = self.state_rows(sql, &[]).await?;
        let text = |row: &Map<String, Value>, key: &str| row.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
        let records = |row: &Map<String, Value>| row.get("records").and_then(Value::as_u64).unwrap_or_default();
        Ok(rows.iter().map(|row| (text(row, "connection"), text(row, "word"), records(row))).collect())
    }

    /// Digests of erased persons.
    pub async fn tombstones(&self) -> Result<HashSet<String>, StoreError> {
        self.texts("SELECT digest AS text FROM tombstones", &[]).await
    }

    /// Adds digests of an erased person.
    pub async fn add_tombstones(&self, digests: &[String]) -> Result<(), StoreError> {
        let now = self.clock().now();
        let rows: Vec<Value> = digests.iter().map(|digest| json!({"digest": digest, "erased_at": now})).collect();
        self.put("tombstones", &rows, "").await
    }

    /// Adds a line to the audit: who did what. `actor` is a person's name, a token's, or [`COMMAND_LINE`].
    pub async fn audit(&self, actor: &str, action: &str, detail: &str) -> Result<(), StoreError> {
        let row = json!({"at": self.clock().now(), "id": random::id(), "actor": actor, "action": action, "detail": detail});
        self.put("audit", &[row], "").await
    }

    /// A version above those of all rows there are, also when the clock stands still or was set back. Whoever holds the
    /// store is the only one to write, so the last one is asked for once.
    pub(crate) async fn next_version(&self) -> Result<u64, StoreError> {
        let mut last = self.0.last_version.lock().await;
        let known = match *last {
            Some(known) => known,
            None => self.greatest_version().await?,
        };
        let version = self.version_now().max(known + 1);
        *last = Some(version);
        Ok(version)
    }

    async fn greatest_version(&self) -> Result<u64, StoreError> {
        let tables = [
            "analysed",
            "closings",
            "connection_health",
            "cursors",
            "landed",
            "messages",
            "process_opt_outs",
            "process_steps",
            "repost_left",
            "repost_plan",
            "reposts",
            "segments",
            "tokens",
        ];
        let each = tables.map(|table| format!("SELECT max(version) AS last FROM {table}"));
        let sql = format!("SELECT max(last) AS version FROM ({}) SETTINGS final = 0", each.join(" UNION ALL "));
        let rows = self.state_rows(&sql, &[]).await?;
        Ok(rows.first().and_then(|row| row.get("version")?.as_u64()).unwrap_or(0))
    }

    pub(crate) async fn state_rows(&self, sql: &str, params: &[Param<'_>]) -> Result<Vec<Map<String, Value>>, StoreError> {
        self.0.writer.rows(sql, params, &[("database", STATE_DATABASE)]).await
    }

    pub(crate) async fn typed<T: DeserializeOwned>(&self, sql: &str, params: &[Param<'_>]) -> Result<Vec<T>, StoreError> {
        let rows = self.0.writer.rows(sql, params, &[("database", STATE_DATABASE), ("date_time_output_format", "iso")]).await?;
        rows.into_iter().map(|row| serde_json::from_value(Value::Object(row))).collect::<Result<_, _>>().map_err(unreadable)
    }

    async fn texts(&self, sql: &str, params: &[Param<'_>]) -> Result<HashSet<String>, StoreError> {
        let rows = self.state_rows(sql, params).await?;
        Ok(rows.iter().filter_map(|row| row.get("text")?.as_str().map(str::to_owned)).collect())
    }

    pub(crate) async fn put(&self, table: &str, rows: &[Value], token: &str) -> Result<(), StoreError> {
        self.insert(STATE_DATABASE, table, &[], "JSONEachRow", json_rows(rows)?, token).await
    }

    /// The same together with what others put into the table at the same time, for tables where equal rows are one.
    async fn put_together(&self, table: &str, rows: &[Value]) -> Result<(), StoreError> {
        let into = InsertInto { database: STATE_DATABASE, table, columns: &[], format: "JSONEachRow" };
        self.insert_together(into, json_rows(rows)?).await
    }
}

fn json_rows(rows: &[Value]) -> Result<Bytes, StoreError> {
    let mut body = Vec::new();
    for row in rows {
        serde_json::to_writer(&mut body, row).map_err(unreadable)?;
        body.push(b'\n');
    }
    Ok(Bytes::from(body))
}

fn landed_rows(mut bytes: Bytes) -> Result<HashMap<u64, (u64, bool)>, StoreError> {
    if !bytes.len().is_multiple_of(LANDED_WIDTH) {
        return Err(StoreError::Answer { what: "the landed records".to_owned(), message: format!("{} bytes", bytes.len()) });
    }
    let mut landed = HashMap::with_capacity(bytes.len() / LANDED_WIDTH);
    while bytes.has_remaining() {
        landed.insert(bytes.get_u64_le(), (bytes.get_u64_le(), bytes.get_u8() != 0));
    }
    Ok(landed)
}

fn of_stream(connection: &str, stream: &str) -> [Param<'static>; 2] {
    [("connection", connection.to_owned()), ("stream", stream.to_owned())]
}

pub(crate) fn with<const N: usize>(row: &impl Serialize, more: [(&str, Value); N]) -> Result<Value, StoreError> {
    let mut value = serde_json::to_value(row).map_err(unreadable)?;
    if let Some(fields) = value.as_object_mut() {
        fields.extend(more.map(|(name, value)| (name.to_owned(), value)));
    }
    Ok(value)
}

#[expect(clippy::needless_pass_by_value, reason = "given to map_err")]
fn unreadable(error: serde_json::Error) -> StoreError {
    StoreError::Answer { what: "the state".to_owned(), message: error.to_string() }
}
