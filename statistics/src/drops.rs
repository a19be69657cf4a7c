//! Sudden and slow drops of a daily count, such as the applications of a channel: the lower tail of Farrington's flexible method with daily regressors.
//!
//! 1. The days before a guard of two weeks are fitted: level, weekday, trend and special days, quasi-Poisson ([`crate::regression`]). Days that lie far
//!    from the fit on either side lose weight and the fit is made again ([`crate::farrington`]). The guard keeps a drop from teaching the fit.
//! 2. The days of the guard and the day in question are compared with what the fit expects. Small counts are added up, backwards from the
//!    day in question, until at least five are expected; the sum has a lower tail (negative binomial, with the error of the expectation).
//!    Beside it run two cumulative sums of evidence ([`crate::cusum`]), one for a drop to a quarter and one for a slow fall.
//! 3. The smallest of the three p-values, each over its part of the level (Bonferroni's inequality with weights), is the day's. Over channels, and apart from them over their stores, [`decide`] and [`decide_parts`] control false discoveries
//!    ([`crate::discovery`]).
//!
//! A day that is not covered is unknown: it is neither a zero nor an anomaly, and takes part nowhere.

use std::ops::Range;

use crate::cusum::Evidence;
use crate::discovery::{Dependence, q_values};
use crate::farrington::{ANOMALY, anscombe_residuals, lower_quantile, lower_tail, weights};
use crate::regression::{Design, Fit, Terms, poisson};

/// Level, seven weekdays, trend; special days follow.
const FIXED_COLUMNS: usize = 9;
const TREND: usize = 8;
/// The trend is per so many days.
const TREND_DAYS: f64 = 90.0;
/// Inverse of the prior variance of a weekday's and a special day's effect: a standard deviation of 1, a factor of 2.7.
const EFFECT_PENALTY: f64 = 1.0;
/// The same of the trend: a standard deviation of a half, a factor of 1.6 in 90 days.
const TREND_PENALTY: f64 = 4.0;
/// A special day of a kind that the fit has seen less often is not judged.
const SPECIAL_SEEN: usize = 2;
/// What a drop leaves in the two cumulative sums, and the part of the level of a day's test that each gets.
const CUSUMS: [(f64, f64); 2] = [(0.2, 0.6), (0.6, 0.3)];
/// The part that the sum gets: little, for a channel of few needs several days, and a drop of one of many has p-values to spare.
const SUM_PART: f64 = 0.1;

/// A day of a channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Day {
    /// What was counted; none when the day was not covered.
    pub count: Option<u32>,
    /// 0 to 6, from any day on.
    pub weekday: u8,
    /// Kind of a special day, such as a public holiday, numbered from 0; days of one kind share an effect.
    pub special: Option<u8>,
}

/// What the detector goes by.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Settings {
    /// Days that are fitted.
    pub window: usize,
    /// Days before the one in question that are not fitted, but compared.
    pub guard: usize,
    /// The same while there are fewer than `long_history` days.
    pub short_guard: usize,
    /// Days from which on the guard is the long one.
    pub long_history: usize,
    /// Fewer fitted days than this: `learning`.
    pub least_days: usize,
    /// Counts are added up until this is expected.
    pub least_expected: f64,
    /// Prior of the over-dispersion a: the variance is m + a m^2. Give that of the other channels, if there are any.
    pub overdispersion: f64,
    /// Days that this prior is worth.
    pub overdispersion_days: f64,
    /// Days of a channel and year with a false sure alarm that are accepted, by p-values that are bounds. What came of it in simulated worlds is
    /// an eighth (`cargo xtask bench stats --only drops`): days of one alarm go together, and small counts keep off their bounds.
    pub sure: f64,
    /// The same of an unsure alarm.
    pub unsure: f64,
    /// What `sure` is for all stores of a channel (or whatever parts it has) together, beside the channel itself. A sixth: small counts are the more
    /// easily misjudged, and in simulated worlds of six stores a channel they then add about twice the false alarms that the channels have
    /// (`--only drops_of_stores`).
    pub sure_parts: f64,
    /// The same of an unsure alarm.
    pub unsure_parts: f64,
    /// A smaller fall than this share is no alarm, however sure.
    pub least_fall: f64,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            window: 182,
            guard: 14,
            short_guard: 7,
            long_history: 70,
            least_days: 21,
            least_expected: 5.0,
            overdispersion: 0.03,
            overdispersion_days: 20.0,
            sure: 0.06,
            unsure: 1.0,
            sure_parts: 0.01,
            unsure_parts: 0.33,
            least_fall: 0.3,
        }
    }
}

