//! Writing through the handle: one block, once; rebuilt tables; erased rows.

use bytes::Bytes;
use futures::TryStreamExt;
use inflow_config::Explain;
use inflow_store::{StoreError, User};

use crate::support::{run, store};

async fn count(table: &str) -> u64 {
    store().rows(&format!("SELECT count() AS n FROM {table}"), &[]).await.unwrap()[0]["n"].as_u64().unwrap()
}

#[test]
fn an_insert_is_one_block_and_happens_once() {
    let store = store();
    run(async {
        let create =
            "CREATE TABLE write_once (a UInt64, b String) ENGINE = MergeTree ORDER BY a SETTINGS non_replicated_deduplication_window = 100";
        store.execute(create, &[], &[]).await.unwrap();
        // More rows than any of ClickHouse's default block sizes.
        let body: Bytes = (0..1_300_000_u32).flat_map(|id| format!("{{\"a\":{id},\"b\":\"x\"}}\n").into_bytes()).collect();
        for _ in 0..2 {
            store.insert("inflow", "write_once", &["a", "b"], "JSONEachRow", body.clone(), "token 1").await.unwrap();
        }
        assert_eq!(count("write_once").await, 1_300_000);
        let parts = store.rows("SELECT count() AS n FROM system.parts WHERE table = 'write_once' AND active", &[]).await.unwrap();
        assert_eq!(parts[0]["n"], 1);
        let other = Bytes::from_static(b"{\"a\":1,\"b\":\"y\"}");
        for (token, expected) in [("token 1", 1_300_000), ("token 2", 1_300_001), ("token 2", 1_300_001), ("", 1_300_002), ("", 1_300_003)]
        {
            store.insert("inflow", "write_once", &[], "JSONEachRow", other.clone(), token).await.unwrap();
            assert_eq!(count("write_once").await, expected, "{token:?}");
        }
        // The same rows as an Arrow stream.
        let arrow = store.stream("SELECT a, b FROM write_once WHERE b = 'x'", &[], "ArrowStream", User::Writer).await.unwrap();
        let arrow: Vec<Bytes> = arrow.try_collect().await.unwrap();
        store.execute("CREATE TABLE write_arrow AS write_once", &[], &[]).await.unwrap();
        for _ in 0..2 {
            store.insert("inflow", "write_arrow", &["a", "b"], "ArrowStream", arrow.concat().into(), "arrow").await.unwrap();
        }
        assert_eq!(count("write_arrow").await, 1_300_000);
        let parts = store.rows("SELECT count() AS n FROM system.parts WHERE table = 'write_arrow' AND active", &[]).await.unwrap();
        assert_eq!(parts[0]["n"], 1);
        for table in ["write_once", "write_arrow"] {
            store.execute(&format!("DROP TABLE {table} SYNC"), &[], &[]).await.unwrap();
        }
    });
}

