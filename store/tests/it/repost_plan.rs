//! The plan of reposts: what a new plan does to an old one, and answers that are given once.

use chrono::{DateTime, Utc};
use inflow_store::{RepostCall, RepostConclusion, RepostDecision, RepostLeftRow, RepostSlotRow, RepostState};
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
        call: RepostCall::default(),
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
        store.keep_repost_plan("ann", &["repost_b".to_owned()], std::slice::from_ref(&other), &[], |_| false).await.unwrap();
        let all = [first.clone(), second.clone(), third.clone(), told.clone()];
        store.keep_repost_plan("ann", &channels, &all, &[left("L1", CHANNEL, "2031-03-01T00:00:00Z")], |_| false).await.unwrap();
        assert_eq!(store.repost_slots(Some(CHANNEL), from, before).await.unwrap(), all, "as they were written");
        store.tell_reposts("ann", std::slice::from_ref(&told)).await.unwrap();
        assert!(matches!(store.decide_repost("bob", "a1", true).await.unwrap(), RepostDecision::Kept(_)));
        // Answered before the messages to all receivers had left: it stays answered.
        store.tell_reposts("ann", std::slice::from_ref(&first)).await.unwrap();
        assert!(matches!(store.decide_repost("bob", "a1", false).await.unwrap(), RepostDecision::Closed(_)));
        // The next plan has none but the second, and says the first anew, which is done.
        let next = [first.clone(), second.clone()];
        store.keep_repost_plan("ann", &channels, &next, &[left("L2", CHANNEL, "2031-03-02T00:00:00Z")], |_| false).await.unwrap();
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
        let untold = store.untold_reposts(&all).await.unwrap();
        assert_eq!(
            untold.iter().map(|row| row.slot.as_str()).collect::<Vec<_>>(),
            ["a2"],
            "of the others somebody was told, or they are closed"
        );
        // What the planner counts as promised stays, though the plan does not have it.
        store
            .keep_repost_plan("ann", &channels, &[], &[left("L2", CHANNEL, "2031-03-02T00:00:00Z")], |row| row.slot == "a2")
            .await
            .unwrap();
        assert_eq!(store.repost_slot("a2").await.unwrap().unwrap().state, RepostState::Planned);
        store.keep_repost_plan("ann", &channels, &[], &[left("L2", CHANNEL, "2031-03-02T00:00:00Z")], |_| false).await.unwrap();
        assert_eq!(store.repost_slot("a2").await.unwrap().unwrap().state, RepostState::Withdrawn);
        let postings: Vec<String> = store.repost_left(Some(CHANNEL)).await.unwrap().into_iter().map(|row| row.posting_source_id).collect();
        assert_eq!(postings, ["L2"], "of the newest plan alone");
    });
}

