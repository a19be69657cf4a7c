//! The store's handle: opening it, and SQL through it.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bytes::Bytes;
use futures::Stream;
use inflow_config::SharedClock;
use secrecy::ExposeSecret;
use serde_json::{Map, Value};
use tokio::task::JoinHandle;
use tokio_util::sync::{CancellationToken, DropGuard};
use url::Url;

use crate::client::{Connection, Param};
use crate::embedded::{Engine, Limits, server_config};
use crate::endpoint::{self, Access};
use crate::error::StoreError;
use crate::insert::Together;
use crate::lock::{self, FolderLock, Holder};
use crate::measures::Outcome;
use crate::migrations::{DERIVED, STATE, migrate};
use crate::options::StoreOptions;
use crate::random;
use crate::tokens::TokenRow;
use crate::{DERIVED_DATABASE, STATE_DATABASE, engine};

/// How long another process may take from its lock to its endpoint.
const HOLDER_STARTS: Duration = Duration::from_mins(1);
/// How long answers under way may take when the store shuts down.
const LAST_ANSWERS: Duration = Duration::from_secs(5);

/// As whom a statement runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum User {
    /// Reads and writes everything.
    Writer,
    /// Reads the store's databases, within limits.
    Reader,
}

/// The store: one ClickHouse, and the data folder that belongs to it. Clones are the same store.
#[derive(Debug, Clone)]
pub struct Store(pub(crate) Arc<Inner>);

#[derive(Debug)]
pub(crate) struct Inner {
    pub(crate) options: StoreOptions,
    pub(crate) writer: Connection,
    reader: Connection,
    holder: Option<Held>,
    other: Option<Holder>,
    /// The engine of this process; none in front of a server, or beside another process.
    pub(crate) engine: Option<Arc<Engine>>,
    /// The greatest version of any row of the state, once it is known.
    pub(crate) last_version: tokio::sync::Mutex<Option<u64>>,
    /// Small inserts that wait for each other.
    pub(crate) together: Together,
    /// Whether tables change places just now.
    pub(crate) exchanging: AtomicBool,
    /// Names this opening of the store.
    pub(crate) opened: String,
    /// The tokens, once they were read.
    pub(crate) tokens: tokio::sync::Mutex<Option<Arc<Vec<TokenRow>>>>,
    /// Who reads how a slot stands and then writes has it.
    pub(crate) deciding: tokio::sync::Mutex<()>,
}

/// What the process has that holds the folder.
#[derive(Debug)]
struct Held {
    lock: FolderLock,
    serving: std::sync::Mutex<Option<Serving>>,
}

#[derive(Debug)]
struct Serving {
    task: JoinHandle<std::io::Result<()>>,
    stop: DropGuard,
}

impl Store {
    /// Takes the data folder, finds or fetches the engine, serves the endpoint and migrates both databases.
    ///
    /// # Errors
    /// [`StoreError::Held`] when another process has the folder; see [`Store::attach`].
    pub async fn open(options: StoreOptions) -> Result<Store, StoreError> {
        match lock::take(&options.data_dir)? {
            Ok(lock) => Store::hold(options, lock).await,
            Err(holder) => Err(held(&options.data_dir, holder)),
        }
    }

