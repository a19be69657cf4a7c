//! What was alarming: thresholds that were passed, channels that fell, connections that fail; each with its likely causes and who sees to it.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, Uri};
use chrono::{DateTime, NaiveDate, Utc};
use inflow_actions::alert::{Now, Standing, has_arrived, is_silenced};
use inflow_analytics::Query;
use inflow_config::{CONNECTION_ALERT, Config, DROP_ALERT};
use inflow_store::{AlertDecision, AlertEvent, AlertEventRow};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::{IntoParams, ToSchema};

use crate::access::{Part, Principal};
use crate::body::Params;
use crate::csv::plain;
use crate::failure::Failure;
use crate::figures::{AlertNotes, Health};
use crate::paging::{Asked, Page};
use crate::query;
use crate::router::Shared;

/// What an alert is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum AlertKind {
    /// A rule of alerts.toml: the metric `threshold`.
    #[default]
    Threshold,
    /// Fewer applications than were to be expected: the metric `channel_drop`.
    ChannelDrop,
    /// A connection that fails now.
    Connection,
}

/// Parameters of the list of alerts.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct AlertParams {
    /// First local day [default: 29 days before the last]
    #[param(value_type = Option<NaiveDate>)]
    from: Option<String>,
    /// Last local day, included [default: today]
    #[param(value_type = Option<NaiveDate>)]
    to: Option<String>,
    /// Only this kind
    #[param(inline)]
    kind: Option<AlertKind>,
    /// Only this channel
    channel: Option<String>,
    /// Rows of a page [default: 100]
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<usize>,
    /// `next` of the page before
    cursor: Option<String>,
}

/// Something that happened on a day: a rule was passed or is quiet again, or a channel fell.
#[derive(Debug, Clone, PartialEq, Default, Serialize, ToSchema)]
pub(super) struct Alert {
    /// Which: kind, rule, slice and day.
    #[schema(example = "threshold/no_show/channel=boss/2026-11-20")]
    id: String,
    /// What it is of.
    kind: AlertKind,
    /// The last local day that was judged.
    day: String,
    /// `raised` or `cleared`; of a fall, `raised`.
    change: String,
    /// The rule of alerts.toml; null of a fall.
    rule: Option<String>,
    /// Whose figure it is, as dimension=value; empty: of everything.
    slice: String,
    /// The channel, where it is of one.
    channel: Option<String>,
    /// The store, where it is of one.
    store: Option<String>,
    /// The metric that was watched.
    metric: String,
    /// The figure.
    value: Option<f64>,
    /// Lower end of its 95 % interval; of a fall, the least that was to be expected.
    low: Option<f64>,
    /// Upper end of its 95 % interval.
    high: Option<f64>,
    /// The level of the rule; of a fall, what was to be expected.
    against: Option<f64>,
    /// Unit of the figure.
    unit: String,
    /// `sure` or `unsure`.
    certainty: String,
    /// Since when it has been so.
    since: Option<String>,
    /// How sure the figure is.
    status: String,
    /// Share of the days that the connections delivered.
    covered: Option<f64>,
    /// What its bad cases have in common or what changed with it, the one that explains most first; of an alert that stands. Empty: nothing stands out.
    causes: Vec<LikelyCause>,
    /// When people were told that it began; null where none of them has the message.
    told_at: Option<DateTime<Utc>>,
    /// Whether people are to be told that it began and none of them has the message.
    could_not_be_sent: bool,
    /// When others were told, since nobody saw to it.
    escalated_at: Option<DateTime<Utc>>,
    /// Who sees to it.
    acknowledged_by: Option<String>,
    /// Since when somebody does.
    acknowledged_at: Option<DateTime<Utc>>,
    /// Whether nobody is told of it for now.
    silenced: bool,
}

/// A likely cause: it goes with the alert and need not be why.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(super) struct LikelyCause {
    /// What the cases have in common (link, template, store ..) or what changed (undelivered, live_postings ..).
    factor: String,
    /// Which link, template, store; a recruiter as a pseudonymous code; empty of a change.
    value: String,
    /// Share of what is too many that it explains.
    explains: Option<f64>,
    /// q-value over all candidates, or of a change the p-value.
    significance: Option<f64>,
    /// In a sentence that names nobody.
    text: Sentence,
}

/// A sentence in both languages.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(super) struct Sentence {
    /// English.
    en: String,
    /// Chinese.
    zh: String,
}

impl Alert {
    /// Newest first, then by id.
    fn key(&self) -> (std::cmp::Reverse<&str>, &str) {
        (std::cmp::Reverse(&self.day), &self.id)
    }
}

