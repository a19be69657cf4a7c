//! A workbook before it is one: sheets of typed cells, so that xlsx and csv say the same.

use chrono::{DateTime, NaiveDate, Utc};
use inflow_config::Lang;
use rust_decimal::Decimal;

/// Rows above the data: the title and the header.
pub const ABOVE: usize = 2;

/// The workbook.
#[derive(Debug, Clone)]
pub struct Book {
    /// Title of the document.
    pub title: String,
    /// What it is about, in the properties of the file.
    pub subject: String,
    /// The company.
    pub company: String,
    /// Language of words.
    pub lang: Lang,
    /// Base currency: money columns are in it.
    pub currency: String,
    /// When it was made.
    pub made: DateTime<Utc>,
    /// In the order of tabs.
    pub sheets: Vec<Sheet>,
}

/// A sheet: a title, a header, rows, and sums beneath.
#[derive(Debug, Clone, PartialEq)]
pub struct Sheet {
    /// On the tab.
    pub name: String,
    /// Above the header.
    pub title: String,
    /// Columns.
    pub columns: Vec<Column>,
    /// As many cells as columns.
    pub rows: Vec<Vec<Cell>>,
    /// Beneath the rows; none: the sheet has no sums.
    pub total: Option<Vec<Cell>>,
}

/// A column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// Its name.
    pub header: String,
    /// How its cells are written.
    pub form: Form,
}

/// How the cells of a column are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// Words and numbers of documents.
    Text,
    /// Sentences, wrapped at so many half-width characters.
    Prose(u16),
    /// A calendar day.
    Day,
    /// The base currency.
    Money,
    /// An amount of a currency that the row names.
    Amount,
    /// Units, at most four decimals.
    Units,
    /// A count.
    Count,
    /// A share of one.
    Share,
}

/// A cell.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell {
    /// Nothing is known.
    Empty,
    /// Words.
    Text(String),
    /// A number.
    Number(Decimal),
    /// A day.
    Day(NaiveDate),
    /// A formula with its result.
    Formula(String, Decimal),
    /// A formula whose result is words.
    Words(String, String),
}

impl Cell {
    /// Words, or nothing.
    pub fn text(text: impl Into<String>) -> Self {
        let text = text.into();
        if text.is_empty() { Self::Empty } else { Self::Text(text) }
    }

    /// A number, or nothing.
    pub fn number(number: Option<Decimal>) -> Self {
        number.map_or(Self::Empty, Self::Number)
    }

    /// A day, or nothing.
    pub fn day(day: Option<NaiveDate>) -> Self {
        day.map_or(Self::Empty, Self::Day)
    }

    /// What it comes to as a number; nothing counts as zero, as in a sum.
    pub fn value(&self) -> Decimal {
        match self {
            Self::Number(number) | Self::Formula(_, number) => *number,
            _ => Decimal::ZERO,
        }
    }
}

impl Sheet {
    /// A sum of each of these columns beneath the rows, and a word in the first.
    #[must_use]
    pub fn summed(mut self, word: &str, columns: &[usize]) -> Self {
        let mut total = vec![Cell::Empty; self.columns.len()];
        total[0] = Cell::text(word);
        for at in columns {
            total[*at] = self.sum(*at);
        }
        self.total = Some(total);
        self
    }

    fn sum(&self, column: usize) -> Cell {
        let sum = self.rows.iter().map(|row| row[column].value()).sum();
        match self.rows.len() {
            // A range of no cells would be the header.
            0 => Cell::Number(sum),
            rows => Cell::Formula(format!("SUM({}:{})", place(0, column), place(rows - 1, column)), sum),
        }
    }

    /// The total of a column for a formula on another sheet, and what it comes to.
    pub fn total_of(&self, column: usize) -> Cell {
        let total = self.total.as_ref().map(|total| total[column].value()).unwrap_or_default();
        Cell::Formula(format!("'{}'!{}", self.name, place(self.rows.len(), column)), total)
    }
}

/// `C7`: the cell of a data row, counted from 0, and a column; the row after the last is the total's.
pub fn place(row: usize, column: usize) -> String {
    format!("{}{}", letters(column), row + ABOVE + 1)
}

/// `A`, `B`, .. `Z`, `AA`, ..
fn letters(column: usize) -> String {
    let letter = char::from(b'A' + (column % 26) as u8);
    match column / 26 {
        0 => letter.to_string(),
        before => format!("{}{letter}", letters(before - 1)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_those_of_a_sheet() {
        assert_eq!([place(0, 0), place(4, 25), place(0, 26), place(97, 703)], ["A3", "Z7", "AA3", "AAB100"]);
    }
}
