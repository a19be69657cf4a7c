//! The embedded engine: booted once a process on one storage folder, used through short sessions.
//!
//! A session costs under a millisecond, so each statement gets its own: no setting, temporary table
//! or current database can leak from one request to the next, and a failed one leaves nothing behind.
//! Limits and rights of a session are settings given before its statement; the last one set is
//! `readonly`, after which the session cannot change any.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::engine::EngineError as Missing;
use crate::ffi::{self, Api, Connection, EngineError};
use crate::measures::Measures;
use crate::sql::{quote_name, quote_text};
use crate::writes::{Traits, Views, Writes};
use crate::{DERIVED_DATABASE, STATE_DATABASE};

/// Who a statement runs for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Reads and writes.
    Writer,
    /// Reads what the endpoint's rules allow.
    Reader,
}

/// Limits of the engine, decided from the settings at start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Memory of the whole engine, bytes.
    pub memory: u64,
    /// Threads of one statement.
    pub threads: u32,
    /// Memory of one reader's statement, bytes.
    pub reader_memory: u64,
    /// Time of one reader's statement.
    pub reader_time: Duration,
}

impl Limits {
    /// Longest a reader's statement may run.
    pub const READER_TIME: Duration = Duration::from_secs(30);

    /// From `store.max_memory` and `store.threads`.
    pub fn new(memory: u64, threads: Option<u32>) -> Limits {
        let processors = std::thread::available_parallelism().map_or(2, |count| count.get() as u32);
        Limits { memory, threads: threads.unwrap_or(processors).max(1), reader_memory: memory / 2, reader_time: Self::READER_TIME }
    }
}

/// The engine of this process.
#[derive(Debug)]
pub struct Engine {
    api: &'static Api,
    arguments: Vec<String>,
    limits: Limits,
    timezone: String,
    version: String,
    /// Table functions that no reader may call, lower case.
    closed_functions: Vec<String>,
    writes: Writes,
    views: Mutex<Arc<Views>>,
    measures: Measures,
}

/// A statement's surroundings.
#[derive(Debug, Clone, Default)]
pub struct Surroundings {
    /// Current database.
    pub database: Option<String>,
    /// Settings, in order.
    pub settings: Vec<(String, String)>,
    /// Names the statement in `system.processes`, so that it can be stopped.
    pub tag: Option<String>,
    /// Whether the session may only read.
    pub read_only: bool,
}

impl Engine {
    /// Loads the library and boots the engine on `storage`, or gives the one that runs there already: a
    /// process has one engine on one folder until it ends. Blocking, about half a second.
    pub fn boot(library: &Path, storage: &Path, config: &Path, limits: Limits) -> Result<Arc<Engine>, Missing> {
        static RUNNING: Mutex<Option<(PathBuf, Arc<Engine>)>> = Mutex::new(None);
        let mut running = RUNNING.lock().unwrap_or_else(PoisonError::into_inner);
        match &*running {
            Some((folder, engine)) if folder == storage => Ok(Arc::clone(engine)),
            Some((folder, _)) => Err(Missing::Elsewhere { path: storage.to_owned(), running: folder.clone() }),
            None => {
                let engine = Arc::new(Engine::boot_first(library, storage, config, limits)?);
                *running = Some((storage.to_owned(), Arc::clone(&engine)));
                Ok(engine)
            }
        }
    }

