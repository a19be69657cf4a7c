//! Who may see what, and how they say who they are.

use axum::body::Body;
use axum::http::{Request, StatusCode};
use chrono::Duration;
use inflow_analytics::catalogue;
use serde_json::{Value, json};

use super::invented::CASE;
use super::{Site, site, site_with};

const PROXY: &str = "[serve]\nbehind_proxy = true\n";

impl Site {
    /// Asks as the bearer of a token, or of none.
    async fn as_bearer(&self, token: &str, path: &str) -> (StatusCode, Value) {
        let request = Request::get(path).header("host", "hr.example.com").header("authorization", format!("Bearer {token}"));
        let (status, _, body) = self.ask(request.body(Body::empty()).expect("a request")).await;
        (status, serde_json::from_slice(&body).unwrap_or_default())
    }

    async fn sign_in(&self, token: &str) -> (StatusCode, Option<String>) {
        let request = Request::post("/login").header("host", "hr.example.com").header("content-type", "application/json");
        let request = request.header("origin", "https://hr.example.com");
        let (status, headers, _) = self.ask(request.body(Body::from(json!({ "token": token }).to_string())).expect("a request")).await;
        (status, headers.get("set-cookie").map(|cookie| cookie.to_str().expect("text").to_owned()))
    }

    async fn with_cookie(&self, cookie: &str, request: axum::http::request::Builder) -> (StatusCode, axum::http::HeaderMap) {
        let pair = cookie.split(';').next().expect("a cookie");
        let request = request.header("host", "hr.example.com").header("cookie", pair);
        let (status, headers, _) = self.ask(request.body(Body::empty()).expect("a request")).await;
        (status, headers)
    }
}

const ROLES: [&str; 5] = ["admin", "manager", "recruiter", "finance", "auditor"];

/// Every route of the API by what each role gets; `None` is loopback without a token.
#[tokio::test]
async fn each_role_reads_its_parts_and_no_other() {
    let (ok, no) = (200, 403);
    let routes = [
        ("/api/v1/metrics", [ok; 5], ok),
        ("/api/v1/channels", [ok; 5], ok),
        ("/api/v1/overview", [ok; 5], ok),
        ("/api/v1/stamp", [ok; 5], ok),
        ("/api/v1/me", [ok; 5], ok),
        ("/api/v1/openapi.json", [ok; 5], ok),
        ("/api/v1/problems", [ok; 5], ok),
        ("/api/v1/problems/bad-request", [ok; 5], ok),
        ("/api/v1/connections", [ok; 5], ok),
        // What can be narrowed to requisitions, what cannot, and what names single applications.
        ("/api/v1/report/volume", [ok; 5], ok),
        ("/api/v1/report/cash", [ok, ok, no, ok, ok], ok),
        ("/api/v1/report/stage_entries", [ok, ok, ok, no, ok], ok),
        ("/api/v1/report/recommendation", [ok, ok, no, no, ok], ok),
        ("/api/v1/report/conflicts", [ok, ok, no, no, ok], ok),
        ("/api/v1/applications", [ok, ok, ok, no, ok], ok),
        ("/api/v1/entries", [ok, ok, no, ok, ok], ok),
        ("/api/v1/runs", [ok, ok, no, ok, ok], ok),
        ("/api/v1/alerts", [ok, ok, no, ok, ok], ok),
        ("/api/v1/advice", [ok, ok, no, ok, ok], ok),
        ("/api/v1/repost-plan", [ok, ok, no, ok, ok], ok),
        ("/api/v1/decisions", [ok, ok, no, ok, ok], ok),
        ("/api/v1/audit", [ok, no, no, no, ok], ok),
    ];
    let (site, open) = (site_with(PROXY, false), site());
    let tokens = ROLES.map(|role| site.figures.token(role, role, if role == "recruiter" { &["hr/R1"] } else { &[] }));
    for (path, expected, anybody) in routes {
        for ((role, token), expected) in ROLES.iter().zip(&tokens).zip(expected) {
            let (status, told) = site.as_bearer(token, path).await;
            assert_eq!(status.as_u16(), expected, "{role} {path} {told}");
            if expected == no {
                assert!(
                    told["type"].as_str().is_some_and(|kind| kind.ends_with("beyond-role") || kind.ends_with("not-narrowable")),
                    "{told}"
                );
            }
        }
        assert_eq!(open.json(path).await.0.as_u16(), anybody, "loopback {path}");
    }
    let document = crate::openapi();
    let known: Vec<String> = routes.iter().map(|(path, ..)| (*path).to_owned()).collect();
    for path in document["paths"].as_object().expect("paths").keys() {
        let path = path.replace("{metric}", "volume").replace("{code}", "bad-request");
        assert!(known.contains(&path), "{path} is not in the matrix");
    }
    let body = json!({"advice": "posting_time/boss", "verdict": "accepted", "reason": "it is so"}).to_string();
    for ((role, token), expected) in ROLES.iter().zip(&tokens).zip([201, 201, no, no, no]) {
        let request = Request::post("/api/v1/decisions").header("host", "hr.example.com").header("content-type", "application/json");
        let request = request.header("authorization", format!("Bearer {token}")).body(Body::from(body.clone())).expect("a request");
        assert_eq!(site.ask(request).await.0.as_u16(), expected, "{role}");
    }
}

