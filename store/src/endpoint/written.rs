//! Views of metrics, written out for what a statement asks of them.
//!
//! A view with parameters is analysed by the engine twice, once for its columns and once to be read, and one of a metric holds all that could be asked of
//! it; most of a short statement's time goes into that. Whoever knows the definitions ([`WriteOut`]) can give the same query with nothing in it but
//! what the call asks for. It takes the call's place where nobody can tell the difference; the statement as it was sent is what is admitted,
//! what answers are known by, and what runs when the other one fails.

use chrono::DateTime;
use chrono_tz::Tz;

use crate::array_literal;
use crate::sql::{Kind, Token, Tokens, quote_text};

/// Arguments longer than this are left to the view: they would be repeated in many places.
const LONGEST: usize = 200;

/// A view of the database `inflow` that is read with arguments.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ViewCall {
    /// Its name, without the database.
    pub view: String,
    /// The arguments in their order.
    pub arguments: Vec<ViewArgument>,
}

/// An argument of a [`ViewCall`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ViewArgument {
    /// Its name.
    pub name: String,
    /// An SQL expression of its value.
    pub sql: String,
    /// The value itself, where it can be told from the text.
    pub value: Option<ViewValue>,
}

/// The value of an argument.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ViewValue {
    /// A string, a date or an instant.
    Text(String),
    /// An array of strings.
    Texts(Vec<String>),
}

/// Gives the query that says the same as a view does when called so, with at least the columns that the statement can name; `None`: the view is to be read.
pub type WriteOut = fn(&ViewCall) -> Option<String>;

/// The statement with its calls of views written out; `None` when there is none, or when it takes whatever columns a view has.
pub fn write_out(sql: &str, by: WriteOut) -> Option<String> {
    let tokens: Vec<Token<'_>> = Tokens::new(sql.as_bytes()).collect();
    if !tokens.first()?.is("SELECT") && !tokens.first()?.is("WITH") || tokens.windows(2).any(takes_all) {
        return None;
    }
    let mut text = String::with_capacity(sql.len() * 4);
    let mut done = 0;
    for (at, token) in tokens.iter().enumerate() {
        if token.start < done || !(token.is("FROM") || token.is("JOIN")) {
            continue;
        }
        let Some((start, end, call)) = call(sql, &tokens, at + 1) else { continue };
        let Some(query) = by(&call) else { continue };
        text.push_str(sql.get(done..start)?);
        text.extend(["(\n", &query, ")"]);
        done = end;
    }
    if done == 0 {
        return None;
    }
    text.push_str(sql.get(done..)?);
    Some(text)
}

