//! Stores with next to nothing in them, and days that calendars get wrong: sensible rows from every metric, at its finest and at its coarsest.

use inflow_analytics::{Metric, catalogue};
use inflow_store::array_literal;
use serde_json::{Map, Value, json};

use crate::world::{World, application, event, query};

/// Asks every metric for one row over everything, by all that it can be cut by at once, and by its default.
async fn sensible(world: &World, from: &str, to: &str) {
    world.analyze().await;
    for metric in catalogue() {
        rows_are_sensible(world, metric, "day", "", from, to).await;
        no_denormals(world, metric, from, to).await;
    }
}

async fn rows_are_sensible(world: &World, metric: &Metric, period: &str, zone: &str, from: &str, to: &str) {
    let periods = ["day", "week", "month"];
    let all = metric.dimensions.iter().filter(|name| **name == period || !periods.contains(name)).copied().collect();
    for by in [vec!["none"], all] {
        let mut query = query(metric.id, &by, from, to);
        query.tz = (!zone.is_empty()).then(|| zone.parse().unwrap());
        for row in &world.ask(&query).await.rows {
            row_is_sensible(metric, row).unwrap_or_else(|what| panic!("{} by {by:?} in `{zone}`: {what} in {row:#?}", metric.id));
        }
    }
}

/// JSON has no NaN and no infinity, so they would pass there as null.
async fn no_denormals(world: &World, metric: &Metric, from: &str, to: &str) {
    let sql = format!(
        "SELECT * FROM inflow.{}(from = '{from}', to = '{to}', tz = '', as_of = '2026-12-01 00:00:00', by = {}, channel = [], store = [])",
        metric.view(),
        array_literal(&metric.default_by)
    );
    let text = String::from_utf8(world.store.bytes(&sql, &[], "TSV").await.unwrap().to_vec()).unwrap();
    let odd = text.split(['\t', '\n']).find(|cell| ["nan", "-nan", "inf", "-inf"].contains(cell));
    assert_eq!(odd, None, "{}: {text}", metric.id);
}

fn number(row: &Map<String, Value>, column: &str) -> Option<f64> {
    match row.get(column)? {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.parse().ok(),
        _ => None,
    }
}

fn row_is_sensible(metric: &Metric, row: &Map<String, Value>) -> Result<(), String> {
    let get = |column: &str| number(row, column);
    if row["status"].as_str().is_none_or(str::is_empty) {
        return Err("no status".to_owned());
    }
    if get("covered").is_none_or(|covered| !(0.0..=1.0).contains(&covered)) {
        return Err("covered is no share".to_owned());
    }
    if row["status"] == "no_data" && get("value").is_some() {
        return Err("a value where there is no data".to_owned());
    }
    if let (Some(low), Some(high)) = (get("low"), get("high")) {
        if low > high {
            return Err("the interval ends before it begins".to_owned());
        }
        if get("value").is_some_and(|value| value < low - 1e-6 || value > high + 1e-6) && !metric.has_money {
            return Err("the value lies outside of its interval".to_owned());
        }
    }
    if let (Some(part), Some(whole)) = (get("numerator"), get("denominator")) {
        if whole == 0.0 && get("value").is_some() {
            return Err("a share of nothing".to_owned());
        }
        if part <= whole && !metric.has_money && get("value").is_some_and(|value| !(0.0..=1.0).contains(&value)) {
            return Err("a share above 1".to_owned());
        }
        // Nobody is sure of so few.
        if (1.0..20.0).contains(&whole) && !metric.has_money && row["status"] == "ok" {
            return Err("`ok` on fewer than 20".to_owned());
        }
    }
    Ok(())
}

fn spend(id: &str, channel: &str, net: &str, day: &str) -> Value {
    json!({"connection": "ledger", "source_id": id, "channel": channel, "kind": "daily", "net": net, "gross": net, "tax": "0", "currency": "CNY",
           "booked_on": day, "service_from": day, "service_to": day, "version": 1})
}

#[tokio::test]
async fn an_empty_store() {
    sensible(&World::with_channels(crate::world::CHANNELS).await, "2026-10-01", "2026-10-31").await;
}

#[tokio::test]
async fn one_application() {
    let world = World::new().await;
    world.insert("applications", vec![application("1", "boss", "2026-10-05 10:00:00")]).await;
    sensible(&world, "2026-10-01", "2026-10-31").await;
}