/// What was alarming, newest first
#[utoipa::path(get, path = "/api/v1/alerts", tag = "lists", params(AlertParams), responses((status = 200, body = Page<Alert>)))]
pub(super) async fn alerts(
    State(shared): State<Shared>,
    principal: Principal,
    uri: Uri,
    Params(params): Params<AlertParams>,
) -> Result<(HeaderMap, Json<Page<Alert>>), Failure> {
    principal.enter(Part::Alerts)?;
    let asked = Asked::read("alerts", &uri, params.limit, params.cursor.as_deref())?;
    let as_of = asked.as_of(shared.clock.now());
    let (from, to) = query::period(params.from.as_deref(), params.to.as_deref(), as_of, shared.config.settings.company.timezone)?;
    let mut found = Vec::new();
    let rows = async |metric: &str, by: &[&str]| {
        let by = by.iter().map(|name| (*name).to_owned()).collect();
        let filters = params.channel.iter().map(|channel| ("channel".to_owned(), vec![channel.clone()])).collect();
        let query = Query { metric: metric.to_owned(), version: None, by, from, to, tz: None, as_of, filters };
        shared.figures.report(&query).await.map(|report| report.rows)
    };
    if params.kind.is_none_or(|kind| kind == AlertKind::Threshold) {
        found.extend(rows("threshold", &["channel", "store", "day"]).await?.iter().filter_map(of_rule));
    }
    if params.kind.is_none_or(|kind| kind == AlertKind::ChannelDrop) {
        found.extend(rows("channel_drop", &["channel", "day"]).await?.iter().filter_map(of_fall));
        found.extend(rows("channel_drop", &["channel", "store", "day"]).await?.iter().filter_map(of_fall));
    }
    if params.kind.is_none_or(|kind| kind == AlertKind::Connection) {
        let zone = shared.config.settings.company.timezone;
        let health = shared.figures.health().await?;
        let of_channel = |one: &Alert| params.channel.is_none() || one.channel == params.channel;
        let failing = health.iter().flat_map(|(name, health)| of_connection(name, health, zone));
        found.extend(failing.filter(of_channel).filter(|one| one.day >= from.to_string() && one.day <= to.to_string()));
    }
    let causes = rows("alert_cause", &["none"]).await?;
    let notes = shared.figures.alert_notes().await?;
    for alert in &mut found {
        alert.causes = likely(alert, &causes);
        mark(alert, &notes, &shared.config, as_of);
    }
    Ok(page(&asked, found, as_of))
}

/// The causes of an alert that stands: those of its rule and slice since the day on which it began.
fn likely(alert: &Alert, causes: &[Map<String, Value>]) -> Vec<LikelyCause> {
    let began = |row: &Map<String, Value>| match alert.kind {
        AlertKind::Threshold => Some(text(row, "raised_on")) == alert.since && alert.change == "raised",
        _ => text(row, "raised_on") <= alert.day,
    };
    let kind = if alert.kind == AlertKind::Threshold { "threshold" } else { "channel_drop" };
    let rule = alert.rule.as_deref().unwrap_or_default();
    let is_of = |row: &&Map<String, Value>| {
        text(row, "kind") == kind && text(row, "rule") == rule && text(row, "slice") == alert.slice && began(row)
    };
    let mut own: Vec<&Map<String, Value>> = causes.iter().filter(is_of).filter(|_| alert.kind != AlertKind::Connection).collect();
    own.sort_by_key(|row| row.get("place").and_then(Value::as_u64));
    own.into_iter()
        .map(|row| LikelyCause {
            factor: text(row, "factor"),
            value: text(row, "factor_value"),
            explains: number(row, "explains"),
            significance: number(row, "q_value").or_else(|| number(row, "p_value")),
            text: Sentence { en: text(row, "text_en"), zh: text(row, "text_zh") },
        })
        .collect()
}

/// Who was told of an alert, who sees to it, and whether it is silenced.
fn mark(alert: &mut Alert, AlertNotes { events, decisions, messages }: &AlertNotes, config: &Config, now: DateTime<Utc>) {
    let rule = match alert.kind {
        AlertKind::Threshold => alert.rule.clone().unwrap_or_default(),
        AlertKind::ChannelDrop => DROP_ALERT.to_owned(),
        AlertKind::Connection => CONNECTION_ALERT.to_owned(),
    };
    let day: Option<NaiveDate> = alert.since.as_deref().unwrap_or(&alert.day).parse().ok();
    let stands = Standing {
        rule,
        slice: alert.slice.clone(),
        channels: alert.channel.iter().cloned().collect(),
        raised_on: day.unwrap_or_default(),
        now: Now::On,
        text: String::new(),
    };
    alert.silenced = is_silenced(&stands, decisions, config, now);
    let event = |of: &AlertEventRow, event: AlertEvent| events.iter().find(|row| row.alert == of.alert && row.event == event);
    // The one that was told last of those that began by then and were not over: a day is judged when it has ended, so what was over on it was another one.
    let zone = config.settings.company.timezone;
    let over = |row: &AlertEventRow| event(row, AlertEvent::End).map(|end| end.at.with_timezone(&zone).date_naive().to_string());
    let began = |row: &&AlertEventRow| {
        row.event == AlertEvent::Begin
            && row.rule == stands.rule
            && row.slice == stands.slice
            && row.raised_on.to_string() <= alert.day
            && over(row).is_none_or(|over| over > alert.day)
    };
    let Some(told) = events.iter().filter(began).max_by_key(|row| row.at) else { return };
    let arrived = has_arrived(told, messages);
    (alert.told_at, alert.could_not_be_sent) = (Some(told.at).filter(|_| arrived), !arrived);
    alert.escalated_at = event(told, AlertEvent::Escalation).map(|row| row.at);
    if let Some(seen_to) = decisions.iter().find(|row| row.kind == AlertDecision::Ack && row.id == told.alert) {
        (alert.acknowledged_by, alert.acknowledged_at) = (Some(seen_to.decided_by.clone()), Some(seen_to.at));
    }
}

