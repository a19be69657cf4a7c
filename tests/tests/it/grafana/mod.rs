//! The contract with Grafana: every statement of every dashboard, variable, annotation and alert rule is put together as Grafana and its
//! plugin do and run on the engine; columns fit the panel; figures are those of `inflow report`.
//!
//! There is no Grafana here. What it would show is not tested, what it would ask is.

mod compare;
mod endpoint;
pub mod everywhere;
mod expander;

use crate::holder::Holder;
use compare::same;
use endpoint::{Answer, ask, report};
use expander::{Value as Chosen, Viewer};
use inflow_dashboards::grafana::{Kind, LANGUAGES, Panel, Reads, Source, Style, dashboard, dashboards, rules};
use inflow_tests::Company;
use serde_json::Value;
use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

const DEMO: [&str; 4] = ["--config", "inflow-demo/config/inflow.toml", "--data-dir", "inflow-demo/data"];
/// 2026-08-03 00:00 and 2026-10-31 23:30 in Shanghai: the last 90 days of the demo.
const FROM: i64 = 1_785_686_400;
const TO: i64 = 1_793_460_600;
/// The end of September there.
const TO_SEPTEMBER: i64 = 1_790_783_999;

/// Who looks at a dashboard: what is chosen, in which zone.
#[derive(Debug, Clone, Copy)]
struct Look {
    channels: &'static [&'static str],
    stores: &'static [&'static str],
    zone: &'static str,
    grain: &'static str,
    known: &'static str,
    from: i64,
    to: i64,
}

const ALL: &[&str] = &["*"];
const NOTHING: &[&str] = &[""];
const ZONES: [&str; 3] = ["Asia/Shanghai", "UTC", "America/New_York"];
const LOOKS: [Look; 4] = [
    Look { channels: ALL, stores: ALL, zone: "", grain: "week", known: "now", from: FROM, to: TO },
    Look { channels: &["boss", "douyin"], stores: ALL, zone: "", grain: "month", known: "now", from: FROM, to: TO },
    Look { channels: &["zhaopin"], stores: &["美妆店"], zone: "", grain: "day", known: "then", from: FROM, to: TO_SEPTEMBER },
    Look { channels: NOTHING, stores: NOTHING, zone: "channel", grain: "week", known: "now", from: FROM, to: TO },
];

/// A dashboard as Grafana reads it, with the description that it was made from.
struct Board {
    json: Value,
    panels: Vec<Panel>,
}

/// Every metric that a dashboard asks Prometheus for is one that `/metrics` of a process writes which pulled, analysed and was asked.
pub fn scrapes_are_written(holder: &Holder<'_>) {
    let written = String::from_utf8(endpoint::get(&holder.page(), "/metrics", "text/plain")).unwrap();
    let names: BTreeSet<&str> =
        written.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.split(['{', ' ']).next()).collect();
    let mut asked = BTreeSet::new();
    for panel in dashboards().iter().filter(|board| board.reads == Reads::Scrapes).flat_map(|board| &board.panels) {
        let Source::Scrapes(series) = &panel.source else { continue };
        let words = series.iter().flat_map(|one| one.expr.split(|c: char| !c.is_ascii_alphanumeric() && c != '_'));
        asked.extend(words.filter(|word| word.starts_with("inflow_") || word.starts_with("process_")));
    }
    let missing: Vec<&&str> = asked.difference(&names).collect();
    assert!(asked.len() > 20 && missing.is_empty(), "{missing:?} in\n{written}");
}

fn boards(at: usize) -> Vec<Board> {
    let style = Style { lang: LANGUAGES[at], currency: "¥" };
    dashboards()
        .into_iter()
        .zip(1..)
        .filter(|(board, _)| board.reads == Reads::Store)
        .map(|(board, number)| Board { json: dashboard(&board, number, style), panels: board.panels })
        .collect()
}

fn list<'v>(value: &'v Value, pointer: &str) -> &'v Vec<Value> {
    value.pointer(pointer).and_then(Value::as_array).unwrap()
}

