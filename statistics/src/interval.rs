//! Intervals of shares, counts and rates; all two-sided, 95 %.
//!
//! ```text
//! Wilson   (p + z²/2n -+ z sqrt(p(1-p)/n + z²/4n²)) / (1 + z²/n)                                      share p = successes / n
//! Garwood  gamma quantile(0.025; x) .. gamma quantile(0.975; x + 1)                                   count x
//! Byar     x (1 - 1/(9x) - z/(3 sqrt x))³ .. (x+1) (1 - 1/(9(x+1)) + z/(3 sqrt(x+1)))³                count x
//! ```
//!
//! with z = 1.959964; a rate's interval is its count's divided by the exposure. Byar needs no special function, so SQL can hold it; it is within 0.2 % of
//! Garwood from 10 on (tested).

use crate::density::{Family, Tabulated};

/// The 97.5 % point of the standard normal distribution: what a two-sided 95 % interval takes.
pub const Z_95: f64 = 1.959_963_984_540_054;

/// A lower and an upper end.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
pub struct Interval {
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

/// The Wilson score interval of `successes` in `trials`, 95 % (Wilson 1927; Newcombe 1998, method 3). None without trials.
pub fn wilson(successes: u64, trials: u64) -> Option<Interval> {
    if trials == 0 {
        return None;
    }
    let n = trials as f64;
    let share = successes as f64 / n;
    let middle = (share + Z_95 * Z_95 / (2.0 * n)) / (1.0 + Z_95 * Z_95 / n);
    let half = Z_95 * (share * (1.0 - share) / n + Z_95 * Z_95 / (4.0 * n * n)).sqrt() / (1.0 + Z_95 * Z_95 / n);
    Some(Interval { low: (middle - half).max(0.0), high: (middle + half).min(1.0) })
}

/// The Clopper-Pearson interval of `successes` in `trials` (Clopper & Pearson 1934): exact, so it covers at least 95 % of the time and is wider than
/// [`wilson`]. None without trials.
pub fn clopper_pearson(successes: u64, trials: u64) -> Option<Interval> {
    if trials == 0 || successes > trials {
        return None;
    }
    let (hits, misses) = (successes as f64, (trials - successes) as f64);
    let low = if successes == 0 { 0.0 } else { Tabulated::new(Family::Beta, hits, misses + 1.0).quantile(0.025) };
    let high = if successes == trials { 1.0 } else { Tabulated::new(Family::Beta, hits + 1.0, misses).quantile(0.975) };
    Some(Interval { low, high })
}

/// The exact interval of the expectation of a Poisson count (Garwood 1936).
pub fn garwood(count: u64) -> Interval {
    let count = count as f64;
    let low = if count < 1.0 { 0.0 } else { Tabulated::new(Family::Gamma, count, 1.0).quantile(0.025) };
    Interval { low, high: Tabulated::new(Family::Gamma, count + 1.0, 1.0).quantile(0.975) }
}

/// Byar's approximation of the interval of the expectation of a Poisson count (Breslow & Day 1987, vol. II, formula 2.13).
pub fn byar(count: u64) -> Interval {
    let count = count as f64;
    let above = count + 1.0;
    let low = if count < 1.0 { 0.0 } else { count * (1.0 - 1.0 / (9.0 * count) - Z_95 / (3.0 * count.sqrt())).powi(3) };
    Interval { low: low.max(0.0), high: above * (1.0 - 1.0 / (9.0 * above) + Z_95 / (3.0 * above.sqrt())).powi(3) }
}

/// The interval of a rate: [`garwood`] over the exposure (hours, days; any unit). None without exposure.
pub fn rate(count: u64, exposure: f64) -> Option<Interval> {
    if !(exposure.is_finite() && exposure > 0.0) {
        return None;
    }
    let Interval { low, high } = garwood(count);
    Some(Interval { low: low / exposure, high: high / exposure })
}

/// The ratio of two rates, `count / exposure` over `other_count / other_exposure`, with the exact conditional interval: given the sum, the first count is
/// binomial, and [`clopper_pearson`]'s ends of its share turn into ends of the ratio (Przyborowski & Wilenski 1940; Stata's `ir`).
/// The upper end is infinite when the other count is 0. None without both exposures or without any count.
pub fn rate_ratio(count: u64, exposure: f64, other_count: u64, other_exposure: f64) -> Option<(f64, Interval)> {
    if !(exposure.is_finite() && exposure > 0.0 && other_exposure.is_finite() && other_exposure > 0.0) {
        return None;
    }
    let share = clopper_pearson(count, count + other_count)?;
    let odds = |share: f64| if share >= 1.0 { f64::INFINITY } else { share / (1.0 - share) * other_exposure / exposure };
    let ratio = if other_count == 0 { f64::INFINITY } else { count as f64 / exposure * other_exposure / other_count as f64 };
    Some((ratio, Interval { low: odds(share.low), high: odds(share.high) }))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Newcombe 1998, Table I, method 3.
    #[test]
    fn newcombes_table() {
        for (successes, trials, low, high) in
            [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)]
        {
            let interval = wilson(successes, trials).unwrap();
            assert!((interval.low - low).abs() < 5e-5 && (interval.high - high).abs() < 5e-5, "{successes}/{trials}: {interval:?}");
        }
        assert_eq!(wilson(0, 0), None);
    }

