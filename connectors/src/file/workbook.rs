//! Workbooks (xlsx, xlsm, xlsb, xls, ods) as tables: what a person sees in a cell, without the noise of binary numbers.

use std::collections::BTreeMap;
use std::io::Cursor;

use calamine::{Data, DataRef, Dimensions, ExcelDateTime, Ods, Reader, SheetType, SheetVisible, Xls, XlsError, Xlsb, Xlsx, XlsxError};
use chrono::{NaiveDateTime, NaiveTime, Timelike};

use super::table::{Datum, Merge, Table, TableRow};

/// More cells than this are no list that people keep.
const MOST_CELLS: usize = 20_000_000;

type Bytes<'b> = Cursor<&'b [u8]>;

/// Every sheet of a workbook, in its order. The error is half a sentence about the file, with a hint.
pub(super) fn tables(bytes: &[u8]) -> Result<Vec<Table>, (String, &'static str)> {
    let open = || Cursor::new(bytes);
    if bytes.starts_with(b"\xD0\xCF\x11\xE0") {
        return match Xls::new(open()) {
            Ok(book) => xls(book),
            Err(XlsError::Password) => Err(locked()),
            // An encrypted xlsx is kept in the container of an xls.
            Err(error) => match Xlsx::new(open()) {
                Err(XlsxError::Password) => Err(locked()),
                _ => Err(damaged(&error)),
            },
        };
    }
    match Xlsx::new(open()) {
        Ok(book) => xlsx(book),
        Err(XlsxError::Password) => Err(locked()),
        Err(error) => match (Xlsb::new(open()), Ods::new(open())) {
            (Ok(book), _) => dense(book, |_, _| Vec::new()),
            (_, Ok(book)) => dense(book, |_, _| Vec::new()),
            _ => Err(damaged(&error)),
        },
    }
}

fn locked() -> (String, &'static str) {
    ("it is protected by a password".to_owned(), "save a copy without a password and deliver that")
}

fn damaged(error: &dyn std::fmt::Display) -> (String, &'static str) {
    (format!("it is not a workbook that can be read: {error}"), "open it in the program that made it and save it again as .xlsx")
}

fn too_large(sheet: &str) -> (String, &'static str) {
    (format!("sheet {sheet} has more than {MOST_CELLS} cells"), "split it into several files")
}

fn xlsx(mut book: Xlsx<Bytes<'_>>) -> Result<Vec<Table>, (String, &'static str)> {
    let from_1904 = book.has_1904_epoch();
    let mut tables = Vec::new();
    for (name, hidden) in sheets(&book) {
        let mut cells = Cells::default();
        let mut blank = false;
        let mut reader = book.worksheet_cells_reader(&name).map_err(|error| damaged(&error))?;
        while let Some((cell, style)) = reader.next_cell_with_style_id().map_err(|error| damaged(&error))? {
            let code = reader.styles().get(style).and_then(|style| style.number_format.as_ref()).map(|format| format.format_code.as_str());
            let digits = code.map_or(0, padded_digits);
            match datum(&Data::from(cell.get_value().clone()), digits) {
                Some(datum) => cells.put(cell.get_position(), datum),
                None => blank |= matches!(cell.get_value(), DataRef::Empty),
            }
            if cells.count > MOST_CELLS {
                return Err(too_large(&name));
            }
        }
        drop(reader);
        // A cell without a value may be a formula that nothing has calculated yet.
        if blank {
            let mut reader = book.worksheet_cells_reader(&name).map_err(|error| damaged(&error))?;
            while let Some(cell) = reader.next_cell_with_formula_metadata().map_err(|error| damaged(&error))? {
                if cell.formula.is_some() && matches!(cell.value, DataRef::Empty) {
                    cells.put(cell.pos, Datum::Uncalculated);
                }
            }
        }
        let merges = book.merge_cells_by_sheet_name(&name).unwrap_or_default();
        tables.push(cells.table(&name, hidden, &merges, from_1904));
    }
    Ok(tables)
}

