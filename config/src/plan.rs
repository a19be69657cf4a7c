//! `plans.toml`: what the advice on money is asked, again and again, and how long a rejection of it holds.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::places::Places;
use crate::problem::{Bad, Problem};
use crate::quantity::{DurationText, duration_text, parse_duration};
use crate::reader::Section;
use crate::settings::DecimalText;
use crate::tree::Node;
use crate::values::{above_zero, bad, decimal, from_str, list, one_of, parsed, whole, words};

/// `plans.toml`.
#[derive(Debug, Clone, PartialEq, Serialize, schemars::JsonSchema)]
#[schemars(deny_unknown_fields, default)]
pub struct Plans {
    /// How long a channel whose move was rejected keeps what it costs now; absent: 28d.
    #[serde(with = "duration_text")]
    #[schemars(with = "DurationText")]
    pub respect_rejections: Duration,
    /// A rejection ends earlier when what the next person of the channel costs has changed by more than so many per cent since; absent: 30.
    #[schemars(range(min = 1, max = 1000))]
    pub reconsider: u32,
    /// Questions with a name, for `inflow plan budget --scenario NAME`.
    pub scenario: Vec<Scenario>,
    /// Where the keys of the file stand.
    #[serde(skip)]
    #[schemars(skip)]
    pub places: Places,
}

impl Default for Plans {
    fn default() -> Self {
        Self { respect_rejections: Duration::from_hours(28 * 24), reconsider: 30, scenario: Vec::new(), places: Places::default() }
    }
}

/// A question to the advice on money. What is absent is as in `inflow plan budget` without options.
#[derive(Debug, Clone, PartialEq, Default, Serialize, schemars::JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Scenario {
    /// Its name.
    pub name: String,
    /// Whom the money is to bring; absent: attended.
    #[schemars(default)]
    pub by: PlanPeople,
    /// Weeks that the money is for; absent: 4.
    #[schemars(default, range(min = 1, max = 26))]
    pub weeks: Option<u32>,
    /// What they may cost together, in the company's currency; absent: what the last weeks cost. With a target: the most.
    #[schemars(default, with = "Option<DecimalText>")]
    pub total: Option<Decimal>,
    /// The greatest move of a channel, in per cent of what it costs now; absent: 25.
    #[schemars(default, range(min = 0, max = 100))]
    pub max_move: Option<u32>,
    /// People who are to come (or to be onboarded) for the money: asks for the least money that brings them.
    #[schemars(default, range(min = 1, max = 1_000_000))]
    pub target: Option<u32>,
    /// With which probability, in per cent; absent: 80.
    #[schemars(default, range(min = 1, max = 99))]
    pub probability: Option<u32>,
    /// Channels that keep what they cost now.
    #[schemars(default)]
    pub hold: Vec<String>,
    /// Channels with a floor or a cap.
    #[schemars(default)]
    pub channel: Vec<ScenarioChannel>,
}

/// Bounds of a channel. They go before the greatest move.
#[derive(Debug, Clone, PartialEq, Default, Serialize, schemars::JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct ScenarioChannel {
    /// Channel of channels.toml.
    pub id: String,
    /// It gets no less: money of all the weeks, or a share of the total.
    #[schemars(default, with = "Option<String>")]
    pub floor: Option<MoneyOrShare>,
    /// It gets no more.
    #[schemars(default, with = "Option<String>")]
    pub cap: Option<MoneyOrShare>,
}

/// Whom money is to bring.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PlanPeople {
    /// People who came to an interview.
    #[default]
    Attended,
    /// People who were onboarded.
    Hires,
}

impl PlanPeople {
    fn as_str(self) -> &'static str {
        match self {
            Self::Attended => "attended",
            Self::Hires => "hires",
        }
    }
}

impl FromStr for PlanPeople {
    type Err = Bad;

    fn from_str(text: &str) -> Result<Self, Bad> {
        one_of("kind of people", text, [Self::Attended, Self::Hires], Self::as_str)
    }
}

