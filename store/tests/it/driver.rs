//! The endpoint as Grafana's plugin sees it: `clickhouse-go` over HTTP, message by message.

use std::io::Read;

use flate2::read::GzDecoder;
use inflow_store::Store;
use reqwest::{RequestBuilder, Response, StatusCode};

use crate::native::{Column, columns};
use crate::support::{http, password, post_writer, read, run, store, text};

/// Version of the native protocol of the driver.
const DRIVER: u64 = 54460;
const HELLO: &str = "SELECT displayName(), version(), revision(), timezone()";

/// How the plugin lets the driver pack answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Packing {
    None,
    Gzip,
    Frames,
}

/// What a connection of the driver sends with each statement.
fn ask(store: &Store, sql: &str, packing: Packing) -> RequestBuilder {
    ask_as(store, sql, packing, "reader", "")
}

fn ask_as(store: &Store, sql: &str, packing: Packing, user: &str, password: &str) -> RequestBuilder {
    let protocol = DRIVER.to_string();
    let mut params = vec![
        ("client_protocol_version", protocol.as_str()),
        ("database", "inflow"),
        ("default_format", "Native"),
        ("max_execution_time", "60"),
    ];
    if packing == Packing::Frames {
        params.push(("compress", "1"));
    }
    let request = http().post(store.endpoint()).query(&params).basic_auth(user, Some(password)).body(sql.to_owned());
    let request = request.header("User-Agent", "clickhouse-go/2.47.0 (lv:go/1.24; os:linux)");
    if packing == Packing::Gzip { request.header("Accept-Encoding", "gzip") } else { request }
}

/// What the driver does with an answer: nothing at all comes of a length of 0, anything else is unpacked as its header says.
async fn unpacked(response: Response, packing: Packing) -> Vec<u8> {
    if response.content_length() == Some(0) {
        assert_eq!(response.headers().get("content-encoding"), None);
        return Vec::new();
    }
    let encoding = response.headers().get("content-encoding").map(|value| value.to_str().unwrap().to_owned());
    let body = response.bytes().await.unwrap();
    match packing {
        Packing::Gzip if encoding.as_deref() == Some("gzip") => {
            let mut plain = Vec::new();
            GzDecoder::new(&body[..]).read_to_end(&mut plain).unwrap();
            plain
        }
        Packing::Frames => unframed(&body),
        Packing::None | Packing::Gzip => {
            assert_eq!(encoding, None);
            body.to_vec()
        }
    }
}

/// ClickHouse's frames: checksum (not looked at here; `http.rs` sends them back in), method, sizes, LZ4.
fn unframed(mut body: &[u8]) -> Vec<u8> {
    let mut plain = Vec::new();
    while !body.is_empty() {
        assert_eq!(body[16], 0x82);
        let number = |at: usize| u32::from_le_bytes(body[at..at + 4].try_into().unwrap()) as usize;
        let (packed, size) = (number(17), number(21));
        plain.extend(lz4_flex::block::decompress(&body[25..16 + packed], size).unwrap());
        body = &body[16 + packed..];
    }
    plain
}

async fn asked(store: &Store, sql: &str, packing: Packing) -> Vec<Column> {
    let response = ask(store, sql, packing).send().await.unwrap();
    let status = response.status();
    let plain = unpacked(response, packing).await;
    assert_eq!(status, StatusCode::OK, "{sql}: {}", String::from_utf8_lossy(&plain));
    // What the greeting said.
    columns(&plain, 0)
}

fn shown(columns: &[Column]) -> Vec<String> {
    columns.iter().map(|column| format!("{} {} {}", column.name, column.kind, column.values.join("|"))).collect()
}

#[test]
fn a_connection_begins_as_the_driver_expects() {
    let store = store();
    run(async {
        for packing in [Packing::None, Packing::Gzip, Packing::Frames] {
            let response = ask(&store, HELLO, packing).send().await.unwrap();
            assert_eq!(response.status(), StatusCode::OK);
            assert_eq!(response.headers()["x-clickhouse-format"], "Native");
            let hello = columns(&unpacked(response, packing).await, DRIVER);
            let kinds: Vec<&str> = hello.iter().map(|column| column.kind.as_str()).collect();
            assert_eq!(kinds, ["String", "String", "UInt32", "String"]);
            let value = |place: usize| hello[place].values[0].as_str();
            assert!(!value(0).is_empty());
            // The driver reads three numbers of it, and a zone that it must know.
            assert!(value(1).split('.').take(3).filter(|part| part.parse::<u32>().is_ok()).count() == 3, "{}", value(1));
            assert_eq!(value(2), "0");
            value(3).parse::<chrono_tz::Tz>().unwrap();
            assert_eq!(shown(&asked(&store, "SELECT 1", packing).await), ["1 UInt8 1"]);
        }
        // The driver of a program that writes.
        let writer = ask_as(&store, HELLO, Packing::None, "inflow", &password(&store));
        assert_eq!(columns(&writer.send().await.unwrap().bytes().await.unwrap(), DRIVER)[2].values, ["0"]);
    });
}

