//! Used budgets across restarts: windows of a minute and longer are kept in `budgets.json` of the data
//! folder, so that a day's budget is not spent twice.
//!
//! The file runs ahead of what is sent. Before a request goes out, the file on disk already counts it:
//! each write *reserves* some requests for each budget, and when they are used up the next request waits
//! for the next write. So there is one write a second at most, and a crash at any instant costs
//! what was reserved and not used (a tenth of the shortest of those windows) and never allows one too
//! many. Leaving in order gives the reserve back. Times are by the clock of the settings; a time that
//! lies ahead counts as now.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use chrono::{DateTime, Utc};
use inflow_config::SharedClock;
use serde::{Deserialize, Serialize};
use tokio::time::Instant;

use super::Budget;

/// Time between two writes, at least.
const BETWEEN: Duration = Duration::from_secs(1);

/// Shorter windows are over before a restart is.
pub(super) const SHORTEST: Duration = Duration::from_mins(1);

/// A budget as it is kept. Times are milliseconds from the instant of the file, most of them negative.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Kept {
    /// The board asked for a pause until then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) paused_until: Option<i64>,
    /// Requests that may be sent after this was written.
    #[serde(default)]
    pub(super) reserved: u32,
    pub(super) windows: Vec<KeptWindow>,
}

/// A window as it is kept.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct KeptWindow {
    /// Its length in milliseconds.
    pub(super) per: i64,
    /// First and last instant of some answers, and how many.
    pub(super) answered: Vec<(i64, i64, u64)>,
}

impl Kept {
    /// The same from another instant, `by` later; what has left its window is left out.
    fn seen_from(mut self, by: i64) -> Kept {
        self.paused_until = self.paused_until.map(|until| until - by).filter(|until| *until > 0);
        for window in &mut self.windows {
            let per = window.per;
            window.answered.retain(|(_, last, _)| last + per > by);
            for (first, last, _) in &mut window.answered {
                (*first, *last) = ((*first - by).min(0), (*last - by).min(0));
            }
        }
        self.windows.retain(|window| !window.answered.is_empty());
        self
    }

    fn is_over(&self) -> bool {
        self.paused_until.is_none() && self.reserved == 0 && self.windows.iter().all(|window| window.answered.is_empty())
    }
}

#[derive(Debug, Serialize, Deserialize)]
struct Page {
    at: DateTime<Utc>,
    budgets: BTreeMap<String, Kept>,
}

/// The file of used budgets, and who is in it.
#[derive(Debug)]
pub(super) struct Ledger {
    file: PathBuf,
    clock: SharedClock,
    opened: Instant,
    accounts: Mutex<Accounts>,
    /// A write is waiting for its time.
    asked: AtomicBool,
    /// The last write.
    last: Mutex<Option<Instant>>,
    /// One write at a time.
    writing: tokio::sync::Mutex<()>,
    disk: Mutex<()>,
}

#[derive(Debug, Default)]
struct Accounts {
    /// Of an earlier process, from the instant of opening; taken when the budget is made.
    earlier: BTreeMap<String, Kept>,
    budgets: BTreeMap<String, Arc<Budget>>,
}

