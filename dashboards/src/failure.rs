//! Errors of requests, and of serving at all.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use inflow_config::{Explain, SecretError};
use serde_json::json;

/// The page cannot be served.
#[derive(Debug, thiserror::Error)]
pub enum PageError {
    /// The password of readers is configured and cannot be read.
    #[error("serve.reader_password: {0}")]
    Password(#[from] SecretError),
    /// The listener broke.
    #[error("the page cannot be served: {0}")]
    Network(#[from] std::io::Error),
}

impl Explain for PageError {
    fn hint(&self) -> Option<String> {
        match self {
            Self::Password(error) => error.hint(),
            Self::Network(_) => Some("choose another address under [serve] page in inflow.toml".to_owned()),
        }
    }
}

/// The answer to a request that cannot be fulfilled.
#[derive(Debug, Clone)]
pub(crate) struct Failure {
    status: StatusCode,
    error: String,
    hint: Option<String>,
}

impl Failure {
    pub(crate) fn new(status: StatusCode, error: impl Into<String>) -> Self {
        Self { status, error: error.into(), hint: None }
    }

    /// A request that asks for something that is not there to ask for.
    pub(crate) fn bad_request(error: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, error)
    }

    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    pub(crate) fn status(mut self, status: StatusCode) -> Self {
        self.status = status;
        self
    }

    /// An error of a library: 400 when the asker can mend it, else 500 and a line in the log.
    pub(crate) fn explained(error: &impl Explain) -> Self {
        let status = if error.exit_code() == 1 { StatusCode::BAD_REQUEST } else { StatusCode::INTERNAL_SERVER_ERROR };
        if status.is_server_error() {
            tracing::error!(%error, "a request failed");
        }
        Self { status, error: error.to_string(), hint: error.hint() }
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        (self.status, Json(json!({ "error": self.error, "hint": self.hint }))).into_response()
    }
}
