//! Rules of alerts over shares, costs, counts and figures of weeks, each as its metric says it; a failing connection begins and ends nothing.

use std::collections::BTreeMap;

use chrono::{Datelike, NaiveDate};
use inflow_analytics::{Report, Scope, analyze};
use serde_json::{Map, Value, json};

use crate::world::{World, application, event, find};

fn days(from: &str, to: &str) -> Vec<NaiveDate> {
    let (from, to): (NaiveDate, NaiveDate) = (from.parse().unwrap(), to.parse().unwrap());
    from.iter_days().take_while(|day| *day <= to).collect()
}

/// Ten interviews a day at ten in Shanghai, of which so many are missed.
async fn interviews(world: &World, channel: &str, from: &str, to: &str, missed: impl Fn(NaiveDate) -> usize) {
    let (mut applications, mut invitations) = (Vec::new(), Vec::new());
    for day in days(from, to) {
        for number in 0..10 {
            let id = format!("{channel} {day} {number}");
            applications.push(application(&id, channel, &format!("{day} 01:00:00")));
            let result = if number < missed(day) { "no_show" } else { "attended" };
            invitations.push(json!({
                "connection": channel, "source_id": id, "application_source_id": id, "candidate_source_id": "", "channel": "", "store": "",
                "kind": "onsite", "result": result, "sent_at": null, "sent_precision": "", "delivered_at": null, "replied_at": null,
                "scheduled_at": format!("{day} 02:00:00"), "scheduled_precision": "exact", "deadline_at": null, "attended_at": null, "version": 1,
            }));
        }
    }
    world.insert("applications", applications).await;
    world.insert("invitations", invitations).await;
}

async fn judged(world: &World, by: &[&str], from: &str, to: &str) -> Report {
    world.report("threshold", by, from, to).await
}

/// Day, state and change of a rule's slice, less the year.
fn course<'r>(report: &'r Report, slice: &str) -> Vec<(&'r str, &'r str, &'r str)> {
    let text = |row: &'r Map<String, Value>, column: &str| row[column].as_str().unwrap();
    let rows = report.rows.iter().filter(|row| row["slice"] == slice);
    rows.map(|row| (text(row, "day").trim_start_matches("2026-"), text(row, "state"), text(row, "change"))).collect()
}

const NO_SHOW: &str = "[[rule]]\nid = \"no_show\"\nname = { en = \"No-shows\", zh = \"爽约\" }\nmetric = \"no_show\"\ndays = 2\nabove = \"0.20\"\nclear = \"0.10\"\n";

#[tokio::test]
async fn an_alert_begins_at_its_level_and_ends_under_the_other() {
    let mut world = World::new().await;
    world.config.alerts.rule = world.rules(NO_SHOW);
    // Of the twenty of two days: 1 (5 %), 4 (20 %), then 3 (15 %) and 2 (10 %), which hold it, then 1 and nothing.
    let missed = |day: NaiveDate| match day.to_string().as_str() {
        "2026-11-10" | "2026-11-15" => 1,
        "2026-11-11" => 3,
        "2026-11-13" => 2,
        _ => 0,
    };
    interviews(&world, "boss", "2026-11-01", "2026-11-20", missed).await;
    world.analyze().await;
    let days = judged(&world, &["channel", "day"], "2026-11-10", "2026-11-17").await;
    let expected = [
        ("11-10", "clear", ""),
        ("11-11", "raised", "raised"),
        ("11-12", "raised", ""),
        ("11-13", "raised", ""),
        ("11-14", "raised", ""),
        ("11-15", "clear", "cleared"),
        ("11-16", "clear", ""),
        ("11-17", "clear", ""),
    ];
    assert_eq!(course(&days, "channel=boss"), expected);
    let begun = find(&days, &[("channel", "boss"), ("day", "2026-11-11")]);
    assert_eq!((begun["value"].as_f64(), begun["cases"].as_u64(), begun["certainty"].as_str()), (Some(0.2), Some(20), Some("unsure")));
    // Wilson of 4 in 20, as the metric itself says it.
    let own = world.report("no_show", &["channel"], "2026-11-10", "2026-11-11").await;
    let own = find(&own, &[("channel", "boss")]);
    assert_eq!([&begun["value"], &begun["low"], &begun["high"]], [&own["value"], &own["low"], &own["high"]]);
    assert_eq!((begun["judged_from"].as_str(), begun["raised_on"].as_str()), (Some("2026-11-10"), Some("2026-11-11")));
    // Of a period: how it stands at its end, and on how many days it was on.
    let all = judged(&world, &["none"], "2026-11-10", "2026-11-14").await;
    let row = find(&all, &[("slice", "channel=boss")]);
    assert_eq!(
        (row["state"].as_str(), row["judged_to"].as_str(), row["days_raised"].as_u64()),
        (Some("raised"), Some("2026-11-14"), Some(4))
    );
    // Nobody was invited through it: too few, and that is not an alert.
    let row = find(&all, &[("slice", "channel=zhaopin")]);
    assert_eq!((row["state"].as_str(), row["status"].as_str()), (Some("clear"), Some("few")));
    // Everything anew gives the same rows, and without rules there are none.
    let digest = "SELECT count() AS rows, toString(sum(cityHash64(toString(tuple(*))))) AS digest FROM inflow.thresholds";
    let before = world.rows(digest).await;
    world.analyze().await;
    assert_eq!(world.rows(digest).await, before);
    world.config.alerts.rule.clear();
    world.analyze().await;
    assert!(judged(&world, &[], "2026-11-01", "2026-11-30").await.rows.is_empty());
}

