//! How likely it is that so many people are counted, and the least money with which it is likely enough.

use statrs::function::gamma::gamma_lr;

use super::{Channel, Plan, Settings, TooLittle, bounds, give, judge};

/// People who are to be counted.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Target {
    /// How many, in a period.
    pub people: u64,
    /// With which probability, above 0 and below 1.
    pub probability: f64,
}

/// The least money for a target, or how far one gets.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// Where the money goes; counted from what is spent now.
    pub plan: Plan,
    /// Whether the target is reached within the bounds. If not, the plan is the most that they allow.
    pub reached: bool,
    /// Probability that so many people are counted with the plan.
    pub probability: f64,
    /// So many are counted with the probability that was asked for.
    pub surely: u64,
}

/// For each draw of the curves the people expected of all channels, and variance over mean of their count.
fn draws(channels: &[Channel<'_>], spend: &[u64]) -> Vec<(f64, f64)> {
    let count = channels.iter().map(|channel| channel.curves.len()).max().unwrap_or(0);
    (0..count)
        .map(|draw| {
            let of = |(channel, spend): (&Channel<'_>, &u64)| {
                let people = channel.curves.get(draw).map_or(0.0, |curve| curve.people(*spend as f64));
                (people, people * channel.dispersion.max(1.0))
            };
            let (people, variance) = channels.iter().zip(spend).map(of).fold((0.0, 0.0), |sum, one| (sum.0 + one.0, sum.1 + one.1));
            (people, if people > 0.0 { variance / people } else { 1.0 })
        })
        .collect()
}

/// Probability of `people` or more. A Poisson count of mean m is at least n with the regularised gamma function P(n, m); of a quasi-Poisson one both
/// are divided by variance over mean, which keeps mean and variance.
fn at_least(draws: &[(f64, f64)], people: u64) -> f64 {
    if people == 0 {
        return 1.0;
    }
    let of = |(mean, dispersion): &(f64, f64)| if *mean > 0.0 { gamma_lr(people as f64 / dispersion, mean / dispersion) } else { 0.0 };
    draws.iter().map(of).sum::<f64>() / draws.len().max(1) as f64
}

/// Probability that the channels bring `people` or more in a period at this spend.
pub fn chance(channels: &[Channel<'_>], spend: &[u64], people: u64) -> f64 {
    at_least(&draws(channels, spend), people)
}

/// The most people that are counted with this probability or a higher one.
pub fn surely(channels: &[Channel<'_>], spend: &[u64], probability: f64) -> u64 {
    most(&draws(channels, spend), probability)
}

fn most(draws: &[(f64, f64)], probability: f64) -> u64 {
    let mut above = 1;
    while at_least(draws, above) >= probability && above < 1 << 40 {
        above *= 2;
    }
    let mut reached = 0;
    while above - reached > 1 {
        let middle = reached + (above - reached) / 2;
        if at_least(draws, middle) >= probability { reached = middle } else { above = middle }
    }
    reached
}

/// The count under which so great a share of what may be counted lies.
pub(super) fn counted(channels: &[Channel<'_>], spend: &[u64], share: f64) -> f64 {
    most(&draws(channels, spend), 1.0 - share) as f64
}

/// The least money that brings a target, and where it goes.
///
/// Channels move from what they get now, by the greatest move at most; `at_most` cents in all, where that is given. Money goes out from the least that each may
/// get to whom the next cent helps most in expectation, and stops with the first cent with which the target is probable enough. People grow with money in every draw, so a cent
/// less is not enough on this path.
///
/// # Errors
/// When what the channels get at least is more than `at_most`.
pub fn least_for(channels: &[Channel<'_>], target: Target, at_most: Option<u64>, settings: &Settings) -> Result<Answer, TooLittle> {
    let from: Vec<u64> = channels.iter().map(|channel| channel.spend).collect();
    let bounds = bounds(&from, channels, settings);
    let least: Vec<u64> = bounds.iter().map(|bound| bound.0).collect();
    let sum = |of: &[u64]| of.iter().sum::<u64>();
    let room = bounds.iter().map(|bound| bound.1 - bound.0).sum::<u64>();
    let left = match at_most {
        Some(total) => total.checked_sub(sum(&least)).ok_or(TooLittle { least: sum(&least), total })?.min(room),
        None => room,
    };
    let (mut to, mut path) = (least.clone(), Vec::new());
    // Of the room, not of what is left of it, so that a smaller total goes the same way.
    let step = (room / settings.steps.max(1)).max(1);
    give(channels, &mut to, &bounds, left, step, |place, part| path.push((place, part)));
    let enough = |spend: &[u64]| chance(channels, spend, target.people) >= target.probability;
    let reached = enough(&to);
    if reached {
        to = first(&least, &path, enough);
    }
    let plan = judge(channels, &from, &to, &bounds);
    let draws = draws(channels, &to);
    Ok(Answer { plan, reached, probability: at_least(&draws, target.people), surely: most(&draws, target.probability) })
}

/// The first cent of a path with which it is enough; at its end it is.
fn first(least: &[u64], path: &[(usize, u64)], enough: impl Fn(&[u64]) -> bool) -> Vec<u64> {
    let after = |steps: usize| {
        let mut spend = least.to_vec();
        path.iter().take(steps).for_each(|(place, part)| spend[*place] += part);
        spend
    };
    if enough(least) {
        return least.to_vec();
    }
    let (mut below, mut above) = (0, path.len());
    while above - below > 1 {
        let middle = below + (above - below) / 2;
        if enough(&after(middle)) { above = middle } else { below = middle }
    }
    let Some((place, part)) = path.get(below) else { return after(above) };
    let with = |cents: u64| {
        let mut spend = after(below);
        spend[*place] += cents;
        spend
    };
    let (mut short, mut long) = (0, *part);
    while long - short > 1 {
        let middle = short + (long - short) / 2;
        if enough(&with(middle)) { long = middle } else { short = middle }
    }
    with(long)
}
