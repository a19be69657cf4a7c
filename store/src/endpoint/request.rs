//! Reading a request: who, which statement, which settings, which body.

use std::time::Duration;

use axum::body::{Body, BodyDataStream};
use axum::extract::{FromRequest, Multipart, Request};
use axum::http::{HeaderMap, Method, header};
use bytes::{Bytes, BytesMut};
use flate2::write::{GzDecoder, ZlibDecoder};
use futures::StreamExt;
use std::io::Write;

use super::fault::{Fault, code};
use super::frames::Unframer;
use crate::embedded::{Limits, Role};

/// Longest text of a statement without its rows.
pub const LONGEST_STATEMENT: usize = 4 << 20;

/// Parameters that steer the request and are no settings.
const OWN: &[&str] = &[
    "query",
    "database",
    "default_format",
    "query_id",
    "user",
    "password",
    "quota_key",
    "session_id",
    "session_timeout",
    "session_check",
    "compress",
    "decompress",
    "buffer_size",
    "wait_end_of_query",
    "role",
    "stacktrace",
    "enable_http_compression",
    "http_zlib_compression_level",
    "send_progress_in_http_headers",
    "add_http_cors_header",
    "http_native_compression_disable_checksumming_on_decompress",
    "log_comment",
    "close_session",
];

/// What a request asks for.
#[derive(Debug, Default)]
pub struct Asked {
    /// `query` of the address or of a form.
    pub query: Option<String>,
    /// Current database.
    pub database: Option<String>,
    /// Format of a result whose statement names none.
    pub default_format: Option<String>,
    /// Id given by the client.
    pub query_id: Option<String>,
    /// Name and password given in the address.
    pub user: Option<String>,
    /// Password given in the address.
    pub password: Option<String>,
    /// Settings, in order.
    pub settings: Vec<(String, String)>,
    /// Values of `{name:Type}`.
    pub params: Vec<(String, String)>,
    /// Whether the body is in ClickHouse's frames.
    pub framed_body: bool,
    /// Whether the result shall be in ClickHouse's frames.
    pub framed_result: bool,
    /// Whether the answer shall begin only when the result is whole.
    pub whole: bool,
    /// Version of the native protocol that the client knows; 0 when it names none.
    pub protocol: u64,
}

impl Asked {
    /// Takes one parameter.
    pub fn take(&mut self, name: &str, value: String) {
        let yes = |value: &str| matches!(value, "1" | "true");
        match name {
            "query" => self.query = Some(value),
            "database" => self.database = Some(value).filter(|value| !value.is_empty()),
            "default_format" => self.default_format = Some(value).filter(|value| !value.is_empty()),
            "query_id" => self.query_id = Some(value).filter(|value| !value.is_empty()),
            "user" => self.user = Some(value),
            "password" => self.password = Some(value),
            "decompress" => self.framed_body = yes(&value),
            "compress" => self.framed_result = yes(&value),
            "wait_end_of_query" => self.whole = yes(&value),
            "client_protocol_version" => self.protocol = value.parse().unwrap_or_default(),
            _ if OWN.contains(&name) => {}
            _ => match name.strip_prefix("param_") {
                Some(param) => self.params.push((param.to_owned(), value)),
                None => self.settings.push((name.to_owned(), value)),
            },
        }
    }

    /// Reads the address and the headers.
    pub fn from_parts(query: &str, headers: &HeaderMap) -> Asked {
        let mut asked = Asked::default();
        for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
            asked.take(&name, value.into_owned());
        }
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
        asked.default_format = text("X-ClickHouse-Format").or(asked.default_format);
        asked.database = text("X-ClickHouse-Database").or(asked.database);
        asked
    }
}

/// The body of a request, unpacked as it comes.
pub struct Incoming {
    stream: BodyDataStream,
    unpack: Unpack,
}

enum Unpack {
    Plain,
    Gzip(Box<GzDecoder<Vec<u8>>>),
    Zlib(Box<ZlibDecoder<Vec<u8>>>),
    Frames(Unframer),
}

impl std::fmt::Debug for Incoming {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Incoming").finish_non_exhaustive()
    }
}

impl Incoming {
    fn new(body: Body, headers: &HeaderMap, framed: bool) -> Result<Incoming, Fault> {
        let encoding = headers.get(header::CONTENT_ENCODING).map(|value| value.as_bytes().to_ascii_lowercase());
        let unpack = match encoding.as_deref() {
            _ if framed => Unpack::Frames(Unframer::default()),
            None | Some(b"" | b"identity") => Unpack::Plain,
            Some(b"gzip") => Unpack::Gzip(Box::new(GzDecoder::new(Vec::new()))),
            Some(b"deflate") => Unpack::Zlib(Box::new(ZlibDecoder::new(Vec::new()))),
            Some(other) => {
                let name = String::from_utf8_lossy(other);
                return Err(Fault::new(
                    code::NOT_IMPLEMENTED,
                    format!("Content-Encoding {name} is not supported: send gzip, deflate or none"),
                ));
            }
        };
        Ok(Incoming { stream: body.into_data_stream(), unpack })
    }

