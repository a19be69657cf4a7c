//! A table as delivered (a csv file, a sheet of a workbook) and where things stand in it.

use std::fmt;
use std::sync::Arc;

/// A cell that is not empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Datum {
    /// Text as written, trimmed, never empty.
    Text(String),
    /// A number in its shortest decimal form.
    Number(String),
    /// A date, a time of day or both, as ISO local text.
    Date(String),
    /// A formula that failed: `#REF!`.
    Failed(String),
    /// A formula whose result was never calculated.
    Uncalculated,
}

impl Datum {
    /// What a reader of the file sees; nothing for formulas without a result.
    pub(crate) fn text(&self) -> Option<&str> {
        match self {
            Datum::Text(text) | Datum::Number(text) | Datum::Date(text) => Some(text),
            Datum::Failed(_) | Datum::Uncalculated => None,
        }
    }
}

/// A row with at least one cell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TableRow {
    /// From 1, as the program that shows the file counts.
    pub(crate) number: u64,
    /// Column (from 0) and content, in the order of columns; empty cells left out.
    pub(crate) cells: Vec<(u32, Datum)>,
    /// Number of cells, empty ones included (csv only; a sheet has no width).
    pub(crate) width: Option<usize>,
}

impl TableRow {
    pub(crate) fn cell(&self, column: u32) -> Option<&Datum> {
        let at = self.cells.binary_search_by_key(&column, |(column, _)| *column).ok()?;
        self.cells.get(at).map(|(_, datum)| datum)
    }
}

/// Merged cells; rows from 1, columns from 0, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Merge {
    pub(crate) rows: (u64, u64),
    pub(crate) columns: (u32, u32),
}

impl Merge {
    pub(crate) fn holds(&self, row: u64, column: u32) -> bool {
        (self.rows.0..=self.rows.1).contains(&row) && (self.columns.0..=self.columns.1).contains(&column)
    }
}

impl fmt::Display for Merge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", cell_name(self.rows.0, self.columns.0), cell_name(self.rows.1, self.columns.1))
    }
}

/// A table.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Table {
    /// The sheet's name; none for a csv file or a page.
    pub(crate) sheet: Option<Arc<str>>,
    /// What it is called in sentences: `sheet 人员`, `table 2`; nothing for a csv file.
    pub(super) label: Option<Arc<str>>,
    /// Not shown by the program that made it.
    pub(crate) hidden: bool,
    pub(crate) rows: Vec<TableRow>,
    pub(crate) merges: Vec<Merge>,
    /// Days are counted from 1904, as old Macs did.
    pub(crate) from_1904: bool,
}

impl Table {
    /// A sheet without cells.
    pub(crate) fn of_sheet(name: &str) -> Table {
        Table { sheet: Some(Arc::from(name)), label: Some(Arc::from(format!("sheet {name}"))), ..Table::default() }
    }

    /// The table of that number (from 1) of a page.
    pub(crate) fn of_page(number: usize) -> Table {
        Table { label: Some(Arc::from(format!("table {number}"))), ..Table::default() }
    }

    /// True for a csv file: lines of text, each as wide as the header.
    pub(crate) fn is_text(&self) -> bool {
        self.label.is_none()
    }

    /// `sheet 人员, cell D7` or `line 7, column 4`.
    pub(crate) fn cell_place(&self, row: u64, column: u32) -> String {
        match &self.label {
            Some(label) => format!("{label}, cell {}", cell_name(row, column)),
            None => format!("line {row}, column {}", column + 1),
        }
    }

    /// `sheet 人员, row 7` or `line 7`.
    pub(crate) fn row_place(&self, row: u64) -> RowPlace {
        RowPlace { label: self.label.clone(), row, record: false }
    }

    /// `sheet 人员: ` or nothing, to begin a sentence with.
    pub(crate) fn prefix(&self) -> String {
        self.label.as_ref().map(|label| format!("{label}: ")).unwrap_or_default()
    }
}

/// Where a row stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RowPlace {
    pub(super) label: Option<Arc<str>>,
    row: u64,
    /// A record of a document, which has no lines of its own.
    record: bool,
}

impl RowPlace {
    /// A line of a text file, from 1.
    pub(crate) fn line(row: u64) -> RowPlace {
        RowPlace { label: None, row, record: false }
    }

    /// A record of a document, from 1.
    pub(crate) fn record(row: u64) -> RowPlace {
        RowPlace { label: None, row, record: true }
    }

    /// Its number, from 1.
    pub(crate) fn number(&self) -> u64 {
        self.row
    }

    /// As somebody finds it who has the file open as a sheet: `row 7`, `sheet 人员, row 7`, `record 7`.
    pub(crate) fn row_name(&self) -> String {
        match &self.label {
            None if !self.record => format!("row {}", self.row),
            _ => self.to_string(),
        }
    }

    /// The same in Chinese.
    pub(crate) fn row_name_zh(&self) -> String {
        let RowPlace { label, row, record } = self;
        match label.as_deref().map(|label| (label.strip_prefix("sheet "), label)) {
            Some((Some(sheet), _)) => format!("工作表 {sheet} 第 {row} 行"),
            Some((None, label)) => format!("第 {} 个表格第 {row} 行", label.trim_start_matches("table ")),
            None if *record => format!("第 {row} 条记录"),
            None => format!("第 {row} 行"),
        }
    }
}

impl fmt::Display for RowPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.label {
            Some(label) => write!(f, "{label}, row {}", self.row),
            None if self.record => write!(f, "record {}", self.row),
            None => write!(f, "line {}", self.row),
        }
    }
}

/// `D7`: the name that spreadsheets give a cell. Row from 1, column from 0.
pub(crate) fn cell_name(row: u64, column: u32) -> String {
    let mut letters = Vec::new();
    let mut rest = column + 1;
    while rest > 0 {
        letters.push(char::from(b'A' + ((rest - 1) % 26) as u8));
        rest = (rest - 1) / 26;
    }
    let letters: String = letters.into_iter().rev().collect();
    format!("{letters}{row}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_named_as_spreadsheets_do() {
        for (column, expected) in [(0, "A1"), (25, "Z1"), (26, "AA1"), (701, "ZZ1"), (702, "AAA1"), (16_383, "XFD1")] {
            assert_eq!(cell_name(1, column), expected);
        }
        assert_eq!(Merge { rows: (5, 9), columns: (0, 1) }.to_string(), "A5:B9");
    }
}
