//! Text forms that every normaliser starts from.

use std::borrow::Cow;
use std::sync::LazyLock;
use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfkc_quick};

/// Full-width forms to half-width (NFKC), every run of white space to one blank, ends trimmed.
///
/// ```
/// assert_eq!(inflow_pipeline::normalise::text::squeeze(" Java 工程师 "), "Java 工程师");
/// ```
pub fn squeeze(text: &str) -> String {
    let mut squeezed = String::with_capacity(text.len());
    if is_nfkc_quick(text.chars()) == IsNormalized::Yes {
        push_squeezed(&mut squeezed, text.chars());
    } else {
        push_squeezed(&mut squeezed, text.nfkc());
    }
    if squeezed.ends_with(' ') {
        squeezed.pop();
    }
    squeezed
}

fn push_squeezed(squeezed: &mut String, characters: impl Iterator<Item = char>) {
    for character in characters {
        if character.is_whitespace() || character == '\u{200b}' || character == '\u{feff}' {
            if !squeezed.is_empty() && !squeezed.ends_with(' ') {
                squeezed.push(' ');
            }
        } else if !character.is_control() {
            squeezed.push(character);
        }
    }
}

/// First and last of the characters that the table of simplified forms covers.
const HAN: std::ops::RangeInclusive<u32> = 0x4e00..=0x9fff;

/// The simplified form of each character of [`HAN`]: made once from the words of OpenCC.
static SIMPLIFIED: LazyLock<Vec<char>> = LazyLock::new(|| {
    let own = |code: u32| char::from_u32(code).unwrap_or_default();
    let simplified = |character: char| {
        let text = hanconv::t2s(character.encode_utf8(&mut [0; 4]));
        let mut characters = text.chars();
        characters.next().filter(|_| characters.next().is_none()).unwrap_or(character)
    };
    let once: Vec<char> = HAN.map(|code| simplified(own(code))).collect();
    // A form that has a simpler one again goes all the way, so that simplifying twice changes nothing.
    once.iter().map(|character| once.get((*character as u32).wrapping_sub(*HAN.start()) as usize).copied().unwrap_or(*character)).collect()
});

/// Traditional characters to simplified ones, one by one (words are not chosen by region: 軟體 is 软体).
///
/// ```
/// assert_eq!(inflow_pipeline::normalise::text::simplify("資深軟體工程師"), "资深软体工程师");
/// ```
pub fn simplify(text: &str) -> Cow<'_, str> {
    let simple = |character: char| {
        let code = (character as u32).wrapping_sub(*HAN.start()) as usize;
        if character < '\u{4e00}' { character } else { SIMPLIFIED.get(code).copied().unwrap_or(character) }
    };
    if text.chars().all(|character| simple(character) == character) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.chars().map(simple).collect())
}

/// A Chinese character.
pub(crate) fn is_han(character: char) -> bool {
    matches!(character, '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{323af}')
}

#[cfg(test)]
mod tests {
    use super::{simplify, squeeze};
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn squeezing_twice_changes_nothing(text in "\\PC{0,40}") {
            let once = squeeze(&text);
            prop_assert_eq!(squeeze(&once), once.clone());
            prop_assert!(!once.contains("  "));
        }

        #[test]
        fn simplifying_twice_changes_nothing(text in "[\u{4e00}-\u{9fff}]{0,20}") {
            let once = simplify(&text).into_owned();
            prop_assert_eq!(simplify(&once).into_owned(), once.clone());
        }
    }

    #[test]
    fn full_width_becomes_half_width() {
        assert_eq!(squeeze("Java 开发\u{3000}\u{3000}(北京)\n"), "Java 开发 (北京)");
    }

    #[test]
    fn traditional_becomes_simplified() {
        assert_eq!(simplify("臺北市 後端開發"), "台北市 后端开发");
        assert!(matches!(simplify("后端开发 Java"), std::borrow::Cow::Borrowed(_)));
    }
}
