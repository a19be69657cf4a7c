//! Invoices and the ledger lines that they are for.

use std::collections::HashMap;

use super::{Basis, Board, LEDGER, Line, Match, OTHER, documents, pairs, sums};

/// When an invoice belongs to a line, and when it is late.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rules {
    /// Days between booking and issue for lines that only amount and channel tie to an invoice.
    pub within_days: i32,
    /// Days after booking by which the invoice should be there.
    pub due_days: u16,
    /// The day on which the lists are looked at, since 1970.
    pub today: i32,
}

impl Rules {
    /// 90 days to issue, 30 until due, as of a day.
    pub fn as_of(today: i32) -> Self {
        Self { within_days: 90, due_days: 30, today }
    }
}

/// What became of an invoice after it was issued.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Standing {
    /// It stands.
    #[default]
    Normal,
    /// Voided, or taken back by a red-letter invoice.
    Void,
    /// It takes another one back, its amount being negative.
    RedLetter,
}

/// An invoice; its line's party is the seller's channel, its amount gross.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invoice {
    /// Who, when, how much, for which documents.
    pub line: Line,
    /// Its number.
    pub number: String,
    /// What became of it.
    pub standing: Standing,
    /// Of a red-letter invoice: number of the one that it takes back.
    pub original: String,
    /// First and last day of the service.
    pub service: Option<(i32, i32)>,
    /// The buyer is none of the company's entities.
    pub personal: bool,
}

/// A ledger line; its amount is gross.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Charge {
    /// Whom, when, how much, under which document.
    pub line: Line,
    /// The number of the invoice that it names.
    pub number: String,
    /// Whether a line of its kind should have an invoice.
    pub expected: bool,
}

impl Charge {
    fn charged(&self) -> Charged<'_> {
        Charged { day: self.line.day, number: &self.number, expected: self.expected }
    }
}

/// How a ledger line or an invoice stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum State {
    /// Both are there, to the cent.
    Matched,
    /// As matched, and the invoice was issued in a later month than the booking, or after the due day.
    Late,
    /// As matched, and the buyer is none of the company's entities.
    PersonalPaid,
    /// The invoice is there by number or document and is worth less or more.
    AmountDiffers,
    /// Of a line: its only invoice was voided or taken back. Of an invoice: it was.
    Voided,
    /// A line whose invoice is due and not there.
    Missing,
    /// A line whose invoice is not due yet.
    Pending,
    /// A line that names the number of an invoice that was not imported.
    Stated,
    /// A line whose kind needs no invoice, and that has none.
    NotExpected,
    /// An invoice that takes another one back.
    RedLetter,
    /// An invoice of a channel that no ledger line fits.
    NoLedgerLine,
    /// An invoice whose seller is no channel.
    NoChannel,
}

impl State {
    /// The word in tables and reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Matched => "matched",
            Self::Late => "late",
            Self::PersonalPaid => "personal_paid",
            Self::AmountDiffers => "amount_differs",
            Self::Voided => "voided",
            Self::Missing => "missing",
            Self::Pending => "pending",
            Self::Stated => "stated",
            Self::NotExpected => "not_expected",
            Self::RedLetter => "red_letter",
            Self::NoLedgerLine => "no_ledger_line",
            Self::NoChannel => "no_channel",
        }
    }
}

/// Where a line or an invoice ended up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// How it stands.
    pub state: State,
    /// Position of its bundle.
    pub bundle: Option<usize>,
}

/// Invoices and ledger lines that belong together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bundle {
    /// Positions of both sides, as they were handed in; the other side are invoices.
    pub lines: Match,
    /// Invoices less ledger lines, ten-thousandths; 0 unless amounts differ. What red-letter invoices took back is off.
    pub difference: i64,
}

/// Every invoice and every ledger line in exactly one place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Matching {
    /// What belongs together.
    pub bundles: Vec<Bundle>,
    /// The invoices, as they were handed in.
    pub invoices: Vec<Place>,
    /// The ledger lines, as they were handed in.
    pub charges: Vec<Place>,
}

/// The day by which the invoice of a line that was booked on a day should be there, both since 1970.
pub fn due_on(booked: i32, rules: &Rules) -> i32 {
    booked.saturating_add(rules.due_days.into())
}

