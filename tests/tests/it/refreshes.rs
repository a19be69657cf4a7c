//! Slots that the machine carries out: by a system of the company's own that is called, signed, and by an own spec's `actions.refresh`.

use crate::holder::Holder;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::routing::{get, post};
use axum::{Json, Router};
use inflow_tests::Company;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use tokio::runtime::Runtime;

const CHANNELS: &str = "[[channel]]\nid = \"boss\"\nname = { en = \"BOSS\", zh = \"BOSS直聘\" }\n";
const JOBS: &str = "kind = \"postings\"\nid = \"no\"\ncomplete = true\n[fields]\ntitle = \"title\"\nposted_at = { path = \"since\", format = \"%Y-%m-%d\" }\n";
const REPOSTS: &str = "[[channel]]\nid = \"boss\"\nmode = \"auto\"\nper_day = 1\nprice = \"6.00\"\ncost_per_day = \"6.00\"\n";
const WEBHOOK: &str = "[[webhook]]\nconnection = \"jobs\"\nurl = \"file:hook\"\nsecret = \"file:hook.key\"\n";
const MESSAGES: &str = "[[receiver]]\nid = \"group\"\nshape = \"slack\"\nurl = \"file:robot\"\n";

/// A system of the company's own: what it was called with, and how it answers; 0 means not at all.
#[derive(Default)]
struct System {
    calls: Mutex<Vec<(String, String, Value)>>,
    told: Mutex<Vec<String>>,
    answers: Mutex<Vec<u16>>,
}

async fn called(State(system): State<Arc<System>>, headers: HeaderMap, body: String) -> StatusCode {
    let text = |name: &str| headers.get(name).map(|value| value.to_str().unwrap().to_owned()).unwrap_or_default();
    assert!(text("x-inflow-signature").starts_with("sha256=") && text("x-inflow-timestamp").parse::<i64>().is_ok());
    system.calls.lock().unwrap().push((text("idempotency-key"), text("x-kite-key"), serde_json::from_str(&body).unwrap()));
    answer(&system).await
}

async fn answer(system: &System) -> StatusCode {
    let answer = {
        let mut answers = system.answers.lock().unwrap();
        if answers.is_empty() { 200 } else { answers.remove(0) }
    };
    if answer == 0 {
        std::future::pending::<()>().await;
    }
    StatusCode::from_u16(answer).unwrap()
}

async fn told(State(system): State<Arc<System>>, Json(body): Json<Value>) -> &'static str {
    system.told.lock().unwrap().push(body["text"].as_str().unwrap().to_owned());
    "ok"
}

async fn listed(Query(query): Query<HashMap<String, String>>) -> Json<Value> {
    let job = |no: &str, name: &str| json!({"no": no, "name": name, "town": "Weifang", "since": "2026-10-02 09:00", "wage": "6-8K"});
    let all = if query["page"] == "1" { vec![job("k/1", "Kite builder"), job("k2", "Wind reader")] } else { Vec::new() };
    Json(json!({ "list": all }))
}

async fn refreshed(State(system): State<Arc<System>>, Path(no): Path<String>, headers: HeaderMap, Json(body): Json<Value>) -> StatusCode {
    let text = |name: &str| headers.get(name).map(|value| value.to_str().unwrap().to_owned()).unwrap_or_default();
    system.calls.lock().unwrap().push((text("idempotency-key"), text("x-kite-key"), json!({"posting": no, "body": body})));
    answer(&system).await
}

fn serve(runtime: &Runtime, answers: &[u16]) -> (Arc<System>, String) {
    let system = Arc::new(System { answers: Mutex::new(answers.to_vec()), ..System::default() });
    let router = Router::new()
        .route("/refresh", post(called))
        .route("/robot", post(told))
        .route("/shops/north/jobs", get(listed))
        .route("/jobs/{no}/up", post(refreshed))
        .with_state(Arc::clone(&system));
    let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).unwrap();
    let address = listener.local_addr().unwrap().to_string();
    runtime.spawn(async move { axum::serve(listener, router).await });
    (system, address)
}

fn clock(company: &Company, local: &str) {
    let settings =
        "[company]\nname = \"测试公司\"\ntimezone = \"Asia/Shanghai\"\n[serve]\npage = \"127.0.0.1:0\"\nclickhouse = \"127.0.0.1:0\"\n";
    company.write("inflow.toml", format!("{settings}[clock]\nfixed = {local}:00+08:00\n"));
}

fn slots(company: &Company) -> String {
    company.query("SELECT local, posting_source_id, state, attempts, outcome FROM inflow_state.repost_plan FINAL ORDER BY at FORMAT CSV")
}

