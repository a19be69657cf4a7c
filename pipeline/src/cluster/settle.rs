//! Clusters from pairs: only those that a changed posting, form or decision touches are made anew, and of very many a part at a time: what no pair
//! and no decision leads to from each other can be told apart.

use super::component::{Edge, Guarded, components};
use super::decisions::Decisions;
use super::pending::blocking;
use crate::PipelineError;
use crate::changes::Scope;
use crate::refill::for_each_row;
use crate::sets::Sets;
use crate::staging::Staging;
use inflow_store::{RowBinary, Store, array_literal};
use std::collections::{BTreeMap, HashMap, HashSet};

/// A pair that postings of equal words make with their form: surer than any of texts.
const EQUAL: f64 = 2.0;

/// Forms whose postings are held at one time, some 400 bytes each.
const PART: usize = 200_000;

/// A posting and where it is now.
#[derive(Debug, Clone)]
struct Member {
    connection: String,
    source_id: String,
    key: String,
    form: u64,
    guarded: Guarded,
    /// Form, cluster, members and whether decided, as the store has them.
    now: (u64, String, u32, u8),
}

/// A row of the query in [`members`].
type MemberRow = (String, String, u64, (String, Vec<String>, String, String), (u64, String, u32, u8));

/// Brings `posting_clusters` to what forms, pairs and decisions say, and notes whose rows changed. Returns how many.
pub(super) async fn settle(
    store: &Store,
    database: &str,
    decisions: &Decisions,
    scope: &Scope,
    noted: &Staging<'_>,
) -> Result<u64, PipelineError> {
    forget_gone(store, database, "posting_forms", scope).await?;
    let named = named(store, database, decisions).await?;
    let mut touched = touched(store, database).await?;
    touched.extend(&named);
    let mut changed = 0;
    if !touched.is_empty() {
        let pairs = pairs(store, database).await?;
        let parts = blocking(move || {
            let (reached, pairs) = reach(touched, pairs);
            into_parts(reached, pairs, &named, PART)
        });
        for Part { forms, pairs } in parts.await? {
            let members = members(store, database, &forms).await?;
            let decisions = decisions.clone();
            let rows = blocking(move || clusters(members, &pairs, &decisions)).await?;
            changed += rows.len() as u64;
            write(store, database, &rows).await?;
            let mut keys = RowBinary::default();
            for row in &rows {
                keys.text(&row.connection).text(&row.source_id);
            }
            noted.insert(&["connection", "source_id"], keys).await?;
        }
    }
    forget_gone(store, database, "posting_clusters", scope).await?;
    Ok(changed)
}

/// Takes out postings that are there no more.
async fn forget_gone(store: &Store, database: &str, table: &str, scope: &Scope) -> Result<(), PipelineError> {
    let postings = format!("{database}.postings");
    let brought = scope
        .brought("segment")
        .map(|brought| format!("(connection, source_id) IN (SELECT connection, source_id FROM {postings} WHERE {brought})"));
    let (of_these, there) = match brought {
        None => (String::new(), String::new()),
        Some(of_these) => (format!("{of_these} AND "), format!("PREWHERE {of_these}")),
    };
    let gone =
        format!("{of_these}(connection, source_id) NOT IN (SELECT connection, source_id FROM {postings} FINAL {there} WHERE deleted = 0)");
    // Versions that say that a posting is gone are seen too.
    let rows = store.rows(&format!("SELECT count() AS gone FROM {database}.{table} FINAL WHERE {gone} SETTINGS final = 0"), &[]).await?;
    if rows.first().and_then(|row| row.get("gone")?.as_u64()).is_some_and(|gone| gone > 0) {
        let settings = [("mutations_sync", "1"), ("final", "0")];
        store.execute(&format!("DELETE FROM {database}.{table} WHERE {gone}"), &[], &settings).await?;
    }
    Ok(())
}

/// Forms whose clusters are to be made anew: of postings that are new, gone or of another form than when they were last clustered,
/// and of those that a decision named.
async fn touched(store: &Store, database: &str) -> Result<HashSet<u64>, PipelineError> {
    let sql = format!(
        "SELECT DISTINCT arrayJoin([f.form, c.form]) AS form FROM (SELECT connection, source_id, form FROM {database}.posting_forms FINAL) AS f \
         FULL OUTER JOIN (SELECT connection, source_id, form, decided FROM {database}.posting_clusters FINAL) AS c \
         ON f.connection = c.connection AND f.source_id = c.source_id WHERE f.form != c.form OR c.decided = 1"
    );
    let mut forms = HashSet::new();
    for_each_row(store, &sql, |(form,): (u64,)| {
        forms.insert(form);
    })
    .await?;
    forms.remove(&0);
    Ok(forms)
}

