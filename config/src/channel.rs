//! `channels.toml`: where people and postings come from, and what that costs.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use chrono_tz::Tz;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::money::Currency;
use crate::problem::{Bad, did_you_mean};
use crate::reader::Section;
use crate::settings::DecimalText;
use crate::stage::Lang;
use crate::values::{day, decimal, from_str, not_negative, parsed, words, zone};

/// `channels.toml`.
#[derive(Debug, Clone, PartialEq, Default, Serialize, schemars::JsonSchema)]
#[schemars(deny_unknown_fields, default)]
pub(crate) struct ChannelsFile {
    /// The channels, in the order in which reports show them.
    pub channel: Vec<Channel>,
}

/// Where a person or posting came from; reports group by it.
#[derive(Debug, Clone, PartialEq, Serialize, schemars::JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Channel {
    /// Stable name in config, store and reports.
    #[schemars(regex(pattern = "^[a-z0-9_]+$"))]
    pub id: String,
    /// Names shown to people.
    pub name: Name,
    /// IANA zone of its days and hours; absent: the company's.
    #[schemars(default, with = "Option<String>")]
    pub timezone: Option<Tz>,
    /// What the channel charges by contract.
    #[schemars(default)]
    pub terms: Vec<Terms>,
}

/// A name in both languages.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, schemars::JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Name {
    /// English.
    pub en: String,
    /// Chinese.
    pub zh: String,
}

impl Name {
    /// The name in a language.
    pub fn get(&self, lang: Lang) -> &str {
        match lang {
            Lang::Zh => &self.zh,
            Lang::En => &self.en,
        }
    }
}

/// What a channel charges by contract.
#[derive(Debug, Clone, PartialEq, Serialize, schemars::JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Terms {
    /// What is paid for.
    pub kind: TermsKind,
    /// Net price: of the whole term for a subscription, of one refresh otherwise.
    #[schemars(with = "DecimalText")]
    pub price: Decimal,
    /// Currency of the price; absent: the company's.
    #[schemars(default)]
    pub currency: Option<Currency>,
    /// First day of service.
    pub from: NaiveDate,
    /// Last day of service, included; needed for a subscription.
    #[schemars(default)]
    pub to: Option<NaiveDate>,
    /// Account at the board, if there are several.
    #[schemars(default)]
    pub account: Option<String>,
}

/// What a channel's price pays for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TermsKind {
    /// The use of the board from a day to a day.
    Subscription,
    /// One refresh of a posting.
    Refresh,
}

impl TermsKind {
    /// The word used in config and ledger.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Subscription => "subscription",
            Self::Refresh => "refresh",
        }
    }
}

impl std::str::FromStr for TermsKind {
    type Err = Bad;

    fn from_str(text: &str) -> Result<Self, Bad> {
        match text {
            "subscription" => Ok(Self::Subscription),
            "refresh" => Ok(Self::Refresh),
            _ => Err(Bad::new(format!("unknown kind `{text}`, accepted: subscription, refresh"))
                .hint(did_you_mean(text, ["subscription", "refresh"]))),
        }
    }
}

impl ChannelsFile {
    pub(crate) fn read(section: &mut Section<'_>) -> Self {
        let mut seen: BTreeMap<String, usize> = BTreeMap::new();
        let mut count = 0;
        let channel = section.sections("channel", |section| {
            let channel = Channel::read(section);
            if let Some(first) = seen.insert(channel.id.clone(), count)
                && !channel.id.is_empty()
            {
                let message = format!("there are two channels `{}`, the first is channel[{first}]", channel.id);
                section.complain("id", Bad::new(message));
            }
            count += 1;
            channel
        });
        Self { channel }
    }
}

impl Channel {
    fn read(section: &mut Section<'_>) -> Self {
        Self {
            id: section.required("id", String::new(), |node| parsed(node, channel_id)),
            name: section.section("name", Name::read),
            timezone: section.optional("timezone", zone),
            terms: section.sections("terms", Terms::read),
        }
    }
}

/// Checks the id of a channel. `unknown` and `unallocated` are words of the reports.
fn channel_id(text: &str) -> Result<String, Bad> {
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    if text.is_empty() || !text.chars().all(fits) {
        return Err(Bad::new(format!("`{text}` cannot be an id, accepted: lower-case letters, digits and _")));
    }
    if matches!(text, "unknown" | "unallocated") {
        return Err(Bad::new(format!("`{text}` cannot be an id, reports use that word for what has no channel")));
    }
    Ok(text.to_owned())
}

impl Name {
    pub(crate) fn read(section: &mut Section<'_>) -> Self {
        Self { en: section.required("en", String::new(), words), zh: section.required("zh", String::new(), words) }
    }
}

impl Terms {
    fn read(section: &mut Section<'_>) -> Self {
        let terms = Self {
            kind: section.required("kind", TermsKind::Refresh, from_str),
            price: section.required("price", Decimal::ZERO, |node| decimal(node).and_then(not_negative)),
            currency: section.optional("currency", from_str),
            from: section.required("from", NaiveDate::MIN, day),
            to: section.optional("to", day),
            account: section.optional("account", words),
        };
        if terms.kind == TermsKind::Subscription && !section.has("to") {
            section.complain("to", Bad::new("missing, a subscription is spread over its days"));
        }
        if terms.to.is_some_and(|to| to < terms.from) {
            section.complain("to", Bad::new(format!("is before from ({})", terms.from)));
        }
        terms
    }
}
