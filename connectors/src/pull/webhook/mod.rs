//! Inbound webhooks: what a system sends by itself, signed, in place of being asked.
//!
//! ```text
//! POST body --signature, age--> seen before? --records--> lines --> segment (durable) --> store --> 200
//! ```
//!
//! A connection with `connector = "webhook"` names a mapping, as for files, and a signing key. The sender signs with
//! HMAC-SHA256; a delivery that was taken is remembered, so that the same one again changes nothing, and what it says
//! counts from the instant that was signed, so that an older delivery that comes late changes nothing either.

mod nonces;
mod sign;

use std::collections::{BTreeMap, HashSet};

use chrono::{DateTime, Utc};
use inflow_config::{Config, Connection};
use serde_json::Value;

use super::import::read_mapping;
use super::land::Lander;
use super::line::{LineMaker, Made, References};
use super::{Outside, PullContext, PullOutcome, Stop, conclude, shaped_records};
use crate::error::{PullError, PullErrorKind};
use crate::identity::IdentityKeys;
use crate::spec::{Stream, composite};

pub use nonces::Nonces;
pub use sign::Unsigned;
pub(crate) use sign::{PARAMS, SECRETS, Scheme};

/// A webhook as configured.
#[derive(Debug, Clone)]
pub struct Webhook {
    stream: Stream,
    scheme: Scheme,
    /// `signing_key`, and `previous_signing_key` while the sender changes over.
    keys: Vec<inflow_config::SecretRef>,
    folder: std::path::PathBuf,
    connection: String,
}

/// The content of one delivery that was signed and read.
#[derive(Debug, Clone)]
pub struct WebhookDelivery {
    /// The instant that was signed; the present one when the scheme has none.
    pub at: DateTime<Utc>,
    /// Its records.
    pub records: Vec<Value>,
}

impl Webhook {
    /// The webhook of a connection.
    ///
    /// # Errors
    /// When its mapping cannot be read or a param means nothing; `inflow validate` says the same.
    pub fn new(config: &Config, connection: &Connection) -> Result<Webhook, PullError> {
        let configuration = |message: String| PullError::new(PullErrorKind::Configuration, message).at(&connection.name);
        let mapping = connection.mapping.as_ref().ok_or_else(|| configuration("`mapping` is not set".to_owned()))?;
        let stream = read_mapping(&config.resolve(mapping)).map_err(|error| error.at(&connection.name))?;
        let scheme = Scheme::of(&connection.params).map_err(|(key, message)| configuration(format!("params.{key} {message}")))?;
        let keys: Vec<_> = SECRETS.iter().filter_map(|name| connection.secrets.get(*name).cloned()).collect();
        if keys.is_empty() {
            return Err(configuration("secrets.signing_key is not set".to_owned()));
        }
        Ok(Webhook { stream, scheme, keys, folder: config.dir.clone(), connection: connection.name.clone() })
    }

