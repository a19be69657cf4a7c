//! Templates and files of invented journals.

use calamine::{Data, Reader, Xlsx};
use chrono::NaiveDate;
use inflow_config::Config;
use inflow_ledger::Account;
use inflow_ledger::voucher::{Facts, Grouping, Posting, Voucher, vouchers};

use super::template::{SHIPPED, Value};
use super::{Template, write};

fn config() -> Config {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("inflow.toml"), "[company]\nname = \"测试公司\"\ntimezone = \"Asia/Shanghai\"\ncurrency = \"CNY\"\n")
        .unwrap();
    let channels = "[[channel]]\nid = \"boss\"\nname = { en = \"BOSS Zhipin\", zh = \"BOSS直聘\" }\n";
    std::fs::write(folder.path().join("channels.toml"), channels).unwrap();
    Config::load(&folder.path().join("inflow.toml"), &Vec::new).unwrap()
}

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn posting(debit: Account, credit: Account, cents: i64, kind: &str) -> Posting {
    Posting {
        day: day("2026-10-08").to_epoch_days(),
        debit,
        credit,
        cents,
        facts: Facts {
            kind: kind.to_owned(),
            channel: "boss".to_owned(),
            store: "徐汇店".to_owned(),
            department: "运营部".to_owned(),
            project: "开业,一期".to_owned(),
            document: "D1".to_owned(),
            invoice: "25312000".to_owned(),
        },
        connection: "ledger".to_owned(),
        source_id: "1".to_owned(),
    }
}

fn october(template: &Template) -> Vec<Voucher> {
    let rows = [
        posting(Account::Wallet, Account::Bank, 500_000, "recharge"),
        posting(Account::Cost, Account::Wallet, 123_456, "cpc"),
        posting(Account::InputVat, Account::Payable, 600, "headhunter_fee"),
        posting(Account::Cost, Account::Payable, 10_000, "headhunter_fee"),
    ];
    vouchers(&rows, &template.chart(), Grouping::default()).unwrap()
}

fn file(template: &Template) -> super::Written {
    write(&october(template), template, &config(), day("2026-10-31")).unwrap()
}

#[test]
fn yonyou_reads_a_marked_text_in_gb18030_with_fields_by_place() {
    let template = Template::load("yonyou").unwrap();
    let written = file(&template);
    let (text, _, malformed) = encoding_rs::GB18030.decode(&written.bytes);
    assert!(!malformed && !written.unencodable);
    let lines: Vec<&str> = text.split("\r\n").collect();
    assert_eq!(lines[0], "填制凭证,V800");
    let expected = [
        "2026-10-31,记,1,1,2026-10 BOSS直聘 充值,1123,5000.00,0,0,0,0,,,,,,,,BOSS直聘,,",
        "2026-10-31,记,1,1,2026-10 BOSS直聘 猎头费,22210101,6.00,0,0,0,0,,,,,,,,,,",
        "2026-10-31,记,1,1,2026-10 BOSS直聘 点击、猎头费,6601,1334.56,0,0,0,0,,,,,运营部,,,,,开业\u{ff0c}一期",
        "2026-10-31,记,1,1,2026-10 BOSS直聘 充值,1002,0,5000.00,0,0,0,,,,,,,,,,",
        "2026-10-31,记,1,1,2026-10 BOSS直聘 点击,1123,0,1234.56,0,0,0,,,,,,,,BOSS直聘,,",
        "2026-10-31,记,1,1,2026-10 BOSS直聘 猎头费 25312000,2202,0,106.00,0,0,0,,,25312000,,,,,BOSS直聘,,",
        "",
    ];
    assert_eq!(lines[1..], expected);
    let uncoded: Vec<(&str, &str)> = written.uncoded.iter().map(|(table, name)| (*table, name.as_str())).collect();
    assert_eq!(uncoded, [("departments", "运营部"), ("projects", "开业,一期"), ("suppliers", "boss")]);
}

#[test]
fn kingdee_reads_a_sheet_of_37_columns_whose_amounts_are_numbers() {
    let template = Template::load("kingdee").unwrap();
    let mut book: Xlsx<_> = calamine::open_workbook_from_rs(std::io::Cursor::new(file(&template).bytes)).unwrap();
    let page = book.worksheet_range("Page1").unwrap();
    assert_eq!(page.width(), 37);
    let column = |name: &str| page.rows().next().unwrap().iter().position(|cell| *cell == *name).unwrap();
    let cost = page.rows().find(|row| row[column("科目代码")] == "6601").unwrap();
    let cell = |name: &str| &cost[column(name)];
    assert_eq!((cell("借方"), cell("贷方"), cell("原币金额")), (&Data::Float(1334.56), &Data::String("0".into()), &Data::Float(1334.56)));
    assert_eq!(cell("核算项目"), &Data::String("部门---运营部---运营部/项目---开业,一期---开业,一期".into()));
    assert_eq!(
        (cell("凭证日期"), cell("会计年度"), cell("会计期间")),
        (&Data::String("2026-10-31".into()), &Data::String("2026".into()), &Data::String("10".into()))
    );
    assert_eq!((cell("币别代码"), cell("科目名称")), (&Data::String("RMB".into()), &Data::String("销售费用-招聘费".into())));
    let sum = |name: &str| page.rows().skip(1).filter_map(|row| row[column(name)].to_string().parse::<f64>().ok()).sum::<f64>();
    assert!((sum("借方") - sum("贷方")).abs() < 1e-9 && (sum("借方") - 6340.56).abs() < 1e-9);
}

