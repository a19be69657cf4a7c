//! What goes wrong, and what it is called: the sentence, the hint, the class, and that nothing is lost.

use std::time::Duration;

use inflow_config::Explain;
use inflow_connectors::PullErrorKind;
use inflow_connectors::breaker::{Decision, decide};
use serde_json::json;

use crate::support::{Board, Reply, Rig, connection, job, jobs, lever, opportunity};

/// One pull of a Greenhouse board that answers always the same.
async fn against(reply: Reply) -> (inflow_connectors::PullOutcome, Rig, usize) {
    let board = Board::start(move |_, _| reply.clone()).await;
    let rig = Rig::new();
    let outcome = rig.pull(&connection("tea", "greenhouse", &board.url)).await;
    let asked = board.seen().len();
    (outcome, rig, asked)
}

fn text(body: &str) -> Reply {
    Reply { status: 200, headers: vec![("content-type", "application/json".into())], body: body.to_owned() }
}

#[tokio::test]
async fn every_failure_has_its_sentence() {
    let html = Reply { status: 200, headers: vec![("content-type", "text/html; charset=utf-8".into())], body: "<html>".into() };
    let cases = [
        (Reply::status(401), "unauthorised", "tea: jobs: 127.0.0.1 does not accept the credential (401)", 1),
        (Reply::status(403), "unauthorised", "tea: jobs: 127.0.0.1 refuses access (403)", 1),
        (Reply::status(404), "configuration", "tea: jobs: 127.0.0.1 knows no such list (404)", 1),
        (Reply::status(400), "bad_response", "tea: jobs: 127.0.0.1 refuses the request (400)", 1),
        (
            Reply::status(302).header("location", "https://evil.example/login"),
            "bad_response",
            "tea: jobs: 127.0.0.1 redirects to evil.example (302)",
            1,
        ),
        (html, "bad_response", "tea: jobs: 127.0.0.1 answered with a web page, not with data", 1),
        (
            text("{\"jobs\": [{\"id\": 1, \"ti"),
            "bad_response",
            "tea: jobs: 127.0.0.1 answered with JSON that is cut off (line 1, column 23)",
            1,
        ),
        (text("oops"), "bad_response", "tea: jobs: 127.0.0.1 answered with something that is not JSON (line 1, column 1)", 1),
        (text("{\"jobs\": {\"a\": 1}}"), "changed_shape", "tea: jobs: `jobs` is an object instead of a list of jobs", 1),
        (text("{\"positions\": []}"), "changed_shape", "tea: jobs: `jobs` is nothing instead of a list of jobs", 1),
        (text("{\"jobs\": [{\"title\": \"Cook\"}]}"), "changed_shape", "tea: jobs: no record of jobs has its id (`id`) any more", 1),
        (Reply::status(429).header("retry-after", "4000"), "rate_limited", "tea: jobs: 127.0.0.1 asks to slow down (429)", 1),
    ];
    for (reply, kind, sentence, requests) in cases {
        let (outcome, rig, asked) = Box::pin(against(reply)).await;
        let error = outcome.error.expect(sentence);
        assert_eq!(error.to_string(), sentence);
        assert_eq!(error.kind.as_str(), kind, "{sentence}");
        assert!(error.hint().is_some(), "{sentence}: no hint");
        assert_eq!(error.exit_code(), 1);
        assert_eq!(asked, requests, "{sentence}");
        assert!(rig.world.lines().is_empty(), "{sentence}: something was landed");
        let health = rig.world.health("tea").unwrap();
        assert_eq!(health.error.unwrap().0, kind);
        assert_eq!(health.failing_since, Some(rig.now));
        assert_eq!(rig.world.runs().len(), 1);
    }
}

#[tokio::test]
async fn an_unreachable_board_is_tried_again_and_then_named() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let rig = Rig::new();
    let outcome = rig.pull(&connection("tea", "greenhouse", &url)).await;
    let error = outcome.error.unwrap();
    assert_eq!(error.kind, PullErrorKind::Unreachable);
    assert!(error.to_string().starts_with("tea: jobs: 127.0.0.1 cannot be reached: the connection failed ("), "{error}");
    assert_eq!(outcome.requests, 4);
}

