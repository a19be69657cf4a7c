//! The workbook of a company without an ATS: written by `init`, filled, imported, changed, imported again, and broken in
//! the ways that people break one.

use calamine::{Data, Reader, Xlsx, open_workbook};
use inflow_tests::{Answer, Company};
use rust_xlsxwriter::{ExcelDateTime, Format, Formula, Workbook, Worksheet};

/// What is written into a cell.
#[derive(Debug, Clone, PartialEq)]
enum Cell {
    Empty,
    Text(String),
    Number(f64),
    Day(String),
    Formula(&'static str, &'static str),
}

/// A workbook in the making: the sheets of the template with their rows.
#[derive(Debug, Clone)]
struct Book {
    sheets: Vec<(String, Vec<Vec<Cell>>)>,
    /// Sheet, first and last row, column; rows from 0.
    merged: Vec<(String, u32, u32, u16)>,
}

impl Book {
    /// The template as `init` wrote it, with its examples.
    fn template(company: &Company) -> Book {
        let mut book: Xlsx<_> = open_workbook(company.path().join("招聘台账.xlsx")).unwrap();
        let sheets = book.sheet_names().into_iter().map(|name| {
            let range = book.worksheet_range(&name).unwrap();
            let cell = |data: &Data| match data {
                Data::Empty => Cell::Empty,
                Data::Float(number) => Cell::Number(*number),
                Data::DateTime(time) => {
                    let (year, month, day, hour, minute, ..) = time.to_ymd_hms_milli();
                    let clock = if (hour, minute) == (0, 0) { String::new() } else { format!("T{hour:02}:{minute:02}") };
                    Cell::Day(format!("{year}-{month:02}-{day:02}{clock}"))
                }
                other => Cell::Text(other.to_string()),
            };
            (name, range.rows().map(|row| row.iter().map(cell).collect()).collect())
        });
        Book { sheets: sheets.collect(), merged: Vec::new() }
    }

    fn rows(&mut self, sheet: &str) -> &mut Vec<Vec<Cell>> {
        &mut self.sheets.iter_mut().find(|(name, _)| name == sheet).unwrap().1
    }

    /// Appends a row: column to value. Days are written as days, amounts as numbers, the rest as text.
    fn add(&mut self, sheet: &str, cells: &[(&str, &str)]) {
        let header: Vec<String> = self.header(sheet);
        let mut row = vec![Cell::Empty; header.len()];
        for (name, text) in cells {
            let at = header.iter().position(|other| other == name).unwrap_or_else(|| panic!("{sheet} has no column {name}"));
            row[at] = typed(name, text);
        }
        self.rows(sheet).push(row);
    }

    fn header(&mut self, sheet: &str) -> Vec<String> {
        let names = self.rows(sheet)[0].iter().map(|cell| match cell {
            Cell::Text(name) => name.trim_end_matches('*').to_owned(),
            other => panic!("{other:?} in a header"),
        });
        names.collect()
    }

    /// The cell of the row that begins with `first`.
    fn cell(&mut self, sheet: &str, first: &str, column: &str) -> &mut Cell {
        let at = self.header(sheet).iter().position(|name| name == column).unwrap();
        let row = self.rows(sheet).iter_mut().find(|row| row[0] == Cell::Text(first.to_owned())).unwrap();
        &mut row[at]
    }

    fn save(&self, company: &Company) {
        let mut book = Workbook::new();
        for (name, rows) in &self.sheets {
            let sheet = book.add_worksheet().set_name(name).unwrap();
            for (row, cells) in (0u32..).zip(rows) {
                for (column, cell) in (0u16..).zip(cells) {
                    write(sheet, row, column, cell);
                }
            }
            for (_, first, last, column) in self.merged.iter().filter(|(other, ..)| other == name) {
                let Cell::Text(text) = &rows[*first as usize][*column as usize] else { panic!("text is merged") };
                sheet.merge_range(*first, *column, *last, *column, text, &Format::new()).unwrap();
            }
        }
        book.save(company.path().join("招聘台账.xlsx")).unwrap();
    }
}

fn typed(column: &str, text: &str) -> Cell {
    let is_day = text.len() >= 10 && text.as_bytes()[4] == b'-' && text.starts_with("20");
    match text.parse::<f64>() {
        Ok(number) if !["手机", "工号"].contains(&column) => Cell::Number(number),
        _ if is_day => Cell::Day(text.replace(' ', "T")),
        _ => Cell::Text(text.to_owned()),
    }
}

