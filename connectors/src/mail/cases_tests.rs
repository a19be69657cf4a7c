use std::collections::HashSet;

use chrono_tz::Asia::Shanghai;

use super::*;
use crate::mail::pattern::Taken;
use crate::mail::template::MailKind;
use crate::spec::{MAILBOX_CONNECTOR, spec};

fn at(text: &str) -> DateTime<Utc> {
    DateTime::parse_from_rfc3339(text).unwrap().with_timezone(&Utc)
}

fn fit(title: &str, name: &str, phone: &str, stage: Stage) -> Fit {
    let mut taken = Taken::default();
    for (slot, text) in [(Slot::Title, title), (Slot::Name, name), (Slot::Phone, phone)] {
        if !text.is_empty() {
            taken.insert(slot, text.to_owned());
        }
    }
    Fit { board: "茶".into(), kind: MailKind::Resume, stage, taken, at: None }
}

/// Messages: (title, name, phone, stage, time). Gives the lines after all of them, and how often something changed.
fn lines(messages: &[(&str, &str, &str, Stage, &str)], tombstones: &HashSet<String>) -> Vec<Line> {
    let keys = IdentityKeys::fixed_for_tests();
    let stream = spec(MAILBOX_CONNECTOR).unwrap().stream("resumes").unwrap();
    let references = std::collections::BTreeMap::new();
    let mut maker = LineMaker::new(stream, "box", "CN", &keys, tombstones, &references);
    let folder = tempfile::tempdir().unwrap();
    let mut cases = Cases::load(folder.path(), &keys, "box", stream, Shanghai, at("2026-10-01T00:00:00Z")).unwrap();
    let mut last: std::collections::BTreeMap<String, Line> = std::collections::BTreeMap::new();
    for (number, (title, name, phone, stage, time)) in messages.iter().enumerate() {
        cases.take(&fit(title, name, phone, *stage), at(time), &format!("m{number}"), &mut maker);
        for line in cases.drain() {
            last.insert(line.id.clone(), line);
        }
    }
    last.into_values().collect()
}

const APPLIED: Stage = Stage::Applied;

#[test]
fn a_notification_and_the_resume_are_one_application() {
    let messages = [
        ("茶艺师", "张测试", "", APPLIED, "2026-09-01T02:00:00Z"),
        ("茶艺师 ", "张测试", "19900000001", APPLIED, "2026-09-02T02:00:00Z"),
        ("茶艺师", "", "19900000001", Stage::Invited, "2026-09-05T01:00:00Z"),
    ];
    let found = lines(&messages, &HashSet::new());
    assert_eq!(found.len(), 1);
    assert_eq!(
        found[0].record,
        json!({
            "board": "茶", "title": "茶艺师", "city": null, "first_at": "2026-09-01T02:00:00Z", "applied_at": "2026-09-01T02:00:00Z",
            "last_at": "2026-09-05T01:00:00Z", "changed_at": "2026-10-01T00:00:00.002Z",
            "stages": [{"stage": "applied", "at": "2026-09-01T02:00:00Z"}, {"stage": "invited", "at": "2026-09-05T01:00:00Z"}]
        })
    );
    let kinds: Vec<DigestKind> = found[0].identity.as_ref().unwrap().digests.iter().map(|digest| digest.kind).collect();
    assert!(kinds.contains(&DigestKind::PhoneE164) && kinds.contains(&DigestKind::NameExact), "{kinds:?}");
}

#[test]
fn other_titles_people_and_times_are_other_applications() {
    let messages = [
        ("茶艺师", "张测试", "19900000001", APPLIED, "2026-09-01T02:00:00Z"),
        ("店长", "张测试", "19900000001", APPLIED, "2026-09-01T03:00:00Z"),
        ("茶艺师", "张测试", "19900000002", APPLIED, "2026-09-01T04:00:00Z"),
        ("茶艺师", "张测试", "19900000001", APPLIED, "2026-09-20T02:00:00Z"),
    ];
    assert_eq!(lines(&messages, &HashSet::new()).len(), 4);
}

