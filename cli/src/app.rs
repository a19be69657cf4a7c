//! What commands share: configuration, store, keys, and the path from pull to marts.

use crate::args::{Global, LangArg};
use crate::failure::Failure;
use crate::output::Printer;
use crate::progress::TerminalProgress;
use inflow_config::{Config, Lang, SharedClock};
use inflow_connectors::http::Http;
use inflow_connectors::identity::IdentityKeys;
use inflow_connectors::{NoProgress, PullContext};
use inflow_pipeline::Pipeline;
use inflow_store::{Store, StoreOptions};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

/// Default data folder.
const DATA_DIR: &str = "inflow-data";

/// One invocation.
#[derive(Debug, Clone)]
pub struct App {
    /// Where words go.
    pub printer: Printer,
    /// Settings file.
    pub config_file: PathBuf,
    /// Data folder, when given.
    pub data_dir: Option<PathBuf>,
}

/// Configuration, store and keys of a command that works on data.
#[derive(Debug)]
pub struct Opened {
    /// The configuration.
    pub config: Arc<Config>,
    /// The store.
    pub store: Store,
    /// The clock of the configuration.
    pub clock: SharedClock,
    /// The data folder.
    pub data_dir: PathBuf,
}

impl App {
    /// From the options.
    pub fn new(global: &Global) -> Self {
        let lang = global.lang.map(|lang| match lang {
            LangArg::Zh => Lang::Zh,
            LangArg::En => Lang::En,
        });
        Self {
            printer: Printer::new(lang, global.quiet, global.no_color),
            config_file: global.config.clone(),
            data_dir: global.data_dir.clone(),
        }
    }

    /// The data folder.
    pub fn data_dir(&self) -> PathBuf {
        self.data_dir.clone().unwrap_or_else(|| PathBuf::from(DATA_DIR))
    }

    /// Loads and checks the configuration, connectors' needs included.
    pub fn config(&self) -> Result<Arc<Config>, Failure> {
        if !self.config_file.exists() {
            return Err(Failure::user(
                format!("there is no {}", self.config_file.display()),
                "`inflow init` writes one to start from, `inflow demo` needs none, --config FILE names another",
            ));
        }
        own_specs(&self.config_file)?;
        let config = Config::load(&self.config_file, &inflow_config::process_env)?;
        let problems =
            config.connections.iter().flat_map(|connection| inflow_connectors::check_connection(&config, connection)).collect::<Vec<_>>();
        if !problems.is_empty() {
            return Err(inflow_config::ConfigError { problems }.into());
        }
        Ok(Arc::new(config))
    }

    /// Opens the store as the one process that writes.
    pub async fn open(&self) -> Result<Opened, Failure> {
        self.open_serving(None).await
    }

    /// The same, with the ClickHouse endpoint on a fixed address.
    pub async fn open_serving(&self, clickhouse: Option<SocketAddr>) -> Result<Opened, Failure> {
        let config = self.config()?;
        let options = self.options(&config, clickhouse)?;
        let (clock, data_dir) = (Arc::clone(&options.clock), options.data_dir.clone());
        let store = Store::open(options).await?;
        Ok(Opened { config, store, clock, data_dir })
    }

    /// Opens the store for reading: through the process that holds the folder, if there is one.
    pub async fn attach(&self) -> Result<Opened, Failure> {
        let config = self.config()?;
        let options = self.options(&config, None)?;
        let (clock, data_dir) = (Arc::clone(&options.clock), options.data_dir.clone());
        let store = Store::attach(options).await?;
        Ok(Opened { config, store, clock, data_dir })
    }

    fn options(&self, config: &Config, clickhouse: Option<SocketAddr>) -> Result<StoreOptions, Failure> {
        let secret = config.settings.serve.reader_password.as_ref();
        let reader_password = secret.map(|secret| secret.read(&config.dir)).transpose().map_err(|error| Failure::explain(&error))?;
        Ok(StoreOptions {
            reader_password,
            config_dir: config.dir.clone(),
            settings: config.settings.store.clone(),
            serve_clickhouse: clickhouse,
            behind_proxy: config.settings.serve.behind_proxy,
            clock: config.clock(),
            progress: Arc::new(TerminalProgress::new(self.printer)),
            ..StoreOptions::new(self.data_dir())
        })
    }
}

impl Opened {
    /// The keys that identity is hashed with; made on first use.
    pub fn keys(&self) -> Result<IdentityKeys, Failure> {
        IdentityKeys::load_or_create(&self.config).map_err(|error| Failure::explain(&error))
    }

    /// Links candidates and recomputes all marts.
    pub async fn analyse(&self, jobs: &[String]) -> Result<(), Failure> {
        inflow_pipeline::link::relink(&self.store, inflow_store::DERIVED_DATABASE).await?;
        inflow_analytics::analyze(&self.store, &self.config, &self.clock, jobs).await?;
        Ok(())
    }
}

/// What a pull works with beside the store; made once for all connections, since budgets are shared through it.
pub struct Pulling {
    keys: IdentityKeys,
    sink: Pipeline,
    http: Http,
    /// Ends pulls between two requests.
    pub shutdown: CancellationToken,
}

impl Pulling {
    /// Makes or reads the identity keys.
    pub fn new(opened: &Opened) -> Result<Self, Failure> {
        Ok(Self {
            keys: opened.keys()?,
            sink: Pipeline::live(opened.store.clone(), Arc::clone(&opened.config), Arc::clone(&opened.clock)),
            http: Http::new(Arc::clone(&opened.clock)).map_err(|error| Failure::explain(&error))?,
            shutdown: CancellationToken::new(),
        })
    }

    /// What the connector engine is handed.
    pub fn context<'a>(&'a self, opened: &'a Opened) -> PullContext<'a> {
        PullContext {
            state: &opened.store,
            config: &opened.config,
            clock: Arc::clone(&opened.clock),
            keys: &self.keys,
            data_dir: &opened.data_dir,
            sink: &self.sink,
            http: &self.http,
            shutdown: self.shutdown.clone(),
            progress: &NoProgress,
        }
    }
}

/// Makes the company's own specs known: `connectors/*.toml` beside the settings file.
pub fn own_specs(config_file: &Path) -> Result<(), Failure> {
    let folder = config_file.parent().unwrap_or(Path::new("")).join("connectors");
    inflow_connectors::spec::load_own(&folder).map(|_| ()).map_err(|errors| Failure {
        messages: errors
            .iter()
            .flat_map(|error| error.problems.iter().map(|problem| format!("{}: {problem}", error.file)))
            .map(|message| (message, Some("docs/connectors.md explains the words of a spec".to_owned())))
            .collect(),
        code: crate::failure::exit::USER,
    })
}

/// A path as the person would type it.
pub fn shown(path: &Path) -> String {
    path.display().to_string()
}
