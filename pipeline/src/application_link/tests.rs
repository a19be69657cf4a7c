use super::application::{Application, Begun, Evidence, Rules, Word, Words};
use super::verdict::Conflict;
use super::{Linked, link};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

const BOARD: u16 = 0;
const MAIL: u16 = 1;
const SYSTEM: u16 = 2;
const DAY: i64 = 86_400_000;

/// Applications of three connections: a board's export, a mailbox, an applicant tracking system.
#[derive(Default)]
struct Company {
    words: Words,
    applications: Vec<Application>,
}

impl Company {
    /// An application for a clerk's job through BOSS; `person` is a usable key, 0 for none.
    fn add(&mut self, connection: u16, source_id: &str, person: u64, day: i32) -> &mut Application {
        let evidence = if connection == SYSTEM { Evidence::Named } else { Evidence::OwnChannel };
        let (channel, title) = (self.words.word("boss"), self.words.word("clerk"));
        let alone = source_id.bytes().fold(u64::from(connection) + 1_000, |hash, byte| hash.wrapping_mul(257) + u64::from(byte));
        self.applications.push(Application {
            connection,
            source_id: source_id.into(),
            person: if person == 0 { alone } else { person },
            linkable: person != 0,
            names: vec![7],
            channel,
            evidence,
            requisition: Word::default(),
            title,
            store: Word::default(),
            applied_day: Some(day),
            begun: Begun::On { ms: i64::from(day) * DAY, day },
            outcome: Word::default(),
        });
        self.applications.last_mut().unwrap()
    }

    fn linked(&self) -> Linked {
        let names = ["board", "mail", "system"].map(str::to_owned);
        link(&self.applications, &names, &self.words, Rules::default())
    }

    /// Members of each linked case, and its channel.
    fn cases(&self) -> Vec<String> {
        let mut cases: BTreeMap<String, (String, Vec<String>)> = BTreeMap::new();
        for link in self.linked().links {
            let case = cases.entry(link.case_id).or_default();
            case.0 = link.channel;
            case.1.push(format!("{}/{}", link.connection, link.source_id));
        }
        cases.into_values().map(|(channel, members)| format!("{} {channel}", members.join("+"))).collect()
    }

    fn conflict(&self, field: &str) -> Option<Conflict> {
        let mut found: Vec<Conflict> = self.linked().conflicts.into_iter().filter(|conflict| conflict.field == field).collect();
        assert!(found.len() < 2, "{found:?}");
        found.pop()
    }
}

#[test]
fn a_person_seen_three_times_is_one_case_for_the_boards_channel() {
    let mut company = Company::default();
    let own = company.words.word("moka");
    company.add(BOARD, "b", 5, 10);
    company.add(SYSTEM, "s", 5, 12).channel = own;
    company.applications[1].evidence = Evidence::Fallback;
    company.add(MAIL, "m", 0, 10);
    assert_eq!(company.cases(), ["board/b+mail/m+system/s boss"]);
    let linked = company.linked();
    let basis: Vec<String> = linked.links.iter().map(|link| link.basis.join(",")).collect();
    assert_eq!(basis, ["person_title,name_title_day", "name_title_day", "person_title,name_title_day"]);
    let places: Vec<(usize, usize)> = linked.links.iter().map(|link| (link.place, link.members)).collect();
    assert_eq!(places, [(1, 3), (2, 3), (3, 3)]);
}

#[test]
fn another_job_another_time_and_the_same_connection_are_other_cases() {
    let mut company = Company::default();
    let cook = company.words.word("cook");
    company.add(BOARD, "clerk", 5, 10);
    company.add(BOARD, "cook", 5, 10).title = cook;
    company.add(BOARD, "again", 5, 100);
    company.add(SYSTEM, "clerk", 5, 11);
    company.add(SYSTEM, "cook", 5, 11).title = cook;
    company.add(SYSTEM, "again", 5, 114);
    company.add(SYSTEM, "late", 5, 131);
    assert_eq!(company.cases(), ["board/again+system/again boss", "board/clerk+system/clerk boss", "board/cook+system/cook boss"]);
}

