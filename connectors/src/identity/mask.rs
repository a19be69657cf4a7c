//! Phones, mails and ID numbers inside text: found and replaced by `[phone]`, `[email]`, `[id]`.
//!
//! Recall before precision: a reference number that looks exactly like a mobile number is masked
//! too. Pay ranges, dates and prices are not phones and stay.

use std::ops::Range;

/// Masks what could lead to a person.
///
/// ```
/// use inflow_connectors::identity::mask_text;
/// assert_eq!(mask_text("电话：１３９-0000-1234，8000-12000元"), "电话：[phone]，8000-12000元");
/// ```
pub fn mask_text(text: &str) -> String {
    if !may_hide(text) {
        return text.to_owned();
    }
    let chars: Vec<char> = text.chars().collect();
    let mut masked = String::with_capacity(text.len());
    let mut at = 0;
    let mails = mails(&chars);
    let mut mails = mails.iter().peekable();
    while let Some(c) = chars.get(at) {
        if let Some(mail) = mails.next_if(|mail| mail.start <= at) {
            masked.push_str("[email]");
            at = mail.end.max(at);
            continue;
        }
        let limit = mails.peek().map_or(chars.len(), |mail| mail.start);
        let starts_run = (ascii_digit(*c).is_some() || matches!(c, '+' | '＋' | '(' | '（'))
            && !at.checked_sub(1).and_then(|before| chars.get(before)).copied().is_some_and(joins_number)
            && (!is_plus(*c) || chars.get(at + 1).copied().and_then(ascii_digit).is_some());
        if starts_run && let Some(run) = NumberRun::read(&chars, at, limit) {
            if let Some(word) = run.verdict() {
                masked.push_str(word);
            } else {
                masked.extend(chars.get(run.range.clone()).unwrap_or_default());
            }
            at = run.range.end;
            continue;
        }
        masked.push(*c);
        at += 1;
    }
    masked
}

/// Digits that a number of a person has at least, separators apart.
const FEWEST_DIGITS: u8 = 8;

/// Whether a mail address or a number of a person may be in a text. Most texts hold neither, which is found out here without
/// work.
pub(crate) fn may_hide(text: &str) -> bool {
    let mut digits = 0;
    for c in text.chars() {
        if ascii_digit(c).is_some() {
            digits += 1;
        } else if matches!(c, '@' | '＠') {
            return true;
        } else if !(is_plus(c) || is_separator(c) || matches!(c, '(' | '（' | ')' | '）')) {
            digits = 0;
        }
        if digits >= FEWEST_DIGITS {
            return true;
        }
    }
    false
}

fn ascii_digit(c: char) -> Option<char> {
    match c {
        '0'..='9' => Some(c),
        '０'..='９' => char::from_u32(c as u32 - 0xFEE0),
        _ => None,
    }
}

fn is_plus(c: char) -> bool {
    matches!(c, '+' | '＋')
}

fn joins_number(c: char) -> bool {
    ascii_digit(c).is_some() || c.is_ascii_alphabetic() || c == '_'
}

fn is_local(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '%' | '+' | '-') || ('\u{ff10}'..='\u{ff5a}').contains(&c) && c.is_alphanumeric()
}

fn is_domain(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '.' | '-') || ('\u{ff0e}'..='\u{ff5a}').contains(&c) && (c.is_alphanumeric() || c == '．')
}

/// Where mail addresses stand, in order, without overlap.
fn mails(chars: &[char]) -> Vec<Range<usize>> {
    let mut found: Vec<Range<usize>> = Vec::new();
    for (at, c) in chars.iter().enumerate() {
        if !matches!(c, '@' | '＠') {
            continue;
        }
        let floor = found.last().map_or(0, |mail| mail.end);
        let before = chars.get(floor..at).unwrap_or_default();
        let local = before.iter().rev().take_while(|c| is_local(**c)).count();
        let after = chars.get(at + 1..).unwrap_or_default();
        let mut domain: Vec<char> = after.iter().copied().take_while(|c| is_domain(*c)).collect();
        while domain.last().is_some_and(|c| matches!(c, '.' | '-' | '．')) {
            domain.pop();
        }
        let dotted = domain.iter().skip(1).any(|c| matches!(c, '.' | '．'));
        if local > 0 && dotted {
            found.push(at - local..at + 1 + domain.len());
        }
    }
    found
}

