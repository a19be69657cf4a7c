//! Where the money of the next four weeks should go, and how sure that is.
//!
//! Weekly spend and the people who applied in the week and went on to count are fitted to a response per channel
//! ([`inflow_statistics::response`]); the total is then moved within bounds to where the next person costs least
//! ([`inflow_statistics::allocation`]). The same weeks, decisions, configuration and clock give the same advice, to whoever asks: the mart of the
//! analysis and the command line are one computation.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use inflow_config::Config;
use inflow_statistics::allocation::{self, Answer, Limits, Move, Plan, Target, TooLittle};
use inflow_statistics::response::{self, Curve, Response, Week};
use inflow_store::Store;
use serde::{Serialize, Serializer};

use crate::AnalyticsError;
use crate::analyze::Marts;
use crate::jobs::Desk;

mod asked;
mod decided;
mod kept;
mod told;
mod weeks;

use asked::NOW;
use decided::{Decisions, Weighing};
use weeks::{History, Known};

pub use asked::{BudgetLimits, BudgetQuery, BudgetTarget, People, scenario};
pub use decided::{BudgetVerdict, DecisionState, StandingDecision, decide_budget};
pub use kept::{Against, BudgetChange, BudgetDiff, BudgetWhy, KeptBudget, PlannedChannel, kept_budgets};
pub use told::{Advised, BudgetPlan, BudgetReason, Recent, TargetAnswer};

/// Under so many people a figure is `few`.
const LEAST: u64 = 20;

/// Cents as decimal text.
pub(crate) fn money(cents: u64) -> String {
    format!("{}.{:02}", cents / 100, cents % 100)
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands fields by reference")]
pub(crate) fn amount<S: Serializer>(cents: &u64, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(&money(*cents))
}

#[expect(clippy::ref_option, reason = "serde hands fields by reference")]
pub(crate) fn price<S: Serializer>(cents: &Option<u64>, to: S) -> Result<S::Ok, S::Error> {
    cents.map(money).serialize(to)
}

/// The advice for the live database. Its marts must have been made by [`crate::analyze`].
///
/// # Errors
/// When a channel is not configured, when bounds take more than there is, and those of the store.
pub async fn budget_plan(store: &Store, config: &Config, now: DateTime<Utc>, query: &BudgetQuery) -> Result<BudgetPlan, AnalyticsError> {
    Budget::read(store, config, now).await?.plan(query)
}

/// All that plans of money are made from, read once.
#[derive(Debug)]
pub struct Budget<'a> {
    known: Known,
    decisions: Decisions,
    config: &'a Config,
    now: DateTime<Utc>,
}

impl<'a> Budget<'a> {
    /// Of the live database, whose marts must have been made by [`crate::analyze`].
    ///
    /// # Errors
    /// Those of the store.
    pub async fn read(store: &'a Store, config: &'a Config, now: DateTime<Utc>) -> Result<Self, AnalyticsError> {
        let marts = Marts::live(store, config);
        let desk = Desk::new(&marts, config, now);
        let (known, decisions) = (weeks::read(&desk).await?, Decisions::read(store, now).await?);
        Ok(Self { known, decisions, config, now })
    }

    async fn of(desk: &Desk<'a>) -> Result<Self, AnalyticsError> {
        let (known, decisions) = (weeks::read(desk).await?, Decisions::read(desk.marts.store, desk.now).await?);
        Ok(Self { known, decisions, config: desk.config, now: desk.now })
    }

    /// The advice that a question gets.
    ///
    /// # Errors
    /// When a channel is not configured, or bounds take more than there is.
    pub fn plan(&self, query: &BudgetQuery) -> Result<BudgetPlan, AnalyticsError> {
        Asked { budget: self, query, known: self.known.with(query.limits.keys()) }.plan()
    }
}

/// Both advices that the mart keeps.
pub(crate) async fn plans(desk: &Desk<'_>) -> Result<Vec<BudgetPlan>, AnalyticsError> {
    let budget = Budget::of(desk).await?;
    [People::Attended, People::Onboarded].into_iter().map(|people| budget.plan(&BudgetQuery::new(people))).collect()
}

/// What a channel brought in the last 13 weeks that are old enough to say who was onboarded.
#[derive(Debug, Clone, PartialEq, Serialize)]
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
    /// By how much the advice on money for hires would let its spend grow; 1 where it has none.
    pub weight: f64,
    /// Weeks that its postings were live, added up over the postings.
    pub posting_weeks: f64,
}