/// Three postings, one refresh a day from Monday, the second of November.
fn company(address: &str) -> Company {
    let company = Company::new();
    clock(&company, "2026-11-02T08:00");
    for (name, text) in [
        ("channels.toml", CHANNELS),
        ("messages.toml", MESSAGES),
        ("connections/jobs.toml", "connector = \"file\"\nchannel = \"boss\"\nmapping = \"mappings/jobs.toml\"\n"),
        ("mappings/jobs.toml", JOBS),
        ("jobs.csv", "no,title,since\nZ0,店员,2026-09-01\nZ1,收银员,2026-09-02\nZ2,店长,2026-09-03\n"),
        ("hook.key", "invented"),
    ] {
        company.write(name, text);
    }
    company.write("hook", format!("http://{address}/refresh"));
    company.write("robot", format!("http://{address}/robot"));
    company.write("reposts.toml", format!("to = [\"group\"]\n{REPOSTS}"));
    company
}

#[test]
fn a_call_is_made_once_under_one_key_whoever_is_killed_and_a_person_is_asked_where_it_fails() {
    let runtime = Runtime::new().unwrap();
    // No answer; then done; then a refusal.
    let (system, address) = serve(&runtime, &[0, 200, 400]);
    let company = company(&address);
    let refused = company.run(&["validate"]);
    let said = "reposts.toml:4: channel[0].mode: no connection of `boss` can refresh a posting: jobs (file)";
    assert_eq!((refused.code, refused.err.contains(said)), (1, true), "{}", refused.err);
    company.write("reposts.toml", format!("to = [\"group\"]\n{REPOSTS}{WEBHOOK}"));
    company.write("hook", "http://127.0.0.1:9/refresh");
    let unreachable = company.run(&["validate"]);
    assert_eq!(
        (unreachable.code, unreachable.err.contains("webhook[0].url: 127.0.0.1 cannot be reached")),
        (1, true),
        "{}",
        unreachable.err
    );
    company.write("hook", format!("http://{address}/refresh"));
    company.run(&["validate"]).ok();
    company.run(&["import", "postings", "jobs.csv", "--connection", "jobs"]).ok();
    company.run(&["plan", "repost", "--days", "3"]).ok();
    let planned = "\"2026-11-02 09:00\",\"Z0\",\"planned\",0,\"\"\n\"2026-11-03 09:00\",\"Z1\",\"planned\",0,\"\"\n\"2026-11-04 09:00\",\"Z2\",\"planned\",0,\"\"\n";
    assert_eq!(slots(&company), planned);
    assert_eq!(system.calls.lock().unwrap().len(), 0, "nothing is due");

    // However often it is planned shortly before its time, a slot is not taken back, nor is another planned beside it.
    clock(&company, "2026-11-02T08:50");
    company.run(&["plan", "repost", "--days", "3", "--apply"]).ok();
    assert_eq!(slots(&company), planned);

    // Killed between the call and its answer.
    clock(&company, "2026-11-02T09:01");
    let daemon = Holder::start(&company, &["run"]);
    daemon.until("the first call", || system.calls.lock().unwrap().len() == 1);
    drop(daemon);
    assert!(slots(&company).starts_with("\"2026-11-02 09:00\",\"Z0\",\"sent\",1,\"unknown\"\n"));
    // In quiet hours nobody asks again.
    company.write("reposts.toml", format!("to = [\"group\"]\nquiet_hours = [\"09:30-10:00\"]\n{REPOSTS}{WEBHOOK}"));
    clock(&company, "2026-11-02T09:45");
    company.run(&["plan", "repost", "--apply"]).ok();
    assert_eq!(system.calls.lock().unwrap().len(), 1);
    clock(&company, "2026-11-02T10:00");
    let daemon = Holder::start(&company, &["run"]);
    daemon.until("it is noted as done", || slots(&company).starts_with("\"2026-11-02 09:00\",\"Z0\",\"done\",2,\"done\"\n"));
    assert!(daemon.get("/api/v1/repost-plan?from=2026-11-02&to=2026-11-02").contains("\"attempts\":2"));
    drop(daemon);
    {
        let calls = system.calls.lock().unwrap();
        let bodies: Vec<&Value> = calls.iter().map(|(.., body)| body).collect();
        assert_eq!((calls.len(), &calls[0].0, bodies[0]), (2, &calls[1].0, bodies[1]), "the same key, the same refresh");
        assert_eq!(
            (&bodies[0]["posting"], &bodies[0]["action"], &bodies[0]["key"]),
            (&"Z0".into(), &"refresh".into(), &calls[0].0.clone().into())
        );
    }
    assert_eq!(company.query("SELECT count(), uniq(plan) FROM inflow_state.reposts FINAL FORMAT CSV"), "1,1\n");

    // The next day nothing ran until noon: the slot is not made up for. Of the days after, another plan.
    clock(&company, "2026-11-03T12:10");
    let applied = company.run(&["plan", "repost", "--days", "3", "--apply", "--lang", "en"]).ok();
    assert!(applied.err.contains("Z1 收银员: it could not be called within an hour"), "{}", applied.err);
    assert!(slots(&company).contains("\"Z1\",\"missed\",0,\"late\"\n"), "{}", slots(&company));
    let doctor = company.run(&["doctor", "--lang", "en"]);
    assert!(doctor.out.contains("refresh: 1 slots of the last 7 days were missed: it could not be called"), "{}", doctor.out);

    // It refuses the next one: a person is asked, and told why.
    let next = company.query("SELECT local FROM inflow_state.repost_plan FINAL WHERE state = 'planned' ORDER BY at LIMIT 1");
    clock(&company, &next.trim().replace(' ', "T"));
    let daemon = Holder::start(&company, &["run"]);
    daemon.until("a person is asked", || slots(&company).contains("\"told\",1,\"refused\"\n"));
    drop(daemon);
    let told = system.told.lock().unwrap().clone();
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].contains("对方拒绝了调用") && told[0].contains("HTTP status 400") && told[0].contains("/done?"), "{}", told[0]);
    let audit = company.query("SELECT countIf(action = 'call repost'), countIf(action = 'repost'), countIf(action = 'tell repost') FROM inflow_state.audit FORMAT CSV");
    assert_eq!(audit, "3,3,1\n", "three calls; done, missed, refused; told once");
}