/// Forms of the postings that a decision names.
async fn named(store: &Store, database: &str, decisions: &Decisions) -> Result<HashSet<u64>, PipelineError> {
    let keys = decisions.keys();
    if keys.is_empty() {
        return Ok(HashSet::new());
    }
    let sql = format!(
        "SELECT form FROM {database}.posting_forms FINAL WHERE concat(toString(connection), '/', source_id) IN {{keys:Array(String)}}"
    );
    let rows = store.rows(&sql, &[("keys", array_literal(&keys))]).await?;
    Ok(rows.iter().filter_map(|row| row.get("form").and_then(serde_json::Value::as_u64)).collect())
}

async fn pairs(store: &Store, database: &str) -> Result<Vec<(u64, u64, f64)>, PipelineError> {
    let mut pairs = Vec::new();
    for_each_row(store, &format!("SELECT a, b, score FROM {database}.posting_pairs FINAL"), |pair: (u64, u64, f64)| pairs.push(pair))
        .await?;
    Ok(pairs)
}

/// What pairs lead to from the touched forms, and the pairs among them. Forms that no posting has any more lead on: what they
/// once held together is to be taken apart.
fn reach(touched: HashSet<u64>, pairs: Vec<(u64, u64, f64)>) -> (HashSet<u64>, Vec<(u64, u64, f64)>) {
    let mut neighbours: HashMap<u64, Vec<u64>> = HashMap::new();
    for (a, b, _) in &pairs {
        neighbours.entry(*a).or_default().push(*b);
        neighbours.entry(*b).or_default().push(*a);
    }
    let mut next: Vec<u64> = touched.iter().copied().collect();
    let mut reached = touched;
    while let Some(form) = next.pop() {
        for other in neighbours.get(&form).into_iter().flatten() {
            if reached.insert(*other) {
                next.push(*other);
            }
        }
    }
    let pairs = pairs.into_iter().filter(|(a, _, _)| reached.contains(a)).collect();
    (reached, pairs)
}

/// Forms that are clustered together, and the pairs among them.
#[derive(Debug, Default)]
struct Part {
    forms: HashSet<u64>,
    pairs: Vec<(u64, u64, f64)>,
}

/// Parts of about so many forms, of which no pair leads into another, and one of which holds all that decisions name.
fn into_parts(reached: HashSet<u64>, pairs: Vec<(u64, u64, f64)>, named: &HashSet<u64>, most: usize) -> Vec<Part> {
    if reached.len() <= most {
        return vec![Part { forms: reached, pairs }];
    }
    let mut forms: Vec<u64> = reached.into_iter().collect();
    forms.sort_unstable();
    let mut sets = Sets::new(forms.len());
    let at = |form: &u64| forms.binary_search(form).ok();
    for (a, b, _) in &pairs {
        if let (Some(a), Some(b)) = (at(a), at(b)) {
            sets.join(a, b);
        }
    }
    let mut decided = named.iter().filter_map(at);
    if let Some(first) = decided.next() {
        decided.for_each(|other| sets.join(first, other));
    }
    let mut parts = Vec::new();
    let mut part_of: HashMap<usize, usize> = HashMap::new();
    let mut begun = Part::default();
    // What belongs together is together in this order.
    let mut order: Vec<(usize, usize)> = (0..forms.len()).map(|form| (sets.root(form), form)).collect();
    order.sort_unstable();
    for group in order.chunk_by(|(a, _), (b, _)| a == b) {
        if !begun.forms.is_empty() && begun.forms.len() + group.len() > most {
            parts.push(std::mem::take(&mut begun));
        }
        part_of.extend(group.first().map(|(root, _)| (*root, parts.len())));
        begun.forms.extend(group.iter().map(|(_, form)| forms[*form]));
    }
    parts.push(begun);
    for pair in pairs {
        let part = at(&pair.0).and_then(|form| part_of.get(&sets.root(form)));
        if let Some(part) = part.and_then(|part| parts.get_mut(*part)) {
            part.pairs.push(pair);
        }
    }
    parts
}

