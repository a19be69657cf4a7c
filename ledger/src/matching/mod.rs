//! What belongs together on two lists of money: bank lines and ledger lines ([`bank`]), invoices and ledger lines ([`invoices`]).
//!
//! Both are the same work on two sides, the *other* one (bank, invoices) and the *ledger*: by the documents that they name ([`documents`]), then
//! one to one by equal amounts, same party and nearest day ([`pairs`]), then one line of a side for several of the other that come to the same sum
//! ([`sums`]). A match is exact: its two sides come to the same amount of one currency. Whatever is left has a reason.
//!
//! Nothing depends on the order of the lines: each side is looked at in the order of day, amount and key, and keys are unique. Nothing is guessed
//! by likeness of texts, and nothing searches sums over arbitrary subsets, which finds some sum for any amount once there are enough lines.

pub mod bank;
mod documents;
pub mod invoices;
mod pairs;
#[cfg(test)]
mod properties;
mod sums;
#[cfg(test)]
mod tests;

use std::collections::HashMap;

/// A line of either side.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// What names it among all lines of its side.
    pub key: String,
    /// With whom the money moved: a channel, or a word for people. Empty: unknown, so that only documents can match it.
    pub party: String,
    /// Booking day, of an invoice the day of issue, in days since 1970.
    pub day: i32,
    /// Number of the calendar month that it lies in.
    pub month: i32,
    /// Ten-thousandths of the currency; both sides with the same sign.
    pub amount: i64,
    /// Three letters.
    pub currency: String,
    /// Documents that it names.
    pub documents: Vec<String>,
}

/// What lines were matched by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Basis {
    /// The ledger line names the invoice's number.
    Number,
    /// Both name the same document.
    Document,
    /// Equal amount, same party, nearest day.
    Amount,
    /// One line for several that come to the same sum.
    Sum,
}

impl Basis {
    /// The word in tables and reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Number => "number",
            Self::Document => "document",
            Self::Amount => "amount",
            Self::Sum => "sum",
        }
    }
}

/// Lines that belong together; both sides come to the same sum.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Match {
    /// Positions of bank lines or invoices, as they were handed in.
    pub other: Vec<usize>,
    /// Positions of ledger lines.
    pub ledger: Vec<usize>,
    /// Why they belong together.
    pub basis: Basis,
}

/// The documents or numbers of a text: its words of letters, digits, `-`, `_`, `/` and `.` that have a digit and four characters at least.
///
/// ```
/// use inflow_ledger::matching::references;
/// assert_eq!(references("招聘充值 订单R-2001,26年"), ["R-2001"]);
/// ```
pub fn references(text: &str) -> Vec<String> {
    let words = text.split(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '/' | '.')));
    let words = words.map(|word| word.trim_matches(['-', '_', '/', '.']));
    let mut found: Vec<String> =
        words.filter(|word| word.len() >= 4 && word.bytes().any(|b| b.is_ascii_digit())).map(str::to_owned).collect();
    found.sort_unstable();
    found.dedup();
    found
}

/// Which side.
const OTHER: usize = 0;
const LEDGER: usize = 1;

/// A line as it is compared.
#[derive(Debug, Clone)]
struct Item {
    party: u32,
    currency: u32,
    day: i32,
    month: i32,
    amount: i64,
    documents: Vec<u32>,
    /// Where it was handed in.
    at: usize,
}

/// Both sides in their own order, and what is still free. Positions are those of this order.
struct Board {
    sides: [Vec<Item>; 2],
    free: [Vec<bool>; 2],
    /// What belongs together, by positions.
    matches: Vec<Match>,
    /// What names the same document and comes to different sums, with one line on one of the sides at least; by positions.
    disputes: Vec<Match>,
}

/// Texts to numbers; the empty text is 0.
#[derive(Default)]
struct Words<'t>(HashMap<&'t str, u32>);

