//! One landed line to rows: fields read by the stream's mapping, channel and stages resolved, times and money checked.
//!
//! A record with a field that cannot be read makes no row and one [`Fault`]; a stage word that nobody mapped costs only
//! its event, so the application is still counted. Nothing silently becomes null.

mod application;
mod bank;
mod bounds;
mod case;
mod daily;
mod invoice;
mod posting;
mod requisition;
mod spend;
#[cfg(test)]
mod tests;
pub(crate) mod unfit;

use crate::channel::Channels;
use crate::frame::{Cell, ColumnType, Row, Rows, Table};
use crate::tables;
use crate::{html, version};
use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use inflow_config::{Config, Connection, Currency, Stage};
use inflow_connectors::landing::Line;
use inflow_connectors::spec::{Cell as Value, Column, Field, FieldType, Kind, Scope, StageWords, Stream, currencies_of};
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

    pub(crate) fn push(&mut self, row: &Row) {
        if let Some((_, rows)) = self.tables.iter_mut().find(|(table, _)| std::ptr::eq(*table, row.table())) {
            rows.push(row);
        }
    }

    fn extend(&mut self, rows: impl IntoIterator<Item = Row>) {
        rows.into_iter().for_each(|row| self.push(&row));
    }
}

impl Default for Mapped {
    fn default() -> Self {
        Self::new()
    }
}

/// Maps the lines of one stream of one connection.
#[derive(Debug)]
pub struct Mapper {
    connection: Connection,
    stream: Stream,
    /// Where the fields of the stream go, in their order.
    places: Vec<Option<Place>>,
    words: StageWords,
    channels: Channels,
    zone: Tz,
    base_currency: String,
    fetched_at: DateTime<Utc>,
}

/// Where a field goes.
#[derive(Debug)]
struct Place {
    column: &'static Column,
    /// Position in the table.
    at: usize,
    /// Position of the column that says how exactly an instant is known.
    precision: Option<usize>,
    /// The text is markup.
    markup: bool,
    /// Absent is not 0.
    count: bool,
}

/// The table that the rows of a kind go to, beside those of people and stages.
fn table_of(kind: Kind) -> Option<&'static Table> {
    match kind {
        Kind::Postings => Some(&tables::POSTINGS),
        Kind::Applications => Some(&tables::APPLICATIONS),
        Kind::Spend => Some(&tables::SPEND),
        Kind::BankLines => Some(&tables::BANK_LINES),
        Kind::Invoices => Some(&tables::INVOICES),
        Kind::Requisitions => Some(&tables::REQUISITIONS),
        Kind::ChannelDaily => Some(&tables::CHANNEL_DAILY),
        Kind::Employment => Some(&tables::EMPLOYMENT),
        Kind::Assessments => Some(&tables::ASSESSMENTS),
        Kind::Invitations => Some(&tables::INVITATIONS),
        Kind::Events | Kind::Reference => None,
    }
}

fn places_of(stream: &Stream) -> Vec<Option<Place>> {
    let place = |name: &String, field: &Field| {
        let table = table_of(stream.kind)?;
        let column = stream.kind.column(name)?;
        let timed = column.value == FieldType::Time || field.kind == Some(FieldType::Time);
        let stem = name.strip_suffix("_at").filter(|_| timed);
        Some(Place {
            column,
            at: table.position(name)?,
            precision: stem.and_then(|stem| table.position(&format!("{stem}_precision"))),
            markup: matches!(field.kind, Some(FieldType::Html | FieldType::EscapedHtml)),
            count: table.column_type(name) == Some(ColumnType::Count),
        })
    };
    stream.fields.iter().map(|(name, field)| place(name, field)).collect()
}

type Read<T> = Result<T, (String, String)>;

fn fault(field: &str, reason: impl Into<String>) -> (String, String) {
    (field.to_owned(), reason.into())
}

impl Mapper {
    /// A mapper for one segment. `board_stages` are the words of the connector.
    pub fn new(
        config: &Config,
        connection: &Connection,
        stream: &Stream,
        board_stages: &BTreeMap<String, Stage>,
        fetched_at: DateTime<Utc>,
    ) -> Self {
        Self {
            places: places_of(stream),
            words: StageWords::new(&connection.stages, stream, board_stages),
            channels: Channels::new(config, connection),
            zone: config.connection_timezone(connection),
            base_currency: config.settings.company.currency.to_string(),
            connection: connection.clone(),
            stream: stream.clone(),
            fetched_at,
        }
    }

