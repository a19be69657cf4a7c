//! Scalars as people and boards write them: text, money, yes and no, escaped HTML.

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

/// A number as it is written in ledgers: `¥1,234.50`, `１２３`, `(80.00)`, `-5`, `6%`, `1.2万`.
/// A comma that does not group digits by three or four (`12,5`) is refused, not guessed at.
///
/// ```
/// use inflow_connectors::spec::decimal_of;
/// assert_eq!(decimal_of("￥1,234.50 元").unwrap().to_string(), "1234.50");
/// assert_eq!(decimal_of("12,5"), None);
/// ```
pub fn decimal_of(text: &str) -> Option<Decimal> {
    let mut plain: String = text.chars().filter_map(narrow).collect();
    for sign in ["RMB", "CNY", "USD", "¥", "$", "€", "£", "元"] {
        plain = plain.replace(sign, "");
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

fn narrow(c: char) -> Option<char> {
    match c {
        '０'..='９' | '．' | '，' | '－' | '＋' | '（' | '）' | '％' => char::from_u32(c as u32 - 0xFEE0),
        '￥' => Some('¥'),
        '−' | '–' => Some('-'),
        c if c.is_whitespace() => None,
        c => Some(c),
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