#[test]
fn the_nearest_find_each_other_and_a_chain_does_not_stretch_the_window() {
    let mut company = Company::default();
    company.add(BOARD, "first", 5, 10);
    company.add(BOARD, "second", 5, 18);
    company.add(SYSTEM, "second", 5, 19);
    company.add(SYSTEM, "first", 5, 12);
    assert_eq!(company.cases(), ["board/first+system/first boss", "board/second+system/second boss"]);
    let mut chain = Company::default();
    chain.add(BOARD, "a", 5, 10);
    chain.add(MAIL, "b", 5, 20);
    chain.add(SYSTEM, "c", 5, 31);
    assert_eq!(chain.cases(), ["board/a+mail/b boss"]);
}

#[test]
fn a_job_that_is_not_named_may_be_any_and_a_requisition_says_most() {
    let mut company = Company::default();
    let (clerk, cook, opening) = (company.words.word("clerk"), company.words.word("cook"), company.words.word("R-7"));
    company.add(BOARD, "untold", 5, 10).title = Word::default();
    company.add(BOARD, "named", 5, 11).requisition = opening;
    let renamed = company.add(SYSTEM, "renamed", 5, 14);
    (renamed.title, renamed.requisition) = (cook, opening);
    company.add(SYSTEM, "clerk", 5, 10).title = clerk;
    assert_eq!(company.cases(), ["board/named+system/renamed boss", "board/untold+system/clerk boss"]);
    let conflict = company.conflict("posting").unwrap();
    assert_eq!(
        (conflict.told, conflict.taken.as_str(), conflict.reason),
        (vec!["clerk".to_owned(), "cook".to_owned()], "clerk", "first_told")
    );
}

#[test]
fn who_delivers_one_channel_alone_is_believed_before_a_word_in_a_third_system() {
    let mut company = Company::default();
    let zhaopin = company.words.word("zhaopin");
    company.add(SYSTEM, "s", 5, 10).channel = zhaopin;
    company.add(BOARD, "b", 5, 11);
    assert_eq!(company.cases(), ["board/b+system/s boss"]);
    let conflict = company.conflict("channel").unwrap();
    assert_eq!(conflict.connections, ["board", "system"]);
    assert_eq!(conflict.source_ids, ["b", "s"]);
    assert_eq!(conflict.told, ["boss", "zhaopin"]);
    assert_eq!(
        (conflict.taken.as_str(), conflict.reason, conflict.at.as_deref()),
        ("boss", "own_channel", Some("1970-01-11 00:00:00.000"))
    );
    let conflict = company.conflict("applied_at").unwrap();
    assert_eq!((conflict.told, conflict.taken.as_str()), (vec!["1970-01-12".to_owned(), "1970-01-11".to_owned()], "1970-01-11"));
    // Days later, or for who knows which job, it is another resume: the person went on to another board.
    let title = std::mem::take(&mut company.applications[1].title);
    assert!(company.cases().is_empty());
    company.applications[1].title = title;
    company.applications[1].begun = Begun::On { ms: 12 * DAY, day: 12 };
    assert!(company.cases().is_empty());
}

#[test]
fn of_equals_the_earliest_says_the_channel_and_the_unknown_say_nothing() {
    let mut company = Company::default();
    let (zhaopin, unknown) = (company.words.word("zhaopin"), company.words.word("unknown:群"));
    company.add(BOARD, "b", 5, 11).evidence = Evidence::Named;
    company.add(SYSTEM, "s", 5, 10).channel = zhaopin;
    let stranger = company.add(MAIL, "m", 5, 3);
    (stranger.channel, stranger.evidence) = (unknown, Evidence::Unknown);
    assert_eq!(company.cases(), ["board/b+mail/m+system/s zhaopin"]);
    let conflict = company.conflict("channel").unwrap();
    assert_eq!(conflict.told, ["zhaopin", "boss", ""]);
    assert_eq!((conflict.taken.as_str(), conflict.reason), ("zhaopin", "earliest"));
}

