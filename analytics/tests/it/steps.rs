//! What happened in a period, and what was due in it.

use serde_json::{Map, Value, json};

use crate::world::{World, application, at, event, find, query};

fn counts(row: &Map<String, Value>) -> (u64, u64) {
    (row["numerator"].as_u64().unwrap(), row["denominator"].as_u64().unwrap())
}

fn step<'a>(from: &'a str, to: &'a str) -> [(&'a str, &'a str); 4] {
    [("channel", "boss"), ("from_stage", from), ("to_stage", to), ("basis", "days")]
}

#[tokio::test]
async fn a_step_is_due_fourteen_days_after_the_stage_was_entered() {
    let world = World::new().await;
    world.insert("applications", (0..4).map(|i| application(&i.to_string(), "boss", "2026-10-05 02:00:00")).collect()).await;
    world
        .insert(
            "stage_events",
            vec![
                event("boss", "0", "screened", "2026-10-19 02:00:00"),
                event("boss", "1", "screened", "2026-10-19 02:00:01"),
                event("boss", "2", "rejected", "2026-10-06 02:00:00"),
            ],
        )
        .await;
    world.analyze().await;
    let pair = step("applied", "screened");
    // Entered on the 5th, due on the 19th.
    for (day, expected) in [("2026-10-18", (0, 0)), ("2026-10-19", (1, 4)), ("2026-10-20", (0, 0))] {
        let report = world.report("step_rate", &[], day, day).await;
        assert_eq!(counts(find(&report, &pair)), expected, "{day}");
    }
    let mut asked = query("step_rate", &[], "2026-10-01", "2026-10-31");
    asked.as_of = at("2026-10-19T01:59:59Z");
    assert_eq!(counts(find(&world.ask(&asked).await, &pair)), (0, 0));
    asked.as_of = at("2026-10-19T02:00:00Z");
    let report = world.ask(&asked).await;
    assert_eq!(counts(find(&report, &pair)), (1, 4));
    assert_eq!(find(&report, &pair)["no_show"], Value::Null);
    // What was due in the 90 days before counts for a period that has few.
    let report = world.report("step_rate", &[], "2026-11-01", "2026-11-30").await;
    let row = find(&report, &pair);
    assert_eq!(
        (row["status"].as_str(), row["pooled_numerator"].as_u64(), row["pooled_denominator"].as_u64()),
        (Some("few"), Some(1), Some(4))
    );
}

#[tokio::test]
async fn long_steps_have_longer_and_skipped_stages_are_passed() {
    let world = World::new().await;
    world.insert("applications", (0..3).map(|i| application(&i.to_string(), "boss", "2026-01-05 02:00:00")).collect()).await;
    world
        .insert(
            "stage_events",
            vec![
                event("boss", "0", "onboarded", "2026-02-10 02:00:00"),
                event("boss", "0", "passed_probation", "2026-08-11 02:00:00"),
                event("boss", "1", "onboarded", "2026-02-10 02:00:00"),
                event("boss", "2", "accepted", "2026-02-10 02:00:00"),
            ],
        )
        .await;
    world.analyze().await;
    // 183 days after 10 February is 12 August; the mark of 60 days is 11 April.
    let report = world.report("step_rate", &[], "2026-08-12", "2026-08-12").await;
    assert_eq!(counts(find(&report, &step("onboarded", "passed_probation"))), (1, 2));
    let report = world.report("step_rate", &[], "2026-04-11", "2026-04-11").await;
    assert_eq!(counts(find(&report, &step("accepted", "onboarded"))), (2, 3));
    let report = world.report("step_rate", &[], "2026-02-24", "2026-02-24").await;
    assert_eq!(counts(find(&report, &step("invited", "attended"))), (3, 3));
}

#[tokio::test]
async fn where_appointments_are_known_interviews_go_by_them_alone() {
    let world = World::new().await;
    world.insert("applications", (0..2).map(|i| application(&i.to_string(), "boss", "2026-10-05 02:00:00")).collect()).await;
    world.insert("applications", vec![application("2", "zhaopin", "2026-10-05 02:00:00")]).await;
    let invited = [("boss", "0"), ("boss", "1"), ("zhaopin", "2")];
    world.insert("stage_events", invited.map(|(channel, id)| event(channel, id, "invited", "2026-10-06 02:00:00")).to_vec()).await;
    let due = json!({
        "connection": "boss", "source_id": "i", "application_source_id": "0", "scheduled_at": "2026-10-08 02:00:00",
        "scheduled_precision": "exact", "result": "attended", "version": 1,
    });
    world.insert("invitations", vec![due]).await;
    world.analyze().await;
    let report = world.report("step_rate", &[], "2026-10-01", "2026-10-31").await;
    let of = |channel: &str| {
        let rows = report.rows.iter().filter(|row| row["channel"] == channel && row["from_stage"] == "invited");
        rows.map(|row| (row["basis"].as_str().unwrap(), counts(row))).collect::<Vec<_>>()
    };
    assert_eq!(of("boss"), [("scheduled", (1, 1))]);
    assert_eq!(of("zhaopin"), [("days", (0, 1)), ("scheduled", (0, 0))]);
}

