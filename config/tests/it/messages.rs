//! Every kind of mistake and the exact words a person reads about it.

use inflow_config::{ConfigError, Explain};
use rstest::rstest;

use crate::Folder;

const CHANNELS: &str = r#"
[[channel]]
id = "boss"
name = { en = "BOSS Zhipin", zh = "BOSS直聘" }
[[channel]]
id = "zhaopin"
name = { en = "Zhaopin", zh = "智联招聘" }
"#;

fn in_settings(text: &str) -> String {
    Folder::new(&[("inflow.toml", text)]).messages(&[])
}

fn in_channels(text: &str) -> String {
    Folder::new(&[("inflow.toml", ""), ("channels.toml", text)]).messages(&[])
}

fn in_connection(text: &str) -> String {
    let files = [("inflow.toml", ""), ("channels.toml", CHANNELS), ("connections/lever.toml", text)];
    Folder::new(&files).messages(&[])
}

#[rstest]
#[case::unknown_key(
    "[company]\ntimezne = \"x\"",
    "inflow.toml:2: company.timezne: unknown key, accepted here: name, timezone, currency, country (did you mean `timezone`?)"
)]
#[case::unknown_table(
    "[compny]\nname = \"x\"",
    "inflow.toml:1: compny: unknown key, accepted here: company, store, serve, identity, landing, http, clock, sources, job_families, recommendation, demand, feed, rates_file, rates (did you mean `company`?)"
)]
#[case::wrong_type("[company]\nname = 3", "inflow.toml:2: company.name: must be a text in quotes, not a whole number")]
#[case::empty("[company]\nname = \" \"", "inflow.toml:2: company.name: must not be empty")]
#[case::not_a_table("company = \"Acme\"", "inflow.toml:1: company: must be a table, not a text")]
#[case::zone(
    "[company]\n\ntimezone = \"asia/shanghia\"",
    "inflow.toml:3: company.timezone: unknown time zone `asia/shanghia`, accepted: an IANA name such as Asia/Shanghai (did you mean `Asia/Shanghai`?)"
)]
#[case::zone_city(
    "company.timezone = \"new york\"",
    "inflow.toml:1: company.timezone: unknown time zone `new york`, accepted: an IANA name such as Asia/Shanghai (did you mean `America/New_York`?)"
)]
#[case::zone_beijing(
    "company.timezone = \"Beijing\"",
    "inflow.toml:1: company.timezone: unknown time zone `Beijing`, accepted: an IANA name such as Asia/Shanghai (did you mean `Asia/Shanghai`?)"
)]
#[case::currency(
    "[company]\ncurrency = \"RMB\"",
    "inflow.toml:2: company.currency: unknown currency `RMB`, accepted: an ISO 4217 code such as CNY, HKD or USD (did you mean `CNY`?)"
)]
#[case::country(
    "[company]\ncountry = \"China\"",
    "inflow.toml:2: company.country: unknown country `China`, accepted: an ISO 3166 code of two letters such as CN or US (did you mean `CN`?)"
)]
#[case::url(
    "[store]\nurl = \"clickhouse:8123\"",
    "inflow.toml:2: store.url: `clickhouse:8123` is not an address, accepted: http:// or https:// and a host"
)]
#[case::url_secret(
    "[store]\nurl = \"http://a:hunter2@db:8123\"",
    "inflow.toml:2: store.url: must not hold a user or password (refer to secrets by env:NAME or file:PATH)"
)]
#[case::without_proxy("[http]\nproxy_user = \"tea\"", "inflow.toml:2: http.proxy_user: is for a proxy, and http.proxy names none")]
#[case::proxy_with_password(
    "[http]\nproxy = \"http://a:b@proxy:3128\"",
    "inflow.toml:2: http.proxy: must not hold a user or password (refer to secrets by env:NAME or file:PATH)"
)]
#[case::answer_size("[http]\nmax_answer = \"9GiB\"", "inflow.toml:2: http.max_answer: `9GiB` is not accepted: from 1MiB to 1GiB")]
#[case::contact(
    "[http]\nuser_agent_contact = \"me (at home)\"",
    "inflow.toml:2: http.user_agent_contact: `me (at home)` is not accepted: an address or mail in plain ASCII such as https://acme.example/jobs"
)]
#[case::without_url("[store]\ncluster = \"main\"", "inflow.toml:2: store.cluster: is for a ClickHouse server, and store.url names none")]
#[case::size(
    "[store]\nmax_memory = \"800 megs\"",
    "inflow.toml:2: store.max_memory: `800 megs` is not a size, accepted: a whole number with KiB, MiB, GiB, kB, MB, GB or B, such as \"800MiB\""
)]
#[case::size_number("[store]\nmax_memory = 800", "inflow.toml:2: store.max_memory: must be a text in quotes, not a whole number")]
#[case::range("[store]\nthreads = 0", "inflow.toml:2: store.threads: must be a whole number from 1 to 1024")]
#[case::huge(
    "[store]\nthreads = 99999999999999999999999999999999999999999",
    "inflow.toml:2: store.threads: must be a whole number from 1 to 1024"
)]
#[case::number_in_quotes("[store]\nthreads = \"4\"", "inflow.toml:2: store.threads: must be a whole number without quotes, not a text")]
#[case::address(
    "[serve]\npage = \"localhost\"",
    "inflow.toml:2: serve.page: `localhost` is not an address, accepted: IP and port such as 127.0.0.1:8080"
)]
#[case::open_address(
    "[serve]\npage = \"0.0.0.0:80\"",
    "inflow.toml:2: serve.page: 0.0.0.0:80 can be reached from other machines, which needs behind_proxy = true (127.0.0.1:80 is for this machine only)"
)]
#[case::open_endpoint(
    "[serve]\nclickhouse = \"0.0.0.0:81\"\nbehind_proxy = true",
    "inflow.toml:2: serve.clickhouse: 0.0.0.0:81 can be reached from other machines, which needs behind_proxy = true and a reader_password (127.0.0.1:81 is for this machine only)"
)]
#[case::same_address(
    "[serve]\npage = \"127.0.0.1:8123\"",
    "inflow.toml:1: serve.clickhouse: page and ClickHouse endpoint cannot have the same address"
)]
#[case::boolean("[serve]\nbehind_proxy = \"yes\"", "inflow.toml:2: serve.behind_proxy: must be true or false, without quotes")]
#[case::secret(
    "[identity]\nkey = \"hunter2\"",
    "inflow.toml:2: identity.key: a secret must be env:NAME or file:PATH (the value itself never belongs in a config file)"
)]
#[case::instant(
    "[clock]\nfixed = 2026-01-01T00:00:00",
    "inflow.toml:2: clock.fixed: must be an instant with its offset, such as 2026-11-22T08:00:00+08:00"
)]
#[case::rate(
    "[[rates]]\ncurrency = \"USD\"\nfrom = 2026-01-01\nrate = 7.05",
    "inflow.toml:4: rates[0].rate: must be a decimal number in quotes, such as \"1280.50\" (write \"7.05\" to keep it exact)"
)]
#[case::rate_zero("[[rates]]\ncurrency = \"USD\"\nfrom = 2026-01-01\nrate = \"0\"", "inflow.toml:4: rates[0].rate: must be above 0")]
#[case::rate_missing("\n[[rates]]\ncurrency = \"USD\"\nrate = \"7\"", "inflow.toml:2: rates[0].from: missing, and it has no default")]
#[case::rate_twice(
    "[[rates]]\ncurrency = \"USD\"\nfrom = 2026-01-01\nrate = \"7\"\n[[rates]]\ncurrency = \"USD\"\nfrom = 2026-01-01\nrate = \"8\"",
    "inflow.toml:5: rates[1]: there is another rate of USD from 2026-01-01, rates[0]"
)]
#[case::rates_single(
    "[rates]\ncurrency = \"USD\"",
    "inflow.toml:1: rates: must be a list of tables, not a table (write [[rates]] instead of [rates])"
)]
#[case::shrinkage("[demand]\nshrinkage = \"1\"", "inflow.toml:2: demand.shrinkage: must be from 0 to below 1, such as \"0.15\"")]
#[case::family("[job_families]\nsales = \"销售\"", "inflow.toml:2: job_families.sales: must be a list of words, not a text")]
#[case::feed_link(
    "[feed]\napply_url = \"https://a.example/{job}\"",
    "inflow.toml:2: feed.apply_url: there is no field {job}, accepted: {requisition}, {posting}, {id}"
)]
#[case::feed_one_link(
    "[feed]\napply_url = \"https://a.example/\"",
    "inflow.toml:2: feed.apply_url: is the same for every opening (such as https://jobs.example/{requisition})"
)]
#[case::feed_no_link(
    "[feed]\napply_url = \"mailto:{id}\"",
    "inflow.toml:2: feed.apply_url: is no address of the web (it begins with https://)"
)]
#[case::family_without_words("[job_families]\nsales = []", "inflow.toml:2: job_families.sales: must name a word of the family's titles")]
#[case::word_of_two_families(
    "[job_families]\nkitchen = [\"Cook\"]\nservice = [\"waiter\", \"cook\"]",
    "inflow.toml:3: job_families.service: `cook` is a word of a family already"
)]
#[case::protect("[sources]\nprotected = \"referral\"", "inflow.toml:2: sources.protected: must be a list of channels, not a text")]
#[case::day(
    "[[rates]]\ncurrency = \"USD\"\nfrom = \"1.1.2026\"\nrate = \"7\"",
    "inflow.toml:3: rates[0].from: must be a day such as 2026-11-22"
)]
#[case::syntax("[company]\nname = Acme", "inflow.toml:2: not valid TOML: string values must be quoted, expected literal string")]
#[case::unquoted(
    "[job_families]\n门店 = [\"店员\"]",
    "inflow.toml:2: not valid TOML: invalid unquoted key, expected letters, numbers, `-`, `_` (put a name of other letters into quotes: \"门店\" = ..)"
)]
#[case::twice("[company]\nname = \"a\"\nname = \"b\"", "inflow.toml:3: not valid TOML: duplicate key")]
fn settings(#[case] text: &str, #[case] expected: &str) {
    assert_eq!(in_settings(text), expected);
}

