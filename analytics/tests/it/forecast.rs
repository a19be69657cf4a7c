//! What will come: from rows to a forecast that says how sure it is.

use chrono::{Days, NaiveDate};
use serde_json::Value;

use crate::world::{World, application, find};

/// Applications at noon UTC of each day up to 30 November 2026, as many as `count` says.
async fn applications(world: &World, channel: &str, days: u64, count: impl Fn(u64) -> u64) {
    let last: NaiveDate = "2026-11-30".parse().unwrap();
    let rows: Vec<Value> = (0..days)
        .flat_map(|back| {
            let day = last - Days::new(back);
            (0..count(back)).map(move |number| application(&format!("{channel} {day} {number}"), channel, &format!("{day} 12:00:00")))
        })
        .collect();
    world.insert("applications", rows).await;
}

#[tokio::test]
async fn weeks_ahead_have_a_sum_and_days_and_say_how_they_are_made() {
    let world = World::new().await;
    // Six on each working day and two at the weekend; 30 November 2026 is a Monday.
    applications(&world, "boss", 200, |back| if matches!(back % 7, 1 | 2) { 2 } else { 6 - back % 2 }).await;
    applications(&world, "zhaopin", 30, |_| 1).await;
    applications(&world, "indeed", 10, |_| 1).await;
    world.analyze().await;
    let sums = world.report("forecast", &[], "2026-11-01", "2026-11-30").await;
    let boss = find(&sums, &[("channel", "boss"), ("stage", "applied")]);
    let number = |row: &serde_json::Map<String, Value>, column: &str| row[column].as_f64().unwrap();
    // Four weeks of 5.5 times five and 2 times two.
    assert!((number(boss, "value") - 126.0).abs() < 6.0, "{boss:?}");
    assert!(number(boss, "low95") <= number(boss, "low80") && number(boss, "low80") < 126.0 && 126.0 < number(boss, "high80"), "{boss:?}");
    assert_eq!((boss["status"].as_str(), boss["days"].as_u64(), boss["made_on"].as_str()), (Some("ok"), Some(28), Some("2026-11-30")));
    assert!(number(boss, "backtest_ratio") <= 1.0);
    let zhaopin = find(&sums, &[("channel", "zhaopin"), ("stage", "applied")]);
    assert_eq!((zhaopin["status"].as_str(), zhaopin["method"].as_str()), (Some("few"), Some("seasonal_naive")));
    // Nobody has started anywhere, and ten days are too few.
    for none in [find(&sums, &[("channel", "boss"), ("stage", "onboarded")]), find(&sums, &[("channel", "indeed"), ("stage", "applied")])] {
        assert_eq!((&none["status"], &none["value"]), (&Value::from("no_data"), &Value::Null));
    }
    let days = world.report("forecast", &["channel", "day"], "2026-12-05", "2026-12-07").await;
    let days: Vec<f64> =
        days.rows.iter().filter(|row| row["channel"] == "boss" && row["stage"] == "applied").map(|row| number(row, "value")).collect();
    assert_eq!(days.len(), 3);
    assert!(days[0] < 3.0 && days[1] < 3.0 && days[2] > 4.5, "a weekend and a Monday: {days:?}");
    let past = world.report("forecast", &["channel", "day"], "2026-11-01", "2026-11-30").await;
    assert_eq!(past.rows.iter().filter(|row| row["channel"] == "boss" && row["stage"] == "applied").count(), 28);
}

