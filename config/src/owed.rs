//! `[[bonus]]` and `[[fee]]` of `finance.toml`: what is owed for people who were taken on.

use std::collections::{BTreeMap, BTreeSet};
use std::str::FromStr;

use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::money::Currency;
use crate::problem::Bad;
use crate::reader::Section;
use crate::settings::DecimalText;
use crate::sources::hire_key;
use crate::tree::Node;
use crate::values::{above_zero, bad, day, decimal, from_str, id, list, not_negative, one_of, whole};

/// A referral bonus: cost of the first day of work, due later, lost when the person leaves before.
#[derive(Debug, Clone, PartialEq, Serialize, schemars::JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct BonusRule {
    /// Stable name in reports.
    #[schemars(regex(pattern = "^[a-z0-9_]+$"))]
    pub id: String,
    /// Official sources of the hires that it is owed for.
    pub channel: Vec<String>,
    /// For hires whose first day of work is not before; absent: from the beginning.
    #[schemars(default)]
    pub from: Option<NaiveDate>,
    /// For hires whose first day of work is not after; absent: without end.
    #[schemars(default)]
    pub to: Option<NaiveDate>,
    /// How much, where `job_family` says nothing else; absent: nothing.
    #[schemars(default, with = "Option<DecimalText>")]
    pub amount: Option<Decimal>,
    /// How much by family of jobs.
    #[schemars(default, with = "BTreeMap<String, DecimalText>")]
    pub job_family: BTreeMap<String, Decimal>,
    /// Absent: the company's.
    #[schemars(default, with = "Option<String>")]
    pub currency: Option<Currency>,
    /// When it is due.
    #[schemars(default)]
    pub payable: Payable,
    /// With `payable = "days"`: how many after the first day of work.
    #[schemars(default, range(min = 0, max = 3650))]
    pub days: u32,
    /// Hires of which a person decided otherwise.
    #[schemars(default)]
    pub hire: Vec<StatedHire>,
}

/// When a bonus is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Payable {
    /// When probation is passed: on the day that is told, else on the day after its last.
    #[default]
    Probation,
    /// So many days after the first day of work.
    Days,
}

/// A head-hunter's fee: cost of the first day of work, of which a guarantee brings some back.
#[derive(Debug, Clone, PartialEq, Serialize, schemars::JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct FeeRule {
    /// Stable name in reports.
    #[schemars(regex(pattern = "^[a-z0-9_]+$"))]
    pub id: String,
    /// Official sources of the hires that it is owed for.
    pub channel: Vec<String>,
    /// For hires whose first day of work is not before; absent: from the beginning.
    #[schemars(default)]
    pub from: Option<NaiveDate>,
    /// For hires whose first day of work is not after; absent: without end.
    #[schemars(default)]
    pub to: Option<NaiveDate>,
    /// How much, without tax that is claimed back; instead of `percent`.
    #[schemars(default, with = "Option<DecimalText>")]
    pub amount: Option<Decimal>,
    /// Percent of the yearly pay that `[[fee.hire]]` states, as 20 for a fifth; instead of `amount`.
    #[schemars(default, with = "Option<DecimalText>")]
    pub percent: Option<Decimal>,
    /// Absent: the company's.
    #[schemars(default, with = "Option<String>")]
    pub currency: Option<Currency>,
    /// Days after the first day of work on which it is due.
    #[schemars(default, range(min = 0, max = 3650))]
    pub days: u32,
    /// Days of work that the head-hunter guarantees; 0: none.
    #[schemars(default, range(min = 0, max = 3650))]
    pub guarantee_days: u32,
    /// What of the fee comes back when the person leaves within them.
    #[schemars(default)]
    pub clawback: ClawbackRule,
    /// With `clawback = "steps"`: shares by days of work.
    #[schemars(default)]
    pub step: Vec<ClawbackStep>,
    /// Pay, or an amount, of single hires.
    #[schemars(default)]
    pub hire: Vec<StatedHire>,
}

