use inflow_config::Config;
use inflow_statistics::causes::{Cause, Measure};

use super::changes::{self, Gap};
use super::words::{Said, fewer, undelivered};
use super::*;

#[test]
fn a_slice_is_taken_apart_by_the_names_that_it_has() {
    let of =
        |slice: &str, names: &[&str]| parts(slice, names).into_iter().map(|(name, value)| format!("{name}|{value}")).collect::<Vec<_>>();
    assert_eq!(
        of("channel=boss, store=North, 2nd, stage=applied", &["channel", "store", "stage"]),
        ["channel|boss", "store|North, 2nd", "stage|applied"]
    );
    assert_eq!(of("store=a=b", &["store"]), ["store|a=b"]);
    assert!(of("", &["channel"]).is_empty() && of("", &[]).is_empty());
}

fn config() -> Config {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("inflow.toml"), "").unwrap();
    std::fs::write(folder.path().join("channels.toml"), "[[channel]]\nid = \"boss\"\nname = { en = \"BOSS\", zh = \"BOSS直聘\" }\n")
        .unwrap();
    Config::load(&folder.path().join("inflow.toml"), &Vec::new).unwrap()
}

#[test]
fn each_cause_is_a_sentence_in_both_languages_and_names_no_recruiter() {
    let config = config();
    let cause = Cause {
        factor: 0,
        value: 0,
        cases: 80,
        bad: 31.0,
        rest_cases: 270,
        rest_bad: 11.0,
        excess: 27.7,
        share: 0.9,
        p_value: 1e-9,
        q_value: 1e-7,
        step: 0,
        also: Vec::new(),
    };
    let said = |metric: &'static str, of: Measure, factor: &'static str, value: &'static str, also: &[(&'static str, String)], opened| {
        Said { config: &config, metric, of, factor, value, also, cause: &cause, all_bad: 42.0, opened }.texts().join("\n")
    };
    let (share, none) = (Measure::Share { quiet: 0.06 }, [(0, 0), (0, 0)]);
    let lines = [
        said("no_show", share, "link", "go.test.example", &[("template", "T1".to_owned())], [(2, 80), (240, 270)]),
        said("no_reply", share, "receipt", "none", &[], none),
        said("no_show", share, "recruiter", "rec_5f21", &[("channel", "boss".to_owned())], none),
        said("no_show", share, "weekday", "5", &[], none),
        said("cost_per_resume", Measure::Cost { quiet: 1.0 }, "channel", "boss", &[], none),
        said("volume", Measure::Fall { ratio: 0.5 }, "posting_cluster", "Barista", &[], none),
        fewer("live_postings", 42.0, 18.25).join("\n"),
        undelivered((9, 90), (1, 80)).join("\n"),
    ];
    let text = lines.join("\n");
    assert!(!text.contains("5f21"), "{text}");
    assert_eq!(format!("{text}\n"), include_str!("sentences.txt"));
}

#[test]
fn a_fall_goes_back_over_alarms_and_what_is_unknown_to_the_last_quiet_day() {
    let days = |alarms: &[Option<&str>]| -> Vec<Map<String, Value>> {
        let row = |(at, alarm): (usize, Option<&str>)| {
            let day = format!("2026-11-{:02}", at + 10);
            let told = serde_json::json!({
                "channel": "boss", "store": "", "day": day, "alarm": alarm.unwrap_or_default(), "since": format!("2026-11-{:02}", at + 9), "expected": 10.0,
                "unknown": u8::from(alarm.is_none()),
            });
            told.as_object().unwrap().clone()
        };
        alarms.iter().copied().enumerate().map(row).collect()
    };
    let (sure, alert) = fallen(&days(&[Some("sure"), Some(""), Some("unsure"), None, Some("sure")])).unwrap();
    assert_eq!((sure, alert.raised_on.to_string(), alert.since.to_string()), (true, "2026-11-12".to_owned(), "2026-11-11".to_owned()));
    assert_eq!((alert.slice.as_str(), alert.day.to_string(), alert.expected), ("channel=boss", "2026-11-14".to_owned(), 40.0));
    // What stood when the channel fell silent stands; a quiet day ends it.
    assert_eq!(
        fallen(&days(&[Some("unsure"), None])).map(|(sure, alert)| (sure, alert.raised_on.to_string())),
        Some((false, "2026-11-10".to_owned()))
    );
    assert!(fallen(&days(&[Some("sure"), Some("")])).is_none() && fallen(&days(&[None])).is_none());
}

#[test]
fn a_day_whose_sheet_is_still_to_come_is_no_day_without_impressions() {
    let day = |number: u32| NaiveDate::from_ymd_opt(2026, 11, number).unwrap();
    let alert = Standing {
        rule: String::new(),
        slice: "channel=boss".to_owned(),
        of: vec![("channel".to_owned(), "boss".to_owned())],
        raised_on: day(20),
        since: day(20),
        day: day(23),
        expected: 40.0,
    };
    let found = |gap: Gap, counted: &[(u32, u32)]| {
        let row = |(at, told): &(u32, u32)| {
            serde_json::json!({"day": day(*at).to_string(), "told": told.to_string()}).as_object().unwrap().clone()
        };
        let told: Vec<Map<String, Value>> = counted.iter().map(row).collect();
        changes::fewer("impressions", gap, &told, (day(1), &alert), 0.5)
    };
    let before: Vec<(u32, u32)> = (1..20).map(|at| (at, 1000 + at)).collect();
    let with = |since: &[(u32, u32)]| [before.as_slice(), since].concat();
    assert!(found(Gap::Unknown, &before).is_none(), "no sheet since: nobody knows");
    assert!(found(Gap::Unknown, &with(&[(20, 1010), (21, 1004)])).is_none(), "as many as before");
    assert!(found(Gap::Unknown, &with(&[(20, 1010), (21, 1004)])[19..]).is_none(), "nothing to compare with");
    let fell = found(Gap::Unknown, &with(&[(20, 400), (21, 420), (22, 380)])).unwrap();
    assert_eq!((fell.later, fell.explains), (Some(400.0), Some(1.0)));
    // Where a day without a row is a day without any, it counts.
    assert_eq!(found(Gap::None, &before).unwrap().later, Some(0.0));
}
