//! Forms of a report, tags, pages, advice and decisions.

use std::collections::BTreeMap;

use axum::body::Body;
use axum::http::{HeaderMap, Request, StatusCode};
use inflow_analytics::Query;
use inflow_store::RunRow;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::{Site, site};
use crate::figures::Figures;
use crate::{csv, workbook};

impl Site {
    async fn with(&self, path: &str, headers: &[(&str, &str)]) -> (StatusCode, HeaderMap, Vec<u8>) {
        let request =
            headers.iter().fold(Request::get(path).header("host", "localhost"), |request, (name, value)| request.header(*name, *value));
        self.ask(request.body(Body::empty()).expect("a request")).await
    }
}

const AUGUST: &str = "/api/v1/report/spend?from=2026-08-01&to=2026-08-31";

#[tokio::test]
async fn a_report_is_csv_or_a_workbook_for_whoever_asks_for_it() {
    let site = site();
    let (status, headers, body) = site.with(AUGUST, &[("accept", "text/csv")]).await;
    assert_eq!((status, &headers["content-type"]), (StatusCode::OK, &"text/csv; charset=utf-8; header=present".parse().expect("a value")));
    assert_eq!(headers["content-disposition"], "attachment; filename=\"spend-2026-08-01-2026-08-31.csv\"");
    let asked: Query = site.asked();
    let report = site.figures.report(&asked).await.expect("a report");
    assert_eq!(String::from_utf8(body).expect("text"), csv(&report).expect("csv"), "what `inflow report --format csv` writes");
    let xlsx = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
    let (status, headers, body) = site.with(AUGUST, &[("accept", xlsx), ("accept-language", "zh-CN")]).await;
    assert_eq!((status, headers["content-type"].to_str().expect("text")), (StatusCode::OK, xlsx));
    assert_eq!(body.len(), workbook(&[report], inflow_config::Lang::Zh).expect("a workbook").len());
    assert_eq!(site.with(AUGUST, &[("accept", "text/html")]).await.0, StatusCode::NOT_ACCEPTABLE);
    assert_eq!(site.with(AUGUST, &[("accept", "text/html, */*;q=0.1")]).await.1["content-type"], "application/json");
}

#[tokio::test]
async fn what_was_not_changed_is_not_sent_again() {
    let site = site();
    let dated = format!("{AUGUST}&as_of=2026-09-01T00:00:00Z");
    let (_, headers, body) = site.get(&dated).await;
    let tag = headers["etag"].to_str().expect("text").to_owned();
    assert!(tag.starts_with("W/\"") && headers["vary"].to_str().expect("text").contains("accept") && !body.is_empty());
    site.asked();
    let (status, headers, body) = site.with(&dated, &[("if-none-match", &tag)]).await;
    assert_eq!((status, headers["etag"].to_str().expect("text"), body.len()), (StatusCode::NOT_MODIFIED, tag.as_str(), 0));
    assert!(site.figures.asked.lock().expect("no panic elsewhere").is_empty(), "nothing is computed for it");
    for (path, headers) in [
        (dated.clone(), vec![("if-none-match", "W/\"another\"")]),
        (dated.clone(), vec![("if-none-match", tag.as_str()), ("accept", "text/csv")]),
        (format!("{dated}&channel=boss"), vec![("if-none-match", tag.as_str())]),
    ] {
        assert_eq!(site.with(&path, &headers).await.0, StatusCode::OK, "{path} {headers:?}");
    }
    // Something was stored.
    *site.figures.generation.lock().expect("no panic elsewhere") += 1;
    assert_eq!(site.with(&dated, &[("if-none-match", &tag)]).await.0, StatusCode::OK);
}

