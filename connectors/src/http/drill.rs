//! For tests of budgets: clients that ask as fast as they may, over a way that takes its time.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use rand::{Rng, SeedableRng};
use tokio::time::Instant;

use super::Budget;
use crate::spec::BudgetWindow;

pub(super) fn window(requests: u32, seconds: u64) -> BudgetWindow {
    BudgetWindow { requests, per: Duration::from_secs(seconds) }
}

/// How long a request is on its way to the board and back, at most, in milliseconds.
#[derive(Debug, Clone, Copy)]
pub(super) struct Way {
    pub(super) there: u64,
    pub(super) back: u64,
    /// Of so many requests one is given up on.
    pub(super) lost: u32,
}

pub(super) const AT_ONCE: Way = Way { there: 0, back: 0, lost: 0 };

/// Asks for ever; notes when requests reached the board.
pub(super) async fn ask(budget: Arc<Budget>, client: u64, way: Way, seen: &Mutex<Vec<Instant>>) {
    let mut random = rand::rngs::SmallRng::seed_from_u64(client);
    let mut some = |most: u64| Duration::from_millis(random.random_range(0..=most));
    loop {
        let mut permit = match budget.acquire().await {
            Ok(permit) => permit,
            Err(used_up) => {
                tokio::time::sleep(used_up.wait).await;
                continue;
            }
        };
        tokio::time::sleep(some(way.there)).await;
        seen.lock().unwrap().push(Instant::now());
        tokio::time::sleep(some(way.back)).await;
        if way.lost == 0 || some(u64::from(way.lost) - 1) > Duration::ZERO {
            permit.answered();
            tokio::time::sleep(some(way.back)).await;
        }
    }
}

/// Instants at which requests reached the board while `clients` ask as fast as they may for `span`.
pub(super) async fn arrivals(budget: &Arc<Budget>, clients: u64, way: Way, span: Duration) -> Vec<Duration> {
    let (start, seen) = (Instant::now(), Mutex::default());
    let all = futures::future::join_all((0..clients).map(|client| ask(Arc::clone(budget), client, way, &seen)));
    let _ = tokio::time::timeout(span, all).await;
    since(start, &seen)
}

pub(super) fn since(start: Instant, seen: &Mutex<Vec<Instant>>) -> Vec<Duration> {
    let mut times: Vec<Duration> = seen.lock().unwrap().iter().map(|time| *time - start).collect();
    times.sort();
    times
}

pub(super) fn most_in_any(times: &[Duration], per: Duration) -> usize {
    let mut from = 0;
    let mut most = 0;
    for (index, time) in times.iter().enumerate() {
        while times[from] + per <= *time {
            from += 1;
        }
        most = most.max(index + 1 - from);
    }
    most
}
