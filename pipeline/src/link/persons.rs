//! Rows to persons: pairs that share a key are weighed, and the strongest are joined first.
//!
//! Rows that say the same are one node. Nodes that share a key ([`keys`]) are weighed pair by pair. Then, from the greatest weight down,
//! two groups become one when all that both of them tell, weighed together, still says so: a row that could be either of two people goes
//! to the one it fits better, and does not make one of them. Weights are whole numbers, equal ones go by the rank of the keys, and
//! a desk is told by the set of its rows: the order in which rows came changes nothing.

use super::decided::Decided;
use super::desk::{is_desk, namesake};
use super::evidence::{Basis, Facts, weigh};
use super::model::{Model, Weight};
use super::rows::{Days, Kind, Rows};
use crate::sets::Sets;
use std::collections::{HashMap, HashSet};

/// Of a key that more nodes share (one name, many relay addresses), each is weighed against the next ones that say so many
/// different things.
const NEIGHBOURS: usize = 32;

/// And against no more than this, however alike they are.
const MOST_ALIKE: usize = 8 * NEIGHBOURS;

/// Who is who.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Persons {
    /// The smallest row of the person of each row.
    pub person: Vec<u32>,
    /// Why each row is joined to others.
    pub basis: Vec<Basis>,
    /// The smallest row that any evidence leads to from each row, joined or not: what one row says can change nothing beyond.
    pub component: Vec<u32>,
}

/// Rows that say the same and are known to be one person; most often one row.
struct Nodes {
    /// The node of each row.
    of: Vec<u32>,
    /// The first row of each node.
    first: Vec<u32>,
    /// The first node that says the same as each node: alike nodes are apart when nothing but a desk's key is in them.
    said: Vec<u32>,
    days: Vec<Days>,
    rows: Vec<u32>,
}

/// A pair worth joining.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Edge {
    weight: Weight,
    a: u32,
    b: u32,
    basis: Basis,
}

/// Finds the person of each row.
pub fn persons(rows: &Rows, model: &Model, decided: &Decided) -> Persons {
    let desks = desks(rows);
    let nodes = nodes(rows, &desks, decided);
    let edges = edges(rows, model, &nodes, &desks);
    let mut groups = Groups::new(rows, model, &nodes, decided);
    let mut basis = groups.join_decided();
    for edge in &edges {
        groups.join(*edge);
    }
    for edge in &edges {
        if groups.sets.root(edge.a as usize) == groups.sets.root(edge.b as usize) {
            for node in [edge.a, edge.b] {
                basis[node as usize] = basis[node as usize].with(edge.basis);
            }
        }
    }
    let person = nodes.of.iter().map(|node| nodes.first[groups.sets.root(*node as usize)]).collect();
    let mut reach = Sets::new(nodes.first.len());
    for edge in &edges {
        reach.join(edge.a as usize, edge.b as usize);
    }
    for group in decided.same() {
        for row in group {
            reach.join(nodes.of[group[0] as usize] as usize, nodes.of[*row as usize] as usize);
        }
    }
    let component = nodes.of.iter().map(|node| nodes.first[reach.root(*node as usize)]).collect();
    let of_row = |row: usize| {
        let node = nodes.of[row] as usize;
        let alike = if nodes.rows[node] > 1 { own_keys(rows.values(row), &desks) } else { Basis::default() };
        basis[node].with(alike)
    };
    Persons { person, basis: (0..rows.len()).map(of_row).collect(), component }
}

/// Phones, mails and numbers in mails that are desks'.
fn desks(rows: &Rows) -> HashSet<u64> {
    let mut keys: Vec<(u64, u32)> = Vec::new();
    for (row, number) in (0..rows.len()).zip(0..) {
        keys.extend(rows.values(row).iter().take_while(|value| **value < Kind::Name.value(0)).map(|value| (*value, number)));
    }
    keys.sort_unstable();
    keys.chunk_by(|a, b| a.0 == b.0)
        .filter(|group| group.len() > super::desk::DESK_LIMIT && is_desk(rows, group[0].0, &group.iter().map(|(_, row)| *row)))
        .map(|group| group[0].0)
        .collect()
}

