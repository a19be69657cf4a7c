//! The fit, what it says of one row, and the ridge that cross-validation chooses.

use nalgebra::{Cholesky, DMatrix, DVector, Dyn};
use serde::Serialize;

use crate::interval::Z_95;

/// Newton's method needs six or seven steps; more than this many means that there is no maximum to reach.
const MOST_STEPS: u32 = 60;
/// A step that moves no log-odds of a row by more than about this much is the last.
const STILL: f64 = 1e-9;

/// Why nothing was fitted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LogisticError {
    /// No feature, numbers that do not fill their last row, or as many rows as outcomes there are not.
    #[error("the rows do not fit together: {rows} rows, {outcomes} outcomes")]
    Shape {
        /// Rows of features.
        rows: usize,
        /// Outcomes.
        outcomes: usize,
    },
    /// A feature is not a number, or infinite.
    #[error("a feature is not a finite number")]
    NotFinite,
    /// Everybody has the same outcome: there is nothing to tell apart.
    #[error("all outcomes are the same")]
    OneOutcome,
    /// Features tell the outcomes apart entirely, or repeat each other, and there is no ridge to hold the weights.
    #[error("there is no finite maximum: the features separate the outcomes, or repeat each other")]
    NoMaximum,
}

/// Rows of features, one row after another.
#[derive(Debug, Clone, Copy)]
pub struct Design<'v> {
    values: &'v [f64],
    width: usize,
}

impl<'v> Design<'v> {
    /// `values` holds `width` numbers a row.
    pub fn new(values: &'v [f64], width: usize) -> Result<Self, LogisticError> {
        if width == 0 || values.is_empty() || !values.len().is_multiple_of(width) {
            return Err(LogisticError::Shape { rows: values.len().checked_div(width).unwrap_or_default(), outcomes: 0 });
        }
        if values.iter().any(|value| !value.is_finite()) {
            return Err(LogisticError::NotFinite);
        }
        Ok(Self { values, width })
    }

    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.values.len() / self.width
    }

    /// Numbers a row.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Always false: a design has a row.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// The rows in order.
    pub fn rows(&self) -> impl Iterator<Item = &'v [f64]> {
        self.values.chunks_exact(self.width)
    }
}

/// A fitted model.
#[derive(Debug, Clone)]
pub struct Model {
    /// Log-odds of a row of zeros.
    pub intercept: f64,
    /// Log-odds that one unit of each feature adds; 0 for a feature that never varied.
    pub weights: Vec<f64>,
    /// Mean of each feature in the rows that were fitted.
    pub means: Vec<f64>,
    /// Standard errors of intercept and weights, from the curvature at the maximum; without a ridge those of `glm`.
    pub standard_errors: Vec<f64>,
    /// -2 log-likelihood of the fit, without the penalty.
    pub deviance: f64,
    /// -2 log-likelihood of the intercept alone.
    pub null_deviance: f64,
    /// The penalty.
    pub ridge: f64,
    deviations: Vec<f64>,
    centred_intercept: f64,
    curvature: Cholesky<f64, Dyn>,
}

/// What a model says of one row.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Score {
    /// The probability of the outcome.
    pub probability: f64,
    /// Lower end of its 95 % interval, of the model's weights alone: one person's outcome is less sure than this.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

impl Model {
    /// The probability of the outcome, and how sure the weights are of it.
    pub fn score(&self, row: &[f64]) -> Score {
        let standard = self.standardised(row);
        let log_odds = self.log_odds(row);
        let spread = self.curvature.solve(&standard).dot(&standard).max(0.0).sqrt() * Z_95;
        Score { probability: logistic(log_odds), low: logistic(log_odds - spread), high: logistic(log_odds + spread) }
    }

    /// What each feature adds to the log-odds beside a row of means; with the log-odds of that row they sum to the row's own.
    pub fn contributions(&self, row: &[f64]) -> Vec<f64> {
        self.weights.iter().zip(&self.means).zip(row).map(|((weight, mean), value)| weight * (value - mean)).collect()
    }

