//! `inflow schema`

use crate::app::App;
use crate::failure::Failure;

/// Prints the JSON Schema of the three configuration files as one document.
pub fn run(app: &App) -> Result<u8, Failure> {
    let text = serde_json::to_string_pretty(&inflow_config::json_schema()).map_err(Failure::ours)?;
    app.printer.result(&text);
    Ok(0)
}
