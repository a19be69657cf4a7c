//! Whether what messages leave by can be reached, asked before anything is sent.
//!
//! Nothing is handed over, no key is shown and nobody signs in: of a web address only its host is asked, and any answer is one; a mail server is
//! greeted. Who is asked by which way is what the sending itself takes (proxy, certificates, TLS).

use std::time::Duration;

use futures::future::join_all;
use inflow_config::{Bad, Contacts, GatewayShape, Problem, Shape};
use secrecy::ExposeSecret;
use url::Url;

use super::outbox::{Outbox, cause};
use super::{SendError, mail};

/// Whoever has not answered by then is not reached: a host that drops packets is silent for ever.
const PATIENCE: Duration = Duration::from_secs(10);

/// A place in a file, and what is asked there.
enum Way {
    /// Its place in `process.toml` or `messages.toml`, and its address.
    Web { of_process: bool, key: String, url: Url },
    /// A `[[webhook]]` of `reposts.toml`: its key, and its address.
    Refresh { key: String, url: Url },
    /// `[smtp]` of `messages.toml`.
    Mail,
}

impl Outbox<'_> {
    /// What cannot be reached of all that messages leave by: gateways and contacts of `process.toml` that a template of a process may use, receivers and
    /// `[smtp]` of `messages.toml`, webhooks of `reposts.toml`. Each with its place. An address that cannot be read is not asked: other checks say so.
    pub async fn unreachable(&self) -> Vec<Problem> {
        let asked = self.ways().into_iter().map(|way| self.ask(way));
        join_all(asked).await.into_iter().flatten().collect()
    }

    fn ways(&self) -> Vec<Way> {
        let (processes, messages) = (&self.config.processes, &self.config.messages);
        let mut ways = Vec::new();
        if processes.is_any() {
            let contacts = processes.contacts.as_ref().and_then(host_of_contacts);
            ways.extend(contacts.map(|url| Way::Web { of_process: true, key: "contacts.url".to_owned(), url }));
            ways.extend(processes.gateway.iter().enumerate().filter_map(|(at, gateway)| {
                let key = if gateway.url.is_some() { format!("gateway[{at}].url") } else { format!("gateway[{at}]") };
                Some(Way::Web { of_process: true, key, url: gateway.address()? })
            }));
        }
        ways.extend(messages.receiver.iter().enumerate().filter_map(|(at, receiver)| {
            let address = self.secret(receiver.url.as_ref()?).ok()?;
            let url = self.allowed(address.expose_secret()).ok()?;
            Some(Way::Web { of_process: false, key: format!("receiver[{at}].url"), url })
        }));
        ways.extend(self.config.reposts.webhook.iter().enumerate().filter_map(|(at, webhook)| {
            let url = self.allowed(self.secret(&webhook.url).ok()?.expose_secret()).ok()?;
            Some(Way::Refresh { key: format!("webhook[{at}].url"), url })
        }));
        let by_mail = messages.receiver.iter().any(|receiver| receiver.shape == Shape::Email)
            || (processes.is_any() && processes.gateway.iter().any(|gateway| gateway.shape == GatewayShape::Email));
        ways.extend(by_mail.then_some(Way::Mail));
        ways
    }

    async fn ask(&self, way: Way) -> Option<Problem> {
        let refused = match &way {
            Way::Web { url, .. } | Way::Refresh { url, .. } => self.ask_host(url).await.err()?,
            Way::Mail => self.ask_mail().await?.err()?,
        };
        let hint = refused.hint.or_else(|| Some("check the address and the network; --offline asks nobody".to_owned()));
        let bad = Bad::new(refused.message).hint(hint);
        Some(match way {
            Way::Web { of_process: true, key, .. } => self.config.processes.problem(&key, bad),
            Way::Web { key, .. } => self.config.messages.problem(&key, bad),
            Way::Refresh { key, .. } => self.config.reposts.problem(&key, bad),
            Way::Mail => self.config.messages.problem("smtp.host", bad),
        })
    }

    /// Asks the host alone: path and query of an address may be its key.
    async fn ask_host(&self, url: &Url) -> Result<(), SendError> {
        let host = url.host_str().unwrap_or_default();
        let asked = self.client.head(url.origin().ascii_serialization()).timeout(PATIENCE).send().await;
        match asked {
            Ok(_) => Ok(()),
            Err(error) if error.is_timeout() => {
                Err(SendError::later(format!("{host} cannot be reached: no answer in {} s", PATIENCE.as_secs())))
            }
            Err(error) => Err(SendError::later(format!("{host} cannot be reached: {}", cause(&error.without_url())))),
        }
    }

    async fn ask_mail(&self) -> Option<Result<(), SendError>> {
        let smtp = self.config.messages.smtp.as_ref()?;
        Some(mail::greet(self.config, smtp, PATIENCE).await)
    }
}

fn host_of_contacts(contacts: &Contacts) -> Option<Url> {
    contacts.address("c", "a", "p").ok().filter(|_| contacts.url.is_some())
}