#[tokio::test]
async fn without_an_instant_a_report_is_the_same_until_its_figures_change() {
    let site = site();
    let tag = site.get(AUGUST).await.1["etag"].to_str().expect("text").to_owned();
    *site.clock.0.lock().expect("no panic elsewhere") += chrono::Duration::minutes(90);
    // It was read at another instant, and says the same.
    assert_eq!(site.with(AUGUST, &[("if-none-match", &tag)]).await.0, StatusCode::NOT_MODIFIED);
    assert_eq!(site.with("/api/v1/report/spend?from=2026-08-01&to=2026-08-30", &[("if-none-match", &tag)]).await.0, StatusCode::OK);
    let list = site.get("/api/v1/metrics").await.1["etag"].to_str().expect("text").to_owned();
    assert_eq!(site.with("/api/v1/metrics", &[("if-none-match", &list)]).await.0, StatusCode::NOT_MODIFIED);
}

#[tokio::test]
async fn head_says_what_get_would() {
    let site = site();
    for path in [AUGUST, "/api/v1/metrics", "/api/v1/runs", "/api/v1/nowhere"] {
        let (status, headers, _) = site.get(path).await;
        let head = Request::head(path).header("host", "localhost").body(Body::empty()).expect("a request");
        let (of_head, head, body) = site.ask(head).await;
        assert_eq!(
            (of_head, head.get("etag"), head.get("content-type"), body.len()),
            (status, headers.get("etag"), headers.get("content-type"), 0),
            "{path}"
        );
    }
    let delete = Request::delete("/api/v1/decisions").header("host", "localhost").body(Body::empty()).expect("a request");
    let (status, headers, _) = site.ask(delete).await;
    assert_eq!((status, headers["allow"].to_str().expect("text")), (StatusCode::METHOD_NOT_ALLOWED, "GET,HEAD,POST"));
}

/// No other site's page may read: neither is a preflight answered.
#[tokio::test]
async fn no_other_site_is_let_in() {
    let site = site();
    let preflight = Request::options("/api/v1/metrics").header("host", "localhost").header("origin", "https://evil.example");
    let (status, headers, _) =
        site.ask(preflight.header("access-control-request-method", "GET").body(Body::empty()).expect("a request")).await;
    assert_eq!(status, StatusCode::FORBIDDEN);
    assert!(headers.keys().all(|name| !name.as_str().starts_with("access-control-")));
}

async fn walk(site: &Site, first: &str, between: impl Fn(usize)) -> Vec<Value> {
    let (mut items, mut next, mut pages) = (Vec::new(), Some(first.to_owned()), 0);
    while let Some(path) = next {
        let (status, headers, body) = site.get(&path).await;
        assert_eq!(status, StatusCode::OK, "{path} {}", String::from_utf8_lossy(&body));
        let page: Value = serde_json::from_slice(&body).expect("JSON");
        items.extend(page["items"].as_array().expect("a list").iter().cloned());
        let link = headers.get("link").map(|link| link.to_str().expect("text").split(['<', '>']).nth(1).expect("an address").to_owned());
        assert_eq!(link.is_some(), page["next"].is_string());
        next = link;
        pages += 1;
        between(pages);
    }
    items
}

fn run(number: i64, second: i64) -> RunRow {
    let at = chrono::DateTime::UNIX_EPOCH + chrono::Duration::seconds(second);
    RunRow {
        run_id: format!("run {number}"),
        connection: "sheet".to_owned(),
        started_at: at,
        finished_at: at,
        status: "ok".to_owned(),
        requests: 1,
        fetched: 1,
        landed: 1,
        rows: 1,
        quarantined: 0,
        error_kind: String::new(),
        error: String::new(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, ..ProptestConfig::default() })]
    #[test]
    fn walking_by_link_gives_each_run_once(seconds in proptest::collection::vec(0_i64..3, 0..12), limit in 1_usize..5) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let site = site();
        *site.figures.runs.lock().expect("no panic elsewhere") = (0..).zip(&seconds).map(|(number, second)| run(number, *second)).collect();
        let newer = |page: usize| site.figures.runs.lock().expect("no panic elsewhere").push(run(1000 + page as i64, 60));
        let items = runtime.block_on(walk(&site, &format!("/api/v1/runs?limit={limit}&status=ok"), newer));
        let mut met: BTreeMap<String, usize> = BTreeMap::new();
        for item in items {
            *met.entry(item["id"].as_str().expect("an id").to_owned()).or_default() += 1;
        }
        let expected: BTreeMap<String, usize> = (0..seconds.len()).map(|number| (format!("run {number}"), 1)).collect();
        prop_assert_eq!(met, expected);
    }
}