/// Whatever finance asks for, no id of an application comes back.
#[tokio::test]
async fn finance_never_gets_an_application() {
    let site = site_with(PROXY, false);
    let (finance, manager) = (site.figures.token("cfo", "finance", &[]), site.figures.token("lin", "manager", &[]));
    let paths: Vec<String> = catalogue().iter().map(|metric| format!("/api/v1/report/{}", metric.id)).collect();
    let lists = ["applications", "entries", "runs", "alerts", "advice", "decisions", "audit", "connections", "overview", "metrics", "me"];
    let lists = lists.map(|list| format!("/api/v1/{list}"));
    let mut named = Vec::new();
    for path in paths.iter().chain(&lists) {
        let told = site.as_bearer(&finance, path).await.1.to_string();
        assert!(!told.contains(CASE), "{path}: {told}");
        if site.as_bearer(&manager, path).await.1.to_string().contains(CASE) {
            named.push(path.as_str());
        }
    }
    named.sort_unstable();
    assert_eq!(
        named,
        ["/api/v1/applications", "/api/v1/report/conflicts", "/api/v1/report/recommendation", "/api/v1/report/stage_entries"]
    );
    let (_, me) = site.as_bearer(&finance, "/api/v1/me").await;
    assert!(me["metrics"].as_array().expect("a list").iter().all(|metric| metric != "stage_entries" && metric != "conflicts"), "{me}");
}

#[tokio::test]
async fn a_recruiter_reads_its_own_requisitions() {
    let site = site_with(PROXY, false);
    let token = site.figures.token("wu", "recruiter", &["hr/R1", "hr/R2"]);
    let mut refused = 0;
    for metric in catalogue() {
        let (status, told) = site.as_bearer(&token, &format!("/api/v1/report/{}", metric.id)).await;
        if metric.filters().contains(&"requisition") {
            assert_eq!(status, StatusCode::OK, "{}", metric.id);
            assert_eq!(site.asked().filters["requisition"], ["hr/R1", "hr/R2"], "{}", metric.id);
            assert_eq!(told["reconciles"], Value::Null, "{}: the tie is of the whole company", metric.id);
        } else {
            assert_eq!(status, StatusCode::FORBIDDEN, "{}", metric.id);
            let sentence = format!("{} cannot be told apart by requisition, and a recruiter reads its own requisitions alone", metric.id);
            assert_eq!(told["detail"], json!(sentence));
            refused += 1;
        }
    }
    assert!(refused > 10, "{refused}");
    let narrowed = async |query: &str| {
        let status = site.as_bearer(&token, &format!("/api/v1/report/volume?{query}")).await.0;
        (status, site.figures.asked.lock().expect("no panic elsewhere").pop().map(|query| query.filters["requisition"].clone()))
    };
    assert_eq!(narrowed("requisition=hr/R2").await, (StatusCode::OK, Some(vec!["hr/R2".to_owned()])));
    for foreign in ["requisition=hr/R3", "requisition=hr/R1&requisition=hr/R3", "requisition="] {
        assert_eq!(narrowed(foreign).await, (StatusCode::FORBIDDEN, None), "{foreign}");
    }
    site.as_bearer(&token, "/api/v1/applications").await;
    assert_eq!(site.asked().filters["requisition"], ["hr/R1", "hr/R2"]);
    // A token that was left without any reads nothing, and not everything.
    site.figures.change("wu", |token| token.requisitions.clear());
    assert_eq!(narrowed("").await, (StatusCode::FORBIDDEN, None));
    let (_, told) = site.as_bearer(&token, "/api/v1/connections").await;
    assert!(told["connections"][0]["name"].is_string() && told["connections"][0].get("unmapped").is_none(), "{told}");
}

