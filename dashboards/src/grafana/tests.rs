//! The description is whole, and the files in `dashboards/grafana` are written from it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use inflow_config::Lang;
use serde_json::Value;

use promql_parser::label::{MatchOp, Matcher};
use promql_parser::parser::{Expr, VectorSelector};

use super::{LANGUAGES, Reads, Source, Style, dashboard, dashboards, files, rules};

fn folder() -> PathBuf {
    PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").unwrap()).join("grafana")
}

fn json(lang: Lang) -> Vec<Value> {
    dashboards().iter().zip(1..).map(|(board, number)| dashboard(board, number, Style { lang, currency: "¥" })).collect()
}

/// Those that read the store: all but the last.
fn of_the_store(lang: Lang) -> Vec<Value> {
    json(lang).into_iter().zip(dashboards()).filter(|(_, board)| board.reads == Reads::Store).map(|(json, _)| json).collect()
}

fn list<'v>(value: &'v Value, pointer: &str) -> &'v Vec<Value> {
    value.pointer(pointer).and_then(Value::as_array).unwrap()
}

fn panels(board: &Value) -> impl Iterator<Item = &Value> {
    list(board, "/panels").iter().filter(|panel| panel["type"] != "row")
}

/// `INFLOW_UPDATE=1` (cargo xtask gen) writes them anew.
#[test]
fn the_dashboards_of_grafana_are_fresh() {
    let made = files("CNY").unwrap();
    if std::env::var_os("INFLOW_UPDATE").is_some() {
        let _none_yet = std::fs::remove_dir_all(folder());
        for (path, text) in &made {
            let path = folder().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
    }
    let names: BTreeSet<PathBuf> = made.iter().map(|(path, _)| path.clone()).collect();
    assert_eq!(below(&folder(), &folder()), names, "files of dashboards/grafana: run cargo xtask gen");
    for (path, text) in made {
        assert!(std::fs::read_to_string(folder().join(&path)).unwrap() == text, "{} is stale: run cargo xtask gen", path.display());
    }
}

fn below(folder: &Path, root: &Path) -> BTreeSet<PathBuf> {
    let mut found = BTreeSet::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() { found.extend(below(&path, root)) } else { found.extend(path.strip_prefix(root).map(Path::to_owned)) }
    }
    found
}

#[test]
fn uids_are_fixed_and_each_its_own() {
    let uids: Vec<String> = LANGUAGES.into_iter().flat_map(json).map(|board| board["uid"].as_str().unwrap().to_owned()).collect();
    assert_eq!(
        uids[..9],
        ["channels", "funnel", "spend", "heat", "heads", "interviews", "connections", "advice", "service"]
            .map(|name| format!("inflow-{name}-en"))
    );
    assert_eq!(uids.iter().collect::<BTreeSet<_>>().len(), 18);
    assert!(uids.iter().all(|uid| uid.len() <= 40));
    let rules: BTreeSet<&str> = rules().iter().map(|rule| rule.uid).collect();
    assert_eq!(rules.len(), super::rules().len());
}

#[test]
fn a_dashboard_asks_the_source_that_is_chosen_and_cannot_be_edited() {
    for board in LANGUAGES.into_iter().flat_map(of_the_store) {
        assert_eq!((&board["editable"], &board["schemaVersion"]), (&Value::Bool(false), &Value::from(42)));
        let variables = list(&board, "/templating/list");
        assert_eq!((&variables[0]["name"], &variables[0]["type"]), (&Value::from("datasource"), &Value::from("datasource")));
        for variable in variables.iter().filter(|variable| variable["type"] == "query") {
            assert_eq!(variable["refresh"], 2, "{}", variable["name"]);
            assert_eq!(variable["datasource"]["uid"], "${datasource}");
        }
        for many in variables.iter().filter(|variable| variable["multi"] == true) {
            assert_eq!((&many["includeAll"], &many["allValue"]), (&Value::Bool(true), &Value::from("''")), "{}", many["name"]);
        }
        for panel in panels(&board) {
            assert_eq!(panel["datasource"]["uid"], "${datasource}");
            for target in list(panel, "/targets") {
                assert_eq!(target["datasource"]["uid"], "${datasource}");
                assert_eq!((&target["editorType"], &target["pluginVersion"]), (&Value::from("sql"), &Value::from("4.20.0")));
            }
        }
        let link = &board["links"][0];
        assert_eq!((&link["keepTime"], &link["includeVars"]), (&Value::Bool(true), &Value::Bool(true)));
    }
}

