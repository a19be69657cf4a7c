//! Who bears a cost when it is not whom the line names: shared accounts and subscriptions, by a key that may change from a day on.

use crate::amount::{half_up, part};
use crate::line::{Kind, Line, Place, Word};

/// Shares have so many parts.
pub const SHARE_ONE: i64 = 1_000_000;

/// A rule: which lines, which days of service, and who bears how much. Of several that fit a line and day the first counts.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Allocation {
    /// Its name.
    pub id: Word,
    /// Only lines of these channels; empty: all, here and in what follows.
    pub channels: Vec<Word>,
    /// Only lines of these accounts.
    pub accounts: Vec<Word>,
    /// Only lines with these documents.
    pub documents: Vec<Word>,
    /// Only lines of these kinds.
    pub kinds: Vec<Kind>,
    /// First day.
    pub from: Option<i32>,
    /// Last day, included.
    pub to: Option<i32>,
    /// Who bears how much; what is left stays where the line is.
    pub shares: Vec<Share>,
    /// Instead of shares: people who were counted, by month.
    pub counted: Option<Vec<Counted>>,
}

/// People of a month, by whom cost of its days is divided: the [`Share::share`] of each is how many they are, in the order of their names.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Counted {
    /// First day of the month.
    pub from: i32,
    /// Last day, included.
    pub to: i32,
    /// How many there are of whom.
    pub people: Vec<Share>,
}

/// Who bears a share; what is not named is the line's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Share {
    /// Channel.
    pub channel: Option<Word>,
    /// Store.
    pub store: Option<Word>,
    /// Department.
    pub department: Option<Word>,
    /// Requisition.
    pub requisition: Option<Word>,
    /// Millionths of the cost, or people.
    pub share: i64,
}

/// Cents of some days and who bears them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Piece {
    /// First day.
    pub from: i32,
    /// Last day, included.
    pub until: i32,
    /// Cents of all these days.
    pub cents: i64,
    /// Who bears them.
    pub place: Place,
    /// The rule that says so, if one does.
    pub allocation: Word,
    /// A rule would divide it, and nobody was counted by whom.
    pub without_basis: bool,
}

impl Allocation {
    fn fits(&self, line: &Line) -> bool {
        let among = |words: &[Word], word: Word| words.is_empty() || words.contains(&word);
        among(&self.channels, line.place.channel)
            && among(&self.accounts, line.place.account)
            && among(&self.documents, line.document)
            && (self.kinds.is_empty() || self.kinds.contains(&line.kind))
    }

    fn holds_on(&self, day: i32) -> bool {
        self.from.is_none_or(|from| from <= day) && self.to.is_none_or(|to| day <= to)
    }
}

/// Cuts what a line costs from a day to a day into pieces: by the days on which another key or month begins, then by shares. They add up to the cent.
pub fn pieces(rules: &[Allocation], line: &Line, cents: i64, (from, until): (i32, i32)) -> Vec<Piece> {
    let whole = Piece { from, until, cents, place: line.place, allocation: Word::default(), without_basis: false };
    let fitting: Vec<&Allocation> = rules.iter().filter(|rule| rule.fits(line)).collect();
    if fitting.is_empty() {
        return vec![whole];
    }
    let mut cuts: Vec<i32> = fitting
        .iter()
        .flat_map(|rule| {
            let months = rule.counted.iter().flatten().flat_map(|month| [month.from, month.to + 1]);
            [rule.from, rule.to.map(|to| to + 1)].into_iter().flatten().chain(months)
        })
        .filter(|cut| from < *cut && *cut <= until)
        .chain([from, until + 1])
        .collect();
    cuts.sort_unstable();
    cuts.dedup();
    let days = i64::from(until - from) + 1;
    let mut out = Vec::new();
    for (first, next) in cuts.iter().zip(cuts.iter().skip(1)) {
        let cents = part(cents, i64::from(first - from), i64::from(next - from), days);
        let piece = Piece { from: *first, until: next - 1, cents, ..whole };
        match fitting.iter().find(|rule| rule.holds_on(*first)) {
            Some(rule) => rule.share_out(piece, &mut out),
            None => out.push(piece),
        }
    }
    out.retain(|piece| piece.cents != 0);
    out
}

impl Share {
    fn place(&self, of: Place) -> Place {
        Place {
            channel: self.channel.unwrap_or(of.channel),
            store: self.store.unwrap_or(of.store),
            department: self.department.unwrap_or(of.department),
            requisition: self.requisition.unwrap_or(of.requisition),
            ..of
        }
    }
}

/// An amount in proportion to numbers of people, by the largest remainder (Hamilton's method): each gets the whole cents of its part, and the cents that
/// are left go to the greatest remainders, of equal ones to the first. `None` when there is nobody.
pub fn by_people(cents: i64, people: &[i64]) -> Option<Vec<i64>> {
    let all: i128 = people.iter().map(|n| i128::from((*n).max(0))).sum();
    if all == 0 {
        return None;
    }
    let whole = i128::from(cents).abs();
    let mut parts: Vec<i64> = people.iter().map(|n| (whole * i128::from((*n).max(0)) / all) as i64).collect();
    let mut order: Vec<usize> = (0..people.len()).collect();
    let remainder = |at: &usize| people.get(*at).map_or(0, |n| whole * i128::from((*n).max(0)) % all);
    order.sort_by_key(|at| std::cmp::Reverse(remainder(at)));
    let left = whole - parts.iter().map(|part| i128::from(*part)).sum::<i128>();
    for at in order.into_iter().take(left as usize) {
        parts.get_mut(at).into_iter().for_each(|part| *part += 1);
    }
    Some(parts.into_iter().map(|part| part * cents.signum()).collect())
}

impl Allocation {
    fn share_out(&self, whole: Piece, out: &mut Vec<Piece>) {
        let Some(months) = &self.counted else { return self.by_shares(whole, out) };
        let month = months.iter().find(|month| month.from <= whole.from && whole.from <= month.to);
        let people: &[Share] = month.map_or(&[], |month| &month.people);
        match by_people(whole.cents, &people.iter().map(|share| share.share).collect::<Vec<_>>()) {
            Some(parts) => {
                let pieces = people.iter().zip(parts);
                out.extend(pieces.map(|(share, cents)| Piece { cents, place: share.place(whole.place), allocation: self.id, ..whole }));
            }
            None => out.push(Piece { without_basis: true, ..whole }),
        }
    }

    fn by_shares(&self, whole: Piece, out: &mut Vec<Piece>) {
        let until = |share: i64| half_up(i128::from(whole.cents) * i128::from(share.min(SHARE_ONE)), i128::from(SHARE_ONE)) as i64;
        let mut shared = 0;
        for share in &self.shares {
            let cents = until(shared + share.share) - until(shared);
            shared += share.share;
            let place = share.place(whole.place);
            out.push(Piece { cents, place, allocation: self.id, ..whole });
        }
        out.push(Piece { cents: whole.cents - until(shared), ..whole });
    }
}
