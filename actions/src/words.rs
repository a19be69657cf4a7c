//! What reports for people call things, in both languages.

use chrono::{Datelike, NaiveDate};
use inflow_config::{Config, Lang};
use rust_decimal::Decimal;
use serde_json::{Map, Value};

/// One of two sentences.
pub fn pick<'t>(lang: Lang, en: &'t str, zh: &'t str) -> &'t str {
    if lang == Lang::Zh { zh } else { en }
}

/// A channel's name; words that no `source_map` knows keep themselves.
pub fn channel(config: &Config, lang: Lang, id: &str) -> String {
    match config.channel(id) {
        Some(channel) => channel.name.get(lang).to_owned(),
        None if id == "unallocated" => pick(lang, "Unallocated", "未分摊").to_owned(),
        None => id.strip_prefix("unknown:").map_or_else(|| id.to_owned(), |word| format!("{} {word}", pick(lang, "Unknown:", "未识别:"))),
    }
}

/// Status of a row.
pub fn status(lang: Lang, status: &str) -> &str {
    match status {
        "ok" => pick(lang, "ok", "正常"),
        "few" => pick(lang, "few", "样本少"),
        "partial" => pick(lang, "partial", "数据不全"),
        "no_data" => pick(lang, "no data", "无数据"),
        other => other,
    }
}

/// A stage.
pub fn stage(lang: Lang, stage: &str) -> &str {
    let (en, zh) = match stage {
        "viewed" => ("viewed", "查看"),
        "contacted" => ("contacted", "沟通"),
        "applied" => ("applied", "投递"),
        "screened" => ("screened", "筛选通过"),
        "invited" => ("invited", "约面"),
        "attended" => ("attended", "到面"),
        "offered" => ("offered", "发录用"),
        "accepted" => ("accepted", "接受录用"),
        "onboarded" => ("onboarded", "入职"),
        "passed_probation" => ("passed probation", "转正"),
        other => return other,
    };
    pick(lang, en, zh)
}

/// How a budget stands.
pub fn budget_state(lang: Lang, state: &str) -> &str {
    let (en, zh) = match state {
        "within" => ("within budget", "预算内"),
        "may_exceed" => ("may exceed", "可能超支"),
        "will_exceed" => ("will exceed", "将超支"),
        "exceeded" => ("exceeded", "已超支"),
        other => return other,
    };
    pick(lang, en, zh)
}

/// `周五`, `Fri`.
pub fn weekday(lang: Lang, day: NaiveDate) -> &'static str {
    let at = day.weekday().num_days_from_monday() as usize;
    let names = if lang == Lang::Zh {
        ["周一", "周二", "周三", "周四", "周五", "周六", "周日"]
    } else {
        ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
    };
    names.get(at).copied().unwrap_or_default()
}

/// A number of a report's row.
pub fn value(row: &Map<String, Value>, column: &str) -> Option<Decimal> {
    match row.get(column)? {
        Value::String(text) => text.parse().ok(),
        Value::Number(number) => number.to_string().parse().ok().or_else(|| Decimal::from_scientific(&number.to_string()).ok()),
        _ => None,
    }
}

/// A word of a report's row.
pub fn word<'r>(row: &'r Map<String, Value>, column: &str) -> &'r str {
    row.get(column).and_then(Value::as_str).unwrap_or_default()
}

/// An amount with its currency and groups of three digits: `¥12,345.60`. Every digit of the report stays.
pub fn money(amount: Decimal, currency: &str) -> String {
    let text = format!("{:.2}", amount.abs());
    let (whole, cents) = text.split_once('.').unwrap_or((&text, "00"));
    let sign = if amount.is_sign_negative() && !amount.is_zero() { "-" } else { "" };
    let symbol = match currency {
        "CNY" | "JPY" => "¥",
        "USD" => "$",
        "EUR" => "€",
        "GBP" => "£",
        other => return format!("{sign}{}.{cents} {other}", grouped(whole)),
    };
    format!("{sign}{symbol}{}.{cents}", grouped(whole))
}

/// A count with groups of three digits.
pub fn count(number: Decimal) -> String {
    let text = number.normalize().to_string();
    text.strip_prefix('-').map_or_else(|| grouped(&text), |digits| format!("-{}", grouped(digits)))
}

/// `75.8%`, rounded as every table does.
pub fn percent(share: Decimal) -> String {
    let share: f64 = share.try_into().unwrap_or_default();
    format!("{:.1}%", share * 100.0)
}

/// `+8.3%`: how much more than before.
pub fn change(now: Decimal, before: Decimal) -> Option<String> {
    let share = (now - before).checked_div(before.abs())?;
    let text = percent(share);
    Some(if share > Decimal::ZERO { format!("+{text}") } else { text })
}

fn grouped(digits: &str) -> String {
    let many = digits.len();
    digits.chars().enumerate().fold(String::with_capacity(many + many / 3), |mut text, (at, digit)| {
        if at > 0 && (many - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    #[test]
    fn numbers_keep_their_digits() {
        assert_eq!(money(number("1234567.5"), "CNY"), "¥1,234,567.50");
        assert_eq!(money(number("-999.99"), "USD"), "-$999.99");
        assert_eq!(money(number("0"), "HKD"), "0.00 HKD");
        assert_eq!([count(number("0")), count(number("1000")), count(number("-12345"))], ["0", "1,000", "-12,345"]);
        assert_eq!([percent(number("0.7576")), percent(number("1"))], ["75.8%", "100.0%"]);
    }

    #[test]
    fn a_change_has_its_sign_and_nothing_has_none() {
        assert_eq!(change(number("110"), number("100")).as_deref(), Some("+10.0%"));
        assert_eq!(change(number("90"), number("100")).as_deref(), Some("-10.0%"));
        assert_eq!(change(number("90"), number("0")), None);
    }
}
