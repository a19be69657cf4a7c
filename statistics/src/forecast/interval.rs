//! Ranges in which a count will lie, from the errors of the backtest.
//!
//! Errors are divided by the square root of the forecast, as counts spread, which makes days of any size comparable. Their root mean square grows
//! by week ahead and never shrinks; their shape is pooled over all weeks, as twelve origins alone have no 2.5 % point. Ends are whole numbers,
//! never below zero, and never closer than a Poisson count of that mean would have them: no history of zeros makes tomorrow sure.

use serde::Serialize;
use statrs::distribution::{ContinuousCDF, StudentsT};

use super::backtest::Miss;
use super::{Ahead, WEEK};

/// Keeps a forecast of zero from having no spread.
const HALF: f64 = 0.5;
/// Less than any difference that means something.
const TINY: f64 = 1e-6;
/// Above this mean a Poisson count is as good as normal, and the search for its points is not worth its time.
const LARGE: f64 = 500.0;

/// A lower and an upper end, both included; whole numbers.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Range {
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

impl Range {
    fn around(value: f64, below: f64, above: f64) -> Self {
        // The whole numbers between the ends. What is a rounding error below one still counts as it.
        Self { low: (value - below - TINY).max(0.0).ceil(), high: (value + above + TINY).max(0.0).floor() }
    }

    fn at_least_poisson(self, mean: f64, level: f64) -> Self {
        if mean > LARGE {
            return self;
        }
        let (low, high) = (poisson_point(mean, (1.0 - level) / 2.0), poisson_point(mean, f64::midpoint(1.0, level)));
        Self { low: self.low.min(low), high: self.high.max(high) }
    }
}

/// The smallest count that a Poisson count of this mean does not exceed with this probability.
fn poisson_point(mean: f64, share: f64) -> f64 {
    let mut probability = (-mean).exp();
    let mut below = probability;
    let mut count = 0.0;
    while below < share && probability > f64::MIN_POSITIVE {
        count += 1.0;
        probability *= mean / count;
        below += probability;
    }
    count
}

/// How far off a method is.
pub(super) struct Spread {
    /// Standardised errors over the root mean square of their week ahead, ascending.
    shape: Vec<f64>,
    /// Root mean square of standardised errors by week ahead.
    weeks: Vec<f64>,
    /// The same of sums over the whole horizon, and its degrees of freedom: half as many as windows, which overlap.
    whole: (f64, usize),
    /// What a day's mean may be where nobody came in all of the history: half a person over it (Jeffreys' prior of a Poisson mean).
    room: f64,
}

impl Spread {
    /// Of the errors on ordinary days, after so many observed ones.
    pub fn of(misses: &[Miss], observed: usize) -> Self {
        let weeks = by_week(misses);
        let mut shape: Vec<f64> = misses
            .iter()
            .map(|miss| standardised(miss) / weeks[miss.ahead / WEEK].max(f64::MIN_POSITIVE))
            .filter(|value| value.is_finite())
            .collect();
        shape.sort_unstable_by(f64::total_cmp);
        Self { shape, whole: whole(misses, weeks.last().copied().unwrap_or(1.0)), weeks, room: HALF / observed.max(1) as f64 }
    }

    /// A day, `ahead` from 0; `uncertain` is the relative error of its occasion's factor.
    pub fn day(&self, ahead: usize, value: f64, naive: f64, uncertain: f64) -> Ahead {
        let scale = self.weeks.get(ahead / WEEK).or(self.weeks.last()).copied().unwrap_or(1.0) * (value + HALF).sqrt();
        let range = |level: f64| {
            let (below, above) = self.points(level);
            let occasion = normal(level) * value * uncertain;
            Range::around(value, (below * scale).hypot(occasion), (above * scale).hypot(occasion))
                .at_least_poisson(value + self.room, level)
        };
        Ahead { value, naive, range80: range(0.8), range95: range(0.95) }
    }

    /// The sum over the horizon.
    pub fn total(&self, values: &[f64], naive: &[f64], uncertain: impl Iterator<Item = f64>) -> Ahead {
        let value: f64 = values.iter().sum();
        // Occasions of one horizon are off together.
        let occasion: f64 = values.iter().zip(uncertain).map(|(value, uncertain)| value * uncertain).sum();
        let scale = self.whole.0 * (value + HALF * values.len() as f64).sqrt();
        let range = |level: f64| {
            let half = student(level, self.whole.1) * scale.hypot(occasion);
            Range::around(value, half, half).at_least_poisson(value + self.room * values.len() as f64, level)
        };
        Ahead { value, naive: naive.iter().sum(), range80: range(0.8), range95: range(0.95) }
    }

    /// How far below and above the forecast the middle `level` of errors reach, in root mean squares; as order statistics that hold for the next
    /// error too (the quantiles of split conformal prediction).
    fn points(&self, level: f64) -> (f64, f64) {
        let Some(last) = self.shape.len().checked_sub(1) else { return (normal(level), normal(level)) };
        let tail = (self.shape.len() + 1) as f64 * (1.0 - level) / 2.0;
        let place = (tail.floor() as usize).saturating_sub(1).min(last);
        ((-self.shape[place]).max(0.0), self.shape[last - place].max(0.0))
    }
}

fn standardised(miss: &Miss) -> f64 {
    miss.error / (miss.value + HALF).sqrt()
}

fn by_week(misses: &[Miss]) -> Vec<f64> {
    let weeks = misses.iter().map(|miss| miss.ahead / WEEK + 1).max().unwrap_or(1);
    let mut largest = 0.0_f64;
    (0..weeks)
        .map(|week| {
            let squares = misses.iter().filter(|miss| miss.ahead / WEEK == week).map(|miss| standardised(miss).powi(2));
            largest = super::accuracy::mean(squares).map_or(largest, |mean| largest.max(mean.sqrt()));
            largest
        })
        .collect()
}

