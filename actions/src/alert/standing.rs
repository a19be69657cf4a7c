//! How alerts stand now: rules of `alerts.toml`, channel drops, connections that fail.

use std::collections::BTreeMap;

use chrono::{DateTime, Days, NaiveDate, TimeDelta, Utc};
use inflow_analytics::{AnalyticsError, NO_DIMENSION, Query, Report, report};
use inflow_config::{CONNECTION_ALERT, Config, DROP_ALERT, Lang};
use inflow_store::{HealthRow, Store};
use serde_json::{Map, Value};

use crate::brief::alerts::{broken_line, causes, fall_line, is_of_people, name, raised_line};
use crate::words::{pick, word};

type Row = Map<String, Value>;

/// Days that are looked back on: the longest rule judges whole months.
const BACK: u64 = 34;
/// Of a fall, days that may be without data before it is no longer looked at.
const FALLEN: u64 = 14;
/// A connection that failed once begins no alert for so long, unless it fails again before.
const ONCE: TimeDelta = TimeDelta::minutes(15);

/// How an alert stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// Rule of `alerts.toml`, or `channel_drop` or `connection`.
    pub rule: String,
    /// Whose figure; of a connection its name.
    pub slice: String,
    /// Channels that it is of.
    pub channels: Vec<String>,
    /// The day on which it began, as far as is known now.
    pub raised_on: NaiveDate,
    /// Whether it is on.
    pub now: Now,
    /// In words, with its likely causes; no recruiter is named.
    pub text: String,
}

/// Whether an alert is on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Now {
    /// It is.
    On,
    /// It is not.
    Off,
    /// Nobody knows, or not surely: it stays what it was.
    Unknown,
}

/// Reads how all alerts stand.
///
/// # Errors
/// When the metrics have not been installed or the store fails.
pub async fn standing(store: &Store, config: &Config, lang: Lang, now: DateTime<Utc>) -> Result<Vec<Standing>, AnalyticsError> {
    let today = now.with_timezone(&config.settings.company.timezone).date_naive();
    let ask = async |metric: &str, by: &[&str], back: u64| -> Result<Report, AnalyticsError> {
        let by = by.iter().map(|name| (*name).to_owned()).collect();
        let from = today - Days::new(back);
        let query = Query { metric: metric.to_owned(), version: None, by, from, to: today, tz: None, as_of: now, filters: BTreeMap::new() };
        Box::pin(report(store, config, &query)).await
    };
    let told = ask("alert_cause", &[NO_DIMENSION], BACK).await?.rows;
    let rules = ask("threshold", &["channel"], BACK).await?.rows;
    let mut all: Vec<Standing> = rules.iter().filter_map(|row| of_rule(row, &told, config, lang)).collect();
    for (by, of_stores) in [(&["channel", "day"][..], false), (&["channel", "store", "day"], true)] {
        all.extend(of_falls(&ask("channel_drop", by, FALLEN).await?.rows, of_stores, &told, config, lang));
    }
    let unread = |source| AnalyticsError::Store { what: "cannot read how connections are".to_owned(), source: Box::new(source) };
    let health = store.health().await.map_err(unread)?;
    let enabled = |name: &str| config.connection(name).is_some_and(|connection| connection.enabled);
    all.extend(health.iter().filter(|row| enabled(&row.connection)).map(|row| of_connection(row, config, lang, now)));
    Ok(all)
}

/// One attempt that failed may be a line that was cut: it is surely down when the next one failed too, or when it has been so for a while.
fn of_connection(row: &HealthRow, config: &Config, lang: Lang, now: DateTime<Utc>) -> Standing {
    let since = row.failing_since.unwrap_or(row.last_attempt_at);
    let fails = row.status == "failing";
    let text = if fails {
        broken_line(&row.connection, &row.channels, row.last_success_at, config, lang)
    } else {
        format!("{}{}", row.connection, pick(lang, ": delivers again", ":已恢复"))
    };
    Standing {
        rule: CONNECTION_ALERT.to_owned(),
        slice: row.connection.clone(),
        channels: row.channels.clone(),
        raised_on: since.with_timezone(&config.settings.company.timezone).date_naive(),
        now: match fails {
            false => Now::Off,
            true if row.last_attempt_at > since || now - since >= ONCE => Now::On,
            true => Now::Unknown,
        },
        text,
    }
}

