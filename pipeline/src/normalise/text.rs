//! Text forms that every normaliser starts from.

use unicode_normalization::UnicodeNormalization;

/// Full-width forms to half-width (NFKC), every run of white space to one blank, ends trimmed.
///
/// ```
/// assert_eq!(inflow_pipeline::normalise::text::squeeze(" Java 工程师 "), "Java 工程师");
/// ```
pub fn squeeze(text: &str) -> String {
    let mut squeezed = String::with_capacity(text.len());
    for character in text.nfkc() {
        if character.is_whitespace() || character == '\u{200b}' || character == '\u{feff}' {
            if !squeezed.is_empty() && !squeezed.ends_with(' ') {
                squeezed.push(' ');
            }
        } else if !character.is_control() {
            squeezed.push(character);
        }
    }
    if squeezed.ends_with(' ') {
        squeezed.pop();
    }
    squeezed
}

#[cfg(test)]
mod tests {
    use super::squeeze;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn squeezing_twice_changes_nothing(text in "\\PC{0,40}") {
            let once = squeeze(&text);
            prop_assert_eq!(squeeze(&once), once.clone());
            prop_assert!(!once.contains("  "));
        }
    }

    #[test]
    fn full_width_becomes_half_width() {
        assert_eq!(squeeze("Java 开发\u{3000}\u{3000}(北京)\n"), "Java 开发 (北京)");
    }
}
