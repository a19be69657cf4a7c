//! What people get to read.

use std::path::Path;
use std::process::Command;

use calamine::{Data, Reader, Xlsx};
use inflow_actions::brief::{Facts, month, page, text};
use inflow_actions::workbook::{ABOVE, Cell, workbook};
use inflow_config::{BriefKind, Lang};
use rust_decimal::Decimal;
use serde_json::json;

use crate::company::{config, facts};

const PLANS: &str = "[[plan]]\nfrom = \"2026-10\"\nchannel = \"boss\"\napplications = 100\nattended = 20\nonboarded = 0\n[[plan]]\nfrom = \"2026-11\"\napplications = 150\n";

#[test]
fn a_day_is_read_on_a_phone() {
    let folder = tempfile::tempdir().unwrap();
    let config = config(folder.path(), "");
    let facts = facts(BriefKind::Day, "2026-11-27", "2026-11-27T10:30:00Z");
    let zh = text(&facts, &config, Lang::Zh);
    insta::assert_snapshot!("day-zh", zh);
    insta::assert_snapshot!("day-en", text(&facts, &config, Lang::En));
    for text in [zh, text(&facts, &config, Lang::En)] {
        assert!(!text.contains("hr01") && !text.contains("hr02"), "nobody is named");
        assert!(text.lines().count() < 40);
    }
}

#[test]
fn budgets_that_all_keep_are_not_said_to_be_none() {
    let folder = tempfile::tempdir().unwrap();
    let config = config(folder.path(), "");
    let mut facts = facts(BriefKind::Week, "2026-11-25", "2026-11-30T01:00:00Z");
    let kept = facts.budgets.rows.iter().find(|row| row["state"] == "within").unwrap().clone();
    facts.budgets.rows = vec![kept; 6];
    let said = page(&facts, &config, Lang::Zh);
    assert!(said.contains("6 项预算,均在预算内") && !said.contains("没有本月预算"));
    facts.budgets.rows.clear();
    assert!(page(&facts, &config, Lang::En).contains("finance.toml has no budget for this month."));
}

#[test]
fn a_week_is_one_page_that_needs_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let config = config(folder.path(), "");
    let facts = facts(BriefKind::Week, "2026-11-25", "2026-11-30T01:00:00Z");
    insta::assert_snapshot!("week-text-zh", text(&facts, &config, Lang::Zh));
    let page = page(&facts, &config, Lang::Zh);
    // The styles are a file of their own.
    let (head, body) = page.split_once("</style>").unwrap();
    insta::assert_snapshot!("week-zh", body);
    for outside in ["http://", "https://", "url(", "<script", "@import", "src="] {
        let inside = page.replace("xmlns=\"http://www.w3.org/2000/svg\"", "").replace("url(#hatch)", "");
        assert!(!inside.contains(outside), "{outside}");
    }
    assert!(head.contains("default-src 'none'"));
    assert!(body.contains("测试餐饮&lt;有限&gt;公司") && !body.contains("hr01"));
    // What was not delivered is neither a number nor like one that is zero.
    assert!(body.contains("<td>58同城</td><td class=\"bar\"><i style=\"width:0%\"></i><b>0</b></td>"), "{body}");
    assert!(body.contains("<td>猎聘</td><td class=\"bar\"><b><span class=\"nd\">无数据</span></b></td>"), "{body}");
    assert!(body.contains("<td>智联招聘 <i class=\"part\">数据不全 60.0%</i></td>"), "{body}");
    let english = inflow_actions::brief::page(&facts, &config, Lang::En);
    let chinese = |c: char| ('\u{4e00}'..='\u{9fff}').contains(&c);
    let names = english.replace("测试餐饮&lt;有限&gt;公司", "").replace("徐汇一店", "");
    assert!(!names.split_once("</style>").unwrap().1.contains(chinese), "{names}");
}