/// Why a day is judged or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// Judged.
    Ok,
    /// The day was not covered.
    NoData,
    /// Too little history.
    Learning,
    /// So few are expected that all of the guard does not add up to enough.
    Few,
    /// A special day of a kind that the history does not know.
    Special,
}

impl Status {
    /// As reports write it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::NoData => "no_data",
            Self::Learning => "learning",
            Self::Few => "few",
            Self::Special => "special",
        }
    }
}

/// What gave a day its p-value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Basis {
    /// The day, or as many as expect enough.
    Sum,
    /// A cumulative sum.
    Cusum,
}

impl Basis {
    /// As reports write it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Sum => "sum",
            Self::Cusum => "cusum",
        }
    }
}

/// What a day looks like.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Assessment {
    /// Why it is judged or not.
    pub status: Status,
    /// What was expected of the day; none while learning.
    pub expected: Option<f64>,
    /// The least count that is usual: one day in forty has fewer.
    pub low: Option<u64>,
    /// What the p-value is of; none when the day is not judged.
    pub evidence: Option<Drop>,
}

impl Assessment {
    fn unjudged(status: Status) -> Self {
        Self { status, expected: None, low: None, evidence: None }
    }
}

/// The evidence for a drop that lasts until the day in question.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Drop {
    /// Chance of evidence as strong when nothing dropped.
    pub p_value: f64,
    /// What gave it.
    pub basis: Basis,
    /// Place of the first of the days that it is of: where the drop most likely began.
    pub since: usize,
    /// Counted from there on.
    pub observed: u64,
    /// Expected from there on.
    pub expected: f64,
}

impl Drop {
    /// The share that is missing.
    pub fn fall(&self) -> f64 {
        1.0 - self.observed as f64 / self.expected
    }
}

/// How loud an alarm is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Alarm {
    /// None.
    Quiet,
    /// Seldom without a drop.
    Unsure,
    /// Next to never without a drop.
    Sure,
}

impl Alarm {
    /// As reports write it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Quiet => "",
            Self::Unsure => "unsure",
            Self::Sure => "sure",
        }
    }
}

/// A fitted past, and what it expects of the days from `first` on.
struct Expectation {
    fit: Fit,
    dispersion: f64,
    end: usize,
    specials: Vec<usize>,
}

/// Compares the day at a place of `days`, which follow each other without gaps, with the days before it. Later days are not looked at.
pub fn assess(days: &[Day], at: usize, settings: &Settings) -> Assessment {
    let Some(Day { count: Some(_), .. }) = days.get(at) else { return Assessment::unjudged(Status::NoData) };
    let guard = if at < settings.long_history { settings.short_guard } else { settings.guard };
    let end = at.saturating_sub(guard);
    let Some(past) = learn(days, end.saturating_sub(settings.window)..end, settings) else { return Assessment::unjudged(Status::Learning) };
    let Some(row) = past.row(days, at) else { return Assessment::unjudged(Status::Special) };
    let (expected, error) = past.expects(&row);
    let spread = past.dispersion * (1.0 + error * error * expected);
    let low = lower_quantile(0.025, expected, spread);
    let evidence = past.evidence(days, at, settings);
    let status = if evidence.is_some() { Status::Ok } else { Status::Few };
    Assessment { status, expected: Some(expected), low: Some(low), evidence }
}