/// Matches invoices to ledger lines; `amount` of a refund is negative, as is that of a red-letter invoice. First the invoices that stand, then, for lines
/// that have none, those that were voided.
pub fn match_invoices(invoices: &[Invoice], charges: &[Charge], rules: &Rules) -> Matching {
    let worth = Worth::of(invoices);
    let mut matching = Matching {
        bundles: Vec::new(),
        invoices: invoices.iter().zip(&worth.0).map(|(invoice, worth)| Place { state: alone(invoice, *worth), bundle: None }).collect(),
        charges: charges.iter().map(|charge| Place { state: without(charge.charged(), rules), bundle: None }).collect(),
    };
    for standing in [true, false] {
        let picked: Vec<usize> =
            (0..invoices.len()).filter(|at| worth.0.get(*at).is_some_and(|worth| worth.stands() == Some(standing))).collect();
        let open: Vec<usize> =
            (0..charges.len()).filter(|at| matching.charges.get(*at).is_some_and(|place| place.bundle.is_none())).collect();
        round(&mut matching, invoices, charges, rules, &worth, (&picked, &open));
    }
    matching
}

/// What an invoice is worth after red-letter invoices.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Value {
    /// So much; what it is worth counts.
    Stands(i64),
    /// It was voided or taken back whole; it was worth so much.
    Void(i64),
    /// A red-letter invoice that is off the one that it names.
    Off,
}

impl Value {
    fn stands(self) -> Option<bool> {
        match self {
            Self::Stands(_) => Some(true),
            Self::Void(_) => Some(false),
            Self::Off => None,
        }
    }
}

struct Worth(Vec<Value>);

impl Worth {
    fn of(invoices: &[Invoice]) -> Self {
        let mut by_number: HashMap<(&str, &str), usize> = HashMap::new();
        for (at, invoice) in invoices.iter().enumerate().filter(|(_, invoice)| invoice.standing != Standing::RedLetter) {
            let known = by_number.entry((invoice.number.as_str(), invoice.line.currency.as_str())).or_insert(at);
            // Of two of one number the first by key, whatever the order.
            if invoices.get(*known).is_some_and(|other| invoice.line.key < other.line.key) {
                *known = at;
            }
        }
        let mut off: HashMap<usize, i64> = HashMap::new();
        let mut values: Vec<Value> = invoices.iter().map(|invoice| Value::Stands(invoice.line.amount)).collect();
        for (invoice, value) in invoices.iter().zip(&mut values).filter(|(invoice, _)| invoice.standing == Standing::RedLetter) {
            let original = by_number.get(&(invoice.original.as_str(), invoice.line.currency.as_str()));
            if let (Some(original), false) = (original, invoice.original.is_empty()) {
                let sum = off.entry(*original).or_default();
                *sum = sum.saturating_add(invoice.line.amount);
                *value = Value::Off;
            }
        }
        for (at, (invoice, value)) in invoices.iter().zip(&mut values).enumerate() {
            let left = off.get(&at).map_or(invoice.line.amount, |off| invoice.line.amount.saturating_add(*off));
            if invoice.standing == Standing::Void || (invoice.standing == Standing::Normal && left == 0) {
                *value = Value::Void(invoice.line.amount);
            } else if *value != Value::Off {
                *value = Value::Stands(left);
            }
        }
        Self(values)
    }
}

/// The state of an invoice that belongs to no line.
fn alone(invoice: &Invoice, value: Value) -> State {
    match value {
        Value::Off => State::RedLetter,
        Value::Void(_) => State::Voided,
        Value::Stands(_) if invoice.line.party.is_empty() => State::NoChannel,
        Value::Stands(_) => State::NoLedgerLine,
    }
}

/// What says whether a ledger line without an invoice lacks it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Charged<'c> {
    /// Booking day, in days since 1970.
    pub day: i32,
    /// The number of the invoice that it names.
    pub number: &'c str,
    /// Whether a line of its kind should have an invoice.
    pub expected: bool,
}

/// The state of a line that no invoice belongs to.
pub fn without(charge: Charged<'_>, rules: &Rules) -> State {
    if !charge.number.is_empty() {
        State::Stated
    } else if !charge.expected {
        State::NotExpected
    } else if rules.today > due_on(charge.day, rules) {
        State::Missing
    } else {
        State::Pending
    }
}