    /// The log-odds of a row.
    pub fn log_odds(&self, row: &[f64]) -> f64 {
        self.centred_intercept + self.contributions(row).iter().sum::<f64>()
    }

    fn standardised(&self, row: &[f64]) -> DVector<f64> {
        let features = self.means.iter().zip(&self.deviations).zip(row);
        DVector::from_iterator(
            self.means.len() + 1,
            std::iter::once(1.0).chain(features.map(|((mean, deviation), value)| standard(*value, *mean, *deviation))),
        )
    }
}

/// Probability of log-odds.
pub(super) fn logistic(log_odds: f64) -> f64 {
    if log_odds >= 0.0 {
        1.0 / (1.0 + (-log_odds).exp())
    } else {
        let odds = log_odds.exp();
        odds / (1.0 + odds)
    }
}

/// log(1 + exp(x)), without overflow.
fn softplus(x: f64) -> f64 {
    x.max(0.0) + (-x.abs()).exp().ln_1p()
}

fn standard(value: f64, mean: f64, deviation: f64) -> f64 {
    if deviation > 0.0 { (value - mean) / deviation } else { 0.0 }
}

/// Fits `outcomes` (true: it happened) to the rows of `design`.
///
/// `ridge` is the penalty of a squared weight of a feature of variance 1, 0 for none; a number of rows whose outcomes it weighs as much as.
pub fn fit(design: Design<'_>, outcomes: &[bool], ridge: f64) -> Result<Model, LogisticError> {
    let all: Vec<usize> = (0..outcomes.len()).collect();
    fit_some(design, outcomes, &all, ridge)
}

fn fit_some(design: Design<'_>, outcomes: &[bool], chosen: &[usize], ridge: f64) -> Result<Model, LogisticError> {
    if design.len() != outcomes.len() {
        return Err(LogisticError::Shape { rows: design.len(), outcomes: outcomes.len() });
    }
    let cases: Vec<(&[f64], f64)> =
        chosen.iter().filter_map(|at| Some((design.rows().nth(*at)?, f64::from(u8::from(*outcomes.get(*at)?))))).collect();
    let happened = cases.iter().map(|(_, outcome)| outcome).sum::<f64>();
    let count = cases.len() as f64;
    if happened <= 0.0 || happened >= count {
        return Err(LogisticError::OneOutcome);
    }
    let (means, deviations) = moments(&cases, design.width);
    let newton = Newton { rows: standardise(&cases, &means, &deviations), ridge, varies: deviations.iter().map(|d| *d > 0.0).collect() };
    let share = happened / count;
    let null_deviance = -2.0 * (happened * share.ln() + (count - happened) * (1.0 - share).ln());
    let (weights, curvature) = newton.climb((share / (1.0 - share)).ln())?;
    let deviance = -2.0 * newton.log_likelihood(&weights);
    Ok(in_own_units(&weights, curvature, means, deviations, (deviance, null_deviance, ridge)))
}

fn moments(cases: &[(&[f64], f64)], width: usize) -> (Vec<f64>, Vec<f64>) {
    let count = cases.len() as f64;
    let means: Vec<f64> = (0..width).map(|at| cases.iter().filter_map(|(row, _)| row.get(at)).sum::<f64>() / count).collect();
    let deviation = |(at, mean): (usize, &f64)| {
        let squares = cases.iter().filter_map(|(row, _)| row.get(at)).map(|value| (value - mean).powi(2)).sum::<f64>();
        let deviation = (squares / count).sqrt();
        // What is left of equal numbers after rounding is no variation.
        if deviation > mean.abs().max(1.0) * 1e-12 { deviation } else { 0.0 }
    };
    let deviations = means.iter().enumerate().map(deviation).collect();
    (means, deviations)
}

