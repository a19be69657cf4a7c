//! How a store is opened.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use inflow_config::{SharedClock, StoreSettings, SystemClock};
use secrecy::SecretString;

use crate::endpoint::WriteOut;
use crate::progress::{Progress, Silent};

/// What a store is opened with. Start from [`StoreOptions::new`] and set what differs.
#[derive(Debug, Clone)]
pub struct StoreOptions {
    /// Folder of everything that is kept.
    pub data_dir: PathBuf,
    /// Folder against which `file:` secrets are resolved: that of the config file.
    pub config_dir: PathBuf,
    /// `[store]` of the configuration.
    pub settings: StoreSettings,
    /// Address of the ClickHouse endpoint; `None`: a free port on loopback.
    pub serve_clickhouse: Option<SocketAddr>,
    /// Password of the user `reader`; `None`: none is needed, and only loopback is served.
    pub reader_password: Option<SecretString>,
    /// Whether a proxy that speaks TLS stands in front: hosts other than loopback are let in.
    pub behind_proxy: bool,
    /// The clock of what the store writes by itself.
    pub clock: SharedClock,
    /// Writes views out where a reader's statement calls them; `None`: the views themselves are read.
    pub write_out: Option<WriteOut>,
    /// Told of the engine's download.
    pub progress: Arc<dyn Progress>,
}

impl StoreOptions {
    /// The defaults for a data folder: embedded engine, free port on loopback, system clock, silent.
    pub fn new(data_dir: impl Into<PathBuf>) -> Self {
        StoreOptions {
            data_dir: data_dir.into(),
            config_dir: PathBuf::from("."),
            settings: StoreSettings::default(),
            serve_clickhouse: None,
            reader_password: None,
            behind_proxy: false,
            clock: Arc::new(SystemClock),
            write_out: None,
            progress: Arc::new(Silent),
        }
    }
}
