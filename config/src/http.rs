//! `[http]` in `inflow.toml`: how boards are reached from this machine.

use std::path::PathBuf;
use std::time::Duration;

use serde::Serialize;
use url::Url;

use crate::problem::Bad;
use crate::quantity::{DurationText, SizeText, duration_text, parse_bytes, parse_duration, size_text};
use crate::reader::Section;
use crate::secret::SecretRef;
use crate::values::{from_str, http_url, parsed, words};

/// How boards are reached from this machine.
#[derive(Debug, Clone, PartialEq, Serialize, schemars::JsonSchema)]
#[schemars(deny_unknown_fields, default)]
pub struct HttpSettings {
    /// A proxy that all requests go through, `http://host:port`; those to this machine itself do not.
    pub proxy: Option<Url>,
    /// User at the proxy.
    pub proxy_user: Option<String>,
    /// Password at the proxy.
    pub proxy_password: Option<SecretRef>,
    /// PEM file of certificates that are trusted beside the machine's own; relative to `inflow.toml`.
    pub ca_file: Option<PathBuf>,
    /// How long connecting may take.
    #[serde(with = "duration_text")]
    #[schemars(with = "DurationText")]
    pub connect_timeout: Duration,
    /// How long a board may be silent; a whole answer may take ten times as long.
    #[serde(with = "duration_text")]
    #[schemars(with = "DurationText")]
    pub timeout: Duration,
    /// Larger answers are refused; counted after decompression.
    #[serde(serialize_with = "size_text")]
    #[schemars(with = "SizeText")]
    pub max_answer: u64,
    /// Who answers for this program, for the boards' people: an address or mail, sent in `User-Agent`.
    pub user_agent_contact: Option<String>,
}

impl Default for HttpSettings {
    fn default() -> Self {
        Self {
            proxy: None,
            proxy_user: None,
            proxy_password: None,
            ca_file: None,
            connect_timeout: Duration::from_secs(10),
            timeout: Duration::from_secs(30),
            max_answer: 64 << 20,
            user_agent_contact: None,
        }
    }
}

impl HttpSettings {
    pub(crate) fn read(section: &mut Section<'_>) -> Self {
        let default = Self::default();
        let settings = Self {
            proxy: section.optional("proxy", http_url),
            proxy_user: section.optional("proxy_user", words),
            proxy_password: section.optional("proxy_password", from_str),
            ca_file: section.optional("ca_file", words).map(PathBuf::from),
            connect_timeout: section.optional("connect_timeout", |node| parsed(node, parse_duration)).unwrap_or(default.connect_timeout),
            timeout: section.optional("timeout", |node| parsed(node, parse_duration)).unwrap_or(default.timeout),
            max_answer: section.optional("max_answer", |node| parsed(node, answer_size)).unwrap_or(default.max_answer),
            user_agent_contact: section.optional("user_agent_contact", |node| parsed(node, contact)),
        };
        for key in ["proxy_user", "proxy_password"] {
            if section.has(key) && !section.has("proxy") {
                section.complain(key, Bad::new("is for a proxy, and http.proxy names none"));
            }
        }
        settings
    }
}

/// An answer is held in memory as a whole.
fn answer_size(text: &str) -> Result<u64, Bad> {
    let bytes = parse_bytes(text)?;
    let range = (1 << 20)..=(1 << 30);
    if range.contains(&bytes) { Ok(bytes) } else { Err(Bad::new(format!("`{text}` is not accepted: from 1MiB to 1GiB"))) }
}

/// What a header may hold inside brackets.
fn contact(text: &str) -> Result<String, Bad> {
    let text = text.trim();
    let printable = text.chars().all(|c| c.is_ascii_graphic() || c == ' ');
    if text.is_empty() || !printable || text.contains(['(', ')', '\\']) {
        let message = format!("`{text}` is not accepted: an address or mail in plain ASCII such as https://acme.example/jobs");
        return Err(Bad::new(message));
    }
    Ok(text.to_owned())
}
