//! Interviews by appointment, no-shows and answers, from the table `invitations`.

use serde_json::{Map, Value, json};

use crate::world::{World, application, at, event, find, query};

/// An interview of application `id` on BOSS, with the fields given beside.
fn invitation(id: &str, fields: &Value) -> Value {
    let mut row = json!({
        "connection": "boss", "source_id": format!("i{id}"), "application_source_id": id, "candidate_source_id": "", "channel": "", "store": "",
        "kind": "onsite", "result": "", "sent_at": null, "sent_precision": "", "delivered_at": null, "replied_at": null, "scheduled_at": null,
        "scheduled_precision": "", "deadline_at": null, "attended_at": null, "version": 1,
    });
    for (key, value) in fields.as_object().unwrap() {
        row[key] = value.clone();
    }
    row
}

fn appointment(id: &str, scheduled_at: &str, result: &str) -> Value {
    invitation(id, &json!({"scheduled_at": scheduled_at, "scheduled_precision": "exact", "result": result}))
}

async fn applications(world: &World, ids: &[&str]) {
    world.insert("applications", ids.iter().map(|id| application(id, "boss", "2026-10-01 02:00:00")).collect()).await;
}

fn counts(row: &Map<String, Value>, columns: &[&str]) -> Vec<u64> {
    columns.iter().map(|column| row[*column].as_u64().unwrap_or_else(|| panic!("{column} of {row:?}"))).collect()
}

const INTERVIEWS: [(&str, &str); 2] = [("from_stage", "invited"), ("basis", "scheduled")];

#[tokio::test]
async fn an_interview_counts_on_the_day_on_which_it_is_due() {
    let world = World::new().await;
    applications(&world, &["1", "2", "3", "4", "5", "6", "7", "8"]).await;
    world
        .insert(
            "invitations",
            vec![
                appointment("1", "2026-10-12 02:00:00", "attended"),
                appointment("2", "2026-10-12 03:00:00", "no_show"),
                // First appointed for the 12th.
                appointment("3", "2026-10-20 03:00:00", "confirmed"),
                appointment("4", "2026-10-12 03:00:00", "cancelled"),
                appointment("5", "2026-10-12 03:00:00", "declined"),
                // The sheet has not been filled in; the case went on.
                appointment("6", "2026-10-12 03:00:00", "confirmed"),
                // Nor here, and nothing is known.
                appointment("7", "2026-10-12 03:00:00", ""),
                appointment("8", "2026-10-12 03:00:00", "undelivered"),
            ],
        )
        .await;
    world.insert("stage_events", vec![event("boss", "6", "attended", "2026-10-12 03:10:00")]).await;
    world.analyze().await;
    let mut asked = query("step_rate", &["channel", "day"], "2026-10-10", "2026-10-31");
    asked.as_of = at("2026-10-15T00:00:00Z");
    let report = world.ask(&asked).await;
    let row = find(&report, &[("channel", "boss"), ("day", "2026-10-12"), INTERVIEWS[0], INTERVIEWS[1]]);
    assert_eq!(counts(row, &["numerator", "denominator", "no_show", "declined", "untold"]), [2, 5, 2, 1, 1]);
    assert_eq!((row["value"].as_f64(), row["status"].as_str()), (Some(0.4), Some("few")));
    // The moved one is due on its new date, and not before that has come.
    let day = |report: &inflow_analytics::Report| {
        counts(find(report, &[("channel", "boss"), ("day", "2026-10-20"), INTERVIEWS[0], INTERVIEWS[1]]), &["numerator", "denominator"])
    };
    assert_eq!(day(&report), [0, 0]);
    asked.as_of = at("2026-10-21T00:00:00Z");
    assert_eq!(day(&world.ask(&asked).await), [0, 1]);
}