#[tokio::test]
async fn a_token_opens_while_it_holds() {
    let site = site_with(PROXY, false);
    let token = site.figures.token("lin", "manager", &[]);
    let now = site.shared.clock.now();
    let ask = async || site.as_bearer(&token, "/api/v1/metrics").await;
    assert_eq!(ask().await.0, StatusCode::OK);
    site.figures.change("lin", |token| token.expires_at = Some(now + Duration::minutes(1)));
    assert_eq!(ask().await.0, StatusCode::OK);
    *site.clock.0.lock().expect("no panic elsewhere") += Duration::minutes(1);
    let (status, told) = ask().await;
    assert_eq!((status, &told["detail"]), (StatusCode::UNAUTHORIZED, &json!("the token is unknown, revoked or expired")));
    site.figures.change("lin", |token| (token.expires_at, token.revoked_at) = (None, Some(now)));
    assert_eq!(ask().await.0, StatusCode::UNAUTHORIZED);
    site.figures.change("lin", |token| token.revoked_at = None);
    assert_eq!(ask().await.0, StatusCode::OK);
    // Another secret under the same prefix, a role of a later program, a scheme of old.
    let mut other = token.clone();
    let last = other.pop();
    other.push(if last == Some('0') { '1' } else { '0' });
    assert_eq!(site.as_bearer(&other, "/api/v1/metrics").await.0, StatusCode::UNAUTHORIZED);
    site.figures.change("lin", |token| token.role = "owner".to_owned());
    assert_eq!(ask().await.0, StatusCode::UNAUTHORIZED);
    let basic = Request::get("/api/v1/metrics").header("host", "hr.example.com").header("authorization", "Basic cmVhZGVyOm9wZW4gc2VzYW1l");
    let (status, headers, _) = site.ask(basic.body(Body::empty()).expect("a request")).await;
    assert_eq!((status, headers["www-authenticate"].to_str().expect("text")), (StatusCode::UNAUTHORIZED, "Bearer realm=\"inflow\""));
}

