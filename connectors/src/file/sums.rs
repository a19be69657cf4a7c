//! Rows of a statement that add others up: no entries, but what the entries are held to.

use std::ops::Range;

use serde_json::{Map, Value};
use unicode_normalization::UnicodeNormalization;

use super::header::{Header, column};
use super::table::{Datum, RowPlace, TableRow};
use crate::spec::Stream;

/// First cells of such rows, as they begin; in comparable form.
const WORDS: &[&str] = &[
    "合计",
    "总计",
    "小计",
    "汇总",
    "共计",
    "总额",
    "本页合计",
    "本月合计",
    "本期合计",
    "合計",
    "總計",
    "小計",
    "total",
    "grandtotal",
    "subtotal",
    "sub-total",
    "sum",
];

/// A row of a total.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct SumRow {
    pub(crate) place: RowPlace,
    /// What its first cell says: `合计`.
    pub(crate) label: String,
    /// The records of its table, as numbers in the file from 0.
    pub(crate) records: Range<usize>,
    /// The first record below it.
    pub(crate) above: usize,
    /// Its cells by the names of the columns.
    pub(crate) record: Value,
}

impl SumRow {
    /// The same when so many records come before its table.
    pub(super) fn after(self, before: usize) -> SumRow {
        let records = self.records.start + before..self.records.end + before;
        SumRow { records, above: self.above + before, ..self }
    }
}

/// What a row calls the sum that it is; `None` for another row. `skipped`: the mapping says that it is no record. Without that, a row is a
/// sum when its first cell says nothing else (`Total`, but not `Totaljobs`) and it has no day.
pub(super) fn label<'r>(row: &'r TableRow, header: &Header, stream: &Stream, skipped: bool) -> Option<&'r str> {
    let (first, text) = row.cells.first().and_then(|(column, datum)| Some((*column, datum.text()?)))?;
    // Most rows begin with another letter or a digit, and need not be looked at in all forms.
    if text.bytes().next().is_some_and(|byte| byte.is_ascii_alphanumeric() && !matches!(byte.to_ascii_lowercase(), b't' | b'g' | b's')) {
        return None;
    }
    let plain: String = text.nfkc().filter(|c| !c.is_whitespace()).collect::<String>().to_lowercase();
    let rest = WORDS.iter().filter_map(|word| plain.strip_prefix(word)).min_by_key(|rest| rest.len())?;
    if skipped {
        return Some(text);
    }
    let bare = rest.chars().next().is_none_or(|c| !c.is_alphabetic());
    let booked = stream.fields.get(stream.kind.statement_day()).into_iter().flat_map(|field| &field.paths).filter_map(column).any(|name| {
        let place = header.columns.iter().find(|(_, other)| *other == name);
        place.is_some_and(|(column, _)| *column != first && row.cell(*column).is_some())
    });
    (bare && !booked).then_some(text)
}

/// The cells of a sum; a formula without a result states nothing.
pub(super) fn record(row: &TableRow, header: &Header) -> Value {
    let cell = |column: u32| row.cell(column).and_then(Datum::text).map_or(Value::Null, Value::from);
    Value::Object(header.columns.iter().map(|(column, name)| (name.clone(), cell(*column))).collect::<Map<_, _>>())
}
