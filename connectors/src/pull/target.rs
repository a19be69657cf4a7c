//! A connection's way to its board: base URL, values for placeholders, credentials, budget.

use std::collections::BTreeMap;
use std::sync::Arc;

use inflow_config::{Config, Connection, Explain};
use reqwest::header::{ACCEPT, HeaderName, HeaderValue};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use url::Url;

use crate::error::{PullError, PullErrorKind};
use crate::http::{Budget, Endpoint, Http};
use crate::spec::{Auth, BudgetWindow, Method, Request, Spec, Stream};

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
}

pub(crate) struct Target<'a> {
    pub(crate) spec: &'static Spec,
    http: &'a Http,
    values: BTreeMap<String, SecretString>,
    base: String,
    pub(crate) endpoint: Endpoint,
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
        let endpoint =
            Endpoint { connection: connection.name.clone(), budget: Arc::new(Budget::new(&[], 1)), limits: spec.limit_headers.clone() };
        let mut target = Target { spec, http, values, base: String::new(), endpoint };
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
        Ok(target)
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
        }
    }

    fn fill_if_known(&self, text: &str) -> String {
        self.fill(text, false).unwrap_or_default()
    }

    /// Replaces `{name}`; in URLs the value is percent-encoded.
    fn fill(&self, text: &str, in_url: bool) -> Result<String, PullError> {
        let mut filled = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('{') {
            let (name, tail) = after.split_once('}').unwrap_or((after, ""));
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
    pub(crate) fn request(&self, stream: &Stream, form: &Request, params: &[Param]) -> Result<reqwest::Request, PullError> {
        let path = self.fill(&form.path, true)?;
        let mut url = Url::parse(&format!("{}{path}", self.base))
            .map_err(|error| configuration(format!("the address of {} is wrong: {error}", stream.name)))?;
        let mut query = Vec::new();
        for (name, value) in &form.query {
            query.push(Param::text(name, self.fill(value, false)?));
        }
        if let (Auth::Query { param, value }, false) = (&self.spec.auth, form.public) {
            query.push(Param::text(param, self.fill(value, false)?));
        }
        let (in_query, in_body) = if form.method == Method::Post { (&[][..], params) } else { (params, &[][..]) };
        query.extend(in_query.iter().cloned());
        set_query(&mut url, &query);
        self.build(url, form, in_body)
    }

    /// The request for an address that the board itself named.
    pub(crate) fn follow(&self, url: Url, form: &Request) -> Result<reqwest::Request, PullError> {
        self.build(url, form, &[])
    }

    fn build(&self, url: Url, form: &Request, body: &[Param]) -> Result<reqwest::Request, PullError> {
        let method = match form.method {
            Method::Get => reqwest::Method::GET,
            Method::Post => reqwest::Method::POST,
        };
        let mut request = self.http.request(method, url).header(ACCEPT, "application/json");
        for (name, value) in &self.spec.headers {
            request = request.header(name, self.fill(value, false)?);
        }
        if !form.public {
            request = self.sign(request)?;
        }
        if form.method == Method::Post {
            let mut fields = form.body.clone().unwrap_or_default();
            for param in body {
                let value = match param.value.parse::<u64>() {
                    Ok(number) if param.number => Value::from(number),
                    _ => Value::from(param.value.clone()),
                };
                fields.insert(param.name.clone(), value);
            }
            request = request.json(&fields);
        }
        request.build().map_err(|error| configuration(format!("the request cannot be made: {error}")))
    }

    fn sign(&self, request: reqwest::RequestBuilder) -> Result<reqwest::RequestBuilder, PullError> {
        Ok(match &self.spec.auth {
            Auth::None | Auth::Query { .. } => request,
            Auth::Basic { user, password } => request.basic_auth(self.fill(user, false)?, Some(self.fill(password, false)?)),
            Auth::Bearer { token } => request.bearer_auth(self.fill(token, false)?),
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
    let pairs: Vec<String> = params
        .iter()
        .map(|param| {
            let value = if param.encoded { param.value.clone() } else { encode(&param.value) };
            format!("{}={value}", encode(&param.name))
        })
        .collect();
    url.set_query(Some(&pairs.join("&")));
}
