//! Young cohorts: what the SQL estimates is what `statistics::survival` does.

use inflow_statistics::survival::{CumulativeIncidence, FollowUp, KaplanMeier, Outcome};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use serde_json::{Map, Value, json};

use crate::world::{World, application, at, event, find, query};

/// The clock of [`World`].
const AS_OF: &str = "2026-12-01T00:00:00Z";

/// Applications of a channel: applied at a random minute, then attended, rejected, withdrawn, both, or still open. Some attend at once, and some
/// only after they were rejected: then the rejection counts.
fn cohort(channel: &str, cases: usize, random: &mut StdRng) -> (Vec<Value>, Vec<Value>, Vec<FollowUp>) {
    let (mut applications, mut events, mut followed) = (Vec::new(), Vec::new(), Vec::new());
    for i in 0..cases {
        let applied = at("2026-11-01T00:00:00Z") + chrono::Duration::minutes(random.random_range(0..29 * 1440));
        let text = |time: chrono::DateTime<chrono::Utc>| time.format("%Y-%m-%d %H:%M:%S").to_string();
        let id = format!("{i}");
        applications.push(application(&id, channel, &text(applied)));
        let mut soon = |share: f64| {
            random.random_bool(share).then(|| applied + chrono::Duration::minutes(random.random_range(0..30) * random.random_range(0..900)))
        };
        let now = at(AS_OF);
        let [attended, rejected, withdrawn] = [soon(0.5), soon(0.4), soon(0.1)].map(|time| time.filter(|time| *time <= now));
        for (stage, time) in [("attended", attended), ("rejected", rejected), ("withdrawn", withdrawn)] {
            events.extend(time.map(|time| event(channel, &id, stage, &text(time))));
        }
        let out = [rejected, withdrawn].into_iter().flatten().min();
        let (end, outcome) = match (attended, out) {
            (Some(attended), out) if out.is_none_or(|out| attended <= out) => (attended, Outcome::Event),
            (_, Some(out)) => (out, Outcome::Competing),
            _ => (now, Outcome::Censored),
        };
        followed.push(FollowUp { time: (end - applied).num_hours() as f64, outcome });
    }
    (applications, events, followed)
}

fn close(found: &Value, expected: Option<f64>, what: &str) {
    match (found.as_f64(), expected) {
        (None, None) => {}
        (Some(found), Some(expected)) if (found - expected).abs() < 1e-6 => {}
        _ => panic!("{what}: {found} against {expected:?}"),
    }
}

#[tokio::test]
async fn an_estimated_conversion_is_that_of_the_statistics() {
    let world = World::new().await;
    let mut random = StdRng::seed_from_u64(7);
    let cohorts = [("boss", 400), ("zhaopin", 25), ("indeed", 3)].map(|(channel, cases)| (channel, cohort(channel, cases, &mut random)));
    for (_, (applications, events, _)) in &cohorts {
        world.insert("applications", applications.clone()).await;
        world.insert("stage_events", events.clone()).await;
    }
    world.analyze().await;
    // A day more on either side: New York begins its 1 November later than Shanghai.
    let report = world.report("conversion_estimate", &[], "2026-10-31", "2026-12-01").await;
    for (channel, (.., followed)) in &cohorts {
        let curve = CumulativeIncidence::fit(followed).unwrap();
        for days in [7_u32, 14, 30, 60, 90] {
            let row = report
                .rows
                .iter()
                .find(|row| {
                    row["channel"] == *channel && row["from_stage"] == "applied" && row["to_stage"] == "attended" && row["days"] == days
                })
                .unwrap();
            let expected = curve.at(f64::from(24 * days)).map(|step| step.incidence);
            let what = |column: &str| format!("{channel} by day {days}: {column}");
            close(&row["value"], expected.map(|e| e.value), &what("value"));
            close(&row["low"], expected.map(|e| e.interval.low), &what("low"));
            close(&row["high"], expected.map(|e| e.interval.high), &what("high"));
            assert_eq!(row["entries"], followed.len(), "{channel}");
            assert_eq!(row["status"], if followed.len() < 20 { "few" } else { "ok" }, "{channel}");
            let reached = followed.iter().filter(|f| f.outcome == Outcome::Event).count();
            assert_eq!(row["reached"], reached, "{channel}");
            let open = followed.iter().filter(|f| f.outcome == Outcome::Censored).count();
            let decided = 1.0 - open as f64 / followed.len() as f64;
            close(&row["maturity"], Some((decided * 1e6).round() / 1e6), &what("maturity"));
        }
    }
}

