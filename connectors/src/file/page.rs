//! Tables of a saved web page. Many systems call such a page `.xls` and let Excel open it.

use std::collections::{BTreeMap, BTreeSet};

use scraper::{ElementRef, Html, Selector};

use super::table::{Datum, Table, TableRow};

/// Wider cells than this are a mistake of the page.
const WIDEST: u32 = 1000;

/// Every table of a page that holds no other table, in order.
pub(super) fn tables(page: &str) -> Vec<Table> {
    let (Ok(table), Ok(row)) = (Selector::parse("table"), Selector::parse("tr")) else { return Vec::new() };
    let document = Html::parse_document(page);
    let innermost = document.select(&table).filter(|found| found.select(&table).next().is_none());
    let tables = innermost.enumerate().map(|(at, found)| {
        let rows: Vec<ElementRef<'_>> = found.select(&row).collect();
        Table { rows: table_rows(&rows), ..Table::of_page(at + 1) }
    });
    tables.filter(|table| !table.rows.is_empty()).collect()
}

/// Rows with the places that cells of several rows or columns take.
fn table_rows(rows: &[ElementRef<'_>]) -> Vec<TableRow> {
    let mut taken: BTreeMap<u64, BTreeSet<u32>> = BTreeMap::new();
    let mut read = Vec::new();
    for (row, number) in rows.iter().zip(1u64..) {
        let mut column = 0;
        let mut cells = Vec::new();
        let elements = row.child_elements().filter(|child| matches!(child.value().name(), "td" | "th"));
        for cell in elements {
            while taken.get(&number).is_some_and(|columns| columns.contains(&column)) {
                column += 1;
            }
            let span = |name: &str| cell.value().attr(name).and_then(|text| text.trim().parse::<u32>().ok()).unwrap_or(1).clamp(1, WIDEST);
            let (width, height) = (span("colspan"), span("rowspan"));
            for below in 1..u64::from(height) {
                taken.entry(number + below).or_default().extend(column..column + width);
            }
            let text = cell.text().collect::<String>().split_whitespace().collect::<Vec<_>>().join(" ");
            if !text.is_empty() {
                cells.push((column, Datum::Text(text)));
            }
            column += width;
        }
        if !cells.is_empty() {
            read.push(TableRow { number, cells, width: None });
        }
    }
    read
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_stand_where_a_browser_shows_them() {
        let page = "<table><tr><td><table><tr><th rowspan=2>姓名</th><th colspan=2>应聘</th></tr><tr><th>渠道</th><th>日期</th></tr>\
            <tr><td>测试甲</td><td></td><td>2026-09-01</td></tr></table></td></tr></table>";
        let tables = tables(page);
        let [table] = tables.as_slice() else { panic!("{tables:?}") };
        let shown: Vec<(u64, Vec<(u32, &str)>)> = table
            .rows
            .iter()
            .map(|row| (row.number, row.cells.iter().filter_map(|(column, datum)| Some((*column, datum.text()?))).collect()))
            .collect();
        assert_eq!(
            shown,
            [(1, vec![(0, "姓名"), (1, "应聘")]), (2, vec![(1, "渠道"), (2, "日期")]), (3, vec![(0, "测试甲"), (2, "2026-09-01")])]
        );
        assert_eq!(table.cell_place(3, 2), "table 1, cell C3");
    }
}
