//! What people said to the advice on money, and what a later plan makes of it.
//!
//! A rejected move holds its channel at what it costs now. That ends after `respect_rejections` of `plans.toml`, or earlier, when what the next
//! person of the channel costs has changed by more than `reconsider` per cent since: the figures that were rejected are no longer those of today.
//! A question that says itself what may become of the channel goes before. An accepted move is what spend is compared with from then on.

use std::collections::BTreeMap;

use chrono::{DateTime, Duration, NaiveDate, Utc};
use inflow_config::Config;
use inflow_store::{COMMAND_LINE, DecisionRow, Store};
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use serde::Serialize;
use serde_json::{Map, Value};

use super::asked::NOW;
use super::weeks::Known;
use super::{BudgetQuery, People, amount, price};
use crate::AnalyticsError;
use crate::report::{Query, report};

/// Days of spend under which nothing is said of whether a move was carried out.
const LEAST_DAYS: i64 = 7;
/// Spend is as planned within this share of it.
const NEAR: f64 = 0.1;

/// Whether an advice is followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum BudgetVerdict {
    /// It is.
    Accepted,
    /// It is not.
    Rejected,
}

/// What became of a decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum DecisionState {
    /// Of a rejection: the channel keeps what it costs now.
    Holds,
    /// Of a rejection: its time is over.
    TimeOver,
    /// Of a rejection: what the next person costs has changed too much since.
    FiguresMoved,
    /// Of a rejection: this question says itself what may become of the channel.
    AskedOtherwise,
    /// Of an acceptance: too few days of spend are known since.
    TooEarly,
    /// Of an acceptance: what was spent since is what was planned, give or take a tenth.
    CarriedOut,
    /// Of an acceptance: it is not.
    NotCarriedOut,
}

/// The decision that stands on a channel's move. Money is cents, written as decimal text of the currency.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct StandingDecision {
    /// Its id.
    pub id: String,
    /// Whether the move is followed.
    pub verdict: BudgetVerdict,
    /// Who decided.
    pub by: String,
    /// When.
    pub at: DateTime<Utc>,
    /// Why.
    pub reason: String,
    /// What became of it.
    pub state: DecisionState,
    /// Of a rejection: until when it holds if nothing moves.
    pub until: Option<DateTime<Utc>>,
    /// What the next person cost when it was decided, if that was known.
    #[serde(serialize_with = "price")]
    pub next_cost_then: Option<u64>,
    /// What the next person costs now.
    #[serde(serialize_with = "price")]
    pub next_cost_now: Option<u64>,
    /// What the advice put the four weeks at.
    #[serde(serialize_with = "price")]
    pub advised: Option<u64>,
    /// Days since, of the four weeks of the advice, whose spend is known.
    pub days: u32,
    /// What the advice comes to in them.
    #[serde(serialize_with = "price")]
    pub planned: Option<u64>,
    /// What was spent in them.
    #[serde(serialize_with = "amount")]
    pub spent: u64,
}

/// The decisions that hold on the advice on money.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Decisions(BTreeMap<String, DecisionRow>);

impl Decisions {
    /// Those made by an instant.
    pub(super) async fn read(store: &Store, now: DateTime<Utc>) -> Result<Self, AnalyticsError> {
        let rows = store.decisions_that_hold().await.map_err(AnalyticsError::store("cannot read what was decided on advice"))?;
        let of_budget = rows.into_iter().filter(|row| row.advice.starts_with("budget/") && row.decided_at <= now);
        Ok(Self(of_budget.map(|row| (row.advice.clone(), row)).collect()))
    }

    fn on(&self, people: People, channel: &str) -> Option<&DecisionRow> {
        self.0.get(&format!("budget/{}/{channel}", people.as_str()))
    }
}

/// What decisions are weighed against.
pub(super) struct Weighing<'a> {
    pub(super) known: &'a Known,
    pub(super) config: &'a Config,
    pub(super) now: DateTime<Utc>,
    pub(super) query: &'a BudgetQuery,
}