#[tokio::test]
async fn while_a_connection_fails_nothing_begins_or_ends() {
    let mut world = World::new().await;
    world.config.alerts.rule = world.rules(NO_SHOW);
    // On since the 18th; then nothing more is delivered.
    interviews(&world, "boss", "2026-11-01", "2026-11-19", |day| if day >= "2026-11-18".parse().unwrap() { 4 } else { 0 }).await;
    // The other one has been quiet all along, as far as is known.
    interviews(&world, "zhaopin", "2026-11-01", "2026-11-19", |_| 0).await;
    for channel in ["boss", "zhaopin"] {
        world.failing(channel, &[channel], Some("2026-11-20 04:00:00.000")).await;
    }
    world.analyze().await;
    let days = judged(&world, &["channel", "day"], "2026-11-18", "2026-11-23").await;
    let expected = [
        ("11-18", "raised", "raised"),
        ("11-19", "raised", ""),
        ("11-20", "unknown", ""),
        ("11-21", "unknown", ""),
        ("11-22", "unknown", ""),
        ("11-23", "unknown", ""),
    ];
    assert_eq!(course(&days, "channel=boss"), expected);
    assert!(course(&days, "channel=zhaopin").iter().skip(2).all(|(_, state, change)| *state == "unknown" && change.is_empty()));
    let row = find(&days, &[("channel", "boss"), ("day", "2026-11-20")]);
    assert_eq!((row["status"].as_str(), row["value"].is_null(), row["raised_on"].as_str()), (Some("partial"), true, Some("2026-11-18")));
    assert_eq!(find(&days, &[("channel", "boss"), ("day", "2026-11-23")])["status"], "no_data");
    // It delivers again, and nobody comes late: the alert ends when it is known to.
    world.healthy("boss", &["boss"]).await;
    world.analyze().await;
    let days = judged(&world, &["channel", "day"], "2026-11-19", "2026-11-23").await;
    assert!(
        course(&days, "channel=boss").iter().all(|(_, state, _)| *state == "raised"),
        "two days of nobody are few: the alert is as it was"
    );
    assert_eq!(find(&days, &[("channel", "boss"), ("day", "2026-11-23")])["status"], "few");
}