/// An amount of money, `2000` or `1999.50`, or a share of a total, `20%`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MoneyOrShare {
    /// In the company's currency, at most two decimals.
    Money(Decimal),
    /// From 0 to 1.
    Share(Decimal),
}

impl MoneyOrShare {
    /// Cents; of a share, those of `total` cents, rounded half up.
    pub fn cents(self, total: u64) -> u64 {
        use rust_decimal::RoundingStrategy::MidpointAwayFromZero;
        use rust_decimal::prelude::ToPrimitive;
        let cents = match self {
            Self::Money(money) => money * Decimal::ONE_HUNDRED,
            Self::Share(share) => (share * Decimal::from(total)).round_dp_with_strategy(0, MidpointAwayFromZero),
        };
        cents.to_u64().unwrap_or(u64::MAX)
    }
}

impl fmt::Display for MoneyOrShare {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Money(money) => write!(f, "{money}"),
            Self::Share(share) => write!(f, "{}%", (share * Decimal::ONE_HUNDRED).normalize()),
        }
    }
}

impl Serialize for MoneyOrShare {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl FromStr for MoneyOrShare {
    type Err = Bad;

    fn from_str(text: &str) -> Result<Self, Bad> {
        let shape = || Bad::new(format!("`{text}` is neither money nor a share, accepted: \"2000\", \"1999.50\" or \"20%\""));
        let (number, is_share) = match text.trim().strip_suffix(['%', '%']) {
            Some(number) => (number.trim(), true),
            None => (text.trim(), false),
        };
        let number = Decimal::from_str_exact(number).map_err(|_| shape())?;
        let fits = number >= Decimal::ZERO && if is_share { number <= Decimal::ONE_HUNDRED } else { is_money(number) };
        match (fits, is_share) {
            (false, _) => Err(shape()),
            (true, true) => Ok(Self::Share(number / Decimal::ONE_HUNDRED)),
            (true, false) => Ok(Self::Money(number)),
        }
    }
}

/// Whole cents, and no more of them than a count holds.
fn is_money(number: Decimal) -> bool {
    number.normalize().scale() <= 2 && number < Decimal::from(10_000_000_000_000_u64)
}

impl Plans {
    pub(crate) fn read(section: &mut Section<'_>) -> Self {
        let default = Self::default();
        let mut seen = BTreeSet::new();
        Self {
            respect_rejections: section
                .optional("respect_rejections", |node| parsed(node, parse_duration))
                .unwrap_or(default.respect_rejections),
            reconsider: section.optional("reconsider", |node| whole(node, 1_u32, 1000)).unwrap_or(default.reconsider),
            scenario: section.sections("scenario", |section| {
                let scenario = Scenario::read(section);
                if !scenario.name.is_empty() && !seen.insert(scenario.name.clone()) {
                    section.complain("name", Bad::new(format!("there are two scenarios `{}`", scenario.name)));
                }
                scenario
            }),
            places: Places::default(),
        }
    }

    /// The scenario of a name.
    pub fn scenario(&self, name: &str) -> Option<&Scenario> {
        self.scenario.iter().find(|one| one.name == name)
    }

    /// Ids of channels with the keys that name them.
    pub(crate) fn channels(&self) -> impl Iterator<Item = (String, &str)> {
        self.scenario.iter().enumerate().flat_map(|(index, scenario)| {
            let held = scenario.hold.iter().map(move |id| (format!("scenario[{index}].hold"), id.as_str()));
            let bounded =
                scenario.channel.iter().enumerate().map(move |(at, one)| (format!("scenario[{index}].channel[{at}].id"), one.id.as_str()));
            held.chain(bounded)
        })
    }

