//! Movements of bank accounts.

use super::{Mapper, Read, bounds, fault};
use crate::frame::{Cell, Row};
use crate::tables;
use inflow_connectors::landing::Line;
use rust_decimal::Decimal;

impl Mapper {
    pub(super) fn bank_line(&self, line: &Line) -> Read<Row> {
        let scope = self.scope(line);
        let version = self.version(line, &scope)?;
        let mut row = Self::row(&tables::BANK_LINES, &line.id, version, line.gone);
        self.fill(&mut row, &scope)?;
        let channel = self.channels.of_party(row.get_text("channel"), row.get_text("counterparty"));
        row.text("channel", channel);
        if matches!(row.get("booked_on"), Cell::Null) {
            return Err(fault("booked_on", "a bank line without a day"));
        }
        let stated = Stated {
            amount: number(&row, "amount")?,
            debit: number(&row, "debit")?,
            credit: number(&row, "credit")?,
            direction: row.get_text("direction"),
        };
        let amount = stated.signed()?;
        row.set("amount", bounds::decimal("amount", amount)?);
        let currency = self.currency(&row)?;
        row.text("currency", currency);
        Ok(row)
    }
}

/// A decimal that [`Mapper::fill`] has put into a row.
pub(super) fn number(row: &Row, column: &str) -> Read<Option<Decimal>> {
    match row.get_text(column) {
        "" => Ok(None),
        text => text.parse().map(Some).map_err(|_| fault(column, "not an amount")),
    }
}

/// How a bank says what moved.
#[derive(Debug, Clone, Copy, Default)]
struct Stated<'s> {
    amount: Option<Decimal>,
    debit: Option<Decimal>,
    credit: Option<Decimal>,
    direction: &'s str,
}

impl Stated<'_> {
    /// What came onto the account; what left it is negative. With a direction the amount is that of a debit or a credit, and below zero
    /// it takes one back.
    fn signed(&self) -> Read<Decimal> {
        let stated = self.amount.map(|amount| if self.direction == "out" { -amount } else { amount });
        let sides = (self.debit.is_some() || self.credit.is_some())
            .then(|| self.credit.unwrap_or_default().checked_sub(self.debit.unwrap_or_default()))
            .map(|sum| sum.ok_or_else(|| fault("credit", "an amount that is too large")))
            .transpose()?;
        match (stated, sides) {
            (None, None) => Err(fault("amount", "a bank line without an amount: neither amount nor debit nor credit")),
            // An empty side is often written as 0 beside an amount that says it all.
            (Some(stated), Some(sides)) if sides.is_zero() => Ok(stated),
            (Some(stated), Some(sides)) if self.direction.is_empty() && stated == -sides => Ok(sides),
            (Some(stated), Some(sides)) if stated != sides => {
                Err(fault("amount", format!("the amount comes to {stated}, but credit less debit is {sides}; map one of the two")))
            }
            (stated, sides) => Ok(stated.or(sides).unwrap_or_default()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Stated;
    use rstest::rstest;
    use rust_decimal::Decimal;

    #[rstest]
    #[case("-100", "", "", "", Ok("-100"))]
    #[case("100", "", "", "out", Ok("-100"))]
    #[case("100", "", "", "in", Ok("100"))]
    #[case("-100", "", "", "out", Ok("100"))] // a debit that is taken back
    #[case("", "100", "", "", Ok("-100"))]
    #[case("", "", "100", "", Ok("100"))]
    #[case("", "0", "100", "", Ok("100"))]
    #[case("", "-30", "", "", Ok("30"))]
    #[case("100", "100", "", "", Ok("-100"))] // an amount without a sign beside a debit
    #[case("-100", "0", "0", "", Ok("-100"))]
    #[case("90", "100", "", "", Err("the amount comes to 90, but credit less debit is -100; map one of the two"))]
    #[case("", "", "", "out", Err("a bank line without an amount: neither amount nor debit nor credit"))]
    fn what_left_the_account_is_negative(
        #[case] amount: &str,
        #[case] debit: &str,
        #[case] credit: &str,
        #[case] direction: &str,
        #[case] expected: Result<&str, &str>,
    ) {
        let read = |text: &str| text.parse::<Decimal>().ok();
        let stated = Stated { amount: read(amount), debit: read(debit), credit: read(credit), direction };
        let signed = stated.signed().map(|amount| amount.to_string()).map_err(|(_, reason)| reason);
        assert_eq!(signed, expected.map(str::to_owned).map_err(str::to_owned));
    }

    #[test]
    fn an_amount_beyond_all_numbers_is_no_panic() {
        let stated = Stated { debit: Some(Decimal::MIN), credit: Some(Decimal::MAX), ..Stated::default() };
        assert_eq!(stated.signed(), Err(("credit".to_owned(), "an amount that is too large".to_owned())));
    }
}
