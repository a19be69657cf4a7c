//! The sliding-window log of a budget, without a clock of its own: every instant is handed in.
//!
//! A request reaches the board somewhere between being sent and being answered. A window of N requests
//! per W lets one more go only when fewer than N others are on their way or were answered less than
//! W ago. Take any N + 1 requests and let *s* be the instant at which the last of them was sent: one of
//! the others had been answered, so had reached the board, at least W before *s*, and the last one
//! reached it after *s*. So no span of length W at the board holds all N + 1, however
//! long each of them was on its way.

use std::collections::VecDeque;
use std::time::Duration;

use crate::spec::BudgetWindow;

/// Nanoseconds since the budget was made; negative before it.
pub(super) type At = i64;

/// A clock that is slewed to keep time may run fast by this part (500 ppm), so windows are longer by it.
const SLEW: i64 = 2_000;

/// A log longer than this puts answers together that are closer than the window's length divided by it.
const EXACT: usize = 512;

/// Parts of a window in a file.
const COARSE: i64 = 64;

/// When a request may go out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Turn {
    /// At once.
    Now,
    /// Not before then.
    At(At),
    /// Only after something else: an answer to one that is on its way, or a reserve.
    AfterChange,
}

impl Turn {
    /// The later of two; an instant that is known counts for more than one that is not.
    pub(super) fn and(self, other: Turn) -> Turn {
        match (self, other) {
            (Turn::At(a), Turn::At(b)) => Turn::At(a.max(b)),
            (Turn::At(a), _) | (_, Turn::At(a)) => Turn::At(a),
            (Turn::AfterChange, _) | (_, Turn::AfterChange) => Turn::AfterChange,
            (Turn::Now, Turn::Now) => Turn::Now,
        }
    }
}

/// Requests that were answered between `first` and `last`; all count until `last` has left the window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Answered {
    first: At,
    last: At,
    count: u64,
}

/// One window of a budget and what was answered in it.
#[derive(Debug)]
pub(super) struct Window {
    pub(super) per: Duration,
    /// What holds now: the spec's number or what the board says, whichever is smaller.
    requests: u32,
    /// The spec's; with none, only the board knows of this window.
    spec: Option<u32>,
    span: i64,
    log: VecDeque<Answered>,
    logged: u64,
}

impl Window {
    pub(super) fn new(window: &BudgetWindow) -> Window {
        let span = nanos(window.per);
        // A window that lets nothing through would stop a connection for good.
        let requests = window.requests.max(1);
        let span = span.saturating_add(span / SLEW);
        Window { per: window.per, requests, spec: Some(requests), span, log: VecDeque::new(), logged: 0 }
    }

    /// A window that only the board knows; what was answered before it said so is in a longer one.
    pub(super) fn learnt(window: &BudgetWindow, longer: Option<&Window>) -> Window {
        let known = longer.map(|longer| (longer.log.clone(), longer.logged)).unwrap_or_default();
        Window { spec: None, log: known.0, logged: known.1, ..Window::new(window) }
    }

    /// Another connection's spec or settings allow so many.
    pub(super) fn tighten(&mut self, requests: u32) {
        let spec = self.spec.unwrap_or(u32::MAX).min(requests.max(1));
        self.spec = Some(spec);
        self.requests = self.requests.min(spec);
    }

    /// The board allows so many.
    pub(super) fn said(&mut self, requests: u32) {
        self.requests = requests.clamp(1, self.spec.unwrap_or(u32::MAX));
    }

    /// A window that was kept by an earlier process, until spec or board say what it allows.
    pub(super) fn kept(per: Duration) -> Window {
        Window { spec: None, ..Window::new(&BudgetWindow { requests: u32::MAX, per }) }
    }

    /// Takes what was answered before this window was made; in order of time.
    pub(super) fn restore(&mut self, answered: impl IntoIterator<Item = (At, At, u64)>) {
        for (first, last, count) in answered {
            self.log.push_back(Answered { first, last, count });
            self.logged += count;
        }
    }

    /// What was answered, put together in parts of the window as coarse as a file wants them.
    pub(super) fn summary(&mut self, now: At) -> Vec<(At, At, u64)> {
        self.forget(now);
        let mut all: Vec<(At, At, u64)> = Vec::new();
        for answered in &self.log {
            match all.last_mut() {
                Some((first, last, count)) if answered.last - *first < self.span / COARSE => {
                    *last = answered.last;
                    *count += answered.count;
                }
                _ => all.push((answered.first, answered.last, answered.count)),
            }
        }
        all
    }

    /// The number that holds now.
    pub(super) fn requests(&self) -> u32 {
        self.requests
    }

    /// When one more may go out while `on_their_way` are not answered yet.
    pub(super) fn turn(&mut self, now: At, on_their_way: u32) -> Turn {
        self.forget(now);
        let used = self.logged + u64::from(on_their_way);
        let Some(over) = (used + 1).checked_sub(u64::from(self.requests)).filter(|over| *over > 0) else { return Turn::Now };
        let mut freed = 0;
        for answered in &self.log {
            freed += answered.count;
            if freed >= over {
                return Turn::At(answered.last.saturating_add(self.span));
            }
        }
        Turn::AfterChange
    }

    /// A request was answered, or given up, at `at` at the latest.
    pub(super) fn answered(&mut self, at: At) {
        self.logged += 1;
        let grain = if self.log.len() < EXACT { 0 } else { self.span / EXACT as i64 };
        match self.log.back_mut() {
            Some(latest) if at <= latest.last || at - latest.first < grain => {
                latest.last = latest.last.max(at);
                latest.count += 1;
            }
            _ => self.log.push_back(Answered { first: at, last: at, count: 1 }),
        }
    }

    /// Entries of its log.
    #[cfg(test)]
    pub(super) fn remembers(&self) -> usize {
        self.log.len()
    }

    fn forget(&mut self, now: At) {
        while let Some(oldest) = self.log.front().filter(|oldest| oldest.last.saturating_add(self.span) <= now) {
            self.logged -= oldest.count;
            self.log.pop_front();
        }
    }
}

pub(super) fn nanos(duration: Duration) -> i64 {
    i64::try_from(duration.as_nanos()).unwrap_or(i64::MAX)
}
