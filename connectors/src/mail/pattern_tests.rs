use proptest::prelude::*;
use rstest::rstest;

use super::*;

fn taken(pattern: &str, text: &str) -> Option<Vec<String>> {
    let pattern = Pattern::read(pattern).unwrap();
    let found = pattern.whole(&Text::new(text), Tz::Asia__Shanghai)?;
    Some(pattern.slots().filter_map(|slot| found.get(slot).map(str::to_owned)).collect())
}

#[rstest]
#[case(
    "{name} | {years}，应聘 {title} | {city}{pay}【BOSS直聘】",
    "测试甲 | 4年，应聘 茶艺师 | 上海8-13K【BOSS直聘】",
    &["测试甲", "4年", "茶艺师", "上海", "8-13K"]
)]
#[case(
    "{name} | {years}，应聘 {title} | {city}{pay}【BOSS直聘】",
    "测试乙|10年以上,应聘 门店经理 | 夜班（储备） |成都面议【Boss直聘】",
    &["测试乙", "10年以上", "门店经理 | 夜班（储备）", "成都", "面议"]
)]
#[case("(51job.com)申请贵公司{title}（{city}）－{name}", "(51job.com)申请贵公司店长（储备）-0003（上海）－测试丙", &["店长（储备）-0003", "上海", "测试丙"])]
#[case("(Zhaopin.com) 应聘 {title}-{city}-{name}", "(Zhaopin.com)应聘客服-夜班-成都-测试女士", &["客服-夜班", "成都", "测试女士"])]
#[case("【{title}_{city}】 {name}_来自猎聘的候选人", "【测试_开发_北京-海淀区】 测试丁_来自猎聘的候选人", &["测试_开发", "北京-海淀区", "测试丁"])]
#[case("New application: {title} from {name}", "New application: Work from home agent  from Anne-Marie Test", &["Work from home agent", "Anne-Marie Test"])]
#[case("New application for {title}, {city}, {*}", "New application for Cook | Bar, Part-time, Markham, ON X0X 0X0", &["Cook | Bar, Part-time", "Markham"])]
#[case("{title}:{name}的简历(来自拉勾)", "产品经理：测试戊的简历（来自拉勾）", &["产品经理", "测试戊"])]
fn placeholders_take_what_they_mean(#[case] pattern: &str, #[case] text: &str, #[case] expected: &[&str]) {
    assert_eq!(taken(pattern, text).unwrap_or_default(), expected, "{pattern}");
}

#[rstest]
#[case("(51job.com)申请贵公司{title}（{city}）－{name}", "(51job.com)您的职位即将到期")]
#[case("{name} | {years}，应聘 {title} | {city}{pay}【BOSS直聘】", "测试甲 | 4年，应聘 茶艺师 | 上海8-13K")]
#[case("{name}的简历", "88年的简历")]
#[case("手机 {phone}", "手机 未填写")]
#[case("邮箱 {email}", "邮箱 a@b")]
fn what_does_not_fit_is_not_forced(#[case] pattern: &str, #[case] text: &str) {
    assert_eq!(taken(pattern, text), None);
}

#[rstest]
#[case("手机： {phone}", &["1990000 0001"])]
#[case("邮箱： {email}", &["cs.jia@example.com"])]
#[case("应聘职位： {title}", &["茶艺师（夜班）"])]
#[case("投递时间： {time}", &["2026-09-01 10:05"])]
#[case("姓名： {name} {*}", &["测试甲"])]
fn a_body_is_searched_line_by_line(#[case] pattern: &str, #[case] expected: &[&str]) {
    let body = "您好，\n姓名：测试甲 | 女\n手机：\n1990000 0001\nE-mail\n邮箱：cs.jia@example.com\n应聘职位：茶艺师（夜班）\n投递时间：2026-09-01 10:05\n";
    let pattern = Pattern::read(pattern).unwrap();
    let found = pattern.anywhere(&Text::new(body), Tz::Asia__Shanghai).unwrap();
    assert_eq!(pattern.slots().filter_map(|slot| found.get(slot)).collect::<Vec<_>>(), expected);
}

#[rstest]
#[case("{name", "a placeholder is not closed")]
#[case("a}b", "a closing brace without an opening one")]
#[case("x {nme}", "there is no placeholder {nme}: one of name, title, city")]
#[case("x {name}{title}", "{name} and {title} need text between them")]
#[case("{name} {title}", "a pattern needs some text of its own")]
fn a_pattern_that_means_nothing_is_refused(#[case] pattern: &str, #[case] expected: &str) {
    let error = Pattern::read(pattern).unwrap_err();
    assert!(error.contains(expected), "{error}");
}

#[test]
fn what_was_taken_does_not_print() {
    let found = Pattern::read("{name}的简历").unwrap().whole(&Text::new("测试甲的简历"), Tz::UTC).unwrap();
    assert_eq!(format!("{found:?}"), "{Name}");
}

proptest! {
    #[test]
    fn any_text_ends_quickly_and_without_a_panic(text in "[a-z0-9 |，,_（）()【】\\-年届\\n]{0,300}") {
        for pattern in ["{name} | {years}，应聘 {title} | {city}{pay}【x】", "{title}-{city}-{name}", "a{*}b{*}c{*}d{title}-{name}"] {
            let pattern = Pattern::read(pattern).unwrap();
            let _ = (pattern.whole(&Text::new(&text), Tz::UTC), pattern.anywhere(&Text::new(&text), Tz::UTC));
        }
    }

    #[test]
    fn what_a_board_writes_is_read_back(name in "测试[甲乙丙丁]{1,2}", title in "[茶艺师店长厨师]{2,6}", city in "(上海|成都|北京)") {
        let subject = format!("(51job.com)申请贵公司{title}（{city}）－{name}");
        prop_assert_eq!(taken("(51job.com)申请贵公司{title}（{city}）－{name}", &subject), Some(vec![title, city, name]));
    }
}
