//! What the spend of a channel brings: a concave response curve, and how sure it is.
//!
//! The curve is Hill's with slope 1 (Michaelis and Menten's): `people = beta * spend / (k + spend)`, the concave case of the
//! media-mix models (Jin, Wang, Sun, Chan and Koehler 2017, "Bayesian methods for media mix modeling with carryover and shape effects",
//! section 2.2; Meridian holds the slope at 1 too, for want of data that could tell it). It is written by two numbers that data speak of:
//! the people at the typical spend, and the *elasticity* there, `e = k / (k + spend)`: by how many per cent people grow with one per cent
//! of spend.
//!
//! Weekly counts are quasi-Poisson: the Poisson likelihood to the power of `weight / dispersion`. People at the typical spend then have
//! a gamma posterior for each elasticity, and the elasticity a posterior on a grid, so that draws are exact and independent; nothing has to
//! converge. Both priors are hierarchical over the channels: what people cost varies from channel to channel around the pooled cost, and
//! elasticities around a common one; how much they vary is itself averaged over.

use std::collections::BTreeMap;

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use serde::Serialize;
use statrs::function::gamma::ln_gamma;

use crate::sampling::gamma;

/// Elasticities that the posterior is computed at: the middles of as many equal cells of (0, 1).
const CELLS: usize = 48;
/// Prior means of a channel's elasticity.
const MEANS: [f64; 7] = [0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8];
/// How near to their mean the channels' elasticities are, as the sum of the beta distribution's parameters.
const CONCENTRATIONS: [f64; 3] = [4.0, 10.0, 25.0];
/// How near to the pooled cost the channels' costs are, as the gamma distribution's shape; 1 / sqrt(shape) is the coefficient of variation.
const SHAPES: [f64; 5] = [0.5, 1.0, 2.0, 4.0, 8.0];
/// The channels' own dispersion is drawn to the pooled one as by so many weeks.
const DISPERSION_PRIOR: f64 = 8.0;

/// People by weekly spend: `beta * spend / (k + spend)`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Curve {
    /// People that no spend exceeds.
    pub beta: f64,
    /// Spend that brings half of them.
    pub k: f64,
}

impl Curve {
    /// The curve through a point with an elasticity there (in (0, 1)).
    pub fn through(spend: f64, people: f64, elasticity: f64) -> Self {
        Self { beta: people / (1.0 - elasticity), k: spend * elasticity / (1.0 - elasticity) }
    }

    /// Expected people.
    pub fn people(&self, spend: f64) -> f64 {
        if spend <= 0.0 { 0.0 } else { self.beta * spend / (self.k + spend) }
    }

    /// Expected people that one more unit of spend brings.
    pub fn marginal(&self, spend: f64) -> f64 {
        let through = self.k + spend.max(0.0);
        if through > 0.0 { self.beta * self.k / (through * through) } else { 0.0 }
    }

    /// The same curve of other units: `people` and `spend` say how many of the new make one of the old. A curve of weeks becomes one of
    /// four weeks at the same pace with 4 and 4.
    #[must_use]
    pub fn scaled(&self, people: f64, spend: f64) -> Self {
        Self { beta: self.beta * people, k: self.k * spend }
    }
}

/// A week of a channel.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Week {
    /// Money spent.
    pub spend: f64,
    /// People that it brought: those who came in this week and went on to count, whenever that was.
    pub people: u64,
}

/// A channel whose response is asked for.
#[derive(Debug, Clone, PartialEq)]
pub struct Channel {
    /// Its weeks, from old to new.
    pub weeks: Vec<Week>,
    /// Money a week from which it would be moved: the curve has to be right around here.
    pub spend: f64,
}

/// What an estimate stands on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Basis {
    /// The channel's own response to spend that varied.
    Response,
    /// The cost of a person over the last 90 days; how people grow with spend is taken from the other channels or assumed.
    RuleOfThumb,
}

/// Why a channel has no response of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Obstacle {
    /// Fewer weeks with spend than [`Settings::least_weeks`].
    FewWeeks,
    /// Fewer people than [`Settings::least_people`].
    FewPeople,
    /// Spend hardly ever varied ([`Settings::least_variation`]).
    SameSpend,
}

/// How curves are fitted.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Settings {
    /// Draws of the posterior.
    pub draws: usize,
    /// Draws of equal seed and data are equal.
    pub seed: u64,
    /// Weeks with spend that a response needs.
    pub least_weeks: usize,
    /// People that a response needs.
    pub least_people: u64,
    /// Coefficient of variation of weekly spend that a response needs.
    pub least_variation: f64,
    /// After how many weeks a week counts half: channels change.
    pub half_life: f64,
    /// A week counts less by how far its spend is from today's: as a normal density of this deviation in the log of spend. Moves are bounded, so
    /// that the curve need not be right elsewhere; real ones are not Hill's everywhere.
    pub nearness: f64,
    /// Weeks that the rule of thumb looks at: 13 are 91 days.
    pub recent: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self { draws: 1000, seed: 0, least_weeks: 12, least_people: 20, least_variation: 0.1, half_life: 52.0, nearness: 0.7, recent: 13 }
    }
}

