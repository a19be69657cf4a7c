//! The dimensions that many definitions share, written into each statement in the places of macros.
//!
//! A view is for whoever asks: it holds all dimensions of its metric and looks at `{by}`. A report knows what it is asked for and holds
//! that alone, with the conditions of its filters: each column would be analysed at every level of the statement. Both always hold
//! the channel, which joins figures with what was delivered.
//!
//! | macro | becomes |
//! |---|---|
//! | `$slices(c.* AS *)` | a term for each dimension held, `*` being its name and `#` its place from 1, parted by commas |
//! | `$others(c.* AS *)` | the same without the channel, each with a comma before it |
//! | `$needed(any(s.*) AS in_*)` | the same as `$slices`, of the dimensions held and those that are filtered by |
//! | `$picked(s.*)` | as `$slices`: the value where the report is grouped by it, else empty |
//! | `$sliced(s.*)` | the same under the dimension's name |
//! | `$alike(h.* = t.*)` | a term for each dimension held, parted by AND |
//! | `$narrowed(s.*)` | a condition for each filter, each with AND before it |
//! | `$placed(s.*)` | the same without the channel, for what has none |

use std::collections::BTreeMap;
use std::fmt::Write;

use inflow_store::quote_text;

/// The shared dimensions, in the order in which statements hold them.
pub(crate) const SLICES: [&str; 8] =
    ["channel", "store", "department", "city", "recruiter", "job_family", "requisition", "posting_cluster"];

/// Those that every metric can be filtered by, by parameters of its view.
pub(crate) const PARAMETERS: [&str; 2] = ["channel", "store"];

/// What a statement is written for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Slices<'a> {
    /// The dimensions that it holds.
    held: Vec<&'a str>,
    /// Those that it is grouped by; absent: those of `{by}`.
    by: Option<Vec<&'a str>>,
    /// Values by dimension; absent: those of the parameters.
    filters: Option<BTreeMap<&'a str, &'a [String]>>,
}

/// The macros by name.
const MACROS: [&str; 8] = ["$slices(", "$others(", "$needed(", "$picked(", "$sliced(", "$alike(", "$narrowed(", "$placed("];

impl<'a> Slices<'a> {
    /// All dimensions of a metric, for its view.
    pub(crate) fn of_view(dimensions: &[&'a str]) -> Self {
        Self { held: held(dimensions), by: None, filters: None }
    }

    /// Those that a report is grouped by, with its filters.
    pub(crate) fn of_report(by: &[&'a str], filters: &'a BTreeMap<String, Vec<String>>) -> Self {
        let filters = filters.iter().filter(|(_, values)| !values.is_empty()).map(|(name, values)| (name.as_str(), values.as_slice()));
        Self { held: held(by), by: Some(by.to_vec()), filters: Some(filters.collect()) }
    }

    /// What a shared query is written for that is called with these arguments: a `by` of its own, and without the filters that it empties.
    pub(crate) fn called<'b>(&self, arguments: &[(&'b str, &'b str)]) -> Slices<'b>
    where
        'a: 'b,
    {
        let mut called = self.clone();
        for (name, value) in arguments {
            if *name == "by" {
                let by: Vec<&'b str> = value.split('\'').skip(1).step_by(2).collect();
                called = Slices { held: held(&by), by: Some(by), filters: called.filters };
            } else if *value == "[]"
                && let Some(filters) = &mut called.filters
            {
                filters.remove(name);
            }
        }
        called
    }

    /// The statement with the macros in it replaced.
    pub(crate) fn written_into(&self, sql: &str) -> String {
        let mut out = String::with_capacity(sql.len());
        let mut rest = sql;
        while let Some((at, name)) = MACROS.iter().filter_map(|name| Some((rest.find(name)?, *name))).min() {
            let (before, after) = rest.split_at_checked(at).unwrap_or((rest, ""));
            let (term, after) = enclosed(after.get(name.len()..).unwrap_or_default());
            out.push_str(before);
            out.push_str(&self.expand(name, term));
            rest = after;
        }
        out.push_str(rest);
        out
    }

    fn expand(&self, name: &str, term: &str) -> String {
        let of = |dimension: &str, place: usize| term.replace('*', dimension).replace('#', &place.to_string());
        let held = || self.held.iter().copied().zip(1..);
        let all: Vec<String> = match name {
            "$narrowed(" => return self.conditions(term, &SLICES),
            "$placed(" => return self.conditions(term, SLICES.get(1..).unwrap_or_default()),
            "$others(" => return held().skip(1).fold(String::new(), |out, (dimension, place)| out + ", " + &of(dimension, place)),
            "$needed(" => self.needed().into_iter().zip(1..).map(|(dimension, place)| of(dimension, place)).collect(),
            "$picked(" => held().map(|(dimension, place)| self.picked(dimension, &of(dimension, place))).collect(),
            "$sliced(" => {
                held().map(|(dimension, place)| format!("{} AS {dimension}", self.picked(dimension, &of(dimension, place)))).collect()
            }
            _ => held().map(|(dimension, place)| of(dimension, place)).collect(),
        };
        all.join(if name == "$alike(" { " AND " } else { ", " })
    }

    fn needed(&self) -> Vec<&str> {
        let narrowed = |name: &&str| match &self.filters {
            Some(filters) => filters.contains_key(*name),
            None => PARAMETERS.contains(name),
        };
        SLICES.into_iter().filter(|name| self.held.contains(name) || narrowed(name)).collect()
    }

    fn picked(&self, dimension: &str, value: &str) -> String {
        match &self.by {
            None => format!("if(has({{by:Array(String)}}, '{dimension}'), {value}, '')"),
            Some(by) if by.contains(&dimension) => value.to_owned(),
            Some(_) => "''".to_owned(),
        }
    }

    fn conditions(&self, term: &str, on: &[&str]) -> String {
        let mut out = String::new();
        let Some(filters) = &self.filters else {
            for name in PARAMETERS.iter().filter(|name| on.contains(name)) {
                let column = term.replace('*', name);
                let _ = write!(out, " AND (empty({{{name}:Array(String)}}) OR has({{{name}:Array(String)}}, {column}))");
            }
            return out;
        };
        for name in on {
            match filters.get(name) {
                None => {}
                Some([value]) => {
                    let _ = write!(out, " AND {} = {}", term.replace('*', name), literal(value));
                }
                Some(values) => {
                    let values: Vec<String> = values.iter().map(|value| literal(value)).collect();
                    let _ = write!(out, " AND {} IN ({})", term.replace('*', name), values.join(", "));
                }
            }
        }
        out
    }

    /// Whether sums by channel, store and day can say what is asked for; absent: that is for the statement to find out.
    pub(crate) fn summable(&self) -> Option<bool> {
        self.by.as_ref()?;
        Some(self.needed().iter().all(|name| PARAMETERS.contains(name)))
    }
}

/// A value as SQL in which nothing looks like a macro or a parameter: what stands around it is still to be written.
fn literal(value: &str) -> String {
    quote_text(value).replace('{', "\\x7B").replace('$', "\\x24")
}

/// The channel, and the others that are among these.
fn held<'a>(dimensions: &[&'a str]) -> Vec<&'a str> {
    SLICES.into_iter().filter(|name| *name == "channel" || dimensions.contains(name)).collect()
}

