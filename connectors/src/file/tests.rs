//! Files as people deliver them, and the one sentence that each mistake gets.

use rstest::rstest;
use rust_xlsxwriter::{Format, Formula, Workbook, Worksheet};
use serde_json::{Value, json};

use super::{Delivery, Fit, Row, RowPlace};
use crate::spec::{Stream, parse_mapping};

/// Records of a file by a mapping, or the sentence.
fn read(name: &str, bytes: &[u8], stream: &Stream) -> Result<Vec<Row>, String> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    std::fs::write(&path, bytes).unwrap();
    let rows = Delivery::open(&path).and_then(|delivery| match delivery.fit(stream, true) {
        Fit::Rows(source) => delivery.rows(stream, source),
        Fit::Broken(error) => Err(error),
        Fit::Other(need) => panic!("{need}"),
    });
    rows.map_err(|error| error.message.replace(&format!("{}/", folder.path().display()), ""))
}

fn postings(extra: &str) -> Stream {
    parse_mapping(&format!("kind = \"postings\"\n{extra}\nfields.title = \"职位\"\n"), "m.toml").unwrap()
}

fn values(rows: Result<Vec<Row>, String>) -> Vec<Value> {
    rows.unwrap().into_iter().map(|row| row.record).collect()
}

#[test]
fn csv_with_quotes_semicolons_and_totals() {
    let text = "导出时间：今天\n职位;城市\n\"厨师;长\";上海\n;\n合计;1\n";
    for extra in ["file = { skip_lines = 1, skip_rows = [\"合计\"] }", "file = { skip_rows = [\"合*\"] }"] {
        let found = read("a.csv", text.as_bytes(), &postings(extra)).unwrap();
        assert_eq!(found, [Row { place: RowPlace::line(3), record: json!({"职位": "厨师;长", "城市": "上海"}) }]);
    }
}

#[test]
fn csv_in_gbk() {
    let (bytes, _, _) = encoding_rs::GBK.encode("职位,城市\n厨师,上海\n");
    assert_eq!(read("a.csv", &bytes, &postings("")).unwrap().len(), 1);
}

#[rstest]
#[case("a.csv", "职位,城市\n厨师\n", "a.csv: line 2: 1 cells, but the header has 2")]
#[case("a.csv", "职位,城市,职位\n", "a.csv: line 1, column 3: two columns are called 职位")]
#[case("a.csv", "", "a.csv: there is no header with the columns 职位")]
#[case("a.csv", "测试甲,19900001111\n", "a.csv: there is no header with the columns 职位")]
#[case("a.ndjson", "{\"职位\": 1}\n{\"职位\": }\n", "a.ndjson: line 2, column 8: expected value")]
#[case("a.ndjson", "[1]\n", "a.ndjson: line 1: expected an object, found a list")]
#[case("a.json", "{\"jobs\": []}", "a.json: the document is an object instead of a list")]
#[case("a.bin", "x", "a.bin: its ending does not say what it is")]
#[case("a.xlsx", "职位,城市\n", "a.xlsx: it is not a workbook that can be read: ")]
fn errors_name_file_line_and_column(#[case] name: &str, #[case] text: &str, #[case] expected: &str) {
    let error = read(name, text.as_bytes(), &postings("")).unwrap_err();
    assert!(error.starts_with(expected), "{error}");
}

#[test]
fn json_with_nan_is_read() {
    let text = br#"{"jobs": [{"a": NaN, "b": "NaN \" NaN", "c": -Infinity}]}"#;
    assert_eq!(values(read("a.json", text, &postings("records = \"jobs\""))), [json!({"a": null, "b": "NaN \" NaN", "c": null})]);
}

#[test]
fn a_date_of_a_statement_that_cannot_be_read_is_left_to_its_check() {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    for (row, cells) in [["日期", "金额"], ["45901", "5"], ["上周五", "6"], ["合计", "11"]].iter().enumerate() {
        for (column, cell) in cells.iter().enumerate() {
            match cell.parse::<f64>() {
                Ok(number) => sheet.write(row as u32, column as u16, number).unwrap(),
                Err(_) => sheet.write(row as u32, column as u16, *cell).unwrap(),
            };
        }
    }
    let text = "kind = \"spend\"\n[fields]\nchannel = { default = \"boss\" }\nkind = { default = \"cpc\" }\nbooked_on = \"日期\"\nnet = \"金额\"\n";
    let found = read("a.xlsx", &book.save_to_buffer().unwrap(), &parse_mapping(text, "m.toml").unwrap());
    // A day whose format got lost is a day all the same.
    assert_eq!(values(found), [json!({"日期": "2025-09-01", "金额": "5"}), json!({"日期": "上周五", "金额": "6"})]);
}

const PEOPLE: &str = r#"
kind = "applications"
identity.name = "姓名"
identity.phone = "手机"
fields.source_word = "渠道"
fields.applied_at = "投递时间"
"#;

