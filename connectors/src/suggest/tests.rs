//! Headers as people and boards write them, and what is proposed for each.

use std::path::{Path, PathBuf};

use inflow_config::Lang;
use proptest::prelude::*;
use rstest::rstest;
use rust_xlsxwriter::{ExcelDateTime, Format, Workbook};

use super::dictionary::dictionary;
use super::target::Target;
use super::{Suggestion, suggest_mapping};
use crate::error::PullError;
use crate::file::{Delivery, Fit};
use crate::spec::{FieldType, Kind, Scope, Stream, parse_mapping};

fn written(folder: &Path, name: &str, bytes: &[u8]) -> PathBuf {
    let path = folder.join(name);
    std::fs::write(&path, bytes).expect("a temporary file");
    path
}

fn suggest(name: &str, bytes: &[u8], kind: Option<Kind>) -> Result<Suggestion, PullError> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    suggest_mapping(&[written(folder.path(), name, bytes)], kind, Lang::En)
}

/// Reads the file with what was proposed for it, every field of every row as the pipeline will.
fn imported(name: &str, bytes: &[u8], proposed: &Suggestion) -> (Stream, Vec<serde_json::Value>) {
    let stream = parse_mapping(&proposed.mapping, "m.toml").unwrap_or_else(|error| panic!("{error}\n{}", proposed.mapping));
    let folder = tempfile::tempdir().expect("a temporary folder");
    let delivery = Delivery::open(&written(folder.path(), name, bytes)).expect("a readable file");
    let rows = match delivery.fit(&stream, true) {
        Fit::Rows(source) => delivery.rows(&stream, source).unwrap_or_else(|error| panic!("{error}")),
        Fit::Broken(error) => panic!("{error}\n{}", proposed.mapping),
        Fit::Other(need) => panic!("{need}"),
    };
    let records: Vec<serde_json::Value> = rows.into_iter().map(|row| row.record).collect();
    for record in &records {
        let scope: Scope<'_> = stream.scope(record, None, chrono_tz::Asia::Shanghai);
        for (column, field) in &stream.fields {
            let known = stream.kind.column(column).expect("a column of the kind");
            field.read_column(known, &scope).unwrap_or_else(|error| panic!("{column}: {error}"));
        }
        for at in stream.events.iter().filter_map(|event| event.at.as_ref()) {
            at.read(FieldType::Time, &scope).unwrap_or_else(|error| panic!("{error}"));
        }
    }
    assert_eq!(proposed.rows, Some(records.len()));
    (stream, records)
}

/// What stands in the mapping for a column: its first path.
fn path(stream: &Stream, column: &str) -> String {
    stream.fields.get(column).and_then(|field| field.paths.first()).map(ToString::to_string).unwrap_or_default()
}

fn hides(proposed: &Suggestion, cells: &[&str]) {
    let said = format!("{}\n{}", proposed.mapping, proposed.remarks.join("\n"));
    for cell in cells {
        assert!(!said.contains(cell), "{cell} is repeated in\n{said}");
    }
}

const BOSS: &str = "牛人姓名,联系电话,沟通职位,工作城市,沟通时间,沟通状态,婚姻状况,星座,备注原因\n\
    测试甲,19900000001,厨师,苏州,2026-11-02 09:10,新招呼,未婚,白羊,\n测试乙,19900000002,店员,上海,2026-11-02 10:20,聊着呢,已婚,金牛,太远\n";

#[test]
fn a_sheet_of_chats() {
    let proposed = suggest("BOSS导出.csv", BOSS.as_bytes(), None).unwrap();
    let (stream, rows) = imported("a.csv", BOSS.as_bytes(), &proposed);
    assert_eq!((stream.kind, rows.len()), (Kind::Applications, 2));
    assert_eq!(
        (path(&stream, "title"), path(&stream, "first_at"), path(&stream, "city")),
        ("沟通职位".into(), "沟通时间".into(), "工作城市".into())
    );
    assert_eq!((stream.identity.name.len(), stream.identity.phone.len(), stream.events.len()), (1, 1, 1));
    assert_eq!(proposed.connectors.first().map(String::as_str), Some("boss"), "{}", proposed.mapping);
    assert!(proposed.mapping.contains("#   \"婚姻状况\" (marriage)"), "{}", proposed.mapping);
    assert!(proposed.mapping.contains("# ? = \"星座\"  # not understood"), "{}", proposed.mapping);
    assert_eq!(stream.timezone, Some(chrono_tz::Asia::Shanghai));
    // One stage word is known, the other is counted and not said.
    assert!(proposed.remarks.iter().any(|remark| remark.starts_with("1 rows hold a stage word")), "{:?}", proposed.remarks);
    hides(&proposed, &["测试甲", "19900000001", "厨师", "苏州", "聊着呢", "太远", "白羊", "未婚"]);
}

