//! `finance.toml`: what the ledger's lines do not say of themselves, and a controller decides.

use std::collections::BTreeSet;
use std::str::FromStr;

use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::allocation::{Allocation, AllocationDimension};
use crate::owed::{BonusRule, FeeRule};
use crate::places::Places;
use crate::problem::{Bad, Problem, did_you_mean};
use crate::reader::Section;
use crate::settings::DecimalText;
use crate::tree::Node;
use crate::values::{above_zero, bad, decimal, from_str, list, not_negative, one_of, parsed, words};

/// `finance.toml`.
#[derive(Debug, Clone, PartialEq, Default, Serialize, schemars::JsonSchema)]
#[schemars(deny_unknown_fields, default)]
pub struct Finance {
    /// Whose tax is no cost.
    pub vat: Vat,
    /// Prepaid accounts at boards.
    pub wallets: Wallets,
    /// What cost per head divides.
    pub cost: CostSettings,
    /// Packages of which the use is told apart; any other package is cost by the day.
    pub package: Vec<Package>,
    /// Cost that is given to other channels, stores, departments or requisitions than its lines name.
    pub allocation: Vec<Allocation>,
    /// Referral bonuses that are owed for hires; of several that fit a hire the first counts.
    pub bonus: Vec<BonusRule>,
    /// Head-hunters' fees that are owed for hires; of several that fit a hire the first counts.
    pub fee: Vec<FeeRule>,
    /// What may be spent by month.
    pub budget: Vec<Budget>,
    /// Where the keys of the file stand.
    #[serde(skip)]
    #[schemars(skip)]
    pub places: Places,
}

/// Whose tax is no cost: the tax of a line with a deductible invoice on a payer of the company is claimed back, all other tax is cost.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[schemars(deny_unknown_fields, default)]
pub struct Vat {
    /// Invoice types whose tax is claimed back: special (专票), ordinary (普票). Empty for a small-scale taxpayer.
    pub deductible: Vec<String>,
    /// Names that invoices of the company bear; an invoice on anybody else is personal, and its tax is cost. Empty: nobody is asked.
    pub payers: Vec<String>,
}

impl Default for Vat {
    fn default() -> Self {
        Self { deductible: vec!["special".to_owned()], payers: Vec::new() }
    }
}

/// Prepaid accounts at boards.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, schemars::JsonSchema)]
#[schemars(deny_unknown_fields, default)]
pub struct Wallets {
    /// What bonus units do to the price of the others.
    pub bonus: BonusUnits,
}

/// What cost per head divides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, schemars::JsonSchema)]
#[schemars(deny_unknown_fields, default)]
pub struct CostSettings {
    /// Cost by its days of service, or money by its booking days.
    pub basis: CostBasis,
}

/// Cost by its days of service, or money by its booking days.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CostBasis {
    /// What the service of a day cost.
    #[default]
    Accrual,
    /// What was paid on a day, tax included.
    Cash,
}

/// What units that a board gives on top do to the price of those that were paid for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum BonusUnits {
    /// They lower the price of every unit: the moving weighted average.
    #[default]
    Average,
    /// They cost nothing and are used last.
    Last,
}

/// A package of which the use is told apart.
#[derive(Debug, Clone, PartialEq, Serialize, schemars::JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Package {
    /// Document of the ledger line that bought it.
    pub document: String,
    /// By what its price is given to what it entitles to.
    pub rule: PackageRule,
    /// What it entitles to.
    pub item: Vec<PackageItem>,
}

/// By what a package's price is given to what it entitles to; each part becomes cost as it is used, and its rest at the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PackageRule {
    /// Every unit costs the same.
    #[default]
    Unit,
    /// In proportion to the prices that are stated for the items.
    Price,
}

/// What a package entitles to.
#[derive(Debug, Clone, PartialEq, Serialize, schemars::JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct PackageItem {
    /// Its word in the ledger's column `item`, such as posting_days or 简历下载.
    pub name: String,
    /// How many.
    #[schemars(with = "DecimalText")]
    pub units: Decimal,
    /// Stated price of all of them, for the rule `price`.
    #[schemars(default, with = "Option<DecimalText>")]
    pub price: Option<Decimal>,
}

