//! One landed line to rows: fields read by the stream's mapping, channel and stages resolved, times and money checked.
//!
//! A record with a field that cannot be read makes no row and one [`Fault`]; a stage word that nobody mapped costs only
//! its event, so the application is still counted. Nothing silently becomes null.

use crate::channel::Channels;
use crate::frame::{Cell, Row, Rows};
use crate::normalise::{pay, place, text, title};
use crate::tables;
use crate::{html, version};
use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use inflow_config::{Config, Connection, Stage};
use inflow_connectors::identity::Digest;
use inflow_connectors::landing::Line;
use inflow_connectors::spec::{Cell as Value, Event, FieldType, Kind, Precision, Scope, StageWords, Stream};
use rust_decimal::Decimal;
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
    /// Table `postings`.
    pub postings: Rows,
    /// Table `candidates`.
    pub candidates: Rows,
    /// Table `applications`.
    pub applications: Rows,
    /// Table `stage_events`.
    pub stage_events: Rows,
    /// Table `spend`.
    pub spend: Rows,
    /// Lines that made no row.
    pub faults: Vec<Fault>,
}

impl Mapped {
    /// No row yet.
    pub fn new() -> Self {
        Self {
            postings: Rows::new(&tables::POSTINGS),
            candidates: Rows::new(&tables::CANDIDATES),
            applications: Rows::new(&tables::APPLICATIONS),
            stage_events: Rows::new(&tables::STAGE_EVENTS),
            spend: Rows::new(&tables::SPEND),
            faults: Vec::new(),
        }
    }

    /// The collections in the order of [`tables::ALL`].
    pub fn into_tables(self) -> ([Rows; 5], Vec<Fault>) {
        ([self.postings, self.candidates, self.applications, self.stage_events, self.spend], self.faults)
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
    segment: &'a str,
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
        segment: &'a str,
        fetched_at: DateTime<Utc>,
    ) -> Self {
        let zone = config.connection_timezone(connection);
        let base_currency = config.settings.company.currency.to_string();
        Self { connection, stream, board_stages, channels: Channels::new(config, connection), zone, base_currency, segment, fetched_at }
    }

