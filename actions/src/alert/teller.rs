//! Notes what is to be told, and brings it to its receivers.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use inflow_config::{Config, Lang};
use inflow_store::{AlertDecisionRow, AlertEvent, AlertEventRow, MessageRow, MessageState, Store, StoreError};
use url::Url;

use super::decide::decide;
use super::hashed;
use super::link::AlertSigner;
use super::standing::Standing;
use crate::send::{Letter, MOST, Note, Outgoing, SendError, backoff};
use crate::words::pick;

/// Alerts that a letter tells in full: whoever is first told of many has a list to look at.
const IN_FULL: usize = 5;
/// A letter that could not leave for so long is not brought any more.
const STALE: TimeDelta = TimeDelta::days(3);
/// A letter that was given up, for want of a secret it may be, is tried again after so long: the alert may still stand.
const AGAIN: TimeDelta = TimeDelta::days(1);

/// Where it is remembered what was told, and what people said.
pub trait Memory: Note {
    /// What was told.
    fn events(&self) -> impl Future<Output = Result<Vec<AlertEventRow>, StoreError>> + Send;
    /// Remembers what is told, all of it at once.
    fn note_events(&self, rows: &[AlertEventRow]) -> impl Future<Output = Result<(), StoreError>> + Send;
    /// What people said.
    fn decisions(&self) -> impl Future<Output = Result<Vec<AlertDecisionRow>, StoreError>> + Send;
}

impl Memory for Store {
    async fn events(&self) -> Result<Vec<AlertEventRow>, StoreError> {
        self.alert_events().await
    }

    async fn note_events(&self, rows: &[AlertEventRow]) -> Result<(), StoreError> {
        self.note_alert_events(rows).await
    }

    async fn decisions(&self) -> Result<Vec<AlertDecisionRow>, StoreError> {
        self.alert_decisions().await
    }
}

/// Tells people.
#[derive(Debug)]
pub struct Teller<'a, M, O> {
    /// Where it is remembered.
    pub memory: &'a M,
    /// How it leaves.
    pub outgoing: &'a O,
    /// Who is told what.
    pub config: &'a Config,
    /// Language of the messages.
    pub lang: Lang,
    /// Signs the links.
    pub signer: &'a AlertSigner,
    /// Where people reach the page.
    pub base: &'a Url,
}

/// What became of a letter to one receiver.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// What it is about, in a line.
    pub subject: String,
    /// To whom.
    pub receiver: String,
    /// What happened.
    pub outcome: Result<(), SendError>,
    /// When it is tried again.
    pub next_at: Option<DateTime<Utc>>,
}

