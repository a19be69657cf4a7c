//! Assessments, what they led to, and how hires did.

use serde_json::{Map, Value, json};

use crate::hires::{employed, person, with};
use crate::world::{World, application, event, find};

/// A test of an application of BOSS, scored out of 50.
fn tested(id: &str, application: &str, day: &str, score: Option<u32>) -> Value {
    json!({
        "connection": "boss", "source_id": id, "application_source_id": application, "kind": "test", "taken_at": format!("{day} 10:00:00"),
        "score": score, "max_score": 50, "status": if score.is_some() { "taken" } else { "missed" },
        "result": match score { Some(score) if score >= 30 => "passed", Some(_) => "failed", None => "" }, "version": 1,
    })
}

fn numbers<const N: usize>(row: &Map<String, Value>, columns: [&str; N]) -> Value {
    columns.map(|column| row[column].clone()).to_vec().into()
}

#[tokio::test]
async fn assessments_belong_to_the_channel_of_their_case() {
    let world = World::new().await;
    world.insert("applications", (1..=4).map(|i| application(&i.to_string(), "boss", "2026-10-01 10:00:00")).collect()).await;
    let certificate = |id: &str, person: &str, status: &str| json!({"connection": "hr", "source_id": id, "candidate_source_id": person, "kind": "health_certificate", "status": status, "version": 1});
    world
        .insert(
            "assessments",
            vec![
                tested("a", "1", "2026-10-05", Some(45)),
                tested("b", "2", "2026-10-05", Some(20)),
                tested("c", "3", "2026-10-05", None),
                certificate("d", "x1", "valid"),
                certificate("e", "x2", "expired"),
                certificate("f", "nobody", "valid"), // no case and no time
            ],
        )
        .await;
    let links = [("boss", "1", "p1"), ("hr", "x1", "p1"), ("boss", "2", "p2"), ("hr", "x2", "p2")];
    world.insert("candidate_links", links.map(|(connection, id, who)| person(connection, id, who)).to_vec()).await;
    world.analyze().await;
    let report = world.report("assessment_pass", &[], "2026-10-01", "2026-10-31").await;
    let columns = ["assessments", "missed", "numerator", "denominator"];
    let row = find(&report, &[("channel", "boss"), ("kind", "test")]);
    assert_eq!(numbers(row, columns), json!([3, 1, 1, 2]));
    assert_eq!(row["mean_score"], json!(0.65));
    // A certificate counts at the beginning of its case.
    assert_eq!(numbers(find(&report, &[("channel", "boss"), ("kind", "health_certificate")]), columns), json!([2, 0, 1, 2]));
    let other = find(&report, &[("channel", "zhaopin"), ("kind", "test")]);
    assert_eq!((&other["denominator"], &other["value"]), (&json!(0), &Value::Null));
}

/// Of two attempts the last one counts; what comes after as_of does not.
#[tokio::test]
async fn bands_of_score_lead_to_outcomes() {
    let world = World::new().await;
    world.insert("applications", (1..=3).map(|i| application(&i.to_string(), "boss", "2026-06-01 10:00:00")).collect()).await;
    world
        .insert(
            "assessments",
            vec![
                tested("a", "1", "2026-06-05", Some(10)),
                tested("b", "1", "2026-06-06", Some(45)), // 90 %
                tested("c", "2", "2026-06-05", Some(47)), // 94 %
                tested("d", "3", "2026-06-05", Some(10)),
            ],
        )
        .await;
    world
        .insert(
            "stage_events",
            vec![event("boss", "1", "onboarded", "2026-06-20 02:00:00"), event("boss", "2", "offered", "2026-06-20 02:00:00")],
        )
        .await;
    let left = json!({"connection": "boss", "application_source_id": "1", "left_on": "2026-07-20", "status": "left"});
    world.insert("employment", vec![with(employed("E", "2026-06-20"), left)]).await;
    world.analyze().await;
    let report = world.report("assessment_outcome", &[], "2026-06-01", "2026-06-30").await;
    let reached = |band: &str, outcome: &str| numbers(find(&report, &[("band", band), ("outcome", outcome)]), ["numerator", "denominator"]);
    assert_eq!(reached("90-100", "offered"), json!([2, 2]));
    assert_eq!(reached("90-100", "accepted"), json!([1, 2]));
    assert_eq!(reached("90-100", "onboarded"), json!([1, 2]));
    assert_eq!(reached("90-100", "retained_90"), json!([0, 1]));
    assert_eq!(reached("0-59", "offered"), json!([0, 1]));
    let empty = world.report("assessment_outcome", &[], "2026-01-01", "2026-01-31").await;
    assert_eq!((empty.rows.len(), &empty.rows[0]["denominator"], &empty.rows[0]["band"]), (1, &json!(0), &json!("")));
}

/// The interval of the mean of 0.6, 0.7, 0.8, 0.9 is 0.75 +- 3.182 x 0.1291 / 2 (Student's t with 3 degrees of freedom).
#[tokio::test]
async fn quality_shows_its_components_side_by_side() {
    let world = World::new().await;
    let row = |i: u32, more: Value| {
        let id = i.to_string();
        with(
            employed(&id, "2026-08-01"),
            with(json!({"channel": "boss", "candidate_source_id": id, "probation_until": "2026-10-31"}), more),
        )
    };
    let rated = |i: u32, at: &str, score: u32| {
        json!({"connection": "hr", "source_id": format!("{i} {at}"), "candidate_source_id": i.to_string(), "kind": "performance", "taken_at": at, "score": score,
               "max_score": 10, "result": if score < 7 { "failed" } else { "passed" }, "status": "taken", "version": 1})
    };
    world
        .insert(
            "employment",
            vec![
                row(1, json!({"passed_on": "2026-10-20"})),
                row(2, json!({"left_on": "2026-09-15", "status": "left"})),
                row(3, json!({})), // the end of probation has passed, and nobody says so
                row(4, json!({"probation_until": "2027-01-31"})),
            ],
        )
        .await;
    let ratings = (1..=4).map(|i| rated(i, "2026-10-15 10:00:00", 5 + i));
    world.insert("assessments", ratings.chain([rated(1, "2026-09-01 10:00:00", 10)]).collect()).await;
    world.analyze().await;
    let report = world.report("quality_of_hire", &[], "2026-08-01", "2026-08-31").await;
    let component = |name: &str| find(&report, &[("channel", "boss"), ("component", name)]).clone();
    let columns = ["numerator", "denominator"];
    assert_eq!(numbers(&component("performance"), ["numerator", "denominator", "value"]), json!([3, 4, 0.75]));
    let [low, high] = ["low", "high"].map(|column| component("performance")[column].as_f64().unwrap());
    assert!((low - 0.5446).abs() < 0.002 && (high - 0.9554).abs() < 0.002, "{low} {high}");
    assert_eq!(numbers(&component("performance_passed"), columns), json!([3, 4]));
    assert_eq!(numbers(&component("retention_90"), columns), json!([3, 4]));
    assert_eq!(numbers(&component("probation_passed"), columns), json!([1, 3]));
}
