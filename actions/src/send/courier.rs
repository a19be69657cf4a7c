//! Brings messages to their receivers, each of a period once.
//!
//! What is known of a message, a period and a receiver is a row of the store: `begun` before it is handed over, `sent` or `failed` after.
//! Whoever stops between the two does not know whether it arrived, so it is sent again: at least once. Mail carries the same `Message-ID`
//! then, by which servers and readers know it; group robots have nothing of the sort and would show it twice.
//!
//! Of a message only the newest due time counts: after a week of standstill one daily report goes out and not seven.

use std::time::Duration;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use inflow_config::{Config, MessageRule, Receiver};
use inflow_store::{MessageRow, MessageState, Store, StoreError};

use super::due::newest_due;
use super::error::SendError;
use super::letter::Letter;
use crate::brief::Period;

/// Minutes until the next attempt, after each; the last holds for all that follow.
const BACKOFF: [i64; 7] = [1, 5, 15, 30, 60, 120, 240];
/// Attempts until somebody has to look.
pub(crate) const MOST: u32 = 10;

/// Where it is remembered what was sent.
pub trait Note {
    /// All that is remembered.
    fn rows(&self) -> impl Future<Output = Result<Vec<MessageRow>, StoreError>> + Send;
    /// Remembers.
    fn note(&self, row: &MessageRow) -> impl Future<Output = Result<(), StoreError>> + Send;
}

impl Note for Store {
    async fn rows(&self) -> Result<Vec<MessageRow>, StoreError> {
        self.messages().await
    }

    async fn note(&self, row: &MessageRow) -> Result<(), StoreError> {
        self.note_message(row).await
    }
}

/// What hands a letter to a receiver.
pub trait Outgoing {
    /// Hands it over; an answer that it was taken, or why not.
    fn send(&self, receiver: &Receiver, letter: &Letter) -> impl Future<Output = Result<(), SendError>> + Send;
}

/// What makes the letter of a message.
pub trait Compose {
    /// The letter, or in a sentence why there is none.
    fn compose(&self, rule: &MessageRule, period: Period) -> impl Future<Output = Result<Letter, String>> + Send;
}

/// Sends what is due.
#[derive(Debug)]
pub struct Courier<'a, N, O, C> {
    /// Where it is remembered.
    pub notes: &'a N,
    /// How it leaves.
    pub outgoing: &'a O,
    /// What it says, made once for all receivers of a message.
    pub composer: &'a C,
    /// Who gets what.
    pub config: &'a Config,
}

/// What became of one message to one receiver.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Round {
    /// The message.
    pub message: String,
    /// What it reports.
    pub period: Period,
    /// To whom.
    pub receiver: String,
    /// What happened; `Ok(false)`: the receiver had it already.
    pub outcome: Result<bool, SendError>,
    /// When it is tried again.
    pub next_at: Option<DateTime<Utc>>,
}

