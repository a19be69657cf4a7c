//! `alert_causes`: what the bad cases of an alert that stands have in common (`inflow_statistics::causes`), and what changed with it.
//!
//! The cases of an alert are those of its figure: of invitations with all that is known of each (link, template, receipt, hour ..), of the other metrics
//! by all their dimensions, asked of the metric itself; of a fall, those of as many days before it too. What changed is told of a whole channel:
//! fewer postings live, fewer refreshes, fewer impressions, or more invitations that were not delivered. Both are what goes with the alert and need
//! not be why; where nothing stands out, there is no row.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use inflow_statistics::causes::{Measure as Of, Settings, causes};
use inflow_statistics::threshold::Side;
use serde::Serialize;
use serde_json::{Map, Value};

use super::Desk;
use super::drops::significant;
use crate::AnalyticsError;
use crate::thresholds::{Kind, Watch, watches};
use cells::Cells;

pub(crate) const TABLE: &str = "alert_causes";
/// Alerts that are looked into: the surest, and of those the ones of most cases. Each costs a statement of its metric.
const MOST: usize = 60;
/// Causes and changes of an alert that are kept.
const TOLD: usize = 3;

mod cells;
mod changes;
#[cfg(test)]
mod tests;
mod words;

/// An alert that stands.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Standing {
    /// Of `alerts.toml`; empty: a channel drop.
    rule: String,
    slice: String,
    /// Dimensions and keys of the slice with their values.
    of: Vec<(String, String)>,
    raised_on: NaiveDate,
    since: NaiveDate,
    day: NaiveDate,
    /// Of a channel drop: what was to be expected since.
    expected: f64,
}

impl Standing {
    fn value(&self, name: &str) -> &str {
        self.of.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
    }
}

/// A row of the mart, before its place is known.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub(crate) struct Told {
    factor: &'static str,
    value: String,
    cases: Option<u64>,
    bad: Option<f64>,
    rest_cases: Option<u64>,
    rest_bad: Option<f64>,
    earlier: Option<f64>,
    later: Option<f64>,
    explains: Option<f64>,
    p_value: Option<f64>,
    q_value: Option<f64>,
    text_en: String,
    text_zh: String,
}

#[derive(Debug, Serialize)]
struct Row<'a> {
    kind: &'static str,
    rule: &'a str,
    slice: &'a str,
    channel: &'a str,
    store: &'a str,
    department: &'a str,
    city: &'a str,
    recruiter: &'a str,
    raised_on: NaiveDate,
    since: NaiveDate,
    day: NaiveDate,
    place: usize,
    #[serde(flatten)]
    told: Told,
}

/// Fills `alert_causes`.
pub(super) async fn run(desk: &Desk<'_>) -> Result<(), AnalyticsError> {
    let watches = watches(desk.config).map_err(|problems| AnalyticsError::Alerts { problems })?;
    let mut alerts = of_rules(desk, &watches).await?;
    alerts.extend(of_drops(desk).await?);
    let mut rows = Vec::new();
    for alert in &alerts {
        let sought = match watches.iter().find(|watch| watch.rule.id == alert.rule) {
            Some(watch) => of_rule(desk, watch, alert).await,
            None => of_fall(desk, alert, None).await,
        };
        // Cases that are too many to be told apart in the memory there is: the alert stands without causes, and the analysis goes on.
        let told = sought.unwrap_or_else(|error| {
            tracing::warn!(%error, rule = alert.rule, slice = alert.slice, "the causes of an alert could not be sought");
            Vec::new()
        });
        rows.extend(told.into_iter().zip(1..).map(|(told, place)| Row {
            kind: if alert.rule.is_empty() { "channel_drop" } else { "threshold" },
            rule: &alert.rule,
            slice: &alert.slice,
            channel: alert.value("channel"),
            store: alert.value("store"),
            department: alert.value("department"),
            city: alert.value("city"),
            recruiter: alert.value("recruiter"),
            raised_on: alert.raised_on,
            since: alert.since,
            day: alert.day,
            place,
            told,
        }));
    }
    desk.write(TABLE, &rows).await
}

async fn rows(desk: &Desk<'_>, sql: &str) -> Result<Vec<Map<String, Value>>, AnalyticsError> {
    let rows = desk.marts.store.rows(&desk.marts.here(sql), &[]).await;
    rows.map_err(AnalyticsError::store("cannot read what the causes of alerts are sought in"))
}

fn text<'r>(row: &'r Map<String, Value>, column: &str) -> &'r str {
    row.get(column).and_then(Value::as_str).unwrap_or_default()
}

