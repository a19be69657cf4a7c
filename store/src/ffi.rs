//! The one unsafe module: libchdb's C interface behind safe types.
//!
//! What must hold, and how it is kept:
//! - the library is loaded once and never unloaded ([`Api::load`] leaks it), so function pointers stay good;
//! - signal handlers are switched off before the first connection, so the process keeps its own;
//! - a connection runs one statement at a time: every call takes `&mut Connection`, and a stream borrows it;
//! - every result and stream handle is destroyed exactly once, by `Drop`, on every path;
//! - the engine is never torn down, see [`keep`];
//! - a result's buffer lives as long as its handle, so slices borrow from [`Output`].

#![expect(unsafe_code, reason = "the C interface of the engine is called here and nowhere else")]

use std::ffi::{CStr, CString, c_char, c_int, c_void};
use std::path::Path;
use std::ptr::{self, NonNull};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};

use libloading::os::unix::{Library, RTLD_LAZY, RTLD_LOCAL, Symbol};

type Ptr = *mut c_void;
type Text = *const c_char;
type Run = unsafe extern "C" fn(Ptr, Text, usize, Text, usize, *const Text, *const usize, *const Text, *const usize, usize) -> Ptr;

/// What the engine said about a statement that failed: ClickHouse's own text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EngineError(pub String);

/// What the engine's parser says of a text, without running it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Analysis {
    /// Executable statements in the text.
    pub statements: u32,
    /// Whether the text parsed and leaves no trace.
    pub read_only: bool,
}

#[repr(C)]
struct AnalysisV1 {
    struct_size: u32,
    statement_count: u32,
    flags: u32,
    query_class: u32,
}

/// The functions of libchdb that are used.
pub struct Api {
    connect: unsafe extern "C" fn(c_int, *mut *mut c_char) -> *mut Ptr,
    close: unsafe extern "C" fn(*mut Ptr),
    query: Run,
    stream: Run,
    fetch: unsafe extern "C" fn(Ptr, Ptr) -> Ptr,
    cancel: unsafe extern "C" fn(Ptr, Ptr),
    destroy: unsafe extern "C" fn(Ptr),
    result_error: unsafe extern "C" fn(Ptr) -> Text,
    result_buffer: unsafe extern "C" fn(Ptr) -> *mut c_char,
    result_length: unsafe extern "C" fn(Ptr) -> usize,
    result_counter: [unsafe extern "C" fn(Ptr) -> u64; 4],
    insert: Run,
    append: unsafe extern "C" fn(Ptr, *const c_void, usize) -> c_int,
    done: unsafe extern "C" fn(Ptr) -> Ptr,
    insert_error: unsafe extern "C" fn(Ptr) -> Text,
    cancel_insert: unsafe extern "C" fn(Ptr),
    destroy_insert: unsafe extern "C" fn(Ptr),
    classify: unsafe extern "C" fn(Ptr, Text, usize, Text, usize, *mut AnalysisV1) -> c_int,
}

static LOADED: OnceLock<&'static Api> = OnceLock::new();
/// The connection that keeps the engine up between statements.
static KEPT: Mutex<Option<Connection>> = Mutex::new(None);

/// Keeps the engine up until the process ends: the engine crashes now and then when it is stopped, as its
/// teardown (on closing the last connection, and in the library's destructors at exit) runs under its own
/// background threads. Ending without a teardown is as safe as `kill -9`, which it is built for.
pub fn keep(connection: Connection) {
    *KEPT.lock().unwrap_or_else(PoisonError::into_inner) = Some(connection);
    end_before_destructors();
}

/// Ends the process with this status at once: nothing of the engine is torn down, see [`keep`].
pub fn end(status: c_int) -> ! {
    // SAFETY: ends the process without running anything more.
    unsafe { _exit(status) }
}

/// Sees to it that a process that returns from `main` ends before the engine's destructors run. What is registered
/// last runs first, and statements register more destructors whenever they are the first to use a part of the engine,
/// so this is done again after each of the first statements; a program that runs long ends by [`end`].
fn end_before_destructors() {
    /// Each registration keeps 32 bytes for the life of the process.
    const MOST: u32 = 4096;
    static DONE: AtomicU32 = AtomicU32::new(0);
    if DONE.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |done| (done < MOST).then_some(done + 1)).is_ok() {
        #[cfg(target_os = "linux")]
        // SAFETY: the function stays for the life of the process.
        unsafe {
            on_exit(end_at_exit, ptr::null_mut());
        }
    }
}

