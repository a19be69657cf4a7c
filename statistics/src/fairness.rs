//! Adverse impact: are groups selected at like rates?
//!
//! The four-fifths rule of the Uniform Guidelines on Employee Selection Procedures (29 CFR 1607.4 D, 1978, with the agencies' Questions and Answers of 1979): each
//! group's selection rate over the highest one; under 4/5 is taken for evidence of adverse impact. The rule knows no sample size, so Fisher's exact
//! test stands beside it, two-sided as R's `fisher.test` has it (every table no likelier than the one seen), as it is and with Holm's correction for the
//! number of groups compared. Neither is a legal finding.

use statrs::distribution::{Discrete, Hypergeometric};

/// The reference must be at least this share of all who were considered (29 CFR 1607.4 D sets aside groups under 2 %).
const SMALLEST_REFERENCE: f64 = 0.02;

/// One group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub struct Selection {
    /// Who were selected, at most `considered`.
    pub selected: u64,
    /// Who were considered.
    pub considered: u64,
}

/// One group beside the one with the highest rate.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
pub struct Impact {
    /// Selected over considered; `None` when nobody was considered.
    pub rate: Option<f64>,
    /// This rate over the highest one; `None` without a rate here or anywhere.
    pub ratio: Option<f64>,
    /// The ratio is under 4/5, compared in whole numbers.
    pub under_four_fifths: bool,
    /// One person selected here instead of in the reference group would turn the order round (Question 21: no evidence then).
    pub turned_by_one: bool,
    /// Fisher's exact test against the reference, two-sided; `None` for the reference itself.
    pub p_value: Option<f64>,
    /// The same after Holm 1979.
    pub p_holm: Option<f64>,
}

/// Each group against the one with the highest rate (of equal ones the larger). A `selected` above `considered` counts as all.
pub fn four_fifths(groups: &[Selection]) -> Vec<Impact> {
    let groups: Vec<_> = groups.iter().map(|group| Selection { selected: group.selected.min(group.considered), ..*group }).collect();
    let all: u64 = groups.iter().map(|group| group.considered).sum();
    let large = |group: &Selection| group.considered > 0 && group.considered as f64 >= SMALLEST_REFERENCE * all as f64;
    let highest = (0..groups.len()).filter(|&index| large(&groups[index])).max_by(|&a, &b| {
        let (a, b) = (groups[a], groups[b]);
        let rates = (u128::from(a.selected) * u128::from(b.considered)).cmp(&(u128::from(b.selected) * u128::from(a.considered)));
        rates.then(a.considered.cmp(&b.considered))
    });
    let mut impacts: Vec<_> = groups
        .iter()
        .enumerate()
        .map(|(index, &group)| impact(group, highest.filter(|&high| high != index).map(|high| groups[high])))
        .collect();
    let p_values: Vec<_> = impacts.iter().filter_map(|impact| impact.p_value).collect();
    for (impact, adjusted) in impacts.iter_mut().filter(|impact| impact.p_value.is_some()).zip(holm(&p_values)) {
        impact.p_holm = Some(adjusted);
    }
    impacts
}

/// `reference` is `None` for the reference group itself.
fn impact(group: Selection, reference: Option<Selection>) -> Impact {
    let rate = (group.considered > 0).then(|| group.selected as f64 / group.considered as f64);
    let Some(reference) = reference else {
        let ratio = rate.filter(|&rate| rate > 0.0).map(|_| 1.0);
        return Impact { rate, ratio, under_four_fifths: false, turned_by_one: false, p_value: None, p_holm: None };
    };
    let ratio = rate.filter(|_| reference.selected > 0).map(|rate| rate * reference.considered as f64 / reference.selected as f64);
    let cross =
        |here: u64, there: u64| (u128::from(here) * u128::from(reference.considered), u128::from(there) * u128::from(group.considered));
    let (here, there) = cross(group.selected, reference.selected);
    let (more, less) = cross(group.selected + 1, reference.selected.saturating_sub(1));
    Impact {
        rate,
        ratio,
        under_four_fifths: ratio.is_some() && 5 * here < 4 * there,
        turned_by_one: ratio.is_some() && here < there && more > less,
        p_value: rate.and_then(|_| fisher(group.selected, group.considered, reference.selected, reference.considered)),
        p_holm: None,
    }
}

