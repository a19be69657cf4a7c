//! Cumulative sums of counts: the control chart that finds a small lasting change sooner than day by day limits do (Lucas 1985,
//! Counted data CUSUM's, Technometrics 27, 129-144).

use statrs::distribution::{Discrete, DiscreteCDF, Poisson};

/// On which side of the reference a chart looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// Too many.
    Upper,
    /// Too few.
    Lower,
}

/// The reference value between an acceptable mean and one to detect: (detect - accept) / (ln detect - ln accept) (Lucas 1985, equation 2).
pub fn reference_value(accept: f64, detect: f64) -> f64 {
    if (accept - detect).abs() < f64::EPSILON * accept { accept } else { (detect - accept) / (detect.ln() - accept.ln()) }
}

/// A Poisson CUSUM of constant mean: S <- max(0, S + count - k), or k - count on the lower side, which signals at S >= h.
///
/// k, h and the head start are given in steps of 1 / `steps`, which keeps the sums on a grid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Chart {
    /// Side.
    pub side: Side,
    /// Reference value k times `steps`.
    pub reference: u32,
    /// Decision interval h times `steps`.
    pub interval: u32,
    /// Steps to the unit.
    pub steps: u32,
}

impl Chart {
    /// Average run length until a signal at this mean, from a head start (0 for none, half the interval for Lucas's fast initial response): the
    /// Markov chain of Brook and Evans (1972), as Lucas takes it. None when the mean or the head start makes no sense.
    pub fn average_run_length(&self, mean: f64, head_start: u32) -> Option<f64> {
        let distribution = Poisson::new(mean).ok()?;
        let states = usize::try_from(self.interval).ok()?;
        if states == 0 || head_start >= self.interval || self.steps == 0 {
            return None;
        }
        // Rows of I - R, where R holds the chances to go from a sum to another below the interval.
        let mut system = vec![0.0; states * (states + 1)];
        for from in 0..states {
            let line = &mut system[from * (states + 1)..(from + 1) * (states + 1)];
            self.moves(distribution, from, &mut line[..states]);
            line[from] += 1.0;
            line[states] = 1.0;
        }
        let lengths = solve(system, states)?;
        lengths.get(usize::try_from(head_start).ok()?).copied()
    }

    /// Takes the chance of each next sum from `line`.
    fn moves(&self, distribution: Poisson, from: usize, line: &mut [f64]) {
        let (steps, reference, from) = (i64::from(self.steps), i64::from(self.reference), from as i64);
        match self.side {
            Side::Lower => {
                // A count so great that the sum is 0.
                let least = (from + reference).div_euclid(steps) + i64::from((from + reference).rem_euclid(steps) > 0);
                line[0] -= if least == 0 { 1.0 } else { distribution.sf(least as u64 - 1) };
                for count in 0..least {
                    let next = from + reference - count * steps;
                    if let Some(chance) = usize::try_from(next).ok().and_then(|next| line.get_mut(next)) {
                        *chance -= distribution.pmf(count as u64);
                    }
                }
            }
            Side::Upper => {
                for count in 0.. {
                    let next = (from + count * steps - reference).max(0) as usize;
                    let Some(chance) = line.get_mut(next) else { break };
                    *chance -= distribution.pmf(count as u64);
                }
            }
        }
    }
}

/// Solves by elimination with pivots; `system` holds the right side as its last column.
fn solve(mut system: Vec<f64>, size: usize) -> Option<Vec<f64>> {
    let width = size + 1;
    for at in 0..size {
        let pivot = (at..size).max_by(|a, b| system[a * width + at].abs().total_cmp(&system[b * width + at].abs()))?;
        if system[pivot * width + at].abs() < 1e-300 {
            return None;
        }
        for column in 0..width {
            system.swap(at * width + column, pivot * width + column);
        }
        for row in at + 1..size {
            let factor = system[row * width + at] / system[at * width + at];
            for column in at..width {
                system[row * width + column] -= factor * system[at * width + column];
            }
        }
    }
    let mut out = vec![0.0; size];
    for row in (0..size).rev() {
        let known: f64 = (row + 1..size).map(|column| system[row * width + column] * out[column]).sum();
        out[row] = (system[row * width + size] - known) / system[row * width + row];
    }
    Some(out)
}

/// Where a cumulative sum of evidence stands.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Evidence {
    /// Logarithm of the greatest likelihood ratio of a drop that lasts until now over no drop.
    pub sum: f64,
    /// Observations since the sum was last 0: where that drop began, counted from the end.
    pub length: usize,
}

