use proptest::prelude::*;

use super::*;

fn channel(spend: u64, curves: &[Curve]) -> Channel<'_> {
    Channel::new(spend, curves)
}

fn hill(beta: f64, k: f64) -> [Curve; 1] {
    [Curve { beta, k }]
}

const FREE: Settings = Settings { max_move: 100.0, floor: 0.0, steps: 200_000 };

/// PyMC-Marketing, tests/mmm/test_budget_optimizer.py (Apache-2.0; version 0.3, method "michaelis-menten"): 2000 over three channels with
/// (L, k) of (0.3, 0.3), (0.3, 0.3) and (0.4, 0.4), each within 0 and 1000, goes out as 600, 600 and 800.
#[test]
fn the_published_optimum_of_three_saturating_channels() {
    let curves = [hill(0.3, 0.3), hill(0.3, 0.3), hill(0.4, 0.4)].map(|[curve]| [curve.scaled(1.0, 100.0)]);
    let channels = [channel(66_667, &curves[0]), channel(66_667, &curves[1]), channel(66_666, &curves[2])];
    let plan = allocate(&channels, Some(200_000), &Settings { max_move: 0.5, ..FREE }).unwrap();
    let to: Vec<u64> = plan.moves.iter().map(|one| one.to).collect();
    assert_eq!(to.iter().sum::<u64>(), 200_000);
    for (found, published) in to.iter().zip([60_000, 60_000, 80_000_u64]) {
        assert!(found.abs_diff(published) <= 2, "{to:?}");
    }
}

/// The closed form of equal marginal people (module comment; Jin et al. 2017, section 4.3 maximise the same sum of Hill curves).
#[test]
fn without_bounds_the_closed_form_is_found() {
    let parameters = [(40.0, 90_000.0), (25.0, 20_000.0), (60.0, 250_000.0), (8.0, 60_000.0)];
    let total = 400_000.0;
    let roots: f64 = parameters.iter().map(|(beta, k): &(f64, f64)| (beta * k).sqrt()).sum();
    let shifts: f64 = parameters.iter().map(|(_, k)| k).sum();
    let curves: Vec<[Curve; 1]> = parameters.iter().map(|(beta, k)| hill(*beta, *k)).collect();
    let channels: Vec<Channel<'_>> = curves.iter().map(|curves| channel(100_000, curves)).collect();
    let plan = allocate(&channels, None, &FREE).unwrap();
    let mut costs = Vec::new();
    for (one, (beta, k)) in plan.moves.iter().zip(parameters) {
        let best = ((beta * k).sqrt() * (total + shifts) / roots - k).max(0.0);
        assert!((one.to as f64 - best).abs() <= 10.0, "{} {best}", one.to);
        costs.push(one.marginal_cost_after.unwrap());
    }
    assert!(costs.iter().all(|cost| (cost / costs[0] - 1.0).abs() < 1e-3), "the next person costs the same everywhere: {costs:?}");
    assert!(plan.gain > 0.0 && plan.probability == Some(1.0));
}

#[test]
fn money_goes_to_the_better_channel_no_further_than_it_may() {
    let (better, worse) = (hill(100.0, 1e6), hill(10.0, 1e5));
    let plan = allocate(&[channel(100_000, &better), channel(300_000, &worse)], None, &Settings::default()).unwrap();
    assert_eq!((plan.moves[0].to, plan.moves[1].to), (125_000, 275_000), "the better one's bound");
    let plan = allocate(&[channel(300_000, &better), channel(100_000, &worse)], None, &Settings::default()).unwrap();
    assert_eq!((plan.moves[0].to, plan.moves[1].to), (325_000, 75_000), "the worse one's bound");
    assert_eq!((plan.moves[0].probability, plan.moves[1].probability, plan.probability), (Some(1.0), Some(1.0), Some(1.0)));
    assert!(plan.moves[0].gain > 0.0 && plan.moves[1].gain < 0.0);
    let floor = Settings { floor: 0.24, ..Settings::default() };
    let plan = allocate(&[channel(300_000, &better), channel(100_000, &worse)], None, &floor).unwrap();
    assert_eq!(plan.moves[1].to, 96_000, "24 % of all");
}

