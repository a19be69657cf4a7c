//! The one way out: every request to a board goes through [`Http`], within a budget, with retries
//! outside of it, time limits and size caps. One permit is one request at the board: the client
//! neither follows redirects nor repeats anything on its own.

mod budget;
mod client;
#[cfg(test)]
mod drill;
mod failure;
mod journal;
mod ledger;
mod limits;
mod redact;
mod redirect;
mod retry;
mod window;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use inflow_config::SharedClock;
use reqwest::header::{CONTENT_TYPE, HeaderMap, IF_MODIFIED_SINCE, IF_NONE_MATCH};
use reqwest::{Client, Method, Request, RequestBuilder, Response, StatusCode};
use url::Url;

pub use budget::{Budget, LONGEST_WAIT, Permit, UsedUp};
pub use client::HttpOptions;
pub use redact::Redactor;

use crate::error::PullError;
use crate::spec::{BudgetWindow, LimitHeaders};
use failure::{Failure, bad};
use journal::Journal;
use ledger::Ledger;

/// A request that changes something waits for its turn in the budget, and before it for a token, so long at most.
pub const ACTION_WAIT: Duration = Duration::from_secs(20);

/// The client for boards. Make one for a process: budgets are shared through it.
#[derive(Debug)]
pub struct Http {
    client: Client,
    clock: SharedClock,
    /// Bytes of a larger answer are not read.
    largest: usize,
    journal: Option<Journal>,
    ledger: Option<Arc<Ledger>>,
    budgets: Mutex<HashMap<String, Arc<Budget>>>,
}

/// Where a connection's requests go, as far as the client has to know.
#[derive(Debug, Clone)]
pub struct Endpoint {
    /// The connection that asks.
    pub connection: String,
    /// Its budget, shared with all that have the same host and credential.
    pub budget: Arc<Budget>,
    /// The board's own headers about its budget.
    pub limits: Option<LimitHeaders>,
    /// Knows what must not be written down.
    pub redactor: Redactor,
}

/// A successful answer, or 304 to a request that asked for changes only.
#[derive(Debug)]
pub struct Answer {
    /// Its status.
    pub status: StatusCode,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body, decompressed; empty with 304.
    pub body: Bytes,
}

impl Answer {
    /// Nothing changed since the last answer: what a request with `If-None-Match` or
    /// `If-Modified-Since` asks.
    pub fn is_unchanged(&self) -> bool {
        self.status == StatusCode::NOT_MODIFIED
    }

    /// The body of an answer that should hold data; boards that challenge a client show it a web page.
    pub fn data(&self, host: &str) -> Result<&Bytes, PullError> {
        let kind = self.headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
        if kind.is_some_and(|kind| kind.trim_start().starts_with("text/html")) {
            return Err(bad(format!("{host} answered with a web page, not with data"))
                .with_hint("check base_url; a board that shows a challenge page must be asked for API access"));
        }
        Ok(&self.body)
    }
}

impl Http {
    /// The client of these options.
    pub fn new(options: HttpOptions) -> Result<Http, PullError> {
        let client = options.client()?;
        let journal = options.data_dir.as_deref().map(Journal::new);
        let largest = usize::try_from(options.settings.max_answer).unwrap_or(usize::MAX);
        let ledger = options.data_dir.as_deref().map(|folder| Arc::new(Ledger::open(folder, Arc::clone(&options.clock))));
        Ok(Http { client, clock: options.clock, largest, journal, ledger, budgets: Mutex::default() })
    }

    /// Starts a request; [`Http::fetch`] sends it.
    pub fn request(&self, method: Method, url: Url) -> RequestBuilder {
        self.client.request(method, url)
    }

