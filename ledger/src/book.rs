//! The journal: every line of the ledger by double entry.

mod hires;

use std::collections::HashSet;

use hashbrown::HashMap;

use crate::allocation::{Allocation, Piece, pieces};
use crate::amount::{TEN_THOUSANDTHS, cents, spread};
use crate::line::{Kind, Line, Place, Word};
use crate::owed::{self, Owed, Reckoning, Settled};
use crate::package::{Entitlement, Terms};
use crate::wallet::{Bonus, Holding, Measure};

/// A cent in ten-thousandths.
const CENT: i64 = TEN_THOUSANDTHS / 100;

/// An account of the journal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Account {
    /// Money at the bank, taken as paid on the booking day.
    Bank,
    /// Prepaid at a board.
    Wallet,
    /// Paid for service that is still to come, or for what a package still entitles to.
    Prepaid,
    /// Service that came before its bill.
    Payable,
    /// Tax that is claimed back.
    InputVat,
    /// What recruiting cost.
    Cost,
}

impl Account {
    /// The word in the journal.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Bank => "bank",
            Self::Wallet => "wallet",
            Self::Prepaid => "prepaid",
            Self::Payable => "payable",
            Self::InputVat => "input_vat",
            Self::Cost => "cost",
        }
    }
}

/// What moves from one account to another on a day, in cents of the base currency; below zero where money comes back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    /// Day of booking for money, of service for cost.
    pub day: i32,
    /// Account that gains.
    pub debit: Account,
    /// Account that gives.
    pub credit: Account,
    /// How much.
    pub cents: i64,
    /// Kind of the line; `expiry` for what a package lost.
    pub kind: Kind,
    /// Number of the line that it comes of.
    pub line: u32,
    /// Who bears it.
    pub place: Place,
    /// The rule that says so, if one does.
    pub allocation: Word,
}

/// A move of a wallet and what it held afterwards.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Move {
    /// Number of the line that it comes of.
    pub line: u32,
    /// Kind of the line; units that a recharge gave on top are a move of their own.
    pub kind: Kind,
    /// Units in ten-thousandths, below zero for what left.
    pub units: i64,
    /// What they cost, in cents.
    pub value: i64,
    /// Units afterwards.
    pub balance_units: i64,
    /// What they cost, in cents.
    pub balance_value: i64,
}

/// A wallet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wallet {
    /// Channel of the board.
    pub channel: Word,
    /// Account at the board.
    pub account: Word,
    /// In what it counts.
    pub measure: Measure,
    /// Its moves, oldest first; of one day what comes in before what leaves.
    pub moves: Vec<Move>,
}

/// Why something of the ledger does not fit together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reason {
    /// There is no rate of its currency on its booking day, so it is in no figure.
    NoRate,
    /// It was used from a wallet that was never filled.
    NoWallet,
    /// It says money of a wallet that counts in units.
    NoUnits,
    /// More was used than the wallet held.
    BelowZero,
    /// The board states another balance at the end of the day.
    BalanceDiffers,
    /// A unit of a package that nobody bought.
    NoPackage,
    /// The package does not entitle to this.
    NoItem,
    /// Used before or after the package was valid.
    OutsideValidity,
    /// More was used than the package entitles to.
    OverEntitlement,
    /// A bonus, fee or clawback that settles nothing which is reckoned of hires, so that it may be cost twice.
    NoAccrual,
    /// Another amount was paid for a hire than is owed.
    AmountDiffers,
    /// A fee in percent of pay that nobody stated.
    NoPay,
    /// The person left on a day that nobody knows, and what is owed depends on it.
    NoLeaveDay,
    /// There is nobody by whom a rule could divide it in one of its months.
    NoBasis,
}

impl Reason {
    /// The word in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NoRate => "no_rate",
            Self::NoWallet => "no_wallet",
            Self::NoUnits => "no_units",
            Self::BelowZero => "below_zero",
            Self::BalanceDiffers => "balance_differs",
            Self::NoPackage => "no_package",
            Self::NoItem => "no_item",
            Self::OutsideValidity => "outside_validity",
            Self::OverEntitlement => "over_entitlement",
            Self::NoAccrual => "no_accrual",
            Self::AmountDiffers => "amount_differs",
            Self::NoPay => "no_pay",
            Self::NoLeaveDay => "no_leave_day",
            Self::NoBasis => "no_basis",
        }
    }
}