/// Rust's own streams have been flushed by then.
#[cfg(target_os = "linux")]
extern "C" fn end_at_exit(status: c_int, _: *mut c_void) {
    end(status)
}

unsafe extern "C" {
    fn _exit(status: c_int) -> !;
}

#[cfg(target_os = "linux")]
unsafe extern "C" {
    fn on_exit(function: extern "C" fn(c_int, *mut c_void), argument: *mut c_void) -> c_int;
}

impl std::fmt::Debug for Api {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Api")
    }
}

impl Api {
    /// Loads the library, once, for the rest of the process and switches its signal handlers off.
    pub fn load(path: &Path) -> Result<&'static Api, libloading::Error> {
        static LOADING: Mutex<()> = Mutex::new(());
        let _one = LOADING.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(api) = LOADED.get() {
            return Ok(api);
        }
        let api = Api::load_first(path)?;
        Ok(LOADED.get_or_init(|| api))
    }

    fn load_first(path: &Path) -> Result<&'static Api, libloading::Error> {
        // SAFETY: loading runs the library's initialisers; it is libchdb, whose size and digest were
        // checked when it was fetched, or a file the person named. Signatures are those of chdb.h 26.7.
        unsafe {
            // Local: the engine carries its own copies of zstd, OpenSSL and others, which must not
            // be bound to ours. Lazy: halves the time to load half a gigabyte.
            let library: &'static Library = Box::leak(Box::new(Library::open(Some(path), RTLD_LAZY | RTLD_LOCAL)?));
            let signals: Symbol<unsafe extern "C" fn(c_int)> = library.get(b"chdb_set_signal_handlers_enabled\0")?;
            let api = Api {
                connect: *library.get(b"chdb_connect\0")?,
                close: *library.get(b"chdb_close_conn\0")?,
                query: *library.get(b"chdb_query_with_params_n\0")?,
                stream: *library.get(b"chdb_stream_query_with_params_n\0")?,
                fetch: *library.get(b"chdb_stream_fetch_result\0")?,
                cancel: *library.get(b"chdb_stream_cancel_query\0")?,
                destroy: *library.get(b"chdb_destroy_query_result\0")?,
                result_error: *library.get(b"chdb_result_error\0")?,
                result_buffer: *library.get(b"chdb_result_buffer\0")?,
                result_length: *library.get(b"chdb_result_length\0")?,
                result_counter: [
                    *library.get(b"chdb_result_storage_rows_read\0")?,
                    *library.get(b"chdb_result_storage_bytes_read\0")?,
                    *library.get(b"chdb_result_rows_written\0")?,
                    *library.get(b"chdb_result_bytes_written\0")?,
                ],
                insert: *library.get(b"chdb_stream_insert_with_params_n\0")?,
                append: *library.get(b"chdb_stream_append\0")?,
                done: *library.get(b"chdb_stream_done\0")?,
                insert_error: *library.get(b"chdb_stream_insert_error\0")?,
                cancel_insert: *library.get(b"chdb_stream_cancel_insert\0")?,
                destroy_insert: *library.get(b"chdb_destroy_insert_stream\0")?,
                classify: *library.get(b"chdb_classify_query_n\0")?,
            };
            signals(0);
            Ok(Box::leak(Box::new(api)))
        }
    }
}

/// One session with the engine. The first one of a process decides the storage path.
#[derive(Debug)]
pub struct Connection {
    api: &'static Api,
    handle: NonNull<Ptr>,
}

// SAFETY: the engine allows a connection to be used from any thread, one at a time; `&mut self` sees to that.
unsafe impl Send for Connection {}

impl Connection {
    /// Opens a session with arguments such as `--path=..` and `--max_threads=2`. The engine gives no
    /// reason when it refuses.
    pub fn open(api: &'static Api, arguments: &[String]) -> Option<Connection> {
        let texts: Vec<CString> =
            std::iter::once("clickhouse").chain(arguments.iter().map(String::as_str)).map(CString::new).collect::<Result<_, _>>().ok()?;
        let mut pointers: Vec<*mut c_char> = texts.iter().map(|text| text.as_ptr().cast_mut()).collect();
        let count = c_int::try_from(pointers.len()).ok()?;
        // SAFETY: `pointers` and the strings they name live across the call; the engine copies them.
        let handle = NonNull::new(unsafe { (api.connect)(count, pointers.as_mut_ptr()) })?;
        // SAFETY: a connection handle points to the session pointer, valid until closed.
        if unsafe { *handle.as_ptr() }.is_null() {
            return None;
        }
        Some(Connection { api, handle })
    }

