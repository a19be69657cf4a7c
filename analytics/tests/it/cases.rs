//! Cases that several connections tell: counted once, with the events of all, and their contradictions listed.

use serde_json::{Value, json};

use crate::world::{World, application, event, find};

fn told_by(connection: &str, id: &str, channel: &str, applied_at: &str) -> Value {
    let mut row = application(id, channel, applied_at);
    row["connection"] = json!(connection);
    row
}

fn member(connection: &str, id: &str, place: u16) -> Value {
    json!({"connection": connection, "source_id": id, "case_id": "export/1", "place": place, "members": 3, "basis": ["person_title"], "channel": "boss"})
}

fn happened(connection: &str, application: &str, stage: &str, at: &str) -> Value {
    let mut row = event("boss", application, stage, at);
    row["connection"] = json!(connection);
    row
}

/// One case of an export (BOSS), a mailbox and a system that calls it Zhaopin; and a case of the system alone.
async fn told_three_times() -> World {
    let world = World::new().await;
    let mut mail = told_by("mail", "m", "boss", "2026-10-05 00:00:00");
    mail["applied_precision"] = json!("day");
    mail["candidate_source_id"] = json!("m");
    let mut system = told_by("system", "s", "zhaopin", "2026-10-06 09:00:00");
    (system["store"], system["department"], system["recruiter"]) = (json!("north"), json!("sales"), json!("r-1"));
    let mut export = told_by("export", "1", "boss", "2026-10-05 10:00:00");
    export["recruiter"] = json!("r-2");
    world.insert("applications", vec![mail, system, export, told_by("system", "alone", "zhaopin", "2026-10-07 09:00:00")]).await;
    world
        .insert(
            "stage_events",
            vec![
                happened("system", "s", "invited", "2026-10-08 10:00:00"),
                happened("system", "s", "attended", "2026-10-09 10:00:00"),
                happened("export", "1", "invited", "2026-10-07 10:00:00"),
            ],
        )
        .await;
    let person = |connection: &str, id: &str, person: &str, linkable: u8| json!({"connection": connection, "source_id": id, "person_id": person, "members": 1, "linkable": linkable});
    world
        .insert(
            "candidate_links",
            vec![person("export", "1", "export/1", 0), person("mail", "m", "mail/m", 0), person("system", "s", "system/s", 1)],
        )
        .await;
    world.insert("application_links", vec![member("export", "1", 1), member("mail", "m", 2), member("system", "s", 3)]).await;
    world
}

#[tokio::test]
async fn a_case_told_three_times_counts_once_for_its_channel() {
    let world = told_three_times().await;
    world.analyze().await;
    let rows = world
        .rows(
            "SELECT connection, source_id, channel, store, department, recruiter, person_id, linkable, stage, \
             formatDateTime(entered_at, '%F %H:%i', 'UTC') AS at, precision \
             FROM inflow.application_stages WHERE source_id != 'alone' ORDER BY stage_rank",
        )
        .await;
    let told: Vec<String> =
        rows.iter().map(|row| format!("{} {} {}", row["stage"], row["at"], row["precision"]).replace('"', "")).collect();
    assert_eq!(
        told,
        [
            "viewed 2026-10-05 10:00 implied",
            "contacted 2026-10-05 10:00 implied",
            "applied 2026-10-05 10:00 exact",
            "screened 2026-10-07 10:00 implied",
            "invited 2026-10-07 10:00 exact",
            "attended 2026-10-09 10:00 exact",
        ]
    );
    for row in &rows {
        let said = ["connection", "source_id", "channel", "store", "department", "recruiter", "person_id"]
            .map(|column| row[column].as_str().unwrap());
        assert_eq!(said, ["export", "1", "boss", "north", "sales", "r-2", "system/s"]);
        assert_eq!(row["linkable"], 1);
    }
    // The same when each application is a part, and each case.
    let all = "SELECT toString(tuple(*)) AS row FROM inflow.application_stages ORDER BY row";
    let whole = world.rows(all).await;
    world.analyze_in_parts(1).await;
    assert_eq!(world.rows(all).await, whole);
    let volume = world.report("volume", &[], "2026-10-01", "2026-10-31").await;
    assert_eq!(find(&volume, &[("channel", "boss")])["applications"], 1);
    assert_eq!(find(&volume, &[("channel", "zhaopin")])["applications"], 1);
    let conversion = world.report("conversion", &[], "2026-10-01", "2026-10-31").await;
    let row = find(&conversion, &[("channel", "boss"), ("from_stage", "applied"), ("to_stage", "attended")]);
    assert_eq!((row["numerator"].as_u64(), row["denominator"].as_u64()), (Some(1), Some(1)));
}

