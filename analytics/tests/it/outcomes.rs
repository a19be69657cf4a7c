//! What became of offers, of the silent, of requisitions, and what recruiters did.

use inflow_config::Explain;
use serde_json::{Map, Value, json};

use crate::world::{World, application, at, event, find, query};

fn counts<const N: usize>(row: &Map<String, Value>, columns: [&str; N]) -> [u64; N] {
    columns.map(|column| row[column].as_u64().unwrap_or_else(|| panic!("{column} of {row:?}")))
}

async fn applied(world: &World, cases: usize) {
    world.insert("applications", (0..cases).map(|i| application(&i.to_string(), "boss", "2026-10-05 02:00:00")).collect()).await;
}

#[tokio::test]
async fn an_offer_counts_once_it_is_resolved() {
    let world = World::new().await;
    applied(&world, 6).await;
    let mut events: Vec<Value> = (0..4).map(|i| event("boss", &i.to_string(), "offered", "2026-10-10 02:00:00")).collect();
    events.extend([
        event("boss", "0", "accepted", "2026-10-12 02:00:00"),
        event("boss", "1", "withdrawn", "2026-10-12 02:00:00"),
        event("boss", "2", "rejected", "2026-11-12 02:00:00"),
        // Nobody told of this offer; that it was accepted says nothing about offers that were not.
        event("boss", "4", "accepted", "2026-10-12 02:00:00"),
        // Left the company later: the offer was accepted all the same.
        event("boss", "0", "withdrawn", "2026-11-20 02:00:00"),
    ]);
    world.insert("stage_events", events).await;
    world.analyze().await;
    let mut asked = query("offer_acceptance", &[], "2026-10-01", "2026-10-31");
    let columns = ["numerator", "denominator", "withdrawn", "rejected", "pending", "implied"];
    assert_eq!(counts(find(&world.ask(&asked).await, &[("channel", "boss")]), columns), [1, 3, 1, 1, 1, 1]);
    asked.as_of = at("2026-10-31T00:00:00Z");
    assert_eq!(counts(find(&world.ask(&asked).await, &[("channel", "boss")]), columns), [1, 2, 1, 0, 2, 1]);
    let row = find(&world.report("offer_acceptance", &[], "2026-11-01", "2026-11-30").await, &[("channel", "boss")]).clone();
    assert_eq!(counts(&row, ["numerator", "denominator", "pooled_numerator", "pooled_denominator"]), [0, 0, 1, 3]);
}

#[tokio::test]
async fn who_withdraws_or_falls_silent_drops_out() {
    let world = World::new().await;
    applied(&world, 6).await;
    world.insert("applications", vec![application("young", "boss", "2026-11-20 02:00:00")]).await;
    world
        .insert(
            "stage_events",
            vec![
                event("boss", "0", "screened", "2026-10-19 02:00:00"),
                event("boss", "1", "withdrawn", "2026-10-06 02:00:00"),
                event("boss", "2", "rejected", "2026-10-06 02:00:00"),
                // A day too late.
                event("boss", "3", "screened", "2026-10-20 02:00:00"),
                event("boss", "4", "withdrawn", "2026-10-20 02:00:00"),
                event("boss", "5", "screened", "2026-10-06 02:00:00"),
                event("boss", "5", "withdrawn", "2026-10-07 02:00:00"),
            ],
        )
        .await;
    world.analyze().await;
    let report = world.report("drop_out", &[], "2026-10-01", "2026-11-30").await;
    let columns = ["numerator", "denominator", "withdrawn", "silent", "rejected", "moved_on", "young"];
    let row = |stage: &str| counts(find(&report, &[("channel", "boss"), ("stage", stage)]), columns);
    assert_eq!(row("applied"), [3, 6, 1, 2, 1, 2, 1]);
    assert_eq!(row("screened"), [3, 3, 1, 2, 0, 0, 0]);
}

