//! What nobody is told about for a while.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::BUILT_IN_ALERTS;
use crate::problem::{Bad, did_you_mean};
use crate::reader::Section;
use crate::values::{bad, instant, words};

/// A time in which nobody is told of an alert. What it names must all be so; what it does not name is any.
#[derive(Debug, Clone, PartialEq, Serialize, schemars::JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Silence {
    /// A rule of the file, or `channel_drop` or `connection`.
    #[schemars(default)]
    pub rule: Option<String>,
    /// Whose figure, as `inflow alerts` shows it: `channel=boss, store=North`.
    #[schemars(default)]
    pub slice: Option<String>,
    /// A channel.
    #[schemars(default)]
    pub channel: Option<String>,
    /// From when; absent: always.
    #[schemars(default)]
    pub from: Option<DateTime<Utc>>,
    /// Until when.
    pub until: DateTime<Utc>,
    /// Why.
    pub reason: String,
    /// Who said so.
    pub by: String,
}

impl Silence {
    pub(super) fn read(section: &mut Section<'_>, rules: &BTreeSet<String>) -> Self {
        let silence = Self {
            rule: section.optional("rule", words),
            slice: section.optional("slice", words),
            channel: section.optional("channel", words),
            from: section.optional("from", instant),
            until: section.required("until", DateTime::<Utc>::MAX_UTC, instant),
            reason: section.required("reason", String::new(), words),
            by: section.required("by", String::new(), words),
        };
        if let Some(rule) = silence.rule.as_ref().filter(|rule| !rules.contains(*rule) && !BUILT_IN_ALERTS.contains(&rule.as_str())) {
            let known: Vec<&str> = rules.iter().map(String::as_str).chain(BUILT_IN_ALERTS).collect();
            section.complain(
                "rule",
                Bad::new(format!("there is no rule `{rule}`, accepted: {}", known.join(", "))).hint(did_you_mean(rule, known)),
            );
        }
        if ["rule", "slice", "channel"].iter().all(|key| !section.has(key)) {
            section.complain_here(bad(
                "a silence names a `rule`, a `slice` or a `channel`",
                "one that names nothing would silence everything",
            ));
        }
        if silence.from.is_some_and(|from| from >= silence.until) {
            section.complain("until", Bad::new("is not after `from`"));
        }
        silence
    }

    /// Whether it holds for an alert at an instant.
    pub fn holds(&self, rule: &str, slice: &str, channels: &[String], now: DateTime<Utc>) -> bool {
        self.from.is_none_or(|from| from <= now)
            && now < self.until
            && self.rule.as_ref().is_none_or(|own| own == rule)
            && self.slice.as_ref().is_none_or(|own| own == slice)
            && self.channel.as_ref().is_none_or(|own| channels.contains(own))
    }
}
