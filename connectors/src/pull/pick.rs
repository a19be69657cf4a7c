//! The allow list at work: what of a record is landed, and what is dropped before the disk.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use crate::spec::{Path, Step};

/// The allowed paths as a tree.
#[derive(Debug, Default)]
pub(crate) struct Allowed {
    /// Everything from here on is allowed.
    whole: bool,
    keys: BTreeMap<String, Allowed>,
    indexes: BTreeMap<usize, Allowed>,
    each: Option<Box<Allowed>>,
}

/// Names of dropped columns that are kept for the report.
const MOST_NAMES: usize = 200;

impl Allowed {
    pub(crate) fn new<'p>(paths: impl IntoIterator<Item = &'p Path>) -> Allowed {
        let mut root = Allowed::default();
        for path in paths {
            root.add(path.steps());
        }
        root
    }

    fn add(&mut self, steps: &[Step]) {
        let Some((step, rest)) = steps.split_first() else {
            self.whole = true;
            return;
        };
        match step {
            Step::Key(key) => self.keys.entry(key.clone()).or_default().add(rest),
            Step::Index(index) => self.indexes.entry(*index).or_default().add(rest),
            Step::Each => self.each.get_or_insert_default().add(rest),
        }
    }

    /// The allowed part of a value; `None` when nothing of it is. Positions in lists stay. Names of
    /// what was dropped go to `dropped`.
    pub(crate) fn pick(&self, value: &Value, at: &str, dropped: &mut BTreeSet<String>) -> Option<Value> {
        if self.whole {
            return Some(value.clone());
        }
        match value {
            Value::Object(map) => {
                let mut kept = Map::new();
                for (key, inner) in map {
                    let name = if at.is_empty() { key.clone() } else { format!("{at}.{key}") };
                    match self.keys.get(key) {
                        Some(allowed) => {
                            kept.extend(allowed.pick(inner, &name, dropped).map(|inner| (key.clone(), inner)));
                        }
                        None if dropped.len() < MOST_NAMES => {
                            dropped.insert(name);
                        }
                        None => {}
                    }
                }
                Some(Value::Object(kept))
            }
            Value::Array(list) => {
                let name = format!("{at}[]");
                let last = if self.each.is_some() { list.len() } else { self.indexes.keys().last().map_or(0, |last| last + 1) };
                let kept = list.iter().take(last).enumerate().map(|(index, inner)| {
                    let allowed = self.indexes.get(&index).or(self.each.as_deref());
                    allowed.and_then(|allowed| allowed.pick(inner, &name, dropped)).unwrap_or(Value::Null)
                });
                Some(Value::Array(kept.collect()))
            }
            // A scalar where the mapping expects a container holds nothing that was asked for.
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_allowed_paths_are_landed() {
        let paths: Vec<Path> = ["id", "a.b", "list[].x", "first[0]"].iter().map(|text| text.parse().unwrap()).collect();
        let record = json!({
            "id": 1, "name": "林小雨", "a": {"b": [1, 2], "phone": "139"},
            "list": [{"x": 1, "y": 2}, {"y": 3}], "first": ["p", "q"]
        });
        let mut dropped = BTreeSet::new();
        let kept = Allowed::new(&paths).pick(&record, "", &mut dropped).unwrap();
        assert_eq!(kept, json!({"id": 1, "a": {"b": [1, 2]}, "list": [{"x": 1}, {}], "first": ["p"]}));
        assert_eq!(dropped.into_iter().collect::<Vec<_>>(), ["a.phone", "list[].y", "name"]);
    }

    #[test]
    fn a_scalar_in_place_of_an_object_is_not_landed() {
        let paths = ["applications[0].posting".parse().unwrap()];
        let record = json!({"applications": ["张三 13900001234"]});
        let kept = Allowed::new(&paths).pick(&record, "", &mut BTreeSet::new()).unwrap();
        assert_eq!(kept, json!({"applications": [null]}));
    }
}
