//! Why a line of a statement is none, all of it: a statement is refused with everything that is wrong with it.

use super::{Mapper, Read};
use crate::frame::{Cell, Row, Table};
use inflow_connectors::landing::Line;
use inflow_connectors::spec::{Kind, Stream};
use rust_decimal::Decimal;

/// Why a line is no entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Unfit {
    /// The column that says so.
    pub(crate) column: String,
    /// What is wrong, as it stands in the quarantine.
    pub(crate) reason: String,
    /// The same in Chinese; empty where a cell cannot be read, of which a reader knows more.
    pub(crate) chinese: String,
}

impl Unfit {
    pub(super) fn new(column: &str, reason: impl Into<String>, chinese: impl Into<String>) -> Self {
        Self { column: column.to_owned(), reason: reason.into(), chinese: chinese.into() }
    }

    pub(super) fn too_large(column: &str) -> Self {
        Self::new(column, "an amount that is too large", "金额过大")
    }
}

impl From<(String, String)> for Unfit {
    fn from((column, reason): (String, String)) -> Self {
        Self { column, reason, chinese: String::new() }
    }
}

/// A row, and all that keeps its line from being one.
pub(super) struct Entry {
    pub(super) row: Row,
    pub(super) unfit: Vec<Unfit>,
}

impl Entry {
    /// Whether none of these columns is known to be wrong: of a cell that cannot be read it is not said that it is missing as well.
    pub(super) fn is_read(&self, columns: &[&str]) -> bool {
        !self.unfit.iter().any(|unfit| columns.contains(&unfit.column.as_str()))
    }

    /// Says that a column is empty that a line needs.
    pub(super) fn needs(&mut self, column: &str, reason: &str, chinese: &str) {
        let empty = match self.row.get(column) {
            Cell::Null => true,
            Cell::Text(text) => text.is_empty(),
            _ => false,
        };
        if empty && self.is_read(&[column]) {
            self.unfit.push(Unfit::new(column, reason, chinese));
        }
    }

    /// A service ends after it begins.
    pub(super) fn check_service(&mut self) {
        if let (Cell::Day(from), Cell::Day(to)) = (self.row.get("service_from"), self.row.get("service_to"))
            && to < from
        {
            self.unfit.push(Unfit::new("service_to", "the service ends before it begins", "服务结束早于服务开始"));
        }
    }

    /// The row, or the first fault.
    pub(super) fn whole(self) -> Read<Row> {
        self.unfit.into_iter().next().map_or(Ok(self.row), |unfit| Err((unfit.column, unfit.reason)))
    }
}

impl Mapper {
    /// The words that lines are read by.
    pub(crate) fn stream(&self) -> &Stream {
        &self.stream
    }

    /// What a line of a statement comes to, and all that keeps it from being an entry.
    pub(crate) fn entry(&self, line: &Line) -> (Row, Vec<Unfit>) {
        let Entry { row, unfit } = match self.stream.kind {
            Kind::BankLines => self.bank_line(line),
            Kind::Invoices => self.invoice(line),
            _ => self.spend(line),
        };
        (row, unfit)
    }

    /// Every column that the mapping names, as far as it can be read.
    pub(super) fn begin(&self, table: &'static Table, line: &Line) -> Entry {
        let scope = self.scope(line);
        let mut unfit: Vec<Unfit> = Vec::new();
        let version = self.version(line, &scope).unwrap_or_else(|fault| {
            unfit.push(fault.into());
            0
        });
        let mut row = Self::row(table, &line.id, version, line.gone);
        for ((name, field), place) in self.stream.fields.iter().zip(&self.places) {
            if let Err(fault) = Self::fill_column(&mut row, &scope, name, field, place.as_ref()) {
                unfit.push(fault.into());
            }
        }
        self.fill_place(&mut row);
        Entry { row, unfit }
    }

    /// Writes the currency of the amounts.
    pub(super) fn settle_currency(&self, entry: &mut Entry) {
        match self.currency(&entry.row) {
            Ok(currency) => {
                entry.row.text("currency", currency);
            }
            Err((column, reason)) => {
                let chinese = format!("{:?} 不是币种,应为 CNY 这样的三个字母", entry.row.get_text("currency"));
                entry.unfit.push(Unfit { column, reason, chinese });
            }
        }
    }
}

/// A decimal that a row was given.
pub(super) fn amount(row: &Row, column: &str) -> Result<Option<Decimal>, Unfit> {
    match row.get_text(column) {
        "" => Ok(None),
        text => text.parse().map(Some).map_err(|_| Unfit::new(column, "not an amount", "不是金额")),
    }
}

/// A share of an amount, which is what a tax rate is.
pub(super) fn rate(row: &Row) -> Result<Option<Decimal>, Unfit> {
    let rate = amount(row, "tax_rate")?;
    if let Some(rate) = rate.filter(|rate| !(Decimal::ZERO..Decimal::ONE).contains(rate)) {
        let reason = format!("{rate} is no share of an amount; expected for example 0.06 or 6%");
        return Err(Unfit::new("tax_rate", reason, format!("{rate} 不是税率,应为 0.06 或 6% 这样的比例")));
    }
    Ok(rate)
}
