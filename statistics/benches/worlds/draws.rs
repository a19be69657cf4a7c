//! What worlds are drawn from. The estimators that are judged have no part in it.

use rand::Rng;

/// Standard normal (Box & Muller 1958).
pub fn normal(random: &mut impl Rng) -> f64 {
    let radius = (-2.0 * (1.0 - random.random::<f64>()).ln()).sqrt();
    radius * (std::f64::consts::TAU * random.random::<f64>()).cos()
}

/// Even on the logarithm between two positive bounds.
pub fn log_even(random: &mut impl Rng, low: f64, high: f64) -> f64 {
    random.random_range(low.ln()..high.ln()).exp()
}

/// How many of `trials` succeed.
pub fn binomial(random: &mut impl Rng, trials: u64, share: f64) -> u64 {
    (0..trials).filter(|_| random.random_bool(share)).count() as u64
}

/// A Poisson count: arrivals at rate 1 until `mean` has passed.
pub fn poisson(random: &mut impl Rng, mean: f64) -> u64 {
    let mut count = 0;
    let mut passed = -(1.0 - random.random::<f64>()).ln();
    while passed < mean {
        count += 1;
        passed -= (1.0 - random.random::<f64>()).ln();
    }
    count
}
