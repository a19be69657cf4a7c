//! Links by which a person says that somebody sees to an alert: signed, good for one alert until a month after its message. What opens the link
//! answers nothing, the button of its page does; that it is answered once is held by the store ([`inflow_store::Store::acknowledge_alert`]).

use chrono::{DateTime, TimeDelta, Utc};
use hmac::{Hmac, Mac};
use inflow_store::{Store, StoreError};
use sha2::Sha256;
use url::Url;

use crate::repost::link::BadLink;

/// How long after its message a link can be used.
const GOOD_FOR: TimeDelta = TimeDelta::days(30);
/// What the key of the store is asked for.
const PURPOSE: &str = "alert links";

/// Signs and checks links.
#[derive(Clone)]
pub struct AlertSigner {
    key: [u8; 32],
}

impl std::fmt::Debug for AlertSigner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("AlertSigner")
    }
}

impl AlertSigner {
    /// With the key of a store.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn of(store: &Store) -> Result<Self, StoreError> {
        Ok(Self { key: store.signing_key(PURPOSE)? })
    }

    /// With this key.
    pub fn new(key: [u8; 32]) -> Self {
        Self { key }
    }

    fn mac(&self, alert: &str, until: i64) -> Option<Hmac<Sha256>> {
        // HMAC takes keys of any length.
        Some(Hmac::<Sha256>::new_from_slice(&self.key).ok()?.chain_update(format!("ack\n{alert}\n{until}")))
    }

    /// The address that acknowledges an alert, under where people reach the page.
    pub fn address(&self, base: &Url, alert: &str, at: DateTime<Utc>) -> Url {
        let until = (at + GOOD_FOR).timestamp();
        let bytes = self.mac(alert, until).map(|mac| mac.finalize().into_bytes()).unwrap_or_default();
        let digit = |half: u8| char::from_digit(u32::from(half), 16).unwrap_or_default();
        let signature: String = bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect();
        let mut url = base.clone();
        url.set_path(&format!("{}/alert/{alert}/ack", base.path().trim_end_matches('/')));
        url.set_query(Some(&format!("until={until}&sig={signature}")));
        url.set_fragment(None);
        url
    }

    /// Whether a link is ours and still good.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn check(&self, alert: &str, until: i64, signature: &str, now: DateTime<Utc>) -> Result<(), BadLink> {
        let digits =
            signature.as_bytes().chunks(2).map(|pair| std::str::from_utf8(pair).ok().and_then(|pair| u8::from_str_radix(pair, 16).ok()));
        let bytes: Vec<u8> = digits.collect::<Option<_>>().ok_or(BadLink::Unsigned)?;
        // Compared in a time that does not tell where they differ.
        self.mac(alert, until).and_then(|mac| mac.verify_slice(&bytes).ok()).ok_or(BadLink::Unsigned)?;
        if now.timestamp() > until { Err(BadLink::Expired) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_is_good_for_its_alert_and_its_month() {
        let (signer, at): (_, DateTime<Utc>) = (AlertSigner::new([7; 32]), "2026-11-30T10:00:00Z".parse().unwrap());
        let url = signer.address(&"https://hr.company.example/inflow/".parse().unwrap(), "abc", at);
        assert_eq!(url.path(), "/inflow/alert/abc/ack");
        let pairs: std::collections::BTreeMap<String, String> = url.query_pairs().into_owned().collect();
        let (until, sig): (i64, &str) = (pairs["until"].parse().unwrap(), &pairs["sig"]);
        assert_eq!(signer.check("abc", until, sig, at), Ok(()));
        assert_eq!(signer.check("abc", until, sig, at + GOOD_FOR + TimeDelta::seconds(1)), Err(BadLink::Expired));
        for (alert, until, sig) in
            [("abd", until, sig), ("abc", until + 1, sig), ("abc", until, "zz"), ("abc", until, ""), ("abc", until, "一")]
        {
            assert_eq!(signer.check(alert, until, sig, at), Err(BadLink::Unsigned), "{alert} {until} {sig}");
        }
        assert_eq!(AlertSigner::new([8; 32]).check("abc", until, sig, at), Err(BadLink::Unsigned));
    }
}
