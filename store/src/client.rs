//! The one way to ClickHouse: the official `clickhouse` crate over HTTP, to the endpoint or to a server.

use std::time::Instant;

use bytes::Bytes;
use clickhouse::error::Error;
use clickhouse::query::{BytesCursor, Query};
use clickhouse::{Client, Compression};
use futures::{Stream, stream};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Map, Value};
use url::Url;

use crate::error::StoreError;
use crate::sql::parameters;

/// A parameter `{name:Type}` of a statement: its name and its value as text.
///
/// The value of a `String`, `FixedString` or `Identifier` is the text itself. Of any other type it is what
/// ClickHouse reads for that type: `42`, `2026-01-31`, `['a','b']` (see [`array_literal`](crate::array_literal)).
pub type Param<'a> = (&'a str, String);

/// A user on one ClickHouse.
#[derive(Clone)]
pub struct Connection {
    client: Client,
    url: Url,
}

impl std::fmt::Debug for Connection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Connection").field("url", &self.url.as_str()).finish_non_exhaustive()
    }
}

impl Connection {
    /// A user with settings that go with every statement.
    pub fn new(url: &Url, user: Option<&str>, password: Option<&SecretString>, settings: &[(&str, &str)]) -> Self {
        // The way is short or the network is fast; packing would cost more than it saves.
        let mut client = Client::default().with_url(url.as_str()).with_compression(Compression::None);
        if let Some(user) = user {
            client = client.with_user(user);
        }
        if let Some(password) = password {
            client = client.with_password(password.expose_secret());
        }
        for (name, value) in settings {
            client = client.with_setting(*name, *value);
        }
        Connection { client, url: url.clone() }
    }

    /// Where it goes.
    pub fn url(&self) -> &Url {
        &self.url
    }

    /// The crate's client, for typed rows.
    pub fn client(&self) -> &Client {
        &self.client
    }