/// A chain: one shop of five a day over two channels, one that opened last month, and a kiosk of one every third day.
#[tokio::test]
async fn large_stores_are_forecast_and_small_ones_get_their_share() {
    let world = World::new().await;
    let last: NaiveDate = "2026-11-30".parse().unwrap();
    let mut rows = Vec::new();
    let mut add = |store: &str, channel: &str, days: u64, count: &dyn Fn(u64) -> u64| {
        for back in 0..days {
            let day = last - Days::new(back);
            rows.extend((0..count(back)).map(|number| {
                let mut row = application(&format!("{store} {channel} {day} {number}"), channel, &format!("{day} 12:00:00"));
                row["store"] = store.into();
                row
            }));
        }
    };
    // Three and two a day with a swing that has no weekly beat.
    add("north", "boss", 200, &|back| 3 + [1, 0, 0, 2, 0][back as usize % 5] - [0, 1, 0, 1, 0][back as usize % 5]);
    add("north", "zhaopin", 200, &|_| 2);
    add("new", "boss", 30, &|_| 4);
    add("kiosk", "zhaopin", 200, &|back| u64::from(back % 3 == 0));
    // Nobody's.
    add("", "indeed", 200, &|_| 1);
    world.insert("applications", rows).await;
    world.analyze().await;
    let stores = world.report("forecast", &["store"], "2026-11-01", "2026-11-30").await;
    assert_eq!(stores.rows.len(), 3, "{:#?}", stores.rows);
    let number = |row: &serde_json::Map<String, Value>, column: &str| row[column].as_f64().unwrap();
    let north = find(&stores, &[("store", "north"), ("stage", "applied")]);
    // Four weeks of 5.2 a day.
    assert!((number(north, "value") - 28.0 * 5.2).abs() < 6.0, "{north:?}");
    assert_eq!((north["status"].as_str(), north["method"] != "pooled"), (Some("ok"), true));
    assert!(number(north, "backtest_ratio") <= 1.0);
    let pooled = ["new", "kiosk"].map(|store| find(&stores, &[("store", store)]));
    for row in pooled {
        assert_eq!((row["status"].as_str(), row["method"].as_str(), &row["backtest_ratio"]), (Some("few"), Some("pooled"), &Value::Null));
        assert!(number(row, "low95") <= number(row, "low80") && number(row, "low80") <= number(row, "value"), "{row:?}");
        assert!(number(row, "value") <= number(row, "high80") && number(row, "high80") <= number(row, "high95"), "{row:?}");
    }
    // In eight weeks 120 and 19 people, each half a person more: 120.5 to 19.5 of what is forecast of both.
    let ratio = number(pooled[0], "value") / number(pooled[1], "value");
    assert!((ratio - 120.5 / 19.5).abs() < 0.01, "{ratio}");
    assert!((number(pooled[0], "value") - 112.0).abs() < 25.0, "{:?}", pooled[0]);

    let days = world.report("forecast", &["store", "day"], "2026-12-05", "2026-12-07").await;
    assert_eq!(days.rows.len(), 9);
    let mut asked = crate::world::query("forecast", &["none"], "2026-11-01", "2026-11-30");
    asked.filters.insert("store".to_owned(), vec!["kiosk".to_owned()]);
    let one = world.ask(&asked).await;
    assert_eq!((one.rows.len(), &one.rows[0]["value"]), (1, &pooled[1]["value"]));
    // Channels are as they were.
    let channels = world.report("forecast", &[], "2026-11-01", "2026-11-30").await;
    assert!((number(find(&channels, &[("channel", "indeed"), ("stage", "applied")]), "value") - 28.0).abs() < 1.0);
}

#[tokio::test]
async fn a_broken_channel_is_not_forecast_to_be_quiet() {
    let world = World::with_channels(crate::world::CHANNELS).await;
    // Nothing since 16 November, and the connection has failed since then.
    applications(&world, "boss", 200, |back| if back < 14 { 0 } else { 5 }).await;
    world.failing("boss", &["boss"], Some("2026-11-16 16:00:00.000")).await;
    world.analyze().await;
    let sums = world.report("forecast", &[], "2026-11-01", "2026-11-30").await;
    let boss = find(&sums, &[("channel", "boss"), ("stage", "applied")]);
    assert!((boss["value"].as_f64().unwrap() - 140.0).abs() < 2.0, "{boss:?}");
    assert_eq!((boss["status"].as_str(), boss["covered"].as_f64()), (Some("partial"), Some(0.5)));
}

#[tokio::test]
async fn the_same_store_at_the_same_time_gives_the_same_forecast() {
    let world = World::new().await;
    applications(&world, "boss", 120, |back| (back * back) % 5).await;
    applications(&world, "zhaopin", 90, |back| (back * 3) % 4).await;
    let mut made = Vec::new();
    for _ in 0..2 {
        world.analyze().await;
        made.push(world.rows("SELECT * FROM inflow.forecasts ORDER BY ALL").await);
    }
    // Two channels and both together; nobody names a store.
    assert_eq!(made[0].len(), 3 * 29);
    assert_eq!(made[0], made[1]);
}