    /// Maps one line; faults are collected, never raised.
    pub fn line(&self, number: u64, line: &Line, out: &mut Mapped) {
        if line.id.is_empty() {
            out.faults.push(Fault { line: number, field: "id".to_owned(), reason: "a record without an id".to_owned() });
            return;
        }
        let made = match self.stream.kind {
            Kind::Postings => self.posting(line).map(|row| out.postings.push(row)),
            Kind::Applications => self.application(line, out),
            Kind::Spend => self.spend(line).map(|row| out.spend.push(row)),
            Kind::Events | Kind::Reference => Ok(()),
            kind => Err(fault("kind", format!("{kind} have no table yet"))),
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

    /// A row with key, version and lineage set.
    fn row(&self, table: &'static crate::frame::Table, source_id: &str, version: u64, gone: bool) -> Row {
        let mut row = Row::new(table);
        row.text("connection", self.connection.name.clone())
            .text("source_id", source_id)
            .set("version", Cell::Unsigned(version))
            .set("deleted", Cell::Unsigned(u64::from(gone)))
            .text("segment", self.segment)
            .set("fetched_at", Cell::Instant(self.fetched_at.timestamp_millis()));
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
                Value::Integer(number) => {
                    row.text(name, number.to_string());
                }
                Value::Decimal(number) => {
                    row.text(name, number.to_string());
                }
                Value::Time(instant, precision) => {
                    row.set(name, Cell::Instant(instant.timestamp_millis()));
                    if let Some(stem) = name.strip_suffix("_at") {
                        row.text(&format!("{stem}_precision"), precision.as_str());
                    }
                }
                Value::Day(day) => {
                    row.set(name, Cell::Day(version::day_number(day)));
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

    fn posting(&self, line: &Line) -> Read<Row> {
        let scope = self.scope(line);
        let version = self.version(line, &scope)?;
        let mut row = self.row(&tables::POSTINGS, &line.id, version, false);
        self.fill(&mut row, &scope)?;
        let channel = self.channels.of_posting(row.get_text("channel"));
        row.text("channel", channel);
        if row.get_text("title").is_empty() {
            return Err(fault("title", "a posting without a title"));
        }
        let normal = title::normalise(row.get_text("title"));
        let company = text::squeeze(row.get_text("company"));
        row.text("title_normal", normal).text("company", company);
        if row.get_text("city").is_empty() {
            let city = place::city(row.get_text("place")).unwrap_or_default();
            row.text("city", city);
        }
        set_pay(&mut row);
        if row.get_text("status").is_empty() {
            row.text("status", "open");
        }
        if line.gone {
            row.text("status", "closed");
            if matches!(row.get("closed_at"), Cell::Null) {
                row.set("closed_at", Cell::Instant(self.fetched_at.timestamp_millis())).text("closed_precision", "observed");
            }
        }
        let hash = version::content_hash(&["title_normal", "company", "place", "pay_text", "body"].map(|column| row.get_text(column)));
        row.set("content_hash", Cell::Unsigned(hash));
        let key = format!("{}/{}", self.connection.name, line.id);
        row.text("cluster_id", key);
        Ok(row)
    }

    fn application(&self, line: &Line, out: &mut Mapped) -> Read<()> {
        let scope = self.scope(line);
        let version = self.version(line, &scope)?;
        let mut row = self.row(&tables::APPLICATIONS, &line.id, version, line.gone);
        self.fill(&mut row, &scope)?;
        let channel = self.channels.of_source(row.get_text("source_word"));
        row.text("channel", channel);
        if row.get_text("status").is_empty() {
            let status = self.outcome(&scope);
            row.text("status", status);
        }
        let identity = line.identity.as_ref();
        // A case whose source names no candidate: the case itself stands for the person until a link says otherwise.
        let candidate = identity.map(|i| i.candidate.clone()).filter(|id| !id.is_empty()).unwrap_or_else(|| line.id.clone());
        row.text("candidate_source_id", candidate.clone());
        let mut person = self.row(&tables::CANDIDATES, &candidate, version, line.gone);
        if let Some(identity) = identity {
            let column = |read: &dyn Fn(&Digest) -> String| Cell::Texts(identity.digests.iter().map(read).collect());
            person
                .set("digest_kind", column(&|d| d.kind.as_str().to_owned()))
                .set("digest_normaliser", column(&|d| d.normaliser.to_string()))
                .set("digest_key", column(&|d| d.key_id.clone()))
                .set("digest", column(&|d| d.hex.clone()))
                .set("flags", Cell::Texts(identity.flags.iter().map(|f| f.as_str().to_owned()).collect()));
        }
        out.applications.push(row);
        out.candidates.push(person);
        Ok(())
    }

    /// The status of a case whose source has no field for it: that of the last terminal event its record tells.
    fn outcome(&self, scope: &Scope<'_>) -> &'static str {
        let words = StageWords { connection: &self.connection.stages, spec: self.board_stages };
        let (events, _) = self.stream.read_events(scope, self.fetched_at, words);
        let last = events
            .iter()
            .filter(|event| !event.retracts)
            .filter_map(|event| Some((event.at, status_of(event.stage)?)))
            .max_by_key(|(at, _)| *at);
        last.map_or("open", |(_, status)| status)
    }

    fn events(&self, number: u64, line: &Line, out: &mut Mapped) {
        let scope = self.scope(line);
        let application = match self.stream.kind {
            Kind::Applications => Some(line.id.clone()),
            _ => self.stream.application.as_ref().and_then(|path| scope.text(path, None)),
        };
        let Some(application) = application else {
            out.faults.push(Fault {
                line: number,
                field: "application".to_owned(),
                reason: "an event without the application it belongs to".to_owned(),
            });
            return;
        };
        let parent = match self.version(line, &scope) {
            Ok(version) => version,
            Err((field, reason)) => {
                out.faults.push(Fault { line: number, field, reason });
                return;
            }
        };
        let words = StageWords { connection: &self.connection.stages, spec: self.board_stages };
        let (events, unreadable) = self.stream.read_events(&scope, self.fetched_at, words);
        out.faults.extend(unreadable.into_iter().map(|bad| Fault { line: number, field: bad.field, reason: bad.reason }));
        for event in events {
            out.stage_events.push(self.event(line, &application, parent, event));
        }
    }

    fn event(&self, line: &Line, application: &str, parent: u64, event: Event) -> Row {
        let ms = event.at.timestamp_millis();
        // Of several sightings the earliest counts, whatever order they arrive in; else the record's newest word counts.
        let version = if event.precision == Precision::Observed { version::earliest(ms, line.content_hash) } else { parent };
        let gone = line.gone && self.stream.kind == Kind::Events;
        // A sighting stays true; a history that the record carries is what its newest version says.
        let embedded = self.stream.kind == Kind::Applications && event.precision != Precision::Observed;
        let mut row = self.row(&tables::STAGE_EVENTS, &event.id, version, gone);
        row.text("application_source_id", application)
            .text("stage", event.stage.as_str())
            .text("stage_word", event.word)
            .set("occurred_at", Cell::Instant(ms))
            .text("precision", event.precision.as_str())
            .set("retracts", Cell::Unsigned(u64::from(event.retracts)))
            .set("embedded", Cell::Unsigned(u64::from(embedded)))
            .text("reason", event.reason)
            .text("recruiter", event.recruiter);
        row
    }

    fn spend(&self, line: &Line) -> Read<Row> {
        let scope = self.scope(line);
        let version = self.version(line, &scope)?;
        let mut row = self.row(&tables::SPEND, &line.id, version, line.gone);
        self.fill(&mut row, &scope)?;
        let channel = self.channels.of_spend(row.get_text("channel"));
        row.text("channel", channel);
        if row.get_text("kind").is_empty() {
            return Err(fault("kind", "a ledger line without a kind"));
        }
        let amount = |row: &Row, column: &str| -> Read<Option<Decimal>> {
            match row.get_text(column) {
                "" => Ok(None),
                text => text.parse().map(Some).map_err(|_| fault(column, "not an amount")),
            }
        };
        let (gross, net, rate, tax) = (amount(&row, "gross")?, amount(&row, "net")?, amount(&row, "tax_rate")?, amount(&row, "tax")?);
        let (gross, tax, net) =
            split_tax(gross, net, rate, tax).ok_or_else(|| fault("net", "a ledger line without an amount: neither net nor gross"))?;
        row.text("gross", gross.to_string()).text("tax", tax.to_string()).text("net", net.to_string());
        if matches!(row.get("booked_on"), Cell::Null) {
            return Err(fault("booked_on", "a ledger line without a booking day"));
        }
        let booked = row.get("booked_on").clone();
        if matches!(row.get("service_from"), Cell::Null) {
            row.set("service_from", booked);
        }
        let from = row.get("service_from").clone();
        if matches!(row.get("service_to"), Cell::Null) {
            row.set("service_to", from.clone());
        }
        if let (Cell::Day(from), Cell::Day(to)) = (&from, row.get("service_to"))
            && to < from
        {
            return Err(fault("service_to", "the service ends before it begins"));
        }
        let currency =
            if row.get_text("currency").is_empty() { self.base_currency.clone() } else { row.get_text("currency").to_uppercase() };
        if currency.parse::<inflow_config::Currency>().is_err() {
            return Err(fault("currency", format!("{currency:?} is not a currency; expected three letters like CNY")));
        }
        row.text("currency", currency);
        Ok(row)
    }
}

fn status_of(stage: Stage) -> Option<&'static str> {
    match stage {
        Stage::Onboarded | Stage::PassedProbation => Some("hired"),
        Stage::Rejected => Some("rejected"),
        Stage::Withdrawn => Some("withdrawn"),
        _ => None,
    }
}

/// Fills the pay columns from the pay text where the mapping did not give numbers.
fn set_pay(row: &mut Row) {
    let has_numbers = !matches!((row.get("pay_min"), row.get("pay_max")), (Cell::Null, Cell::Null));
    if has_numbers {
        return;
    }
    if let Ok(pay) = pay::parse(row.get_text("pay_text")) {
        let cell = |number: Option<Decimal>| number.map_or(Cell::Null, |n| Cell::Text(n.to_string()));
        row.set("pay_min", cell(pay.min))
            .set("pay_max", cell(pay.max))
            .set("pay_months", cell(pay.months))
            .text("pay_currency", pay.currency)
            .text("pay_period", pay.period.as_str());
    }
}

/// Completes gross, tax and net (all signed) from what the line gives: `net = gross - tax`, and tax included in a gross
/// amount at rate r is `gross * r / (1 + r)`, rounded half up to cents.
fn split_tax(
    gross: Option<Decimal>,
    net: Option<Decimal>,
    rate: Option<Decimal>,
    tax: Option<Decimal>,
) -> Option<(Decimal, Decimal, Decimal)> {
    let cents = |d: Decimal| d.round_dp_with_strategy(2, rust_decimal::RoundingStrategy::MidpointAwayFromZero);
    match (gross, net) {
        (Some(gross), Some(net)) => Some((gross, tax.unwrap_or(gross - net), net)),
        (Some(gross), None) => {
            let tax = tax.unwrap_or_else(|| rate.map_or(Decimal::ZERO, |rate| cents(gross * rate / (Decimal::ONE + rate))));
            Some((gross, tax, gross - tax))
        }
        (None, Some(net)) => {
            let tax = tax.unwrap_or_else(|| rate.map_or(Decimal::ZERO, |rate| cents(net * rate)));
            Some((net + tax, tax, net))
        }
        (None, None) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::split_tax;
    use rust_decimal::Decimal;

    #[test]
    fn tax_is_split_to_the_cent() {
        let d = |text: &str| text.parse::<Decimal>().unwrap();
        assert_eq!(split_tax(Some(d("1060")), None, Some(d("0.06")), None), Some((d("1060"), d("60.00"), d("1000.00"))));
        assert_eq!(split_tax(None, Some(d("100")), Some(d("0.06")), None), Some((d("106.00"), d("6.00"), d("100"))));
        assert_eq!(split_tax(Some(d("-53")), None, Some(d("0.06")), None), Some((d("-53"), d("-3.00"), d("-50.00"))));
        assert_eq!(split_tax(None, None, None, None), None);
    }
}
