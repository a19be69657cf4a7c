//! Pay texts of Chinese and foreign boards to a range, a currency, a period and the months paid a year.

use super::text::squeeze;
use rust_decimal::Decimal;
use std::str::FromStr;

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
    #[error("pay is not stated")]
    NotStated,
    /// A text in no known form.
    #[error("pay is in no known form")]
    Unknown,
}

/// Parses a pay text. Without a period it is a month for Chinese forms and a year for dollar forms of 1,000 or more.
///
/// ```
/// use inflow_pipeline::normalise::pay::parse;
/// let pay = parse("25-35K·13薪").unwrap();
/// assert_eq!(pay.min.unwrap().to_string(), "25000");
/// assert_eq!(pay.months.unwrap().to_string(), "13");
/// ```
///
/// # Errors
/// [`PayError::NotStated`] and [`PayError::Unknown`].
pub fn parse(text: &str) -> Result<Pay, PayError> {
    let text = squeeze(text).to_lowercase().replace([' ', '¥', '￥'], "").replace(['–', '—', '~', '～', '至', '到'], "-");
    if text.is_empty() || text.contains("面议") || matches!(text.as_str(), "competitive" | "negotiable" | "doe" | "-") {
        return Err(PayError::NotStated);
    }
    let currency = currency(&text);
    let months = months(&text);
    let body = text.split(['·', '*', '×']).next().unwrap_or(&text);
    let period = period(body);
    let (amounts, bound) = amounts(body)?;
    let (min, max) = match (amounts.as_slice(), bound) {
        ([one], Bound::Below) => (None, Some(*one)),
        ([one], Bound::Above) => (Some(*one), None),
        ([one], Bound::Exact) => (Some(*one), Some(*one)),
        ([low, high], _) => (Some((*low).min(*high)), Some((*low).max(*high))),
        _ => return Err(PayError::Unknown),
    };
    let period = period.unwrap_or(if currency == "CNY" || max.or(min).is_some_and(|m| m < Decimal::from(1000)) {
        Period::Month
    } else {
        Period::Year
    });
    Ok(Pay { min, max, currency, period, months })
}

#[derive(Clone, Copy)]
enum Bound {
    Exact,
    Below,
    Above,
}

fn currency(text: &str) -> &'static str {
    for (mark, code) in [
        ("us$", "USD"),
        ("hk$", "HKD"),
        ("usd", "USD"),
        ("eur", "EUR"),
        ("gbp", "GBP"),
        ("€", "EUR"),
        ("£", "GBP"),
        ("$", "USD"),
        ("美元", "USD"),
        ("港币", "HKD"),
    ] {
        if text.contains(mark) {
            return code;
        }
    }
    "CNY"
}

fn months(text: &str) -> Option<Decimal> {
    let before = text.split_once('薪')?.0;
    let digits: String = before.chars().rev().take_while(char::is_ascii_digit).collect::<Vec<_>>().into_iter().rev().collect();
    Decimal::from_str(&digits).ok().filter(|m| (Decimal::from(12)..=Decimal::from(36)).contains(m))
}

fn period(text: &str) -> Option<Period> {
    for (mark, period) in [
        ("/年", Period::Year),
        ("年薪", Period::Year),
        ("元/天", Period::Day),
        ("/天", Period::Day),
        ("/日", Period::Day),
        ("日薪", Period::Day),
        ("/时", Period::Hour),
        ("/小时", Period::Hour),
        ("时薪", Period::Hour),
        ("/周", Period::Week),
        ("/月", Period::Month),
        ("月薪", Period::Month),
        ("ayear", Period::Year),
        ("/year", Period::Year),
        ("/yr", Period::Year),
        ("peryear", Period::Year),
        ("annual", Period::Year),
        ("amonth", Period::Month),
        ("/month", Period::Month),
        ("permonth", Period::Month),
        ("aweek", Period::Week),
        ("/week", Period::Week),
        ("aday", Period::Day),
        ("/day", Period::Day),
        ("anhour", Period::Hour),
        ("/hour", Period::Hour),
        ("/hr", Period::Hour),
        ("perhour", Period::Hour),
        ("hourly", Period::Hour),
    ] {
        if text.contains(mark) {
            return Some(period);
        }
    }
    None
}