    /// The next bytes; `None` at the end.
    pub async fn next(&mut self) -> Result<Option<Bytes>, Fault> {
        loop {
            let Some(piece) = self.stream.next().await else { return self.unpack.finish() };
            let piece = piece.map_err(|error| Fault::new(code::CANNOT_READ_ALL_DATA, format!("the request's body broke off: {error}")))?;
            let plain = self.unpack.push(piece)?;
            if !plain.is_empty() {
                return Ok(Some(plain));
            }
        }
    }

    /// Reads on until the text is whole or `enough` bytes are there. True when the body has ended.
    pub async fn read_until(&mut self, text: &mut BytesMut, enough: usize) -> Result<bool, Fault> {
        while text.len() < enough {
            match self.next().await? {
                Some(bytes) => text.extend_from_slice(&bytes),
                None => return Ok(true),
            }
        }
        Ok(false)
    }
}

impl Unpack {
    fn push(&mut self, piece: Bytes) -> Result<Bytes, Fault> {
        let broken =
            |error: &dyn std::fmt::Display| Fault::new(code::CANNOT_DECOMPRESS, format!("the request's body does not decompress: {error}"));
        match self {
            Unpack::Plain => Ok(piece),
            Unpack::Gzip(decoder) => {
                decoder.write_all(&piece).map_err(|error| broken(&error))?;
                Ok(Bytes::from(std::mem::take(decoder.get_mut())))
            }
            Unpack::Zlib(decoder) => {
                decoder.write_all(&piece).map_err(|error| broken(&error))?;
                Ok(Bytes::from(std::mem::take(decoder.get_mut())))
            }
            Unpack::Frames(unframer) => unframer.push(&piece).map(Bytes::from).map_err(|error| broken(&error)),
        }
    }

    fn finish(&mut self) -> Result<Option<Bytes>, Fault> {
        let broken =
            |error: &dyn std::fmt::Display| Fault::new(code::CANNOT_DECOMPRESS, format!("the request's body does not decompress: {error}"));
        let rest = match self {
            Unpack::Plain => Vec::new(),
            Unpack::Gzip(decoder) => {
                decoder.try_finish().map_err(|error| broken(&error))?;
                std::mem::take(decoder.get_mut())
            }
            Unpack::Zlib(decoder) => {
                decoder.try_finish().map_err(|error| broken(&error))?;
                std::mem::take(decoder.get_mut())
            }
            Unpack::Frames(unframer) => {
                unframer.finish().map_err(|error| broken(&error))?;
                Vec::new()
            }
        };
        Ok((!rest.is_empty()).then(|| Bytes::from(rest)))
    }
}

/// Opens the body: a form's fields go into `asked`, anything else is left to be read.
pub async fn open_body(request: Request, asked: &mut Asked) -> Result<Option<Incoming>, Fault> {
    if request.method() == Method::GET {
        return Ok(None);
    }
    let is_form = request
        .headers()
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|value| value.trim_start().to_ascii_lowercase().starts_with("multipart/form-data"));
    if !is_form {
        let (parts, body) = request.into_parts();
        return Incoming::new(body, &parts.headers, asked.framed_body).map(Some);
    }
    let broken = |error: &dyn std::fmt::Display| Fault::new(code::BAD_ARGUMENTS, format!("the form cannot be read: {error}"));
    let mut form = Multipart::from_request(request, &()).await.map_err(|error| broken(&error))?;
    while let Some(field) = form.next_field().await.map_err(|error| broken(&error))? {
        let Some(name) = field.name().map(str::to_owned) else { continue };
        if field.file_name().is_some() {
            return Err(Fault::new(code::NOT_IMPLEMENTED, "external tables in a form are not supported"));
        }
        let value = field.text().await.map_err(|error| broken(&error))?;
        asked.take(&name, value);
    }
    Ok(None)
}

/// Settings of a reader that only change how a result is written.
const SHAPES: &[&str] = &[
    "output_format_json_",
    "output_format_csv_",
    "output_format_tsv_",
    "output_format_pretty_",
    "output_format_arrow_",
    "output_format_parquet_",
    "output_format_native_",
    "output_format_binary_",
    "output_format_values_",
    "output_format_markdown_",
    "output_format_decimal_",
    "output_format_write_statistics",
    "output_format_trim_fixed_string",
    "output_format_float_precision",
    "date_time_output_format",
    "format_csv_",
    "format_tsv_",
    "bool_true_representation",
    "bool_false_representation",
    "session_timezone",
    "extremes",
    "describe_",
    "http_",
    "join_use_nulls",
    "group_by_use_nulls",
    "asterisk_include_",
];

/// Limits of a reader: any value but 0 is narrower than none.
const NARROWING: &[&str] = &[
    "max_rows_to_read",
    "max_bytes_to_read",
    "max_result_rows",
    "max_result_bytes",
    "max_rows_to_group_by",
    "max_rows_to_sort",
    "max_bytes_to_sort",
    "max_rows_in_set",
    "max_bytes_in_set",
    "max_rows_in_join",
    "max_bytes_in_join",
    "max_rows_to_read_leaf",
    "max_bytes_to_read_leaf",
    "max_columns_to_read",
    "max_temporary_columns",
];

