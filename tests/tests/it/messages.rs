//! Bad input gets one clear sentence, a hint and the right exit code; other connections are unharmed, nothing is lost.

use crate::world::{Staged, line};
use inflow_simulator::{Fault, FaultKind, Server};
use inflow_tests::{Answer, Company};
use serde_json::json;
use std::fmt::Write;
use std::time::Duration;
use tokio::runtime::Runtime;

const SETTINGS: &str = "[company]\nname = \"Acme\"\n\n[identity]\nkey = \"file:keys/identity.key\"\nerase_key = \"file:keys/erase.key\"\n";
const CHANNELS: &str = "[[channel]]\nid = \"boss\"\nname = { en = \"BOSS\", zh = \"BOSS直聘\" }\n";

fn company() -> Company {
    let company = Company::new();
    company.write("inflow.toml", SETTINGS);
    company.write("channels.toml", CHANNELS);
    company
}

/// What is said, without what changes from run to run: ports, process ids, the test's folder.
fn said(company: &Company, answer: &Answer) -> String {
    let folder = company.path().display().to_string();
    let mut text = String::new();
    for word in answer.err.replace(&folder, "FOLDER").split_inclusive([' ', '\n']) {
        let (body, tail) = word.split_at(word.trim_end().len());
        let clean =
            body.split("127.0.0.1:")
                .enumerate()
                .map(|(at, part)| {
                    if at == 0 {
                        part.to_owned()
                    } else {
                        format!("127.0.0.1:PORT{}", part.trim_start_matches(|c: char| c.is_ascii_digit()))
                    }
                })
                .collect::<String>();
        text.push_str(&clean);
        text.push_str(tail);
    }
    format!("exit {}\n{text}", answer.code)
}

/// Configuration errors: what is written, and what is said.
#[test]
fn configuration() {
    let cases: &[(&str, &str, &str)] = &[
        ("an unknown key", "inflow.toml", "[company]\nname = \"Acme\"\ncurency = \"CNY\"\n"),
        ("a wrong type", "inflow.toml", "[company]\nname = 5\n\n[landing]\nsegment_records = \"many\"\n"),
        ("no such zone", "inflow.toml", "[company]\nname = \"Acme\"\ntimezone = \"Asia/Shangai\"\n"),
        (
            "a missing secret",
            "connections/lever.toml",
            "connector = \"lever\"\nchannel = \"boss\"\n[secrets]\napi_key = \"env:INFLOW_TEST_NO_SUCH_KEY\"\n",
        ),
        ("a secret in clear", "connections/lever.toml", "connector = \"lever\"\nchannel = \"boss\"\n[secrets]\napi_key = \"hunter2\"\n"),
        (
            "a bad cron",
            "connections/lever.toml",
            "connector = \"lever\"\nchannel = \"boss\"\nschedule = \"*/15 * * * *\"\n[params]\nsite = \"acme\"\n",
        ),
        ("an unknown connector", "connections/lever.toml", "connector = \"leverr\"\nchannel = \"boss\"\n"),
        ("a missing param", "connections/gh.toml", "connector = \"greenhouse\"\nchannel = \"boss\"\n"),
        ("an unknown channel", "connections/gh.toml", "connector = \"greenhouse\"\nchannel = \"bos\"\n[params]\nboard_token = \"acme\"\n"),
        ("not TOML", "channels.toml", "[[channel]\nid = \"boss\"\n"),
    ];
    let mut all = String::new();
    for (name, file, text) in cases {
        let company = company();
        company.write(file, text);
        let answer = company.run(&["validate"]);
        assert_eq!(answer.code, 1, "{name}: {answer:?}");
        assert!(!answer.err.contains("hunter2"), "a secret in a message");
        writeln!(all, "# {name}\n{}", said(&company, &answer)).unwrap();
    }
    let company = Company::new();
    writeln!(all, "# no configuration\n{}", said(&company, &company.run(&["run", "--once"]))).unwrap();
    insta::assert_snapshot!("configuration_messages", shortened(&all));
}

