//! Text files: csv into a table, JSON into records.

use csv::StringRecord;
use memchr::memchr_iter;
use serde_json::Value;

use super::Row;
use super::header::DEEPEST_HEADER;
use super::table::{Datum, RowPlace, Table, TableRow};
use crate::spec::{FileForm, Stream, shape};

/// The table of a csv file; the error names line and column.
pub(super) fn csv_table(text: &str, form: &FileForm) -> Result<Table, String> {
    let rows: Result<Vec<TableRow>, String> =
        CsvRows::new(text, form)?.filter_map(|row| row.map(|(number, record)| csv_row(number, &record)).transpose()).collect();
    Ok(Table { rows: rows?, ..Table::default() })
}

/// The first rows of a csv file, as many as a header may stand in.
pub(super) fn csv_head(text: &str, form: &FileForm) -> Result<Table, String> {
    let mut rows = Vec::new();
    for row in CsvRows::new(text, form)? {
        let (number, record) = row?;
        let deep = form.header_row.map_or(rows.len() >= DEEPEST_HEADER, |header| number > u64::from(header));
        if deep {
            break;
        }
        rows.extend(csv_row(number, &record));
    }
    Ok(Table { rows, ..Table::default() })
}

/// The rows of a csv file with their lines, one after the other; the error names line and column.
pub(crate) struct CsvRows<'t> {
    records: csv::StringRecordsIntoIter<&'t [u8]>,
    lines: Lines<'t>,
    offset: u64,
}

impl<'t> CsvRows<'t> {
    pub(super) fn new(text: &'t str, form: &FileForm) -> Result<CsvRows<'t>, String> {
        let mut body = text;
        for _ in 0..form.skip_lines {
            body = body.split_once('\n').map_or("", |(_, rest)| rest);
        }
        let delimiter = form.delimiter.unwrap_or_else(|| likely_delimiter(body));
        let delimiter = u8::try_from(delimiter).map_err(|_| format!("{delimiter:?} cannot separate cells"))?;
        let reader = csv::ReaderBuilder::new().delimiter(delimiter).flexible(true).has_headers(false).from_reader(body.as_bytes());
        let offset = form.skip_lines as u64;
        let lines = Lines { text: body.as_bytes(), counted: 0, number: offset + 1 };
        Ok(CsvRows { records: reader.into_records(), lines, offset })
    }
}

impl Iterator for CsvRows<'_> {
    type Item = Result<(u64, StringRecord), String>;

    fn next(&mut self) -> Option<Self::Item> {
        let record = self.records.next()?.map_err(|error| csv_error(&error, self.offset));
        Some(record.map(|record| (self.lines.number_at(record.position().map_or(0, csv::Position::byte)), record)))
    }
}

/// A row of a table; `None` when all of its cells are empty.
pub(super) fn csv_row(number: u64, record: &StringRecord) -> Option<TableRow> {
    let cells = record.iter().map(str::trim).zip(0_u32..).filter(|(cell, _)| !cell.is_empty());
    let cells: Vec<(u32, Datum)> = cells.map(|(cell, column)| (column, Datum::Text(cell.to_owned()))).collect();
    (!cells.is_empty()).then(|| TableRow { number, cells, width: Some(record.len()) })
}

/// Line numbers of places in a text, in order.
struct Lines<'t> {
    text: &'t [u8],
    /// Bytes that were counted.
    counted: usize,
    number: u64,
}

impl Lines<'_> {
    /// The line of a record that begins at a byte or after the line breaks there: the reader takes the first half of `\r\n` for the end of
    /// the record before.
    fn number_at(&mut self, byte: u64) -> u64 {
        let at = usize::try_from(byte).unwrap_or(usize::MAX);
        let breaks = self.text.get(at..).unwrap_or_default().iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
        let start = at.saturating_add(breaks);
        self.number += memchr_iter(b'\n', self.text.get(self.counted..start).unwrap_or_default()).count() as u64;
        self.counted = start;
        self.number
    }
}

/// The separator of the first line that has several: a title above the header has hardly any.
fn likely_delimiter(text: &str) -> char {
    let best = |line: &str| {
        let count = |c: char| line.chars().filter(|other| *other == c).count();
        [',', '\t', ';', '|'].into_iter().rev().map(|c| (count(c), c)).max_by_key(|(count, _)| *count).unwrap_or((0, ','))
    };
    let lines: Vec<(usize, char)> = text.lines().take(10).map(best).collect();
    let most = lines.iter().find(|(count, _)| *count > 1).or_else(|| lines.iter().find(|(count, _)| *count > 0));
    most.map_or(',', |(_, c)| *c)
}

