//! Promotions and holidays that fall into periods of a business: what they do to it, learnt from the times they were seen.
//!
//! A period of an occasion is set against the mean of the ordinary periods around it. By how much it exceeds them is a line over the share of its days that
//! are days of the occasion, and over whether it holds the day that the occasion is about; least squares with a little ridge, over all years. Days move
//! between weeks from year to year, which a fixed season of 52 weeks cannot follow and shares of days can. What an occasion does is taken out of the
//! history, so that it bends neither level nor season, and put back ahead.

use serde::Serialize;

/// Ordinary periods looked at on each side.
const AROUND: usize = 4;
/// Ordinary periods that a level needs.
const LEAST: usize = 3;
/// Ridge on both slopes.
const RIDGE: f64 = 0.02;
/// By how much the fit must be better than none, in units of ordinary variance: 95 % of chi-squared with two degrees of freedom.
const NOTABLE: f64 = 5.99;
/// Standard error, in logs, of what was seen once.
const ONCE: f64 = 0.35;
/// The least of it, however often it was seen.
const ALWAYS: f64 = 0.08;

/// What a period holds of an occasion.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Part {
    /// Share of its days.
    pub share: f64,
    /// Whether it holds the day that the occasion is about.
    pub peak: bool,
}

impl Part {
    fn at_peak(&self) -> f64 {
        if self.peak { 1.0 } else { 0.0 }
    }
}

/// How well an occasion is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Known {
    /// From several years.
    Known,
    /// From one.
    Once,
    /// It was seen, and does nothing that stands out.
    NoEffect,
    /// The history does not reach back to it: its periods are taken for ordinary ones.
    Unknown,
}

/// What an occasion does.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Effect {
    /// How well it is known.
    pub known: Known,
    /// How often it was seen.
    pub seen: usize,
    /// Each period, of the history and ahead, over an ordinary one.
    pub factors: Vec<f64>,
    /// Standard error of the logarithm of a factor other than 1.
    pub spread: f64,
}

/// A period of an occasion: its place, what it holds, and by how much it exceeds the ordinary ones around it, as a share of them.
struct Seen {
    place: usize,
    part: Part,
    away: f64,
}

/// Learns the effect of each occasion; `parts` hold what each period has of it, those ahead included.
pub(super) fn effects(values: &[Option<f64>], occasions: &[Vec<Part>]) -> Vec<Effect> {
    let is_ordinary = |place: usize| occasions.iter().all(|parts| parts.get(place).is_none_or(|part| part.share <= 0.0));
    let ordinary: Vec<Option<f64>> = values.iter().enumerate().map(|(place, value)| value.filter(|_| is_ordinary(place))).collect();
    let ratio = |place: usize| Some(values[place]? / around(&ordinary, place)?);
    let usual: Vec<f64> = (0..values.len()).filter(|place| ordinary[*place].is_some()).filter_map(ratio).collect();
    let variance = usual.iter().map(|ratio| (ratio - 1.0).powi(2)).sum::<f64>() / usual.len().max(1) as f64;
    let effect_of = |parts: &Vec<Part>| {
        let seen = |place: usize| {
            let part = *parts.get(place).filter(|part| part.share > 0.0)?;
            Some(Seen { place, part, away: ratio(place)? - 1.0 })
        };
        effect(parts, &(0..values.len()).filter_map(seen).collect::<Vec<_>>(), variance.max(1e-6))
    };
    occasions.iter().map(effect_of).collect()
}

/// The mean of the ordinary periods around one, which must lie on both sides of it.
fn around(ordinary: &[Option<f64>], place: usize) -> Option<f64> {
    let before: Vec<f64> = ordinary[..place].iter().rev().flatten().take(AROUND).copied().collect();
    let after: Vec<f64> = ordinary[place + 1..].iter().flatten().take(AROUND).copied().collect();
    let count = before.len() + after.len();
    let mean = before.iter().chain(&after).sum::<f64>() / count.max(1) as f64;
    (!before.is_empty() && !after.is_empty() && count >= LEAST && mean > 0.0).then_some(mean)
}

