//! Who may touch landing and store, and when.
//!
//! A connection is fed by one pull or import at a time. What rewrites landing or exchanges tables (replay, erasure) has
//! the folder to itself: pulls under way are asked to stop between two requests, store what they have, and go on
//! afterwards, so that a board that hangs holds up nobody's erasure.

use chrono::{DateTime, Utc};
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::{Mutex as Turn, OwnedMutexGuard, OwnedRwLockReadGuard, OwnedRwLockWriteGuard, RwLock};
use tokio_util::sync::CancellationToken;

/// What feeds a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Feeding {
    /// A pull: it may be interrupted, and goes on with the next one.
    Pull,
    /// Files that somebody imports, or a delivery to a webhook.
    Delivery,
}

/// The rules of one data folder.
#[derive(Debug, Default)]
pub struct Gate {
    folder: Arc<RwLock<()>>,
    connections: Mutex<HashMap<String, Arc<Turn<()>>>>,
    under_way: Arc<Mutex<BTreeMap<String, UnderWay>>>,
}

/// A connection that is being fed.
#[derive(Debug, Clone)]
struct UnderWay {
    feeding: Feeding,
    since: DateTime<Utc>,
    stop: CancellationToken,
}

/// Leave to feed one connection, until it is dropped.
#[derive(Debug)]
pub struct Pass {
    /// Cancelled when this pull is to make room; a child of what was handed in.
    pub stop: CancellationToken,
    connection: String,
    under_way: Arc<Mutex<BTreeMap<String, UnderWay>>>,
    _turn: OwnedMutexGuard<()>,
    _folder: OwnedRwLockReadGuard<()>,
}

impl Drop for Pass {
    fn drop(&mut self) {
        self.under_way.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.connection);
    }
}

impl Gate {
    /// Waits until nothing else feeds the connection. `stop` ends what is fed, `now` says when it began.
    pub async fn feed(&self, connection: &str, feeding: Feeding, stop: &CancellationToken, now: impl Fn() -> DateTime<Utc>) -> Pass {
        let turn = self.turn(connection).lock_owned().await;
        let folder = Arc::clone(&self.folder).read_owned().await;
        let stop = stop.child_token();
        let entry = UnderWay { feeding, since: now(), stop: stop.clone() };
        self.under_way.lock().unwrap_or_else(PoisonError::into_inner).insert(connection.to_owned(), entry);
        Pass { stop, connection: connection.to_owned(), under_way: Arc::clone(&self.under_way), _turn: turn, _folder: folder }
    }

    /// Since when the connection is being pulled, if it is.
    pub fn pulling_since(&self, connection: &str) -> Option<DateTime<Utc>> {
        let under_way = self.under_way.lock().unwrap_or_else(PoisonError::into_inner);
        under_way.get(connection).filter(|entry| entry.feeding == Feeding::Pull).map(|entry| entry.since)
    }

    /// Leave to read the folder's tables as a whole: nobody exchanges them meanwhile.
    pub async fn read(&self) -> OwnedRwLockReadGuard<()> {
        Arc::clone(&self.folder).read_owned().await
    }

    /// The folder to itself: pulls are asked to make room, deliveries and analyses are waited for.
    pub async fn alone(&self) -> OwnedRwLockWriteGuard<()> {
        let waiting = Arc::clone(&self.folder).write_owned();
        tokio::pin!(waiting);
        // The lock queues before pulls are stopped, so that none slips in between.
        if let std::task::Poll::Ready(guard) = futures::poll!(&mut waiting) {
            return guard;
        }
        for entry in self.under_way.lock().unwrap_or_else(PoisonError::into_inner).values() {
            if entry.feeding == Feeding::Pull {
                entry.stop.cancel();
            }
        }
        waiting.await
    }

    fn turn(&self, connection: &str) -> Arc<Turn<()>> {
        let mut connections = self.connections.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(connections.entry(connection.to_owned()).or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::{Feeding, Gate};
    use std::sync::Arc;
    use std::time::Duration;
    use tokio_util::sync::CancellationToken;

    fn now() -> chrono::DateTime<chrono::Utc> {
        "2026-11-22T08:00:00Z".parse().unwrap()
    }

    async fn waits(future: impl Future) -> bool {
        tokio::time::timeout(Duration::from_millis(50), future).await.is_err()
    }

    #[tokio::test(start_paused = true)]
    async fn one_at_a_time_for_a_connection_and_side_by_side_for_two() {
        let (gate, stop) = (Gate::default(), CancellationToken::new());
        let first = gate.feed("lever", Feeding::Pull, &stop, now).await;
        assert!(waits(gate.feed("lever", Feeding::Delivery, &stop, now)).await);
        let _other = gate.feed("moka", Feeding::Pull, &stop, now).await;
        assert_eq!(gate.pulling_since("lever"), Some(now()));
        drop(first);
        assert_eq!(gate.pulling_since("lever"), None);
        let import = gate.feed("lever", Feeding::Delivery, &stop, now).await;
        assert_eq!(gate.pulling_since("lever"), None, "an import is no pull");
        drop(import);
    }

    #[tokio::test(start_paused = true)]
    async fn who_wants_the_folder_alone_stops_pulls_and_waits_for_deliveries() {
        let (gate, stop) = (Arc::new(Gate::default()), CancellationToken::new());
        let pull = gate.feed("lever", Feeding::Pull, &stop, now).await;
        let delivery = gate.feed("hook", Feeding::Delivery, &stop, now).await;
        let alone = tokio::spawn({
            let gate = Arc::clone(&gate);
            async move { gate.alone().await }
        });
        pull.stop.cancelled().await;
        assert!(!delivery.stop.is_cancelled() && !stop.is_cancelled());
        drop(pull);
        assert!(waits(gate.feed("lever", Feeding::Pull, &stop, now)).await, "nobody slips in");
        assert!(!alone.is_finished());
        drop(delivery);
        drop(alone.await.unwrap());
        drop(gate.feed("lever", Feeding::Pull, &stop, now).await);
    }
}
