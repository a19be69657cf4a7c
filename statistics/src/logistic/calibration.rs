//! How well probabilities that were stated agree with what happened.

use serde::Serialize;

use super::fit::{Design, fit};
use crate::interval::{Interval, wilson};

/// Parts of the rows, by what was predicted, that a reliability table shows.
const PARTS: usize = 10;
/// Probabilities are kept this far from 0 and 1 where their log-odds are taken.
const EDGE: f64 = 1e-9;

/// Of rows with like probabilities, what was predicted and what happened.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Reliability {
    /// Rows.
    pub cases: u64,
    /// Rows of which it happened.
    pub happened: u64,
    /// Mean probability.
    pub predicted: f64,
    /// Share of which it happened.
    pub observed: f64,
    /// 95 % Wilson interval of that share.
    pub interval: Interval,
}

/// Agreement of probabilities with outcomes.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Calibration {
    /// Brier score (Brier 1950), the mean square of probability less outcome: 0 is perfect.
    pub brier: f64,
    /// Brier score of the plain share for everybody, which a model has to beat.
    pub brier_of_share: f64,
    /// Cox's calibration slope (Cox, Biometrika 45 (1958) 562-565): 1 is right, less than 1 is too sure. None when it cannot be fitted, as
    /// when all probabilities are the same.
    pub slope: Option<f64>,
    /// Standard error of the slope.
    pub slope_error: Option<f64>,
    /// The chance that of two rows with different outcomes the one that happened had the greater probability; none when all outcomes agree.
    pub area_under_curve: Option<f64>,
    /// Standard error of that area.
    pub area_error: Option<f64>,
    /// Tenths of the rows, the least probable first; fewer where many probabilities are equal.
    pub reliability: Vec<Reliability>,
}

/// Compares probabilities with outcomes; none without any, or when the two are not as many.
///
/// The probabilities should come from fits that had not seen the outcomes ([`super::cross_validate`]).
pub fn calibration(predicted: &[f64], outcomes: &[bool]) -> Option<Calibration> {
    if predicted.is_empty() || predicted.len() != outcomes.len() {
        return None;
    }
    let count = outcomes.len() as f64;
    let share = outcomes.iter().filter(|outcome| **outcome).count() as f64 / count;
    let miss = |(chance, outcome): (&f64, &bool)| (chance - f64::from(u8::from(*outcome))).powi(2);
    let log_odds: Vec<f64> = predicted.iter().map(|chance| chance.clamp(EDGE, 1.0 - EDGE)).map(|p| (p / (1.0 - p)).ln()).collect();
    let line = Design::new(&log_odds, 1).and_then(|design| fit(design, outcomes, 0.0)).ok();
    let varies = line.filter(|line| line.standard_errors.iter().skip(1).all(|error| *error > 0.0));
    let area = area_under_curve(predicted, outcomes);
    let happened = outcomes.iter().filter(|outcome| **outcome).count() as u64;
    Some(Calibration {
        brier: predicted.iter().zip(outcomes).map(miss).sum::<f64>() / count,
        brier_of_share: share * (1.0 - share),
        slope: varies.as_ref().and_then(|line| line.weights.first().copied()),
        slope_error: varies.as_ref().and_then(|line| line.standard_errors.get(1).copied()),
        area_under_curve: area,
        area_error: area.and_then(|area| area_error(area, happened, outcomes.len() as u64 - happened)),
        reliability: reliability(predicted, outcomes),
    })
}

/// Area under the receiver operating characteristic: the Mann-Whitney statistic, ties counted half (Hanley and McNeil, Radiology 143
/// (1982) 29-36). None when all outcomes are the same.
pub fn area_under_curve(predicted: &[f64], outcomes: &[bool]) -> Option<f64> {
    let sorted = in_order(predicted, outcomes);
    let happened = outcomes.iter().filter(|outcome| **outcome).count() as f64;
    let others = outcomes.len() as f64 - happened;
    if happened <= 0.0 || others <= 0.0 {
        return None;
    }
    // Rows with one probability share the mean of their ranks.
    let (mut ranks, mut before) = (0.0, 0.0);
    for tied in sorted.chunk_by(|(a, _), (b, _)| a.total_cmp(b).is_eq()) {
        let size = tied.len() as f64;
        ranks += tied.iter().filter(|(_, outcome)| *outcome).count() as f64 * (before + f64::midpoint(1.0, size));
        before += size;
    }
    Some((ranks - happened * (happened + 1.0) / 2.0) / (happened * others))
}

/// Standard error of an area under the curve (Hanley and McNeil 1982, page 32); none without rows of both outcomes.
pub fn area_error(area: f64, happened: u64, others: u64) -> Option<f64> {
    if happened == 0 || others == 0 {
        return None;
    }
    let (happened, others) = (happened as f64, others as f64);
    let square = area * area;
    let two_happened = area / (2.0 - area) - square;
    let two_others = 2.0 * square / (1.0 + area) - square;
    let variance = (area * (1.0 - area) + (happened - 1.0) * two_happened + (others - 1.0) * two_others) / (happened * others);
    Some(variance.max(0.0).sqrt())
}

fn in_order(predicted: &[f64], outcomes: &[bool]) -> Vec<(f64, bool)> {
    let mut sorted: Vec<(f64, bool)> = predicted.iter().copied().zip(outcomes.iter().copied()).collect();
    sorted.sort_by(|(a, _), (b, _)| a.total_cmp(b));
    sorted
}

fn reliability(predicted: &[f64], outcomes: &[bool]) -> Vec<Reliability> {
    let sorted = in_order(predicted, outcomes);
    let mut parts: Vec<Vec<(f64, bool)>> = Vec::new();
    // Rows with one probability stay together, so that a part is closed once it holds a tenth.
    for tied in sorted.chunk_by(|(a, _), (b, _)| a.total_cmp(b).is_eq()) {
        match parts.last_mut() {
            Some(open) if open.len() * PARTS < sorted.len() => open.extend_from_slice(tied),
            _ => parts.push(tied.to_vec()),
        }
    }
    parts.iter().filter_map(|part| summary(part)).collect()
}

fn summary(part: &[(f64, bool)]) -> Option<Reliability> {
    let cases = part.len() as u64;
    let happened = part.iter().filter(|(_, outcome)| *outcome).count() as u64;
    Some(Reliability {
        cases,
        happened,
        predicted: part.iter().map(|(chance, _)| chance).sum::<f64>() / cases as f64,
        observed: happened as f64 / cases as f64,
        interval: wilson(happened, cases)?,
    })
}
