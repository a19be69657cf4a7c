//! The typed state.

use chrono::{DateTime, Utc};
use inflow_store::{
    HealthRow, InsertInto, LandedRow, MessageRow, MessageState, QuarantineRow, RunRow, SegmentRow, StepKind, StepRow, StepState,
    UnknownWordRow,
};

use crate::support::{run, store};

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

#[test]
fn cursors_keep_the_last_one() {
    let store = store();
    run(async {
        assert_eq!(store.cursor("c", "it's").await.unwrap(), None);
        for cursor in ["1", "2\\n", "{\"page\":\"\u{4e0b}\u{4e00}\u{9875}\"}", "0"] {
            store.commit_cursor("c", "it's", cursor).await.unwrap();
            assert_eq!(store.cursor("c", "it's").await.unwrap().as_deref(), Some(cursor));
        }
        assert_eq!(store.cursor("c", "its").await.unwrap(), None);
    });
}

#[test]
fn messages_keep_what_became_of_them_last() {
    let store = store();
    run(async {
        let row = |receiver: &str, state, next_at| MessageRow {
            message: "daily".to_owned(),
            period: "2026-11-27".parse().unwrap(),
            receiver: receiver.to_owned(),
            kind: "day".to_owned(),
            state,
            attempts: 1,
            first_at: at("2026-11-27T10:30:00Z"),
            last_at: at("2026-11-27T10:30:00.250Z"),
            next_at,
            error: "it's \u{5fd9}".to_owned(),
        };
        let begun = row("group", MessageState::Begun, Some(at("2026-11-27T10:31:00Z")));
        let (sent, other) = (row("group", MessageState::Sent, None), row("other", MessageState::GivenUp, None));
        for noted in [&begun, &other, &sent] {
            store.note_message(noted).await.unwrap();
        }
        assert_eq!(store.messages().await.unwrap(), [sent, other]);
    });
}

#[test]
fn steps_keep_what_became_of_them_last_until_their_person_is_erased() {
    let store = store();
    run(async {
        let row = |key: &str, application: &str, state| StepRow {
            key: key.to_owned(),
            process: "shops".to_owned(),
            rule: "ai".to_owned(),
            step: "remind".to_owned(),
            kind: StepKind::Message,
            connection: "ats".to_owned(),
            application: application.to_owned(),
            subject: "i-1".to_owned(),
            what: "reminder".to_owned(),
            receiver: String::new(),
            state,
            attempts: 1,
            due_at: at("2026-11-27T10:30:00Z"),
            first_at: at("2026-11-27T10:30:00Z"),
            last_at: at("2026-11-27T10:30:00.250Z"),
            next_at: None,
            error: "it's \u{5fd9}".to_owned(),
            decided_by: String::new(),
            reason: String::new(),
        };
        let begun = StepRow { next_at: Some(at("2026-11-27T10:31:00Z")), ..row("k1", "a1", StepState::Begun) };
        let (sent, open) = (row("k1", "a1", StepState::Sent), StepRow { kind: StepKind::Task, ..row("k2", "a2", StepState::Open) });
        store.note_steps(&[begun, open.clone()]).await.unwrap();
        store.note_steps(std::slice::from_ref(&sent)).await.unwrap();
        store.note_steps(&[]).await.unwrap();
        assert_eq!(store.steps(at("2026-11-27T00:00:00Z")).await.unwrap(), [sent.clone(), open.clone()]);
        assert_eq!(
            store.steps(at("2026-11-28T00:00:00Z")).await.unwrap(),
            std::slice::from_ref(&open),
            "what waits is told however old it is"
        );
        assert_eq!(store.steps_of_key("k1").await.unwrap(), [sent]);
        store.forget_steps(&[("ats".to_owned(), "a2".to_owned()), ("other".to_owned(), "a1".to_owned())]).await.unwrap();
        assert_eq!(store.steps_of_key("k").await.unwrap().len(), 1, "of this connection and application only");
        store.note_opt_outs(&["d1".to_owned(), "d2".to_owned()], false).await.unwrap();
        store.note_opt_outs(&["d1".to_owned()], true).await.unwrap();
        assert_eq!(store.opt_outs().await.unwrap(), ["d2".to_owned()].into());
    });
}

