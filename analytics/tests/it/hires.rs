//! Who was taken on: cases and personnel records make one hire, and neither is counted twice.

use serde_json::{Value, json};

use crate::world::{World, application, at, event, find, query};

/// A row of employment, of a connection that delivers nothing else.
pub fn employed(id: &str, onboard_on: &str) -> Value {
    json!({"connection": "hr", "source_id": id, "onboard_on": onboard_on, "status": "employed", "version": 1})
}

pub fn with(mut row: Value, fields: Value) -> Value {
    let Value::Object(fields) = fields else { panic!("no fields: {fields}") };
    row.as_object_mut().unwrap().extend(fields);
    row
}

pub fn person(connection: &str, id: &str, person: &str) -> Value {
    json!({"connection": connection, "source_id": id, "person_id": person, "members": 2, "linkable": 1})
}

async fn hires(world: &World, columns: &str) -> Vec<String> {
    let sql = format!("SELECT toString(tuple({columns})) AS line FROM inflow.hires ORDER BY connection, source_id, person_id, spell");
    world.rows(&sql).await.iter().map(|row| row["line"].as_str().unwrap().to_owned()).collect()
}

/// A1 was accepted on 1 October and started on the 10th, and a sheet tells of the same start under the person's name.
async fn one_told_twice() -> World {
    let world = World::new().await;
    let candidate = |id: &str, of: &str| with(application(id, "boss", "2026-09-20 10:00:00"), json!({"candidate_source_id": of}));
    world.insert("applications", vec![candidate("A1", "c1"), candidate("A2", "c2")]).await;
    world
        .insert(
            "stage_events",
            vec![event("boss", "A1", "accepted", "2026-10-01 10:00:00"), event("boss", "A1", "onboarded", "2026-10-10 02:00:00")],
        )
        .await;
    world.insert("employment", vec![with(employed("E1", "2026-10-09"), json!({"candidate_source_id": "e1", "store": "north"}))]).await;
    world.insert("candidate_links", vec![person("boss", "c1", "boss/c1"), person("hr", "e1", "boss/c1")]).await;
    world
}

#[tokio::test]
async fn a_person_that_case_and_sheet_tell_of_is_one_hire() {
    let world = one_told_twice().await;
    world.analyze().await;
    let columns = "connection, source_id, spell, person_id, channel, store, toDate(accepted_at), onboard_on, rows";
    assert_eq!(hires(&world, columns).await, ["('boss','A1',1,'boss/c1','boss','north','2026-10-01','2026-10-09',['hr/E1'])"]);
    let rows = world.rows("SELECT basis, count() AS n FROM inflow.case_rows GROUP BY basis").await;
    assert_eq!((rows.len(), rows[0]["basis"].as_str()), (1, Some("person")));
}

/// A row that names its application is that case's, whichever member of the case it names; who comes back without a new application
/// is taken on again, and a second row of the same start is not.
#[tokio::test]
async fn spells_of_one_case_and_rows_of_one_start() {
    let world = one_told_twice().await;
    let named = |id: &str, day: &str| with(employed(id, day), json!({"connection": "mail", "application_source_id": "M"}));
    world.insert("applications", vec![with(application("M", "boss", "2026-09-21 10:00:00"), json!({"connection": "mail"}))]).await;
    let member = |connection: &str, id: &str, place: u16| json!({"connection": connection, "source_id": id, "case_id": "boss/A1", "place": place, "members": 2, "basis": ["person"], "channel": "boss"});
    world.insert("application_links", vec![member("boss", "A1", 1), member("mail", "M", 2)]).await;
    world.insert("employment", vec![named("F1", "2026-10-12"), named("F2", "2026-11-20")]).await;
    world.analyze().await;
    assert_eq!(
        hires(&world, "source_id, spell, onboard_on, isNull(accepted_at), rows").await,
        ["('A1',1,'2026-10-09',0,['hr/E1','mail/F1'])", "('A1',2,'2026-11-20',1,['mail/F2'])"]
    );
}

