//! `alerts.toml`: from which figure on an alert begins, and where it ends; who is told, and when nobody is.

use std::collections::{BTreeMap, BTreeSet};
use std::str::FromStr;
use std::time::Duration;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::channel::Name;
use crate::message::Messages;
use crate::places::Places;
use crate::problem::{Bad, Problem, did_you_mean};
use crate::process::{Quiet, duration, optional_duration};
use crate::quantity::DurationText;
use crate::reader::Section;
use crate::settings::DecimalText;
use crate::stage::Lang;
use crate::tree::Node;
use crate::values::{bad, boolean, decimal, from_str, id, list, not_negative, one_of, text, whole, words};

mod silence;

pub use silence::Silence;

/// `alerts.toml`.
#[derive(Debug, Clone, PartialEq, Default, Serialize, schemars::JsonSchema)]
#[schemars(deny_unknown_fields, default)]
pub struct Alerts {
    /// Receivers of messages.toml who are told when an alert begins and ends; absent: nobody, and alerts are only shown.
    pub to: Vec<String>,
    /// Language of the messages; absent: Chinese where the company's country is CN, else English.
    pub lang: Option<Lang>,
    /// How long an alert stands before others are told too, unless somebody acknowledged it; absent: they never are.
    #[serde(with = "optional_duration")]
    #[schemars(with = "Option<DurationText>")]
    pub escalate_after: Option<Duration>,
    /// Who is told then.
    pub escalate_to: Vec<String>,
    /// When nobody is told anything; what happens then is told afterwards, if it still stands.
    pub quiet: Option<Quiet>,
    /// Whether sudden drops of channels are told too; absent: they are.
    pub drops: Option<bool>,
    /// Whether connections that fail are told too; absent: they are.
    pub connections: Option<bool>,
    /// What nobody is told about for a while.
    pub silence: Vec<Silence>,
    /// Figures with a level that is alarming.
    pub rule: Vec<AlertRule>,
    /// Where the keys of the file stand.
    #[serde(skip)]
    #[schemars(skip)]
    pub places: Places,
}

/// A figure of a metric, whose it is, and at which level an alert begins and ends.
///
/// Which metrics, columns and slices there are is for `inflow-analytics` to say, which knows them.
#[derive(Debug, Clone, PartialEq, Serialize, schemars::JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct AlertRule {
    /// Stable name in reports.
    #[schemars(regex(pattern = "^[a-z0-9_]+$"))]
    pub id: String,
    /// Names shown to people.
    pub name: Name,
    /// The metric, as in `inflow report METRIC`.
    pub metric: String,
    /// Its column; absent: value.
    #[schemars(default)]
    pub column: Option<String>,
    /// Dimensions by which the metric is cut, each slice judged by itself; absent: the metric's own choice, empty: one figure over everything.
    #[schemars(default)]
    pub by: Option<Vec<String>>,
    /// Which of the metric's rows: its keys with their values, such as from_stage and to_stage; what is not given makes slices.
    #[serde(rename = "where")]
    #[schemars(default)]
    pub only: BTreeMap<String, String>,
    /// Only these channels.
    #[schemars(default)]
    pub channel: Vec<String>,
    /// Only these stores.
    #[schemars(default)]
    pub store: Vec<String>,
    /// Whole local days that each day's judgement looks back on, itself the last; absent: 28. For figures that add up over days.
    #[schemars(default, range(min = 1, max = 92))]
    pub days: Option<u16>,
    /// The figure of each whole week or month instead, for figures that do not add up over days; absent: week.
    #[schemars(default)]
    pub period: Option<AlertPeriod>,
    /// An alert begins at this figure and above; shares are from 0 to 1. Either this or `below`.
    #[schemars(default, with = "Option<DecimalText>")]
    pub above: Option<Decimal>,
    /// An alert begins at this figure and below.
    #[schemars(default, with = "Option<DecimalText>")]
    pub below: Option<Decimal>,
    /// It ends on the quiet side of this figure; absent: four fifths of `above`, five quarters of `below`.
    #[schemars(default, with = "Option<DecimalText>")]
    pub clear: Option<Decimal>,
    /// What must be at the level: the figure itself, or its whole 95 % interval.
    #[schemars(default)]
    pub mode: AlertMode,
    /// Fewer cases than this neither begin nor end an alert; absent: 20.
    #[schemars(default, range(min = 1, max = 1_000_000))]
    pub fewest: Option<u32>,
    /// Who is told; absent: those of the file.
    #[schemars(default)]
    pub to: Option<Vec<String>>,
    /// How long it stands before others are told too; absent: that of the file.
    #[serde(with = "optional_duration")]
    #[schemars(default, with = "Option<DurationText>")]
    pub escalate_after: Option<Duration>,
    /// Who is told then; absent: those of the file.
    #[schemars(default)]
    pub escalate_to: Option<Vec<String>>,
}

