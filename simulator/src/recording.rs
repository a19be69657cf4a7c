//! Playback of recorded exchanges.
//!
//! Two kinds of file are understood:
//!
//! - recorded pairs, `{"get": {"/v1/postings": E}}` where E is one exchange or a list of exchanges
//!   `{"request": {"params": {..}}, "response": .., "status": 200, "headers": {..}}`;
//! - plain payloads, which the caller places at a path.
//!
//! Of several exchanges of one path, the parameters in which they differ (a page token) decide.
//! Recorded tokens may stand percent-encoded; a client must send them so that they decode once to the
//! same text, so a token that was encoded twice finds nothing, as at the real board.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use axum::http::StatusCode;
use serde_json::Value;
use url::form_urlencoded;

use crate::board::{Board, BoardRequest, Reply, Respond};
use crate::error::SimulatorError;

/// Exchanges to play back. See the [module](self).
#[derive(Debug, Clone, Default)]
pub struct Recording {
    exchanges: BTreeMap<(String, String), Vec<Exchange>>,
}

#[derive(Debug, Clone)]
struct Exchange {
    params: BTreeMap<String, String>,
    reply: Reply,
}

/// A board that plays a recorded file, or all recorded `.json` files of a folder.
pub fn recording(name: &str, path: &Path) -> Result<Board, SimulatorError> {
    let mut recording = Recording::new();
    if path.is_dir() {
        for file in json_files(path)? {
            recording.add_pairs(&file)?;
        }
    } else {
        recording.add_pairs(path)?;
    }
    Ok(recording.board(name))
}

fn json_files(folder: &Path) -> Result<BTreeSet<std::path::PathBuf>, SimulatorError> {
    let failed = |source| SimulatorError::Read { path: folder.to_owned(), source };
    let mut files = BTreeSet::new();
    for entry in fs::read_dir(folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        if path.extension().is_some_and(|extension| extension == "json") {
            files.insert(path);
        }
    }
    Ok(files)
}

fn read_json(path: &Path) -> Result<Value, SimulatorError> {
    let text = fs::read(path).map_err(|source| SimulatorError::Read { path: path.to_owned(), source })?;
    serde_json::from_slice(&text).map_err(|error| not_a_recording(path, error.to_string()))
}

fn not_a_recording(path: &Path, reason: impl Into<String>) -> SimulatorError {
    SimulatorError::NotARecording { path: path.to_owned(), reason: reason.into() }
}

impl Recording {
    /// Nothing recorded yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds the exchanges of a recorded file.
    pub fn add_pairs(&mut self, path: &Path) -> Result<(), SimulatorError> {
        let document = read_json(path)?;
        let methods = document.as_object().ok_or_else(|| not_a_recording(path, "it is not an object"))?;
        let mut found = 0;
        for (method, paths) in methods {
            let Some(paths) = paths.as_object() else { continue };
            for (url, exchanges) in paths {
                let one = std::slice::from_ref(exchanges);
                for exchange in exchanges.as_array().map_or(one, Vec::as_slice) {
                    let Some(exchange) = Exchange::read(exchange) else {
                        return Err(not_a_recording(path, format!("an exchange of {method} {url} has no response")));
                    };
                    self.exchanges.entry((method.to_uppercase(), url.clone())).or_default().push(exchange);
                    found += 1;
                }
            }
        }
        if found == 0 {
            return Err(not_a_recording(path, "it holds no exchanges"));
        }
        Ok(())
    }

    /// Adds a plain payload as the answer to GET of a path, whatever the parameters.
    pub fn add_payload(&mut self, url: &str, path: &Path) -> Result<(), SimulatorError> {
        let exchange = Exchange { params: BTreeMap::new(), reply: Reply::ok(read_json(path)?) };
        self.exchanges.entry(("GET".to_owned(), url.to_owned())).or_default().push(exchange);
        Ok(())
    }

    /// A board that plays this.
    pub fn board(self, name: &str) -> Board {
        Board::new(name, self)
    }
}

impl Exchange {
    fn read(value: &Value) -> Option<Self> {
        let body = value.get("response")?.clone();
        let status = value.get("status").and_then(Value::as_u64).and_then(|status| StatusCode::from_u16(status as u16).ok());
        let params = value.pointer("/request/params").and_then(Value::as_object);
        let params = params.into_iter().flatten().map(|(key, value)| (key.clone(), decoded(value))).collect();
        let headers = value.get("headers").and_then(Value::as_object);
        let headers = headers.into_iter().flatten().filter(|(name, _)| replayed(name));
        let headers = headers.filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned()))).collect();
        Some(Self { params, reply: Reply { status: status.unwrap_or(StatusCode::OK), headers, body } })
    }
}

/// Transport headers describe the recorded bytes, and limit headers the recorded instant: neither
/// holds for a playback.
fn replayed(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let transport = ["content-length", "content-type", "content-encoding", "transfer-encoding", "connection", "date"];
    !transport.contains(&name.as_str()) && !name.starts_with("x-ratelimit")
}

/// A recorded parameter as a server would have read it.
fn decoded(value: &Value) -> String {
    let text = value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned);
    if !text.contains('%') {
        return text;
    }
    let pair = form_urlencoded::parse(text.as_bytes()).next();
    pair.map_or(text.clone(), |(key, _)| key.into_owned())
}

impl Respond for Recording {
    fn respond(&self, request: &BoardRequest) -> Reply {
        let Some(exchanges) = self.exchanges.get(&(request.method.clone(), request.path.clone())) else {
            return Reply::not_found();
        };
        let deciding: BTreeSet<&String> = exchanges
            .iter()
            .flat_map(|exchange| exchange.params.keys())
            .filter(|key| exchanges.iter().any(|exchange| exchange.params.get(*key) != exchanges.first().and_then(|e| e.params.get(*key))))
            .collect();
        let fits = |exchange: &&Exchange| deciding.iter().all(|key| exchange.params.get(*key).map(String::as_str) == request.param(key));
        match exchanges.iter().find(fits) {
            Some(exchange) => exchange.reply.clone(),
            None => Reply::error(StatusCode::BAD_REQUEST, "BadRequest", "no recorded exchange has these parameters"),
        }
    }
}