/// Two boards that each say the person started are one start; years apart they are two; people who share nothing are two.
#[tokio::test]
async fn nobody_starts_twice_within_two_weeks() {
    let world = World::new().await;
    let of =
        |channel: &str, id: &str, day: &str| with(application(id, channel, &format!("{day} 10:00:00")), json!({"candidate_source_id": id}));
    world
        .insert(
            "applications",
            vec![
                of("boss", "A", "2026-09-01"),
                of("zhaopin", "B", "2026-09-02"),
                of("boss", "C", "2026-09-03"),
                of("zhaopin", "D", "2025-03-01"),
            ],
        )
        .await;
    let started = |channel: &str, id: &str, day: &str| event(channel, id, "onboarded", &format!("{day} 04:00:00"));
    world
        .insert(
            "stage_events",
            vec![
                started("boss", "A", "2026-10-01"),
                started("zhaopin", "B", "2026-10-08"),
                started("boss", "C", "2026-10-08"),
                started("zhaopin", "D", "2025-04-01"),
            ],
        )
        .await;
    world.insert("candidate_links", vec![person("boss", "A", "p"), person("zhaopin", "B", "p"), person("zhaopin", "D", "p")]).await;
    world.analyze().await;
    assert_eq!(hires(&world, "connection, source_id").await, ["('boss','A')", "('boss','C')", "('zhaopin','D')"]);
}

#[tokio::test]
async fn hires_follow_changes_as_a_whole_analysis_does() {
    let world = one_told_twice().await;
    world.analyze().await;
    world.insert("stage_events", vec![event("boss", "A2", "accepted", "2026-10-20 10:00:00")]).await;
    world
        .insert(
            "employment",
            vec![with(
                employed("E1", "2026-10-09"),
                json!({"left_on": "2026-11-01", "status": "left", "candidate_source_id": "e1", "version": 2}),
            )],
        )
        .await;
    world.insert("changed_applications", vec![json!({"connection": "boss", "source_id": "A2"})]).await;
    world.analyze_changes("").await;
    let columns = "source_id, left_on, has_left, toDate(accepted_at)";
    let grown = hires(&world, columns).await;
    assert_eq!(grown, ["('A1','2026-11-01',1,'2026-10-01')", "('A2',NULL,0,'2026-10-20')"]);
    world.analyze().await;
    assert_eq!(hires(&world, columns).await, grown);
}

/// Accepted, and the agreed day has passed; where nobody agreed on one, 30 days. Who is still to come is pending.
#[tokio::test]
async fn onboard_rate_counts_whose_day_has_come() {
    let world = World::new().await;
    let accepted = |id: &str, day: &str| event("boss", id, "accepted", &format!("{day} 02:00:00"));
    let agreed = |id: &str, day: &str, status: &str| json!({"connection": "boss", "source_id": format!("E{id}"), "application_source_id": id, "agreed_on": day, "status": status, "version": 1});
    world.insert("applications", (1..=6).map(|i| application(&i.to_string(), "boss", "2026-09-20 10:00:00")).collect()).await;
    world
        .insert(
            "stage_events",
            vec![
                accepted("1", "2026-10-01"),                            // agreed on 10 October, started on the 12th
                accepted("2", "2026-10-01"),                            // agreed on 10 October, never came
                accepted("3", "2026-10-02"),                            // agreed on 20 November, after the period and before as_of
                accepted("4", "2026-11-20"),                            // nothing agreed: due on 20 December, after as_of
                accepted("5", "2026-10-05"),                            // nothing agreed: due on 4 November
                event("boss", "6", "onboarded", "2026-10-15 02:00:00"), // nobody tells of the acceptance
            ],
        )
        .await;
    let came = with(agreed("1", "2026-10-10", "employed"), json!({"onboard_on": "2026-10-12"}));
    world.insert("employment", vec![came, agreed("2", "2026-10-10", "not_started"), agreed("3", "2026-11-20", "agreed")]).await;
    world.analyze().await;
    let counts = async |from: &str, to: &str| {
        let report = world.report("onboard_rate", &[], from, to).await;
        let row = find(&report, &[("channel", "boss")]);
        ["numerator", "denominator", "assumed", "pending"].map(|column| row[column].as_u64().unwrap())
    };
    assert_eq!(counts("2026-10-01", "2026-10-31").await, [2, 3, 1, 0]);
    assert_eq!(counts("2026-11-01", "2026-11-30").await, [0, 2, 1, 1]);
    assert_eq!(counts("2026-01-01", "2026-01-31").await, [0, 0, 0, 0]);
    // On 1 November two were still to come.
    let mut asked = query("onboard_rate", &["month", "channel"], "2026-10-01", "2026-11-30");
    asked.as_of = at("2026-11-01T00:00:00Z");
    let report = world.ask(&asked).await;
    let row = find(&report, &[("month", "2026-10"), ("channel", "boss")]);
    assert_eq!((row["denominator"].as_u64(), row["pending"].as_u64()), (Some(3), Some(2)));
    assert_eq!(find(&report, &[("month", "2026-11"), ("channel", "boss")])["value"], Value::Null);
}
