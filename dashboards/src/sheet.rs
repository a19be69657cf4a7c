//! Reports as a workbook: a sheet for each, with amounts, shares and days as numbers that Excel reckons with, and a sheet that says what
//! they mean.

use chrono::NaiveDate;
use inflow_analytics::{Report, metric};
use inflow_config::Lang;
use rust_xlsxwriter::{ExcelDateTime, Format, Workbook, Worksheet, XlsxError};
use serde_json::Value;

/// Characters that a sheet's name may have.
const NAME: usize = 31;

/// The reports as they may leave the program (small cells withheld), in the language of who reads them.
pub fn workbook(reports: &[Report], lang: Lang) -> Result<Vec<u8>, XlsxError> {
    let mut book = Workbook::new();
    for (at, report) in reports.iter().enumerate() {
        let title = match lang {
            Lang::En => &report.definition.title.en,
            Lang::Zh => &report.definition.title.zh,
        };
        // The names of metrics differ within their first characters; titles may hold what a sheet's name may not.
        let again = reports.iter().take(at).any(|before| before.metric == report.metric);
        let number = if again { format!("{} ", at + 1) } else { String::new() };
        let name: String =
            format!("{number}{} {}", report.metric, title.replace(['[', ']', ':', '*', '?', '/', '\\'], " ")).chars().take(NAME).collect();
        figures(book.add_worksheet().set_name(name.trim())?, &report.for_export())?;
    }
    definitions(book.add_worksheet().set_name(if lang == Lang::Zh { "口径" } else { "Definitions" })?, reports, lang)?;
    book.save_to_buffer()
}

fn figures(sheet: &mut Worksheet, report: &Report) -> Result<(), XlsxError> {
    let money = metric(&report.metric).map(|metric| metric.money.as_slice()).unwrap_or_default();
    for (at, column) in (0_u16..).zip(&report.columns) {
        sheet.write_string_with_format(0, at, column, &Format::new().set_bold().set_border_bottom(rust_xlsxwriter::FormatBorder::Thin))?;
        for (line, row) in (1_u32..).zip(&report.rows) {
            let Some(value) = row.get(column) else { continue };
            let name = column.as_str();
            if money.contains(&name)
                && let Some(amount) = number(value)
            {
                sheet.write_number_with_format(line, at, amount, &Format::new().set_num_format("#,##0.00"))?;
            } else if report.shares.contains(&name)
                && let Some(share) = number(value)
            {
                sheet.write_number_with_format(line, at, share, &Format::new().set_num_format("0.0%"))?;
            } else if let Some(day) = value.as_str().filter(|text| text.parse::<NaiveDate>().is_ok()) {
                let day = ExcelDateTime::parse_from_str(day)?;
                sheet.write_datetime_with_format(line, at, &day, &Format::new().set_num_format("yyyy-mm-dd"))?;
            } else {
                write(sheet, line, at, value)?;
            }
        }
    }
    sheet.set_freeze_panes(1, 0)?;
    if let (Some(last), true) = (u16::try_from(report.columns.len()).ok().and_then(|many| many.checked_sub(1)), !report.rows.is_empty()) {
        sheet.autofilter(0, 0, u32::try_from(report.rows.len()).unwrap_or(u32::MAX), last)?;
    }
    sheet.autofit();
    Ok(())
}

/// Amounts are text of two decimals, so that no binary fraction comes between; a cell has no other number than a binary one.
fn number(value: &Value) -> Option<f64> {
    value.as_f64().or_else(|| value.as_str()?.parse().ok())
}

fn write(sheet: &mut Worksheet, line: u32, at: u16, value: &Value) -> Result<(), XlsxError> {
    match value {
        Value::Null => {}
        Value::Bool(truth) => drop(sheet.write_boolean(line, at, *truth)?),
        Value::Number(number) => drop(sheet.write_number(line, at, number.as_f64().unwrap_or_default())?),
        Value::String(text) => drop(sheet.write_string(line, at, text)?),
        other => drop(sheet.write_string(line, at, other.to_string())?),
    }
    Ok(())
}

