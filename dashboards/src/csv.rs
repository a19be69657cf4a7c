//! Reports as csv.

use inflow_analytics::Report;
use serde_json::Value;

/// A report as csv with a header line, less what a file may not show.
///
/// # Errors
/// When it cannot be written.
pub fn csv(report: &Report) -> Result<String, csv::Error> {
    let report = &report.for_export();
    let header = &report.columns;
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(header)?;
    for row in &report.rows {
        writer.write_record(header.iter().map(|name| plain(row.get(name))))?;
    }
    let bytes = writer.into_inner().map_err(|error| csv::Error::from(error.into_error()))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// A value as text, nothing as nothing.
pub fn plain(value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    }
}