/// Each row with a 1 before its standardised features, and its outcome.
fn standardise(cases: &[(&[f64], f64)], means: &[f64], deviations: &[f64]) -> Vec<(Vec<f64>, f64)> {
    let row = |row: &[f64]| {
        let features = row.iter().zip(means).zip(deviations).map(|((value, mean), deviation)| standard(*value, *mean, *deviation));
        std::iter::once(1.0).chain(features).collect()
    };
    cases.iter().map(|(values, outcome)| (row(values), *outcome)).collect()
}

struct Newton {
    rows: Vec<(Vec<f64>, f64)>,
    ridge: f64,
    varies: Vec<bool>,
}

impl Newton {
    /// Weights at the maximum, intercept first, and the curvature there.
    fn climb(&self, intercept: f64) -> Result<(DVector<f64>, Cholesky<f64, Dyn>), LogisticError> {
        let mut weights = DVector::zeros(self.varies.len() + 1);
        weights.iter_mut().take(1).for_each(|first| *first = intercept);
        let mut height = self.height(&weights);
        for _ in 0..MOST_STEPS {
            let (slope, curvature) = self.derivatives(&weights);
            let curvature = curvature.cholesky().ok_or(LogisticError::NoMaximum)?;
            let mut step = curvature.solve(&slope);
            if step.amax() < STILL {
                return Ok((weights, curvature));
            }
            // Newton's step can overshoot far from the maximum.
            let mut next = self.height(&(&weights + &step));
            while next < height - 1e-9 * height.abs() && step.amax() > STILL {
                step /= 2.0;
                next = self.height(&(&weights + &step));
            }
            weights += step;
            height = next;
        }
        Err(LogisticError::NoMaximum)
    }

    fn height(&self, weights: &DVector<f64>) -> f64 {
        let penalty: f64 = weights.iter().skip(1).map(|weight| weight * weight).sum();
        self.log_likelihood(weights) - self.ridge / 2.0 * penalty
    }

    fn log_likelihood(&self, weights: &DVector<f64>) -> f64 {
        self.rows.iter().map(|(row, outcome)| (dot(row, weights), outcome)).map(|(odds, outcome)| outcome * odds - softplus(odds)).sum()
    }

    fn derivatives(&self, weights: &DVector<f64>) -> (DVector<f64>, DMatrix<f64>) {
        let width = weights.len();
        let mut slope = vec![0.0; width];
        // Rows of the lower triangle, one after another.
        let mut triangle = vec![0.0; width * (width + 1) / 2];
        for (row, outcome) in &self.rows {
            let chance = logistic(dot(row, weights));
            let (miss, weight) = (outcome - chance, chance * (1.0 - chance));
            let mut rest = triangle.as_mut_slice();
            for (at, (value, slope)) in row.iter().zip(&mut slope).enumerate() {
                *slope += miss * value;
                let (line, after) = rest.split_at_mut(at + 1);
                rest = after;
                let scaled = weight * value;
                if scaled != 0.0 {
                    line.iter_mut().zip(row).for_each(|(sum, other)| *sum += scaled * other);
                }
            }
        }
        let at = |row: usize, column: usize| {
            let (long, short) = (row.max(column), row.min(column));
            triangle.get(long * (long + 1) / 2 + short).copied().unwrap_or_default()
        };
        let mut curvature = DMatrix::from_fn(width, width, at);
        for (place, varies) in (1..).zip(&self.varies) {
            // A feature that never varied keeps weight 0; a 1 keeps the matrix regular.
            curvature[(place, place)] += if *varies { self.ridge } else { 1.0 };
        }
        let slope = slope.iter().zip(weights.iter()).enumerate();
        let slope = slope.map(|(at, (slope, weight))| if at == 0 { *slope } else { slope - self.ridge * weight });
        (DVector::from_iterator(width, slope), curvature)
    }
}

fn dot(row: &[f64], weights: &DVector<f64>) -> f64 {
    row.iter().zip(weights.iter()).map(|(value, weight)| value * weight).sum()
}

