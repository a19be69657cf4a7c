//! The numbers of a pay text: their grouping and units, and which of them are no amounts.

use crate::normalise::text::is_han;
use rust_decimal::Decimal;
use std::str::FromStr;

/// A number with the unit that stands behind it, and where it is in the text (in characters).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Amount {
    pub value: Decimal,
    pub unit: Option<Decimal>,
    pub start: usize,
    pub end: usize,
}

/// All numbers of a text.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Numbers {
    pub amounts: Vec<Amount>,
    /// Months paid a year.
    pub months: Option<Decimal>,
    /// A number in no form of money, such as a phone number.
    pub bad: bool,
}

const DIGITS: &str = "零一二三四五六七八九";
/// What stands behind a number that counts something other than money.
const COUNTED: &[&str] = &[
    "%", "届", "年", "岁", "人", "名", "位", "险", "天", "个", "小时", "点", "h ", "hours", "hrs", "days", "years", "yrs", "year",
    "+ years",
];

/// Reads the numbers of a folded text.
pub(super) fn numbers(text: &[char]) -> Numbers {
    let mut out = Numbers::default();
    let mut at = 0;
    while at < text.len() {
        let start = at;
        let is_digit = text[at].is_ascii_digit();
        let Some(mut amount) = (if is_digit { arabic(text, at) } else { chinese(text, at) }) else {
            // Digits that are no amount make the whole text none.
            out.bad |= is_digit;
            at += text[at..].iter().take_while(|c| c.is_ascii_digit()).count().max(1);
            continue;
        };
        let end = amount.end;
        at = end;
        let rest = &text[end..];
        let previous = text[..start].iter().rev().find(|c| **c != ' ').copied().unwrap_or(' ');
        if amount.unit.is_none() && starts(rest, "薪") && is_months(amount.value) {
            // 13-15薪: what stands before the dash is months too, and the least of them is sure.
            let lower = out.amounts.last().filter(|last| last.unit.is_none() && is_months(last.value) && dash(&text[last.end..start]));
            amount.value = lower.map_or(amount.value, |lower| lower.value);
            if lower.is_some() {
                out.amounts.pop();
            }
            out.months = Some(amount.value.normalize());
        } else if matches!(previous, '×' | '*' | 'x') && amount.unit.is_none() && is_months(amount.value) && !out.amounts.is_empty() {
            out.months = Some(amount.value.normalize());
        } else if matches!(previous, '×' | '*') && !out.amounts.is_empty() {
            // A product of something else.
            out.bad = true;
        } else if !is_counted(&amount, rest, previous) {
            out.amounts.push(amount);
        }
    }
    out
}

fn is_months(value: Decimal) -> bool {
    (Decimal::from(12)..=Decimal::from(36)).contains(&value)
}

fn dash(between: &[char]) -> bool {
    !between.is_empty() && between.iter().all(|c| matches!(c, '-' | ' '))
}

/// Whether a number counts hours, days, people, years, a share, or is the name of a plan (401k).
fn is_counted(amount: &Amount, rest: &[char], previous: char) -> bool {
    if amount.value == Decimal::from(401) && (amount.unit.is_some() || starts(rest, "(k)")) {
        return true;
    }
    let rest = rest.strip_prefix(&[' ']).unwrap_or(rest);
    amount.unit.is_none() && (previous == '/' || COUNTED.iter().any(|word| starts(rest, word)) && !starts(rest, "年薪"))
}

pub(super) fn starts(text: &[char], word: &str) -> bool {
    let mut characters = text.iter();
    word.chars().all(|c| characters.next() == Some(&c))
}

/// A number in digits; none when it is in no form of money.
fn arabic(text: &[char], start: usize) -> Option<Amount> {
    let mut end = start;
    while let Some(c) = text.get(end) {
        let digits_behind = text[end + 1..].iter().take_while(|c| c.is_ascii_digit()).count();
        let first_group = text[start..end].iter().take_while(|c| c.is_ascii_digit()).count();
        let groups = match c {
            '.' | ',' => digits_behind > 0,
            '\'' | '’' | ' ' => digits_behind == 3 && first_group <= 3 && !text[start..end].contains(&'.'),
            c => c.is_ascii_digit(),
        };
        if !groups {
            break;
        }
        end += 1;
    }
    let raw: String = text[start..end].iter().collect();
    let (unit, after) = unit(text, end);
    let value = number(&raw, unit.is_some())?;
    let mut amount = Amount { value, unit, start, end: after };
    if let Some(more) = unit.and_then(|unit| short(text, after, unit)) {
        amount.value += more.0;
        amount.end = more.1;
    }
    Some(amount)
}

