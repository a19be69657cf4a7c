//! Telling a person how far a long step is.

use std::fmt;
use std::sync::Mutex;

use indicatif::{ProgressBar, ProgressStyle};

/// Is told of a step that takes a while, in bytes.
pub trait Progress: Send + Sync + fmt::Debug {
    /// A step begins. `total` is its size in bytes; 0 when unknown.
    fn begin(&self, what: &str, total: u64);
    /// So many bytes are done.
    fn advance(&self, done: u64);
    /// The step is over, well or not.
    fn end(&self);
}

/// Tells nobody.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silent;

impl Progress for Silent {
    fn begin(&self, _: &str, _: u64) {}
    fn advance(&self, _: u64) {}
    fn end(&self) {}
}

/// A bar on standard error; one log line a step where that is no terminal.
#[derive(Debug, Default)]
pub struct Bar(Mutex<Option<ProgressBar>>);

impl Bar {
    /// A bar that is not drawn yet.
    pub fn new() -> Self {
        Self::default()
    }

    fn with(&self, act: impl FnOnce(&mut Option<ProgressBar>)) {
        // A poisoned bar is still only a bar.
        act(&mut self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner));
    }
}

impl Progress for Bar {
    fn begin(&self, what: &str, total: u64) {
        let bar = if total == 0 { ProgressBar::new_spinner() } else { ProgressBar::new(total) };
        if bar.is_hidden() {
            tracing::info!(bytes = total, "{what}");
        }
        let template = "{msg} {wide_bar} {bytes}/{total_bytes} {eta}";
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        bar.set_message(what.to_owned());
        self.with(|current| *current = Some(bar));
    }

    fn advance(&self, done: u64) {
        self.with(|current| {
            if let Some(bar) = current {
                bar.set_position(done);
            }
        });
    }

    fn end(&self) {
        self.with(|current| {
            if let Some(bar) = current.take() {
                bar.finish_and_clear();
            }
        });
    }
}
