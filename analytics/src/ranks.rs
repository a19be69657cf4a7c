//! What `conversion` says of channels together: each rate shrunk towards the others, and which channel is better how surely.

use std::collections::BTreeMap;

use inflow_statistics::ranking::{Comparison, Kind, Observed};
use serde_json::{Map, Value};

/// Cases that a channel needs to be ranked; with fewer it is `few`.
const ENOUGH: u64 = 20;
/// More comparisons than this (pairs of stages in days or stores) are not made: nobody reads them, and each costs five milliseconds.
const MOST: usize = 60;
/// Columns that tell comparisons apart: channels are compared within all else.
const WITHIN: [&str; 9] = ["day", "week", "month", "store", "department", "city", "recruiter", "from_stage", "to_stage"];

/// Fills `shrunk`, `rank` and `better` of rows by channel.
///
/// Channels with fewer than 20 cases take part in the prior, so their shrunk rate is shown; they have no rank. `rank` 1 is the highest;
/// `better` is the probability that the channel's true rate is higher than that of the next in rank, of the last that it is higher than
/// that of the one before it (then under a half).
pub(crate) fn compare(rows: &mut [Map<String, Value>]) {
    let mut comparisons: BTreeMap<String, Vec<(usize, Observed)>> = BTreeMap::new();
    for (index, row) in rows.iter().enumerate() {
        let count = |column: &str| row.get(column).and_then(Value::as_u64);
        let (Some(count), Some(size)) = (count("numerator"), count("denominator").filter(|size| *size > 0)) else { continue };
        let within: Vec<&str> = WITHIN.iter().map(|column| row.get(*column).and_then(Value::as_str).unwrap_or_default()).collect();
        comparisons.entry(within.join("\u{0}")).or_default().push((index, Observed { count, size: size as f64 }));
    }
    if comparisons.len() > MOST {
        return;
    }
    for entries in comparisons.into_values().filter(|entries| entries.len() > 1) {
        let observed: Vec<Observed> = entries.iter().map(|(_, observed)| *observed).collect();
        // Counts come from the metric, which has none above its denominator.
        let Ok(Some(compared)) = Comparison::new(Kind::Share, &observed) else { continue };
        let mut eligible: Vec<usize> = (0..entries.len()).filter(|&at| observed[at].size >= ENOUGH as f64).collect();
        eligible.sort_by(|&one, &other| compared.mean(other).total_cmp(&compared.mean(one)));
        for (at, (index, _)) in entries.iter().enumerate() {
            rows[*index].insert("shrunk".to_owned(), rounded(compared.mean(at)));
        }
        if eligible.len() < 2 {
            continue;
        }
        for (place, &at) in eligible.iter().enumerate() {
            let next = eligible.get(place + 1).or_else(|| eligible.get(place.wrapping_sub(1)));
            let better = next.map_or(Value::Null, |&next| rounded(compared.over(at, next)));
            rows[entries[at].0].extend([("rank".to_owned(), (place + 1).into()), ("better".to_owned(), better)]);
        }
    }
}

/// Six decimals, as the SQL of rates has them.
fn rounded(number: f64) -> Value {
    ((number * 1e6).round() / 1e6).into()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn row(channel: &str, numerator: u64, denominator: u64) -> Map<String, Value> {
        let row = json!({"channel": channel, "from_stage": "applied", "to_stage": "attended", "numerator": numerator,
            "denominator": denominator, "shrunk": null, "rank": null, "better": null});
        row.as_object().unwrap().clone()
    }

    #[test]
    fn channels_are_ranked_by_what_is_likely_and_few_are_not_ranked() {
        // The fourth has the highest share, of three people.
        let mut rows = vec![row("a", 60, 300), row("b", 90, 300), row("c", 61, 300), row("d", 3, 3), row("e", 0, 0)];
        compare(&mut rows);
        let ranks: Vec<Option<u64>> = rows.iter().map(|row| row["rank"].as_u64()).collect();
        assert_eq!(ranks, [Some(3), Some(1), Some(2), None, None]);
        let better = |at: usize| rows[at]["better"].as_f64().unwrap();
        assert!(better(1) > 0.95, "{:?}", rows[1]);
        assert!((0.45..0.6).contains(&better(2)) && (better(0) + better(2) - 1.0).abs() < 1e-5, "{rows:?}");
        let shrunk = |at: usize| rows[at]["shrunk"].as_f64().unwrap();
        assert!(shrunk(3) < 0.8 && shrunk(3) > shrunk(1), "three of three is not believed: {}", shrunk(3));
        assert!(shrunk(0) > 0.2 && shrunk(1) < 0.3, "towards each other");
        assert!(rows[4]["shrunk"].is_null());
    }

    #[test]
    fn one_channel_is_compared_with_none() {
        let mut rows = vec![row("a", 60, 300)];
        compare(&mut rows);
        assert!(rows[0]["rank"].is_null() && rows[0]["shrunk"].is_null());
    }
}
