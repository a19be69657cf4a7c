//! `inflow.toml`: what holds for the whole company and machine.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;

use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;
use rust_decimal::Decimal;
use serde::Serialize;
use url::Url;

use crate::advice::{DemandSettings, RecommendationSettings};
use crate::family;
use crate::feed::Feed;
use crate::http::HttpSettings;
use crate::money::Currency;
use crate::problem::Bad;
use crate::quantity::{SizeText, parse_bytes, size_text};
use crate::reader::Section;
use crate::secret::SecretRef;
use crate::sources::Sources;
use crate::values::{above_zero, address, boolean, day, decimal, from_str, http_url, instant, parsed, whole, words, zone};

/// `inflow.toml`.
#[derive(Debug, Clone, PartialEq, Default, Serialize, schemars::JsonSchema)]
#[schemars(deny_unknown_fields, default)]
pub struct Settings {
    /// Whose recruiting this is.
    pub company: Company,
    /// Where the data is kept.
    pub store: StoreSettings,
    /// Addresses that are served.
    pub serve: Serve,
    /// Keys under which candidates' identities are digested.
    pub identity: Identity,
    /// What connectors put on disk before it is stored.
    pub landing: Landing,
    /// How boards are reached from this machine.
    pub http: HttpSettings,
    /// A clock that stands still, for tests and the demo.
    pub clock: ClockSettings,
    /// Which channel a hire officially came from.
    pub sources: Sources,
    /// Families of jobs in reports, each with words of their titles: `sales = ["销售", "导购"]`. Of several words in a title the longest decides;
    /// case does not matter, Latin words are whole words. A title without any stays a family of its own.
    pub job_families: BTreeMap<String, Vec<String>>,
    /// Scores of applications from past outcomes.
    pub recommendation: RecommendationSettings,
    /// From business to hires, applications and budget.
    pub demand: DemandSettings,
    /// The company's own openings, for job search sites.
    pub feed: Feed,
    /// A csv file with more rates: columns currency, from and rate, or 币种, 日期 and 汇率. Relative to this file.
    pub rates_file: Option<PathBuf>,
    /// Exchange rates of foreign currencies, each from a day on.
    // Once loaded, with those of `rates_file`.
    pub rates: Vec<Rate>,
}

/// Whose recruiting this is.
#[derive(Debug, Clone, PartialEq, Serialize, schemars::JsonSchema)]
#[schemars(deny_unknown_fields, default)]
pub struct Company {
    /// Name shown on the page and in reports.
    pub name: String,
    /// IANA zone in which days and hours are cut unless a channel or connection has its own.
    #[schemars(with = "String")]
    pub timezone: Tz,
    /// Base currency of costs.
    pub currency: Currency,
    /// ISO 3166 code of the country, the default region of phone numbers.
    #[schemars(regex(pattern = "^[A-Z]{2}$"))]
    pub country: String,
}

impl Default for Company {
    fn default() -> Self {
        Self { name: String::new(), timezone: Tz::Asia__Shanghai, currency: Currency::CNY, country: "CN".to_owned() }
    }
}

/// Where the data is kept.
#[derive(Debug, Clone, PartialEq, Serialize, schemars::JsonSchema)]
#[schemars(deny_unknown_fields, default)]
pub struct StoreSettings {
    /// A ClickHouse server, `http://host:8123`; absent: the embedded engine.
    pub url: Option<Url>,
    /// User on that server.
    pub user: Option<String>,
    /// Password on that server.
    pub password: Option<SecretRef>,
    /// Cluster on that server on which tables are made.
    pub cluster: Option<String>,
    /// Folder of the downloaded engine; absent: the user's cache folder.
    pub cache_dir: Option<PathBuf>,
    /// Memory the engine may use, in bytes.
    #[serde(serialize_with = "size_text")]
    #[schemars(with = "SizeText")]
    pub max_memory: u64,
    /// Threads the engine may use; absent: one for each processor.
    #[schemars(range(min = 1, max = 1024))]
    pub threads: Option<u32>,
    /// Memory for answers that are kept for readers of the ClickHouse endpoint until something is written; 0 B keeps none.
    #[serde(serialize_with = "size_text")]
    #[schemars(with = "SizeText")]
    pub result_cache: u64,
}

impl Default for StoreSettings {
    fn default() -> Self {
        Self {
            url: None,
            user: None,
            password: None,
            cluster: None,
            cache_dir: None,
            max_memory: 800 << 20,
            threads: None,
            result_cache: 64 << 20,
        }
    }
}

