//! Where the money of the next four weeks should go, and how sure that is.
//!
//! Weekly spend and the people who applied in the week and went on to count are fitted to a response per channel
//! ([`inflow_statistics::response`]); the total is then moved within bounds to where the next person costs least
//! ([`inflow_statistics::allocation`]). The same weeks, configuration and clock give the same advice.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use inflow_config::Config;
use inflow_statistics::allocation::{self, Move, Plan};
use inflow_statistics::response::{self, Basis, Curve, Obstacle, Response, Week};
use inflow_store::Store;
use serde::{Serialize, Serializer};

use crate::AnalyticsError;
use crate::analyze::Marts;
use crate::jobs::Desk;

mod weeks;

use weeks::{History, Known};

/// Weeks of a period that money is given to.
const PERIOD: f64 = 4.0;
/// Under so many people a figure is `few`.
const LEAST: u64 = 20;

/// Whom the money is to bring.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum People {
    /// Those who came to an interview.
    Attended,
    /// Those who were onboarded.
    Onboarded,
}

impl People {
    /// Weeks until most of a week's applications have shown whether they count; younger weeks are left out.
    fn ripening(self) -> u32 {
        match self {
            Self::Attended => 3,
            Self::Onboarded => 6,
        }
    }
}

/// What advice is asked for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BudgetQuery {
    /// Whom the money is to bring.
    pub people: People,
    /// Cents for four weeks; none: what the last four weeks cost.
    pub total: Option<u64>,
    /// The greatest move of a channel, as a share of its spend.
    pub max_move: f64,
}

impl BudgetQuery {
    /// Today's total, moves of at most a quarter.
    pub fn new(people: People) -> Self {
        Self { people, total: None, max_move: allocation::Settings::default().max_move }
    }
}

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
}

/// Cents as decimal text.
pub(crate) fn money(cents: u64) -> String {
    format!("{}.{:02}", cents / 100, cents % 100)
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands fields by reference")]
fn amount<S: Serializer>(cents: &u64, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(&money(*cents))
}

#[expect(clippy::ref_option, reason = "serde hands fields by reference")]
fn price<S: Serializer>(cents: &Option<u64>, to: S) -> Result<S::Ok, S::Error> {
    cents.map(money).serialize(to)
}

/// What is advised for a channel. Money is cents of four weeks, written as decimal text of the currency.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Advised {
    /// The channel.
    pub channel: String,
    /// What the last four weeks cost.
    #[serde(serialize_with = "amount")]
    pub spend: u64,
    /// The same in proportion, where another total is given out.
    #[serde(serialize_with = "amount")]
    pub from: u64,
    /// What the next four should cost.
    #[serde(serialize_with = "amount")]
    pub advised: u64,
    /// The least that a bounded move allows.
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
    /// People in four weeks that the move brings; negative where it takes them.
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
    /// The instant up to which the store was read.
    pub as_of: DateTime<Utc>,
    /// The last day whose spend is known; the four weeks compared end on it.
    pub last_day: Option<NaiveDate>,
    /// The company's currency; its hundredth is the cent.
    pub currency: String,
    /// One a channel: as configured, then others by name.
    pub channels: Vec<Advised>,
    /// Probability that the moves bring more people than the same total as it is spent now; none where nothing moves.
    pub probability: Option<f64>,
    /// People more in four weeks, expected.
    pub gain: f64,
    /// 95 % interval of the gain.
    pub low: f64,
    /// Its upper end.
    pub high: f64,
    /// The gain that only one draw in twenty is under.
    pub worst: f64,
    /// People of four weeks as money is spent now, expected.
    pub expected: f64,
}

/// The advice for the live database. Its marts must have been made by [`crate::analyze`].
pub async fn budget_plan(store: &Store, config: &Config, now: DateTime<Utc>, query: &BudgetQuery) -> Result<BudgetPlan, AnalyticsError> {
    let marts = Marts::live(store, config);
    let known = weeks::read(&Desk::new(&marts, config, now)).await?;
    Ok(plan(&known, config, now, query))
}

/// Both advices that the mart keeps.
pub(crate) async fn plans(desk: &Desk<'_>) -> Result<Vec<BudgetPlan>, AnalyticsError> {
    let known = weeks::read(desk).await?;
    Ok([People::Attended, People::Onboarded].map(|people| plan(&known, desk.config, desk.now, &BudgetQuery::new(people))).into())
}

/// What a channel brought in the last 13 weeks that are old enough to say who was onboarded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ChannelYield {
    /// The channel.
    pub channel: String,
    /// Applications.
    pub applied: u64,
    /// Of them those who were onboarded.
    pub onboarded: u64,
    /// Cents.
    #[serde(serialize_with = "amount")]
    pub spend: u64,
}

