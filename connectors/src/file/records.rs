//! Rows of a table into records: what a spreadsheet can hide (merged cells, failed formulas, dates that are text) is
//! said with its cell, and the file is not taken.

use std::borrow::Cow;
use std::collections::BTreeSet;

use csv::StringRecord;
use rayon::prelude::*;
use serde_json::{Map, Value};

use super::header::{Header, Wanted, column, comparable};
use super::table::{Datum, Merge, RowPlace, Table, TableRow};
use super::text::{CsvRows, csv_row};
use super::workbook::serial_date;
use super::{Row, SumRow, matches, sums};
use crate::spec::{Field, FieldType, FileForm, Scope, Stream, TimeFormat, scalar_text};

/// What is wrong with a file: a sentence that names the place, and what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) reason: String,
    pub(crate) hint: String,
}

impl Fault {
    pub(crate) fn new(reason: String, hint: impl Into<String>) -> Fault {
        Fault { reason, hint: hint.into() }
    }
}

/// Rows that are made records of at one time.
const PART: usize = 8_192;

/// The rows of a table.
pub(crate) enum TableRows<'t> {
    /// Of a sheet.
    Kept(std::slice::Iter<'t, TableRow>),
    /// Of a csv file, which may be very many, as they are read.
    Csv(Box<CsvRows<'t>>),
}

/// A row that was not looked at.
enum Given<'t> {
    Kept(&'t TableRow),
    Csv(u64, StringRecord),
}

/// What a row is.
enum Told {
    Record(Row),
    /// The row that adds up others, under its name.
    Sum(RowPlace, String, Value),
    /// Not of the list.
    Nothing,
}

impl<'t> TableRows<'t> {
    fn part(&mut self) -> Result<Vec<Given<'t>>, String> {
        match self {
            TableRows::Kept(rows) => Ok(rows.by_ref().take(PART).map(Given::Kept).collect()),
            TableRows::Csv(rows) => rows.by_ref().take(PART).map(|row| row.map(|(number, record)| Given::Csv(number, record))).collect(),
        }
    }
}

/// The records below a header, part by part and, of a statement, the rows that add them up.
pub(crate) struct Records<'t> {
    reader: Reader<'t>,
    rows: TableRows<'t>,
    /// Records that were read.
    read: usize,
    sums: Vec<SumRow>,
}

impl<'t> Records<'t> {
    /// `width` is that of the header. Of a csv file `table` has the first rows.
    pub(crate) fn new(
        table: &'t Table,
        rows: TableRows<'t>,
        (header, width): (&'t Header, Option<usize>),
        wanted: &Wanted,
        stream: &'t Stream,
        form: &'t FileForm,
    ) -> Result<Records<'t>, Fault> {
        let mut names: Vec<(u32, &str)> = header.columns.iter().map(|(column, name)| (*column, name.as_str())).collect();
        names.sort_by_key(|(_, name)| *name);
        let reader = Reader { table, header, names, width, stream, form, mapped: mapped(header, wanted) };
        reader.check_merges()?;
        Ok(Records { reader, rows, read: 0, sums: Vec::new() })
    }

    /// The next records, at most [`PART`]; `None` when there are no more.
    pub(crate) fn next(&mut self) -> Result<Option<Vec<Row>>, Fault> {
        let mut records = Vec::new();
        while records.is_empty() {
            let given = self.rows.part().map_err(|reason| Fault::new(reason, CSV_HINT))?;
            if given.is_empty() {
                return Ok(None);
            }
            let reader = &self.reader;
            let told: Vec<Result<Told, Fault>> = given.into_par_iter().map(|given| reader.tell(given)).collect();
            // One after the other: the first fault of the file is the one that is said.
            for told in told {
                match told? {
                    Told::Record(row) => records.push(row),
                    Told::Sum(place, label, record) => {
                        self.sums.push(SumRow { place, label, records: 0..0, above: self.read + records.len(), record });
                    }
                    Told::Nothing => {}
                }
            }
        }
        self.read += records.len();
        Ok(Some(records))
    }