fn chosen(values: &[&str]) -> Chosen {
    match values {
        ["*"] => Chosen::All("''".to_owned()),
        // Nothing there is to choose from.
        [""] => Chosen::One(String::new()),
        many => Chosen::Many(many.iter().map(|value| (*value).to_owned()).collect()),
    }
}

/// The viewer, once the hidden variables have been asked in their order.
fn viewer(endpoint: &str, board: &Value, look: Look) -> Viewer {
    let one = |text: &str| Chosen::One(text.to_owned());
    let values = [
        ("datasource", one("inflow")),
        ("tz", one(look.zone)),
        ("channel", chosen(look.channels)),
        ("store", chosen(look.stores)),
        ("grain", one(look.grain)),
        ("known", one(look.known)),
    ];
    let values = values.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    let mut viewer = Viewer { values, from: look.from, to: look.to, interval: 86400 };
    for variable in list(board, "/templating/list").iter().filter(|variable| variable["hide"] == 2) {
        let name = variable["name"].as_str().unwrap();
        let answer = ask(endpoint, &viewer.expand(variable["query"]["rawSql"].as_str().unwrap())).unwrap();
        assert_eq!((answer.rows.len(), answer.columns.len()), (1, 1), "{name}");
        viewer.values.insert(name.to_owned(), one(answer.rows[0][0].as_str().unwrap()));
    }
    viewer
}

/// The statement as it is sent; nothing is left to fill in.
fn sent(viewer: &Viewer, sql: &str) -> String {
    let sql = viewer.expand(sql);
    assert!(!sql.contains("${") && !sql.contains("$__"), "{sql}");
    sql
}

fn is_number(kind: &str) -> bool {
    let kind = kind.trim_start_matches("Nullable(");
    ["UInt", "Int", "Float", "Decimal"].iter().any(|name| kind.starts_with(name))
}

fn is_text(kind: &str) -> bool {
    kind.trim_start_matches("Nullable(").trim_start_matches("LowCardinality(").trim_start_matches("Nullable(").starts_with("String")
}

/// What each sort of panel needs of its answer.
fn fits(name: &str, panel: &Value, answer: &Answer) {
    let types: Vec<&str> = answer.columns.iter().map(|(_, kind)| kind.as_str()).collect();
    let numbers = types.iter().filter(|kind| is_number(kind)).count();
    match panel["type"].as_str().unwrap() {
        "timeseries" => {
            assert!(answer.columns[0].0 == "time" && types[0].starts_with("DateTime"), "{name}: {types:?}");
            assert!(numbers > 0 && types[1..].iter().all(|kind| is_number(kind) || is_text(kind)), "{name}: {types:?}");
            assert_eq!(panel["targets"][0]["format"], 0, "{name}");
            // Long rows become series: by time upwards, each point once.
            let times: Vec<&Value> = answer.rows.iter().map(|row| &row[0]).collect();
            assert!(times.is_sorted_by_key(|time| time.as_str()), "{name}");
            let labels: Vec<usize> = (0..types.len()).filter(|place| !is_number(types[*place])).collect();
            let points: BTreeSet<String> =
                answer.rows.iter().map(|row| labels.iter().map(|place| row[*place].to_string()).collect::<String>()).collect();
            assert_eq!(points.len(), answer.rows.len(), "{name}: a point twice");
        }
        "stat" => {
            assert!(answer.rows.len() <= 1 && numbers > 0, "{name}: {} rows of {types:?}", answer.rows.len());
            assert!(types.iter().all(|kind| is_number(kind) || is_text(kind)), "{name}: {types:?}");
        }
        "barchart" => {
            assert_eq!(panel["options"]["xField"], answer.columns[0].0, "{name}");
            assert!(is_text(types[0]) && numbers > 0, "{name}: {types:?}");
        }
        _ => assert!(!types.is_empty(), "{name}"),
    }
    // What an override is for must be there.
    for field in list(panel, "/fieldConfig/overrides") {
        let column = field["matcher"]["options"].as_str().unwrap();
        assert!(answer.place(column).is_some(), "{name} has no column {column}: {:?}", answer.columns);
    }
    // And whoever looks at a table sees no column that has no heading.
    for (column, _) in answer.columns.iter().filter(|_| panel["type"] == "table") {
        let known = list(panel, "/fieldConfig/overrides").iter().any(|field| field["matcher"]["options"].as_str() == Some(column));
        assert!(known, "{name}: {column} is shown under our name");
    }
}

