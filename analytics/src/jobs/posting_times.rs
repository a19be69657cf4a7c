//! `posting_times`: at which hour to post. When people apply is not yet when to post: only reposts at hours drawn at random measure that
//! ([`inflow_statistics::uplift`]); until they do, the hour is `unproven`, and the observed peak is but a hint.

use std::collections::{BTreeMap, BTreeSet};

use chrono::Days;
use inflow_statistics::interval::wilson;
use inflow_statistics::uplift::{Advice, Posting, Proof, Settings, advise};
use serde::Serialize;
use serde_json::{Map, Value};

use super::Desk;
use super::days::last_whole_day;
use crate::AnalyticsError;
use crate::report::instant;

/// Name of the table and of the job.
pub(crate) const TABLE: &str = "posting_times";
/// Hours after a repost whose applications it brought.
const WINDOW: u32 = 24;
/// Days whose applications show the peak.
const DAYS: u64 = 91;
/// Hours of a peak.
const PEAK: u8 = 3;
/// Applications under which a peak is chance.
const FEW: u32 = 20;

#[derive(Debug, Default, Serialize)]
struct Row {
    channel: String,
    hour: Option<u8>,
    basis: &'static str,
    proof: Option<Proof>,
    lift: Option<f64>,
    lift_low: Option<f64>,
    lift_high: Option<f64>,
    measured: usize,
    against: usize,
    drawn: usize,
    left_out: usize,
    peak_from: Option<u8>,
    peak_to: Option<u8>,
    peak_share: Option<f64>,
    peak_low: Option<f64>,
    peak_high: Option<f64>,
    applications: u32,
    status: &'static str,
    covered: f64,
    made_as_of: String,
}

/// The reposts of a channel.
#[derive(Debug, Default)]
struct Experiment {
    postings: Vec<Posting>,
    /// Those that hours are drawn from.
    hours: BTreeSet<u8>,
    left_out: usize,
}

pub(crate) async fn run(desk: &Desk<'_>) -> Result<(), AnalyticsError> {
    let experiments = experiments(desk).await?;
    let peaks = applications(desk).await?;
    let first = desk.now.date_naive() - Days::new(DAYS);
    let mut delivered: BTreeMap<String, (f64, u32)> = BTreeMap::new();
    for (channel, day, share) in desk.days().await?.covered_from(first) {
        // Nobody has delivered all of today.
        if day > last_whole_day(desk.config, channel, desk.now) {
            continue;
        }
        let sum = delivered.entry(channel.to_owned()).or_default();
        *sum = (sum.0 + share, sum.1 + 1);
    }
    let configured = desk.config.channels.iter().map(|channel| channel.id.clone());
    let channels: BTreeSet<String> = configured.chain(peaks.keys().cloned()).chain(experiments.keys().cloned()).collect();
    let (none, quiet) = (Experiment::default(), [0; 24]);
    let rows: Vec<Row> = channels
        .into_iter()
        .map(|channel| {
            let (experiment, hours) = (experiments.get(&channel).unwrap_or(&none), peaks.get(&channel).unwrap_or(&quiet));
            // What no configured channel stands for has no connection to fail.
            let covered = delivered.get(&channel).map_or(1.0, |(sum, days)| sum / f64::from(*days));
            let row = Row { covered: rounded(covered), made_as_of: instant(desk.now), channel, ..Row::default() };
            row.measured(experiment).with_peak(hours)
        })
        .collect();
    desk.write(TABLE, &rows).await
}

impl Row {
    fn measured(self, experiment: &Experiment) -> Self {
        let hours: Vec<u8> = experiment.hours.iter().copied().collect();
        let drawn = experiment.postings.iter().filter(|posting| posting.drawn).count();
        let row = Self { proof: Some(Proof::Unproven), drawn, left_out: experiment.left_out, ..self };
        match advise(&experiment.postings, &hours, &Settings::default()) {
            Some(Advice { hour, lift, proof, measured, against }) => Self {
                hour: Some(hour),
                basis: "experiment",
                proof: Some(proof),
                lift: lift.map(|lift| rounded(lift.value)),
                lift_low: lift.map(|lift| rounded(lift.interval.low)),
                lift_high: lift.map(|lift| rounded(lift.interval.high)),
                measured,
                against,
                ..row
            },
            None => row,
        }
    }

