//! From sheets to what people get to read, and to a group's robot: the figures of the metric reports, once.

use calamine::{Data, Reader, Xlsx, open_workbook};
use inflow_tests::Company;
use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::thread::JoinHandle;

const SETTINGS: &str = "[company]\nname = \"测试公司\"\ntimezone = \"Asia/Shanghai\"\n\n[identity]\nkey = \"file:keys/identity.key\"\nerase_key = \"file:keys/erase.key\"\n\n[clock]\nfixed = 2026-11-02T09:00:00+08:00\n";
const CHANNELS: &str = "[[channel]]\nid = \"boss\"\nname = { en = \"BOSS\", zh = \"BOSS直聘\" }\n\n[[channel]]\nid = \"zhaopin\"\nname = { en = \"Zhaopin\", zh = \"智联\" }\n\n[[channel]]\nid = \"liepin\"\nname = { en = \"Liepin\", zh = \"猎聘\" }\n";
const SOURCES: &str = "[source_map]\n\"BOSS直聘\" = \"boss\"\n\"智联\" = \"zhaopin\"\n";
const PEOPLE: &str = r#"
kind = "applications"
[fields]
source_word = "渠道"
title = "岗位"
applied_at = "投递时间"
[identity]
name = "姓名"
phone = "手机"
[[events]]
name = "status"
stage = "状态"
at = "状态时间"
"#;
const COSTS: &str = r#"
kind = "spend"
[fields]
channel = "渠道"
kind = { path = "类型", words = { "日结" = "daily" } }
document = "单据"
booked_on = { path = "日期", format = "%Y-%m-%d" }
gross = "金额"
net = "金额"
"#;
const MESSAGES: &str = "[[receiver]]\nid = \"group\"\nshape = \"wecom\"\nurl = \"file:hook\"\n\n[[message]]\nid = \"daily\"\nkind = \"day\"\nto = [\"group\"]\n\n[[message]]\nid = \"monthly\"\nkind = \"month\"\nto = [\"group\"]\n";

/// A company with resumes of October and of the second of November, and their cost.
pub fn company() -> Company {
    let company = Company::new();
    let mut people = "姓名,手机,渠道,岗位,投递时间,状态,状态时间\n".to_owned();
    for at in 0..30 {
        let (day, channel) = (1 + at % 28, if at % 3 == 0 { "智联" } else { "BOSS直聘" });
        let state = if at % 5 == 0 { "已到面" } else { "" };
        writeln!(people, "测试{at},199000001{at:02},{channel},店员,2026-10-{day:02} 10:00,{state},2026-10-{day:02} 15:00").unwrap();
    }
    people.push_str("测试甲,19900000201,BOSS直聘,店员,2026-11-02 08:30,,\n");
    let costs =
        "日期,渠道,类型,单据,金额\n2026-09-08,BOSS直聘,日结,D1,80.00\n2026-10-08,BOSS直聘,日结,D2,120.35\n2026-10-09,智联,日结,D3,79.65\n";
    let connection = |mapping: &str, rest: &str| format!("connector = \"file\"\nmapping = \"mappings/{mapping}.toml\"\n\n{SOURCES}{rest}");
    let stages = "\n[stages]\n\"已到面\" = \"attended\"\n";
    for (name, text) in [
        ("inflow.toml", SETTINGS),
        ("channels.toml", CHANNELS),
        ("messages.toml", MESSAGES),
        ("connections/people.toml", &connection("people", stages)),
        ("connections/costs.toml", &connection("costs", "")),
        ("mappings/people.toml", PEOPLE),
        ("mappings/costs.toml", COSTS),
        ("people.csv", &people),
        ("costs.csv", costs),
    ] {
        company.write(name, text);
    }
    company.run(&["import", "applications", "people.csv", "--connection", "people"]).ok();
    company.run(&["import", "spend", "costs.csv", "--connection", "costs"]).ok();
    company
}

/// A robot that takes so many messages, and gives their bodies.
fn robot(many: usize) -> (u16, JoinHandle<Vec<serde_json::Value>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let taken = std::thread::spawn(move || {
        let take = |_| {
            let (stream, _) = listener.accept().unwrap();
            let mut stream = BufReader::new(stream);
            let mut length = 0;
            loop {
                let mut line = String::new();
                stream.read_line(&mut line).unwrap();
                if let Some(number) = line.to_lowercase().strip_prefix("content-length:") {
                    length = number.trim().parse().unwrap();
                }
                if line.trim().is_empty() {
                    break;
                }
            }
            let mut body = vec![0; length];
            stream.read_exact(&mut body).unwrap();
            let answer = r#"{"errcode":0,"errmsg":"ok"}"#;
            let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{answer}", answer.len());
            stream.get_mut().write_all(head.as_bytes()).unwrap();
            serde_json::from_slice(&body).unwrap()
        };
        (0..many).map(take).collect()
    });
    (port, taken)
}

