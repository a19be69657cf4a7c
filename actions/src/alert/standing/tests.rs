//! What the metric says of channels, stores and days, and what is read from it.

use serde_json::json;

use super::*;

fn config() -> Config {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("inflow.toml"), "").unwrap();
    Config::load(&folder.path().join("inflow.toml"), &Vec::new).unwrap()
}

fn day(day: &str, store: &str, observed: Option<u32>, alarm: &str, status: &str) -> Row {
    let row = json!({"channel": "boss", "store": store, "day": format!("2026-11-{day}"), "observed": observed, "expected": observed.map(|_| 12.5), "alarm": alarm, "status": status});
    row.as_object().unwrap().clone()
}

fn read(rows: &[Row], of_stores: bool) -> Vec<(String, Now, String)> {
    let found = of_falls(rows, of_stores, &[], &config(), Lang::En);
    found.into_iter().map(|one| (one.slice, one.now, one.raised_on.to_string())).collect()
}

#[test]
fn a_day_of_which_no_store_was_judged_says_nothing_of_its_channel() {
    let rows = [
        day("28", "North", Some(0), "sure", "ok"),
        // As the metric fills the channel's days where there are stores, and where there are none.
        day("28", "", None, "", "few"),
        day("29", "", None, "", "few"),
    ];
    assert_eq!(read(&rows, true), [("channel=boss, store=North".to_owned(), Now::On, "2026-11-28".to_owned())]);
    assert!(read(&rows[1..], true).is_empty());
}

#[test]
fn only_a_day_that_was_judged_ends_a_fall() {
    let fell = || day("27", "", Some(1), "sure", "ok");
    let after = |observed, alarm, status| read(&[fell(), day("28", "", observed, alarm, status)], false).remove(0).1;
    assert_eq!(after(Some(12), "", "ok"), Now::Off);
    for status in ["special", "learning", "few"] {
        assert_eq!(after(Some(0), "", status), Now::Unknown, "{status}");
    }
    assert_eq!(after(Some(3), "unsure", "ok"), Now::Unknown);
    // What was not delivered leaves it as it was, and a slice of which nothing else is known is one all the same.
    assert_eq!([after(None, "", "no_data"), after(None, "", "partial")], [Now::On, Now::On]);
    assert_eq!(read(&[day("28", "", None, "", "no_data")], false)[0].1, Now::Unknown);
}

#[test]
fn a_connection_is_down_when_it_failed_twice_or_for_a_while() {
    let config = config();
    let at = |text: &str| format!("2026-11-02T{text}Z").parse::<DateTime<Utc>>().unwrap();
    let health = |status: &str, last: &str| HealthRow {
        connection: "boss_file".to_owned(),
        channels: vec!["boss".to_owned()],
        status: status.to_owned(),
        last_attempt_at: at(last),
        last_success_at: None,
        failing_since: Some(at("09:00:00")).filter(|_| status == "failing"),
        error_kind: String::new(),
        error: String::new(),
        failures: 0,
        open_until: None,
    };
    let now = |row: &HealthRow, now: &str| of_connection(row, &config, Lang::En, at(now)).now;
    assert_eq!(now(&health("failing", "09:00:00"), "09:05:00"), Now::Unknown);
    assert_eq!(now(&health("failing", "09:05:00"), "09:05:10"), Now::On);
    assert_eq!(now(&health("failing", "09:00:00"), "09:15:00"), Now::On);
    assert_eq!(now(&health("ok", "09:05:00"), "09:30:00"), Now::Off);
}