#[test]
fn readers_see_the_newest_version_only() {
    let store = store();
    run(async {
        store.execute("CREATE TABLE write_versions (k String, v UInt64, deleted UInt8, t String) ENGINE = ReplacingMergeTree(v, deleted) ORDER BY k", &[], &[]).await.unwrap();
        store.execute("SYSTEM STOP MERGES inflow.write_versions", &[], &[]).await.unwrap();
        for row in ["('a', 2, 0, 'new')", "('a', 1, 0, 'old')", "('b', 1, 0, 'there')", "('b', 2, 1, 'gone')"] {
            store.execute(&format!("INSERT INTO write_versions VALUES {row}"), &[], &[]).await.unwrap();
        }
        let rows = store.rows("SELECT k, t FROM write_versions ORDER BY k", &[]).await.unwrap();
        assert_eq!(serde_json::to_value(rows).unwrap(), serde_json::json!([{"k": "a", "t": "new"}]));
        assert_eq!(store.bytes("SELECT t FROM write_versions", &[], "CSV").await.unwrap(), "\"new\"\n");
        store.execute("CREATE TABLE write_copy (k String, t String) ENGINE = MergeTree ORDER BY k", &[], &[]).await.unwrap();
        for _ in 0..2 {
            let params = [("k", "a".to_owned())];
            store
                .rebuild_table(
                    "inflow",
                    "write_copy",
                    &["SELECT k, t FROM write_versions WHERE k = {k:String}".to_owned()],
                    &params,
                    &[("max_threads", "1")],
                )
                .await
                .unwrap();
            assert_eq!(count("write_copy").await, 1);
        }
        // A failing rebuild leaves the table as it was, and the next one is not in its way.
        let several = |last: &str| ["SELECT 'x', 'y' FROM numbers(3)".to_owned(), last.to_owned()];
        store.rebuild_table("inflow", "write_copy", &several("SELECT k, t, 1 FROM write_versions"), &[], &[]).await.unwrap_err();
        assert_eq!(count("write_copy").await, 1);
        store.rebuild_table("inflow", "write_copy", &several("SELECT 'z', 'y' FROM numbers(2)"), &[], &[]).await.unwrap();
        assert_eq!(count("write_copy").await, 5);
        // Rows in the place of others, with what the columns left out have by default; and nothing in their place.
        let refill = async |body: &str| store.refill_table("inflow", "write_copy", &["t"], "JSONEachRow", [body.to_owned().into()]).await;
        refill("{\"t\": \"p\"}\n{\"t\": \"q\"}\n").await.unwrap();
        assert_eq!(store.bytes("SELECT * FROM write_copy ORDER BY t", &[], "CSV").await.unwrap(), "\"\",\"p\"\n\"\",\"q\"\n");
        refill("{\"t\": ").await.unwrap_err();
        refill("{\"u\": 1}").await.unwrap_err();
        assert_eq!(count("write_copy").await, 2);
        refill("").await.unwrap();
        assert_eq!(count("write_copy").await, 0);
        // A partition is replaced and the others stay.
        store.execute("CREATE TABLE write_parts (p UInt8, k String) ENGINE = MergeTree PARTITION BY p ORDER BY k", &[], &[]).await.unwrap();
        let parts = async || {
            let rows =
                store.rows("SELECT groupArray(concat(toString(p), k)) AS all FROM (SELECT * FROM write_parts ORDER BY ALL)", &[]).await;
            rows.unwrap()[0]["all"].clone()
        };
        let fill = async |partition: &str, select: &str| {
            store.rebuild_partition("inflow", "write_parts", partition, &[select.to_owned()], &[], &[]).await
        };
        fill("1", "SELECT 1, 'a'").await.unwrap();
        fill("2", "SELECT 2, arrayJoin(['b', 'c'])").await.unwrap();
        assert_eq!(parts().await, serde_json::json!(["1a", "2b", "2c"]));
        fill("2", "SELECT 2, 'd'").await.unwrap();
        fill("1", "SELECT 1, 'x', 'y'").await.unwrap_err();
        assert_eq!(parts().await, serde_json::json!(["1a", "2d"]));
        // Several statements fill it one after the other; if one fails, what was there stays.
        let both = |last: &str| ["SELECT 1, 'p'".to_owned(), last.to_owned()];
        store.rebuild_partition("inflow", "write_parts", "1", &both("SELECT 1, throwIf(1)"), &[], &[]).await.unwrap_err();
        assert_eq!(parts().await, serde_json::json!(["1a", "2d"]));
        store.rebuild_partition("inflow", "write_parts", "1", &both("SELECT 1, 'q'"), &[], &[]).await.unwrap();
        assert_eq!(parts().await, serde_json::json!(["1p", "1q", "2d"]));
        fill("1", "SELECT 1, 'a' WHERE 0").await.unwrap();
        assert_eq!(parts().await, serde_json::json!(["2d"]));
        store.drop_partitions("inflow", "write_parts", &["1".to_owned(), "2".to_owned()]).await.unwrap();
        assert_eq!(parts().await, serde_json::json!([]));
        for table in ["write_versions", "write_copy", "write_parts"] {
            store.execute(&format!("DROP TABLE {table} SYNC"), &[], &[]).await.unwrap();
        }
        let left = store.rows("SELECT name FROM system.tables WHERE name LIKE '%_next'", &[]).await.unwrap();
        assert!(left.is_empty(), "{left:?}");
    });
}

