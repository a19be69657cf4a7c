//! Weeks or months of a business series ahead: orders, sales, visits.
//!
//! Naive, simple exponential smoothing and Theta compete in a rolling-origin backtest, each plain and, where two years are known, on the series less
//! its yearly season (classical multiplicative decomposition, Hyndman & Athanasopoulos 2021, Forecasting: principles and practice, 3rd edition,
//! section 3.4); the seasonal-naive forecast competes too. The spread is that of the backtest's relative errors, growing with the distance.
//! Promotions and holidays are taken out first and put back ahead ([`around_occasions`]).

mod occasions;

use serde::Serialize;

use super::level::{Smoothing, slope};

pub use occasions::{Effect, Known, Part};

/// Fewer observed periods than these give no outlook.
pub const LEAST_PERIODS: usize = 12;
/// Origins that are tried, one a period back.
const ORIGINS: usize = 16;
/// Periods that the first origin has before it.
const TRAINING: usize = 8;
/// Factors of a season that was seen less often than this are chance.
const LEAST_SEASONS: usize = 2;

/// What an outlook is made by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PeriodMethod {
    /// The last observed period.
    Naive,
    /// The same period a year before.
    SeasonalNaive,
    /// Simple exponential smoothing.
    Ets,
    /// The same with half the slope of the history.
    Theta,
    /// The last observed period, the season taken out and put back.
    NaiveOfSeason,
    /// Exponential smoothing of the series less its season.
    EtsOfSeason,
    /// Theta of the series less its season.
    ThetaOfSeason,
}

/// What a series will be in the periods after its last.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Outlook {
    /// The method that was best in the backtest.
    pub method: PeriodMethod,
    /// One a period.
    pub values: Vec<f64>,
    /// Standard error of the logarithm of each.
    pub spreads: Vec<f64>,
    /// Degrees of freedom of the spreads.
    pub freedom: f64,
    /// Origins of the backtest.
    pub origins: usize,
    /// Root mean squared error over that of the naive method; none where that made none.
    pub ratio: Option<f64>,
}

/// The `horizon` periods after `values`, of which `season` make a year. None with fewer than [`LEAST_PERIODS`] observed ones, or when
/// all are nothing.
pub fn outlook(values: &[Option<f64>], season: usize, horizon: usize) -> Option<Outlook> {
    let first = values.iter().position(Option::is_some)?;
    let values = &values[first..];
    if values.iter().flatten().count() < LEAST_PERIODS || values.iter().flatten().sum::<f64>() <= 0.0 {
        return None;
    }
    let filled = filled(values);
    let last = filled.len();
    let origins = (last - TRAINING).min(ORIGINS);
    let now = all(&filled, season, horizon);
    let mut errors: Vec<Tried> = Vec::new();
    for end in last - origins..last {
        for (method, ahead) in all(&filled[..end], season, horizon.min(last - end)) {
            let tried = ahead.iter().zip(&values[end..]).zip(1..);
            errors.extend(tried.filter_map(|((said, seen), step)| Some(Tried { method, step, error: relative((*seen)?, *said) })));
        }
    }
    // A method that could be tried at fewer origins than another is not known to be better.
    let tried = |of: PeriodMethod| errors.iter().filter(move |one| one.method == of).map(|one| one.error * one.error);
    let most = tried(PeriodMethod::Naive).count();
    let mean = |of: PeriodMethod| tried(of).sum::<f64>() / most.max(1) as f64;
    let best = now
        .iter()
        .map(|(method, _)| *method)
        .filter(|method| tried(*method).count() == most)
        .fold(PeriodMethod::Naive, |best, method| if mean(method) < mean(best) { method } else { best });
    let values = now.into_iter().find(|(method, _)| *method == best)?.1;
    let chosen = errors.iter().filter(|one| one.method == best);
    // The best of several looks better than it is, and by the more the less it was tried.
    let modest = 1.0 + 2.0 / origins.max(1) as f64;
    let squares: Vec<(f64, f64)> = chosen.map(|one| (one.step as f64, one.error * one.error * modest)).collect();
    let naive = mean(PeriodMethod::Naive);
    Some(Outlook {
        method: best,
        values,
        spreads: spreads(&squares, horizon),
        // Origins a period apart look at the same periods, and say the less for it.
        freedom: (origins as f64 / 3.0).max(3.0),
        origins,
        ratio: (naive > 0.0).then(|| (mean(best) / naive).sqrt()),
    })
}

