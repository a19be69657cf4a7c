//! The workbook as csv: a file for each sheet, UTF-8 with a byte-order mark so that Excel reads Chinese.

use inflow_actions::workbook::{Book, Cell, Sheet};

/// File names and contents, in the order of the sheets.
///
/// # Errors
/// Never for sheets in memory; csv's own otherwise.
pub fn files(book: &Book) -> Result<Vec<(String, Vec<u8>)>, csv::Error> {
    book.sheets.iter().enumerate().map(|(at, sheet)| Ok((format!("{:02} {}.csv", at + 1, sheet.name), bytes(sheet)?))).collect()
}

fn bytes(sheet: &Sheet) -> Result<Vec<u8>, csv::Error> {
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer("\u{feff}".as_bytes().to_vec());
    writer.write_record(sheet.columns.iter().map(|column| &column.header))?;
    for row in sheet.rows.iter().chain(&sheet.total) {
        writer.write_record(row.iter().map(text))?;
    }
    writer.into_inner().map_err(|error| csv::Error::from(error.into_error()))
}

fn text(cell: &Cell) -> String {
    match cell {
        Cell::Empty => String::new(),
        // What a board wrote into a statement must not run as a formula in whoever opens the file.
        Cell::Text(text) if text.starts_with(['=', '+', '-', '@', '\t', '\r']) => format!("'{text}"),
        Cell::Text(text) | Cell::Words(_, text) => text.clone(),
        Cell::Number(number) | Cell::Formula(_, number) => number.to_string(),
        Cell::Day(day) => day.to_string(),
    }
}
