//! What went wrong, in one sentence, with a hint and the exit code.

use crate::output::Printer;
use inflow_config::{ConfigError, Explain};

/// Exit codes of the design.
pub mod exit {
    /// The person can fix it.
    pub const USER: u8 = 1;
    /// Ours.
    pub const OURS: u8 = 2;
    /// Done, with some connections failed.
    pub const PARTLY: u8 = 3;
    /// Ended by Ctrl-C before it was done, as shells say it.
    pub const STOPPED: u8 = 130;
}

/// An error on its way to the person.
#[derive(Debug, Default)]
pub struct Failure {
    /// One clear sentence for each thing that is wrong.
    pub messages: Vec<(String, Option<String>)>,
    /// Exit code.
    pub code: u8,
    /// Another process holds the data folder.
    pub held: bool,
}

impl Failure {
    /// Something the person can fix.
    pub fn user(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { messages: vec![(message.into(), Some(hint.into()))], code: exit::USER, ..Self::default() }
    }

    /// A fault of ours.
    pub fn ours(message: impl std::fmt::Display) -> Self {
        Self {
            messages: vec![(message.to_string(), Some("this should not happen; run again with --log debug and report it".to_owned()))],
            code: exit::OURS,
            ..Self::default()
        }
    }

    /// Ended before it was done, because somebody asked for it.
    pub fn stopped() -> Self {
        Self {
            messages: vec![("stopped before it was done".to_owned(), Some("nothing is half done; run it again".to_owned()))],
            code: exit::STOPPED,
            ..Self::default()
        }
    }

    /// Says it, a sentence and a hint for each thing that is wrong.
    pub fn say(&self, printer: &Printer) {
        for (message, hint) in &self.messages {
            printer.error(message, hint.as_deref());
        }
    }

    /// From an error that explains itself.
    pub fn explain(error: &impl Explain) -> Self {
        Self { messages: vec![(error.to_string(), error.hint())], code: error.exit_code(), ..Self::default() }
    }
}

impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Self {
        let messages = error.problems.iter().map(plain).collect();
        Self { messages, code: exit::USER, ..Self::default() }
    }
}

/// The sentence and the hint apart: a problem's own text holds both.
fn plain(problem: &inflow_config::Problem) -> (String, Option<String>) {
    let sentence = inflow_config::Problem { hint: None, ..problem.clone() };
    (sentence.to_string(), problem.hint.clone())
}

impl From<inflow_store::StoreError> for Failure {
    fn from(error: inflow_store::StoreError) -> Self {
        Self { held: matches!(error, inflow_store::StoreError::Held { .. }), ..Self::explain(&error) }
    }
}

impl From<inflow_pipeline::PipelineError> for Failure {
    fn from(error: inflow_pipeline::PipelineError) -> Self {
        Self::explain(&error)
    }
}

impl From<inflow_analytics::AnalyticsError> for Failure {
    fn from(error: inflow_analytics::AnalyticsError) -> Self {
        Self::explain(&error)
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        Self { messages: vec![(error.to_string(), None)], code: exit::USER, ..Self::default() }
    }
}
