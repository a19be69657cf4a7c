//! XML as JSON. `<job id="1"><title>Cook</title></job>` is `{"job": {"@id": "1", "title": "Cook"}}`.

use serde_json::{Map, Value};

use super::AnswerError;

/// Reads a document. Prefixes of names stay as they are written (`joblisting:jobId`).
pub(super) fn read(text: &str, lists: &[String]) -> Result<Value, AnswerError> {
    let options = roxmltree::ParsingOptions { allow_dtd: true, nodes_limit: 20_000_000, ..roxmltree::ParsingOptions::default() };
    let document = roxmltree::Document::parse_with_options(text.trim_start_matches('\u{feff}').trim_start(), options).map_err(|error| {
        let at = error.pos();
        AnswerError::Unreadable(format!("something that is not XML (line {}, column {}: {error})", at.row, at.col))
    })?;
    let root = document.root_element();
    let mut whole = Map::new();
    whole.insert(name(text, root), element(text, root, lists));
    Ok(Value::Object(whole))
}

/// The name as it stands in the text, prefix included.
fn name(text: &str, node: roxmltree::Node<'_, '_>) -> String {
    let from = text.trim_start_matches('\u{feff}').trim_start().get(node.range()).unwrap_or_default();
    let written: String = from.trim_start_matches('<').chars().take_while(|c| !c.is_whitespace() && !matches!(c, '>' | '/')).collect();
    if written.is_empty() { node.tag_name().name().to_owned() } else { written }
}

fn element(text: &str, node: roxmltree::Node<'_, '_>, lists: &[String]) -> Value {
    let mut map = Map::new();
    for attribute in node.attributes() {
        map.insert(format!("@{}", attribute.name()), Value::from(attribute.value()));
    }
    let mut own = String::new();
    for child in node.children() {
        if child.is_element() {
            let key = name(text, child);
            let value = element(text, child, lists);
            add(&mut map, key, value, lists);
        } else if child.is_text() {
            own.push_str(child.text().unwrap_or_default());
        }
    }
    let own = own.trim();
    if map.is_empty() {
        return if own.is_empty() { Value::Null } else { Value::from(own) };
    }
    if !own.is_empty() {
        map.insert("#text".to_owned(), Value::from(own));
    }
    Value::Object(map)
}

fn add(map: &mut Map<String, Value>, key: String, value: Value, lists: &[String]) {
    match map.get_mut(&key) {
        Some(Value::Array(list)) => list.push(value),
        Some(other) => {
            let first = other.take();
            *other = Value::Array(vec![first, value]);
        }
        None if lists.contains(&key) => {
            map.insert(key, Value::Array(vec![value]));
        }
        None => {
            map.insert(key, value);
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn elements_attributes_lists_and_prefixes() {
        let text = "\u{feff}<?xml version=\"1.0\"?>\n<rss xmlns:j=\"urn:j\"><item no=\"7\"><title><![CDATA[Cook & carve]]></title>\
            <j:city>苏州</j:city><tag>a</tag><tag>b</tag><empty/></item></rss>";
        let found = read(text, &["item".to_owned()]).unwrap();
        assert_eq!(
            found,
            json!({"rss": {"item": [{"@no": "7", "title": "Cook & carve", "j:city": "苏州", "tag": ["a", "b"], "empty": null}]}})
        );
    }

    #[test]
    fn what_is_cut_off_names_its_place() {
        let error = read("<a><b></a>", &[]).unwrap_err().to_string();
        assert!(error.starts_with("something that is not XML (line 1, column"), "{error}");
    }

    #[test]
    fn entities_that_multiply_are_refused() {
        let mut text = "<!DOCTYPE x [<!ENTITY a \"aaaaaaaaaa\">".to_owned();
        for step in 0..12 {
            let (from, to) = (char::from(b'a' + step), char::from(b'b' + step));
            let tenfold = format!("&{from};").repeat(10);
            text += format!("<!ENTITY {to} \"{tenfold}\">").as_str();
        }
        text.push_str("]><x>&m;</x>");
        assert!(read(&text, &[]).is_err());
    }
}
