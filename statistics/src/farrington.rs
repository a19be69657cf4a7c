//! What Farrington's method and its descendants add to a quasi-Poisson regression: residuals by which past anomalies lose weight, and
//! the limits of the next count (Farrington et al. 1996, JRSS A 159, 547-563; Noufaily et al. 2013, Statistics in Medicine 32, 1206-1222).
//!
//! Outbreaks are too many; a drop is too few. The lower limits and lower tails are those that alerts of drops read.

use statrs::distribution::{ContinuousCDF, Normal};
use statrs::function::beta::checked_beta_reg;
use statrs::function::gamma::checked_gamma_ur;

use crate::regression::Fit;

/// Residuals beyond this lose weight (Noufaily et al. 2013, section 4.2, who raised it from Farrington's 1).
pub const ANOMALY: f64 = 2.58;

/// Standardised Anscombe residuals of a fit: near normal, of variance 1 when `dispersion` is the true one.
pub fn anscombe_residuals(fit: &Fit, counts: &[f64], dispersion: f64) -> Vec<f64> {
    let each = counts.iter().zip(&fit.fitted).zip(&fit.leverage);
    each.map(|((count, mean), leverage)| {
        let raw = 1.5 * (count.powf(2.0 / 3.0) * mean.powf(-1.0 / 6.0) - mean.sqrt());
        raw / (dispersion * (1.0 - leverage).max(1e-6)).sqrt()
    })
    .collect()
}

/// Weights that sum to the number of residuals: those above the threshold weigh as the inverse of their square, the others the same.
///
/// Farrington's weights hold one side down. Given the sizes of residuals, they hold both: a promotion must not raise what is
/// expected, nor an earlier drop lower it.
pub fn weights(residuals: &[f64], threshold: f64) -> Vec<f64> {
    let share = |residual: f64| if residual > threshold { residual.powi(-2) } else { 1.0 };
    let sum: f64 = residuals.iter().map(|residual| share(*residual)).sum();
    let scale = if sum > 0.0 { residuals.len() as f64 / sum } else { 1.0 };
    residuals.iter().map(|residual| scale * share(*residual)).collect()
}

/// The power under which a count is taken as normal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Power {
    /// The count itself.
    One,
    /// Its square root, which steadies the variance.
    Half,
    /// Its power of two thirds, which takes the skewness away.
    TwoThirds,
}

/// Lower and upper limit of a count of this mean, each passed with probability `alpha` (Farrington et al. 1996, section 3.6).
///
/// `error` is the standard error of the mean.
pub fn limits(mean: f64, error: f64, dispersion: f64, power: Power, alpha: f64) -> (f64, f64) {
    let tau = dispersion + error * error / mean;
    let (exponent, deviation) = match power {
        Power::One => (1.0, (mean * tau).sqrt()),
        Power::Half => (0.5, (tau / 4.0).sqrt()),
        Power::TwoThirds => (2.0 / 3.0, (4.0 / 9.0 * mean.cbrt() * tau).sqrt()),
    };
    let reach = Normal::standard().inverse_cdf(1.0 - alpha) * deviation;
    let middle = mean.powf(exponent);
    ((middle - reach).max(0.0).powf(1.0 / exponent), (middle + reach).powf(1.0 / exponent))
}

/// Probability of at most `count` when the mean is `mean` and the variance `dispersion` times the mean: negative binomial, as Noufaily et
/// al. (2013, section 4.4) take it, and Poisson at a dispersion of 1 or less.
pub fn lower_tail(count: u64, mean: f64, dispersion: f64) -> f64 {
    if mean <= 0.0 {
        return 1.0;
    }
    let above = count as f64 + 1.0;
    let tail = if dispersion > 1.0 + 1e-9 {
        checked_beta_reg(mean / (dispersion - 1.0), above, 1.0 / dispersion).ok()
    } else {
        checked_gamma_ur(above, mean).ok()
    };
    tail.unwrap_or(1.0).clamp(0.0, 1.0)
}

