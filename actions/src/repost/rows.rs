//! Slots as the store keeps them.

use chrono::{DateTime, SubsecRound, Utc};
use inflow_config::Config;
use inflow_store::{RepostCall, RepostLeftRow, RepostSlotRow, RepostState};
use rust_decimal::Decimal;

use super::plan::{Left, Slot};

/// The idempotency key of a slot: the same of the same posting at the same instant, of no other. It is the action's everywhere: in the store, in links,
/// in calendars, in the audit.
pub fn slot_key(channel: &str, connection: &str, posting: &str, at: DateTime<Utc>) -> String {
    let mut hasher = blake3::Hasher::new();
    for part in ["repost", channel, connection, posting] {
        hasher.update(&(part.len() as u64).to_le_bytes()).update(part.as_bytes());
    }
    hasher.update(&at.timestamp().to_le_bytes());
    hasher.finalize().to_hex().chars().take(24).collect()
}

/// A slot that is planned now.
pub fn slot_row(slot: &Slot, config: &Config, now: DateTime<Utc>) -> RepostSlotRow {
    let sentence = slot.sentence();
    let rounded = |value: f64| (value * 1e4).round() / 1e4;
    RepostSlotRow {
        slot: slot_key(&slot.channel, &slot.connection, &slot.posting, slot.at),
        channel: slot.channel.clone(),
        connection: slot.connection.clone(),
        posting_source_id: slot.posting.clone(),
        title: slot.title.clone(),
        cluster_id: slot.cluster.clone(),
        at: slot.at,
        local: slot.local.format("%Y-%m-%d %H:%M").to_string(),
        timezone: config.channel_timezone(&slot.channel).name().to_owned(),
        hours: slot.drawn_from.clone().unwrap_or_default(),
        reason: slot.why.as_str().to_owned(),
        reason_en: sentence.en,
        reason_zh: sentence.zh,
        gain: slot.gain.map(|gain| rounded(gain.value)),
        gain_low: slot.gain.map(|gain| rounded(gain.low)),
        gain_high: slot.gain.map(|gain| rounded(gain.high)),
        cost: Decimal::new(slot.cost as i64, 2),
        currency: config.settings.company.currency.as_str().to_owned(),
        state: RepostState::Planned,
        decided_at: None,
        decided_by: String::new(),
        call: RepostCall::default(),
        made_at: now.trunc_subsecs(3),
    }
}

/// A posting without a slot now.
pub fn left_row(left: &Left, now: DateTime<Utc>) -> RepostLeftRow {
    let sentence = left.why.sentence();
    RepostLeftRow {
        connection: left.connection.clone(),
        posting_source_id: left.posting.clone(),
        channel: left.channel.clone(),
        title: left.title.clone(),
        reason: left.why.as_str().to_owned(),
        reason_en: sentence.en,
        reason_zh: sentence.zh,
        made_at: now.trunc_subsecs(3),
    }
}
