//! `POST /hooks/{connection}`: what a system sends by itself. Who checks and keeps it is the caller's affair.

use std::time::Duration;

use async_trait::async_trait;
use axum::Json;
use axum::body::Body;
use axum::extract::{Path, Request, State};
use axum::http::header::RETRY_AFTER;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use bytes::{Bytes, BytesMut};
use futures::StreamExt;
use serde_json::json;

use crate::failure::Failure;
use crate::router::Shared;

/// Deliveries that are read at one time; each may hold its whole body in memory.
pub(crate) const AT_ONCE: usize = 32;
/// Larger bodies are refused.
const LARGEST: usize = 1 << 20;
/// A sender that is slower than this is cut off.
const PATIENCE: Duration = Duration::from_secs(10);
/// When a sender may try again.
const LATER: HeaderValue = HeaderValue::from_static("30");

/// The headers of a delivery.
#[derive(Debug, Clone)]
pub struct SentHeaders(HeaderMap);

impl SentHeaders {
    /// The value of a header, whatever the case of its name; nothing when it is not text.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name)?.to_str().ok()
    }
}

/// Takes deliveries.
#[async_trait]
pub trait HookReceiver: Send + Sync + 'static {
    /// Checks a delivery to a connection and keeps what it says, durably, before it answers.
    async fn deliver(&self, connection: &str, headers: &SentHeaders, body: Bytes) -> HookAnswer;
}

/// What becomes of a delivery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HookAnswer {
    /// It is kept.
    Taken {
        /// It was kept before, and nothing changed.
        repeated: bool,
    },
    /// No connection of that name takes deliveries.
    Unknown,
    /// It is not signed, or not well.
    Unsigned {
        /// Why.
        error: String,
    },
    /// It is signed, and cannot be read.
    Unreadable {
        /// Why.
        error: String,
        /// What to do.
        hint: Option<String>,
    },
    /// Not now; the sender may try again.
    Later,
}

/// The handler.
pub(crate) async fn deliver(State(shared): State<Shared>, Path(connection): Path<String>, request: Request) -> Result<Response, Failure> {
    let Some(receiver) = &shared.hooks else { return Err(unknown(&connection)) };
    let Ok(_turn) = shared.deliveries.try_acquire() else { return Ok(later()) };
    let headers = SentHeaders(request.headers().clone());
    let body = tokio::time::timeout(PATIENCE, read(request.into_body())).await;
    let body = body.map_err(|_| Failure::new(StatusCode::REQUEST_TIMEOUT, "the delivery came too slowly"))??;
    match receiver.deliver(&connection, &headers, body).await {
        HookAnswer::Taken { repeated } => Ok(Json(json!({ "status": "ok", "repeated": repeated })).into_response()),
        HookAnswer::Unknown => Err(unknown(&connection)),
        HookAnswer::Unsigned { error } => Err(Failure::new(StatusCode::UNAUTHORIZED, error)
            .hint("sign the timestamp, a dot and the body with the key of the connection (HMAC-SHA256)")),
        HookAnswer::Unreadable { error, hint } => {
            let failure = Failure::new(StatusCode::UNPROCESSABLE_ENTITY, error);
            Err(match hint {
                Some(hint) => failure.hint(hint),
                None => failure,
            })
        }
        HookAnswer::Later => Ok(later()),
    }
}

fn unknown(connection: &str) -> Failure {
    Failure::new(StatusCode::NOT_FOUND, format!("no connection {connection:?} takes deliveries"))
        .hint("a connection with connector = \"webhook\" does, when it is enabled")
}

fn later() -> Response {
    let mut response =
        Failure::new(StatusCode::SERVICE_UNAVAILABLE, "the delivery cannot be taken now").hint("send it again").into_response();
    response.headers_mut().insert(RETRY_AFTER, LATER);
    response
}

/// The body, as long as it is not too large.
async fn read(body: Body) -> Result<Bytes, Failure> {
    let mut pieces = body.into_data_stream();
    let mut whole = BytesMut::new();
    while let Some(piece) = pieces.next().await {
        let piece = piece.map_err(|_| Failure::bad_request("the delivery broke off"))?;
        if whole.len() + piece.len() > LARGEST {
            return Err(Failure::new(StatusCode::PAYLOAD_TOO_LARGE, "a delivery has at most 1 MiB").hint("send fewer records at a time"));
        }
        whole.extend_from_slice(&piece);
    }
    Ok(whole.freeze())
}
