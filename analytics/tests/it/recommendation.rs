//! Whom to look at first: what becomes an outcome, what a score stands on, and when there is none.

use inflow_analytics::{RecommendQuery, Recommendation, State, recommendations};
use inflow_config::{Persona, Tag};
use serde_json::{Value, json};

use crate::hires::with;
use crate::world::{World, application, event, find};

async fn asked(world: &World) -> Recommendation {
    let query = RecommendQuery { top: 100, ..RecommendQuery::default() };
    recommendations(&world.store, &world.config, &query).await.unwrap()
}

fn fates(found: &Recommendation) -> Vec<(String, u32)> {
    found.model.iter().flat_map(|card| &card.resolutions).map(|one| (one.resolution.clone(), one.applications)).collect()
}

/// Works at night: of four, three are taken on and stay. Does not: one of four. The others are refused, or nothing more is heard of them.
async fn past(world: &World, people: usize) {
    let (mut applications, mut events) = (Vec::new(), Vec::new());
    for i in 0..people {
        let night = i % 2 == 0;
        let stays = i / 2 % 4 < if night { 3 } else { 1 };
        let id = format!("p{i}");
        let day = format!("2026-{:02}-{:02}", 1 + i * 7 / people, 1 + i % 28);
        let pay = if stays { "5500" } else { "6500" };
        applications.push(with(
            application(&id, "boss", &format!("{day} 04:00:00")),
            json!({"night_shift": if night { "yes" } else { "no" }, "experience_years": (i % 5).to_string(), "expected_pay_min": pay,
                   "expected_pay_period": "month", "posting_source_id": "j1"}),
        ));
        if stays {
            events.push(event("boss", &id, "onboarded", &format!("2026-{:02}-{:02} 04:00:00", 2 + i * 7 / people, 1 + i % 28)));
        } else if i % 3 == 0 {
            events.push(event("boss", &id, "rejected", &format!("{day} 09:00:00")));
        }
    }
    world.insert("applications", applications).await;
    world.insert("stage_events", events).await;
    let posting = json!({"connection": "boss", "source_id": "j1", "channel": "boss", "title": "店员", "title_normal": "店员", "status": "open",
        "pay_min": "5000", "pay_max": "6000", "pay_period": "month", "posted_at": "2026-01-01 00:00:00", "posted_precision": "exact", "version": 1});
    world.insert("postings", vec![posting]).await;
}

/// One application of each fate, of a connection of its own.
async fn one_of_each(world: &World) {
    let applied = |id: &str, day: &str| application(id, "zhaopin", &format!("{day} 04:00:00"));
    let told = |id: &str, stage: &str, day: &str| event("zhaopin", id, stage, &format!("{day} 04:00:00"));
    let night = json!({"night_shift": "yes", "expected_pay_min": "5000", "expected_pay_period": "month"});
    let rows = vec![
        applied("stayed", "2026-07-01"),
        applied("left", "2026-07-01"),
        applied("late", "2026-08-20"),
        applied("rejected", "2026-07-01"),
        applied("withdrawn", "2026-07-01"),
        applied("silent", "2026-07-01"),
        applied("waits", "2026-08-01"),
        applied("young no", "2026-11-01"),
        with(applied("open", "2026-11-20"), night),
        with(applied("open too", "2026-11-21"), json!({"night_shift": "no"})),
        with(application("strange", "indeed", "2026-07-01 04:00:00"), json!({})),
    ];
    world.insert("applications", rows).await;
    let events = vec![
        told("stayed", "onboarded", "2026-08-01"),
        told("left", "onboarded", "2026-08-01"),
        told("late", "onboarded", "2026-11-20"),
        told("rejected", "rejected", "2026-07-03"),
        told("withdrawn", "withdrawn", "2026-07-04"),
        told("waits", "invited", "2026-11-15"),
        told("young no", "rejected", "2026-11-02"),
    ];
    world.insert("stage_events", events).await;
    let employed = json!({"connection": "zhaopin", "source_id": "e1", "application_source_id": "left", "onboard_on": "2026-08-01",
        "left_on": "2026-08-20", "status": "left", "version": 1});
    world.insert("employment", vec![employed]).await;
}