/// Numbers with their own unit; a number without one takes the unit of the next that has one (`1-2万`, `8千-1.6万`).
fn amounts(text: &str) -> Result<(Vec<Decimal>, Bound), PayError> {
    let characters: Vec<char> = text.chars().collect();
    let mut found: Vec<(Decimal, Option<Decimal>)> = Vec::new();
    let mut at = 0;
    while at < characters.len() && found.len() < 2 {
        if !characters[at].is_ascii_digit() {
            at += 1;
            continue;
        }
        let start = at;
        while at < characters.len() && (characters[at].is_ascii_digit() || matches!(characters[at], '.' | ',')) {
            at += 1;
        }
        let raw: String = characters[start..at].iter().collect();
        let unit = match characters.get(at) {
            Some('万' | 'w') => Some(Decimal::from(10_000)),
            Some('千' | 'k') => Some(Decimal::from(1_000)),
            _ => None,
        };
        found.push((number(&raw)?, unit));
    }
    let last_unit = found.iter().rev().find_map(|(_, unit)| *unit);
    let amount = |(value, unit): &(Decimal, Option<Decimal>)| {
        let amount = value.checked_mul(unit.or(last_unit).unwrap_or(Decimal::ONE))?.normalize();
        (amount < Decimal::from(LARGEST)).then_some(amount)
    };
    let amounts = found.iter().map(amount).collect::<Option<Vec<_>>>().ok_or(PayError::Unknown)?;
    let bound = if ["以下", "以内", "upto"].iter().any(|w| text.contains(w)) {
        Bound::Below
    } else if ["以上", "起", "from"].iter().any(|w| text.contains(w)) || text.ends_with('+') {
        Bound::Above
    } else {
        Bound::Exact
    };
    if amounts.is_empty() { Err(PayError::Unknown) } else { Ok((amounts, bound)) }
}

/// `90,000` is ninety thousand, `31,2` (a comma with one or two digits after it) is thirty-one point two.
fn number(raw: &str) -> Result<Decimal, PayError> {
    let raw = raw.trim_end_matches(['.', ',']);
    let text = match raw.rsplit_once(',') {
        Some((whole, part)) if part.len() < 3 && !raw.contains('.') => format!("{}.{part}", whole.replace(',', "")),
        _ => raw.replace(',', ""),
    };
    Decimal::from_str(&text).map_err(|_| PayError::Unknown)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn shown(text: &str) -> String {
        match parse(text) {
            Ok(p) => format!(
                "{}..{} {} {}{}",
                p.min.map_or_else(String::new, |m| m.to_string()),
                p.max.map_or_else(String::new, |m| m.to_string()),
                p.currency,
                p.period.as_str(),
                p.months.map_or_else(String::new, |m| format!(" x{m}"))
            ),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn the_shapes_of_real_boards() {
        for (text, expected) in [
            ("1-2万/月", "10000..20000 CNY month"),
            ("18k-30k", "18000..30000 CNY month"),
            ("12-18K", "12000..18000 CNY month"),
            ("25-35K·13薪", "25000..35000 CNY month x13"),
            ("2-3千/月", "2000..3000 CNY month"),
            ("8-15万/年", "80000..150000 CNY year"),
            ("2-3万", "20000..30000 CNY month"),
            ("8千-1.6万", "8000..16000 CNY month"),
            ("300-330元/天", "300..330 CNY day"),
            ("150元/天", "150..150 CNY day"),
            ("100-120元/时", "100..120 CNY hour"),
            ("薪资面议", "pay is not stated"),
            ("2万以下/年", "..20000 CNY year"),
            ("10万以上/月", "100000.. CNY month"),
            ("$31,2k- $52k", "31200..52000 USD year"),
            ("$90,000 - $120,000 a year", "90000..120000 USD year"),
            ("", "pay is not stated"),
            ("职位薪资", "pay is in no known form"),
            ("1234567890123456789012345678万", "pay is in no known form"),
            ("19900000001-99999999999999元", "pay is in no known form"),
        ] {
            assert_eq!(shown(text), expected, "{text}");
        }
    }

    proptest! {
        #[test]
        fn it_never_panics_and_bounds_are_in_order(text in "\\PC{0,24}") {
            if let Ok(Pay { min: Some(low), max: Some(high), .. }) = parse(&text) {
                prop_assert!(low <= high);
            }
        }
    }
}
