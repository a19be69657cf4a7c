//! `Request`: how a board's list is asked for: address, paging, cursor, success tests.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

use super::answer::Answer;
use super::field::{When, one_or_many};
use super::path::Path;
use super::time::TimeFormat;

/// How a stream is asked for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Request {
    /// Path under the base URL; `{param}` is filled in.
    pub path: String,
    /// GET unless said otherwise.
    #[serde(default)]
    pub method: Method,
    /// Query parameters; values may hold `{param}`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub query: BTreeMap<String, String>,
    /// JSON body of a POST; paging and cursor go there too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<BTreeMap<String, Value>>,
    /// Params or secrets without which the stream is not pulled.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub needs: Vec<String>,
    /// Params or secrets with which the stream is not pulled (another stream takes its place).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unless: Vec<String>,
    /// Sent without credentials.
    #[serde(default, skip_serializing_if = "is_false")]
    pub public: bool,
    /// How the next page is asked for.
    #[serde(default)]
    pub paginate: Paginate,
    /// How only what changed is asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<Cursor>,
    /// Tests that an answer with status 200 must pass.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub success: Vec<Success>,
    /// Asked once for each entry of a reference list; `{each}` is the entry's value, and the entry stands
    /// under `parent` in every record.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub each: Option<Each>,
    /// A second call for each new or changed record.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub detail: Vec<Detail>,
    /// The board lists only so many: ask facet by facet beyond that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub split: Option<Split>,
}

/// One request for each entry of a reference list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Each {
    /// Name of a stream of kind `reference` that stands before.
    pub stream: String,
    /// Path in the entry; its id when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<Path>,
}

/// A second call for a record; its answer becomes part of the record. Records that the list shows
/// unchanged are not asked for again.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Detail {
    /// The key of the record under which the answer is put.
    #[serde(rename = "as")]
    pub key: String,
    /// Path under the base URL, or an address on the same host. `{$path}` is the record's own value,
    /// `{param}` the connection's.
    pub path: String,
    /// GET unless said otherwise.
    #[serde(default)]
    pub method: Method,
    /// Query parameters; values may hold both kinds of placeholders.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub query: BTreeMap<String, String>,
    /// JSON body of a POST; texts may hold both kinds of placeholders.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<BTreeMap<String, Value>>,
    /// Only for records of which this holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when: Option<When>,
    /// The list does not show what changed (it holds ids only): made for every listed record. Belongs beside a cursor.
    #[serde(default, skip_serializing_if = "is_false")]
    pub always: bool,
    /// The board answers 404, or says that it failed (`success`), for a record that has none: the record stays. Otherwise 404
    /// says that the record itself is gone.
    #[serde(default, skip_serializing_if = "is_false")]
    pub optional: bool,
    /// What the answer is written in.
    #[serde(default, skip_serializing_if = "Answer::is_json")]
    pub answer: Answer,
    /// Where in the answer the value stands; the whole answer when empty.
    #[serde(default, skip_serializing_if = "Path::is_empty")]
    pub record: Path,
    /// A record for which there is no such value is none: a link of a page that leads to no job.
    #[serde(default, skip_serializing_if = "is_false")]
    pub required: bool,
    /// Tests that an answer with status 200 must pass.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub success: Vec<Success>,
}

/// Asking facet by facet when a list is longer than the board shows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Split {
    /// Most records that one list shows.
    pub over: u64,
    /// Path of the number of all records.
    pub total: Path,
    /// Path of the list of facets in the answer.
    pub facets: Path,
    /// Path of a facet's parameter in a facet.
    pub name: Path,
    /// Path of the list of values in a facet.
    pub values: Path,
    /// Path of a value's id in a value.
    pub id: Path,
    /// Path of a value's number of records in a value.
    pub count: Path,
    /// Body field that takes `{parameter: [id]}`.
    pub into: String,
}

/// HTTP method of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Method {
    /// GET.
    #[default]
    Get,
    /// POST with a JSON body.
    Post,
}

