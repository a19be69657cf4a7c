//! What the boards of applicant tracking systems ask of the engine: marks of their own, lists of ids, values that count for nothing.

use inflow_config::{Connection, SecretRef};
use inflow_connectors::PullErrorKind;
use inflow_connectors::identity::DigestKind;
use serde_json::{Value, json};

use crate::support::{Board, Reply, Rig, Seen, connection};

fn ashby(url: &str) -> Connection {
    let mut ashby = connection("tea", "ashby_api", url);
    ashby.secrets.insert("api_key".into(), SecretRef::file("key"));
    ashby
}

/// A page of applications with the mark that ends it; every other list is empty.
fn applications(seen: &Seen, list: &[Value], mark: &str) -> Reply {
    match seen.path.as_str() {
        "/application.list" => Reply::json(&json!({"success": true, "results": list, "moreDataAvailable": false, "syncToken": mark})),
        "/application.info" => Reply::json(&json!({"success": true, "results": {"applicationHistory": []}})),
        _ => Reply::json(&json!({"success": true, "results": [], "moreDataAvailable": false})),
    }
}

fn application(id: &str, updated_at: &str) -> Value {
    let candidate = json!({"id": format!("c-{id}"), "name": "测试甲", "primaryPhoneNumber": {"value": "19900000001"}});
    json!({"id": id, "candidate": candidate, "status": "Active", "createdAt": "2026-09-01T00:00:00Z", "updatedAt": updated_at})
}

#[tokio::test]
async fn the_mark_of_the_board_is_sent_back() {
    let board = Board::start(|seen, _| match seen.body.get("syncToken") {
        None => applications(seen, &[application("a", "2026-09-02T00:00:00Z"), application("b", "2026-09-02T00:00:00Z")], "mark-1"),
        Some(_) => applications(seen, &[application("b", "2026-09-03T00:00:00Z")], "mark-2"),
    })
    .await;
    let rig = Rig::new();
    let ashby = ashby(&board.url);
    assert_eq!(rig.pull(&ashby).await.landed, 2);
    assert_eq!(rig.world.cursor("tea", "applications").as_deref(), Some("mark-1"));
    assert_eq!(rig.pull(&ashby).await.landed, 1);
    assert_eq!(rig.world.cursor("tea", "applications").as_deref(), Some("mark-2"));
    let marks: Vec<Value> =
        board.seen().iter().filter(|seen| seen.path == "/application.list").map(|seen| seen.body["syncToken"].clone()).collect();
    assert_eq!(marks, [Value::Null, json!("mark-1")]);
}

#[tokio::test]
async fn a_mark_that_grew_too_old_is_given_up_for_the_whole_list() {
    let board = Board::start(|seen, _| match (seen.path.as_str(), seen.body.get("syncToken")) {
        ("/application.list", Some(_)) => Reply::json(&json!({"success": false, "errors": ["sync_token_expired"]})),
        _ => applications(seen, &[application("a", "2026-09-02T00:00:00Z")], "mark-2"),
    })
    .await;
    let rig = Rig::new();
    rig.world.set_cursor("tea", "applications", "mark-of-last-year");
    let outcome = rig.pull(&ashby(&board.url)).await;
    assert_eq!((outcome.error, outcome.landed), (None, 1));
    assert_eq!(rig.world.cursor("tea", "applications").as_deref(), Some("mark-2"));
}

#[tokio::test]
async fn a_board_that_refuses_with_and_without_its_mark_is_named() {
    let board = Board::start(|seen, _| match seen.path.as_str() {
        "/application.list" => Reply::json(&json!({"success": false, "errors": ["invalid_input"]})),
        _ => applications(seen, &[], "mark"),
    })
    .await;
    let rig = Rig::new();
    rig.world.set_cursor("tea", "applications", "mark-1");
    let error = rig.pull(&ashby(&board.url)).await.error.unwrap();
    assert_eq!((error.kind, error.place.as_str()), (PullErrorKind::BadResponse, "tea: applications"));
    assert!(error.message.contains("invalid_input"), "{}", error.message);
    assert_eq!(rig.world.cursor("tea", "applications").as_deref(), Some("mark-1"));
}

/// Feishu with one case, whose talent may be gone.
fn feishu(seen: &Seen, modified: &str, talent: bool) -> Reply {
    let empty = json!({"code": 0, "data": {"items": [], "has_more": false}});
    let case = json!({"id": "801", "job_id": "701", "talent_id": "601", "delivery_type": 2, "create_time": "1786334700000",
        "modify_time": modified, "stage_time_list": []});
    Reply::json(&match seen.path.as_str() {
        "/auth/v3/tenant_access_token/internal" => json!({"code": 0, "tenant_access_token": "t-1", "expire": 7200}),
        "/hire/v1/applications" => json!({"code": 0, "data": {"items": ["801"], "has_more": false}}),
        "/hire/v1/applications/801" => json!({"code": 0, "data": {"application": case}}),
        "/hire/v1/talents/601" if talent => {
            json!({"code": 0, "data": {"talent": {"basic_info": {"name": "测试甲", "mobile": "19900000601", "email": "a@example.com"}}}})
        }
        "/hire/v1/talents/601" => json!({"code": 1_002_003, "msg": "talent not found"}),
        _ => empty,
    })
}

fn feishu_connection(url: &str) -> Connection {
    let mut feishu = connection("tea", "feishu_hire", url);
    feishu.secrets.insert("app_id".into(), SecretRef::file("key"));
    feishu.secrets.insert("app_secret".into(), SecretRef::file("key"));
    feishu
}

