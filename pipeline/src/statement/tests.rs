//! Statements of wallets of invented companies, and what is said of each mistake.

use super::Check;
use crate::map::Mapper;
use inflow_config::{Config, Connection, Settings};
use inflow_connectors::landing::Line;
use inflow_connectors::spec::parse_mapping;
use inflow_connectors::{Statement, StatementCheck, StatementPlace, StatementSum};
use proptest::prelude::*;
use rstest::rstest;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::path::PathBuf;

const MAPPING: &str = "kind = \"spend\"\ntimezone = \"Asia/Shanghai\"\n[fields]\nchannel = { default = \"boss\" }\naccount = \"账户\"\n\
    booked_on = \"时间\"\ngross = \"金额\"\nunits = \"数量\"\nbonus_units = \"赠送\"\nbalance = \"余额\"\n\
    kind = { path = \"类型\", words = { \"充值\" = \"recharge\", \"消费\" = \"consumption\", \"退款\" = \"refund\", \"套餐\" = \"package\" } }\n";

/// What is said of a statement: `row column: sentence`. The first row names the columns; a row that begins with 合计 or 小计 is a total.
pub(super) fn said(mapping: &str, rows: &[&str]) -> Vec<String> {
    let stream = parse_mapping(mapping, "m.toml").unwrap();
    let connection = Connection::new("wallet", "file");
    let config = Config {
        dir: PathBuf::new(),
        file: PathBuf::from("inflow.toml"),
        settings: Settings::default(),
        channels: Vec::new(),
        connections: vec![connection.clone()],
        places: inflow_config::Places::default(),
        personas: inflow_config::Personas::default(),
        alerts: inflow_config::Alerts::default(),
        finance: inflow_config::Finance::default(),
        messages: inflow_config::Messages::default(),
        reposts: inflow_config::Reposts::default(),
        plans: inflow_config::Plans::default(),
        processes: inflow_config::Processes::default(),
        channel_places: inflow_config::Places::default(),
    };
    // 01:00 of the next day in Shanghai.
    let mapper = Mapper::new(&config, &connection, &stream, &BTreeMap::new(), "2026-09-30T17:00:00Z".parse().unwrap());
    let names: Vec<&str> = rows[0].split('|').collect();
    let record = |row: &str| -> Value {
        let cells = names.iter().zip(row.split('|')).filter(|(_, cell)| !cell.is_empty());
        Value::Object(cells.map(|(name, cell)| ((*name).to_owned(), Value::from(cell))).collect::<Map<_, _>>())
    };
    let (mut lines, mut sums) = (Vec::new(), Vec::new());
    for (row, number) in rows[1..].iter().zip(2_u64..) {
        if row.starts_with(['合', '小']) {
            sums.push((*row, number, lines.len(), record(row)));
            continue;
        }
        let line = Line {
            id: number.to_string(),
            key_hash: number,
            content_hash: 1,
            record: record(row),
            identity: None,
            lookups: Map::new(),
            gone: false,
            back: false,
        };
        lines.push((line, number));
    }
    let headers: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    let statement = Statement {
        headers: &headers,
        rows: lines.iter().map(|(_, row)| *row).collect(),
        sums: sums
            .iter()
            .map(|(row, _, above, record)| StatementSum {
                label: row.split('|').next().unwrap(),
                lines: 0..lines.len(),
                above: *above,
                record,
            })
            .collect(),
    };
    let mut check = Box::new(Check::new(mapper));
    // In parts, as lines come.
    let made: Vec<Line> = lines.iter().map(|(line, _)| line.clone()).collect();
    for (part, lines) in made.chunks(3).enumerate() {
        let (_, read) = check.map(part * 3, lines);
        check.take(read);
    }
    let faults = check.faults(&statement).into_iter().map(|fault| {
        assert!(!fault.said.zh.is_empty() && fault.said.zh != fault.said.en, "{fault:?}");
        assert!(!fault.hint.zh.is_empty() && !fault.hint.en.is_empty(), "{fault:?}");
        let row = match fault.place {
            StatementPlace::Line(at) => lines[at].1,
            StatementPlace::Sum(at) => sums[at].1,
        };
        format!("{row} {}: {}", fault.column, fault.said.en)
    });
    faults.collect()
}

const COLUMNS: &str = "时间|类型|金额|余额";

