//! The 168 hours of a week: counts, exposure, daylight saving and shrinkage.

use serde_json::{Map, Value, json};

use inflow_analytics::Report;

use crate::world::{World, application, query};

fn posting(channel: &str, id: &str, posted: &str, closed: Option<&str>) -> Value {
    json!({"connection": channel, "source_id": id, "channel": channel, "status": "open", "posted_at": posted,
           "posted_precision": "exact", "closed_at": closed, "version": 1})
}

fn cell<'r>(report: &'r Report, channel: &str, weekday: u64, hour: u64) -> &'r Map<String, Value> {
    report.rows.iter().find(|row| row["channel"] == channel && row["weekday"] == weekday && row["hour"] == hour).unwrap()
}

#[tokio::test]
async fn counts_and_exposure_stand_in_local_hours() {
    let world = World::new().await;
    // Thursday 1 October 2026, 18:00 to 20:10 in Shanghai; a second one over 18:07:30 to 18:50.
    let mut dated = posting("boss", "3", "2026-09-30 16:00:00", Some("2026-09-30 16:00:00"));
    dated["posted_precision"] = json!("day");
    world
        .insert(
            "postings",
            vec![
                posting("boss", "1", "2026-10-01 10:00:00", Some("2026-10-01 12:10:00")),
                posting("boss", "2", "2026-10-01 10:07:30", Some("2026-10-01 10:50:00")),
                dated,
            ],
        )
        .await;
    let mut day_only = application("3", "boss", "2026-09-30 16:00:00");
    day_only["applied_precision"] = json!("day");
    world
        .insert(
            "applications",
            vec![application("1", "boss", "2026-10-01 10:05:00"), application("2", "boss", "2026-10-01 11:59:59"), day_only],
        )
        .await;
    world.analyze().await;
    let report = world.report("application_heat", &[], "2026-10-01", "2026-10-07").await;
    assert_eq!(report.rows.iter().filter(|row| row["channel"] == "boss").count(), 168);
    let six = cell(&report, "boss", 4, 18);
    assert_eq!((six["count"].as_u64(), six["exposure_hours"].as_f64(), six["calendar_hours"].as_f64()), (Some(1), Some(1.7083), Some(1.0)));
    assert_eq!(six["rate"].as_f64(), Some(0.585_366));
    // One event: 0.0253 to 5.5716 (Garwood 1936), over 1.7083 hours.
    let interval = |row: &Map<String, Value>| ["count_low", "count_high", "low", "high"].map(|column| row[column].as_f64());
    let near = |found: [Option<f64>; 4], wanted: [f64; 4]| {
        found.iter().zip(wanted).all(|(found, wanted)| (found.unwrap() - wanted).abs() < 6e-5 + 4e-5 * wanted)
    };
    assert!(near(interval(six), [0.0253, 5.5716, 0.014_82, 3.261_46]), "{six:?}");
    let eight = cell(&report, "boss", 4, 20);
    assert!(near(interval(eight), [0.0, 3.6889, 0.0, 6.0 * 3.6889]), "{eight:?}");
    let never = cell(&report, "boss", 4, 17);
    assert_eq!(interval(never), [Some(0.0), Some(3.6889), None, None], "no exposure, no rate");
    assert_eq!((eight["count"].as_u64(), eight["exposure_hours"].as_f64()), (Some(0), Some(0.1667)));
    assert_eq!((six["total"].as_u64(), six["left_out"].as_u64(), six["status"].as_str()), (Some(2), Some(1), Some("few")));
    let report = world.report("posting_heat", &[], "2026-10-01", "2026-10-07").await;
    let six = cell(&report, "boss", 4, 18);
    assert_eq!((six["count"].as_u64(), six["left_out"].as_u64()), (Some(2), Some(1)));
}

/// New York leaves daylight saving on Sunday 1 November 2026, 02:00: the hour from 1 comes twice. It entered it on
/// Sunday 8 March, 02:00: the hour from 2 never came.
#[tokio::test]
async fn an_hour_that_happens_twice_or_never_has_exposure_two_or_none() {
    let world = World::new().await;
    let always = |id: &str, channel: &str| posting(channel, id, "2026-01-01 00:00:00", None);
    world.insert("postings", vec![always("1", "indeed"), always("2", "boss")]).await;
    // 01:30 twice: before and after the clocks went back.
    world
        .insert("applications", vec![application("1", "indeed", "2026-11-01 05:30:00"), application("2", "indeed", "2026-11-01 06:30:00")])
        .await;
    world.analyze().await;
    let autumn = world.report("application_heat", &[], "2026-11-01", "2026-11-01").await;
    let one = cell(&autumn, "indeed", 7, 1);
    assert_eq!((one["count"].as_u64(), one["exposure_hours"].as_f64(), one["calendar_hours"].as_f64()), (Some(2), Some(2.0), Some(2.0)));
    assert_eq!(cell(&autumn, "boss", 7, 1)["exposure_hours"].as_f64(), Some(1.0));
    let spring = world.report("application_heat", &[], "2026-03-08", "2026-03-08").await;
    let two = cell(&spring, "indeed", 7, 2);
    assert_eq!((two["exposure_hours"].as_f64(), two["calendar_hours"].as_f64()), (Some(0.0), Some(0.0)));
    assert_eq!(
        (cell(&spring, "indeed", 7, 1)["exposure_hours"].as_f64(), cell(&spring, "indeed", 7, 3)["exposure_hours"].as_f64()),
        (Some(1.0), Some(1.0))
    );
    let mut asked = query("application_heat", &[], "2026-11-01", "2026-11-01");
    asked.tz = Some(chrono_tz::UTC);
    let utc = world.ask(&asked).await;
    assert_eq!((cell(&utc, "indeed", 7, 5)["count"].as_u64(), cell(&utc, "indeed", 7, 6)["count"].as_u64()), (Some(1), Some(1)));
}

