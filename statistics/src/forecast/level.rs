//! Simple exponential smoothing: ETS(A,N,N) as `augurs` fits it, with its parameter laid open.
//!
//! `augurs` does not say which smoothing parameter it found. It follows from the fitted values, as each of them moves by that share of the
//! error before. With it a level is carried on from any day without another fit, which is what makes a backtest of many origins quick.

use augurs_core::Predict;
use augurs_ets::model::{ErrorComponent, ModelType, SeasonalComponent, TrendComponent, Unfit};

/// What is smoothed how: the level before the first observation and the share of each error that moves it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Smoothing {
    /// Level before the first observation, in units of the series.
    pub initial: f64,
    /// Between 0 and 1.
    pub alpha: f64,
}

impl Smoothing {
    /// The most likely parameters for a series without gaps. A series that `augurs` cannot fit, such as one that never changes, is smoothed
    /// slowly from its mean.
    pub fn fit(series: &[f64]) -> Self {
        Self::of_augurs(series).unwrap_or_else(|| Self { initial: series.iter().sum::<f64>() / (series.len().max(1)) as f64, alpha: 0.1 })
    }

    fn of_augurs(series: &[f64]) -> Option<Self> {
        if series.windows(2).all(|pair| pair[0].total_cmp(&pair[1]).is_eq()) {
            return None;
        }
        let kind = ModelType { error: ErrorComponent::Additive, trend: TrendComponent::None, season: SeasonalComponent::None };
        let fitted = Unfit::new(kind).fit(series).ok()?.predict_in_sample(None).ok()?.point;
        let (mut moved, mut squares) = (0.0, 0.0);
        for (pair, observed) in fitted.windows(2).zip(series) {
            let error = observed - pair[0];
            moved += (pair[1] - pair[0]) * error;
            squares += error * error;
        }
        let alpha = moved / squares;
        (alpha.is_finite() && fitted.iter().all(|value| value.is_finite()))
            .then(|| Self { initial: fitted[0], alpha: alpha.clamp(0.0, 1.0) })
    }

    /// The level after the last observation, which is the forecast of all days to come.
    pub fn level(&self, series: &[f64]) -> f64 {
        series.iter().fold(self.initial, |level, observed| level + self.alpha * (observed - level))
    }

    /// What half the slope of the series adds to the level by the `step`-th day to come: together the Theta method, as simple exponential
    /// smoothing with drift (Hyndman & Billah 2003, International Journal of Forecasting 19(2), 287-290).
    pub fn theta_drift(&self, half_slope: f64, length: usize, step: usize) -> f64 {
        let behind = if self.alpha > 1e-9 { (1.0 - (1.0 - self.alpha).powi(length as i32)) / self.alpha } else { length as f64 };
        half_slope * (step as f64 - 1.0 + behind)
    }
}

/// Slope of the least-squares line through a series, per observation.
pub(super) fn slope(series: &[f64]) -> f64 {
    let n = series.len() as f64;
    if series.len() < 2 {
        return 0.0;
    }
    let middle = (n - 1.0) / 2.0;
    let along: f64 = series.iter().zip(0_u32..).map(|(value, day)| value * (f64::from(day) - middle)).sum();
    along / (n * (n * n - 1.0) / 12.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Saudi oil production 1996 to 2013, million tonnes (R package fpp2, `oil`). Hyndman & Athanasopoulos 2018 (Forecasting: principles and
    /// practice, 2nd edition), section 7.1, R package forecast: alpha = 0.8339, initial level 446.5868, forecast 542.6806.
    #[test]
    fn oil_of_forecasting_principles_and_practice() {
        let oil = [
            445.36, 453.20, 454.41, 422.38, 456.04, 440.39, 425.19, 486.21, 500.43, 521.28, 508.95, 488.89, 509.87, 456.72, 473.82, 525.95,
            549.83, 542.34,
        ];
        let smoothing = Smoothing::fit(&oil);
        // Both search the same likelihood with a simplex and stop within its tolerance.
        assert!((smoothing.alpha - 0.8339).abs() < 1e-3, "{smoothing:?}");
        assert!((smoothing.initial - 446.5868).abs() < 0.2, "{smoothing:?}");
        assert!((smoothing.level(&oil) - 542.6806).abs() < 0.01, "{}", smoothing.level(&oil));
        let printed = Smoothing { initial: 446.5868, alpha: 0.8339 };
        assert!((printed.level(&oil) - 542.6806).abs() < 1e-3, "{}", printed.level(&oil));
    }

    #[test]
    fn a_series_that_never_changes_stays_as_it_is() {
        for value in [0.0, 4.0] {
            let smoothing = Smoothing::fit(&[value; 40]);
            assert!((smoothing.level(&[value; 40]) - value).abs() < 1e-12);
        }
    }

    /// Without smoothing the level is the start of the line; the drift takes it to the line's middle plus half its slope: the mean of the line
    /// carried on and the mean of the series.
    #[test]
    fn theta_is_the_mean_of_the_line_and_the_level() {
        let series: Vec<f64> = (0..40).map(|day| 10.0 + 0.5 * f64::from(day)).collect();
        assert!((slope(&series) - 0.5).abs() < 1e-12);
        let smoothing = Smoothing { initial: 10.0, alpha: 0.0 };
        assert!((smoothing.theta_drift(0.25, series.len(), 1) - 0.25 * 40.0).abs() < 1e-12);
    }
}
