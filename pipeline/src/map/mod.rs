//! One landed line to rows: fields read by the stream's mapping, channel and stages resolved, times and money checked.
//!
//! A record with a field that cannot be read makes no row and one [`Fault`]; a stage word that nobody mapped costs only
//! its event, so the application is still counted. Nothing silently becomes null.

mod application;
mod bounds;
mod case;
mod daily;
mod posting;
mod requisition;
mod spend;
#[cfg(test)]
mod tests;

use crate::channel::Channels;
use crate::frame::{Cell, ColumnType, Row, Rows, Table};
use crate::tables;
use crate::{html, version};
use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use inflow_config::{Config, Connection, Currency, Stage};
use inflow_connectors::landing::Line;
use inflow_connectors::spec::{Cell as Value, FieldType, Kind, Scope, Stream};
use std::collections::BTreeMap;

/// Why a landed line, or an event of it, made no row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Line of the segment, from 1, the header not counted.
    pub line: u64,
    /// Column of the table that the mapping could not fill.
    pub field: String,
    /// What was found and what was expected; never the value of an identity field.
    pub reason: String,
}

/// The rows of one segment, a collection for each table.
#[derive(Debug)]
pub struct Mapped {
    /// In the order of [`tables::ALL`].
    pub tables: Vec<(&'static Table, Rows)>,
    /// Lines that made no row.
    pub faults: Vec<Fault>,
    /// Stage words that nobody mapped, with the number of lines that say them.
    pub unknown_words: BTreeMap<String, u64>,
}

impl Mapped {
    /// No row yet.
    pub fn new() -> Self {
        Self {
            tables: tables::ALL.iter().map(|table| (*table, Rows::new(table))).collect(),
            faults: Vec::new(),
            unknown_words: BTreeMap::new(),
        }
    }

    /// Adds what was made of the next `lines` lines after those that made this.
    pub fn append(&mut self, next: Mapped, lines_before: u64) {
        for ((_, rows), (_, more)) in self.tables.iter_mut().zip(next.tables) {
            rows.append(more);
        }
        self.faults.extend(next.faults.into_iter().map(|fault| Fault { line: fault.line + lines_before, ..fault }));
        for (word, lines) in next.unknown_words {
            *self.unknown_words.entry(word).or_default() += lines;
        }
    }

    fn push(&mut self, row: Row) {
        if let Some((_, rows)) = self.tables.iter_mut().find(|(table, _)| std::ptr::eq(*table, row.table())) {
            rows.push(row);
        }
    }

    fn extend(&mut self, rows: impl IntoIterator<Item = Row>) {
        rows.into_iter().for_each(|row| self.push(row));
    }
}

impl Default for Mapped {
    fn default() -> Self {
        Self::new()
    }
}

/// Maps the lines of one stream of one connection.
#[derive(Debug)]
pub struct Mapper<'a> {
    connection: &'a Connection,
    stream: &'a Stream,
    board_stages: &'a BTreeMap<String, Stage>,
    channels: Channels<'a>,
    zone: Tz,
    base_currency: String,
    fetched_at: DateTime<Utc>,
}

type Read<T> = Result<T, (String, String)>;

fn fault(field: &str, reason: impl Into<String>) -> (String, String) {
    (field.to_owned(), reason.into())
}

impl<'a> Mapper<'a> {
    /// A mapper for one segment.
    pub fn new(
        config: &'a Config,
        connection: &'a Connection,
        stream: &'a Stream,
        board_stages: &'a BTreeMap<String, Stage>,
        fetched_at: DateTime<Utc>,
    ) -> Self {
        let zone = config.connection_timezone(connection);
        let base_currency = config.settings.company.currency.to_string();
        Self { connection, stream, board_stages, channels: Channels::new(config, connection), zone, base_currency, fetched_at }
    }