#[rstest]
#[case::id(
    "[[channel]]\nid = \"Boss!\"\nname = { en = \"B\", zh = \"B\" }",
    "channels.toml:2: channel[0].id: `Boss!` cannot be an id, accepted: lower-case letters, digits and _"
)]
#[case::reserved(
    "[[channel]]\nid = \"unknown\"\nname = { en = \"B\", zh = \"B\" }",
    "channels.toml:2: channel[0].id: `unknown` cannot be an id, reports use that word for what has no channel"
)]
#[case::twice(
    "[[channel]]\nid = \"b\"\nname = { en = \"B\", zh = \"B\" }\n[[channel]]\nid = \"b\"\nname = { en = \"C\", zh = \"C\" }",
    "channels.toml:5: channel[1].id: there are two channels `b`, the first is channel[0]"
)]
#[case::name("[[channel]]\nid = \"b\"\nname = \"B\"", "channels.toml:3: channel[0].name: must be a table, not a text")]
#[case::name_zh("[[channel]]\nid = \"b\"\nname = { en = \"B\" }", "channels.toml:3: channel[0].name.zh: missing, and it has no default")]
#[case::kind(
    "[[channel]]\nid = \"b\"\nname = { en = \"B\", zh = \"B\" }\n[[channel.terms]]\nkind = \"refreshs\"\nprice = \"6\"\nfrom = 2026-01-01",
    "channels.toml:5: channel[0].terms[0].kind: unknown kind `refreshs`, accepted: subscription, refresh (did you mean `refresh`?)"
)]
#[case::price(
    "[[channel]]\nid = \"b\"\nname = { en = \"B\", zh = \"B\" }\n[[channel.terms]]\nkind = \"refresh\"\nprice = \"-6\"\nfrom = 2026-01-01",
    "channels.toml:6: channel[0].terms[0].price: must not be negative"
)]
#[case::no_end(
    "[[channel]]\nid = \"b\"\nname = { en = \"B\", zh = \"B\" }\n[[channel.terms]]\nkind = \"subscription\"\nprice = \"6\"\nfrom = 2026-01-01",
    "channels.toml:4: channel[0].terms[0].to: missing, a subscription is spread over its days"
)]
#[case::ends_before(
    "[[channel]]\nid = \"b\"\nname = { en = \"B\", zh = \"B\" }\n[[channel.terms]]\nkind = \"refresh\"\nprice = \"6\"\nfrom = 2026-01-02\nto = 2026-01-01",
    "channels.toml:8: channel[0].terms[0].to: is before from (2026-01-02)"
)]
#[case::no_rate(
    "[[channel]]\nid = \"b\"\nname = { en = \"B\", zh = \"B\" }\n[[channel.terms]]\nkind = \"refresh\"\nprice = \"6\"\ncurrency = \"USD\"\nfrom = 2026-01-02",
    "channels.toml:7: channel[0].terms[0].currency: there is no exchange rate of USD for 2026-01-02 in inflow.toml (add [[rates]] with currency = \"USD\", rate, and from = 2026-01-02 or earlier)"
)]
#[case::plural("[[channels]]\nid = \"b\"", "channels.toml:1: channels: unknown key, accepted here: channel (did you mean `channel`?)")]
fn channels(#[case] text: &str, #[case] expected: &str) {
    assert_eq!(in_channels(text), expected);
}