#[test]
fn nothing_moves_where_nothing_can() {
    let curves = hill(10.0, 1e5);
    let plan = allocate(&[channel(100_000, &curves)], None, &Settings::default()).unwrap();
    assert_eq!((plan.moves[0].to, plan.probability, plan.gain), (100_000, None, 0.0));
    let plan = allocate(&[channel(100_000, &curves), channel(7, &[]), channel(0, &[])], None, &Settings::default()).unwrap();
    assert_eq!(plan.moves.iter().map(|one| one.to).collect::<Vec<_>>(), [100_000, 7, 0]);
    assert_eq!(plan.moves[1].marginal_cost_before, None);
    let plan = allocate(&[], None, &Settings::default()).unwrap();
    assert_eq!((plan.moves.len(), plan.probability, plan.worst), (0, None, 0.0));
}

#[test]
fn another_total_goes_out_in_proportion_first() {
    assert_eq!(in_proportion(&[1, 1, 1], 100), [34, 33, 33]);
    assert_eq!(in_proportion(&[0, 0], 100), [0, 0]);
    let curves = hill(10.0, 1e5);
    let plan =
        allocate(&[channel(100_000, &curves), channel(50_000, &curves)], Some(300_001), &Settings { max_move: 0.0, ..FREE }).unwrap();
    assert_eq!((plan.moves[0].to, plan.moves[1].to), (200_001, 100_000));
}

#[test]
fn limits_go_before_moves() {
    let (better, worse, third) = (hill(100.0, 1e6), hill(10.0, 1e5), hill(10.0, 1e5));
    let of = |limits: [Limits; 3], total: u64| {
        let with = |(spend, curves, limits)| Channel { limits, ..channel(spend, curves) };
        let channels = [(100_000, &better[..], limits[0]), (100_000, &worse[..], limits[1]), (100_000, &third[..], limits[2])].map(with);
        allocate(&channels, Some(total), &Settings { steps: 1_000_000, ..Settings::default() })
            .map(|plan| (plan.moves.iter().map(|one| one.to).collect::<Vec<_>>(), plan.unplaced))
    };
    let [none, held] = [Limits::default(), Limits { held: true, ..Limits::default() }];
    let (floor, cap) = (|cents| Limits { floor: Some(cents), ..none }, |cents| Limits { cap: Some(cents), ..none });
    assert_eq!(of([none, none, none], 300_000), Ok((vec![125_000, 87_500, 87_500], 0)));
    // A floor above the greatest move, a cap under the least one.
    assert_eq!(of([none, floor(150_000), none], 300_000), Ok((vec![75_000, 150_000, 75_000], 0)));
    assert_eq!(of([cap(60_000), none, none], 300_000), Ok((vec![60_000, 120_000, 120_000], 0)));
    // What is held does not grow with the total; the others share the rest.
    assert_eq!(of([none, none, held], 500_000), Ok((vec![250_000, 150_000, 100_000], 0)));
    // Nobody may take more: what is left is said.
    assert_eq!(of([cap(50_000), cap(50_000), held], 300_000), Ok((vec![50_000, 50_000, 100_000], 100_000)));
    assert_eq!(of([floor(290_000), none, none], 300_000), Err(TooLittle { least: 440_000, total: 300_000 }));
    assert_eq!(of([held, held, none], 150_000), Err(TooLittle { least: 200_000, total: 150_000 }));
}

/// Poisson tables: of a mean of 10 there are 12 or more with 0.3032, 6 or more with 0.9329; with twice the variance as of a mean of 5 there are 6.
#[test]
fn counts_vary_as_tables_say() {
    let curves = [Curve { beta: 20.0, k: 1000.0 }];
    let of = |dispersion: f64, people: u64| chance(&[Channel { dispersion, ..channel(1000, &curves) }], &[1000], people);
    for (found, table) in [(of(1.0, 12), 0.3032), (of(1.0, 6), 0.9329), (of(2.0, 12), 0.3840), (of(1.0, 0), 1.0)] {
        assert!((found - table).abs() < 5e-5, "{found} {table}");
    }
    assert_eq!((surely(&[channel(1000, &curves)], &[1000], 0.9329), surely(&[channel(1000, &curves)], &[1000], 0.933)), (6, 5));
    assert_eq!((chance(&[], &[], 1), surely(&[], &[], 0.5)), (0.0, 0));
    // 95 % of a Poisson count of mean 10 lie from 4 to 17.
    let plan = allocate(&[channel(1000, &curves)], None, &Settings::default()).unwrap();
    assert_eq!((plan.count, plan.after), (Interval { low: 4.0, high: 17.0 }, 10.0));
}

