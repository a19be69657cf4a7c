//! ETag and `If-None-Match` (RFC 9110, 8.8.3 and 13.1.2).
//!
//! Tags are weak: they say that an answer means the same, not that its bytes are equal. A handler that can tell before it
//! computes puts the tag on itself; of every other answer it is a hash of the content. 304 says nothing of the data but that.

use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::header::{CACHE_CONTROL, CONTENT_LENGTH, CONTENT_TYPE, ETAG, IF_NONE_MATCH, VARY};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::failure::Failure;

/// A weak tag of what is hashed.
pub(crate) fn tag(content: impl AsRef<[u8]>) -> HeaderValue {
    let hash = blake3::hash(content.as_ref()).to_hex();
    // Digits in quotes are a value of a header.
    HeaderValue::from_str(&format!("W/\"{}\"", hash.chars().take(32).collect::<String>())).unwrap_or(HeaderValue::from_static("W/\"\""))
}

/// Whether the asker has what carries this tag already.
pub(crate) fn seen(headers: &HeaderMap, tag: &HeaderValue) -> bool {
    let opaque = |text: &str| text.trim().trim_start_matches("W/").to_owned();
    let Ok(tag) = tag.to_str().map(opaque) else { return false };
    let lists = headers.get_all(IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    lists.flat_map(|list| list.split(',')).any(|one| one.trim() == "*" || opaque(one) == tag)
}

/// 304 with the tag.
pub(crate) fn unchanged(tag: &HeaderValue) -> Response {
    (StatusCode::NOT_MODIFIED, [(ETAG, tag.clone())]).into_response()
}

/// The middleware of the API: a tag on each answer that is read, and how long it may be kept: never without asking again.
pub(crate) async fn tagged(mut request: Request, next: Next) -> Response {
    let (method, asked) = (request.method().clone(), request.headers().clone());
    let is_head = method == Method::HEAD;
    if is_head {
        // The tag is of the content, which is made for HEAD too.
        *request.method_mut() = Method::GET;
    }
    let response = next.run(request).await;
    let mut response = if matches!(method, Method::GET | Method::HEAD) { with_tag(response, &asked).await } else { response };
    let headers = response.headers_mut();
    let kept = if headers.contains_key(ETAG) { "private, no-cache" } else { "no-store" };
    headers.insert(CACHE_CONTROL, HeaderValue::from_static(kept));
    headers.insert(VARY, HeaderValue::from_static("accept, accept-language, authorization, cookie"));
    if is_head {
        *response.body_mut() = Body::empty();
    }
    response
}

async fn with_tag(response: Response, asked: &HeaderMap) -> Response {
    if response.status() != StatusCode::OK {
        return response;
    }
    let (mut parts, body) = response.into_parts();
    let Ok(content) = to_bytes(body, usize::MAX).await else {
        return Failure::new(StatusCode::INTERNAL_SERVER_ERROR, "the answer broke off").into_response();
    };
    let tag = parts.headers.get(ETAG).cloned().unwrap_or_else(|| tag(&content));
    parts.headers.insert(ETAG, tag.clone());
    if seen(asked, &tag) {
        parts.status = StatusCode::NOT_MODIFIED;
        parts.headers.remove(CONTENT_TYPE);
        parts.headers.remove(CONTENT_LENGTH);
        return Response::from_parts(parts, Body::empty());
    }
    parts.headers.insert(CONTENT_LENGTH, HeaderValue::from(content.len()));
    Response::from_parts(parts, Body::from(content))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_is_found_in_a_list_weak_or_strong() {
        let tag = tag("a");
        let text = tag.to_str().unwrap().to_owned();
        let with = |value: &str| HeaderMap::from_iter([(IF_NONE_MATCH, value.parse().unwrap())]);
        assert!(text.starts_with("W/\"") && seen(&with(&text), &tag) && seen(&with(&format!("\"x\", {text}")), &tag));
        assert!(seen(&with("*"), &tag) && seen(&with(text.trim_start_matches("W/")), &tag));
        assert!(!seen(&with("\"x\""), &tag) && !seen(&HeaderMap::new(), &tag));
    }
}