#[test]
fn every_panel_says_what_it_means_and_in_what_unit() {
    // A sentence; Chinese says as much with fewer signs.
    let short = |text: &str| text.chars().count() < if text.is_ascii() { 40 } else { 18 };
    for board in LANGUAGES.into_iter().flat_map(json) {
        for panel in panels(&board) {
            let text = |pointer: &str| panel.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
            let name = format!("{}: {}", board["title"], panel["title"]);
            assert!(!text("/title").is_empty() && !short(text("/description")), "{name}");
            assert!(text("/description").ends_with(['.', '。']), "{name}");
            assert!(!text("/fieldConfig/defaults/unit").is_empty(), "{name}");
            assert!(!list(panel, "/fieldConfig/defaults/thresholds/steps").is_empty(), "{name}");
            // Nothing is not a zero.
            assert_eq!(text("/fieldConfig/defaults/noValue"), "–", "{name}");
            assert_eq!(text("/fieldConfig/defaults/mappings/0/options/match"), "null+nan", "{name}");
            if panel["type"] == "timeseries" {
                assert_eq!(panel.pointer("/fieldConfig/defaults/custom/spanNulls"), Some(&Value::Bool(false)), "{name}");
            }
        }
    }
}

/// Where a status is in the answer, its words have a text and a colour of their own.
#[test]
fn a_status_is_drawn_in_words_and_colours() {
    for board in LANGUAGES.into_iter().flat_map(of_the_store) {
        let mut with_status = 0;
        for panel in panels(&board) {
            let status = list(panel, "/fieldConfig/overrides").iter().find(|field| field["matcher"]["options"] == "status");
            let Some(status) = status else { continue };
            with_status += 1;
            let mapping = list(status, "/properties").iter().find(|property| property["id"] == "mappings").unwrap();
            let looks: BTreeSet<String> = ["ok", "few", "partial", "no_data"]
                .into_iter()
                .map(|word| {
                    let shown = &mapping["value"][0]["options"][word];
                    format!("{} {}", shown["text"].as_str().unwrap(), shown["color"].as_str().unwrap())
                })
                .collect();
            assert_eq!(looks.len(), 4, "{}", panel["title"]);
        }
        assert!(with_status > 0, "{}", board["title"]);
    }
}

#[test]
fn nothing_overlaps_and_nothing_leaves_the_grid() {
    for board in json(Lang::En) {
        let mut taken: BTreeMap<(u64, u64), String> = BTreeMap::new();
        let mut ids = BTreeSet::new();
        for panel in list(&board, "/panels") {
            let at = |name: &str| panel["gridPos"][name].as_u64().unwrap();
            assert!(at("x") + at("w") <= 24 && at("h") > 0 && at("w") > 0, "{}", panel["title"]);
            assert!(ids.insert(panel["id"].as_u64()), "{}", panel["title"]);
            for x in at("x")..at("x") + at("w") {
                for y in at("y")..at("y") + at("h") {
                    let other = taken.insert((x, y), panel["title"].to_string());
                    assert_eq!(other, None, "{} of {}", panel["title"], board["title"]);
                }
            }
        }
    }
}

/// Every selector of every expression: as Prometheus would read it, Grafana's own words filled in.
fn selectors(expr: &str) -> Vec<VectorSelector> {
    fn of(expr: &Expr, found: &mut Vec<VectorSelector>) {
        match expr {
            Expr::Aggregate(aggregate) => of(&aggregate.expr, found),
            Expr::Unary(unary) => of(&unary.expr, found),
            Expr::Binary(binary) => {
                of(&binary.lhs, found);
                of(&binary.rhs, found);
            }
            Expr::Paren(paren) => of(&paren.expr, found),
            Expr::Subquery(subquery) => of(&subquery.expr, found),
            Expr::VectorSelector(selector) => found.push(selector.clone()),
            Expr::MatrixSelector(matrix) => found.push(matrix.vs.clone()),
            Expr::Call(call) => call.args.args.iter().for_each(|argument| of(argument, found)),
            Expr::NumberLiteral(_) | Expr::StringLiteral(_) | Expr::Extension(_) => {}
        }
    }
    let filled = expr.replace("$__rate_interval", "2m").replace("$__range", "1d").replace("$job", "inflow");
    let mut found = Vec::new();
    of(&promql_parser::parser::parse(&filled).unwrap_or_else(|error| panic!("{error}: {expr}")), &mut found);
    found
}

/// What Prometheus is asked can be asked, of the job that was chosen, and is one of the metrics that docs/operations.md explains. That
/// `/metrics` writes each of them is tested where a store is served.
#[test]
fn prometheus_is_asked_for_what_there_is() {
    let explained = include_str!("../../../docs/operations.md");
    let mut asked = BTreeSet::new();
    for board in dashboards().into_iter().filter(|board| board.reads == Reads::Scrapes) {
        for panel in &board.panels {
            let Source::Scrapes(series) = &panel.source else { continue };
            for (one, selector) in series.iter().flat_map(|one| selectors(one.expr).into_iter().map(move |selector| (one, selector))) {
                assert!(selector.matchers.matchers.contains(&Matcher::new(MatchOp::Equal, "job", "inflow")), "{}", one.expr);
                let name = selector.name.unwrap_or_else(|| panic!("no name in {}", one.expr));
                let base = ["_bucket", "_sum", "_count"].iter().find_map(|end| name.strip_suffix(end)).unwrap_or(&name);
                // The table leaves out what names have in common.
                let short = base.strip_prefix("inflow_connection").map(|rest| format!("`..{rest}`"));
                let said = explained.contains(&format!("`{base}`")) || short.is_some_and(|short| explained.contains(&short));
                assert!(said || base.starts_with("process_"), "{name} is not in docs/operations.md");
                asked.insert(name);
            }
        }
    }
    assert!(asked.len() > 20, "{asked:?}");
    for board in LANGUAGES.into_iter().filter_map(|lang| json(lang).pop()) {
        assert_eq!(list(&board, "/templating/list")[0]["name"], "prometheus");
        for panel in panels(&board) {
            assert!(list(panel, "/targets").iter().all(|target| target["datasource"]["uid"] == "${prometheus}"), "{}", panel["title"]);
        }
    }
}

