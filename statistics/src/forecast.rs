//! Daily counts ahead: what will come, beside what repeating the last week would say, and how sure that is.
//!
//! The seasonal-naive forecast is the one to beat and always stands beside. Exponential smoothing ([`Method::Ets`]), Theta, MSTL and their mean
//! compete with it in a rolling-origin backtest on the series itself; one of them is taken only when it was better there, so a series that nothing
//! improves gets the naive forecast. Squared errors decide, as the forecast is a mean: absolute ones would favour zero for small counts.
//!
//! Prediction intervals come from the errors of the same backtest (`interval`), so that they hold whatever the method gets wrong. Promotions and
//! holidays are days of a class: they stay out of the fit and get their own factor (`occasions`). A day that was not observed is not a zero: it
//! is left out of everything.

mod accuracy;
mod backtest;
mod interval;
mod level;
mod methods;
mod occasions;
pub mod periods;
mod shared;
mod weekday;

use serde::Serialize;

pub use accuracy::{mase, rmsse};
pub use interval::Range;
pub use shared::Share;

use backtest::Backtest;
use methods::Parameters;
use occasions::Effects;
use weekday::{Adjusted, WEEK};

/// The class of a day like any other.
pub const ORDINARY: u8 = 0;
/// Fewer observed days than these give no forecast.
pub const NONE_BELOW: usize = 14;
/// Fewer observed days than these, ten weeks, cannot be backtested four weeks ahead: the forecast is the naive one.
pub const FEW_BELOW: usize = 70;
/// Fewer people than these in the whole history make a forecast `few` too.
pub const FEW_PEOPLE: f64 = 20.0;

/// A history and what its days were.
#[derive(Debug, Clone, Copy)]
pub struct Series<'a> {
    /// Count of each day, in order; None where the day was not observed.
    pub counts: &'a [Option<f64>],
    /// Class of each day and of those to come: [`ORDINARY`], or one number a kind of promotion or holiday. Days beyond its end are ordinary.
    pub classes: &'a [u8],
}

/// What a forecast is made by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// The last observed day of the same weekday.
    SeasonalNaive,
    /// Exponential smoothing of the level, ETS(A,N,N), after weekdays have been taken out.
    Ets,
    /// The same with half the slope of the history (Assimakopoulos & Nikolopoulos 2000).
    Theta,
    /// Decomposition by LOESS, its level by exponential smoothing.
    Mstl,
    /// The mean of the three before.
    Combined,
    /// A share of what is forecast of several small series together ([`Forecast::shared`]).
    Pooled,
}

impl Method {
    /// Name in marts and reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::SeasonalNaive => "seasonal_naive",
            Self::Ets => "ets",
            Self::Theta => "theta",
            Self::Mstl => "mstl",
            Self::Combined => "combined",
            Self::Pooled => "pooled",
        }
    }
}

/// How far a forecast can be trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Backtested on its own history.
    Ok,
    /// Too little history to backtest ([`FEW_BELOW`], [`FEW_PEOPLE`]).
    Few,
}

/// A value ahead.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Ahead {
    /// The forecast, a mean: not a whole number.
    pub value: f64,
    /// What seasonal-naive says.
    pub naive: f64,
    /// The observed count lies in it with 80 %.
    pub range80: Range,
    /// With 95 %.
    pub range95: Range,
}

/// A forecast of daily counts.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Forecast {
    /// How far it can be trusted.
    pub status: Status,
    /// What the values are made by.
    pub method: Method,
    /// Root mean squared error of the method over that of seasonal-naive in the backtest: at most 1. None without a backtest, and where
    /// seasonal-naive made no error.
    pub backtest_ratio: Option<f64>,
    /// How many origins were tried.
    pub origins: usize,
    /// One a day, from the day after the history on.
    pub days: Vec<Ahead>,
    /// Their sum.
    pub total: Ahead,
    /// Classes of days ahead that the history never saw; they count as ordinary days about which little is known.
    pub unseen: Vec<u8>,
}

