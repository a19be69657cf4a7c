//! The plan of reposts, and the links that answer to-dos.

use axum::body::Body;
use axum::http::{Request, StatusCode};
use chrono::DateTime;
use inflow_actions::repost::link::{Answer, Signer};
use inflow_store::{RepostCall, RepostSlotRow, RepostState};
use rust_decimal::Decimal;

use super::{Site, site, site_with};

fn slot(key: &str, at: &str, local: &str, state: RepostState) -> RepostSlotRow {
    RepostSlotRow {
        slot: key.to_owned(),
        channel: "boss".to_owned(),
        connection: "boss".to_owned(),
        posting_source_id: "P1".to_owned(),
        title: "Clerk <night>".to_owned(),
        cluster_id: String::new(),
        at: at.parse().expect("an instant"),
        local: local.to_owned(),
        timezone: "Asia/Shanghai".to_owned(),
        hours: vec![9, 10],
        reason: "drawn".to_owned(),
        reason_en: "drawn at random".to_owned(),
        reason_zh: "随机抽取".to_owned(),
        gain: Some(1.5),
        gain_low: Some(-0.5),
        gain_high: Some(3.5),
        cost: Decimal::new(600, 2),
        currency: "CNY".to_owned(),
        state,
        decided_at: None,
        decided_by: String::new(),
        call: RepostCall::default(),
        made_at: DateTime::UNIX_EPOCH,
    }
}

fn planned() -> Site {
    let site = site();
    site.figures.slots.lock().expect("no panic elsewhere").extend([
        // It is 21 November in Shanghai already.
        slot("first", "2026-11-20T16:30:00Z", "2026-11-21 00:30", RepostState::Planned),
        slot("gone", "2026-11-23T10:00:00Z", "2026-11-23 18:00", RepostState::Withdrawn),
        slot("late", "2026-11-28T10:00:00Z", "2026-11-28 18:00", RepostState::Planned),
    ]);
    site
}

#[tokio::test]
async fn what_the_machine_did_is_told() {
    let site = site();
    let mut row = slot("called", "2026-11-20T16:30:00Z", "2026-11-21 00:30", RepostState::Failed);
    (row.call.attempts, row.call.outcome, row.call.said) = (1, "refused".to_owned(), "answered with HTTP status 400".to_owned());
    site.figures.slots.lock().expect("no panic elsewhere").push(row);
    let call = site.json("/api/v1/repost-plan").await.1["slots"][0]["call"].clone();
    assert_eq!(
        (&call["attempts"], &call["outcome"], &call["why"]["zh"]),
        (&1.into(), &"refused".into(), &"对方拒绝了调用".into()),
        "{call}"
    );
}

