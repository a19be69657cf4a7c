//! How deliveries are signed, and how that is checked.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use hmac::{Hmac, Mac};
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;

use super::nonces::Memory;

/// Params of a webhook connection, with what they are for.
pub(crate) const PARAMS: [&str; 3] = ["scheme", "signature_header", "timestamp_header"];
/// Its secrets: the second one is for the time in which the sender changes over.
pub(crate) const SECRETS: [&str; 2] = ["signing_key", "previous_signing_key"];

const SIGNATURE: &str = "X-Inflow-Signature";
const TIMESTAMP: &str = "X-Inflow-Timestamp";
/// How far the sender's clock may be from ours.
const TOLERANCE: TimeDelta = TimeDelta::minutes(5);

/// What is signed, and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Scheme {
    signature: String,
    /// The header of the timestamp; `None`: the body alone is signed.
    timestamp: Option<String>,
}

/// A delivery that is not let in.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unsigned {
    /// There is no signature.
    #[error("the header {0} is missing")]
    Missing(String),
    /// A header that is not of its form.
    #[error("the header {name} must be {form}")]
    Form {
        /// The header.
        name: String,
        /// What it should be.
        form: &'static str,
    },
    /// Signed too long ago, or in the future.
    #[error("the timestamp is more than 5 minutes away from the present")]
    Stale,
    /// Another key, or another content.
    #[error("the signature does not fit the content")]
    Wrong,
    /// Our own key cannot be read.
    #[error("the signing key cannot be read: {0}")]
    NoKey(String),
}

impl Scheme {
    /// From the params of a connection; else the param that is wrong and what is wrong with it.
    pub(crate) fn of(params: &BTreeMap<String, String>) -> Result<Scheme, (&'static str, String)> {
        let header = |key: &'static str, default: &str| {
            let name = params.get(key).map_or(default, String::as_str);
            let plain = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_');
            if plain { Ok(name.to_owned()) } else { Err((key, format!("{name:?} is not the name of a header"))) }
        };
        let signature = header("signature_header", SIGNATURE)?;
        match params.get("scheme").map(String::as_str) {
            None | Some("timestamp") => Ok(Scheme { signature, timestamp: Some(header("timestamp_header", TIMESTAMP)?) }),
            Some("body") if params.contains_key("timestamp_header") => {
                Err(("timestamp_header", "has no meaning with scheme = \"body\", which signs no timestamp".to_owned()))
            }
            Some("body") => Ok(Scheme { signature, timestamp: None }),
            Some(other) => Err(("scheme", format!("is {other:?}: one of timestamp, body"))),
        }
    }

    /// Whether an instant is signed.
    pub(super) fn is_timed(&self) -> bool {
        self.timestamp.is_some()
    }

    /// How long deliveries must be remembered so that none is taken twice.
    pub(super) fn memory(&self) -> Memory {
        // Whatever is older than this is refused for its age, with room for clocks that are set.
        if self.is_timed() { Memory::For(TOLERANCE * 4) } else { Memory::Last(200_000) }
    }

    pub(super) fn verify<'h>(
        &self,
        keys: &[SecretString],
        header: impl Fn(&str) -> Option<&'h str>,
        body: &[u8],
        now: DateTime<Utc>,
    ) -> Result<DateTime<Utc>, Unsigned> {
        let given = header(&self.signature).ok_or_else(|| Unsigned::Missing(self.signature.clone()))?;
        let form = || Unsigned::Form { name: self.signature.clone(), form: "sha256= and 64 hex digits" };
        let given = given.trim().strip_prefix("sha256=").ok_or_else(form)?;
        let given = hex::decode(given).map_err(|_| form())?;
        let stamp = match &self.timestamp {
            Some(name) => Some(header(name).ok_or_else(|| Unsigned::Missing(name.clone()))?.trim()),
            None => None,
        };
        // All keys are tried, whichever fits.
        let fits = keys.iter().fold(false, |fits, key| fits | is_signed(key, stamp, body, &given));
        if !fits {
            return Err(Unsigned::Wrong);
        }
        let (Some(stamp), Some(name)) = (stamp, &self.timestamp) else { return Ok(now) };
        let at = stamp.parse().ok().and_then(|seconds| DateTime::from_timestamp(seconds, 0));
        let at = at.ok_or_else(|| Unsigned::Form { name: name.clone(), form: "seconds since 1970" })?;
        if (now - at).abs() > TOLERANCE { Err(Unsigned::Stale) } else { Ok(at) }
    }
}

