//! What an amount of pay is paid for.

use super::{PayError, Period};
use Period::{Day, Hour, Month, Week, Year};

/// Paid for each of something that is no time.
const PIECE: &[&str] = &[
    "/课时",
    "/课",
    "/节",
    "/件",
    "/单",
    "/次",
    "/篇",
    "/场",
    "/个",
    "/人",
    "/台",
    "/张",
    "/单量",
    "每单",
    "每件",
    "每课时",
    "计件",
    "per piece",
    "per article",
    "per lesson",
    "per word",
];
/// Spans of time for which there is no word in the store.
const OTHER: &[&str] = &["/半天", "半天", "/季", "/半年", "/两周", "biweekly", "bi-weekly", "fortnight"];

/// Chinese words, those that say it most plainly first.
const HAN: &[(&str, Period)] = &[
    ("/8小时", Day),
    ("/年", Year),
    ("/月", Month),
    ("/个月", Month),
    ("/周", Week),
    ("/天", Day),
    ("/日", Day),
    ("/小时", Hour),
    ("/时", Hour),
    ("年薪", Year),
    ("年収", Year),
    ("年收", Year),
    ("年入", Year),
    ("每年", Year),
    ("一年", Year),
    ("月薪", Month),
    ("月给", Month),
    ("月入", Month),
    ("月収", Month),
    ("每月", Month),
    ("一个月", Month),
    ("每个月", Month),
    ("周薪", Week),
    ("每周", Week),
    ("周结", Week),
    ("日薪", Day),
    ("日给", Day),
    ("每天", Day),
    ("每日", Day),
    ("一天", Day),
    ("元天", Day),
    ("日结", Day),
    ("天结", Day),
    ("时薪", Hour),
    ("时给", Hour),
    ("每小时", Hour),
    ("一小时", Hour),
    ("元小时", Hour),
];

/// The period that a folded text names.
pub(super) fn period(text: &str) -> Result<Option<Period>, PayError> {
    if !text.is_ascii() {
        if PIECE.iter().any(|word| text.contains(word)) {
            return Err(PayError::Piece);
        }
        if OTHER.iter().any(|word| text.contains(word)) {
            return Err(PayError::Period);
        }
        if let Some((_, period)) = HAN.iter().find(|(word, _)| text.contains(word)) {
            return Ok(Some(*period));
        }
    } else if PIECE.iter().chain(OTHER).any(|word| word.is_ascii() && text.contains(word)) {
        return Err(if PIECE.iter().any(|word| text.contains(word)) { PayError::Piece } else { PayError::Period });
    }
    // p.a. and p.m. are one word each.
    let words = text.split(|c: char| !c.is_ascii_alphabetic() && c != '.').filter(|word| !word.is_empty());
    Ok(words.map(|word| word.trim_matches('.')).find_map(|word| match word {
        "year" | "yr" | "annum" | "annual" | "annually" | "yearly" | "p.a" | "pa" | "jahr" | "lpa" | "ctc" => Some(Year),
        "month" | "monthly" | "mo" | "mth" | "monat" | "monatlich" | "pcm" | "mois" | "mensuel" | "mies" | "maand" => Some(Month),
        "week" | "weekly" | "wk" | "woche" | "p.w" | "pw" => Some(Week),
        "day" | "daily" | "tag" | "p.d" | "pd" => Some(Day),
        "hour" | "hourly" | "hr" | "h" | "stunde" | "std" | "p.h" | "ph" => Some(Hour),
        _ => None,
    }))
}
