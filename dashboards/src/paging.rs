//! Cursors: where a list goes on. They are opaque to who holds them, and of one list with the filters it was begun with.

use axum::Json;
use axum::extract::Query;
use axum::http::header::LINK;
use axum::http::{HeaderMap, HeaderValue, Uri};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::failure::Failure;

const DEFAULT: usize = 100;
/// The most that one page holds.
pub(crate) const MOST: usize = 1000;
/// Parameters that say which page, not what of.
const OF_PAGE: [&str; 2] = ["cursor", "limit"];

/// A page of a list.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Page<T> {
    /// The rows, in the order of the list.
    items: Vec<T>,
    /// The `cursor` of the next page, which `Link` names too; null on the last.
    next: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Cursor {
    /// Hash of the list and its filters.
    #[serde(rename = "q")]
    of: String,
    /// The row after which the page begins.
    #[serde(rename = "k")]
    pub(crate) key: Vec<String>,
    /// The instant as of which the list is read, the same on each page.
    #[serde(rename = "t")]
    pub(crate) as_of: DateTime<Utc>,
}

/// A page that is asked for.
pub(crate) struct Asked {
    uri: Uri,
    of: String,
    pub(crate) limit: usize,
    pub(crate) after: Option<Cursor>,
}

impl Asked {
    /// Reads `limit` and `cursor` for a list.
    pub(crate) fn read(list: &str, uri: &Uri, limit: Option<usize>, cursor: Option<&str>) -> Result<Self, Failure> {
        let limit = limit.unwrap_or(DEFAULT);
        if !(1..=MOST).contains(&limit) {
            return Err(Failure::bad_request(format!("the parameter \"limit\" is {limit}")).hint(format!("from 1 to {MOST}")));
        }
        let pairs = Query::<Vec<(String, String)>>::try_from_uri(uri).map(|Query(pairs)| pairs).unwrap_or_default();
        let mut pairs: Vec<_> = pairs.into_iter().filter(|(name, _)| !OF_PAGE.contains(&name.as_str())).collect();
        pairs.sort();
        let of: String = blake3::hash(format!("{list} {pairs:?}").as_bytes()).to_hex().chars().take(16).collect();
        let after = cursor.map(|text| decoded(text, &of)).transpose()?;
        Ok(Self { uri: uri.clone(), of, limit, after })
    }

    /// The instant as of which the list is read: the first page's.
    pub(crate) fn as_of(&self, first: DateTime<Utc>) -> DateTime<Utc> {
        self.after.as_ref().map_or(first, |cursor| cursor.as_of)
    }

    /// The page out of what was found, which is one row more than it holds unless it is the last.
    pub(crate) fn page<T>(&self, mut found: Vec<T>, as_of: DateTime<Utc>, key: impl Fn(&T) -> Vec<String>) -> (HeaderMap, Json<Page<T>>) {
        let more = found.len() > self.limit;
        found.truncate(self.limit);
        let last = found.last().filter(|_| more);
        let next = last.map(|row| encoded(&Cursor { of: self.of.clone(), key: key(row), as_of }));
        let mut headers = HeaderMap::new();
        if let Some(link) = next.as_deref().and_then(|next| self.link(next)) {
            headers.insert(LINK, link);
        }
        (headers, Json(Page { items: found, next }))
    }

    fn link(&self, next: &str) -> Option<HeaderValue> {
        let asked = self.uri.query().unwrap_or_default().split('&').filter(|pair| !pair.is_empty() && !pair.starts_with("cursor="));
        let cursor = format!("cursor={next}");
        let query: Vec<&str> = asked.chain([cursor.as_str()]).collect();
        HeaderValue::from_str(&format!("<{}?{}>; rel=\"next\"", self.uri.path(), query.join("&"))).ok()
    }
}

fn encoded(cursor: &Cursor) -> String {
    URL_SAFE_NO_PAD.encode(serde_json::to_vec(cursor).unwrap_or_default())
}

fn decoded(text: &str, of: &str) -> Result<Cursor, Failure> {
    let cursor = URL_SAFE_NO_PAD.decode(text).ok().and_then(|bytes| serde_json::from_slice::<Cursor>(&bytes).ok());
    let cursor =
        cursor.ok_or_else(|| Failure::bad_request("the cursor cannot be read").hint("take it from `next` of the page before, as it is"))?;
    if cursor.of != of {
        return Err(Failure::bad_request("the cursor is of another list, or of one with other filters")
            .hint("ask for the next page with the parameters of the first"));
    }
    Ok(cursor)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(address: &str, cursor: Option<&str>) -> Result<Asked, Failure> {
        Asked::read("runs", &address.parse().unwrap(), Some(2), cursor)
    }

    #[test]
    fn a_cursor_is_of_its_list_and_its_filters() {
        let at: DateTime<Utc> = "2026-11-20T08:00:00Z".parse().unwrap();
        let first = asked("/api/v1/runs?status=ok&limit=2", None).unwrap();
        let (headers, Json(page)) = first.page(vec![1, 2, 3], at, |row| vec![row.to_string()]);
        assert_eq!(page.items, [1, 2]);
        let next = page.next.unwrap();
        assert_eq!(headers[LINK], format!("</api/v1/runs?status=ok&limit=2&cursor={next}>; rel=\"next\""));
        let second = asked("/api/v1/runs?limit=7&status=ok", Some(&next)).unwrap();
        let after = second.after.as_ref().unwrap();
        assert_eq!((after.key.as_slice(), second.as_of(DateTime::UNIX_EPOCH)), (["2".to_owned()].as_slice(), at));
        let (headers, Json(page)) = second.page(vec![4, 5], at, |row| vec![row.to_string()]);
        assert!(page.next.is_none() && headers.is_empty(), "the last");
        assert!(asked("/api/v1/runs?status=failed", Some(&next)).is_err());
        assert!(asked("/api/v1/runs?status=ok", Some("AAAA")).is_err());
        assert!(Asked::read("audit", &"/api/v1/audit?status=ok".parse().unwrap(), None, Some(&next)).is_err());
        assert!(Asked::read("runs", &"/".parse().unwrap(), Some(0), None).is_err());
    }
}