#[test]
fn an_own_specs_action_goes_out_with_the_connections_credential_and_within_the_boards_limits() {
    let runtime = Runtime::new().unwrap();
    let (system, address) = serve(&runtime, &[409]);
    let company = Company::new();
    clock(&company, "2026-11-02T08:00");
    company.write("channels.toml", CHANNELS);
    company.write("kite.key", "wind\n");
    let spec = include_str!("../../boards/kite/kite.toml").split("[[stream]]\nname = \"people\"").next().unwrap();
    let spec = spec
        .replace("detail = [{ as = \"text\", path = \"/jobs/{$no}\", record = \"job\" }]\n", "")
        .replace("body = { path = \"text.words\", type = \"html\" }\n", "");
    let action = "[actions.refresh]\npath = \"/jobs/{$posting}/up\"\nbody = { shop = \"{shop}\", key = \"{$key}\" }\nlimits = { per_day = 1 }\n\
        answers = [{ means = \"done\", status = [200] }, { means = \"already\", status = [409] }]\n";
    company.write("connectors/kite.toml", format!("{spec}{action}"));
    company.write(
        "connections/kite.toml",
        format!("connector = \"kite\"\nchannel = \"boss\"\nbase_url = \"http://{address}\"\n[params]\nshop = \"north\"\n[secrets]\nkey = \"file:kite.key\"\n"),
    );
    company.write("reposts.toml", "[[channel]]\nid = \"boss\"\nmode = \"auto\"\nper_day = 5\n");
    company.run(&["validate"]).ok();
    company.run(&["run", "--once"]).ok();
    company.run(&["plan", "repost", "--days", "1"]).ok();
    let both = "\"2026-11-02 09:00\",\"k/1\",\"planned\",0,\"\"\n\"2026-11-02 09:15\",\"k2\",\"planned\",0,\"\"\n";
    assert_eq!(slots(&company), both);
    clock(&company, "2026-11-02T09:15");
    let applied: Value =
        serde_json::from_str(&company.run(&["plan", "repost", "--days", "1", "--apply", "--format", "json"]).ok().out).unwrap();
    // The first one had been done under this key; the board allows one a day.
    let ends =
        applied["carried_out"].as_array().unwrap().iter().map(|slot| (slot["state"].as_str().unwrap(), slot["outcome"].as_str().unwrap()));
    assert_eq!(ends.collect::<Vec<_>>(), [("done", "already"), ("missed", "account_quota")], "{applied:#}");
    let calls = system.calls.lock().unwrap();
    let (key, credential, body) = &calls[0];
    assert_eq!((calls.len(), credential.as_str(), &body["posting"]), (1, "wind", &"k/1".into()), "the id stands in one part of the path");
    assert_eq!(&body["body"], &json!({"shop": "north", "key": key}));
    assert_eq!(applied["carried_out"][0]["slot"], key.as_str());
    let log = company.run(&["query", "SELECT detail FROM inflow_state.audit WHERE action = 'call repost'"]).ok().out;
    assert!(log.contains(key) && !log.contains("wind"), "{log}");
}
