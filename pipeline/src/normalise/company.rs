//! Company names: without legal form, branch, place and case, so that one employer is one on every board.

use super::memo::Memo;
use super::place;
use super::text::{is_han, simplify, squeeze};
use std::cell::RefCell;
use std::collections::HashSet;
use std::sync::LazyLock;

struct Forms {
    /// Endings of Chinese names, the longest first.
    han: Vec<&'static str>,
    /// Words of a part of the company.
    branch: Vec<&'static str>,
    latin: HashSet<&'static str>,
}

static FORMS: LazyLock<Forms> = LazyLock::new(|| {
    let rows = || {
        include_str!("../../data/legal_forms.tsv").lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.split_once('\t'))
    };
    let mut han: Vec<&str> = rows().filter(|(kind, word)| *kind == "end" && word.starts_with(is_han)).map(|(_, word)| word).collect();
    han.sort_by_key(|word| std::cmp::Reverse(word.len()));
    let branch = rows().filter(|(kind, _)| *kind == "branch").map(|(_, word)| word).collect();
    let latin = rows().filter(|(kind, word)| *kind == "end" && !word.starts_with(is_han)).map(|(_, word)| word).collect();
    Forms { han, branch, latin }
});

/// The comparable name of a company: simplified, lower case, without legal form, brackets of places and signs of a cut.
///
/// ```
/// use inflow_pipeline::normalise::company::normalise;
/// assert_eq!(normalise("星河网络科技（上海）有限公司"), "星河网络科技");
/// assert_eq!(normalise("Acme Robotics, Inc."), "acme robotics");
/// ```
pub fn normalise(name: &str) -> String {
    Memo::recall(&NORMAL, name, settled)
}

thread_local! {
    static NORMAL: RefCell<Memo<String>> = Memo::new();
    static KEYS: RefCell<Memo<String>> = Memo::new();
}

fn settled(name: &str) -> String {
    let mut form = pass(name);
    // Behind a form may stand another; each pass can only shorten.
    for _ in 0..8 {
        let again = pass(&form);
        if again == form {
            break;
        }
        form = again;
    }
    form
}

fn pass(name: &str) -> String {
    let squeezed = squeeze(name);
    let text = simplify(&squeezed);
    let text = text.trim_end_matches(['.', '…', ' ']);
    let outside = without_brackets(text).to_lowercase();
    let form = bare(&outside);
    // A name that is nothing but brackets and forms stays as it is.
    if form.is_empty() { bare(&text.to_lowercase()) } else { form }
}

fn bare(lower: &str) -> String {
    let form = if lower.chars().any(is_han) { han(lower) } else { latin(lower) };
    if !form.is_empty() {
        return form;
    }
    let whole = signs_gone(lower);
    if whole.chars().any(is_han) { whole.replace(' ', "") } else { whole }
}

/// The key by which two names of one employer are found: [`normalise`] without the place at its start and without branches.
///
/// ```
/// use inflow_pipeline::normalise::company::key;
/// assert_eq!(key("上海星河网络科技有限公司北京分公司"), key("星河网络科技（上海）有限公司"));
/// assert_eq!(key("ACME Robotics GmbH & Co. KG"), key("Acme Robotics"));
/// ```
pub fn key(name: &str) -> String {
    Memo::recall(&KEYS, name, settled_key)
}

fn settled_key(name: &str) -> String {
    let mut key = key_pass(name);
    // Behind a branch may stand another form; each pass can only shorten.
    for _ in 0..8 {
        let again = key_pass(&key);
        if again == key {
            break;
        }
        key = again;
    }
    key
}

fn key_pass(name: &str) -> String {
    let form = normalise(name);
    let mut rest = form.as_str();
    if rest.chars().any(is_han) {
        rest = without_branch(rest);
        while let Some(after) = place::strip_start(rest).filter(|after| is_a_name(after)) {
            rest = after;
        }
    }
    let key: String = rest.chars().filter(|c| c.is_alphanumeric()).collect();
    if key.is_empty() { form } else { key }
}