#[tokio::test]
async fn an_appointment_belongs_to_the_local_day_and_to_the_case_of_the_person() {
    let world = World::new().await;
    let mut old = application("old", "zhaopin", "2026-03-01 02:00:00");
    let mut new = application("new", "boss", "2026-10-01 02:00:00");
    (old["candidate_source_id"], new["candidate_source_id"]) = (json!("c"), json!("c"));
    (old["store"], new["store"]) = (json!("north"), json!("south"));
    new["connection"] = json!("zhaopin");
    world.insert("applications", vec![old, new]).await;
    let link = json!({"connection": "zhaopin", "source_id": "c", "person_id": "zhaopin/c", "members": 1, "linkable": 1, "version": 1});
    world.insert("candidate_links", vec![link]).await;
    // A sheet that names the person and not the application; ten to midnight and midnight in Shanghai.
    let named = |id: &str, at: &str| {
        invitation(
            id,
            &json!({
                "connection": "zhaopin", "application_source_id": "", "candidate_source_id": "c", "scheduled_at": at, "scheduled_precision": "exact", "result": "attended",
            }),
        )
    };
    world.insert("invitations", vec![named("a", "2026-10-31 15:50:00"), named("b", "2026-10-31 16:00:00")]).await;
    world.analyze().await;
    for (day, month) in [("2026-10-31", "2026-10"), ("2026-11-01", "2026-11")] {
        let report = world.report("step_rate", &["channel", "store", "month"], day, day).await;
        let row = find(&report, &[("channel", "boss"), ("store", "south"), ("month", month), INTERVIEWS[0], INTERVIEWS[1]]);
        assert_eq!(counts(row, &["numerator", "denominator"]), [1, 1], "{day}");
    }
}

#[tokio::test]
async fn an_interview_told_by_two_connections_is_one() {
    let world = World::new().await;
    applications(&world, &["1"]).await;
    let mut copy = application("s", "boss", "2026-10-01 02:00:00");
    copy["connection"] = json!("sheet");
    world.insert("applications", vec![copy]).await;
    let member = |connection: &str, id: &str, place: u16| json!({"connection": connection, "source_id": id, "case_id": "boss/1", "place": place, "members": 2, "basis": ["person"], "channel": "boss"});
    world.insert("application_links", vec![member("boss", "1", 1), member("sheet", "s", 2)]).await;
    let mut sheet = appointment("s", "2026-10-12 06:00:00", "no_show");
    sheet["connection"] = json!("sheet");
    world.insert("invitations", vec![appointment("1", "2026-10-12 02:00:00", "confirmed"), sheet]).await;
    world.analyze().await;
    let report = world.report("step_rate", &[], "2026-10-01", "2026-10-31").await;
    let row = find(&report, &[("channel", "boss"), INTERVIEWS[0], INTERVIEWS[1]]);
    assert_eq!(counts(row, &["numerator", "denominator", "no_show", "untold"]), [0, 1, 1, 0]);
}