/// Names of alerts that are no rules: what `silence` and commands call them.
pub const BUILT_IN_ALERTS: [&str; 2] = [DROP_ALERT, CONNECTION_ALERT];
/// A channel had far fewer applications than were to be expected.
pub const DROP_ALERT: &str = "channel_drop";
/// A connection fails.
pub const CONNECTION_ALERT: &str = "connection";

/// What must be at the level for an alert to begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AlertMode {
    /// The figure.
    #[default]
    Literal,
    /// The whole of its 95 % interval.
    Interval,
}

/// Whole calendar periods.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AlertPeriod {
    /// From Monday to Sunday.
    Week,
    /// The month of the calendar.
    Month,
}

impl AlertMode {
    /// The word used in the file and in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Literal => "literal",
            Self::Interval => "interval",
        }
    }
}

impl AlertPeriod {
    /// The word used in the file; the dimension of reports has the same name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Week => "week",
            Self::Month => "month",
        }
    }
}

impl FromStr for AlertMode {
    type Err = Bad;

    fn from_str(text: &str) -> Result<Self, Bad> {
        one_of("mode", text, [Self::Literal, Self::Interval], Self::as_str)
    }
}

impl FromStr for AlertPeriod {
    type Err = Bad;

    fn from_str(text: &str) -> Result<Self, Bad> {
        one_of("period", text, [Self::Week, Self::Month], Self::as_str)
    }
}

impl Alerts {
    pub(crate) fn read(section: &mut Section<'_>) -> Self {
        let mut ids: BTreeSet<String> = BTreeSet::new();
        let escalate_to: Vec<String> = section.optional("escalate_to", list).unwrap_or_default();
        let rule = section.sections("rule", |section| {
            let rule = AlertRule::read(section, &escalate_to);
            if !ids.insert(rule.id.clone()) {
                section.complain("id", Bad::new(format!("there are two rules `{}`", rule.id)));
            }
            if BUILT_IN_ALERTS.contains(&rule.id.as_str()) {
                section.complain("id", bad(format!("`{}` is the name of an alert that is built in", rule.id), "choose another"));
            }
            rule
        });
        let has_quiet = section.has("quiet");
        let alerts = Self {
            to: section.optional("to", list).unwrap_or_default(),
            lang: section.optional("lang", from_str),
            escalate_after: section.optional("escalate_after", duration),
            escalate_to,
            quiet: section.section("quiet", |section| has_quiet.then(|| Quiet::read(section))),
            drops: section.optional("drops", boolean),
            connections: section.optional("connections", boolean),
            silence: section.sections("silence", |section| Silence::read(section, &ids)),
            rule,
            places: Places::default(),
        };
        if section.has("escalate_after") && alerts.escalate_to.is_empty() {
            section.complain("escalate_after", bad(NOBODY_LATER, "escalate_to = [\"manager\"]"));
        }
        alerts
    }

    /// Who is told of an alert, a rule's or one of [`BUILT_IN_ALERTS`].
    pub fn receivers(&self, alert: &str) -> &[String] {
        let rule = self.rule.iter().find(|rule| rule.id == alert);
        let is_told = match alert {
            DROP_ALERT => self.drops.unwrap_or(true),
            CONNECTION_ALERT => self.connections.unwrap_or(true),
            _ => rule.is_some(),
        };
        if is_told { rule.and_then(|rule| rule.to.as_ref()).unwrap_or(&self.to) } else { &[] }
    }

    /// How long an alert stands before others are told, and who; `None`: they never are.
    pub fn escalation(&self, alert: &str) -> Option<(Duration, &[String])> {
        let rule = self.rule.iter().find(|rule| rule.id == alert);
        let to = rule.and_then(|rule| rule.escalate_to.as_ref()).unwrap_or(&self.escalate_to);
        let after = rule.and_then(|rule| rule.escalate_after).or(self.escalate_after)?;
        (!to.is_empty()).then_some((after, to))
    }

    /// Everybody who is told something.
    pub(crate) fn all_receivers(&self) -> Vec<&str> {
        let alerts = self.rule.iter().map(|rule| rule.id.as_str()).chain(BUILT_IN_ALERTS);
        let each = alerts.flat_map(|alert| {
            let told = self.receivers(alert);
            let later = self.escalation(alert).filter(|_| !told.is_empty()).map_or(&[][..], |(_, to)| to);
            told.iter().chain(later)
        });
        each.map(String::as_str).collect()
    }