/// A channel's curves.
#[derive(Debug, Clone, PartialEq)]
pub struct Response {
    /// What they stand on.
    pub basis: Basis,
    /// Why it is not the channel's own response.
    pub obstacle: Option<Obstacle>,
    /// Draws of the posterior; those of one place belong together over channels. Empty where nothing was ever spent.
    pub curves: Vec<Curve>,
    /// Variance over mean of weekly counts, at least 1.
    pub dispersion: f64,
}

/// Fits all channels.
///
/// Weeks without spend are left out: who comes then was not brought by this week's money. None of the numbers may be negative or infinite.
pub fn fit(channels: &[Channel], settings: &Settings) -> Vec<Response> {
    let pooled = pooled_productivity(channels);
    let mut evidence: Vec<Evidence> = channels.iter().map(|channel| Evidence::new(channel, settings)).collect();
    disperse(&mut evidence);
    for _ in 0..8 {
        share_weeks(&mut evidence);
        disperse(&mut evidence);
    }
    let tables: Vec<Table> = evidence.iter().map(|evidence| Table::new(evidence, pooled)).collect();
    let mut random = StdRng::seed_from_u64(settings.seed);
    let hypers = hypers(&tables, settings.draws, &mut random);
    let draw = |(evidence, table): (&Evidence, &Table)| Response {
        basis: if evidence.obstacle.is_none() { Basis::Response } else { Basis::RuleOfThumb },
        obstacle: evidence.obstacle,
        curves: if evidence.typical > 0.0 { table.draw(evidence, &hypers, &mut random) } else { Vec::new() },
        dispersion: evidence.dispersion,
    };
    evidence.iter().zip(&tables).map(draw).collect()
}

/// People a unit of money over all channels; half a person where there is none.
fn pooled_productivity(channels: &[Channel]) -> f64 {
    let paid = || channels.iter().flat_map(|channel| &channel.weeks).filter(|week| week.spend > 0.0);
    let spend: f64 = paid().map(|week| week.spend).sum();
    let people: u64 = paid().map(|week| week.people).sum();
    if spend > 0.0 { (people as f64).max(0.5) / spend } else { 1.0 }
}

/// A week as the likelihood sees it: spend as a share of the typical one.
struct Seen {
    /// How many weeks ago; the last one of every channel is the same week.
    age: usize,
    /// How many people all channels bring in this week, as a multiple of what their spend alone would.
    season: f64,
    spend: f64,
    people: f64,
    weight: f64,
}

/// What the weeks of a channel tell.
struct Evidence {
    weeks: Vec<Seen>,
    /// Weighted mean of weekly spend.
    typical: f64,
    obstacle: Option<Obstacle>,
    dispersion: f64,
}

impl Evidence {
    fn new(channel: &Channel, settings: &Settings) -> Self {
        let weeks = &channel.weeks;
        let ages = (0..weeks.len()).rev();
        let paid: Vec<(usize, &Week)> = ages.zip(weeks).filter(|(_, week)| week.spend > 0.0).collect();
        let obstacle = obstacle(&paid, settings);
        let weight = |age: usize, week: &Week| match obstacle {
            // What a person cost lately, every week alike.
            Some(_) => f64::from(u8::from(age < settings.recent)),
            None if channel.spend > 0.0 => {
                let away = (week.spend / channel.spend).ln() / settings.nearness;
                0.5_f64.powf(age as f64 / settings.half_life) * (-0.5 * away * away).exp()
            }
            None => 0.5_f64.powf(age as f64 / settings.half_life),
        };
        let used: Vec<(usize, &Week, f64)> =
            paid.iter().map(|(age, week)| (*age, *week, weight(*age, week))).filter(|(_, _, weight)| *weight > 0.0).collect();
        let sum: f64 = used.iter().map(|(_, _, weight)| weight).sum();
        let mean = used.iter().map(|(_, week, weight)| weight * week.spend).sum::<f64>() / sum.max(f64::MIN_POSITIVE);
        // Of nothing in the last weeks there is no cost of a person.
        let typical = if channel.spend > 0.0 && mean > 0.0 { channel.spend } else { mean };
        let seen = |(age, week, weight): &(usize, &Week, f64)| Seen {
            age: *age,
            season: 1.0,
            spend: week.spend / typical,
            people: week.people as f64,
            weight: *weight,
        };
        Self { weeks: used.iter().map(seen).collect(), typical, obstacle, dispersion: 1.0 }
    }

