//! Who pays or is paid. A bank statement names suppliers and people alike (salaries, referral bonuses): the name of an enterprise is kept,
//! since it says which channel a payment is for, and any other name becomes a code before anything is landed.
//!
//! What is kept is a closed list of words that only enterprises and offices carry. Who trades under the own name without such a word is
//! taken for a person, which costs a line in the `source_map`, never a name at rest.

use super::IdentityKeys;

/// Words of Chinese enterprises, offices and means of payment, anywhere in the name.
const CHINESE: &[&str] = &[
    "公司",
    "集团",
    "银行",
    "支行",
    "分行",
    "信用社",
    "营业部",
    "税务",
    "财政",
    "国库",
    "社保",
    "公积金",
    "中心",
    "事务所",
    "合伙企业",
    "合作社",
    "工厂",
    "商行",
    "商店",
    "经营部",
    "服务部",
    "工作室",
    "酒店",
    "学校",
    "学院",
    "大学",
    "医院",
    "协会",
    "学会",
    "商会",
    "基金会",
    "委员会",
    "管理局",
    "法院",
    "出版社",
    "人力资源",
    "财付通",
    "支付宝",
    "银联",
    "备付金",
    "待清算",
];

/// Forms of enterprises in Latin letters, as whole words.
const LATIN: &[&str] = &[
    "ltd",
    "limited",
    "inc",
    "incorporated",
    "llc",
    "llp",
    "plc",
    "gmbh",
    "corp",
    "corporation",
    "company",
    "bank",
    "group",
    "holdings",
    "pte",
    "pty",
    "technologies",
    "technology",
    "services",
    "software",
    "media",
    "solutions",
    "advertising",
    "university",
    "international",
];

/// What the tax platform calls a buyer that is no enterprise: it names nobody.
const NOBODY: &[&str] = &["个人", "个人消费者", "-", "--", "无", "/"];

/// Whether a name is certainly an enterprise's or an office's, so that keeping it names no person.
pub(crate) fn is_enterprise(name: &str) -> bool {
    let name = name.trim();
    let words = || name.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    NOBODY.contains(&name)
        || CHINESE.iter().any(|word| name.contains(word))
        || words().any(|word| LATIN.iter().any(|known| known.eq_ignore_ascii_case(word)))
}

/// The form under which names of channels are compared: no case, no blanks.
pub(crate) fn party_form(name: &str) -> String {
    name.chars().filter(|c| !c.is_whitespace()).flat_map(char::to_lowercase).collect()
}

/// Whether a text is a code of [`IdentityKeys::party_code`]: the other side of the payment is a person.
///
/// ```
/// use inflow_connectors::identity::is_party_code;
/// assert!(is_party_code("p-0123456789"));
/// assert!(!is_party_code("p-shop"));
/// ```
pub fn is_party_code(text: &str) -> bool {
    text.strip_prefix("p-").is_some_and(|code| code.len() == 10 && code.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

/// What is kept of a name, and whether it was a person's. `known` holds the forms of names that stand for channels and for the company itself.
pub(crate) fn keep_party(keys: &IdentityKeys, name: &str, known: &dyn Fn(&str) -> bool) -> (String, bool) {
    if is_party_code(name) {
        return (name.to_owned(), true);
    }
    if known(&party_form(name)) || is_enterprise(name) { (name.trim().to_owned(), false) } else { (keys.party_code(name), true) }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("测试招聘科技有限公司", true)]
    #[case("中国测试银行股份有限公司上海分行", true)]
    #[case("国家税务总局测试市税务局", true)]
    #[case("Example Jobs Ltd.", true)]
    #[case("Example Ireland Unlimited Company", true)]
    #[case("个人", true)]
    #[case("测试甲", false)]
    #[case("欧阳测试", false)]
    #[case("Test Alder", false)]
    #[case("Limitedia Birch", false)]
    #[case("", false)]
    fn only_names_of_enterprises_are_kept(#[case] name: &str, #[case] expected: bool) {
        assert_eq!(is_enterprise(name), expected, "{name}");
    }

    #[test]
    fn a_person_is_the_same_code_each_time_and_a_channel_keeps_its_name() {
        let keys = IdentityKeys::fixed_for_tests();
        let known = |form: &str| form == "测试直聘";
        assert_eq!(keep_party(&keys, " 测试 直聘", &known), ("测试 直聘".to_owned(), false));
        let (code, person) = keep_party(&keys, "测试甲", &known);
        assert!(person && is_party_code(&code) && !code.contains("测试甲"), "{code}");
        assert_eq!(keep_party(&keys, " 测试甲 ", &known), (code.clone(), true));
        assert_eq!(keep_party(&keys, &code, &known), (code.clone(), true));
        assert_ne!(keep_party(&keys, "测试乙", &known).0, code);
    }
}
