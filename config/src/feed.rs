//! `[feed]` of `inflow.toml`: the company's own openings, for job search sites.

use std::path::PathBuf;

use serde::Serialize;
use url::Url;

use crate::problem::Bad;
use crate::reader::Section;
use crate::tree::Node;
use crate::values::{bad, boolean, http_url, list, words};

/// What a link to an opening may be made of.
const FIELDS: [&str; 3] = ["requisition", "posting", "id"];

/// The company's own openings, for job search sites.
#[derive(Debug, Clone, PartialEq, Default, Serialize, schemars::JsonSchema)]
#[schemars(deny_unknown_fields, default)]
pub struct Feed {
    /// Whether `inflow run` and `inflow serve` answer `/feed/..` to everybody, without a token.
    pub enabled: bool,
    /// The employer's name in the feed; absent: `company.name`.
    #[schemars(with = "Option<String>")]
    pub company: Option<String>,
    /// Other names that the company posts under: of brands, of subsidiaries, of its job boards. A posting that names another employer is left out.
    pub companies: Vec<String>,
    /// The employer's own site.
    #[schemars(with = "Option<String>")]
    pub site: Option<Url>,
    /// Where people reach this program's pages, for the links to its own page of an opening.
    #[schemars(with = "Option<String>")]
    pub base_url: Option<Url>,
    /// Where people apply: an address with {requisition}, {posting} or {id}; absent: the posting's own address, else this program's page of it.
    #[schemars(with = "Option<String>")]
    pub apply_url: Option<String>,
    /// Channels whose postings stand for an opening, the first one first; others are left out. Absent: all, the newest first.
    pub channels: Vec<String>,
    /// Only openings of these departments; absent: all.
    pub departments: Vec<String>,
    /// Only openings of these stores; absent: all.
    pub stores: Vec<String>,
    /// A folder of descriptions beside this file: `ID.md` or `ID.txt`, by the requisition's id or the posting's title. They go before what the
    /// postings say.
    #[schemars(with = "Option<PathBuf>")]
    pub descriptions: Option<PathBuf>,
}

impl Feed {
    pub(crate) fn read(section: &mut Section<'_>) -> Self {
        Self {
            enabled: section.optional("enabled", boolean).unwrap_or_default(),
            company: section.optional("company", words),
            companies: section.optional("companies", list).unwrap_or_default(),
            site: section.optional("site", http_url),
            base_url: section.optional("base_url", http_url),
            apply_url: section.optional("apply_url", apply_url),
            channels: section.optional("channels", list).unwrap_or_default(),
            departments: section.optional("departments", list).unwrap_or_default(),
            stores: section.optional("stores", list).unwrap_or_default(),
            descriptions: section.optional("descriptions", words).map(PathBuf::from),
        }
    }
}

/// An http address with known fields, one of which tells openings apart.
fn apply_url(node: &Node) -> Result<String, Bad> {
    let text = words(node)?;
    let named = crate::process::fields(&text)
        .ok_or_else(|| bad("a brace is opened and not closed", "such as https://jobs.example/{requisition}"))?;
    if let Some(strange) = named.iter().find(|name| !FIELDS.contains(name)) {
        return Err(Bad::new(format!("there is no field {{{strange}}}, accepted: {{requisition}}, {{posting}}, {{id}}")));
    }
    if named.is_empty() {
        return Err(bad("is the same for every opening", "such as https://jobs.example/{requisition}"));
    }
    let whole = FIELDS.iter().fold(text.clone(), |whole, field| whole.replace(&format!("{{{field}}}"), "1"));
    let is_http = Url::parse(&whole).is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
    if is_http { Ok(text) } else { Err(bad("is no address of the web", "it begins with https://")) }
}