/// Whether `given` is the HMAC-SHA256 of `timestamp.body`, or of the body; compared in constant time.
fn is_signed(key: &SecretString, timestamp: Option<&str>, body: &[u8], given: &[u8]) -> bool {
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key.expose_secret().as_bytes()) else { return false };
    if let Some(timestamp) = timestamp {
        mac.update(timestamp.as_bytes());
        mac.update(b".");
    }
    mac.update(body);
    mac.verify_slice(given).is_ok()
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    const BODY: &[u8] = br#"{"id":1}"#;

    fn now() -> DateTime<Utc> {
        DateTime::from_timestamp(1_790_000_000, 0).unwrap()
    }

    fn keys(list: &[&str]) -> Vec<SecretString> {
        list.iter().map(|key| SecretString::from(*key)).collect()
    }

    fn scheme(params: &[(&str, &str)]) -> Scheme {
        Scheme::of(&params.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()).unwrap()
    }

    fn sign(key: &str, text: &[u8]) -> String {
        let mut mac = Hmac::<Sha256>::new_from_slice(key.as_bytes()).unwrap();
        mac.update(text);
        format!("sha256={}", hex::encode(mac.finalize().into_bytes()))
    }

    fn verify(scheme: &Scheme, keys: &[SecretString], headers: &[(&str, &str)], body: &[u8]) -> Result<DateTime<Utc>, Unsigned> {
        scheme.verify(keys, |name| headers.iter().find(|(known, _)| *known == name).map(|(_, value)| *value), body, now())
    }

    /// The numbers that GitHub's documentation gives for its own check.
    #[test]
    fn a_known_signature_over_the_body() {
        let signature = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";
        let github = scheme(&[("scheme", "body"), ("signature_header", "X-Hub-Signature-256")]);
        let headers = [("X-Hub-Signature-256", signature)];
        assert_eq!(verify(&github, &keys(&["It's a Secret to Everybody"]), &headers, b"Hello, World!"), Ok(now()));
        assert_eq!(verify(&github, &keys(&["It's a Secret to Everybody"]), &headers, b"Hello, World?"), Err(Unsigned::Wrong));
    }

    #[rstest]
    #[case(0, Ok(0))]
    #[case(-300, Ok(-300))]
    #[case(300, Ok(300))]
    #[case(-301, Err(Unsigned::Stale))]
    #[case(301, Err(Unsigned::Stale))]
    fn a_timestamp_is_good_for_five_minutes(#[case] shift: i64, #[case] expected: Result<i64, Unsigned>) {
        let stamp = (now().timestamp() + shift).to_string();
        let signature = sign("key", &[stamp.as_bytes(), b".", BODY].concat());
        let found = verify(&scheme(&[]), &keys(&["key"]), &[(TIMESTAMP, &stamp), (SIGNATURE, &signature)], BODY);
        assert_eq!(found, expected.map(|shift| now() + TimeDelta::seconds(shift)));
    }

    #[test]
    fn what_was_not_signed_is_not_let_in() {
        let stamp = now().timestamp().to_string();
        let good = sign("key", &[stamp.as_bytes(), b".", BODY].concat());
        let timed = scheme(&[]);
        let check = |headers: &[(&str, &str)], keys_of: &[&str]| verify(&timed, &keys(keys_of), headers, BODY).unwrap_err();
        assert_eq!(check(&[(TIMESTAMP, &stamp)], &["key"]), Unsigned::Missing(SIGNATURE.into()));
        assert_eq!(check(&[(SIGNATURE, &good)], &["key"]), Unsigned::Missing(TIMESTAMP.into()));
        assert_eq!(check(&[(TIMESTAMP, &stamp), (SIGNATURE, &good)], &["other"]), Unsigned::Wrong);
        assert_eq!(check(&[(TIMESTAMP, &stamp), (SIGNATURE, &good)], &[]), Unsigned::Wrong);
        let moved = (now().timestamp() + 1).to_string();
        assert_eq!(check(&[(TIMESTAMP, &moved), (SIGNATURE, &good)], &["key"]), Unsigned::Wrong, "the timestamp is signed too");
        let body_only = sign("key", BODY);
        assert_eq!(check(&[(TIMESTAMP, &stamp), (SIGNATURE, &body_only)], &["key"]), Unsigned::Wrong);
        for bad in ["", "sha256=", "sha1=00", "sha256=zz", good.get(..good.len() - 2).unwrap()] {
            let error = check(&[(TIMESTAMP, &stamp), (SIGNATURE, bad)], &["key"]);
            assert!(matches!(error, Unsigned::Form { .. } | Unsigned::Wrong), "{bad}: {error}");
        }
        let word = sign("key", &[b"soon.".as_slice(), BODY].concat());
        assert!(matches!(check(&[(TIMESTAMP, "soon"), (SIGNATURE, &word)], &["key"]), Unsigned::Form { .. }));
    }

    #[test]
    fn both_keys_are_good_while_one_replaces_the_other() {
        let stamp = now().timestamp().to_string();
        for key in ["new", "old"] {
            let signature = sign(key, &[stamp.as_bytes(), b".", BODY].concat());
            assert!(verify(&scheme(&[]), &keys(&["new", "old"]), &[(TIMESTAMP, &stamp), (SIGNATURE, &signature)], BODY).is_ok());
        }
    }

    #[test]
    fn params_that_mean_nothing() {
        let of = |params: &[(&str, &str)]| {
            Scheme::of(&params.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()).unwrap_err()
        };
        assert_eq!(of(&[("scheme", "md5")]), ("scheme", "is \"md5\": one of timestamp, body".to_owned()));
        assert_eq!(of(&[("signature_header", "X Sig")]).0, "signature_header");
        assert_eq!(of(&[("scheme", "body"), ("timestamp_header", "X-T")]).0, "timestamp_header");
    }
}
