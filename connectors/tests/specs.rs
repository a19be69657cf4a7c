//! Every spec against its fixtures (invented people) and, where they are at hand, against recorded
//! payloads: a path that finds nothing anywhere is a mistake in the spec.

#![expect(clippy::unwrap_used, reason = "a test fails where it stands")]

#[path = "specs/recorded.rs"]
mod recorded;
#[path = "specs/recorded_ats.rs"]
mod recorded_ats;

use std::path::PathBuf;

use inflow_connectors::examine::{Fetched, examine_fixtures, records_of};
use inflow_connectors::spec::{Kind, Scope, Spec, Stream, all, parse_spec, spec};
use rstest::rstest;
use serde_json::Value;

fn fetched() -> Fetched {
    Fetched { at: "2026-11-20T04:00:00Z".parse().unwrap(), zone: chrono_tz::Asia::Shanghai }
}

fn records(spec: &Spec, stream: &Stream, answers: &[Value]) -> Vec<Value> {
    answers.iter().flat_map(|answer| records_of(spec, stream, answer.to_string().as_bytes(), None).unwrap()).collect()
}

#[test]
fn every_mapped_path_finds_something_in_the_fixtures() {
    let folder = PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").unwrap()).join("fixtures");
    let mut wrong = Vec::new();
    for spec in all() {
        match examine_fixtures(spec, &folder.join(&spec.name), fetched()) {
            Ok(streams) => {
                for found in streams {
                    let place = format!("{}: {}", spec.name, found.stream);
                    if found.records < 2 {
                        wrong.push(format!("{place} needs more than one record"));
                    }
                    wrong.extend(found.nothing.iter().map(|what| format!("{place}: {what} finds nothing")));
                    wrong.extend(found.unreadable.iter().map(|what| format!("{place}: {what}")));
                }
            }
            Err(reason) => wrong.push(reason),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// `INFLOW_UPDATE=1` (cargo xtask gen) writes the documents anew.
#[test]
fn the_catalogue_is_fresh() {
    for (lang, name) in [(inflow_config::Lang::En, "connectors.md"), (inflow_config::Lang::Zh, "connectors.zh.md")] {
        let path = PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").unwrap()).join("../docs").join(name);
        let text = inflow_connectors::catalogue::catalogue(lang);
        if std::env::var_os("INFLOW_UPDATE").is_some() {
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(&path, text).unwrap();
            continue;
        }
        let found = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(found == text, "docs/{name} is stale: run cargo xtask gen");
    }
}

#[test]
fn greenhouse_text_and_money_read_as_meant() {
    let spec = spec("greenhouse").unwrap();
    let stream = spec.stream("jobs").unwrap();
    let text = include_str!("../fixtures/greenhouse/jobs.json");
    let all = records(spec, stream, &[serde_json::from_str(text).unwrap()]);
    let scope: Scope<'_> = stream.scope(all.first().unwrap(), None, chrono_tz::UTC);
    let read = |name: &str| {
        let column = Kind::Postings.column(name).unwrap();
        format!("{:?}", stream.fields.get(name).unwrap().read_column(column, &scope).unwrap().unwrap())
    };
    assert_eq!(read("company"), "Text(\"Hotpot Holdings\")");
    assert_eq!(read("pay_max"), "Decimal(8000.5)");
    assert!(read("body").starts_with("Text(\"<p>Cook &amp; carve."), "{}", read("body"));
    assert_eq!(read("posted_at"), "Time(2026-09-16T15:55:32Z, Exact)");
}

const BOARD: &str = r#"
name = "tea"
title = { en = "Tea", zh = "茶" }
way_in = "official_api"
docs = ["https://tea.example/api"]
base_url = "https://tea.example"
budget = [{ requests = 5, per = "1s" }]
[secrets.key]
about = "the key"
[auth]
kind = "bearer"
token = "{key}"
[[stream]]
name = "jobs"
kind = "postings"
id = "id"
[stream.request]
path = "/jobs"
[stream.fields]
title = "title"
"#;

#[rstest]
#[case("kind = \"postings\"", "kind = \"postings\"\ncolour = 1", "tea.toml: line 16: unknown field `colour`")]
#[case("path = \"/jobs\"", "path = \"/jobs/{org}\"", "tea.toml: jobs.request.path: org is neither a param nor a secret of this board")]
#[case("token = \"{key}\"", "token = \"{kee}\"", "tea.toml: auth: kee is neither a param nor a secret")]
#[case("kind = \"bearer\"", "kind = \"bearers\"", "unknown variant `bearers`, expected one of `none`, `basic`, `bearer`")]
#[case(
    "path = \"/jobs\"",
    "path = \"/jobs\"\npaginate = { kind = \"scroll\" }",
    "unknown variant `scroll`, expected one of `none`, `offset`"
)]
#[case(
    "path = \"/jobs\"",
    "path = \"/jobs\"\npaginate = { kind = \"page\", param = \"p\", limit = 0 }",
    "a page holds at least one record"
)]
#[case(
    "path = \"/jobs\"",
    "path = \"/jobs\"\ncursor = { param = \"since\", lookback = \"soon\" }",
    "\"soon\" is not a span of time like 90s, 15m, 2h or 3d"
)]
#[case(
    "path = \"/jobs\"",
    "path = \"/jobs\"\ncursor = { param = \"since\", lookback = \"0s\" }",
    "boards fill in late: look back at least one second"
)]
#[case(
    "path = \"/jobs\"",
    "path = \"/jobs\"\ncursor = { fields = \"a..b\", param = \"since\", lookback = \"1h\" }",
    "\"a..b\" is not a path: a key is empty"
)]
#[case("id = \"id\"", "id = \"id\"\ncomplete = true\nrequest.cursor = { param = \"since\", lookback = \"1h\" }", "duplicate key")]
#[case("title = \"title\"", "titel = \"title\"", "postings has no column titel; did you mean `title`?")]
#[case("id = \"id\"\n", "", "tea.toml: jobs: a stream of a board needs `id`")]
#[case("budget = [{ requests = 5, per = \"1s\" }]", "budget = []", "tea.toml: budget: a board needs at least one window")]
#[case("requests = 5", "requests = 0", "a window needs at least one request and a length")]
fn a_spec_that_means_nothing_is_refused(#[case] from: &str, #[case] to: &str, #[case] expected: &str) {
    assert!(parse_spec(BOARD, "tea.toml").is_ok());
    let error = parse_spec(&BOARD.replacen(from, to, 1), "tea.toml").unwrap_err().to_string();
    assert!(error.contains(expected), "{error}\nshould contain: {expected}");
}