/// From standardised features back to those that were given.
fn in_own_units(
    weights: &DVector<f64>,
    curvature: Cholesky<f64, Dyn>,
    means: Vec<f64>,
    deviations: Vec<f64>,
    (deviance, null_deviance, ridge): (f64, f64, f64),
) -> Model {
    let centred_intercept = weights.iter().next().copied().unwrap_or_default();
    let inverse = |deviation: &f64| if *deviation > 0.0 { 1.0 / deviation } else { 0.0 };
    let own: Vec<f64> = weights.iter().skip(1).zip(&deviations).map(|(weight, deviation)| weight * inverse(deviation)).collect();
    let intercept = centred_intercept - own.iter().zip(&means).map(|(weight, mean)| weight * mean).sum::<f64>();
    let covariance = curvature.inverse();
    let zeros: Vec<f64> = std::iter::once(1.0).chain(means.iter().zip(&deviations).map(|(mean, d)| -mean * inverse(d))).collect();
    let of_zeros = DVector::from_vec(zeros);
    let mut standard_errors = vec![(&covariance * &of_zeros).dot(&of_zeros).max(0.0).sqrt()];
    let variances = covariance.diagonal();
    standard_errors.extend(variances.iter().skip(1).zip(&deviations).map(|(variance, d)| variance.max(0.0).sqrt() * inverse(d)));
    Model { intercept, weights: own, means, standard_errors, deviance, null_deviance, ridge, deviations, centred_intercept, curvature }
}

/// What cross-validation found.
#[derive(Debug, Clone, PartialEq)]
pub struct CrossValidated {
    /// The ridge with the least log-loss.
    pub ridge: f64,
    /// Mean of -log p(outcome) of rows that the fit had not seen.
    pub log_loss: f64,
    /// For each row, the probability that a fit without its fold gave it.
    pub predicted: Vec<f64>,
}

/// Chooses the ridge: each of `folds` parts of the rows (row i is in part i modulo `folds`) is predicted from the others.
///
/// Rows should stand in an order that says nothing of their outcome, such as that of a hash. Of equal losses the greater ridge is taken.
///
/// # Errors
/// Those of a fit, when no ridge could be fitted in every part.
pub fn cross_validate(design: Design<'_>, outcomes: &[bool], ridges: &[f64], folds: usize) -> Result<CrossValidated, LogisticError> {
    let folds = folds.clamp(2, outcomes.len().max(2));
    let mut best: Option<CrossValidated> = None;
    let mut failed = LogisticError::NoMaximum;
    for ridge in ridges {
        match out_of_fold(design, outcomes, *ridge, folds) {
            Ok(predicted) => {
                let loss = |(chance, outcome): (&f64, &bool)| -if *outcome { *chance } else { 1.0 - chance }.max(1e-15).ln();
                let log_loss = predicted.iter().zip(outcomes).map(loss).sum::<f64>() / outcomes.len() as f64;
                let better = |known: &CrossValidated| log_loss < known.log_loss || (log_loss <= known.log_loss && *ridge > known.ridge);
                if best.as_ref().is_none_or(better) {
                    best = Some(CrossValidated { ridge: *ridge, log_loss, predicted });
                }
            }
            Err(error) => failed = error,
        }
    }
    best.ok_or(failed)
}

fn out_of_fold(design: Design<'_>, outcomes: &[bool], ridge: f64, folds: usize) -> Result<Vec<f64>, LogisticError> {
    let mut predicted = vec![0.0; outcomes.len()];
    for fold in 0..folds {
        let seen: Vec<usize> = (0..outcomes.len()).filter(|at| at % folds != fold).collect();
        let model = fit_some(design, outcomes, &seen, ridge)?;
        let unseen = predicted.iter_mut().zip(design.rows()).enumerate().filter(|(at, _)| at % folds == fold);
        unseen.for_each(|(_, (chance, row))| *chance = logistic(model.log_odds(row)));
    }
    Ok(predicted)
}
