//! Hacker News "Who is hiring": a comment begins with `Company | Role | Place | REMOTE | Full-time | $120k-150k`, in any
//! order after the company, and is free text otherwise.

use serde_json::{Value, json};

use crate::spec::{scalar_text, unescape};

/// Adds `job` to a comment: company, title, place, pay, employment type. A comment without such a line is no job
/// (a question, a thank-you) and gives nothing.
pub(super) fn comment(mut record: Value) -> Vec<Value> {
    let markup = record.get("comment_text").or_else(|| record.get("text")).and_then(Value::as_str).unwrap_or_default();
    // Answers to a posting stand in the same thread.
    if let (Some(parent), Some(story)) = (record.get("parent_id").and_then(scalar_text), record.get("story_id").and_then(scalar_text))
        && parent != story
    {
        return Vec::new();
    }
    let Some(job) = header(markup) else { return Vec::new() };
    if let Some(map) = record.as_object_mut() {
        map.insert("job".to_owned(), job);
    }
    vec![record]
}

/// The first line of a comment, without markup.
fn first_line(markup: &str) -> String {
    let start = markup.trim_start().trim_start_matches("<p>");
    let end = ["<p>", "<pre>", "\n"].iter().filter_map(|mark| start.find(mark)).min().unwrap_or(start.len());
    let line = start.get(..end).unwrap_or(start);
    let mut plain = String::new();
    let mut inside = false;
    for c in line.chars() {
        match c {
            '<' => inside = true,
            '>' => inside = false,
            c if !inside => plain.push(c),
            _ => {}
        }
    }
    unescape(&plain).split_whitespace().collect::<Vec<_>>().join(" ")
}

fn header(markup: &str) -> Option<Value> {
    let line = first_line(markup);
    let separator = if line.contains('|') {
        "|"
    } else if line.matches(" — ").count() >= 2 {
        " — "
    } else if line.matches(" - ").count() >= 2 {
        " - "
    } else {
        return None;
    };
    let parts: Vec<&str> = line.split(separator).map(str::trim).filter(|part| !part.is_empty()).collect();
    let (company, rest) = parts.split_first()?;
    if rest.is_empty() {
        return None;
    }
    let mut sorted: Vec<(Part, &str)> = rest.iter().map(|part| (Part::of(part), *part)).collect();
    // Without a part that looks like a role, the first that is nothing else is one.
    if !sorted.iter().any(|(part, _)| *part == Part::Role)
        && let Some(first) = sorted.iter_mut().find(|(part, _)| *part == Part::Other)
    {
        first.0 = Part::Role;
    }
    let join = |wanted: &[Part], between: &str| {
        let found: Vec<&str> = sorted.iter().filter(|(part, _)| wanted.contains(part)).map(|(_, text)| *text).collect();
        (!found.is_empty()).then(|| found.join(between))
    };
    Some(json!({
        "company": company,
        "title": join(&[Part::Role], ", ")?,
        "place": join(&[Part::Other, Part::Remote], ", "),
        "employment_type": join(&[Part::Type], ", "),
        "pay": join(&[Part::Pay], ", "),
    }))
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Role,
    Remote,
    Type,
    Pay,
    Link,
    Other,
}

const ROLES: &[&str] = &[
    "engineer",
    "developer",
    "scientist",
    "designer",
    "manager",
    "analyst",
    "architect",
    "lead",
    "founding",
    "director",
    "head of",
    "sre",
    "devops",
    "researcher",
    "programmer",
    "cto",
    "product",
    "qa",
    "administrator",
    "recruiter",
    "writer",
    "consultant",
    "intern",
    "roles",
    "positions",
    "full stack",
    "full-stack",
    "fullstack",
    "backend",
    "back-end",
    "frontend",
    "front-end",
    "sales",
    "marketing",
    "specialist",
];

impl Part {
    fn of(text: &str) -> Part {
        let lower = text.to_lowercase();
        let has = |words: &[&str]| words.iter().any(|word| lower.contains(word));
        if lower.starts_with("http") || lower.contains("://") || lower.starts_with("www.") {
            Part::Link
        } else if lower.contains(['$', '€', '£', '¥']) || (lower.contains('k') && lower.chars().filter(char::is_ascii_digit).count() >= 2)
        {
            Part::Pay
        } else if has(ROLES) {
            Part::Role
        } else if has(&["full-time", "full time", "part-time", "part time", "contract", "internship", "permanent", "freelance"]) {
            Part::Type
        } else if has(&["remote", "onsite", "on-site", "hybrid", "in-person", "in person"]) {
            Part::Remote
        } else {
            Part::Other
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn job(text: &str) -> Option<Value> {
        comment(json!({"id": 1, "comment_text": text})).pop().map(|record| record["job"].clone())
    }

    #[test]
    fn the_parts_of_a_header_in_any_order() {
        let found = job(
            "Teahouse Labs | Senior Backend Engineer | Lisbon, REMOTE (EU) | Full-time | &#x24;120k-150k | <a href=\"https:&#x2F;&#x2F;x\">https:&#x2F;&#x2F;x</a><p>We brew.",
        );
        assert_eq!(
            found.unwrap(),
            json!({"company": "Teahouse Labs", "title": "Senior Backend Engineer", "place": "Lisbon, REMOTE (EU)",
                "employment_type": "Full-time", "pay": "$120k-150k"})
        );
        let found = job("Kite Co. | REMOTE | Wind Tuner<p>text").unwrap();
        assert_eq!((found["title"].as_str(), found["place"].as_str()), (Some("Wind Tuner"), Some("REMOTE")));
    }

    #[test]
    fn talk_is_no_job() {
        assert_eq!(job("Is anyone hiring in Lisbon?"), None);
        assert_eq!(job("Thanks - that helped"), None);
        assert!(comment(json!({"id": 1})).is_empty());
    }
}