/// Something that does not fit together. What amount and expected are depends on the reason: money or units in ten-thousandths.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fault {
    /// Why.
    pub reason: Reason,
    /// Number of the line.
    pub line: u32,
    /// What the line says.
    pub amount: Option<i64>,
    /// What was expected.
    pub expected: Option<i64>,
    /// The day that it is of, where that is not the line's booking day.
    pub day: Option<i32>,
}

/// What a company decides of its ledger.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Rules {
    /// What bonus units do.
    pub bonus: Bonus,
    /// Packages whose use is told apart.
    pub packages: Vec<Terms>,
    /// Cost that others bear than the lines name.
    pub allocations: Vec<Allocation>,
    /// What is owed for hires, in the order of their keys.
    pub owed: Vec<Owed>,
    /// Of which lines this is reckoned.
    pub reckoned: Vec<Reckoning>,
}

/// The ledger as a journal, with its wallets and packages.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Book {
    /// The journal, in no order.
    pub entries: Vec<Entry>,
    /// Prepaid accounts at boards, in the order of their first line.
    pub wallets: Vec<Wallet>,
    /// Entitlements of packages whose use is told apart.
    pub entitlements: Vec<Entitlement>,
    /// What is owed for hires, in the order of the rules'.
    pub owed: Vec<Settled>,
    /// What does not fit together.
    pub faults: Vec<Fault>,
}

/// Writes the journal of a whole ledger. The lines are in the order of their keys.
pub fn book(lines: &[Line], rules: &Rules) -> Book {
    let mut desk = Desk { lines, rules, book: Book { entries: Vec::with_capacity(lines.len()), ..Book::default() } };
    let wallets = Wallets::of(lines);
    let mut moving: Vec<Vec<u32>> = vec![Vec::new(); wallets.found.len()];
    let mut units = Vec::new();
    let mut settling = Vec::new();
    let reckoned: HashSet<u32> = rules.owed.iter().map(|owed| owed.line).collect();
    for (line, number) in lines.iter().zip(0_u32..) {
        if reckoned.contains(&number) {
            continue;
        }
        if line.rate.is_none() {
            desk.fault(Reason::NoRate, number, Some(line.gross), None);
            continue;
        }
        match wallets.paid_from(line) {
            Some(wallet) => moving.get_mut(wallet).into_iter().for_each(|lines| lines.push(number)),
            None if line.kind == Kind::PackageUnit => units.push(number),
            None if owed::settles(line.kind) => settling.push(number),
            None => desk.direct(number),
        }
    }
    for (wallet, numbers) in wallets.found.into_iter().zip(moving) {
        desk.wallet(wallet, numbers);
    }
    desk.packages(units);
    desk.owed(settling);
    desk.book
}

/// Which wallets there are.
struct Wallets {
    found: Vec<Wallet>,
    numbers: HashMap<(Word, Word, Word), usize>,
    /// Of channel and account, while there is one alone.
    alone: HashMap<(Word, Word), Option<usize>>,
    /// Of a channel, while there is one alone.
    only: HashMap<Word, Option<usize>>,
}

impl Wallets {
    fn of(lines: &[Line]) -> Self {
        let mut wallets = Self { found: Vec::new(), numbers: HashMap::new(), alone: HashMap::new(), only: HashMap::new() };
        for line in lines.iter().filter(|line| matches!(line.kind, Kind::Recharge | Kind::BonusCredit) && line.rate.is_some()) {
            let at = (line.place.channel, line.place.account);
            let next = wallets.found.len();
            let number = *wallets.numbers.entry((at.0, at.1, line.currency)).or_insert(next);
            if number == next {
                let measure = Measure::Money(line.currency);
                wallets.found.push(Wallet { channel: at.0, account: at.1, measure, moves: Vec::new() });
                wallets.alone.entry(at).and_modify(|alone| *alone = None).or_insert(Some(next));
                wallets.only.entry(at.0).and_modify(|only| *only = None).or_insert(Some(next));
            }
            if line.kind == Kind::Recharge
                && line.units.is_some()
                && let Some(wallet) = wallets.found.get_mut(number)
            {
                wallet.measure = Measure::Units;
            }
        }
        wallets
    }

