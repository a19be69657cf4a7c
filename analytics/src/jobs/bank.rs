//! `bank_matches` and `invoice_matches`: bank lines and invoices beside the ledger lines that they belong to (`inflow_ledger::matching`).
//!
//! What moved cash is asked of the journal, so a line that a wallet or a package pays for is not looked for at the bank, and needs no invoice:
//! its recharge does.

use std::collections::HashSet;

use futures::future::BoxFuture;
use inflow_ledger::matching::bank::{self, Place, match_bank};
use inflow_ledger::matching::invoices::{self, Charge, Invoice, Standing, State, due_on, match_invoices};
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
        let ledger = if bank.is_empty() { Vec::new() } else { told(desk, include_str!("../../sql/jobs/cash_lines.sql")).await? };
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
        let ledger = told(desk, include_str!("../../sql/jobs/cash_lines.sql")).await?;
        let papers = papers(desk).await?;
        let of_ledger: Vec<Charge> =
            ledger.iter().map(|told| Charge { line: told.line.clone(), number: told.number.clone(), expected: told.expected }).collect();
        let of_papers: Vec<Invoice> = papers.iter().map(|paper| paper.invoice.clone()).collect();
        let today = desk.now.with_timezone(&desk.config.settings.company.timezone).date_naive();
        let rules = invoices::Rules::as_of(day_number(today));
        let matching = match_invoices(&of_papers, &of_ledger, &rules);
        let bundles: Vec<Of<'_>> = matching.bundles.iter().map(|bundle| Of::new(bundle, &papers, &ledger)).collect();
        let mut rows = Rows::default();
        for (told, place) in ledger.iter().zip(&matching.charges).filter(|(_, place)| place.state != State::NotExpected) {
            let of = place.bundle.and_then(|at| bundles.get(at));
            let row = rows.next();
            row.text("ledger").text(&told.channel).u16(told.line.day as u16).text(&told.connection).text(&told.source_id).text(&told.kind);
            row.text(&told.document);
            let numbers: &[&str] = of.map_or(&[], |of| &of.numbers);
            let stated = [told.number.as_str()];
            row.texts(if numbers.is_empty() && !told.number.is_empty() { &stated } else { numbers });
            row.nullable_u16(of.map(|of| of.issued as u16)).nullable_u16(told.expected.then(|| due_on(told.line.day, &rules) as u16));
            row.i64(told.line.amount).text(&told.line.currency).text(of.map_or("", |of| of.payer)).text(place.state.as_str());
            let days =
                of.map(|of| of.issued - told.line.day).or_else(|| (place.state == State::Missing).then(|| rules.today - told.line.day));
            Of::end(row, of, place.state).nullable_i32(days);
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

async fn told(desk: &Desk<'_>, sql: &str) -> Result<Vec<Told>, AnalyticsError> {
    every_row(desk, sql, take).await.map_err(AnalyticsError::store("cannot read what is to be matched"))
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

/// A row of `bank_lines.sql` or `cash_lines.sql`, if it is whole.
fn take(fields: &mut Fields<'_>) -> Option<Told> {
    let mut text = || fields.text().map(str::to_owned);
    let (connection, source_id, party) = (text()?, text()?, text()?);
    let (day, month, amount) = (fields.i32()?, fields.i32()?, fields.i64()?);
    let mut text = || fields.text().map(str::to_owned);
    let (currency, document, kind, channel, account, counterparty) = (text()?, text()?, text()?, text()?, text()?, text()?);
    let (serial, note, number) = (text()?, text()?, text()?);
    let expected = fields.u8()? != 0;
    // A ledger line has one document, whatever it looks like; a bank line names what it pays in its own words.
    let mut documents = vec![document.clone()];
    if kind.is_empty() {
        documents.push(serial);
        documents.extend(references(&document).into_iter().chain(references(&note)));
    }
    documents.retain(|document| !document.is_empty());
    let line = Line { key: format!("{connection}:{source_id}"), party, day, month, amount, currency, documents };
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
