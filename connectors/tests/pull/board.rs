//! What a healthy board gives.

use inflow_connectors::identity::DigestKind;
use inflow_connectors::landing::list_segments;
use serde_json::json;

use crate::support::{Board, Reply, Rig, at, connection, job, jobs, lever, opportunity};

/// Connections are pulled side by side.
#[test]
fn a_pull_can_move_between_threads() {
    fn movable<T: Send>(_: impl FnOnce(&'static Rig) -> T) {}
    movable(|rig| async { rig.pull(&connection("tea", "lever", "http://127.0.0.1:9")).await });
}

#[tokio::test]
async fn only_mapped_columns_are_landed_and_the_rest_is_named() {
    let board = Board::start(|_, _| jobs(&[job(1, "Cook", "2026-09-02T08:00:00Z")])).await;
    let rig = Rig::new();
    let outcome = rig.pull(&connection("tea", "greenhouse", &board.url)).await;
    assert_eq!(outcome.error, None);
    assert_eq!((outcome.requests, outcome.fetched, outcome.landed, outcome.rows), (1, 1, 1, 1));
    assert!(outcome.dropped_columns.contains_key("jobs.internal_note"));
    let seen = board.seen();
    let request = seen.first().unwrap();
    assert_eq!(request.path, "/v1/boards/tea/jobs");
    assert_eq!(request.query, "content=true&pay_transparency=true");
    assert_eq!(request.authorization, None);
    let lines = rig.world.lines();
    let record = &lines.first().unwrap().record;
    assert_eq!(record.get("title"), Some(&json!("Cook")));
    assert_eq!(record.get("internal_note"), None);
    assert!(!rig.on_disk().contains("13900001234"));
}

#[tokio::test]
async fn a_second_pull_adds_nothing_and_changes_add_themselves() {
    let changed = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
    let flag = std::sync::Arc::clone(&changed);
    let board = Board::start(move |_, _| {
        let title = if flag.load(std::sync::atomic::Ordering::SeqCst) { "Head cook" } else { "Cook" };
        jobs(&[job(1, title, "2026-09-02T08:00:00Z"), job(2, "Waiter", "2026-09-02T08:00:00Z")])
    })
    .await;
    let mut rig = Rig::new();
    let tea = connection("tea", "greenhouse", &board.url);
    assert_eq!(rig.pull(&tea).await.landed, 2);
    assert_eq!(rig.pull(&tea).await.landed, 0);
    assert_eq!(list_segments(&rig.data_dir()).unwrap().len(), 1);
    changed.store(true, std::sync::atomic::Ordering::SeqCst);
    rig.now = at("2026-10-02T00:00:00Z");
    assert_eq!(rig.pull(&tea).await.landed, 1);
    assert_eq!(rig.world.ids(), ["1", "1", "2"]);
}

#[tokio::test]
async fn what_a_complete_list_no_longer_has_is_gone_and_can_come_back() {
    let board = Board::start(|_, number| {
        let first = job(1, "Cook", "2026-09-02T08:00:00Z");
        let second = job(2, "Waiter", "2026-09-02T08:00:00Z");
        if number == 1 { jobs(&[second]) } else { jobs(&[first, second]) }
    })
    .await;
    let mut rig = Rig::new();
    let tea = connection("tea", "greenhouse", &board.url);
    rig.pull(&tea).await;
    rig.now = at("2026-10-02T00:00:00Z");
    assert_eq!(rig.pull(&tea).await.landed, 1);
    let lines = rig.world.lines();
    let gone = lines.last().unwrap();
    assert!(gone.gone && !gone.back);
    assert_eq!((gone.id.as_str(), gone.record.get("title")), ("1", Some(&json!("Cook"))));
    rig.now = at("2026-10-03T00:00:00Z");
    assert_eq!(rig.pull(&tea).await.landed, 1);
    let lines = rig.world.lines();
    assert!(lines.last().unwrap().back && !lines.last().unwrap().gone);
    rig.now = at("2026-10-04T00:00:00Z");
    assert_eq!(rig.pull(&tea).await.landed, 0);
}

#[tokio::test]
async fn people_leave_digests_and_recruiters_codes() {
    let person = opportunity("o1", "c1", "林小雨", "+8613900001234", Some(1_789_700_000_000));
    let board = Board::start(move |seen, _| lever(seen, std::slice::from_ref(&person))).await;
    let rig = Rig::new();
    let outcome = rig.pull(&connection("tea", "lever", &board.url)).await;
    assert_eq!(outcome.error, None);
    let disk = rig.on_disk();
    for clear in ["林小雨", "13900001234", "c1@example.com", "Wang Manager", "s3cret"] {
        assert!(!disk.contains(clear), "{clear} is on disk");
    }
    let lines = rig.world.lines();
    let line = lines.first().unwrap();
    let identity = line.identity.as_ref().unwrap();
    assert_eq!(identity.candidate, "c1");
    let kinds: Vec<DigestKind> = identity.digests.iter().map(|digest| digest.kind).collect();
    assert!(kinds.contains(&DigestKind::PhoneE164) && kinds.contains(&DigestKind::NamePinyin));
    assert_eq!(line.lookups.get("stages"), Some(&json!({"s1": {"id": "s1", "text": "New applicant"}})));
    let owner = line.record.get("owner").and_then(|owner| owner.as_str()).unwrap();
    assert!(owner.starts_with("r-"));
    assert_eq!(line.record.pointer("/stageChanges/0/userId").and_then(|user| user.as_str()), Some(owner));
    assert!(board.seen().iter().all(|seen| seen.authorization.as_deref() == Some("Basic czNjcmV0Og==")));
}

#[tokio::test]
async fn the_cursor_moves_after_the_store_and_looks_back() {
    let board = Board::start(|seen, _| {
        let people = [
            opportunity("o1", "c1", "A", "", Some(1_789_700_000_000)),
            // The board's clock is ahead of ours: the cursor must not follow it.
            opportunity("o2", "c2", "B", "", Some(1_999_999_999_000)),
        ];
        lever(seen, &people)
    })
    .await;
    let rig = Rig::new();
    let tea = connection("tea", "lever", &board.url);
    rig.pull(&tea).await;
    assert_eq!(rig.world.cursor("tea", "opportunities").as_deref(), Some("2026-10-01T00:00:00.000Z"));
    rig.pull(&tea).await;
    let queries: Vec<String> = board.seen().into_iter().filter(|seen| seen.path == "/v1/opportunities").map(|seen| seen.query).collect();
    let from = at("2026-09-30T23:00:00Z").timestamp_millis();
    assert_eq!(queries, ["expand=applications&limit=100".to_owned(), format!("expand=applications&limit=100&updated_at_start={from}"),]);
}

#[tokio::test]
async fn an_encoded_token_is_sent_on_as_it_is() {
    let board = Board::start(|seen, _| {
        if seen.path != "/v1/opportunities" {
            return lever(seen, &[]);
        }
        if seen.query.contains("offset=") {
            return lever(seen, &[opportunity("o2", "c2", "B", "", None)]);
        }
        let first = opportunity("o1", "c1", "A", "", None);
        Reply::json(&json!({"data": [first], "hasNext": true, "next": "%5B1%2C%22x%22%5D"}))
    })
    .await;
    let rig = Rig::new();
    let outcome = rig.pull(&connection("tea", "lever", &board.url)).await;
    assert_eq!(outcome.error, None);
    assert_eq!(rig.world.ids(), ["o1", "o2"]);
    assert!(board.seen().iter().any(|seen| seen.query.ends_with("offset=%5B1%2C%22x%22%5D")));
}

#[tokio::test]
async fn moka_is_asked_for_all_and_never_for_updates() {
    let board = Board::start(|seen, _| {
        if seen.path == "/v1/jobs/tea" {
            return Reply::json(&json!({"total": 0, "jobs": []}));
        }
        let person = |id: u32| json!({"applicationId": id, "candidateId": id, "name": "A", "phone": "", "stageName": "初筛", "source": "拉勾", "sourceType": 2});
        if seen.query.contains("next=n1") {
            return Reply::json(&json!({"data": [person(2)], "next": ""}));
        }
        Reply::json(&json!({"data": [person(1)], "next": "n1"}))
    })
    .await;
    let mut rig = Rig::new();
    let tea = connection("tea", "moka", &board.url);
    let outcome = rig.pull(&tea).await;
    assert_eq!(outcome.error, None);
    assert_eq!(rig.world.ids(), ["1", "2"]);
    rig.now = at("2026-10-09T20:00:00Z");
    rig.pull(&tea).await;
    let queries: Vec<String> =
        board.seen().into_iter().filter(|seen| seen.path == "/v1/data/movedApplications").map(|seen| seen.query).collect();
    assert_eq!(queries.first().unwrap(), "reqType=all&stage=all&limit=20&fromTime=2018-01-01");
    // Three days before the first pull, in Beijing.
    assert_eq!(queries.get(2).unwrap(), "reqType=all&stage=all&limit=20&fromTime=2026-09-28");
    assert!(queries.iter().all(|query| query.contains("reqType=all")));
}

#[tokio::test]
async fn the_public_site_is_read_without_the_key() {
    let board = Board::start(|seen, _| match seen.path.as_str() {
        "/v0/postings/tea%20house" => Reply::json(&json!([])),
        _ => lever(seen, &[]),
    })
    .await;
    let rig = Rig::new();
    let mut tea = connection("tea", "lever", &board.url);
    tea.params.insert("site".into(), "tea house".into());
    let outcome = rig.pull(&tea).await;
    assert_eq!(outcome.error, None);
    let seen = board.seen();
    let public: Vec<_> = seen.iter().filter(|seen| seen.path.starts_with("/v0/")).collect();
    assert_eq!(public.len(), 1);
    assert_eq!(public.first().unwrap().authorization, None);
    assert!(!seen.iter().any(|seen| seen.path == "/v1/postings"));
}

#[tokio::test]
async fn segments_are_cut_at_their_size() {
    let board = Board::start(|_, _| {
        let all: Vec<_> = (1..=25).map(|id| job(id, "Cook", "2026-09-02T08:00:00Z")).collect();
        jobs(&all)
    })
    .await;
    let rig = Rig::with_settings("[landing]\nsegment_records = 10\n");
    rig.pull(&connection("tea", "greenhouse", &board.url)).await;
    let segments = list_segments(&rig.data_dir()).unwrap();
    assert_eq!(segments.iter().map(|segment| segment.records).collect::<Vec<_>>(), [10, 10, 5]);
    let numbers: Vec<&str> = segments.iter().map(|segment| segment.id.split('-').nth(1).unwrap()).collect();
    assert_eq!(numbers, ["0000", "0001", "0002"]);
}
