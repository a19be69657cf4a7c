//! Tags by rules, and the share of each channel's applications that carry a persona's tags.

use inflow_config::{Persona, Tag};
use serde_json::{Value, json};

use crate::world::{World, application, find};

fn tag(id: &str, change: impl FnOnce(&mut Tag)) -> Tag {
    let mut tag = Tag { id: id.to_owned(), ..Tag::default() };
    change(&mut tag);
    tag
}

/// Shop staff: has sold, works at night.
async fn world() -> World {
    let mut world = World::new().await;
    world.config.personas.tag = vec![
        tag("sold", |tag| tag.words = vec!["收银".to_owned(), "Retail".to_owned()]),
        tag("nights", |tag| tag.night_shift = Some(true)),
        tag("schooled", |tag| tag.education = vec!["college".to_owned(), "bachelor".to_owned()]),
        tag("a_year", |tag| tag.experience_from = Some("1".parse().unwrap())),
        tag("asks_more", |tag| tag.pay_above_offer = Some("0.1".parse().unwrap())),
        tag("in_budget", |tag| tag.pay_at_most = Some("6000".parse().unwrap())),
    ];
    let persona = |id: &str, titles: &[&str], tags: &[&str]| Persona {
        id: id.to_owned(),
        titles: titles.iter().map(|&title| title.to_owned()).collect(),
        tags: tags.iter().map(|&tag| tag.to_owned()).collect(),
        ..Persona::default()
    };
    world.config.personas.persona = vec![persona("shop", &["店员"], &["sold", "nights"]), persona("cheap", &[], &["in_budget"])];
    world
}

fn person(id: &str, channel: &str, profile: Value) -> Value {
    let mut row = application(id, channel, "2026-10-05 10:00:00");
    row["title"] = json!("店员");
    if let Value::Object(profile) = profile {
        row.as_object_mut().unwrap().extend(profile);
    }
    row
}

#[tokio::test]
async fn an_application_carries_the_tags_whose_rules_hold() {
    let world = world().await;
    let all = json!({"tags": ["收银员", "沟通"], "night_shift": "yes", "education": "college", "experience_years": "1", "expected_pay_min": "250",
        "expected_pay_period": "day"});
    let other = json!({"tags": ["retailer"], "night_shift": "no", "education": "high_school", "experience_years": "0.5", "expected_pay_min": "7000"});
    let rows = vec![
        person("all", "boss", all),
        person("none", "boss", other),
        person("latin", "boss", json!({"tags": ["RETAIL, fast"]})),
        // Letters of other words, in a tag of its own and over the ends of two.
        person("letters", "boss", json!({"tags": ["回收银饰", "催收", "银行"]})),
        person("nothing", "boss", json!({})),
        // A tenth more than 6,000 a month is no more than a tenth.
        person("a tenth", "boss", json!({"expected_pay_min": "6600", "posting_source_id": "P"})),
        person("more", "boss", json!({"expected_pay_min": "79300", "expected_pay_period": "year", "posting_source_id": "P"})),
        person("of an hour", "boss", json!({"expected_pay_min": "6700", "posting_source_id": "H"})),
        person("of no offer", "boss", json!({"expected_pay_min": "99000", "posting_source_id": "N"})),
    ];
    let posting = |id: &str, pay: Value, period: &str| json!({"connection": "boss", "channel": "boss", "source_id": id, "title": "店员", "pay_max": pay, "pay_period": period, "status": "open", "version": 1});
    let postings = vec![posting("P", json!("6000"), "month"), posting("H", json!("40"), "hour"), posting("N", Value::Null, "")];
    world.insert("postings", postings).await;
    world.insert("applications", rows).await;
    world.analyze().await;
    let found =
        world.rows("SELECT source_id, groupArray(tag) AS tags FROM inflow.application_tags GROUP BY source_id ORDER BY source_id").await;
    let found: Vec<Value> = found.into_iter().map(Value::Object).collect();
    assert_eq!(
        found,
        [
            json!({"source_id": "all", "tags": ["a_year", "in_budget", "nights", "schooled", "sold"]}),
            json!({"source_id": "latin", "tags": ["sold"]}),
            json!({"source_id": "more", "tags": ["asks_more"]}),
        ]
    );
}