/// Forecasts the `horizon` days after a history; None with fewer than [`NONE_BELOW`] observed days or without a horizon.
///
/// Deterministic. Days before the first observed one are ignored.
pub fn forecast(series: Series<'_>, horizon: usize) -> Option<Forecast> {
    let first = series.counts.iter().position(Option::is_some)?;
    let classes: Vec<u8> = (first..series.counts.len() + horizon).map(|day| series.classes.get(day).copied().unwrap_or(ORDINARY)).collect();
    let series = Series { counts: &series.counts[first..], classes: &classes };
    let observed = series.counts.iter().flatten().count();
    if observed < NONE_BELOW || horizon == 0 {
        return None;
    }
    let people: f64 = series.counts.iter().flatten().sum();
    if observed < FEW_BELOW {
        return Some(naive_only(series, horizon));
    }
    let history = History::of(series);
    let parameters = history.fit();
    let backtest = Backtest::run(series, horizon);
    let (method, errors) = backtest.choose();
    let naive = methods::seasonal_naive(series.counts, horizon);
    let values = match method {
        Method::SeasonalNaive => naive.clone(),
        _ => history.ahead(&parameters, horizon, method),
    };
    let ahead_classes = &classes[series.counts.len()..];
    let uncertain = |ahead: usize| match method {
        Method::SeasonalNaive => 0.0,
        _ => history.effects.at(ahead_classes[ahead]).relative_error,
    };
    let spread = interval::Spread::of(&errors, observed);
    let days =
        values.iter().zip(&naive).enumerate().map(|(ahead, (&value, &naive))| spread.day(ahead, value, naive, uncertain(ahead))).collect();
    let total = spread.total(&values, &naive, (0..horizon).map(uncertain));
    let mut unseen: Vec<u8> = ahead_classes.iter().copied().filter(|class| !history.effects.knows(*class)).collect();
    unseen.sort_unstable();
    unseen.dedup();
    let status = if people < FEW_PEOPLE { Status::Few } else { Status::Ok };
    Some(Forecast { status, method, backtest_ratio: backtest.ratio(method), origins: backtest.origins(), days, total, unseen })
}

fn naive_only(series: Series<'_>, horizon: usize) -> Forecast {
    let naive = methods::seasonal_naive(series.counts, horizon);
    let spread = interval::Repeated::of(series.counts);
    let days = naive.iter().enumerate().map(|(ahead, &value)| spread.day(ahead, value)).collect();
    let total = spread.total(&naive);
    Forecast { status: Status::Few, method: Method::SeasonalNaive, backtest_ratio: None, origins: 0, days, total, unseen: Vec::new() }
}

/// A history as the methods want it.
struct History {
    adjusted: Adjusted,
    filled: Vec<f64>,
    effects: Effects,
    /// Of the days of the history and those to come.
    classes: Vec<u8>,
}

impl History {
    fn of(series: Series<'_>) -> Self {
        let ordinary: Vec<Option<f64>> =
            series.counts.iter().zip(series.classes).map(|(count, class)| count.filter(|_| *class == ORDINARY)).collect();
        let adjusted = Adjusted::of(&ordinary);
        let filled = adjusted.filled(&ordinary);
        let effects = Effects::of(series, &adjusted);
        Self { adjusted, filled, effects, classes: series.classes.to_vec() }
    }

    fn fit(&self) -> Parameters {
        Parameters::fit(&self.adjusted, &self.filled)
    }

    /// By each fitted method, with the effects of occasions put back.
    fn all_ahead(&self, parameters: &Parameters, horizon: usize) -> [Vec<f64>; 4] {
        let days = self.adjusted.levels.len();
        let effect = |ahead: usize| self.effects.at(self.classes.get(days + ahead).copied().unwrap_or(ORDINARY)).factor;
        methods::forecasts(&self.adjusted, &self.filled, parameters, horizon)
            .map(|values| values.iter().enumerate().map(|(ahead, value)| value * effect(ahead)).collect())
    }

    fn ahead(&self, parameters: &Parameters, horizon: usize, method: Method) -> Vec<f64> {
        let all = self.all_ahead(parameters, horizon);
        all.into_iter().zip(methods::FITTED).find(|(_, fitted)| *fitted == method).map(|(values, _)| values).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests;
