//! The API over the real store: the same figures as the command line, tokens that hold while they hold, and no secret anywhere.

use crate::holder::Holder;
use crate::world::{Staged, line};
use inflow_tests::{Company, landing_text};
use serde_json::Value;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::Command;

/// An answer, its body as it came.
struct Told {
    status: u16,
    head: String,
    body: String,
}

impl Told {
    fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.head
            .lines()
            .filter_map(|line| line.split_once(": "))
            .find(|(found, _)| found.eq_ignore_ascii_case(name))
            .map(|(_, value)| value)
    }
}

fn ask(daemon: &Holder<'_>, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Told {
    let page = daemon.page();
    let mut stream = TcpStream::connect(&page).unwrap();
    let extra: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect::<Vec<_>>().concat();
    let length = body.len();
    // HTTP/1.0: the body comes whole and not in chunks.
    let head = format!("{method} {path} HTTP/1.0\r\nHost: {page}\r\nContent-Length: {length}\r\n{extra}\r\n");
    stream.write_all(head.as_bytes()).unwrap();
    stream.write_all(body.as_bytes()).unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    let answer = String::from_utf8(answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    Told { status: head.split(' ').nth(1).unwrap().parse().unwrap(), head: head.to_owned(), body: body.to_owned() }
}

fn bearer(token: &str) -> String {
    format!("Bearer {token}")
}

/// A company with a password for readers, so that page and API ask for tokens on loopback too; its boards are read.
fn staged() -> Staged {
    let staged = Staged::new(7, 1500);
    let settings = staged.company.path().join("config/inflow.toml");
    let text = std::fs::read_to_string(&settings).unwrap();
    let text =
        format!("{text}\n[serve]\nreader_password = \"file:reader.password\"\npage = \"127.0.0.1:0\"\nclickhouse = \"127.0.0.1:0\"\n");
    std::fs::write(&settings, text).unwrap();
    staged.company.write("config/reader.password", "open sesame");
    staged.company.run(&line(&["run", "--once"])).ok();
    staged
}

fn add(company: &Company, arguments: &[&str]) -> String {
    let answer = company.run(&line(&[&["token", "add"], arguments].concat())).ok();
    let token = answer.out.trim().to_owned();
    assert!(token.starts_with("inflow_") && token.len() == 80 && !answer.err.contains(&token), "{answer:?}");
    token
}

const PERIOD: [&str; 6] = ["--from", "2026-06-01", "--to", "2026-11-30", "--as-of", "2026-11-30T08:00:00+00:00"];
const QUERY: &str = "from=2026-06-01&to=2026-11-30&as_of=2026-11-30T08:00:00Z";

/// What `inflow report` prints, character by character.
fn printed(company: &Company, metric: &str, more: &[&str], format: &str) -> String {
    company.run(&line(&[&["report", metric, "--format", format], &PERIOD[..], more].concat())).ok().out
}

/// Every figure of the document, as its digits stand in the text.
fn digits(text: &str) -> Vec<String> {
    let flat: String =
        text.split('"').enumerate().map(|(at, part)| if at % 2 == 0 { part.to_owned() } else { format!(" {part} ") }).collect();
    flat.split(|c: char| !(c.is_ascii_digit() || matches!(c, '.' | '-' | 'e' | '+')))
        .filter(|part| part.chars().any(|c| c.is_ascii_digit()))
        .map(str::to_owned)
        .collect()
}

#[test]
fn the_api_says_what_the_command_line_says_to_whom_it_may() {
    let staged = staged();
    let company = &staged.company;
    let daemon = Holder::start(company, &line(&["serve", "--log", "trace"]));
    let get = |token: &str, path: &str| ask(&daemon, "GET", path, &[("Authorization", &bearer(token))], "");

    // Made beside the process that serves, it counts there at once.
    let manager = add(company, &["lin", "--role", "manager"]);
    let finance = add(company, &["cfo", "--role", "finance", "--limit", "5000/min"]);
    let auditor = add(company, &["auditor", "--role", "auditor", "--expires", "2100-01-01"]);
    assert_eq!(ask(&daemon, "GET", "/api/v1/metrics", &[], "").status, 401);

    // To the last digit, and the bytes of the csv.
    for metric in ["volume", "conversion", "spend", "cost_per_resume", "application_heat", "ties", "time_in_stage"] {
        let told = get(&manager, &format!("/api/v1/report/{metric}?{QUERY}"));
        assert_eq!(told.status, 200, "{}", told.body);
        let said = printed(company, metric, &[], "json");
        assert_eq!(told.json(), serde_json::from_str::<Value>(&said).unwrap(), "{metric}");
        assert_eq!(digits(&told.body), digits(&said), "{metric}");
        let csv = ask(
            &daemon,
            "GET",
            &format!("/api/v1/report/{metric}?{QUERY}"),
            &[("Authorization", &bearer(&manager)), ("Accept", "text/csv")],
            "",
        );
        assert_eq!((csv.status, csv.body), (200, printed(company, metric, &[], "csv")), "{metric}");
    }

    // A recruiter's report is the report with the filter, and its list is that list.
    let requisition = requisition_of(company);
    let recruiter = add(company, &["wu", "--role", "recruiter", "--requisition", &requisition]);
    let filter = format!("requisition={requisition}");
    for metric in ["volume", "conversion", "cost_per_resume", "time_in_stage", "step_rate"] {
        let told = get(&recruiter, &format!("/api/v1/report/{metric}?{QUERY}")).json();
        let said: Value = serde_json::from_str(&printed(company, metric, &["--filter", &filter], "json")).unwrap();
        assert_eq!((&told["rows"], &told["reconciles"]), (&said["rows"], &Value::Null), "{metric}");
        let whole: Value = serde_json::from_str(&printed(company, metric, &[], "json")).unwrap();
        // Nobody of this company has moved on from a stage.
        assert_eq!(told["rows"] == whole["rows"], matches!(metric, "time_in_stage" | "step_rate"), "{metric} is narrowed");
    }
    let refused = get(&recruiter, &format!("/api/v1/report/posting_time?{QUERY}"));
    assert_eq!((refused.status, refused.header("content-type")), (403, Some("application/problem+json")));

    // The lists, page by page, are the whole lists.
    let listed = |token: &str, first: &str, key: &str| {
        let (mut ids, mut next) = (Vec::new(), Some(first.to_owned()));
        while let Some(path) = next {
            let page = get(token, &path);
            assert_eq!(page.status, 200, "{path}: {}", page.body);
            ids.extend(page.json()["items"].as_array().unwrap().iter().map(|item| item[key].as_str().unwrap().to_owned()));
            next = page.header("link").map(|link| link.split(['<', '>']).nth(1).unwrap().to_owned());
        }
        ids
    };
    let behind = |more: &[&str]| -> Vec<String> {
        let said: Value = serde_json::from_str(&printed(company, "stage_entries", &[&["--by", "channel"], more].concat(), "json")).unwrap();
        let rows = said["rows"].as_array().unwrap().iter().filter(|row| row["stage"] == "applied");
        rows.map(|row| row["application"].as_str().unwrap().to_owned()).collect()
    };
    for (token, more) in [(&manager, vec![]), (&recruiter, vec!["--filter", filter.as_str()])] {
        let (mut pages, mut whole) =
            (listed(token, &format!("/api/v1/applications?{QUERY}&stage=applied&limit=197"), "application"), behind(&more));
        pages.sort();
        whole.sort();
        assert!(!whole.is_empty() && pages == whole, "{} against {}", pages.len(), whole.len());
    }
    let entries = listed(&finance, &format!("/api/v1/entries?{QUERY}&limit=7"), "entry");
    let said: Value = serde_json::from_str(&printed(company, "spend_entries", &[], "json")).unwrap();
    assert_eq!(entries.len(), said["rows"].as_array().unwrap().len());
    assert_eq!(
        listed(&auditor, "/api/v1/runs?limit=3", "id").len().to_string(),
        value_of(company, "SELECT count() FROM inflow_state.runs")
    );

    // Finance: figures and lines, and not one application of the company.
    let application = behind(&[]).remove(0);
    assert!(get(&manager, &format!("/api/v1/report/stage_entries?{QUERY}")).body.contains(&application));
    for metric in get(&manager, "/api/v1/me").json()["metrics"].as_array().unwrap() {
        let told = get(&finance, &format!("/api/v1/report/{}?{QUERY}", metric.as_str().unwrap()));
        assert!(matches!(told.status, 200 | 403) && !told.body.contains(&application), "{metric}: {} {}", told.status, told.body);
    }

    // What was seen is not sent again, until something is stored.
    let path = format!("/api/v1/report/volume?{QUERY}");
    let tag = get(&manager, &path).header("etag").unwrap().to_owned();
    let again = || ask(&daemon, "GET", &path, &[("Authorization", &bearer(&manager)), ("If-None-Match", &tag)], "");
    assert_eq!((again().status, again().body.len()), (304, 0));
    company.run(&line(&["analyze"])).ok();
    assert_eq!(again().status, 200);

    // Advice, and what is decided on it.
    let advice = get(&manager, "/api/v1/advice?kind=budget").json();
    let id = advice["advice"][0]["id"].as_str().unwrap().to_owned();
    let body = serde_json::json!({"advice": id, "verdict": "accepted", "by": "Lin Example", "reason": "it is worth a month"}).to_string();
    let json = ("Content-Type", "application/json");
    let decided = ask(&daemon, "POST", "/api/v1/decisions", &[("Authorization", &bearer(&manager)), json], &body);
    assert_eq!(decided.status, 201, "{}", decided.body);
    assert_eq!(ask(&daemon, "POST", "/api/v1/decisions", &[("Authorization", &bearer(&auditor)), json], &body).status, 403);
    assert_eq!(get(&finance, "/api/v1/advice?kind=budget").json()["advice"][0]["decision"], decided.json());

    // The page signs in with it.
    let signed = ask(&daemon, "POST", "/login", &[json], &serde_json::json!({"token": manager}).to_string());
    assert_eq!(signed.status, 204, "{}", signed.body);
    let cookie = signed.header("set-cookie").unwrap().split(';').next().unwrap().to_owned();
    assert_eq!(ask(&daemon, "GET", "/", &[("Cookie", &cookie)], "").status, 200);

    // Revoked, it opens nothing at once; the session that it began neither.
    company.run(&line(&["token", "revoke", "lin"])).ok();
    assert_eq!((get(&manager, "/api/v1/metrics").status, ask(&daemon, "GET", "/api/v1/me", &[("Cookie", &cookie)], "").status), (401, 401));

    // Who did what.
    let audit = listed(&auditor, "/api/v1/audit?limit=2", "action");
    for action in ["token add", "decide", "sign in", "token revoke"] {
        assert!(audit.iter().any(|found| found == action), "{action} in {audit:?}");
    }

    // Uses are told when it ends; no secret is anywhere: not in what it logged, not in the store, not in landing.
    let said = daemon.said();
    assert_eq!(daemon.end().0, 0);
    let list: Value = serde_json::from_str(&company.run(&line(&["token", "list", "--format", "json"])).ok().out).unwrap();
    let of = |name: &str| list.as_array().unwrap().iter().find(|token| token["name"] == name).unwrap();
    assert!(of("lin")["requests"].as_u64().unwrap() > 20 && of("lin")["last_used_at"].is_string(), "{list}");
    assert_eq!(
        (of("lin")["state"].as_str(), of("cfo")["state"].as_str(), of("wu")["requisitions"][0].as_str()),
        (Some("revoked"), Some("ok"), Some(requisition.as_str()))
    );
    let tables: String = ["tokens", "token_uses", "audit", "decisions"]
        .map(|table| company.run(&line(&["query", &format!("SELECT * FROM inflow_state.{table}"), "--format", "TSV"])).ok().out)
        .concat();
    assert!(tables.contains(of("lin")["prefix"].as_str().unwrap()));
    for token in [&manager, &finance, &auditor, &recruiter] {
        let secret = token.rsplit('_').next().unwrap();
        for (place, text) in [("the log", &said), ("the state", &tables), ("landing", &landing_text(&company.path().join("data")))] {
            assert!(!text.contains(secret), "a token is in {place}");
        }
    }
}

/// One value of a query; the reader has a password here, which the command line knows.
fn value_of(company: &Company, sql: &str) -> String {
    company.run(&line(&["query", sql, "--format", "TSV"])).ok().out.trim().to_owned()
}

/// The requisition with most cases, as filters name it.
fn requisition_of(company: &Company) -> String {
    let sql = "SELECT requisition FROM inflow.application_stages WHERE requisition != '' GROUP BY requisition ORDER BY count() DESC, requisition LIMIT 1";
    let found = value_of(company, sql);
    assert!(!found.is_empty(), "the world has requisitions");
    found
}

#[test]
fn what_is_wrong_with_a_token_is_said() {
    let company = Company::new();
    company.run(&["init"]).ok();
    let said = |arguments: &[&str]| company.run(&[&["token"], arguments].concat());
    for (arguments, part) in [
        (&["add", "wu", "--role", "recruiter"][..], "a recruiter's token reads its own requisitions, and none is named"),
        (&["add", "lin", "--role", "manager", "--requisition", "hr/1"], "the role manager is not narrowed to requisitions"),
        (&["add", " ", "--role", "manager"], "is no name for a token"),
        (&["add", "lin", "--role", "manager", "--expires", "2001-01-01"], "--expires 2001-01-01 is not a day to come"),
        (&["revoke", "nobody"], "nobody has a token \"nobody\""),
    ] {
        let answer = said(arguments);
        assert!(answer.code == 1 && answer.err.contains(part) && answer.err.contains("hint:"), "{answer:?}");
    }
    assert!(said(&["list"]).ok().err.contains("nobody has a token"));
    said(&["add", "lin", "--role", "admin"]).ok();
    let answer = said(&["add", "lin", "--role", "admin"]);
    assert!(answer.code == 1 && answer.err.contains("\"lin\" has a token already"), "{answer:?}");
    let table = said(&["list"]).ok().out;
    assert!(table.contains("lin") && table.contains("admin") && table.contains("600"), "{table}");
}

/// Generated requests by the description of the API: no 5xx, and no answer that is not as described. `cargo xtask test` installs the tool.
#[test]
fn schemathesis_finds_nothing() {
    let Some(program) = std::env::var_os("INFLOW_SCHEMATHESIS").map(PathBuf::from).filter(|program| program.is_file()) else {
        println!("SKIPPED: schemathesis is not installed; `cargo xtask test` says why, INFLOW_SCHEMATHESIS names its program");
        return;
    };
    let staged = staged();
    let company = &staged.company;
    let daemon = Holder::start(company, &line(&["serve"]));
    let token = add(company, &["schemathesis", "--role", "admin", "--limit", "1000000/min"]);
    let output = Command::new(program)
        .args(["run", &format!("http://{}/api/v1/openapi.json", daemon.page()), "--header", &format!("Authorization: {}", bearer(&token))])
        .args([
            "--checks",
            "not_a_server_error,status_code_conformance,content_type_conformance,response_headers_conformance,response_schema_conformance",
        ])
        .args(["--max-examples", "15", "--seed", "7", "--request-timeout", "60", "--no-color", "--suppress-health-check", "all"])
        .current_dir(company.path())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}\n{}", daemon.said());
    assert!(said.contains("passed"), "{said}");
}