#[tokio::test]
async fn costs_counts_and_weeks_are_judged_by_what_their_metrics_say() {
    let mut world = World::new().await;
    world.config.alerts.rule = world.rules(
        "[[rule]]\nid = \"dear\"\nname = { en = \"Dear\", zh = \"贵\" }\nmetric = \"cost_per_resume\"\nabove = 20\nfewest = 25\nchannel = [\"boss\"]\n\
         [[rule]]\nid = \"quiet\"\nname = { en = \"Quiet\", zh = \"少\" }\nmetric = \"volume\"\nby = []\ndays = 7\nbelow = 30\nmode = \"interval\"\n\
         [[rule]]\nid = \"slow\"\nname = { en = \"Slow\", zh = \"慢\" }\nmetric = \"time_in_stage\"\nwhere = { stage = \"applied\" }\nabove = 3\nfewest = 5\n",
    );
    let (mut applications, mut events, mut spend) = (Vec::new(), Vec::new(), Vec::new());
    for (number, day) in days("2026-10-20", "2026-11-30").into_iter().enumerate() {
        let id = format!("a{number}");
        applications.push(application(&id, "boss", &format!("{day} 02:00:00")));
        // Two days until screened, from November on five.
        let wait = if day < "2026-11-01".parse().unwrap() { 2 } else { 5 };
        events.push(event("boss", &id, "screened", &format!("{} 02:00:00", day + chrono::Days::new(wait))));
        spend.push(json!({
            "connection": "ledger", "source_id": day.to_string(), "channel": "boss", "kind": "daily", "service_from": day.to_string(),
            "service_to": day.to_string(), "booked_on": day.to_string(), "gross": "25.00", "net": "25.00", "currency": "CNY", "version": 1,
        }));
    }
    world.insert("applications", applications).await;
    world.insert("stage_events", events).await;
    // The ledger tells up to the 25th.
    spend.truncate(37);
    world.insert("spend", spend).await;
    world.analyze().await;
    let days = judged(&world, &["day"], "2026-11-01", "2026-11-29").await;
    let row = |rule: &str, day: &str| find(&days, &[("rule", rule), ("day", day)]);
    let (dear, own) = (row("dear", "2026-11-20"), world.report("cost_per_resume", &["channel"], "2026-10-24", "2026-11-20").await);
    let own = find(&own, &[("channel", "boss")]);
    let number = |value: &Value| value.as_f64().or_else(|| value.as_str()?.parse().ok()).unwrap();
    for column in ["value", "low", "high"] {
        assert!((number(&dear[column]) - number(&own[column])).abs() < 0.0051, "{column}: {dear:?} {own:?}");
    }
    assert_eq!((dear["state"].as_str(), dear["certainty"].as_str(), dear["unit"].as_str()), (Some("raised"), Some("unsure"), Some("CNY")));
    assert_eq!(row("dear", "2026-11-25")["state"], "raised");
    assert_eq!(row("dear", "2026-11-26")["state"], "unknown", "the ledger does not tell of that day yet");
    // Seven of a week, where thirty are the least: all of Byar's interval is under it.
    let quiet = row("quiet", "2026-11-20");
    assert_eq!((quiet["value"].as_f64(), quiet["state"].as_str(), quiet["certainty"].as_str()), (Some(7.0), Some("raised"), Some("sure")));
    assert_eq!(quiet["slice"], "");
    // Weeks end on Sundays; those who wait are followed up to now.
    let slow: Vec<(&str, Option<f64>, &str)> = days
        .rows
        .iter()
        .filter(|row| row["rule"] == "slow" && row["slice"] == "channel=boss")
        .map(|row| (row["day"].as_str().unwrap(), row["value"].as_f64(), row["state"].as_str().unwrap()))
        .collect();
    assert_eq!(slow.first(), Some(&("2026-11-01", Some(2.0), "clear")));
    assert_eq!(slow.get(1), Some(&("2026-11-08", Some(5.0), "raised")));
    let own = world.report("time_in_stage", &["channel"], "2026-11-02", "2026-11-08").await;
    assert_eq!(find(&own, &[("channel", "boss"), ("stage", "applied")])["median"], 5.0);
}