    /// The budget of a credential at the host of `url`. All connections with the same two share it, with
    /// the strictest of their windows and the smallest `concurrency`.
    pub fn budget(&self, url: &Url, credential: &str, windows: &[BudgetWindow], concurrency: u32) -> Arc<Budget> {
        let place = format!("{}:{}", url.host_str().unwrap_or_default(), url.port_or_known_default().unwrap_or_default());
        let key = blake3::hash(format!("{place}\n{credential}").as_bytes()).to_hex().to_string();
        let mut budgets = self.budgets.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(budget) = budgets.get(&key) {
            budget.tighten(windows, concurrency);
            return Arc::clone(budget);
        }
        let budget = Arc::new(Budget::new(windows, concurrency));
        if let Some(ledger) = &self.ledger {
            budget.keep_in(ledger, &key);
        }
        budgets.insert(key, Arc::clone(&budget));
        budget
    }

    /// Writes down which budgets are used; what goes out after that is counted anew.
    pub fn close(&self) {
        if let Some(ledger) = &self.ledger {
            ledger.close();
        }
    }

    /// Makes a request until it succeeds, fails for good or was tried often enough. `asked` counts
    /// requests that went out.
    pub async fn fetch(&self, request: &Request, endpoint: &Endpoint, asked: &mut u64) -> Result<Answer, PullError> {
        let mut attempt = 1;
        let mut redirects = 0;
        let mut next = copy(request)?;
        loop {
            let permit = endpoint.budget.acquire().await.map_err(failure::used_up)?;
            *asked += 1;
            let failure = match self.send(copy(&next)?, endpoint, permit, attempt, Accepts::Success).await {
                Ok(Reply::Answer(answer)) => return Ok(answer),
                Ok(Reply::Elsewhere(status, to)) if redirects < redirect::MOST => {
                    redirects += 1;
                    next = redirect::follow(next, status, to);
                    continue;
                }
                Ok(Reply::Elsewhere(status, _)) => {
                    let host = next.url().host_str().unwrap_or_default();
                    return Err(bad(format!("{host} redirects again and again ({})", status.as_u16())).with_hint("check base_url"));
                }
                Err(failure) => failure,
            };
            if !failure.again || attempt >= retry::ATTEMPTS || failure.wait.is_some_and(|wait| wait > retry::LONGEST_RETRY_AFTER) {
                return Err(failure.error);
            }
            // A wait that the board asked for is in the budget, for everyone with this credential.
            if failure.wait.is_none() {
                tokio::time::sleep(retry::backoff(attempt)).await;
            }
            attempt += 1;
        }
    }

    /// Sends a request that changes something, once, within the budget: whoever asks knows whether it may be sent again. It waits for its turn for
    /// [`ACTION_WAIT`] at most, so that whoever gives up on an answer later knows that it left. An answer of any status is one, redirects too, which are
    /// not followed.
    ///
    /// # Errors
    /// Without an answer: then nobody knows whether it arrived, unless the budget is used up.
    pub async fn act(&self, request: Request, endpoint: &Endpoint) -> Result<Answer, PullError> {
        let turn = tokio::time::timeout(ACTION_WAIT, endpoint.budget.acquire()).await;
        let permit = turn.unwrap_or(Err(UsedUp { wait: ACTION_WAIT })).map_err(failure::used_up)?;
        match self.send(request, endpoint, permit, 1, Accepts::Everything).await {
            Ok(Reply::Answer(answer)) => Ok(answer),
            Ok(Reply::Elsewhere(status, _)) => Ok(Answer { status, headers: HeaderMap::new(), body: Bytes::new() }),
            Err(failure) => Err(failure.error),
        }
    }

    /// Sends one request and writes its line into the request log.
    async fn send(&self, request: Request, endpoint: &Endpoint, permit: Permit, attempt: u32, accepts: Accepts) -> Result<Reply, Failure> {
        let mut line = self.journal.as_ref().map(|journal| journal.line(endpoint, &request, attempt, self.clock.now()));
        let (status, result) = self.once(request, endpoint, permit, accepts).await;
        if let Some(line) = &mut line {
            line.status = status;
            line.bytes = if let Ok(Reply::Answer(answer)) = &result { answer.body.len() } else { 0 };
            line.error = result.as_ref().err().map(|failure| endpoint.redactor.text(&failure.error.message).into_owned());
        }
        result
    }

