//! Erasure in landing, and boards that deliver the erased again.

use std::collections::BTreeSet;

use inflow_connectors::identity::{DigestKind, Person, Source, digest_person};
use inflow_connectors::landing::{Erasure, list_segments, read_segment, rewrite_segments};

use crate::support::{Board, Rig, connection, job, jobs, lever, opportunity};

const FIRST: &str = "44444444-0000-4000-8000-000000000001";
const SECOND: &str = "44444444-0000-4000-8000-000000000002";
const OTHER: &str = "44444444-0000-4000-8000-000000000003";
const CONTACT: &str = "55555555-0000-4000-8000-000000000001";

async fn three_people() -> Board {
    Board::start(|seen, _| {
        let people = [
            opportunity(FIRST, CONTACT, "林小雨", "13900001234", None),
            opportunity(SECOND, CONTACT, "林小雨", "", None),
            opportunity(OTHER, "55555555-0000-4000-8000-000000000009", "林小雨", "13900009999", None),
        ];
        lever(seen, &people)
    })
    .await
}

fn phone_digests(rig: &Rig, phone: &str) -> BTreeSet<String> {
    let person = Person { phones: vec![phone.to_owned()], ..Person::default() };
    digest_person(&rig.keys, &person, "CN").digests.into_iter().map(|digest| digest.hex).collect()
}

#[tokio::test]
async fn a_person_leaves_landing_and_the_count_stays() {
    let board = three_people().await;
    let rig = Rig::new();
    rig.pull(&connection("tea", "lever", &board.url)).await;
    let before: Vec<u64> = list_segments(&rig.data_dir()).unwrap().iter().map(|segment| segment.records).collect();
    let erasure = Erasure { digests: phone_digests(&rig, "139-0000-1234"), ..Erasure::default() };
    let gone: Vec<String> = erasure.digests.iter().cloned().collect();
    let rewritten = rewrite_segments(&rig.data_dir(), &rig.keys, &erasure).unwrap();
    // The second application has no phone, but the same candidate.
    assert_eq!(rewritten.lines, 2);
    let ids: Vec<&str> = rewritten.applications.keys().map(|(_, id)| id.as_str()).collect();
    assert_eq!(ids, [FIRST, SECOND]);
    let disk = rig.on_disk();
    for clear in gone.iter().map(String::as_str).chain([FIRST, SECOND, CONTACT]) {
        assert!(!disk.contains(clear), "{clear} is still on disk");
    }
    assert!(disk.contains(OTHER));
    let segments = list_segments(&rig.data_dir()).unwrap();
    assert_eq!(segments.iter().map(|segment| segment.records).collect::<Vec<_>>(), before);
    let lines: Vec<_> = segments.iter().flat_map(|segment| read_segment(segment).unwrap().map(Result::unwrap)).collect();
    let erased: Vec<_> = lines.iter().filter(|line| line.id.starts_with("erased-")).collect();
    assert_eq!(erased.len(), 2);
    assert!(erased.iter().all(|line| line.identity.as_ref().unwrap().digests.is_empty()));
    let again = rewrite_segments(&rig.data_dir(), &rig.keys, &erasure).unwrap();
    assert_eq!(again.lines, 0, "erasing again changes nothing");
}

#[tokio::test]
async fn a_board_that_delivers_the_erased_again_brings_nothing_back() {
    let board = three_people().await;
    let rig = Rig::new();
    let digest = rig.keys.digest(DigestKind::PhoneE164, "+8613900001234");
    rig.world.bury(rig.keys.tombstone(&digest).unwrap());
    rig.world.bury(rig.keys.tombstone_source(Source::Candidate, "tea", CONTACT));
    let outcome = rig.pull(&connection("tea", "lever", &board.url)).await;
    assert_eq!(outcome.error, None);
    assert_eq!((outcome.fetched, outcome.landed), (3, 1));
    assert_eq!(rig.world.ids(), [OTHER]);
    assert!(!rig.on_disk().contains(CONTACT));
}

#[tokio::test]
async fn short_ids_do_not_damage_other_numbers() {
    let board =
        Board::start(|_, _| jobs(&[job(12, "Cook", "2026-09-02T08:00:00Z"), job(13, "Cook for 12 hours", "2026-09-02T08:00:00Z")])).await;
    let rig = Rig::new();
    rig.pull(&connection("tea", "greenhouse", &board.url)).await;
    let erasure = Erasure { applications: BTreeSet::from([("tea".to_owned(), "12".to_owned())]), ..Erasure::default() };
    let rewritten = rewrite_segments(&rig.data_dir(), &rig.keys, &erasure).unwrap();
    assert_eq!(rewritten.lines, 1);
    let disk = rig.on_disk();
    assert!(disk.contains("Cook for 12 hours") && disk.contains("\"id\":13"));
}
