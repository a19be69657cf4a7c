//! Phone, mail and name of a candidate: asked for when a message leaves, and written nowhere.

use std::collections::HashMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use inflow_config::{Config, Contacts as Settings};
use inflow_connectors::identity::{DigestKind, IdentityKeys, Person, digest_person};
use reqwest::StatusCode;
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use tokio::sync::OnceCell;

use super::case::Case;
use super::vault;
use crate::send::{Outbox, SendError};

/// How a candidate is reached. Its `Debug` shows nothing of it.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Contact {
    /// Phone number, as the source has it; empty: none.
    pub phone: String,
    /// Mail address; empty: none.
    pub email: String,
    /// Name; empty: none.
    pub name: String,
    /// Link to the interview; empty: none.
    pub link: String,
}

impl fmt::Debug for Contact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Contact").finish_non_exhaustive()
    }
}

/// What knows how candidates are reached.
pub trait ContactSource {
    /// The contact of a case; `None` when the source knows of none.
    fn contact(&self, case: &Case) -> impl Future<Output = Result<Option<Contact>, SendError>> + Send;
}

/// The ATS, or a vault.
#[derive(Debug)]
pub struct Contacts<'o, 'c> {
    outbox: &'o Outbox<'c>,
    /// The vault, opened once for a pass.
    vault: OnceCell<Arc<HashMap<String, Value>>>,
}

impl<'o, 'c> Contacts<'o, 'c> {
    /// For one pass: a vault is read when it is first needed.
    pub fn new(outbox: &'o Outbox<'c>) -> Self {
        Self { outbox, vault: OnceCell::new() }
    }

    async fn ask_ats(&self, settings: &Settings, case: &Case) -> Result<Option<Value>, SendError> {
        let url = settings.address(&case.connection, &case.application, &case.candidate);
        let url = url.map_err(|bad| SendError::refused(format!("contacts.url {}", bad.message)))?;
        let token = settings.token.as_ref().map(|token| self.outbox.secret(token)).transpose()?;
        let mut asked = self.outbox.client.get(url).timeout(super::ways::PATIENCE);
        if let Some(token) = &token {
            asked = asked.bearer_auth(token.expose_secret());
        }
        // The error of the client would name the address, which holds the candidate's id.
        let failed = |error: reqwest::Error| {
            SendError::later(format!("the source of contact data cannot be reached: {}", crate::send::cause(&error.without_url())))
        };
        let answer = asked.send().await.map_err(failed)?;
        match answer.status() {
            StatusCode::NOT_FOUND | StatusCode::GONE | StatusCode::NO_CONTENT => return Ok(None),
            status if status.is_success() => {}
            status if status == StatusCode::TOO_MANY_REQUESTS || status.is_server_error() => {
                return Err(SendError::later(format!("the source of contact data answered with HTTP status {}", status.as_u16())));
            }
            status => {
                let error = SendError::refused(format!("the source of contact data answered with HTTP status {}", status.as_u16()));
                return Err(error.hint("check url and token of [contacts] in process.toml"));
            }
        }
        let body = answer.bytes().await.map_err(failed)?;
        // What it says may hold the person's data, so it is not repeated.
        serde_json::from_slice(&body).map(Some).map_err(|_| SendError::later("the source of contact data did not answer with JSON"))
    }

    async fn look_up(&self, settings: &Settings, case: &Case) -> Result<Option<Value>, SendError> {
        let config = self.outbox.config;
        let (Some(file), Some(identity)) = (&settings.vault, &settings.identity) else { return Ok(None) };
        let identity = self.outbox.secret(identity)?;
        let open = async || {
            let path = vault::path(&config.dir, file)?;
            let opened = tokio::task::spawn_blocking(move || vault::open(&path, &identity)).await;
            opened.map_err(|error| SendError::later(format!("the vault was not read: {error}")))?.map(Arc::new)
        };
        let all = self.vault.get_or_try_init(open).await?;
        Ok(all.get(&format!("{}:{}", case.connection, case.application)).cloned())
    }
}

impl ContactSource for Contacts<'_, '_> {
    async fn contact(&self, case: &Case) -> Result<Option<Contact>, SendError> {
        let Some(settings) = &self.outbox.config.processes.contacts else {
            return Err(SendError::refused("there are no [contacts] in process.toml"));
        };
        let told = if settings.url.is_some() { self.ask_ats(settings, case).await? } else { self.look_up(settings, case).await? };
        let Some(told) = told else { return Ok(None) };
        let text = |pointer: &Option<String>, default: &str| {
            let found = told.pointer(pointer.as_deref().unwrap_or(default));
            found.and_then(Value::as_str).unwrap_or_default().trim().to_owned()
        };
        Ok(Some(Contact {
            phone: text(&settings.phone, "/phone"),
            email: text(&settings.email, "/email"),
            name: text(&settings.name, "/name"),
            link: text(&settings.link, "/link"),
        }))
    }
}

/// Under which keyed hashes an opt-out of a phone and a mail address is kept: H(erase key, digest), from which nobody can be found.
pub fn opt_out_digests(keys: &IdentityKeys, config: &Config, phone: &str, email: &str) -> Vec<String> {
    let list = |text: &str| if text.is_empty() { Vec::new() } else { vec![text.to_owned()] };
    let person = Person { phones: list(phone), emails: list(email), ..Person::default() };
    let identity = digest_person(keys, &person, &config.settings.company.country);
    let whole = identity.digests.iter().filter(|digest| digest.kind.links());
    let mut digests: Vec<String> = whole.filter_map(|digest| keys.tombstone(digest)).collect();
    // Numbers that link nobody, such as relay numbers, are still numbers that somebody wants no messages on.
    let number: String = phone.chars().filter(char::is_ascii_digit).collect();
    let national = number.trim_start_matches("00").strip_prefix("86").filter(|rest| rest.len() == 11).unwrap_or(&number).to_owned();
    for (kind, form) in [(DigestKind::PhoneE164, national), (DigestKind::EmailExact, email.trim().to_lowercase())] {
        digests.extend(Some(form).filter(|form| !form.is_empty()).and_then(|form| keys.tombstone(&keys.digest(kind, &form))));
    }
    digests.sort();
    digests.dedup();
    digests
}

/// What must not be written down of a contact.
pub(super) fn hidden(contact: &Contact) -> Vec<SecretString> {
    [&contact.phone, &contact.email, &contact.name, &contact.link]
        .into_iter()
        .filter(|text| !text.is_empty())
        .map(|text| text.as_str().into())
        .collect()
}

/// The vault, when it lies in the data folder: there it would be copied with the data, and it may not.
pub fn vault_within(config: &Config, data_dir: &Path) -> Option<PathBuf> {
    let file = config.processes.contacts.as_ref()?.vault.as_ref()?;
    let path = vault::path(&config.dir, file).ok()?;
    let whole = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
    whole(&path).starts_with(whole(data_dir)).then_some(path)
}
