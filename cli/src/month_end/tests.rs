//! The workbook of an invented month: what it holds, and that LibreOffice reckons the same.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use calamine::{Data, Reader, Xlsx};
use inflow_analytics::{AccountTurnover, Closing, Definition, MonthEnd, MonthEntry, Report, metric};
use inflow_config::{Config, Lang};
use rust_decimal::Decimal;
use rust_xlsxwriter::{Formula, Workbook};
use serde_json::{Value, json};

use super::{Made, files, made, workbook};
use inflow_actions::workbook::{ABOVE, Cell};

fn amount(text: &str) -> Decimal {
    text.parse().unwrap()
}

fn config() -> Config {
    let folder = tempfile::tempdir().unwrap();
    let settings = "[company]\nname = \"测试餐饮有限公司\"\ntimezone = \"Asia/Shanghai\"\ncurrency = \"CNY\"\n";
    std::fs::write(folder.path().join("inflow.toml"), settings).unwrap();
    let channel = |id: &str, en: &str, zh: &str| format!("[[channel]]\nid = \"{id}\"\nname = {{ en = \"{en}\", zh = \"{zh}\" }}\n");
    let channels =
        channel("boss", "BOSS Zhipin", "BOSS直聘") + &channel("zhaopin", "Zhaopin", "智联招聘") + &channel("liepin", "Liepin", "猎聘");
    std::fs::write(folder.path().join("channels.toml"), channels).unwrap();
    Config::load(&folder.path().join("inflow.toml"), &Vec::new).unwrap()
}

fn report(name: &str, rows: &[Value]) -> Report {
    let known = metric(name).unwrap();
    Report {
        metric: name.to_owned(),
        version: known.version,
        definition: Definition {
            title: known.title.clone(),
            meaning: known.meaning.clone(),
            numerator: known.numerator,
            denominator: known.denominator,
            clock: known.clock,
            exclusions: known.exclusions,
            superseded: None,
        },
        from: "2026-10-01".parse().unwrap(),
        to: "2026-10-31".parse().unwrap(),
        tz: "Asia/Shanghai".to_owned(),
        as_of: "2026-11-02T01:00:00Z".parse().unwrap(),
        rows: rows.iter().map(|row| row.as_object().unwrap().clone()).collect(),
        reconciles: json!({"channels": "23210.33", "unallocated": "860.00", "ledger": "24070.33", "unconverted": 0, "ties": true})
            .as_object()
            .cloned(),
        columns: Vec::new(),
        shares: Vec::new(),
    }
}

