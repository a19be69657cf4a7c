//! What finance.toml says of people, in the ledger's words: what is owed for hires, and how many there are of whom by month.
//!
//! Two marts hold what its rules read, `ledger_hires` and `allocation_bases`; where neither is other than before, no figure of cost is.

use std::collections::BTreeMap;

use chrono::{DateTime, Months, NaiveDate};
use inflow_config::{Allocation, AllocationDimension, BonusRule, ClawbackRule, Config, Currency, FeeRule, Payable, StatedHire, TermsKind};
use inflow_ledger::allocation::{Counted, SHARE_ONE, Share};
use inflow_ledger::amount::TEN_THOUSANDTHS;
use inflow_ledger::owed::{Clawback, Due, Hire, Owed, Reckoning, Terms, reckon};
use inflow_ledger::{Kind, Place, Word, Words};
use inflow_store::{Fields, StoreError, array_literal, quote_text};
use rust_decimal::Decimal;

use crate::AnalyticsError;
use crate::analyze::{Marts, Scope};
use crate::ledger::scaled;
use crate::rows::day_number;

/// The connection of what is owed, in the journal and behind it.
pub(crate) const FILE: &str = "finance.toml";

/// Makes the two marts; gives whether anything in them is other than before.
pub(crate) async fn rebuild(marts: &Marts<'_>, config: &Config, scope: &Scope) -> Result<bool, AnalyticsError> {
    let finance = &config.finance;
    if !finance.asks_people() {
        // What another configuration left; with the same one there is nothing.
        if *scope == Scope::All {
            for table in ["ledger_hires", "allocation_bases"] {
                marts.rebuild_if_other(table, &format!("SELECT * FROM inflow.{table} WHERE 0")).await?;
            }
        }
        return Ok(false);
    }
    let zone = quote_text(config.settings.company.timezone.name());
    let channels = finance.bonus.iter().flat_map(|rule| &rule.channel).chain(finance.fee.iter().flat_map(|rule| &rule.channel));
    let channels: Vec<String> = channels.cloned().collect();
    let hires = include_str!("../sql/marts/ledger_hires.sql")
        .replace("$company_zone", &zone)
        .replace("$channels", &format!("CAST({}, 'Array(String)')", array_literal(&channels)));
    let bases: Vec<String> = finance.allocation.iter().filter_map(|rule| rule.by).map(|by| by.as_str().to_owned()).collect();
    let terms = config.channels.iter().flat_map(|channel| &channel.terms).filter(|terms| terms.kind == TermsKind::Subscription);
    let last = terms.map(|terms| terms.to.unwrap_or(terms.from)).max().unwrap_or_default();
    let counts = include_str!("../sql/marts/allocation_bases.sql")
        .replace("$company_zone", &zone)
        .replace("$last", &last.to_string())
        .replace("$bases", &format!("CAST({}, 'Array(String)')", array_literal(&bases)));
    let other = marts.rebuild_if_other("ledger_hires", &hires).await?;
    Ok(marts.rebuild_if_other("allocation_bases", &counts).await? || other)
}

/// A hire as the rules read it.
pub(crate) struct HireRow {
    id: String,
    names: Vec<String>,
    channel: String,
    place: [String; 3],
    job_family: String,
    facts: Hire,
}

/// All hires of the rules' channels, in the order of their ids.
pub(crate) async fn hires(marts: &Marts<'_>) -> Result<Vec<HireRow>, AnalyticsError> {
    let day = |name: &str| format!("CAST(toUInt16({name}), 'Nullable(Int64)')");
    let sql = format!(
        "SELECT hire, names, toString(channel), toString(store), toString(department), requisition_source_id, toString(job_family), \
         toInt32(toUInt16(started)), {}, {}, {}, left_unknown FROM inflow.ledger_hires ORDER BY hire SETTINGS final = 0",
        day("passed"),
        day("probation_until"),
        day("left_on")
    );
    let mut rows = Vec::new();
    let mut take = |fields: &mut Fields<'_>| -> Option<Result<(), StoreError>> {
        let id = fields.text()?.to_owned();
        let names = fields.texts()?;
        let mut text = || fields.text().map(str::to_owned);
        let (channel, place, job_family) = (text()?, [text()?, text()?, text()?], text()?);
        let started = fields.i32()?;
        let mut day = || fields.nullable_i64().map(|day| day.map(|day| day as i32));
        let [passed, probation_until, left] = [day()?, day()?, day()?];
        let facts = Hire { started, passed, probation_until, left, left_unknown: fields.u8()? == 1 };
        rows.push(HireRow { id, names, channel, place, job_family, facts });
        Some(Ok(()))
    };
    let read = marts.store.for_each_row::<StoreError>(&marts.here(&sql), &[], &mut take).await;
    read.map_err(AnalyticsError::store("cannot read the hires"))?;
    Ok(rows)
}

