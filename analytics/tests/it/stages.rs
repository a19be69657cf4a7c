//! Which stages an application reached, when, and how sure that is.

use serde_json::json;

use crate::world::{World, application, event};

#[tokio::test]
async fn skipped_stages_are_implied_and_retracted_ones_are_not_reached() {
    let world = World::new().await;
    let mut contacted = application("silent", "boss", "2026-10-01 10:00:00");
    contacted["applied_at"] = json!(null);
    contacted["first_at"] = json!("2026-10-01 08:00:00");
    contacted["first_precision"] = json!("exact");
    world
        .insert(
            "applications",
            vec![application("a", "boss", "2026-10-01 10:00:00"), application("b", "boss", "2026-10-01 10:00:00"), contacted],
        )
        .await;
    let mut taken_back = event("boss", "b", "onboarded", "2026-10-05 10:00:00");
    taken_back["retracts"] = json!(1);
    world
        .insert(
            "stage_events",
            vec![
                // Attended although never invited; accepted before the offer was written down.
                event("boss", "a", "attended", "2026-10-03 10:00:00"),
                event("boss", "a", "attended", "2026-10-04 10:00:00"),
                event("boss", "a", "accepted", "2026-10-06 10:00:00"),
                event("boss", "a", "rejected", "2026-10-07 10:00:00"),
                event("boss", "b", "invited", "2026-10-02 10:00:00"),
                event("boss", "b", "onboarded", "2026-10-04 10:00:00"),
                taken_back,
                // An application that nobody knows.
                event("boss", "ghost", "offered", "2026-10-04 10:00:00"),
            ],
        )
        .await;
    world.analyze().await;
    assert_eq!(
        stages(&world, "a").await,
        [
            "viewed 2026-10-01 10:00 implied",
            "contacted 2026-10-01 10:00 implied",
            "applied 2026-10-01 10:00 exact",
            "screened 2026-10-03 10:00 implied",
            "invited 2026-10-03 10:00 implied",
            "attended 2026-10-03 10:00 exact",
            "offered 2026-10-06 10:00 implied",
            "accepted 2026-10-06 10:00 exact",
            "rejected 2026-10-07 10:00 exact",
        ]
    );
    assert_eq!(
        stages(&world, "b").await,
        [
            "viewed 2026-10-01 10:00 implied",
            "contacted 2026-10-01 10:00 implied",
            "applied 2026-10-01 10:00 exact",
            "screened 2026-10-02 10:00 implied",
            "invited 2026-10-02 10:00 exact",
        ]
    );
    assert_eq!(stages(&world, "silent").await, ["viewed 2026-10-01 08:00 exact"]);
    assert!(stages(&world, "ghost").await.is_empty());
}

#[tokio::test]
async fn reaching_a_stage_again_after_a_retraction_counts() {
    let world = World::new().await;
    world.insert("applications", vec![application("a", "boss", "2026-10-01 10:00:00")]).await;
    let mut taken_back = event("boss", "a", "invited", "2026-10-03 10:00:00");
    taken_back["retracts"] = json!(1);
    let again = event("boss", "a", "invited", "2026-10-04 10:00:00");
    world.insert("stage_events", vec![again, taken_back, event("boss", "a", "invited", "2026-10-02 10:00:00")]).await;
    world.analyze().await;
    assert_eq!(stages(&world, "a").await.last().unwrap(), "invited 2026-10-04 10:00 exact");
}

/// A board that delivers the history inside the application has moved it back from an interview: its newest record (version
/// 2) no longer tells of it. What stands apart from the record stays.
#[tokio::test]
async fn a_history_inside_the_record_is_what_the_newest_record_says() {
    let world = World::new().await;
    let mut newest = application("a", "boss", "2026-10-01 10:00:00");
    newest["version"] = json!(2);
    world.insert("applications", vec![newest]).await;
    let embedded = |stage: &str, at: &str, version: u64| {
        let mut row = event("boss", "a", stage, at);
        row["embedded"] = json!(1);
        row["version"] = json!(version);
        row
    };
    let mut apart = event("boss", "a", "screened", "2026-10-02 10:00:00");
    apart["embedded"] = json!(0);
    world
        .insert("stage_events", vec![embedded("attended", "2026-10-04 10:00:00", 1), embedded("invited", "2026-10-03 10:00:00", 2), apart])
        .await;
    world.analyze().await;
    assert_eq!(stages(&world, "a").await.split_off(3), ["screened 2026-10-02 10:00 exact", "invited 2026-10-03 10:00 exact"]);
}

#[tokio::test]
async fn a_time_beats_a_mere_day_on_that_day_only() {
    let world = World::new().await;
    let dated = |id: &str| {
        let mut row = application(id, "boss", "2026-10-01 00:00:00");
        row["applied_precision"] = json!("day");
        row
    };
    world.insert("applications", vec![dated("same"), dated("next")]).await;
    world
        .insert(
            "stage_events",
            vec![event("boss", "same", "applied", "2026-10-01 18:30:00"), event("boss", "next", "applied", "2026-10-02 00:30:00")],
        )
        .await;
    world.analyze().await;
    assert_eq!(stages(&world, "same").await[2], "applied 2026-10-01 18:30 exact");
    assert_eq!(stages(&world, "next").await[2], "applied 2026-10-01 00:00 day");
}

#[tokio::test]
async fn what_an_application_does_not_say_its_posting_and_links_do() {
    let world = World::new().await;
    let mut first = application("a", "boss", "2026-10-01 10:00:00");
    first["posting_source_id"] = json!("job");
    let mut second = application("b", "boss", "2026-10-01 10:00:00");
    second["posting_source_id"] = json!("job");
    second["store"] = json!("own");
    let mut third = application("c", "boss", "2026-10-01 10:00:00");
    third["candidate_source_id"] = json!("");
    world.insert("applications", vec![first, second, third]).await;
    world
        .insert(
            "postings",
            vec![json!({"connection": "boss", "source_id": "job", "channel": "boss", "store": "north", "city": "Harbin", "version": 1})],
        )
        .await;
    world
        .insert(
            "candidate_links",
            vec![json!({"connection": "boss", "source_id": "a", "person_id": "zhaopin/7", "members": 2, "linkable": 1})],
        )
        .await;
    world.analyze().await;
    let rows = world
        .rows(
            "SELECT source_id, store, city, person_id, linkable FROM inflow.application_stages WHERE stage = 'applied' ORDER BY source_id",
        )
        .await;
    let told: Vec<String> =
        rows.iter().map(|r| format!("{} {} {} {} {}", r["source_id"], r["store"], r["city"], r["person_id"], r["linkable"])).collect();
    assert_eq!(told, [r#""a" "north" "Harbin" "zhaopin/7" 1"#, r#""b" "own" "Harbin" "boss/b" 0"#, r#""c" "" "" "boss/application:c" 0"#]);
}

async fn stages(world: &World, application: &str) -> Vec<String> {
    let sql = format!(
        "SELECT concat(stage, ' ', formatDateTime(entered_at, '%F %H:%i', 'UTC'), ' ', precision) AS line \
         FROM inflow.application_stages WHERE source_id = '{application}' ORDER BY stage_rank"
    );
    world.rows(&sql).await.iter().map(|row| row["line"].as_str().unwrap().to_owned()).collect()
}
