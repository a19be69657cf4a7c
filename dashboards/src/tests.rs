//! The router, over figures that are made up.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request, StatusCode};
use bytes::Bytes;
use chrono::{DateTime, Utc};
use inflow_analytics::Query;
use inflow_config::{Clock, Config};
use serde_json::Value;
use tower::ServiceExt as _;

use crate::hooks::{HookAnswer, HookReceiver, SentHeaders};
use crate::router::{Shared, over, shared_over};

mod access;
mod feed;
mod invented;
mod openapi;
mod reports;
mod reposts;

use invented::Invented;

/// Answers with what the address says.
struct Counting;

#[async_trait]
impl HookReceiver for Counting {
    async fn deliver(&self, connection: &str, headers: &SentHeaders, body: Bytes) -> HookAnswer {
        match connection {
            "ats" => HookAnswer::Taken { repeated: headers.get("x-again").is_some() },
            "long" => HookAnswer::Unreadable { error: format!("{} bytes", body.len()), hint: None },
            "unsigned" => HookAnswer::Unsigned { error: "the signature does not fit the content".to_owned() },
            "busy" => HookAnswer::Later,
            _ => HookAnswer::Unknown,
        }
    }
}

/// A clock that a test sets.
#[derive(Debug)]
struct Hands(Mutex<DateTime<Utc>>);

impl Clock for Hands {
    fn now(&self) -> DateTime<Utc> {
        *self.0.lock().expect("no panic elsewhere")
    }
}

struct Site {
    router: Router,
    shared: Shared,
    figures: Arc<Invented>,
    clock: Arc<Hands>,
    _folder: tempfile::TempDir,
}

const CHANNELS: &str = "[[channel]]\nid = \"boss\"\nname = { en = \"BOSS Zhipin\", zh = \"BOSS直聘\" }\n";
const SHEET: &str = "connector = \"file\"\nchannel = \"boss\"\npath = \"in/*.csv\"\nmapping = \"sheet.toml\"\nkind = \"applications\"\n";

fn site_with(settings: &str, broken: bool) -> Site {
    let folder = tempfile::tempdir().expect("a folder");
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).expect("a file");
    std::fs::create_dir(folder.path().join("connections")).expect("a folder");
    write("inflow.toml", &format!("[company]\nname = \"Acme\"\n{settings}"));
    write("channels.toml", CHANNELS);
    write("reader.password", "open sesame");
    write("sheet.toml", "");
    write("connections/sheet.toml", SHEET);
    write("connections/later.toml", SHEET);
    write("connections/off.toml", &format!("enabled = false\n{SHEET}"));
    let config = Config::load(&folder.path().join("inflow.toml"), &Vec::new).expect("a configuration");
    let figures = Arc::new(Invented { broken, ..Invented::default() });
    let now: DateTime<Utc> = "2026-11-20T20:00:00Z".parse().expect("an instant");
    let clock = Arc::new(Hands(Mutex::new(now)));
    let shared = shared_over(figures.clone(), Arc::new(config), clock.clone(), Some(Arc::new(Counting))).expect("what handlers share");
    Site { router: over(shared.clone()), shared, figures, clock, _folder: folder }
}

fn site() -> Site {
    site_with("", false)
}

impl Site {
    /// What is answered. Under `/api/v1` it must be as OpenAPI says.
    async fn ask(&self, request: Request<Body>) -> (StatusCode, HeaderMap, Vec<u8>) {
        let (method, path) = (request.method().clone(), request.uri().path().to_owned());
        let response = self.router.clone().oneshot(request).await.expect("an answer");
        let (parts, body) = response.into_parts();
        let body = to_bytes(body, usize::MAX).await.expect("a body").to_vec();
        openapi::holds(&method, &path, parts.status, &parts.headers, &body);
        (parts.status, parts.headers, body)
    }

    async fn get(&self, path: &str) -> (StatusCode, HeaderMap, Vec<u8>) {
        self.ask(Request::get(path).header("host", "127.0.0.1:8080").body(Body::empty()).expect("a request")).await
    }

    async fn json(&self, path: &str) -> (StatusCode, Value) {
        let (status, headers, body) = self.get(path).await;
        let kind = if status.is_success() { "application/json" } else { "application/problem+json" };
        assert_eq!(headers["content-type"], kind, "{path}");
        (status, serde_json::from_slice(&body).expect("JSON"))
    }