/// Work that threads take from the front. All of it is done, whatever fails.
fn in_parallel<T: Send>(work: Vec<T>, each: impl Fn(T) + Sync) {
    let queue = Mutex::new(work.into_iter());
    let failed = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                loop {
                    let Some(next) = queue.lock().unwrap().next() else { break };
                    if catch_unwind(AssertUnwindSafe(|| each(next))).is_err() {
                        failed.fetch_add(1, Ordering::Relaxed);
                    }
                }
            });
        }
    });
    assert_eq!(failed.into_inner(), 0, "statements that are not as they should be, each said above");
}

struct Served<'c> {
    holder: Holder<'c>,
    page: String,
    endpoint: String,
}

/// Host and port of the ClickHouse endpoint that a process serves.
fn endpoint_of(holder: &Holder<'_>) -> String {
    holder.until("it names the endpoint", || holder.said().contains("ClickHouse http://"));
    holder.said().split_once("ClickHouse http://").unwrap().1.split('/').next().unwrap().to_owned()
}

fn serve<'c>(company: &'c Company, arguments: &[&str]) -> Served<'c> {
    let holder = Holder::start(company, arguments);
    let endpoint = endpoint_of(&holder);
    let page = holder.page();
    Served { holder, page, endpoint }
}

#[test]
fn every_statement_runs_and_shows_what_the_report_says() {
    let company = Company::new();
    company.run(&["demo", "--once"]).ok();
    let settings = company.path().join("inflow-demo/config/inflow.toml");
    let text = std::fs::read_to_string(&settings).unwrap();
    std::fs::write(settings, format!("{text}\n[serve]\npage = \"127.0.0.1:0\"\nclickhouse = \"127.0.0.1:0\"\n")).unwrap();
    let served = serve(&company, &[&["serve"], &DEMO[..]].concat());

    variables_have_values(&served.endpoint);
    rules_have_one_figure(&served.endpoint);
    let languages = [boards(0), boards(1)];
    let mut work = Vec::new();
    for (at, look) in LOOKS.into_iter().enumerate() {
        // Each statement is looked at with every sort of choice and in every zone; which goes with which differs from one to the next.
        let boards = &languages[at % 2];
        let zones = if look.zone.is_empty() { &ZONES[..] } else { &[look.zone] };
        for (turn, zone) in zones.iter().enumerate() {
            let look = Look { zone, ..look };
            let viewer = viewer(&served.endpoint, &boards[0].json, look);
            let mut number = 0;
            for board in boards {
                for (json, panel) in list(&board.json, "/panels").iter().zip(&board.panels) {
                    number += 1;
                    if panel.kind != Kind::Heading && (zones.len() == 1 || (number + at) % 3 == turn) {
                        work.push((board, json, panel, look, viewer.clone()));
                    }
                }
            }
            if zones.len() == 1 || at == 0 {
                annotations_are_words_in_time(&served.endpoint, &boards[0].json, &viewer);
            }
        }
    }
    assert!(work.len() > 300, "only {} statements", work.len());
    in_parallel(work, |(board, json, panel, look, viewer)| {
        let name = format!("{} / {} {look:?}", board.json["title"], json["title"]);
        let sql = sent(&viewer, json["targets"][0]["rawSql"].as_str().unwrap());
        let answer = ask(&served.endpoint, &sql).unwrap_or_else(|error| panic!("{name}: {error}\n{sql}"));
        fits(&name, json, &answer);
        if let Source::Metric(asked) = &panel.source {
            let period = if asked.period() == Some("grain") { look.grain } else { asked.period().unwrap_or_default() };
            same(&name, panel.kind, asked, period, &answer, &reported(&served.page, asked, period, look, &viewer));
        }
    });
    the_command_says_the_same(&company, &served);
    assert_eq!(served.holder.end().0, 0);
}

