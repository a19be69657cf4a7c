use super::*;
use crate::sampling::poisson;

/// PyMC-Marketing, tests/mmm/test_budget_optimizer.py (Apache-2.0; version 0.3, "michaelis-menten"): (L, k) of (10, 5) and (20, 10) with 5 and 10
/// contribute 5 and 10.
#[test]
fn the_published_contributions() {
    assert!((Curve { beta: 10.0, k: 5.0 }.people(5.0) - 5.0).abs() < 1e-12);
    assert!((Curve { beta: 20.0, k: 10.0 }.people(10.0) - 10.0).abs() < 1e-12);
}

#[test]
fn a_curve_goes_through_its_point_with_its_elasticity() {
    let curve = Curve::through(800.0, 12.0, 0.3);
    assert!((curve.people(800.0) - 12.0).abs() < 1e-12);
    assert!((curve.marginal(800.0) * 800.0 / 12.0 - 0.3).abs() < 1e-12);
    let four_weeks = curve.scaled(4.0, 4.0);
    assert!((four_weeks.people(3200.0) - 48.0).abs() < 1e-12);
    assert_eq!((curve.people(0.0), Curve { beta: 1.0, k: 0.0 }.marginal(0.0)), (0.0, 0.0));
}

/// Weeks of a Hill channel with spend between half and twice the typical one.
fn channel(curve: Curve, typical: f64, n: usize, random: &mut StdRng) -> Channel {
    let weeks = (0..n)
        .map(|_| {
            let spend = typical * 2_f64.powf(random.random_range(-1.0..1.0));
            Week { spend, people: poisson(curve.people(spend), random) }
        })
        .collect();
    Channel { weeks, spend: typical }
}

fn elasticities(response: &Response, spend: f64) -> Vec<f64> {
    let mut all: Vec<f64> = response.curves.iter().map(|curve| curve.marginal(spend) * spend / curve.people(spend)).collect();
    all.sort_by(f64::total_cmp);
    all
}

#[test]
fn much_data_tells_the_curve() {
    let mut random = StdRng::seed_from_u64(3);
    let truth = [Curve::through(1000.0, 60.0, 0.25), Curve::through(3000.0, 90.0, 0.75)];
    let channels = [channel(truth[0], 1000.0, 200, &mut random), channel(truth[1], 3000.0, 200, &mut random)];
    let settings = Settings { half_life: 1e9, nearness: 1e9, ..Settings::default() };
    let found = fit(&channels, &settings);
    for (response, (spend, elasticity, people)) in found.iter().zip([(1000.0, 0.25, 60.0), (3000.0, 0.75, 90.0)]) {
        assert_eq!((response.basis, response.obstacle, response.curves.len()), (Basis::Response, None, 1000));
        let all = elasticities(response, spend);
        let mean = all.iter().sum::<f64>() / 1000.0;
        assert!((mean - elasticity).abs() < 0.06, "{mean} for {elasticity}");
        assert!(all[25] < elasticity && elasticity < all[975], "{} to {} for {elasticity}", all[25], all[975]);
        let level = response.curves.iter().map(|curve| curve.people(spend)).sum::<f64>() / 1000.0;
        assert!((level / people - 1.0).abs() < 0.02, "{level}");
        assert!(response.dispersion < 1.3, "{}", response.dispersion);
    }
    assert_eq!(found, fit(&channels, &settings), "draws of one seed are the same");
}

#[test]
fn what_cannot_be_fitted_says_why() {
    let mut random = StdRng::seed_from_u64(5);
    let curve = Curve::through(1000.0, 5.0, 0.5);
    let same = vec![Week { spend: 1000.0, people: 5 }; 30];
    let channels = [
        channel(curve, 1000.0, 8, &mut random),
        channel(Curve::through(1000.0, 0.1, 0.5), 1000.0, 30, &mut random),
        Channel { weeks: same, spend: 1000.0 },
        Channel { weeks: vec![Week { spend: 0.0, people: 9 }; 30], spend: 0.0 },
        Channel { weeks: Vec::new(), spend: 10.0 },
    ];
    let found = fit(&channels, &Settings::default());
    let why: Vec<Option<Obstacle>> = found.iter().map(|response| response.obstacle).collect();
    let few = Some(Obstacle::FewWeeks);
    assert_eq!(why, [few, Some(Obstacle::FewPeople), Some(Obstacle::SameSpend), few, few]);
    assert!(found.iter().all(|response| response.basis == Basis::RuleOfThumb));
    assert!(found[3].curves.is_empty() && found[4].curves.is_empty(), "nothing was spent");
    let level = found[2].curves.iter().map(|curve| curve.people(1000.0)).sum::<f64>() / 1000.0;
    assert!((level - 5.0).abs() < 0.4, "people at today's spend are those of the last 90 days: {level}");
}

#[test]
fn spend_without_people_has_curves_near_nothing() {
    let mut random = StdRng::seed_from_u64(7);
    let barren = Channel { weeks: vec![Week { spend: 500.0, people: 0 }; 20], spend: 500.0 };
    let channels = [barren, channel(Curve::through(500.0, 10.0, 0.5), 500.0, 40, &mut random)];
    let found = fit(&channels, &Settings::default());
    let level = found[0].curves.iter().map(|curve| curve.people(500.0)).sum::<f64>() / 1000.0;
    assert!(level > 0.0 && level < 0.5, "{level}");
    let alone = fit(&channels[..1], &Settings::default());
    assert!(alone[0].curves.iter().all(|curve| curve.beta.is_finite() && curve.k > 0.0));
}

/// In season more people apply and companies spend more. What other channels share of it is not taken for an effect of spend.
#[test]
fn a_season_is_not_an_effect_of_spend() {
    let mut random = StdRng::seed_from_u64(13);
    let truth = Curve::through(1000.0, 100.0, 0.3);
    let mut channels = vec![Channel { weeks: Vec::new(), spend: 1000.0 }; 6];
    for week in 0..104 {
        let season = (0.4 * (f64::from(week) / 52.0 * std::f64::consts::TAU).sin()).exp();
        for channel in &mut channels {
            let spend = 1000.0 * season * 2_f64.powf(random.random_range(-0.7..0.7));
            channel.weeks.push(Week { spend, people: poisson(season * truth.people(spend), &mut random) });
        }
    }
    let settings = Settings { half_life: 1e9, nearness: 1e9, ..Settings::default() };
    let mean = |channels: &[Channel]| {
        let all: Vec<f64> = fit(channels, &settings).iter().flat_map(|response| elasticities(response, 1000.0)).collect();
        all.iter().sum::<f64>() / all.len() as f64
    };
    let (together, alone) = (mean(&channels), mean(&channels[..1]));
    assert!((together - 0.3).abs() < 0.1, "{together}");
    assert!(alone > 0.5, "one channel cannot tell, or this test shows nothing: {alone}");
}