fn xls(book: Xls<Bytes<'_>>) -> Result<Vec<Table>, (String, &'static str)> {
    let from_1904 = book.has_1904_epoch();
    let mut tables = dense(book, |book, name| book.merge_cells_by_sheet_name(name).unwrap_or_default())?;
    for table in &mut tables {
        table.from_1904 = from_1904;
    }
    Ok(tables)
}

fn dense<'b, R>(mut book: R, merges: impl Fn(&R, &str) -> Vec<Dimensions>) -> Result<Vec<Table>, (String, &'static str)>
where
    R: Reader<Bytes<'b>>,
    R::Error: std::fmt::Display,
{
    let mut tables = Vec::new();
    for (name, hidden) in sheets(&book) {
        let range = book.worksheet_range(&name).map_err(|error| damaged(&error))?;
        let (top, left) = range.start().unwrap_or_default();
        let mut cells = Cells::default();
        for (row, column, value) in range.used_cells() {
            if let Some(datum) = datum(value, 0) {
                cells.put((top + row as u32, left + column as u32), datum);
            }
            if cells.count > MOST_CELLS {
                return Err(too_large(&name));
            }
        }
        tables.push(cells.table(&name, hidden, &merges(&book, &name), false));
    }
    Ok(tables)
}

/// Names of the worksheets, and whether they are hidden.
fn sheets<'b, R: Reader<Bytes<'b>>>(book: &R) -> Vec<(String, bool)> {
    let sheets = book.sheets_metadata().iter().filter(|sheet| sheet.typ == SheetType::WorkSheet);
    sheets.map(|sheet| (sheet.name.clone(), sheet.visible != SheetVisible::Visible)).collect()
}

/// The cells of a sheet as they come. A sheet with one cell far away costs one cell.
#[derive(Default)]
struct Cells {
    rows: BTreeMap<u32, BTreeMap<u32, Datum>>,
    count: usize,
}

impl Cells {
    fn put(&mut self, (row, column): (u32, u32), datum: Datum) {
        self.count += usize::from(self.rows.entry(row).or_default().insert(column, datum).is_none());
    }

    fn table(self, name: &str, hidden: bool, merges: &[Dimensions], from_1904: bool) -> Table {
        let rows = self.rows.into_iter().map(|(row, cells)| TableRow {
            number: u64::from(row) + 1,
            cells: cells.into_iter().collect(),
            width: None,
        });
        let merge = |merge: &Dimensions| Merge {
            rows: (u64::from(merge.start.0) + 1, u64::from(merge.end.0) + 1),
            columns: (merge.start.1, merge.end.1),
        };
        Table { hidden, rows: rows.collect(), merges: merges.iter().map(merge).collect(), from_1904, ..Table::of_sheet(name) }
    }
}

/// How many digits a number format of zeros alone (`00000`) shows at least: ids that begin with zeros.
fn padded_digits(code: &str) -> usize {
    if code.len() > 1 && code.bytes().all(|byte| byte == b'0') { code.len() } else { 0 }
}

fn datum(value: &Data, digits: usize) -> Option<Datum> {
    match value {
        Data::Empty => None,
        Data::String(text) => {
            let text = text.trim();
            (!text.is_empty()).then(|| Datum::Text(text.to_owned()))
        }
        Data::Int(number) => Some(Datum::Number(format!("{number:0digits$}"))),
        Data::Float(number) => Some(Datum::Number(number_text(*number, digits))),
        // As Excel writes them to a csv file.
        Data::Bool(flag) => Some(Datum::Text(if *flag { "TRUE" } else { "FALSE" }.to_owned())),
        Data::DateTime(time) => Some(time_datum(*time)),
        Data::DateTimeIso(text) => Some(Datum::Date(text.strip_suffix("T00:00:00").unwrap_or(text).to_owned())),
        Data::DurationIso(text) => Some(Datum::Text(text.clone())),
        Data::Error(error) => Some(Datum::Failed(error.to_string())),
    }
}

