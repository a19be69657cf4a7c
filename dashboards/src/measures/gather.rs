//! What the store tells at a scrape: connections, runs, quarantine, sizes, alerts, the ledger's ties.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use chrono::{DateTime, Datelike, Utc};
use inflow_analytics::{Query, Report};
use inflow_config::Config;
use inflow_store::{Store, StoreError};
use serde_json::{Map, Value};

use super::Measure;

type Row = Map<String, Value>;

const RUNS: &str = "
SELECT toString(connection) AS connection, toString(status) AS status, count() AS runs, sum(requests) AS requests, sum(fetched) AS fetched,
    sum(landed) AS landed, sum(rows) AS rows, sum(dateDiff('millisecond', started_at, finished_at)) / 1000 AS seconds
FROM inflow_state.runs GROUP BY connection, status ORDER BY connection, status";

const QUARANTINE: &str =
    "SELECT toString(connection) AS connection, count() AS records FROM inflow_state.quarantine GROUP BY connection ORDER BY connection";

const SIZES: &str = "
SELECT database, sum(bytes_on_disk) AS bytes, sum(rows) AS rows FROM system.parts WHERE active AND database IN ('inflow', 'inflow_state')
GROUP BY database ORDER BY database";

const ALERTS: &str = "
SELECT toString(rule) AS rule, state, count() AS slices
FROM (SELECT rule, slice, toString(argMax(state, day)) AS state FROM inflow.thresholds GROUP BY rule, slice)
GROUP BY rule, state ORDER BY rule, state";

/// All of it, beside the report of [`ties_query`], which is absent before the first analysis. Small statements, one after the other.
///
/// # Errors
/// When the store does not answer.
pub(crate) async fn gather(store: &Store, config: &Config, ties: Option<&Report>) -> Result<Vec<Measure>, StoreError> {
    let now = store.clock().now();
    let mut measures = connections(store, config, now).await?;
    measures.extend(runs(&store.rows(RUNS, &[]).await?));
    measures.push(quarantined(config, &store.rows(QUARANTINE, &[]).await?));
    let sizes = store.rows(SIZES, &[]).await?;
    measures.push(sized("inflow_store_bytes", "Bytes on disk of the tables in use", &sizes, "bytes"));
    measures.push(sized("inflow_store_rows", "Rows of the tables in use, versions that are not merged away yet included", &sizes, "rows"));
    measures.push(alerts(config, &store.rows(ALERTS, &[]).await?));
    measures.extend(ties.into_iter().flat_map(tied));
    let landing = store.data_dir().join("landing");
    let bytes = tokio::task::spawn_blocking(move || bytes_below(&landing)).await.unwrap_or_default();
    measures.push(Measure::gauge("inflow_landing_bytes", "Bytes of what was landed").with(Vec::new(), bytes as f64));
    if let Some(version) = store.engine_version() {
        measures.push(
            Measure::gauge("inflow_engine_info", "1, with the version of the embedded engine")
                .with(vec![("version", version.to_owned())], 1.0),
        );
    }
    let settled = if store.is_settled() { 1.0 } else { 0.0 };
    measures.push(Measure::gauge("inflow_store_settled", "0 while a replay's tables are put in place").with(Vec::new(), settled));
    Ok(measures)
}

/// Those of the configuration and those that left a state, by name.
async fn connections(store: &Store, config: &Config, now: DateTime<Utc>) -> Result<Vec<Measure>, StoreError> {
    let mut enabled = Measure::gauge("inflow_connection_enabled", "1 when the connection is configured and enabled");
    let mut up = Measure::gauge("inflow_connection_up", "1 when the last attempt went well, 0 when it failed");
    let mut attempt = Measure::gauge("inflow_connection_last_attempt_timestamp_seconds", "When the connection was tried last");
    let mut success = Measure::gauge("inflow_connection_last_success_timestamp_seconds", "When an attempt went well last");
    let mut failures = Measure::gauge("inflow_connection_failures", "Failures in a row that the breaker counts");
    let mut open = Measure::gauge("inflow_connection_breaker_open", "1 while no scheduled pull is tried");
    for connection in &config.connections {
        let labels = vec![("connection", connection.name.clone()), ("connector", connection.connector.clone())];
        enabled.put(labels, f64::from(u8::from(connection.enabled)));
    }
    for health in store.health().await? {
        let labels = || vec![("connection", health.connection.clone())];
        up.put(labels(), if health.status == "ok" { 1.0 } else { 0.0 });
        attempt.put(labels(), seconds(health.last_attempt_at));
        if let Some(at) = health.last_success_at {
            success.put(labels(), seconds(at));
        }
        failures.put(labels(), health.failures.into());
        open.put(labels(), f64::from(u8::from(health.open_until.is_some_and(|until| until > now))));
    }
    Ok(vec![enabled, up, attempt, success, failures, open])
}

fn runs(rows: &[Row]) -> Vec<Measure> {
    let mut runs = Measure::counter("inflow_connection_runs", "Pulls and imports, by how they ended");
    for row in rows {
        runs.put(vec![("connection", text(row, "connection")), ("status", text(row, "status"))], number(row, "runs"));
    }
    let sums = [
        ("inflow_connection_requests", "Requests sent", "requests"),
        ("inflow_connection_records_fetched", "Records that were delivered", "fetched"),
        ("inflow_connection_records_landed", "Records that were new or changed", "landed"),
        ("inflow_connection_rows_stored", "Rows that were stored", "rows"),
        ("inflow_connection_run_seconds", "Time that pulls and imports took", "seconds"),
    ];
    let mut measures = vec![runs];
    for (name, help, column) in sums {
        let mut sums = BTreeMap::<String, f64>::new();
        for row in rows {
            *sums.entry(text(row, "connection")).or_default() += number(row, column);
        }
        let samples = sums.into_iter().map(|(connection, sum)| (vec![("connection", connection)], sum)).collect();
        measures.push(Measure { samples, ..Measure::counter(name, help) });
    }
    measures
}