/// Addresses that are served.
#[derive(Debug, Clone, PartialEq, Serialize, schemars::JsonSchema)]
#[schemars(deny_unknown_fields, default)]
pub struct Serve {
    /// Page and API.
    #[schemars(with = "String")]
    pub page: SocketAddr,
    /// ClickHouse endpoint.
    #[schemars(with = "String")]
    pub clickhouse: SocketAddr,
    /// Whether a proxy that speaks TLS stands in front; needed for any address but loopback. Page and API then ask everybody for a token.
    pub behind_proxy: bool,
    /// Password of the user `reader` of the ClickHouse endpoint; needed for any address of it but loopback. Page and API then ask everybody
    /// for a token, on loopback too.
    pub reader_password: Option<SecretRef>,
}

impl Serve {
    /// Whether page and API ask everybody who it is: behind a proxy, and where this machine is not trusted as a whole, since readers of the
    /// ClickHouse endpoint have a password.
    pub fn asks_for_tokens(&self) -> bool {
        self.behind_proxy || self.reader_password.is_some()
    }
}

impl Default for Serve {
    fn default() -> Self {
        Self {
            page: SocketAddr::from(([127, 0, 0, 1], 8080)),
            clickhouse: SocketAddr::from(([127, 0, 0, 1], 8123)),
            behind_proxy: false,
            reader_password: None,
        }
    }
}

/// Keys under which candidates' identities are digested. They live outside the data folder, so
/// that a copy of the data holds no way back to a person.
#[derive(Debug, Clone, PartialEq, Serialize, schemars::JsonSchema)]
#[schemars(deny_unknown_fields, default)]
pub struct Identity {
    /// Key of the digests.
    pub key: SecretRef,
    /// Key of the tombstones of erased persons.
    pub erase_key: SecretRef,
}

impl Default for Identity {
    fn default() -> Self {
        Self { key: SecretRef::file("~/.config/inflow/identity.key"), erase_key: SecretRef::file("~/.config/inflow/erase.key") }
    }
}

/// What connectors put on disk before it is stored.
#[derive(Debug, Clone, PartialEq, Serialize, schemars::JsonSchema)]
#[schemars(deny_unknown_fields, default)]
pub struct Landing {
    /// Records in one segment at most.
    #[schemars(range(min = 1, max = 1_000_000))]
    pub segment_records: usize,
}

impl Default for Landing {
    fn default() -> Self {
        Self { segment_records: 50_000 }
    }
}

/// A clock that stands still, for tests and the demo.
#[derive(Debug, Clone, PartialEq, Default, Serialize, schemars::JsonSchema)]
#[schemars(deny_unknown_fields, default)]
pub struct ClockSettings {
    /// The instant it shows.
    pub fixed: Option<DateTime<Utc>>,
}

/// An exchange rate from a day on, until the next one of the same currency.
#[derive(Debug, Clone, PartialEq, Serialize, schemars::JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Rate {
    /// The foreign currency.
    pub currency: Currency,
    /// First day on which it holds.
    pub from: NaiveDate,
    /// Units of the base currency for one unit of the foreign one.
    #[schemars(with = "DecimalText")]
    pub rate: Decimal,
}

/// Describes an exact decimal in the JSON Schema.
pub(crate) struct DecimalText;

impl schemars::JsonSchema for DecimalText {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Decimal".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "description": "An exact decimal number in quotes, or a whole number",
            "type": ["string", "integer"],
            "pattern": "^[0-9]+(\\.[0-9]+)?$",
            "examples": ["1280.50"]
        })
    }
}

impl Settings {
    pub(crate) fn read(section: &mut Section<'_>) -> Self {
        Self {
            company: section.section("company", Company::read),
            store: section.section("store", StoreSettings::read),
            serve: section.section("serve", Serve::read),
            identity: section.section("identity", Identity::read),
            landing: section.section("landing", Landing::read),
            http: section.section("http", HttpSettings::read),
            clock: section.section("clock", |section| ClockSettings { fixed: section.optional("fixed", instant) }),
            sources: section.section("sources", Sources::read),
            job_families: family::read(section),
            recommendation: section.section("recommendation", RecommendationSettings::read),
            demand: section.section("demand", DemandSettings::read),
            feed: section.section("feed", Feed::read),
            rates_file: section.optional("rates_file", words).map(PathBuf::from),
            rates: Rate::read_all(section),
        }
    }