impl<N: Note + Sync, O: Outgoing + Sync, C: Compose + Sync> Courier<'_, N, O, C> {
    /// Sends what is due at `now` and was not sent, and what failed and is to be tried again.
    ///
    /// # Errors
    /// When the store fails; what a receiver refuses is in the answer and holds up nobody else.
    pub async fn due(&self, now: DateTime<Utc>) -> Result<Vec<Round>, StoreError> {
        let rows = self.notes.rows().await?;
        let zone = self.config.settings.company.timezone;
        let mut rounds = Vec::new();
        for rule in self.config.messages.message.iter().filter(|rule| rule.is_enabled()) {
            let Some(since) = self.known_since(rule, &rows, now).await? else { continue };
            let Ok(cron) = rule.cron() else { continue };
            let Some(tick) = newest_due(&cron, zone, since, now) else { continue };
            let period = Period::due(rule.kind, tick, zone);
            let waits = |receiver: &&str| {
                let row = row_of(&rows, &rule.id, period.from, receiver);
                row.is_none_or(|row| match row.state {
                    MessageState::Sent | MessageState::GivenUp => false,
                    _ => row.next_at.is_none_or(|next| next <= now),
                })
            };
            let receivers: Vec<&str> = rule.to.iter().map(String::as_str).filter(waits).collect();
            rounds.extend(self.bring(rule, period, &receivers, &rows, now).await?);
        }
        Ok(rounds)
    }

    /// Sends the messages of a kind for a period now, whatever their schedules say; `again` also to who has them. It counts as sent only
    /// where the schedule has come to the period: what somebody sends at noon does not take the place of the evening's report.
    ///
    /// # Errors
    /// As [`Courier::due`].
    pub async fn now(&self, period: Period, again: bool, now: DateTime<Utc>) -> Result<Vec<Round>, StoreError> {
        let rows = self.notes.rows().await?;
        let zone = self.config.settings.company.timezone;
        let mut rounds = Vec::new();
        for rule in self.config.messages.message.iter().filter(|rule| rule.is_enabled() && rule.kind == period.kind) {
            let has = |receiver: &str| row_of(&rows, &rule.id, period.from, receiver).is_some_and(|row| row.state == MessageState::Sent);
            let (had, not): (Vec<&str>, Vec<&str>) = rule.to.iter().map(String::as_str).partition(|receiver| !again && has(receiver));
            rounds.extend(had.into_iter().map(|receiver| Round {
                message: rule.id.clone(),
                period,
                receiver: receiver.to_owned(),
                outcome: Ok(false),
                next_at: None,
            }));
            let due = rule.cron().ok().and_then(|cron| newest_due(&cron, zone, DateTime::UNIX_EPOCH, now));
            if due.is_some_and(|tick| Period::due(rule.kind, tick, zone).from >= period.from) {
                rounds.extend(self.bring(rule, period, &not, &rows, now).await?);
            } else {
                let letter = self.letter(rule, period).await;
                for receiver in not {
                    let outcome = self.hand_over(rule, period, receiver, letter.as_ref(), now.timestamp_millis()).await;
                    rounds.push(Round {
                        message: rule.id.clone(),
                        period,
                        receiver: receiver.to_owned(),
                        outcome: outcome.map(|()| true),
                        next_at: None,
                    });
                }
            }
        }
        Ok(rounds)
    }

    /// Since when the message is known; what was due before is not sent. `None`: since just now.
    async fn known_since(&self, rule: &MessageRule, rows: &[MessageRow], now: DateTime<Utc>) -> Result<Option<DateTime<Utc>>, StoreError> {
        let known = row_of(rows, &rule.id, NaiveDate::default(), "").map(|row| row.first_at);
        // Since the future is said by a clock that was wrong.
        if let Some(since) = known.filter(|since| *since <= now) {
            return Ok(Some(since));
        }
        self.notes.note(&row(rule, NaiveDate::default(), "", MessageState::Known, now)).await?;
        Ok(None)
    }

    async fn letter(&self, rule: &MessageRule, period: Period) -> Result<Letter, SendError> {
        self.composer.compose(rule, period).await.map_err(|error| SendError::later(format!("cannot be made: {error}")))
    }

    async fn bring(
        &self,
        rule: &MessageRule,
        period: Period,
        receivers: &[&str],
        rows: &[MessageRow],
        now: DateTime<Utc>,
    ) -> Result<Vec<Round>, StoreError> {
        if receivers.is_empty() {
            return Ok(Vec::new());
        }
        let letter = self.letter(rule, period).await;
        let mut rounds = Vec::new();
        for receiver in receivers {
            let before = row_of(rows, &rule.id, period.from, receiver);
            let attempts = before.map_or(0, |row| row.attempts) + 1;
            let begun = MessageRow {
                attempts,
                first_at: before.map_or(now, |row| row.first_at),
                next_at: Some(now + backoff(attempts)),
                ..row(rule, period.from, receiver, MessageState::Begun, now)
            };
            self.notes.note(&begun).await?;
            let outcome = self.hand_over(rule, period, receiver, letter.as_ref(), 0).await;
            let ended = match &outcome {
                Ok(()) => MessageRow { state: MessageState::Sent, next_at: None, ..begun },
                Err(error) => {
                    let asked = error
                        .after
                        .and_then(|after| TimeDelta::from_std(after.min(Duration::from_hours(24))).ok())
                        .map(|after| now + after);
                    let again = error.transient && attempts < MOST;
                    let state = if again { MessageState::Failed } else { MessageState::GivenUp };
                    MessageRow { state, next_at: begun.next_at.max(asked).filter(|_| again), error: error.message.clone(), ..begun }
                }
            };
            self.notes.note(&ended).await?;
            rounds.push(Round {
                message: rule.id.clone(),
                period,
                receiver: (*receiver).to_owned(),
                outcome: outcome.map(|()| true),
                next_at: ended.next_at,
            });
        }
        Ok(rounds)
    }

    async fn hand_over(
        &self,
        rule: &MessageRule,
        period: Period,
        receiver: &str,
        letter: Result<&Letter, &SendError>,
        time: i64,
    ) -> Result<(), SendError> {
        let letter = Letter { key: key(rule, period, receiver, time), ..letter.map_err(Clone::clone)?.clone() };
        match self.config.messages.receiver(receiver) {
            Some(receiver) => self.outgoing.send(receiver, &letter).await,
            None => Err(SendError::refused("is no receiver of messages.toml")),
        }
    }
}

fn row(rule: &MessageRule, period: NaiveDate, receiver: &str, state: MessageState, now: DateTime<Utc>) -> MessageRow {
    MessageRow {
        message: rule.id.clone(),
        period,
        receiver: receiver.to_owned(),
        kind: rule.kind.as_str().to_owned(),
        state,
        attempts: 0,
        first_at: now,
        last_at: now,
        next_at: None,
        error: String::new(),
    }
}

fn row_of<'r>(rows: &'r [MessageRow], message: &str, period: NaiveDate, receiver: &str) -> Option<&'r MessageRow> {
    rows.iter().find(|row| row.message == message && row.period == period && row.receiver == receiver)
}

/// The pause after so many attempts.
pub(crate) fn backoff(attempts: u32) -> TimeDelta {
    let at = attempts.saturating_sub(1) as usize;
    TimeDelta::minutes(BACKOFF.get(at).or(BACKOFF.last()).copied().unwrap_or_default())
}

/// Of this message, period and receiver, and with a time of one sending only.
fn key(rule: &MessageRule, period: Period, receiver: &str, time: i64) -> String {
    let text = format!("{}\u{0}{}\u{0}{}\u{0}{receiver}\u{0}{time}", rule.id, rule.kind.as_str(), period.from);
    blake3::hash(text.as_bytes()).to_hex().chars().take(32).collect()
}

#[cfg(test)]
mod tests;
