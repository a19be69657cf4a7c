//! The same comparisons for a report that makes many: a hundredth of the work of [`super::rank()`], without intervals and P(best).

use statrs::distribution::{Continuous, ContinuousCDF, Normal};
use statrs::function::beta::beta_reg;
use statrs::function::gamma::digamma;

use super::hyper::Hyper;
use super::{BadCount, Kind, Observed, check};

/// Over this shape of both, the incomplete beta function's continued fraction needs too many terms, and the normal distribution with its first Edgeworth term
/// (of the skewness) is off by less than 1e-4.
const NEARLY_NORMAL: f64 = 1000.0;

/// Entries under the posterior of [`super::shrink`], to compare the pairs that are asked for.
///
/// The log-odds of a share are the difference of two independent log-gammas, so the difference of two of them adds two log-gammas and takes away two. Each two
/// are replaced by one log-gamma of the same mean and variance (digamma and trigamma; Johnson, Kotz & Balakrishnan, Continuous Univariate Distributions 1,
/// 2nd ed., 17.8), which keeps the long tail of few events; that one is greater than another is an incomplete beta function (ibid., vol. 2, 25.3). Exact for rates;
/// for shares off by less than 0.004, without any events too, and by less than 0.015 where an entry has fewer than twenty trials.
pub struct Comparison {
    means: Vec<f64>,
    /// Of each prior: its weight, and the entries' posteriors under it.
    under: Vec<(f64, Vec<Parts>)>,
}

impl Comparison {
    /// None for rates without any exposure.
    ///
    /// # Errors
    /// When a figure is none.
    pub fn new(kind: Kind, observed: &[Observed]) -> Result<Option<Self>, BadCount> {
        check(kind, observed)?;
        let Some(hyper) = Hyper::fit(kind, observed) else { return Ok(None) };
        let mean = |one| hyper.nodes.iter().map(|node| node.weight * hyper.mean(node.prior, one)).sum();
        let parts = |prior| observed.iter().map(|one| Parts::new(kind, hyper.updated(prior, one))).collect();
        Ok(Some(Self {
            means: observed.iter().map(mean).collect(),
            under: hyper.nodes.iter().map(|node| (node.weight, parts(node.prior))).collect(),
        }))
    }

    /// Posterior mean of an entry, as of [`super::shrink`].
    pub fn mean(&self, entry: usize) -> f64 {
        self.means[entry]
    }

    /// P(one entry's true figure > another's).
    pub fn over(&self, one: usize, other: usize) -> f64 {
        let over: f64 = self.under.iter().map(|(weight, parts)| weight * parts[one].over(&parts[other])).sum();
        // Weights add up to one but for the last digit.
        over.clamp(0.0, 1.0)
    }
}

/// Mean and variance of a log-gamma variable.
#[derive(Debug, Clone, Copy)]
struct LogGamma {
    mean: f64,
    variance: f64,
}

impl LogGamma {
    /// The logarithm of Gamma(shape, 1).
    fn new(shape: f64) -> Self {
        Self { mean: digamma(shape), variance: trigamma(shape) }
    }

    fn plus(self, other: Self) -> Self {
        Self { mean: self.mean + other.mean, variance: self.variance + other.variance }
    }

    /// Shape and logarithm of the scale of the gamma distribution with this mean and variance of the logarithm.
    fn gamma(self) -> (f64, f64) {
        let shape = inverse_trigamma(self.variance);
        (shape, self.mean - digamma(shape))
    }
}

/// A posterior as a difference of log-gammas: `up - down` are the log-odds of a share, or the logarithm of a rate.
#[derive(Debug, Clone, Copy)]
struct Parts {
    up: LogGamma,
    down: LogGamma,
}

impl Parts {
    /// Of Beta(a, b), or of Gamma(a, rate b).
    fn new(kind: Kind, (a, b): (f64, f64)) -> Self {
        match kind {
            Kind::Share => Self { up: LogGamma::new(a), down: LogGamma::new(b) },
            Kind::Rate => Self { up: LogGamma::new(a), down: LogGamma { mean: b.ln(), variance: 0.0 } },
        }
    }

