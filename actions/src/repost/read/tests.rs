use chrono_tz::Asia::Shanghai;
use inflow_store::RepostCall;

use super::super::plan::plan;
use super::*;

/// One connection that a system of the company's own refreshes, one that people do; a refresh becomes dearer in December.
fn config(mode: &str) -> Config {
    let folder = tempfile::tempdir().unwrap();
    let reposts = format!(
        "[[channel]]\nid = \"boss\"\n{mode}per_day = 1\n[[webhook]]\nconnection = \"kites\"\nurl = \"file:hook\"\nsecret = \"file:hook\"\n"
    );
    let channels = "[[channel]]\nid = \"boss\"\nname = { en = \"BOSS\", zh = \"BOSS\" }\ntimezone = \"Asia/Shanghai\"\nterms = [\n\
         { kind = \"refresh\", price = \"6\", from = \"2026-01-01\", to = \"2026-11-30\" },\n\
         { kind = \"refresh\", price = \"9.50\", from = \"2026-12-01\" },\n]\n";
    for (name, text) in [
        ("inflow.toml", "[company]\nname = \"Acme Kites\"\ncountry = \"CN\"\ntimezone = \"Asia/Shanghai\"\n"),
        ("channels.toml", channels),
        ("reposts.toml", reposts.as_str()),
        ("hook", "https://kites.example/refresh"),
        ("connections/kites.toml", "connector = \"file\"\nchannel = \"boss\"\nmapping = \"jobs.toml\"\n"),
        ("connections/hands.toml", "connector = \"file\"\nchannel = \"boss\"\nmapping = \"jobs.toml\"\n"),
        ("jobs.toml", "kind = \"postings\"\nid = \"no\"\n[fields]\ntitle = \"title\"\n"),
    ] {
        let file = folder.path().join(name);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, text).unwrap();
    }
    Config::load(&folder.path().join("inflow.toml"), &Vec::new).unwrap()
}

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn slot(posting: &str, time: &str) -> RepostSlotRow {
    RepostSlotRow {
        slot: format!("key of {posting}"),
        channel: "boss".to_owned(),
        connection: "kites".to_owned(),
        posting_source_id: posting.to_owned(),
        title: "Kite builder".to_owned(),
        cluster_id: String::new(),
        at: at(time),
        local: String::new(),
        timezone: "Asia/Shanghai".to_owned(),
        hours: Vec::new(),
        reason: "peak".to_owned(),
        reason_en: String::new(),
        reason_zh: String::new(),
        gain: None,
        gain_low: None,
        gain_high: None,
        cost: Decimal::new(600, 2),
        currency: "CNY".to_owned(),
        state: RepostState::Planned,
        decided_at: None,
        decided_by: String::new(),
        call: RepostCall::default(),
        made_at: at(time),
    }
}

fn situation<'c>(config: &'c Config, now: &str) -> Situation<'c> {
    let rules = &config.reposts.channel[0];
    let posting = |id: &str| PostingState {
        channel: "boss".to_owned(),
        connection: "kites".to_owned(),
        id: id.to_owned(),
        title: "Kite builder".to_owned(),
        cluster: String::new(),
        last: at("2026-11-01T00:00:00Z"),
        closes_at: None,
    };
    let first = day("2026-11-01");
    Situation {
        now: at(now),
        from: day("2026-11-30"),
        to: day("2026-12-01"),
        seed: 7,
        rules: &config.reposts,
        calendar: Calendar::of(config),
        channels: vec![ChannelState {
            id: "boss".to_owned(),
            zone: Shanghai,
            price: price(config, rules, first),
            prices: prices(config, rules, first, day("2026-12-06")),
            heat: Heat::default(),
            advice: None,
            pace: None,
        }],
        postings: vec![posting("P1"), posting("P2")],
        taken: Vec::new(),
        skipped: BTreeSet::new(),
    }
}

#[test]
fn a_slot_that_is_about_to_be_carried_out_is_promised() {
    let config = config("mode = \"auto\"\n");
    let now = at("2026-11-30T02:00:00Z");
    let imminent = |time: &str| is_imminent(&config, &slot("P1", time), now);
    for (time, is) in [
        ("2026-11-30T00:59:59Z", false),
        ("2026-11-30T01:00:00Z", true),
        ("2026-11-30T02:00:00Z", true),
        ("2026-11-30T02:14:59Z", true),
        ("2026-11-30T02:15:00Z", false),
    ] {
        assert_eq!(imminent(time), is, "{time}");
    }
    let one = slot("P1", "2026-11-30T02:00:00Z");
    let by_hand = RepostSlotRow { connection: "hands".to_owned(), ..one.clone() };
    assert!(!is_imminent(&config, &by_hand, now), "of a person a later plan takes back what nobody was told of");
    assert!(!is_imminent(&config, &RepostSlotRow { state: RepostState::Told, ..one.clone() }, now));
    let people = self::config("");
    assert!(!is_imminent(&people, &one, now));

    // One refresh a day: with the one of ten o'clock under way, nothing else of the day is planned.
    for (planned, counts) in [("2026-11-30T02:00:00Z", "2026-11-30T02:00:00Z"), ("2026-11-30T01:15:00Z", "2026-11-30T02:05:00Z")] {
        let mut situation = situation(&config, "2026-11-30T02:05:00Z");
        situation.promise(vec![slot("P1", planned)]);
        assert_eq!(situation.taken[0].at, at(counts), "what is late counts as of now");
        let days: Vec<(String, NaiveDate)> = plan(&situation).slots.into_iter().map(|one| (one.posting, one.local.date())).collect();
        assert_eq!(days, [("P2".to_owned(), day("2026-12-01"))]);
    }
}

#[test]
fn a_refresh_costs_what_it_costs_on_its_day() {
    let config = config("mode = \"auto\"\n");
    let mut situation = situation(&config, "2026-11-30T00:00:00Z");
    let costs: Vec<(NaiveDate, u64)> = plan(&situation).slots.iter().map(|one| (one.local.date(), one.cost)).collect();
    assert_eq!(costs, [(day("2026-11-30"), 600), (day("2026-12-01"), 950)]);
    // Planned at the old price, called for at the new one; midnight is that of Shanghai.
    for (number, (called, cost)) in [("2026-11-30T15:59:00Z", 600), ("2026-11-30T16:00:00Z", 950)].into_iter().enumerate() {
        situation.take(&slot(&format!("P{number}"), called));
        assert_eq!(situation.taken[number].cost, cost, "{called}");
    }
    let limited = Situation { rules: &limited(&config), ..situation.clone() };
    assert_eq!(plan(&limited).slots.len(), 0, "the day is full, and the next one's price is above its limit");
}

/// At most 9 a day.
fn limited(config: &Config) -> inflow_config::Reposts {
    let mut rules = config.reposts.clone();
    rules.channel[0].cost_per_day = Some(Decimal::new(900, 2));
    rules
}
