use proptest::prelude::*;

use super::*;

fn channel(spend: u64, curves: &[Curve]) -> Channel<'_> {
    Channel { spend, curves }
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
    let plan = allocate(&channels, Some(200_000), &Settings { max_move: 0.5, ..FREE });
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
    let plan = allocate(&channels, None, &FREE);
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
    let plan = allocate(&[channel(100_000, &better), channel(300_000, &worse)], None, &Settings::default());
    assert_eq!((plan.moves[0].to, plan.moves[1].to), (125_000, 275_000), "the better one's bound");
    let plan = allocate(&[channel(300_000, &better), channel(100_000, &worse)], None, &Settings::default());
    assert_eq!((plan.moves[0].to, plan.moves[1].to), (325_000, 75_000), "the worse one's bound");
    assert_eq!((plan.moves[0].probability, plan.moves[1].probability, plan.probability), (Some(1.0), Some(1.0), Some(1.0)));
    assert!(plan.moves[0].gain > 0.0 && plan.moves[1].gain < 0.0);
    let floor = Settings { floor: 0.24, ..Settings::default() };
    let plan = allocate(&[channel(300_000, &better), channel(100_000, &worse)], None, &floor);
    assert_eq!(plan.moves[1].to, 96_000, "24 % of all");
}

#[test]
fn nothing_moves_where_nothing_can() {
    let curves = hill(10.0, 1e5);
    let plan = allocate(&[channel(100_000, &curves)], None, &Settings::default());
    assert_eq!((plan.moves[0].to, plan.probability, plan.gain), (100_000, None, 0.0));
    let plan = allocate(&[channel(100_000, &curves), channel(7, &[]), channel(0, &[])], None, &Settings::default());
    assert_eq!(plan.moves.iter().map(|one| one.to).collect::<Vec<_>>(), [100_000, 7, 0]);
    assert_eq!(plan.moves[1].marginal_cost_before, None);
    let plan = allocate(&[], None, &Settings::default());
    assert_eq!((plan.moves.len(), plan.probability, plan.worst), (0, None, 0.0));
}

#[test]
fn another_total_goes_out_in_proportion_first() {
    assert_eq!(in_proportion(&[1, 1, 1], 100), [34, 33, 33]);
    assert_eq!(in_proportion(&[0, 0], 100), [0, 0]);
    let curves = hill(10.0, 1e5);
    let plan = allocate(&[channel(100_000, &curves), channel(50_000, &curves)], Some(300_001), &Settings { max_move: 0.0, ..FREE });
    assert_eq!((plan.moves[0].to, plan.moves[1].to), (200_001, 100_000));
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
        let plan = allocate(&channels, total, &Settings { max_move, ..Settings::default() });
        let expected = if spent == 0 { 0 } else { total.unwrap_or(spent) };
        prop_assert_eq!(plan.moves.iter().map(|one| one.to).sum::<u64>(), expected);
        prop_assert!(plan.moves.iter().all(|one| one.least <= one.to && one.to <= one.most && one.least <= one.from && one.from <= one.most));
        prop_assert!(plan.gain > -1e-3 * plan.people.max(1.0), "gain {} of {}", plan.gain, plan.people);
        prop_assert!(plan.worst <= plan.gain + 1e-9 && plan.interval.low <= plan.interval.high);
    }
}
