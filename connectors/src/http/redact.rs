//! Addresses and sentences as they may be written down: no credential in them, nor a person's phone or mail.

use std::borrow::Cow;

use secrecy::{ExposeSecret, SecretString};
use url::Url;

const HIDDEN: &str = "***";

/// Ends of the names of query parameters that hold credentials, separators left out.
const CREDENTIALS: [&str; 14] = [
    "token",
    "key",
    "secret",
    "password",
    "passwd",
    "pwd",
    "auth",
    "authorization",
    "signature",
    "sig",
    "sign",
    "credential",
    "session",
    "jwt",
];

/// And of those that hold what identifies a person.
const PERSONAL: [&str; 4] = ["email", "mail", "phone", "mobile"];

/// Knows the secrets of a connection.
#[derive(Debug, Clone, Default)]
pub struct Redactor {
    secrets: Vec<SecretString>,
}

impl Redactor {
    /// Of these secrets.
    pub fn new<'s>(secrets: impl IntoIterator<Item = &'s SecretString>) -> Redactor {
        let mut secrets: Vec<SecretString> = secrets.into_iter().filter(|secret| !secret.expose_secret().is_empty()).cloned().collect();
        // A secret that is part of another one must not leave the rest of it.
        secrets.sort_by_key(|secret| std::cmp::Reverse(secret.expose_secret().len()));
        Redactor { secrets }
    }

    /// The address, each part of it that holds a secret replaced.
    pub fn url(&self, url: &Url) -> String {
        let mut shown = format!("{}://", url.scheme());
        if !url.username().is_empty() || url.password().is_some() {
            shown.push_str("***@");
        }
        let port = url.port().map_or_else(String::new, |port| format!(":{port}"));
        let host = url.host_str().unwrap_or_default();
        shown.push_str(if self.holds(host) { HIDDEN } else { host });
        shown.push_str(&port);
        // A secret with a slash in it may be spread over several parts of the path.
        let path = url.path();
        if self.holds(path) && !path.split('/').any(|part| self.holds(part)) {
            shown.push_str("/***");
        } else {
            let parts: Vec<&str> = path.split('/').map(|part| if self.holds(part) { HIDDEN } else { part }).collect();
            shown.push_str(&parts.join("/"));
        }
        for (index, pair) in url.query().into_iter().flat_map(|query| query.split('&')).enumerate() {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let hidden = is_hidden(&decoded(name)) || self.holds(value) || decoded(value).contains('@');
            shown.push(if index == 0 { '?' } else { '&' });
            shown.push_str(if self.holds(name) { HIDDEN } else { name });
            shown.push('=');
            shown.push_str(if hidden { HIDDEN } else { value });
        }
        self.text(&shown).into_owned()
    }

    /// The text, each secret in it replaced.
    pub fn text<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let mut shown = Cow::Borrowed(text);
        for secret in self.secrets.iter().map(secrecy::ExposeSecret::expose_secret) {
            if shown.contains(secret) {
                shown = Cow::Owned(shown.replace(secret, HIDDEN));
            }
        }
        shown
    }

    /// Whether a part of an address holds a secret, encoded once or twice.
    fn holds(&self, part: &str) -> bool {
        let once = decoded(part);
        let twice = decoded(&once);
        self.secrets
            .iter()
            .map(secrecy::ExposeSecret::expose_secret)
            .any(|secret| part.contains(secret) || once.contains(secret) || twice.contains(secret))
    }
}

fn decoded(text: &str) -> String {
    // The decoder of forms reads `+` as a blank as well, which a secret sent in a query may hold.
    let as_form = format!("x={}", text.replace('&', "%26"));
    url::form_urlencoded::parse(as_form.as_bytes()).next().map(|(_, value)| value.into_owned()).unwrap_or_default()
}

fn is_hidden(name: &str) -> bool {
    let letters: String = name.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect();
    CREDENTIALS.iter().chain(&PERSONAL).any(|end| letters.ends_with(end))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;

    use super::*;

    fn redactor(secrets: &[&str]) -> Redactor {
        let secrets: Vec<SecretString> = secrets.iter().map(|secret| SecretString::from(*secret)).collect();
        Redactor::new(&secrets)
    }

    #[rstest]
    #[case("https://b.example/v1/jobs?page=2&limit=50", "https://b.example/v1/jobs?page=2&limit=50")]
    #[case("https://user:pass@b.example:8443/v1", "https://***@b.example:8443/v1")]
    #[case("https://b.example/v1/s3cret/jobs", "https://b.example/v1/***/jobs")]
    #[case("https://b.example/v1?a=s3cret", "https://b.example/v1?a=***")]
    #[case("https://b.example/v1?a=%733cret", "https://b.example/v1?a=***")]
    #[case("https://b.example/v1?a=%25733cret&b=1", "https://b.example/v1?a=***&b=1")]
    #[case("https://b.example/v1?s3cret=1", "https://b.example/v1?***=1")]
    #[case("https://s3cret.b.example/v1", "https://***/v1")]
    #[case("https://b.example/v1?api_key=other&app_id=7", "https://b.example/v1?api_key=***&app_id=7")]
    #[case("https://b.example/v1?X-Amz-Signature=abc&keywords=chef", "https://b.example/v1?X-Amz-Signature=***&keywords=chef")]
    #[case("https://b.example/v1?email=a%40b.example&who=c%40d.example", "https://b.example/v1?email=***&who=***")]
    #[case("https://b.example/a%2Fb%20c/x", "https://b.example/***/x")]
    #[case("https://b.example/a/b%20c/x", "https://b.example/***")]
    #[case("https://b.example/v1?q=a%2Fb+c", "https://b.example/v1?q=***")]
    #[case("https://b.example/v1#s3cret", "https://b.example/v1")]
    fn addresses(#[case] url: &str, #[case] shown: &str) {
        assert_eq!(redactor(&["s3cret", "a/b c"]).url(&url.parse().unwrap()), shown);
    }

    #[test]
    fn sentences_lose_the_longest_secret_first() {
        assert_eq!(redactor(&["abc", "abcdef", ""]).text("abcdef and abc, not ab"), "*** and ***, not ab");
    }

    proptest! {
        #[test]
        fn a_secret_never_shows(secret in "[ -~]{6,30}", place in 0..4) {
            let form: String = url::form_urlencoded::byte_serialize(secret.as_bytes()).collect();
            let address = match place {
                0 => format!("https://b.example/v1/{}/x", form.replace('+', "%20")),
                1 => format!("https://b.example/v1?q={form}"),
                2 => format!("https://u:{}@b.example/v1", form.replace('+', "%20")),
                _ => format!("https://b.example/v1/{secret}"),
            };
            let Ok(url) = address.parse::<Url>() else { return Ok(()) };
            let shown = redactor(&[&secret]).url(&url);
            prop_assert!(!shown.contains(&secret), "{}", shown);
            prop_assert!(!shown.contains(&form), "{}", shown);
        }
    }
}
