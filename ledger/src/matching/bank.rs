//! Bank lines and the ledger lines that moved cash.

use std::collections::HashMap;

use super::{Basis, Board, Item, LEDGER, Line, Match, OTHER, documents, pairs, sums};

/// How far apart lines of one payment may lie.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rules {
    /// Days between booking in the ledger and at the bank.
    pub within_days: i32,
    /// Days up to which an equal amount is named as a candidate of an unmatched line.
    pub far_days: i32,
    /// Per cent of the larger amount up to which another amount is named as a candidate.
    pub differs_by: u32,
}

impl Default for Rules {
    fn default() -> Self {
        Self { within_days: 5, far_days: 60, differs_by: 10 }
    }
}

/// Why a line has no match.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reason {
    /// A ledger line: nothing at the bank comes near it.
    NoBankLine,
    /// A bank line: nothing in the ledger comes near it.
    NoLedgerLine,
    /// A bank line: its counterparty is no channel, and no ledger line has the document that it names.
    NoChannel,
    /// The candidate is for the same document, or for the same party within days, and is worth less or more.
    AmountDiffers,
    /// The candidate is worth the same and lies too far away in time.
    DayTooFar,
    /// The candidate is of the same party and days, in another currency.
    OtherCurrency,
    /// The candidate fits, and fits another line as well, with which it was matched.
    TwoCandidates,
}

impl Reason {
    /// The word in tables and reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NoBankLine => "no_bank_line",
            Self::NoLedgerLine => "no_ledger_line",
            Self::NoChannel => "no_channel",
            Self::AmountDiffers => "amount_differs",
            Self::DayTooFar => "day_too_far",
            Self::OtherCurrency => "other_currency",
            Self::TwoCandidates => "two_candidates",
        }
    }
}

/// A line without a match.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unmatched {
    /// Why.
    pub reason: Reason,
    /// Position of the line of the other side that comes nearest.
    pub candidate: Option<usize>,
    /// Bank less ledger, ten-thousandths, where amounts differ; of several lines, the sums.
    pub difference: Option<i64>,
    /// Days from one to the other, where they lie too far apart.
    pub days: Option<i32>,
}

/// Where a line ended up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// In the match of that position.
    Matched(usize),
    /// Nowhere.
    Unmatched(Unmatched),
}

/// Every line of both sides in exactly one place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Matching {
    /// The matches, by their first bank line.
    pub matches: Vec<Match>,
    /// The bank lines, as they were handed in.
    pub bank: Vec<Place>,
    /// The ledger lines, as they were handed in.
    pub ledger: Vec<Place>,
}

/// Matches bank lines to ledger lines whose amounts are what the bank account should have seen: negative for what was paid. Lines are
/// equal where party, currency and amount are; a line without a party is matched by documents alone.
///
/// ```
/// use inflow_ledger::matching::{Line, bank};
/// let line = |key: &str, day: i32, amount: i64| Line {
///     key: key.to_owned(), party: "boss".to_owned(), day, month: 683, amount, currency: "CNY".to_owned(), documents: vec![],
/// };
/// let (paid, booked) = ([line("b", 20_760, -10_000_000)], [line("l", 20_759, -10_000_000)]);
/// let matching = bank::match_bank(&paid, &booked, &bank::Rules::default());
/// assert_eq!(matching.ledger, [bank::Place::Matched(0)]);
/// ```
pub fn match_bank(bank: &[Line], ledger: &[Line], rules: &Rules) -> Matching {
    let mut board = Board::new(bank, ledger);
    documents::by_document(&mut board, Basis::Document);
    pairs::by_amount(&mut board, rules.within_days);
    sums::one_to_several(&mut board, OTHER, rules.within_days, true);
    sums::one_to_several(&mut board, LEDGER, rules.within_days, false);
    Reasons::new(&board, rules).matching()
}

/// What reasons are looked up in.
struct Reasons<'b> {
    board: &'b Board,
    rules: &'b Rules,
    /// Free lines by party, in order.
    by_party: [HashMap<u32, Vec<usize>>; 2],
    /// All lines by party, currency and amount, in order.
    by_amount: [HashMap<(u32, u32, i64), Vec<usize>>; 2],
    /// Lines that were matched one to one by amount: another could have been.
    paired: [Vec<bool>; 2],
}

impl<'b> Reasons<'b> {
    fn new(board: &'b Board, rules: &'b Rules) -> Self {
        let paired = [OTHER, LEDGER].map(|side| vec![false; board.sides[side].len()]);
        let mut reasons =
            Self { board, rules, by_party: [HashMap::new(), HashMap::new()], by_amount: [HashMap::new(), HashMap::new()], paired };
        for one in board.matches.iter().filter(|one| one.basis == Basis::Amount) {
            for (side, positions) in [(OTHER, &one.other), (LEDGER, &one.ledger)] {
                for position in positions {
                    reasons.paired[side][*position] = true;
                }
            }
        }
        for side in [OTHER, LEDGER] {
            for (position, item) in board.sides[side].iter().enumerate() {
                reasons.by_amount[side].entry((item.party, item.currency, item.amount)).or_default().push(position);
                if board.is_free(side, position) {
                    reasons.by_party[side].entry(item.party).or_default().push(position);
                }
            }
        }
        reasons
    }

