//! What a good configuration becomes.

use std::path::PathBuf;
use std::time::Duration;

use chrono::{DateTime, Utc};
use chrono_tz::{America, Asia, Europe};
use inflow_config::{Config, Currency, SecretRef, Stage, TermsKind, Window};

use crate::Folder;

const CHANNELS: &str = r#"
[[channel]]
id = "boss"
name = { en = "BOSS Zhipin", zh = "BOSS直聘" }

[[channel.terms]]
kind = "subscription"
price = "11888.00"
from = 2026-01-01
to = 2026-12-31

[[channel]]
id = "linkedin"
name = { en = "LinkedIn", zh = "领英" }
timezone = "America/New_York"
terms = [{ kind = "refresh", price = 6, currency = "USD", from = "2026-02-01" }]
"#;

const RATES: &str = r#"
[[rates]]
currency = "USD"
from = 2026-01-01
rate = "7.05"

[[rates]]
currency = "USD"
from = 2026-07-01
rate = "7.10"
"#;

fn usd() -> Currency {
    "USD".parse().expect("a currency")
}

#[test]
fn an_empty_file_is_all_defaults() {
    let config = Folder::new(&[("inflow.toml", "")]).load(&[]).unwrap();
    let settings = &config.settings;
    assert_eq!(settings.company.timezone, Asia::Shanghai);
    assert_eq!(settings.company.currency, Currency::CNY);
    assert_eq!(settings.company.country, "CN");
    assert_eq!(settings.store.max_memory, 800 * 1024 * 1024);
    assert_eq!(settings.serve.page.to_string(), "127.0.0.1:8080");
    assert_eq!(settings.serve.clickhouse.to_string(), "127.0.0.1:8123");
    assert_eq!(settings.identity.key, SecretRef::file("~/.config/inflow/identity.key"));
    assert_eq!(settings.landing.segment_records, 50_000);
    assert!(config.channels.is_empty() && config.connections.is_empty());
}

#[test]
fn a_connection_is_read_in_full() {
    let folder = Folder::new(&[
        ("inflow.toml", RATES),
        ("channels.toml", CHANNELS),
        (
            "connections/lever.toml",
            r#"
connector = "lever"
schedule = "0 */15 * * * *"
base_url = "http://127.0.0.1:9000/lever"
store = "Xuhui"
[source_map]
"BOSS直聘" = "boss"
[params]
site = "acme"
[secrets]
api_key = "env:LEVER_KEY"
[[budget]]
requests = 10
per = "1s"
[stages]
"On-site interview" = "attended"
"#,
        ),
    ]);
    let config = folder.load(&[]).unwrap();
    let lever = config.connection("lever").unwrap();
    assert_eq!((lever.name.as_str(), lever.connector.as_str(), lever.enabled), ("lever", "lever", true));
    assert_eq!(lever.schedule.as_ref().unwrap().as_str(), "0 */15 * * * *");
    assert_eq!(lever.base_url.as_ref().unwrap().port(), Some(9000));
    assert_eq!(lever.source_map["BOSS直聘"], "boss");
    assert_eq!(lever.params["site"], "acme");
    assert_eq!(lever.secrets["api_key"], SecretRef::env("LEVER_KEY"));
    assert_eq!(lever.budget, [Window { requests: 10, per: Duration::from_secs(1) }]);
    assert_eq!(lever.stages["On-site interview"], Stage::Attended);
    assert_eq!((lever.store.as_deref(), lever.department.as_deref()), (Some("Xuhui"), None));
    assert!(config.connection("moka").is_none());
}

#[test]
fn connections_are_in_order_of_their_names_and_hidden_files_are_left_alone() {
    let stanza = "connector = \"file\"\nchannel = \"boss\"\n";
    let folder = Folder::new(&[
        ("inflow.toml", RATES),
        ("channels.toml", CHANNELS),
        ("connections/b.toml", stanza),
        ("connections/a.toml", stanza),
        ("connections/.#a.toml", "an editor's lock"),
        ("connections/README.md", "# not ours"),
    ]);
    let config = folder.load(&[]).unwrap();
    let names: Vec<&str> = config.connections.iter().map(|connection| connection.name.as_str()).collect();
    assert_eq!(names, ["a", "b"]);
}