#[tokio::test]
async fn a_list_of_ids_is_asked_for_one_by_one_whenever_it_lists_them() {
    let board = Board::start(|seen, _| feishu(seen, "1787200000000", true)).await;
    let rig = Rig::new();
    let outcome = rig.pull(&feishu_connection(&board.url)).await;
    assert_eq!((outcome.error, outcome.landed), (None, 1));
    let lines = rig.world.lines_of("applications");
    let line = lines.first().unwrap();
    assert_eq!((line.id.as_str(), line.identity.as_ref().unwrap().candidate.as_str()), ("801", "601"));
    assert!(line.identity.as_ref().unwrap().digests.iter().any(|digest| digest.kind == DigestKind::PhoneE164));
    assert!(!rig.on_disk().contains("19900000601"));
    rig.pull(&feishu_connection(&board.url)).await;
    let calls = board.seen().iter().filter(|seen| seen.path == "/hire/v1/applications/801").count();
    assert_eq!(calls, 2, "a list that shows no change is no reason not to ask");
    let signed =
        board.seen().iter().filter(|seen| seen.path.starts_with("/hire")).all(|s| s.authorization.as_deref() == Some("Bearer t-1"));
    assert!(signed);
}

#[tokio::test]
async fn a_case_stays_when_its_person_was_deleted() {
    let board = Board::start(|seen, _| feishu(seen, "1787200000000", false)).await;
    let rig = Rig::new();
    let outcome = rig.pull(&feishu_connection(&board.url)).await;
    assert_eq!((outcome.error, outcome.landed), (None, 1));
    assert!(rig.world.lines_of("applications").first().unwrap().identity.as_ref().unwrap().digests.is_empty());
}

#[tokio::test]
async fn the_name_of_a_colleague_is_no_source() {
    let candidate = |id: &str, category: &str| {
        json!({"id": id, "name": "测试甲", "phone": "19900000702", "stage": "Applied", "stage_kind": "applied", "disqualified": false,
            "sourced": false, "common_source": "测试乙", "common_source_category": category, "created_at": "2026-08-10T12:05:00Z",
            "updated_at": "2026-08-28T06:00:00Z"})
    };
    let list = json!({"candidates": [candidate("1", "Referrals"), candidate("2", "Agencies")], "paging": {}});
    let board = Board::start(move |seen, _| match seen.path.as_str() {
        "/candidates" => Reply::json(&list),
        "/events" => Reply::json(&json!({"events": []})),
        _ => Reply::json(&json!({"jobs": []})),
    })
    .await;
    let rig = Rig::new();
    let mut workable = connection("tea", "workable_spi", &board.url);
    workable.params.insert("account".into(), "acme".into());
    workable.secrets.insert("token".into(), SecretRef::file("key"));
    assert_eq!(rig.pull(&workable).await.error, None);
    let lines = rig.world.lines_of("candidates");
    let sources: Vec<&Value> = lines.iter().map(|line| &line.record["common_source"]).collect();
    assert_eq!(sources, [&Value::Null, &json!("测试乙")]);
}

/// What stands on a board for employees alone is no posting, and its text for them is no public one.
#[tokio::test]
async fn posts_of_the_internal_board_are_not_taken() {
    let post = |id: u64, internal: bool| {
        json!({
            "id": id, "title": "Tea taster", "internal": internal, "external": !internal, "live": true, "active": true, "job_id": 9, "content": null,
            "internal_content": "<p>Of the reorganisation nobody knows yet.</p>", "created_at": "2026-09-01T00:00:00.000Z",
            "updated_at": "2026-09-02T00:00:00.000Z", "first_published_at": "2026-09-01T00:00:00.000Z", "location": {"name": "Hangzhou"}
        })
    };
    let job = |id: &str, internal: bool| {
        json!({
            "id": id, "type": "jobs", "links": {"careersite-job-url": "https://tea.example/1"}, "relationships": {},
            "attributes": {"title": "Tea taster", "internal": internal, "status": "open", "human-status": "published", "body": "<p>Taste.</p>",
                "created-at": "2026-09-01T00:00:00.000+02:00", "updated-at": "2026-09-02T00:00:00.000+02:00"}
        })
    };
    for (connector, stream, secrets) in [
        ("greenhouse_harvest", "job_posts", &["api_key"][..]),
        ("greenhouse_harvest_v3", "job_posts", &["client_id", "client_secret"]),
        ("teamtailor_api", "jobs", &["api_key"]),
    ] {
        let (posts, jobs) = (json!([post(1, false), post(2, true)]), json!({"data": [job("1", false), job("2", true)], "links": {}}));
        let board = Board::start(move |seen, _| match (seen.path.as_str(), connector) {
            ("/token", _) => Reply::json(&json!({"access_token": "t", "expires_in": 3600})),
            ("/job_posts", _) => Reply::json(&posts),
            ("/jobs", "teamtailor_api") => Reply::json(&jobs),
            (_, "teamtailor_api") => Reply::json(&json!({"data": [], "links": {}})),
            _ => Reply::json(&json!([])),
        })
        .await;
        let mut one = connection("tea", connector, &board.url);
        one.secrets.extend(secrets.iter().map(|secret| ((*secret).into(), SecretRef::file("key"))));
        if connector == "greenhouse_harvest_v3" {
            one.params.insert("token_url".into(), format!("{}/token", board.url.trim_end_matches('/')));
        }
        let rig = Rig::new();
        rig.pull(&one).await;
        let lines = rig.world.lines_of(stream);
        let ids: Vec<&str> = lines.iter().map(|line| line.id.as_str()).collect();
        assert_eq!(ids, ["1"], "{connector}");
        assert!(!format!("{lines:?}").contains("reorganisation"), "{connector}");
    }
}