#[tokio::test]
async fn the_share_of_a_channel_that_matches_has_its_interval() {
    let world = world().await;
    let fits = || json!({"tags": ["收银"], "night_shift": "yes"});
    let mut rows: Vec<Value> = (0..81).map(|i| person(&format!("fit {i}"), "boss", fits())).collect();
    rows.extend((0..181).map(|i| person(&format!("not {i}"), "boss", json!({"night_shift": "no"}))));
    rows.push(person("untold", "boss", json!({})));
    // Another job does not count.
    let mut cook = person("cook", "boss", fits());
    cook["title"] = json!("厨师");
    rows.push(cook);
    rows.push(person("one", "zhaopin", fits()));
    world.insert("applications", rows).await;
    world.analyze().await;
    let report = world.report("persona_match", &[], "2026-10-01", "2026-10-31").await;
    let row = find(&report, &[("channel", "boss"), ("persona", "shop")]);
    assert_eq!((row["numerator"].as_u64(), row["denominator"].as_u64(), row["untold"].as_u64()), (Some(81), Some(263), Some(1)));
    // Newcombe 1998, table I, method 3: 81 of 263.
    assert!((row["low"].as_f64().unwrap() - 0.2553).abs() < 6e-5 && (row["high"].as_f64().unwrap() - 0.3662).abs() < 6e-5, "{row:?}");
    assert_eq!(row["status"], "ok");
    let row = find(&report, &[("channel", "zhaopin"), ("persona", "shop")]);
    assert_eq!((row["status"].as_str(), row["denominator"].as_u64(), row["pooled_denominator"].as_u64()), (Some("few"), Some(1), Some(1)));
    let row = find(&report, &[("channel", "boss"), ("persona", "cheap")]);
    assert_eq!((row["numerator"].as_u64(), row["denominator"].as_u64()), (Some(0), Some(264)));
    // Nobody came through it.
    let row = find(&report, &[("channel", "indeed"), ("persona", "shop")]);
    assert_eq!((row["denominator"].as_u64(), row["value"].is_null()), (Some(0), true));
}

#[tokio::test]
async fn a_case_of_several_connections_has_the_tags_of_all_and_counts_once() {
    let world = world().await;
    let rows = vec![person("a", "boss", json!({"tags": ["收银"]})), person("b", "zhaopin", json!({"night_shift": "yes"}))];
    world.insert("applications", rows).await;
    let member = |connection: &str, id: &str, place: u16| json!({"connection": connection, "source_id": id, "case_id": "boss/a", "place": place, "members": 2, "basis": ["person"], "channel": "boss"});
    world.insert("application_links", vec![member("boss", "a", 0), member("zhaopin", "b", 1)]).await;
    world.analyze().await;
    let report = world.report("persona_match", &["none"], "2026-10-01", "2026-10-31").await;
    let row = find(&report, &[("persona", "shop")]);
    assert_eq!((row["numerator"].as_u64(), row["denominator"].as_u64()), (Some(1), Some(1)));
}

#[tokio::test]
async fn without_personas_or_applications_there_is_nothing_to_say() {
    let mut world = World::new().await;
    world.insert("applications", vec![person("a", "boss", json!({}))]).await;
    world.analyze().await;
    assert!(world.report("persona_match", &[], "2026-10-01", "2026-10-31").await.rows.is_empty());
    // Rules that came, and went.
    world.config.personas.tag = vec![tag("nights", |tag| tag.night_shift = Some(true))];
    world.analyze().await;
    assert!(world.rows("SELECT * FROM inflow.application_tags").await.is_empty());
}
