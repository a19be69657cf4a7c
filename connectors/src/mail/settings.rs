//! How a connection of the connector `mailbox` says where its mail is.

use std::path::PathBuf;

use chrono::{Days, NaiveDate};
use inflow_config::{Config, Connection, Explain, Problem};

use super::imap::{Login, Server, is_loopback};
use crate::error::{PullError, PullErrorKind};

/// IMAP over TLS.
const PORT: u16 = 993;
/// Without `since`, mail of so many days is read at first.
const DAYS: u64 = 90;

/// A folder on a server.
pub(crate) struct Settings {
    pub(crate) server: Server,
    pub(crate) folder: String,
    /// Mail that came before is not read.
    pub(crate) since: NaiveDate,
}

impl Settings {
    /// Reads params and secrets. `today` is counted back from when no `since` is set.
    pub(crate) fn read(config: &Config, connection: &Connection, today: NaiveDate) -> Result<Settings, PullError> {
        if let Some((key, message, hint)) = wrong(connection).into_iter().next() {
            return Err(PullError::new(PullErrorKind::Configuration, format!("{key}: {message}")).with_hint(hint));
        }
        let param = |name: &str| connection.params.get(name).cloned();
        let secret = |name: &str| {
            let Some(secret) = connection.secrets.get(name) else { return Ok(None) };
            secret.read(&config.dir).map(Some).map_err(|error| {
                let bad = PullError::new(PullErrorKind::Configuration, format!("secrets.{name}: {error}"));
                PullError { hint: error.hint(), ..bad }
            })
        };
        let login = match secret("oauth_token")? {
            Some(token) => Some(Login::Token(token)),
            None => secret("password")?.map(Login::Password),
        };
        let login = login.ok_or_else(|| PullError::new(PullErrorKind::Configuration, "secrets.password is not set"))?;
        Ok(Settings {
            server: Server {
                host: param("host").unwrap_or_default(),
                port: param("port").and_then(|port| port.parse().ok()).unwrap_or(PORT),
                user: param("user").unwrap_or_default(),
                login,
                ca_file: param("ca_file").map(|path| config.resolve(&PathBuf::from(path))),
                plain: param("tls").as_deref() == Some("off"),
            },
            folder: param("folder").unwrap_or_else(|| "INBOX".to_owned()),
            since: param("since")
                .and_then(|day| day.parse().ok())
                .unwrap_or_else(|| today.checked_sub_days(Days::new(DAYS)).unwrap_or(today)),
        })
    }
}

/// What is wrong with a connection's params and secrets, for `inflow validate`.
pub(crate) fn problems(connection: &Connection) -> Vec<Problem> {
    let found = wrong(connection).into_iter();
    found.map(|(key, message, hint)| connection.problem(&key, message).with_hint(hint)).collect()
}

/// Key, sentence and hint of each problem.
fn wrong(connection: &Connection) -> Vec<(String, String, String)> {
    let mut found = Vec::new();
    let mut add = |key: &str, message: &str, hint: &str| found.push((key.to_owned(), message.to_owned(), hint.to_owned()));
    let param = |name: &str| connection.params.get(name).map(String::as_str);
    if connection.path.is_some() {
        let over_imap = ["host", "port", "user", "folder", "since", "ca_file", "tls"];
        if let Some(name) = over_imap.into_iter().find(|name| connection.params.contains_key(*name)) {
            add(&format!("params.{name}"), "belongs to a mailbox on a server, but `path` names files", "leave one of them out");
        }
        return found;
    }
    match param("host") {
        None => add(
            "params.host",
            "mailbox needs it, or `path`",
            "the mail server, e.g. imap.exmail.qq.com; or the folder of .eml and mbox files as `path`",
        ),
        Some(host) if host.contains(['/', ' ', '@']) => {
            add("params.host", "is not the name of a server", "such as imap.exmail.qq.com, without imaps://");
        }
        Some(host) => {
            match param("tls") {
                None | Some("on") => {}
                Some("off") if is_loopback(host) => {}
                Some("off") => add("params.tls", "a password is sent without encryption to this machine only", "leave it out"),
                Some(_) => add("params.tls", "is neither on nor off", "leave it out"),
            }
            if param("user").is_none() {
                add("params.user", "mailbox needs it", "the mailbox's user, mostly its whole address");
            }
            if !connection.secrets.contains_key("password") && !connection.secrets.contains_key("oauth_token") {
                let hint = "the password or authorisation code, as env:NAME or file:PATH; or secrets.oauth_token";
                add("secrets.password", "mailbox needs it", hint);
            }
        }
    }
    if param("port").is_some_and(|port| port.parse::<u16>().is_err()) {
        add("params.port", "is not a port", "993 is the usual one");
    }
    if param("since").is_some_and(|day| day.parse::<NaiveDate>().is_err()) {
        add("params.since", "is not a day", "write it as 2026-01-01");
    }
    found
}
