//! The boards over HTTP: pages, keys, limits, faults, recordings.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod client;

use std::collections::BTreeSet;
use std::fs;
use std::sync::LazyLock;
use std::time::Duration;

use client::get;
use inflow_simulator::{Auth, Board, Fault, FaultKind, Limit, Recording, Server, World, recording, scenario};
use serde_json::{Value, json};

static WORLD: LazyLock<World> = LazyLock::new(|| scenario("seed", 1).unwrap());

async fn demo() -> Server {
    Server::start(WORLD.boards()).await.unwrap()
}

const LEVER: &str = "lever_clothing";
const LEVER_KEY: Option<&str> = Some("simulated-key-of-lever_clothing");
const MOKA: &str = "moka_food";
const MOKA_KEY: Option<&str> = Some("simulated-key-of-moka_food");

/// All pages of a Lever list; the token goes back as it came.
async fn lever_list(server: &Server, path: &str, extra: &str) -> Vec<Value> {
    let mut rows = Vec::new();
    let mut offset = String::new();
    loop {
        let answer = get(server, LEVER, &format!("{path}?limit=100{extra}{offset}"), LEVER_KEY).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        let page = answer.json();
        rows.extend(page["data"].as_array().unwrap().iter().cloned());
        if page["hasNext"] == false {
            return rows;
        }
        offset = format!("&offset={}", page["next"].as_str().unwrap());
    }
}

#[tokio::test]
async fn lever_pages_hold_every_opportunity_once() {
    let server = demo().await;
    let world = &*WORLD;
    let lever = ["linkedin", "indeed", "referral", "career_site"];
    let expected: BTreeSet<&str> = world
        .applications
        .iter()
        .filter(|case| case.store == "服装店" && lever.contains(&case.channel))
        .map(|case| case.id.as_str())
        .collect();
    let rows = lever_list(&server, "/v1/opportunities", "&expand=applications").await;
    let seen: BTreeSet<&str> = rows.iter().map(|row| row["id"].as_str().unwrap()).collect();
    assert_eq!(rows.len(), seen.len());
    assert_eq!(seen, expected);
    assert!(rows.iter().all(|row| row["applications"][0]["posting"].is_string()));
    let bare = lever_list(&server, "/v1/opportunities", "").await;
    assert!(bare[0]["applications"][0].is_string());
}

#[tokio::test]
async fn lever_refuses_a_token_that_was_encoded_twice() {
    let server = demo().await;
    let first = get(&server, LEVER, "/v1/opportunities?limit=100", LEVER_KEY).await.json();
    let twice = first["next"].as_str().unwrap().replace('%', "%25");
    assert_eq!(get(&server, LEVER, &format!("/v1/opportunities?offset={twice}"), LEVER_KEY).await.status, 400);
}

#[tokio::test]
async fn lever_answers_who_asks_for_changes_only() {
    let server = demo().await;
    let all = lever_list(&server, "/v1/opportunities", "").await.len();
    let since = WORLD.now.timestamp_millis() - 7 * 86_400_000;
    let recent = lever_list(&server, "/v1/opportunities", &format!("&updated_at_start={since}")).await.len();
    assert!(recent > 0 && recent * 4 < all, "{recent} of {all}");
}

#[tokio::test]
async fn moka_pages_hold_every_row_once() {
    let server = demo().await;
    let world = &*WORLD;
    let moka = ["boss", "zhaopin", "liepin", "job51", "lagou"];
    let expected = world.applications.iter().filter(|case| case.store == "食品店" && moka.contains(&case.channel)).count();
    let mut ids = Vec::new();
    let mut next = String::new();
    loop {
        let path = format!("/v1/data/movedApplications?fromTime=2018-01-01&reqType=all&limit=500{next}");
        let answer = get(&server, MOKA, &path, MOKA_KEY).await;
        if answer.status == 429 {
            tokio::time::sleep(Duration::from_millis(200)).await;
            continue;
        }
        let page = answer.json();
        let rows = page["data"].as_array().unwrap();
        assert!(rows.len() <= 20);
        ids.extend(rows.iter().map(|row| row["applicationId"].as_u64().unwrap()));
        match page["next"].as_str() {
            Some(token) => next = format!("&next={token}"),
            None => break,
        }
    }
    assert_eq!(ids.len(), expected);
    assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), expected);
    let jobs = get(&server, MOKA, "/v1/jobs/demo-food?limit=30&offset=60", MOKA_KEY).await.json();
    assert_eq!((jobs["total"].as_u64(), jobs["jobs"].as_array().unwrap().len()), (Some(70), 10));
}

