//! How many cases entered a stage on each local day, channel by channel.

use std::collections::BTreeMap;

use chrono::{DateTime, Days, NaiveDate, Utc};
use chrono_tz::Tz;
use inflow_config::{Config, Stage};
use inflow_store::array_literal;
use serde_json::{Map, Value};

use super::Desk;
use crate::AnalyticsError;
use crate::report::instant;

/// The days of one channel, in its own zone, without gaps; the last one is the last whole day before the clock.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Series {
    /// The channel; an unmapped word stands as `unknown:<word>`.
    pub(crate) channel: String,
    /// The first day.
    pub(crate) first: NaiveDate,
    /// Cases that entered the stage on that day.
    pub(crate) counts: Vec<u32>,
    /// Whether the channel's connections had delivered all of the day. What is not covered is unknown, not zero.
    pub(crate) covered: Vec<bool>,
}

impl Series {
    /// The day at a place of `counts`.
    pub(crate) fn day(&self, place: usize) -> NaiveDate {
        self.first + Days::new(place as u64)
    }
}

/// Whole days back to the channel's first case, at most `most` of them; a channel without a case has no days.
pub(crate) async fn of_stage(desk: &Desk<'_>, stage: Stage, most: u32) -> Result<Vec<Series>, AnalyticsError> {
    let failed = AnalyticsError::store("cannot read the days of channels");
    let marts = desk.marts;
    let now = instant(desk.now);
    let params = [("as_of", now.clone()), ("stage_rank", stage.rank().to_string()), ("days", most.to_string())];
    let counted = marts.store.rows(&marts.here(include_str!("../../sql/jobs/channel_days.sql")), &params).await.map_err(failed)?;
    let mut of_channels: BTreeMap<String, BTreeMap<NaiveDate, u32>> = BTreeMap::new();
    for row in &counted {
        if let (Some(channel), Some(day), Some(cases)) = (text(row, "channel"), date(row, "day"), row.get("cases").and_then(Value::as_u64))
        {
            of_channels.entry(channel.to_owned()).or_default().insert(day, cases as u32);
        }
    }
    let Some(first) = of_channels.values().filter_map(|days| days.keys().next()).min().copied() else { return Ok(Vec::new()) };
    let covered = covered(desk, first).await?;
    let series = of_channels.into_iter().filter_map(|(channel, counts)| {
        let first = *counts.keys().next()?;
        let last = last_whole_day(desk.config, &channel, desk.now);
        let days = || first.iter_days().take_while(|day| *day <= last);
        Some(Series {
            counts: days().map(|day| counts.get(&day).copied().unwrap_or_default()).collect(),
            // What no configured channel stands for has no connection to fail.
            covered: days().map(|day| covered.get(&(channel.clone(), day)).is_none_or(|share| *share >= 1.0)).collect(),
            channel,
            first,
        })
    });
    Ok(series.filter(|series| !series.counts.is_empty()).collect())
}

/// The share of each channel's day that its connections delivered.
pub(crate) async fn covered(desk: &Desk<'_>, first: NaiveDate) -> Result<BTreeMap<(String, NaiveDate), f64>, AnalyticsError> {
    let params = [
        ("of", "people".to_owned()),
        ("from", first.to_string()),
        ("to", (desk.now.date_naive() + Days::new(1)).to_string()),
        ("tz", String::new()),
        ("as_of", instant(desk.now)),
        ("by", array_literal(["channel", "day"])),
        ("channel", array_literal::<&str>([])),
    ];
    let sql = format!("SELECT channel, toString(period) AS day, covered FROM ({})", include_str!("../../sql/shared/channel_periods.sql"));
    let rows = desk.marts.store.rows(&desk.marts.here(&sql), &params).await;
    let rows = rows.map_err(AnalyticsError::store("cannot read which days the connections delivered"))?;
    let each = rows.iter().filter_map(|row| Some(((text(row, "channel")?.to_owned(), date(row, "day")?), row.get("covered")?.as_f64()?)));
    Ok(each.collect())
}

/// The last day that has ended in the channel's zone.
pub(crate) fn last_whole_day(config: &Config, channel: &str, now: DateTime<Utc>) -> NaiveDate {
    let own = config.channel(channel).and_then(|channel| channel.timezone);
    let zone: Tz = own.unwrap_or(config.settings.company.timezone);
    now.with_timezone(&zone).date_naive() - Days::new(1)
}

fn text<'r>(row: &'r Map<String, Value>, column: &str) -> Option<&'r str> {
    row.get(column)?.as_str()
}

fn date(row: &Map<String, Value>, column: &str) -> Option<NaiveDate> {
    text(row, column)?.parse().ok()
}