/// What may be spent in a month, by all or by those that are named.
#[derive(Debug, Clone, PartialEq, Serialize, schemars::JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Budget {
    /// First day of the month; written 2026-10.
    #[schemars(with = "String", regex(pattern = "^[0-9]{4}-[0-9]{2}$"))]
    pub month: NaiveDate,
    /// Channel; absent: all.
    #[schemars(default)]
    pub channel: Option<String>,
    /// Store; absent: all.
    #[schemars(default)]
    pub store: Option<String>,
    /// Department; absent: all.
    #[schemars(default)]
    pub department: Option<String>,
    /// In the company's currency.
    #[schemars(with = "DecimalText")]
    pub amount: Decimal,
}

impl BonusUnits {
    /// The word used in the file.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Average => "average",
            Self::Last => "last",
        }
    }
}

impl CostBasis {
    /// The word used in the file and in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Accrual => "accrual",
            Self::Cash => "cash",
        }
    }
}

impl FromStr for CostBasis {
    type Err = Bad;

    fn from_str(text: &str) -> Result<Self, Bad> {
        one_of("basis", text, [Self::Accrual, Self::Cash], Self::as_str)
    }
}

impl PackageRule {
    /// The word used in the file and in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unit => "unit",
            Self::Price => "price",
        }
    }
}

impl FromStr for BonusUnits {
    type Err = Bad;

    fn from_str(text: &str) -> Result<Self, Bad> {
        one_of("bonus", text, [Self::Average, Self::Last], Self::as_str)
    }
}

impl FromStr for PackageRule {
    type Err = Bad;

    fn from_str(text: &str) -> Result<Self, Bad> {
        one_of("rule", text, [Self::Unit, Self::Price], Self::as_str)
    }
}

impl Finance {
    pub(crate) fn read(section: &mut Section<'_>) -> Self {
        let mut documents = BTreeSet::new();
        let mut ids = BTreeSet::new();
        let mut rules = BTreeSet::new();
        Self {
            vat: section.section("vat", |section| {
                let deductible = section.optional("deductible", invoice_types).unwrap_or_else(|| Vat::default().deductible);
                Vat { deductible, payers: section.optional("payers", list).unwrap_or_default() }
            }),
            wallets: section.section("wallets", |section| Wallets { bonus: section.optional("bonus", from_str).unwrap_or_default() }),
            cost: section.section("cost", |section| CostSettings { basis: section.optional("basis", from_str).unwrap_or_default() }),
            package: section.sections("package", |section| {
                let package = Package::read(section);
                if !documents.insert(package.document.clone()) {
                    section.complain("document", Bad::new(format!("there are two packages `{}`", package.document)));
                }
                package
            }),
            allocation: section.sections("allocation", |section| {
                let allocation = Allocation::read(section);
                if !ids.insert(allocation.id.clone()) {
                    section.complain("id", Bad::new(format!("there are two allocations `{}`", allocation.id)));
                }
                allocation
            }),
            bonus: BonusRule::read_all(section, &mut rules),
            fee: FeeRule::read_all(section, &mut rules),
            budget: budgets(section),
            places: Places::default(),
        }
    }

    /// A problem with a key of the file, such as `allocation[0].channel`.
    pub fn problem(&self, key: &str, bad: Bad) -> Problem {
        let problem = self.places.problem(key, bad.message);
        Problem { hint: bad.hint, ..problem }
    }

    /// Whether cost depends on people: on who was taken on, or on how many there are of whom.
    pub fn asks_people(&self) -> bool {
        !self.bonus.is_empty() || !self.fee.is_empty() || self.allocation.iter().any(|rule| rule.by.is_some())
    }

