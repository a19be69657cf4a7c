//! `connections/NAME.toml`: one configured use of a connector.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::str::FromStr;

use chrono_tz::Tz;
use serde::{Deserialize, Serialize};
use url::Url;

use crate::places::Places;
use crate::problem::{Bad, Problem};
use crate::quantity::Window;
use crate::reader::Section;
use crate::schedule::Cron;
use crate::secret::SecretRef;
use crate::stage::Stage;
use crate::values::{boolean, from_str, http_url, one_of, words, zone};

/// One configured use of a connector: account, schedule, rate budget, zone.
#[derive(Debug, Clone, PartialEq, Serialize, schemars::JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Connection {
    /// The file's name without `.toml`.
    #[schemars(skip)]
    pub name: String,
    /// Protocol of the board or system: greenhouse, lever, moka, file.
    pub connector: String,
    /// Whether it is pulled.
    #[schemars(default = "yes")]
    pub enabled: bool,
    /// The one channel it feeds.
    #[schemars(default)]
    pub channel: Option<String>,
    /// The board's own words for its sources, and the channel each one is. The ids and names of
    /// channels need not be listed.
    #[schemars(default)]
    pub source_map: BTreeMap<String, String>,
    /// When it is pulled; absent: only when asked for.
    #[schemars(default)]
    pub schedule: Option<Cron>,
    /// What happens to due times that passed while nothing ran; absent: once.
    #[schemars(default)]
    pub catch_up: CatchUp,
    /// IANA zone of the schedule and of times without one; absent: the channel's, then the company's.
    #[schemars(default, with = "Option<String>")]
    pub timezone: Option<Tz>,
    /// Address of the API; absent: the connector's.
    #[schemars(default)]
    pub base_url: Option<Url>,
    /// What the connector needs to know, such as `site` or `board_token`.
    #[schemars(default)]
    pub params: BTreeMap<String, String>,
    /// Credentials, such as `api_key`.
    #[schemars(default)]
    pub secrets: BTreeMap<String, SecretRef>,
    /// Requests allowed, all windows at once; absent: the connector's.
    #[schemars(default)]
    pub budget: Vec<Window>,
    /// The company's own stage words, over the connector's.
    #[schemars(default)]
    pub stages: BTreeMap<String, Stage>,
    /// Store of rows that name none.
    #[schemars(default)]
    pub store: Option<String>,
    /// Department of rows that name none.
    #[schemars(default)]
    pub department: Option<String>,
    /// A file, folder or glob whose files are read, relative to `inflow.toml`: by the mapping of
    /// connector = "file", or by the file streams of another connector.
    #[schemars(default)]
    pub path: Option<PathBuf>,
    /// With a `path`: whether the daemon takes new and changed files within seconds, beside its
    /// schedule.
    #[schemars(default)]
    pub watch: bool,
    /// For connector = "file": how its columns are read; for "mailbox": a template file of your own. Relative to
    /// `inflow.toml`.
    #[schemars(default)]
    pub mapping: Option<PathBuf>,
    /// For connector = "file": what it holds (postings, applications, events, spend).
    #[schemars(default)]
    pub kind: Option<String>,
    /// Where its keys stand in the file.
    #[serde(skip)]
    #[schemars(skip)]
    pub places: Places,
}

/// What happens to due times that passed while nothing ran.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CatchUp {
    /// One pull at the start for all of them.
    #[default]
    Once,
    /// None: the next due time is the next pull. For boards that may be asked at certain hours only.
    Skip,
}

impl CatchUp {
    /// The word used in the file.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Once => "once",
            Self::Skip => "skip",
        }
    }
}

impl FromStr for CatchUp {
    type Err = Bad;

    fn from_str(text: &str) -> Result<Self, Bad> {
        one_of("catch_up", text, [Self::Once, Self::Skip], Self::as_str)
    }
}

fn yes() -> bool {
    true
}

impl Connection {
    /// An enabled connection with nothing but a name and a connector.
    pub fn new(name: impl Into<String>, connector: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            connector: connector.into(),
            enabled: true,
            channel: None,
            source_map: BTreeMap::new(),
            schedule: None,
            catch_up: CatchUp::Once,
            timezone: None,
            base_url: None,
            params: BTreeMap::new(),
            secrets: BTreeMap::new(),
            budget: Vec::new(),
            stages: BTreeMap::new(),
            store: None,
            department: None,
            path: None,
            watch: false,
            mapping: None,
            kind: None,
            places: Places::default(),
        }
    }

    /// A problem with one of its keys (`connector`, `params.site`), with file and line.
    ///
    /// Which connectors exist, and which params and secrets they need, the connectors know and
    /// check; they report what is wrong with this.
    pub fn problem(&self, key: &str, message: impl Into<String>) -> Problem {
        self.places.problem(key, message)
    }

    pub(crate) fn read(section: &mut Section<'_>, name: &str) -> Self {
        let connection = Self {
            name: name.to_owned(),
            connector: section.required("connector", String::new(), words),
            enabled: section.optional("enabled", boolean).unwrap_or(true),
            channel: section.optional("channel", words),
            source_map: section.map("source_map", words),
            schedule: section.optional("schedule", from_str),
            catch_up: section.optional("catch_up", from_str).unwrap_or_default(),
            timezone: section.optional("timezone", zone),
            base_url: section.optional("base_url", http_url),
            params: section.map("params", words),
            secrets: section.map("secrets", from_str),
            budget: section.sections("budget", Window::read),
            stages: section.map("stages", from_str),
            store: section.optional("store", words),
            department: section.optional("department", words),
            path: section.optional("path", words).map(PathBuf::from),
            watch: section.optional("watch", boolean).unwrap_or(false),
            mapping: section.optional("mapping", words).map(PathBuf::from),
            kind: section.optional("kind", words),
            places: Places::default(),
        };
        if section.has("catch_up") && !section.has("schedule") {
            section.complain("catch_up", Bad::new("there is no `schedule` whose due times could be missed"));
        }
        if connection.watch && !section.has("path") {
            section.complain("watch", Bad::new("there is no `path` whose files could be watched"));
        }
        // Rows of a file can name their channels themselves; so does mail.
        let named_by_rows = matches!(connection.connector.as_str(), "file" | "mailbox" | "webhook") || connection.path.is_some();
        if !section.has("channel") && !section.has("source_map") && !named_by_rows {
            let bad = Bad::new("missing, and there is no [source_map] either")
                .hint(Some("name the one channel it feeds, or map the board's sources to channels".to_owned()));
            section.complain("channel", bad);
        }
        connection
    }
}