const ZHAOPIN: &str = "姓名,性别,手机号码,电子邮箱,应聘职位,投递时间,简历状态,期望薪资(元)\n\
    测试甲,女,19900000001,a@example.com,店员,2026/11/2 18:20,待处理,6000\n测试乙,男,19900000002,,收银,2026年11月3日,已到面,\n";

#[test]
fn a_sheet_of_resumes_in_gbk() {
    let (gbk, _, _) = encoding_rs::GBK.encode(ZHAOPIN);
    let proposed = suggest("智联.csv", &gbk, None).unwrap();
    let (stream, rows) = imported("a.csv", &gbk, &proposed);
    assert_eq!((stream.kind, rows.len()), (Kind::Applications, 2));
    assert_eq!((path(&stream, "title"), path(&stream, "applied_at")), ("应聘职位".into(), "投递时间".into()));
    assert_eq!(proposed.connectors.first().map(String::as_str), Some("zhaopin"));
    hides(&proposed, &["测试甲", "example.com", "6000"]);
}

#[test]
fn an_english_export_with_american_dates() {
    let text = "First Name,Last Name,Email Address,Job Title,Application Date,Pipeline Stage,Current Company,Resume URL\n\
        Test,Alder,a@example.com,Cook,11/02/2026,New,Nowhere Ltd,http://x.example\nTest,Birch,b@example.com,Clerk,11/23/2026,Hired,,\n";
    let proposed = suggest("applicants.csv", text.as_bytes(), None).unwrap();
    let (stream, rows) = imported("a.csv", text.as_bytes(), &proposed);
    assert_eq!((stream.kind, rows.len()), (Kind::Applications, 2));
    assert!(stream.identity.given.is_some() && stream.identity.family.is_some(), "{}", proposed.mapping);
    assert!(proposed.mapping.contains("applied_at = { path = \"Application Date\", format = \"%m/%d/%Y\" }"), "{}", proposed.mapping);
    assert!(stream.timezone.is_none() && proposed.mapping.contains("# timezone = "), "{}", proposed.mapping);
    hides(&proposed, &["Alder", "Nowhere", "x.example"]);
}

#[test]
fn dates_of_two_forms_are_said() {
    let text = "Name,Job Title,Applied At\nTest Alder,Cook,11/02/2026\n";
    let proposed = suggest("a.csv", text.as_bytes(), None).unwrap();
    assert!(proposed.remarks.iter().any(|remark| remark.contains("%m/%d/%Y and %d/%m/%Y")), "{:?}", proposed.remarks);
}

#[test]
fn a_cost_report() {
    let text = "时间-天,账户名称,总消耗(元),展示数,点击数\n2026-11-02,旗舰账户,\"1,060.00\",100,7\n2026-11-03,旗舰账户,212.00,20,-\n合计,,\"1,272.00\",120,7\n";
    let proposed = suggest("cost.csv", text.as_bytes(), None).unwrap();
    let (stream, rows) = imported("cost.csv", text.as_bytes(), &proposed);
    assert_eq!((stream.kind, rows.len()), (Kind::Spend, 2), "{}", proposed.mapping);
    assert_eq!((path(&stream, "booked_on"), path(&stream, "gross")), ("时间-天".into(), "总消耗(元)".into()));
    let constant = |column: &str| stream.fields.get(column).and_then(|field| field.default.clone());
    assert_eq!((constant("kind").as_deref(), constant("currency").as_deref()), (Some("cpc"), Some("CNY")));
    hides(&proposed, &["旗舰账户", "1,060"]);
}

#[test]
fn a_ledger_with_words_and_numbers_of_its_own() {
    let text = "交易时间,流水号,业务类型,渠道,交易金额\n2026-11-02,A1,充值,BOSS直聘,1000\n2026-11-03,A2,神秘扣款,BOSS直聘,-20\n";
    let proposed = suggest("a.csv", text.as_bytes(), None).unwrap();
    let (stream, rows) = imported("a.csv", text.as_bytes(), &proposed);
    assert_eq!((stream.kind, rows.len(), stream.entry_key.len()), (Kind::Spend, 2, 1), "{}", proposed.mapping);
    assert!(proposed.remarks.iter().any(|remark| remark.starts_with("1 cells of \"业务类型\" hold words")), "{:?}", proposed.remarks);
    hides(&proposed, &["神秘扣款", "BOSS直聘"]);
}

