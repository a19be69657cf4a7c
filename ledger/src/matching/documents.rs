//! By the documents that lines name: an order, a bill, an invoice's number.

use std::collections::{BTreeMap, HashMap};

use super::pairs::nearest;
use super::{Basis, Board, LEDGER, OTHER};

/// What one document, or several that one line names together, holds of both sides.
type Parts = [Vec<usize>; 2];

/// Matches what names the same documents. Of lines that are tied by documents, those of equal amounts are pairs; the rest is one match where both
/// sides come to the same sum. Where they do not and a side has one line, the amounts differ; of more lines on both sides (a contract that
/// many payments name) nobody knows which is meant, and they stay free.
pub(super) fn by_document(board: &mut Board, basis: Basis) {
    for tied in components(board) {
        settle(board, tied, basis);
    }
}

fn settle(board: &mut Board, [other, ledger]: Parts, basis: Basis) {
    let ties = board.sum(OTHER, &other) == board.sum(LEDGER, &ledger);
    let pairs = equal_pairs(board, &other, &ledger);
    let rest = |side: usize, all: &[usize]| -> Vec<usize> {
        let paired = |position: &usize| pairs.iter().any(|pair| if side == OTHER { pair.0 == *position } else { pair.1 == *position });
        all.iter().copied().filter(|position| !paired(position)).collect()
    };
    let (more_other, more_ledger) =
        if pairs.is_empty() { (other.clone(), ledger.clone()) } else { (rest(OTHER, &other), rest(LEDGER, &ledger)) };
    // What is left on one side alone cancels itself out: a line, its reversal and the line again. It belongs to the rest.
    if ties && more_other.is_empty() != more_ledger.is_empty() {
        board.matched(&other, &ledger, basis);
        return;
    }
    for (one, line) in pairs {
        board.matched(&[one], &[line], basis);
    }
    if more_other.is_empty() || more_ledger.is_empty() {
        return;
    }
    if ties {
        board.matched(&more_other, &more_ledger, basis);
    } else if more_other.len() == 1 || more_ledger.len() == 1 {
        board.disputed(&more_other, &more_ledger, basis);
    }
}

/// One to one by equal amounts, nearest days first, however far.
fn equal_pairs(board: &Board, other: &[usize], ledger: &[usize]) -> Vec<(usize, usize)> {
    let mut by_amount: BTreeMap<i64, Parts> = BTreeMap::new();
    for (side, positions) in [(OTHER, other), (LEDGER, ledger)] {
        for position in positions {
            by_amount.entry(board.item(side, *position).amount).or_default()[side].push(*position);
        }
    }
    by_amount.into_values().flat_map(|[other, ledger]| nearest(board, &other, &ledger, i32::MAX / 2)).collect()
}

/// Free lines that are tied by documents of one currency, and of parties that do not contradict each other; with both sides, in their order.
fn components(board: &Board) -> Vec<Parts> {
    // Of a document and currency, the parties of the ledger lines that name it.
    let mut nodes: HashMap<(u32, u32), Vec<(u32, usize)>> = HashMap::new();
    let mut ties = Ties::default();
    let (others, lines) = (board.free_of(OTHER), board.free_of(LEDGER));
    let mut of_line: Vec<(usize, usize)> = Vec::new();
    for position in &lines {
        let item = board.item(LEDGER, *position);
        let mut own = None;
        for document in &item.documents {
            let parties = nodes.entry((*document, item.currency)).or_default();
            let known = parties.iter().find(|(party, _)| *party == item.party).map(|(_, node)| *node);
            let node = known.unwrap_or_else(|| ties.add());
            if known.is_none() {
                parties.push((item.party, node));
            }
            match own {
                None => own = Some(node),
                Some(first) => ties.join(first, node),
            }
        }
        of_line.extend(own.map(|node| (*position, node)));
    }
    let mut of_other: Vec<(usize, usize)> = Vec::new();
    for position in &others {
        let item = board.item(OTHER, *position);
        let mut own = None;
        for document in &item.documents {
            for (party, node) in nodes.get(&(*document, item.currency)).into_iter().flatten() {
                if *party != 0 && item.party != 0 && *party != item.party {
                    continue;
                }
                match own {
                    None => own = Some(*node),
                    Some(first) => ties.join(first, *node),
                }
            }
        }
        of_other.extend(own.map(|node| (*position, node)));
    }
    let mut parts: BTreeMap<usize, Parts> = BTreeMap::new();
    for (side, nodes) in [(OTHER, of_other), (LEDGER, of_line)] {
        for (position, node) in nodes {
            parts.entry(ties.root(node)).or_default()[side].push(position);
        }
    }
    let mut parts: Vec<Parts> = parts.into_values().filter(|[other, ledger]| !other.is_empty() && !ledger.is_empty()).collect();
    parts.sort_unstable();
    parts
}

/// Disjoint sets.
#[derive(Default)]
struct Ties(Vec<usize>);

impl Ties {
    fn add(&mut self) -> usize {
        self.0.push(self.0.len());
        self.0.len() - 1
    }

    fn root(&mut self, mut node: usize) -> usize {
        while let Some(up) = self.0.get(node).copied().filter(|up| *up != node) {
            let top = self.0.get(up).copied().unwrap_or(up);
            if let Some(slot) = self.0.get_mut(node) {
                *slot = top;
            }
            node = top;
        }
        node
    }

    fn join(&mut self, a: usize, b: usize) {
        let (a, b) = (self.root(a), self.root(b));
        if let Some(slot) = self.0.get_mut(a.max(b)) {
            *slot = a.min(b);
        }
    }
}
