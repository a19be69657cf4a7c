//! What is said about a request that failed, and whether asking again is of use.

use std::time::Duration;

use reqwest::StatusCode;
use reqwest::header::{HeaderMap, LOCATION};
use url::Url;

use super::UsedUp;
use crate::error::{PullError, PullErrorKind};

pub(super) struct Failure {
    pub(super) error: PullError,
    /// Asking again may help.
    pub(super) again: bool,
    /// The board said how long to wait.
    pub(super) wait: Option<Duration>,
}

impl Failure {
    pub(super) fn unreachable(host: &str, error: &reqwest::Error) -> Failure {
        let reason = if error.is_timeout() {
            "it did not answer in time".to_owned()
        } else if error.is_connect() {
            format!("the connection failed ({})", root_cause(error))
        } else {
            format!("the connection broke off ({})", root_cause(error))
        };
        let error = PullError::new(PullErrorKind::Unreachable, format!("{host} cannot be reached: {reason}"))
            .with_hint("check the network and base_url of the connection; the next pull goes on from here");
        Failure { error, again: true, wait: None }
    }
}

/// The innermost reason; the outer ones repeat the URL, which may hold a token.
pub(super) fn root_cause(error: &reqwest::Error) -> String {
    let mut inner: &dyn std::error::Error = error;
    while let Some(next) = inner.source() {
        inner = next;
    }
    if std::ptr::addr_eq(inner, error) { "no reason given".to_owned() } else { inner.to_string() }
}

pub(super) fn used_up(used_up: UsedUp) -> PullError {
    let minutes = used_up.wait.as_secs().div_ceil(60);
    PullError::new(PullErrorKind::BudgetUsedUp, format!("the request budget is used up for {minutes} more minutes"))
        .with_hint("the next pull goes on from here; raise [[budget]] only if the board allows it")
}

pub(super) fn bad(message: impl Into<String>) -> PullError {
    PullError::new(PullErrorKind::BadResponse, message)
}

pub(super) fn refusal(host: &str, status: StatusCode, headers: &HeaderMap) -> PullError {
    let code = status.as_u16();
    let error = |kind, message: String| PullError::new(kind, message);
    match code {
        401 => error(PullErrorKind::Unauthorised, format!("{host} does not accept the credential (401)"))
            .with_hint("check [secrets] of the connection: the key may be wrong, revoked or expired"),
        403 => error(PullErrorKind::Unauthorised, format!("{host} refuses access (403)"))
            .with_hint("give the key the rights that the connector needs, or ask the board whether it blocks this machine"),
        404 | 410 => error(PullErrorKind::Configuration, format!("{host} knows no such list ({code})"))
            .with_hint("check [params] and base_url of the connection"),
        429 => error(PullErrorKind::RateLimited, format!("{host} asks to slow down (429)"))
            .with_hint("give the connection a smaller [[budget]]; the next pull goes on from here"),
        500..=599 => {
            error(PullErrorKind::ServerError, format!("{host} failed ({code})")).with_hint("nothing to do here: the next pull tries again")
        }
        300..=399 => {
            let target = headers.get(LOCATION).and_then(|to| to.to_str().ok()).and_then(|to| Url::parse(to).ok());
            let to = target.as_ref().and_then(Url::host_str).unwrap_or("another place").to_owned();
            bad(format!("{host} redirects to {to} ({code})")).with_hint("check base_url: credentials are never sent on to another host")
        }
        _ => bad(format!("{host} refuses the request ({code})")).with_hint("check [params] of the connection"),
    }
}