/// The smallest count whose lower tail reaches `alpha`: the lower end of what is usual.
pub fn lower_quantile(alpha: f64, mean: f64, dispersion: f64) -> u64 {
    let (mut below, mut reaches) = (0_u64, mean.max(1.0).ceil() as u64 * 2 + 20);
    if lower_tail(0, mean, dispersion) >= alpha {
        return 0;
    }
    while reaches - below > 1 {
        let middle = below.midpoint(reaches);
        if lower_tail(middle, mean, dispersion) >= alpha { reaches = middle } else { below = middle }
    }
    reaches
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::regression::{Design, Terms, poisson};

    /// R package surveillance 1.24, tests/testthat/test-farringtonFlexible.R, "A case that was checked by hand".
    #[test]
    fn weights_checked_by_hand() {
        let found = weights(&[0.0, 0.0, 0.0, 0.0, 0.0, 2.0, 2.0, 2.0, 2.0, 2.0], 0.0);
        for (at, weight) in found.iter().enumerate() {
            assert!((weight - if at < 5 { 1.6 } else { 0.4 }).abs() < 1e-12, "{found:?}");
        }
        assert_eq!(weights(&[0.0; 10], 0.0), [1.0; 10]);
        assert!(weights(&[], ANOMALY).is_empty());
    }

    /// R package surveillance 1.24, tests/testthat/test-farringtonFlexible.R, "some results we know are found": mean 5, standard error 0.2,
    /// dispersion 1, alpha 0.05.
    #[test]
    fn limits_of_the_surveillance_package() {
        for (power, low, high) in
            [(Power::One, 1.307_312_8, 8.692_687_2), (Power::Half, 1.989_109_7, 9.374_484_2), (Power::TwoThirds, 1.808_447_7, 9.115_482_5)]
        {
            let (found_low, found_high) = limits(5.0, 0.2, 1.0, power, 0.05);
            assert!((found_low - low).abs() < 1e-6 && (found_high - high).abs() < 1e-6, "{power:?}: {found_low} {found_high}");
        }
    }

    /// The same file, method `nbPlugin`: mean 5, alpha 0.05; the probability of 11 and more is 0.03763657 at a dispersion of 1.5, and
    /// 0.01369527 at 1; the lower limits are 1 and 2.
    #[test]
    fn negative_binomial_of_the_surveillance_package() {
        assert!((1.0 - lower_tail(10, 5.0, 1.5) - 0.037_636_57).abs() < 1e-8);
        assert!((1.0 - lower_tail(10, 5.0, 1.0) - 0.013_695_27).abs() < 1e-8);
        assert_eq!((lower_quantile(0.05, 5.0, 1.5), lower_quantile(0.05, 5.0, 1.0)), (1, 2));
        assert_eq!((lower_quantile(0.95, 5.0, 1.5), lower_quantile(0.95, 5.0, 1.0)), (10, 9));
    }

    /// McCullagh and Nelder 1989, section 2.4.2: the Anscombe residual of a Poisson count.
    #[test]
    fn an_exact_fit_leaves_no_residual() {
        let mut design = Design::new(1);
        (0..6).for_each(|_| design.push(&[1.0]));
        let counts = [4.0, 4.0, 4.0, 4.0, 4.0, 4.0];
        let fit = poisson(&design, &counts, &Terms::default()).unwrap();
        assert!(anscombe_residuals(&fit, &counts, 1.0).iter().all(|residual| residual.abs() < 1e-6));
        let outlier = [4.0, 4.0, 4.0, 4.0, 4.0, 40.0];
        let fit = poisson(&design, &outlier, &Terms::default()).unwrap();
        let residuals = anscombe_residuals(&fit, &outlier, 1.0);
        // The mean is 10, the leverage 1/6: 1.5 (40^(2/3) 10^(-1/6) - 10^(1/2)) / sqrt(5/6).
        assert!((residuals[5] - 7.8974).abs() < 1e-4, "{residuals:?}");
    }

    proptest! {
        #[test]
        fn tails_are_ordered(count in 0_u64..300, mean in 0.01_f64..300.0, dispersion in 1.0_f64..8.0) {
            let tail = lower_tail(count, mean, dispersion);
            prop_assert!((0.0..=1.0).contains(&tail));
            prop_assert!(lower_tail(count + 1, mean, dispersion) >= tail - 1e-12);
            prop_assert!(lower_tail(count, mean * 1.2, dispersion) <= tail + 1e-12);
            let low = lower_quantile(0.025, mean, dispersion);
            prop_assert!(lower_tail(low, mean, dispersion) >= 0.025);
            prop_assert!(low == 0 || lower_tail(low - 1, mean, dispersion) < 0.025);
        }
    }
}
