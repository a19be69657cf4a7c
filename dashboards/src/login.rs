//! Signing in to the page with a token, and out again.
//!
//! The token is sent once, as JSON, which no form of another site can send; what comes back is a cookie that scripts
//! cannot read and other sites cannot use. Requests from other sites are refused before they get here ([`crate::guard`]).

use axum::extract::State;
use axum::http::header::SET_COOKIE;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;

use crate::access::{Principal, known_token};
use crate::assets;
use crate::body::Body;
use crate::failure::Failure;
use crate::router::Shared;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Login {
    token: String,
}

/// `GET /login`
pub(crate) async fn page(headers: HeaderMap) -> Response {
    assets::login(&headers)
}

/// `POST /login`
pub(crate) async fn sign_in(State(shared): State<Shared>, Body(login): Body<Login>) -> Result<Response, Failure> {
    let Some(token) = known_token(&shared, login.token.trim()).await? else {
        return Err(Failure::new(StatusCode::UNAUTHORIZED, "the token is unknown, revoked or expired")
            .hint("`inflow token list` shows the tokens there are"));
    };
    let cookie = shared.sessions.begin(&token.prefix, shared.clock.now()).map_err(|error| Failure::explained(&error))?;
    shared.figures.audit(&token.name, "sign in", &format!("token {}", token.prefix)).await?;
    Ok(with_cookie(&cookie))
}

/// `POST /logout`
pub(crate) async fn sign_out(State(shared): State<Shared>, principal: Principal) -> Response {
    match principal.session() {
        Some(session) => with_cookie(&shared.sessions.end(session, shared.clock.now())),
        None => StatusCode::NO_CONTENT.into_response(),
    }
}

fn with_cookie(cookie: &str) -> Response {
    let mut response = StatusCode::NO_CONTENT.into_response();
    if let Ok(value) = HeaderValue::from_str(cookie) {
        response.headers_mut().insert(SET_COOKIE, value);
    }
    response
}
