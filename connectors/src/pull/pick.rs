//! The allow list at work: what of a record is landed, and what is dropped before the disk.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::spec::{Path, Step, sensitive};

/// The allowed paths as a tree.
#[derive(Debug, Clone, Default)]
pub(crate) struct Allowed {
    /// Everything from here on is allowed.
    whole: bool,
    /// The records are about people: of what is allowed as a whole, some things are not kept all the same.
    personal: bool,
    keys: BTreeMap<String, Allowed>,
    indexes: BTreeMap<usize, Allowed>,
    each: Option<Box<Allowed>>,
    /// For elements that say something: `[key=word]`.
    wheres: Vec<(Step, Allowed)>,
}

/// Names of dropped columns that are kept for the report.
const MOST_NAMES: usize = 200;

/// What was dropped: columns, and how many values each had.
#[derive(Debug, Default)]
pub(crate) struct Dropped(BTreeMap<String, u64>);

impl Dropped {
    fn count(&mut self, name: &str, value: &Value) {
        let empty = match value {
            Value::Null => true,
            Value::String(text) => text.trim().is_empty(),
            Value::Array(list) => list.is_empty(),
            Value::Object(map) => map.is_empty(),
            Value::Bool(_) | Value::Number(_) => false,
        };
        if empty {
            return;
        }
        if let Some(values) = self.0.get_mut(name) {
            *values += 1;
        } else if self.0.len() < MOST_NAMES {
            self.0.insert(name.to_owned(), 1);
        }
    }

    /// Adds what was dropped elsewhere.
    pub(crate) fn add(&mut self, other: Dropped) {
        for (name, values) in other.0 {
            if self.0.len() < MOST_NAMES || self.0.contains_key(&name) {
                *self.0.entry(name).or_default() += values;
            }
        }
    }

    /// Columns with the number of their values.
    pub(crate) fn columns(&self) -> impl Iterator<Item = (&String, u64)> {
        self.0.iter().map(|(name, values)| (name, *values))
    }
}

impl Allowed {
    pub(crate) fn new<'p>(paths: impl IntoIterator<Item = &'p Path>) -> Allowed {
        let mut root = Allowed::default();
        for path in paths {
            root.add(path.steps());
        }
        root
    }

    /// The same for records about people.
    pub(crate) fn personal(mut self) -> Allowed {
        self.guard();
        self
    }

    fn guard(&mut self) {
        self.personal = true;
        let inner = self.keys.values_mut().chain(self.indexes.values_mut());
        inner.for_each(Allowed::guard);
        if let Some(each) = &mut self.each {
            each.guard();
        }
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
            Step::Where(key, _) => {
                let known = self.wheres.iter().position(|(known, _)| known == step);
                let at = known.unwrap_or_else(|| {
                    // What the element is known by is landed with it.
                    let mut inner = Allowed::default();
                    inner.add(&[Step::Key(key.clone())]);
                    self.wheres.push((step.clone(), inner));
                    self.wheres.len() - 1
                });
                if let Some((_, inner)) = self.wheres.get_mut(at) {
                    inner.add(rest);
                }
            }
        }
    }

    /// Whether an object is kept as it is: scalars that are all allowed. Both have their keys in order.
    fn allows_all(&self, map: &Map<String, Value>) -> bool {
        let mut allowed = self.keys.iter();
        map.iter().all(|(key, inner)| {
            !is_container(inner) && allowed.find(|(known, _)| *known >= key).is_some_and(|(known, allowed)| known == key && allowed.whole)
        })
    }

    /// The allowed part of a value; `None` when nothing of it is. Positions in lists stay. Names of
    /// what was dropped go to `dropped`.
    pub(crate) fn pick(&self, value: Value, at: &str, dropped: &mut Dropped) -> Option<Value> {
        if self.whole {
            return Some(if self.personal { without_sensitive(value, at, dropped) } else { value });
        }
        match value {
            Value::Object(map) if self.allows_all(&map) => Some(Value::Object(map)),
            Value::Object(map) => {
                let mut kept = Map::new();
                for (key, inner) in map {
                    match self.keys.get(&key) {
                        // What stands inside a scalar is not asked.
                        Some(allowed) if allowed.whole && !is_container(&inner) => {
                            kept.insert(key, inner);
                        }
                        Some(allowed) => {
                            let picked = allowed.pick(inner, &inside(at, &key), dropped);
                            kept.extend(picked.map(|inner| (key, inner)));
                        }
                        None => dropped.count(&inside(at, &key), &inner),
                    }
                }
                Some(Value::Object(kept))
            }
            Value::Array(list) => {
                let name = format!("{at}[]");
                let all = self.each.is_some() || !self.wheres.is_empty();
                let last = if all { list.len() } else { self.indexes.keys().last().map_or(0, |last| last + 1) };
                let kept = list.into_iter().take(last).enumerate().map(|(index, inner)| {
                    let placed = self.indexes.get(&index).or(self.each.as_deref());
                    let known = self.wheres.iter().filter(|(step, _)| step.leads_to(index, &inner)).map(|(_, allowed)| allowed);
                    let asked: Vec<&Allowed> = placed.into_iter().chain(known).collect();
                    match asked.as_slice() {
                        [] => Value::Null,
                        [one] => one.pick(inner, &name, dropped).unwrap_or(Value::Null),
                        several => {
                            let picks = several.iter().filter_map(|allowed| allowed.pick(inner.clone(), &name, dropped));
                            picks.reduce(union).unwrap_or(Value::Null)
                        }
                    }
                });
                Some(Value::Array(kept.collect()))
            }
            // A scalar where the mapping expects a container holds nothing that was asked for.
            _ => None,
        }
    }
}