/// The alerts of rules that are on after the last day of their slice.
async fn of_rules(desk: &Desk<'_>, watches: &[Watch<'_>]) -> Result<Vec<Standing>, AnalyticsError> {
    let sql = format!(
        "SELECT toString(rule) AS rule, slice, toString(last.2) AS raised_on, toString(last.3) AS since, toString(last.4) AS day FROM (\n\
         SELECT rule, slice, argMax((toString(state), assumeNotNull(raised_on), since, day, toString(certainty), ifNull(cases, 0)), day) AS last\n\
         FROM inflow.thresholds GROUP BY rule, slice\n) WHERE last.1 = 'raised' ORDER BY last.5 = 'sure' DESC, last.6 DESC, rule, slice LIMIT {MOST}"
    );
    let standing = |row: Map<String, Value>| {
        let watch = watches.iter().find(|watch| watch.rule.id == text(&row, "rule"))?;
        let names: Vec<&str> = watch.by.iter().chain(&watch.open_keys).copied().collect();
        let day = |column: &str| text(&row, column).parse().ok();
        Some(Standing {
            rule: watch.rule.id.clone(),
            slice: text(&row, "slice").to_owned(),
            of: parts(text(&row, "slice"), &names),
            raised_on: day("raised_on")?,
            since: day("since")?,
            day: day("day")?,
            expected: 0.0,
        })
    };
    Ok(rows(desk, &sql).await?.into_iter().filter_map(standing).collect())
}

/// The values of a slice, whose names are known and stand in this order; a value may hold what parts them.
fn parts(slice: &str, names: &[&str]) -> Vec<(String, String)> {
    let (mut rest, mut out) = (slice, Vec::new());
    for (at, name) in names.iter().enumerate() {
        let Some(after) = rest.strip_prefix(&format!("{name}=")) else { break };
        let next = names.get(at + 1).map(|next| format!(", {next}="));
        let (value, left) = match next.and_then(|next| Some((after.find(&next)?, next))) {
            Some((end, _)) => after.split_at_checked(end).unwrap_or((after, "")),
            None => (after, ""),
        };
        out.push(((*name).to_owned(), value.to_owned()));
        rest = left.trim_start_matches(", ");
    }
    out
}

/// Channels, and stores of theirs, that are down after their last day. A fall began on the first of the days with an alarm that follow each other up to
/// that one, and what fell did so since when the alarm of that day says.
async fn of_drops(desk: &Desk<'_>) -> Result<Vec<Standing>, AnalyticsError> {
    let sql = "SELECT toString(channel) AS channel, toString(store) AS store, toString(day) AS day, toString(alarm) AS alarm, \
               toString(ifNull(since, day)) AS since, if(isNull(observed), 0, ifNull(expected, 0)) AS expected, isNull(observed) AS unknown \
               FROM inflow.channel_drops ORDER BY channel, store, day";
    let days = rows(desk, sql).await?;
    let of_one =
        |a: &Map<String, Value>, b: &Map<String, Value>| text(a, "channel") == text(b, "channel") && text(a, "store") == text(b, "store");
    let mut found: Vec<(bool, Standing)> = days.chunk_by(of_one).filter_map(fallen).collect();
    found.sort_by_key(|(sure, _)| !sure);
    Ok(found.into_iter().map(|(_, alert)| alert).take(MOST).collect())
}

/// Whether the last day is alarming surely, and since when it is; `None`: it is quiet. What is unknown ends no run.
fn fallen(days: &[Map<String, Value>]) -> Option<(bool, Standing)> {
    let is_unknown = |row: &Map<String, Value>| row.get("unknown").and_then(Value::as_u64) == Some(1);
    let is_quiet = |row: &Map<String, Value>| text(row, "alarm").is_empty() && !is_unknown(row);
    let begin = days.iter().rposition(is_quiet).map_or(0, |at| at + 1);
    let run = days.get(begin..)?;
    let alarmed = |row: &&Map<String, Value>| !text(row, "alarm").is_empty();
    let (first, last) = (run.iter().find(alarmed)?, run.iter().rev().find(alarmed)?);
    let date = |row: &Map<String, Value>, column: &str| text(row, column).parse::<NaiveDate>().ok();
    let since = date(first, "since")?;
    let expected = days.iter().filter(|row| date(row, "day") >= Some(since)).filter_map(|row| row.get("expected")?.as_f64()).sum();
    let of: Vec<(String, String)> = [("channel", text(first, "channel")), ("store", text(first, "store"))]
        .into_iter()
        .filter(|(_, value)| !value.is_empty())
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    let slice = of.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join(", ");
    let day = date(days.last()?, "day")?;
    Some((text(last, "alarm") == "sure", Standing { rule: String::new(), slice, of, raised_on: date(first, "day")?, since, day, expected }))
}