/// Postings of the forms.
async fn members(store: &Store, database: &str, forms: &HashSet<u64>) -> Result<Vec<Member>, PipelineError> {
    let wanted = Staging::create_as(store, database, "posting_forms_wanted", "form UInt64").await?;
    let mut rows = RowBinary::default();
    for form in forms {
        rows.u64(*form);
    }
    wanted.insert(&["form"], rows).await?;
    let within = format!("form IN (SELECT form FROM {})", wanted.name());
    let sql = format!(
        "SELECT toString(f.connection), f.source_id, f.form, (toString(b.level), b.cities, toString(b.country), toString(b.store)), \
         (c.form, c.cluster_id, c.members, c.decided) \
         FROM (SELECT connection, source_id, form FROM {database}.posting_forms FINAL WHERE {within}) AS f \
         INNER JOIN (SELECT form, level, cities, country, store FROM {database}.posting_bands FINAL WHERE {within}) AS b ON f.form = b.form \
         LEFT JOIN (SELECT connection, source_id, form, cluster_id, members, decided FROM {database}.posting_clusters FINAL) AS c \
         ON f.connection = c.connection AND f.source_id = c.source_id"
    );
    let mut members = Vec::new();
    for_each_row(store, &sql, |(connection, source_id, form, (level, cities, country, shop), now): MemberRow| {
        let guarded = Guarded { cities, country, store: shop, level: Some(level) };
        members.push(Member { key: format!("{connection}/{source_id}"), connection, source_id, form, guarded, now });
    })
    .await?;
    wanted.drop().await?;
    Ok(members)
}

/// A row of `posting_clusters`.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Row {
    connection: String,
    source_id: String,
    form: u64,
    cluster_id: String,
    members: u32,
    decided: u8,
}

/// The rows that change. Nodes are forms, in the order of their ids, and postings that a decision names, in the order of their keys.
fn clusters(mut members: Vec<Member>, pairs: &[(u64, u64, f64)], decisions: &Decisions) -> Vec<Row> {
    members.sort_unstable_by(|a, b| a.key.cmp(&b.key));
    let named: HashSet<String> = decisions.keys().into_iter().collect();
    let guarded: BTreeMap<u64, &Guarded> = members.iter().map(|member| (member.form, &member.guarded)).collect();
    let form_at: HashMap<u64, usize> = guarded.keys().enumerate().map(|(at, form)| (*form, at)).collect();
    let mut nodes: Vec<Guarded> = guarded.into_values().cloned().collect();
    let mut edges: Vec<Edge> = Vec::new();
    for (a, b, score) in pairs {
        if let (Some(a), Some(b)) = (form_at.get(a), form_at.get(b)) {
            edges.push(Edge { a: *a, b: *b, score: *score, decided: false });
        }
    }
    let mut node_of: HashMap<&str, usize> = HashMap::new();
    for member in members.iter().filter(|member| named.contains(&member.key)) {
        node_of.insert(&member.key, nodes.len());
        edges.push(Edge { a: form_at[&member.form], b: nodes.len(), score: EQUAL, decided: false });
        nodes.push(member.guarded.clone());
    }
    let both = |(a, b): &(String, String)| Some((*node_of.get(a.as_str())?, *node_of.get(b.as_str())?));
    edges.extend(decisions.same.iter().filter_map(both).map(|(a, b)| Edge { a, b, score: EQUAL, decided: true }));
    let apart: Vec<(usize, usize)> = decisions.different.iter().filter_map(both).collect();
    let roots = components(&nodes, &edges, &apart);
    let root = |member: &Member| roots[node_of.get(member.key.as_str()).copied().unwrap_or_else(|| form_at[&member.form])];
    // Members are in the order of their keys: the first one names the cluster.
    let mut named_after: HashMap<usize, (String, u32)> = HashMap::new();
    for member in &members {
        named_after.entry(root(member)).or_insert_with(|| (member.key.clone(), 0)).1 += 1;
    }
    let rows = members.iter().map(|member| {
        let (cluster_id, count) = named_after.get(&root(member)).cloned().unwrap_or_else(|| (member.key.clone(), 1));
        let decided = u8::from(named.contains(&member.key));
        let row = (member.form, cluster_id, count, decided);
        (row != member.now).then(|| Row {
            connection: member.connection.clone(),
            source_id: member.source_id.clone(),
            form: row.0,
            cluster_id: row.1,
            members: count,
            decided,
        })
    });
    rows.flatten().collect()
}