#[test]
fn a_bank_statement_with_a_column_for_each_way() {
    let text = "账户明细查询,,,,,,\n交易时间,收入金额,支出金额,账户余额,对方账号,对方户名,交易用途\n2026-11-02 10:00:00,,\"1,000.00\",90,622200001111,测试甲,工资\n2026-11-03 11:00:00,50.00,,140,622200001112,测试直聘科技有限公司,退款\n";
    let proposed = suggest("bank.csv", text.as_bytes(), None).unwrap();
    let (stream, rows) = imported("bank.csv", text.as_bytes(), &proposed);
    assert_eq!((stream.kind, rows.len()), (Kind::BankLines, 2), "{}", proposed.mapping);
    assert_eq!((path(&stream, "debit"), path(&stream, "credit")), ("支出金额".into(), "收入金额".into()));
    assert_eq!((path(&stream, "counterparty"), path(&stream, "booked_on")), ("对方户名".into(), "交易时间".into()));
    assert!(!proposed.mapping.contains("对方账号 = ") && stream.id.is_empty(), "{}", proposed.mapping);
    hides(&proposed, &["测试甲", "622200001111", "工资"]);
}

#[test]
fn a_list_of_invoices() {
    let text = "序号,数电发票号码,销方名称,购买方名称,开票日期,金额,税额,价税合计,发票票种,发票状态,开票人\n1,2631,测试直聘科技有限公司,测试餐饮有限公司,2026-11-01 10:00:00,1000,60,1060,数电发票（增值税专用发票）,正常,测试乙\n";
    let proposed = suggest("invoices.csv", text.as_bytes(), None).unwrap();
    let (stream, rows) = imported("invoices.csv", text.as_bytes(), &proposed);
    assert_eq!((stream.kind, rows.len()), (Kind::Invoices, 1), "{}", proposed.mapping);
    assert_eq!((path(&stream, "gross"), path(&stream, "net")), ("价税合计".into(), "金额".into()));
    assert!(stream.fields["status"].words.contains_key("正常") && !proposed.mapping.contains("开票人 ="), "{}", proposed.mapping);
    hides(&proposed, &["测试乙", "测试餐饮"]);
    // Where the list is the ledger, it is proposed as such.
    let ledger = suggest("invoices.csv", text.as_bytes(), Some(Kind::Spend)).unwrap();
    let (stream, rows) = imported("invoices.csv", text.as_bytes(), &ledger);
    assert_eq!((stream.kind, rows.len(), path(&stream, "invoice_number")), (Kind::Spend, 1, "数电发票号码".into()), "{}", ledger.mapping);
}

#[test]
fn daily_counts() {
    let text = "日期,职位名称,曝光量,浏览量,BOSS沟通,收到简历数\n2026-11-02,店员,900,80,12,3\n2026-11-03,店员,700,60,-,2\n";
    let proposed = suggest("daily.csv", text.as_bytes(), None).unwrap();
    let (stream, rows) = imported("daily.csv", text.as_bytes(), &proposed);
    assert_eq!((stream.kind, rows.len()), (Kind::ChannelDaily, 2), "{}", proposed.mapping);
    assert_eq!((path(&stream, "impressions"), path(&stream, "resumes")), ("曝光量".into(), "收到简历数".into()));
}

/// A workbook: a cover sheet, then people below two rows of titles, with date cells and a sum.
fn book() -> Vec<u8> {
    let mut book = Workbook::new();
    book.add_worksheet().set_name("说明").unwrap().write(0, 0, "由测试丙整理").unwrap();
    let sheet = book.add_worksheet().set_name("人员").unwrap();
    sheet.merge_range(0, 0, 0, 4, "二〇二六年招聘台账", &Format::new()).unwrap();
    sheet.write(1, 0, "制表人").unwrap().write(1, 1, "测试丙").unwrap();
    for (column, name) in ["候选人（姓名）", "手 機", "應聘職位*", "投遞日期", "入职日期"].iter().enumerate() {
        sheet.write(2, column as u16, *name).unwrap();
    }
    let day = Format::new().set_num_format("yyyy-mm-dd");
    for (row, name) in [(3, "测试甲"), (4, "测试乙")] {
        sheet.write(row, 0, name).unwrap().write(row, 1, 19_900_000_001_f64).unwrap().write(row, 2, "店员").unwrap();
        sheet.write_with_format(row, 3, ExcelDateTime::from_ymd(2026, 11, 2).unwrap(), &day).unwrap();
    }
    sheet.write(4, 4, "2026/11/20").unwrap();
    sheet.write(5, 0, "合计").unwrap().write(5, 1, 2).unwrap();
    book.save_to_buffer().unwrap()
}

