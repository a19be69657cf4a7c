//! What people decided about postings, as pairs of keys.

use crate::PipelineError;
use crate::decisions::{Decision, Key};
use std::path::Path;

/// Decisions about postings. Keys are `connection/source_id`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Decisions {
    /// Pairs that are of one job.
    pub same: Vec<(String, String)>,
    /// Pairs that are not.
    pub different: Vec<(String, String)>,
}

impl Decisions {
    /// Reads the decisions beside a configuration.
    ///
    /// # Errors
    /// When the file cannot be followed to the letter.
    pub fn load(folder: &Path) -> Result<Self, PipelineError> {
        Ok(Self::of(&crate::decisions::Decisions::load(folder)?.postings))
    }

    fn of(decisions: &[Decision]) -> Self {
        let mut pairs = Self::default();
        for decision in decisions {
            let (keys, into) = match decision {
                Decision::Same(keys) => (keys, &mut pairs.same),
                Decision::Different(keys) => (keys, &mut pairs.different),
            };
            let text = |(connection, id): &Key| format!("{connection}/{id}");
            for (at, one) in keys.iter().enumerate() {
                into.extend(keys.iter().skip(at + 1).map(|other| (text(one), text(other))));
            }
        }
        pairs
    }

    /// All keys that are named, each once.
    pub fn keys(&self) -> Vec<String> {
        let mut keys: Vec<String> = self.same.iter().chain(&self.different).flat_map(|(a, b)| [a.clone(), b.clone()]).collect();
        keys.sort_unstable();
        keys.dedup();
        keys
    }
}

#[cfg(test)]
mod tests {
    use super::{Decision, Decisions};

    #[test]
    fn each_two_of_an_entry_are_a_pair() {
        let key = |id: &str| ("a".to_owned(), id.to_owned());
        let pairs = Decisions::of(&[Decision::Same(vec![key("1"), key("2"), key("3")]), Decision::Different(vec![key("1"), key("4/x")])]);
        assert_eq!(pairs.same.len(), 3);
        assert_eq!(pairs.different, [("a/1".to_owned(), "a/4/x".to_owned())]);
        assert_eq!(pairs.keys(), ["a/1", "a/2", "a/3", "a/4/x"]);
    }
}
