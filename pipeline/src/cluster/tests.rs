//! Properties of the whole: from postings to clusters, without a store.

use super::candidates::{Banded, Index};
use super::compare::{Comparison, Relation, compare, may_be_same};
use super::component::{Edge, Guarded, components};
use super::form::{Form, Posting};
use super::text::mix;
use proptest::prelude::*;
use std::collections::BTreeMap;

/// A sentence of letters that no other number has in this order.
fn sentence(number: usize) -> String {
    let letter = |at: u64| char::from_u32(0x4e00 + u32::try_from(mix(number as u64 * 1_000 + at) % 18_000).unwrap_or(0)).unwrap_or('一');
    (0..20).map(letter).chain(['；']).collect()
}

fn body(sentences: impl IntoIterator<Item = usize>) -> String {
    sentences.into_iter().map(sentence).collect()
}

fn posting(key: &str, title: &str, company: &str, city: &str, body: String) -> Posting {
    Posting { key: key.into(), title: title.into(), company: company.into(), city: city.into(), body, ..Posting::default() }
}

fn compared(a: &Posting, b: &Posting) -> Comparison {
    compare(&Form::of(a), &Form::of(b))
}

/// Key and cluster of each posting, by the way that the store goes.
pub(super) fn clusters(postings: &[Posting]) -> BTreeMap<String, String> {
    let forms: BTreeMap<u64, Form> = postings.iter().map(Form::of).map(|form| (form.id, form)).collect();
    let forms: Vec<Form> = forms.into_values().collect();
    let banded: Vec<Banded> = forms.iter().map(Banded::of).collect();
    let pairs = Index::of(&banded).pairs(|a, b| may_be_same(&forms[a].facts, &forms[b].facts));
    let edges: Vec<Edge> = pairs
        .into_iter()
        .map(|(a, b)| (a as usize, b as usize, compare(&forms[a as usize], &forms[b as usize])))
        .filter(|(_, _, found)| found.same)
        .map(|(a, b, found)| Edge { a, b, score: found.score, decided: false })
        .collect();
    let guarded = |form: &Form| Guarded {
        cities: form.facts.cities.clone(),
        country: form.facts.country.clone(),
        store: form.facts.store.clone(),
        level: Some(form.facts.level.clone()),
    };
    let roots = components(&forms.iter().map(guarded).collect::<Vec<_>>(), &edges, &[]);
    let root = |posting: &Posting| {
        let id = Form::of(posting).id;
        forms.iter().position(|form| form.id == id).map(|at| roots[at])
    };
    let mut smallest: BTreeMap<Option<usize>, &str> = BTreeMap::new();
    for posting in postings {
        let slot = smallest.entry(root(posting)).or_insert(&posting.key);
        *slot = (*slot).min(&posting.key);
    }
    postings.iter().map(|posting| (posting.key.clone(), smallest[&root(posting)].to_owned())).collect()
}

#[test]
fn an_edited_ad_on_another_channel_is_of_the_same_job() {
    let ad = posting("boss/1", "门店导购", "示例服饰有限公司", "上海", body(0..14));
    let edited = posting("zhaopin/1", "【急聘】门店导购", "示例服饰", "上海", body((0..3).chain(4..14)) + "联系时请说明来意。");
    let found = compared(&ad, &edited);
    assert!(found.same, "{found:?}");
    assert_eq!(clusters(&[edited, ad])["zhaopin/1"], "boss/1");
}

#[test]
fn siblings_levels_and_shops_are_other_jobs_whatever_the_text() {
    let ad = posting("a/1", "门店导购", "示例服饰有限公司", "上海", body(0..14));
    let sibling = Posting { key: "a/2".into(), city: "杭州".into(), ..ad.clone() };
    let senior = Posting { key: "a/3".into(), title: "高级门店导购".into(), ..ad.clone() };
    let other_company = Posting { key: "a/4".into(), company: "另一家服饰有限公司".into(), ..ad.clone() };
    let (one_shop, other_shop) =
        (Posting { store: "一店".into(), ..ad.clone() }, Posting { key: "a/5".into(), store: "二店".into(), ..ad.clone() });
    for other in [&sibling, &senior, &other_company] {
        assert!(!compared(&ad, other).same, "{other:?}");
    }
    assert!(!compared(&one_shop, &other_shop).same);
    let (at_home, abroad) =
        (Posting { country: "CN".into(), ..ad.clone() }, Posting { country: "DE".into(), city: String::new(), ..ad.clone() });
    assert!(!compared(&at_home, &abroad).same);
    let in_both = Posting { key: "a/6".into(), city: String::new(), place: "杭州 | 上海".into(), ..ad.clone() };
    assert_eq!((compared(&ad, &in_both).city, compared(&ad, &in_both).same), (Relation::Contained, true));
    assert!(compared(&ad, &one_shop).same);
    assert_eq!(compared(&ad, &sibling).city, Relation::Different);
}