/// The same of a series with promotions and holidays: `occasions` say of each what every period holds of it, those of the history and the `horizon`.
/// What they do comes beside the outlook, in which it is.
pub fn around_occasions(values: &[Option<f64>], season: usize, horizon: usize, occasions: &[Vec<Part>]) -> Option<(Outlook, Vec<Effect>)> {
    let effects = occasions::effects(values, occasions);
    let factor = |place: usize| effects.iter().filter_map(|effect| effect.factors.get(place)).product::<f64>();
    let ordinary: Vec<Option<f64>> = values.iter().enumerate().map(|(place, value)| Some((*value)? / factor(place))).collect();
    let mut outlook = outlook(&ordinary, season, horizon)?;
    for (ahead, (value, spread)) in outlook.values.iter_mut().zip(&mut outlook.spreads).enumerate() {
        let place = values.len() + ahead;
        *value *= factor(place);
        let unsure = effects.iter().filter(|effect| effect.factors.get(place).is_some_and(|factor| (factor - 1.0).abs() > f64::EPSILON));
        *spread = unsure.fold(*spread, |spread, effect| spread.hypot(effect.spread));
    }
    Some((outlook, effects))
}

/// An error of the backtest.
#[derive(Debug, Clone, Copy)]
struct Tried {
    method: PeriodMethod,
    /// Periods ahead, from 1.
    step: usize,
    /// Relative.
    error: f64,
}

/// The logarithm of observed over forecast, of both a little more than nothing.
fn relative(seen: f64, said: f64) -> f64 {
    let least = 1e-3 * seen.max(said).max(1e-9);
    (seen.max(least) / said.max(least)).ln()
}

/// Variance as a line over the distance, which cannot fall.
fn spreads(squares: &[(f64, f64)], horizon: usize) -> Vec<f64> {
    let n = squares.len().max(1) as f64;
    let (step, square) = squares.iter().fold((0.0, 0.0), |sum, one| (sum.0 + one.0 / n, sum.1 + one.1 / n));
    let along: f64 = squares.iter().map(|one| (one.0 - step) * (one.1 - square)).sum();
    let across: f64 = squares.iter().map(|one| (one.0 - step).powi(2)).sum();
    let slope = if across > 0.0 { (along / across).max(0.0) } else { 0.0 };
    // Nothing is known better than a tenth of what is known on average.
    let slope = slope.min(0.9 * square / step.max(1.0));
    (1..=horizon).map(|ahead| (square + slope * (ahead as f64 - step)).max(0.1 * square).sqrt()).collect()
}

/// Gaps on the line between their neighbours.
fn filled(values: &[Option<f64>]) -> Vec<f64> {
    let seen: Vec<(usize, f64)> = values.iter().enumerate().filter_map(|(place, value)| Some((place, (*value)?))).collect();
    let at = |place: usize| {
        let after = seen.partition_point(|(seen, _)| *seen < place);
        match (after.checked_sub(1).and_then(|before| seen.get(before)), seen.get(after)) {
            (_, Some((there, value))) if *there == place => *value,
            (Some((a, x)), Some((b, y))) => x + (y - x) * (place - a) as f64 / (b - a) as f64,
            (Some((_, value)), None) | (None, Some((_, value))) => *value,
            (None, None) => 0.0,
        }
    };
    (0..values.len()).map(at).collect()
}

/// By every method that so many periods allow.
fn all(series: &[f64], season: usize, horizon: usize) -> Vec<(PeriodMethod, Vec<f64>)> {
    let mut found = plain(series, horizon, [PeriodMethod::Naive, PeriodMethod::Ets, PeriodMethod::Theta]);
    if season > 1 && series.len() >= season {
        let year_before = |ahead: usize| series[series.len() - season + ahead % season];
        found.push((PeriodMethod::SeasonalNaive, (0..horizon).map(year_before).collect()));
    }
    if season > 1 && series.len() >= LEAST_SEASONS * season + season / 2 {
        let factors = factors(series, season);
        let rest: Vec<f64> = series.iter().enumerate().map(|(place, value)| value / factors[place % season]).collect();
        let of_season = plain(&rest, horizon, [PeriodMethod::NaiveOfSeason, PeriodMethod::EtsOfSeason, PeriodMethod::ThetaOfSeason]);
        let back = |values: Vec<f64>| {
            values.into_iter().enumerate().map(|(ahead, value)| value * factors[(series.len() + ahead) % season]).collect()
        };
        found.extend(of_season.into_iter().map(|(method, values)| (method, back(values))));
    }
    found
}

