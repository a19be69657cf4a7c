//! Hacker News "Who is hiring": a comment begins with `Company | Role | Place | REMOTE | Full-time | $120k-150k`, in any
//! order after the company. Roles that are not there stand in lines of their own, or behind "hiring" and "looking for".

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::spec::{scalar_text, unescape};

/// Roles of one comment that are told; more are the company's careers page.
const MOST_ROLES: usize = 12;

/// A line that is longer is a sentence, not a role.
const LONGEST_ROLE: usize = 90;

/// What stands before a role in a sentence.
const SOUGHT: &[&str] = &["hiring for", "hiring", "looking for", "seeking", "searching for"];

/// Adds `job` to a comment: company, title, place, pay, employment type. A comment without such a first line is no job
/// (a question, a thank-you) and gives nothing.
pub(super) fn comment(mut record: Value) -> Vec<Value> {
    let markup = record.get("comment_text").or_else(|| record.get("text")).and_then(Value::as_str).unwrap_or_default();
    // Answers to a posting stand in the same thread.
    if let (Some(parent), Some(story)) = (record.get("parent_id").and_then(scalar_text), record.get("story_id").and_then(scalar_text))
        && parent != story
    {
        return Vec::new();
    }
    let Some(job) = job(&lines(markup)) else { return Vec::new() };
    if let Some(map) = record.as_object_mut() {
        map.insert("job".to_owned(), job);
    }
    vec![record]
}

/// The lines of a comment, without markup.
fn lines(markup: &str) -> Vec<String> {
    let mut plain = String::new();
    let mut inside = false;
    let broken = ["<p>", "<pre>", "<li>", "<br>"].iter().fold(markup.to_owned(), |text, mark| text.replace(mark, &format!("\n{mark}")));
    for c in broken.chars() {
        match c {
            '<' => inside = true,
            '>' => inside = false,
            c if !inside => plain.push(c),
            _ => {}
        }
    }
    let lines = plain.lines().map(|line| unescape(line).split_whitespace().collect::<Vec<_>>().join(" "));
    lines.filter(|line| !line.is_empty()).collect()
}

fn job(lines: &[String]) -> Option<Value> {
    let (line, body) = lines.split_first()?;
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
    let title = title(&mut sorted, body).unwrap_or_else(|| rest.join(" | "));
    let join = |wanted: &[Part]| {
        let found: Vec<&str> = sorted.iter().filter(|(part, _)| wanted.contains(part)).map(|(_, text)| *text).collect();
        (!found.is_empty()).then(|| found.join(", "))
    };
    Some(json!({
        "company": company_name(company),
        "title": title,
        "place": join(&[Part::Other, Part::Remote]),
        "employment_type": join(&[Part::Type]),
        "pay": join(&[Part::Pay]),
    }))
}

/// The role of the first line; else those of the lines below; else a part of the first line that is nothing else.
fn title(sorted: &mut [(Part, &str)], body: &[String]) -> Option<String> {
    let named: Vec<&str> = sorted.iter().filter(|(part, _)| *part == Part::Role).map(|(_, text)| *text).collect();
    let vague = named.iter().all(|role| is_vague(role));
    if !named.is_empty() && !vague {
        return Some(named.join(", "));
    }
    let below = roles(body);
    if !below.is_empty() {
        return Some(below.join("; "));
    }
    if !named.is_empty() {
        return Some(named.join(", "));
    }
    let others = sorted.iter_mut().filter(|(part, _)| *part == Part::Other);
    // A comma is in a place (`New York, NY`), hardly in a role.
    let first = others.into_iter().find(|(_, text)| !text.contains(','))?;
    first.0 = Part::Role;
    Some(first.1.to_owned())
}

/// `Multiple roles` and its kin.
fn is_vague(role: &str) -> bool {
    words(role).iter().all(|word| {
        ["multiple", "various", "several", "many", "open", "all", "role", "position", "job", "opening", "different", "hiring", "multi"]
            .contains(&word.as_str())
    })
}