fn seen(application: &str, stage: &str, at: &str) -> Value {
    let mut row = event("boss", application, stage, at);
    row["precision"] = json!("observed");
    row
}

#[tokio::test]
async fn what_a_first_pull_found_is_neither_the_days_activity_nor_a_late_step() {
    let world = World::new().await;
    world.insert("applications", (0..4).map(|i| application(&i.to_string(), "boss", "2026-09-01 02:00:00")).collect()).await;
    world
        .insert(
            "stage_events",
            vec![
                seen("0", "screened", "2026-10-20 02:00:00"),
                seen("1", "attended", "2026-10-20 02:00:00"),
                // Seen at a later pull: it happened between the two.
                seen("0", "invited", "2026-10-22 02:00:00"),
                seen("2", "screened", "2026-10-22 02:00:00"),
            ],
        )
        .await;
    world.analyze().await;
    let activity = |report: &inflow_analytics::Report, stage: &str| {
        let row = find(report, &[("channel", "boss"), ("stage", stage)]);
        ["events", "observed", "implied"].map(|column| row[column].as_u64().unwrap())
    };
    let report = world.report("activity", &[], "2026-10-20", "2026-10-22").await;
    assert_eq!(activity(&report, "screened"), [1, 1, 1]);
    assert_eq!(activity(&report, "invited"), [1, 0, 1]);
    assert_eq!(activity(&report, "attended"), [0, 1, 0]);
    assert_eq!(activity(&report, "applied"), [0, 0, 0]);
    // Applied on 1 September, seen screened on 20 October: nobody knows whether that was within 14 days.
    let report = world.report("step_rate", &[], "2026-09-01", "2026-11-30").await;
    assert_eq!(counts(find(&report, &step("applied", "screened"))), (0, 0));
    // Entered after the first look.
    assert_eq!(counts(find(&report, &step("screened", "invited"))), (0, 1));
}

#[tokio::test]
async fn activity_counts_events_on_their_local_day_whenever_people_came() {
    let world = World::new().await;
    let mut day_only = application("2", "boss", "2023-12-31 16:00:00");
    day_only["applied_precision"] = json!("day");
    // A second before midnight and midnight in Shanghai; a New York evening of the leap day.
    world
        .insert(
            "applications",
            vec![
                application("0", "boss", "2023-12-31 15:59:59"),
                application("1", "boss", "2023-12-31 16:00:00"),
                day_only,
                application("3", "indeed", "2024-03-01 04:59:59"),
                application("4", "indeed", "2024-03-01 05:00:00"),
            ],
        )
        .await;
    let mut taken_back = event("boss", "0", "attended", "2024-01-02 02:00:00");
    taken_back["retracts"] = json!(1);
    world
        .insert(
            "stage_events",
            vec![
                event("boss", "0", "attended", "2024-01-01 02:00:00"),
                taken_back,
                event("boss", "1", "attended", "2024-01-01 02:00:00"),
                event("boss", "1", "attended", "2024-01-01 08:00:00"),
                event("boss", "2", "withdrawn", "2024-01-01 08:00:00"),
            ],
        )
        .await;
    world.analyze().await;
    let report = world.report("activity", &["channel", "day"], "2023-12-31", "2024-01-01").await;
    let on = |day: &str, stage: &str| {
        let row = find(&report, &[("channel", "boss"), ("day", day), ("stage", stage)]);
        (row["events"].as_u64().unwrap(), row["day_only"].as_u64().unwrap())
    };
    assert_eq!(on("2023-12-31", "applied"), (1, 0));
    assert_eq!(on("2024-01-01", "applied"), (2, 1));
    assert_eq!(on("2024-01-01", "attended"), (1, 0));
    assert_eq!(on("2024-01-01", "withdrawn"), (1, 0));
    let report = world.report("activity", &["channel"], "2024-02-29", "2024-02-29").await;
    assert_eq!(find(&report, &[("channel", "indeed"), ("stage", "applied")])["events"], 1);
}
