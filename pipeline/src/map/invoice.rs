//! Invoices of suppliers.

use super::Mapper;
use super::spend::{set_amounts, split_tax};
use super::unfit::{Entry, Unfit, amount, rate};
use crate::frame::{Cell, Row, Texts};
use crate::tables;
use inflow_connectors::landing::Line;
use rust_decimal::Decimal;

impl Mapper {
    pub(super) fn invoice(&self, line: &Line) -> Entry {
        let mut entry = self.begin(&tables::INVOICES, line);
        // What an invoice covers is a list here, and text in the mapping.
        let covered: Texts = documents(entry.row.get_text("documents")).into_iter().collect();
        entry.row.set("documents", Cell::Texts(covered));
        let channel = self.channels.of_party(entry.row.get_text("channel"), entry.row.get_text("seller"));
        entry.row.text("channel", channel);
        entry.needs("number", "an invoice without a number", "该发票没有号码");
        entry.needs("issued_on", "an invoice without the day of issue", "该发票没有开票日期");
        if entry.is_read(&["gross", "net", "tax_rate", "tax"]) {
            match settle_amounts(&mut entry.row) {
                Ok(gross) => settle_status(&mut entry.row, gross),
                Err(wrong) => entry.unfit.push(wrong),
            }
        }
        entry.check_service();
        self.settle_currency(&mut entry);
        entry
    }
}

/// Gross, tax and net of a row, each from the others; returned is the gross.
fn settle_amounts(row: &mut Row) -> Result<Decimal, Unfit> {
    let (gross, net, tax) = (amount(row, "gross")?, amount(row, "net")?, amount(row, "tax")?);
    if gross.or(net).is_none() {
        let reason = "an invoice without an amount: neither gross nor net";
        return Err(Unfit::new("gross", reason, "该发票没有金额:既无价税合计也无不含税金额"));
    }
    let split = split_tax(gross, net, rate(row)?, tax).ok_or_else(|| Unfit::too_large("net"))?;
    set_amounts(row, split)?;
    Ok(split.0)
}

/// Writes what became of the invoice.
fn settle_status(row: &mut Row, gross: Decimal) {
    let status = match row.get_text("status") {
        // Whatever a list calls it: an invoice below zero takes another one back.
        "" | "normal" | "reversed" if gross.is_sign_negative() && !gross.is_zero() => "red_letter",
        "" => "normal",
        status => status,
    };
    row.text("status", status.to_owned());
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