/// Lines of business that many companies have in their names: what is left of 上海科技 is no name.
const BUSINESS: &[&str] = &[
    "科技",
    "技术",
    "网络",
    "信息",
    "电子",
    "贸易",
    "商贸",
    "实业",
    "投资",
    "管理",
    "咨询",
    "服务",
    "餐饮",
    "文化",
    "传媒",
    "教育",
    "物流",
    "发展",
    "国际",
    "工程",
    "建筑",
    "医药",
    "生物",
    "食品",
    "置业",
    "地产",
    "金融",
    "人力资源",
    "企业",
    "智能",
    "数据",
    "软件",
    "机械",
    "设备",
];

/// Whether two characters or more remain that are not a line of business alone.
fn is_a_name(rest: &str) -> bool {
    let mut name = rest;
    while let Some(after) = BUSINESS.iter().find_map(|word| name.strip_prefix(word)) {
        name = after;
    }
    !name.is_empty() && rest.chars().count() >= 2
}

/// Brackets that hold a place or a legal form go with what is in them; other brackets stay as text.
fn without_brackets(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(open) = rest.find(['(', '[', '【', '<']) {
        let (before, from) = rest.split_at(open);
        let Some(close) = from.find([')', ']', '】', '>']) else {
            // Cut inside a bracket.
            out.push_str(before);
            return out;
        };
        let inner: String = from.get(..close).unwrap_or_default().chars().skip(1).collect();
        out.push_str(before);
        let lower = inner.to_lowercase();
        let says_nothing =
            place::is_only_a_place(&inner) || strip_forms(&lower).is_empty() || FORMS.branch.iter().any(|word| lower.ends_with(word));
        if !says_nothing {
            out.push(' ');
            out.push_str(&inner);
            out.push(' ');
        }
        rest = from.get(close..).unwrap_or_default();
        rest = rest.strip_prefix([')', ']', '】', '>']).unwrap_or_default();
    }
    out.push_str(rest);
    out
}

fn han(lower: &str) -> String {
    let mut rest = signs_gone(lower).replace(' ', "");
    // A branch stands behind the legal form: what comes before the form is the company.
    for form in &FORMS.han {
        if form.ends_with("公司")
            && let Some((company, after)) = rest.split_once(form)
            && company.chars().count() >= 2
            && FORMS.branch.iter().any(|word| after.ends_with(word))
        {
            rest = company.to_owned();
            break;
        }
    }
    strip_forms(&rest).to_owned()
}

/// A Chinese name without the legal forms at its end.
fn strip_forms(name: &str) -> &str {
    let mut rest = name.trim();
    // 分公司 is a branch, which only the key leaves out.
    let branch = |shorter: &str| shorter.ends_with(['分', '子']);
    while let Some(shorter) =
        FORMS.han.iter().find_map(|form| rest.strip_suffix(form).filter(|shorter| *form != "公司" || !branch(shorter)))
    {
        rest = shorter.trim();
    }
    // A name that was cut inside its legal form.
    for cut in ["有限责任公", "有限责任", "股份有限公", "股份有限", "股份有", "有限公", "有限责"] {
        if let Some(shorter) = rest.strip_suffix(cut) {
            rest = shorter;
        }
    }
    rest
}

/// A name without the branch at its end: 星河网络科技北京分公司.
fn without_branch(name: &str) -> &str {
    for word in &FORMS.branch {
        if let Some(before) = name.strip_suffix(word) {
            return place::strip_end(before).filter(|rest| rest.chars().count() >= 2).unwrap_or(before);
        }
    }
    name
}

