//! From one page to the next.

use std::collections::HashSet;

use reqwest::header::{HeaderMap, LINK};
use serde_json::Value;
use url::Url;

use super::target::Param;
use crate::error::{PullError, PullErrorKind};
use crate::spec::{Paginate, Path, scalar_text};

/// How to go on.
#[derive(Debug, PartialEq)]
pub(crate) enum Next {
    /// That was the last page.
    Done,
    /// Ask again with these parameters.
    Params(Vec<Param>),
    /// Follow this address.
    Follow(Box<Url>),
}

/// Walks the pages of one list.
pub(crate) struct Pager<'s> {
    form: &'s Paginate,
    skipped: u64,
    page: u32,
    /// Tokens, addresses and pages seen: a board that repeats one would never end.
    seen: HashSet<[u8; 32]>,
    /// The number of all records, when the board says it.
    pub(crate) total: Option<u64>,
}

impl<'s> Pager<'s> {
    pub(crate) fn new(form: &'s Paginate) -> Pager<'s> {
        let page = if let Paginate::Page { start, .. } = form { *start } else { 0 };
        Pager { form, skipped: 0, page, seen: HashSet::new(), total: None }
    }

    /// Parameters of the first page.
    pub(crate) fn first(&self) -> Vec<Param> {
        match self.form {
            Paginate::None => Vec::new(),
            Paginate::Token { limit_param, limit, .. }
            | Paginate::Link { limit_param, limit }
            | Paginate::Next { limit_param, limit, .. } => {
                limit_param.iter().zip(*limit).map(|(name, limit)| Param::number(name, limit.into())).collect()
            }
            Paginate::Offset { .. } | Paginate::Page { .. } => self.numbered(),
        }
    }

    fn numbered(&self) -> Vec<Param> {
        match self.form {
            Paginate::Offset { param, limit_param, limit, .. } => {
                let size = limit_param.iter().map(|name| Param::number(name, (*limit).into()));
                std::iter::once(Param::number(param, self.skipped)).chain(size).collect()
            }
            Paginate::Page { param, limit_param, limit, .. } => {
                let size = limit_param.iter().map(|name| Param::number(name, (*limit).into()));
                std::iter::once(Param::number(param, self.page.into())).chain(size).collect()
            }
            _ => Vec::new(),
        }
    }

    /// What follows a page with `records` records.
    pub(crate) fn next(&mut self, answer: &Value, headers: &HeaderMap, url: &Url, records: usize) -> Result<Next, PullError> {
        match self.form {
            Paginate::None => Ok(Next::Done),
            Paginate::Offset { limit, total, .. } => {
                self.skipped += records as u64;
                // Some boards say the total on the first page only, and 0 on the others.
                self.total = self.total.max(number(total.as_ref(), answer));
                let known_end = self.total.map(|total| self.skipped >= total);
                // A board that gives more than was asked for does not page at all.
                let whole = records > *limit as usize;
                self.go_on(whole || records == 0 || known_end.unwrap_or(records < *limit as usize), answer)
            }
            Paginate::Page { limit, pages, last, start, .. } => {
                self.page += 1;
                let flag = last.as_ref().and_then(|path| path.first(answer)).and_then(Value::as_bool);
                let known_end = flag.or_else(|| number(pages.as_ref(), answer).map(|pages| u64::from(self.page - start) >= pages));
                self.go_on(records == 0 || known_end.unwrap_or(records < *limit as usize), answer)
            }
            Paginate::Token { param, token, has_next, encoded, .. } => {
                let more = has_next.as_ref().and_then(|path| path.first(answer)).and_then(Value::as_bool);
                let token = token.first(answer).and_then(scalar_text);
                let ended = more.map_or(records == 0, |more| !more);
                match token {
                    _ if ended => Ok(Next::Done),
                    None if more == Some(true) => Err(changed("the board says that there is more, but not where")),
                    None => Ok(Next::Done),
                    Some(token) => {
                        self.once(token.as_bytes())?;
                        let mut params = self.first();
                        params.push(Param { encoded: *encoded, ..Param::text(param, token) });
                        Ok(Next::Params(params))
                    }
                }
            }
            Paginate::Next { next, .. } => match next.first(answer).and_then(scalar_text) {
                None => Ok(Next::Done),
                Some(address) => {
                    let next = same_place(&address, url)?;
                    self.once(next.as_str().as_bytes())?;
                    Ok(Next::Follow(Box::new(next)))
                }
            },
            Paginate::Link { .. } => match next_link(headers, url)? {
                None => Ok(Next::Done),
                Some(next) => {
                    self.once(next.as_str().as_bytes())?;
                    Ok(Next::Follow(Box::new(next)))
                }
            },
        }
    }

    fn go_on(&mut self, ended: bool, answer: &Value) -> Result<Next, PullError> {
        if ended {
            return Ok(Next::Done);
        }
        self.once(answer.to_string().as_bytes())?;
        Ok(Next::Params(self.numbered()))
    }

    fn once(&mut self, mark: &[u8]) -> Result<(), PullError> {
        if self.seen.insert(*blake3::hash(mark).as_bytes()) {
            return Ok(());
        }
        Err(PullError::new(PullErrorKind::BadResponse, "the board answers with the same page again and again")
            .with_hint("its paging changed; the spec needs an update"))
    }
}

fn changed(message: &str) -> PullError {
    PullError::new(PullErrorKind::ChangedShape, message).with_hint("its paging changed; the spec needs an update")
}

fn number(path: Option<&Path>, answer: &Value) -> Option<u64> {
    scalar_text(path?.first(answer)?)?.parse().ok()
}

/// The address of `rel="next"`; it must be on the same host.
fn next_link(headers: &HeaderMap, url: &Url) -> Result<Option<Url>, PullError> {
    let links = headers.get_all(LINK).iter().filter_map(|value| value.to_str().ok());
    let found = links.flat_map(split_links).find_map(|link| {
        let (target, params) = link.split_once('>')?;
        let target = target.trim().strip_prefix('<')?;
        let next = params.split(';').any(|param| {
            let (name, value) = param.split_once('=').unwrap_or((param, ""));
            name.trim().eq_ignore_ascii_case("rel") && value.trim().trim_matches('"').split(' ').any(|rel| rel.eq_ignore_ascii_case("next"))
        });
        next.then_some(target)
    });
    let Some(target) = found else { return Ok(None) };
    same_place(target, url).map(Some)
}

/// The address of the next page; it must be on the same host.
fn same_place(target: &str, url: &Url) -> Result<Url, PullError> {
    let next = url.join(target).map_err(|_| changed("the next page's address is none"))?;
    let place = |url: &Url| (url.host_str().map(str::to_owned), url.port_or_known_default(), url.scheme().to_owned());
    if place(&next) == place(url) {
        return Ok(next);
    }
    let host = next.host_str().unwrap_or_default();
    Err(PullError::new(PullErrorKind::BadResponse, format!("the next page is said to be on another host ({host})"))
        .with_hint("check base_url: credentials are never sent to another host"))
}

/// Links of a header; a comma inside `<..>` does not separate.
fn split_links(header: &str) -> Vec<&str> {
    let mut links = Vec::new();
    let mut rest = header;
    while let Some(start) = rest.find('<') {
        let (_, from) = rest.split_at(start);
        let end = from.find('>').and_then(|close| from.get(close..)?.find(',').map(|comma| close + comma));
        let (link, tail) = from.split_at(end.unwrap_or(from.len()));
        links.push(link);
        rest = tail;
    }
    links
}

#[cfg(test)]
mod tests {
    use reqwest::header::HeaderValue;
    use serde_json::json;