#[test]
fn twins_that_share_sixty_per_cent_are_two_jobs() {
    let one = posting("a/1", "算法工程师", "示例科技有限公司", "上海", body(0..20));
    let twin = posting("a/2", "算法工程师", "示例科技有限公司", "上海", body((0..12).chain(40..48)));
    let found = compared(&one, &twin);
    assert!(!found.same && found.own > 0.25, "{found:?}");
    // The shorter version of one ad has nothing of its own.
    let shorter = posting("a/3", "算法工程师", "示例科技有限公司", "上海", body(0..14));
    assert!(compared(&one, &shorter).same);
}

#[test]
fn a_speciality_in_the_title_is_another_job_and_a_mark_is_none() {
    let of = |title: &str| posting("a/1", title, "Acme", "Hangzhou", body(0..14));
    for (a, b, expected) in [
        ("Security Analyst (SOC)", "Security Analyst (Blue Team)", false),
        ("Software Engineer 2", "Software Engineer 3", false),
        ("Account Manager", "Account Manager (Spanish speaking)", false),
        ("Account Manager", "ACCOUNT MANAGER (Urgent)", true),
        ("Account Manager", "Acount Manager", true),
    ] {
        assert_eq!(compared(&of(a), &of(b)).same, expected, "{a}, {b}");
    }
}

#[test]
fn what_a_title_adds_is_no_other_job_where_both_texts_tell_it() {
    let of = |title: &str, told: &str| posting("a/1", title, "示例", "杭州", body(0..30) + told);
    for (a, b, told, expected) in [
        ("Software Engineer", "Software Engineer, TLM", "As TLM you will build a team.", Relation::Contained),
        (
            "Account Executive, Midwest",
            "Account Executive, Uber Eats, Midwest (Bilingual Spanish Required)",
            "UberEats. Fluent in Spanish",
            Relation::Contained,
        ),
        ("客服专员", "客服专员（英语）", "英语流利。", Relation::Contained),
        // Told by chance within another word, not told, told in part only, or nothing that could be told.
        ("Security Analyst", "Security Analyst (SOC)", "Work with an associate.", Relation::Different),
        ("Security Engineer", "Security Engineer (Embedded OT)", "We secure OT.", Relation::Different),
        ("Account Executive", "Account Executive (Bilingual Required)", "Bilingual candidates are required.", Relation::Different),
        // Each adds something, something is added in front, or it is the job that is another.
        ("Security Engineer (Blue Team)", "Security Engineer (Red Team)", "Blue team, red team.", Relation::Different),
        ("Engineer", "Manager, Engineer", "Report to the manager.", Relation::Different),
        ("会计", "会计主管", "向会计主管汇报。", Relation::Different),
    ] {
        let (a, b) = (of(a, told), of(b, told));
        let found = compared(&a, &b);
        assert_eq!((found.title, found.same), (expected, expected == Relation::Contained), "{a:?} {b:?}");
        assert!(!found.same || clusters(&[a, Posting { key: "b/1".into(), ..b }])["b/1"] == "a/1");
    }
    // The text of the one with the shorter title tells nothing of it.
    let (bare, more) = (of("Officer", ""), of("Officer (Payments)", "Payments."));
    assert_eq!(compared(&bare, &more).title, Relation::Different);
}