#[rstest]
#[case::no_connector("channel = \"boss\"", "connections/lever.toml: connector: missing, and it has no default")]
#[case::no_channel(
    "connector = \"lever\"",
    "connections/lever.toml: channel: missing, and there is no [source_map] either (name the one channel it feeds, or map the board's sources to channels)"
)]
#[case::unknown_channel(
    "connector = \"lever\"\nchannel = \"bos\"",
    "connections/lever.toml:2: channel: there is no channel `bos` in channels.toml, which has boss, zhaopin (did you mean `boss`?)"
)]
#[case::unallocated(
    "connector = \"lever\"\nchannel = \"unallocated\"",
    "connections/lever.toml:2: channel: there is no channel `unallocated` in channels.toml, which has boss, zhaopin"
)]
#[case::unknown_mapped(
    "connector = \"lever\"\n[source_map]\n\"BOSS 直聘\" = \"boss\"\n\"智联 招聘\" = \"zhaopn\"",
    "connections/lever.toml:4: source_map.\"智联 招聘\": there is no channel `zhaopn` in channels.toml, which has boss, zhaopin (did you mean `zhaopin`?)"
)]
#[case::cron_five(
    "connector = \"lever\"\nchannel = \"boss\"\nschedule = \"*/15 * * * *\"",
    "connections/lever.toml:3: schedule: `*/15 * * * *` is not a schedule, accepted: six fields \"second minute hour day month weekday\", such as \"0 */15 * * * *\" (five fields lack the seconds: \"0 */15 * * * *\")"
)]
#[case::cron_hour(
    "connector = \"lever\"\nchannel = \"boss\"\nschedule = \"0 0 24 * * *\"",
    "connections/lever.toml:3: schedule: `0 0 24 * * *` is not a schedule, accepted: six fields \"second minute hour day month weekday\", such as \"0 */15 * * * *\" (the hour `24` must be 0 to 23)"
)]
#[case::secret(
    "connector = \"lever\"\nchannel = \"boss\"\n[secrets]\napi_key = \"sk-12345\"",
    "connections/lever.toml:4: secrets.api_key: a secret must be env:NAME or file:PATH (the value itself never belongs in a config file)"
)]
#[case::param(
    "connector = \"lever\"\nchannel = \"boss\"\nparams.site = 7",
    "connections/lever.toml:3: params.site: must be a text in quotes, not a whole number"
)]
#[case::stage(
    "connector = \"lever\"\nchannel = \"boss\"\n[stages]\n\"Hired\" = \"onbarded\"",
    "connections/lever.toml:4: stages.Hired: unknown stage `onbarded`, accepted: viewed, contacted, applied, screened, invited, attended, offered, accepted, onboarded, passed_probation, rejected, withdrawn (did you mean `onboarded`?)"
)]
#[case::budget(
    "connector = \"lever\"\nchannel = \"boss\"\n[[budget]]\nrequests = 0\nper = \"1 second\"",
    "connections/lever.toml:4: budget[0].requests: must be a whole number from 1 to 4294967295\nconnections/lever.toml:5: budget[0].per: `1 second` is not a duration, accepted: a whole number above 0 with ms, s, m, h or d, such as \"10s\""
)]
#[case::slipped_into_a_table(
    "connector = \"lever\"\nchannel = \"boss\"\n[[budget]]\nrequests = 1\nper = \"1s\"\nschedule = \"0 0 * * * *\"",
    "connections/lever.toml:6: budget[0].schedule: unknown key, accepted here: requests, per (`schedule` belongs to the file as a whole: write it above the first [table])"
)]
fn connections(#[case] text: &str, #[case] expected: &str) {
    assert_eq!(in_connection(text), expected);
}