/// Worked by hand. Two channels, each with one posting live from 18:00 to 20:00 of one Thursday: an exposure of one hour
/// in each of two cells. BOSS has 6 and 2 applications in them, Zhaopin 0 and 4; together 6 and 6, so the week of all
/// channels is flat there and the prior mean of a channel is its own level: 4 an hour for BOSS, 2 for Zhaopin. With
/// shape 5 the posterior mean is (count + 5) / (1 + 5 / level).
#[tokio::test]
async fn rates_shrink_to_the_shape_of_all_channels() {
    let world = World::new().await;
    let live = |channel: &str| posting(channel, "p", "2026-10-01 10:00:00", Some("2026-10-01 12:00:00"));
    world.insert("postings", vec![live("boss"), live("zhaopin")]).await;
    let at = |i: usize, channel: &str, hour: u32| {
        application(&format!("{channel} {hour} {i}"), channel, &format!("2026-10-01 {hour}:{i:02}:00"))
    };
    let mut rows = Vec::new();
    rows.extend((0..6).map(|i| at(i, "boss", 10)));
    rows.extend((0..2).map(|i| at(i, "boss", 11)));
    rows.extend((0..4).map(|i| at(i, "zhaopin", 11)));
    world.insert("applications", rows).await;
    world.analyze().await;
    let report = world.report("application_heat", &[], "2026-10-01", "2026-10-01").await;
    let shrunk = |channel: &str, hour: u64| cell(&report, channel, 4, hour)["shrunk"].as_f64().unwrap();
    for (found, expected) in [
        (shrunk("boss", 18), (6.0 + 5.0) / (1.0 + 5.0 / 4.0)),
        (shrunk("boss", 19), (2.0 + 5.0) / (1.0 + 5.0 / 4.0)),
        (shrunk("zhaopin", 18), 5.0 / (1.0 + 5.0 / 2.0)),
        (shrunk("zhaopin", 19), (4.0 + 5.0) / (1.0 + 5.0 / 2.0)),
    ] {
        assert!((found - expected).abs() < 1e-5, "{found} is not {expected}");
    }
    assert!(cell(&report, "boss", 4, 17)["shrunk"].is_null());
}

/// Counts of 0 to 44 in the hours of two days, each under the one posting that was live for all of it.
#[tokio::test]
async fn intervals_are_those_of_the_crate_of_estimators() {
    let world = World::new().await;
    world.insert("postings", vec![posting("boss", "p", "2026-09-01 00:00:00", None)]).await;
    let rows = (0..45_u32).flat_map(|count| {
        (0..count).map(move |number| {
            // Hours of Tuesday and Wednesday in Shanghai.
            let day = chrono::NaiveDate::from_ymd_opt(2026, 10, 6 + count / 24).unwrap();
            let at = day.and_hms_opt(count % 24, number, 0).unwrap() - chrono::TimeDelta::hours(8);
            application(&format!("{count} {number}"), "boss", &at.to_string())
        })
    });
    world.insert("applications", rows.collect()).await;
    world.analyze().await;
    let report = world.report("application_heat", &[], "2026-10-05", "2026-10-18").await;
    for count in 0..45_u64 {
        let row = cell(&report, "boss", 2 + count / 24, count % 24);
        // Two weeks of one posting: two hours.
        assert_eq!((row["count"].as_u64(), row["exposure_hours"].as_f64()), (Some(count), Some(2.0)));
        let exact = inflow_statistics::interval::garwood(count);
        for (column, end) in [("count_low", exact.low), ("count_high", exact.high), ("low", exact.low / 2.0), ("high", exact.high / 2.0)] {
            let found = row[column].as_f64().unwrap();
            assert!((found - end).abs() <= 6e-5 + 3e-4 * end, "{column} of {count}: {found} is not {end}");
        }
    }
}