    /// The hours of the day in which most apply; without an experiment their first is the suggestion.
    fn with_peak(self, hours: &[u32; 24]) -> Self {
        let all: u32 = hours.iter().sum();
        let within = |from: u8| hours.iter().skip(usize::from(from)).take(usize::from(PEAK)).sum::<u32>();
        let best = (0..=24 - PEAK).rev().max_by_key(|from| within(*from)).filter(|_| all > 0);
        let interval = best.and_then(|from| wilson(u64::from(within(from)), u64::from(all)));
        let status = match all {
            _ if self.covered <= 0.0 && all == 0 => "no_data",
            _ if self.covered < 1.0 => "partial",
            all if all < FEW => "few",
            _ => "ok",
        };
        let hinted = self.hour.is_none() && best.is_some();
        Self {
            hour: self.hour.or(best),
            basis: if hinted { "peak" } else { self.basis },
            peak_from: best,
            peak_to: best.map(|from| from + PEAK),
            peak_share: best.map(|from| rounded(f64::from(within(from)) / f64::from(all))),
            peak_low: interval.map(|interval| rounded(interval.low)),
            peak_high: interval.map(|interval| rounded(interval.high)),
            applications: all,
            status,
            ..self
        }
    }
}

/// Four decimals: the same text on every machine.
fn rounded(value: f64) -> f64 {
    (value * 1e4).round() / 1e4
}

async fn experiments(desk: &Desk<'_>) -> Result<BTreeMap<String, Experiment>, AnalyticsError> {
    let sql = desk.marts.here(include_str!("../../sql/jobs/posting_experiments.sql"));
    let params = [("as_of", instant(desk.now)), ("window", WINDOW.to_string())];
    let rows = desk.marts.store.rows(&sql, &params).await.map_err(AnalyticsError::store("cannot read what reposts brought"))?;
    let mut channels: BTreeMap<String, Experiment> = BTreeMap::new();
    for row in &rows {
        let (Some(channel), Some(key)) = (text(row, "channel"), text(row, "key")) else { continue };
        let experiment = channels.entry(channel.to_owned()).or_default();
        let drawn = number(row, "drawn") == 1;
        if number(row, "usable") == 0 {
            experiment.left_out += 1;
            continue;
        }
        experiment.hours.extend(hours(row));
        let (hour, people) = (number(row, "hour") as u8, number(row, "people"));
        experiment.postings.push(Posting { key: key.parse().unwrap_or_default(), hour, drawn, people });
    }
    Ok(channels)
}

/// Applications by local hour.
async fn applications(desk: &Desk<'_>) -> Result<BTreeMap<String, [u32; 24]>, AnalyticsError> {
    let sql = desk.marts.here(include_str!("../../sql/jobs/posting_peaks.sql"));
    let zone = desk.config.settings.company.timezone;
    let last = desk.now.with_timezone(&zone).date_naive() - Days::new(1);
    let params = [("as_of", instant(desk.now)), ("last", last.to_string()), ("days", DAYS.to_string())];
    let rows = desk.marts.store.rows(&sql, &params).await.map_err(AnalyticsError::store("cannot read at which hours people apply"))?;
    let mut channels: BTreeMap<String, [u32; 24]> = BTreeMap::new();
    for row in &rows {
        if let (Some(channel), hour @ 0..24) = (text(row, "channel"), number(row, "hour") as usize) {
            channels.entry(channel.to_owned()).or_default()[hour] = number(row, "applications") as u32;
        }
    }
    Ok(channels)
}

fn text<'r>(row: &'r Map<String, Value>, column: &str) -> Option<&'r str> {
    row.get(column)?.as_str()
}

fn number(row: &Map<String, Value>, column: &str) -> u64 {
    row.get(column).and_then(Value::as_u64).unwrap_or_default()
}

fn hours(row: &Map<String, Value>) -> impl Iterator<Item = u8> {
    row.get("hours").and_then(Value::as_array).into_iter().flatten().filter_map(|hour| u8::try_from(hour.as_u64()?).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_peak_is_the_three_hours_in_which_most_apply() {
        let mut hours = [1; 24];
        (hours[18], hours[19], hours[20]) = (10, 12, 8);
        let row = Row { covered: 1.0, ..Row::default() }.measured(&Experiment::default()).with_peak(&hours);
        assert_eq!(
            (row.hour, row.basis, row.proof, row.peak_from, row.peak_to),
            (Some(18), "peak", Some(Proof::Unproven), Some(18), Some(21))
        );
        // 30 of 51, Wilson: 0.4525 to 0.7121.
        assert_eq!((row.peak_share, row.applications, row.status), (Some(0.5882), 51, "ok"));
        assert!(
            row.peak_low.is_some_and(|low| (low - 0.4525).abs() < 2e-3) && row.peak_high.is_some_and(|high| (high - 0.7121).abs() < 2e-3),
            "{row:?}"
        );
        // The earliest of equals, and the last hours are looked at too.
        assert_eq!(Row::default().with_peak(&[1; 24]).peak_from, Some(0));
        let mut late = [0; 24];
        late[23] = 3;
        assert_eq!(Row::default().with_peak(&late).peak_to, Some(24));
        let nobody = Row::default().measured(&Experiment::default()).with_peak(&[0; 24]);
        assert_eq!((nobody.hour, nobody.basis, nobody.status, nobody.peak_share), (None, "", "no_data", None));
    }
}