/// What of a fee comes back when the person leaves within the guarantee.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ClawbackRule {
    /// All of it.
    #[default]
    Full,
    /// The part of the guaranteed days that the person did not work.
    ProRata,
    /// By the days that the person worked.
    Steps,
}

/// What of a fee comes back of who worked so many days at most.
#[derive(Debug, Clone, PartialEq, Serialize, schemars::JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct ClawbackStep {
    /// Days of work.
    #[schemars(range(min = 1, max = 3650))]
    pub days: u32,
    /// From 0 to 1.
    #[schemars(with = "DecimalText")]
    pub share: Decimal,
}

/// What a person stated of one hire.
#[derive(Debug, Clone, PartialEq, Serialize, schemars::JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct StatedHire {
    /// Its application or a row of employment, `connection/id` as the tables have it.
    pub hire: String,
    /// What is owed for it; 0: nothing.
    #[schemars(default, with = "Option<DecimalText>")]
    pub amount: Option<Decimal>,
    /// Pay of a year, of which the fee is a percentage.
    #[schemars(default, with = "Option<DecimalText>")]
    pub yearly_pay: Option<Decimal>,
}

impl Payable {
    /// The word used in the file.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Probation => "probation",
            Self::Days => "days",
        }
    }
}

impl FromStr for Payable {
    type Err = Bad;

    fn from_str(text: &str) -> Result<Self, Bad> {
        one_of("payable", text, [Self::Probation, Self::Days], Self::as_str)
    }
}

impl ClawbackRule {
    /// The word used in the file.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::ProRata => "pro_rata",
            Self::Steps => "steps",
        }
    }
}

impl FromStr for ClawbackRule {
    type Err = Bad;

    fn from_str(text: &str) -> Result<Self, Bad> {
        one_of("clawback", text, [Self::Full, Self::ProRata, Self::Steps], Self::as_str)
    }
}

const MOST_DAYS: u32 = 3650;

fn positive(node: &Node) -> Result<Decimal, Bad> {
    decimal(node).and_then(above_zero)
}

/// What bonuses and fees have alike: id, channels and the days from and to which they hold.
fn head(section: &mut Section<'_>) -> (String, Vec<String>, Option<NaiveDate>, Option<NaiveDate>) {
    let name = section.required("id", String::new(), id);
    let channel = section.required("channel", Vec::new(), list);
    if section.has("channel") && channel.is_empty() {
        section.complain("channel", bad("names no channel", "say of which channels it is owed: channel = [\"referral\"]"));
    }
    let (from, to) = (section.optional("from", day), section.optional("to", day));
    if let (Some(from), Some(to)) = (from, to)
        && to < from
    {
        section.complain("to", Bad::new(format!("is before from ({from})")));
    }
    (name, channel, from, to)
}

impl BonusRule {
    /// Reads all of them; no two have one id.
    pub(crate) fn read_all(section: &mut Section<'_>, ids: &mut BTreeSet<String>) -> Vec<Self> {
        section.sections("bonus", |section| {
            let rule = Self::read(section);
            once(section, &rule.id, ids);
            rule
        })
    }

    fn read(section: &mut Section<'_>) -> Self {
        let (id, channel, from, to) = head(section);
        let rule = Self {
            id,
            channel,
            from,
            to,
            amount: section.optional("amount", positive),
            job_family: section.map("job_family", |node| decimal(node).and_then(not_negative)),
            currency: section.optional("currency", from_str),
            payable: section.optional("payable", from_str).unwrap_or_default(),
            days: section.optional("days", |node| whole(node, 0, MOST_DAYS)).unwrap_or_default(),
            hire: StatedHire::read_all(section),
        };
        if rule.amount.is_none() && rule.job_family.is_empty() {
            section.complain_here(bad("a bonus without an amount", "amount = \"2000\", or [bonus.job_family] with one for each family"));
        }
        match rule.payable {
            Payable::Days if !section.has("days") => {
                section.complain("payable", bad("does not say after how many days", "for example days = 90"));
            }
            Payable::Probation if section.has("days") => {
                section.complain("days", bad("is for payable = \"days\"", "payable = \"days\", or leave it out"));
            }
            _ => {}
        }
        if rule.hire.iter().any(|hire| hire.yearly_pay.is_some()) {
            section.complain("hire", bad("a bonus does not depend on pay", "write amount instead of yearly_pay"));
        }
        rule
    }
}

