//! Jobs one after the other, in the order in which they came.

use chrono::{DateTime, Utc};
use std::collections::VecDeque;
use tokio::sync::watch;

/// The jobs: the first one runs. Clones are the same queue.
#[derive(Debug, Clone, Default)]
pub struct Queue(watch::Sender<State>);

#[derive(Debug, Default)]
struct State {
    next: u64,
    jobs: VecDeque<Entry>,
}

/// One job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    number: u64,
    /// The command's name; its arguments may name a person.
    pub command: &'static str,
    /// When it came, and once it runs since when.
    pub since: DateTime<Utc>,
}

/// A place in the queue, given up when dropped.
#[derive(Debug)]
pub struct Place {
    number: u64,
    queue: Queue,
    changes: watch::Receiver<State>,
}

/// What a place in the queue means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Position {
    /// Its turn.
    First,
    /// Behind `ahead` jobs, the first of which runs.
    Behind {
        /// How many.
        ahead: usize,
        /// The one that runs.
        running: Entry,
    },
}

impl Queue {
    /// Takes the last place.
    pub fn join(&self, command: &'static str, now: DateTime<Utc>) -> Place {
        let mut number = 0;
        self.0.send_modify(|state| {
            number = state.next;
            state.next += 1;
            state.jobs.push_back(Entry { number, command, since: now });
        });
        Place { number, queue: self.clone(), changes: self.0.subscribe() }
    }

    /// The jobs in their order.
    pub fn commands(&self) -> Vec<&'static str> {
        self.0.borrow().jobs.iter().map(|entry| entry.command).collect()
    }
}

impl Place {
    /// Where it stands now.
    pub fn position(&mut self) -> Position {
        let state = self.changes.borrow_and_update();
        let ahead = state.jobs.iter().position(|entry| entry.number == self.number).unwrap_or_default();
        match state.jobs.front() {
            Some(running) if ahead > 0 => Position::Behind { ahead, running: running.clone() },
            _ => Position::First,
        }
    }

    /// Waits until something changed.
    pub async fn changed(&mut self) {
        // The queue lives as long as this place does, so there is always somebody to tell.
        let _queue_is_there = self.changes.changed().await;
    }

    /// Notes that it began.
    pub fn began(&self, now: DateTime<Utc>) {
        self.queue.0.send_modify(|state| {
            if let Some(entry) = state.jobs.iter_mut().find(|entry| entry.number == self.number) {
                entry.since = now;
            }
        });
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.queue.0.send_modify(|state| state.jobs.retain(|entry| entry.number != self.number));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn each_has_its_turn_in_the_order_of_coming() {
        let (queue, now) = (Queue::default(), "2026-11-22T08:00:00Z".parse().unwrap());
        let mut first = queue.join("import", now);
        let mut second = queue.join("erase", now);
        let mut third = queue.join("replay", now);
        assert_eq!(first.position(), Position::First);
        let Position::Behind { ahead, running } = third.position() else { panic!("not its turn") };
        assert_eq!((ahead, running.command), (2, "import"));
        assert_eq!(queue.commands(), ["import", "erase", "replay"]);
        // Who gives up leaves the others where they were.
        assert!(matches!(second.position(), Position::Behind { ahead: 1, .. }));
        drop(second);
        third.changed().await;
        assert!(matches!(third.position(), Position::Behind { ahead: 1, .. }));
        drop(first);
        third.changed().await;
        assert_eq!(third.position(), Position::First);
    }
}