#[test]
fn rows_have_plain_types() {
    let store = store();
    run(async {
        let sql = "SELECT toUInt64(18446744073709551615) AS big, toDecimal64('1.50', 2) AS money, toDateTime64('2026-01-31 08:00:00', 3, 'UTC') AS at, [1, 2] AS list, NULL AS none";
        let rows = store.rows(sql, &[]).await.unwrap();
        let expected = serde_json::json!({"big": u64::MAX, "money": "1.5", "at": "2026-01-31 08:00:00.000", "list": [1, 2], "none": null});
        assert_eq!(serde_json::Value::Object(rows[0].clone()), expected);
        assert!(store.rows("SELECT 1 WHERE 0", &[]).await.unwrap().is_empty());
    });
}

#[test]
fn errors_say_what_and_hint() {
    let store = store();
    run(async {
        let error = store.rows("SELECT * FROM missing", &[]).await.unwrap_err();
        assert_eq!(error.code(), Some(60));
        assert!(error.to_string().starts_with("ClickHouse refused \u{201c}SELECT * FROM missing\u{2026}\u{201d}: Code: 60"), "{error}");
        let error = store.bytes("SELECT count() FROM system.users", &[], "CSV").await.unwrap_err();
        assert_eq!(error.code(), Some(497));
        let error = store.bytes("SELECT groupArray(number) FROM numbers(1000000000)", &[], "CSV").await.unwrap_err();
        assert!(matches!(&error, StoreError::Query { code: 241, .. }) && error.hint().unwrap().contains("max_memory"), "{error}");
    });
}

#[test]
fn an_erased_row_is_nowhere_on_disk() {
    let store = store();
    run(async {
        store.execute("CREATE TABLE write_erase (k UInt64, digest String CODEC(NONE)) ENGINE = MergeTree ORDER BY k SETTINGS min_bytes_for_wide_part = 0", &[], &[]).await.unwrap();
        store
            .execute("INSERT INTO write_erase SELECT number, if(number = 7, 'deadbeefcafe', 'other') FROM numbers(100)", &[], &[])
            .await
            .unwrap();
        assert!(on_disk(b"deadbeefcafe"));
        store.execute("CREATE TABLE write_erase_which (k UInt64) ENGINE = Memory", &[], &[]).await.unwrap();
        store.execute("INSERT INTO write_erase_which VALUES (7)", &[], &[]).await.unwrap();
        let erase = "ALTER TABLE write_erase UPDATE digest = 'erased' WHERE k IN (SELECT k FROM inflow.write_erase_which)";
        store.execute(erase, &[], &[("mutations_sync", "2")]).await.unwrap();
        for _ in 0..100 {
            if !on_disk(b"deadbeefcafe") {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        }
        assert!(!on_disk(b"deadbeefcafe"));
        assert_eq!(count("write_erase WHERE digest = 'erased'").await, 1);
        for table in ["write_erase", "write_erase_which"] {
            store.execute(&format!("DROP TABLE {table} SYNC"), &[], &[]).await.unwrap();
        }
    });
}

fn on_disk(needle: &[u8]) -> bool {
    fn search(folder: &std::path::Path, needle: &[u8]) -> bool {
        std::fs::read_dir(folder).into_iter().flatten().flatten().any(|entry| {
            let path = entry.path();
            if path.is_dir() {
                search(&path, needle)
            } else {
                std::fs::read(&path).is_ok_and(|bytes| bytes.windows(needle.len()).any(|window| window == needle))
            }
        })
    }
    search(store().data_dir(), needle)
}
