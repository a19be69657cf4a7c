//! A channel that loses most of its applications is found, a failing connection and a new channel are not alarmed.

use chrono::{Datelike, NaiveDate};
use serde_json::Value;

use crate::world::{World, application, find};

fn date(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

/// Twenty a weekday and ten a weekend day, give or take four, all at noon in Shanghai; the share of `remains` from a day on.
fn applications(channel: &str, from: &str, to: &str, falls: &str, remains: f64) -> Vec<Value> {
    let days = date(from).iter_days().take_while(|day| *day <= date(to));
    days.flat_map(|day| {
        let usual: u32 = if day.weekday().number_from_monday() < 6 { 20 } else { 10 };
        let usual = usual + day.ordinal() * 7 % 9 - 4;
        let share = if day >= date(falls) { remains } else { 1.0 };
        let count = (f64::from(usual) * share) as u32;
        (0..count)
            .map(move |number| application(&format!("{channel} {day} {number}"), channel, &format!("{day} 04:00:00")))
            .collect::<Vec<_>>()
    })
    .collect()
}

#[tokio::test]
async fn a_drop_is_found_within_two_days_and_dated() {
    let world = World::new().await;
    world.insert("applications", applications("boss", "2026-06-01", "2026-11-30", "2026-11-11", 0.15)).await;
    world.insert("applications", applications("zhaopin", "2026-06-01", "2026-11-30", "2027-01-01", 1.0)).await;
    // Three weeks old.
    world.insert("applications", applications("indeed", "2026-11-09", "2026-11-30", "2026-11-20", 0.0)).await;
    world.analyze().await;
    let days = world.report("channel_drop", &["channel", "day"], "2026-10-08", "2026-11-29").await;
    let alarms = |channel: &str| -> Vec<(String, String)> {
        let rows = days.rows.iter().filter(|row| row["channel"] == channel && row["alarm"] != "");
        rows.map(|row| (row["day"].as_str().unwrap().to_owned(), row["alarm"].as_str().unwrap().to_owned())).collect()
    };
    let boss = alarms("boss");
    let sure = boss.iter().find(|(_, alarm)| alarm == "sure").unwrap();
    assert!(boss[0].0.as_str() >= "2026-11-11" && sure.0.as_str() <= "2026-11-13", "{boss:?}");
    assert!(alarms("zhaopin").is_empty() && alarms("indeed").is_empty());
    assert_eq!(find(&days, &[("channel", "indeed"), ("day", "2026-11-25")])["status"], "learning");
    let found = find(&days, &[("channel", "boss"), ("day", "2026-11-13")]);
    let since = date(found["since"].as_str().unwrap());
    assert!((date("2026-11-10")..=date("2026-11-12")).contains(&since), "{found:?}");
    assert!(found["fall"].as_f64().unwrap() > 0.7 && found["low"].as_u64().unwrap() > found["observed"].as_u64().unwrap(), "{found:?}");
    let channels = world.report("channel_drop", &[], "2026-11-01", "2026-11-29").await;
    assert_eq!(find(&channels, &[("channel", "boss")])["alarm"], "sure");
    assert_eq!(find(&channels, &[("channel", "zhaopin")])["status"], "ok");
    // A second analysis gives the same rows.
    let all = "SELECT toString(cityHash64(groupArray(toString(tuple(*))))) AS digest FROM (SELECT * FROM inflow.channel_drops ORDER BY channel, day)";
    let before = world.rows(all).await;
    world.analyze().await;
    assert_eq!(world.rows(all).await, before);
}

#[tokio::test]
async fn a_failing_connection_is_no_drop() {
    let world = World::new().await;
    world.insert("applications", applications("boss", "2026-06-01", "2026-11-19", "2027-01-01", 1.0)).await;
    world.failing("boss", &["boss"], Some("2026-11-19 20:00:00.000")).await;
    world.analyze().await;
    let days = world.report("channel_drop", &["channel", "day"], "2026-11-01", "2026-11-29").await;
    let boss: Vec<_> = days.rows.iter().filter(|row| row["channel"] == "boss").collect();
    assert_eq!(boss.len(), 29);
    for row in boss {
        let after = row["day"].as_str().unwrap() > "2026-11-19";
        assert_eq!((row["alarm"].as_str(), row["status"].as_str()), (Some(""), Some(if after { "no_data" } else { "ok" })), "{row:?}");
        assert_eq!(row["observed"].is_null(), after, "{row:?}");
    }
}

#[tokio::test]
async fn a_quiet_week_of_holidays_is_no_drop() {
    let world = World::new().await;
    let mut quiet = applications("boss", "2026-03-01", "2026-11-30", "2027-01-01", 1.0);
    // A third remains in the holidays of May and October.
    quiet.retain(|row| {
        let day = date(row["applied_at"].as_str().unwrap().split_once(' ').unwrap().0);
        let holiday = (day.month() == 5 && day.day() <= 5) || (day.month() == 10 && day.day() <= 7);
        let number: u32 = row["source_id"].as_str().unwrap().rsplit(' ').next().unwrap().parse().unwrap();
        !holiday || number.is_multiple_of(3)
    });
    world.insert("applications", quiet).await;
    world.analyze().await;
    let days = world.report("channel_drop", &["channel", "day"], "2026-10-02", "2026-10-10").await;
    for row in days.rows.iter().filter(|row| row["channel"] == "boss") {
        assert_eq!((row["alarm"].as_str(), row["status"].as_str()), (Some(""), Some("ok")), "{row:?}");
    }
    let wednesday = |day: &str| find(&days, &[("channel", "boss"), ("day", day)])["expected"].as_f64().unwrap();
    assert!(wednesday("2026-10-07") < 0.6 * wednesday("2026-10-08"), "{:#?}", days.rows);
}
