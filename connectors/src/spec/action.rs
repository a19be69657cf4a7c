//! `Actions`: what a board lets the company do by its API, said as declaratively as its lists.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::check::{Found, placeholder_names};
use super::path::Path;
use super::request::span;

/// What a board's API can be told to do.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Actions {
    /// Brings a posting that is there up again. It never publishes another one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refresh: Option<Refresh>,
}

/// How a posting is refreshed. Texts may hold `{param}`, `{secret}`, `{$posting}` (the posting's id at the board) and `{$key}` (the idempotency key:
/// the same for every call of one refresh, another for any other).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Refresh {
    /// Path under the base URL.
    pub path: String,
    /// POST unless said otherwise.
    #[serde(default)]
    pub method: ActionMethod,
    /// Query parameters.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub query: BTreeMap<String, String>,
    /// Further headers. Without one that holds `{$key}` the key goes in `Idempotency-Key`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub headers: BTreeMap<String, String>,
    /// JSON body.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<BTreeMap<String, Value>>,
    /// What the board allows, whatever `reposts.toml` says.
    #[serde(default, skip_serializing_if = "RefreshLimits::is_none")]
    pub limits: RefreshLimits,
    /// What its answers mean: the first that fits. Status 408, 425, 429 and those of 500 up mean, unless listed, that the call is to be made again under
    /// the same key; any other answer that is not listed is a refusal.
    pub answers: Vec<ExpectedAnswer>,
}

/// HTTP method of an action: one that changes something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum ActionMethod {
    /// POST.
    #[default]
    Post,
    /// PUT.
    Put,
    /// PATCH.
    Patch,
}

/// Limits of the board.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RefreshLimits {
    /// Refreshes of one account in a local day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub per_day: Option<u32>,
    /// Time between two refreshes of one posting.
    #[serde(default, with = "span")]
    pub rest: Duration,
}

impl RefreshLimits {
    fn is_none(&self) -> bool {
        *self == Self::default()
    }
}

/// An answer that the board is known to give.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExpectedAnswer {
    /// What it means.
    pub means: Meaning,
    /// HTTP status; any when empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub status: Vec<u16>,
    /// A value in its JSON.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<Path>,
    /// What that value is; one that is there, whatever it is, when empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub is: Vec<Value>,
}

/// What an answer means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Meaning {
    /// The posting was refreshed.
    Done,
    /// It had been, under this key.
    Already,
    /// The account or the board's rules do not allow it.
    NotAllowed,
    /// There is no such posting any more.
    Gone,
    /// The account has no refresh left.
    QuotaSpent,
}

impl Meaning {
    /// The word in specs, in the answers of webhooks and in the audit.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Already => "already",
            Self::NotAllowed => "not_allowed",
            Self::Gone => "gone",
            Self::QuotaSpent => "quota_spent",
        }
    }

    /// The meaning of a word.
    pub fn of(word: &str) -> Option<Self> {
        [Self::Done, Self::Already, Self::NotAllowed, Self::Gone, Self::QuotaSpent].into_iter().find(|one| one.as_str() == word)
    }
}

impl ExpectedAnswer {
    /// Whether an answer is this one; `body` is null where it is not JSON.
    pub fn fits(&self, status: u16, body: &Value) -> bool {
        let Some(path) = &self.path else { return self.status.contains(&status) };
        let found = path.first(body);
        (self.status.is_empty() || self.status.contains(&status))
            && found.is_some_and(|value| !value.is_null() && (self.is.is_empty() || self.is.contains(value)))
    }
}

impl Refresh {
    /// Whether the key goes in a header of the spec's own.
    pub(crate) fn names_key_header(&self) -> bool {
        self.headers.values().any(|text| placeholder_names(text).any(|name| name == "$key"))
    }

    /// What an answer means; `None` where the spec does not list it.
    pub fn meaning(&self, status: u16, body: &Value) -> Option<Meaning> {
        self.answers.iter().find(|answer| answer.fits(status, body)).map(|answer| answer.means)
    }

    /// What serde cannot see.
    pub(super) fn check(&self, known: &BTreeSet<&str>, found: &mut Found) {
        let key = |part: &str| format!("actions.refresh.{part}");
        let mut known = known.clone();
        known.extend(["$posting", "$key"]);
        let mut names_posting = false;
        let mut look = |text: &str, part: &str, found: &mut Found| {
            for name in placeholder_names(text) {
                names_posting |= name == "$posting";
                if !known.contains(name) {
                    found.add(&key(part), format!("{name} is no param or secret of this board, and neither $posting nor $key"));
                }
            }
        };
        look(&self.path, "path", found);
        for (name, text) in &self.query {
            look(text, &format!("query.{name}"), found);
        }
        for (name, text) in &self.headers {
            look(text, &format!("headers.{name}"), found);
            if reqwest::header::HeaderName::try_from(name.as_str()).is_err() {
                found.add(&key("headers"), format!("{name:?} is not the name of a header"));
            }
        }
        let mut texts = Vec::new();
        for (name, value) in self.body.iter().flatten() {
            texts_of(value, &mut texts);
            for text in std::mem::take(&mut texts) {
                look(text, &format!("body.{name}"), found);
            }
        }
        if !names_posting {
            found.add("actions.refresh", "nothing in it says which posting: {$posting} belongs into path, query or body");
        }
        if !self.path.starts_with('/') {
            found.add(&key("path"), "begins with / and goes on from base_url");
        }
        if self.limits.per_day == Some(0) {
            found.add(&key("limits.per_day"), "is at least 1");
        }
        for answer in &self.answers {
            if answer.status.is_empty() && answer.path.is_none() {
                found.add(&key("answers"), format!("{} needs `status` or `path`: it would fit every answer", answer.means.as_str()));
            }
            if answer.path.is_none() && !answer.is.is_empty() {
                found.add(&key("answers"), "`is` needs the `path` of the value that it speaks of");
            }
            if let Some(status) = answer.status.iter().find(|status| !(200..=599).contains(*status) || (300..=399).contains(*status)) {
                found.add(&key("answers"), format!("{status} is no status of an answer: redirects are not followed"));
            }
        }
        if !self.answers.iter().any(|answer| answer.means == Meaning::Done) {
            found.add(&key("answers"), "at least one means done");
        }
    }
}

