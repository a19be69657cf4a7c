//! Shares and rates of channels, shrunk towards each other, and which channel is better how surely.
//!
//! A share: channel i has `s_i` successes in `n_i` trials, `p_i ~ Beta(alpha, beta)` between channels. A rate: `c_i` events in exposure `E_i`,
//! `lambda_i ~ Gamma(shape a, rate b)`. Given the prior a channel's posterior is `Beta(alpha + s_i, beta + n_i - s_i)`, or `Gamma(a + c_i, b + E_i)`, whose mean
//! lies between the channel's own figure and the common one: the fewer trials, the nearer to the common one (Morris 1983; Clayton & Kaldor 1987).
//!
//! With a handful of channels the prior itself is uncertain, and an interval that plugs in its best fit is too narrow. So the posterior is averaged over the
//! priors in proportion to how well each explains all channels (Gelman et al., Bayesian Data Analysis, 3rd ed., 5.3), in which every prior `mean`, `spread` has the
//! same weight before: `spread = (alpha + beta)^(-1/2)` from 0 to 1 for shares (their equation 5.9), `a^(-1/2)`, the coefficient of variation, from 0 to 1.25 for
//! rates with Jeffreys' weight of the mean. This needs no exception: one channel, no trials, all successes and no difference between channels give
//! posteriors that are wide, or close together, as they should be.
//!
//! [`fit_prior`] gives one prior for those who need a formula (SQL: `(alpha + s) / (alpha + beta + n)`).
//!
//! Probabilities are integrated numerically; their error is under 1e-4 (tested against the closed form for whole parameters).

mod hyper;
mod order;
mod quick;

pub use hyper::{Basis, Prior, fit_prior};
pub use order::{Rank, probability_greater, rank};
pub use quick::Comparison;

use crate::density::{Family, Tabulated, quantile};
use crate::interval::Interval;
use hyper::Hyper;

/// What is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub enum Kind {
    /// Successes in trials.
    Share,
    /// Events in an exposure.
    Rate,
}

impl Kind {
    fn family(self) -> Family {
        match self {
            Self::Share => Family::Beta,
            Self::Rate => Family::Gamma,
        }
    }
}

/// What one channel (or hour, or cell) showed.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
pub struct Observed {
    /// Successes or events.
    pub count: u64,
    /// Trials of a share, exposure of a rate in any one unit.
    pub size: f64,
}

/// A figure that is none.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
#[error("entry {index}: {count} of {size} is not a count with its trials or exposure")]
pub struct BadCount {
    /// Which one, from 0.
    pub index: usize,
    /// The count given.
    pub count: u64,
    /// The size given.
    pub size: f64,
}

/// A figure after shrinkage.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
pub struct Shrunk {
    /// Posterior mean.
    pub mean: f64,
    /// Equal-tailed 95 % credible interval.
    pub interval: Interval,
}

/// Every entry's posterior mean and interval, in the order given. Rates without any exposure at all have no scale: then nothing is returned.
pub fn shrink(kind: Kind, observed: &[Observed]) -> Result<Vec<Shrunk>, BadCount> {
    check(kind, observed)?;
    let Some(hyper) = Hyper::fit(kind, observed) else { return Ok(Vec::new()) };
    Ok(observed.iter().map(|one| hyper.shrunk(one)).collect())
}

impl Hyper {
    fn shrunk(&self, observed: &Observed) -> Shrunk {
        let tables: Vec<_> = self.nodes.iter().map(|node| (node.weight, self.posterior(node.prior, observed))).collect();
        let mixture: Vec<_> = tables.iter().map(|(weight, table)| (*weight, table)).collect();
        let end = |probability| self.kind.family().value(quantile(&mixture, probability));
        let mean = self.nodes.iter().map(|node| node.weight * self.mean(node.prior, observed)).sum();
        Shrunk { mean, interval: Interval { low: end(0.025), high: end(0.975) } }
    }

    /// The parameters of an entry's posterior given one prior.
    fn updated(&self, (a, b): (f64, f64), observed: &Observed) -> (f64, f64) {
        let count = observed.count as f64;
        match self.kind {
            Kind::Share => (a + count, b + (observed.size - count)),
            Kind::Rate => (a + count, b + observed.size),
        }
    }

    fn posterior(&self, prior: (f64, f64), observed: &Observed) -> Tabulated {
        let (a, b) = self.updated(prior, observed);
        Tabulated::new(self.kind.family(), a, b)
    }

    fn mean(&self, prior: (f64, f64), observed: &Observed) -> f64 {
        let (a, b) = self.updated(prior, observed);
        match self.kind {
            Kind::Share => a / (a + b),
            Kind::Rate => a / b,
        }
    }
}

