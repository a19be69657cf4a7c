//! Bank statements and invoices: what is landed of payers and payees, and ids that stay.

use inflow_config::{Connection, Lang};
use inflow_connectors::identity::is_party_code;
use inflow_connectors::landing::list_segments;
use inflow_connectors::spec::Kind;
use inflow_connectors::{Note, StatementFault, StatementPlace};
use serde_json::Value;

use crate::support::{Checked, Rig};

const BANK: &str = "账户明细查询\n序号,交易日期,借方发生额,贷方发生额,余额,对方户名,凭证号,摘要\n\
    1,2026-11-02,\"1,000.00\",,9000.00,测试直聘,R-1,招聘充值\n\
    2,2026-11-03,500.00,,8500.00,测试甲,R-2,内推奖金 测试乙 13800000000\n\
    3,2026-11-03,500.00,,8000.00,测试甲,R-3,内推奖金 测试丙\n\
    4,2026-11-04,10.00,,7990.00,,,手续费\n\
    合计,,2010.00,,,,,\n";

fn cells<'v>(records: &'v [Value], column: &str) -> Vec<&'v str> {
    records.iter().map(|record| record[column].as_str().unwrap_or_default()).collect()
}

/// Everything that was landed.
fn landed(rig: &Rig) -> String {
    let lines = rig.world.lines();
    lines.iter().map(|line| format!("{} {}", line.id, line.record)).collect::<Vec<_>>().join("\n")
}

#[tokio::test]
async fn a_person_who_is_paid_is_a_code_and_what_for_is_not_kept() {
    let rig = Rig::new();
    let mut bank = Connection::new("bank", "bank_lines");
    bank.source_map.insert("测试直聘".to_owned(), "boss".to_owned());
    let file = rig.file("bank.csv", BANK);
    let outcome = rig.import(&bank, Kind::BankLines, std::slice::from_ref(&file), None).await;
    assert_eq!((outcome.error, outcome.landed), (None, 4));
    let records: Vec<Value> = rig.world.lines().into_iter().map(|line| line.record).collect();
    let parties = cells(&records, "对方户名");
    assert_eq!(parties[0], "测试直聘", "a name of the source_map is a channel's");
    assert!(is_party_code(parties[1]) && parties[1] == parties[2], "{parties:?}");
    assert_eq!(cells(&records, "摘要"), ["招聘充值", "", "", "手续费"]);
    let text = landed(&rig);
    for secret in ["测试甲", "测试乙", "测试丙", "13800000000"] {
        assert!(!text.contains(secret), "{secret} in {text}");
    }
}

#[tokio::test]
async fn an_overlapping_statement_adds_nothing_whatever_it_numbers() {
    let rig = Rig::new();
    let bank = Connection::new("bank", "bank_lines");
    let first = rig.file("1.csv", BANK);
    // The next export begins later, so it counts its rows otherwise.
    let second = rig.file(
        "2.csv",
        "序号,交易日期,借方发生额,贷方发生额,余额,对方户名,凭证号,摘要\n1,2026-11-04,10.00,,7990.00,,,手续费\n2,2026-11-04,10.00,,7980.00,,,手续费\n",
    );
    for (file, landed) in [(&first, 4), (&first, 0), (&second, 1), (&second, 0)] {
        let outcome = rig.import(&bank, Kind::BankLines, std::slice::from_ref(file), None).await;
        assert_eq!((outcome.error, outcome.landed), (None, landed));
    }
}

#[tokio::test]
async fn an_invoice_that_is_voided_later_is_a_version_of_the_same() {
    let rig = Rig::new();
    let list = |state: &str| {
        format!(
            "数电发票号码,开票日期,销方名称,购买方名称,金额,税额,价税合计,发票票种,发票状态,开票人\n\
             2631,2026-11-01,测试直聘科技有限公司,测试甲,1000,60,1060,数电发票（增值税专用发票）,{state},测试乙\n"
        )
    };
    let tax = Connection::new("tax", "invoices");
    for (name, state) in [("1.csv", "正常"), ("2.csv", "已作废")] {
        let file = rig.file(name, list(state));
        let outcome = rig.import(&tax, Kind::Invoices, &[file], None).await;
        assert_eq!((outcome.error, outcome.landed), (None, 1));
    }
    let ids: std::collections::BTreeSet<String> = rig.world.lines().into_iter().map(|line| line.id).collect();
    assert_eq!(ids.len(), 1);
    let text = landed(&rig);
    assert!(text.contains("测试直聘科技有限公司") && !text.contains("测试甲") && !text.contains("测试乙"), "{text}");
}

#[tokio::test]
async fn a_statement_of_a_bank_with_a_fault_waits_as_a_whole() {
    let rig = Rig::new();
    let bank = Connection::new("bank", "bank_lines");
    let file = rig.file("bank.csv", BANK.replace("1,2026-11-02", "0,2026-11-01,,,10000.00,,,期初余额\n1,2026-11-02"));
    let note = |en: &str, zh: &str| Note { en: en.to_owned(), zh: zh.to_owned() };
    let fault = |column: &str| StatementFault {
        place: StatementPlace::Line(1),
        column: column.to_owned(),
        said: note("it is wrong", "有错"),
        hint: note("look", "请看"),
    };
    *rig.world.faults.lock().unwrap() = vec![fault("amount")];
    let error = rig.import(&bank, Kind::BankLines, std::slice::from_ref(&file), None).await.error.unwrap();
    let place = format!("bank: {}", file.display());
    assert_eq!(error.to_string(), format!("{place}: row 5, column 借方发生额: it is wrong"));
    assert_eq!(error.said(Lang::Zh).0, format!("{place}: 第 5 行“借方发生额”列:有错"));
    assert!(list_segments(&rig.data_dir()).unwrap().is_empty());
    let read = Checked { rows: vec![4, 5, 6, 7], sums: vec![("合计".to_owned(), 4)] };
    assert_eq!(*rig.world.checked.lock().unwrap(), read, "the balance that is carried forward is no movement");

    rig.world.faults.lock().unwrap().clear();
    let outcome = rig.import(&bank, Kind::BankLines, &[file], None).await;
    assert_eq!((outcome.error, outcome.landed), (None, 4));
}
