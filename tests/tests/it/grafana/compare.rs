//! What a panel shows is what the report says, to the last digit.

use crate::grafana::endpoint::Answer;
use inflow_dashboards::grafana::{Ask, Kind};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

type Row = Map<String, Value>;

/// Fails unless the rows of a panel are those of its metric's report.
pub fn same(name: &str, kind: Kind, ask: &Ask, period: &str, answer: &Answer, report: &[Row]) {
    let wanted: Vec<&Row> = report.iter().filter(|row| is_asked(ask, row)).collect();
    if kind == Kind::Week {
        return same_week(name, ask, answer, &wanted);
    }
    let shown: Vec<String> = answer.rows.iter().map(|row| shown(kind, ask, period, answer, row)).collect();
    let said: Vec<String> = wanted.iter().map(|row| said(kind, ask, period, row)).collect();
    if let Some(limit) = ask.limit {
        assert_eq!(shown.len(), said.len().min(limit as usize), "{name}");
        for row in &shown {
            assert!(said.contains(row), "{name}: {row} is not in the report");
        }
        return;
    }
    let sorted = |mut rows: Vec<String>| {
        rows.sort();
        rows
    };
    assert_eq!(sorted(shown), sorted(said), "{name}");
}

/// Whether a panel shows a row of the report.
fn is_asked(ask: &Ask, row: &Row) -> bool {
    let counted = !ask.counted || row["denominator"].as_u64().is_some_and(|cases| cases > 0);
    counted && ask.only.iter().all(|(column, values)| values.iter().any(|value| plain(&row[*column]) == plain(&Value::from(*value))))
}

fn columns(kind: Kind, ask: &Ask) -> Vec<&str> {
    let slices = ask.by.iter().copied().filter(|name| Some(*name) != ask.period());
    match kind {
        // The words of series are names for people.
        Kind::Lines | Kind::Stacked => ask.columns.iter().copied().filter(|column| *column != "stage").collect(),
        _ => slices.chain(ask.columns.iter().copied()).collect(),
    }
}

fn shown(kind: Kind, ask: &Ask, period: &str, answer: &Answer, row: &[Value]) -> String {
    let cell = |name: &str| answer.place(name).map(|place| &row[place]);
    let mut out = Vec::new();
    if ask.period().is_some() {
        let day = cell("time").or(cell("period")).or(cell("month")).unwrap().as_str().unwrap();
        out.push(day.chars().take(if period == "month" { 7 } else { 10 }).collect());
    }
    for column in columns(kind, ask) {
        let few = cell("few").filter(|few| column == "value" && !few.is_null());
        let named = if ask.metric.id == "budget_advice" && column == "reason" { "move_reason" } else { column };
        out.push(plain(few.or(cell(named)).unwrap_or_else(|| panic!("no column {named}"))));
    }
    out.join(" | ")
}

fn said(kind: Kind, ask: &Ask, period: &str, row: &Row) -> String {
    let day = ask.period().map(|_| row[period].as_str().unwrap().to_owned());
    let value = |column: &str| if row["status"] == "no_data" && ask.is_blank_without_data(column) { &Value::Null } else { &row[column] };
    day.into_iter().chain(columns(kind, ask).into_iter().map(|column| plain(value(column)))).collect::<Vec<_>>().join(" | ")
}

/// A value as text: numbers by what they are, however they are written, and nothing as nothing.
pub fn plain(value: &Value) -> String {
    match value {
        Value::Null => "nothing".to_owned(),
        Value::Number(number) => format!("{:?}", number.as_f64().unwrap()),
        Value::String(text) => match text.parse::<f64>() {
            // Ids may look like numbers; they do on both sides.
            Ok(number) if number.is_finite() => format!("{number:?}"),
            _ => text.clone(),
        },
        other => other.to_string(),
    }
}

fn same_week(name: &str, ask: &Ask, answer: &Answer, report: &[&Row]) {
    assert_eq!((answer.rows.len(), report.len()), (7, 168), "{name}");
    let column = ask.columns.first().unwrap();
    let cells: BTreeMap<(u64, u64), String> =
        report.iter().map(|row| ((row["weekday"].as_u64().unwrap(), row["hour"].as_u64().unwrap()), plain(&row[*column]))).collect();
    for (row, weekday) in answer.rows.iter().zip(1..) {
        for hour in 0..24 {
            let place = answer.place(&format!("h{hour:02}")).unwrap();
            assert_eq!(plain(&row[place]), cells[&(weekday, hour)], "{name}: weekday {weekday}, {hour}:00");
        }
    }
}
