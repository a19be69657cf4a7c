//! What single values may be: numbers, days, zones, addresses. Each error says what is accepted.

use std::fmt;
use std::net::SocketAddr;
use std::str::FromStr;

use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;
use rust_decimal::Decimal;

use crate::problem::{Bad, did_you_mean};
use crate::tree::{At, Node, Value};

/// A value of the wrong type.
pub(crate) fn expected(what: &str, value: &Value) -> Bad {
    Bad::new(format!("must be {what}, not {}", value.kind()))
}

/// Any text, as it is written.
pub(crate) fn text(node: &Node) -> Result<String, Bad> {
    match &node.value {
        Value::Text(text) => Ok(text.clone()),
        other => Err(expected("a text in quotes", other)),
    }
}

/// A text that is not blank.
pub(crate) fn words(node: &Node) -> Result<String, Bad> {
    let text = text(node)?;
    if text.trim().is_empty() {
        return Err(Bad::new("must not be empty"));
    }
    Ok(text)
}

/// A text with a syntax of its own.
pub(crate) fn parsed<T>(node: &Node, parse: impl FnOnce(&str) -> Result<T, Bad>) -> Result<T, Bad> {
    parse(&text(node)?)
}

/// A text with a syntax of its own.
pub(crate) fn from_str<T: FromStr<Err = Bad>>(node: &Node) -> Result<T, Bad> {
    parsed(node, str::parse)
}

/// `true` or `false`.
pub(crate) fn boolean(node: &Node) -> Result<bool, Bad> {
    match (&node.value, &node.at) {
        (Value::Bool(value), _) => Ok(*value),
        (Value::Text(text), At::Env(_)) => match text.as_str() {
            "true" => Ok(true),
            "false" => Ok(false),
            _ => Err(Bad::new("must be true or false")),
        },
        (Value::Text(_), At::Line(_)) => Err(Bad::new("must be true or false, without quotes")),
        (other, _) => Err(expected("true or false", other)),
    }
}

/// A whole number between two bounds, both included.
pub(crate) fn whole<N>(node: &Node, from: N, to: N) -> Result<N, Bad>
where
    N: Copy + fmt::Display + Into<u64> + TryFrom<i128>,
{
    let range = || Bad::new(format!("must be a whole number from {from} to {to}"));
    let number = match (&node.value, &node.at) {
        (Value::Integer(number), _) => *number,
        (Value::Text(text), At::Env(_)) => text.trim().parse().map_err(|_| range())?,
        (Value::Float(_), _) => return Err(range()),
        (other, _) => return Err(expected("a whole number without quotes", other)),
    };
    if number < i128::from(from.into()) || number > i128::from(to.into()) {
        return Err(range());
    }
    N::try_from(number).map_err(|_| range())
}

/// An exact decimal: a text, or a number as far as TOML keeps it exact.
pub(crate) fn decimal(node: &Node) -> Result<Decimal, Bad> {
    let shape = "must be a decimal number in quotes, such as \"1280.50\"";
    match &node.value {
        Value::Text(text) => Decimal::from_str_exact(text.trim()).map_err(|_| Bad::new(shape)),
        Value::Integer(number) => Decimal::from_str_exact(&number.to_string()).map_err(|_| Bad::new(shape)),
        Value::Float(number) => Err(Bad::new(shape).hint(Some(format!("write \"{number}\" to keep it exact")))),
        other => Err(expected("a decimal number in quotes", other)),
    }
}

/// A day: `2026-11-22`, with or without quotes.
pub(crate) fn day(node: &Node) -> Result<NaiveDate, Bad> {
    let shape = || Bad::new("must be a day such as 2026-11-22");
    match &node.value {
        Value::Text(text) => text.parse().map_err(|_| shape()),
        Value::Time(time) if time.time.is_none() => time.to_string().parse().map_err(|_| shape()),
        _ => Err(shape()),
    }
}

