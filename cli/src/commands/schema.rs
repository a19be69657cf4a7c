//! `inflow schema`

use crate::app::App;
use crate::args::SchemaOf;
use crate::failure::Failure;

/// Prints the JSON Schema of the configuration files as one document, or the OpenAPI description of the API.
pub fn run(app: &App, of: SchemaOf) -> Result<u8, Failure> {
    let document = match of {
        SchemaOf::Config => serde_json::to_string_pretty(&inflow_config::json_schema()),
        SchemaOf::Openapi => serde_json::to_string_pretty(&inflow_dashboards::openapi()),
    };
    app.printer.result(&document.map_err(Failure::ours)?);
    Ok(0)
}
