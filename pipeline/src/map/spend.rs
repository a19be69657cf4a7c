//! Ledger lines.

use super::{Mapper, Read, bounds, fault};
use crate::frame::{Cell, Row};
use crate::tables;
use inflow_connectors::landing::Line;
use rust_decimal::Decimal;

impl Mapper {
    pub(super) fn spend(&self, line: &Line) -> Read<Row> {
        let scope = self.scope(line);
        let version = self.version(line, &scope)?;
        let mut row = Self::row(&tables::SPEND, &line.id, version, line.gone);
        self.fill(&mut row, &scope)?;
        let channel = self.channels.of_spend(row.get_text("channel"));
        row.text("channel", channel);
        if row.get_text("kind").is_empty() {
            return Err(fault("kind", "a ledger line without a kind"));
        }
        let amount = |row: &Row, column: &str| -> Read<Option<Decimal>> {
            match row.get_text(column) {
                "" => Ok(None),
                text => text.parse().map(Some).map_err(|_| fault(column, "not an amount")),
            }
        };
        let (gross, net, rate, tax) = (amount(&row, "gross")?, amount(&row, "net")?, amount(&row, "tax_rate")?, amount(&row, "tax")?);
        if gross.or(net).is_none() {
            return Err(fault("net", "a ledger line without an amount: neither net nor gross"));
        }
        if let Some(rate) = rate.filter(|rate| !(Decimal::ZERO..Decimal::ONE).contains(rate)) {
            return Err(fault("tax_rate", format!("{rate} is no share of an amount; expected for example 0.06 or 6%")));
        }
        let (gross, tax, net) = split_tax(gross, net, rate, tax).ok_or_else(|| fault("net", "an amount that is too large"))?;
        for (column, amount) in [("gross", gross), ("tax", tax), ("net", net)] {
            row.set(column, bounds::decimal(column, amount)?);
        }
        if matches!(row.get("booked_on"), Cell::Null) {
            return Err(fault("booked_on", "a ledger line without a booking day"));
        }
        let booked = row.get("booked_on").clone();
        if matches!(row.get("service_from"), Cell::Null) {
            row.set("service_from", booked);
        }
        let from = row.get("service_from").clone();
        if matches!(row.get("service_to"), Cell::Null) {
            row.set("service_to", from.clone());
        }
        if let (Cell::Day(from), Cell::Day(to)) = (&from, row.get("service_to"))
            && to < from
        {
            return Err(fault("service_to", "the service ends before it begins"));
        }
        let currency = self.currency(&row)?;
        row.text("currency", currency);
        Ok(row)
    }
}

/// Completes gross, tax and net (all signed) from what the line gives: `net = gross - tax`, and tax included in a gross
/// amount at rate r is `gross * r / (1 + r)`, rounded half up to cents. `None` where there is
/// no amount or one beyond all numbers.
fn split_tax(
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
