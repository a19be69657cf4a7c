//! `bank_matches` and `invoice_matches`: bank lines and invoices beside the ledger lines that they belong to (`inflow_ledger::matching`).
//!
//! What moved cash is asked of the journal, so a line that a wallet or a package pays for is not looked for at the bank, and needs no invoice:
//! its recharge does.

use std::collections::HashSet;

use futures::future::BoxFuture;
use inflow_ledger::matching::bank::{self, Place, match_bank};
use inflow_ledger::matching::invoices::{self, Charge, Charged, Invoice, Standing, State, due_on, match_invoices, without};
use inflow_ledger::matching::{Line, references};
use inflow_store::{Fields, RowBinary, StoreError};

use super::Desk;
use crate::AnalyticsError;
use crate::rows::{Rows, day_number};
use crate::words::company_form;

/// Table of bank lines, and name of the job that makes it.
pub(crate) const BANK: &str = "bank_matches";
/// Table of invoices, and name of the job that makes it.
pub(crate) const INVOICES: &str = "invoice_matches";

/// What rows must come for another matching of bank lines: the journal's bank side is the ledger's alone.
pub(crate) const BANK_READS: &[&str] = &["spend", "bank_lines"];
/// The same of invoices.
pub(crate) const INVOICES_READ: &[&str] = &["spend", "invoices"];

/// How many ledger lines miss their invoice for another number of days than they are said to, or do now that were not due then: all else that
/// is said of an invoice does not change as time passes.
pub(crate) fn overtaken(desk: &Desk<'_>) -> String {
    let today = day_number(today(desk));
    format!(
        "SELECT countIf(state = 'missing' AND days != {today} - toInt32(toUInt16(day)) OR state = 'pending' AND toInt32(toUInt16(due_on)) < {today}) \
         FROM inflow.invoice_matches WHERE side = 'ledger'"
    )
}

/// The company's own day.
fn today(desk: &Desk<'_>) -> chrono::NaiveDate {
    desk.now.with_timezone(&desk.config.settings.company.timezone).date_naive()
}

/// A bank line or a ledger line, with what the tables tell of it beside what is compared.
struct Told {
    line: Line,
    connection: String,
    source_id: String,
    document: String,
    kind: String,
    channel: String,
    account: String,
    counterparty: String,
    /// Number of the invoice that a ledger line names.
    number: String,
    /// Whether a ledger line should have an invoice.
    expected: bool,
}

/// Matches bank lines to the ledger.
pub(crate) fn bank<'a>(desk: &'a Desk<'a>) -> BoxFuture<'a, Result<(), AnalyticsError>> {
    Box::pin(async move {
        let bank = told(desk, include_str!("../../sql/jobs/bank_lines.sql")).await?;
        // Where no bank line was ever imported, that none fits says nothing.
        let ledger = if bank.is_empty() { Vec::new() } else { told(desk, CASH_LINES).await? };
        let (of_bank, of_ledger): (Vec<Line>, Vec<Line>) = (
            bank.iter().map(|told| told.line.clone()).collect(),
            ledger.iter().map(|told| Line { amount: told.line.amount.saturating_neg(), ..told.line.clone() }).collect(),
        );
        let matching = match_bank(&of_bank, &of_ledger, &bank::Rules::default());
        let mut rows = Rows::default();
        for (side, lines, places, others) in [("bank", &bank, &matching.bank, &ledger), ("ledger", &ledger, &matching.ledger, &bank)] {
            let amounts = if side == "bank" { &of_bank } else { &of_ledger };
            for ((told, place), line) in lines.iter().zip(places).zip(amounts) {
                let row = rows.next();
                row.text(side).text(&told.channel).u16(line.day as u16).text(&told.connection).text(&told.source_id).text(&told.kind);
                row.text(&told.account).text(&told.document).text(&told.counterparty).i64(line.amount).text(&line.currency);
                match place {
                    Place::Matched(number) => {
                        let of_match = matching.matches.get(*number);
                        let first = of_match.and_then(|one| one.ledger.first()).and_then(|at| ledger.get(*at));
                        row.text("matched").text(of_match.map_or("", |one| one.basis.as_str())).text("");
                        row.text(first.map_or("", |told| &told.line.key)).text("").nullable_i64(None).nullable_i32(None);
                    }
                    Place::Unmatched(why) => {
                        let candidate = why.candidate.and_then(|at| others.get(at)).map_or("", |told| &told.line.key);
                        row.text("unmatched").text("").text(why.reason.as_str()).text("").text(candidate);
                        row.nullable_i64(why.difference).nullable_i32(why.days);
                    }
                }
            }
        }
        desk.marts.refill(BANK, rows).await
    })
}

