//! Intervals of shares, counts and rates over figures as companies have them.

use inflow_statistics::interval::{Interval, byar, clopper_pearson, garwood, rate_ratio, wilson};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

use crate::Verdict;
use crate::draws::{binomial, log_even, poisson};

/// Draws of each world.
const DRAWS: u32 = 40;

/// How often a truth lay inside, and how wide the intervals were.
#[derive(Default, Clone, Copy)]
struct Coverage {
    inside: f64,
    all: f64,
    width: f64,
}

impl Coverage {
    fn add(&mut self, interval: Interval, truth: f64) {
        self.inside += f64::from(u8::from(interval.low <= truth && truth <= interval.high));
        self.all += 1.0;
        self.width += interval.high - interval.low;
    }

    fn share(&self) -> f64 {
        self.inside / self.all
    }
}

/// Shares of 2 to 70 % of 20 to 600 trials; expected counts of 2 to 400; two rates a factor of up to 3 apart.
pub fn run(worlds: u32, seed: u64) -> Vec<Verdict> {
    let mut random = StdRng::seed_from_u64(seed);
    let (score, exact) = shares(worlds, &mut random);
    curve(worlds, &mut random);
    let (garwood, byar) = counts(worlds, &mut random);
    vec![
        Verdict::share("Wilson 95 % intervals of shares of 2-70 % in 20-600 trials cover 93-97 %", score, 0.93, 0.97),
        Verdict::share("Clopper-Pearson covers at least 95 % there, as an exact interval must", exact, 0.95, 1.0),
        Verdict::share("Garwood intervals of expected counts of 2-400 cover 93-97 %", garwood, 0.93, 0.97),
        Verdict::share("Byar intervals of the same cover 93-97 %", byar, 0.93, 0.97),
        Verdict::share("exact intervals of the ratio of two rates cover at least 95 %", ratios(worlds, &mut random), 0.95, 1.0),
    ]
}

fn shares(worlds: u32, random: &mut StdRng) -> (f64, f64) {
    let (mut score, mut exact) = (Coverage::default(), Coverage::default());
    for _ in 0..worlds {
        let share = random.random_range(0.02..0.7);
        for _ in 0..DRAWS {
            let trials = random.random_range(20..600);
            let successes = binomial(random, trials, share);
            score.add(wilson(successes, trials).expect("there are trials"), share);
            exact.add(clopper_pearson(successes, trials).expect("there are trials"), share);
        }
    }
    println!("mean width: Wilson {:.4}, Clopper-Pearson {:.4}", score.width / score.all, exact.width / exact.all);
    (score.share(), exact.share())
}

/// Wilson's coverage by share and trials, extremes included, where an interval for a discrete count must over- or undercover.
fn curve(worlds: u32, random: &mut StdRng) {
    println!("Wilson's coverage, %           trials 20-49   50-199  200-599  600-3000");
    for (low, high) in [(0.001, 0.005), (0.005, 0.01), (0.01, 0.02), (0.02, 0.05), (0.05, 0.1), (0.1, 0.3), (0.3, 0.7)] {
        let mut columns = [Coverage::default(); 4];
        for (column, (least, most)) in columns.iter_mut().zip([(20, 50), (50, 200), (200, 600), (600, 3000)]) {
            for _ in 0..worlds * 2 {
                let (share, trials) = (log_even(random, low, high), random.random_range(least..most));
                column.add(wilson(binomial(random, trials, share), trials).expect("there are trials"), share);
            }
        }
        let [a, b, c, d] = columns.map(|column| column.share() * 100.0);
        println!("share {:>5.1} - {:>4.1} %            {a:>6.1}   {b:>6.1}   {c:>6.1}   {d:>6.1}", low * 100.0, high * 100.0);
    }
}

fn counts(worlds: u32, random: &mut StdRng) -> (f64, f64) {
    let (mut exact, mut quick) = (Coverage::default(), Coverage::default());
    for _ in 0..worlds {
        let expected = log_even(random, 2.0, 400.0);
        for _ in 0..DRAWS {
            let count = poisson(random, expected);
            exact.add(garwood(count), expected);
            quick.add(byar(count), expected);
        }
    }
    (exact.share(), quick.share())
}

fn ratios(worlds: u32, random: &mut StdRng) -> f64 {
    let mut coverage = Coverage::default();
    for _ in 0..worlds {
        let (rate, truth) = (log_even(random, 0.2, 5.0), log_even(random, 1.0 / 3.0, 3.0));
        for _ in 0..DRAWS {
            let (exposure, other) = (random.random_range(4.0..80.0), random.random_range(20.0..400.0));
            let (count, other_count) = (poisson(random, rate * truth * exposure), poisson(random, rate * other));
            if let Some((_, interval)) = rate_ratio(count, exposure, other_count, other) {
                coverage.add(interval, truth);
            }
        }
    }
    coverage.share()
}
