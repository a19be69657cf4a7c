//! Reports as tables for eyes.

use comfy_table::{CellAlignment, ContentArrangement, Table, presets};
use inflow_analytics::Report;
use inflow_dashboards::plain;
use serde_json::Value;

/// A table: header cells, then rows; columns that hold only numbers are right-aligned.
pub fn draw(header: &[String], rows: &[Vec<String>]) -> String {
    let mut table = Table::new();
    table.load_preset(presets::UTF8_FULL_CONDENSED).set_content_arrangement(ContentArrangement::Disabled).set_header(header);
    for row in rows {
        table.add_row(row);
    }
    for (at, column) in table.column_iter_mut().enumerate() {
        let numeric = rows.iter().filter_map(|row| row.get(at)).all(|cell| cell.is_empty() || cell == "–" || is_numeric(cell));
        if numeric && !rows.is_empty() {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    let mut text = table.trim_fmt();
    text.push('\n');
    text
}

fn is_numeric(cell: &str) -> bool {
    let mut digits = false;
    cell.chars().all(|c| {
        digits |= c.is_ascii_digit();
        c.is_ascii_digit() || matches!(c, '.' | ',' | '-' | '+' | '%' | ' ' | '¥' | '$')
    }) && digits
}

/// A report's rows as a table, columns in the order the metric gives them.
pub fn report(report: &Report) -> String {
    let header = &report.columns;
    let rows: Vec<Vec<String>> = report
        .rows
        .iter()
        .map(|row| header.iter().map(|name| shown(report.shares.contains(&name.as_str()), row.get(name))).collect())
        .collect();
    draw(header, &rows)
}

fn shown(is_share: bool, value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null) => "–".to_owned(),
        Some(Value::Number(number)) if is_share => number.as_f64().map_or_else(|| number.to_string(), percent),
        Some(Value::Number(number)) if number.is_f64() => number.as_f64().map_or_else(|| number.to_string(), |n| format!("{n:.2}")),
        other => plain(other),
    }
}

/// `0.4` as `40.0 %`.
pub fn percent(share: f64) -> String {
    format!("{:.1} %", share * 100.0)
}