/// Errors of sums over all the weeks ahead: at least what independent days would make.
fn whole(misses: &[Miss], daily: f64) -> (f64, usize) {
    let furthest = misses.iter().map(|miss| miss.ahead / WEEK).max().unwrap_or(0);
    let complete = misses.iter().filter(|miss| miss.ahead / WEEK == furthest).map(|miss| miss.origin).max().map_or(0, |last| last + 1);
    let sums: Vec<f64> = (0..complete)
        .filter_map(|origin| {
            let of = || misses.iter().filter(|miss| miss.origin == origin);
            let scale: f64 = of().map(|miss| miss.value + HALF).sum();
            (scale > 0.0).then(|| of().map(|miss| miss.error).sum::<f64>().powi(2) / scale)
        })
        .collect();
    let mean = super::accuracy::mean(sums.iter().copied()).unwrap_or(0.0);
    (mean.sqrt().max(daily), sums.len() / 2)
}

fn normal(level: f64) -> f64 {
    student(level, 1_000_000)
}

/// The point of Student's t that the middle `level` reaches.
fn student(level: f64, freedom: usize) -> f64 {
    StudentsT::new(0.0, 1.0, freedom.max(1) as f64).map_or(0.0, |t| t.inverse_cdf(f64::midpoint(1.0, level)))
}

/// How far off repeating the last week is, when there is too little to backtest: from the history's own differences by whole weeks.
pub(super) struct Repeated {
    /// Mean squared difference by weeks apart.
    weeks: Vec<f64>,
    /// Whole weeks of history, less one.
    freedom: usize,
}

impl Repeated {
    pub fn of(counts: &[Option<f64>]) -> Self {
        let apart = |weeks: usize| {
            let pairs = counts.iter().zip(counts.iter().skip(weeks * WEEK));
            super::accuracy::mean(pairs.filter_map(|(before, after)| Some((after.as_ref()? - before.as_ref()?).powi(2))))
        };
        let mean = super::accuracy::mean(counts.iter().flatten().copied()).unwrap_or(0.0);
        let mut largest = 2.0 * mean;
        let known = (counts.len() / WEEK).saturating_sub(1).max(1);
        let weeks = (1..=known).map(|weeks| {
            largest = apart(weeks).map_or(largest, |found| largest.max(found));
            largest
        });
        Self { weeks: weeks.collect(), freedom: known }
    }

    /// Beyond the weeks that the history has pairs for, variance grows as a random walk's.
    fn variance(&self, ahead: usize) -> f64 {
        let week = ahead / WEEK;
        let last = self.weeks.len() - 1;
        // One for the person whom a history of zeros would rule out.
        1.0 + self.weeks[week.min(last)] * (week + 1) as f64 / (week.min(last) + 1) as f64
    }

    pub fn day(&self, ahead: usize, value: f64) -> Ahead {
        let range = |level: f64| {
            let half = student(level, self.freedom) * self.variance(ahead).sqrt();
            Range::around(value, half, half)
        };
        Ahead { value, naive: value, range80: range(0.8), range95: range(0.95) }
    }

    /// Each day of the last week is repeated as often as there are weeks ahead, and its chance with it: for W weeks of noise alone that is
    /// (1 + W) / 2 times the variance of days that err apart.
    pub fn total(&self, values: &[f64]) -> Ahead {
        let value: f64 = values.iter().sum();
        let apart: f64 = (0..values.len()).map(|ahead| self.variance(ahead)).sum();
        let together = f64::midpoint(1.0, values.len() as f64 / WEEK as f64);
        let range = |level: f64| {
            let half = student(level, self.freedom) * (apart * together.max(1.0)).sqrt();
            Range::around(value, half, half)
        };
        Ahead { value, naive: value, range80: range(0.8), range95: range(0.95) }
    }
}

#[cfg(test)]
mod tests {
    use statrs::distribution::{DiscreteCDF, Poisson};

    use super::*;

    #[test]
    fn poisson_points_are_those_of_the_distribution() {
        for mean in [0.01, 0.3, 2.5, 40.0, 499.0] {
            for share in [0.025, 0.1, 0.9, 0.975] {
                let point = poisson_point(mean, share) as u64;
                let poisson = Poisson::new(mean).unwrap();
                assert!(poisson.cdf(point) >= share && (point == 0 || poisson.cdf(point - 1) < share), "{mean}, {share}: {point}");
            }
        }
        assert_eq!((poisson_point(0.0, 0.975), poisson_point(1e-320, 0.5)), (0.0, 0.0));
    }

    /// Errors that cancel within any week would make sums surer than days: they are not taken to.
    #[test]
    fn sums_are_at_least_as_unsure_as_independent_days() {
        let misses: Vec<Miss> = (0..12)
            .flat_map(|origin| {
                (0..28).map(move |ahead| Miss { origin, ahead, value: 8.5, error: if (origin + ahead) % 2 == 0 { 3.0 } else { -3.0 } })
            })
            .collect();
        let spread = Spread::of(&misses, 200);
        assert!(spread.weeks.iter().all(|week| (week - 1.0).abs() < 1e-12));
        assert!((spread.whole.0 - 1.0).abs() < 1e-12 && spread.whole.1 == 6);
        let day = spread.day(0, 8.5, 8.0, 0.0);
        assert_eq!((day.range95.low, day.range95.high), (3.0, 15.0));
    }
}