/// The report of the API on what a panel asks.
fn reported(
    page: &str,
    ask: &inflow_dashboards::grafana::Ask,
    period: &str,
    look: Look,
    viewer: &Viewer,
) -> Vec<serde_json::Map<String, Value>> {
    let value = |name: &str| match &viewer.values[name] {
        Chosen::One(value) => value.clone(),
        other => panic!("{name} is {other:?}"),
    };
    let by: Vec<&str> = ask.by.iter().map(|name| if *name == "grain" { period } else { name }).collect();
    let by = if by.is_empty() { "none".to_owned() } else { by.join(",") };
    let (from, to) = (value("from_day"), value("to_day"));
    let as_of = format!("{}Z", value("as_of").replace(' ', "T"));
    let mut query = vec![("by", by.as_str()), ("from", &from), ("to", &to), ("as_of", &as_of)];
    if look.zone != "channel" {
        query.push(("tz", look.zone));
    }
    let some = |values: &'static [&'static str]| values.iter().copied().filter(|value| !["*", ""].contains(value));
    query.extend(some(look.channels).map(|channel| ("channel", channel)));
    if ask.by_store {
        query.extend(some(look.stores).map(|store| ("store", store)));
    }
    report(page, ask.metric.id, &query)
}

/// `inflow report` itself, beside the API that answers the other comparisons.
fn the_command_says_the_same(company: &Company, served: &Served<'_>) {
    let period = [("by", "channel"), ("from", "2026-08-03"), ("to", "2026-10-31"), ("as_of", "2026-10-31T15:30:00Z")];
    for metric in ["volume", "cost_per_onboarded"] {
        let arguments: Vec<String> =
            period.iter().flat_map(|(name, value)| [format!("--{}", name.replace('_', "-")), (*value).to_owned()]).collect();
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let line = [&["report", metric, "--format", "json"], &arguments[..], &DEMO[..]].concat();
        let said: Value = serde_json::from_str(&company.run(&line).ok().out).unwrap();
        let rows = report(&served.page, metric, &period);
        assert!(rows.len() >= 12);
        assert_eq!(said["rows"], Value::from(rows.into_iter().map(Value::from).collect::<Vec<_>>()), "{metric}");
    }
}

fn variables_have_values(endpoint: &str) {
    let board = &boards(1)[0].json;
    let look = LOOKS[3];
    let viewer = viewer(endpoint, board, look);
    let found = |name: &str| {
        let variable = list(board, "/templating/list").iter().find(|variable| variable["name"] == name).unwrap();
        let answer = ask(endpoint, &sent(&viewer, variable["query"]["rawSql"].as_str().unwrap())).unwrap();
        assert!(answer.columns.iter().all(|(_, kind)| is_text(kind)), "{name}: {:?}", answer.columns);
        answer
            .rows
            .iter()
            .map(|row| row.iter().map(|cell| cell.as_str().unwrap().to_owned()).collect::<Vec<_>>().join("="))
            .collect::<Vec<_>>()
    };
    // The value before the name.
    assert_eq!(found("channel")[..2], ["boss=BOSS直聘", "zhaopin=智联招聘"]);
    assert_eq!(found("tz")[..2], ["channel=各渠道当地", "Asia/Shanghai=Asia/Shanghai"]);
    assert!(found("store").contains(&"美妆店".to_owned()), "{:?}", found("store"));
    let days = |zone| {
        let viewer = self::viewer(endpoint, board, Look { zone, known: "then", to: TO_SEPTEMBER, ..look });
        ["zone", "from_day", "to_day", "as_of"].map(|name| match &viewer.values[name] {
            Chosen::One(value) => value.clone(),
            other => panic!("{name} is {other:?}"),
        })
    };
    // Whole local days of the zone; what was known at the end of the last one.
    assert_eq!(days("channel"), ["Asia/Shanghai", "2026-08-03", "2026-09-30", "2026-09-30 16:00:00.000"]);
    assert_eq!(days("UTC"), ["UTC", "2026-08-02", "2026-09-30", "2026-10-01 00:00:00.000"]);
    assert_eq!(days("America/New_York"), ["America/New_York", "2026-08-02", "2026-09-30", "2026-10-01 04:00:00.000"]);
}

