//! From where may be asked. On loopback: only a browser that was pointed at this very address, so that a page of
//! another site cannot read figures by letting its own name resolve to 127.0.0.1 (DNS rebinding).
//! Behind a proxy the public name is the proxy's affair; there everybody needs a token or a session ([`crate::access`]),
//! which a rebound name does not have, and an `Origin` must be the `Host` that was asked. Deliveries to webhooks are
//! signed and need neither.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::header::{HOST, ORIGIN};
use axum::http::{HeaderMap, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use inflow_config::Config;

use crate::failure::Failure;

/// The rules of one server.
#[derive(Debug)]
pub(crate) struct Guard {
    any_host: bool,
}

impl Guard {
    pub(crate) fn of(config: &Config) -> Self {
        Self { any_host: config.settings.serve.behind_proxy }
    }

    fn judge(&self, method: &Method, path: &str, host: Option<&str>, headers: &HeaderMap) -> Result<(), Failure> {
        let Some(host) = host else {
            return Err(refused("a request must name its host"));
        };
        // A delivery is let in by its signature, which no other site's page can make, and not by name or token.
        let is_delivery = *method == Method::POST && path.starts_with("/hooks/");
        if !self.any_host && !is_delivery && !is_loopback(host) {
            return Err(refused(&format!("the host {host:?} is not served here")));
        }
        if let Some(origin) = headers.get(ORIGIN) {
            let same = origin.to_str().ok().and_then(authority).is_some_and(|asking| asking.eq_ignore_ascii_case(host));
            if !same {
                return Err(refused("requests from other sites are refused"));
            }
        }
        Ok(())
    }
}

fn refused(sentence: &str) -> Failure {
    Failure::new(StatusCode::FORBIDDEN, sentence).kind("foreign-request").hint("open the page under the address that `inflow serve` prints")
}

/// `host[:port]` of an origin; nothing for `null` and the like.
fn authority(origin: &str) -> Option<&str> {
    let rest = origin.strip_prefix("http://").or_else(|| origin.strip_prefix("https://"))?;
    (!rest.is_empty() && !rest.contains('/')).then_some(rest)
}

/// Whether a `Host` (with or without a port) means this machine and nothing else.
fn is_loopback(host: &str) -> bool {
    let name = match host.strip_prefix('[') {
        Some(rest) => match rest.split_once(']') {
            Some((name, port)) if is_port(port) => name,
            _ => return false,
        },
        None => match host.split_once(':') {
            Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
            Some(_) => return false,
            None => host,
        },
    };
    name.eq_ignore_ascii_case("localhost") || name.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

fn is_port(text: &str) -> bool {
    text.is_empty() || text.strip_prefix(':').is_some_and(|port| port.bytes().all(|byte| byte.is_ascii_digit()))
}

/// The middleware.
pub(crate) async fn check(State(guard): State<Arc<Guard>>, request: Request, next: Next) -> Response {
    // HTTP/2 names the host in the request line instead of a header.
    let named = request.headers().get(HOST).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let host = named.or_else(|| request.uri().authority().map(ToString::to_string));
    match guard.judge(request.method(), request.uri().path(), host.as_deref(), request.headers()) {
        Ok(()) => next.run(request).await,
        Err(refusal) => refusal.into_response(),
    }
}

#[cfg(test)]
mod tests {
    use super::{authority, is_loopback};

    #[test]
    fn only_names_of_this_machine_are_loopback() {
        for host in ["localhost", "LOCALHOST:8080", "127.0.0.1:8080", "127.8.0.1", "[::1]:8080", "[::1]"] {
            assert!(is_loopback(host), "{host}");
        }
        for host in [
            "",
            "example.com",
            "127.0.0.1.example.com",
            "localhost.example.com:80",
            "10.0.0.1",
            "localhost:80@evil",
            "[::1",
            "[::1]evil",
            "0.0.0.0",
        ] {
            assert!(!is_loopback(host), "{host}");
        }
    }

    #[test]
    fn an_origin_is_a_scheme_and_an_authority() {
        assert_eq!(authority("http://127.0.0.1:8080"), Some("127.0.0.1:8080"));
        assert_eq!(authority("null"), None);
        assert_eq!(authority("file://"), None);
        assert_eq!(authority("http://a/b"), None);
    }
}
