//! Phone numbers: E.164, or why a number links nobody.

use std::str::FromStr;

use phonenumber::country::Id;
use phonenumber::metadata::DATABASE;
use phonenumber::{Mode, Type};

use super::Flag;

/// What a phone number turned out to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PhoneReading {
    /// A number of one person, in E.164.
    Number(String),
    /// Never a linking key.
    Unusable(Flag),
}

/// Number ranges of mainland China that are lent out as privacy numbers. Some belong to people; a
/// link missed there is cheaper than strangers linked.
const LENT_RANGES: [&str; 5] = ["162", "165", "167", "170", "171"];

/// Reads a phone number; `country` is the ISO code of numbers without a country code.
pub fn read_phone(text: &str, country: &str) -> PhoneReading {
    let plain: String = text.chars().map(narrow).collect();
    let plain = plain.trim();
    if plain.contains(['*', '•', '●', '…']) || plain.to_lowercase().contains("xx") {
        return PhoneReading::Unusable(Flag::MaskedPhone);
    }
    if has_extension(plain) {
        return PhoneReading::Unusable(Flag::RelayPhone);
    }
    let region = Id::from_str(country).ok();
    let plain = match plain.strip_prefix("00") {
        Some(rest) if rest.len() > 8 => format!("+{rest}"),
        _ => plain.to_owned(),
    };
    // People write the country code without its plus: 8613900001234.
    let digits: String = plain.chars().filter(char::is_ascii_digit).collect();
    let bare_chinese = digits.len() == 13 && digits.starts_with("861") && !plain.starts_with('+');
    let plain = if bare_chinese { format!("+{digits}") } else { plain };
    let Ok(number) = phonenumber::parse(region, &plain) else {
        return PhoneReading::Unusable(Flag::InvalidPhone);
    };
    if number.extension().is_some() {
        return PhoneReading::Unusable(Flag::RelayPhone);
    }
    let national = number.national().value().to_string();
    let chinese = number.code().value() == 86;
    let service = matches!(
        number.number_type(&DATABASE),
        Type::TollFree | Type::PremiumRate | Type::SharedCost | Type::Uan | Type::Pager | Type::Voicemail
    );
    let lent = chinese && (national.starts_with("95") || LENT_RANGES.iter().any(|range| national.starts_with(range)));
    if service || lent {
        return PhoneReading::Unusable(Flag::RelayPhone);
    }
    if !number.is_valid() {
        return PhoneReading::Unusable(Flag::InvalidPhone);
    }
    PhoneReading::Number(number.format().mode(Mode::E164).to_string())
}

fn narrow(c: char) -> char {
    match c {
        '０'..='９' | '＋' | '－' | '（' | '）' | '＊' | '，' | '＃' => char::from_u32(c as u32 - 0xFEE0).unwrap_or(c),
        '\u{a0}' | '\u{3000}' => ' ',
        '–' | '—' | '‐' | '‑' => '-',
        c => c,
    }
}

/// `转 1234`, `ext. 1234`, `,1234`, `#1234`: the way to one person behind a shared number.
fn has_extension(text: &str) -> bool {
    let lower = text.to_lowercase();
    ["转", "轉", "ext", "分机", "#", ","].iter().any(|mark| {
        lower.split_once(mark).is_some_and(|(before, after)| {
            before.chars().filter(char::is_ascii_digit).count() >= 5 && after.chars().any(|c| c.is_ascii_digit())
        })
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("13900001234", "+8613900001234")]
    #[case("139-0000-1234", "+8613900001234")]
    #[case(" +86 139 0000 1234 ", "+8613900001234")]
    #[case("0086 13900001234", "+8613900001234")]
    #[case("8613900001234", "+8613900001234")]
    #[case("１３９００００１２３４", "+8613900001234")]
    #[case("+1 415 200 1234", "+14152001234")]
    #[case("010-62501234", "+861062501234")]
    fn reads_numbers(#[case] text: &str, #[case] expected: &str) {
        assert_eq!(read_phone(text, "CN"), PhoneReading::Number(expected.to_owned()));
    }

    #[rstest]
    #[case("138****1234", Flag::MaskedPhone)]
    #[case("138xxxx1234", Flag::MaskedPhone)]
    #[case("１３８＊＊＊＊１２３４", Flag::MaskedPhone)]
    #[case("17012345678", Flag::RelayPhone)]
    #[case("13900001234转8021", Flag::RelayPhone)]
    #[case("13900001234,8021", Flag::RelayPhone)]
    #[case("400-820-1234", Flag::RelayPhone)]
    #[case("95013", Flag::RelayPhone)]
    #[case("12345", Flag::InvalidPhone)]
    #[case("无", Flag::InvalidPhone)]
    fn flags_what_links_nobody(#[case] text: &str, #[case] expected: Flag) {
        assert_eq!(read_phone(text, "CN"), PhoneReading::Unusable(expected));
    }

    proptest! {
        #[test]
        fn writing_does_not_matter(tail in 0u32..100_000_000, style in 0usize..5) {
            let number = format!("139{tail:08}");
            let (a, rest) = number.split_at(3);
            let (b, c) = rest.split_at(4);
            let text = match style {
                0 => number.clone(),
                1 => format!("+86 {a} {b} {c}"),
                2 => format!("{a}-{b}-{c}"),
                3 => format!("0086{number}"),
                _ => number.chars().map(|d| char::from_u32(d as u32 + 0xFEE0).unwrap()).collect(),
            };
            prop_assert_eq!(read_phone(&text, "CN"), PhoneReading::Number(format!("+86{number}")));
        }

        #[test]
        fn never_panics(text in ".{0,30}") {
            let _ = read_phone(&text, "CN");
        }
    }
}
