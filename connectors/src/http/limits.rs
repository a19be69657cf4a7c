//! What a board says in its headers about its own budget: how many requests are left, until when, and
//! how many it allows in which window.
//!
//! A spec names the headers (`limit_headers`); without it, these are known:
//!
//! | form | headers |
//! |---|---|
//! | IETF draft, since 08 | `RateLimit-Policy: "a";q=100;w=60` and `RateLimit: "a";r=50;t=30` |
//! | IETF draft 07 | `RateLimit: limit=100, remaining=50, reset=30` |
//! | IETF draft, up to 06 | `RateLimit-Limit: 100, 100;w=60`, `RateLimit-Remaining`, `RateLimit-Reset` (seconds) |
//! | custom | `X-RateLimit-Remaining`, `X-RateLimit-Reset` (seconds or an instant), also as `X-Rate-Limit-..` |

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use reqwest::header::{DATE, HeaderMap};
use sfv::{Dictionary, Item, List, ListEntry, Parameters, Parser};

use crate::spec::{BudgetWindow, LimitHeaders, ResetForm};

/// A board that names a later end of its window is asked again after so long.
const LONGEST_RESET: Duration = Duration::from_hours(24);

/// Without the board's own clock in the answer, an instant further off than this is a clock that is wrong.
const LONGEST_UNSURE: Duration = Duration::from_hours(1);

/// Windows outside of these lengths are not believed.
const WINDOWS: std::ops::RangeInclusive<u64> = 1..=31 * 86_400;

/// What a board says about its budget.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Said {
    /// Requests left, and for how long that is all.
    pub left: Option<(u32, Duration)>,
    /// Windows that it keeps.
    pub windows: Vec<BudgetWindow>,
}

/// Reads the headers of an answer.
pub fn said(headers: &HeaderMap, form: Option<&LimitHeaders>, now: DateTime<Utc>) -> Said {
    let read = Reader { headers, now };
    match form {
        Some(form) => read.named(form),
        None => read.ietf().or_else(|| read.custom()).unwrap_or_default(),
    }
}

/// Seconds, or an instant, as boards write them.
#[derive(Debug, Clone, Copy)]
enum Until {
    Seconds(f64),
    Epoch(f64),
}

struct Reader<'h> {
    headers: &'h HeaderMap,
    now: DateTime<Utc>,
}