    fn asked(&self) -> Query {
        self.figures.last_asked()
    }
}

#[tokio::test]
async fn the_page_is_served_in_the_language_of_the_browser() {
    let site = site();
    let request =
        Request::get("/").header("host", "localhost").header("accept-language", "zh-CN,zh;q=0.9").body(Body::empty()).expect("a request");
    let (status, headers, body) = site.ask(request).await;
    assert_eq!((status, &headers["vary"]), (StatusCode::OK, &"accept-language".parse().expect("a value")));
    assert!(String::from_utf8(body).expect("text").contains("<html lang=\"zh\""));
}

#[tokio::test]
async fn an_asset_is_asked_for_again_and_not_sent_again() {
    let site = site();
    let (status, headers, body) = site.get("/assets/app.js").await;
    assert_eq!((status, headers["content-type"].as_bytes()), (StatusCode::OK, b"text/javascript; charset=utf-8".as_slice()));
    assert!(!body.is_empty());
    let again = Request::get("/assets/app.js")
        .header("host", "localhost")
        .header("if-none-match", &headers["etag"])
        .body(Body::empty())
        .expect("a request");
    let (status, _, body) = site.ask(again).await;
    assert_eq!((status, body.len()), (StatusCode::NOT_MODIFIED, 0));
    assert_eq!(site.json("/assets/../Cargo.toml").await.0, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn every_answer_carries_the_security_headers() {
    let site = site();
    for path in ["/", "/assets/app.js", "/api/v1/metrics", "/nowhere"] {
        let (_, headers, _) = site.get(path).await;
        let policy = headers["content-security-policy"].to_str().expect("text").to_owned();
        assert!(
            policy.contains("default-src 'none'") && policy.contains("script-src 'self'") && !policy.contains("unsafe"),
            "{path}: {policy}"
        );
        assert_eq!(headers["x-content-type-options"], "nosniff", "{path}");
        assert_eq!(headers["x-frame-options"], "DENY", "{path}");
    }
    assert_eq!(site.get("/api/v1/metrics").await.1["cache-control"], "private, no-cache", "asked again each time");
    assert_eq!(site.get("/api/v1/nowhere").await.1["cache-control"], "no-store");
}

#[tokio::test]
async fn a_foreign_host_or_origin_is_refused() {
    let site = site();
    for (host, origin, expected) in [
        (Some("127.0.0.1:8080"), None, StatusCode::OK),
        (Some("localhost:8080"), Some("http://localhost:8080"), StatusCode::OK),
        (Some("[::1]:8080"), None, StatusCode::OK),
        (Some("evil.example"), None, StatusCode::FORBIDDEN),
        (Some("127.0.0.1.evil.example:8080"), None, StatusCode::FORBIDDEN),
        (Some("localhost:8080"), Some("http://evil.example"), StatusCode::FORBIDDEN),
        (Some("localhost:8080"), Some("http://localhost:3000"), StatusCode::FORBIDDEN),
        (Some("localhost:8080"), Some("null"), StatusCode::FORBIDDEN),
        (None, None, StatusCode::FORBIDDEN),
    ] {
        for path in ["/", "/api/v1/metrics", "/healthz"] {
            let mut request = Request::get(path);
            if let Some(host) = host {
                request = request.header("host", host);
            }
            if let Some(origin) = origin {
                request = request.header("origin", origin);
            }
            let (status, headers, body) = site.ask(request.body(Body::empty()).expect("a request")).await;
            assert_eq!(status, expected, "{path} {host:?} {origin:?}");
            if status == StatusCode::FORBIDDEN {
                let told: Value = serde_json::from_slice(&body).expect("JSON");
                assert!(told["detail"].is_string() && told["hint"].is_string());
                assert_eq!(headers["x-content-type-options"], "nosniff");
            }
        }
    }
}

#[tokio::test]
async fn what_is_not_there_says_so_with_a_hint() {
    let site = site();
    let (status, told) = site.json("/api/v1/report/volumes").await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    assert!(told["detail"].as_str().is_some_and(|error| error.starts_with("there is no metric `volumes`")), "{told}");
    assert!(told["hint"].as_str().is_some_and(|hint| hint.contains("volume")), "{told}");
    assert_eq!(site.json("/api/v2/anything").await.0, StatusCode::NOT_FOUND);
    let write = Request::post("/api/v1/metrics").header("host", "localhost").body(Body::empty()).expect("a request");
    assert_eq!(site.ask(write).await.0, StatusCode::METHOD_NOT_ALLOWED);
}

#[tokio::test]
async fn the_catalogue_has_every_metric_with_its_meaning_in_both_languages() {
    let (status, told) = site().json("/api/v1/metrics").await;
    assert_eq!(status, StatusCode::OK);
    let metrics = told["metrics"].as_array().expect("a list");
    assert_eq!(metrics.len(), inflow_analytics::catalogue().len());
    for metric in metrics {
        assert!(metric["meaning"]["zh"].is_string() && metric["meaning"]["en"].is_string(), "{metric}");
    }
}

#[tokio::test]
async fn a_report_is_asked_for_as_written() {
    let site = site();
    site.get("/api/v1/report/volume?by=channel,day&from=2026-11-01&to=2026-11-07&tz=Europe/Berlin&as_of=2026-11-08T01:00:00%2B01:00&channel=boss&channel=moka&store=%E5%8C%97%E5%BA%97,2").await;
    let query = site.asked();
    assert_eq!(query.by, ["channel", "day"]);
    assert_eq!((query.from.to_string().as_str(), query.to.to_string().as_str()), ("2026-11-01", "2026-11-07"));
    assert_eq!(query.tz, Some(chrono_tz::Europe::Berlin));
    assert_eq!(query.as_of.to_rfc3339(), "2026-11-08T00:00:00+00:00");
    assert_eq!(query.filters["channel"], ["boss", "moka"]);
    assert_eq!(query.filters["store"], ["北店,2"]);
}

#[tokio::test]
async fn a_report_is_narrowed_by_what_its_metric_can_be() {
    let site = site();
    site.get("/api/v1/report/volume?by=city&job_family=%E9%94%80%E5%94%AE&requisition=hr/R1&posting_cluster=boss/1&recruiter=r-1&department=a&city=b&city=c").await;
    let query = site.asked();
    assert_eq!(query.filters["job_family"], ["销售"]);
    assert_eq!(query.filters["city"], ["b", "c"]);
    assert_eq!(query.filters.len(), 6);
    // What a forecast cannot tell apart it is not narrowed by.
    let (status, told) = site.json("/api/v1/report/forecast?city=b").await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    assert_eq!(told["detail"], "unknown parameter \"city\"");
    assert_eq!(told["hint"], "accepted: by, from, to, tz, as_of, version, channel, store");
    let (_, told) = site.json("/api/v1/metrics").await;
    let filters =
        |id: &str| &told["metrics"].as_array().expect("a list").iter().find(|metric| metric["id"] == id).expect("a metric")["filters"];
    assert_eq!(filters("forecast"), &serde_json::json!(["channel", "store"]));
    assert_eq!(filters("cost_per_resume"), &serde_json::json!(["channel", "store", "department", "job_family", "requisition"]));
}

#[tokio::test]
async fn a_report_without_parameters_is_the_last_thirty_days_by_the_metrics_own_grouping() {
    let site = site();
    site.get("/api/v1/report/volume").await;
    let query = site.asked();
    // 20:00 in UTC is already the next day in the company's zone.
    assert_eq!((query.from.to_string().as_str(), query.to.to_string().as_str()), ("2026-10-23", "2026-11-21"));
    assert!(query.by.is_empty());
    site.get("/api/v1/report/volume?by=none").await;
    assert_eq!(site.asked().by, [inflow_analytics::NO_DIMENSION]);
    site.get("/api/v1/report/volume?version=1").await;
    assert_eq!((site.asked().version, query.version), (Some(1), None));
}

#[tokio::test]
async fn a_bad_parameter_is_named() {
    let site = site();
    for (parameters, part) in [
        ("from=yesterday", "\"from\" is not a day"),
        ("from=2026-11-02&to=2026-11-01", "after its end"),
        ("tz=Shanghai", "unknown time zone \"Shanghai\""),
        ("as_of=now", "not an instant"),
        ("version=one", "\"version\" is not a version"),
        ("chanel=boss", "unknown parameter \"chanel\""),
        ("to=2026-11-01&to=2026-11-02", "given twice"),
    ] {
        let (status, told) = site.json(&format!("/api/v1/report/volume?{parameters}")).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{parameters}");
        assert!(told["detail"].as_str().is_some_and(|error| error.contains(part)), "{told}");
    }
}

#[tokio::test]
async fn connections_tell_failing_from_never_tried_and_switched_off() {
    let (_, told) = site().json("/api/v1/connections").await;
    let list = told["connections"].as_array().expect("a list");
    let of = |name: &str| list.iter().find(|each| each["name"] == name).expect("a connection");
    assert_eq!(of("sheet")["status"], "failing");
    assert_eq!(of("sheet")["channels"], serde_json::json!(["boss", "seen"]));
    assert_eq!(of("sheet")["last_success_at"], "2026-11-12T06:05:00Z");
    assert_eq!(of("sheet")["unmapped"][0]["line"], "\"某某网\" = \"boss\"");
    assert_eq!(of("sheet")["unmapped"][0]["of"], "channel");
    assert_eq!(of("later")["status"], "never");
    assert_eq!(of("later")["unmapped"], serde_json::json!([]));
    assert_eq!(of("off")["status"], "disabled");
    assert_eq!(of("removed")["status"], "disabled");
}

#[tokio::test]
async fn the_overview_names_company_channels_and_reach() {
    let (_, told) = site().json("/api/v1/overview").await;
    assert_eq!(told["company"]["name"], "Acme");
    assert_eq!(told["today"], "2026-11-21");
    assert_eq!(told["channels"][0]["name"]["zh"], "BOSS直聘");
    assert_eq!(told["data"], serde_json::json!({ "first": "2026-06-01", "last": "2026-11-20" }));
    assert_eq!(told["stores"], serde_json::json!(["north"]));
}

#[tokio::test]
async fn the_stamp_names_the_company_s_day_too() {
    let (_, told) = site().json("/api/v1/stamp").await;
    assert_eq!(told, serde_json::json!({ "stamp": "7-0-9", "analysing": true, "today": "2026-11-21" }));
}

#[tokio::test]
async fn readiness_is_the_stores_and_liveness_is_not() {
    let broken = site_with("", true);
    assert_eq!(broken.json("/healthz").await.0, StatusCode::OK);
    assert_eq!(broken.json("/readyz").await.0, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(site().json("/readyz").await.0, StatusCode::OK);
}

#[tokio::test]
async fn prometheus_reads_both_of_its_formats() {
    let site = site();
    let get = |accept: &'static str| Request::get("/metrics").header("host", "localhost").header("accept", accept);
    let (status, headers, body) = site.ask(get("text/plain;version=0.0.4;q=0.5").body(Body::empty()).expect("a request")).await;
    let text = String::from_utf8(body).expect("text");
    assert_eq!(status, StatusCode::OK);
    assert_eq!(headers["content-type"], "text/plain; version=0.0.4; charset=utf-8");
    for line in [
        "# TYPE inflow_connection_up gauge",
        "inflow_connection_up{connection=\"a \\\"sheet\\\"\"} 1.0",
        "# TYPE inflow_connection_runs_total counter",
        "inflow_connection_runs_total{connection=\"sheet\",status=\"ok\"} 12.5",
        "inflow_invented_total 3",
        "inflow_store_up 1.0",
    ] {
        assert!(text.lines().any(|found| found == line), "{line}\n{text}");
    }
    assert!(text.contains("inflow_build_info{version="), "{text}");
    #[cfg(target_os = "linux")]
    for name in ["process_cpu_seconds_total", "process_resident_memory_bytes", "process_open_fds", "process_start_time_seconds"] {
        let value = text.lines().find_map(|line| line.strip_prefix(&format!("{name} "))).and_then(|value| value.parse::<f64>().ok());
        assert!(value.is_some_and(|value| value > 0.0 || name.starts_with("process_cpu")), "{name}\n{text}");
    }
    let (_, headers, body) = site.ask(get("application/openmetrics-text;version=1.0.0").body(Body::empty()).expect("a request")).await;
    assert_eq!(headers["content-type"], "application/openmetrics-text; version=1.0.0; charset=utf-8");
    assert!(body.ends_with(b"# EOF\n"));
}

#[tokio::test]
async fn metrics_are_for_who_may_read_the_page() {
    let guarded = site_with("[serve]\nreader_password = \"file:reader.password\"\n", false);
    let get = || Request::get("/metrics").header("host", "localhost");
    assert_eq!(guarded.ask(get().body(Body::empty()).expect("a request")).await.0, StatusCode::UNAUTHORIZED);
    for (role, requisitions, expected) in [("auditor", &[][..], StatusCode::OK), ("recruiter", &["hr/R1"], StatusCode::FORBIDDEN)] {
        let with = get().header("authorization", format!("Bearer {}", guarded.figures.token(role, role, requisitions)));
        assert_eq!(guarded.ask(with.body(Body::empty()).expect("a request")).await.0, expected, "{role}");
    }
    let foreign = Request::get("/metrics").header("host", "evil.example");
    assert_eq!(site().ask(foreign.body(Body::empty()).expect("a request")).await.0, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn a_store_that_does_not_answer_is_a_metric() {
    let broken = site_with("", true);
    let request = Request::get("/metrics").header("host", "localhost").body(Body::empty()).expect("a request");
    let (status, _, body) = broken.ask(request).await;
    let text = String::from_utf8(body).expect("text");
    assert_eq!(status, StatusCode::OK);
    assert!(text.lines().any(|line| line == "inflow_store_up 0.0"), "{text}");
    assert!(!text.contains("inflow_connection_up"), "{text}");
}

fn delivery(host: &str, connection: &str) -> axum::http::request::Builder {
    Request::post(format!("/hooks/{connection}")).header("host", host)
}

#[tokio::test]
async fn deliveries_come_under_any_name_without_a_token_and_never_from_a_page() {
    let site = site_with("[serve]\nreader_password = \"file:reader.password\"\n", false);
    let send = |builder: axum::http::request::Builder, body: &'static str| site.ask(builder.body(Body::from(body)).expect("a request"));
    let (status, _, body) = send(delivery("hooks.example.com", "ats"), "{}").await;
    assert_eq!((status, body.as_slice()), (StatusCode::OK, br#"{"repeated":false,"status":"ok"}"#.as_slice()));
    let (_, _, body) = send(delivery("hooks.example.com", "ats").header("X-Again", "1"), "{}").await;
    assert_eq!(body, br#"{"repeated":true,"status":"ok"}"#);
    let (status, ..) = send(delivery("hooks.example.com", "ats").header("origin", "https://evil.example"), "{}").await;
    assert_eq!(status, StatusCode::FORBIDDEN, "a browser's page cannot send");
    for (connection, expected) in [("unsigned", 401), ("busy", 503), ("none", 404)] {
        let (status, headers, _) = send(delivery("hooks.example.com", connection), "{}").await;
        assert_eq!(status.as_u16(), expected, "{connection}");
        assert_eq!(headers.contains_key("retry-after"), expected == 503);
        assert!(!headers.contains_key("www-authenticate"), "{connection}: nobody is asked for a token");
    }
    // The rest is guarded as it was.
    for request in [
        Request::get("/hooks/ats").header("host", "hooks.example.com"),
        Request::post("/api/v1/overview").header("host", "hooks.example.com"),
        Request::get("/api/v1/overview").header("host", "hooks.example.com"),
        Request::post("/hooks").header("host", "hooks.example.com"),
    ] {
        let (status, ..) = send(request, "").await;
        assert_eq!(status, StatusCode::FORBIDDEN);
    }
    let (status, ..) = send(Request::get("/api/v1/overview").header("host", "localhost"), "").await;
    assert_eq!(status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_delivery_has_at_most_one_mebibyte() {
    let site = site();
    for (length, expected) in [(1 << 20, StatusCode::UNPROCESSABLE_ENTITY), ((1 << 20) + 1, StatusCode::PAYLOAD_TOO_LARGE)] {
        let request = delivery("localhost", "long").body(Body::from(vec![b' '; length])).expect("a request");
        let (status, _, body) = site.ask(request).await;
        assert_eq!(status, expected, "{}", String::from_utf8_lossy(&body));
    }
}
