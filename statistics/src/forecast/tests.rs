use proptest::prelude::*;

use super::*;

fn plain(counts: &[Option<f64>]) -> Option<Forecast> {
    forecast(Series { counts, classes: &[] }, 28)
}

fn week_of(day: usize) -> f64 {
    if day % 7 < 5 { 10.0 } else { 4.0 }
}

/// Ordinary weeks with a little unrest that has no weekly beat.
fn unrest(days: usize) -> Vec<Option<f64>> {
    (0..days).map(|day| Some(week_of(day) + [-2.0, 1.0, 3.0, -3.0, 0.0, 2.0, -1.0, 1.0, -1.0, 0.0, 2.0][day % 11])).collect()
}

#[test]
fn below_two_weeks_there_is_none_and_below_ten_the_naive_one_with_a_wide_range() {
    assert!(plain(&unrest(13)).is_none());
    assert!(plain(&[]).is_none() && plain(&[None; 50]).is_none());
    let short = plain(&unrest(21)).unwrap();
    assert_eq!((short.status, short.method, short.backtest_ratio), (Status::Few, Method::SeasonalNaive, None));
    let long = plain(&unrest(210)).unwrap();
    assert_eq!(long.status, Status::Ok);
    for (short, long) in short.days.iter().zip(&long.days) {
        assert!((short.value - short.naive).abs() < 1e-12);
        assert!(short.range95.high - short.range95.low > long.range95.high - long.range95.low);
    }
    assert!(short.total.range95.high - short.total.range95.low > long.total.range95.high - long.total.range95.low);
}

#[test]
fn unrest_is_smoothed_and_the_backtest_says_so() {
    let forecast = plain(&unrest(280)).unwrap();
    assert_ne!(forecast.method, Method::SeasonalNaive);
    assert!(forecast.backtest_ratio.unwrap() < 0.9, "{forecast:?}");
    for (ahead, day) in forecast.days.iter().enumerate() {
        assert!((day.value - week_of(280 + ahead)).abs() < 1.5, "{ahead}: {day:?}");
    }
}

#[test]
fn what_repeats_itself_exactly_is_repeated() {
    let counts: Vec<Option<f64>> = (0..140).map(|day| Some(week_of(day))).collect();
    let forecast = plain(&counts).unwrap();
    assert_eq!((forecast.method, forecast.backtest_ratio), (Method::SeasonalNaive, None));
    assert!((forecast.days[0].value - 10.0).abs() < 1e-12);
    // Not surer than a Poisson count.
    assert!(forecast.days[0].range95.high >= 17.0, "{:?}", forecast.days[0]);
}

#[test]
fn days_that_were_not_observed_are_not_zeros() {
    let mut counts = unrest(280);
    let whole = plain(&counts).unwrap();
    counts[230..250].fill(None);
    counts[278..].fill(None);
    let gaps = plain(&counts).unwrap();
    assert!((gaps.total.value / whole.total.value - 1.0).abs() < 0.05, "{} and {}", gaps.total.value, whole.total.value);
}

#[test]
fn a_promotion_that_has_been_is_put_back_and_one_that_never_was_is_named() {
    let mut counts = unrest(300);
    let mut classes = vec![ORDINARY; 328];
    for day in 200..205 {
        counts[day] = counts[day].map(|count| count * 3.0);
        classes[day] = 1;
    }
    classes[310..313].fill(1);
    classes[320] = 2;
    let forecast = forecast(Series { counts: &counts, classes: &classes }, 28).unwrap();
    assert_eq!(forecast.unseen, [2]);
    let (promoted, plain) = (&forecast.days[10], &forecast.days[3]);
    assert_eq!((week_of(310), week_of(303)), (10.0, 10.0));
    assert!(promoted.value / plain.value > 2.4, "{promoted:?} {plain:?}");
    let width = |day: &Ahead| (day.range95.high - day.range95.low) / day.value.sqrt();
    assert!(width(promoted) > width(plain));
    assert!(width(&forecast.days[20]) > width(&forecast.days[27]));
}

#[test]
fn a_channel_that_brings_nobody_is_few_and_its_range_leaves_room() {
    let forecast = plain(&[Some(0.0); 200]).unwrap();
    assert_eq!(forecast.status, Status::Few);
    assert_eq!((forecast.total.value, forecast.days[0].range95.low), (0.0, 0.0));
    let mut rare = vec![Some(0.0); 200];
    rare[190] = Some(1.0);
    let forecast = plain(&rare).unwrap();
    assert!(forecast.total.range95.high >= 1.0, "{:?}", forecast.total);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_history_gives_ordered_finite_ranges(
        counts in prop::collection::vec(prop::option::weighted(0.9, 0_u32..60), 0..260),
        classes in prop::collection::vec(prop::sample::select(vec![0_u8, 0, 0, 0, 0, 1, 2]), 0..300),
    ) {
        let counts: Vec<Option<f64>> = counts.into_iter().map(|count| count.map(f64::from)).collect();
        if let Some(forecast) = forecast(Series { counts: &counts, classes: &classes }, 28) {
            prop_assert_eq!(forecast.days.len(), 28);
            prop_assert!(forecast.backtest_ratio.is_none_or(|ratio| ratio <= 1.0));
            for day in forecast.days.iter().chain([&forecast.total]) {
                prop_assert!(day.value.is_finite() && day.value >= 0.0 && day.naive >= 0.0);
                let ends = [0.0, day.range95.low, day.range80.low, day.range80.high, day.range95.high];
                prop_assert!(ends.windows(2).all(|pair| pair[0] <= pair[1]), "{:?}", day);
                prop_assert!(day.range95.low <= day.value.round() && day.value.round() <= day.range95.high, "{:?}", day);
            }
            let sum: f64 = forecast.days.iter().map(|day| day.value).sum();
            prop_assert!((sum - forecast.total.value).abs() < 1e-6);
        }
    }
}