impl Weighing<'_> {
    /// The decision that stands on a channel. `cost` is what the next person costs there as money is spent now.
    pub(super) fn standing(&self, decisions: &Decisions, channel: &str, cost: Option<u64>) -> Option<StandingDecision> {
        let row = decisions.on(self.query.people, channel)?;
        let stated: Map<String, Value> = serde_json::from_str(&row.stated).unwrap_or_default();
        let stated = |column: &str| stated.get(column).and_then(Value::as_str).and_then(cents);
        let verdict = if row.verdict == "accepted" { BudgetVerdict::Accepted } else { BudgetVerdict::Rejected };
        let day = row.decided_at.with_timezone(&self.config.settings.company.timezone).date_naive();
        // The advice says nothing of the days after its own weeks.
        let days = self.days_since(day).min(7 * NOW);
        let advised = stated("advised");
        let planned = advised.map(|advised| advised * u64::from(days) / u64::from(7 * NOW));
        let spent = self.known.spent_within(channel, day, days);
        let until = Duration::from_std(self.config.plans.respect_rejections).ok().and_then(|time| row.decided_at.checked_add_signed(time));
        let then = stated("next_cost_before");
        let state = match verdict {
            BudgetVerdict::Rejected => self.rejected(channel, until, then, cost),
            BudgetVerdict::Accepted if i64::from(days) < LEAST_DAYS => DecisionState::TooEarly,
            BudgetVerdict::Accepted => carried_out(planned, spent),
        };
        Some(StandingDecision {
            id: row.id.clone(),
            verdict,
            by: row.decided_by.clone(),
            at: row.decided_at,
            reason: row.reason.clone(),
            state,
            until: until.filter(|_| verdict == BudgetVerdict::Rejected),
            next_cost_then: then,
            next_cost_now: cost,
            advised,
            days,
            planned,
            spent,
        })
    }

    fn rejected(&self, channel: &str, until: Option<DateTime<Utc>>, then: Option<u64>, cost: Option<u64>) -> DecisionState {
        let share = f64::from(self.config.plans.reconsider) / 100.0;
        if self.query.names(channel) {
            DecisionState::AskedOtherwise
        } else if until.is_some_and(|until| until <= self.now) {
            DecisionState::TimeOver
        } else if then.zip(cost).is_some_and(|(then, cost)| (cost as f64 / (then as f64).max(1.0) - 1.0).abs() > share) {
            DecisionState::FiguresMoved
        } else {
            DecisionState::Holds
        }
    }

    /// Whole days after a day whose spend is known.
    pub(super) fn days_since(&self, day: NaiveDate) -> u32 {
        self.known.last_day.map_or(0, |last| u32::try_from((last - day).num_days()).unwrap_or(0))
    }
}

/// Whether spend is as planned.
pub(super) fn carried_out(planned: Option<u64>, spent: u64) -> DecisionState {
    let near = planned.is_some_and(|planned| (spent as f64 - planned as f64).abs() <= NEAR * planned as f64);
    if near { DecisionState::CarriedOut } else { DecisionState::NotCarriedOut }
}

/// Says in somebody's name whether the advice on a channel is followed, as `POST /api/v1/decisions` does. The advice is what the metric says now.
///
/// # Errors
/// When there is no advice on the channel, and those of the store.
pub async fn decide_budget(
    store: &Store,
    config: &Config,
    now: DateTime<Utc>,
    (people, channel): (People, &str),
    verdict: BudgetVerdict,
    (by, reason): (&str, &str),
) -> Result<DecisionRow, AnalyticsError> {
    let today = now.with_timezone(&config.settings.company.timezone).date_naive();
    let query = Query {
        metric: "budget_advice".to_owned(),
        version: None,
        by: vec!["channel".to_owned()],
        from: today,
        to: today,
        tz: None,
        as_of: now,
        filters: BTreeMap::from([("channel".to_owned(), vec![channel.to_owned()])]),
    };
    let rows = report(store, config, &query).await?.rows;
    let stated = rows.into_iter().find(|row| row.get("people").and_then(Value::as_str) == Some(people.as_str()));
    let mut stated = stated.ok_or_else(|| AnalyticsError::Unplannable {
        what: format!("there is no advice on {channel} to decide on"),
        hint: "`inflow plan budget` lists what is advised; `inflow analyze` makes it anew".to_owned(),
    })?;
    for column in ["channel", "status", "covered"] {
        stated.remove(column);
    }
    let row = DecisionRow {
        id: String::new(),
        decided_at: now,
        advice: format!("budget/{}/{channel}", people.as_str()),
        verdict: if verdict == BudgetVerdict::Accepted { "accepted" } else { "rejected" }.to_owned(),
        decided_by: by.to_owned(),
        token: String::new(),
        reason: reason.to_owned(),
        stated: Value::Object(stated).to_string(),
    };
    store.decide(COMMAND_LINE, row).await.map_err(AnalyticsError::store("cannot keep the decision"))
}

/// Cents of decimal text.
pub(super) fn cents(text: &str) -> Option<u64> {
    (text.parse::<Decimal>().ok()? * Decimal::ONE_HUNDRED).round().to_u64()
}
