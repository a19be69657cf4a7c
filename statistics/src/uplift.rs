//! Whether an hour is better to post at: measured on postings whose hour was drawn, never on when people apply.
//!
//! A share of reposts goes to working hours that are drawn at random. Half of them choose the hour; the other half, and the postings that
//! followed the advice, measure it. An hour that won by luck has no luck left in what it is measured by, so that the interval holds for the
//! chosen hour too (sample splitting: Cox 1975, "A note on data-splitting for the evaluation of significance levels", Biometrika 62).
//! What is measured is a ratio of mean counts; counts spread more than Poisson's, so that each side's spread is taken from itself
//! (delta method for the log of a ratio of means, degrees of freedom as Welch 1947 has them).

use std::collections::BTreeMap;

use serde::Serialize;
use statrs::distribution::{ContinuousCDF, StudentsT};

use crate::interval::{Interval, Z_95};

/// A posting and what it brought.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Posting {
    /// Decides the half that it belongs to: anything that says nothing of the outcome, such as a hash of its id.
    pub key: u64,
    /// Local hour at which it was put up.
    pub hour: u8,
    /// Whether the hour was drawn at random; else it is the advice that put it there.
    pub drawn: bool,
    /// Applications in the first hours (24 or 48, the same for all).
    pub people: u64,
}

/// A ratio with its 95 % interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Ratio {
    /// The estimate.
    pub value: f64,
    /// 95 %.
    pub interval: Interval,
}

impl Ratio {
    fn map(self, to: impl Fn(f64) -> f64) -> Self {
        Self { value: to(self.value), interval: Interval { low: to(self.interval.low), high: to(self.interval.high) } }
    }
}

/// The ratio of two rates of counts, `a` over `b`, each (count, exposure): the log is normal, its variance `dispersion (1/a + 1/b)`
/// (Rothman and Greenland 1998, Modern Epidemiology, 2nd ed., p. 238, where the dispersion is 1). None when a count or exposure is 0.
pub fn rate_ratio(a: (u64, f64), b: (u64, f64), dispersion: f64) -> Option<Ratio> {
    if a.0 == 0 || b.0 == 0 || a.1 <= 0.0 || b.1 <= 0.0 {
        return None;
    }
    let value = (a.0 as f64 / a.1) / (b.0 as f64 / b.1);
    let spread = (Z_95 * (dispersion * (1.0 / a.0 as f64 + 1.0 / b.0 as f64)).sqrt()).exp();
    Some(Ratio { value, interval: Interval { low: value / spread, high: value * spread } })
}

/// Counts of one side.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Side {
    n: f64,
    mean: f64,
    /// Variance of the log of the mean.
    log_variance: f64,
}

impl Side {
    fn new(counts: &[u64]) -> Option<Self> {
        let n = counts.len() as f64;
        let sum = counts.iter().sum::<u64>() as f64;
        if counts.len() < 2 || sum <= 0.0 {
            return None;
        }
        let mean = sum / n;
        let variance = counts.iter().map(|count| (*count as f64 - mean).powi(2)).sum::<f64>() / (n - 1.0);
        // A few counts can look more even than chance lets them be.
        Some(Self { n, mean, log_variance: variance.max(mean) / (n * mean * mean) })
    }
}

/// The ratio of the mean of `a` to that of `b`, over-dispersed counts. None with fewer than two counts or no people on a side.
pub fn mean_ratio(a: &[u64], b: &[u64]) -> Option<Ratio> {
    let (a, b) = (Side::new(a)?, Side::new(b)?);
    let variance = a.log_variance + b.log_variance;
    let freedom = variance * variance / (a.log_variance.powi(2) / (a.n - 1.0) + b.log_variance.powi(2) / (b.n - 1.0));
    let quantile = StudentsT::new(0.0, 1.0, freedom).ok()?.inverse_cdf(0.975);
    let value = a.mean / b.mean;
    let spread = (quantile * variance.sqrt()).exp();
    Some(Ratio { value, interval: Interval { low: value / spread, high: value * spread } })
}

/// What is known of the advised hour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Proof {
    /// Too little measured, or the interval holds 1: it may be no better than any working hour.
    Unproven,
    /// The interval lies above 1.
    Proven,
    /// The interval lies below 1.
    Refuted,
}

