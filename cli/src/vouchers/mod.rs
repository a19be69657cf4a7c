//! Accounting vouchers as a file for an accounting program: entries of [`inflow_ledger::voucher`] in the columns of a template.

mod reading;
mod template;

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use chrono::{Datelike, NaiveDate};
use inflow_config::{Config, Lang};
use inflow_ledger::voucher::{Entry, Side, Voucher};
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use rust_xlsxwriter::{Format, Workbook};

use crate::month_end;

use template::{Encoding, Named, Value, Words};
pub use template::{Form, Template};

/// The file, and what it lacks.
#[derive(Debug)]
pub struct Written {
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// Names that the template has no code for; they stand in the file themselves.
    pub uncoded: BTreeSet<(&'static str, String)>,
    /// Characters that the encoding does not have.
    pub unencodable: bool,
}

/// A cell of the file.
#[derive(Debug, Clone, PartialEq)]
enum Cell {
    Text(String),
    Amount(Decimal),
}

/// Writes vouchers in the columns of a template. `last` is the month's last day, which every voucher of a whole month bears.
///
/// # Errors
/// Those of the writers of csv and xlsx.
pub fn write(vouchers: &[Voucher], template: &Template, config: &Config, last: NaiveDate) -> Result<Written, Box<dyn std::error::Error>> {
    let mut writing = Writing { template, config, last, uncoded: BTreeSet::new() };
    let mut rows = Vec::new();
    for (number, voucher) in (template.first_number..).zip(vouchers) {
        for (line, entry) in (1..).zip(&voucher.entries) {
            rows.push(writing.row(number, line, voucher, entry));
        }
    }
    let uncoded = writing.uncoded;
    let (bytes, unencodable) = match template.format {
        Form::Csv => csv(template, &rows)?,
        Form::Xlsx => (xlsx(template, &rows)?, false),
    };
    Ok(Written { bytes, uncoded, unencodable })
}

struct Writing<'a> {
    template: &'a Template,
    config: &'a Config,
    last: NaiveDate,
    uncoded: BTreeSet<(&'static str, String)>,
}

impl Writing<'_> {
    fn row(&mut self, number: u32, line: u32, voucher: &Voucher, entry: &Entry) -> Vec<Cell> {
        let columns = &self.template.column;
        columns
            .iter()
            .map(|column| match (column.value, &column.text) {
                (Some(value), _) => self.cell(value, number, line, voucher, entry),
                (None, Some(text)) => Cell::Text(text.clone()),
                (None, None) => Cell::Text(String::new()),
            })
            .collect()
    }

    fn cell(&mut self, value: Value, number: u32, line: u32, voucher: &Voucher, entry: &Entry) -> Cell {
        let template = self.template;
        // Vouchers of a day bear it, all others the month's last day.
        let day = if template.voucher_per == template::Per::Day {
            NaiveDate::from_epoch_days(voucher.day).unwrap_or(self.last)
        } else {
            self.last
        };
        let amount = Decimal::new(entry.cents, 2);
        let side = |of: Side| if entry.side == of { Cell::Amount(amount) } else { Cell::Text(template.zero.clone()) };
        let currency = self.config.settings.company.currency.to_string();
        let called = template.currencies.get(&currency);
        Cell::Text(match value {
            Value::Debit => return side(Side::Debit),
            Value::Credit => return side(Side::Credit),
            Value::Amount => return Cell::Amount(amount),
            Value::Date => day.format(&template.date).to_string(),
            Value::Year => day.year().to_string(),
            Value::Period => day.month().to_string(),
            Value::Word => template.word.clone(),
            Value::Number => number.to_string(),
            Value::Line => line.to_string(),
            Value::Documents => voucher.documents().to_string(),
            Value::Summary => self.summary(entry),
            Value::AccountCode => entry.code.clone(),
            Value::AccountName => entry.name.clone(),
            Value::Side => match (entry.side, template.lang) {
                (Side::Debit, Words::Zh) => "借",
                (Side::Credit, Words::Zh) => "贷",
                (Side::Debit, Words::En) => "debit",
                (Side::Credit, Words::En) => "credit",
            }
            .to_owned(),
            Value::DepartmentCode => self.department(entry).0,
            Value::DepartmentName => self.department(entry).1,
            Value::ProjectCode => self.project(entry).0,
            Value::ProjectName => self.project(entry).1,
            Value::SupplierCode => self.supplier(entry).0,
            Value::SupplierName => self.supplier(entry).1,
            Value::Invoice => entry.invoice.clone(),
            Value::Auxiliary => self.auxiliary(entry),
            Value::Preparer => template.preparer.clone(),
            Value::CurrencyCode => called.map_or(currency, |named| named.code.clone()),
            Value::CurrencyName => called.and_then(|named| named.name.clone()).unwrap_or(currency),
        })
    }

    fn lang(&self) -> Lang {
        match self.template.lang {
            Words::Zh => Lang::Zh,
            Words::En => Lang::En,
        }
    }

    /// Code and name of something; its own name where the template has none.
    fn named(&mut self, table: &'static str, names: &BTreeMap<String, Named>, key: &str, name: &str) -> (String, String) {
        match names.get(key) {
            _ if key.is_empty() => Default::default(),
            Some(named) => (named.code.clone(), named.name.clone().unwrap_or_else(|| name.to_owned())),
            None => {
                self.uncoded.insert((table, key.to_owned()));
                (name.to_owned(), name.to_owned())
            }
        }
    }

    fn department(&mut self, entry: &Entry) -> (String, String) {
        let names = &self.template.departments;
        self.named("departments", names, &entry.department, &entry.department)
    }

    fn project(&mut self, entry: &Entry) -> (String, String) {
        let names = &self.template.projects;
        self.named("projects", names, &entry.project, &entry.project)
    }

