//! `channel_drops`: whether a channel's applications of a day are fewer than they should be, and those of each of its larger stores
//! (`inflow_statistics::drops`).
//!
//! A channel may hide the fall of one store, so stores are watched by themselves. They are a family of their own: however many there are, those of a
//! channel share a sixth of the rate of false alarms that one channel has.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{Datelike, NaiveDate};
use futures::future::BoxFuture;
use inflow_config::Stage;
use inflow_statistics::drops::{Alarm, Assessment, Day, Drop, Settings, Status, assess, decide_parts};
use serde::Serialize;

use super::days::Series;
use super::stores::{self, Reach};
use super::{Desk, holidays};
use crate::AnalyticsError;

pub(crate) const TABLE: &str = "channel_drops";
/// Days that are judged, back from the last whole one.
const JUDGED: usize = 60;
/// Days that are read: those judged, each with its guard and the half year that it is compared with, and some that let a series begin.
const READ: u64 = 300;
/// Stores that are judged: those of a hundred cases and more, since fewer tell nothing within two weeks; the largest hundred, as each costs some
/// milliseconds.
const STORES: Reach = Reach { days: READ, least: 100, most: 100 };

#[derive(Debug, Serialize)]
struct Row {
    channel: String,
    store: String,
    /// Of a whole channel: its stores with an alarm.
    stores: Vec<String>,
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
        let channels = desk.days().await?.series(desk, Stage::Applied, READ);
        let stores = stores::of_channels(desk, &STORES).await?;
        desk.write(TABLE, &judge_all(&channels, &stores, &desk.config.settings.company.country, &Settings::default())).await
    })
}

/// Channels, with the stores of theirs that fell, and stores.
fn judge_all(channels: &[Series], stores: &[Series], country: &str, settings: &Settings) -> Vec<Row> {
    let of_stores = judge(stores, country, settings);
    let mut fell: BTreeMap<(&str, NaiveDate), Vec<String>> = BTreeMap::new();
    for row in of_stores.iter().filter(|row| row.alarm != Alarm::Quiet.as_str()) {
        fell.entry((&row.channel, row.day)).or_default().push(row.store.clone());
    }
    let of_channels = judge(channels, country, settings);
    let mut rows: Vec<Row> = of_channels
        .into_iter()
        .map(|row| Row { stores: fell.get(&(row.channel.as_str(), row.day)).cloned().unwrap_or_default(), ..row })
        .collect();
    rows.extend(of_stores);
    rows
}

/// A day of a channel or a store: what was counted, and what it looks like by itself.
type Judged<'s> = (&'s Series, Option<u32>, Assessment);

/// The last days of each channel, or of each store, judged by themselves and then among the others of the day.
fn judge(series: &[Series], country: &str, settings: &Settings) -> Vec<Row> {
    let mut days: BTreeMap<NaiveDate, Vec<Judged<'_>>> = BTreeMap::new();
    for one in series {
        let all: Vec<Day> = (0..one.counts.len()).map(|at| day(one, at, country)).collect();
        for at in all.len().saturating_sub(JUDGED)..all.len() {
            days.entry(one.day(at)).or_default().push((one, all[at].count, assess(&all, at, settings)));
        }
    }
    days.into_iter().flat_map(|(day, together)| rows(day, &together, settings)).collect()
}

fn day(series: &Series, at: usize, country: &str) -> Day {
    let date = series.day(at);
    Day {
        count: series.covered[at].then_some(series.counts[at]),
        weekday: date.weekday().num_days_from_monday() as u8,
        special: holidays::special(country, date),
    }
}

fn rows(day: NaiveDate, together: &[Judged<'_>], settings: &Settings) -> Vec<Row> {
    let judged: Vec<(&str, Drop)> =
        together.iter().filter_map(|(series, _, found)| Some((series.channel.as_str(), found.evidence?))).collect();
    let channels: BTreeSet<&str> = judged.iter().map(|(channel, _)| *channel).collect();
    let drops: Vec<Drop> = judged.iter().map(|(_, drop)| *drop).collect();
    let mut decided = decide_parts(&drops, channels.len(), settings).into_iter();
    let each = together.iter().map(|(series, count, found)| {
        let decision = found.evidence.and_then(|drop| Some((drop, decided.next()?)));
        let alarm = decision.map_or(Alarm::Quiet, |(_, (_, alarm))| alarm);
        Row {
            channel: series.channel.clone(),
            store: series.store.clone(),
            stores: Vec::new(),
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