#[test]
fn a_line_that_is_nothing_but_a_place_says_where_when_nothing_else_does() {
    let of = |place: &str, line: &str| {
        let body = format!("{}\n{line}\n{}", body(0..14), body(20..22));
        Form::of(&Posting { place: place.into(), ..posting("a/1", "Engineer", "Acme", "", body) }).facts
    };
    assert_eq!(of("Unspecified", "Remote Germany").country, "DE");
    assert_eq!(of("", "Berlin, Germany").cities, ["Berlin"]);
    assert_eq!(of("Spain", "Remote Germany").country, "ES");
    assert!(of("", "Berlin\nParis").cities.is_empty());
    assert!(of("", "We are in Berlin and elsewhere").cities.is_empty());
    assert_eq!(of("", "Location: Paris\nBerlin").cities, ["Paris"]);
}

#[test]
fn a_text_that_says_nothing_joins_nobody() {
    let ad = posting("a/1", "门店导购", "示例服饰有限公司", "上海", "待遇从优,欢迎咨询".into());
    assert!(!compared(&ad, &Posting { key: "b/1".into(), ..ad.clone() }).same);
}

#[test]
fn names_of_companies_as_boards_spell_them() {
    let of = |company: &str| posting("a/1", "会计", company, "上海", body(0..14));
    for (a, b, expected) in [
        ("示例科技有限公司", "示例科技", Relation::Equal),
        ("上海示例科技有限公司", "示例科技", Relation::Contained),
        ("示例科技发展", "示例科技...", Relation::Contained),
        ("示例云科技", "示例云科枝", Relation::OneEdit),
        ("Acme Robotics Inc.", "acme robotics", Relation::Equal),
        ("Unit 12", "Unit 1", Relation::OneEdit),
        ("示例科技", "测试物流", Relation::Different),
        ("", "示例科技", Relation::Unknown),
    ] {
        assert_eq!(compared(&of(a), &of(b)).company, expected, "{a} {b}");
    }
}

#[test]
fn a_chain_between_two_cities_is_cut_at_its_weakest() {
    let cities = |city: &str| if city.is_empty() { Vec::new() } else { vec![city.to_owned()] };
    let node = |city: &str| Guarded { cities: cities(city), level: Some(String::new()), ..Guarded::default() };
    let nodes = [node("上海"), node(""), node(""), node("杭州")];
    let edge = |a, b, score| Edge { a, b, score, decided: false };
    let chain = [edge(0, 1, 0.9), edge(1, 2, 0.6), edge(2, 3, 0.8)];
    assert_eq!(components(&nodes, &chain, &[]), [0, 0, 2, 2]);
    // People decide against the guard, and apart against everything.
    let decided = [chain[0], chain[1], chain[2], Edge { decided: true, ..edge(0, 3, 2.0) }];
    assert_eq!(components(&nodes, &decided, &[]), [0, 0, 0, 0]);
    assert_eq!(components(&nodes, &chain, &[(0, 1)]), [0, 1, 1, 1]);
}

/// Postings of a few jobs, texts cut and mixed, some without a city.
fn postings() -> impl Strategy<Value = Vec<Posting>> {
    let one = (0..3_usize, 0..3_usize, 0..3_usize, 0..4_usize, any::<bool>());
    prop::collection::vec(one, 0..12).prop_map(|all| {
        let made = all.into_iter().enumerate().map(|(at, (job, company, city, cut, twin))| {
            let text = body((job * 20 + cut..job * 20 + 16).chain(if twin { 80..84 } else { 0..0 }));
            let title = ["会计", "【急聘】会计", "会计(双休)"][at % 3];
            posting(&format!("c/{at:02}"), title, ["示例", "示例集团", "测试"][company], ["", "上海", "杭州"][city], text)
        });
        made.collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn clusters_do_not_depend_on_the_order(all in postings(), by in 0_usize..12) {
        let first = clusters(&all);
        let mut turned = all.clone();
        if !turned.is_empty() {
            let turn = by % turned.len();
            turned.rotate_left(turn);
            turned.reverse();
        }
        prop_assert_eq!(first, clusters(&turned));
    }

    #[test]
    fn no_cluster_has_two_cities(all in postings()) {
        let found = clusters(&all);
        for a in &all {
            for b in &all {
                if found[&a.key] == found[&b.key] {
                    prop_assert!(a.city.is_empty() || b.city.is_empty() || a.city == b.city);
                }
            }
        }
    }

    #[test]
    fn a_comparison_is_symmetric(all in postings()) {
        for pair in all.windows(2) {
            prop_assert_eq!(compared(&pair[0], &pair[1]), compared(&pair[1], &pair[0]));
        }
    }
}
