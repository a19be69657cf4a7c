//! A served board: who may call it, how often, and what it answers.

use std::fmt;
use std::sync::Arc;

use axum::http::{HeaderMap, StatusCode, header};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde_json::{Value, json};

use crate::limit::Limit;

/// How a board recognises its callers.
#[derive(Clone, PartialEq, Eq)]
pub enum Auth {
    /// Open to everybody.
    None,
    /// HTTP Basic with the key as user name and an empty password, as Lever and Moka want it.
    BasicUser(String),
    /// `Authorization: Bearer`.
    Bearer(String),
}

impl fmt::Debug for Auth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::None => "None",
            Self::BasicUser(_) => "BasicUser(..)",
            Self::Bearer(_) => "Bearer(..)",
        })
    }
}

impl Auth {
    /// Whether a request with these headers may pass.
    pub(crate) fn admits(&self, headers: &HeaderMap) -> bool {
        let given = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        match self {
            Self::None => true,
            Self::Bearer(token) => given.and_then(|value| value.strip_prefix("Bearer ")) == Some(token),
            Self::BasicUser(user) => given
                .and_then(|value| value.strip_prefix("Basic "))
                .and_then(|value| STANDARD.decode(value.trim()).ok())
                .is_some_and(|decoded| decoded == format!("{user}:").as_bytes()),
        }
    }
}

/// A request as a board sees it.
#[derive(Debug, Clone)]
pub struct BoardRequest {
    /// `GET`, `POST`.
    pub method: String,
    /// Path after the board's prefix, with a leading slash.
    pub path: String,
    /// Query parameters, decoded once, in the order given.
    pub query: Vec<(String, String)>,
    /// Body of a POST.
    pub body: Bytes,
}

impl BoardRequest {
    /// The first value of a query parameter.
    pub fn param(&self, key: &str) -> Option<&str> {
        self.query.iter().find(|(name, _)| name == key).map(|(_, value)| value.as_str())
    }

    /// A query parameter as a number.
    pub fn number(&self, key: &str) -> Option<i64> {
        self.param(key)?.parse().ok()
    }
}

/// What a board answers.
#[derive(Debug, Clone)]
pub struct Reply {
    /// HTTP status.
    pub status: StatusCode,
    /// Headers beside content type and length.
    pub headers: Vec<(String, String)>,
    /// JSON body.
    pub body: Value,
}

impl Reply {
    /// 200 with a body.
    pub fn ok(body: Value) -> Self {
        Self { status: StatusCode::OK, headers: Vec::new(), body }
    }

    /// An error in the shape most boards use.
    pub fn error(status: StatusCode, code: &str, message: &str) -> Self {
        Self { status, headers: Vec::new(), body: json!({ "code": code, "message": message }) }
    }

    /// 404.
    pub fn not_found() -> Self {
        Self::error(StatusCode::NOT_FOUND, "ResourceNotFound", "no such resource")
    }
}

/// Answers requests of one board.
pub trait Respond: Send + Sync {
    /// The answer to an admitted request within the limit.
    fn respond(&self, request: &BoardRequest) -> Reply;
}

/// One board on the server.
#[derive(Clone)]
pub struct Board {
    /// Name, and first segment of the path under which it is served.
    pub name: String,
    /// Who may call it.
    pub auth: Auth,
    /// How often it may be called; `None`: as often as one likes.
    pub limit: Option<Limit>,
    /// What it answers.
    pub answers: Arc<dyn Respond>,
}

impl fmt::Debug for Board {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Board").field("name", &self.name).field("auth", &self.auth).field("limit", &self.limit).finish_non_exhaustive()
    }
}

impl Board {
    /// An open, unlimited board.
    pub fn new(name: impl Into<String>, answers: impl Respond + 'static) -> Self {
        Self { name: name.into(), auth: Auth::None, limit: None, answers: Arc::new(answers) }
    }

    /// The same board for those who sign in.
    #[must_use]
    pub fn auth(mut self, auth: Auth) -> Self {
        self.auth = auth;
        self
    }

    /// The same board with a limit.
    #[must_use]
    pub fn limit(mut self, limit: Limit) -> Self {
        self.limit = Some(limit);
        self
    }
}
