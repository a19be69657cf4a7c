//! Where money should go: greedy marginal allocation over draws of response curves, in bounded moves.
//!
//! People are the most when the next unit of money brings as many in every channel that is not at a bound. With Hill curves of slope 1 and no
//! bounds that is `spend = sqrt(beta k) (total + sum k) / sum sqrt(beta k) - k`; it follows from `beta k / (k + spend)^2` being equal.
//! Giving money in small steps to whom the next one helps most reaches it, bounds and all, because the mean of concave curves is concave
//! (Fox 1966, "Discrete optimization via marginal analysis", Management Science 13(3)). Amounts are whole cents, and add up to the total.
//!
//! What people will count is not what is expected: [`chance`] adds to the draws of the curves the chance of counts, quasi-Poisson, so that a target is
//! said to be reached with the probability that the count is as high. The least money for it ([`least_for`]) lies on the same greedy path.

mod target;

use serde::Serialize;

pub use target::{Answer, Target, chance, least_for, surely};

use crate::interval::Interval;
use crate::response::Curve;

/// How far an advice may go.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Settings {
    /// The greatest move, as a share of the channel's spend.
    pub max_move: f64,
    /// The least that a channel keeps so that it goes on telling what it brings, as a share of the total; a channel that has less keeps that.
    pub floor: f64,
    /// Steps that the total is given out in.
    pub steps: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Self { max_move: 0.25, floor: 0.02, steps: 2000 }
    }
}

/// What somebody asks of a channel, in cents of a period. It goes before the greatest move.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Limits {
    /// It gets no less.
    pub floor: Option<u64>,
    /// It gets no more.
    pub cap: Option<u64>,
    /// It gets what it gets now, whatever the total.
    pub held: bool,
}

/// A channel to which money may go.
#[derive(Debug, Clone, Copy)]
pub struct Channel<'a> {
    /// Cents that it gets in a period.
    pub spend: u64,
    /// Draws of people in a period by cents in a period. As many for each channel; none: it keeps what it has.
    pub curves: &'a [Curve],
    /// Variance over mean of the counts, at least 1.
    pub dispersion: f64,
    /// What somebody asks of it.
    pub limits: Limits,
}

impl<'a> Channel<'a> {
    /// A channel of which nothing is asked, with counts as chance has them.
    pub fn new(spend: u64, curves: &'a [Curve]) -> Self {
        Self { spend, curves, dispersion: 1.0, limits: Limits::default() }
    }
}

/// The limits and the greatest moves take more than there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooLittle {
    /// Cents that they take together.
    pub least: u64,
    /// Cents that there are.
    pub total: u64,
}

/// What becomes of one channel.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Move {
    /// Cents that it would get if the total went out as it does now.
    pub from: u64,
    /// Cents that it should get.
    pub to: u64,
    /// The least and the most that a bounded move allows.
    pub least: u64,
    /// See `least`.
    pub most: u64,
    /// Cents that the next person costs now; none where no money brings one.
    pub marginal_cost_before: Option<f64>,
    /// Cents that the next person costs after the move.
    pub marginal_cost_after: Option<f64>,
    /// People that the move brings, lost ones negative.
    pub gain: f64,
    /// Probability that this channel's money brings more here than in the channels on the other side of the plan; none without a move.
    pub probability: Option<f64>,
}

/// An advice.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Plan {
    /// One a channel, in their order.
    pub moves: Vec<Move>,
    /// Probability that the plan brings more people than the same total does as it is spent now; none when nothing moves.
    pub probability: Option<f64>,
    /// People more in a period, expected.
    pub gain: f64,
    /// 95 % of the draws of the gain lie in it.
    pub interval: Interval,
    /// The gain that only one in twenty draws is under.
    pub worst: f64,
    /// People in a period as it is now, expected.
    pub people: f64,
    /// People in a period with the plan, expected.
    pub after: f64,
    /// With 95 % so many will be counted with the plan: what is unknown of the curves, and chance.
    pub count: Interval,
    /// Cents of the total that caps and greatest moves let go nowhere.
    pub unplaced: u64,
}

