//! The process that stays: schedules, jobs of other processes, an end within seconds, a kill at any moment.

use crate::holder::{Holder, signal};
use inflow_tests::{Answer, Company};
use std::net::TcpListener;
use std::process::Stdio;
use std::time::{Duration, Instant};

const SETTINGS: &str = "[company]\nname = \"Acme\"\n\n[identity]\nkey = \"file:keys/identity.key\"\nerase_key = \"file:keys/erase.key\"\n\n[serve]\npage = \"127.0.0.1:0\"\nclickhouse = \"127.0.0.1:0\"\n";
const CHANNELS: &str = "[[channel]]\nid = \"boss\"\nname = { en = \"BOSS\", zh = \"BOSS直聘\" }\n";
const PEOPLE: &str = "kind = \"applications\"\nid = \"编号\"\n[fields]\napplied_at = { path = \"投递时间\", format = \"%Y-%m-%d %H:%M\" }\n[identity]\nname = \"姓名\"\nphone = \"手机\"\n";

/// A board that hangs is given up after minutes: who was done before did not wait for it, however busy the machine.
const GIVEN_UP: Duration = Duration::from_mins(1);

/// A company with a sheet of postings on a schedule of every two seconds, and a connection for imported people.
fn company() -> Company {
    let company = Company::new();
    company.write("inflow.toml", SETTINGS);
    company.write("channels.toml", CHANNELS);
    company.write("keys/identity.key", "11".repeat(32));
    company.write("keys/erase.key", "22".repeat(32));
    company.write("mappings/postings.toml", "kind = \"postings\"\nid = \"编号\"\n[fields]\ntitle = \"职位\"\n");
    company.write("mappings/people.toml", PEOPLE);
    company.write(
        "connections/sheet.toml",
        "connector = \"file\"\nchannel = \"boss\"\nschedule = \"*/2 * * * * *\"\npath = \"files/*.csv\"\nmapping = \"mappings/postings.toml\"\n",
    );
    company.write("connections/people.toml", "connector = \"file\"\nchannel = \"boss\"\nmapping = \"mappings/people.toml\"\n");
    company.write("files/a.csv", "编号,职位\n1,店员\n");
    company.write("people.csv", "编号,姓名,手机,投递时间\n1,测试甲,19900000001,2026-11-02 18:20\n2,测试乙,19900000002,2026-11-03 19:05\n");
    company
}

/// A board that takes connections and never says a word.
fn hanging_board(company: &Company, schedule: &str) -> TcpListener {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = silent.local_addr().unwrap();
    company.write(
        "connections/hanging.toml",
        format!("connector = \"greenhouse\"\nchannel = \"boss\"\nbase_url = \"http://{address}\"\n{schedule}\n[params]\nboard_token = \"acme\"\n"),
    );
    silent
}

const IMPORT: [&str; 5] = ["import", "applications", "people.csv", "--connection", "people"];

fn words(answer: &Answer) -> (i32, &str, &str) {
    (answer.code, &answer.out, &answer.err)
}