/// Roles in lines of their own, and what stands behind `hiring` and `looking for`.
fn roles(body: &[String]) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for line in body {
        let bare = line.trim_start_matches(|c: char| c.is_whitespace() || c.is_ascii_digit() || "-–—*•.)(#>".contains(c));
        let head = [" http", " | ", " ("].iter().fold(bare, |text, mark| text.split_once(mark).map_or(text, |(head, _)| head));
        let sentence = head.contains(". ") || head.trim_end().ends_with('.') || head.contains(" our ") || head.contains(" we ");
        let says_more = SOUGHT.iter().any(|mark| head.to_lowercase().contains(mark));
        if head.chars().count() <= LONGEST_ROLE && !sentence && !says_more && names_a_role(head) && words(head).len() <= 9 {
            add(&mut found, head);
        }
    }
    if found.is_empty() {
        // The first: further down the same people are sought in other words.
        body.iter().find_map(|line| sought(line)).iter().for_each(|role| add(&mut found, role));
    }
    found.truncate(MOST_ROLES);
    found
}

fn add(found: &mut Vec<String>, role: &str) {
    let role = role.trim_matches(|c: char| c.is_whitespace() || "-–—*•:;,.()".contains(c));
    if !role.is_empty() && !found.iter().any(|known| known == role) {
        found.push(role.to_owned());
    }
}

/// `full-stack Senior Software Engineer` of `Goody is hiring a full-stack Senior Software Engineer who likes ..`.
fn sought(line: &str) -> Option<String> {
    let lower = line.to_lowercase();
    let found = SOUGHT.iter().filter_map(|mark| Some((*mark, lower.find(mark)?)));
    let (mark, at) = found.min_by_key(|(mark, at)| (*at, std::cmp::Reverse(mark.len())))?;
    let rest = line.get(at + mark.len()..)?.trim_start_matches([':', ' ']);
    let rest = ["a ", "an ", "our ", "the "].iter().find_map(|article| rest.strip_prefix(article)).unwrap_or(rest);
    let ends = [" who ", " to ", " with ", " that ", ". ", "! ", " at ", " for ", " based ", " http", ", who"];
    let end = ends.iter().filter_map(|mark| rest.find(mark)).min().unwrap_or(rest.len());
    let role = rest.get(..end)?;
    (role.chars().count() <= 2 * LONGEST_ROLE && names_a_role(role)).then(|| role.to_owned())
}

/// `Snout https://www.snoutplans.com/` and `Galaxy (getgalaxy.io) - The Cursor for SQL` by name.
fn company_name(text: &str) -> String {
    let name = [" - ", " — ", " – "].iter().fold(text, |text, mark| text.split_once(mark).map_or(text, |(name, _)| name));
    let kept: Vec<&str> = name.split(' ').filter(|word| !(word.contains("://") || (word.starts_with('(') && word.contains('.')))).collect();
    if kept.is_empty() { text.to_owned() } else { kept.join(" ") }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Role,
    Remote,
    Type,
    Pay,
    Link,
    /// A slogan, a perk: none of the columns.
    Talk,
    /// A place, most likely.
    Other,
}

/// Words of which a role has at least one.
const ROLES: &[&str] = &[
    "engineer",
    "engineering",
    "developer",
    "scientist",
    "designer",
    "manager",
    "analyst",
    "architect",
    "lead",
    "founding",
    "director",
    "head",
    "sre",
    "swe",
    "swes",
    "devops",
    "researcher",
    "programmer",
    "cto",
    "ceo",
    "vp",
    "qa",
    "administrator",
    "recruiter",
    "writer",
    "consultant",
    "intern",
    "role",
    "position",
    "fullstack",
    "backend",
    "frontend",
    "sale",
    "marketing",
    "specialist",
    "technician",
    "operator",
    "support",
    "staff",
    "mechanic",
    "editor",
    "economist",
    "counsel",
    "accountant",
];