#[test]
fn every_type_of_a_metric_comes_through() {
    let store = store();
    run(async {
        let wanted = [
            ("'\u{6e20}\u{9053} it''s'", "String", "\u{6e20}\u{9053} it's"),
            ("repeat('x', 300)", "String", &"x".repeat(300)),
            ("toFixedString('abc', 3)", "FixedString(3)", "abc"),
            ("toUInt8(255)", "UInt8", "255"),
            ("toUInt16(65535)", "UInt16", "65535"),
            ("toUInt32(4294967295)", "UInt32", "4294967295"),
            ("toUInt64(18446744073709551615)", "UInt64", "18446744073709551615"),
            ("toUInt128('340282366920938463463374607431768211455')", "UInt128", "340282366920938463463374607431768211455"),
            ("toInt8(-128)", "Int8", "-128"),
            ("toInt16(-32768)", "Int16", "-32768"),
            ("toInt32(-2147483648)", "Int32", "-2147483648"),
            ("toInt64(-9223372036854775808)", "Int64", "-9223372036854775808"),
            ("toFloat32(0.5)", "Float32", "0.5"),
            ("0.1 + 0.2", "Float64", "0.30000000000000004"),
            ("toDate('2026-02-28')", "Date", "2026-02-28"),
            ("toDate32('1925-01-02')", "Date32", "1925-01-02"),
            // A revision of 0 knows no zones of this type: the instant is right, and is shown in the server's zone.
            ("toDateTime('2026-03-08 03:30:00', 'America/New_York')", "DateTime", "2026-03-08 07:30:00"),
            ("toDateTime64('2026-11-27 08:00:00.125', 3, 'Asia/Shanghai')", "DateTime64(3, 'Asia/Shanghai')", "2026-11-27 08:00:00.125"),
            ("toDateTime64('1969-12-31 23:59:59.5', 1, 'UTC')", "DateTime64(1, 'UTC')", "1969-12-31 23:59:59.5"),
            ("toDecimal32('-1.05', 2)", "Decimal(9, 2)", "-1.05"),
            ("toDecimal64('10.1234', 4)", "Decimal(18, 4)", "10.1234"),
            ("toDecimal128('-0.000001', 6)", "Decimal(38, 6)", "-0.000001"),
            ("true", "Bool", "true"),
            ("CAST(NULL, 'Nullable(Decimal(18, 2))')", "Nullable(Decimal(18, 2))", "NULL"),
            ("toNullable(toFloat64(1.5))", "Nullable(Float64)", "1.5"),
            ("NULL", "Nullable(Nothing)", "NULL"),
            ("toLowCardinality('boss')", "LowCardinality(String)", "boss"),
            ("CAST(NULL, 'LowCardinality(Nullable(String))')", "LowCardinality(Nullable(String))", "NULL"),
            ("['a', 'b,c']", "Array(String)", "[a,b,c]"),
            ("[[1, 2], [], [3]]", "Array(Array(UInt8))", "[[1,2],[],[3]]"),
            ("CAST(['a', 'b', 'a'], 'Array(LowCardinality(String))')", "Array(LowCardinality(String))", "[a,b,a]"),
            ("CAST([], 'Array(LowCardinality(String))')", "Array(LowCardinality(String))", "[]"),
            ("map('k', 1, 'l', 2)", "Map(String, UInt8)", "{k:1,l:2}"),
            (
                "CAST(map('k', 'v'), 'Map(LowCardinality(String), LowCardinality(String))')",
                "Map(LowCardinality(String), LowCardinality(String))",
                "{k:v}",
            ),
            ("(1, 'a', toNullable(2.5))", "Tuple(UInt8, String, Nullable(Float64))", "(1,a,2.5)"),
            ("CAST((1, 'z'), 'Tuple(n UInt8, w LowCardinality(String))')", "Tuple(n UInt8, w LowCardinality(String))", "(1,z)"),
            ("CAST('no_data', 'Enum8(''ok'' = 1, ''no_data'' = -2)')", "Enum8('no_data' = -2, 'ok' = 1)", "no_data"),
            ("CAST('b', 'Enum16(''a, b'' = 1, ''b'' = 1000)')", "Enum16('a, b' = 1, 'b' = 1000)", "b"),
            ("toUUID('61f0c404-5cb3-11e7-907b-a6006ad3dba0')", "UUID", "61f0c404-5cb3-11e7-907b-a6006ad3dba0"),
        ];
        let list: Vec<String> = wanted.iter().enumerate().map(|(place, (sql, ..))| format!("{sql} AS c{place}")).collect();
        let sql = format!("SELECT {}", list.join(", "));
        for packing in [Packing::None, Packing::Gzip, Packing::Frames] {
            let columns = asked(&store, &sql, packing).await;
            assert_eq!(columns.len(), wanted.len());
            for (column, (sql, kind, value)) in columns.iter().zip(wanted) {
                assert_eq!((column.kind.as_str(), column.values.as_slice()), (kind, &[value.to_owned()][..]), "{sql}");
            }
        }
    });
}

