//! Links by which a person says that a refresh was done or is not to be: signed, good for one slot and one answer, until a day.
//!
//! A link opens a page with one button, and the button is what answers: programs that open links of messages to look at them answer nothing.
//! That a slot is answered once is held by the store ([`inflow_store::Store::decide_repost`]).

use chrono::{DateTime, TimeDelta, Utc};
use hmac::{Hmac, Mac};
use inflow_store::{Store, StoreError};
use sha2::Sha256;
use url::Url;

/// How long after its slot a link can be used.
const GOOD_FOR: TimeDelta = TimeDelta::days(7);
/// What the key of the store is asked for.
const PURPOSE: &str = "repost links";

/// What a link says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// It was done.
    Done,
    /// It is not to be.
    Skip,
}

impl Answer {
    /// The word in addresses.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Skip => "skip",
        }
    }

    /// The answer that a word of an address means.
    pub fn of(word: &str) -> Option<Self> {
        [Self::Done, Self::Skip].into_iter().find(|answer| answer.as_str() == word)
    }
}

/// Why a link is not good.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadLink {
    /// Its signature is not ours.
    #[error("the link is not signed by this store, or was changed")]
    Unsigned,
    /// It was good until a while ago.
    #[error("the link could be used until a week after its slot")]
    Expired,
}

/// Signs and checks links.
#[derive(Clone)]
pub struct Signer {
    key: [u8; 32],
}

impl std::fmt::Debug for Signer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Signer")
    }
}

impl Signer {
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

    fn mac(&self, slot: &str, answer: Answer, until: i64) -> Option<Hmac<Sha256>> {
        // HMAC takes keys of any length.
        let mac = Hmac::<Sha256>::new_from_slice(&self.key).ok()?;
        Some(mac.chain_update(format!("{}\n{slot}\n{until}", answer.as_str())))
    }

    /// The address of an answer under where people reach the page.
    pub fn address(&self, base: &Url, slot: &str, at: DateTime<Utc>, answer: Answer) -> Url {
        let until = (at + GOOD_FOR).timestamp();
        let signature = self.mac(slot, answer, until).map(|mac| hex(&mac.finalize().into_bytes())).unwrap_or_default();
        let mut url = base.clone();
        let path = format!("{}/todo/{slot}/{}", base.path().trim_end_matches('/'), answer.as_str());
        url.set_path(&path);
        url.set_query(Some(&format!("until={until}&sig={signature}")));
        url.set_fragment(None);
        url
    }

    /// Whether a link is ours and still good.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn check(&self, slot: &str, answer: Answer, until: i64, signature: &str, now: DateTime<Utc>) -> Result<(), BadLink> {
        let bytes = unhex(signature).ok_or(BadLink::Unsigned)?;
        // Compared in a time that does not tell where they differ.
        self.mac(slot, answer, until).and_then(|mac| mac.verify_slice(&bytes).ok()).ok_or(BadLink::Unsigned)?;
        if now.timestamp() > until { Err(BadLink::Expired) } else { Ok(()) }
    }
}

fn hex(bytes: &[u8]) -> String {
    let digit = |half: u8| char::from_digit(u32::from(half), 16).unwrap_or_default();
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: u8| char::from(byte).to_digit(16);
    let bytes = text.as_bytes();
    if !bytes.len().is_multiple_of(2) {
        return None;
    }
    bytes.chunks(2).map(|pair| Some((digit(pair[0])? * 16 + digit(pair[1])?) as u8)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_is_good_for_its_slot_its_answer_and_its_week() {
        let (signer, at) = (Signer::new([7; 32]), "2026-11-30T10:00:00Z".parse().unwrap());
        let url = signer.address(&"https://hr.company.example/inflow/".parse().unwrap(), "abc", at, Answer::Done);
        assert_eq!((url.host_str(), url.path()), (Some("hr.company.example"), "/inflow/todo/abc/done"));
        let pairs: std::collections::BTreeMap<String, String> = url.query_pairs().into_owned().collect();
        let (until, sig): (i64, &str) = (pairs["until"].parse().unwrap(), &pairs["sig"]);
        assert_eq!(until, at.timestamp() + 7 * 86_400);
        assert_eq!(signer.check("abc", Answer::Done, until, sig, at), Ok(()));
        assert_eq!(signer.check("abc", Answer::Done, until, sig, at + GOOD_FOR + TimeDelta::seconds(1)), Err(BadLink::Expired));
        for (slot, answer, until, sig) in [
            ("abd", Answer::Done, until, sig),
            ("abc", Answer::Skip, until, sig),
            ("abc", Answer::Done, until + 1, sig),
            ("abc", Answer::Done, until, sig.trim_end_matches(|c: char| c.is_ascii_hexdigit())),
            ("abc", Answer::Done, until, "zz"),
            ("abc", Answer::Done, until, ""),
        ] {
            assert_eq!(signer.check(slot, answer, until, sig, at), Err(BadLink::Unsigned), "{slot} {answer:?} {until} {sig}");
        }
        assert_eq!(Signer::new([8; 32]).check("abc", Answer::Done, until, sig, at), Err(BadLink::Unsigned));
    }
}