impl Reader<'_> {
    fn named(&self, form: &LimitHeaders) -> Said {
        let until = self.number(&form.reset).map(|reset| match form.reset_as {
            ResetForm::Seconds => Until::Seconds(reset),
            ResetForm::EpochS => Until::Epoch(reset),
            ResetForm::EpochMs => Until::Epoch(reset / 1000.0),
        });
        let limit =
            form.limit.as_ref().and_then(|limit| Some(BudgetWindow { requests: count(self.number(&limit.header)?), per: limit.per }));
        Said { left: self.left(self.number(&form.remaining), until), windows: limit.into_iter().collect() }
    }

    fn ietf(&self) -> Option<Said> {
        let mut windows = self.policy("ratelimit-policy");
        let Some(text) = self.text("ratelimit") else {
            windows.extend(self.policy("ratelimit-limit"));
            let left = self.left(self.number("ratelimit-remaining"), self.number("ratelimit-reset").map(Until::Seconds));
            return (left.is_some() || !windows.is_empty()).then_some(Said { left, windows });
        };
        let list: Vec<(u32, Duration)> = items(&text)
            .iter()
            .filter_map(|item| self.left(param(&item.params, "r"), param(&item.params, "t").map(Until::Seconds)))
            .collect();
        // Of several windows the one that is used up first.
        let left = list.into_iter().min().or_else(|| {
            let fields = Parser::new(&text).parse::<Dictionary>().ok()?;
            let field = |name: &str| match fields.get(name)? {
                ListEntry::Item(item) => number(&item.bare_item),
                ListEntry::InnerList(_) => None,
            };
            self.left(field("remaining"), field("reset").map(Until::Seconds))
        });
        Some(Said { left, windows })
    }

    /// Windows of a list such as `100;w=60` or `"a";q=100;w=60`.
    fn policy(&self, header: &str) -> Vec<BudgetWindow> {
        let Some(text) = self.text(header) else { return Vec::new() };
        let window = |item: &Item| {
            let unit = item.params.get("qu").and_then(|unit| unit.as_string());
            if unit.is_some_and(|unit| unit.as_str() != "requests") {
                return None;
            }
            let requests = param(&item.params, "q").or_else(|| number(&item.bare_item))?;
            let seconds = param(&item.params, "w")? as u64;
            WINDOWS.contains(&seconds).then(|| BudgetWindow { requests: count(requests), per: Duration::from_secs(seconds) })
        };
        items(&text).iter().filter_map(window).collect()
    }

    fn custom(&self) -> Option<Said> {
        ["x-ratelimit", "x-rate-limit"].into_iter().find_map(|start| {
            let remaining = self.number(&format!("{start}-remaining"))?;
            let reset = format!("{start}-reset");
            let until = match self.number(&reset) {
                Some(number) if number >= 1e11 => Some(Until::Epoch(number / 1000.0)),
                Some(number) if number >= 1e9 => Some(Until::Epoch(number)),
                Some(number) => Some(Until::Seconds(number)),
                None => self.text(&reset).and_then(|text| instant(&text)).map(|instant| Until::Epoch(instant.timestamp() as f64)),
            };
            Some(Said { left: self.left(Some(remaining), until), windows: Vec::new() })
        })
    }

    fn left(&self, remaining: Option<f64>, until: Option<Until>) -> Option<(u32, Duration)> {
        let (wait, longest) = match until? {
            Until::Seconds(seconds) => (seconds, LONGEST_RESET),
            Until::Epoch(epoch) => {
                let board = board_clock(self.headers, self.now);
                let longest = if board.is_some() { LONGEST_RESET } else { LONGEST_UNSURE };
                (epoch - board.unwrap_or(self.now).timestamp_millis() as f64 / 1000.0, longest)
            }
        };
        let wait = Duration::try_from_secs_f64(wait).ok().filter(|wait| !wait.is_zero())?;
        match until? {
            Until::Epoch(_) if wait > longest => None,
            _ => Some((count(remaining?), wait.min(longest))),
        }
    }

    fn text(&self, header: &str) -> Option<String> {
        let all: Vec<&str> = self.headers.get_all(header).iter().filter_map(|value| value.to_str().ok()).collect();
        (!all.is_empty()).then(|| all.join(", "))
    }

    /// The smallest of the numbers that a header holds: some boards write one for each window.
    fn number(&self, header: &str) -> Option<f64> {
        let text = self.text(header)?;
        text.split(',').filter_map(|part| part.trim().parse::<f64>().ok()).filter(|number| number.is_finite()).min_by(f64::total_cmp)
    }
}

fn items(text: &str) -> Vec<Item> {
    let list = Parser::new(text).parse::<List>().unwrap_or_default();
    list.into_iter()
        .filter_map(|entry| match entry {
            ListEntry::Item(item) => Some(item),
            ListEntry::InnerList(_) => None,
        })
        .collect()
}

fn param(params: &Parameters, name: &str) -> Option<f64> {
    number(params.get(name)?)
}

fn number(item: &sfv::BareItem) -> Option<f64> {
    item.as_integer().map(|number| i64::from(number) as f64)
}

/// A number of requests: a part of one is none.
fn count(number: f64) -> u32 {
    number.max(0.0) as u32
}

/// The present instant by the board's own clock, when the answer says it. It has no parts of a second, so ours is better
/// as long as the two agree.
pub(super) fn board_clock(headers: &HeaderMap, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let board = instant(headers.get(DATE)?.to_str().ok()?)?;
    Some(if (board - now).abs() <= TimeDelta::seconds(2) { now } else { board })
}

/// A date of HTTP or RFC 3339.
pub(super) fn instant(text: &str) -> Option<DateTime<Utc>> {
    let text = text.trim();
    DateTime::parse_from_rfc2822(text).or_else(|_| DateTime::parse_from_rfc3339(text)).ok().map(|instant| instant.with_timezone(&Utc))
}

#[cfg(test)]
mod tests {
    use reqwest::header::{HeaderName, HeaderValue};
    use rstest::rstest;

    use super::*;
    use crate::spec::LimitHeader;

    fn now() -> DateTime<Utc> {
        DateTime::from_timestamp(1_790_000_000, 0).unwrap()
    }

