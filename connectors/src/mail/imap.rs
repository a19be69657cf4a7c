//! A folder of a mail server over IMAP and TLS, read only: EXAMINE and BODY.PEEK, so that nothing is marked as read,
//! moved or deleted.
//!
//! async-imap speaks the protocol: it is the kept one (Delta Chat's, releases through 2026), while `imap` has been in
//! alpha since 2021 and blocks. Its own `uid_search` and `uid_fetch` take a refusal for an empty list, so these
//! commands are run here answer by answer.

use std::fmt;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use async_imap::imap_proto::{AttributeValue, Capability, MailboxDatum, MessageSection, Response, ResponseCode, SectionPath, Status};
use async_imap::{Client, Session};
use chrono::{DateTime, NaiveDate, Utc};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use rustls_platform_verifier::ConfigVerifierExt;
use secrecy::{ExposeSecret, SecretString};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_util::sync::CancellationToken;

use super::folder;
use crate::error::{PullError, PullErrorKind};
use crate::http::{Budget, Permit};
use crate::identity::mask_text;
use crate::pull::Stop;

/// Connecting, and every single answer, takes no longer.
const CONNECT: Duration = Duration::from_secs(15);
const SILENCE: Duration = Duration::from_mins(1);

/// How the mailbox is reached.
pub(crate) struct Server {
    pub(crate) host: String,
    pub(crate) port: u16,
    pub(crate) user: String,
    pub(crate) login: Login,
    /// Certificates that the server's own is checked against, instead of the system's.
    pub(crate) ca_file: Option<PathBuf>,
    /// No TLS: loopback only.
    pub(crate) plain: bool,
}

/// What commands are held to.
#[derive(Clone)]
pub(crate) struct Limits {
    pub(crate) budget: Arc<Budget>,
    pub(crate) shutdown: CancellationToken,
}

/// What proves who we are.
pub(crate) enum Login {
    Password(SecretString),
    /// An OAuth 2.0 access token (XOAUTH2).
    Token(SecretString),
}

