//! Advertisements.

use super::{Mapper, Read, fault};
use crate::frame::{Cell, Row};
use crate::normalise::{pay, place, text, title};
use crate::{tables, version};
use inflow_connectors::landing::Line;
use rust_decimal::Decimal;

impl Mapper<'_> {
    pub(super) fn posting(&self, line: &Line) -> Read<Row> {
        let scope = self.scope(line);
        let version = self.version(line, &scope)?;
        let mut row = self.row(&tables::POSTINGS, &line.id, version, false);
        self.fill(&mut row, &scope)?;
        let channel = self.channels.of_posting(row.get_text("channel"));
        row.text("channel", channel);
        if row.get_text("title").is_empty() {
            return Err(fault("title", "a posting without a title"));
        }
        let normal = title::normalise(row.get_text("title"));
        let company = text::squeeze(row.get_text("company"));
        row.text("title_normal", normal).text("company", company);
        if row.get_text("city").is_empty() {
            let city = place::city(row.get_text("place")).unwrap_or_default();
            row.text("city", city);
        }
        set_pay(&mut row);
        if row.get_text("status").is_empty() {
            row.text("status", "open");
        }
        if line.gone {
            row.text("status", "closed");
            if matches!(row.get("closed_at"), Cell::Null) {
                row.set("closed_at", Cell::Instant(self.fetched_at.timestamp_millis())).text("closed_precision", "observed");
            }
        }
        let hash = version::content_hash(&["title_normal", "company", "place", "pay_text", "body"].map(|column| row.get_text(column)));
        row.set("content_hash", Cell::Unsigned(hash));
        let key = format!("{}/{}", self.connection.name, line.id);
        row.text("cluster_id", key);
        Ok(row)
    }
}

/// Fills the pay columns from the pay text where the mapping did not give numbers.
pub(super) fn set_pay(row: &mut Row) {
    let has_numbers = !matches!((row.get("pay_min"), row.get("pay_max")), (Cell::Null, Cell::Null));
    if has_numbers {
        return;
    }
    if let Ok(pay) = pay::parse(row.get_text("pay_text")) {
        let cell = |number: Option<Decimal>| number.map_or(Cell::Null, |n| Cell::Text(n.to_string()));
        row.set("pay_min", cell(pay.min))
            .set("pay_max", cell(pay.max))
            .set("pay_months", cell(pay.months))
            .text("pay_currency", pay.currency)
            .text("pay_period", pay.period.as_str());
    }
}