#[test]
fn a_template_of_ones_own_starts_from_another() {
    let text = r#"
base = "yonyou"
word = "转"
encoding = "utf-8"
voucher_per = "day"
stores_are_departments = true
suppliers = { boss = { code = "V001" } }
departments = { "运营部" = { code = "0102" } }

[[account]]
account = "cost"
kinds = ["headhunter_fee"]
code = "660203"
by = ["department"]
"#;
    let template = Template::read("own.toml", text).unwrap();
    let written = file(&template);
    let text = String::from_utf8(written.bytes).unwrap();
    assert!(text.contains("2026-10-08,转,1,1,2026-10 BOSS直聘 猎头费,660203,100.00,0,0,0,0,,,,,0102,"), "{text}");
    assert!(text.contains(",1123,5000.00,0,0,0,0,,,,,,,,V001,,"), "{text}");
    assert!(text.contains(",6601,1234.56,"), "the rest is the base's: {text}");
    assert_eq!(written.uncoded.len(), 1);
}

#[test]
fn what_cannot_be_followed_is_said_with_its_place() {
    let said = |text: &str| {
        let error = Template::read("own.toml", text).unwrap_err();
        format!("{} | {}", error.message, error.hint)
    };
    let shown = [
        ("base = \"sap\"", "own.toml: base is \"sap\", and no template has that name | one of yonyou, kingdee"),
        (
            "base = \"yonyou\"\nsummary = \"{month} {person}\"",
            "own.toml: summary has the placeholder {person} | one of {month}, {account}, {channel}, {kind}, {store}, {department}, {project}, {invoice}",
        ),
        ("base = \"yonyou\"\ndate = \"%Q\"", "own.toml: date = \"%Q\" is no format of a day | for example %Y-%m-%d or %Y/%m/%d"),
        (
            "format = \"csv\"\nsummary = \"\"",
            "own.toml: no [[account]] takes every row of `bank` | add [[account]] with account = \"bank\" and no condition, after those with conditions",
        ),
        (
            "base = \"yonyou\"\n[[column]]\nheader = \"a\"\nvalue = \"debit\"\ntext = \"b\"",
            "own.toml: the column \"a\" has both value and text | keep one of them",
        ),
        (
            "base = \"yonyou\"\n[[column]]\nheader = \"a\"\nvalue = \"auxiliary\"",
            "own.toml: a column shows `auxiliary`, and nothing says how | add auxiliary = { item = .., between = .. }",
        ),
    ];
    for (text, expected) in shown {
        assert_eq!(said(text), expected);
    }
    assert!(said("format = \"csv\"\nsummary = \"\"\nwords = 1").starts_with("own.toml:3: unknown field `words`"), "{}", said("words = 1"));
    let unknown = said("base = \"yonyou\"\n[[account]]\naccount = \"costs\"\ncode = \"1\"");
    assert!(
        unknown.contains("`costs` is no account of the journal, accepted: bank, wallet, prepaid, input_vat, cost, payable"),
        "{unknown}"
    );
    assert!(said("base = \"yonyou\"\nword = 3").starts_with("own.toml: invalid type"), "{}", said("base = \"yonyou\"\nword = 3"));
}

#[test]
fn every_shipped_template_is_sound_and_shows_both_sides() {
    for (name, _) in SHIPPED {
        let template = Template::load(name).unwrap();
        let shown = |value: Value| template.column.iter().filter(|column| column.value == Some(value)).count();
        assert_eq!((shown(Value::Debit), shown(Value::Credit), shown(Value::AccountCode), shown(Value::Summary)), (1, 1, 1, 1), "{name}");
    }
}

#[test]
fn many_channels_are_named_by_the_first_and_their_number() {
    let rows: Vec<Posting> = ["a", "b", "c", "d"]
        .into_iter()
        .map(|channel| {
            let mut row = posting(Account::Wallet, Account::Bank, 100, "recharge");
            row.facts.channel = channel.to_owned();
            row
        })
        .collect();
    let template = Template::load("yonyou").unwrap();
    let made = vouchers(&rows, &template.chart(), Grouping::default()).unwrap();
    let written = write(&made, &template, &config(), day("2026-10-31")).unwrap();
    let text = encoding_rs::GB18030.decode(&written.bytes).0.into_owned();
    assert!(text.contains(",2026-10 a等4项 充值,1002,0,4.00,"), "{text}");
}
