//! Answers that are kept: until something is written, and one for all who ask at the same time.

use inflow_store::Store;
use reqwest::{RequestBuilder, Response};

use crate::support::{post, post_writer, run, store, text, told};

const HIT: &str = "inflow; hit";
const MISS: &str = "inflow; fwd=uri-miss; stored";
const COLLAPSED: &str = "inflow; fwd=uri-miss; collapsed";
const BYPASS: &str = "inflow; fwd=bypass";

fn status(response: &Response) -> String {
    response.headers()["cache-status"].to_str().unwrap().to_owned()
}

async fn got(request: RequestBuilder) -> (String, String) {
    let response = request.send().await.unwrap();
    let status = response.headers().get("cache-status").map(|value| value.to_str().unwrap().to_owned());
    let text = response.text().await.unwrap();
    (status.unwrap_or_else(|| panic!("{text}")), text)
}

async fn asked(store: &Store, sql: &str) -> (String, String) {
    got(post(store, &[], sql.to_owned())).await
}

async fn make(store: &Store, table: &str) {
    text(post_writer(store, &[], format!("CREATE TABLE inflow.{table} (a UInt32) ENGINE = MergeTree ORDER BY a"))).await;
    text(post_writer(store, &[], format!("INSERT INTO inflow.{table} VALUES (1), (2)"))).await;
}

fn answer(status: &str, text: &str) -> (String, String) {
    (status.to_owned(), text.to_owned())
}

#[test]
fn a_write_makes_the_next_answer_new() {
    let store = store();
    run(async {
        make(&store, "kept_rows").await;
        let sql = "SELECT count() FROM inflow.kept_rows";
        assert_eq!(asked(&store, sql).await, answer(MISS, "2\n"));
        assert_eq!(asked(&store, sql).await, answer(HIT, "2\n"));
        for (write, count) in [
            ("INSERT INTO inflow.kept_rows VALUES (3)", "3\n"),
            ("INSERT INTO inflow.kept_rows SELECT 4", "4\n"),
            ("ALTER TABLE inflow.kept_rows DELETE WHERE a = 4 SETTINGS mutations_sync = 2", "3\n"),
            ("TRUNCATE TABLE inflow.kept_rows", "0\n"),
        ] {
            text(post_writer(&store, &[], write)).await;
            assert_eq!(asked(&store, sql).await, answer(MISS, count), "{write}");
            assert_eq!(asked(&store, sql).await, answer(HIT, count), "{write}");
        }
        // The store's own inserts, that do not come over HTTP, and its exchanges.
        store.insert("inflow", "kept_rows", &["a"], "CSV", "7\n8\n".into(), "").await.unwrap();
        assert_eq!(asked(&store, sql).await, answer(MISS, "2\n"));
        store.rebuild_table("inflow", "kept_rows", &["SELECT 9".to_owned()], &[], &[]).await.unwrap();
        assert_eq!(asked(&store, sql).await, answer(MISS, "1\n"));
        // A write that fails may have written something.
        assert_eq!(asked(&store, sql).await.0, HIT);
        told(post_writer(&store, &[], "INSERT INTO inflow.kept_rows SELECT throwIf(1)").send().await.unwrap()).await;
        assert_eq!(asked(&store, sql).await.0, MISS);
        // Reads of a writer change nothing.
        text(post_writer(&store, &[], sql)).await;
        assert_eq!(asked(&store, sql).await.0, HIT);
        text(post_writer(&store, &[], "DROP TABLE inflow.kept_rows SYNC")).await;
        let (_, code, _) = told(post(&store, &[], sql).send().await.unwrap()).await;
        assert_eq!(code, Some(60));
    });
}

#[test]
fn the_books_of_pulls_leave_other_answers_alone() {
    let store = store();
    run(async {
        make(&store, "kept_books").await;
        text(post_writer(&store, &[], "CREATE VIEW inflow.kept_pulls AS SELECT count() AS n FROM inflow_state.cursors")).await;
        let (figures, books) = ("SELECT sum(a) FROM inflow.kept_books", "SELECT n FROM inflow.kept_pulls");
        assert_eq!(asked(&store, figures).await, answer(MISS, "3\n"));
        assert_eq!(asked(&store, books).await.0, MISS);
        let before = store.writes();
        store.commit_cursor("invented", "jobs", "1").await.unwrap();
        assert_eq!(store.writes(), before);
        assert_eq!(asked(&store, figures).await, answer(HIT, "3\n"));
        assert_eq!(asked(&store, books).await.0, MISS, "a view of it is known to be one");
        text(post_writer(&store, &[], "DROP VIEW inflow.kept_pulls")).await;
        text(post_writer(&store, &[], "DROP TABLE inflow.kept_books SYNC")).await;
        assert!(store.writes() > before);
    });
}

