//! The request budget of one credential at one host: several windows at once, how many requests may be
//! on their way together, and pauses that the board asks for. Requests go out in the order of asking.

use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;

use super::ledger::{Kept, KeptWindow, Ledger, SHORTEST, millis};
use super::limits::Said;
use super::window::{At, Turn, Window, nanos};
use crate::spec::BudgetWindow;

/// A pull waits this long for its budget; after that it ends and the next one goes on.
pub const LONGEST_WAIT: Duration = Duration::from_mins(10);

/// A request that was given up may still reach the board so much later.
const STRAGGLE: Duration = Duration::from_secs(1);

/// The budget of one credential at one host.
#[derive(Debug)]
pub struct Budget {
    epoch: Instant,
    /// Held by the one that is next; the others wait for it in the order of asking.
    turn: tokio::sync::Mutex<()>,
    book: Mutex<Book>,
    /// Something changed that the next one may have waited for.
    changed: Notify,
    /// Keeps what was used across restarts.
    ledger: OnceLock<Weak<Ledger>>,
}

/// The budget is used up for longer than a pull waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UsedUp {
    /// How long until the next request is allowed.
    pub wait: Duration,
}

/// Leave to send one request. It takes its place in every window until [`Permit::answered`] (or until
/// it is dropped) and its place among the requests on their way until it is dropped.
#[derive(Debug)]
pub struct Permit {
    budget: Arc<Budget>,
    answered: bool,
}

impl Permit {
    /// The head of the answer is here, so the board has had the request by now.
    pub fn answered(&mut self) {
        if !std::mem::replace(&mut self.answered, true) {
            self.budget.answered(Duration::ZERO);
        }
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        if !self.answered {
            self.budget.answered(STRAGGLE);
        }
        self.budget.book().open -= 1;
        self.budget.changed.notify_one();
    }
}

impl Budget {
    /// A budget of windows; with none, only `concurrency` holds requests back.
    pub fn new(windows: &[BudgetWindow], concurrency: u32) -> Budget {
        let book = Book { concurrency: u32::MAX, paused_until: At::MIN, last_sent: At::MIN, ..Book::default() };
        let budget = Budget {
            epoch: Instant::now(),
            turn: tokio::sync::Mutex::new(()),
            book: Mutex::new(book),
            changed: Notify::new(),
            ledger: OnceLock::new(),
        };
        budget.tighten(windows, concurrency);
        budget
    }

    /// Keeps these as well: whoever shares a budget has the strictest of all.
    pub fn tighten(&self, windows: &[BudgetWindow], concurrency: u32) {
        let mut book = self.book();
        book.concurrency = book.concurrency.min(concurrency.max(1));
        for window in windows {
            match book.windows.iter_mut().find(|known| known.per == window.per) {
                Some(known) => known.tighten(window.requests),
                None => book.windows.push(Window::new(window)),
            }
        }
    }

    /// Takes the board's own word: windows that it says are smaller shrink, and grow again up to what the
    /// spec says; windows that the spec does not know are kept as well; and no more goes out than it says is left.
    pub fn learn(&self, said: &Said) {
        let mut book = self.book();
        let now = self.now();
        for window in &said.windows {
            let known = book.windows.iter_mut().find(|known| known.per == window.per);
            match known {
                Some(known) => known.said(window.requests),
                None => book.add_learnt(window),
            }
        }
        if let Some((requests, wait)) = said.left {
            // Those on their way may not be counted in yet.
            let requests = requests.saturating_sub(book.on_their_way);
            book.left = Some(Left { requests, until: now.saturating_add(nanos(wait)) });
        }
    }

    /// Waits for a request's turn.
    pub async fn acquire(self: &Arc<Self>) -> Result<Permit, UsedUp> {
        let _turn = self.turn.lock().await;
        loop {
            let (turn, now) = self.try_send();
            match turn {
                Turn::Now => return Ok(Permit { budget: Arc::clone(self), answered: false }),
                Turn::AfterChange => self.changed.notified().await,
                Turn::At(at) => {
                    let wait = Duration::from_nanos(u64::try_from(at - now).unwrap_or(0));
                    if wait > LONGEST_WAIT {
                        return Err(UsedUp { wait });
                    }
                    // A pause may have been asked for meanwhile, and then it is not yet time.
                    let _ = tokio::time::timeout(wait, self.changed.notified()).await;
                }
            }
        }
    }

    /// Nobody asks for so long: the board said so.
    pub fn pause(&self, wait: Duration) {
        let mut book = self.book();
        let until = self.now().saturating_add(nanos(wait));
        book.paused_until = book.paused_until.max(until);
    }

    /// The board refused a request as one too many; how often it did so in a row.
    pub fn refused(&self) -> u32 {
        let mut book = self.book();
        book.refused = book.refused.saturating_add(1);
        book.refused
    }

