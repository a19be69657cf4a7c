//! The learned posting hour: whether the interval of its stated lift holds the true one, although it was chosen for looking best.
//!
//! A world has 8 to 11 working hours whose pull is flat, peaked, or each its own; postings differ from each other, so counts are over-dispersed. Hours of
//! some postings are drawn at random, the first of which choose an hour; the others follow the advice from then on, as it stands when they are put up.

use inflow_statistics::sampling::{negative_binomial, normal};
use inflow_statistics::uplift::{Posting, Proof, Settings, advise};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

use crate::Verdict;

/// Means by hour.
fn pull(hours: &[u8], random: &mut StdRng) -> Vec<f64> {
    let mean = random.random_range(2.0..20.0);
    let peak = f64::from(hours[random.random_range(0..hours.len())]);
    let kind = random.random_range(0..3);
    let height = random.random_range(0.1..0.9);
    let pull = |hour: &u8| match kind {
        0 => mean,
        1 => mean * (1.0 + height * (-0.5 * ((f64::from(*hour) - peak) / 1.5).powi(2)).exp()),
        _ => mean * (0.25 * normal(random)).exp(),
    };
    hours.iter().map(pull).collect()
}

/// See the module's comment.
pub fn run(worlds: u32, seed: u64) -> Vec<Verdict> {
    let mut random = StdRng::seed_from_u64(seed);
    let (mut covered, mut said, mut naive, mut wrong, mut flat) = (0_u32, 0_u32, 0_u32, 0_u32, 0_u32);
    let (mut ratio, mut best) = (0.0, 0.0);
    // Several companies a world, so that 500 worlds tell 93 from 95 %.
    for _ in 0..worlds * 4 {
        let hours: Vec<u8> = (9..random.random_range(17..=20)).collect();
        let means = pull(&hours, &mut random);
        let all = means.iter().sum::<f64>() / means.len() as f64;
        let size = random.random_range(3.0..30.0);
        let mut postings: Vec<Posting> = Vec::new();
        let drawn = random.random_range(12..60) * hours.len();
        let followers = if random.random_bool(0.5) { drawn } else { 0 };
        let mut put = |hour: usize, drawn: bool, postings: &mut Vec<Posting>| {
            let people = negative_binomial(means[hour], size, &mut random);
            postings.push(Posting { key: random.random(), hour: hours[hour], drawn, people });
        };
        let mut at = 0;
        for _ in 0..drawn {
            // Drawn, as a shuffled deck would be: the order says nothing.
            at = (at + 1) % hours.len();
            put(at, true, &mut postings);
        }
        if let Some(advice) = advise(&postings, &hours, &Settings::default()) {
            let place = usize::from(advice.hour - hours[0]);
            for _ in 0..followers {
                put(place, false, &mut postings);
            }
        }
        let Some(advice) = advise(&postings, &hours, &Settings::default()) else { continue };
        let Some(lift) = advice.lift else { continue };
        let truth = means[usize::from(advice.hour - hours[0])] / all;
        said += 1;
        covered += u32::from(lift.interval.low <= truth && truth <= lift.interval.high);
        naive += u32::from(lift.value > truth);
        if means.iter().all(|mean| (mean / all - 1.0).abs() < 1e-9) {
            flat += 1;
            wrong += u32::from(advice.proof == Proof::Proven);
        }
        ratio += truth;
        best += means.iter().copied().fold(0.0, f64::max) / all;
    }
    println!(
        "   lift of the chosen hours {:.3}, of the best ones {:.3}; stated above the true one in {:.1} %",
        ratio / f64::from(said),
        best / f64::from(said),
        100.0 * f64::from(naive) / f64::from(said)
    );
    vec![
        Verdict::share("the learned hour's stated lift covers the true one, 93-97 %", f64::from(covered) / f64::from(said), 0.93, 0.97),
        Verdict::share("an hour is called proven where all hours are alike, at most 4 %", f64::from(wrong) / f64::from(flat), 0.0, 0.04),
    ]
}
