//! `reposts.toml`: what it becomes, and what is said of what is none.

use std::time::Duration;

use chrono::{NaiveTime, Weekday};
use rstest::rstest;

use crate::Folder;
use inflow_config::{RepostMode, SecretRef};

const CHANNELS: &str = "[[channel]]\nid = \"boss\"\nname = { en = \"BOSS\", zh = \"BOSS直聘\" }\n";

fn folder(text: &str) -> Folder {
    let jobs = "connector = \"file\"\nchannel = \"boss\"\n";
    Folder::new(&[("inflow.toml", ""), ("channels.toml", CHANNELS), ("connections/jobs.toml", jobs), ("reposts.toml", text)])
}

#[test]
fn a_channel_needs_little() {
    let config = folder("quiet_hours = [\"22:00-08:00\"]\n[[channel]]\nid = \"boss\"\nper_day = 2\n").load(&[]).unwrap();
    let reposts = &config.reposts;
    let boss = reposts.of("boss").unwrap();
    assert_eq!((boss.per_day, boss.per_account, boss.gap, boss.rest), (2, None, Duration::from_mins(15), Duration::from_hours(72)));
    assert_eq!((reposts.working_days.len(), reposts.working_days[4]), (5, Weekday::Fri));
    let open = |text: &str| reposts.is_open(boss, NaiveTime::parse_from_str(text, "%H:%M").unwrap());
    assert_eq!([open("08:59"), open("09:00"), open("19:59"), open("20:00"), open("23:00")], [false, true, true, false, false]);
    assert!(folder("").load(&[]).unwrap().reposts.of("boss").is_none());
    assert!(folder("[[channel]]\nid = \"boss\"\nper_day = 2\nenabled = false\n").load(&[]).unwrap().reposts.of("boss").is_none());
}

#[test]
fn a_channel_may_be_carried_out_by_a_system_of_the_companys_own() {
    let text = "[[channel]]\nid = \"boss\"\nper_day = 2\nmode = \"auto\"\n[[webhook]]\nconnection = \"jobs\"\nurl = \"file:hook\"\nsecret = \"file:key\"\n";
    let folder = folder(text);
    let config = folder.load(&[]).unwrap();
    assert_eq!(config.reposts.of("boss").unwrap().mode, RepostMode::Auto);
    assert_eq!(config.reposts.webhook_of("jobs").unwrap().url, SecretRef::file("hook"));
    assert!(config.reposts.webhook_of("boss").is_none());
    let missing: Vec<String> = config.check_secrets().iter().map(ToString::to_string).collect();
    assert!(missing.iter().any(|one| one.contains("webhook[0].url") && one.contains("hook cannot be read")), "{missing:?}");
    folder.write("hook", b"https://hr.example.test/refresh");
    folder.write("key", b"invented");
    assert_eq!(config.check_secrets(), []);
}

#[test]
fn hours_go_over_midnight_where_they_are_quiet() {
    let hours: inflow_config::Hours = "22:00-08:30".parse().unwrap();
    let holds = |hour, minute| hours.holds(NaiveTime::from_hms_opt(hour, minute, 0).unwrap());
    assert_eq!([holds(21, 59), holds(22, 0), holds(0, 0), holds(8, 29), holds(8, 30)], [false, true, true, true, false]);
    assert_eq!(hours.to_string(), "22:00-08:30");
    assert!("00:00-24:00".parse::<inflow_config::Hours>().unwrap().holds(NaiveTime::MIN));
}

#[rstest]
#[case::quota("[[channel]]\nid = \"boss\"\nper_day = 0\n", "reposts.toml:3: channel[0].per_day: must be a whole number from 1 to 1000")]
#[case::no_quota("[[channel]]\nid = \"boss\"\n", "reposts.toml:1: channel[0].per_day: missing, and it has no default")]
#[case::account(
    "[[channel]]\nid = \"boss\"\nper_day = 2\nper_account = 3\n",
    "reposts.toml:4: channel[0].per_account: 3 is more than the channel's per_day (2) (lower it)"
)]
#[case::channel(
    "[[channel]]\nid = \"bos\"\nper_day = 2\n",
    "reposts.toml:2: channel[0].id: there is no channel `bos` in channels.toml, which has boss (did you mean `boss`?)"
)]
#[case::twice(
    "[[channel]]\nid = \"boss\"\nper_day = 2\n[[channel]]\nid = \"boss\"\nper_day = 3\n",
    "reposts.toml:5: channel[1].id: the channel `boss` has rules twice"
)]
#[case::hours(
    "working_hours = [\"9-18\"]\n",
    "reposts.toml:1: working_hours: `9-18` is no stretch of a day, accepted: HH:MM-HH:MM, such as \"09:00-18:30\""
)]
#[case::midnight(
    "working_hours = [\"18:00-02:00\"]\n",
    "reposts.toml:1: working_hours: `18:00-02:00` ends before it begins (write two stretches, one before midnight and one after)"
)]
#[case::never(
    "working_hours = [\"09:00-12:00\"]\nquiet_hours = [\"08:00-12:00\"]\n",
    "reposts.toml:2: quiet_hours: cover all working hours: nothing could ever be planned (shorten them)"
)]
#[case::empty(
    "quiet_hours = [\"09:00-09:00\"]\n",
    "reposts.toml:1: quiet_hours: `09:00-09:00` is empty: it ends when it begins (a whole day is 00:00-24:00)"
)]
#[case::weekday(
    "working_days = [\"monday\"]\n",
    "reposts.toml:1: working_days: unknown weekday `monday`, accepted: mon, tue, wed, thu, fri, sat, sun"
)]
#[case::both(
    "days_off = [2026-12-24]\nworkdays = [2026-12-24]\n",
    "reposts.toml:2: workdays: 2026-12-24 is in `days_off` too (keep it in one of them)"
)]
#[case::price(
    "[[channel]]\nid = \"boss\"\nper_day = 2\nprice = \"6\"\ncost_per_day = \"5\"\n",
    "reposts.toml:5: channel[0].cost_per_day: 5 does not pay one refresh (6) (raise it, or set enabled = false)"
)]
#[case::mode(
    "[[channel]]\nid = \"boss\"\nper_day = 2\nmode = \"automatic\"\n",
    "reposts.toml:4: channel[0].mode: unknown mode `automatic`, accepted: todo, auto"
)]
#[case::webhook_of_nothing(
    "[[webhook]]\nconnection = \"bos\"\nurl = \"env:URL\"\nsecret = \"env:KEY\"\n",
    "reposts.toml:2: webhook[0].connection: there is no connections/bos.toml"
)]
#[case::webhook_unsigned(
    "[[webhook]]\nconnection = \"jobs\"\nurl = \"env:URL\"\n",
    "reposts.toml:1: webhook[0].secret: missing, and it has no default"
)]
#[case::share(
    "[[channel]]\nid = \"boss\"\nper_day = 2\nrandom_share = \"10\"\n",
    "reposts.toml:4: channel[0].random_share: must be from 0 to 1 (random_share = \"0.1\" draws the hour of every tenth slot)"
)]
#[case::receiver("to = [\"group\"]\n", "reposts.toml:1: to: there is no receiver `group` in messages.toml, which has none")]
#[case::calendar("holidays = \"de\"\n", "reposts.toml:1: holidays: unknown calendar `de`, accepted: company, china, none")]
fn each_mistake_has_a_sentence(#[case] text: &str, #[case] said: &str) {
    assert_eq!(folder(text).messages(&[]), said);
}