fn annotations_are_words_in_time(endpoint: &str, board: &Value, viewer: &Viewer) {
    let mut asked = 0;
    for annotation in list(board, "/annotations/list") {
        let Some(sql) = annotation.pointer("/target/rawSql").and_then(Value::as_str) else { continue };
        let answer = ask(endpoint, &sent(viewer, sql)).unwrap_or_else(|error| panic!("{}: {error}", annotation["name"]));
        assert!(answer.columns[0].0 == "time" && answer.columns[0].1.starts_with("DateTime"), "{}", annotation["name"]);
        assert!(answer.place("text").is_some_and(|place| is_text(&answer.columns[place].1)), "{}", annotation["name"]);
        asked += 1;
    }
    assert_eq!(asked, 5);
}

/// A table of words and one figure becomes an alert for each row.
fn rules_have_one_figure(endpoint: &str) {
    let mut raised = BTreeSet::new();
    for rule in rules() {
        let answer = ask(endpoint, &rule.sql).unwrap_or_else(|error| panic!("{}: {error}", rule.uid));
        let figures: Vec<usize> = (0..answer.columns.len()).filter(|place| is_number(&answer.columns[*place].1)).collect();
        assert_eq!(figures.len(), 1, "{}: {:?}", rule.uid, answer.columns);
        let words =
            |row: &Vec<Value>| (0..row.len()).filter(|place| *place != figures[0]).map(|place| row[place].to_string()).collect::<String>();
        assert_eq!(answer.rows.iter().map(words).collect::<BTreeSet<_>>().len(), answer.rows.len(), "{}: alike twice", rule.uid);
        for row in &answer.rows {
            assert!(row.iter().all(|cell| !cell.is_null()), "{}: {row:?}", rule.uid);
            if row[figures[0]].as_f64().unwrap() > rule.above {
                raised.insert(rule.uid);
            }
        }
    }
    // Connections of the demo deliver; of its rules of alerts.toml, some stand.
    assert!(raised.contains("inflow-threshold") && !raised.contains("inflow-connection-failing"), "{raised:?}");
}

/// A company that has nothing yet: every statement runs, and no panel says 0 of what is not known.
#[test]
fn an_empty_store_breaks_no_statement() {
    let company = Company::new();
    company.write("inflow.toml", "[company]\nname = \"Acme\"\n\n[identity]\nkey = \"file:keys/identity.key\"\nerase_key = \"file:keys/erase.key\"\n\n[serve]\npage = \"127.0.0.1:0\"\nclickhouse = \"127.0.0.1:0\"\n");
    company.write("channels.toml", "[[channel]]\nid = \"boss\"\nname = { en = \"BOSS\", zh = \"BOSS直聘\" }\n");
    company.run(&["analyze"]).ok();
    let served = serve(&company, &["serve"]);
    let boards = boards(0);
    let viewer = viewer(&served.endpoint, &boards[0].json, LOOKS[3]);
    let work: Vec<(&Value, &Panel)> = boards
        .iter()
        .flat_map(|board| list(&board.json, "/panels").iter().zip(&board.panels))
        .filter(|(_, panel)| panel.kind != Kind::Heading)
        .collect();
    in_parallel(work, |(json, panel)| {
        let sql = sent(&viewer, json["targets"][0]["rawSql"].as_str().unwrap());
        let answer = ask(&served.endpoint, &sql).unwrap_or_else(|error| panic!("{}: {error}", json["title"]));
        let (Some(status), Source::Metric(asked)) = (answer.place("status"), &panel.source) else { return };
        for row in answer.rows.iter().filter(|row| row[status] == "no_data") {
            let figures = answer
                .columns
                .iter()
                .zip(row)
                .filter(|((name, kind), _)| is_number(kind) && name != "covered" && !asked.metric.keys.contains(&name.as_str()));
            for ((name, _), value) in figures {
                assert!(value.is_null(), "{}: {name} is {value} where nothing is known", json["title"]);
            }
        }
    });
    assert_eq!(served.holder.end().0, 0);
}