/// What a second process prints and how it ends is the same whether it runs alone or inside the one that holds the folder.
#[test]
fn a_command_beside_the_daemon_answers_as_it_does_alone() {
    let lines: [&[&str]; 8] = [
        &IMPORT,
        &IMPORT,
        &["import", "applications", "nowhere.csv", "--connection", "people"],
        &["import", "applications", "people.csv", "--connection", "nobody"],
        &["analyze"],
        &["analyze", "no_such_mart"],
        &["replay", "--connection", "people"],
        &["erase", "--phone", "19900000009"],
    ];
    let alone = company();
    let expected: Vec<Answer> = lines.iter().map(|line| alone.run(line)).collect();
    assert_eq!(expected.iter().map(|answer| answer.code).collect::<Vec<_>>(), [0, 0, 1, 1, 0, 1, 0, 1], "{expected:?}");

    for holder in ["serve", "run"] {
        let beside = company();
        let daemon = Holder::start(&beside, &[holder]);
        for (line, expected) in lines.iter().zip(&expected) {
            assert_eq!(words(&beside.run(line)), words(expected), "{holder}: {line:?}");
        }
        // From another folder, with paths that are relative to it.
        let mut command = beside.command(&[
            "import",
            "applications",
            "nowhere.csv",
            "--connection",
            "people",
            "--config",
            "../inflow.toml",
            "--data-dir",
            "../inflow-data",
        ]);
        std::fs::create_dir(beside.path().join("elsewhere")).unwrap();
        let output = command.current_dir(beside.path().join("elsewhere")).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!((output.status.code(), said.contains(" nowhere.csv: cannot be read")), (Some(1), true), "{said}");
        // In Chinese, and quiet.
        let zh = beside.run(&["analyze", "--lang", "zh"]).ok();
        assert_eq!(zh.err, "汇总表已更新\n");
        assert_eq!(beside.run(&["analyze", "--quiet"]).ok().err, "");
        assert_eq!(daemon.count("SELECT count() FROM inflow.applications"), "2");

        let receipt: serde_json::Value = serde_json::from_str(&beside.run(&["erase", "--phone", "19900000001"]).ok().out).unwrap();
        assert_eq!((receipt["connections"][0].as_str(), receipt["applications"].as_u64()), (Some("people"), Some(1)));
        assert_eq!(daemon.count("SELECT count() FROM inflow.applications"), "2", "counts stay");
        assert_eq!(daemon.count("SELECT countIf(source_id LIKE 'erased-%') FROM inflow.applications"), "1");
        assert!(!daemon.said().contains("1990000000"), "no identity in the log: {}", daemon.said());
        let (code, took) = daemon.end();
        assert_eq!(code, 0);
        assert!(took < GIVEN_UP, "{took:?}");
    }
}

/// Files are pulled on schedule and when they change, in two processes' sight: doctor says what comes next.
#[test]
fn schedules_and_watched_folders() {
    let company = company();
    company.write(
        "connections/watched.toml",
        "connector = \"file\"\nchannel = \"boss\"\nwatch = true\npath = \"inbox\"\nmapping = \"mappings/people.toml\"\n",
    );
    std::fs::create_dir(company.path().join("inbox")).unwrap();
    let daemon = Holder::start(&company, &["run"]);
    daemon.until("the first pull", || daemon.count("SELECT count() FROM inflow.postings") == "1");
    company.write("files/b.csv", "编号,职位\n2,收银\n");
    daemon.until("the next one", || daemon.count("SELECT count() FROM inflow.postings") == "2");
    std::fs::copy(company.path().join("people.csv"), company.path().join("inbox/people.csv")).unwrap();
    daemon.until("the watched file", || daemon.count("SELECT count() FROM inflow.applications WHERE connection = 'watched'") == "2");
    // Analysed without being asked.
    daemon
        .until("marts", || daemon.count("SELECT uniqExact(source_id) FROM inflow.application_stages WHERE connection = 'watched'") == "2");
    // Prometheus sees the same: every name of docs/operations.md that this company has something of.
    daemon
        .until("an analysis that is through", || daemon.get("/metrics").contains("inflow_analysis_duration_seconds_count{outcome=\"ok\"}"));
    assert!(daemon.get("/readyz").starts_with("HTTP/1.1 200"));
    let metrics = daemon.get("/metrics");
    for line in [
        "inflow_store_up 1.0",
        "inflow_store_settled 1.0",
        "inflow_connection_enabled{connection=\"sheet\",connector=\"file\"} 1.0",
        "inflow_connection_up{connection=\"sheet\"} 1.0",
        "inflow_connection_failures{connection=\"sheet\"} 0.0",
        "inflow_connection_breaker_open{connection=\"sheet\"} 0.0",
        "inflow_connection_records_landed_total{connection=\"sheet\"} 2.0",
        "inflow_connection_records_landed_total{connection=\"watched\"} 2.0",
        "inflow_ledger_tie{tie=\"ledger\"} 1.0",
        "inflow_ledger_open_lines{tie=\"ledger\"} 0.0",
    ] {
        assert!(metrics.lines().any(|found| found.trim_end() == line), "{line}\n{metrics}");
    }
    for name in [
        "inflow_build_info{",
        "inflow_engine_info{",
        "inflow_connection_last_success_timestamp_seconds{connection=\"sheet\"}",
        "inflow_connection_last_attempt_timestamp_seconds{connection=\"sheet\"}",
        "inflow_connection_runs_total{connection=\"sheet\",status=\"ok\"}",
        "inflow_connection_requests_total{connection=\"sheet\"}",
        "inflow_connection_records_fetched_total{connection=\"sheet\"}",
        "inflow_connection_rows_stored_total{connection=\"sheet\"}",
        "inflow_connection_run_seconds_total{connection=\"sheet\"}",
        "inflow_landing_bytes ",
        "inflow_store_bytes{database=\"inflow\"}",
        "inflow_store_rows{database=\"inflow_state\"}",
        "inflow_statement_duration_seconds_bucket{",
        "inflow_result_cache_entries ",
        "inflow_result_cache_bytes ",
    ] {
        assert!(metrics.lines().any(|found| found.starts_with(name)), "{name}\n{metrics}");
    }
    assert!(!metrics.contains("测试甲") && !metrics.contains("19900000001"), "{metrics}");
    let doctor = company.run(&["doctor"]).out;
    assert!(doctor.contains("daemon: running since"), "{doctor}");
    assert!(doctor.contains("next pull 2"), "{doctor}");
    assert!(doctor.contains("folder watched"), "{doctor}");
    assert!(daemon.said().contains("sheet: 0 requests, 1 records, 1 new or changed, 0 quarantined"), "{}", daemon.said());
    assert_eq!(daemon.end().0, 0);
    let doctor = company.run(&["doctor"]).out;
    assert!(doctor.contains("daemon: not running; 1 schedules wait for `inflow run`"), "{doctor}");
}

