//! The five stories with which it all began, each from raw deliveries to an alert or an advice. The sheets are invented here, by chance and with a
//! truth that is stated; nothing of it is known to the program.

mod appliances;
mod clothing;
mod cosmetics;
mod food;
mod restaurants;
mod sheets;

use inflow_tests::Company;
use serde_json::Value;

/// A report of the command line.
fn report(company: &Company, metric: &str, by: &str, from: &str, to: &str) -> Vec<Value> {
    let answer = company.run(&["report", metric, "--by", by, "--from", from, "--to", to, "--format", "json"]).ok();
    let mut report: Value = serde_json::from_str(&answer.out).unwrap();
    serde_json::from_value(report["rows"].take()).unwrap()
}

/// The one row that has these values.
fn find<'r>(rows: &'r [Value], wanted: &[(&str, &str)]) -> &'r Value {
    let mut found = rows.iter().filter(|row| wanted.iter().all(|(column, value)| row[*column] == *value));
    let row = found.next().unwrap_or_else(|| panic!("no row {wanted:?} in {rows:#?}"));
    assert!(found.next().is_none(), "several rows {wanted:?}");
    row
}

/// A number, or an amount, which is text.
fn number(row: &Value, column: &str) -> f64 {
    let value = &row[column];
    value.as_f64().or_else(|| value.as_str()?.parse().ok()).unwrap_or_else(|| panic!("no {column} in {row}"))
}

#[track_caller]
fn close(found: f64, truth: f64, by: f64) {
    assert!((found - truth).abs() <= by, "{found} is not {truth} +- {by}");
}
