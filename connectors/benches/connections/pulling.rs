//! The engine at work: every connection pulled at once, as the daemon does, and what that took.

use std::collections::{HashMap, HashSet};
use std::error::Error;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use inflow_config::{Config, Connection, SharedClock, SystemClock};
use inflow_connectors::http::{Http, HttpOptions};
use inflow_connectors::identity::IdentityKeys;
use inflow_connectors::landing::Segment;
use inflow_connectors::{Health, Landed, NoProgress, PullContext, PullState, Run, SegmentSink, SinkError, StoredCounts, pull};
use tokio_util::sync::CancellationToken;

use super::mix::Plan;
use super::process::{Boards, Log};

/// A pull that ended is followed by the next one after so long: sooner than any schedule, and without the breaker that would leave
/// a failing board alone.
const BETWEEN_PULLS: Duration = Duration::from_secs(1);

/// What a run showed.
pub struct Measured {
    /// What the boards saw.
    pub log: Log,
    /// How long it took, until everything had stopped.
    pub wall: Duration,
    /// How long stopping took.
    pub stopping: Duration,
    /// Processor time of the engine's process.
    pub cpu: Duration,
    /// The most memory that the engine's process had so far, in bytes.
    pub peak: u64,
    /// Records landed.
    pub landed: u64,
    /// The first error of each connection that had one.
    pub errors: HashMap<String, String>,
}

/// Pulls all connections of the plans for so long.
pub async fn run(plans: &[Plan], span: Duration) -> Result<Measured, Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    let mut boards = Boards::open(plans, folder.path())?;
    let engine = Arc::new(Engine::new(folder.path())?);
    let addressed = plans.iter().zip(&boards.urls);
    let connections: Vec<Connection> = addressed.flat_map(|(plan, url)| plan.connections(url)).collect();
    boards.start()?;
    let (started, before) = (Instant::now(), cpu()?);
    let pulls: Vec<_> = connections.into_iter().map(|connection| tokio::spawn(Arc::clone(&engine).keep(connection))).collect();
    tokio::time::sleep(span).await;
    let asked = Instant::now();
    engine.shutdown.cancel();
    for pull in pulls {
        pull.await?;
    }
    let (wall, stopping) = (started.elapsed(), asked.elapsed());
    let cpu = cpu()?.saturating_sub(before);
    let peak = peak()?;
    let memory = std::mem::take(&mut *engine.ledger.memory());
    Ok(Measured { log: boards.end()?, wall, stopping, cpu, peak, landed: memory.landed, errors: memory.errors })
}

struct Engine {
    config: Config,
    clock: SharedClock,
    keys: IdentityKeys,
    http: Http,
    ledger: Ledger,
    data_dir: std::path::PathBuf,
    shutdown: CancellationToken,
}

impl Engine {
    fn new(folder: &Path) -> Result<Engine, Box<dyn Error>> {
        let file = folder.join("inflow.toml");
        std::fs::write(&file, "[company]\nname = \"Tea House\"\n")?;
        std::fs::write(folder.join("key"), "benchmark-key\n")?;
        let config = Config::load(&file, &Vec::new)?;
        let clock: SharedClock = Arc::new(SystemClock);
        let data_dir = folder.join("data");
        let http = Http::new(HttpOptions::of(&config, Arc::clone(&clock), Some(&data_dir)))?;
        let keys = IdentityKeys::from_bytes([7; 32], [9; 32]);
        Ok(Engine { config, clock, keys, http, ledger: Ledger::default(), data_dir, shutdown: CancellationToken::new() })
    }

    async fn keep(self: Arc<Self>, connection: Connection) {
        while !self.shutdown.is_cancelled() {
            let outcome = pull(&self.context(), &connection).await;
            {
                let mut memory = self.ledger.memory();
                memory.landed += outcome.landed;
                if let Some(error) = outcome.error {
                    memory.errors.entry(connection.name.clone()).or_insert_with(|| error.to_string());
                }
            }
            let _ = tokio::time::timeout(BETWEEN_PULLS, self.shutdown.cancelled()).await;
        }
    }