#[tokio::test]
async fn heads_are_filled_or_open() {
    let world = World::new().await;
    let requisition = |id: &str, heads: Value, closed: Value| json!({"connection": "boss", "source_id": id, "department": "sales", "heads": heads, "opened_on": "2026-10-01", "closed_on": closed, "version": 1});
    world
        .insert(
            "requisitions",
            vec![
                requisition("r1", json!(3), Value::Null),
                requisition("r2", Value::Null, json!("2026-10-11")),
                requisition("r3", json!(1), Value::Null),
            ],
        )
        .await;
    let case = |id: &str, requisition: &str| {
        let mut row = application(id, "boss", "2026-10-02 02:00:00");
        row["requisition_source_id"] = json!(requisition);
        row
    };
    world.insert("applications", vec![case("0", "r1"), case("1", "r1"), case("2", "r3"), case("3", "r3"), case("4", "")]).await;
    world
        .insert(
            "stage_events",
            vec![
                // Ten to midnight in Shanghai is the 21st, the next minute's day the 22nd.
                event("boss", "0", "onboarded", "2026-10-21 15:50:00"),
                event("boss", "1", "accepted", "2026-10-11 02:00:00"),
                event("boss", "2", "onboarded", "2026-10-31 02:00:00"),
                event("boss", "3", "onboarded", "2026-11-10 02:00:00"),
                event("boss", "4", "onboarded", "2026-10-03 02:00:00"),
            ],
        )
        .await;
    world.analyze().await;
    let report = world.report("time_to_fill", &[], "2026-10-01", "2026-10-31").await;
    let row = |way: &str| find(&report, &[("department", "sales"), ("filled_by", way)]);
    assert_eq!(counts(row("onboarded"), ["heads", "filled", "open"]), [6, 3, 3]);
    assert_eq!(counts(row("accepted"), ["heads", "filled", "open"]), [6, 4, 2]);
    // At risk 6, 5 (one closed on day 10), 4, 3: of the five, after day 20 four fifths are open, then three, then two.
    assert_eq!(["p25", "median", "p75"].map(|column| row("onboarded")[column].as_f64()), [Some(30.0), Some(40.0), None]);
    assert_eq!(row("onboarded")["status"], "few");
}

