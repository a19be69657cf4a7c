//! A ladder from sheets to a gateway: what the ATS tells, what leaves, what a person decides, and what is kept of it.

use inflow_tests::Company;
use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::sync::mpsc::{Receiver, channel};

const CHANNELS: &str = "[[channel]]\nid = \"boss\"\nname = { en = \"BOSS\", zh = \"BOSS直聘\" }\n";
const APPLICATIONS: &str = "kind = \"applications\"\nid = \"编号\"\n[fields]\nsource_word = \"渠道\"\napplied_at = { path = \"投递日期\", format = \"%Y-%m-%d\" }\n[identity]\nname = \"姓名\"\nphone = \"手机\"\n";
const PEOPLE: &str = "编号,姓名,手机,渠道,投递日期\nA1,测试甲,19900000001,BOSS直聘,2026-03-01\nA2,测试乙,19900000002,BOSS直聘,2026-03-01\nA3,测试丙,19900000003,BOSS直聘,2026-03-01\n";
const INVITATIONS: &str = "kind = \"invitations\"\ntimezone = \"Asia/Shanghai\"\napplication = \"编号\"\n[fields]\nkind = { path = \"方式\", words = { \"AI面试\" = \"ai\" } }\nsent_at = { path = \"邀约时间\", format = \"%Y-%m-%d %H:%M\" }\nattended_at = { path = \"参加时间\", format = \"%Y-%m-%d %H:%M\" }\n";
const INTERVIEWS: &str =
    "编号,方式,邀约时间,参加时间\nA1,AI面试,2026-03-02 14:00,2026-03-02 16:00\nA2,AI面试,2026-03-02 14:00,\nA3,AI面试,2026-03-02 14:00,\n";
const ASSESSMENTS: &str = "kind = \"assessments\"\n[fields]\nkind = { default = \"health_certificate\" }\nstatus = { path = \"健康证\", words = { \"有\" = \"valid\" } }\nvalid_until = { path = \"有效期\", format = \"%Y-%m-%d\" }\n[identity]\nphone = \"手机\"\n";
/// Handed in at another system, which knows the person by the phone alone; it ends within thirty days.
const CERTIFICATES: &str = "手机,健康证,有效期\n19900000003,有,2026-03-20\n";
const PROCESS: &str = r#"
connection = ["ats"]
[quiet]
from = "21:00"
to = "08:30"
[contacts]
url = "http://127.0.0.1:PORT/contacts/{application}"
[[processor]]
id = "own"
country = "CN"
hosts = ["127.0.0.1"]
own = true
[[gateway]]
id = "sms"
shape = "webhook"
processor = "own"
url = "http://127.0.0.1:PORT/send"
body = '{"to": "{phone}", "text": "{text}", "key": "{key}"}'
[[template]]
id = "reminder"
gateway = "sms"
text = "{name}您好,AI面试待完成:{link}"
[[process]]
id = "shops"
[[process.stage]]
id = "applied"
[[process.stage]]
id = "ai_interview"
invitation = "ai"
[[process.stage]]
id = "attended"
[[process.gate]]
id = "health"
before = "attended"
assessment = "health_certificate"
warn_days = [30, 7]
[[process.ladder]]
id = "ai"
invitation = "ai"
[[process.ladder.step]]
id = "remind"
after = "12h"
unless = ["opened"]
send = "reminder"
[[process.ladder.step]]
id = "end"
after = "20h"
unless = ["taken"]
propose = "rejected"
"#;

fn settings(now: &str) -> String {
    format!(
        "[company]\nname = \"测试公司\"\n\n[identity]\nkey = \"file:keys/identity.key\"\nerase_key = \"file:keys/erase.key\"\n\n[clock]\nfixed = {now}\n"
    )
}