    /// The board took a request.
    pub fn welcomed(&self) {
        self.book().refused = 0;
    }

    /// Keeps what is used in a ledger, from the start: what it says was used before counts.
    pub(super) fn keep_in(self: &Arc<Self>, ledger: &Arc<Ledger>, key: &str) {
        let kept = ledger.join(key, self).unwrap_or_default();
        let mut book = self.book();
        let now = self.now();
        let instant = |ms: i64| now.saturating_add(ms.saturating_mul(1_000_000));
        if let Some(until) = kept.paused_until {
            book.paused_until = book.paused_until.max(instant(until));
        }
        for window in kept.windows {
            let per = Duration::from_millis(u64::try_from(window.per).unwrap_or(0));
            let answered = window.answered.into_iter().map(|(first, last, count)| (instant(first), instant(last), count));
            book.window(per).restore(answered);
        }
        drop(book);
        let _ = self.ledger.set(Arc::downgrade(ledger));
    }

    /// What a ledger is to keep, and what may be sent once it is kept, beside what may be sent already.
    /// With `closing`, nothing may.
    pub(super) fn keep(&self, closing: bool) -> (Kept, u32) {
        let mut book = self.book();
        let now = self.now();
        let ms = |at: At| at.saturating_sub(now) / 1_000_000;
        let idle = now.saturating_sub(book.last_sent) > nanos(SHORTEST);
        let wanted = book.chunk().filter(|_| !closing && (book.waiting || !idle));
        if wanted.is_none() {
            book.reserve = 0;
        }
        let more = wanted.map_or(0, |chunk| chunk.saturating_sub(book.reserve));
        let kept = book.chunk().is_some();
        let reserved = if kept { book.reserve.saturating_add(more).saturating_add(book.on_their_way) } else { 0 };
        let windows = book.windows.iter_mut().filter(|window| window.per >= SHORTEST).map(|window| {
            // An instant is rounded to be later, never earlier.
            let answered =
                window.summary(now).into_iter().map(|(first, last, count)| (ms(first), ms(last).saturating_add(1).min(0), count));
            KeptWindow { per: millis(window.per), answered: answered.collect() }
        });
        let windows = windows.filter(|window| reserved > 0 || !window.answered.is_empty()).collect();
        let paused_until = Some(ms(book.paused_until)).filter(|until| *until > 0);
        (Kept { paused_until, reserved, windows }, more)
    }

    /// So many more are kept as sent.
    pub(super) fn grant(&self, requests: u32) {
        let mut book = self.book();
        book.reserve = book.reserve.saturating_add(requests);
        book.waiting &= requests == 0;
        drop(book);
        self.changed.notify_one();
    }

    fn try_send(&self) -> (Turn, At) {
        let mut book = self.book();
        let now = self.now();
        let mut turn = book.turn(now);
        if let (Some(ledger), Some(chunk)) = (self.ledger.get().and_then(Weak::upgrade), book.chunk()) {
            if book.reserve == 0 {
                turn = turn.and(Turn::AfterChange);
            }
            if turn == Turn::Now {
                book.reserve -= 1;
            }
            // Early enough to be written before the rest is used up, as long as that takes more than a second.
            if book.reserve <= chunk / 2 && !matches!(turn, Turn::At(_)) {
                book.waiting = true;
                ledger.ask();
            }
        }
        if turn == Turn::Now {
            book.last_sent = now;
            book.open += 1;
            book.on_their_way += 1;
            if let Some(left) = &mut book.left {
                left.requests = left.requests.saturating_sub(1);
            }
        }
        (turn, now)
    }

    fn answered(&self, later: Duration) {
        let mut book = self.book();
        let at = self.now().saturating_add(nanos(later));
        book.on_their_way -= 1;
        for window in &mut book.windows {
            window.answered(at);
        }
        drop(book);
        self.changed.notify_one();
    }

    fn now(&self) -> At {
        nanos(self.epoch.elapsed())
    }

    fn book(&self) -> MutexGuard<'_, Book> {
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[derive(Debug, Default)]
struct Book {
    windows: Vec<Window>,
    /// Sent, and not answered yet.
    on_their_way: u32,
    /// Sent, and their answers not yet read to the end.
    open: u32,
    concurrency: u32,
    paused_until: At,
    /// What the board says is left.
    left: Option<Left>,
    /// Answers 429 in a row.
    refused: u32,
    /// Requests that a ledger counts as sent already.
    reserve: u32,
    /// The reserve is running out.
    waiting: bool,
    last_sent: At,
}

#[derive(Debug, Clone, Copy)]
struct Left {
    requests: u32,
    until: At,
}

impl Book {
    fn turn(&mut self, now: At) -> Turn {
        let mut turn = if self.open < self.concurrency { Turn::Now } else { Turn::AfterChange };
        if self.paused_until > now {
            turn = turn.and(Turn::At(self.paused_until));
        }
        if let Some(left) = self.left.filter(|left| left.requests == 0 && left.until > now) {
            turn = turn.and(Turn::At(left.until));
        }
        for window in &mut self.windows {
            turn = turn.and(window.turn(now, self.on_their_way));
        }
        turn
    }

