//! What somebody decided about rows: that they are one person, or that they are not.

use super::rows::Rows;
use crate::decisions::Decision;
use std::collections::HashSet;

/// Decisions by number of row.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Decided {
    same: Vec<Vec<u32>>,
    different: HashSet<(u32, u32)>,
    named: HashSet<u32>,
}

impl Decided {
    /// Decisions about rows that are there. A key that is not decides nothing until it comes: a case may be taken back, or the
    /// person erased.
    pub fn of(decisions: &[Decision], rows: &Rows) -> Self {
        let mut decided = Self::default();
        for decision in decisions {
            let (Decision::Same(keys) | Decision::Different(keys)) = decision;
            let here = keys.iter().filter_map(|(connection, id)| u32::try_from(rows.find(connection, id)?).ok()).collect::<Vec<_>>();
            match decision {
                _ if here.len() < 2 => {}
                Decision::Same(_) => decided.are_one(here),
                Decision::Different(_) => decided.are_not_one(&here),
            }
        }
        decided
    }

    /// These rows are one person.
    pub fn are_one(&mut self, rows: Vec<u32>) {
        self.named.extend(&rows);
        self.same.push(rows);
    }

    /// These rows are as many people.
    pub fn are_not_one(&mut self, rows: &[u32]) {
        self.named.extend(rows);
        for (at, a) in rows.iter().enumerate() {
            self.different.extend(rows[at + 1..].iter().map(|b| (*a.min(b), *a.max(b))));
        }
    }

    /// Groups of rows that are one person.
    pub(super) fn same(&self) -> &[Vec<u32>] {
        &self.same
    }

    /// All rows that a decision names, sorted.
    pub(super) fn rows(&self) -> impl Iterator<Item = u32> {
        let mut rows: Vec<u32> = self.named.iter().copied().collect();
        rows.sort_unstable();
        rows.into_iter()
    }

    /// Whether a decision names the row.
    pub(super) fn names(&self, row: u32) -> bool {
        self.named.contains(&row)
    }

    /// Whether the two are different people.
    pub(super) fn are_different(&self, a: u32, b: u32) -> bool {
        self.different.contains(&(a.min(b), a.max(b)))
    }
}