#[tokio::test]
async fn all_of_a_cohort_gone_at_once_is_no_division_by_zero() {
    let world = World::new().await;
    world.insert("applications", (0..3).map(|i| application(&i.to_string(), "boss", "2026-10-05 02:00:00")).collect()).await;
    world.insert("stage_events", (0..3).map(|i| event("boss", &i.to_string(), "attended", "2026-10-06 02:00:00")).collect()).await;
    world.analyze().await;
    let report = world.report("conversion_estimate", &[], "2026-10-01", "2026-10-31").await;
    let by = |days: u32| {
        let row = report
            .rows
            .iter()
            .find(|row| row["channel"] == "boss" && row["to_stage"] == "attended" && row["from_stage"] == "applied" && row["days"] == days);
        row.unwrap()
    };
    assert_eq!((by(7)["value"].as_f64(), by(7)["high"].as_f64()), (Some(1.0), Some(1.0)));
    // Wilson's interval of three in three: nobody is sure of three.
    close(&by(7)["low"], Some(0.438_502_8), "low");
    assert_eq!(by(90)["value"], 1);
    let row = find(&world.report("time_in_stage", &["none"], "2026-10-01", "2026-10-31").await, &[("stage", "applied")]).clone();
    assert_eq!([&row["p25"], &row["median"], &row["p75"]], [1, 1, 1]);
}

fn quartiles(row: &Map<String, Value>) -> [Option<f64>; 5] {
    ["p25", "median", "p75", "low", "high"].map(|column| row[column].as_f64())
}

#[tokio::test]
async fn time_in_stage_counts_those_still_in_it() {
    let world = World::new().await;
    let mut random = StdRng::seed_from_u64(11);
    let (applications, events, followed) = cohort("boss", 120, &mut random);
    world.insert("applications", applications).await;
    world.insert("stage_events", events).await;
    world.analyze().await;
    // Whoever left, left: for a stay it does not matter which way.
    let stays: Vec<FollowUp> = followed
        .iter()
        .map(|f| FollowUp { outcome: if f.outcome == Outcome::Censored { Outcome::Censored } else { Outcome::Event }, ..*f })
        .collect();
    let curve = KaplanMeier::fit(&stays).unwrap();
    let report = world.report("time_in_stage", &[], "2026-10-31", "2026-12-01").await;
    let row = find(&report, &[("channel", "boss"), ("stage", "applied")]);
    let days = |hours: Option<f64>| hours.map(|hours| (hours / 24.0 * 100.0).round() / 100.0);
    let median = curve.median();
    let expected = [curve.quantile(0.25).value, median.value, curve.quantile(0.75).value, median.low, median.high].map(days);
    for (found, expected) in quartiles(row).into_iter().zip(expected) {
        assert!(found.zip(expected).map_or(found == expected, |(a, b)| (a - b).abs() < 0.011), "{row:?} against {expected:?}");
    }
    // Screened and invited were skipped: nobody knows how long they took.
    assert_eq!(find(&report, &[("channel", "boss"), ("stage", "screened")])["entries"], 0);
}

#[tokio::test]
async fn time_to_hire_is_of_those_who_accept() {
    let world = World::new().await;
    world.insert("applications", (0..8).map(|i| application(&i.to_string(), "boss", "2026-10-05 02:00:00")).collect()).await;
    let accepted = [("0", "2026-10-15"), ("1", "2026-10-25"), ("2", "2026-11-04"), ("3", "2026-11-14")];
    let mut events: Vec<Value> = accepted.iter().map(|(id, day)| event("boss", id, "accepted", &format!("{day} 02:00:00"))).collect();
    events.extend(["4", "5", "6"].map(|id| event("boss", id, "rejected", "2026-10-06 02:00:00")));
    world.insert("stage_events", events).await;
    world.analyze().await;
    let mut asked = query("time_to_hire", &[], "2026-10-05", "2026-10-05");
    let row = find(&world.ask(&asked).await, &[("channel", "boss")]).clone();
    assert_eq!(["cases", "accepted", "open"].map(|column| row[column].as_u64().unwrap()), [8, 4, 1]);
    assert_eq!(["p25", "median", "p75"].map(|column| row[column].as_f64()), [10.0, 20.0, 30.0].map(Some));
    // Before anybody accepted there is no time.
    asked.as_of = at("2026-10-10T00:00:00Z");
    let row = find(&world.ask(&asked).await, &[("channel", "boss")]).clone();
    assert_eq!(quartiles(&row), [None; 5]);
    assert_eq!((row["open"].as_u64(), row["status"].as_str()), (Some(5), Some("few")));
    asked.as_of = at("2026-10-05T01:00:00Z");
    assert_eq!(find(&world.ask(&asked).await, &[("channel", "boss")])["cases"], json!(0));
}