impl<M: Memory + Sync, O: Outgoing + Sync> Teller<'_, M, O> {
    /// Decides what is to be told, notes it, and brings what did not arrive yet. In quiet hours nothing leaves.
    ///
    /// # Errors
    /// When the store fails; what a receiver refuses is in the answer and holds up nobody else.
    pub async fn pass(&self, standing: &[Standing], now: DateTime<Utc>) -> Result<Vec<Told>, StoreError> {
        let time = now.with_timezone(&self.config.settings.company.timezone).time();
        if self.config.alerts.quiet.is_some_and(|quiet| quiet.holds(time)) {
            return Ok(Vec::new());
        }
        let mut events = self.memory.events().await?;
        let new = decide(standing, &events, &self.memory.decisions().await?, self.config, now);
        self.memory.note_events(&new).await?;
        events.extend(new);
        let mut letters: BTreeMap<&str, Vec<&AlertEventRow>> = BTreeMap::new();
        for row in events.iter().filter(|row| !row.letter.is_empty() && now - row.at < STALE) {
            letters.entry(&row.letter).or_default().push(row);
        }
        // In the order in which it was planned: whoever was out of reach is told of an alert before its end.
        let mut letters: Vec<(&str, Vec<&AlertEventRow>)> = letters.into_iter().collect();
        letters.sort_by_key(|(id, told)| (told.first().map(|row| (row.at, row.event)), *id));
        let mut rows: BTreeMap<(String, String), MessageRow> =
            self.memory.rows().await?.into_iter().map(|row| ((row.message.clone(), row.receiver.clone()), row)).collect();
        let mut out = Vec::new();
        for (id, told) in letters {
            let letter = self.letter(&told);
            let (receivers, since) = told.first().map(|row| (row.receivers.clone(), row.at)).unwrap_or_default();
            for receiver in receivers {
                let of_receiver = (id.to_owned(), receiver.clone());
                let before = rows.get(&of_receiver);
                if before.is_none_or(|row| waits(row, now)) && is_news(&told, &receiver, &events, &rows) {
                    let (done, row) = self.bring(id, &letter, &receiver, before, since, now).await?;
                    out.push(done);
                    rows.insert(of_receiver, row);
                }
            }
        }
        Ok(out)
    }

    async fn bring(
        &self,
        id: &str,
        letter: &Letter,
        receiver: &str,
        before: Option<&MessageRow>,
        since: DateTime<Utc>,
        now: DateTime<Utc>,
    ) -> Result<(Told, MessageRow), StoreError> {
        let attempts = before.map_or(0, |row| row.attempts) + 1;
        let begun = MessageRow {
            message: id.to_owned(),
            period: since.date_naive(),
            receiver: receiver.to_owned(),
            kind: "alert".to_owned(),
            state: MessageState::Begun,
            attempts,
            first_at: before.map_or(now, |row| row.first_at),
            last_at: now,
            next_at: Some(now + backoff(attempts)),
            error: String::new(),
        };
        self.memory.note(&begun).await?;
        let letter = Letter { key: hashed(&[id, receiver]), ..letter.clone() };
        let outcome = match self.config.messages.receiver(receiver) {
            Some(to) => self.outgoing.send(to, &letter).await,
            None => Err(SendError::refused("is no receiver of messages.toml")),
        };
        let ended = match &outcome {
            Ok(()) => MessageRow { state: MessageState::Sent, next_at: None, ..begun },
            Err(error) => {
                let again = error.transient && attempts < MOST;
                let state = if again { MessageState::Failed } else { MessageState::GivenUp };
                MessageRow { state, next_at: begun.next_at.filter(|_| again), error: error.message.clone(), ..begun }
            }
        };
        self.memory.note(&ended).await?;
        Ok((Told { subject: letter.subject, receiver: receiver.to_owned(), outcome, next_at: ended.next_at }, ended))
    }

    /// The letter of what is told together. It is a function of the noted rows alone, so that it is the same whenever it is brought again.
    fn letter(&self, told: &[&AlertEventRow]) -> Letter {
        let lang = self.lang;
        let event = told.first().map_or(AlertEvent::Begin, |row| row.event);
        let head = match event {
            AlertEvent::Begin => pick(lang, "Alert", "告警"),
            AlertEvent::Escalation => pick(lang, "Alert still stands, nobody sees to it", "告警未处理"),
            AlertEvent::End => pick(lang, "Alert over", "告警解除"),
        };
        let first = told.first().and_then(|row| row.text.lines().next()).unwrap_or_default();
        let subject = match (told.len(), lang) {
            (0 | 1, Lang::En) => format!("{head}: {first}"),
            (0 | 1, Lang::Zh) => format!("{head}:{first}"),
            (many, Lang::En) => format!("{head}: {many}, {first} .."),
            (many, Lang::Zh) => format!("{head} {many} 项:{first} 等"),
        };
        let mut lines = vec![subject.clone()];
        for row in told.iter().take(IN_FULL) {
            lines.push(String::new());
            lines.push(row.text.clone());
            lines.push(format!("{}{}", pick(lang, "Look: ", "查看:"), self.page(row)));
            if event != AlertEvent::End {
                lines.push(format!("{}{}", pick(lang, "I see to it: ", "由我处理:"), self.signer.address(self.base, &row.alert, row.at)));
            }
        }
        if let Some(more) = told.len().checked_sub(IN_FULL).filter(|more| *more > 0) {
            lines.push(String::new());
            lines.push(match lang {
                Lang::En => format!("{more} more: `inflow alerts list`"),
                Lang::Zh => format!("另有 {more} 项:inflow alerts list"),
            });
        }
        Letter { subject, text: lines.join("\n"), attachments: Vec::new(), key: String::new() }
    }

    /// The page at the subject of the alert, for its channel and store.
    fn page(&self, row: &AlertEventRow) -> Url {
        let rule = self.config.alerts.rule.iter().find(|rule| rule.id == row.rule);
        let subject = match rule.map(|rule| rule.metric.as_str()) {
            Some(metric) if metric.starts_with("cost_per") || metric == "budget" => "spend",
            Some("no_show" | "no_reply" | "assessment_pass") => "interviews",
            Some("onboard_rate" | "retention_90" | "fill_rate" | "time_to_fill" | "time_to_hire" | "offer_acceptance") => "hires",
            Some("volume") => "channels",
            Some(_) => "funnel",
            None if row.rule == inflow_config::CONNECTION_ALERT => "connections",
            None => "channels",
        };
        let mut url = self.base.clone();
        url.set_query(None);
        {
            let mut query = url.query_pairs_mut();
            query.append_pair("subject", subject);
            if let [channel] = row.channels.as_slice() {
                query.append_pair("channel", channel);
            }
            let parts = row.slice.split(", ").filter_map(|part| part.strip_prefix("store="));
            for store in parts {
                query.append_pair("store", store);
            }
        }
        url
    }
}

/// Whether a letter that was handed over before, or could not be, is to be brought now.
fn waits(row: &MessageRow, now: DateTime<Utc>) -> bool {
    match row.state {
        MessageState::Sent => false,
        MessageState::GivenUp => now - row.last_at >= AGAIN,
        _ => row.next_at.is_none_or(|next| next <= now),
    }
}

/// Whether a letter is news to a receiver: of an alert that is over only if it was told to them, of its end only then.
fn is_news(told: &[&AlertEventRow], receiver: &str, events: &[AlertEventRow], rows: &BTreeMap<(String, String), MessageRow>) -> bool {
    // What was handed over may have arrived.
    let knows = |alert: &str| {
        events.iter().filter(|row| row.alert == alert && row.event != AlertEvent::End).any(|row| {
            let sent = rows.get(&(row.letter.clone(), receiver.to_owned()));
            sent.is_some_and(|row| matches!(row.state, MessageState::Sent | MessageState::Begun))
        })
    };
    let is_over = |alert: &str| events.iter().any(|row| row.alert == alert && row.event == AlertEvent::End);
    told.iter().any(|row| match row.event {
        AlertEvent::End => knows(&row.alert),
        AlertEvent::Begin | AlertEvent::Escalation => !is_over(&row.alert),
    })
}

#[cfg(test)]
mod tests;