/// Of every channel through which somebody applied.
pub(crate) async fn yields(desk: &Desk<'_>) -> Result<Vec<ChannelYield>, AnalyticsError> {
    let budget = Budget::of(desk).await?;
    let Some(last) = budget.known.last_day else { return Ok(Vec::new()) };
    let ripe = budget.known.ripe(People::Onboarded.ripening(), desk.now);
    let live = weeks::live(desk, last, ripe).await?;
    let advice = budget.plan(&BudgetQuery::new(People::Onboarded))?;
    let weight = |channel: &str| {
        let one = advice.channels.iter().find(|one| one.channel == channel && one.from > 0);
        one.map_or(1.0, |one| one.advised as f64 / one.from as f64)
    };
    let each = budget.known.channels.iter().map(|(channel, history)| {
        let recent = history.recent(ripe);
        ChannelYield {
            channel: channel.clone(),
            applied: history.recent_applied(ripe),
            onboarded: recent.onboarded,
            spend: recent.spend,
            weight: weight(channel),
            posting_weeks: live.get(channel).map_or(0.0, |weeks| history.recent_sum(ripe, weeks)),
        }
    });
    Ok(each.filter(|one| one.applied > 0).collect())
}

/// A question on the way to its answer.
struct Asked<'a> {
    budget: &'a Budget<'a>,
    query: &'a BudgetQuery,
    known: Known,
}

/// A channel as the statistics see it.
struct Fitted<'a> {
    channel: &'a str,
    history: &'a History,
    response: Response,
    /// Cents and people of the weeks asked for; none where nothing is spent.
    curves: Vec<Curve>,
    /// Cents of the weeks asked for at the pace of now.
    spend: u64,
    limits: Limits,
    decision: Option<StandingDecision>,
}

