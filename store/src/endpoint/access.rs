//! Who may speak to the endpoint, and from where.

use std::net::IpAddr;

use axum::http::{HeaderMap, header};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use secrecy::{ExposeSecret, SecretString};
use url::{Host, Url};

use super::fault::{Fault, code};
use super::request::Asked;
use crate::embedded::Role;

/// The user that reads and writes.
pub const WRITER: &str = "inflow";
/// The user that reads.
pub const READER: &str = "reader";

/// The two users' passwords, and which hosts are answered.
#[derive(Debug)]
pub struct Access {
    /// Password of `inflow`.
    pub writer_password: SecretString,
    /// Password of `reader`; `None`: none is needed.
    pub reader_password: Option<SecretString>,
    /// The address that is bound; a client may name it.
    pub address: IpAddr,
    /// A proxy in front looks after hosts.
    pub behind_proxy: bool,
}

impl Access {
    /// The user of a request: from ClickHouse's headers, Basic authentication or the address.
    pub fn role(&self, headers: &HeaderMap, asked: &Asked) -> Result<Role, Fault> {
        let (user, password) = credentials(headers, asked);
        let wrong = || {
            Fault::new(
                code::AUTHENTICATION_FAILED,
                format!("{user}: Authentication failed: password is incorrect, or there is no user with such name"),
            )
        };
        match user.as_str() {
            WRITER if same(&password, self.writer_password.expose_secret()) => Ok(Role::Writer),
            READER | "default" | "" => match &self.reader_password {
                Some(expected) if !same(&password, expected.expose_secret()) => Err(wrong()),
                _ => Ok(Role::Reader),
            },
            _ => Err(wrong()),
        }
    }

    /// Refuses a request that a web page of another site made the browser send: by a rebound name
    /// (`Host`) or across sites (`Origin`, `Sec-Fetch-Site`).
    pub fn check_site(&self, headers: &HeaderMap) -> Result<(), Fault> {
        let refused = |what: &str| Err(Fault::new(code::ACCESS_DENIED, format!("requests of a foreign {what} are refused")));
        let text = |name: header::HeaderName| headers.get(name).map(|value| value.to_str().unwrap_or("?"));
        let host = text(header::HOST).map(|host| Url::parse(&format!("http://{host}/")).ok());
        match &host {
            Some(Some(url)) if self.is_ours(url) => {}
            None => {}
            Some(_) => return refused("Host"),
        }
        if let Some(origin) = text(header::ORIGIN) {
            let origin = Url::parse(origin).ok();
            let same_host = origin.as_ref().and_then(Url::host_str) == host.flatten().as_ref().and_then(Url::host_str);
            if !origin.is_some_and(|origin| same_host && self.is_ours(&origin)) {
                return refused("Origin");
            }
        }
        if headers.get("sec-fetch-site").is_some_and(|site| site == "cross-site") {
            return refused("site");
        }
        Ok(())
    }

    fn is_ours(&self, url: &Url) -> bool {
        self.behind_proxy
            || match url.host() {
                Some(Host::Domain(name)) => name.eq_ignore_ascii_case("localhost"),
                Some(Host::Ipv4(ip)) => ip.is_loopback() || IpAddr::V4(ip) == self.address,
                Some(Host::Ipv6(ip)) => ip.is_loopback() || IpAddr::V6(ip) == self.address,
                None => false,
            }
    }
}

fn credentials(headers: &HeaderMap, asked: &Asked) -> (String, String) {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    if let Some(user) = text("X-ClickHouse-User") {
        return (user, text("X-ClickHouse-Key").unwrap_or_default());
    }
    let basic = text("Authorization")
        .and_then(|value| value.strip_prefix("Basic ").map(str::to_owned))
        .and_then(|value| STANDARD.decode(value.trim()).ok())
        .and_then(|bytes| String::from_utf8(bytes).ok());
    if let Some((user, password)) = basic.as_deref().and_then(|pair| pair.split_once(':')) {
        return (user.to_owned(), password.to_owned());
    }
    (asked.user.clone().unwrap_or_default(), asked.password.clone().or_else(|| text("X-ClickHouse-Key")).unwrap_or_default())
}

/// Compares digests, whose equality takes the same time wherever they differ.
fn same(given: &str, expected: &str) -> bool {
    blake3::hash(given.as_bytes()) == blake3::hash(expected.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn access(behind_proxy: bool) -> Access {
        Access { writer_password: "secret".into(), reader_password: None, address: IpAddr::from([127, 0, 0, 1]), behind_proxy }
    }

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (name.parse::<header::HeaderName>().unwrap(), value.parse().unwrap())).collect()
    }

    #[test]
    fn only_this_machine_and_this_site_are_answered() {
        for (pairs, allowed) in [
            (vec![("host", "127.0.0.1:8123")], true),
            (vec![("host", "localhost:8123")], true),
            (vec![("host", "[::1]:8123")], true),
            (vec![], true),
            (vec![("host", "evil.example:8123")], false),
            (vec![("host", "127.0.0.1.nip.io")], false),
            (vec![("host", "localhost:8123"), ("origin", "http://localhost:8080")], true),
            (vec![("host", "localhost:8123"), ("origin", "http://evil.example")], false),
            (vec![("host", "localhost:8123"), ("origin", "null")], false),
            (vec![("host", "localhost:8123"), ("sec-fetch-site", "cross-site")], false),
            (vec![("host", "localhost:8123"), ("sec-fetch-site", "none")], true),
        ] {
            assert_eq!(access(false).check_site(&headers(&pairs)).is_ok(), allowed, "{pairs:?}");
        }
        assert!(access(true).check_site(&headers(&[("host", "reports.example")])).is_ok());
        assert!(access(true).check_site(&headers(&[("host", "reports.example"), ("origin", "http://evil.example")])).is_err());
    }

    #[test]
    fn users_are_known_by_any_of_three_ways() {
        let basic = format!("Basic {}", STANDARD.encode("inflow:secret"));
        let asked =
            |user: &str, password: &str| Asked { user: Some(user.to_owned()), password: Some(password.to_owned()), ..Asked::default() };
        let none = Asked::default();
        let access = access(false);
        assert_eq!(access.role(&headers(&[("x-clickhouse-user", "inflow"), ("x-clickhouse-key", "secret")]), &none), Ok(Role::Writer));
        assert_eq!(access.role(&headers(&[("authorization", &basic)]), &none), Ok(Role::Writer));
        assert_eq!(access.role(&HeaderMap::new(), &asked("inflow", "secret")), Ok(Role::Writer));
        assert_eq!(access.role(&HeaderMap::new(), &none), Ok(Role::Reader));
        for asked in [asked("inflow", ""), asked("inflow", "Secret"), asked("root", ""), asked("INFLOW", "secret")] {
            assert_eq!(access.role(&HeaderMap::new(), &asked).unwrap_err().code, code::AUTHENTICATION_FAILED);
        }
    }

    #[test]
    fn a_readers_password_is_needed_when_set() {
        let access = Access { reader_password: Some("read".into()), ..access(true) };
        assert!(access.role(&HeaderMap::new(), &Asked::default()).is_err());
        assert_eq!(
            access.role(&headers(&[("x-clickhouse-user", "reader"), ("x-clickhouse-key", "read")]), &Asked::default()),
            Ok(Role::Reader)
        );
    }
}