    /// The wallet that a line is paid from or fills.
    fn paid_from(&self, line: &Line) -> Option<usize> {
        let place = &line.place;
        let own = match line.kind {
            Kind::Recharge | Kind::BonusCredit | Kind::Consumption | Kind::Expiry => true,
            Kind::PackageUnit => false,
            // Who names no account was billed.
            _ => place.account != Word::default(),
        };
        if !own {
            return None;
        }
        let exact = self.numbers.get(&(place.channel, place.account, line.currency)).copied();
        // Units have no currency, and where a channel has one wallet a line need not name it.
        let alone = || match place.account {
            Word(0) => self.only.get(&place.channel).copied().flatten(),
            account => self.alone.get(&(place.channel, account)).copied().flatten(),
        };
        let fits = |wallet: &usize| match self.found.get(*wallet).map(|wallet| wallet.measure) {
            Some(Measure::Units) => line.units.is_some(),
            Some(Measure::Money(currency)) => currency == line.currency,
            None => false,
        };
        exact.or_else(|| alone().filter(fits))
    }
}

/// What a line costs and what of it is tax that comes back, in cents; both below zero where money comes back.
fn cost_and_tax(line: &Line) -> Option<(i64, i64)> {
    let rate = line.rate?;
    let signed = |amount: i64| if line.kind.gives_back() { -amount.saturating_abs() } else { amount };
    let gross = cents(signed(line.gross), rate)?;
    let cost = if line.deductible { cents(signed(line.net), rate)? } else { gross };
    Some((cost, gross - cost))
}

struct Desk<'a> {
    lines: &'a [Line],
    rules: &'a Rules,
    book: Book,
}

