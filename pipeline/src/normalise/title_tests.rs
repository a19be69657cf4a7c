use super::{Level, level, normalise, skeleton};
use proptest::prelude::*;
use rstest::rstest;

#[rstest]
#[case("【急聘】电商客服(双休)", "电商客服")]
#[case("门店店长(上海)", "门店店长")]
#[case("C++ 工程师 / 高薪", "c++工程师")]
#[case("Java 工程师", "java工程师")]
#[case("Ｊａｖａ　工程师", "java工程师")]
#[case("資深軟體工程師", "资深软体工程师")]
#[case("急招外卖骑手", "外卖骑手")]
#[case("招聘专员", "招聘专员")]
#[case("社保专员", "社保专员")]
#[case("兼职", "兼职")]
#[case("销售代表-上海-五险一金", "销售代表")]
#[case("前端/后端工程师", "前端/后端工程师")]
#[case("产品经理（AI方向）", "产品经理(ai方向)")]
#[case("电商运营（8-12K）", "电商运营")]
#[case("Data Engineer - Shanghai", "data engineer")]
#[case("Data Engineer (m/f/d)", "data engineer")]
#[case("Data Engineer - Remote", "data engineer")]
#[case("Data Engineer, New York", "data engineer")]
#[case("UI/UX Designer", "ui/ux designer")]
#[case("Software Engineer, Backend", "software engineer, backend")]
#[case("Nurse (JR10234)", "nurse")]
#[case("🔥急聘🔥 店员", "店员")]
#[case("Remote Sensing Engineer", "remote sensing engineer")]
#[case("URGENT: Warehouse Associate", "warehouse associate")]
#[case("", "")]
fn remarks_go_and_substance_stays(#[case] title: &str, #[case] expected: &str) {
    assert_eq!(normalise(title), expected);
}

#[rstest]
#[case("高级Java工程师", Level::Senior, "java工程师")]
#[case("Java高级工程师", Level::Senior, "java工程师")]
#[case("Java工程师（初级）", Level::Junior, "java工程师")]
#[case("产品经理", Level::Unstated, "产品经理")]
#[case("销售主管", Level::Unstated, "销售主管")]
#[case("储备店长", Level::Graduate, "店长")]
#[case("算法实习生", Level::Intern, "算法")]
#[case("实习生", Level::Intern, "实习生")]
#[case("高级中学教师", Level::Unstated, "高级中学教师")]
#[case("Sr. Data Engineer", Level::Senior, "data engineer")]
#[case("Senior Staff Software Engineer", Level::Staff, "software engineer")]
#[case("Software Engineer II", Level::Middle, "software engineer")]
#[case("Software Engineer III, Backend", Level::Unstated, "software engineer iii backend")]
#[case("Lead Generation Specialist", Level::Unstated, "lead generation specialist")]
#[case("Chief of Staff", Level::Head, "chief of staff")]
#[case("Head of Marketing", Level::Head, "head of marketing")]
#[case("C# Developer", Level::Unstated, "c# developer")]
fn levels_are_said_apart(#[case] title: &str, #[case] expected: Level, #[case] job: &str) {
    assert_eq!((level(title), skeleton(title).as_str()), (expected, job));
}

proptest! {
    #[test]
    fn it_is_idempotent(title in "[a-zA-Z急聘双休()【】 客服/,-]{0,24}") {
        let once = normalise(&title);
        prop_assert_eq!(normalise(&once), once.clone());
    }

    #[test]
    fn any_title_is_read(title in "\\PC{0,40}") {
        let once = normalise(&title);
        prop_assert_eq!(normalise(&once), once.clone());
        let _ = (skeleton(&title), level(&title));
    }
}