#[rstest]
#[case("2026-09-01|代金券|5|", "2 kind: the kind \"代金券\" is not known")]
#[case("2026-09-01||5|", "2 kind: a ledger line without a kind")]
#[case("2026-09-01|消费|五元|", "2 gross: \"五元\" is no number that can be read")]
#[case("2026-09-01|消费||", "2 net: a ledger line without an amount: neither net nor gross")]
#[case("2026-13-01|消费|5|", "2 booked_on: \"2026-13-01\" is no date that can be read")]
#[case("|消费|5|", "2 booked_on: a ledger line without a booking day")]
#[case("1969-09-01|消费|5|", "2 booked_on: 1969-09-01 is not between 1970-01-01 and 2149-06-06")]
#[case("2026-10-02|消费|5|", "2 booked_on: 2026-10-02 lies in the future: today is 2026-10-01 in Asia/Shanghai")]
#[case("2026-09-01|消费|$300|", "2 gross: \"$300\" is in USD, but no column names a currency, so that amounts are in CNY")]
#[case("2026-09-01|消费|USD 300|", "2 gross: \"USD 300\" is in USD, but no column names a currency, so that amounts are in CNY")]
#[case("2026-09-01|消费|5|-0.01", "2 balance: the balance -0.01 is below zero")]
fn a_line_that_is_no_entry(#[case] row: &str, #[case] expected: &str) {
    assert_eq!(said(MAPPING, &[COLUMNS, row]), [expected]);
}

#[rstest]
#[case("2026-10-01 23:59:00|消费|5|")]
#[case("2026-09-01|消费|¥1,200.00|")]
#[case("2026-09-01|消费|１，２００．００元|")]
#[case("2026-09-01|退款|(80.00)|0")]
fn a_line_that_is_one(#[case] row: &str) {
    assert_eq!(said(MAPPING, &[COLUMNS, row]), [""; 0]);
}

#[test]
fn everything_that_is_wrong_with_a_line_is_said() {
    let more = "[fields]\nservice_from = \"起\"\nservice_to = \"止\"\ntax_rate = \"税率\"\n";
    let mapping = MAPPING.replace("[fields]\n", more);
    let columns = "时间|类型|金额|起|止|税率";
    assert_eq!(
        said(
            &mapping,
            &[columns, "昨天|券|x|||", "2026-09-01|消费|5|2026-10-05|2026-10-01|6", "2026-09-01|消费|5|2026-11-01|2026-12-31|6%"]
        ),
        [
            "2 booked_on: \"昨天\" is no date that can be read",
            "2 gross: \"x\" is no number that can be read",
            "2 kind: the kind \"券\" is not known",
            "3 tax_rate: 6 is no share of an amount; expected for example 0.06 or 6%",
            "3 service_to: the service ends before it begins",
        ],
        "what lies ahead of services is no fault"
    );
}

#[test]
fn a_currency_column_says_what_amounts_are_in() {
    let mapping = MAPPING.replace("[fields]\n", "[fields]\ncurrency = \"币种\"\n");
    let columns = "时间|类型|金额|币种";
    let rows =
        ["2026-09-01|消费|¥5|CNY", "2026-09-01|消费|$5|USD", "2026-09-01|消费|$5|HKD", "2026-09-01|消费|5|EUR", "2026-09-01|消费|€5|USD"];
    let rows: Vec<&str> = std::iter::once(columns).chain(rows).collect();
    assert_eq!(said(&mapping, &rows), ["6 gross: \"€5\" is in EUR, but the currency of the line is USD"]);
    let rows = [columns, "2026-09-01|消费|￥5|人民币", "2026-09-01|消费|5|¥", "2026-09-01|消费|$5|美元", "2026-09-01|消费|￥5|豆"];
    assert_eq!(said(&mapping, &rows), ["5 currency: \"豆\" is not a currency; expected three letters like CNY"]);
}

#[rstest]
#[case::right(&["2026-09-01|消费|5.10|", "2026-09-02|消费|4.90|", "合计||10.00|"], &[])]
#[case::as_sheets_keep_it(&["2026-09-01|消费|5.1|", "2026-09-02|消费|4.9|", "合计||10.0000000001|"], &[])]
#[case::a_cent(&["2026-09-01|消费|5.10|", "2026-09-02|消费|4.90|", "合计||10.01|"],
    &["4 gross: the total is 10.01, but the lines that it is of add up to 10"])]