#[test]
fn channels_keep_their_order_and_terms() {
    let config = Folder::new(&[("inflow.toml", RATES), ("channels.toml", CHANNELS)]).load(&[]).unwrap();
    let ids: Vec<&str> = config.channels.iter().map(|channel| channel.id.as_str()).collect();
    assert_eq!(ids, ["boss", "linkedin"]);
    let terms = &config.channel("boss").unwrap().terms[0];
    assert_eq!((terms.kind, terms.price.to_string().as_str()), (TermsKind::Subscription, "11888.00"));
    assert_eq!((terms.from.to_string(), terms.to.unwrap().to_string()), ("2026-01-01".into(), "2026-12-31".into()));
    let terms = &config.channel("linkedin").unwrap().terms[0];
    assert_eq!((terms.kind, terms.currency, terms.to), (TermsKind::Refresh, Some(usd()), None));
}

#[test]
fn the_zone_of_a_connection_is_its_own_or_its_channels_or_the_companys() {
    let folder = Folder::new(&[
        ("inflow.toml", RATES),
        ("channels.toml", CHANNELS),
        ("connections/own.toml", "connector = \"file\"\nchannel = \"linkedin\"\ntimezone = \"Europe/Berlin\"\n"),
        ("connections/channel.toml", "connector = \"file\"\nchannel = \"linkedin\"\n"),
        ("connections/company.toml", "connector = \"file\"\nchannel = \"boss\"\n"),
        ("connections/many.toml", "connector = \"file\"\nsource_map = { a = \"linkedin\" }\n"),
    ]);
    let config = folder.load(&[("INFLOW__COMPANY__TIMEZONE", "Asia/Tokyo")]).unwrap();
    let zone = |name: &str| config.connection_timezone(config.connection(name).unwrap());
    assert_eq!(zone("own"), Europe::Berlin);
    assert_eq!(zone("channel"), America::New_York);
    assert_eq!(zone("company"), Asia::Tokyo);
    assert_eq!(zone("many"), Asia::Tokyo);
}

#[test]
fn rates_hold_from_their_day_on() {
    let config = Folder::new(&[("inflow.toml", RATES)]).load(&[]).unwrap();
    let rate = |currency: Currency, day: &str| config.settings.rate(currency, day.parse().unwrap()).map(|rate| rate.to_string());
    assert_eq!(rate(usd(), "2026-06-30").as_deref(), Some("7.05"));
    assert_eq!(rate(usd(), "2026-07-01").as_deref(), Some("7.10"));
    assert_eq!(rate(usd(), "2025-12-31"), None);
    assert_eq!(rate(Currency::CNY, "2025-12-31").as_deref(), Some("1"));
}

#[test]
fn a_file_of_rates_joins_those_of_the_settings() {
    let folder = Folder::new(&[("inflow.toml", &format!("rates_file = \"rates.csv\"\n{RATES}")), ("channels.toml", CHANNELS)]);
    let text = "币种,备注,日期,汇率\nUSD,年报,2025/1/2,7.1884\n\nEUR,,2026年1月5日,8.2310\n";
    let (gbk, _, _) = encoding_rs::GBK.encode(text);
    for bytes in [text.as_bytes(), &gbk, "currency;from;rate\nUSD;2025-01-02;7.1884\neur;2026-01-05;8.2310\n".as_bytes()] {
        folder.write("rates.csv", bytes);
        let settings = folder.load(&[]).unwrap().settings;
        let rate = |currency: &str, day: &str| settings.rate(currency.parse().unwrap(), day.parse().unwrap()).map(|rate| rate.to_string());
        assert_eq!(rate("USD", "2025-12-31").as_deref(), Some("7.1884"));
        assert_eq!(rate("USD", "2026-01-01").as_deref(), Some("7.05"));
        assert_eq!(rate("EUR", "2026-01-05").as_deref(), Some("8.2310"));
        assert_eq!(rate("EUR", "2026-01-04"), None);
    }
}