#[tokio::test]
async fn open_applications_are_scored_from_what_became_of_others() {
    let mut world = World::new().await;
    past(&world, 240).await;
    one_of_each(&world).await;
    world.analyze().await;
    // Off: nobody has assessed it.
    assert_eq!(asked(&world).await.model, None);
    let report = world.report("recommendation", &[], "2026-11-01", "2026-11-30").await;
    assert_eq!((report.rows.len(), report.rows[0]["status"].as_str(), report.rows[0]["application"].as_str()), (1, Some("off"), Some("")));

    world.config.settings.recommendation.impact_assessment = Some("PIA-2026-07".to_owned());
    world.analyze().await;
    let found = asked(&world).await;
    let fate = |name: &str, n: u32| (name.to_owned(), n);
    let card = found.model.clone().unwrap();
    // p0.. have ended by now: 120 stayed, 40 rejected, 80 silent; and one of each. `strange` came by a connection that tells of nobody's first day.
    assert_eq!(
        fates(&found),
        [
            fate("left_early", 1),
            fate("pending", 2),
            fate("rejected", 41),
            fate("silent", 81),
            fate("stayed", 121),
            fate("untold", 1),
            fate("withdrawn", 1),
            fate("young", 3),
        ]
    );
    assert_eq!((card.state, card.outcomes, card.stayed, card.impact_assessment.as_str()), (State::Fitted, 245, 121, "PIA-2026-07"));
    let ids: Vec<&str> = found.applications.iter().map(|one| one.source_id.as_str()).collect();
    assert_eq!(ids, ["open", "waits", "open too"], "{:#?}", found.applications);
    let (open, other) = (&found.applications[0], &found.applications[2]);
    assert!(open.low < open.score && open.score < open.high && open.score > other.score);
    let reason = |of: &str| open.reasons.iter().find(|reason| reason.of == of).unwrap();
    assert!(reason("night_shift").value == "yes" && reason("night_shift").log_odds > 0.0, "{:?}", open.reasons);
    assert!(card.weights.iter().any(|weight| weight.of == "expected_pay"), "pay beside the posting's is a trait: {:?}", card.weights);
    assert!(card.weights.iter().all(|weight| weight.of != "channel"));

    // The metric says the same; a filter by channel keeps to it.
    let report = world.report("recommendation", &[], "2026-11-01", "2026-11-30").await;
    let row = find(&report, &[("application", "zhaopin/open")]);
    assert_eq!((row["score"].as_f64(), row["status"].as_str(), row["basis"].as_str()), (open.score, Some("ok"), Some("model")));
    assert!(row["reasons"].as_str().unwrap().contains("night_shift=yes +"), "{row:?}");
    let query = RecommendQuery { channels: vec!["boss".to_owned()], top: 9, ..RecommendQuery::default() };
    assert_eq!(recommendations(&world.store, &world.config, &query).await.unwrap().open, 0);

    // Made anew it is the same, and without the setting nothing is left of it.
    world.analyze().await;
    assert_eq!(asked(&world).await, found);
    world.config.settings.recommendation.impact_assessment = None;
    world.analyze().await;
    assert_eq!(
        world.rows("SELECT source_id FROM inflow.recommendations UNION ALL SELECT state FROM inflow.recommendation_model").await.len(),
        0
    );
}

#[tokio::test]
async fn under_two_hundred_outcomes_the_rules_of_personas_stand_in() {
    let mut world = World::new().await;
    world.config.settings.recommendation.impact_assessment = Some("PIA-2026-07".to_owned());
    world.config.personas.tag = vec![
        Tag { id: "nights".to_owned(), night_shift: Some(true), ..Tag::default() },
        Tag { id: "a_year".to_owned(), experience_from: Some("1".parse().unwrap()), ..Tag::default() },
    ];
    world.config.personas.persona =
        vec![Persona { id: "shop".to_owned(), tags: vec!["nights".to_owned(), "a_year".to_owned()], ..Persona::default() }];
    past(&world, 100).await;
    one_of_each(&world).await;
    world.analyze().await;
    let found = asked(&world).await;
    assert_eq!(found.model.as_ref().map(|card| (card.state, card.outcomes)), Some((State::TooFew, 105)));
    let told: Vec<(&str, u32, Option<f64>)> =
        found.applications.iter().map(|one| (one.source_id.as_str(), one.carried, one.score)).collect();
    assert_eq!(told, [("open", 1, None), ("waits", 0, None), ("open too", 0, None)]);
    let report = world.report("recommendation", &[], "2026-11-01", "2026-11-30").await;
    let row = find(&report, &[("application", "zhaopin/open")]);
    assert_eq!(
        (row["status"].as_str(), row["basis"].as_str(), row["reasons"].as_str(), &row["score"]),
        (Some("few"), Some("tag_rules"), Some("tag:a_year=lacks, tag:nights=has"), &Value::Null)
    );
    assert_eq!((row["carried"].as_u64(), row["wanted"].as_u64()), (Some(1), Some(2)));
}
