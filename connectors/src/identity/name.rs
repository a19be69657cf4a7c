//! Names: as written, in pinyin, and the family name. A masked name (张**, 张先生) gives only the last, with the form of address if it has one.

use pinyin::ToPinyin;
use unicode_normalization::UnicodeNormalization;

/// The forms of a name; each is absent when the text does not give it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct NameForms {
    /// NFKC, lower case, single blanks; no blanks inside a Chinese name.
    pub exact: Option<String>,
    /// Letters only: 林小雨 and Lin Xiaoyu are both `linxiaoyu`.
    pub pinyin: Option<String>,
    /// Family name: the first character or a compound one; the last word of a Latin name.
    pub surname: Option<String>,
    /// Family name and form of address, of a masked name that says which: `张 m` for 张先生, `张 f` for 张女士 and 张小姐.
    pub addressed: Option<String>,
    /// The name has no Chinese character.
    pub latin: bool,
}

const COMPOUND: &[&str] = &[
    "欧阳", "歐陽", "司马", "司馬", "上官", "诸葛", "諸葛", "东方", "東方", "皇甫", "尉迟", "尉遲", "公孙", "公孫", "慕容", "令狐", "长孙",
    "長孫", "宇文", "司徒", "夏侯", "南宫", "南宮", "轩辕", "端木", "百里", "东郭", "独孤", "拓跋", "西门", "公羊", "澹台", "申屠", "太史",
    "钟离", "赫连", "闻人", "呼延", "淳于",
];

const TITLES: &[&str] = &["先生", "女士", "小姐", "同学", "老师", "经理"];

/// The titles that boards put behind a family name for a man, or for a woman.
const ADDRESSES: &[(&str, &str)] = &[("先生", "m"), ("女士", "f"), ("小姐", "f")];

/// Reads a name.
pub fn name_forms(text: &str) -> NameForms {
    let folded = text.nfkc().collect::<String>().to_lowercase();
    let words: Vec<&str> = folded.split_whitespace().collect();
    if words.is_empty() {
        return NameForms::default();
    }
    let chinese = folded.chars().any(is_han);
    let exact = if chinese { words.concat() } else { words.join(" ") };
    let surname = if chinese { chinese_surname(&exact) } else { words.last().map(|word| (*word).to_owned()) };
    let surname = surname.filter(|surname| surname.chars().all(char::is_alphabetic));
    let titled = TITLES.iter().any(|title| exact.ends_with(title) && exact.chars().count() <= 4);
    let masked =
        exact.contains(['*', '○', '某', '×', '·']) && !exact.chars().all(|c| c == '·' || c.is_alphabetic()) || exact.contains('某');
    if titled || masked {
        let surname = surname.filter(|_| chinese);
        let address = ADDRESSES.iter().find(|(title, _)| titled && exact.ends_with(title));
        let addressed = surname.as_ref().zip(address).map(|(surname, (_, form))| format!("{surname} {form}"));
        return NameForms { surname, addressed, latin: !chinese, ..NameForms::default() };
    }
    let mut pinyin = String::with_capacity(exact.len() * 2);
    exact.chars().for_each(|c| add_letters(&mut pinyin, c));
    NameForms { pinyin: (!pinyin.is_empty()).then_some(pinyin), surname, addressed: None, latin: !chinese, exact: Some(exact) }
}

fn is_han(c: char) -> bool {
    matches!(c, '\u{3400}'..='\u{4DBF}' | '\u{4E00}'..='\u{9FFF}' | '\u{F900}'..='\u{FAFF}' | '\u{20000}'..='\u{323AF}')
}

fn chinese_surname(exact: &str) -> Option<String> {
    let compound = COMPOUND.iter().find(|surname| exact.starts_with(**surname));
    compound.map(|surname| (*surname).to_owned()).or_else(|| exact.chars().find(|c| is_han(*c)).map(String::from))
}