    fn matching(&self) -> Matching {
        let board = self.board;
        let mut places = [OTHER, LEDGER].map(|side| {
            let why = |position| if board.is_free(side, position) { self.why(side, position) } else { Self::nothing(side) };
            let mut places = vec![Place::Unmatched(Self::nothing(side)); board.sides[side].len()];
            for (position, item) in board.sides[side].iter().enumerate() {
                places[item.at] = Place::Unmatched(why(position));
            }
            places
        });
        for dispute in &board.disputes {
            let difference = board.difference(dispute);
            let sides = [board.handed_in(OTHER, &dispute.other), board.handed_in(LEDGER, &dispute.ledger)];
            for side in [OTHER, LEDGER] {
                let candidate = sides[1 - side].first().copied();
                for at in &sides[side] {
                    places[side][*at] = Place::Unmatched(Unmatched { reason: Reason::AmountDiffers, candidate, difference, days: None });
                }
            }
        }
        let matches = board.told(&board.matches);
        for (number, one) in matches.iter().enumerate() {
            for (side, lines) in [(OTHER, &one.other), (LEDGER, &one.ledger)] {
                for at in lines {
                    places[side][*at] = Place::Matched(number);
                }
            }
        }
        let [bank, ledger] = places;
        Matching { matches, bank, ledger }
    }

    fn nothing(side: usize) -> Unmatched {
        let reason = if side == OTHER { Reason::NoLedgerLine } else { Reason::NoBankLine };
        Unmatched { reason, candidate: None, difference: None, days: None }
    }

    /// Why a free line has no match.
    fn why(&self, side: usize, position: usize) -> Unmatched {
        let item = self.board.item(side, position);
        if item.party == 0 {
            let none = Self::nothing(side);
            return if side == OTHER { Unmatched { reason: Reason::NoChannel, ..none } } else { none };
        }
        self.of_equal_amount(side, item).or_else(|| self.of_the_same_days(side, item)).unwrap_or_else(|| Self::nothing(side))
    }

    /// Lines of the other side that are worth the same: one that went to another line, or one too far away.
    fn of_equal_amount(&self, side: usize, item: &Item) -> Option<Unmatched> {
        let other = 1 - side;
        let equal = self.by_amount[other].get(&(item.party, item.currency, item.amount))?;
        let days = |position: usize| (self.board.item(other, position).day - item.day).abs();
        let reach = self.rules.far_days.max(self.rules.within_days);
        let first = equal.partition_point(|position| self.board.item(other, *position).day < item.day - reach);
        let near = || equal.iter().skip(first).copied().take_while(|position| self.board.item(other, *position).day <= item.day + reach);
        let taken = near().filter(|position| self.paired[other][*position] && days(*position) <= self.rules.within_days);
        let told = |position: usize, reason: Reason, days: Option<i32>| Unmatched {
            reason,
            candidate: Some(self.board.item(other, position).at),
            difference: None,
            days,
        };
        let taken = taken.min_by_key(|position| (days(*position), *position)).map(|position| told(position, Reason::TwoCandidates, None));
        let far = || near().filter(|position| self.board.is_free(other, *position)).min_by_key(|position| (days(*position), *position));
        taken.or_else(|| far().map(|position| told(position, Reason::DayTooFar, Some(days(position)))))
    }

    /// Free lines of the same party within days, the money going the same way: one worth about as much, or one in another currency.
    fn of_the_same_days(&self, side: usize, item: &Item) -> Option<Unmatched> {
        let other = 1 - side;
        let lines = self.by_party[other].get(&item.party)?;
        let first = lines.partition_point(|position| self.board.item(other, *position).day < item.day - self.rules.within_days);
        let near = || {
            let within = lines.iter().skip(first).copied().map(|position| (position, self.board.item(other, position)));
            within
                .take_while(|(_, line)| line.day <= item.day + self.rules.within_days)
                .filter(|(_, line)| line.amount.signum() == item.amount.signum())
        };
        let apart = |line: &Item| i128::from(line.amount).abs_diff(i128::from(item.amount));
        let alike = |line: &Item| {
            let larger = i128::from(line.amount).unsigned_abs().max(i128::from(item.amount).unsigned_abs());
            line.currency == item.currency && apart(line) * 100 <= larger * u128::from(self.rules.differs_by)
        };
        let days = |line: &Item| (line.day - item.day).abs();
        let differs = near().filter(|(_, line)| alike(line)).min_by_key(|(position, line)| (apart(line), days(line), *position));
        if let Some((_, line)) = differs {
            let (bank, ledger) = if side == OTHER { (item, line) } else { (line, item) };
            let difference = bank.amount.checked_sub(ledger.amount);
            return Some(Unmatched { reason: Reason::AmountDiffers, candidate: Some(line.at), difference, days: None });
        }
        let foreign = near().filter(|(_, line)| line.currency != item.currency).min_by_key(|(position, line)| (days(line), *position));
        foreign.map(|(_, line)| Unmatched { reason: Reason::OtherCurrency, candidate: Some(line.at), difference: None, days: None })
    }
}
