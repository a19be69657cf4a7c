//! Counts that a board publishes by day.

use super::{Mapper, Read, fault};
use crate::frame::{Cell, Row};
use crate::tables;
use inflow_connectors::landing::Line;
use inflow_connectors::spec::DAILY_COUNTERS;

impl Mapper {
    pub(super) fn daily(&self, line: &Line) -> Read<Row> {
        let scope = self.scope(line);
        let version = self.version(line, &scope)?;
        let mut row = Self::row(&tables::CHANNEL_DAILY, &line.id, version, line.gone);
        self.fill(&mut row, &scope)?;
        let channel = self.channels.of_source(row.get_text("channel"));
        row.text("channel", channel);
        if matches!(row.get("day"), Cell::Null) {
            return Err(fault("day", "counts without their day"));
        }
        if DAILY_COUNTERS.iter().all(|(counter, _)| matches!(row.get(counter), Cell::Null)) {
            return Err(fault("day", "a day without a single count"));
        }
        let by_recruiter = !row.get_text("recruiter").is_empty();
        let by_posting = !row.get_text("posting_source_id").is_empty() || !row.get_text("title").is_empty();
        let cut = match (by_recruiter, by_posting) {
            (true, true) => "recruiter_posting",
            (true, false) => "recruiter",
            (false, true) => "posting",
            (false, false) => "account",
        };
        row.text("cut", cut);
        Ok(row)
    }
}
