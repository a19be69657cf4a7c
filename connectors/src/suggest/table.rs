//! The tables of the files: the row that names columns, and the cells below it.

use std::collections::BTreeSet;

use super::dictionary::Dictionary;
use crate::file::{DEEPEST_HEADER, Datum, Table, TableRow, comparable, header_names, matches};
use crate::identity::mask_text;
use crate::spec::Kind;

/// Longer texts are no names of columns.
const LONGEST_NAME: usize = 40;

/// A column of the files.
#[derive(Debug, Clone, Default)]
pub(super) struct Column {
    /// Its header as written, on one line.
    pub(super) name: String,
    /// From 0, in the first file that has it.
    pub(super) position: u32,
    /// Two columns of a file are called so.
    pub(super) twice: bool,
    /// A file lacks it.
    pub(super) missing: bool,
    /// Its cells that are not empty, each with the place of its row in a sentence.
    pub(super) cells: Vec<(String, Datum)>,
    /// Rows of the files that have it.
    pub(super) rows: usize,
    /// The cells come from workbooks or pages, where dates can be cells of their own.
    pub(super) typed: bool,
}

impl Column {
    /// Whether its header is no name but what may be a value: it is not repeated.
    pub(super) fn looks_like_a_value(&self) -> bool {
        let digits = self.name.chars().filter(char::is_ascii_digit).count();
        self.name.contains('@') || digits >= 6 || self.name.chars().count() > LONGEST_NAME || mask_text(&self.name) != self.name
    }

    /// Its header in quotes, or where it stands.
    pub(super) fn shown(&self) -> String {
        if self.looks_like_a_value() {
            let letters = crate::file::cell_name(1, self.position);
            return format!("({})", letters.trim_end_matches('1'));
        }
        let plain: String = self.name.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        format!("{plain:?}")
    }
}

/// A table with the row that names its columns.
#[derive(Debug)]
pub(super) struct Headed<'t> {
    pub(super) table: &'t Table,
    pub(super) row: u64,
    /// Position and name.
    pub(super) names: Vec<(u32, String)>,
}

/// The row with most known headers, counted in the kind that knows most of them; `None` when no row has enough of them to be a
/// header.
pub(super) fn headed<'t>(table: &'t Table, only: Option<Kind>, dictionary: &Dictionary) -> Option<Headed<'t>> {
    let mut best: Option<(usize, Headed<'t>)> = None;
    for row in table.rows.iter().take(DEEPEST_HEADER) {
        let names: Vec<(u32, String)> = header_names(table, row).into_iter().collect();
        let known = known(&names, only, dictionary);
        let enough = known >= 2.min(names.len()) && known * 5 >= names.len();
        if known > 0 && enough && best.as_ref().is_none_or(|(most, _)| known > *most) {
            best = Some((known, Headed { table, row: row.number, names }));
        }
    }
    best.map(|(_, headed)| headed)
}

/// How many names a kind knows as a whole.
fn known(names: &[(u32, String)], only: Option<Kind>, dictionary: &Dictionary) -> usize {
    let in_kind = |kind: Kind| names.iter().filter(|(_, name)| !dictionary.meanings(kind, name).is_empty()).count();
    Kind::LANDED.into_iter().filter(|kind| only.is_none_or(|only| only == *kind)).map(in_kind).max().unwrap_or(0)
}

impl Headed<'_> {
    /// Rows below the header that are no sums of others.
    fn records<'s>(&'s self, dictionary: &'s Dictionary) -> impl Iterator<Item = &'s TableRow> {
        self.table.rows.iter().filter(|row| row.number > self.row && !is_total(row, dictionary))
    }

    /// Whether a row adds others up.
    pub(super) fn has_totals(&self, dictionary: &Dictionary) -> bool {
        self.table.rows.iter().any(|row| row.number > self.row && is_total(row, dictionary))
    }

    /// The columns of the table alone.
    pub(super) fn columns(&self, dictionary: &Dictionary) -> Vec<Column> {
        columns(std::slice::from_ref(self), dictionary)
    }
}

fn is_total(row: &TableRow, dictionary: &Dictionary) -> bool {
    let first = row.cells.first().and_then(|(_, datum)| datum.text());
    first.is_some_and(|first| dictionary.totals.iter().any(|pattern| matches(pattern, first)))
}

/// The columns of all tables, those of one name together.
pub(super) fn columns(tables: &[Headed<'_>], dictionary: &Dictionary) -> Vec<Column> {
    let mut columns: Vec<Column> = Vec::new();
    for headed in tables {
        let mut seen = BTreeSet::new();
        for (position, name) in &headed.names {
            let plain = comparable(name);
            let known = columns.iter().position(|column| comparable(&column.name) == plain);
            let at = known.unwrap_or_else(|| {
                columns.push(Column { name: name.clone(), position: *position, ..Column::default() });
                columns.len() - 1
            });
            let Some(column) = columns.get_mut(at) else { continue };
            column.twice |= !seen.insert(plain);
            column.typed |= !headed.table.is_text();
            for row in headed.records(dictionary) {
                column.rows += 1;
                if let Some(datum) = row.cell(*position) {
                    column.cells.push((headed.table.row_place(row.number).to_string(), datum.clone()));
                }
            }
        }
    }
    for column in &mut columns {
        let plain = comparable(&column.name);
        column.missing = !tables.iter().all(|headed| headed.names.iter().any(|(_, name)| comparable(name) == plain));
    }
    columns
}