#[tokio::test]
async fn one_channel_of_young_applications() {
    let world = World::with_channels("[[channel]]\nid = \"boss\"\nname = { en = \"BOSS\", zh = \"BOSS\" }\n").await;
    world.healthy("boss", &["boss"]).await;
    let fresh = (0..40).map(|i| application(&i.to_string(), "boss", &format!("2026-11-30 {:02}:{:02}:00", i / 2, i % 2 * 30)));
    world.insert("applications", fresh.collect()).await;
    world.insert("stage_events", vec![event("boss", "3", "invited", "2026-11-30 23:00:00")]).await;
    sensible(&world, "2026-11-01", "2026-11-30").await;
}

#[tokio::test]
async fn spend_and_nobody_people_and_no_spend() {
    let world = World::new().await;
    let people = (0..30).map(|i| application(&i.to_string(), "zhaopin", &format!("2026-10-{:02} 03:00:00", 1 + i % 28)));
    world.insert("applications", people.collect()).await;
    let days = (1..=28).map(|day| spend(&day.to_string(), "boss", "120.5", &format!("2026-10-{day:02}")));
    world.insert("spend", days.collect()).await;
    sensible(&world, "2026-10-01", "2026-10-31").await;
}

#[tokio::test]
async fn a_board_that_publishes_counts_alone() {
    let world = World::new().await;
    let row = |day: u32| {
        json!({"connection": "boss", "source_id": day.to_string(), "channel": "boss", "day": format!("2026-10-{day:02}"), "cut": "account",
               "viewed_by_us": 40, "resumes": 3, "version": 1})
    };
    world.insert("channel_daily", (1..=20).map(row).collect()).await;
    sensible(&world, "2026-10-01", "2026-10-31").await;
}

#[tokio::test]
async fn midnights_leap_days_year_ends_and_the_hours_that_happen_twice_or_never() {
    let world = World::new().await;
    let instants = [
        // Midnight in Shanghai and in New York, a millisecond on either side.
        "2023-12-31 16:00:00.000",
        "2023-12-31 15:59:59.999",
        "2024-01-01 05:00:00.000",
        "2024-01-01 04:59:59.999",
        // 29 February.
        "2024-02-28 16:00:00.000",
        "2024-02-29 15:59:59.999",
        "2024-02-29 12:00:00.000",
        // 02:30 of 10 March 2024 never was in New York; 01:30 of 3 November 2024 was twice.
        "2024-03-10 06:59:59.999",
        "2024-03-10 07:00:00.000",
        "2024-11-03 05:30:00.000",
        "2024-11-03 06:30:00.000",
        "2024-12-31 16:00:00.000",
    ];
    let people =
        instants.iter().zip(0..).flat_map(|(at, i)| ["boss", "indeed"].map(|channel| application(&format!("{channel}{i}"), channel, at)));
    world.insert("applications", people.collect()).await;
    world.insert("stage_events", vec![event("boss", "boss0", "attended", "2024-02-29 16:00:00.000")]).await;
    let postings = instants.iter().zip(0..).map(|(at, i)| {
        json!({"connection": "indeed", "source_id": i.to_string(), "channel": "indeed", "status": "open", "posted_at": at, "posted_precision": "exact", "version": 1})
    });
    world.insert("postings", postings.collect()).await;
    world.insert("spend", vec![spend("1", "indeed", "10", "2024-02-29"), spend("2", "indeed", "-3", "2024-12-31")]).await;
    sensible(&world, "2023-12-31", "2025-01-01").await;
    for metric in catalogue() {
        for (period, zone) in [("week", "America/New_York"), ("month", "Asia/Kathmandu")] {
            rows_are_sensible(&world, metric, period, zone, "2023-12-31", "2025-01-01").await;
        }
    }
    for (day, boss, indeed) in [("2024-02-29", 3, 2), ("2024-12-31", 0, 1), ("2025-01-01", 1, 0), ("2024-11-03", 2, 2)] {
        let report = world.report("volume", &["channel", "day"], day, day).await;
        let found: Vec<&Value> = report.rows.iter().map(|row| &row["applications"]).collect();
        assert_eq!(found, [&json!(boss), &json!(0), &json!(indeed)], "{day}");
    }
}