    fn headers(lines: &[&str]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for line in lines {
            let (name, value) = line.split_once(':').unwrap();
            headers.append(HeaderName::try_from(name).unwrap(), HeaderValue::try_from(value.trim()).unwrap());
        }
        headers
    }

    fn window(requests: u32, seconds: u64) -> BudgetWindow {
        BudgetWindow { requests, per: Duration::from_secs(seconds) }
    }

    #[rstest]
    #[case::since_08(&["RateLimit-Policy: \"burst\";q=100;w=60, \"daily\";q=1000;w=86400", "RateLimit: \"burst\";r=50;t=30, \"daily\";r=7;t=900"], Some((7, 900)), vec![window(100, 60), window(1000, 86_400)])]
    #[case::other_unit(&["RateLimit-Policy: \"bytes\";q=100;qu=\"content-bytes\";w=60", "RateLimit: \"a\";r=3"], None, vec![])]
    #[case::draft_07(&["RateLimit-Policy: 100;w=60", "RateLimit: limit=100, remaining=50, reset=5"], Some((50, 5)), vec![window(100, 60)])]
    #[case::up_to_06(&["RateLimit-Limit: 100, 100;w=10, 1000;w=3600", "RateLimit-Remaining: 9", "RateLimit-Reset: 8"], Some((9, 8)), vec![window(100, 10), window(1000, 3600)])]
    #[case::seconds(&["X-RateLimit-Limit: 60", "X-RateLimit-Remaining: 0", "X-RateLimit-Reset: 12"], Some((0, 12)), vec![])]
    #[case::epoch(&["X-Rate-Limit-Remaining: 4", "X-Rate-Limit-Reset: 1790000040"], Some((4, 40)), vec![])]
    #[case::epoch_ms(&["x-ratelimit-remaining: 4", "x-ratelimit-reset: 1790000050000"], Some((4, 50)), vec![])]
    #[case::a_date(&["x-ratelimit-remaining: 4", "x-ratelimit-reset: 2026-09-21T14:14:20Z"], Some((4, 60)), vec![])]
    #[case::our_clock_is_off(&["Date: Mon, 21 Sep 2026 18:13:20 GMT", "x-ratelimit-remaining: 0", "x-ratelimit-reset: 1790014409"], Some((0, 9)), vec![])]
    #[case::a_clock_that_is_wrong(&["x-ratelimit-remaining: 0", "x-ratelimit-reset: 9990000004"], None, vec![])]
    #[case::long(&["ratelimit-remaining: 0", "ratelimit-reset: 2500000"], Some((0, 86_400)), vec![])]
    #[case::several(&["x-ratelimit-remaining: 9", "x-ratelimit-remaining: 3", "x-ratelimit-reset: 60"], Some((3, 60)), vec![])]
    #[case::over(&["x-ratelimit-remaining: -1", "x-ratelimit-reset: 60"], Some((0, 60)), vec![])]
    #[case::no_end(&["x-ratelimit-remaining: 0"], None, vec![])]
    #[case::nonsense(&["RateLimit: ;;", "RateLimit-Policy: x=", "x-ratelimit-remaining: soon"], None, vec![])]
    fn known_forms(#[case] lines: &[&str], #[case] left: Option<(u32, u64)>, #[case] windows: Vec<BudgetWindow>) {
        let left = left.map(|(requests, seconds)| (requests, Duration::from_secs(seconds)));
        assert_eq!(said(&headers(lines), None, now()), Said { left, windows });
    }

    #[test]
    fn a_spec_names_its_headers_and_only_they_count() {
        let form = LimitHeaders {
            remaining: "left".into(),
            reset: "until".into(),
            reset_as: ResetForm::EpochS,
            limit: Some(LimitHeader { header: "allowed".into(), per: Duration::from_secs(10) }),
        };
        let all = headers(&["left: 2", "until: 1790000004", "allowed: 30", "x-ratelimit-remaining: 0", "x-ratelimit-reset: 9"]);
        let expected = Said { left: Some((2, Duration::from_secs(4))), windows: vec![window(30, 10)] };
        assert_eq!(said(&all, Some(&form), now()), expected);
        assert_eq!(said(&headers(&["left: 2"]), Some(&form), now()), Said::default());
    }
}
