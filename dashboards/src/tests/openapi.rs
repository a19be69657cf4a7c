//! The description of the API: whole, true, and fresh.

use std::path::PathBuf;

use axum::http::{HeaderMap, Method, StatusCode};
use jsonschema::Validator;
use serde_json::{Value, json};

use super::site;
use crate::openapi;

/// The operation that a path is of.
fn operation(method: &Method, path: &str) -> Option<Value> {
    let document = openapi();
    let paths = document["paths"].as_object().expect("paths");
    let fits = |template: &str| {
        let (of_template, of_path): (Vec<_>, Vec<_>) = (template.split('/').collect(), path.split('/').collect());
        of_template.len() == of_path.len()
            && of_template.iter().zip(of_path).all(|(wanted, found)| wanted.starts_with('{') || *wanted == found)
    };
    let method = if method == Method::HEAD { "get".to_owned() } else { method.as_str().to_lowercase() };
    // What is written out comes before what a parameter stands for.
    let mut templates: Vec<&String> = paths.keys().filter(|template| fits(template)).collect();
    templates.sort_by_key(|template| template.contains('{'));
    templates.first().and_then(|template| paths[*template].get(&method)).cloned()
}

/// A schema of the document, with the components that it refers to.
fn validator(schema: &Value) -> Validator {
    let whole =
        json!({ "$schema": "https://json-schema.org/draft/2020-12/schema", "allOf": [schema], "components": openapi()["components"] });
    jsonschema::validator_for(&whole).expect("a schema")
}

/// Holds an answer under `/api/v1` to its description.
pub(super) fn holds(method: &Method, path: &str, status: StatusCode, headers: &HeaderMap, body: &[u8]) {
    if !path.starts_with("/api/v1/") {
        return;
    }
    let kind = headers.get("content-type").map(|kind| kind.to_str().expect("text").split(';').next().unwrap_or_default().to_owned());
    let problem = json!({ "application/problem+json": { "schema": { "$ref": "#/components/schemas/Problem" } } });
    // What is not there, and what is refused before anybody looks, is a problem all the same.
    let operation = operation(method, path);
    let described = match &operation {
        Some(operation) => {
            operation["responses"].get(status.as_str()).or(operation["responses"].get("default")).expect("an answer that is described")
        }
        None => &json!({ "content": problem }),
    };
    let Some(kind) = kind else {
        assert!(described.get("content").is_none() && body.is_empty(), "{method} {path} {status}");
        return;
    };
    let media = &described["content"][&kind];
    assert!(media.is_object(), "{method} {path}: {status} of {kind} is not described");
    if *method == Method::HEAD || !kind.ends_with("json") {
        return;
    }
    let told: Value = serde_json::from_slice(body).expect("JSON");
    let errors: Vec<String> =
        validator(&media["schema"]).iter_errors(&told).map(|error| format!("{}: {error}", error.instance_path())).collect();
    assert!(errors.is_empty(), "{method} {path} {status}: {errors:?}\n{told:#}");
}

#[test]
fn fresh() {
    let path = PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").expect("a folder")).join("../docs/openapi.json");
    let text = format!("{}\n", serde_json::to_string_pretty(&openapi()).expect("JSON"));
    if std::env::var("INFLOW_UPDATE").is_ok_and(|value| value == "1") {
        std::fs::write(&path, &text).expect("a file");
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(committed == text, "docs/openapi.json is stale: run the tests of inflow-dashboards with INFLOW_UPDATE=1");
}

/// Every schema in it is one, every reference leads somewhere, and every example is of its schema.
#[test]
fn schemas_hold_and_examples_are_of_them() {
    let document = openapi();
    assert!(document["openapi"].as_str().is_some_and(|version| version.starts_with("3.1")), "{}", document["openapi"]);
    let mut examples = 0;
    walk(&document, "", &mut |place, node| {
        if let Some(reference) = node.get("$ref").and_then(Value::as_str) {
            assert!(document.pointer(reference.trim_start_matches('#')).is_some(), "{place}: {reference}");
        }
        let schema = if place.contains("/parameters/") { node.get("schema") } else { Some(node) };
        if let (Some(example), Some(schema)) = (node.get("example"), schema)
            && schema.get("type").or(schema.get("properties")).or(schema.get("$ref")).is_some()
        {
            examples += 1;
            assert!(validator(schema).is_valid(example), "{place}: {example} is not of {schema}");
        }
    });
    assert!(examples > 8, "found only {examples}");
}

fn walk<'a>(node: &'a Value, place: &str, look: &mut impl FnMut(&str, &'a Value)) {
    look(place, node);
    match node {
        Value::Object(fields) => fields.iter().for_each(|(name, value)| walk(value, &format!("{place}/{name}"), look)),
        Value::Array(items) => items.iter().enumerate().for_each(|(at, value)| walk(value, &format!("{place}/{at}"), look)),
        _ => {}
    }
}

/// The router has no other routes: they are mounted with their description. Each is there, tells what it has not, and has an id and a tag.
#[tokio::test]
async fn every_route_is_described_and_answers() {
    let site = site();
    let document = openapi();
    let mut ids = Vec::new();
    for (template, methods) in document["paths"].as_object().expect("paths") {
        assert!(template.starts_with("/api/v1/"), "{template}");
        let path = template.replace("{metric}", "volume").replace("{code}", "bad-request");
        for (method, operation) in methods.as_object().expect("methods") {
            ids.push(operation["operationId"].as_str().expect("an id").to_owned());
            assert!(operation["tags"][0].is_string() && operation["summary"].is_string(), "{method} {template}");
            if method == "get" {
                let (status, headers, _) = site.get(&path).await;
                assert_eq!(status, StatusCode::OK, "{path}");
                assert!(headers.contains_key("etag"), "{path}");
            }
        }
    }
    let told = ids.len();
    ids.sort();
    ids.dedup();
    assert_eq!((ids.len(), told), (told, 19), "ids are told once, and all routes are here");
    assert_eq!(site.json("/api/v1/openapi.json").await.1, document);
}

#[tokio::test]
async fn a_kind_of_problem_is_explained_where_it_points_to() {
    let site = site();
    for path in
        ["/api/v1/nowhere", "/api/v1/report/volumes", "/api/v1/report/volume?from=x", "/api/v1/runs?limit=0", "/api/v1/alerts?kind=noise"]
    {
        let (status, told) = site.json(path).await;
        assert_eq!(told["status"], status.as_u16(), "{path}");
        let (status, kind) = site.json(told["type"].as_str().expect("a type")).await;
        assert_eq!((status, kind["status"].clone()), (StatusCode::OK, told["status"].clone()), "{path}");
    }
}
