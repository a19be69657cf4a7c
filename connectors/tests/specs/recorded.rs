//! Recorded answers of the boards, read with the specs that bring them in: nothing unreadable, and every column that the
//! recording holds. What a board says beyond our columns is listed beside each case.
//!
//! The recordings are other people's and not part of the project: `INFLOW_PAYLOADS` names the folder.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use inflow_connectors::examine::{Entries, add_detail, entries_of, examine, records_of};
use inflow_connectors::spec::{Spec, Stream, spec};
use serde_json::{Value, json};

use super::fetched;

/// One recording.
struct Case {
    board: &'static str,
    stream: &'static str,
    file: &'static str,
    /// Answer to a second call: its key and its file.
    detail: Option<(&'static str, &'static str)>,
    records: usize,
    /// Columns and paths that the recording does not hold.
    nothing: &'static [&'static str],
}

impl Case {
    const fn new(board: &'static str, stream: &'static str, file: &'static str, records: usize, nothing: &'static [&'static str]) -> Case {
        Case { board, stream, file, detail: None, records, nothing }
    }
}

const PAY: &[&str] = &["pay_currency", "pay_max", "pay_min", "pay_period", "pay_text"];

fn cases() -> Vec<Case> {
    vec![
        // Pay was not asked for. Offices, metadata and the language have no column.
        Case::new("greenhouse", "jobs", "greenhouse/careerkit_greenhouse.json", 2, &["pay_currency", "pay_max", "pay_min", "pay_text"]),
        // Workplace type, all locations and the address to apply at.
        Case::new("lever", "site_postings", "lever/careerkit_lever.json", 2, PAY),
        // One has a requisition code.
        Case::new("lever", "postings", "lever/nango_postings.json", 6, &[]),
        // `expand=applications` was not recorded.
        Case::new("lever", "opportunities", "lever/nango_opportunities.json", 1004, &["posting_source_id", "requisition_source_id"]),
        // Team beside the department, workplace type, address to apply at.
        Case::new("ashby", "job_board", "ashby/careerkit_ashby.json", 2, &[]),
        // The text is a second call's, the department is an empty object. Industry, function, experience, custom fields.
        Case::new("smartrecruiters", "postings", "smartrecruiters/careerkit_smartrecruiters.json", 1, &["body", "department"]),
        // No offer has an end. Hours, category, experience, education, questions, tags.
        Case::new("recruitee", "offers", "recruitee/careerkit_recruitee.json", 2, &["closed_at"]),
        // One position, listed twice, without a text. Category, seniority, years of experience, occupation.
        Case::new("personio", "positions", "personio/careerkit_personio.xml", 1, &["body"]),
        // A list without second calls: both places are numbers of places.
        Case::new("workday", "jobs", "workday/careerkit_workday.json", 2, &["body", "closed_at", "country", "employment_type", "place"]),
        // One job in two countries, recorded without `details=true`; its city is empty. Whether it is remote.
        Case::new(
            "workable",
            "widget_jobs",
            "workable/careerkit_workable.json",
            1,
            &["body", "city", "employment_type", "requisition_source_id"],
        ),
        // Texts were cut out of the recording. Streets and postal codes.
        Case::new(
            "teamtailor",
            "jobs",
            "teamtailor/careerkit_teamtailor.json",
            2,
            &[
                "body",
                "closed_at",
                "department",
                "employment_type",
                "path date_modified",
                "pay_currency",
                "pay_max",
                "pay_min",
                "pay_period",
                "pay_text",
                "updated_at",
            ],
        ),
        // A list without second calls. Whether it is remote.
        Case::new("bamboohr", "careers", "bamboohr/careerkit_bamboohr.json", 2, &["body", "country", "pay_text", "posted_at", "status"]),
        // One job in two places; a list without second calls.
        Case::new(
            "rippling",
            "jobs",
            "rippling/careerkit_rippling.json",
            1,
            &["body", "employment_type", "pay_currency", "pay_max", "pay_min", "pay_period", "posted_at"],
        ),
        // Workplace type.
        Case {
            detail: Some(("detail", "oracle_orc/careerkit_oracle_orc_detail.json")),
            ..Case::new(
                "oracle_orc",
                "requisitions",
                "oracle_orc/careerkit_oracle_orc.json",
                2,
                &["city", "closed_at", "company", "department", "employment_type", "requisition_source_id"],
            )
        },
        // A list without second calls.
        Case::new(
            "eightfold",
            "jobs",
            "eightfold/careerkit_eightfold.json",
            2,
            &["body", "path t_update", "requisition_source_id", "updated_at"],
        ),
        // Workplace type, headings of the parts of the text.
        Case::new(
            "pinpoint",
            "postings",
            "pinpoint/careerkit_pinpoint.json",
            2,
            &["city", "country", "employment_type", "path updated_at", "posted_at", "updated_at"],
        ),
        // A list without second calls: the text is its teaser.
        Case::new(
            "phenom",
            "jobs",
            "phenom/careerkit_phenom.html",
            2,
            &["closed_at", "company", "pay_currency", "pay_max", "pay_min", "pay_period", "pay_text"],
        ),
        // A list without second calls, its departments empty. Street, county, postal code.
        Case::new("paylocity", "jobs", "paylocity/careerkit_paylocity.html", 2, &["body", "department"]),
        // A list without second calls.
        Case::new(
            "icims",
            "jobs",
            "icims/careerkit_icims.html",
            2,
            &[
                "body",
                "city",
                "closed_at",
                "company",
                "country",
                "department",
                "employment_type",
                "pay_currency",
                "pay_max",
                "pay_min",
                "pay_period",
                "pay_text",
                "posted_at",
            ],
        ),
        // A list without second calls.
        Case::new("jobvite", "jobs", "jobvite/careerkit_jobvite.html", 2, &["body"]),
        // A list without second calls.
        Case::new("hrmdirect", "openings", "hrmdirect/careerkit_hrmdirect.html", 2, &["body", "employment_type", "pay_text", "place"]),
        // When it was first advertised, beside the time of publication.
        Case::new("neogov", "feed", "neogov/careerkit_neogov.xml", 2, &["employment_type", "requisition_source_id"]),
        // Tags.
        Case::new("remotive", "remote_jobs", "remotive/breteai_remotive.json", 1, &[]),
        // A pay of 0 is none.
        Case::new("remoteok", "api", "remoteok/breteai_remoteok.json", 1, &["pay_currency", "pay_max", "pay_min", "pay_period"]),
        // Whether it is remote.
        Case::new("arbeitnow", "job_board", "arbeitnow/breteai_arbeitnow.json", 1, &["employment_type"]),
        // Seniority, time zones.
        Case::new("himalayas", "jobs", "himalayas/breteai_himalayas.json", 1, &[]),
        // Level.
        Case::new("jobicy", "remote_jobs", "jobicy/breteai_jobicy.json", 1, &["pay_currency", "pay_max", "pay_min", "pay_period"]),
    ]
}

pub fn payloads() -> Option<PathBuf> {
    // Asked at run time: clones that share a target folder share this binary too.
    let default = || std::env::var_os("CARGO_MANIFEST_DIR").map(|own| PathBuf::from(own).join("../../shared/payloads"));
    let folder = std::env::var_os("INFLOW_PAYLOADS").map(PathBuf::from).or_else(default)?;
    folder.is_dir().then_some(folder)
}

/// Answers of a recording: `{"get": {"<path>": {"response": ..} or [{"response": ..}, ..]}}`, or the answer itself.
fn answers(path: &Path) -> Vec<Vec<u8>> {
    let bytes = std::fs::read(path).unwrap();
    let document: Option<Value> = serde_json::from_slice(&bytes).ok();
    let Some(calls) = document.as_ref().and_then(|document| document.get("get")?.as_object()) else { return vec![bytes] };
    let all = calls.values().flat_map(|call| call.as_array().cloned().unwrap_or_else(|| vec![call.clone()]));
    all.map(|call| call.get("response").cloned().unwrap_or_default().to_string().into_bytes()).collect()
}

fn read(spec: &Spec, stream: &Stream, path: &Path) -> Vec<Value> {
    answers(path)
        .iter()
        .flat_map(|answer| records_of(spec, stream, answer, None).unwrap_or_else(|reason| panic!("{}: {reason}", path.display())))
        .collect()
}

/// Lists that others look up.
fn references(spec: &Spec, folder: &Path) -> Entries {
    let files = [("lever", "stages", "lever/nango_stages.json"), ("lever", "archive_reasons", "lever/nango_archive-reasons.json")];
    let own = files.iter().filter(|(board, ..)| *board == spec.name);
    own.map(|(_, name, file)| {
        let stream = spec.stream(name).unwrap();
        ((*name).to_owned(), entries_of(stream, &read(spec, stream, &folder.join(file))))
    })
    .collect()
}

#[test]
fn recorded_payloads_read_without_a_doubt() {
    let Some(folder) = payloads() else { return };
    let mut wrong = Vec::new();
    for case in cases() {
        let spec = spec(case.board).unwrap();
        let stream = spec.stream(case.stream).unwrap();
        let place = format!("{}: {}", case.board, case.stream);
        let mut all = read(spec, stream, &folder.join(case.file));
        if let Some((key, file)) = case.detail {
            add_detail(spec, stream, key, &std::fs::read(folder.join(file)).unwrap(), &mut all).unwrap();
        }
        let ids: BTreeSet<String> = all.iter().filter_map(|record| stream.source_id(record)).collect();
        let found = examine(spec, stream, &all, &references(spec, &folder), fetched());
        let expected: BTreeSet<String> = case.nothing.iter().map(ToString::to_string).collect();
        if ids.len() != all.len() {
            wrong.push(format!("{place}: ids are missing or not unique"));
        }
        if found.records != case.records {
            wrong.push(format!("{place}: {} records, not {}", found.records, case.records));
        }
        if !found.unreadable.is_empty() {
            wrong.push(format!("{place}: unreadable {:?}", found.unreadable));
        }
        if found.nothing != expected {
            let (lost, won): (Vec<&String>, Vec<&String>) =
                (found.nothing.difference(&expected).collect(), expected.difference(&found.nothing).collect());
            wrong.push(format!("{place}: does not find {lost:?}, finds after all {won:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Comments of "Who is hiring" threads with what people read in them.
#[test]
fn recorded_comments_are_read_as_people_read_them() {
    let Some(folder) = payloads() else { return };
    let document: Value = serde_json::from_slice(&std::fs::read(folder.join("hn/whoishiring_eval_cases_2025.json")).unwrap()).unwrap();
    let cases = document["test_cases"].as_array().unwrap();
    let hits: Vec<Value> = cases
        .iter()
        .map(|case| json!({"objectID": case["id"], "comment_text": case["comment"]["content"], "created_at": case["comment"]["date"]}))
        .collect();
    let spec = spec("hn").unwrap();
    let records = records_of(spec, spec.stream("comments").unwrap(), json!({ "hits": hits }).to_string().as_bytes(), None).unwrap();
    let job = |id: &Value| records.iter().find(|record| record["objectID"] == *id).map(|record| &record["job"]);
    let mut jobs = 0;
    for case in cases {
        let expected = &case["expected"];
        let found = job(&case["id"]);
        let is_job = expected["roles"].as_array().is_some_and(|roles| !roles.is_empty());
        assert_eq!(found.is_some(), is_job, "{}", case["name"]);
        let Some(found) = found else { continue };
        jobs += 1;
        let title = found["title"].as_str().unwrap().to_lowercase();
        for role in expected["roles"].as_array().unwrap() {
            // Any of these words stands in the title.
            let words = role["match_by"]["role_title_contains"].as_array().unwrap();
            let named = words.iter().any(|word| title.contains(&word.as_str().unwrap().to_lowercase()));
            let in_the_text_only = ["Security"].contains(&words[0].as_str().unwrap());
            assert!(named || in_the_text_only, "{}: {title} names none of {words:?}", case["name"]);
            let company = [&role["expect"]["company_name"], &expected["all_roles"]["company_name"]];
            for name in company.into_iter().filter_map(Value::as_str) {
                assert_eq!(found["company"], name, "{}", case["name"]);
            }
            let paid = role["expect"]["salary_min"].is_number();
            assert!(!paid || found["pay"].is_string(), "{}: no pay", case["name"]);
            for place in role["expect"]["locations_contain"].as_array().into_iter().flatten().filter_map(Value::as_str) {
                assert!(found["place"].as_str().unwrap_or_default().contains(place), "{}: {place}", case["name"]);
            }
        }
    }
    assert_eq!(jobs, 9);
}
