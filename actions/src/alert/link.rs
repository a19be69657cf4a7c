//! Links by which a person says that somebody sees to an alert: signed, good for one alert until a month after its message. What opens the link
//! answers nothing, the button of its page does; that it is answered once is held by the store ([`inflow_store::Store::acknowledge_alert`]).

use chrono::{DateTime, TimeDelta, Utc};
use inflow_store::{Store, StoreError};
use url::Url;

pub use crate::signed::BadLink;
use crate::signed::SigningKey;

/// How long after its message a link can be used.
const GOOD_FOR: TimeDelta = TimeDelta::days(30);
/// What the key of the store is asked for.
const PURPOSE: &str = "alert links";

/// Signs and checks links.
#[derive(Debug, Clone)]
pub struct AlertSigner(SigningKey);

impl AlertSigner {
    /// With the key of a store.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn of(store: &Store) -> Result<Self, StoreError> {
        SigningKey::of(store, PURPOSE).map(Self)
    }

    /// With this key.
    pub fn new(key: [u8; 32]) -> Self {
        Self(SigningKey::new(key))
    }

    /// The address that acknowledges an alert, under where people reach the page.
    pub fn address(&self, base: &Url, alert: &str, at: DateTime<Utc>) -> Url {
        self.0.address(base, &format!("alert/{alert}/ack"), &format!("ack\n{alert}"), at + GOOD_FOR)
    }

    /// Whether a link is ours and still good.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn check(&self, alert: &str, until: i64, signature: &str, now: DateTime<Utc>) -> Result<(), BadLink> {
        self.0.check(&format!("ack\n{alert}"), until, signature, now)
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