    /// Reads through the process that holds the folder; opens it when nobody does.
    /// What writes is refused on a store that is not the [holder's](Store::is_holder).
    pub async fn attach(options: StoreOptions) -> Result<Store, StoreError> {
        let begun = tokio::time::Instant::now();
        loop {
            let holder = match lock::take(&options.data_dir)? {
                Ok(lock) => return Store::hold(options, lock).await,
                Err(holder) => holder,
            };
            if let Some(holder) = holder {
                let store = Store::beside(options.clone(), holder)?;
                match store.0.writer.execute("SELECT 1", &[], &[]).await {
                    Ok(()) => return Ok(store),
                    Err(StoreError::Network { .. } | StoreError::Query { code: 81, .. }) if begun.elapsed() < HOLDER_STARTS => {}
                    Err(error) => return Err(error),
                }
            } else if begun.elapsed() >= HOLDER_STARTS {
                return Err(held(&options.data_dir, None));
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    fn beside(options: StoreOptions, other: Holder) -> Result<Store, StoreError> {
        let (writer, reader) = connections(&options, &other)?;
        Ok(Store(Arc::new(Inner {
            options,
            writer,
            reader,
            holder: None,
            other: Some(other),
            engine: None,
            last_version: tokio::sync::Mutex::default(),
            together: Together::default(),
            exchanging: AtomicBool::new(false),
            opened: random::id(),
            tokens: tokio::sync::Mutex::default(),
            deciding: tokio::sync::Mutex::default(),
        })))
    }

    async fn hold(options: StoreOptions, mut lock: FolderLock) -> Result<Store, StoreError> {
        let (url, serving, engine) = if let Some(url) = &options.settings.url {
            (url.clone(), None, None)
        } else {
            let (url, serving, engine) = start(&options, &mut lock).await?;
            (url, Some(serving), Some(engine))
        };
        let me = Holder { pid: std::process::id(), url, server: serving.is_none() };
        let (writer, reader) = connections(&options, &me)?;
        let clock = &*options.clock;
        migrate(&writer, DERIVED_DATABASE, DERIVED, clock).await?;
        migrate(&writer, STATE_DATABASE, STATE, clock).await?;
        let held = Held { lock, serving: std::sync::Mutex::new(serving) };
        let store = Store(Arc::new(Inner {
            options,
            writer,
            reader,
            holder: Some(held),
            other: None,
            engine,
            last_version: tokio::sync::Mutex::default(),
            together: Together::default(),
            exchanging: AtomicBool::new(false),
            opened: random::id(),
            tokens: tokio::sync::Mutex::default(),
            deciding: tokio::sync::Mutex::default(),
        }));
        store.finish_exchange().await?;
        // Only now can others read.
        if let Some(held) = &store.0.holder {
            held.lock.announce(&me)?;
        }
        Ok(store)
    }

    /// Whether this process holds the data folder and may write.
    pub fn is_holder(&self) -> bool {
        self.0.holder.is_some()
    }

    /// Where ClickHouse is served.
    pub fn endpoint(&self) -> Url {
        self.0.writer.url().clone()
    }

    /// The data folder.
    pub fn data_dir(&self) -> &Path {
        &self.0.options.data_dir
    }

    /// A key for signatures of one purpose. It is made of the folder's own password, which is in no backup of the data, and is another for each
    /// purpose.
    ///
    /// # Errors
    /// When the password cannot be read or made.
    pub fn signing_key(&self, purpose: &str) -> Result<[u8; 32], StoreError> {
        let password = lock::password(self.data_dir())?;
        Ok(blake3::derive_key(&format!("inflow 2026 signatures: {purpose}"), password.expose_secret().as_bytes()))
    }

    /// The clock of what the store writes.
    pub fn clock(&self) -> &SharedClock {
        &self.0.options.clock
    }

    /// The official client, as the user that writes; for typed rows.
    pub fn client(&self) -> &clickhouse::Client {
        self.0.writer.client()
    }

    /// Ends the endpoint: answers under way are finished, later calls fail. With the embedded engine the folder
    /// stays this process's until it ends; it may [open](Store::open) it again.
    pub async fn shutdown(self) {
        let Some(held) = &self.0.holder else { return };
        held.lock.withdraw();
        let serving = held.serving.lock().unwrap_or_else(std::sync::PoisonError::into_inner).take();
        let Some(Serving { mut task, stop }) = serving else { return };
        stop.disarm().cancel();
        if tokio::time::timeout(LAST_ANSWERS, &mut task).await.is_err() {
            task.abort();
        }
    }

    /// Counts what was written to the tables that figures read; what was read while it stood still reads the same again. `None` when
    /// the engine is not in this process, where others write unseen.
    pub fn writes(&self) -> Option<u64> {
        self.0.engine.as_ref().map(|engine| engine.writes().figures())
    }

    /// A word that is another whenever what figures read may be: after each write, and after a restart. None in front of a server, where
    /// others may write.
    pub fn generation(&self) -> Option<String> {
        self.writes().map(|writes| format!("{}-{writes}", self.0.opened))
    }

    /// Whether what is read now belongs together: not while a replay's tables are put in the place of the old ones, one after the other. Migrations
    /// are through before there is a store at all.
    pub fn is_settled(&self) -> bool {
        !self.0.exchanging.load(Ordering::Acquire)
    }

    /// Version of the embedded engine; none of a server's.
    pub fn engine_version(&self) -> Option<&str> {
        self.0.engine.as_ref().map(|engine| engine.version())
    }

    /// What the embedded engine and its endpoint counted since the process began, put into a registry for Prometheus. Nothing of a server's.
    pub fn register_measures(&self, registry: &mut prometheus_client::registry::Registry) {
        if let Some(engine) = &self.0.engine {
            engine.measures().register(registry);
        }
    }

    /// Notes the time that an analysis took, and whether it went through.
    pub fn note_analysis(&self, took: Duration, went_through: bool) {
        if let Some(engine) = &self.0.engine {
            engine.measures().analysis(if went_through { Outcome::ok } else { Outcome::error }, took);
        }
    }

    pub(crate) fn writable(&self) -> Result<(), StoreError> {
        match &self.0.other {
            None => Ok(()),
            Some(other) => Err(StoreError::ReadOnly { folder: self.0.options.data_dir.clone(), pid: Some(other.pid) }),
        }
    }

    /// Rows of a SELECT as JSON objects: 64-bit integers as numbers, decimals as strings, instants as
    /// ClickHouse writes them (`2026-01-31 08:00:00.000`). Sees all databases, the newest version of each row.
    pub async fn rows(&self, sql: &str, params: &[Param<'_>]) -> Result<Vec<Map<String, Value>>, StoreError> {
        self.0.writer.rows(sql, params, &[]).await
    }

    /// A result in any format that the engine knows, read as the user `reader`.
    pub async fn bytes(&self, sql: &str, params: &[Param<'_>], format: &str) -> Result<Bytes, StoreError> {
        self.0.reader.bytes(sql, params, format, &[]).await
    }

    /// A result in any format, piece by piece.
    #[expect(clippy::unused_async, reason = "the request may come to be sent here")]
    pub async fn stream(
        &self,
        sql: &str,
        params: &[Param<'_>],
        format: &str,
        user: User,
    ) -> Result<impl Stream<Item = Result<Bytes, StoreError>> + Send + use<>, StoreError> {
        match user {
            User::Reader => self.0.reader.stream(sql, params, format, &[]),
            User::Writer => {
                self.writable()?;
                self.0.writer.stream(sql, params, format, &[])
            }
        }
    }

    /// Runs a statement that gives no rows, as the user that writes.
    pub async fn execute(&self, sql: &str, params: &[Param<'_>], settings: &[(&str, &str)]) -> Result<(), StoreError> {
        self.writable()?;
        self.0.writer.execute(sql, params, settings).await
    }
}

fn held(folder: &Path, holder: Option<Holder>) -> StoreError {
    let (pid, url) = holder.map_or((None, None), |holder| (Some(holder.pid), Some(holder.url)));
    StoreError::Held { folder: folder.to_owned(), pid, url }
}

/// The two users' connections. final: everybody sees the newest version of each row only.
fn connections(options: &StoreOptions, holder: &Holder) -> Result<(Connection, Connection), StoreError> {
    let base = [("final", "1"), ("database", DERIVED_DATABASE)];
    if holder.server {
        let password = options.settings.password.as_ref().map(|secret| secret.read(&options.config_dir)).transpose()?;
        let user = options.settings.user.as_deref();
        let writer = Connection::new(&holder.url, user, password.as_ref(), &base);
        let reading = [base.as_slice(), &[("readonly", "2"), ("max_execution_time", "30")]].concat();
        return Ok((writer, Connection::new(&holder.url, user, password.as_ref(), &reading)));
    }
    let password = lock::password(&options.data_dir)?;
    let writer = Connection::new(&holder.url, Some(endpoint::WRITER), Some(&password), &base);
    let reader = Connection::new(&holder.url, Some(endpoint::READER), options.reader_password.as_ref(), &base);
    Ok((writer, reader))
}

/// Boots the engine and serves the endpoint.
async fn start(options: &StoreOptions, lock: &mut FolderLock) -> Result<(Url, Serving, Arc<Engine>), StoreError> {
    let address = options.serve_clickhouse.unwrap_or_else(|| ([127, 0, 0, 1], 0).into());
    let refused = |message: String| StoreError::Address { address, message };
    let guarded = options.behind_proxy && options.reader_password.is_some();
    if !(address.ip().is_loopback() || guarded) {
        return Err(refused("anything but loopback needs a proxy in front and a password for readers".to_owned()));
    }
    let password = lock::password(&options.data_dir)?;
    let listener = endpoint::bind(address).await.map_err(|error| refused(error.to_string()))?;
    let bound = listener.local_addr().map_err(|error| refused(error.to_string()))?;
    let reachable = if bound.ip().is_unspecified() { ([127, 0, 0, 1], bound.port()).into() } else { bound };
    let url = Url::parse(&format!("http://{reachable}/")).map_err(|error| refused(error.to_string()))?;

    let boot = options.clone();
    let engine = tokio::task::spawn_blocking(move || boot_engine(&boot)).await.map_err(|error| refused(error.to_string()))??;
    lock.in_use = true;
    let access = Access {
        writer_password: password,
        reader_password: options.reader_password.clone(),
        address: bound.ip(),
        behind_proxy: options.behind_proxy,
    };
    let stop = CancellationToken::new();
    let task = tokio::spawn(endpoint::serve(
        listener,
        Arc::clone(&engine),
        access,
        options.settings.result_cache,
        options.write_out,
        stop.clone(),
    ));
    Ok((url, Serving { task, stop: stop.drop_guard() }, engine))
}

fn boot_engine(options: &StoreOptions) -> Result<Arc<Engine>, StoreError> {
    let settings = &options.settings;
    let library = engine::install(settings.cache_dir.as_deref(), &*options.progress)?;
    let limits = Limits::new(settings.max_memory, settings.threads);
    let folder = std::fs::canonicalize(&options.data_dir).map_err(StoreError::file("open", &options.data_dir))?;
    let storage = folder.join("clickhouse");
    let backups = folder.join("backups");
    let config = folder.join("clickhouse.xml");
    lock::write_durably(&config, server_config(limits, &backups).as_bytes())?;
    Ok(Engine::boot(&library, &storage, &config, limits)?)
}