#[tokio::test]
async fn a_no_show_was_delivered_and_is_past_its_deadline() {
    let world = World::new().await;
    let ids: Vec<String> = (0..9).map(|i| i.to_string()).collect();
    applications(&world, &ids.iter().map(String::as_str).collect::<Vec<_>>()).await;
    let until = |id: &str, fields: Value| {
        let mut row = invitation(id, &json!({"kind": "ai", "deadline_at": "2026-10-12 10:00:00", "result": "invited"}));
        for (key, value) in fields.as_object().unwrap() {
            row[key] = value.clone();
        }
        row
    };
    world
        .insert(
            "invitations",
            vec![
                until("0", json!({"attended_at": "2026-10-12 09:59:00", "result": "attended"})),
                until("1", json!({"attended_at": "2026-10-12 10:30:00", "result": "attended"})),
                until("2", json!({"delivered_at": "2026-10-10 10:00:00"})),
                until("3", json!({"result": "no_show"})),
                until("4", json!({"result": "undelivered"})),
                until("5", json!({"result": "declined"})),
                until("6", json!({"result": "cancelled"})),
                until("7", json!({"deadline_at": "2026-12-24 10:00:00"})),
                // Known to the day: due when the day is over.
                until("8", json!({"deadline_at": null, "scheduled_at": "2026-11-30 16:00:00", "scheduled_precision": "day"})),
            ],
        )
        .await;
    world.analyze().await;
    let mut asked = query("no_show", &["channel", "kind"], "2026-10-01", "2026-12-31");
    let columns = ["numerator", "denominator", "late", "declined", "undelivered", "untold"];
    let row = |report: &inflow_analytics::Report| counts(find(report, &[("channel", "boss"), ("kind", "ai")]), &columns);
    assert_eq!(row(&world.ask(&asked).await), [3, 4, 1, 1, 1, 1]);
    asked.as_of = at("2026-12-01T15:59:59Z");
    assert_eq!(row(&world.ask(&asked).await), [3, 4, 1, 1, 1, 1]);
    asked.as_of = at("2026-12-01T16:00:00Z");
    assert_eq!(row(&world.ask(&asked).await), [4, 5, 1, 1, 1, 2]);
    // Before the late one came it was a plain no-show.
    asked.as_of = at("2026-10-12T10:00:00Z");
    assert_eq!(row(&world.ask(&asked).await), [3, 4, 0, 1, 1, 1]);
}

#[tokio::test]
async fn an_answer_counts_within_its_twenty_four_hours() {
    let world = World::new().await;
    let ids: Vec<String> = (0..9).map(|i| i.to_string()).collect();
    applications(&world, &ids.iter().map(String::as_str).collect::<Vec<_>>()).await;
    let sent = |id: &str, fields: Value| {
        let mut row = invitation(id, &json!({"sent_at": "2026-10-12 02:00:00", "sent_precision": "exact", "result": "invited"}));
        for (key, value) in fields.as_object().unwrap() {
            row[key] = value.clone();
        }
        row
    };
    world
        .insert(
            "invitations",
            vec![
                sent("0", json!({"replied_at": "2026-10-13 02:00:00"})),
                sent("1", json!({"replied_at": "2026-10-13 02:00:01"})),
                sent("2", json!({})),
                sent("3", json!({"result": "no_reply"})),
                sent("4", json!({"result": "confirmed"})),
                sent("5", json!({"result": "no_show", "scheduled_at": "2026-10-14 02:00:00", "scheduled_precision": "exact"})),
                sent("6", json!({"result": "no_show"})),
                sent("7", json!({"result": "undelivered"})),
                sent("8", json!({"result": "cancelled"})),
            ],
        )
        .await;
    world.analyze().await;
    let report = world.report("no_reply", &[], "2026-10-01", "2026-10-31").await;
    let row = find(&report, &[("channel", "boss")]);
    assert_eq!(counts(row, &["numerator", "denominator", "late", "undelivered"]), [4, 7, 1, 1]);
    let mut asked = query("no_reply", &["none"], "2026-10-01", "2026-10-31");
    asked.as_of = at("2026-10-13T01:59:59Z");
    assert_eq!(world.ask(&asked).await.rows[0]["denominator"], 0);
}

#[tokio::test]
async fn a_channel_whose_connection_failed_has_no_data_about_interviews() {
    let world = World::new().await;
    world.failing("zhaopin", &["zhaopin"], None).await;
    world.analyze().await;
    for metric in ["step_rate", "no_show", "no_reply"] {
        let report = world.report(metric, &[], "2026-10-01", "2026-10-31").await;
        for row in &report.rows {
            let (status, nothing) = if row["channel"] == "zhaopin" { ("no_data", Value::Null) } else { ("few", json!(0)) };
            assert_eq!(
                (row["status"].as_str(), &row["denominator"], &row["value"]),
                (Some(status), &nothing, &Value::Null),
                "{metric} {row:?}"
            );
        }
    }
}
