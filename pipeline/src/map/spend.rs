//! Ledger lines.

use super::{Mapper, Read, bounds};
use crate::frame::{Cell, Row};
use crate::tables;
use inflow_connectors::landing::Line;
use inflow_connectors::spec::Stream;
use rust_decimal::Decimal;

/// Why a line is no entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Unfit {
    /// The column that says so.
    pub(crate) column: String,
    /// What is wrong, as it stands in the quarantine.
    pub(crate) reason: String,
    /// The same in Chinese; empty where a cell cannot be read, of which a reader knows more.
    pub(crate) chinese: String,
}

impl Unfit {
    fn new(column: &str, reason: impl Into<String>, chinese: impl Into<String>) -> Self {
        Self { column: column.to_owned(), reason: reason.into(), chinese: chinese.into() }
    }
}

impl From<(String, String)> for Unfit {
    fn from((column, reason): (String, String)) -> Self {
        Self { column, reason, chinese: String::new() }
    }
}

impl Mapper {
    pub(super) fn spend(&self, line: &Line) -> Read<Row> {
        let (row, unfit) = self.entry(line);
        unfit.into_iter().next().map_or(Ok(row), |unfit| Err((unfit.column, unfit.reason)))
    }

    /// The words that lines are read by.
    pub(crate) fn stream(&self) -> &Stream {
        &self.stream
    }

    /// The entry of a line and all that keeps it from being one.
    pub(crate) fn entry(&self, line: &Line) -> (Row, Vec<Unfit>) {
        let scope = self.scope(line);
        let mut unfit: Vec<Unfit> = Vec::new();
        let version = self.version(line, &scope).unwrap_or_else(|fault| {
            unfit.push(fault.into());
            0
        });
        let mut row = Self::row(&tables::SPEND, &line.id, version, line.gone);
        for ((name, field), place) in self.stream.fields.iter().zip(&self.places) {
            if let Err(fault) = Self::fill_column(&mut row, &scope, name, field, place.as_ref()) {
                unfit.push(fault.into());
            }
        }
        self.fill_place(&mut row);
        let channel = self.channels.of_spend(row.get_text("channel"));
        row.text("channel", channel);
        // Of a cell that cannot be read it is not said that it is missing as well.
        let read = |unfit: &[Unfit], columns: &[&str]| !unfit.iter().any(|unfit| columns.contains(&unfit.column.as_str()));
        if row.get_text("kind").is_empty() && read(&unfit, &["kind"]) {
            unfit.push(Unfit::new("kind", "a ledger line without a kind", "该行没有类型"));
        }
        if read(&unfit, &["gross", "net", "tax_rate", "tax"])
            && let Err(wrong) = complete_amounts(&mut row)
        {
            unfit.push(wrong);
        }
        if matches!(row.get("booked_on"), Cell::Null) && read(&unfit, &["booked_on"]) {
            unfit.push(Unfit::new("booked_on", "a ledger line without a booking day", "该行没有入账日期"));
        }
        let booked = row.get("booked_on").clone();
        if matches!(row.get("service_from"), Cell::Null) && read(&unfit, &["service_from"]) {
            row.set("service_from", booked);
        }
        let from = row.get("service_from").clone();
        if matches!(row.get("service_to"), Cell::Null) && read(&unfit, &["service_to"]) {
            row.set("service_to", from.clone());
        }
        if let (Cell::Day(from), Cell::Day(to)) = (&from, row.get("service_to"))
            && to < from
        {
            unfit.push(Unfit::new("service_to", "the service ends before it begins", "服务结束早于服务开始"));
        }
        match self.currency(&row) {
            Ok(currency) => {
                row.text("currency", currency);
            }
            Err((column, reason)) => {
                let chinese = format!("{:?} 不是币种,应为 CNY 这样的三个字母", row.get_text("currency"));
                unfit.push(Unfit { column, reason, chinese });
            }
        }
        (row, unfit)
    }
}

/// Gross, tax and net of a row, each from the others.
fn complete_amounts(row: &mut Row) -> Result<(), Unfit> {
    let amount = |row: &Row, column: &str| -> Result<Option<Decimal>, Unfit> {
        match row.get_text(column) {
            "" => Ok(None),
            text => text.parse().map(Some).map_err(|_| Unfit::new(column, "not an amount", "不是金额")),
        }
    };
    let (mut gross, net, rate, tax) = (amount(row, "gross")?, amount(row, "net")?, amount(row, "tax_rate")?, amount(row, "tax")?);
    // Units of a wallet or a package cost what the units bought before did.
    let by_units = matches!(row.get_text("kind"), "consumption" | "package_unit" | "bonus_credit" | "expiry");
    if gross.or(net).is_none() && by_units && !matches!(row.get("units"), Cell::Null) {
        gross = Some(Decimal::ZERO);
    }
    if gross.or(net).is_none() {
        let reason = "a ledger line without an amount: neither net nor gross";
        return Err(Unfit::new("net", reason, "该行没有金额:既无含税金额也无不含税金额"));
    }
    if let Some(rate) = rate.filter(|rate| !(Decimal::ZERO..Decimal::ONE).contains(rate)) {
        let reason = format!("{rate} is no share of an amount; expected for example 0.06 or 6%");
        return Err(Unfit::new("tax_rate", reason, format!("{rate} 不是税率,应为 0.06 或 6% 这样的比例")));
    }
    let (gross, tax, net) = split_tax(gross, net, rate, tax).ok_or_else(|| Unfit::new("net", "an amount that is too large", "金额过大"))?;
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
