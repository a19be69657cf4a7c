//! The shared store, raw HTTP, child processes.

use std::future::Future;
use std::path::PathBuf;
use std::process::{Command, Output};
use std::sync::OnceLock;

use inflow_store::{Store, StoreOptions};
use reqwest::{RequestBuilder, Response, StatusCode};
use tokio::runtime::Runtime;

static RUNTIME: OnceLock<Runtime> = OnceLock::new();
static STORE: OnceLock<Store> = OnceLock::new();

/// A folder for this process under the target folder. What earlier processes left is removed first.
fn folder() -> PathBuf {
    let root = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("store-it");
    for entry in std::fs::read_dir(&root).into_iter().flatten().flatten() {
        let name = entry.file_name().into_string().unwrap();
        if !PathBuf::from("/proc").join(&name).exists() {
            let _ = std::fs::remove_dir_all(entry.path());
        }
    }
    root.join(std::process::id().to_string())
}

/// A runtime that outlives the single test: the endpoint runs on it.
pub fn run<T>(test: impl Future<Output = T>) -> T {
    RUNTIME.get_or_init(|| tokio::runtime::Builder::new_multi_thread().worker_threads(4).enable_all().build().unwrap()).block_on(test)
}

/// The store of this process.
pub fn store() -> Store {
    static LOCK: std::sync::Mutex<()> = std::sync::Mutex::new(());
    let _one = LOCK.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    STORE.get_or_init(|| run(Store::open(StoreOptions::new(folder()))).unwrap()).clone()
}

/// The password of the user `inflow`.
pub fn password(store: &Store) -> String {
    std::fs::read_to_string(store.data_dir().join("clickhouse.password")).unwrap().trim().to_owned()
}

/// HTTP as curl speaks it: nothing added, nothing unpacked.
pub fn http() -> reqwest::Client {
    static CLIENT: OnceLock<reqwest::Client> = OnceLock::new();
    let make = || {
        let _ = rustls::crypto::ring::default_provider().install_default();
        reqwest::Client::builder().no_gzip().no_proxy().build().unwrap()
    };
    CLIENT.get_or_init(make).clone()
}

/// A POST to `/` with these parameters and this body, as reader.
pub fn post(store: &Store, params: &[(&str, &str)], body: impl Into<reqwest::Body>) -> RequestBuilder {
    http().post(store.endpoint()).query(params).body(body)
}

/// The same as the user that writes.
pub fn post_writer(store: &Store, params: &[(&str, &str)], body: impl Into<reqwest::Body>) -> RequestBuilder {
    post(store, params, body).header("X-ClickHouse-User", "inflow").header("X-ClickHouse-Key", password(store))
}

/// Status, exception code and text of an answer.
pub async fn told(response: Response) -> (StatusCode, Option<u32>, String) {
    let status = response.status();
    let code = response.headers().get("x-clickhouse-exception-code").map(|code| code.to_str().unwrap().parse().unwrap());
    (status, code, response.text().await.unwrap())
}

/// Text of a good answer.
pub async fn text(request: RequestBuilder) -> String {
    let (status, code, text) = told(request.send().await.unwrap()).await;
    assert_eq!((status, code), (StatusCode::OK, None), "{text}");
    text
}

/// What a reader's statement gives.
pub async fn read(store: &Store, sql: &str) -> String {
    text(post(store, &[], sql.to_owned())).await
}

/// A child process of this binary that runs one ignored test on a folder of its own.
pub fn child(test: &str, folder: &std::path::Path) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", test, "--ignored", "--nocapture", "--test-threads=1"]).env("STORE_IT_FOLDER", folder);
    command
}

/// The folder given to a child.
pub fn given_folder() -> PathBuf {
    PathBuf::from(std::env::var_os("STORE_IT_FOLDER").expect("run by another test"))
}

/// Runs a child to its end.
pub fn run_child(test: &str, folder: &std::path::Path) -> Output {
    let output = child(test, folder).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(text.contains("1 passed") || text.contains("1 failed"), "no such test: {test}\n{text}");
    output
}

/// Runs a child that must succeed.
pub fn pass_child(test: &str, folder: &std::path::Path) {
    let output = run_child(test, folder);
    assert!(output.status.success(), "{}\n{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
}
