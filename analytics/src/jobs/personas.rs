//! The rules of `personas.toml` as one statement each: which tags applications carry, and which personas they match.
//!
//! The rules become SQL, so that a million applications are read once and never leave the engine. What the engine cannot do is to tell Chinese words apart
//! ([`words`]): the different tags and titles in which a word's letters stand are read and cut first, and `persona_words` holds in which of them it is a word,
//! by hashes, so that no text is kept a second time.

use std::collections::BTreeSet;

use futures::FutureExt;
use futures::future::BoxFuture;
use inflow_config::{Persona, Personas, Tag};
use inflow_store::{array_literal, quote_text};
use rust_decimal::Decimal;
use serde::Serialize;
use serde_json::Value;

use self::words::Segmenter;
use super::Desk;
use crate::AnalyticsError;
use crate::words::latin_word;

mod words;

/// Letters that one search of the engine can look for at a time.
const NEEDLES: usize = 200;
const PROFILES: &str = include_str!("../../sql/jobs/application_profiles.sql");

/// A row of `persona_words`.
#[derive(Serialize)]
struct Standing {
    word: String,
    text: u64,
}

/// Fills `persona_words`, `application_tags` and `application_personas`.
pub(crate) fn run<'a>(desk: &'a Desk<'a>) -> BoxFuture<'a, Result<(), AnalyticsError>> {
    async move {
        let personas = &desk.config.personas;
        if personas.tag.is_empty() {
            desk.marts.empty("persona_words").await?;
            desk.marts.empty("application_tags").await?;
            return desk.marts.empty("application_personas").await;
        }
        find_words(desk, personas).await?;
        desk.marts.rebuild("application_tags", &tags(&personas.tag), &[]).await?;
        desk.marts.rebuild("application_personas", &matches(&personas.tag, &personas.persona), &[]).await
    }
    .boxed()
}

/// Fills `persona_words`.
async fn find_words(desk: &Desk<'_>, personas: &Personas) -> Result<(), AnalyticsError> {
    let all = personas.tag.iter().flat_map(|tag| &tag.words).chain(personas.persona.iter().flat_map(|persona| &persona.titles));
    let words: Vec<String> =
        all.map(|word| word.to_lowercase()).filter(|word| !word.is_ascii()).collect::<BTreeSet<_>>().into_iter().collect();
    if words.is_empty() {
        return desk.marts.empty("persona_words").await;
    }
    let letters: Vec<String> = words.chunks(NEEDLES).map(|some| format!("multiSearchAny(text, {})", array_literal(some))).collect();
    let sql = include_str!("../../sql/jobs/persona_texts.sql").replace("$letters", &letters.join(" OR "));
    let texts = desk.marts.store.rows(&desk.marts.here(&sql), &[]).await;
    let texts = texts.map_err(AnalyticsError::store("cannot read the tags and titles in which words of personas.toml stand"))?;
    let cutting = tokio::task::spawn_blocking(move || {
        // Most analyses of a company without such texts need no dictionary.
        if texts.is_empty() {
            return Vec::new();
        }
        let segmenter = Segmenter::new(&words);
        let known = |row: &serde_json::Map<String, Value>| Some((row.get("text")?.as_str()?.to_owned(), row.get("hash")?.as_u64()?));
        let standing = |(text, hash): (String, u64)| {
            segmenter.standing(&text, &words).into_iter().map(|word| Standing { word: word.to_owned(), text: hash }).collect::<Vec<_>>()
        };
        texts.iter().filter_map(known).flat_map(standing).collect()
    });
    let rows = cutting.await.map_err(|error| AnalyticsError::Stopped { what: error.to_string() })?;
    desk.write("persona_words", &rows).await
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
        let of_job = if persona.titles.is_empty() { "1".to_owned() } else { any_word("title_text", "titles", &persona.titles) };
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
        all.push(any_word("text", "texts", &tag.words));
    }
    if !tag.education.is_empty() {
        all.push(format!("has({}, education)", array_literal(&tag.education)));
    }
    let bound = |column: &str, sign: &str, number: &dyn std::fmt::Display| format!("ifNull({column} {sign} toDecimal64('{number}', 4), 0)");
    all.extend(tag.experience_from.map(|years| bound("experience", ">=", &years)));
    all.extend(tag.experience_below.map(|years| bound("experience", "<", &years)));
    all.extend(tag.pay_at_most.map(|pay| bound("pay", "<=", &pay)));
    all.extend(tag.pay_above_offer.map(|share| format!("ifNull(pay > offer * toDecimal64('{}', 4), 0)", Decimal::ONE + share)));
    all.extend(tag.night_shift.map(|works| format!("night_shift = '{}'", if works { "yes" } else { "no" })));
    all.join(" AND ")
}

/// Whether one of the words stands in the text, which is in lower case, or in one of the texts, of which there are the hashes. Latin words are found by what
/// is beside them, others have been found before.
fn any_word(text: &str, texts: &str, words: &[String]) -> String {
    let (latin, others): (Vec<String>, Vec<String>) = words.iter().map(|word| word.to_lowercase()).partition(|word| word.is_ascii());
    let mut any: Vec<String> = Vec::new();
    if !others.is_empty() {
        let named: Vec<String> = others.iter().map(|word| quote_text(word)).collect();
        any.push(format!("arrayExists(t -> t IN (SELECT text FROM inflow.persona_words WHERE word IN ({})), {texts})", named.join(", ")));
    }
    any.extend(latin.iter().map(|word| latin_word(text, word)));
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
            pay_above_offer: Some("0.1".parse().unwrap()),
            night_shift: Some(true),
            ..Tag::default()
        };
        assert_eq!(
            condition(&tag),
            r"(arrayExists(t -> t IN (SELECT text FROM inflow.persona_words WHERE word IN ('收银')), texts) OR match(text, '(^|[^a-z0-9])c\\+\\+([^a-z0-9]|$)')) AND ifNull(experience >= toDecimal64('1', 4), 0) AND ifNull(pay > offer * toDecimal64('1.1', 4), 0) AND night_shift = 'yes'"
        );
    }
}
