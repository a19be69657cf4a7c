//! Beta and gamma distributions as tables, for quantiles and comparisons at any size of the parameters.
//!
//! `statrs` has both distributions, but its incomplete beta stops after 140 terms (too few from some ten thousand trials on) and its gamma quantile
//! starts Newton's method where a narrow density is flat. Here the density is integrated on a scale on which it is smooth everywhere, log-odds for a beta
//! and logarithm for a gamma, in steps of a quarter of its standard deviation with Gauss's three points. The distribution function between two steps is
//! the quintic that has their values, slopes and curvatures. Errors of probabilities stay under 1e-5 (tested against `statrs` where that is exact).

use statrs::function::gamma::ln_gamma;

/// Which distribution.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Family {
    /// Beta(a, b) of a share; the scale is its log-odds.
    Beta,
    /// Gamma(shape a, rate b) of a rate; the scale is its logarithm.
    Gamma,
}

impl Family {
    /// From the smooth scale to the value.
    pub(crate) fn value(self, at: f64) -> f64 {
        match self {
            Self::Beta => 1.0 / (1.0 + (-at).exp()),
            Self::Gamma => at.exp(),
        }
    }
}

/// Gauss-Legendre points and weights on [0, 1].
const GAUSS: [(f64, f64); 3] = [(0.112_701_665_379_258_3, 5.0 / 18.0), (0.5, 4.0 / 9.0), (0.887_298_334_620_741_7, 5.0 / 18.0)];

/// The points of an interval with the weights of their values in its integral.
pub(crate) fn gauss(from: f64, to: f64) -> impl Iterator<Item = (f64, f64)> {
    let width = to - from;
    GAUSS.into_iter().map(move |(at, weight)| (from + at * width, weight * width))
}

/// A distribution on its smooth scale.
#[derive(Debug, Clone)]
pub(crate) struct Tabulated {
    family: Family,
    a: f64,
    b: f64,
    log_norm: f64,
    start: f64,
    step: f64,
    /// What is known at `start + i * step`.
    ends: Vec<End>,
}

/// Distribution function, its slope and its curvature at the end of a step, in steps.
#[derive(Debug, Clone, Copy)]
struct End {
    cumulative: f64,
    slope: f64,
    bend: f64,
}

impl Tabulated {
    /// Both parameters are positive.
    pub(crate) fn new(family: Family, a: f64, b: f64) -> Self {
        // Below `power` (and for a beta above its mirror) the density is a power of the value, whose integral is known.
        let (deviation, power) = match family {
            Family::Beta => ((1.0 / a + 1.0 / b).sqrt(), -(a + b).ln() - 40.0),
            Family::Gamma => ((1.0 / a).sqrt(), -b.ln() - 40.0),
        };
        let (centre, right) = ((a / b).ln(), if family == Family::Beta { 18.0 / b } else { (1.0 + 30.0 / a).ln() });
        let start = (centre - 7.0 * deviation - 18.0 / a).max(power);
        let end = if family == Family::Beta { (centre + 7.0 * deviation + right).min(-power) } else { centre + 7.0 * deviation + right };
        let log_norm = match family {
            Family::Beta => ln_gamma(a + b) - ln_gamma(a) - ln_gamma(b),
            Family::Gamma => a * b.ln() - ln_gamma(a),
        };
        let step = 0.25 * deviation.min(1.0);
        let steps = ((end - start) / step).ceil() as usize;
        let mut table = Self { family, a, b, log_norm, start, step, ends: Vec::with_capacity(steps + 1) };
        let mut mass = table.density(start) / a;
        table.push(start, mass);
        for index in 0..steps {
            let from = start + index as f64 * step;
            mass += gauss(from, from + step).map(|(at, weight)| weight * table.density(at)).sum::<f64>();
            table.push(from + step, mass);
        }
        // The norm's rounding, so that the whole is 1.
        mass += if family == Family::Beta { table.density(table.range().1) / b } else { 0.0 };
        table.log_norm -= mass.ln();
        for end in &mut table.ends {
            *end = End { cumulative: end.cumulative / mass, slope: end.slope / mass, bend: end.bend / mass };
        }
        table
    }

    fn push(&mut self, at: f64, cumulative: f64) {
        let slope = self.density(at) * self.step;
        self.ends.push(End { cumulative, slope, bend: slope * self.log_slope(at) * self.step });
    }

