//! Where a request is made from: inside an `each`, for a record, within a facet.

use serde_json::{Map, Value};

use crate::error::{PullError, PullErrorKind};
use crate::spec::{Path, scalar_text};

/// Values that placeholders of a request may stand for beside the connection's own.
#[derive(Debug, Clone, Default)]
pub(crate) struct Place<'r> {
    /// `{each}`.
    pub(crate) each: Option<String>,
    /// The entry behind `{each}`.
    pub(crate) parent: Option<&'r Value>,
    /// The record behind `{$path}`.
    pub(crate) record: Option<&'r Value>,
    /// Whether the record's values are ids, which never stand for a path of their own in an address.
    pub(crate) ids: bool,
    /// More body fields: the facets asked for.
    pub(crate) body: Map<String, Value>,
}

impl Place<'_> {
    /// The value of a placeholder; `None` when it is the connection's to give.
    pub(crate) fn value(&self, name: &str) -> Result<Option<String>, PullError> {
        let missing = |what: String| {
            PullError::new(PullErrorKind::ChangedShape, what).with_hint("the board changed its format; the spec needs an update")
        };
        if name == "each" {
            return self
                .each
                .clone()
                .map(Some)
                .ok_or_else(|| missing("a list that is asked for each entry of another has none".to_owned()));
        }
        let Some(path) = name.strip_prefix('$') else { return Ok(None) };
        let path: Path = path.trim_start_matches('.').parse().map_err(|error| missing(format!("{error}")))?;
        let found = self.record.and_then(|record| path.first(record)).and_then(scalar_text);
        found.map(Some).ok_or_else(|| missing(format!("a record has no `{path}`, which its second call needs")))
    }
}