impl Desk<'_> {
    fn line(&self, number: u32) -> Option<Line> {
        self.lines.get(number as usize).copied()
    }

    fn fault(&mut self, reason: Reason, line: u32, amount: Option<i64>, expected: Option<i64>) {
        self.book.faults.push(Fault { reason, line, amount, expected, day: None });
    }

    /// Moves cents that no day of service and no rule divides.
    fn entry(&mut self, number: u32, line: &Line, day: i32, debit: Account, credit: Account, cents: i64) {
        if cents != 0 {
            let (kind, place) = (line.kind, line.place);
            self.book.entries.push(Entry { day, debit, credit, cents, kind, line: number, place, allocation: Word::default() });
        }
    }

    /// A line that was paid by itself.
    fn direct(&mut self, number: u32) {
        let Some(line) = self.line(number) else { return };
        let Some((cost, tax)) = cost_and_tax(&line) else { return self.fault(Reason::NoRate, number, Some(line.gross), None) };
        if matches!(line.kind, Kind::Consumption | Kind::Expiry) {
            self.fault(Reason::NoWallet, number, line.units.or(Some(line.gross)), None);
        }
        self.entry(number, &line, line.booked_on, Account::InputVat, Account::Bank, tax);
        match self.rules.packages.iter().find(|terms| line.kind == Kind::Package && terms.document == line.document) {
            Some(terms) => self.package(number, &line, Account::Bank, cost, terms),
            None => self.cost(number, &line, Account::Bank, cost),
        }
    }

    /// A package whose use is told apart.
    fn package(&mut self, number: u32, line: &Line, from: Account, cost: i64, terms: &Terms) {
        self.entry(number, line, line.booked_on, Account::Prepaid, from, cost);
        self.book.entitlements.extend(Entitlement::of(terms, number, line.service, cost));
    }

    /// Cost by the days of service, borne by whom the rules say.
    fn cost(&mut self, number: u32, line: &Line, from: Account, cost: i64) {
        for piece in pieces(&self.rules.allocations, line, cost, line.service) {
            let entry = |day, debit, credit, cents| Entry {
                day,
                debit,
                credit,
                cents,
                kind: line.kind,
                line: number,
                place: piece.place,
                allocation: piece.allocation,
            };
            if piece.cents == 0 {
                continue;
            }
            self.told_of_basis(number, &piece);
            if piece.from == piece.until && piece.from == line.booked_on {
                self.book.entries.push(entry(piece.from, Account::Cost, from, piece.cents));
                continue;
            }
            // Service that began before its bill is owed until then; else it is paid ahead.
            let between = if line.service.0 < line.booked_on { Account::Payable } else { Account::Prepaid };
            self.book.entries.push(entry(line.booked_on, between, from, piece.cents));
            spread(piece.cents, piece.from, piece.until, |day, cents| self.book.entries.push(entry(day, Account::Cost, between, cents)));
        }
    }

    /// What no rule could divide is told.
    fn told_of_basis(&mut self, line: u32, piece: &Piece) {
        if piece.without_basis {
            let amount = Some(piece.cents.saturating_mul(CENT));
            self.book.faults.push(Fault { reason: Reason::NoBasis, line, amount, expected: None, day: Some(piece.from) });
        }
    }

    /// All lines of a wallet, in the order of their days.
    fn wallet(&mut self, mut wallet: Wallet, mut numbers: Vec<u32>) {
        // What leaves on a day may have come in on it.
        let order = |number: &u32| self.line(*number).map(|line| (line.booked_on, is_out(&line), *number));
        numbers.sort_by_key(order);
        let mut holding = Holding::default();
        let mut stated: Vec<(u32, i64)> = Vec::new();
        for (at, number) in numbers.iter().enumerate() {
            let Some(line) = self.line(*number) else { continue };
            self.move_wallet(*number, &line, &mut holding, &mut wallet);
            stated.extend(line.balance.map(|balance| (*number, balance)));
            let next = numbers.get(at + 1).and_then(|next| self.line(*next));
            if next.is_none_or(|next| next.booked_on != line.booked_on) {
                // Of lines of one day nobody knows which was last, so one of them must state what the day ends with.
                if let Some((number, amount)) = stated.iter().min_by_key(|(_, stated)| stated.abs_diff(holding.units()))
                    && *amount != holding.units()
                {
                    self.fault(Reason::BalanceDiffers, *number, Some(*amount), Some(holding.units()));
                }
                stated.clear();
            }
        }
        self.book.wallets.push(wallet);
    }

    fn move_wallet(&mut self, number: u32, line: &Line, holding: &mut Holding, wallet: &mut Wallet) {
        let Some((cost, tax)) = cost_and_tax(line) else { return self.fault(Reason::NoRate, number, Some(line.gross), None) };
        let units = match wallet.measure {
            Measure::Units => line.units.map(i64::saturating_abs),
            Measure::Money(_) => Some(line.gross.saturating_abs()),
        };
        let before = holding.units();
        match line.kind {
            Kind::Recharge => {
                self.entry(number, line, line.booked_on, Account::InputVat, Account::Bank, tax);
                self.entry(number, line, line.booked_on, Account::Wallet, Account::Bank, cost);
                holding.put_in(units.unwrap_or_default(), cost);
            }
            Kind::BonusCredit => holding.give(units.unwrap_or_default(), self.rules.bonus),
            // Credit for what was paid before: cost comes down, the wallet is fuller.
            Kind::Rebate | Kind::Clawback => {
                holding.put_in(units.unwrap_or_default(), -cost);
                self.cost(number, line, Account::Wallet, cost);
            }
            Kind::Adjustment if line.units.unwrap_or(line.gross) > 0 => holding.give(units.unwrap_or_default(), Bonus::Average),
            _ => {
                let value = if let Some(units) = units {
                    holding.take(units)
                } else {
                    self.fault(Reason::NoUnits, number, Some(line.gross), None);
                    holding.take_value(cost.saturating_abs());
                    cost.saturating_abs()
                };
                if units.is_some_and(|units| units > before.max(0)) {
                    self.fault(Reason::BelowZero, number, units, Some(before));
                }
                self.use_wallet(number, line, value, (cost, tax));
            }
        }
        if units.is_none() && !is_out(line) {
            self.fault(Reason::NoUnits, number, Some(line.gross), None);
        }
        let (balance_units, balance_value) = (holding.units(), holding.value());
        let value = balance_value - wallet.moves.last().map_or(0, |last| last.balance_value);
        wallet.moves.push(Move { line: number, kind: line.kind, units: balance_units - before, value, balance_units, balance_value });
        if let Some(given) = line.bonus_units.filter(|given| *given != 0 && line.kind == Kind::Recharge) {
            holding.give(given.saturating_abs(), self.rules.bonus);
            let (balance_units, balance_value) = (holding.units(), holding.value());
            wallet.moves.push(Move {
                line: number,
                kind: Kind::BonusCredit,
                units: given.saturating_abs(),
                value: 0,
                balance_units,
                balance_value,
            });
        }
    }

    /// What left a wallet, `value` of it, becomes cost; of a refund what does not come back does.
    fn use_wallet(&mut self, number: u32, line: &Line, value: i64, (cost, tax): (i64, i64)) {
        match line.kind {
            Kind::Refund => {
                // Both are below zero: money that came back, and tax that is not claimed any more.
                self.entry(number, line, line.booked_on, Account::InputVat, Account::Bank, tax);
                self.entry(number, line, line.booked_on, Account::Bank, Account::Wallet, -cost);
                self.entry(number, line, line.booked_on, Account::Cost, Account::Wallet, value + cost);
            }
            Kind::Package => match self.rules.packages.iter().find(|terms| terms.document == line.document) {
                Some(terms) => self.package(number, line, Account::Wallet, value, terms),
                None => self.cost(number, line, Account::Wallet, value),
            },
            _ => self.cost(number, line, Account::Wallet, value),
        }
    }

    /// Units of packages that were used, and what expired.
    fn packages(&mut self, mut units: Vec<u32>) {
        let first = |number: &u32| self.line(*number).map(|line| (line.booked_on, *number));
        units.sort_by_key(first);
        // By the order in which they end: what would be lost first is used first.
        let mut entitlements = std::mem::take(&mut self.book.entitlements);
        entitlements.sort_by_key(|entitlement| (entitlement.valid.1, entitlement.valid.0, entitlement.line));
        for number in units {
            let Some(line) = self.line(number) else { continue };
            self.use_package(number, &line, &mut entitlements);
        }
        for entitlement in &entitlements {
            let Some(line) = self.line(entitlement.line) else { continue };
            let expired =
                Line { kind: Kind::Expiry, service: (entitlement.valid.1, entitlement.valid.1), booked_on: entitlement.valid.1, ..line };
            self.cost(entitlement.line, &expired, Account::Prepaid, entitlement.rest());
        }
        self.book.entitlements = entitlements;
    }

    fn use_package(&mut self, number: u32, line: &Line, entitlements: &mut [Entitlement]) {
        let used = line.units.map_or(TEN_THOUSANDTHS, i64::saturating_abs);
        let lines = self.lines;
        let of = |entitlement: &Entitlement| lines.get(entitlement.line as usize).copied();
        let meant = |entitlement: &Entitlement| {
            of(entitlement).is_some_and(|bought| {
                bought.place.channel == line.place.channel && (line.package == Word::default() || bought.document == line.package)
            })
        };
        let mut left = used;
        let mut cost = 0;
        let mut reason = Reason::NoPackage;
        for entitlement in entitlements.iter_mut().filter(|entitlement| meant(entitlement)) {
            if entitlement.item != line.item {
                reason = reason.max(Reason::NoItem);
                continue;
            }
            if !entitlement.is_valid_on(line.booked_on) {
                reason = reason.max(Reason::OutsideValidity);
                continue;
            }
            if left > 0 {
                let taken = left.min(entitlement.left());
                cost += entitlement.take(taken);
                left -= taken;
            }
            reason = reason.max(Reason::OverEntitlement);
        }
        if left > 0 {
            self.fault(reason, number, Some(used), Some(used - left));
        }
        let day = Line { service: (line.booked_on, line.booked_on), ..*line };
        self.cost(number, &day, Account::Prepaid, cost);
    }
}

/// Whether a line takes from its wallet.
fn is_out(line: &Line) -> bool {
    match line.kind {
        Kind::Recharge | Kind::BonusCredit | Kind::Rebate | Kind::Clawback => false,
        Kind::Adjustment => line.units.unwrap_or(line.gross) <= 0,
        _ => true,
    }
}
