//! How alerts stand, from cases in a store.

use std::collections::BTreeSet;
use std::sync::Arc;

use bytes::Bytes;
use chrono::{DateTime, NaiveDate, Utc};
use inflow_actions::alert::{Now, standing};
use inflow_analytics::{Scope, analyze};
use inflow_config::{Config, FixedClock, Lang, SharedClock};
use inflow_store::{Store, StoreOptions};
use serde_json::{Value, json};

async fn insert(store: &Store, database: &str, table: &str, rows: &[Value]) {
    let columns: BTreeSet<&str> = rows.iter().filter_map(Value::as_object).flat_map(|row| row.keys().map(String::as_str)).collect();
    let columns: Vec<&str> = columns.into_iter().collect();
    let body = rows.iter().map(Value::to_string).collect::<Vec<_>>().join("\n");
    store.insert(database, table, &columns, "JSONEachRow", Bytes::from(body), table).await.unwrap();
}

#[tokio::test]
async fn a_channel_that_fell_is_down_and_nothing_else_is_said_of_it() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("inflow.toml"), "[company]\nname = \"Acme\"\n").unwrap();
    std::fs::write(folder.path().join("channels.toml"), "[[channel]]\nid = \"boss\"\nname = { en = \"BOSS\", zh = \"BOSS直聘\" }\n")
        .unwrap();
    let config = Config::load(&folder.path().join("inflow.toml"), &Vec::new).unwrap();
    let now: DateTime<Utc> = "2026-12-01T00:00:00Z".parse().unwrap();
    let clock: SharedClock = Arc::new(FixedClock(now));
    let mut options = StoreOptions::new(folder.path().join("data"));
    options.clock = clock.clone();
    let store = Store::open(options).await.unwrap();
    let health = json!({"connection": "boss", "channels": ["boss"], "status": "ok", "last_attempt_at": "2026-12-01 00:00:00.000",
        "last_success_at": "2026-12-01 00:00:00.000", "version": 1});
    insert(&store, "inflow_state", "connection_health", &[health]).await;
    // Twenty a day that name no store; from the 28th on, a Saturday, two.
    let (first, fell): (NaiveDate, NaiveDate) = ("2026-06-01".parse().unwrap(), "2026-11-28".parse().unwrap());
    let days = first.iter_days().take_while(|day| *day <= "2026-11-30".parse().unwrap());
    let rows: Vec<Value> = days
        .flat_map(|day| (0..if day < fell { 20 } else { 2 }).map(move |number| (day, number)))
        .map(|(day, number)| {
            let id = format!("{day} {number}");
            json!({"connection": "boss", "source_id": id, "channel": "boss", "candidate_source_id": id, "applied_at": format!("{day} 04:00:00"),
                "applied_precision": "exact", "first_at": null, "first_precision": "", "store": "", "posting_source_id": "", "version": 1})
        })
        .collect();
    insert(&store, "inflow", "applications", &rows).await;
    analyze(&store, &config, &clock, &[], &Scope::All).await.unwrap();
    let stand = standing(&store, &config, Lang::En, now).await.unwrap();
    let falls: Vec<_> = stand.iter().filter(|one| one.rule == "channel_drop").map(|one| (one.slice.as_str(), one.now)).collect();
    assert_eq!(falls, [("channel=boss", Now::On)], "{stand:#?}");
    store.shutdown().await;
}
