//! The statement of a definition: what several definitions share is written into each of them.
//!
//! `$name(argument = value, ..)` is replaced by the query `sql/shared/name.sql`, its parameters by the values that are given; a parameter
//! that is not given stays the one of whoever calls. `$name` on a line of its own is replaced by text. The dimensions that definitions share
//! are written by macros (`slices.rs`). Views that read views would say the
//! same, but the engine analyses a view once for its columns and once more to read it, so that each level would double the work, and
//! most of a report's time is analysis.

use std::fmt::Display;

use crate::slices::Slices;

/// Queries.
const QUERIES: [(&str, &str); 15] = [
    ("local_quarters", include_str!("../sql/shared/local_quarters.sql")),
    ("local_hours", include_str!("../sql/shared/local_hours.sql")),
    ("channel_periods", include_str!("../sql/shared/channel_periods.sql")),
    ("local_stages", include_str!("../sql/shared/local_stages.sql")),
    ("first_looks", include_str!("../sql/shared/first_looks.sql")),
    ("case_paths", include_str!("../sql/shared/case_paths.sql")),
    ("local_invitations", include_str!("../sql/shared/local_invitations.sql")),
    ("cost_per_stage", include_str!("../sql/shared/cost_per_stage.sql")),
    ("cost_days", include_str!("../sql/shared/cost_days.sql")),
    ("heat", include_str!("../sql/shared/heat.sql")),
    ("local_assessed", include_str!("../sql/shared/local_assessed.sql")),
    ("local_hires", include_str!("../sql/shared/local_hires.sql")),
    ("booked_sums", include_str!("../sql/shared/booked_sums.sql")),
    ("later_lines", include_str!("../sql/shared/later_lines.sql")),
    ("conversion", include_str!("../sql/conversion.sql")),
];

/// Text.
const FRAGMENTS: [(&str, &str); 7] = [
    ("$wilson\n", include_str!("../sql/shared/wilson.sql")),
    ("$poisson\n", include_str!("../sql/shared/poisson.sql")),
    ("$share\n", include_str!("../sql/shared/share.sql")),
    ("$pooled\n", include_str!("../sql/shared/pooled.sql")),
    ("$rated\n", include_str!("../sql/shared/rated.sql")),
    ("$product_limit\n", include_str!("../sql/shared/product_limit.sql")),
    ("$quartiles\n", include_str!("../sql/shared/quartiles.sql")),
];

/// A definition with all that it shares with others in its places, and the dimensions that are asked for, without comments.
pub(crate) fn statement(sql: &str, slices: &Slices<'_>) -> String {
    let text = FRAGMENTS.iter().fold(sql.to_owned(), |sql, (place, text)| sql.replace(place, text));
    let text: String = text.lines().filter(|line| !line.trim_start().starts_with("--")).flat_map(|line| [line, "\n"]).collect();
    // Whether sums by channel and store may do: where a report looks at more, it is known beforehand that they do not.
    let text = text.replace("$summable", if slices.summable() == Some(false) { "0" } else { "1" });
    let mut out = slices.written_into(&text);
    for (name, query) in QUERIES {
        let place = format!("${name}(");
        while let Some((before, rest)) = out.split_once(&place) {
            let (arguments, after) = call(rest);
            let query = substitute(&statement(query, &slices.called(&arguments)), &arguments);
            out = format!("{before}(\n{query}){after}");
        }
    }
    out
}

/// The view `booked_costs`: what counts in the books, day by day and line by line. Of a later change, `from_month` is the closed month that
/// changed and `month` the one in which it counts.
pub(crate) fn booked_costs() -> String {
    let whole = [("from", "'1970-01-01'"), ("to", "'2149-06-06'")];
    let nothing = Slices::of_view(&[]);
    let costs = substitute(&statement(include_str!("../sql/shared/booked_costs.sql"), &nothing), &whole);
    format!(
        "SELECT toStartOfMonth(day) AS month, day, from_month, channel, store, department, requisition_source_id, job_family, requisition, kind, \
         connection, source_id, booked AS amount, currency\nFROM (\n{costs})\nWHERE booked != 0"
    )
}

