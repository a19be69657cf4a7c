//! Ledger lines.

use super::unfit::{Entry, Unfit, amount, rate};
use super::{Mapper, bounds};
use crate::frame::{Cell, Row};
use crate::tables;
use inflow_connectors::landing::Line;
use rust_decimal::Decimal;

impl Mapper {
    pub(super) fn spend(&self, line: &Line) -> Entry {
        let mut entry = self.begin(&tables::SPEND, line);
        let channel = self.channels.of_spend(entry.row.get_text("channel"));
        entry.row.text("channel", channel);
        entry.needs("kind", "a ledger line without a kind", "该行没有类型");
        if entry.is_read(&["gross", "net", "tax_rate", "tax"])
            && let Err(wrong) = complete_amounts(&mut entry.row)
        {
            entry.unfit.push(wrong);
        }
        entry.needs("booked_on", "a ledger line without a booking day", "该行没有入账日期");
        for (column, from) in [("service_from", "booked_on"), ("service_to", "service_from")] {
            if matches!(entry.row.get(column), Cell::Null) && entry.is_read(&[column]) {
                let day = entry.row.get(from).clone();
                entry.row.set(column, day);
            }
        }
        entry.check_service();
        self.settle_currency(&mut entry);
        entry
    }
}

/// Gross, tax and net of a row, each from the others.
fn complete_amounts(row: &mut Row) -> Result<(), Unfit> {
    let (mut gross, net, tax) = (amount(row, "gross")?, amount(row, "net")?, amount(row, "tax")?);
    // Units of a wallet or a package cost what the units bought before did.
    let by_units = matches!(row.get_text("kind"), "consumption" | "package_unit" | "bonus_credit" | "expiry");
    if gross.or(net).is_none() && by_units && !matches!(row.get("units"), Cell::Null) {
        gross = Some(Decimal::ZERO);
    }
    if gross.or(net).is_none() {
        let reason = "a ledger line without an amount: neither net nor gross";
        return Err(Unfit::new("net", reason, "该行没有金额:既无含税金额也无不含税金额"));
    }
    let split = split_tax(gross, net, rate(row)?, tax).ok_or_else(|| Unfit::too_large("net"))?;
    set_amounts(row, split)
}

/// Writes gross, tax and net, if the table can hold them.
pub(super) fn set_amounts(row: &mut Row, (gross, tax, net): (Decimal, Decimal, Decimal)) -> Result<(), Unfit> {
    for (column, amount) in [("gross", gross), ("tax", tax), ("net", net)] {
        let too_large = |(column, reason): (String, String)| Unfit { column, reason, chinese: format!("{amount} 过大") };
        row.set(column, bounds::decimal(column, amount).map_err(too_large)?);
    }
    Ok(())
}

/// Completes gross, tax and net (all signed) from what the line gives: `net = gross - tax`, and tax included in a gross
/// amount at rate r is `gross * r / (1 + r)`, rounded half up to cents. `None` where there is
/// no amount or one beyond all numbers.
pub(super) fn split_tax(
    gross: Option<Decimal>,
    net: Option<Decimal>,
    rate: Option<Decimal>,
    tax: Option<Decimal>,
) -> Option<(Decimal, Decimal, Decimal)> {
    let cents = |d: Decimal| d.round_dp_with_strategy(2, rust_decimal::RoundingStrategy::MidpointAwayFromZero);
    match (gross, net) {
        (Some(gross), Some(net)) => Some((gross, tax.or_else(|| gross.checked_sub(net))?, net)),
        (Some(gross), None) => {
            let included = |rate: Decimal| gross.checked_mul(rate)?.checked_div(Decimal::ONE.checked_add(rate)?);
            let tax = tax.or_else(|| rate.map_or(Some(Decimal::ZERO), |rate| included(rate).map(cents)))?;
            Some((gross, tax, gross.checked_sub(tax)?))
        }
        (None, Some(net)) => {
            let tax = tax.or_else(|| rate.map_or(Some(Decimal::ZERO), |rate| net.checked_mul(rate).map(cents)))?;
            Some((net.checked_add(tax)?, tax, net))
        }
        (None, None) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::split_tax;
    use rust_decimal::Decimal;

    #[test]
    fn tax_is_split_to_the_cent() {
        let d = |text: &str| text.parse::<Decimal>().unwrap();
        assert_eq!(split_tax(Some(d("1060")), None, Some(d("0.06")), None), Some((d("1060"), d("60.00"), d("1000.00"))));
        assert_eq!(split_tax(None, Some(d("100")), Some(d("0.06")), None), Some((d("106.00"), d("6.00"), d("100"))));
        assert_eq!(split_tax(Some(d("-53")), None, Some(d("0.06")), None), Some((d("-53"), d("-3.00"), d("-50.00"))));
        assert_eq!(split_tax(None, None, None, None), None);
    }

    #[test]
    fn an_amount_beyond_all_numbers_is_no_panic() {
        let rate = Some("0.06".parse::<Decimal>().unwrap());
        assert_eq!(split_tax(None, Some(Decimal::MAX), rate, None), None);
        assert_eq!(split_tax(Some(Decimal::MAX), Some(Decimal::MIN), None, None), None);
        assert_eq!(split_tax(Some(Decimal::ONE), None, Some(Decimal::NEGATIVE_ONE), None), None);
    }
}
