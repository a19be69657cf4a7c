use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use chrono_tz::Asia::Shanghai;
use inflow_config::{RepostChannel, RepostMode, Reposts};
use inflow_store::RepostCall;
use proptest::prelude::*;
use rust_decimal::Decimal;

use super::*;
use crate::repost::{Calendar, ChannelState, Heat, PostingState, Taken};

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

/// Ten o'clock of a Monday in Shanghai.
const TEN: &str = "2026-11-30T02:00:00Z";

fn rules(per_day: u32) -> Reposts {
    let channel = RepostChannel {
        id: "boss".to_owned(),
        enabled: None,
        mode: RepostMode::Auto,
        per_day,
        per_account: None,
        gap: Duration::from_mins(15),
        rest: Duration::from_hours(72),
        price: None,
        cost_per_day: None,
        cost_per_month: None,
        random_share: None,
        working_hours: None,
    };
    Reposts { channel: vec![channel], quiet_hours: vec!["12:00-13:30".parse().unwrap()], ..Reposts::default() }
}

fn situation(rules: &Reposts, postings: usize) -> Situation<'_> {
    let posting = |number| PostingState {
        channel: "boss".to_owned(),
        connection: "boss".to_owned(),
        id: format!("P{number}"),
        title: "店员".to_owned(),
        cluster: String::new(),
        last: at("2026-11-01T00:00:00Z"),
        closes_at: None,
    };
    let day = "2026-11-30".parse().unwrap();
    Situation {
        now: at(TEN),
        from: day,
        to: day,
        seed: 7,
        rules,
        calendar: Calendar::new(rules, "CN"),
        channels: vec![ChannelState {
            id: "boss".to_owned(),
            zone: Shanghai,
            price: 600,
            prices: BTreeMap::new(),
            heat: Heat::default(),
            advice: None,
            pace: None,
        }],
        postings: (0..postings).map(posting).collect(),
        taken: Vec::new(),
        skipped: BTreeSet::new(),
    }
}

fn slot(number: usize, time: DateTime<Utc>) -> RepostSlotRow {
    RepostSlotRow {
        slot: format!("key{number}"),
        channel: "boss".to_owned(),
        connection: "boss".to_owned(),
        posting_source_id: format!("P{number}"),
        title: "店员".to_owned(),
        cluster_id: String::new(),
        at: time,
        local: String::new(),
        timezone: "Asia/Shanghai".to_owned(),
        hours: Vec::new(),
        reason: "peak".to_owned(),
        reason_en: String::new(),
        reason_zh: String::new(),
        gain: None,
        gain_low: None,
        gain_high: None,
        cost: Decimal::new(600, 2),
        currency: "CNY".to_owned(),
        state: RepostState::Planned,
        decided_at: None,
        decided_by: String::new(),
        call: RepostCall::default(),
        made_at: time,
    }
}

fn no_limits() -> RefreshLimits {
    RefreshLimits::default()
}

#[test]
fn a_slot_is_called_for_in_its_hour_and_missed_after() {
    let rules = rules(3);
    let situation = situation(&rules, 1);
    let judged = |planned: &str, now: &str| verdict(&slot(0, at(planned)), &situation, no_limits(), at(now));
    assert_eq!(judged(TEN, "2026-11-30T02:00:20Z"), Verdict::Call);
    assert_eq!(judged(TEN, "2026-11-30T02:59:00Z"), Verdict::Call, "an hour late is in time");
    assert_eq!(judged(TEN, "2026-11-30T03:00:01Z"), Verdict::Missed("late"));
    // 11:45 by the clock on the wall; nothing ran until the quiet hours had begun, or the working day was over.
    assert_eq!(judged("2026-11-30T03:45:00Z", "2026-11-30T04:01:00Z"), Verdict::Missed("closed_hours"));
    assert_eq!(judged("2026-11-30T11:45:00Z", "2026-11-30T12:01:00Z"), Verdict::Missed("closed_hours"));
    let gone = Situation { postings: Vec::new(), ..situation.clone() };
    assert_eq!(verdict(&slot(0, at(TEN)), &gone, no_limits(), at(TEN)), Verdict::Missed("not_live"));
}