impl<'t> Words<'t> {
    fn number(&mut self, text: &'t str) -> u32 {
        if text.is_empty() {
            return 0;
        }
        let next = self.0.len() as u32 + 1;
        *self.0.entry(text).or_insert(next)
    }
}

impl Board {
    /// A board of two lists. `documents` says which texts of a line are compared as documents.
    fn new<'t>(other: &'t [Line], ledger: &'t [Line]) -> Self {
        let (mut parties, mut currencies, mut documents) = (Words::default(), Words::default(), Words::default());
        let mut side = |lines: &'t [Line]| -> Vec<Item> {
            let mut order: Vec<usize> = (0..lines.len()).collect();
            let by = |at: &usize| lines.get(*at).map(|line| (line.day, line.amount, line.key.as_str()));
            order.sort_by(|a, b| by(a).cmp(&by(b)));
            let item = |at: usize| {
                let line = lines.get(at)?;
                let mut named: Vec<u32> = line.documents.iter().map(|text| documents.number(text)).filter(|word| *word != 0).collect();
                named.sort_unstable();
                named.dedup();
                Some(Item {
                    party: parties.number(&line.party),
                    currency: currencies.number(&line.currency),
                    day: line.day,
                    month: line.month,
                    amount: line.amount,
                    documents: named,
                    at,
                })
            };
            order.into_iter().filter_map(item).collect()
        };
        let sides = [side(other), side(ledger)];
        let free = [vec![true; other.len()], vec![true; ledger.len()]];
        Self { sides, free, matches: Vec::new(), disputes: Vec::new() }
    }

    fn item(&self, side: usize, position: usize) -> &Item {
        &self.sides[side][position]
    }

    fn is_free(&self, side: usize, position: usize) -> bool {
        self.free[side][position]
    }

    /// Free positions of a side, in order.
    fn free_of(&self, side: usize) -> Vec<usize> {
        (0..self.sides[side].len()).filter(|position| self.free[side][*position]).collect()
    }

    fn sum(&self, side: usize, positions: &[usize]) -> i128 {
        positions.iter().map(|position| i128::from(self.item(side, *position).amount)).sum()
    }

    /// Notes a match; the positions are taken.
    fn matched(&mut self, other: &[usize], ledger: &[usize], basis: Basis) {
        self.take(other, ledger);
        self.matches.push(Match { other: other.to_vec(), ledger: ledger.to_vec(), basis });
    }

    /// Notes that amounts differ; the positions are taken.
    fn disputed(&mut self, other: &[usize], ledger: &[usize], basis: Basis) {
        self.take(other, ledger);
        self.disputes.push(Match { other: other.to_vec(), ledger: ledger.to_vec(), basis });
    }

    fn take(&mut self, other: &[usize], ledger: &[usize]) {
        for (side, positions) in [(OTHER, other), (LEDGER, ledger)] {
            for position in positions {
                self.free[side][*position] = false;
            }
        }
    }

    /// Where lines were handed in.
    fn handed_in(&self, side: usize, positions: &[usize]) -> Vec<usize> {
        positions.iter().map(|position| self.item(side, *position).at).collect()
    }

    /// The sums of the two sides, other less ledger; none beyond all amounts.
    fn difference(&self, one: &Match) -> Option<i64> {
        i64::try_from(self.sum(OTHER, &one.other) - self.sum(LEDGER, &one.ledger)).ok()
    }

    /// In their order, with lines as they were handed in.
    fn told(&self, found: &[Match]) -> Vec<Match> {
        let mut found = found.to_vec();
        for one in &mut found {
            one.other.sort_unstable();
            one.ledger.sort_unstable();
        }
        found.sort_by(|a, b| (&a.other, &a.ledger).cmp(&(&b.other, &b.ledger)));
        let handed = |one: Match| Match { other: self.handed_in(OTHER, &one.other), ledger: self.handed_in(LEDGER, &one.ledger), ..one };
        found.into_iter().map(handed).collect()
    }
}