#[tokio::test]
async fn the_plan_is_of_local_days_in_three_forms() {
    let site = planned();
    let (status, told) = site.json("/api/v1/repost-plan").await;
    assert_eq!((status, &told["from"], &told["to"]), (StatusCode::OK, &"2026-11-21".into(), &"2026-11-27".into()));
    let slots = told["slots"].as_array().expect("a list");
    assert_eq!(
        (slots.len(), &slots[0]["slot"], &slots[0]["drawn"], &slots[0]["cost"]),
        (1, &"first".into(), &true.into(), &"6.00".into()),
        "{told}"
    );
    assert_eq!((&slots[0]["gain"]["low"], &told["left"][0]["code"]), (&(-0.5).into(), &"rests".into()));
    assert_eq!((&slots[0]["call"], &slots[0]["state"]), (&serde_json::Value::Null, &"planned".into()), "a matter of people");
    assert_eq!(site.json("/api/v1/repost-plan?from=2026-11-22&to=2026-11-28&channel=boss").await.1["slots"][0]["slot"], "late");
    for (asked, said) in [
        ("channel=bos", "there is no channel \"bos\""),
        ("from=yesterday", "the parameter \"from\" is not a day: \"yesterday\""),
        ("from=2026-11-22&to=2026-11-21", "the period begins on 2026-11-22, after its end on 2026-11-21"),
    ] {
        let (status, told) = site.json(&format!("/api/v1/repost-plan?{asked}")).await;
        assert_eq!((status, told["detail"].as_str()), (StatusCode::BAD_REQUEST, Some(said)), "{told}");
    }
    let form = async |accept: &str| {
        let request = Request::get("/api/v1/repost-plan").header("host", "127.0.0.1").header("accept", accept);
        let (status, headers, body) = site.ask(request.body(Body::empty()).expect("a request")).await;
        (status, headers.contains_key("etag"), String::from_utf8(body).expect("text"))
    };
    let (status, tagged, csv) = form("text/csv").await;
    assert!(
        status == StatusCode::OK && tagged && csv.lines().count() == 2 && csv.contains("\nfirst,"),
        "without the withdrawn one, as the JSON: {csv}"
    );
    let (status, _, calendar) = form("text/calendar").await;
    let unfolded = calendar.replace("\r\n ", "");
    assert!(
        status == StatusCode::OK && unfolded.contains("UID:first@repost.inflow\r\n") && unfolded.contains("DTSTART:20261120T163000Z"),
        "{calendar}"
    );
    assert!(unfolded.contains("STATUS:CANCELLED") && !unfolded.contains("/todo/"), "{calendar}");
    assert_eq!(calendar, form("text/calendar").await.2, "the same plan is the same file");
    assert_eq!(form("image/png").await.0, StatusCode::NOT_ACCEPTABLE);
}

#[tokio::test]
async fn a_link_answers_once_and_only_by_its_button() {
    // Where everybody needs a token, a link does not.
    let site = site_with("[serve]\nbehind_proxy = true\n", false);
    let row = slot("first", "2026-11-20T16:30:00Z", "2026-11-21 00:30", RepostState::Told);
    let at = row.at;
    site.figures.slots.lock().expect("no panic elsewhere").push(row);
    let url = |answer| {
        let url = Signer::new([3; 32]).address(&"https://hr.company.example".parse().expect("an address"), "first", at, answer);
        format!("{}?{}", url.path(), url.query().unwrap_or_default())
    };
    let ask = async |method: &str, path: &str| {
        let request = Request::builder().method(method).uri(path).header("host", "hr.company.example");
        let (status, headers, body) = site.ask(request.body(Body::empty()).expect("a request")).await;
        (status, headers["content-security-policy"].to_str().expect("text").to_owned(), String::from_utf8(body).expect("text"))
    };
    let state = || site.figures.slots.lock().expect("no panic elsewhere")[0].state;
    let (status, policy, page) = ask("GET", &url(Answer::Done)).await;
    assert_eq!((status, state()), (StatusCode::OK, RepostState::Told), "to open it answers nothing");
    assert!(page.contains("Clerk &lt;night&gt;") && page.contains("<button>") && policy.contains("form-action 'self'"), "{policy} {page}");
    let forged = url(Answer::Done).replace("/done", "/skip");
    assert_eq!(ask("POST", &forged).await.0, StatusCode::FORBIDDEN);
    assert_eq!((ask("POST", &url(Answer::Done)).await.0, state()), (StatusCode::OK, RepostState::Done));
    // A second answer, and another one, find it closed.
    for answer in [Answer::Done, Answer::Skip] {
        let (status, _, page) = ask("POST", &url(answer)).await;
        assert_eq!((status, state()), (StatusCode::CONFLICT, RepostState::Done), "{page}");
    }
    assert!(!ask("GET", &url(Answer::Skip)).await.2.contains("<button>"));
    *site.clock.0.lock().expect("no panic elsewhere") = at + chrono::TimeDelta::days(8);
    assert_eq!(ask("POST", &url(Answer::Done)).await.0, StatusCode::GONE);
}
