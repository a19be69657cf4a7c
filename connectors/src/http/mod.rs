//! The one way out: every request to a board goes through [`Http`], within a budget, with retries
//! outside of it, time limits and size caps.

mod budget;
mod retry;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use inflow_config::SharedClock;
use reqwest::header::{CONTENT_TYPE, HeaderMap, LOCATION};
use reqwest::{Client, Method, Request, RequestBuilder, Response, StatusCode, redirect};
use url::Url;

pub use budget::{Budget, UsedUp};

use crate::error::{PullError, PullErrorKind};
use crate::spec::{BudgetWindow, LimitHeaders};

/// Larger answers are refused.
const LARGEST_ANSWER: usize = 64 << 20;

/// The client for boards. Make one for a process: budgets are shared through it.
#[derive(Debug)]
pub struct Http {
    client: Client,
    clock: SharedClock,
    budgets: Mutex<HashMap<String, Arc<Budget>>>,
}

/// A successful answer.
#[derive(Debug)]
pub struct Answer {
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body, decompressed.
    pub body: Bytes,
}

impl Http {
    /// A client that goes straight to the board: no proxy of the environment, redirects within the
    /// host only, so that a credential never reaches another one.
    pub fn new(clock: SharedClock) -> Result<Http, PullError> {
        Http::with_timeouts(clock, Duration::from_secs(10), Duration::from_secs(30))
    }

    /// The same with other limits for connecting and for silence on the line.
    pub fn with_timeouts(clock: SharedClock, connect: Duration, silence: Duration) -> Result<Http, PullError> {
        // Another part of the process may have chosen the same provider already.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = Client::builder()
            .no_proxy()
            .connect_timeout(connect)
            .read_timeout(silence)
            .timeout(silence.saturating_mul(10))
            .redirect(redirect::Policy::custom(same_host))
            .user_agent(concat!("inflow/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|error| PullError::new(PullErrorKind::Store, format!("the HTTP client cannot start: {error}")))?;
        Ok(Http { client, clock, budgets: Mutex::new(HashMap::new()) })
    }

    /// Starts a request; [`Http::fetch`] sends it.
    pub fn request(&self, method: Method, url: Url) -> RequestBuilder {
        self.client.request(method, url)
    }

    /// The budget of a credential at a host. All connections with the same two share it; the windows
    /// of the first one count.
    pub fn budget(&self, host: &str, credential: &str, windows: &[BudgetWindow]) -> Arc<Budget> {
        let key = blake3::hash(format!("{host}\n{credential}").as_bytes()).to_hex().to_string();
        let mut budgets = self.budgets.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(budgets.entry(key).or_insert_with(|| Arc::new(Budget::new(windows))))
    }

    /// Makes a request until it succeeds, fails for good or was tried often enough. `asked` counts
    /// requests that went out.
    pub async fn fetch(
        &self,
        request: &Request,
        budget: &Budget,
        limits: Option<&LimitHeaders>,
        asked: &mut u64,
    ) -> Result<Answer, PullError> {
        let mut attempt = 1;
        loop {
            budget.acquire().await.map_err(used_up)?;
            let copy = request.try_clone().ok_or_else(|| bad("the request cannot be repeated"))?;
            *asked += 1;
            let failure = match self.once(copy, budget, limits).await {
                Ok(answer) => return Ok(answer),
                Err(failure) => failure,
            };
            if !failure.again || attempt >= retry::ATTEMPTS {
                return Err(failure.error);
            }
            match failure.wait {
                // The board's word holds for everyone with this credential.
                Some(wait) if wait <= retry::LONGEST_RETRY_AFTER => budget.pause(wait),
                Some(_) => return Err(failure.error),
                None => tokio::time::sleep(retry::backoff(attempt)).await,
            }
            attempt += 1;
        }
    }

    async fn once(&self, request: Request, budget: &Budget, limits: Option<&LimitHeaders>) -> Result<Answer, Failure> {
        let host = request.url().host_str().unwrap_or_default().to_owned();
        let response = self.client.execute(request).await.map_err(|error| Failure::unreachable(&host, &error))?;
        let now = self.clock.now();
        if let Some(pause) = limits.and_then(|limits| retry::pause_asked(response.headers(), limits, now)) {
            budget.pause(pause);
        }
        let status = response.status();
        if !status.is_success() {
            let wait = retry::retry_after(response.headers(), now);
            return Err(Failure { error: refusal(&host, status, response.headers()), again: retry::is_transient(status), wait });
        }
        let headers = response.headers().clone();
        let body = read_body(response, &host).await?;
        Ok(Answer { headers, body })
    }
}

struct Failure {
    error: PullError,
    again: bool,
    wait: Option<Duration>,
}

impl Failure {
    fn unreachable(host: &str, error: &reqwest::Error) -> Failure {
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
fn root_cause(error: &reqwest::Error) -> String {
    let mut inner: &dyn std::error::Error = error;
    while let Some(next) = inner.source() {
        inner = next;
    }
    if std::ptr::addr_eq(inner, error) { "no reason given".to_owned() } else { inner.to_string() }
}

fn used_up(used_up: UsedUp) -> PullError {
    let minutes = used_up.wait.as_secs().div_ceil(60);
    PullError::new(PullErrorKind::RateLimited, format!("the request budget is used up for {minutes} more minutes"))
        .with_hint("the next pull goes on from here; raise [[budget]] only if the board allows it")
}

fn bad(message: impl Into<String>) -> PullError {
    PullError::new(PullErrorKind::BadResponse, message)
}

fn refusal(host: &str, status: StatusCode, headers: &HeaderMap) -> PullError {
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

fn same_host(attempt: redirect::Attempt<'_>) -> redirect::Action {
    let same = attempt.previous().first().is_some_and(|first| {
        let to = attempt.url();
        let port = first.port_or_known_default() == to.port_or_known_default();
        first.host_str() == to.host_str() && (port || to.scheme() == "https") && (to.scheme() == "https" || first.scheme() == "http")
    });
    if same && attempt.previous().len() <= 5 { attempt.follow() } else { attempt.stop() }
}

async fn read_body(mut response: Response, host: &str) -> Result<Bytes, Failure> {
    let final_failure = |error| Failure { error, again: false, wait: None };
    let html = response.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).is_some_and(|kind| kind.starts_with("text/html"));
    if html {
        let error = bad(format!("{host} answered with a web page, not with data"))
            .with_hint("check base_url; a board that shows a challenge page must be asked for API access");
        return Err(final_failure(error));
    }
    let mut body = BytesMut::new();
    loop {
        match response.chunk().await {
            Ok(Some(chunk)) if body.len() + chunk.len() > LARGEST_ANSWER => {
                let error = bad(format!("{host} answered with more than {} MiB", LARGEST_ANSWER >> 20));
                return Err(final_failure(error.with_hint("ask for smaller pages")));
            }
            Ok(Some(chunk)) => body.extend_from_slice(&chunk),
            Ok(None) => return Ok(body.freeze()),
            Err(error) if error.is_timeout() => return Err(Failure::unreachable(host, &error)),
            Err(error) => {
                let error = bad(format!("{host} broke off its answer ({})", root_cause(&error)))
                    .with_hint("the next pull tries again; nothing of this page was taken");
                return Err(Failure { error, again: true, wait: None });
            }
        }
    }
}