fn write(sheet: &mut Worksheet, row: u32, column: u16, cell: &Cell) {
    let day = Format::new().set_num_format("yyyy-mm-dd hh:mm");
    match cell {
        Cell::Empty => {}
        Cell::Text(text) => drop(sheet.write(row, column, text).unwrap()),
        Cell::Number(number) => drop(sheet.write(row, column, *number).unwrap()),
        Cell::Day(text) => drop(sheet.write_with_format(row, column, ExcelDateTime::parse_from_str(text).unwrap(), &day).unwrap()),
        Cell::Formula(formula, result) => drop(sheet.write_formula(row, column, Formula::new(*formula).set_result(*result)).unwrap()),
    }
}

/// A folder as `init` leaves it, with fixed keys and a clock that is set from day to day.
fn company() -> Company {
    let company = Company::new();
    company.run(&["init", "--template", "zh-sme"]).ok();
    set_day(&company, "2026-10-01");
    company
}

fn set_day(company: &Company, day: &str) {
    let settings = std::fs::read_to_string(company.path().join("inflow.toml")).unwrap();
    let before = settings.split("\n[clock]").next().unwrap().to_owned();
    company.write("inflow.toml", format!("{before}\n[clock]\nfixed = \"{day}T09:00:00+08:00\"\n"));
}

fn import(company: &Company) -> Answer {
    company.run(&["run", "--once", "--connection", "ledger"])
}

/// Three people, an opening, an interview, somebody who started, two costs and a day of counts.
fn filled(company: &Company) -> Book {
    let mut book = Book::template(company);
    book.add("需求", &[("需求编号", "R-01"), ("岗位", "店员"), ("人数", "3"), ("原因", "扩编"), ("提出日期", "2026-09-01")]);
    let person = |name: &'static str, phone: &'static str, channel: &'static str, day: &'static str| {
        vec![("姓名", name), ("手机", phone), ("渠道", channel), ("需求编号", "R-01"), ("岗位", "店员"), ("投递日期", day)]
    };
    let mut first = person("测试壬", "19900001001", "BOSS直聘", "2026-09-10");
    first.extend([("约面日期", "2026-09-11"), ("阶段", "已约面"), ("阶段日期", "2026-09-11")]);
    book.add("人员", &first);
    let mut second = person("测试癸", "19900001002", "智联", "2026-09-11");
    second.extend([("阶段", "不合适"), ("阶段日期", "2026-09-12"), ("原因", "时间对不上")]);
    book.add("人员", &second);
    let mut third = person("测试子", "19900001003", "内推", "2026-09-12");
    third.extend([("阶段", "已投递"), ("阶段日期", "2026-09-12")]);
    book.add("人员", &third);
    book.add(
        "面试",
        &[
            ("姓名", "测试壬"),
            ("手机", "19900001001"),
            ("轮次", "初试"),
            ("面试方式", "现场"),
            ("约面日期", "2026-09-11"),
            ("面试时间", "2026-09-13 14:00"),
            ("结果", "已确认"),
        ],
    );
    book.add("入职", &[("姓名", "测试丑"), ("手机", "19900001004"), ("渠道", "内推"), ("约定入职", "2026-09-20"), ("状态", "待入职")]);
    let cost = [("渠道", "BOSS直聘"), ("费用类型", "订阅"), ("含税金额", "1060.5"), ("税率", "0.06"), ("单据号", "D-9")];
    book.add("费用", &[&[("日期", "2026-09-01")], &cost[..]].concat());
    book.add("费用", &[("日期", "2026-09-02"), ("渠道", "抖音"), ("费用类型", "日结"), ("含税金额", "88"), ("单据号", "D-10")]);
    book.add("每日数据", &[("日期", "2026-09-01"), ("渠道", "BOSS直聘"), ("我看过", "120"), ("收获简历", "9")]);
    book
}

fn rows(company: &Company, sql: &str) -> Vec<String> {
    company.query(sql).lines().map(str::to_owned).collect()
}

const APPLICATIONS: &str = "SELECT channel, status, toString(toDate(applied_at, 'Asia/Shanghai')), title FROM inflow.applications FINAL WHERE deleted = 0 ORDER BY applied_at";