    use super::*;

    fn url() -> Url {
        Url::parse("https://board.example/v1/list").unwrap()
    }

    fn form(text: &str) -> Paginate {
        toml::from_str(text).unwrap()
    }

    fn names(next: Next) -> Vec<(String, String)> {
        match next {
            Next::Params(params) => params.into_iter().map(|p| (p.name, p.value)).collect(),
            other => panic!("expected parameters, got {other:?}"),
        }
    }

    #[test]
    fn offsets_end_with_a_short_page_or_at_the_total() {
        let form = form("kind = \"offset\"\nparam = \"skip\"\nlimit_param = \"limit\"\nlimit = 2");
        let mut pager = Pager::new(&form);
        let next = pager.next(&json!([1, 2]), &HeaderMap::new(), &url(), 2).unwrap();
        assert_eq!(names(next), [("skip".into(), "2".into()), ("limit".into(), "2".into())]);
        assert_eq!(pager.next(&json!([3]), &HeaderMap::new(), &url(), 1).unwrap(), Next::Done);
        let mut pager = Pager::new(&form);
        assert_eq!(pager.next(&json!([1, 2, 3]), &HeaderMap::new(), &url(), 3).unwrap(), Next::Done, "a board that does not page");
    }

    #[test]
    fn tokens_go_on_until_the_board_says_so() {
        let form = form(
            "kind = \"token\"\nparam = \"offset\"\ntoken = \"next\"\nhas_next = \"hasNext\"\nencoded = true\nlimit_param = \"limit\"\nlimit = 100",
        );
        let mut pager = Pager::new(&form);
        // An empty page is not the end as long as the board says that there is more.
        let next = pager.next(&json!({"hasNext": true, "next": "%5B1%5D"}), &HeaderMap::new(), &url(), 0).unwrap();
        let Next::Params(params) = next else { panic!() };
        assert!(params.iter().any(|p| p.name == "offset" && p.encoded && p.value == "%5B1%5D"));
        assert_eq!(pager.next(&json!({"hasNext": false, "next": "%5B2%5D"}), &HeaderMap::new(), &url(), 5).unwrap(), Next::Done);
        let error = pager.next(&json!({"hasNext": true}), &HeaderMap::new(), &url(), 5).unwrap_err();
        assert_eq!(error.kind, PullErrorKind::ChangedShape);
    }

