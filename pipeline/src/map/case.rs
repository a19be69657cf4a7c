//! What became of a case that another stream delivers: employment, assessments, invitations.
//!
//! Where a row names an application or a candidate of its connection, that is its link. Where it names the person only,
//! the row brings a row of `candidates` of its own, and linking finds whose it is.

use super::{Mapped, Mapper, Read, fault};
use crate::frame::{Cell, Row, Table};
use crate::tables;
use inflow_connectors::landing::Line;
use inflow_connectors::spec::Scope;

impl Mapper {
    pub(super) fn employment(&self, line: &Line, out: &mut Mapped) -> Read<()> {
        let (mut row, person) = self.case(&tables::EMPLOYMENT, line)?;
        let channel = self.channels.of_case(row.get_text("source_word"));
        row.text("channel", channel);
        let first = [row.get("onboard_on"), row.get("agreed_on")].into_iter().find(|day| !matches!(day, Cell::Null));
        if let (Some(Cell::Day(first)), Cell::Day(left)) = (first, row.get("left_on"))
            && left < first
        {
            return Err(fault("left_on", "left before the first day"));
        }
        if row.get_text("status").is_empty() {
            let told = [("left_on", "left"), ("passed_on", "regular"), ("onboard_on", "employed"), ("agreed_on", "agreed")];
            let status = told.iter().find(|(day, _)| !matches!(row.get(day), Cell::Null));
            row.text("status", status.map_or("", |(_, status)| *status));
        }
        out.push(&row);
        out.extend(person);
        Ok(())
    }

    pub(super) fn assessment(&self, line: &Line, out: &mut Mapped) -> Read<()> {
        let (mut row, person) = self.case(&tables::ASSESSMENTS, line)?;
        if row.get_text("kind").is_empty() {
            return Err(fault("kind", "an assessment of no kind"));
        }
        let taken = ["taken_at", "score"].iter().any(|column| !matches!(row.get(column), Cell::Null)) || !row.get_text("result").is_empty();
        if row.get_text("status").is_empty() && taken {
            row.text("status", "taken");
        }
        out.push(&row);
        out.extend(person);
        Ok(())
    }

    pub(super) fn invitation(&self, line: &Line, out: &mut Mapped) -> Read<()> {
        let (mut row, person) = self.case(&tables::INVITATIONS, line)?;
        let channel = self.channels.of_case(row.get_text("channel"));
        row.text("channel", channel);
        if row.get_text("result").is_empty() {
            let attended = !matches!(row.get("attended_at"), Cell::Null);
            row.text("result", if attended { "attended" } else { "invited" });
        }
        out.push(&row);
        out.extend(person);
        Ok(())
    }

    /// The row with whose it is, and the person's own row when the record brings one.
    fn case(&self, table: &'static Table, line: &Line) -> Read<(Row, Option<Row>)> {
        let scope = self.scope(line);
        let version = self.version(line, &scope)?;
        let mut row = Self::row(table, &line.id, version, line.gone);
        self.fill(&mut row, &scope)?;
        row.text("application_source_id", self.application_of(&scope));
        row.text("candidate_source_id", line.identity.as_ref().map(|identity| identity.candidate.clone()).unwrap_or_default());
        // A candidate that the source names has a row by the stream that delivers candidates, and that one knows more.
        // Other rows may be of the same person, so that a row that is gone says nothing of the person.
        let own = line.identity.as_ref().filter(|_| self.stream.candidate.is_none() && !line.gone);
        let person = own.map(|identity| Self::person(&identity.candidate, Some(identity), version));
        Ok((row, person))
    }

    fn application_of(&self, scope: &Scope<'_>) -> String {
        self.stream.application.as_ref().and_then(|path| scope.text(path, None)).unwrap_or_default()
    }
}
