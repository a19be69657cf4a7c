//! The rules of `personas.toml` as one statement each: which tags applications carry, and which personas they match.
//!
//! The rules become SQL, so that a million applications are read once and never leave the engine.

use futures::FutureExt;
use futures::future::BoxFuture;
use inflow_config::{Persona, Tag};
use inflow_store::{array_literal, quote_text};

use super::Desk;
use crate::AnalyticsError;

const PROFILES: &str = include_str!("../../sql/jobs/application_profiles.sql");

/// Fills `application_tags` and `application_personas`.
pub(crate) fn run<'a>(desk: &'a Desk<'a>) -> BoxFuture<'a, Result<(), AnalyticsError>> {
    async move {
        let personas = &desk.config.personas;
        if personas.tag.is_empty() {
            desk.marts.empty("application_tags").await?;
            return desk.marts.empty("application_personas").await;
        }
        desk.marts.rebuild("application_tags", &tags(&personas.tag), &[]).await?;
        desk.marts.rebuild("application_personas", &matches(&personas.tag, &personas.persona), &[]).await
    }
    .boxed()
}

/// The tags of each application.
fn tags(tags: &[Tag]) -> String {
    format!(
        "WITH\n{PROFILES}SELECT toLowCardinality(connection) AS connection, source_id, toLowCardinality(tag) AS tag\nFROM profiles\nARRAY JOIN {} AS tag",
        carried(tags)
    )
}

/// For each application and each persona of its jobs, whether it carries all of its tags.
fn matches(tags: &[Tag], personas: &[Persona]) -> String {
    if personas.is_empty() {
        return "SELECT '' AS connection, '' AS source_id, '' AS persona, 0 AS matches, 0 AS told WHERE 0".to_owned();
    }
    let one = |persona: &Persona| {
        let of_job = if persona.titles.is_empty() { "1".to_owned() } else { any_word("title_text", &persona.titles) };
        format!("({}, {of_job}, {})", quote_text(&persona.id), array_literal(&persona.tags))
    };
    let personas: Vec<String> = personas.iter().map(one).collect();
    format!(
        "WITH\n{PROFILES}SELECT\n    toLowCardinality(connection) AS connection, source_id, toLowCardinality(toString(sought.1)) AS persona,\n    \
         toUInt8(hasAll(carried, sought.3)) AS matches, told\nFROM (SELECT *, {} AS carried FROM profiles)\nARRAY JOIN [{}] AS sought\nWHERE sought.2",
        carried(tags),
        personas.join(", ")
    )
}

/// The array of the tags whose conditions hold.
fn carried(tags: &[Tag]) -> String {
    let each: Vec<String> = tags.iter().map(|tag| format!("if({}, {}, '')", condition(tag), quote_text(&tag.id))).collect();
    format!("arrayFilter(t -> t != '', [{}])", each.join(", "))
}

/// What is not known fulfils nothing.
fn condition(tag: &Tag) -> String {
    let mut all: Vec<String> = Vec::new();
    if !tag.words.is_empty() {
        all.push(any_word("text", &tag.words));
    }
    if !tag.education.is_empty() {
        all.push(format!("has({}, education)", array_literal(&tag.education)));
    }
    let bound = |column: &str, sign: &str, number: &dyn std::fmt::Display| format!("ifNull({column} {sign} toDecimal64('{number}', 4), 0)");
    all.extend(tag.experience_from.map(|years| bound("experience", ">=", &years)));
    all.extend(tag.experience_below.map(|years| bound("experience", "<", &years)));
    all.extend(tag.pay_at_most.map(|pay| bound("pay", "<=", &pay)));
    all.extend(tag.night_shift.map(|works| format!("night_shift = '{}'", if works { "yes" } else { "no" })));
    all.join(" AND ")
}

/// Whether one of the words stands in the text, which is in lower case. Latin words are whole words; Chinese has no blanks between words.
fn any_word(text: &str, words: &[String]) -> String {
    let (latin, chinese): (Vec<String>, Vec<String>) = words.iter().map(|word| word.to_lowercase()).partition(|word| word.is_ascii());
    let mut any: Vec<String> = Vec::new();
    if !chinese.is_empty() {
        any.push(format!("multiSearchAny({text}, {})", array_literal(&chinese)));
    }
    for word in latin {
        let escaped: String = word.chars().flat_map(|c| (!c.is_ascii_alphanumeric()).then_some('\\').into_iter().chain([c])).collect();
        any.push(format!("match({text}, {})", quote_text(&format!("(^|[^a-z0-9]){escaped}([^a-z0-9]|$)"))));
    }
    format!("({})", any.join(" OR "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_become_conditions() {
        let tag = Tag {
            id: "x".to_owned(),
            words: vec!["收银".to_owned(), "C++".to_owned()],
            experience_from: Some("1".parse().unwrap()),
            night_shift: Some(true),
            ..Tag::default()
        };
        assert_eq!(
            condition(&tag),
            r"(multiSearchAny(text, ['收银']) OR match(text, '(^|[^a-z0-9])c\\+\\+([^a-z0-9]|$)')) AND ifNull(experience >= toDecimal64('1', 4), 0) AND night_shift = 'yes'"
        );
    }
}
