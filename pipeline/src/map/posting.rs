//! Advertisements.

use super::{Mapper, Read, fault};
use crate::frame::{Cell, Row};
use crate::normalise::{pay, place, text, title};
use crate::{tables, version};
use inflow_connectors::landing::Line;
use inflow_connectors::spec::{Scope, TimeFormat};
use rust_decimal::Decimal;

impl Mapper<'_> {
    pub(super) fn posting(&self, line: &Line) -> Read<Row> {
        let scope = self.scope(line);
        let version = self.version(line, &scope)?;
        let mut row = self.row(&tables::POSTINGS, &line.id, version, false);
        self.fill(&mut row, &scope)?;
        self.keep_posted_text(&mut row, &scope);
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
            // A posting taken down before its announced end closed when it was missed.
            let announced = matches!(row.get("closed_at"), Cell::Instant(end) if *end > self.fetched_at.timestamp_millis());
            if announced || matches!(row.get("closed_at"), Cell::Null) {
                row.set("closed_at", Cell::Instant(self.fetched_at.timestamp_millis())).text("closed_precision", "observed");
            }
        }
        let hash = version::content_hash(&["title_normal", "company", "place", "pay_text", "body"].map(|column| row.get_text(column)));
        row.set("content_hash", Cell::Unsigned(hash));
        let key = format!("{}/{}", self.connection.name, line.id);
        row.text("cluster_id", key);
        Ok(row)
    }

    /// A time that is told to people (`3天前发布`, `Posted 30+ Days Ago`) stays beside what was made of it: some of it is
    /// only a bound, of which nothing is made.
    fn keep_posted_text(&self, row: &mut Row, scope: &Scope<'_>) {
        let Some(field) = self.stream.fields.get("posted_at") else { return };
        if *field.format.as_ref().unwrap_or(&self.stream.time_format) == TimeFormat::Relative
            && let Some(text) = field.paths.iter().find_map(|path| scope.text(path, None))
        {
            row.text("posted_text", text);
        }
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