fn latin(lower: &str) -> String {
    let text = signs_gone(&lower.replace("s.p.a", "spa").replace("sp. z o.o", "spzoo").replace("sp z o.o", "spzoo"));
    let mut words: Vec<&str> = text.split(' ').filter(|word| !word.is_empty()).collect();
    let all = words.len();
    while words.len() > 1 {
        let last = words.last().copied().unwrap_or_default();
        let spelt = words.len() >= 3 && words.iter().rev().take(2).all(|word| word.chars().count() == 1);
        if FORMS.latin.contains(last) || (words.len() < all && matches!(last, "and" | "de" | "of")) {
            words.pop();
        } else if spelt && FORMS.latin.contains(format!("{}{last}", words[words.len() - 2]).as_str()) {
            words.truncate(words.len() - 2);
        } else {
            break;
        }
    }
    if words.len() > 1 && words.first() == Some(&"the") {
        words.remove(0);
    }
    words.join(" ")
}

/// Letters and digits; `&` is a word, points inside abbreviations vanish, other signs are blanks.
fn signs_gone(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => out.push_str(" and "),
            '.' | '\'' | '’' => {}
            c if c.is_alphanumeric() => out.push(c),
            _ => out.push(' '),
        }
    }
    squeeze(&out)
}

#[cfg(test)]
mod tests {
    use super::{key, normalise};
    use proptest::prelude::*;
    use rstest::rstest;

    #[rstest]
    #[case("星河网络科技（上海）有限公司", "星河网络科技")]
    #[case("星河網絡科技股份有限公司", "星河网络科技")]
    #[case("星河网络科技集团有限责任公司", "星河网络科技")]
    #[case("星河网络科技...", "星河网络科技")]
    #[case("星河网络科技有限…", "星河网络科技")]
    #[case("星河网络（上海", "星河网络")]
    #[case("某某管理中心（有限合伙）", "某某管理中心")]
    #[case("Acme Robotics, Inc.", "acme robotics")]
    #[case("The Acme Company", "acme")]
    #[case("ACME S.p.A.", "acme")]
    #[case("Acme Sp. z o.o.", "acme")]
    #[case("Acme Pte. Ltd.", "acme")]
    #[case("Acme B.V.", "acme")]
    #[case("Johnson & Johnson", "johnson and johnson")]
    #[case("Company", "company")]
    #[case("集团", "集团")]
    #[case("", "")]
    fn names_without_form(#[case] name: &str, #[case] expected: &str) {
        assert_eq!(normalise(name), expected);
    }

    #[rstest]
    #[case("上海星河网络科技有限公司", "星河网络科技(上海)有限公司")]
    #[case("上海市星河网络科技有限公司", "星河网络科技")]
    #[case("星河网络科技有限公司北京朝阳分公司", "星河网络科技")]
    #[case("星河网络科技北京分公司", "星河网络科技")]
    #[case("星河 网络科技", "星河网络科技")]
    #[case("Acme Robotics GmbH & Co. KG", "ACME ROBOTICS")]
    #[case("Acme-Robotics LLC", "AcmeRobotics")]
    fn one_employer_has_one_key(#[case] one: &str, #[case] other: &str) {
        assert_eq!(key(one), key(other));
        assert!(!key(one).is_empty());
    }

    #[test]
    fn names_that_are_places_stay() {
        assert_eq!(key("上海有限公司"), "上海");
        assert_ne!(key("东方航空"), key("南方航空"));
        assert_eq!(key("海南航空"), "海南航空");
    }

    proptest! {
        #[test]
        fn it_is_idempotent(name in "(星河|科技|上海|（|）|有限公司|集团|股份|分公司|Acme|Inc\\.|GmbH|&| |Co){0,6}") {
            let once = normalise(&name);
            prop_assert_eq!(normalise(&once), once.clone());
            let key_once = key(&name);
            prop_assert_eq!(key(&key_once), key_once.clone());
        }

        #[test]
        fn any_name_is_read(name in "\\PC{0,40}") {
            let _ = (normalise(&name), key(&name));
        }
    }
}
