//! What is to be told now.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta, Utc};
use inflow_config::{CONNECTION_ALERT, Config};
use inflow_store::{AlertDecision, AlertDecisionRow, AlertEvent, AlertEventRow};

use super::standing::{Now, Standing};
use super::{hashed, next_key};

/// What people are told at `now`, given how alerts stand, what they were told, and what they said. What is told together has one letter.
///
/// An alert begins when it is on, somebody is to be told and nobody said to be silent; of a channel whose connection fails nothing begins, the
/// connection's own alert does. It ends when it is known to be off, and without a word when it is no longer watched. It escalates while it stands, once, unless
/// somebody acknowledged it. In quiet hours nothing is told.
pub fn decide(
    standing: &[Standing],
    events: &[AlertEventRow],
    decisions: &[AlertDecisionRow],
    config: &Config,
    now: DateTime<Utc>,
) -> Vec<AlertEventRow> {
    let alerts = &config.alerts;
    let time = now.with_timezone(&config.settings.company.timezone).time();
    if alerts.quiet.is_some_and(|quiet| quiet.holds(time)) {
        return Vec::new();
    }
    let was = |alert: &str, event: AlertEvent| events.iter().find(|row| row.alert == alert && row.event == event);
    let open: BTreeMap<(&str, &str), &AlertEventRow> = events
        .iter()
        .filter(|row| row.event == AlertEvent::Begin && was(&row.alert, AlertEvent::End).is_none())
        .map(|row| ((row.rule.as_str(), row.slice.as_str()), row))
        .collect();
    let broken: BTreeSet<&str> = standing
        .iter()
        .filter(|one| one.rule == CONNECTION_ALERT && one.now != Now::Off)
        .flat_map(|one| one.channels.iter().map(String::as_str))
        .collect();
    let mut out = Vec::new();
    for one in standing {
        let begun = open.get(&(one.rule.as_str(), one.slice.as_str())).copied();
        let silenced = is_silenced(one, decisions, config, now);
        let event = match (one.now, begun) {
            (Now::On, None) if !silenced && !is_held(one, &broken) => begin(one, events, alerts.receivers(&one.rule), now),
            (Now::On, Some(begun)) if !silenced => escalation(one, begun, events, decisions, config, now),
            (Now::Off, Some(begun)) => {
                let more = was(&begun.alert, AlertEvent::Escalation).map(|row| row.receivers.clone()).unwrap_or_default();
                let receivers: BTreeSet<String> = begun.receivers.iter().cloned().chain(more).collect();
                Some(told(begun, AlertEvent::End, receivers.into_iter().collect(), &one.text, now))
            }
            _ => None,
        };
        out.extend(event);
    }
    // Of a rule that is no more nothing can be told, nor of a slice that it has no more or a connection that was taken away; it is closed. A rule of which
    // nothing at all is known may not have been analysed yet.
    let is_known = |rule: &str| rule == CONNECTION_ALERT || standing.iter().any(|one| one.rule == rule);
    let stands = |begun: &AlertEventRow| standing.iter().any(|one| one.rule == begun.rule && one.slice == begun.slice);
    let gone = |begun: &&&AlertEventRow| !stands(begun) && (alerts.receivers(&begun.rule).is_empty() || is_known(&begun.rule));
    out.extend(open.values().filter(gone).map(|begun| told(begun, AlertEvent::End, Vec::new(), "", now)));
    with_letters(out)
}

/// Whether nobody is to be told of an alert for now, by `alerts.toml` or by what somebody said.
pub fn is_silenced(one: &Standing, decisions: &[AlertDecisionRow], config: &Config, now: DateTime<Utc>) -> bool {
    let any = |own: &str, of: &str| own.is_empty() || own == of;
    let said = |row: &AlertDecisionRow| {
        row.kind == AlertDecision::Silence
            && row.until.is_some_and(|until| now < until)
            && any(&row.rule, &one.rule)
            && any(&row.slice, &one.slice)
            && (row.channel.is_empty() || one.channels.contains(&row.channel))
    };
    decisions.iter().any(said) || config.alerts.silence.iter().any(|silence| silence.holds(&one.rule, &one.slice, &one.channels, now))
}

/// An alert about people of a channel of which not everything is delivered.
fn is_held(one: &Standing, broken: &BTreeSet<&str>) -> bool {
    one.rule != CONNECTION_ALERT && one.channels.iter().any(|channel| broken.contains(channel.as_str()))
}

fn begin(one: &Standing, events: &[AlertEventRow], receivers: &[String], now: DateTime<Utc>) -> Option<AlertEventRow> {
    (!receivers.is_empty()).then(|| AlertEventRow {
        alert: next_key(events, &one.rule, &one.slice, one.raised_on),
        event: AlertEvent::Begin,
        rule: one.rule.clone(),
        slice: one.slice.clone(),
        channels: one.channels.clone(),
        raised_on: one.raised_on,
        at: now,
        letter: String::new(),
        receivers: receivers.to_vec(),
        text: one.text.clone(),
    })
}

fn escalation(
    one: &Standing,
    begun: &AlertEventRow,
    events: &[AlertEventRow],
    decisions: &[AlertDecisionRow],
    config: &Config,
    now: DateTime<Utc>,
) -> Option<AlertEventRow> {
    let (after, to) = config.alerts.escalation(&one.rule)?;
    let due = begun.at + TimeDelta::from_std(after).ok()?;
    let done = events.iter().any(|row| row.alert == begun.alert && row.event == AlertEvent::Escalation);
    let seen_to = decisions.iter().any(|row| row.kind == AlertDecision::Ack && row.id == begun.alert);
    (now >= due && !done && !seen_to).then(|| told(begun, AlertEvent::Escalation, to.to_vec(), &one.text, now))
}

fn told(begun: &AlertEventRow, event: AlertEvent, receivers: Vec<String>, text: &str, now: DateTime<Utc>) -> AlertEventRow {
    AlertEventRow { event, at: now, letter: String::new(), receivers, text: text.to_owned(), ..begun.clone() }
}

/// One letter for all that the same receivers are told of the same sort.
fn with_letters(mut events: Vec<AlertEventRow>) -> Vec<AlertEventRow> {
    let mut together: BTreeMap<(AlertEvent, Vec<String>), Vec<String>> = BTreeMap::new();
    for row in events.iter().filter(|row| !row.receivers.is_empty()) {
        together.entry((row.event, row.receivers.clone())).or_default().push(row.alert.clone());
    }
    for row in &mut events {
        if let Some(alerts) = together.get(&(row.event, row.receivers.clone())) {
            let mut parts: Vec<&str> = alerts.iter().map(String::as_str).collect();
            parts.sort_unstable();
            parts.insert(0, row.event.as_str());
            row.letter = format!("alert-{}", hashed(&parts));
        }
    }
    events
}
