//! The company's own openings, for everybody or nobody.

use axum::http::StatusCode;
use chrono::DateTime;
use inflow_actions::feed::{Opening, Openings};

use super::*;

const ID: &str = "00c0ffee00c0ffee";
const ON: &str = "[feed]\nenabled = true\nsite = \"https://acme.example/\"\n";

fn openings() -> Openings {
    let opening = Opening {
        id: ID.to_owned(),
        reference: "R1".to_owned(),
        title: "Cook </script><b>".to_owned(),
        city: "Weifang".to_owned(),
        region: String::new(),
        country: "CN".to_owned(),
        department: String::new(),
        employment_type: String::new(),
        pay_text: String::new(),
        pay: None,
        description: "Cook.".to_owned(),
        posted_at: Some(DateTime::UNIX_EPOCH),
        valid_through: None,
        url: "https://jobs.example/1".parse().ok(),
    };
    Openings {
        company: "Acme".to_owned(),
        site: "https://acme.example/".parse().ok(),
        changed_at: DateTime::UNIX_EPOCH,
        all: vec![opening],
        strangers: Vec::new(),
    }
}

#[tokio::test]
async fn everybody_may_read_where_the_company_says_so() {
    // Behind a proxy everything else asks for a token.
    let site = site_with(&format!("[serve]\nbehind_proxy = true\n{ON}"), false);
    *site.figures.openings.lock().expect("no panic elsewhere") = Some(openings());
    assert_eq!(site.get("/api/v1/metrics").await.0, StatusCode::UNAUTHORIZED);
    let (status, headers, body) = site.get("/feed/indeed.xml").await;
    let text = String::from_utf8(body).expect("text");
    assert!(status == StatusCode::OK && text.contains("<referencenumber><![CDATA[00c0ffee00c0ffee]]></referencenumber>"), "{text}");
    assert_eq!(headers["content-type"], "application/xml; charset=utf-8");
    assert_eq!(headers["last-modified"], "Thu, 01 Jan 1970 00:00:00 GMT");
    let again = Request::get("/feed/indeed.xml").header("host", "127.0.0.1:8080").header("if-none-match", headers["etag"].clone());
    let (status, _, body) = site.ask(again.body(Body::empty()).expect("a request")).await;
    assert_eq!((status, body.len()), (StatusCode::NOT_MODIFIED, 0));
    assert_eq!(site.get("/feed/rss.xml").await.1["content-type"], "application/rss+xml; charset=utf-8");
    let (status, headers, body) = site.get("/feed/jobs/00c0ffee00c0ffee").await;
    let page = String::from_utf8(body).expect("text");
    assert!(status == StatusCode::OK && page.contains("application/ld+json") && page.matches("</script>").count() == 1, "{page}");
    assert!(headers["content-security-policy"].to_str().expect("text").starts_with("default-src 'none'"));
    for path in ["/feed/jobs/00c0ffee00c0ffef", "/feed/atom.xml", "/feed/jobs"] {
        assert_eq!(site.get(path).await.0, StatusCode::NOT_FOUND, "{path}");
    }
}

#[tokio::test]
async fn nobody_may_where_it_does_not() {
    for settings in ["", "[feed]\nsite = \"https://acme.example/\"\n"] {
        let site = site_with(settings, false);
        *site.figures.openings.lock().expect("no panic elsewhere") = Some(openings());
        for path in ["/feed/indeed.xml", "/feed/rss.xml", "/feed/jobs/00c0ffee00c0ffee"] {
            assert_eq!(site.get(path).await.0, StatusCode::NOT_FOUND, "{path}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn whoever_asks_again_has_nothing_read_again() {
    let site = site_with(ON, false);
    let set = |openings: Option<Openings>| *site.figures.openings.lock().expect("no panic elsewhere") = openings;
    // With no openings at hand, whoever reads fails.
    for path in ["/feed/jobs/abc", "/feed/jobs/00C0FFEE00C0FFEE", "/feed/jobs/00c0ffee00c0ffee0", "/feed/jobs/%2e%2e", "/feed/x.xml"] {
        assert_eq!(site.get(path).await.0, StatusCode::NOT_FOUND, "{path}");
    }
    set(Some(openings()));
    assert_eq!(site.get("/feed/indeed.xml").await.0, StatusCode::OK);
    set(Some(Openings { all: Vec::new(), ..openings() }));
    // Nor does it take the turns of reports.
    let turns = site.shared.turns.acquire_many(u32::try_from(site.shared.turns.available_permits()).expect("a few")).await.expect("turns");
    tokio::time::advance(std::time::Duration::from_secs(59)).await;
    assert_eq!(site.get(&format!("/feed/jobs/{ID}")).await.0, StatusCode::OK);
    tokio::time::advance(std::time::Duration::from_secs(1)).await;
    assert_eq!(site.get(&format!("/feed/jobs/{ID}")).await.0, StatusCode::NOT_FOUND, "a minute later it is closed");
    drop(turns);
}