    /// Maps one line; faults are collected, never raised.
    pub fn line(&self, number: u64, line: &Line, out: &mut Mapped) {
        if line.id.is_empty() {
            out.faults.push(Fault { line: number, field: "id".to_owned(), reason: "a record without an id".to_owned() });
            return;
        }
        let made = match self.stream.kind {
            Kind::Postings => self.posting(line).map(|row| out.push(row)),
            Kind::Applications => self.application(line, out),
            Kind::Spend => self.spend(line).map(|row| out.push(row)),
            Kind::Requisitions => self.requisition(line).map(|row| out.push(row)),
            Kind::ChannelDaily => self.daily(line).map(|row| out.push(row)),
            Kind::Employment => self.employment(line, out),
            Kind::Assessments => self.assessment(line, out),
            Kind::Invitations => self.invitation(line, out),
            Kind::Events | Kind::Reference => Ok(()),
        };
        match made {
            Ok(()) if !line.gone && matches!(self.stream.kind, Kind::Applications | Kind::Events) => self.events(number, line, out),
            Ok(()) => {}
            Err((field, reason)) => out.faults.push(Fault { line: number, field, reason }),
        }
    }

    fn scope<'v>(&'v self, line: &'v Line) -> Scope<'v> {
        self.stream.scope(&line.record, Some(&line.lookups), self.zone).fetched(self.fetched_at)
    }

    /// A row with key and version set.
    fn row(table: &'static Table, source_id: &str, version: u64, gone: bool) -> Row {
        let mut row = Row::new(table);
        row.text("source_id", source_id).set("version", Cell::Unsigned(version)).set("deleted", Cell::Unsigned(u64::from(gone)));
        row
    }

    /// Fills the columns that the mapping names; also `<column minus _at>_precision` beside an instant.
    fn fill(&self, row: &mut Row, scope: &Scope<'_>) -> Read<()> {
        for (name, field) in &self.stream.fields {
            let Some(column) = self.stream.kind.column(name) else { continue };
            let Some(value) = field.read_column(column, scope).map_err(|reason| fault(name, reason))? else { continue };
            match value {
                Value::Text(text) => {
                    let markup = matches!(field.kind, Some(FieldType::Html | FieldType::EscapedHtml));
                    row.text(name, if markup { html::to_text(&text) } else { text });
                }
                Value::Integer(number) if row.table().column_type(name) == Some(ColumnType::Count) => {
                    let count = u64::try_from(number).map_err(|_| fault(name, format!("{number} is less than nothing")))?;
                    row.set(name, Cell::Unsigned(count));
                }
                Value::Integer(number) => {
                    row.text(name, number.to_string());
                }
                Value::Decimal(number) => {
                    row.set(name, bounds::decimal(name, number)?);
                }
                Value::Time(instant, precision) => {
                    row.set(name, bounds::instant(name, instant)?);
                    if let Some(stem) = name.strip_suffix("_at") {
                        row.text(&format!("{stem}_precision"), precision.as_str());
                    }
                }
                Value::Day(day) => {
                    row.set(name, bounds::day(name, day)?);
                }
                Value::Bool(flag) => {
                    row.text(name, flag.to_string());
                }
            }
        }
        for (column, default) in [("store", &self.connection.store), ("department", &self.connection.department)] {
            if let (Some(default), true) = (default, row.get_text(column).is_empty()) {
                row.text(column, default.clone());
            }
        }
        Ok(())
    }

    fn version(&self, line: &Line, scope: &Scope<'_>) -> Read<u64> {
        let mut greatest = None;
        for path in &self.stream.version {
            for value in path.all(&line.record) {
                let read =
                    self.stream.time_format.read_at(value, scope.zone, scope.fetched).map_err(|reason| fault(&path.to_string(), reason))?;
                greatest = greatest.max(read.map(|(instant, _)| instant.timestamp_millis()));
            }
        }
        let fetched = self.fetched_at.timestamp_millis();
        let stated = greatest.unwrap_or(fetched);
        // Gone, listed again, or changed without a later time of its own: newer than anything said before.
        let ms = if line.gone || line.back { stated.max(fetched) } else { stated };
        Ok(version::of(ms, line.content_hash))
    }

    /// The currency of an amount: the row's, or the company's.
    fn currency(&self, row: &Row) -> Read<String> {
        let word = row.get_text("currency").to_uppercase();
        if word.is_empty() {
            return Ok(self.base_currency.clone());
        }
        match word.parse::<Currency>() {
            Ok(_) => Ok(word),
            Err(_) => Err(fault("currency", format!("{word:?} is not a currency; expected three letters like CNY"))),
        }
    }
}
