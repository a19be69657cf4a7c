//! The official `clickhouse` crate against the endpoint.

use clickhouse::{Client, Compression, Row};
use serde::{Deserialize, Serialize};

use crate::support::{password, run, store};

#[derive(Debug, Clone, PartialEq, Row, Serialize, Deserialize)]
struct Posting {
    id: u64,
    title: String,
    city: Option<String>,
    pay: Vec<u32>,
}

fn postings(count: u64) -> Vec<Posting> {
    (0..count)
        .map(|id| Posting {
            id,
            title: format!("\u{524d}\u{7aef} 'quoted' \\ \t {id}"),
            city: (!id.is_multiple_of(3)).then(|| format!("city {}", id % 7)),
            pay: vec![id as u32, 2],
        })
        .collect()
}

async fn insert_and_select(compression: Compression, table: &str) {
    let store = store();
    let client = Client::default()
        .with_url(store.endpoint())
        .with_user("inflow")
        .with_password(password(&store))
        .with_database("inflow")
        .with_compression(compression);
    let create =
        format!("CREATE TABLE {table} (id UInt64, title String, city Nullable(String), pay Array(UInt32)) ENGINE = MergeTree ORDER BY id");
    client.query(&create).execute().await.unwrap();
    let rows = postings(30_000);
    let mut insert = client.insert::<Posting>(table).await.unwrap();
    for row in &rows {
        insert.write(row).await.unwrap();
    }
    insert.end().await.unwrap();
    let back = client.query(&format!("SELECT ?fields FROM {table} ORDER BY id")).fetch_all::<Posting>().await.unwrap();
    assert_eq!(back.len(), rows.len());
    assert_eq!(back, rows);
    let first = client.query(&format!("SELECT ?fields FROM {table} WHERE id = ?")).bind(7).fetch_one::<Posting>().await.unwrap();
    assert_eq!(first, rows[7]);
    client.query(&format!("DROP TABLE {table} SYNC")).execute().await.unwrap();
}

#[test]
fn rows_go_in_and_come_out_plain() {
    let _store = store();
    run(insert_and_select(Compression::None, "client_plain"));
}

#[test]
fn rows_go_in_and_come_out_as_lz4() {
    let _store = store();
    run(insert_and_select(Compression::Lz4, "client_lz4"));
}

#[test]
fn parameters_keep_every_letter() {
    let store = store();
    run(async {
        let client = Client::default().with_url(store.endpoint()).with_user("reader").with_compression(Compression::Lz4);
        for text in [
            "it's",
            "a\\b",
            "tab\tline\nend\r",
            "\u{62db}\u{8058} 'BOSS\u{76f4}\u{8058}'",
            "{x:String}",
            "",
            "NULL",
            "\\N",
            "'; DROP TABLE x; --",
        ] {
            let back = client.query("SELECT {text:String}").param("text", text).fetch_one::<String>().await.unwrap();
            assert_eq!(back, text);
            let params = [("text", text.to_owned()), ("list", inflow_store::array_literal([text, "b"]))];
            let rows = store.rows("SELECT {text:String} AS back, {list:Array(String)} AS list", &params).await.unwrap();
            assert_eq!(rows[0]["back"], text);
            assert_eq!(rows[0]["list"], serde_json::json!([text, "b"]));
        }
        let list =
            client.query("SELECT arrayJoin({list:Array(String)})").param("list", vec!["a'b", "c\\d"]).fetch_all::<String>().await.unwrap();
        assert_eq!(list, ["a'b", "c\\d"]);
        let typed =
            client.query("SELECT {n:UInt8} + {d:Nullable(Int32)}").param("n", 1).param("d", Some(2)).fetch_one::<Option<i64>>().await;
        assert_eq!(typed.unwrap(), Some(3));
    });
}

#[test]
fn errors_carry_clickhouses_words() {
    let store = store();
    run(async {
        let client = Client::default().with_url(store.endpoint());
        let error = client.query("SELECT * FROM inflow.nothing_here").fetch_all::<u8>().await.unwrap_err().to_string();
        assert!(error.contains("Code: 60") && error.contains("nothing_here"), "{error}");
        for compression in [Compression::None, Compression::Lz4] {
            let client = client.clone().with_compression(compression);
            let late = "SELECT throwIf(number = 900000, 'too far') FROM numbers(1000000)";
            let error = client.query(late).fetch_all::<u8>().await.unwrap_err().to_string();
            assert!(error.contains("Code: 395") && error.contains("too far"), "{error}");
        }
    });
}

#[test]
fn a_dropped_cursor_blocks_nobody() {
    let store = store();
    run(async {
        let client = Client::default().with_url(store.endpoint());
        for _ in 0..40 {
            let mut cursor = client.query("SELECT number FROM system.numbers").fetch::<u64>().unwrap();
            assert_eq!(cursor.next().await.unwrap(), Some(0));
        }
        assert_eq!(client.query("SELECT 1").fetch_one::<u8>().await.unwrap(), 1);
    });
}
