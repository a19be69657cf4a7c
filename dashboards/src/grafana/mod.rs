//! Grafana: nine dashboards in two languages, and what Grafana reads to show them.
//!
//! One typed description (`boards/`) says what each panel asks of which metric, what it means and when not to trust it. From it the
//! JSON of both languages is made (`render.rs`), with the variables that all share (`variables.rs`) and the rules that alert
//! (`alerting.rs`). It stands in this crate and so in the program, because `inflow dashboards DIR` writes the files for whoever has the
//! program alone; the same files are kept in `dashboards/grafana`, for `docker-compose.yml` and for reading.
//!
//! No panel has a figure of its own: each reads a metric view by whole local days, or the state of connections as it stands. The ninth
//! dashboard is for who runs the program: it asks Prometheus for what `/metrics` told (`scrapes.rs`).

mod alerting;
mod ask;
mod boards;
mod columns;
mod panel;
mod provisioning;
mod render;
mod scrapes;
#[cfg(test)]
mod tests;
mod variables;
mod words;

use std::path::PathBuf;

use inflow_config::Lang;
use serde::Serialize;
use serde_json::Value;
use serde_json::ser::{PrettyFormatter, Serializer};

pub use alerting::{Rule, rules};
pub use ask::{Ask, Only};
pub use panel::{Dashboard, Kind, Panel, Reads, Series, Source, Steps};
pub use render::{PLUGIN, PLUGIN_VERSION, Style, dashboard, uid};
pub use words::Words;

/// Languages in which there are dashboards.
pub const LANGUAGES: [Lang; 2] = [Lang::En, Lang::Zh];

/// The dashboards, in their order.
pub fn dashboards() -> Vec<Dashboard> {
    boards::all()
}

/// All files that Grafana needs, with their content, by paths beneath one folder. `currency` is an ISO 4217 code.
pub fn files(currency: &str) -> Result<Vec<(PathBuf, String)>, serde_json::Error> {
    let boards = boards::all();
    let mut files = Vec::new();
    for lang in LANGUAGES {
        for (board, number) in boards.iter().zip(1..) {
            let value = dashboard(board, number, Style { lang, currency: sign(currency) });
            let name = format!("{number}-{}.json", board.name);
            files.push((PathBuf::from(lang.as_str()).join(name), written(&value)?));
        }
    }
    files.extend(provisioning::files());
    Ok(files)
}

/// A document as it is kept: a line for each value, so that a change is seen, and little else.
fn written(value: &Value) -> Result<String, serde_json::Error> {
    let mut out = Vec::new();
    value.serialize(&mut Serializer::with_formatter(&mut out, PrettyFormatter::with_indent(b" ")))?;
    out.push(b'\n');
    String::from_utf8(out).map_err(serde::ser::Error::custom)
}

/// What stands before an amount.
fn sign(currency: &str) -> &str {
    match currency {
        "CNY" | "JPY" => "¥",
        "USD" => "$",
        "EUR" => "€",
        "GBP" => "£",
        code => code,
    }
}
