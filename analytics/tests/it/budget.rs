//! What a month will come to, and whether its budget will do.

use inflow_config::Budget;
use serde_json::{Value, json};

use crate::world::{World, at, find, query};

fn budget(channel: Option<&str>, amount: i64) -> Budget {
    let month = "2026-10-01".parse().unwrap();
    Budget { month, channel: channel.map(str::to_owned), store: None, department: None, amount: amount.into() }
}

/// 45 days from 1 September of 100 and 50 in turn, and ten yuan a day of a subscription. As of 15 October 16 days are left: 16 x 75 of the one, 16 x 10 of
/// the other. The days of the last four weeks deviate by 25 (sqrt(28/27) of it in the sample): 1.96 x 25.4588 x 4 = 199.59.
#[tokio::test]
async fn a_month_comes_to_what_is_known_and_what_the_last_days_say() {
    let mut world = World::new().await;
    world.config.finance.budget = vec![budget(None, 3_000), budget(Some("boss"), 1_000), budget(Some("indeed"), 50)];
    let first: chrono::NaiveDate = "2026-09-01".parse().unwrap();
    let line = |id: String, channel: &str, kind: &str, gross: i64, from: &str, to: &str| {
        json!({"connection": "ledger", "source_id": id, "channel": channel, "kind": kind, "gross": gross, "net": gross, "currency": "CNY",
               "booked_on": from, "service_from": from, "service_to": to, "version": 1})
    };
    let mut lines: Vec<Value> = (0..45)
        .map(|i| {
            let day = (first + chrono::Days::new(i)).to_string();
            line(i.to_string(), "boss", "cpc", if i % 2 == 0 { 100 } else { 50 }, &day, &day)
        })
        .collect();
    lines.push(line("s".to_owned(), "zhaopin", "subscription", 900, "2026-09-01", "2026-11-29"));
    world.insert("spend", lines).await;
    world.analyze().await;
    let mut asked = query("budget", &[], "2026-10-01", "2026-10-31");
    asked.as_of = at("2026-10-15T08:00:00Z");
    let report = world.ask(&asked).await;
    let of = |name: &str, column: &str| find(&report, &[("budget_of", name)])[column].as_str().unwrap_or_default().to_owned();
    let figures = |name: &str| ["actual", "committed", "expected", "expected_low", "expected_high", "state"].map(|column| of(name, column));
    assert_eq!(figures("all"), ["1300.00", "160.00", "2660.00", "2460.41", "2859.59", "within"].map(str::to_owned));
    assert_eq!(figures("boss"), ["1150.00", "0.00", "2350.00", "2150.41", "2549.59", "exceeded"].map(str::to_owned));
    assert_eq!(figures("indeed"), ["0.00", "0.00", "0.00", "0.00", "0.00", "within"].map(str::to_owned));
    let pace = |name: &str| find(&report, &[("budget_of", name)])["pace"].as_f64().unwrap();
    assert!((pace("boss") - 1_150.0 / (1_000.0 * 15.0 / 31.0)).abs() < 1e-4);
    // Once the month is over nothing is expected any more.
    asked.as_of = at("2026-11-20T08:00:00Z");
    let over = world.ask(&asked).await;
    let row = find(&over, &[("budget_of", "all")]);
    assert_eq!(
        (row["expected"].as_str(), row["expected_low"].as_str(), row["days_left"].as_i64()),
        (Some("1460.00"), Some("1460.00"), Some(0))
    );
}

/// Differences that no binary fraction holds: as floats, 4 500 less 3 888.67 is 611.3299.., and was cut to 611.32.
#[tokio::test]
async fn budget_is_what_was_spent_and_what_is_left() {
    let costs = ["3888.67", "14630.77", "1857.87", "0.10", "4499.99"];
    let mut world = World::new().await;
    for (at, cost) in costs.iter().enumerate() {
        world.config.finance.budget = vec![budget(Some("boss"), 16_000)];
        let line = json!({"connection": "ledger", "source_id": "1", "channel": "boss", "kind": "cpc", "gross": cost, "net": cost, "currency": "CNY",
            "booked_on": "2026-10-02", "service_from": "2026-10-02", "service_to": "2026-10-02", "version": at + 1});
        world.insert("spend", vec![line]).await;
        world.analyze().await;
        let report = world.report("budget", &[], "2026-10-01", "2026-10-31").await;
        let row = find(&report, &[("budget_of", "boss")]);
        let cents = |column: &str| row[column].as_str().unwrap().replace('.', "").parse::<i64>().unwrap();
        assert_eq!((row["actual"].as_str().unwrap(), cents("actual") + cents("left")), (*cost, 1_600_000), "{cost}");
    }
}