#[test]
fn an_answer_of_many_blocks_is_one_answer() {
    let store = store();
    run(async {
        let sql = "SELECT number AS n, toLowCardinality(concat('w', toString(number % 300))) AS w, if(number % 3 = 0, NULL, number) AS third, \
                   arrayMap(x -> toString(x), range(number % 4)) AS list FROM numbers(150000)";
        for packing in [Packing::None, Packing::Gzip, Packing::Frames] {
            let columns = asked(&store, sql, packing).await;
            assert_eq!(columns[1].kind, "LowCardinality(String)");
            let last: Vec<&str> = columns.iter().map(|column| column.values[149_999].as_str()).collect();
            assert_eq!(last, ["149999", "w299", "149999", "[0,1,2]"]);
            let rows: Vec<usize> = columns.iter().map(|column| column.values.len()).collect();
            assert_eq!(rows, [150_000; 4]);
            assert!(columns[0].values.iter().enumerate().all(|(place, value)| *value == place.to_string()));
            assert!((0..150_000).all(|place| columns[1].values[place] == format!("w{}", place % 300)));
        }
    });
}

#[test]
fn nothing_is_an_empty_body() {
    let store = store();
    run(async {
        for packing in [Packing::None, Packing::Gzip, Packing::Frames] {
            for sql in ["SELECT toLowCardinality('a') AS a WHERE 0", "SELECT number FROM system.numbers WHERE 0 LIMIT 1"] {
                let response = ask(&store, sql, packing).send().await.unwrap();
                assert_eq!((response.status(), response.content_length()), (StatusCode::OK, Some(0)), "{sql} {packing:?}");
                assert_eq!(response.headers().get("content-encoding"), None);
            }
        }
    });
}

#[test]
fn errors_come_as_the_driver_reads_them() {
    let store = store();
    run(async {
        for (sql, status, code, name) in [
            ("SELECT * FROM inflow.missing", 404, "60", "(UNKNOWN_TABLE)"),
            ("SELEKT 1", 400, "62", "(SYNTAX_ERROR)"),
            ("SELECT * FROM system.users", 403, "497", "(ACCESS_DENIED)"),
            ("INSERT INTO inflow.postings VALUES", 403, "164", "(READONLY)"),
        ] {
            for packing in [Packing::None, Packing::Gzip, Packing::Frames] {
                let response = ask(&store, sql, packing).send().await.unwrap();
                assert_eq!(response.status().as_u16(), status, "{sql}");
                assert_eq!(response.headers()["x-clickhouse-exception-code"], code);
                let text = String::from_utf8(unpacked(response, packing).await).unwrap();
                assert!(text.starts_with(&format!("Code: {code}. DB::Exception: ")) && text.contains(name), "{text}");
            }
        }
        let wrong = ask_as(&store, HELLO, Packing::Gzip, "reader_of_elsewhere", "x").send().await.unwrap();
        assert_eq!(wrong.headers()["x-clickhouse-exception-code"], "516");
        // An error when rows have been sent already: at the end of the stream, within its packing.
        let late = "SELECT number, throwIf(number = 3000000) FROM system.numbers";
        let mut response = ask(&store, late, Packing::Gzip).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::OK);
        let mut body = Vec::new();
        while let Ok(Some(piece)) = response.chunk().await {
            body.extend_from_slice(&piece);
        }
        let mut plain = Vec::new();
        // The gzip has no end, as the stream has none.
        let _ = GzDecoder::new(&body[..]).read_to_end(&mut plain);
        let end = String::from_utf8_lossy(&plain[plain.len().saturating_sub(2_000)..]).into_owned();
        assert!(end.contains("__exception__") && end.contains("Code: 395. DB::Exception: "), "{end}");
    });
}