fn plain(series: &[f64], horizon: usize, names: [PeriodMethod; 3]) -> Vec<(PeriodMethod, Vec<f64>)> {
    let last = series.last().copied().unwrap_or_default();
    let smoothing = Smoothing::fit(series);
    let level = smoothing.level(series);
    let half = slope(series) / 2.0;
    let theta = (1..=horizon).map(|step| (level + smoothing.theta_drift(half, series.len(), step)).max(0.0)).collect();
    let [naive, ets, drifted] = names;
    vec![(naive, vec![last; horizon]), (ets, vec![level.max(0.0); horizon]), (drifted, theta)]
}

/// Ratio of each period of the year to the moving mean of a year around it, drawn half way to 1 where it was seen but twice; their mean is 1.
fn factors(series: &[f64], season: usize) -> Vec<f64> {
    let half = season / 2;
    let weight = |offset: usize| if season.is_multiple_of(2) && (offset == 0 || offset == 2 * half) { 0.5 } else { 1.0 };
    let mut ratios: Vec<Vec<f64>> = vec![Vec::new(); season];
    for place in half..series.len().saturating_sub(half) {
        let sum: f64 = (0..=2 * half).map(|offset| weight(offset) * series[place - half + offset]).sum();
        if sum > 0.0 {
            ratios[place % season].push(series[place] * season as f64 / sum);
        }
    }
    let mean = |ratios: &Vec<f64>| {
        let n = ratios.len() as f64;
        if ratios.is_empty() { 1.0 } else { (1.0 + ratios.iter().sum::<f64>()) / (1.0 + n) }
    };
    let raw: Vec<f64> = ratios.iter().map(mean).collect();
    let all = raw.iter().sum::<f64>() / season as f64;
    raw.iter().map(|factor| (factor / all).max(0.01)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_carried_on_and_a_level_kept() {
        let line: Vec<Option<f64>> = (0..60).map(|place| Some(100.0 + 2.0 * f64::from(place))).collect();
        let found = outlook(&line, 52, 4).unwrap();
        assert!(matches!(found.method, PeriodMethod::Theta | PeriodMethod::Naive), "{found:?}");
        assert!((found.values[0] - 220.0).abs() < 4.0 && found.ratio.is_some_and(|ratio| ratio <= 1.0), "{found:?}");
        let level = outlook(&[Some(50.0); 20], 12, 3).unwrap();
        assert_eq!((level.values, level.ratio), (vec![50.0; 3], None));
    }

    #[test]
    fn a_yearly_season_is_found_once_it_was_seen_twice() {
        let month = |place: usize| if place % 12 == 10 { 300.0 } else { 100.0 };
        let series: Vec<Option<f64>> = (0..46).map(|place| Some(month(place) + (place * 7 % 5) as f64)).collect();
        let found = outlook(&series, 12, 3).unwrap();
        assert!(found.values[0] > 250.0 && found.values[1] < 150.0, "{found:?}");
        assert!(found.ratio.unwrap() < 0.5);
    }

    #[test]
    fn gaps_are_bridged_and_what_was_never_seen_has_no_outlook() {
        assert_eq!(filled(&[Some(1.0), None, Some(3.0), None]), [1.0, 2.0, 3.0, 3.0]);
        assert_eq!(outlook(&[Some(5.0); 11], 12, 3), None);
        assert_eq!(outlook(&[Some(0.0); 30], 12, 3), None);
        assert_eq!(outlook(&[None; 30], 12, 3), None);
    }

    #[test]
    fn spread_grows_with_the_distance_and_never_falls() {
        let squares: Vec<(f64, f64)> = (1..=8).map(|step| (f64::from(step), 0.01 * f64::from(step))).collect();
        let found = spreads(&squares, 8);
        assert!((found[0] - 0.1).abs() < 0.02 && (found[7] - 0.08_f64.sqrt()).abs() < 0.02, "{found:?}");
        let falling: Vec<(f64, f64)> = (1..=8).map(|step| (f64::from(step), 0.09 - 0.01 * f64::from(step))).collect();
        assert!(spreads(&falling, 8).windows(2).all(|pair| (pair[0] - pair[1]).abs() < 1e-12));
    }
}