#[rstest]
#[case::unknown_key(
    "INFLOW__COMPANY__TIMEZNE",
    "Asia/Tokyo",
    "INFLOW__COMPANY__TIMEZNE: unknown key, accepted here: name, timezone, currency, country (did you mean `INFLOW__COMPANY__TIMEZONE`?)"
)]
#[case::unknown_section(
    "INFLOW__COMPNY__NAME",
    "Acme",
    "INFLOW__COMPNY__NAME: unknown key, accepted here: company, store, serve, identity, landing, http, clock, sources, job_families, recommendation, demand, feed, rates_file, rates (did you mean `INFLOW__COMPANY__NAME`?)"
)]
#[case::value("INFLOW__STORE__THREADS", "many", "INFLOW__STORE__THREADS: must be a whole number from 1 to 1024")]
#[case::boolean("INFLOW__SERVE__BEHIND_PROXY", "1", "INFLOW__SERVE__BEHIND_PROXY: must be true or false")]
#[case::section("INFLOW__STORE", "x", "INFLOW__STORE: `store` is a table, which the environment cannot override")]
#[case::too_deep("INFLOW__STORE__URL__HOST", "x", "INFLOW__STORE__URL__HOST: `url` is a text, which has no keys of its own")]
#[case::list("INFLOW__RATES", "USD", "INFLOW__RATES: must be a list of tables, not a text")]
#[case::nameless("INFLOW__STORE__", "x", "INFLOW__STORE__: the name of an override must be INFLOW__SECTION__KEY")]
fn environment(#[case] name: &str, #[case] value: &str, #[case] expected: &str) {
    let folder = Folder::new(&[("inflow.toml", "[store]\nurl = \"http://db:8123\"\n")]);
    assert_eq!(folder.messages(&[(name, value)]), expected);
}

