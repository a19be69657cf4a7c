//! Landed lines of sheets to rows.

use super::{Mapped, Mapper};
use crate::frame::{Cell, Rows};
use inflow_config::{Config, Connection, Settings};
use inflow_connectors::landing::{Line, LineIdentity};
use inflow_connectors::spec::parse_mapping;
use rstest::rstest;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::PathBuf;

fn config(connection: &Connection) -> Config {
    Config {
        dir: PathBuf::new(),
        file: PathBuf::from("inflow.toml"),
        settings: Settings::default(),
        channels: Vec::new(),
        connections: vec![connection.clone()],
        places: inflow_config::Places::default(),
        personas: inflow_config::Personas::default(),
        alerts: inflow_config::Alerts::default(),
        finance: inflow_config::Finance::default(),
        messages: inflow_config::Messages::default(),
        reposts: inflow_config::Reposts::default(),
        plans: inflow_config::Plans::default(),
        processes: inflow_config::Processes::default(),
        channel_places: inflow_config::Places::default(),
    }
}

fn line(id: &str, record: Value, candidate: &str) -> Line {
    let identity = (!candidate.is_empty()).then(|| LineIdentity { candidate: candidate.to_owned(), ..LineIdentity::default() });
    Line { id: id.to_owned(), key_hash: 1, content_hash: 2, record, identity, lookups: serde_json::Map::new(), gone: false, back: false }
}

/// What a mapping makes of lines.
fn map(mapping: &str, lines: &[Line]) -> Mapped {
    let stream = parse_mapping(mapping, "m.toml").unwrap();
    let connection = Connection::new("hr", "file");
    let config = config(&connection);
    let stages = BTreeMap::new();
    let mapper = Mapper::new(&config, &connection, &stream, &stages, "2026-06-01T00:00:00Z".parse().unwrap());
    let mut mapped = Mapped::new();
    for (at, line) in lines.iter().enumerate() {
        mapper.line(at as u64 + 1, line, &mut mapped);
    }
    mapped
}

fn rows<'m>(mapped: &'m Mapped, table: &str) -> &'m Rows {
    mapped.tables.iter().find(|(known, _)| known.name == table).map(|(_, rows)| rows).unwrap()
}

fn text(rows: &Rows, at: usize, column: &str) -> String {
    match rows.cell(at, column) {
        Cell::Text(text) => text,
        other => format!("{other:?}"),
    }
}

const HIRES: &str = "kind = \"employment\"\nid = \"id\"\nidentity.phone = \"phone\"\n[fields]\n\
    agreed_on = { path = \"agreed\", format = \"%Y-%m-%d\" }\nonboard_on = { path = \"first\", format = \"%Y-%m-%d\" }\n\
    passed_on = { path = \"passed\", format = \"%Y-%m-%d\" }\nleft_on = { path = \"left\", format = \"%Y-%m-%d\" }\nstatus = \"status\"\n";

#[rstest]
#[case(json!({"agreed": "2026-03-01"}), "agreed")]
#[case(json!({"agreed": "2026-03-01", "first": "2026-03-02"}), "employed")]
#[case(json!({"first": "2026-03-02", "passed": "2026-06-02"}), "regular")]
#[case(json!({"first": "2026-03-02", "passed": "2026-06-02", "left": "2026-07-01"}), "left")]
#[case(json!({"agreed": "2026-03-01", "status": "not_started"}), "not_started")]
#[case(json!({}), "")]
fn an_employment_s_state_is_what_its_days_say_unless_it_says_more(#[case] record: Value, #[case] expected: &str) {
    let mapped = map(HIRES, &[line("1", record, "employment/a")]);
    assert_eq!(mapped.faults, []);
    assert_eq!(text(rows(&mapped, "employment"), 0, "status"), expected);
}

#[test]
fn a_row_that_cannot_be_is_set_aside_and_brings_no_person() {
    let mapped = map(HIRES, &[line("1", json!({"first": "2026-03-02", "left": "2026-03-01"}), "employment/a")]);
    assert_eq!(mapped.faults.iter().map(|fault| fault.reason.as_str()).collect::<Vec<_>>(), ["left before the first day"]);
    assert!(rows(&mapped, "employment").is_empty() && rows(&mapped, "candidates").is_empty());
}

#[test]
fn rows_of_one_person_share_a_candidate_that_stays_while_one_of_them_does() {
    let (first, second) =
        (line("1", json!({"first": "2026-03-02"}), "employment/a"), line("2", json!({"first": "2026-05-02"}), "employment/a"));
    let gone = Line { gone: true, ..second.clone() };
    let mapped = map(HIRES, &[first, second, gone]);
    let (hires, people) = (rows(&mapped, "employment"), rows(&mapped, "candidates"));
    assert_eq!((0..3).map(|at| hires.cell(at, "deleted").clone()).collect::<Vec<_>>(), [0, 0, 1].map(Cell::Unsigned));
    assert_eq!((0..people.len()).map(|at| people.cell(at, "deleted").clone()).collect::<Vec<_>>(), [0, 0].map(Cell::Unsigned));
    assert_eq!(text(hires, 2, "candidate_source_id"), "employment/a");
}