#[test]
fn the_order_of_arrival_does_not_split_a_case_and_reading_again_changes_nothing() {
    let messages =
        [("茶艺师", "张测试", "19900000001", APPLIED, "2026-09-03T02:00:00Z"), ("茶艺师", "张测试", "", APPLIED, "2026-09-01T02:00:00Z")];
    let once = lines(&messages, &HashSet::new());
    let twice = lines(&[messages, messages].concat(), &HashSet::new());
    assert_eq!(once.len(), 1);
    assert_eq!(once, twice);
    assert_eq!(once[0].record["applied_at"], "2026-09-01T02:00:00Z");
}

#[test]
fn somebody_without_a_digest_is_one_case_a_message() {
    let message = ("茶艺师", "张女士", "", APPLIED, "2026-09-01T02:00:00Z");
    assert_eq!(lines(&[message, message], &HashSet::new()).len(), 2, "two messages may be two people of that name");
}

#[test]
fn a_masked_phone_is_settled_by_a_whole_one() {
    let messages = [
        ("茶艺师", "张测试", "199****0001", APPLIED, "2026-09-01T02:00:00Z"),
        ("茶艺师", "张测试", "19900000001", APPLIED, "2026-09-01T03:00:00Z"),
    ];
    let found = lines(&messages, &HashSet::new());
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].identity.as_ref().unwrap().flags, []);
}

#[test]
fn an_erased_person_stays_erased() {
    let keys = IdentityKeys::fixed_for_tests();
    let phone = keys.digest(DigestKind::PhoneE164, "+8619900000001");
    let tombstones = HashSet::from([keys.tombstone(&phone).unwrap()]);
    let messages = [
        ("茶艺师", "张测试", "19900000001", APPLIED, "2026-09-01T02:00:00Z"),
        // Without the phone it is still the same case.
        ("茶艺师", "张测试", "", Stage::Invited, "2026-09-02T02:00:00Z"),
    ];
    assert_eq!(lines(&messages, &tombstones), []);
}

#[test]
fn somebody_known_by_name_only_stays_erased_too() {
    let message = ("茶艺师", "张测试", "", APPLIED, "2026-09-01T02:00:00Z");
    let id = lines(&[message], &HashSet::new())[0].id.clone();
    let keys = IdentityKeys::fixed_for_tests();
    let tombstones = HashSet::from([keys.tombstone_source(crate::identity::Source::Application, "box", &id)]);
    assert_eq!(lines(&[message, message], &tombstones), []);
}

#[test]
fn applications_of_one_person_share_a_candidate_while_they_tell_the_same() {
    let candidate = |messages: &[(&str, &str, &str, Stage, &str)]| -> Vec<String> {
        lines(messages, &HashSet::new()).into_iter().map(|line| line.identity.unwrap().candidate).collect()
    };
    let tea = ("茶艺师", "张测试", "19900000001", APPLIED, "2026-09-01T02:00:00Z");
    let cook = ("厨师", "张测试", "19900000001", APPLIED, "2026-09-02T02:00:00Z");
    let both = candidate(&[tea, cook]);
    assert!(both.len() == 2 && both[0] == both[1] && both[0].starts_with("resumes/"), "{both:?}");
    // Another name under the phone is another candidate, and so is a case that the phone was learnt of later.
    let other = candidate(&[tea, ("厨师", "李测试", "19900000001", APPLIED, "2026-09-02T02:00:00Z")]);
    assert_ne!(other[0], other[1]);
    let later =
        [("茶艺师", "张测试", "", APPLIED, "2026-09-01T02:00:00Z"), ("茶艺师", "张测试", "19900000001", APPLIED, "2026-09-02T02:00:00Z")];
    assert_eq!(candidate(&later), both[..1]);
}