/// Two channels with cost, one without data, and what could not be given to any.
fn month() -> MonthEnd {
    let spend = |channel: &str, amount: Value, share: Value, entries: u64, status: &str| json!({"channel": channel, "amount": amount, "share": share, "entries": entries, "status": status});
    let each = |channel: &str, count: u64, value: Value| json!({"channel": channel, "denominator": count, "value": value});
    let cut = |dimension: &str, name: &str, channel: &str, amount: &str| json!({dimension: name, "channel": channel, "amount": amount});
    let entry = |id: u32, channel: &str, kind: &str, accrued: &str, cash: &str| MonthEntry {
        channel: channel.to_owned(),
        store: if channel == "boss" { "徐汇一店" } else { "" }.to_owned(),
        department: if channel == "boss" { "门店运营部" } else { "总部人事行政部" }.to_owned(),
        kind: kind.to_owned(),
        connection: "recharges".to_owned(),
        source_id: format!("D2026-10-{id:03}"),
        accrued: amount(accrued),
        cash: amount(cash),
        account: Some("测试账号01".to_owned()),
        document: format!("DZ202610{id:04}"),
        booked_on: "2026-10-05".parse().ok(),
        service_from: "2026-10-05".parse().ok(),
        service_to: "2026-10-31".parse().ok(),
        units: None,
        gross: Some(amount("1060")),
        tax: Some(amount("60")),
        net: Some(amount("1000")),
        currency: "CNY".to_owned(),
        invoice_type: "special".to_owned(),
        invoice_number: format!("2531200000{id:010}"),
        invoice_date: "2026-10-08".parse().ok(),
        payer: "测试餐饮有限公司".to_owned(),
        project: "徐汇新店开业".to_owned(),
    };
    let account = |name: &str, opening: &str, debit: &str, credit: &str| AccountTurnover {
        account: name.to_owned(),
        opening: amount(opening),
        debit: amount(debit),
        credit: amount(credit),
    };
    MonthEnd {
        month: "2026-10".parse().unwrap(),
        as_of: "2026-11-02T01:00:00Z".parse().unwrap(),
        spend: report(
            "spend",
            &[
                spend("boss", json!("14210.33"), json!(0.590_367), 2, "ok"),
                spend("zhaopin", json!("9000.00"), json!(0.373_904), 1, "partial"),
                spend("liepin", Value::Null, Value::Null, 0, "no_data"),
                spend("unallocated", json!("860.00"), json!(0.035_729), 1, "ok"),
            ],
        ),
        closing: None,
        by_store: report(
            "spend",
            &[
                cut("store", "徐汇一店", "boss", "14210.33"),
                cut("store", "", "zhaopin", "9000.00"),
                cut("store", "", "unallocated", "860.00"),
                json!({"store": "", "channel": "liepin", "amount": null}),
            ],
        ),
        by_department: report(
            "spend",
            &[
                cut("department", "门店运营部", "boss", "14210.33"),
                cut("department", "总部人事行政部", "zhaopin", "9000.00"),
                cut("department", "总部人事行政部", "unallocated", "860.00"),
            ],
        ),
        by_kind: report(
            "spend",
            &[
                cut("kind", "cpc", "boss", "15000.33"),
                cut("kind", "refund", "boss", "-790.00"),
                cut("kind", "subscription", "zhaopin", "9000.00"),
                cut("kind", "daily", "unallocated", "860.00"),
            ],
        ),
        unit_costs: [
            report("cost_per_resume", &[each("boss", 812, json!("17.50")), each("zhaopin", 200, json!("45.00"))]),
            report("cost_per_attended", &[each("boss", 120, json!("118.42")), each("zhaopin", 30, json!("300.00"))]),
            report("cost_per_onboarded", &[each("boss", 0, Value::Null)]),
        ],
        cash: report(
            "cash",
            &[
                json!({"channel": "boss", "paid": "19210.00", "accrued": "14210.33", "wallets": "4909.67", "prepaid": "0.00", "input_vat": "90.00", "payable": "0.00"}),
                json!({"channel": "zhaopin", "paid": "0.00", "accrued": "9000.00", "wallets": "0.00", "prepaid": "-90.00", "input_vat": "0.00", "payable": "8910.00"}),
                json!({"channel": "liepin", "paid": null, "accrued": null}),
                json!({"channel": "unallocated", "paid": "860.00", "accrued": "860.00", "wallets": "0.00", "prepaid": "0.00", "input_vat": "0.00", "payable": "0.00"}),
            ],
        ),
        wallets: report(
            "wallet",
            &[
                json!({"channel": "boss", "account": "测试账号01", "measure": "units", "opening": "1200.5", "recharged": "20000", "granted": "3000",
                     "credited": "0", "used": "17500.25", "refunded": "0", "expired": "100", "closing": "6600.25", "opening_value": "1000.00",
                     "paid_in": "20000.00", "cost": "15000.33", "refund_value": "0.00", "expired_value": "90.00", "other_value": "0.00",
                     "closing_value": "5909.67", "stated": "6600", "stated_on": "2026-10-30", "difference": "-0.25"}),
            ],
        ),
        packages: report(
            "packages",
            &[json!({"channel": "zhaopin", "document": "HT-2026-0788", "item": "简历下载", "rule": "unit", "valid_from": "2026-07-01",
                     "valid_to": "2026-12-31", "entitled": "500", "used": "312", "left": "188", "expired": "0", "cost": "6000.00",
                     "cost_used": "3744.00", "cost_left": "2256.00", "cost_expired": "0.00"})],
        ),
        faults: report(
            "ledger_faults",
            &[
                json!({"channel": "boss", "reason": "balance_differs", "entry": "recharges:D2026-10-001", "faults": 1, "account": "测试账号01",
                     "document": "DZ2026100001", "day": "2026-10-30", "says": "6600", "expected": "6600.25"}),
            ],
        ),
        ties: report(
            "ties",
            &[
                json!({"tie": "channels", "amount": "24070.33", "against": "24070.33", "difference": "0.00", "open": 0, "ties": true}),
                json!({"tie": "prepaid", "amount": "-9910.00", "against": "-9910.00", "difference": "0.00", "open": 0, "ties": true}),
            ],
        ),
        entries: vec![
            entry(1, "boss", "cpc", "15000.33", "20000.00"),
            entry(2, "boss", "refund", "-790.00", "-790.00"),
            entry(3, "zhaopin", "subscription", "9000.00", "0"),
            entry(4, "unallocated", "daily", "860.00", "860.00"),
        ],
        accounts: vec![
            account("bank", "-81000", "790.00", "20860.00"),
            account("cost", "81000", "24860.33", "790.00"),
            account("payable", "-1000", "11070.00", "19980.00"),
            account("wallet", "1000", "20000.00", "15090.33"),
        ],
    }
}

