//! From pairs to clusters: connected components, with a guard against chains.
//!
//! Pairs are taken from the surest down, and a pair that would bring two known cities, shops or levels into one cluster is left out:
//! the chain is cut where it is weakest. Ties are broken by the members, so the result is a function of the set of pairs.

use super::compare::{Relation, cities};
use crate::sets::Sets;

/// What a cluster may have one of; an empty text is unknown. A level is always known.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Guarded {
    /// Cities that all members may be for.
    pub cities: Vec<String>,
    /// Country.
    pub country: String,
    /// Shop.
    pub store: String,
    /// Level; `None` for a node that says none.
    pub level: Option<String>,
}

/// A pair of nodes and how sure it is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Edge {
    /// One node.
    pub a: usize,
    /// The other.
    pub b: usize,
    /// How sure.
    pub score: f64,
    /// Decided by a person: no guard holds against it.
    pub decided: bool,
}

/// The cluster of each node, as the smallest of its nodes. `apart` are pairs that must not meet.
///
/// Nodes are numbered in an order that depends on what they are (sorted by their ids), for ties are broken by number.
pub fn components(nodes: &[Guarded], edges: &[Edge], apart: &[(usize, usize)]) -> Vec<usize> {
    let mut sets = Sets::new(nodes.len());
    let mut states: Vec<Guarded> = nodes.to_vec();
    let mut order: Vec<Edge> = edges.iter().map(|edge| Edge { a: edge.a.min(edge.b), b: edge.a.max(edge.b), ..*edge }).collect();
    order.sort_by(|x, y| y.decided.cmp(&x.decided).then(y.score.total_cmp(&x.score)).then((x.a, x.b).cmp(&(y.a, y.b))));
    for edge in order {
        let (a, b) = (sets.root(edge.a), sets.root(edge.b));
        if a == b || (!edge.decided && !agree(&states[a], &states[b])) {
            continue;
        }
        let meets = |(x, y): &(usize, usize), sets: &mut Sets| {
            let ends = (sets.root(*x), sets.root(*y));
            ends == (a, b) || ends == (b, a)
        };
        if apart.iter().any(|pair| meets(pair, &mut sets)) {
            continue;
        }
        let merged = merge(&states[a], &states[b]);
        sets.join(a, b);
        let root = sets.root(a);
        states[root] = merged;
    }
    (0..nodes.len()).map(|at| sets.root(at)).collect()
}

fn agree(a: &Guarded, b: &Guarded) -> bool {
    let fits = |a: &str, b: &str| a.is_empty() || b.is_empty() || a == b;
    let cities = cities(&a.cities, &b.cities) != Relation::Different;
    let level = a.level.is_none() || b.level.is_none() || a.level == b.level;
    cities && fits(&a.country, &b.country) && fits(&a.store, &b.store) && level
}

fn merge(a: &Guarded, b: &Guarded) -> Guarded {
    let either = |a: &String, b: &String| if a.is_empty() { b.clone() } else { a.clone() };
    let cities = match (a.cities.is_empty(), b.cities.is_empty()) {
        (true, _) => b.cities.clone(),
        (_, true) => a.cities.clone(),
        _ => {
            let both: Vec<String> = a.cities.iter().filter(|city| b.cities.contains(city)).cloned().collect();
            // People joined what has no city in common: the cluster is for all of them.
            if both.is_empty() { [a.cities.as_slice(), b.cities.as_slice()].concat() } else { both }
        }
    };
    Guarded {
        cities,
        country: either(&a.country, &b.country),
        store: either(&a.store, &b.store),
        level: a.level.clone().or_else(|| b.level.clone()),
    }
}