/// The phones and mails of a row by which it can be joined.
fn own_keys(values: &[u64], desks: &HashSet<u64>) -> Basis {
    let usable = |kind: Kind| kind.among(values).iter().any(|value| !desks.contains(value));
    [(Kind::Phone, Basis::PHONE), (Kind::Mail, Basis::MAIL)]
        .into_iter()
        .filter(|(kind, _)| usable(*kind))
        .fold(Basis::default(), |all, (_, basis)| all.with(basis))
}

fn nodes(rows: &Rows, desks: &HashSet<u64>, decided: &Decided) -> Nodes {
    let mut nodes = Nodes { of: Vec::with_capacity(rows.len()), first: Vec::new(), said: Vec::new(), days: Vec::new(), rows: Vec::new() };
    let mut alike: HashMap<&[u64], u32> = HashMap::new();
    let mut sayings: HashMap<&[u64], u32> = HashMap::new();
    for (row, number) in (0..rows.len()).zip(0_u32..) {
        let values = rows.values(row);
        let said = &values[..values.len() - Kind::Posting.among(values).len()];
        let whole = !Kind::Erased.among(values).is_empty() || own_keys(values, desks) != Basis::default();
        let next = u32::try_from(nodes.first.len()).unwrap_or(u32::MAX);
        let node = if whole && !decided.names(number) { *alike.entry(said).or_insert(next) } else { next };
        if node == next {
            nodes.first.push(number);
            nodes.said.push(*sayings.entry(said).or_insert(next));
            nodes.days.push(Days::default());
            nodes.rows.push(0);
        }
        nodes.days[node as usize] = nodes.days[node as usize].with(rows.days(row));
        nodes.rows[node as usize] += 1;
        nodes.of.push(node);
    }
    nodes
}

impl Nodes {
    fn facts<'r>(&self, rows: &'r Rows, node: u32) -> Facts<'r> {
        let node = node as usize;
        Facts { values: rows.values(self.first[node] as usize), days: self.days[node] }
    }
}

/// The keys under which a node is compared with others.
fn keys(values: &[u64], desks: &HashSet<u64>) -> Vec<u64> {
    let before_names = values.iter().filter(|value| (Kind::Phone.value(0)..Kind::Name.value(0)).contains(value));
    let mut keys: Vec<u64> = before_names.filter(|value| !desks.contains(value)).copied().collect();
    let names = Kind::Name.among(values).iter().chain(Kind::LatinName.among(values));
    for name in names {
        keys.extend(Kind::Birth.among(values).iter().map(|birth| namesake(*name, *birth)));
    }
    keys
}

/// What a row is compared with others under, desks' keys included: who shares none of these with a row that changed is not
/// compared with it, does not share a desk with it, and is not one with it for saying the same.
pub(super) fn compared(values: &[u64]) -> Vec<u64> {
    let mut keys = keys(values, &HashSet::new());
    keys.extend(Kind::Erased.among(values));
    keys.sort_unstable();
    keys.dedup();
    keys
}

/// All pairs that speak for one person, the strongest first.
fn edges(rows: &Rows, model: &Model, nodes: &Nodes, desks: &HashSet<u64>) -> Vec<Edge> {
    let mut keyed: Vec<(u64, u32)> = Vec::new();
    for (first, node) in nodes.first.iter().zip(0..) {
        keyed.extend(keys(rows.values(*first as usize), desks).into_iter().map(|key| (key, node)));
    }
    keyed.sort_unstable();
    keyed.dedup();
    let mut edges: Vec<Edge> = Vec::new();
    for group in keyed.chunk_by(|a, b| a.0 == b.0) {
        for (at, (_, a)) in group.iter().enumerate() {
            let others = &group[at + 1..];
            for (_, b) in &others[..near(others, &nodes.said)] {
                let verdict = weigh(model, nodes.facts(rows, *a), nodes.facts(rows, *b));
                if verdict.weight >= model.threshold {
                    edges.push(Edge { weight: verdict.weight, a: *a, b: *b, basis: verdict.basis });
                }
            }
        }
    }
    edges.sort_unstable_by_key(|edge| (std::cmp::Reverse(edge.weight), edge.a, edge.b));
    edges.dedup();
    edges
}