#[tokio::test]
async fn greenhouse_lists_its_board_in_one_answer() {
    let server = demo().await;
    let jobs = get(&server, "greenhouse_chain", "/v1/boards/demo-chain/jobs?content=true", None).await.json();
    assert_eq!(jobs["jobs"].as_array().unwrap().len(), 50);
    assert!(jobs["jobs"][0]["content"].as_str().unwrap().starts_with("&lt;p&gt;"));
    assert!(jobs["jobs"][0].get("pay_input_ranges").is_none());
    let bare = get(&server, "greenhouse_chain", "/v1/boards/demo-chain/jobs", None).await.json();
    assert!(bare["jobs"][0].get("content").is_none());
    assert_eq!(get(&server, "greenhouse_chain", "/v1/boards/other/jobs", None).await.status, 404);
}

#[tokio::test]
async fn keys_are_checked() {
    let server = demo().await;
    assert_eq!(get(&server, LEVER, "/v1/stages", None).await.status, 401);
    assert_eq!(get(&server, LEVER, "/v1/stages", Some("another")).await.status, 401);
    assert_eq!(get(&server, LEVER, "/v1/stages", LEVER_KEY).await.status, 200);
    assert_eq!(get(&server, "nowhere", "/v1/stages", LEVER_KEY).await.status, 404);
    let statuses: Vec<u16> = server.requests().iter().map(|seen| seen.status).collect();
    assert_eq!(statuses, [401, 401, 200, 404]);
    assert!(!format!("{:?}", server.requests()).contains("simulated-key"));
}

struct Echo;

impl inflow_simulator::Respond for Echo {
    fn respond(&self, request: &inflow_simulator::BoardRequest) -> inflow_simulator::Reply {
        inflow_simulator::Reply::ok(json!({ "path": request.path, "list": [{ "id": 1 }, { "id": 2 }] }))
    }
}

#[tokio::test]
async fn limits_are_kept_and_told() {
    let limit = Limit::new(3, Duration::from_hours(1));
    let server = Server::start(vec![Board::new("echo", Echo).auth(Auth::None).limit(limit)]).await.unwrap();
    for left in ["2", "1", "0"] {
        let answer = get(&server, "echo", "/a", None).await;
        assert_eq!((answer.status, answer.header("x-ratelimit-remaining")), (200, Some(left)));
        assert_eq!(answer.header("x-ratelimit-limit"), Some("3"));
    }
    let refused = get(&server, "echo", "/a", None).await;
    assert_eq!(refused.status, 429);
    let wait: u64 = refused.header("retry-after").unwrap().parse().unwrap();
    assert!((1190..=1200).contains(&wait), "{wait}");
}

#[tokio::test]
async fn faults_hit_what_they_are_aimed_at() {
    let server = Server::start(vec![Board::new("echo", Echo)]).await.unwrap();
    server.inject("echo", Fault::times(FaultKind::Status(500), 2).on("/b").after(1)).unwrap();
    let mut statuses = Vec::new();
    for path in ["/b", "/a", "/b", "/b", "/b"] {
        statuses.push(get(&server, "echo", path, None).await.status);
    }
    assert_eq!(statuses, [200, 200, 500, 500, 200]);

    server.inject("echo", Fault::times(FaultKind::RateLimited { retry_after: 7 }, 1)).unwrap();
    let limited = get(&server, "echo", "/a", None).await;
    assert_eq!((limited.status, limited.header("retry-after")), (429, Some("7")));

    server.inject("echo", Fault::times(FaultKind::Retype { field: "id".into(), value: json!({ "n": 1 }) }, 1)).unwrap();
    assert_eq!(get(&server, "echo", "/a", None).await.json()["list"][1]["id"], json!({ "n": 1 }));

    server.inject("echo", Fault::times(FaultKind::Truncated, 1)).unwrap();
    let cut = get(&server, "echo", "/a", None).await;
    assert_eq!(cut.status, 200);
    assert!(serde_json::from_str::<Value>(&cut.body).is_err());

    server.inject("echo", Fault::times(FaultKind::Reset, 1)).unwrap();
    let gone = get(&server, "echo", "/a", None).await;
    assert!(!gone.body.ends_with("0\r\n\r\n"), "the chunked body ended in order: {}", gone.body);

    server.inject("echo", Fault::times(FaultKind::Html("<html>login</html>".into()), 1)).unwrap();
    let html = get(&server, "echo", "/a", None).await;
    assert_eq!(html.header("content-type"), Some("text/html; charset=utf-8"));

    server.inject("echo", Fault::always(FaultKind::Status(401))).unwrap();
    assert_eq!(get(&server, "echo", "/a", None).await.status, 401);
    server.mend("echo").unwrap();
    assert_eq!(get(&server, "echo", "/a", None).await.status, 200);
    assert!(server.inject("other", Fault::always(FaultKind::Truncated)).is_err());
}

