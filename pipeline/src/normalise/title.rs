//! Job titles: what stays when urgency marks, bracketed remarks and case are gone.

use super::text::squeeze;

/// Marks that say nothing of the job.
const MARKS: &[&str] = &[
    "急聘",
    "急招",
    "诚聘",
    "高薪",
    "直招",
    "包吃住",
    "包食宿",
    "五险一金",
    "双休",
    "可兼职",
    "urgent",
    "hiring now",
    "immediate start",
    "new!",
];

/// The comparable form of a title: squeezed, lower case, urgency marks and empty brackets removed.
///
/// Level and speciality stay: `Senior` and `Junior` are different jobs.
///
/// ```
/// use inflow_pipeline::normalise::title::normalise;
/// assert_eq!(normalise("【急聘】电商客服(双休)"), "电商客服");
/// assert_eq!(normalise("Senior  Data Engineer "), "senior data engineer");
/// ```
pub fn normalise(title: &str) -> String {
    let mut text = squeeze(title).to_lowercase();
    for mark in MARKS {
        if text.contains(mark) {
            text = text.replace(mark, " ");
        }
    }
    let mut kept = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '【' | '[' => kept.push('('),
            '】' | ']' => kept.push(')'),
            '!' | '★' | '☆' | '🔥' => kept.push(' '),
            other => kept.push(other),
        }
    }
    while let Some(open) = empty_brackets(&kept) {
        kept.replace_range(open, " ");
    }
    squeeze(&kept).trim_matches(|c: char| matches!(c, '-' | '/' | ',' | '、' | ' ')).to_owned()
}

fn empty_brackets(text: &str) -> Option<std::ops::Range<usize>> {
    let mut open = None;
    for (at, character) in text.char_indices() {
        match character {
            '(' => open = Some(at),
            ')' => {
                if let Some(start) = open {
                    return Some(start..at + 1);
                }
            }
            c if c.is_whitespace() || matches!(c, ',' | '、' | '/') => {}
            _ => open = None,
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::normalise;
    use proptest::prelude::*;

    #[test]
    fn remarks_go_and_substance_stays() {
        assert_eq!(normalise("【急聘】电商客服(双休)"), "电商客服");
        assert_eq!(normalise("门店店长(上海)"), "门店店长(上海)");
        assert_eq!(normalise("C++ 工程师 / 高薪"), "c++ 工程师");
    }

    proptest! {
        #[test]
        fn it_is_idempotent(title in "[a-zA-Z急聘双休()【】 客服]{0,20}") {
            let once = normalise(&title);
            prop_assert_eq!(normalise(&once), once.clone());
        }
    }
}
