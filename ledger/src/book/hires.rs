//! What is owed for hires, in the journal.

use std::collections::HashMap;

use super::{Account, Desk, Entry, Reason, cost_and_tax};
use crate::allocation::{Piece, pieces};
use crate::amount::part;
use crate::line::{Kind, Line};
use crate::owed::{self, Owed, Reckoning, Settled};

impl Desk<'_> {
    /// What is owed for hires, and the lines that may settle it.
    pub(super) fn owed(&mut self, mut settling: Vec<u32>) {
        let rules = self.rules;
        for owed in &rules.owed {
            let mut settled =
                Settled { line: owed.line, due: owed.reckoned.due, back_on: owed.reckoned.back.map(|(day, _)| day), ..Settled::default() };
            if let Some(line) = self.line(owed.line) {
                self.accrue(owed, &line, &mut settled);
            }
            self.book.owed.push(settled);
        }
        settling.sort_by_key(|number| (self.line(*number).map(|line| line.booked_on), *number));
        let mut desk = owed::Desk::of(self.lines, &rules.owed);
        let mut last = HashMap::new();
        for number in settling {
            let Some(line) = self.line(number) else { continue };
            let Some(at) = desk.meant(&line) else {
                self.unsettled(number, &line);
                continue;
            };
            let (Some(mut settled), Some(owed)) = (self.book.owed.get(at).copied(), rules.owed.get(at)) else { continue };
            let cleared = desk.note(at, &line, settled.accrued, settled.reversed);
            self.settle(number, &line, owed, &mut settled, cleared);
            self.book.owed.get_mut(at).into_iter().for_each(|known| *known = settled);
            last.insert(at, number);
        }
        let mut last: Vec<(usize, u32)> = last.into_iter().collect();
        last.sort_unstable();
        for (at, number) in last {
            if let Some((is, should)) = desk.differs(at) {
                self.fault(Reason::AmountDiffers, number, Some(is), Some(should));
            }
        }
    }

    /// The first day of work, and the day on which some of it is lost.
    fn accrue(&mut self, owed: &Owed, line: &Line, settled: &mut Settled) {
        let Some((accrued, _)) = cost_and_tax(line) else { return self.fault(Reason::NoRate, owed.line, Some(line.gross), None) };
        if owed.no_pay {
            self.fault(Reason::NoPay, owed.line, None, None);
        }
        if owed.reckoned.unclear {
            self.fault(Reason::NoLeaveDay, owed.line, Some(line.gross), None);
        }
        settled.accrued = accrued;
        for piece in pieces(&self.rules.allocations, line, accrued, line.service) {
            self.told_of_basis(owed.line, &piece);
        }
        self.borne(owed.line, line, line, line.booked_on, (Account::Cost, Account::Payable), accrued);
        if let Some((day, back)) = owed.reckoned.back {
            settled.reversed = part(accrued, 0, back, line.gross);
            let lost = Line { kind: Kind::Clawback, ..*line };
            self.borne(owed.line, &lost, line, day, (Account::Cost, Account::Payable), -settled.reversed);
        }
    }

    /// Money that clears what is payable; what it is more or less than that is cost of its day.
    fn settle(&mut self, number: u32, line: &Line, owed: &Owed, settled: &mut Settled, cleared: i64) {
        let (Some((cost, tax)), Some(own)) = (cost_and_tax(line), self.line(owed.line)) else { return };
        let cleared = if line.kind == Kind::Clawback { -cleared } else { cleared };
        let day = line.booked_on;
        self.borne(number, line, &own, day, (Account::InputVat, Account::Bank), tax);
        self.borne(number, line, &own, day, (Account::Payable, Account::Bank), cost);
        self.borne(number, line, &own, day, (Account::Cost, Account::Payable), cost - cleared);
        settled.extra += cost - cleared;
        match line.kind {
            Kind::Clawback => settled.returned -= cleared,
            _ => settled.paid += cleared,
        }
    }

    /// A bonus, fee or clawback that is of nothing which is reckoned: cost by itself.
    fn unsettled(&mut self, number: u32, line: &Line) {
        let of = |reckoning: &Reckoning| {
            (line.kind == Kind::Clawback || line.kind == reckoning.kind)
                && line.place.channel == reckoning.channel
                && reckoning.from.is_none_or(|from| from <= line.service.0)
        };
        if self.rules.reckoned.iter().any(of) {
            self.fault(Reason::NoAccrual, number, Some(line.gross), None);
        }
        self.direct(number);
    }

    /// Moves cents of what is owed, borne by whom the rules say of the day on which it accrued.
    fn borne(&mut self, number: u32, line: &Line, own: &Line, day: i32, (debit, credit): (Account, Account), cents: i64) {
        let kind = line.kind;
        let pieces = pieces(&self.rules.allocations, own, cents, own.service).into_iter().filter(|piece| piece.cents != 0);
        let entry = |piece: Piece| Entry {
            day,
            debit,
            credit,
            cents: piece.cents,
            kind,
            line: number,
            place: piece.place,
            allocation: piece.allocation,
        };
        self.book.entries.extend(pieces.map(entry));
    }
}