/// A workbook with one sheet 人员: a title, then this header, then what `fill` writes from row 3 on.
fn people(header: &[&str], fill: impl FnOnce(&mut Worksheet)) -> Vec<u8> {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet().set_name("人员").unwrap();
    sheet.merge_range(0, 0, 0, header.len() as u16 - 1, "二〇二六年招聘台账", &Format::new()).unwrap();
    for (column, name) in header.iter().enumerate() {
        sheet.write(1, column as u16, *name).unwrap();
    }
    fill(sheet);
    book.save_to_buffer().unwrap()
}

const HEADER: [&str; 5] = ["姓名", "手机", "渠道", "投递时间", "备注"];

fn people_stream() -> Stream {
    parse_mapping(PEOPLE, "m.toml").unwrap()
}

fn people_error(header: &[&str], fill: impl FnOnce(&mut Worksheet)) -> String {
    read("招聘台账.xlsx", &people(header, fill), &people_stream()).unwrap_err()
}

fn write_row(sheet: &mut Worksheet, row: u32, cells: &[&str]) {
    for (column, text) in cells.iter().enumerate().filter(|(_, text)| !text.is_empty()) {
        sheet.write(row, column as u16, *text).unwrap();
    }
}

#[test]
fn a_cell_is_what_a_person_sees_in_it() {
    let bytes = people(&["姓名*", "手 机", "渠道", "投递时间", "工号", "期望", "在职", "比例", "备注"], |sheet| {
        write_row(sheet, 2, &["测试甲", "", "BOSS", "", "", "", "", "", " "]);
        sheet.write(2, 1, 19_900_000_001.0).unwrap();
        sheet.write_with_format(2, 3, 46266.4375, &Format::new().set_num_format("yyyy-mm-dd hh:mm")).unwrap();
        sheet.write_with_format(2, 4, 42, &Format::new().set_num_format("00000")).unwrap();
        sheet.write_formula(2, 5, Formula::new("=0.1+0.2").set_result("0.30000000000000004")).unwrap();
        sheet.write(2, 6, true).unwrap();
        sheet.write_with_format(2, 7, 0.06, &Format::new().set_num_format("0%")).unwrap();
        write_row(sheet, 3, &["测试乙", "019900000002", "BOSS", "2026/9/2 9:05"]);
        sheet.write_with_format(4, 3, 46_268, &Format::new().set_num_format("m/d")).unwrap();
        write_row(sheet, 4, &["测试丙"]);
        write_row(sheet, 5, &["测试丁", "", "", "-"]);
        // A date whose format got lost, and a numbered row that nobody filled in.
        write_row(sheet, 6, &["测试戊"]);
        sheet.write(6, 3, 46_269).unwrap();
        sheet.write(7, 8, 6).unwrap();
    });
    let rows = read("a.xlsx", &bytes, &people_stream()).unwrap();
    let column = |name: &str| -> Vec<Value> { rows.iter().map(|row| row.record.get(name).cloned().unwrap_or_default()).collect() };
    assert_eq!(column("手机"), [json!("19900000001"), json!("019900000002"), Value::Null, Value::Null, Value::Null]);
    assert_eq!(
        column("投递时间"),
        [json!("2026-09-01T10:30:00"), json!("2026/9/2 9:05"), json!("2026-09-03"), Value::Null, json!("2026-09-04")]
    );
    let first = &rows.first().unwrap().record;
    let seen: Vec<&Value> = ["姓名", "工号", "期望", "在职", "比例", "备注"].iter().map(|name| first.get(*name).unwrap()).collect();
    assert_eq!(json!(seen), json!(["测试甲", "00042", "0.3", "TRUE", "0.06", null]));
    assert_eq!(rows.first().unwrap().place.to_string(), "sheet 人员, row 3");
}

#[test]
fn a_renamed_column() {
    let error = people_error(&["姓名", "手机", "来源渠道", "投递日期"], |_| {});
    assert_eq!(
        error,
        "招聘台账.xlsx: sheet 人员, row 2: the columns 投递时间 (did you mean 投递日期?), 渠道 (did you mean 来源渠道?) are missing"
    );
    let error = people_error(&["姓名", "渠道", "投递时间"], |_| {});
    assert_eq!(error, "招聘台账.xlsx: sheet 人员, row 2: the column 手机 is missing");
    // A column that may be missing is not missed.
    let mut stream = people_stream();
    stream.file = Some(crate::spec::FileForm { optional: vec!["手机".into()], ..Default::default() });
    assert_eq!(read("a.xlsx", &people(&["姓名", "渠道", "投递时间"], |_| {}), &stream), Ok(Vec::new()));
}

#[test]
fn merged_cells() {
    let down = |sheet: &mut Worksheet| {
        for (row, name) in [(2, "测试甲"), (3, "测试乙"), (4, "测试丙")] {
            write_row(sheet, row, &[name, "", "", "2026-09-01"]);
        }
        sheet.merge_range(2, 2, 4, 2, "BOSS", &Format::new()).unwrap();
    };
    assert_eq!(
        people_error(&HEADER, down),
        "招聘台账.xlsx: sheet 人员, cell C3: the cells C3:C5 are merged, so that only one of them has a value (渠道)"
    );
    // Beside the data, or below it, merged cells harm nobody.
    let beside = people(&HEADER, |sheet| {
        write_row(sheet, 2, &["测试甲", "", "BOSS", "2026-09-01"]);
        sheet.merge_range(2, 4, 4, 5, "备注", &Format::new()).unwrap();
    });
    assert_eq!(read("a.xlsx", &beside, &people_stream()).unwrap().len(), 1);
}

