//! JSON:API: what a record refers to stands beside the records, under `included`.

use std::collections::HashMap;

use serde_json::Value;

/// Resources by type and id.
type Included = HashMap<(String, String), Value>;

/// The answer with each reference of a record of `data` replaced by the resource that the answer includes. References of
/// included resources stay references, so that no circle can grow.
pub(super) fn resolved(mut answer: Value) -> Value {
    let included = answer.get_mut("included").map(Value::take);
    let by_key: Included = match included {
        Some(Value::Array(list)) => list.into_iter().filter_map(|resource| Some((key(&resource)?, resource))).collect(),
        _ => return answer,
    };
    match answer.get_mut("data") {
        Some(Value::Array(records)) => records.iter_mut().for_each(|record| resolve(record, &by_key)),
        Some(record) => resolve(record, &by_key),
        None => {}
    }
    answer
}

fn key(resource: &Value) -> Option<(String, String)> {
    let text = |name: &str| resource.get(name).and_then(crate::spec::scalar_text);
    Some((text("type")?, text("id")?))
}

fn resolve(record: &mut Value, included: &Included) {
    let Some(relationships) = record.get_mut("relationships").and_then(Value::as_object_mut) else { return };
    for reference in relationships.values_mut().filter_map(|relationship| relationship.get_mut("data")) {
        let many = match reference {
            Value::Array(list) => list.iter_mut().collect(),
            one => vec![one],
        };
        for one in many {
            if let Some(resource) = key(one).and_then(|key| included.get(&key)) {
                *one = resource.clone();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn references_become_what_they_refer_to() {
        let stage = json!({"id": "7", "type": "stages", "attributes": {"name": "Inbox"}});
        let answer = json!({
            "data": [{"id": "1", "type": "applications", "relationships": {
                "stage": {"data": {"type": "stages", "id": "7"}},
                "job": {"data": {"type": "jobs", "id": "9"}},
                "notes": {"data": [{"type": "stages", "id": "7"}]},
                "user": {"data": null},
                "links": {"links": {"self": "x"}}
            }}],
            "included": [stage]
        });
        let read = resolved(answer);
        let related = &read["data"][0]["relationships"];
        assert_eq!(related["stage"]["data"], stage);
        assert_eq!(related["notes"]["data"], json!([stage]));
        assert_eq!(related["job"]["data"], json!({"type": "jobs", "id": "9"}), "not included: the reference stays");
        assert_eq!(related["user"]["data"], Value::Null);
        assert_eq!(resolved(json!({"data": [], "meta": 1})), json!({"data": [], "meta": 1}));
    }
}
