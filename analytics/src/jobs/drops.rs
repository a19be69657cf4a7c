//! `channel_drops`: whether a channel's applications of a day are fewer than they should be (`inflow_statistics::drops`).

use std::collections::BTreeMap;

use chrono::{Datelike, NaiveDate};
use futures::future::BoxFuture;
use inflow_config::Stage;
use inflow_statistics::drops::{Alarm, Assessment, Day, Drop, Settings, Status, assess, decide};
use serde::Serialize;

use super::days::Series;
use super::{Desk, holidays};
use crate::AnalyticsError;

pub(crate) const TABLE: &str = "channel_drops";
/// Days that are judged, back from the last whole one.
const JUDGED: usize = 60;
/// Days that are read: those judged, each with its guard and the half year that it is compared with, and some that let a series begin.
const READ: u64 = 300;

#[derive(Debug, Serialize)]
struct Row {
    channel: String,
    day: NaiveDate,
    observed: Option<u32>,
    expected: Option<f64>,
    low: Option<u64>,
    p_value: Option<f64>,
    q_value: Option<f64>,
    alarm: &'static str,
    basis: &'static str,
    since: Option<NaiveDate>,
    fall: Option<f64>,
    status: &'static str,
}

pub(crate) fn run<'a>(desk: &'a Desk<'a>) -> BoxFuture<'a, Result<(), AnalyticsError>> {
    Box::pin(async move {
        let series = desk.days().await?.series(desk, Stage::Applied, READ);
        desk.write(TABLE, &judge(&series, &desk.config.settings.company.country, &Settings::default())).await
    })
}

/// A channel's day: what was counted, and what it looks like by itself.
type Judged<'s> = (&'s Series, Option<u32>, Assessment);

/// The last days of each channel, judged by themselves and then among the channels of the day.
fn judge(series: &[Series], country: &str, settings: &Settings) -> Vec<Row> {
    let mut days: BTreeMap<NaiveDate, Vec<Judged<'_>>> = BTreeMap::new();
    for one in series {
        let all: Vec<Day> = (0..one.counts.len()).map(|at| day(one, at, country)).collect();
        for at in all.len().saturating_sub(JUDGED)..all.len() {
            days.entry(one.day(at)).or_default().push((one, all[at].count, assess(&all, at, settings)));
        }
    }
    days.into_iter().flat_map(|(day, of_channels)| rows(day, &of_channels, settings)).collect()
}

fn day(series: &Series, at: usize, country: &str) -> Day {
    let date = series.day(at);
    Day {
        count: series.covered[at].then_some(series.counts[at]),
        weekday: date.weekday().num_days_from_monday() as u8,
        special: holidays::special(country, date),
    }
}

fn rows(day: NaiveDate, of_channels: &[Judged<'_>], settings: &Settings) -> Vec<Row> {
    let judged: Vec<Drop> = of_channels.iter().filter_map(|(_, _, found)| found.evidence).collect();
    let mut decided = decide(&judged, settings).into_iter();
    let each = of_channels.iter().map(|(series, count, found)| {
        let decision = found.evidence.and_then(|drop| Some((drop, decided.next()?)));
        let alarm = decision.map_or(Alarm::Quiet, |(_, (_, alarm))| alarm);
        Row {
            channel: series.channel.clone(),
            day,
            observed: *count,
            expected: found.expected.map(significant),
            low: found.low,
            p_value: decision.map(|(drop, _)| significant(drop.p_value)),
            q_value: decision.map(|(_, (q, _))| significant(q)),
            alarm: alarm.as_str(),
            basis: decision.map_or("", |(drop, _)| drop.basis.as_str()),
            since: decision.map(|(drop, _)| series.day(drop.since)),
            fall: decision.map(|(drop, _)| significant(drop.fall())),
            status: if count.is_none() { Status::NoData.as_str() } else { found.status.as_str() },
        }
    });
    each.collect()
}

/// Five digits: what lies beyond depends on the machine's logarithm.
pub(super) fn significant(value: f64) -> f64 {
    format!("{value:.4e}").parse().unwrap_or(value)
}
