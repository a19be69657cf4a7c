//! The to-do that people are handed: which posting, when, why, and the links that answer.

use inflow_config::{Config, Lang};
use inflow_store::RepostSlotRow;
use url::Url;

use super::ics::calendar_file;
use super::link::{Answer, Signer};
use super::reason::outcome_sentence;
use crate::send::{Attachment, Letter};
use crate::words::pick;

/// A letter with slots; a calendar goes with mail. The same slots make the same key, so that a server which has it can tell.
pub fn letter(slots: &[RepostSlotRow], config: &Config, lang: Lang, signer: &Signer, base: &Url) -> Letter {
    let count = slots.len();
    let subject = match lang {
        Lang::En if count == 1 => "1 posting to refresh".to_owned(),
        Lang::En => format!("{count} postings to refresh"),
        Lang::Zh => format!("待刷新职位 {count} 个"),
    };
    let mut lines = vec![subject.clone()];
    for slot in slots {
        let channel = config.channel(&slot.channel).map_or(slot.channel.as_str(), |channel| channel.name.get(lang));
        let cost = if slot.cost.is_zero() { String::new() } else { format!(" · {} {}", slot.cost, slot.currency) };
        lines.push(String::new());
        lines.push(format!("{} · {channel} · {}{cost}", slot.local, slot.title));
        lines.push(pick(lang, &slot.reason_en, &slot.reason_zh).to_owned());
        if !slot.call.outcome.is_empty() {
            let why = outcome_sentence(&slot.call.outcome);
            let said = if slot.call.said.is_empty() { String::new() } else { format!(" ({})", slot.call.said) };
            lines.push(match lang {
                Lang::En => format!("The program could not do it: {}{said}", why.en),
                Lang::Zh => format!("程序未能自动完成:{}{said}", why.zh),
            });
        }
        for (word, answer) in [(pick(lang, "done", "已完成"), Answer::Done), (pick(lang, "skip", "跳过"), Answer::Skip)] {
            lines.push(format!("{word}: {}", signer.address(base, &slot.slot, slot.at, answer)));
        }
    }
    let mut hasher = blake3::Hasher::new();
    for slot in slots {
        hasher.update(slot.slot.as_bytes());
    }
    let bytes = calendar_file(slots, config, lang, Some((signer, base))).into_bytes();
    Letter {
        subject,
        text: lines.join("\n"),
        attachments: vec![Attachment { name: "reposts.ics".to_owned(), media: "text/calendar; charset=utf-8", bytes }],
        key: format!("reposts-{}", hasher.finalize().to_hex().chars().take(24).collect::<String>()),
    }
}
