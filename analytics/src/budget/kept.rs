//! Plans of money that were kept, and what a later plan says otherwise, and why.

use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;
use std::str::FromStr;

use chrono::{DateTime, Datelike, NaiveDate, Utc};
use inflow_store::{BudgetPlanRow, COMMAND_LINE, Store};
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::decided::{Weighing, cents};
use super::{Advised, Budget, BudgetPlan, BudgetReason, DecisionState, People, amount, price};
use crate::AnalyticsError;
use crate::catalogue::metric;

/// Figures that differ by less than this share are the same.
const SAME: f64 = 0.01;

/// Which kept plan another is compared with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Against {
    /// The newest one of the calendar month before.
    LastMonth,
    /// The newest one kept by the end of a local day.
    Day(NaiveDate),
    /// The one of this id, or of the only id that begins so.
    Id(String),
}

impl FromStr for Against {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(text.parse().map_or_else(|_| Self::Id(text.to_owned()), Self::Day))
    }
}

/// A plan as it was kept.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct KeptBudget {
    /// Its id.
    pub id: String,
    /// The instant up to which the store was read.
    pub made_at: DateTime<Utc>,
    /// Who kept it.
    pub kept_by: String,
    /// Its scenario; empty: none.
    pub scenario: String,
    /// Whom the money was to bring: `attended` or `onboarded`.
    pub people: String,
    /// Weeks that the money was for.
    pub weeks: u32,
    /// The last day whose spend was known.
    pub last_day: NaiveDate,
    /// What was asked.
    pub question: Value,
    /// Versions of the definitions that it stands on.
    pub definitions: Value,
    /// Version of the program.
    pub program: String,
    /// Its channels.
    pub channels: BTreeMap<String, PlannedChannel>,
}

/// What a kept plan said of a channel. Money is cents, written as decimal text.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PlannedChannel {
    /// What its weeks were to cost.
    #[serde(serialize_with = "amount")]
    pub advised: u64,
    /// What the four weeks before cost.
    #[serde(serialize_with = "amount")]
    pub spend: u64,
    /// What the next person cost.
    #[serde(serialize_with = "price")]
    pub next_cost: Option<u64>,
    /// Why it got what it got, as [`BudgetReason`] writes it.
    pub reason: String,
}

/// Why a channel's money is not what it was. Money is decimal text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "code")]
pub enum BudgetWhy {
    /// It is.
    Same,
    /// The kept plan did not know the channel.
    New,
    /// Neither spend nor people are known of it any more.
    Gone,
    /// Somebody rejected its move since.
    Rejected {
        /// Who.
        by: String,
        /// Why.
        reason: String,
    },
    /// A rejection that held it then holds it no more.
    RejectionEnded,
    /// A bound of the question keeps it: `floor`, `cap` or `held`.
    Bound {
        /// Which.
        which: BudgetReason,
    },
    /// Something else was asked: total, weeks, greatest move, target or bounds.
    Question,
    /// What it costs now, from where moves are counted, has changed.
    Spend {
        /// Four weeks then.
        then: String,
        /// Four weeks now.
        now: String,
    },
    /// What its next person costs has changed with new data.
    Cost {
        /// Then; absent: it was not known.
        then: Option<String>,
        /// Now.
        now: Option<String>,
    },
    /// Nothing of its own: what other channels cost has changed.
    Others,
}

/// A channel in two plans.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct BudgetChange {
    /// The channel.
    pub channel: String,
    /// What the kept plan gave it, over the weeks of the later one.
    #[serde(serialize_with = "price")]
    pub was: Option<u64>,
    /// What the later plan gives it.
    #[serde(serialize_with = "price")]
    pub now: Option<u64>,
    /// Why that is another amount; at least one entry.
    pub why: Vec<BudgetWhy>,
    /// What the kept plan comes to in the days since.
    #[serde(serialize_with = "amount")]
    pub planned_since: u64,
    /// What was spent in them.
    #[serde(serialize_with = "amount")]
    pub spent_since: u64,
}

/// What a plan says otherwise than one that was kept.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct BudgetDiff {
    /// The kept plan.
    pub against: KeptBudget,
    /// Days since whose spend is known, up to the last one that the kept plan is of.
    pub days: u32,
    /// One a channel of either plan.
    pub channels: Vec<BudgetChange>,
}

