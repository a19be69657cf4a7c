//! Words of people in texts, as SQL.

use inflow_store::{array_literal, quote_text};

/// Whether one of the words stands in the text, which is in lower case. Latin words are whole words; Chinese has no blanks between words.
pub(crate) fn any_word(text: &str, words: &[String]) -> String {
    let (latin, chinese): (Vec<String>, Vec<String>) = words.iter().map(|word| word.to_lowercase()).partition(|word| word.is_ascii());
    let mut any: Vec<String> = Vec::new();
    if !chinese.is_empty() {
        any.push(format!("multiSearchAny({text}, {})", array_literal(&chinese)));
    }
    any.extend(latin.iter().map(|word| latin_word(text, word)));
    format!("({})", any.join(" OR "))
}

/// Whether a word of Latin letters stands in the text as a word of its own; both are in lower case.
pub(crate) fn latin_word(text: &str, word: &str) -> String {
    let escaped: String = word.chars().flat_map(|c| (!c.is_ascii_alphanumeric()).then_some('\\').into_iter().chain([c])).collect();
    format!("match({text}, {})", quote_text(&format!("(^|[^a-z0-9]){escaped}([^a-z0-9]|$)")))
}

/// Names of companies are compared without blanks, case and the width of their brackets.
pub(crate) fn company_form(name: &str) -> String {
    let narrow = |c: char| match c {
        '（' => '(',
        '）' => ')',
        other => other,
    };
    name.chars().filter(|c| !c.is_whitespace()).map(narrow).flat_map(char::to_lowercase).collect()
}
