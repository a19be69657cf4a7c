//! The same comparisons for a report that makes many: a hundredth of the work of [`super::rank`], without intervals and P(best).

use statrs::function::erf::erfc;
use statrs::function::gamma::digamma;

use super::hyper::Hyper;
use super::{BadCount, Kind, Observed, check};

/// An entry beside the others.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Compared {
    /// Posterior mean, as of [`super::shrink`].
    pub mean: f64,
    /// P(this > j) for every j in the order given; 0.5 against itself.
    pub over: Vec<f64>,
}

/// Compares all entries under the posterior of [`super::shrink`], in the order given. Under each prior the log-odds of a share (the logarithm of a rate) are taken as
/// normal with their own mean and variance, digamma and trigamma of the parameters (Johnson, Kotz & Balakrishnan, Continuous Univariate Distributions 2,
/// 2nd ed., 25.3; 17.8). Off by less than 0.02 where entries have no events, by less than 0.005 where they have five. Rates without any exposure give nothing.
pub fn compare(kind: Kind, observed: &[Observed]) -> Result<Vec<Compared>, BadCount> {
    check(kind, observed)?;
    let Some(hyper) = Hyper::fit(kind, observed) else { return Ok(Vec::new()) };
    let many = observed.len();
    let mut found = vec![Compared { mean: 0.0, over: vec![0.0; many] }; many];
    for node in &hyper.nodes {
        let normals: Vec<(f64, f64)> = observed.iter().map(|one| normal(kind, hyper.updated(node.prior, one))).collect();
        for (i, one) in found.iter_mut().enumerate() {
            one.mean += node.weight * hyper.mean(node.prior, &observed[i]);
            for (j, over) in one.over.iter_mut().enumerate() {
                let distance = (normals[i].0 - normals[j].0) / (normals[i].1 + normals[j].1).sqrt();
                *over += node.weight * 0.5 * erfc(-distance / std::f64::consts::SQRT_2);
            }
        }
    }
    Ok(found)
}

/// Mean and variance of the log-odds of Beta(a, b), or of the logarithm of Gamma(a, rate b).
fn normal(kind: Kind, (a, b): (f64, f64)) -> (f64, f64) {
    match kind {
        Kind::Share => (digamma(a) - digamma(b), trigamma(a) + trigamma(b)),
        Kind::Rate => (digamma(a) - b.ln(), trigamma(a)),
    }
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

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(8))]
        /// What is integrated says the same.
        #[test]
        fn agrees_with_the_integrals(figures in proptest::collection::vec((0_u64..60, 20_u64..400), 2..5)) {
            let figures: Vec<_> = figures.into_iter().map(|(count, more)| Observed { count, size: (count + more) as f64 }).collect();
            let (quick, exact) = (compare(Kind::Share, &figures).unwrap(), rank(Kind::Share, &figures).unwrap());
            for ((i, quick), exact) in quick.iter().enumerate().zip(&exact) {
                prop_assert!((quick.mean - exact.shrunk.mean).abs() < 1e-9);
                for (j, (quick, exact)) in quick.over.iter().zip(&exact.over).enumerate() {
                    let least = figures[i].count.min(figures[j].count);
                    let error = if least < 5 { 0.02 } else { 0.005 };
                    prop_assert!((quick - exact).abs() < error, "{:?} {:?}: {quick} {exact}", figures[i], figures[j]);
                }
            }
        }
    }
}