impl Part {
    fn of(text: &str) -> Part {
        let lower = text.to_lowercase();
        let words = words(text);
        let has = |wanted: &[&str]| wanted.iter().any(|word| lower.contains(word));
        let digits = lower.chars().filter(char::is_ascii_digit).count();
        if lower.contains("://") || lower.starts_with("www.") || (!lower.contains(' ') && lower.trim_end_matches('.').contains('.')) {
            Part::Link
        } else if lower.contains(['$', '€', '£', '¥']) || (digits >= 2 && lower.contains('k')) {
            Part::Pay
        } else if names_a_role(text) {
            Part::Role
        } else if has(&["full-time", "full time", "fulltime", "part-time", "part time", "contract", "internship", "permanent", "freelance"])
        {
            Part::Type
        } else if has(&["remote", "onsite", "on-site", "hybrid", "in-person", "in person", "in-office", "in office"]) {
            Part::Remote
        } else if words.len() > 5 || has(&["visa", "equity", "benefits", "yc ", "series "]) {
            Part::Talk
        } else {
            Part::Other
        }
    }
}

fn names_a_role(text: &str) -> bool {
    let lower = text.to_lowercase();
    let words: BTreeSet<String> = words(text).into_iter().collect();
    ROLES.iter().any(|role| words.contains(*role))
        || ["full stack", "full-stack", "front-end", "back-end"].iter().any(|two| lower.contains(two))
}

/// Lower case, each in the singular.
fn words(text: &str) -> Vec<String> {
    let lower = text.to_lowercase();
    let split = lower.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    split.map(|word| word.strip_suffix('s').filter(|one| one.len() > 2).unwrap_or(word).to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<Value> {
        comment(json!({"id": 1, "comment_text": text})).pop().map(|record| record["job"].clone())
    }

    #[test]
    fn the_parts_of_a_header_in_any_order() {
        let found = read(
            "Teahouse Labs | Senior Backend Engineer | Lisbon, REMOTE (EU) | Full-time | &#x24;120k-150k | <a href=\"https:&#x2F;&#x2F;x\">https:&#x2F;&#x2F;x</a><p>We brew.",
        );
        assert_eq!(
            found.unwrap(),
            json!({"company": "Teahouse Labs", "title": "Senior Backend Engineer", "place": "Lisbon, REMOTE (EU)",
                "employment_type": "Full-time", "pay": "$120k-150k"})
        );
        let found = read("Kite Co. | REMOTE | Wind Tuner<p>text").unwrap();
        assert_eq!((found["title"].as_str(), found["place"].as_str()), (Some("Wind Tuner"), Some("REMOTE")));
        let found =
            read("Kite (kite.example) - winds for all | Tuning Engineer | Make every wind on earth audible | Visa | Porto | kite.example")
                .unwrap();
        assert_eq!(
            (found["company"].as_str(), found["place"].as_str()),
            (Some("Kite"), Some("Porto")),
            "slogans, perks and links are no place"
        );
    }

    #[test]
    fn roles_below_the_first_line() {
        let title = |text: &str| read(text).unwrap()["title"].as_str().unwrap().to_owned();
        assert_eq!(
            title("Kite | Porto, PT | Full-time\n-- Wind Engineer\n-- Kite Designer (m/f)<p>We fly."),
            "Wind Engineer; Kite Designer"
        );
        assert_eq!(title("Kite | REMOTE | Multiple roles<p>We are looking for: Staff and Senior SWEs"), "Staff and Senior SWEs");
        assert_eq!(
            title("Kite | REMOTE<p>Kite is hiring a full-stack Wind Engineer who likes heights. Our engineers fly."),
            "full-stack Wind Engineer"
        );
        assert_eq!(title("Kite | REMOTE | Multiple roles<p>We fly."), "Multiple roles");
        assert_eq!(title("Kite | REMOTE | Full-time<p>We fly."), "REMOTE | Full-time", "the words that there are");
    }

    #[test]
    fn talk_is_no_job() {
        assert_eq!(read("Is anyone hiring in Lisbon?"), None);
        assert_eq!(read("Thanks - that helped"), None);
        assert_eq!(read(""), None);
        let answer = json!({"id": 1, "parent_id": 7, "story_id": 5, "comment_text": "Kite | Wind Engineer | Porto"});
        assert!(comment(answer).is_empty(), "an answer to a posting");
    }
}
