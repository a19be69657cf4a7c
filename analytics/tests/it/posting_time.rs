//! At which hour to post: proven by reposts at drawn hours, and by nothing else.

use inflow_store::RepostRow;
use serde_json::{Value, json};

use crate::hires::with;
use crate::world::{World, application, at, find};

const HOURS: [u8; 8] = [9, 10, 11, 12, 14, 15, 16, 18];

/// From September on a posting a day at each hour in turn; at 18:00 it brings nine people in the day after, at other hours two or three.
async fn experiment(world: &World, days: usize) {
    let (mut reposts, mut people) = (Vec::new(), Vec::new());
    let first: chrono::NaiveDate = "2026-09-01".parse().unwrap();
    for (place, day) in first.iter_days().take(days).enumerate() {
        let hour = HOURS[place % HOURS.len()];
        let id = format!("j{place}");
        // Eight hours behind Shanghai.
        let put = format!("{day}T{:02}:00:00Z", hour - 8);
        reposts.push(RepostRow {
            plan: format!("plan {place}"),
            connection: "boss".to_owned(),
            posting_source_id: id.clone(),
            channel: "boss".to_owned(),
            hour,
            drawn_from: Some(HOURS.to_vec()),
            reposted_at: at(&put),
        });
        let brought = if hour == 18 { 9 } else { 2 + place % 2 };
        for i in 0..brought {
            let row = application(&format!("{id} {i}"), "boss", &format!("{day} 12:{i:02}:00"));
            people.push(with(row, json!({"posting_source_id": id})));
        }
        // The day after is not the repost's any more.
        let late = application(&format!("{id} late"), "boss", &format!("{} 13:00:00", day + chrono::Days::new(1)));
        people.push(with(late, json!({"posting_source_id": id})));
    }
    world.store.note_reposts(&reposts).await.unwrap();
    // Told again it is the same repost.
    world.store.note_reposts(&reposts[..1]).await.unwrap();
    world.insert("applications", people).await;
}

#[tokio::test]
async fn an_hour_is_unproven_until_drawn_reposts_have_measured_it() {
    let world = World::new().await;
    let evening = (0..40).map(|i| application(&format!("e{i}"), "zhaopin", &format!("2026-11-{:02} {}:30:00", 1 + i % 28, 10 + i % 3)));
    world.insert("applications", evening.collect()).await;
    world.analyze().await;
    let row = |report: &inflow_analytics::Report, channel: &str| find(report, &[("channel", channel)]).clone();
    let report = world.report("posting_time", &[], "2026-11-01", "2026-11-30").await;
    let hint = row(&report, "zhaopin");
    assert_eq!(
        (hint["proof"].as_str(), hint["basis"].as_str(), hint["hour"].as_u64(), &hint["lift"]),
        (Some("unproven"), Some("peak"), Some(18), &Value::Null)
    );
    assert_eq!((hint["peak_to"].as_u64(), hint["peak_share"].as_f64(), hint["status"].as_str()), (Some(21), Some(1.0), Some("ok")));
    assert!(hint["peak_low"].as_f64().is_some_and(|low| (low - 0.9124).abs() < 1e-3), "40 of 40, Wilson: {hint:?}");
    let nothing = row(&report, "boss");
    assert_eq!((nothing["proof"].as_str(), &nothing["hour"]), (Some("unproven"), &Value::Null));

    experiment(&world, 88).await;
    // One too young to be counted, and one that another followed at once.
    let repost = |plan: &str, id: &str, at: chrono::DateTime<chrono::Utc>| RepostRow {
        plan: plan.to_owned(),
        connection: "boss".to_owned(),
        posting_source_id: id.to_owned(),
        channel: "boss".to_owned(),
        hour: 18,
        drawn_from: None,
        reposted_at: at,
    };
    let more = [repost("y", "young", at("2026-11-30T10:00:00Z")), repost("a", "j1", at("2026-09-02T05:00:00Z"))];
    world.store.note_reposts(&more).await.unwrap();
    world.analyze().await;
    let report = world.report("posting_time", &[], "2026-11-01", "2026-11-30").await;
    let proven = row(&report, "boss");
    assert_eq!(
        (proven["hour"].as_u64(), proven["basis"].as_str(), proven["proof"].as_str()),
        (Some(18), Some("experiment"), Some("proven")),
        "{proven:?}"
    );
    // Nine over the mean of seven hours of 2.5 and one of nine: 9 / 3.3125.
    let lift = |column: &str| proven[column].as_f64().unwrap();
    assert!(
        (lift("lift") - 2.717).abs() < 0.2 && lift("lift_low") > 1.0 && lift("lift_low") < lift("lift") && lift("lift") < lift("lift_high"),
        "{proven:?}"
    );
    assert_eq!((proven["drawn"].as_u64(), proven["left_out"].as_u64()), (Some(87), Some(2)), "{proven:?}");
    assert!(proven["measured"].as_u64().unwrap() + proven["against"].as_u64().unwrap() < 87, "those that chose the hour do not measure it");
    // The other channels stay unproven, and together they are mixed.
    assert_eq!(row(&report, "zhaopin")["proof"], "unproven");
    let all = world.report("posting_time", &["none"], "2026-11-01", "2026-11-30").await;
    assert_eq!((all.rows[0]["proof"].as_str(), &all.rows[0]["hour"]), (Some("mixed"), &Value::Null));
}