fn is_container(value: &Value) -> bool {
    value.is_object() || value.is_array()
}

/// The name of what stands under a key.
fn inside<'k>(at: &str, key: &'k str) -> Cow<'k, str> {
    if at.is_empty() { Cow::Borrowed(key) } else { Cow::Owned(format!("{at}.{key}")) }
}

/// A value that was asked for as a whole, less what is never kept of people.
fn without_sensitive(value: Value, at: &str, dropped: &mut Dropped) -> Value {
    match value {
        Value::Object(map) => {
            let mut kept = Map::new();
            for (key, inner) in map {
                if sensitive(&key, false).is_some() {
                    dropped.count(&inside(at, &key), &inner);
                } else {
                    let inner = without_sensitive(inner, &inside(at, &key), dropped);
                    kept.insert(key, inner);
                }
            }
            Value::Object(kept)
        }
        Value::Array(list) => {
            let name = format!("{at}[]");
            Value::Array(list.into_iter().map(|inner| without_sensitive(inner, &name, dropped)).collect())
        }
        scalar => scalar,
    }
}

/// Two picks of one value as one.
fn union(a: Value, b: Value) -> Value {
    match (a, b) {
        (Value::Object(mut map), Value::Object(more)) => {
            for (key, value) in more {
                let joined = match map.remove(&key) {
                    Some(known) => union(known, value),
                    None => value,
                };
                map.insert(key, joined);
            }
            Value::Object(map)
        }
        (Value::Array(list), Value::Array(more)) => {
            let longest = list.len().max(more.len());
            let (mut list, mut more) = (list.into_iter(), more.into_iter());
            let pairs = (0..longest).map(|_| union(list.next().unwrap_or_default(), more.next().unwrap_or_default()));
            Value::Array(pairs.collect())
        }
        (Value::Null, other) | (other, _) => other,
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
        let mut dropped = Dropped::default();
        let kept = Allowed::new(&paths).pick(record.clone(), "", &mut dropped).unwrap();
        assert_eq!(kept, json!({"id": 1, "a": {"b": [1, 2]}, "list": [{"x": 1}, {}], "first": ["p"]}));
        let dropped: Vec<(&str, u64)> = dropped.columns().map(|(name, values)| (name.as_str(), values)).collect();
        assert_eq!(dropped, [("a.phone", 1), ("list[].y", 2), ("name", 1)]);
    }

    #[test]
    fn what_is_never_kept_of_people_is_not_kept_inside_what_is_allowed_whole() {
        let paths = ["form".parse().unwrap()];
        let record = json!({"form": {"shift": "夜班", "婚姻状况": "已婚", "answers": [{"maritalStatus": "single", "shift": 1}]}});
        let mut dropped = Dropped::default();
        let kept = Allowed::new(&paths).personal().pick(record.clone(), "", &mut dropped).unwrap();
        assert_eq!(kept, json!({"form": {"shift": "夜班", "answers": [{"shift": 1}]}}));
        let dropped: Vec<(&str, u64)> = dropped.columns().map(|(name, values)| (name.as_str(), values)).collect();
        assert_eq!(dropped, [("form.answers[].maritalStatus", 1), ("form.婚姻状况", 1)]);
        assert_eq!(Allowed::new(&paths).pick(record.clone(), "", &mut Dropped::default()), Some(record));
    }

    #[test]
    fn a_scalar_in_place_of_an_object_is_not_landed() {
        let paths = ["applications[0].posting".parse().unwrap()];
        let record = json!({"applications": ["张三 13900001234"]});
        let kept = Allowed::new(&paths).pick(record.clone(), "", &mut Dropped::default()).unwrap();
        assert_eq!(kept, json!({"applications": [null]}));
    }

    #[test]
    fn of_a_list_only_the_elements_that_were_asked_for_are_landed() {
        let paths: Vec<Path> =
            ["answers[name=City].value", "answers[].id", "answers[2].rank"].iter().map(|text| text.parse().unwrap()).collect();
        let record = json!({"answers": [
            {"id": 1, "name": "Phone", "value": "19900000001"},
            {"id": 2, "name": "City", "value": "上海"},
            {"id": 3, "name": "city", "value": "Lyon", "rank": 9}
        ]});
        let kept = Allowed::new(&paths).pick(record.clone(), "", &mut Dropped::default()).unwrap();
        let city = json!({"id": 2, "name": "City", "value": "上海"});
        assert_eq!(kept, json!({"answers": [{"id": 1}, city, {"name": "city", "value": "Lyon", "rank": 9}]}));
    }
}