#[test]
fn all_errors_of_all_files_are_told_at_once() {
    let folder = Folder::new(&[
        ("inflow.toml", "[store]\nthreads = 0\n[company]\ntimezone = \"Mars\"\nnam = \"x\"\n"),
        ("channels.toml", "[[channel]]\nid = \"boss\"\nname = { en = \"\", zh = \"B\" }\ncolour = \"red\"\n"),
        ("connections/a.toml", "connector = 1\nchannel = \"zhaopin\"\n"),
        ("connections/b.toml", "[secrets\n"),
        ("connections/C d.toml", "connector = \"file\"\nchannel = \"boss\"\n"),
    ]);
    let told = folder.messages(&[("INFLOW__SERVE__PAGE", "here"), ("INFLOW__NO__SUCH", "1")]);
    let expected = "\
inflow.toml:2: store.threads: must be a whole number from 1 to 1024
inflow.toml:4: company.timezone: unknown time zone `Mars`, accepted: an IANA name such as Asia/Shanghai
inflow.toml:5: company.nam: unknown key, accepted here: name, timezone, currency, country (did you mean `name`?)
INFLOW__SERVE__PAGE: `here` is not an address, accepted: IP and port such as 127.0.0.1:8080
INFLOW__NO__SUCH: unknown key, accepted here: company, store, serve, identity, landing, http, clock, sources, job_families, recommendation, demand, feed, rates_file, rates
channels.toml:3: channel[0].name.en: must not be empty
channels.toml:4: channel[0].colour: unknown key, accepted here: id, name, timezone, terms
connections/C d.toml: the file's name is the connection's, accepted: lower-case letters, digits, _ and -, then .toml
connections/a.toml:1: connector: must be a text in quotes, not a whole number
connections/a.toml:2: channel: there is no channel `zhaopin` in channels.toml, which has boss
connections/b.toml:1: not valid TOML: unclosed table, expected `]`";
    assert_eq!(told, expected);
}