fn effect(parts: &[Part], seen: &[Seen], variance: f64) -> Effect {
    // Neighbouring periods are one time.
    let again = seen.windows(2).filter(|pair| pair[1].place > pair[0].place + AROUND).count();
    let times = if seen.is_empty() { 0 } else { again + 1 };
    let nothing = |known: Known| Effect { known, seen: times, factors: vec![1.0; parts.len()], spread: 0.0 };
    if seen.is_empty() {
        return nothing(Known::Unknown);
    }
    let (by_share, by_peak) = slopes(seen);
    let of = |part: &Part| (1.0 + by_share * part.share + by_peak * part.at_peak()).max(0.05);
    let without: f64 = seen.iter().map(|one| one.away.powi(2)).sum();
    let with: f64 = seen.iter().map(|one| (1.0 + one.away - of(&one.part)).powi(2)).sum();
    if (without - with) / variance < NOTABLE {
        return nothing(Known::NoEffect);
    }
    let logs = seen.iter().map(|one| ((1.0 + one.away).max(0.05) / of(&one.part)).ln().powi(2)).sum::<f64>() / seen.len() as f64;
    let spread = if times > 1 { (logs * (1.0 + 1.0 / times as f64)).sqrt().max(ALWAYS) } else { logs.sqrt().max(ONCE) };
    let factors = parts.iter().map(|part| if part.share > 0.0 { of(part) } else { 1.0 }).collect();
    Effect { known: if times > 1 { Known::Known } else { Known::Once }, seen: times, factors, spread }
}

/// By how much a period exceeds with the share of days, and with the day itself.
fn slopes(seen: &[Seen]) -> (f64, f64) {
    let sum = |of: &dyn Fn(&Seen) -> f64| seen.iter().map(of).sum::<f64>();
    let shares = sum(&|one| one.part.share.powi(2)) + RIDGE;
    let peaks = sum(&|one| one.part.at_peak()) + RIDGE;
    let both = sum(&|one| one.part.share * one.part.at_peak());
    let (by_share, by_peak) = (sum(&|one| one.part.share * one.away), sum(&|one| one.part.at_peak() * one.away));
    let determinant = shares * peaks - both * both;
    ((by_share * peaks - by_peak * both) / determinant, (by_peak * shares - by_share * both) / determinant)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Weeks, of which the 45th and 46th of a year hold eleven days of it; on those business is so many times as great.
    fn years(count: usize, times: f64) -> (Vec<Option<f64>>, Vec<Vec<Part>>) {
        // Which days lie in which week moves from year to year.
        let days = |week: usize| match week % 52 {
            44 => 7 - week / 52,
            45 => 4 + week / 52,
            _ => 0,
        };
        let part = |week: usize| Part { share: days(week) as f64 / 7.0, peak: week % 52 == 45 };
        let value = |week: usize| Some((100.0 + (week * 7 % 5) as f64) * (1.0 + (times - 1.0) * days(week) as f64 / 7.0));
        ((0..count).map(value).collect(), vec![(0..count + 52).map(part).collect()])
    }

    #[test]
    fn days_that_move_between_weeks_are_followed() {
        let (values, parts) = years(154, 3.0);
        let found = &effects(&values, &parts)[0];
        assert_eq!((found.known, found.seen), (Known::Known, 3));
        // The third year's weeks, 5 and 6 of 7 days, and the fourth's, 4 and 7.
        for (week, days) in [(148, 5.0), (149, 6.0), (200, 4.0), (201, 7.0)] {
            let truth = 1.0 + 2.0 * days / 7.0;
            assert!((found.factors[week] / truth - 1.0).abs() < 0.06, "{week}: {} {truth}", found.factors[week]);
        }
        assert_eq!((found.factors[60], found.factors.len()), (1.0, 206));
    }

    #[test]
    fn what_was_seen_once_never_or_does_nothing_is_told_apart() {
        let of = |(values, parts): (Vec<Option<f64>>, Vec<Vec<Part>>)| {
            let found = effects(&values, &parts).remove(0);
            (found.known, found.seen, found.spread)
        };
        assert_eq!(of(years(40, 3.0)), (Known::Unknown, 0, 0.0));
        assert_eq!(of(years(60, 3.0)), (Known::Once, 1, ONCE));
        assert_eq!(of(years(154, 1.0)).0, Known::NoEffect);
        // The last weeks of a history have nothing after them to be set against.
        assert_eq!(of(years(46, 3.0)), (Known::Unknown, 0, 0.0));
    }
}
