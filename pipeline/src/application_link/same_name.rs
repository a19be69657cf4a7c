//! Cases that only a name can join: a mailbox or an export often tells no phone.
//!
//! The same whole name, the same channel, the same title and the same or the next local day make one case, but only where
//! nobody else can be meant. Applications that can be one are connected; where the connected ones hold two of one
//! connection, or two persons of different keys, it is unknown who is who: all stay apart, and the doubt is listed.

use super::application::{Application, Begun, Word};
use super::cases::{Basis, Cases};
use crate::sets::Sets;
use std::collections::{BTreeSet, HashMap};

/// A block is what has a name and a title in common.
type Block = (u64, Word);

/// Joins by name. Returns the groups that stay apart although they can be one person's, as lists of applications.
pub fn join_names(cases: &mut Cases<'_>) -> Vec<Vec<usize>> {
    let applications = cases.applications();
    let mut entries: Vec<(Block, i32, usize)> = Vec::new();
    for (at, application) in applications.iter().enumerate() {
        if let (true, Begun::On { day, .. }) = (application.title.is_told(), application.begun) {
            entries.extend(application.names.iter().map(|name| ((*name, application.title), day, at)));
        }
    }
    entries.sort_unstable_by(|a, b| (a.0, a.1, applications[a.2].key()).cmp(&(b.0, b.1, applications[b.2].key())));
    // Joining changes what the next block sees, so blocks go in an order that is the input's own.
    let mut blocks: Vec<&[(Block, i32, usize)]> = entries.chunk_by(|a, b| a.0 == b.0).filter(|block| block.len() > 1).collect();
    blocks.sort_by_key(|block| block.first().map(|((name, _), day, at)| (*day, applications[*at].key(), *name)));
    let mut doubts = Vec::new();
    for block in blocks {
        for group in connected(cases, block) {
            join_group(cases, &group, &mut doubts);
        }
    }
    doubts
}

/// Groups of a block: applications connected by pairs that can be one, and by being one case already.
fn connected(cases: &mut Cases<'_>, block: &[(Block, i32, usize)]) -> Vec<Vec<usize>> {
    let applications = cases.applications();
    let rules = cases.rules();
    let mut sets = Sets::new(block.len());
    let mut by_case: HashMap<usize, usize> = HashMap::new();
    for (at, (_, day, x)) in block.iter().enumerate() {
        let first = *by_case.entry(cases.case(*x)).or_insert(at);
        sets.join(first, at);
        for (next, (_, later, y)) in block.iter().enumerate().skip(at + 1) {
            if later.abs_diff(*day) > rules.adjacent_days {
                break;
            }
            let (x, y) = (&applications[*x], &applications[*y]);
            if !x.contradicts(y) && x.can_be(y, rules) {
                sets.join(at, next);
            }
        }
    }
    let mut groups: HashMap<usize, Vec<usize>> = HashMap::new();
    for (at, (_, _, application)) in block.iter().enumerate() {
        groups.entry(sets.root(at)).or_default().push(*application);
    }
    let mut groups: Vec<(usize, Vec<usize>)> = groups.into_iter().filter(|(_, group)| group.len() > 1).collect();
    groups.sort_unstable();
    groups.into_iter().map(|(_, group)| group).collect()
}

fn join_group(cases: &mut Cases<'_>, group: &[usize], doubts: &mut Vec<Vec<usize>>) {
    let first = cases.case(group[0]);
    if group.iter().all(|at| cases.case(*at) == first) {
        return;
    }
    let sure = nobody_else(cases.applications(), group) && cases.join_all(group, Basis::NAME_TITLE_DAY);
    if !sure {
        doubts.push(group.to_vec());
    }
}

/// One application a connection, and at most one person with keys.
fn nobody_else(applications: &[Application], group: &[usize]) -> bool {
    let connections: BTreeSet<u16> = group.iter().map(|at| applications[*at].connection).collect();
    let persons: BTreeSet<u64> = group.iter().filter(|at| applications[**at].linkable).map(|at| applications[*at].person).collect();
    connections.len() == group.len() && persons.len() < 2
}