/// Sizes are finite and not negative; a share has no more successes than trials, a rate no events without exposure.
fn check(kind: Kind, observed: &[Observed]) -> Result<(), BadCount> {
    let good = |one: &Observed| {
        let room = match kind {
            Kind::Share => one.count as f64 <= one.size,
            Kind::Rate => one.count == 0 || one.size > 0.0,
        };
        one.size.is_finite() && one.size >= 0.0 && room
    };
    match observed.iter().enumerate().find(|(_, one)| !good(one)) {
        Some((index, bad)) => Err(BadCount { index, count: bad.count, size: bad.size }),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn share(count: u64, trials: u64) -> Observed {
        Observed { count, size: trials as f64 }
    }

    /// The rat tumours of Tarone 1982 (Gelman et al., table 5.1: 70 earlier groups and the 71st with 4 of 14). Their grid puts the posterior mean of the current
    /// group near the shrunk value 0.2 and shrinks 0 of 20 up to about 0.06 (figure 5.4).
    #[test]
    fn rat_tumours() {
        let rats = super::hyper::rat_tumours();
        let shrunk = shrink(Kind::Share, &rats).unwrap();
        let current = shrunk.last().unwrap();
        assert!((current.mean - 0.21).abs() < 0.015, "{current:?}");
        assert!((shrunk[0].mean - 0.06).abs() < 0.015 && shrunk[0].interval.high < 0.17, "{:?}", shrunk[0]);
        assert!(current.interval.low > 0.07 && current.interval.high < 0.40, "{current:?}");
    }

    /// One channel alone: about the interval of the plain share, whatever its count; at 0 the upper end is the lower of the two.
    #[test]
    fn one_channel() {
        for (count, trials) in [(30, 100), (0, 40), (40, 40)] {
            let alone = shrink(Kind::Share, &[share(count, trials)]).unwrap()[0];
            let wilson = crate::interval::wilson(count, trials).unwrap();
            assert!(
                (alone.interval.low - wilson.low).abs() < 0.04 && (alone.interval.high - wilson.high).abs() < 0.04,
                "{count}/{trials}: {alone:?} {wilson:?}"
            );
        }
    }

    /// Nothing known is no certainty, and nothing at all is nothing.
    #[test]
    fn no_trials() {
        assert!(shrink(Kind::Share, &[]).unwrap().is_empty());
        let unknown = shrink(Kind::Share, &[share(0, 0)]).unwrap()[0];
        assert!((unknown.mean - 0.5).abs() < 0.01 && unknown.interval.low < 0.1 && unknown.interval.high > 0.9, "{unknown:?}");
        let among = shrink(Kind::Share, &[share(20, 100), share(25, 100), share(30, 100), share(0, 0)]).unwrap();
        assert!((among[3].mean - 0.25).abs() < 0.08, "a new channel is expected to be like the others: {:?}", among[3]);
        assert!(among[3].interval.high - among[3].interval.low > 2.0 * (among[0].interval.high - among[0].interval.low));
        assert!(shrink(Kind::Rate, &[Observed { count: 0, size: 0.0 }]).unwrap().is_empty());
        let quiet = shrink(Kind::Rate, &[Observed { count: 0, size: 10.0 }; 4]).unwrap()[0];
        assert!(quiet.mean > 0.0 && quiet.mean < 0.1 && quiet.interval.high < 0.3, "{quiet:?}");
    }

    #[test]
    fn impossible_figures() {
        assert_eq!(shrink(Kind::Share, &[share(1, 2), share(3, 2)]).unwrap_err().index, 1);
        assert_eq!(shrink(Kind::Rate, &[Observed { count: 1, size: 0.0 }]).unwrap_err().index, 0);
        assert!(shrink(Kind::Rate, &[Observed { count: 1, size: f64::NAN }]).is_err());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(12))]
        /// A shrunk figure is a share inside its interval, whatever the counts.
        #[test]
        fn stays_a_share(figures in proptest::collection::vec((0_u64..40, 0_u64..400), 1..6)) {
            let figures: Vec<_> = figures.into_iter().map(|(count, more)| share(count, count + more)).collect();
            let shrunk = shrink(Kind::Share, &figures).unwrap();
            for found in &shrunk {
                prop_assert!(found.interval.low < found.mean && found.mean < found.interval.high);
                prop_assert!(found.interval.low >= 0.0 && found.interval.high <= 1.0);
            }
        }

        /// A rate does not depend on the unit of its exposure.
        #[test]
        fn rates_have_units(figures in proptest::collection::vec((0_u64..60, 1_u32..500), 1..6)) {
            let hours: Vec<_> = figures.iter().map(|&(count, size)| Observed { count, size: f64::from(size) }).collect();
            let minutes: Vec<_> = hours.iter().map(|one| Observed { size: one.size * 60.0, ..*one }).collect();
            for (hourly, minutely) in shrink(Kind::Rate, &hours).unwrap().iter().zip(shrink(Kind::Rate, &minutes).unwrap()) {
                prop_assert!((hourly.mean / (minutely.mean * 60.0) - 1.0).abs() < 1e-6);
                prop_assert!((hourly.interval.high / (minutely.interval.high * 60.0) - 1.0).abs() < 1e-6);
            }
        }
    }
}
