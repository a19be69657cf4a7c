//! Takes what is sent to webhook connections: one task a connection, which lands together what comes together.

use super::Analyst;
use crate::app::{App, Opened, Pulling};
use crate::commands::run::summary_at;
use crate::failure::Failure;
use crate::host::Feeding;
use async_trait::async_trait;
use bytes::Bytes;
use inflow_config::{Connection, SharedClock};
use inflow_connectors::identity::IdentityKeys;
use inflow_connectors::spec::WEBHOOK_CONNECTOR;
use inflow_connectors::{Nonces, PullError, Unsigned, Webhook, WebhookDelivery, receive_webhook, refuse_webhook};
use inflow_dashboards::{HookAnswer, HookReceiver, SentHeaders};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;

/// Deliveries of one connection that wait; more are asked to come again.
const MOST_WAITING: usize = 256;
/// How long a sender waits while somebody has the folder alone.
const PATIENCE: Duration = Duration::from_secs(10);

/// The webhook connections of the configuration.
pub struct Webhooks {
    inboxes: HashMap<String, Inbox>,
    keys: IdentityKeys,
    clock: SharedClock,
}

struct Inbox {
    hook: Arc<Webhook>,
    sender: mpsc::Sender<Sent>,
}

/// A delivery that was signed.
struct Sent {
    nonce: u64,
    content: Result<WebhookDelivery, PullError>,
    answer: oneshot::Sender<HookAnswer>,
}

impl Webhooks {
    /// Starts a task for each enabled webhook connection; `None` when there is none.
    pub fn start(
        app: &App,
        opened: &Opened,
        pulling: &Arc<Pulling>,
        analyst: &Arc<Analyst>,
        tasks: &mut JoinSet<()>,
    ) -> Result<Option<Arc<Self>>, Failure> {
        let mut inboxes = HashMap::new();
        for connection in opened.config.connections.iter().filter(|c| c.enabled && c.connector == WEBHOOK_CONNECTOR) {
            let hook = Arc::new(Webhook::new(&opened.config, connection).map_err(|error| Failure::explain(&error))?);
            let nonces = hook.nonces(&opened.data_dir).map_err(|error| Failure::explain(&error))?;
            let (sender, inbox) = mpsc::channel(MOST_WAITING);
            let desk = Desk {
                app: app.clone(),
                opened: opened.clone(),
                pulling: Arc::clone(pulling),
                analyst: Arc::clone(analyst),
                connection: connection.clone(),
                hook: Arc::clone(&hook),
                nonces,
            };
            tasks.spawn(desk.work(inbox));
            inboxes.insert(connection.name.clone(), Inbox { hook, sender });
        }
        if inboxes.is_empty() {
            return Ok(None);
        }
        Ok(Some(Arc::new(Self { inboxes, keys: opened.keys()?, clock: Arc::clone(&opened.clock) })))
    }
}

#[async_trait]
impl HookReceiver for Webhooks {
    async fn deliver(&self, connection: &str, headers: &SentHeaders, body: Bytes) -> HookAnswer {
        let Some(Inbox { hook, sender }) = self.inboxes.get(connection) else { return HookAnswer::Unknown };
        let at = match hook.verify(|name| headers.get(name), &body, self.clock.now()) {
            Ok(at) => at,
            Err(error @ Unsigned::NoKey(_)) => {
                tracing::error!(connection, %error, "deliveries cannot be checked");
                return HookAnswer::Later;
            }
            Err(error) => {
                tracing::warn!(connection, %error, "a delivery was turned away");
                return HookAnswer::Unsigned { error: error.to_string() };
            }
        };
        let content = hook.read(&body).map(|records| WebhookDelivery { at, records });
        let (answer, answered) = oneshot::channel();
        if sender.try_send(Sent { nonce: hook.nonce(&self.keys, at, &body), content, answer }).is_err() {
            return HookAnswer::Later;
        }
        answered.await.unwrap_or(HookAnswer::Later)
    }
}