#[tokio::test]
async fn a_failing_server_is_asked_again_and_recovers() {
    let board = Board::start(|_, number| match number {
        0 => Reply::status(500),
        1 => Reply::status(429).header("retry-after", "1"),
        2 => Reply::status(503),
        _ => jobs(&[job(1, "Cook", "2026-09-02T08:00:00Z")]),
    })
    .await;
    let rig = Rig::new();
    let start = std::time::Instant::now();
    let outcome = rig.pull(&connection("tea", "greenhouse", &board.url)).await;
    assert_eq!(outcome.error, None);
    assert_eq!((outcome.requests, outcome.landed), (4, 1));
    assert!(start.elapsed() >= Duration::from_secs(1), "Retry-After was not honoured");
}

#[tokio::test]
async fn a_server_that_keeps_failing_is_named() {
    let (outcome, _, asked) = Box::pin(against(Reply::status(502))).await;
    assert_eq!(outcome.error.unwrap().to_string(), "tea: jobs: 127.0.0.1 failed (502)");
    assert_eq!(asked, 4);
}

#[tokio::test]
async fn a_field_that_changed_its_type_stops_the_list_and_not_the_others() {
    let board = Board::start(|seen, _| {
        if seen.path == "/v1/postings" {
            let odd = |id: &str| json!({"id": id, "text": {"zh": "茶艺师"}, "state": "published", "createdAt": 1_789_600_000_000_i64});
            return Reply::json(&json!({"data": [odd("p1"), odd("p2")], "hasNext": false}));
        }
        lever(seen, &[opportunity("o1", "c1", "A", "", None)])
    })
    .await;
    let rig = Rig::new();
    let outcome = rig.pull(&connection("tea", "lever", &board.url)).await;
    let error = outcome.error.unwrap();
    assert_eq!(
        error.to_string(),
        "tea: postings: `text` of postings cannot be read as title in any record: expected text, found an object"
    );
    assert_eq!(error.kind, PullErrorKind::ChangedShape);
    assert_eq!(rig.world.ids(), ["o1"]);
}

#[tokio::test]
async fn a_page_that_breaks_keeps_the_cursor_and_what_came_before() {
    let board = Board::start(|seen, number| {
        if seen.path != "/v1/opportunities" {
            return lever(seen, &[]);
        }
        let healthy = number > 8;
        if seen.query.contains("offset=") {
            return if healthy { lever(seen, &[opportunity("o2", "c2", "B", "", Some(2))]) } else { text("{\"data\": [{") };
        }
        Reply::json(&json!({"data": [opportunity("o1", "c1", "A", "", Some(1))], "hasNext": true, "next": "x"}))
    })
    .await;
    let rig = Rig::new();
    let tea = connection("tea", "lever", &board.url);
    let mut outcome = rig.pull(&tea).await;
    assert_eq!(outcome.error.as_ref().unwrap().kind, PullErrorKind::BadResponse);
    assert_eq!(rig.world.ids(), ["o1"]);
    assert_eq!(rig.world.cursor("tea", "opportunities"), None);
    for _ in 0..3 {
        outcome = rig.pull(&tea).await;
    }
    assert_eq!(outcome.error, None);
    assert_eq!(rig.world.ids(), ["o1", "o2"]);
    assert!(rig.world.cursor("tea", "opportunities").is_some());
}

#[tokio::test]
async fn a_cursor_that_does_not_parse_is_refused() {
    let board = Board::start(|seen, _| lever(seen, &[])).await;
    let rig = Rig::new();
    rig.world.set_cursor("tea", "opportunities", "yesterday");
    let error = rig.pull(&connection("tea", "lever", &board.url)).await.error.unwrap();
    assert_eq!(error.to_string(), "tea: opportunities: the stored cursor \"yesterday\" is not an instant");
    assert_eq!(error.kind, PullErrorKind::Configuration);
}

