//! Phone numbers: E.164, or why a number links nobody.

use std::str::FromStr;

use phonenumber::country::Id;
use phonenumber::metadata::DATABASE;
use phonenumber::{Mode, PhoneNumber, Type};

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

/// Numbers that stand in forms as an example: a carrier's own, and those of widespread samples.
const EXAMPLES: [&str; 3] = ["13800138000", "13900139000", "18600186000"];

/// Digits in a row from which on a number was typed to fill a field.
const RUN: usize = 8;

/// Reads a phone number; `country` is the ISO code of numbers without a country code.
///
/// A number counts when it has the length of its country's numbers. Whether its range was ever issued is not asked of a mobile
/// number: the list of ranges in any release is older than the newest phone.
pub fn read_phone(text: &str, country: &str) -> PhoneReading {
    match chinese_mobile(text, country) {
        Some(national) => judge(&national, true).unwrap_or_else(|| PhoneReading::Number(format!("+86{national}"))),
        None => read_any(text, country),
    }
}

/// The eleven digits of a mobile number of mainland China in its usual spellings, which most numbers are. The library, which
/// reads every spelling of every country, says the same of them and takes many times as long.
fn chinese_mobile(text: &str, country: &str) -> Option<String> {
    let mut digits = String::with_capacity(15);
    let mut plus = false;
    // Inside the brackets of (+86).
    let mut bracket = false;
    // Where spaces and dashes stand, in digits from the left.
    let mut gaps = Vec::new();
    for c in text.trim().chars().map(narrow) {
        match c {
            '0'..='9' => digits.push(c),
            '+' if digits.is_empty() && !plus => plus = true,
            '(' if digits.is_empty() && !plus && !bracket => bracket = true,
            ')' if bracket && plus && digits == "86" => bracket = false,
            ' ' | '-' => gaps.push(digits.len()),
            _ => return None,
        }
    }
    if bracket {
        return None;
    }
    let national = match (plus, digits.len()) {
        (_, 13) => digits.strip_prefix("86")?,
        (false, 15) => digits.strip_prefix("0086")?,
        (false, 11) if country == "CN" => digits.as_str(),
        _ => return None,
    };
    // Written 139 0000 1234, if not in one piece.
    let start = digits.len() - national.len();
    if gaps.iter().any(|gap| *gap > start && ![start + 3, start + 7].contains(gap)) {
        return None;
    }
    // 11, 12 and 179 begin prefixes that choose a carrier, 101 and 109 hotlines of Beijing: those are for the library to say.
    let mobile = match national.as_bytes() {
        [b'1', b'0', third, ..] => !matches!(third, b'1' | b'9'),
        [b'1', b'7', third, ..] => *third != b'9',
        [b'1', second, ..] => (b'3'..=b'9').contains(second),
        _ => false,
    };
    mobile.then(|| national.to_owned())
}

/// Why a number of the right form links nobody all the same.
fn judge(national: &str, chinese: bool) -> Option<PhoneReading> {
    let lent = chinese && (national.starts_with("95") || LENT_RANGES.iter().any(|range| national.starts_with(range)));
    if lent {
        return Some(PhoneReading::Unusable(Flag::RelayPhone));
    }
    is_junk(national).then_some(PhoneReading::Unusable(Flag::InvalidPhone))
}

/// Typed to fill the field: one digit again and again, digits in a row, an example from a form.
fn is_junk(national: &str) -> bool {
    let digits = national.as_bytes();
    let run = |step: i16| {
        let mut longest = 1;
        let mut length = 1;
        for pair in digits.windows(2) {
            length = if i16::from(pair[1]) - i16::from(pair[0]) == step { length + 1 } else { 1 };
            longest = longest.max(length);
        }
        longest
    };
    [0, 1, -1].into_iter().any(|step| run(step) >= RUN) || EXAMPLES.contains(&national)
}

fn read_any(text: &str, country: &str) -> PhoneReading {
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
    let service = matches!(
        number.number_type(&DATABASE),
        Type::TollFree | Type::PremiumRate | Type::SharedCost | Type::Uan | Type::Pager | Type::Voicemail
    );
    if service {
        return PhoneReading::Unusable(Flag::RelayPhone);
    }
    let chinese = number.code().value() == 86;
    if let Some(unusable) = judge(&number.national().value().to_string(), chinese) {
        return unusable;
    }
    if number.is_valid() || has_mobile_length(&number) {
        return PhoneReading::Number(number.format().mode(Mode::E164).to_string());
    }
    PhoneReading::Unusable(Flag::InvalidPhone)
}

/// Whether the number has a length of its country's mobile numbers. Lengths of land lines do not count: a land line without
/// its area code has one too, and rings at another place in every town.
fn has_mobile_length(number: &PhoneNumber) -> bool {
    let national = number.national().to_string();
    let regions = DATABASE.by_code(&number.code().value()).unwrap_or_default();
    let region = regions.iter().find(|region| region.is_main_country_for_code()).or(regions.first());
    let lengths = region.and_then(|region| {
        let own = region.descriptors().mobile()?.possible_length();
        Some(if own.is_empty() { region.descriptors().general().possible_length() } else { own })
    });
    // A Chinese mobile number begins with 1, as no land line of its length does.
    lengths.is_some_and(|lengths| lengths.iter().any(|length| usize::from(*length) == national.len()))
        && (number.code().value() != 86 || national.starts_with('1'))
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
    // Ranges that no list knows yet.
    #[case("10012345098", "+8610012345098")]
    #[case("（+86）100-9000-1234 ", "+8610090001234")]
    #[case("+1 999 200 1234", "+19992001234")]
    fn reads_numbers(#[case] text: &str, #[case] expected: &str) {
        assert_eq!(read_phone(text, "CN"), PhoneReading::Number(expected.to_owned()));
    }

    #[rstest]
    #[case("138****1234", Flag::MaskedPhone)]
    #[case("138xxxx1234", Flag::MaskedPhone)]
    #[case("１３８＊＊＊＊１２３４", Flag::MaskedPhone)]
    #[case("17012345678", Flag::RelayPhone)]
    #[case("11111111111", Flag::InvalidPhone)]
    #[case("13888888888", Flag::InvalidPhone)]
    #[case("+86 139 1234 5678", Flag::InvalidPhone)]
    #[case("19987654321", Flag::InvalidPhone)]
    #[case("00000000000", Flag::InvalidPhone)]
    #[case("13800138000", Flag::InvalidPhone)]
    #[case("+1 222 222 2222", Flag::InvalidPhone)]
    #[case("62501234", Flag::InvalidPhone)]
    #[case("139000012", Flag::InvalidPhone)]
    #[case("139000012345", Flag::InvalidPhone)]
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
            prop_assume!(!is_junk(&number));
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
        fn the_short_way_agrees_with_the_library(
            head in 10u32..20, tail in 0u32..1_000_000_000, prefix in "(|86|[+]86|[(][+]86[)]|0086|00|[+]|0)", at in 0usize..11, mark in "[ ()-]?"
        ) {
            let mut number = format!("{head}{tail:09}");
            number.insert_str(at, &mark);
            let text = format!("{prefix}{number}");
            if let Some(national) = chinese_mobile(&text, "CN") {
                // In one piece: of `+86130-00000010` the library makes nothing.
                let whole: String = text.chars().filter(|c| !matches!(c, ' ' | '-')).collect();
                prop_assert_eq!(read_phone(&text, "CN"), read_any(&whole, "CN"), "{}", national);
            }
        }

        #[test]
        fn never_panics(text in ".{0,30}") {
            let _ = read_phone(&text, "CN");
        }
    }
}