impl FeeRule {
    /// Reads all of them; no two have one id.
    pub(crate) fn read_all(section: &mut Section<'_>, ids: &mut BTreeSet<String>) -> Vec<Self> {
        section.sections("fee", |section| {
            let rule = Self::read(section);
            once(section, &rule.id, ids);
            rule
        })
    }

    fn read(section: &mut Section<'_>) -> Self {
        let (id, channel, from, to) = head(section);
        let rule = Self {
            id,
            channel,
            from,
            to,
            amount: section.optional("amount", positive),
            percent: section.optional("percent", |node| {
                let percent = positive(node)?;
                if percent > Decimal::ONE_HUNDRED { Err(Bad::new("must be 100 at most")) } else { Ok(percent) }
            }),
            currency: section.optional("currency", from_str),
            days: section.optional("days", |node| whole(node, 0, MOST_DAYS)).unwrap_or_default(),
            guarantee_days: section.optional("guarantee_days", |node| whole(node, 0, MOST_DAYS)).unwrap_or_default(),
            clawback: section.optional("clawback", from_str).unwrap_or_default(),
            step: section.sections("step", |section| ClawbackStep {
                days: section.required("days", 1, |node| whole(node, 1, MOST_DAYS)),
                share: section.required("share", Decimal::ZERO, |node| decimal(node).and_then(not_negative)),
            }),
            hire: StatedHire::read_all(section),
        };
        if rule.amount.is_some() == rule.percent.is_some() {
            section.complain_here(bad(
                "a fee is either an amount or a percentage",
                "amount = \"30000\", or percent = \"20\" with the pay of each hire in [[fee.hire]]",
            ));
        }
        if rule.guarantee_days == 0 && section.has("clawback") {
            section.complain("clawback", bad("is of a guarantee that there is not", "for example guarantee_days = 90"));
        }
        rule.check_steps(section);
        rule
    }

    fn check_steps(&self, section: &Section<'_>) {
        let steps = self.clawback == ClawbackRule::Steps;
        if steps == self.step.is_empty() {
            let hint = "clawback = \"steps\" with [[fee.step]], each with days and share";
            section.complain_here(bad(if steps { "the clawback has no steps" } else { "steps that nothing asks for" }, hint));
        }
        if self.step.iter().any(|step| step.share > Decimal::ONE) {
            section.complain("step", Bad::new("a share is 1 at most"));
        }
        if self.step.iter().zip(self.step.iter().skip(1)).any(|(one, next)| one.days >= next.days) {
            section.complain("step", Bad::new("steps must have more and more days"));
        }
        if self.step.last().is_some_and(|last| last.days > self.guarantee_days) {
            section.complain("step", Bad::new(format!("the last step is beyond guarantee_days ({})", self.guarantee_days)));
        }
    }
}

impl StatedHire {
    fn read_all(section: &mut Section<'_>) -> Vec<Self> {
        let mut stated = BTreeSet::new();
        section.sections("hire", |section| {
            let one = Self {
                hire: section.required("hire", String::new(), hire_key),
                amount: section.optional("amount", |node| decimal(node).and_then(not_negative)),
                yearly_pay: section.optional("yearly_pay", positive),
            };
            if one.amount.is_some() == one.yearly_pay.is_some() {
                section.complain_here(Bad::new("states either an amount or yearly_pay"));
            }
            if !one.hire.is_empty() && !stated.insert(one.hire.clone()) {
                section.complain("hire", Bad::new(format!("{} was stated above", one.hire)));
            }
            one
        })
    }
}

fn once(section: &Section<'_>, id: &str, ids: &mut BTreeSet<String>) {
    if !id.is_empty() && !ids.insert(id.to_owned()) {
        section.complain("id", Bad::new(format!("there are two rules `{id}`")));
    }
}
