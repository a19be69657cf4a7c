//! What a system sends by itself: taken once, signed or not at all.

use crate::holder::Holder;
use hmac::{Hmac, Mac};
use inflow_tests::{Company, landing_text};
use sha2::Sha256;
use std::io::{Read, Write};
use std::net::TcpStream;

const SETTINGS: &str = "[company]\nname = \"Acme\"\n\n[identity]\nkey = \"file:keys/identity.key\"\nerase_key = \"file:keys/erase.key\"\n\n[serve]\npage = \"127.0.0.1:0\"\nclickhouse = \"127.0.0.1:0\"\n\n[clock]\nfixed = \"2026-11-22T08:00:00Z\"\n";
const CHANNELS: &str = "[[channel]]\nid = \"boss\"\nname = { en = \"BOSS\", zh = \"BOSS直聘\" }\n";
const MAPPING: &str = "kind = \"applications\"\nrecords = \"data\"\nid = \"id\"\ntime_format = \"rfc3339\"\n[fields]\napplied_at = \"applied_at\"\ntitle = \"title\"\n[identity]\nname = \"person.name\"\nphone = \"person.phone\"\n";
const KEY: &str = "a signing key of this test";
/// 2026-11-22T08:00:00Z.
const NOW: i64 = 1_795_334_400;

fn company() -> Company {
    let company = Company::new();
    company.write("inflow.toml", SETTINGS);
    company.write("channels.toml", CHANNELS);
    company.write("mappings/ats.toml", MAPPING);
    company.write("secrets/ats", KEY);
    company.write(
        "connections/ats.toml",
        "connector = \"webhook\"\nchannel = \"boss\"\nmapping = \"mappings/ats.toml\"\n[secrets]\nsigning_key = \"file:secrets/ats\"\n",
    );
    company
}

fn application(id: u32, title: &str, phone: &str) -> String {
    format!(
        r#"{{"event":"application","data":{{"id":{id},"title":"{title}","applied_at":"2026-11-20T10:00:00+08:00","person":{{"name":"测试甲","phone":"{phone}"}}}}}}"#
    )
}

fn signature(key: &str, at: i64, body: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(key.as_bytes()).unwrap();
    mac.update(format!("{at}.{body}").as_bytes());
    format!("sha256={}", hex::encode(mac.finalize().into_bytes()))
}

