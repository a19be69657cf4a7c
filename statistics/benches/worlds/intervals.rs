//! Intervals of shares over shares and counts as companies have them.

use inflow_statistics::interval::wilson;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

use crate::Verdict;

/// Shares between 2 and 70 %, 20 to 600 trials.
pub fn run(worlds: u32, seed: u64) -> Vec<Verdict> {
    let mut random = StdRng::seed_from_u64(seed);
    let (mut covered, mut all) = (0_u32, 0_u32);
    for _ in 0..worlds {
        let share = random.random_range(0.02..0.7);
        for _ in 0..20 {
            let trials = random.random_range(20..600);
            let successes = (0..trials).filter(|_| random.random_bool(share)).count() as u64;
            let interval = wilson(successes, trials).expect("there are trials");
            covered += u32::from(interval.low <= share && share <= interval.high);
            all += 1;
        }
    }
    vec![Verdict::share("Wilson 95 % intervals cover 93-97 %", f64::from(covered) / f64::from(all), 0.93, 0.97)]
}