/// Of every channel through which somebody applied.
pub(crate) async fn yields(desk: &Desk<'_>) -> Result<Vec<ChannelYield>, AnalyticsError> {
    let known = weeks::read(desk).await?;
    let ripe = known.ripe(People::Onboarded.ripening(), desk.now);
    let each = known.channels.iter().map(|(channel, history)| {
        let recent = history.recent(ripe);
        ChannelYield { channel: channel.clone(), applied: history.recent_applied(ripe), onboarded: recent.onboarded, spend: recent.spend }
    });
    Ok(each.filter(|one| one.applied > 0).collect())
}

fn plan(known: &Known, config: &Config, now: DateTime<Utc>, query: &BudgetQuery) -> BudgetPlan {
    let ripe = known.ripe(query.people.ripening(), now);
    let histories: Vec<(&String, &History)> = known.channels.iter().collect();
    let channels: Vec<response::Channel> = histories.iter().map(|(_, history)| fitted(history, query.people, ripe)).collect();
    let responses = response::fit(&channels, &response::Settings::default());
    // Cents of a period, people of a period.
    let curves: Vec<Vec<Curve>> = responses
        .iter()
        .zip(&histories)
        .map(|(one, (_, history))| match history.spend() {
            0 => Vec::new(),
            _ => one.curves.iter().map(|curve| curve.scaled(PERIOD, PERIOD)).collect(),
        })
        .collect();
    let money: Vec<allocation::Channel<'_>> =
        histories.iter().zip(&curves).map(|((_, history), curves)| allocation::Channel { spend: history.spend(), curves }).collect();
    let settings = allocation::Settings { max_move: query.max_move, ..allocation::Settings::default() };
    let Plan { moves, probability, gain, interval, worst, people } = allocation::allocate(&money, query.total, &settings);
    let movable = curves.iter().filter(|curves| !curves.is_empty()).count();
    let advised = histories.iter().zip(moves).zip(&responses);
    let mut channels: Vec<Advised> = advised
        .map(|(((channel, history), one), response)| explain(channel, history, one, response, query.people, ripe, movable))
        .collect();
    let place: BTreeMap<&str, usize> = config.channels.iter().zip(0..).map(|(channel, place)| (channel.id.as_str(), place)).collect();
    channels.sort_by_key(|one| (place.get(one.channel.as_str()).copied().unwrap_or(usize::MAX), one.channel.clone()));
    BudgetPlan {
        people: query.people,
        as_of: now,
        last_day: known.last_day,
        currency: config.settings.company.currency.to_string(),
        channels,
        probability,
        gain,
        low: interval.low,
        high: interval.high,
        worst,
        expected: people,
    }
}

/// The weeks that a response is fitted to: ripe, delivered, and from the first in which the channel's people were told of.
fn fitted(history: &History, people: People, ripe: usize) -> response::Channel {
    let week = |week: &weeks::Told| Week {
        // What is not known of a week leaves it out, as having no spend does.
        spend: if week.covered { week.cents as f64 } else { 0.0 },
        people: match people {
            People::Attended => week.attended,
            People::Onboarded => week.onboarded,
        },
    };
    let weeks = if history.delivered() { history.weeks.iter().skip(ripe).rev().map(week).collect() } else { Vec::new() };
    response::Channel { weeks, spend: history.spend() as f64 / PERIOD }
}

fn explain(channel: &str, history: &History, advised: Move, response: &Response, people: People, ripe: usize, movable: usize) -> Advised {
    let recent = history.recent(ripe);
    let spend = history.spend();
    let covered = history.covered();
    let counted = match people {
        People::Attended => recent.attended,
        People::Onboarded => recent.onboarded,
    };
    let reason = match advised.to.cmp(&advised.from) {
        _ if spend == 0 => BudgetReason::NoSpend,
        _ if response.curves.is_empty() => BudgetReason::NoData,
        _ if movable < 2 => BudgetReason::OnlyChannel,
        std::cmp::Ordering::Greater => BudgetReason::CheaperHere,
        std::cmp::Ordering::Less => BudgetReason::DearerHere,
        std::cmp::Ordering::Equal => BudgetReason::Even,
    };
    let status = match reason {
        BudgetReason::NoSpend => "no_spend",
        BudgetReason::NoData => "no_data",
        _ if covered < 1.0 => "partial",
        _ if counted < LEAST => "few",
        _ => "ok",
    };
    // The next person of a channel that brings next to nobody has no price.
    let cost = |cents: Option<f64>| cents.filter(|cents| *cents < 1e13).map(|cents| cents.round() as u64);
    Advised {
        channel: channel.to_owned(),
        spend,
        from: advised.from,
        advised: advised.to,
        least: advised.least,
        most: advised.most,
        next_cost_before: cost(advised.marginal_cost_before),
        next_cost_after: cost(advised.marginal_cost_after),
        gain: advised.gain,
        probability: advised.probability,
        basis: response.basis,
        obstacle: response.obstacle,
        reason,
        status,
        covered,
        recent,
    }
}
