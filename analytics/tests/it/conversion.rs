//! Cohorts, their intervals and how sure they are.

use serde_json::{Value, json};

use crate::world::{World, application, at, event, find, query};

/// Applications of one channel, the first `attended` of which came to an interview the next day.
fn cohort(channel: &str, day: &str, applications: usize, attended: usize) -> (Vec<Value>, Vec<Value>) {
    let next = format!("{} 12:00:00", day.parse::<chrono::NaiveDate>().unwrap().succ_opt().unwrap());
    let id = |i: usize| format!("{day} {i}");
    (
        (0..applications).map(|i| application(&id(i), channel, &format!("{day} 10:00:00"))).collect(),
        (0..attended).map(|i| event(channel, &id(i), "attended", &next)).collect(),
    )
}

async fn insert(world: &World, cohorts: &[(&str, &str, usize, usize)]) {
    for (channel, day, applications, attended) in cohorts {
        let (rows, events) = cohort(channel, day, *applications, *attended);
        world.insert("applications", rows).await;
        if !events.is_empty() {
            world.insert("stage_events", events).await;
        }
    }
    world.analyze().await;
}

/// Newcombe, Two-sided confidence intervals for the single proportion, Statistics in Medicine 17 (1998) 857-872,
/// table I, method 3 (the score interval without continuity correction).
#[tokio::test]
async fn wilson_intervals_are_the_published_ones() {
    let world = World::new().await;
    let published = [
        ("2026-10-01", 263, 81, 0.2553, 0.3662),
        ("2026-10-02", 148, 15, 0.0624, 0.1605),
        ("2026-10-03", 20, 0, 0.0, 0.1611),
        ("2026-10-04", 29, 1, 0.0061, 0.1718),
    ];
    let cohorts: Vec<_> = published.iter().map(|(day, n, k, ..)| ("boss", *day, *n, *k)).collect();
    insert(&world, &cohorts).await;
    let report = world.report("conversion", &["day", "channel"], "2026-10-01", "2026-10-04").await;
    for (day, n, k, low, high) in published {
        let row = find(&report, &[("day", day), ("channel", "boss"), ("from_stage", "applied"), ("to_stage", "attended")]);
        assert_eq!((row["numerator"].as_u64(), row["denominator"].as_u64()), (Some(k as u64), Some(n as u64)), "{day}");
        assert!((row["low"].as_f64().unwrap() - low).abs() < 0.00006, "{row:?}");
        assert!((row["high"].as_f64().unwrap() - high).abs() < 0.00006, "{row:?}");
        assert_eq!(row["status"], "ok");
    }
}

#[tokio::test]
async fn few_show_the_pooled_ninety_days() {
    let world = World::new().await;
    // 90 days up to 31 October begin on 3 August.
    insert(&world, &[("boss", "2026-08-02", 50, 50), ("boss", "2026-08-04", 30, 3), ("boss", "2026-10-05", 19, 1)]).await;
    let pair = [("channel", "boss"), ("from_stage", "applied"), ("to_stage", "attended")];
    let report = world.report("conversion", &[], "2026-10-01", "2026-10-31").await;
    let row = find(&report, &pair);
    assert_eq!(row["status"], "few");
    assert_eq!((row["numerator"].as_u64(), row["denominator"].as_u64()), (Some(1), Some(19)));
    assert_eq!((row["pooled_numerator"].as_u64(), row["pooled_denominator"].as_u64()), (Some(4), Some(49)));
    // A day on which nobody came shows the same pool.
    let report = world.report("conversion", &["channel", "day"], "2026-10-01", "2026-10-31").await;
    let row = find(&report, &[("day", "2026-10-06"), pair[0], pair[1], pair[2]]);
    assert_eq!(row["denominator"], 0);
    assert_eq!(row["value"], Value::Null);
    assert_eq!(row["pooled_denominator"], 49);
    let enough = world.report("conversion", &[], "2026-08-01", "2026-10-31").await;
    let row = find(&enough, &pair);
    assert_eq!((row["status"].as_str(), row["denominator"].as_u64(), row["pooled_value"].is_null()), (Some("ok"), Some(99), true));
}

#[tokio::test]
async fn a_cohort_is_read_as_of_event_time() {
    let world = World::new().await;
    insert(&world, &[("boss", "2026-10-05", 40, 10)]).await;
    let mut asked = query("conversion", &["none"], "2026-10-01", "2026-10-31");
    let pair = [("from_stage", "applied"), ("to_stage", "attended")];
    let later = world.ask(&asked).await;
    assert_eq!(find(&later, &pair)["numerator"], 10);
    asked.as_of = at("2026-10-06T11:59:59Z");
    let before = world.ask(&asked).await;
    let row = find(&before, &pair);
    assert_eq!((row["numerator"].as_u64(), row["denominator"].as_u64(), row["open"].as_u64()), (Some(0), Some(40), Some(40)));
    asked.as_of = at("2026-10-05T09:59:59Z");
    assert_eq!(find(&world.ask(&asked).await, &pair)["denominator"], 0);
}

#[tokio::test]
async fn skipped_stages_count_as_passed_and_open_applications_stay() {
    let world = World::new().await;
    world.insert("applications", (0..4).map(|i| application(&i.to_string(), "boss", "2026-10-05 10:00:00")).collect()).await;
    world
        .insert(
            "stage_events",
            vec![
                event("boss", "0", "onboarded", "2026-10-20 10:00:00"),
                event("boss", "1", "screened", "2026-10-06 10:00:00"),
                event("boss", "2", "rejected", "2026-10-07 10:00:00"),
            ],
        )
        .await;
    world.analyze().await;
    let report = world.report("conversion", &["none"], "2026-10-01", "2026-10-31").await;
    let counts = |from: &str, to: &str| {
        let row = find(&report, &[("from_stage", from), ("to_stage", to)]);
        (row["numerator"].as_u64().unwrap(), row["denominator"].as_u64().unwrap(), row["open"].as_u64().unwrap(), row["maturity"].clone())
    };
    assert_eq!(counts("applied", "screened"), (2, 4, 1, json!(0.75)));
    assert_eq!(counts("screened", "invited"), (1, 2, 1, json!(0.5)));
    assert_eq!(counts("accepted", "onboarded"), (1, 1, 0, json!(1)));
    assert_eq!(counts("applied", "onboarded"), (1, 4, 2, json!(0.5)));
    assert_eq!(counts("onboarded", "passed_probation"), (0, 1, 1, json!(0)));
    let order: Vec<&str> = report.rows.iter().map(|row| row["to_stage"].as_str().unwrap()).collect();
    assert_eq!(
        order,
        [
            "contacted",
            "applied",
            "screened",
            "invited",
            "attended",
            "offered",
            "accepted",
            "onboarded",
            "passed_probation",
            "invited",
            "attended",
            "offered",
            "accepted",
            "onboarded",
            "passed_probation"
        ]
    );
}
