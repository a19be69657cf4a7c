//! The client as the settings want it: proxy, certificates, patience, and who asks.

use std::path::{Path, PathBuf};

use inflow_config::{Config, Explain, HttpSettings, SharedClock};
use reqwest::{Certificate, Client, NoProxy, Proxy};
use secrecy::ExposeSecret;

use crate::error::{PullError, PullErrorKind};

/// What the client is made of.
#[derive(Debug, Clone)]
pub struct HttpOptions {
    /// The clock.
    pub clock: SharedClock,
    /// `[http]` of `inflow.toml`.
    pub settings: HttpSettings,
    /// Folder that files in the settings are relative to.
    pub config_dir: PathBuf,
    /// Folder that the request log and used budgets are kept in; without it, neither is.
    pub data_dir: Option<PathBuf>,
}

impl HttpOptions {
    /// Default settings, and nothing kept.
    pub fn new(clock: SharedClock) -> HttpOptions {
        HttpOptions { clock, settings: HttpSettings::default(), config_dir: PathBuf::new(), data_dir: None }
    }

    /// As configured, kept in the data folder.
    pub fn of(config: &Config, clock: SharedClock, data_dir: Option<&Path>) -> HttpOptions {
        HttpOptions {
            clock,
            settings: config.settings.http.clone(),
            config_dir: config.dir.clone(),
            data_dir: data_dir.map(Path::to_owned),
        }
    }

    /// A client that goes straight to the board or through the proxy of the settings, never through one
    /// of the environment, and that sends no request of its own accord: a redirect or a repeat would be
    /// one that no budget knows of.
    ///
    /// Boards are asked through [`super::Http`], which keeps their budgets; this is for what is no board, such as those who get messages.
    pub fn client(&self) -> Result<Client, PullError> {
        // Another part of the process may have chosen the same provider already.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let settings = &self.settings;
        let mut builder = Client::builder()
            .no_proxy()
            .connect_timeout(settings.connect_timeout)
            .read_timeout(settings.timeout)
            .timeout(settings.timeout.saturating_mul(10))
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .user_agent(self.user_agent());
        if let Some(proxy) = self.proxy()? {
            builder = builder.proxy(proxy);
        }
        if let Some(file) = &settings.ca_file {
            builder = builder.tls_certs_merge(certificates(&self.config_dir.join(file))?);
        }
        builder.build().map_err(|error| PullError::new(PullErrorKind::Store, format!("the HTTP client cannot start: {error}")))
    }

    fn user_agent(&self) -> String {
        let name = concat!("inflow/", env!("CARGO_PKG_VERSION"));
        self.settings.user_agent_contact.as_ref().map_or_else(|| name.to_owned(), |contact| format!("{name} ({contact})"))
    }

    fn proxy(&self) -> Result<Option<Proxy>, PullError> {
        let Some(url) = &self.settings.proxy else { return Ok(None) };
        let wrong = |error: reqwest::Error| configuration(format!("http.proxy cannot be used: {error}"));
        let mut proxy = Proxy::all(url.clone()).map_err(wrong)?.no_proxy(NoProxy::from_string("localhost,127.0.0.0/8,::1"));
        let password = self.settings.proxy_password.as_ref().map(|secret| secret.read(&self.config_dir)).transpose().map_err(|error| {
            let hint = error.hint();
            PullError { hint, ..configuration(format!("http.proxy_password: {error}")) }
        })?;
        if self.settings.proxy_user.is_some() || password.is_some() {
            let user = self.settings.proxy_user.as_deref().unwrap_or_default();
            proxy = proxy.basic_auth(user, password.as_ref().map_or("", |password| password.expose_secret()));
        }
        Ok(Some(proxy))
    }
}

fn certificates(file: &Path) -> Result<Vec<Certificate>, PullError> {
    let wrong = |reason: String| {
        configuration(format!("http.ca_file {} {reason}", file.display()))
            .with_hint("it holds certificates as PEM: -----BEGIN CERTIFICATE-----")
    };
    let bytes = std::fs::read(file).map_err(|error| wrong(format!("cannot be read: {error}")))?;
    let found = Certificate::from_pem_bundle(&bytes).map_err(|_| wrong("holds something that is no certificate".to_owned()))?;
    if found.is_empty() { Err(wrong("holds no certificate".to_owned())) } else { Ok(found) }
}

fn configuration(message: String) -> PullError {
    PullError::new(PullErrorKind::Configuration, message)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use inflow_config::FixedClock;

    use super::*;

    fn options() -> HttpOptions {
        HttpOptions::new(Arc::new(FixedClock(chrono::DateTime::UNIX_EPOCH)))
    }

    #[test]
    fn a_file_of_certificates_is_checked() {
        let folder = tempfile::tempdir().unwrap();
        let mut options = HttpOptions { config_dir: folder.path().to_owned(), ..options() };
        options.settings.ca_file = Some("ca.pem".into());
        assert!(options.client().unwrap_err().message.contains("ca.pem cannot be read"));
        std::fs::write(folder.path().join("ca.pem"), "hello").unwrap();
        assert!(options.client().unwrap_err().message.ends_with("holds no certificate"));
        std::fs::write(folder.path().join("ca.pem"), "-----BEGIN CERTIFICATE-----\n*\n-----END CERTIFICATE-----\n").unwrap();
        let error = options.client().unwrap_err();
        assert!(error.message.ends_with("holds something that is no certificate") && error.hint.is_some(), "{error}");
    }

    #[test]
    fn who_asks_is_said() {
        let mut options = options();
        assert_eq!(options.user_agent(), concat!("inflow/", env!("CARGO_PKG_VERSION")));
        options.settings.user_agent_contact = Some("https://acme.example".into());
        assert_eq!(options.user_agent(), concat!("inflow/", env!("CARGO_PKG_VERSION"), " (https://acme.example)"));
    }
}