/// A run of digits with the separators that people put into numbers.
struct NumberRun {
    range: Range<usize>,
    /// Digits between separators.
    groups: Vec<String>,
    plus: bool,
    /// Opened with a parenthesis.
    bracket: bool,
}

impl NumberRun {
    fn read(chars: &[char], start: usize, limit: usize) -> Option<NumberRun> {
        let mut run = NumberRun { range: start..start, groups: Vec::new(), plus: false, bracket: false };
        let mut group = String::new();
        let mut gap = 0;
        let mut at = start;
        while at < limit {
            let c = *chars.get(at)?;
            if let Some(digit) = ascii_digit(c) {
                group.push(digit);
                gap = 0;
                run.range.end = at + 1;
            } else if is_plus(c) && group.is_empty() && run.groups.is_empty() {
                run.plus = true;
            } else if matches!(c, '(' | '（' | ')' | '）') || (is_separator(c) && gap < 3) {
                run.bracket |= run.groups.is_empty() && group.is_empty() && matches!(c, '(' | '（');
                gap += 1;
                if !group.is_empty() {
                    run.groups.push(std::mem::take(&mut group));
                }
            } else if matches!(c, 'x' | 'X') && group.len() == 17 {
                group.push('X');
                run.range.end = at + 1;
                break;
            } else {
                break;
            }
            at += 1;
        }
        if !group.is_empty() {
            run.groups.push(group);
        }
        // An opening parenthesis that is not closed inside the run belongs to the text before it.
        if run.bracket && !chars.get(run.range.clone())?.iter().any(|c| matches!(c, ')' | '）')) {
            return None;
        }
        (!run.groups.is_empty()).then_some(run)
    }

    fn verdict(&self) -> Option<&'static str> {
        let digits = self.groups.concat();
        if is_id_number(&digits) {
            return Some("[id]");
        }
        self.is_phone(&digits).then_some("[phone]")
    }

    fn is_phone(&self, digits: &str) -> bool {
        let sizes: Vec<usize> = self.groups.iter().map(String::len).collect();
        if self.plus {
            return (8..=15).contains(&digits.len());
        }
        let national = ["0086", "86", ""].iter().find_map(|code| digits.strip_prefix(code).filter(|d| d.len() == 11));
        let mobile = national.is_some_and(|number| {
            number.starts_with('1') && !number.starts_with("10") && !number.starts_with("11") && !number.starts_with("12")
        });
        // 15000-200000 is pay, not a mobile number.
        let range = matches!(sizes.as_slice(), [5, 6] | [6, 5]);
        if mobile && !range {
            return true;
        }
        let spaced = sizes.len() > 1;
        let area = digits.starts_with('0') && !digits.starts_with("00") && (10..=12).contains(&digits.len());
        let hotline = (digits.starts_with("400") || digits.starts_with("800")) && digits.len() == 10 && sizes.len() > 2;
        let american = matches!(sizes.as_slice(), [3, 3, 4]) || matches!(sizes.as_slice(), [1, 3, 3, 4]) && digits.starts_with('1');
        (spaced && area && sizes.iter().skip(1).any(|size| *size >= 4)) || hotline || american
    }
}

fn is_separator(c: char) -> bool {
    matches!(c, ' ' | '\u{a0}' | '\u{3000}' | '-' | '－' | '–' | '—' | '‐' | '‑' | '.' | '·')
}