/// An instant with its offset: `2026-11-22T08:00:00Z`, with or without quotes.
pub(crate) fn instant(node: &Node) -> Result<DateTime<Utc>, Bad> {
    let shape = || Bad::new("must be an instant with its offset, such as 2026-11-22T08:00:00+08:00");
    let text = match &node.value {
        Value::Text(text) => text.clone(),
        Value::Time(time) => time.to_string(),
        _ => return Err(shape()),
    };
    let instant = DateTime::parse_from_rfc3339(&text).map_err(|_| shape())?;
    Ok(instant.with_timezone(&Utc))
}

/// What people write for the zone of China, which IANA files under Shanghai.
const CHINA: [&str; 6] = ["beijing", "asia/beijing", "china", "cst", "gmt+8", "utc+8"];

/// A time zone by its IANA name.
pub(crate) fn zone(node: &Node) -> Result<Tz, Bad> {
    parsed(node, |name| {
        name.parse().map_err(|_| {
            let message = format!("unknown time zone `{name}`, accepted: an IANA name such as Asia/Shanghai");
            Bad::new(message).hint(meant_zone(name))
        })
    })
}

fn meant_zone(name: &str) -> Option<String> {
    let names = || chrono_tz::TZ_VARIANTS.iter().map(|zone| zone.name());
    let given = name.trim().replace(' ', "_").to_lowercase();
    if CHINA.contains(&given.as_str()) {
        return Some("did you mean `Asia/Shanghai`?".to_owned());
    }
    // A city alone still says which zone was meant.
    let city = names().find(|zone| zone.rsplit('/').next().is_some_and(|city| city.eq_ignore_ascii_case(&given)));
    match city {
        Some(zone) => Some(format!("did you mean `{zone}`?")),
        None => did_you_mean(name, names()),
    }
}

/// An `http` or `https` address.
pub(crate) fn http_url(node: &Node) -> Result<url::Url, Bad> {
    parsed(node, |text| {
        let shape = || Bad::new(format!("`{text}` is not an address, accepted: http:// or https:// and a host"));
        let url = url::Url::parse(text).map_err(|_| shape())?;
        if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
            return Err(shape());
        }
        if url.password().is_some() || !url.username().is_empty() {
            // The address is not repeated: it holds a password.
            return Err(Bad::new("must not hold a user or password").hint(Some("refer to secrets by env:NAME or file:PATH".to_owned())));
        }
        Ok(url)
    })
}

/// An IP address and port.
pub(crate) fn address(node: &Node) -> Result<SocketAddr, Bad> {
    parsed(node, |text| {
        text.parse().map_err(|_| Bad::new(format!("`{text}` is not an address, accepted: IP and port such as 127.0.0.1:8080")))
    })
}

/// A decimal that may be 0.
pub(crate) fn not_negative(number: Decimal) -> Result<Decimal, Bad> {
    if number < Decimal::ZERO { Err(Bad::new("must not be negative")) } else { Ok(number) }
}

/// A decimal that may not be 0.
pub(crate) fn above_zero(number: Decimal) -> Result<Decimal, Bad> {
    if number > Decimal::ZERO { Ok(number) } else { Err(Bad::new("must be above 0")) }
}

/// A name that stays: lower-case letters, digits and _.
pub(crate) fn id(node: &Node) -> Result<String, Bad> {
    let id = words(node)?;
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    if id.chars().all(fits) { Ok(id) } else { Err(Bad::new("accepted: lower-case letters, digits and _")) }
}

/// A list of texts, without blanks around them.
pub(crate) fn list(node: &Node) -> Result<Vec<String>, Bad> {
    match &node.value {
        Value::List(items) => items.iter().map(|item| text(item).map(|word| word.trim().to_owned())).collect(),
        other => Err(expected("a list of texts", other)),
    }
}

/// One of a few words.
pub(crate) fn one_of<T: Copy, const N: usize>(what: &str, text: &str, all: [T; N], name: fn(T) -> &'static str) -> Result<T, Bad> {
    let names = all.map(name);
    all.into_iter()
        .find(|one| name(*one) == text)
        .ok_or_else(|| Bad::new(format!("unknown {what} `{text}`, accepted: {}", names.join(", "))).hint(did_you_mean(text, names)))
}

/// What is wrong, with what to do.
pub(crate) fn bad(message: impl Into<String>, hint: &str) -> Bad {
    Bad::new(message).hint(Some(hint.to_owned()))
}
