//! Addresses that are signed: what one says and until when, under a key of the store. What is changed in either has no signature.

use chrono::{DateTime, Utc};
use hmac::{Hmac, Mac};
use inflow_store::{Store, StoreError};
use sha2::Sha256;
use url::Url;

/// Why a link is not good.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BadLink {
    /// Its signature is not ours.
    Unsigned,
    /// It was good until a while ago.
    Expired,
}

/// Signs and checks addresses of one purpose.
#[derive(Clone)]
pub(crate) struct SigningKey([u8; 32]);

impl std::fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SigningKey")
    }
}

impl SigningKey {
    /// The store's key of a purpose.
    pub(crate) fn of(store: &Store, purpose: &str) -> Result<Self, StoreError> {
        Ok(Self(store.signing_key(purpose)?))
    }

    pub(crate) fn new(key: [u8; 32]) -> Self {
        Self(key)
    }

    fn mac(&self, says: &str, until: i64) -> Option<Hmac<Sha256>> {
        // HMAC takes keys of any length.
        Some(Hmac::<Sha256>::new_from_slice(&self.0).ok()?.chain_update(format!("{says}\n{until}")))
    }

    /// The address of a path under where people reach the page, good until then.
    pub(crate) fn address(&self, base: &Url, path: &str, says: &str, until: DateTime<Utc>) -> Url {
        let until = until.timestamp();
        let signature = self.mac(says, until).map(|mac| hex::encode(mac.finalize().into_bytes())).unwrap_or_default();
        let mut url = base.clone();
        url.set_path(&format!("{}/{path}", base.path().trim_end_matches('/')));
        url.set_query(Some(&format!("until={until}&sig={signature}")));
        url.set_fragment(None);
        url
    }

    /// Whether a signature is ours and still good.
    pub(crate) fn check(&self, says: &str, until: i64, signature: &str, now: DateTime<Utc>) -> Result<(), BadLink> {
        let bytes = hex::decode(signature).map_err(|_| BadLink::Unsigned)?;
        // Compared in a time that does not tell where they differ.
        self.mac(says, until).and_then(|mac| mac.verify_slice(&bytes).ok()).ok_or(BadLink::Unsigned)?;
        if now.timestamp() > until { Err(BadLink::Expired) } else { Ok(()) }
    }
}