impl Asked<'_> {
    fn plan(&self) -> Result<BudgetPlan, AnalyticsError> {
        let (query, config) = (self.query, self.budget.config);
        let ripe = self.known.ripe(query.people.ripening(), self.budget.now);
        let of_all: u64 = self.known.channels.values().map(|history| query.paced(history.spend())).sum();
        let total = query.total.unwrap_or(of_all);
        query.check(config, total)?;
        let fitted = self.fitted(ripe, total);
        let money: Vec<allocation::Channel<'_>> = fitted
            .iter()
            .map(|one| allocation::Channel {
                spend: one.spend,
                curves: &one.curves,
                dispersion: one.response.dispersion,
                limits: one.limits,
            })
            .collect();
        let settings = allocation::Settings { max_move: query.max_move, ..allocation::Settings::default() };
        let refused = |little: TooLittle| self.refused(little);
        let (plan, target) = match query.target {
            None => (allocation::allocate(&money, query.total, &settings).map_err(refused)?, None),
            Some(target) => {
                let target = Target { people: target.people, probability: target.probability };
                let Answer { plan, reached, probability, surely } =
                    allocation::least_for(&money, target, query.total, &settings).map_err(refused)?;
                (plan, Some(TargetAnswer { reached, probability, surely }))
            }
        };
        let Plan { moves, probability, gain, interval, worst, people, after, count, unplaced } = plan;
        let movable = fitted.iter().filter(|one| !one.curves.is_empty() && !one.limits.held).count();
        let mut channels: Vec<Advised> =
            fitted.into_iter().zip(moves).map(|(one, moved)| self.explain(one, moved, ripe, movable)).collect();
        let place: BTreeMap<&str, usize> = config.channels.iter().zip(0..).map(|(channel, place)| (channel.id.as_str(), place)).collect();
        channels.sort_by_key(|one| (place.get(one.channel.as_str()).copied().unwrap_or(usize::MAX), one.channel.clone()));
        let advised: u64 = channels.iter().map(|one| one.advised).sum();
        Ok(BudgetPlan {
            people: query.people,
            asked: query.clone(),
            as_of: self.budget.now,
            last_day: self.known.last_day,
            currency: config.settings.company.currency.to_string(),
            channels,
            probability,
            gain,
            low: interval.low,
            high: interval.high,
            worst,
            expected: people,
            after,
            count_low: count.low,
            count_high: count.high,
            cost_each: cost((after > 0.0).then(|| advised as f64 / after)),
            unplaced,
            target,
        })
    }

    fn fitted(&self, ripe: usize, total: u64) -> Vec<Fitted<'_>> {
        let weighing = Weighing { known: &self.known, config: self.budget.config, now: self.budget.now, query: self.query };
        let weeks: Vec<response::Channel> = self.known.channels.values().map(|history| fitted(history, self.query.people, ripe)).collect();
        let responses = response::fit(&weeks, &response::Settings::default());
        let of = |((channel, history), response): ((&'_ String, &'_ History), Response)| {
            let spent = history.spend();
            let scaled = |weeks: u32| {
                let weeks = f64::from(weeks);
                let curves = response.curves.iter().map(|curve| curve.scaled(weeks, weeks));
                if spent == 0 { Vec::new() } else { curves.collect::<Vec<_>>() }
            };
            // The price of now is that of the four weeks whose spend is known, whatever is asked for.
            let decision = weighing.standing(
                &self.budget.decisions,
                channel,
                allocation::next_cost(&scaled(NOW), spent).and_then(|each| cost(Some(each))),
            );
            let rejected = decision.as_ref().is_some_and(|one| one.state == DecisionState::Holds);
            (scaled(self.query.weeks), self.query.paced(spent), self.query.limits_of(channel, total, rejected), decision)
        };
        let channels = self.known.channels.iter().zip(responses);
        channels
            .map(|((channel, history), response)| {
                let (curves, spend, limits, decision) = of(((channel, history), response.clone()));
                Fitted { channel, history, response, curves, spend, limits, decision }
            })
            .collect()
    }

    fn refused(&self, little: TooLittle) -> AnalyticsError {
        let (least, total, currency) = (money(little.least), money(little.total), &self.budget.config.settings.company.currency);
        let weeks = self.query.weeks;
        AnalyticsError::Unplannable {
            what: format!(
                "floors, channels that keep their money and the greatest move take {least} {currency} in {weeks} weeks, and there are {total}"
            ),
            hint: "raise the total, allow a greater move, or lower a floor".to_owned(),
        }
    }

    fn explain(&self, one: Fitted<'_>, advised: Move, ripe: usize, movable: usize) -> Advised {
        let Fitted { channel, history, response, curves, limits, decision, .. } = one;
        let recent = history.recent(ripe);
        let spend = history.spend();
        let covered = history.covered();
        let counted = match self.query.people {
            People::Attended => recent.attended,
            People::Onboarded => recent.onboarded,
        };
        let is_rejected = decision.as_ref().is_some_and(|one| one.state == DecisionState::Holds);
        let order = advised.to.cmp(&advised.from);
        let reason = match order {
            _ if spend == 0 && advised.to == 0 => BudgetReason::NoSpend,
            _ if limits
                .floor
                .is_some_and(|floor| advised.to == floor && advised.least == floor && (floor > advised.from || curves.is_empty())) =>
            {
                BudgetReason::Floor
            }
            _ if curves.is_empty() && limits.cap == Some(advised.to) => BudgetReason::Cap,
            _ if spend == 0 => BudgetReason::NoSpend,
            _ if response.curves.is_empty() => BudgetReason::NoData,
            _ if is_rejected => BudgetReason::Rejected,
            _ if limits.held => BudgetReason::Held,
            // Who is at a bound of the question would otherwise have gone further.
            _ if limits.floor == Some(advised.to) && advised.least == advised.to => BudgetReason::Floor,
            _ if limits.cap == Some(advised.to) && advised.most == advised.to => BudgetReason::Cap,
            std::cmp::Ordering::Equal if movable < 2 => BudgetReason::OnlyChannel,
            std::cmp::Ordering::Equal => BudgetReason::Even,
            _ if self.query.target.is_some() => BudgetReason::ForTarget,
            std::cmp::Ordering::Greater => BudgetReason::CheaperHere,
            std::cmp::Ordering::Less => BudgetReason::DearerHere,
        };
        let status = match reason {
            _ if spend == 0 => "no_spend",
            _ if response.curves.is_empty() => "no_data",
            _ if covered < 1.0 => "partial",
            _ if counted < LEAST => "few",
            _ => "ok",
        };
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
            decision,
        }
    }
}

/// Whole cents. The next person of a channel that brings next to nobody has no price.
fn cost(cents: Option<f64>) -> Option<u64> {
    cents.filter(|cents| *cents < 1e13).map(|cents| cents.round() as u64)
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
    response::Channel { weeks, spend: history.spend() as f64 / f64::from(NOW) }
}
