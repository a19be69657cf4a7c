//! Movements of bank accounts.

use super::unfit::{Entry, Unfit, amount};
use super::{Mapper, bounds};
use crate::frame::Row;
use crate::tables;
use inflow_connectors::landing::Line;
use rust_decimal::Decimal;

impl Mapper {
    pub(super) fn bank_line(&self, line: &Line) -> Entry {
        let mut entry = self.begin(&tables::BANK_LINES, line);
        let channel = self.channels.of_party(entry.row.get_text("channel"), entry.row.get_text("counterparty"));
        entry.row.text("channel", channel);
        entry.needs("booked_on", "a bank line without a day", "该行没有交易日期");
        if entry.is_read(&["amount", "debit", "credit", "direction"])
            && let Err(wrong) = settle_amount(&mut entry.row)
        {
            entry.unfit.push(wrong);
        }
        self.settle_currency(&mut entry);
        entry
    }
}

/// Writes what came onto the account; what left it is negative.
fn settle_amount(row: &mut Row) -> Result<(), Unfit> {
    let stated = Stated {
        amount: amount(row, "amount")?,
        debit: amount(row, "debit")?,
        credit: amount(row, "credit")?,
        direction: row.get_text("direction"),
    };
    let signed = stated.signed()?;
    let too_large = |(column, reason): (String, String)| Unfit { column, reason, chinese: format!("{signed} 过大") };
    row.set("amount", bounds::decimal("amount", signed).map_err(too_large)?);
    Ok(())
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
    fn signed(&self) -> Result<Decimal, Unfit> {
        let stated = self.amount.map(|amount| if self.direction == "out" { -amount } else { amount });
        let sides = (self.debit.is_some() || self.credit.is_some())
            .then(|| self.credit.unwrap_or_default().checked_sub(self.debit.unwrap_or_default()))
            .map(|sum| sum.ok_or_else(|| Unfit::too_large("credit")))
            .transpose()?;
        match (stated, sides) {
            (None, None) => {
                let reason = "a bank line without an amount: neither amount nor debit nor credit";
                Err(Unfit::new("amount", reason, "该行没有金额:既无发生额,也无借方、贷方金额"))
            }
            // An empty side is often written as 0 beside an amount that says it all.
            (Some(stated), Some(sides)) if sides.is_zero() => Ok(stated),
            (Some(stated), Some(sides)) if self.direction.is_empty() && stated == -sides => Ok(sides),
            (Some(stated), Some(sides)) if stated != sides => {
                let reason = format!("the amount comes to {stated}, but credit less debit is {sides}; map one of the two");
                Err(Unfit::new("amount", reason, format!("发生额为 {stated},而贷方减借方为 {sides};请只映射其中一种")))
            }
            (stated, sides) => Ok(stated.or(sides).unwrap_or_default()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Stated, Unfit};
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
        let signed = stated.signed().map(|amount| amount.to_string()).map_err(|unfit| unfit.reason);
        assert_eq!(signed, expected.map(str::to_owned).map_err(str::to_owned));
    }

    #[test]
    fn an_amount_beyond_all_numbers_is_no_panic() {
        let stated = Stated { debit: Some(Decimal::MIN), credit: Some(Decimal::MAX), ..Stated::default() };
        assert_eq!(stated.signed(), Err(Unfit::too_large("credit")));
    }
}