impl Budget<'_> {
    /// Keeps a plan in somebody's name.
    ///
    /// # Errors
    /// When nothing was spent yet, and those of the store.
    pub async fn keep(&self, store: &Store, plan: &BudgetPlan, scenario: &str, by: &str) -> Result<KeptBudget, AnalyticsError> {
        let Some(last_day) = plan.last_day else {
            let hint = "import spend and applications first".to_owned();
            return Err(AnalyticsError::Unplannable {
                what: "there is no plan to keep: nothing was spent or nobody applied yet".to_owned(),
                hint,
            });
        };
        let unwritable = |source| AnalyticsError::row("budget_plans", source);
        let definitions = json!({"budget_advice": metric("budget_advice")?.version});
        let row = BudgetPlanRow {
            id: String::new(),
            made_at: plan.as_of,
            kept_by: by.to_owned(),
            scenario: scenario.to_owned(),
            people: plan.people.as_str().to_owned(),
            weeks: plan.asked.weeks,
            last_day,
            question: serde_json::to_string(&plan.asked).map_err(unwritable)?,
            plan: serde_json::to_string(plan).map_err(unwritable)?,
            definitions: definitions.to_string(),
            program: env!("CARGO_PKG_VERSION").to_owned(),
        };
        let row = store.keep_budget_plan(COMMAND_LINE, row).await.map_err(AnalyticsError::store("cannot keep the plan"))?;
        Ok(read(row))
    }

    /// The kept plan that another for the same people is compared with; none when last month has none.
    ///
    /// # Errors
    /// When the one that is asked for is not there, and those of the store.
    pub async fn kept(&self, store: &Store, people: People, against: &Against) -> Result<Option<KeptBudget>, AnalyticsError> {
        let of_people = kept_budgets(store).await?.into_iter().filter(|kept| kept.people == people.as_str() && kept.made_at <= self.now);
        let all: Vec<KeptBudget> = of_people.collect();
        let local = |at: DateTime<Utc>| at.with_timezone(&self.config.settings.company.timezone).date_naive();
        let month = |day: NaiveDate| day.year() * 12 + day.month0() as i32;
        let found = match against {
            Against::LastMonth => {
                let last = month(local(self.now)) - 1;
                return Ok(all.into_iter().find(|kept| month(local(kept.made_at)) == last));
            }
            Against::Day(day) => all.iter().position(|kept| local(kept.made_at) <= *day),
            Against::Id(id) => {
                let mut begin = all.iter().enumerate().filter(|(_, kept)| kept.id.starts_with(id.as_str()));
                begin.next().filter(|_| begin.next().is_none()).map(|(place, _)| place)
            }
        };
        let missing = || {
            let what = match against {
                Against::Day(day) => format!("no plan for {} was kept by {day}", people.as_str()),
                Against::Id(id) => format!("no one kept plan for {} has an id that begins with `{id}`", people.as_str()),
                Against::LastMonth => String::new(),
            };
            AnalyticsError::Unplannable { what, hint: "`inflow plan budget kept` lists them; --keep NAME keeps one".to_owned() }
        };
        let place = found.ok_or_else(missing)?;
        Ok(all.into_iter().nth(place))
    }

    /// What a plan says otherwise than a kept one, and what was spent since.
    pub fn diff(&self, plan: &BudgetPlan, against: KeptBudget) -> BudgetDiff {
        let weighing = Weighing { known: &self.known, config: self.config, now: self.now, query: &plan.asked };
        let day = against.made_at.with_timezone(&self.config.settings.company.timezone).date_naive();
        // A plan says nothing of the days after its own weeks.
        let days = weighing.days_since(day).min(7 * against.weeks.max(1));
        let asked_otherwise = asked(&serde_json::to_value(&plan.asked).unwrap_or_default()) != asked(&against.question);
        let now: BTreeMap<&str, &Advised> = plan.channels.iter().map(|one| (one.channel.as_str(), one)).collect();
        let order = plan.channels.iter().map(|one| one.channel.as_str());
        let gone: BTreeSet<&str> = against.channels.keys().map(String::as_str).filter(|channel| !now.contains_key(channel)).collect();
        let change = |channel: &str| {
            let (then, now) = (against.channels.get(channel), now.get(channel).copied());
            let was = then.map(|one| one.advised * u64::from(plan.asked.weeks) / u64::from(against.weeks.max(1)));
            let is_same = was.is_some() && was == now.map(|one| one.advised);
            BudgetChange {
                channel: channel.to_owned(),
                was,
                now: now.map(|one| one.advised),
                why: if is_same { vec![BudgetWhy::Same] } else { why(then, now, asked_otherwise) },
                planned_since: then.map_or(0, |one| one.advised * u64::from(days) / u64::from(7 * against.weeks.max(1))),
                spent_since: self.known.spent_within(channel, day, days),
            }
        };
        let channels = order.chain(gone).map(change).collect();
        BudgetDiff { against, days, channels }
    }
}

