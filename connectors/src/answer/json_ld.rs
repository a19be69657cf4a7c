//! schema.org objects in a page's `<script type="application/ld+json">`.

use scraper::{Html, Selector};
use serde_json::{Value, json};

use super::AnswerError;

/// Nesting at which a graph is not followed any further.
const DEEPEST: usize = 12;

/// Every object of a type, tidied by [`super::tidy`], wherever it stands: alone, in a list, in `@graph`, in an `ItemList`. A script that is
/// no JSON is passed over: pages carry several, and one is often broken.
pub(super) fn read(page: &str, object: &str) -> Result<Value, AnswerError> {
    let document = Html::parse_document(page);
    let scripts = Selector::parse("script[type=\"application/ld+json\"]")
        .map_err(|error| AnswerError::Unreadable(format!("the selector of scripts cannot be read ({error})")))?;
    let mut objects = Vec::new();
    let (mut count, mut broken) = (0, 0);
    for script in document.select(&scripts) {
        count += 1;
        let text: String = script.text().collect();
        match parse(&text) {
            Some(value) => collect(&value, object, 0, &mut objects),
            None => broken += 1,
        }
    }
    if count == 0 {
        return Err(AnswerError::Changed("a page without JSON-LD".to_owned()));
    }
    if objects.is_empty() && broken > 0 {
        return Err(AnswerError::Unreadable(format!("a page whose JSON-LD cannot be read ({broken} scripts)")));
    }
    Ok(json!({ "objects": objects }))
}

/// Line breaks inside texts are the usual fault of hand-written JSON-LD, and HTML comments around it.
fn parse(text: &str) -> Option<Value> {
    let plain = text.trim().trim_start_matches("<!--").trim_end_matches("-->").trim().trim_end_matches(';');
    serde_json::from_str(plain).ok().or_else(|| {
        let repaired: String = plain.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        serde_json::from_str(&repaired).ok()
    })
}

fn collect(value: &Value, object: &str, depth: usize, found: &mut Vec<Value>) {
    if depth > DEEPEST {
        return;
    }
    match value {
        Value::Array(list) => list.iter().for_each(|inner| collect(inner, object, depth + 1, found)),
        Value::Object(map) => {
            let is = |kind: &Value| kind.as_str().is_some_and(|kind| kind.rsplit(['/', '#', ':']).next() == Some(object));
            let own = map.get("@type").is_some_and(|kind| is(kind) || kind.as_array().is_some_and(|kinds| kinds.iter().any(is)));
            if own {
                let mut object = value.clone();
                if let Some(posting) = object.as_object_mut() {
                    super::tidy(posting);
                }
                found.push(object);
                return;
            }
            for key in ["@graph", "itemListElement", "item", "mainEntity", "mainEntityOfPage"] {
                if let Some(inner) = map.get(key) {
                    collect(inner, object, depth + 1, found);
                }
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn titles(scripts: &[&str]) -> Vec<String> {
        let scripts: Vec<String> = scripts.iter().map(|text| format!("<script type=\"application/ld+json\">{text}</script>")).collect();
        let page = scripts.concat();
        let found = read(&page, "JobPosting").unwrap();
        found["objects"].as_array().unwrap().iter().map(|object| object["title"].as_str().unwrap().to_owned()).collect()
    }

    #[test]
    fn objects_wherever_they_stand() {
        assert_eq!(titles(&["{\"@type\": \"JobPosting\", \"title\": \"a\"}"]), ["a"]);
        assert_eq!(titles(&["[{\"@type\": [\"Thing\", \"JobPosting\"], \"title\": \"a\"}]", "{\"@type\": \"Organization\"}"]), ["a"]);
        assert_eq!(titles(&["{\"@graph\": [{\"@type\": \"http://schema.org/JobPosting\", \"title\": \"a\"}]}"]), ["a"]);
        let list = "{\"@type\": \"ItemList\", \"itemListElement\": [{\"item\": {\"@type\": \"JobPosting\", \"title\": \"b\"}}]}";
        assert_eq!(titles(&["not json", list]), ["b"]);
        assert_eq!(titles(&["<!-- {\"@type\": \"JobPosting\", \"title\": \"two\nlines\"} -->"]), ["two lines"]);
    }

    #[test]
    fn a_page_with_nothing_but_broken_scripts_is_not_empty() {
        assert!(read("<script type=\"application/ld+json\">{\"a\":</script>", "JobPosting").is_err());
        let other = "<script type=\"application/ld+json\">{\"@type\": \"Organization\"}</script>";
        assert_eq!(read(other, "JobPosting").unwrap(), json!({"objects": []}));
        assert!(matches!(read("<p>Are you human?</p>", "JobPosting"), Err(AnswerError::Changed(_))));
    }
}
