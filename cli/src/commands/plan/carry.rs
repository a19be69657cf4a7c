//! Slots that the machine carries out: by the daemon as their time comes, by `inflow plan repost --apply` what is due now.

use crate::app::{App, Opened};
use crate::failure::Failure;
use crate::output::Printer;
use chrono::{DateTime, TimeDelta};
use inflow_actions::repost::carry::Carrier;
use inflow_actions::repost::outcome_sentence;
use inflow_actions::send::Outbox;
use inflow_config::{Config, Lang, RepostMode};
use inflow_connectors::http::HttpOptions;
use inflow_store::{RepostSlotRow, RepostState, StoreError};
use std::sync::Arc;

/// A slot that failed longer ago than this is no news for anybody.
const NEWS: TimeDelta = TimeDelta::days(3);

/// Whether the machine has something to carry out: some channel says so, or did and there are calls of which nobody knows the outcome.
pub async fn is_any(opened: &Opened) -> Result<bool, StoreError> {
    let is_auto = |config: &Config| config.reposts.channel.iter().any(|one| one.mode == RepostMode::Auto && one.enabled.unwrap_or(true));
    Ok(is_auto(&opened.config) || !opened.store.reposts_in(RepostState::Sent, DateTime::UNIX_EPOCH).await?.is_empty())
}

/// Carries out what is due, and says what became of it.
pub async fn carry_out(app: &App, opened: &Opened, actor: &'static str) -> Result<Vec<RepostSlotRow>, Failure> {
    // Before anything is read: what the other one did must be seen.
    let _turn = opened.host.carrying.lock().await;
    if !is_any(opened).await? {
        return Ok(Vec::new());
    }
    let outbox = Outbox::new(&opened.config, Arc::clone(&opened.clock)).map_err(|error| Failure::explain(&error))?;
    let options = HttpOptions::of(&opened.config, Arc::clone(&opened.clock), Some(&opened.data_dir));
    let http = opened.host.http(options).map_err(|error| Failure::explain(&error))?;
    let carrier =
        Carrier { store: &opened.store, config: &opened.config, clock: Arc::clone(&opened.clock), http: &http, outbox: &outbox, actor };
    // Reads while nobody exchanges tables.
    let _nothing_exchanged = opened.host.gate.read().await;
    let became = Box::pin(carrier.pass()).await.map_err(|error| Failure::explain(&error))?;
    for row in &became {
        say(&app.printer, row);
    }
    Ok(became)
}

/// Slots that a person is to be asked about, because the machine could not carry them out.
pub async fn given_up(opened: &Opened) -> Result<Vec<RepostSlotRow>, Failure> {
    Ok(opened.store.reposts_in(RepostState::Failed, opened.clock.now() - NEWS).await?)
}

fn say(printer: &Printer, row: &RepostSlotRow) {
    let why = outcome_sentence(&row.call.outcome);
    let said = if row.call.said.is_empty() { String::new() } else { format!(" ({})", row.call.said) };
    let what = format!("{} {} {}", row.local, row.posting_source_id, row.title);
    let line = match printer.lang {
        Lang::En => format!("{what}: {}{said}", why.en),
        Lang::Zh => format!("{what}:{}{said}", why.zh),
    };
    match row.state {
        RepostState::Done | RepostState::Planned | RepostState::Sent => printer.note(&line, &line),
        _ => printer.warn(&line, &line),
    }
}
