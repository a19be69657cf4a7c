//! What changed with an alert, beside its cases: fewer postings, refreshes or impressions, more messages that arrive nowhere.

use std::collections::BTreeMap;

use chrono::{Days, NaiveDate};
use inflow_statistics::causes::{Settings, rank_sum_lower};
use inflow_statistics::fairness::fisher;
use inflow_store::quote_text;
use serde_json::{Map, Value};

use super::{Standing, Told, cells, rows, text, words};
use crate::AnalyticsError;
use crate::jobs::Desk;
use crate::jobs::drops::significant;
use crate::thresholds::Watch;

/// Each is one test of its own.
const LEVEL: f64 = 0.01;
/// Undelivered invitations that are worth a word.
const FEWEST: u64 = 5;

/// What it says of a day that it has no row of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Gap {
    /// There was none.
    None,
    /// There was none, if all connections of the channel delivered.
    NoneDelivered,
    /// Nobody knows: the sheet of the day may be still to come.
    Unknown,
}

/// A count of a channel's local days, the statement that counts it from `$from` to `$to`, and what a day without a row is.
const DAILY: [(&str, Gap, &str); 3] = [
    (
        "live_postings",
        Gap::None,
        "SELECT local_day AS day, toString(sum(live_seconds) / 86400) AS told FROM inflow.posting_quarters \
         WHERE channel = $channel AND ($store = '' OR store = $store) AND local_day BETWEEN $from AND $to GROUP BY day",
    ),
    (
        "refreshes",
        Gap::NoneDelivered,
        "SELECT toDate(formatDateTime(e.occurred_at, '%F', $zone)) AS day, toString(uniqExact(e.connection, e.posting_source_id, e.source_id)) AS told \
         FROM inflow.posting_events AS e FINAL INNER JOIN (SELECT connection, source_id FROM inflow.postings FINAL \
         WHERE channel = $channel AND ($store = '' OR store = $store)) AS p ON p.connection = e.connection AND p.source_id = e.posting_source_id \
         WHERE e.event = 'refreshed' AND e.deleted = 0 GROUP BY day HAVING day BETWEEN $from AND $to",
    ),
    // Cuts of one account count the same impressions again.
    (
        "impressions",
        Gap::Unknown,
        "SELECT day, toString(max(of_cut)) AS told FROM (SELECT day, cut, sum(impressions) AS of_cut FROM inflow.channel_daily FINAL \
         WHERE deleted = 0 AND isNotNull(impressions) AND channel = $channel AND ($store = '' OR store = $store) AND day BETWEEN $from AND $to \
         GROUP BY day, cut) GROUP BY day",
    ),
];

/// What fell with the applications of a channel, of which the share `fall` is missing.
pub(super) async fn of_channel(desk: &Desk<'_>, alert: &Standing, back: i64, fall: f64) -> Result<Vec<Told>, AnalyticsError> {
    let (channel, from) = (alert.value("channel"), alert.since - Days::new(back as u64));
    let zone = desk.config.channel_timezone(channel).name().to_owned();
    let health = desk.marts.store.health().await.map_err(AnalyticsError::store("cannot read how connections are"))?;
    let fails = health.iter().any(|row| row.status == "failing" && row.channels.iter().any(|of| of == channel));
    let mut out = Vec::new();
    for (factor, gap, sql) in DAILY.into_iter().filter(|(_, gap, _)| !fails || *gap != Gap::NoneDelivered) {
        let values = [
            ("$channel", channel),
            ("$store", alert.value("store")),
            ("$from", &from.to_string()),
            ("$to", &alert.day.to_string()),
            ("$zone", &zone),
        ]
        .map(|(name, value)| (name, quote_text(value)));
        let sql = values.iter().fold(sql.to_owned(), |sql, (name, value)| sql.replace(name, value));
        let told = rows(desk, &format!("SELECT toString(day) AS day, told FROM ({sql})")).await?;
        out.extend(fewer(factor, gap, &told, (from, alert), fall));
    }
    Ok(out)
}

pub(super) fn fewer(
    factor: &'static str,
    gap: Gap,
    told: &[Map<String, Value>],
    (from, alert): (NaiveDate, &Standing),
    fall: f64,
) -> Option<Told> {
    let days: BTreeMap<NaiveDate, f64> =
        told.iter().filter_map(|row| Some((text(row, "day").parse().ok()?, text(row, "told").parse().ok()?))).collect();
    let count = |day: NaiveDate| days.get(&day).copied().or((gap != Gap::Unknown).then_some(0.0));
    let all: Vec<(bool, f64)> =
        from.iter_days().take_while(|day| *day <= alert.day).filter_map(|day| Some((day >= alert.since, count(day)?))).collect();
    let of = |late: bool| all.iter().filter(|(is_late, _)| *is_late == late).map(|(_, count)| *count).collect::<Vec<f64>>();
    let (before, since) = (of(false), of(true));
    if before.is_empty() || since.is_empty() {
        return None;
    }
    let mean = |counts: &[f64]| counts.iter().sum::<f64>() / counts.len() as f64;
    let (earlier, later) = (mean(&before), mean(&since));
    if earlier <= 0.0 {
        return None;
    }
    let explains = ((1.0 - later / earlier) / fall).min(1.0);
    let p_value = rank_sum_lower(&before, &since);
    if p_value >= LEVEL || explains < Settings::default().least_share {
        return None;
    }
    let [text_en, text_zh] = words::fewer(factor, earlier, later);
    Some(Told {
        factor,
        earlier: Some(significant(earlier)),
        later: Some(significant(later)),
        explains: Some(significant(explains)),
        p_value: Some(significant(p_value)),
        text_en,
        text_zh,
        ..Told::default()
    })
}

/// More invitations that were not delivered than on as many days before. They are no part of the figure, which is of those delivered: wrong numbers
/// make work of their own.
pub(super) async fn undelivered(desk: &Desk<'_>, watch: &Watch<'_>, alert: &Standing) -> Result<Option<Told>, AnalyticsError> {
    if !watch.metric.columns.contains(&"undelivered") {
        return Ok(None);
    }
    let days = Days::new((alert.day - alert.since).num_days().unsigned_abs() + 1);
    let mut counts = Vec::new();
    for (from, to) in [(alert.since - days, alert.since - Days::new(1)), (alert.since, alert.day)] {
        let asked = cells::rows_of_rule(desk, watch, alert, (from, to), &watch.by);
        let found = rows(desk, &format!("SELECT sum(undelivered) AS undelivered, sum(denominator) AS delivered FROM (\n{asked})")).await?;
        let number = |column: &str| found.first().and_then(|row| row.get(column)?.as_u64()).unwrap_or_default();
        counts.push((number("undelivered"), number("undelivered") + number("delivered")));
    }
    let [(was, of_before), (is, of_now)] = counts[..] else { return Ok(None) };
    let share = |part: u64, all: u64| if all == 0 { 0.0 } else { part as f64 / all as f64 };
    let Some(p_value) = fisher(is, of_now, was, of_before) else { return Ok(None) };
    if is < FEWEST || share(is, of_now) <= share(was, of_before) || p_value >= LEVEL {
        return Ok(None);
    }
    let [text_en, text_zh] = words::undelivered((is, of_now), (was, of_before));
    Ok(Some(Told {
        factor: "undelivered",
        earlier: Some(significant(share(was, of_before))),
        later: Some(significant(share(is, of_now))),
        p_value: Some(significant(p_value)),
        text_en,
        text_zh,
        ..Told::default()
    }))
}
