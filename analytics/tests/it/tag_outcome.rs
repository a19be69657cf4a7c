//! What those have in common who do well, and those who leave early.

use inflow_config::Tag;
use serde_json::{Value, json};

use crate::hires::{employed, with};
use crate::world::{World, application, event, find};

fn tag(id: &str, word: &str) -> Tag {
    Tag { id: id.to_owned(), words: vec![word.to_owned()], ..Tag::default() }
}

/// A hire of 1 July with these tags, this score in September, and this last day.
struct Hire {
    tags: Vec<&'static str>,
    score: Option<u32>,
    left_on: Option<&'static str>,
}

async fn hired(hires: &[Hire]) -> World {
    let mut world = World::new().await;
    world.config.personas.tag = vec![tag("rules", "rules"), tag("nights", "nights"), tag("chess", "chess")];
    let (mut applications, mut events, mut employment, mut ratings) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for (number, hire) in hires.iter().enumerate() {
        let id = format!("A{number:03}");
        applications.push(with(application(&id, "boss", "2026-06-01 10:00:00"), json!({"tags": hire.tags, "store": "north"})));
        events.push(event("boss", &id, "accepted", "2026-06-20 10:00:00"));
        events.push(event("boss", &id, "onboarded", "2026-07-01 02:00:00"));
        let of = json!({"connection": "boss", "application_source_id": id, "left_on": hire.left_on,
            "status": if hire.left_on.is_some() { "left" } else { "employed" }});
        employment.push(with(employed(&format!("E{number}"), "2026-07-01"), of));
        ratings.extend(hire.score.map(|score| {
            json!({"connection": "boss", "source_id": format!("R{number}"), "application_source_id": id, "kind": "performance",
                "taken_at": "2026-09-15 10:00:00", "score": score, "max_score": 100, "status": "taken", "version": 1})
        }));
    }
    world.insert("applications", applications).await;
    world.insert("stage_events", events).await;
    world.insert("employment", employment).await;
    world.insert("assessments", ratings).await;
    world.analyze().await;
    world
}

/// Newcombe 1998, table II, contrast (a): 56 of 70 and 48 of 80 differ by 0.2, by his method 10 from 0.0524 to 0.3339. Pooled z is 2.6501, p 0.0080.
#[tokio::test]
async fn the_difference_of_who_left_is_the_published_one() {
    let hire = |left_on, rules| Hire { tags: if rules { vec!["rules", "chess"] } else { vec!["chess"] }, score: None, left_on };
    let hires = (0..70)
        .map(|i| hire(Some("2026-08-15"), i < 56))
        .chain((0..80).map(|i| hire(u32::is_multiple_of(i, 2).then_some("2026-11-20"), i < 48)));
    let world = hired(&hires.collect::<Vec<_>>()).await;
    let report = world.report("tag_outcome", &["channel"], "2026-07-01", "2026-07-31").await;
    let row = find(&report, &[("channel", "boss"), ("outcome", "left_90"), ("tag", "rules")]);
    let counts = ["numerator", "denominator", "others_numerator", "others_denominator"].map(|column| row[column].as_u64().unwrap());
    assert_eq!(counts, [56, 70, 48, 80], "who left after day 90 did not leave early");
    let close = |column: &str, value: f64| assert!((row[column].as_f64().unwrap() - value).abs() < 0.00006, "{column} of {row:?}");
    close("difference", 0.2);
    close("difference_low", 0.0524);
    close("difference_high", 0.3339);
    // Two tags are looked at: everybody carries the other.
    close("q_value", 2.0 * 0.008_046);
    let other = find(&report, &[("outcome", "left_90"), ("tag", "chess")]);
    assert_eq!((other["difference"].as_f64(), other["q_value"].as_f64()), (Some(0.0), Some(1.0)));
    assert!(report.rows.iter().all(|row| row["outcome"] != "best_fifth"), "nobody was rated");
}

/// A hundred hires with scores from 1 to 100: the best fifth carry two tags, of the others a third does; the third tag tells nothing.
#[tokio::test]
async fn the_best_fifth_is_told_by_its_tags() {
    let hire = |score: u32| {
        let of_the_best = score > 80 || score.is_multiple_of(3);
        let tags = [("rules", of_the_best), ("nights", of_the_best), ("chess", score.is_multiple_of(2))];
        Hire { tags: tags.into_iter().filter(|(_, carries)| *carries).map(|(tag, _)| tag).collect(), score: Some(score), left_on: None }
    };
    let mut hires: Vec<Hire> = (1..=100).map(hire).collect();
    hires.extend((0..30).map(|_| Hire { tags: vec!["chess"], score: None, left_on: None }));
    let world = hired(&hires).await;
    let report = world.report("tag_outcome", &["store"], "2026-07-01", "2026-07-31").await;
    let row = |tag: &str| find(&report, &[("store", "north"), ("outcome", "best_fifth"), ("tag", tag)]).clone();
    let counts =
        |tag: &str| ["numerator", "denominator", "others_numerator", "others_denominator"].map(|column| row(tag)[column].as_u64().unwrap());
    assert_eq!(counts("rules"), [20, 20, 26, 80], "who was never rated is not among them");
    assert_eq!(counts("chess"), [10, 20, 40, 80]);
    assert!(row("nights")["q_value"].as_f64().unwrap() < 0.001 && row("rules")["difference_low"].as_f64().unwrap() > 0.4);
    assert_eq!((row("chess")["q_value"].as_f64(), &row("chess")["status"]), (Some(1.0), &Value::from("ok")));
    let of_others = world.report("tag_outcome", &["store"], "2026-09-01", "2026-09-30").await;
    assert!(of_others.rows.iter().all(|row| row["denominator"] == 0 && row["tag"] == ""), "nobody began then: {:?}", of_others.rows);
}