    /// Base units for one unit of a currency on a day; 1 for the base currency itself, `None` when
    /// no rate covers the day.
    pub fn rate(&self, currency: Currency, day: NaiveDate) -> Option<Decimal> {
        if currency == self.company.currency {
            return Some(Decimal::ONE);
        }
        self.rates.iter().filter(|rate| rate.currency == currency && rate.from <= day).max_by_key(|rate| rate.from).map(|rate| rate.rate)
    }
}

impl Company {
    fn read(section: &mut Section<'_>) -> Self {
        let default = Self::default();
        Self {
            name: section.optional("name", words).unwrap_or(default.name),
            timezone: section.optional("timezone", zone).unwrap_or(default.timezone),
            currency: section.optional("currency", from_str).unwrap_or(default.currency),
            country: section.optional("country", |node| parsed(node, crate::country::parse)).unwrap_or(default.country),
        }
    }
}

impl StoreSettings {
    fn read(section: &mut Section<'_>) -> Self {
        let default = Self::default();
        let settings = Self {
            url: section.optional("url", http_url),
            user: section.optional("user", words),
            password: section.optional("password", from_str),
            cluster: section.optional("cluster", words),
            cache_dir: section.optional("cache_dir", words).map(PathBuf::from),
            max_memory: section.optional("max_memory", |node| parsed(node, parse_bytes)).unwrap_or(default.max_memory),
            threads: section.optional("threads", |node| whole(node, 1, 1024)),
            result_cache: section.optional("result_cache", |node| parsed(node, parse_bytes)).unwrap_or(default.result_cache),
        };
        for key in ["user", "password", "cluster"] {
            if section.has(key) && !section.has("url") {
                section.complain(key, Bad::new("is for a ClickHouse server, and store.url names none"));
            }
        }
        settings
    }
}

impl Serve {
    fn read(section: &mut Section<'_>) -> Self {
        let default = Self::default();
        let serve = Self {
            page: section.optional("page", address).unwrap_or(default.page),
            clickhouse: section.optional("clickhouse", address).unwrap_or(default.clickhouse),
            behind_proxy: section.optional("behind_proxy", boolean).unwrap_or(default.behind_proxy),
            reader_password: section.optional("reader_password", from_str),
        };
        let guarded = serve.behind_proxy && section.has("reader_password");
        for (key, address, guarded, needs) in [
            ("page", serve.page, serve.behind_proxy, "behind_proxy = true"),
            ("clickhouse", serve.clickhouse, guarded, "behind_proxy = true and a reader_password"),
        ] {
            if !address.ip().is_loopback() && !guarded {
                let message = format!("{address} can be reached from other machines, which needs {needs}");
                let hint = format!("127.0.0.1:{} is for this machine only", address.port());
                section.complain(key, Bad::new(message).hint(Some(hint)));
            }
        }
        if serve.page == serve.clickhouse && serve.page.port() != 0 {
            section.complain("clickhouse", Bad::new("page and ClickHouse endpoint cannot have the same address"));
        }
        serve
    }
}

impl Identity {
    fn read(section: &mut Section<'_>) -> Self {
        let default = Self::default();
        Self {
            key: section.optional("key", from_str).unwrap_or(default.key),
            erase_key: section.optional("erase_key", from_str).unwrap_or(default.erase_key),
        }
    }
}

impl Landing {
    fn read(section: &mut Section<'_>) -> Self {
        let records = section.optional("segment_records", |node| whole(node, 1, 1_000_000_u32));
        records.map_or_else(Self::default, |records| Self { segment_records: records as usize })
    }
}

impl Rate {
    fn read_all(section: &mut Section<'_>) -> Vec<Self> {
        let mut first: BTreeMap<(Currency, NaiveDate), usize> = BTreeMap::new();
        let mut count = 0;
        section.sections("rates", |section| {
            let rate = Self::read(section);
            let index = *first.entry((rate.currency, rate.from)).or_insert(count);
            if index != count && rate.from != NaiveDate::MIN {
                let message = format!("there is another rate of {} from {}, rates[{index}]", rate.currency, rate.from);
                section.complain_here(Bad::new(message));
            }
            count += 1;
            rate
        })
    }

    fn read(section: &mut Section<'_>) -> Self {
        Self {
            currency: section.required("currency", Currency::CNY, from_str),
            from: section.required("from", NaiveDate::MIN, day),
            rate: section.required("rate", Decimal::ONE, |node| decimal(node).and_then(above_zero)),
        }
    }
}