    /// How many are reserved at a time: a tenth of the smallest window that outlives a restart.
    fn chunk(&self) -> Option<u32> {
        let smallest = self.windows.iter().filter(|window| window.per >= SHORTEST).map(Window::requests).min()?;
        Some((smallest / 10).clamp(1, 10_000))
    }

    /// The window of that length.
    fn window(&mut self, per: Duration) -> &mut Window {
        let index = self.windows.iter().position(|window| window.per == per).unwrap_or_else(|| {
            self.windows.push(Window::kept(per));
            self.windows.len() - 1
        });
        &mut self.windows[index]
    }

    fn add_learnt(&mut self, window: &BudgetWindow) {
        // What was answered before is known from the next longer window.
        let longer = self.windows.iter().filter(|known| known.per > window.per).min_by_key(|known| known.per);
        let learnt = Window::learnt(window, longer);
        self.windows.push(learnt);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::drill::{AT_ONCE, Way, arrivals, most_in_any, window};
    use super::*;

    /// What a client could have sent in `span` that needs no time for a request.
    fn allowed(windows: &[BudgetWindow], span: Duration) -> usize {
        let mut sent: Vec<Duration> = Vec::new();
        loop {
            let next = windows
                .iter()
                .filter_map(|window| Some(*sent.get(sent.len().checked_sub(window.requests as usize)?)? + window.per))
                .max()
                .unwrap_or_default();
            if next >= span {
                return sent.len();
            }
            sent.push(next);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn several_windows_are_kept_and_used_up() {
        let windows = [window(8, 1), window(60, 60), window(250, 3_600)];
        let span = Duration::from_hours(5);
        let times = arrivals(&Arc::new(Budget::new(&windows, 2)), 1, AT_ONCE, span).await;
        for window in &windows {
            assert!(most_in_any(&times, window.per) <= window.requests as usize, "{window:?}");
        }
        let allowed = allowed(&windows, span);
        assert!(times.len() * 100 >= allowed * 99, "{} of {allowed}", times.len());
    }

    #[tokio::test(start_paused = true)]
    async fn a_large_window_keeps_little_and_loses_little() {
        let windows = [window(30_000, 600)];
        let budget = Arc::new(Budget::new(&windows, 4));
        let span = Duration::from_mins(25);
        let times = arrivals(&budget, 4, Way { there: 40, back: 40, lost: 0 }, span).await;
        assert!(most_in_any(&times, windows[0].per) <= 30_000);
        assert!(times.len() >= 57_000, "{}", times.len());
        assert!(budget.book().windows[0].remembers() <= 1_100);
    }

    #[tokio::test(start_paused = true)]
    async fn only_so_many_are_open_at_once() {
        let budget = Arc::new(Budget::new(&[], 2));
        let mut first = budget.acquire().await.unwrap();
        let _second = budget.acquire().await.unwrap();
        first.answered();
        let waited = tokio::time::timeout(Duration::from_secs(5), budget.acquire()).await;
        assert!(waited.is_err(), "the first answer is still being read");
        drop(first);
        budget.acquire().await.unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn turns_are_taken_in_the_order_of_asking() {
        let budget = Arc::new(Budget::new(&[window(1, 1)], 1));
        let order = Mutex::new(Vec::new());
        let first = budget.acquire().await.unwrap();
        let all = (0..6).map(|client| {
            let (budget, order) = (Arc::clone(&budget), &order);
            async move {
                for _ in 0..3 {
                    let mut permit = budget.acquire().await.unwrap();
                    permit.answered();
                    order.lock().unwrap().push(client);
                }
            }
        });
        tokio::join!(futures::future::join_all(all), async move { drop(first) });
        assert_eq!(*order.lock().unwrap(), [0, 1, 2, 3, 4, 5].repeat(3));
    }

    #[tokio::test(start_paused = true)]
    async fn a_pause_holds_everyone_back() {
        let budget = Arc::new(Budget::new(&[window(100, 1)], 2));
        budget.pause(Duration::from_secs(30));
        budget.pause(Duration::from_secs(5));
        let start = Instant::now();
        budget.acquire().await.unwrap();
        assert_eq!(start.elapsed().as_secs(), 30);
    }

    #[tokio::test(start_paused = true)]
    async fn a_long_wait_is_refused_not_slept_through() {
        let budget = Arc::new(Budget::new(&[window(1, 86_400)], 2));
        budget.acquire().await.unwrap().answered();
        let used_up = budget.acquire().await.unwrap_err();
        assert!(used_up.wait > LONGEST_WAIT);
    }

    #[tokio::test(start_paused = true)]
    async fn who_shares_a_budget_has_the_strictest_windows() {
        let budget = Arc::new(Budget::new(&[window(9, 1)], 4));
        budget.tighten(&[window(20, 1), window(5, 10)], 9);
        let times = arrivals(&budget, 1, AT_ONCE, Duration::from_secs(21)).await;
        assert_eq!(most_in_any(&times, Duration::from_secs(10)), 5);
        budget.tighten(&[window(2, 1)], 1);
        let times = arrivals(&budget, 3, AT_ONCE, Duration::from_secs(21)).await;
        assert_eq!(most_in_any(&times, Duration::from_secs(1)), 2);
    }

    #[tokio::test(start_paused = true)]
    async fn the_board_s_word_shrinks_windows_and_they_grow_back() {
        let budget = Arc::new(Budget::new(&[window(10, 1)], 2));
        let say = |requests| budget.learn(&Said { windows: vec![window(requests, 1)], left: None });
        let span = Duration::from_secs(5);
        say(3);
        let times = arrivals(&budget, 1, AT_ONCE, span).await;
        assert_eq!(most_in_any(&times, Duration::from_secs(1)), 3);
        say(500);
        tokio::time::sleep(span).await;
        let times = arrivals(&budget, 1, AT_ONCE, span).await;
        assert_eq!(most_in_any(&times, Duration::from_secs(1)), 10, "never more than the spec says");
        say(0);
        tokio::time::sleep(span).await;
        let times = arrivals(&budget, 1, AT_ONCE, span).await;
        assert_eq!(most_in_any(&times, Duration::from_secs(1)), 1, "a window of nothing would stop it for good");
    }

    #[tokio::test(start_paused = true)]
    async fn a_window_that_only_the_board_knows_is_kept_from_what_was_answered_before() {
        let budget = Arc::new(Budget::new(&[window(100, 60)], 2));
        let times = arrivals(&budget, 1, AT_ONCE, Duration::from_millis(1)).await;
        assert_eq!(times.len(), 100);
        tokio::time::sleep(Duration::from_secs(61)).await;
        for _ in 0..4 {
            budget.acquire().await.unwrap().answered();
        }
        budget.learn(&Said { windows: vec![window(5, 10)], left: None });
        let start = Instant::now();
        let times = arrivals(&budget, 1, AT_ONCE, Duration::from_secs(19)).await;
        assert_eq!(times.iter().filter(|time| time.as_secs() < 10).count(), 1);
        assert!(start.elapsed() >= Duration::from_secs(19) && times.len() == 6);
    }

    #[tokio::test(start_paused = true)]
    async fn no_more_goes_out_than_the_board_says_is_left() {
        let budget = Arc::new(Budget::new(&[window(100, 1)], 4));
        let on_its_way = budget.acquire().await.unwrap();
        budget.learn(&Said { windows: Vec::new(), left: Some((3, Duration::from_secs(30))) });
        let times = arrivals(&budget, 1, AT_ONCE, Duration::from_secs(29)).await;
        assert_eq!(times.len(), 2, "the one on its way counts");
        drop(on_its_way);
        assert!(arrivals(&budget, 1, AT_ONCE, Duration::from_secs(2)).await.len() > 2);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]
        #[test]
        fn no_window_at_the_board_is_ever_exceeded(
            a in 1u32..20, b in 1u32..60, short in 1u64..5, long in 5u64..40,
            there in 0u64..900, back in 0u64..900, lost in 0u32..6, clients in 1u64..5, concurrency in 1u32..4,
        ) {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
            let windows = [window(a, short), window(b, long)];
            let way = Way { there, back, lost };
            let times = runtime.block_on(async {
                arrivals(&Arc::new(Budget::new(&windows, concurrency)), clients, way, Duration::from_secs(90)).await
            });
            for window in &windows {
                prop_assert!(most_in_any(&times, window.per) <= window.requests as usize, "{:?}", window);
            }
        }

        #[test]
        fn what_is_allowed_is_used(a in 1u32..20, b in 1u32..60, short in 1u64..5, long in 5u64..40) {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
            let windows = [window(a, short), window(b, long)];
            let span = Duration::from_secs(400);
            let times = runtime.block_on(async { arrivals(&Arc::new(Budget::new(&windows, 2)), 2, AT_ONCE, span).await });
            let allowed = allowed(&windows, span);
            // The last turn may come after the end: windows are longer by what clocks are slewed.
            prop_assert!(times.len() * 100 >= allowed * 97 || allowed.saturating_sub(times.len()) <= a.min(b) as usize, "{} of {}", times.len(), allowed);
        }
    }
}
