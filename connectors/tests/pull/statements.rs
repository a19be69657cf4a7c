//! Ledger statements: taken whole or not at all, and the same ledger however often and in whatever parts they come.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::path::PathBuf;

use inflow_config::{Connection, Explain, Lang};
use inflow_connectors::landing::list_segments;
use inflow_connectors::spec::Kind;
use inflow_connectors::{Note, PullErrorKind, PullOutcome, StatementFault, StatementPlace};
use proptest::prelude::*;
use rust_xlsxwriter::Workbook;

use crate::support::{Checked, Rig};

const MAPPING: &str = "kind = \"spend\"\nfile = { skip_rows = [\"合计*\"] }\n[fields]\nchannel = { default = \"boss\" }\n\
    booked_on = \"日期\"\nkind = { default = \"cpc\" }\ngross = { first_of = [\"花费\", \"金额\"] }\n";

fn fault(place: StatementPlace, column: &str, hint: &str) -> StatementFault {
    let note = |en: &str, zh: &str| Note { en: en.to_owned(), zh: zh.to_owned() };
    StatementFault { place, column: column.to_owned(), said: note("it is wrong", "有错"), hint: note(hint, &format!("中文{hint}")) }
}

async fn import(rig: &Rig, file: &PathBuf) -> PullOutcome {
    let mapping = rig.file("m.toml", MAPPING);
    rig.import(&Connection::new("wallet", "file"), Kind::Spend, std::slice::from_ref(file), Some(&mapping)).await
}

#[tokio::test]
async fn a_statement_with_a_fault_waits_as_a_whole() {
    let rig = Rig::new();
    let file =
        rig.file("9月.csv", "九月账单,,\n日期,项目,金额\n2026-09-01,甲,1\n\n2026-09-02,\"乙\n丙\",2\n2026-09-03,丁,3\n合计(3笔),,6\n");
    *rig.world.faults.lock().unwrap() = vec![fault(StatementPlace::Line(2), "gross", "look")];
    let error = import(&rig, &file).await.error.unwrap();
    let place = format!("wallet: {}", file.display());
    assert_eq!((error.kind, error.exit_code()), (PullErrorKind::File, 1));
    assert_eq!(error.to_string(), format!("{place}: row 7, column 金额: it is wrong"));
    assert_eq!(error.hint().unwrap(), "look; nothing of the file was taken: correct it, then import it again");
    let (message, hint) = error.said(Lang::Zh);
    assert_eq!(message, format!("{place}: 第 7 行“金额”列:有错"));
    assert_eq!(hint.unwrap(), "中文look;该文件一行也未导入,改正后请重新导入");
    assert!(list_segments(&rig.data_dir()).unwrap().is_empty());
    assert_eq!(*rig.world.checked.lock().unwrap(), Checked { rows: vec![3, 5, 7], sums: vec![("合计(3笔)".to_owned(), 3)] });

    rig.world.faults.lock().unwrap().clear();
    let outcome = import(&rig, &file).await;
    assert_eq!((outcome.error, outcome.fetched, outcome.landed), (None, 3, 3));
    assert_eq!(import(&rig, &file).await.landed, 0);
}

#[tokio::test]
async fn every_fault_is_said_in_the_order_of_the_rows() {
    let rig = Rig::new();
    let mut book = Workbook::new();
    let sheet = book.add_worksheet().set_name("账单").unwrap();
    for (row, cells) in [["日期", "花费"], ["2026-09-01", "1"], ["2026-09-02", "2"], ["合计", "3"], ["2026-09-03", "4"]].iter().enumerate()
    {
        for (column, cell) in cells.iter().enumerate() {
            sheet.write_string(row as u32, column as u16, *cell).unwrap();
        }
    }
    let file = rig.file("a.xlsx", book.save_to_buffer().unwrap());
    let of = |places: &[StatementPlace]| places.iter().map(|place| fault(*place, "booked_on", "look")).collect::<Vec<_>>();
    let mut faults = of(&[StatementPlace::Line(2), StatementPlace::Sum(0)]);
    faults.push(fault(StatementPlace::Line(0), "net", "count again"));
    *rig.world.faults.lock().unwrap() = faults;
    let error = import(&rig, &file).await.error.unwrap();
    assert_eq!(
        error.message,
        "nothing of it was taken, 3 things are wrong in it:\n  \
         a.xlsx: sheet 账单, row 2, column 花费: it is wrong\n  \
         a.xlsx: sheet 账单, row 4, column 日期: it is wrong\n  \
         a.xlsx: sheet 账单, row 5, column 日期: it is wrong"
    );
    assert!(error.hint().unwrap().starts_with("count again; look; nothing of the file"), "{error:?}");
    assert!(error.said(Lang::Zh).0.contains("\n  a.xlsx: 工作表 账单 第 4 行“日期”列:有错"), "{error:?}");
    *rig.world.faults.lock().unwrap() = of(&[StatementPlace::Line(0); 23]);
    let error = import(&rig, &file).await.error.unwrap();
    assert_eq!((error.message.lines().count(), error.message.lines().last()), (22, Some("  and 3 more")));
    assert!(rig.world.lines().is_empty());
}