#[test]
fn the_environment_overrides_every_type_and_makes_sections() {
    let folder = Folder::new(&[("inflow.toml", "[store]\nmax_memory = \"1GiB\"\n")]);
    let config = folder
        .load(&[
            ("INFLOW__STORE__MAX_MEMORY", "2GiB"),
            ("INFLOW__STORE__THREADS", "3"),
            ("INFLOW__STORE__URL", "http://db:8123"),
            ("INFLOW__STORE__PASSWORD", "env:PW"),
            ("INFLOW__SERVE__BEHIND_PROXY", "true"),
            ("INFLOW__SERVE__PAGE", "127.0.0.1:9999"),
            ("INFLOW__CLOCK__FIXED", "2026-11-22T08:00:00+08:00"),
            ("INFLOW_LIBCHDB", "is another variable"),
            ("PATH", "/bin"),
        ])
        .unwrap();
    let settings = &config.settings;
    assert_eq!(settings.store.max_memory, 2 << 30);
    assert_eq!(settings.store.threads, Some(3));
    assert_eq!(settings.store.url.as_ref().unwrap().as_str(), "http://db:8123/");
    assert!(settings.serve.behind_proxy);
    assert_eq!(settings.serve.page.port(), 9999);
    let fixed: DateTime<Utc> = "2026-11-22T00:00:00Z".parse().unwrap();
    assert_eq!(settings.clock.fixed, Some(fixed));
    assert_eq!(config.clock().now(), fixed);
}

#[test]
fn rows_of_a_file_can_name_their_channels() {
    let folder = Folder::new(&[("inflow.toml", ""), ("connections/ledger.toml", "connector = \"file\"\nkind = \"spend\"\n")]);
    let config = folder.load(&[]).unwrap();
    assert_eq!(config.connection("ledger").unwrap().kind.as_deref(), Some("spend"));
}

#[test]
fn other_addresses_need_a_proxy_and_a_password() {
    for text in [
        "[serve]\npage = \"0.0.0.0:80\"\nbehind_proxy = true\n",
        "[serve]\nclickhouse = \"0.0.0.0:80\"\nbehind_proxy = true\nreader_password = \"env:PW\"\n",
    ] {
        assert!(Folder::new(&[("inflow.toml", text)]).load(&[]).is_ok(), "{text}");
    }
}

#[test]
fn paths_start_at_the_config_file() {
    let config = Folder::new(&[("inflow.toml", "")]);
    let loaded = config.load(&[]).unwrap();
    assert_eq!(loaded.resolve("files/a.csv".as_ref()), config.path().join("files/a.csv"));
    assert_eq!(loaded.resolve("/srv/a.csv".as_ref()), PathBuf::from("/srv/a.csv"));
}

#[test]
fn a_byte_order_mark_does_no_harm() {
    let config = Folder::new(&[("inflow.toml", "\u{feff}[company]\r\nname = \"好\"\r\n")]).load(&[]).unwrap();
    assert_eq!(config.settings.company.name, "好");
}

/// A config whose secrets are missing, at the lines named below.
fn with_secrets(enabled: bool) -> Config {
    let connection =
        format!("connector = \"lever\"\nenabled = {enabled}\nchannel = \"boss\"\n[secrets]\napi_key = \"env:INFLOW_TEST_ABSENT\"\n");
    let folder = Folder::new(&[
        ("inflow.toml", "[serve]\nreader_password = \"env:INFLOW_TEST_ABSENT\"\n"),
        ("channels.toml", "[[channel]]\nid = \"boss\"\nname = { en = \"B\", zh = \"B\" }\n"),
        ("connections/lever.toml", &connection),
    ]);
    folder.load(&[]).expect("a good config")
}

#[test]
fn missing_secrets_are_named_with_their_lines() {
    let problems = with_secrets(true).check_secrets();
    let keys: Vec<_> = problems.iter().map(|problem| (problem.key.as_str(), problem.line)).collect();
    assert_eq!(keys, [("serve.reader_password", Some(2)), ("secrets.api_key", Some(5))]);
    assert_eq!(problems[1].message, "environment variable INFLOW_TEST_ABSENT is not set");
    assert!(problems[1].hint.as_ref().unwrap().starts_with("set INFLOW_TEST_ABSENT"));
    assert_eq!(with_secrets(false).check_secrets().len(), 1, "a disabled connection needs none");
}

#[test]
fn others_can_name_the_place_of_a_key() {
    let config = with_secrets(true);
    let lever = config.connection("lever").unwrap();
    let line = |key: &str| lever.problem(key, "wrong").line;
    assert_eq!(line("connector"), Some(1));
    assert_eq!(line("secrets.api_key"), Some(5));
    assert_eq!(line("secrets.other"), Some(4), "the table that should hold it");
    assert_eq!(line("params.site"), None, "not there at all");
    assert!(lever.problem("connector", "wrong").to_string().ends_with("lever.toml:1: connector: wrong"));
}