async fn of_rule(desk: &Desk<'_>, watch: &Watch<'_>, alert: &Standing) -> Result<Vec<Told>, AnalyticsError> {
    let (quiet, above) = (watch.levels.clear, watch.levels.side == Side::Above);
    let of = match watch.measure.kind {
        Kind::Count if watch.measure.column == "applications" && !above => return of_fall(desk, alert, Some(watch)).await,
        Kind::Rate => Of::Share { quiet: if above { quiet } else { 1.0 - quiet } },
        Kind::Figure { .. } if watch.measure.metric == "fill_rate" && watch.measure.column == "value" && !above => {
            Of::Share { quiet: 1.0 - quiet }
        }
        Kind::Figure { .. } if watch.measure.metric == "fill_rate" && watch.measure.column == "vacancy_rate" && above => {
            Of::Share { quiet }
        }
        Kind::Cost if above => Of::Cost { quiet },
        // A median, a count that is too high, a price that is too low: there are no bad cases among good ones.
        _ => return Ok(Vec::new()),
    };
    let found = cells::of_rule(desk, watch, alert).await?;
    let mut told = common(desk, watch.metric.id, &found, of).await?;
    told.truncate(TOLD);
    told.extend(changes::undelivered(desk, watch, alert).await?);
    Ok(told)
}

/// Fewer applications than were to be expected: by the rule's level as many as on as many days before.
async fn of_fall(desk: &Desk<'_>, alert: &Standing, watch: Option<&Watch<'_>>) -> Result<Vec<Told>, AnalyticsError> {
    let days = (alert.day - alert.since).num_days() + 1;
    // A drop is compared with four weeks at least, which have each weekday as often.
    let back = if watch.is_some() { days } else { days.max(28) };
    let found = cells::of_fall(desk, alert, watch, back).await?;
    let earlier: f64 = found.of.iter().map(|cell| cell.bad).sum();
    if earlier <= 0.0 {
        return Ok(Vec::new());
    }
    let expected = if watch.is_some() { earlier } else { alert.expected };
    let later: f64 = found.of.iter().map(|cell| cell.cases as f64 - cell.bad).sum();
    let mut told = common(desk, "volume", &found, Of::Fall { ratio: expected / earlier }).await?;
    let fall = 1.0 - later / expected;
    if fall > 0.0 && !alert.value("channel").is_empty() {
        told.extend(changes::of_channel(desk, alert, back, fall).await?);
    }
    told.sort_by(|a, b| b.explains.unwrap_or_default().total_cmp(&a.explains.unwrap_or_default()));
    told.truncate(TOLD);
    Ok(told)
}

/// What stands out among cells, in words.
async fn common(desk: &Desk<'_>, metric: &str, found: &Cells, of: Of) -> Result<Vec<Told>, AnalyticsError> {
    let named = causes(&found.of, of, &Settings::default());
    let mut out = Vec::new();
    for cause in &named {
        let factor = found.factors[cause.factor];
        let value = found.values[cause.value as usize].clone();
        let shown = cells::title(desk, factor, &value).await?;
        let mut also = Vec::new();
        for (other, value) in &cause.also {
            let name = found.factors[*other];
            also.push((name, cells::title(desk, name, &found.values[*value as usize]).await?));
        }
        let said = words::Said {
            config: desk.config,
            metric,
            of,
            factor,
            value: &shown,
            also: &also,
            cause,
            all_bad: found.of.iter().map(|cell| cell.bad).sum(),
            opened: found.opened(cause, &named),
        };
        let [text_en, text_zh] = said.texts();
        out.push(Told {
            factor,
            value,
            cases: Some(cause.cases),
            bad: Some(cause.bad),
            rest_cases: Some(cause.rest_cases),
            rest_bad: Some(cause.rest_bad),
            explains: Some(significant(cause.share)),
            p_value: Some(significant(cause.p_value)),
            q_value: Some(significant(cause.q_value)),
            text_en,
            text_zh,
            ..Told::default()
        });
    }
    Ok(out)
}

/// Numbers of words, in the order in which they come.
#[derive(Debug, Default)]
struct Numbers {
    known: BTreeMap<String, u32>,
    words: Vec<String>,
}

impl Numbers {
    fn of(&mut self, word: &str) -> u32 {
        if let Some(number) = self.known.get(word) {
            return *number;
        }
        let number = self.words.len() as u32;
        self.known.insert(word.to_owned(), number);
        self.words.push(word.to_owned());
        number
    }
}
