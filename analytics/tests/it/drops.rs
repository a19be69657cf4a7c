//! A channel that loses most of its applications is found, a failing connection and a new channel are not alarmed.

use chrono::{Datelike, NaiveDate};
use serde_json::Value;

use crate::world::{World, application, find, query};

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

/// Rows as `applications` makes them, of one store and with ids of their own.
fn at_store(store: &str, mut rows: Vec<Value>) -> Vec<Value> {
    for row in &mut rows {
        let id = format!("{store} {}", row["source_id"].as_str().unwrap());
        row["store"] = store.into();
        row["source_id"] = id.as_str().into();
        row["candidate_source_id"] = id.into();
    }
    rows
}

/// Four of each weekday and two of each weekend day.
fn few(channel: &str, from: &str, to: &str, falls: &str) -> Vec<Value> {
    let days = date(from).iter_days().take_while(|day| *day <= date(to));
    days.flat_map(|day| {
        let usual = if day.weekday().number_from_monday() < 6 { 4 } else { 2 };
        let swing = [0, 1, -1, 0, 0][day.ordinal() as usize * 3 % 5];
        // An eighth remains: one every other day.
        let count = if day >= date(falls) { i64::from(day.ordinal() % 2) } else { usual + swing };
        (0..count)
            .map(move |number| application(&format!("{channel} {day} {number}"), channel, &format!("{day} 04:00:00")))
            .collect::<Vec<_>>()
    })
    .collect()
}

fn first_alarm(report: &inflow_analytics::Report, row: &[(&str, &str)], least: &[&str]) -> Option<String> {
    let is = |found: &serde_json::Map<String, Value>| row.iter().all(|(column, value)| found[*column] == *value);
    let found = report.rows.iter().filter(|found| is(found) && least.contains(&found["alarm"].as_str().unwrap()));
    found.map(|found| found["day"].as_str().unwrap().to_owned()).min()
}

/// The seed's appliances shop: it has three applications a day from one channel, another shop of that channel has fifteen, and on a Monday seven
/// eighths of the first are gone. Of the channel that is a seventh, which is no drop; of the shop it shows on the fourth day and is sure on the eighth.
#[tokio::test]
async fn a_drop_at_one_store_is_found_though_its_channel_stands() {
    let world = World::new().await;
    world.insert("applications", at_store("appliances", few("boss", "2026-05-03", "2026-11-30", "2026-11-09"))).await;
    world.insert("applications", at_store("chain", applications("boss", "2026-05-03", "2026-11-30", "2027-01-01", 1.0))).await;
    world.insert("applications", at_store("appliances", applications("zhaopin", "2026-05-03", "2026-11-30", "2027-01-01", 1.0))).await;
    // Applications of nobody's store, and a store of next to none.
    world.insert("applications", applications("zhaopin", "2026-05-03", "2026-11-30", "2027-01-01", 0.5)).await;
    world.insert("applications", at_store("kiosk", applications("indeed", "2026-11-20", "2026-11-23", "2027-01-01", 1.0))).await;
    world.analyze().await;
    let stores = world.report("channel_drop", &["channel", "store", "day"], "2026-10-08", "2026-11-29").await;
    let fallen = [("channel", "boss"), ("store", "appliances")];
    let (unsure, sure) = (first_alarm(&stores, &fallen, &["unsure", "sure"]).unwrap(), first_alarm(&stores, &fallen, &["sure"]).unwrap());
    assert!(unsure.as_str() >= "2026-11-09" && unsure.as_str() <= "2026-11-13" && sure.as_str() <= "2026-11-17", "{unsure} {sure}");
    let others = stores.rows.iter().filter(|row| row["alarm"] != "" && (row["channel"] != "boss" || row["store"] != "appliances"));
    assert_eq!(others.count(), 0);
    let found = find(&stores, &[("channel", "boss"), ("store", "appliances"), ("day", sure.as_str())]);
    let since = date(found["since"].as_str().unwrap());
    assert!((date("2026-11-08")..=date("2026-11-10")).contains(&since) && found["fall"].as_f64().unwrap() > 0.6, "{found:?}");
    // What is expected of the store is its own: four of a weekday.
    let expected = find(&stores, &[("channel", "boss"), ("store", "appliances"), ("day", "2026-11-10")])["expected"].as_f64().unwrap();
    assert!((expected - 4.0).abs() < 0.8, "{expected}");

    let channels = world.report("channel_drop", &["channel", "day"], "2026-10-08", "2026-11-29").await;
    assert!(first_alarm(&channels, &[("channel", "boss")], &["sure"]).is_none_or(|day| day > sure));
    assert_eq!(find(&channels, &[("channel", "boss"), ("day", sure.as_str())])["stores"], "appliances");
    assert_eq!(find(&channels, &[("channel", "boss"), ("day", "2026-11-08")])["stores"], "");

    // Of the period the strongest day; a channel none of whose stores is judged is few.
    let sums = world.report("channel_drop", &["channel", "store"], "2026-11-01", "2026-11-29").await;
    assert_eq!(find(&sums, &[("channel", "boss"), ("store", "appliances")])["alarm"], "sure");
    assert_eq!(find(&sums, &[("channel", "boss"), ("store", "chain")])["alarm"], "");
    assert_eq!(find(&sums, &[("channel", "indeed")])["status"], "few");
    assert_eq!(sums.rows.len(), 4);
    let mut asked = query("channel_drop", &[], "2026-11-01", "2026-11-29");
    asked.filters.insert("store".to_owned(), vec!["appliances".to_owned()]);
    let one = world.ask(&asked).await;
    assert_eq!(
        (find(&one, &[("channel", "boss")])["alarm"].as_str(), find(&one, &[("channel", "zhaopin")])["alarm"].as_str()),
        (Some("sure"), Some(""))
    );
    let stores_of_all = world.report("channel_drop", &["store"], "2026-11-01", "2026-11-29").await;
    assert_eq!(find(&stores_of_all, &[("store", "appliances")])["alarm"], "sure");
}

/// A connection that fails leaves the stores of its channel unknown, and what comes after the clock is not looked at.
#[tokio::test]
async fn a_store_whose_connection_fails_has_no_drop() {
    let world = World::new().await;
    world.insert("applications", at_store("chain", applications("boss", "2026-06-01", "2026-11-19", "2027-01-01", 1.0))).await;
    world.insert("applications", at_store("chain", applications("zhaopin", "2026-06-01", "2027-01-15", "2026-12-02", 3.0))).await;
    world.failing("boss", &["boss"], Some("2026-11-19 20:00:00.000")).await;
    world.analyze().await;
    let days = world.report("channel_drop", &["channel", "store", "day"], "2026-11-01", "2026-11-30").await;
    let boss: Vec<_> = days.rows.iter().filter(|row| row["channel"] == "boss" && row["store"] == "chain").collect();
    assert_eq!(boss.len(), 30);
    for row in boss {
        let after = row["day"].as_str().unwrap() > "2026-11-19";
        assert_eq!((row["alarm"].as_str(), row["status"].as_str()), (Some(""), Some(if after { "no_data" } else { "ok" })), "{row:?}");
        assert_eq!(row["observed"].is_null(), after, "{row:?}");
    }
    let zhaopin: Vec<_> = days.rows.iter().filter(|row| row["channel"] == "zhaopin" && row["status"] == "ok").collect();
    assert!(zhaopin.len() >= 29 && zhaopin.iter().all(|row| row["alarm"] == "" && row["observed"].as_u64().unwrap() <= 24), "{zhaopin:?}");
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
