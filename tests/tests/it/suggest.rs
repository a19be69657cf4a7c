//! A mapping proposed from a header row: printed, importable as it is, and silent about people.

use inflow_tests::{Company, landing_text};

const SETTINGS: &str =
    "[company]\nname = \"测试公司\"\n\n[identity]\nkey = \"file:keys/identity.key\"\nerase_key = \"file:keys/erase.key\"\n";
const CHANNELS: &str = "[[channel]]\nid = \"boss\"\nname = { en = \"BOSS\", zh = \"BOSS直聘\" }\n";
const PEOPLE: &str = "制表,测试丙,,,,\n姓名,手機號碼,應聘職位,投遞時間,當前狀態,籍贯\n\
    测试甲,19900000001,店员,2026-11-02 18:20,已到面,苏州\n测试乙,19900000002,收银,2026-11-03,不合适,上海\n合计,2,,,,\n";
const COSTS: &str = "日期,广告账户,花费(元),点击数\n2026-11-02,旗舰,\"1,060.00\",8\n2026-11-03,旗舰,212.00,-\n合计,,\"1,272.00\",8\n";

fn company() -> Company {
    let company = Company::new();
    company.write("people.csv", PEOPLE);
    company.write("costs.csv", COSTS);
    company
}

#[test]
fn what_is_proposed_imports_every_row() {
    let company = company();
    // Proposing needs no configuration.
    for (sheet, kind) in [("people", "applications"), ("costs", "spend")] {
        let answer = company.run(&["import", "--suggest-mapping", &format!("{sheet}.csv")]).ok();
        assert!(answer.err.starts_with(kind), "{}", answer.err);
        for cell in ["测试", "19900000001", "店员", "苏州", "旗舰", "1,060"] {
            assert!(!answer.out.contains(cell) && !answer.err.contains(cell), "{cell}\n{}{}", answer.out, answer.err);
        }
        company.write(&format!("mappings/{sheet}.toml"), answer.out);
    }
    company.write("inflow.toml", SETTINGS);
    company.write("channels.toml", CHANNELS);
    company.write("connections/sheet.toml", "connector = \"file\"\nchannel = \"boss\"\n");
    for (sheet, kind) in [("people", "applications"), ("costs", "spend")] {
        let (file, mapping) = (format!("{sheet}.csv"), format!("mappings/{sheet}.toml"));
        company.run(&["import", kind, &file, "--connection", "sheet", "--mapping", &mapping]).ok();
    }
    assert_eq!(company.query("SELECT title, channel FROM inflow.applications ORDER BY title"), "店员\tboss\n收银\tboss\n");
    assert_eq!(
        company.query("SELECT booked_on, channel, toFloat64(gross) FROM inflow.spend ORDER BY booked_on"),
        "2026-11-02\tboss\t1060\n2026-11-03\tboss\t212\n"
    );
    assert_eq!(company.query("SELECT count() FROM inflow.stage_events WHERE stage IN ('attended', 'rejected')"), "2\n");
    let landed = landing_text(&company.path().join("inflow-data"));
    assert!(!landed.contains("19900000001") && !landed.contains("苏州"));
}

#[test]
fn what_cannot_be_proposed_is_said_with_exit_1() {
    let company = company();
    company.write("data.csv", "测试甲,19900000001,苏州\n测试乙,19900000002,上海\n");
    let answer = company.run(&["import", "--suggest-mapping", "data.csv"]);
    assert_eq!((answer.code, answer.out.as_str()), (1, ""));
    assert!(
        answer.err.contains("no row is understood as a header") && answer.err.contains("hint: ") && !answer.err.contains("测试甲"),
        "{}",
        answer.err
    );
    let answer = company.run(&["import", "--suggest-mapping", "costs.csv", "--kind", "requisitions"]);
    assert_eq!(answer.code, 1);
}
