//! Openings inside the company.

use super::posting::set_pay;
use super::{Mapper, Read, fault};
use crate::frame::{Cell, Row};
use crate::normalise::title;
use crate::tables;
use inflow_connectors::landing::Line;

impl Mapper {
    pub(super) fn requisition(&self, line: &Line) -> Read<Row> {
        let scope = self.scope(line);
        let version = self.version(line, &scope)?;
        let mut row = Self::row(&tables::REQUISITIONS, &line.id, version, line.gone);
        self.fill(&mut row, &scope)?;
        if row.get_text("title").is_empty() {
            return Err(fault("title", "a requisition without a title"));
        }
        let normal = title::normalise(row.get_text("title"));
        row.text("title_normal", normal);
        if row.get_text("status").is_empty() {
            let closed = !matches!(row.get("closed_on"), Cell::Null);
            row.text("status", if closed { "closed" } else { "open" });
        }
        if let (Cell::Day(opened), Cell::Day(closed)) = (row.get("opened_on"), row.get("closed_on"))
            && closed < opened
        {
            return Err(fault("closed_on", "the requisition was closed before it was opened"));
        }
        // The text stays beside the empty numbers; requisitions keep no reasons.
        let _ = set_pay(&mut row);
        let currency = self.currency(&row)?;
        row.text("currency", currency);
        Ok(row)
    }
}
