//! The middleware that says who asks, and turns away whom nobody knows.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::header::{AUTHORIZATION, LOCATION, ORIGIN, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::request::Parts;
use axum::http::{HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use inflow_store::TokenRow;

use super::meter::Quota;
use super::{Principal, prefix_of, token_hash};
use crate::failure::Failure;
use crate::router::Shared;

const UNKNOWN: &str = "the token is unknown, revoked or expired";

/// The token that this is, as long as it holds.
pub(crate) async fn known_token(shared: &Shared, given: &str) -> Result<Option<TokenRow>, Failure> {
    let Some(prefix) = prefix_of(given) else { return Ok(None) };
    let hash = blake3::Hash::from_hex(token_hash(given)).ok();
    let kept = held(shared, prefix).await?;
    // Hashes are compared in a time that does not tell where they differ.
    Ok(kept.filter(|token| hash.is_some() && blake3::Hash::from_hex(&token.hash).ok() == hash))
}

async fn held(shared: &Shared, prefix: &str) -> Result<Option<TokenRow>, Failure> {
    let tokens: Arc<Vec<TokenRow>> = shared.figures.tokens().await?;
    Ok(tokens.iter().find(|token| token.prefix == prefix && token.holds(shared.clock.now())).cloned())
}

/// What anybody may have: the sign-in and its files, which hold no figure, probes, deliveries and answers to to-dos and alerts, which are signed, and the feed of
/// openings, which has nothing to give unless the company switched it on.
fn is_open(method: &Method, path: &str) -> bool {
    matches!(path, "/healthz" | "/readyz" | "/login")
        || path.starts_with("/assets/")
        || path.starts_with("/todo/")
        || path.starts_with("/alert/")
        || path.starts_with("/feed/")
        || (*method == Method::POST && path.starts_with("/hooks/"))
}

async fn who(shared: &Shared, asked: &Parts) -> Result<Principal, Failure> {
    let headers = &asked.headers;
    if let Some(given) = headers.get(AUTHORIZATION) {
        let bearer = given.to_str().ok().and_then(|text| text.split_once(' ')).filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
        let Some((_, token)) = bearer else {
            return Err(unknown("page and API take `Authorization: Bearer` and a token, nothing else"));
        };
        // A token that opens nothing is said to, also where none is needed.
        let token = known_token(shared, token.trim()).await?.ok_or_else(|| unknown(UNKNOWN))?;
        return Principal::of(&token, None).ok_or_else(|| unknown(UNKNOWN));
    }
    if let Some(session) = shared.sessions.of(headers, shared.clock.now())
        && let Some(token) = held(shared, &session.token).await?
        && let Some(principal) = Principal::of(&token, Some(session))
    {
        // The cookie is SameSite=Strict already; what changes something must come from the page itself all the same.
        let reads = matches!(asked.method, Method::GET | Method::HEAD);
        if !reads && !headers.contains_key(ORIGIN) {
            return Err(Failure::new(StatusCode::FORBIDDEN, "a request that changes something names its origin").kind("foreign-request"));
        }
        return Ok(principal);
    }
    if shared.needs_login { Err(unknown("a token is needed")) } else { Ok(Principal::local()) }
}

fn unknown(sentence: &str) -> Failure {
    Failure::new(StatusCode::UNAUTHORIZED, sentence)
        .hint("`inflow token add NAME --role R` makes one; send it as `Authorization: Bearer ..`, or sign in at /login")
}

/// Where whoever opens the page without a session goes, to come back from.
fn to_login(asked: &Parts) -> Option<Response> {
    let page = asked.method == Method::GET && matches!(asked.uri.path(), "/" | "/finance") && !asked.headers.contains_key(AUTHORIZATION);
    let address = page.then(|| asked.uri.path_and_query().map_or("/", |address| address.as_str()))?;
    let encoded: String = address.bytes().map(percent).collect();
    let location = HeaderValue::from_str(&format!("/login?next={encoded}")).ok()?;
    Some((StatusCode::SEE_OTHER, [(LOCATION, location)]).into_response())
}

fn percent(byte: u8) -> String {
    if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }
}

/// The middleware.
pub(crate) async fn enter(State(shared): State<Shared>, request: Request, next: Next) -> Response {
    if is_open(request.method(), request.uri().path()) {
        return next.run(request).await;
    }
    let (mut asked, body) = request.into_parts();
    let principal = match who(&shared, &asked).await {
        Ok(principal) => principal,
        Err(refusal) => {
            let mut response = refusal.into_response();
            if response.status() == StatusCode::UNAUTHORIZED {
                if let Some(login) = to_login(&asked) {
                    return login;
                }
                response.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"inflow\""));
            }
            return response;
        }
    };
    let token = principal.token().map(|token| (token.prefix.clone(), token.per_minute));
    let quota = token.as_ref().map(|(prefix, per_minute)| shared.meter.count(prefix, *per_minute, shared.clock.now()));
    if let Some(quota) = quota.filter(|quota| quota.over) {
        return too_many(quota);
    }
    asked.extensions.insert(principal);
    let mut response = next.run(Request::from_parts(asked, body)).await;
    if let Some(quota) = quota {
        quota.write(response.headers_mut());
    }
    if let Some((prefix, _)) = token.filter(|_| response.status() == StatusCode::FORBIDDEN) {
        shared.meter.refused(&prefix);
    }
    response
}

fn too_many(quota: Quota) -> Response {
    let refusal = Failure::new(StatusCode::TOO_MANY_REQUESTS, "the token has sent as many requests as it may in a minute");
    let mut response = refusal.hint(format!("try again in {} s, or make a token with a higher --limit", quota.seconds)).into_response();
    quota.write(response.headers_mut());
    response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(quota.seconds));
    response
}
