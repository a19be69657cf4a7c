//! The client by itself: what it writes down, what it refuses to read, and which way it goes.

use std::io::Write;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use inflow_config::SystemClock;
use inflow_connectors::PullErrorKind;
use inflow_connectors::http::{Endpoint, Http, HttpOptions, Redactor};
use inflow_connectors::spec::BudgetWindow;
use reqwest::Method;
use secrecy::SecretString;
use url::Url;

use crate::support::{Board, Reply, Rig, connection, lever, opportunity};

fn options(folder: &tempfile::TempDir) -> HttpOptions {
    let mut options = HttpOptions::new(Arc::new(SystemClock));
    options.settings.timeout = Duration::from_secs(5);
    folder.path().clone_into(&mut options.config_dir);
    options.data_dir = Some(folder.path().to_owned());
    options
}

fn endpoint(http: &Http, url: &Url, secrets: &[&str]) -> Endpoint {
    let secrets: Vec<SecretString> = secrets.iter().map(|secret| SecretString::from(*secret)).collect();
    let windows = [BudgetWindow { requests: 1000, per: Duration::from_secs(1) }];
    let budget = http.budget(url, "", &windows, 2);
    Endpoint { connection: "tea".into(), budget, limits: None, redactor: Redactor::new(&secrets) }
}

/// The request log as it is on disk.
fn log(folder: &std::path::Path) -> String {
    let files = std::fs::read_dir(folder.join("requests")).unwrap();
    files.map(|file| std::fs::read_to_string(file.unwrap().path()).unwrap()).collect()
}

fn lines(text: &str) -> Vec<serde_json::Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[tokio::test]
async fn the_log_tells_what_was_asked_and_no_secret() {
    let board = Board::start(|_, number| match number {
        0 => Reply::status(302).header("location", "/v2/s3cret/jobs?again=s3cret"),
        1 => Reply::status(503).header("retry-after", "0"),
        _ => Reply { status: 200, headers: Vec::new(), body: "[1, 2]".into() },
    })
    .await;
    let folder = tempfile::tempdir().unwrap();
    let http = Http::new(options(&folder)).unwrap();
    let mut url: Url = board.url.parse().unwrap();
    url.set_path("/v1/s3cret/jobs");
    url.set_query(Some("page=1&api_key=s3cret&deep=%2573%33cret"));
    url.set_username("tea").unwrap();
    url.set_password(Some("s3cret")).unwrap();
    let request = http.request(Method::GET, url.clone()).bearer_auth("s3cret").build().unwrap();
    let mut asked = 0;
    let answer = http.fetch(&request, &endpoint(&http, &url, &["s3cret"]), &mut asked).await.unwrap();
    assert_eq!((answer.status.as_u16(), asked), (200, 3));
    let text = log(folder.path());
    assert!(!text.contains("s3cret") && !text.contains("tea:"), "{text}");
    let lines = lines(&text);
    let told: Vec<_> = lines.iter().map(|line| (line["status"].as_u64().unwrap(), line["attempt"].as_u64().unwrap())).collect();
    assert_eq!(told, [(302, 1), (503, 1), (200, 2)]);
    let shown = lines[0]["url"].as_str().unwrap();
    assert!(shown.starts_with("http://127.0.0.1:") && shown.ends_with("/v1/***/jobs?page=1&api_key=***&deep=***"), "{shown}");
    assert!(lines[1]["url"].as_str().unwrap().ends_with("/v2/***/jobs?again=***"));
    assert_eq!(
        (lines[2]["connection"].as_str(), lines[2]["bytes"].as_u64(), &lines[2]["error"]),
        (Some("tea"), Some(6), &serde_json::Value::Null)
    );
    assert!(lines[1]["error"].as_str().unwrap().contains("failed (503)"));
}

#[tokio::test]
async fn a_pull_s_requests_are_logged_without_its_credential() {
    let people = [opportunity("o1", "c1", "Test Jia", "19900000001", Some(1_790_000_000_000))];
    let board = Board::start(move |seen, _| lever(seen, &people)).await;
    let rig = Rig::new();
    let outcome = rig.pull(&connection("tea", "lever", &board.url)).await;
    let text = log(&rig.data_dir());
    assert_eq!(lines(&text).len() as u64, outcome.requests);
    let sent = board.seen()[0].authorization.clone().unwrap();
    for secret in ["s3cret", sent.trim_start_matches("Basic "), "Test Jia", "19900000001"] {
        assert!(!text.contains(secret), "{secret} in {text}");
    }
}

#[tokio::test]
async fn a_request_that_is_given_up_is_logged_and_keeps_its_place() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url: Url = format!("http://{}/jobs", listener.local_addr().unwrap()).parse().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let http = Http::new(options(&folder)).unwrap();
    let endpoint = endpoint(&http, &url, &[]);
    let request = http.request(Method::GET, url).build().unwrap();
    let mut asked = 0;
    let fetch = http.fetch(&request, &endpoint, &mut asked);
    assert!(tokio::time::timeout(Duration::from_millis(200), fetch).await.is_err());
    let lines = lines(&log(folder.path()));
    assert_eq!((lines.len(), lines[0]["status"].as_u64()), (1, None));
    assert!(lines[0]["error"].as_str().unwrap().contains("given up"));
}