#[case::none_stated(&["2026-09-01|消费|5|", "合计||—|"], &[])]
#[case::at_the_top(&["合计||9|", "2026-09-01|消费|5|", "2026-09-02|消费|4|"], &[])]
#[case::wrong_at_the_top(&["合计||8|", "2026-09-01|消费|5|", "2026-09-02|消费|4|"],
    &["2 gross: the total is 8, but the lines that it is of add up to 9"])]
#[case::parts(&["2026-09-01|消费|5|", "小计||5|", "2026-09-02|消费|4|", "小计||4|", "合计||9|"], &[])]
#[case::a_wrong_part(&["2026-09-01|消费|5|", "小计||5|", "2026-09-02|消费|4|", "小计||3|", "合计||9|"],
    &["5 gross: the total is 3, but the lines that it is of add up to 4"])]
fn totals(#[case] rows: &[&str], #[case] expected: &[&str]) {
    let rows: Vec<&str> = std::iter::once(COLUMNS).chain(rows.iter().copied()).collect();
    assert_eq!(said(MAPPING, &rows), expected);
    let unchecked = format!("file = {{ unchecked = \"totals\" }}\n{MAPPING}");
    assert_eq!(said(&unchecked, &rows), [""; 0]);
}

#[test]
fn totals_of_units_and_of_each_currency() {
    let mapping = MAPPING.replace("[fields]\n", "[fields]\ncurrency = \"币种\"\n");
    let columns = "时间|类型|金额|币种|数量";
    let of = |usd: &str, units: &str| {
        let (usd, units) = (format!("合计美元||{usd}||"), format!("合计||9||{units}"));
        said(&mapping, &[columns, "2026-09-01|消费|5|CNY|1", "2026-09-01|消费|4|USD|2", &usd, "合计人民币||5||", &units])
    };
    assert_eq!(of("4", "3"), [""; 0]);
    assert_eq!(
        of("6", "4"),
        [
            "4 gross: the total is 6, but the lines that it is of add up to 9",
            "6 units: the total is 4, but the lines that it is of add up to 3"
        ]
    );
}

const WALLET: [&str; 5] = [
    "2026-09-01 10:00:00|充值|1000|1000",
    "2026-09-02 10:00:00|消费|200|800",
    "2026-09-03 10:00:00|消费|50.5|749.5",
    "2026-09-03 10:00:00|消费|49.5|700",
    "2026-09-04 10:00:00|退款|100|600",
];

fn wallet(order: &[usize], change: impl Fn(usize, &str) -> String) -> Vec<String> {
    let rows: Vec<String> = order.iter().map(|at| change(*at, WALLET[*at])).collect();
    said(MAPPING, &std::iter::once(COLUMNS).chain(rows.iter().map(String::as_str)).collect::<Vec<_>>())
}

#[rstest]
#[case::oldest_first(&[0, 1, 2, 3, 4])]
#[case::newest_first(&[4, 3, 2, 1, 0])]
#[case::one_second_in_the_other_order(&[0, 1, 3, 2, 4])]
#[case::both(&[4, 2, 3, 1, 0])]
#[case::sorted_by_kind(&[0, 4, 3, 2, 1])]
#[case::a_part(&[2, 3])]
fn balances_that_follow(#[case] order: &[usize]) {
    assert_eq!(wallet(order, |_, row| row.to_owned()), [""; 0]);
    assert_eq!(wallet(order, |_, row| row.replace("消费|", "消费|-")), [""; 0], "signed");
    assert_eq!(wallet(order, |_, row| row.split(' ').map(|part| part.trim_start_matches("10:00:00")).collect()), [""; 0], "days alone");
}

#[test]
fn balances_may_follow_as_the_rows_stand_whatever_their_times() {
    let rows = [
        "2026-09-01 10:00:00|充值|100|100",
        "2026-09-03 10:00:00|消费|10|90",
        "2026-09-02 10:00:00|消费|20|70",
        "2026-09-04 10:00:00|消费|5|65",
    ];
    assert_eq!(said(MAPPING, &std::iter::once(COLUMNS).chain(rows).collect::<Vec<_>>()), [""; 0]);
    let newest = rows.into_iter().rev();
    assert_eq!(said(MAPPING, &std::iter::once(COLUMNS).chain(newest).collect::<Vec<_>>()), [""; 0]);
}