/// Fits the covered days of a range; none when they are too few, all zero, or beyond a fit.
fn learn(days: &[Day], range: Range<usize>, settings: &Settings) -> Option<Expectation> {
    let end = range.end;
    let kinds = days[range.clone()].iter().filter_map(|day| day.special).max().map_or(0, |kind| usize::from(kind) + 1);
    let mut specials = vec![0; kinds];
    let mut design = Design::new(FIXED_COLUMNS + kinds);
    let mut counts = Vec::with_capacity(range.len());
    for at in range {
        let Some(count) = days[at].count else { continue };
        design.push(&columns(&days[at], at as f64 - end as f64, kinds));
        counts.push(f64::from(count));
        if let Some(kind) = days[at].special {
            specials[usize::from(kind)] += 1;
        }
    }
    if counts.len() < settings.least_days || counts.iter().sum::<f64>() <= 0.0 {
        return None;
    }
    let mut penalty = vec![EFFECT_PENALTY; FIXED_COLUMNS + kinds];
    penalty[0] = 0.0;
    penalty[TREND] = TREND_PENALTY;
    let first = poisson(&design, &counts, &Terms { penalty: &penalty, ..Terms::default() }).ok()?;
    let sizes: Vec<f64> = anscombe_residuals(&first, &counts, first.dispersion().max(1.0)).into_iter().map(f64::abs).collect();
    let weights = weights(&sizes, ANOMALY);
    let terms = Terms { weights: &weights, penalty: &penalty, start: &first.coefficients, ..Terms::default() };
    let fit = poisson(&design, &counts, &terms).ok()?;
    let dispersion = dispersion(&fit, settings);
    Some(Expectation { fit, dispersion, end, specials })
}

/// Pearson's dispersion, drawn towards the prior, and a standard error more: a dispersion taken too small is an alarm made up.
fn dispersion(fit: &Fit, settings: &Settings) -> f64 {
    let mean = fit.fitted.iter().sum::<f64>() / fit.fitted.len() as f64;
    let freedom = fit.freedom.max(0.0) + settings.overdispersion_days;
    let prior = settings.overdispersion_days * (1.0 + settings.overdispersion * mean);
    ((fit.pearson + prior) / freedom * (1.0 + (2.0 / freedom).sqrt())).max(1.0)
}

fn columns(day: &Day, distance: f64, kinds: usize) -> Vec<f64> {
    let mut row = vec![0.0; FIXED_COLUMNS + kinds];
    row[0] = 1.0;
    row[1 + usize::from(day.weekday % 7)] = 1.0;
    row[TREND] = distance / TREND_DAYS;
    if let Some(column) = day.special.and_then(|kind| row.get_mut(FIXED_COLUMNS + usize::from(kind))) {
        *column = 1.0;
    }
    row
}

impl Expectation {
    /// The regressors of a day after the fit; none when nothing is known of its kind. A rise is not carried on, nor does a special day raise what
    /// is expected: that either ends is no drop.
    fn row(&self, days: &[Day], at: usize) -> Option<Vec<f64>> {
        if let Some(kind) = days[at].special
            && self.specials.get(usize::from(kind)).is_none_or(|seen| *seen < SPECIAL_SEEN)
        {
            return None;
        }
        let rises = self.fit.coefficients[TREND] > 0.0;
        let mut row = columns(&days[at], if rises { 0.0 } else { (at - self.end) as f64 }, self.specials.len());
        for (value, coefficient) in row.iter_mut().zip(&self.fit.coefficients).skip(FIXED_COLUMNS) {
            if *coefficient > 0.0 {
                *value = 0.0;
            }
        }
        Some(row)
    }

    /// Expected count and its relative standard error.
    fn expects(&self, row: &[f64]) -> (f64, f64) {
        (self.fit.predictor(row).exp(), (self.dispersion * self.fit.variance(row)).sqrt())
    }

