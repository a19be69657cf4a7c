//! Writes 招聘台账.xlsx, the workbook of a company that keeps its recruiting by hand.

mod sheets;

use rust_xlsxwriter::{
    Color, DataValidation, DataValidationErrorStyle, DataValidationRule, DocProperties, ExcelDateTime, Format, FormatAlign, FormatBorder,
    Formula, Workbook, Worksheet, XlsxError,
};
use sheets::{Column, Content, NOTES, SHEETS, Sheet};

/// What it is called beside the settings.
pub const WORKBOOK_FILE: &str = "招聘台账.xlsx";
/// The hidden sheet that dropdowns read.
const CHOICES: &str = "选项";
const NOTES_SHEET: &str = "说明";
/// Rows with dropdowns and checks.
const ROWS: u32 = 2000;

/// The workbook with the company's channels in its dropdowns. `today` is written as its day of creation.
pub fn workbook(channels: &[String], today: chrono::NaiveDate) -> Result<Vec<u8>, XlsxError> {
    use chrono::Datelike;
    let mut book = Workbook::new();
    let created = ExcelDateTime::from_ymd(today.year().clamp(1900, 9999) as u16, today.month() as u8, today.day() as u8)?;
    book.set_properties(&DocProperties::new().set_title("招聘台账").set_creation_datetime(&created));
    let choices = choice_lists(channels);
    for sheet in SHEETS {
        write_sheet(book.add_worksheet(), sheet, &choices)?;
    }
    write_notes(book.add_worksheet())?;
    let list = book.add_worksheet().set_name(CHOICES)?;
    list.set_hidden(true);
    for (at, (name, words)) in (0u16..).zip(&choices) {
        list.write(0, at, name)?;
        for (row, word) in (1u32..).zip(words) {
            list.write(row, at, word)?;
        }
    }
    book.save_to_buffer()
}

/// Every list of choices with its name: the channels, then one for each column that has one.
fn choice_lists(channels: &[String]) -> Vec<(String, Vec<String>)> {
    let mut lists = vec![("渠道".to_owned(), channels.to_vec())];
    for sheet in SHEETS {
        for column in sheet.columns {
            if let Content::Choice(words) = column.content {
                lists.push((list_name(sheet, column), words.iter().map(|word| (*word).to_owned()).collect()));
            }
        }
    }
    lists
}

fn list_name(sheet: &Sheet, column: &Column) -> String {
    format!("{}·{}", sheet.name, column.name.trim_end_matches('*'))
}

fn header_format(required: bool) -> Format {
    let colour = if required { 0x1F_4E_79 } else { 0x5B_7F_A6 };
    Format::new()
        .set_bold()
        .set_font_color(Color::White)
        .set_background_color(Color::RGB(colour))
        .set_align(FormatAlign::Center)
        .set_align(FormatAlign::VerticalCenter)
        .set_text_wrap()
        .set_border(FormatBorder::Thin)
        .set_border_color(Color::RGB(0xD0_D7_DE))
}

fn content_format(content: Content) -> Format {
    match content {
        Content::Digits => Format::new().set_num_format("@"),
        Content::Day => Format::new().set_num_format("yyyy-mm-dd"),
        Content::Time => Format::new().set_num_format("yyyy-mm-dd hh:mm"),
        Content::Count => Format::new().set_num_format("0"),
        Content::Money => Format::new().set_num_format("#,##0.00"),
        Content::Percent => Format::new().set_num_format("0%"),
        Content::Text | Content::Choice(_) | Content::Channel | Content::Requisition => Format::new(),
    }
}

fn width(column: &Column) -> f64 {
    let name = column.name.chars().count() as f64 * 2.0 + 3.0;
    let content = match column.content {
        Content::Digits | Content::Money => 14.0,
        Content::Day => 12.0,
        Content::Time => 17.0,
        Content::Count | Content::Percent => 8.0,
        Content::Choice(words) => words.iter().map(|word| word.chars().count()).max().unwrap_or(0) as f64 * 2.0 + 4.0,
        Content::Text | Content::Channel | Content::Requisition => 13.0,
    };
    let note = if column.name == "备注" { 24.0 } else { 0.0 };
    name.max(content).max(note)
}