/// `SELECT *`, `v.*`, `, *`, `DISTINCT *` or `COLUMNS(`, of two tokens.
fn takes_all(pair: &[Token<'_>]) -> bool {
    let [before, token] = pair else { return false };
    let begins = before.is("SELECT") || before.is("DISTINCT") || before.sign(b',') || before.sign(b'.');
    token.sign(b'*') && begins || before.is("COLUMNS") && token.sign(b'(')
}

/// `inflow.view(name = value, ..)` from a token on: where it begins and ends in the text, and what it says.
fn call(sql: &str, tokens: &[Token<'_>], at: usize) -> Option<(usize, usize, ViewCall)> {
    let [database, dot, view, open] = tokens.get(at..at + 4)? else { return None };
    if !(database.bytes == b"inflow" && dot.sign(b'.') && open.sign(b'(')) {
        return None;
    }
    let inside = tokens.get(at + 4..)?;
    let (mut depth, mut from, mut arguments) = (0_usize, 0, Vec::new());
    for (place, token) in inside.iter().enumerate() {
        match token.kind {
            Kind::Sign(b'(' | b'[' | b'{') => depth += 1,
            Kind::Sign(b')') if depth == 0 => {
                arguments.push(argument(sql, inside.get(from..place)?)?);
                return Some((database.start, token.end(), ViewCall { view: view.name()?, arguments }));
            }
            Kind::Sign(b')' | b']' | b'}') => depth = depth.checked_sub(1)?,
            Kind::Sign(b',') if depth == 0 => {
                arguments.push(argument(sql, inside.get(from..place)?)?);
                from = place + 1;
            }
            _ => {}
        }
    }
    None
}

fn argument(sql: &str, tokens: &[Token<'_>]) -> Option<ViewArgument> {
    let [name, equal, first, ..] = tokens else { return None };
    let last = tokens.last()?;
    let text = sql.get(first.start..last.end())?;
    if !equal.sign(b'=') || text.len() > LONGEST || tokens.iter().any(|token| token.is("SELECT")) {
        return None;
    }
    let mut rest = tokens.get(2..)?;
    let value = value(&mut rest).filter(|_| rest.is_empty());
    let sql = match &value {
        Some(ViewValue::Text(value)) => quote_text(value),
        Some(ViewValue::Texts(values)) => array_literal(values),
        None => text.to_owned(),
    };
    Some(ViewArgument { name: name.name()?, sql, value })
}

/// Takes an expression whose value its text tells: what Grafana makes of a dashboard's variables.
fn value(rest: &mut &[Token<'_>]) -> Option<ViewValue> {
    let (first, after) = rest.split_first()?;
    *rest = after;
    if let Some(text) = plain(first) {
        return Some(ViewValue::Text(text));
    }
    if first.sign(b'[') {
        return texts(rest).map(ViewValue::Texts);
    }
    if first.is("if") {
        take(rest, b'(')?;
        let one = text(rest)?;
        take(rest, b'=')?;
        let other = text(rest)?;
        take(rest, b',')?;
        let then = value(rest)?;
        take(rest, b',')?;
        let otherwise = value(rest)?;
        take(rest, b')')?;
        return Some(if one == other { then } else { otherwise });
    }
    if first.is("arrayRemove") {
        take(rest, b'(')?;
        let ViewValue::Texts(all) = value(rest)? else { return None };
        take(rest, b',')?;
        let removed = text(rest)?;
        take(rest, b')')?;
        return Some(ViewValue::Texts(all.into_iter().filter(|one| *one != removed).collect()));
    }
    if first.is("toDate") {
        return day(rest).map(ViewValue::Text);
    }
    None
}

/// `(toDateTime(N), 'zone')`: the local day.
fn day(rest: &mut &[Token<'_>]) -> Option<String> {
    take(rest, b'(')?;
    let (_, after) = rest.split_first().filter(|(word, _)| word.is("toDateTime"))?;
    *rest = after;
    take(rest, b'(')?;
    let (number, after) = rest.split_first().filter(|(number, _)| number.kind == Kind::Number)?;
    *rest = after;
    take(rest, b')')?;
    take(rest, b',')?;
    let zone: Tz = text(rest)?.parse().ok()?;
    take(rest, b')')?;
    let seconds: u32 = std::str::from_utf8(number.bytes).ok()?.parse().ok()?;
    Some(DateTime::from_timestamp(seconds.into(), 0)?.with_timezone(&zone).date_naive().to_string())
}

/// What stands up to the closing bracket.
fn texts(rest: &mut &[Token<'_>]) -> Option<Vec<String>> {
    let mut all = Vec::new();
    if take(rest, b']').is_some() {
        return Some(all);
    }
    loop {
        all.push(text(rest)?);
        if take(rest, b']').is_some() {
            return Some(all);
        }
        take(rest, b',')?;
    }
}

fn text(rest: &mut &[Token<'_>]) -> Option<String> {
    let (first, after) = rest.split_first()?;
    let text = plain(first)?;
    *rest = after;
    Some(text)
}

fn take(rest: &mut &[Token<'_>], sign: u8) -> Option<()> {
    let (first, after) = rest.split_first()?;
    first.sign(sign).then(|| *rest = after)
}

/// A string literal without escapes.
fn plain(token: &Token<'_>) -> Option<String> {
    let inner = token.bytes.strip_prefix(b"'")?.strip_suffix(b"'")?;
    let plain = token.kind == Kind::Text && !inner.iter().any(|byte| matches!(byte, b'\'' | b'\\'));
    plain.then(|| String::from_utf8(inner.to_vec()).ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(call: &ViewCall) -> Option<String> {
        let values = call.arguments.iter().map(|argument| match &argument.value {
            Some(_) => argument.sql.clone(),
            None => format!("?{}", argument.sql),
        });
        (call.view != "metric_left_v1").then(|| format!("{}: {}", call.view, values.collect::<Vec<_>>().join(" ")))
    }

    #[test]
    fn what_a_panel_asks_is_told_by_its_text() {
        let sql = "SELECT m.value AS value FROM inflow.metric_spend_v2(from = toDate(toDateTime(1764172800), 'Asia/Shanghai'), to='2025-12-31', \
                   tz = if('channel' = 'channel', '', 'channel'), by = ['month', 'channel'], channel = arrayRemove(['', 'boss'], ''), store = [], as_of = now64(3)) AS m \
                   WHERE m.value * 2 > 1";
        assert_eq!(
            write_out(sql, told).unwrap(),
            "SELECT m.value AS value FROM (\nmetric_spend_v2: '2025-11-27' '2025-12-31' '' ['month','channel'] ['boss'] [] ?now64(3)) AS m WHERE m.value * 2 > 1"
        );
    }

    #[test]
    fn both_sides_of_a_join_are_written_out() {
        let sql = "WITH 1 AS x SELECT a.v, count(*) FROM inflow.a(by = []) AS a LEFT JOIN inflow.b(by = ['it''s']) AS b ON a.v = b.v";
        assert_eq!(
            write_out(sql, told).unwrap(),
            "WITH 1 AS x SELECT a.v, count(*) FROM (\na: []) AS a LEFT JOIN (\nb: ?['it''s']) AS b ON a.v = b.v"
        );
    }

    #[test]
    fn what_could_be_seen_stays_a_view() {
        for sql in [
            "SELECT * FROM inflow.a(by = [])",
            "SELECT m.* FROM inflow.a(by = []) AS m",
            "SELECT 1, * FROM inflow.a(by = [])",
            "SELECT DISTINCT * FROM inflow.a(by = [])",
            "SELECT COLUMNS('a') FROM inflow.a(by = [])",
            "DESCRIBE TABLE inflow.a(by = [])",
            "EXPLAIN SELECT v FROM inflow.a(by = [])",
            "SELECT v FROM other.a(by = [])",
            "SELECT v FROM inflow.metric_left_v1(by = [])",
            "SELECT v FROM inflow.a(from = (SELECT 1))",
            "SELECT v FROM inflow.a(from = 1",
            "SELECT v FROM inflow.applications",
            "SELECT 'FROM inflow.a(by = [])'",
            "",
        ] {
            assert_eq!(write_out(sql, told), None, "{sql}");
        }
    }
}
