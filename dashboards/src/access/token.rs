//! The form of tokens: `inflow_`, eight letters to recognise one by, `_`, 256 random bits in hexadecimal.

use std::fmt::Write;

/// What every token begins with: scanners for leaked secrets can find it.
const SCHEME: &str = "inflow_";
const PREFIX_BYTES: usize = 4;
const SECRET_BYTES: usize = 32;

/// A token that was just made. It is shown once and kept nowhere.
pub struct NewToken {
    /// What it is recognised by.
    pub prefix: String,
    /// The whole of it.
    pub secret: String,
    /// What is kept of it.
    pub hash: String,
}

impl NewToken {
    /// A token that nobody has.
    ///
    /// # Errors
    /// When the machine gives no randomness.
    pub fn make() -> Result<Self, getrandom::Error> {
        let (mut prefix, mut secret) = ([0_u8; PREFIX_BYTES], [0_u8; SECRET_BYTES]);
        getrandom::fill(&mut prefix)?;
        getrandom::fill(&mut secret)?;
        let prefix = hexadecimal(&prefix);
        let secret = format!("{SCHEME}{prefix}_{}", hexadecimal(&secret));
        let hash = token_hash(&secret);
        Ok(Self { prefix, secret, hash })
    }
}

/// What is kept of a token.
pub fn token_hash(token: &str) -> String {
    blake3::hash(token.as_bytes()).to_hex().to_string()
}

/// The prefix of a token, when it has the form of one.
pub(crate) fn prefix_of(token: &str) -> Option<&str> {
    let (prefix, secret) = token.strip_prefix(SCHEME)?.split_once('_')?;
    let digits = |text: &str, bytes: usize| text.len() == 2 * bytes && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    (digits(prefix, PREFIX_BYTES) && digits(secret, SECRET_BYTES)).then_some(prefix)
}

/// Bytes as hexadecimal digits.
pub(crate) fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
        // Writing to a string does not fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::{NewToken, prefix_of, token_hash};

    #[test]
    fn a_token_is_recognised_by_its_prefix_and_kept_as_a_hash() {
        let (one, two) = (NewToken::make().unwrap(), NewToken::make().unwrap());
        assert!(one.secret != two.secret && one.hash != two.hash);
        assert_eq!(prefix_of(&one.secret), Some(one.prefix.as_str()));
        assert_eq!(token_hash(&one.secret), one.hash);
        assert!(!one.hash.contains(&one.prefix) && one.hash.len() == 64);
        for wrong in [
            "",
            "inflow_",
            "inflow_00000000_",
            "reader:password",
            one.secret.trim_start_matches('i'),
            &format!("{} ", one.secret),
            &one.secret.to_uppercase(),
        ] {
            assert_eq!(prefix_of(wrong), None, "{wrong}");
        }
    }
}
