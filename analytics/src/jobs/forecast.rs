//! Applications and hires of the four weeks ahead, channel by channel and together; and applications store by store.
//!
//! A backtest costs some twenty milliseconds, and a chain may have thousands of stores: the largest are forecast each by itself, the others together,
//! and of that forecast each of them gets its share, labelled as such.

use std::collections::BTreeMap;

use chrono::{Days, NaiveDate};
use chrono_tz::Tz;
use inflow_config::Stage;
use inflow_statistics::forecast::{self, Ahead, FEW_BELOW, Forecast, Share, Status};
use serde::Serialize;

use super::days::Series;
use super::stores::{self, Reach};
use super::{Desk, calendar};
use crate::AnalyticsError;

/// Days ahead.
const HORIZON: usize = 28;
/// Days back: a year and a month, so that what happens once a year is in it.
const HISTORY: u64 = 400;
const STAGES: [Stage; 2] = [Stage::Applied, Stage::Onboarded];
/// Stores with a backtest of their own: of those with a hundred applications and ten weeks of history the twenty largest.
const STORES: Reach = Reach { days: HISTORY, least: 100, most: 20 };
/// Days by which the shares of the other stores are reckoned: eight weeks.
const LATELY: u64 = 56;
/// Stores that get a share; beyond them nobody reads a list.
const SHARED: u64 = 200;
/// All channels together.
const TOGETHER: &str = "";

/// A row of `forecasts`.
#[derive(Serialize)]
struct Row<'a> {
    channel: &'a str,
    store: &'a str,
    stage: &'static str,
    day: NaiveDate,
    horizon: usize,
    days: usize,
    value: f64,
    naive: f64,
    low80: f64,
    high80: f64,
    low95: f64,
    high95: f64,
    method: &'static str,
    backtest_ratio: Option<f64>,
    status: &'static str,
    covered: f64,
    made_as_of: NaiveDate,
}

/// A forecast and what it is of.
struct Made<'a> {
    series: &'a Series,
    store: &'a str,
    stage: Stage,
    forecast: Forecast,
    covered: f64,
}

/// Fills `forecasts`.
pub(super) async fn run(desk: &Desk<'_>) -> Result<(), AnalyticsError> {
    let mut of_stages = Vec::new();
    for stage in STAGES {
        let mut channels = desk.days().await?.series(desk, stage, HISTORY);
        channels.extend(together(&channels, ""));
        of_stages.push((stage, channels));
    }
    let stores = stores::of_all(desk, &STORES, FEW_BELOW as u64, LATELY, SHARED).await?;
    let own: Vec<Series> = stores.own.iter().filter_map(|(store, channels)| together(channels, store)).collect();
    let pool = together(&stores.pool, "");
    let mut made: Vec<Made<'_>> =
        of_stages.iter().flat_map(|(stage, channels)| channels.iter().filter_map(|series| make(desk, *stage, series))).collect();
    made.extend(own.iter().filter_map(|series| make(desk, Stage::Applied, series)));
    if let Some(pool) = pool.as_ref().and_then(|series| make(desk, Stage::Applied, series)) {
        made.extend(stores.members.iter().map(|(store, lately)| {
            let share = Share { own: *lately, all: stores.lately, series: stores.pooled };
            Made { store, forecast: pool.forecast.shared(share), ..pool }
        }));
    }
    let rows: Vec<Row<'_>> = made.iter().flat_map(Made::rows).collect();
    desk.write("forecasts", &rows).await
}

/// The sum of all channels on the days that all of them have ended; a day that one of them does not know is not known. A channel brought nobody
/// before its first case. None without any.
fn together(channels: &[Series], store: &str) -> Option<Series> {
    let first = channels.iter().map(|series| series.first).min()?;
    let last = channels.iter().map(|series| series.day(series.counts.len() - 1)).min()?;
    let mut days: BTreeMap<NaiveDate, (u32, bool)> = first.iter_days().take_while(|day| *day <= last).map(|day| (day, (0, true))).collect();
    for series in channels {
        for (place, (count, covered)) in series.counts.iter().zip(&series.covered).enumerate() {
            if let Some(sum) = days.get_mut(&series.day(place)) {
                *sum = (sum.0 + count, sum.1 && *covered);
            }
        }
    }
    let (counts, covered): (Vec<u32>, Vec<bool>) = days.into_values().unzip();
    (!counts.is_empty()).then(|| Series { channel: TOGETHER.to_owned(), store: store.to_owned(), first, counts, covered })
}

/// None with too little history.
fn make<'a>(desk: &Desk<'_>, stage: Stage, series: &'a Series) -> Option<Made<'a>> {
    let length = series.counts.len();
    let counts: Vec<Option<f64>> =
        series.counts.iter().zip(&series.covered).map(|(count, covered)| covered.then(|| f64::from(*count))).collect();
    let own = desk.config.channel(&series.channel).and_then(|channel| channel.timezone);
    let zone: Tz = own.unwrap_or(desk.config.settings.company.timezone);
    let classes: Vec<u8> = (0..length + HORIZON).map(|place| calendar::class(zone, series.day(place))).collect();
    let forecast = forecast::forecast(forecast::Series { counts: &counts, classes: &classes }, HORIZON)?;
    let recent = &series.covered[length.saturating_sub(HORIZON)..];
    let covered = recent.iter().filter(|covered| **covered).count() as f64 / recent.len() as f64;
    Some(Made { series, store: &series.store, stage, forecast, covered })
}

impl<'a> Made<'a> {
    /// One a day, and their sum.
    fn rows(&self) -> Vec<Row<'a>> {
        let Self { series, forecast, .. } = self;
        let last = series.day(series.counts.len() - 1);
        let row = |horizon: usize, days: usize, at: &Ahead| Row {
            channel: &series.channel,
            store: self.store,
            stage: self.stage.as_str(),
            day: last + Days::new((horizon + 1 - days) as u64),
            horizon,
            days,
            value: rounded(at.value),
            naive: rounded(at.naive),
            low80: at.range80.low,
            high80: at.range80.high,
            low95: at.range95.low,
            high95: at.range95.high,
            method: forecast.method.as_str(),
            backtest_ratio: forecast.backtest_ratio.map(rounded),
            status: status(forecast, self.covered),
            covered: rounded(self.covered),
            made_as_of: last,
        };
        let days = forecast.days.iter().zip(1..).map(|(day, horizon)| row(horizon, 1, day));
        days.chain([row(HORIZON, HORIZON, &forecast.total)]).collect()
    }
}

fn status(forecast: &Forecast, covered: f64) -> &'static str {
    match forecast.status {
        Status::Few => "few",
        Status::Ok if covered < 1.0 => "partial",
        Status::Ok => "ok",
    }
}

/// Four decimals: the same text on every machine.
fn rounded(value: f64) -> f64 {
    (value * 1e4).round() / 1e4
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn together_is_the_sum_where_all_are_known() {
        let series = |first: &str, counts: &[u32], covered: &[bool]| Series {
            channel: "a".to_owned(),
            store: String::new(),
            first: first.parse().unwrap(),
            counts: counts.to_vec(),
            covered: covered.to_vec(),
        };
        let sum =
            together(&[series("2026-10-01", &[1, 2, 3], &[true; 3]), series("2026-10-02", &[5, 7, 9], &[true, false, true])], "north")
                .unwrap();
        assert_eq!((sum.channel.as_str(), sum.store.as_str()), ("", "north"));
        assert_eq!((sum.first, sum.counts, sum.covered), ("2026-10-01".parse().unwrap(), vec![1, 7, 10], vec![true, true, false]));
        assert!(together(&[], "").is_none());
    }
}
