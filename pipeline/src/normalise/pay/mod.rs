//! Pay texts of Chinese and foreign boards to a range, a currency, a period and the months paid a year.

mod amount;
mod currency;
mod period;
#[cfg(test)]
mod tests;

use super::text::{simplify, squeeze};
use amount::{Amount, numbers};
use currency::Known;
use rust_decimal::Decimal;

/// Nobody is paid so much in any currency: a text with such a number is no pay.
const LARGEST: i64 = 1_000_000_000_000;

/// What a unit of pay is paid for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Period {
    /// An hour.
    Hour,
    /// A day.
    Day,
    /// A week.
    Week,
    /// A month.
    Month,
    /// A year.
    Year,
}

impl Period {
    /// The word used in the table `postings`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Hour => "hour",
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
            Self::Year => "year",
        }
    }
}

/// A pay range in whole units of `currency` for each `period`. One side is none when the text gives a bound only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pay {
    /// Lower bound.
    pub min: Option<Decimal>,
    /// Upper bound.
    pub max: Option<Decimal>,
    /// ISO 4217.
    pub currency: &'static str,
    /// What the amounts are paid for.
    pub period: Period,
    /// Months paid a year, when the text says so (`13薪`).
    pub months: Option<Decimal>,
}

/// Why a pay text gave no range.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PayError {
    /// `面议`, empty, or a word that says that nothing is said.
    #[error("not stated")]
    NotStated,
    /// A text in no known form.
    #[error("no known form")]
    Unknown,
    /// A currency that is not known, or a foreign text that names none.
    #[error("currency not known")]
    Currency,
    /// Paid for each piece, lesson or order.
    #[error("paid by the piece")]
    Piece,
    /// The text does not say what the amount is paid for, or a span of time that has no word here.
    #[error("period not known")]
    Period,
}

/// Words that say that nothing is said, where no amount stands beside them.
const UNSTATED: &[&str] = &[
    "面议",
    "面谈",
    "面洽",
    "详谈",
    "保密",
    "待定",
    "不公开",
    "competitive",
    "negotiable",
    "doe",
    "undisclosed",
    "not specified",
    "tbd",
    "n/a",
    "null",
    "none",
    "market rate",
    "attractive",
    "discuss",
    "unpaid",
    "不限",
    "无薪",
    "商议",
    "协商",
];

/// Parses a pay text. Without a period an amount of yuan is a month's (a year's from 100,000), and one of another currency what is
/// likely at that height; without a currency a Chinese text or a bare range is in yuan.
///
/// ```
/// use inflow_pipeline::normalise::pay::{PayError, parse};
/// let pay = parse("25-35K·13薪").unwrap();
/// assert_eq!(pay.min.unwrap().to_string(), "25000");
/// assert_eq!(pay.months.unwrap().to_string(), "13");
/// assert_eq!(parse("€60.000").unwrap().currency, "EUR");
/// assert_eq!(parse("XQZ 60,000"), Err(PayError::Currency));
/// ```
///
/// # Errors
/// [`PayError`] says why there is no range; nothing is guessed.
pub fn parse(text: &str) -> Result<Pay, PayError> {
    let text = fold(text);
    let characters: Vec<char> = text.chars().collect();
    let numbers = numbers(&characters);
    if numbers.amounts.iter().all(|amount| amount.value.is_zero()) {
        let unstated =
            !numbers.amounts.is_empty() || !text.chars().any(char::is_alphanumeric) || UNSTATED.iter().any(|word| text.contains(word));
        return Err(if unstated && !numbers.bad { PayError::NotStated } else { PayError::Unknown });
    }
    if numbers.bad {
        return Err(PayError::Unknown);
    }
    let section = section(&characters, &numbers.amounts);
    let within: Vec<&Amount> = numbers.amounts.iter().filter(|amount| section.contains(&amount.start)).collect();
    let part: String = characters.get(section.clone()).unwrap_or_default().iter().collect();
    let money = match currency::currency(&text) {
        // What stands in brackets behind may be another currency's.
        Err(PayError::Unknown) if part.len() < text.len() => currency::currency(&part)?,
        other => other?,
    };
    let (min, max) = range(&within, &characters, &section)?;
    let period = match period::period(&part)?.or(period::period(&text)?) {
        Some(period) => period,
        None => usual(money, min, max, &within, numbers.months.is_some(), part.contains(['元', '¥', '块']))?,
    };
    Ok(Pay { min, max, currency: money.code, period, months: numbers.months })
}

/// Squeezed, simplified, lower case, with one kind of dash.
fn fold(text: &str) -> String {
    let squeezed = squeeze(text);
    let lower = simplify(&squeezed).to_lowercase();
    lower.replace(['–', '—', '~', '−', '至', '到'], "-")
}