fn in_language(lang: Lang) -> Made {
    made(&month(), &config(), lang, "2026-11-02T01:00:00Z".parse().unwrap())
}

#[test]
fn sums_are_formulas_with_their_results_and_everything_ties() {
    let made = in_language(Lang::Zh);
    assert!(made.ties, "{:?}", made.book.sheets[9].rows);
    let mut file: Xlsx<_> = calamine::open_workbook_from_rs(std::io::Cursor::new(workbook(&made.book).unwrap())).unwrap();
    let names = [
        "渠道汇总",
        "按门店",
        "按部门",
        "按类型",
        "现金与权责",
        "费用明细",
        "账户余额",
        "账户点数",
        "套餐",
        "勾稽",
        "科目发生额",
        "待处理问题",
        "口径说明",
    ];
    assert_eq!(file.sheet_names(), names);
    let values = file.worksheet_range("渠道汇总").unwrap();
    let formulas = file.worksheet_formula("渠道汇总").unwrap();
    // Four rows above the sums: the title and the header are rows 0 and 1.
    assert_eq!(values.get_value((6, 1)), Some(&Data::Float(24_070.33)));
    assert_eq!(formulas.get_value((6, 1)).map(String::as_str), Some("SUM(B3:B6)"));
    // Nobody was onboarded, so nobody has a cost; a channel without data shows no amount.
    assert_eq!(values.get_value((6, 10)), Some(&Data::String("–".to_owned())));
    assert!(matches!(values.get_value((4, 1)), None | Some(Data::Empty)));
    assert_eq!(values.get_value((6, 6)), Some(&Data::Float(23.78)), "24070.33 / 1012");
    let stores = file.worksheet_range("按门店").unwrap();
    let shown: Vec<String> = stores.rows().nth(1).unwrap().iter().map(ToString::to_string).collect();
    assert_eq!(shown, ["门店", "BOSS直聘", "智联招聘", "未分摊", "合计"]);
    let wallets = file.worksheet_formula("账户余额").unwrap();
    assert_eq!(wallets.get_value((2, 9)).map(String::as_str), Some("SUM(D3:I3)"));
    let units = file.worksheet_range("账户点数").unwrap();
    assert_eq!([10, 11, 13].map(|at| units.get_value((2, at)).cloned()), [6600.25, 6600.0, -0.25].map(|held| Some(Data::Float(held))));
    // 19210 + 0 + 860: the bridge from cost to cash is reckoned, and comes to what was paid.
    assert_eq!(file.worksheet_range("现金与权责").unwrap().get_value((5, 6)), Some(&Data::Float(20_070.0)));
}

