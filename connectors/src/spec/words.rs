//! Scalars as people and boards write them: text, money, yes and no, escaped HTML.

use inflow_config::Currency;
use rust_decimal::Decimal;
use serde_json::Value;

/// Text of a scalar, trimmed; `None` for null, empty text and containers.
pub fn scalar_text(value: &Value) -> Option<String> {
    let text = match value {
        Value::String(text) => text.trim().to_owned(),
        Value::Number(number) => number.to_string(),
        Value::Bool(flag) => flag.to_string(),
        Value::Null | Value::Array(_) | Value::Object(_) => return None,
    };
    (!text.is_empty()).then_some(text)
}

/// What stands beside an amount for its currency, longer signs before those within them; the likeliest currency first.
const SIGNS: &[(&str, &[&str])] = &[
    ("新加坡元", &["SGD"]),
    ("人民币", &["CNY"]),
    ("新台币", &["TWD"]),
    ("HK$", &["HKD"]),
    ("NT$", &["TWD"]),
    ("US$", &["USD"]),
    ("CN¥", &["CNY"]),
    ("JP¥", &["JPY"]),
    ("RMB", &["CNY"]),
    ("CNH", &["CNY"]),
    ("美元", &["USD"]),
    ("美金", &["USD"]),
    ("港元", &["HKD"]),
    ("港币", &["HKD"]),
    ("欧元", &["EUR"]),
    ("英镑", &["GBP"]),
    ("日元", &["JPY"]),
    ("S$", &["SGD"]),
    ("A$", &["AUD"]),
    ("C$", &["CAD"]),
    ("¥", &["CNY", "JPY"]),
    ("元", &["CNY", "TWD", "HKD"]),
    ("$", &["USD", "HKD", "TWD", "SGD", "AUD", "CAD", "NZD", "MXN"]),
    ("€", &["EUR"]),
    ("£", &["GBP"]),
];

/// A number as it is written in ledgers: `¥1,234.50`, `１２３`, `(80.00)`, `-5`, `6%`, `1.2万`, `USD 300`.
/// A comma that does not group digits by three or four (`12,5`) is refused, not guessed at.
///
/// ```
/// use inflow_connectors::spec::decimal_of;
/// assert_eq!(decimal_of("￥1,234.50 元").unwrap().to_string(), "1234.50");
/// assert_eq!(decimal_of("12,5"), None);
/// ```
pub fn decimal_of(text: &str) -> Option<Decimal> {
    // Most are digits alone.
    if is_bare(text) {
        return text.parse().ok();
    }
    let (plain, currencies) = without_currency(text);
    // A yen sign and a euro sign at one number are no amount.
    if currencies.is_some_and(|currencies| currencies.is_empty()) {
        return None;
    }
    let (plain, negative) = match plain.strip_prefix('(').and_then(|inner| inner.strip_suffix(')')) {
        Some(inner) => (inner.to_owned(), true),
        None => (plain, false),
    };
    let (digits, factor) = unit_of(&plain);
    let number: Decimal = ungrouped(digits)?.parse().ok()?;
    let number = number.checked_mul(factor)?;
    Some(if negative { -number } else { number })
}

/// The currencies that the sign or code beside an amount can stand for, the likeliest first; none when it has neither.
///
/// ```
/// use inflow_connectors::spec::currencies_of;
/// assert_eq!(currencies_of("USD 300").iter().map(|c| c.as_str()).collect::<Vec<_>>(), ["USD"]);
/// assert_eq!(currencies_of("￥1,200").iter().map(|c| c.as_str()).collect::<Vec<_>>(), ["CNY", "JPY"]);
/// assert!(currencies_of("1,200").is_empty());
/// ```
pub fn currencies_of(text: &str) -> Vec<Currency> {
    if is_bare(text) { Vec::new() } else { without_currency(text).1.unwrap_or_default() }
}

fn is_bare(text: &str) -> bool {
    text.bytes().enumerate().all(|(at, byte)| byte.is_ascii_digit() || byte == b'.' || (at == 0 && byte == b'-'))
        && text.bytes().any(|byte| byte.is_ascii_digit())
}

/// An amount in narrow letters without its currency, and which that can be: those that all of its signs can stand for.
fn without_currency(text: &str) -> (String, Option<Vec<Currency>>) {
    let mut plain: String = text.chars().filter_map(narrow).collect();
    let mut named: Option<Vec<Currency>> = None;
    let mut name = |codes: Vec<Currency>| {
        named = Some(match named.take() {
            Some(known) => known.into_iter().filter(|code| codes.contains(code)).collect(),
            None => codes,
        });
    };
    for (sign, codes) in SIGNS {
        if plain.contains(sign) {
            plain = plain.replace(sign, "");
            name(codes.iter().filter_map(|code| code.parse().ok()).collect());
        }
    }
    let (head, tail) = (letters(plain.chars()), letters(plain.chars().rev()));
    let code = |word: Option<&str>| word.filter(|word| word.len() == 3)?.parse::<Currency>().ok();
    let (before, after) = (code(plain.get(..head)), code(plain.get(plain.len().saturating_sub(tail)..)));
    if let Some(code) = before {
        name(vec![code]);
        plain.drain(..head);
    }
    if let Some(code) = after {
        name(vec![code]);
        plain.truncate(plain.len().saturating_sub(tail));
    }
    (plain, named)
}