#[rstest]
#[case::oldest_first(&[0, 1, 2, 3, 4], "3 balance: the balance is 810, but 1000 in row 2 less 200 makes 800")]
#[case::newest_first(&[4, 3, 2, 1, 0], "5 balance: the balance is 810, but 1000 in row 6 less 200 makes 800")]
fn a_wrong_balance_is_said_once(#[case] order: &[usize], #[case] expected: &str) {
    assert_eq!(wallet(order, |_, row| row.replace("|800", "|810")), [expected]);
    let unchecked = format!("file = {{ unchecked = \"balance\" }}\n{MAPPING}");
    assert_eq!(said(&unchecked, &[COLUMNS, WALLET[0], "2026-09-02|消费|200|-5"]), [""; 0]);
}

#[test]
fn a_line_that_is_missing_breaks_the_balance() {
    assert_eq!(
        wallet(&[0, 2, 3, 4], |_, row| row.to_owned()),
        ["3 balance: the balance is 749.50, but 1000 in row 2 less 50.50 makes 949.50"]
    );
    // What cannot be read is said, and nothing is concluded from it.
    assert_eq!(
        wallet(&[0, 1, 2], |at, row| if at == 1 { row.replace("|200", "|二百") } else { row.to_owned() }),
        ["3 gross: \"二百\" is no number that can be read"]
    );
}

#[test]
fn a_balance_in_units_counts_those_that_were_given() {
    let columns = "时间|类型|金额|数量|赠送|余额";
    let rows = [
        "2026-09-01|充值|1000|10000|500|10500",
        "2026-09-02|消费|30|300||10200",
        "2026-09-02|套餐|99|||10200",
        "2026-09-03|消费|20|200||10000",
    ];
    let rows: Vec<&str> = std::iter::once(columns).chain(rows).collect();
    assert_eq!(said(MAPPING, &rows), [""; 0]);
    let wrong: Vec<String> = rows.iter().map(|row| row.replace("|10000|500|", "|10000||")).collect();
    let wrong: Vec<&str> = wrong.iter().map(String::as_str).collect();
    assert_eq!(said(MAPPING, &wrong), [""; 0], "nothing is known of what was before the first line");
}

#[test]
fn each_account_has_a_balance_of_its_own() {
    let columns = "时间|账户|类型|金额|余额";
    let rows = [columns, "2026-09-01|甲|充值|100|100", "2026-09-01|乙|充值|70|70", "2026-09-02|甲|消费|10|90", "2026-09-02|乙|消费|10|60"];
    assert_eq!(said(MAPPING, &rows), [""; 0]);
    assert!(!said(MAPPING, &rows.map(|row| row.replace("|乙|", "|甲|")).each_ref().map(String::as_str)).is_empty());
}

proptest! {
    /// A wallet as a board keeps it, written in any of the ways that boards use, is taken; with one balance changed it is not.
    #[test]
    fn any_true_statement_is_taken(
        moves in prop::collection::vec((0_u8..4, 1_i64..50_000, 0_u8..3), 3..40), newest: bool, signed: bool, wrong in 1_usize..38
    ) {
        let (mut balance, mut second) = (10_000_000_i64, 0_i64);
        let mut rows = Vec::new();
        for (kind, cents, wait) in &moves {
            second += i64::from(*wait);
            let (word, by) = if *kind == 0 { ("充值", *cents) } else { ("消费", -cents) };
            balance += by;
            let written = if signed { by } else { *cents };
            rows.push((format!("2026-09-01 10:{:02}:{:02}|{word}|{}.{:02}", second / 60, second % 60, written / 100, (written % 100).abs()), balance));
        }
        // A negative amount below one keeps its sign.
        for (row, _) in &mut rows {
            if signed && row.contains("消费|") && !row.contains("消费|-") {
                *row = row.replace("消费|", "消费|-");
            }
        }
        let told = |change: Option<usize>| {
            let mut rows: Vec<String> = rows.iter().enumerate().map(|(at, (row, balance))| {
                let balance = balance + if change == Some(at) { 777 } else { 0 };
                format!("{row}|{}.{:02}", balance / 100, balance % 100)
            }).collect();
            if newest {
                rows.reverse();
            }
            said(MAPPING, &std::iter::once(COLUMNS).chain(rows.iter().map(String::as_str)).collect::<Vec<_>>())
        };
        prop_assert_eq!(told(None), Vec::<String>::new());
        prop_assert!(!told(Some(wrong.min(moves.len() - 1))).is_empty());
    }
}