#[test]
fn a_header_of_two_rows() {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet().set_name("人员").unwrap();
    sheet.merge_range(0, 0, 1, 0, "姓名", &Format::new()).unwrap();
    sheet.merge_range(0, 1, 0, 3, "应聘", &Format::new()).unwrap();
    write_row(sheet, 1, &["", "手机", "渠道", "投递时间"]);
    write_row(sheet, 2, &["测试甲", "19900000001", "BOSS", "2026-09-01"]);
    let rows = values(read("a.xlsx", &book.save_to_buffer().unwrap(), &people_stream()));
    assert_eq!(rows, [json!({"姓名": "测试甲", "手机": "19900000001", "渠道": "BOSS", "投递时间": "2026-09-01"})]);
}

#[test]
fn a_date_as_text() {
    let row = |text: &'static str| move |sheet: &mut Worksheet| write_row(sheet, 2, &["测试甲", "", "BOSS", text]);
    assert_eq!(
        people_error(&HEADER, row("下周三")),
        "招聘台账.xlsx: sheet 人员, cell D3: \"下周三\" is no date that can be read (投递时间)"
    );
    // What stands there may be a person.
    for text in ["测试乙", "19900000002"] {
        assert_eq!(
            people_error(&HEADER, row(text)),
            "招聘台账.xlsx: sheet 人员, cell D3: the text there is no date that can be read (投递时间)"
        );
    }
    for text in ["2026年9月1日", "2026.9.1", "2026/9/1 10:30", "——"] {
        assert!(read("a.xlsx", &people(&HEADER, row(text)), &people_stream()).is_ok(), "{text}");
    }
}

#[test]
fn a_formula_error() {
    let failed = |column: u16| {
        move |sheet: &mut Worksheet| {
            write_row(sheet, 2, &["测试甲"]);
            sheet.write_formula(2, column, Formula::new("=VLOOKUP(A3,X:Y,2,0)").set_result("#N/A")).unwrap();
        }
    };
    assert_eq!(people_error(&HEADER, failed(2)), "招聘台账.xlsx: sheet 人员, cell C3: the formula of 渠道 gives #N/A");
    assert!(read("a.xlsx", &people(&HEADER, failed(4)), &people_stream()).is_ok(), "nobody reads that column");
    let empty = |sheet: &mut Worksheet| {
        write_row(sheet, 2, &["测试甲"]);
        sheet.write_formula(2, 2, Formula::new("=A3&\"\"").set_result("")).unwrap();
    };
    let read = read("a.xlsx", &people(&HEADER, empty), &people_stream());
    assert!(read.as_ref().is_ok_and(|rows| rows.len() == 1), "a formula may well give an empty text: {read:?}");
}

#[test]
fn sheets_of_a_workbook() {
    let mut book = Workbook::new();
    for (name, visible) in [("说明", true), ("8月", true), ("9月", true), ("旧", false)] {
        let sheet = book.add_worksheet().set_name(name).unwrap();
        sheet.set_hidden(!visible);
        if name == "说明" {
            sheet.set_active(true);
            write_row(sheet, 0, &["请勿修改表头"]);
        } else {
            write_row(sheet, 0, &["职位", "城市"]);
            write_row(sheet, 1, &[name, "上海"]);
        }
    }
    let bytes = book.save_to_buffer().unwrap();
    let titles = |extra: &str| -> Result<Vec<Value>, String> {
        let rows = read("a.xlsx", &bytes, &postings(extra))?;
        Ok(rows.into_iter().map(|row| row.record.get("职位").cloned().unwrap_or_default()).collect())
    };
    assert_eq!(titles("").unwrap_err(), "a.xlsx: the sheets 8月, 9月 all have the columns of postings");
    assert_eq!(titles("file = { sheet = \"9月\" }").unwrap(), [json!("9月")]);
    assert_eq!(titles("file = { sheet = [\"*月\"] }").unwrap(), [json!("8月"), json!("9月")]);
    assert_eq!(titles("file = { sheet = \"旧\" }").unwrap(), [json!("旧")]);
    assert_eq!(titles("file = { sheet = \"9月份\" }").unwrap_err(), "a.xlsx: there is no sheet 9月份 (did you mean 9月?)");
    assert_eq!(titles("file = { sheet = \"说明\" }").unwrap_err(), "a.xlsx: sheet 说明: there is no header with the columns 职位");
    assert_eq!(
        titles("file = { format = \"csv\" }").unwrap_err(),
        "a.xlsx: it is a workbook (xlsx, xls, ods), and postings is read from a csv file"
    );
}
