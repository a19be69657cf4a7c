//! What wants somebody's eye: alerts that stand, sudden drops, connections that fail, budgets.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use inflow_config::{Config, Lang};
use rust_decimal::Decimal;

use super::facts::{Facts, Row};
use crate::words::{self, budget_state, channel, count, money, percent, pick, value, word};

/// Alerts that stand, surest first, each with the first of its likely causes: `单份简历成本过高:LinkedIn ¥107.84(≥ ¥60.00)`. Of slices by recruiter only
/// their number is said.
pub fn alerts(facts: &Facts, config: &Config, lang: Lang) -> Vec<String> {
    let mut raised: Vec<&Row> = facts.alerts.rows.iter().filter(|row| word(row, "state") == "raised").collect();
    raised.sort_by_key(|row| word(row, "certainty") != "sure");
    let mut lines = drops(facts, config, lang);
    let mut people: Vec<(&str, usize)> = Vec::new();
    for row in raised {
        let rule = word(row, "rule");
        if is_of_people(word(row, "slice")) {
            match people.iter_mut().find(|(known, _)| *known == rule) {
                Some((_, number)) => *number += 1,
                None => people.push((rule, 1)),
            }
            continue;
        }
        let cause = causes(&facts.causes.rows, rule, word(row, "slice"), lang).into_iter().next();
        lines.push(with_cause(raised_line(row, config, lang), cause, lang));
    }
    for (rule, number) in people {
        lines.push(match lang {
            Lang::En => format!("{}: {number} recruiters", name(config, lang, rule)),
            Lang::Zh => format!("{}:{number} 名招聘人员", name(config, lang, rule)),
        });
    }
    lines
}

fn with_cause(line: String, cause: Option<String>, lang: Lang) -> String {
    match (cause, lang) {
        (None, _) => line,
        (Some(cause), Lang::En) => format!("{line}; likely: {cause}"),
        (Some(cause), Lang::Zh) => format!("{line};可能原因:{cause}"),
    }
}

/// Whether a slice is a recruiter's, of whom nothing is said.
pub(crate) fn is_of_people(slice: &str) -> bool {
    slice.contains("recruiter=")
}

/// Likely causes of an alert in sentences, the first one first; of a channel drop `rule` is empty.
pub(crate) fn causes(rows: &[Row], rule: &str, slice: &str, lang: Lang) -> Vec<String> {
    let mut own: Vec<&Row> = rows.iter().filter(|row| word(row, "rule") == rule && word(row, "slice") == slice).collect();
    own.sort_by_key(|row| value(row, "place"));
    own.into_iter().map(|row| word(row, pick(lang, "text_en", "text_zh")).to_owned()).collect()
}

/// How a slice of a rule stands: `No-shows: BOSS 12.0% (≥ 8.0%)`.
pub(crate) fn raised_line(row: &Row, config: &Config, lang: Lang) -> String {
    let colon = pick(lang, ": ", ":");
    let unit = word(row, "unit");
    let figure = |column: &str| value(row, column).map_or_else(|| "–".to_owned(), |number| in_unit(number, unit, lang));
    let below = word(row, "side") == "below";
    let side = if below { "≤" } else { "≥" };
    // An alert stands until its figure is back on the quiet side, which may be a good deal past where it began.
    let beyond = value(row, "value").zip(value(row, "raise")).is_none_or(|(at, raise)| if below { at <= raise } else { at >= raise });
    let until = match lang {
        _ if beyond || word(row, "state") != "raised" => String::new(),
        Lang::En => format!(", ends at {}", figure("clear")),
        Lang::Zh => format!(",{} 解除", figure("clear")),
    };
    let of = named(word(row, "slice"), config, lang);
    let gap = if of.is_empty() { "" } else { " " };
    format!(
        "{}{colon}{of}{gap}{}{}{side} {}{until}{}",
        name(config, lang, word(row, "rule")),
        figure("value"),
        pick(lang, " (", "("),
        figure("raise"),
        pick(lang, ")", ")")
    )
}

fn drops(facts: &Facts, config: &Config, lang: Lang) -> Vec<String> {
    let mut fallen: Vec<&Row> = facts.drops.rows.iter().filter(|row| !word(row, "alarm").is_empty()).collect();
    fallen.sort_by_key(|row| word(row, "alarm") != "sure");
    let each = fallen.into_iter().map(|row| {
        let cause = causes(&facts.causes.rows, "", &format!("channel={}", word(row, "channel")), lang).into_iter().next();
        with_cause(fall_line(row, config, lang), cause, lang)
    });
    each.collect()
}

/// How a channel, or a store of it, fell: `Resumes fell: BOSS 3 (expected 12)`.
pub(crate) fn fall_line(row: &Row, config: &Config, lang: Lang) -> String {
    let number = |column: &str| value(row, column).map_or_else(|| "–".to_owned(), |n| count(n.round_dp(1)));
    let (of, came, expected) = (channel(config, lang, word(row, "channel")), number("observed"), number("expected"));
    let of = match word(row, "store") {
        "" => of,
        store => format!("{of} / {store}"),
    };
    match lang {
        Lang::En => format!("Resumes fell: {of} {came} (expected {expected})"),
        Lang::Zh => format!("投递骤降:{of} {came}(预期 {expected})"),
    }
}

