//! OpenAPI 3.1, generated from the handlers and their types.
//!
//! By `utoipa`, which most axum services use and which is kept well (6.0 in September 2026): its `utoipa-axum` mounts a
//! handler and describes it in one step, so that no route can be left out, and its schemas are those of JSON Schema 2020-12,
//! which OpenAPI 3.1 took over. `aide` would take the types' `schemars` schemas, and asks for its own extractors instead.

use std::sync::LazyLock;

use axum::Json;
use serde_json::{Value, json};
use utoipa::OpenApi;
use utoipa::openapi::security::{ApiKey, ApiKeyValue, Http, HttpAuthScheme, SecurityScheme};

use super::routes;
use crate::failure::Problem;

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Inflow",
        description = "Recruiting channels: who brings people, at what price, at which hour. Every figure is one metric, the same that `inflow report` \
            prints. Days are whole local days, both ends included. Money is a decimal string with its currency beside it; shares are of one. \
            A row says how sure it is (`status`: ok, few, partial, no_data and others that a reader should accept).",
        license(name = "MIT OR Apache-2.0", identifier = "MIT OR Apache-2.0"),
    ),
    tags(
        (name = "figures", description = "What is counted"),
        (name = "lists", description = "Lists that grow, a page at a time"),
        (name = "advice", description = "What is advised, and what people say to it"),
        (name = "about", description = "About the API itself"),
    ),
    components(schemas(Problem)),
    servers((url = "/", description = "Where this document is from"))
)]
struct About;

/// What is told of the API as a whole.
pub(super) fn about() -> utoipa::openapi::OpenApi {
    let mut about = About::openapi();
    let components = about.components.get_or_insert_default();
    let bearer = SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer));
    components.add_security_scheme("token", bearer);
    components.add_security_scheme("session", SecurityScheme::ApiKey(ApiKey::Cookie(ApiKeyValue::new("__Host-inflow"))));
    about
}

static DOCUMENT: LazyLock<Value> = LazyLock::new(|| {
    let (_, described) = routes().split_for_parts();
    let mut document = serde_json::to_value(described).unwrap_or_default();
    let operations = document.get_mut("paths").and_then(Value::as_object_mut).into_iter().flatten();
    for (path, methods) in operations {
        for (method, operation) in methods.as_object_mut().into_iter().flatten() {
            complete(path, method, operation);
        }
    }
    // On loopback reading needs neither.
    document["security"] = json!([{ "token": [] }, { "session": [] }, {}]);
    document
});

/// What every operation has: an id, the problems that it may answer with, and, where it reads, 304.
fn complete(path: &str, method: &str, operation: &mut Value) {
    let of_path = path.trim_start_matches("/api/v1/").replace(['/', '{', '}', '.'], "_").replace("__", "_");
    operation["operationId"] = format!("{method}_{}", of_path.trim_matches('_')).into();
    let Some(responses) = operation["responses"].as_object_mut() else { return };
    let limits = json!({
        "RateLimit": { "description": "What is left of the minute, with a token", "schema": { "type": "string" } },
        "RateLimit-Policy": { "description": "How many requests a minute has, with a token", "schema": { "type": "string" } },
    });
    for response in responses.values_mut() {
        response["headers"] = limits.clone();
        if method == "get" {
            response["headers"]["ETag"] = json!({ "description": "For `If-None-Match`; weak", "schema": { "type": "string" } });
        }
    }
    if method == "get" {
        responses.insert("304".to_owned(), json!({ "description": "What `If-None-Match` names still means the same" }));
    }
    let problem = json!({ "application/problem+json": { "schema": { "$ref": "#/components/schemas/Problem" } } });
    responses.insert("default".to_owned(), json!({ "description": "What went wrong (RFC 9457)", "content": problem }));
}

/// The OpenAPI 3.1 document of the API.
pub fn openapi() -> Value {
    DOCUMENT.clone()
}

/// This document
#[utoipa::path(
    get, path = "/api/v1/openapi.json", tag = "about",
    responses((status = 200, description = "OpenAPI 3.1", body = BTreeMap<String, Value>, content_type = "application/json"))
)]
pub(super) async fn document() -> Json<&'static Value> {
    Json(&*DOCUMENT)
}
