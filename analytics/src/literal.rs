//! ClickHouse literals. Everything that comes from outside goes into a statement through here.

use chrono::{DateTime, Utc};

/// `'text'`, with quotes and backslashes escaped.
pub(crate) fn text(value: &str) -> String {
    let mut out = String::with_capacity(value.len() + 2);
    out.push('\'');
    for c in value.chars() {
        if matches!(c, '\'' | '\\') {
            out.push('\\');
        }
        out.push(c);
    }
    out.push('\'');
    out
}

/// `['a', 'b']`.
pub(crate) fn list<T: AsRef<str>>(values: &[T]) -> String {
    let items: Vec<String> = values.iter().map(|value| text(value.as_ref())).collect();
    format!("[{}]", items.join(", "))
}

/// `2026-10-01 08:00:00.000`, in UTC and without quotes: a value of type DateTime64(3, 'UTC').
pub(crate) fn instant(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%d %H:%M:%S%.3f").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_cannot_end_a_literal() {
        assert_eq!(text(r"a'b\"), r"'a\'b\\'");
        assert_eq!(list(&["x", "y'z"]), r"['x', 'y\'z']");
        assert_eq!(list::<&str>(&[]), "[]");
    }

    #[test]
    fn instants_are_utc_with_milliseconds() {
        let at: DateTime<Utc> = "2026-10-01T08:00:00.5+08:00".parse().unwrap();
        assert_eq!(instant(at), "2026-10-01 00:00:00.500");
    }
}
