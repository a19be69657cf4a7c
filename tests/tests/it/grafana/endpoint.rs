//! What a statement answers, and what the API reports, over a bare socket.

use serde_json::{Map, Value};
use std::io::{Read, Write};
use std::net::TcpStream;

/// An answer: names and types of columns, and rows.
#[derive(Debug)]
pub struct Answer {
    pub columns: Vec<(String, String)>,
    pub rows: Vec<Vec<Value>>,
}

impl Answer {
    /// The place of a column.
    pub fn place(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|(known, _)| known == name)
    }
}

/// Runs a statement as the user `reader`; its error is the engine's text.
pub fn ask(endpoint: &str, sql: &str) -> Result<Answer, String> {
    let (status, body) = post(endpoint, "/?user=reader&default_format=JSONCompact", sql);
    if status != 200 {
        return Err(body);
    }
    let answer: Value = serde_json::from_str(&body).map_err(|error| format!("{error}: {body}"))?;
    let columns = answer["meta"].as_array().unwrap().iter();
    let columns = columns.map(|column| (column["name"].as_str().unwrap().to_owned(), column["type"].as_str().unwrap().to_owned()));
    let rows = answer["data"].as_array().unwrap().iter().map(|row| row.as_array().unwrap().clone());
    Ok(Answer { columns: columns.collect(), rows: rows.collect() })
}

/// The rows of a report of the API.
pub fn report(page: &str, metric: &str, query: &[(&str, &str)]) -> Vec<Map<String, Value>> {
    let pairs: Vec<String> = query.iter().map(|(name, value)| format!("{name}={}", encoded(value))).collect();
    let (status, body) = exchange(page, &format!("GET /api/v1/report/{metric}?{} HTTP/1.0\r\nHost: {page}\r\n\r\n", pairs.join("&")));
    assert_eq!(status, 200, "{metric}: {body}");
    let report: Value = serde_json::from_str(&body).unwrap();
    report["rows"].as_array().unwrap().iter().map(|row| row.as_object().unwrap().clone()).collect()
}

/// What the page's port answers to a GET for one form of an answer.
pub fn get(page: &str, path: &str, accept: &str) -> Vec<u8> {
    let (status, body) = sent(page, &format!("GET {path} HTTP/1.0\r\nHost: {page}\r\nAccept: {accept}\r\n\r\n"));
    assert_eq!(status, 200, "{path}: {}", String::from_utf8_lossy(&body));
    body
}

fn post(host: &str, path: &str, body: &str) -> (u16, String) {
    exchange(host, &format!("POST {path} HTTP/1.0\r\nHost: {host}\r\nContent-Length: {}\r\n\r\n{body}", body.len()))
}

fn exchange(host: &str, request: &str) -> (u16, String) {
    let (status, body) = sent(host, request);
    (status, String::from_utf8(body).unwrap())
}

/// Version 1.0 of HTTP: the answer comes in one piece and its end is the connection's.
fn sent(host: &str, request: &str) -> (u16, Vec<u8>) {
    let mut stream = TcpStream::connect(host).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    let end = answer.windows(4).position(|four| four == b"\r\n\r\n").unwrap();
    let body = answer.split_off(end + 4);
    (String::from_utf8(answer).unwrap().split(' ').nth(1).unwrap().parse().unwrap(), body)
}

fn encoded(text: &str) -> String {
    text.bytes().map(|byte| if byte.is_ascii_alphanumeric() { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}
