//! Rows to persons: pairs that share a key are weighed, and the strongest are joined first.
//!
//! Rows that say the same are one node. Nodes that share a key ([`keys`]) are weighed pair by pair. Then, from the greatest weight down,
//! two groups become one when all that both of them tell, weighed together, still says so: a row that could be either of two people goes
//! to the one it fits better, and does not make one of them. A number in two mails is too little for two rows that tell no names to be compared, and
//! may be enough for their groups: such pairs come last. Weights are whole numbers, equal ones go by the rank of the keys, and
//! a desk is told by the set of its rows: the order in which rows came changes nothing.
//!
//! What rows tell is read from [`Rows`] a slice of the keys after another; in memory are a few numbers of each row, the pairs that speak for one
//! person, and what is told by those nodes of which three or more may be one.

use super::decided::Decided;
use super::desk::{is_desk, namesake};
use super::evidence::{Basis, Facts, weigh};
use super::model::{Model, Weight};
use super::rows::{Days, Group, Kind, Rows};
use crate::sets::Sets;
use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};
use std::io;

/// Of a key that more nodes share (one name, many relay addresses), each is weighed against the next ones that say so many
/// different things.
const NEIGHBOURS: usize = 32;

/// And against no more than this, however alike they are.
const MOST_ALIKE: usize = 8 * NEIGHBOURS;

/// Nodes whose values are in memory at a time.
const AT_A_TIME: usize = if cfg!(test) { 3 } else { 1_000_000 };

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

/// A pair worth joining, or whose groups may be: two nodes, each by its first row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Edge {
    weight: Weight,
    a: u32,
    b: u32,
    basis: Basis,
}

/// Finds the person of each row.
///
/// # Errors
/// When the disk on which the rows are cannot be read.
pub fn persons(rows: &mut Rows, model: &Model, decided: &Decided) -> io::Result<Persons> {
    let desks = desks(rows)?;
    let Pairs { node, mut edges, mut basis } = Pairs::find(rows, model, decided, &desks)?;
    let component = components(&node, &edges, decided);
    edges.sort_unstable_by_key(|edge| (component[edge.a as usize], Reverse(edge.weight), edge.a, edge.b));
    let mut joining = Joining::new(model, decided, node.len());
    joining.join_decided(&Sayings::read(rows, &node, decided.rows().collect())?, &mut basis);
    let (mut waiting, mut needed) = (Vec::new(), Vec::new());
    for pairs in edges.chunk_by(|one, other| component[one.a as usize] == component[other.a as usize]) {
        match pairs {
            // What two nodes tell is known to be worth joining, or not.
            [pair] if !decided.names(pair.a) && !decided.names(pair.b) => {
                if pair.weight >= model.threshold {
                    joining.sets.join(pair.a as usize, pair.b as usize);
                }
            }
            _ => {
                needed.extend(pairs.iter().flat_map(|pair| [pair.a, pair.b]));
                waiting.push(pairs);
            }
        }
        if needed.len() > AT_A_TIME {
            joining.join_all(&waiting, &Sayings::read(rows, &node, std::mem::take(&mut needed))?);
            waiting.clear();
        }
    }
    joining.join_all(&waiting, &Sayings::read(rows, &node, needed)?);
    let mut sets = joining.sets;
    for edge in &edges {
        if sets.root(edge.a as usize) == sets.root(edge.b as usize) {
            for node in [edge.a, edge.b] {
                basis[node as usize] = basis[node as usize].with(edge.basis);
            }
        }
    }
    Ok(Persons {
        person: node.iter().map(|node| number(sets.root(*node as usize))).collect(),
        basis: node.iter().map(|node| basis[*node as usize]).collect(),
        component,
    })
}

/// Rows have numbers of 32 bits.
fn number(row: usize) -> u32 {
    u32::try_from(row).unwrap_or(u32::MAX)
}

/// Phones, mails and numbers in mails that are desks'.
fn desks(rows: &mut Rows) -> io::Result<HashSet<u64>> {
    let mut desks = HashSet::new();
    for slice in rows.slices() {
        desks.extend(slice?.groups().filter(is_desk).map(|group| group.key));
    }
    Ok(desks)
}

/// The phones and mails of a row by which it can be joined.
fn own_keys(values: &[u64], desks: &HashSet<u64>) -> Basis {
    let usable = |kind: Kind| kind.among(values).iter().any(|value| !desks.contains(value));
    [(Kind::Phone, Basis::PHONE), (Kind::Mail, Basis::MAIL)]
        .into_iter()
        .filter(|(kind, _)| usable(*kind))
        .fold(Basis::default(), |all, (_, basis)| all.with(basis))
}

