//! What commands share: configuration, store, keys, and the path from pull to marts.

use crate::args::{Global, LangArg};
use crate::failure::Failure;
use crate::host::{Feeding, Host, TurnedSink};
use crate::output::Printer;
use crate::progress::TerminalProgress;
use inflow_config::{Config, Connection, Lang, SharedClock};
use inflow_connectors::http::{Http, HttpOptions};
use inflow_connectors::identity::IdentityKeys;
use inflow_connectors::{NoProgress, PullContext, PullOutcome};
use inflow_pipeline::changes::Scope;
use inflow_pipeline::{Pipeline, PipelineError};
use inflow_store::{Store, StoreOptions};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;
use tokio_util::sync::CancellationToken;
use tracing::{Instrument, info_span};

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
    /// Cancelled when the command is to end early.
    pub stop: CancellationToken,
    /// Set when the command runs as a job in the process that holds the folder.
    pub job: Option<Arc<Job>>,
}

/// What a job gets from the process that it runs in, and from the one that asked.
#[derive(Debug)]
pub struct Job {
    /// The store that is held.
    pub store: Store,
    /// What all in this process share.
    pub host: Arc<Host>,
    /// `INFLOW__..` variables of the process that asked.
    pub overrides: Vec<(String, String)>,
}

/// Configuration, store and keys of a command that works on data.
#[derive(Debug, Clone)]
pub struct Opened {
    /// The configuration.
    pub config: Arc<Config>,
    /// The store.
    pub store: Store,
    /// The clock of the configuration.
    pub clock: SharedClock,
    /// The data folder.
    pub data_dir: PathBuf,
    /// What everything in this process shares.
    pub host: Arc<Host>,
    borrowed: bool,
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
            stop: CancellationToken::new(),
            job: None,
        }
    }

    /// The data folder.
    pub fn data_dir(&self) -> PathBuf {
        self.data_dir.clone().unwrap_or_else(|| PathBuf::from(DATA_DIR))
    }

    /// Loads and checks the configuration, what connectors need and alerts watch included.
    pub fn config(&self) -> Result<Arc<Config>, Failure> {
        if !self.config_file.exists() {
            return Err(Failure::user(
                format!("there is no {}", self.config_file.display()),
                "`inflow init` writes one to start from, `inflow demo` needs none, --config FILE names another",
            ));
        }
        own_specs(&self.config_file)?;
        let config = match &self.job {
            Some(job) => Config::load(&self.config_file, &|| job.overrides.clone())?,
            None => Config::load(&self.config_file, &inflow_config::process_env)?,
        };
        let connections = config.connections.iter().flat_map(|connection| inflow_connectors::check_connection(&config, connection));
        let problems = connections.chain(inflow_analytics::check_alerts(&config)).chain(inflow_actions::repost::carry::check(&config));
        let problems = problems.collect::<Vec<_>>();
        if !problems.is_empty() {
            return Err(inflow_config::ConfigError { problems }.into());
        }
        Ok(Arc::new(config))
    }

    /// Opens the store as the one process that writes; in a job, the store that is held. [`Opened::close`] it.
    pub async fn open(&self) -> Result<Opened, Failure> {
        self.open_serving(None).await
    }

    /// The same, with the ClickHouse endpoint on a fixed address.
    pub async fn open_serving(&self, clickhouse: Option<SocketAddr>) -> Result<Opened, Failure> {
        let config = self.config()?;
        if let Some(job) = &self.job {
            let (clock, data_dir) = (config.clock(), job.store.data_dir().to_owned());
            return Ok(Opened { config, store: job.store.clone(), clock, data_dir, host: Arc::clone(&job.host), borrowed: true });
        }
        let options = self.options(&config, clickhouse)?;
        let (clock, data_dir) = (Arc::clone(&options.clock), options.data_dir.clone());
        let store = Store::open(options).instrument(info_span!(target: "timing", "open")).await?;
        Ok(Opened { config, store, clock, data_dir, host: Arc::default(), borrowed: false })
    }

    /// The work's result, unless the command is to end before it is done: the work is dropped then, where it stands.
    pub async fn unless_stopped<T>(&self, work: impl Future<Output = T>) -> Result<T, Failure> {
        tokio::select! {
            biased;
            () = self.stop.cancelled() => Err(Failure::stopped()),
            done = work => Ok(done),
        }
    }

    /// Opens the store for reading: through the process that holds the folder, if there is one.
    pub async fn attach(&self) -> Result<Opened, Failure> {
        let config = self.config()?;
        let options = self.options(&config, None)?;
        let (clock, data_dir) = (Arc::clone(&options.clock), options.data_dir.clone());
        let store = Store::attach(options).instrument(info_span!(target: "timing", "open")).await?;
        Ok(Opened { config, store, clock, data_dir, host: Arc::default(), borrowed: false })
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
            write_out: Some(inflow_analytics::written_out),
            progress: Arc::new(TerminalProgress::new(self.printer.clone())),
            ..StoreOptions::new(self.data_dir())
        })
    }
}

