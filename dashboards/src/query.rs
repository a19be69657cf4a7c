//! The query string of a report request.

use std::collections::BTreeMap;

use axum::extract::Query as Pairs;
use axum::http::Uri;
use chrono::{DateTime, Duration, NaiveDate, Utc};
use chrono_tz::Tz;
use inflow_analytics::{Metric, Query};
use inflow_config::did_you_mean;

use crate::failure::Failure;

/// Days of a report that names no period, the last one being today.
const DEFAULT_DAYS: i64 = 30;
/// What the engine can keep of a day, and of an instant.
const FIRST_DAY: NaiveDate = NaiveDate::from_ymd_opt(1970, 1, 1).unwrap();
const LAST_DAY: NaiveDate = NaiveDate::from_ymd_opt(2149, 6, 6).unwrap();

/// Which parameters an address takes besides the filters of its metric.
pub(crate) struct Accepts {
    /// Of the report.
    parameters: &'static [&'static str],
    /// Of the address itself, given back as they are.
    more: &'static [&'static str],
}

impl Accepts {
    /// A report.
    pub(crate) const REPORT: Self = Self { parameters: &["by", "from", "to", "tz", "as_of", "version"], more: &[] };
    /// A list of cases.
    pub(crate) const CASES: Self = Self { parameters: LISTED, more: &["stage", "limit", "cursor"] };
    /// A list of ledger lines.
    pub(crate) const LINES: Self = Self { parameters: LISTED, more: &["limit", "cursor"] };
}

const LISTED: &[&str] = &["from", "to", "tz", "as_of"];

/// What was asked for.
pub(crate) struct Asked {
    pub(crate) query: Query,
    /// Whether it names its instant.
    pub(crate) as_of_was_said: bool,
    /// The parameters of the address itself.
    pub(crate) more: BTreeMap<String, String>,
}

/// Reads `by` (`none` for one row over everything), `from`, `to`, `tz`, `as_of`, `version` and the filters of the metric ([`Metric::filters`]), each
/// of which may be given several times. What is not there: the metric's own grouping, the last 30 days up to today in the company's zone, each channel's own zone, now, the current definition.
pub(crate) fn parse(metric: &Metric, uri: &Uri, now: DateTime<Utc>, company: Tz, accepts: &Accepts) -> Result<Asked, Failure> {
    let Pairs(pairs) = Pairs::<Vec<(String, String)>>::try_from_uri(uri)
        .map_err(|_| Failure::bad_request("the query string cannot be read").hint("write it as name=value&name=value, percent-encoded"))?;
    let filtered = metric.filters();
    let mut single: BTreeMap<&str, &str> = BTreeMap::new();
    let mut filters: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (name, value) in &pairs {
        if filtered.contains(&name.as_str()) {
            filters.entry(name.clone()).or_default().push(value.clone());
        } else if !accepts.parameters.iter().chain(accepts.more).any(|known| known == name) {
            return Err(unknown_parameter(name, accepts, &filtered));
        } else if single.insert(name, value).is_some() {
            return Err(Failure::bad_request(format!("the parameter {name:?} is given twice")));
        }
    }
    let tz = single.get("tz").filter(|zone| !zone.is_empty()).map(|zone| zone_of(zone)).transpose()?;
    let said = single.get("as_of").map(|text| instant_of(text)).transpose()?;
    let as_of = said.unwrap_or(now);
    let (from, to) = period(single.get("from").copied(), single.get("to").copied(), as_of, tz.unwrap_or(company))?;
    let by = single.get("by").copied().unwrap_or_default();
    let by = by.split(',').map(str::trim).filter(|word| !word.is_empty()).map(str::to_owned).collect();
    let version = single.get("version").map(|text| version_of(text)).transpose()?;
    let more = accepts.more.iter().filter_map(|name| Some(((*name).to_owned(), (*single.get(name)?).to_owned()))).collect();
    let query = Query { metric: metric.id.to_owned(), version, by, from, to, tz, as_of, filters };
    Ok(Asked { query, as_of_was_said: said.is_some(), more })
}

/// First and last day of what is asked for: the last 30 days unless it says otherwise.
pub(crate) fn period(from: Option<&str>, to: Option<&str>, as_of: DateTime<Utc>, zone: Tz) -> Result<(NaiveDate, NaiveDate), Failure> {
    let today = as_of.with_timezone(&zone).date_naive();
    let to = to.map(|text| day_of("to", text)).transpose()?.unwrap_or(today);
    let from = from.map(|text| day_of("from", text)).transpose()?.unwrap_or((to - Duration::days(DEFAULT_DAYS - 1)).max(FIRST_DAY));
    if from > to {
        return Err(Failure::bad_request(format!("the period begins on {from}, after its end on {to}")).hint("both days are inclusive"));
    }
    Ok((from, to))
}

fn unknown_parameter(name: &str, accepts: &Accepts, filters: &[&str]) -> Failure {
    let accepted: Vec<&str> = accepts.parameters.iter().chain(accepts.more).chain(filters).copied().collect();
    let hint = did_you_mean(name, accepted.iter().copied()).unwrap_or_else(|| format!("accepted: {}", accepted.join(", ")));
    Failure::bad_request(format!("unknown parameter {name:?}")).hint(hint)
}

fn version_of(text: &str) -> Result<u32, Failure> {
    text.parse().map_err(|_| Failure::bad_request(format!("the parameter \"version\" is not a version: {text:?}")).hint("write it as 1"))
}

fn zone_of(text: &str) -> Result<Tz, Failure> {
    text.parse().map_err(|_| Failure::bad_request(format!("unknown time zone {text:?}")).hint("name an IANA zone such as Asia/Shanghai"))
}

fn day_of(name: &str, text: &str) -> Result<NaiveDate, Failure> {
    let day: NaiveDate = text
        .parse()
        .map_err(|_| Failure::bad_request(format!("the parameter {name:?} is not a day: {text:?}")).hint("write it as 2026-11-30"))?;
    if (FIRST_DAY..=LAST_DAY).contains(&day) {
        return Ok(day);
    }
    Err(Failure::bad_request(format!("the parameter {name:?} is out of range: {text:?}")).hint(format!("from {FIRST_DAY} to {LAST_DAY}")))
}

fn instant_of(text: &str) -> Result<DateTime<Utc>, Failure> {
    let instant = DateTime::parse_from_rfc3339(text).map(|instant| instant.to_utc()).map_err(|_| {
        Failure::bad_request(format!("the parameter \"as_of\" is not an instant: {text:?}")).hint("write it as 2026-11-30T08:00:00Z")
    })?;
    if (FIRST_DAY..=LAST_DAY).contains(&instant.date_naive()) {
        return Ok(instant);
    }
    Err(Failure::bad_request(format!("the parameter \"as_of\" is out of range: {text:?}")).hint(format!("from {FIRST_DAY} to {LAST_DAY}")))
}