/// An ATS that knows everybody's phone, and a gateway: its first call fails. What was posted comes over the channel.
fn outside() -> (u16, Receiver<serde_json::Value>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let (to, posted) = channel();
    std::thread::spawn(move || {
        let mut posts = 0;
        for stream in listener.incoming() {
            let mut stream = BufReader::new(stream.unwrap());
            let (mut first, mut length) = (String::new(), 0);
            stream.read_line(&mut first).unwrap();
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
            let (status, answer) = if first.starts_with("POST") {
                posts += 1;
                to.send(serde_json::from_slice(&body).unwrap()).unwrap();
                (if posts == 1 { "503 Service Unavailable" } else { "200 OK" }, "{}".to_owned())
            } else if first.starts_with("HEAD") {
                ("404 Not Found", String::new())
            } else {
                let number = first.split("/contacts/A").nth(1).unwrap().split(' ').next().unwrap();
                ("200 OK", format!(r#"{{"phone": "1990000000{number}", "name": "测试{number}", "link": "https://ai.example/{number}"}}"#))
            };
            let mut head = String::new();
            write!(head, "HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{answer}", answer.len()).unwrap();
            stream.get_mut().write_all(head.as_bytes()).unwrap();
        }
    });
    (port, posted)
}

#[test]
fn a_ladder_reminds_proposes_and_blocks_and_a_person_decides() {
    let (port, posted) = outside();
    let company = Company::new();
    company.write("inflow.toml", settings("2026-03-02T15:00:00+08:00"));
    company.write("channels.toml", CHANNELS);
    company.write("process.toml", PROCESS.replace("PORT", &port.to_string()));
    for connection in ["ats", "hr"] {
        company.write(&format!("connections/{connection}.toml"), "connector = \"file\"\n");
    }
    for (kind, mapping, sheet, connection) in [
        ("applications", APPLICATIONS, PEOPLE, "ats"),
        ("invitations", INVITATIONS, INTERVIEWS, "ats"),
        ("assessments", ASSESSMENTS, CERTIFICATES, "hr"),
    ] {
        let (table, map) = (format!("{kind}.csv"), format!("{kind}.toml"));
        company.write(&table, sheet);
        company.write(&map, mapping);
        company.run(&["import", kind, &table, "--connection", connection, "--mapping", &map]).ok();
    }
    company.run(&["validate"]).ok();
    // Nobody listens at the first port.
    let gone = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let unreachable = PROCESS.replace("http://127.0.0.1:PORT/send", &format!("http://127.0.0.1:{gone}/send"));
    company.write("process.toml", unreachable.replace("PORT", &port.to_string()));
    let refused = company.run(&["validate"]);
    let line = 1 + PROCESS.lines().position(|line| line.ends_with("/send\"")).unwrap();
    let expected = format!("process.toml:{line}: gateway[0].url: 127.0.0.1 cannot be reached: ");
    assert!(refused.code == 1 && refused.err.contains(&expected), "{refused:?}");
    company.run(&["validate", "--offline"]).ok();
    company.write("process.toml", PROCESS.replace("PORT", &port.to_string()));
    // From now on the process is known. A certificate that ends within thirty days is a task at once.
    company.run(&["process", "run"]).ok();
    let steps = || {
        company.query(
            "SELECT application, step, kind, state, attempts FROM inflow_state.process_steps FINAL WHERE kind != 'known' ORDER BY 1, 2",
        )
    };
    assert_eq!(steps(), "A3\twarn_30\ttask\topen\t0\n");
    let blocked = company.run(&["process", "show", "--lang", "en"]).ok();
    assert!(
        blocked.out.contains("ats:A1") && blocked.out.contains("health certificate") && blocked.out.contains("not handed in"),
        "{}",
        blocked.out
    );
    assert!(!blocked.out.contains("ats:A2"), "not before the gate yet: {}", blocked.out);

    // Two o'clock at night and twelve hours are over: it is quiet. At half past eight both reminders leave; the first call fails.
    company.write("inflow.toml", settings("2026-03-03T02:30:00+08:00"));
    company.run(&["process", "run"]).ok();
    assert_eq!(steps(), "A3\twarn_30\ttask\topen\t0\n");
    company.write("inflow.toml", settings("2026-03-03T08:30:00+08:00"));
    let dry = company.run(&["process", "run", "--dry-run"]).ok();
    assert!(dry.out.contains("ats:A2") && dry.out.contains("ai/remind") && posted.try_recv().is_err(), "{}", dry.out);
    let first = company.run(&["process", "run", "--log", "debug"]);
    assert_eq!(first.code, 3, "{}", first.err);
    assert!(first.err.contains("gateway sms answered with HTTP status 503"), "{}", first.err);
    let doctor = company.run(&["doctor", "--lang", "en"]).out;
    assert!(doctor.contains("gateway sms: 1 steps fail and are tried again, 0 were given up"), "{doctor}");
    company.write("inflow.toml", settings("2026-03-03T09:00:00+08:00"));
    company.run(&["process", "run"]).ok();
    company.run(&["process", "run"]).ok();
    let sent: Vec<serde_json::Value> = posted.try_iter().collect();
    assert_eq!(sent.len(), 3, "one of them twice, since it failed: {sent:?}");
    assert!(
        sent.iter().any(|body| body["text"] == "测试2您好,AI面试待完成:https://ai.example/2" && body["to"] == "19900000002"),
        "{sent:?}"
    );
    let keys: std::collections::BTreeSet<&str> = sent.iter().filter_map(|body| body["key"].as_str()).collect();
    assert_eq!(keys.len(), 2, "and under the same key");

    // After twenty hours it is proposed to end the case, and nothing more.
    company.write("inflow.toml", settings("2026-03-03T10:00:00+08:00"));
    company.run(&["process", "run"]).ok();
    let key =
        company.query("SELECT key FROM inflow_state.process_steps FINAL WHERE application = 'A2' AND kind = 'proposal' AND state = 'open'");
    let key = key.trim();
    let refused = company.run(&["process", "done", key, "--reason", "x"]);
    assert_eq!((refused.code, refused.err.contains("is a proposal")), (1, true), "{}", refused.err);
    let confirmed =
        company.run(&["process", "confirm", key.get(..8).unwrap(), "--reason", "called twice, no answer", "--by", "Testperson"]).ok();
    assert!(confirmed.err.contains("carry it out in the ATS"), "{}", confirmed.err);
    let again = company.run(&["process", "confirm", key, "--reason", "x"]);
    assert!(again.err.contains("is not open any more: confirmed"), "{}", again.err);
    assert_eq!(company.query("SELECT status FROM inflow.applications WHERE source_id = 'A2'"), "open\n", "nobody is rejected by us");
    let audit =
        company.query("SELECT actor, JSONExtractString(detail, 'reason') FROM inflow_state.audit WHERE action = 'process decision'");
    assert_eq!(audit, "Testperson\tcalled twice, no answer\n");

    // What is kept names nobody, and of who is erased nothing is kept.
    company.run(&["process", "opt-out", "--phone", "199 0000 0003"]).ok();
    let kept = company.query("SELECT * FROM inflow_state.process_steps") + &company.query("SELECT * FROM inflow_state.process_opt_outs");
    assert!(!kept.contains("1990000") && !kept.contains("测试") && kept.contains("A2"), "{kept}");
    company.run(&["erase", "--phone", "19900000002"]).ok();
    company.run(&["process", "run"]).ok();
    assert!(!steps().contains("A2") && !steps().contains("erased"), "{}", steps());
    let schedule = company.run(&["schedule", "--lang", "en", "--next", "2"]).ok().out;
    assert!(schedule.contains("process.toml") && schedule.contains("0 */5 * * * *") && schedule.contains("open for people"), "{schedule}");
}