    #[test]
    fn a_board_that_repeats_a_token_is_stopped() {
        let form = form("kind = \"token\"\nparam = \"next\"\ntoken = \"next\"");
        let mut pager = Pager::new(&form);
        pager.next(&json!({"next": "a"}), &HeaderMap::new(), &url(), 5).unwrap();
        let error = pager.next(&json!({"next": "a"}), &HeaderMap::new(), &url(), 5).unwrap_err();
        assert_eq!(error.kind, PullErrorKind::BadResponse);
        let mut pager = Pager::new(&form);
        assert_eq!(pager.next(&json!({"next": "b"}), &HeaderMap::new(), &url(), 0).unwrap(), Next::Done);
    }

    #[test]
    fn a_flag_ends_pages_of_any_size() {
        let form = form("kind = \"page\"\nparam = \"page\"\nlimit = 50\nlast = \"done\"");
        let mut pager = Pager::new(&form);
        let next = pager.next(&json!({"done": false, "list": [1]}), &HeaderMap::new(), &url(), 1).unwrap();
        assert_eq!(names(next), [("page".into(), "2".into())]);
        assert_eq!(pager.next(&json!({"done": true, "list": [2]}), &HeaderMap::new(), &url(), 1).unwrap(), Next::Done);
    }

    #[test]
    fn links_are_followed_on_the_same_host_only() {
        let form = Paginate::Link { limit_param: None, limit: None };
        let mut headers = HeaderMap::new();
        headers.insert(
            LINK,
            HeaderValue::from_static("<https://board.example/v1/list?page=1,2>; rel=\"prev\", </v1/list?page=3>; rel=\"next\""),
        );
        let next = Pager::new(&form).next(&json!([]), &headers, &url(), 1).unwrap();
        assert_eq!(next, Next::Follow(Box::new(Url::parse("https://board.example/v1/list?page=3").unwrap())));
        headers.insert(LINK, HeaderValue::from_static("<https://evil.example/>; rel=\"next\""));
        let error = Pager::new(&form).next(&json!([]), &headers, &url(), 1).unwrap_err();
        assert!(error.message.contains("evil.example"));
    }
}