/// Of all ways to give cents to two channels none reaches the target with fewer.
#[test]
fn the_least_money_is_the_least() {
    let curves = [hill(40.0, 150.0), hill(18.0, 40.0)];
    let channels = [channel(100, &curves[0]), channel(100, &curves[1])];
    let free = Settings { max_move: 1.0, floor: 0.0, steps: 10_000 };
    for (people, probability) in [(10, 0.5), (12, 0.8), (20, 0.6), (1, 0.99)] {
        let target = Target { people, probability };
        let found = least_for(&channels, target, None, &free).unwrap();
        let pairs = (0..=200_u64).flat_map(|a| (0..=200_u64).map(move |b| [a, b]));
        let least = pairs.filter(|spend| chance(&channels, spend, people) >= probability).map(|spend| spend[0] + spend[1]).min();
        let cents: u64 = found.plan.moves.iter().map(|one| one.to).sum();
        assert!(found.reached && found.probability >= probability && found.surely >= people, "{found:?}");
        assert_eq!(Some(cents), least, "{target:?}");
    }
    // Out of reach: the most that the bounds allow, and how far it goes.
    let bounded = Settings { max_move: 0.25, floor: 0.0, steps: 2000 };
    let far = least_for(&channels, Target { people: 100, probability: 0.8 }, None, &bounded).unwrap();
    assert_eq!((far.reached, far.plan.moves.iter().map(|one| one.to).collect::<Vec<_>>()), (false, vec![125, 125]));
    assert!(far.probability < 1e-6 && (20..34).contains(&far.surely), "{far:?}");
    // Reached with the least that the bounds allow.
    let near = least_for(&channels, Target { people: 1, probability: 0.8 }, None, &bounded).unwrap();
    assert_eq!((near.reached, near.plan.moves.iter().map(|one| one.to).collect::<Vec<_>>()), (true, vec![75, 75]));
    assert_eq!(
        least_for(&channels, Target { people: 1, probability: 0.8 }, Some(149), &bounded),
        Err(TooLittle { least: 150, total: 149 })
    );
}