/// All kept plans, newest first.
///
/// # Errors
/// Those of the store.
pub async fn kept_budgets(store: &Store) -> Result<Vec<KeptBudget>, AnalyticsError> {
    let rows = store.budget_plans().await.map_err(AnalyticsError::store("cannot read kept plans"))?;
    Ok(rows.into_iter().map(read).collect())
}

fn read(row: BudgetPlanRow) -> KeptBudget {
    let plan: Value = serde_json::from_str(&row.plan).unwrap_or_default();
    let channel = |one: &Value| {
        let text = |key: &str| one.get(key).and_then(Value::as_str);
        let money = |key: &str| text(key).and_then(cents);
        let planned = PlannedChannel {
            advised: money("advised")?,
            spend: money("spend")?,
            next_cost: money("next_cost_before"),
            reason: text("reason")?.to_owned(),
        };
        Some((text("channel")?.to_owned(), planned))
    };
    let channels = plan.get("channels").and_then(Value::as_array).into_iter().flatten().filter_map(channel).collect();
    KeptBudget {
        id: row.id,
        made_at: row.made_at,
        kept_by: row.kept_by,
        scenario: row.scenario,
        people: row.people,
        weeks: row.weeks,
        last_day: row.last_day,
        question: serde_json::from_str(&row.question).unwrap_or_default(),
        definitions: serde_json::from_str(&row.definitions).unwrap_or_default(),
        program: row.program,
        channels,
    }
}

/// A question as far as it makes a difference.
fn asked(question: &Value) -> Map<String, Value> {
    question.as_object().cloned().unwrap_or_default()
}

fn why(then: Option<&PlannedChannel>, now: Option<&Advised>, asked_otherwise: bool) -> Vec<BudgetWhy> {
    let (then, now) = match (then, now) {
        (Some(then), Some(now)) => (then, now),
        (None, _) => return vec![BudgetWhy::New],
        (Some(_), None) => return vec![BudgetWhy::Gone],
    };
    let mut all = Vec::new();
    let was_rejected = then.reason == "rejected";
    match now.decision.as_ref().filter(|one| one.state == DecisionState::Holds) {
        Some(one) if !was_rejected => all.push(BudgetWhy::Rejected { by: one.by.clone(), reason: one.reason.clone() }),
        None if was_rejected => all.push(BudgetWhy::RejectionEnded),
        _ => {}
    }
    if asked_otherwise {
        all.push(BudgetWhy::Question);
    }
    if matches!(now.reason, BudgetReason::Floor | BudgetReason::Cap | BudgetReason::Held) {
        all.push(BudgetWhy::Bound { which: now.reason });
    }
    if differs(Some(then.spend), Some(now.spend)) {
        all.push(BudgetWhy::Spend { then: super::money(then.spend), now: super::money(now.spend) });
    }
    if differs(then.next_cost, now.next_cost_before) {
        all.push(BudgetWhy::Cost { then: then.next_cost.map(super::money), now: now.next_cost_before.map(super::money) });
    }
    if all.is_empty() {
        all.push(BudgetWhy::Others);
    }
    all
}

fn differs(then: Option<u64>, now: Option<u64>) -> bool {
    match (then, now) {
        (Some(then), Some(now)) => (now as f64 - then as f64).abs() > SAME * (then.max(1) as f64),
        (None, None) => false,
        _ => true,
    }
}
