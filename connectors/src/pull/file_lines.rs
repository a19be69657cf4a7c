//! The lines of a delivered file, made of its rows while they are read, on every core, and kept compressed until it is known whether
//! the file is taken.

use std::path::Path;

use rayon::prelude::*;
use tracing::info_span;

use super::line::{LineMaker, Made};
use super::newest::{Seen, Times};
use super::packing::{Draft, Spool};
use crate::error::PullError;
use crate::file::{Row, RowIds, RowPlace, SumRow};
use crate::spec::Stream;
use crate::statement::{Places, Statement, StatementSum, refusal};

/// Rows that one thread makes lines of at one time.
const PART: usize = 1_024;

/// See the module.
pub(super) struct FileLines<'r, 'a> {
    stream: &'a Stream,
    maker: &'r mut LineMaker<'a>,
    ids: RowIds<'r>,
    times: &'r Times<'a>,
    /// Names of the file's columns.
    headers: Vec<String>,
    /// Where the lines of a statement stand.
    places: Vec<RowPlace>,
    spool: Spool<'r>,
    taken: Taken,
}

/// What was taken of a file.
#[derive(Default)]
pub(super) struct Taken {
    /// The lines.
    pub(super) drafts: Vec<Draft>,
    /// What is known of each.
    pub(super) seen: Vec<Seen>,
    /// Keys of erased people that were listed.
    pub(super) erased: Vec<u64>,
}

impl<'r, 'a> FileLines<'r, 'a> {
    pub(super) fn new(
        stream: &'a Stream,
        maker: &'r mut LineMaker<'a>,
        ids: RowIds<'r>,
        times: &'r Times<'a>,
        spool: Spool<'r>,
    ) -> FileLines<'r, 'a> {
        FileLines { stream, maker, ids, times, headers: Vec::new(), places: Vec::new(), spool, taken: Taken::default() }
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
        let (ids, maker, times) = (&self.ids, &*self.maker, self.times);
        let made: Vec<(Vec<(Made, i64)>, LineMaker<'a>)> = numbered
            .into_par_iter()
            .chunks(PART)
            .map(|part| {
                // Each thread counts for itself what it drops.
                let mut maker = maker.fork();
                let made = part.into_iter().map(|(record, number)| {
                    let made = maker.make(record, Some(ids.id(number)));
                    let at = if let Made::Line(line) = &made { times.of(&line.record) } else { 0 };
                    (made, at)
                });
                (made.collect(), maker)
            })
            .collect();
        for (made, maker) in made {
            for (made, at) in made {
                match made {
                    Made::Line(line) => {
                        self.taken.seen.push(Seen::of(&line, self.taken.seen.len(), at));
                        self.spool.push(*line)?;
                    }
                    Made::Erased(key_hash) => self.taken.erased.push(key_hash),
                }
            }
            self.maker.join(maker);
        }
        Ok(())
    }

    /// All lines, if the statement that they are can be taken.
    pub(super) fn finish(mut self, file: &Path, sums: &[SumRow]) -> Result<Taken, PullError> {
        let check = info_span!(target: "timing", "check");
        if let Some(looked) = self.spool.checked() {
            // A line of money is nobody's, so that none is erased and every place has its line.
            let totals = sums.iter().map(|sum| StatementSum {
                label: &sum.label,
                lines: sum.records.clone(),
                above: sum.above,
                record: &sum.record,
            });
            let rows = self.places.iter().map(RowPlace::number).collect();
            let told = Statement { rows, headers: &self.headers, sums: totals.collect() };
            let faults = check.in_scope(|| looked.faults(&told));
            if !faults.is_empty() {
                return Err(refusal(self.stream, &Places { path: file, lines: &self.places, sums, headers: &self.headers }, faults));
            }
        }
        Ok(Taken { drafts: self.spool.finish(), ..self.taken })
    }
}