/// An 18-digit Chinese ID number, by its check digit.
fn is_id_number(digits: &str) -> bool {
    const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    const CHECK: &[u8; 11] = b"10X98765432";
    let Some((body, last)) = digits.split_at_checked(17) else { return false };
    if last.len() != 1 {
        return false;
    }
    let sum: u32 = body.chars().zip(WEIGHTS).filter_map(|(c, weight)| Some(c.to_digit(10)? * weight)).sum();
    CHECK.get((sum % 11) as usize).is_some_and(|check| last.bytes().eq([*check]))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("电话13900001234联系", "电话[phone]联系")]
    #[case("139 0000 1234", "[phone]")]
    #[case("+86 139-0000-1234.", "[phone].")]
    #[case("+86（139）00001234", "[phone]")]
    #[case("１３９００００１２３４", "[phone]")]
    #[case("0086-13900001234", "[phone]")]
    #[case("微信同号：1 3 9 0 0 0 0 1 2 3 4！", "微信同号：[phone]！")]
    #[case("call (415) 200-1234 now", "call [phone] now")]
    #[case("(call 139-0000-1234)", "(call [phone])")]
    #[case("010-62501234", "[phone]")]
    #[case("+44 20 7946 0018", "[phone]")]
    #[case("400-820-1234", "[phone]")]
    #[case("write to mei.lin+hr@example.com.", "write to [email].")]
    #[case("邮箱mei＠example．com", "邮箱[email]")]
    #[case("13900001234@qq.com", "[email]")]
    #[case("身份证11010519491231002X", "身份证[id]")]
    fn masks(#[case] text: &str, #[case] expected: &str) {
        assert_eq!(mask_text(text), expected);
    }

    #[rstest]
    #[case("8000-12000元/月")]
    #[case("15000-200000")]
    #[case("2026-03-01 10:54:00")]
    #[case("2026.03.01-2026.04.01")]
    #[case("over 4,700 customers, 12 offices")]
    #[case("订单 20260301123456789")]
    #[case("https://medium.com/@someone")]
    #[case("R-12263 / 8636903002")]
    #[case("$90,000 - $120,000 a year")]
    #[case("C++ 11 (2011) 3.14159")]
    #[case("8小时制 (做六休一")]
    fn leaves_alone(#[case] text: &str) {
        assert_eq!(mask_text(text), text);
    }

    proptest! {
        #[test]
        fn no_mobile_number_survives(
            before in "[ \u{4e00}-\u{4e20}:：,，]{0,8}",
            tail in prop::collection::vec(0u8..10, 9),
            second in 3u8..10,
            separator in prop::sample::select(vec!["", " ", "-", "－", "\u{3000}", "·"]),
            wide in any::<bool>(),
            prefix in prop::sample::select(vec!["", "+86", "86 ", "0086-", "+86 "]),
            after in "[\u{4e00}-\u{4e20}，。!]{0,8}",
        ) {
            let mut number = format!("1{second}");
            number.extend(tail.iter().map(|digit| char::from(b'0' + digit)));
            let (a, rest) = number.split_at(3);
            let (b, c) = rest.split_at(4);
            let mut written = format!("{prefix}{a}{separator}{b}{separator}{c}");
            if wide {
                written = written.chars().map(|c| if c.is_ascii_digit() { char::from_u32(c as u32 + 0xFEE0).unwrap() } else { c }).collect();
            }
            let masked = mask_text(&format!("{before}{written}{after}"));
            prop_assert_eq!(masked, format!("{before}[phone]{after}"));
        }

        #[test]
        fn no_mail_survives(before in "[\u{4e00}-\u{4e20}: ]{0,8}", local in "[a-z0-9][a-z0-9._+-]{0,10}", domain in "[a-z]{2,8}\\.(com|cn|com\\.cn)") {
            let masked = mask_text(&format!("{before}{local}@{domain}，谢谢"));
            prop_assert_eq!(masked, format!("{before}[email]，谢谢"));
        }

        #[test]
        fn masking_twice_changes_nothing(text in "[0-9a-z@.+（）() \\-\u{4e00}-\u{4e10}０-９＠]{0,40}") {
            let once = mask_text(&text);
            prop_assert_eq!(mask_text(&once), once);
        }
    }
}