fn write_sheet(sheet: &mut Worksheet, form: &Sheet, choices: &[(String, Vec<String>)]) -> Result<(), XlsxError> {
    sheet.set_name(form.name)?;
    sheet.set_row_height(0, 24)?;
    for (at, column) in (0u16..).zip(form.columns) {
        sheet.set_column_width(at, width(column))?;
        sheet.set_column_format(at, &content_format(column.content))?;
        sheet.write_with_format(0, at, column.name, &header_format(column.name.ends_with('*')))?;
        if let Some(rule) = validation(form, column, choices)? {
            sheet.add_data_validation(1, at, ROWS, at, &rule)?;
        }
    }
    for (row, example) in (1u32..).zip(form.examples) {
        for (at, (column, text)) in (0u16..).zip(form.columns.iter().zip(*example)) {
            write_example(sheet, row, at, column, text)?;
        }
    }
    let last = form.columns.len().saturating_sub(1) as u16;
    sheet.autofilter(0, 0, ROWS, last)?;
    sheet.set_freeze_panes(1, 1)?;
    sheet.set_landscape().set_print_fit_to_pages(1, 0).set_repeat_rows(0, 0)?;
    Ok(())
}

fn write_example(sheet: &mut Worksheet, row: u32, at: u16, column: &Column, text: &str) -> Result<(), XlsxError> {
    let format = content_format(column.content).set_font_color(Color::RGB(0x8A_8A_8A)).set_italic();
    if text.is_empty() {
        return Ok(());
    }
    match column.content {
        Content::Day | Content::Time => {
            // A day alone, or a day and a time of day.
            let written = if text.contains(':') { text.replace(' ', "T") } else { text.to_owned() };
            sheet.write_with_format(row, at, &ExcelDateTime::parse_from_str(&written)?, &format)?;
        }
        Content::Count | Content::Money | Content::Percent => {
            sheet.write_with_format(row, at, text.parse::<f64>().unwrap_or_default(), &format)?;
        }
        _ => {
            sheet.write_with_format(row, at, text, &format)?;
        }
    }
    Ok(())
}

/// What may be typed, what is offered, and what is said about the column.
fn validation(form: &Sheet, column: &Column, choices: &[(String, Vec<String>)]) -> Result<Option<DataValidation>, XlsxError> {
    let rule = DataValidation::new();
    let rule = match column.content {
        Content::Choice(_) => list(rule, choices, &list_name(form, column))?,
        // Another channel or opening may be meant: it is read, and shown where it is not known.
        Content::Channel => list(rule, choices, "渠道")?.set_error_style(DataValidationErrorStyle::Warning),
        Content::Requisition => rule
            .allow_list_formula(Formula::new(format!("='需求'!$A$2:$A${}", ROWS + 1)))
            .set_error_title("没有这个需求编号")?
            .set_error_message("“需求”表里没有这个编号。")?
            .set_error_style(DataValidationErrorStyle::Warning),
        Content::Day | Content::Time => rule
            .allow_date(DataValidationRule::Between(ExcelDateTime::from_ymd(2000, 1, 1)?, ExcelDateTime::from_ymd(2099, 12, 31)?))
            .set_error_title("这不是日期")?
            .set_error_message("请输入日期，如 2026-09-01；“下周三”这样的文字读不了。")?,
        Content::Count => rule
            .allow_whole_number(DataValidationRule::GreaterThanOrEqualTo(0))
            .set_error_title("这不是整数")?
            .set_error_message("请输入 0 或正整数。")?,
        Content::Money | Content::Percent => rule
            .allow_decimal_number(DataValidationRule::Between(-1e12, 1e12))
            .set_error_title("这不是数字")?
            .set_error_message("请输入数字，不带单位。")?,
        Content::Text | Content::Digits if column.about.is_empty() => return Ok(None),
        Content::Text | Content::Digits => rule,
    };
    if column.about.is_empty() {
        return Ok(Some(rule));
    }
    Ok(Some(rule.set_input_title(column.name.trim_end_matches('*'))?.set_input_message(column.about)?))
}

