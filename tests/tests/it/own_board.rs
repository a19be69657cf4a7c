//! A board that this program does not know: one spec, one fixture folder, one stanza, and no Rust but the board itself.

use axum::extract::{Path, Query, State};
use axum::http::HeaderMap;
use axum::{Json, Router, routing::get};
use inflow_tests::Company;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use tokio::runtime::Runtime;

const SPEC: &str = include_str!("../../boards/kite/kite.toml");
const STANZA: &str = include_str!("../../boards/kite/connection.toml");
const FIXTURES: &[(&str, &str)] = &[
    ("jobs.json", include_str!("../../boards/kite/fixtures/jobs.json")),
    ("jobs.text.json", include_str!("../../boards/kite/fixtures/jobs.text.json")),
    ("people.json", include_str!("../../boards/kite/fixtures/people.json")),
];

/// What the board has, and what it was asked for.
#[derive(Default)]
struct Kite {
    jobs: Mutex<Vec<Value>>,
    asked: Mutex<Vec<String>>,
}

fn noted(kite: &Kite, what: String, headers: &HeaderMap) {
    assert_eq!(headers.get("x-kite-key").unwrap(), "wind");
    kite.asked.lock().unwrap().push(what);
}

async fn jobs(State(kite): State<Arc<Kite>>, Query(query): Query<HashMap<String, String>>, headers: HeaderMap) -> Json<Value> {
    noted(&kite, "jobs".into(), &headers);
    let page: usize = query["page"].parse().unwrap();
    let all = kite.jobs.lock().unwrap();
    Json(json!({"list": all.iter().skip((page - 1) * 2).take(2).collect::<Vec<_>>()}))
}

async fn job(State(kite): State<Arc<Kite>>, Path(no): Path<String>, headers: HeaderMap) -> Json<Value> {
    noted(&kite, format!("job {no}"), &headers);
    Json(json!({"job": {"words": format!("<p>All about {no}</p>")}}))
}

async fn people(State(kite): State<Arc<Kite>>, headers: HeaderMap) -> Json<Value> {
    noted(&kite, "people".into(), &headers);
    Json(serde_json::from_str(FIXTURES[2].1).unwrap())
}

fn listed(no: &str, name: &str) -> Value {
    json!({"no": no, "name": name, "town": "Weifang", "since": "2026-10-02 09:00", "wage": "6-8K"})
}

#[test]
fn a_made_up_board_takes_one_spec_one_fixture_folder_and_one_stanza() {
    let runtime = Runtime::new().unwrap();
    let kite = Arc::new(Kite::default());
    *kite.jobs.lock().unwrap() = vec![listed("k1", "Kite builder"), listed("k2", "Wind reader"), listed("k3", "String maker")];
    let router = Router::new()
        .route("/shops/north/jobs", get(jobs))
        .route("/jobs/{no}", get(job))
        .route("/shops/north/people", get(people))
        .with_state(Arc::clone(&kite));
    let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).unwrap();
    let address = listener.local_addr().unwrap();
    runtime.spawn(async move { axum::serve(listener, router).await });

    let company = Company::new();
    company.write("inflow.toml", "[company]\nname = \"Acme\"\n[clock]\nfixed = 2026-11-20T12:00:00+08:00\n");
    company.write(
        "channels.toml",
        "[[channel]]\nid = \"boss\"\nname = { en = \"BOSS\", zh = \"BOSS直聘\" }\n[[channel]]\nid = \"referral\"\nname = { en = \"Referral\", zh = \"内推\" }\n",
    );
    company.write("kite.key", "wind\n");
    company.write("connectors/kite.toml", SPEC);
    for (name, text) in FIXTURES {
        company.write(&format!("connectors/fixtures/kite/{name}"), text);
    }
    company.write("connections/kite.toml", format!("base_url = \"http://{address}\"\n{STANZA}"));

    let checked = company.run(&["connector", "check", "kite"]).ok().out;
    assert!(checked.contains("kite: people: 2 records"), "{checked}");
    assert!(company.run(&["validate"]).ok().out.contains(", kite"), "validate does not list it");
    let tried = company.run(&["connector", "test", "kite"]).ok().out;
    assert!(tried.starts_with("ok: 127.0.0.1 answered: "), "{tried}");
    kite.asked.lock().unwrap().clear();

    company.run(&["run", "--once"]).ok();
    let rows = company.query("SELECT source_id, title, body, pay_text, status FROM inflow.postings ORDER BY source_id");
    assert_eq!(
        rows,
        "k1\tKite builder\tAll about k1\t6-8K\topen\nk2\tWind reader\tAll about k2\t6-8K\topen\nk3\tString maker\tAll about k3\t6-8K\topen\n"
    );
    let people = company.query("SELECT source_id, channel, posting_source_id FROM inflow.applications ORDER BY source_id");
    assert_eq!(people, "1\tboss\tk1\n2\treferral\tk2\n");
    let events = company.query("SELECT application_source_id, stage FROM inflow.stage_events ORDER BY application_source_id, occurred_at");
    assert_eq!(events, "1\tapplied\n1\tattended\n2\tapplied\n");

    // One job was taken down, one changed: only that one is asked for again, and the posting that is gone is closed.
    kite.asked.lock().unwrap().clear();
    *kite.jobs.lock().unwrap() = vec![listed("k1", "Kite builder"), listed("k3", "String master")];
    company.write("inflow.toml", "[company]\nname = \"Acme\"\n[clock]\nfixed = 2026-11-21T12:00:00+08:00\n");
    company.run(&["run", "--once"]).ok();
    let asked: Vec<String> = kite.asked.lock().unwrap().iter().filter(|what| what.starts_with("job ")).cloned().collect();
    assert_eq!(asked, ["job k3"]);
    let rows = company.query("SELECT source_id, title, status, closed_precision FROM inflow.postings ORDER BY source_id");
    assert_eq!(rows, "k1\tKite builder\topen\t\nk2\tWind reader\tclosed\tobserved\nk3\tString master\topen\t\n");

    // Replay needs no spec file: the words travelled with the landing.
    let before = company.query("SELECT * EXCEPT (segment, fetched_at) FROM inflow.postings ORDER BY source_id");
    company.run(&["replay"]).ok();
    assert_eq!(company.query("SELECT * EXCEPT (segment, fetched_at) FROM inflow.postings ORDER BY source_id"), before);
}
