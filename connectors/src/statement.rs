//! A statement (of the ledger, of a bank, of invoices) is taken whole or not at all: its lines and the rows of totals between them are looked at by the sink before
//! anything is landed, and what is wrong with them said with file, row and column.

use std::any::Any;
use std::ops::Range;
use std::path::Path;

use serde_json::Value;

use crate::error::{PullError, PullErrorKind};
use crate::file::{RowPlace, SumRow, header_column};
use crate::landing::Line;
use crate::pull::Note;
use crate::spec::{Field, Stream};
use crate::state::MappedLines;

/// Faults that are listed; of the others the number is said.
const MOST_FAULTS: usize = 20;

/// What was found in some lines of a statement.
pub type ReadLines = Box<dyn Any + Send>;

/// Looks at the lines of one delivered file while they are made, and says what is wrong with them once all are there: anything, and
/// nothing of the file is landed.
pub trait StatementCheck: Send + Sync {
    /// Makes rows of some lines, as [`crate::SegmentIntake::map`] does, and looks at them; the first is that of number `first` in the
    /// statement, from 0. Lines of one statement are looked at side by side.
    fn map(&self, first: usize, lines: &[Line]) -> (MappedLines, ReadLines);

    /// Takes what was found in the next lines, in the order of the statement.
    fn take(&mut self, read: ReadLines);

    /// All that is wrong, when all lines were taken.
    fn faults(self: Box<Self>, statement: &Statement<'_>) -> Vec<StatementFault>;
}

/// What is told of a statement beside its lines.
#[derive(Debug, Clone)]
pub struct Statement<'s> {
    /// The row of each line, from 1, as the program that shows the file counts.
    pub rows: Vec<u64>,
    /// Names of all columns of the file, also of those that are not landed.
    pub headers: &'s [String],
    /// Rows of totals, in the order of the file.
    pub sums: Vec<StatementSum<'s>>,
}

/// A row that adds up lines above it (or, where there are none, all of its table).
#[derive(Debug, Clone)]
pub struct StatementSum<'s> {
    /// What it calls itself: `合计`.
    pub label: &'s str,
    /// The lines of its table.
    pub lines: Range<usize>,
    /// The first line below it.
    pub above: usize,
    /// Its cells by the names of the columns.
    pub record: &'s Value,
}

/// Where a fault is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum StatementPlace {
    /// The line of that number, from 0.
    Line(usize),
    /// The row of that number in [`Statement::sums`], from 0.
    Sum(usize),
}

/// Why a statement is not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatementFault {
    /// The row.
    pub place: StatementPlace,
    /// Column of the table; the file's own header is found by it.
    pub column: String,
    /// What is wrong there: lower case, no full stop.
    pub said: Note,
    /// What to do about faults of this sort.
    pub hint: Note,
}

/// What a file is called, and where its rows are.
pub(crate) struct Places<'p> {
    pub(crate) path: &'p Path,
    /// Of lines.
    pub(crate) lines: &'p [RowPlace],
    pub(crate) sums: &'p [SumRow],
    /// Names of the file's columns.
    pub(crate) headers: &'p [String],
}

/// The error of a file that is not taken: a sentence for each fault, in the order of the rows.
pub(crate) fn refusal(stream: &Stream, places: &Places<'_>, mut faults: Vec<StatementFault>) -> PullError {
    let row = |fault: &StatementFault| match fault.place {
        StatementPlace::Line(at) => places.lines.get(at),
        StatementPlace::Sum(at) => places.sums.get(at).map(|sum| &sum.place),
    };
    // In the order of the file: a sum stands before the line below it.
    faults.sort_by_key(|fault| match fault.place {
        StatementPlace::Line(at) => (at, true),
        StatementPlace::Sum(at) => (places.sums.get(at).map_or(usize::MAX, |sum| sum.above), false),
    });
    let mut hints: Vec<Note> = Vec::new();
    for fault in &faults {
        if !hints.contains(&fault.hint) {
            hints.push(fault.hint.clone());
        }
    }
    let said = |fault: &StatementFault| {
        let (at_en, at_zh) = row(fault).map(|place| (place.row_name(), place.row_name_zh())).unwrap_or_default();
        let column = header(stream, &fault.column, places.headers);
        Note { en: format!("{at_en}, column {column}: {}", fault.said.en), zh: format!("{at_zh}“{column}”列:{}", fault.said.zh) }
    };
    let message = if let [fault] = faults.as_slice() {
        said(fault)
    } else {
        let file = places.path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let count = faults.len();
        let mut en = format!("nothing of it was taken, {count} things are wrong in it:");
        let mut zh = format!("整份文件未导入,其中有 {count} 处错误:");
        for fault in faults.iter().take(MOST_FAULTS) {
            let Note { en: line_en, zh: line_zh } = said(fault);
            en = format!("{en}\n  {file}: {line_en}");
            zh = format!("{zh}\n  {file}: {line_zh}");
        }
        if let Some(more) = count.checked_sub(MOST_FAULTS).filter(|more| *more > 0) {
            en = format!("{en}\n  and {more} more");
            zh = format!("{zh}\n  另有 {more} 处");
        }
        Note { en, zh }
    };
    let joined = |part: fn(&Note) -> &str, between: &str| hints.iter().map(part).collect::<Vec<_>>().join(between);
    let hint_en = format!("{}; nothing of the file was taken: correct it, then import it again", joined(|hint| &hint.en, "; "));
    let hint_zh = format!("{};该文件一行也未导入,改正后请重新导入", joined(|hint| &hint.zh, ";"));
    PullError::new(PullErrorKind::File, message.en).with_hint(hint_en).with_chinese(message.zh, hint_zh)
}

/// The header in the file of a column of the table; the table's own name where the file has none for it.
fn header(stream: &Stream, column: &str, headers: &[String]) -> String {
    // A line needs one of the amounts; which one is the file's.
    let others: &[&str] = match column {
        "net" => &["gross"],
        "gross" => &["net"],
        "amount" => &["debit", "credit"],
        _ => &[],
    };
    let of = |name: &str| stream.fields.get(name).map(Field::reads).into_iter().flatten();
    let names: Vec<String> = std::iter::once(&column).chain(others).copied().flat_map(of).filter_map(header_column).collect();
    let known = names.iter().find(|name| headers.contains(name)).or_else(|| names.first());
    known.cloned().unwrap_or_else(|| column.to_owned())
}
