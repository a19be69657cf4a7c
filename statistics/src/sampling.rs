//! Draws from the distributions that posteriors and simulated worlds need beside `rand`'s uniform one.

use rand::Rng;

/// A standard normal number (Marsaglia's polar method, 1964).
pub fn normal<R: Rng + ?Sized>(random: &mut R) -> f64 {
    loop {
        let (u, v): (f64, f64) = (random.random_range(-1.0..1.0), random.random_range(-1.0..1.0));
        let s = u * u + v * v;
        if s > 0.0 && s < 1.0 {
            return u * (-2.0 * s.ln() / s).sqrt();
        }
    }
}

/// A gamma number of that shape and mean `shape / rate` (Marsaglia and Tsang 2000, "A simple method for generating gamma variables").
/// Shape and rate are positive.
pub fn gamma<R: Rng + ?Sized>(shape: f64, rate: f64, random: &mut R) -> f64 {
    if shape < 1.0 {
        // Their section 6: a larger shape's number times a power of a uniform one.
        let u: f64 = 1.0 - random.random::<f64>();
        return gamma(shape + 1.0, rate, random) * u.powf(1.0 / shape);
    }
    let shifted = shape - 1.0 / 3.0;
    let scale = 1.0 / (9.0 * shifted).sqrt();
    loop {
        let x = normal(random);
        let cube = (1.0 + scale * x).powi(3);
        let u: f64 = 1.0 - random.random::<f64>();
        if cube > 0.0 && u.ln() < 0.5 * x * x + shifted * (1.0 - cube + cube.ln()) {
            return shifted * cube / rate;
        }
    }
}

/// A Poisson count (multiplied uniforms, Knuth, in parts of 20 since parts add up). Takes time in proportion to the mean.
pub fn poisson<R: Rng + ?Sized>(mean: f64, random: &mut R) -> u64 {
    let mut left = mean;
    let mut count = 0;
    while left > 0.0 {
        let until = (-left.min(20.0)).exp();
        left -= 20.0;
        let mut product: f64 = random.random();
        while product > until {
            count += 1;
            product *= random.random::<f64>();
        }
    }
    count
}

/// A negative-binomial count: Poisson around a mean that is itself gamma of `size`; the variance is `mean + mean^2 / size`.
pub fn negative_binomial<R: Rng + ?Sized>(mean: f64, size: f64, random: &mut R) -> u64 {
    if mean <= 0.0 { 0 } else { poisson(gamma(size, size / mean, random), random) }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;
    use rand::rngs::StdRng;

    use super::*;

    fn moments(mut draw: impl FnMut(&mut StdRng) -> f64) -> (f64, f64) {
        let mut random = StdRng::seed_from_u64(11);
        let n = 60_000;
        let (sum, squares) = (0..n).map(|_| draw(&mut random)).fold((0.0, 0.0), |(sum, squares), x| (sum + x, squares + x * x));
        let mean = sum / f64::from(n);
        (mean, squares / f64::from(n) - mean * mean)
    }

    /// Mean and variance within five standard errors, or so.
    #[test]
    fn mean_and_variance_are_those_of_the_distribution() {
        let (mean, variance) = moments(normal);
        assert!(mean.abs() < 0.02 && (variance - 1.0).abs() < 0.03, "{mean} {variance}");
        for (shape, rate) in [(0.4, 2.0), (1.0, 0.5), (7.5, 3.0)] {
            let (mean, variance) = moments(|random| gamma(shape, rate, random));
            let expected = (shape / rate, shape / (rate * rate));
            assert!((mean / expected.0 - 1.0).abs() < 0.03 && (variance / expected.1 - 1.0).abs() < 0.08, "{shape}: {mean} {variance}");
        }
        for expected in [0.3, 4.0, 55.5] {
            let (mean, variance) = moments(|random| poisson(expected, random) as f64);
            assert!((mean / expected - 1.0).abs() < 0.03 && (variance / expected - 1.0).abs() < 0.05, "{expected}: {mean} {variance}");
        }
        let (mean, variance) = moments(|random| negative_binomial(12.0, 6.0, random) as f64);
        assert!((mean / 12.0 - 1.0).abs() < 0.02 && (variance / 36.0 - 1.0).abs() < 0.05, "{mean} {variance}");
        assert_eq!((poisson(0.0, &mut StdRng::seed_from_u64(1)), negative_binomial(0.0, 1.0, &mut StdRng::seed_from_u64(1))), (0, 0));
    }
}
