//! A connection's way to its board: base URL, values for placeholders, credentials, budget.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use inflow_config::{Config, Connection, Explain};
use reqwest::header::{ACCEPT, HeaderName, HeaderValue};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use url::Url;

use super::place::Place;
use crate::error::{PullError, PullErrorKind};
use crate::http::{self, Budget, Endpoint, Http, Redactor};
use crate::spec::{ActionMethod, Answer, Auth, BudgetWindow, Detail, Method, Refresh, Request, Spec, Stream};

/// The header of an action's key (draft-ietf-httpapi-idempotency-key-header).
const IDEMPOTENCY_KEY: &str = "idempotency-key";

/// A query parameter or body field of a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Param {
    pub(crate) name: String,
    pub(crate) value: String,
    /// Percent-encoded already.
    pub(crate) encoded: bool,
    /// A number, for JSON bodies.
    pub(crate) number: bool,
}

impl Param {
    pub(crate) fn text(name: &str, value: impl Into<String>) -> Param {
        Param { name: name.to_owned(), value: value.into(), encoded: false, number: false }
    }

    pub(crate) fn number(name: &str, value: u64) -> Param {
        Param { number: true, ..Param::text(name, value.to_string()) }
    }

    /// Where it stands in a path.
    fn placeholder(&self) -> String {
        format!("{{{}}}", self.name)
    }
}

pub(crate) struct Target<'a> {
    pub(crate) spec: &'static Spec,
    http: &'a Http,
    values: BTreeMap<String, SecretString>,
    pub(crate) base: String,
    pub(crate) endpoint: Endpoint,
    /// The token of `auth.kind = "token"`, and when a new one is due.
    token: Option<(SecretString, Option<tokio::time::Instant>)>,
}

