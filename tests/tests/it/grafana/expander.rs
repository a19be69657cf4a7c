//! Puts values into a statement as Grafana and its ClickHouse plugin do, step by step: `$__conditionalAll`, the variables in all their
//! formats, then the macros of the plugin's backend.

use std::collections::BTreeMap;

/// The value of a variable.
#[derive(Debug, Clone)]
pub enum Value {
    /// One.
    One(String),
    /// Several were chosen, one by one.
    Many(Vec<String>),
    /// All of a variable that says in SQL what that is: it goes in as it stands, whatever the format.
    All(String),
}

/// What a viewer has chosen.
#[derive(Debug, Clone)]
pub struct Viewer {
    /// Variables.
    pub values: BTreeMap<String, Value>,
    /// The range of time, in seconds since 1970.
    pub from: i64,
    /// Its end.
    pub to: i64,
    /// Seconds between two points.
    pub interval: i64,
}

impl Viewer {
    /// The statement that reaches the database.
    pub fn expand(&self, sql: &str) -> String {
        let sql = self.conditional_all(sql);
        let sql = self.variables(&sql);
        self.macros(&sql)
    }

    /// `$__conditionalAll(condition, $variable)` is `1=1` when all or nothing is chosen, else the condition; the last one first.
    fn conditional_all(&self, sql: &str) -> String {
        const NAME: &str = "$__conditionalAll(";
        let mut sql = sql.to_owned();
        while let Some(at) = sql.rfind(NAME) {
            let (arguments, end) = arguments(&sql, at + NAME.len() - 1);
            let [condition, variable] = arguments.as_slice() else { return sql };
            let name: String = variable.trim().trim_start_matches('$').trim_matches(['{', '}']).to_owned();
            let everything = match self.values.get(&name) {
                Some(Value::All(_)) => true,
                Some(Value::One(value)) => value.is_empty(),
                _ => false,
            };
            let condition = if everything { "1=1" } else { condition.as_str() };
            sql = format!("{}{condition}{}", sql.get(..at).unwrap(), sql.get(end..).unwrap());
        }
        sql
    }

    /// `$name`, `${name}` and `${name:format}` of the variables there are; other words stay.
    fn variables(&self, sql: &str) -> String {
        let mut out = String::new();
        let mut rest = sql;
        while let Some((before, after)) = rest.split_once('$') {
            out.push_str(before);
            let (name, format, length) = if let Some((inside, _)) = after.strip_prefix('{').and_then(|inside| inside.split_once('}')) {
                let (name, format) = inside.split_once(':').unwrap_or((inside, ""));
                (name.to_owned(), format, inside.len() + 2)
            } else {
                let name: String = after.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect();
                let length = name.len();
                (name, "", length)
            };
            if let Some(value) = self.values.get(&name) {
                out.push_str(&formatted(value, format));
                rest = after.get(length..).unwrap();
            } else {
                out.push('$');
                rest = after;
            }
        }
        out + rest
    }

    /// The macros of the backend; one that it does not know stays.
    fn macros(&self, sql: &str) -> String {
        let mut out = String::new();
        let mut rest = sql;
        while let Some((before, after)) = rest.split_once("$__") {
            out.push_str(before);
            let name: String = after.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect();
            let tail = after.get(name.len()..).unwrap();
            let (given, used) = if tail.starts_with('(') { arguments(tail, 0) } else { (Vec::new(), 0) };
            let given: Vec<&str> = given.iter().map(|argument| argument.trim()).collect();
            if let Some(text) = self.one_macro(&name, &given) {
                out.push_str(&text);
                rest = tail.get(used..).unwrap();
            } else {
                out.push_str("$__");
                rest = after;
            }
        }
        out + rest
    }

    fn one_macro(&self, name: &str, given: &[&str]) -> Option<String> {
        let seconds = |at: i64| format!("toDateTime({at})");
        let millis = |at: i64| format!("fromUnixTimestamp64Milli({})", at * 1000);
        let days = |at: i64| format!("toDate('{}')", chrono::DateTime::from_timestamp(at, 0).unwrap().format("%Y-%m-%d"));
        let between =
            |column: &str, how: &dyn Fn(i64) -> String| format!("{column} >= {} AND {column} <= {}", how(self.from), how(self.to));
        Some(match (name, given) {
            ("fromTime", _) => seconds(self.from),
            ("toTime", _) => seconds(self.to),
            ("fromTime_ms", _) => millis(self.from),
            ("toTime_ms", _) => millis(self.to),
            ("timeFilter", [column]) => between(column, &seconds),
            ("timeFilter_ms", [column]) => between(column, &millis),
            ("dateFilter", [column]) => between(column, &days),
            ("dateTimeFilter" | "dt", [date, time]) => format!("({}) AND ({})", between(date, &days), between(time, &seconds)),
            ("timeInterval", [column]) => format!("toStartOfInterval(toDateTime({column}), INTERVAL {} second)", self.interval.max(1)),
            ("timeInterval_ms", [column]) => {
                format!("toStartOfInterval(toDateTime64({column}, 3), INTERVAL {} millisecond)", self.interval.max(1) * 1000)
            }
            ("interval_s", _) => self.interval.max(1).to_string(),
            _ => return None,
        })
    }
}

