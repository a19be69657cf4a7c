//! From an answer to records: what the words `only`, `omit`, `explode`, `same_id` and `hook` of a stream do.

use std::collections::HashMap;

use chrono_tz::Tz;
use serde_json::{Map, Value};

use crate::spec::{Stream, VALUE};

/// What records get from outside of their list.
#[derive(Clone, Copy)]
pub(crate) struct Outside<'o> {
    /// The entry of another list for which this one was asked.
    pub(crate) parent: Option<&'o Value>,
    /// Params of the connection.
    pub(crate) given: &'o Map<String, Value>,
}

/// The records that count, each in its final shape.
pub(crate) fn shape(stream: &Stream, records: Vec<Value>, outside: Outside<'_>) -> Vec<Value> {
    let mut shaped: Vec<Value> = Vec::with_capacity(records.len());
    for record in records {
        let inner = match &stream.explode {
            Some(path) => exploded(record, path),
            None => vec![record],
        };
        for mut record in inner {
            if let Some(map) = record.as_object_mut() {
                if let Some(parent) = outside.parent {
                    map.entry("parent").or_insert_with(|| parent.clone());
                }
                if !stream.given.is_empty() {
                    map.insert("given".to_owned(), Value::Object(outside.given.clone()));
                }
            }
            match stream.hook.as_deref().and_then(crate::hook::hook) {
                Some(hook) => shaped.extend((hook.run)(record)),
                None => shaped.push(record),
            }
        }
    }
    if let Some(only) = &stream.only {
        shaped.retain(|record| only.holds(&stream.scope(record, None, Tz::UTC)));
    }
    for omit in &stream.omit {
        for record in &mut shaped {
            if omit.when.holds(&stream.scope(record, None, Tz::UTC)) {
                omit.path.change(record, &mut |value| *value = Value::Null);
            }
        }
    }
    if stream.same_id { merged(stream, shaped) } else { shaped }
}

/// Every element of a list inside a record, with the rest of the record under `parent`.
fn exploded(mut record: Value, path: &crate::spec::Path) -> Vec<Value> {
    let mut list = Vec::new();
    path.change(&mut record, &mut |value| {
        if let Value::Array(found) = value {
            list.append(found);
        }
    });
    list.into_iter()
        .map(|inner| match inner {
            Value::Object(mut map) => {
                map.insert("parent".to_owned(), record.clone());
                Value::Object(map)
            }
            other => Value::Object(Map::from_iter([(VALUE.to_owned(), other), ("parent".to_owned(), record.clone())])),
        })
        .collect()
}

/// Records of one id become one, in the place of the first.
fn merged(stream: &Stream, records: Vec<Value>) -> Vec<Value> {
    let mut places: HashMap<String, usize> = HashMap::new();
    let mut kept: Vec<Value> = Vec::with_capacity(records.len());
    for record in records {
        match stream.source_id(&record) {
            Some(id) => {
                if let Some(first) = places.get(&id).and_then(|place| kept.get_mut(*place)) {
                    merge(first, record);
                } else {
                    places.insert(id, kept.len());
                    kept.push(record);
                }
            }
            None => kept.push(record),
        }
    }
    kept
}

/// Equal values stay, different ones become a list without repetition.
fn merge(into: &mut Value, other: Value) {
    match (into, other) {
        (Value::Object(map), Value::Object(others)) => {
            for (key, value) in others {
                match map.get_mut(&key) {
                    Some(known) => merge(known, value),
                    None => {
                        map.insert(key, value);
                    }
                }
            }
        }
        (into, other) if *into == other || other.is_null() => {}
        (into @ Value::Null, other) => *into = other,
        (Value::Array(list), Value::Array(others)) => {
            for value in others {
                if !list.contains(&value) {
                    list.push(value);
                }
            }
        }
        (Value::Array(list), other) => {
            if !list.contains(&other) {
                list.push(other);
            }
        }
        (into, other) => {
            let first = into.take();
            *into = Value::Array(vec![first, other]);
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::spec::parse_mapping;

    fn shaped(stream: &Stream, records: Vec<Value>, parent: Option<&Value>) -> Vec<Value> {
        let given = json!({"site": "tea"}).as_object().unwrap().clone();
        super::shape(stream, records, Outside { parent, given: &given })
    }

    fn stream(words: &str) -> Stream {
        parse_mapping(&format!("kind = \"postings\"\nid = \"id\"\n{words}\n[fields]\ntitle = \"title\"\n"), "m.toml").unwrap()
    }

    #[test]
    fn a_job_listed_once_a_place_is_one_job() {
        let list = vec![
            json!({"id": 1, "title": "Cook", "place": {"city": "Lyon"}, "tags": ["a"]}),
            json!({"id": 2, "title": "Baker", "place": {"city": "Lyon"}}),
            json!({"id": 1, "title": "Cook", "place": {"city": "Nice"}, "tags": ["a", "b"]}),
            json!({"id": 1, "title": "Cook", "place": {"city": "Nice"}}),
        ];
        let shaped = shaped(&stream("same_id = true"), list, None);
        assert_eq!(
            shaped,
            [
                json!({"id": 1, "title": "Cook", "place": {"city": ["Lyon", "Nice"]}, "tags": ["a", "b"]}),
                json!({"id": 2, "title": "Baker", "place": {"city": "Lyon"}})
            ]
        );
    }

    #[test]
    fn notes_are_left_out_and_lists_opened() {
        let only = stream("only = { path = \"id\", exists = true }");
        assert_eq!(shaped(&only, vec![json!({"legal": "text"}), json!({"id": 1})], None), [json!({"id": 1})]);
        let omit = stream("omit = [{ path = \"source\", when = { path = \"kind\", is = \"Referrals\" } }]");
        let referred = json!({"id": 1, "kind": "Referrals", "source": "测试乙"});
        let board = json!({"id": 2, "kind": "Job boards", "source": "indeed.com"});
        assert_eq!(shaped(&omit, vec![referred, board.clone()], None), [json!({"id": 1, "kind": "Referrals", "source": null}), board]);
        let explode = stream("explode = \"applications\"");
        let shaped = shaped(&explode, vec![json!({"name": "测试甲", "applications": [{"id": 5}, {"id": 6}]})], Some(&json!({"code": "x"})));
        assert_eq!(
            shaped,
            [
                json!({"id": 5, "parent": {"name": "测试甲", "applications": []}}),
                json!({"id": 6, "parent": {"name": "测试甲", "applications": []}})
            ]
        );
    }

    #[test]
    fn what_the_connection_says_stands_in_every_record() {
        let given = stream("given = [\"site\"]");
        assert_eq!(shaped(&given, vec![json!({"id": 1})], None), [json!({"id": 1, "given": {"site": "tea"}})]);
    }
}
