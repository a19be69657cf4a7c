//! Exchange rates out of a csv file, as a bank or an accounting system exports them.
//!
//! ```text
//! currency,from,rate            币种,日期,汇率
//! USD,2026-01-01,7.0512         USD,2026/1/1,7.0512
//! ```
//!
//! The columns may stand in any order among others, which are not read. UTF-8 and GBK are told apart; cells are separated by
//! commas, semicolons or tabs.

use std::collections::BTreeMap;
use std::path::Path;

use chrono::NaiveDate;
use encoding_rs::GB18030;
use rust_decimal::Decimal;

use crate::money::Currency;
use crate::problem::{Bad, Problem};
use crate::settings::Rate;
use crate::values::above_zero;

/// What each column may be called.
const CURRENCY: &[&str] = &["currency", "币种", "货币", "币别"];
const FROM: &[&str] = &["from", "date", "日期", "生效日期", "起始日期"];
const RATE: &[&str] = &["rate", "汇率"];

const HINT: &str = "the file has a header line with currency, from, rate (or 币种, 日期, 汇率) and a line for each rate";

/// Reads the rates of a file; each with its line. `named` are the rates of `inflow.toml`: saying one twice is an error, since
/// nobody could tell which of them holds.
pub(crate) fn read(file: &Path, bytes: &[u8], named: &[Rate]) -> Result<Vec<Rate>, Vec<Problem>> {
    let text = decode(bytes).ok_or_else(|| vec![Problem::in_file(file, "is neither UTF-8 nor GBK text").with_hint("save it as UTF-8")])?;
    let header_line = text.lines().next().unwrap_or_default();
    let delimiter = [b'\t', b';', b','].into_iter().max_by_key(|cut| header_line.bytes().filter(|byte| byte == cut).count());
    let mut reader =
        csv::ReaderBuilder::new().delimiter(delimiter.unwrap_or(b',')).flexible(true).trim(csv::Trim::All).from_reader(text.as_bytes());
    let header = reader.headers().map_err(|error| vec![unreadable(file, &error)])?;
    let columns = Columns::find(header).map_err(|missing| {
        let message = format!("there is no column {missing} in the header line");
        vec![Problem { line: Some(1), ..Problem::in_file(file, message).with_hint(HINT) }]
    })?;
    let mut known: BTreeMap<(Currency, NaiveDate), String> = BTreeMap::new();
    for (index, rate) in named.iter().enumerate() {
        known.entry((rate.currency, rate.from)).or_insert_with(|| format!("rates[{index}] of inflow.toml"));
    }
    let mut rates = Vec::new();
    let mut problems = Vec::new();
    for record in reader.records() {
        let record = match record {
            Ok(record) => record,
            Err(error) => {
                problems.push(unreadable(file, &error));
                break;
            }
        };
        if record.iter().all(str::is_empty) {
            continue;
        }
        let line = line_of(&text, record.position());
        match columns.rate(&record) {
            Ok(rate) => match known.insert((rate.currency, rate.from), format!("line {line}")) {
                None => rates.push(rate),
                Some(other) => {
                    let message = format!("there is another rate of {} from {}, {other}", rate.currency, rate.from);
                    problems.push(at(file, line, "", Bad::new(message)));
                }
            },
            Err(wrong) => problems.extend(wrong.into_iter().map(|(column, bad)| at(file, line, column, bad))),
        }
    }
    if problems.is_empty() { Ok(rates) } else { Err(problems) }
}

/// The line of a record, from 1; the reader's own count stands before the blank lines that it skipped.
fn line_of(text: &str, position: Option<&csv::Position>) -> u64 {
    let start = position.and_then(|position| usize::try_from(position.byte()).ok()).unwrap_or_default();
    let (before, after) = text.as_bytes().split_at_checked(start).unwrap_or_default();
    let blank = after.iter().take_while(|byte| matches!(byte, b'\n' | b'\r'));
    let breaks = before.iter().chain(blank).filter(|byte| **byte == b'\n').count();
    breaks as u64 + 1
}

fn at(file: &Path, line: u64, column: &str, bad: Bad) -> Problem {
    Problem { file: file.to_owned(), line: usize::try_from(line).ok(), key: column.to_owned(), message: bad.message, hint: bad.hint }
}

fn unreadable(file: &Path, error: &csv::Error) -> Problem {
    let line = error.position().map_or(1, csv::Position::line);
    at(
        file,
        line,
        "",
        Bad::new("cannot be read as cells").hint(Some("cells that hold the separator or line breaks need quotes".to_owned())),
    )
}

/// UTF-8, with or without a mark, else GB18030, of which GBK is a part.
fn decode(bytes: &[u8]) -> Option<String> {
    let plain = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    if let Ok(text) = std::str::from_utf8(plain) {
        return Some(text.to_owned());
    }
    let (text, _, damaged) = GB18030.decode(bytes);
    (!damaged).then(|| text.into_owned())
}

/// Where the three columns stand.
struct Columns {
    currency: usize,
    from: usize,
    rate: usize,
}

impl Columns {
    /// The error is the name of the first that is missing.
    fn find(header: &csv::StringRecord) -> Result<Self, &'static str> {
        let place = |names: &'static [&'static str]| {
            let found = header.iter().position(|cell| names.contains(&cell.to_lowercase().as_str()));
            found.ok_or_else(|| names.first().copied().unwrap_or_default())
        };
        Ok(Self { currency: place(CURRENCY)?, from: place(FROM)?, rate: place(RATE)? })
    }

    fn rate(&self, record: &csv::StringRecord) -> Result<Rate, Vec<(&'static str, Bad)>> {
        let cell = |at: usize| record.get(at).unwrap_or_default();
        let mut wrong = Vec::new();
        let mut read = |column, bad: Bad| wrong.push((column, bad));
        let currency = cell(self.currency).to_uppercase().parse::<Currency>().map_err(|bad| read("currency", bad)).ok();
        let from = day(cell(self.from)).map_err(|bad| read("from", bad)).ok();
        let rate = number(cell(self.rate)).map_err(|bad| read("rate", bad)).ok();
        match (currency, from, rate) {
            (Some(currency), Some(from), Some(rate)) => Ok(Rate { currency, from, rate }),
            _ => Err(wrong),
        }
    }
}

/// Spreadsheets write the same day in their own way when they save a csv.
fn day(text: &str) -> Result<NaiveDate, Bad> {
    let forms = ["%Y-%m-%d", "%Y/%m/%d", "%Y年%m月%d日"];
    let found = forms.iter().find_map(|form| NaiveDate::parse_from_str(text, form).ok());
    found.ok_or_else(|| Bad::new(format!("{text:?} is not a day such as 2026-11-22")))
}

fn number(text: &str) -> Result<Decimal, Bad> {
    let number = Decimal::from_str_exact(text).map_err(|_| Bad::new(format!("{text:?} is not a decimal number such as 7.0512")))?;
    above_zero(number)
}