    /// The strongest of the three tests; none when all days since the fit do not expect enough.
    fn evidence(&self, days: &[Day], at: usize, settings: &Settings) -> Option<Drop> {
        let known: Vec<(usize, u64, Vec<f64>)> =
            (self.end..=at).filter_map(|place| Some((place, u64::from(days[place].count?), self.row(days, place)?))).collect();
        let sum = (self.sum(&known, settings)?, SUM_PART);
        let all = CUSUMS.iter().filter_map(|(remains, part)| Some((self.cusum(&known, *remains)?, *part))).chain([sum]);
        let shared = all.map(|(drop, part)| Drop { p_value: (drop.p_value / part).min(1.0), ..drop });
        shared.min_by(|a, b| a.p_value.total_cmp(&b.p_value))
    }

    fn sum(&self, known: &[(usize, u64, Vec<f64>)], settings: &Settings) -> Option<Drop> {
        let (mut observed, mut expected, mut gradient) = (0, 0.0, vec![0.0; self.fit.coefficients.len()]);
        for (place, count, row) in known.iter().rev() {
            let (mean, _) = self.expects(row);
            observed += count;
            expected += mean;
            for (total, value) in gradient.iter_mut().zip(row) {
                *total += mean * value;
            }
            if expected >= settings.least_expected {
                let spread = self.dispersion * (1.0 + self.fit.variance(&gradient) / expected);
                let p_value = lower_tail(observed, expected, spread);
                return Some(Drop { p_value, basis: Basis::Sum, since: *place, observed, expected });
            }
        }
        None
    }

    /// The evidence of a drop to a share of what is expected, less a standard error.
    fn cusum(&self, known: &[(usize, u64, Vec<f64>)], remains: f64) -> Option<Drop> {
        let mut evidence = Evidence::default();
        for (_, count, row) in known {
            let (mean, error) = self.expects(row);
            evidence = evidence.and(*count, mean * (-error).exp(), self.dispersion, remains);
        }
        let run = &known[known.len() - evidence.length..];
        let (since, _, _) = run.first()?;
        Some(Drop {
            p_value: evidence.p_value(),
            basis: Basis::Cusum,
            since: *since,
            observed: run.iter().map(|(_, count, _)| count).sum(),
            expected: run.iter().map(|(_, _, row)| self.expects(row).0).sum(),
        })
    }
}

/// The q-value of each channel's day among all that were judged on it, and its alarm.
///
/// The false-discovery rate that is accepted is as many channels times the accepted rate of false alarms of a day, at most 5 % (20 % of
/// unsure ones): a channel alone is held to that rate, several that fall together help each other.
pub fn decide(judged: &[Drop], settings: &Settings) -> Vec<(f64, Alarm)> {
    decide_at(judged, judged.len(), [settings.sure, settings.unsure], settings)
}

/// The same for what `channels` channels are made of, such as their stores: the parts of a channel share a rate of false alarms
/// ([`Settings::sure_parts`]), however many they are. Where nothing dropped a false discovery is any alarm at all, so the false-discovery rate of a
/// day bounds the chance of one.
pub fn decide_parts(judged: &[Drop], channels: usize, settings: &Settings) -> Vec<(f64, Alarm)> {
    decide_at(judged, channels, [settings.sure_parts, settings.unsure_parts], settings)
}

/// With the rates, of a channel and year, of sure and unsure alarms.
fn decide_at(judged: &[Drop], channels: usize, rates: [f64; 2], settings: &Settings) -> Vec<(f64, Alarm)> {
    let p_values: Vec<f64> = judged.iter().map(|drop| drop.p_value).collect();
    let rate = |a_year: f64, most: f64| (channels as f64 * a_year / 365.25).min(most);
    let (sure, unsure) = (rate(rates[0], 0.05), rate(rates[1], 0.2));
    let each = q_values(&p_values, Dependence::Positive).into_iter().zip(judged);
    each.map(|(q, drop)| {
        let alarm = if drop.fall() < settings.least_fall || q > unsure {
            Alarm::Quiet
        } else if q > sure {
            Alarm::Unsure
        } else {
            Alarm::Sure
        };
        (q, alarm)
    })
    .collect()
}

#[cfg(test)]
mod tests;
