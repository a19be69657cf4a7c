//! Which candidate rows are one person: exact links over usable digests.
//!
//! Two rows that carry the same digest of a whole phone number or of a whole mail address are one person, and so are
//! rows joined through a third (connected components). Names, surnames, birth years and mail local parts never link by
//! themselves; masked and relay numbers make no phone digest at all. A digest on more than [`SHARED_LIMIT`] rows, or under more
//! than [`NAMES_LIMIT`] names, is a shared desk (an agency's mailbox, a shop's phone) and links nobody. The person's id is the
//! smallest member key.
//!
//! A row takes part while an application or another case that is there names it as its candidate.

use crate::frame::Table;
use crate::refill::{for_each_row, refill};
use crate::sets::Sets;
use crate::{PipelineError, application_link, tables};
use inflow_config::Config;
use inflow_store::Store;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// A digest on more candidate rows than this belongs to a desk, not to a person.
pub const SHARED_LIMIT: usize = 50;

/// A digest under more different names than this belongs to a desk, on however few rows: sheets spell one person's name in some
/// ways, and families share a phone.
pub const NAMES_LIMIT: usize = 10;

/// Digest kinds that link by themselves and make a row linkable.
pub(crate) const LINKING: &[&str] = &["phone_e164", "email_exact", "email_canonical"];

/// What all rows of one erased person have in common: they stay one person, as they were counted.
const ERASED: &str = "erased";

/// A candidate row: its key and the digests that can link it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// Connection.
    pub connection: String,
    /// Candidate's id at the source.
    pub source_id: String,
    /// (kind, key id and digest) of the linking kinds, and of an erased person.
    pub digests: Vec<(String, String)>,
    /// Hashes of the names, spelt in Latin letters.
    pub names: Vec<u64>,
}

/// The person of one candidate row.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Link {
    /// Connection.
    pub connection: String,
    /// Candidate's id at the source.
    pub source_id: String,
    /// Smallest member key, `connection/source_id`.
    pub person_id: String,
    /// Digest kinds that joined this row to another.
    pub basis: Vec<String>,
    /// Rows of this person.
    pub members: u32,
    /// 1 when the row carries a usable key.
    pub linkable: u8,
}

/// Links all candidates. The result is sorted by key and does not depend on the order of the input.
pub fn link(candidates: &[Candidate]) -> Vec<Link> {
    let mut by_digest: BTreeMap<(&str, &str), Vec<usize>> = BTreeMap::new();
    for (at, candidate) in candidates.iter().enumerate() {
        for (kind, digest) in &candidate.digests {
            by_digest.entry((kind, digest)).or_default().push(at);
        }
    }
    let mut sets = Sets::new(candidates.len());
    let mut basis: Vec<Vec<String>> = vec![Vec::new(); candidates.len()];
    for ((kind, _), members) in &by_digest {
        if members.len() < 2 || is_desk(candidates, members) {
            continue;
        }
        for member in members {
            sets.join(members[0], *member);
            if !basis[*member].iter().any(|known| known == kind) {
                basis[*member].push((*kind).to_owned());
            }
        }
    }
    let keys: Vec<String> = candidates.iter().map(|c| format!("{}/{}", c.connection, c.source_id)).collect();
    let mut persons: HashMap<usize, (usize, u32)> = HashMap::new();
    for at in 0..candidates.len() {
        let slot = persons.entry(sets.root(at)).or_insert((at, 0));
        slot.1 += 1;
        if keys[at] < keys[slot.0] {
            slot.0 = at;
        }
    }
    let mut links: Vec<Link> = candidates
        .iter()
        .enumerate()
        .map(|(at, candidate)| {
            let (smallest, members) = persons.get(&sets.root(at)).copied().unwrap_or((at, 1));
            let mut basis = std::mem::take(&mut basis[at]);
            basis.sort_unstable();
            Link {
                connection: candidate.connection.clone(),
                source_id: candidate.source_id.clone(),
                person_id: keys[smallest].clone(),
                basis,
                members,
                linkable: u8::from(candidate.digests.iter().any(|(kind, _)| kind != ERASED)),
            }
        })
        .collect();
    links.sort_by(|a, b| (&a.connection, &a.source_id).cmp(&(&b.connection, &b.source_id)));
    links
}

/// Whether a digest on these rows is a desk's.
fn is_desk(candidates: &[Candidate], members: &[usize]) -> bool {
    let names: BTreeSet<u64> = members.iter().flat_map(|at| &candidates[*at].names).copied().collect();
    members.len() > SHARED_LIMIT || names.len() > NAMES_LIMIT
}

/// A row as it is read: connection, id, pairs of kind and digest, names.
type Row = (String, String, Vec<(String, String)>, Vec<u64>);

/// The kinds whose rows name a candidate.
const NAMING: &[&Table] = &[&tables::APPLICATIONS, &tables::EMPLOYMENT, &tables::ASSESSMENTS, &tables::INVITATIONS];