    async fn once(
        &self,
        request: Request,
        endpoint: &Endpoint,
        mut permit: Permit,
        accepts: Accepts,
    ) -> (Option<StatusCode>, Result<Reply, Failure>) {
        let url = request.url().clone();
        let host = url.host_str().unwrap_or_default();
        let conditional = [IF_NONE_MATCH, IF_MODIFIED_SINCE].iter().any(|name| request.headers().contains_key(name));
        let response = match self.client.execute(request).await {
            Ok(response) => response,
            Err(error) => return (None, Err(Failure::unreachable(host, &error))),
        };
        permit.answered();
        let status = response.status();
        let wait = self.heed(&response, endpoint);
        let headers = response.headers().clone();
        if conditional && status == StatusCode::NOT_MODIFIED {
            return (Some(status), Ok(Reply::Answer(Answer { status, headers, body: Bytes::new() })));
        }
        if let Some(to) = redirect::target(&url, status, &headers) {
            return (Some(status), Ok(Reply::Elsewhere(status, to)));
        }
        if !status.is_success() && accepts == Accepts::Success {
            let error = failure::refusal(host, status, &headers).with_status(status.as_u16());
            return (Some(status), Err(Failure { error, again: retry::is_transient(status), wait }));
        }
        let body = read_body(response, host, self.largest).await;
        (Some(status), body.map(|body| Reply::Answer(Answer { status, headers, body })))
    }

    /// Does what the board asks for about its budget; how long it asked to wait.
    fn heed(&self, response: &Response, endpoint: &Endpoint) -> Option<Duration> {
        let (headers, now) = (response.headers(), self.clock.now());
        let budget = &endpoint.budget;
        budget.learn(&limits::said(headers, endpoint.limits.as_ref(), now));
        let status = response.status();
        if status == StatusCode::TOO_MANY_REQUESTS {
            let wait = retry::retry_after(headers, now).unwrap_or_else(|| retry::backoff(budget.refused()));
            budget.pause(wait.min(retry::LONGEST_PAUSE));
            return Some(wait);
        }
        if status.is_success() {
            budget.welcomed();
        }
        let wait = retry::retry_after(headers, now).filter(|_| retry::is_transient(status))?;
        budget.pause(wait.min(retry::LONGEST_PAUSE));
        Some(wait)
    }
}

/// Which answers are answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Accepts {
    /// Of a list: those with what was asked for.
    Success,
    /// Of an action: each says what became of it.
    Everything,
}

enum Reply {
    Answer(Answer),
    Elsewhere(StatusCode, Url),
}

fn copy(request: &Request) -> Result<Request, PullError> {
    request.try_clone().ok_or_else(|| bad("the request cannot be repeated"))
}

async fn read_body(mut response: Response, host: &str, largest: usize) -> Result<Bytes, Failure> {
    let final_failure = |error| Failure { error, again: false, wait: None };
    let mut body = BytesMut::new();
    loop {
        match response.chunk().await {
            Ok(Some(chunk)) if body.len() + chunk.len() > largest => {
                let error = bad(format!("{host} answered with more than {} MiB", largest >> 20));
                return Err(final_failure(error.with_hint("ask for smaller pages")));
            }
            Ok(Some(chunk)) => body.extend_from_slice(&chunk),
            Ok(None) => return Ok(body.freeze()),
            Err(error) if error.is_timeout() => return Err(Failure::unreachable(host, &error)),
            Err(error) => {
                let error = bad(format!("{host} broke off its answer ({})", failure::root_cause(&error)))
                    .with_hint("the next pull tries again; nothing of this page was taken");
                return Err(Failure { error, again: true, wait: None });
            }
        }
    }
}
