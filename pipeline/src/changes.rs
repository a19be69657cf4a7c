//! What an analysis looks at: everything, or what is new since the last one.
//!
//! Links, cases, clusters and marts are functions of what the store holds. When little of it is new, they are computed anew for what the
//! new segments reach, to the same result: which rows those are is found by asking, for each table, which rows the segments brought,
//! what those rows are compared with, and what stood on them before.

use inflow_store::{Reading, Standing, within_segments};

/// What to compute anew.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scope {
    /// Everything.
    All,
    /// What these segments reach; they were stored since the last analysis.
    Changed(Vec<Reading>),
}

/// Where more than one record in so many is new, everything is looked at: it costs no more.
const ONE_IN: u64 = 8;

/// The table of the applications that are to be counted anew.
pub const CHANGED_APPLICATIONS: &str = "changed_applications";

/// The table of the postings that marts of postings are to be made anew for.
pub const CHANGED_POSTINGS: &str = "changed_postings";

impl Scope {
    /// What is to be done where things stand so.
    pub fn of(standing: Standing) -> Self {
        let new: u64 = standing.new.iter().map(|reading| reading.records).sum();
        if standing.holds && new < standing.seen / ONE_IN { Self::Changed(standing.new) } else { Self::All }
    }

    /// That a row of a table was brought by one of the segments, in SQL; `None` when all rows count.
    pub(crate) fn brought(&self, column: &str) -> Option<String> {
        match self {
            Self::All => None,
            Self::Changed(segments) => Some(within_segments(column, segments)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reading(records: u64) -> Reading {
        Reading { segment: records.to_string(), reading: 1, records }
    }

    #[test]
    fn a_little_is_looked_at_alone_and_much_is_not() {
        let standing = |holds, new: &[u64], seen| Standing { holds, new: new.iter().map(|records| reading(*records)).collect(), seen };
        assert_eq!(Scope::of(standing(true, &[3, 4], 80)), Scope::Changed(vec![reading(3), reading(4)]));
        assert_eq!(Scope::of(standing(true, &[], 80)), Scope::Changed(Vec::new()));
        assert_eq!(Scope::of(standing(true, &[10], 80)), Scope::All);
        assert_eq!(Scope::of(standing(true, &[], 0)), Scope::All, "nothing was seen yet");
        assert_eq!(Scope::of(standing(false, &[1], 80)), Scope::All);
    }
}
