//! From a sheet of spend to the files that finance takes away.

use calamine::{Data, Reader, Xlsx, open_workbook};
use inflow_tests::Company;

const SETTINGS: &str = "[company]\nname = \"测试公司\"\ntimezone = \"Asia/Shanghai\"\n\n[identity]\nkey = \"file:keys/identity.key\"\nerase_key = \"file:keys/erase.key\"\n\n[clock]\nfixed = 2026-11-02T09:00:00+08:00\n";
const CHANNELS: &str = "[[channel]]\nid = \"boss\"\nname = { en = \"BOSS\", zh = \"BOSS直聘\" }\n\n[[channel]]\nid = \"douyin\"\nname = { en = \"Douyin\", zh = \"抖音\" }\n";
const CONNECTION: &str =
    "connector = \"file\"\nmapping = \"mappings/costs.toml\"\n\n[source_map]\n\"BOSS直聘\" = \"boss\"\n\"抖音\" = \"douyin\"\n";
const MAPPING: &str = r#"
kind = "spend"
[fields]
channel = "渠道"
kind = { path = "类型", words = { "订阅" = "subscription", "日结" = "daily" } }
document = "单据"
booked_on = { path = "日期", format = "%Y-%m-%d" }
service_from = { path = "起", format = "%Y-%m-%d" }
service_to = { path = "止", format = "%Y-%m-%d" }
gross = "金额"
net = "金额"
store = "门店"
"#;
/// A third of the subscription is September's.
const COSTS: &str = "日期,渠道,类型,单据,起,止,金额,门店\n2026-09-21,BOSS直聘,订阅,D1,2026-09-21,2026-10-20,3000.00,徐汇店\n2026-10-08,抖音,日结,D2,2026-10-08,2026-10-08,120.35,\n2026-10-09,抖音,日结,D2,2026-10-09,2026-10-09,79.65,静安店\n";

#[test]
fn a_month_is_written_for_finance_as_it_is_reported() {
    let company = Company::new();
    for (name, text) in [
        ("inflow.toml", SETTINGS),
        ("channels.toml", CHANNELS),
        ("connections/costs.toml", CONNECTION),
        ("mappings/costs.toml", MAPPING),
        ("costs.csv", COSTS),
    ] {
        company.write(name, text);
    }
    company.run(&["import", "spend", "costs.csv", "--connection", "costs"]).ok();

    let report =
        company.run(&["report", "spend", "--by", "none", "--from", "2026-10-01", "--to", "2026-10-31", "--format", "json"]).ok().out;
    let report: serde_json::Value = serde_json::from_str(&report).unwrap();
    assert_eq!(report["rows"][0]["amount"], "2200.00");
    let answer = company.run(&["export", "month", "2026-10", "--lang", "zh"]).ok();
    assert_eq!(answer.out, "月末费用表-2026-10.xlsx\n");
    let mut book: Xlsx<_> = open_workbook(company.path().join("月末费用表-2026-10.xlsx")).unwrap();
    let summary = book.worksheet_range("渠道汇总").unwrap();
    let row = |first: &str| summary.rows().find(|row| row[0] == *first).unwrap().to_vec();
    assert_eq!((&row("BOSS直聘")[1], &row("抖音")[1], &row("合计")[1]), (&Data::Float(2000.0), &Data::Float(200.0), &Data::Float(2200.0)));
    assert_eq!(book.worksheet_range("费用明细").unwrap().height(), 2 + 3 + 1);

    // What is there stays, and what cannot be done is said in a sentence.
    let taken = company.run(&["export", "month", "2026-10", "--lang", "zh"]);
    assert_eq!((taken.code, taken.err.contains("月末费用表-2026-10.xlsx is there already")), (1, true), "{}", taken.err);
    let early = company.run(&["export", "month", "2026-12"]);
    assert_eq!((early.code, early.err.contains("2026-12 has not begun (it is 2026-11-02)")), (1, true), "{}", early.err);
    let unknown = company.run(&["export", "vouchers", "2026-10", "--template", "sap"]);
    assert_eq!((unknown.code, unknown.err.contains("one of yonyou, kingdee")), (1, true), "{}", unknown.err);
    company.run(&["export", "month", "2026-10", "--format", "csv", "--out", "october"]).ok();
    let by_store = std::fs::read_to_string(company.path().join("october/02 By store.csv")).unwrap();
    assert!(by_store.contains("\r\nTotal,2000.00,200.00,2200.00\r\n"), "{by_store}");
}
