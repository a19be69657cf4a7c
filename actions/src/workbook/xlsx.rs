//! The workbook as xlsx: numbers as numbers, sums as formulas with their results, ready to print.

use chrono::{Datelike, NaiveDate, Timelike};
use inflow_config::Lang;
use rust_decimal::prelude::ToPrimitive;
use rust_xlsxwriter::{Color, DocProperties, ExcelDateTime, Format, FormatAlign, FormatBorder, Formula, Workbook, Worksheet, XlsxError};

use super::book::{ABOVE, Book, Cell, Column, Form, Sheet};

const INK: Color = Color::RGB(0x1F_4E_79);
const PALE: Color = Color::RGB(0xEA_F1_F8);
const LINE: Color = Color::RGB(0xBF_CC_D9);
/// Widths in half-width characters.
const NARROWEST: f64 = 8.0;
const WIDEST: f64 = 34.0;
/// Rows that are looked at for a column's width: a ledger may have a million.
const MEASURED: usize = 2000;
/// A sheet wider than this would be too small to read on A4.
const WIDE: f64 = 190.0;
const A3: u8 = 8;
const A4: u8 = 9;

/// The bytes of the file.
///
/// # Errors
/// When a sheet has more rows than a worksheet holds.
pub fn workbook(book: &Book) -> Result<Vec<u8>, XlsxError> {
    let mut file = Workbook::new();
    let made = book.made;
    let created = ExcelDateTime::from_ymd(made.year().clamp(1900, 9999) as u16, made.month() as u8, made.day() as u8)?.and_hms(
        made.hour() as u16,
        made.minute() as u8,
        f64::from(made.second()),
    )?;
    let properties = DocProperties::new()
        .set_title(&book.title)
        .set_author("Inflow")
        .set_company(&book.company)
        .set_subject(&book.subject)
        .set_creation_datetime(&created);
    file.set_properties(&properties);
    let look = Look::new(book);
    for sheet in &book.sheets {
        write(file.add_worksheet(), book, sheet, &look)?;
    }
    file.save_to_buffer()
}

/// Formats, each made once.
struct Look {
    plain: Format,
    money: String,
}

impl Look {
    fn new(book: &Book) -> Self {
        let font = if book.lang == Lang::Zh { "Microsoft YaHei" } else { "Calibri" };
        let plain = Format::new().set_font_name(font).set_font_size(10);
        let symbol = match book.currency.as_str() {
            "CNY" => "[$¥-804]",
            "USD" => "[$$-409]",
            "EUR" => "[$€-2]",
            "GBP" => "[$£-809]",
            "JPY" => "[$¥-411]",
            other => &format!("[${other}] "),
        };
        Self { plain, money: format!("{symbol}#,##0.00;[Red]-{symbol}#,##0.00;{symbol}0.00") }
    }

    fn cell(&self, form: Form) -> Format {
        let format = self.plain.clone().set_align(FormatAlign::VerticalCenter);
        let number = |shown: &str| format.clone().set_num_format(shown).set_align(FormatAlign::Right);
        match form {
            // Words keep off the number before them.
            Form::Text => format.set_indent(1),
            Form::Prose(_) => format.set_text_wrap().set_indent(1),
            Form::Day => format.set_num_format("yyyy-mm-dd").set_align(FormatAlign::Center),
            Form::Money => number(&self.money),
            Form::Amount => number("#,##0.00##;[Red]-#,##0.00##"),
            Form::Units => number("#,##0.####;[Red]-#,##0.####"),
            Form::Count => number("#,##0"),
            Form::Share => number("0.0%"),
        }
    }
}