/// Matches invoices to the ledger.
pub(crate) fn invoices<'a>(desk: &'a Desk<'a>) -> BoxFuture<'a, Result<(), AnalyticsError>> {
    Box::pin(async move {
        let papers = papers(desk).await?;
        let today = desk.now.with_timezone(&desk.config.settings.company.timezone).date_naive();
        let rules = invoices::Rules::as_of(day_number(today));
        let mut rows = Rows::default();
        if papers.is_empty() {
            // Nothing is compared, so no line is held: a ledger without invoices may have millions.
            let mut write = |fields: &mut Fields<'_>| {
                let told = take_plain(fields)?;
                write_line(&mut rows, &told, without(told.charged(), &rules), None, &rules);
                Some(Ok(()))
            };
            let read = desk.marts.store.for_each_row::<StoreError>(&desk.marts.here(CASH_LINES), &[], &mut write).await;
            read.map_err(AnalyticsError::store(CANNOT_READ))?;
            return desk.marts.refill(INVOICES, rows).await;
        }
        let ledger = told(desk, CASH_LINES).await?;
        let of_ledger: Vec<Charge> =
            ledger.iter().map(|told| Charge { line: told.line.clone(), number: told.number.clone(), expected: told.expected }).collect();
        let of_papers: Vec<Invoice> = papers.iter().map(|paper| paper.invoice.clone()).collect();
        let matching = match_invoices(&of_papers, &of_ledger, &rules);
        let bundles: Vec<Of<'_>> = matching.bundles.iter().map(|bundle| Of::new(bundle, &papers, &ledger)).collect();
        for (told, place) in ledger.iter().zip(&matching.charges) {
            write_line(&mut rows, &told.plain(), place.state, place.bundle.and_then(|at| bundles.get(at)), &rules);
        }
        for (paper, place) in papers.iter().zip(&matching.invoices) {
            let (of, line) = (place.bundle.and_then(|at| bundles.get(at)), &paper.invoice.line);
            let row = rows.next();
            row.text("invoice").text(&line.party).u16(line.day as u16).text(&paper.connection).text(&paper.source_id).text(&paper.kind);
            row.text(&paper.documents).texts(&[&paper.invoice.number]).nullable_u16(Some(line.day as u16)).nullable_u16(None);
            row.i64(line.amount).text(&line.currency).text(&paper.payer).text(place.state.as_str());
            Of::end(row, of, place.state).nullable_i32(of.map(|of| of.issued - of.booked));
        }
        desk.marts.refill(INVOICES, rows).await
    })
}

/// Writes how a ledger line stands; one that needs no invoice is left out.
fn write_line(rows: &mut Rows, told: &Plain<'_>, state: State, of: Option<&Of<'_>>, rules: &invoices::Rules) {
    if state == State::NotExpected {
        return;
    }
    let row = rows.next();
    row.text("ledger").text(told.channel).u16(told.day as u16).text(told.connection).text(told.source_id).text(told.kind);
    row.text(told.document);
    let numbers: &[&str] = of.map_or(&[], |of| &of.numbers);
    let stated = [told.number];
    row.texts(if numbers.is_empty() && !told.number.is_empty() { &stated } else { numbers });
    row.nullable_u16(of.map(|of| of.issued as u16)).nullable_u16(told.expected.then(|| due_on(told.day, rules) as u16));
    row.i64(told.amount).text(told.currency).text(of.map_or("", |of| of.payer)).text(state.as_str());
    let days = of.map(|of| of.issued - told.day).or_else(|| (state == State::Missing).then(|| rules.today - told.day));
    Of::end(row, of, state).nullable_i32(days);
}