/// A board that answers with these bytes.
async fn serve(headers: Vec<(reqwest::header::HeaderName, &'static str)>, bytes: Vec<u8>) -> Url {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/jobs", listener.local_addr().unwrap()).parse().unwrap();
    let answer = move || {
        let (headers, bytes) = (axum::response::AppendHeaders(headers.clone()), bytes.clone());
        async move { (headers, bytes) }
    };
    tokio::spawn(async move { axum::serve(listener, Router::new().fallback(answer)).await.unwrap() });
    url
}

async fn ask(options: HttpOptions, url: &Url) -> Result<bytes::Bytes, inflow_connectors::PullError> {
    let http = Http::new(options)?;
    let request = http.request(Method::GET, url.clone()).build().unwrap();
    let mut asked = 0;
    let answer = http.fetch(&request, &endpoint(&http, url, &[]), &mut asked).await?;
    Ok(answer.body)
}

#[tokio::test]
async fn an_answer_that_unpacks_to_too_much_is_refused() {
    let mut bomb = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    for _ in 0..8 {
        bomb.write_all(&vec![b' '; 1 << 20]).unwrap();
    }
    let bomb = bomb.finish().unwrap();
    assert!(bomb.len() < 100_000);
    let url = serve(vec![(CONTENT_TYPE, "application/json"), (CONTENT_ENCODING, "gzip")], bomb).await;
    let folder = tempfile::tempdir().unwrap();
    let mut small = options(&folder);
    small.settings.max_answer = 1 << 20;
    let error = ask(small, &url).await.unwrap_err();
    assert_eq!((error.kind, error.message.as_str()), (PullErrorKind::BadResponse, "127.0.0.1 answered with more than 1 MiB"));
    assert!(error.hint.is_some());
    assert_eq!(ask(options(&folder), &url).await.unwrap().len(), 8 << 20, "what is allowed is read");
}

#[tokio::test]
async fn redirects_without_end_are_cut_and_each_takes_from_the_budget() {
    let board = Board::start(|seen, _| Reply::status(307).header("location", format!("{}x", seen.path))).await;
    let folder = tempfile::tempdir().unwrap();
    let http = Http::new(options(&folder)).unwrap();
    let url: Url = format!("{}/jobs", board.url).parse().unwrap();
    let mut endpoint = endpoint(&http, &url, &[]);
    endpoint.budget = http.budget(&url, "other", &[BudgetWindow { requests: 3, per: Duration::from_millis(400) }], 1);
    let request = http.request(Method::GET, url).build().unwrap();
    let (mut asked, start) = (0, std::time::Instant::now());
    let error = http.fetch(&request, &endpoint, &mut asked).await.unwrap_err();
    assert_eq!(error.message, "127.0.0.1 redirects again and again (307)");
    assert_eq!((asked, board.seen().len()), (6, 6));
    assert!(start.elapsed() >= Duration::from_millis(400), "{:?}", start.elapsed());
}

#[tokio::test]
async fn a_proxy_is_used_for_boards_and_not_for_this_machine() {
    let board = Board::start(|_, _| Reply::json(&serde_json::json!("direct"))).await;
    let proxy = Board::start(|_, _| Reply::json(&serde_json::json!("by proxy"))).await;
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("password"), "pr0xy\n").unwrap();
    let mut options = options(&folder);
    options.settings.proxy = Some(proxy.url.parse().unwrap());
    options.settings.proxy_user = Some("tea".into());
    options.settings.proxy_password = Some(inflow_config::SecretRef::file("password"));
    let far = "http://board.invalid/jobs".parse().unwrap();
    assert_eq!(ask(options.clone(), &far).await.unwrap(), "\"by proxy\"");
    assert_eq!(ask(options, &board.url.parse().unwrap()).await.unwrap(), "\"direct\"");
    assert_eq!(proxy.seen().len(), 1);
    assert_eq!(proxy.seen()[0].proxy_authorization.as_deref(), Some("Basic dGVhOnByMHh5"));
}

#[tokio::test]
async fn a_company_s_own_certificates_are_trusted_when_named() {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let key = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("ca.pem"), key.cert.pem()).unwrap();
    let private = rustls::pki_types::PrivateKeyDer::try_from(key.signing_key.serialize_der()).unwrap();
    let tls = rustls::ServerConfig::builder().with_no_client_auth().with_single_cert(vec![key.cert.der().clone()], private).unwrap();
    let acceptor = tokio_rustls::TlsAcceptor::from(Arc::new(tls));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url: Url = format!("https://localhost:{}/jobs", listener.local_addr().unwrap().port()).parse().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                let Ok(mut stream) = acceptor.accept(stream).await else { return };
                let mut head = [0; 4096];
                let _ = tokio::io::AsyncReadExt::read(&mut stream, &mut head).await;
                let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\n[]";
                let _ = tokio::io::AsyncWriteExt::write_all(&mut stream, answer).await;
                let _ = tokio::io::AsyncWriteExt::shutdown(&mut stream).await;
            });
        }
    });
    let mut options = options(&folder);
    options.settings.ca_file = Some("ca.pem".into());
    assert_eq!(ask(options.clone(), &url).await.unwrap(), "[]");
    options.settings.ca_file = None;
    assert_eq!(ask(options, &url).await.unwrap_err().kind, PullErrorKind::Unreachable);
}

/// Whoever asks for something to be done gives up after a minute and must know then whether it left.
#[tokio::test(start_paused = true)]
async fn an_action_that_has_no_turn_soon_does_not_leave() {
    let folder = tempfile::tempdir().unwrap();
    let http = Http::new(options(&folder)).unwrap();
    let url: Url = "http://127.0.0.1:9/refresh".parse().unwrap();
    let endpoint = endpoint(&http, &url, &[]);
    endpoint.budget.pause(Duration::from_mins(5));
    let request = http.request(Method::POST, url).build().unwrap();
    let begun = tokio::time::Instant::now();
    let error = http.act(request, &endpoint).await.unwrap_err();
    assert_eq!((error.kind, begun.elapsed().as_secs()), (PullErrorKind::BudgetUsedUp, 20), "{error}");
    http.close();
    assert!(!folder.path().join("requests").exists(), "nothing went out");
}