/// How many of these nodes, in their order, say [`NEIGHBOURS`] different things. So it does not matter whether alike nodes are one.
fn near(others: &[(u64, u32)], said: &[u32]) -> usize {
    if others.len() <= NEIGHBOURS {
        return others.len();
    }
    let mut different = HashSet::with_capacity(NEIGHBOURS + 1);
    let beyond = others.iter().take(MOST_ALIKE).position(|(_, node)| {
        different.insert(said[*node as usize]);
        different.len() > NEIGHBOURS
    });
    beyond.unwrap_or(others.len().min(MOST_ALIKE))
}

/// What a group of several nodes tells.
struct Told {
    values: Vec<u64>,
    days: Days,
}

/// Nodes in groups, each of which is one person so far.
struct Groups<'a> {
    rows: &'a Rows,
    model: &'a Model,
    nodes: &'a Nodes,
    decided: &'a Decided,
    sets: Sets,
    /// By root; a node alone tells what its row does.
    told: HashMap<usize, Told>,
    /// By root: the rows that somebody decided about.
    ruled: HashMap<usize, Vec<u32>>,
}

impl<'a> Groups<'a> {
    fn new(rows: &'a Rows, model: &'a Model, nodes: &'a Nodes, decided: &'a Decided) -> Self {
        let ruled = decided.rows().map(|row| (nodes.of[row as usize] as usize, vec![row])).collect();
        Self { rows, model, nodes, decided, sets: Sets::new(nodes.first.len()), told: HashMap::new(), ruled }
    }

    /// Joins what somebody decided is one person.
    fn join_decided(&mut self) -> Vec<Basis> {
        let mut basis = vec![Basis::default(); self.nodes.first.len()];
        for group in self.decided.same() {
            for row in group {
                let (first, other) = (self.nodes.of[group[0] as usize] as usize, self.nodes.of[*row as usize] as usize);
                let (a, b) = (self.sets.root(first), self.sets.root(other));
                if a != b {
                    self.unite(a, b);
                }
                for node in [first, other] {
                    basis[node] = basis[node].with(Basis::DECISION);
                }
            }
        }
        basis
    }

    /// Joins the groups of a pair, unless what they tell together speaks against it.
    fn join(&mut self, edge: Edge) {
        let (a, b) = (self.sets.root(edge.a as usize), self.sets.root(edge.b as usize));
        if a == b || self.are_ruled_apart(a, b) {
            return;
        }
        let grown = self.told.contains_key(&a) || self.told.contains_key(&b);
        if !grown || weigh(self.model, self.facts(a), self.facts(b)).weight >= self.model.threshold {
            self.unite(a, b);
        }
    }

    fn are_ruled_apart(&self, a: usize, b: usize) -> bool {
        match (self.ruled.get(&a), self.ruled.get(&b)) {
            (Some(a), Some(b)) => a.iter().any(|a| b.iter().any(|b| self.decided.are_different(*a, *b))),
            _ => false,
        }
    }

    fn facts(&self, root: usize) -> Facts<'_> {
        match self.told.get(&root) {
            Some(told) => Facts { values: &told.values, days: told.days },
            None => Facts { values: self.rows.values(self.nodes.first[root] as usize), days: self.nodes.days[root] },
        }
    }

    fn unite(&mut self, a: usize, b: usize) {
        let (first, second) = (self.facts(a), self.facts(b));
        let mut values = [first.values, second.values].concat();
        let days = first.days.with(second.days);
        values.sort_unstable();
        values.dedup();
        let ruled: Vec<u32> = [a, b].iter().filter_map(|root| self.ruled.remove(root)).flatten().collect();
        self.told.remove(&a);
        self.told.remove(&b);
        self.sets.join(a, b);
        let root = self.sets.root(a);
        self.told.insert(root, Told { values, days });
        if !ruled.is_empty() {
            self.ruled.insert(root, ruled);
        }
    }
}

#[cfg(test)]
#[path = "persons_tests.rs"]
mod tests;