#[tokio::test]
async fn cases_and_ledger_lines_come_page_by_page_as_of_the_first() {
    let site = site();
    let later = |_: usize| *site.clock.0.lock().expect("no panic elsewhere") += chrono::Duration::days(1);
    let ids: Vec<String> = walk(&site, "/api/v1/applications?limit=3&stage=applied&city=%E4%B8%8A%E6%B5%B7", later)
        .await
        .iter()
        .map(|item| item["application"].as_str().expect("an id").to_owned())
        .collect();
    assert_eq!(ids, (0..7).map(|number| format!("hr/case-{number:02}")).collect::<Vec<_>>());
    let asked: Vec<_> = std::mem::take(&mut *site.figures.asked.lock().expect("no panic elsewhere"));
    assert_eq!(asked.len(), 3);
    assert!(asked.iter().all(|query| *query == asked[0]), "the same days as of the same instant, whatever the clock says: {asked:#?}");
    assert_eq!(asked[0].filters["city"], ["上海"]);
    assert_eq!(walk(&site, "/api/v1/entries?limit=2", |_| ()).await.len(), 7);
    for (path, part) in [
        ("/api/v1/applications?by=channel", "unknown parameter \"by\""),
        ("/api/v1/entries?stage=applied", "unknown parameter \"stage\""),
        ("/api/v1/entries?limit=many", "\"limit\" is no number"),
        ("/api/v1/applications?cursor=xyz", "the cursor cannot be read"),
        ("/api/v1/runs?colour=red", "unknown field `colour`"),
    ] {
        let (status, told) = site.json(path).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{path}");
        assert!(told["detail"].as_str().is_some_and(|detail| detail.contains(part)), "{told}");
    }
}

#[tokio::test]
async fn alerts_are_what_changed() {
    let site = site();
    let (_, told) = site.json("/api/v1/alerts?channel=boss").await;
    let ids: Vec<&str> = told["items"].as_array().expect("a list").iter().map(|item| item["id"].as_str().expect("an id")).collect();
    assert_eq!(
        ids,
        [
            "channel_drop/channel=boss, store=store 0/2026-11-20",
            "channel_drop/channel=boss/2026-11-20",
            "threshold/rule 0/slice 0/2026-11-20"
        ]
    );
    let (_, told) = site.json("/api/v1/alerts?kind=threshold").await;
    assert_eq!((told["items"].as_array().map(Vec::len), &told["items"][0]["change"]), (Some(1), &json!("raised")));
}

