//! Workbooks: sheets of typed cells, written as xlsx with formulas and their results.

mod book;
mod xlsx;

pub use book::{ABOVE, Book, Cell, Column, Form, Sheet, place};
pub use xlsx::workbook;