    /// Every channel that the file names, with its key.
    pub(crate) fn channels(&self) -> impl Iterator<Item = (String, &str)> {
        let allocations = self.allocation.iter().enumerate().flat_map(|(at, allocation)| {
            let only = allocation.channel.iter().map(move |channel| (format!("allocation[{at}].channel"), channel.as_str()));
            let shares = allocation.share.iter().enumerate();
            only.chain(
                shares.filter_map(move |(share, one)| Some((format!("allocation[{at}].share[{share}].channel"), one.channel.as_deref()?))),
            )
        });
        let only = self.allocation.iter().enumerate().filter(|(_, rule)| rule.among == Some(AllocationDimension::Channel));
        let only = only.flat_map(|(at, rule)| rule.only.iter().map(move |id| (format!("allocation[{at}].only"), id.as_str())));
        let bonuses = self.bonus.iter().enumerate();
        let bonuses = bonuses.flat_map(|(at, rule)| rule.channel.iter().map(move |id| (format!("bonus[{at}].channel"), id.as_str())));
        let fees = self.fee.iter().enumerate();
        let fees = fees.flat_map(|(at, rule)| rule.channel.iter().map(move |id| (format!("fee[{at}].channel"), id.as_str())));
        let budgets = self.budget.iter().enumerate();
        allocations
            .chain(only)
            .chain(bonuses)
            .chain(fees)
            .chain(budgets.filter_map(|(at, budget)| Some((format!("budget[{at}].channel"), budget.channel.as_deref()?))))
    }
}

fn budgets(section: &mut Section<'_>) -> Vec<Budget> {
    let mut seen = BTreeSet::new();
    section.sections("budget", |section| {
        let budget = Budget {
            month: section.required("month", NaiveDate::MIN, |node| parsed(node, month)),
            channel: section.optional("channel", words),
            store: section.optional("store", words),
            department: section.optional("department", words),
            amount: section.required("amount", Decimal::ZERO, |node| decimal(node).and_then(not_negative)),
        };
        if !seen.insert((budget.month, budget.channel.clone(), budget.store.clone(), budget.department.clone())) {
            section.complain(
                "month",
                bad("there are two budgets of this month for the same", "add them up, or name a channel, store or department"),
            );
        }
        budget
    })
}

/// A month as 2026-10.
fn month(text: &str) -> Result<NaiveDate, Bad> {
    let day =
        text.split_once('-').filter(|(year, month)| (year.len(), month.len()) == (4, 2)).and_then(|_| format!("{text}-01").parse().ok());
    day.ok_or_else(|| bad(format!("`{text}` is no month"), "for example month = \"2026-10\""))
}

impl Package {
    fn read(section: &mut Section<'_>) -> Self {
        let package = Self {
            document: section.required("document", String::new(), words),
            rule: section.optional("rule", from_str).unwrap_or_default(),
            item: section.sections("item", |section| PackageItem {
                name: section.required("name", String::new(), words),
                units: section.required("units", Decimal::ONE, |node| decimal(node).and_then(above_zero)),
                price: section.optional("price", |node| decimal(node).and_then(not_negative)),
            }),
        };
        if package.item.is_empty() {
            section.complain_here(bad(
                "a package that entitles to nothing",
                "[[package.item]] with name and units; a package by the day needs no entry here",
            ));
        }
        let names: BTreeSet<&str> = package.item.iter().map(|item| item.name.as_str()).collect();
        if names.len() < package.item.len() {
            section.complain_here(Bad::new("two items of one name"));
        }
        let priced = package.item.iter().filter_map(|item| item.price).sum::<Decimal>();
        if package.rule == PackageRule::Price && (priced.is_zero() || package.item.iter().any(|item| item.price.is_none())) {
            section.complain_here(bad("the rule `price` needs the price of each item", "price = \"6000\", or rule = \"unit\""));
        }
        package
    }
}

fn invoice_types(node: &Node) -> Result<Vec<String>, Bad> {
    let types = list(node)?;
    match types.iter().find(|word| !matches!(word.as_str(), "special" | "ordinary")) {
        None => Ok(types),
        Some(word) => Err(Bad::new(format!("unknown invoice type `{word}`, accepted: special, ordinary"))
            .hint(did_you_mean(word, ["special", "ordinary"]))),
    }
}