#[test]
fn two_boards_that_each_deliver_a_resume_delivered_two() {
    let mut company = Company::default();
    let zhaopin = company.words.word("zhaopin");
    company.add(BOARD, "b", 5, 10);
    company.add(MAIL, "m", 5, 10).channel = zhaopin;
    assert!(company.cases().is_empty());
    // The system of both has one record: it goes with the board that it names.
    company.add(SYSTEM, "s", 5, 11).channel = zhaopin;
    assert_eq!(company.cases(), ["mail/m+system/s zhaopin"]);
    assert!(company.conflict("channel").is_none());
}

#[test]
fn outcomes_that_differ_are_listed_and_all_count() {
    let mut company = Company::default();
    let (rejected, withdrawn) = (company.words.word("rejected"), company.words.word("withdrawn"));
    company.add(BOARD, "b", 5, 10).outcome = rejected;
    company.add(SYSTEM, "s", 5, 10).outcome = withdrawn;
    company.add(MAIL, "m", 5, 10);
    let conflict = company.conflict("outcome").unwrap();
    assert_eq!(conflict.told, ["rejected", "", "withdrawn"]);
    assert_eq!((conflict.taken.as_str(), conflict.reason), ("rejected, withdrawn", "all_count"));
    assert_eq!(company.linked().conflicts.len(), 1);
}

#[test]
fn a_name_joins_only_when_nobody_else_can_be_meant() {
    let mut company = Company::default();
    company.add(SYSTEM, "s", 5, 10);
    company.add(MAIL, "m", 0, 11);
    assert_eq!(company.cases(), ["mail/m+system/s boss"]);
    // A namesake with another phone applies for the same job on the same day.
    company.add(SYSTEM, "t", 6, 10);
    assert!(company.cases().is_empty());
    let doubt = company.conflict("same_name").unwrap();
    assert_eq!(doubt.told, ["mail/m", "system/s", "system/t"]);
    assert_eq!((doubt.taken.as_str(), doubt.reason), ("", "ambiguous"));
    // Whom the board also knows by phone stays one case; the mail may still be anybody's.
    company.add(BOARD, "b", 5, 10);
    assert_eq!(company.cases(), ["board/b+system/s boss"]);
    assert_eq!(company.conflict("same_name").unwrap().told, ["board/b", "mail/m", "board/b", "system/t"]);
}

#[test]
fn a_name_needs_channel_title_and_day() {
    let changes: [fn(&mut Application); 4] = [
        |a| (a.begun, a.applied_day) = (Begun::On { ms: 12 * DAY, day: 12 }, Some(12)),
        |a| a.title = Word::default(),
        |a| a.names = vec![8],
        |a| a.begun = Begun::By { ms: 10 * DAY, day: 10 },
    ];
    for change in changes {
        let mut company = Company::default();
        company.add(SYSTEM, "s", 5, 10);
        change(company.add(MAIL, "m", 0, 10));
        assert!(company.cases().is_empty());
    }
    let mut company = Company::default();
    let (zhaopin, unknown) = (company.words.word("zhaopin"), company.words.word("unknown:"));
    company.add(SYSTEM, "s", 5, 10);
    company.add(MAIL, "m", 0, 10).channel = zhaopin;
    assert!(company.cases().is_empty());
    (company.applications[1].channel, company.applications[1].evidence) = (unknown, Evidence::Unknown);
    assert_eq!(company.cases(), ["mail/m+system/s boss"]);
}

#[test]
fn different_phones_are_different_people_whatever_their_name() {
    let mut company = Company::default();
    company.add(SYSTEM, "s", 5, 10);
    company.add(BOARD, "b", 6, 10);
    assert!(company.cases().is_empty());
    assert!(company.linked().conflicts.is_empty());
}

#[test]
fn what_was_only_seen_began_before_that() {
    let mut company = Company::default();
    company.add(SYSTEM, "s", 5, 40).begun = Begun::By { ms: 40 * DAY, day: 40 };
    company.applications[0].applied_day = None;
    company.add(BOARD, "before", 5, 10);
    company.add(BOARD, "after", 5, 50);
    assert_eq!(company.cases(), ["board/before+system/s boss"]);
    assert!(company.conflict("applied_at").is_none());
}

