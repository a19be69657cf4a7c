//! Links by which a person says that a refresh was done or is not to be: signed, good for one slot and one answer, until a day.
//!
//! A link opens a page with one button, and the button is what answers: programs that open links of messages to look at them answer nothing.
//! That a slot is answered once is held by the store ([`inflow_store::Store::decide_repost`]).

use chrono::{DateTime, TimeDelta, Utc};
use inflow_store::{Store, StoreError};
use url::Url;

pub use crate::signed::BadLink;
use crate::signed::SigningKey;

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

/// Signs and checks links.
#[derive(Debug, Clone)]
pub struct Signer(SigningKey);

impl Signer {
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

    /// The address of an answer under where people reach the page.
    pub fn address(&self, base: &Url, slot: &str, at: DateTime<Utc>, answer: Answer) -> Url {
        self.0.address(base, &format!("todo/{slot}/{}", answer.as_str()), &said(slot, answer), at + GOOD_FOR)
    }

    /// Whether a link is ours and still good.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn check(&self, slot: &str, answer: Answer, until: i64, signature: &str, now: DateTime<Utc>) -> Result<(), BadLink> {
        self.0.check(&said(slot, answer), until, signature, now)
    }
}

fn said(slot: &str, answer: Answer) -> String {
    format!("{}\n{slot}", answer.as_str())
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
