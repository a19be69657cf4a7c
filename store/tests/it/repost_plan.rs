//! The plan of reposts: what a new plan does to an old one, and answers that are given once.

use chrono::{DateTime, Utc};
use inflow_store::{RepostDecision, RepostLeftRow, RepostSlotRow, RepostState};
use rust_decimal::Decimal;

use crate::support::{run, store};

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

fn slot(key: &str, channel: &str, hour: u32) -> RepostSlotRow {
    RepostSlotRow {
        slot: key.to_owned(),
        channel: channel.to_owned(),
        connection: "it's".to_owned(),
        posting_source_id: format!("P {key}"),
        title: "\u{5e97}\u{5458}".to_owned(),
        cluster_id: String::new(),
        at: at(&format!("2031-03-04T{hour:02}:00:00Z")),
        local: format!("2031-03-04 {:02}:00", hour + 8),
        timezone: "Asia/Shanghai".to_owned(),
        hours: vec![9, 10, 18],
        reason: "drawn".to_owned(),
        reason_en: "drawn at random".to_owned(),
        reason_zh: "\u{968f}\u{673a}".to_owned(),
        gain: Some(0.25),
        gain_low: Some(-1.0),
        gain_high: None,
        cost: Decimal::new(650, 2),
        currency: "CNY".to_owned(),
        state: RepostState::Planned,
        decided_at: None,
        decided_by: String::new(),
        made_at: at("2031-03-01T00:00:00.250Z"),
    }
}

fn left(posting: &str, channel: &str, made_at: &str) -> RepostLeftRow {
    RepostLeftRow {
        connection: "it's".to_owned(),
        posting_source_id: posting.to_owned(),
        channel: channel.to_owned(),
        title: String::new(),
        reason: "rests".to_owned(),
        reason_en: "it was refreshed too recently".to_owned(),
        reason_zh: String::new(),
        made_at: at(made_at),
    }
}

const CHANNEL: &str = "repost_a";

#[test]
fn a_new_plan_withdraws_what_nobody_was_told_of() {
    let store = store();
    run(async {
        let channels = [CHANNEL.to_owned()];
        let (from, before) = (at("2031-03-04T00:00:00Z"), at("2031-03-05T00:00:00Z"));
        let [first, second, third, told] = [slot("a1", CHANNEL, 1), slot("a2", CHANNEL, 2), slot("a3", CHANNEL, 3), slot("a4", CHANNEL, 4)];
        let other = slot("b1", "repost_b", 1);
        store.keep_repost_plan("ann", &["repost_b".to_owned()], std::slice::from_ref(&other), &[]).await.unwrap();
        let all = [first.clone(), second.clone(), third.clone(), told.clone()];
        store.keep_repost_plan("ann", &channels, &all, &[left("L1", CHANNEL, "2031-03-01T00:00:00Z")]).await.unwrap();
        assert_eq!(store.repost_slots(Some(CHANNEL), from, before).await.unwrap(), all, "as they were written");
        store.tell_reposts("ann", std::slice::from_ref(&told)).await.unwrap();
        assert!(matches!(store.decide_repost("bob", "a1", true).await.unwrap(), RepostDecision::Kept(_)));
        // Answered before the messages to all receivers had left: it stays answered.
        store.tell_reposts("ann", std::slice::from_ref(&first)).await.unwrap();
        assert!(matches!(store.decide_repost("bob", "a1", false).await.unwrap(), RepostDecision::Closed(_)));
        // The next plan has none but the second, and says the first anew, which is done.
        let next = [first.clone(), second.clone()];
        store.keep_repost_plan("ann", &channels, &next, &[left("L2", CHANNEL, "2031-03-02T00:00:00Z")]).await.unwrap();
        let standing = store.repost_slots(None, from, before).await.unwrap();
        let states: Vec<(&str, RepostState)> = standing.iter().map(|row| (row.slot.as_str(), row.state)).collect();
        let told = [
            ("a1", RepostState::Done),
            ("b1", RepostState::Planned),
            ("a2", RepostState::Planned),
            ("a3", RepostState::Withdrawn),
            ("a4", RepostState::Told),
        ];
        assert_eq!(states, told);
        let postings: Vec<String> = store.repost_left(Some(CHANNEL)).await.unwrap().into_iter().map(|row| row.posting_source_id).collect();
        assert_eq!(postings, ["L2"], "of the newest plan alone");
    });
}

#[test]
fn a_slot_is_answered_once_and_measured() {
    let store = store();
    run(async {
        let channels = ["repost_c".to_owned()];
        store.keep_repost_plan("ann", &channels, &[slot("c1", "repost_c", 5), slot("c2", "repost_c", 6)], &[]).await.unwrap();
        assert_eq!(store.decide_repost("bob", "no such slot", true).await.unwrap(), RepostDecision::Unknown);
        // Who answers at the same time: one is kept, the others find it closed.
        let answers = futures::future::join_all((0..8).map(|i| {
            let store = store.clone();
            async move { store.decide_repost("bob", "c1", i % 2 == 0).await.unwrap() }
        }));
        let kept = answers.await.into_iter().filter(|answer| matches!(answer, RepostDecision::Kept(_))).count();
        assert_eq!(kept, 1);
        let RepostDecision::Kept(skipped) = store.decide_repost("bob", "c2", false).await.unwrap() else { panic!("open") };
        assert_eq!((skipped.state, skipped.decided_by.as_str(), skipped.decided_at.is_some()), (RepostState::Skipped, "bob", true));
        let sql = "SELECT plan FROM inflow_state.reposts FINAL WHERE channel = 'repost_c'";
        let done = store.repost_slot("c1").await.unwrap().unwrap().state == RepostState::Done;
        assert_eq!(store.rows(sql, &[]).await.unwrap().len(), usize::from(done), "what was skipped measures nothing");
        let audit = "SELECT count() AS n FROM inflow_state.audit WHERE action = 'repost' AND actor = 'bob' AND detail LIKE '%repost_c%'";
        assert_eq!(store.rows(audit, &[]).await.unwrap()[0]["n"], 2);
        assert_ne!(store.signing_key("one").unwrap(), store.signing_key("another").unwrap());
    });
}