/// What a rule adds up over days must be what the metric says of the whole.
#[tokio::test]
async fn figures_that_are_added_up_over_days_are_the_metrics_own() {
    let world = World::new().await;
    interviews(&world, "boss", "2026-08-03", "2026-08-12", |day| day.day() as usize % 4).await;
    let mut events = Vec::new();
    for (number, day) in days("2026-08-03", "2026-08-12").into_iter().flat_map(|day| (0..10).map(move |number| (number, day))) {
        let id = format!("boss {day} {number}");
        let stages = ["screened", "invited", "attended", "offered", "accepted", "onboarded"];
        for (later, stage) in stages.into_iter().enumerate().take(number) {
            let on = day + chrono::Days::new(2 + 3 * later as u64);
            events.push(event("boss", &id, stage, &format!("{on} 03:00:00")));
        }
        if number == 6 {
            events.push(event("boss", &id, "rejected", &format!("{} 03:00:00", day + chrono::Days::new(30))));
        }
    }
    world.insert("stage_events", events).await;
    world.analyze().await;
    let sums = |report: &Report, keys: &[&str], columns: &[&str]| -> BTreeMap<Vec<String>, Vec<f64>> {
        let mut sums: BTreeMap<Vec<String>, Vec<f64>> = BTreeMap::new();
        for row in &report.rows {
            let of = keys.iter().map(|key| row[*key].to_string()).collect();
            let sum = sums.entry(of).or_insert_with(|| vec![0.0; columns.len()]);
            for (sum, column) in sum.iter_mut().zip(columns) {
                *sum += row[*column].as_f64().or_else(|| row[*column].as_str()?.parse().ok()).unwrap_or_default();
            }
        }
        sums
    };
    for (metric, keys, columns) in [
        ("no_show", &["channel"][..], &["numerator", "denominator"][..]),
        ("step_rate", &["channel", "from_stage", "to_stage", "basis"], &["numerator", "denominator"]),
        ("drop_out", &["channel", "stage"], &["numerator", "denominator"]),
        ("offer_acceptance", &["channel"], &["numerator", "denominator"]),
        ("volume", &["channel"], &["applications"]),
        ("cost_per_attended", &["channel"], &["numerator", "denominator"]),
    ] {
        let [by_day, whole] = [&["channel", "day"][..], &["channel"]].map(|by| world.report(metric, by, "2026-08-01", "2026-10-31"));
        let (by_day, whole) = (sums(&by_day.await, keys, columns), sums(&whole.await, keys, columns));
        assert_eq!(by_day, whole, "{metric}");
        assert!(whole.values().flatten().sum::<f64>() > 0.0, "{metric} has nothing to add up");
    }
}

#[tokio::test]
async fn rules_that_no_metric_bears_out_stop_the_job_with_their_place() {
    let mut world = World::new().await;
    world.config.alerts.rule = world.rules(&NO_SHOW.replace("metric = \"no_show\"", "metric = \"no_shows\""));
    let error = analyze(&world.store, &world.config, &world.clock, &["thresholds".to_owned()], &Scope::All).await.unwrap_err();
    assert!(error.to_string().contains("rule[0].metric: no alert can watch a metric `no_shows`, accepted: no_show, "), "{error}");
    assert_eq!(inflow_config::Explain::exit_code(&error), 1);
}

/// Three thousand a month, a hundred a day: what has elapsed, to the day. From the 25th on 400 a day: 2,800 of 2,500 on that day (112 %), 3,200 of 2,600 on the next
/// (123 %). It is the first of December; the ledger tells of November up to the 27th.
#[tokio::test]
async fn a_budget_s_pace_is_judged_after_each_day_of_its_month() {
    let mut world = World::new().await;
    world.config.alerts.rule = world.rules(
        "[[rule]]\nid = \"pace\"\nname = { en = \"Pace\", zh = \"\u{8fdb}\u{5ea6}\" }\nmetric = \"budget\"\nabove = \"1.1\"\nclear = \"1.05\"\n",
    );
    let month = "2026-11-01".parse().unwrap();
    world.config.finance.budget = vec![inflow_config::Budget { month, channel: None, store: None, department: None, amount: 3_000.into() }];
    let lines = days("2026-11-01", "2026-11-27").into_iter().map(|day| {
        let gross = if day.day() >= 25 { 400 } else { 100 };
        json!({"connection": "ledger", "source_id": day.to_string(), "channel": "boss", "kind": "cpc", "gross": gross, "net": gross, "currency": "CNY",
               "booked_on": day, "service_from": day, "service_to": day, "version": 1})
    });
    world.insert("spend", lines.collect()).await;
    world.analyze().await;
    let found = judged(&world, &["day"], "2026-11-03", "2026-11-30").await;
    let course = course(&found, "budget_of=all");
    let of = |day: &str| course.iter().find(|(known, ..)| *known == day).map(|(_, state, change)| (*state, *change));
    assert_eq!(["11-16", "11-17", "11-24"].map(of), [None, Some(("clear", "")), Some(("clear", ""))]);
    assert_eq!(["11-25", "11-27", "11-28"].map(of), [Some(("raised", "raised")), Some(("raised", "")), Some(("unknown", ""))]);
    let row = find(&found, &[("day", "2026-11-25")]);
    assert_eq!((row["unit"].as_str(), row["judged_from"].as_str()), (Some("of_budget"), Some("2026-11-01")));
    assert!((row["value"].as_f64().unwrap() - 1.12).abs() < 1e-3, "{row:?}");
}