#[test]
fn filled_imported_changed_and_imported_again() {
    let company = company();
    // As it was written it holds examples only, and those are not read.
    import(&company).ok();
    assert_eq!(company.query("SELECT count() FROM inflow.applications").trim(), "0");

    let mut book = filled(&company);
    book.save(&company);
    import(&company).ok();
    assert_eq!(
        rows(&company, APPLICATIONS),
        ["boss\topen\t2026-09-10\t店员", "zhaopin\trejected\t2026-09-11\t店员", "referral\topen\t2026-09-12\t店员"]
    );
    assert_eq!(
        rows(&company, "SELECT source_id, heads, reason, status, opened_on FROM inflow.requisitions FINAL"),
        ["R-01\t3\texpansion\topen\t2026-09-01"]
    );
    assert_eq!(
        rows(&company, "SELECT kind, round, result, scheduled_at FROM inflow.invitations FINAL"),
        ["onsite\t初试\tconfirmed\t2026-09-13 06:00:00.000"]
    );
    assert_eq!(rows(&company, "SELECT channel, status, agreed_on FROM inflow.employment FINAL"), ["referral\tagreed\t2026-09-20"]);
    assert_eq!(
        rows(&company, "SELECT channel, kind, gross, net FROM inflow.spend FINAL WHERE deleted = 0 ORDER BY booked_on"),
        ["boss\tsubscription\t1060.5\t1000.47", "douyin\tdaily\t88\t88"]
    );
    assert_eq!(rows(&company, "SELECT channel, viewed_by_us, resumes FROM inflow.channel_daily FINAL"), ["boss\t120\t9"]);
    assert_eq!(company.query("SELECT count() FROM inflow_state.quarantine").trim(), "0");
    assert!(!inflow_tests::landing_text(&company.path().join("inflow-data")).contains("测试壬"));

    // The same workbook again, sorted differently and with a row of its own above: nothing is new.
    let ids = rows(&company, "SELECT source_id FROM inflow.applications ORDER BY source_id");
    let versions = "SELECT source_id, version FROM inflow.applications FINAL ORDER BY source_id";
    let before = rows(&company, versions);
    set_day(&company, "2026-10-02");
    book.rows("人员")[1..].reverse();
    book.save(&company);
    let answer = import(&company).ok();
    assert!(answer.err.contains(" 0 new or changed"), "{}", answer.err);
    assert_eq!(rows(&company, versions), before);

    // One moved on, one was deleted, one is new in the middle; an opening was filled, a cost deleted, an interview missed.
    set_day(&company, "2026-10-03");
    *book.cell("人员", "测试壬", "阶段") = Cell::Text("已录用".into());
    *book.cell("人员", "测试壬", "阶段日期") = Cell::Day("2026-09-15".into());
    book.rows("人员").retain(|row| row[0] != Cell::Text("测试癸".into()));
    book.add(
        "人员",
        &[("姓名", "测试寅"), ("手机", "19900001005"), ("渠道", "58"), ("岗位", "店员"), ("投递日期", "2026-09-20"), ("阶段", "已投递")],
    );
    let people = book.rows("人员");
    let last = people.pop().unwrap();
    people.insert(2, last);
    *book.cell("需求", "R-01", "状态") = Cell::Text("已招满".into());
    *book.cell("面试", "测试壬", "结果") = Cell::Text("爽约".into());
    let at = book.header("费用").iter().position(|name| name == "单据号").unwrap();
    book.rows("费用").retain(|row| row[at] != Cell::Text("D-10".into()));
    book.save(&company);
    import(&company).ok();
    assert_eq!(
        rows(&company, APPLICATIONS),
        ["boss\topen\t2026-09-10\t店员", "referral\topen\t2026-09-12\t店员", "wuba58\topen\t2026-09-20\t店员"]
    );
    let kept = rows(&company, "SELECT source_id FROM inflow.applications FINAL ORDER BY source_id");
    assert_eq!((kept.len(), kept.iter().filter(|id| ids.contains(id)).count()), (3, 2), "ids stay: {ids:?} {kept:?}");
    // Readers never see what was withdrawn.
    let sql = "SELECT DISTINCT source_id FROM inflow.applications WHERE deleted = 1 SETTINGS final = 0";
    let withdrawn = company.run(&["query", sql, "--write", "--format", "TSV"]).ok().out;
    let withdrawn: Vec<String> = withdrawn.lines().map(str::to_owned).collect();
    assert_eq!((withdrawn.len(), withdrawn.iter().filter(|id| ids.contains(id)).count()), (1, 1), "{withdrawn:?}");
    assert_eq!(
        rows(
            &company,
            "SELECT stage, toString(toDate(entered_at, 'Asia/Shanghai')) FROM inflow.application_stages WHERE channel = 'boss' AND precision != 'implied' ORDER BY stage_rank"
        ),
        ["applied\t2026-09-10", "invited\t2026-09-11", "accepted\t2026-09-15"]
    );
    assert_eq!(rows(&company, "SELECT status FROM inflow.requisitions FINAL"), ["filled"]);
    assert_eq!(rows(&company, "SELECT result FROM inflow.invitations FINAL"), ["no_show"]);
    assert_eq!(rows(&company, "SELECT channel FROM inflow.spend FINAL WHERE deleted = 0"), ["boss"]);
}

