//! A bare HTTP client, so that the tests see the bytes as they come.

use base64::Engine;
use inflow_simulator::Server;
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

pub struct Answer {
    pub status: u16,
    pub head: String,
    pub body: String,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().filter_map(|line| line.split_once(": ")).find(|(key, _)| *key == name).map(|(_, value)| value.trim())
    }
}

/// GET of a path with its query, `/v1/postings?limit=5`, signed in with a key as Basic user.
pub async fn get(server: &Server, board: &str, path: &str, key: Option<&str>) -> Answer {
    let mut stream = TcpStream::connect(server.address()).await.unwrap();
    let sign = key.map(|key| base64::engine::general_purpose::STANDARD.encode(format!("{key}:")));
    let sign = sign.map(|sign| format!("authorization: Basic {sign}\r\n")).unwrap_or_default();
    let base = server.url(board);
    let request = format!("GET {}{path} HTTP/1.1\r\nhost: {}\r\n{sign}connection: close\r\n\r\n", base.path(), server.address());
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut bytes = Vec::new();
    // A connection that is cut keeps what came before.
    let _ = stream.read_to_end(&mut bytes).await;
    let text = String::from_utf8_lossy(&bytes).into_owned();
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or_default();
    Answer { status, head: head.to_owned(), body: body.to_owned() }
}