fn channels(row: &Row) -> Vec<String> {
    Some(word(row, "channel").to_owned()).filter(|channel| !channel.is_empty()).into_iter().collect()
}

fn of_rule(row: &Row, told: &[Row], config: &Config, lang: Lang) -> Option<Standing> {
    let (rule, slice) = (word(row, "rule"), word(row, "slice"));
    let day = |column: &str| word(row, column).parse::<NaiveDate>().ok();
    let now = match word(row, "state") {
        "raised" => Now::On,
        "clear" => Now::Off,
        _ => Now::Unknown,
    };
    let line = if is_of_people(slice) {
        format!("{}{}", name(config, lang, rule), pick(lang, ": one recruiter", ":一名招聘人员"))
    } else {
        raised_line(row, config, lang)
    };
    let text = if now == Now::On { with_causes(&line, &causes(told, rule, slice, lang), lang) } else { line };
    Some(Standing {
        rule: rule.to_owned(),
        slice: slice.to_owned(),
        channels: channels(row),
        raised_on: day("raised_on").or_else(|| day("judged_to"))?,
        now,
        text,
    })
}

/// The newest day of each channel, or store of it, that is known. By store the metric also has a row of each channel and day of which no store was judged:
/// that says nothing of the channel.
fn of_falls(rows: &[Row], of_stores: bool, told: &[Row], config: &Config, lang: Lang) -> Vec<Standing> {
    let is_known =
        |row: &Row| !matches!(word(row, "status"), "no_data" | "partial") && row.get("observed").is_some_and(|count| !count.is_null());
    let mut newest: BTreeMap<(&str, &str), &Row> = BTreeMap::new();
    for row in rows.iter().filter(|row| word(row, "store").is_empty() != of_stores) {
        let held = newest.entry((word(row, "channel"), word(row, "store"))).or_insert(row);
        if (is_known(row), word(row, "day")) > (is_known(held), word(held, "day")) {
            *held = row;
        }
    }
    let each = newest.into_iter().filter_map(|((channel, store), row)| {
        let named = [("channel", channel), ("store", store)].into_iter().filter(|(_, value)| !value.is_empty());
        let slice = named.map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join(", ");
        // What is unsure begins nothing and ends nothing, and so does a day that could not be judged: a holiday, too few cases, too short a past.
        let now = match (word(row, "alarm"), word(row, "status")) {
            _ if !is_known(row) => Now::Unknown,
            ("sure", _) => Now::On,
            ("", "ok") => Now::Off,
            _ => Now::Unknown,
        };
        let line = fall_line(row, config, lang);
        Some(Standing {
            rule: DROP_ALERT.to_owned(),
            channels: channels(row),
            raised_on: word(row, "day").parse().ok()?,
            now,
            text: if now == Now::On { with_causes(&line, &causes(told, "", &slice, lang), lang) } else { line },
            slice,
        })
    });
    each.collect()
}

fn with_causes(line: &str, causes: &[String], lang: Lang) -> String {
    if causes.is_empty() {
        return format!("{line}\n{}", pick(lang, "Nothing stands out in the data.", "数据中没有突出的原因。"));
    }
    let head = pick(lang, "Likely causes:", "可能原因:");
    let lines: Vec<String> = causes.iter().map(|cause| format!("- {cause}")).collect();
    format!("{line}\n{head}\n{}", lines.join("\n"))
}

#[cfg(test)]
mod tests;
