//! Tokens and how much they are used, decisions, and lists a page at a time.

use std::collections::BTreeMap;

use chrono::{DateTime, Duration, Utc};
use inflow_store::{After, AuditRow, DecisionRow, RunFilter, RunRow, TokenRow, TokenUse};
use proptest::prelude::*;

use crate::support::{read, run, store};

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

fn token(prefix: &str, name: &str) -> TokenRow {
    TokenRow {
        prefix: prefix.to_owned(),
        name: name.to_owned(),
        hash: "ab".repeat(32),
        role: "recruiter".to_owned(),
        requisitions: vec!["hr/it's".to_owned()],
        per_minute: 60,
        created_at: at("2026-11-20T08:00:00.250Z"),
        expires_at: Some(at("2026-12-20T08:00:00Z")),
        revoked_at: None,
    }
}

#[test]
fn a_token_counts_from_when_it_is_kept_until_it_is_revoked() {
    let store = store();
    run(async {
        let (first, second) = (token("0a", "Lin Example"), token("0b", "Wu Example"));
        store.record_token(&first).await.unwrap();
        store.record_token(&second).await.unwrap();
        assert_eq!(*store.tokens().await.unwrap(), [first.clone(), second.clone()]);
        let revoked = TokenRow { revoked_at: Some(at("2026-11-21T08:00:00Z")), ..first.clone() };
        store.record_token(&revoked).await.unwrap();
        assert_eq!(*store.tokens().await.unwrap(), [revoked.clone(), second.clone()]);
        let now = at("2026-11-22T08:00:00Z");
        assert!(!revoked.holds(now) && second.holds(now) && !second.holds(at("2026-12-20T08:00:00Z")));
        // An earlier row of the same token, told later: the last that was written holds.
        store.record_token(&first).await.unwrap();
        assert_eq!(store.tokens().await.unwrap()[0].revoked_at, None);
    });
}

#[test]
fn uses_add_up() {
    let store = store();
    run(async {
        let used =
            |prefix: &str, requests, refused, at_: &str| TokenUse { prefix: prefix.to_owned(), requests, refused, last_used_at: at(at_) };
        store.record_uses(&[]).await.unwrap();
        store.record_uses(&[used("u1", 3, 1, "2026-11-21T23:00:00Z"), used("u2", 1, 0, "2026-11-20T00:00:00Z")]).await.unwrap();
        store.record_uses(&[used("u1", 4, 0, "2026-11-22T01:00:00Z")]).await.unwrap();
        let uses = store.token_uses().await.unwrap();
        assert_eq!(uses, [used("u1", 7, 1, "2026-11-22T01:00:00Z"), used("u2", 1, 0, "2026-11-20T00:00:00Z")]);
        assert_eq!(read(&store, "SELECT count() FROM inflow_state.token_uses WHERE prefix = 'u1'").await, "2\n", "a row for each day");
    });
}

#[test]
fn the_generation_is_another_after_whatever_figures_read_was_written() {
    let store = store();
    run(async {
        let generation = || store.generation().unwrap();
        let first = generation();
        assert_eq!(store.tokens().await.map(|_| generation()).unwrap(), first, "reading changes nothing");
        store.record_token(&token("0c", "Zhao Example")).await.unwrap();
        assert_eq!(generation(), first, "no figure reads tokens");
        store.execute("INSERT INTO inflow.channels (channel) VALUES ('generation')", &[], &[]).await.unwrap();
        assert_ne!(generation(), first);
    });
}

