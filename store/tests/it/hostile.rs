//! Requests that nobody means well, or that broke on their way: each is answered or dropped, and the next one is served.
//!
//! The requests are a function of a number, so a failure can be seen again. They are written to the socket as they are, since no client would send them.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::time::Duration;

use flate2::write::GzEncoder;
use inflow_store::Store;
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use crate::support::{password, run, store};

/// Statuses over 499 that are the engine's honest word on a statement: what is not spoken, and what only the engine can tell is wrong.
const HONEST: [u16; 2] = [500, 501];

/// Sends bytes and reads whatever comes. A sender who `hangs_up` sends no more: to the server it has gone.
fn send(store: &Store, bytes: &[u8], hangs_up: bool) -> Vec<u8> {
    let mut socket = TcpStream::connect((store.endpoint().host_str().unwrap(), store.endpoint().port().unwrap())).unwrap();
    socket.set_read_timeout(Some(Duration::from_mins(1))).unwrap();
    // A server that has seen enough may close while the rest is still being sent.
    let sent = socket.write_all(bytes);
    if sent.is_ok() && hangs_up {
        let _ = socket.shutdown(Shutdown::Write);
    }
    let mut answer = Vec::new();
    let mut piece = vec![0; 65_536];
    loop {
        match socket.read(&mut piece) {
            Ok(0) | Err(_) => return answer,
            Ok(count) => answer.extend_from_slice(&piece[..count]),
        }
    }
}

fn status(answer: &[u8]) -> Option<u16> {
    let line = answer.split(|byte| *byte == b'\n').next()?;
    std::str::from_utf8(line).ok()?.split(' ').nth(1)?.parse().ok()
}