/// What is owed for one hire by one rule.
pub(crate) struct Debt {
    pub(crate) kind: Kind,
    pub(crate) rule: String,
    pub(crate) hire: String,
    pub(crate) place: Place,
    pub(crate) started: i32,
    /// In ten-thousandths; 0 where nobody states the pay of which it is a percentage.
    pub(crate) amount: i64,
    pub(crate) currency: Currency,
    /// Its line is not known yet.
    pub(crate) owed: Owed,
}

/// What both kinds of rules have alike.
struct Rule<'a> {
    kind: Kind,
    id: &'a str,
    channels: &'a [String],
    from: Option<NaiveDate>,
    to: Option<NaiveDate>,
    currency: Option<Currency>,
    stated: &'a [StatedHire],
    amount: Amount<'a>,
    terms: Terms,
}

enum Amount<'a> {
    Bonus(&'a BonusRule),
    Fee(&'a FeeRule),
}

impl<'a> Rule<'a> {
    fn bonus(rule: &'a BonusRule) -> Self {
        let due = match rule.payable {
            Payable::Probation => Due::Probation,
            Payable::Days => Due::Days(rule.days as i32),
        };
        Self {
            kind: Kind::ReferralBonus,
            id: &rule.id,
            channels: &rule.channel,
            from: rule.from,
            to: rule.to,
            currency: rule.currency,
            stated: &rule.hire,
            amount: Amount::Bonus(rule),
            terms: Terms::Bonus(due),
        }
    }

    fn fee(rule: &'a FeeRule) -> Self {
        let clawback = match rule.clawback {
            ClawbackRule::Full => Clawback::Full,
            ClawbackRule::ProRata => Clawback::ProRata,
            ClawbackRule::Steps => {
                let steps = rule.step.iter().map(|step| (step.days as i32, scaled(step.share, SHARE_ONE).unwrap_or_default()));
                Clawback::Steps(steps.collect())
            }
        };
        let guarantee = (rule.guarantee_days > 0).then_some((rule.guarantee_days as i32, clawback));
        Self {
            kind: Kind::HeadhunterFee,
            id: &rule.id,
            channels: &rule.channel,
            from: rule.from,
            to: rule.to,
            currency: rule.currency,
            stated: &rule.hire,
            amount: Amount::Fee(rule),
            terms: Terms::Fee { due: rule.days as i32, guarantee },
        }
    }

    fn fits(&self, hire: &HireRow) -> bool {
        self.channels.contains(&hire.channel)
            && self.from.is_none_or(|from| day_number(from) <= hire.facts.started)
            && self.to.is_none_or(|to| hire.facts.started <= day_number(to))
    }

    /// What is owed for a hire; `None` where that depends on pay that nobody states.
    fn amount(&self, hire: &HireRow) -> Option<Decimal> {
        // A later spell is another hire, and is stated by its own id.
        let known = |one: &&StatedHire| one.hire == hire.id || !hire.id.contains('#') && hire.names.contains(&one.hire);
        let stated = self.stated.iter().find(known);
        if let Some(amount) = stated.and_then(|stated| stated.amount) {
            return Some(amount);
        }
        match self.amount {
            Amount::Bonus(rule) => Some(rule.job_family.get(&hire.job_family).copied().or(rule.amount).unwrap_or_default()),
            Amount::Fee(rule) => match (rule.amount, rule.percent) {
                (Some(amount), _) => Some(amount),
                (None, Some(percent)) => {
                    let pay = stated.and_then(|stated| stated.yearly_pay)?;
                    // Fees are billed to the cent.
                    let fee = pay.checked_mul(percent)? / Decimal::ONE_HUNDRED;
                    Some(fee.round_dp_with_strategy(2, rust_decimal::RoundingStrategy::MidpointAwayFromZero))
                }
                (None, None) => None,
            },
        }
    }
}

/// What is owed by all rules; of bonuses, and of fees, the first that fits a hire counts.
pub(crate) fn debts(config: &Config, hires: &[HireRow], words: &mut Words) -> (Vec<Debt>, Vec<Reckoning>) {
    let finance = &config.finance;
    let bonuses: Vec<Rule<'_>> = finance.bonus.iter().map(Rule::bonus).collect();
    let fees: Vec<Rule<'_>> = finance.fee.iter().map(Rule::fee).collect();
    let mut debts = Vec::new();
    for hire in hires {
        for rules in [&bonuses, &fees] {
            let Some(rule) = rules.iter().find(|rule| rule.fits(hire)) else { continue };
            let stated = rule.amount(hire);
            let amount = stated.and_then(|amount| scaled(amount, TEN_THOUSANDTHS)).unwrap_or_default();
            if amount == 0 && stated.is_some() {
                continue;
            }
            let [store, department, requisition] = &hire.place;
            let place = Place {
                channel: words.number(&hire.channel),
                store: words.number(store),
                department: words.number(department),
                requisition: words.number(requisition),
                ..Place::default()
            };
            let names = hire.names.iter().map(|name| words.number(name)).collect();
            let owed = Owed { line: 0, names, reckoned: reckon(&rule.terms, &hire.facts, amount), no_pay: stated.is_none() };
            debts.push(Debt {
                kind: rule.kind,
                rule: rule.id.to_owned(),
                hire: hire.id.clone(),
                place,
                started: hire.facts.started,
                amount,
                currency: rule.currency.unwrap_or(config.settings.company.currency),
                owed,
            });
        }
    }
    let reckonings = bonuses
        .iter()
        .chain(&fees)
        .flat_map(|rule| rule.channels.iter().map(|channel| (rule.kind, channel.as_str(), rule.from.map(day_number))));
    let reckonings: Vec<_> = reckonings.collect();
    (debts, reckonings.into_iter().map(|(kind, channel, from)| Reckoning { kind, channel: words.number(channel), from }).collect())
}

/// Channel, store, department and requisition, and how many people.
type Count = ([String; 4], i64);

/// How many people there are of whom, by basis and month.
#[derive(Default)]
pub(crate) struct Bases(BTreeMap<(String, NaiveDate), Vec<Count>>);

impl Bases {
    pub(crate) async fn read(marts: &Marts<'_>) -> Result<Self, AnalyticsError> {
        let sql = "SELECT toString(basis), toInt32(toUInt16(month)), toString(channel), toString(store), toString(department), requisition_source_id, \
                   toInt64(people) FROM inflow.allocation_bases ORDER BY ALL SETTINGS final = 0";
        let mut bases = Self::default();
        let mut take = |fields: &mut Fields<'_>| -> Option<Result<(), StoreError>> {
            let basis = fields.text()?.to_owned();
            let month = DateTime::UNIX_EPOCH.date_naive() + chrono::Days::new(fields.i32()?.max(0) as u64);
            let mut text = || fields.text().map(str::to_owned);
            let of = [text()?, text()?, text()?, text()?];
            bases.0.entry((basis, month)).or_default().push((of, fields.i64()?));
            Some(Ok(()))
        };
        let read = marts.store.for_each_row::<StoreError>(&marts.here(sql), &[], &mut take).await;
        read.map_err(AnalyticsError::store("cannot read how many people there are"))?;
        Ok(bases)
    }

    /// The months of an allocation by people, each with those among whom it divides; `None` for one by shares. Who has no name, such as people of no
    /// store, bears nothing.
    pub(crate) fn of(&self, rule: &Allocation, words: &mut Words) -> Option<Vec<Counted>> {
        let (by, among) = rule.by.zip(rule.among)?;
        let mut counted = Vec::new();
        for ((_, month), people) in self.0.iter().filter(|((basis, _), _)| basis == by.as_str()) {
            let mut found: BTreeMap<&str, i64> = BTreeMap::new();
            for ([channel, store, department, requisition], count) in people {
                let own = match among {
                    AllocationDimension::Channel => channel,
                    AllocationDimension::Store => store,
                    AllocationDimension::Department => department,
                    AllocationDimension::Requisition => requisition,
                };
                // The whole company is its head-count, whoever brought the people; and among channels they are all asked.
                let all =
                    by == inflow_config::AllocationBasis::Headcount || among == AllocationDimension::Channel || rule.channel.is_empty();
                if !own.is_empty() && (all || rule.channel.contains(channel)) && (rule.only.is_empty() || rule.only.contains(own)) {
                    *found.entry(own).or_default() += count;
                }
            }
            let Some(next) = month.checked_add_months(Months::new(1)) else { continue };
            let people = found.into_iter().map(|(name, people)| share(among, words.number(name), people)).collect();
            counted.push(Counted { from: day_number(*month), to: day_number(next) - 1, people });
        }
        Some(counted)
    }
}

fn share(among: AllocationDimension, name: Word, people: i64) -> Share {
    let mut share = Share { share: people, ..Share::default() };
    let place = match among {
        AllocationDimension::Channel => &mut share.channel,
        AllocationDimension::Store => &mut share.store,
        AllocationDimension::Department => &mut share.department,
        AllocationDimension::Requisition => &mut share.requisition,
    };
    *place = Some(name);
    share
}
