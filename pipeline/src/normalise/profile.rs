//! What sources say that a person can do and wants: level of education, years of experience, yes or no, tags.
//!
//! Sources write these in free words (`大专及以上`, `3-5年`, `能上夜班`); a text in no known form gives nothing and a reason.

use rust_decimal::Decimal;

use super::text::{simplify, squeeze};

/// Why a text gave no value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no known form")]
pub struct Unknown;

/// Words of education, the highest level first: of several in one text the highest is the person's.
const EDUCATION: &[(&str, &[&str])] = &[
    ("doctor", &["博士", "doctor", "phd", "ph.d"]),
    ("master", &["硕士", "研究生", "mba", "emba", "master", "postgraduate"]),
    ("bachelor", &["本科", "学士", "bachelor", "undergraduate"]),
    ("college", &["大专", "专科", "高职", "associate"]),
    ("vocational", &["中专", "中技", "技校", "职高", "中职", "vocational"]),
    ("high_school", &["高中", "high school", "high_school", "secondary"]),
    ("junior_middle", &["初中", "小学", "junior", "primary"]),
];

/// The level of an education: junior_middle (and below), high_school, vocational, college, bachelor, master or doctor.
///
/// ```
/// use inflow_pipeline::normalise::profile::education;
/// assert_eq!(education("大专及以上"), Ok("college"));
/// ```
pub fn education(text: &str) -> Result<&'static str, Unknown> {
    let text = simplify(&squeeze(text)).to_lowercase();
    if let Some((level, _)) = EDUCATION.iter().find(|(level, words)| text == *level || words.iter().any(|word| text.contains(word))) {
        return Ok(level);
    }
    if text.contains("大学") || text == "college" { Ok("bachelor") } else { Err(Unknown) }
}

/// More years than anybody works.
const MOST_YEARS: i64 = 60;

/// Years of experience, the lower end of a range: `3-5年` is 3, `应届生` and `1年以下` are 0, `6个月` is 0.5.
pub fn experience(text: &str) -> Result<Decimal, Unknown> {
    let text = simplify(&squeeze(text)).to_lowercase();
    let none = ["应届", "在校", "无经验", "没有经验", "经验不限", "毕业生", "fresh", "no experience", "none", "entry"];
    // Systems that count in years write -1 for who is at school.
    if matches!(text.as_str(), "无" | "-1") || none.iter().any(|word| text.contains(word)) {
        return Ok(Decimal::ZERO);
    }
    if ["以下", "以内", "不到", "less than", "under", "<"].iter().any(|word| text.contains(word)) && first_number(&text).is_some() {
        return Ok(Decimal::ZERO);
    }
    if text.starts_with("半年") {
        return Ok(Decimal::new(5, 1));
    }
    let (number, after) = first_number(&text).ok_or(Unknown)?;
    let months = (after.contains('月') || after.contains("month")) && !after.contains('年') && !after.contains("year");
    let years = if months { (number / Decimal::from(12)).round_dp(1) } else { number };
    if years > Decimal::from(MOST_YEARS) { Err(Unknown) } else { Ok(years) }
}

/// The first number of a text, in digits or Chinese signs up to ten, and what stands after it.
fn first_number(text: &str) -> Option<(Decimal, &str)> {
    let (start, first) = text.char_indices().find(|(_, c)| c.is_ascii_digit() || chinese(*c).is_some())?;
    let from = text.get(start..)?;
    if let Some(number) = chinese(first) {
        let rest = from.get(first.len_utf8()..)?;
        // 十五 and the like are not written of years.
        return rest.chars().next().is_none_or(|next| chinese(next).is_none()).then_some((Decimal::from(number), rest));
    }
    let end = from.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(from.len());
    let (digits, rest) = from.split_at_checked(end)?;
    Some((digits.trim_end_matches('.').parse().ok()?, rest))
}

fn chinese(sign: char) -> Option<i64> {
    "零一二三四五六七八九十"
        .chars()
        .position(|known| known == sign || (known == '二' && sign == '两'))
        .and_then(|at| i64::try_from(at).ok())
}

