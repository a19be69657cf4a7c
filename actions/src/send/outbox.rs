//! The one place from which messages leave this machine.
//!
//! Boards are asked through `inflow_connectors::http`, which keeps their budgets; messages go through a client of their own, made the same
//! way (proxy, certificates). A webhook's address comes out of a secret that somebody else may have written, so where it leads is checked
//! each time: https, and a host that `messages.toml` allows; redirects are not followed.

use std::time::Duration;

use inflow_config::{Config, Explain, Receiver, SecretRef, Shape, SharedClock};
use inflow_connectors::http::{HttpOptions, Redactor};
use reqwest::Client;
use secrecy::{ExposeSecret, SecretString};
use url::{Host, Url};

use super::courier::Outgoing;
use super::error::SendError;
use super::letter::Letter;
use super::{mail, webhook};

/// A robot answers in a second.
const PATIENCE: Duration = Duration::from_secs(30);
/// Bytes of an answer that are looked at.
const ANSWER: usize = 64 << 10;
/// Shorter parts of an address are words of its path.
const SHORTEST_KEY: usize = 12;

/// Sends letters.
#[derive(Debug)]
pub struct Outbox<'c> {
    pub(crate) config: &'c Config,
    pub(crate) clock: SharedClock,
    pub(crate) client: Client,
}

impl<'c> Outbox<'c> {
    /// Through the proxy and with the certificates of `[http]` in `inflow.toml`.
    ///
    /// # Errors
    /// When these cannot be used.
    pub fn new(config: &'c Config, clock: SharedClock) -> Result<Self, SendError> {
        let client = HttpOptions::of(config, SharedClock::clone(&clock), None).client();
        let client = client.map_err(|error| SendError { hint: error.hint.clone(), ..SendError::refused(error.message) })?;
        Ok(Self { config, clock, client })
    }

    /// Whether a receiver's address and secrets are there and may be used; nothing is sent.
    ///
    /// # Errors
    /// What is missing.
    pub fn check(&self, receiver: &Receiver) -> Result<(), SendError> {
        let password =
            self.config.messages.smtp.as_ref().filter(|_| receiver.shape == Shape::Email).and_then(|smtp| smtp.password.as_ref());
        for secret in receiver.secret.iter().chain(password) {
            self.secret(secret)?;
        }
        match &receiver.url {
            Some(address) => self.allowed(self.secret(address)?.expose_secret()).map(drop),
            None => Ok(()),
        }
    }

    async fn post(&self, receiver: &Receiver, letter: &Letter) -> Result<(), SendError> {
        let Some(reference) = &receiver.url else { return Err(SendError::refused("has no address")) };
        let (address, secret) = (self.secret(reference)?, receiver.secret.as_ref().map(|secret| self.secret(secret)).transpose()?);
        let url = self.allowed(address.expose_secret())?;
        // A key is one part of the address, and may come back alone.
        let parts: Vec<SecretString> = parts(&url).map(SecretString::from).collect();
        let redactor = Redactor::new(parts.iter().chain([&address]).chain(&secret));
        let (url, body) =
            webhook::request(receiver.shape, &url, secret.as_ref().map(ExposeSecret::expose_secret), letter, self.clock.now());
        // The error of the client would name the address, which holds a key.
        let unreachable =
            |error: reqwest::Error| SendError::later(format!("cannot be reached: {}", redactor.text(&cause(&error.without_url()))));
        let mut answer = self.client.post(url).json(&body).timeout(PATIENCE).send().await.map_err(unreachable)?;
        let status = answer.status().as_u16();
        let after = answer.headers().get("retry-after").and_then(|value| value.to_str().ok()?.trim().parse().ok()).map(Duration::from_secs);
        let mut said = Vec::new();
        while let Some(part) = answer.chunk().await.map_err(unreachable)? {
            said.extend_from_slice(&part);
            if said.len() > ANSWER {
                break;
            }
        }
        webhook::accepted(receiver.shape, status, &said).map_err(|error| {
            let message = redactor.text(&error.message).into_owned();
            SendError { message, after: after.filter(|_| error.transient), ..error }
        })
    }

    pub(crate) fn secret(&self, reference: &SecretRef) -> Result<SecretString, SendError> {
        reference.read(&self.config.dir).map_err(|error| SendError { hint: error.hint(), ..SendError::refused(error.to_string()) })
    }

    /// Whether an address that is kept as a secret is there, and is one that may be called; nothing is sent.
    ///
    /// # Errors
    /// What is missing.
    pub fn check_address(&self, address: &SecretRef) -> Result<(), SendError> {
        self.allowed(self.secret(address)?.expose_secret()).map(drop)
    }

    /// The address, when messages may go there.
    pub(crate) fn allowed(&self, address: &str) -> Result<Url, SendError> {
        let url = Url::parse(address).map_err(|_| SendError::refused("its address cannot be read").hint("it begins with https://"))?;
        let (Some(host), Some(name)) = (url.host(), url.host_str()) else { return Err(SendError::refused("its address has no host")) };
        if !url.username().is_empty() || url.password().is_some() {
            return Err(SendError::refused("its address holds a user or password").hint("robots need none: copy the address again"));
        }
        let here = match host {
            Host::Domain(name) => name == "localhost",
            Host::Ipv4(ip) => ip.is_loopback(),
            Host::Ipv6(ip) => ip.is_loopback(),
        };
        match url.scheme() {
            "http" | "https" if here => Ok(url),
            "https" if self.config.messages.allows(name) => Ok(url),
            "https" => Err(SendError::refused(format!("its host {name} is not allowed"))
                .hint(format!("if that is where the messages belong, add allow_hosts = [\"{name}\"] at the top of messages.toml"))),
            _ => Err(SendError::refused("its address is not https").hint("only this machine itself is reached without")),
        }
    }
}

/// Words of an address that may be keys.
fn parts(url: &Url) -> impl Iterator<Item = String> {
    let of_path = url.path_segments().into_iter().flatten().map(str::to_owned);
    let of_query = url.query_pairs().map(|(_, value)| value.into_owned());
    of_path.chain(of_query).filter(|part| part.len() >= SHORTEST_KEY)
}

/// What was at the bottom of it.
pub(crate) fn cause(error: &dyn std::error::Error) -> String {
    let mut deepest = error;
    while let Some(source) = deepest.source() {
        deepest = source;
    }
    deepest.to_string()
}

impl Outgoing for Outbox<'_> {
    async fn send(&self, receiver: &Receiver, letter: &Letter) -> Result<(), SendError> {
        if receiver.shape != Shape::Email {
            return self.post(receiver, letter).await;
        }
        let Some(smtp) = &self.config.messages.smtp else { return Err(SendError::refused("there is no [smtp] in messages.toml")) };
        let password = smtp.password.as_ref().map(|secret| self.secret(secret)).transpose()?;
        mail::send(self.config, smtp, password, receiver, letter, self.clock.now()).await
    }
}