/// Whether a setting is one of those limits.
pub fn is_narrowing(name: &str) -> bool {
    NARROWING.contains(&name)
}

/// A reader's settings, refused when they would widen what a reader has, with the limits put first.
pub fn reader_settings(limits: Limits, asked: &[(String, String)]) -> Result<Vec<(String, String)>, Fault> {
    let mut time = limits.reader_time;
    let mut memory = limits.reader_memory;
    let mut threads = u64::from(limits.threads);
    let mut settings = Vec::new();
    for (name, value) in asked {
        let refuse = |why: &str| Err(Fault::new(code::READONLY, format!("Cannot modify '{name}' setting for user reader: {why}")));
        let number = value.parse::<f64>().ok().filter(|number| number.is_finite() && *number > 0.0);
        match name.as_str() {
            "readonly" if matches!(value.as_str(), "1" | "2") => {}
            "final" if value == "1" => {}
            "max_execution_time" => match number {
                Some(seconds) if seconds <= limits.reader_time.as_secs_f64() => time = time.min(Duration::from_secs_f64(seconds)),
                // Grafana and others always send their own, longer one: theirs does not hold, ours does.
                Some(_) => {}
                None => return refuse("a limit cannot be lifted"),
            },
            "max_memory_usage" => match number {
                Some(bytes) => memory = memory.min(bytes as u64),
                None => return refuse("a limit cannot be lifted"),
            },
            "max_threads" => match number {
                Some(count) => threads = threads.min(count as u64).max(1),
                None => return refuse("a limit cannot be lifted"),
            },
            _ if is_narrowing(name) => match number {
                Some(_) => settings.push((name.clone(), value.clone())),
                None => return refuse("a limit cannot be lifted"),
            },
            _ if SHAPES.iter().any(|shape| name.starts_with(shape)) && is_name(name) => settings.push((name.clone(), value.clone())),
            _ => return refuse("only limits and the way a result is written can be set"),
        }
    }
    let seconds = time.as_secs_f64().to_string();
    settings.extend([
        ("max_execution_time".to_owned(), seconds),
        ("timeout_overflow_mode".to_owned(), "throw".to_owned()),
        ("max_memory_usage".to_owned(), memory.to_string()),
        ("max_threads".to_owned(), threads.to_string()),
    ]);
    Ok(settings)
}

/// The settings that a request's statement runs with.
pub fn settings_for(role: Role, limits: Limits, asked: &Asked) -> Result<Vec<(String, String)>, Fault> {
    match role {
        Role::Reader => reader_settings(limits, &asked.settings),
        Role::Writer => match asked.settings.iter().find(|(name, _)| !is_name(name)) {
            Some((name, _)) => Err(Fault::new(code::UNKNOWN_SETTING, format!("Unknown setting '{name}'"))),
            None => Ok(asked.settings.clone()),
        },
    }
}

fn is_name(name: &str) -> bool {
    !name.is_empty()
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        && !name.starts_with(|first: char| first.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limits() -> Limits {
        Limits { memory: 800, threads: 2, reader_memory: 400, reader_time: Duration::from_secs(30) }
    }

    fn reader(name: &str, value: &str) -> Result<Vec<(String, String)>, Fault> {
        reader_settings(limits(), &[(name.to_owned(), value.to_owned())])
    }

    fn value<'s>(settings: &'s [(String, String)], name: &str) -> &'s str {
        settings.iter().find(|(found, _)| found == name).map(|(_, value)| value.as_str()).unwrap()
    }

    #[test]
    fn a_readers_limits_only_narrow() {
        assert_eq!(value(&reader("max_execution_time", "2").unwrap(), "max_execution_time"), "2");
        assert_eq!(value(&reader("max_execution_time", "600").unwrap(), "max_execution_time"), "30");
        assert_eq!(value(&reader("max_memory_usage", "100").unwrap(), "max_memory_usage"), "100");
        assert_eq!(value(&reader("max_memory_usage", "9e9").unwrap(), "max_memory_usage"), "400");
        assert_eq!(value(&reader("max_threads", "64").unwrap(), "max_threads"), "2");
        assert_eq!(value(&reader("max_result_rows", "5").unwrap(), "max_result_rows"), "5");
        for (name, bad) in [
            ("max_execution_time", "0"),
            ("max_execution_time", "-1"),
            ("max_execution_time", "inf"),
            ("max_memory_usage", "0"),
            ("max_threads", "0"),
            ("max_result_rows", "0"),
            ("readonly", "0"),
            ("final", "0"),
            ("timeout_overflow_mode", "break"),
            ("allow_ddl", "1"),
            ("output_format_schema", "/tmp/x"),
            ("format_schema", "x"),
            ("output_format_json_x, readonly", "0"),
        ] {
            assert_eq!(reader(name, bad).unwrap_err().code, code::READONLY, "{name}={bad}");
        }
    }
}