    fn session(&self) -> Ptr {
        // SAFETY: the handle is valid until `drop`.
        unsafe { *self.handle.as_ptr() }
    }

    /// Runs a statement to its end and gives the whole result.
    pub fn query(&mut self, sql: &[u8], format: &str, params: &[(String, String)]) -> Result<Output, EngineError> {
        let params = Params::new(params);
        // SAFETY: every pointer comes with its length and outlives the call.
        let raw = unsafe { params.run(self.api.query, self.session(), sql, format) };
        Output::from_raw(self.api, raw)
    }

    /// Starts a SELECT whose result is fetched in pieces.
    pub fn stream(&mut self, sql: &[u8], format: &str, params: &[(String, String)]) -> Result<ResultStream<'_>, EngineError> {
        let params = Params::new(params);
        // SAFETY: as in `query`; the engine copies the parameters before it returns.
        let raw = unsafe { params.run(self.api.stream, self.session(), sql, format) };
        let output = Output::from_raw(self.api, raw)?;
        Ok(ResultStream { connection: self, output })
    }

    /// Starts an INSERT (without FORMAT and without rows) whose rows are appended in pieces.
    pub fn insert(&mut self, sql: &[u8], format: &str, params: &[(String, String)]) -> Result<InsertStream<'_>, EngineError> {
        let params = Params::new(params);
        // SAFETY: as in `query`.
        let raw = unsafe { params.run(self.api.insert, self.session(), sql, format) };
        let Some(handle) = NonNull::new(raw) else { return Err(EngineError("the engine opened no insert".to_owned())) };
        let stream = InsertStream { connection: self, handle };
        match stream.error() {
            Some(error) => Err(error),
            None => Ok(stream),
        }
    }

    /// Parses a text with the engine's parser.
    pub fn classify(&mut self, sql: &[u8]) -> Option<Analysis> {
        let size = u32::try_from(size_of::<AnalysisV1>()).ok()?;
        let mut report = AnalysisV1 { struct_size: size, statement_count: 0, flags: 0, query_class: 4 };
        // SAFETY: `report` says its own size; no target database is named.
        let state = unsafe { (self.api.classify)(self.session(), sql.as_ptr().cast(), sql.len(), ptr::null(), 0, &raw mut report) };
        (state == 0).then_some(Analysis { statements: report.statement_count, read_only: report.query_class == 0 })
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        // SAFETY: closed once; streams borrow the connection, so none is left.
        unsafe { (self.api.close)(self.handle.as_ptr()) }
        end_before_destructors();
    }
}

struct Params {
    names: Vec<Text>,
    name_lengths: Vec<usize>,
    values: Vec<Text>,
    value_lengths: Vec<usize>,
}

impl Params {
    fn new(params: &[(String, String)]) -> Params {
        Params {
            names: params.iter().map(|(name, _)| name.as_ptr().cast()).collect(),
            name_lengths: params.iter().map(|(name, _)| name.len()).collect(),
            values: params.iter().map(|(_, value)| value.as_ptr().cast()).collect(),
            value_lengths: params.iter().map(|(_, value)| value.len()).collect(),
        }
    }

    /// SAFETY: the caller keeps the strings behind `self`, `sql` and `format` alive across the call.
    unsafe fn run(&self, call: Run, session: Ptr, sql: &[u8], format: &str) -> Ptr {
        unsafe {
            call(
                session,
                sql.as_ptr().cast(),
                sql.len(),
                format.as_ptr().cast(),
                format.len(),
                self.names.as_ptr(),
                self.name_lengths.as_ptr(),
                self.values.as_ptr(),
                self.value_lengths.as_ptr(),
                self.names.len(),
            )
        }
    }
}

/// Rows and bytes that a statement read and wrote.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counters {
    /// Rows read from storage.
    pub read_rows: u64,
    /// Bytes read from storage.
    pub read_bytes: u64,
    /// Rows written.
    pub written_rows: u64,
    /// Bytes written.
    pub written_bytes: u64,
}

/// A result that the engine owns; freed on drop. Reads as a slice of bytes without a copy.
#[derive(Debug)]
pub struct Output {
    api: &'static Api,
    handle: NonNull<c_void>,
}

// SAFETY: a finished result is not changed by the engine any more and may be read and freed on any thread.
unsafe impl Send for Output {}
// SAFETY: as above; there is no interior mutability on our side.
unsafe impl Sync for Output {}