/// A binary number as the decimal it was typed as: 15 digits, as Excel shows.
fn number_text(number: f64, digits: usize) -> String {
    if number.fract() == 0.0 && number.abs() < 9e15 {
        return format!("{:0digits$}", number as i64);
    }
    let rounded: f64 = format!("{number:.14e}").parse().unwrap_or(number);
    rounded.to_string()
}

fn time_datum(time: ExcelDateTime) -> Datum {
    let value = time.as_f64();
    if time.is_duration() {
        let seconds = (value * 86_400.0).round() as i64;
        return Datum::Text(format!("{}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60));
    }
    match time.as_datetime().map(whole_seconds) {
        // Less than a day: a time of day alone.
        Some(reading) if (0.0..1.0).contains(&value) => Datum::Text(reading.format("%H:%M:%S").to_string()),
        Some(reading) => Datum::Date(iso(reading)),
        None => Datum::Number(number_text(value, 0)),
    }
}

/// A day counted from 1900 or 1904 whose date format got lost.
pub(crate) fn serial_date(number: &str, from_1904: bool) -> Option<String> {
    let value: f64 = number.parse().ok()?;
    // 1982 to 2119: a smaller or larger number is something else.
    if !(30_000.0..80_000.0).contains(&value) {
        return None;
    }
    let time = ExcelDateTime::new(value, calamine::ExcelDateTimeType::DateTime, from_1904);
    time.as_datetime().map(whole_seconds).map(iso)
}

/// A day that starts at midnight is a day: nobody knows the time.
fn iso(reading: NaiveDateTime) -> String {
    let format = if reading.time() == NaiveTime::MIN {
        "%Y-%m-%d"
    } else if reading.nanosecond() == 0 {
        "%Y-%m-%dT%H:%M:%S"
    } else {
        "%Y-%m-%dT%H:%M:%S%.3f"
    };
    reading.format(format).to_string()
}

/// Binary fractions of a day miss the second by less than two milliseconds.
fn whole_seconds(reading: NaiveDateTime) -> NaiveDateTime {
    let ms = reading.nanosecond() / 1_000_000;
    let second = reading.with_nanosecond(0).unwrap_or(reading);
    match ms {
        0..=2 => second,
        998.. => second + chrono::Duration::seconds(1),
        _ => reading,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_those_that_were_typed() {
        for (number, expected) in [
            (12_345_678_901.0, "12345678901"),
            (13_800_000_000.0, "13800000000"),
            (1234.5, "1234.5"),
            (0.1 + 0.2, "0.3"),
            (1_050.5, "1050.5"),
            (-80.0, "-80"),
            (0.06, "0.06"),
            (1e15, "1000000000000000"),
        ] {
            assert_eq!(number_text(number, 0), expected);
        }
        assert_eq!(number_text(42.0, 6), "000042");
        assert_eq!((padded_digits("00000"), padded_digits("0"), padded_digits("0.00"), padded_digits("General")), (5, 0, 0, 0));
    }

    #[test]
    fn dates_count_from_1900_or_1904() {
        assert_eq!(serial_date("46266", false).as_deref(), Some("2026-09-01"));
        assert_eq!(serial_date("44804", true).as_deref(), Some("2026-09-01"));
        assert_eq!(serial_date("46266.4375", false).as_deref(), Some("2026-09-01T10:30:00"));
        assert_eq!(serial_date("20260901", false), None);
        let time = |value| time_datum(ExcelDateTime::new(value, calamine::ExcelDateTimeType::DateTime, false));
        assert_eq!(time(0.5), Datum::Text("12:00:00".into()));
        assert_eq!(time(46_266.999_988_425_93), Datum::Date("2026-09-01T23:59:59".into()));
    }
}
