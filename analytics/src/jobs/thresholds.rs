//! `thresholds`: how the rules of `alerts.toml` stand (`inflow_statistics::threshold`).
//!
//! A rule's metric is asked once, by its slices and days; the days before each day are added up here. Whether an alert that began earlier still holds depends
//! on all days since, so they are replayed, from a quiet start half a year back. What a failing connection has not delivered is unknown: such a day
//! neither begins nor ends an alert, and when the figure comes back the alert is as it was.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{Days, NaiveDate};
use inflow_config::AlertPeriod;
use inflow_statistics::discovery::{Dependence, q_values};
use inflow_statistics::interval::Interval;
use inflow_statistics::threshold::{Figure, Side, judge};
use serde::Serialize;
use serde_json::{Map, Value};

use super::Desk;
use super::days::last_whole_day;
use super::drops::significant;
use crate::AnalyticsError;
use crate::report::statement_of;
use crate::thresholds::{Back, Kind, Watch, watches};

pub(crate) const TABLE: &str = "thresholds";
/// Days that are replayed.
const REPLAYED: u64 = 180;
/// Days of them whose judgements are kept.
const KEPT: u64 = 60;
/// Columns of the mart beside which all other dimensions stand in the slice's name alone.
const OWN_COLUMNS: [&str; 5] = ["channel", "store", "department", "city", "recruiter"];

mod slices;
#[cfg(test)]
mod tests;

/// A figure that is judged, or is unknown.
#[derive(Debug, Clone, PartialEq)]
struct Point {
    /// The first and the last day that it is of.
    since: NaiveDate,
    day: NaiveDate,
    figure: Option<Figure>,
    covered: f64,
}

/// Whose figures, in order of their days.
#[derive(Debug, Clone, PartialEq)]
struct Slice {
    /// Dimensions and open keys with their values.
    of: Vec<(&'static str, String)>,
    points: Vec<Point>,
}

#[derive(Debug, Serialize, PartialEq, Clone)]
struct Row<'a> {
    rule: &'a str,
    slice: String,
    day: NaiveDate,
    since: NaiveDate,
    channel: String,
    store: String,
    department: String,
    city: String,
    recruiter: String,
    metric: &'a str,
    measure: &'static str,
    unit: String,
    value: Option<f64>,
    low: Option<f64>,
    high: Option<f64>,
    cases: Option<u64>,
    p_value: Option<f64>,
    q_value: Option<f64>,
    side: &'static str,
    raise: f64,
    clear: f64,
    mode: &'static str,
    state: &'static str,
    change: &'static str,
    raised_on: Option<NaiveDate>,
    certainty: &'static str,
    status: &'static str,
    covered: f64,
}

/// Fills `thresholds`.
pub(super) async fn run(desk: &Desk<'_>) -> Result<(), AnalyticsError> {
    let watches = watches(desk.config).map_err(|problems| AnalyticsError::Alerts { problems })?;
    let mut rows = Vec::new();
    for watch in &watches {
        let slices = slices::read(desk, watch).await?;
        let last = slices.iter().filter_map(|slice| slice.points.last()).map(|point| point.day).max();
        let kept = last.map_or(NaiveDate::MIN, |last| last - Days::new(KEPT - 1));
        let unit = unit(watch, desk.config.settings.company.currency.as_str());
        rows.extend(replay(watch, &slices, &unit).into_iter().filter(|row| row.day >= kept));
    }
    desk.write(TABLE, &rows).await
}

fn unit(watch: &Watch<'_>, currency: &str) -> String {
    let word = match watch.measure.kind {
        Kind::Rate => "share",
        Kind::Cost => currency,
        Kind::Count => "cases",
        Kind::Figure { unit, .. } => unit,
    };
    word.to_owned()
}

/// Judges each slice from its first point to its last, the discoveries being sought among the slices of a day.
fn replay<'a>(watch: &'a Watch<'_>, slices: &[Slice], unit: &str) -> Vec<Row<'a>> {
    let mut days: BTreeMap<NaiveDate, Vec<(usize, &Point)>> = BTreeMap::new();
    for (at, slice) in slices.iter().enumerate() {
        for point in &slice.points {
            days.entry(point.day).or_default().push((at, point));
        }
    }
    let mut raised_on: Vec<Option<NaiveDate>> = vec![None; slices.len()];
    let mut rows = Vec::new();
    for points in days.into_values() {
        let tested: Vec<Option<f64>> = points.iter().map(|(_, point)| p_value(watch, point)).collect();
        let mut found = q_values(&tested.iter().flatten().copied().collect::<Vec<_>>(), Dependence::Positive).into_iter();
        for ((at, point), p) in points.into_iter().zip(tested) {
            let q = p.and_then(|_| found.next());
            rows.push(row(watch, &slices[at], point, (p, q), &mut raised_on[at], unit));
        }
    }
    rows
}

/// Too few cases are no test.
fn p_value(watch: &Watch<'_>, point: &Point) -> Option<f64> {
    let figure = point.figure.as_ref().filter(|figure| figure.cases().is_none_or(|cases| cases >= watch.levels.fewest))?;
    figure.p_value(watch.levels.side, watch.levels.raise)
}

fn row<'a>(
    watch: &'a Watch<'_>,
    slice: &Slice,
    point: &Point,
    (p, q): (Option<f64>, Option<f64>),
    raised_on: &mut Option<NaiveDate>,
    unit: &str,
) -> Row<'a> {
    let was_on = raised_on.is_some();
    let judged = point.figure.as_ref().map(|figure| judge(&watch.levels, was_on, figure, q));
    let is_on = judged.map_or(was_on, |judged| judged.alert);
    // The day on which an alert ends still says since when it was on.
    let since_when = raised_on.or_else(|| is_on.then_some(point.day));
    *raised_on = is_on.then_some(since_when).flatten();
    let interval = point.figure.as_ref().and_then(Figure::interval);
    let value_of = |name: &str| slice.of.iter().find(|(known, _)| *known == name).map(|(_, value)| value.clone()).unwrap_or_default();
    let [channel, store, department, city, recruiter] = OWN_COLUMNS.map(value_of);
    Row {
        rule: &watch.rule.id,
        slice: slice.of.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join(", "),
        day: point.day,
        since: point.since,
        channel,
        store,
        department,
        city,
        recruiter,
        metric: watch.metric.id,
        measure: watch.measure.column,
        unit: unit.to_owned(),
        value: point.figure.as_ref().and_then(Figure::value).map(rounded),
        low: interval.map(|interval| rounded(interval.low)),
        high: interval.map(|interval| rounded(interval.high)),
        cases: point.figure.as_ref().and_then(Figure::cases),
        p_value: p.map(significant),
        q_value: q.map(significant),
        side: if watch.levels.side == Side::Above { "above" } else { "below" },
        raise: watch.levels.raise,
        clear: watch.levels.clear,
        mode: watch.rule.mode.as_str(),
        state: match (judged, is_on) {
            (None, _) => "unknown",
            (Some(_), true) => "raised",
            (Some(_), false) => "clear",
        },
        change: match (was_on, is_on) {
            (false, true) => "raised",
            (true, false) => "cleared",
            _ => "",
        },
        raised_on: since_when,
        certainty: judged.and_then(|judged| judged.certainty).map_or("", |certainty| certainty.as_str()),
        status: match judged {
            Some(judged) if judged.few => "few",
            Some(_) => "ok",
            None if point.covered > 0.0 => "partial",
            None => "no_data",
        },
        covered: rounded(point.covered),
    }
}

/// As the metrics' own views do.
fn rounded(value: f64) -> f64 {
    (value * 1e6).round() / 1e6
}
