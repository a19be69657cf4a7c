//! Paths into a JSON record: `a.b`, `a[0].b`, `a[].b`, `a[role=Recruiter].b`, `["key.with.dots"]`, `$.a` (the record, inside an
//! `each`).

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use serde_json::Value;

/// One step of a [`Path`].
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Step {
    /// A key of an object.
    Key(String),
    /// An element of a list, from 0.
    Index(usize),
    /// Every element of a list.
    Each,
    /// Every element of a list whose value of this key reads like this text, case apart.
    Where(String, String),
}

impl Step {
    /// Whether the step leads to this element of a list.
    pub(crate) fn leads_to(&self, index: usize, element: &Value) -> bool {
        match self {
            Step::Key(_) => false,
            Step::Index(wanted) => *wanted == index,
            Step::Each => true,
            Step::Where(key, wanted) => {
                element.get(key).and_then(super::words::scalar_text).is_some_and(|found| found.to_lowercase() == wanted.to_lowercase())
            }
        }
    }
}

/// Where a value stands in a record. The empty path is the record itself.
///
/// ```
/// use inflow_connectors::spec::Path;
/// let record = serde_json::json!({"stages": [{"at": 1}, {"at": null}, {"at": 3}]});
/// let path: Path = "stages[].at".parse()?;
/// assert_eq!(path.all(&record).len(), 2); // nulls are not values
/// # Ok::<(), inflow_connectors::spec::PathError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Path {
    /// True for `$...`: read from the record even inside an `each`.
    from_record: bool,
    steps: Vec<Step>,
}

/// A path that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is not a path: {reason} (a path is like a.b, a[0].b, a[].b, a[key=word].b or [\"key.with.dots\"])")]
pub struct PathError {
    text: String,
    reason: &'static str,
}

impl Path {
    /// The steps from the outside in.
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// True when the path starts at the record although it is read inside an `each`.
    pub fn is_from_record(&self) -> bool {
        self.from_record
    }

    /// True for the path of the record itself.
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    /// True when it leads to one place at most.
    pub(super) fn is_plain(&self) -> bool {
        self.steps.iter().all(|step| matches!(step, Step::Key(_) | Step::Index(_)))
    }

    /// This path continued by another one.
    #[must_use]
    pub fn join(&self, tail: &Path) -> Path {
        if tail.from_record {
            return Path { from_record: false, steps: tail.steps.clone() };
        }
        let steps = self.steps.iter().chain(&tail.steps).cloned().collect();
        Path { from_record: self.from_record, steps }
    }

    /// The first value that is not null.
    pub fn first<'v>(&self, value: &'v Value) -> Option<&'v Value> {
        first_of(&self.steps, value)
    }

    /// Every value that is not null; a list at the end of the path is one value.
    pub fn all<'v>(&self, value: &'v Value) -> Vec<&'v Value> {
        let mut found = Vec::new();
        collect(&self.steps, value, &mut found);
        found
    }

    /// Calls `change` on every value at the path, nulls excepted.
    pub fn change(&self, value: &mut Value, change: &mut dyn FnMut(&mut Value)) {
        change_at(&self.steps, value, change);
    }

    /// True when this path lies on or under `outer` (list steps compared loosely: `[]` covers `[0]`).
    pub fn is_within(&self, outer: &Path) -> bool {
        outer.steps.len() <= self.steps.len() && outer.steps.iter().zip(&self.steps).all(|(a, b)| meet(a, b))
    }
}

fn meet(a: &Step, b: &Step) -> bool {
    match (a, b) {
        (Step::Key(a), Step::Key(b)) => a == b,
        (Step::Index(a), Step::Index(b)) => a == b,
        (Step::Key(_), _) | (_, Step::Key(_)) => false,
        _ => true,
    }
}

fn first_of<'v>(steps: &[Step], value: &'v Value) -> Option<&'v Value> {
    let Some((step, rest)) = steps.split_first() else {
        return (!value.is_null()).then_some(value);
    };
    match step {
        Step::Key(key) => first_of(rest, value.as_object()?.get(key)?),
        Step::Index(index) => first_of(rest, value.as_array()?.get(*index)?),
        Step::Each | Step::Where(..) => {
            value.as_array()?.iter().enumerate().filter(|(at, element)| step.leads_to(*at, element)).find_map(|(_, e)| first_of(rest, e))
        }
    }
}

fn collect<'v>(steps: &[Step], value: &'v Value, found: &mut Vec<&'v Value>) {
    let Some((step, rest)) = steps.split_first() else {
        if !value.is_null() {
            found.push(value);
        }
        return;
    };
    match (step, value) {
        (Step::Key(key), Value::Object(map)) => {
            if let Some(inner) = map.get(key) {
                collect(rest, inner, found);
            }
        }
        (step, Value::Array(list)) => {
            list.iter().enumerate().filter(|(at, inner)| step.leads_to(*at, inner)).for_each(|(_, inner)| collect(rest, inner, found));
        }
        _ => {}
    }
}

fn change_at(steps: &[Step], value: &mut Value, change: &mut dyn FnMut(&mut Value)) {
    let Some((step, rest)) = steps.split_first() else {
        if !value.is_null() {
            change(value);
        }
        return;
    };
    match (step, value) {
        (Step::Key(key), Value::Object(map)) => {
            if let Some(inner) = map.get_mut(key) {
                change_at(rest, inner, change);
            }
        }
        (step, Value::Array(list)) => {
            let found = list.iter_mut().enumerate().filter(|(at, inner)| step.leads_to(*at, inner));
            found.for_each(|(_, inner)| change_at(rest, inner, change));
        }
        _ => {}
    }
}