#[tokio::test]
async fn a_row_that_adds_up_is_known_without_the_mapping() {
    let rig = Rig::new();
    let file = rig.file("a.csv", "来源,日期,金额\n Total ,,3\nTotaljobs,2026-09-01,1\nTotal,2026-09-01,2\n小计：,,3\n总　计,,3\n");
    let mapping =
        rig.file("m.toml", MAPPING.replace("file = { skip_rows = [\"合计*\"] }\n", "").replace("{ default = \"boss\" }", "\"来源\""));
    let outcome = rig.import(&Connection::new("wallet", "file"), Kind::Spend, &[file], Some(&mapping)).await;
    assert_eq!((outcome.error, outcome.landed), (None, 2));
    let sums = rig.world.checked.lock().unwrap().sums.clone();
    assert_eq!(sums, [("Total".to_owned(), 0), ("小计：".to_owned(), 2), ("总　计".to_owned(), 2)]);
}

#[tokio::test]
async fn one_broken_statement_of_a_folder_holds_up_no_other() {
    let rig = Rig::new();
    let file = |name: &str, day: &str| rig.file(name, format!("日期,金额\n{day},1\n"));
    file("inbox/a.csv", "2026-09-01");
    rig.file("m.toml", MAPPING);
    let mut wallet = Connection::new("wallet", "file");
    (wallet.path, wallet.mapping) = (Some("inbox".into()), Some("m.toml".into()));
    *rig.world.faults.lock().unwrap() = vec![fault(StatementPlace::Line(0), "gross", "look")];
    assert!(rig.pull(&wallet).await.error.is_some() && rig.world.lines().is_empty());
    assert!(rig.world.health("wallet").unwrap().failing_since.is_some(), "a ledger that is not read is not a quiet one");
    rig.world.faults.lock().unwrap().clear();
    file("inbox/b.csv", "2026-09-02");
    rig.file("inbox/c.csv", "日期,金额\n2026-09-03\n");
    let outcome = rig.pull(&wallet).await;
    assert!(outcome.error.unwrap().to_string().ends_with("c.csv: line 2: 1 cells, but the header has 2"));
    assert_eq!(outcome.landed, 2);
}

#[tokio::test]
async fn a_statement_of_many_lines_is_read_in_parts_and_is_one() {
    let rig = Rig::new();
    let lines = 9_000;
    let file = rig.file("a.csv", format!("日期,金额\n{}合计,{lines}\n", "2026-09-01,1\n".repeat(lines)));
    let outcome = import(&rig, &file).await;
    assert_eq!((outcome.error, outcome.landed), (None, lines as u64));
    assert_eq!(rig.world.ids().into_iter().collect::<BTreeSet<_>>().len(), lines, "equal lines are as many entries");
    let rows = (2..).take(lines).collect();
    assert_eq!(*rig.world.checked.lock().unwrap(), Checked { rows, sums: vec![("合计".to_owned(), lines)] });
    assert_eq!(import(&rig, &file).await.landed, 0);
}

#[tokio::test]
async fn a_statement_that_fills_several_segments_lands_what_one_segment_would_hold() {
    let days = |from: u32, to: u32| -> String { (from..=to).map(|day| format!("2026-09-{day:02},{day}\n")).collect::<Vec<_>>().concat() };
    let mut ledgers = Vec::new();
    for settings in ["", "[landing]\nsegment_records = 4\n"] {
        let rig = Rig::with_settings(settings);
        let first = rig.file("a.csv", format!("日期,金额\n{}", days(1, 10)));
        *rig.world.faults.lock().unwrap() = vec![fault(StatementPlace::Line(9), "gross", "look")];
        assert!(import(&rig, &first).await.error.unwrap().to_string().contains("row 11, column 金额"));
        assert!(list_segments(&rig.data_dir()).unwrap().is_empty(), "segments that are full wait for the last line too");
        rig.world.faults.lock().unwrap().clear();
        assert_eq!(import(&rig, &first).await.landed, 10);
        let records: Vec<u64> = list_segments(&rig.data_dir()).unwrap().iter().map(|segment| segment.records).collect();
        assert_eq!(records, if settings.is_empty() { vec![10] } else { vec![4, 4, 2] });
        assert_eq!(import(&rig, &first).await.landed, 0);
        // Of the next one some segments are known, one is in part and one is new.
        let next = rig.file("b.csv", format!("日期,金额\n{}", days(4, 16)));
        assert_eq!(import(&rig, &next).await.landed, 6);
        // Two at one time, each with what the other has.
        let both = [rig.file("c.csv", format!("日期,金额\n{}", days(12, 22))), rig.file("d.csv", format!("日期,金额\n{}", days(15, 29)))];
        let mapping = rig.file("m.toml", MAPPING);
        let outcome = rig.import(&Connection::new("wallet", "file"), Kind::Spend, &both, Some(&mapping)).await;
        assert_eq!((outcome.error, outcome.landed), (None, 13));
        ledgers.push(ledger(&rig));
    }
    assert_eq!(ledgers[0], ledgers[1]);
    assert_eq!(ledgers[0].1.len(), 29);
}

