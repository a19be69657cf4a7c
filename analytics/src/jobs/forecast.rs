//! Applications and hires of the four weeks ahead, channel by channel and together.

use std::collections::BTreeMap;

use chrono::{Days, NaiveDate};
use chrono_tz::Tz;
use inflow_config::Stage;
use inflow_statistics::forecast::{self, Ahead, Forecast, Status};
use serde::Serialize;

use super::days::Series;
use super::{Desk, calendar};
use crate::AnalyticsError;

/// Days ahead.
const HORIZON: usize = 28;
/// Days back: a year and a month, so that what happens once a year is in it.
const HISTORY: u64 = 400;
const STAGES: [Stage; 2] = [Stage::Applied, Stage::Onboarded];
/// All channels together.
const TOGETHER: &str = "";

/// A row of `forecasts`.
#[derive(Serialize)]
struct Row<'a> {
    channel: &'a str,
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

/// Fills `forecasts`.
pub(super) async fn run(desk: &Desk<'_>) -> Result<(), AnalyticsError> {
    let mut of_stages = Vec::new();
    for stage in STAGES {
        let mut channels = desk.days().await?.series(desk, stage, HISTORY);
        channels.extend(together(&channels));
        of_stages.push((stage, channels));
    }
    let rows: Vec<Row<'_>> =
        of_stages.iter().flat_map(|(stage, channels)| channels.iter().flat_map(|series| ahead(desk, *stage, series))).collect();
    desk.write("forecasts", &rows).await
}

/// The sum of all channels on the days that all of them have ended; a day that one of them does not know is not known. A channel brought nobody
/// before its first case. None with one channel or none.
fn together(channels: &[Series]) -> Option<Series> {
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
    (!counts.is_empty()).then(|| Series { channel: TOGETHER.to_owned(), store: String::new(), first, counts, covered })
}

fn ahead<'a>(desk: &Desk<'_>, stage: Stage, series: &'a Series) -> Vec<Row<'a>> {
    let length = series.counts.len();
    let counts: Vec<Option<f64>> =
        series.counts.iter().zip(&series.covered).map(|(count, covered)| covered.then(|| f64::from(*count))).collect();
    let own = desk.config.channel(&series.channel).and_then(|channel| channel.timezone);
    let zone: Tz = own.unwrap_or(desk.config.settings.company.timezone);
    let classes: Vec<u8> = (0..length + HORIZON).map(|place| calendar::class(zone, series.day(place))).collect();
    let Some(forecast) = forecast::forecast(forecast::Series { counts: &counts, classes: &classes }, HORIZON) else { return Vec::new() };
    let recent = &series.covered[length.saturating_sub(HORIZON)..];
    let covered = recent.iter().filter(|covered| **covered).count() as f64 / recent.len() as f64;
    let row = |horizon: usize, days: usize, at: &Ahead| Row {
        channel: &series.channel,
        stage: stage.as_str(),
        day: series.day(length - 1) + Days::new((horizon + 1 - days) as u64),
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
        status: status(&forecast, covered),
        covered: rounded(covered),
        made_as_of: series.day(length - 1),
    };
    let days = forecast.days.iter().zip(1..).map(|(day, horizon)| row(horizon, 1, day));
    days.chain([row(HORIZON, HORIZON, &forecast.total)]).collect()
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
            together(&[series("2026-10-01", &[1, 2, 3], &[true; 3]), series("2026-10-02", &[5, 7, 9], &[true, false, true])]).unwrap();
        assert_eq!((sum.first, sum.counts, sum.covered), ("2026-10-01".parse().unwrap(), vec![1, 7, 10], vec![true, true, false]));
        assert!(together(&[]).is_none());
    }
}
