//! From sheets to a plan, from the plan to a group's robot, and from the link in its message back to what is measured.

use crate::holder::Holder;
use inflow_tests::Company;
use serde_json::Value;
use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};

const SETTINGS: &str = "[company]\nname = \"测试公司\"\ntimezone = \"Asia/Shanghai\"\n\n[identity]\nkey = \"file:keys/identity.key\"\nerase_key = \"file:keys/erase.key\"\n\n[serve]\npage = \"127.0.0.1:0\"\nclickhouse = \"127.0.0.1:0\"\n\n[clock]\nfixed = 2026-11-02T08:00:00+08:00\n";
const CHANNELS: &str = "[[channel]]\nid = \"boss\"\nname = { en = \"BOSS\", zh = \"BOSS直聘\" }\n";
const MESSAGES: &str = "[[receiver]]\nid = \"group\"\nshape = \"slack\"\nurl = \"file:hook\"\n";
const REPOSTS: &str = "to = [\"group\"]\nquiet_hours = [\"12:00-13:30\"]\n\n[[channel]]\nid = \"boss\"\nper_day = 2\nprice = \"6.00\"\ncost_per_day = \"6.00\"\n";
const JOBS: &str = "kind = \"postings\"\nid = \"职位编号\"\ncomplete = true\n[fields]\ntitle = \"职位\"\nposted_at = { path = \"发布日期\", format = \"%Y-%m-%d %H:%M\" }\n";
const PEOPLE: &str = "kind = \"applications\"\n[fields]\nposting_source_id = \"职位编号\"\napplied_at = \"投递时间\"\n[identity]\nname = \"姓名\"\nphone = \"手机\"\n";

fn company() -> Company {
    let company = Company::new();
    let mut people = "姓名,手机,职位编号,投递时间\n".to_owned();
    for at in 0..60 {
        writeln!(people, "测试{at},199000001{at:02},Z{},2026-10-{:02} 18:{at:02}", at % 2, 1 + at % 28).unwrap();
    }
    for (name, text) in [
        ("inflow.toml", SETTINGS),
        ("channels.toml", CHANNELS),
        ("messages.toml", MESSAGES),
        ("reposts.toml", REPOSTS),
        ("connections/jobs.toml", "connector = \"file\"\nchannel = \"boss\"\nmapping = \"mappings/jobs.toml\"\n"),
        ("connections/people.toml", "connector = \"file\"\nchannel = \"boss\"\nmapping = \"mappings/people.toml\"\n"),
        ("mappings/jobs.toml", JOBS),
        ("mappings/people.toml", PEOPLE),
        ("jobs.csv", "职位编号,职位,发布日期\nZ0,店员,2026-09-01 10:00\nZ1,收银员,2026-09-02 10:00\nZ2,店长,2026-11-01 20:00\n"),
        ("people.csv", &people),
    ] {
        company.write(name, text);
    }
    company.run(&["import", "postings", "jobs.csv", "--connection", "jobs"]).ok();
    company.run(&["import", "applications", "people.csv", "--connection", "people"]).ok();
    company
}

/// A webhook that takes one message, and gives its text.
fn robot(company: &Company) -> std::thread::JoinHandle<String> {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    company.write("hook", format!("http://{}/services/invented", listener.local_addr().unwrap()));
    std::thread::spawn(move || {
        let mut stream = BufReader::new(listener.accept().unwrap().0);
        let (mut length, mut line) = (0, String::new());
        while stream.read_line(&mut line).unwrap() > 2 {
            if let Some(number) = line.to_lowercase().strip_prefix("content-length:") {
                length = number.trim().parse().unwrap();
            }
            line.clear();
        }
        let mut body = vec![0; length];
        stream.read_exact(&mut body).unwrap();
        stream.get_mut().write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok").unwrap();
        serde_json::from_slice::<Value>(&body).unwrap()["text"].as_str().unwrap().replace("&amp;", "&")
    })
}

fn planned(company: &Company, more: &[&str]) -> Value {
    let line = [&["plan", "repost", "--days", "2", "--format", "json"], more].concat();
    serde_json::from_str(&company.run(&line).ok().out).unwrap()
}