#[test]
fn settings_of_the_driver_narrow_only() {
    let store = store();
    run(async {
        let limited = |name: &'static str, value: &'static str, sql: &str| ask(&store, sql, Packing::None).query(&[(name, value)]);
        let code = async |request: RequestBuilder| {
            let response = request.send().await.unwrap();
            response.headers().get("x-clickhouse-exception-code").map(|code| code.to_str().unwrap().to_owned())
        };
        assert_eq!(code(limited("max_result_rows", "10", "SELECT number FROM numbers(100)")).await.as_deref(), Some("396"));
        assert_eq!(code(limited("max_result_rows", "1", "SELECT max(number) FROM numbers(100)")).await, None, "of its result alone");
        assert_eq!(code(limited("max_result_rows", "1000", "SELECT number FROM numbers(100)")).await, None);
        assert_eq!(code(limited("max_rows_to_read", "0", "SELECT 1")).await.as_deref(), Some("164"));
        assert_eq!(code(limited("readonly", "0", "SELECT 1")).await.as_deref(), Some("164"));
        // Its own time limit is longer than ours, which stays.
        let settings = asked(&store, "SELECT toFloat64(getSetting('max_execution_time')) AS seconds", Packing::None).await;
        assert_eq!(settings[0].values, ["30"]);
        let param = ask(&store, "SELECT {days:Array(Date)} AS days", Packing::None).query(&[("param_days", "['2026-01-31']")]);
        assert_eq!(columns(&param.send().await.unwrap().bytes().await.unwrap(), 0)[0].values, ["[2026-01-31]"]);
    });
}

#[test]
fn tables_and_views_are_read_with_their_types() {
    let store = store();
    run(async {
        let make = "CREATE TABLE inflow.driver_rows (channel LowCardinality(String), day Date, store LowCardinality(Nullable(String)), \
                    amount Nullable(Decimal(18, 2)), seen DateTime64(3, 'UTC')) ENGINE = MergeTree ORDER BY (channel, day)";
        text(post_writer(&store, &[], make)).await;
        let view = "CREATE VIEW inflow.driver_view AS SELECT channel, sum(amount) AS amount, multiIf(count() > 1, 'ok', 'few') AS status, \
                    groupUniqArray(store) AS stores FROM inflow.driver_rows WHERE day BETWEEN {from:Date} AND {to:Date} GROUP BY channel";
        text(post_writer(&store, &[], view)).await;
        let rows = "INSERT INTO inflow.driver_rows VALUES ('boss', '2026-11-01', 'north', 10.5, '2026-11-01 00:00:00.5'), \
                    ('boss', '2026-11-02', NULL, -0.25, '2026-11-02 00:00:00'), ('zhaopin', '2026-11-03', 'south', NULL, '2026-11-03 00:00:00')";
        text(post_writer(&store, &[], rows)).await;
        let sql = "SELECT * FROM inflow.driver_view(from = toDate(toDateTime(1793462400), 'UTC'), to = toDate(toDateTime(1795000000), 'UTC')) \
                   ORDER BY channel";
        assert_eq!(
            shown(&asked(&store, sql, Packing::Gzip).await),
            [
                "channel LowCardinality(String) boss|zhaopin",
                "amount Nullable(Decimal(38, 2)) 10.25|NULL",
                "status String ok|few",
                "stores Array(String) [north]|[south]"
            ]
        );
        let sql = "SELECT store, seen FROM inflow.driver_rows ORDER BY day";
        assert_eq!(
            shown(&asked(&store, sql, Packing::Frames).await),
            [
                "store LowCardinality(Nullable(String)) north|NULL|south",
                "seen DateTime64(3, 'UTC') 2026-11-01 00:00:00.500|2026-11-02 00:00:00.000|2026-11-03 00:00:00.000"
            ]
        );
        text(post_writer(&store, &[], "DROP VIEW inflow.driver_view")).await;
        text(post_writer(&store, &[], "DROP TABLE inflow.driver_rows SYNC")).await;
        assert_eq!(read(&store, "SELECT 1").await, "1\n");
    });
}
