use proptest::prelude::*;

use super::*;

/// Counts that swing around a level by weekday without a random number: a golden-ratio sequence stands for chance.
fn days(length: usize, level: f64) -> Vec<Day> {
    (0..length)
        .map(|at| {
            let weekday = if at % 7 < 5 { 1.2 } else { 0.5 };
            let swing = (at as f64 * 0.618_034).fract() * 2.0 - 1.0;
            let mean: f64 = level * weekday;
            Day { count: Some((mean + swing * 1.7 * mean.sqrt()).round() as u32), weekday: (at % 7) as u8, special: None }
        })
        .collect()
}

fn fall(days: &mut [Day], from: usize, remains: f64) {
    for day in &mut days[from..] {
        day.count = day.count.map(|count| (f64::from(count) * remains) as u32);
    }
}

fn alarm(days: &[Day], at: usize) -> Alarm {
    let settings = Settings::default();
    assess(days, at, &settings).evidence.map_or(Alarm::Quiet, |drop| decide(&[drop], &settings)[0].1)
}

#[test]
fn a_quiet_channel_is_quiet_and_its_weekends_are_expected() {
    let days = days(200, 30.0);
    for at in 100..200 {
        let found = assess(&days, at, &Settings::default());
        let (expected, truth) = (found.expected.unwrap(), if at % 7 < 5 { 36.0 } else { 15.0 });
        assert!((expected / truth - 1.0).abs() < 0.15, "{at}: {expected}");
        assert!((found.low.unwrap() as f64) < expected && alarm(&days, at) == Alarm::Quiet, "{at}: {found:?}");
    }
}

#[test]
fn most_of_a_channel_gone_is_sure_within_two_days_and_dated() {
    let mut days = days(200, 15.0);
    fall(&mut days, 150, 0.15);
    assert_eq!(alarm(&days, 149), Alarm::Quiet);
    assert_eq!(alarm(&days, 152), Alarm::Sure);
    let drop = assess(&days, 152, &Settings::default()).evidence.unwrap();
    assert!(drop.since.abs_diff(150) <= 1 && drop.fall() > 0.7, "{drop:?}");
}

#[test]
fn a_slow_fall_is_found_by_the_cumulative_sum() {
    let mut days = days(300, 25.0);
    fall(&mut days, 250, 0.55);
    let found = (250..264).find(|at| alarm(&days, *at) == Alarm::Sure).expect("found within two weeks");
    let drop = assess(&days, found, &Settings::default()).evidence.unwrap();
    assert_eq!(drop.basis, Basis::Cusum);
    assert!(drop.since.abs_diff(250) <= 2, "{drop:?}");
}

#[test]
fn little_history_is_learning_and_four_weeks_are_enough() {
    let mut days = days(40, 30.0);
    assert_eq!(assess(&days, 27, &Settings::default()).status, Status::Learning);
    assert_eq!(assess(&days, 28, &Settings::default()).status, Status::Ok);
    fall(&mut days, 30, 0.0);
    assert_eq!(alarm(&days, 31), Alarm::Sure);
    assert_eq!(assess(&[], 0, &Settings::default()).status, Status::NoData);
    let empty = vec![Day { count: Some(0), weekday: 0, special: None }; 60];
    assert_eq!(assess(&empty, 59, &Settings::default()).status, Status::Learning);
}

#[test]
fn days_that_were_not_covered_are_neither_zeros_nor_anomalies() {
    let mut days = days(200, 20.0);
    for day in &mut days[150..160] {
        day.count = None;
    }
    assert_eq!(assess(&days, 155, &Settings::default()), Assessment::unjudged(Status::NoData));
    assert!((160..175).all(|at| alarm(&days, at) == Alarm::Quiet));
    fall(&mut days, 160, 0.0);
    assert_eq!(alarm(&days, 161), Alarm::Sure);
}

#[test]
fn holidays_are_judged_by_holidays_and_not_at_all_by_none() {
    let mut days = days(200, 30.0);
    for at in [30, 31, 60, 61, 62, 90, 91, 140, 141, 142] {
        days[at].special = Some(0);
        days[at].count = days[at].count.map(|count| count / 3);
    }
    assert!((139..146).all(|at| alarm(&days, at) == Alarm::Quiet));
    // The first ones of their kind.
    for day in &mut days[140..143] {
        day.special = Some(1);
    }
    assert_eq!(assess(&days, 141, &Settings::default()).status, Status::Special);
    assert_eq!(alarm(&days, 143), Alarm::Quiet);
}