    /// Maps one line; faults are collected, never raised.
    pub fn line(&self, number: u64, line: &Line, out: &mut Mapped) {
        if line.id.is_empty() {
            out.faults.push(Fault { line: number, field: "id".to_owned(), reason: "a record without an id".to_owned() });
            return;
        }
        let made = match self.stream.kind {
            Kind::Postings => self.posting(line).map(|(row, events)| {
                out.push(&row);
                out.extend(events);
            }),
            Kind::Applications => self.application(number, line, out),
            Kind::Spend => self.spend(line).whole().map(|row| out.push(&row)),
            Kind::BankLines => self.bank_line(line).whole().map(|row| out.push(&row)),
            Kind::Invoices => self.invoice(line).whole().map(|row| out.push(&row)),
            Kind::Requisitions => self.requisition(line).map(|row| out.push(&row)),
            Kind::ChannelDaily => self.daily(line).map(|row| out.push(&row)),
            Kind::Employment => self.employment(line, out),
            Kind::Assessments => self.assessment(line, out),
            Kind::Invitations => self.invitation(line, out),
            Kind::Events | Kind::Reference => Ok(()),
        };
        match made {
            Ok(()) if !line.gone && self.stream.kind == Kind::Events => self.events(number, line, out),
            Ok(()) => {}
            Err((field, reason)) => out.faults.push(Fault { line: number, field, reason }),
        }
    }

    pub(crate) fn scope<'v>(&'v self, line: &'v Line) -> Scope<'v> {
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
        for ((name, field), place) in self.stream.fields.iter().zip(&self.places) {
            Self::fill_column(row, scope, name, field, place.as_ref())?;
        }
        self.fill_place(row);
        Ok(())
    }

    fn fill_column(row: &mut Row, scope: &Scope<'_>, name: &str, field: &Field, place: Option<&Place>) -> Read<()> {
        let Some(place) = place else { return Ok(()) };
        let Some(value) = field.read_column(place.column, scope).map_err(|reason| fault(name, reason))? else { return Ok(()) };
        let cell = match value {
            Value::Text(text) => Cell::Text(if place.markup { html::to_text(&text) } else { text }),
            Value::Integer(number) if place.count => {
                Cell::Unsigned(u64::try_from(number).map_err(|_| fault(name, format!("{number} is less than nothing")))?)
            }
            Value::Integer(number) => Cell::Text(number.to_string()),
            Value::Decimal(number) => bounds::decimal(name, number)?,
            Value::Time(instant, precision) => {
                if let Some(at) = place.precision {
                    row.set_at(at, Cell::Text(precision.as_str().to_owned()));
                }
                bounds::instant(name, instant)?
            }
            Value::Day(day) => bounds::day(name, day)?,
            Value::Bool(flag) => Cell::Text(flag.to_string()),
        };
        row.set_at(place.at, cell);
        Ok(())
    }

    /// Store and department of a connection that has one.
    fn fill_place(&self, row: &mut Row) {
        for (column, default) in [("store", &self.connection.store), ("department", &self.connection.department)] {
            if let (Some(default), true) = (default, row.get_text(column).is_empty()) {
                row.text(column, default.clone());
            }
        }
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

    /// The currency of an amount: the row's, as code or in words (人民币), or the company's.
    fn currency(&self, row: &Row) -> Read<String> {
        let word = row.get_text("currency").to_uppercase();
        if word.is_empty() {
            return Ok(self.base_currency.clone());
        }
        if word.parse::<Currency>().is_ok() {
            return Ok(word);
        }
        match currencies_of(&word).as_slice() {
            [code] => Ok(code.to_string()),
            // Of the currencies that a sign can stand for, the company's own is meant.
            several if several.iter().any(|code| code.as_str() == self.base_currency) => Ok(self.base_currency.clone()),
            _ => Err(fault("currency", format!("{word:?} is not a currency; expected three letters like CNY"))),
        }
    }
}
