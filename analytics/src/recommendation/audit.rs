//! Whether what is recommended first falls unevenly on groups of people, where a company delivers groups for an audit.

use std::collections::BTreeMap;

use inflow_statistics::fairness::{Impact, Selection, four_fifths};
use serde::Serialize;

use super::Recommended;

/// The share of open applications, the highest scores, that counts as recommended.
const FIRST: f64 = 0.25;

/// One group beside the one that is recommended most often.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AuditedGroup {
    /// As the company calls it.
    pub group: String,
    /// Recommended first.
    pub selected: u64,
    /// All of the group.
    pub considered: u64,
    /// Beside the group that is recommended most often.
    #[serde(flatten)]
    pub impact: Impact,
}

/// The four-fifths rule over the groups. Groups are handed over for this one computation and kept nowhere.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Audit {
    /// The share of applications that counts as recommended first.
    pub first: f64,
    /// Open applications whose group was told.
    pub told: u64,
    /// Those whose group was not.
    pub untold: u64,
    /// By name.
    pub groups: Vec<AuditedGroup>,
}

/// `groups` by application: `connection/id`, or the id alone.
pub(super) fn audit(rows: &[Recommended], groups: &BTreeMap<String, String>) -> Audit {
    let mut ranks: Vec<f64> = rows.iter().map(Recommended::rank).collect();
    ranks.sort_by(|a, b| b.total_cmp(a));
    // Who is as good as the last of them is with them.
    let least = ranks.get(((ranks.len() as f64 * FIRST).ceil() as usize).saturating_sub(1)).copied().unwrap_or(f64::INFINITY);
    let mut counts: BTreeMap<&str, Selection> = BTreeMap::new();
    let mut untold = 0;
    for row in rows {
        let key = format!("{}/{}", row.connection, row.source_id);
        let Some(group) = groups.get(&key).or_else(|| groups.get(&row.source_id)) else {
            untold += 1;
            continue;
        };
        let count = counts.entry(group).or_insert(Selection { selected: 0, considered: 0 });
        count.considered += 1;
        count.selected += u64::from(row.rank() >= least);
    }
    let selections: Vec<Selection> = counts.values().copied().collect();
    let groups = counts.iter().zip(four_fifths(&selections)).map(|((group, of), impact)| AuditedGroup {
        group: (*group).to_owned(),
        selected: of.selected,
        considered: of.considered,
        impact,
    });
    Audit { first: FIRST, told: selections.iter().map(|one| one.considered).sum(), untold, groups: groups.collect() }
}