#[tokio::test]
async fn an_alert_says_its_causes_and_who_sees_to_it_which_a_signed_link_answers_once() {
    let site = site();
    let told = super::invented::told();
    let base = "http://127.0.0.1:8787/".parse().expect("an address");
    let link = inflow_actions::alert::link::AlertSigner::new([4; 32]).address(
        &base,
        &told.alert,
        "2026-11-20T00:00:00Z".parse().expect("an instant"),
    );
    let path = format!("{}?{}", link.path(), link.query().unwrap_or_default());
    let threshold = async || site.json("/api/v1/alerts?kind=threshold").await.1["items"][0].clone();
    let post = async || {
        let request = Request::post(&path).header("host", "127.0.0.1:8787").body(Body::empty()).expect("a request");
        site.ask(request).await.0
    };
    let before = threshold().await;
    assert_eq!((&before["acknowledged_by"], &before["silenced"]), (&Value::Null, &json!(false)), "{before}");
    assert!(before["told_at"].as_str().is_some());
    // Opening it answers nothing and shows what the message said, without its markup.
    let (status, _, page) = site.get(&path).await;
    let page = String::from_utf8(page).expect("text");
    assert!(status == StatusCode::OK && page.contains("<button>") && page.contains("&lt;go.test.example&gt;"), "{page}");
    assert_eq!(threshold().await["acknowledged_by"], Value::Null);
    assert_eq!(post().await, StatusCode::OK);
    assert_eq!(post().await, StatusCode::CONFLICT);
    assert_eq!(threshold().await["acknowledged_by"], "link of an alert");
    assert_eq!(site.get(&path.replace("sig=", "sig=0")).await.0, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn advice_has_its_reason_and_what_was_decided_on_it() {
    let site = site();
    let token = site.figures.token("lin", "manager", &[]);
    let (_, told) = site.json("/api/v1/advice").await;
    let advice = told["advice"].as_array().expect("a list");
    let ids: Vec<&str> = advice.iter().map(|one| one["id"].as_str().expect("an id")).collect();
    assert_eq!(ids, ["budget/attended/boss", "posting_time/boss", "forecast/applied/boss"]);
    assert_eq!(advice[0]["reason"]["code"], "cheaper_here");
    assert!(advice[0]["reason"]["sentence"]["zh"].as_str().is_some_and(|zh| zh.contains("成本")));
    assert_eq!(advice[0]["interval"], json!({"of": "plan_gain", "low": 0.25, "high": 0.25, "level": 0.95}));
    assert_eq!((&advice[0]["says"]["advised"], &advice[0]["decision"]), (&json!("1234.50"), &Value::Null));

    let decide = async |token: Option<&str>, body: Value| {
        let mut request = Request::post("/api/v1/decisions").header("host", "localhost").header("content-type", "application/json");
        if let Some(token) = token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        let (status, _, answer) = site.ask(request.body(Body::from(body.to_string())).expect("a request")).await;
        (status, serde_json::from_slice::<Value>(&answer).expect("JSON"))
    };
    let body = json!({"advice": "budget/attended/boss", "verdict": "rejected", "by": "Lin Example", "reason": "the contract ends"});
    assert_eq!(decide(None, body.clone()).await.0, StatusCode::UNAUTHORIZED, "who decides says who it is, on loopback too");
    let (status, kept) = decide(Some(&token), body.clone()).await;
    assert_eq!(status, StatusCode::CREATED);
    assert_eq!((&kept["by"], &kept["verdict"], &kept["stated"]["people"]), (&json!("Lin Example"), &json!("rejected"), &json!("attended")));
    let (_, told) = site.json("/api/v1/advice?kind=budget").await;
    assert_eq!(told["advice"][0]["decision"], kept);
    assert_eq!(site.json("/api/v1/decisions").await.1["items"], json!([kept]));
    let audit = site.figures.audit.lock().expect("no panic elsewhere").clone();
    assert_eq!(audit.iter().map(|line| (line.actor.as_str(), line.action.as_str())).collect::<Vec<_>>(), [("lin", "decide")]);

    for (field, value, status) in [
        ("advice", json!("budget/attended/nobody"), StatusCode::UNPROCESSABLE_ENTITY),
        ("advice", json!("forecast/applied/boss"), StatusCode::UNPROCESSABLE_ENTITY),
        ("reason", json!(" "), StatusCode::UNPROCESSABLE_ENTITY),
        ("by", json!("x".repeat(201)), StatusCode::UNPROCESSABLE_ENTITY),
        ("verdict", json!("perhaps"), StatusCode::BAD_REQUEST),
        ("colour", json!("red"), StatusCode::BAD_REQUEST),
    ] {
        let mut wrong = body.clone();
        wrong[field] = value;
        assert_eq!(decide(Some(&token), wrong).await.0, status, "{field}");
    }
    let plain = Request::post("/api/v1/decisions").header("host", "localhost").header("authorization", format!("Bearer {token}"));
    let (status, ..) = site.ask(plain.body(Body::from(body.to_string())).expect("a request")).await;
    assert_eq!(status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
    assert_eq!(site.figures.decisions.lock().expect("no panic elsewhere").len(), 1, "nothing else is kept");
}