    fn query(&self, sql: &str, params: &[Param<'_>], settings: &[(&str, &str)]) -> Query {
        let types = parameters(sql.as_bytes());
        let mut query = self.client.query_raw(sql);
        for (name, value) in params {
            let text = types.iter().any(|(found, kind)| found == name && is_text(kind));
            let spelled = if text { escape_text(value) } else { value.clone() };
            query = query.with_setting(format!("param_{name}"), spelled);
        }
        settings.iter().fold(query, |query, (name, value)| query.with_setting(*name, *value))
    }

    /// Runs a statement without a result.
    pub async fn execute(&self, sql: &str, params: &[Param<'_>], settings: &[(&str, &str)]) -> Result<(), StoreError> {
        let started = Instant::now();
        let done = self.query(sql, params, settings).execute().await;
        took(sql, started);
        done.map_err(|error| self.failure(sql, error))
    }

    /// The whole result in a format.
    pub async fn bytes(&self, sql: &str, params: &[Param<'_>], format: &str, settings: &[(&str, &str)]) -> Result<Bytes, StoreError> {
        let started = Instant::now();
        let mut cursor = self.query(sql, params, settings).fetch_bytes(format).map_err(|error| self.failure(sql, error))?;
        let bytes = cursor.collect().await;
        took(sql, started);
        bytes.map_err(|error| self.failure(sql, error))
    }

    /// The result in a format, piece by piece.
    pub fn stream(
        &self,
        sql: &str,
        params: &[Param<'_>],
        format: &str,
        settings: &[(&str, &str)],
    ) -> Result<impl Stream<Item = Result<Bytes, StoreError>> + Send + use<>, StoreError> {
        let cursor = self.query(sql, params, settings).fetch_bytes(format).map_err(|error| self.failure(sql, error))?;
        let (what, started) = ((self.clone(), sql.to_owned()), Instant::now());
        Ok(stream::try_unfold((cursor, what), move |(mut cursor, what): (BytesCursor, (Connection, String))| async move {
            match cursor.next().await {
                Ok(Some(bytes)) => Ok(Some((bytes, (cursor, what)))),
                Ok(None) => {
                    took(&what.1, started);
                    Ok(None)
                }
                Err(error) => Err(what.0.failure(&what.1, error)),
            }
        }))
    }

    /// Rows as JSON objects.
    pub async fn rows(&self, sql: &str, params: &[Param<'_>], settings: &[(&str, &str)]) -> Result<Vec<Map<String, Value>>, StoreError> {
        let mut all = vec![("output_format_json_quote_64bit_integers", "0"), ("output_format_json_quote_decimals", "1")];
        all.extend_from_slice(settings);
        let bytes = self.bytes(sql, params, "JSONEachRow", &all).await?;
        serde_json::Deserializer::from_slice(&bytes)
            .into_iter()
            .collect::<Result<_, _>>()
            .map_err(|error| StoreError::Answer { what: summary(sql), message: error.to_string() })
    }

    /// Runs an INSERT that names its format, with these rows.
    pub async fn insert(&self, sql: &str, body: Bytes, settings: &[(&str, &str)]) -> Result<(), StoreError> {
        let insert = self.client.insert_formatted_with(sql.to_owned());
        let mut insert = settings.iter().fold(insert, |insert, (name, value)| insert.with_setting(*name, *value));
        insert.send(body).await.map_err(|error| self.failure(sql, error))?;
        insert.end().await.map_err(|error| self.failure(sql, error))
    }

    fn failure(&self, sql: &str, error: Error) -> StoreError {
        match error {
            Error::BadResponse(text) => {
                let code = crate::endpoint::code_of(&text).unwrap_or(0);
                StoreError::Query { what: summary(sql), code, message: text }
            }
            Error::Network(source) => StoreError::Network { url: self.url.clone(), message: innermost(source.as_ref()) },
            Error::TimedOut => StoreError::Network { url: self.url.clone(), message: "no answer in time".to_owned() },
            other => StoreError::Answer { what: summary(sql), message: other.to_string() },
        }
    }
}

/// What a statement took, for whoever looks for where the time of an analysis goes.
pub(crate) fn took(sql: &str, started: Instant) {
    tracing::trace!(ms = started.elapsed().as_secs_f64() * 1e3, "{}", summary(sql));
}

fn is_text(kind: &str) -> bool {
    let inner = kind.strip_prefix("LowCardinality(").or_else(|| kind.strip_prefix("Nullable(")).unwrap_or(kind);
    inner.starts_with("String") || inner.starts_with("FixedString") || inner.starts_with("Identifier")
}

/// Values come to the engine in the escaped form of TabSeparated.
fn escape_text(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '\\' => escaped.push_str("\\\\"),
            '\t' => escaped.push_str("\\t"),
            '\n' => escaped.push_str("\\n"),
            '\r' => escaped.push_str("\\r"),
            '\0' => escaped.push_str("\\0"),
            other => escaped.push(other),
        }
    }
    escaped
}

/// The first words of a statement, for messages.
pub(crate) fn summary(sql: &str) -> String {
    let words: Vec<&str> = sql.split_whitespace().take(8).collect();
    let short: String = words.join(" ").chars().take(80).collect();
    format!("\u{201c}{short}\u{2026}\u{201d}")
}

fn innermost(error: &(dyn std::error::Error + 'static)) -> String {
    let mut current = error;
    while let Some(source) = current.source() {
        current = source;
    }
    current.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_text_parameters_are_escaped() {
        for (kind, text) in
            [("String", true), ("LowCardinality(String)", true), ("Nullable(String)", true), ("Array(String)", false), ("Date", false)]
        {
            assert_eq!(is_text(kind), text, "{kind}");
        }
        assert_eq!(escape_text("a\\b\t\u{4e2d}\n'"), "a\\\\b\\t\u{4e2d}\\n'");
    }
}
