//! Raw requests, as curl makes them.

use std::io::{Read, Write};

use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use reqwest::StatusCode;

use crate::support::{http, password, post, post_writer, read, run, store, text, told};

#[test]
fn a_statement_may_come_in_any_of_four_ways() {
    let store = store();
    run(async {
        let url = store.endpoint();
        assert_eq!(text(http().get(url.clone()).query(&[("query", "SELECT 1")])).await, "1\n");
        assert_eq!(text(post(&store, &[("query", "SELECT 2")], "")).await, "2\n");
        assert_eq!(text(post(&store, &[], "SELECT 3")).await, "3\n");
        assert_eq!(text(post(&store, &[("query", "SELECT {n:UInt8}"), ("param_n", "4")], "")).await, "4\n");
        assert_eq!(text(post(&store, &[("query", "SELECT")], "5")).await, "5\n");
        let boundary = "x0x";
        let part = |name: &str, value: &str| format!("--{boundary}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
        let form = [part("query", "SELECT {t:String}"), part("param_t", "it's \u{4e2d}\\\\"), format!("--{boundary}--\r\n")].concat();
        let request = http().post(url).header("Content-Type", format!("multipart/form-data; boundary={boundary}")).body(form);
        assert_eq!(text(request).await, "it\\'s \u{4e2d}\\\\\n");
    });
}

#[test]
fn ping_and_unknown_paths() {
    let store = store();
    run(async {
        assert_eq!(text(http().get(store.endpoint().join("ping").unwrap())).await, "Ok.\n");
        let (status, _, text) = told(http().get(store.endpoint().join("nope").unwrap()).send().await.unwrap()).await;
        assert_eq!(status, StatusCode::NOT_FOUND);
        assert!(text.contains("/nope"), "{text}");
    });
}

#[test]
fn headers_say_what_the_body_is() {
    let store = store();
    run(async {
        let response = post(&store, &[("query_id", "mine"), ("default_format", "JSONEachRow")], "SELECT 1 AS a").send().await.unwrap();
        let header = |name: &str| response.headers().get(name).unwrap_or_else(|| panic!("{name}")).to_str().unwrap().to_owned();
        assert_eq!(header("x-clickhouse-query-id"), "mine");
        assert_eq!(header("x-clickhouse-format"), "JSONEachRow");
        assert_eq!(header("content-type"), "application/x-ndjson; charset=UTF-8");
        assert!(!header("x-clickhouse-timezone").is_empty());
        let summary: serde_json::Value = serde_json::from_str(&header("x-clickhouse-summary")).unwrap();
        assert!(summary["read_rows"].is_string());
        let other = post(&store, &[], "SELECT 1 AS a FORMAT CSVWithNames").header("X-ClickHouse-Format", "JSON").send().await.unwrap();
        assert_eq!(other.headers()["x-clickhouse-format"], "CSVWithNames");
        assert_eq!(other.text().await.unwrap(), "\"a\"\n1\n");
    });
}

#[test]
fn errors_have_a_status_a_code_and_a_text() {
    let store = store();
    run(async {
        for (sql, status, code) in [
            ("SELECT * FROM inflow.missing", 404, 60),
            ("SELECT missing", 404, 47),
            ("SELEKT 1", 400, 62),
            ("1", 400, 62),
            ("", 400, 62),
            ("SELECT throwIf(1)", 500, 395),
            ("SELECT 1 FORMAT Nothing", 404, 73),
            ("SELECT {a:UInt8}", 400, 456),
        ] {
            for request in [post(&store, &[], sql), post_writer(&store, &[], sql)] {
                let (found, exception, text) = told(request.send().await.unwrap()).await;
                assert_eq!((found.as_u16(), exception), (status, Some(code)), "{sql}: {text}");
                assert!(text.starts_with(&format!("Code: {code}. DB::Exception: ")), "{text}");
            }
        }
        let (status, code, text) = told(post_writer(&store, &[("no_such_setting", "1")], "SELECT 1").send().await.unwrap()).await;
        assert_eq!((status.as_u16(), code), (404, Some(115)), "{text}");
    });
}

#[test]
fn who_is_not_known_is_refused() {
    let store = store();
    run(async {
        let sql = "SELECT 1";
        assert_eq!(text(http().post(store.endpoint()).basic_auth("inflow", Some(password(&store))).body(sql)).await, "1\n");
        assert_eq!(text(post(&store, &[("user", "inflow"), ("password", &password(&store))], sql)).await, "1\n");
        assert_eq!(text(post(&store, &[("user", "reader")], sql)).await, "1\n");
        for (user, key) in [("inflow", ""), ("inflow", "wrong"), ("nobody", "")] {
            let answer = told(post(&store, &[("user", user), ("password", key)], sql).send().await.unwrap()).await;
            assert_eq!((answer.0.as_u16(), answer.1), (403, Some(516)), "{user}");
        }
        for (name, value) in [("Host", "evil.example"), ("Origin", "http://evil.example"), ("Sec-Fetch-Site", "cross-site")] {
            let answer = told(post_writer(&store, &[], sql).header(name, value).send().await.unwrap()).await;
            assert_eq!(answer.0, StatusCode::FORBIDDEN, "{name}");
        }
    });
}

#[test]
fn rows_of_an_insert_may_come_in_any_way() {
    let store = store();
    run(async {
        text(post_writer(&store, &[], "CREATE TABLE http_rows (a UInt32, b String) ENGINE = MergeTree ORDER BY a")).await;
        let insert = |params: Vec<(&'static str, &'static str)>, body: Vec<u8>| text(post_writer(&store, &params, body));
        insert(vec![], b"INSERT INTO http_rows VALUES (1, 'a;b'), (2, 'it''s')".to_vec()).await;
        insert(vec![], b"INSERT INTO http_rows (b, a) FORMAT JSONEachRow\n{\"a\":3,\"b\":\"c\"}\n{\"a\":4,\"b\":\"d\"}".to_vec()).await;
        insert(vec![("query", "INSERT INTO http_rows FORMAT CSV")], b"5,e\n6,f\n".to_vec()).await;
        insert(vec![("query", "INSERT INTO http_rows VALUES")], b"(7,'g')".to_vec()).await;
        insert(vec![("query", "INSERT INTO http_rows SELECT 8, 'h'")], vec![]).await;
        insert(
            vec![("query", "INSERT INTO inflow.http_rows (a) SETTINGS async_insert=0 FORMAT TSV"), ("database", "default")],
            b"9\n".to_vec(),
        )
        .await;
        // Larger than the first look at a body, cut anywhere.
        let mut many = b"INSERT INTO http_rows FORMAT CSV\n".to_vec();
        for id in 10..100_010 {
            many.extend(format!("{id},{id}\n").bytes());
        }
        insert(vec![], many).await;
        let gzip = |bytes: &[u8]| {
            let mut encoder = GzEncoder::new(Vec::new(), flate2::Compression::fast());
            encoder.write_all(bytes).unwrap();
            encoder.finish().unwrap()
        };
        let packed = gzip(b"INSERT INTO http_rows FORMAT CSV\n200000,z\n");
        text(post_writer(&store, &[], packed).header("Content-Encoding", "gzip")).await;
        let expected = format!("{}\t{}\n", 9 + 100_000 + 1, (1..=9_u64).sum::<u64>() + (10..100_010_u64).sum::<u64>() + 200_000);
        assert_eq!(read(&store, "SELECT count(), sum(a) FROM http_rows").await, expected);
        assert_eq!(
            read(&store, "SELECT groupArray(b) FROM (SELECT b FROM http_rows WHERE a < 9 ORDER BY a)").await,
            "['a;b','it\\'s','c','d','e','f','g','h']\n"
        );
        let response = post_writer(&store, &[], "INSERT INTO http_rows VALUES (300000, '')").send().await.unwrap();
        let summary: serde_json::Value = serde_json::from_str(response.headers()["x-clickhouse-summary"].to_str().unwrap()).unwrap();
        assert_eq!(summary["written_rows"], "1");

        // What cannot be read adds nothing.
        for (params, body) in [
            (vec![], "INSERT INTO http_rows FORMAT CSV\n1,2\nx,y\n"),
            (vec![("decompress", "1")], "INSERT INTO http_rows FORMAT CSV\n1,2\n, and no frame at all"),
            (vec![], "INSERT INTO http_rows FORMAT Nope\n1"),
            (vec![], "INSERT INTO missing_table FORMAT CSV\n1"),
        ] {
            let (status, code, text) = told(post_writer(&store, &params, body).send().await.unwrap()).await;
            assert!(status.is_client_error() && code.is_some(), "{status} {text}");
        }
        assert_eq!(read(&store, "SELECT count() FROM http_rows").await, "100011\n");
        text(post_writer(&store, &[], "DROP TABLE http_rows SYNC")).await;
    });
}

#[test]
fn a_result_is_packed_as_asked() {
    let store = store();
    run(async {
        let sql = "SELECT number FROM numbers(200000)";
        let plain = post(&store, &[], sql).send().await.unwrap().bytes().await.unwrap();
        let packed = post(&store, &[], sql).header("Accept-Encoding", "deflate, gzip, br").send().await.unwrap();
        assert_eq!(packed.headers()["content-encoding"], "gzip");
        let packed = packed.bytes().await.unwrap();
        assert!(packed.len() < plain.len() / 2);
        let mut unpacked = Vec::new();
        GzDecoder::new(&packed[..]).read_to_end(&mut unpacked).unwrap();
        assert_eq!(unpacked, plain);
        let framed = post(&store, &[("compress", "1")], sql).send().await.unwrap();
        assert!(framed.headers().get("content-encoding").is_none());
        let framed = framed.bytes().await.unwrap();
        assert_eq!(framed[16], 0x82);
        // The endpoint's own frames go in again.
        text(post_writer(&store, &[], "CREATE TABLE http_framed (n UInt64) ENGINE = MergeTree ORDER BY n")).await;
        text(post_writer(&store, &[("query", "INSERT INTO http_framed FORMAT TSV"), ("decompress", "1")], framed)).await;
        assert_eq!(read(&store, "SELECT count(), sum(n) FROM http_framed").await, "200000\t19999900000\n");
        text(post_writer(&store, &[], "DROP TABLE http_framed SYNC")).await;
    });
}

#[test]
fn a_get_only_reads() {
    let store = store();
    run(async {
        let get = |sql: &str| {
            http()
                .get(store.endpoint())
                .query(&[("query", sql)])
                .header("X-ClickHouse-User", "inflow")
                .header("X-ClickHouse-Key", password(&store))
        };
        for sql in [
            "CREATE TABLE by_get (a Int8) ENGINE = Memory",
            "INSERT INTO inflow_state.audit VALUES (now(), 'a', 'b')",
            "DROP TABLE inflow.postings",
        ] {
            let (status, code, text) = told(get(sql).send().await.unwrap()).await;
            assert_eq!(code, Some(164), "{status} {text}");
        }
        assert_eq!(text(get("SELECT count() FROM inflow.postings")).await, "0\n");
    });
}

#[test]
fn one_statement_a_request() {
    let store = store();
    run(async {
        let (status, code, _) = told(post_writer(&store, &[], "SELECT 1; SELECT 2").send().await.unwrap()).await;
        assert_eq!((status.as_u16(), code), (400, Some(62)));
        assert_eq!(read(&store, "SELECT 1; -- the end").await, "1\n");
    });
}

#[test]
fn nothing_leaks_from_one_request_to_the_next() {
    let store = store();
    run(async {
        text(post_writer(&store, &[("max_block_size", "7")], "SELECT 1")).await;
        text(post_writer(&store, &[], "SET max_block_size = 7")).await;
        text(post_writer(&store, &[], "USE system")).await;
        text(post_writer(&store, &[], "CREATE TEMPORARY TABLE leak (a Int8)")).await;
        let answer = text(post_writer(
            &store,
            &[],
            "SELECT getSetting('max_block_size') != 7, currentDatabase(), count() FROM system.tables WHERE name = 'leak'",
        ))
        .await;
        assert_eq!(answer, "1\tinflow\t0\n");
    });
}