    fn supplier(&mut self, entry: &Entry) -> (String, String) {
        let names = &self.template.suppliers;
        let name = month_end::channel(self.config, self.lang(), &entry.supplier);
        self.named("suppliers", names, &entry.supplier, &name)
    }

    fn auxiliary(&mut self, entry: &Entry) -> String {
        let Some(form) = &self.template.auxiliary else { return String::new() };
        let all =
            [(&form.department, self.department(entry)), (&form.project, self.project(entry)), (&form.supplier, self.supplier(entry))];
        let item =
            |(name, (code, text)): (&String, (String, String))| filled(&form.item, &[("name", name), ("code", &code), ("text", &text)]);
        all.into_iter().filter(|(_, (code, _))| !code.is_empty()).map(item).collect::<Vec<_>>().join(&form.between)
    }

    /// Text of an entry: what all its rows share is named, what they do not is named as far as it is short.
    fn summary(&self, entry: &Entry) -> String {
        let lang = self.lang();
        let channels: Vec<String> = entry.channels.iter().map(|id| month_end::channel(self.config, lang, id)).collect();
        let kinds: Vec<String> = entry.kinds.iter().map(|kind| month_end::kind(lang, kind).to_owned()).collect();
        let stores: Vec<String> = entry.stores.iter().cloned().collect();
        let month = self.last.format("%Y-%m").to_string();
        let text = filled(
            &self.template.summary,
            &[
                ("month", &month),
                ("account", &entry.name),
                ("channel", &listed(lang, &channels)),
                ("kind", &listed(lang, &kinds)),
                ("store", &listed(lang, &stores)),
                ("department", &entry.department),
                ("project", &entry.project),
                ("invoice", &entry.invoice),
            ],
        );
        // A placeholder without a value leaves its blanks behind.
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        text.chars().take(self.template.summary_length).collect()
    }
}

/// Up to three words, or the first and how many there are.
fn listed(lang: Lang, words: &[String]) -> String {
    match (words, lang) {
        ([_, _, _, _, ..], Lang::Zh) => format!("{}等{}项", words[0], words.len()),
        ([_, _, _, _, ..], Lang::En) => format!("{} and {} more", words[0], words.len() - 1),
        (_, Lang::Zh) => words.join("、"),
        (_, Lang::En) => words.join(", "),
    }
}

/// The text with its placeholders filled, once: what is filled in is not looked at again.
fn filled(text: &str, values: &[(&str, &str)]) -> String {
    let mut out = String::new();
    for (at, part) in text.split('{').enumerate() {
        match part.split_once('}') {
            Some((name, rest)) if at > 0 => {
                out.push_str(values.iter().find(|(known, _)| *known == name).map_or("", |(_, value)| value));
                out.push_str(rest);
            }
            _ => out.push_str(part),
        }
    }
    out
}

fn csv(template: &Template, rows: &[Vec<Cell>]) -> Result<(Vec<u8>, bool), csv::Error> {
    let plain = |text: &str| {
        if template.without_commas {
            // Such a program knows no quotes either: a line ends where a line ends.
            text.chars()
                .map(|letter| if letter == ',' { '\u{ff0c}' } else { letter })
                .filter(|letter| !"\r\n\"".contains(*letter))
                .collect()
        } else {
            text.to_owned()
        }
    };
    let style = if template.without_commas { csv::QuoteStyle::Never } else { csv::QuoteStyle::Necessary };
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).quote_style(style).from_writer(Vec::new());
    if template.header {
        writer.write_record(template.column.iter().map(|column| plain(&column.header)))?;
    }
    for row in rows {
        writer.write_record(row.iter().map(|cell| match cell {
            Cell::Text(text) => plain(text),
            Cell::Amount(amount) => format!("{amount:.2}"),
        }))?;
    }
    let body = writer.into_inner().map_err(|error| csv::Error::from(error.into_error()))?;
    let mut text: String = template.preamble.iter().flat_map(|line| [line.as_str(), "\r\n"]).collect();
    text.push_str(&String::from_utf8_lossy(&body));
    Ok(match template.encoding {
        Encoding::Utf8 => (text.into_bytes(), false),
        Encoding::Utf8Bom => (format!("\u{feff}{text}").into_bytes(), false),
        Encoding::Gb18030 => {
            let (bytes, _, lacking) = encoding_rs::GB18030.encode(&text);
            (bytes.into_owned(), lacking)
        }
    })
}

fn xlsx(template: &Template, rows: &[Vec<Cell>]) -> Result<Vec<u8>, Box<dyn std::error::Error>> {
    let mut book = Workbook::new();
    let page = book.add_worksheet().set_name(&template.sheet)?;
    let (text, amount) = (Format::new().set_num_format("@"), Format::new().set_num_format(&template.number_format));
    let mut line = 0;
    for words in &template.preamble {
        page.write_string(line, 0, words)?;
        line += 1;
    }
    if template.header {
        for (at, column) in (0_u16..).zip(&template.column) {
            page.write_string_with_format(line, at, &column.header, &Format::new().set_bold())?;
        }
        line += 1;
        page.set_freeze_panes(line, 0)?;
    }
    for row in rows {
        for (at, cell) in (0_u16..).zip(row) {
            match cell {
                Cell::Text(words) if words.is_empty() => {}
                // Codes keep their zeros.
                Cell::Text(words) => drop(page.write_string_with_format(line, at, words, &text)?),
                Cell::Amount(number) => drop(page.write_number_with_format(line, at, number.to_f64().unwrap_or_default(), &amount)?),
            }
        }
        line += 1;
    }
    page.autofit();
    Ok(book.save_to_buffer()?)
}