/// A board that hangs holds up neither the others, nor an erasure, nor the end.
#[test]
fn a_hanging_board_holds_up_nothing() {
    let company = company();
    let silent = hanging_board(&company, "schedule = \"* * * * * *\"");
    let daemon = Holder::start(&company, &["run"]);
    let (_connected, _) = silent.accept().unwrap();
    daemon.until("the others", || daemon.count("SELECT count() FROM inflow.postings") == "1");
    company.run(&IMPORT).ok();
    let begun = Instant::now();
    company.run(&["erase", "--phone", "19900000001"]).ok();
    assert!(begun.elapsed() < GIVEN_UP, "{:?}", begun.elapsed());
    let doctor = company.run(&["doctor"]).out;
    assert!(doctor.contains("hanging: being pulled since"), "{doctor}");
    let (code, took) = daemon.end();
    assert_eq!(code, 0);
    assert!(took < GIVEN_UP, "{took:?}");
}

/// A second signal does not wait for anything.
#[test]
fn a_second_signal_ends_at_once() {
    let company = company();
    let silent = hanging_board(&company, "schedule = \"* * * * * *\"");
    let mut daemon = Holder::start(&company, &["run"]);
    let (_connected, _) = silent.accept().unwrap();
    daemon.signal("INT");
    daemon.signal("INT");
    let begun = Instant::now();
    daemon.child.wait().unwrap();
    assert!(begun.elapsed() < GIVEN_UP, "{:?}", begun.elapsed());
}

/// Ctrl-C in the asking process cancels the job; a process that vanishes leaves one that is seen through.
#[test]
fn a_job_is_cancelled_or_left_alone() {
    let company = company();
    let silent = hanging_board(&company, "");
    let daemon = Holder::start(&company, &["serve"]);
    let asking = |line: &[&str]| company.command(line).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();

    let first = asking(&["run", "--once", "--connection", "hanging"]);
    let (_connected, _) = silent.accept().unwrap();
    let waiting = asking(&["analyze"]);
    daemon.until("the queue", || company.run(&["doctor"]).out.contains("jobs: run, analyze"));
    let begun = Instant::now();
    signal(&first, "INT");
    let first = first.wait_with_output().unwrap();
    assert!(String::from_utf8_lossy(&first.stderr).contains("hanging: stopped before it was done"), "{first:?}");
    let waiting = waiting.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&waiting.stderr);
    assert!(said.contains("waiting for 1 jobs in process") && said.ends_with("marts are up to date\n"), "{said}");
    assert!(begun.elapsed() < GIVEN_UP, "{:?}", begun.elapsed());

    // Gone without a word: what waits behind it has its turn when the board is given up.
    let mut vanishing = asking(&IMPORT);
    daemon.until("the import", || company.path().join("inflow-data/landing/people").exists() || vanishing_is_over(&company));
    vanishing.kill().unwrap();
    vanishing.wait().unwrap();
    daemon.until("the import's end", || daemon.count("SELECT count() FROM inflow.applications") == "2");
    company.run(&["replay"]).ok();
    assert_eq!(daemon.count("SELECT count() FROM inflow.applications"), "2");
    assert_eq!(daemon.end().0, 0);
}