#[test]
fn people_read_the_figures_of_the_reports_and_get_them_once() {
    let company = company();
    let asked = |metric: &str, by: &str| -> Vec<serde_json::Value> {
        let answer =
            company.run(&["report", metric, "--by", by, "--from", "2026-10-01", "--to", "2026-10-31", "--format", "json"]).ok().out;
        serde_json::from_str::<serde_json::Value>(&answer).unwrap()["rows"].as_array().unwrap().clone()
    };
    let whole = asked("volume", "none")[0]["applications"].as_u64().unwrap();
    let spent = asked("spend", "none")[0]["amount"].as_str().unwrap().to_owned();
    assert_eq!((whole, spent.as_str()), (30, "200.00"));

    // The same in the text, on the page and in the workbook.
    let text = company.run(&["report", "month", "--lang", "zh"]).ok().out;
    assert!(
        text.starts_with("【月度渠道分析表】2026-10 · 测试公司\n") && text.contains("\n简历 30(") && text.contains("\n花费 ¥200.00(¥80.00"),
        "{text}"
    );
    assert!(text.contains("\n  猎聘 无数据\n"), "not a zero: {text}");
    let day = company.run(&["report", "day", "--lang", "en"]).ok().out;
    assert!(day.contains("\nResumes 1 (") && day.contains("As of 11-02 09:00"), "{day}");
    company.run(&["report", "month", "--lang", "zh", "--xlsx", "month.xlsx"]).ok();
    let mut book: Xlsx<_> = open_workbook(company.path().join("month.xlsx")).unwrap();
    let resumes = book.worksheet_range("简历").unwrap();
    for row in asked("volume", "channel") {
        let id = row["channel"].as_str().unwrap();
        let name = match id {
            "boss" => "BOSS直聘",
            "zhaopin" => "智联",
            _ => "猎聘",
        };
        let cell = &resumes.rows().find(|row| row[0] == *name).unwrap()[2];
        let expected = row["applications"].as_f64().map_or(Data::Empty, Data::Float);
        assert_eq!(*cell, expected, "{id}");
    }
    let ties = book.worksheet_range("勾稽").unwrap();
    assert!(ties.rows().skip(2).all(|row| row[4] == *"是"), "{ties:?}");
    company.run(&["report", "week", "--lang", "en", "--html", "week.html"]).ok();
    let page = std::fs::read_to_string(company.path().join("week.html")).unwrap();
    assert!(page.starts_with("<!doctype html>") && page.contains("26 Oct – 1 Nov 2026") && !page.contains("测试甲"), "{page}");
    let taken = company.run(&["report", "week", "--html", "week.html"]);
    assert_eq!((taken.code, taken.err.contains("week.html is there already")), (1, true), "{}", taken.err);

    // To the robot, once; what is remembered says so, and nobody repeats its key.
    let (port, taken) = robot(2);
    company.write("hook", format!("http://127.0.0.1:{port}/cgi-bin/webhook/send?key=invented-robot-key"));
    company.run(&["message", "test", "group"]).ok();
    let sent = company.run(&["message", "send", "month", "--lang", "en", "--log", "debug"]).ok();
    assert!(sent.err.contains("message monthly to group: sent, 2026-10"), "{}", sent.err);
    let bodies = taken.join().unwrap();
    assert_eq!(bodies[1]["text"]["content"].as_str().unwrap().trim_end(), text.trim_end());
    let again = company.run(&["message", "send", "month", "--lang", "en", "--log", "debug"]).ok();
    assert!(again.err.contains("message monthly to group: sent before, 2026-10"), "{}", again.err);
    let rows = company.query("SELECT message, toString(period), receiver, state, attempts FROM inflow_state.messages FINAL FORMAT CSV");
    assert_eq!(rows.trim(), "\"monthly\",\"2026-10-01\",\"group\",\"sent\",1");
    // Nobody listens there any more.
    let failed = company.run(&["message", "send", "month", "--again", "--lang", "en", "--log", "debug"]);
    assert_eq!((failed.code, failed.err.contains("message monthly to group: cannot be reached: ")), (1, true), "{}", failed.err);
    let doctor = company.run(&["doctor", "--lang", "en"]).out;
    assert!(doctor.contains("message monthly to group: period from 2026-10-01 has not arrived after 2 attempts"), "{doctor}");
    for said in [sent.err, again.err, failed.err, doctor] {
        assert!(!said.contains("invented-robot-key"), "{said}");
    }
}