/// The part of the text that has the amounts: up to a bracket, a semicolon, a comma before words, or what is paid on top.
fn section(text: &[char], amounts: &[Amount]) -> std::ops::Range<usize> {
    let Some(first) = amounts.first() else { return 0..text.len() };
    let ends = |at: usize| {
        let next = text.get(at + 1).copied().unwrap_or(' ');
        match text[at] {
            '(' | ')' | ';' | '|' | '+' | '[' | '【' => true,
            ',' | '.' => !next.is_ascii_digit() && (text[at] == ',' || next == ' '),
            _ => false,
        }
    };
    let end = (first.end..text.len()).find(|at| ends(*at)).unwrap_or(text.len());
    let start = (0..first.start).rev().find(|at| matches!(text[*at], ')' | ';' | '|' | ']' | '】')).map_or(0, |at| at + 1);
    start..end
}

/// The bounds of the amounts of a section.
fn range(within: &[&Amount], text: &[char], section: &std::ops::Range<usize>) -> Result<(Option<Decimal>, Option<Decimal>), PayError> {
    let units: Vec<Option<Decimal>> = within.iter().map(|amount| amount.unit).collect();
    let whole = |amount: &Amount, unit: Option<Decimal>| {
        let value = amount.value.checked_mul(unit.unwrap_or(Decimal::ONE)).ok_or(PayError::Unknown)?.normalize();
        if value < Decimal::from(LARGEST) { Ok(value) } else { Err(PayError::Unknown) }
    };
    let some = |value: Decimal| (!value.is_zero()).then_some(value);
    match within {
        [one] => {
            let value = whole(one, units[0])?;
            let before: String = text.get(section.start..one.start).unwrap_or_default().iter().collect();
            let after: String = text.get(one.end..).unwrap_or_default().iter().collect();
            Ok(match bound(&before, &after) {
                Bound::Below => (None, some(value)),
                Bound::Above => (some(value), None),
                Bound::Exact => (some(value), some(value)),
            })
        }
        [low, high] => {
            // A number without a unit takes the other's where the two then are in order (1-2万, 8k-12), else it is whole (8000-1.2万).
            let (mut first, mut second) = (whole(low, units[0])?, whole(high, units[1])?);
            if units[0].is_none() && units[1].is_some() {
                let shared = whole(low, units[1])?;
                first = if shared <= second { shared } else { first };
            } else if units[1].is_none() && units[0].is_some() && second < first {
                second = whole(high, units[0])?;
            }
            let (first, second) = (first.min(second), first.max(second));
            let far = !first.is_zero() && second > first.checked_mul(Decimal::from(40)).unwrap_or(Decimal::MAX);
            if far { Err(PayError::Unknown) } else { Ok((some(first), some(second))) }
        }
        _ => Err(PayError::Unknown),
    }
}

#[derive(Clone, Copy)]
enum Bound {
    Exact,
    Below,
    Above,
}

/// What the words beside a single amount make of it.
fn bound(before: &str, after: &str) -> Bound {
    let has = |text: &str, words: &[&str]| words.iter().any(|word| text.contains(word));
    let capped = after.contains("封顶") && !after.contains("不封顶");
    if capped
        || has(after, &["以下", "以内", "之内", "max"])
        || has(before, &["up to", "upto", "不超过", "不高于", "最高", "至多", "max", "below", "under", "bis zu"])
    {
        return Bound::Below;
    }
    let plus = after.trim_start_matches(['元', '¥', '块', '€', '$']).starts_with('+');
    let starts =
        has(before, &["from", "starting", "不低于", "不少于", "至少", "保底", "底薪", "minimum", "at least", "over ", "起薪", "ab "]);
    if plus || starts || has(after, &["以上", "起", "and up", "or more", "minimum"]) { Bound::Above } else { Bound::Exact }
}

/// The period of an amount for which the text gives none.
fn usual(
    money: &Known,
    min: Option<Decimal>,
    max: Option<Decimal>,
    within: &[&Amount],
    has_months: bool,
    has_mark: bool,
) -> Result<Period, PayError> {
    let low = min.or(max).unwrap_or_default();
    let high = max.or(min).unwrap_or_default();
    if money.code == "CNY" {
        let has_unit = within.iter().any(|amount| amount.unit.is_some());
        return match () {
            () if low >= Decimal::from(100_000) && !has_months => Ok(Period::Year),
            () if has_unit || has_months || high >= Decimal::from(1000) => Ok(Period::Month),
            // 200元 may be a day's or an hour's.
            () if has_mark => Err(PayError::Period),
            () => Err(PayError::Unknown),
        };
    }
    match (money.hour, money.month) {
        (Some(hour), _) if high < hour => Ok(Period::Hour),
        (_, Some(month)) if high < month => Ok(Period::Month),
        (_, Some(_)) => Ok(Period::Year),
        _ => Err(PayError::Period),
    }
}
