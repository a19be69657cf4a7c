//! The lines of a delivered file, made of its rows while they are read, on every core.

use std::path::Path;

use rayon::prelude::*;
use tracing::info_span;

use super::PullContext;
use super::line::{LineMaker, Made};
use crate::error::PullError;
use crate::file::{Row, RowIds, RowPlace, SumRow};
use crate::landing::SegmentHeader;
use crate::spec::Stream;
use crate::statement::{Places, Statement, StatementLine, StatementSum, refusal};

/// Rows that one thread makes lines of at one time.
const PART: usize = 1_024;

/// See the module.
pub(super) struct FileLines<'r, 'a> {
    stream: &'a Stream,
    maker: &'r mut LineMaker<'a>,
    ids: RowIds<'r>,
    /// Names of the file's columns.
    headers: Vec<String>,
    /// Where the lines of a statement stand.
    places: Vec<RowPlace>,
    pub(super) lines: Vec<Made>,
}

impl<'r, 'a> FileLines<'r, 'a> {
    pub(super) fn new(stream: &'a Stream, maker: &'r mut LineMaker<'a>, ids: RowIds<'r>) -> FileLines<'r, 'a> {
        FileLines { stream, maker, ids, headers: Vec::new(), places: Vec::new(), lines: Vec::new() }
    }

    /// Makes lines of the next rows.
    pub(super) fn add(&mut self, rows: Vec<Row>) -> Result<(), PullError> {
        if self.headers.is_empty() {
            let columns = rows.first().and_then(|row| row.record.as_object()).into_iter().flat_map(serde_json::Map::keys);
            self.headers = columns.cloned().collect();
            self.ids.of_columns(self.headers.iter().map(String::as_str));
        }
        let (ids, maker) = (&self.ids, &*self.maker);
        // Only an id that is made of the row asks whom the row is about.
        let identity = |row: &Row| if self.stream.id.is_empty() { maker.identity(&row.record, "") } else { None };
        let bases: Vec<_> = rows.par_iter().map(|row| ids.base(row, identity(row).as_ref())).collect();
        let mut numbered = Vec::with_capacity(rows.len());
        for (row, base) in rows.into_iter().zip(bases) {
            let number = base.and_then(|base| self.ids.number(&row.place, base))?;
            if self.stream.kind.is_statement() {
                self.places.push(row.place);
            }
            numbered.push((row.record, number));
        }
        let (ids, maker) = (&self.ids, &*self.maker);
        let made: Vec<(Vec<Made>, LineMaker<'a>)> = numbered
            .into_par_iter()
            .chunks(PART)
            .map(|part| {
                // Each thread counts for itself what it drops.
                let mut maker = maker.fork();
                (part.into_iter().map(|(record, number)| maker.make(record, Some(ids.id(number)))).collect(), maker)
            })
            .collect();
        for (made, maker) in made {
            self.lines.extend(made);
            self.maker.join(maker);
        }
        Ok(())
    }

    /// Whether the statement that the lines are can be taken.
    pub(super) fn check(&self, ctx: &PullContext<'_>, header: &SegmentHeader, file: &Path, sums: &[SumRow]) -> Result<(), PullError> {
        let _checks = info_span!(target: "timing", "check").entered();
        // A line of money is nobody's, so that none is erased.
        let lines = self.lines.iter().zip(&self.places).filter_map(|(made, place)| match made {
            Made::Line(line) => Some(StatementLine { line, row: place.number() }),
            Made::Erased(_) => None,
        });
        let totals =
            sums.iter().map(|sum| StatementSum { label: &sum.label, lines: sum.records.clone(), above: sum.above, record: &sum.record });
        let faults = ctx.sink.check(header, &Statement { lines: lines.collect(), sums: totals.collect(), headers: &self.headers });
        if faults.is_empty() {
            return Ok(());
        }
        Err(refusal(self.stream, &Places { path: file, lines: &self.places, sums, headers: &self.headers }, faults))
    }
}