/// What a member's own newest record no longer tells is gone; what another tells stays; who takes a stage back does so for the case.
#[tokio::test]
async fn each_members_history_is_its_own_and_a_retraction_is_for_all() {
    let world = told_three_times().await;
    let mut dropped = happened("system", "s", "offered", "2026-10-12 10:00:00");
    (dropped["embedded"], dropped["version"]) = (json!(1), json!(0));
    let mut taken_back = happened("system", "s", "invited", "2026-10-08 12:00:00");
    (taken_back["retracts"], taken_back["source_id"]) = (json!(1), json!("back"));
    world.insert("stage_events", vec![dropped, taken_back]).await;
    world.analyze().await;
    let sql = "SELECT stage, precision FROM inflow.application_stages WHERE source_id = '1' AND stage_rank >= 5 ORDER BY stage_rank";
    let rows = world.rows(sql).await;
    let told: Vec<String> = rows.iter().map(|row| format!("{} {}", row["stage"], row["precision"]).replace('"', "")).collect();
    assert_eq!(told, ["invited implied", "attended exact"]);
}

#[tokio::test]
async fn conflicts_are_listed_with_who_says_what() {
    let world = told_three_times().await;
    let conflict = |field: &str, told: [&str; 3], taken: &str, reason: &str| {
        json!({"case_id": "export/1", "field": field, "connections": ["export", "mail", "system"], "source_ids": ["1", "m", "s"],
               "told": told, "taken": taken, "reason": reason, "channel": "boss", "store": "north", "at": "2026-10-05 16:30:00.000"})
    };
    world
        .insert(
            "application_conflicts",
            vec![
                conflict("channel", ["boss", "boss", "zhaopin"], "boss", "own_channel"),
                conflict("applied_at", ["2026-10-05", "2026-10-05", "2026-10-06"], "2026-10-05", "earliest"),
                conflict("outcome", ["", "rejected", "withdrawn"], "rejected, withdrawn", "all_count"),
            ],
        )
        .await;
    world.analyze().await;
    // 16:30 in UTC is the next day in Shanghai.
    let report = world.report("conflicts", &[], "2026-10-06", "2026-10-06").await;
    assert_eq!(report.rows.len(), 3, "{:#?}", report.rows);
    let row = find(&report, &[("field", "channel"), ("case", "export/1")]);
    assert_eq!(row["told"], "export: boss | mail: boss | system: zhaopin");
    assert_eq!((row["taken"].as_str(), row["reason"].as_str(), row["conflicts"].as_u64()), (Some("boss"), Some("own_channel"), Some(1)));
    assert_eq!(row["applications"], "export/1 | mail/m | system/s");
    assert_eq!(find(&report, &[("field", "outcome")])["told"], "export: - | mail: rejected | system: withdrawn");
    let counts = world.report("conflicts", &["channel"], "2026-10-01", "2026-10-31").await;
    assert_eq!(find(&counts, &[("channel", "boss")])["conflicts"], 3);
    assert_eq!(find(&counts, &[("channel", "zhaopin")])["conflicts"], 0);
    let cases = world.report("conflicts", &["case"], "2026-10-01", "2026-10-31").await;
    assert_eq!(cases.rows.len(), 3);
    let none = world.report("conflicts", &[], "2026-10-01", "2026-10-05").await;
    assert_eq!(none.rows.iter().map(|row| row["conflicts"].as_u64().unwrap()).sum::<u64>(), 0);
}
