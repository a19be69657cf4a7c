//! Lines on their way into segments: written and mapped on every core, not yet on disk.

use rayon::prelude::*;
use tracing::info_span;

use super::PullContext;
use crate::error::PullError;
use crate::landing::{LandingError, Line, LineBlock, SegmentHeader, SegmentWriter};
use crate::state::{Landed, MappedLines, SegmentIntake};
use crate::statement::{ReadLines, StatementCheck};

/// Uncompressed size at which a segment is closed before it is full.
const LARGEST_SEGMENT: usize = 16 << 20;

/// Lines of a list that wait in memory to be written and mapped: very many lists may be pulled at one time.
const FEW: usize = 16;

/// The same of a delivery of files, which is large, and one of two at a time: enough for every core.
const MANY: usize = 1_024;

/// Lines that one thread writes and maps at one time: part of a segment's text, so the same on every machine.
const PART: usize = 128;

/// Segments of one delivery whose rows are held while it is not known whether it is taken: some 14 MB each. Of those after
/// them only the compressed lines are, and they are mapped when they are stored.
const MAPPED: usize = 24;

/// A segment that is not on disk.
#[derive(Default)]
pub(super) struct Draft {
    pub(super) writer: Option<SegmentWriter>,
    /// Maps its lines.
    pub(super) intake: Option<Box<dyn SegmentIntake>>,
    /// Lines that are not written yet.
    lines: Vec<Line>,
    /// What it says of its keys, in the order of its lines.
    pub(super) rows: Vec<Landed>,
    /// Nothing more goes into it.
    pub(super) full: bool,
}

impl Draft {
    /// No line yet.
    pub(super) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Its lines, one after the other.
    pub(super) fn into_lines(self) -> impl Iterator<Item = Result<Line, PullError>> {
        let written = self.writer.into_iter().flat_map(SegmentWriter::into_lines);
        written.map(|line| line.map_err(|error| PullError::own(&error))).chain(self.lines.into_iter().map(Ok))
    }
}

/// See the module.
pub(super) struct Packing<'a> {
    ctx: &'a PullContext<'a>,
    header: SegmentHeader,
    draft: Draft,
    /// So many lines wait.
    together: usize,
    /// Looks at the lines of a statement.
    check: Option<Box<dyn StatementCheck + 'a>>,
    /// Lines that it was given.
    checked: usize,
}