#[test]
fn an_earlier_drop_does_not_lower_what_is_expected() {
    let quiet = days(200, 30.0);
    let mut once = quiet.clone();
    for day in &mut once[120..127] {
        day.count = Some(0);
    }
    let expected = |days: &[Day]| assess(days, 170, &Settings::default()).expected.unwrap();
    assert!((expected(&once) / expected(&quiet) - 1.0).abs() < 0.1, "{} {}", expected(&once), expected(&quiet));
}

#[test]
fn a_channel_of_next_to_nothing_is_few() {
    let mut days = vec![Day { count: Some(0), weekday: 0, special: None }; 100];
    for (at, day) in days.iter_mut().enumerate() {
        *day = Day { count: Some(u32::from(at % 6 == 0)), weekday: (at % 7) as u8, special: None };
    }
    assert_eq!(assess(&days, 99, &Settings::default()).status, Status::Few);
}

#[test]
fn channels_that_fall_together_help_each_other_and_small_falls_do_not_ring() {
    let drop = Drop { p_value: 3e-4, basis: Basis::Cusum, since: 0, observed: 10, expected: 40.0 };
    let settings = Settings::default();
    assert_eq!(decide(&[drop], &settings)[0].1, Alarm::Unsure);
    assert!(decide(&[drop; 4], &settings).iter().all(|(_, alarm)| *alarm == Alarm::Sure));
    assert_eq!(decide(&[Drop { p_value: 1e-9, observed: 32, ..drop }], &settings)[0].1, Alarm::Quiet);
    assert!(decide(&[], &settings).is_empty());
}

/// One store alone needs a p-value under the stores' rate of its channels over the number of stores: 12 * 0.01 / 365.25 / 12 = 2.7e-5.
#[test]
fn the_stores_of_channels_share_a_rate_of_their_channels() {
    let drop = Drop { p_value: 3e-5, basis: Basis::Cusum, since: 0, observed: 2, expected: 20.0 };
    let settings = Settings::default();
    let alarm = |p_value: f64, stores: usize| {
        let mut all = vec![Drop { p_value: 1.0, ..drop }; stores - 1];
        all.push(Drop { p_value, ..drop });
        decide_parts(&all, 12, &settings)[stores - 1]
    };
    assert_eq!((alarm(3e-5, 12).1, alarm(2.5e-5, 12).1), (Alarm::Unsure, Alarm::Sure));
    // Four times as many stores of the same channels.
    assert_eq!((alarm(2.5e-5, 48).1, alarm(6e-6, 48).1), (Alarm::Unsure, Alarm::Sure));
    assert!((alarm(3e-5, 12).0 - 12.0 * 3e-5).abs() < 1e-15, "q-values do not depend on the rate");
    // Whatever had the rates of channels would be held as channels are.
    let whole = Settings { sure_parts: settings.sure, unsure_parts: settings.unsure, ..settings };
    assert_eq!(decide_parts(&[drop; 3], 3, &whole), decide(&[drop; 3], &settings));
    assert!(decide_parts(&[], 0, &settings).is_empty());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn no_series_makes_nonsense(counts in prop::collection::vec(prop::option::weighted(0.9, 0_u32..500), 30..120), special in 0_usize..30) {
        let days: Vec<Day> = counts
            .iter()
            .enumerate()
            .map(|(at, count)| Day { count: *count, weekday: (at % 7) as u8, special: (at % (special + 2) == 0).then_some((at % 2) as u8) })
            .collect();
        for at in 0..days.len() {
            let found = assess(&days, at, &Settings::default());
            prop_assert!(found.expected.is_none_or(|expected| expected.is_finite() && expected >= 0.0));
            if let Some(drop) = found.evidence {
                prop_assert!((0.0..=1.0).contains(&drop.p_value) && drop.since <= at && drop.expected > 0.0 && found.status == Status::Ok);
            }
        }
    }
}
