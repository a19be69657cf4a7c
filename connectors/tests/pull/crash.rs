//! A crash at any point between landing and cursor, and then the same result.

use std::sync::atomic::Ordering;

use inflow_connectors::landing::{landing_dir, list_segments};

use crate::support::{Board, Rig, connection, lever, opportunity};

#[tokio::test]
async fn a_segment_that_was_not_stored_is_stored_first() {
    let board = Board::start(|seen, _| lever(seen, &[opportunity("o1", "c1", "A", "", Some(1_789_700_000_000))])).await;
    let rig = Rig::new();
    let tea = connection("tea", "lever", &board.url);
    rig.world.failures.store(1, Ordering::SeqCst);
    let outcome = rig.pull(&tea).await;
    let error = outcome.error.unwrap();
    assert_eq!((error.kind.as_str(), error.to_string().as_str()), ("store", "tea: opportunities: the disk is full"));
    assert_eq!(list_segments(&rig.data_dir()).unwrap().len(), 1, "the segment is durable");
    assert!(rig.world.lines().is_empty());
    assert_eq!(rig.world.cursor("tea", "opportunities"), None, "the cursor never runs ahead of the store");
    let outcome = rig.pull(&tea).await;
    assert_eq!(outcome.error, None);
    assert_eq!((outcome.landed, outcome.rows), (0, 1));
    assert_eq!(rig.world.ids(), ["o1"]);
    assert_eq!(list_segments(&rig.data_dir()).unwrap().len(), 1);
    assert!(rig.world.cursor("tea", "opportunities").is_some());
}

#[tokio::test]
async fn half_written_segments_are_removed() {
    let board = Board::start(|seen, _| lever(seen, &[opportunity("o1", "c1", "A", "", None)])).await;
    let rig = Rig::new();
    let folder = landing_dir(&rig.data_dir()).join("tea/opportunities");
    std::fs::create_dir_all(&folder).unwrap();
    let draft = folder.join("1790812800000-0000-deadbeef.ndjson.tmp");
    std::fs::write(&draft, b"half").unwrap();
    let outcome = rig.pull(&connection("tea", "lever", &board.url)).await;
    assert_eq!(outcome.error, None);
    assert!(!draft.exists());
    assert_eq!(rig.world.ids(), ["o1"]);
}

#[tokio::test]
async fn the_same_pull_gives_the_same_segments() {
    let mut disks = Vec::new();
    for _ in 0..2 {
        let board = Board::start(|seen, _| {
            let people: Vec<_> = (0..30).map(|n| opportunity(&format!("o{n}"), &format!("c{n}"), "林小雨", "13900001234", None)).collect();
            lever(seen, &people)
        })
        .await;
        let rig = Rig::new();
        rig.pull(&connection("tea", "lever", &board.url)).await;
        let ids: Vec<String> = list_segments(&rig.data_dir()).unwrap().into_iter().map(|segment| segment.id).collect();
        disks.push((ids, rig.on_disk()));
    }
    assert_eq!(disks.first(), disks.last());
}