/// The keys under which rows meet: those under which they are compared, and, marked, what the rows of an erased person have in common.
pub(super) fn keys(values: &[u64]) -> Vec<(u64, bool)> {
    let mut keys: Vec<(u64, bool)> =
        values.iter().take_while(|value| **value < Kind::Name.value(0)).map(|value| (*value, Kind::Erased.is_of(*value))).collect();
    let names = Kind::Name.among(values).iter().chain(Kind::LatinName.among(values));
    for name in names {
        keys.extend(Kind::Birth.among(values).iter().map(|birth| (namesake(*name, *birth), false)));
    }
    keys.sort_unstable();
    keys.dedup();
    keys
}

/// What a row is compared with others under, desks' keys included: who shares none of these with a row that changed is not
/// compared with it, does not share a desk with it, and is not one with it for saying the same.
pub(super) fn compared(values: &[u64]) -> Vec<u64> {
    let mut keys: Vec<u64> = keys(values).into_iter().map(|(key, _)| key).collect();
    keys.dedup();
    keys
}

/// All pairs that speak for one person.
struct Pairs {
    /// The node of each row: the first row that says the same and is known to be the same person, most often itself.
    node: Vec<u32>,
    edges: Vec<Edge>,
    /// By node: what its own rows have in common.
    basis: Vec<Basis>,
}

/// A node of a group.
struct Node<'r> {
    first: u32,
    /// Number of what it says, within the group: alike nodes are apart when nothing but a desk's key is in them.
    said: usize,
    facts: Facts<'r>,
}

impl Pairs {
    fn find(rows: &mut Rows, model: &Model, decided: &Decided, desks: &HashSet<u64>) -> io::Result<Self> {
        let mut pairs = Self { node: (0..number(rows.len())).collect(), edges: Vec::new(), basis: vec![Basis::default(); rows.len()] };
        let mut distinct = 0;
        for slice in rows.slices() {
            for group in slice?.groups() {
                let nodes = pairs.nodes(&group, decided, desks);
                if !group.mark && !desks.contains(&group.key) {
                    pairs.weigh(&nodes, model);
                }
            }
            // A pair is found under each key that it shares.
            if pairs.edges.len() > 2 * distinct {
                distinct = pairs.keep_distinct();
            }
        }
        pairs.keep_distinct();
        Ok(pairs)
    }

    fn keep_distinct(&mut self) -> usize {
        self.edges.sort_unstable_by_key(|edge| (edge.a, edge.b));
        self.edges.dedup();
        self.edges.len()
    }

    /// The nodes of a group, in the order of their first rows. Rows that say the same meet under all their keys, so each group of theirs finds the same node.
    fn nodes<'r>(&mut self, group: &Group<'r>, decided: &Decided, desks: &HashSet<u64>) -> Vec<Node<'r>> {
        let mut nodes: Vec<Node<'r>> = Vec::with_capacity(group.rows.len());
        let mut sayings: HashMap<&[u64], (usize, Option<usize>)> = HashMap::new();
        for row in &group.rows {
            let said = &row.values[..row.values.len() - Kind::Posting.among(row.values).len()];
            let next = sayings.len();
            let (said, alike) = sayings.entry(said).or_insert((next, None));
            let own = own_keys(row.values, desks);
            if (own != Basis::default() || !Kind::Erased.among(row.values).is_empty()) && !decided.names(row.number) {
                if let Some(node) = alike.map(|at| &mut nodes[at]) {
                    node.facts.days = node.facts.days.with(row.days);
                    self.node[row.number as usize] = node.first;
                    let basis = &mut self.basis[node.first as usize];
                    *basis = basis.with(own);
                    continue;
                }
                *alike = Some(nodes.len());
            }
            nodes.push(Node { first: row.number, said: *said, facts: Facts { values: row.values, days: row.days } });
        }
        nodes
    }

    fn weigh(&mut self, nodes: &[Node<'_>], model: &Model) {
        for (at, a) in nodes.iter().enumerate() {
            let others = &nodes[at + 1..];
            for b in &others[..near(others)] {
                let verdict = weigh(model, a.facts, b.facts);
                // Nothing speaks against the two, and others of their groups may tell the names that they do not.
                let leads = verdict.basis.has(Basis::DIGITS) && verdict.weight >= model.prior + model.mail_digits;
                if leads || verdict.weight >= model.threshold {
                    self.edges.push(Edge { weight: verdict.weight, a: a.first, b: b.first, basis: verdict.basis });
                }
            }
        }
    }
}

