use std::collections::{BTreeMap, BTreeSet};

use inflow_config::{Persona, Personas};

use super::*;

fn now() -> DateTime<Utc> {
    "2026-12-01T00:00:00Z".parse().unwrap()
}

/// Applications of `count` days, a day apart. Of ten with the tag seven stay, of ten without it two; the last ten are open.
fn known(count: usize) -> Known {
    let case = |place: usize| {
        let tags: BTreeSet<String> = if place.is_multiple_of(2) { BTreeSet::from(["nights".to_owned()]) } else { BTreeSet::new() };
        let stays = (place * 7 / 2) % 10 < if tags.is_empty() { 2 } else { 7 };
        let open = place + 10 >= count;
        Case {
            connection: "ats".to_owned(),
            source_id: format!("a{place}"),
            channel: "boss".to_owned(),
            local_day: format!("2026-{:02}-{:02}", 1 + place / 28 % 8, 1 + place % 28),
            resolution: if open {
                "young"
            } else if stays {
                "stayed"
            } else {
                "silent"
            }
            .to_owned(),
            open,
            tags,
            personas: vec!["shop".to_owned()],
            ..Case::default()
        }
    };
    Known { cases: (0..count).map(case).collect(), resolutions: BTreeMap::from([("young".to_owned(), 10)]) }
}

fn personas() -> Personas {
    let persona = |id: &str, tags: &[&str]| Persona {
        id: id.to_owned(),
        tags: tags.iter().map(|&tag| tag.to_owned()).collect(),
        ..Persona::default()
    };
    Personas { tag: Vec::new(), persona: vec![persona("shop", &["nights", "sold"]), persona("other", &["nights"])] }
}

#[test]
fn scores_have_reasons_and_their_worth() {
    let (card, rows) = decide(&known(610), &personas(), "PIA-1", now());
    assert_eq!((card.state, card.outcomes, card.trained, card.judged), (State::Fitted, 600, 420, 180));
    assert_eq!((card.impact_assessment.as_str(), rows.len()), ("PIA-1", 10));
    let with = rows.iter().find(|row| row.source_id == "a600").unwrap();
    let without = rows.iter().find(|row| row.source_id == "a601").unwrap();
    assert!((with.score.unwrap() - 0.7).abs() < 0.06 && (without.score.unwrap() - 0.2).abs() < 0.06, "{with:?} {without:?}");
    assert!(with.low < with.score && with.score < with.high);
    let reason = |row: &Recommended| (row.reasons[0].of.clone(), row.reasons[0].value.clone(), row.reasons[0].log_odds > 0.0);
    assert_eq!(reason(with), ("tag:nights".to_owned(), "has".to_owned(), true));
    assert_eq!(reason(without), ("tag:nights".to_owned(), "lacks".to_owned(), false));
    assert_eq!(card.reliability.iter().map(|tenth| tenth.applications).sum::<u32>(), 180);
    assert_eq!(card.weights.len(), 1);
    assert_eq!(decide(&known(610), &personas(), "PIA-1", now()), (card, rows), "the same again");
}

#[test]
fn under_two_hundred_outcomes_tag_rules_stand_in() {
    let (card, rows) = decide(&known(209), &personas(), "PIA-1", now());
    assert_eq!((card.state, card.outcomes), (State::TooFew, 199));
    assert!(rows.iter().all(|row| row.basis == Basis::TagRules && row.score.is_none() && row.wanted == 2), "{rows:?}");
    assert_eq!(rows.iter().map(|row| row.carried).sum::<u32>(), 5);
    assert_eq!(decide(&known(210), &personas(), "PIA-1", now()).0.state, State::Fitted);
    let (_, rows) = decide(&known(209), &Personas::default(), "PIA-1", now());
    assert!(rows.is_empty(), "no persona, no rule");
}

#[test]
fn what_tells_nobody_apart_gives_no_scores() {
    let mut idle = known(610);
    for (place, case) in idle.cases.iter_mut().enumerate() {
        case.tags = if (place / 10).is_multiple_of(2) { BTreeSet::from(["nights".to_owned()]) } else { BTreeSet::new() };
    }
    let (card, rows) = decide(&idle, &personas(), "PIA-1", now());
    assert!(card.state == State::CannotTell && card.area_under_curve.is_some(), "{card:?}");
    assert!(rows.iter().all(|row| row.score.is_none()));
    let mut untold = known(610);
    untold.cases.iter_mut().for_each(|case| case.tags.clear());
    assert_eq!(decide(&untold, &personas(), "PIA-1", now()).0.state, State::NoTraits);
    let mut alike = known(610);
    alike.cases.iter_mut().filter(|case| case.resolution == "stayed").for_each(|case| case.resolution = "silent".to_owned());
    assert_eq!(decide(&alike, &personas(), "PIA-1", now()).0.state, State::TooFew, "nobody stayed");
}

#[test]
fn groups_are_compared_only_when_they_are_told() {
    let (_, rows) = decide(&known(610), &personas(), "PIA-1", now());
    let group = |row: &Recommended| if row.reasons[0].value == "has" { "x" } else { "y" };
    let groups: BTreeMap<String, String> =
        rows.iter().skip(1).map(|row| (format!("ats/{}", row.source_id), group(row).to_owned())).collect();
    let audit = audit::audit(&rows, &groups);
    assert_eq!((audit.told, audit.untold), (9, 1));
    let [x, y] = audit.groups.as_slice() else { panic!("{audit:?}") };
    // All with the tag have the same, greatest score.
    assert_eq!((x.selected, x.considered, y.selected, y.considered), (4, 4, 0, 5));
    assert_eq!((x.impact.ratio, y.impact.ratio, y.impact.under_four_fifths), (Some(1.0), Some(0.0), true));
    assert!(y.impact.p_value.is_some_and(|p| (p - 1.0 / 126.0).abs() < 1e-9), "one of the 126 ways to choose 4 of 9");
}
