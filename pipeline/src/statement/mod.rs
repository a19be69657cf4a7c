//! A statement (of the ledger, of a bank account, of invoices) before it is landed: whether each line is an entry, whether totals and balances follow
//! from the lines, whether an invoice stands in its list once.
//!
//! Lines are mapped as they will be when they are landed, on every core, and nothing is kept of them but what totals and balances
//! need; a statement that states neither is gone through once.

mod balance;
mod lines;
mod numbers;
#[cfg(test)]
mod papers_tests;
#[cfg(test)]
mod tests;
mod totals;

use crate::map::Mapper;
use inflow_connectors::spec::{Kind, Unchecked};
use inflow_connectors::{Note, Statement, StatementFault, StatementPlace};
use rayon::prelude::*;
use rust_decimal::Decimal;

/// Lines that one thread reads at one time.
const PART: usize = 1_024;

/// All that is wrong with a statement.
pub(crate) fn check(mapper: &Mapper, statement: &Statement<'_>) -> Vec<StatementFault> {
    let unchecked = mapper.stream().file.as_ref().map(|form| form.unchecked.as_slice()).unwrap_or_default();
    let reader = lines::Reader::new(mapper, !unchecked.contains(&Unchecked::Balance));
    let parts: Vec<lines::Read> =
        statement.lines.par_chunks(PART).enumerate().map(|(part, lines)| reader.read(part * PART, lines)).collect();
    let mut faults = Vec::new();
    let mut entries = Vec::new();
    for part in parts {
        faults.extend(part.faults);
        entries.extend(part.entries);
    }
    if !unchecked.contains(&Unchecked::Totals) {
        faults.extend(totals::check(mapper, statement));
    }
    faults.extend(balance::check(&entries, mapper.stream().kind == Kind::BankLines));
    if mapper.stream().kind == Kind::Invoices && !unchecked.contains(&Unchecked::Numbers) {
        faults.extend(numbers::check(mapper, statement));
    }
    faults
}

/// A fault of a line.
fn of_line(at: usize, column: &str, said: Note, hint: &Note) -> StatementFault {
    StatementFault { place: StatementPlace::Line(at), column: column.to_owned(), said, hint: hint.clone() }
}

/// A sentence in both languages.
fn note(en: impl Into<String>, zh: impl Into<String>) -> Note {
    Note { en: en.into(), zh: zh.into() }
}

/// Whether two amounts are the same to the cent: sheets keep sums as binary fractions, which end in a few digits of their own.
fn same(a: Decimal, b: Decimal) -> bool {
    (a - b).abs() < Decimal::new(1, 2)
}

/// An amount as it is said: with cents, unless it is exact without.
fn amount(number: Decimal) -> String {
    let rounded = number.round_dp_with_strategy(2, rust_decimal::RoundingStrategy::MidpointAwayFromZero).normalize();
    if rounded.scale() == 0 { rounded.to_string() } else { format!("{rounded:.2}") }
}
