//! Which months are closed, and which may be closed or reopened next: rules alone.

use chrono::{Days, NaiveDate};
use inflow_store::ClosingRow;

use super::Month;
use super::refusal::Refusal;

/// All closings there were, in the order in which they were made.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Books(pub(crate) Vec<ClosingRow>);

/// What the next closing would be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Next {
    /// How often the month will have been closed.
    pub(crate) number: u32,
    /// Running number.
    pub(crate) sequence: u32,
    /// First service day that it freezes.
    pub(crate) from: NaiveDate,
}

impl Books {
    /// Closings that were not reopened, earliest month first.
    pub(crate) fn in_force(&self) -> impl Iterator<Item = &ClosingRow> {
        let mut rows: Vec<&ClosingRow> = self.0.iter().filter(|row| row.reopened_at.is_none()).collect();
        rows.sort_by_key(|row| row.month);
        rows.into_iter()
    }

    /// The last closed month.
    pub(crate) fn last(&self) -> Option<&ClosingRow> {
        self.in_force().last()
    }

    /// First day of the first month that is open; absent: nothing is closed.
    pub(crate) fn open_day(&self) -> Option<NaiveDate> {
        self.last().and_then(|row| row.to_day.checked_add_days(Days::new(1)))
    }

    /// Counts closings and reopenings: two states of the books never have the same.
    pub(crate) fn generation(&self) -> usize {
        self.0.len() + self.0.iter().filter(|row| row.reopened_at.is_some()).count()
    }

    /// Whether a month may be closed on this day of the company's, in this base currency. Months are closed one after the other; the first one
    /// that is closed takes all before it with it.
    pub(crate) fn may_close(&self, month: Month, today: NaiveDate, base: &str) -> Result<Next, Refusal> {
        if today <= month.last() {
            return Err(Refusal::NotOver { month, today });
        }
        if let Some(last) = self.last() {
            let closed = Month::of(last.month);
            if month <= closed {
                return Err(Refusal::Closed { month, last: closed, at: last.closed_at, by: last.closed_by.clone() });
            }
            if month != closed.next() {
                return Err(Refusal::NotNext { month, next: closed.next() });
            }
            if last.base != base {
                return Err(Refusal::OtherCurrency { last: closed, was: last.base.clone(), is: base.to_owned() });
            }
        }
        Ok(Next {
            number: self.0.iter().filter(|row| row.month == month.first()).map(|row| row.number).max().unwrap_or(0) + 1,
            sequence: self.0.iter().map(|row| row.sequence).max().unwrap_or(0) + 1,
            from: if self.last().is_some() { month.first() } else { NaiveDate::default() },
        })
    }

    /// The closing that is reopened with a month: only the last one can be, since later ones hold what changed in it.
    pub(crate) fn may_reopen(&self, month: Month) -> Result<&ClosingRow, Refusal> {
        let last = self.last().ok_or(Refusal::NoneClosed { month })?;
        if last.month == month.first() { Ok(last) } else { Err(Refusal::NotLast { month, last: Month::of(last.month) }) }
    }

    /// The books with a closing noted: a new one, or one that is reopened.
    pub(crate) fn with(&self, row: &ClosingRow) -> Self {
        let mut rows: Vec<ClosingRow> = self.0.iter().filter(|known| known.sequence != row.sequence).cloned().collect();
        rows.push(row.clone());
        rows.sort_by_key(|row| row.sequence);
        Self(rows)
    }
}

#[cfg(test)]
mod tests;
