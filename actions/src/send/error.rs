//! Why a message did not arrive.

use std::time::Duration;

use inflow_config::Explain;

/// Why a message did not arrive, or why that is not known. No address, key or text of a message is in it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct SendError {
    /// What happened, in lower case.
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
    /// Whether trying again can help without anybody doing anything.
    pub transient: bool,
    /// How long the receiver asks to be left alone.
    pub after: Option<Duration>,
}

impl SendError {
    /// It may work later.
    pub fn later(message: impl Into<String>) -> Self {
        Self { message: message.into(), hint: None, transient: true, after: None }
    }

    /// Somebody must change something first.
    pub fn refused(message: impl Into<String>) -> Self {
        Self { message: message.into(), hint: None, transient: false, after: None }
    }

    /// With what to do.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

impl Explain for SendError {
    fn hint(&self) -> Option<String> {
        self.hint.clone()
    }
}
