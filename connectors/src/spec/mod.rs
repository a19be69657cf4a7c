//! The vocabulary of boards: one [`Spec`] per board (`specs/*.toml`), made of [`Stream`]s whose
//! [`Field`]s say which column comes from where. A mapping file of the `file` connector is one
//! `Stream`. There is no expression language: what these words cannot say needs a Rust hook.
//!
//! The engine reads requests, paging, cursors and identity from here; the pipeline reads fields
//! and events from landed lines with the same types.

mod action;
mod answer;
mod check;
mod columns;
mod event;
mod field;
mod iso;
mod path;
mod registry;
mod relative;
mod request;
mod sensitive;
mod sieve;
mod stream;
mod template;
mod time;
mod traits;
mod words;

use std::collections::BTreeMap;
use std::time::Duration;

use inflow_config::Stage;
use serde::{Deserialize, Serialize};

pub use action::{ActionMethod, Actions, ExpectedAnswer, Meaning, Refresh, RefreshLimits};
pub use answer::{Answer, HtmlCell};
pub(crate) use check::needed_columns;
pub use check::{SpecError, parse_mapping, parse_spec};
pub use columns::{ASSESSMENT_KINDS, Care, Column, DAILY_COUNTERS, FieldType, HEALTH_CERTIFICATE, Kind, SPEND_KINDS};
pub use event::{Event, StageWords, Unreadable};
pub use field::{Cell, Field, Lookup, Scope, When, shape};
pub use path::{Path, PathError, Step};
pub use registry::{FILE_CONNECTOR, MAILBOX_CONNECTOR, WEBHOOK_CONNECTOR, all, built_in, load_own, names, spec};
pub use request::{Cursor, Detail, Each, Method, Paginate, Request, Split, Success};
pub(crate) use sensitive::words_of;
pub use sensitive::{Sensitive, sensitive};
pub(crate) use sieve::Sieve;
pub use stream::{Encoding, EventMap, FileForm, FileFormat, IdentityPaths, Omit, Stream, Unchecked};
pub(crate) use stream::{VALUE, composite};
pub use template::Template;
pub use time::{Precision, TimeFormat, local_instant};
pub(crate) use traits::keep_lawful;
pub use words::{bool_of, currencies_of, decimal_of, scalar_text, unescape};

/// A board.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Spec {
    /// The word a connection names in `connector`.
    pub name: String,
    /// Its name for people.
    pub title: Title,
    /// The lawful way in that it uses.
    pub way_in: WayIn,
    /// Where the board documents it.
    pub docs: Vec<String>,
    /// Base URL; a connection may name another. May hold `{param}`. Empty for boards that are read from
    /// files only.
    #[serde(default)]
    pub base_url: String,
    /// What a connection sets under `[params]`.
    #[serde(default)]
    pub params: BTreeMap<String, Need>,
    /// What a connection sets under `[secrets]`.
    #[serde(default)]
    pub secrets: BTreeMap<String, Need>,
    /// At least one of these params or secrets must be set.
    #[serde(default)]
    pub any_of: Vec<String>,
    /// How requests are signed.
    #[serde(default)]
    pub auth: Auth,
    /// Headers of every request.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// Budget per host and credential; every window is kept. A connection may name another.
    #[serde(default)]
    pub budget: Vec<BudgetWindow>,
    /// Requests that may be on their way to it together, per host and credential.
    #[serde(default = "two")]
    pub concurrency: u32,
    /// The board's own headers about its budget.
    #[serde(default)]
    pub limit_headers: Option<LimitHeaders>,
    /// Stage words of the board.
    #[serde(default)]
    pub stages: BTreeMap<String, Stage>,
    /// What its API can be told to do.
    #[serde(default)]
    pub actions: Actions,
    /// Its lists, in the order pulled.
    #[serde(rename = "stream")]
    pub streams: Vec<Stream>,
}

fn two() -> u32 {
    2
}

/// A name in two languages.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Title {
    /// English.
    pub en: String,
    /// Chinese.
    pub zh: String,
}

/// The lawful ways in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WayIn {
    /// The board's API, with the company's own credential.
    OfficialApi,
    /// A feed that the board publishes for everyone.
    PublicFeed,
    /// A file that the company exports.
    Export,
    /// The company's own pages, as far as their robots.txt allows.
    OwnPages,
    /// The company's own mailbox.
    OwnMailbox,
    /// The board or system calls us, signed.
    Webhook,
}

impl WayIn {
    /// The word in specs.
    pub fn as_str(self) -> &'static str {
        match self {
            WayIn::OfficialApi => "official_api",
            WayIn::PublicFeed => "public_feed",
            WayIn::Export => "export",
            WayIn::OwnPages => "own_pages",
            WayIn::OwnMailbox => "own_mailbox",
            WayIn::Webhook => "webhook",
        }
    }
}

/// A param or secret of a connection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Need {
    /// What it is and where to find it, one line.
    pub about: String,
    /// Must be set.
    #[serde(default)]
    pub required: bool,
    /// Value when not set (params only).
    #[serde(default)]
    pub default: Option<String>,
}

/// How requests are signed. Texts may hold `{secret}`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Auth {
    /// Not at all.
    #[default]
    None,
    /// HTTP Basic.
    Basic {
        /// User name, often the key itself.
        user: String,
        /// Password, often empty.
        #[serde(default)]
        password: String,
    },
    /// `Authorization: Bearer ..`.
    Bearer {
        /// The token.
        token: String,
    },
    /// Another header.
    Header {
        /// Its name.
        name: String,
        /// Its value.
        value: String,
    },
    /// A query parameter.
    Query {
        /// Its name.
        param: String,
        /// Its value.
        value: String,
    },
    /// A token fetched with the credential first (OAuth client credentials and its kin), then sent as
    /// `Authorization: Bearer ..`.
    Token {
        /// Address of the token, whole or a path under the base URL.
        url: String,
        /// Form fields of the request.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        form: BTreeMap<String, String>,
        /// JSON fields of the request, instead of `form`.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        json: BTreeMap<String, String>,
        /// HTTP Basic of the request: user and password.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        basic: Option<(String, String)>,
        /// Where the token stands in the answer.
        token: Path,
        /// Where its lifetime in seconds stands.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        expires: Option<Path>,
    },
}

/// At most `requests` in any span of `per`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BudgetWindow {
    /// Number of requests.
    pub requests: u32,
    /// Length of the window.
    #[serde(with = "request::span")]
    pub per: Duration,
}

/// Headers in which a board says what is left of its budget.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LimitHeaders {
    /// Requests left in the window.
    pub remaining: String,
    /// When the window ends.
    pub reset: String,
    /// How `reset` is written.
    pub reset_as: ResetForm,
    /// Requests that it allows in a window: fewer than the spec says shrink the window.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<LimitHeader>,
}

/// A header that holds how many requests a window allows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LimitHeader {
    /// Its name.
    pub header: String,
    /// Length of that window.
    #[serde(with = "request::span")]
    pub per: Duration,
}

/// How a board writes the end of its window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ResetForm {
    /// Seconds from now.
    Seconds,
    /// Seconds since 1970.
    EpochS,
    /// Milliseconds since 1970.
    EpochMs,
}

impl Spec {
    /// The stream of that name.
    pub fn stream(&self, name: &str) -> Option<&Stream> {
        self.streams.iter().find(|stream| stream.name == name)
    }
}
