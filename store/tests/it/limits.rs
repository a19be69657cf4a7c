//! Statements end: by their limits, or because nobody waits for them any more.

use std::time::{Duration, Instant};

use crate::support::{post, post_writer, read, run, store, text, told};

const ENDLESS: &str = "SELECT count() FROM system.numbers WHERE NOT ignore(sipHash64(number))";

/// Statements that run now, without the asking one.
async fn running(fragment: &str) -> String {
    let store = store();
    let sql = format!("SELECT count() FROM system.processes WHERE query LIKE '%{fragment}%' AND query NOT LIKE '%system.processes%'");
    text(post_writer(&store, &[], sql)).await
}

#[test]
fn a_statement_without_end_is_cut_off() {
    let store = store();
    run(async {
        for sql in [
            ENDLESS,
            "SELECT sum(number) FROM system.numbers",
            "SELECT count() FROM numbers(100000) a, numbers(1000000) b, numbers(100000) c",
            "SELECT max(x) FROM (SELECT number AS x FROM system.numbers ORDER BY x DESC LIMIT 1)",
        ] {
            let begun = Instant::now();
            let (status, code, text) = told(post(&store, &[("max_execution_time", "1")], sql).send().await.unwrap()).await;
            assert_eq!((status.as_u16(), code), (408, Some(159)), "{sql}: {text}");
            assert!(begun.elapsed() < Duration::from_secs(20), "{sql}: {:?}", begun.elapsed());
        }
        // A streamed one breaks off with the error at its end.
        let response = post(&store, &[("max_execution_time", "1")], "SELECT number FROM system.numbers").send().await.unwrap();
        let tag = response.headers()["x-clickhouse-exception-tag"].to_str().unwrap().to_owned();
        let mut body = response;
        let mut last = Vec::new();
        let broken = loop {
            match body.chunk().await {
                Ok(Some(chunk)) => last = [last.split_off(last.len().saturating_sub(2000)), chunk.to_vec()].concat(),
                Ok(None) => break false,
                Err(_) => break true,
            }
        };
        let end = String::from_utf8_lossy(&last).into_owned();
        assert!(broken && end.contains("__exception__") && end.contains(&tag) && end.contains("Code: 159"), "{end}");
    });
}

#[test]
fn memory_is_limited() {
    let store = store();
    run(async {
        let (_, code, text) = told(post(&store, &[], "SELECT groupArray(number) FROM numbers(1000000000)").send().await.unwrap()).await;
        assert_eq!(code, Some(241), "{text}");
        let (_, code, text) = told(
            post(&store, &[("max_memory_usage", "20000000")], "SELECT groupArray(number) FROM numbers(10000000)").send().await.unwrap(),
        )
        .await;
        assert_eq!(code, Some(241), "{text}");
        assert_eq!(read(&store, "SELECT 1").await, "1\n");
    });
}

#[test]
fn a_client_that_leaves_stops_its_statement() {
    let store = store();
    run(async {
        // While it computes, before any byte of an answer.
        let computing = post_writer(&store, &[], format!("{ENDLESS} AND 'leaver' != ''"));
        let task = tokio::spawn(computing.send());
        for _ in 0..100 {
            tokio::time::sleep(Duration::from_millis(50)).await;
            if running("leaver").await == "1\n" {
                break;
            }
        }
        assert_eq!(running("leaver").await, "1\n");
        task.abort();
        wait_for_none("leaver").await;

        // While it streams.
        let mut streaming = post_writer(&store, &[], "SELECT number, 'streamer' FROM system.numbers").send().await.unwrap();
        assert!(streaming.chunk().await.unwrap().is_some());
        assert_eq!(running("streamer").await, "1\n");
        drop(streaming);
        wait_for_none("streamer").await;
    });
}

async fn wait_for_none(fragment: &str) {
    for _ in 0..200 {
        if running(fragment).await == "0\n" {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("{fragment} still runs");
}

#[test]
fn an_insert_whose_client_leaves_adds_nothing() {
    let store = store();
    run(async {
        text(post_writer(&store, &[], "CREATE TABLE limit_cut (a UInt64) ENGINE = MergeTree ORDER BY a")).await;
        let (sender, receiver) = tokio::sync::mpsc::channel::<Result<Vec<u8>, std::io::Error>>(1);
        let body = futures::stream::unfold(receiver, |mut receiver| async move { receiver.recv().await.map(|item| (item, receiver)) });
        let request = post_writer(&store, &[("query", "INSERT INTO limit_cut FORMAT TSV")], reqwest::Body::wrap_stream(body));
        let task = tokio::spawn(request.send());
        for _ in 0..20 {
            sender.send(Ok(b"1\n2\n3\n".repeat(10_000))).await.unwrap();
        }
        sender.send(Err(std::io::Error::other("gone"))).await.unwrap();
        assert!(task.await.unwrap().is_err());
        tokio::time::sleep(Duration::from_millis(300)).await;
        assert_eq!(read(&store, "SELECT count() FROM limit_cut").await, "0\n");
        text(post_writer(&store, &[], "DROP TABLE limit_cut SYNC")).await;
    });
}

#[test]
fn statements_run_beside_each_other() {
    let store = store();
    run(async {
        let slow: Vec<_> = (0..4).map(|_| tokio::spawn(post(&store, &[], "SELECT sleep(1)").send())).collect();
        let begun = Instant::now();
        assert_eq!(read(&store, "SELECT 1").await, "1\n");
        assert!(begun.elapsed() < Duration::from_millis(900), "{:?}", begun.elapsed());
        for task in slow {
            assert!(task.await.unwrap().unwrap().status().is_success());
        }
    });
}
