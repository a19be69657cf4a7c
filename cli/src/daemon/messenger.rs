//! Sends reports on their schedules, beside everything else: a receiver that hangs or refuses delays no pull and no analysis.

use crate::app::{App, Opened};
use crate::commands::message::{Composer, is_any, outbox, say};
use chrono::{DateTime, TimeDelta, Utc};
use inflow_actions::send::{Courier, Outbox, Round};
use inflow_store::StoreError;
use std::time::Duration;

/// The clock is looked at this often: it may jump, and a machine may sleep.
const LOOK: Duration = Duration::from_secs(10);
/// What is remembered is looked at this often at least: somebody may have sent by hand.
const LONGEST: TimeDelta = TimeDelta::minutes(10);

/// The messages of one data folder.
pub struct Messenger {
    app: App,
    opened: Opened,
}

impl Messenger {
    /// `None`: nothing is sent on a schedule.
    pub fn of(app: &App, opened: &Opened) -> Option<Self> {
        is_any(&opened.config).then(|| Self { app: app.clone(), opened: opened.clone() })
    }

    /// Sends what is due, until told to stop.
    pub async fn work(self) {
        let outbox = match outbox(&self.opened) {
            Ok(outbox) => outbox,
            Err(error) => {
                self.app.printer.error(&format!("messages cannot be sent: {error}"), error.hint.as_deref());
                return;
            }
        };
        let work = async {
            // In the past: the first look is now.
            let mut until = DateTime::UNIX_EPOCH;
            loop {
                let now = self.opened.clock.now();
                if now >= until || until - now > LONGEST {
                    until = self.look(&outbox, now).await;
                }
                tokio::time::sleep(LOOK).await;
            }
        };
        // What is cut off here was noted before it was handed over, and goes out again after the next start.
        tokio::select! {
            () = self.app.stop.cancelled() => {}
            () = work => {}
        }
    }

    /// Sends what is due now; when to look again.
    async fn look(&self, outbox: &Outbox<'_>, now: DateTime<Utc>) -> DateTime<Utc> {
        let rounds = match self.send(outbox, now).await {
            Ok(rounds) => rounds,
            Err(error) => {
                tracing::warn!(%error, "what was sent cannot be read or noted; messages wait");
                return now + TimeDelta::minutes(1);
            }
        };
        let zone = self.opened.config.settings.company.timezone;
        let time = self.opened.clock.now().with_timezone(&zone).format("%m-%d %H:%M:%S ").to_string();
        for round in &rounds {
            say(&self.app.printer, &time, round);
        }
        let rules = self.opened.config.messages.message.iter().filter(|rule| rule.is_enabled());
        let ticks = rules.filter_map(|rule| rule.cron().ok()?.next_after(now, zone));
        ticks.chain(rounds.iter().filter_map(|round| round.next_at)).chain([now + LONGEST]).min().unwrap_or(now + LONGEST)
    }

    async fn send(&self, outbox: &Outbox<'_>, now: DateTime<Utc>) -> Result<Vec<Round>, StoreError> {
        let _turn = self.opened.host.sending.lock().await;
        let composer = Composer { opened: &self.opened, now };
        let courier = Courier { notes: &self.opened.store, outgoing: outbox, composer: &composer, config: &self.opened.config };
        courier.due(now).await
    }
}