/// The arguments of a call, name and value, and what follows its closing parenthesis.
fn call(rest: &str) -> (Vec<(&str, &str)>, &str) {
    let mut depth = 0_usize;
    let mut quoted = false;
    let mut cuts = Vec::new();
    let mut end = rest.len();
    for (at, byte) in rest.bytes().enumerate() {
        match byte {
            b'\'' => quoted = !quoted,
            _ if quoted => {}
            b'(' | b'[' | b'{' => depth += 1,
            b')' if depth == 0 => {
                end = at;
                break;
            }
            b')' | b']' | b'}' => depth -= 1,
            b',' if depth == 0 => cuts.push(at),
            _ => {}
        }
    }
    let (inside, after) = rest.split_at_checked(end).unwrap_or((rest, ""));
    let mut arguments = Vec::new();
    let mut from = 0;
    for cut in cuts.into_iter().chain([end]) {
        arguments
            .extend(inside.get(from..cut).and_then(|argument| argument.split_once('=')).map(|(name, value)| (name.trim(), value.trim())));
        from = cut + 1;
    }
    (arguments, after.strip_prefix(')').unwrap_or(after))
}

/// Puts values into the places of parameters, `{name:Type}`, as values of that type. What stands in a value is the caller's own and stays.
pub(crate) fn substitute<V: Display>(query: &str, arguments: &[(&str, V)]) -> String {
    let mut out = String::with_capacity(query.len());
    let mut rest = query;
    while let Some((before, after)) = rest.split_once('{') {
        let (place, next) = after.split_once('}').unwrap_or((after, ""));
        let (name, kind) = place.split_once(':').unwrap_or((place, ""));
        match arguments.iter().find(|(given, _)| *given == name) {
            Some((_, value)) => out.extend([before, "CAST(", &value.to_string(), " AS ", kind, ")"]),
            None => out.extend([before, "{", place, "}"]),
        }
        rest = next;
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue;

    #[test]
    fn a_call_is_cut_at_its_own_commas() {
        let (arguments, after) = call("of = 'a,)b', from = least({from:Date}, x), by = ['c', 'd']) AS w JOIN f(1)");
        assert_eq!(arguments, [("of", "'a,)b'"), ("from", "least({from:Date}, x)"), ("by", "['c', 'd']")]);
        assert_eq!(after, " AS w JOIN f(1)");
        assert_eq!(call(") AS w"), (vec![], " AS w"));
    }

    #[test]
    fn given_parameters_get_their_values_and_others_stay() {
        let given = [("from", "{to:Date} - 1"), ("as_of", "'x'")];
        let query = substitute("{from:Date} {as_of:DateTime64(3, 'UTC')} {to:Date} {from:Date}", &given);
        assert_eq!(query, "CAST({to:Date} - 1 AS Date) CAST('x' AS DateTime64(3, 'UTC')) {to:Date} CAST({to:Date} - 1 AS Date)");
        // Of two that name each other, each means the caller's.
        let given = [("from", "{to:Date} - 1"), ("to", "{from:Date} + 1")];
        assert_eq!(substitute("{from:Date}..{to:Date}", &given), "CAST({to:Date} - 1 AS Date)..CAST({from:Date} + 1 AS Date)");
    }

    /// A column that is called like a function of the clock is taken for it, and no viewer would get a kept answer.
    #[test]
    fn answers_of_every_definition_can_be_kept() {
        for metric in catalogue().iter().chain(crate::superseded()) {
            assert!(!inflow_store::changes_by_itself(&metric.statement()), "{} version {}", metric.id, metric.version);
        }
    }

    #[test]
    fn no_definition_keeps_a_place() {
        for metric in catalogue() {
            let sql = metric.statement();
            assert!(!sql.contains('$'), "{}: {sql}", metric.id);
            for place in sql.split('{').skip(1) {
                let name = place.split(':').next().unwrap();
                assert!(["from", "to", "tz", "as_of", "by", "channel", "store"].contains(&name), "{}: {name}", metric.id);
            }
        }
    }
}