/// Posts; status and body of the answer.
fn post(daemon: &Holder<'_>, path: &str, headers: &[(&str, &str)], body: &str) -> (u16, String) {
    let mut stream = TcpStream::connect(daemon.page()).unwrap();
    let extra: Vec<String> = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    let extra = extra.concat();
    // The name under which the sender knows us is none of ours.
    let head = format!(
        "POST {path} HTTP/1.1\r\nHost: hooks.example.com\r\nContent-Type: application/json\r\nContent-Length: {}\r\n{extra}Connection: close\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).unwrap();
    stream.write_all(body.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let status = answer.split(' ').nth(1).unwrap().parse().unwrap();
    (status, answer.split_once("\r\n\r\n").unwrap().1.to_owned())
}

fn send(daemon: &Holder<'_>, at: i64, body: &str) -> (u16, String) {
    let stamp = at.to_string();
    post(daemon, "/hooks/ats", &[("X-Inflow-Timestamp", &stamp), ("X-Inflow-Signature", &signature(KEY, at, body))], body)
}

const NEW: &str = r#"{"repeated":false,"status":"ok"}"#;
const AGAIN: &str = r#"{"repeated":true,"status":"ok"}"#;

fn titles(daemon: &Holder<'_>) -> String {
    daemon.count("SELECT arrayStringConcat(arraySort(groupArray(source_id || '=' || title)), ' ') FROM inflow.applications")
}

#[test]
fn a_delivery_is_taken_once() {
    let company = company();
    let mut daemon = Holder::start(&company, &["serve"]);
    assert!(company.run(&["doctor"]).out.contains("ats: nothing received yet"));
    let first = application(1, "店员", "19900000001");
    assert_eq!(send(&daemon, NOW, &first), (200, NEW.to_owned()));
    // Answered means durable: killed at once, it is there after the next start, and known.
    daemon.child.kill().unwrap();
    daemon.child.wait().unwrap();
    drop(daemon);
    let daemon = Holder::start(&company, &["run"]);
    assert_eq!(titles(&daemon), "1=店员");
    let segments = daemon.count("SELECT count() FROM inflow_state.segments");
    assert_eq!(send(&daemon, NOW, &first), (200, AGAIN.to_owned()));
    assert_eq!(daemon.count("SELECT count() FROM inflow_state.segments"), segments, "a replay lands nothing");

    // The same content, signed anew, is no news either; another content is.
    assert_eq!(send(&daemon, NOW + 1, &first), (200, NEW.to_owned()));
    assert_eq!(daemon.count("SELECT count() FROM inflow_state.segments"), segments);
    assert_eq!(send(&daemon, NOW + 60, &application(1, "店长", "19900000001")).0, 200);
    assert_eq!(titles(&daemon), "1=店长");
    // What was signed earlier and comes later does not undo it.
    assert_eq!(send(&daemon, NOW + 30, &application(1, "副店长", "19900000001")).0, 200);
    assert_eq!(titles(&daemon), "1=店长");
    daemon.until("marts", || daemon.count("SELECT uniqExact(source_id) FROM inflow.application_stages") == "1");
    assert!(company.run(&["doctor"]).out.contains("ats: last received 2026-11-22 08:00 UTC"));
    let everything = landing_text(&company.path().join("inflow-data")) + &daemon.said();
    assert!(everything.contains("店长") && !everything.contains("19900000001") && !everything.contains("测试甲"));

    // Forgotten, the person does not come back.
    company.run(&["erase", "--phone", "19900000001"]).ok();
    assert_eq!(send(&daemon, NOW + 90, &application(1, "经理", "19900000001")).0, 200);
    assert_eq!(send(&daemon, NOW + 90, &application(2, "经理", "19900000001")).0, 200);
    assert_eq!(daemon.count("SELECT count() FROM inflow.applications"), "1");
    assert_eq!(daemon.count("SELECT countIf(source_id IN ('1', '2')) FROM inflow.applications"), "0");
    assert_eq!(daemon.end().0, 0);
}

#[test]
fn what_is_not_signed_changes_nothing() {
    let company = company();
    let daemon = Holder::start(&company, &["serve"]);
    let body = application(1, "店员", "19900000001");
    let good = signature(KEY, NOW, &body);
    let stamp = NOW.to_string();
    let signed = |key: &str, at: i64| vec![("X-Inflow-Timestamp", at.to_string()), ("X-Inflow-Signature", signature(key, at, &body))];
    let cases: [(&str, Vec<(&str, String)>); 6] = [
        ("no headers", vec![]),
        ("no timestamp", vec![("X-Inflow-Signature", good.clone())]),
        ("another key", signed("other", NOW)),
        ("another timestamp", vec![("X-Inflow-Timestamp", (NOW + 1).to_string()), ("X-Inflow-Signature", good.clone())]),
        ("stale", signed(KEY, NOW - 301)),
        ("of the future", signed(KEY, NOW + 301)),
    ];
    for (name, headers) in cases {
        let headers: Vec<(&str, &str)> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let (status, said) = post(&daemon, "/hooks/ats", &headers, &body);
        assert_eq!(status, 401, "{name}: {said}");
        assert!(!said.contains(KEY) && !said.contains("19900000001"), "{name}: {said}");
    }
    let headers = [("X-Inflow-Timestamp", stamp.as_str()), ("X-Inflow-Signature", good.as_str())];
    assert_eq!(post(&daemon, "/hooks/nobody", &headers, &body).0, 404);
    assert_eq!(post(&daemon, "/hooks/ats", &[headers[0], headers[1], ("Origin", "https://evil.example")], &body).0, 403);
    assert_eq!(post(&daemon, "/api/v1/connections", &headers, &body).0, 403);
    assert_eq!(daemon.count("SELECT count() FROM inflow_state.segments"), "0");
    assert_eq!(daemon.count("SELECT count() FROM inflow_state.connection_health"), "0", "strangers do not make a connection fail");

    // Signed and unreadable: the sender changed, and that is shown.
    let (status, said) = send(&daemon, NOW, "{\"data\": [1]}");
    assert_eq!(status, 422, "{said}");
    assert_eq!(send(&daemon, NOW, "not JSON").0, 422);
    assert_eq!(daemon.count("SELECT status || ' ' || error_kind FROM inflow_state.connection_health"), "failing bad_response");
    assert_eq!(send(&daemon, NOW, &body), (200, NEW.to_owned()));
    assert_eq!(daemon.count("SELECT status FROM inflow_state.connection_health"), "ok");
    assert_eq!(daemon.end().0, 0);
}
