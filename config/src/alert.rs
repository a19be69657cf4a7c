//! `alerts.toml`: from which figure on an alert begins, and where it ends.

use std::collections::{BTreeMap, BTreeSet};
use std::str::FromStr;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::channel::Name;
use crate::places::Places;
use crate::problem::{Bad, Problem};
use crate::reader::Section;
use crate::settings::DecimalText;
use crate::tree::Node;
use crate::values::{bad, decimal, from_str, id, list, not_negative, one_of, text, whole, words};

/// `alerts.toml`.
#[derive(Debug, Clone, PartialEq, Default, Serialize, schemars::JsonSchema)]
#[schemars(deny_unknown_fields, default)]
pub struct Alerts {
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
}

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
        let rule = section.sections("rule", |section| {
            let rule = AlertRule::read(section);
            if !ids.insert(rule.id.clone()) {
                section.complain("id", Bad::new(format!("there are two rules `{}`", rule.id)));
            }
            rule
        });
        Self { rule, places: Places::default() }
    }

    /// A problem with a key of a rule, such as `metric` of the second.
    pub fn problem(&self, rule: usize, key: &str, bad: Bad) -> Problem {
        let problem = self.places.problem(&format!("rule[{rule}].{key}"), bad.message);
        Problem { hint: bad.hint, ..problem }
    }
}

impl AlertRule {
    fn read(section: &mut Section<'_>) -> Self {
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
        };
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

const QUIET_SIDE: &str = "an alert ends on the quiet side of where it begins, or it would end at once";
