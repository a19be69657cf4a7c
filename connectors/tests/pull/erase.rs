//! Erasure in landing, and boards that deliver the erased again.

use std::collections::{BTreeMap, BTreeSet};

use inflow_connectors::identity::{DigestKind, Person, Source, digest_person};
use inflow_connectors::landing::{Erasure, list_segments, read_segment, rewrite_segments};

use inflow_config::Connection;
use inflow_connectors::spec::Kind;

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

fn phone_digests(rig: &Rig, phone: &str) -> BTreeMap<[u8; 16], String> {
    let person = Person { phones: vec![phone.to_owned()], ..Person::default() };
    digest_person(&rig.keys, &person, "CN").digests.into_iter().map(|digest| (digest.value, "one".to_owned())).collect()
}

fn application(connection: &str, id: &str) -> BTreeMap<(String, String), String> {
    BTreeMap::from([((connection.to_owned(), id.to_owned()), "one".to_owned())])
}

#[tokio::test]
async fn a_person_leaves_landing_and_the_count_stays() {
    let board = three_people().await;
    let rig = Rig::new();
    rig.pull(&connection("tea", "lever", &board.url)).await;
    let before: Vec<u64> = list_segments(&rig.data_dir()).unwrap().iter().map(|segment| segment.records).collect();
    let erasure = Erasure { digests: phone_digests(&rig, "139-0000-1234"), ..Erasure::default() };
    let gone: Vec<String> = erasure.digests.keys().map(hex::encode).collect();
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
    // What they have in common says nothing, and is not the phone's tombstone either.
    let common: BTreeSet<_> = erased.iter().flat_map(|line| &line.identity.as_ref().unwrap().digests).collect();
    assert_eq!(common.iter().map(|digest| digest.kind).collect::<Vec<_>>(), [DigestKind::Erased]);
    assert!(common.iter().all(|digest| rig.keys.tombstone(digest).is_none()));
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

const CASES: &str =
    "kind = \"applications\"\nid = \"编号\"\nkeep = [\"说明\"]\n[fields]\nposting_source_id = \"职位\"\n[identity]\nphone = \"电话\"\n";

#[tokio::test]
async fn short_ids_do_not_damage_other_numbers() {
    let rig = Rig::new();
    let mapping = rig.file("cases.toml", CASES);
    let sheet = rig.file("cases.csv", "编号,职位,说明,电话\n12,9,店员,19900000001\n13,12,做 12 小时,19900000002\n");
    rig.import(&Connection::new("tea", "file"), Kind::Applications, &[sheet], Some(&mapping)).await;
    let erasure = Erasure { applications: application("tea", "12"), ..Erasure::default() };
    let rewritten = rewrite_segments(&rig.data_dir(), &rig.keys, &erasure).unwrap();
    assert_eq!(rewritten.lines, 1);
    let disk = rig.on_disk();
    assert!(disk.contains("做 12 小时") && disk.contains("\"编号\":\"13\"") && disk.contains("\"职位\":\"12\""), "{disk}");
}

#[tokio::test]
async fn a_posting_with_the_id_of_an_application_is_not_about_the_person() {
    let board = Board::start(|_, _| jobs(&[job(12, "Cook", "2026-09-02T08:00:00Z")])).await;
    let rig = Rig::new();
    rig.pull(&connection("tea", "greenhouse", &board.url)).await;
    let erasure = Erasure { applications: application("tea", "12"), ..Erasure::default() };
    assert_eq!(rewrite_segments(&rig.data_dir(), &rig.keys, &erasure).unwrap().lines, 0);
}

/// Three people at the phone of one shop, of whom landing is told as the store knows them.
const SHOP: &str = "编号,职位,说明,电话,姓名\n12,9,店员,19900000001,测试甲\n13,9,店员,19900000001,测试乙\n14,9,店员,19900000001,测试丙\n";

#[tokio::test]
async fn one_of_a_shared_phone_goes_alone_and_all_of_it_go_as_people_apart() {
    let rig = Rig::new();
    let mapping = rig.file("cases.toml", format!("{CASES}name = \"姓名\"\n"));
    let sheet = rig.file("cases.csv", SHOP);
    rig.import(&Connection::new("tea", "file"), Kind::Applications, &[sheet], Some(&mapping)).await;
    let marks = |rig: &Rig| -> Vec<BTreeSet<[u8; 16]>> {
        let segments = list_segments(&rig.data_dir()).unwrap();
        let lines = segments.iter().flat_map(|segment| read_segment(segment).unwrap().map(Result::unwrap));
        let identities = lines.filter_map(|line| line.identity);
        identities.map(|identity| identity.digests.iter().map(|digest| digest.value).collect()).collect()
    };
    let before = marks(&rig);
    let one = Erasure { applications: application("tea", "12"), ..Erasure::default() };
    assert_eq!(rewrite_segments(&rig.data_dir(), &rig.keys, &one).unwrap().lines, 1);
    assert_eq!(marks(&rig).iter().filter(|known| before.contains(known)).count(), 2);
    // The phone itself is asked for; the store knows of number 13 only.
    let phone = phone_digests(&rig, "19900000001").into_keys().map(|hex| (hex, String::new())).collect();
    let another = BTreeMap::from([(("tea".to_owned(), "13".to_owned()), "another".to_owned())]);
    let all = Erasure { digests: phone, applications: another, ..Erasure::default() };
    assert_eq!(rewrite_segments(&rig.data_dir(), &rig.keys, &all).unwrap().lines, 2);
    assert_eq!(marks(&rig).into_iter().collect::<BTreeSet<_>>().len(), 3, "three people are three");
}

const HIRES: &str = r#"
kind = "employment"
id = ["工号", "入职日期"]
[fields]
employee = "工号"
onboard_on = { path = "入职日期", format = "%Y-%m-%d" }
store = "门店"
leave_reason = "离职原因"
[identity]
name = "姓名"
phone = "电话"
"#;

#[tokio::test]
async fn erasing_reaches_what_became_of_the_case_and_keeps_the_count() {
    let rig = Rig::new();
    let mapping = rig.file("hires.toml", HIRES);
    let sheet = rig.file(
        "hires.csv",
        "工号,姓名,电话,门店,入职日期,离职原因\nE1007,测试甲,19900000001,徐汇,2026-03-01,回电 19900000001\nE1008,测试乙,19900000002,徐汇,2026-03-01,\n",
    );
    let hr = Connection::new("hr", "file");
    let outcome = rig.import(&hr, Kind::Employment, std::slice::from_ref(&sheet), Some(&mapping)).await;
    assert_eq!((outcome.error, outcome.landed), (None, 2));
    let before = rig.on_disk();
    assert!(!before.contains("测试甲") && !before.contains("19900000001") && !before.contains("\"工号\":\"E1007\""), "{before}");

    let erasure = Erasure { digests: phone_digests(&rig, "19900000001"), ..Erasure::default() };
    let rewritten = rewrite_segments(&rig.data_dir(), &rig.keys, &erasure).unwrap();
    assert_eq!(rewritten.lines, 1);
    assert_eq!(rewritten.candidates.len(), 1);
    let code = rig.keys.recruiter_code("E1007");
    let disk = rig.on_disk();
    let gone: Vec<String> = erasure.digests.keys().map(hex::encode).collect();
    for clear in gone.iter().map(String::as_str).chain(["E1007", code.as_str()]) {
        assert!(!disk.contains(clear), "{clear} is still on disk");
    }
    assert!(disk.contains("E1008") && disk.matches("2026-03-01").count() >= 2, "days stay: {disk}");
    assert_eq!(rewrite_segments(&rig.data_dir(), &rig.keys, &erasure).unwrap().lines, 0);

    // The sheet comes again: the person stays away.
    for digest in digest_person(&rig.keys, &Person { phones: vec!["19900000001".to_owned()], ..Person::default() }, "CN").digests {
        rig.keys.tombstone(&digest).into_iter().for_each(|tombstone| rig.world.bury(tombstone));
    }
    rig.import(&hr, Kind::Employment, &[sheet], Some(&mapping)).await;
    assert!(!rig.on_disk().contains("E1007"));
}