#[test]
fn a_workbook_with_titles_above_the_header() {
    let bytes = book();
    let proposed = suggest("台账.xlsx", &bytes, None).unwrap();
    let (stream, rows) = imported("台账.xlsx", &bytes, &proposed);
    assert_eq!((stream.kind, rows.len()), (Kind::Applications, 2), "{}", proposed.mapping);
    assert!(proposed.mapping.contains("# Header: sheet 人员, row 3"), "{}", proposed.mapping);
    assert_eq!(path(&stream, "applied_at"), "投遞日期");
    assert_eq!((stream.identity.name.len(), stream.identity.phone.len()), (1, 1), "{}", proposed.mapping);
    assert_eq!(stream.events.iter().map(|event| event.name.as_str()).collect::<Vec<_>>(), ["onboarded"]);
    hides(&proposed, &["测试甲", "测试丙", "19900000001", "二〇二六"]);
}

#[test]
fn several_files_make_one_mapping() {
    let folder = tempfile::tempdir().unwrap();
    let first = written(folder.path(), "10.csv", "姓名,手机,应聘职位,投递时间\n测试甲,19900000001,店员,2026-10-01\n".as_bytes());
    let second =
        written(folder.path(), "11.csv", "姓名,手机,应聘职位,投递时间,门店\n测试乙,19900000002,店员,2026-11-01,徐汇店\n".as_bytes());
    let proposed = suggest_mapping(&[first, second], None, Lang::Zh).unwrap();
    assert_eq!(proposed.rows, Some(2), "{}", proposed.mapping);
    assert!(proposed.mapping.contains("optional = [\"门店\"]"), "{}", proposed.mapping);
}

#[rstest]
#[case("a.csv", "测试甲,19900000001,厨师\n测试乙,19900000002,店员\n", "no row is understood as a header")]
#[case("a.csv", "", "there is no table with anything in it")]
#[case("a.json", "[]", "it is a JSON document, which has no header row")]
#[case("a.xlsx", "x,y\n", "it is not a workbook that can be read")]
fn what_cannot_be_proposed_for(#[case] name: &str, #[case] text: &str, #[case] expected: &str) {
    let error = suggest(name, text.as_bytes(), None).unwrap_err();
    assert!(error.message.contains(expected), "{error}");
    assert!(!error.to_string().contains("测试甲") && error.hint.is_some());
    assert_eq!(inflow_config::Explain::exit_code(&error), 1);
}

#[test]
fn what_is_needed_is_said_and_left_to_fill_in() {
    let proposed = suggest("a.csv", "姓名,手机,奖金\n测试甲,19900000001,5\n".as_bytes(), Some(Kind::Employment)).unwrap();
    assert_eq!(proposed.lacks, ["onboard_on / agreed_on / left_on / status"]);
    assert!(proposed.mapping.contains("# onboard_on = \"\"  # NEEDED"), "{}", proposed.mapping);
}

#[test]
fn a_certificate_is_its_state_and_validity() {
    let text = "姓名,手机,健康证状态,健康证有效期,体检结果\n测试甲,19900000001,有效,2027-01-31,正常\n";
    let proposed = suggest("a.csv", text.as_bytes(), Some(Kind::Assessments)).unwrap();
    let (stream, rows) = imported("a.csv", text.as_bytes(), &proposed);
    assert_eq!((rows.len(), stream.fields.len()), (1, 3), "{}", proposed.mapping);
}

#[test]
fn ambiguous_headers_name_what_else_they_may_be() {
    let text = "日期,渠道,类型,金额\n2026-11-02,BOSS直聘,充值,1000\n";
    let proposed = suggest("a.csv", text.as_bytes(), None).unwrap();
    imported("a.csv", text.as_bytes(), &proposed);
    let line = proposed.mapping.lines().find(|line| line.starts_with("gross = ")).unwrap_or_default();
    assert!(line.contains("could also be net"), "{}", proposed.mapping);
}

#[test]
fn a_header_that_is_no_name_is_not_repeated() {
    let text = "姓名,手机,应聘职位,19900000009,\"写信到 a@example.com\"\n测试甲,19900000001,店员,x,y\n";
    let proposed = suggest("a.csv", text.as_bytes(), None).unwrap();
    hides(&proposed, &["19900000009", "a@example.com"]);
}

#[test]
fn the_dictionary_says_nothing_that_the_specs_say() {
    let dictionary = dictionary().unwrap();
    assert!(dictionary.repeated.is_empty(), "{}", dictionary.repeated.join("\n"));
    assert!(dictionary.stages.len() > 20 && dictionary.own.len() > 500);
}

