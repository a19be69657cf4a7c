//! What a reader's statement asks of a metric's view, written out as a report is: with the dimensions and filters of the call alone.

use std::collections::BTreeMap;

use inflow_store::{ViewArgument, ViewCall, ViewValue};

use crate::catalogue::{Metric, catalogue};
use crate::slices::{PARAMETERS, SLICES};
use crate::statement::substitute;
use crate::superseded::superseded;

/// The query of a call of a metric's view, for [`StoreOptions::write_out`](inflow_store::StoreOptions::write_out): rows, columns and values are those of the
/// view, dimensions that are not asked for are empty. `None` for other views, and where the call's text does not tell what it is grouped and filtered by.
pub fn written_out(call: &ViewCall) -> Option<String> {
    let metric = catalogue().iter().chain(superseded()).find(|metric| metric.view() == call.view)?;
    let argument = |name: &str| call.arguments.iter().find(|argument| argument.name == name);
    let texts = |argument: &ViewArgument| match &argument.value {
        Some(ViewValue::Texts(texts)) => Some(texts.clone()),
        _ => None,
    };
    let by = texts(argument("by")?)?;
    let by: Vec<&str> = by.iter().map(String::as_str).collect();
    let mut filters = BTreeMap::new();
    for name in PARAMETERS {
        filters.insert(name.to_owned(), texts(argument(name)?)?);
    }
    let known = ["from", "to", "tz", "as_of", "by"].into_iter().chain(PARAMETERS);
    let complete = known.clone().all(|name| argument(name).is_some()) && call.arguments.len() == known.count();
    if !complete || by.iter().any(|name| !metric.dimensions.contains(name)) {
        return None;
    }
    let arguments: Vec<(&str, &str)> = call.arguments.iter().map(|argument| (argument.name.as_str(), argument.sql.as_str())).collect();
    let query = substitute(&metric.statement_by(&by, &filters), &arguments);
    let absent = absent(metric, &by);
    Some(if absent.is_empty() { query } else { format!("SELECT *{absent}\nFROM\n(\n{query})") })
}

/// The dimensions that the view has and the report has not.
fn absent(metric: &Metric, by: &[&str]) -> String {
    let absent = SLICES.into_iter().filter(|name| *name != "channel" && metric.dimensions.contains(name) && !by.contains(name));
    absent.fold(String::new(), |out, name| out + ", '' AS " + name)
}