/// Lines of one statement: day of September and amount.
type Lines = Vec<(u32, u32)>;

/// The ledger: how many entries there are of each day and amount, and their ids.
fn ledger(rig: &Rig) -> (BTreeMap<(String, String), usize>, BTreeSet<String>) {
    let mut counts = BTreeMap::new();
    let mut ids = BTreeSet::new();
    for line in rig.world.lines() {
        assert!(ids.insert(line.id.clone()), "landed twice: {line:?}");
        let text = |name: &str| line.record[name].as_str().unwrap().to_owned();
        *counts.entry((text("日期"), text("金额"))).or_default() += 1;
    }
    (counts, ids)
}

/// What the ledger holds after these files, one import each.
fn ledger_of(files: &[&[(u32, u32)]]) -> (BTreeMap<(String, String), usize>, BTreeSet<String>) {
    let rig = Rig::new();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    for lines in files {
        let mut rows = String::new();
        for (number, (day, amount)) in (1..).zip(*lines) {
            writeln!(rows, "{number},2026-09-{day:02},{amount}").unwrap();
        }
        let file = rig.file("a.csv", format!("序号,日期,金额\n{rows}合计,,\n"));
        let outcome = runtime.block_on(import(&rig, &file));
        assert_eq!(outcome.error, None);
    }
    ledger(&rig)
}

fn counted(lines: &[(u32, u32)]) -> BTreeMap<(String, String), usize> {
    let mut counts = BTreeMap::new();
    for (day, amount) in lines {
        *counts.entry((format!("2026-09-{day:02}"), amount.to_string())).or_default() += 1;
    }
    counts
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Statements of whole days, in any order, overlapping, repeated, their lines in any order: the true ledger, under the same ids.
    #[test]
    fn whole_days_make_the_true_ledger_however_they_come(
        mut truth in prop::collection::vec((1_u32..5, 1_u32..3), 1..16).prop_map(|mut lines: Lines| { lines.sort_unstable(); lines }),
        spans in prop::collection::vec((1_u32..5, 1_u32..5), 0..4),
        order in any::<prop::sample::Selector>(),
        newest: bool,
    ) {
        let expected = ledger_of(&[&truth]);
        prop_assert_eq!(&expected.0, &counted(&truth));
        let mut files: Vec<Lines> = spans.iter().map(|(from, to)| truth.iter().filter(|(day, _)| (*from..=*to).contains(day)).copied().collect()).collect();
        if newest {
            truth.reverse();
        }
        let at = order.select(0..=files.len());
        files.insert(at, truth.clone());
        files.push(truth);
        let files: Vec<&[(u32, u32)]> = files.iter().map(Vec::as_slice).filter(|lines| !lines.is_empty()).collect();
        prop_assert_eq!(ledger_of(&files), expected);
    }

    /// Windows that cut within a day: of equal lines there are as many as the window that has most of them, in whatever order windows come.
    /// A number among equal lines cannot tell whether two windows show the same line or one each.
    #[test]
    fn of_equal_lines_that_windows_cut_apart_the_most_are_kept(
        truth in prop::collection::vec((1_u32..3, 1_u32..3), 2..14).prop_map(|mut lines: Lines| { lines.sort_unstable(); lines }),
        cuts in prop::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>()), 1..5),
    ) {
        let windows: Vec<&[(u32, u32)]> = cuts.iter().map(|(a, b)| {
            let (a, b) = (a.index(truth.len()), b.index(truth.len()));
            &truth[a.min(b)..=a.max(b)]
        }).collect();
        let mut most: BTreeMap<(String, String), usize> = BTreeMap::new();
        for window in &windows {
            for (line, count) in counted(window) {
                let known = most.entry(line).or_default();
                *known = (*known).max(count);
            }
        }
        let made = ledger_of(&windows);
        prop_assert_eq!(&made.0, &most);
        let backwards: Vec<&[(u32, u32)]> = windows.iter().rev().copied().collect();
        prop_assert_eq!(ledger_of(&backwards), made);
    }
}
