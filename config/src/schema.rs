//! JSON Schema of the three kinds of files, for editors.

use serde_json::{Value, json};

use crate::channel::ChannelsFile;
use crate::connection::Connection;
use crate::settings::Settings;

/// The schema of each kind of file, by the name under which `config/schema` holds it.
pub fn schema_files() -> [(&'static str, Value); 3] {
    [
        ("inflow.schema.json", schemars::schema_for!(Settings).to_value()),
        ("channels.schema.json", schemars::schema_for!(ChannelsFile).to_value()),
        ("connection.schema.json", schemars::schema_for!(Connection).to_value()),
    ]
}

/// One schema of all three files, each under `$defs`: `inflow`, `channels`, `connection`.
pub fn json_schema() -> Value {
    let mut generator = schemars::SchemaGenerator::default();
    let files = [
        ("inflow", generator.subschema_for::<Settings>()),
        ("channels", generator.subschema_for::<ChannelsFile>()),
        ("connection", generator.subschema_for::<Connection>()),
    ];
    let mut definitions = generator.take_definitions(true);
    for (name, reference) in files {
        definitions.insert(name.to_owned(), reference.to_value());
    }
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Files of an inflow configuration",
        "$defs": definitions,
    })
}
