//! Selection rates of groups beside each other, and what may leave the program.

use serde_json::{Value, json};

use crate::hires::{employed, with};
use crate::world::{World, application, event, find};

/// Of 80 of one channel 48 were taken, of 40 of the other 12: the example of the agencies' Questions and Answers of 1979 (Question 12:
/// 60 % and 30 %, a ratio of 50 %). Fisher's p is checked against the hypergeometric sum below, not against the code under test.
#[tokio::test]
async fn the_ratio_stands_beside_fishers_test() {
    let world = World::new().await;
    let group =
        |channel: &'static str, n: usize| (0..n).map(move |i| application(&format!("{channel}{i}"), channel, "2026-10-05 10:00:00"));
    world.insert("applications", group("boss", 80).chain(group("zhaopin", 40)).collect()).await;
    let taken =
        |channel: &'static str, n: usize| (0..n).map(move |i| event(channel, &format!("{channel}{i}"), "accepted", "2026-10-20 10:00:00"));
    world.insert("stage_events", taken("boss", 48).chain(taken("zhaopin", 12)).collect()).await;
    world.analyze().await;
    let report = world.report("four_fifths", &[], "2026-10-01", "2026-10-31").await;
    let row = |channel: &str| find(&report, &[("channel", channel), ("to_stage", "accepted")]);
    assert_eq!((&row("boss")["ratio"], &row("boss")["p_value"]), (&json!(1.0), &Value::Null));
    let second = row("zhaopin");
    assert_eq!((&second["ratio"], &second["under_four_fifths"], &second["turned_by_one"]), (&json!(0.5), &json!(true), &json!(false)));
    let p = second["p_value"].as_f64().unwrap();
    assert!((p - fisher(12, 40, 60, 120)).abs() < 1e-6, "{p}");
    // Nobody applied there, so that nothing is compared.
    assert_eq!(row("indeed")["ratio"], Value::Null);
}

/// Two-sided: `of` drawn out of `all`, `hits` of which are hits; the sum of the tables no likelier than `seen`.
fn fisher(seen: u64, of: u64, hits: u64, all: u64) -> f64 {
    let choose = |n: u64, k: u64| (1..=k).map(|i| (((n - k + i) as f64) / i as f64).ln()).sum::<f64>();
    let p = |k: u64| (choose(hits, k) + choose(all - hits, of - k) - choose(all, of)).exp();
    (0..=of.min(hits)).map(p).filter(|other| *other <= p(seen) * (1.0 + 1e-7)).sum()
}

#[tokio::test]
async fn few_leavers_of_a_reason_do_not_leave_the_program() {
    let world = World::new().await;
    let left = |i: usize, reason: &str| {
        let more = json!({"channel": "boss", "left_on": "2026-10-20", "status": "left", "leave_type": "resigned", "leave_reason": reason});
        with(employed(&format!("{reason}{i}"), "2026-10-01"), more)
    };
    let rows = (0..4).map(|i| left(i, "pay")).chain((0..6).map(|i| left(i, "distance"))).chain((0..9).map(|i| left(i, "night shifts")));
    world.insert("employment", rows.collect()).await;
    world.analyze().await;
    let report = world.report("attrition", &["channel", "reason"], "2026-10-01", "2026-10-31").await;
    assert_eq!(find(&report, &[("reason", "pay")])["leavers"], 4);
    let export = report.for_export();
    for reason in ["pay", "distance"] {
        let row = find(&export, &[("reason", reason)]);
        assert_eq!((&row["leavers"], &row["share"], row["status"].as_str()), (&Value::Null, &Value::Null, Some("suppressed")), "{reason}");
    }
    assert_eq!(find(&export, &[("reason", "night shifts")])["leavers"], 9);
    // Without the reason nothing is withheld.
    let channels = world.report("attrition", &["channel"], "2026-10-01", "2026-10-31").await;
    assert_eq!(channels.for_export(), channels);
}
