//! Planned heads and who started for them.

use serde_json::{Value, json};

use crate::hires::{employed, with};
use crate::world::{World, application, at, event, find, query};

fn requisition(id: &str, heads: u64, more: Value) -> Value {
    let row = json!({"connection": "hr", "source_id": id, "heads": heads, "store": "north", "status": "open", "opened_on": "2026-09-01", "version": 1});
    with(row, more)
}

const COLUMNS: [&str; 9] =
    ["requisitions", "numerator", "denominator", "gap", "overdue", "overdue_days", "surplus", "on_hold", "cancelled"];

fn counts(row: &serde_json::Map<String, Value>) -> [u64; 9] {
    COLUMNS.map(|column| row[column].as_u64().unwrap_or_else(|| panic!("{column} in {row:?}")))
}

/// An application that names the requisition and the sheet's row of the same person are one of the planned heads.
#[tokio::test]
async fn heads_are_filled_once_and_gaps_fall_due() {
    let world = World::new().await;
    world
        .insert(
            "requisitions",
            vec![
                requisition("R1", 3, json!({"due_on": "2026-10-11"})),
                requisition("R2", 1, json!({})),
                requisition("R3", 5, json!({"status": "on_hold"})),
                requisition("R4", 7, json!({"status": "cancelled", "closed_on": "2026-10-15"})),
                requisition("R5", 2, json!({"status": "open", "heads": null})),
                requisition("R6", 2, json!({"status": "closed", "closed_on": "2026-08-31", "opened_on": "2026-08-01"})),
            ],
        )
        .await;
    let applied = application("A1", "boss", "2026-09-20 10:00:00");
    world.insert("applications", vec![with(applied, json!({"requisition_source_id": "R1"}))]).await;
    world.insert("stage_events", vec![event("boss", "A1", "onboarded", "2026-10-05 02:00:00")]).await;
    let hired =
        |id: &str, day: &str, requisition: &str| with(employed(id, day), json!({"requisition_source_id": requisition, "store": "north"}));
    world
        .insert(
            "employment",
            vec![
                with(hired("E1", "2026-10-05", "R1"), json!({"connection": "boss", "application_source_id": "A1"})),
                hired("E2", "2026-10-06", "R1"),
                hired("E3", "2026-10-06", "R2"),
                hired("E4", "2026-10-07", "R2"),
                hired("E5", "2026-10-07", ""),
                hired("E7", "2026-10-08", "R5"),
                hired("E6", "2026-11-07", "R1"),
            ],
        )
        .await;
    world.analyze().await;
    let report = world.report("fill_rate", &[], "2026-10-01", "2026-10-31").await;
    let row = find(&report, &[("store", "north")]);
    assert_eq!(counts(row), [3, 3, 4, 1, 1, 20, 1, 5, 7]);
    assert_eq!((&row["value"], &row["vacancy_rate"]), (&json!(0.75), &json!(0.25)));
    assert_eq!((row["heads_unknown"].as_u64(), row["without_requisition"].as_u64()), (Some(1), Some(1)));
    assert_eq!((&row["low"], &row["high"]), (&Value::Null, &Value::Null));
    // The cancelled one was open until the 15th, and R1 was not due.
    let mut asked = query("fill_rate", &["requisition"], "2026-10-01", "2026-10-31");
    asked.as_of = at("2026-10-10T15:59:59Z");
    let early = world.ask(&asked).await;
    assert_eq!(counts(find(&early, &[("requisition", "hr/R1")])), [1, 2, 3, 1, 0, 0, 0, 0, 0]);
    assert_eq!(counts(find(&early, &[("requisition", "hr/R4")])), [1, 0, 7, 7, 0, 0, 0, 0, 0]);
    assert!(early.rows.iter().all(|row| row["requisition"] != "hr/R6"), "closed before the period");
    // Month by month, and R1 is full in November.
    let months = world.report("fill_rate", &["month", "requisition"], "2026-10-01", "2026-11-30").await;
    assert_eq!(counts(find(&months, &[("month", "2026-11"), ("requisition", "hr/R1")])), [1, 3, 3, 0, 0, 0, 0, 0, 0]);
}

#[tokio::test]
async fn an_empty_store_and_counts_alone_make_no_rate() {
    let world = World::new().await;
    world.insert("channel_daily", vec![json!({"connection": "boss", "source_id": "1", "channel": "boss", "day": "2026-10-01", "cut": "account", "resumes": 5, "version": 1})]).await;
    world.analyze().await;
    for metric in ["fill_rate", "onboard_rate", "retention_90", "attrition", "source_of_hire"] {
        let report = world.report(metric, &["none"], "2026-10-01", "2026-10-31").await;
        for row in &report.rows {
            assert_eq!((&row["denominator"], &row["value"]), (&json!(0), &Value::Null), "{metric}");
        }
    }
}