#[test]
fn a_file_that_is_not_there_or_not_text() {
    let folder = Folder::new(&[]);
    assert_eq!(
        folder.messages(&[]),
        "inflow.toml: there is no such config file (`inflow init` writes one with comments, `--config FILE` names another)"
    );
    folder.write("inflow.toml", b"[company]\nname = \"\xd6\xd0\xb9\xfa\"\n");
    assert_eq!(folder.messages(&[]), "inflow.toml: is not UTF-8 text (save it as UTF-8 in your editor)");
    folder.write("inflow.toml", b"");
    std::fs::create_dir(folder.path().join("channels.toml")).unwrap();
    assert_eq!(folder.messages(&[]), "channels.toml: cannot be read: Is a directory (os error 21)");
}

#[test]
fn broken_channels_do_not_blame_the_connections() {
    let files =
        [("inflow.toml", ""), ("channels.toml", "[[channel]\n"), ("connections/a.toml", "connector = \"file\"\nchannel = \"boss\"\n")];
    let told = Folder::new(&files).messages(&[]);
    assert!(told.lines().all(|line| line.starts_with("channels.toml:1: not valid TOML")), "{told}");
}

#[test]
fn the_user_can_fix_it() {
    let error = ConfigError { problems: Vec::new() };
    assert_eq!(error.exit_code(), 1);
    assert!(error.hint().unwrap().contains("inflow validate"));
}

/// What is said of a file of rates beside one rate of USD from 2026-01-01.
#[rstest]
#[case::no_column(
    "币种,汇率\nUSD,7\n",
    "rates.csv:1: there is no column from in the header line (the file has a header line with currency, from, rate (or 币种, 日期, 汇率) and a line for each rate)"
)]
#[case::empty(
    "",
    "rates.csv:1: there is no column currency in the header line (the file has a header line with currency, from, rate (or 币种, 日期, 汇率) and a line for each rate)"
)]
#[case::everything_wrong(
    "currency,from,rate\nRMB,1 Jan,0\n",
    "rates.csv:2: currency: unknown currency `RMB`, accepted: an ISO 4217 code such as CNY, HKD or USD (did you mean `CNY`?)\n\
     rates.csv:2: from: \"1 Jan\" is not a day such as 2026-11-22\n\
     rates.csv:2: rate: must be above 0"
)]
#[case::short("currency,from,rate\n\nUSD,2026-02-01\n", "rates.csv:3: rate: \"\" is not a decimal number such as 7.0512")]
#[case::twice(
    "currency,from,rate\nUSD,2026-02-01,7\nUSD,2026-02-01,7.1\n",
    "rates.csv:3: there is another rate of USD from 2026-02-01, line 2"
)]
#[case::twice_over_files(
    "currency,from,rate\nUSD,2026-01-01,7\n",
    "rates.csv:2: there is another rate of USD from 2026-01-01, rates[0] of inflow.toml"
)]
fn in_a_file_of_rates(#[case] text: &str, #[case] expected: &str) {
    let settings = "rates_file = \"rates.csv\"\n[[rates]]\ncurrency = \"USD\"\nfrom = 2026-01-01\nrate = \"7.05\"\n";
    assert_eq!(Folder::new(&[("inflow.toml", settings), ("rates.csv", text)]).messages(&[]), expected);
}