/// Yes or no, `yes` or `no`.
pub fn yes_no(text: &str) -> Result<&'static str, Unknown> {
    let text = simplify(&squeeze(text)).to_lowercase();
    let no = ["不", "否", "no", "false", "0", "无法", "没"];
    let yes = ["是", "能", "可", "接受", "愿意", "同意", "yes", "true", "1", "y", "ok", "行", "√"];
    // 不接受 holds 接受: no is asked first.
    if text == "n" || no.iter().any(|word| text.starts_with(word)) {
        Ok("no")
    } else if yes.iter().any(|word| text.starts_with(word)) {
        Ok("yes")
    } else {
        Err(Unknown)
    }
}

/// Most tags that are kept of one application, and most signs of one: what is longer is a text, not a tag.
const MOST_TAGS: usize = 50;
const LONGEST_TAG: usize = 40;

/// The tags in a text, squeezed, each once, in order.
pub fn tags(text: &str) -> Vec<String> {
    let mut tags: Vec<String> = Vec::new();
    for part in text.split([',', '，', '、', ';', '；', '|', '｜', '\n', '\t']) {
        let tag = squeeze(part);
        if !tag.is_empty() && tag.chars().count() <= LONGEST_TAG && tags.len() < MOST_TAGS && !tags.contains(&tag) {
            tags.push(tag);
        }
    }
    tags
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("大专", "college")]
    #[case("统招本科", "bachelor")]
    #[case("大学专科", "college")]
    #[case("大学", "bachelor")]
    #[case("硕士研究生", "master")]
    #[case("博士研究生", "doctor")]
    #[case("初中及以下", "junior_middle")]
    #[case("中专/中技", "vocational")]
    #[case("高中", "high_school")]
    #[case("Bachelor's Degree", "bachelor")]
    #[case("碩士", "master")]
    #[case("junior_middle", "junior_middle")]
    fn education_has_levels(#[case] text: &str, #[case] level: &str) {
        assert_eq!(education(text), Ok(level));
    }

    #[rstest]
    #[case("3-5年", "3")]
    #[case("3年以上", "3")]
    #[case("10年以上", "10")]
    #[case("应届生", "0")]
    #[case("1年以下", "0")]
    #[case("两年", "2")]
    #[case("半年", "0.5")]
    #[case("6个月", "0.5")]
    #[case("1年6个月", "1")]
    #[case("2.5", "2.5")]
    #[case("5+ years", "5")]
    #[case("-1", "0")]
    #[case("0", "0")]
    #[case("无", "0")]
    fn experience_is_the_lower_end(#[case] text: &str, #[case] years: &str) {
        assert_eq!(experience(text), Ok(years.parse().unwrap()));
    }

    #[rstest]
    #[case("是", "yes")]
    #[case("可以", "yes")]
    #[case("能上夜班", "yes")]
    #[case("不接受", "no")]
    #[case("否", "no")]
    #[case("No", "no")]
    #[case("true", "yes")]
    fn yes_and_no(#[case] text: &str, #[case] said: &str) {
        assert_eq!(yes_no(text), Ok(said));
    }

    #[test]
    fn what_is_not_understood_says_so() {
        assert_eq!(education("面谈"), Err(Unknown));
        assert_eq!(experience("2015"), Err(Unknown));
        assert_eq!(experience("很多"), Err(Unknown));
        assert_eq!(experience("十五年"), Err(Unknown));
        assert_eq!(yes_no("看情况"), Err(Unknown));
    }

    #[test]
    fn tags_are_single_words() {
        assert_eq!(tags(" 收银, 导购、收银 ;叉车证|"), ["收银", "导购", "叉车证"]);
        assert!(tags(&"长".repeat(41)).is_empty());
        assert!(tags("").is_empty());
    }

    proptest::proptest! {
        #[test]
        fn anything_is_read_without_panic(text in ".{0,30}") {
            let _ = (education(&text), yes_no(&text), tags(&text));
            if let Ok(years) = experience(&text) {
                proptest::prop_assert!(years >= Decimal::ZERO && years <= Decimal::from(MOST_YEARS));
            }
        }
    }
}