fn list(rule: DataValidation, choices: &[(String, Vec<String>)], name: &str) -> Result<DataValidation, XlsxError> {
    let (at, count) = (0u32..).zip(choices).find(|(_, (other, _))| other == name).map_or((0, 0), |(at, (_, words))| (at, words.len()));
    let column = column_letters(at);
    rule.allow_list_formula(Formula::new(format!("='{CHOICES}'!${column}$2:${column}${}", count + 1)))
        .set_error_title("不在选项里")?
        .set_error_message("请从下拉选项里选一个。")
}

/// `A`, `B`, .. `AA`.
fn column_letters(at: u32) -> String {
    let letter = |number: u32| char::from(b'A' + (number % 26) as u8);
    match at / 26 {
        0 => letter(at).to_string(),
        before => format!("{}{}", letter(before - 1), letter(at)),
    }
}

fn write_notes(sheet: &mut Worksheet) -> Result<(), XlsxError> {
    sheet.set_name(NOTES_SHEET)?;
    sheet.set_column_width(0, 22)?.set_column_width(1, 96)?.set_screen_gridlines(false);
    let heading = Format::new().set_bold().set_font_size(14).set_font_color(Color::RGB(0x1F_4E_79));
    let term = Format::new().set_bold().set_align(FormatAlign::Top);
    let text = Format::new().set_text_wrap().set_align(FormatAlign::Top);
    for (row, (name, line)) in (0u32..).zip(NOTES) {
        if line.is_empty() {
            sheet.write_with_format(row, 0, *name, &heading)?;
        } else {
            sheet.write_with_format(row, 0, *name, &term)?;
            sheet.write_with_format(row, 1, *line, &text)?;
            // Two lines for what does not fit in one.
            let lines = (line.chars().count() * 2).div_ceil(96).max(1);
            sheet.set_row_height(row, 18.0 * lines as f64)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use inflow_connectors::spec::{Step, Stream, spec};
    use std::collections::BTreeSet;

    fn stream_of(sheet: &Sheet) -> &'static Stream {
        let spec = spec("zh_sme").unwrap();
        let reads = |stream: &&Stream| stream.file.as_ref().is_some_and(|form| form.sheet == [sheet.name]);
        spec.streams.iter().find(reads).unwrap_or_else(|| panic!("nothing reads the sheet {}", sheet.name))
    }

    #[test]
    fn the_spec_reads_every_column_and_no_other() {
        assert_eq!(spec("zh_sme").unwrap().streams.len(), SHEETS.len());
        for sheet in SHEETS {
            let stream = stream_of(sheet);
            let first = |path: &inflow_connectors::spec::Path| match path.steps().first() {
                Some(Step::Key(key)) => Some(key.clone()),
                _ => None,
            };
            let landed = stream.landed_paths();
            let mut read: BTreeSet<String> = landed.iter().chain(stream.identity.all()).filter_map(first).collect();
            read.insert("备注".to_owned());
            let written: BTreeSet<String> = sheet.columns.iter().map(|column| column.name.trim_end_matches('*').to_owned()).collect();
            assert_eq!(read, written, "{}", sheet.name);
            for example in sheet.examples {
                assert_eq!(example.len(), sheet.columns.len(), "{}", sheet.name);
            }
        }
    }

    #[test]
    fn every_choice_is_a_word_of_the_spec() {
        let spec = spec("zh_sme").unwrap();
        let stages: BTreeSet<&str> = spec.stages.keys().map(String::as_str).collect();
        assert_eq!(stages, sheets::STAGES.iter().copied().collect());
        let mut compared = 0;
        for sheet in SHEETS {
            for field in stream_of(sheet).fields.values().filter(|field| !field.words.is_empty()) {
                let path = field.paths.first().unwrap().to_string();
                let column = sheet.columns.iter().find(|column| column.name.trim_end_matches('*') == path).unwrap();
                let Content::Choice(words) = column.content else { panic!("{path} of {} has no choices", sheet.name) };
                let known: BTreeSet<&str> = field.words.keys().map(String::as_str).collect();
                assert_eq!(known, words.iter().copied().collect(), "{path} of {}", sheet.name);
                compared += 1;
            }
        }
        assert_eq!(compared, 8);
    }
}