/// The list of all connectors, which grows with each, as its first and its last.
fn shortened(text: &str) -> String {
    let short = |line: &str| match line.split_once(": there is no connector leverr: one of ") {
        Some((before, known)) => {
            let names: Vec<&str> = known.split(", ").collect();
            assert!(names.len() >= 40, "{} connectors", names.len());
            format!("{before}: there is no connector leverr: one of {}, .., {}\n", names[0], names[names.len() - 1])
        }
        None => format!("{line}\n"),
    };
    text.lines().map(short).collect()
}

/// Boards that misbehave: the failing connection is named, the others are pulled, nothing of it is landed.
#[test]
fn boards() {
    let cases: Vec<(&str, FaultKind)> = vec![
        ("401", FaultKind::Status(401)),
        ("429 without end", FaultKind::RateLimited { retry_after: 3_600 }),
        ("500 without end", FaultKind::Status(500)),
        ("truncated JSON", FaultKind::Truncated),
        ("a page of HTML", FaultKind::Html("<html>please prove that you are human</html>".to_owned())),
        ("a connection that breaks", FaultKind::Reset),
    ];
    let mut all = String::new();
    let staged = Staged::new(5, 200);
    let board = staged.greenhouse();
    for (name, kind) in cases {
        let company = staged.another();
        staged.server.inject(&board, Fault::always(kind)).unwrap();
        // What a host asks for holds for all of its boards: whether another was pulled before is chance.
        let alone = name.starts_with("429");
        let mut arguments = line(&["run", "--once", "--quiet"]);
        if alone {
            arguments.extend(["--connection", board.as_str()]);
        }
        let answer = company.run(&arguments);
        staged.server.mend(&board).unwrap();
        assert_eq!(answer.code, 3, "{name}: {answer:?}");
        writeln!(all, "# {name}\n{}", said(&company, &answer)).unwrap();
        let others = company.run(&line(&["query", "SELECT count() > 0 FROM inflow.applications", "--format", "TSV"])).ok().out;
        assert_eq!(others.trim(), if alone { "0" } else { "1" }, "{name}: other connections are unharmed");
        let landed = company
            .run(&line(&["query", &format!("SELECT count() FROM inflow.postings WHERE connection = '{board}'"), "--format", "TSV"]))
            .ok()
            .out;
        assert_eq!(landed.trim(), "0", "{name}");
        if alone {
            // The hour that the board asked for is kept by the next process too.
            let answer = company.run(&line(&["run", "--once", "--quiet"]));
            assert_eq!(answer.code, 3, "{answer:?}");
            assert!(answer.err.contains("the request budget is used up for 60 more minutes"), "{}", answer.err);
            continue;
        }
        // Mended, the board is pulled as if nothing had been.
        company.run(&line(&["run", "--once"])).ok();
        let landed = company
            .run(&line(&["query", &format!("SELECT count() > 0 FROM inflow.postings WHERE connection = '{board}'"), "--format", "TSV"]))
            .ok()
            .out;
        assert_eq!(landed.trim(), "1", "{name}");
    }
    insta::assert_snapshot!("board_messages", all);
}

/// A failing connection reads `no_data` or `partial`, never zero and `ok`.
#[test]
fn a_broken_channel_is_not_a_quiet_one() {
    let staged = Staged::new(6, 200);
    staged.server.inject(&staged.greenhouse(), Fault::always(FaultKind::Status(500))).unwrap();
    assert_eq!(staged.company.run(&line(&["run", "--once", "--quiet"])).code, 3);
    let report = staged.company.run(&line(&["report", "posting_heat", "--by", "channel", "--format", "json"])).ok().out;
    let report: serde_json::Value = serde_json::from_str(&report).unwrap();
    let health = staged
        .company
        .run(&line(&["query", "SELECT channels FROM inflow_state.connection_health WHERE status = 'failing'", "--format", "JSONEachRow"]))
        .ok()
        .out;
    let failing: serde_json::Value = serde_json::from_str(health.lines().next().unwrap()).unwrap();
    let channel = failing["channels"][0].as_str().unwrap();
    let statuses: Vec<&str> =
        report["rows"].as_array().unwrap().iter().filter(|r| r["channel"] == channel).map(|r| r["status"].as_str().unwrap()).collect();
    assert!(!statuses.is_empty() && statuses.iter().all(|s| *s == "no_data" || *s == "partial"), "{channel}: {statuses:?}");
}