    /// Whether anybody is told anything.
    pub fn is_any_told(&self) -> bool {
        self.rule.iter().map(|rule| rule.id.as_str()).chain(BUILT_IN_ALERTS).any(|alert| !self.receivers(alert).is_empty())
    }

    /// Receivers that messages.toml does not have.
    pub(crate) fn check(&self, messages: &Messages) -> Vec<Problem> {
        let own = [("to".to_owned(), &self.to), ("escalate_to".to_owned(), &self.escalate_to)];
        let of_rules = self.rule.iter().enumerate().flat_map(|(at, rule)| {
            [("to", &rule.to), ("escalate_to", &rule.escalate_to)]
                .into_iter()
                .filter_map(move |(key, to)| Some((format!("rule[{at}].{key}"), to.as_ref()?)))
        });
        let named = own.into_iter().chain(of_rules).flat_map(|(key, to)| to.iter().map(move |id| (key.clone(), id)));
        named
            .filter(|(_, id)| messages.receiver(id).is_none())
            .map(|(key, id)| {
                let known: Vec<&str> = messages.receiver.iter().map(|receiver| receiver.id.as_str()).collect();
                let has = if known.is_empty() { "which has none".to_owned() } else { format!("accepted: {}", known.join(", ")) };
                let problem = self.places.problem(&key, format!("there is no receiver `{id}` in messages.toml, {has}"));
                Problem { hint: did_you_mean(id, known), ..problem }
            })
            .collect()
    }

    /// A problem with a key of a rule, such as `metric` of the second.
    pub fn problem(&self, rule: usize, key: &str, bad: Bad) -> Problem {
        let problem = self.places.problem(&format!("rule[{rule}].{key}"), bad.message);
        Problem { hint: bad.hint, ..problem }
    }
}

impl AlertRule {
    fn read(section: &mut Section<'_>, others: &[String]) -> Self {
        let level = |node: &Node| decimal(node).and_then(not_negative);
        let rule = Self {
            id: section.required("id", String::new(), id),
            name: section.section("name", Name::read),
            metric: section.required("metric", String::new(), words),
            column: section.optional("column", words),
            by: section.optional("by", list),
            only: section.map("where", text),
            channel: section.optional("channel", list).unwrap_or_default(),
            store: section.optional("store", list).unwrap_or_default(),
            days: section.optional("days", |node| whole(node, 1, 92)),
            period: section.optional("period", from_str),
            above: section.optional("above", level),
            below: section.optional("below", level),
            clear: section.optional("clear", level),
            mode: section.optional("mode", from_str).unwrap_or_default(),
            fewest: section.optional("fewest", |node| whole(node, 1, 1_000_000)),
            to: section.optional("to", list),
            escalate_after: section.optional("escalate_after", duration),
            escalate_to: section.optional("escalate_to", list),
        };
        if section.has("escalate_after") && rule.escalate_to.as_deref().unwrap_or(others).is_empty() {
            section.complain("escalate_after", bad(NOBODY_LATER, "escalate_to = [\"manager\"] in the rule or at the top of the file"));
        }
        match (section.has("above"), section.has("below")) {
            (true, true) => section.complain("below", bad("an alert begins either `above` or `below`, not both", "write two rules")),
            (false, false) => {
                section.complain_here(bad("missing the level at which an alert begins: `above` or `below`", "above = \"0.08\" is 8 %"));
            }
            _ => {}
        }
        if section.has("days") && section.has("period") {
            section.complain("period", bad("a rule looks back on `days` or on a `period`, not both", "keep one of them"));
        }
        match (rule.above, rule.below, rule.clear) {
            (Some(above), None, Some(clear)) if clear > above => {
                section.complain("clear", bad(format!("must be at most `above` ({above})"), QUIET_SIDE));
            }
            (None, Some(below), Some(clear)) if clear < below => {
                section.complain("clear", bad(format!("must be at least `below` ({below})"), QUIET_SIDE));
            }
            _ => {}
        }
        rule
    }

    /// Where an alert of the rule ends.
    pub fn clears(&self) -> Decimal {
        let [fifths, quarters] = [Decimal::new(8, 1), Decimal::new(125, 2)];
        let own = self.above.map(|level| level * fifths).or_else(|| self.below.map(|level| level * quarters));
        self.clear.or(own).unwrap_or_default()
    }
}

const NOBODY_LATER: &str = "after that long nobody is told: there is no `escalate_to`";
const QUIET_SIDE: &str = "an alert ends on the quiet side of where it begins, or it would end at once";