impl Opened {
    /// The keys that identity is hashed with; made on first use.
    pub fn keys(&self) -> Result<IdentityKeys, Failure> {
        IdentityKeys::load_or_create(&self.config).map_err(|error| Failure::explain(&error))
    }

    /// Links candidates and applications, clusters postings and recomputes marts: all, or those named. Who asks for all while an analysis runs shares the next
    /// one. Not to be called by who holds a pass of the gate.
    pub async fn analyse(&self, jobs: &[String]) -> Result<(), Failure> {
        let all = async || {
            let _nothing_exchanged = self.host.gate.read().await;
            Box::pin(self.timed(async { self.analyse_all(&self.inputs()?).await })).await
        };
        let some = async || {
            let _nothing_exchanged = self.host.gate.read().await;
            self.store.begin_analysis().await?;
            Box::pin(self.timed(self.link_and_recompute(&Scope::All, jobs))).await
        };
        if jobs.is_empty() { self.host.analyses.shared(all).await } else { self.host.analyses.own(some).await }
    }

    /// The same after a pull, an import or a restart: only what is new since the last analysis is looked at, and what depends on the clock.
    pub async fn analyse_changes(&self) -> Result<(), Failure> {
        let analysis = async || {
            let _nothing_exchanged = self.host.gate.read().await;
            Box::pin(self.timed(self.analyse_news())).await
        };
        self.host.analyses.shared(analysis).await
    }

    async fn analyse_news(&self) -> Result<(), Failure> {
        let inputs = self.inputs()?;
        match Scope::of(self.store.standing(&inputs).await?) {
            Scope::All => self.analyse_all(&inputs).await,
            Scope::Changed(new) if new.is_empty() => {
                let jobs: Vec<String> = inflow_analytics::jobs_of_the_clock().into_iter().map(str::to_owned).collect();
                let nothing = inflow_analytics::Scope::Changed(Vec::new());
                let marts = inflow_analytics::analyze(&self.store, &self.config, &self.clock, &jobs, &nothing);
                Ok(marts.instrument(info_span!(target: "timing", "marts")).await?)
            }
            Scope::Changed(new) => {
                tracing::debug!(segments = new.len(), "looking at what changed");
                self.store.begin_analysis().await?;
                self.link_and_recompute(&Scope::Changed(new.clone()), &[]).await?;
                Ok(self.store.end_analysis(&inputs, &new, false).await?)
            }
        }
    }

    /// Notes what an analysis took, for `/metrics`.
    async fn timed(&self, analysis: impl Future<Output = Result<(), Failure>>) -> Result<(), Failure> {
        let begun = Instant::now();
        let done = Box::pin(analysis).await;
        self.store.note_analysis(begun.elapsed(), done.is_ok());
        done
    }

    /// Runs `work` while nobody analyses, replays or erases. Not to be called by who holds a pass of the gate.
    pub async fn undisturbed<T>(&self, work: impl AsyncFnOnce() -> T) -> T {
        let work = async || {
            let _nothing_exchanged = self.host.gate.read().await;
            work().await
        };
        self.host.analyses.own(work).await
    }

    async fn analyse_all(&self, inputs: &str) -> Result<(), Failure> {
        // What is stored while this runs is looked at by the next one.
        let seen = self.store.readings().await?;
        self.store.begin_analysis().await?;
        self.link_and_recompute(&Scope::All, &[]).await?;
        Ok(self.store.end_analysis(inputs, &seen, true).await?)
    }