    /// P(this > other).
    fn over(&self, other: &Self) -> f64 {
        let (this, other) = (self.up.plus(other.down), other.up.plus(self.down));
        let ((shape, scale), (other_shape, other_scale)) = (this.gamma(), other.gamma());
        if shape.min(other_shape) > NEARLY_NORMAL {
            let variance = this.variance + other.variance;
            let skewness = (tetragamma(shape) - tetragamma(other_shape)) / variance.powf(1.5);
            let (normal, z) = (Normal::standard(), (this.mean - other.mean) / variance.sqrt());
            return normal.cdf(z) + skewness / 6.0 * (z * z - 1.0) * normal.pdf(z);
        }
        // G / (G + H) of two gammas of scale 1 is Beta(this, other), and s G > t H where it is over t / (s + t).
        1.0 - beta_reg(shape, other_shape, 1.0 / (1.0 + (scale - other_scale).exp()))
    }
}

/// The x > 0 at which trigamma is `value` > 0: Newton's steps on 1 / trigamma, which is nearly straight (Minka 2000, Estimating a Dirichlet distribution, uses the
/// same for digamma; limma's trigammaInverse begins so too). Relative error under 1e-8.
fn inverse_trigamma(value: f64) -> f64 {
    let mut x = 0.5 + 1.0 / value;
    for _ in 0..50 {
        let now = trigamma(x);
        let step = now * (1.0 - now / value) / tetragamma(x);
        x += step;
        if -step / x < 1e-8 {
            break;
        }
    }
    x
}

/// The derivative of digamma at x > 0: the recurrence up to 6, then the asymptotic series (Abramowitz & Stegun 6.4.6 and 6.4.12); error under 1e-7.
fn trigamma(x: f64) -> f64 {
    let (mut x, mut sum) = (x, 0.0);
    while x < 6.0 {
        sum += 1.0 / (x * x);
        x += 1.0;
    }
    let y = 1.0 / (x * x);
    sum + (1.0 + (0.5 + (1.0 / 6.0 + (-1.0 / 30.0 + y / 42.0) * y) / x) / x) / x
}