#[test]
fn a_slot_is_answered_once_and_measured() {
    let store = store();
    run(async {
        let channels = ["repost_c".to_owned()];
        store.keep_repost_plan("ann", &channels, &[slot("c1", "repost_c", 5), slot("c2", "repost_c", 6)], &[], |_| false).await.unwrap();
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

#[test]
fn a_call_is_written_down_before_it_is_made_and_concluded_once() {
    let store = store();
    run(async {
        // Slots of the past: the clock of the store is that of the machine.
        let now = store.clock().now();
        let past = |key: &str, minutes: i64| RepostSlotRow { at: now - chrono::TimeDelta::minutes(minutes), ..slot(key, "repost_d", 1) };
        let (soon, later) = (now - chrono::TimeDelta::seconds(1), now + chrono::TimeDelta::hours(1));
        let slots = [past("d1", 4), past("d2", 3), past("d3", 2), past("d4", 1), RepostSlotRow { at: later, ..slot("d5", "repost_d", 1) }];
        store.keep_repost_plan("ann", &["repost_d".to_owned()], &slots, &[], |_| false).await.unwrap();
        let due = async || {
            let rows = store.due_reposts(store.clock().now()).await.unwrap();
            rows.into_iter().filter(|row| row.channel == "repost_d").map(|row| row.slot).collect::<Vec<_>>()
        };
        assert_eq!(due().await, ["d1", "d2", "d3", "d4"], "d5 comes later");
        assert_eq!(store.begin_repost("machine", "d5", later).await.unwrap(), None);
        // Two at one time: one calls.
        let (one, other) = futures::join!(store.begin_repost("machine", "d1", later), store.begin_repost("machine", "d1", later));
        let begun: Vec<RepostSlotRow> = [one.unwrap(), other.unwrap()].into_iter().flatten().collect();
        assert_eq!(begun.len(), 1);
        assert_eq!((begun[0].state, begun[0].call.attempts, begun[0].call.outcome.as_str()), (RepostState::Sent, 1, "unknown"));
        assert!(matches!(store.decide_repost("bob", "d1", true).await.unwrap(), RepostDecision::Closed(_)), "the machine is at it");
        // A plan that is made meanwhile does not take it back.
        store.keep_repost_plan("ann", &["repost_d".to_owned()], &slots[1..], &[], |_| false).await.unwrap();
        assert_eq!(store.repost_slot("d1").await.unwrap().unwrap().state, RepostState::Sent);
        assert_eq!(due().await, ["d2", "d3", "d4"], "not before its next_at");
        // Somebody who looked before the call was made does not conclude it.
        let late = RepostConclusion::Missed { outcome: "late".to_owned(), said: String::new() };
        assert_eq!(store.conclude_repost("another", "d1", 0, &late).await.unwrap(), None);
        let done = RepostConclusion::Done { outcome: "done".to_owned(), already: false };
        let row = store.conclude_repost("machine", "d1", 1, &done).await.unwrap().unwrap();
        assert_eq!((row.state, row.decided_at), (RepostState::Done, row.call.called_at));
        assert_eq!(store.conclude_repost("machine", "d1", 1, &done).await.unwrap(), None, "once");

        // Of unknown outcome: called again under the same key, and counted once.
        store.begin_repost("machine", "d2", soon).await.unwrap().unwrap();
        let unknown = RepostConclusion::Unknown { next_at: soon, said: "no answer".to_owned() };
        store.conclude_repost("machine", "d2", 1, &unknown).await.unwrap().unwrap();
        let again = store.begin_repost("machine", "d2", soon).await.unwrap().unwrap();
        assert_eq!((again.call.attempts, again.call.said.as_str()), (2, "no answer"));
        let already = RepostConclusion::Done { outcome: "already".to_owned(), already: true };
        let row = store.conclude_repost("machine", "d2", 2, &already).await.unwrap().unwrap();
        assert_eq!((row.state, row.decided_at), (RepostState::Done, again.call.called_at), "when the first call was made");

        // What did not leave is as if it had not been tried; what a person is to do can be told and answered.
        store.begin_repost("machine", "d3", later).await.unwrap().unwrap();
        let not_sent = RepostConclusion::NotSent { next_at: soon, said: "no budget".to_owned() };
        let row = store.conclude_repost("machine", "d3", 1, &not_sent).await.unwrap().unwrap();
        assert_eq!((row.state, row.call.attempts, row.call.called_at), (RepostState::Planned, 0, None));
        store.begin_repost("machine", "d3", later).await.unwrap().unwrap();
        let failed = RepostConclusion::Failed { outcome: "refused".to_owned(), said: "no".to_owned() };
        let row = store.conclude_repost("machine", "d3", 1, &failed).await.unwrap().unwrap();
        assert_eq!(row.state, RepostState::Failed);
        assert_eq!(store.reposts_in(RepostState::Failed, now - chrono::TimeDelta::days(1)).await.unwrap(), std::slice::from_ref(&row));
        store.tell_reposts("ann", &[row]).await.unwrap();
        assert!(matches!(store.decide_repost("bob", "d3", false).await.unwrap(), RepostDecision::Kept(_)));
        let missed = RepostConclusion::Missed { outcome: "late".to_owned(), said: String::new() };
        assert_eq!(store.conclude_repost("machine", "d4", 0, &missed).await.unwrap().unwrap().state, RepostState::Missed);

        let noted = store.rows("SELECT plan FROM inflow_state.reposts FINAL WHERE channel = 'repost_d' ORDER BY plan", &[]).await.unwrap();
        assert_eq!(noted.iter().map(|row| row["plan"].as_str().unwrap()).collect::<Vec<_>>(), ["d1", "d2"]);
        let calls = "SELECT count() AS n FROM inflow_state.audit WHERE actor = 'machine' AND action = 'call repost'";
        assert_eq!(store.rows(calls, &[]).await.unwrap()[0]["n"], 5);
    });
}
