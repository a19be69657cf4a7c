//! What can stop a pull: one sentence that names the place, a class, and what to do about it.

use inflow_config::{Explain, Lang};

/// Class of a pull's error, as stored in `runs` and `connection_health`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PullErrorKind {
    /// No answer: name not found, refused, timed out, broken off.
    Unreachable,
    /// The credential was not accepted.
    Unauthorised,
    /// The board says that its limit is used up.
    RateLimited,
    /// Our own budget is used up, as it should be: the board was not asked.
    BudgetUsedUp,
    /// The board answered that it failed (5xx).
    ServerError,
    /// An answer that cannot be understood: not JSON, cut off, too large, a refusal inside status 200.
    BadResponse,
    /// JSON, but not of the shape that the spec knows.
    ChangedShape,
    /// A file that cannot be read.
    File,
    /// The connection, spec or mapping is wrong.
    Configuration,
    /// Our own disk or store failed.
    Store,
}

impl PullErrorKind {
    /// The word stored.
    pub fn as_str(self) -> &'static str {
        match self {
            PullErrorKind::Unreachable => "unreachable",
            PullErrorKind::Unauthorised => "unauthorised",
            PullErrorKind::RateLimited => "rate_limited",
            PullErrorKind::BudgetUsedUp => "budget_used_up",
            PullErrorKind::ServerError => "server_error",
            PullErrorKind::BadResponse => "bad_response",
            PullErrorKind::ChangedShape => "changed_shape",
            PullErrorKind::File => "file",
            PullErrorKind::Configuration => "configuration",
            PullErrorKind::Store => "store",
        }
    }
}

/// Why a pull stopped.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {message}")]
pub struct PullError {
    /// Its class.
    pub kind: PullErrorKind,
    /// Connection, and stream or file where there is one.
    pub place: String,
    /// What happened.
    pub message: String,
    /// What to do.
    pub hint: Option<String>,
    /// HTTP status behind it, where there is one.
    pub status: Option<u16>,
    /// Message and hint in Chinese, where a person's own file is wrong.
    pub chinese: Option<Box<(String, String)>>,
}

impl PullError {
    /// An error without a place; the engine adds it.
    pub fn new(kind: PullErrorKind, message: impl Into<String>) -> PullError {
        PullError { kind, place: String::new(), message: message.into(), hint: None, status: None, chinese: None }
    }

    /// With the HTTP status behind it.
    #[must_use]
    pub fn with_status(mut self, status: u16) -> PullError {
        self.status = Some(status);
        self
    }

    /// With a hint.
    #[must_use]
    pub fn with_hint(mut self, hint: impl Into<String>) -> PullError {
        self.hint = Some(hint.into());
        self
    }

    /// With message and hint in Chinese.
    #[must_use]
    pub fn with_chinese(mut self, message: impl Into<String>, hint: impl Into<String>) -> PullError {
        self.chinese = Some(Box::new((message.into(), hint.into())));
        self
    }

    /// Place and message, and the hint, in a person's language as far as there are words in it.
    pub fn said(&self, lang: Lang) -> (String, Option<String>) {
        match (&self.chinese, lang) {
            (Some(chinese), Lang::Zh) => (format!("{}: {}", self.place, chinese.0), Some(chinese.1.clone())),
            _ => (self.to_string(), self.hint.clone()),
        }
    }

    /// At a place, unless it has one.
    #[must_use]
    pub fn at(mut self, place: impl std::fmt::Display) -> PullError {
        if self.place.is_empty() {
            self.place = place.to_string();
        }
        self
    }

    /// An error of our own disk or store.
    pub fn own(error: &dyn Explain) -> PullError {
        PullError { hint: error.hint(), ..PullError::new(PullErrorKind::Store, error.to_string()) }
    }
}

impl Explain for PullError {
    fn hint(&self) -> Option<String> {
        self.hint.clone()
    }

    fn exit_code(&self) -> u8 {
        if self.kind == PullErrorKind::Store { 2 } else { 1 }
    }
}
