//! What is owed for people who were taken on: referral bonuses and head-hunters' fees, reckoned from when somebody started, passed probation and
//! left, and settled by lines of the ledger.
//!
//! Each accrues as cost on the first day of work, against what is payable. A bonus is lost whole when the person leaves before it is due; of a fee the
//! part that its guarantee says. A line that pays one moves money and clears what is payable, so that nothing is cost twice.

use std::collections::HashMap;

use crate::amount::{half_up, part};
use crate::line::{Kind, Line, Word};

/// Shares have so many parts.
pub const SHARE_ONE: i64 = 1_000_000;

/// What is known of a hire; days are counted as those of lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Hire {
    /// First day of work.
    pub started: i32,
    /// Day on which probation was passed, where somebody tells.
    pub passed: Option<i32>,
    /// Last day of probation, where somebody tells.
    pub probation_until: Option<i32>,
    /// Last day of work.
    pub left: Option<i32>,
    /// The person has left, and nobody knows when.
    pub left_unknown: bool,
}

/// When a bonus is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Due {
    /// When probation is passed: the day that is told, else the day after its last one.
    Probation,
    /// So many days after the first day of work.
    Days(i32),
}

/// What of a fee comes back when the person leaves within the guarantee.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Clawback {
    /// All of it.
    Full,
    /// The part of the guarantee's days that the person did not work.
    ProRata,
    /// A share by the days that the person worked at most, fewest first: days and millionths.
    Steps(Vec<(i32, i64)>),
}

/// What decides when an amount is due and what of it comes back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Terms {
    /// Of a referral bonus.
    Bonus(Due),
    /// Of a head-hunter's fee.
    Fee {
        /// Days after the first day of work on which it is due.
        due: i32,
        /// Days of work that the head-hunter guarantees, and what comes back.
        guarantee: Option<(i32, Clawback)>,
    },
}

/// What became of an amount by the facts of its hire.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Reckoned {
    /// Day on which it is due; `None` while nobody knows.
    pub due: Option<i32>,
    /// Day on which some of it is not owed any more, and how much, in the parts of the amount.
    pub back: Option<(i32, i64)>,
    /// That the person left may have ended it, and nobody knows when that was.
    pub unclear: bool,
}

/// Reckons what becomes of an amount.
pub fn reckon(terms: &Terms, hire: &Hire, amount: i64) -> Reckoned {
    let left = hire.left.map(|left| left.max(hire.started));
    match terms {
        Terms::Bonus(due) => {
            let due = match due {
                Due::Days(days) => Some(hire.started + days),
                Due::Probation => hire.passed.or_else(|| hire.probation_until.map(|last| last + 1)),
            };
            let lost = left.filter(|left| due.is_none_or(|due| *left < due));
            Reckoned {
                due: if lost.is_some() { None } else { due },
                back: lost.map(|day| (day, amount)),
                unclear: hire.left_unknown && left.is_none() && hire.passed.is_none(),
            }
        }
        Terms::Fee { due, guarantee } => {
            let back = guarantee.as_ref().zip(left).and_then(|((days, clawback), left)| {
                let worked = left - hire.started + 1;
                let share_of = |share: i64| half_up(i128::from(amount) * i128::from(share), i128::from(SHARE_ONE)) as i64;
                let back = match clawback {
                    _ if worked > *days => 0,
                    Clawback::Full => amount,
                    Clawback::ProRata => part(amount, 0, i64::from(days - worked), i64::from(*days)),
                    Clawback::Steps(steps) => steps.iter().find(|(days, _)| worked <= *days).map_or(0, |(_, share)| share_of(*share)),
                };
                (back != 0).then_some((left, back))
            });
            Reckoned { due: Some(hire.started + due), back, unclear: hire.left_unknown && left.is_none() && guarantee.is_some() }
        }
    }
}

/// An amount that is owed for a hire. What it is, since when, how much and for whom says a line among those of the ledger, which nobody booked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Owed {
    /// Number of its line: the kind, the first day of work as booking and service day, the amount as `gross`.
    pub line: u32,
    /// Documents by which lines of the ledger name it.
    pub names: Vec<Word>,
    /// What became of it.
    pub reckoned: Reckoned,
    /// Pay is not stated, so that nobody knows how much it is.
    pub no_pay: bool,
}

/// Lines of this kind and channel are to settle something that is owed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reckoning {
    /// Bonus or fee.
    pub kind: Kind,
    /// Its channel.
    pub channel: Word,
    /// For hires from this day on.
    pub from: Option<i32>,
}

/// What is owed and what was settled of it, in cents of the base currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Settled {
    /// Number of the line that says what is owed.
    pub line: u32,
    /// Day on which it is due.
    pub due: Option<i32>,
    /// Day on which some of it was lost.
    pub back_on: Option<i32>,
    /// Cost of the first day of work.
    pub accrued: i64,
    /// What of it is not owed any more.
    pub reversed: i64,
    /// What lines paid of it.
    pub paid: i64,
    /// What lines brought back of what was reversed.
    pub returned: i64,
    /// What was paid or brought back beyond it, at whatever rate: cost of the booking day.
    pub extra: i64,
}

impl Settled {
    /// What is still to be paid; below zero: to come back.
    pub fn open(&self) -> i64 {
        self.accrued - self.reversed - self.paid + self.returned
    }
}

