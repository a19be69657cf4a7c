//! Counts: unique people at the grain of the row, local days, and what a silent channel reads.

use inflow_analytics::Report;
use serde_json::{Value, json};

use crate::world::{World, application, event, find, query};

#[tokio::test]
async fn people_are_unique_at_the_grain_of_the_row() {
    let world = World::new().await;
    // One person applies twice at BOSS, on two days, and once at Zhaopin; another once.
    world
        .insert(
            "applications",
            vec![
                application("1", "boss", "2026-10-01 10:00:00"),
                application("2", "boss", "2026-10-02 10:00:00"),
                application("3", "zhaopin", "2026-10-02 10:00:00"),
                application("4", "boss", "2026-10-02 10:00:00"),
            ],
        )
        .await;
    let link =
        |connection: &str, id: &str| json!({"connection": connection, "source_id": id, "person_id": "boss/1", "members": 3, "linkable": 1});
    world.insert("candidate_links", vec![link("boss", "1"), link("boss", "2"), link("zhaopin", "3")]).await;
    world.analyze().await;
    let people = |report: &Report| -> Vec<(String, u64, u64)> {
        let first = report.columns.first().cloned().unwrap_or_default();
        let name = |row: &serde_json::Map<String, Value>| row.get(&first).and_then(Value::as_str).unwrap_or_default().to_owned();
        report.rows.iter().map(|row| (name(row), row["applications"].as_u64().unwrap(), row["candidates"].as_u64().unwrap())).collect()
    };
    let by_channel = world.report("volume", &["channel"], "2026-10-01", "2026-10-31").await;
    assert_eq!(people(&by_channel), [("boss".to_owned(), 3, 2), ("zhaopin".to_owned(), 1, 1), ("indeed".to_owned(), 0, 0)]);
    assert_eq!(find(&by_channel, &[("channel", "boss")])["share"], 0.75);
    assert_eq!(find(&by_channel, &[("channel", "boss")])["key_share"], 0.666_667);
    let by_day = world.report("volume", &["day"], "2026-10-01", "2026-10-02").await;
    assert_eq!(people(&by_day), [("2026-10-01".to_owned(), 1, 1), ("2026-10-02".to_owned(), 3, 2)]);
    let total = world.report("volume", &["none"], "2026-10-01", "2026-10-31").await;
    assert_eq!(total.rows.len(), 1);
    assert_eq!((total.rows[0]["applications"].as_u64(), total.rows[0]["candidates"].as_u64()), (Some(4), Some(2)));
}

#[tokio::test]
async fn postings_count_once_published_and_clusters_once_each() {
    let world = World::new().await;
    let posting = |id: &str, status: &str, posted: Value| {
        json!({"connection": "boss", "source_id": id, "channel": "boss", "status": status,
               "posted_at": posted, "posted_precision": "exact", "version": 1})
    };
    world
        .insert(
            "postings",
            vec![
                posting("1", "open", json!("2026-10-05 10:00:00")),
                posting("2", "closed", json!("2026-10-06 10:00:00")),
                posting("3", "open", json!("2026-10-06 10:00:00")),
                posting("4", "draft", json!("2026-10-06 10:00:00")),
                posting("5", "open", Value::Null),
                posting("6", "open", json!("2026-11-06 10:00:00")),
            ],
        )
        .await;
    let clustered = |id: &str| json!({"connection": "boss", "source_id": id, "cluster_id": "boss/1", "members": 2});
    world.insert("posting_clusters", vec![clustered("1"), clustered("2")]).await;
    world.analyze().await;
    let report = world.report("volume", &[], "2026-10-01", "2026-10-31").await;
    let row = find(&report, &[("channel", "boss")]);
    assert_eq!((row["postings"].as_u64(), row["posting_clusters"].as_u64(), row["applications"].as_u64()), (Some(3), Some(2), Some(0)));
}

#[tokio::test]
async fn days_are_the_channels_own_unless_a_zone_is_named() {
    let world = World::new().await;
    // 16:30 UTC on 30 September: already October in Shanghai, noon of 30 September in New York.
    world
        .insert("applications", vec![application("1", "boss", "2026-09-30 16:30:00"), application("2", "indeed", "2026-09-30 16:30:00")])
        .await;
    world.analyze().await;
    let applications = |report: &Report, channel: &str| find(report, &[("channel", channel)])["applications"].as_u64().unwrap();
    let own = world.report("volume", &[], "2026-10-01", "2026-10-01").await;
    assert_eq!((applications(&own, "boss"), applications(&own, "indeed")), (1, 0));
    let mut asked = query("volume", &[], "2026-10-01", "2026-10-01");
    asked.tz = Some(chrono_tz::Asia::Shanghai);
    let shanghai = world.ask(&asked).await;
    assert_eq!((applications(&shanghai, "boss"), applications(&shanghai, "indeed")), (1, 1));
    assert_eq!(shanghai.tz, "Asia/Shanghai");
    asked.tz = Some(chrono_tz::America::New_York);
    let york = world.ask(&asked).await;
    assert_eq!((applications(&york, "boss"), applications(&york, "indeed")), (0, 0));
}