#[test]
fn a_file_of_rates_that_is_not_there_or_lacks_a_day() {
    assert_eq!(
        in_settings("rates_file = \"rates.csv\""),
        "inflow.toml:1: rates_file: rates.csv cannot be read: No such file or directory (os error 2)"
    );
    let channels = format!("{CHANNELS}terms = [{{ kind = \"refresh\", price = 6, currency = \"USD\", from = \"2026-02-01\" }}]\n");
    let folder = Folder::new(&[
        ("inflow.toml", "rates_file = \"rates.csv\""),
        ("rates.csv", "currency,from,rate\nUSD,2026-02-02,7\n"),
        ("channels.toml", &channels),
    ]);
    assert_eq!(
        folder.messages(&[]),
        "channels.toml:8: channel[1].terms[0].currency: there is no exchange rate of USD for 2026-02-01 in inflow.toml or rates.csv \
         (add a line of USD to rates.csv whose day is 2026-02-01 or earlier)"
    );
}

#[test]
fn sources_name_channels_that_exist_and_hires_by_their_keys() {
    let text = "[sources]\nprotected = [\"bos\"]\nwords = { friend = \"referral\", BOSS = \"boss\" }\n[[sources.overrides]]\nhire = \"ats/A1\"\n\
        channel = \"zhaopin\"\nreason = \"r\"\n[[sources.overrides]]\nhire = \"ats/A1\"\nchannel = \"nobody\"\nreason = \"r\"\n\
        [[sources.overrides]]\nhire = \"A2\"\nchannel = \"boss\"";
    let messages = Folder::new(&[("inflow.toml", text), ("channels.toml", CHANNELS)]).messages(&[]);
    let expected = [
        "inflow.toml:9: sources.overrides[1].hire: ats/A1 has been decided above",
        "inflow.toml:12: sources.overrides[2].reason: missing, and it has no default",
        "inflow.toml:13: sources.overrides[2].hire: \"A2\" is not of the form connection/id",
        "inflow.toml:2: sources.protected: there is no channel `bos` in channels.toml, which has boss, zhaopin (did you mean `boss`?)",
        "inflow.toml:3: sources.words.friend: there is no channel `referral` in channels.toml, which has boss, zhaopin",
        "inflow.toml:10: sources.overrides[1].channel: there is no channel `nobody` in channels.toml, which has boss, zhaopin",
    ];
    assert_eq!(messages.lines().collect::<Vec<_>>(), expected);
}

fn in_finance(text: &str) -> String {
    Folder::new(&[("inflow.toml", ""), ("channels.toml", CHANNELS), ("finance.toml", text)]).messages(&[])
}