/// Fisher's exact test that two shares are equal, two-sided: the probability, the margins given, of every table that is no likelier than the one
/// seen. `None` when a share has no trials or more successes than trials.
pub fn fisher(successes: u64, trials: u64, other_successes: u64, other_trials: u64) -> Option<f64> {
    if trials == 0 || other_trials == 0 || other_successes > other_trials || successes > trials {
        return None;
    }
    let drawn = successes + other_successes;
    let table = Hypergeometric::new(trials + other_trials, drawn, trials).ok()?;
    let seen = table.ln_pmf(successes);
    // As R has it: equal up to rounding counts as equal.
    let limit = seen + 1e-7;
    let p: f64 =
        (drawn.saturating_sub(other_trials)..=drawn.min(trials)).map(|at| table.ln_pmf(at)).filter(|&log| log <= limit).map(f64::exp).sum();
    Some(p.min(1.0))
}

/// Holm's step-down correction (Holm 1979; R's `p.adjust(method = "holm")`), in the order given.
pub fn holm(p_values: &[f64]) -> Vec<f64> {
    let mut order: Vec<_> = (0..p_values.len()).collect();
    order.sort_by(|&a, &b| p_values[a].total_cmp(&p_values[b]));
    let mut adjusted = vec![0.0; p_values.len()];
    let mut largest = 0.0_f64;
    for (place, &index) in order.iter().enumerate() {
        largest = largest.max(p_values[index] * (p_values.len() - place) as f64).min(1.0);
        adjusted[index] = largest;
    }
    adjusted
}

#[cfg(test)]
mod tests {
    use super::*;

    /// R's `?fisher.test`: the lady tasting tea (Agresti 1990, p. 61) has 0.4857 two-sided (STAT 504, lesson 3, "TeaLady.out"), Fisher's convictions of
    /// like-sex twins (Agresti 1990) 0.0005367.
    #[test]
    fn r_examples() {
        assert!((fisher(3, 4, 1, 4).unwrap() - 0.4857).abs() < 5e-5);
        assert!((fisher(2, 17, 10, 13).unwrap() - 0.000_536_7).abs() < 5e-8);
        assert_eq!((fisher(0, 0, 1, 2), fisher(3, 2, 1, 2)), (None, None));
        assert!((fisher(0, 5, 0, 9).unwrap() - 1.0).abs() < 1e-12);
    }

    /// Questions and Answers of 1979 on the rule: rates of 60, 45, 48 and 51 % give 75, 80 and 85 %, and only the first is adverse impact.
    #[test]
    fn questions_and_answers() {
        let groups = [60, 45, 48, 51].map(|selected| Selection { selected, considered: 100 });
        let impacts = four_fifths(&groups);
        for (impact, ratio) in impacts.iter().zip([1.0, 0.75, 0.8, 0.85]) {
            assert!((impact.ratio.unwrap() - ratio).abs() < 1e-12);
        }
        assert_eq!(impacts.iter().map(|impact| impact.under_four_fifths).collect::<Vec<_>>(), [false, true, false, false]);
        assert_eq!(impacts[0].p_value, None);
        assert!(impacts[1].p_holm.unwrap() > impacts[1].p_value.unwrap());
    }

    /// R: `p.adjust(c(0.01, 0.02, 0.03, 0.005), "holm")` is 0.03 0.04 0.04 0.02: by hand 0.005 * 4, 0.01 * 3, 0.02 * 2, max(0.04, 0.03 * 1).
    #[test]
    fn holm_by_hand() {
        for (found, expected) in holm(&[0.01, 0.02, 0.03, 0.005]).into_iter().zip([0.03, 0.04, 0.04, 0.02]) {
            assert!((found - expected).abs() < 1e-12);
        }
        assert!(holm(&[]).is_empty());
    }

    #[test]
    fn nobody_and_few() {
        assert!(four_fifths(&[]).is_empty());
        let none = Selection { selected: 0, considered: 0 };
        assert!(
            four_fifths(&[none, none]).iter().all(|impact| impact.rate.is_none() && impact.ratio.is_none() && !impact.under_four_fifths)
        );
        let unselected = four_fifths(&[Selection { selected: 0, considered: 9 }, Selection { selected: 0, considered: 5 }]);
        assert!(unselected.iter().all(|impact| impact.rate == Some(0.0) && impact.ratio.is_none() && !impact.under_four_fifths));
        // 1 of 4 against 2 of 4: half the rate, and one person decides.
        let few = four_fifths(&[Selection { selected: 1, considered: 4 }, Selection { selected: 2, considered: 4 }]);
        assert!(few[0].under_four_fifths && few[0].turned_by_one && few[0].p_value.unwrap() > 0.9);
        // One of one among 200 is no yardstick.
        let tiny = four_fifths(&[Selection { selected: 1, considered: 1 }, Selection { selected: 60, considered: 199 }]);
        assert_eq!((tiny[1].ratio, tiny[1].p_value), (Some(1.0), None));
    }
}