trait Wire: AsyncRead + AsyncWrite + Unpin + Send + Sync + fmt::Debug {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send + Sync + fmt::Debug> Wire for T {}

/// A folder, opened for reading.
pub(crate) struct Folder {
    session: Session<Box<dyn Wire>>,
    host: String,
    limits: Limits,
    /// Commands sent.
    pub(crate) commands: u64,
    /// Changes when the server numbers its messages anew.
    pub(crate) validity: u32,
}

/// The header of a message, and what the server knows of it.
pub(crate) struct Listed {
    pub(crate) uid: u32,
    /// Bytes of the whole message.
    pub(crate) size: u32,
    pub(crate) received_at: Option<DateTime<Utc>>,
    pub(crate) header: Vec<u8>,
}

/// Whether a host name means this machine.
pub(crate) fn is_loopback(host: &str) -> bool {
    host == "localhost" || host.trim_matches(['[', ']']).parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

impl Server {
    /// Signs in and opens a folder.
    pub(crate) async fn open(&self, folder: &str, limits: &Limits) -> Result<Folder, Stop> {
        let session = tokio::select! {
            biased;
            () = limits.shutdown.cancelled() => return Err(Stop::Shutdown),
            session = tokio::time::timeout(CONNECT * 2, self.sign_in()) => {
                session.map_err(|_| self.unreachable("it does not answer"))??
            }
        };
        let mut opened = Folder { session, host: self.host.clone(), limits: limits.clone(), commands: 2, validity: 0 };
        opened.introduce().await?;
        opened.examine(folder).await?;
        Ok(opened)
    }

    async fn sign_in(&self) -> Result<Session<Box<dyn Wire>>, PullError> {
        let mut client = Client::new(self.connect().await?);
        let greeting = client.read_response().await.map_err(|error| broken(&self.host, &error))?;
        match greeting.as_ref().map(|greeting| greeting.parsed()) {
            Some(Response::Data { status: Status::Ok, .. }) => {}
            Some(Response::Data { outcome, .. }) => {
                return Err(self.unreachable(&format!("it refused the connection{}", said(outcome.information.as_deref()))));
            }
            _ => return Err(self.unreachable("it is not a mail server that speaks IMAP")),
        }
        let signed_in = match &self.login {
            Login::Password(password) => client.login(&self.user, password.expose_secret()).await,
            Login::Token(token) => client.authenticate("XOAUTH2", Bearer::new(&self.user, token)).await,
        };
        signed_in.map_err(|(error, _)| self.refused(&error))
    }

    async fn connect(&self) -> Result<Box<dyn Wire>, PullError> {
        let connecting = tokio::time::timeout(CONNECT, TcpStream::connect((self.host.trim_matches(['[', ']']), self.port)));
        let stream = match connecting.await {
            Ok(Ok(stream)) => stream,
            Ok(Err(error)) => return Err(self.unreachable(&format!("no connection ({})", error.kind()))),
            Err(_) => return Err(self.unreachable("it does not answer")),
        };
        if self.plain {
            return Ok(Box::new(stream));
        }
        let name = ServerName::try_from(self.host.trim_matches(['[', ']']).to_owned()).map_err(|_| {
            PullError::new(PullErrorKind::Configuration, format!("params.host: {:?} is not the name of a server", self.host))
        })?;
        let tls = TlsConnector::from(Arc::new(tls_config(self.ca_file.as_deref())?)).connect(name, stream);
        let stream = tokio::time::timeout(CONNECT, tls).await.map_err(|_| self.unreachable("it does not answer in TLS"))?;
        Ok(Box::new(stream.map_err(|error| {
            PullError::new(PullErrorKind::Unreachable, format!("no safe connection to {}:{}: {error}", self.host, self.port)).with_hint(
                "check host and port (993 is the usual one); a certificate that the company made itself is named as params.ca_file",
            )
        })?))
    }

    fn unreachable(&self, what: &str) -> PullError {
        PullError::new(PullErrorKind::Unreachable, format!("{}:{}: {what}", self.host, self.port))
            .with_hint("check params.host and params.port of the connection")
    }

    /// The server did not let us in.
    fn refused(&self, error: &async_imap::error::Error) -> PullError {
        use async_imap::error::Error;
        match error {
            Error::No(_) | Error::Bad(_) => {
                let (what, hint) = match self.login {
                    Login::Password(_) => (
                        "user and password",
                        "QQ, 163 and most Chinese providers want an authorisation code (授权码) as secrets.password, and IMAP switched on in the mailbox's settings",
                    ),
                    Login::Token(_) => ("the access token", "it may have run out: get a new one for secrets.oauth_token"),
                };
                PullError::new(PullErrorKind::Unauthorised, format!("{} did not accept {what}", self.host)).with_hint(hint)
            }
            Error::Validate(_) => PullError::new(PullErrorKind::Configuration, "user or password holds a character that IMAP cannot send"),
            Error::Io(error) => broken(&self.host, error),
            _ => self.unreachable("it broke the connection off while signing in"),
        }
    }
}

/// `ClientConfig` for the server: the system's authorities, or only those of a file.
fn tls_config(ca_file: Option<&Path>) -> Result<ClientConfig, PullError> {
    // Another part of the process may have chosen the same provider already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let wrong = |message: String| PullError::new(PullErrorKind::Configuration, message);
    let Some(path) = ca_file else {
        return ClientConfig::with_platform_verifier().map_err(|error| wrong(format!("the system's certificates cannot be used: {error}")));
    };
    let mut roots = RootCertStore::empty();
    let read = CertificateDer::pem_file_iter(path).map_err(|error| wrong(format!("params.ca_file: {}: {error}", path.display())))?;
    for certificate in read {
        let certificate = certificate.map_err(|error| wrong(format!("params.ca_file: {}: {error}", path.display())))?;
        roots.add(certificate).map_err(|error| wrong(format!("params.ca_file: {}: {error}", path.display())))?;
    }
    if roots.is_empty() {
        return Err(wrong(format!("params.ca_file: {} holds no certificate", path.display())));
    }
    Ok(ClientConfig::builder().with_root_certificates(roots).with_no_client_auth())
}

/// The answers of XOAUTH2: the token, and an empty line to the server's explanation of a refusal.
struct Bearer {
    first: Option<String>,
}

impl Bearer {
    fn new(user: &str, token: &SecretString) -> Bearer {
        Bearer { first: Some(format!("user={user}\x01auth=Bearer {}\x01\x01", token.expose_secret())) }
    }
}

impl async_imap::Authenticator for Bearer {
    type Response = String;

    fn process(&mut self, _: &[u8]) -> String {
        self.first.take().unwrap_or_default()
    }
}

/// A connection that broke. The library's own text can hold what the server sent, mail among it, and is not repeated.
fn broken(host: &str, error: &std::io::Error) -> PullError {
    if error.kind() == std::io::ErrorKind::Other {
        return PullError::new(PullErrorKind::BadResponse, format!("{host} answered with something that is not IMAP"))
            .with_hint("nothing of this answer was taken; the next pull asks again");
    }
    PullError::new(PullErrorKind::Unreachable, format!("the connection to {host} broke off ({})", error.kind()))
        .with_hint("what was read before stays; the next pull goes on from there")
}

/// What a server said, without addresses in it.
fn said(text: Option<&str>) -> String {
    text.map_or_else(String::new, |text| format!(": {}", mask_text(text.trim())))
}

/// Takes the untagged answers to a command.
type Take<'t> = &'t mut (dyn FnMut(&Response<'_>) + Send);

/// A command that the server refused.
enum Refusal {
    Refused(String),
    Stopped(Stop),
}

impl From<Stop> for Refusal {
    fn from(stop: Stop) -> Refusal {
        Refusal::Stopped(stop)
    }
}

impl Folder {
    /// Runs a command; the untagged answers to it go to `take`.
    async fn command(&mut self, text: &str, take: Take<'_>) -> Result<(), Refusal> {
        let mut permit = self.turn().await?;
        self.commands += 1;
        let lost = |host: &str| Stop::from(broken(host, &std::io::ErrorKind::UnexpectedEof.into()));
        let tag = self.session.run_command(text).await.map_err(|error| match error {
            async_imap::error::Error::Io(error) => Stop::from(broken(&self.host, &error)),
            _ => lost(&self.host),
        })?;
        loop {
            let read = tokio::select! {
                biased;
                () = self.limits.shutdown.cancelled() => return Err(Stop::Shutdown.into()),
                read = tokio::time::timeout(SILENCE, self.session.read_response()) => read,
            };
            let Ok(read) = read else {
                let silent = format!("{} fell silent", self.host);
                return Err(Stop::from(PullError::new(PullErrorKind::Unreachable, silent)).into());
            };
            let answer = read.map_err(|error| Stop::from(broken(&self.host, &error)))?.ok_or_else(|| lost(&self.host))?;
            match answer.parsed() {
                Response::Done { tag: done, status, outcome } if *done == tag => {
                    permit.answered();
                    return match status {
                        Status::Ok => Ok(()),
                        _ => Err(Refusal::Refused(said(outcome.information.as_deref()))),
                    };
                }
                Response::Data { status: Status::Bye, .. } => return Err(lost(&self.host).into()),
                untagged => take(untagged),
            }
        }
    }

    /// Waits until the budget allows a command.
    async fn turn(&self) -> Result<Permit, Stop> {
        let permit = tokio::select! {
            biased;
            () = self.limits.shutdown.cancelled() => return Err(Stop::Shutdown),
            permit = self.limits.budget.acquire() => permit,
        };
        permit.map_err(|used_up| {
            let minutes = used_up.wait.as_secs().div_ceil(60);
            let message = format!("the budget for {} is used up for {minutes} minutes", self.host);
            PullError::new(PullErrorKind::RateLimited, message).with_hint("the next pull goes on from there").into()
        })
    }

    /// The same for commands that a server has no reason to refuse.
    async fn must(&mut self, text: &str, take: Take<'_>) -> Result<(), Stop> {
        self.command(text, take).await.map_err(|refusal| match refusal {
            Refusal::Stopped(stop) => stop,
            Refusal::Refused(said) => {
                let verb: Vec<&str> = text.split(' ').take(2).collect();
                PullError::new(PullErrorKind::BadResponse, format!("{} refused {}{said}", self.host, verb.join(" "))).into()
            }
        })
    }

    /// NetEase (163, 126) lets only programs in that say who they are (RFC 2971).
    async fn introduce(&mut self) -> Result<(), Stop> {
        let mut has_id = false;
        let is_id = |capability: &Capability<'_>| matches!(capability, Capability::Atom(atom) if atom.eq_ignore_ascii_case("ID"));
        self.must("CAPABILITY", &mut |answer| {
            if let Response::Capabilities(list) = answer {
                has_id |= list.iter().any(is_id);
            }
        })
        .await?;
        if has_id {
            let own = format!("ID (\"name\" \"inflow\" \"version\" \"{}\")", env!("CARGO_PKG_VERSION"));
            self.must(&own, &mut |_| {}).await?;
        }
        Ok(())
    }

    async fn examine(&mut self, name: &str) -> Result<(), Stop> {
        let mut validity = None;
        let examine = format!("EXAMINE {}", quoted(&folder::encode(name)));
        let opened = self
            .command(&examine, &mut |answer| {
                if let Response::Data { outcome, .. } = answer
                    && let Some(ResponseCode::UidValidity(number)) = outcome.code
                {
                    validity = Some(number);
                }
            })
            .await;
        match opened {
            Ok(()) => {}
            Err(Refusal::Stopped(stop)) => return Err(stop),
            Err(Refusal::Refused(said)) => return Err(self.no_folder(name, &said).await),
        }
        self.validity = validity.ok_or_else(|| {
            PullError::new(
                PullErrorKind::BadResponse,
                format!("{} does not number the messages of {name} for good (no UIDVALIDITY)", self.host),
            )
        })?;
        Ok(())
    }

    /// The folder cannot be opened: say which there are.
    async fn no_folder(&mut self, name: &str, said: &str) -> Stop {
        let mut names: Vec<String> = Vec::new();
        // A server that does not list them leaves the hint without.
        let _ = self
            .command("LIST \"\" \"*\"", &mut |answer| {
                if let Response::MailboxData(MailboxDatum::List(found)) = answer {
                    names.push(folder::decode(&found.name));
                }
            })
            .await;
        let message = if names.iter().any(|known| known == name) {
            format!("{} does not open the folder {name}{said}", self.host)
        } else {
            format!("{} has no folder {name}", self.host)
        };
        names.truncate(30);
        let hint =
            if names.is_empty() { "name another one as params.folder".to_owned() } else { format!("its folders: {}", names.join(", ")) };
        PullError::new(PullErrorKind::Configuration, message).with_hint(hint).into()
    }

    /// Numbers of the messages from one on.
    pub(crate) async fn numbered_from(&mut self, first: u32) -> Result<Vec<u32>, Stop> {
        let found = self.search(&format!("UID {first}:*")).await?;
        // `n:*` names the last message even when its number is smaller.
        Ok(found.into_iter().filter(|uid| *uid >= first).collect())
    }

    /// Numbers of the messages that came on a day or later.
    pub(crate) async fn since(&mut self, day: NaiveDate) -> Result<Vec<u32>, Stop> {
        self.search(&format!("SINCE {}", day.format("%-d-%b-%Y"))).await
    }

    async fn search(&mut self, what: &str) -> Result<Vec<u32>, Stop> {
        let mut found: Vec<u32> = Vec::new();
        self.must(&format!("UID SEARCH {what}"), &mut |answer| {
            if let Response::MailboxData(MailboxDatum::Search(uids)) = answer {
                found.extend(uids);
            }
        })
        .await?;
        found.sort_unstable();
        found.dedup();
        Ok(found)
    }

    /// Headers of messages. What was deleted meanwhile is missing.
    pub(crate) async fn headers(&mut self, uids: &[u32]) -> Result<Vec<Listed>, Stop> {
        let mut listed = Vec::new();
        self.must(&format!("UID FETCH {} (UID INTERNALDATE RFC822.SIZE BODY.PEEK[HEADER])", set(uids)), &mut |answer| {
            if let Some((uid, Fetched { size, received_at, header: Some(header), .. })) = fetched(answer) {
                listed.push(Listed { uid, size, received_at, header });
            }
        })
        .await?;
        Ok(listed)
    }

    /// Whole messages, or of each only the first bytes.
    pub(crate) async fn messages(&mut self, uids: &[u32], first_bytes: Option<u32>) -> Result<Vec<(u32, Vec<u8>)>, Stop> {
        let part = first_bytes.map_or_else(String::new, |bytes| format!("<0.{bytes}>"));
        let mut messages = Vec::new();
        self.must(&format!("UID FETCH {} (UID BODY.PEEK[]{part})", set(uids)), &mut |answer| {
            if let Some((uid, Fetched { body: Some(body), .. })) = fetched(answer) {
                messages.push((uid, body));
            }
        })
        .await?;
        Ok(messages)
    }

    /// Says goodbye; nothing depends on the answer.
    pub(crate) async fn close(mut self) -> u64 {
        let _ = tokio::time::timeout(Duration::from_secs(2), self.command("LOGOUT", &mut |_| {})).await;
        self.commands
    }
}

/// What one answer to FETCH holds.
#[derive(Default)]
struct Fetched {
    size: u32,
    received_at: Option<DateTime<Utc>>,
    header: Option<Vec<u8>>,
    body: Option<Vec<u8>>,
}

/// Number and content of a fetched message. An answer without a number tells in passing of another one.
fn fetched(answer: &Response<'_>) -> Option<(u32, Fetched)> {
    let Response::Fetch(_, attributes) = answer else { return None };
    let mut number = None;
    let mut found = Fetched::default();
    for attribute in attributes {
        match attribute {
            AttributeValue::Uid(uid) => number = Some(*uid),
            AttributeValue::Rfc822Size(size) => found.size = *size,
            AttributeValue::InternalDate(text) => {
                let read = DateTime::parse_from_str(text.trim(), "%d-%b-%Y %H:%M:%S %z");
                found.received_at = read.ok().map(|at| at.with_timezone(&Utc));
            }
            AttributeValue::BodySection { section: None, data: Some(data), .. } => found.body = Some(data.to_vec()),
            AttributeValue::BodySection { section: Some(SectionPath::Full(MessageSection::Header)), data: Some(data), .. } => {
                found.header = Some(data.to_vec());
            }
            _ => {}
        }
    }
    Some((number?, found))
}

/// Numbers as IMAP writes a set of them: `3:7,9`.
fn set(uids: &[u32]) -> String {
    let mut sorted = uids.to_vec();
    sorted.sort_unstable();
    let mut runs: Vec<(u32, u32)> = Vec::new();
    for uid in sorted {
        match runs.last_mut() {
            Some((_, last)) if uid <= last.saturating_add(1) => *last = uid,
            _ => runs.push((uid, uid)),
        }
    }
    let texts: Vec<String> =
        runs.iter().map(|(first, last)| if first == last { first.to_string() } else { format!("{first}:{last}") }).collect();
    texts.join(",")
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_and_names_on_the_wire() {
        assert_eq!(set(&[9, 3, 4, 5, 7]), "3:5,7,9");
        assert_eq!(set(&[u32::MAX]), u32::MAX.to_string());
        assert_eq!(quoted("a\"b\\c"), "\"a\\\"b\\\\c\"");
    }

    #[test]
    fn only_this_machine_is_loopback() {
        assert!(["localhost", "127.0.0.1", "127.9.9.9", "::1", "[::1]"].into_iter().all(is_loopback));
        assert!(!["imap.example.com", "10.0.0.1", "localhost.example.com"].into_iter().any(is_loopback));
    }

    #[test]
    fn what_a_server_sent_is_not_repeated() {
        let error = broken("mail.example", &std::io::Error::other("during parsing of 测试甲 19900000001"));
        assert!(!error.to_string().contains("测试甲"), "{error}");
        assert_eq!(said(Some("LOGIN failed for hr@tea.example")), ": LOGIN failed for [email]");
    }
}