impl Ledger {
    /// Reads what an earlier process used.
    pub(super) fn open(data_dir: &Path, clock: SharedClock) -> Ledger {
        let file = data_dir.join("budgets.json");
        let earlier = match std::fs::read(&file).map(|bytes| serde_json::from_slice::<Page>(&bytes)) {
            Ok(Ok(page)) => {
                let age = (clock.now() - page.at).num_milliseconds().max(0);
                let kept = page.budgets.into_iter().map(|(key, kept)| (key, settle(kept, age)));
                kept.filter(|(_, kept)| !kept.is_over()).collect()
            }
            Ok(Err(error)) => {
                tracing::warn!(file = %file.display(), %error, "used budgets cannot be read, so none count as used");
                BTreeMap::new()
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => BTreeMap::new(),
            Err(error) => {
                tracing::warn!(file = %file.display(), %error, "used budgets cannot be read, so none count as used");
                BTreeMap::new()
            }
        };
        Ledger {
            file,
            clock,
            opened: Instant::now(),
            accounts: Mutex::new(Accounts { earlier, budgets: BTreeMap::new() }),
            asked: AtomicBool::new(false),
            last: Mutex::new(None),
            writing: tokio::sync::Mutex::new(()),
            disk: Mutex::new(()),
        }
    }

    /// Takes a new budget in; what an earlier process used of it, as of now.
    pub(super) fn join(&self, key: &str, budget: &Arc<Budget>) -> Option<Kept> {
        let mut accounts = self.accounts();
        accounts.budgets.insert(key.to_owned(), Arc::clone(budget));
        let since = millis(self.opened.elapsed());
        accounts.earlier.remove(key).map(|kept| kept.seen_from(since))
    }

    /// A budget's reserve runs out: writes as soon as it is time, unless the ledger is gone by then.
    pub(super) fn ask(self: &Arc<Self>) {
        if self.asked.swap(true, Ordering::SeqCst) {
            return;
        }
        let ledger = Arc::downgrade(self);
        let last = *self.last.lock().unwrap_or_else(PoisonError::into_inner);
        tokio::spawn(async move {
            if let Some(last) = last {
                tokio::time::sleep_until(last + BETWEEN).await;
            }
            if let Some(ledger) = ledger.upgrade() {
                ledger.write_and_grant().await;
            }
        });
    }

    async fn write_and_grant(self: Arc<Self>) {
        let _one = self.writing.lock().await;
        self.asked.store(false, Ordering::SeqCst);
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
        let (page, granted) = self.page(false);
        let ledger = Arc::clone(&self);
        let written = tokio::task::spawn_blocking(move || ledger.write(&page)).await;
        if let Ok(Err(error)) = written {
            // A disk that is full stops landing; that budgets are exact after a restart is the lesser harm.
            tracing::warn!(file = %self.file.display(), %error, "used budgets cannot be written: a restart would not know of them");
        }
        for (budget, reserve) in granted {
            budget.grant(reserve);
        }
    }

    /// Writes what was used and gives back what was reserved. Requests after it reserve anew.
    pub(super) fn close(&self) {
        let (page, _) = self.page(true);
        if page.budgets.is_empty() && !self.file.exists() {
            return;
        }
        if let Err(error) = self.write(&page) {
            tracing::warn!(file = %self.file.display(), %error, "used budgets cannot be written: a restart will not know of them");
        }
    }

    /// What to write, and what each budget may send once it is written.
    fn page(&self, closing: bool) -> (Page, Vec<(Arc<Budget>, u32)>) {
        let accounts = self.accounts();
        let at = self.clock.now();
        let since = millis(self.opened.elapsed());
        let earlier = accounts.earlier.iter().map(|(key, kept)| (key.clone(), kept.clone().seen_from(since)));
        let mut budgets: BTreeMap<String, Kept> = earlier.filter(|(_, kept)| !kept.is_over()).collect();
        let mut granted = Vec::new();
        for (key, budget) in &accounts.budgets {
            let (kept, reserve) = budget.keep(closing);
            if !kept.is_over() {
                budgets.insert(key.clone(), kept);
            }
            granted.push((Arc::clone(budget), reserve));
        }
        (Page { at, budgets }, granted)
    }

    /// Writes aside and renames: a crash leaves the old file or the new one.
    fn write(&self, page: &Page) -> std::io::Result<()> {
        let _one = self.disk.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(folder) = self.file.parent() {
            std::fs::create_dir_all(folder)?;
        }
        let aside = self.file.with_extension("json.new");
        let mut file = OpenOptions::new().create(true).write(true).truncate(true).mode(0o600).open(&aside)?;
        file.write_all(&serde_json::to_vec(page)?)?;
        file.sync_all()?;
        std::fs::rename(&aside, &self.file)?;
        self.file.parent().map_or(Ok(()), |folder| File::open(folder)?.sync_all())
    }

    fn accounts(&self) -> MutexGuard<'_, Accounts> {
        self.accounts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A budget of an earlier process that wrote it `age` ago: what was reserved counts as sent at the last moment, which is now.
fn settle(kept: Kept, age: i64) -> Kept {
    let reserved = kept.reserved;
    let lengths: Vec<i64> = kept.windows.iter().map(|window| window.per).collect();
    let mut kept = Kept { reserved: 0, ..kept }.seen_from(age);
    for per in lengths.into_iter().filter(|_| reserved > 0) {
        let last = (0, 0, u64::from(reserved));
        match kept.windows.iter_mut().find(|window| window.per == per) {
            Some(window) => window.answered.push(last),
            None => kept.windows.push(KeptWindow { per, answered: vec![last] }),
        }
    }
    kept
}

pub(super) fn millis(time: Duration) -> i64 {
    i64::try_from(time.as_millis()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use inflow_config::Clock;
    use proptest::prelude::*;

    use super::super::drill::{AT_ONCE, Way, arrivals, ask, most_in_any, since, window};
    use super::*;
    use crate::spec::BudgetWindow;

    /// Goes with tokio's clock.
    #[derive(Debug)]
    struct Wall(Instant);

    impl Clock for Wall {
        fn now(&self) -> DateTime<Utc> {
            DateTime::from_timestamp(1_790_000_000, 0).unwrap() + self.0.elapsed()
        }
    }

    fn open(folder: &Path, start: Instant, windows: &[BudgetWindow]) -> (Arc<Ledger>, Arc<Budget>) {
        let ledger = Arc::new(Ledger::open(folder, Arc::new(Wall(start))));
        let budget = Arc::new(Budget::new(windows, 2));
        budget.keep_in(&ledger, "key");
        (ledger, budget)
    }

    /// Ends without a word; a write that has begun is still ended, as by the machine.
    async fn crash(ledger: Arc<Ledger>) {
        let ledger = {
            let weak = Arc::downgrade(&ledger);
            drop(ledger);
            weak
        };
        while ledger.strong_count() > 0 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_restart_does_not_spend_a_window_twice() {
        let folder = tempfile::tempdir().unwrap();
        let (start, windows) = (Instant::now(), [window(10, 1), window(50, 600)]);
        let (ledger, budget) = open(folder.path(), start, &windows);
        assert_eq!(arrivals(&budget, 1, AT_ONCE, Duration::from_mins(1)).await.len(), 50);
        ledger.close();
        drop((ledger, budget));
        let text = std::fs::read_to_string(folder.path().join("budgets.json")).unwrap();
        assert!(text.contains("\"reserved\":0"), "{text}");
        let (ledger, budget) = open(folder.path(), start, &windows);
        assert_eq!(arrivals(&budget, 1, AT_ONCE, Duration::from_secs(530)).await.len(), 0);
        assert_eq!(arrivals(&budget, 1, AT_ONCE, Duration::from_mins(1)).await.len(), 50, "and the window comes back");
        ledger.close();
    }

    #[tokio::test(start_paused = true)]
    async fn what_a_crash_costs_is_what_was_reserved() {
        let folder = tempfile::tempdir().unwrap();
        let (start, windows) = (Instant::now(), [window(100, 3_600)]);
        let (ledger, budget) = open(folder.path(), start, &windows);
        budget.acquire().await.unwrap().answered();
        drop(budget);
        crash(ledger).await;
        let (ledger, budget) = open(folder.path(), start, &windows);
        let left = arrivals(&budget, 1, AT_ONCE, Duration::from_mins(50)).await.len();
        assert!((89..=99).contains(&left), "{left}");
        ledger.close();
    }

    #[tokio::test(start_paused = true)]
    async fn budgets_that_are_not_used_now_stay_in_the_file_until_they_are_over() {
        let folder = tempfile::tempdir().unwrap();
        let (start, windows) = (Instant::now(), [window(5, 300)]);
        let (ledger, budget) = open(folder.path(), start, &windows);
        assert_eq!(arrivals(&budget, 1, AT_ONCE, Duration::from_secs(30)).await.len(), 5);
        budget.pause(Duration::from_secs(400));
        ledger.close();
        drop((ledger, budget));
        for _ in 0..2 {
            Ledger::open(folder.path(), Arc::new(Wall(start))).close();
        }
        let (ledger, budget) = open(folder.path(), start, &windows);
        let begin = Instant::now();
        budget.acquire().await.unwrap().answered();
        assert!((399..=401).contains(&begin.elapsed().as_secs()), "{:?}: the pause is kept as well", begin.elapsed());
        ledger.close();
        drop((ledger, budget));
        tokio::time::sleep(Duration::from_secs(1000)).await;
        Ledger::open(folder.path(), Arc::new(Wall(start))).close();
        let text = std::fs::read_to_string(folder.path().join("budgets.json")).unwrap();
        assert!(text.ends_with("\"budgets\":{}}"), "{text}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_file_that_cannot_be_read_does_not_stop_anyone() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("budgets.json"), "{").unwrap();
        let (ledger, budget) = open(folder.path(), Instant::now(), &[window(5, 300)]);
        assert_eq!(arrivals(&budget, 1, AT_ONCE, Duration::from_secs(30)).await.len(), 5);
        ledger.close();
        // Nor one that cannot be written.
        let (ledger, budget) = open(&folder.path().join("budgets.json"), Instant::now(), &[window(5, 300)]);
        assert_eq!(arrivals(&budget, 1, AT_ONCE, Duration::from_secs(30)).await.len(), 5);
        ledger.close();
    }

    #[tokio::test(start_paused = true)]
    async fn keeping_costs_no_rate() {
        let folder = tempfile::tempdir().unwrap();
        let (ledger, budget) = open(folder.path(), Instant::now(), &[window(10, 1), window(600, 60), window(2_900, 300)]);
        let got = arrivals(&budget, 2, Way { there: 5, back: 5, lost: 0 }, Duration::from_mins(5)).await.len();
        assert!(got >= 2_850, "{got}");
        ledger.close();
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(16))]
        #[test]
        fn no_window_is_exceeded_across_crashes(
            requests in 5u32..80, seconds in 60u64..200, there in 0u64..300,
            sessions in prop::collection::vec((1u64..90_000, any::<bool>()), 2..5),
        ) {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
            let windows = [window(7, 1), window(requests, seconds)];
            let way = Way { there, back: 20, lost: 9 };
            let times = runtime.block_on(async {
                let folder = tempfile::tempdir().unwrap();
                let (start, seen) = (Instant::now(), Mutex::default());
                for (span, orderly) in sessions {
                    let (ledger, budget) = open(folder.path(), start, &windows);
                    let clients = (0..3).map(|client| ask(Arc::clone(&budget), client, way, &seen));
                    let _ = tokio::time::timeout(Duration::from_millis(span), futures::future::join_all(clients)).await;
                    if orderly {
                        ledger.close();
                    }
                    drop(budget);
                    crash(ledger).await;
                }
                since(start, &seen)
            });
            prop_assert!(most_in_any(&times, windows[1].per) <= requests as usize, "{} in {}", most_in_any(&times, windows[1].per), seconds);
        }
    }
}
