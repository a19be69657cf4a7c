//! Carrying slots out without a person: where a connection has a way ([`way`]) and its channel says `mode = "auto"`.
//!
//! A call is written down before it is made, under the slot's key, and what came of it after. Whoever is killed between the two finds the slot `sent`,
//! and the same key is sent again, in open hours, until an answer says what became of it: the other side knows by the key that it is the same
//! refresh. A slot that cannot be carried out becomes a to-do with the reason; one whose time passed is missed, and the next plan finds another time.
//! Every limit is looked at again before a first call, calls of unknown outcome included.

mod judge;
mod way;
mod webhook;

use std::collections::BTreeSet;
use std::time::Duration;

use chrono::TimeDelta;
use inflow_config::{Config, Explain, SharedClock};
use inflow_connectors::Called;
use inflow_connectors::http::Http;
use inflow_store::{RepostConclusion, RepostSlotRow, RepostState, Store};

use super::plan::Situation;
use super::read::ReadError;
use crate::send::Outbox;
pub(super) use judge::PROMPT;
pub use judge::{GIVE_UP_AFTER, LATE, MOST_ATTEMPTS, Verdict, concluded, verdict};
pub use way::{Way, check, is_automatic, is_imminent, way};

/// A call that has no answer by then has an unknown outcome.
const PATIENCE: Duration = Duration::from_mins(1);
/// If nobody notes what came of a call, it is made again after this.
const UNNOTED: TimeDelta = TimeDelta::minutes(2);

/// Carries out what is due.
#[derive(Debug)]
pub struct Carrier<'c> {
    /// Where slots are.
    pub store: &'c Store,
    /// The configuration.
    pub config: &'c Config,
    /// The clock.
    pub clock: SharedClock,
    /// The client for boards.
    pub http: &'c Http,
    /// What messages leave by, and calls of the company's own systems.
    pub outbox: &'c Outbox<'c>,
    /// Who does it, in the audit.
    pub actor: &'static str,
}

impl Carrier<'_> {
    /// Looks at every slot whose time has come: calls for it, gives it up, or leaves it for later. The slots of which something became, as they are
    /// now. A pass that is dropped on its way leaves a slot `sent`, which the next one asks about.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn pass(&self) -> Result<Vec<RepostSlotRow>, ReadError> {
        let mut became = Vec::new();
        let due = self.store.due_reposts(self.clock.now()).await?;
        let (due, orphans): (Vec<_>, Vec<_>) = due.into_iter().partition(|row| is_automatic(self.config, row));
        // The rules changed while a call was under way: a person finds out.
        for row in orphans.into_iter().filter(|row| row.state == RepostState::Sent) {
            let said = "the connection has no way to refresh any more".to_owned();
            became.extend(self.conclude(&row, &RepostConclusion::Failed { outcome: "unknown".to_owned(), said }).await?);
        }
        if due.is_empty() {
            return Ok(became);
        }
        let mut situation = Situation::at_hand(self.store, self.config, self.clock.now()).await?;
        let mut silent: BTreeSet<String> = BTreeSet::new();
        for row in due {
            let Some(way) = way(self.config, &row.connection) else { continue };
            match verdict(&row, &situation, way.limits(), self.clock.now()) {
                Verdict::Wait => {}
                Verdict::Missed(outcome) => became.extend(self.missed(&row, outcome).await?),
                Verdict::GiveUp(said) => {
                    let conclusion = RepostConclusion::Failed { outcome: "unknown".to_owned(), said };
                    became.extend(self.conclude(&row, &conclusion).await?);
                }
                // A board that did not answer the call before, or that fails or bans pulls, is left alone for a while.
                Verdict::Call if silent.contains(&row.connection) || self.rests(&row, way).await? => {}
                Verdict::Call => {
                    let Some(begun) = self.store.begin_repost(self.actor, &row.slot, self.clock.now() + UNNOTED).await? else { continue };
                    situation.take(&begun);
                    let called = self.call(way, &begun).await;
                    if matches!(called, Called::Unknown(_) | Called::NotSent(_)) {
                        silent.insert(begun.connection.clone());
                    }
                    became.extend(self.conclude(&begun, &concluded(&begun, called, self.clock.now())).await?);
                }
            }
        }
        Ok(became)
    }

    /// Whether the connection's breaker is open.
    async fn rests(&self, row: &RepostSlotRow, way: Way<'_>) -> Result<bool, ReadError> {
        if matches!(way, Way::Webhook(_)) {
            return Ok(false);
        }
        let open_until = self.store.health_of(&row.connection).await?.and_then(|health| health.open_until);
        Ok(open_until.is_some_and(|until| until > self.clock.now()))
    }

    async fn call(&self, way: Way<'_>, row: &RepostSlotRow) -> Called {
        let call = async {
            match way {
                Way::Webhook(webhook) => webhook::call(self.outbox, webhook, row).await,
                Way::Connector(_) => {
                    let Some(connection) = self.config.connection(&row.connection) else {
                        return Called::Refused("there is no such connection any more".to_owned());
                    };
                    let called = inflow_connectors::refresh(self.http, self.config, connection, &row.posting_source_id, &row.slot).await;
                    called.unwrap_or_else(|error| Called::Refused(explained(&error.message, error.hint())))
                }
            }
        };
        tokio::time::timeout(PATIENCE, call)
            .await
            .unwrap_or_else(|_| Called::Unknown(format!("no answer within {} seconds", PATIENCE.as_secs())))
    }

    async fn missed(&self, row: &RepostSlotRow, outcome: &str) -> Result<Option<RepostSlotRow>, ReadError> {
        // What kept an earlier call from leaving is the reason that a person can mend.
        self.conclude(row, &RepostConclusion::Missed { outcome: outcome.to_owned(), said: row.call.said.clone() }).await
    }

    async fn conclude(&self, row: &RepostSlotRow, conclusion: &RepostConclusion) -> Result<Option<RepostSlotRow>, ReadError> {
        Ok(self.store.conclude_repost(self.actor, &row.slot, row.call.attempts, conclusion).await?)
    }
}

fn explained(message: &str, hint: Option<String>) -> String {
    hint.map_or_else(|| message.to_owned(), |hint| format!("{message} ({hint})"))
}