#[tokio::test]
async fn what_is_missing_in_the_configuration_is_named() {
    let rig = Rig::new();
    let mut tea = connection("tea", "lever", "http://127.0.0.1:9");
    tea.secrets.insert("api_key".into(), "file:none".parse().unwrap());
    let error = rig.pull(&tea).await.error.unwrap();
    assert!(error.to_string().starts_with("tea: secrets.api_key: secret file "), "{error}");
    tea.secrets.clear();
    let error = rig.pull(&tea).await.error.unwrap();
    assert_eq!(error.to_string(), "tea: none of its lists can be pulled with what is set");
    let error = rig.pull(&connection("tea", "levr", "http://127.0.0.1:9")).await.error.unwrap();
    let known = inflow_connectors::spec::names().join(", ");
    assert_eq!(error.to_string(), format!("tea: there is no connector levr: one of {known}"));
    assert_eq!(error.hint().as_deref(), Some("did you mean `lever`?"));
}

#[tokio::test]
async fn shutdown_ends_a_pull_between_requests() {
    let board = Board::start(|_, _| jobs(&[])).await;
    let rig = Rig::new();
    rig.shutdown.cancel();
    let outcome = rig.pull(&connection("tea", "greenhouse", &board.url)).await;
    assert!(outcome.stopped);
    assert_eq!(outcome.error, None);
    assert!(rig.world.runs().is_empty(), "a pull that was stopped says nothing about the board");
}

#[tokio::test]
async fn the_board_s_own_limit_is_kept() {
    let board = Board::start(|seen, _| {
        let reply = lever(seen, &[]).header("x-ratelimit-remaining", "0").header("x-ratelimit-reset", "1790812801");
        reply.header("date", "Thu, 01 Oct 2026 00:00:00 GMT")
    })
    .await;
    // One second after the board's clock, so every further request waits a second.
    let rig = Rig::new();
    let start = std::time::Instant::now();
    let outcome = rig.pull(&connection("tea", "lever", &board.url)).await;
    assert_eq!(outcome.error, None);
    assert_eq!(outcome.requests, 4);
    assert!(start.elapsed() >= Duration::from_millis(2900), "{:?}", start.elapsed());
}

#[tokio::test]
async fn the_breaker_opens_and_a_pull_that_a_person_asks_for_closes_it() {
    let well = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
    let answers = std::sync::Arc::clone(&well);
    let board = Board::start(move |_, _| {
        let well = answers.load(std::sync::atomic::Ordering::SeqCst);
        if well { jobs(&[job(1, "Brewer", "2026-09-30T00:00:00Z")]) } else { Reply::status(401) }
    })
    .await;
    let mut rig = Rig::new();
    let connection = connection("tea", "greenhouse", &board.url);
    for failures in 1..=3 {
        assert!(rig.pull(&connection).await.error.is_some());
        let health = rig.world.health("tea").unwrap();
        assert_eq!((health.failures, health.open_until.is_some()), (failures, failures == 3));
    }
    let until = rig.world.health("tea").unwrap().open_until.unwrap();
    assert_eq!(decide(rig.world.health("tea").as_ref(), rig.now), Decision::Open { until });
    // Half open, and it fails once more: open for longer, and failing all along.
    let began = rig.now;
    rig.now = until;
    assert_eq!(decide(rig.world.health("tea").as_ref(), rig.now), Decision::HalfOpen);
    rig.pull(&connection).await;
    let health = rig.world.health("tea").unwrap();
    assert!(health.open_until.unwrap() - rig.now > until - began);
    assert_eq!((health.failing_since, health.error.unwrap().0.as_str()), (Some(began), "unauthorised"));
    well.store(true, std::sync::atomic::Ordering::SeqCst);
    assert_eq!(rig.pull(&connection).await.error, None);
    let health = rig.world.health("tea").unwrap();
    assert_eq!((health.failures, health.open_until, health.failing_since), (0, None, None));
    assert_eq!(decide(Some(&health), rig.now), Decision::Closed);
}