impl Evidence {
    /// Adds a count whose mean is `mean`, its variance `dispersion` times that, when a share `remains` of it is what a drop would leave.
    ///
    /// At a dispersion of 1 this is Lucas's lower chart with a mean of its own for each day, in units of its log-likelihood ratio; above 1 the ratio
    /// is that of the negative binomial.
    #[must_use]
    pub fn and(self, count: u64, mean: f64, dispersion: f64, remains: f64) -> Self {
        let sum = self.sum + log_ratio(count as f64, mean, dispersion, remains);
        if sum > 0.0 { Self { sum, length: self.length + 1 } } else { Self::default() }
    }

    /// Chance of a sum as great when nothing dropped, at any one day: at most exp(-sum). Read from its end backwards, the ratio is a
    /// martingale of mean 1, so that Ville's inequality bounds its maximum.
    pub fn p_value(self) -> f64 {
        (-self.sum).exp().min(1.0)
    }
}

fn log_ratio(count: f64, mean: f64, dispersion: f64, remains: f64) -> f64 {
    if dispersion > 1.0 + 1e-9 {
        let size = mean / (dispersion - 1.0);
        let both = ((size + mean) / (size + remains * mean)).ln();
        count * (remains.ln() + both) + size * both
    } else {
        count * remains.ln() + mean * (1.0 - remains)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::farrington::lower_tail;

    /// Lucas 1985, tables 2 to 5, first block, row h = 10, k = 0.25, column 1.0 (the mean is k): 438 and 333 on the upper side, 437 and 318 on the
    /// lower, without a head start and with half the interval.
    #[test]
    fn lucas_tables() {
        for (side, start, published) in
            [(Side::Upper, 0, 438.0), (Side::Upper, 20, 333.0), (Side::Lower, 0, 437.0), (Side::Lower, 20, 318.0)]
        {
            let chart = Chart { side, reference: 1, interval: 40, steps: 4 };
            let found = chart.average_run_length(0.25, start).unwrap();
            assert!((found - published).abs() < 0.5, "{side:?} from {start}: {found}, published {published}");
        }
    }

    /// R package IAcsSPCR 1.2.1, example of `arl`: h = 6, k = 2; mean 1.88: 37.2, with a head start 29.19; mean 1.88 + 0.9627 sqrt(1.88): 5.49 and 3.33.
    #[test]
    fn lawsons_example() {
        let chart = Chart { side: Side::Upper, reference: 2, interval: 6, steps: 1 };
        let shifted = 1.88 + 0.9627 * 1.88_f64.sqrt();
        for (mean, start, published) in [(1.88, 0, 37.2), (1.88, 3, 29.19), (shifted, 0, 5.49), (shifted, 3, 3.33)] {
            let found = chart.average_run_length(mean, start).unwrap();
            assert!((found - published).abs() < 0.006, "{mean} from {start}: {found}, published {published}");
        }
        assert_eq!(chart.average_run_length(-1.0, 0), None);
        assert_eq!(chart.average_run_length(1.0, 6), None);
    }

    #[test]
    fn the_sum_is_lucas_chart_in_other_units() {
        let (accept, detect) = (8.0, 4.0);
        let k = reference_value(accept, detect);
        assert!((k - 4.0 / 2.0_f64.ln()).abs() < 1e-12);
        let (mut chart, mut evidence) = (0.0_f64, Evidence::default());
        for count in [7, 9, 3, 2, 8, 1, 0, 5, 12, 3] {
            chart = (chart + k - f64::from(count)).max(0.0);
            evidence = evidence.and(count as u64, accept, 1.0, detect / accept);
            assert!((evidence.sum - chart * 2.0_f64.ln()).abs() < 1e-9, "{evidence:?} {chart}");
        }
    }

    proptest! {
        /// A likelihood ratio has the mean 1 when nothing dropped, which is what its p-value rests on.
        #[test]
        fn ratios_have_the_mean_one(mean in 0.2_f64..40.0, dispersion in 1.0_f64..5.0, remains in 0.1_f64..0.9) {
            let mut below = 0.0;
            let mut sum = 0.0;
            for count in 0..2000_u64 {
                let until = lower_tail(count, mean, dispersion);
                sum += (until - below) * log_ratio(count as f64, mean, dispersion, remains).exp();
                below = until;
            }
            prop_assert!((sum - 1.0).abs() < 1e-4, "{sum}");
        }
    }
}