    fn boot_first(library: &Path, storage: &Path, config: &Path, limits: Limits) -> Result<Engine, Missing> {
        let api = Api::load(library).map_err(|error| Missing::Load { path: library.to_owned(), message: last_line(&error) })?;
        let arguments = vec![
            format!("--path={}", storage.display()),
            format!("--config-file={}", config.display()),
            format!("--max_threads={}", limits.threads),
        ];
        let start = || Missing::Start { path: storage.to_owned() };
        let mut first = Connection::open(api, &arguments).ok_or_else(start)?;
        let mut ask = |sql: &str| -> Result<String, Missing> {
            let output = first.query(sql.as_bytes(), "TSV", &[]).map_err(|_| start())?;
            Ok(String::from_utf8_lossy(output.as_ref()).trim().to_owned())
        };
        let timezone = ask("SELECT timezone()")?;
        let version = ask("SELECT version()")?;
        let functions = ask("SELECT name FROM system.table_functions")?;
        let closed_functions = functions.lines().filter(|name| !OPEN_TABLE_FUNCTIONS.contains(name)).map(str::to_ascii_lowercase).collect();
        ffi::keep(first);
        Ok(Engine {
            api,
            arguments,
            limits,
            timezone,
            version,
            closed_functions,
            writes: Writes::default(),
            views: Mutex::default(),
            measures: Measures::default(),
        })
    }

    /// Version of the engine, `26.7.2.1`.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// How often it was written to.
    pub fn writes(&self) -> &Writes {
        &self.writes
    }

    /// What it counts.
    pub fn measures(&self) -> &Measures {
        &self.measures
    }

    /// What a statement stands on; `None` when the views have changed since [`read_views`](Self::read_views).
    pub fn traits(&self, sql: &str) -> Option<Traits> {
        let views = Arc::clone(&self.views.lock().unwrap_or_else(PoisonError::into_inner));
        (views.schema == Some(self.writes.schema())).then(|| views.traits(sql.as_bytes()))
    }

    /// Reads what the views of our databases say. Blocking, some milliseconds.
    pub fn read_views(&self) -> Result<(), EngineError> {
        // Counted before they are read: what changes meanwhile makes them be read again.
        let schema = self.writes.schema();
        let mut session = self.session(&Surroundings { read_only: true, ..Surroundings::default() })?;
        let sql = format!(
            "SELECT name, create_table_query FROM system.tables WHERE database IN ({}, {}) AND engine LIKE '%View'",
            quote_text(DERIVED_DATABASE),
            quote_text(STATE_DATABASE)
        );
        let output = session.query(sql.as_bytes(), "JSONCompactEachRow", &[])?;
        let views: Vec<(String, String)> = serde_json::Deserializer::from_slice(output.as_ref())
            .into_iter()
            .collect::<Result<_, _>>()
            .map_err(|error| EngineError(format!("the views cannot be read: {error}")))?;
        *self.views.lock().unwrap_or_else(PoisonError::into_inner) = Arc::new(Views::new(schema, &views));
        Ok(())
    }

    /// Zone of the engine, that of columns and literals without one.
    pub fn timezone(&self) -> &str {
        &self.timezone
    }

    /// Its limits.
    pub fn limits(&self) -> Limits {
        self.limits
    }

    /// Whether a table function of this name (lower case) is closed to readers.
    pub fn is_closed_function(&self, name: &str) -> bool {
        self.closed_functions.iter().any(|closed| closed == name)
    }

    /// A new session.
    pub fn session(&self, surroundings: &Surroundings) -> Result<Connection, EngineError> {
        let mut connection = Connection::open(self.api, &self.arguments)
            .ok_or_else(|| EngineError("Code: 210. DB::NetException: the engine has stopped. (NETWORK_ERROR)".to_owned()))?;
        if let Some(database) = &surroundings.database {
            connection.query(format!("USE {}", quote_name(database)).as_bytes(), "Null", &[])?;
        }
        connection.query(set_statement(surroundings).as_bytes(), "Null", &[])?;
        Ok(connection)
    }

    /// Stops the statement of this tag, if it runs. The engine's own `SYNC` form never returns here.
    pub fn kill(&self, tag: &str) -> Result<(), EngineError> {
        let mut connection = self.session(&Surroundings::default())?;
        let sql = format!("KILL QUERY WHERE Settings['log_comment'] = {} ASYNC", quote_text(tag));
        connection.query(sql.as_bytes(), "Null", &[]).map(drop)
    }
}