#[test]
fn a_months_sums_are_formulas_and_tie() {
    let folder = tempfile::tempdir().unwrap();
    let config = config(folder.path(), PLANS);
    let facts = facts(BriefKind::Month, "2026-11-05", "2026-12-01T01:00:00Z");
    let made = month(&facts, &config, Lang::Zh, facts.asked.now);
    assert!(made.ties, "{:?}", made.book.sheets.iter().find(|sheet| sheet.name == "勾稽"));
    let names: Vec<&str> = made.book.sheets.iter().map(|sheet| sheet.name.as_str()).collect();
    assert_eq!(names, ["渠道汇总", "公司合计", "简历", "到面", "入职", "费用与预算", "单位成本", "转化环节", "勾稽", "口径"]);
    let shown: Vec<String> = made
        .book
        .sheets
        .iter()
        .take(9)
        .map(|sheet| {
            let cell = |cell: &Cell| match cell {
                Cell::Empty => String::new(),
                Cell::Text(text) | Cell::Words(_, text) => text.clone(),
                Cell::Number(number) => number.to_string(),
                Cell::Day(day) => day.to_string(),
                Cell::Formula(formula, result) => format!("={formula} → {}", result.round_dp(4)),
            };
            let line = |row: &Vec<Cell>| row.iter().map(cell).collect::<Vec<_>>().join(" | ");
            let header = sheet.columns.iter().map(|column| column.header.as_str()).collect::<Vec<_>>().join(" | ");
            let rows: Vec<String> = sheet.rows.iter().chain(&sheet.total).map(line).collect();
            format!("## {}\n{header}\n{}", sheet.title, rows.join("\n"))
        })
        .collect();
    insta::assert_snapshot!("month-zh", shown.join("\n\n"));
    let bytes = workbook(&made.book).unwrap();
    let mut file: Xlsx<_> = calamine::open_workbook_from_rs(std::io::Cursor::new(bytes)).unwrap();
    let sheet = file.worksheet_range("简历").unwrap();
    let cell = |row: usize, column: u32| sheet.get_value(((row + ABOVE) as u32, column)).cloned().unwrap_or_default();
    assert_eq!((cell(0, 1), cell(0, 2), cell(0, 3)), (Data::Float(100.0), Data::Float(110.0), Data::Float(10.0)));
    assert_eq!((cell(2, 2), cell(3, 2)), (Data::Float(0.0), Data::Empty), "zero is a number, and what was not delivered is none");
    let english = month(&facts, &config, Lang::En, facts.asked.now).book;
    assert_eq!(english.sheets.len(), made.book.sheets.len());
    assert!(english.sheets.iter().all(|sheet| sheet.columns.iter().all(|column| column.header.is_ascii())));
}

/// Two channels whose stages a first pull found as they were: one tells events too, the other none.
fn found(facts: &mut Facts) {
    let row = |channel: &str, stage: &str, events: u64, observed: u64| {
        let row = json!({"channel": channel, "stage": stage, "events": events, "observed": observed, "status": "ok", "covered": 1.0});
        row.as_object().unwrap().clone()
    };
    facts.found.rows = vec![
        row("boss", "attended", 32, 855),
        row("boss", "onboarded", 6, 0),
        row("lagou", "attended", 0, 34),
        row("lagou", "onboarded", 0, 12),
        row("lagou", "applied", 0, 99),
        row("zhaopin", "attended", 16, 0),
    ];
    for counts in [&mut facts.counts, &mut facts.before] {
        counts.activity.channels.rows.extend(["attended", "onboarded"].map(|stage| row("lagou", stage, 0, 0)));
    }
}