/// The arguments of the parenthesis at `open`, and where it ends.
fn arguments(text: &str, open: usize) -> (Vec<String>, usize) {
    let (mut depth, mut found, mut from) = (0, Vec::new(), open + 1);
    for (at, byte) in text.bytes().enumerate().skip(open) {
        match byte {
            b'(' => depth += 1,
            b')' => depth -= 1,
            _ => {}
        }
        if (byte == b',' && depth == 1) || depth == 0 {
            found.push(text.get(from..at).unwrap().to_owned());
            from = at + 1;
        }
        if depth == 0 {
            return (found, at + 1);
        }
    }
    (Vec::new(), text.len())
}

/// A value as Grafana writes it in a format; without one, the plugin joins several in quotes that it does not escape.
fn formatted(value: &Value, format: &str) -> String {
    let single = |text: &str| format!("'{}'", text.replace('\'', "\\'"));
    let values: Vec<&str> = match value {
        Value::All(sql) => return sql.clone(),
        Value::One(one) => vec![one],
        Value::Many(many) => many.iter().map(String::as_str).collect(),
    };
    let several = matches!(value, Value::Many(_));
    match format {
        "singlequote" => values.iter().map(|value| single(value)).collect::<Vec<_>>().join(","),
        "doublequote" => values.iter().map(|value| format!("\"{}\"", value.replace('"', "\\\""))).collect::<Vec<_>>().join(","),
        "sqlstring" => values.iter().map(|value| format!("'{}'", value.replace('\'', "''"))).collect::<Vec<_>>().join(","),
        "csv" | "raw" => values.join(","),
        "pipe" => values.join("|"),
        "text" => values.join(" + "),
        _ if several => format!("'{}'", values.join("','")),
        _ => values.concat(),
    }
}

#[test]
fn values_go_in_as_grafana_writes_them() {
    let values = [
        ("channel", Value::Many(vec!["boss".to_owned(), "o'hara".to_owned()])),
        ("store", Value::All("''".to_owned())),
        ("tz", Value::One("Asia/Shanghai".to_owned())),
        ("none", Value::One(String::new())),
    ];
    let values = values.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    let viewer = Viewer { values, from: 1_415_792_726, to: 1_447_328_726, interval: 20 };
    for (written, sent) in [
        ("[${channel:singlequote}] ${channel} $channel", r"['boss','o\'hara'] 'boss','o'hara' 'boss','o'hara'"),
        ("[${store:singlequote}] ${store} '$tz' '${tz}'", "[''] '' 'Asia/Shanghai' 'Asia/Shanghai'"),
        ("${channel:csv} ${channel:pipe} ${channel:sqlstring}", "boss,o'hara boss|o'hara 'boss','o''hara'"),
        ("[${none:singlequote}] $unknown ${unknown:raw}", "[''] $unknown ${unknown:raw}"),
        ("$__conditionalAll(s IN (${store}), $store) AND $__conditionalAll(f(c, 1), $channel)", "1=1 AND f(c, 1)"),
        ("$__timeFilter(time)", "time >= toDateTime(1415792726) AND time <= toDateTime(1447328726)"),
        ("$__dateFilter(d)", "d >= toDate('2014-11-12') AND d <= toDate('2015-11-12')"),
        ("$__timeInterval(f(a, b))", "toStartOfInterval(toDateTime(f(a, b)), INTERVAL 20 second)"),
        ("$__timeInterval(a)", "toStartOfInterval(toDateTime(a), INTERVAL 20 second)"),
        (
            "toDate($__fromTime, 'UTC') $__toTime - 1 $__toTime_ms",
            "toDate(toDateTime(1415792726), 'UTC') toDateTime(1447328726) - 1 fromUnixTimestamp64Milli(1447328726000)",
        ),
        ("$__interval_s", "20"),
    ] {
        assert_eq!(viewer.expand(written), sent);
    }
}
