//! A store with hand-made rows. One to a process: the engine opens one folder per process, and each test is its own.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use inflow_analytics::{Query, Report, Scope, analyze, analyze_in_parts, report};
use inflow_config::{AlertRule, Config, FixedClock, SharedClock};
use inflow_store::{Reading, Store, StoreOptions};
use serde_json::{Map, Value, json};

/// Channels `boss` and `zhaopin` in the company's zone, `indeed` in New York.
pub const CHANNELS: &str = r#"
[[channel]]
id = "boss"
name = { en = "BOSS", zh = "BOSS直聘" }

[[channel]]
id = "zhaopin"
name = { en = "Zhaopin", zh = "智联招聘" }

[[channel]]
id = "indeed"
name = { en = "Indeed", zh = "Indeed" }
timezone = "America/New_York"
"#;

const SETTINGS: &str = r#"
[company]
name = "Acme"
timezone = "Asia/Shanghai"
currency = "CNY"

[[rates]]
currency = "USD"
from = 2026-01-01
rate = "7.1"

[[rates]]
currency = "USD"
from = 2026-10-01
rate = "7.12345678"
"#;

pub struct World {
    pub store: Store,
    pub config: Config,
    pub clock: SharedClock,
    inserted: std::cell::Cell<u32>,
    _folder: tempfile::TempDir,
}

impl World {
    /// All three channels, each fed by a healthy connection of its name.
    pub async fn new() -> Self {
        let world = Self::with_channels(CHANNELS).await;
        for channel in ["boss", "zhaopin", "indeed"] {
            world.healthy(channel, &[channel]).await;
        }
        world
    }

    /// Other channels, and no connection yet. It is 2026-12-01 in UTC.
    pub async fn with_channels(channels: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("inflow.toml"), SETTINGS).unwrap();
        std::fs::write(folder.path().join("channels.toml"), channels).unwrap();
        let config = Config::load(&folder.path().join("inflow.toml"), &Vec::new).unwrap();
        let clock: SharedClock = Arc::new(FixedClock(at("2026-12-01T00:00:00Z")));
        let mut options = StoreOptions::new(folder.path().join("data"));
        options.clock = clock.clone();
        let store = Store::open(options).await.unwrap();
        Self { store, config, clock, inserted: 0.into(), _folder: folder }
    }

    /// The rules of an `alerts.toml`.
    pub fn rules(&self, text: &str) -> Vec<AlertRule> {
        std::fs::write(self.config.dir.join("alerts.toml"), text).unwrap();
        Config::load(&self.config.file, &Vec::new).unwrap().alerts.rule
    }

    /// Inserts rows; `version` is 1 unless given.
    pub async fn insert(&self, table: &str, rows: Vec<Value>) {
        self.insert_into("inflow", table, rows).await;
    }

    pub async fn insert_into(&self, database: &str, table: &str, rows: Vec<Value>) {
        let mut columns: Vec<String> = rows.iter().flat_map(|row| row.as_object().unwrap().keys().cloned()).collect();
        columns.sort();
        columns.dedup();
        let body = rows.iter().map(Value::to_string).collect::<Vec<_>>().join("\n");
        self.inserted.set(self.inserted.get() + 1);
        let names: Vec<&str> = columns.iter().map(String::as_str).collect();
        let token = format!("test {}", self.inserted.get());
        self.store.insert(database, table, &names, "JSONEachRow", Bytes::from(body), &token).await.unwrap();
    }

    pub async fn healthy(&self, connection: &str, channels: &[&str]) {
        self.health(json!({"connection": connection, "channels": channels, "status": "ok", "last_success_at": "2026-12-01 00:00:00.000"}))
            .await;
    }

    /// A connection that has failed since its last success, if it had one (an instant in UTC).
    pub async fn failing(&self, connection: &str, channels: &[&str], last_success: Option<&str>) {
        self.health(json!({"connection": connection, "channels": channels, "status": "failing", "last_success_at": last_success})).await;
    }

    async fn health(&self, mut row: Value) {
        row["last_attempt_at"] = json!("2026-12-01 00:00:00.000");
        row["version"] = json!(self.inserted.get() + 1);
        self.insert_into("inflow_state", "connection_health", vec![row]).await;
    }

    pub async fn analyze(&self) {
        analyze(&self.store, &self.config, &self.clock, &[], &Scope::All).await.unwrap();
    }

    /// Everything, so many applications in one statement at most.
    pub async fn analyze_in_parts(&self, applications: u64) {
        analyze_in_parts(&self.store, &self.config, &self.clock, applications).await.unwrap();
    }

    /// Only what one segment brought, and the cases of `changed_applications`.
    pub async fn analyze_changes(&self, segment: &str) {
        let new = Reading { segment: segment.to_owned(), reading: 1, records: 1 };
        analyze(&self.store, &self.config, &self.clock, &[], &Scope::Changed(vec![new])).await.unwrap();
    }

    /// A report as of the clock, in each channel's own zone.
    pub async fn report(&self, metric: &str, by: &[&str], from: &str, to: &str) -> Report {
        self.ask(&query(metric, by, from, to)).await
    }

    pub async fn ask(&self, query: &Query) -> Report {
        report(&self.store, &self.config, query).await.unwrap()
    }

    pub async fn rows(&self, sql: &str) -> Vec<Map<String, Value>> {
        self.store.rows(sql, &[]).await.unwrap()
    }
}

pub fn query(metric: &str, by: &[&str], from: &str, to: &str) -> Query {
    Query {
        metric: metric.to_owned(),
        version: None,
        by: by.iter().map(|name| (*name).to_owned()).collect(),
        from: from.parse().unwrap(),
        to: to.parse().unwrap(),
        tz: None,
        as_of: at("2026-12-01T00:00:00Z"),
        filters: BTreeMap::new(),
    }
}

pub fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

/// An application received at an instant (UTC, `2026-10-01 10:00:00`), its candidate its own.
pub fn application(id: &str, channel: &str, applied_at: &str) -> Value {
    json!({
        "connection": channel, "source_id": id, "channel": channel, "candidate_source_id": id,
        "applied_at": applied_at, "applied_precision": "exact", "first_at": null, "first_precision": "", "store": "",
        "posting_source_id": "", "version": 1,
    })
}

pub fn event(channel: &str, application: &str, stage: &str, at: &str) -> Value {
    json!({
        "connection": channel, "application_source_id": application, "source_id": format!("{stage} {at}"), "stage": stage,
        "occurred_at": at, "precision": "exact", "retracts": 0, "version": 1,
    })
}

/// The one row that has these values.
pub fn find<'r>(report: &'r Report, wanted: &[(&str, &str)]) -> &'r Map<String, Value> {
    let mut found = report.rows.iter().filter(|row| wanted.iter().all(|(column, value)| row[*column] == *value));
    let row = found.next().unwrap_or_else(|| panic!("no row {wanted:?} in {:#?}", report.rows));
    assert!(found.next().is_none(), "several rows {wanted:?}");
    row
}
