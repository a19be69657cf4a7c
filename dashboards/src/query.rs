//! The query string of a report request.

use std::collections::BTreeMap;

use axum::extract::Query as Pairs;
use axum::http::Uri;
use chrono::{DateTime, Duration, NaiveDate, Utc};
use chrono_tz::Tz;
use inflow_analytics::{Metric, Query};
use inflow_config::did_you_mean;

use crate::failure::Failure;

/// Parameters besides the filters.
const PARAMETERS: [&str; 6] = ["by", "from", "to", "tz", "as_of", "version"];
/// Days of a report that names no period, the last one being today.
const DEFAULT_DAYS: i64 = 30;

/// Reads `by` (`none` for one row over everything), `from`, `to`, `tz`, `as_of`, `version` and the filters of the metric ([`Metric::filters`]), each
/// of which may be given several times. What is not there: the metric's own grouping, the last 30 days up to today in the company's zone, each channel's own zone, now, the current definition.
pub(crate) fn parse(metric: &Metric, uri: &Uri, now: DateTime<Utc>, company: Tz) -> Result<Query, Failure> {
    let Pairs(pairs) = Pairs::<Vec<(String, String)>>::try_from_uri(uri)
        .map_err(|_| Failure::bad_request("the query string cannot be read").hint("write it as name=value&name=value, percent-encoded"))?;
    let accepted = metric.filters();
    let mut single: BTreeMap<&str, &str> = BTreeMap::new();
    let mut filters: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (name, value) in &pairs {
        if accepted.contains(&name.as_str()) {
            filters.entry(name.clone()).or_default().push(value.clone());
        } else if !PARAMETERS.contains(&name.as_str()) {
            return Err(unknown_parameter(name, &accepted));
        } else if single.insert(name, value).is_some() {
            return Err(Failure::bad_request(format!("the parameter {name:?} is given twice")));
        }
    }
    let tz = single.get("tz").filter(|zone| !zone.is_empty()).map(|zone| zone_of(zone)).transpose()?;
    let as_of = single.get("as_of").map(|text| instant_of(text)).transpose()?.unwrap_or(now);
    let today = as_of.with_timezone(&tz.unwrap_or(company)).date_naive();
    let to = single.get("to").map(|text| day_of("to", text)).transpose()?.unwrap_or(today);
    let from = single.get("from").map(|text| day_of("from", text)).transpose()?.unwrap_or(to - Duration::days(DEFAULT_DAYS - 1));
    if from > to {
        return Err(Failure::bad_request(format!("the period begins on {from}, after its end on {to}")).hint("both days are inclusive"));
    }
    let by = single.get("by").copied().unwrap_or_default();
    let by = by.split(',').map(str::trim).filter(|word| !word.is_empty()).map(str::to_owned).collect();
    let version = single.get("version").map(|text| version_of(text)).transpose()?;
    Ok(Query { metric: metric.id.to_owned(), version, by, from, to, tz, as_of, filters })
}

fn unknown_parameter(name: &str, filters: &[&str]) -> Failure {
    let accepted: Vec<&str> = PARAMETERS.iter().chain(filters).copied().collect();
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
    text.parse().map_err(|_| Failure::bad_request(format!("the parameter {name:?} is not a day: {text:?}")).hint("write it as 2026-11-30"))
}

fn instant_of(text: &str) -> Result<DateTime<Utc>, Failure> {
    DateTime::parse_from_rfc3339(text).map(|instant| instant.to_utc()).map_err(|_| {
        Failure::bad_request(format!("the parameter \"as_of\" is not an instant: {text:?}")).hint("write it as 2026-11-30T08:00:00Z")
    })
}