/// An hour to post at.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Advice {
    /// Local hour.
    pub hour: u8,
    /// People at this hour over those at a working hour drawn at random; none while that cannot be said.
    pub lift: Option<Ratio>,
    /// Whether it is better.
    pub proof: Proof,
    /// Postings at the hour that measured it.
    pub measured: usize,
    /// Postings at drawn hours that it was measured against.
    pub against: usize,
}

/// What is asked before an hour counts as proven.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settings {
    /// Postings on each side.
    pub least_postings: usize,
    /// People on each side.
    pub least_people: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Self { least_postings: 8, least_people: 20 }
    }
}

/// The hour with the best prospects among `hours` (those that are drawn from), and its lift. None before anything was drawn.
pub fn advise(postings: &[Posting], hours: &[u8], settings: &Settings) -> Option<Advice> {
    let drawn = || postings.iter().filter(|posting| posting.drawn && hours.contains(&posting.hour));
    let chooses = |posting: &&Posting| posting.key.is_multiple_of(2);
    let hour = choose(drawn().filter(chooses))?;
    let measures = |posting: &&Posting| !posting.key.is_multiple_of(2);
    let advised = postings.iter().filter(|posting| !posting.drawn && posting.hour == hour);
    let at: Vec<u64> =
        advised.chain(drawn().filter(measures).filter(|posting| posting.hour == hour)).map(|posting| posting.people).collect();
    let elsewhere: Vec<u64> = drawn().filter(measures).filter(|posting| posting.hour != hour).map(|posting| posting.people).collect();
    let count = hours.iter().collect::<std::collections::BTreeSet<_>>().len() as f64;
    // Over the mean of all hours, this one among them; rising in the ratio, so that the interval's ends stay its ends.
    let lift = mean_ratio(&at, &elsewhere).map(|ratio| ratio.map(|r| r * count / (r + count - 1.0)));
    let enough = |side: &[u64]| side.len() >= settings.least_postings && side.iter().sum::<u64>() >= settings.least_people;
    let proof = match lift {
        Some(lift) if enough(&at) && enough(&elsewhere) && lift.interval.low > 1.0 => Proof::Proven,
        Some(lift) if enough(&at) && enough(&elsewhere) && lift.interval.high < 1.0 => Proof::Refuted,
        _ => Proof::Unproven,
    };
    Some(Advice { hour, lift, proof, measured: at.len(), against: elsewhere.len() })
}

/// The hour whose mean, drawn to that of all hours by how little is known of it, is the greatest; the earliest of equals.
///
/// Empirical Bayes on the means of hours: what the spread between hours exceeds by chance is theirs (one-way analysis of variance).
fn choose<'a>(postings: impl Iterator<Item = &'a Posting>) -> Option<u8> {
    let mut hours: BTreeMap<u8, (f64, f64, f64)> = BTreeMap::new();
    for posting in postings {
        let people = posting.people as f64;
        let sums = hours.entry(posting.hour).or_default();
        *sums = (sums.0 + 1.0, sums.1 + people, sums.2 + people * people);
    }
    let n: f64 = hours.values().map(|sums| sums.0).sum();
    let count = hours.len() as f64;
    let mean = hours.values().map(|sums| sums.1).sum::<f64>() / n;
    let within = hours.values().map(|sums| sums.2 - sums.1 * sums.1 / sums.0).sum::<f64>() / (n - count).max(1.0);
    let between = hours.values().map(|sums| sums.0 * (sums.1 / sums.0 - mean).powi(2)).sum::<f64>() / (count - 1.0).max(1.0);
    let sizes = n - hours.values().map(|sums| sums.0 * sums.0).sum::<f64>() / n;
    let spread = ((between - within) * (count - 1.0) / sizes.max(1.0)).max(0.0);
    // Of hours that differ by no more than chance the raw mean still says the most.
    let spread = spread.max(within / (100.0 * n));
    let shrunken =
        |sums: &(f64, f64, f64)| mean + (sums.1 / sums.0 - mean) * spread / (spread + within.max(mean) / sums.0).max(f64::MIN_POSITIVE);
    hours
        .iter()
        .map(|(hour, sums)| (*hour, shrunken(sums)))
        .fold(None, |best: Option<(u8, f64)>, one| match best {
            Some(best) if best.1 >= one.1 => Some(best),
            _ => Some(one),
        })
        .map(|best| best.0)
}

#[cfg(test)]
mod tests;