impl<'a> Target<'a> {
    pub(crate) fn new(http: &'a Http, config: &Config, connection: &Connection, spec: &'static Spec) -> Result<Target<'a>, PullError> {
        let mut values: BTreeMap<String, SecretString> = BTreeMap::new();
        for (name, need) in &spec.params {
            let value = connection.params.get(name).or(need.default.as_ref());
            values.extend(value.map(|value| (name.clone(), SecretString::from(value.clone()))));
        }
        for (name, secret) in &connection.secrets {
            let value = secret.read(&config.dir).map_err(|error| {
                let bad = configuration(format!("secrets.{name}: {error}"));
                PullError { hint: error.hint(), ..bad }
            })?;
            values.insert(name.clone(), value);
        }
        let endpoint = Endpoint {
            connection: connection.name.clone(),
            budget: Arc::new(Budget::new(&[], 1)),
            limits: spec.limit_headers.clone(),
            redactor: Redactor::default(),
        };
        let mut target = Target { spec, http, values, base: String::new(), endpoint, token: None };
        let base = match &connection.base_url {
            Some(url) => url.to_string(),
            None => target.fill(&spec.base_url, false)?,
        };
        base.trim_end_matches('/').clone_into(&mut target.base);
        let url = Url::parse(&target.base).map_err(|error| configuration(format!("base_url {base} is not an address: {error}")))?;
        let windows: Vec<BudgetWindow> = if connection.budget.is_empty() {
            spec.budget.clone()
        } else {
            connection.budget.iter().map(|window| BudgetWindow { requests: window.requests, per: window.per }).collect()
        };
        let credential = target.credential();
        target.endpoint.budget = http.budget(&url, &credential, &windows, spec.concurrency);
        target.endpoint.redactor = Redactor::new(target.secrets());
        Ok(target)
    }

    /// Makes a request within the budget. `asked` counts what went out.
    pub(crate) async fn fetch(&self, request: &reqwest::Request, asked: &mut u64) -> Result<http::Answer, PullError> {
        self.http.fetch(request, &self.endpoint, asked).await
    }

    /// Whether the connection has what the stream needs.
    pub(crate) fn active(&self, request: &Request) -> bool {
        request.needs.iter().all(|name| self.values.contains_key(name)) && !request.unless.iter().any(|name| self.values.contains_key(name))
    }

    /// What tells this credential from others at the host.
    fn credential(&self) -> String {
        match &self.spec.auth {
            Auth::None => String::new(),
            Auth::Basic { user, password } => format!("{}\n{}", self.fill_if_known(user), self.fill_if_known(password)),
            Auth::Bearer { token } => self.fill_if_known(token),
            Auth::Header { value, .. } | Auth::Query { value, .. } => self.fill_if_known(value),
            Auth::Token { form, json, basic, .. } => {
                let basic = basic.iter().flat_map(|(user, password)| [user, password]);
                form.values().chain(json.values()).chain(basic).map(|text| self.fill_if_known(text)).collect::<Vec<_>>().join("\n")
            }
        }
    }

    /// Texts that must never be shown.
    fn secrets(&self) -> impl Iterator<Item = &SecretString> {
        let own = self.values.iter().filter(|(name, _)| self.spec.secrets.contains_key(*name)).map(|(_, value)| value);
        own.chain(self.token.iter().map(|(token, _)| token))
    }

    fn fill_if_known(&self, text: &str) -> String {
        self.fill(text, false).unwrap_or_default()
    }

    /// Replaces `{name}`; in URLs the value is percent-encoded.
    fn fill(&self, text: &str, in_url: bool) -> Result<String, PullError> {
        self.fill_at(text, in_url, &Place::default())
    }

    /// The same, with `{each}` and `{$path}` from where the request is made.
    fn fill_at(&self, text: &str, in_url: bool, place: &Place<'_>) -> Result<String, PullError> {
        let mut filled = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('{') {
            let (name, tail) = after.split_once('}').unwrap_or((after, ""));
            if let Some(value) = place.value(name)? {
                filled.push_str(before);
                // A path that the board itself gives keeps its slashes.
                let kept = !in_url || !place.ids && (value.starts_with('/') || value.contains("://"));
                filled.push_str(&if kept { value } else { encode_segment(&value) });
                rest = tail;
                continue;
            }
            let value = self.values.get(name).ok_or_else(|| {
                let table = if self.spec.secrets.contains_key(name) { "secrets" } else { "params" };
                configuration(format!("{table}.{name} is not set")).with_hint(format!("add it to the connection's file under [{table}]"))
            })?;
            filled.push_str(before);
            if in_url {
                filled.push_str(&encode_segment(value.expose_secret()));
            } else {
                filled.push_str(value.expose_secret());
            }
            rest = tail;
        }
        filled.push_str(rest);
        Ok(filled)
    }

    /// The request for a page.
    pub(crate) fn request(
        &self,
        stream: &Stream,
        form: &Request,
        params: &[Param],
        place: &Place<'_>,
    ) -> Result<reqwest::Request, PullError> {
        // Some boards want the page number in the path, or inside of another parameter.
        let named = |param: &&Param| std::iter::once(&form.path).chain(form.query.values()).any(|text| text.contains(&param.placeholder()));
        let (inside, params): (Vec<&Param>, Vec<&Param>) = params.iter().partition(named);
        let numbered = |text: &String| inside.iter().fold(text.clone(), |text, param| text.replace(&param.placeholder(), &param.value));
        let path = self.fill_at(&numbered(&form.path), true, place)?;
        let mut url = Url::parse(&format!("{}{path}", self.base))
            .map_err(|error| configuration(format!("the address of {} is wrong: {error}", stream.name)))?;
        let texts = form.query.iter().map(|(name, text)| (name.clone(), numbered(text))).collect();
        let mut query = self.query(&texts, place)?;
        if let (Auth::Query { param, value }, false) = (&self.spec.auth, form.public) {
            query.push(Param::text(param, self.fill(value, false)?));
        }
        let (in_query, in_body) = if form.method == Method::Post { (Vec::new(), params) } else { (params, Vec::new()) };
        query.extend(in_query.into_iter().cloned());
        set_query(&mut url, &query);
        let shape = Shape { method: form.method, accept: stream.answer.accept(), public: form.public };
        self.build(url, &shape, self.body(form, &in_body, place)?)
    }

    /// A request without any credential.
    pub(crate) fn plain(&self, url: Url) -> Result<reqwest::Request, PullError> {
        let request = self.http.request(reqwest::Method::GET, url).header(ACCEPT, "text/plain, */*");
        request.build().map_err(|error| configuration(format!("the request cannot be made: {error}")))
    }

    /// The request for an address that the board itself named.
    pub(crate) fn follow(&self, url: Url, stream: &Stream, form: &Request, place: &Place<'_>) -> Result<reqwest::Request, PullError> {
        let shape = Shape { method: form.method, accept: stream.answer.accept(), public: form.public };
        self.build(url, &shape, self.body(form, &[], place)?)
    }

    /// The second call for a record; `list` is where it was listed.
    pub(crate) fn detail(&self, detail: &Detail, public: bool, list: &Url, place: &Place<'_>) -> Result<reqwest::Request, PullError> {
        let path = self.fill_at(&detail.path, true, place)?;
        let wrong = |error: url::ParseError| configuration(format!("the address of {} is wrong: {error}", detail.key));
        let mut url = if path.contains("://") || !path.starts_with('/') {
            // The board's own link, relative to the page that it stands on.
            list.join(&path).map_err(wrong)?
        } else if detail.path.starts_with("{$") {
            list.join(&path).map_err(wrong)?
        } else {
            Url::parse(&format!("{}{path}", self.base)).map_err(wrong)?
        };
        if url.host_str() != list.host_str() || url.port_or_known_default() != list.port_or_known_default() {
            let host = url.host_str().unwrap_or_default();
            return Err(PullError::new(PullErrorKind::BadResponse, format!("a record links to another host ({host})"))
                .with_hint("credentials are never sent to another host; name that host in a connection of its own"));
        }
        url.set_fragment(None);
        let mut query = self.query(&detail.query, place)?;
        if let (Auth::Query { param, value }, false) = (&self.spec.auth, public) {
            query.push(Param::text(param, self.fill(value, false)?));
        }
        set_query(&mut url, &query);
        let body = match (&detail.body, detail.method) {
            (Some(body), _) => Some(self.filled_body(body, place)?),
            (None, Method::Post) => Some(serde_json::Map::new()),
            (None, Method::Get) => None,
        };
        self.build(url, &Shape { method: detail.method, accept: detail.answer.accept(), public }, body)
    }

    /// The request of an action; `place` knows the posting and the key.
    pub(crate) fn action(&self, refresh: &Refresh, place: &Place<'_>) -> Result<reqwest::Request, PullError> {
        let path = self.fill_at(&refresh.path, true, place)?;
        let wrong = |error| configuration(format!("the address of actions.refresh is wrong: {error}"));
        let mut url = Url::parse(&format!("{}{path}", self.base)).map_err(wrong)?;
        let mut query = self.query(&refresh.query, place)?;
        if let Auth::Query { param, value } = &self.spec.auth {
            query.push(Param::text(param, self.fill(value, false)?));
        }
        set_query(&mut url, &query);
        let method = match refresh.method {
            ActionMethod::Post => reqwest::Method::POST,
            ActionMethod::Put => reqwest::Method::PUT,
            ActionMethod::Patch => reqwest::Method::PATCH,
        };
        let mut headers: Vec<(&str, String)> = vec![(ACCEPT.as_str(), Answer::Json.accept().to_owned())];
        for (name, value) in self.spec.headers.iter().chain(&refresh.headers) {
            headers.push((name, self.fill_at(value, false, place)?));
        }
        if !refresh.names_key_header() {
            headers.push((IDEMPOTENCY_KEY, self.fill_at("{$key}", false, place)?));
        }
        let mut request = self.http.request(method, url);
        for (name, value) in headers {
            request = request.header(name, value);
        }
        let mut request = self.sign(request)?;
        if let Some(body) = &refresh.body {
            request = request.json(&self.filled_body(body, place)?);
        }
        request.build().map_err(|error| configuration(format!("the request cannot be made: {error}")))
    }

    /// Sends an action once; an answer of any status is one.
    pub(crate) async fn act(&self, request: reqwest::Request) -> Result<http::Answer, PullError> {
        self.http.act(request, &self.endpoint).await
    }

    /// Query parameters; one that comes out empty, because its param is not set, is left out.
    fn query(&self, texts: &BTreeMap<String, String>, place: &Place<'_>) -> Result<Vec<Param>, PullError> {
        let mut query = Vec::new();
        for (name, text) in texts {
            let value = self.fill_at(text, false, place)?;
            if !value.is_empty() || text.is_empty() {
                query.push(Param::text(name, value));
            }
        }
        Ok(query)
    }

    /// What an answer is written in, with the connection's values in its selectors.
    pub(crate) fn form<'f>(&self, answer: &'f Answer) -> Result<Cow<'f, Answer>, PullError> {
        if !answer.has_placeholders() {
            return Ok(Cow::Borrowed(answer));
        }
        let filled = answer.filled(|text| self.fill(text, false))?;
        let wrong = |error| configuration(format!("a selector of the connection's [params] cannot be used: {error}"));
        crate::answer::check_selectors(&filled).map_err(wrong)?;
        Ok(Cow::Owned(filled))
    }

    /// Params that records of a stream carry under `given`.
    pub(crate) fn given(&self, stream: &Stream) -> serde_json::Map<String, Value> {
        let named = stream.given.iter().filter(|name| !self.spec.secrets.contains_key(*name));
        let set = named.filter_map(|name| Some((name.clone(), Value::from(self.values.get(name)?.expose_secret()))));
        set.filter(|(_, value)| value != "").collect()
    }

    fn body(&self, form: &Request, params: &[&Param], place: &Place<'_>) -> Result<Option<serde_json::Map<String, Value>>, PullError> {
        if form.method == Method::Get {
            return Ok(None);
        }
        let mut fields = match &form.body {
            Some(body) => self.filled_body(body, place)?,
            None => serde_json::Map::new(),
        };
        fields.extend(place.body.clone());
        for param in params {
            let value = match param.value.parse::<u64>() {
                Ok(number) if param.number => Value::from(number),
                _ => Value::from(param.value.clone()),
            };
            fields.insert(param.name.clone(), value);
        }
        Ok(Some(fields))
    }

    fn filled_body(&self, body: &BTreeMap<String, Value>, place: &Place<'_>) -> Result<serde_json::Map<String, Value>, PullError> {
        body.iter().map(|(name, value)| Ok((name.clone(), self.filled_value(value, place)?))).collect()
    }

    fn filled_value(&self, value: &Value, place: &Place<'_>) -> Result<Value, PullError> {
        Ok(match value {
            Value::String(text) => Value::String(self.fill_at(text, false, place)?),
            Value::Array(list) => Value::Array(list.iter().map(|inner| self.filled_value(inner, place)).collect::<Result<_, _>>()?),
            Value::Object(map) => {
                let fields: Result<_, PullError> =
                    map.iter().map(|(name, inner)| Ok((name.clone(), self.filled_value(inner, place)?))).collect();
                Value::Object(fields?)
            }
            other => other.clone(),
        })
    }

    fn build(&self, url: Url, shape: &Shape, body: Option<serde_json::Map<String, Value>>) -> Result<reqwest::Request, PullError> {
        let method = match shape.method {
            Method::Get => reqwest::Method::GET,
            Method::Post => reqwest::Method::POST,
        };
        let mut request = self.http.request(method, url).header(ACCEPT, shape.accept);
        for (name, value) in &self.spec.headers {
            request = request.header(name, self.fill(value, false)?);
        }
        if !shape.public {
            request = self.sign(request)?;
        }
        if let Some(body) = body {
            request = request.json(&body);
        }
        request.build().map_err(|error| configuration(format!("the request cannot be made: {error}")))
    }

    /// The request for a token, when one is needed now.
    pub(crate) fn token_request(&self) -> Result<Option<reqwest::Request>, PullError> {
        let Auth::Token { url, form, json, basic, .. } = &self.spec.auth else { return Ok(None) };
        if self.token.as_ref().is_some_and(|(_, due)| due.is_none_or(|due| tokio::time::Instant::now() < due)) {
            return Ok(None);
        }
        let filled = self.fill(url, false)?;
        let address = if filled.contains("://") { filled } else { format!("{}{filled}", self.base) };
        let url = Url::parse(&address).map_err(|error| configuration(format!("the address of the token is wrong: {error}")))?;
        let fill_all = |fields: &BTreeMap<String, String>| -> Result<BTreeMap<String, String>, PullError> {
            fields.iter().map(|(name, text)| Ok((name.clone(), self.fill(text, false)?))).collect()
        };
        let mut request = self.http.request(reqwest::Method::POST, url).header(ACCEPT, "application/json");
        if let Some((user, password)) = basic {
            request = request.basic_auth(self.fill(user, false)?, Some(self.fill(password, false)?));
        }
        request = if json.is_empty() { request.form(&fill_all(form)?) } else { request.json(&fill_all(json)?) };
        request.build().map(Some).map_err(|error| configuration(format!("the request for a token cannot be made: {error}")))
    }

    /// Takes the token out of the board's answer.
    pub(crate) fn take_token(&mut self, answer: &Value) -> Result<(), PullError> {
        let Auth::Token { token, expires, .. } = &self.spec.auth else { return Ok(()) };
        let Some(text) = token.first(answer).and_then(crate::spec::scalar_text) else {
            let message = format!("the board gave no token (`{token}` is not in its answer)");
            return Err(PullError::new(PullErrorKind::Unauthorised, message)
                .with_hint("check [secrets] of the connection: the id or secret may be wrong or lack the right"));
        };
        let seconds = expires.as_ref().and_then(|path| path.first(answer)).and_then(crate::spec::scalar_text);
        // A minute early, so that no request is on its way when it ends.
        let lifetime = seconds.and_then(|text| text.parse::<u64>().ok()).map(|seconds| seconds.saturating_sub(60).max(1));
        let due = lifetime.map(|seconds| tokio::time::Instant::now() + std::time::Duration::from_secs(seconds));
        self.token = Some((SecretString::from(text), due));
        self.endpoint.redactor = Redactor::new(self.secrets());
        Ok(())
    }

    fn sign(&self, request: reqwest::RequestBuilder) -> Result<reqwest::RequestBuilder, PullError> {
        Ok(match &self.spec.auth {
            Auth::None | Auth::Query { .. } => request,
            Auth::Basic { user, password } => request.basic_auth(self.fill(user, false)?, Some(self.fill(password, false)?)),
            Auth::Bearer { token } => request.bearer_auth(self.fill(token, false)?),
            Auth::Token { .. } => match &self.token {
                Some((token, _)) => request.bearer_auth(token.expose_secret()),
                None => request,
            },
            Auth::Header { name, value } => {
                let wrong = |_| configuration("the credential holds characters that no header may hold");
                let header = HeaderName::try_from(name.as_str()).map_err(|_| configuration("the spec names no header"))?;
                let mut value = HeaderValue::try_from(self.fill(value, false)?).map_err(wrong)?;
                value.set_sensitive(true);
                request.header(header, value)
            }
        })
    }
}

/// How a request is sent.
struct Shape {
    method: Method,
    accept: &'static str,
    public: bool,
}

fn configuration(message: impl Into<String>) -> PullError {
    PullError::new(PullErrorKind::Configuration, message)
}

fn encode_segment(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>().replace('+', "%20")
}

/// Writes the query by hand: a token that is encoded already must not be encoded again.
fn set_query(url: &mut Url, params: &[Param]) {
    if params.is_empty() {
        return;
    }
    let encode = |text: &str| url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    // What an address that the board gave asks for already stays.
    let given = url.query().filter(|query| !query.is_empty()).map(str::to_owned);
    let pairs: Vec<String> = params
        .iter()
        .map(|param| {
            let value = if param.encoded { param.value.clone() } else { encode(&param.value) };
            format!("{}={value}", encode(&param.name))
        })
        .collect();
    let whole: Vec<String> = given.into_iter().chain(pairs).collect();
    url.set_query(Some(&whole.join("&")));
}