    /// Checks that a delivery was signed with one of the keys, and not long ago. `header` gives a header's value by its
    /// name. The result is the instant that it speaks of.
    ///
    /// # Errors
    /// [`Unsigned`] says what is wrong with it, without saying what would be right.
    pub fn verify<'h>(&self, header: impl Fn(&str) -> Option<&'h str>, body: &[u8], now: DateTime<Utc>) -> Result<DateTime<Utc>, Unsigned> {
        // Read each time: a key is changed without a restart.
        let keys = self.keys.iter().map(|key| key.read(&self.folder)).collect::<Result<Vec<_>, _>>();
        let keys = keys.map_err(|error| Unsigned::NoKey(error.to_string()))?;
        self.scheme.verify(&keys, header, body, now)
    }

    /// What tells a delivery from every other, without saying anything about it.
    pub fn nonce(&self, keys: &IdentityKeys, at: DateTime<Utc>, body: &[u8]) -> u64 {
        let when = if self.scheme.is_timed() { at.timestamp() } else { 0 };
        keys.record_key(&self.connection, "webhook", &format!("{when}.{}", blake3::hash(body).to_hex()))
    }

    /// The deliveries taken before, as remembered in the data folder.
    ///
    /// # Errors
    /// When what is there cannot be read.
    pub fn nonces(&self, data_dir: &std::path::Path) -> Result<Nonces, PullError> {
        Nonces::open(data_dir, &self.connection, self.scheme.memory()).map_err(|error| PullError::own(&error).at(&self.connection))
    }

    /// The records of a body.
    ///
    /// # Errors
    /// When it is not JSON, or holds no records where the mapping looks for them.
    pub fn read(&self, body: &[u8]) -> Result<Vec<Value>, PullError> {
        let mut body: Value = serde_json::from_slice(body).map_err(|error| {
            let place = format!("line {}, column {}", error.line(), error.column());
            PullError::new(PullErrorKind::BadResponse, format!("the delivery is not JSON ({place})")).at(&self.connection)
        })?;
        // One record is a list of one.
        self.stream.records.change(&mut body, &mut |value| {
            if value.is_object() {
                *value = Value::Array(vec![value.take()]);
            }
        });
        let outside = Outside { parent: None, given: &serde_json::Map::new() };
        shaped_records(&self.stream, body, outside).map_err(|error| error.at(&self.connection))
    }
}

/// Lands and stores deliveries; when it returns without an error they are durable. The engine records a run and the
/// connection's health, as after a pull.
pub async fn receive_webhook(
    ctx: &PullContext<'_>,
    connection: &Connection,
    hook: &Webhook,
    deliveries: &[WebhookDelivery],
) -> PullOutcome {
    let started_at = ctx.clock.now();
    let mut outcome = PullOutcome { connection: connection.name.clone(), ..PullOutcome::default() };
    let result = land(ctx, connection, hook, deliveries, &mut outcome).await;
    conclude(ctx, connection, started_at, outcome, result.map_err(Stop::from), true).await
}

/// Notes that a signed delivery could not be read: the connection is failing until the next one can.
pub async fn refuse_webhook(ctx: &PullContext<'_>, connection: &Connection, error: PullError) -> PullOutcome {
    let outcome = PullOutcome { connection: connection.name.clone(), ..PullOutcome::default() };
    conclude(ctx, connection, ctx.clock.now(), outcome, Err(Stop::Failed(error)), true).await
}

async fn land(
    ctx: &PullContext<'_>,
    connection: &Connection,
    hook: &Webhook,
    deliveries: &[WebhookDelivery],
    outcome: &mut PullOutcome,
) -> Result<(), PullError> {
    let stream = &hook.stream;
    let tombstones: HashSet<String> = ctx.state.tombstones().await.map_err(|error| PullError::own(&error))?;
    let references = References::new();
    let country = &ctx.config.settings.company.country;
    // A segment has one instant, from which rows without a version of their own count.
    let mut by_instant: BTreeMap<DateTime<Utc>, Vec<&Value>> = BTreeMap::new();
    for delivery in deliveries {
        by_instant.entry(delivery.at).or_default().extend(&delivery.records);
    }
    for (at, records) in by_instant {
        let mut maker =
            LineMaker::new(stream, &connection.name, country, ctx.keys, &tombstones, &references).with_parties(ctx.config, connection);
        let mut lander = Lander::new(ctx, &connection.name, &connection.connector, stream, true, at).await?;
        outcome.fetched += records.len() as u64;
        for record in records {
            let id = stream.source_id(record).or_else(|| composite(&stream.entry_key, record));
            // Of an erased person: nothing to keep. A webhook lists nothing, so nothing is missing either.
            if let Made::Line(line) = maker.make(record.clone(), id) {
                lander.push(*line).await?;
            }
        }
        lander.flush().await?;
        outcome.count(lander.counts);
        outcome.drop_columns(stream, &maker);
    }
    Ok(())
}