fn post(daemon: &Holder<'_>, path: &str) -> String {
    let page = daemon.page();
    let mut stream = TcpStream::connect(&page).unwrap();
    stream.write_all(format!("POST {path} HTTP/1.0\r\nHost: {page}\r\nContent-Length: 0\r\n\r\n").as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

#[test]
fn a_plan_is_handed_out_answered_once_and_respected_by_the_next() {
    let company = company();
    let shown = planned(&company, &["--dry-run"]);
    assert_eq!(company.query("SELECT count() FROM inflow_state.repost_plan").trim(), "0", "only shown");
    let plan = planned(&company, &[]);
    assert_eq!((&plan["slots"], &plan["left"]), (&shown["slots"], &shown["left"]), "the same situation gives the same plan");
    let slots = plan["slots"].as_array().unwrap();
    // Money for one a day, at the hour that people apply at; the third posting went up yesterday.
    let told: Vec<[&str; 3]> =
        slots.iter().map(|slot| ["local", "posting_source_id", "reason"].map(|key| slot[key].as_str().unwrap())).collect();
    assert_eq!(told, [["2026-11-02 16:00", "Z0", "peak"], ["2026-11-03 16:00", "Z1", "peak"]], "{plan:#}");
    assert!(slots[0]["gain"].as_f64().unwrap() > 0.0 && slots[0]["cost"] == "6.00");
    assert_eq!((&plan["left"][0]["posting_source_id"], &plan["left"][0]["reason"]), (&"Z2".into(), &"rests".into()));
    let text = company.run(&["plan", "repost", "--days", "2", "--lang", "zh"]).ok().out;
    assert!(text.contains("计划刷新 2 次") && text.contains("距上次刷新时间过短"), "{text}");
    let calendar = company.run(&["plan", "repost", "--days", "2", "--format", "ics"]).ok().out.replace("\r\n ", "");
    assert!(calendar.contains("DTSTART:20261102T080000Z") && calendar.contains("/todo/"), "{calendar}");
    let strange = company.run(&["plan", "repost", "--channel", "bos"]);
    assert_eq!((strange.code, strange.err.contains("no channel \"bos\"")), (1, true), "{}", strange.err);

    let message = robot(&company);
    let handed = company.run(&["plan", "repost", "--days", "2", "--apply"]).ok();
    assert!(handed.err.contains("group: 2 to-dos sent"), "{}", handed.err);
    let message = message.join().unwrap();
    let links: Vec<&str> =
        message.lines().filter_map(|line| line.split_once(": http://").map(|(_, rest)| rest.split_once('/').unwrap().1)).collect();
    assert_eq!(links.len(), 4, "{message}");
    let [done, skip] = [format!("/{}", links[0]), format!("/{}", links[3])];
    // What a person was told of is not told again, and keeps its place and its money.
    assert_eq!(planned(&company, &[])["slots"].as_array().unwrap().len(), 0);

    let daemon = Holder::start(&company, &["serve"]);
    let page = daemon.get(&done);
    assert!(page.contains("<button>") && page.contains("店员"), "{page}");
    assert!(daemon.get(&done.replace("sig=", "sig=00")).starts_with("HTTP/1.1 403"));
    // Answered, once, and the other slot is not to be.
    for (path, status) in [(&done, " 200 "), (&done, " 409 "), (&skip, " 200 ")] {
        let answer = post(&daemon, path);
        assert!(answer.contains(status), "{path}: {answer}");
    }
    let told = daemon.get("/api/v1/repost-plan?from=2026-11-02&to=2026-11-03");
    assert!(told.contains("\"state\":\"done\"") && told.contains("\"state\":\"skipped\""), "{told}");
    // Beside the process that serves: what was done counts, what was skipped stays skipped on its day.
    let next = planned(&company, &[]);
    assert_eq!(next["slots"].as_array().unwrap().len(), 0, "{next:#}");
    assert_eq!(daemon.count("SELECT count() FROM inflow_state.reposts FINAL"), "1");
    let audit = daemon.count("SELECT countIf(action = 'plan repost') > 0, countIf(action = 'tell repost'), countIf(action = 'repost') FROM inflow_state.audit FORMAT CSV");
    assert_eq!(audit, "1,1,2");
}

/// `at` in reposts.toml: `inflow run` plans what was due while nothing ran, hands out the day's slots alone, and `inflow schedule` says so.
#[test]
fn a_plan_is_made_on_its_schedule_and_the_days_slots_handed_out() {
    let company = company();
    assert_eq!(planned(&company, &[])["slots"].as_array().unwrap().len(), 2);
    company.write("reposts.toml", format!("at = \"0 30 7 * * *\"\n{REPOSTS}"));
    company.write("inflow.toml", SETTINGS.replace("2026-11-02T", "2026-11-03T"));
    let message = robot(&company);
    let daemon = Holder::start(&company, &["run"]);
    let message = message.join().unwrap();
    assert_eq!(message.matches("/done?").count(), 1, "{message}");
    assert!(message.contains("2026-11-03 16:00") && message.contains("店员"), "{message}");
    let told = "SELECT count() FROM inflow_state.repost_plan FINAL WHERE state = 'told'";
    daemon.until("the slot is noted as told", || daemon.count(told) == "1");
    let told = company.run(&["schedule", "--lang", "en"]).ok().out;
    assert!(told.contains("reposts.toml") && told.contains("1 handed out"), "{told}");
    drop(daemon);
    company.write("reposts.toml", format!("at = \"0 0 0 31 2 *\"\n{REPOSTS}"));
    let refused = company.run(&["validate"]);
    assert_eq!((refused.code, refused.err.contains("reposts.toml:1: at:")), (1, true), "{}", refused.err);
}
