//! Small cells in what leaves the program: where a report shows why people left, a row of fewer than five of them could name somebody.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::report::Report;

/// Fewer people than this are not shown.
const FEWEST: u64 = 5;
/// Status of a row whose numbers are withheld.
const WITHHELD: &str = "suppressed";

impl Report {
    /// The report as it may leave the program as a file (csv, xlsx): when it is grouped by one of its metric's sensitive dimensions, a row
    /// that counts 1 to 4 people keeps its dimensions, and loses its numbers. Where one row of a group alone would be withheld, so that
    /// the others give it away, the next smallest is withheld with it.
    #[must_use]
    pub fn for_export(&self) -> Self {
        let mut report = self.clone();
        let Ok(metric) = crate::metric(&self.metric) else { return report };
        if !metric.sensitive.iter().any(|dimension| self.columns.iter().any(|column| column == dimension)) {
            return report;
        }
        let around: Vec<&str> = metric.dimensions.iter().copied().filter(|dimension| !metric.sensitive.contains(dimension)).collect();
        let mut groups: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for (index, row) in self.rows.iter().enumerate() {
            let group: Vec<String> = around.iter().map(|dimension| row.get(*dimension).map(Value::to_string).unwrap_or_default()).collect();
            groups.entry(group.join("\u{0}")).or_default().push(index);
        }
        for indices in groups.into_values() {
            for index in withheld(&self.rows, &indices, &metric.people) {
                for column in &metric.columns {
                    if *column != "covered" {
                        let cell = if *column == "status" { WITHHELD.into() } else { Value::Null };
                        report.rows[index].insert((*column).to_owned(), cell);
                    }
                }
            }
        }
        report
    }
}

fn withheld(rows: &[Map<String, Value>], group: &[usize], people: &[&str]) -> Vec<usize> {
    let counts =
        |index: usize| people.iter().filter_map(move |column| rows[index].get(*column).and_then(Value::as_u64)).filter(|count| *count > 0);
    let mut small: Vec<usize> = group.iter().copied().filter(|index| counts(*index).any(|count| count < FEWEST)).collect();
    if let [alone] = small[..] {
        let others = group.iter().copied().filter(|index| *index != alone && counts(*index).next().is_some());
        small.extend(others.min_by_key(|index| counts(*index).max()));
    }
    small
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::withheld;

    #[test]
    fn small_rows_go_and_one_alone_takes_the_next_with_it() {
        let rows =
            |counts: &[u64]| counts.iter().map(|n| json!({"leavers": n, "numerator": 0}).as_object().unwrap().clone()).collect::<Vec<_>>();
        let gone = |counts: &[u64]| withheld(&rows(counts), &(0..counts.len()).collect::<Vec<_>>(), &["leavers", "numerator"]);
        assert!(gone(&[5, 90, 0]).is_empty(), "five are enough, and nobody is nobody");
        assert_eq!(gone(&[4, 90, 7, 0]), [0, 2]);
        assert_eq!(gone(&[4, 90, 1]), [0, 2]);
        assert_eq!(gone(&[3]), [0]);
    }
}