/// Headers that give a kind all that it needs.
fn enough(kind: Kind) -> &'static [&'static str] {
    match kind {
        Kind::Requisitions => &["需求岗位", "需求人数"],
        Kind::Postings => &["职位标题", "发布时间"],
        Kind::Applications => &["姓名", "投递时间"],
        Kind::Events => &["申请编号", "进展"],
        Kind::ChannelDaily => &["数据日期", "曝光量"],
        Kind::Spend => &["费用日期", "费用金额"],
        Kind::BankLines => &["交易日", "借方", "贷方"],
        Kind::Invoices => &["开票日期", "数电发票号码", "价税合计"],
        Kind::Employment => &["姓名", "入职日期"],
        Kind::Assessments => &["姓名", "得分"],
        Kind::Invitations => &["姓名", "邀约时间"],
        Kind::Reference => &[],
    }
}

fn csv_line(cells: &[String]) -> String {
    cells.iter().map(|cell| format!("\"{}\"", cell.replace('"', "\"\""))).collect::<Vec<_>>().join(",")
}

#[test]
fn every_word_of_the_dictionary_is_understood_and_proposes_a_mapping_that_parses() {
    let dictionary = dictionary().unwrap();
    for (kind, target, header) in &dictionary.own {
        let meant = dictionary.meanings(*kind, header);
        assert!(meant.iter().any(|meaning| meaning.target == *target), "{kind} {target} {header}: {meant:?}");
        let mut names: Vec<String> = enough(*kind).iter().map(|name| (*name).to_owned()).collect();
        if !names.contains(header) {
            names.push(header.clone());
        }
        let text = format!("{}\n", csv_line(&names));
        let proposed = suggest("a.csv", text.as_bytes(), Some(*kind)).unwrap_or_else(|error| panic!("{kind} {header}: {error}"));
        assert!(proposed.lacks.is_empty(), "{kind} {header}: {:?}", proposed.lacks);
        parse_mapping(&proposed.mapping, "m.toml").unwrap_or_else(|error| panic!("{header}: {error}\n{}", proposed.mapping));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    /// Any headers together, in any order, with any cells: what is proposed parses and tells no cell.
    #[test]
    fn any_known_headers_make_a_mapping_that_parses(
        kind in 0..Kind::LANDED.len(),
        picks in prop::collection::vec(any::<prop::sample::Index>(), 1..14),
        strange in "[\\PC]{0,12}",
    ) {
        let dictionary = dictionary().expect("a sound dictionary");
        let kind = Kind::LANDED[kind];
        let own: Vec<&str> = dictionary.own.iter().filter(|(of, ..)| *of == kind).map(|(.., header)| header.as_str()).collect();
        let mut names: Vec<String> = enough(kind).iter().map(|name| (*name).to_owned()).collect();
        names.extend(picks.iter().map(|pick| (*pick.get(&own)).to_owned()));
        names.push(strange);
        let cells = vec!["隐私内容".to_owned(); names.len()];
        let text = format!("{}\n{}\n", csv_line(&names), csv_line(&cells));
        if let Ok(proposed) = suggest("a.csv", text.as_bytes(), Some(kind)) {
            prop_assert!(!proposed.mapping.contains("隐私内容"));
            if proposed.lacks.is_empty() {
                prop_assert!(parse_mapping(&proposed.mapping, "m.toml").is_ok(), "{}", proposed.mapping);
            }
        }
    }
}

#[rstest]
#[case("手機號碼", Target::Phone)]
#[case("應聘職位", Target::Column("title"))]
#[case("當前狀態", Target::Stage)]
#[case("ＰＨＯＮＥ　Number", Target::Phone)]
#[case("聯絡電話（必填）", Target::Phone)]
#[case("投递时间 Applied at", Target::Column("applied_at"))]
fn a_header_is_the_same_however_it_is_written(#[case] header: &str, #[case] target: Target) {
    let meant = dictionary().unwrap().meanings(Kind::Applications, header);
    assert_eq!(meant.first().map(|meaning| meaning.target), Some(target), "{meant:?}");
}

#[test]
fn parts_of_headers_are_whole_words() {
    let dictionary = dictionary().unwrap();
    let part = |header: &str| dictionary.by_part(Kind::Applications, header).map(|(_, meaning)| meaning.target);
    assert_eq!(part("求职者手机号码"), Some(Target::Phone));
    assert_eq!(part("Main mobile number"), Some(Target::Phone));
    assert_eq!(part("紧急联系电话"), None);
    assert_eq!(part("Validate"), None);
}