#[rstest]
#[case::bonus_without_amount(
    "[[bonus]]\nid = \"a\"\nchannel = [\"boss\"]",
    "finance.toml:1: bonus[0]: a bonus without an amount (amount = \"2000\", or [bonus.job_family] with one for each family)"
)]
#[case::bonus_of_nobody(
    "[[bonus]]\nid = \"a\"\nchannel = []\namount = \"1\"",
    "finance.toml:3: bonus[0].channel: names no channel (say of which channels it is owed: channel = [\"referral\"])"
)]
#[case::bonus_of_a_strange_channel(
    "[[bonus]]\nid = \"a\"\nchannel = [\"bos\"]\namount = \"1\"",
    "finance.toml:3: bonus[0].channel: there is no channel `bos` in channels.toml, which has boss, zhaopin (did you mean `boss`?)"
)]
#[case::bonus_without_days(
    "[[bonus]]\nid = \"a\"\nchannel = [\"boss\"]\namount = \"1\"\npayable = \"days\"",
    "finance.toml:5: bonus[0].payable: does not say after how many days (for example days = 90)"
)]
#[case::two_rules_of_one_name(
    "[[bonus]]\nid = \"a\"\nchannel = [\"boss\"]\namount = \"1\"\n[[fee]]\nid = \"a\"\nchannel = [\"boss\"]\namount = \"1\"",
    "finance.toml:6: fee[0].id: there are two rules `a`"
)]
#[case::fee_of_both(
    "[[fee]]\nid = \"a\"\nchannel = [\"boss\"]\namount = \"1\"\npercent = \"20\"",
    "finance.toml:1: fee[0]: a fee is either an amount or a percentage (amount = \"30000\", or percent = \"20\" with the pay of each hire in [[fee.hire]])"
)]
#[case::fee_beyond_pay(
    "[[fee]]\nid = \"a\"\nchannel = [\"boss\"]\npercent = \"120\"",
    "finance.toml:4: fee[0].percent: must be 100 at most"
)]
#[case::clawback_without_guarantee(
    "[[fee]]\nid = \"a\"\nchannel = [\"boss\"]\namount = \"1\"\nclawback = \"full\"",
    "finance.toml:5: fee[0].clawback: is of a guarantee that there is not (for example guarantee_days = 90)"
)]
#[case::clawback_in_other_words(
    "[[fee]]\nid = \"a\"\nchannel = [\"boss\"]\namount = \"1\"\nguarantee_days = 90\nclawback = \"prorata\"",
    "finance.toml:6: fee[0].clawback: unknown clawback `prorata`, accepted: full, pro_rata, steps (did you mean `pro_rata`?)"
)]
#[case::steps_in_disorder(
    "[[fee]]\nid = \"a\"\nchannel = [\"boss\"]\namount = \"1\"\nguarantee_days = 90\nclawback = \"steps\"\n[[fee.step]]\ndays = 60\nshare = \"0.5\"\n[[fee.step]]\ndays = 30\nshare = \"1\"",
    "finance.toml:7: fee[0].step: steps must have more and more days"
)]
#[case::pay_of_nobody(
    "[[fee]]\nid = \"a\"\nchannel = [\"boss\"]\npercent = \"20\"\n[[fee.hire]]\nhire = \"17\"\nyearly_pay = \"1\"",
    "finance.toml:6: fee[0].hire[0].hire: \"17\" is not of the form connection/id"
)]
#[case::by_people_among_nobody(
    "[[allocation]]\nid = \"a\"\nchannel = [\"boss\"]\nby = \"headcount\"",
    "finance.toml:4: allocation[0].by: does not say among whom (among = \"store\", or channel, department or requisition)"
)]
#[case::by_people_and_shares(
    "[[allocation]]\nid = \"a\"\nchannel = [\"boss\"]\nby = \"hires\"\namong = \"store\"\n[[allocation.share]]\nstore = \"x\"\nshare = \"1\"",
    "finance.toml:1: allocation[0]: an allocation by hires and by shares (either by and among, or [[allocation.share]])"
)]
#[case::by_other_people(
    "[[allocation]]\nid = \"a\"\nchannel = [\"boss\"]\nby = \"people\"\namong = \"store\"",
    "finance.toml:4: allocation[0].by: unknown basis `people`, accepted: headcount, applications, hires"
)]
fn rules_of_people(#[case] text: &str, #[case] message: &str) {
    let messages = in_finance(text);
    assert!(messages.lines().any(|line| line.trim() == message), "{messages}");
}
