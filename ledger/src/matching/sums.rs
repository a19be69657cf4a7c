//! One line of a side for several of the other: the lines of one document, or of one day (or month) of a party, that come to the same sum.

use std::collections::BTreeMap;

use super::{Basis, Board, LEDGER, OTHER};

/// What holds several lines together, the surer first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Bond {
    Document,
    Day,
    Month,
}

/// Several lines that may be one payment.
struct Several {
    bond: Bond,
    positions: Vec<usize>,
    sum: i128,
}

/// One line that is worth as much as several.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Fit {
    bond: Bond,
    days: i32,
    one: usize,
    several: usize,
}

/// Matches free lines of side `one` to several of the other side, at most `within` days from the nearest of them; `months` also takes all of a calendar
/// month together. Repeated while it finds something: what is left of a day may be another payment.
pub(super) fn one_to_several(board: &mut Board, one: usize, within: i32, months: bool) {
    while pass(board, one, within, months) {}
}

fn pass(board: &mut Board, one: usize, within: i32, months: bool) -> bool {
    let several = gathered(board, 1 - one, months);
    let mut by_sum: BTreeMap<(u32, u32, i128), Vec<usize>> = BTreeMap::new();
    for (at, group) in several.iter().enumerate() {
        if let Some(first) = group.positions.first().map(|position| board.item(1 - one, *position)) {
            by_sum.entry((first.party, first.currency, group.sum)).or_default().push(at);
        }
    }
    let mut fits: Vec<Fit> = Vec::new();
    for position in board.free_of(one) {
        let item = board.item(one, position);
        for at in by_sum.get(&(item.party, item.currency, i128::from(item.amount))).into_iter().flatten() {
            let Some(group) = several.get(*at) else { continue };
            let days = group.positions.iter().map(|position| (board.item(1 - one, *position).day - item.day).abs()).min();
            if let Some(days) = days.filter(|days| *days <= within) {
                fits.push(Fit { bond: group.bond, days, one: position, several: *at });
            }
        }
    }
    fits.sort_unstable();
    let mut found = false;
    for fit in fits {
        let Some(group) = several.get(fit.several) else { continue };
        if board.is_free(one, fit.one) && group.positions.iter().all(|position| board.is_free(1 - one, *position)) {
            let (other, ledger) =
                if one == OTHER { (vec![fit.one], group.positions.clone()) } else { (group.positions.clone(), vec![fit.one]) };
            board.matched(&other, &ledger, Basis::Sum);
            found = true;
        }
    }
    found
}

/// Free lines of a side that stand together, two at least and not worth nothing.
fn gathered(board: &Board, side: usize, months: bool) -> Vec<Several> {
    let mut groups: BTreeMap<(Bond, u32, u32, i64), Vec<usize>> = BTreeMap::new();
    for position in board.free_of(side) {
        let item = board.item(side, position);
        if item.party == 0 {
            continue;
        }
        let mut put = |bond: Bond, what: i64| groups.entry((bond, item.party, item.currency, what)).or_default().push(position);
        // A line of several documents stands with none of them.
        if let [document] = item.documents.as_slice() {
            put(Bond::Document, i64::from(*document));
        }
        put(Bond::Day, i64::from(item.day));
        if months {
            put(Bond::Month, i64::from(item.month));
        }
    }
    let several = groups.into_iter().filter(|(_, positions)| positions.len() > 1);
    let summed = several.map(|((bond, ..), positions)| Several { bond, sum: board.sum(side, &positions), positions });
    summed.filter(|group| group.sum != 0).collect()
}

/// Invoices that say which period of service they are for: all free lines of their party in it, where they come to the same sum.
pub(super) fn by_period(board: &mut Board, period: &dyn Fn(usize) -> Option<(i32, i32)>) {
    let mut by_party: BTreeMap<(u32, u32), Vec<usize>> = BTreeMap::new();
    for position in board.free_of(LEDGER) {
        let item = board.item(LEDGER, position);
        by_party.entry((item.party, item.currency)).or_default().push(position);
    }
    for position in board.free_of(OTHER) {
        let item = board.item(OTHER, position);
        let Some((from, to)) = period(item.at).filter(|_| item.party != 0 && item.amount != 0) else { continue };
        let lines = by_party.get(&(item.party, item.currency)).map_or(&[][..], Vec::as_slice);
        let within = |at: &usize| board.is_free(LEDGER, *at) && (from..=to).contains(&board.item(LEDGER, *at).day);
        let first = lines.partition_point(|at| board.item(LEDGER, *at).day < from);
        let lines: Vec<usize> =
            lines.iter().skip(first).take_while(|at| board.item(LEDGER, **at).day <= to).copied().filter(|at| within(at)).collect();
        if lines.len() > 1 && board.sum(LEDGER, &lines) == i128::from(item.amount) {
            board.matched(&[position], &lines, Basis::Sum);
        }
    }
}