#[test]
fn what_nobody_knows_is_asked_again_in_open_hours_until_a_person_is_asked() {
    let rules = rules(1);
    let mut situation = situation(&rules, 1);
    let mut sent = slot(0, at(TEN));
    (sent.state, sent.call.attempts, sent.call.called_at) = (RepostState::Sent, 1, Some(at(TEN)));
    // It uses up the day's quota, and is none of the refreshes that this stands against.
    situation.take(&sent);
    assert_eq!(verdict(&sent, &situation, no_limits(), at("2026-11-30T02:05:00Z")), Verdict::Call);
    assert_eq!(verdict(&sent, &situation, no_limits(), at("2026-11-30T04:05:00Z")), Verdict::Wait, "12:05 is quiet");
    assert_eq!(verdict(&slot(1, at(TEN)), &situation, no_limits(), at(TEN)), Verdict::Missed("not_live"));
    situation.postings.push(PostingState { id: "P1".to_owned(), ..situation.postings[0].clone() });
    assert_eq!(
        verdict(&slot(1, at("2026-11-30T07:00:00Z")), &situation, no_limits(), at("2026-11-30T07:00:00Z")),
        Verdict::Missed("channel_quota")
    );
    let late = verdict(&sent, &situation, no_limits(), at("2026-12-01T02:00:01Z"));
    assert!(matches!(&late, Verdict::GiveUp(said) if said.contains("1 calls") && said.contains("no answer")), "{late:?}");
    sent.call.attempts = MOST_ATTEMPTS;
    assert!(matches!(verdict(&sent, &situation, no_limits(), at("2026-11-30T02:05:00Z")), Verdict::GiveUp(_)));
}

#[test]
fn the_boards_own_limits_count_too() {
    let rules = rules(9);
    let mut situation = situation(&rules, 3);
    let limits = RefreshLimits { per_day: Some(1), rest: Duration::ZERO };
    assert_eq!(verdict(&slot(0, at(TEN)), &situation, limits, at(TEN)), Verdict::Call);
    let mut sent = slot(0, at(TEN));
    sent.call.called_at = Some(at(TEN));
    situation.take(&sent);
    let noon = at("2026-11-30T03:00:00Z");
    assert_eq!(verdict(&slot(1, noon), &situation, limits, noon), Verdict::Missed("account_quota"));
    let rest = RefreshLimits { per_day: None, rest: Duration::from_hours(24 * 60) };
    assert_eq!(verdict(&slot(2, noon), &situation, rest, noon), Verdict::Missed("rests"), "it went up thirty days ago");
}

#[test]
fn each_answer_has_its_end() {
    let now = at(TEN);
    let mut row = slot(0, now);
    row.call.attempts = 1;
    let ends = |called| concluded(&row, called, now);
    let said = |meaning| ends(Called::Said(meaning));
    assert_eq!(said(Meaning::Done), RepostConclusion::Done { outcome: "done".to_owned(), already: false });
    assert_eq!(said(Meaning::Already), RepostConclusion::Done { outcome: "already".to_owned(), already: true });
    for (meaning, code) in [(Meaning::Gone, "gone"), (Meaning::QuotaSpent, "quota_spent")] {
        assert_eq!(said(meaning), RepostConclusion::Missed { outcome: code.to_owned(), said: String::new() });
    }
    assert_eq!(said(Meaning::NotAllowed), RepostConclusion::Failed { outcome: "not_allowed".to_owned(), said: String::new() });
    let text = || "x".to_owned();
    assert_eq!(ends(Called::Refused(text())), RepostConclusion::Failed { outcome: "refused".to_owned(), said: text() });
    assert_eq!(ends(Called::Unknown(text())), RepostConclusion::Unknown { next_at: now + TimeDelta::minutes(1), said: text() });
    row.call.attempts = 4;
    let later = concluded(&row, Called::Unknown(text()), now);
    assert_eq!(later, RepostConclusion::Unknown { next_at: now + TimeDelta::minutes(30), said: text() });
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever is due, however late the program looks and whatever is answered: on no day more calls of different keys than are allowed, none outside
    /// of open hours, none nearer than the gap.
    #[test]
    fn no_limit_is_broken_by_calls_of_unknown_outcome(
        per_day in 1_u32..4,
        limit in proptest::option::of(1_u32..4),
        mut minutes in proptest::collection::vec((0_i64..660, 0_i64..90), 1..12),
    ) {
        let rules = rules(per_day);
        let mut situation = situation(&rules, minutes.len());
        minutes.sort_by_key(|(planned, late)| planned + late);
        let morning = at("2026-11-30T01:00:00Z");
        let mut called = Vec::new();
        for (number, (planned, late)) in minutes.into_iter().enumerate() {
            let (planned, now) = (morning + TimeDelta::minutes(planned), morning + TimeDelta::minutes(planned + late));
            let mut row = slot(number, planned);
            let limits = RefreshLimits { per_day: limit, rest: Duration::ZERO };
            if verdict(&row, &situation, limits, now) == Verdict::Call {
                prop_assert!(situation.is_open("boss", now));
                (row.state, row.call.called_at) = (RepostState::Sent, Some(now));
                situation.take(&row);
                called.push(if now - planned < PROMPT { planned } else { now });
            }
        }
        called.sort();
        prop_assert!(called.len() <= limit.map_or(per_day, |limit| limit.min(per_day)) as usize);
        prop_assert!(called.windows(2).all(|pair| pair[1] - pair[0] >= TimeDelta::minutes(15)), "{called:?}");
        let counted: Vec<&Taken> = situation.taken.iter().collect();
        prop_assert_eq!(counted.len(), called.len());
    }
}
