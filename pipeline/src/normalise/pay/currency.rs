//! The currency of a pay text.

use super::PayError;
use crate::normalise::text::is_han;
use aho_corasick::{AhoCorasick, MatchKind};
use rust_decimal::Decimal;
use std::sync::LazyLock;

/// A currency and what an amount without a period is likely paid for.
#[derive(Debug)]
pub(super) struct Known {
    pub code: &'static str,
    /// Below it an amount is for an hour, where that can be said.
    pub hour: Option<Decimal>,
    /// Below it an amount is for a month and above for a year, where that can be said.
    pub month: Option<Decimal>,
}

struct Table {
    known: Vec<Known>,
    marks: AhoCorasick,
    /// By mark: the currency, and whether others use the sign too.
    of_mark: Vec<(usize, bool)>,
}

/// Signs that several currencies use: the first meaning counts unless another one is said.
const SHARED: &[(&str, &str)] = &[("$", "USD"), ("¥", "CNY"), ("元", "CNY"), ("块", "CNY"), ("圆", "CNY")];

static TABLE: LazyLock<Table> = LazyLock::new(|| {
    let mut known = Vec::new();
    let mut words: Vec<(&str, usize, bool)> = Vec::new();
    let mut codes: Vec<String> = Vec::new();
    for line in include_str!("../../../data/currencies.tsv").lines().filter(|line| !line.starts_with('#')) {
        let mut cells = line.split('\t');
        let code = cells.next().unwrap_or_default();
        let mut number = || cells.next().and_then(|cell| cell.parse().ok());
        let (hour, month) = (number(), number());
        let at = known.len();
        codes.push(code.to_lowercase());
        for mark in cells.next().unwrap_or_default().split(' ').filter(|mark| !mark.is_empty()) {
            if !SHARED.iter().any(|(shared, _)| *shared == mark) {
                words.push((mark, at, false));
            }
        }
        known.push(Known { code, hour, month });
    }
    words.extend(codes.iter().enumerate().map(|(at, code)| (code.as_str(), at, false)));
    for (mark, code) in SHARED {
        words.extend(known.iter().position(|known| known.code == *code).map(|at| (*mark, at, true)));
    }
    #[expect(clippy::expect_used, reason = "the marks are a file of this crate, some two hundred short ones; a test builds this")]
    let marks = AhoCorasick::builder()
        .match_kind(MatchKind::LeftmostLongest)
        .build(words.iter().map(|(mark, ..)| mark))
        .expect("the automaton of currency marks is built");
    let of_mark = words.iter().map(|(_, at, shared)| (*at, *shared)).collect();
    Table { known, marks, of_mark }
});

/// The currency of a folded text. Without any mark it is the yuan where the text is Chinese or a bare number; a text in another
/// language without a known mark has none.
pub(super) fn currency(text: &str) -> Result<&'static Known, PayError> {
    let table = &*TABLE;
    let yuan = &table.known[0];
    // Most texts of Chinese boards: no mark can be in them.
    if text.chars().all(|c| c.is_ascii_digit() || matches!(c, 'k' | 'w' | '万' | '千' | '薪' | '-' | '.' | '/' | '·' | '月' | '年' | ' '))
    {
        return Ok(yuan);
    }
    let mut own: Option<usize> = None;
    let mut shared: Option<usize> = None;
    let mut rest = String::with_capacity(text.len());
    let mut from = 0;
    for hit in table.marks.find_iter(text) {
        if !bounded(text, hit.start(), hit.end()) {
            continue;
        }
        rest.push_str(text.get(from..hit.start()).unwrap_or_default());
        rest.push(' ');
        from = hit.end();
        let (at, is_shared) = table.of_mark[hit.pattern().as_usize()];
        if is_shared {
            shared = shared.or(Some(at));
        } else if own.is_some_and(|own| own != at) {
            return Err(PayError::Unknown);
        } else {
            own = Some(at);
        }
    }
    rest.push_str(text.get(from..).unwrap_or_default());
    // $50k / £40k: the sign of one and the sign of another, neither of which is a kind of the other.
    if let (Some(own), Some(shared)) = (own, shared)
        && table.known[shared].code == "USD"
        && !DOLLARS.contains(&table.known[own].code)
    {
        return Err(PayError::Unknown);
    }
    if let Some(at) = own.or(shared) {
        return Ok(&table.known[at]);
    }
    let han = rest.chars().any(is_han);
    let foreign =
        rest.split(|c: char| !c.is_alphabetic()).any(|word| !word.is_empty() && !matches!(word, "k" | "w" | "x") && word.is_ascii());
    let sign = rest.chars().any(|c| matches!(c, '\u{20a0}'..='\u{20cf}' | '¢' | '¤'));
    if sign || foreign && !han { Err(PayError::Currency) } else { Ok(yuan) }
}

/// Currencies that are written with a dollar sign.
const DOLLARS: &[&str] = &["USD", "HKD", "TWD", "SGD", "CAD", "AUD", "NZD", "MOP", "MXN", "ARS", "CLP", "COP", "BRL"];

/// Letters beside a mark in letters make it part of another word, but for the `k` of a number (100kusd).
fn bounded(text: &str, start: usize, end: usize) -> bool {
    let is_letter = |c: char| c.is_ascii_alphabetic();
    let mark = text.get(start..end).unwrap_or_default();
    let before = text.get(..start).unwrap_or_default();
    let after = text.get(end..).and_then(|rest| rest.chars().next());
    let opens = !mark.starts_with(is_letter) || {
        let bare = before.strip_suffix('k').filter(|bare| bare.ends_with(|c: char| c.is_ascii_digit())).unwrap_or(before);
        !bare.ends_with(is_letter)
    };
    opens && (!mark.ends_with(is_letter) || !after.is_some_and(is_letter))
}
