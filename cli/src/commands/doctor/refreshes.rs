//! Slots that the machine carries out: how many wait, and which could not be.

use super::Findings;
use crate::app::Opened;
use crate::commands::plan::is_any_automatic;
use chrono::TimeDelta;
use inflow_actions::repost::carry::{Way, is_automatic, way};
use inflow_actions::repost::outcome_sentence;
use inflow_actions::send::Outbox;
use inflow_config::Lang;
use inflow_store::{RepostSlotRow, RepostState, StoreError};
use std::collections::BTreeMap;
use std::sync::Arc;

/// What went wrong before is old news.
const LOOK_BACK: TimeDelta = TimeDelta::days(7);
/// A slot that waits longer than this is backlog.
const IN_TIME: TimeDelta = TimeDelta::minutes(2);

/// Says what waits, what failed and what was missed, by reason; and whether the company's own systems can be called.
pub async fn look(opened: &Opened, findings: &mut Findings<'_>) {
    match is_any_automatic(opened).await {
        Ok(true) => {}
        Ok(false) => return,
        Err(error) => return findings.bad("refresh", &error.to_string(), None),
    }
    match Outbox::new(&opened.config, Arc::clone(&opened.clock)) {
        Ok(outbox) => {
            for connection in opened.config.connections.iter().filter(|one| one.enabled) {
                let Some(Way::Webhook(webhook)) = way(&opened.config, &connection.name) else { continue };
                if let Err(error) = outbox.check_address(&webhook.url) {
                    findings.bad(&format!("refresh {}", connection.name), &error.message, error.hint.as_deref());
                }
            }
        }
        Err(error) => findings.bad("refresh", &error.message, error.hint.as_deref()),
    }
    if let Err(error) = slots(opened, findings).await {
        findings.bad("refresh", &error.to_string(), None);
    }
}

async fn slots(opened: &Opened, findings: &mut Findings<'_>) -> Result<(), StoreError> {
    let (store, now, lang) = (&opened.store, opened.clock.now(), findings.app.printer.lang);
    let due = store.due_reposts(now).await?;
    let unknown = store.reposts_in(RepostState::Sent, now - LOOK_BACK).await?.len();
    let late =
        due.iter().filter(|row| is_automatic(&opened.config, row) && row.at < now - IN_TIME && row.state == RepostState::Planned).count();
    let line = match lang {
        Lang::En => format!("{late} slots wait though their time has come, of {unknown} calls the outcome is not known yet"),
        Lang::Zh => format!("{late} 个时段到点未处理,{unknown} 次调用结果未明"),
    };
    if late > 0 {
        findings.bad("refresh", &line, Some("`inflow run` carries them out; `inflow plan repost --apply` does so now"));
    } else {
        findings.good("refresh", &line);
    }
    let mut ends: BTreeMap<(&str, String), usize> = BTreeMap::new();
    let (failed, missed) =
        (store.reposts_in(RepostState::Failed, now - LOOK_BACK).await?, store.reposts_in(RepostState::Missed, now - LOOK_BACK).await?);
    let why = |row: &RepostSlotRow| {
        let sentence = outcome_sentence(&row.call.outcome);
        let sentence = if lang == Lang::Zh { sentence.zh } else { sentence.en };
        if row.call.said.is_empty() { sentence } else { format!("{sentence} ({})", row.call.said) }
    };
    for row in &failed {
        *ends.entry(("failed", why(row))).or_default() += 1;
    }
    for row in &missed {
        *ends.entry(("missed", why(row))).or_default() += 1;
    }
    for ((end, why), count) in ends {
        let failed = end == "failed";
        let line = match (lang, failed) {
            (Lang::En, true) => format!("{count} slots failed and wait for a person: {why}"),
            (Lang::En, false) => format!("{count} slots of the last 7 days were missed: {why}"),
            (Lang::Zh, true) => format!("{count} 个时段未能自动完成,等待人工:{why}"),
            (Lang::Zh, false) => format!("最近 7 天错过 {count} 个时段:{why}"),
        };
        if failed {
            findings.bad("refresh", &line, Some("`inflow plan repost --apply` hands them to the receivers in `to` of reposts.toml"));
        } else {
            findings.note(
                "refresh",
                &line,
                "inflow query \"SELECT local, title, outcome, said FROM inflow_state.repost_plan FINAL WHERE state = 'missed'\"",
            );
        }
    }
    Ok(())
}