pub(crate) fn name<'c>(config: &'c Config, lang: Lang, rule: &'c str) -> &'c str {
    config.alerts.rule.iter().find(|known| known.id == rule).map_or(rule, |known| known.name.get(lang))
}

/// `channel=boss, store=徐汇一店` in words.
fn named(slice: &str, config: &Config, lang: Lang) -> String {
    let part = |part: &str| match part.split_once('=') {
        Some(("channel", id)) => channel(config, lang, id),
        Some(("from_stage" | "to_stage" | "stage", stage)) => words::stage(lang, stage).to_owned(),
        Some((_, value)) => value.to_owned(),
        None => part.to_owned(),
    };
    slice.split(", ").filter(|text| !text.is_empty()).map(part).collect::<Vec<_>>().join(" / ")
}

fn in_unit(number: Decimal, unit: &str, lang: Lang) -> String {
    match unit {
        "share" | "of_budget" => percent(number),
        "days" => format!("{} {}", count(number.round_dp(1)), pick(lang, "days", "天")),
        "heads" | "count" | "" => count(number.round_dp(1)),
        currency if currency.len() == 3 && currency.chars().all(|c| c.is_ascii_uppercase()) => money(number, currency),
        other => format!("{} {other}", count(number.round_dp(1))),
    }
}

/// Connections that fail: `智联招聘(zhaopin_mail)自 10-30 03:00 起无数据`.
pub fn broken(facts: &Facts, config: &Config, lang: Lang) -> Vec<String> {
    facts.broken.iter().map(|one| broken_line(&one.connection, &one.channels, one.since, config, lang)).collect()
}

/// A connection that fails, and since when nothing came of it.
pub(crate) fn broken_line(connection: &str, channels: &[String], since: Option<DateTime<Utc>>, config: &Config, lang: Lang) -> String {
    let zone: Tz = config.settings.company.timezone;
    let of: Vec<String> = channels.iter().map(|id| channel(config, lang, id)).collect();
    let of = of.join(pick(lang, ", ", "、"));
    let since = since.map(|at| at.with_timezone(&zone).format("%m-%d %H:%M").to_string());
    match (lang, since) {
        (Lang::En, Some(since)) => format!("{of} ({connection}): no data since {since}"),
        (Lang::En, None) => format!("{of} ({connection}): no data yet"),
        (Lang::Zh, Some(since)) => format!("{of}({connection})自 {since} 起无数据"),
        (Lang::Zh, None) => format!("{of}({connection})尚无数据"),
    }
}

/// Budgets of the month: `10月预算 ¥50,000.00:已用 82.0%,预计 ¥49,100.00,预算内`. The whole first, then what does not keep within;
/// where there is neither, that all keep.
pub fn budgets(facts: &Facts, config: &Config, lang: Lang) -> Vec<String> {
    let currency = facts.currency(config);
    let is_whole = |row: &&Row| word(row, "budget_of") == "all";
    let rows = || facts.budgets.rows.iter();
    let alone = rows().filter(is_whole).count() == 0 && facts.budgets.rows.len() <= 3;
    let others = rows().filter(|row| !is_whole(row) && (alone || word(row, "state") != "within"));
    let shown = |row: &Row, column: &str| value(row, column).map_or_else(|| "–".to_owned(), |amount| money(amount, currency));
    let mut lines: Vec<String> = rows()
        .filter(is_whole)
        .chain(others)
        .map(|row| {
            let of = match word(row, "budget_of") {
                "all" => String::new(),
                of => {
                    let names: Vec<String> = of.split(" / ").map(|part| channel(config, lang, part)).collect();
                    format!("{} ", names.join(" / "))
                }
            };
            let used = match (value(row, "actual"), value(row, "budget")) {
                (Some(actual), Some(budget)) => actual.checked_div(budget).map_or_else(|| "–".to_owned(), percent),
                _ => "–".to_owned(),
            };
            let (budget, expected) = (shown(row, "budget"), shown(row, "expected"));
            let pace = value(row, "pace").map_or_else(|| "–".to_owned(), percent);
            let state = budget_state(lang, word(row, "state"));
            match lang {
                Lang::En => format!("{of}{budget}: {used} used, pace {pace}, will come to {expected}, {state}"),
                Lang::Zh => format!("{of}{budget}:已用 {used},进度 {pace},预计 {expected},{state}"),
            }
        })
        .collect();
    let all = facts.budgets.rows.len();
    if lines.is_empty() && all > 0 {
        lines.push(match lang {
            Lang::En => format!("{all} budgets, all within"),
            Lang::Zh => format!("{all} 项预算,均在预算内"),
        });
    }
    lines
}