/// The candidates that a case which is there names. Compared by hash, since ids of a million candidates would fill the memory.
fn select(database: &str) -> String {
    let kinds = LINKING.iter().chain([&ERASED]).map(|kind| format!("'{kind}'")).collect::<Vec<_>>().join(", ");
    let naming = |table: &&Table| {
        format!("SELECT sipHash128(toString(connection), candidate_source_id) FROM {database}.{} FINAL WHERE deleted = 0", table.name)
    };
    let named = NAMING.iter().map(naming).collect::<Vec<_>>().join(" UNION ALL ");
    format!(
        "SELECT toString(connection), source_id, \
         arrayFilter(t -> t.1 IN ({kinds}), arrayZip(arrayMap(k -> toString(k), digest_kind), arrayMap((k, d) -> concat(k, ':', d), digest_key, digest))), \
         arrayDistinct(arrayFilter(n -> n != 0, arrayMap((k, n, d) -> if(k = 'name_pinyin', sipHash64(n, d), 0), digest_kind, digest_normaliser, digest))) \
         FROM {database}.candidates FINAL \
         WHERE deleted = 0 AND sipHash128(toString(connection), source_id) IN ({named}) ORDER BY connection, source_id"
    )
}

/// Reads the candidates of a database, links them and replaces its table `candidate_links`; then the applications, which stand
/// on that (see [`application_link`]).
///
/// # Errors
/// When the store refuses.
pub async fn relink(store: &Store, config: &Config, database: &str) -> Result<(), PipelineError> {
    let mut candidates = Vec::new();
    let take = |(connection, source_id, digests, names): Row| candidates.push(Candidate { connection, source_id, digests, names });
    for_each_row(store, &select(database), take).await?;
    let links = tokio::task::spawn_blocking(move || link(&candidates)).await.map_err(|error| PipelineError::Stopped(error.to_string()))?;
    let columns = ["connection", "source_id", "person_id", "basis", "members", "linkable"];
    refill(store, database, "candidate_links", &columns, &links).await?;
    application_link::relink(store, config, database).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn candidate(source_id: &str, digests: &[(&str, &str)]) -> Candidate {
        Candidate {
            connection: "c".into(),
            source_id: source_id.into(),
            digests: digests.iter().map(|(k, d)| ((*k).into(), (*d).into())).collect(),
            names: Vec::new(),
        }
    }

    #[test]
    fn a_chain_is_one_person_and_a_desk_is_none() {
        let mut all = vec![
            candidate("1", &[("phone_e164", "a")]),
            candidate("2", &[("phone_e164", "a"), ("email_exact", "b")]),
            candidate("3", &[("email_exact", "b")]),
            candidate("4", &[]),
        ];
        for desk in 0..=SHARED_LIMIT {
            all.push(candidate(&format!("d{desk:02}"), &[("email_exact", "desk")]));
        }
        let links = link(&all);
        let person = |id: &str| links.iter().find(|l| l.source_id == id).unwrap().clone();
        assert_eq!(person("3").person_id, "c/1");
        assert_eq!((person("2").members, person("2").basis), (3, vec!["email_exact".to_owned(), "phone_e164".to_owned()]));
        assert_eq!((person("4").person_id.as_str(), person("4").linkable), ("c/4", 0));
        assert_eq!(person("d07").members, 1);
    }

    #[test]
    fn a_phone_under_many_names_is_a_desk_s() {
        let under = |names: u64| -> Vec<Candidate> {
            (0..20).map(|at| Candidate { names: vec![at % names], ..candidate(&format!("{at:02}"), &[("phone_e164", "a")]) }).collect()
        };
        let limit = NAMES_LIMIT as u64;
        assert!(link(&under(limit)).iter().all(|link| link.members == 20 && link.linkable == 1));
        assert!(link(&under(limit + 1)).iter().all(|link| link.members == 1 && link.basis.is_empty() && link.linkable == 1));
    }

    #[test]
    fn an_erased_person_stays_one_without_a_key() {
        let links = link(&[candidate("1", &[("erased", "a")]), candidate("2", &[("erased", "a")]), candidate("3", &[("erased", "b")])]);
        let told: Vec<(&str, u32, u8)> = links.iter().map(|l| (l.person_id.as_str(), l.members, l.linkable)).collect();
        assert_eq!(told, [("c/1", 2, 0), ("c/1", 2, 0), ("c/3", 1, 0)]);
    }

    proptest! {
        #[test]
        fn order_does_not_matter(rows in prop::collection::btree_map("[a-h]", prop::collection::vec("[x-z]", 0..3), 0..8), by in 0_usize..8) {
            let mut all: Vec<Candidate> = rows.iter().map(|(id, digests)| candidate(id, &digests.iter().map(|d| ("phone_e164", d.as_str())).collect::<Vec<_>>())).collect();
            let first = link(&all);
            if !all.is_empty() {
                let turn = by % all.len();
                all.rotate_left(turn);
                all.reverse();
            }
            prop_assert_eq!(first, link(&all));
        }
    }
}
