//! The committed JSON Schema is fresh, and says the same as the reader.

use std::collections::BTreeSet;
use std::path::PathBuf;

use inflow_config::{json_schema, schema_files};
use serde_json::Value;

use crate::Folder;

#[test]
fn the_committed_files_are_fresh() {
    let folder = PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").unwrap()).join("schema");
    for (name, schema) in schema_files() {
        let path = folder.join(name);
        let text = format!("{}\n", serde_json::to_string_pretty(&schema).unwrap());
        if std::env::var("INFLOW_UPDATE").is_ok_and(|value| value == "1") {
            std::fs::write(&path, &text).unwrap();
        }
        let committed = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(committed == text, "config/schema/{name} is stale: run the tests of inflow-config with INFLOW_UPDATE=1");
    }
}

/// A table of a schema: its path (`[]` marks lists) and its keys.
type Tables = Vec<(String, BTreeSet<String>)>;

fn tables(schema: &Value, root: &Value, path: &str, found: &mut Tables) {
    let schema = match schema.get("$ref").and_then(Value::as_str) {
        Some(reference) => root.pointer(reference.trim_start_matches('#')).expect("a reference that leads somewhere"),
        None => schema,
    };
    if let Some(items) = schema.get("items") {
        tables(items, root, &format!("{path}[]"), found);
    }
    let Some(properties) = schema.get("properties").and_then(Value::as_object) else {
        return;
    };
    assert_eq!(schema["additionalProperties"], false, "`{path}` must refuse unknown keys");
    found.push((path.to_owned(), properties.keys().cloned().collect()));
    for (key, property) in properties {
        let inner = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
        tables(property, root, &inner, found);
    }
}

/// A document with one unknown key in one table.
fn probe(path: &str) -> String {
    let mut text = String::new();
    let mut table = String::new();
    for part in path.split('.').filter(|part| !part.is_empty()) {
        let name = part.trim_end_matches("[]");
        table = if table.is_empty() { name.to_owned() } else { format!("{table}.{name}") };
        let (open, close) = if part.ends_with("[]") { ("[[", "]]\n") } else { ("[", "]\n") };
        text.extend([open, &table, close]);
    }
    text + "qqqqqqqq = 1\n"
}

#[test]
fn the_reader_accepts_the_keys_of_the_schema_and_no_others() {
    for (name, schema) in schema_files() {
        let file = match name {
            "connection.schema.json" => "connections/probe.toml",
            "channels.schema.json" => "channels.toml",
            "personas.schema.json" => "personas.toml",
            "alerts.schema.json" => "alerts.toml",
            "finance.schema.json" => "finance.toml",
            "messages.schema.json" => "messages.toml",
            "reposts.schema.json" => "reposts.toml",
            "process.schema.json" => "process.toml",
            "plans.schema.json" => "plans.toml",
            _ => "inflow.toml",
        };
        let mut found = Tables::new();
        tables(&schema, &schema, "", &mut found);
        assert!(found.len() > 1, "{name} has tables");
        for (path, keys) in found {
            let text = probe(&path);
            let folder = Folder::new(&[("inflow.toml", ""), (file, &text)]);
            let messages = folder.messages(&[]);
            let place = messages.lines().find_map(|line| line.split_once("qqqqqqqq: unknown key, accepted here: "));
            let (_, accepted) = place.unwrap_or_else(|| panic!("{name} {path}: {messages}"));
            let accepted: BTreeSet<String> = accepted.split(", ").map(str::to_owned).collect();
            assert_eq!(accepted, keys, "{name}: table `{path}`");
        }
    }
}

#[test]
fn one_schema_holds_all_files() {
    let schema = json_schema();
    for name in ["inflow", "channels", "connection", "personas", "alerts", "finance", "messages", "reposts", "process", "plans"] {
        assert!(schema.pointer(&format!("/$defs/{name}")).is_some(), "{name}");
    }
    // No reference leads nowhere.
    let text = schema.to_string();
    for reference in text.split("\"$ref\":\"#").skip(1) {
        let pointer = reference.split('"').next().unwrap();
        assert!(schema.pointer(pointer).is_some(), "{pointer}");
    }
}