/// What the command says when the workbook is broken in one way, and that nothing of that sheet was taken.
fn complaint(company: &Company, filled: &Book, break_it: impl FnOnce(&mut Book)) -> String {
    let mut book = filled.clone();
    break_it(&mut book);
    book.save(company);
    let answer = import(company);
    assert_eq!(answer.code, 3, "{}", answer.err);
    assert_eq!(company.query("SELECT count() FROM inflow.applications").trim(), "0", "a broken sheet was taken");
    let line = answer.err.lines().find(|line| line.starts_with("error: ")).unwrap();
    let (_, said) = line.split_once("招聘台账.xlsx: ").unwrap_or_else(|| panic!("{line}"));
    said.to_owned()
}

#[test]
fn one_clear_sentence_for_each_mistake() {
    let company = company();
    let filled = filled(&company);
    let renamed = complaint(&company, &filled, |book| {
        let at = book.header("人员").iter().position(|name| name == "渠道").unwrap();
        book.rows("人员")[0][at] = Cell::Text("来源渠道".into());
    });
    assert_eq!(renamed, "sheet 人员, row 1: the column 渠道 is missing (did you mean 来源渠道?)");
    let merged = complaint(&company, &filled, |book| {
        let at = book.header("人员").iter().position(|name| name == "渠道").unwrap() as u16;
        book.merged.push(("人员".into(), 4, 6, at));
    });
    assert_eq!(merged, "sheet 人员, cell D5: the cells D5:D7 are merged, so that only one of them has a value (渠道)");
    let text = complaint(&company, &filled, |book| *book.cell("人员", "测试壬", "投递日期") = Cell::Text("上周五".into()));
    assert_eq!(text, "sheet 人员, cell K5: \"上周五\" is no date that can be read (投递日期)");
    let formula =
        complaint(&company, &filled, |book| *book.cell("人员", "测试癸", "渠道") = Cell::Formula("=VLOOKUP(A6,选项!A:B,2,0)", "#REF!"));
    assert_eq!(formula, "sheet 人员, cell D6: the formula of 渠道 gives #REF!");
    let sheet = complaint(&company, &filled, |book| book.sheets[1].0 = "应聘人员".into());
    assert_eq!(sheet, "there is no sheet 人员 (did you mean 应聘人员?)");

    // Nothing of the broken workbooks was taken, not even their good sheets.
    assert_eq!(company.query("SELECT count() FROM inflow.requisitions").trim(), "0");
    // A date as text that can be read is a date.
    let mut book = filled.clone();
    *book.cell("人员", "测试壬", "投递日期") = Cell::Text("2026年9月10日".into());
    book.save(&company);
    import(&company).ok();
    assert_eq!(rows(&company, APPLICATIONS).first().unwrap(), "boss\topen\t2026-09-10\t店员");
    assert_eq!(company.query("SELECT count() FROM inflow.requisitions FINAL").trim(), "1");
}

#[test]
fn one_sheet_is_imported_by_its_kind() {
    let company = company();
    filled(&company).save(&company);
    company.run(&["import", "spend", "招聘台账.xlsx", "--connection", "ledger"]).ok();
    assert_eq!(company.query("SELECT count() FROM inflow.spend").trim(), "2");
    assert_eq!(company.query("SELECT count() FROM inflow.applications").trim(), "0");
}
