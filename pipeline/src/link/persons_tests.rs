use super::*;
use crate::link::{Link, Links};
use proptest::prelude::*;

/// A row: its id and what it tells. `p1` a phone, `m1` a mail, `d1` the number in it, `l1` its local part, `n王.样` a name (family
/// name and the rest), `w王` a masked one, `g王.f` one with a form of address, `eLin.X` a name in letters, `b1` a year of birth, `t3` the day, `j1` the posting.
type Told<'t> = (&'t str, &'t str);

fn value(kind: Kind, text: &str) -> u64 {
    let hash = blake3::hash(text.as_bytes());
    kind.value(hash.as_bytes().first_chunk::<8>().map_or(0, |bytes| u64::from_le_bytes(*bytes)))
}

fn facts(told: &str) -> (Vec<u64>, Days) {
    let mut values = Vec::new();
    let mut days = Days::default();
    for word in told.split_whitespace() {
        let (head, text) = word.split_at(1);
        let family = text.split('.').next().unwrap_or_default();
        match head {
            "p" => values.push(value(Kind::Phone, text)),
            "m" => values.push(value(Kind::Mail, text)),
            "d" => values.push(value(Kind::Digits, text)),
            "l" => values.push(value(Kind::Local, text)),
            "n" => values.extend([(Kind::Name, text), (Kind::Pinyin, text), (Kind::Surname, family)].map(|(kind, text)| value(kind, text))),
            "w" => values.push(value(Kind::Surname, text)),
            "g" => values.extend([value(Kind::Surname, family), value(Kind::Addressed, text)]),
            "e" => values.extend([(Kind::LatinName, text), (Kind::LatinPinyin, text)].map(|(kind, text)| value(kind, text))),
            "b" => values.push(value(Kind::Birth, text)),
            "j" => values.push(value(Kind::Posting, text)),
            "t" => days = text.parse().map(|day| Days { first: day, last: day }).unwrap_or_default(),
            other => panic!("unknown {other}"),
        }
    }
    (values, days)
}