fn add_letters(text: &mut String, c: char) {
    if c.is_ascii() {
        text.extend(c.is_ascii_alphabetic().then_some(c));
    } else if let Some(syllable) = c.to_pinyin() {
        // The crate writes ü; people type v or u, and passports write yu.
        text.extend(syllable.plain().chars().map(|c| if c == 'ü' { 'v' } else { c }));
    } else if c.is_alphabetic() {
        // Accents do not survive keyboards: é counts as e.
        text.extend(c.nfd().filter(|c| c.is_alphabetic()));
    }
}

/// A full name out of its two parts. A Chinese name is written with the family name first; a part alone is the whole name
/// that is known.
///
/// ```
/// use inflow_connectors::identity::full_name;
/// let parts = |given: &str, family: &str| full_name(Some(given.to_owned()), Some(family.to_owned()));
/// assert_eq!(parts("小雨", "林").as_deref(), Some("林小雨"));
/// assert_eq!(parts("Xiaoyu", "Lin").as_deref(), Some("Xiaoyu Lin"));
/// ```
pub fn full_name(given: Option<String>, family: Option<String>) -> Option<String> {
    match (given, family) {
        (Some(given), Some(family)) if family.chars().any(is_han) => Some(format!("{family}{given}")),
        (Some(given), Some(family)) => Some(format!("{given} {family}")),
        (Some(alone), None) | (None, Some(alone)) => Some(alone),
        (None, None) => None,
    }
}

/// A year of birth out of `1995`, `1995-03`, `1995年3月`; years that no candidate was born in are refused.
pub fn birth_year(text: &str) -> Option<u16> {
    let digits: String = text.trim().nfkc().take_while(char::is_ascii_digit).collect();
    let first = digits.get(..4)?;
    if digits.len() != 4 && digits.len() != 8 {
        return None;
    }
    first.parse().ok().filter(|year| (1920..=2030).contains(year))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("林小雨", "林小雨", "linxiaoyu", "林")]
    #[case(" 林 小雨 ", "林小雨", "linxiaoyu", "林")]
    #[case("欧阳若水", "欧阳若水", "ouyangruoshui", "欧阳")]
    #[case("Lin  Xiaoyu", "lin xiaoyu", "linxiaoyu", "xiaoyu")]
    #[case("José Núñez", "josé núñez", "josenunez", "núñez")]
    fn forms(#[case] text: &str, #[case] exact: &str, #[case] pinyin: &str, #[case] surname: &str) {
        let forms = name_forms(text);
        assert_eq!(forms.exact.as_deref(), Some(exact));
        assert_eq!(forms.pinyin.as_deref(), Some(pinyin));
        assert_eq!(forms.surname.as_deref(), Some(surname));
    }

    #[rstest]
    #[case("张**", None)]
    #[case("张某某", None)]
    #[case("张老师", None)]
    #[case("张先生", Some("张 m"))]
    #[case("张女士", Some("张 f"))]
    #[case("张小姐", Some("张 f"))]
    fn masked_names_give_the_family_name_and_the_form_of_address_only(#[case] text: &str, #[case] addressed: Option<&str>) {
        let addressed = addressed.map(str::to_owned);
        assert_eq!(name_forms(text), NameForms { surname: Some("张".into()), addressed, ..NameForms::default() });
    }

    #[test]
    fn years_of_birth() {
        assert_eq!(birth_year("1995-03-02"), Some(1995));
        assert_eq!(birth_year("19950302"), Some(1995));
        assert_eq!(birth_year("1995年3月"), Some(1995));
        assert_eq!(birth_year("95"), None);
        assert_eq!(birth_year("1795"), None);
    }

    proptest! {
        #[test]
        fn blanks_and_case_do_not_matter(given in "[a-z]{2,8}", family in "[a-z]{2,8}") {
            let plain = name_forms(&format!("{given} {family}"));
            prop_assert_eq!(name_forms(&format!(" {}  {} ", given.to_uppercase(), family)), plain);
        }

        #[test]
        fn never_panics(text in ".{0,30}") {
            let _ = (name_forms(&text), birth_year(&text));
        }
    }
}
