//! Invoices of suppliers.

use super::bank::number;
use super::spend::split_tax;
use super::{Mapper, Read, bounds, fault};
use crate::frame::{Cell, Row, Texts};
use crate::tables;
use inflow_connectors::landing::Line;
use rust_decimal::Decimal;

impl Mapper {
    pub(super) fn invoice(&self, line: &Line) -> Read<Row> {
        let scope = self.scope(line);
        let version = self.version(line, &scope)?;
        let mut row = Self::row(&tables::INVOICES, &line.id, version, line.gone);
        self.fill(&mut row, &scope)?;
        // What an invoice covers is a list here, and text in the mapping.
        let covered: Texts = documents(row.get_text("documents")).into_iter().collect();
        row.set("documents", Cell::Texts(covered));
        let channel = self.channels.of_party(row.get_text("channel"), row.get_text("seller"));
        row.text("channel", channel);
        if row.get_text("number").is_empty() {
            return Err(fault("number", "an invoice without a number"));
        }
        if matches!(row.get("issued_on"), Cell::Null) {
            return Err(fault("issued_on", "an invoice without the day of issue"));
        }
        let (gross, net, rate, tax) = (number(&row, "gross")?, number(&row, "net")?, number(&row, "tax_rate")?, number(&row, "tax")?);
        if gross.or(net).is_none() {
            return Err(fault("gross", "an invoice without an amount: neither gross nor net"));
        }
        if let Some(rate) = rate.filter(|rate| !(Decimal::ZERO..Decimal::ONE).contains(rate)) {
            return Err(fault("tax_rate", format!("{rate} is no share of an amount; expected for example 0.06 or 6%")));
        }
        let (gross, tax, net) = split_tax(gross, net, rate, tax).ok_or_else(|| fault("net", "an amount that is too large"))?;
        for (column, amount) in [("gross", gross), ("tax", tax), ("net", net)] {
            row.set(column, bounds::decimal(column, amount)?);
        }
        if let (Cell::Day(from), Cell::Day(to)) = (row.get("service_from"), row.get("service_to"))
            && to < from
        {
            return Err(fault("service_to", "the service ends before it begins"));
        }
        let status = match row.get_text("status") {
            // Whatever a list calls it: an invoice below zero takes another one back.
            "" | "normal" | "reversed" if gross.is_sign_negative() && !gross.is_zero() => "red_letter",
            "" => "normal",
            status => status,
        };
        row.text("status", status.to_owned());
        let currency = self.currency(&row)?;
        row.text("currency", currency);
        Ok(row)
    }
}

/// The documents that a cell names, each once, in their order.
fn documents(text: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for part in text.split([',', ';', '、', '，', '；', '|', ' ', '\n', '\t', '\u{3000}']).map(str::trim) {
        if !part.is_empty() && !found.iter().any(|known| known == part) {
            found.push(part.to_owned());
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::documents;

    #[test]
    fn a_cell_names_several_documents() {
        assert_eq!(documents(" R-1; R-2、R-3，R-1\nR-4 "), ["R-1", "R-2", "R-3", "R-4"]);
        assert!(documents(" ;, ").is_empty());
    }
}
