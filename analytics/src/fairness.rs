//! What `four_fifths` says of rows together: each group beside the one that is selected most often.

use std::collections::BTreeMap;

use inflow_statistics::fairness::{Selection, four_fifths};
use serde_json::{Map, Value};

/// Columns that tell comparisons apart: groups are compared within a period and a pair of stages.
const WITHIN: [&str; 5] = ["day", "week", "month", "from_stage", "to_stage"];

/// Fills the columns that compare rows; rows without a denominator are left out of the comparison.
pub(crate) fn compare(rows: &mut [Map<String, Value>]) {
    let mut comparisons: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (index, row) in rows.iter().enumerate() {
        let within: Vec<&str> = WITHIN.iter().map(|column| row.get(*column).and_then(Value::as_str).unwrap_or_default()).collect();
        comparisons.entry(within.join("\u{0}")).or_default().push(index);
    }
    for indices in comparisons.into_values() {
        let groups: Vec<(usize, Selection)> = indices.into_iter().filter_map(|index| Some((index, selection(&rows[index])?))).collect();
        let impacts = four_fifths(&groups.iter().map(|(_, group)| *group).collect::<Vec<_>>());
        for ((index, _), impact) in groups.iter().zip(impacts) {
            let row = &mut rows[*index];
            let judged = impact.ratio.is_some();
            let cells: [(&str, Value); 5] = [
                ("ratio", rounded(impact.ratio)),
                ("under_four_fifths", if judged { impact.under_four_fifths.into() } else { Value::Null }),
                ("turned_by_one", if judged { impact.turned_by_one.into() } else { Value::Null }),
                ("p_value", rounded(impact.p_value)),
                ("p_holm", rounded(impact.p_holm)),
            ];
            row.extend(cells.map(|(column, cell)| (column.to_owned(), cell)));
        }
    }
}

fn selection(row: &Map<String, Value>) -> Option<Selection> {
    let count = |column: &str| row.get(column).and_then(Value::as_u64);
    Some(Selection { selected: count("numerator")?, considered: count("denominator")? })
}

/// Six decimals, as the SQL of rates has them.
fn rounded(number: Option<f64>) -> Value {
    number.map_or(Value::Null, |number| ((number * 1e6).round() / 1e6).into())
}
