//! Workday lists name a posting by a path: `/job/Lyon/Pastry-Cook_R-1007-2`. What stands after the last `_` stays when
//! the title changes, the rest does not.

use serde_json::Value;

/// Adds `posting`, the number of the posting, and `requisition`, the one of `bulletFields` that it is made of (what else
/// stands there is the tenant's choice: a place, a date).
pub(super) fn posting(mut record: Value) -> Vec<Value> {
    let path = record.get("externalPath").and_then(Value::as_str).unwrap_or_default();
    let last = path.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
    let number = last.rsplit_once('_').map_or(last, |(_, number)| number).to_owned();
    let bullets = record.get("bulletFields").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
    let requisition = bullets.map(str::trim).find(|bullet| !bullet.is_empty() && number.starts_with(bullet)).map(str::to_owned);
    if let Some(map) = record.as_object_mut() {
        if !number.is_empty() {
            map.insert("posting".to_owned(), Value::String(number));
        }
        map.extend(requisition.map(|requisition| ("requisition".to_owned(), Value::String(requisition))));
    }
    vec![record]
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(record: Value) -> (Option<String>, Option<String>) {
        let found = posting(record).pop().unwrap();
        let text = |key: &str| found.get(key).and_then(Value::as_str).map(str::to_owned);
        (text("posting"), text("requisition"))
    }

    #[test]
    fn the_number_at_the_end_of_the_path() {
        let found = read(json!({"externalPath": "/job/Lyon/Pastry-Cook_R-1007-2", "bulletFields": ["Lyon", "R-1007"]}));
        assert_eq!(found, (Some("R-1007-2".into()), Some("R-1007".into())));
        assert_eq!(read(json!({"externalPath": "/job/Lyon/Pastry-Cook"})), (Some("Pastry-Cook".into()), None));
        assert_eq!(read(json!({"title": "Cook"})), (None, None), "a record without a path has no id");
    }
}