#[test]
fn a_case_that_is_named_brings_no_candidate_of_its_own() {
    let mapping = "kind = \"invitations\"\nid = \"id\"\napplication = \"app\"\ncandidate = \"who\"\nfields.sent_at = \"sent\"\n";
    let mapped = map(mapping, &[line("1", json!({"app": 7, "who": "c1", "sent": "2026-03-01T10:00:00+08:00"}), "c1")]);
    let invitations = rows(&mapped, "invitations");
    assert_eq!(text(invitations, 0, "application_source_id"), "7");
    assert_eq!(text(invitations, 0, "candidate_source_id"), "c1");
    assert_eq!(text(invitations, 0, "result"), "invited");
    assert!(rows(&mapped, "candidates").is_empty());
}

#[test]
fn a_case_that_is_gone_says_nothing_of_its_candidate() {
    let mapping = "kind = \"applications\"\nid = \"id\"\ncandidate = \"who\"\n";
    let case = |id: &str, candidate: &str| line(id, json!({}), candidate);
    let gone = |id: &str, candidate: &str| Line { gone: true, ..case(id, candidate) };
    let mapped = map(mapping, &[case("1", "c1"), gone("2", "c1"), gone("3", "3")]);
    let (cases, people) = (rows(&mapped, "applications"), rows(&mapped, "candidates"));
    assert_eq!([0, 1, 2].map(|at| cases.cell(at, "deleted").clone()), [0, 1, 1].map(Cell::Unsigned));
    assert_eq!(text(cases, 2, "candidate_source_id"), "3");
    assert_eq!((people.len(), text(people, 0, "source_id"), people.cell(0, "deleted")), (1, "c1".to_owned(), Cell::Unsigned(0)));
}

#[test]
fn a_state_of_a_posting_tells_when_it_was_put_up_and_taken_down() {
    let mapping = "kind = \"postings\"\nid = \"id\"\n[fields]\ntitle = \"t\"\nstatus = \"s\"\nposted_at = \"p\"\nupdated_at = \"u\"\nclosed_at = \"c\"\n";
    let told = |record: Value, gone: bool, back: bool| -> Vec<String> {
        let mapped = map(mapping, &[Line { gone, back, ..line("1", record, "") }]);
        let events = rows(&mapped, "posting_events");
        let day = |at: usize| match events.cell(at, "occurred_at") {
            Cell::Instant(ms) => chrono::DateTime::from_timestamp_millis(ms).unwrap().format("%m-%d").to_string(),
            other => format!("{other:?}"),
        };
        (0..events.len()).map(|at| format!("{} {} {}", text(events, at, "event"), day(at), text(events, at, "precision"))).collect()
    };
    let open = json!({"t": "店员", "p": "2026-05-01", "u": "2026-05-03 10:00:00", "c": "2026-07-01 00:00:00"});
    assert_eq!(told(open.clone(), false, false), ["opened 04-30 day", "refreshed 05-03 exact"], "an announced end is none");
    assert_eq!(told(open.clone(), true, false), ["opened 04-30 day", "closed 06-01 observed"]);
    assert_eq!(told(open, false, true).last().unwrap(), "opened 06-01 observed");
    let closed = |rest: Value| {
        let mut record = json!({"t": "店员", "s": "closed", "p": "2026-05-01 10:00:00"});
        record.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
        told(record, false, false)
    };
    assert_eq!(closed(json!({"c": "2026-05-09 10:00:00"})), ["opened 05-01 exact", "closed 05-09 exact"]);
    assert_eq!(closed(json!({"u": "2026-05-07 10:00:00"})), ["opened 05-01 exact", "closed 05-07 exact"]);
    assert_eq!(
        told(json!({"t": "店员", "s": "internal", "p": "2026-05-01", "u": "2026-05-02 10:00:00"}), false, false),
        ["closed 05-02 exact"]
    );
    assert!(told(json!({"t": "店员"}), false, false).is_empty());
}

#[rstest]
#[case(json!({"day": "2026-03-01", "n": 3, "who": "r-1"}), "recruiter")]
#[case(json!({"day": "2026-03-01", "n": 3, "job": "厨师"}), "posting")]
#[case(json!({"day": "2026-03-01", "n": 3, "who": "r-1", "job": "厨师"}), "recruiter_posting")]
#[case(json!({"day": "2026-03-01", "n": 0}), "account")]
fn counts_say_what_they_are_a_cut_of(#[case] record: Value, #[case] expected: &str) {
    let mapping = "kind = \"channel_daily\"\nid = \"day\"\n[fields]\nday = { path = \"day\", format = \"%Y-%m-%d\" }\nresumes = \"n\"\nrecruiter = \"who\"\ntitle = \"job\"\n";
    let count = record["n"].as_u64().unwrap();
    let mapped = map(mapping, &[line("1", record, "")]);
    let counts = rows(&mapped, "channel_daily");
    assert_eq!(text(counts, 0, "cut"), expected);
    assert_eq!(text(counts, 0, "channel"), "unknown:");
    assert_eq!((counts.cell(0, "resumes"), counts.cell(0, "chats")), (Cell::Unsigned(count), Cell::Null));
}

