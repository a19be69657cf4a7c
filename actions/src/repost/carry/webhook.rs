//! The call of a system of the company's own: JSON, signed as deliveries to this program are (`connectors/README.md`, Webhooks), with the key of the slot.
//!
//! ```text
//! POST ..                                Idempotency-Key: 5f0c..   (of the slot, the same for every call)
//! X-Inflow-Timestamp: 1795766400         seconds since 1970
//! X-Inflow-Signature: sha256=..          HMAC-SHA256 under the secret of `timestamp.body`, in hex
//!
//! {"action": "refresh", "key": "5f0c..", "channel": "boss", "connection": "boss", "posting": "P1", "title": "..", "at": "2026-11-30T10:00:00Z"}
//! ```
//! It is no message about a person, so no processor of `process.toml` is named; where it may go is what holds for messages: https, and a host that
//! `allow_hosts` of `messages.toml` names, or this machine.

use std::fmt::Write;
use std::time::Duration;

use chrono::{DateTime, SecondsFormat, Utc};
use hmac::{Hmac, Mac};
use inflow_config::RefreshWebhook;
use inflow_connectors::Called;
use inflow_connectors::http::Redactor;
use inflow_connectors::spec::Meaning;
use inflow_store::RepostSlotRow;
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use sha2::Sha256;

use super::explained;
use crate::send::{Outbox, SendError, cause};

/// It may have to ask a board that is slow.
const PATIENCE: Duration = Duration::from_secs(30);
/// Bytes of an answer that are looked at.
const ANSWER: usize = 64 << 10;

/// Calls, once.
pub(super) async fn call(outbox: &Outbox<'_>, webhook: &RefreshWebhook, row: &RepostSlotRow) -> Called {
    let refused = |error: SendError| Called::Refused(explained(&error.message, error.hint));
    let (address, secret) = match (outbox.secret(&webhook.url), outbox.secret(&webhook.secret)) {
        (Ok(address), Ok(secret)) => (address, secret),
        (Err(error), _) | (_, Err(error)) => return refused(error),
    };
    let url = match outbox.allowed(address.expose_secret()) {
        Ok(url) => url,
        Err(error) => return refused(error),
    };
    let redactor = Redactor::new([&address, &secret]);
    let body = body(row).to_string();
    let (timestamp, signature) = signed(secret.expose_secret(), &body, outbox.clock.now());
    let request = outbox.client.post(url).timeout(PATIENCE).header("content-type", "application/json").header("idempotency-key", &row.slot);
    let request = request.header("x-inflow-timestamp", timestamp).header("x-inflow-signature", signature).body(body);
    // The error of the client would name the address, which may hold a key.
    let unknown = |error: reqwest::Error| Called::Unknown(format!("no answer: {}", redactor.text(&cause(&error.without_url()))));
    let mut answer = match request.send().await {
        Ok(answer) => answer,
        Err(error) => return unknown(error),
    };
    let status = answer.status().as_u16();
    let mut said = Vec::new();
    loop {
        match answer.chunk().await {
            Ok(Some(part)) if said.len() < ANSWER => said.extend_from_slice(&part),
            Ok(_) => break,
            Err(error) => return unknown(error),
        }
    }
    match understood(status, &serde_json::from_slice(&said).unwrap_or_default()) {
        Called::Refused(text) => Called::Refused(redactor.text(&text).into_owned()),
        Called::Unknown(text) => Called::Unknown(redactor.text(&text).into_owned()),
        other => other,
    }
}

fn body(row: &RepostSlotRow) -> Value {
    json!({
        "action": "refresh", "key": row.slot, "channel": row.channel, "connection": row.connection, "posting": row.posting_source_id,
        "title": row.title, "at": row.at.to_rfc3339_opts(SecondsFormat::Secs, true),
    })
}

fn signed(secret: &str, body: &str, now: DateTime<Utc>) -> (String, String) {
    let timestamp = now.timestamp().to_string();
    // HMAC takes keys of any length.
    let mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes());
    let mac = mac.map(|mac| mac.chain_update(&timestamp).chain_update(".").chain_update(body).finalize().into_bytes());
    let hex = mac.unwrap_or_default().iter().fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    });
    (timestamp, format!("sha256={hex}"))
}

/// What an answer means: its `outcome`, else its status.
fn understood(status: u16, body: &Value) -> Called {
    if let Some(word) = body.get("outcome").and_then(Value::as_str).filter(|_| status < 500) {
        let strange = "answered with an outcome that is none of done, already, not_allowed, gone, quota_spent";
        return Meaning::of(word).map_or_else(|| Called::Refused(format!("{strange} (HTTP status {status})")), Called::Said);
    }
    match status {
        202 => Called::Unknown("it is not done yet (HTTP status 202)".to_owned()),
        408 | 425 | 429 | 500.. => Called::Unknown(format!("answered with HTTP status {status}")),
        200..=299 => Called::Said(Meaning::Done),
        403 => Called::Said(Meaning::NotAllowed),
        404 | 410 => Called::Said(Meaning::Gone),
        409 => Called::Said(Meaning::Already),
        _ => Called::Refused(format!("answered with HTTP status {status}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `printf '1795766400.{"a":1}' | openssl dgst -sha256 -hmac invented`
    #[test]
    fn it_is_signed_as_deliveries_to_this_program_are() {
        let now = DateTime::from_timestamp(1_795_766_400, 0).unwrap();
        let (timestamp, signature) = signed("invented", "{\"a\":1}", now);
        assert_eq!(timestamp, "1795766400");
        assert_eq!(signature, "sha256=d9d379c1f352a9a8ae048437f76530839ed120b1ce9efa3b0d50a8107ec09eb9");
    }

    #[test]
    fn answers_are_understood() {
        let none = Value::Null;
        assert_eq!([200, 204].map(|status| understood(status, &none)), [Called::Said(Meaning::Done), Called::Said(Meaning::Done)]);
        assert_eq!(understood(409, &none), Called::Said(Meaning::Already));
        assert_eq!(understood(410, &none), Called::Said(Meaning::Gone));
        assert_eq!(understood(200, &json!({"outcome": "quota_spent"})), Called::Said(Meaning::QuotaSpent));
        assert!(matches!(understood(200, &json!({"outcome": "fine"})), Called::Refused(_)));
        for status in [202, 429, 500, 503] {
            assert!(matches!(understood(status, &none), Called::Unknown(_)), "{status}");
        }
        for status in [302, 400, 401] {
            assert!(matches!(understood(status, &none), Called::Refused(_)), "{status}");
        }
    }
}
