//! A board that changes shape is noticed before anything of the page is landed.
//!
//! One odd record is the pipeline's to quarantine. When every record of a page lost its id, or none
//! of the values of a field can be read any more, the board changed and the connection stops.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use serde_json::{Value, json};

use super::pick::Allowed;
use crate::error::{PullError, PullErrorKind};
use crate::spec::{Field, FieldType, Stream, VALUE, shape};

/// Fewer unreadable values than this say nothing about the board.
const FEWEST: usize = 2;

/// The records of an answer, each with what the stream wants `around` it.
pub(crate) fn records(stream: &Stream, mut answer: Value) -> Result<Vec<Value>, PullError> {
    let around = (!stream.around.is_empty()).then(|| around(stream, &answer));
    let mut found = None;
    let seen = stream.records.first(&answer).map_or("nothing", shape);
    stream.records.change(&mut answer, &mut |value| found = Some(value.take()));
    // A feed that lists nothing has no element of that name: its root alone says what it is.
    if found.is_none()
        && let (crate::spec::Answer::Xml { .. }, Some(crate::spec::Step::Key(root))) = (&stream.answer, stream.records.steps().first())
        && answer.as_object().is_some_and(|map| map.contains_key(root))
    {
        return Ok(Vec::new());
    }
    let Some(Value::Array(mut list)) = found else {
        let place = if stream.records.is_empty() { "the answer".to_owned() } else { format!("`{}`", stream.records) };
        return Err(changed(format!("{place} is {seen} instead of a list of {}", stream.name)));
    };
    if stream.lists_values() {
        list = list.into_iter().map(|value| json!({ VALUE: value })).collect();
    }
    if let Some(odd) = list.iter().find(|record| !record.is_object()) {
        return Err(changed(format!("a record of {} is {} instead of an object", stream.name, shape(odd))));
    }
    if let Some(around) = around {
        for map in list.iter_mut().filter_map(Value::as_object_mut) {
            map.insert("around".to_owned(), around.clone());
        }
    }
    Ok(list)
}

fn around(stream: &Stream, answer: &Value) -> Value {
    let allowed = Allowed::new(&stream.around);
    allowed.pick(answer.clone(), "", &mut super::pick::Dropped::default()).unwrap_or(Value::Null)
}

/// Checks a page as a whole.
pub(crate) fn check(stream: &Stream, records: &[Value], zone: Tz, fetched: DateTime<Utc>) -> Result<(), PullError> {
    if !records.is_empty() && !stream.id.is_empty() && records.iter().all(|record| stream.source_id(record).is_none()) {
        let paths: Vec<String> = stream.id.iter().map(ToString::to_string).collect();
        return Err(changed(format!("no record of {} has its id (`{}`) any more", stream.name, paths.join("`, `"))));
    }
    for (name, field) in &stream.fields {
        if let Some(column) = stream.kind.column(name) {
            check_field(stream, name, field, column.value, records, (zone, fetched))?;
        }
    }
    Ok(())
}

fn check_field(
    stream: &Stream,
    name: &str,
    field: &Field,
    kind: FieldType,
    records: &[Value],
    (zone, fetched): (Tz, DateTime<Utc>),
) -> Result<(), PullError> {
    let mut unreadable = 0;
    let mut reason = String::new();
    for record in records {
        match field.read(kind, &stream.scope(record, None, zone).fetched(fetched)) {
            Ok(Some(_)) => return Ok(()),
            Ok(None) => {}
            Err(why) => {
                unreadable += 1;
                reason = why;
            }
        }
    }
    if unreadable < FEWEST {
        return Ok(());
    }
    let paths: Vec<String> = field.paths.iter().chain(&field.all_of).map(|path| format!("`{path}`")).collect();
    Err(changed(format!("{} of {} cannot be read as {name} in any record: {reason}", paths.join(", "), stream.name)))
}

fn changed(message: String) -> PullError {
    PullError::new(PullErrorKind::ChangedShape, message)
        .with_hint("the board changed its format: nothing of this answer was taken; the spec needs an update")
}

#[cfg(test)]
mod tests {
    use chrono_tz::Asia::Shanghai;
    use serde_json::json;

    use super::*;
    use crate::spec::parse_mapping;

    fn stream() -> Stream {
        let text = "kind = \"postings\"\nrecords = \"jobs\"\nid = \"id\"\n[fields]\ntitle = \"title\"\nposted_at = { path = \"at\", format = \"rfc3339\" }\n";
        parse_mapping(text, "m.toml").unwrap()
    }

    #[test]
    fn a_list_that_is_no_list_any_more() {
        let error = records(&stream(), json!({"jobs": {"a": 1}})).unwrap_err();
        assert_eq!(error.message, "`jobs` is an object instead of a list of postings");
        let error = records(&stream(), json!({})).unwrap_err();
        assert_eq!(error.message, "`jobs` is nothing instead of a list of postings");
    }

    #[test]
    fn what_stands_around_a_list_goes_into_its_records() {
        let mut stream = stream();
        stream.around = vec!["company.name".parse().unwrap()];
        let listed = records(&stream, json!({"company": {"name": "Tea House", "id": 5}, "jobs": [{"id": 1}]})).unwrap();
        assert_eq!(listed, [json!({"id": 1, "around": {"company": {"name": "Tea House"}}})]);
    }

    #[test]
    fn one_odd_record_is_not_a_changed_board() {
        let good = json!({"id": 1, "title": "厨师", "at": "2026-03-01T00:00:00Z"});
        let odd = json!({"id": 2, "title": {"zh": "厨师"}, "at": 5});
        assert!(check(&stream(), &[good, odd.clone()], Shanghai, DateTime::UNIX_EPOCH).is_ok());
        assert!(check(&stream(), std::slice::from_ref(&odd), Shanghai, DateTime::UNIX_EPOCH).is_ok());
        let error = check(&stream(), &[odd.clone(), odd], Shanghai, DateTime::UNIX_EPOCH).unwrap_err();
        assert_eq!(error.kind, PullErrorKind::ChangedShape);
        assert!(error.message.contains("`at` of postings cannot be read as posted_at"), "{}", error.message);
    }

    #[test]
    fn records_without_ids_are_a_changed_board() {
        let error = check(&stream(), &[json!({"title": "x"})], Shanghai, DateTime::UNIX_EPOCH).unwrap_err();
        assert_eq!(error.message, "no record of postings has its id (`id`) any more");
    }
}