/// 1万5 is fifteen thousand, 1万5千 too: what is added in the unit, and where it ends.
fn short(text: &[char], at: usize, unit: Decimal) -> Option<(Decimal, usize)> {
    let digit = text.get(at)?.to_digit(10).filter(|digit| *digit > 0)?;
    let behind = text.get(at + 1).copied().unwrap_or(' ');
    if !matches!(text.get(at.checked_sub(1)?), Some('万' | '千' | 'w'))
        || behind.is_ascii_digit()
        || matches!(behind, '.' | ',' | '万' | '薪' | '险' | '个' | 'k')
    {
        return None;
    }
    let thousands = behind == '千';
    let more = if thousands { Decimal::from(digit * 1000).checked_div(unit)? } else { Decimal::new(i64::from(digit), 1) };
    Some((more, at + 1 + usize::from(thousands)))
}

/// The unit behind a number and where it ends.
fn unit(text: &[char], at: usize) -> (Option<Decimal>, usize) {
    let rest = &text[at..];
    for (word, size) in [("百万", 1_000_000), ("千万", 10_000_000), ("十万", 100_000), ("万", 10_000), ("千", 1_000), ("亿", 100_000_000)]
    {
        if starts(rest, word) {
            return (Some(Decimal::from(size)), at + word.chars().count());
        }
    }
    let blanks = usize::from(rest.first() == Some(&' '));
    let word: String = rest[blanks..].iter().take_while(|c| c.is_alphabetic() && !is_han(**c)).collect();
    let size = match word.as_str() {
        "k" | "tys" | "tsd" | "thousand" | "kusd" | "keur" | "kgbp" | "kpln" => 1_000,
        "w" if blanks == 0 => 10_000,
        "m" | "mm" | "mil" | "million" | "mio" => 1_000_000,
        "l" | "lpa" | "lakh" | "lakhs" | "lac" | "lacs" => 100_000,
        "cr" | "crore" | "crores" => 10_000_000,
        _ => return (None, at),
    };
    // The currency in the word stays to be found.
    let length = if word.len() == 4 && word.starts_with('k') { 1 } else { word.len() };
    (Some(Decimal::from(size)), at + blanks + length)
}

/// Digits with separators: `90,000`, `60.000`, `1.234,56`, `12,00,000`, `120'000` and `45 000` are grouped; `31,2` is thirty-one
/// point two; behind 1.125万 and 8.500k a point is a point.
fn number(raw: &str, has_unit: bool) -> Option<Decimal> {
    let raw = raw.replace(['\'', '’', ' '], "");
    if raw.split(['.', ',']).any(|group| group.len() > 9) {
        return None;
    }
    let last = raw.rfind(['.', ',']);
    let Some(last) = last else { return Decimal::from_str(&raw).ok() };
    let sign = if raw.get(last..)?.starts_with('.') { '.' } else { ',' };
    let whole = raw.get(..last)?;
    let part = raw.get(last + 1..)?;
    let mixed = whole.contains(if sign == '.' { ',' } else { '.' });
    let repeated = whole.contains(sign);
    let grouped = part.len() == 3 && !mixed && whole != "0" && (sign == ',' || !has_unit);
    let text = if repeated || grouped { raw.replace(['.', ','], "") } else { format!("{}.{part}", whole.replace(['.', ','], "")) };
    Decimal::from_str(&text).ok()
}

/// A number in Chinese characters that has a unit of its own: 两万, 一万五, 八千, 百万, 十三 (薪).
fn chinese(text: &[char], start: usize) -> Option<Amount> {
    let value_of = |c: char| if c == '两' { Some(2) } else { DIGITS.chars().position(|digit| digit == c).map(|digit| digit as i64) };
    let unit_of = |c: char| match c {
        '十' => Some(10),
        '百' => Some(100),
        '千' => Some(1_000),
        '万' => Some(10_000),
        _ => None,
    };
    let run = text[start..].iter().take_while(|c| value_of(**c).is_some() || unit_of(**c).is_some()).count();
    let word = text.get(start..start + run)?;
    let behind_a_digit = start.checked_sub(1).and_then(|before| text.get(before)).is_some_and(char::is_ascii_digit);
    if run < 2 || behind_a_digit || !word.iter().any(|c| unit_of(*c).is_some()) {
        return None;
    }
    let (mut total, mut section, mut digit, mut last_unit) = (0_i64, 0_i64, None::<i64>, 1_i64);
    for c in word {
        if let Some(value) = value_of(*c) {
            digit = Some(value);
        } else if let Some(unit) = unit_of(*c) {
            if unit == 10_000 {
                total = total.checked_add((section + digit.unwrap_or(i64::from(section == 0))).checked_mul(unit)?)?;
                section = 0;
            } else {
                section = section.checked_add(digit.unwrap_or(1).checked_mul(unit)?)?;
            }
            (digit, last_unit) = (None, unit);
        }
    }
    // 一万五: the last digit is in tenths of the unit before it.
    let rest = digit.map_or(0, |digit| if last_unit >= 100 { digit * last_unit / 10 } else { digit });
    Some(Amount { value: Decimal::from(total + section + rest), unit: None, start, end: start + run })
}