/// A connection that fails: an alert for each channel that it feeds, or one of none.
fn of_connection(name: &str, health: &Health, zone: chrono_tz::Tz) -> Vec<Alert> {
    let Some(since) = health.failing_since.filter(|_| health.status == "failing") else { return Vec::new() };
    let day = since.with_timezone(&zone).date_naive().to_string();
    let alert = |channel: Option<&String>| Alert {
        id: format!("connection/{name}/{}/{day}", channel.map_or("", String::as_str)),
        kind: AlertKind::Connection,
        day: day.clone(),
        change: "raised".to_owned(),
        slice: name.to_owned(),
        channel: channel.cloned(),
        certainty: "sure".to_owned(),
        since: Some(day.clone()),
        status: "no_data".to_owned(),
        ..Alert::default()
    };
    if health.channels.is_empty() { vec![alert(None)] } else { health.channels.iter().map(|channel| alert(Some(channel))).collect() }
}

fn page(asked: &Asked, mut found: Vec<Alert>, as_of: DateTime<Utc>) -> (HeaderMap, Json<Page<Alert>>) {
    found.sort_by(|a, b| a.key().cmp(&b.key()));
    found.dedup_by(|a, b| a.id == b.id);
    if let Some([day, id]) = asked.after.as_ref().map(|cursor| cursor.key.as_slice()) {
        let last = (std::cmp::Reverse(day.as_str()), id.as_str());
        found.retain(|alert| alert.key() > last);
    }
    found.truncate(asked.limit + 1);
    asked.page(found, as_of, |alert| vec![alert.day.clone(), alert.id.clone()])
}

fn text(row: &Map<String, Value>, column: &str) -> String {
    plain(row.get(column))
}

fn some(row: &Map<String, Value>, column: &str) -> Option<String> {
    Some(text(row, column)).filter(|text| !text.is_empty())
}

fn number(row: &Map<String, Value>, column: &str) -> Option<f64> {
    row.get(column).and_then(Value::as_f64)
}

/// A day on which a rule of alerts.toml was passed, or found its peace again.
fn of_rule(row: &Map<String, Value>) -> Option<Alert> {
    let change = some(row, "change")?;
    let (rule, slice, day) = (text(row, "rule"), text(row, "slice"), some(row, "judged_to").unwrap_or_else(|| text(row, "day")));
    Some(Alert {
        id: format!("threshold/{rule}/{slice}/{day}"),
        kind: AlertKind::Threshold,
        day,
        change,
        rule: Some(rule),
        slice,
        channel: some(row, "channel"),
        store: some(row, "store"),
        metric: text(row, "watched"),
        value: number(row, "value"),
        low: number(row, "low"),
        high: number(row, "high"),
        against: number(row, "raise"),
        unit: text(row, "unit"),
        certainty: text(row, "certainty"),
        since: some(row, "raised_on"),
        status: text(row, "status"),
        covered: number(row, "covered"),
        ..Alert::default()
    })
}

/// A day on which a channel, or a store of it, had fewer applications than was to be expected.
fn of_fall(row: &Map<String, Value>) -> Option<Alert> {
    let certainty = some(row, "alarm")?;
    let (channel, store, day) = (some(row, "channel"), some(row, "store"), text(row, "day"));
    let named = [("channel", &channel), ("store", &store)];
    let slice: Vec<String> = named.iter().filter_map(|(name, value)| value.as_ref().map(|value| format!("{name}={value}"))).collect();
    let slice = slice.join(", ");
    Some(Alert {
        id: format!("channel_drop/{slice}/{day}"),
        kind: AlertKind::ChannelDrop,
        day,
        change: "raised".to_owned(),
        rule: None,
        slice,
        channel,
        store,
        metric: "volume.applications".to_owned(),
        value: number(row, "observed"),
        low: number(row, "low"),
        high: None,
        against: number(row, "expected"),
        unit: "cases".to_owned(),
        certainty,
        since: some(row, "since"),
        status: text(row, "status"),
        covered: number(row, "covered"),
        ..Alert::default()
    })
}

#[cfg(test)]
mod tests;