/// What one connection's deliveries are landed with.
struct Desk {
    app: App,
    opened: Opened,
    pulling: Arc<Pulling>,
    analyst: Arc<Analyst>,
    connection: Connection,
    hook: Arc<Webhook>,
    nonces: Nonces,
}

impl Desk {
    async fn work(mut self, mut inbox: mpsc::Receiver<Sent>) {
        // What a killed process landed and did not store.
        let recovered = self.opened.pull(&self.pulling, &self.connection, &self.app.stop).await;
        if recovered.error.is_some() {
            self.say(recovered);
        }
        loop {
            let first = tokio::select! {
                () = self.app.stop.cancelled() => return,
                Some(first) = inbox.recv() => first,
                else => return,
            };
            let mut together = vec![first];
            while let Ok(next) = inbox.try_recv() {
                together.push(next);
            }
            self.take(together).await;
        }
    }

    async fn take(&mut self, sent: Vec<Sent>) {
        let (mut fresh, mut nonces, mut waiting) = (Vec::new(), Vec::new(), Vec::new());
        let (mut twins, mut begun) = (Vec::new(), HashSet::new());
        for Sent { nonce, content, answer } in sent {
            match content {
                _ if self.nonces.contains(nonce) => reply(answer, HookAnswer::Taken { repeated: true }),
                Ok(_) if !begun.insert(nonce) => twins.push(answer),
                Ok(delivery) => {
                    fresh.push(delivery);
                    nonces.push(nonce);
                    waiting.push(answer);
                }
                Err(error) => {
                    let unreadable = HookAnswer::Unreadable { error: error.message.clone(), hint: error.hint.clone() };
                    let context = self.pulling.context(&self.opened, &self.app.stop);
                    let refused = refuse_webhook(&context, &self.connection, error).await;
                    self.say(refused);
                    reply(answer, unreadable);
                }
            }
        }
        if fresh.is_empty() {
            return;
        }
        let kept = self.keep(&fresh, &nonces).await;
        for answer in waiting {
            reply(answer, if kept { HookAnswer::Taken { repeated: false } } else { HookAnswer::Later });
        }
        for answer in twins {
            reply(answer, if kept { HookAnswer::Taken { repeated: true } } else { HookAnswer::Later });
        }
    }

    /// Lands, stores and remembers; false when the sender must come again.
    async fn keep(&mut self, deliveries: &[WebhookDelivery], nonces: &[u64]) -> bool {
        let clock = Arc::clone(&self.opened.clock);
        // A delivery in hand is seen through: only what has not begun is turned away at the end.
        let go_on = tokio_util::sync::CancellationToken::new();
        let feeding = self.opened.host.gate.feed(&self.connection.name, Feeding::Delivery, &go_on, || clock.now());
        let Ok(pass) = tokio::time::timeout(PATIENCE, feeding).await else { return false };
        let context = self.pulling.context(&self.opened, &pass.stop);
        let outcome = receive_webhook(&context, &self.connection, &self.hook, deliveries).await;
        drop(pass);
        let failed = outcome.error.is_some();
        if !failed && let Err(error) = self.nonces.add(nonces, clock.now()) {
            // It is kept all the same: sent once more, it would be landed as unchanged.
            tracing::error!(%error, connection = self.connection.name, "deliveries that were taken cannot be remembered");
        }
        if outcome.landed > 0 {
            self.analyst.ask();
        }
        if failed || outcome.landed > 0 || outcome.quarantined > 0 {
            self.say(outcome);
        }
        !failed
    }

    fn say(&self, outcome: inflow_connectors::PullOutcome) {
        let zone = self.opened.config.settings.company.timezone;
        let time = self.opened.clock.now().with_timezone(&zone).format("%m-%d %H:%M:%S ").to_string();
        summary_at(&self.app.printer, &time, &[outcome]);
    }
}

/// A sender that has gone away needs no answer.
fn reply(answer: oneshot::Sender<HookAnswer>, what: HookAnswer) {
    let _gone_away = answer.send(what);
}
