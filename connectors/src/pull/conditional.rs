//! Conditional requests: a list that one answer holds is asked for again only if it changed.

use reqwest::header::{ETAG, HeaderMap, HeaderValue, IF_MODIFIED_SINCE, IF_NONE_MATCH, LAST_MODIFIED};
use serde::{Deserialize, Serialize};

use super::PullContext;
use crate::error::PullError;
use crate::spec::{Paginate, Request, Stream};

/// What the board said of the list that was landed last. Kept like a cursor, and only after its rows are stored.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(crate) struct Validators {
    /// Hash of the words that the list was read with: with others it must be read again.
    spec: String,
    #[serde(default)]
    etag: Option<String>,
    #[serde(default)]
    modified: Option<String>,
}

/// The name under which they are kept.
fn key(stream: &Stream) -> String {
    format!("{}#validators", stream.name)
}

/// Whether a 304 says that everything is as it was: one request, no cursor.
pub(crate) fn applies(form: &Request) -> bool {
    matches!(form.paginate, Paginate::None) && form.cursor.is_none() && form.each.is_none() && form.split.is_none()
}

impl Validators {
    /// Those of the last list, if it was read with the same words.
    pub(crate) async fn stored(
        ctx: &PullContext<'_>,
        connection: &str,
        stream: &Stream,
        spec: &str,
    ) -> Result<Option<Validators>, PullError> {
        let text = ctx.state.cursor(connection, &key(stream)).await.map_err(|error| PullError::own(&error))?;
        let found: Option<Validators> = text.and_then(|text| serde_json::from_str(&text).ok());
        Ok(found.filter(|found| found.spec == spec))
    }

    /// Those of an answer; `None` when the board gives none.
    pub(crate) fn of(headers: &HeaderMap, spec: &str) -> Option<Validators> {
        let text = |name| headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok()).map(str::to_owned);
        let (etag, modified) = (text(ETAG), text(LAST_MODIFIED));
        (etag.is_some() || modified.is_some()).then(|| Validators { spec: spec.to_owned(), etag, modified })
    }

    /// Asks for the list only if it changed.
    pub(crate) fn put(&self, request: &mut reqwest::Request) {
        let pairs = [(IF_NONE_MATCH, &self.etag), (IF_MODIFIED_SINCE, &self.modified)];
        for (name, value) in pairs {
            if let Some(value) = value.as_deref().and_then(|value| HeaderValue::from_str(value).ok()) {
                request.headers_mut().insert(name, value);
            }
        }
    }

    /// Remembers them: the list is landed and stored.
    pub(crate) async fn commit(&self, ctx: &PullContext<'_>, connection: &str, stream: &Stream) -> Result<(), PullError> {
        let text = serde_json::to_string(self).unwrap_or_default();
        ctx.state.commit_cursor(connection, &key(stream), &text).await.map_err(|error| PullError::own(&error))
    }
}