/// How many letters come first.
fn letters(chars: impl Iterator<Item = char>) -> usize {
    chars.take_while(char::is_ascii_alphabetic).count()
}

fn narrow(c: char) -> Option<char> {
    match c {
        '０'..='９' | '．' | '，' | '－' | '＋' | '（' | '）' | '％' | '＄' => char::from_u32(c as u32 - 0xFEE0),
        '￥' => Some('¥'),
        '￡' => Some('£'),
        '−' | '–' => Some('-'),
        c if c.is_whitespace() => None,
        c => Some(c.to_ascii_uppercase()),
    }
}

fn unit_of(text: &str) -> (&str, Decimal) {
    if let Some(digits) = text.strip_suffix('%') {
        (digits, Decimal::new(1, 2))
    } else if let Some(digits) = text.strip_suffix('万') {
        (digits, Decimal::from(10_000))
    } else {
        (text, Decimal::ONE)
    }
}

fn ungrouped(text: &str) -> Option<String> {
    let (whole, fraction) = text.split_once('.').map_or((text, None), |(whole, fraction)| (whole, Some(fraction)));
    let mut groups = whole.split(',');
    let mut digits = groups.next()?.to_owned();
    let mut size = None;
    for group in groups {
        let expected = *size.get_or_insert(group.len());
        if group.len() != expected || !(3..=4).contains(&expected) {
            return None;
        }
        digits.push_str(group);
    }
    if digits.trim_start_matches(['-', '+']).is_empty() && fraction.is_none_or(str::is_empty) {
        return None;
    }
    if let Some(fraction) = fraction {
        digits.push('.');
        digits.push_str(fraction);
    }
    Some(digits)
}

/// true/false, yes/no, 1/0, 是/否.
pub fn bool_of(text: &str) -> Option<bool> {
    match text.to_lowercase().as_str() {
        "true" | "yes" | "y" | "1" | "是" | "有" => Some(true),
        "false" | "no" | "n" | "0" | "否" | "无" => Some(false),
        _ => None,
    }
}

/// Undoes one level of HTML escaping: the five XML entities and numeric ones. Others stay.
pub fn unescape(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('&') {
        plain.push_str(before);
        if let Some((c, tail)) = after.split_once(';').and_then(|(name, tail)| Some((entity(name)?, tail))) {
            plain.push(c);
            rest = tail;
        } else {
            plain.push('&');
            rest = after;
        }
    }
    plain.push_str(rest);
    plain
}

fn entity(name: &str) -> Option<char> {
    match name {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        "nbsp" => Some('\u{a0}'),
        _ => {
            let number = name.strip_prefix('#')?;
            let code = match number.strip_prefix(['x', 'X']) {
                Some(hex) => u32::from_str_radix(hex, 16).ok()?,
                None => number.parse().ok()?,
            };
            char::from_u32(code)
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("¥1,234.50", "1234.50")]
    #[case("￥ １，２３４．５０", "1234.50")]
    #[case("1234.5 元", "1234.5")]
    #[case("(80.00)", "-80.00")]
    #[case("（80）", "-80")]
    #[case("-80.00", "-80.00")]
    #[case("1,0000", "10000")]
    #[case("12,345,678.90", "12345678.90")]
    #[case("6%", "0.06")]
    #[case("1.2万", "12000.0")]
    #[case("RMB 88", "88")]
    #[case("88 元", "88")]
    #[case("usd 300", "300")]
    #[case("US$300.5", "300.5")]
    #[case("人民币１，２００．００元", "1200.00")]
    #[case("（￥８０．００）", "-80.00")]
    #[case("-¥80", "-80")]
    #[case("¥ 100 CNY", "100")]
    fn reads_money(#[case] text: &str, #[case] expected: &str) {
        assert_eq!(decimal_of(text).map(|d| d.to_string()).as_deref(), Some(expected));
    }

    #[rstest]
    #[case("12,5")]
    #[case("1,23,456")]
    #[case("面议")]
    #[case("")]
    #[case("-")]
    #[case("1.2.3")]
    #[case("¥100 USD")]
    #[case("100 ABC")]
    #[case(".")]
    fn refuses_what_is_not_money(#[case] text: &str) {
        assert_eq!(decimal_of(text), None);
    }

    #[test]
    fn unescapes_one_level_only() {
        assert_eq!(unescape("&lt;p&gt;R&amp;amp;D &#39;x&#x27; & &bogus;"), "<p>R&amp;D 'x' & &bogus;");
    }

    proptest! {
        #[test]
        fn reads_what_it_groups(cents in -99_999_999i64..99_999_999) {
            let number = Decimal::new(cents, 2);
            let plain = number.abs().to_string();
            let (whole, fraction) = plain.split_once('.').unwrap();
            let digits: Vec<char> = whole.chars().collect();
            let mut grouped = String::new();
            for (position, digit) in digits.iter().enumerate() {
                if position > 0 && (digits.len() - position).is_multiple_of(3) {
                    grouped.push(',');
                }
                grouped.push(*digit);
            }
            let sign = if cents < 0 { "-" } else { "" };
            prop_assert_eq!(decimal_of(&format!("{sign}¥{grouped}.{fraction}")), Some(number));
        }

        #[test]
        fn unescape_never_panics(text in "[&;#xa-f0-9 <>é中]{0,40}") {
            let _ = unescape(&text);
        }
    }
}