/// The tracking system delivers the requisitions; a board's application names one, another board's posting does, and a row of employment a third.
#[tokio::test]
async fn a_requisition_is_filled_by_whoever_names_it_wherever() {
    let world = World::new().await;
    let requisition = |connection: &str, id: &str| json!({"connection": connection, "source_id": id, "department": "sales", "heads": 1, "opened_on": "2026-10-01", "version": 1});
    let all = [("hr", "R1"), ("hr", "R2"), ("hr", "R3"), ("hr", "R4"), ("zhaopin", "R4")];
    world.insert("requisitions", all.iter().map(|(connection, id)| requisition(connection, id)).collect()).await;
    let case = |id: &str, channel: &str, requisition: &str, posting: &str| {
        let mut row = application(id, channel, "2026-10-02 02:00:00");
        row["requisition_source_id"] = json!(requisition);
        row["posting_source_id"] = json!(posting);
        row
    };
    let cases =
        vec![case("1", "boss", "R1", ""), case("2", "zhaopin", "", "p2"), case("3", "boss", "R4", ""), case("4", "zhaopin", "R4", "")];
    world.insert("applications", cases).await;
    let posting = json!({"connection": "zhaopin", "source_id": "p2", "channel": "zhaopin", "status": "open", "requisition_source_id": "R2",
        "posted_at": "2026-10-01 02:00:00", "posted_precision": "exact", "version": 1});
    world.insert("postings", vec![posting]).await;
    let events = [("boss", "1", 11), ("zhaopin", "2", 13), ("boss", "3", 15), ("zhaopin", "4", 21)];
    let started = |(channel, id, day): &(&str, &str, u32)| event(channel, id, "onboarded", &format!("2026-10-{day} 02:00:00"));
    world.insert("stage_events", events.iter().map(started).collect()).await;
    let third = crate::hires::with(crate::hires::employed("E3", "2026-10-17"), json!({"requisition_source_id": "R3"}));
    world.insert("employment", vec![third]).await;
    world.analyze().await;
    // Days 10, 12 and 16; of R4 the one of its own connection, day 20. The application of BOSS that says R4 means one of two, and nobody knows which.
    let report = world.report("time_to_fill", &[], "2026-10-01", "2026-10-31").await;
    for way in ["onboarded", "accepted"] {
        let row = find(&report, &[("department", "sales"), ("filled_by", way)]);
        assert_eq!(counts(row, ["heads", "filled", "open"]), [5, 4, 1], "{row:?}");
        assert_eq!(["p25", "median", "p75"].map(|column| row[column].as_f64()), [Some(12.0), Some(16.0), Some(20.0)], "{row:?}");
    }
    let filled = world.report("fill_rate", &["none"], "2026-10-01", "2026-10-31").await;
    assert_eq!(filled.rows[0]["numerator"], 4, "as the fill rate has them");
    assert_eq!((report.version, report.definition.superseded), (2, None));

    // The definition before this one knew the application of the requisition's own connection alone. It is read beside it, and says how it ended.
    let mut earlier = query("time_to_fill", &[], "2026-10-01", "2026-10-31");
    earlier.version = Some(1);
    let report = world.ask(&earlier).await;
    let row = find(&report, &[("department", "sales"), ("filled_by", "onboarded")]);
    assert_eq!(counts(row, ["heads", "filled", "open"]), [5, 1, 4], "{row:?}");
    let superseded = report.definition.superseded.unwrap();
    assert_eq!((report.version, superseded.until), (1, "2026-11-26"));
    assert!(superseded.changed.en.starts_with("Hires are those of the fill rate"));
    for (view, filled) in [("metric_time_to_fill", 4), ("metric_time_to_fill_v2", 4), ("metric_time_to_fill_v1", 1)] {
        let sql = format!(
            "SELECT filled FROM inflow.{view}(from = '2026-10-01', to = '2026-10-31', tz = '', as_of = '2026-12-01 00:00:00', \
             by = ['department'], channel = [], store = []) WHERE filled_by = 'onboarded'"
        );
        assert_eq!(world.rows(&sql).await[0]["filled"], filled, "{view}");
    }
    earlier.version = Some(3);
    let error = inflow_analytics::report(&world.store, &world.config, &earlier).await.unwrap_err();
    assert_eq!(error.to_string(), "time_to_fill has no version 3, accepted: 1, 2");
    assert_eq!(error.hint().as_deref(), Some("version 2 is the current one"));
}

#[tokio::test]
async fn a_recruiters_work_and_how_long_resumes_wait() {
    let world = World::new().await;
    let case = |id: &str, recruiter: &str| {
        let mut row = application(id, "boss", "2026-10-05 02:00:00");
        row["recruiter"] = json!(recruiter);
        row
    };
    world.insert("applications", vec![case("0", "r-1"), case("1", "r-1"), case("2", "r-1"), case("3", "r-2"), case("4", "")]).await;
    world
        .insert(
            "stage_events",
            vec![
                event("boss", "0", "screened", "2026-10-05 04:00:00"),
                event("boss", "1", "rejected", "2026-10-05 08:00:00"),
                event("boss", "0", "attended", "2026-10-08 02:00:00"),
                event("boss", "4", "onboarded", "2026-11-01 04:00:00"),
            ],
        )
        .await;
    world.analyze().await;
    let report = world.report("recruiter", &[], "2026-10-01", "2026-10-31").await;
    let columns = ["contacted", "resumes", "invited", "attended", "onboarded", "timed", "waiting"];
    let one = find(&report, &[("recruiter", "r-1")]);
    assert_eq!(counts(one, columns), [3, 3, 1, 1, 0, 3, 1]);
    assert_eq!(one["first_reply"], 6);
    let two = find(&report, &[("recruiter", "r-2")]);
    assert_eq!((counts(two, columns), &two["first_reply"]), ([1, 1, 0, 0, 0, 1, 1], &Value::Null));
    // In November this one's case came to work, which tells of the interview before, and no resume came.
    let report = world.report("recruiter", &[], "2026-11-01", "2026-11-30").await;
    assert_eq!(counts(find(&report, &[("recruiter", "")]), columns), [0, 0, 1, 1, 1, 0, 0]);
}