#[test]
fn a_closed_month_shows_what_it_was_and_what_changed() {
    let mut month = month();
    month.closing =
        Some(Closing { closed_at: "2026-11-02T00:00:00Z".to_owned(), closed_by: "测试财务".to_owned(), hash: "ab12".to_owned() });
    for (row, closed) in month.spend.rows.iter_mut().zip(["14210.33", "9100.00", "0.00", "860.00"]) {
        row.insert("as_closed".to_owned(), json!(closed));
    }
    let made = made(&month, &config(), Lang::Zh, "2026-11-05T01:00:00Z".parse().unwrap());
    let summary = &made.book.sheets[0];
    assert_eq!(summary.columns.iter().skip(12).map(|column| column.header.as_str()).collect::<Vec<_>>(), ["关账数", "关账后变动"]);
    assert_eq!(summary.rows[1][12..], [Cell::Number(amount("9100.00")), Cell::Formula("B4-M4".to_owned(), amount("-100.00"))]);
    let total = summary.total.as_ref().unwrap();
    assert_eq!((total[12].value(), total[13].value()), (amount("24170.33"), amount("-100.00")));
    let said = made.book.sheets.last().unwrap().rows.iter().find(|row| row[1] == Cell::text("关账")).unwrap();
    assert_eq!(said[3], Cell::text("ab12"));
}

#[test]
fn costs_of_one_divide_what_was_paid_where_the_company_says_so() {
    let mut month = month();
    month.unit_costs[0].rows[0].insert("basis".to_owned(), json!("cash"));
    let made = made(&month, &config(), Lang::En, "2026-11-02T01:00:00Z".parse().unwrap());
    let total = made.book.sheets[0].total.as_ref().unwrap();
    assert_eq!(total[6], Cell::Formula("IF(F7=0,\"–\",ROUND(C7/F7,2))".to_owned(), amount("19.83")), "20070 / 1012");
}

#[test]
fn a_cent_that_is_missing_is_said() {
    let mut month = month();
    month.entries[3].accrued += amount("0.01");
    let made = made(&month, &config(), Lang::En, "2026-11-02T01:00:00Z".parse().unwrap());
    assert!(!made.ties);
    let verdicts: Vec<&Cell> = made.book.sheets[9].rows.iter().map(|row| &row[5]).collect();
    let differ: Vec<usize> = (0..verdicts.len()).filter(|at| matches!(verdicts[*at], Cell::Words(_, word) if word == "NO")).collect();
    assert_eq!(differ, [4], "the entries alone");
}

#[test]
fn a_line_that_is_in_no_sum_is_no_tie() {
    let mut month = month();
    month.ties.rows[0].insert("open".to_owned(), json!(2));
    let made = made(&month, &config(), Lang::En, "2026-11-02T01:00:00Z".parse().unwrap());
    let rows = &made.book.sheets[9].rows;
    let open: Vec<&Vec<Cell>> = rows.iter().filter(|row| row[4].value() == Decimal::TWO).collect();
    assert!(!made.ties && open.len() == 1 && matches!(&open[0][5], Cell::Words(_, word) if word == "NO"), "{rows:?}");
}

#[test]
fn a_month_without_anything_is_a_workbook_too() {
    let nothing = report("spend", &[]);
    let mut month = month();
    month.spend.rows.clear();
    (month.by_store, month.by_department, month.by_kind) = (nothing.clone(), nothing.clone(), nothing);
    for report in [&mut month.cash, &mut month.wallets, &mut month.packages, &mut month.faults, &mut month.ties] {
        report.rows.clear();
    }
    month.entries.clear();
    month.accounts.clear();
    let made = made(&month, &config(), Lang::En, "2026-11-02T01:00:00Z".parse().unwrap());
    assert!(!workbook(&made.book).unwrap().is_empty());
    assert!(!made.ties, "the ledger of the report has an amount, and the workbook none");
}

#[test]
fn csv_says_what_the_workbook_says_and_runs_nothing() {
    let mut month = month();
    month.entries[0].document = "=HYPERLINK(\"x\")".to_owned();
    let made = made(&month, &config(), Lang::Zh, "2026-11-02T01:00:00Z".parse().unwrap());
    let files = files(&made.book).unwrap();
    assert_eq!(files.len(), made.book.sheets.len());
    assert_eq!(files[0].0, "01 渠道汇总.csv");
    let text = String::from_utf8(files[0].1.clone()).unwrap();
    assert!(text.starts_with("\u{feff}渠道,权责费用,"), "{text}");
    assert!(text.contains("\r\n合计,24070.33,20070.00,1.000000,4,1012,23.78,"), "{text}");
    assert!(String::from_utf8(files[5].1.clone()).unwrap().contains("'=HYPERLINK"));
}