/// What the lines of a bundle say together.
struct Of<'a> {
    basis: &'static str,
    id: &'a str,
    numbers: Vec<&'a str>,
    /// The last day of issue, and the first of booking.
    issued: i32,
    booked: i32,
    payer: &'a str,
    difference: i64,
}

impl<'a> Of<'a> {
    fn new(bundle: &invoices::Bundle, papers: &'a [Paper], ledger: &'a [Told]) -> Self {
        let own = || bundle.lines.other.iter().filter_map(|at| papers.get(*at));
        let lines = || bundle.lines.ledger.iter().filter_map(|at| ledger.get(*at));
        Self {
            basis: bundle.lines.basis.as_str(),
            id: lines().map(|told| told.line.key.as_str()).next().unwrap_or_default(),
            numbers: own().map(|paper| paper.invoice.number.as_str()).collect(),
            issued: own().map(|paper| paper.invoice.line.day).max().unwrap_or_default(),
            booked: lines().map(|told| told.line.day).min().unwrap_or_default(),
            payer: own().map(|paper| paper.payer.as_str()).next().unwrap_or_default(),
            difference: bundle.difference,
        }
    }

    /// Basis, match and difference of a row.
    fn end<'r>(row: &'r mut RowBinary, of: Option<&Self>, state: State) -> &'r mut RowBinary {
        row.text(of.map_or("", |of| of.basis)).text(of.map_or("", |of| of.id));
        row.nullable_i64(of.filter(|_| state == State::AmountDiffers).map(|of| of.difference))
    }
}

/// An invoice with what the table tells of it beside what is compared.
struct Paper {
    invoice: Invoice,
    connection: String,
    source_id: String,
    kind: String,
    payer: String,
    documents: String,
}

const CASH_LINES: &str = include_str!("../../sql/jobs/cash_lines.sql");
const CANNOT_READ: &str = "cannot read what is to be matched";

async fn told(desk: &Desk<'_>, sql: &str) -> Result<Vec<Told>, AnalyticsError> {
    every_row(desk, sql, take).await.map_err(AnalyticsError::store(CANNOT_READ))
}

/// All rows of a statement; `take` reads one, if it is whole.
async fn every_row<T>(desk: &Desk<'_>, sql: &str, take: impl Fn(&mut Fields<'_>) -> Option<T>) -> Result<Vec<T>, StoreError> {
    let mut all = Vec::new();
    let mut keep = |fields: &mut Fields<'_>| {
        all.push(take(fields)?);
        Some(Ok(()))
    };
    desk.marts.store.for_each_row::<StoreError>(&desk.marts.here(sql), &[], &mut keep).await?;
    Ok(all)
}

/// A row of `bank_lines.sql` or `cash_lines.sql` as it comes.
struct Plain<'b> {
    connection: &'b str,
    source_id: &'b str,
    party: &'b str,
    day: i32,
    month: i32,
    amount: i64,
    currency: &'b str,
    document: &'b str,
    kind: &'b str,
    channel: &'b str,
    account: &'b str,
    counterparty: &'b str,
    serial: &'b str,
    note: &'b str,
    number: &'b str,
    expected: bool,
}

impl Plain<'_> {
    /// What says whether a line without an invoice lacks it.
    fn charged(&self) -> Charged<'_> {
        Charged { day: self.day, number: self.number, expected: self.expected }
    }
}

impl Told {
    /// The same, as far as rows show it.
    fn plain(&self) -> Plain<'_> {
        let Line { party, day, month, amount, currency, .. } = &self.line;
        Plain {
            connection: &self.connection,
            source_id: &self.source_id,
            party,
            day: *day,
            month: *month,
            amount: *amount,
            currency,
            document: &self.document,
            kind: &self.kind,
            channel: &self.channel,
            account: &self.account,
            counterparty: &self.counterparty,
            serial: "",
            note: "",
            number: &self.number,
            expected: self.expected,
        }
    }
}