fn write(page: &mut Worksheet, book: &Book, sheet: &Sheet, look: &Look) -> Result<(), XlsxError> {
    page.set_name(&sheet.name)?;
    let title = look.plain.clone().set_bold().set_font_size(13).set_font_color(INK);
    let header = look
        .plain
        .clone()
        .set_bold()
        .set_font_color(Color::White)
        .set_background_color(INK)
        .set_align(FormatAlign::Center)
        .set_align(FormatAlign::VerticalCenter)
        .set_text_wrap()
        .set_border(FormatBorder::Thin)
        .set_border_color(LINE);
    page.set_row_height(0, 22)?.write_string_with_format(0, 0, &sheet.title, &title)?;
    page.set_row_height(1, 30)?;
    for (at, column) in (0_u16..).zip(&sheet.columns) {
        page.write_string_with_format(1, at, &column.header, &header)?;
        page.set_column_width(at, width(sheet, usize::from(at), column))?;
    }
    let formats: Vec<Format> =
        sheet.columns.iter().map(|column| look.cell(column.form).set_border_bottom(FormatBorder::Hair).set_border_color(LINE)).collect();
    let above = ABOVE as u32;
    for (line, row) in (above..).zip(&sheet.rows) {
        for ((at, cell), format) in (0_u16..).zip(row).zip(&formats) {
            put(page, line, at, cell, format)?;
        }
        if let Some(height) = prose_height(sheet, row) {
            page.set_row_height(line, height)?;
        }
    }
    let rows = u32::try_from(sheet.rows.len()).unwrap_or(u32::MAX);
    if let Some(total) = &sheet.total {
        for ((at, cell), column) in (0_u16..).zip(total).zip(&sheet.columns) {
            let format =
                look.cell(column.form).set_bold().set_background_color(PALE).set_border_top(FormatBorder::Thin).set_border_color(INK);
            put(page, above.saturating_add(rows), at, cell, &format)?;
        }
    }
    let last = u16::try_from(sheet.columns.len().saturating_sub(1)).unwrap_or(u16::MAX);
    if rows > 1 {
        page.autofilter(1, 0, above + rows - 1, last)?;
    }
    page.set_freeze_panes(above, 1)?;
    let wide = sheet.columns.iter().enumerate().map(|(at, column)| width(sheet, at, column)).sum::<f64>() > WIDE;
    page.set_landscape().set_paper_size(if wide { A3 } else { A4 }).set_print_fit_to_pages(1, 0).set_repeat_rows(0, 1)?;
    page.set_margins(0.4, 0.4, 0.5, 0.6, 0.3, 0.3);
    page.set_footer(format!("&L&8{}&C&8&A&R&8&P / &N", book.company.replace('&', "&&")));
    Ok(())
}

fn put(page: &mut Worksheet, row: u32, column: u16, cell: &Cell, format: &Format) -> Result<(), XlsxError> {
    match cell {
        Cell::Empty => page.write_blank(row, column, format)?,
        Cell::Text(text) => page.write_string_with_format(row, column, text, format)?,
        Cell::Number(number) => page.write_number_with_format(row, column, number.to_f64().unwrap_or_default(), format)?,
        Cell::Day(day) => page.write_datetime_with_format(row, column, &excel_day(*day)?, format)?,
        // Viewers that reckon nothing show the result that is written beside the formula.
        Cell::Formula(formula, result) => {
            let formula = Formula::new(format!("={formula}")).set_result(result.normalize().to_string());
            page.write_formula_with_format(row, column, formula, format)?
        }
        Cell::Words(formula, result) => {
            let formula = Formula::new(format!("={formula}")).set_result(result);
            page.write_formula_with_format(row, column, formula, format)?
        }
    };
    Ok(())
}

fn excel_day(day: NaiveDate) -> Result<ExcelDateTime, XlsxError> {
    ExcelDateTime::from_ymd(day.year().clamp(1900, 9999) as u16, day.month() as u8, day.day() as u8)
}

/// Chinese characters are two wide.
fn cells_of(text: &str) -> f64 {
    text.chars().map(|letter| if letter < '\u{1100}' { 1.0 } else { 2.0 }).sum()
}

fn width(sheet: &Sheet, at: usize, column: &Column) -> f64 {
    let shown = |cell: &Cell| match (cell, column.form) {
        (Cell::Empty, _) => 0.0,
        (Cell::Text(text) | Cell::Words(_, text), _) => cells_of(text),
        (Cell::Day(_), _) => 10.0,
        (Cell::Number(number) | Cell::Formula(_, number), form) => {
            let digits = number.abs().trunc().to_string().len() as f64;
            // Thousands separators, sign, symbol and decimals.
            let more = match form {
                Form::Money | Form::Amount => 6.0,
                Form::Units => f64::from(number.normalize().scale()) + 2.0,
                _ => 2.0,
            };
            digits + (digits / 3.0).floor() + more
        }
    };
    if let Form::Prose(width) = column.form {
        return f64::from(width);
    }
    let content = sheet.rows.iter().take(MEASURED).chain(&sheet.total).map(|row| shown(&row[at])).fold(0.0, f64::max);
    // A header may wrap once, Latin words as a whole; the arrow of the filter stands in its corner.
    let words = column.header.split(' ').filter(|word| word.is_ascii()).map(cells_of).fold(0.0, f64::max);
    let header = (cells_of(&column.header) / 2.0).ceil().max(words) + 2.5;
    // Bold digits and Chinese fonts are a little wider than the unit.
    (content.max(header) * 1.1 + 1.5).clamp(NARROWEST, WIDEST)
}

/// Height of a row whose sentences need more than one line.
fn prose_height(sheet: &Sheet, row: &[Cell]) -> Option<f64> {
    let lines = sheet.columns.iter().zip(row).filter_map(|(column, cell)| match (column.form, cell) {
        (Form::Prose(width), Cell::Text(text)) => Some(((cells_of(text) + 2.0) * 1.05 / f64::from(width)).ceil()),
        _ => None,
    });
    lines.fold(None, |most: Option<f64>, lines| Some(most.map_or(lines, |most| most.max(lines)))).map(|lines| 15.0 * lines.max(1.0) + 2.0)
}