impl FromStr for Path {
    type Err = PathError;

    fn from_str(text: &str) -> Result<Self, PathError> {
        let fail = |reason| PathError { text: text.to_owned(), reason };
        let (from_record, mut rest) = match text.strip_prefix('$') {
            Some(rest) => (true, rest.strip_prefix('.').unwrap_or(rest)),
            None => (false, text),
        };
        let mut steps = Vec::new();
        while !rest.is_empty() {
            if let Some(inside) = rest.strip_prefix('[') {
                let (step, tail) = bracket(inside).map_err(fail)?;
                steps.push(step);
                rest = tail;
            } else {
                let (key, tail) = rest.split_at(rest.find(['.', '[']).unwrap_or(rest.len()));
                if key.trim().is_empty() {
                    return Err(fail("a key is empty"));
                }
                steps.push(Step::Key(key.to_owned()));
                rest = tail;
            }
            if let Some(tail) = rest.strip_prefix('.') {
                if tail.is_empty() {
                    return Err(fail("it ends with a dot"));
                }
                rest = tail;
            } else if !rest.is_empty() && !rest.starts_with('[') {
                return Err(fail("a dot is missing after ]"));
            }
        }
        Ok(Path { from_record, steps })
    }
}

/// The step inside brackets and what follows it.
fn bracket(inside: &str) -> Result<(Step, &str), &'static str> {
    if let Some(quoted) = inside.strip_prefix('"') {
        let (key, tail) = quoted.split_once("\"]").ok_or("a [\" is not closed")?;
        return Ok((Step::Key(key.to_owned()), tail));
    }
    let (index, tail) = inside.split_once(']').ok_or("a [ is not closed")?;
    if index.is_empty() {
        return Ok((Step::Each, tail));
    }
    if let Some((key, wanted)) = index.split_once('=') {
        let (key, wanted) = (key.trim(), wanted.trim());
        if key.is_empty() || wanted.is_empty() {
            return Err("[key=word] needs a key and a word");
        }
        return Ok((Step::Where(key.to_owned(), wanted.to_owned()), tail));
    }
    let index = index.parse().map_err(|_| "between [ and ] stands a number, nothing, key=word or a quoted key")?;
    Ok((Step::Index(index), tail))
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.from_record {
            f.write_str("$")?;
        }
        for (position, step) in self.steps.iter().enumerate() {
            match step {
                Step::Key(key) if key.contains(['.', '[', ']', '"', '$']) => write!(f, "[\"{key}\"]")?,
                Step::Key(key) if position == 0 && !self.from_record => f.write_str(key)?,
                Step::Key(key) => write!(f, ".{key}")?,
                Step::Index(index) => write!(f, "[{index}]")?,
                Step::Each => f.write_str("[]")?,
                Step::Where(key, wanted) => write!(f, "[{key}={wanted}]")?,
            }
        }
        Ok(())
    }
}

impl Serialize for Path {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Path {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn path(text: &str) -> Path {
        text.parse().unwrap()
    }

    #[test]
    fn finds_values_through_objects_lists_and_quoted_keys() {
        let record = json!({"a": {"b": [{"c": null}, {"c": 2}, {"c": 3}]}, "费用.元": "8"});
        assert_eq!(path("a.b[].c").first(&record), Some(&json!(2)));
        assert_eq!(path("a.b[].c").all(&record), [&json!(2), &json!(3)]);
        assert_eq!(path("a.b[2].c").first(&record), Some(&json!(3)));
        assert_eq!(path("[\"费用.元\"]").first(&record), Some(&json!("8")));
        assert_eq!(path("a.x.c").first(&record), None);
        assert_eq!(path("").first(&record), Some(&record));
    }

    #[test]
    fn elements_are_found_by_what_they_say() {
        let mut record = json!({"team": [{"role": "Sourcer", "id": 1}, {"id": 2}, {"role": "recruiter", "id": 3, "lead": true}]});
        assert_eq!(path("team[role=Recruiter].id").first(&record), Some(&json!(3)));
        assert_eq!(path("team[lead=true].id").all(&record), [&json!(3)]);
        assert_eq!(path("team[role=Manager].id").first(&record), None);
        assert_eq!(path("team[role=Hiring Manager].id").to_string(), "team[role=Hiring Manager].id");
        path("team[role=Recruiter].id").change(&mut record, &mut |value| *value = json!("code"));
        assert_eq!(record, json!({"team": [{"role": "Sourcer", "id": 1}, {"id": 2}, {"role": "recruiter", "id": "code", "lead": true}]}));
    }

    #[test]
    fn refuses_what_is_not_a_path() {
        for text in ["a..b", "a.", "a[", "a[x]", "a[=x]", "a[x=]", "a[0]b", ".a", "[\"a"] {
            assert!(text.parse::<Path>().is_err(), "{text} was accepted");
        }
    }

    #[test]
    fn within_treats_each_as_every_index() {
        assert!(path("a[0].b").is_within(&path("a[]")));
        assert!(path("a.b").is_within(&path("a")));
        assert!(!path("a").is_within(&path("a.b")));
    }

    proptest! {
        #[test]
        fn reads_back_what_it_prints(keys in prop::collection::vec("[a-zA-Z_.\\u{4e00}-\\u{4e10}]{1,5}", 1..4), index in 0usize..9) {
            let mut steps: Vec<Step> = keys.into_iter().map(Step::Key).collect();
            steps.push(Step::Index(index));
            steps.push(Step::Each);
            let path = Path { from_record: false, steps };
            prop_assert_eq!(path.to_string().parse::<Path>().unwrap(), path);
        }
    }
}
