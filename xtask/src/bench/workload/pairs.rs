//! How well a grouping agrees with the true one, over pairs of members.

use serde::Serialize;
use std::collections::HashMap;
use std::hash::Hash;

/// Precision, recall and their harmonic mean over all pairs that stand together.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Agreement {
    /// Of the pairs that were put together, the share that belongs together.
    pub precision: f64,
    /// Of the pairs that belong together, the share that was put together.
    pub recall: f64,
    /// Harmonic mean of both.
    pub f1: f64,
    /// Groups that were made.
    pub groups: usize,
    /// True groups.
    pub true_groups: usize,
}

/// Compares groupings of the same members: of each member the group it was put into, and the one it belongs to.
pub fn agreement<'m, G: Hash + Eq + 'm, T: Hash + Eq + 'm>(members: impl IntoIterator<Item = (&'m G, &'m T)>) -> Agreement {
    let (mut made, mut truth, mut both) = (HashMap::new(), HashMap::new(), HashMap::new());
    for (group, of) in members {
        *made.entry(group).or_insert(0_u64) += 1;
        *truth.entry(of).or_insert(0_u64) += 1;
        *both.entry((group, of)).or_insert(0_u64) += 1;
    }
    let (right, put, wanted) = (pairs(both.values()), pairs(made.values()), pairs(truth.values()));
    let share = |of: u64| if of == 0 { 1.0 } else { right as f64 / of as f64 };
    let (precision, recall) = (share(put), share(wanted));
    let f1 = if precision + recall > 0.0 { 2.0 * precision * recall / (precision + recall) } else { 0.0 };
    Agreement { precision, recall, f1, groups: made.len(), true_groups: truth.len() }
}

fn pairs<'n>(sizes: impl Iterator<Item = &'n u64>) -> u64 {
    sizes.map(|n| n * (n - 1) / 2).sum()
}

#[cfg(test)]
mod tests {
    use super::agreement;

    fn of(made: &[u32], truth: &[u32]) -> super::Agreement {
        agreement(made.iter().zip(truth))
    }

    #[test]
    fn pairs_are_counted_and_not_groups() {
        // True pairs: 12, 13, 23, 45. Made: 12, 34. One of the two is right, one of the four is found.
        let told = of(&[1, 1, 2, 2, 3], &[7, 7, 7, 8, 8]);
        assert!((told.precision - 0.5).abs() < 1e-9 && (told.recall - 0.25).abs() < 1e-9, "{told:?}");
        assert!((told.f1 - 1.0 / 3.0).abs() < 1e-9, "{told:?}");
        assert_eq!((told.groups, told.true_groups), (3, 2));
    }

    #[test]
    fn the_names_of_groups_do_not_matter_and_singletons_make_no_pairs() {
        let same = of(&[5, 5, 9], &[1, 1, 2]);
        assert!((same.f1 - 1.0).abs() < 1e-9);
        let apart = of(&[1, 2, 3], &[1, 1, 2]);
        assert!(apart.recall.abs() < 1e-9 && apart.f1.abs() < 1e-9 && (apart.precision - 1.0).abs() < 1e-9, "{apart:?}");
    }
}
