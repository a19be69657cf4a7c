//! JSON Schema of the ten kinds of files, for editors.

use serde_json::{Value, json};

use crate::alert::Alerts;
use crate::channel::ChannelsFile;
use crate::connection::Connection;
use crate::finance::Finance;
use crate::message::Messages;
use crate::persona::Personas;
use crate::plan::Plans;
use crate::process::Processes;
use crate::repost::Reposts;
use crate::settings::Settings;

/// The schema of each kind of file, by the name under which `config/schema` holds it.
pub fn schema_files() -> [(&'static str, Value); 10] {
    [
        ("inflow.schema.json", schemars::schema_for!(Settings)),
        ("channels.schema.json", schemars::schema_for!(ChannelsFile)),
        ("connection.schema.json", schemars::schema_for!(Connection)),
        ("personas.schema.json", schemars::schema_for!(Personas)),
        ("alerts.schema.json", schemars::schema_for!(Alerts)),
        ("finance.schema.json", schemars::schema_for!(Finance)),
        ("messages.schema.json", schemars::schema_for!(Messages)),
        ("reposts.schema.json", schemars::schema_for!(Reposts)),
        ("process.schema.json", schemars::schema_for!(Processes)),
        ("plans.schema.json", schemars::schema_for!(Plans)),
    ]
    .map(|(name, schema)| (name, sorted(schema.to_value())))
}

/// One schema of all ten files, each under `$defs`: `inflow`, `channels`, `connection`, `personas`, `alerts`, `finance`, `messages`,
/// `reposts`, `process`, `plans`.
pub fn json_schema() -> Value {
    let mut generator = schemars::SchemaGenerator::default();
    let files = [
        ("inflow", generator.subschema_for::<Settings>()),
        ("channels", generator.subschema_for::<ChannelsFile>()),
        ("connection", generator.subschema_for::<Connection>()),
        ("personas", generator.subschema_for::<Personas>()),
        ("alerts", generator.subschema_for::<Alerts>()),
        ("finance", generator.subschema_for::<Finance>()),
        ("messages", generator.subschema_for::<Messages>()),
        ("reposts", generator.subschema_for::<Reposts>()),
        ("process", generator.subschema_for::<Processes>()),
        ("plans", generator.subschema_for::<Plans>()),
    ];
    let mut definitions = generator.take_definitions(true);
    for (name, reference) in files {
        definitions.insert(name.to_owned(), reference.to_value());
    }
    sorted(json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Files of an inflow configuration",
        "$defs": definitions,
    }))
}

/// Whether a map keeps its order depends on what else is built with serde_json; a committed file
/// must not.
fn sorted(mut schema: Value) -> Value {
    schema.sort_all_objects();
    schema
}