async fn write(store: &Store, database: &str, rows: &[Row]) -> Result<(), PipelineError> {
    let mut bytes = RowBinary::default();
    for row in rows {
        bytes.text(&row.connection).text(&row.source_id).u64(row.form).text(&row.cluster_id).u32(row.members).u8(row.decided);
    }
    let columns = ["connection", "source_id", "form", "cluster_id", "members", "decided"];
    store.insert(database, "posting_clusters", &columns, "RowBinary", bytes.finish(), "").await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn member(key: &str, form: u64, city: &str) -> Member {
        let (connection, source_id) = key.split_once('/').unwrap();
        let cities = if city.is_empty() { Vec::new() } else { vec![city.to_owned()] };
        Member {
            connection: connection.to_owned(),
            source_id: source_id.to_owned(),
            key: key.to_owned(),
            form,
            guarded: Guarded { cities, level: Some(String::new()), ..Guarded::default() },
            now: (0, String::new(), 0, 0),
        }
    }

    proptest! {
        #[test]
        fn clusters_of_parts_are_those_of_the_whole(
            cities in prop::collection::vec(prop_oneof![Just(""), Just("x"), Just("y")], 2..40),
            joined in prop::collection::vec((0_usize..40, 0_usize..40, 1_u32..9), 0..30),
            same in prop::collection::vec((0_usize..40, 0_usize..40), 0..3),
            different in prop::collection::vec((0_usize..40, 0_usize..40), 0..3),
            most in 1_usize..12,
        ) {
            let many = cities.len();
            // Two postings of each third form, and forms of no posting: number 9 and so on.
            let key = |at: usize| format!("a/{at:02}");
            let mut members: Vec<Member> = cities.iter().enumerate().map(|(at, city)| member(&key(at), at as u64 + 1, city)).collect();
            members.retain(|member| member.form % 10 != 9);
            members.extend((0..many).step_by(3).filter(|at| at % 10 != 8).map(|at| member(&format!("b/{at:02}"), at as u64 + 1, cities[at])));
            let within = |(a, b): &(usize, usize)| *a < many && *b < many && a != b;
            let pairs: Vec<(u64, u64, f64)> = joined
                .iter()
                .filter(|(a, b, _)| within(&(*a, *b)))
                .map(|(a, b, score)| (*a.min(b) as u64 + 1, *a.max(b) as u64 + 1, f64::from(*score) / 9.0))
                .collect();
            let keys = |pairs: &[(usize, usize)]| pairs.iter().filter(|pair| within(pair)).map(|(a, b)| (key(*a), key(*b))).collect();
            let decisions = Decisions { same: keys(&same), different: keys(&different) };
            let named = decisions.keys();
            let named: HashSet<u64> = members.iter().filter(|member| named.contains(&member.key)).map(|member| member.form).collect();
            let forms: HashSet<u64> = (1..=many as u64).collect();
            let whole = clusters(members.clone(), &pairs, &decisions);
            let mut found = Vec::new();
            let parts = into_parts(forms.clone(), pairs.clone(), &named, most);
            let mut seen = Vec::new();
            for part in &parts {
                let of_part = members.iter().filter(|member| part.forms.contains(&member.form)).cloned().collect();
                found.extend(clusters(of_part, &part.pairs, &decisions));
                seen.extend(part.forms.iter().copied());
                // No part is large but what belongs together.
                let alone = into_parts(part.forms.clone(), part.pairs.clone(), &named, 1);
                prop_assert!(part.forms.len() <= most || alone.len() == 1);
            }
            seen.sort_unstable();
            prop_assert_eq!(seen, (1..=many as u64).collect::<Vec<_>>());
            prop_assert_eq!(parts.iter().map(|part| part.pairs.len()).sum::<usize>(), pairs.len());
            let sorted = |mut rows: Vec<Row>| {
                rows.sort_by(|a, b| (&a.connection, &a.source_id).cmp(&(&b.connection, &b.source_id)));
                rows
            };
            prop_assert_eq!(sorted(found), sorted(whole));
        }
    }
}