proptest! {
    /// Not a cent is lost or made, no bound is broken, and no expected person is given away.
    #[test]
    fn every_plan_keeps_total_and_bounds(
        rows in proptest::collection::vec((0_u64..5_000_000, 0.1_f64..200.0, 1e3_f64..1e7, 0.1_f64..200.0, 1e3_f64..1e7), 1..9),
        total in proptest::option::of(0_u64..20_000_000), max_move in 0.0_f64..1.0,
    ) {
        let curves: Vec<[Curve; 2]> =
            rows.iter().map(|row| [Curve { beta: row.1, k: row.2 }, Curve { beta: row.3, k: row.4 }]).collect();
        let channels: Vec<Channel<'_>> = rows.iter().zip(&curves).map(|(row, curves)| channel(row.0, curves)).collect();
        let spent: u64 = rows.iter().map(|row| row.0).sum();
        let plan = allocate(&channels, total, &Settings { max_move, ..Settings::default() }).unwrap();
        let expected = if spent == 0 { 0 } else { total.unwrap_or(spent) };
        prop_assert_eq!(plan.moves.iter().map(|one| one.to).sum::<u64>(), expected);
        prop_assert!(plan.moves.iter().all(|one| one.least <= one.to && one.to <= one.most && one.least <= one.from && one.from <= one.most));
        prop_assert!(plan.gain > -1e-3 * plan.people.max(1.0), "gain {} of {}", plan.gain, plan.people);
        prop_assert!(plan.worst <= plan.gain + 1e-9 && plan.interval.low <= plan.interval.high);
    }

    /// Whatever is asked of channels is kept to the cent, or refused.
    #[test]
    fn limits_are_kept(
        rows in proptest::collection::vec((0_u64..5_000_000, 0.1_f64..200.0, 1e3_f64..1e7, 0_u64..6_000_000, 0_u64..6_000_000, 0_u8..5), 1..7),
        total in 0_u64..20_000_000, max_move in 0.0_f64..1.0,
    ) {
        let curves: Vec<[Curve; 1]> = rows.iter().map(|row| hill(row.1, row.2)).collect();
        let limits = |row: &(u64, f64, f64, u64, u64, u8)| match row.5 {
            0 => Limits { held: true, ..Limits::default() },
            1 => Limits { floor: Some(row.3), ..Limits::default() },
            2 => Limits { cap: Some(row.4), ..Limits::default() },
            3 => Limits { floor: Some(row.3.min(row.4)), cap: Some(row.3.max(row.4)), held: false },
            _ => Limits::default(),
        };
        let channels: Vec<Channel<'_>> =
            rows.iter().zip(&curves).map(|(row, curves)| Channel { limits: limits(row), ..channel(row.0, curves) }).collect();
        let settings = Settings { max_move, ..Settings::default() };
        match allocate(&channels, Some(total), &settings) {
            Err(TooLittle { least, total: of }) => prop_assert!(least > total && of == total),
            Ok(plan) => {
                prop_assert_eq!(plan.moves.iter().map(|one| one.to).sum::<u64>() + plan.unplaced, total);
                for (one, channel) in plan.moves.iter().zip(&channels) {
                    let Limits { floor, cap, held } = channel.limits;
                    prop_assert!(one.least <= one.to && one.to <= one.most);
                    prop_assert!(one.to >= floor.unwrap_or(0) && one.to <= cap.unwrap_or(u64::MAX) && (!held || one.to == channel.spend));
                    let farthest = (one.from as f64 * (1.0 + max_move)).max(floor.unwrap_or(0) as f64);
                    let nearest = (one.from as f64 * (1.0 - max_move)).min(cap.unwrap_or(u64::MAX) as f64);
                    prop_assert!(one.to as f64 <= farthest + 1.0 && one.to as f64 >= nearest - 1.0, "{one:?}");
                }
                if plan.unplaced > 0 {
                    prop_assert!(plan.moves.iter().all(|one| one.to == one.most), "money is left only when nobody may take it");
                }
            }
        }
    }

    /// The answer to a target is enough, and a cent less is not.
    #[test]
    fn a_cent_less_is_not_enough(
        rows in proptest::collection::vec((1_u64..5_000_000, 0.5_f64..60.0, 1e3_f64..1e7, 1.0_f64..3.0), 1..5),
        people in 1_u64..80, probability in 0.05_f64..0.99,
    ) {
        let curves: Vec<[Curve; 2]> =
            rows.iter().map(|row| [Curve { beta: row.1, k: row.2 }, Curve { beta: row.1 * 1.5, k: row.2 / 2.0 }]).collect();
        let channels: Vec<Channel<'_>> =
            rows.iter().zip(&curves).map(|(row, curves)| Channel { dispersion: row.3, ..channel(row.0, curves) }).collect();
        let target = Target { people, probability };
        let found = least_for(&channels, target, None, &Settings::default()).unwrap();
        let spend: Vec<u64> = found.plan.moves.iter().map(|one| one.to).collect();
        let cents: u64 = spend.iter().sum();
        prop_assert!(found.plan.moves.iter().all(|one| one.least <= one.to && one.to <= one.most));
        prop_assert_eq!(found.reached, chance(&channels, &spend, people) >= probability);
        prop_assert_eq!(found.reached, found.surely >= people);
        if found.reached {
            match least_for(&channels, target, Some(cents - 1), &Settings::default()) {
                Ok(less) => prop_assert!(!less.reached, "{less:?}"),
                Err(TooLittle { least, .. }) => prop_assert_eq!(least, cents, "it was the least that the bounds allow"),
            }
        } else {
            prop_assert!(found.plan.moves.iter().all(|one| one.to == one.most));
        }
    }
}