#[test]
fn what_makes_an_answer_another_one_is_in_its_key() {
    let store = store();
    run(async {
        let sql = "SELECT toDateTime({n:UInt32}, 'UTC') AS kept_key";
        let one = [("param_n", "1")];
        assert_eq!(got(post(&store, &one, sql)).await, answer(MISS, "1970-01-01 00:00:01\n"));
        assert_eq!(got(post(&store, &one, sql)).await.0, HIT);
        assert_eq!(got(post(&store, &[("param_n", "2")], sql)).await, answer(MISS, "1970-01-01 00:00:02\n"));
        let with = |more: (&'static str, &'static str)| post(&store, &[one[0], more], sql);
        assert_eq!(got(with(("default_format", "JSONEachRow"))).await, answer(MISS, "{\"kept_key\":\"1970-01-01 00:00:01\"}\n"));
        assert_eq!(got(with(("date_time_output_format", "iso"))).await, answer(MISS, "1970-01-01T00:00:01Z\n"));
        assert_eq!(got(with(("database", "inflow_state"))).await.0, MISS);
        assert_eq!(got(with(("max_result_rows", "5"))).await.0, MISS);
        assert_eq!(got(with(("query_id", "another"))).await.0, HIT, "which is none of the answer's affair");
        let packed = post(&store, &one, sql).header("Accept-Encoding", "gzip").send().await.unwrap();
        assert_eq!((status(&packed).as_str(), &packed.headers()["content-encoding"]), (MISS, &"gzip".parse().unwrap()));
        let again = post(&store, &one, sql).header("Accept-Encoding", "gzip").send().await.unwrap();
        assert_eq!((status(&again).as_str(), &again.headers()["content-encoding"]), (HIT, &"gzip".parse().unwrap()));
        assert_eq!(packed.bytes().await.unwrap(), again.bytes().await.unwrap());
        // A kept answer is a reader's who was let in; nobody else gets it.
        let (_, code, _) = told(post(&store, &[one[0], ("user", "nobody")], sql).send().await.unwrap()).await;
        assert_eq!(code, Some(516));
        let (_, code, _) = told(with(("max_rows_to_read", "0")).send().await.unwrap()).await;
        assert_eq!(code, Some(164));
    });
}

#[test]
fn what_changes_by_itself_or_is_large_is_not_kept() {
    let store = store();
    run(async {
        text(post_writer(&store, &[], "CREATE VIEW inflow.kept_now AS SELECT now64(9) AS at")).await;
        for sql in [
            "SELECT now64(9)",
            "SELECT rand64()",
            "SELECT count() FROM system.one",
            "SELECT at FROM inflow.kept_now",
            "SELECT arrayMap(x -> rand(x), [1])",
            "SHOW TABLES",
            "DESCRIBE inflow.postings",
            "EXPLAIN SELECT 1",
            "SELECT repeat(toString(number), 100) FROM numbers(100000)",
        ] {
            for _ in 0..2 {
                assert_eq!(asked(&store, sql).await.0, BYPASS, "{sql}");
            }
        }
        assert_ne!(asked(&store, "SELECT at FROM inflow.kept_now").await, asked(&store, "SELECT at FROM inflow.kept_now").await);
        let large = asked(&store, "SELECT repeat(toString(number), 100) FROM numbers(100000)").await.1;
        assert_eq!((large.lines().count(), large.len()), (100_000, 48_989_000));
        text(post_writer(&store, &[], "DROP VIEW inflow.kept_now")).await;
        // A view that changes is read anew.
        text(post_writer(&store, &[], "CREATE VIEW inflow.kept_now AS SELECT 5 AS at")).await;
        assert_eq!(asked(&store, "SELECT at FROM inflow.kept_now").await, answer(MISS, "5\n"));
        text(post_writer(&store, &[], "DROP VIEW inflow.kept_now")).await;
    });
}

#[test]
fn errors_are_not_kept() {
    let store = store();
    run(async {
        for _ in 0..2 {
            let (_, code, _) = told(post(&store, &[], "SELECT throwIf(number = 900000) FROM numbers(1000000)").send().await.unwrap()).await;
            assert_eq!(code, Some(395), "late, but before anything was sent");
        }
    });
}

/// Statements of readers that ended well, as the store counts them.
fn ran(store: &Store) -> u64 {
    let mut registry = prometheus_client::registry::Registry::default();
    store.register_measures(&mut registry);
    let mut text = String::new();
    prometheus_client::encoding::text::encode(&mut text, &registry).unwrap();
    let line = text.lines().find(|line| line.starts_with("inflow_statement_duration_seconds_count{role=\"reader\",outcome=\"ok\"}"));
    line.map_or(0, |line| line.rsplit(' ').next().unwrap().parse().unwrap())
}

#[test]
fn equal_requests_at_one_time_run_one_statement() {
    let store = store();
    run(async {
        assert_eq!(asked(&store, "SELECT 'first'").await.0, MISS);
        let before = ran(&store);
        let sql = "SELECT max(sipHash64(number)) AS kept_once FROM numbers(30000000)";
        let tasks: Vec<_> = (0..50)
            .map(|_| {
                let request = post(&store, &[], sql);
                tokio::spawn(async move { got(request).await })
            })
            .collect();
        let mut statuses = Vec::new();
        let mut answers = Vec::new();
        for task in tasks {
            let (status, text) = task.await.unwrap();
            statuses.push(status);
            answers.push(text);
        }
        answers.dedup();
        assert_eq!(answers.len(), 1, "{answers:?}");
        let of = |wanted: &str| statuses.iter().filter(|status| *status == wanted).count();
        assert_eq!((of(MISS), of(MISS) + of(COLLAPSED) + of(HIT)), (1, 50), "{statuses:?}");
        assert!(of(COLLAPSED) > 0);
        assert_eq!(ran(&store) - before, 1);
    });
}

#[test]
fn who_leaves_does_not_take_the_answer_along() {
    let store = store();
    run(async {
        let sql = "SELECT max(sipHash64(number)) AS kept_left FROM numbers(60000000)";
        let first = tokio::spawn(post(&store, &[], sql).send());
        for _ in 0..200 {
            let running = "SELECT count() FROM system.processes WHERE query LIKE '%kept_left%' AND query NOT LIKE '%processes%'";
            if text(post_writer(&store, &[], running)).await == "1\n" {
                break;
            }
        }
        let second = tokio::spawn(async move { got(post(&crate::support::store(), &[], sql)).await });
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        first.abort();
        let (_, text) = second.await.unwrap();
        assert!(text.trim().parse::<u64>().is_ok(), "{text}");
        assert_eq!(asked(&store, sql).await.0, HIT);
    });
}
