//! A statement (of the ledger, of a bank account, of invoices) before it is landed: whether each line is an entry, whether totals and balances follow
//! from the lines, whether an invoice stands in its list once.
//!
//! Lines are mapped once, for the store and for this, on every core; nothing is kept of them here but what totals, balances and numbers need.

mod balance;
mod lines;
mod numbers;
#[cfg(test)]
mod papers_tests;
#[cfg(test)]
mod tests;
mod totals;

use crate::ingest::Read;
use crate::map::Mapper;
use inflow_connectors::landing::Line;
use inflow_connectors::spec::{Kind, Unchecked};
use inflow_connectors::{MappedLines, Note, ReadLines, Statement, StatementCheck, StatementFault, StatementPlace};
use rust_decimal::Decimal;

/// Looks at one statement.
pub(crate) struct Check {
    mapper: Mapper,
    /// Balances are asked for.
    balances: bool,
    /// Totals are.
    totals: bool,
    /// Numbers of invoices are.
    numbers: bool,
    found: Found,
}

/// What was found in some lines.
#[derive(Default)]
struct Found {
    faults: Vec<StatementFault>,
    entries: balance::Entries,
    added: totals::Added,
    papers: Vec<numbers::Paper>,
}

impl Check {
    pub(crate) fn new(mapper: Mapper) -> Self {
        let unchecked = mapper.stream().file.as_ref().map(|form| form.unchecked.as_slice()).unwrap_or_default();
        let balances = !unchecked.contains(&Unchecked::Balance) && mapper.stream().fields.contains_key("balance");
        let totals = !unchecked.contains(&Unchecked::Totals);
        let numbers = mapper.stream().kind == Kind::Invoices && !unchecked.contains(&Unchecked::Numbers);
        Self { balances, totals, numbers, found: Found::default(), mapper }
    }
}

impl StatementCheck for Check {
    fn map(&self, first: usize, lines: &[Line]) -> (MappedLines, ReadLines) {
        let mut read = Read::new();
        let mut found = Found::default();
        let reader = lines::Reader::new(&self.mapper);
        let totals = totals::Reader::new(&self.mapper);
        for (at, line) in (first..).zip(lines) {
            let scope = self.mapper.scope(line);
            let (row, unfit) = self.mapper.entry(line);
            reader.line(at, line, &row, &unfit, &scope, &mut found.faults);
            if self.balances {
                found.entries.push(at, &row, unfit.is_empty(), self.mapper.stream(), &scope);
            }
            if self.totals {
                totals.line(at, &line.record, &mut found.added);
            }
            if self.numbers {
                found.papers.push(numbers::paper(self.mapper.stream(), &scope));
            }
            read.entry(&row, unfit);
        }
        (Box::new(read), Box::new(found))
    }

    fn take(&mut self, read: ReadLines) {
        if let Ok(found) = read.downcast::<Found>() {
            self.found.faults.extend(found.faults);
            self.found.entries.append(found.entries);
            self.found.added.append(found.added);
            self.found.papers.extend(found.papers);
        }
    }

    fn faults(self: Box<Self>, statement: &Statement<'_>) -> Vec<StatementFault> {
        let Found { mut faults, entries, added, papers } = self.found;
        if self.totals {
            faults.extend(totals::check(&self.mapper, statement, &added));
        }
        faults.extend(balance::check(&entries, &statement.rows, self.mapper.stream().kind == Kind::BankLines));
        if self.numbers {
            faults.extend(numbers::check(&papers, statement));
        }
        faults
    }
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