/// Of every connection that is configured or left something: from 0 on, so that the first record that is set aside is an increase.
fn quarantined(config: &Config, rows: &[Row]) -> Measure {
    let mut records: BTreeMap<String, f64> = config.connections.iter().map(|connection| (connection.name.clone(), 0.0)).collect();
    records.extend(rows.iter().map(|row| (text(row, "connection"), number(row, "records"))));
    let samples = records.into_iter().map(|(connection, records)| (vec![("connection", connection)], records)).collect();
    Measure { samples, ..Measure::gauge("inflow_quarantined_records", "Records that could not be understood and wait") }
}

fn sized(name: &'static str, help: &'static str, rows: &[Row], column: &str) -> Measure {
    let samples = rows.iter().map(|row| (vec![("database", text(row, "database"))], number(row, column))).collect();
    Measure { samples, ..Measure::gauge(name, help) }
}

/// Of the rules of `alerts.toml`; one that was never judged has zeros, and one that is no longer there is not told of.
fn alerts(config: &Config, rows: &[Row]) -> Measure {
    let mut alerts = Measure::gauge("inflow_alerts", "Slices of each rule of alerts.toml by how they stand; raised ones are firing");
    let rules: BTreeSet<&str> = config.alerts.rule.iter().map(|rule| rule.id.as_str()).collect();
    for rule in rules {
        for state in ["raised", "clear", "unknown"] {
            let found = rows.iter().find(|row| text(row, "rule") == rule && text(row, "state") == state);
            alerts.put(vec![("rule", rule.to_owned()), ("state", state.to_owned())], found.map_or(0.0, |row| number(row, "slices")));
        }
    }
    alerts
}

/// Whether figures and ledger agree in the month so far.
pub(crate) fn ties_query(config: &Config, now: DateTime<Utc>) -> Query {
    let today = now.with_timezone(&config.settings.company.timezone).date_naive();
    Query {
        metric: "ties".to_owned(),
        version: None,
        by: Vec::new(),
        from: today.with_day(1).unwrap_or(today),
        to: today,
        tz: None,
        as_of: now,
        filters: BTreeMap::new(),
    }
}

fn tied(report: &Report) -> Vec<Measure> {
    let mut ties = Measure::gauge("inflow_ledger_tie", "1 when two ways to the same amount agree to the cent in the month so far");
    let mut open = Measure::gauge("inflow_ledger_open_lines", "Ledger lines that are in neither side of a tie");
    for row in &report.rows {
        let holds = row.get("ties").is_some_and(|ties| ties.as_bool() == Some(true) || ties.as_u64() == Some(1));
        ties.put(vec![("tie", text(row, "tie"))], f64::from(u8::from(holds)));
        open.put(vec![("tie", text(row, "tie"))], number(row, "open"));
    }
    vec![ties, open]
}

fn seconds(at: DateTime<Utc>) -> f64 {
    at.timestamp_millis() as f64 / 1e3
}

fn text(row: &Row, column: &str) -> String {
    row.get(column).and_then(Value::as_str).unwrap_or_default().to_owned()
}

fn number(row: &Row, column: &str) -> f64 {
    row.get(column).and_then(Value::as_f64).unwrap_or_default()
}

/// Bytes of all files below a folder; what goes away meanwhile counts nothing.
fn bytes_below(folder: &Path) -> u64 {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries
        .map(|entry| match entry.metadata() {
            Ok(about) if about.is_dir() => bytes_below(&entry.path()),
            Ok(about) => about.len(),
            Err(_) => 0,
        })
        .sum()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn rows(value: Value) -> Vec<Row> {
        serde_json::from_value(value).expect("rows")
    }

    #[test]
    fn runs_of_a_connection_are_added_up() {
        let rows = rows(json!([
            { "connection": "sheet", "status": "failed", "runs": 2, "requests": 3, "fetched": 0, "landed": 0, "rows": 0, "seconds": 0.5 },
            { "connection": "sheet", "status": "ok", "runs": 5, "requests": 10, "fetched": 40, "landed": 4, "rows": 8, "seconds": 1.25 },
        ]));
        let measures = runs(&rows);
        assert_eq!(measures[0].samples.len(), 2);
        let of = |name: &str| measures.iter().find(|measure| measure.name == name).expect("a measure").samples.clone();
        assert_eq!(of("inflow_connection_requests"), [(vec![("connection", "sheet".to_owned())], 13.0)]);
        assert_eq!(of("inflow_connection_run_seconds"), [(vec![("connection", "sheet".to_owned())], 1.75)]);
    }

    #[test]
    fn files_in_folders_are_weighed() {
        let folder = tempfile::tempdir().expect("a folder");
        assert_eq!(bytes_below(&folder.path().join("none")), 0);
        std::fs::create_dir_all(folder.path().join("a/b")).expect("folders");
        std::fs::write(folder.path().join("a/b/one"), [0; 10]).expect("a file");
        std::fs::write(folder.path().join("two"), [0; 5]).expect("a file");
        assert_eq!(bytes_below(folder.path()), 15);
    }
}