#[test]
fn landed_keeps_the_last_of_each_key() {
    let store = store();
    run(async {
        let row = |key_hash, content_hash, gone| LandedRow { key_hash, content_hash, gone };
        store.commit_landed("c", "s", &[row(1, 10, false), row(u64::MAX, 20, false)], "t1").await.unwrap();
        store.commit_landed("c", "s", &[row(1, 11, false)], "t2").await.unwrap();
        store.commit_landed("c", "s", &[row(1, 12, true)], "t3").await.unwrap();
        store.commit_landed("c", "other", &[row(5, 5, false)], "t4").await.unwrap();
        store.commit_landed("c", "s", &[], "t5").await.unwrap();
        let landed = store.landed("c", "s").await.unwrap();
        assert_eq!(landed.len(), 2);
        assert_eq!((landed[&1], landed[&u64::MAX]), ((12, true), (20, false)));
        assert!(store.landed("nobody", "s").await.unwrap().is_empty());
        let some = store.landed_of("c", &["s", "it's"], &[1, 5, 7]).await.unwrap();
        assert_eq!(some, [(1, (12, true))].into(), "of these streams, and the last one");
        let both = store.landed_of("c", &["s", "other"], &[1, 5, 7]).await.unwrap();
        assert_eq!(both, [(1, (12, true)), (5, (5, false))].into());
        assert!(store.landed_of("c", &["s"], &[]).await.unwrap().is_empty());
    });
}

#[test]
fn rows_that_are_inserted_together_are_all_there() {
    let store = store();
    run(async {
        let row = |key_hash| LandedRow { key_hash, content_hash: key_hash + 1, gone: false };
        let tokens: Vec<String> = (0..40).map(|token| format!("together {token}")).collect();
        let rows: Vec<[LandedRow; 2]> = (0..40).map(|at| [row(2 * at), row(2 * at + 1)]).collect();
        let inserts = tokens.iter().zip(&rows).map(|(token, rows)| store.commit_landed("together", "s", rows, token));
        futures::future::try_join_all(inserts).await.unwrap();
        let landed = store.landed("together", "s").await.unwrap();
        assert_eq!(landed, (0..80).map(|key| (key, (key + 1, false))).collect());
        let many: Vec<u64> = (0..30_000).collect();
        assert_eq!(store.landed_of("together", &["s"], &many).await.unwrap(), landed);
    });
}

#[test]
fn an_insert_that_fails_does_not_spoil_those_beside_it() {
    let store = store();
    run(async {
        let into = InsertInto { database: "inflow_state", table: "audit", columns: &["action", "detail"], format: "JSONEachRow" };
        let good = store.insert_together(into, "{\"action\":\"a\",\"detail\":\"good\"}\n".into());
        let bad = store.insert_together(into, "{\"action\":\n".into());
        let also = store.insert_together(into, "{\"action\":\"b\",\"detail\":\"good\"}\n".into());
        let (good, bad, also) = futures::join!(good, bad, also);
        assert!(good.is_ok() && also.is_ok() && bad.is_err(), "{good:?} {bad:?} {also:?}");
        let rows = store.rows("SELECT action FROM inflow_state.audit WHERE detail = 'good' ORDER BY action", &[]).await.unwrap();
        assert_eq!(serde_json::to_value(rows).unwrap(), serde_json::json!([{"action": "a"}, {"action": "b"}]));
    });
}