/// The derivative of trigamma at x > 0, in the same way (Abramowitz & Stegun 6.4.6 and 6.4.13).
fn tetragamma(x: f64) -> f64 {
    let (mut x, mut sum) = (x, 0.0);
    while x < 6.0 {
        sum -= 2.0 / (x * x * x);
        x += 1.0;
    }
    let y = 1.0 / (x * x);
    sum - (1.0 + (1.0 + (0.5 + (-1.0 / 6.0 + (1.0 / 6.0 - 0.3 * y) * y) * y) / x) / x) * y
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::ranking::rank;

    /// Abramowitz & Stegun, table 6.1 and equation 6.4.2: trigamma(1) = pi^2 / 6, trigamma(2) = trigamma(1) - 1, trigamma(1/2) = pi^2 / 2.
    #[test]
    fn trigamma_has_its_known_values() {
        let square = std::f64::consts::PI.powi(2);
        for (x, value) in [(1.0, square / 6.0), (2.0, square / 6.0 - 1.0), (0.5, square / 2.0)] {
            assert!((trigamma(x) - value).abs() < 1e-7, "{x}: {}", trigamma(x));
        }
    }

    /// Abramowitz & Stegun 6.4.2 and 6.4.4: tetragamma(1) = -2 zeta(3), tetragamma(1/2) = -14 zeta(3).
    #[test]
    fn tetragamma_has_its_known_values() {
        const ZETA_3: f64 = 1.202_056_903_159_594;
        for (x, value) in [(1.0, -2.0 * ZETA_3), (2.0, 2.0 - 2.0 * ZETA_3), (0.5, -14.0 * ZETA_3)] {
            assert!((tetragamma(x) - value).abs() < 2e-6, "{x}: {}", tetragamma(x));
        }
    }

    #[test]
    fn trigamma_is_inverted() {
        for exponent in -30..30 {
            let x = 10_f64.powf(f64::from(exponent) / 5.0);
            assert!((inverse_trigamma(trigamma(x)) / x - 1.0).abs() < 1e-6, "{x}");
        }
    }

    /// Gelman et al., Bayesian Data Analysis, 3rd ed., 2.3, and arithmetic: of two exponential waits the one with rate 1 is longer than the one with rate 3 in 3 of 4.
    #[test]
    fn two_waits() {
        let [slow, fast] = [1.0, 3.0].map(|rate| Parts::new(Kind::Rate, (1.0, rate)));
        assert!((slow.over(&fast) - 0.75).abs() < 1e-9 && (fast.over(&slow) - 0.25).abs() < 1e-9);
    }

    /// Where both ways of reckoning meet.
    #[test]
    fn large_shapes_are_continuous() {
        for (a, b) in [(1000.5, 1000.5), (1000.5, 4000.0), (1000.5, 1e6)] {
            let at =
                |shape: f64, distance: f64| Parts::new(Kind::Rate, (shape, shape)).over(&Parts::new(Kind::Rate, (b, b * (1.0 + distance))));
            for distance in [-0.05, -0.01, 0.0, 0.02, 0.05] {
                assert!(
                    (at(a, distance) - at(999.5, distance)).abs() < 4e-4,
                    "{b} {distance}: {} {}",
                    at(a, distance),
                    at(999.5, distance)
                );
            }
        }
    }

    /// Whether every pair's probability is within what the documentation states of the integrated one; `few` holds under twenty trials.
    fn agree(kind: Kind, figures: &[Observed], few: f64, bound: f64) -> Result<(), TestCaseError> {
        let (quick, exact) = (Comparison::new(kind, figures).unwrap().unwrap(), rank(kind, figures).unwrap());
        for (i, exact) in exact.iter().enumerate() {
            prop_assert!((quick.mean(i) - exact.shrunk.mean).abs() < 1e-9);
            for (j, exact) in exact.over.iter().enumerate() {
                let (quick, bound) = (quick.over(i, j), if figures[i].size.min(figures[j].size) < 20.0 { few } else { bound });
                prop_assert!((quick - exact).abs() < bound, "{:?} {:?}: {quick} {exact}", figures[i], figures[j]);
            }
        }
        Ok(())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(8))]
        /// What is integrated says the same, with few events and none too.
        #[test]
        fn shares_agree_with_the_integrals(figures in proptest::collection::vec((prop_oneof![0_u64..4, 0_u64..60], prop_oneof![0_u64..20, 20_u64..400]), 2..5)) {
            let figures: Vec<_> = figures.into_iter().map(|(count, more)| Observed { count, size: (count + more) as f64 }).collect();
            agree(Kind::Share, &figures, 0.015, 0.004)?;
        }

        #[test]
        fn rates_agree_with_the_integrals(figures in proptest::collection::vec((prop_oneof![0_u64..4, 0_u64..60], 1.0..400.0_f64), 2..5)) {
            let figures: Vec<_> = figures.into_iter().map(|(count, size)| Observed { count, size }).collect();
            agree(Kind::Rate, &figures, 0.001, 0.001)?;
        }
    }

    /// A prior's small share of failures is not lost beside millions of trials.
    #[test]
    fn millions_without_a_failure_are_compared() {
        let all = Observed { count: 2_379_178, size: 2_379_178.0 };
        for other in
            [all, Observed { count: 2_379_170, size: 2_379_178.0 }, Observed { count: 9, size: 20.0 }, Observed { count: 0, size: 3e9 }]
        {
            let compared = Comparison::new(Kind::Share, &[all, other]).unwrap().unwrap();
            let over = compared.over(0, 1);
            assert!(compared.mean(0) > 0.999 && (0.49..=1.0).contains(&over), "{other:?}: {over}");
            assert!(rank(Kind::Share, &[all, other]).unwrap()[0].shrunk.mean > 0.999);
        }
    }

    #[test]
    fn nothing_beside_little_agrees_too() {
        let few = [0, 1, 2, 3, 8];
        for (one, other) in few.iter().flat_map(|&one| few.map(|other| (one, other))) {
            for size in [10.0, 20.0, 300.0] {
                agree(Kind::Share, &[Observed { count: one, size: 20.0 }, Observed { count: other, size }], 0.015, 0.004).unwrap();
            }
        }
    }
}
