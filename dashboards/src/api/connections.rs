//! How connections are.

use std::collections::BTreeSet;

use axum::Json;
use axum::extract::State;
use chrono::{DateTime, Utc};
use inflow_analytics::Unmapped;
use inflow_config::Connection;
use serde::Serialize;
use utoipa::ToSchema;

use crate::access::{Part, Principal};
use crate::failure::Failure;
use crate::figures::Health;
use crate::router::Shared;

/// A word that nobody mapped.
#[derive(ToSchema)]
#[expect(dead_code, reason = "the shape of what analytics writes")]
struct UnmappedWord {
    /// `channel` or `stage`.
    of: String,
    /// Where it stands.
    kind: String,
    /// The word as the system said it; empty when rows name no source at all.
    word: String,
    /// Rows that say it.
    records: u64,
    /// What is the matter, as one sentence.
    message: String,
    /// The table of the connection's file that takes the line; null for the top of the file.
    section: Option<String>,
    /// The line to paste; null when only a replay is missing.
    line: Option<String>,
}

/// A connection and how it is doing.
#[derive(Debug, Serialize, ToSchema)]
struct ConnectionEntry {
    /// Its name.
    #[schema(example = "greenhouse-acme")]
    name: String,
    /// Its connector; empty for one that is no longer configured and left data.
    connector: String,
    /// `ok`, `failing`, `never` (tried) or `disabled`.
    #[schema(example = "ok")]
    status: String,
    /// Channels that it feeds, as configured and as seen.
    channels: Vec<String>,
    /// Last attempt.
    last_attempt_at: Option<DateTime<Utc>>,
    /// Last success: nothing later is known of its channels.
    last_success_at: Option<DateTime<Utc>>,
    /// First failure since the last success.
    failing_since: Option<DateTime<Utc>>,
    /// Kind of failure, or empty.
    error_kind: String,
    /// Failure in a sentence, or empty. Not told to recruiters.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
    /// Records that could not be understood. Not told to recruiters.
    #[serde(skip_serializing_if = "Option::is_none")]
    quarantined: Option<u64>,
    /// Words that nobody mapped. Not told to recruiters.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Vec<UnmappedWord>>)]
    unmapped: Option<Vec<Unmapped>>,
}

/// The connections.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Connections {
    /// Those of the configuration, and those that were once and left data.
    connections: Vec<ConnectionEntry>,
}

/// Every connection and how it is doing
#[utoipa::path(get, path = "/api/v1/connections", tag = "figures", responses((status = 200, body = Connections)))]
pub(super) async fn connections(State(shared): State<Shared>, principal: Principal) -> Result<Json<Connections>, Failure> {
    principal.enter(Part::Connections)?;
    let mut health = shared.figures.health().await?;
    let mut unmapped = shared.figures.unmapped().await?;
    let mut list = Vec::new();
    for connection in &shared.config.connections {
        let health = health.remove(&connection.name);
        let status = match &health {
            _ if !connection.enabled => "disabled",
            Some(health) => health.status.as_str(),
            None => "never",
        };
        let words = unmapped.remove(&connection.name).unwrap_or_default();
        list.push(entry(&connection.name, &connection.connector, status, fed_by(connection, health.as_ref()), health.clone(), Some(words)));
    }
    for (name, health) in health {
        list.push(entry(&name, "", "disabled", health.channels.clone(), Some(health), None));
    }
    if !principal.reads_the_whole() {
        // What was counted is of all requisitions.
        for one in &mut list {
            (one.error, one.quarantined, one.unmapped) = (None, None, None);
        }
    }
    Ok(Json(Connections { connections: list }))
}

/// The channels that a connection feeds: as configured, and as it has been seen to.
fn fed_by(connection: &Connection, health: Option<&Health>) -> Vec<String> {
    let configured = connection.channel.iter().chain(connection.source_map.values()).cloned();
    let seen = health.into_iter().flat_map(|health| health.channels.iter().cloned());
    configured.chain(seen).collect::<BTreeSet<_>>().into_iter().collect()
}

fn entry(
    name: &str,
    connector: &str,
    status: &str,
    channels: Vec<String>,
    health: Option<Health>,
    unmapped: Option<Vec<Unmapped>>,
) -> ConnectionEntry {
    let health = health.unwrap_or_default();
    ConnectionEntry {
        name: name.to_owned(),
        connector: connector.to_owned(),
        status: status.to_owned(),
        channels,
        last_attempt_at: health.last_attempt_at,
        last_success_at: health.last_success_at,
        failing_since: health.failing_since,
        error_kind: health.error_kind,
        error: Some(health.error),
        quarantined: Some(health.quarantined),
        unmapped,
    }
}
