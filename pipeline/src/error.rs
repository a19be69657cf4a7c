//! What can go wrong between landing and store.

use crate::decisions::DecisionsError;
use inflow_config::Explain;
use inflow_connectors::landing::LandingError;
use inflow_store::{Store, StoreError};
use std::path::PathBuf;

/// An error of the pipeline.
#[derive(Debug, thiserror::Error)]
pub enum PipelineError {
    /// A segment cannot be read.
    #[error(transparent)]
    Landing(#[from] LandingError),
    /// The store refused.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The decisions file.
    #[error(transparent)]
    Decisions(#[from] DecisionsError),
    /// The mapping of a segment's stream cannot be found or read.
    #[error("segment {segment}: {reason}")]
    Mapping {
        /// The segment.
        segment: String,
        /// Why.
        reason: String,
    },
    /// The connection of a segment is not configured.
    #[error("segment {segment} belongs to connection {connection}, which is not configured")]
    NoConnection {
        /// The segment.
        segment: String,
        /// The connection.
        connection: String,
    },
    /// Nobody is meant by an erase request.
    #[error("{what} is unknown here")]
    NoPerson {
        /// What was asked for, without the identity itself.
        what: String,
    },
    /// An erase request that does not name a person.
    #[error("{given:?} is not {expected}")]
    BadTarget {
        /// What was given: a connection-qualified key, never an identity.
        given: String,
        /// What was expected.
        expected: &'static str,
    },
    /// No posting is meant, or several.
    #[error("{}", no_posting(id, like))]
    NoPosting {
        /// What was asked for.
        id: String,
        /// Keys of postings of this id, when there are several.
        like: Vec<String>,
    },
    /// What does not fit the memory cannot be put aside.
    #[error("{}: what does not fit the memory cannot be put aside there: {source}", .folder.display())]
    Aside {
        /// The data folder.
        folder: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A task of ours stopped.
    #[error("the pipeline stopped: {0}")]
    Stopped(String),
}

impl PipelineError {
    /// Of a file beside the data of a store.
    pub(crate) fn aside(store: &Store) -> impl Fn(std::io::Error) -> Self {
        let folder = store.data_dir().to_owned();
        move |source| Self::Aside { folder: folder.clone(), source }
    }
}

fn no_posting(id: &str, like: &[String]) -> String {
    if like.is_empty() { format!("there is no posting {id:?}") } else { format!("{id:?} is the id of several postings") }
}

impl Explain for PipelineError {
    fn hint(&self) -> Option<String> {
        match self {
            Self::Store(error) => error.hint(),
            Self::Landing(error) => error.hint(),
            Self::Decisions(error) => error.hint(),
            Self::Mapping { .. } => Some("`inflow validate` checks connections and their mapping files".to_owned()),
            Self::NoConnection { connection, .. } => {
                Some(format!("bring connections/{connection}.toml back (enabled = false is enough), or move its landing folder away"))
            }
            Self::NoPerson { .. } => {
                Some("nothing was changed; check the number or address, or give --candidate or --application CONNECTION:ID".to_owned())
            }
            Self::BadTarget { .. } => Some("for example --application lever_main:90bb80d6".to_owned()),
            Self::NoPosting { like, .. } if like.is_empty() => Some(
                "`inflow query \"SELECT connection, source_id, title FROM postings LIMIT 10\"` shows some; a key is connection/source_id"
                    .to_owned(),
            ),
            Self::NoPosting { like, .. } => Some(format!("give one of {}", like.join(", "))),
            Self::Aside { .. } => Some("the disk may be full: free some space, then run it again; nothing is lost".to_owned()),
            Self::Stopped(_) => None,
        }
    }

    fn exit_code(&self) -> u8 {
        match self {
            Self::Store(error) => error.exit_code(),
            Self::Landing(error) => error.exit_code(),
            Self::Stopped(_) => 2,
            _ => 1,
        }
    }
}
