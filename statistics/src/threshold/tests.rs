use proptest::prelude::*;

use super::*;
use crate::discovery::{Dependence, q_values};

fn of(rule: &Rule, was_on: bool, events: u64, cases: u64) -> Judgement {
    judge(rule, was_on, &Figure::Rate { events, cases }, None)
}

#[test]
fn nine_of_a_hundred_is_over_eight_percent_and_not_sure() {
    let rule = Rule::at(0.08);
    let nine = of(&rule, false, 9, 100);
    assert!(nine.alert && nine.certainty == Some(Certainty::Unsure));
    assert!(of(&rule, false, 8, 100).alert);
    assert!(!of(&rule, false, 7, 100).alert);
    // 15 of 148 is [0.0624, 0.1605] (Newcombe 1998, table I, method 3); 81 of 263 is [0.2553, 0.3662].
    assert_eq!(of(&rule, false, 15, 148).certainty, Some(Certainty::Unsure));
    assert_eq!(of(&Rule::at(NO_REPLY), false, 81, 263).certainty, Some(Certainty::Sure));
}

#[test]
fn the_interval_must_pass_the_limit_when_asked() {
    let rule = Rule { mode: Mode::Interval, ..Rule::at(0.08) };
    // The lower ends are 4.8, 7.8 and 8.5 %.
    let alerts = [9, 13, 14].map(|events| of(&rule, false, events, 100).alert);
    assert_eq!(alerts, [false, false, true]);
}

#[test]
fn an_alert_ends_under_its_lower_limit() {
    let rule = Rule::at(0.10);
    assert!(of(&rule, true, 9, 100).alert && !of(&rule, false, 9, 100).alert);
    assert_eq!(of(&rule, true, 9, 100).certainty, None);
    assert!(of(&rule, true, 8, 100).alert);
    assert!(!of(&rule, true, 7, 100).alert);
}

#[test]
fn what_is_low_begins_below_and_ends_above() {
    let rule = Rule { side: Side::Below, raise: 0.3, clear: 0.375, ..Rule::at(0.3) };
    assert!(of(&rule, false, 30, 100).alert && !of(&rule, false, 31, 100).alert);
    assert!(of(&rule, true, 37, 100).alert && !of(&rule, true, 38, 100).alert);
    // 15 of 148 ends at 0.1605, under 0.3.
    assert_eq!(of(&rule, false, 15, 148).certainty, Some(Certainty::Sure));
    assert_eq!(of(&rule, false, 25, 100).certainty, Some(Certainty::Unsure));
}

#[test]
fn few_cases_change_nothing() {
    let rule = Rule::at(0.05);
    assert!(!of(&rule, false, 19, 19).alert && of(&rule, true, 0, 19).alert);
    assert!(of(&rule, false, 20, 20).alert);
    let none = of(&rule, false, 0, 0);
    assert!(none.few && !none.alert);
}

#[test]
fn costs_and_counts_have_intervals_and_stated_figures_may() {
    // Byar of 25 is 16.174266 to 36.906451: 5000 over it is 135.48 to 309.13.
    let cost = Figure::Cost { amount: 5000.0, people: 25 };
    let interval = cost.interval().unwrap();
    assert!((interval.low - 135.48).abs() < 5e-3 && (interval.high - 309.13).abs() < 5e-3, "{interval:?}");
    let rule = |raise: f64| Rule::at(raise);
    assert_eq!(judge(&rule(130.0), false, &cost, None).certainty, Some(Certainty::Sure));
    assert_eq!(judge(&rule(190.0), false, &cost, None).certainty, Some(Certainty::Unsure));
    assert!(!judge(&rule(201.0), false, &cost, None).alert);
    assert!(judge(&rule(100.0), false, &Figure::Cost { amount: 5000.0, people: 0 }, None).few);
    // No cases: a count is judged however small.
    let low = Rule { side: Side::Below, raise: 3.0, clear: 4.0, ..Rule::at(3.0) };
    assert!(judge(&low, false, &Figure::Count(0), None).alert);
    let stated = Figure::Stated { value: Some(12.0), interval: None, cases: Some(40) };
    assert_eq!(judge(&rule(10.0), false, &stated, None).certainty, Some(Certainty::Unsure));
    assert!(!judge(&Rule { mode: Mode::Interval, ..rule(10.0) }, false, &stated, None).alert);
}

#[test]
fn a_p_value_is_the_half_of_five_percent_at_the_ends_of_the_interval() {
    for figure in [Figure::Rate { events: 81, cases: 263 }, Figure::Count(25), Figure::Cost { amount: 5000.0, people: 25 }] {
        let Interval { low, high } = figure.interval().unwrap();
        for (side, end) in [(Side::Above, low), (Side::Below, high)] {
            let p = figure.p_value(side, end).unwrap();
            assert!((p - 0.025).abs() < 1e-9, "{figure:?} {side:?}: {p}");
        }
    }
    // Poisson: P(N <= 4 | 10) is 0.0293, P(N >= 4 | 1) is 0.0190 (tables); Byar is near.
    assert!((Figure::Count(4).p_value(Side::Below, 10.0).unwrap() - 0.0293).abs() < 2e-3);
    assert!((Figure::Count(4).p_value(Side::Above, 1.0).unwrap() - 0.0190).abs() < 2e-3);
}

#[test]
fn of_many_slices_an_interval_beyond_by_chance_is_no_discovery() {
    let rule = Rule { mode: Mode::Interval, ..Rule::at(0.08) };
    let mut slices = vec![Figure::Rate { events: 14, cases: 100 }];
    assert!(judge(&rule, false, &slices[0], Some(0.02)).alert);
    slices.extend([Figure::Rate { events: 8, cases: 100 }; 19]);
    let p: Vec<f64> = slices.iter().map(|figure| figure.p_value(rule.side, rule.raise).unwrap()).collect();
    let q = q_values(&p, Dependence::Positive);
    assert!(p[0] < 0.025 && q[0] > 0.025, "{} {}", p[0], q[0]);
    assert!(!judge(&rule, false, &slices[0], Some(q[0])).alert);
}

proptest! {
    #[test]
    fn more_events_never_end_an_alert(limit in 0.01_f64..0.5, cases in 20_u64..500, events in 0_u64..500, was_on: bool) {
        let events = events.min(cases - 1);
        let rule = Rule::at(limit);
        prop_assert!(!of(&rule, was_on, events, cases).alert || of(&rule, was_on, events + 1, cases).alert);
        let by_interval = Rule { mode: Mode::Interval, ..rule };
        prop_assert!(!of(&by_interval, false, events, cases).alert || of(&rule, false, events, cases).alert);
    }

    #[test]
    fn above_and_below_are_each_others_mirror(limit in 0.05_f64..0.95, cases in 20_u64..500, events in 0_u64..500, was_on: bool) {
        let events = events.min(cases);
        let above = Rule { clear: limit * 0.9, ..Rule::at(limit) };
        let below = Rule { side: Side::Below, raise: 1.0 - limit, clear: 1.0 - limit * 0.9, ..above };
        for mode in [Mode::Literal, Mode::Interval] {
            let (above, below) = (Rule { mode, ..above }, Rule { mode, ..below });
            prop_assert_eq!(of(&above, was_on, events, cases), of(&below, was_on, cases - events, cases));
        }
    }
}