/// How many of these nodes, in their order, say [`NEIGHBOURS`] different things. So it does not matter whether alike nodes are one.
fn near(others: &[Node<'_>]) -> usize {
    if others.len() <= NEIGHBOURS {
        return others.len();
    }
    let mut different = HashSet::with_capacity(NEIGHBOURS + 1);
    let beyond = others.iter().take(MOST_ALIKE).position(|node| {
        different.insert(node.said);
        different.len() > NEIGHBOURS
    });
    beyond.unwrap_or(others.len().min(MOST_ALIKE))
}

/// The smallest row that evidence or a decision leads to from each.
fn components(node: &[u32], edges: &[Edge], decided: &Decided) -> Vec<u32> {
    let mut reach = Sets::new(node.len());
    for edge in edges {
        reach.join(edge.a as usize, edge.b as usize);
    }
    // Rows that a decision names are nodes of their own.
    for group in decided.same() {
        for row in group {
            reach.join(group[0] as usize, *row as usize);
        }
    }
    node.iter().map(|node| number(reach.root(*node as usize))).collect()
}

/// What some nodes tell.
struct Sayings {
    nodes: Vec<u32>,
    ends: Vec<usize>,
    values: Vec<u64>,
    days: Vec<Days>,
}

impl Sayings {
    /// Reads it from the rows.
    fn read(rows: &mut Rows, node: &[u32], mut nodes: Vec<u32>) -> io::Result<Self> {
        nodes.sort_unstable();
        nodes.dedup();
        let mut sayings =
            Self { ends: Vec::with_capacity(nodes.len()), values: Vec::new(), days: vec![Days::default(); nodes.len()], nodes };
        if sayings.nodes.is_empty() {
            return Ok(sayings);
        }
        rows.read()?.each(|row| {
            let of = node[row.number as usize];
            if let Ok(at) = sayings.nodes.binary_search(&of) {
                sayings.days[at] = sayings.days[at].with(row.days);
                if of == row.number {
                    sayings.values.extend(row.values);
                    sayings.ends.push(sayings.values.len());
                }
            }
        })?;
        Ok(sayings)
    }

    fn of(&self, node: usize) -> Facts<'_> {
        let Ok(at) = self.nodes.binary_search(&number(node)) else { return Facts { values: &[], days: Days::default() } };
        let from = at.checked_sub(1).map_or(0, |before| self.ends[before]);
        Facts { values: &self.values[from..self.ends[at]], days: self.days[at] }
    }
}

/// What a group of several nodes tells.
struct Told {
    values: Vec<u64>,
    days: Days,
}

/// Nodes in groups, each of which is one person so far.
struct Joining<'a> {
    model: &'a Model,
    decided: &'a Decided,
    sets: Sets,
    /// By root; a node alone tells what its row does.
    told: HashMap<usize, Told>,
    /// By root: the rows that somebody decided about.
    ruled: HashMap<usize, Vec<u32>>,
}

impl<'a> Joining<'a> {
    fn new(model: &'a Model, decided: &'a Decided, rows: usize) -> Self {
        let ruled = decided.rows().map(|row| (row as usize, vec![row])).collect();
        Self { model, decided, sets: Sets::new(rows), told: HashMap::new(), ruled }
    }

    /// Joins what somebody decided is one person.
    fn join_decided(&mut self, sayings: &Sayings, basis: &mut [Basis]) {
        for group in self.decided.same() {
            for row in group {
                let (a, b) = (self.sets.root(group[0] as usize), self.sets.root(*row as usize));
                if a != b {
                    self.unite(a, b, sayings);
                }
                for row in [group[0], *row] {
                    basis[row as usize] = basis[row as usize].with(Basis::DECISION);
                }
            }
        }
    }

    /// Joins the pairs of whole components, of each the strongest first. Nothing outside of a component has to do with it.
    fn join_all(&mut self, components: &[&[Edge]], sayings: &Sayings) {
        for pairs in components {
            for pair in *pairs {
                self.join(pair, sayings);
            }
            for pair in *pairs {
                for node in [pair.a, pair.b] {
                    let root = self.sets.root(node as usize);
                    self.told.remove(&root);
                }
            }
        }
    }

    /// Joins the groups of a pair, unless what they tell together speaks against it.
    fn join(&mut self, pair: &Edge, sayings: &Sayings) {
        let (a, b) = (self.sets.root(pair.a as usize), self.sets.root(pair.b as usize));
        if a == b || self.are_ruled_apart(a, b) {
            return;
        }
        let grown = self.told.contains_key(&a) || self.told.contains_key(&b);
        let weight = if grown { weigh(self.model, self.facts(a, sayings), self.facts(b, sayings)).weight } else { pair.weight };
        if weight >= self.model.threshold {
            self.unite(a, b, sayings);
        }
    }

    fn are_ruled_apart(&self, a: usize, b: usize) -> bool {
        match (self.ruled.get(&a), self.ruled.get(&b)) {
            (Some(a), Some(b)) => a.iter().any(|a| b.iter().any(|b| self.decided.are_different(*a, *b))),
            _ => false,
        }
    }

    fn facts<'s>(&'s self, root: usize, sayings: &'s Sayings) -> Facts<'s> {
        match self.told.get(&root) {
            Some(told) => Facts { values: &told.values, days: told.days },
            None => sayings.of(root),
        }
    }

    fn unite(&mut self, a: usize, b: usize, sayings: &Sayings) {
        let (first, second) = (self.facts(a, sayings), self.facts(b, sayings));
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