    /// The rows that add up the records, once all were read.
    pub(crate) fn sums(mut self) -> Vec<SumRow> {
        for sum in &mut self.sums {
            sum.records = 0..self.read;
        }
        self.sums
    }
}

/// What to do about a csv file that cannot be read.
pub(super) const CSV_HINT: &str = "compare the line with the header line; cells that hold the separator or line breaks need quotes";

fn mapped(header: &Header, wanted: &Wanted) -> BTreeSet<u32> {
    header.columns.iter().filter(|(_, name)| wanted.reads(name)).map(|(column, _)| *column).collect()
}

struct Reader<'t> {
    table: &'t Table,
    header: &'t Header,
    /// Columns with their names, in the order of the names.
    names: Vec<(u32, &'t str)>,
    /// Cells of the header of a csv file.
    width: Option<usize>,
    stream: &'t Stream,
    form: &'t FileForm,
    /// Columns that the stream reads.
    mapped: BTreeSet<u32>,
}

impl Reader<'_> {
    /// What a row is.
    fn tell(&self, given: Given<'_>) -> Result<Told, Fault> {
        let row = match given {
            Given::Kept(row) => Cow::Borrowed(row),
            Given::Csv(number, record) => match csv_row(number, &record) {
                Some(row) => Cow::Owned(row),
                None => return Ok(Told::Nothing),
            },
        };
        self.tell_row(row)
    }

    fn tell_row(&self, row: Cow<'_, TableRow>) -> Result<Told, Fault> {
        if row.number <= self.header.row {
            return Ok(Told::Nothing);
        }
        if let Some(label) = self.sum(&row) {
            return Ok(Told::Sum(self.table.row_place(row.number), label.to_owned(), sums::record(&row, self.header)));
        }
        self.check_width(&row)?;
        if !self.is_record(&row) {
            return Ok(Told::Nothing);
        }
        match row {
            Cow::Owned(row) if self.table.is_text() => Ok(Told::Record(self.text_record(row))),
            row => self.record(&row).map(Told::Record),
        }
    }

    /// A csv line has as many cells as its header; Excel leaves empty ones at the end.
    fn check_width(&self, row: &TableRow) -> Result<(), Fault> {
        let Some(width) = row.width else { return Ok(()) };
        let header = self.width.unwrap_or(width);
        let beyond = row.cells.last().is_some_and(|(column, _)| *column as usize >= header);
        if width >= header && !beyond || self.is_skipped(row) {
            return Ok(());
        }
        Err(Fault::new(format!("{}: {width} cells, but the header has {header}", self.table.row_place(row.number)), CSV_HINT))
    }

    fn sum<'r>(&self, row: &'r TableRow) -> Option<&'r str> {
        if !self.stream.kind.is_statement() {
            return None;
        }
        sums::label(row, self.header, self.stream, self.is_skipped(row))
    }

    /// A row of which the stream reads nothing (a numbered empty row, a note below the list) is none.
    fn is_record(&self, row: &TableRow) -> bool {
        row.cells.iter().any(|(column, _)| self.mapped.contains(column)) && !self.is_skipped(row)
    }

    fn is_skipped(&self, row: &TableRow) -> bool {
        let is = |words: &[String], text: &str| words.iter().any(|word| matches(word, text));
        let first = row.cells.first().and_then(|(_, datum)| datum.text());
        first.is_some_and(|first| is(&self.form.skip_rows, first))
            || self.form.skip_where.iter().any(|(name, words)| {
                let named = self.header.columns.iter().find(|(_, other)| comparable(other) == comparable(name));
                named.and_then(|(column, _)| row.cell(*column)?.text()).is_some_and(|text| is(words, text))
            })
    }

    /// Of merged cells only the first has a value; the others would silently be empty.
    fn check_merges(&self) -> Result<(), Fault> {
        if self.table.merges.is_empty() {
            return Ok(());
        }
        let below = self.table.rows.iter().filter(|row| row.number > self.header.row);
        let rows: Vec<&TableRow> = below.filter(|row| self.sum(row).is_none() && self.is_record(row)).collect();
        let harms = |merge: &&Merge| {
            let touched: Vec<u32> = self.mapped.range(merge.columns.0..=merge.columns.1).copied().collect();
            let taken = rows.iter().any(|row| (merge.rows.0..=merge.rows.1).contains(&row.number));
            let one_cell = merge.rows.0 == merge.rows.1 && touched == [merge.columns.0];
            merge.rows.1 > self.header.row && !touched.is_empty() && taken && !one_cell
        };
        let Some(merge) = self.table.merges.iter().find(harms) else { return Ok(()) };
        let column = self.mapped.range(merge.columns.0..=merge.columns.1).next().copied().unwrap_or_default();
        let place = self.table.cell_place(merge.rows.0, merge.columns.0);
        Err(Fault::new(
            format!("{place}: the cells {merge} are merged, so that only one of them has a value ({})", self.name(column)),
            "unmerge them and fill in every cell, then deliver the file again; titles above the header may stay merged",
        ))
    }

    fn name(&self, column: u32) -> &str {
        self.header.columns.iter().find(|(other, _)| *other == column).map_or("", |(_, name)| name)
    }

    /// The record of a row of texts, which are taken as they are.
    fn text_record(&self, mut row: TableRow) -> Row {
        let cells = self.names.iter().map(|(column, name)| {
            let text = row.cells.iter_mut().find(|(other, _)| other == column).and_then(|(_, datum)| match datum {
                Datum::Text(text) => Some(std::mem::take(text)),
                _ => None,
            });
            // An empty cell says nothing, as null does.
            ((*name).to_owned(), text.map_or(Value::Null, Value::String))
        });
        let record = Value::Object(cells.collect());
        Row { place: self.table.row_place(row.number), record }
    }

    fn record(&self, row: &TableRow) -> Result<Row, Fault> {
        let cells = self.names.iter().map(|(column, name)| {
            let value = match row.cell(*column) {
                // An empty cell says nothing, as null does.
                None => Value::Null,
                Some(datum) => self.value(row, *column, datum)?,
            };
            Ok(((*name).to_owned(), value))
        });
        let mut record = Value::Object(cells.collect::<Result<Map<_, _>, Fault>>()?);
        if !self.table.is_text() {
            self.check_times(row, &mut record)?;
        }
        Ok(Row { place: self.table.row_place(row.number), record })
    }

    fn value(&self, row: &TableRow, column: u32, datum: &Datum) -> Result<Value, Fault> {
        let (what, hint) = match datum {
            Datum::Text(text) | Datum::Number(text) | Datum::Date(text) => return Ok(Value::from(text.as_str())),
            // What nobody reads may be broken.
            _ if !self.mapped.contains(&column) => return Ok(Value::Null),
            Datum::Failed(error) => (format!("gives {error}"), "repair the formula, or type the value in its place"),
            Datum::Uncalculated => {
                ("was never calculated".to_owned(), "open the file in the program that made it and save it again, or type the value")
            }
        };
        Err(Fault::new(format!("{}: the formula of {} {what}", self.table.cell_place(row.number, column), self.name(column)), hint))
    }

    /// Every time that the stream will read from the record.
    fn check_times(&self, row: &TableRow, record: &mut Value) -> Result<(), Fault> {
        let kinds = self.stream.fields.iter().filter_map(|(name, field)| Some((field, self.stream.kind.column(name)?.value)));
        let times = kinds.filter(|(_, kind)| matches!(kind, FieldType::Time | FieldType::Day));
        for (field, kind) in times {
            self.check_time(row, record, field, kind)?;
        }
        for event in self.stream.events.iter().filter(|event| event.each.is_none()) {
            let holds = event.when.as_ref().is_none_or(|when| when.holds(&self.scope(record)));
            if let (true, Some(at)) = (holds, &event.at) {
                self.check_time(row, record, at, FieldType::Time)?;
            }
        }
        Ok(())
    }

    fn scope<'v>(&'v self, record: &'v Value) -> Scope<'v> {
        // Whether it can be read, not when it was: any instant will do for what is said relative to one.
        self.stream.scope(record, None, chrono_tz::UTC).fetched(chrono::DateTime::UNIX_EPOCH)
    }

    fn check_time(&self, row: &TableRow, record: &mut Value, field: &Field, kind: FieldType) -> Result<(), Fault> {
        if field.read(kind, &self.scope(record)).is_ok() {
            return Ok(());
        }
        let held = field.paths.iter().find(|path| path.first(record).is_some_and(|value| scalar_text(value).is_some()));
        let Some(name) = held.and_then(column) else { return Ok(()) };
        let Some((column, _)) = self.header.columns.iter().find(|(_, other)| *other == name) else { return Ok(()) };
        let datum = row.cell(*column);
        let format = field.format.as_ref().unwrap_or(&self.stream.time_format);
        if let Some(repaired) = datum.and_then(|datum| self.repaired(datum, format)) {
            if let Some(value) = record.get_mut(&name) {
                *value = repaired;
            }
            return Ok(());
        }
        // What is wrong with a statement is said of all its lines together.
        if self.stream.kind.is_statement() {
            return Ok(());
        }
        let found = datum.and_then(Datum::text).filter(|text| is_harmless(text));
        let found = found.map_or_else(|| "the text there".to_owned(), |text| format!("{text:?}"));
        let also = match format {
            TimeFormat::IsoLocal | TimeFormat::Relative => "text like 2026-03-01, 2026/3/1 9:05 or 2026年3月1日".to_owned(),
            other => format!("text written as {other}"),
        };
        Err(Fault::new(
            format!("{}: {found} is no date that can be read ({name})", self.table.cell_place(row.number, *column)),
            format!("accepted are date cells and {also}; correct the cell and deliver the file again"),
        ))
    }

    /// What a person sees at once: a dash is no date at all, a bare day number is a date whose format got lost, and a
    /// date cell is a date whatever form the column's texts have.
    fn repaired(&self, datum: &Datum, format: &TimeFormat) -> Option<Value> {
        match datum {
            Datum::Text(text) if text.chars().all(|c| matches!(c, '-' | '—' | '–' | '/' | '－' | '／')) => Some(Value::Null),
            Datum::Number(number) => written(&serial_date(number, self.table.from_1904)?, format),
            Datum::Date(text) => written(text, format),
            _ => None,
        }
    }
}

/// An ISO text in the form that the mapping reads.
fn written(iso: &str, format: &TimeFormat) -> Option<Value> {
    match format {
        TimeFormat::IsoLocal | TimeFormat::Relative => Some(Value::from(iso)),
        format => {
            let (instant, _) = TimeFormat::IsoLocal.read_text(iso, chrono_tz::UTC)?;
            Some(Value::from(format.write(instant, chrono_tz::UTC)))
        }
    }
}

/// True when a text can be repeated in a message: it is made of what dates are made of, so no name and no phone.
fn is_harmless(text: &str) -> bool {
    let words = "年月日号时点分秒周星期礼拜上下午早晚前后今明昨天本个一二三四五六七八九十零〇两几待定尽快随时暂无未知";
    text.chars().count() <= 20
        && text.chars().filter(char::is_ascii_digit).count() <= 8
        && text
            .chars()
            .all(|c| c.is_ascii_digit() || words.contains(c) || matches!(c, ' ' | '-' | '/' | '.' | ':' | '：' | '、' | '?' | '？'))
}