    fn near(found: Interval, low: f64, high: f64, within: f64) -> bool {
        (found.low - low).abs() < within && (found.high - high).abs() < within
    }

    /// Newcombe 1998, Table I, method 5.
    #[test]
    fn newcombes_exact_rows() {
        for (successes, trials, low, high) in
            [(81, 263, 0.2527, 0.3676), (15, 148, 0.0578, 0.1617), (0, 20, 0.0, 0.1684), (1, 29, 0.0009, 0.1776)]
        {
            let interval = clopper_pearson(successes, trials).unwrap();
            assert!(near(interval, low, high, 6e-5), "{successes}/{trials}: {interval:?}");
        }
        assert_eq!((clopper_pearson(0, 0), clopper_pearson(2, 1)), (None, None));
    }

    /// Garwood 1936 as GraphPad's QuickCalcs prints it for 25, and the table of Breslow & Day 1987 (vol. II, table 2.10: factors of the count) for others.
    #[test]
    fn garwoods_table() {
        for (count, low, high, within) in [
            (25, 16.18, 36.90, 6e-3),
            (0, 0.0, 3.689, 6e-4),
            (1, 0.0253, 5.572, 6e-4),
            (5, 1.6235, 11.668, 6e-4),
            (10, 4.795, 18.390, 6e-4),
            (100, 81.364, 121.627, 6e-4),
        ] {
            assert!(near(garwood(count), low, high, within), "{count}: {:?}", garwood(count));
        }
        assert_eq!(rate(3, 0.0), None);
        let hourly = rate(10, 40.0).unwrap();
        assert!(near(hourly, 4.795 / 40.0, 18.390 / 40.0, 2e-5));
    }

    /// OpenEpi's page on the standardized mortality ratio: 4 observed, 3.3 expected; Byar 0.326 to 3.104, exact 0.330 to 3.103.
    #[test]
    fn byar_beside_garwood() {
        let Interval { low, high } = byar(4);
        assert!(near(Interval { low: low / 3.3, high: high / 3.3 }, 0.3261, 3.103, 6e-4));
        for count in 10..200 {
            let (exact, quick) = (garwood(count), byar(count));
            assert!(
                (quick.low / exact.low - 1.0).abs() < 2e-3 && (quick.high / exact.high - 1.0).abs() < 2e-4,
                "{count}: {quick:?} {exact:?}"
            );
        }
        assert!(byar(0).low <= 0.0 && (byar(0).high - 3.66).abs() < 0.05);
    }

    /// Computed apart in another language, for whoever writes the formulas in SQL.
    #[test]
    fn rows_for_other_implementations() {
        for (successes, trials, low, high) in
            [(9, 20, 0.258_198, 0.657_915), (0, 20, 0.0, 0.161_125), (20, 20, 0.838_875, 1.0), (120, 600, 0.169_947, 0.233_870)]
        {
            assert!(near(wilson(successes, trials).unwrap(), low, high, 1e-6), "{successes}/{trials}");
        }
        for (count, low, high) in [(0, 0.0, 3.668_012), (1, 0.013_072, 5.563_756), (5, 1.611_348, 11.668_164), (25, 16.174_266, 36.906_451)]
        {
            assert!(near(byar(count), low, high, 1e-6), "{count}: {:?}", byar(count));
        }
    }

    /// Stata's `iri 41 15 28010 19017` (stata.com, "Incidence-rate ratio calculator"; breast cancer with and without fluoroscopy, Boice & Monson 1977).
    #[test]
    fn fluoroscopy() {
        let (ratio, interval) = rate_ratio(41, 28_010.0, 15, 19_017.0).unwrap();
        assert!((ratio - 1.855_759).abs() < 5e-7, "{ratio}");
        assert!(near(interval, 1.005_684, 3.609_3, 6e-5), "{interval:?}");
        assert_eq!(rate_ratio(0, 1.0, 0, 1.0), None);
        assert!(rate_ratio(4, 1.0, 0, 1.0).unwrap().1.high.is_infinite());
    }
}
