//! The methods that compete in the backtest.

use augurs_core::Fit;
use augurs_mstl::MSTLModel;

use super::Method;
use super::level::{Smoothing, slope};
use super::weekday::{Adjusted, WEEK};

/// How much history STL looks at: half a year tells weekdays and level, and twice as much would cost twice the time.
const STL_WEEKS: usize = 26;
/// The methods that are fitted, in the order of what [`forecasts`] returns.
pub(super) const FITTED: [Method; 4] = [Method::Ets, Method::Theta, Method::Mstl, Method::Combined];

/// The parameters that a fit finds; weekdays and levels are taken anew from each history.
#[derive(Debug, Clone, Copy)]
pub(super) struct Parameters {
    adjusted: Smoothing,
    deseasonalised: Smoothing,
}

impl Parameters {
    /// Of a history without gaps and its adjusted form.
    pub fn fit(adjusted: &Adjusted, filled: &[f64]) -> Self {
        let smoothing = Smoothing::fit(&adjusted.levels);
        let deseasonalised = Decomposed::of(filled).map_or(smoothing, |parts| Smoothing::fit(&parts.level));
        Self { adjusted: smoothing, deseasonalised }
    }
}

/// Forecasts of ordinary days by each of [`FITTED`], from the day after the history on.
pub(super) fn forecasts(adjusted: &Adjusted, filled: &[f64], parameters: &Parameters, horizon: usize) -> [Vec<f64>; 4] {
    let days = adjusted.levels.len();
    let level = parameters.adjusted.level(&adjusted.levels);
    let half_slope = slope(&adjusted.levels) / 2.0;
    let ets: Vec<f64> = (0..horizon).map(|ahead| adjusted.at(days + ahead, level).max(0.0)).collect();
    let drifted = |ahead: usize| level + parameters.adjusted.theta_drift(half_slope, days, ahead + 1);
    let theta: Vec<f64> = (0..horizon).map(|ahead| adjusted.at(days + ahead, drifted(ahead)).max(0.0)).collect();
    let mstl = Decomposed::of(filled).map_or_else(|| ets.clone(), |parts| parts.forecast(&parameters.deseasonalised, horizon));
    let combined = (0..horizon).map(|ahead| (ets[ahead] + theta[ahead] + mstl[ahead]) / 3.0).collect();
    [ets, theta, mstl, combined]
}

/// A day is taken to be as the last observed day of its weekday was.
pub(super) fn seasonal_naive(counts: &[Option<f64>], horizon: usize) -> Vec<f64> {
    let observed = || counts.iter().flatten();
    let mean = super::accuracy::mean(observed().copied()).unwrap_or(0.0);
    let last: [f64; WEEK] = std::array::from_fn(|ahead| {
        let same = counts.len() + ahead;
        counts.iter().enumerate().rev().find_map(|(day, count)| count.filter(|_| day % WEEK == same % WEEK)).unwrap_or(mean)
    });
    (0..horizon).map(|ahead| last[ahead % WEEK]).collect()
}

/// Seasonal and trend decomposition by LOESS with the period of a week (Bandara, Hyndman & Bergmeir 2021, MSTL).
struct Decomposed {
    /// Trend and remainder.
    level: Vec<f64>,
    /// The last week's seasonal part.
    week: Vec<f64>,
}

impl Decomposed {
    /// None when the history is too short for the method.
    fn of(filled: &[f64]) -> Option<Self> {
        let recent = &filled[filled.len().saturating_sub(STL_WEEKS * WEEK)..];
        let fitted = MSTLModel::naive(vec![WEEK]).fit(recent).ok()?;
        let parts = fitted.fit();
        let seasonal = parts.seasonal().first()?;
        let level = parts.trend().iter().zip(parts.remainder()).map(|(trend, rest)| f64::from(trend + rest)).collect();
        let week = seasonal.get(seasonal.len().checked_sub(WEEK)?..)?.iter().map(|part| f64::from(*part)).collect();
        Some(Self { level, week })
    }

    fn forecast(&self, smoothing: &Smoothing, horizon: usize) -> Vec<f64> {
        let level = smoothing.level(&self.level);
        (0..horizon).map(|ahead| (level + self.week[ahead % WEEK]).max(0.0)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seasonal_naive_takes_the_last_day_that_was_seen() {
        let mut counts: Vec<Option<f64>> = (0..21).map(|day| Some(f64::from(day))).collect();
        counts[20] = None;
        assert_eq!(seasonal_naive(&counts, 9), [14.0, 15.0, 16.0, 17.0, 18.0, 19.0, 13.0, 14.0, 15.0]);
        assert_eq!(seasonal_naive(&[Some(2.0), None, Some(4.0)], 7), [3.0, 3.0, 3.0, 3.0, 2.0, 3.0, 4.0]);
    }

    #[test]
    fn every_method_knows_a_plain_week() {
        let week = [9.0, 8.0, 8.0, 7.0, 7.0, 3.0, 2.0];
        let days: Vec<Option<f64>> = (0..140).map(|day| Some(week[day % 7])).collect();
        let adjusted = Adjusted::of(&days);
        let filled = adjusted.filled(&days);
        for (forecast, method) in forecasts(&adjusted, &filled, &Parameters::fit(&adjusted, &filled), 14).iter().zip(FITTED) {
            for (ahead, value) in forecast.iter().enumerate() {
                assert!((value - week[ahead % 7]).abs() < 0.2, "{method:?}, day {ahead}: {value}");
            }
        }
    }
}
