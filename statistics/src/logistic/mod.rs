//! Logistic regression with a ridge penalty, fitted by Newton's method.
//!
//! The penalised log-likelihood of le Cessie and van Houwelingen, "Ridge estimators in logistic regression", Applied Statistics 41
//! (1992) 191-201: sum of log p(y) less `ridge / 2` times the sum of squared weights of the features brought to mean 0 and variance 1. The
//! intercept is not penalised, so that the mean of what is predicted is the mean of what was seen. Without a ridge it is maximum
//! likelihood, as R's `glm(.., family = binomial)`.
//!
//! With a ridge the fit is also the mode of a posterior under a normal prior of variance `1 / ridge`; the ends of a [`Score`] are those
//! of its normal approximation at the mode.

mod calibration;
mod fit;
mod later;
#[cfg(test)]
mod tests;

pub use calibration::{Calibration, Reliability, area_error, area_under_curve, calibration};
pub use fit::{CrossValidated, Design, LogisticError, Model, Score, cross_validate, fit};
pub use later::{Later, judge_later};
