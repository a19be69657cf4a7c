//! Every format that the engine writes comes out right when the result is larger than one piece.

use reqwest::StatusCode;

use crate::support::{post, post_writer, read, run, store, text, told};

/// Rows of several pieces.
const ROWS: u64 = 150_000;
const SELECT: &str = "SELECT number AS n, concat('it''s \"', toString(number), '\"') AS s FROM numbers(150000)";

/// Formats that differ from run to run: statistics and progress, random marks.
fn varies(format: &str) -> bool {
    matches!(format, "JSON" | "JSONCompact" | "JSONStrings" | "JSONCompactStrings" | "JSONColumnsWithMetadata" | "XML" | "Avro")
        || format.contains("Progress")
}

async fn fetch(format: &str, whole: bool) -> (StatusCode, Vec<u8>) {
    let store = store();
    let params = [("default_format", format), ("wait_end_of_query", if whole { "1" } else { "0" })];
    let response = post(&store, &params, SELECT).send().await.unwrap();
    (response.status(), response.bytes().await.unwrap().to_vec())
}

#[test]
fn streamed_and_whole_are_the_same() {
    let store = store();
    run(async {
        let formats = text(post_writer(&store, &[], "SELECT name FROM system.formats WHERE is_output ORDER BY name")).await;
        assert!(formats.lines().count() > 60, "{formats}");
        for format in formats.lines() {
            let (status, streamed) = fetch(format, false).await;
            let (whole_status, whole) = fetch(format, true).await;
            assert_eq!(status, whole_status, "{format}");
            if status == StatusCode::OK && !varies(format) {
                assert!(streamed == whole, "{format}: {} and {} bytes", streamed.len(), whole.len());
            }
        }
    });
}

#[test]
fn what_is_written_can_be_read_back() {
    let store = store();
    run(async {
        text(post_writer(&store, &[], "CREATE TABLE format_rows (n UInt64, s String) ENGINE = MergeTree ORDER BY n")).await;
        for format in [
            "Arrow",
            "ArrowStream",
            "Avro",
            "BSONEachRow",
            "CSV",
            "CSVWithNames",
            "CSVWithNamesAndTypes",
            "JSON",
            "JSONColumns",
            "JSONCompact",
            "JSONCompactColumns",
            "JSONCompactEachRow",
            "JSONCompactEachRowWithNamesAndTypes",
            "JSONEachRow",
            "JSONObjectEachRow",
            "MsgPack",
            "Native",
            "ORC",
            "Parquet",
            "RowBinary",
            "RowBinaryWithNames",
            "RowBinaryWithNamesAndTypes",
            "TabSeparated",
            "TabSeparatedWithNamesAndTypes",
            "TSKV",
            "Values",
        ] {
            let (status, body) = fetch(format, false).await;
            assert_eq!(status, StatusCode::OK, "{format}");
            text(post_writer(&store, &[], "TRUNCATE TABLE format_rows SYNC")).await;
            let query = format!("INSERT INTO format_rows FORMAT {format}");
            let (status, _, told) = told(post_writer(&store, &[("query", &query)], body).send().await.unwrap()).await;
            assert_eq!(status, StatusCode::OK, "{format}: {told}");
            let sums = read(&store, "SELECT count(), sum(n), countIf(s = concat('it''s \"', toString(n), '\"')) FROM format_rows").await;
            assert_eq!(sums, format!("{ROWS}\t{}\t{ROWS}\n", ROWS * (ROWS - 1) / 2), "{format}");
        }
        text(post_writer(&store, &[], "DROP TABLE format_rows SYNC")).await;
    });
}

#[test]
fn json_documents_are_one_document() {
    let _store = store();
    run(async {
        for format in ["JSON", "JSONCompact", "JSONStrings", "JSONColumns", "JSONColumnsWithMetadata", "JSONObjectEachRow"] {
            let (_, body) = fetch(format, false).await;
            let document: serde_json::Value = serde_json::from_slice(&body).unwrap_or_else(|error| panic!("{format}: {error}"));
            if let Some(rows) = document.get("rows") {
                assert_eq!(rows.as_u64(), Some(ROWS), "{format}");
            }
        }
    });
}

#[test]
fn totals_extremes_and_empty_results_keep_their_shape() {
    let store = store();
    run(async {
        let totals = "SELECT number % 2 AS k, count() AS c FROM numbers(10) GROUP BY k WITH TOTALS ORDER BY k FORMAT CSVWithNames";
        assert_eq!(read(&store, totals).await, "\"k\",\"c\"\n0,5\n1,5\n\n0,10\n");
        let extremes = text(post(&store, &[("extremes", "1")], "SELECT number AS k FROM numbers(3) FORMAT TSVWithNames")).await;
        assert_eq!(extremes, "k\n0\n1\n2\n\n0\n2\n");
        assert_eq!(read(&store, "SELECT 1 AS a WHERE 0 FORMAT CSVWithNamesAndTypes").await, "\"a\"\n\"UInt8\"\n");
        assert_eq!(read(&store, "SELECT 1 AS a WHERE 0 FORMAT JSONEachRow").await, "");
        assert_eq!(read(&store, "SELECT 1 AS a WHERE 0 FORMAT RowBinaryWithNamesAndTypes").await, "\u{1}\u{1}a\u{5}UInt8");
        let arrow = post(&store, &[], "SELECT 1 AS a WHERE 0 FORMAT ArrowStream").send().await.unwrap().bytes().await.unwrap();
        assert!(arrow.len() > 100 && arrow.ends_with(&[0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0]));
        let odd = read(&store, "SELECT number AS `a\"b` FROM numbers(150000) FORMAT CSVWithNames").await;
        assert_eq!((odd.lines().next(), odd.lines().count()), (Some("\"a\"\"b\""), 150_001));
    });
}