    /// A problem with a key of the file.
    pub(crate) fn problem(&self, key: &str, bad: Bad) -> Problem {
        let problem = self.places.problem(key, bad.message);
        Problem { hint: bad.hint, ..problem }
    }
}

impl Scenario {
    fn read(section: &mut Section<'_>) -> Self {
        let mut seen = BTreeSet::new();
        let scenario = Self {
            name: section.required("name", String::new(), words),
            by: section.optional("by", from_str).unwrap_or_default(),
            weeks: section.optional("weeks", |node| whole(node, 1_u32, 26)),
            total: section.optional("total", money),
            max_move: section.optional("max_move", |node| whole(node, 0_u32, 100)),
            target: section.optional("target", |node| whole(node, 1_u32, 1_000_000)),
            probability: section.optional("probability", |node| whole(node, 1_u32, 99)),
            hold: section.optional("hold", list).unwrap_or_default(),
            channel: section.sections("channel", |section| {
                let channel = ScenarioChannel {
                    id: section.required("id", String::new(), words),
                    floor: section.optional("floor", from_str),
                    cap: section.optional("cap", from_str),
                };
                if !channel.id.is_empty() && !seen.insert(channel.id.clone()) {
                    section.complain("id", Bad::new(format!("the channel `{}` has bounds twice", channel.id)));
                }
                if channel.floor.is_none() && channel.cap.is_none() && !section.has("floor") && !section.has("cap") {
                    section.complain_here(bad("bounds nothing", "give it floor = \"2000\" or cap = \"30%\", or name it in `hold`"));
                }
                channel
            }),
        };
        if scenario.probability.is_some() && scenario.target.is_none() {
            section.complain("probability", bad("belongs to a target, and there is none", "add target = 12, or leave it out"));
        }
        if let Err((key, bad)) = scenario.check() {
            section.complain(key, bad);
        }
        scenario
    }

    /// What cannot all be true at once, with the key that is to blame; the command's options are checked by it too.
    ///
    /// # Errors
    /// When a channel is held and bounded, its floor is above its cap, or floors take more than the total.
    pub fn check(&self) -> Result<(), (&'static str, Bad)> {
        if let Some(both) = self.channel.iter().find(|one| self.hold.contains(&one.id)) {
            let message = format!("`{}` is held and has bounds: it cannot both stay and move", both.id);
            return Err(("hold", bad(message, "keep it in one of them")));
        }
        let total = self.total.map(|total| MoneyOrShare::Money(total).cents(0));
        let cents = |one: MoneyOrShare| match one {
            MoneyOrShare::Share(_) => total.map(|total| one.cents(total)),
            MoneyOrShare::Money(_) => Some(one.cents(0)),
        };
        for one in &self.channel {
            let (Some(floor), Some(cap)) = (one.floor, one.cap) else { continue };
            let above = match (floor, cap) {
                (MoneyOrShare::Share(floor), MoneyOrShare::Share(cap)) => floor > cap,
                _ => cents(floor).zip(cents(cap)).is_some_and(|(floor, cap)| floor > cap),
            };
            if above {
                return Err((
                    "channel",
                    bad(format!("the floor of `{}` ({floor}) is above its cap ({cap})", one.id), "lower the floor or raise the cap"),
                ));
            }
        }
        let floors = || self.channel.iter().filter_map(|one| one.floor);
        let shares: Decimal = floors().filter_map(|one| if let MoneyOrShare::Share(share) = one { Some(share) } else { None }).sum();
        if shares > Decimal::ONE {
            let shares = (shares * Decimal::ONE_HUNDRED).normalize();
            return Err(("channel", bad(format!("the floors take {shares}% of the total"), "together they may take 100% at most")));
        }
        let least: u64 = floors().filter_map(cents).fold(0, u64::saturating_add);
        match total {
            Some(total) if least > total => {
                let (least, total) = (Decimal::new(least as i64, 2), Decimal::new(total as i64, 2));
                Err(("total", bad(format!("the floors take {least}, more than the total of {total}"), "raise the total or lower a floor")))
            }
            _ => Ok(()),
        }
    }
}

fn money(node: &Node) -> Result<Decimal, Bad> {
    let money = decimal(node).and_then(above_zero)?;
    if is_money(money) { Ok(money) } else { Err(Bad::new("must be money of at most two decimals, such as \"30000\" or \"29999.50\"")) }
}
