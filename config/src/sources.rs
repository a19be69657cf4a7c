//! `[sources]` of `inflow.toml`: which channel a hire officially came from when channels disagree.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::places::join_key;
use crate::problem::Bad;
use crate::reader::Section;
use crate::tree::{Node, Value};
use crate::values::{expected, whole, words};

/// The rule of the official source: what a person decided, else the first touch of a protected channel within `protect_days` before the
/// acceptance, else the first touch of any channel within `window_days` before it, else the last touch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[schemars(deny_unknown_fields, default)]
pub struct Sources {
    /// Days before the acceptance within which the first touch counts.
    #[schemars(range(min = 1, max = 3650))]
    pub window_days: u32,
    /// Channels that keep a person they touched, whoever touched the person before.
    pub protected: Vec<String>,
    /// Days for which they do.
    #[schemars(range(min = 0, max = 3650))]
    pub protect_days: u32,
    /// What people say they came by, to channels: `"朋友" = "referral"`. Ids and names of channels need no entry.
    pub words: BTreeMap<String, String>,
    /// Hires whose source a person decided.
    pub overrides: Vec<SourceOverride>,
}

/// What a person decided about one hire.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct SourceOverride {
    /// One of its applications or rows of employment, `connection/id` as the tables have it.
    pub hire: String,
    /// The channel that counts.
    pub channel: String,
    /// Why, shown beside it.
    pub reason: String,
}

impl Default for Sources {
    fn default() -> Self {
        Self { window_days: 90, protected: vec!["referral".to_owned()], protect_days: 180, words: BTreeMap::new(), overrides: Vec::new() }
    }
}

impl Sources {
    /// The channels that are named, each with its key; `referral` is protected by default whether there is such a channel or not.
    pub(crate) fn channels(&self) -> Vec<(String, &str)> {
        let protected = self.protected.iter().filter(|_| self.protected != Self::default().protected);
        let protected = protected.map(|id| ("sources.protected".to_owned(), id.as_str()));
        let words = self.words.iter().map(|(word, id)| (join_key("sources.words", word), id.as_str()));
        let decided = self.overrides.iter().zip(0..).map(|(one, at)| (format!("sources.overrides[{at}].channel"), one.channel.as_str()));
        protected.chain(words).chain(decided).collect()
    }

    pub(crate) fn read(section: &mut Section<'_>) -> Self {
        let default = Self::default();
        let mut decided = BTreeSet::new();
        Self {
            window_days: section.optional("window_days", |node| whole(node, 1, 3650)).unwrap_or(default.window_days),
            protected: section.optional("protected", channels).unwrap_or(default.protected),
            protect_days: section.optional("protect_days", |node| whole(node, 0, 3650)).unwrap_or(default.protect_days),
            words: section.map("words", words),
            overrides: section.sections("overrides", |section| {
                let decision = SourceOverride::read(section);
                if !decision.hire.is_empty() && !decided.insert(decision.hire.clone()) {
                    section.complain("hire", Bad::new(format!("{} has been decided above", decision.hire)));
                }
                decision
            }),
        }
    }
}

impl SourceOverride {
    fn read(section: &mut Section<'_>) -> Self {
        Self {
            hire: section.required("hire", String::new(), hire_key),
            channel: section.required("channel", String::new(), words),
            reason: section.required("reason", String::new(), words),
        }
    }
}

/// An application or a row of employment, `connection/id`.
pub(crate) fn hire_key(node: &Node) -> Result<String, Bad> {
    let text = words(node)?;
    match text.split_once('/') {
        Some((connection, id)) if !connection.is_empty() && !id.is_empty() => Ok(text),
        _ => Err(Bad::new(format!("{text:?} is not of the form connection/id"))),
    }
}

fn channels(node: &Node) -> Result<Vec<String>, Bad> {
    match &node.value {
        Value::List(items) => items.iter().map(words).collect(),
        other => Err(expected("a list of channels", other)),
    }
}