#[tokio::test]
async fn beyond_loopback_everybody_says_who_it_is() {
    for (settings, host) in [(PROXY, "hr.example.com"), ("[serve]\nreader_password = \"file:reader.password\"\n", "localhost")] {
        let site = site_with(settings, false);
        let ask = async |path: &str| {
            let (status, headers, _) = site.ask(Request::get(path).header("host", host).body(Body::empty()).expect("a request")).await;
            (status.as_u16(), headers.get("location").map(|to| to.to_str().expect("text").to_owned()))
        };
        for path in ["/api/v1/metrics", "/api/v1/openapi.json", "/api/v1/problems", "/api/v1/me"] {
            assert_eq!(ask(path).await.0, 401, "{path}");
        }
        for path in ["/healthz", "/readyz", "/login", "/assets/login.js", "/assets/style.css"] {
            assert_eq!(ask(path).await.0, 200, "{path}");
        }
        assert_eq!(ask("/?period=7&store=%E5%8C%97").await, (303, Some("/login?next=/%3Fperiod%3D7%26store%3D%25E5%258C%2597".to_owned())));
        assert_eq!(ask("/finance").await, (303, Some("/login?next=/finance".to_owned())));
    }
    // On loopback a token is not needed; one that opens nothing is said to.
    let site = site();
    let wrong = Request::get("/api/v1/metrics").header("host", "localhost").header("authorization", "Bearer inflow_0_0");
    assert_eq!(site.ask(wrong.body(Body::empty()).expect("a request")).await.0, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn the_page_signs_in_and_out() {
    let site = site_with(PROXY, false);
    let token = site.figures.token("lin", "manager", &[]);
    assert_eq!(site.sign_in("inflow_00000000_0").await, (StatusCode::UNAUTHORIZED, None));
    let (status, cookie) = site.sign_in(&token).await;
    let cookie = cookie.expect("a cookie");
    assert_eq!(status, StatusCode::NO_CONTENT);
    assert!(cookie.contains("; HttpOnly; SameSite=Strict; Secure") && !cookie.contains(&token), "{cookie}");
    let get = async |path: &str| site.with_cookie(&cookie, Request::get(path)).await.0;
    for path in ["/", "/finance", "/api/v1/me", "/api/v1/report/volume"] {
        assert_eq!(get(path).await, StatusCode::OK, "{path}");
    }
    // From a page of another site, or from none, nothing is changed.
    for origin in [Some("https://evil.example"), None] {
        let request = Request::post("/logout");
        let request = if let Some(origin) = origin { request.header("origin", origin) } else { request };
        assert_eq!(site.with_cookie(&cookie, request).await.0, StatusCode::FORBIDDEN);
    }
    assert_eq!(get("/api/v1/me").await, StatusCode::OK);
    let (status, headers) = site.with_cookie(&cookie, Request::post("/logout").header("origin", "https://hr.example.com")).await;
    assert_eq!(status, StatusCode::NO_CONTENT);
    assert!(headers["set-cookie"].to_str().expect("text").contains("Max-Age=0"));
    assert_eq!(get("/api/v1/me").await, StatusCode::UNAUTHORIZED, "the cookie opens nothing any more, wherever it was kept");
    let (_, cookie) = site.sign_in(&token).await;
    let cookie = cookie.expect("a cookie");
    let get = async |path: &str| site.with_cookie(&cookie, Request::get(path)).await.0;
    assert_eq!(get("/").await, StatusCode::OK);
    site.figures.change("lin", |token| token.revoked_at = Some(chrono::DateTime::UNIX_EPOCH));
    assert_eq!(
        (get("/").await, get("/api/v1/me").await),
        (StatusCode::SEE_OTHER, StatusCode::UNAUTHORIZED),
        "a session ends with its token"
    );
    let audit = site.figures.audit.lock().expect("no panic elsewhere").clone();
    assert!(
        audit.iter().all(|line| line.actor == "lin" && line.action == "sign in" && !line.detail.contains(&token)) && audit.len() == 2,
        "{audit:?}"
    );
    // A login that a form of another site could send is none.
    let form = Request::post("/login")
        .header("host", "hr.example.com")
        .header("content-type", "text/plain")
        .body(Body::from("{}"))
        .expect("a request");
    assert_eq!(site.ask(form).await.0, StatusCode::UNSUPPORTED_MEDIA_TYPE);
}

#[tokio::test]
async fn a_recruiter_has_no_finance_page() {
    let site = site_with(PROXY, false);
    let token = site.figures.token("wu", "recruiter", &["hr/R1"]);
    let (_, cookie) = site.sign_in(&token).await;
    let (status, headers) = site.with_cookie(&cookie.expect("a cookie"), Request::get("/finance")).await;
    assert_eq!((status, headers["location"].to_str().expect("text")), (StatusCode::SEE_OTHER, "/"));
}

#[tokio::test(start_paused = true)]
async fn a_token_sends_as_many_requests_as_it_may() {
    let site = site_with(PROXY, false);
    let token = site.figures.token("script", "auditor", &[]);
    site.figures.change("script", |token| token.per_minute = 2);
    let ask = async || {
        let request = Request::get("/api/v1/me").header("host", "hr.example.com").header("authorization", format!("Bearer {token}"));
        let (status, headers, body) = site.ask(request.body(Body::empty()).expect("a request")).await;
        let text = |name: &str| headers.get(name).map(|value| value.to_str().expect("text").to_owned());
        (status.as_u16(), text("ratelimit"), text("retry-after"), serde_json::from_slice::<Value>(&body).expect("JSON"))
    };
    let (status, left, ..) = ask().await;
    assert_eq!((status, left.as_deref()), (200, Some("\"token\";r=1;t=60")));
    assert_eq!(ask().await.0, 200);
    let (status, left, retry, told) = ask().await;
    assert_eq!((status, left.as_deref(), retry.as_deref()), (429, Some("\"token\";r=0;t=60"), Some("60")));
    assert_eq!(told["type"], "https://iana.org/assignments/http-problem-types#quota-exceeded");
    tokio::time::advance(std::time::Duration::from_mins(1)).await;
    assert_eq!(ask().await.0, 200);
    // What was sent is told to the store, once.
    site.shared.tell_uses().await;
    site.shared.tell_uses().await;
    let uses = site.figures.uses.lock().expect("no panic elsewhere").clone();
    assert_eq!(uses.iter().map(|one| (one.requests, one.refused)).collect::<Vec<_>>(), [(4, 1)]);
}
