//! What somebody decided about rows: that they are one person, or that they are not.

use super::rows::Rows;
use crate::decisions::{Decision, Key};
use std::collections::{HashMap, HashSet};
use std::io;

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
    ///
    /// # Errors
    /// When the disk cannot be read.
    pub fn of(decisions: &[Decision], rows: &mut Rows) -> io::Result<Self> {
        let mut decided = Self::default();
        let keys = |decision: &Decision| match decision {
            Decision::Same(keys) | Decision::Different(keys) => keys.clone(),
        };
        let mut numbers: HashMap<Key, Option<u32>> = decisions.iter().flat_map(keys).map(|key| (key, None)).collect();
        if numbers.is_empty() {
            return Ok(decided);
        }
        rows.read()?.each(|row| {
            if let Some(number) = numbers.get_mut(&(row.connection.to_owned(), row.source_id.to_owned())) {
                *number = Some(row.number);
            }
        })?;
        for decision in decisions {
            let here: Vec<u32> = keys(decision).iter().filter_map(|key| numbers[key]).collect();
            match decision {
                _ if here.len() < 2 => {}
                Decision::Same(_) => decided.are_one(here),
                Decision::Different(_) => decided.are_not_one(&here),
            }
        }
        Ok(decided)
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
