//! Rolling origins: what each method would have said on past days, and how wrong it was.

use super::methods::{FITTED, seasonal_naive};
use super::{History, Method, ORDINARY, Series, WEEK};

/// Origins, one a week back from the end.
const ORIGINS: usize = 12;
/// Days that the first origin must have before it.
const TRAINING: usize = 28;
/// A single method is taken over the mean of all only when it was clearly better: the backtest is short, and a mean is rarely far off.
const CLEARLY: f64 = 0.98;
/// The methods in the order of a day's errors: naive, then [`FITTED`].
const METHODS: usize = FITTED.len() + 1;

/// One day forecast from one origin.
#[derive(Debug, Clone, Copy)]
struct Tried {
    origin: usize,
    ahead: usize,
    observed: f64,
    ordinary: bool,
    forecasts: [f64; METHODS],
}

/// An error of the chosen method.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Miss {
    /// Number of the origin.
    pub origin: usize,
    /// Days after the origin, from 0.
    pub ahead: usize,
    /// What was forecast.
    pub value: f64,
    /// Observed less forecast.
    pub error: f64,
}

/// All days that were tried.
pub(super) struct Backtest {
    tried: Vec<Tried>,
    origins: usize,
}

impl Backtest {
    /// Parameters are fitted once, before the first origin, so that no origin knows of days after it; weekdays, levels and effects are taken anew
    /// at each.
    pub fn run(series: Series<'_>, horizon: usize) -> Self {
        let length = series.counts.len();
        let origins = (length.saturating_sub(TRAINING) / WEEK).min(ORIGINS);
        let before = |end: usize| Series { counts: &series.counts[..end], classes: series.classes };
        let mut tried = Vec::new();
        let mut parameters = None;
        for origin in 0..origins {
            let end = length - (origins - origin) * WEEK;
            let until = horizon.min(length - end);
            let history = History::of(before(end));
            let parameters = parameters.get_or_insert_with(|| history.fit());
            let naive = seasonal_naive(&series.counts[..end], until);
            let fitted = history.all_ahead(parameters, until);
            for ahead in 0..until {
                let Some(observed) = series.counts[end + ahead] else { continue };
                let mut forecasts = [naive[ahead]; METHODS];
                for (place, values) in forecasts[1..].iter_mut().zip(&fitted) {
                    *place = values[ahead];
                }
                tried.push(Tried { origin, ahead, observed, ordinary: series.classes[end + ahead] == ORDINARY, forecasts });
            }
        }
        Self { tried, origins }
    }

    /// How many origins were tried.
    pub fn origins(&self) -> usize {
        self.origins
    }

    /// The method to use, and its errors on ordinary days. Seasonal-naive, unless another was better.
    pub fn choose(&self) -> (Method, Vec<Miss>) {
        let errors: [f64; METHODS] = std::array::from_fn(|place| self.squares(place));
        let combined = METHODS - 1;
        let mut best = (1..combined).fold(1, |best, place| if errors[place] < errors[best] { place } else { best });
        if errors[best].sqrt() > CLEARLY * errors[combined].sqrt() {
            best = combined;
        }
        if errors[best] >= errors[0] {
            best = 0;
        }
        let miss = |tried: &Tried| {
            let value = tried.forecasts[best];
            Miss { origin: tried.origin, ahead: tried.ahead, value, error: tried.observed - value }
        };
        let method = if best == 0 { Method::SeasonalNaive } else { FITTED[best - 1] };
        (method, self.tried.iter().filter(|tried| tried.ordinary).map(miss).collect())
    }

    /// Root mean squared error over that of seasonal-naive; None when that made none.
    pub fn ratio(&self, method: Method) -> Option<f64> {
        let place = FITTED.iter().position(|fitted| *fitted == method).map_or(0, |place| place + 1);
        let naive = self.squares(0);
        (naive > 0.0).then(|| (self.squares(place) / naive).sqrt())
    }

    fn squares(&self, place: usize) -> f64 {
        self.tried.iter().map(|tried| (tried.observed - tried.forecasts[place]).powi(2)).sum()
    }
}
