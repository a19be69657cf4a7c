//! Which one is better, how surely.

use crate::density::{Tabulated, gauss};

use super::hyper::Hyper;
use super::{BadCount, Kind, Observed, Shrunk, check};

/// An entry among the others.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Rank {
    /// From 1, by `better`; equal entries share the smaller number.
    pub rank: usize,
    /// Its figure after shrinkage.
    pub shrunk: Shrunk,
    /// P(this > j) for every j in the order given; 0.5 against itself.
    pub over: Vec<f64>,
    /// P(this > another), averaged over the others; 0.5 when there is no other.
    pub better: f64,
    /// P(this is the highest of all).
    pub best: f64,
}

/// Ranks the entries by P(one > another) under the posterior of [`super::shrink`], highest figure first, and returns them in the order given. That the prior is
/// common to all is kept: the comparison is made under each prior and then averaged. Rates without any exposure at all give nothing.
pub fn rank(kind: Kind, observed: &[Observed]) -> Result<Vec<Rank>, BadCount> {
    check(kind, observed)?;
    let Some(hyper) = Hyper::fit(kind, observed) else { return Ok(Vec::new()) };
    let many = observed.len();
    let (mut over, mut best) = (vec![0.0; many * many], vec![0.0; many]);
    for node in &hyper.nodes {
        let tables: Vec<_> = observed.iter().map(|one| hyper.posterior(node.prior, one)).collect();
        let compared = compare(&tables);
        add(&mut best, &compared.best, node.weight);
        add(&mut over, &compared.over, node.weight);
    }
    // Not the sum of weights, which is 1 but for rounding.
    over.iter_mut().step_by(many + 1).for_each(|itself| *itself = 0.5);
    let others = (many as f64 - 1.0).max(1.0);
    let better: Vec<f64> =
        over.chunks(many.max(1)).map(|row| if many > 1 { (row.iter().sum::<f64>() - 0.5) / others } else { 0.5 }).collect();
    let ranked = observed.iter().zip(over.chunks(many.max(1))).enumerate().map(|(i, (one, over))| Rank {
        // Equal entries differ by rounding only.
        rank: 1 + better.iter().filter(|&&other| other > better[i] + 1e-9).count(),
        shrunk: hyper.shrunk(one),
        over: over.to_vec(),
        better: better[i],
        best: best[i],
    });
    Ok(ranked.collect())
}

/// P(X > Y) for X ~ Beta(a) and Y ~ Beta(b) (or gammas: shape, rate), independent. Parameters are positive; error under 1e-4.
pub fn probability_greater(kind: Kind, a: (f64, f64), b: (f64, f64)) -> f64 {
    let tables = [a, b].map(|(first, second)| Tabulated::new(kind.family(), first, second));
    compare(&tables).over[1]
}

/// Adds the weighted values.
fn add(sums: &mut [f64], values: &[f64], weight: f64) {
    for (sum, value) in sums.iter_mut().zip(values) {
        *sum += weight * value;
    }
}

/// Comparisons of independent posteriors.
struct Compared {
    /// P(i > j) at `i * n + j`.
    over: Vec<f64>,
    best: Vec<f64>,
}