fn csv_error(error: &csv::Error, offset: u64) -> String {
    let line = error.position().map_or(0, csv::Position::line) + offset;
    match error.kind() {
        csv::ErrorKind::Utf8 { err, .. } => format!("line {line}, column {}: not text", err.field() + 1),
        _ => format!("line {line}: {error}"),
    }
}

pub(super) fn ndjson_rows(text: &str) -> Result<Vec<Row>, String> {
    let mut rows = Vec::new();
    for (at, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let record = parse(line).map_err(|error| format!("line {}, column {}: {}", at + 1, column(line, 1, &error), reason(&error)))?;
        if !record.is_object() {
            return Err(format!("line {}: expected an object, found {}", at + 1, shape(&record)));
        }
        rows.push(Row { place: RowPlace::line(at as u64 + 1), record });
    }
    Ok(rows)
}

pub(super) fn json_rows(text: &str, stream: &Stream) -> Result<Vec<Row>, String> {
    let document =
        parse(text).map_err(|error| format!("line {}, column {}: {}", error.line(), column(text, error.line(), &error), reason(&error)))?;
    list_rows(document, stream)
}

/// The records of a document: the list at `records`.
pub(super) fn list_rows(mut document: Value, stream: &Stream) -> Result<Vec<Row>, String> {
    let place = if stream.records.is_empty() { "the document".to_owned() } else { format!("`{}`", stream.records) };
    let found = stream.records.first(&document).map_or("nothing", shape);
    let mut list = None;
    stream.records.change(&mut document, &mut |value| list = Some(value.take()));
    let Some(Value::Array(list)) = list else { return Err(format!("{place} is {found} instead of a list")) };
    let rows = list.into_iter().zip(1..).map(|(record, number)| {
        if record.is_object() {
            return Ok(Row { place: RowPlace::record(number), record });
        }
        Err(format!("record {number} of {place} is {} instead of an object", shape(&record)))
    });
    rows.collect()
}

/// Other tools write NaN and Infinity, which JSON does not know: they are null.
fn parse(text: &str) -> Result<Value, serde_json::Error> {
    serde_json::from_str(text).or_else(|error| match without_nan(text) {
        Some(repaired) => serde_json::from_str(&repaired).map_err(|_| error),
        None => Err(error),
    })
}

fn without_nan(text: &str) -> Option<String> {
    if !text.contains("NaN") && !text.contains("Infinity") {
        return None;
    }
    let mut repaired = String::with_capacity(text.len());
    let mut inside = false;
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let bare = ["-Infinity", "Infinity", "NaN"].iter().find(|word| !inside && rest.starts_with(**word));
        if let Some(word) = bare {
            // As wide as before, so that columns in errors stay right.
            repaired.push_str("null");
            rest = rest.get(word.len()..).unwrap_or_default();
            continue;
        }
        let mut width = c.len_utf8();
        if c == '"' {
            inside = !inside;
        } else if c == '\\' && inside {
            width += rest.chars().nth(1).map_or(0, char::len_utf8);
        }
        let (taken, tail) = rest.split_at_checked(width).unwrap_or((rest, ""));
        repaired.push_str(taken);
        rest = tail;
    }
    Some(repaired)
}

/// The column in characters: the parser counts bytes.
fn column(text: &str, line: usize, error: &serde_json::Error) -> usize {
    let line = text.split('\n').nth(line.saturating_sub(1)).unwrap_or_default();
    line.char_indices().take_while(|(at, _)| *at < error.column()).count()
}

fn reason(error: &serde_json::Error) -> String {
    let text = error.to_string();
    text.split(" at line ").next().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Numbers of the rows of a csv text.
    fn numbers(text: &str, skip_lines: usize) -> Vec<u64> {
        let form = FileForm { skip_lines, ..FileForm::default() };
        csv_table(text, &form).unwrap().rows.iter().map(|row| row.number).collect()
    }

    #[test]
    fn rows_have_their_own_line_whatever_ends_it() {
        for end in ["\n", "\r\n"] {
            let text = ["title", "id,name", "1,a", "2,\"b", "b\"", "", "3,c", ""].join(end);
            assert_eq!(numbers(&text, 0), [1, 2, 3, 4, 7], "{end:?}");
            assert_eq!(numbers(&text, 1), [2, 3, 4, 7], "{end:?}");
        }
    }
}