impl<'a> Packing<'a> {
    pub(super) fn new(ctx: &'a PullContext<'a>, header: SegmentHeader) -> Packing<'a> {
        Packing { ctx, header, draft: Draft::default(), together: FEW, check: None, checked: 0 }
    }

    /// Lines will come by the thousand.
    pub(super) fn expect_many(&mut self) {
        self.together = MANY;
    }

    /// What is said of the segments.
    pub(super) fn header(&self) -> &SegmentHeader {
        &self.header
    }

    /// Takes a line; true when the segment is full.
    pub(super) fn push(&mut self, line: Line, row: Landed) -> Result<bool, PullError> {
        self.draft.rows.push(row);
        self.draft.lines.push(line);
        let most = self.ctx.config.settings.landing.segment_records;
        let full = self.draft.rows.len() >= most;
        if full || self.draft.lines.len() >= self.together {
            self.write()?;
        }
        Ok(full || self.draft.writer.as_ref().is_some_and(|writer| writer.bytes() >= LARGEST_SEGMENT))
    }

    /// No segment is begun.
    pub(super) fn is_empty(&self) -> bool {
        self.draft.is_empty()
    }

    /// Goes on with a segment that was begun elsewhere, in the place of none.
    pub(super) fn resume(&mut self, draft: Draft) {
        self.draft = draft;
    }

    /// The present segment with all its lines written; `None` when there is none.
    pub(super) fn close(&mut self) -> Result<Option<Draft>, PullError> {
        self.write()?;
        let draft = std::mem::take(&mut self.draft);
        Ok((!draft.is_empty()).then_some(draft))
    }

    /// Shows the lines that wait to what looks at a statement; they wait on.
    fn check_waiting(&mut self) {
        if let Some(check) = &mut self.check {
            let (_, read) = check.map(self.checked, &self.draft.lines);
            check.take(read);
        }
    }

    /// Writes and maps the lines that wait for it, on every core.
    fn write(&mut self) -> Result<(), PullError> {
        let lines = std::mem::take(&mut self.draft.lines);
        if lines.is_empty() {
            return Ok(());
        }
        let draft = &mut self.draft;
        let writer = if let Some(writer) = &mut draft.writer {
            writer
        } else {
            // Rows of a whole segment in memory are for a delivery; of very many lists they would be too many.
            draft.intake = if self.together == MANY { self.ctx.sink.begin(&self.header) } else { None };
            draft.writer.insert(SegmentWriter::new(self.ctx.data_dir, self.header.clone()))
        };
        if draft.intake.is_none() && self.check.is_none() {
            return info_span!(target: "timing", "land").in_scope(|| writer.push(&lines)).map_err(own);
        }
        let (intake, check, first) = (draft.intake.as_deref(), self.check.as_deref(), self.checked);
        self.checked += lines.len();
        // Each thread lets go of the lines that it is done with.
        let parts: Vec<(std::io::Result<LineBlock>, Option<MappedLines>, Option<ReadLines>)> = lines
            .into_par_iter()
            .chunks(PART)
            .enumerate()
            .map(|(at, part)| {
                let part = part.as_slice();
                let block = info_span!(target: "timing", "land").in_scope(|| LineBlock::of(part));
                let _maps = info_span!(target: "timing", "map").entered();
                match check {
                    Some(check) => {
                        let (mapped, read) = check.map(first + at * PART, part);
                        (block, Some(mapped), Some(read))
                    }
                    None => (block, intake.map(|intake| intake.map(part)), None),
                }
            })
            .collect();
        for (block, mapped, read) in parts {
            let block = block.map_err(LandingError::io("cannot write", self.ctx.data_dir)).map_err(own)?;
            writer.append(&block).map_err(own)?;
            if let (Some(intake), Some(mapped)) = (&mut draft.intake, mapped) {
                intake.take(mapped);
            }
            if let (Some(check), Some(read)) = (&mut self.check, read) {
                check.take(read);
            }
        }
        Ok(())
    }
}

/// The lines of a file as segments in memory, until it is known that the file is taken, and which of its lines are new.
pub(super) struct Spool<'a> {
    packing: Packing<'a>,
    full: Vec<Draft>,
}

impl<'a> Spool<'a> {
    /// A statement is looked at before anything of it is landed.
    pub(super) fn new(ctx: &'a PullContext<'a>, header: SegmentHeader, statement: bool) -> Spool<'a> {
        let check = if statement { ctx.sink.check(&header) } else { None };
        Spool { packing: Packing { together: MANY, check, ..Packing::new(ctx, header) }, full: Vec::new() }
    }

    /// Takes a line.
    pub(super) fn push(&mut self, line: Line) -> Result<(), PullError> {
        let row = Landed::of(&line);
        if self.packing.push(line, row)?
            && let Some(draft) = self.packing.close()?
        {
            let intake = draft.intake.filter(|_| self.full.len() < MAPPED);
            self.full.push(Draft { full: true, intake, ..draft });
        }
        Ok(())
    }

    /// What looked at all lines of a statement.
    pub(super) fn checked(&mut self) -> Option<Box<dyn StatementCheck + 'a>> {
        self.packing.check_waiting();
        self.packing.check.take()
    }

    /// The segments; the last may take more lines.
    pub(super) fn finish(self) -> Vec<Draft> {
        let mut drafts = self.full;
        drafts.extend(Some(self.packing.draft).filter(|draft| !draft.is_empty()));
        drafts
    }
}

#[expect(clippy::needless_pass_by_value, reason = "used with map_err")]
fn own(error: LandingError) -> PullError {
    PullError::own(&error)
}