    /// Density on the smooth scale.
    pub(crate) fn density(&self, at: f64) -> f64 {
        let log = match self.family {
            // ln x = -ln(1 + e^-t), ln(1 - x) = -ln(1 + e^t): no digit is lost near 0 and 1.
            Family::Beta => -(self.a + self.b) * (-at.abs()).exp().ln_1p() - if at > 0.0 { self.b * at } else { -self.a * at },
            Family::Gamma => self.a * at - self.b * at.exp(),
        };
        (log + self.log_norm).exp()
    }

    /// Probability of at most this, on the smooth scale.
    pub(crate) fn distribution(&self, at: f64) -> f64 {
        let place = (at - self.start) / self.step;
        if place <= 0.0 {
            return self.density(at) / self.a;
        }
        let index = place as usize;
        let (Some(low), Some(high)) = (self.ends.get(index), self.ends.get(index + 1)) else {
            return if self.family == Family::Beta { 1.0 - self.density(at) / self.b } else { 1.0 };
        };
        let x = place - index as f64;
        // c0 .. c5 of the quintic on [0, 1].
        let rise = high.cumulative - low.cumulative - low.slope - 0.5 * low.bend;
        let (turn, bow) = (high.slope - low.slope - low.bend, high.bend - low.bend);
        let (c3, c4, c5) = (10.0 * rise - 4.0 * turn + 0.5 * bow, 7.0 * turn - 15.0 * rise - bow, 6.0 * rise - 3.0 * turn + 0.5 * bow);
        low.cumulative + x * (low.slope + x * (0.5 * low.bend + x * (c3 + x * (c4 + x * c5))))
    }

    /// Slope of the log density.
    fn log_slope(&self, at: f64) -> f64 {
        match self.family {
            Family::Beta => self.a - (self.a + self.b) * self.family.value(at),
            Family::Gamma => self.a - self.b * self.family.value(at),
        }
    }

    /// Where the table begins and ends; outside the density is a power of the value.
    pub(crate) fn range(&self) -> (f64, f64) {
        (self.start, self.start + (self.ends.len() - 1) as f64 * self.step)
    }

    /// Ends of the steps.
    pub(crate) fn steps(&self) -> impl Iterator<Item = f64> + '_ {
        (0..self.ends.len()).map(|index| self.start + index as f64 * self.step)
    }

    /// The value that is not exceeded with this probability.
    pub(crate) fn quantile(&self, probability: f64) -> f64 {
        self.family.value(quantile(&[(1.0, self)], probability))
    }
}

/// The quantile of a mixture, on the smooth scale. Weights sum to 1.
pub(crate) fn quantile(mixture: &[(f64, &Tabulated)], probability: f64) -> f64 {
    let mut low = mixture.iter().map(|(_, table)| table.range().0).fold(f64::INFINITY, f64::min);
    let mut high = mixture.iter().map(|(_, table)| table.range().1).fold(f64::NEG_INFINITY, f64::max);
    for _ in 0..60 {
        let middle = f64::midpoint(low, high);
        let below: f64 = mixture.iter().map(|(weight, table)| weight * table.distribution(middle)).sum();
        if below < probability { low = middle } else { high = middle }
    }
    f64::midpoint(low, high)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use statrs::function::beta::beta_reg;
    use statrs::function::gamma::gamma_lr;

    use super::*;

    proptest! {
        /// Against statrs, where its series are long enough.
        #[test]
        fn agrees_with_statrs(log_a in -2.0..3.5_f64, log_b in -2.0..3.5_f64, share in 0.001..0.999_f64) {
            let (a, b) = (10_f64.powf(log_a), 10_f64.powf(log_b));
            let beta = Tabulated::new(Family::Beta, a, b);
            prop_assert!((beta_reg(a, b, beta.quantile(share)) - share).abs() < 1e-5 || beta.quantile(share) < 1e-12 || beta.quantile(share) > 1.0 - 1e-12);
            let gamma = Tabulated::new(Family::Gamma, a, b);
            prop_assert!((gamma_lr(a, b * gamma.quantile(share)) - share).abs() < 1e-5 || b * gamma.quantile(share) < 1e-12);
        }
    }

    /// Ten million trials: the normal limit, where the series of statrs is too short.
    #[test]
    fn many_trials() {
        let beta = Tabulated::new(Family::Beta, 3e6, 7e6);
        assert!((beta.quantile(0.975) - (0.3 + 1.959_964 * (0.21_f64 / 1e7).sqrt())).abs() < 5e-8);
    }
}