impl Output {
    fn from_raw(api: &'static Api, raw: Ptr) -> Result<Output, EngineError> {
        let Some(handle) = NonNull::new(raw) else { return Err(EngineError("the engine gave no result".to_owned())) };
        let output = Output { api, handle };
        // SAFETY: the handle is valid; the text, if any, ends in NUL and lives as long as the result.
        match text(unsafe { (api.result_error)(raw) }) {
            Some(error) => Err(EngineError(error)),
            None => Ok(output),
        }
    }

    /// What the statement read and wrote.
    pub fn counters(&self) -> Counters {
        let [rows, bytes, written, written_bytes] =
            // SAFETY: the handle is valid until drop.
            self.api.result_counter.map(|read| unsafe { read(self.handle.as_ptr()) });
        Counters { read_rows: rows, read_bytes: bytes, written_rows: written, written_bytes }
    }
}

impl AsRef<[u8]> for Output {
    fn as_ref(&self) -> &[u8] {
        // SAFETY: buffer and length belong together and stay until the result is destroyed.
        unsafe {
            let buffer = (self.api.result_buffer)(self.handle.as_ptr());
            let length = (self.api.result_length)(self.handle.as_ptr());
            if buffer.is_null() || length == 0 { &[] } else { std::slice::from_raw_parts(buffer.cast(), length) }
        }
    }
}

impl Drop for Output {
    fn drop(&mut self) {
        // SAFETY: destroyed once.
        unsafe { (self.api.destroy)(self.handle.as_ptr()) }
    }
}

/// A SELECT under way. Dropping it cancels what is left.
#[derive(Debug)]
pub struct ResultStream<'c> {
    connection: &'c mut Connection,
    output: Output,
}

impl ResultStream<'_> {
    /// The next piece: a complete document of the format for some of the rows. `None` at the end.
    pub fn next(&mut self) -> Result<Option<Output>, EngineError> {
        // SAFETY: both handles are valid, and the stream holds the connection alone.
        let raw = unsafe { (self.connection.api.fetch)(self.connection.session(), self.output.handle.as_ptr()) };
        let piece = Output::from_raw(self.connection.api, raw)?;
        Ok(if piece.as_ref().is_empty() { None } else { Some(piece) })
    }
}

impl Drop for ResultStream<'_> {
    fn drop(&mut self) {
        // SAFETY: the stream is cancelled before its handle is destroyed (by `output`); doing so after the end is allowed.
        unsafe { (self.connection.api.cancel)(self.connection.session(), self.output.handle.as_ptr()) }
    }
}

/// An INSERT under way. Dropping it before [`InsertStream::finish`] abandons the rows.
#[derive(Debug)]
pub struct InsertStream<'c> {
    connection: &'c mut Connection,
    handle: NonNull<c_void>,
}

impl InsertStream<'_> {
    fn error(&self) -> Option<EngineError> {
        // SAFETY: the handle is valid until drop.
        text(unsafe { (self.connection.api.insert_error)(self.handle.as_ptr()) }).map(EngineError)
    }

    /// Adds bytes; they need not end at a row. Waits while the engine is busy.
    pub fn append(&mut self, bytes: &[u8]) -> Result<(), EngineError> {
        // SAFETY: the engine copies the bytes.
        let state = unsafe { (self.connection.api.append)(self.handle.as_ptr(), bytes.as_ptr().cast(), bytes.len()) };
        if state == 0 { Ok(()) } else { Err(self.error().unwrap_or_else(|| EngineError("the insert was closed".to_owned()))) }
    }

    /// Commits the rows.
    pub fn finish(self) -> Result<Counters, EngineError> {
        // SAFETY: the handle is valid; it is destroyed by drop after this.
        let raw = unsafe { (self.connection.api.done)(self.handle.as_ptr()) };
        Output::from_raw(self.connection.api, raw).map(|output| output.counters())
    }

    /// Abandons the rows that are not yet written.
    pub fn abandon(self) {
        // SAFETY: the handle is valid; it is destroyed by drop after this.
        unsafe { (self.connection.api.cancel_insert)(self.handle.as_ptr()) }
    }
}

impl Drop for InsertStream<'_> {
    fn drop(&mut self) {
        // SAFETY: destroyed once; the engine cancels first when the insert is not finished.
        unsafe { (self.connection.api.destroy_insert)(self.handle.as_ptr()) }
    }
}

fn text(raw: Text) -> Option<String> {
    if raw.is_null() {
        return None;
    }
    // SAFETY: the engine's messages end in NUL and live until their handle is destroyed, which is after this.
    let message = unsafe { CStr::from_ptr(raw) }.to_string_lossy().into_owned();
    (!message.is_empty()).then_some(message)
}
