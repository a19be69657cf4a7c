//! Advertisements of each shop on each channel.

use chrono::{DateTime, TimeDelta, Utc};

use super::calendar::{Habit, Span, draw, instant, local_day};
use super::dice::Dice;
use super::plan::{POSTINGS, SHOPS, channel};
use super::{Posting, Precision};

/// Channel whose export tells only the day.
pub(crate) const DAY_ONLY: &str = "wuba58";

/// The system that delivers a channel's postings names them so.
fn posting_id(dice: &mut Dice, channel: &str, number: usize) -> String {
    match channel {
        "boss" => (90_000_000 + number * 37 + dice.index(30)).to_string(),
        "linkedin" => dice.uuid(),
        "career_site" => (8_600_000_000_u64 + number as u64 * 1_009 + dice.index(900) as u64).to_string(),
        "douyin" => format!("DYZW{number:05}"),
        "kuaishou" => format!("ks-job-{number:05}"),
        "wuba58" => format!("58{:09}", 400_000_000 + number * 91),
        other => format!("{}-{number:05}", other.to_uppercase()),
    }
}

pub(crate) fn invent(scenario: &str, seed: u64, span: Span, now: DateTime<Utc>) -> Vec<Posting> {
    let mut postings = Vec::new();
    for (name, counts) in POSTINGS {
        let Some(channel) = channel(name) else { continue };
        let mut dice = Dice::new(scenario, seed, &format!("postings/{name}"));
        let mut number = 0;
        for (shop, count) in SHOPS.iter().zip(counts) {
            let departments = shop.departments();
            for posted_at in draw(&mut dice, &Habit::OFFICE, span, now, count) {
                number += 1;
                let low = shop.pay.0 + 100 * dice.range(0, 20) as u32;
                let pay = (low, low + 500 * dice.range(2, 9) as u32);
                let (posted_at, precision) =
                    if name == DAY_ONLY { (instant(local_day(posted_at), 0, 0, 0), Precision::Day) } else { (posted_at, Precision::Exact) };
                // A public board lists only what is open, so its postings have not ended.
                let ends = name != "career_site" && dice.chance(0.45);
                let end = posted_at + TimeDelta::days(dice.range(14, 60));
                postings.push(Posting {
                    id: posting_id(&mut dice, name, number),
                    channel: channel.id,
                    store: shop.name,
                    department: dice.pick(&departments).clone(),
                    title: dice.one_of(shop.titles),
                    city: dice.one_of(shop.cities),
                    pay,
                    posted_at,
                    precision,
                    closed_at: (ends && end < now).then_some(end),
                });
            }
        }
    }
    postings
}