/// What stands up to the closing parenthesis, and what follows it.
pub(crate) fn enclosed(rest: &str) -> (&str, &str) {
    let mut depth = 0_usize;
    for (at, byte) in rest.bytes().enumerate() {
        match byte {
            b'(' => depth += 1,
            b')' if depth == 0 => return (rest.get(..at).unwrap_or_default(), rest.get(at + 1..).unwrap_or_default()),
            b')' => depth -= 1,
            _ => {}
        }
    }
    (rest, "")
}

#[cfg(test)]
mod tests {
    use super::*;

    const SQL: &str = "SELECT $sliced(s.*), $slices(*), 1$others(c.* AS *), tuple($picked(h.*)) FROM (SELECT $needed(any(s.*) AS in_*)) WHERE 1$narrowed(in_*)";

    #[test]
    fn a_report_holds_what_it_is_asked_for() {
        let filters = BTreeMap::from([
            ("city".to_owned(), vec!["上海".to_owned()]),
            ("store".to_owned(), vec!["a".to_owned(), "it's".to_owned()]),
            ("recruiter".to_owned(), vec![]),
        ]);
        assert_eq!(
            Slices::of_report(&["day", "job_family"], &filters).written_into(SQL),
            "SELECT '' AS channel, s.job_family AS job_family, channel, job_family, 1, c.job_family AS job_family, tuple('', h.job_family) \
             FROM (SELECT any(s.channel) AS in_channel, any(s.store) AS in_store, any(s.city) AS in_city, any(s.job_family) AS in_job_family) \
             WHERE 1 AND in_store IN ('a', 'it\\'s') AND in_city = '上海'"
        );
        assert_eq!(Slices::of_report(&["channel"], &BTreeMap::new()).written_into("$slices(g.# AS *)$others(g.# AS *)"), "g.1 AS channel");
    }

    #[test]
    fn a_value_is_never_part_of_the_statement() {
        let filters = BTreeMap::from([("city".to_owned(), vec!["{tz:String} OR $slices(*)' OR '1".to_owned()])]);
        assert_eq!(
            Slices::of_report(&[], &filters).written_into("1$narrowed(*)"),
            r"1 AND city = '\x7Btz:String} OR \x24slices(*)\' OR \'1'"
        );
    }

    #[test]
    fn a_view_holds_all_and_looks_at_its_parameters() {
        let by = |name: &str| format!("if(has({{by:Array(String)}}, '{name}'), s.{name}, '') AS {name}");
        let slices = Slices::of_view(&["store", "channel", "week"]);
        assert_eq!(slices.written_into("$sliced(s.*)"), format!("{}, {}", by("channel"), by("store")));
        assert_eq!(
            slices.written_into("1$narrowed(s.*)"),
            "1 AND (empty({channel:Array(String)}) OR has({channel:Array(String)}, s.channel)) \
             AND (empty({store:Array(String)}) OR has({store:Array(String)}, s.store))"
        );
    }

    #[test]
    fn a_call_may_group_by_its_own_and_empty_filters() {
        let filters = BTreeMap::from([("city".to_owned(), vec!["a".to_owned()]), ("store".to_owned(), vec!["b".to_owned()])]);
        let report = Slices::of_report(&["week"], &filters);
        let called = report.called(&[("by", "['store', 'requisition']"), ("store", "[]"), ("from", "{to:Date} - 1")]);
        assert_eq!(
            called.written_into("$sliced(*)$narrowed(*)"),
            "'' AS channel, store AS store, requisition AS requisition AND city = 'a'"
        );
        assert_eq!(report.called(&[("from", "x")]), report);
    }

    #[test]
    fn sums_by_channel_and_store_do_where_nothing_else_is_asked() {
        let filters = |name: &str| BTreeMap::from([(name.to_owned(), vec!["x".to_owned()])]);
        assert_eq!(Slices::of_report(&["store", "week"], &filters("channel")).summable(), Some(true));
        assert_eq!(Slices::of_report(&["store"], &filters("city")).summable(), Some(false));
        assert_eq!(Slices::of_report(&["city"], &BTreeMap::new()).summable(), Some(false));
        assert_eq!(Slices::of_view(&["city"]).summable(), None);
    }
}