/// Integrates `f_i F_j` and `f_i prod F_j` over the steps of all tables together, so that the narrowest is resolved as well as the widest.
fn compare(tables: &[Tabulated]) -> Compared {
    let many = tables.len();
    let mut ends: Vec<_> = tables.iter().flat_map(Tabulated::steps).collect();
    ends.sort_by(f64::total_cmp);
    ends.dedup();
    let (mut over, mut best) = (vec![0.0; many * many], vec![0.0; many]);
    let (mut densities, mut distributions) = (vec![0.0; many], vec![0.0; many]);
    for pair in ends.windows(2) {
        for (at, weight) in gauss(pair[0], pair[1]) {
            for (i, table) in tables.iter().enumerate() {
                densities[i] = table.density(at) * weight;
                distributions[i] = table.distribution(at);
            }
            for i in (0..many).filter(|&i| densities[i] > 0.0) {
                let others = (0..many).filter(|&j| j != i);
                best[i] += densities[i] * others.map(|j| distributions[j]).product::<f64>();
                add(&mut over[i * many..(i + 1) * many], &distributions, densities[i]);
            }
        }
    }
    // The two directions are one number, and somebody is the best: what the integration misses is shared out.
    for (i, j) in (0..many).flat_map(|i| (0..i).map(move |j| (i, j))) {
        let (here, there) = (over[i * many + j], over[j * many + i]);
        over[i * many + j] = here / (here + there);
        over[j * many + i] = there / (here + there);
    }
    let all: f64 = best.iter().sum();
    for share in &mut best {
        *share /= all;
    }
    Compared { over, best }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use statrs::function::beta::ln_beta;

    use super::*;

    /// The closed form for whole parameters (Miller, "Formulas for Bayesian A/B Testing", 2015).
    fn exact((alpha_a, beta_a): (u32, u32), (alpha_b, beta_b): (u32, u32)) -> f64 {
        let (aa, ba, bb) = (f64::from(alpha_a), f64::from(beta_a), f64::from(beta_b));
        let term = |i: u32| {
            (ln_beta(aa + f64::from(i), ba + bb) - (bb + f64::from(i)).ln() - ln_beta(1.0 + f64::from(i), bb) - ln_beta(aa, ba)).exp()
        };
        // P(B > A).
        (0..alpha_b).map(term).sum()
    }

    fn both((a, b): (u32, u32)) -> (f64, f64) {
        (f64::from(a), f64::from(b))
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn closed_form(a in (1_u32..400, 1_u32..400), b in (1_u32..400, 1_u32..400)) {
            let found = probability_greater(Kind::Share, both(b), both(a));
            prop_assert!((found - exact(a, b)).abs() < 1e-4, "{} against {}", found, exact(a, b));
        }
    }

    /// Whole numbers that can be checked by hand: two uniform shares; Beta(2, 1) against Beta(1, 1) is E(x) = 2/3; Exp(1) above Exp(3) with 3/4.
    #[test]
    fn by_hand() {
        for (kind, a, b, expected) in [
            (Kind::Share, (1.0, 1.0), (1.0, 1.0), 0.5),
            (Kind::Share, (2.0, 1.0), (1.0, 1.0), 2.0 / 3.0),
            (Kind::Share, (1.0, 1.0), (1.0, 5.0), 5.0 / 6.0),
            (Kind::Rate, (1.0, 1.0), (1.0, 3.0), 0.75),
        ] {
            let found = probability_greater(kind, a, b);
            assert!((found - expected).abs() < 1e-4, "{a:?} {b:?}: {found}");
        }
    }

    /// A narrow posterior beside a wide one, and ten million trials.
    #[test]
    fn very_unequal() {
        let found = probability_greater(Kind::Share, (1.0, 1.0), (3e6, 7e6));
        assert!((found - 0.7).abs() < 1e-4, "{found}");
        let near = probability_greater(Kind::Share, (3.001e6, 6.999e6), (3e6, 7e6));
        // The normal limit: a difference of 1e-4 over its standard error of sqrt(2 * 0.21 / 1e7) = 2.05e-4 is 0.488, whose probability is 0.687.
        assert!((near - 0.687).abs() < 1e-3, "{near}");
    }

    fn share(count: u64, trials: u32) -> Observed {
        Observed { count, size: f64::from(trials) }
    }

    #[test]
    fn clear_order() {
        let ranks = rank(Kind::Share, &[share(20, 200), share(120, 300), share(2, 5), share(0, 0)]).unwrap();
        assert_eq!(ranks[1].rank, 1);
        assert!(ranks[1].over[0] > 0.999 && ranks[0].over[1] < 0.001);
        assert!(ranks[2].best > 0.2 && ranks[2].best < 0.6, "two of five decide nothing: {:?}", ranks[2]);
        assert!((ranks.iter().map(|rank| rank.best).sum::<f64>() - 1.0).abs() < 1e-9);
    }

    #[test]
    fn alone_equal_and_none() {
        assert!(rank(Kind::Share, &[]).unwrap().is_empty());
        let alone = rank(Kind::Share, &[share(3, 10)]).unwrap();
        assert_eq!((alone[0].rank, alone[0].over.clone()), (1, vec![0.5]));
        assert!((alone[0].better - 0.5).abs() < 1e-12 && (alone[0].best - 1.0).abs() < 1e-9);
        let equal = rank(Kind::Rate, &[Observed { count: 5, size: 2.5 }; 3]).unwrap();
        assert!(equal.iter().all(|one| one.rank == 1 && (one.better - 0.5).abs() < 1e-6 && (one.best - 1.0 / 3.0).abs() < 1e-6));
        let all = rank(Kind::Share, &[share(50, 50), share(0, 50)]).unwrap();
        assert!(all[0].over[1] > 0.999 && all[0].shrunk.interval.low > 0.85);
    }
}