fn texts_of<'v>(value: &'v Value, texts: &mut Vec<&'v str>) {
    match value {
        Value::String(text) => texts.push(text),
        Value::Array(list) => list.iter().for_each(|inner| texts_of(inner, texts)),
        Value::Object(map) => map.values().for_each(|inner| texts_of(inner, texts)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use serde_json::json;

    use super::*;
    use crate::spec::parse_spec;

    const BOARD: &str = "name = \"kite\"\ntitle = { en = \"K\", zh = \"K\" }\nway_in = \"official_api\"\ndocs = []\nbase_url = \"https://kite.example\"\n\
        budget = [{ requests = 1, per = \"1s\" }]\n[[stream]]\nname = \"jobs\"\nkind = \"postings\"\nid = \"no\"\nfields.title = \"t\"\n\
        [stream.request]\npath = \"/jobs\"\n[actions.refresh]\n";

    fn refresh(text: &str) -> Result<Refresh, String> {
        parse_spec(&format!("{BOARD}{text}\n"), "kite.toml").map(|spec| spec.actions.refresh.unwrap()).map_err(|error| error.to_string())
    }

    #[rstest]
    #[case("path = \"/jobs/{$posting}/up\"", "missing field `answers`")]
    #[case("path = \"/jobs/{$posting}/up\"\nanswers = []", "actions.refresh.answers: at least one means done")]
    #[case("path = \"/up\"\nanswers = [{ means = \"done\", status = [200] }]", "actions.refresh: nothing in it says which posting")]
    #[case("path = \"/{$posting}\"\nmethod = \"GET\"\nanswers = []", "unknown variant `GET`")]
    #[case(
        "path = \"/{$posting}/{shop}\"\nanswers = [{ means = \"done\", status = [200] }]",
        "actions.refresh.path: shop is no param or secret of this board, and neither $posting nor $key"
    )]
    #[case("path = \"/{$posting}\"\nanswers = [{ means = \"done\" }]", "done needs `status` or `path`: it would fit every answer")]
    #[case("path = \"/{$posting}\"\nanswers = [{ means = \"done\", status = [302] }]", "302 is no status of an answer")]
    #[case("path = \"/{$posting}\"\nanswers = [{ means = \"fine\", status = [200] }]", "unknown variant `fine`")]
    #[case(
        "path = \"/{$posting}\"\nbody = { why = { text = \"{$reason}\" } }\nanswers = [{ means = \"done\", status = [200] }]",
        "actions.refresh.body.why: $reason is no param"
    )]
    #[case("path = \"/{$posting}\"\nlimits = { per_day = 0 }\nanswers = [{ means = \"done\", status = [200] }]", "per_day: is at least 1")]
    fn what_cannot_be_a_refresh_is_refused(#[case] text: &str, #[case] expected: &str) {
        let error = refresh(text).unwrap_err();
        assert!(error.contains(expected), "{error}\nshould contain: {expected}");
    }

    #[test]
    fn the_first_answer_that_fits_says_what_it_means() {
        let refresh = refresh(
            "path = \"/jobs/{$posting}/up\"\nlimits = { per_day = 3, rest = \"1d\" }\nanswers = [\n\
             { means = \"quota_spent\", status = [200], path = \"code\", is = [7, \"spent\"] }, { means = \"done\", status = [200, 204] },\n\
             { means = \"already\", path = \"error.since\" }, { means = \"gone\", status = [404, 410] }]",
        )
        .unwrap();
        assert_eq!((refresh.limits.per_day, refresh.limits.rest), (Some(3), Duration::from_hours(24)));
        assert!(!refresh.names_key_header());
        let means = |status, body| refresh.meaning(status, &body);
        assert_eq!(means(200, json!({"code": "spent"})), Some(Meaning::QuotaSpent));
        assert_eq!(means(200, json!({"code": 0})), Some(Meaning::Done));
        assert_eq!(means(204, Value::Null), Some(Meaning::Done));
        assert_eq!(means(409, json!({"error": {"since": "09:00"}})), Some(Meaning::Already));
        assert_eq!(means(409, json!({"error": {"since": null}})), None);
        assert_eq!(means(410, Value::Null), Some(Meaning::Gone));
        for meaning in [Meaning::Done, Meaning::Already, Meaning::NotAllowed, Meaning::Gone, Meaning::QuotaSpent] {
            assert_eq!(Meaning::of(meaning.as_str()), Some(meaning));
        }
    }
}
