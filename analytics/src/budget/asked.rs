//! What advice on money is asked.

use std::collections::BTreeMap;

use inflow_config::{Config, MoneyOrShare, PlanPeople, Plans, Scenario, did_you_mean};
use inflow_statistics::allocation;
use rust_decimal::Decimal;
use serde::{Serialize, Serializer};

use super::price;
use crate::AnalyticsError;

/// Weeks that spend of now is known for.
pub(super) const NOW: u32 = 4;

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
    pub(super) fn ripening(self) -> u32 {
        match self {
            Self::Attended => 3,
            Self::Onboarded => 6,
        }
    }

    /// The word in tables and in the ids of advice.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Attended => "attended",
            Self::Onboarded => "onboarded",
        }
    }
}

impl From<PlanPeople> for People {
    fn from(people: PlanPeople) -> Self {
        match people {
            PlanPeople::Attended => Self::Attended,
            PlanPeople::Hires => Self::Onboarded,
        }
    }
}

/// People who are to be counted, and how probable that is to be.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct BudgetTarget {
    /// How many in all the weeks.
    pub people: u64,
    /// Above 0 and below 1.
    pub probability: f64,
}

/// What is asked of one channel. Bounds go before the greatest move.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize)]
pub struct BudgetLimits {
    /// It gets no less; a share is one of the total.
    pub floor: Option<MoneyOrShare>,
    /// It gets no more.
    pub cap: Option<MoneyOrShare>,
    /// It keeps what it costs now.
    pub hold: bool,
}

/// What advice is asked for.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct BudgetQuery {
    /// Whom the money is to bring.
    pub people: People,
    /// Weeks that the money is for.
    pub weeks: u32,
    /// Cents for all the weeks; none: what as many cost at the pace of the last four. With a target: the most. Written as decimal text.
    #[serde(serialize_with = "price")]
    pub total: Option<u64>,
    /// The greatest move of a channel, as a share of its spend.
    pub max_move: f64,
    /// Asks for the least money that brings them.
    pub target: Option<BudgetTarget>,
    /// By channel.
    #[serde(serialize_with = "bounded")]
    pub limits: BTreeMap<String, BudgetLimits>,
}

fn bounded<S: Serializer>(limits: &BTreeMap<String, BudgetLimits>, to: S) -> Result<S::Ok, S::Error> {
    to.collect_map(limits)
}

impl BudgetQuery {
    /// Today's total for four weeks, moves of at most a quarter.
    pub fn new(people: People) -> Self {
        let max_move = allocation::Settings::default().max_move;
        Self { people, weeks: NOW, total: None, max_move, target: None, limits: BTreeMap::new() }
    }

    /// What a scenario asks.
    pub fn of(scenario: &Scenario) -> Self {
        let plain = Self::new(scenario.by.into());
        let held = scenario.hold.iter().map(|id| (id.clone(), BudgetLimits { hold: true, ..BudgetLimits::default() }));
        let bounded = scenario.channel.iter().map(|one| (one.id.clone(), BudgetLimits { floor: one.floor, cap: one.cap, hold: false }));
        Self {
            weeks: scenario.weeks.unwrap_or(plain.weeks),
            total: scenario.total.map(|total| MoneyOrShare::Money(total).cents(0)),
            max_move: scenario.max_move.map_or(plain.max_move, |percent| f64::from(percent) / 100.0),
            target: scenario.target.map(|people| BudgetTarget {
                people: u64::from(people),
                probability: f64::from(scenario.probability.unwrap_or(80)) / 100.0,
            }),
            limits: held.chain(bounded).collect(),
            ..plain
        }
    }

    /// Cents of so many weeks at the pace of the four that a spend is known for, rounded half up.
    pub(super) fn paced(&self, cents: u64) -> u64 {
        let now = u128::from(NOW);
        u64::try_from((u128::from(cents) * u128::from(self.weeks) + now / 2) / now).unwrap_or(u64::MAX)
    }

    /// What the statistics are asked of a channel; `total` is what shares are shares of.
    pub(super) fn limits_of(&self, channel: &str, total: u64, rejected: bool) -> allocation::Limits {
        let asked = self.limits.get(channel).copied().unwrap_or_default();
        allocation::Limits {
            floor: asked.floor.map(|floor| floor.cents(total)),
            cap: asked.cap.map(|cap| cap.cents(total)),
            held: asked.hold || rejected,
        }
    }

    /// Whether the question itself says what may become of a channel.
    pub(super) fn names(&self, channel: &str) -> bool {
        self.limits.contains_key(channel)
    }

    /// Refuses channels that are not configured, and bounds of which one is above the other.
    pub(super) fn check(&self, config: &Config, total: u64) -> Result<(), AnalyticsError> {
        if let Some(name) = self.limits.keys().find(|id| config.channel(id).is_none()) {
            let accepted = config.channels.iter().map(|channel| channel.id.clone()).collect();
            return Err(AnalyticsError::UnknownChannel { name: name.clone(), accepted });
        }
        for (channel, limits) in &self.limits {
            let (Some(floor), Some(cap)) = (limits.floor, limits.cap) else { continue };
            if floor.cents(total) > cap.cents(total) {
                let money = |one: MoneyOrShare| Decimal::new(i64::try_from(one.cents(total)).unwrap_or(i64::MAX), 2);
                return Err(AnalyticsError::Unplannable {
                    what: format!(
                        "the floor of {channel} ({floor}, which is {}) is above its cap ({cap}, which is {})",
                        money(floor),
                        money(cap)
                    ),
                    hint: "lower the floor or raise the cap".to_owned(),
                });
            }
        }
        Ok(())
    }
}

/// The scenario of a name, or which there are.
///
/// # Errors
/// When `plans.toml` has none of that name.
pub fn scenario<'a>(plans: &'a Plans, name: &str) -> Result<&'a Scenario, AnalyticsError> {
    plans.scenario(name).ok_or_else(|| {
        let known: Vec<&str> = plans.scenario.iter().map(|one| one.name.as_str()).collect();
        let has = if known.is_empty() { "it has none".to_owned() } else { format!("it has {}", known.join(", ")) };
        let hint = did_you_mean(name, known)
            .unwrap_or_else(|| "add [[scenario]] with this name to plans.toml; docs/plans.md explains it".to_owned());
        AnalyticsError::Unplannable { what: format!("plans.toml has no scenario `{name}`; {has}"), hint }
    })
}