/// A request's parts.
#[derive(Debug, Clone)]
struct Sent {
    method: &'static str,
    path: String,
    headers: Vec<String>,
    body: Vec<u8>,
    /// How the body's length is told; none: as it is.
    framing: Framing,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Framing {
    Length,
    /// Says so many bytes more than come.
    Longer(u16),
    Chunked,
    /// Without the last chunk.
    ChunkedCut,
    /// A size that is no number.
    ChunkedWrong,
}

impl Sent {
    fn bytes(&self, host: &str) -> Vec<u8> {
        let mut text = format!("{} {} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n", self.method, self.path).into_bytes();
        for header in &self.headers {
            text.extend([header.as_bytes(), b"\r\n"].concat());
        }
        let chunks = || {
            let mut all = Vec::new();
            for chunk in self.body.chunks(7_000) {
                all.extend(format!("{:x}\r\n", chunk.len()).bytes());
                all.extend([chunk, b"\r\n"].concat());
            }
            all
        };
        let chunked = b"Transfer-Encoding: chunked\r\n\r\n".to_vec();
        match self.framing {
            Framing::Length => text.extend([format!("Content-Length: {}\r\n\r\n", self.body.len()).as_bytes(), &self.body].concat()),
            Framing::Longer(more) => {
                text.extend([format!("Content-Length: {}\r\n\r\n", self.body.len() + usize::from(more)).as_bytes(), &self.body].concat());
            }
            Framing::Chunked => text.extend([chunked, chunks(), b"0\r\n\r\n".to_vec()].concat()),
            Framing::ChunkedCut => text.extend([chunked, chunks()].concat()),
            Framing::ChunkedWrong => text.extend([chunked, b"zz\r\n".to_vec(), self.body.clone()].concat()),
        }
        text
    }
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// A frame of ClickHouse's with these sizes, whatever they are, and a checksum that fits nothing.
fn frame(packed: u32, plain: u32, method: u8, data: &[u8]) -> Vec<u8> {
    [&[7; 16][..], &[method], &packed.to_le_bytes(), &plain.to_le_bytes(), data].concat()
}

fn statements() -> impl Strategy<Value = Vec<u8>> {
    let text = |text: &str| text.as_bytes().to_vec();
    prop_oneof![
        Just(text("SELECT 1")),
        Just(text("SELECT displayName(), version(), revision(), timezone()")),
        Just(text("SELECT number FROM numbers(100000)")),
        Just(text("INSERT INTO inflow.postings FORMAT Native\n\u{1}\u{2}\u{3}")),
        Just(text("INSERT INTO inflow_state.audit VALUES (now(), 'a")),
        Just(text("SELECT '\\")),
        Just(text("SELECT $tag$ x")),
        Just(text("SELECT /* ")),
        Just(text("SELECT {a:Array(Nullable(}")),
        Just(text("WITH RECURSIVE x AS (SELECT 1 UNION ALL SELECT * FROM x) SELECT * FROM x")),
        (0..3_000_usize).prop_map(|depth| [b"SELECT ".to_vec(), b"(".repeat(depth), b"1".to_vec(), b")".repeat(depth)].concat()),
        (0..3_000_usize).prop_map(|depth| [b"SELECT ".to_vec(), b"[".repeat(depth)].concat()),
        (0..2_000_usize).prop_map(|depth| [b"SELECT ".to_vec(), b"NOT ".repeat(depth), b"1".to_vec()].concat()),
        (0..400_usize).prop_map(|depth| [b"SELECT * FROM (".repeat(depth), b"SELECT 1".to_vec(), b")".repeat(depth)].concat()),
        "[A-Za-z]{1,12}".prop_map(|format| format!("SELECT 1 FORMAT {format}").into_bytes()),
        "[A-Za-z]{1,12}".prop_map(|format| format!("INSERT INTO inflow.postings FORMAT {format}\nxyz").into_bytes()),
        proptest::collection::vec(any::<u8>(), 0..200).prop_map(|bytes| [b"SELECT '".to_vec(), bytes, b"'".to_vec()].concat()),
        proptest::collection::vec(any::<u8>(), 0..400),
        "\\PC{0,80}".prop_map(String::into_bytes),
        (1..6_000_000_usize).prop_map(|length| [b"SELECT '".to_vec(), vec![b'x'; length], b"'".to_vec()].concat()),
    ]
}

/// The statement as a body: as it is, packed, packed wrong, cut off, or with some bytes changed.
fn bodies() -> impl Strategy<Value = (Vec<u8>, Option<&'static str>)> {
    let cut = |bytes: Vec<u8>, at: prop::sample::Index| bytes[..at.index(bytes.len() + 1)].to_vec();
    let changed = |mut bytes: Vec<u8>, at: prop::sample::Index, byte: u8| {
        if !bytes.is_empty() {
            let at = at.index(bytes.len());
            bytes[at] ^= byte | 1;
        }
        bytes
    };
    prop_oneof![
        4 => statements().prop_map(|body| (body, None)),
        1 => statements().prop_map(|body| (gzip(&body), Some("gzip"))),
        1 => statements().prop_map(|body| (body, Some("gzip"))),
        1 => statements().prop_map(|body| (body, Some("deflate"))),
        1 => statements().prop_map(|body| (body, Some("zstd"))),
        2 => (statements(), any::<prop::sample::Index>()).prop_map(move |(body, at)| (cut(gzip(&body), at), Some("gzip"))),
        2 => (statements(), any::<prop::sample::Index>(), any::<u8>()).prop_map(move |(body, at, byte)| (changed(gzip(&body), at, byte), Some("gzip"))),
        2 => (any::<u32>(), any::<u32>(), any::<u8>(), proptest::collection::vec(any::<u8>(), 0..80))
            .prop_map(|(packed, plain, method, data)| (frame(packed, plain, method, &data), None)),
        1 => (9..60_u32, any::<u32>(), proptest::collection::vec(any::<u8>(), 0..80))
            .prop_map(|(packed, plain, data)| (frame(packed, plain, 0x82, &data), None)),
    ]
}

fn parameters() -> impl Strategy<Value = Vec<String>> {
    let one = prop_oneof![
        Just("default_format=Native&client_protocol_version=54460".to_owned()),
        Just("client_protocol_version=-1".to_owned()),
        Just("client_protocol_version=99999999999999999999999".to_owned()),
        Just("compress=1".to_owned()),
        Just("decompress=1".to_owned()),
        Just("wait_end_of_query=1".to_owned()),
        Just("database=..%2F..%2Fetc".to_owned()),
        Just("database=%60;DROP%20DATABASE%20inflow".to_owned()),
        Just("max_execution_time=1%2C%20readonly%20%3D%200".to_owned()),
        Just("max_execution_time=1e-320".to_owned()),
        Just("max_execution_time=NaN".to_owned()),
        Just("max_memory_usage=-0".to_owned()),
        Just("output_format_json_x%27%3B--=1".to_owned()),
        Just("session_timezone=Nowhere%2FNone".to_owned()),
        Just("query=%FF%FE".to_owned()),
        Just("query_id=%0D%0AX-Injected%3A%201".to_owned()),
        Just("user=reader%00".to_owned()),
        Just("%=%&&&==&a".to_owned()),
        "[a-z_]{1,20}=[ -~]{0,20}".prop_map(|text| text.replace([' ', '#'], "+")),
        "[a-zA-Z]{1,10}".prop_map(|format| format!("default_format={format}")),
        (1..30_000_usize).prop_map(|length| format!("param_a={}", "%27".repeat(length))),
    ];
    proptest::collection::vec(one, 0..4)
}

fn headers() -> impl Strategy<Value = Vec<String>> {
    let one = prop_oneof![
        Just("Accept-Encoding: gzip, lz4;q=0, *;q=abc".to_owned()),
        Just("Authorization: Basic !!!not base64".to_owned()),
        Just("Authorization: Basic /////w==".to_owned()),
        Just("X-ClickHouse-User: nobody".to_owned()),
        Just("X-ClickHouse-Format: \u{e9}".to_owned()),
        Just("Content-Type: multipart/form-data; boundary=x".to_owned()),
        Just("Content-Type: multipart/form-data".to_owned()),
        Just("Origin: null".to_owned()),
        Just("Expect: 100-continue".to_owned()),
        Just("Content-Length: 3".to_owned()),
        Just(": nameless".to_owned()),
        (1..120_000_usize).prop_map(|length| format!("X-Long: {}", "y".repeat(length))),
        (1..200_usize).prop_map(|count| vec!["X-Many: 1"; count].join("\r\n")),
    ];
    proptest::collection::vec(one, 0..3)
}

fn requests(writer: String) -> impl Strategy<Value = Sent> {
    let methods = prop::sample::select(vec!["POST", "POST", "POST", "GET", "HEAD", "PUT", "OPTIONS", "BREW"]);
    let paths = prop::sample::select(vec!["/", "/", "/", "/ping", "/replicas_status", "/../etc/passwd", "//", "*"]);
    let framings = prop_oneof![
        4 => Just(Framing::Length),
        1 => (1..5_000_u16).prop_map(Framing::Longer),
        2 => Just(Framing::Chunked),
        1 => Just(Framing::ChunkedCut),
        1 => Just(Framing::ChunkedWrong),
    ];
    (methods, paths, parameters(), headers(), bodies(), framings, any::<bool>()).prop_map(
        move |(method, path, parameters, mut headers, (body, encoding), framing, writes)| {
            let path = if parameters.is_empty() { path.to_owned() } else { format!("{path}?{}", parameters.join("&")) };
            headers.extend(encoding.map(|encoding| format!("Content-Encoding: {encoding}")));
            if writes {
                headers.push(format!("X-ClickHouse-User: inflow\r\nX-ClickHouse-Key: {writer}"));
            }
            Sent { method, path, headers, body, framing }
        },
    )
}

#[test]
fn no_request_takes_the_server_along() {
    let store = store();
    let port = store.endpoint().port().unwrap();
    let host = format!("127.0.0.1:{port}");
    let secret = password(&store);
    let plain = Sent { method: "POST", path: "/".to_owned(), headers: Vec::new(), body: b"SELECT 1".to_vec(), framing: Framing::Length };
    let config = Config { cases: 400, failure_persistence: None, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &[7; 32]));
    let statuses = std::cell::RefCell::new(std::collections::BTreeMap::<Option<u16>, u32>::new());
    let outcome = runner.run(&requests(secret), |request| {
        let answer = send(&store, &request.bytes(&host), matches!(request.framing, Framing::Longer(_) | Framing::ChunkedCut));
        let found = status(&answer);
        *statuses.borrow_mut().entry(found).or_default() += 1;
        let text = String::from_utf8_lossy(&answer[..answer.len().min(4_000)]).into_owned();
        prop_assert!(found.is_none_or(|status| status < 500 || HONEST.contains(&status)), "{text}");
        prop_assert!(!text.contains("X-Injected: 1"), "{text}");
        if found == Some(500) {
            prop_assert!(text.to_ascii_lowercase().contains("x-clickhouse-exception-code"), "{text}");
            prop_assert!(!text.contains("thread has ended") && !text.contains("LOGICAL_ERROR"), "{text}");
        }
        let next = send(&store, &plain.bytes(&host), false);
        prop_assert!(
            status(&next) == Some(200) && next.ends_with(b"1\n\r\n0\r\n\r\n") || next.ends_with(b"\r\n\r\n1\n"),
            "{:?}",
            String::from_utf8_lossy(&next)
        );
        Ok(())
    });
    outcome.unwrap_or_else(|error| panic!("{error}\n{statuses:?}"));
    let statuses = statuses.into_inner();
    // Not all are turned away at the door.
    assert!(statuses.get(&Some(200)).is_some_and(|count| *count > 40), "{statuses:?}");
    assert!(statuses.get(&Some(400)).is_some_and(|count| *count > 40), "{statuses:?}");
    let left = run(async { store.rows("SELECT count() AS n FROM inflow.postings", &[]).await.unwrap() });
    assert_eq!(left[0]["n"], 0);
}