#[test]
fn each_unknown_stage_word_counts_once_a_record() {
    let mapping = "kind = \"applications\"\nid = \"id\"\n[[events]]\nname = \"history\"\neach = \"steps\"\nstage = \"stage\"\n";
    let steps = |words: &[&str]| json!({"steps": words.iter().map(|word| json!({"stage": word})).collect::<Vec<_>>()});
    let mapped = map(mapping, &[line("1", steps(&["笔试", "笔试", "体检", "offered"]), "1"), line("2", steps(&["笔试"]), "2")]);
    assert_eq!(mapped.unknown_words, BTreeMap::from([("体检".to_owned(), 1), ("笔试".to_owned(), 2)]));
    assert_eq!((rows(&mapped, "applications").len(), rows(&mapped, "stage_events").len()), (2, 1));
}

#[rstest]
#[case(json!({"first": "1949-10-01"}), "onboard_on")]
#[case(json!({"first": "2026-03-02", "left": "9999-12-31"}), "left_on")]
fn a_day_that_the_store_cannot_hold_is_set_aside(#[case] record: Value, #[case] field: &str) {
    let mapped = map(HIRES, &[line("1", record, "employment/a"), line("2", json!({"first": "2026-03-02"}), "employment/b")]);
    assert_eq!(mapped.faults.iter().map(|fault| (fault.line, fault.field.as_str())).collect::<Vec<_>>(), [(1, field)]);
    assert_eq!(rows(&mapped, "employment").len(), 1);
}

#[rstest]
#[case(json!({"net": "1000", "rate": "6%"}), None)]
#[case(json!({"net": "1000", "rate": "6"}), Some("tax_rate"))]
#[case(json!({"net": "1000", "rate": "-1"}), Some("tax_rate"))]
#[case(json!({"net": "99999999999999", "rate": "0.06"}), Some("gross"))]
#[case(json!({"net": "79228162514264337593543950335", "rate": "0.06"}), Some("net"))]
fn a_ledger_line_that_cannot_be_stops_no_other(#[case] record: Value, #[case] field: Option<&str>) {
    let mapping = "kind = \"spend\"\nid = \"id\"\n[fields]\nchannel = { default = \"boss\" }\nkind = { default = \"cpc\" }\nbooked_on = { default = \"2026-03-01\", format = \"%Y-%m-%d\" }\nnet = \"net\"\ntax_rate = \"rate\"\n";
    let mapped = map(mapping, &[line("1", record, ""), line("2", json!({"net": "1"}), "")]);
    assert_eq!(mapped.faults.iter().map(|fault| fault.field.as_str()).collect::<Vec<_>>(), field.into_iter().collect::<Vec<_>>());
    assert_eq!(rows(&mapped, "spend").len(), if field.is_some() { 1 } else { 2 });
}

const STEPS: &str = "kind = \"applications\"\nid = \"id\"\n[[events]]\nname = \"history\"\neach = \"steps\"\nstage = \"stage\"\nat = \"at\"\nretracts = \"undone\"\n";

#[rstest]
#[case(json!([{"stage": "rejected", "at": "2026-03-01T00:00:00Z"}]), "rejected")]
#[case(json!([{"stage": "rejected", "at": "2026-03-01T00:00:00Z"}, {"stage": "rejected", "at": "2026-03-02T00:00:00Z", "undone": true}]), "open")]
#[case(json!([{"stage": "rejected", "at": "2026-03-03T00:00:00Z"}, {"stage": "rejected", "at": "2026-03-02T00:00:00Z", "undone": true}]), "rejected")]
#[case(json!([{"stage": "onboarded", "at": "2026-03-01T00:00:00Z"}, {"stage": "rejected", "at": "2026-03-02T00:00:00Z"}, {"stage": "rejected", "at": "2026-03-02T00:00:00Z", "undone": true}]), "hired")]
fn a_rejection_that_was_taken_back_is_no_outcome(#[case] steps: Value, #[case] expected: &str) {
    let mapped = map(STEPS, &[line("1", json!({"steps": steps}), "1")]);
    assert_eq!(mapped.faults, []);
    assert_eq!(text(rows(&mapped, "applications"), 0, "status"), expected);
}

#[test]
fn an_instant_that_cannot_be_costs_its_event() {
    let steps = json!([{"stage": "viewed", "at": "2026-03-01T00:00:00Z"}, {"stage": "applied", "at": "2300-01-01T00:00:00Z"}]);
    let mapped = map(STEPS, &[line("1", json!({"steps": steps}), "1")]);
    assert_eq!((rows(&mapped, "applications").len(), rows(&mapped, "stage_events").len(), mapped.faults.len()), (1, 1, 1));
}
