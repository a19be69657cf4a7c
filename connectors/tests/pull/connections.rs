//! The benchmark's boards (`benches/connections`), a few and for a moment: every one of them can be walked, and none is asked
//! more often than its budget allows while others refuse everything.

#[path = "../../benches/connections/boards.rs"]
mod boards;
#[path = "../../benches/connections/judge.rs"]
mod judge;
#[path = "../../benches/connections/mix.rs"]
#[expect(dead_code, reason = "the benchmark uses all of it")]
mod mix;

use std::time::{Duration, Instant};

use futures::future::join_all;
use inflow_connectors::spec::BudgetWindow;

use crate::support::Rig;
use boards::Board;
use mix::Manner;

/// Connections enough for every family of the mix.
const CONNECTIONS: usize = 24;
/// Requests, after which a board has been asked long enough.
const ENOUGH: usize = 13;
/// (requests, milliseconds): short, so that the test is.
const WINDOW: (u32, u64) = (4, 200);

#[tokio::test]
async fn every_board_is_walked_within_its_budget_beside_boards_that_refuse() {
    let mut plans = mix::plans(CONNECTIONS);
    let specs: std::collections::BTreeSet<&str> = plans.iter().map(|plan| plan.spec.as_str()).collect();
    assert!(specs.len() >= 12, "{specs:?}");
    let mut refusing = vec![plans[0].clone(), plans[1].clone()];
    refusing[0].manner = Manner::Refuses;
    refusing[1].manner = Manner::RefusesFor(900);
    plans.extend(refusing);
    let mut rig = Rig::new();
    rig.be_patient();
    let (mut opened, mut connections) = (Vec::new(), Vec::new());
    for (at, plan) in plans.iter_mut().enumerate() {
        plan.name = format!("board-{at}");
        plan.own = vec![WINDOW];
        let board = Board::open(plan.clone(), Instant::now()).await.unwrap();
        connections.extend(plan.connections(&board.url));
        opened.push(board);
    }
    let healthy = || opened.iter().zip(&plans).filter(|(_, plan)| plan.manner == Manner::Healthy);
    let asked_enough = async {
        while !healthy().all(|(board, _)| board.arrivals().len() >= ENOUGH) {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let (asked, outcomes) = tokio::join!(
        async {
            let asked = tokio::time::timeout(Duration::from_mins(1), asked_enough).await;
            rig.shutdown.cancel();
            asked
        },
        join_all(connections.iter().map(|connection| rig.pull(connection)))
    );
    let failed: Vec<String> = outcomes.into_iter().filter_map(|outcome| Some(outcome.error?.to_string())).collect();
    assert!(asked.is_ok(), "not every board was walked: {failed:?}");
    assert!(failed.iter().all(|error| error.contains("429")), "{failed:?}");
    for (board, plan) in opened.iter().zip(&plans) {
        let arrivals = board.arrivals();
        assert!(board.strange().is_empty(), "{}: {:?}", plan.spec, board.strange());
        for window in plan.windows() {
            let most = judge::most_within(&arrivals, window.per);
            assert!(most <= window.requests as usize, "{}: {most} in {window:?}", plan.spec);
        }
    }
}

fn window(requests: u32, ms: u64) -> BudgetWindow {
    BudgetWindow { requests, per: Duration::from_millis(ms) }
}

#[test]
fn the_fullest_stretch_is_found() {
    assert_eq!(judge::most_within(&[], Duration::from_nanos(10)), 0);
    assert_eq!(judge::most_within(&[0, 10, 20, 21], Duration::from_nanos(10)), 2, "its ends count");
    assert_eq!(judge::most_within(&[0, 10, 20, 21], Duration::from_nanos(11)), 3);
    assert_eq!(judge::most_within(&[5, 5, 5], Duration::from_nanos(1)), 3);
}

#[test]
fn all_windows_hold_at_once() {
    assert_eq!(judge::allowed(&[window(8, 1_000)], Duration::from_secs(1)), 8);
    assert_eq!(judge::allowed(&[window(8, 1_000)], Duration::from_mins(5)), 2_400);
    assert_eq!(judge::allowed(&[window(2, 1_000), window(60, 60_000)], Duration::from_secs(10)), 20, "the burst");
    assert_eq!(judge::allowed(&[window(2, 1_000), window(60, 60_000)], Duration::from_mins(5)), 300);
    assert_eq!(judge::allowed(&[window(25, 60_000), window(40, 86_400_000)], Duration::from_mins(5)), 40);
    let windows = [window(3, 1_000), window(7, 5_000)];
    let sent = judge::allowed(&windows, Duration::from_secs(20));
    assert_eq!(sent, 28);
}

#[test]
fn the_worst_delay_counts() {
    assert!((judge::delay(&[0, 2_000_000_000], &[500_000_000, 1_000_000_000]) - 0.5).abs() < 1e-9);
    assert!(judge::delay(&[5], &[1]).abs() < 1e-9, "earlier is no delay");
    assert!(judge::delay(&[1, 2], &[]).abs() < 1e-9);
}