    async fn link_and_recompute(&self, scope: &Scope, jobs: &[String]) -> Result<(), Failure> {
        let links = inflow_pipeline::link::relink(&self.store, &self.config, inflow_store::DERIVED_DATABASE, scope);
        links.instrument(info_span!(target: "timing", "link")).await?;
        let clusters = inflow_pipeline::cluster::recluster(&self.store, &self.config, inflow_store::DERIVED_DATABASE, scope);
        clusters.instrument(info_span!(target: "timing", "cluster")).await?;
        let cases = match scope {
            Scope::All => inflow_analytics::Scope::All,
            Scope::Changed(new) => inflow_analytics::Scope::Changed(new.clone()),
        };
        let marts = inflow_analytics::analyze(&self.store, &self.config, &self.clock, jobs, &cases);
        marts.instrument(info_span!(target: "timing", "marts")).await?;
        Ok(())
    }

    /// A hash of all that an analysis depends on beside the clock and what is stored: configuration, decisions, and this program.
    fn inputs(&self) -> Result<String, Failure> {
        let decisions = inflow_pipeline::decisions::Decisions::load(&self.config.dir).map_err(PipelineError::from)?;
        let program = std::env::current_exe().and_then(std::fs::metadata).map(|meta| (meta.len(), meta.modified().ok()));
        let inputs = format!("{:?} {decisions:?} {:?}", self.config, program.ok());
        Ok(format!("{:016x}", inflow_pipeline::version::content_hash(&[&inputs])))
    }

    /// Pulls one connection when nothing else feeds it, until `stop`. Interrupted by who needs the folder alone, it goes
    /// on afterwards.
    pub async fn pull(&self, pulling: &Pulling, connection: &Connection, stop: &CancellationToken) -> PullOutcome {
        let mut sum = PullOutcome { connection: connection.name.clone(), ..PullOutcome::default() };
        loop {
            let pass = tokio::select! {
                biased;
                () = stop.cancelled() => return PullOutcome { stopped: true, ..sum },
                pass = self.host.gate.feed(&connection.name, Feeding::Pull, stop, || self.clock.now()) => pass,
            };
            let part = inflow_connectors::pull(&pulling.context(self, &pass.stop), connection).await;
            drop(pass);
            let (stopped, error) = (part.stopped, part.error.clone());
            add(&mut sum, part);
            if !stopped || stop.is_cancelled() {
                return PullOutcome { stopped, error, ..sum };
            }
        }
    }

    /// Ends the store, unless it is another's.
    pub async fn close(self) {
        if !self.borrowed {
            self.host.close();
            self.store.shutdown().instrument(info_span!(target: "timing", "close")).await;
        }
    }
}

fn add(sum: &mut PullOutcome, part: PullOutcome) {
    sum.requests += part.requests;
    sum.fetched += part.fetched;
    sum.landed += part.landed;
    sum.rows += part.rows;
    sum.quarantined += part.quarantined;
    for (column, dropped) in part.dropped_columns {
        let known = sum.dropped_columns.entry(column).or_default();
        known.values += dropped.values;
        known.never_kept |= dropped.never_kept;
    }
}

/// What a pull works with beside the store; made once for all connections.
pub struct Pulling {
    keys: IdentityKeys,
    sink: TurnedSink,
    http: Arc<Http>,
}

impl Pulling {
    /// Makes or reads the identity keys.
    pub fn new(opened: &Opened) -> Result<Self, Failure> {
        let pipeline = Pipeline::live(opened.store.clone(), Arc::clone(&opened.config), Arc::clone(&opened.clock));
        let options = HttpOptions::of(&opened.config, Arc::clone(&opened.clock), Some(&opened.data_dir));
        Ok(Self {
            keys: opened.keys()?,
            sink: opened.host.sink(pipeline),
            http: opened.host.http(options).map_err(|error| Failure::explain(&error))?,
        })
    }

    /// What the connector engine is handed; `shutdown` ends it between two requests.
    pub fn context<'a>(&'a self, opened: &'a Opened, shutdown: &CancellationToken) -> PullContext<'a> {
        PullContext {
            state: &opened.store,
            config: &opened.config,
            clock: Arc::clone(&opened.clock),
            keys: &self.keys,
            data_dir: &opened.data_dir,
            sink: &self.sink,
            http: &self.http,
            shutdown: shutdown.clone(),
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
        ..Failure::default()
    })
}

/// A path as the person would type it.
pub fn shown(path: &Path) -> String {
    path.display().to_string()
}