    /// People of a week as a share of those at the typical spend.
    fn shape(week: &Seen, elasticity: f64) -> f64 {
        week.season * week.spend / (elasticity + (1.0 - elasticity) * week.spend)
    }

    /// The likeliest curve's people of each week; none without people.
    fn means(&self) -> Option<Vec<f64>> {
        let people: f64 = self.weeks.iter().map(|week| week.weight * week.people).sum();
        if people <= 0.0 {
            return None;
        }
        let means = |cell: usize| -> Vec<f64> {
            let shapes: Vec<f64> = self.weeks.iter().map(|week| Self::shape(week, middle(cell))).collect();
            let at_typical = people / self.weeks.iter().zip(&shapes).map(|(week, shape)| week.weight * shape).sum::<f64>();
            shapes.iter().map(|shape| at_typical * shape).collect()
        };
        let log_likelihood = |means: &[f64]| -> f64 {
            self.weeks.iter().zip(means).map(|(week, mean)| week.weight * (week.people * mean.ln() - mean)).sum()
        };
        (0..CELLS).map(means).max_by(|a, b| log_likelihood(a).total_cmp(&log_likelihood(b)))
    }

    /// Pearson's statistic of the likeliest curve, and its degrees of freedom.
    fn pearson(&self) -> (f64, f64) {
        let Some(means) = self.means().filter(|_| self.weeks.len() >= 4) else { return (0.0, 0.0) };
        let statistic = self.weeks.iter().zip(means).map(|(week, mean)| (week.people - mean).powi(2) / mean).sum();
        (statistic, self.weeks.len() as f64 - if self.obstacle.is_none() { 2.0 } else { 1.0 })
    }
}

fn obstacle(paid: &[(usize, &Week)], settings: &Settings) -> Option<Obstacle> {
    let n = paid.len() as f64;
    if paid.len() < settings.least_weeks {
        return Some(Obstacle::FewWeeks);
    }
    if paid.iter().map(|(_, week)| week.people).sum::<u64>() < settings.least_people {
        return Some(Obstacle::FewPeople);
    }
    let mean = paid.iter().map(|(_, week)| week.spend).sum::<f64>() / n;
    let variance = paid.iter().map(|(_, week)| (week.spend - mean).powi(2)).sum::<f64>() / (n - 1.0).max(1.0);
    (variance.sqrt() < settings.least_variation * mean).then_some(Obstacle::SameSpend)
}

/// Gives each channel its dispersion, drawn to the pooled one.
fn disperse(evidence: &mut [Evidence]) {
    let pearsons: Vec<(f64, f64)> = evidence.iter().map(Evidence::pearson).collect();
    let (pearson, freedom) = pearsons.iter().fold((0.0, 0.0), |sum, one| (sum.0 + one.0, sum.1 + one.1));
    let pooled = if freedom > 0.0 { (pearson / freedom).max(1.0) } else { 1.0 };
    for (one, pearson) in evidence.iter_mut().zip(pearsons) {
        one.dispersion = ((pearson.0 + DISPERSION_PRIOR * pooled) / (pearson.1 + DISPERSION_PRIOR)).max(1.0);
    }
}

/// Gives each week what all channels share of it: holidays, seasons, the job market. Companies spend more when more people look for jobs, which
/// would pass for an effect of spend. A gamma factor of mean 1 on all channels' means, its variance by moments, each week's by its posterior mean.
fn share_weeks(evidence: &mut [Evidence]) {
    let mut weeks: BTreeMap<usize, (f64, f64, u32)> = BTreeMap::new();
    for one in &*evidence {
        for (week, mean) in one.weeks.iter().zip(one.means().unwrap_or_default()) {
            let sums = weeks.entry(week.age).or_default();
            *sums = (sums.0 + week.people / one.dispersion, sums.1 + mean / week.season / one.dispersion, sums.2 + 1);
        }
    }
    // Of one channel alone it cannot be told.
    weeks.retain(|_, (_, _, channels)| *channels > 1);
    let excess: f64 = weeks.values().map(|(people, mean, _)| (people - mean).powi(2) - mean).sum();
    let variance = excess / weeks.values().map(|(_, mean, _)| mean * mean).sum::<f64>();
    if weeks.len() < 8 || variance.is_nan() || variance <= 0.0 {
        return;
    }
    for week in evidence.iter_mut().flat_map(|one| &mut one.weeks) {
        if let Some((people, mean, _)) = weeks.get(&week.age) {
            week.season = (people * variance + 1.0) / (mean * variance + 1.0);
        }
    }
}

fn middle(cell: usize) -> f64 {
    (cell as f64 + 0.5) / CELLS as f64
}

