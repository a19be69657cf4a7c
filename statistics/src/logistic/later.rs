//! Fitted to what came first, judged on what came later: the split that use will meet (temporal validation; Steyerberg, Clinical Prediction
//! Models, 2nd ed. 2019, section 17.2; TRIPOD statement, Collins et al., BMJ 350 (2015) g7594, type 2b).

use serde::Serialize;

use super::calibration::{Calibration, calibration};
use super::fit::{Design, LogisticError, cross_validate, fit};
use crate::interval::Z_95;

/// What a fit to the older rows says of the newer ones.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Later {
    /// The ridge that cross-validation among the older rows chose.
    pub ridge: f64,
    /// Older rows.
    pub trained: usize,
    /// Newer rows.
    pub judged: usize,
    /// Mean probability stated of the newer rows.
    pub predicted: f64,
    /// Share of them of which it happened.
    pub observed: f64,
    /// How the probabilities agree with their outcomes.
    pub calibration: Calibration,
}

impl Later {
    /// Whether the scores order the newer people better than chance would: the 95 % interval of the area under the curve lies above a half.
    pub fn tells_apart(&self) -> bool {
        let area = self.calibration.area_under_curve.zip(self.calibration.area_error);
        area.is_some_and(|(area, error)| area - Z_95 * error > 0.5)
    }
}

/// Fits the older rows of `design` (in order of time) with the ridge that cross-validation in `folds` parts of them chooses, and
/// judges it on the `held_out` share that came last.
///
/// # Errors
/// Those of a fit, also when older or newer rows have but one outcome.
pub fn judge_later(design: Design<'_>, outcomes: &[bool], held_out: f64, ridges: &[f64], folds: usize) -> Result<Later, LogisticError> {
    if design.len() != outcomes.len() {
        return Err(LogisticError::Shape { rows: design.len(), outcomes: outcomes.len() });
    }
    let judged = (outcomes.len() as f64 * held_out.clamp(0.0, 1.0)).round() as usize;
    let (older, newer) = outcomes.split_at(outcomes.len() - judged);
    let rows: Vec<&[f64]> = design.rows().take(older.len()).collect();
    // Parts of equal times would judge seasons against each other.
    let order = shuffled(older.len());
    let values: Vec<f64> = order.iter().filter_map(|at| rows.get(*at)).flat_map(|row| row.iter().copied()).collect();
    let happened: Vec<bool> = order.iter().filter_map(|at| older.get(*at)).copied().collect();
    let trained = Design::new(&values, design.width())?;
    let ridge = cross_validate(trained, &happened, ridges, folds)?.ridge;
    let model = fit(trained, &happened, ridge)?;
    let predicted: Vec<f64> = design.rows().skip(older.len()).map(|row| model.score(row).probability).collect();
    let calibration = calibration(&predicted, newer).filter(|found| found.area_under_curve.is_some()).ok_or(LogisticError::OneOutcome)?;
    let count = predicted.len() as f64;
    Ok(Later {
        ridge,
        trained: older.len(),
        judged,
        predicted: predicted.iter().sum::<f64>() / count,
        observed: newer.iter().filter(|outcome| **outcome).count() as f64 / count,
        calibration,
    })
}

/// The places 0..count in an order that says nothing of them and is always the same.
fn shuffled(count: usize) -> Vec<usize> {
    let mut places: Vec<usize> = (0..count).collect();
    places.sort_by_key(|place| (mixed(*place as u64), *place));
    places
}

/// The finaliser of SplitMix64 (Steele, Lea and Flood, OOPSLA 2014).
fn mixed(place: u64) -> u64 {
    let a = place.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let b = (a ^ (a >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let c = (b ^ (b >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    c ^ (c >> 31)
}

#[cfg(test)]
mod tests {
    use rand::rngs::StdRng;
    use rand::{Rng, SeedableRng};

    use super::*;

    /// Rows of one feature; of each the chance is `at(place, feature)`.
    fn drawn(count: usize, chance: impl Fn(usize, f64) -> f64) -> (Vec<f64>, Vec<bool>) {
        let mut random = StdRng::seed_from_u64(7);
        let values: Vec<f64> = (0..count).map(|_| f64::from(u8::from(random.random_bool(0.5)))).collect();
        let outcomes = values.iter().enumerate().map(|(place, value)| random.random_bool(chance(place, *value))).collect();
        (values, outcomes)
    }

    #[test]
    fn what_held_before_and_holds_later_is_believed() {
        let (values, outcomes) = drawn(2000, |_, has| if has > 0.0 { 0.6 } else { 0.2 });
        let later = judge_later(Design::new(&values, 1).unwrap(), &outcomes, 0.3, &[1.0, 10.0], 5).unwrap();
        assert_eq!((later.trained, later.judged), (1400, 600));
        assert!(later.tells_apart() && (later.predicted - later.observed).abs() < 0.06, "{later:?}");
        // Half have it: the area is 1/2 + (0.6 * 0.8 - 0.2 * 0.4) / (4 * 0.4 * 0.6) = 0.708.
        assert!((later.calibration.area_under_curve.unwrap() - 0.708).abs() < 0.05, "{later:?}");
    }

    #[test]
    fn what_turned_round_is_not_believed_although_it_held_before() {
        let (values, outcomes) = drawn(2000, |place, has| if (has > 0.0) == (place < 1400) { 0.6 } else { 0.2 });
        let later = judge_later(Design::new(&values, 1).unwrap(), &outcomes, 0.3, &[1.0, 10.0], 5).unwrap();
        assert!(!later.tells_apart() && later.calibration.area_under_curve.unwrap() < 0.4, "{later:?}");
        assert!(later.calibration.slope.unwrap() < 0.0);
    }

    #[test]
    fn newer_rows_of_one_outcome_judge_nothing() {
        let (values, outcomes) = drawn(100, |place, _| if place < 70 { 0.5 } else { 0.0 });
        let failed = judge_later(Design::new(&values, 1).unwrap(), &outcomes, 0.3, &[1.0], 5).unwrap_err();
        assert_eq!(failed, LogisticError::OneOutcome);
        let failed = judge_later(Design::new(&values, 1).unwrap(), &outcomes[1..], 0.3, &[1.0], 5).unwrap_err();
        assert_eq!(failed, LogisticError::Shape { rows: 100, outcomes: 99 });
    }

    #[test]
    fn the_order_of_the_parts_is_a_permutation_that_mixes() {
        let order = shuffled(1000);
        let mut sorted = order.clone();
        sorted.sort_unstable();
        assert_eq!(sorted, (0..1000).collect::<Vec<_>>());
        let early = order[..100].iter().filter(|place| **place < 500).count();
        assert!((30..70).contains(&early), "{early}");
    }
}
