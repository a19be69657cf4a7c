//! Progress of long steps: a bar on a terminal, one line otherwise.

use crate::output::Printer;
use indicatif::{ProgressBar, ProgressStyle};
use std::sync::Mutex;

/// Shows the engine's download.
#[derive(Debug)]
pub struct TerminalProgress {
    printer: Printer,
    bar: Mutex<Option<ProgressBar>>,
}

impl TerminalProgress {
    /// Speaks through this printer.
    pub fn new(printer: Printer) -> Self {
        Self { printer, bar: Mutex::new(None) }
    }
}

impl inflow_store::Progress for TerminalProgress {
    fn begin(&self, what: &str, total: u64) {
        if self.printer.progress() {
            let bar = ProgressBar::new(total);
            if let Ok(style) = ProgressStyle::with_template("{msg} {bar:30} {bytes}/{total_bytes}") {
                bar.set_style(style);
            }
            bar.set_message(what.to_owned());
            if let Ok(mut slot) = self.bar.lock() {
                *slot = Some(bar);
            }
        } else {
            let line = format!("{what} ({} MB)", total / 1_000_000);
            self.printer.note(&line, &line);
        }
    }

    fn advance(&self, done: u64) {
        if let Ok(slot) = self.bar.lock()
            && let Some(bar) = slot.as_ref()
        {
            bar.set_position(done);
        }
    }

    fn end(&self) {
        if let Ok(mut slot) = self.bar.lock()
            && let Some(bar) = slot.take()
        {
            bar.finish_and_clear();
        }
    }
}
