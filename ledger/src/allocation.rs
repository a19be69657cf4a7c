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
    /// Millionths of the cost.
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

/// Cuts what a line costs from a day to a day into pieces: by the days on which another key begins, then by shares. They add up to the cent.
pub fn pieces(rules: &[Allocation], line: &Line, cents: i64, (from, until): (i32, i32)) -> Vec<Piece> {
    let whole = Piece { from, until, cents, place: line.place, allocation: Word::default() };
    let fitting: Vec<&Allocation> = rules.iter().filter(|rule| rule.fits(line)).collect();
    if fitting.is_empty() {
        return vec![whole];
    }
    let mut cuts: Vec<i32> = fitting
        .iter()
        .flat_map(|rule| [rule.from, rule.to.map(|to| to + 1)])
        .flatten()
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

impl Allocation {
    fn share_out(&self, whole: Piece, out: &mut Vec<Piece>) {
        let until = |share: i64| half_up(i128::from(whole.cents) * i128::from(share.min(SHARE_ONE)), i128::from(SHARE_ONE)) as i64;
        let mut shared = 0;
        for share in &self.shares {
            let cents = until(shared + share.share) - until(shared);
            shared += share.share;
            let place = Place {
                channel: share.channel.unwrap_or(whole.place.channel),
                store: share.store.unwrap_or(whole.place.store),
                department: share.department.unwrap_or(whole.place.department),
                requisition: share.requisition.unwrap_or(whole.place.requisition),
                ..whole.place
            };
            out.push(Piece { cents, place, allocation: self.id, ..whole });
        }
        out.push(Piece { cents: whole.cents - until(shared), ..whole });
    }
}
