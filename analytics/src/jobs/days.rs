//! The local days of channels, read once for all jobs: who entered a stage, and whether the connections had delivered.

use std::collections::BTreeMap;

use chrono::{DateTime, Days, NaiveDate, Utc};
use chrono_tz::Tz;
use inflow_config::{Config, Stage};
use inflow_store::array_literal;
use serde_json::{Map, Value};

use super::Desk;
use crate::AnalyticsError;
use crate::report::instant;

/// Days back that are read: what the job that looks back furthest needs, sixty weeks from a ledger that may be weeks behind.
const READ: u64 = 500;

/// The days of one channel, or of one store of it, in the channel's zone, without gaps; the last one is the last whole day before the clock.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Series {
    /// The channel; an unmapped word stands as `unknown:<word>`.
    pub(crate) channel: String,
    /// The store; empty: all of the channel.
    pub(crate) store: String,
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

/// Cases that entered a stage on a day, and how many of them ever came to an interview or were onboarded.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Entered {
    pub(crate) cases: u64,
    pub(crate) attended: u64,
    pub(crate) onboarded: u64,
}

/// By channel and local day.
pub(crate) type Counts = BTreeMap<String, BTreeMap<NaiveDate, Entered>>;

/// What the jobs read of the marts, as of the clock.
#[derive(Debug)]
pub(crate) struct ChannelDays {
    applied: Counts,
    onboarded: Counts,
    /// Whether the sums of days know of what comes after the clock.
    pub(crate) by_case: bool,
    /// The share of each channel's day that its connections delivered.
    covered: BTreeMap<(String, NaiveDate), f64>,
}

impl ChannelDays {
    /// Reads all of it.
    pub(crate) async fn read(desk: &Desk<'_>) -> Result<Self, AnalyticsError> {
        let from = desk.now.date_naive() - Days::new(READ);
        let (counts, covered) = tokio::try_join!(counts(desk, from), covered(desk, from))?;
        let ([applied, onboarded], by_case) = counts;
        Ok(Self { applied, onboarded, by_case, covered })
    }

    /// Who entered a stage: applied or onboarded.
    pub(crate) fn entered(&self, stage: Stage) -> &Counts {
        if stage == Stage::Onboarded { &self.onboarded } else { &self.applied }
    }

    /// Whether a channel's connections had delivered all of a day. What no configured channel stands for has no connection to fail.
    pub(crate) fn is_covered(&self, channel: &str, day: NaiveDate) -> bool {
        self.covered.get(&(channel.to_owned(), day)).is_none_or(|share| *share >= 1.0)
    }

    /// The share of each channel's days from one on that its connections delivered, today's too.
    pub(crate) fn covered_from(&self, first: NaiveDate) -> impl Iterator<Item = (&str, NaiveDate, f64)> {
        self.covered.iter().filter(move |((_, day), _)| *day >= first).map(|((channel, day), share)| (channel.as_str(), *day, *share))
    }

    /// Whole days back to the channel's first case, at most `most` of them; a channel without a case has no days.
    pub(crate) fn series(&self, desk: &Desk<'_>, stage: Stage, most: u64) -> Vec<Series> {
        let earliest = desk.now.date_naive() - Days::new(most);
        let series = self.entered(stage).iter().filter_map(|(channel, counts)| {
            let counts: BTreeMap<NaiveDate, u32> = counts.range(earliest..).map(|(day, entered)| (*day, entered.cases as u32)).collect();
            self.whole_days(desk, channel, "", &counts)
        });
        series.collect()
    }

    /// The days from the first one counted to the last whole one, of a channel or of a store of it; none without any.
    pub(super) fn whole_days(&self, desk: &Desk<'_>, channel: &str, store: &str, counts: &BTreeMap<NaiveDate, u32>) -> Option<Series> {
        let first = *counts.keys().next()?;
        let last = last_whole_day(desk.config, channel, desk.now);
        let days = || first.iter_days().take_while(|day| *day <= last);
        let series = Series {
            counts: days().map(|day| counts.get(&day).copied().unwrap_or(0)).collect(),
            covered: days().map(|day| self.is_covered(channel, day)).collect(),
            channel: channel.to_owned(),
            store: store.to_owned(),
            first,
        };
        (!series.counts.is_empty()).then_some(series)
    }
}

/// Who applied and who was onboarded, from the sums of days unless those know of what comes after the clock; and whether they do.
async fn counts(desk: &Desk<'_>, from: NaiveDate) -> Result<([Counts; 2], bool), AnalyticsError> {
    let failed = |error| AnalyticsError::store("cannot read the days of channels")(error);
    let params = [("from", from.to_string()), ("as_of", instant(desk.now))];
    let read = async |sql: &str| desk.marts.store.rows(&desk.marts.here(sql), &params).await.map_err(failed);
    let mut rows = read(include_str!("../../sql/jobs/channel_days.sql")).await?;
    let by_case = rows.iter().filter_map(|row| row.get("known_at")?.as_i64()).any(|at| at > desk.now.timestamp_millis());
    if by_case {
        rows = read(include_str!("../../sql/jobs/channel_days_by_case.sql")).await?;
    }
    let mut counts = [Counts::new(), Counts::new()];
    for row in &rows {
        let number = |column: &str| row.get(column).and_then(Value::as_u64);
        if let (Some(channel), Some(day), Some(cases)) = (text(row, "channel"), date(row, "day"), number("cases")) {
            let [attended, onboarded] = ["attended", "onboarded"].map(|column| number(column).unwrap_or_default());
            let of_stage = &mut counts[usize::from(number("stage_rank") == Some(u64::from(Stage::Onboarded.rank())))];
            of_stage.entry(channel.to_owned()).or_default().insert(day, Entered { cases, attended, onboarded });
        }
    }
    Ok((counts, by_case))
}

async fn covered(desk: &Desk<'_>, from: NaiveDate) -> Result<BTreeMap<(String, NaiveDate), f64>, AnalyticsError> {
    let params = [
        ("of", "people".to_owned()),
        ("from", from.to_string()),
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

pub(super) fn text<'r>(row: &'r Map<String, Value>, column: &str) -> Option<&'r str> {
    row.get(column)?.as_str()
}

fn date(row: &Map<String, Value>, column: &str) -> Option<NaiveDate> {
    text(row, column)?.parse().ok()
}