/// Whether lines of a kind settle what is owed.
pub(crate) fn settles(kind: Kind) -> bool {
    matches!(kind, Kind::ReferralBonus | Kind::HeadhunterFee | Kind::Clawback)
}

/// What a line is of what is owed, in ten-thousandths of its currency, above zero unless it corrects another.
pub(crate) fn amount(line: &Line) -> i64 {
    let amount = if line.deductible { line.net } else { line.gross };
    if line.kind.gives_back() { amount.saturating_abs() } else { amount }
}

/// How far lines have settled an amount, in ten-thousandths of its currency.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Progress {
    pub(crate) paid: i64,
    pub(crate) returned: i64,
}

/// Which amounts lines settle.
pub(crate) struct Desk<'a> {
    lines: &'a [Line],
    owed: &'a [Owed],
    named: HashMap<(Word, Word), Vec<usize>>,
    required: HashMap<(Word, Word), Vec<usize>>,
    pub(crate) progress: Vec<Progress>,
}

impl<'a> Desk<'a> {
    pub(crate) fn of(lines: &'a [Line], owed: &'a [Owed]) -> Self {
        let mut desk =
            Self { lines, owed, named: HashMap::new(), required: HashMap::new(), progress: vec![Progress::default(); owed.len()] };
        for (at, one) in owed.iter().enumerate() {
            let Some(line) = desk.line(at).filter(|line| line.gross > 0 && line.rate.is_some()) else { continue };
            let place = line.place;
            for name in &one.names {
                let known = desk.named.entry((place.channel, *name)).or_default();
                if known.last() != Some(&at) {
                    known.push(at);
                }
            }
            if place.requisition != Word::default() {
                desk.required.entry((place.channel, place.requisition)).or_default().push(at);
            }
        }
        desk
    }

    fn line(&self, at: usize) -> Option<Line> {
        self.lines.get(self.owed.get(at)?.line as usize).copied()
    }

    /// What of an amount a line of this kind can still settle.
    fn left(&self, at: usize, kind: Kind) -> i64 {
        let progress = self.progress.get(at).copied().unwrap_or_default();
        match kind {
            Kind::Clawback => self.owed.get(at).and_then(|owed| owed.reckoned.back).map_or(0, |(_, back)| back - progress.returned),
            _ => self.line(at).map_or(0, |line| line.gross - progress.paid),
        }
    }

    fn fits(&self, at: usize, line: &Line) -> bool {
        let Some(own) = self.line(at) else { return false };
        own.currency == line.currency
            && if line.kind == Kind::Clawback {
                self.owed.get(at).is_some_and(|owed| owed.reckoned.back.is_some())
            } else {
                own.kind == line.kind
            }
    }

    /// The amount that a line settles: the one that its document names, else one for its requisition that is still open. Of several, the first whose
    /// open amount is just the line's; else nobody knows which.
    pub(crate) fn meant(&self, line: &Line) -> Option<usize> {
        let among = |map: &HashMap<(Word, Word), Vec<usize>>, word: Word| -> Vec<usize> {
            let known = map.get(&(line.place.channel, word)).map_or(&[][..], Vec::as_slice);
            known.iter().copied().filter(|at| self.fits(*at, line)).collect()
        };
        let one_of = |found: Vec<usize>| {
            if let [one] = found.as_slice() {
                return Some(*one);
            }
            let exact = found.into_iter().filter(|at| self.left(*at, line.kind) == amount(line));
            exact.min_by_key(|at| (self.line(*at).map(|own| own.booked_on), *at))
        };
        let named = if line.document == Word::default() { Vec::new() } else { among(&self.named, line.document) };
        if !named.is_empty() {
            return one_of(named);
        }
        if line.place.requisition == Word::default() {
            return None;
        }
        one_of(among(&self.required, line.place.requisition).into_iter().filter(|at| self.left(*at, line.kind) > 0).collect())
    }

    /// Notes that a line settles an amount, and gives the cents of `accrued` or `reversed` that it settles.
    pub(crate) fn note(&mut self, at: usize, line: &Line, accrued: i64, reversed: i64) -> i64 {
        let whole = self.line(at).map_or(1, |own| own.gross);
        let back = self.owed.get(at).and_then(|owed| owed.reckoned.back).map_or(0, |(_, back)| back);
        let Some(progress) = self.progress.get_mut(at) else { return 0 };
        let (before, all, cents) = match line.kind {
            Kind::Clawback => (&mut progress.returned, back, reversed),
            _ => (&mut progress.paid, whole, accrued),
        };
        let from = *before;
        *before = from.saturating_add(amount(line));
        part(cents, from.clamp(0, all), (*before).clamp(0, all), all)
    }

    /// What was paid less what came back, and what should have been, when they do not agree.
    pub(crate) fn differs(&self, at: usize) -> Option<(i64, i64)> {
        let whole = self.line(at)?.gross;
        let back = self.owed.get(at)?.reckoned.back.map_or(0, |(_, back)| back);
        let Progress { paid, returned } = self.progress.get(at).copied()?;
        let (is, should) = (paid - returned, whole - back);
        // What is still to come back is open, not wrong.
        let wrong = paid > whole || returned > back || (paid != 0 && is < should);
        wrong.then_some((is, should))
    }
}

#[cfg(test)]
mod tests;