fn vanishing_is_over(company: &Company) -> bool {
    company.query("SELECT count() FROM inflow.applications").trim() == "2"
}

/// A month is closed, checked and reopened by the process that holds the folder, in turn with its other jobs; alone it is found as it was left.
#[test]
fn a_month_is_closed_beside_the_daemon() {
    let company = company();
    company.write(
        "mappings/ledger.toml",
        "kind = \"spend\"\nentry_key = [\"line\"]\n[fields]\nchannel = \"channel\"\nkind = \"kind\"\n\
         booked_on = { path = \"booked\", format = \"%Y-%m-%d\" }\ngross = \"gross\"\n",
    );
    company.write("connections/ledger.toml", "connector = \"file\"\nmapping = \"mappings/ledger.toml\"\n");
    company.write("ledger.csv", "line,channel,kind,booked,gross\nL1,boss,cpc,2026-01-05,100.00\n");
    company.write("late.csv", "line,channel,kind,booked,gross\nL2,boss,cpc,2026-01-06,7.00\n");
    let import = |file: &str| company.run(&["import", "spend", file, "--connection", "ledger"]).ok();
    let close = ["close", "2026-01", "--by", "Lin Example"];
    let daemon = Holder::start(&company, &["run"]);
    import("ledger.csv");
    let early = company.run(&["close", "2140-01", "--by", "Lin Example"]);
    assert_eq!((early.code, early.err.contains("2140-01 is not over yet")), (1, true), "{early:?}");
    // It waits for whoever came before.
    let asking = company.command(&["replay"]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let closed = company.run(&close).ok().out;
    assert!(asking.wait_with_output().unwrap().status.success());
    let hash =
        closed.strip_prefix("2026-01, with all months before it, closed by Lin Example: 100.00 CNY in 1 rows\nhash ").unwrap().trim();
    let again = company.run(&close);
    assert_eq!((again.code, again.err.contains("2026-01 was closed by Lin Example")), (1, true), "{again:?}");
    import("late.csv");
    let booked = "SELECT groupArray((month, amount)) FROM (SELECT formatDateTime(month, '%Y-%m') AS month, toString(sum(amount)) AS amount \
                  FROM inflow.booked_costs GROUP BY month ORDER BY month)";
    assert_eq!(daemon.count(booked), "[('2026-01','100'),('2026-02','7')]");
    assert_eq!(company.run(&["close", "--check"]).ok().out, format!("2026-01/1 is as it was closed: {hash}\n"));
    let reopened = company.run(&["close", "2026-01", "--reopen", "--by", "Mo Example", "--reason", "发票遗漏", "--lang", "zh"]).ok().out;
    assert!(reopened.starts_with("2026-01 已由 Mo Example 重新打开:发票遗漏"), "{reopened}");
    assert_eq!(daemon.count(booked), "[('2026-01','107')]");
    assert_eq!(daemon.end().0, 0);
    let listed = company.run(&["close", "--list"]).ok().out;
    assert!(listed.contains("2026-01/1") && listed.contains("发票遗漏"), "{listed}");
    assert_eq!(company.run(&["close", "--check"]).ok().out, format!("2026-01/1 is as it was closed: {hash}\n"));
}

/// Killed while it pulls and imports, it starts again in the same folder and nothing is counted twice or lost.
#[test]
fn killed_it_starts_again() {
    let company = company();
    let mut daemon = Holder::start(&company, &["run"]);
    company.run(&IMPORT).ok();
    let asking = company.command(&["replay"]).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    std::thread::sleep(Duration::from_millis(300));
    daemon.child.kill().unwrap();
    daemon.child.wait().unwrap();
    let asking = asking.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&asking.stderr);
    assert!(asking.status.code() == Some(0) || said.contains("ended before it was done"), "{said}");
    drop(daemon);

    let daemon = Holder::start(&company, &["run"]);
    company.run(&IMPORT).ok();
    daemon.until("the sheet", || daemon.count("SELECT count() FROM inflow.postings") == "1");
    assert_eq!(daemon.count("SELECT count() FROM inflow.applications"), "2");
    assert_eq!(daemon.count("SELECT count() FROM inflow.candidates"), "2");
    assert_eq!(daemon.end().0, 0);
}