fn definitions(sheet: &mut Worksheet, reports: &[Report], lang: Lang) -> Result<(), XlsxError> {
    let zh = lang == Lang::Zh;
    let names = if zh {
        ["指标", "版本", "首日", "末日", "时区", "截至", "口径", "分子", "分母", "时间口径", "不计入", "与台账一致"]
    } else {
        [
            "metric",
            "version",
            "from",
            "to",
            "zone",
            "as of",
            "meaning",
            "numerator",
            "denominator",
            "clock",
            "exclusions",
            "ties to the ledger",
        ]
    };
    for (line, name) in (0_u32..).zip(names) {
        sheet.write_string_with_format(line, 0, name, &Format::new().set_bold())?;
    }
    for (at, report) in (1_u16..).zip(reports) {
        let meaning = if zh { &report.definition.meaning.zh } else { &report.definition.meaning.en };
        let ties = match report.reconciles.as_ref().and_then(|tie| tie.get("ties")?.as_bool()) {
            None => "–",
            Some(true) if zh => "是",
            Some(true) => "yes",
            Some(false) if zh => "否",
            Some(false) => "no",
        };
        let cells = [
            report.metric.clone(),
            format!("v{}", report.version),
            report.from.to_string(),
            report.to.to_string(),
            report.tz.clone(),
            report.as_of.to_rfc3339(),
            meaning.clone(),
            report.definition.numerator.to_owned(),
            report.definition.denominator.to_owned(),
            report.definition.clock.to_owned(),
            report.definition.exclusions.to_owned(),
            ties.to_owned(),
        ];
        sheet.set_column_width(at, 60)?;
        for (line, cell) in (0_u32..).zip(cells) {
            sheet.write_string_with_format(line, at, cell, &Format::new().set_text_wrap().set_align(rust_xlsxwriter::FormatAlign::Top))?;
        }
    }
    sheet.set_column_width(0, 18)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use calamine::{Data, Reader, Xlsx};
    use inflow_analytics::Definition;
    use inflow_config::Name;
    use serde_json::json;

    use super::*;

    fn spend() -> Report {
        let name = |en: &str, zh: &str| Name { en: en.to_owned(), zh: zh.to_owned() };
        let row = json!({"channel": "=boss", "day": "2026-10-01", "amount": "1234.50", "share": 0.25, "currency": "CNY", "covered": null});
        Report {
            metric: "spend".to_owned(),
            version: 1,
            definition: Definition {
                title: name("Spend", "费用"),
                meaning: name("What each channel cost.", "各渠道费用。"),
                numerator: "n",
                denominator: "d",
                clock: "c",
                exclusions: "e",
                superseded: None,
            },
            from: "2026-10-01".parse().unwrap(),
            to: "2026-10-31".parse().unwrap(),
            tz: "Asia/Shanghai".to_owned(),
            as_of: "2026-11-01T00:00:00Z".parse().unwrap(),
            rows: vec![row.as_object().unwrap().clone()],
            reconciles: json!({"ties": true}).as_object().cloned(),
            columns: ["channel", "day", "amount", "share", "currency", "covered"].map(str::to_owned).to_vec(),
            shares: vec!["share", "covered"],
        }
    }

    #[test]
    fn numbers_are_numbers_and_text_is_text() {
        let bytes = workbook(&[spend(), spend()], Lang::Zh).unwrap();
        let mut book: Xlsx<_> = calamine::open_workbook_from_rs(std::io::Cursor::new(bytes)).unwrap();
        assert_eq!(book.sheet_names(), ["spend 费用", "2 spend 费用", "口径"]);
        let sheet = book.worksheet_range("spend 费用").unwrap();
        let cell = |at| sheet.get_value((1, at)).cloned().unwrap_or_default();
        assert_eq!(cell(0), Data::String("=boss".to_owned()), "no formula");
        assert!(matches!(cell(1), Data::DateTime(_)), "{:?}", cell(1));
        assert_eq!((cell(2), cell(3), cell(5)), (Data::Float(1234.5), Data::Float(0.25), Data::Empty));
        let words = book.worksheet_range("口径").unwrap();
        let said: Vec<String> = words.rows().map(|row| row[1].to_string()).collect();
        assert!(said.contains(&"各渠道费用。".to_owned()) && said.contains(&"是".to_owned()), "{said:?}");
    }
}