fn rows(told: &[Told<'_>]) -> Rows {
    let mut sorted = told.to_vec();
    sorted.sort_unstable();
    let mut rows = Rows::new(&std::env::temp_dir());
    for (hash, (id, told)) in (0..).zip(sorted) {
        let (values, days) = facts(told);
        rows.push("c", id, hash, values, days).unwrap();
    }
    rows
}

fn found(rows: &mut Rows, decided: &Decided) -> Persons {
    persons(rows, &Model::shipped().unwrap(), decided).unwrap()
}

/// What is told of each link, in the order of the rows.
fn each_link<T>(rows: &mut Rows, decided: &Decided, tell: impl Fn(Link<'_>) -> T) -> Vec<T> {
    let found = found(rows, decided);
    let mut links = Links::new(rows, found);
    let mut told = Vec::new();
    rows.read().unwrap().each(|row| told.push(tell(links.link(row)))).unwrap();
    told
}

/// The groups of ids, sorted.
fn groups_with(told: &[Told<'_>], decided: &Decided) -> Vec<String> {
    let mut groups: std::collections::BTreeMap<String, Vec<String>> = std::collections::BTreeMap::new();
    for (person, id) in each_link(&mut rows(told), decided, |link| (link.person_id, link.source_id.to_owned())) {
        groups.entry(person).or_default().push(id);
    }
    groups.into_values().map(|ids| ids.join(" ")).collect()
}

fn groups(told: &[Told<'_>]) -> Vec<String> {
    groups_with(told, &Decided::default())
}

#[test]
fn a_chain_over_phone_and_mail_is_one_person() {
    assert_eq!(groups(&[("1", "p1"), ("2", "p1 m1"), ("3", "m1"), ("4", "")]), ["1 2 3", "4"]);
}

#[test]
fn each_link_tells_why() {
    let mut rows = rows(&[("1", "p1 n王.样"), ("2", "p1 m1 n王.样"), ("3", "m1"), ("4", "m1"), ("5", "m2")]);
    let basis = each_link(&mut rows, &Decided::default(), |link| link.basis.join(","));
    assert_eq!(basis, ["name_exact,phone_e164", "email_canonical,name_exact,phone_e164", "email_canonical", "email_canonical", ""]);
}

#[test]
fn an_agency_s_mailbox_joins_nobody_on_however_few_rows() {
    let told: Vec<(String, String)> = (0..8).map(|at| (format!("{at}"), format!("m1 p{at} n王.样{at}"))).collect();
    let told: Vec<Told<'_>> = told.iter().map(|(id, told)| (id.as_str(), told.as_str())).collect();
    assert_eq!(groups(&told).len(), 8);
    // Without names the phones tell them apart, without either a masked name does.
    for what in ["m1 p{}", "m1 w{}"] {
        let told: Vec<(String, String)> = (0..8).map(|at| (format!("{at}"), what.replace("{}", &at.to_string()))).collect();
        let told: Vec<Told<'_>> = told.iter().map(|(id, told)| (id.as_str(), told.as_str())).collect();
        assert_eq!(groups(&told).len(), 8, "{what}");
    }
    // A desk of two or three people is told apart by their names.
    assert_eq!(groups(&[("1", "m1 p1 n王.甲"), ("2", "m1 p2 n李.乙"), ("3", "m1 p2 n李.乙")]), ["1", "2 3"]);
}

#[test]
fn sixty_rows_of_a_keen_applicant_are_one_person() {
    let told: Vec<(String, String)> = (0..60).map(|at| (format!("{at:02}"), format!("p1 m{at} n王.样"))).collect();
    let told: Vec<Told<'_>> = told.iter().map(|(id, told)| (id.as_str(), told.as_str())).collect();
    assert_eq!(groups(&told).len(), 1);
}

#[test]
fn a_recycled_phone_is_two_people_and_the_row_between_goes_where_it_fits() {
    let two = [("1", "p1 m1 n王.甲"), ("2", "p1 m1 n王.甲"), ("3", "p1 m2 n李.乙"), ("4", "p1 n李.乙")];
    assert_eq!(groups(&two), ["1 2", "3 4"]);
    let between = [two.as_slice(), &[("5", "p1 w李"), ("6", "p1")]].concat();
    assert_eq!(groups(&between), ["1 2 6", "3 4 5"]);
}

#[test]
fn a_family_sharing_a_phone_is_as_many_people() {
    assert_eq!(groups(&[("1", "p1 g王.m"), ("2", "p1 g王.f"), ("3", "p1 g王.m")]), ["1 3", "2"]);
    assert_eq!(groups(&[("1", "p1 n王.甲"), ("2", "p1 n王.乙 t3"), ("3", "p1 n李.丙 t3"), ("4", "p1 n王.甲 m1")]), ["1 4", "2", "3"]);
}

#[test]
fn a_number_in_two_mails_is_enough_beside_the_name_that_another_row_of_the_person_tells() {
    let between = [("1", "m1 d7 n郑.晨"), ("2", "p1 n郑.晨"), ("3", "p1 m2 d7 eLin.X")];
    assert_eq!(groups(&between), ["1 2 3"]);
    assert_eq!(groups(&between[..2]), ["1", "2"]);
    assert_eq!(groups(&[between[0], between[2]]), ["1", "3"]);
    // Another name is another person's, and so is a number that only strangers' rows share.
    assert_eq!(groups(&[between[0], ("2", "p1 n李.乙"), between[2]]), ["1", "2 3"]);
    assert_eq!(groups(&[("1", "m1 d7"), ("2", "m2 d7"), ("3", "m3 d7")]), ["1", "2", "3"]);
}

#[test]
fn a_second_mailbox_with_the_same_number_is_the_same_person_by_name() {
    assert_eq!(groups(&[("1", "m1 d7 n王.甲"), ("2", "m2 d7 n王.甲"), ("3", "m3 d7 n李.乙"), ("4", "m4 d8 n王.甲")]), ["1 2", "3", "4"]);
    // A masked name with its form of address tells enough beside the number, a family name alone does not, and another form is another person.
    let masked = [("1", "m1 d7 g王.f"), ("2", "m2 d7 g王.f"), ("3", "m3 d7 w王"), ("4", "m4 d7 g王.m")];
    assert_eq!(groups(&masked), ["1 2", "3", "4"]);
    // Rows that differ in their postings alone are one, whatever else they tell.
    assert_eq!(groups(&[("1", "p1 g王.f j1"), ("2", "p1 g王.f j2"), ("3", "p1 g王.m j1")]), ["1 2", "3"]);
    // The same words before the @ are what people of one name choose.
    assert_eq!(groups(&[("1", "m1 l7 n王.甲"), ("2", "m2 l7 n王.甲")]), ["1", "2"]);
    // Where a phone says so, another mail is no matter.
    assert_eq!(groups(&[("1", "m1 p1 n王.甲"), ("2", "m2 p1 w王"), ("3", "m3 p1 eWang.A")]), ["1 2 3"]);
}

#[test]
fn namesakes_and_twins_are_two_people() {
    assert_eq!(groups(&[("1", "n王.甲 b1"), ("2", "n王.甲 b1")]), ["1", "2"]);
    assert_eq!(groups(&[("1", "n王.甲 b1 j1 t3 p1"), ("2", "n王.甲 b1 j1 t3 p2")]), ["1", "2"]);
    assert_eq!(groups(&[("1", "n王.甲 b1 p1 m1"), ("2", "n王.甲 b1 p2 m2")]), ["1", "2"]);
}

#[test]
fn rows_of_an_erased_person_stay_one() {
    let mut rows = Rows::new(&std::env::temp_dir());
    for (id, mark) in [("1", 7), ("2", 7), ("3", 8)] {
        rows.push("c", id, 0, vec![Kind::Erased.value(mark)], Days::default()).unwrap();
    }
    assert_eq!(found(&mut rows, &Decided::default()).person, [0, 0, 2]);
    assert!(each_link(&mut rows, &Decided::default(), |link| link.linkable).iter().all(|linkable| *linkable == 0));
}

#[test]
fn decisions_join_and_part() {
    let told = [("1", "p1 n王.甲"), ("2", "p1 n王.甲"), ("3", "p2 n李.乙"), ("4", "p1")];
    let mut decided = Decided::default();
    decided.are_one(vec![0, 2]);
    decided.are_not_one(&[0, 1]);
    assert_eq!(groups(&told), ["1 2 4", "3"]);
    assert_eq!(groups_with(&told, &decided), ["1 3 4", "2"]);
}

/// Any few rows of few people whose keys collide a lot.
fn any_rows() -> impl Strategy<Value = Vec<(String, String)>> {
    let word = prop::sample::select(vec![
        "p1", "p2", "p3", "m1", "m2", "m3", "d1", "d2", "l1", "n王.甲", "n王.乙", "n李.甲", "n赵.丙", "n孙.丁", "n周.戊", "w王", "w李",
        "eWang.A", "b1", "b2", "j1", "t3",
    ]);
    prop::collection::btree_map("[a-t]", prop::collection::vec(word, 0..6), 0..14)
        .prop_map(|rows| rows.into_iter().map(|(id, words)| (id, words.join(" "))).collect())
}

fn borrowed(told: &[(String, String)]) -> Vec<Told<'_>> {
    told.iter().map(|(id, told)| (id.as_str(), told.as_str())).collect()
}

proptest! {
    #[test]
    fn who_is_who_does_not_depend_on_what_was_linked_before(told in any_rows(), by in 0_usize..14) {
        // Rows always come sorted by key, so what could differ is what the words of a row were told in.
        let mut turned: Vec<(String, String)> = told.clone();
        for (_, words) in &mut turned {
            *words = words.split_whitespace().rev().collect::<Vec<_>>().join(" ");
        }
        if !turned.is_empty() {
            let turn = by % turned.len();
            turned.rotate_left(turn);
        }
        prop_assert_eq!(groups(&borrowed(&told)), groups(&borrowed(&turned)));
    }

    #[test]
    fn a_stranger_changes_nobody(told in any_rows()) {
        let more: Vec<(String, String)> = told.iter().cloned().chain([("z".to_owned(), "p9 m9 n赵.丁".to_owned())]).collect();
        let mut expected = groups(&borrowed(&told));
        expected.push("z".to_owned());
        prop_assert_eq!(groups(&borrowed(&more)), expected);
    }

    #[test]
    fn rows_ruled_apart_are_never_one(told in any_rows()) {
        prop_assume!(told.len() > 1);
        let mut decided = Decided::default();
        decided.are_not_one(&[0, 1]);
        let found = found(&mut rows(&borrowed(&told)), &decided);
        prop_assert_ne!(found.person[0], found.person[1]);
    }

    #[test]
    fn a_person_is_its_smallest_row(told in any_rows()) {
        let found = found(&mut rows(&borrowed(&told)), &Decided::default());
        for (row, person) in found.person.iter().enumerate() {
            prop_assert!(*person as usize <= row);
            prop_assert_eq!(found.person[*person as usize], *person);
        }
    }
}

/// Person, component and why, by id.
type Linked = std::collections::BTreeMap<String, (String, String, Vec<&'static str>)>;

fn linked(told: &[Told<'_>]) -> Linked {
    let mut ids: Vec<&str> = told.iter().map(|(id, _)| *id).collect();
    ids.sort_unstable();
    // The hash of a row is its number here.
    let tell = |link: Link<'_>| {
        let component = ids[usize::try_from(link.component).unwrap()].to_owned();
        (link.source_id.to_owned(), (link.person_id, component, link.basis))
    };
    each_link(&mut rows(told), &Decided::default(), tell).into_iter().collect()
}

/// The sorted values of a row.
fn told_by(words: &str) -> Vec<u64> {
    let (mut values, _) = facts(words);
    values.sort_unstable();
    values
}

/// Links `told` anew where it is another than `before`: as [`crate::link::changed`] asks the store to, in memory.
fn linked_by_change(before: &[Told<'_>], told: &[Told<'_>]) -> Linked {
    use std::collections::{BTreeMap, HashSet};
    let links = linked(before);
    let words =
        |told: &[Told<'_>]| -> BTreeMap<String, String> { told.iter().map(|(id, told)| ((*id).to_owned(), (*told).to_owned())).collect() };
    let (old, new) = (words(before), words(told));
    let keys_of = |words: Option<&String>| -> Vec<u64> { words.map(|words| compared(&told_by(words))).unwrap_or_default() };
    let touched: HashSet<&String> = old.keys().chain(new.keys()).filter(|id| old.get(*id) != new.get(*id)).collect();
    let mut keys: HashSet<u64> = touched.iter().flat_map(|id| [keys_of(old.get(*id)), keys_of(new.get(*id))].concat()).collect();
    let shares = |keys: &HashSet<u64>, id: &String| keys_of(old.get(id)).iter().any(|key| keys.contains(key));
    let components: HashSet<&String> =
        links.iter().filter(|(id, _)| touched.contains(id) || shares(&keys, id)).map(|(_, (_, component, _))| component).collect();
    let reached: HashSet<&String> = links
        .iter()
        .filter(|(_, (_, component, _))| components.contains(component))
        .map(|(id, _)| id)
        .chain(touched.iter().copied())
        .collect();
    keys.extend(reached.iter().flat_map(|id| keys_of(old.get(*id))));
    let among: Vec<Told<'_>> = told
        .iter()
        .copied()
        .filter(|(id, _)| {
            let id = (*id).to_owned();
            reached.contains(&id) || shares(&keys, &id)
        })
        .collect();
    let mut result: Linked = links.iter().filter(|(id, _)| !reached.contains(id)).map(|(id, link)| (id.clone(), link.clone())).collect();
    result.extend(linked(&among).into_iter().filter(|(id, _)| reached.contains(id)));
    result
}

/// A desk of as many people as make one, or one fewer, and some rows that have its phone too.
fn desk_rows() -> impl Strategy<Value = Vec<(String, String)>> {
    let name = prop::sample::select(vec!["n王.甲", "n李.乙", "w王", ""]);
    let key = || prop::sample::select(vec!["p1", "p1", "p2", "m1", "m2", "m3", "d1", ""]);
    let row = (name, key(), key()).prop_map(|(name, one, other)| format!("{name} {one} {other}"));
    (3_usize..6, prop::collection::btree_map("[a-i]", row, 0..7)).prop_map(|(desk, rows)| {
        let people = ["n赵.丙", "n孙.丁", "n周.戊", "n吴.己", "n郑.庚"].iter().take(desk);
        let desk = people.zip('p'..).map(|(name, id)| (id.to_string(), format!("{name} p1")));
        rows.into_iter().chain(desk).collect()
    })
}

#[test]
fn what_a_change_leads_past_is_asked_too() {
    let desk = ["n赵.丙", "n孙.丁", "n周.戊", "n吴.己"].map(|name| format!("{name} p1"));
    let mut before: Vec<Told<'_>> = desk.iter().zip(["p", "q", "r", "s"]).map(|(told, id)| (id, told.as_str())).collect();
    before.extend([("x", "n王.甲 p1 m1"), ("y", "n王.甲 p1 m2")]);
    // The two are reached through their mails; that their phone is a desk's is told by rows that are not.
    let told = [before.as_slice(), &[("z", "m1 m2 n李.乙")]].concat();
    assert_eq!(linked_by_change(&before, &told), linked(&told));
    assert_eq!(groups(&told).len(), 7);
    // One person fewer, and it is no desk: all that share the phone are reached.
    let told: Vec<Told<'_>> = before.iter().copied().filter(|(id, _)| *id != "p").collect();
    assert_eq!(linked_by_change(&before, &told), linked(&told));
    assert!(groups(&told).contains(&"x y".to_owned()), "{:?}", groups(&told));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]
    #[test]
    fn linking_what_a_change_reaches_links_as_linking_all_does(
        before in prop_oneof![any_rows(), desk_rows()],
        after in prop_oneof![any_rows(), desk_rows()],
        few in 1_usize..4,
    ) {
        // A few rows change, come or go.
        let mut told: std::collections::BTreeMap<String, String> = before.iter().cloned().collect();
        for id in told.keys().take(few / 2).cloned().collect::<Vec<_>>() {
            told.remove(&id);
        }
        told.extend(after.into_iter().take(few));
        let told: Vec<(String, String)> = told.into_iter().collect();
        prop_assert_eq!(linked_by_change(&borrowed(&before), &borrowed(&told)), linked(&borrowed(&told)));
    }
}
