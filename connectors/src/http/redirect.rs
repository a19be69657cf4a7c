//! Redirects, followed by hand: each is a request of its own at the board, and none leaves the host, so
//! that a credential never reaches another one.

use reqwest::header::{CONTENT_LENGTH, CONTENT_TYPE, HeaderMap, LOCATION};
use reqwest::{Method, Request, StatusCode};
use url::Url;

/// Redirects of one request that are followed.
pub(super) const MOST: u32 = 5;

/// Where an answer sends the client on to, on the same host and not from https to http.
pub(super) fn target(from: &Url, status: StatusCode, headers: &HeaderMap) -> Option<Url> {
    if !matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308) {
        return None;
    }
    let to = from.join(headers.get(LOCATION)?.to_str().ok()?).ok()?;
    let port = from.port_or_known_default() == to.port_or_known_default() || to.scheme() == "https";
    let scheme = to.scheme() == "https" || (to.scheme() == "http" && from.scheme() == "http");
    (from.host_str() == to.host_str() && port && scheme).then_some(to)
}

/// The request that follows a redirect: 301, 302 and 303 turn a POST into a GET, as everywhere.
pub(super) fn follow(mut request: Request, status: StatusCode, to: Url) -> Request {
    *request.url_mut() = to;
    if !matches!(status.as_u16(), 307 | 308) && *request.method() != Method::GET {
        *request.method_mut() = Method::GET;
        *request.body_mut() = None;
        request.headers_mut().remove(CONTENT_TYPE);
        request.headers_mut().remove(CONTENT_LENGTH);
    }
    request
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent_to(from: &str, to: &'static str) -> Option<String> {
        let mut headers = HeaderMap::new();
        headers.insert(LOCATION, to.parse().unwrap());
        target(&from.parse().unwrap(), StatusCode::FOUND, &headers).map(String::from)
    }

    #[test]
    fn redirects_stay_on_the_host() {
        let here = "http://board.example/v1/jobs";
        assert_eq!(sent_to(here, "/v2/jobs").as_deref(), Some("http://board.example/v2/jobs"));
        assert_eq!(sent_to(here, "https://board.example/v1/jobs").as_deref(), Some("https://board.example/v1/jobs"));
        assert_eq!(sent_to(here, "http://board.example:81/v1/jobs"), None);
        assert_eq!(sent_to(here, "https://evil.example/v1/jobs"), None);
        assert_eq!(sent_to("https://board.example/", "http://board.example/"), None);
        assert_eq!(target(&here.parse().unwrap(), StatusCode::NOT_MODIFIED, &HeaderMap::new()), None);
    }

    #[test]
    fn a_post_becomes_a_get_only_where_it_should() {
        let to: Url = "http://board.example/b".parse().unwrap();
        let post = || {
            let mut request = Request::new(Method::POST, "http://board.example/a".parse().unwrap());
            *request.body_mut() = Some("{}".into());
            request.headers_mut().insert(CONTENT_TYPE, "application/json".parse().unwrap());
            request
        };
        let kept = follow(post(), StatusCode::PERMANENT_REDIRECT, to.clone());
        assert!(kept.method() == Method::POST && kept.body().is_some() && kept.headers().contains_key(CONTENT_TYPE));
        let turned = follow(post(), StatusCode::SEE_OTHER, to);
        assert!(turned.method() == Method::GET && turned.body().is_none() && turned.headers().is_empty());
        assert_eq!(turned.url().path(), "/b");
    }
}