#[test]
fn segments_runs_and_health_come_back() {
    let store = store();
    run(async {
        let segment = SegmentRow {
            segment: "001-0001-ab".into(),
            connection: "c".into(),
            stream: "s".into(),
            kind: "postings".into(),
            fetched_at: at("2026-01-31T08:00:00.123Z"),
            records: 3,
            rows: 2,
            quarantined: 1,
            pipeline_version: 1,
            generation: 0,
        };
        assert!(!store.segment_stored(&segment.segment).await.unwrap());
        store.record_segment(&segment).await.unwrap();
        store.record_segment(&segment).await.unwrap();
        assert!(store.segment_stored(&segment.segment).await.unwrap());
        assert_eq!(store.stored_segments("c").await.unwrap(), ["001-0001-ab".to_owned()].into());

        let run_row = RunRow {
            run_id: "r1".into(),
            connection: "c".into(),
            started_at: at("2026-01-31T08:00:00Z"),
            finished_at: at("2026-01-31T08:00:01.5Z"),
            status: "failed".into(),
            requests: 1,
            fetched: 2,
            landed: 3,
            rows: 4,
            quarantined: 5,
            error_kind: "unreachable".into(),
            error: "can't \u{8fde}\u{63a5}".into(),
        };
        store.record_run(&run_row).await.unwrap();
        store.record_run(&run_row).await.unwrap();
        assert_eq!(store.runs(10).await.unwrap(), [run_row]);

        let mut health = HealthRow {
            connection: "c".into(),
            channels: vec!["boss".into(), "zhilian".into()],
            status: "failing".into(),
            last_attempt_at: at("2026-01-31T08:00:00Z"),
            last_success_at: None,
            failing_since: Some(at("2026-01-31T08:00:00Z")),
            error_kind: "unauthorised".into(),
            error: "401".into(),
            failures: 3,
            open_until: Some(at("2026-01-31T08:05:00Z")),
        };
        store.record_health(&health).await.unwrap();
        assert_eq!(store.health().await.unwrap(), std::slice::from_ref(&health));
        health.status = "ok".into();
        health.last_success_at = Some(at("2026-01-31T09:00:00.250Z"));
        health.failing_since = None;
        health.failures = 0;
        health.open_until = None;
        store.record_health(&health).await.unwrap();
        assert_eq!(store.health().await.unwrap(), [health]);
    });
}

#[test]
fn quarantine_tombstones_and_audit_are_kept() {
    let store = store();
    run(async {
        let row = QuarantineRow {
            connection: "c".into(),
            stream: "s".into(),
            segment: "seg".into(),
            line: 7,
            field: "posted_at".into(),
            reason: "\"soon\" is no time".into(),
            seen_at: at("2026-01-31T08:00:00Z"),
        };
        let word = UnknownWordRow {
            connection: "c".into(),
            stream: "s".into(),
            segment: "seg".into(),
            word: "笔试".into(),
            records: 3,
            seen_at: at("2026-01-31T08:00:00Z"),
        };
        store.set_aside("seg", &[row.clone(), row.clone()], std::slice::from_ref(&word), false).await.unwrap();
        store.set_aside("seg", std::slice::from_ref(&row), std::slice::from_ref(&word), false).await.unwrap();
        store.set_aside("later", &[], &[UnknownWordRow { segment: "later".into(), records: 2, ..word.clone() }], false).await.unwrap();
        let rows = store.rows("SELECT line, reason FROM inflow_state.quarantine", &[]).await.unwrap();
        assert_eq!(serde_json::to_value(rows).unwrap(), serde_json::json!([{"line": 7, "reason": row.reason}]));
        assert_eq!(store.unknown_stage_words().await.unwrap(), [("c".to_owned(), "笔试".to_owned(), 5)]);
        // Read again by another mapping, the segment has nothing to set aside.
        store.set_aside("seg", &[], &[], false).await.unwrap();
        assert!(store.rows("SELECT line FROM inflow_state.quarantine", &[]).await.unwrap().is_empty());
        assert_eq!(store.unknown_stage_words().await.unwrap(), [("c".to_owned(), "笔试".to_owned(), 2)]);
        store.add_tombstones(&["aa".into(), "bb".into(), "aa".into()]).await.unwrap();
        assert_eq!(store.tombstones().await.unwrap(), ["aa".to_owned(), "bb".to_owned()].into());
        store.audit("Lin Example", "erase", "1 person").await.unwrap();
        let rows = store.rows("SELECT actor, action, detail FROM inflow_state.audit", &[]).await.unwrap();
        assert_eq!(
            serde_json::to_value(rows).unwrap(),
            serde_json::json!([{"actor": "Lin Example", "action": "erase", "detail": "1 person"}])
        );
    });
}