/// What a connection's first pull found as it was has no day: it is in no count, it is said, and it is never taken for none.
#[test]
fn what_has_no_day_is_not_none() {
    let folder = tempfile::tempdir().unwrap();
    let config = config(folder.path(), "[[plan]]\nfrom = \"2026-10\"\nchannel = \"lagou\"\nattended = 5\n");
    let mut week = facts(BriefKind::Week, "2026-11-25", "2026-11-30T01:00:00Z");
    assert!(!text(&week, &config, Lang::Zh).contains("日期不详") && !page(&week, &config, Lang::Zh).contains("日期不详"));
    found(&mut week);
    let zh = "日期不详、未计入以上两期:到面 889,入职 12;BOSS直聘、拉勾首次拉取时已是如此";
    let en = "Of unknown day, in neither count: attended 889, onboarded 12; the first pull of BOSS Zhipin, Lagou found them so";
    for (lang, said) in [(Lang::Zh, zh), (Lang::En, en)] {
        assert!(text(&week, &config, lang).lines().any(|line| line == said), "{}", text(&week, &config, lang));
        assert!(page(&week, &config, lang).contains(said));
    }
    let shown = page(&week, &config, Lang::Zh);
    let line = shown.lines().find(|line| line.starts_with("<tr><td>拉勾")).unwrap();
    assert_eq!(line.matches("<td><span class=\"none\">日期不详</span></td>").count(), 2, "{line}");
    let line = shown.lines().find(|line| line.starts_with("<tr><td>BOSS直聘")).unwrap();
    assert!(line.contains("<td>16</td>") && !line.contains("日期不详"), "{line}");

    let mut of_month = facts(BriefKind::Month, "2026-11-05", "2026-12-01T01:00:00Z");
    found(&mut of_month);
    let made = month(&of_month, &config, Lang::Zh, of_month.asked.now);
    assert!(made.ties);
    let row = |sheet: &str, channel: &str| {
        let sheet = made.book.sheets.iter().find(|known| known.name == sheet).unwrap();
        sheet.rows.iter().find(|row| row[0] == Cell::text(channel)).unwrap().clone()
    };
    let came = row("到面", "拉勾");
    assert_eq!(
        (&came[2], &came[3], &came[5], &came[8]),
        (&Cell::Empty, &Cell::Empty, &Cell::Empty, &Cell::text("正常;另有 34 例日期不详"))
    );
    let came = row("到面", "BOSS直聘");
    assert_eq!((came[2].value(), &came[8]), (Decimal::from(16), &Cell::text("正常;另有 855 例日期不详")));
    assert_eq!(row("简历", "拉勾")[8], Cell::text("正常"));
    assert!(text(&of_month, &config, Lang::Zh).contains("\n  拉勾 到面 日期不详,计划 5\n"), "{}", text(&of_month, &config, Lang::Zh));
}

/// Groups get the text alone: plan, actual and gap of the month stand in it, of a day and a week nothing is planned.
#[test]
fn a_month_is_held_against_its_plan() {
    let folder = tempfile::tempdir().unwrap();
    let config = config(folder.path(), &format!("{PLANS}[[plan]]\nfrom = \"2026-09\"\nchannel = \"liepin\"\napplications = 40\n"));
    let of = |kind| facts(kind, "2026-11-05", "2026-12-01T01:00:00Z");
    let said = text(&of(BriefKind::Month), &config, Lang::Zh);
    let plan: Vec<&str> = said.lines().skip_while(|line| *line != "月度计划").take(6).collect();
    assert_eq!(
        plan,
        [
            "月度计划",
            "  公司 简历 122,计划 150,差距 -28,达成 81.3% 数据不全,覆盖 92.0%",
            "  BOSS直聘 简历 110,计划 100,差距 +10,达成 110.0%",
            "  BOSS直聘 到面 16,计划 20,差距 -4,达成 80.0%",
            "  BOSS直聘 入职 3,计划 0,差距 +3",
            "  猎聘 简历 无数据,计划 40",
        ]
    );
    assert!(text(&of(BriefKind::Month), &config, Lang::En).contains("\n  BOSS Zhipin attended 16, plan 20, gap -4, reached 80.0%\n"));
    assert!(!text(&of(BriefKind::Week), &config, Lang::Zh).contains("计划"));

    // Only of one channel: the company's plan is not that channel's.
    let mut only = of(BriefKind::Month);
    only.asked.channels = vec!["boss".to_owned()];
    let said = text(&only, &config, Lang::Zh);
    assert!(
        !said.contains("  公司 简历") && !said.contains("  猎聘 简历 无数据,计划") && said.contains("BOSS直聘 简历 110,计划 100"),
        "{said}"
    );

    // A channel that was planned and brought nothing at all has a line in every sheet.
    let mut bare = of(BriefKind::Month);
    for counts in [&mut bare.counts, &mut bare.before] {
        counts.volume.channels.rows.retain(|row| row["channel"] != "liepin");
    }
    let book = month(&bare, &config, Lang::Zh, bare.asked.now).book;
    let sheet = book.sheets.iter().find(|sheet| sheet.name == "简历").unwrap();
    let line = sheet.rows.iter().position(|row| row[0] == Cell::text("猎聘")).unwrap();
    assert_eq!(sheet.rows[line][1].value(), Decimal::from(40));
    assert_eq!(sheet.rows[line + 1][0], Cell::text("未分摊"), "what nobody can be named for stands last");
}