#[tokio::test]
async fn a_broken_channel_is_never_a_quiet_one() {
    let world = World::with_channels(crate::world::CHANNELS).await;
    world.healthy("fine", &["boss"]).await;
    // Shanghai is 8 hours ahead: midnight of 11 October.
    world.failing("broken", &["zhaopin"], Some("2026-10-10 16:00:00.000")).await;
    world.failing("dead", &["indeed"], None).await;
    world.insert("applications", vec![application("1", "zhaopin", "2026-10-05 10:00:00")]).await;
    world.analyze().await;
    let state = |report: &Report, channel: &str| {
        let row = find(report, &[("channel", channel)]);
        (row["status"].as_str().unwrap().to_owned(), row["covered"].as_f64().unwrap(), row["applications"].as_u64())
    };
    let october = world.report("volume", &[], "2026-10-01", "2026-10-20").await;
    assert_eq!(state(&october, "boss"), ("ok".to_owned(), 1.0, Some(0)));
    assert_eq!(state(&october, "zhaopin"), ("partial".to_owned(), 0.5, Some(1)));
    assert_eq!(state(&october, "indeed"), ("no_data".to_owned(), 0.0, None));
    let after = world.report("volume", &[], "2026-10-15", "2026-10-20").await;
    assert_eq!(state(&after, "zhaopin"), ("no_data".to_owned(), 0.0, None));
    let before = world.report("volume", &[], "2026-10-01", "2026-10-10").await;
    assert_eq!(state(&before, "zhaopin"), ("ok".to_owned(), 1.0, Some(1)));
    let total = world.report("volume", &["none"], "2026-10-01", "2026-10-20").await;
    assert_eq!((total.rows[0]["status"].as_str(), total.rows[0]["covered"].as_f64()), (Some("partial"), Some(0.5)));
    for metric in ["conversion", "cost_per_resume", "application_heat"] {
        let report = world.report(metric, &[], "2026-10-15", "2026-10-20").await;
        let rows: Vec<_> = report.rows.iter().filter(|row| row["channel"] == "indeed").collect();
        assert!(!rows.is_empty(), "{metric} hides the broken channel");
        assert!(rows.iter().all(|row| row["status"] == "no_data"), "{metric}");
    }
}

#[tokio::test]
async fn a_channel_that_nothing_feeds_has_no_data_until_something_is_imported() {
    let world = World::with_channels(crate::world::CHANNELS).await;
    world.insert("applications", vec![application("1", "boss", "2026-10-05 10:00:00")]).await;
    world.analyze().await;
    let report = world.report("volume", &[], "2026-11-01", "2026-11-20").await;
    assert_eq!(find(&report, &[("channel", "boss")])["status"], "ok");
    assert_eq!(find(&report, &[("channel", "zhaopin")])["status"], "no_data");
}

#[tokio::test]
async fn filters_narrow_to_channels_and_stores() {
    let world = World::new().await;
    let mut rows = vec![application("1", "boss", "2026-10-05 10:00:00"), application("2", "boss", "2026-10-05 10:00:00")];
    rows.push(application("3", "zhaopin", "2026-10-05 10:00:00"));
    rows[0]["store"] = json!("it's");
    world.insert("applications", rows).await;
    world.analyze().await;
    let mut asked = query("volume", &[], "2026-10-01", "2026-10-31");
    asked.filters.insert("channel".to_owned(), vec!["boss".to_owned()]);
    let report = world.ask(&asked).await;
    assert_eq!(report.rows.len(), 1);
    assert_eq!(report.rows[0]["applications"], 2);
    asked.filters.insert("store".to_owned(), vec!["it's".to_owned()]);
    assert_eq!(world.ask(&asked).await.rows[0]["applications"], 1);
}

/// The list behind the figures has as many rows as they count, ids alone.
#[tokio::test]
async fn the_list_behind_a_figure_is_as_long_as_the_figure() {
    let world = World::new().await;
    let people = ["2026-10-04 15:59:59", "2026-10-04 16:00:00", "2026-10-05 03:00:00", "2026-10-05 16:00:00"];
    let rows = people.iter().zip(1..).map(|(at, id): (_, u32)| application(&id.to_string(), "boss", at)).collect();
    world.insert("applications", rows).await;
    world.insert("stage_events", vec![event("boss", "2", "attended", "2026-10-20 10:00:00")]).await;
    world.failing("zhaopin", &["zhaopin"], Some("2026-09-30 00:00:00")).await;
    world.analyze().await;
    let volume = world.report("volume", &["channel"], "2026-10-05", "2026-10-05").await;
    assert_eq!(find(&volume, &[("channel", "boss")])["applications"], 2);
    let list = world.report("stage_entries", &["channel"], "2026-10-05", "2026-10-05").await;
    let applied: Vec<_> =
        list.rows.iter().filter(|row| row["stage"] == "applied").map(|row| (&row["application"], &row["entered_at"])).collect();
    assert_eq!(applied, [(&"boss/2".into(), &"2026-10-04T16:00:00Z".into()), (&"boss/3".into(), &"2026-10-05T03:00:00Z".into())]);
    let later = world.report("stage_entries", &["none"], "2026-10-06", "2026-10-31").await;
    let attended = find(&later, &[("stage", "attended")]);
    // One of three channels delivers nothing, so the list may be longer than it is.
    assert_eq!((&attended["application"], &attended["status"]), (&"boss/2".into(), &"partial".into()));
}