/// Matches some invoices to some lines, by their positions in the whole lists.
fn round(
    matching: &mut Matching,
    invoices: &[Invoice],
    charges: &[Charge],
    rules: &Rules,
    worth: &Worth,
    (picked, open): (&[usize], &[usize]),
) {
    if picked.is_empty() || open.is_empty() {
        return;
    }
    let sides = |documents: bool| -> (Vec<Line>, Vec<Line>) {
        let of_invoice = |at: &usize| {
            let invoice = invoices.get(*at)?;
            let amount = match worth.0.get(*at)? {
                Value::Stands(amount) | Value::Void(amount) => *amount,
                Value::Off => return None,
            };
            let named = if documents { invoice.line.documents.clone() } else { vec![invoice.number.clone()] };
            Some(Line { amount, documents: named, ..invoice.line.clone() })
        };
        let of_charge = |at: &usize| {
            let charge = charges.get(*at)?;
            let named = if documents { charge.line.documents.clone() } else { vec![charge.number.clone()] };
            Some(Line { documents: named, ..charge.line.clone() })
        };
        (picked.iter().filter_map(of_invoice).collect(), open.iter().filter_map(of_charge).collect())
    };
    // The order of a board does not depend on documents, so what one has taken is taken on the next.
    let (by_number, numbered) = sides(false);
    let mut board = Board::new(&by_number, &numbered);
    documents::by_document(&mut board, Basis::Number);
    let (by_document, documented) = sides(true);
    board = Board { free: board.free, matches: board.matches, disputes: board.disputes, ..Board::new(&by_document, &documented) };
    documents::by_document(&mut board, Basis::Document);
    pairs::by_amount(&mut board, rules.within_days);
    let period = |at: usize| picked.get(at).and_then(|at| invoices.get(*at))?.service;
    sums::by_period(&mut board, &period);
    sums::one_to_several(&mut board, OTHER, rules.within_days, true);
    sums::one_to_several(&mut board, LEDGER, rules.within_days, false);
    let bundles = [(&board.matches, false), (&board.disputes, true)];
    for (found, differs) in bundles {
        let differences: HashMap<Vec<usize>, i64> =
            found.iter().map(|one| (board.handed_in(OTHER, &one.other), board.difference(one).unwrap_or(i64::MAX))).collect();
        for one in board.told(found) {
            let difference = if differs { differences.get(&one.other).copied().unwrap_or_default() } else { 0 };
            let whole = |positions: &[usize], of: &[usize]| positions.iter().filter_map(|at| of.get(*at).copied()).collect();
            let lines = Match { other: whole(&one.other, picked), ledger: whole(&one.ledger, open), basis: one.basis };
            settle(matching, invoices, charges, rules, worth, Bundle { lines, difference }, differs);
        }
    }
}

/// Notes a bundle and how its lines stand.
fn settle(matching: &mut Matching, invoices: &[Invoice], charges: &[Charge], rules: &Rules, worth: &Worth, bundle: Bundle, differs: bool) {
    let number = Some(matching.bundles.len());
    let own = || bundle.lines.other.iter().filter_map(|at| invoices.get(*at));
    let void = bundle.lines.other.iter().any(|at| matches!(worth.0.get(*at), Some(Value::Void(_))));
    let personal = own().any(|invoice| invoice.personal);
    let issued = own().map(|invoice| (invoice.line.day, invoice.line.month)).max();
    let state = match () {
        () if void => State::Voided,
        () if differs => State::AmountDiffers,
        () if personal => State::PersonalPaid,
        () => State::Matched,
    };
    for at in &bundle.lines.other {
        if let Some(place) = matching.invoices.get_mut(*at) {
            *place = Place { state, bundle: number };
        }
    }
    for at in &bundle.lines.ledger {
        let booked = charges.get(*at).map(|charge| (charge.line.day, charge.line.month));
        let late =
            booked.zip(issued).is_some_and(|((booked, month), (issued, of_month))| of_month > month || issued > due_on(booked, rules));
        if let Some(place) = matching.charges.get_mut(*at) {
            *place = Place { state: if late && state == State::Matched { State::Late } else { state }, bundle: number };
        }
    }
    matching.bundles.push(bundle);
}
