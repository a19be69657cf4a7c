//! What advice on money says.

use chrono::{DateTime, NaiveDate, Utc};
use inflow_statistics::response::{Basis, Obstacle};
use serde::Serialize;

use super::asked::{BudgetQuery, People};
use super::decided::StandingDecision;
use super::{amount, price};

/// Why a channel gets what it gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum BudgetReason {
    /// More: the next person costs less here than where the money comes from.
    CheaperHere,
    /// Less: the next person costs more here than where the money goes.
    DearerHere,
    /// As much: the next person costs as much as elsewhere.
    Even,
    /// As much: there is no other channel that its money could go to or come from.
    OnlyChannel,
    /// Nothing was spent here in the last four weeks, so that there is nothing to move, nor a cost to compare.
    NoSpend,
    /// As much: its connection has not delivered, so that who came is unknown.
    NoData,
    /// As much: the question holds it.
    Held,
    /// As much: somebody rejected to move it.
    Rejected,
    /// A floor of the question keeps it from getting less.
    Floor,
    /// A cap of the question keeps it from getting more.
    Cap,
    /// Other than now: so many people are asked for, and each next one is bought where it costs least.
    ForTarget,
}

/// What is advised for a channel. Money is cents of the weeks that are asked for, written as decimal text of the currency.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Advised {
    /// The channel.
    pub channel: String,
    /// What the last four weeks cost, whatever weeks are asked for.
    #[serde(serialize_with = "amount")]
    pub spend: u64,
    /// The same for the weeks ahead: at the same pace, and in proportion where another total is given out.
    #[serde(serialize_with = "amount")]
    pub from: u64,
    /// What the weeks ahead should cost.
    #[serde(serialize_with = "amount")]
    pub advised: u64,
    /// The least that greatest move and bounds allow.
    #[serde(serialize_with = "amount")]
    pub least: u64,
    /// The most.
    #[serde(serialize_with = "amount")]
    pub most: u64,
    /// What the next person costs now; none where money brings next to nobody.
    #[serde(serialize_with = "price")]
    pub next_cost_before: Option<u64>,
    /// What the next person costs after the move.
    #[serde(serialize_with = "price")]
    pub next_cost_after: Option<u64>,
    /// People in the weeks that the move brings; negative where it takes them.
    pub gain: f64,
    /// Probability that this channel's money brings more where the plan puts it; none where nothing moves.
    pub probability: Option<f64>,
    /// What the estimate stands on.
    pub basis: Basis,
    /// Why it is a rule of thumb.
    pub obstacle: Option<Obstacle>,
    /// Why the channel gets more, less or as much.
    pub reason: BudgetReason,
    /// `ok`, `few` (under 20 people), `partial`, `no_data`, `no_spend`.
    pub status: &'static str,
    /// The share of the weeks looked at that the channel's connections delivered.
    pub covered: f64,
    /// Cents of the last 13 weeks that are ripe, and the people who applied in them and came to an interview or were onboarded.
    pub recent: Recent,
    /// What somebody last said to the advice on this channel, and what became of that.
    pub decision: Option<StandingDecision>,
}

impl Advised {
    /// Why the channel has no response of its own, as a word (`few_weeks`, `few_people`, `same_spend`); none where it has.
    pub fn rule_of_thumb(&self) -> Option<&'static str> {
        self.obstacle.map(|obstacle| match obstacle {
            Obstacle::FewWeeks => "few_weeks",
            Obstacle::FewPeople => "few_people",
            Obstacle::SameSpend => "same_spend",
        })
    }
}

/// The last 13 ripe weeks of a channel: what the rule of thumb stands on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Recent {
    /// Cents.
    #[serde(serialize_with = "amount")]
    pub spend: u64,
    /// Came to an interview.
    pub attended: u64,
    /// Were onboarded.
    pub onboarded: u64,
}

/// An advice over all channels.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct BudgetPlan {
    /// Whom the money is to bring.
    pub people: People,
    /// What was asked.
    pub asked: BudgetQuery,
    /// The instant up to which the store was read.
    pub as_of: DateTime<Utc>,
    /// The last day whose spend is known; the four weeks that spend of now is taken from end on it.
    pub last_day: Option<NaiveDate>,
    /// The company's currency; its hundredth is the cent.
    pub currency: String,
    /// One a channel: as configured, then others by name.
    pub channels: Vec<Advised>,
    /// Probability that the moves bring more people than the same total as it is spent now; none where nothing moves.
    pub probability: Option<f64>,
    /// People more in the weeks, expected.
    pub gain: f64,
    /// 95 % interval of the gain.
    pub low: f64,
    /// Its upper end.
    pub high: f64,
    /// The gain that only one draw in twenty is under.
    pub worst: f64,
    /// People of the weeks as money is spent now, expected.
    pub expected: f64,
    /// People of the weeks with the plan, expected.
    pub after: f64,
    /// With 95 % so many are counted with the plan: what is unknown, and chance.
    pub count_low: f64,
    /// Its upper end.
    pub count_high: f64,
    /// What one of the people costs with the plan, on average; none where nobody is expected.
    #[serde(serialize_with = "price")]
    pub cost_each: Option<u64>,
    /// Of the total what caps and greatest moves let go nowhere.
    #[serde(serialize_with = "amount")]
    pub unplaced: u64,
    /// Whether the target is reached, where one was asked for.
    pub target: Option<TargetAnswer>,
}

impl BudgetPlan {
    /// Cents of all channels together.
    pub fn cents(&self) -> u64 {
        self.channels.iter().map(|one| one.advised).sum()
    }
}

/// What was found for a target.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct TargetAnswer {
    /// Whether the bounds let it be reached. If not, the plan is the most that they allow.
    pub reached: bool,
    /// Probability that so many people are counted with the plan.
    pub probability: f64,
    /// So many are counted with the probability that was asked for.
    pub surely: u64,
}