/// LibreOffice forgets the results that stand in the file and reckons each formula anew.
#[test]
fn libreoffice_reckons_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let config = config(folder.path(), PLANS);
    let facts = facts(BriefKind::Month, "2026-11-05", "2026-12-01T01:00:00Z");
    let made = month(&facts, &config, Lang::Zh, facts.asked.now);
    // Without results: whatever stands there afterwards was reckoned.
    let mut bare = made.book.clone();
    for cell in bare.sheets.iter_mut().flat_map(|sheet| sheet.rows.iter_mut().chain(&mut sheet.total)).flatten() {
        if let Cell::Formula(_, result) = cell {
            *result = Decimal::from(-77);
        }
    }
    std::fs::write(folder.path().join("month.xlsx"), workbook(&bare).unwrap()).unwrap();
    let reckoned = reckon(folder.path());
    let mut compared = 0;
    for (sheet, name) in made.book.sheets.iter().zip(reckoned.keys().cloned().collect::<Vec<_>>()) {
        assert_eq!(sheet.name, name);
        for (line, row) in sheet.rows.iter().chain(&sheet.total).enumerate() {
            for (column, cell) in row.iter().enumerate() {
                let Cell::Formula(formula, result) = cell else { continue };
                let found = reckoned[&name].get_value(((line + ABOVE) as u32, column as u32)).cloned().unwrap_or_default();
                let Data::Float(found) = found else { panic!("{name}: {formula} gave {found:?}") };
                let result: f64 = (*result).try_into().unwrap();
                assert!((found - result).abs() < 1e-9, "{name}: {formula} gave {found}, and the file says {result}");
                compared += 1;
            }
        }
    }
    assert!(compared > 100, "{compared}");
}

/// The sheets, in their order, after LibreOffice opened and wrote the file.
fn reckon(folder: &Path) -> Sheets {
    let registry = folder.join("profile/user");
    std::fs::create_dir_all(&registry).unwrap();
    let settings = "<?xml version=\"1.0\" encoding=\"UTF-8\"?><oor:items xmlns:oor=\"http://openoffice.org/2001/registry\">\
         <item oor:path=\"/org.openoffice.Office.Calc/Formula/Load\"><prop oor:name=\"OOXMLRecalcMode\" oor:op=\"fuse\"><value>0</value></prop></item>\
         </oor:items>";
    std::fs::write(registry.join("registrymodifications.xcu"), settings).unwrap();
    let profile = format!("-env:UserInstallation=file://{}", folder.join("profile").display());
    let out = folder.join("reckoned");
    let done = Command::new("soffice")
        .args([&profile, "--headless", "--convert-to", "xlsx:Calc MS Excel 2007 XML", "--outdir"])
        .arg(&out)
        .arg(folder.join("month.xlsx"))
        .output()
        .unwrap_or_else(|error| panic!("soffice: {error}; `cargo xtask test` installs it (libreoffice-calc-nogui)"));
    assert!(done.status.success(), "{done:?}");
    let mut file: Xlsx<_> = calamine::open_workbook(out.join("month.xlsx")).unwrap();
    let names = file.sheet_names();
    Sheets(names.into_iter().map(|name| (name.clone(), file.worksheet_range(&name).unwrap())).collect())
}

struct Sheets(Vec<(String, calamine::Range<Data>)>);

impl Sheets {
    fn keys(&self) -> impl Iterator<Item = &String> {
        self.0.iter().map(|(name, _)| name)
    }
}

impl std::ops::Index<&String> for Sheets {
    type Output = calamine::Range<Data>;

    fn index(&self, name: &String) -> &Self::Output {
        &self.0.iter().find(|(known, _)| known == name).unwrap().1
    }
}
