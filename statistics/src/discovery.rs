//! Many tests at once: which of them are discoveries when at most a given share of discoveries may be false.

/// How the tests hang together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Dependence {
    /// Independent, or positively dependent (Benjamini and Hochberg 1995; Benjamini and Yekutieli 2001, theorem 1.2): channels that a common
    /// day lifts or lowers together.
    #[default]
    Positive,
    /// Any (Benjamini and Yekutieli 2001, theorem 1.3): every q-value grows by 1 + 1/2 + .. + 1/m.
    Any,
}

/// The q-value of each p-value, in their order: the smallest false-discovery rate at which it is a discovery.
///
/// Tests without an answer are none: leave them out, they must not count.
pub fn q_values(p_values: &[f64], dependence: Dependence) -> Vec<f64> {
    let count = p_values.len() as f64;
    let factor = match dependence {
        Dependence::Positive => count,
        Dependence::Any => count * (1..=p_values.len()).map(|rank| 1.0 / rank as f64).sum::<f64>(),
    };
    let mut order: Vec<usize> = (0..p_values.len()).collect();
    order.sort_by(|a, b| p_values[*b].total_cmp(&p_values[*a]));
    let mut out = vec![1.0; p_values.len()];
    let mut least = 1.0_f64;
    for (place, at) in order.into_iter().enumerate() {
        let rank = (p_values.len() - place) as f64;
        least = least.min(p_values[at] * (factor / rank));
        out[at] = least;
    }
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Benjamini and Hochberg 1995, JRSS B 57, section 3.2: fifteen endpoints of a trial of thrombolysis (Neuhaus et al. 1992).
    const THROMBOLYSIS: [f64; 15] =
        [0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1.0];

    #[test]
    fn the_trial_has_four_discoveries() {
        let found = q_values(&THROMBOLYSIS, Dependence::Positive);
        assert_eq!(found.iter().filter(|q| **q <= 0.05).count(), 4);
        // p(4) = 0.0095 times 15 / 4.
        assert!((found[3] - 0.035_625).abs() < 1e-12);
        // The step up: p(5) .. p(7) take the smallest of what is at their rank or above, 0.0344 * 15 / 8 among them.
        assert!((found[4] - 0.0201 * 3.0).abs() < 1e-12 && (found[5] - 0.0298 * 15.0 / 7.0).abs() < 1e-12);
        let any = q_values(&THROMBOLYSIS, Dependence::Any);
        let harmonic: f64 = (1..=15).map(|rank| 1.0 / f64::from(rank)).sum();
        assert!((any[0] - 0.0015 * harmonic).abs() < 1e-12);
        assert_eq!(any.iter().filter(|q| **q <= 0.05).count(), 3);
    }

    #[test]
    fn one_test_is_its_own_p_value() {
        assert_eq!(q_values(&[0.2], Dependence::Any), [0.2]);
        assert!(q_values(&[], Dependence::Positive).is_empty());
    }

    proptest! {
        #[test]
        fn q_values_keep_the_order_and_lie_above(mut p_values in prop::collection::vec(0.0_f64..=1.0, 1..30)) {
            p_values.sort_by(f64::total_cmp);
            let found = q_values(&p_values, Dependence::Positive);
            prop_assert!(found.is_sorted());
            prop_assert!(p_values.iter().zip(&found).all(|(p, q)| q >= p && *q <= 1.0));
        }
    }
}