/// Gives `total` cents (none: what is spent now) to the channels.
///
/// Another total is first given out in today's proportions; moves are counted, and bounded, from there. What is held stays as it is, and the others
/// share the rest.
///
/// # Errors
/// When what the channels get at least is more than the total.
pub fn allocate(channels: &[Channel<'_>], total: Option<u64>, settings: &Settings) -> Result<Plan, TooLittle> {
    let now: Vec<u64> = channels.iter().map(|channel| channel.spend).collect();
    let all = total.unwrap_or_else(|| now.iter().sum());
    let held: u64 = channels.iter().filter(|channel| channel.limits.held).map(|channel| channel.spend).sum();
    let rest = all.checked_sub(held).ok_or(TooLittle { least: held, total: all })?;
    let free: Vec<u64> = channels.iter().map(|channel| if channel.limits.held { 0 } else { channel.spend }).collect();
    let shares = in_proportion(&free, rest);
    let from: Vec<u64> =
        channels.iter().zip(shares).map(|(channel, share)| if channel.limits.held { channel.spend } else { share }).collect();
    let bounds: Vec<(u64, u64)> = bounds(&from, channels, settings);
    let least = bounds.iter().map(|bound| bound.0).sum();
    let left = all.checked_sub(least).ok_or(TooLittle { least, total: all })?;
    let mut to: Vec<u64> = bounds.iter().map(|bound| bound.0).collect();
    let unplaced = give(channels, &mut to, &bounds, left, (left / settings.steps.max(1)).max(1), |_, _| {});
    Ok(Plan { unplaced, ..judge(channels, &from, &to, &bounds) })
}

/// Shares out a total by weights; the largest remainders get the cents that are left. Nothing when all weights are 0.
pub fn in_proportion(weights: &[u64], total: u64) -> Vec<u64> {
    let sum: u128 = weights.iter().map(|weight| u128::from(*weight)).sum();
    if sum == 0 {
        return vec![0; weights.len()];
    }
    let product = |weight: &u64| u128::from(*weight) * u128::from(total);
    let mut shares: Vec<u64> = weights.iter().map(|weight| (product(weight) / sum) as u64).collect();
    let left = total - shares.iter().sum::<u64>();
    let mut order: Vec<usize> = (0..weights.len()).collect();
    order.sort_by_key(|place| (std::cmp::Reverse(product(&weights[*place]) % sum), *place));
    for place in order.into_iter().take(left as usize) {
        shares[place] += 1;
    }
    shares
}

fn bounds(from: &[u64], channels: &[Channel<'_>], settings: &Settings) -> Vec<(u64, u64)> {
    let floor = from.iter().sum::<u64>() as f64 * settings.floor;
    from.iter()
        .zip(channels)
        .map(|(from, channel)| {
            let Limits { floor: at_least, cap, held } = channel.limits;
            if held {
                return (*from, *from);
            }
            let spend = *from as f64;
            let (least, most) = if channel.curves.is_empty() {
                (*from, *from)
            } else {
                let least = (spend * (1.0 - settings.max_move)).max(floor.min(spend)).ceil().max(0.0) as u64;
                (least.min(*from), ((spend * (1.0 + settings.max_move)).floor() as u64).max(*from))
            };
            let within = |cents: u64| cents.max(at_least.unwrap_or(0)).min(cap.unwrap_or(u64::MAX));
            (within(least), within(most))
        })
        .collect()
}

fn mean(curves: &[Curve], of: impl Fn(&Curve) -> f64) -> f64 {
    if curves.is_empty() { 0.0 } else { curves.iter().map(of).sum::<f64>() / curves.len() as f64 }
}

/// Gives `left` cents out on top of what each has, every step to whom it helps most, and tells each step. What nobody may take comes back.
fn give(
    channels: &[Channel<'_>],
    to: &mut [u64],
    bounds: &[(u64, u64)],
    mut left: u64,
    step: u64,
    mut tell: impl FnMut(usize, u64),
) -> u64 {
    let gain = |place: usize, spend: u64| {
        let room = bounds[place].1 - spend;
        let curves = channels[place].curves;
        // Per cent, so that a last part of a step is not taken for a weak one.
        (room > 0).then(|| {
            let part = step.min(room) as f64;
            mean(curves, |curve| curve.people(spend as f64 + part) - curve.people(spend as f64)) / part
        })
    };
    let mut next: Vec<Option<f64>> = (0..to.len()).map(|place| gain(place, to[place])).collect();
    while left > 0 {
        let better = |best: Option<(usize, f64)>, (place, gain): (usize, &Option<f64>)| match (best, gain) {
            (Some((_, most)), Some(gain)) if *gain <= most => best,
            (_, Some(gain)) => Some((place, *gain)),
            (_, None) => best,
        };
        let Some((place, _)) = next.iter().enumerate().fold(None, better) else { break };
        let part = step.min(bounds[place].1 - to[place]).min(left);
        to[place] += part;
        left -= part;
        tell(place, part);
        next[place] = gain(place, to[place]);
    }
    left
}

fn judge(channels: &[Channel<'_>], from: &[u64], to: &[u64], bounds: &[(u64, u64)]) -> Plan {
    let draws = channels.iter().map(|channel| channel.curves.len()).max().unwrap_or(0);
    // Per channel and draw: people gained.
    let gains: Vec<Vec<f64>> = channels
        .iter()
        .zip(from.iter().zip(to))
        .map(|(channel, (from, to))| channel.curves.iter().map(|curve| curve.people(*to as f64) - curve.people(*from as f64)).collect())
        .collect();
    let moved = from != to;
    let sums: Vec<f64> = (0..draws).map(|draw| gains.iter().filter_map(|gains| gains.get(draw)).sum()).collect();
    let mut sorted = sums.clone();
    sorted.sort_by(f64::total_cmp);
    let moves = (0..channels.len())
        .map(|place| {
            let curves = channels[place].curves;
            let cost = |spend: u64| next_cost(curves, spend);
            Move {
                from: from[place],
                to: to[place],
                least: bounds[place].0,
                most: bounds[place].1,
                marginal_cost_before: cost(from[place]),
                marginal_cost_after: cost(to[place]),
                gain: if curves.is_empty() { 0.0 } else { gains[place].iter().sum::<f64>() / curves.len() as f64 },
                probability: probability(place, &gains, from, to),
            }
        })
        .collect();
    Plan {
        moves,
        probability: (moved && draws > 0).then(|| share(&sums, |gain| *gain > 0.0)),
        gain: if draws == 0 { 0.0 } else { sums.iter().sum::<f64>() / draws as f64 },
        interval: Interval { low: quantile(&sorted, 0.025), high: quantile(&sorted, 0.975) },
        worst: quantile(&sorted, 0.05),
        people: expected(channels, from),
        after: expected(channels, to),
        count: Interval { low: target::counted(channels, to, 0.025), high: target::counted(channels, to, 0.975) },
        unplaced: 0,
    }
}

/// Cents that the next person costs at a spend; none where no money brings one.
pub fn next_cost(curves: &[Curve], spend: u64) -> Option<f64> {
    Some(mean(curves, |curve| curve.marginal(spend as f64))).filter(|people| *people > 0.0).map(f64::recip)
}

fn expected(channels: &[Channel<'_>], spend: &[u64]) -> f64 {
    channels.iter().zip(spend).map(|(channel, spend)| mean(channel.curves, |curve| curve.people(*spend as f64))).sum()
}

/// Whether the channel's money does more where the plan puts it, draw by draw: people a cent here against those of the other side.
fn probability(place: usize, gains: &[Vec<f64>], from: &[u64], to: &[u64]) -> Option<f64> {
    let up = match to[place].cmp(&from[place]) {
        std::cmp::Ordering::Equal => return None,
        order => order.is_gt(),
    };
    let moved = |other: usize| to[other].abs_diff(from[other]) as f64;
    let others: Vec<usize> = (0..to.len()).filter(|other| to[*other] != from[*other] && (to[*other] > from[*other]) != up).collect();
    let money: f64 = others.iter().map(|other| moved(*other)).sum();
    if money <= 0.0 || gains[place].is_empty() {
        return None;
    }
    let here = moved(place);
    let wins = (0..gains[place].len())
        .filter(|draw| {
            let there = others.iter().filter_map(|other| gains[*other].get(*draw)).sum::<f64>() / money;
            // Gained on this side and lost on the other: the sum decides, per cent moved.
            gains[place][*draw] / here + there > 0.0
        })
        .count();
    Some(wins as f64 / gains[place].len() as f64)
}

fn share<T>(all: &[T], of: impl Fn(&T) -> bool) -> f64 {
    all.iter().filter(|one| of(one)).count() as f64 / all.len().max(1) as f64
}

/// Of sorted numbers, linear between two (R's type 7); 0 of none.
fn quantile(sorted: &[f64], at: f64) -> f64 {
    let Some(last) = sorted.len().checked_sub(1) else { return 0.0 };
    let place = at * last as f64;
    let below = sorted[place.floor() as usize];
    below + (sorted[place.ceil() as usize] - below) * place.fract()
}

#[cfg(test)]
mod tests;