/// Converts with LibreOffice, every formula reckoned anew.
fn office(folder: &Path, file: &str) -> BTreeMap<String, Vec<Vec<String>>> {
    let profile = folder.join("profile/user");
    std::fs::create_dir_all(&profile).unwrap();
    let settings = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<oor:items xmlns:oor=\"http://openoffice.org/2001/registry\">\
         <item oor:path=\"/org.openoffice.Office.Calc/Formula/Load\"><prop oor:name=\"OOXMLRecalcMode\" oor:op=\"fuse\"><value>0</value></prop></item>\
         </oor:items>";
    std::fs::write(profile.join("registrymodifications.xcu"), settings).unwrap();
    let done = Command::new("soffice")
        .arg(format!("-env:UserInstallation=file://{}", folder.join("profile").display()))
        // Every sheet, as numbers and not as they are shown.
        .args(["--headless", "--convert-to", "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true,false,false,false,-1", file])
        .current_dir(folder)
        .output()
        .unwrap_or_else(|error| panic!("soffice: {error}; `cargo xtask test` installs it (libreoffice-calc-nogui)"));
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let stem = file.trim_end_matches(".xlsx");
    let made =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.extension().is_some_and(|e| e == "csv"));
    made.map(|path: PathBuf| {
        let name = path.file_stem().unwrap().to_str().unwrap().trim_start_matches(stem).trim_start_matches('-').to_owned();
        let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_path(&path).unwrap();
        (name, reader.records().map(|record| record.unwrap().iter().map(str::to_owned).collect()).collect())
    })
    .collect()
}

#[test]
fn libreoffice_opens_it_and_reckons_the_same() {
    for lang in [Lang::Zh, Lang::En] {
        let made = in_language(lang);
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("month.xlsx"), workbook(&made.book).unwrap()).unwrap();
        let sheets = office(folder.path(), "month.xlsx");
        assert_eq!(sheets.len(), made.book.sheets.len(), "{:?}", sheets.keys());
        let mut formulas = 0;
        for sheet in &made.book.sheets {
            let found = &sheets[&sheet.name];
            for (line, row) in sheet.rows.iter().chain(&sheet.total).enumerate() {
                for (column, cell) in row.iter().enumerate() {
                    let shown = found[line + ABOVE].get(column).map_or("", String::as_str);
                    let place = format!("{} row {line} column {column}: {cell:?}", sheet.name);
                    formulas += usize::from(matches!(cell, Cell::Formula(..) | Cell::Words(..)));
                    match cell {
                        Cell::Empty => assert_eq!(shown, "", "{place}"),
                        Cell::Text(text) | Cell::Words(_, text) => assert_eq!(shown, text, "{place}"),
                        Cell::Day(day) => assert_eq!(shown, day.to_string(), "{place}"),
                        Cell::Number(number) | Cell::Formula(_, number) => {
                            let read: f64 = shown.trim_end_matches('%').parse().unwrap_or_else(|_| panic!("{place}: {shown:?}"));
                            let read = if shown.ends_with('%') { read / 100.0 } else { read };
                            assert!((read - number.to_string().parse::<f64>().unwrap()).abs() < 1e-6, "{place}: {shown}");
                        }
                    }
                }
            }
        }
        assert!(formulas > 80, "{formulas}");
    }
}

/// Otherwise the test above would compare what we wrote with what we wrote.
#[test]
fn libreoffice_does_not_take_our_results_for_granted() {
    let mut file = Workbook::new();
    let page = file.add_worksheet().set_name("sum").unwrap();
    page.write_number(0, 0, 2).unwrap().write_number(1, 0, 3).unwrap();
    page.write_formula(2, 0, Formula::new("=SUM(A1:A2)").set_result("99")).unwrap();
    let folder = tempfile::tempdir().unwrap();
    file.save(folder.path().join("wrong.xlsx")).unwrap();
    assert_eq!(office(folder.path(), "wrong.xlsx")["sum"], [["2"], ["3"], ["5"]]);
}