#[test]
fn the_last_decision_on_an_advice_holds_and_all_stay() {
    let store = store();
    run(async {
        let said = |advice: &str, verdict: &str| DecisionRow {
            id: String::new(),
            decided_at: DateTime::UNIX_EPOCH,
            advice: advice.to_owned(),
            verdict: verdict.to_owned(),
            decided_by: "Lin Example".to_owned(),
            token: "0a".to_owned(),
            reason: "it's dear".to_owned(),
            stated: "{\"advised\":\"10.00\"}".to_owned(),
        };
        let first = store.decide("lin", said("budget/attended/boss", "rejected")).await.unwrap();
        let other = store.decide("lin", said("posting_time/boss", "accepted")).await.unwrap();
        let second = store.decide("lin", said("budget/attended/boss", "accepted")).await.unwrap();
        assert_ne!(first.id, second.id);
        let mut all = [first.clone(), other.clone(), second.clone()];
        all.sort_by_key(|row| std::cmp::Reverse((row.decided_at, row.id.clone())));
        assert_eq!(store.decisions_after(None, 10).await.unwrap(), all);
        let holding = store.decisions_that_hold().await.unwrap();
        let of = |advice: &str| holding.iter().find(|row| row.advice == advice).unwrap();
        assert_eq!(of("posting_time/boss"), &other);
        let newest = all.iter().find(|row| row.advice == "budget/attended/boss").unwrap();
        assert_eq!(of("budget/attended/boss"), newest);
        let lines: Vec<AuditRow> = store.audit_after(None, 100).await.unwrap();
        let mine: Vec<_> = lines.iter().filter(|line| line.action == "decide" && line.actor == "lin").collect();
        assert_eq!(mine.len(), 3);
        assert!(mine.iter().any(|line| line.detail.contains(&second.id) && line.detail.contains("it's dear")));
    });
}

fn some_run(connection: &str, number: usize, second: i64) -> RunRow {
    let started_at = at("2026-11-01T00:00:00Z") + Duration::seconds(second);
    RunRow {
        run_id: format!("{connection}-{number}"),
        connection: connection.to_owned(),
        started_at,
        finished_at: started_at + Duration::seconds(9),
        status: if number.is_multiple_of(3) { "failed" } else { "ok" }.to_owned(),
        requests: 1,
        fetched: 2,
        landed: 3,
        rows: 4,
        quarantined: 0,
        error_kind: String::new(),
        error: String::new(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]

    /// Whatever the size of pages, with many runs of one instant, and with newer ones coming in between.
    #[test]
    fn who_walks_the_pages_meets_each_run_once(
        seconds in proptest::collection::vec(0_i64..4, 1..24), limit in 1_usize..6, case in any::<u64>(), failed in any::<bool>()
    ) {
        let connection = format!("walk-{case:x}");
        let rows: Vec<RunRow> = seconds.iter().enumerate().map(|(number, second)| some_run(&connection, number, *second)).collect();
        let statuses = if failed { vec!["failed".to_owned()] } else { Vec::new() };
        let filter = RunFilter { connections: vec![connection.clone()], statuses };
        let store = store();
        let mut met: BTreeMap<String, usize> = BTreeMap::new();
        let mut order: Vec<(DateTime<Utc>, String)> = Vec::new();
        run(async {
            for row in &rows {
                store.record_run(row).await.unwrap();
            }
            let mut after: Option<After> = None;
            loop {
                let page = store.runs_after(&filter, after.as_ref(), limit).await.unwrap();
                assert!(page.len() <= limit);
                let Some(last) = page.last() else { break };
                after = Some(After { at: last.started_at, id: last.run_id.clone() });
                for row in page {
                    *met.entry(row.run_id.clone()).or_default() += 1;
                    order.push((row.started_at, row.run_id));
                }
                // A newer one, which belongs before the first page.
                store.record_run(&some_run(&connection, 1000 + 3 * met.len(), 60)).await.unwrap();
            }
        });
        let wanted = rows.iter().filter(|row| !failed || row.status == "failed");
        let expected: BTreeMap<String, usize> = wanted.map(|row| (row.run_id.clone(), 1)).collect();
        prop_assert_eq!(met, expected);
        prop_assert!(order.is_sorted_by(|a, b| a > b));
    }
}