#[test]
fn a_desk_of_hundreds_is_no_person() {
    let mut company = Company::default();
    for number in 0..150 {
        company.add(BOARD, &format!("b{number}"), 5, 10).names.clear();
        company.add(SYSTEM, &format!("s{number}"), 5, 10).names.clear();
    }
    assert!(company.cases().is_empty());
}

/// (connection, person, name, channel, evidence, title, day, seen only)
type Draw = (u16, u64, u64, u8, u8, u8, i32, bool);

fn company_of(draws: &[Draw]) -> Company {
    let mut company = Company::default();
    let channels = ["boss", "zhaopin", "unknown:x"].map(|word| company.words.word(word));
    let titles = ["", "clerk", "cook"].map(|word| company.words.word(word));
    for (number, (connection, person, name, channel, evidence, title, day, seen)) in draws.iter().enumerate() {
        let application = company.add(*connection, &format!("a{number:02}"), *person, *day);
        application.names = if *name == 0 { vec![] } else { vec![*name] };
        application.channel = channels[usize::from(*channel)];
        application.evidence = match (channel, evidence) {
            (2, _) => Evidence::Unknown,
            (_, 0) => Evidence::OwnChannel,
            (_, 1) => Evidence::Named,
            _ => Evidence::Fallback,
        };
        application.title = titles[usize::from(*title)];
        if *seen {
            application.begun = Begun::By { ms: i64::from(*day) * DAY, day: *day };
        }
    }
    company
}

fn draws() -> impl Strategy<Value = Vec<Draw>> {
    prop::collection::vec((0_u16..3, 0_u64..4, 0_u64..3, 0_u8..3, 0_u8..3, 0_u8..3, 0_i32..20, prop::bool::weighted(0.1)), 0..24)
}

proptest! {
    /// Rows come in any order, and so do the words that number their texts.
    #[test]
    fn order_does_not_matter(draws in draws(), by in 0_usize..24) {
        let first = company_of(&draws);
        let mut other = Company { words: Words::default(), applications: first.applications.clone() };
        for application in &mut other.applications {
            for word in [&mut application.title, &mut application.channel] {
                *word = other.words.word(first.words.text(*word));
            }
        }
        let turn = by % other.applications.len().max(1);
        other.applications.rotate_left(turn);
        other.applications.reverse();
        prop_assert_eq!(first.linked(), other.linked());
    }

    #[test]
    fn a_case_holds_one_application_a_connection_and_one_person_with_keys(draws in draws()) {
        let company = company_of(&draws);
        let by_key: BTreeMap<String, &Application> = company.applications.iter().map(|a| (a.source_id.to_string(), a)).collect();
        let mut cases: BTreeMap<String, Vec<&Application>> = BTreeMap::new();
        for link in company.linked().links {
            cases.entry(link.case_id).or_default().push(by_key[&link.source_id]);
        }
        for members in cases.values() {
            prop_assert!(members.len() > 1);
            let connections: BTreeSet<u16> = members.iter().map(|a| a.connection).collect();
            prop_assert_eq!(connections.len(), members.len());
            let persons: BTreeSet<u64> = members.iter().filter(|a| a.linkable).map(|a| a.person).collect();
            prop_assert!(persons.len() < 2);
            for a in members {
                for b in members {
                    prop_assert!(a.source_id == b.source_id || a.can_be(b, Rules::default()));
                }
            }
        }
    }

    #[test]
    fn what_can_be_one_can_be_so_either_way(draws in draws()) {
        let company = company_of(&draws);
        for a in &company.applications {
            for b in &company.applications {
                prop_assert_eq!(a.can_be(b, Rules::default()), b.can_be(a, Rules::default()));
                prop_assert_eq!(a.same_job(b), b.same_job(a));
            }
        }
    }

    /// Where nobody tells a key, a person shows under one name, and two of one name in one connection make it unknown.
    #[test]
    fn names_alone_never_join_what_is_ambiguous(draws in draws()) {
        let company = company_of(&draws);
        for conflict in company.linked().conflicts.into_iter().filter(|conflict| conflict.field == "same_name") {
            let cases: BTreeSet<&String> = conflict.told.iter().collect();
            prop_assert!(cases.len() > 1, "{:?}", conflict);
        }
    }
}
