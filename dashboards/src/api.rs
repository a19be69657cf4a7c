//! The JSON API.

use std::collections::BTreeSet;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::{StatusCode, Uri};
use inflow_analytics::{Metric, Report, catalogue, metric};
use inflow_config::Connection;
use serde_json::{Value, json};

use crate::failure::Failure;
use crate::figures::Health;
use crate::query;
use crate::router::Shared;

/// `/api/v1/metrics`
pub(crate) async fn metrics() -> Json<Value> {
    let describe = |metric: &Metric| {
        json!({
            "id": metric.id,
            "version": metric.version,
            "title": metric.title,
            "meaning": metric.meaning,
            "numerator": metric.numerator,
            "denominator": metric.denominator,
            "clock": metric.clock,
            "exclusions": metric.exclusions,
            "dimensions": metric.dimensions,
            "default_by": metric.default_by,
            "filters": metric.filters(),
            "keys": metric.keys,
            "columns": metric.columns,
            "money": metric.money,
            "earlier": metric.earlier().map(|earlier| json!({ "version": earlier.version, "superseded": earlier.superseded })).collect::<Vec<_>>(),
        })
    };
    Json(json!({ "metrics": catalogue().iter().map(describe).collect::<Vec<_>>() }))
}

/// `/api/v1/report/{metric}`
pub(crate) async fn report(State(shared): State<Shared>, Path(id): Path<String>, uri: Uri) -> Result<Json<Report>, Failure> {
    let metric = metric(&id).map_err(|error| Failure::explained(&error).status(StatusCode::NOT_FOUND))?;
    let query = query::parse(metric, &uri, shared.clock.now(), shared.config.settings.company.timezone)?;
    // A page asks for a dozen reports at once; the engine's memory is for a few at a time.
    let _turn = shared.turns.acquire().await.map_err(|_| Failure::new(StatusCode::SERVICE_UNAVAILABLE, "the server is stopping"))?;
    Ok(Json(shared.figures.report(&query).await?))
}

/// `/api/v1/connections`: those of the configuration, and those that were once and left data.
pub(crate) async fn connections(State(shared): State<Shared>) -> Result<Json<Value>, Failure> {
    let mut health = shared.figures.health().await?;
    let mut unmapped = shared.figures.unmapped().await?;
    let mut list: Vec<Value> = shared
        .config
        .connections
        .iter()
        .map(|connection| {
            let health = health.remove(&connection.name);
            let status = match &health {
                _ if !connection.enabled => "disabled",
                Some(health) => health.status.as_str(),
                None => "never",
            };
            let mut described =
                describe(&connection.name, &connection.connector, status, fed_by(connection, health.as_ref()), health.as_ref());
            described["unmapped"] = json!(unmapped.remove(&connection.name).unwrap_or_default());
            described
        })
        .collect();
    list.extend(health.iter().map(|(name, health)| describe(name, "", "disabled", health.channels.clone(), Some(health))));
    Ok(Json(json!({ "connections": list })))
}

/// The channels that a connection feeds: as configured, and as it has been seen to.
fn fed_by(connection: &Connection, health: Option<&Health>) -> Vec<String> {
    let configured = connection.channel.iter().chain(connection.source_map.values()).cloned();
    let seen = health.into_iter().flat_map(|health| health.channels.iter().cloned());
    configured.chain(seen).collect::<BTreeSet<_>>().into_iter().collect()
}

fn describe(name: &str, connector: &str, status: &str, channels: Vec<String>, health: Option<&Health>) -> Value {
    let mut described = serde_json::to_value(health.cloned().unwrap_or_default()).unwrap_or_default();
    if let Some(fields) = described.as_object_mut() {
        fields.insert("name".to_owned(), name.into());
        fields.insert("connector".to_owned(), connector.into());
        fields.insert("status".to_owned(), status.into());
        fields.insert("channels".to_owned(), channels.into());
    }
    described
}

/// `/api/v1/overview`: what the page starts from.
pub(crate) async fn overview(State(shared): State<Shared>) -> Result<Json<Value>, Failure> {
    let reach = shared.figures.reach().await?;
    let company = &shared.config.settings.company;
    let now = shared.clock.now();
    let channels: Vec<Value> = shared.config.channels.iter().map(|channel| json!({ "id": channel.id, "name": channel.name })).collect();
    Ok(Json(json!({
        "company": { "name": company.name, "timezone": company.timezone.name(), "currency": company.currency.as_str() },
        "version": env!("CARGO_PKG_VERSION"),
        "now": now,
        "today": now.with_timezone(&company.timezone).date_naive(),
        "channels": channels,
        "stores": reach.stores,
        "data": reach,
    })))
}

/// `/api/v1/stamp`: cheap to ask for, and another one once figures may have changed or a new day has begun.
pub(crate) async fn stamp(State(shared): State<Shared>) -> Result<Json<Value>, Failure> {
    let stamp = shared.figures.stamp().await?;
    let today = shared.clock.now().with_timezone(&shared.config.settings.company.timezone).date_naive();
    Ok(Json(json!({ "stamp": stamp.stamp, "analysing": stamp.analysing, "today": today })))
}

/// `/healthz`: the process answers.
pub(crate) async fn alive() -> Json<Value> {
    Json(json!({ "status": "ok" }))
}

/// `/readyz`: the store answers too.
pub(crate) async fn ready(State(shared): State<Shared>) -> Result<Json<Value>, Failure> {
    match shared.figures.ready().await {
        Ok(()) => Ok(Json(json!({ "status": "ok" }))),
        Err(_) => {
            Err(Failure::new(StatusCode::SERVICE_UNAVAILABLE, "the store does not answer").hint("`inflow doctor` says what is missing"))
        }
    }
}

/// Every other address.
pub(crate) async fn nowhere(uri: Uri) -> Failure {
    Failure::new(StatusCode::NOT_FOUND, format!("there is nothing at {:?}", uri.path()))
        .hint("the page is at /, the API under /api/v1/metrics and /api/v1/report/{metric}")
}

/// Every other method.
pub(crate) async fn read_only() -> Failure {
    Failure::new(StatusCode::METHOD_NOT_ALLOWED, "page and API are read-only").hint("use GET")
}
