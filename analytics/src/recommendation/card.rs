//! What a model of past outcomes is worth: the row of `recommendation_model`.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use inflow_statistics::logistic::{Later, Reliability};
use serde::{Deserialize, Serialize};

use super::cases::Case;
use super::{Learnt, METHOD, rounded};
use crate::report::instant;

/// Whether there are scores, and if not, why.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// There are.
    Fitted,
    /// Fewer than 200 outcomes, or fewer than 20 of either kind.
    TooFew,
    /// The sources tell nothing of applicants that a score may stand on.
    NoTraits,
    /// Fitted to older outcomes, it does not tell the newer ones apart: the 95 % interval of the area under the curve holds a half.
    CannotTell,
}

/// Applications with one fate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resolution {
    /// `stayed`, `left_early`, `never_started`, `rejected`, `withdrawn`, `silent`; of those left out `young`, `pending`, `untold`.
    pub resolution: String,
    /// How many of the last two years.
    pub applications: u32,
}

/// Of newer outcomes with like chances, what was stated and what happened.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Tenth {
    /// Applications.
    pub applications: u32,
    /// Those that went well.
    pub stayed: u32,
    /// Mean chance stated.
    pub predicted: f64,
    /// Share that went well.
    pub observed: f64,
    /// 95 % Wilson interval of that share.
    pub low: f64,
    /// Its upper end.
    pub high: f64,
}

/// What one number of a row weighs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Weight {
    /// The trait, as in [`super::Reason`].
    #[serde(rename = "trait")]
    pub of: String,
    /// The level that it stands for; `told` and `log` of an amount.
    pub value: String,
    /// Log-odds of a unit.
    pub log_odds: f64,
    /// Its standard error.
    pub error: f64,
}

/// The model and how it was judged. Chances are of being taken on and still there after [`super::STAY_DAYS`] days.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ModelCard {
    /// Whether there are scores.
    pub state: State,
    /// Reference of the impact assessment, as configured.
    pub impact_assessment: String,
    /// Method, outcomes and the day of the newest of them.
    pub model_version: String,
    /// Instant of the analysis, UTC, as the engine writes it.
    pub fitted_at: String,
    /// Past applications learnt from: resolved, the newest 10 000.
    pub outcomes: u32,
    /// Those that went well.
    pub stayed: u32,
    /// Local day on which the oldest of them applied.
    pub first_day: Option<String>,
    /// And the newest.
    pub last_day: Option<String>,
    /// What became of all.
    pub resolutions: Vec<Resolution>,
    /// Penalty of the weights, chosen by cross-validation among the older outcomes.
    pub ridge: Option<f64>,
    /// Older outcomes, which the judged fit knew.
    pub trained: u32,
    /// Newer outcomes, which judged it.
    pub judged: u32,
    /// Mean chance stated of the newer ones.
    pub predicted: Option<f64>,
    /// Share of them that went well.
    pub observed: Option<f64>,
    /// Calibration slope: 1 is right, less than 1 is too sure.
    pub slope: Option<f64>,
    /// Its standard error.
    pub slope_error: Option<f64>,
    /// Chance that of two of them the one that went well had the greater score.
    pub area_under_curve: Option<f64>,
    /// Its standard error.
    pub area_error: Option<f64>,
    /// Mean square of chance less outcome.
    pub brier: Option<f64>,
    /// The same of the plain share for everybody.
    pub brier_of_share: Option<f64>,
    /// Tenths of the newer ones by the chance stated.
    pub reliability: Vec<Tenth>,
    /// Of the fit to all outcomes.
    pub weights: Vec<Weight>,
}

impl ModelCard {
    pub(super) fn of(past: &[(&Case, bool)], resolutions: &BTreeMap<String, u64>, impact_assessment: &str, now: DateTime<Utc>) -> Self {
        let day = |case: Option<&(&Case, bool)>| case.map(|(case, _)| case.local_day.clone());
        let last_day = day(past.last());
        let digits: String = last_day.iter().flat_map(|day| day.chars()).filter(char::is_ascii_digit).collect();
        Self {
            state: State::TooFew,
            impact_assessment: impact_assessment.to_owned(),
            model_version: format!("{METHOD}.{}.{digits}", past.len()),
            fitted_at: instant(now),
            outcomes: past.len() as u32,
            stayed: past.iter().filter(|(_, outcome)| *outcome).count() as u32,
            first_day: day(past.first()),
            last_day,
            resolutions: resolutions
                .iter()
                .map(|(of, applications)| Resolution { resolution: of.clone(), applications: *applications as u32 })
                .collect(),
            ridge: None,
            trained: 0,
            judged: 0,
            predicted: None,
            observed: None,
            slope: None,
            slope_error: None,
            area_under_curve: None,
            area_error: None,
            brier: None,
            brier_of_share: None,
            reliability: Vec::new(),
            weights: Vec::new(),
        }
    }

    pub(super) fn describe(&mut self, learnt: &Learnt) {
        let Later { ridge, trained, judged, predicted, observed, calibration } = &learnt.later;
        (self.ridge, self.trained, self.judged) = (Some(*ridge), *trained as u32, *judged as u32);
        (self.predicted, self.observed) = (Some(rounded(*predicted)), Some(rounded(*observed)));
        (self.slope, self.slope_error) = (calibration.slope.map(rounded), calibration.slope_error.map(rounded));
        (self.area_under_curve, self.area_error) = (calibration.area_under_curve.map(rounded), calibration.area_error.map(rounded));
        (self.brier, self.brier_of_share) = (Some(rounded(calibration.brier)), Some(rounded(calibration.brier_of_share)));
        let tenth = |part: &Reliability| Tenth {
            applications: part.cases as u32,
            stayed: part.happened as u32,
            predicted: rounded(part.predicted),
            observed: rounded(part.observed),
            low: rounded(part.interval.low),
            high: rounded(part.interval.high),
        };
        self.reliability = calibration.reliability.iter().map(tenth).collect();
        let errors = learnt.model.standard_errors.iter().skip(1);
        let weights = learnt.layout.names().zip(&learnt.model.weights).zip(errors);
        let weight = |(((of, value), weight), error): (((String, String), &f64), &f64)| Weight {
            of,
            value,
            log_odds: rounded(*weight),
            error: rounded(*error),
        };
        self.weights = weights.map(weight).collect();
    }
}