/// What starts Grafana gives it each address that the data sources are filled from, and what scrapes it names the job.
#[test]
fn compose_fills_in_what_the_data_sources_leave_open() {
    let compose = include_str!("../../../docker-compose.yml");
    let (_, sources) = files("CNY").unwrap().into_iter().find(|(path, _)| path.ends_with("datasources/inflow.yaml")).unwrap();
    let open: Vec<&str> = sources.lines().filter_map(|line| line.split_once(": $")).map(|(_, name)| name).collect();
    assert_eq!(open.len(), 4);
    for name in open {
        assert!(compose.contains(&format!("      {name}: ")), "{name}");
    }
    assert!(compose.contains("./packaging/prometheus/prometheus.yml:/etc/prometheus/prometheus.yml:ro"));
    assert!(include_str!("../../../packaging/prometheus/prometheus.yml").contains("- job_name: inflow\n"));
}

/// Two panels of one dashboard cannot be mistaken for each other.
#[test]
fn titles_are_each_their_own() {
    for board in LANGUAGES.into_iter().flat_map(json) {
        let titles: Vec<&Value> = panels(&board).map(|panel| &panel["title"]).collect();
        assert_eq!(titles.iter().map(ToString::to_string).collect::<BTreeSet<_>>().len(), titles.len(), "{}", board["title"]);
    }
}

/// The words differ, all else is the same.
#[test]
fn both_languages_have_one_structure() {
    for (en, zh) in json(Lang::En).iter().zip(json(Lang::Zh)) {
        assert_eq!(shape(en, "").join("\n"), shape(&zh, "").join("\n"));
        let words = serde_json::to_string(&zh).unwrap();
        assert!(
            words.contains("连接") && !serde_json::to_string(en).unwrap().contains("连接") || words.contains("渠道"),
            "{}",
            en["title"]
        );
        assert!(!serde_json::to_string(en).unwrap().contains("渠道"), "{}", en["title"]);
    }
}

/// Every path of a document with its value, save words for people and what is named after the language.
fn shape(value: &Value, path: &str) -> Vec<String> {
    match value {
        Value::Object(map) => map.iter().flat_map(|(name, value)| shape(value, &format!("{path}/{name}"))).collect(),
        Value::Array(list) => list.iter().enumerate().flat_map(|(at, value)| shape(value, &format!("{path}/{at}"))).collect(),
        Value::String(_) => vec![path.to_owned()],
        other => vec![format!("{path} = {other}")],
    }
}

/// Every column that a table shows has a heading for people: no name of ours stands in one.
#[test]
fn every_column_has_a_heading_in_both_languages() {
    let mut bare = BTreeSet::new();
    for board in json(Lang::Zh) {
        for panel in panels(&board) {
            for field in list(panel, "/fieldConfig/overrides") {
                let name = list(field, "/properties").iter().find(|property| property["id"] == "displayName");
                let hidden = list(field, "/properties").iter().any(|property| property["id"] == "custom.hidden");
                let shown = name.and_then(|name| name["value"].as_str()).unwrap_or_default();
                if !hidden && shown.is_ascii() && shown.parse::<u8>().is_err() && !shown.contains("__field") {
                    bare.insert(format!("{} {}", panel["title"], field["matcher"]["options"]));
                }
            }
        }
    }
    assert!(bare.is_empty(), "{bare:#?}");
}

/// Each text is asked alike by everybody until the next pull: it holds no instant and no chance.
#[test]
fn statements_are_the_same_for_all_viewers() {
    for board in of_the_store(Lang::En) {
        for panel in panels(&board) {
            let sql = panel["targets"][0]["rawSql"].as_str().unwrap();
            for word in ["now(", "today(", "rand", "$__from", "$__to", "$__time", "$__interval"] {
                assert!(!sql.contains(word), "{}: {word}", panel["title"]);
            }
        }
    }
    for rule in rules() {
        assert!(!rule.sql.contains('$') && !rule.sql.contains("now("), "{}", rule.uid);
    }
}

#[test]
fn amounts_carry_the_currency_of_the_company() {
    let text = |currency| files(currency).unwrap().into_iter().map(|(_, text)| text).collect::<String>();
    assert!(text("CNY").contains("currency:financial:¥") && text("USD").contains("currency:financial:$"));
    assert!(text("CHF").contains("currency:financial:CHF") && !text("CHF").contains('¥'));
}