/// Table functions that make rows from nothing, or walk what the statement itself says.
const OPEN_TABLE_FUNCTIONS: &[&str] = &[
    "numbers",
    "numbers_mt",
    "zeros",
    "zeros_mt",
    "primes",
    "values",
    "SQLStandardValues",
    "view",
    "viewExplain",
    "null",
    "generateSeries",
    "generate_series",
    "generateRandom",
    "format",
];

fn set_statement(surroundings: &Surroundings) -> String {
    // final: a reader, and our own derived reads, see the newest version of each row only.
    // implicit_select: `1` or a misspelt keyword is an error, as on a server, and no SELECT.
    // max_threads..: the engine would take one thread where each has less than 1 GB to itself.
    let mut sql = "SET final = 1, implicit_select = 0, max_threads_min_free_memory_per_thread = 0".to_owned();
    for (name, value) in &surroundings.settings {
        sql.extend([", ", name, " = ", &quote_text(value)]);
    }
    if let Some(tag) = &surroundings.tag {
        sql.extend([", log_comment = ", &quote_text(tag)]);
    }
    if surroundings.read_only {
        sql.push_str(", readonly = 1");
    }
    sql
}

fn last_line(error: &impl std::fmt::Display) -> String {
    let text = error.to_string();
    text.lines().last().unwrap_or_default().to_owned()
}

/// Writes the engine's server configuration: caches and pools for one small machine, freed parts and
/// dropped tables really gone. Parts are merged 32 at a time or more: a store that is filled at one go rewrites its rows less often, and a
/// statement that meets so many parts reads as quickly. So many are read a few rows and a megabyte at a time, for what each holds of them in memory (of
/// postings a row may be kilobytes), and while merges hold a quarter of the memory no other one begins: what waits is merged later.
pub fn server_config(limits: Limits, backups: &Path) -> String {
    const MEGABYTE: u64 = 1 << 20;
    let memory = limits.memory;
    let merges = memory / 4;
    let mark_cache = (memory / 16).clamp(16 * MEGABYTE, 512 * MEGABYTE);
    let backups = backups.display().to_string().replace('&', "&amp;").replace('<', "&lt;");
    format!(
        "<clickhouse>
    <max_server_memory_usage>{memory}</max_server_memory_usage>
    <mark_cache_size>{mark_cache}</mark_cache_size>
    <index_mark_cache_size>8388608</index_mark_cache_size>
    <primary_index_cache_size>33554432</primary_index_cache_size>
    <uncompressed_cache_size>0</uncompressed_cache_size>
    <index_uncompressed_cache_size>0</index_uncompressed_cache_size>
    <query_condition_cache_size>8388608</query_condition_cache_size>
    <mmap_cache_size>64</mmap_cache_size>
    <compiled_expression_cache_size>8388608</compiled_expression_cache_size>
    <background_pool_size>2</background_pool_size>
    <background_merges_mutations_concurrency_ratio>1</background_merges_mutations_concurrency_ratio>
    <merges_mutations_memory_usage_soft_limit>{merges}</merges_mutations_memory_usage_soft_limit>
    <background_move_pool_size>1</background_move_pool_size>
    <background_fetches_pool_size>1</background_fetches_pool_size>
    <background_common_pool_size>2</background_common_pool_size>
    <background_schedule_pool_size>4</background_schedule_pool_size>
    <database_atomic_delay_before_drop_table_sec>0</database_atomic_delay_before_drop_table_sec>
    <merge_tree>
        <old_parts_lifetime>0</old_parts_lifetime>
        <cleanup_delay_period>1</cleanup_delay_period>
        <cleanup_delay_period_random_add>0</cleanup_delay_period_random_add>
        <merge_tree_clear_old_parts_interval_seconds>1</merge_tree_clear_old_parts_interval_seconds>
        <temporary_directories_lifetime>60</temporary_directories_lifetime>
        <min_parts_to_merge_at_once>32</min_parts_to_merge_at_once>
        <merge_max_block_size>2048</merge_max_block_size>
        <merge_max_block_size_bytes>1048576</merge_max_block_size_bytes>
    </merge_tree>
    <backups><allowed_path>{backups}</allowed_path></backups>
</clickhouse>
"
    )
}