/// The likelihood of a channel over the grid of elasticities.
struct Table {
    /// Per cell: exponent of the shapes, and the sum of the shapes (both over the dispersion).
    cells: Vec<(f64, f64)>,
    /// People over the dispersion.
    people: f64,
    /// What one unit of the prior's shape weighs in weeks at the typical spend: the prior's mean is the pooled productivity.
    rate: f64,
}

impl Table {
    fn new(evidence: &Evidence, pooled: f64) -> Self {
        let cell = |cell: usize| {
            let elasticity = middle(cell);
            evidence.weeks.iter().fold((0.0, 0.0), |sum, week| {
                let shape = Evidence::shape(week, elasticity);
                let power = week.weight / evidence.dispersion;
                (sum.0 + power * week.people * shape.ln(), sum.1 + power * shape)
            })
        };
        let people = evidence.weeks.iter().map(|week| week.weight * week.people).sum::<f64>() / evidence.dispersion;
        let at_pooled_cost = pooled * evidence.typical;
        let rate = if at_pooled_cost > 0.0 { at_pooled_cost.recip() } else { 1.0 };
        Self { cells: (0..CELLS).map(cell).collect(), people, rate }
    }

    /// Log marginal likelihood of a cell, the people at the typical spend integrated out (gamma-Poisson).
    fn log_likelihood(&self, cell: usize, shape: f64) -> f64 {
        let (exponent, exposure) = self.cells[cell];
        let rate = shape * self.rate;
        exponent + shape * rate.ln() - (shape + self.people) * (rate + exposure).ln() + ln_gamma(shape + self.people) - ln_gamma(shape)
    }

    fn draw(&self, evidence: &Evidence, hypers: &[Hyper], random: &mut StdRng) -> Vec<Curve> {
        let mut curves = Vec::new();
        for hyper in hypers {
            let logs: Vec<f64> = (0..CELLS).map(|cell| hyper.prior[cell] + self.log_likelihood(cell, hyper.shape)).collect();
            let cumulated = cumulated(&logs);
            for _ in 0..hyper.draws {
                let at: f64 = random.random();
                let cell = cumulated.partition_point(|sum| *sum < at).min(CELLS - 1);
                let elasticity = (cell as f64 + random.random_range(0.01..0.99)) / CELLS as f64;
                let rate = hyper.shape * self.rate + self.cells[cell].1;
                let people = gamma(hyper.shape + self.people, rate, random);
                curves.push(Curve::through(evidence.typical, people, elasticity));
            }
        }
        curves
    }
}

/// One set of what is common to the channels, and how many draws are made under it.
struct Hyper {
    /// Log prior of each cell.
    prior: Vec<f64>,
    shape: f64,
    draws: usize,
}

/// The common parameters with draws among them in proportion to their posterior (systematic sampling).
fn hypers(tables: &[Table], draws: usize, random: &mut StdRng) -> Vec<Hyper> {
    let mut all = Vec::new();
    let mut logs = Vec::new();
    for shape in SHAPES {
        let likelihoods: Vec<Vec<f64>> =
            tables.iter().map(|table| (0..CELLS).map(|cell| table.log_likelihood(cell, shape)).collect()).collect();
        for mean in MEANS {
            for concentration in CONCENTRATIONS {
                let prior = log_beta(mean * concentration, (1.0 - mean) * concentration);
                let joint = |likelihoods: &Vec<f64>| log_sum(likelihoods.iter().zip(&prior).map(|(a, b)| a + b));
                logs.push(likelihoods.iter().map(joint).sum::<f64>());
                all.push(Hyper { prior, shape, draws: 0 });
            }
        }
    }
    let cumulated = cumulated(&logs);
    let offset: f64 = random.random();
    for draw in 0..draws {
        let at = (draw as f64 + offset) / draws as f64;
        let place = cumulated.partition_point(|sum| *sum < at).min(all.len() - 1);
        all[place].draws += 1;
    }
    all.retain(|hyper| hyper.draws > 0);
    all
}

/// The log of a beta distribution over the cells.
fn log_beta(a: f64, b: f64) -> Vec<f64> {
    let logs: Vec<f64> = (0..CELLS).map(middle).map(|e| (a - 1.0) * e.ln() + (b - 1.0) * (1.0 - e).ln()).collect();
    let sum = log_sum(logs.iter().copied());
    logs.into_iter().map(|log| log - sum).collect()
}

fn log_sum(logs: impl Iterator<Item = f64> + Clone) -> f64 {
    let most = logs.clone().fold(f64::NEG_INFINITY, f64::max);
    most + logs.map(|log| (log - most).exp()).sum::<f64>().ln()
}

/// Cumulated shares of what logs are of.
fn cumulated(logs: &[f64]) -> Vec<f64> {
    let sum = log_sum(logs.iter().copied());
    let mut so_far = 0.0;
    logs.iter()
        .map(|log| {
            so_far += (log - sum).exp();
            so_far
        })
        .collect()
}

#[cfg(test)]
mod tests;