#[tokio::test]
async fn a_slow_board_takes_its_time() {
    let server = Server::start(vec![Board::new("echo", Echo)]).await.unwrap();
    server.inject("echo", Fault::times(FaultKind::Slow(Duration::from_millis(300)), 1)).unwrap();
    let start = std::time::Instant::now();
    assert_eq!(get(&server, "echo", "/a", None).await.status, 200);
    assert!(start.elapsed() >= Duration::from_millis(300));
}

#[tokio::test]
async fn a_board_moves_on() {
    let server = Server::start(vec![Board::new("echo", Echo)]).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("payload.json");
    fs::write(&file, r#"{"jobs": []}"#).unwrap();
    let mut later = Recording::new();
    later.add_payload("/a", &file).unwrap();
    server.put(later.board("echo"));
    assert_eq!(get(&server, "echo", "/a?content=true", None).await.json(), json!({ "jobs": [] }));
}

fn pairs() -> Value {
    let page = |ids: &[u32], next: Option<&str>| json!({ "data": ids.iter().map(|id| json!({ "id": id })).collect::<Vec<_>>(), "hasNext": next.is_some(), "next": next });
    json!({ "get": {
        "/v1/opportunities": [
            { "request": { "params": { "limit": "100" } }, "response": page(&[1, 2], Some("%5B3%2C%22a%22%5D")), "status": 200,
              "headers": { "x-region": "global", "x-ratelimit-remaining": "4978", "content-length": "9" } },
            { "request": { "params": { "limit": "100", "offset": "%5B3%2C%22a%22%5D" } }, "response": page(&[3], None), "status": 200, "headers": {} },
        ],
        "/v1/stages": { "request": { "params": { "limit": "100" } }, "response": page(&[9], None), "status": 200, "headers": {} },
    } })
}

#[tokio::test]
async fn a_recording_is_played_by_path_and_token() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("lever.json"), pairs().to_string()).unwrap();
    let board = recording("lever", folder.path()).unwrap().auth(Auth::BasicUser("k".into()));
    let server = Server::start(vec![board]).await.unwrap();
    let first = get(&server, "lever", "/v1/opportunities?limit=100&expand=applications", Some("k")).await;
    assert_eq!(first.json()["data"].as_array().unwrap().len(), 2);
    assert_eq!(first.header("x-region"), Some("global"));
    assert_eq!(first.header("x-ratelimit-remaining"), None);
    let token = first.json()["next"].as_str().unwrap().to_owned();
    let second = get(&server, "lever", &format!("/v1/opportunities?limit=100&offset={token}"), Some("k")).await;
    assert_eq!(second.json()["data"], json!([{ "id": 3 }]));
    let twice = token.replace('%', "%25");
    assert_eq!(get(&server, "lever", &format!("/v1/opportunities?offset={twice}"), Some("k")).await.status, 400);
    assert_eq!(get(&server, "lever", "/v1/stages", Some("k")).await.json()["data"], json!([{ "id": 9 }]));
    assert_eq!(get(&server, "lever", "/v1/tags", Some("k")).await.status, 404);
}

#[test]
fn what_is_no_recording_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("x.json");
    assert!(recording("x", &file).unwrap_err().to_string().starts_with("cannot read the recording"));
    for (text, reason) in
        [("[1]", "it is not an object"), ("{", "EOF"), ("{}", "it holds no exchanges"), (r#"{"get": {"/a": {}}}"#, "has no response")]
    {
        fs::write(&file, text).unwrap();
        let message = recording("x", &file).unwrap_err().to_string();
        assert!(message.contains(reason), "{message}");
    }
}