/// Reads a row, if it is whole.
fn take_plain<'b>(fields: &mut Fields<'b>) -> Option<Plain<'b>> {
    let (connection, source_id, party) = (fields.text()?, fields.text()?, fields.text()?);
    let (day, month, amount) = (fields.i32()?, fields.i32()?, fields.i64()?);
    let (currency, document, kind) = (fields.text()?, fields.text()?, fields.text()?);
    let (channel, account, counterparty) = (fields.text()?, fields.text()?, fields.text()?);
    let (serial, note, number) = (fields.text()?, fields.text()?, fields.text()?);
    let expected = fields.u8()? != 0;
    Some(Plain {
        connection,
        source_id,
        party,
        day,
        month,
        amount,
        currency,
        document,
        kind,
        channel,
        account,
        counterparty,
        serial,
        note,
        number,
        expected,
    })
}

/// A line to be compared, if it is whole.
fn take(fields: &mut Fields<'_>) -> Option<Told> {
    let plain = take_plain(fields)?;
    let Plain { connection, source_id, day, month, amount, expected, .. } = plain;
    // A ledger line has one document, whatever it looks like; a bank line names what it pays in its own words.
    let mut documents = vec![plain.document.to_owned()];
    if plain.kind.is_empty() {
        documents.push(plain.serial.to_owned());
        documents.extend(references(plain.document).into_iter().chain(references(plain.note)));
    }
    documents.retain(|document| !document.is_empty());
    let key = format!("{connection}:{source_id}");
    let line = Line { key, party: plain.party.to_owned(), day, month, amount, currency: plain.currency.to_owned(), documents };
    let [connection, source_id, document, kind] = [connection, source_id, plain.document, plain.kind].map(str::to_owned);
    let [channel, account, counterparty, number] = [plain.channel, plain.account, plain.counterparty, plain.number].map(str::to_owned);
    Some(Told { line, connection, source_id, document, kind, channel, account, counterparty, number, expected })
}

async fn papers(desk: &Desk<'_>) -> Result<Vec<Paper>, AnalyticsError> {
    let payers: HashSet<String> = desk.config.finance.vat.payers.iter().map(|payer| company_form(payer)).collect();
    let foreign = |payer: &str| !payers.is_empty() && !payers.contains(&company_form(payer));
    let rows = every_row(desk, include_str!("../../sql/jobs/invoices.sql"), |fields| paper(fields, &foreign)).await;
    rows.map_err(AnalyticsError::store("cannot read the invoices"))
}

/// A row of `invoices.sql`, if it is whole.
fn paper(fields: &mut Fields<'_>, foreign: &dyn Fn(&str) -> bool) -> Option<Paper> {
    let mut text = || fields.text().map(str::to_owned);
    let (connection, source_id, party) = (text()?, text()?, text()?);
    let (day, month, amount) = (fields.i32()?, fields.i32()?, fields.i64()?);
    let mut text = || fields.text().map(str::to_owned);
    let (currency, number, kind, payer) = (text()?, text()?, text()?, text()?);
    let own = fields.texts()?;
    let (note, original) = (fields.text()?.to_owned(), fields.text()?.to_owned());
    let standing = match fields.u8()? {
        1 => Standing::Void,
        2 => Standing::RedLetter,
        _ => Standing::Normal,
    };
    let (from, to) = (fields.i32()?, fields.i32()?);
    let nobody = fields.u8()? != 0;
    let personal = nobody || (!payer.is_empty() && foreign(&payer));
    let documents = own.join(" ");
    let line = Line {
        key: format!("{connection}:{source_id}"),
        party,
        day,
        month,
        amount,
        currency,
        documents: own.into_iter().chain(references(&note)).collect(),
    };
    let invoice = Invoice { line, number, standing, original, service: (from <= to).then_some((from, to)), personal };
    Some(Paper { invoice, connection, source_id, kind, payer, documents })
}