/// How the next page is asked for.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Paginate {
    /// One answer holds everything.
    #[default]
    None,
    /// Skip so many records; ends with a page that is not full, or at `total`.
    Offset {
        /// Parameter that takes the number to skip.
        param: String,
        /// Parameter that takes the page size.
        #[serde(default)]
        limit_param: Option<String>,
        /// Page size.
        limit: u32,
        /// Path of the number of all records.
        #[serde(default)]
        total: Option<Path>,
    },
    /// Page numbers; ends with a page that is not full, or after `pages`.
    Page {
        /// Parameter that takes the page number; where the path or a query text has a placeholder of that name, it goes there.
        param: String,
        /// First page number.
        #[serde(default = "one")]
        start: u32,
        /// Parameter that takes the page size.
        #[serde(default)]
        limit_param: Option<String>,
        /// Page size.
        limit: u32,
        /// Path of the number of pages.
        #[serde(default)]
        pages: Option<Path>,
        /// Path of a flag that says that this is the last page; then its size says nothing.
        #[serde(default)]
        last: Option<Path>,
    },
    /// The answer carries a token for the next page; ends when it is absent, or `has_next` is false.
    Token {
        /// Parameter that takes the token.
        param: String,
        /// Path of the token in the answer.
        token: Path,
        /// Path of a flag that says whether there is more.
        #[serde(default)]
        has_next: Option<Path>,
        /// The token is percent-encoded already and must not be encoded again.
        #[serde(default)]
        encoded: bool,
        /// Parameter that takes the page size.
        #[serde(default)]
        limit_param: Option<String>,
        /// Page size.
        #[serde(default)]
        limit: Option<u32>,
    },
    /// The answer names the address of the next page, on the same host; ends when it is absent.
    Next {
        /// Path of the address.
        next: Path,
        /// Parameter that takes the page size, on the first request.
        #[serde(default)]
        limit_param: Option<String>,
        /// Page size.
        #[serde(default)]
        limit: Option<u32>,
    },
    /// The `Link` header names the next page (`rel="next"`), on the same host.
    Link {
        /// Parameter that takes the page size, on the first request.
        #[serde(default)]
        limit_param: Option<String>,
        /// Page size.
        #[serde(default)]
        limit: Option<u32>,
    },
}

fn one() -> u32 {
    1
}

/// Asking only for what changed. The cursor is the greatest of `fields` seen (never later than the
/// start of the pull), or that start itself when `fields` is empty.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cursor {
    /// Times of a record.
    #[serde(default, deserialize_with = "one_or_many")]
    pub fields: Vec<Path>,
    /// Parameter that takes the cursor.
    pub param: String,
    /// How the parameter is written; the stream's time format when absent.
    #[serde(default)]
    pub format: Option<TimeFormat>,
    /// Asked for again each time: boards fill in late and order loosely.
    #[serde(default, with = "span")]
    pub lookback: Duration,
    /// Instead of a time: path of a mark of the board's own in the last answer of a walk (`syncToken`), which is sent back
    /// next time. When the board takes it no longer, everything is asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<Path>,
    /// Value of the parameter on the first pull; the parameter is left out when absent.
    #[serde(default)]
    pub first: Option<String>,
}

/// A test of an answer with status 200.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Success {
    /// The value looked at.
    pub path: Path,
    /// What it must be.
    pub equals: Value,
    /// Where the board says what is wrong.
    #[serde(default)]
    pub message: Option<Path>,
    /// The flag may be absent.
    #[serde(default)]
    pub optional: bool,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature serde asks for")]
pub(super) fn is_false(flag: &bool) -> bool {
    !*flag
}

/// `90s`, `15m`, `2h`, `3d` as a duration.
pub(super) mod span {
    use super::{Deserialize, Deserializer, Duration, Serialize, Serializer};
    use serde::de::Error;

    pub(super) fn parse(text: &str) -> Option<Duration> {
        let (digits, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
        let number: u64 = digits.trim().parse().ok()?;
        let seconds = match unit {
            "s" => 1,
            "m" => 60,
            "h" => 3_600,
            "d" => 86_400,
            _ => return None,
        };
        Some(Duration::from_secs(number.checked_mul(seconds)?))
    }

    pub(in crate::spec) fn serialize<S: Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
        format!("{}s", duration.as_secs()).serialize(serializer)
    }

    pub(in crate::spec) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
        let text = String::deserialize(deserializer)?;
        parse(&text).ok_or_else(|| D::Error::custom(format!("{text:?} is not a span of time like 90s, 15m, 2h or 3d")))
    }
}
