//! The plan as a calendar (RFC 5545): one event a slot, whose UID is the slot's for good, so that a calendar that fetches it again moves nothing and
//! forgets nothing.

use chrono::TimeDelta;
use icalendar::{Calendar, Component, Event, EventLike, EventStatus};
use inflow_config::{Config, Lang};
use inflow_store::{RepostSlotRow, RepostState};
use url::Url;

use super::link::{Answer, Signer};
use crate::words::pick;

/// A refresh takes a person so long.
const TAKES: TimeDelta = TimeDelta::minutes(15);

/// A calendar of slots. With `links`, each that is open has its two links; whoever reads the file can use them.
pub fn calendar_file(slots: &[RepostSlotRow], config: &Config, lang: Lang, links: Option<(&Signer, &Url)>) -> String {
    let mut calendar = Calendar::new();
    calendar.name(pick(lang, "Reposts", "职位刷新计划"));
    for slot in slots {
        calendar.push(event(slot, config, lang, links));
    }
    calendar.to_string()
}

fn event(slot: &RepostSlotRow, config: &Config, lang: Lang, links: Option<(&Signer, &Url)>) -> Event {
    let channel = config.channel(&slot.channel).map_or(slot.channel.as_str(), |channel| channel.name.get(lang));
    let verb = pick(lang, "Refresh", "刷新");
    let mut lines = vec![pick(lang, &slot.reason_en, &slot.reason_zh).to_owned()];
    if let Some((signer, base)) = links.filter(|_| slot.state.is_open()) {
        for (word, answer) in [(pick(lang, "Done", "已完成"), Answer::Done), (pick(lang, "Skip", "跳过"), Answer::Skip)] {
            lines.push(format!("{word}: {}", signer.address(base, &slot.slot, slot.at, answer)));
        }
    }
    let status = match slot.state {
        RepostState::Skipped | RepostState::Missed | RepostState::Withdrawn => EventStatus::Cancelled,
        RepostState::Planned => EventStatus::Tentative,
        RepostState::Sent | RepostState::Told | RepostState::Failed | RepostState::Done => EventStatus::Confirmed,
    };
    Event::new()
        .uid(&format!("{}@repost.inflow", slot.slot))
        .timestamp(slot.made_at)
        .last_modified(slot.decided_at.unwrap_or(slot.made_at))
        .summary(&format!("{verb}: {} ({channel})", slot.title))
        .description(&lines.join("\n"))
        .starts(slot.at)
        .ends(slot.at + TAKES)
        .status(status)
        .done()
}
