//! Errors of the store.

use std::path::PathBuf;

use inflow_config::Explain;
use url::Url;

/// What can go wrong with the store. Each says where, and [`Explain::hint`] says what to do.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Another process has the data folder.
    #[error("the data folder {} is held by another inflow process{}", folder.display(), holder(*pid))]
    Held {
        /// The data folder.
        folder: PathBuf,
        /// Process id of the holder, when it said so.
        pid: Option<u32>,
        /// Its endpoint, when it said so.
        url: Option<Url>,
    },
    /// A write was asked of a process that reads through another one's endpoint.
    #[error("this command writes, and the data folder {} is held by another inflow process{}", folder.display(), holder(*pid))]
    ReadOnly {
        /// The data folder.
        folder: PathBuf,
        /// Process id of the holder.
        pid: Option<u32>,
    },
    /// The engine is not there, cannot be fetched or cannot be used.
    #[error(transparent)]
    Engine(#[from] crate::engine::EngineError),
    /// ClickHouse refused a statement or failed in it.
    #[error("ClickHouse refused {what}: {message}")]
    Query {
        /// What was being done, in a few words.
        what: String,
        /// ClickHouse's error code; 0 when it gave none.
        code: u32,
        /// ClickHouse's message.
        message: String,
    },
    /// The endpoint or server cannot be reached, or the connection broke.
    #[error("cannot reach ClickHouse at {url}: {message}")]
    Network {
        /// Address.
        url: Url,
        /// What the connection said.
        message: String,
    },
    /// A result that is not what was asked for.
    #[error("ClickHouse answered {what} with something unreadable: {message}")]
    Answer {
        /// What was being done.
        what: String,
        /// What is wrong with it.
        message: String,
    },
    /// A migration that was run before has since been changed.
    #[error("migration {name} of database {database} was changed after it had been run")]
    Migration {
        /// Database.
        database: String,
        /// Name of the migration.
        name: String,
    },
    /// The data folder was written by a newer program.
    #[error("database {database} has migration {name}, which this program does not know")]
    Newer {
        /// Database.
        database: String,
        /// Name of the migration.
        name: String,
    },
    /// A file of the data folder.
    #[error("cannot {action} {}: {source}", path.display())]
    File {
        /// What was being done, e.g. `read`.
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The address of the endpoint is taken or not allowed.
    #[error("cannot serve the ClickHouse endpoint on {address}: {message}")]
    Address {
        /// Address asked for.
        address: std::net::SocketAddr,
        /// Why not.
        message: String,
    },
    /// A password of the settings.
    #[error(transparent)]
    Secret(#[from] inflow_config::SecretError),
    /// A name that cannot be the name of a table, column or database.
    #[error("{name:?} is not a name of a table, column or database")]
    Name {
        /// The name.
        name: String,
    },
}

fn holder(pid: Option<u32>) -> String {
    pid.map_or_else(String::new, |pid| format!(" (process {pid})"))
}

impl StoreError {
    /// ClickHouse's error code, when it was ClickHouse that failed.
    pub fn code(&self) -> Option<u32> {
        match self {
            StoreError::Query { code, .. } => Some(*code),
            _ => None,
        }
    }

    pub(crate) fn file(action: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> StoreError {
        let path = path.into();
        move |source| StoreError::File { action, path, source }
    }
}

impl Explain for StoreError {
    fn hint(&self) -> Option<String> {
        match self {
            StoreError::Held { url, .. } => Some(match url {
                Some(url) => format!("stop it first, or read through it at {url}"),
                None => "stop it first, or give another folder with --data-dir".to_owned(),
            }),
            StoreError::ReadOnly { .. } => Some("stop that process first; reading works beside it".to_owned()),
            StoreError::Engine(error) => error.hint(),
            StoreError::Secret(error) => error.hint(),
            StoreError::Network { .. } => Some("check store.url in inflow.toml and that the server is up".to_owned()),
            StoreError::Migration { .. } => {
                Some("go back to the release that wrote this folder; a changed table needs a new migration".to_owned())
            }
            StoreError::Newer { .. } => Some("use the newer release of inflow that wrote this folder".to_owned()),
            StoreError::Address { .. } => Some("set serve.clickhouse in inflow.toml to a free address".to_owned()),
            StoreError::File { .. } => Some("check that the folder exists and belongs to you".to_owned()),
            StoreError::Query { code: 241, .. } => Some("raise store.max_memory in inflow.toml, or ask for less".to_owned()),
            StoreError::Query { code: 159, .. } => Some("narrow the dates or the rows that the query reads".to_owned()),
            StoreError::Query { code: 164 | 497, .. } => Some(
                "reading is limited to SELECT, SHOW, DESCRIBE and EXPLAIN on inflow and inflow_state; `inflow query --write` is not"
                    .to_owned(),
            ),
            StoreError::Query { .. } | StoreError::Answer { .. } | StoreError::Name { .. } => None,
        }
    }

    fn exit_code(&self) -> u8 {
        match self {
            StoreError::Engine(error) => error.exit_code(),
            StoreError::Secret(error) => error.exit_code(),
            StoreError::Answer { .. } | StoreError::Name { .. } => 2,
            _ => 1,
        }
    }
}
