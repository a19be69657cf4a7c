//! What can go wrong when boards are served or a world is written down.

use std::path::PathBuf;

use inflow_config::Explain;

/// Why the simulator could not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum SimulatorError {
    /// No loopback port could be opened.
    #[error("cannot listen on the loopback address")]
    Listen(#[source] std::io::Error),
    /// A recording could not be read.
    #[error("cannot read the recording {}", path.display())]
    Read {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// A recording is not JSON, or not in a shape that can be played.
    #[error("{} is not a recording: {reason}", path.display())]
    NotARecording {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// A file of the written world could not be made.
    #[error("cannot write {}", path.display())]
    Write {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// The server has no board of this name.
    #[error("no board named `{0}` is served")]
    UnknownBoard(String),
}

impl Explain for SimulatorError {
    fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Listen(_) => "is loopback networking available to this process?",
            Self::Read { .. } => "check the path and its permissions",
            Self::NotARecording { .. } => "expected a JSON payload or {\"get\": {\"/path\": {\"response\": ..}}}",
            Self::Write { .. } => "is the folder writable, and is there space on the disk?",
            Self::UnknownBoard(_) => "boards are named when the server is started",
        };
        Some(hint.to_owned())
    }

    fn exit_code(&self) -> u8 {
        match self {
            Self::UnknownBoard(_) => 2,
            _ => 1,
        }
    }
}