    fn context(&self) -> PullContext<'_> {
        PullContext {
            state: &self.ledger,
            config: &self.config,
            clock: Arc::clone(&self.clock),
            keys: &self.keys,
            data_dir: &self.data_dir,
            sink: &self.ledger,
            http: &self.http,
            shutdown: self.shutdown.clone(),
            progress: &NoProgress,
        }
    }
}

/// The store's part, as little of it as the engine needs: what a database keeps is not kept in this process's memory, and
/// what it costs to store is not measured here.
#[derive(Default)]
struct Ledger(Mutex<Memory>);

#[derive(Default)]
struct Memory {
    cursors: HashMap<(String, String), String>,
    stored: HashSet<String>,
    health: HashMap<String, Health>,
    landed: u64,
    errors: HashMap<String, String>,
}

impl Ledger {
    fn memory(&self) -> std::sync::MutexGuard<'_, Memory> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl PullState for Ledger {
    async fn cursor(&self, connection: &str, stream: &str) -> Result<Option<String>, SinkError> {
        Ok(self.memory().cursors.get(&(connection.to_owned(), stream.to_owned())).cloned())
    }

    async fn commit_cursor(&self, connection: &str, stream: &str, cursor: &str) -> Result<(), SinkError> {
        self.memory().cursors.insert((connection.to_owned(), stream.to_owned()), cursor.to_owned());
        Ok(())
    }

    async fn landed(&self, _: &str, _: &str) -> Result<HashMap<u64, Landed>, SinkError> {
        // Every list is new: it has no end, so no pull of it comes to one.
        Ok(HashMap::new())
    }

    async fn landed_of(&self, _: &str, _: &[&str], _: &[u64]) -> Result<HashMap<u64, Landed>, SinkError> {
        Ok(HashMap::new())
    }

    async fn commit_landed(&self, _: &str, _: &str, _: &[Landed], _: &str) -> Result<(), SinkError> {
        Ok(())
    }

    async fn stored_segments(&self, _: &str) -> Result<HashSet<String>, SinkError> {
        Ok(self.memory().stored.clone())
    }

    async fn tombstones(&self) -> Result<HashSet<String>, SinkError> {
        Ok(HashSet::new())
    }

    async fn health(&self, connection: &str) -> Result<Option<Health>, SinkError> {
        Ok(self.memory().health.get(connection).cloned())
    }

    async fn record(&self, _: &Run, health: Option<&Health>) -> Result<(), SinkError> {
        self.memory().health.extend(health.map(|health| (health.connection.clone(), health.clone())));
        Ok(())
    }
}

#[async_trait]
impl SegmentSink for Ledger {
    async fn store(&self, segment: &Segment) -> Result<StoredCounts, SinkError> {
        self.memory().stored.insert(segment.id.clone());
        Ok(StoredCounts { rows: segment.records, quarantined: 0 })
    }
}

/// Processor time of this process, user and system, all threads.
fn cpu() -> Result<Duration, Box<dyn Error>> {
    let stat = std::fs::read_to_string("/proc/self/stat")?;
    // The name in brackets may hold blanks; user and system time are the 12th and 13th field after it.
    let fields = stat.rsplit_once(')').map_or("", |(_, rest)| rest).split_whitespace().skip(11).take(2);
    let ticks: u64 = fields.filter_map(|field| field.parse::<u64>().ok()).sum();
    // The kernel tells times in hundredths of a second, whatever its own clock does.
    Ok(Duration::from_millis(ticks * 10))
}

/// The most memory that this process ever had, in bytes.
fn peak() -> Result<u64, Box<dyn Error>> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).ok_or("the system does not tell memory")?;
    let kilobytes: u64 = line.split_whitespace().next().unwrap_or_default().parse()?;
    Ok(kilobytes * 1024)
}
