//! One to one: equal amounts of the same party and currency, nearest day first.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};

use super::{Basis, Board, LEDGER, OTHER};

/// Pairs what is free, at most `within` days apart.
pub(super) fn by_amount(board: &mut Board, within: i32) {
    let mut buckets: BTreeMap<(u32, u32, i64), [Vec<usize>; 2]> = BTreeMap::new();
    for side in [OTHER, LEDGER] {
        for position in board.free_of(side) {
            let item = board.item(side, position);
            if item.party != 0 && item.amount != 0 {
                buckets.entry((item.party, item.currency, item.amount)).or_default()[side].push(position);
            }
        }
    }
    for [other, ledger] in buckets.into_values() {
        for (one, line) in nearest(board, &other, &ledger, within) {
            board.matched(&[one], &[line], Basis::Amount);
        }
    }
}

/// Pairs of positions of both sides, the nearest in days first: the next pair is always one of neighbours in time, since of three in a row
/// the middle one is nearer to either end. So neighbours are held in a heap, and whoever becomes neighbours when a pair leaves joins it.
pub(super) fn nearest(board: &Board, other: &[usize], ledger: &[usize], within: i32) -> Vec<(usize, usize)> {
    if other.is_empty() || ledger.is_empty() {
        return Vec::new();
    }
    let mut row: Vec<(i32, usize, usize)> = Vec::with_capacity(other.len() + ledger.len());
    row.extend(ledger.iter().map(|position| (board.item(LEDGER, *position).day, LEDGER, *position)));
    row.extend(other.iter().map(|position| (board.item(OTHER, *position).day, OTHER, *position)));
    row.sort_unstable();
    let mut before: Vec<usize> = (0..row.len()).map(|at| at.wrapping_sub(1)).collect();
    let mut after: Vec<usize> = (1..=row.len()).collect();
    let mut gone = vec![false; row.len()];
    let mut heap = BinaryHeap::new();
    let offer = |heap: &mut BinaryHeap<_>, left: usize, right: usize| {
        if let (Some(a), Some(b)) = (row.get(left), row.get(right))
            && a.1 != b.1
            && b.0 - a.0 <= within
        {
            heap.push(Reverse((b.0 - a.0, left, right)));
        }
    };
    for at in 1..row.len() {
        offer(&mut heap, at - 1, at);
    }
    let mut pairs = Vec::new();
    while let Some(Reverse((_, left, right))) = heap.pop() {
        if gone[left] || gone[right] {
            continue;
        }
        (gone[left], gone[right]) = (true, true);
        let (a, b) = (row[left], row[right]);
        pairs.push(if a.1 == OTHER { (a.2, b.2) } else { (b.2, a.2) });
        let (outer_left, outer_right) = (before[left], after[right]);
        if let Some(next) = after.get_mut(outer_left) {
            *next = outer_right;
        }
        if let Some(previous) = before.get_mut(outer_right) {
            *previous = outer_left;
        }
        offer(&mut heap, outer_left, outer_right);
    }
    pairs.sort_unstable();
    pairs
}
