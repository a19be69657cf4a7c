//! schema.org objects inside the records of a JSON feed.

use serde_json::Value;

/// Gives every `JobPosting` that is a member of the record the form that `json_ld` gives.
pub(super) fn record(mut record: Value) -> Vec<Value> {
    for member in record.as_object_mut().into_iter().flat_map(|map| map.values_mut()) {
        if let Some(posting) = member.as_object_mut()
            && posting.get("@type").and_then(Value::as_str) == Some("JobPosting")
        {
            crate::answer::tidy(posting);
        }
    }
    vec![record]
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_postings_are_tidied() {
        let found = record(json!({"a": {"@type": "JobPosting", "jobLocation": "Lyon"}, "b": {"jobLocation": "Lyon"}}));
        let expected =
            json!({"a": {"@type": "JobPosting", "jobLocation": [{"name": "Lyon", "place": "Lyon"}]}, "b": {"jobLocation": "Lyon"}});
        assert_eq!(found, [expected]);
    }
}
