//! Who stays, who leaves and why.

use serde_json::{Value, json};

use crate::hires::{employed, with};
use crate::world::{World, at, find, query};

fn day(text: &str) -> chrono::NaiveDate {
    text.parse().unwrap()
}

/// Remission times of the 21 patients on 6-mercaptopurine (Freireich et al., Blood 21, 1963; Cox and Oakes, Analysis of Survival Data,
/// 1984, table 1.1), weeks taken as days. The product-limit estimate at the last event, 23, is 0.448 with Greenwood's standard
/// error 0.135 (R survival 3.5, `survfit(Surv(time, cens) ~ 1, gehan)`); after it nobody leaves.
#[tokio::test]
async fn kaplan_meier_is_the_published_one() {
    let world = World::new().await;
    let gone = [6, 6, 6, 7, 10, 13, 16, 22, 23];
    let followed = [6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35];
    let as_of = day("2026-11-30");
    let left = gone.iter().enumerate().map(|(i, days)| {
        let first = as_of - chrono::Days::new(40);
        with(
            employed(&format!("g{i}"), &first.to_string()),
            json!({"channel": "boss", "status": "left", "left_on": (first + chrono::Days::new(*days)).to_string()}),
        )
    });
    let stays = followed
        .iter()
        .enumerate()
        .map(|(i, days)| with(employed(&format!("f{i}"), &(as_of - chrono::Days::new(*days)).to_string()), json!({"channel": "boss"})));
    world.insert("employment", left.chain(stays).collect()).await;
    world.analyze().await;
    let mut asked = query("retention_90", &[], "2026-10-01", "2026-11-30");
    asked.as_of = at("2026-11-30T15:59:59Z");
    let report = world.ask(&asked).await;
    let row = report.rows.iter().find(|row| row["channel"] == "boss" && row["after_days"] == 30).unwrap();
    let number = |column: &str| row[column].as_f64().unwrap();
    assert!((number("estimate") - 0.4482).abs() < 0.00005, "{row:?}");
    // Wilson's interval of 0.4482 in 0.4482 x 0.5518 / 0.1346^2 = 13.65 people, by hand.
    assert!((number("estimate_low") - 0.2262).abs() < 0.00005, "{row:?}");
    assert!((number("estimate_high") - 0.6929).abs() < 0.00005, "{row:?}");
    // The plain share: of the 9 who left and the 4 whose day 30 has passed.
    assert_eq!(["numerator", "denominator", "pending"].map(|column| row[column].as_u64().unwrap()), [4, 13, 8]);
    // Nobody has been followed for 90 days, so nothing is claimed.
    let row = report.rows.iter().find(|row| row["channel"] == "boss" && row["after_days"] == 90).unwrap();
    assert_eq!((&row["value"], &row["estimate"], row["status"].as_str()), (&Value::Null, &Value::Null, Some("few")));
}

/// 29 February 2028 to the day 30, 90 and 180 after it; the last day is a day of work; a transfer is no leaving; a leaver without a day
/// is not guessed at.
#[tokio::test]
async fn days_are_counted_over_leap_days_and_year_ends() {
    let world = World::new().await;
    let boss = |id: &str, first: &str, more: Value| with(with(employed(id, first), json!({"channel": "boss"})), more);
    world
        .insert(
            "employment",
            vec![
                boss("1", "2027-12-01", json!({"left_on": "2028-02-29", "status": "left"})), // day 90 itself
                boss("2", "2027-12-01", json!({"left_on": "2028-02-28", "status": "left"})), // day 89
                boss("3", "2027-12-01", json!({"left_on": "2027-12-31", "status": "left", "leave_type": "transferred"})),
                boss("4", "2027-12-01", json!({"status": "left"})),
                boss("5", "2027-12-01", json!({})),
            ],
        )
        .await;
    world.analyze().await;
    let mut asked = query("retention_90", &["none"], "2027-12-01", "2027-12-31");
    let row = async |asked: &inflow_analytics::Query, days: u64| {
        let report = world.ask(asked).await;
        report.rows.iter().find(|row| row["after_days"] == days).unwrap().clone()
    };
    asked.as_of = at("2028-02-28T16:00:00.001Z"); // the first millisecond of day 90 in Shanghai
    let at_90 = row(&asked, 90).await;
    assert_eq!(["numerator", "denominator", "pending", "unknown"].map(|column| at_90[column].as_u64().unwrap()), [2, 3, 1, 1]);
    let at_30 = row(&asked, 30).await;
    assert_eq!(["numerator", "denominator"].map(|column| at_30[column].as_u64().unwrap()), [4, 4]);
    asked.as_of = at("2028-02-28T16:00:00Z"); // the end of day 89
    let before = row(&asked, 90).await;
    assert_eq!(["numerator", "denominator", "pending"].map(|column| before[column].as_u64().unwrap()), [0, 0, 4]);
    assert_eq!(before["value"], Value::Null);
}

#[tokio::test]
async fn leavers_stand_by_reason_and_beside_their_cohort() {
    let world = World::new().await;
    let boss = |id: &str, first: &str, more: Value| with(with(employed(id, first), json!({"channel": "boss"})), more);
    let left = |on: &str, reason: &str| json!({"left_on": on, "status": "left", "leave_type": "resigned", "leave_reason": reason});
    world
        .insert(
            "employment",
            vec![
                boss("1", "2026-09-01", left("2026-10-05", "night shifts")),
                boss("2", "2026-10-01", left("2026-10-11", "night shifts")),
                boss("3", "2026-10-01", left("2026-11-11", "pay")),
                boss("4", "2026-10-02", json!({})),
                with(employed("5", "2026-10-02"), json!({"channel": "zhaopin"})),
            ],
        )
        .await;
    world.analyze().await;
    let report = world.report("attrition", &[], "2026-10-01", "2026-10-31").await;
    let counts = |channel: &str, reason: &str| {
        let row = find(&report, &[("channel", channel), ("reason", reason)]);
        (
            ["leavers", "numerator", "denominator"].map(|column| row[column].as_u64().unwrap()),
            row["share"].clone(),
            row["median_days"].clone(),
        )
    };
    assert_eq!(counts("boss", "night shifts"), ([2, 1, 3], json!(1), json!(22)));
    assert_eq!(counts("boss", "pay"), ([0, 1, 3], json!(0), Value::Null));
    assert_eq!(counts("zhaopin", ""), ([0, 0, 1], Value::Null, Value::Null));
    let together = world.report("attrition", &["channel"], "2026-10-01", "2026-10-31").await;
    let row = find(&together, &[("channel", "boss")]);
    assert_eq!(["leavers", "numerator", "denominator"].map(|column| row[column].as_u64().unwrap()), [2, 2, 3]);
}