/// A field that changed type costs the records that have it, by name, and nothing else.
#[test]
fn a_field_that_changed_type() {
    let staged = Staged::new(8, 200);
    staged
        .server
        .inject(&staged.greenhouse(), Fault::always(FaultKind::Retype { field: "title".to_owned(), value: json!({ "text": "?" }) }))
        .unwrap();
    let answer = staged.company.run(&line(&["run", "--once", "--quiet"]));
    let reasons = staged
        .company
        .run(&line(&[
            "query",
            "SELECT field, reason, count() > 0 FROM inflow_state.quarantine GROUP BY 1, 2 ORDER BY ALL",
            "--format",
            "TSV",
        ]))
        .ok()
        .out;
    insta::assert_snapshot!("changed_type", format!("{}{reasons}", said(&staged.company, &answer)));
}

/// Things of this machine: a board that is not there, files, the engine, a folder that is held.
#[test]
fn machine() {
    let mut all = String::new();
    let company = company();
    company.write(
        "connections/gone.toml",
        "connector = \"greenhouse\"\nchannel = \"boss\"\nbase_url = \"http://127.0.0.1:1\"\n[params]\nboard_token = \"acme\"\n",
    );
    let answer = company.run(&["run", "--once", "--quiet"]);
    assert_eq!(answer.code, 3);
    writeln!(all, "# unreachable board\n{}", said(&company, &answer)).unwrap();

    company.write("connections/sheet.toml", "connector = \"file\"\nchannel = \"boss\"\n");
    company.write("mappings/sheet.toml", "kind = \"postings\"\nid = \"编号\"\n[fields]\ntitle = \"职位\"\n");
    let import =
        |file: &str| company.run(&["import", "postings", file, "--connection", "sheet", "--mapping", "mappings/sheet.toml", "--quiet"]);
    writeln!(all, "# a file that is not there\n{}", said(&company, &import("nowhere.csv"))).unwrap();
    company.write("broken.csv", b"\xef\xbb\xbf\xe7\xbc\x96\xe5\x8f\xb7,\xe8\x81\x8c\xe4\xbd\x8d\n1,a,b,c\n\"2");
    writeln!(all, "# a file that cannot be read\n{}", said(&company, &import("broken.csv"))).unwrap();
    company.write("other.csv", "a,b\n1,2\n");
    writeln!(all, "# a file without the mapped columns\n{}", said(&company, &import("other.csv"))).unwrap();

    let mut command = company.command(&["run", "--once", "--quiet"]);
    command.env("INFLOW_LIBCHDB", company.path().join("nowhere/libchdb.so"));
    let output = command.output().unwrap();
    let answer =
        Answer { code: output.status.code().unwrap(), out: String::new(), err: String::from_utf8_lossy(&output.stderr).into_owned() };
    writeln!(all, "# a missing engine\n{}", said(&company, &answer)).unwrap();

    let runtime = Runtime::new().unwrap();
    let server = runtime.block_on(Server::start(Vec::new())).unwrap();
    drop(server);
    company.write("inflow.toml", format!("{SETTINGS}\n[serve]\npage = \"127.0.0.1:0\"\nclickhouse = \"127.0.0.1:0\"\n"));
    let mut holder = company.start(&["serve"]);
    for _ in 0..100 {
        if company.path().join("inflow-data/endpoint.json").exists() {
            break;
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    let reading = company.run(&["query", "SELECT 1", "--format", "TSV"]);
    let holding = company.run(&["run", "--quiet"]);
    holder.kill().unwrap();
    holder.wait().unwrap();
    assert_eq!((reading.code, reading.out.trim()), (0, "1"), "{reading:?}");
    assert_eq!(holding.code, 1);
    let pid = format!("{}", holder.id());
    writeln!(all, "# a folder held by another process\n{}", said(&company, &holding).replace(&pid, "PID")).unwrap();
    insta::assert_snapshot!("machine_messages", all);
}
